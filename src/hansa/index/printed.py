"""What a printed, rounded index table still allows: orders, correlations, gaps, changes.

A printed number stands for any true one within half a unit of its last place (0.5 for whole
numbers). True numbers are drawn uniformly inside. Units with the same printed number are alike:
what the draws say of them is shared out equally, so the order of rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from hansa.errors import UsageError
from hansa.index.link_rows import SAME, Floats, blocks

DRAWS = 10_000
HALF = 0.5


@dataclass(frozen=True)
class PrintedTable:
    """One printed ranking at two times, as printed.

    side    what the index measures, such as `performance`
    years   the earlier one and the later one
    rank, index, change  of the later year; change of rank, positive is up
    before  index of the earlier year
    """

    side: str
    years: tuple[int, int]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    rank: Floats
    index: Floats
    before: Floats
    change: Floats


@dataclass(frozen=True)
class RoundedRanks:
    """Where the true ranks of printed numbers may lie (arrays by unit, NaN without a number).

    best, worst    the ranks that rounding allows at all, exactly
    low, high      quantiles of the drawn ranks that leave half of 1 - level on each side
    shares         (units, ranks): share of draws in which a unit has a rank
    """

    best: Floats
    worst: Floats
    low: Floats
    high: Floats
    shares: Floats
    draws: int
    level: float


@dataclass(frozen=True)
class Doubt:
    """Two units in printed order, and the probability that the true order is the printed one."""

    above: int
    below: int
    probability: float


@dataclass(frozen=True)
class Rounding:
    """A statistic of printed numbers, and where that of the true ones may lie.

    low, high         quantiles of the draws that leave half of 1 - level on each side
    least, greatest   the smallest and largest drawn
    undefined         draws in which the statistic could not be computed, in no quantile
    """

    printed: float
    low: float
    high: float
    least: float
    greatest: float
    draws: int
    undefined: int


@dataclass(frozen=True)
class Gaps:
    """Mean of the best others minus the own value, and how many best there were.

    used  more than asked where units tie at the last place: all tied are in
    """

    gap: Floats
    best: Floats
    used: NDArray[np.intp]


@dataclass(frozen=True)
class Moves:
    """Change of a printed index beside the printed change of rank (positive is up in both).

    earlier   rank now + change: the earlier rank that the table implies
    opposite  units that fell in rank while their index certainly rose, or the reverse
    """

    index: Floats
    rank: Floats
    earlier: Floats
    opposite: tuple[int, ...]


def rounded_ranks(
    printed: Floats,
    rng: np.random.Generator,
    half: float = HALF,
    draws: int = DRAWS,
    level: float = 0.9,
) -> RoundedRanks:
    """Ranks (1 = largest) of numbers known up to rounding, over uniform draws.

    Errors: half below zero, fewer than one draw, level outside 0 to 1.
    """
    _admissible(half, draws, level)
    printed = np.asarray(printed, dtype=float)
    rows = np.flatnonzero(~np.isnan(printed))
    rows = rows[np.argsort(-printed[rows], kind="stable")]
    values, n = printed[rows], len(rows)
    counts = np.zeros((n, n))
    for count in blocks(draws if n else 0, n):
        true = values + rng.uniform(-half, half, (count, n))
        order = np.argsort(-true, axis=1, kind="stable")
        hits = np.bincount((order * n + np.arange(n)).ravel(), minlength=n * n)
        counts += hits.reshape(n, n)
    _, alike = np.unique(values, return_inverse=True)
    member = (alike[:, None] == alike[None, :]).astype(float)
    pooled = member @ counts
    sizes = member.sum(1)
    ends = [_quantile(pooled, sizes * draws, p) for p in ((1 - level) / 2, (1 + level) / 2)]
    gap = values[None, :] - values[:, None]
    near = SAME * np.ptp(values) if n else 0.0
    over = (gap >= 2 * half - near) & (gap > near)
    shares = np.full((len(printed), n), nan)
    shares[rows] = pooled / (sizes[:, None] * draws)
    by_unit = np.full((4, len(printed)), nan)
    by_unit[:, rows] = 1 + over.sum(1), n - over.sum(0), *ends
    return RoundedRanks(by_unit[0], by_unit[1], by_unit[2], by_unit[3], shares, draws, level)


def order_probability(printed: Floats, half: float = HALF) -> Floats:
    """P(true_i > true_j) for every pair of printed numbers, exactly (ties of true ones: a half).

    The difference of two uniform errors is triangular on ±2 half.
    """
    printed = np.asarray(printed, dtype=float)
    gap = printed[:, None] - printed[None, :]
    if half == 0:
        near = SAME * (np.nanmax(printed) - np.nanmin(printed))
        sure = np.where(abs(gap) <= near, 0.5, (gap > 0).astype(float))
        return np.where(np.isnan(gap), nan, sure)
    t = np.clip(abs(gap) / (2 * half), 0.0, 1.0)
    ahead = 1 - (1 - t) ** 2 / 2
    return np.where(gap >= 0, ahead, np.where(np.isnan(gap), nan, 1 - ahead))


def doubts(printed: Floats, ranks: Floats, half: float = HALF) -> tuple[Doubt, ...]:
    """Pairs whose printed ranks may be in the wrong order by the printed numbers alone."""
    ranks = np.asarray(ranks, dtype=float)
    right = order_probability(printed, half)
    ahead = (ranks[:, None] < ranks[None, :]) & (right < 1)
    pairs = sorted(np.argwhere(ahead).tolist(), key=lambda p: (ranks[p[0]], ranks[p[1]]))
    return tuple(Doubt(i, j, float(right[i, j])) for i, j in pairs)


def rounding(
    columns: Floats,
    statistic: Callable[[Floats], Floats],
    rng: np.random.Generator,
    half: float = HALF,
    draws: int = DRAWS,
    level: float = 0.95,
) -> Rounding:
    """Interval of a statistic of several printed columns (columns, units) under rounding.

    statistic  from (draws, columns, units) to (draws,); it must not depend on the order of units
    """
    _admissible(half, draws, level)
    columns = np.asarray(columns, dtype=float)
    columns = columns[:, ~np.isnan(columns).any(0)]
    columns = columns[:, np.lexsort(columns[::-1])]
    found = [
        statistic(columns + rng.uniform(-half, half, (count, *columns.shape)))
        for count in blocks(draws, columns.size)
    ]
    own = float(statistic(columns[None])[0])
    values = np.concatenate(found)
    known = values[~np.isnan(values)]
    if not len(known):
        return Rounding(own, nan, nan, nan, nan, draws, draws)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    ends = float(low), float(high), float(known.min()), float(known.max())
    return Rounding(own, *ends, draws, draws - len(known))


def group_means(values: Floats, member: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.intp]]:
    """Mean of the known values in each group, and how many there are.

    values  (units,) or (units, columns); member (groups, units); NaN for a group without any
    """
    values = np.asarray(values, dtype=float)
    known = ~np.isnan(values)
    counts = member.astype(np.intp) @ known.astype(np.intp)
    sums = member.astype(float) @ np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = sums / counts
    return means, counts


def gap_to_best(performance: Floats, values: Floats, best: int = 3) -> Gaps:
    """G_k = mean of values over the best units by performance, without k, minus values_k.

    Only units with both numbers can be among the best; NaN where fewer than `best` others are.
    Source: Hansa index specification, section 3 (FORA/OECD benchmarking practice).
    """
    if best < 1:
        raise UsageError(
            "a gap needs somebody to be measured against",
            printed=f"best = {best}",
            admissible="1 or more",
            fix="leave it at 3",
        )
    performance, values = np.asarray(performance, float), np.asarray(values, float)
    n = len(values)
    able = ~np.isnan(performance) & ~np.isnan(values)
    if n < best or not able.any():
        return Gaps(np.full(n, nan), np.full(n, nan), np.zeros(n, dtype=np.intp))
    level = np.where(able, performance, -np.inf)
    others = np.where(np.eye(n, dtype=bool), -np.inf, np.broadcast_to(level, (n, n)))
    edge = -np.sort(-others, axis=1)[:, best - 1]
    slack = SAME * np.ptp(performance[able])
    chosen = (others >= edge[:, None] - slack) & np.isfinite(others) & np.isfinite(edge)[:, None]
    used = chosen.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = chosen @ np.where(able, values, 0.0) / used
    return Gaps(mean - values, mean, used)


def moves(
    now: Floats, before: Floats, rank: Floats, rank_change: Floats, half: float = HALF
) -> Moves:
    """A printed index at two times beside the printed rank and its change."""
    now, before = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    rank, change = np.asarray(rank, dtype=float), np.asarray(rank_change, dtype=float)
    index = now - before
    with np.errstate(invalid="ignore"):
        sure = (abs(index) >= 2 * half) & (index != 0)
        against = np.flatnonzero(sure & (index * change < 0))
    return Moves(index, change, rank + change, tuple(int(i) for i in against))


def _quantile(counts: Floats, total: Floats, p: float) -> Floats:
    """Type 7 quantile of ranks from counts of each rank (units, ranks)."""
    upto = np.cumsum(counts, axis=1)
    place = (total - 1) * p
    below = np.floor(place + SAME)
    ends = [
        1.0 + (upto <= at[:, None] + 0.5).sum(1) for at in (below, np.minimum(below + 1, total - 1))
    ]
    # `upto` counts from one, places from zero: place k is the first rank with more than k.
    found: Floats = ends[0] + (place - below) * (ends[1] - ends[0])
    return found


def _admissible(half: float, draws: int, level: float) -> None:
    for name, value, good, needed in (
        ("half", half, half >= 0, "0 or more: half a unit of the last printed place"),
        ("draws", draws, draws >= 1, "1 or more"),
        ("level", level, 0 < level < 1, "more than 0 and less than 1, such as 0.9"),
    ):
        if not good:
            raise UsageError(
                "an option of rounding has no sense",
                printed=f"{name} = {value}",
                admissible=needed,
                fix=f"correct {name}",
            )
