"""Presence: stars and marks by a rule set, certain or possible (methods: clusters, section 3).

A cell that is known only between bounds, or not at all, makes a condition certain, possible or
not met; it also moves the thresholds of everybody else, whose own bounds follow. Both are worst
cases: no completion of the hidden cells gives fewer than the certain or more than the possible.

A cell of low reliability (status `u`, methods: facts, section 8) gets nothing for certain. What
counts is the mark on the cell's own numbers: its jobs, and what a condition compares there. A
mark on a total or on another region does not count: every quotient of the table rests on those,
and a warning on everything would warn of nothing; the status of the result still shows it. For
the thresholds of others a marked number counts as printed, because the mark says that it may be
off and not by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hansa.language import N_
from hansa.law import (
    Flags,
    Floats,
    Marked,
    Quantity,
    absent,
    any_flag,
    ratio,
    side_by_side,
    total,
)
from hansa.measures.catalogue import find_measure, measure
from hansa.measures.reasons import comparison, interval, membership, number
from hansa.measures.reliability import unreliable, unreliable_cells
from hansa.measures.rules import Award, Condition, RuleSet, find_rules
from hansa.measures.scene import Bools, Scene
from hansa.measures.thresholds import limits, quantile_bounds, rank_bounds

_CLUSTER_MAPPING = "U.S. Cluster Mapping; Delgado, Porter, Stern (2016)"


@dataclass(frozen=True)
class Population:
    """Regions that count for each unit (units x regions): for certain, and at most."""

    sure: Bools
    may: Bools

    def enough(self, smallest: int) -> tuple[Bools, Bools]:
        """Whether the population is large enough, for certain and at best; shape (units,)."""
        return self.sure.sum(axis=1) >= smallest, self.may.sum(axis=1) >= smallest


@dataclass(frozen=True)
class Judged:
    """One condition for every cell (units x regions), with the threshold's bounds (units,).

    none    cells that have no such value by their nature: outside the base, growth from nothing
    unsure  cells whose own numbers are of low reliability: they meet nothing for certain
    """

    condition: Condition
    low: Floats
    high: Floats
    threshold_low: Floats
    threshold_high: Floats
    certain: Bools
    possible: Bools
    none: Bools
    unsure: Bools


def undefined(q: Quantity) -> Bools:
    """Cells whose growth is from nothing: they have no rate, and none is hidden."""
    if q.flags is None:
        return np.zeros(q.shape, bool)
    low, high = q.bounds()
    open_ended = np.isnan(low) | np.isnan(high)
    found: Bools = open_ended & ((q.flags & any_flag(("entry",))) != 0)
    return found


def population(size: Quantity, minimum: float) -> Population:
    """Regions with more than `minimum` in the unit."""
    low, high = limits(size)
    return Population(low > minimum, high > minimum)


@dataclass(frozen=True)
class Known:
    """What is known of the cells beside the values that a condition compares (units x regions).

    outside     units (units x 1) that are no part of the base
    unreliable  cells whose own numbers carry the status `u`
    """

    outside: Bools | None = None
    unreliable: Bools | None = None


def _thresholds(
    condition: Condition, low: Floats, high: Floats, who: Population
) -> tuple[Floats, Floats]:
    """Least and greatest threshold of each unit, shape (units,)."""
    units = len(low)
    if condition.compare == "absolute":
        same = np.full(units, condition.threshold)
        return same, same
    bounds = quantile_bounds if condition.compare == "quantile" else rank_bounds
    found = []
    for r in [slice(None)] * units if condition.group_by == "all" else list(range(units)):
        ends = low[r].ravel(), high[r].ravel()
        found.append(bounds(*ends, who.sure[r].ravel(), who.may[r].ravel(), condition.threshold))
    least, most = np.array(found).T
    return least, most


def judge(condition: Condition, value: Quantity, who: Population, known: Known = Known()) -> Judged:
    """Whether each cell meets a condition: for certain, and possibly.

    A cell without a value by its nature (outside the base, or growth from nothing) meets no
    condition and moves no threshold. One of low reliability meets it possibly at most, and moves
    thresholds as printed.
    """
    signed = find_measure(condition.measure).years == 2
    low, high = limits(value, -np.inf if signed else 0.0)
    none = undefined(value)
    if known.outside is not None:
        none = none | known.outside
    unsure = np.zeros(low.shape, bool) if known.unreliable is None else known.unreliable
    who = Population(who.sure & ~none, who.may & ~none)
    t_low, t_high = _thresholds(condition, low, high, who)
    meets = np.greater if condition.side == "above" else np.greater_equal
    return Judged(
        condition,
        low,
        high,
        t_low,
        t_high,
        meets(low, t_high[:, None]) & ~none & ~unsure,
        meets(high, t_low[:, None]) & ~none,
        np.broadcast_to(none, low.shape),
        unsure,
    )


@dataclass(frozen=True)
class Awards:
    """Awards for every cell: certain and possible, shape (awards, units, regions)."""

    rules: RuleSet
    certain: Bools
    possible: Bools
    judged: tuple[tuple[Judged, ...], ...]
    who: Population
    size: Quantity
    values: Mapping[str, Quantity]

    def counted(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Least and greatest number of stars, or place of the mark (0 without one)."""
        if self.rules.count == "sum":
            return self.certain.sum(axis=0, dtype=float), self.possible.sum(axis=0, dtype=float)
        place = np.arange(1, len(self.certain) + 1)[:, None, None]
        return (
            (self.certain * place).max(axis=0).astype(float),
            (self.possible * place).max(axis=0).astype(float),
        )


