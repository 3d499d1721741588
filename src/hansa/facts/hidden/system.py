"""A year of a table as a system of sums over its unknown cells.

Every cell of the matrix (activities x regions) is a number, an interval or unknown; parents and
published totals are cells too. A family is a whole with its parts, along either axis. Where the
parts do not make up the whole by the code list, a cell `rest` stands for what is missing: it is
unknown and not negative, so that a table in which the rest is nothing at the top learns that it
is nothing everywhere, and a table with holes in its codes is never forced to add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from hansa.cube import Axis
from hansa.law import Floats, Quantity

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ENOUGH = 20
"""Complete families that must add up exactly before sums are taken as exact."""

GROSS = 10.0
"""A family that misses its sum by this many times its rounding is a contradiction, not noise."""


@dataclass(frozen=True)
class Families:
    """Wholes and parts along one axis, extended by a rest for each incomplete family.

    wholes  position of each whole; parts, positions of its parts, the rest among them
    size    length of the extended axis; positions from `len(axis)` on are rests
    """

    wholes: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    size: int

    def __iter__(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        return iter(zip(self.wholes, self.parts, strict=True))


def families_of(axis: Axis) -> Families:
    """The families of an axis, published totals first."""
    found = [(node, axis.children[node]) for node in reversed(axis.inner)]
    complete = {node for node, _ in found if axis.whole(node)}
    if axis.total >= 0 and axis.roots:
        found.insert(0, (axis.total, axis.roots))
    size, parts = len(axis), []
    for node, below in found:
        if node in complete:
            parts.append(tuple(below))
        else:
            parts.append((*below, size))
            size += 1
    return Families(tuple(node for node, _ in found), tuple(parts), size)


@dataclass(frozen=True)
class System:
    """row_lower <= matrix @ x <= row_upper and lower <= x <= upper, over the unknown cells x.

    matrix      CSR of shape (sums, unknown cells), entries +1 for a part and -1 for a whole
    place       flat position of each unknown cell in the extended matrix `shape`
    row_whole   flat position of the whole of each sum
    row_axis    0 for a sum over activities, 1 for one over regions
    """

    matrix: sparse.csr_matrix
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    place: Ints
    row_whole: Ints
    row_axis: Ints
    shape: tuple[int, int]


@dataclass(frozen=True)
class Tolerance:
    """How far a sum of printed numbers may be off: `half` a unit for each number that enters it,
    and at least `least`. `why` says how it was found."""

    half: float
    least: float
    why: str


EXACT = Tolerance(0.0, 0.0, "sums hold exactly")
ROUNDED = Tolerance(0.5, 0.0, "each number is rounded to a whole")


@dataclass(frozen=True)
class Extended:
    """Bounds of every cell of the extended matrix, and the sums over it.

    `unknown` are cells without a value; `row_parts` gives the parts of each sum, padded by -1.
    """

    low: Floats
    high: Floats
    unknown: Mask
    row_whole: Ints
    row_parts: tuple[Ints, ...]
    row_rest: Mask
    row_axis: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the extended matrix."""
        return self.low.shape[0], self.low.shape[1]


def extended(cells: Quantity, activity: Axis, geo: Axis) -> Extended:
    """The year laid out with its rests, and every sum over it."""
    rows, columns = families_of(activity), families_of(geo)
    low = np.full((rows.size, columns.size), 0.0)
    high = np.full((rows.size, columns.size), np.inf)
    unknown = np.ones(low.shape, bool)
    inside = (slice(0, len(activity)), slice(0, len(geo)))
    below, above = cells.bounds()
    unknown[inside] = np.isnan(cells.value)
    low[inside] = np.where(np.isnan(below), 0.0, below)
    high[inside] = np.where(np.isnan(above), np.inf, above)
    flat = np.arange(low.size).reshape(low.shape)
    wholes, parts, rest, axis = [], [], [], []
    for families, view, size in ((rows, flat, len(activity)), (columns, flat.T, len(geo))):
        along = int(view is not flat)
        for whole, below_it in families:
            wholes.append(view[whole])
            parts.append(view[list(below_it)].T)
            rest.append(np.full(view.shape[1], below_it[-1] >= size))
            axis.append(np.full(view.shape[1], along))
    return Extended(
        low,
        high,
        unknown,
        np.concatenate(wholes) if wholes else np.zeros(0, np.int64),
        tuple(row for block in parts for row in block),
        np.concatenate(rest) if rest else np.zeros(0, bool),
        np.concatenate(axis) if axis else np.zeros(0, np.int64),
    )


