"""Proofs for grids of any size: moves, which leave one cell in order, over rectangles of cells.

A move is a shift of the tables of one cell, over all years, that keeps what ties them to each
other: one birth more and one death more, say. How often a cell can make it, forward or back, is a
number a cell; four cells that can make it in turn leave all sums as they are. So a move is a flat
table with room in each cell, and what proves cells of one (`rectangles`) proves all its numbers,
everywhere. Moves are found where something is open, by a programme over the tables of four cells
(column generation: Gilmore and Gomory, 1961). Where no move helps as things stand, the cells are
hidden that make the cheapest one possible.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from hansa.facts.firms.joint import REST, Sums, beside
from hansa.facts.firms.lock import TOUCH, Lock, whole
from hansa.facts.firms.rectangles import (
    Leeway,
    Rectangle,
    Seen,
    cheapest_rectangle,
    flows,
    rectangles,
)
from hansa.facts.hidden.system import Ints, Mask
from hansa.law import Floats
from hansa.solve import Polytope, least_cost

DRAWS = 64
"""Rectangles drawn for a cell, of which one is taken to look for a move."""

VISITS = 3
"""Cells in which a move is looked for each time a table is looked at."""

PATIENCE = 3
"""Times that a table led to less than a tenth of what is open in it, after which it is left."""

TRIES = 4
"""Times that a move is looked for with which little is hidden."""

CAREFUL = 1000
"""Cells of a grid up to which a better move is looked for where one is known."""

WAYS = 24
"""Moves, the smallest, with which it is tried to hide little."""


@dataclass
class Move:
    """A shift of some tables of one cell, in whole numbers.

    forward, back  how often each cell could make it, were all its tables hidden
    together       its tables by what is hidden together
    """

    tables: Ints
    by: Floats
    together: list[Ints] = field(default_factory=list)
    forward: Floats = field(default_factory=lambda: np.zeros(0))
    back: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def name(self) -> tuple[bytes, bytes]:
        """The same for a move and its reverse."""
        return self.tables.tobytes(), (self.by * np.sign(self.by[0])).tobytes()


@dataclass(frozen=True)
class Turn:
    """Four cells that make a move so many times, below zero back: the first so, others in turn."""

    at: Rectangle
    times: float


class Moves:
    """The tables of a lock as tables x cells, and the moves known.

    movable  hidden, or the rest of what is, and not known to be empty
    """

    def __init__(self, lock: Lock, sums: Sums) -> None:
        joint, wanted = lock.joint, lock.wanted
        shape = (len(joint.tables), joint.size)
        self.joint, self.sums = joint, sums
        self.value = joint.value.reshape(shape)
        self.need = wanted.need.reshape(shape)
        self.fixed = wanted.fixed.reshape(shape)
        self.price = wanted.price.reshape(shape)
        self.low, self.high = lock.low.reshape(shape), lock.high.reshape(shape)
        self.movable = np.zeros(shape, bool)
        self.at = {key: k for k, key in enumerate(joint.tables)}
        self.years = sorted({t for _, t in joint.tables})
        self.same = np.isnan(joint.spare).any(axis=1)
        self.rng = np.random.default_rng(0)
        self.beside = beside(joint.tables)
        self.known: dict[tuple[bytes, bytes], Move] = {}
        self.by_table: dict[int, list[Move]] = defaultdict(list)

    def use(self, hidden: Mask) -> None:
        """What is hidden now, column by column."""
        self.movable = hidden.reshape(self.value.shape) & ~self.fixed

    def widen(self, columns: Ints) -> None:
        """More columns are hidden, and with each the tables beside it."""
        for column in columns:
            table, cell = divmod(int(column), self.joint.size)
            if self.joint.tables[table][0].startswith(REST):
                continue
            own = self.beside[table]
            self.movable[own, cell] = ~self.fixed[own, cell]

    def run(self) -> None:
        """Look for moves in the table of which most is open, until that leads no further."""
        tries = np.zeros(len(self.value), int)
        while True:
            count = np.where(tries < PATIENCE, self._open().sum(axis=1), 0)
            table = int(np.argmax(count))
            if not count[table]:
                break
            self._look(table)
            few = int(self._open(table).sum()) > 0.9 * count[table]
            tries[table] = tries[table] + 1 if few else 0
        for move in self.known.values():
            self._prove(move, far=True)

    def _open(self, tables: int | slice | Ints = slice(None)) -> Mask:
        return np.asarray(self.high[tables] - self.low[tables] < self.need[tables])

    def _look(self, table: int) -> None:
        """Look for moves in some cells of a table that are open."""
        for _ in range(VISITS):
            cells = np.flatnonzero(self._open(table))
            if not cells.size:
                return
            self._learn(table, int(self.rng.choice(cells)), self.movable)

    def _learn(self, table: int, cell: int, may: Mask) -> None:
        """Look for a move with which a number rises, and one with which it falls.

        may  tables x cells that take part; those that are not hidden at their price
        """
        for way in (1.0, -1.0):
            at = self._drawn(table, cell, way, may)
            move = None if at is None else self._found(table, at, may)
            for one in [] if move is None else self._over_time(move):
                if one.name not in self.known:
                    self.known[one.name] = one
                    self._know(one)
                    self._prove(one)

    def _know(self, move: Move) -> None:
        move.forward, move.back = self._times(move, 1.0), self._times(move, -1.0)
        # A rest is hidden with its part or its whole, of which one moves with it.
        own = np.array([k for k in move.tables if not self.joint.tables[k][0].startswith(REST)])
        first = np.array([self.beside[k][0] for k in own])
        move.together = [own[first == k] for k in np.unique(first)]
        for table in move.tables:
            self.by_table[int(table)].append(move)

    def _over_time(self, move: Move) -> list[Move]:
        """The same move in every year in which its tables are there and hang together so."""
        keys = [self.joint.tables[k] for k in move.tables]
        span = self.years[-1] - self.years[0]
        found = []
        for by in range(-span, span + 1):
            at = np.array([self.at.get((name, t + by), -1) for name, t in keys])
            order = np.argsort(at)
            one = Move(at[order], move.by[order])
            if at.min() >= 0 and not self._change(one)[self.same].any():
                found.append(one)
        return found

    def _change(self, move: Move) -> Floats:
        """By how much each relation changes in a cell that makes a move once."""
        return np.asarray(self.joint.within[:, move.tables] @ move.by)

    def _times(self, move: Move, way: float) -> Floats:
        """How often each cell could make a move forward (1) or back (-1)."""
        by, change = way * move.by, way * self._change(move)
        falls, less = by < 0, np.flatnonzero(change < 0)
        value, spare = self.value[move.tables[falls]], self.joint.spare[less]
        times = (value / -by[falls][:, None]).min(axis=0, initial=np.inf)
        times = np.minimum(times, (spare / -change[less][:, None]).min(axis=0, initial=np.inf))
        return np.where(self.fixed[move.tables].any(axis=0), 0.0, np.floor(times))

    def _prove(self, move: Move, far: bool = False) -> None:
        """Prove what a move proves, everywhere.

        far  over any number of cells, not only four
        """
        may = self.movable[move.tables].all(axis=0)
        size = np.abs(move.by)[:, None]
        lacks = np.where(self._open(move.tables), self.need[move.tables], 0.0)
        times = np.ceil(lacks / size).max(axis=0)
        shape = self.sums.shape
        room = Leeway(*(np.where(may, n, 0.0).reshape(shape) for n in (move.forward, move.back)))
        cells = np.flatnonzero((times > 0) & ((room.up > 0) | (room.down > 0)).ravel())
        if not cells.size:
            return
        seen, wanted = Seen.of(shape), times.reshape(shape)
        if far:
            flows(self.sums.matrix, room, cells, wanted, seen)
        else:
            rectangles(room, cells, wanted, seen)
        self._see(move, np.arange(self.joint.size), seen.rise.ravel(), seen.fall.ravel())

    def _see(self, move: Move, cells: Ints, rise: Floats, fall: Floats) -> None:
        """Cells can make a move so often forward, and so often back."""
        block = np.ix_(move.tables, cells)
        size, forward = np.abs(move.by)[:, None], move.by[:, None] > 0
        plus, minus = np.where(forward, rise, fall) * size, np.where(forward, fall, rise) * size
        self.low[block] = np.minimum(self.low[block], self.value[block] - minus)
        self.high[block] = np.maximum(self.high[block], self.value[block] + plus)

    # --- a move for four cells -----------------------------------------------------------

    def _drawn(self, table: int, cell: int, way: float, may: Mask) -> Rectangle | None:
        """Four cells in which a table may move: those drawn in which most other tables may."""
        columns = self.sums.shape[1]
        i, j = divmod(cell, columns)
        free = may[table].reshape(self.sums.shape)
        beside, below = np.flatnonzero(free[i]), np.flatnonzero(free[:, j])
        if not beside.size or not below.size:
            return None
        at = Rectangle.of(
            self.sums.shape, cell, self.rng.choice(below, DRAWS), self.rng.choice(beside, DRAWS)
        )
        falls = way * at.ways < 0
        use = free.ravel()[at.cells].all(axis=1) & (at.cells[:, 1:] != cell).all(axis=1)
        use &= (~falls | (self.value[table][at.cells] >= 1)).all(axis=1)
        cells = at.cells[use]
        if not cells.size:
            return None
        # Where more tables may move, more ways are open.
        best = int(np.argmax(self.movable[:, cells].sum(axis=(0, 2))))
        return Rectangle(cells[best], way * at.ways[use][best])

    def _found(self, table: int, at: Rectangle, may: Mask) -> Move | None:
        """The smallest move with one more in a table that four cells can make in turn."""
        tables = np.flatnonzero(may[:, at.cells].all(axis=1))
        matrix, slack = self._ties(tables, at)
        block = np.ix_(tables, at.cells)
        value, hidden = self.value[block], self.movable[block]
        up = np.where(at.ways > 0, np.inf, value).min(axis=1)
        down = np.where(at.ways > 0, value, np.inf).min(axis=1)
        own = int(np.searchsorted(tables, table))
        if up[own] < 1:
            return None
        least = np.zeros(2 * tables.size)
        least[own] = 1.0
        up[own], down[own] = 1.0, 0.0
        same = np.isnan(slack)
        x = least_cost(
            Polytope(
                sparse.hstack([matrix, -matrix], format="csc"),
                np.where(same, 0.0, -slack),
                np.where(same, 0.0, np.inf),
                least,
                np.concatenate([up, down]),
            ),
            np.tile(TOUCH + np.where(hidden, 0.0, self.price[block]).sum(axis=1), 2),
            dual=True,
        )
        if x is None:
            return None
        shift = whole(matrix, slack, x[: tables.size] - x[tables.size :], down)
        moved = np.flatnonzero(shift)
        return Move(tables[moved], shift[moved]) if shift[own] == 1 else None

    def _ties(self, tables: Ints, at: Rectangle) -> tuple[sparse.csr_matrix, Floats]:
        """What ties the tables, and how far each may fall: once for each way a corner moves."""
        own = sparse.csr_matrix(self.joint.within[:, tables])
        spare = self.joint.spare[:, at.cells]
        used = np.diff(own.indptr) > 0
        same = used & self.same
        plus = np.where(at.ways > 0, spare, np.inf).min(axis=1)
        minus = np.where(at.ways < 0, spare, np.inf).min(axis=1)
        up, down = (used & ~same & np.isfinite(end) for end in (plus, minus))
        matrix = sparse.csr_matrix(sparse.vstack([own[same], own[up], -own[down]]))
        return matrix, np.concatenate([np.full(int(same.sum()), np.nan), plus[up], minus[down]])

    # --- what to hide --------------------------------------------------------------------

    def more(self, table: int, cell: int) -> Ints | None:
        """Columns to hide so that one number is open enough, by the cheapest move known for it.

        None where no move that is known does it.
        """
        best = self._cheapest(table, cell)
        for _ in range(TRIES):
            if best is not None and (best[0] == 0 or self.joint.size > CAREFUL):
                break
            before = len(self.known)
            self._learn(table, cell, ~self.fixed)
            if len(self.known) > before:
                best = self._cheapest(table, cell)
        if best is None:
            return None
        _, move, turns = best
        columns = [np.zeros(0, np.int64)]
        for turn in turns:
            self._make(move, turn)
            k, c = np.nonzero(~self.movable[np.ix_(move.tables, turn.at.cells)])
            columns.append(move.tables[k] * self.joint.size + turn.at.cells[c])
        return np.unique(np.concatenate(columns))

    def _cheapest(self, table: int, cell: int) -> tuple[float, Move, list[Turn]] | None:
        """The move, and the turns of it, that cost least."""
        need, value = float(self.need[table, cell]), float(self.value[table, cell])
        risen, fallen = float(self.high[table, cell]) - value, value - float(self.low[table, cell])
        half = float(need // 2)
        ways = {(need - fallen, 0.0), (0.0, need - risen), (need - half, half), (half, need - half)}
        best: tuple[float, Move, list[Turn]] | None = None
        for move in sorted(self.by_table[table], key=lambda m: m.tables.size)[:WAYS]:
            if not move.forward[cell] and not move.back[cell]:
                continue
            price = self._price(move)
            for way in sorted(ways):
                found = self._turns(move, table, cell, way, price)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found[0], move, found[1]
        return best

    def _price(self, move: Move) -> Floats:
        """What hiding all tables of a move costs in each cell: once for those hidden together."""
        cost = np.zeros(self.joint.size)
        for own in move.together:
            cost += np.where(self.movable[own].all(axis=0), 0.0, self.price[own[0]])
        return cost

    def _turns(
        self, move: Move, table: int, cell: int, way: tuple[float, float], price: Floats
    ) -> tuple[float, list[Turn]] | None:
        by = float(move.by[np.searchsorted(move.tables, table)])
        cost, turns = 0.0, []
        for amount, sign in zip(way, (1.0, -1.0), strict=True):
            if amount <= 0:
                continue
            times = float(np.ceil(amount / abs(by)))
            forward = sign * by > 0
            free = Leeway(move.forward, move.back) if forward else Leeway(move.back, move.forward)
            found = cheapest_rectangle(self.sums.shape, cell, times, free, price)
            if found is None:
                return None
            cost += found[0]
            turns.append(Turn(found[1], times if forward else -times))
        return cost, turns

    def _make(self, move: Move, turn: Turn) -> None:
        """Four cells make a move, and its reverse as far as they can."""
        cells, ways = turn.at.cells, turn.at.ways * np.sign(turn.times)
        forward, back = move.forward[cells], move.back[cells]
        there = np.where(ways > 0, forward, back).min()
        again = np.where(ways > 0, back, forward).min()
        # Endless where nothing falls: as much as was asked for.
        there, again = (abs(turn.times) if np.isinf(n) else n for n in (there, again))
        self._see(move, cells, np.where(ways > 0, there, again), np.where(ways > 0, again, there))
