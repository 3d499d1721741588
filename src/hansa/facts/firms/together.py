"""The second lock on what would be published: all tables of firms held against each other.

Up to `EXACT` hidden numbers the interval of each is found by linear programmes; above that, by
propagating bounds over all sums until nothing moves, which may miss what only several sums
together tell. Hidden survivors can be told that way, so that survival is then withheld unless
somebody gives a reason. The account says which of the two was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hansa.facts.firms.definitions import OF
from hansa.facts.firms.gate import TOTALS_COST, Sums
from hansa.facts.firms.joint import REST, Key, joint_of, whole_of
from hansa.facts.firms.lock import Lock, Wanted
from hansa.facts.firms.tallies import Tallies
from hansa.facts.hidden.intervals import intervals_of
from hansa.facts.hidden.system import Ints, Mask, System
from hansa.law import Floats

EXACT = 3000
"""Hidden numbers up to which intervals are exact."""

NEAR = 4
"""Regions and activities, the smallest, among which large tables look for more to hide."""

Masks = dict[tuple[str, int], Mask]
"""(group, year) -> hidden cells."""


@dataclass(frozen=True)
class Needs:
    """Least width of everything confidential, and what a cell is worth in firms, by year.

    trusting  survival is published on propagated bounds, too: somebody gave a reason
    """

    width: Mapping[Key, Floats]
    size: Mapping[int, Floats]
    trusting: bool = False


@dataclass
class Second:
    """What the second lock did: counts only."""

    exact: bool = True
    cells: int = 0
    withheld: set[tuple[str, int]] = field(default_factory=set)


def group_of(name: str, t: int) -> tuple[str, int]:
    """The cells with which a measure of a year, or its rest, is hidden."""
    own = name.removeprefix(REST)
    return OF[own].group, t + (own == "exit")


def lock_together(tallies: Tallies, sums: Sums, hidden: Masks, needs: Needs) -> Second:
    """Hide more until nothing confidential can be told from all tables together.

    hidden  grows in place; nothing that was hidden is shown again, so that this ends
    """
    work = _Together(tallies, sums, hidden, needs)
    if work.lock.wanted.need.any():
        work.run()
    return work.did


class _Together:
    def __init__(self, tallies: Tallies, sums: Sums, hidden: Masks, needs: Needs) -> None:
        self.tallies, self.sums, self.hidden = tallies, sums, hidden
        self.joint = joint_of(tallies, sums)
        self.size, self.trusting = needs.size, needs.trusting
        self.lock = Lock(self.joint, self._wanted(needs))
        self.did = Second()

    def run(self) -> None:
        self.did.exact = int(self._columns().sum()) <= EXACT
        if not self.did.exact and not self.trusting:
            self._withhold_survival()
        # A pair of tables frees each of them; what is hidden for one narrows none of the others.
        for column in self._narrow():
            self._free(int(column))

    def _withhold_survival(self) -> None:
        """Propagated bounds miss what several cohorts and totals together tell of survivors."""
        there = {group_of(*k) for k in self.tallies if k[0].startswith("survivors")}
        for key in sorted(there):
            self.did.cells += int((~self.hidden[key]).sum())
            self.hidden[key][:] = True
            self.did.withheld.add(key)

    def _free(self, column: int) -> None:
        """Hide what one number needs; where nothing helps, its table, its years, everything."""
        for wider in range(4):
            columns = self._columns()
            if column in self.lock.open() and not self._more(column, columns):
                if wider < 3:
                    self._withhold(column, wider)
                continue
            return

    def _more(self, column: int, columns: Mask) -> bool:
        near = np.ones(columns.size, bool) if self.did.exact else self._near(column)
        more = self.lock.more(column, columns, near & ~columns, near)
        if more is not None:
            self._hide(np.flatnonzero(more))
        return more is not None

    def _withhold(self, column: int, wider: int) -> None:
        (name, t), _ = self.joint.table_of(column)
        group = group_of(name, t)
        for key, own in self.hidden.items():
            if key == group or wider == 2 or (wider == 1 and key[0] == group[0]):
                self.did.cells += int((~own).sum())
                own[:] = True
                self.did.withheld.add(key)

    def _hide(self, columns: Iterable[int]) -> None:
        for column in columns:
            (name, t), cell = self.joint.table_of(int(column))
            own = self.hidden[group_of(name, t)].ravel()
            self.did.cells += int(not own[cell])
            own[cell] = True

    def _columns(self) -> Mask:
        """Columns that are not published; a rest is known where its whole and its part are."""
        own: dict[Key, Mask] = {}
        for name, t in self.joint.tables:
            if not name.startswith(REST):
                own[name, t] = self.hidden[group_of(name, t)] | self.tallies[name, t].missing
                continue
            part = name.removeprefix(REST)
            whole = whole_of(part, t)
            assert whole is not None
            own[name, t] = own[part, t] | own[whole]
        return self.joint.per_cell(own)

    def _near(self, column: int) -> Mask:
        """Columns of the same years in a small part of the grid: row, column and totals in it."""
        (_, t), cell = self.joint.table_of(column)
        shape = self.sums.shape
        size = np.sum(list(self.size.values()), axis=0)
        chosen = []
        for axis, own in enumerate(np.unravel_index(cell, shape)):
            by_size = np.argsort(size.sum(axis=1 - axis), kind="stable")
            chosen.append(np.isin(np.arange(shape[axis]), [own, shape[axis] - 1, *by_size[:NEAR]]))
        grid = np.outer(*chosen)
        return self.joint.per_cell({k: grid for k in self.joint.tables if abs(k[1] - t) <= 5})

    def _narrow(self) -> Ints:
        """Confidential columns that all sums together leave too little room."""
        joint, lock = self.joint, self.lock
        at = np.flatnonzero(self._columns() & ~lock.wanted.fixed)
        matrix = lock.columns[:, at].tocsr()
        rows = np.diff(matrix.indptr) > 0
        matrix, slack = matrix[rows], joint.slack[rows]
        total = matrix @ joint.value[at]
        same, count = np.isnan(slack), int(rows.sum())
        found = intervals_of(
            System(
                matrix,
                np.where(same, total, total - np.where(same, 0.0, slack)),
                np.where(same, total, np.inf),
                np.zeros(at.size),
                np.full(at.size, np.inf),
                at,
                np.full(count, -1),
                np.zeros(count, np.int64),
                (1, joint.value.size),
            ),
            exact=self.did.exact,
        ).system
        width = np.floor(found.upper + 1e-6) - np.ceil(found.lower - 1e-6)
        return np.intersect1d(at[width < lock.wanted.need[at]], lock.open())

    def _wanted(self, needs: Needs) -> Wanted:
        joint, n = self.joint, self.joint.size
        wish, price = np.zeros(joint.value.size), np.zeros(joint.value.size)
        most, fixed = np.zeros(joint.value.size), np.zeros(joint.value.size, bool)
        widest: dict[str, float] = {}
        for (name, _), own in needs.width.items():
            kind = _kind(name)
            widest[kind] = max(widest.get(kind, 4.0), float(own.max(initial=0.0)))
        totals = np.where(self.sums.totals.ravel(), TOTALS_COST, 1.0)
        for i, (name, t) in enumerate(joint.tables):
            at, size = slice(i * n, (i + 1) * n), needs.size[t].ravel()
            if (name, t) in needs.width:
                wish[at] = needs.width[name, t].ravel()
            # Distinct prices: the cheapest of several is the same everywhere.
            price[at] = np.sqrt(np.maximum(size, 1.0)) * totals * (1 + 1e-6 * np.arange(n))
            fixed[at] = (size == 0) & (joint.value[at] == 0)
            most[at] = 4 * widest.get(_kind(name), 4.0)
        return Wanted(wish, fixed, price, most)


def _kind(name: str) -> str:
    """What a measure counts."""
    own = name.removeprefix(REST)
    if not OF[own].magnitude:
        return "firms"
    return own if own in ("turnover", "payroll") else "jobs"