def tolerance_of(table: Extended, wanted: str | float = "auto") -> Tolerance:
    """How exactly the sums of a table hold: as told, or as its complete families show.

    wanted  `auto`, `exact`, `rounded`, or a number: the most that a sum may be off
    """
    if wanted == "exact":
        return EXACT
    if wanted == "rounded":
        return ROUNDED
    if wanted != "auto":
        return Tolerance(0.0, float(wanted), f"sums may be off by {float(wanted):g}, as told")
    off, count = _misses(table)
    usual = off <= GROSS * (count + 1) / 2
    off, count = off[usual], count[usual]
    if off.size >= ENOUGH and not off.any():
        return Tolerance(0.0, 0.0, f"sums hold exactly in all {off.size} complete families")
    if (off <= (count + 1) / 2).all():
        return ROUNDED
    most = float(off.max())
    return Tolerance(0.5, most, f"complete families are off by up to {most:g}")


def _misses(table: Extended) -> tuple[Floats, Floats]:
    """By how much complete families of known cells miss their whole, and their numbers of parts."""
    off, count = [], []
    low, high, hidden = table.low.ravel(), table.high.ravel(), table.unknown.ravel()
    for whole, parts, rest in zip(table.row_whole, table.row_parts, table.row_rest, strict=True):
        if rest or hidden[whole] or hidden[parts].any():
            continue
        above = low[parts].sum() - high[whole]
        below = low[whole] - high[parts].sum()
        off.append(max(above, below, 0.0))
        count.append(len(parts))
    return np.array(off), np.array(count, float)


def system_of(table: Extended, tolerance: Tolerance) -> System:
    """The sums in which an unknown cell occurs, everything known moved to the right."""
    low, high, hidden = table.low.ravel(), table.high.ravel(), table.unknown.ravel()
    place = np.flatnonzero(hidden)
    column = np.full(hidden.size, -1)
    column[place] = np.arange(place.size)
    lengths = np.array([len(p) for p in table.row_parts], np.int64)
    row = np.repeat(np.arange(lengths.size), lengths)
    cell = np.concatenate(table.row_parts) if len(lengths) else np.zeros(0, np.int64)
    row = np.concatenate([row, np.arange(lengths.size)])
    cell = np.concatenate([cell, table.row_whole])
    sign = np.concatenate([np.ones(lengths.sum()), -np.ones(lengths.size)])
    known = ~hidden[cell]
    size = lengths.size

    def summed(values: Floats) -> Floats:
        return np.bincount(row[known], values[known], minlength=size).astype(float)

    down = np.where(sign > 0, low[cell], -high[cell])
    up = np.where(sign > 0, high[cell], -low[cell])
    # A rest is never printed, so it adds no rounding.
    slack = np.maximum(tolerance.half * (lengths + 1 - table.row_rest), tolerance.least)
    # Decimal numbers do not add up to the last bit.
    slack += np.finfo(float).eps * (lengths + 2) * summed(np.maximum(np.abs(down), np.abs(up)))
    bottom, top = -summed(up) - slack, -summed(down) + slack
    open_row, open_cell, open_sign = row[~known], cell[~known], sign[~known]
    matrix = sparse.csr_matrix((open_sign, (open_row, column[open_cell])), shape=(size, place.size))
    used = np.diff(matrix.indptr) > 0
    return System(
        matrix[used],
        bottom[used],
        top[used],
        low[place],
        high[place],
        place,
        table.row_whole[used],
        table.row_axis[used],
        table.shape,
    )
