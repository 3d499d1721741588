"""Ridge regression for many sets of weights at once, its penalty by leaving units out.

Methods: index, section 3 (critical framework conditions). Sources: Hoerl and Kennard 1970 (ridge);
Allen 1974 (PRESS).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TIE = 1e-12
PENALTIES = np.append(np.logspace(-3, 3, 25), np.inf)
"""Penalties tried, beside a correlation matrix; infinite is no association at all."""
DISTINCT = 4
"""A draw with fewer different units says nothing and is counted as undefined."""
CELLS = 1_000_000
"""Numbers held at a time."""


@dataclass(frozen=True)
class Association:
    """Ridge coefficients, one row a set of weights; NaN where nothing can be estimated.

    `beta` in points of performance per point of the area, `standardised` in standard deviations,
    `correlation` of each area alone with performance, `penalty` as chosen, beside a correlation
    matrix.
    """

    beta: Floats
    standardised: Floats
    correlation: Floats
    penalty: Floats


def association(x: Floats, y: Floats, weights: Floats) -> Association:
    """Ridge of y (units) on all columns of x (units x areas), for each row of weights.

    weights  (sets x units), how often a unit counts; 0 leaves it out. No missing values.

    Columns are standardised within each set, the intercept is free, and the penalty minimises
    PRESS = sum w_i (e_i / (1 - w_i h_i))^2, which leaves out all copies of a unit together: a twin
    in the fit would hide the error. The scale is not fixed anew for each unit left out. Of equal
    penalties the largest. NaN with fewer than 4 different units or a y that does not vary; a column
    that does not vary has NaN. Sources: Allen 1974; Golub, Heath and Wahba 1979.
    """
    units, areas = x.shape
    shape = (weights.shape[0], areas)
    beta, standardised, alone = np.full((3, *shape), np.nan)
    penalty = np.full(shape[0], np.nan)
    usable = np.flatnonzero((weights > 0).sum(axis=1) >= DISTINCT)
    for at in _chunks(usable, units * (len(PENALTIES) + 3 * areas)):
        beta[at], standardised[at], alone[at], penalty[at] = _ridge(x, y, weights[at])
    return Association(beta, standardised, alone, penalty)


def _ridge(x: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    total = w.sum(axis=1)
    share = w / total[:, None]
    xs, sd = _standardised(np.broadcast_to(x, (len(w), *x.shape)), share)
    ys, sd_y = _standardised(np.broadcast_to(y[:, None], (len(w), len(y), 1)), share)
    ys, sd_y = ys[:, :, 0], sd_y[:, 0]
    heavy = xs * share[:, :, None]
    values, vectors = np.linalg.eigh(np.swapaxes(heavy, 1, 2) @ xs)
    # Coordinates along the axes of the correlation matrix: every penalty only rescales them.
    along = xs @ vectors
    pull = np.einsum("bua,bu->ba", along, share * ys)
    shrink = 1 / (np.maximum(values, 0.0)[:, :, None] + PENALTIES)
    error = ys[:, :, None] - along @ (pull[:, :, None] * shrink)
    leverage = share[:, :, None] * (1 + (along * along) @ shrink)
    press = np.einsum("bu,bug->bg", share, (error / (1 - leverage)) ** 2)
    best = len(PENALTIES) - 1 - press[:, ::-1].argmin(axis=1)
    chosen = np.take_along_axis(shrink, best[:, None, None], axis=2)[:, :, 0]
    standardised = np.einsum("bac,bc->ba", vectors, pull * chosen)
    # A rounding error has no sign worth counting.
    standardised[np.abs(standardised) <= TIE] = 0.0
    varies = (sd > 0) & (sd_y > 0)[:, None]
    standardised = np.where(varies, standardised, np.nan)
    alone = np.where(varies, np.einsum("bua,bu->ba", heavy, ys), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        beta = standardised * sd_y[:, None] / sd
    return beta, standardised, alone, np.where(sd_y > 0, PENALTIES[best], np.nan)


def _standardised(x: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Columns with weighted mean 0 and variance 1 (sets x units x columns), and their deviation."""
    centred = x - np.einsum("bu,bua->ba", share, x)[:, None, :]
    sd = np.sqrt(np.einsum("bu,bua->ba", share, centred * centred))
    flat = sd <= TIE * np.abs(x).max(axis=1)
    scaled = centred / np.where(flat, np.inf, sd)[:, None, :]
    return scaled, np.where(flat, 0.0, sd)


def _chunks(sets: Ints, size: int) -> Iterator[Ints]:
    step = max(1, CELLS // max(1, size))
    for start in range(0, sets.size, step):
        yield sets[start : start + step]
