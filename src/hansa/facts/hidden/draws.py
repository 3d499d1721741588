"""Draws of hidden cells for multiple imputation: the prior is drawn anew, then put right.

Each draw takes a prior drawn anew, as wrong as the prior was where it could be tried, and goes to
the nearest point within the sums (randomise, then optimise: Bardsley and others, 2014). Every draw
satisfies all sums and bounds; results are combined by Rubin's rules (1987, ch. 3): total variance =
mean of the variances within + (1 + 1/m) x variance between draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hansa.facts.hidden.intervals import Component
from hansa.facts.hidden.point import Point, nearest
from hansa.law import Floats


def draws(
    parts: Sequence[tuple[Component, Point]],
    drawn: Iterable[Floats],
    weight: Floats,
) -> Floats:
    """Draws of shape (draws, cells); NaN where the sums were missed, and for cells in no component.

    drawn   priors drawn anew, each by cell of the system
    weight  what a departure of each cell costs (`hansa.facts.hidden.point`)
    """

    def one(prior: Floats) -> Floats:
        x = np.full(weight.size, np.nan)
        for part, point in parts:
            ask, cost = prior[part.cells], weight[part.cells]
            own = nearest(part.polytope, ask, point, cost)
            if not own.holds:
                own = nearest(part.polytope, ask)
            x[part.cells] = own.x if own.holds else np.nan
        return x

    # Factoring leaves other threads in, and no draw needs another: same numbers on any machine.
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, drawn))
    return np.array(found).reshape(len(found), weight.size)
