"""The one wrapper around the HiGHS solver: stable order, one thread, nothing taken on trust.

Ranges are bounds that hold by weak duality
whatever the solver did (Neumaier and Shcherbina, 2004, eq. 12), not what it called optimal;
costs and misses are only used where their user checks them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOUCHES = 1e-7
"""A bound is attained where a feasible point comes this near, relative to its size."""


@dataclass(frozen=True)
class Polytope:
    """row_lower <= matrix @ x <= row_upper, lower <= x <= upper; matrix is CSC."""

    matrix: Any
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Ranges:
    """Outer bounds of every variable, proven by weak duality, and how many programmes it took."""

    lower: Floats
    upper: Floats
    programmes: int


@dataclass(frozen=True)
class Misses:
    """By how much each sum has to give way, and the least that is more than a rounding error."""

    by: Floats
    least: float


class Infeasible(ValueError):
    """No point satisfies all sums."""


TOGETHER = 48
"""Bounds pulled at by one programme, no two in the same sum, so that most can be attained."""

WORTH = 500
"""Variables from which on the search is split in two."""

PAYS = 0.2
"""Pulling together goes on while this share of the bounds pulled at is attained."""


def ranges(p: Polytope, seed: int = 0) -> Ranges:
    """Least and greatest value of every variable over a polytope.

    A programme is solved only for a bound that no feasible point found so far attains: each
    vertex serves as a witness for all variables at once, and a few programmes with many
    variables in the objective find most of the witnesses. Raises Infeasible.
    """
    size = p.lower.size
    # Halves that share nothing give the same bounds on one core and on two; the solver lets other
    # threads run. Small ones are not worth the second model.
    halves = np.arange(size) < (size // 2 if size >= WORTH else size)
    searches = [_Search(p, own, seed) for own in (halves, ~halves) if own.any()]
    with ThreadPoolExecutor(len(searches)) as pool:
        list(pool.map(_Search.run, searches))
    lower, upper = p.lower.copy(), p.upper.copy()
    for s in searches:
        lower[s.own], upper[s.own] = s.lower[s.own], s.upper[s.own]
    return Ranges(lower, upper, sum(s.programmes for s in searches))


def least_cost(p: Polytope, cost: Floats, dual: bool = False) -> Floats | None:
    """A vertex of least cost as the solver finds it, unproven; None where it finds none.

    dual  by the dual simplex, far quicker where costs are zero or more
    """
    scale = _scale_of(p)
    found = cheapest(dual_model(p, scale) if dual else primal_model(p, scale), cost)
    return None if found is None else found * scale


def dual_model(p: Polytope, scale: float = 1.0) -> Any:
    """A model for the dual simplex, handed over as arrays: for `cheapest`, many times a second."""
    import highspy

    rows, columns = p.matrix.shape
    matrix = sparse.csc_matrix(p.matrix)
    model: Any = highspy.Highs.__mro__[1]()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        ("simplex_strategy", 1),
        ("random_seed", 0),
    ):
        model.setOptionValue(name, value)
    model.passModel(
        columns, rows, matrix.nnz, int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize), 0.0, np.zeros(columns), p.lower / scale,
        p.upper / scale, p.row_lower / scale, p.row_upper / scale,
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        np.zeros(columns, np.int32),
    )  # fmt: skip
    return model


def cheapest(model: Any, cost: Floats) -> Floats | None:
    """A vertex of least cost of a model, unproven; None where the solver finds none."""
    import highspy

    every = np.arange(cost.size, dtype=np.int32)
    model.changeColsCost(every.size, every, cost)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(model.getSolution().col_value)


def least_misses(p: Polytope) -> Misses:
    """By how much each sum has to give way so that all hold together, least in all.

    An elastic programme (Chinneck and Dravnieks, 1991): the sum of all misses is minimised.
    """
    rows, columns = p.matrix.shape
    eye = sparse.identity(rows, format="csc")
    elastic = Polytope(
        sparse.hstack([p.matrix, eye, -eye], format="csc"),
        p.row_lower,
        p.row_upper,
        np.concatenate([p.lower, np.zeros(2 * rows)]),
        np.concatenate([p.upper, np.full(2 * rows, np.inf)]),
    )
    scale = _scale_of(p)
    model = primal_model(elastic, scale)
    extra = np.arange(columns, columns + 2 * rows, dtype=np.int32)
    model.changeColsCost(extra.size, extra, np.ones(extra.size))
    model.run()
    x = np.asarray(model.getSolution().col_value)[columns:] * scale
    return Misses(np.asarray(x[:rows] + x[rows:]), FEASIBLE * scale)


class _Search:
    """The state of one search: bounds proven so far, and extreme values of points found.

    own  the variables whose bounds are sought
    """

    def __init__(self, p: Polytope, own: npt.NDArray[np.bool_], seed: int) -> None:
        self.p, self.own = p, own
        self.scale = _scale_of(p)
        self.model = primal_model(_plain(p, self.scale), self.scale)
        self.lower, self.upper = p.lower.copy(), p.upper.copy()
        self.rng = np.random.default_rng(seed)
        self.transposed = p.matrix.T.tocsr()
        self.programmes = 0
        n = p.lower.size
        self.seen_low, self.seen_high = np.full(n, np.inf), np.full(n, -np.inf)
        self.cost = np.zeros(n)

    def run(self) -> None:
        """Witnesses first, then one programme for each bound that is left."""
        self._solve()
        for upward in (True, False):
            while self._crowd(upward) >= TOGETHER / 2:
                pass
            while self._together(upward) >= PAYS:
                pass
        for upward in (True, False):
            for j in np.flatnonzero(self._left(upward)):
                if self._left(upward, j):
                    self._prove(int(j), upward)

    def _left(self, upward: bool, j: Any = slice(None)) -> Any:
        """Where a bound is not attained by any point found."""
        end, seen = (self.upper, self.seen_high) if upward else (-self.lower, -self.seen_low)
        scale = np.where(np.isinf(end[j]), 1.0, np.maximum(1.0, np.abs(end[j])))
        return self.own[j] & (seen[j] < end[j] - TOUCHES * scale)

    def _crowd(self, upward: bool) -> int:
        """One programme that pulls at a random half of the bounds left; how many it attained."""
        left = np.flatnonzero(self._left(upward))
        # An endless cell would take the whole programme with it.
        pulled = left[np.isfinite((self.upper if upward else self.lower)[left])]
        pulled = pulled[self.rng.random(pulled.size) < 0.5]
        self._pull(pulled, upward)
        return int(left.size - self._left(upward).sum())

    def _together(self, upward: bool) -> float:
        """One programme for many bounds in sums of their own; the share of them attained."""
        left = np.flatnonzero(self._left(upward))
        pulled = self._apart(self.rng.permutation(left))
        if len(pulled) < 2:
            return 0.0
        self._pull(pulled, upward)
        return 1.0 - float(np.mean(self._left(upward, pulled)))

    def _pull(self, cells: Any, upward: bool) -> None:
        cost = np.zeros(self.cost.size)
        cost[cells] = -1.0 if upward else 1.0
        self._set(cost)
        self._solve()

    def _apart(self, order: npt.NDArray[np.int64]) -> list[int]:
        """The first cells of an order that share no sum with each other."""
        taken: set[int] = set()
        chosen: list[int] = []
        matrix = self.p.matrix
        for j in order[: 8 * TOGETHER]:
            sums = matrix.indices[matrix.indptr[j] : matrix.indptr[j + 1]].tolist()
            if taken.isdisjoint(sums):
                taken.update(sums)
                chosen.append(int(j))
                if len(chosen) == TOGETHER:
                    break
        return chosen

    def _prove(self, j: int, upward: bool) -> None:
        """One programme for one bound; its dual solution proves the new bound."""
        cost = np.zeros(self.cost.size)
        cost[j] = -1.0 if upward else 1.0
        self._set(cost)
        solution = self._solve()
        bound = self._proven(cost, solution)
        if upward:
            self.upper[j] = min(self.upper[j], -bound)
        else:
            self.lower[j] = max(self.lower[j], bound)
        # Proven: no further programme for it, even where rounding keeps the two apart.
        if upward:
            self.seen_high[j] = max(self.seen_high[j], self.upper[j])
        else:
            self.seen_low[j] = min(self.seen_low[j], self.lower[j])

    def _set(self, cost: Floats) -> None:
        changed = np.flatnonzero(cost != self.cost).astype(np.int32)
        self.model.changeColsCost(changed.size, changed, cost[changed])
        self.cost = cost

    def _solve(self) -> Any:
        import highspy

        self.model.run()
        self.programmes += 1
        status = self.model.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Infeasible
        solution = self.model.getSolution()
        if status == highspy.HighsModelStatus.kOptimal:
            x = np.asarray(solution.col_value) * self.scale
            np.minimum(self.seen_low, x, out=self.seen_low)
            np.maximum(self.seen_high, x, out=self.seen_high)
        return solution

    def _proven(self, cost: Floats, solution: Any) -> float:
        """A lower bound of cost @ x that holds for any multipliers of the sums.

        Rounding errors of its own arithmetic are taken off (Higham, 2002, eq. 3.5).
        """
        y = np.asarray(solution.row_dual)
        if y.size != self.p.row_lower.size:
            return -np.inf
        held = np.where(y > 0, self.p.row_lower, self.p.row_upper)
        y = np.where(np.isinf(held), 0.0, y)
        held = np.where(y == 0, 0.0, held)
        reduced = cost - self.transposed @ y
        ends = np.where(reduced > 0, self.p.lower, self.p.upper)
        # Multipliers that leave an endless cell out leave it out up to a rounding error.
        none = (reduced == 0) | (np.isinf(ends) & (np.abs(reduced) < 1e-12))
        ends = np.where(none, 0.0, ends)
        gross = np.abs(cost) + np.abs(self.transposed) @ np.abs(y)
        size = np.abs(y) @ np.abs(held) + gross @ np.where(np.isinf(ends), 0.0, np.abs(ends))
        error = ROUNDING * (y.size + ends.size) * size
        return float(y @ held + reduced @ ends - error)


FEASIBLE = 1e-6
"""Misses that a programme in its own scale cannot tell from nothing; the solver's own are 1e-7."""