def evaluate(
    rules: RuleSet,
    size: Quantity,
    values: Mapping[str, Quantity],
    min_cell: float,
    known: Mapping[str, Known] | None = None,
) -> Awards:
    """Every award of a rule set for every cell.

    size    jobs (units x regions); values: what the conditions compare, the same shape
    known   by measure, what else is known of the cells
    A cell below `min_cell` or the floor of the rules gets nothing; in a population that is too
    small nobody does. A cell whose jobs are of low reliability gets nothing for certain.
    """
    who = population(size, rules.minimum)
    low, high = limits(size)
    least = max(min_cell, rules.floor)
    sure_enough, may_enough = who.enough(rules.smallest)
    allowed = who.sure & (low >= least) & sure_enough[:, None] & ~unreliable(size)
    thinkable = who.may & (high >= least) & may_enough[:, None]
    judged = tuple(
        tuple(
            judge(c, values[c.measure], who, (known or {}).get(c.measure, Known()))
            for c in award.conditions
        )
        for award in rules.award
    )
    certain = [np.logical_and.reduce([allowed, *(j.certain for j in own)]) for own in judged]
    possible = [np.logical_and.reduce([thinkable, *(j.possible for j in own)]) for own in judged]
    return Awards(rules, np.array(certain), np.array(possible), judged, who, size, values)


def _awards(scene: Scene, default: str) -> Awards:
    """The awards of every region of the source: thresholds are theirs, not the result's."""
    rules = find_rules(scene.choices.rules or default)
    everywhere = scene.everywhere()
    size = everywhere.view().now.size
    values = {name: everywhere.of(name) for name in rules.measures}
    known = {n: Known(scene.outside(n), unreliable_cells(everywhere, n)) for n in rules.measures}
    return evaluate(rules, size, values, scene.choices.min_cell, known)


def _places(scene: Scene) -> list[int]:
    """For each region of the result its place among all regions; -1 for areas of several."""
    place = {column: i for i, column in enumerate(scene.area.everywhere)}
    return [place.get(own[0], -1) if len(own) == 1 else -1 for own in scene.area.columns]


def _marks(scene: Scene, default: str) -> Marked:
    """The awards of the regions of the result, which have their places among all regions."""
    places = _places(scene)
    every = None
    if any(i >= 0 for i in places):
        every = _marked(_awards(scene, default), scene.choices.min_cell)
    one = (scene.shape[0], 1)
    none = Marked(
        absent(one, "z"),
        np.full(one, "an area of several regions has no marks of its own", object),
        np.full(one, None, object),
    )
    parts = [every[:, [i]] if every is not None and i >= 0 else none for i in places]
    label = np.hstack([p.label for p in parts if p.label is not None])
    quantity = side_by_side([p.quantity for p in parts])
    return Marked(quantity, np.hstack([p.reason for p in parts]), label)


def _marked(found: Awards, min_cell: float) -> Marked:
    low, high = found.counted()
    same = low == high
    result = Quantity(np.where(same, low, np.nan), _flags(found), low, high, _estimated(found))
    result = result.flagged(~same, "interval")
    result = result.flagged(found.who.may & (limits(found.size)[1] < min_cell), "tiny")
    small = ~found.who.enough(found.rules.smallest)[1][:, None] & found.who.may
    gone = replace(
        result,
        value=np.where(small, np.nan, result.value),
        lower=np.where(small, np.nan, low),
        upper=np.where(small, np.nan, high),
    )
    return Marked(
        gone.flagged(small, "z"), _reasons(found, small, min_cell), _labels(found, same & ~small)
    )


def _flags(found: Awards) -> Flags:
    """Every status of what was compared (law, clause 2)."""
    flags = np.zeros(found.size.shape, np.uint64)
    for part in (found.size, *found.values.values()):
        if part.flags is not None:
            flags |= part.flags
    return flags


def _estimated(found: Awards) -> Floats | None:
    """The largest share of an estimate in what was compared (law, clause 8)."""
    parts = [p.estimated for p in (found.size, *found.values.values()) if p.estimated is not None]
    return (
        np.maximum.reduce([np.broadcast_to(p, found.size.shape) for p in parts]) if parts else None
    )


def _labels(found: Awards, known: Bools) -> npt.NDArray[np.object_]:
    """Names of the awards given for certain; None where there is none or it is not certain."""
    names = [a.name for a in found.rules.award]
    label = np.full(known.shape, None, object)
    for i, j in zip(*np.nonzero(known & found.certain.any(axis=0)), strict=True):
        given = [name for name, has in zip(names, found.certain[:, i, j], strict=True) if has]
        label[i, j] = ", ".join(given) if found.rules.count == "sum" else given[-1]
    return label


