"""Proofs that no confidential number can be told from all tables together, and what they cost.

Two whole-numbered sets of tables that agree with everything that is published, and differ enough
in a number, are the proof that it is safe, whoever found them: the solver is not taken at its
word (Fischetti and Salazar, 2001, but over all tables at once). Most numbers are proven together,
by a few programmes that move everything hidden at once; for what is left, the cheapest further
cells are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from hansa.facts.firms.joint import Joint
from hansa.facts.hidden.system import Ints, Mask
from hansa.law import Floats
from hansa.solve import Polytope, cheapest, dual_model
from hansa.solve_integer import bound_whole, least_whole

TOUCH = 1e-4
"""Price of a hidden cell: so little that no other is hidden for it."""

TRIES = 4
"""Vertices looked at for one number that are not in whole numbers, at most."""

NODES = 200
"""Programmes of a search in whole numbers, after that."""

ROUNDS = 12
"""Programmes over everything hidden, at most."""

IDLE = 3
"""Programmes in a row that prove nothing new, after which the rest is left to local ones."""


@dataclass(frozen=True)
class Wanted:
    """What the lock has to reach.

    need    least width of each confidential column; 0 where it is not confidential
    fixed   columns that a reader knows without being told: places without a firm
    price   what it costs to hide a column that is shown
    most    how far a column may move in a programme, which keeps all of them bounded
    """

    need: Floats
    fixed: Mask
    price: Floats
    most: Floats


class Lock:
    """Pairs of tables found so far. What is hidden may only grow: then no proof is lost."""

    def __init__(self, joint: Joint, wanted: Wanted) -> None:
        self.joint, self.wanted = joint, wanted
        self.low, self.high = joint.value.copy(), joint.value.copy()
        self.columns = sparse.csc_matrix(joint.matrix)

    def open(self) -> Ints:
        """Confidential columns that are not proven to be safe."""
        return np.flatnonzero(self.high - self.low < self.wanted.need)

    def is_open(self, column: int) -> bool:
        """Whether one column is confidential and not proven to be safe."""
        return bool(self.high[column] - self.low[column] < self.wanted.need[column])

    def many(self, hidden: Mask) -> None:
        """Move everything hidden at once, each open number one way or the other, a few times.

        The pull at every number is drawn: each shift is another table, and proves many of them.
        """
        at = np.flatnonzero(hidden & ~self.wanted.fixed)
        if not at.size:
            return
        value, need = self.joint.value[at], self.wanted.need[at]
        most = np.where(need > 0, need, self.wanted.most[at])
        matrix, slack = self._rows(at)
        model = shifts_model(matrix, slack, np.minimum(most, value), most)
        rng = np.random.default_rng(0)
        idle = 0
        for _ in range(ROUNDS):
            before = self.open()
            if not before.size or idle == IDLE:
                return
            # Fewer at once break into halves less often.
            pulled = before[rng.random(before.size) < 0.5**idle]
            way = np.where(rng.random(at.size) < 0.5, 1.0, -1.0)
            risen, fallen = self.high[at] > value, self.low[at] < value
            # What went one way goes the other way next, so that both together are enough.
            way = np.where(risen ^ fallen, np.where(risen, -1.0, 1.0), way)
            pull = way * rng.uniform(1.0, 2.0, at.size) * np.isin(at, pulled)
            pull /= np.maximum(need, 1.0)
            x = cheapest(model, np.concatenate([TOUCH - pull, TOUCH + pull]))
            if x is not None:
                shift = np.zeros(self.joint.value.size)
                shift[at] = whole(matrix, slack, x[: at.size] - x[at.size :], value)
                self._seen(shift)
            idle = idle + 1 if self.open().size == before.size else 0

    def more(
        self, column: int, hidden: Mask, among: Mask, near: Mask, search: bool = False
    ) -> Mask | None:
        """Columns that have to be hidden for one that is not safe; None where nothing helps.

        among   columns that may be hidden
        near    hidden columns that may move
        search  in whole numbers, which takes long
        """
        value, need = float(self.joint.value[column]), float(self.wanted.need[column])
        down = min(value, need)
        half = min(down, need // 2)
        best: tuple[float, list[Floats]] | None = None
        ways = sorted({(need, 0.0), (need - down, down), (need - half, half)})
        # What is hidden anyway costs nothing, and makes a smaller programme.
        for besides in (np.zeros(hidden.size, bool), among):
            for by in ways:
                found = self._apart(column, by, hidden, (besides, near), search)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
                if best is not None and best[0] == 0:
                    break
            if best is not None:
                break
        if best is None:
            return None
        moved = np.zeros(hidden.size, bool)
        for shift in best[1]:
            self._seen(shift)
            moved |= shift != 0
        return moved & ~hidden

    def room(self, column: int, free: Mask) -> float:
        """No column is wider than this in whole numbers where only these columns move.

        What is needed of it at most.
        """
        need = float(self.wanted.need[column])
        at = np.flatnonzero(free & ~self.wanted.fixed)
        if not np.isin(column, at):
            return 0.0
        matrix, slack = self._rows(at)
        # Further than it needs to go it is not searched.
        most = np.where(at == column, need, self.wanted.most[at])
        polytope = _shifts(matrix, slack, np.minimum(most, self.joint.value[at]), most)
        room = 0.0
        for way in (1.0, -1.0):
            pull = way * (at == column)
            room -= bound_whole(polytope, np.concatenate([-pull, pull]), NODES)
            if room >= need:
                break
        return min(need, room)

    def _apart(
        self, column: int, by: tuple[float, float], hidden: Mask, where: tuple[Mask, Mask],
        search: bool,
    ) -> tuple[float, list[Floats]] | None:  # fmt: skip
        """Tables in which the column is larger, and smaller, and what hiding for them costs."""
        cost, shifts = 0.0, []
        among, near = where
        tries = (TRIES,) if search else range(TRIES)
        for way, change in zip((1.0, -1.0), by, strict=True):
            if change > 0:
                free = (hidden & near | among) & ~self.wanted.fixed
                goal = np.zeros(hidden.size)
                goal[column] = way * change
                shift = self._moved(free, hidden, goal, tries)
                if shift is None:
                    return None
                cost += float(self.wanted.price[(shift != 0) & ~hidden].sum())
                shifts.append(shift)
        return cost, shifts

    def _moved(self, free: Mask, hidden: Mask, goal: Floats, tries: Sequence[int]) -> Floats | None:
        """The cheapest shift found in which a column moves as it should."""
        column = int(np.flatnonzero(goal)[0])
        touch = np.full(hidden.size, TOUCH)
        for k in tries:
            # It stood in parts: other prices of what is hidden anyway lead to another vertex.
            if k:
                touch = TOUCH * np.random.default_rng(k).uniform(1.0, 2.0, hidden.size)
            shift = self._programme(free, np.where(hidden, touch, self.wanted.price), goal, k)
            if shift is not None and abs(shift[column]) >= abs(goal[column]):
                return shift
            if shift is None and k == 0:
                return None
        return None

    def _rows(self, at: Ints) -> tuple[sparse.csr_matrix, Floats]:
        """The sums in which some of these columns stand, and their slack."""
        matrix = sparse.csr_matrix(self.columns[:, at])
        rows = np.diff(matrix.indptr) > 0
        return matrix[rows], self.joint.slack[rows]

    def _seen(self, shift: Floats) -> None:
        np.minimum(self.low, self.joint.value + shift, out=self.low)
        np.maximum(self.high, self.joint.value + shift, out=self.high)

    def _programme(self, free: Mask, price: Floats, goal: Floats, tried: int) -> Floats | None:
        """A whole-numbered shift that keeps every sum; None where there is none.

        goal   shifts that have to be, 0 for none
        tried  times before: then within what each column may do where no other gives way, and at
               last by a search in whole numbers
        """
        joint, wanted = self.joint, self.wanted
        at = np.flatnonzero(free | (goal != 0))
        up = wanted.most[at].copy()
        down = np.minimum(wanted.most[at], joint.value[at])
        matrix, slack = self._rows(at)
        if 0 < tried < TRIES:
            down, up = _alone(matrix, slack, down, up)
        wish = goal[at]
        low_up, low_down = np.maximum(wish, 0.0), np.maximum(-wish, 0.0)
        up, down = np.where(wish < 0, 0.0, up), np.where(wish > 0, 0.0, down)
        if (low_up > up).any() or (low_down > down).any():
            return None
        polytope = _shifts(matrix, slack, down, up)
        polytope = replace(polytope, lower=np.concatenate([low_up, low_down]))
        cost = np.concatenate([price[at], price[at]])
        if tried < TRIES:
            x = cheapest(dual_model(polytope), cost)
        else:
            x = least_whole(polytope, cost, NODES)
        if x is None:
            return None
        shift = np.zeros(joint.value.size)
        shift[at] = whole(matrix, slack, x[: at.size] - x[at.size :], joint.value[at])
        return shift


def shifts_model(matrix: sparse.csr_matrix, slack: Floats, down: Floats, up: Floats) -> Any:
    """The model of shifts within bounds, up and down of each column."""
    down, up = _alone(matrix, slack, down, up)
    several = np.diff(matrix.indptr) > 1
    return dual_model(_shifts(matrix[several], slack[several], down, up))


def _shifts(matrix: sparse.csr_matrix, slack: Floats, down: Floats, up: Floats) -> Polytope:
    """Shifts that keep every sum, up and down of each column apart."""
    same = np.isnan(slack)
    ends = np.where(same, 0.0, -slack), np.where(same, 0.0, np.inf)
    both = sparse.hstack([matrix, -matrix], format="csc")
    return Polytope(both, *ends, np.zeros(2 * up.size), np.concatenate([up, down]))


def _alone(
    matrix: sparse.csr_matrix, slack: Floats, down: Floats, up: Floats
) -> tuple[Floats, Floats]:
    """How far each column may go in whole numbers where no other gives way.

    Asked of rows with no other, and of those that count it several times: its ninth part is what
    solvers choose there. Of the latter it asks too much, which costs proofs but breaks none.
    """
    entry = matrix.tocoo()
    room, weight = slack[entry.row], np.abs(entry.data)
    same = np.isnan(room)
    single = (np.diff(matrix.indptr) == 1)[entry.row]
    use = single | ((weight > 1) & ~same)
    most = np.floor(np.where(same, 0.0, room) / weight + 1e-9)
    down, up = down.copy(), up.copy()
    falls, rises = use & (same | (entry.data > 0)), use & (same | (entry.data < 0))
    np.minimum.at(down, entry.col[falls], most[falls])
    np.minimum.at(up, entry.col[rises], most[rises])
    return down, up


def whole(matrix: sparse.csr_matrix, slack: Floats, shift: Floats, value: Floats) -> Floats:
    """The shift in whole numbers; parts of it in which these break a sum stay where they are."""
    near = np.round(shift)
    off = matrix @ near
    with np.errstate(invalid="ignore"):
        broken = np.where(np.isnan(slack), off != 0, off < -slack)
    wrong = value + near < 0
    if not broken.any() and not wrong.any():
        return near
    rows = matrix.shape[0]
    moving = matrix @ sparse.diags((near != 0).astype(float))
    graph = sparse.bmat([[None, moving], [moving.T, None]])
    _, label = connected_components(graph, directed=False)
    bad = np.unique(np.concatenate([label[:rows][broken], label[rows:][wrong]]))
    return np.where(np.isin(label[rows:], bad), 0.0, near)
