"""Where a unit stands: strengths and weaknesses, ranks within groups, peers, group profiles.

Methods: index, section 3. Scores are on the normalised scale, higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, UsageError, listed
from hansa.index.critical import best_set
from hansa.index.ranks import ranks

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StrengthOptions:
    """How strengths and weaknesses are picked.

    count          how many of each; at most half of the columns, so that none is both
    discard_worst  leave out columns where the unit holds the worst rank
    min_unique     leave out columns whose share of distinct values (of n available) is below
    groups         name of the group of each unit: rank only within the unit's own group
    """

    count: int = 5
    discard_worst: bool = False
    min_unique: float = 0.0
    groups: Sequence[str] | None = None


@dataclass(frozen=True)
class Strengths:
    """Columns (positions) where a unit is best, best first, and worst, worst first.

    Ranks and the number of ranked units stand beside. `left_out` columns have no value for the
    unit or were dropped by an option.
    """

    unit: int
    strengths: Ints
    strength_rank: Ints
    strength_of: Ints
    weaknesses: Ints
    weakness_rank: Ints
    weakness_of: Ints
    left_out: Ints


def strengths_and_weaknesses(
    y: Floats, unit: int, options: StrengthOptions = StrengthOptions()
) -> Strengths:
    """The columns (units x columns) ordered by the rank of one unit; ties in metadata order.

    The first `count` and the last `count`. Raises UsageError for a count below 1 or a unit without
    a group. Source: index, section 3; `discard_worst` is COINr's default.
    """
    _positive(options.count, "strengths")
    rows = _own_group(options.groups, unit, y.shape[0])
    rank = ranks(y[rows])
    own = rank[np.flatnonzero(rows) == unit][0]
    keep = ~np.isnan(own)
    if options.discard_worst:
        # One unit alone is worst and best; there is no comparison to leave out.
        worst = np.fmax.reduce(rank, axis=0)
        keep &= (own < worst) | (worst == 1)
    if options.min_unique > 0:
        keep &= _share_unique(y) >= options.min_unique
    kept = np.flatnonzero(keep)
    count = min(options.count, kept.size // 2)
    order = kept[np.argsort(own[kept], kind="stable")]
    best, last = order[:count], order[order.size - count :]
    worst_first = last[np.argsort(-own[last], kind="stable")]
    ranked = (~np.isnan(rank)).sum(axis=0)
    return Strengths(
        unit,
        best,
        own[best].astype(np.int64),
        ranked[best],
        worst_first,
        own[worst_first].astype(np.int64),
        ranked[worst_first],
        np.flatnonzero(~keep),
    )


def _positive(number: int, what: str) -> None:
    if number < 1:
        raise UsageError(
            f"the number of {what} must be positive",
            printed=str(number),
            admissible="1 or more",
            fix="leave the option out for the default",
        )


def _own_group(groups: Sequence[str] | None, unit: int, units: int) -> Bools:
    if groups is None:
        return np.ones(units, dtype=bool)
    if not groups[unit]:
        raise UsageError(
            "the unit belongs to no group, so it cannot be ranked within one",
            place=f"unit {unit}",
            admissible=listed(sorted({g for g in groups if g})),
            fix="name a grouping that covers the unit, or rank over all units",
        )
    return np.array([g == groups[unit] for g in groups])


def _share_unique(y: Floats) -> Floats:
    from hansa.index.statistics import column_statistics

    return column_statistics(y, tuple(map(str, range(y.shape[1])))).share_unique


@dataclass(frozen=True)
class WeightedContrast:
    """Columns by what they add to a unit's score against its peers, most first.

    `contribution` = leaf weight x (score of the unit - mean of the peers that have one), with
    `peers` of them; columns without one are in `left_out`. With complete cells and arithmetic means
    at all levels the contributions sum to the difference of the scores exactly.
    """

    unit: int
    columns: Ints
    contribution: Floats
    difference: Floats
    peers: Ints
    left_out: Ints


def weighted_contrast(
    z: Floats, weights: Floats, unit: int, peers: Sequence[int] | Ints
) -> WeightedContrast:
    """Strengths and weaknesses as contributions: w_l (z_kl - mean of peers), the unit not a peer.

    z        units x columns, normalised
    weights  (columns,) leaf weights that sum to 1

    Raises UsageError if no peer is left.
    """
    others = np.array([p for p in peers if p != unit], dtype=np.int64)
    if not others.size:
        raise UsageError(
            "a unit cannot be compared without peers",
            place=f"unit {unit}",
            admissible="at least one other unit",
            fix="name peers, a group, or context columns",
        )
    beside = z[others]
    n = (~np.isnan(beside)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = z[unit] - np.nansum(beside, axis=0) / np.where(n > 0, n, np.nan)
    value = np.asarray(weights, dtype=np.float64) * difference
    kept = np.flatnonzero(~np.isnan(value))
    order = kept[np.argsort(-value[kept], kind="stable")]
    return WeightedContrast(
        unit, order, value[order], difference[order], n[order], np.flatnonzero(np.isnan(value))
    )


def group_ranks(scores: Floats, groups: Sequence[str]) -> Floats:
    """Rank inside each group (units, ...); NaN for a missing score or a unit without a group."""
    scores = np.asarray(scores, dtype=np.float64)
    names = np.asarray([g or "" for g in groups], dtype=object)
    found = np.full(scores.shape, np.nan)
    for name in sorted(set(names) - {""}):
        rows = names == name
        found[rows] = ranks(scores[rows])
    return found


@dataclass(frozen=True)
class Peers:
    """Peers of a unit, nearest first, with their distance (NaN for peers by group).

    `left_out` units lack a context value; `constant` context columns separate nobody.
    """

    unit: int
    peers: Ints
    distance: Floats
    left_out: Ints
    constant: Ints


def nearest_units(context: Floats, unit: int, k: int, names: Sequence[str]) -> Peers:
    """The k nearest units by standardised Euclidean distance on context columns.

    context  units x context columns, raw; each is divided by its standard deviation (n - 1)
    names    of the units, for messages

    The unit itself is left out. A unit that lacks a value of a column cannot be near or far and is
    listed. Ties in metadata order. Raises HansaError if the unit itself lacks a value, UsageError
    if k < 1.
    """
    context = np.asarray(context, dtype=np.float64)
    _positive(k, "peers")
    gaps = np.flatnonzero(np.isnan(context[unit]))
    if gaps.size:
        raise HansaError(
            "a unit without context has no nearest units",
            place=names[unit],
            printed=f"no value in context column {listed(gaps + 1)}",
            admissible="a value in every context column",
            fix="choose other context columns, or peers by group",
        )
    low, high = np.fmin.reduce(context, axis=0), np.fmax.reduce(context, axis=0)
    usable = high > low
    sd = np.nanstd(context[:, usable], axis=0, ddof=1)
    square = ((context[:, usable] - context[unit, usable]) / sd) ** 2
    distance = np.sqrt(square.sum(axis=1))
    distance[np.isnan(context).any(axis=1)] = np.nan
    left_out = np.flatnonzero(np.isnan(distance))
    distance[unit] = np.nan
    order = np.argsort(distance, kind="stable")[: min(k, int((~np.isnan(distance)).sum()))]
    return Peers(unit, order, distance[order], left_out, np.flatnonzero(~usable))


def group_peers(groups: Sequence[str], unit: int) -> Peers:
    """The other units of the unit's group. Raises UsageError for a unit without a group."""
    rows = _own_group(groups, unit, len(groups))
    rows[unit] = False
    peers, none = np.flatnonzero(rows), np.empty(0, dtype=np.int64)
    return Peers(unit, peers, np.full(peers.size, np.nan), none, none)


