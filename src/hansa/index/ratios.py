"""What an indicator moves, beside the weight it was meant to have.

Methods: index, section 3. Sources: Paruolo, Saisana and Saltelli 2013; Becker et al. 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, listed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KNOTS = 3
"""Inner knots of the spline, at the quartiles."""
LEAST = 3
"""Units from which on a ratio is given."""


@dataclass(frozen=True)
class CorrelationRatios:
    """One value a column: units used, inner knots asked for, S and the square of Pearson's r.

    `ratio` - `linear` is the share of the variance of y that only the curve explains.
    """

    names: tuple[str, ...]
    n: Ints
    knots: Ints
    ratio: Floats
    linear: Floats


@dataclass(frozen=True)
class Shares:
    """Share of each column in what moves y, beside its intended weight, within its family.

    Both sum to 1 over the columns of a family that have a ratio. `difference` = share - weight;
    `times` = share / weight, NaN for weight 0.
    """

    names: tuple[str, ...]
    share: Floats
    weight: Floats
    difference: Floats
    times: Floats


def inner_knots(n: npt.ArrayLike) -> Ints:
    """Inner knots for n units: 3 from 20 units on, 2 from 15, 1 from 10, else a straight line."""
    return np.clip(np.asarray(n, dtype=np.int64) // 5 - 1, 0, KNOTS)


def correlation_ratios(x: Floats, y: Floats, names: Sequence[str]) -> CorrelationRatios:
    """S_l = Var(E[y | x_l]) / Var(y) of each column l (units x columns), y a score (units).

    E[y | x_l] is the least-squares natural cubic spline with boundary knots at the extremes and
    inner knots at quantiles j/(m+1), m by `inner_knots`; knots that fall together count once. The
    linear term is in the basis, so S >= r^2. Only units with x and y are used. NaN for fewer than
    3 units, or where x or y does not vary. S rises with the number of knots by chance alone, by
    about (m+1)/(n-1) without any link: read it beside r^2 and n.
    Source: Paruolo, Saisana and Saltelli 2013, eq. 4; basis: Hastie, Tibshirani and Friedman 2009,
    eq. 5.4 and 5.5.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    seen = ~np.isnan(x) & ~np.isnan(y)[:, None]
    n = seen.sum(axis=0)
    unit, varies = _unit_interval(x, seen)
    knots = inner_knots(n)
    basis = _centred(_basis(unit, _places(unit, seen, knots)), seen.T[:, :, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        target = _centred(np.where(seen, y[:, None], 0.0).T[:, :, None], seen.T[:, :, None])[..., 0]
        total = (target * target).sum(axis=1)
        scale = np.square(np.where(seen, y[:, None], 0.0)).sum(axis=0)
        good = (n >= LEAST) & varies & (total > 1e-26 * scale)
        ratio = np.where(good, _explained(basis, target) / total, np.nan)
        linear = np.where(good, _explained(basis[:, :, :1], target) / total, np.nan)
    return CorrelationRatios(
        tuple(names), n.astype(np.int64), knots, np.minimum(ratio, 1.0), np.minimum(linear, 1.0)
    )


def importance_shares(
    ratios: CorrelationRatios, weights: Floats, family: Sequence[object] | None = None
) -> Shares:
    """S_l / sum S beside w_l / sum w, within families or over all columns.

    weights  (columns,) intended weights
    family   parent of each column, if y was the parent; None if it was the root

    Columns without S are left out of both sums and have NaN. Raises HansaError for weights that
    are missing or negative. Source: Becker et al. 2017, section 2.
    """
    weights = np.asarray(weights, dtype=np.float64)
    wrong = [n for n, w in zip(ratios.names, weights, strict=True) if not w >= 0]
    if wrong:
        raise HansaError(
            "a weight is missing or negative",
            place=listed(wrong),
            printed=listed(float(w) for w in weights if not w >= 0),
            admissible="a number of at least 0",
            fix="correct the weight of this element",
        )
    texts = [""] * len(weights) if family is None else [str(f) for f in family]
    _, code = np.unique(texts, return_inverse=True)
    has = ~np.isnan(ratios.ratio)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, weight = (
            np.where(has, part / np.bincount(code, np.where(has, part, 0.0))[code], np.nan)
            for part in (ratios.ratio, weights)
        )
        times = np.where(weight > 0, share / weight, np.nan)
    return Shares(ratios.names, share, weight, share - weight, times)


def _unit_interval(x: Floats, seen: npt.NDArray[np.bool_]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    low = np.where(seen, x, np.inf).min(axis=0, initial=np.inf)
    high = np.where(seen, x, -np.inf).max(axis=0, initial=-np.inf)
    size = np.maximum(np.abs(low), np.abs(high))
    varies = high - low > 4 * np.finfo(np.float64).eps * size
    with np.errstate(invalid="ignore"):
        unit = (x - np.where(varies, low, 0.0)) / np.where(varies, high - low, 1.0)
    return np.where(seen & varies, unit, 0.0), varies


def _places(unit: Floats, seen: npt.NDArray[np.bool_], knots: Ints) -> Floats:
    """Inner knots (columns x 3) at quantiles of type 7; spare ones repeat the last, or are 0."""
    ordered = np.sort(np.where(seen, unit, np.inf), axis=0)
    n = np.maximum(seen.sum(axis=0), 1)
    column = np.arange(unit.shape[1])
    found = np.zeros((unit.shape[1], KNOTS))
    last = np.zeros(unit.shape[1])
    for j in range(KNOTS if len(unit) else 0):
        at = (n - 1) * np.minimum((j + 1) / (knots + 1), 1.0)
        low, high = np.floor(at).astype(np.int64), np.ceil(at).astype(np.int64)
        below, above = ordered[low, column], ordered[high, column]
        with np.errstate(invalid="ignore"):
            knot = below + (above - below) * (at - low)
        # A knot on the upper boundary is no inner knot.
        last = np.where((j < knots) & (knot < 1 - 1e-12), knot, last)
        found[:, j] = last
    return found


def _basis(unit: Floats, places: Floats) -> Floats:
    """Natural cubic splines without the constant: columns x units x (2 + knots - 1).

    d_k(x) = (x - t_k)+^3 / (1 - t_k) for x <= 1; the basis is x and d_k - d_last. A knot that
    repeats another adds nothing to the span.
    """
    t = np.hstack([np.zeros((places.shape[0], 1)), places])
    d = np.maximum(unit.T[:, :, None] - t[:, None, :], 0.0) ** 3 / (1 - t[:, None, :])
    bent = d[:, :, :-1] - d[:, :, -1:]
    return np.concatenate([unit.T[:, :, None], bent], axis=2)


def _centred(values: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
    n = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    kept = np.where(seen, values, 0.0)
    return np.where(seen, kept - kept.sum(axis=1, keepdims=True) / n, 0.0)


def _explained(basis: Floats, target: Floats) -> Floats:
    """Sum of squares of the projection of each target on its basis, whatever its rank."""
    size = np.sqrt((basis * basis).sum(axis=1, keepdims=True))
    scaled = basis / np.where(size > 1e-12, size, np.inf)
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    along = np.einsum("lum,lu->lm", left, target)
    found: Floats = np.where(singular > 1e-9 * singular[:, :1], along * along, 0.0).sum(axis=1)
    return found
