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

from hansa.axes import Axis, extra_regio
from hansa.law import Floats, Quantity

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ENOUGH = 20
"""Families on each axis that must be seen to add up before sums are taken as exact."""

UNITS = (1e6, 1e5, 1e4, 1000.0, 500.0, 100.0, 50.0, 10.0, 5.0)
"""Units to which offices round; a table is taken as rounded to one where every number fits it."""

DIGITS = 6
"""Decimals up to which the last printed digit of a table is looked for."""

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


def shares_left(axis: Axis) -> dict[int, tuple[int, float]]:
    """Position of a part of an incomplete whole, or of its rest -> the whole, share of its codes.

    Of regions: a table with three of the 38 regions of a country leaves 35/38 of its codes to the
    rest, which is no place for next to nothing, and 1/38 to each of the three.
    """
    found, size = {}, len(axis)
    for node, below in families_of(axis):
        if below[-1] < size:
            continue
        own = axis.codelist.leaves(axis.codes[node])
        leaves = {code for code in own if not extra_regio(axis.codelist, code)}
        covered = {code for i in below[:-1] for code in axis.codelist.leaves(axis.codes[i])}
        if node != axis.total and leaves - covered:
            found[below[-1]] = (node, len(leaves - covered) / len(leaves))
            for i in below[:-1]:
                inside = axis.codelist.leaves(axis.codes[i]) & leaves
                found[i] = (node, len(inside) / len(leaves))
    return found


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


def tolerance_of(table: Extended, wanted: str | float = "auto", declared: float = 0.0) -> Tolerance:
    """How exactly the sums of a table hold: as told, or as its complete families show.

    wanted    `auto`, `exact`, `rounded`, or a number: the most that a sum may be off
    declared  what the table says its sums may miss by: `auto` never takes them for closer
    """
    if wanted == "auto" and declared:
        shown = tolerance_of(table)
        if shown.least >= declared:
            return shown
        why = f"{shown.why}; taken to hold within {declared:,g}, as the table tells"
        return Tolerance(shown.half, declared, why)
    if wanted == "exact":
        return EXACT
    if wanted == "rounded":
        return ROUNDED
    if wanted != "auto":
        return Tolerance(0.0, float(wanted), f"sums may be off by {float(wanted):g}, as told")
    seen = _families_seen(table)
    if all((seen.telling & (seen.axis == own)).sum() >= ENOUGH for own in _open_axes(table)) and (
        not seen.off.any()
    ):
        return Tolerance(0.0, 0.0, f"sums hold exactly in all {seen.off.size} complete families")
    unit = _unit(table)
    usual = seen.off <= GROSS * unit * (seen.count + 1) / 2
    off, count = seen.off[usual], seen.count[usual]
    if (off <= unit * (count + 1) / 2).all():
        return ROUNDED if unit == 1.0 else Tolerance(unit / 2, 0.0, f"rounded to {unit:g}")
    most = float(off.max())
    return Tolerance(unit / 2, most, f"complete families are off by up to {most:g}")


@dataclass(frozen=True)
class _Seen:
    """Families of known cells, by family: the miss, the number of parts, 0 or 1 for the axis.

    telling  several parts are more than nothing, so that rounding would show
    """

    off: Floats
    count: Floats
    axis: Ints
    telling: Mask


def _families_seen(table: Extended) -> _Seen:
    """What families of known cells say; where a rest is missing, only an excess is a miss."""
    off, count, axis, telling = [], [], [], []
    low, high = table.low.ravel(), table.high.ravel()
    hidden = table.unknown.ravel()
    for row, (whole, every) in enumerate(zip(table.row_whole, table.row_parts, strict=True)):
        rest = bool(table.row_rest[row])
        parts = every[:-1] if rest else every
        if hidden[whole] or hidden[parts].any():
            continue
        above = low[parts].sum() - high[whole]
        below = 0.0 if rest else low[whole] - high[parts].sum()
        # Decimal numbers do not add up to the last bit.
        noise = 4 * np.finfo(float).eps * (len(parts) + 2) * high[every[: len(parts)]].sum()
        miss = max(above, below, 0.0)
        off.append(miss if miss > noise else 0.0)
        count.append(len(parts))
        axis.append(int(table.row_axis[row]))
        telling.append(int((low[parts] > 0).sum()) > 1)
    return _Seen(
        np.array(off), np.array(count, float), np.array(axis, int), np.array(telling, bool)
    )


def _open_axes(table: Extended) -> set[int]:
    """Axes along which a sum has unknown cells beside parts that are listed."""
    hidden = table.unknown.ravel()
    return {
        int(axis)
        for whole, parts, rest, axis in zip(
            table.row_whole, table.row_parts, table.row_rest, table.row_axis, strict=True
        )
        if hidden[whole] or hidden[parts[:-1] if rest else parts].any()
    }


def _unit(table: Extended) -> float:
    """The largest usual unit that every number of the table is a multiple of.

    Of a table with decimals the last digit that is printed; 1 where no unit shows.
    """
    known = table.low[~table.unknown & (table.low == table.high) & (table.low > 0)]
    for digits in range(1, DIGITS + 1):
        if known.size and (known % 1).any() and _whole(known * 10.0**digits):
            return float(10.0**-digits)
    if known.size < ENOUGH:
        return 1.0
    return next((u for u in UNITS if not np.any(known % u)), 1.0)


def _whole(values: Floats) -> bool:
    """True for whole numbers up to rounding errors, few enough digits to tell."""
    return bool((np.abs(values - np.round(values)) <= 1e-12 * values).all() and values.max() < 1e12)


def slack_of(table: Extended, tolerance: Tolerance) -> Floats:
    """By how much each sum of a table may be off."""
    lengths = np.array([len(p) for p in table.row_parts], np.int64)
    # A rest is never printed, so it adds no rounding.
    return np.asarray(np.maximum(tolerance.half * (lengths + 1 - table.row_rest), tolerance.least))


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
    slack = slack_of(table, tolerance)
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
