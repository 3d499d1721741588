"""The gate for one flat table: what its totals give away, and which further cells to hide.

A table is regions x activities with totals on both sides. A confidential cell is safe where an
attacker who knows every other table finds an interval of the needed width for it (feasibility
intervals: Hundepool et al., 2012). `variants` are ways in which the tables beside it
can move along with it without any published number changing; each gives the cells their own
room, and each proves what it proves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hansa.facts.hidden.intervals import intervals_of
from hansa.facts.hidden.system import Ints, Mask, System
from hansa.law import Floats
from hansa.solve import Polytope, least_cost

Room = tuple[Floats, Floats]
"""Lower and upper end of every cell, were its own sums not known."""

DIFFERS = 1e-6
TOTALS_COST = 50.0
"""A total is hidden only where that saves many times its worth in cells."""

BLOCK = 1000
"""Cells of a table above which a programme is tried on a block of it first."""

NEAR = 10
"""Regions, and activities, of such a block."""


@dataclass(frozen=True)
class Flat:
    """One measure of one year.

    value    the true numbers; `missing` cells have none and are not published
    rooms    the variants
    secret   confidential cells
    needed   least width of the interval of each of them
    """

    name: str
    value: Floats
    missing: Mask
    rooms: tuple[Room, ...]
    secret: Mask
    needed: Floats


@dataclass(frozen=True)
class Sums:
    """The sums of a grid: a row for each line of cells whose total is listed."""

    matrix: sparse.csr_matrix
    shape: tuple[int, int]
    totals: Mask


def sums_of(shape: tuple[int, int], totals: tuple[bool, bool]) -> Sums:
    """Sums along both axes; `totals` says which axis ends with one."""
    flat = np.arange(shape[0] * shape[1]).reshape(shape)
    lines = [*flat.T] if totals[0] else []
    lines += [*flat] if totals[1] else []
    rows = np.repeat(np.arange(len(lines)), [line.size for line in lines])
    cells = np.concatenate(lines) if lines else np.zeros(0, int)
    sign = np.concatenate([np.r_[np.ones(n.size - 1), -1.0] for n in lines]) if lines else cells
    matrix = sparse.csr_matrix((sign, (rows, cells)), shape=(len(lines), flat.size))
    total = np.zeros(shape, bool)
    if totals[0]:
        total[-1] = True
    if totals[1]:
        total[:, -1] = True
    return Sums(matrix, shape, total)


def intervals(table: Flat, sums: Sums, hidden: Mask, room: Room) -> Room:
    """The exact interval of every hidden cell, NaN elsewhere."""
    known = ~(hidden | table.missing).ravel()
    at = np.flatnonzero(hidden.ravel() & ~table.missing.ravel())
    low, high = (np.full(table.value.size, np.nan) for _ in range(2))
    if at.size:
        use = _usable(table, sums)
        told = sums.matrix[use][:, np.flatnonzero(known)] @ table.value.ravel()[known]
        matrix = sums.matrix[use][:, at]
        rows = np.diff(matrix.indptr) > 0
        count = int(rows.sum())
        found = intervals_of(
            System(
                sparse.csr_matrix(matrix[rows]),
                -told[rows],
                -told[rows],
                room[0].ravel()[at],
                room[1].ravel()[at],
                at,
                np.full(count, -1),
                np.zeros(count, np.int64),
                sums.shape,
            )
        ).system
        low[at], high[at] = np.ceil(found.lower - 1e-6), np.floor(found.upper + 1e-6)
    return low.reshape(sums.shape), high.reshape(sums.shape)


def _usable(table: Flat, sums: Sums) -> Mask:
    """Sums whose total has a number: with something unknown in it, it says nothing."""
    missing = table.missing.ravel().astype(float)
    return np.asarray((abs(sums.matrix) @ missing) == 0)


def revealed(table: Flat, sums: Sums, hidden: Mask) -> Mask:
    """Confidential cells that no variant proves to be safe."""
    bad = table.secret & ~table.missing
    for room in table.rooms:
        if not bad.any():
            break
        low, high = intervals(table, sums, hidden, room)
        with np.errstate(invalid="ignore"):
            bad = bad & ~(high - low >= table.needed * (1 - 1e-9))
    return bad


@dataclass(frozen=True)
class Gated:
    """Cells to hide in all tables of a group, and those that hiding in it cannot make safe."""

    hidden: Mask
    unsafe: Mask


@dataclass(frozen=True)
class _Frame:
    """What every programme of a table shares.

    free    cells with a number
    matrix  usable sums over them; `both`, beside their negative: up and down of each cell
    price   of hiding each
    empty   cells of no firms: known to be empty, so that hiding them hides nothing
    """

    table: Flat
    free: Ints
    matrix: sparse.csr_matrix
    both: sparse.csc_matrix
    price: Floats
    empty: Mask


def _framed(table: Flat, sums: Sums, size: Floats) -> _Frame:
    free = np.flatnonzero(~table.missing.ravel())
    matrix = sparse.csr_matrix(sums.matrix[_usable(table, sums)][:, free])
    own = size.ravel()[free]
    price = np.sqrt(np.maximum(own, 1.0)) * (1 + 1e-7 * np.arange(free.size))
    price = np.where(sums.totals.ravel()[free], price * TOTALS_COST, price)
    both = sparse.csc_matrix(sparse.hstack([matrix, -matrix]))
    return _Frame(table, free, matrix, both, price, own == 0)


def _block(frame: _Frame, hidden: Mask, cell: int, size: Floats) -> _Frame:
    """The part of a table near a cell: what lies outside stays as it is, and so do all sums.

    Lines in which a cell beside it is hidden already come first, then those of its smallest cells.
    """
    at = np.unravel_index(cell, hidden.shape)
    chosen = []
    for axis, own in enumerate(at):
        beside = (slice(None), at[1]) if axis == 0 else (at[0], slice(None))
        useless = ~hidden[beside] & (size[beside] == 0)
        order = np.lexsort((size[beside], ~hidden[beside], useless))
        lines = np.zeros(order.size, bool)
        lines[[own, -1, *order[:NEAR]]] = True
        chosen.append(lines)
    inside = np.outer(*chosen).ravel()[frame.free]
    matrix = frame.matrix[:, np.flatnonzero(inside)]
    matrix = matrix[np.diff(matrix.indptr) > 0]
    both = sparse.csc_matrix(sparse.hstack([matrix, -matrix]))
    return _Frame(
        frame.table, frame.free[inside], matrix, both, frame.price[inside], frame.empty[inside]
    )


def gated(tables: Sequence[Flat], sums: Sums, start: Mask, size: Floats) -> Gated:
    """Hide confidential cells and as many others as it takes; the same in all tables.

    start  cells hidden already
    size   what a cell is worth: small ones are hidden first
    """
    hidden = start.copy()
    for table in tables:
        hidden |= table.secret & ~table.missing
    unsafe = np.zeros(sums.shape, bool)
    for table in tables:
        bad = np.flatnonzero(revealed(table, sums, hidden))
        frame = _framed(table, sums, size) if bad.size else None
        for cell in bad:
            assert frame is not None
            # Another table that agrees with all that is published is the proof for the cell. Hiding
            # more can only leave more open, so that nothing has to be proven twice.
            more = None
            if hidden.size > BLOCK:
                more = _more(_block(frame, hidden, int(cell), size), hidden, int(cell))
            if more is None:
                more = _more(frame, hidden, int(cell))
            if more is None:
                unsafe.ravel()[cell] = True
            else:
                hidden |= more
    return Gated(hidden, unsafe)


def _more(frame: _Frame, hidden: Mask, cell: int) -> Mask | None:
    """Cells that change in the cheapest other table in which one cell differs enough.

    None where there is no such table (Kelly, Golden and Assad, 1992; Fischetti and Salazar, 2001).
    """
    table = frame.table
    value, need = float(table.value.ravel()[cell]), float(table.needed.ravel()[cell])
    for low, high in table.rooms:
        up, down = high.ravel()[cell] - value, value - low.ravel()[cell]
        found = [
            one
            for first in sorted({min(need, up), max(need - down, 0.0)}, reverse=True)
            if (one := _both(frame, hidden, (cell, first, need - first), (low, high)))
        ]
        if found:
            return min(found, key=lambda one: one[0])[1]
    return None


def _both(
    frame: _Frame, hidden: Mask, at: tuple[int, float, float], room: Room
) -> tuple[float, Mask] | None:
    """Cost and cells of a table in which a cell is larger, and of one in which it is smaller."""
    cell, up, down = at
    cost, cells = 0.0, np.zeros(hidden.shape, bool)
    for way, change in ((1.0, up), (-1.0, down)):
        if change > 0:
            found = _moved(frame, hidden, (cell, way * change), room)
            if found is None:
                return None
            cost, cells = cost + found[0], cells | found[1]
    return cost, cells


def _moved(
    frame: _Frame, hidden: Mask, at: tuple[int, float], room: Room
) -> tuple[float, Mask] | None:
    """Cost and cells of one programme: up and down of every cell that may change."""
    cell, change = at
    free, matrix = frame.free, frame.matrix
    value = frame.table.value.ravel()[free]
    up = np.maximum(room[1].ravel()[free] - value, 0.0)
    down = np.maximum(value - room[0].ravel()[free], 0.0)
    own = int(np.flatnonzero(free == cell)[0])
    need = abs(change)
    if (up if change > 0 else down)[own] < need:
        return None
    least = np.zeros(2 * free.size)
    least[own + (0 if change > 0 else free.size)] = need
    (down if change > 0 else up)[own] = 0.0
    told = ~hidden.ravel()[free]
    up[told & frame.empty] = down[told & frame.empty] = 0.0
    cost = np.where(told, frame.price / need, 1e-6)
    zero = np.zeros(matrix.shape[0])
    polytope = Polytope(frame.both, zero, zero, least, np.concatenate([up, down]))
    x = least_cost(polytope, np.concatenate([cost, cost]), dual=True)
    if x is None:
        return None
    moved = np.zeros(hidden.size, bool)
    shift = x[: free.size] - x[free.size :]
    differs = np.abs(shift) > DIFFERS * max(1.0, need)
    slack = DIFFERS * max(1.0, float(np.abs(shift).max()))
    # The solver is not taken at its word: the other table has to add up, and to differ enough.
    if np.abs(matrix @ shift).max(initial=0.0) > slack or abs(shift[own]) < need - slack:
        return None
    moved[free[differs]] = True
    return float(cost[differs].sum()), moved.reshape(hidden.shape)
