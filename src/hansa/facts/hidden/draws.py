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
    """Draws of shape (count, cells); NaN where the sums were missed, and for cells in no component.

    prior, spread  by cell of the system: prior, and standard deviation of its logarithm
    """
    found = np.full((count, prior.size), np.nan)
    for k in range(count):
        noise = np.exp(rng.standard_normal(prior.size) * spread)
        drawn = prior * noise
        for part, point in parts:
            own = nearest(part.polytope, drawn[part.cells], point.multipliers)
            if not own.holds:
                own = nearest(part.polytope, drawn[part.cells])
            found[k, part.cells] = own.x if own.holds else np.nan
    return found
