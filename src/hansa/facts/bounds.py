"""Bounds of hidden cells from published totals: a first, simple presolve.

A hidden cell holds at least nothing, and at most what a published total leaves over after the
known cells beside it. The bounds hold whatever the truth; they are not the tightest ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hansa.cube import Axis
from hansa.law import Floats, Quantity, bit

SWEEPS = 3


def bounded(cells: Quantity, activity: Axis, geo: Axis) -> Quantity:
    """The cells (activities x regions) with bounds for those that are hidden.

    A published number may be rounded to a whole, so n parts may exceed their total by (n + 1) / 2.
    Values stay absent: a cell that would follow by subtraction is not filled (law, clause 5).
    Cells without any published total above them keep unknown bounds.
    """
    hidden = np.isnan(cells.value)
    if cells.flags is not None:
        hidden &= (cells.flags & bit("z")) == 0
    if not hidden.any():
        return cells
    low, high = (part.copy() for part in cells.bounds())
    low[hidden & np.isnan(low)] = 0.0
    high[hidden & np.isnan(high)] = np.inf
    for _ in range(SWEEPS):
        for axis, below, above in ((activity, low, high), (geo, low.T, high.T)):
            for node, parts in _families(axis):
                _tighten(below, above, node, parts)
    open_ended = np.isinf(high)
    low[open_ended & hidden], high[open_ended & hidden] = np.nan, np.nan
    return replace(cells, lower=low, upper=high)


def _families(axis: Axis) -> list[tuple[int, list[int]]]:
    """Totals and parents with their parts, from the top down."""
    found = [(node, list(axis.children[node])) for node in reversed(axis.inner)]
    if axis.total >= 0:
        found.insert(0, (axis.total, list(axis.roots)))
    return [(node, parts) for node, parts in found if parts]


def _tighten(low: Floats, high: Floats, node: int, parts: list[int]) -> None:
    """Move the upper bounds of the parts, and both bounds of the whole, in place."""
    slack = (len(parts) + 1) / 2
    least, most = low[parts], high[parts]
    held = np.nansum(least, axis=0)
    room = np.maximum(high[node] + slack - (held - least), least)
    loose = most > least
    high[parts] = np.where(loose & (room < most), room, most)
    if np.isnan(low[node]).all():
        return
    open_whole = high[node] > low[node]
    low[node] = np.where(open_whole, np.maximum(low[node], held - slack), low[node])
