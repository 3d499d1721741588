"""The cheapest further cells to hide so that a number cannot be told from all tables together.

Two whole-numbered sets of tables that agree with everything that is published, and differ enough
in a number, are the proof that it is safe, whoever found them: the solver is not taken at its
word (Fischetti and Salazar, 2001, but over all tables at once).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from hansa.facts.firms.joint import Joint
from hansa.facts.hidden.system import Ints, Mask
from hansa.law import Floats
from hansa.solve import Polytope, _model

TOUCH = 1e-4
"""Price of a hidden cell: so little that no other is hidden for it."""


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

    def more(self, column: int, hidden: Mask, among: Mask, near: Mask) -> Mask | None:
        """Columns that have to be hidden for one that is not safe; None where nothing helps.

        among  columns that may be hidden
        near   hidden columns that may move
        """
        value, need = float(self.joint.value[column]), float(self.wanted.need[column])
        down = min(value, need)
        half = min(down, need // 2)
        best: tuple[float, list[Floats]] | None = None
        for first, second in sorted({(need, 0.0), (need - down, down), (need - half, half)}):
            found = self._apart(column, (first, second), hidden, among, near)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        if best is None:
            return None
        moved = np.zeros(hidden.size, bool)
        for shift in best[1]:
            self._seen(shift)
            moved |= shift != 0
        return moved & ~hidden

    def _apart(
        self, column: int, by: tuple[float, float], hidden: Mask, among: Mask, near: Mask
    ) -> tuple[float, list[Floats]] | None:
        """Tables in which the column is larger, and smaller, and what hiding for them costs."""
        cost, shifts = 0.0, []
        for way, change in zip((1.0, -1.0), by, strict=True):
            if change > 0:
                free = (hidden & near | among) & ~self.wanted.fixed
                price = np.where(hidden, TOUCH, self.wanted.price)
                goal = np.zeros(hidden.size)
                goal[column] = way * change
                shift = self._programme(free, price, goal)
                if shift is None or abs(shift[column]) < change:
                    return None
                cost += float(self.wanted.price[(shift != 0) & ~hidden].sum())
                shifts.append(shift)
        return cost, shifts

    def _seen(self, shift: Floats) -> None:
        np.minimum(self.low, self.joint.value + shift, out=self.low)
        np.maximum(self.high, self.joint.value + shift, out=self.high)

    def _programme(self, free: Mask, price: Floats, goal: Floats) -> Floats | None:
        """A whole-numbered shift that keeps every sum; None where there is none.

        goal  shifts that have to be, 0 for none
        """
        joint, wanted = self.joint, self.wanted
        at = np.flatnonzero(free | (goal != 0))
        up = wanted.most[at].copy()
        down = np.minimum(wanted.most[at], joint.value[at])
        wish = goal[at]
        low_up, low_down = np.maximum(wish, 0.0), np.maximum(-wish, 0.0)
        up, down = np.where(wish < 0, 0.0, up), np.where(wish > 0, 0.0, down)
        if (low_up > up).any() or (low_down > down).any():
            return None
        matrix = sparse.csr_matrix(self.columns[:, at])
        rows = np.diff(matrix.indptr) > 0
        matrix, slack = matrix[rows], joint.slack[rows]
        same = np.isnan(slack)
        polytope = Polytope(
            sparse.hstack([matrix, -matrix], format="csc"),
            np.where(same, 0.0, -slack),
            np.where(same, 0.0, np.inf),
            np.concatenate([low_up, low_down]),
            np.concatenate([up, down]),
        )
        x = _cheapest(polytope, np.concatenate([price[at], price[at]]))
        if x is None:
            return None
        shift = np.zeros(joint.value.size)
        shift[at] = _whole(matrix, slack, x[: at.size] - x[at.size :], joint.value[at])
        return shift


def _cheapest(p: Polytope, cost: Floats) -> Floats | None:
    """A vertex of least cost by the dual simplex: on these tables far quicker than the primal."""
    import highspy

    model = _model(p)
    model.setOptionValue("simplex_strategy", 1)
    every = np.arange(cost.size, dtype=np.int32)
    model.changeColsCost(every.size, every, cost)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(model.getSolution().col_value)


def _whole(matrix: sparse.csr_matrix, slack: Floats, shift: Floats, value: Floats) -> Floats:
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