ROUNDING = float(np.finfo(float).eps)
"""Relative error of one operation, at most."""


def _scale_of(p: Polytope) -> float:
    """A power of two that brings a table to a size at which the solver's tolerances make sense."""
    sizes = np.abs(np.concatenate([p.row_lower, p.row_upper, p.lower, p.upper]))
    most = float(sizes[np.isfinite(sizes)].max(initial=0.0))
    if most == 0.0 or 1.0 <= most <= 1e6:
        return 1.0
    return float(2.0 ** np.round(np.log2(most / 1e4)))


ALIKE = 2.5e-7
"""Ends of a sum, in the scale of a model, that a solver cannot tell apart: twice its tolerance."""


def _plain(p: Polytope, scale: float) -> Polytope:
    """With one end for sums whose ends are alike; bounds are proven with the true ones.

    Where a sum has room for just its tolerance the primal simplex may go round for ever.
    """
    alike = p.row_upper - p.row_lower <= ALIKE * scale
    low, high = p.row_lower.copy(), p.row_upper.copy()
    low[alike] = high[alike] = (low[alike] + high[alike]) / 2
    return replace(p, row_lower=low, row_upper=high)


def primal_model(p: Polytope, scale: float = 1.0) -> Any:
    """A model for the primal simplex, for `cheapest` with one cost after the other."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = p.matrix.shape
    lp.col_cost_ = np.zeros(p.lower.size)
    lp.col_lower_, lp.col_upper_ = p.lower / scale, p.upper / scale
    lp.row_lower_, lp.row_upper_ = p.row_lower / scale, p.row_upper / scale
    matrix = sparse.csc_matrix(p.matrix)
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    # The class below `Highs` is the same solver; `Highs` itself greets on standard output.
    model: Any = highspy.Highs.__mro__[1]()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        # Primal simplex: the last vertex stays feasible when only the objective changes.
        ("simplex_strategy", 4),
        ("random_seed", 0),
    ):
        model.setOptionValue(name, value)
    model.passModel(lp)
    return model


@dataclass(frozen=True)
class Fewest:
    """The least number of switches that have to be on.

    found   least number that a point was found for, at most the one given
    point   of that number; None where the number given was never beaten
    bound   no point does with less, by weak duality at every leaf of the search
    nodes   programmes solved
    """

    found: int
    point: Floats | None
    bound: int
    nodes: int


def fewest(
    p: Polytope, switches: Ints, count: Callable[[Floats], int], known: int, seconds: float
) -> Fewest:
    """Fewest switches (variables of 0 or 1) of a polytope by branch and bound.

    count  number of switches that a point needs, whatever it says itself: the exact re-check
    known  a number that can be attained
    Raises Infeasible where the polytope is empty.
    """
    return _Branching(p, switches, count, known, seconds).run()


WHOLE = 1e-6
"""A bound this little above a whole number is taken for that number."""


class _Branching(_Search):
    """Depth first; each programme starts from the last one's basis."""

    def __init__(
        self, p: Polytope, switches: Ints, count: Callable[[Floats], int], known: int,
        seconds: float,
    ) -> None:  # fmt: skip
        super().__init__(p, np.zeros(p.lower.size, bool), 0)
        self.model.setOptionValue("simplex_strategy", 1)
        # A switch that is off must hold more exactly than its users tell things apart.
        self.model.setOptionValue("primal_feasibility_tolerance", 1e-9)
        self.switches, self.count, self.seconds = switches, count, seconds
        self.found = known
        self.point: Floats | None = None
        self.cost = np.zeros(p.lower.size)
        cost = np.zeros(p.lower.size)
        cost[switches] = 1.0
        self._set(cost)
        self.fixed: dict[int, int] = {}
        self.unsettled: list[int] = []

    def run(self) -> Fewest:  # type: ignore[override]
        """Search until nothing better is possible or time is up."""
        end = time.monotonic() + self.seconds
        open_nodes: list[tuple[dict[int, int], int]] = [({}, 0)]
        while open_nodes:
            fixed, bound = open_nodes.pop()
            if bound >= self.found:
                continue
            if time.monotonic() > end:
                open_nodes.append((fixed, bound))
                break
            self._fix(fixed)
            try:
                solution = self._solve()
            except Infeasible:
                if not fixed:
                    raise
                continue
            bound = max(bound, self._bound(solution))
            x = np.asarray(solution.col_value) * self.scale
            if (needed := self.count(x)) < self.found:
                self.found, self.point = needed, x
            if bound >= self.found:
                continue
            j = self._branch(x, fixed)
            if j is None:
                # Everything is decided, but the point needs more than its switches say.
                self.unsettled.append(bound)
                continue
            open_nodes += [({**fixed, j: 1}, bound), ({**fixed, j: 0}, bound)]
        left = [*self.unsettled, *(bound for _, bound in open_nodes)]
        least = min(left, default=self.found)
        return Fewest(self.found, self.point, min(least, self.found), self.programmes)

    def _bound(self, solution: Any) -> int:
        lower, upper = self.p.lower.copy(), self.p.upper.copy()
        for j, value in self.fixed.items():
            lower[j] = upper[j] = value
        own, self.p = self.p, replace(self.p, lower=lower, upper=upper)
        proven = self._proven(self.cost, solution)
        self.p = own
        return int(np.ceil(proven - WHOLE)) if np.isfinite(proven) else 0

    def _fix(self, fixed: dict[int, int]) -> None:
        for j in self.fixed.keys() - fixed.keys():
            lower, upper = self.p.lower[j] / self.scale, self.p.upper[j] / self.scale
            self.model.changeColBounds(j, float(lower), float(upper))
        for j, value in fixed.items():
            if self.fixed.get(j) != value:
                self.model.changeColBounds(j, value / self.scale, value / self.scale)
        self.fixed = fixed

    def _branch(self, x: Floats, fixed: dict[int, int]) -> int | None:
        """The switch that is most undecided."""
        values = x[self.switches]
        free = np.array([int(j) not in fixed for j in self.switches])
        score = np.where(free, np.minimum(values, 1 - values), -1.0)
        if not free.any():
            return None
        return int(self.switches[int(np.argmax(score))])
