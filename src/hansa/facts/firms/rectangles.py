"""How far the cells of a flat table are left open, by other tables that agree with its sums.

Two tables that agree with everything published and differ enough in a cell are the proof that it
is safe, whoever found them. Most are rectangles of four cells, two of which rise as much as two
fall; the others are flows on the network of the cells that may move, whose vertices are whole
numbers (Cox, 1995), found by programmes. Tables here end with totals on both axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hansa.facts.hidden.system import Ints, Mask
from hansa.law import Floats
from hansa.solve import Polytope, cheapest, primal_model

DRAWS = 48
"""Rectangles drawn for a cell."""

CROWD = 12
"""Cells left up to which a programme that pulls at many of them is not worth it."""

PAYS = 0.8
"""Such programmes go on while they leave at most this share of the cells."""


@dataclass(frozen=True)
class Leeway:
    """How far each cell may rise and fall, zero or more, were its sums not known."""

    up: Floats
    down: Floats


@dataclass
class Seen:
    """The most that each cell rises and falls in the tables found so far."""

    rise: Floats
    fall: Floats

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Seen:
        """Only the true table."""
        return cls(np.zeros(shape), np.zeros(shape))

    def add(self, at: Ints, shift: Floats) -> None:
        """A table that differs in these cells (positions) by that much."""
        rise, fall = self.rise.ravel(), self.fall.ravel()
        rise[at] = np.maximum(rise[at], shift)
        fall[at] = np.maximum(fall[at], -shift)

    def left(self, cells: Ints, need: Floats) -> Ints:
        """Those of some cells that are not left open enough."""
        width = (self.rise + self.fall).ravel()[cells]
        return cells[width < need.ravel()[cells]]


def rectangles(room: Leeway, cells: Ints, need: Floats, seen: Seen) -> None:
    """Look for tables that differ from the true one in four cells."""
    sign = _signs(need.shape)
    up, down = np.where(sign > 0, room.up, room.down), np.where(sign > 0, room.down, room.up)
    work = _Rectangles((up > 0) | (down > 0), up, down, need)
    work.draw(cells)
    for own, plus, minus in ((seen.rise, work.rise, work.fall), (seen.fall, work.fall, work.rise)):
        np.maximum(own, np.where(sign > 0, plus, minus), out=own)


def _signs(shape: tuple[int, ...]) -> Floats:
    """-1 for the totals of one axis: where a part rises, they rise too."""
    sign = np.ones(shape)
    sign[-1] *= -1
    sign[:, -1] *= -1
    return sign


@dataclass(frozen=True)
class Rectangle:
    """Four cells, or many times four, and which way each moves when the first rises."""

    cells: Ints
    ways: Floats

    @classmethod
    def of(cls, shape: tuple[int, ...], cell: int, along: Ints, across: Ints) -> Rectangle:
        """With some other rows and columns."""
        columns = shape[1]
        i, j = divmod(cell, columns)
        others = (i * columns + across, along * columns + j, along * columns + across)
        cells = np.stack([np.full(along.shape, cell), *others], axis=-1)
        turn = np.array([1.0, -1.0, -1.0, 1.0])
        sign = _signs(shape).ravel()
        return cls(cells, turn * sign[cell] * sign[cells])


def cheapest_rectangle(
    shape: tuple[int, ...], cell: int, times: float, free: Leeway, price: Floats
) -> tuple[float, Rectangle] | None:
    """The cheapest rectangle in which a cell rises so much; None where there is none.

    price  of each cell that takes part
    """
    if free.up[cell] < times:
        return None
    sign = _signs(shape)
    i, j = divmod(cell, shape[1])
    up, down = free.up.reshape(shape), free.down.reshape(shape)
    rises = np.where(up >= times, price.reshape(shape), np.inf)
    falls = np.where(down >= times, price.reshape(shape), np.inf)
    with_it = sign * sign[i, j] > 0
    beside = np.where(with_it[i], falls[i], rises[i])
    below = np.where(with_it[:, j], falls[:, j], rises[:, j])
    beside[j] = below[i] = np.inf
    if np.isinf(beside.min()) or np.isinf(below.min()):
        return None
    cost = np.where(with_it, rises, falls) + beside[None, :] + below[:, None]
    best = int(np.argmin(cost))
    if np.isinf(cost.ravel()[best]):
        return None
    along, across = divmod(best, shape[1])
    at = Rectangle.of(shape, cell, np.array(along), np.array(across))
    return float(cost.ravel()[best] + price[cell]), at


@dataclass
class _Rectangles:
    """Rooms with totals turned round: two opposite corners rise as much as the others fall."""

    free: Mask
    up: Floats
    down: Floats
    need: Floats

    def __post_init__(self) -> None:
        self.rise, self.fall = np.zeros(self.free.shape), np.zeros(self.free.shape)

    def left(self, cells: Ints) -> Ints:
        return cells[(self.rise + self.fall).ravel()[cells] < self.need.ravel()[cells]]

    def draw(self, cells: Ints) -> None:
        """Corners drawn among the cells of the row and of the column."""
        rng = np.random.default_rng(0)
        _, columns = np.nonzero(self.free)
        _, rows = np.nonzero(self.free.T)
        in_row, in_column = self.free.sum(axis=1), self.free.sum(axis=0)
        from_row, from_column = (np.cumsum(n) - n for n in (in_row, in_column))
        for _ in range(DRAWS):
            cells = self.left(cells)
            if not cells.size:
                return
            i, j = np.unravel_index(cells, self.free.shape)
            across = columns[from_row[i] + (rng.random(i.size) * in_row[i]).astype(int)]
            along = rows[from_column[j] + (rng.random(i.size) * in_column[j]).astype(int)]
            use = (across != j) & (along != i) & self.free[along, across]
            self._see(i[use], j[use], along[use], across[use])

    def _see(self, i: Ints, j: Ints, other_i: Ints, other_j: Ints) -> None:
        same, opposite = ((i, j), (other_i, other_j)), ((i, other_j), (other_i, j))
        for up, down, rise, fall in (
            (self.up, self.down, self.rise, self.fall),
            (self.down, self.up, self.fall, self.rise),
        ):
            most = np.min([*(up[at] for at in same), *(down[at] for at in opposite)], axis=0)
            # Where all of them are endless, more than is needed tells nothing more.
            most = np.where(np.isinf(most), self.need[i, j], most)
            for at in same:
                np.maximum.at(rise, at, most)
            for at in opposite:
                np.maximum.at(fall, at, most)


def flows(matrix: sparse.csr_matrix, room: Leeway, cells: Ints, need: Floats, seen: Seen) -> None:
    """Look for tables that differ from the true one in any number of cells, by programmes.

    matrix  sums over all cells
    """
    free = np.flatnonzero((room.up > 0) | (room.down > 0))
    of_free = sparse.csc_matrix(matrix[:, free])
    # A shift falls into cycles: no cell has to move further than the one that is asked for.
    most = float(need.ravel()[cells].max())
    up, down = (np.minimum(r.ravel()[free], most) for r in (room.up, room.down))
    zero = np.zeros(matrix.shape[0])
    model = primal_model(Polytope(of_free, zero, zero, -down, up))
    for cost in _crowds(free, cells, need, seen):
        x = cheapest(model, cost)
        if x is None:
            continue
        shift = np.round(x)
        # The solver is not taken at its word: the other table has to add up.
        if not (of_free @ shift).any() and (shift <= up).all() and (shift >= -down).all():
            seen.add(free, shift)


def _crowds(free: Ints, cells: Ints, need: Floats, seen: Seen) -> Iterator[Floats]:
    """Costs that pull at half of the cells left, each up or down, as long as it pays."""
    rng = np.random.default_rng(0)
    at = np.searchsorted(free, cells)
    while True:
        left = np.isin(cells, seen.left(cells, need))
        before = int(left.sum())
        if before < CROWD:
            return
        for _ in range(2):
            pulled = at[left & (rng.random(at.size) < 0.5)]
            cost = np.zeros(free.size)
            cost[pulled] = np.where(rng.random(pulled.size) < 0.5, -1.0, 1.0)
            yield cost
            yield -cost
        if seen.left(cells, need).size > PAYS * before:
            return
