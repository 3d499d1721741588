"""Draws of hidden cells for multiple imputation: the prior is drawn anew, then put right.

Each draw multiplies the prior by log-normal errors as wide as the prior was wrong where it could be
tried, and takes the nearest point within the sums. Every draw satisfies all sums and bounds;
results are combined by Rubin's rules (1987, ch. 3): total variance = mean of the variances within
+ (1 + 1/m) x variance between draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hansa.facts.hidden.intervals import Component
from hansa.facts.hidden.point import Point, nearest
from hansa.law import Floats

FEWEST = 20
"""Fewest draws that carry an interval."""


def draws(
    parts: Sequence[tuple[Component, Point]],
    prior: Floats,
    spread: Floats,
    count: int,
    rng: np.random.Generator,
) -> Floats:
    """Draws of shape (count, cells); cells in no component stay NaN, for they are known.

    prior, spread  by cell of the system: prior, and standard deviation of its logarithm
    """
    found = np.full((count, prior.size), np.nan)
    for k in range(count):
        noise = np.exp(rng.standard_normal(prior.size) * spread)
        drawn = prior * noise
        for part, point in parts:
            own = nearest(part.polytope, drawn[part.cells], point.multipliers)
            found[k, part.cells] = own.x
    return found


def spread_of(value: Floats, guess: Floats, bins: int = 8) -> tuple[Floats, Floats]:
    """How wrong a prior is, by its size: edges and standard deviations of ln(value / prior).

    value, guess  known cells and what the prior would have said of them. Robust: 1.4826 times the
    median absolute deviation (Huber and Ronchetti, 2009, sec. 5.1), in bins of equal numbers.
    """
    usable = (value > 0) & (guess > 0)
    if usable.sum() < 10 * bins:
        return np.array([0.0]), np.array([1.0])
    size, error = guess[usable], np.log(value[usable] / guess[usable])
    edges = np.quantile(size, np.linspace(0, 1, bins + 1)[:-1])
    which = np.searchsorted(edges, size, side="right") - 1
    spread = np.empty(bins)
    for b in range(bins):
        own = error[which == b]
        middle = np.median(own) if own.size else 0.0
        spread[b] = 1.4826 * np.median(np.abs(own - middle)) if own.size else 1.0
    return edges, np.clip(spread, 0.05, 2.0)
