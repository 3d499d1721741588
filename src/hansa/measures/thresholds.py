"""Thresholds that a population of intervals sets: quantiles and ranks at their least and most."""

from __future__ import annotations

import numpy as np

from hansa.law import Floats, Quantity
from hansa.measures.scene import Bools


def limits(q: Quantity, least: float = 0.0) -> tuple[Floats, Floats]:
    """Least and greatest value; what is not known at all may be anything from `least` on."""
    low, high = q.bounds()
    gone = np.isnan(low) | np.isnan(high)
    return np.where(gone, least, low), np.where(gone, np.inf, high)


def quantile_bounds(
    low: Floats, high: Floats, sure: Bools, may: Bools, share: float
) -> tuple[float, float]:
    """Least and greatest quantile (type 7) of one population whose values are intervals.

    A region that may or may not belong lowers the quantile most when it belongs with a small
    value, and raises it most with a great one; the extremes are found by adding such regions one
    after the other. Returns NaN for an empty population.
    """
    extra = may & ~sure
    below, above = np.sort(low[extra]), np.sort(high[extra])[::-1]
    lows = [_quantile(np.append(low[sure], below[:k]), share) for k in range(len(below) + 1)]
    highs = [_quantile(np.append(high[sure], above[:k]), share) for k in range(len(above) + 1)]
    known = [x for x in lows if not np.isnan(x)], [x for x in highs if not np.isnan(x)]
    return min(known[0], default=np.nan), max(known[1], default=np.nan)


def _quantile(values: Floats, share: float) -> float:
    """Type 7, with infinite values where the place falls on them."""
    if not values.size:
        return float("nan")
    values = np.sort(values)
    place = share * (len(values) - 1)
    under = int(np.floor(place + 1e-12))
    part = max(place - under, 0.0)
    if part < 1e-12 or under + 1 == len(values):
        return float(values[under])
    if np.isinf(values[under]) or np.isinf(values[under + 1]):
        return float(values[under] if np.isinf(values[under]) else values[under + 1])
    return float(values[under] + part * (values[under + 1] - values[under]))


def rank_bounds(
    low: Floats, high: Floats, sure: Bools, may: Bools, rank: float
) -> tuple[float, float]:
    """Least and greatest value of the given rank (1 is the largest); minus infinity beyond it."""
    k = int(rank)
    least, most = np.sort(low[sure])[::-1], np.sort(high[may])[::-1]
    return (
        float(least[k - 1]) if len(least) >= k else -np.inf,
        float(most[k - 1]) if len(most) >= k else -np.inf,
    )