@dataclass(frozen=True)
class GroupProfile:
    """A group of units as one profile, a value a driver; NaN where nothing is there.

    `mean` over the `n` members with a score; `lowest`, `highest` among members; `best` mean of the
    `best_n` best units (more than asked for where the last place is tied); `gap` = best - mean,
    below 0 where the group leads; `median`, `minimum`, `maximum` over all units.
    """

    drivers: tuple[str, ...]
    mean: Floats
    n: Ints
    lowest: Floats
    highest: Floats
    best: Floats
    best_n: Ints
    gap: Floats
    median: Floats
    minimum: Floats
    maximum: Floats


def group_profile(
    scores: Floats,
    members: Sequence[int],
    drivers: Sequence[str],
    performance: Floats | None = None,
    best: int = 3,
) -> GroupProfile:
    """A group of units against the best three, the median and the range, by driver.

    scores       units x drivers
    performance  units x drivers, by which the best are chosen; None: the scores themselves

    Members do not count among the best, as a unit does not in its own gap: the profile of one unit
    is that unit. Raises UsageError for an empty group.
    """
    own = np.unique(np.asarray(members, dtype=np.int64))
    if not own.size:
        raise UsageError(
            "the group has no members", admissible="at least one unit", fix="name its units"
        )
    scores = np.asarray(scores, dtype=np.float64)
    chosen = np.array(scores if performance is None else performance, dtype=np.float64)
    chosen[own] = np.nan
    mean, n = _mean(scores[own])
    leading, leading_n = _mean_of_best(scores, chosen, best)
    lowest, _, highest = _middle(scores[own])
    minimum, median, maximum = _middle(scores)
    return GroupProfile(
        tuple(drivers),
        mean,
        n,
        lowest,
        highest,
        leading,
        leading_n,
        leading - mean,
        median,
        minimum,
        maximum,
    )


def _mean_of_best(scores: Floats, chosen: Floats, best: int) -> tuple[Floats, Ints]:
    top = np.stack([best_set(column, best) for column in chosen.T], axis=1)
    return _mean(np.where(top, scores, np.nan))


def _mean(values: Floats) -> tuple[Floats, Ints]:
    n = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nansum(values, axis=0) / np.where(n > 0, n, np.nan), n


def _middle(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Least, median and greatest value of each column, NaN for a column without any."""
    from hansa.index.statistics import column_statistics

    found = column_statistics(values, tuple(map(str, range(values.shape[1]))))
    return found.minimum, found.median, found.maximum
