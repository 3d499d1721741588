"""Correlations along the last axis, for thousands of drawn rows at once.

Two numbers are equal within 1e-12 of the range of their row. Missing cells are left out before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hansa.errors import HansaError, UsageError, listed

Floats = NDArray[np.float64]
Statistic = Literal["pearson", "spearman"]
SAME = 1e-12
_BLOCK = 2_000_000


def paired(
    x: Floats, y: Floats, names: Sequence[str] = ()
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Both vectors without the units that lack a number, sorted by value, and their rows.

    Errors: lengths differ; a number is infinite; names are there for some units only.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise HansaError(
            "the two sides of a link have not the same units",
            printed=f"shapes {x.shape} and {y.shape}",
            admissible="one number a unit on both sides, NaN where it is missing",
            fix="lay both sides out over one list of units",
        )
    if len(names) not in (0, len(x)):
        raise HansaError(
            "the names of a link do not fit its units",
            printed=f"{len(names)} names for {len(x)} units",
            admissible="one name a unit, or none",
            fix="name every unit in the order of the rows",
        )
    if (bad := np.flatnonzero(np.isinf(x) | np.isinf(y))).size:
        raise HansaError(
            "a side of a link holds an infinite number",
            place=f"units {listed(label(i, names) for i in bad)}",
            printed="inf",
            admissible="a number, or NaN where it is missing",
            fix="leave the unit out, or correct the step that divided by zero",
        )
    rows = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    rows = rows[np.lexsort((y[rows], x[rows]))]
    return x[rows], y[rows], rows


def label(i: int | np.integer[Any], names: Sequence[str]) -> str:
    """The name of a unit, or its place in the rows."""
    return names[int(i)] if len(names) else f"row {int(i) + 1}"


def row_pearson(x: Floats, y: Floats) -> Floats:
    """Pearson's r along the last axis; NaN where a side is constant or below two units."""
    if x.shape[-1] < 2:
        return np.full(np.broadcast_shapes(x.shape, y.shape)[:-1], nan)
    a = x - x.mean(-1, keepdims=True)
    b = y - y.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    fixed = (np.ptp(x, axis=-1) <= 0) | (np.ptp(y, axis=-1) <= 0)
    clipped: Floats = np.where(fixed, nan, np.clip(r, -1.0, 1.0))
    return clipped


def row_spearman(x: Floats, y: Floats) -> Floats:
    """Spearman's rho along the last axis: Pearson of mid-ranks."""
    return row_pearson(mid_ranks(x), mid_ranks(y))


def row_kendall(x: Floats, y: Floats) -> Floats:
    """Kendall's tau-b along the last axis; NaN where a side is constant."""
    if x.shape[-1] < 2:
        return np.full(np.broadcast_shapes(x.shape, y.shape)[:-1], nan)
    shape = np.broadcast_shapes(x.shape, y.shape)[:-1]
    # Units first: sums over pairs then run over long rows.
    a, b = (np.ascontiguousarray(_scaled(v).reshape(-1, v.shape[-1]).T) for v in (x, y))
    both = own = other = np.zeros(1)
    for shift in range(1, len(a)):
        s, t = (_sign(v[shift:] - v[:-shift]) for v in (a, b))
        both = both + (s * t).sum(0, dtype=np.int64)
        own, other = own + abs(s).sum(0, dtype=np.int64), other + abs(t).sum(0, dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        tau: Floats = both / np.sqrt(own * other)
    return tau.reshape(shape)


def mid_ranks(x: Floats) -> Floats:
    """Ranks from 1 (smallest) along the last axis; equal numbers share the mean of their ranks."""
    order = np.argsort(x, axis=-1, kind="stable")
    values = np.take_along_axis(x, order, -1)
    n = x.shape[-1]
    place = np.broadcast_to(np.arange(n), x.shape)
    if n == 0:
        return np.zeros(x.shape)
    start = np.ones(x.shape, dtype=bool)
    start[..., 1:] = np.diff(values, axis=-1) > SAME * (values[..., -1:] - values[..., :1])
    first = np.maximum.accumulate(np.where(start, place, 0), axis=-1)
    end = np.ones(x.shape, dtype=bool)
    end[..., :-1] = start[..., 1:]
    last = np.minimum.accumulate(np.where(end, place, n)[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(x.shape)
    np.put_along_axis(ranks, order, 1 + (first + last) / 2, -1)
    return ranks


def spread_out(values: Floats, rows: NDArray[np.intp], units: int) -> Floats:
    """Values at their rows, NaN at all others."""
    whole = np.full(units, nan)
    whole[rows] = values
    return whole


def rows_of(statistic: Statistic) -> Callable[[Floats, Floats], Floats]:
    """The function of a statistic by its name."""
    return row_spearman if statistic == "spearman" else row_pearson


def _scaled(x: Floats) -> Floats:
    """Rows on a range of one; a constant row as zeros."""
    size = np.ptp(x, axis=-1, keepdims=True)
    return np.asarray(np.where(size > 0, x, 0.0) / np.where(size > 0, size, 1.0))


def _sign(gap: Floats) -> NDArray[np.int8]:
    return (gap > SAME).astype(np.int8) - (gap < -SAME).astype(np.int8)


def enough(draws: int) -> int:
    """The number of draws, refused below one."""
    if draws < 1:
        raise UsageError(
            "a link needs draws for its chance",
            printed=f"draws = {draws}",
            admissible="1 or more; 10,000 by default",
            fix="leave draws at the default",
        )
    return draws


def blocks(rows: int, width: int) -> Iterator[int]:
    """Numbers of rows that keep a block of work small."""
    most = max(1, _BLOCK // max(width, 1))
    while rows > 0:
        yield min(most, rows)
        rows -= most
