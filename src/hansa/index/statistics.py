"""Statistics of the columns of an indicator table, with flags.

Methods: index, sections 2.4 (skewness, kurtosis) and 3. Missing cells are left out, never filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

RELATIVE = 4 * np.finfo(np.float64).eps
"""A column whose range is below this share of its largest size is constant up to rounding."""


def skewness(x: npt.ArrayLike) -> Floats:
    """Bias-corrected skewness G1 of each column (units first -> one value a column).

    G1 = g1 sqrt(n(n-1)) / (n-2), g1 = sqrt(n) S3 / S2^1.5, S_p = sum (x - mean)^p over the n values
    that are there. NaN where n < 3 or all values are equal. Source: Joanes and Gill 1998, G1.
    """
    return moments(x)[0]


def kurtosis(x: npt.ArrayLike) -> Floats:
    """Bias-corrected excess kurtosis G2 of each column (units first -> one value a column).

    G2 = ((n+1)(r-3) + 6)(n-1) / ((n-2)(n-3)), r = n S4 / S2^2, S_p = sum (x - mean)^p over the n
    values that are there. NaN where n < 4 or all values are equal. Source: Joanes and Gill 1998,
    G2.
    """
    return moments(x)[1]


def moments(x: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Skewness and kurtosis of each column, in one pass over the data."""
    n, s2, s3, s4 = _power_sums(np.asarray(x, dtype=np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        g1 = np.sqrt(n) * s3 / s2**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
        g2 = ((n + 1) * (n * s4 / s2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return _where(n >= 3, g1), _where(n >= 4, g2)


def _power_sums(x: Floats) -> tuple[Any, Any, Any, Any]:
    """n and S2, S3, S4 of each column in units of its largest deviation; NaN where constant."""
    seen = ~np.isnan(x)
    n = seen.sum(axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.where(seen, x, 0.0)
        deviation = np.where(seen, x - kept.sum(axis=0) / n, 0.0)
        size = np.abs(deviation).max(axis=0, initial=0.0)
        # Fourth powers of very large or very small numbers would overflow or vanish.
        deviation = deviation / size
        constant = size <= RELATIVE * np.abs(kept).max(axis=0, initial=0.0)
        square = deviation * deviation
        s2 = np.where(constant, np.nan, square.sum(axis=0))
        return n, s2, (square * deviation).sum(axis=0), (square * square).sum(axis=0)


def _where(defined: Any, values: Any) -> Floats:
    found: Floats = np.where(defined, values, np.nan)
    return found


@dataclass(frozen=True)
class ColumnStatistics:
    """One value a column, full precision; NaN where it cannot be computed.

    `n` values available of `units`; `share_available` = n / units; `share_nonzero`,
    `share_unique` (distinct values) and `share_same` (largest group of equal values, `same` as a
    count) have the denominator n. `sd` has the divisor n - 1.
    """

    names: tuple[str, ...]
    units: int
    n: Ints
    minimum: Floats
    maximum: Floats
    mean: Floats
    median: Floats
    sd: Floats
    skewness: Floats
    kurtosis: Floats
    share_available: Floats
    share_nonzero: Floats
    share_unique: Floats
    same: Ints
    share_same: Floats


@dataclass(frozen=True)
class Thresholds:
    """Where a column gets a flag; comparisons are strict except for the outlier rule.

    The outlier rule is that of section 2.4: a column passes if |G1| < `skewness` or
    G2 < `kurtosis`.
    """

    available: float = 0.65
    nonzero: float = 0.5
    unique: float = 0.5
    same: float = 0.5
    skewness: float = 2.0
    kurtosis: float = 3.5


@dataclass(frozen=True)
class StatisticsFlags:
    """One truth value a column. A statistic that is undefined raises no flag of its own.

    `empty`: no value; `constant`: values, but no range; `few`: share available below the
    threshold; `zeros`: share non-zero below; `repeated`: share unique below; `same`: share of the
    largest group of equal values above; `outliers`: fails the rule of section 2.4.
    """

    names: tuple[str, ...]
    empty: Bools
    constant: Bools
    few: Bools
    zeros: Bools
    repeated: Bools
    same: Bools
    outliers: Bools


def column_statistics(x: Floats, names: tuple[str, ...]) -> ColumnStatistics:
    """Statistics of each column (units x columns), missing cells left out.

    An all-missing column has n = 0 and NaN elsewhere. Source: OECD/JRC Handbook 2008, step 4.
    """
    x = np.asarray(x, dtype=np.float64)
    units = x.shape[0]
    n = (~np.isnan(x)).sum(axis=0)
    ordered = np.sort(x, axis=0)
    distinct, same = _equal_values(ordered)
    lowest, highest, median = (_ordinal(ordered, n, at) for at in (0.0, 1.0, 0.5))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(x, axis=0) / n
        size = highest - lowest
        sd = size * np.sqrt(np.nansum(((x - mean) / size) ** 2, axis=0) / _where(n > 1, n - 1))
        shares = [np.where(n > 0, part / n, np.nan) for part in (_nonzero(x), distinct, same)]
        available = n / units if units else np.full(n.shape, np.nan)
    return ColumnStatistics(
        tuple(names),
        units,
        n.astype(np.int64),
        lowest,
        highest,
        mean,
        median,
        np.where(lowest == highest, np.where(n > 1, 0.0, np.nan), sd),
        skewness(x),
        kurtosis(x),
        available,
        shares[0],
        shares[1],
        same,
        shares[2],
    )


def statistics_flags(
    stats: ColumnStatistics, thresholds: Thresholds = Thresholds()
) -> StatisticsFlags:
    """Which columns deserve a look, by thresholds; a flag is a question, not a verdict."""
    t = thresholds
    with np.errstate(invalid="ignore"):
        skew, kurt = np.abs(stats.skewness), stats.kurtosis
        return StatisticsFlags(
            stats.names,
            empty=stats.n == 0,
            constant=(stats.n > 1) & (stats.minimum == stats.maximum),
            few=stats.share_available < t.available,
            zeros=stats.share_nonzero < t.nonzero,
            repeated=stats.share_unique < t.unique,
            same=stats.share_same > t.same,
            outliers=(skew >= t.skewness) & (kurt >= t.kurtosis),
        )


def _nonzero(x: Floats) -> Ints:
    return np.asarray(((x != 0) & ~np.isnan(x)).sum(axis=0))


def _equal_values(ordered: Floats) -> tuple[Ints, Ints]:
    """Number of distinct values and size of the largest group of equal ones, a column."""
    if not ordered.shape[0]:
        none = np.zeros(ordered.shape[1], dtype=np.int64)
        return none, none
    seen = ~np.isnan(ordered)
    starts = np.ones(ordered.shape, dtype=bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    place = np.arange(ordered.shape[0])[:, None]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=0)
    run = np.where(seen, place - first + 1, 0)
    return (starts & seen).sum(axis=0), run.max(axis=0).astype(np.int64)


def _ordinal(ordered: Floats, n: Ints, share: float) -> Floats:
    """Quantile of type 7 of sorted columns whose first n values are there."""
    if not ordered.shape[0]:
        return np.full(ordered.shape[1], np.nan)
    at = np.maximum(n - 1, 0) * share
    low, high = np.floor(at).astype(np.int64), np.ceil(at).astype(np.int64)
    column = np.arange(ordered.shape[1])
    below, above = ordered[low, column], ordered[high, column]
    return np.where(n > 0, below + (above - below) * (at - low), np.nan)
