"""What is confidential in the tables of firms, and what is hidden with it.

The tables hang together. Each group of measures hides together, cell by cell, and the groups are
nested so that no identity between tables has a single hidden term:

    firms(t) = firms(t-1) - exit(t-1) + entry(t) + what moved       stocks within flows
    employment(t) = employment(t-1) + created - destroyed + moved   stocks within flows
    young(t) = entry(t) + survivors of the five cohorts before      flows, survival within age
    part + rest = whole                                             the rest is confidential too

(written: the inner group is hidden at most where the outer one is).

Nothing of `what moved` is published; the gate takes it for known all the same. Rates are computed
from published numbers alone and add nothing. What else has to be hidden, so that nothing published
tells what is confidential, is found by `together`, for all tables at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hansa.facts.disclosure_rules import Contributors, Primary, primary
from hansa.facts.firms.definitions import OF, SURVIVAL, Choices
from hansa.facts.firms.joint import REST, Least, Sums, group_of, sums_of
from hansa.facts.firms.tallies import Grid, Tallies, Tally, Whole
from hansa.facts.firms.together import Needs, Proofs, lock_together
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, Quantity

COHORTS = tuple(f"survival_{k}" for k in range(1, SURVIVAL + 1))
GROUPS = ("stocks", "flows", *COHORTS, "age", "growth", "gazelles")


@dataclass(frozen=True)
class Safe:
    """Which cells of which group and year are hidden, and why how many.

    hidden    (group, year) -> cells; an `exit` of year t stands with the flows of t + 1
    primary   measure -> rule -> cells confidential in themselves
    withheld  (group, year) of which no cell is published: nothing less was safe
    proofs    what was proven, and what was hidden for it
    """

    hidden: Mapping[tuple[str, int], Mask]
    primary: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    withheld: tuple[tuple[str, int], ...] = ()
    proofs: Proofs = field(default_factory=Proofs)

    def of(self, name: str, time: int) -> Mask:
        """Hidden cells of a measure in a year."""
        return self.hidden[group_of(name, time)]


def protect(
    tallies: Tallies, grid: Grid, years: tuple[int, ...], choices: Choices, scale: int = 0
) -> Safe:
    """Hide what has to be hidden; a group of a year that nothing less makes safe is withheld.

    scale  decimals of employment, which the tallies hold in whole units of the last one
    """
    totals = len(grid.geos) > 1, len(grid.units) > 1
    work = _Work(tallies, choices, sums_of(grid.shape, totals), years, scale)
    work.nest()
    proofs = lock_together(tallies, work.sums, work.hidden, work.needs())
    return Safe(work.hidden, work.counts, tuple(sorted(proofs.withheld)), proofs)


class _Work:
    """The state of one protection: masks that only grow."""

    def __init__(
        self, tallies: Tallies, choices: Choices, sums: Sums, years: tuple[int, ...],
        scale: int = 0,
    ) -> None:  # fmt: skip
        start = choices.start * 10**scale
        self.least = Least(start, int(start * choices.factor) + 1 - start)
        self.tallies, self.choices, self.sums = tallies, choices, sums
        self.years = years
        # The flows of the year after the last hold its deaths.
        self.spans = (*years, years[-1] + 1)
        none = np.zeros(sums.shape, bool)
        self.hidden = {(g, t): none.copy() for g in GROUPS for t in self.spans}
        self.none = none
        self.counts: dict[str, dict[str, int]] = {}
        self.own: dict[tuple[str, int], Mask] = {}
        self.few: dict[tuple[str, int], tuple[Floats, Mask]] = {}
        for name, t in tallies:
            if name in OF:
                self.hidden[group_of(name, t)] |= self._secret(name, t)

    def nest(self) -> None:
        """Hide each group at least where the groups inside it are hidden."""
        for group in GROUPS:
            for t in self.spans:
                self.hidden[group, t] |= self._inherited(group, t)

    def _inherited(self, group: str, t: int) -> Mask:
        """Cells hidden already, and those that the groups inside require."""
        within = {
            "flows": [("stocks", t), ("stocks", t - 1)],
            "age": [("stocks", t), ("flows", t), *((c, t) for c in COHORTS)],
            "gazelles": [("growth", t)],
        }.get(group, [])
        masks = [self.hidden[key] for key in within if key in self.hidden]
        return np.asarray(np.any([self.hidden[group, t], *masks], axis=0))

    def _size(self, t: int) -> Floats:
        """Firms of the years that count: what a cell is worth, and whether anything is there."""
        own = [self.tallies["firms", y] for y in range(t - SURVIVAL, t + 1) if y in self.years]
        return np.asarray(np.max([f.value + f.unknown for f in own], axis=0), float)

    def needs(self) -> Needs:
        """What every confidential number and rest needs; counts: `fewest` whole numbers."""
        width: dict[tuple[str, int], Floats] = {}
        for (name, t), secret in self.own.items():
            value = self.tallies[name, t].value.astype(float)
            if (name, t) in self.few:
                rest, few = self.few[name, t]
                width[REST + name, t] = np.where(few, self._open(name, rest), 0.0)
                # None of one or two: nothing is told by that, the rest is asked for itself.
                secret = secret | (few & (value > 0))
            width[name, t] = np.where(secret, self._open(name, value), 0.0)
        sizes = {t: self._size(t) for t in self.years}
        return Needs(width, sizes, self.least)

    def _open(self, name: str, value: Floats) -> Floats:
        if not OF[name].magnitude:
            return np.full(value.shape, float(max(1, self.choices.rules.fewest - 1)))
        return np.maximum(1.0, np.ceil(self.choices.share * value - 1e-9))

    # --- what is confidential ------------------------------------------------------------

    def _secret(self, name: str, t: int) -> Mask:
        """Few contributors, concentration, or the same of the rest of the whole."""
        tally, rules = self.tallies[name, t], self.choices.rules
        number = tally.contributors if OF[name].magnitude else tally.value
        found = self._primary(tally, number, OF[name].magnitude)
        secret = found.cells & ~tally.missing
        self.own[name, t] = secret
        for rule, count in found.counts.items():
            own = self.counts.setdefault(name, {})
            own[rule] = own.get(rule, 0) + count
        rest = self._rest(name, t)
        if rest is not None:
            value, first, second, whole = rest
            few = (value > 0) & (value < rules.fewest)
            if whole is not None:
                blank = np.zeros(value.shape, np.int64)
                other = Tally(value, blank, whole, first, second)
                few = self._primary(other, whole, True).cells
            behind = self._whole(name, t)
            few &= ~tally.missing & ~(self.none if behind is None else behind.missing)
            self.few[name, t] = value.astype(float), few
            few &= ~secret
            own = self.counts.setdefault(name, {})
            own["the rest"] = own.get("the rest", 0) + int(few.sum())
            secret = secret | few
        return secret

    def _primary(self, tally: Tally, number: Whole, magnitude: bool) -> Primary:
        value = np.where(tally.missing, np.nan, tally.value.astype(float))
        if not magnitude:
            return primary(
                [Quantity(value)], Contributors(number.astype(float)), self.choices.rules
            )
        two = (tally.largest + tally.second).astype(float)
        by = Contributors(number.astype(float), tally.largest.astype(float), two)
        return primary([Quantity(value)], by, self.choices.rules)

    def _rest(self, name: str, t: int) -> tuple[Whole, Whole, Whole, Whole | None] | None:
        """Value, two largest and contributors of the whole less the part; None without a whole."""
        tally, nothing = self.tallies[name, t], np.zeros(self.sums.shape, np.int64)
        if name == "young_employment":
            older = self.tallies["older_employment", t]
            return older.value, older.largest, older.second, older.contributors
        whole = self._whole(name, t)
        if whole is None:
            return None
        rest = np.where(whole.missing, 0, whole.value - tally.value)
        return rest, nothing, nothing, None

    def _whole(self, name: str, t: int) -> Tally | None:
        within = OF[name].within
        if not within:
            return None
        back = int(name[-1]) if name.startswith("survivors") else 0
        return self.tallies.get((within, t - back))