def _reasons(found: Awards, small: Bools, min_cell: float) -> npt.NDArray[np.object_]:
    """For every cell of the population each award with what it compared."""
    reason = np.full(small.shape, None, object)
    reason[~found.who.may] = "no jobs" if found.rules.minimum == 0 else "outside the population"
    reason[small] = "population too small"
    sizes = found.who.sure.sum(axis=1), found.who.may.sum(axis=1)
    least, (low, high) = max(min_cell, found.rules.floor), limits(found.size)
    every = (j.unsure for own in found.judged for j in own)
    marked = np.logical_or.reduce([unreliable(found.size), *every])
    for i, j in zip(*np.nonzero(found.who.may & ~small), strict=True):
        among = membership(int(sizes[0][i]), int(sizes[1][i]))
        below = f"fewer than {number(least)} jobs ({interval(low[i, j], high[i, j])}): no award; "
        unsure = "of low reliability: possible at most; " if marked[i, j] else ""
        reason[i, j] = (
            (below if high[i, j] < least else "")
            + unsure
            + "; ".join(
                _award_text(found, a, award, (int(i), int(j)), among)
                for a, award in enumerate(found.rules.award)
            )
        )
    return reason


def _award_text(found: Awards, a: int, award: Award, at: tuple[int, int], among: str) -> str:
    i, j = at
    state = "yes" if found.certain[a, i, j] else "possible" if found.possible[a, i, j] else "no"
    texts = [
        f"{find_measure(own.condition.measure).label}: not applicable"
        if own.none[i, j]
        else comparison(
            find_measure(own.condition.measure).label,
            (own.low[i, j], own.high[i, j]),
            (own.threshold_low[i], own.threshold_high[i]),
            own.condition,
            among,
        )
        for own in found.judged[a]
    ]
    return f"{award.name} {state}: {', '.join(texts)}"


@measure(
    "presence_stars",
    label=N_("Stars"),
    unit=N_("stars"),
    kind="ordinal",
    formula="number of awards whose conditions all hold (the rule set's own count)",
    source="European Cluster Observatory (BSR InnoNet 2009, chapter 2.1); the rule set's source",
    needs=("employment",),
    rules="eco-2007-draft",
    options=("rules",),
)
def presence_stars(scene: Scene) -> Marked:
    """Stars of a cluster in a region under a rule set, with each condition and its threshold.
    A cell whose own numbers are of low reliability (status `u`) has possible ones at most.
    """
    return _marks(scene, "eco-2007-draft")


@measure(
    "strong_cluster",
    label=N_("Strength mark"),
    unit=N_("place of the mark in its rule set, 0 without one"),
    kind="ordinal",
    formula="highest award whose conditions all hold",
    source=_CLUSTER_MAPPING,
    needs=("employment",),
    rules="us-strong",
    options=("rules",),
)
def strong_cluster(scene: Scene) -> Marked:
    """The mark of a cluster in a region (qualifying, significant, strong, strong-10).
    A cell whose own numbers are of low reliability (status `u`) has a possible one at most.
    """
    return _marks(scene, "us-strong")


@measure(
    "cluster_strength",
    label=N_("Share of jobs in strong clusters"),
    unit=N_("share 0-1"),
    kind="intensive",
    formula="sum of E_cr over clusters marked strong / traded employment of the region",
    source=_CLUSTER_MAPPING,
    needs=("employment",),
    base="traded",
    rules="us-strong",
    options=("rules",),
)
def cluster_strength(scene: Scene) -> Quantity:
    """Share of a region's traded jobs in its strong clusters; the same for every cluster of it."""
    found = _awards(scene, "us-strong")
    names = [a.name for a in found.rules.award]
    first = names.index("strong") if "strong" in names else 0
    places = _places(scene)
    low, high = limits(found.size)
    certain, possible = found.certain[first:].any(axis=0), found.possible[first:].any(axis=0)
    # Where the population is too small there is no mark, and nobody knows what it would be.
    small = ~found.who.enough(found.rules.smallest)[1][:, None] & found.who.may
    possible = possible | small
    within = Quantity(
        np.where(certain == possible, np.where(certain, found.size.value, 0.0), np.nan),
        _flags(found),
        np.where(certain, low, 0.0),
        np.where(possible, high, 0.0),
    )
    region = scene.everywhere().view(base="traded").now.of_region
    share = ratio(total(within, axis=0)[None, :], region)
    upper = None if share.upper is None else np.minimum(share.upper, 1.0)
    share = Quantity(share.value, share.flags, share.lower, upper)
    none = absent((1, 1), "z")
    if share.lower is not None:
        met = share.lower == share.upper
        share = replace(share, value=np.where(met, share.lower, share.value))
    own = side_by_side([share[:, [i]] if i >= 0 else none for i in places])
    return own.map(lambda part: np.tile(part, (scene.shape[0], 1)))
