"""What is confidential in the tables of firms, and how far published numbers leave it open.

The tables hang together. Each group of measures hides together, cell by cell, and the groups are
nested so that no identity between tables has a single hidden term:

    firms(t) = firms(t-1) - exit(t-1) + entry(t) + what moved       stocks within flows
    employment(t) = employment(t-1) + created - destroyed + moved   stocks within flows
    young(t) = entry(t) + survivors of the five cohorts before      flows, survival within age
    part + rest = whole                                             the rest is confidential too

(written: the inner group is hidden at most where the outer one is).

Nothing of `what moved` is published; the gate takes it for known all the same. Rates are computed
from published numbers alone and add nothing. Where an identity ties two hidden tables
(`entry` to `exit`), both have to move by the same, and the narrower of the two rooms counts.

Each table is made safe given the published rest. Then `together` holds all of them against each
other: hidden survivors of one cohort bound each other over the years, and survivors the young.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hansa.facts.disclosure_rules import Contributors, Primary, primary
from hansa.facts.firms.definitions import ADDITIVE, OF, SPAN, SURVIVAL, Choices
from hansa.facts.firms.gate import Flat, Room, Sums, gated, sums_of
from hansa.facts.firms.joint import REST, Least
from hansa.facts.firms.tallies import Grid, Tallies, Tally, Whole
from hansa.facts.firms.together import Needs, Second, lock_together
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, Quantity

COHORTS = tuple(f"survival_{k}" for k in range(1, SURVIVAL + 1))
GROUPS = ("stocks", "flows", *COHORTS, "age", "growth", "gazelles")
NAMES = {g: tuple(a.name for a in ADDITIVE if a.group == g) for g in GROUPS}


@dataclass(frozen=True)
class Safe:
    """Which cells of which group and year are hidden, and why how many.

    hidden    (group, year) -> cells; an `exit` of year t stands with the flows of t + 1
    primary   measure -> rule -> cells confidential in themselves
    withheld  (group, year) of which no cell is published: nothing less was safe
    """

    hidden: Mapping[tuple[str, int], Mask]
    primary: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    withheld: tuple[tuple[str, int], ...] = ()
    second: Second = field(default_factory=Second)

    def of(self, name: str, time: int) -> Mask:
        """Hidden cells of a measure in a year."""
        return self.hidden[OF[name].group, time + (name == "exit")]


def protect(
    tallies: Tallies, grid: Grid, years: tuple[int, ...], choices: Choices, scale: int = 0
) -> Safe:
    """Hide what has to be hidden; a group of a year that nothing less makes safe is withheld.

    scale  decimals of employment, which the tallies hold in whole units of the last one
    """
    totals = len(grid.geos) > 1, len(grid.units) > 1
    work = _Work(tallies, choices, sums_of(grid.shape, totals), years, scale)
    while work.round():
        pass
    second = lock_together(tallies, work.sums, work.hidden, work.needs())
    withheld = work.withheld | second.withheld
    return Safe(work.hidden, work.counts, tuple(sorted(withheld)), second)


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
        self.withheld: set[tuple[str, int]] = set()
        self.none = none
        self.counts: dict[str, dict[str, int]] = {}
        # Of young employment: which cells are confidential, the rest, and where that one is.
        self.rests: dict[tuple[str, int], tuple[Mask, Floats, Mask]] = {}
        self.own: dict[tuple[str, int], Mask] = {}
        self.few: dict[tuple[str, int], tuple[Floats, Mask]] = {}
        self.secrets = {key: self._secret(*key) for key in tallies if key[0] in OF}
        # What is confidential in itself bounds nothing beside it.
        for (name, t), secret in self.secrets.items():
            self.hidden[OF[name].group, t + (name == "exit")] |= secret

    def round(self) -> bool:
        """Every group once, inside out; True where one could not be made safe by itself.

        More is hidden then of what bounds it. Masks only grow, so that the rounds end.
        """
        more = False
        for group in GROUPS:
            for t in self.spans:
                start = self._inherited(group, t)
                self.hidden[group, t] |= start
                if (group, t) in self.withheld or not (tables := self._tables(group, t)):
                    continue
                found = gated(tables, self.sums, start, self._size(t))
                self.hidden[group, t] |= found.hidden
                if found.unsafe.any():
                    more = True
                    self._widen(group, t, found.unsafe)
        return more

    def _widen(self, group: str, t: int, unsafe: Mask) -> None:
        """Hide what bounds the cells that are not safe; with nothing left of that, everything."""
        for behind in _behind(group, t):
            own = self.hidden.get(behind)
            if own is not None and (unsafe & ~own).any():
                own |= unsafe
                return
        self.withheld.add((group, t))
        self.hidden[group, t][:] = True

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

    def _told(self, name: str, t: int) -> tuple[Floats, Mask]:
        """Values, and where they are published as things stand."""
        tally = self.tallies.get((name, t))
        if tally is None:
            return np.zeros(self.sums.shape), self.none
        hidden = self.hidden[OF[name].group, t + (name == "exit")]
        return tally.value.astype(float), ~hidden & ~tally.missing

    def _known(self, name: str, t: int) -> Floats:
        """A bound that an attacker may know, shown or not; none where it has no number."""
        tally = self.tallies.get((name, t))
        if tally is None:
            return np.full(self.sums.shape, np.inf)
        return np.where(tally.missing, np.inf, tally.value.astype(float))

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
                self.rests[name, t] = secret, value.astype(float), few
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

    # --- how far it is left open ---------------------------------------------------------

    def _tables(self, group: str, t: int) -> list[Flat]:
        """The tables of one group and year that hold anything confidential."""
        found = []
        for name in NAMES[group]:
            year = t - 1 if name == "exit" else t
            if (tally := self.tallies.get((name, year))) is None:
                continue
            secret = self.secrets[name, year].copy()
            if name in ("entry", "exit"):
                # Both move by the same: what one needs, the other has to have room for.
                other = ("exit", t - 1) if name == "entry" else ("entry", t)
                if other in self.secrets:
                    secret |= self.secrets[other] & ~tally.missing
            if not secret.any():
                continue
            value = tally.value.astype(float)
            rooms = tuple(self._rooms(name, year, value))
            needed = self._needed(name, value, t)
            # Of a hidden whole nothing is known: any part of it, from none to all, is enough.
            widest = np.max([high - low for low, high in rooms], axis=0)
            needed = np.where(self._bound_hidden(name, t), np.minimum(needed, widest), needed)
            found.append(Flat(name, value, tally.missing, rooms, secret, needed))
        return found

    def _needed(self, name: str, value: Floats, t: int) -> Floats:
        """Least width: a share of what is confidential; firms enough to be none, or many."""
        if not OF[name].magnitude:
            return np.full(value.shape, float(self.choices.fewest))
        if (name, t) in self.rests:
            own, rest, few = self.rests[name, t]
            value = np.maximum(np.where(own, value, 0.0), np.where(few, rest, 0.0))
        return np.maximum(1.0, np.ceil(self.choices.share * value - 1e-9))

    def _bound_hidden(self, name: str, t: int) -> Mask:
        """Where what bounds a number is hidden itself."""
        behind = [key for key in _behind(OF[name].group, t) if key in self.hidden]
        return np.asarray(np.any([self.hidden[key] for key in behind] or [self.none], axis=0))

    def _rooms(self, name: str, t: int, value: Floats) -> list[Room]:
        group = OF[name].group
        if name in ("entry", "exit"):
            return [self._room_of_change(name, t, value)]
        if group == "flows":
            return self._rooms_of_jobs(name, t, value)
        if group in ("growth", "gazelles"):
            return self._rooms_of_growth(name, t, value)
        low, high = np.zeros(value.shape), np.full(value.shape, np.inf)
        if name == "firms":
            low = self._survivors_shown(t)
        elif group in COHORTS:
            low, high = self._room_of_survivors(int(name[-1]), t, value)
        elif name == "young":
            high = self._known("firms", t)
            born, told = self._told("entry", t)
            low = self._survivors_shown(t) + np.where(told, born, 0.0)
        elif name == "young_employment":
            high = self._known("employment", t)
        return [_around(low, high, value)]

    def _survivors_shown(self, t: int) -> Floats:
        """Firms of the last five cohorts that are published to be there."""
        found = np.zeros(self.sums.shape)
        for k in range(1, SURVIVAL + 1):
            value, shown = self._told(f"survivors_{k}", t)
            found += np.where(shown, value, 0.0)
        return found

    def _room_of_change(self, name: str, t: int, value: Floats) -> Room:
        """Births and deaths between two years whose numbers of firms are known move together."""
        r = t + 1 if name == "exit" else t
        born, dead = self.tallies.get(("entry", r)), self.tallies.get(("exit", r - 1))
        now, before = self._known("firms", r), self._known("firms", r - 1)
        tied = self._told("firms", r)[1] & self._told("firms", r - 1)[1]
        down, up = [value], [np.full(value.shape, np.inf)]
        if born is not None:
            use = True if name == "entry" else tied
            room = np.maximum(now - self._survivors_shown(r) - born.value, 0.0)
            up.append(np.where(use, room, np.inf))
            least = np.maximum(born.value - self._least_born(r), 0.0)
            down.append(np.where(use, least, np.inf))
        if dead is not None:
            use = True if name == "exit" else tied
            up.append(np.where(use, np.maximum(before - dead.value, 0.0), np.inf))
            down.append(np.where(use, dead.value, np.inf))
        return value - np.min(down, axis=0), value + np.min(up, axis=0)

    def _least_born(self, t: int) -> Floats:
        """Births that were there a year later: taken for known, as their table bounds them."""
        tally = self.tallies.get(("survivors_1", t + 1))
        if tally is None:
            return np.zeros(self.sums.shape)
        return np.where(tally.missing, 0.0, tally.value.astype(float))

    def _room_of_survivors(self, k: int, t: int, value: Floats) -> Room:
        low, high = np.zeros(value.shape), self._known("entry", t - k)
        for other in range(1, SURVIVAL + 1):
            there, shown = self._told(f"survivors_{other}", t - k + other)
            # Out of sight for a year and back: then the order of years says nothing.
            if other < k:
                high = np.where(shown & (there >= value), np.minimum(high, there), high)
            elif other > k:
                low = np.where(shown & (there <= value), np.maximum(low, there), low)
        return low, np.maximum(high, value)

    def _rooms_of_jobs(self, name: str, t: int, value: Floats) -> list[Room]:
        """Jobs move against jobs of the same side, or with jobs of the other side."""
        free = np.zeros(value.shape), np.full(value.shape, np.inf)
        shown = self._told("employment", t)[1] & self._told("employment", t - 1)[1]
        same = {
            "jobs_entry": "jobs_expansion",
            "jobs_expansion": "jobs_entry",
            "jobs_exit": "jobs_contraction",
            "jobs_contraction": "jobs_exit",
        }[name]
        other = "jobs_contraction" if name in ("jobs_entry", "jobs_expansion") else "jobs_expansion"
        beside = self.tallies[same, t].value.astype(float)
        across = self.tallies[other, t].value.astype(float)
        against = free[0], np.where(shown, value + beside, np.inf)
        along = np.where(shown, value - np.minimum(value, across), 0.0), free[1]
        return [along, against]

    def _rooms_of_growth(self, name: str, t: int, value: Floats) -> list[Room]:
        """Parts move inside their whole, or with it; all of them are hidden in the same cells."""
        base = self.tallies["growth_base", t].value.astype(float)
        grown = self.tallies["high_growth", t].value.astype(float)
        young = self.tallies.get(("gazelles", t))
        least = np.zeros(value.shape) if young is None else young.value.astype(float)
        top = np.maximum(self._known("firms", t - SPAN) - base, 0.0)
        if name == "growth_base":
            # With the parts; alone.
            return [(base - least, base + top), (grown, base + top)]
        if name == "high_growth":
            return [(least, base), (grown - least, grown + top), (least, grown + top)]
        return [(np.zeros(value.shape), grown)]


def _behind(group: str, t: int) -> list[tuple[str, int]]:
    """Groups whose published numbers bound a group, the ones that cost least first."""
    if group in COHORTS:
        return [("flows", t - int(group[-1]))]
    return {
        "age": [("flows", t), ("stocks", t)],
        "flows": [("stocks", t), ("stocks", t - 1)],
        "growth": [("stocks", t - SPAN)],
        "gazelles": [("growth", t)],
    }.get(group, [])


def _around(low: Floats, high: Floats, value: Floats) -> Room:
    """Ends that hold the value: a firm that moved may break what holds for the others."""
    return np.minimum(low, value), np.maximum(high, value)
