"""The lock on what would be published: all tables of firms held against each other.

Every confidential number, and every confidential rest of a whole, has to have two sets of tables in
whole numbers that agree with everything published and lie far enough apart in it (`lock`). Where
there are none, more cells are hidden until there are. The account says how many numbers were
proven so, and what was hidden for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hansa.facts.firms.definitions import OF
from hansa.facts.firms.joint import REST, Key, Least, Sums, group_of, joint_of, whole_of
from hansa.facts.firms.lock import TOUCH, Lock, Wanted
from hansa.facts.firms.moves import Moves
from hansa.facts.firms.tallies import Tallies
from hansa.facts.hidden.system import Mask
from hansa.law import Floats

TOTALS_COST = 50.0
"""A total is hidden only where that saves many times its worth in cells."""

MANY = 12_000
"""Hidden numbers up to which programmes move all of them at once."""

SMALL = 3000
"""Hidden numbers up to which the cheapest to hide is looked for in the whole grid."""

NEAR = (1, 2, 4)
"""Regions and activities, the smallest, among which it is looked for where no move is known."""

Masks = dict[tuple[str, int], Mask]
"""(group, year) -> hidden cells."""


@dataclass(frozen=True)
class Needs:
    """Least width of everything confidential, what a cell is worth in firms by year, and jobs."""

    width: Mapping[Key, Floats]
    size: Mapping[int, Floats]
    least: Least


@dataclass
class Proofs:
    """What was proven, and what was hidden for it: counts only.

    confidential  numbers and rests of wholes
    at_once       proven by shifts of everything that was hidden before
    one_by_one    proven by hiding more
    known         told by what moved or came back and by places without a firm, which all are
                  taken for known: no panel tells more of them
    unproven      for which nothing was found: everything is withheld then
    cells         hidden for it
    """

    confidential: int = 0
    at_once: int = 0
    one_by_one: int = 0
    known: int = 0
    unproven: int = 0
    cells: int = 0
    withheld: set[tuple[str, int]] = field(default_factory=set)


def lock_together(tallies: Tallies, sums: Sums, hidden: Masks, needs: Needs) -> Proofs:
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
        self.joint = joint_of(tallies, sums, needs.least)
        self.size = needs.size
        self.lock = Lock(self.joint, self._wanted(needs))
        self.did = Proofs()
        self.known: set[int] = set()

    def run(self) -> None:
        """Many at once, then one by one: what is hidden for one narrows none of the others."""
        lock, did = self.lock, self.did
        did.confidential = int((lock.wanted.need > 0).sum())
        columns = self._columns()
        moves = Moves(lock, self.sums) if self.sums.both else None
        if moves is not None:
            moves.use(columns)
            moves.run()
        if int(columns.sum()) <= MANY:
            lock.many(columns)
        left = lock.open()
        did.at_once = did.confidential - left.size
        if moves is not None and int(columns.sum()) > SMALL:
            self._by_moves(moves)
        for column in lock.open():
            self._free(int(column))
        open_still = lock.open()
        did.unproven = open_still.size
        did.known = len(self.known.difference(open_still.tolist()))
        did.one_by_one = left.size - did.unproven - did.known

    def _by_moves(self, moves: Moves) -> None:
        """Hide the cheapest cells that known moves need."""
        for column in self.lock.open():
            if self.lock.is_open(column):
                more = moves.more(*divmod(int(column), self.joint.size))
                if more is not None and more.size:
                    self._hide(more)
                    moves.widen(more)

    def _free(self, column: int) -> None:
        """Hide what one number needs; where nothing helps, its table, its years, everything."""
        for wider in range(5):
            if not self.lock.is_open(column) or self._more(column, search=wider > 0):
                return
            # A search that finds a way is far shorter than the proof that there is none.
            if wider == 1 and self._is_known(column) and self._more(column, search=False):
                return
            if wider > 0:
                self._withhold(column, wider - 1)

    def _is_known(self, column: int) -> bool:
        """Whether less of a number is open than it needs even where nothing is published.

        Then that is what it needs.
        """
        need = float(self.lock.wanted.need[column])
        room = 0.0
        for free in (self._near(column, NEAR[-1]), np.ones(self.joint.value.size, bool)):
            room = self.lock.room(column, free)
            if room == need:
                return False
        self.lock.wanted.need[column] = room
        self.known.add(column)
        return True

    def _more(self, column: int, search: bool) -> bool:
        columns = self._columns()
        everywhere = np.ones(columns.size, bool)
        areas = [everywhere]
        if int(columns.sum()) > SMALL:
            areas = [self._near(column, many) for many in NEAR]
            if search:
                areas = [areas[-1], *([everywhere] if columns.size <= MANY else [])]
        for near in areas:
            more = self.lock.more(column, columns, near & ~columns, near, search)
            if more is not None:
                self._hide(np.flatnonzero(more))
                return True
        return False

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
            # A rest moves with its part or its whole, and is hidden with that one.
            if name.startswith(REST):
                continue
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

    def _near(self, column: int, many: int) -> Mask:
        """Columns of the same years in a small part of the grid: row, column and totals in it."""
        (_, t), cell = self.joint.table_of(column)
        shape = self.sums.shape
        size = np.sum(list(self.size.values()), axis=0)
        chosen = []
        for axis, own in enumerate(np.unravel_index(cell, shape)):
            by_size = np.argsort(size.sum(axis=1 - axis), kind="stable")
            chosen.append(np.isin(np.arange(shape[axis]), [own, shape[axis] - 1, *by_size[:many]]))
        grid = np.outer(*chosen)
        return self.joint.per_cell({k: grid for k in self.joint.tables if abs(k[1] - t) <= 5})

    def _wanted(self, needs: Needs) -> Wanted:
        joint, n = self.joint, self.joint.size
        wish, price = np.zeros(joint.value.size), np.zeros(joint.value.size)
        most, fixed = np.zeros(joint.value.size), np.zeros(joint.value.size, bool)
        # One firm more of high growth takes its jobs with it.
        widest: dict[str, float] = {"jobs": float(needs.least.start + needs.least.gain)}
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
            if name.startswith(REST):
                price[at] = TOUCH
            fixed[at] = (size == 0) & (joint.value[at] == 0)
            most[at] = 4 * widest.get(_kind(name), 4.0)
        return Wanted(wish, fixed, price, most)


def _kind(name: str) -> str:
    """What a measure counts."""
    own = name.removeprefix(REST)
    if not OF[own].magnitude:
        return "firms"
    return own if own in ("turnover", "payroll") else "jobs"
