"""Programmes in whole numbers by HiGHS: one thread, no gap allowed, rows added as they are learnt.

What it finds is a proposal: its users check each point in exact arithmetic and add a row where the
solver's tolerance let something through.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hansa.solve import Floats, Polytope, dual_model, primal_model

Bools = npt.NDArray[np.bool_]

AGREES = 1e-6
"""What value and bound of an optimum may differ by; objectives are of the size of 1 a column."""
TIGHT = 1e-9
"""Feasibility and integrality asked of the solver; rows are scaled to coefficients about 1."""


@dataclass(frozen=True)
class Whole:
    """What a search found.

    point  the best point; None where there is none (`infeasible`) or none was found in time
    bound  no point has more than this, as far as the solver got
    ended  optimal | infeasible | time (or not proven for another reason)
    """

    point: Floats | None
    bound: float
    ended: Literal["optimal", "infeasible", "time"]


class WholeModel:
    """A polytope some of whose variables are whole; the objective changes from search to search."""

    def __init__(self, p: Polytope, whole: Bools, until: float) -> None:
        """`until`: a time of `time.monotonic` at which every search ends."""
        import highspy

        self.size, self.until = p.lower.size, until
        self._model: Any = primal_model(p)
        kinds = np.where(whole, 1, 0).astype(np.uint8)
        every = np.arange(self.size, dtype=np.int32)
        self._model.changeColsIntegrality(self.size, every, kinds)
        self._every = every
        for name, value in (
            ("presolve", "on"),
            ("simplex_strategy", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.0),
            ("mip_feasibility_tolerance", TIGHT),
            ("primal_feasibility_tolerance", TIGHT),
        ):
            self._model.setOptionValue(name, value)
        self._model.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def add(
        self, columns: Sequence[int], values: Sequence[float], least: float, most: float
    ) -> None:
        """One more row: least <= values @ x[columns] <= most."""
        own = np.asarray(columns, dtype=np.int32)
        self._model.addRow(least, most, own.size, own, np.asarray(values, dtype=np.float64))

    def greatest(self, objective: Floats) -> Whole:
        """A point with the greatest value of the objective.

        No starting point is given: HiGHS has called such a point optimal with its own bound far
        above it. What it calls optimal is so only where value and bound agree.
        """
        import highspy

        left = self.until - time.monotonic()
        if left <= 0:
            return Whole(None, float("inf"), "time")
        self._model.setOptionValue("time_limit", self._model.getRunTime() + left)
        self._model.changeColsCost(self.size, self._every, objective.astype(np.float64))
        self._model.run()
        status = self._model.getModelStatus()
        states = highspy.HighsModelStatus
        if status in (states.kInfeasible, states.kUnboundedOrInfeasible):
            return Whole(None, float("-inf"), "infeasible")
        info = self._model.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        point = np.asarray(self._model.getSolution().col_value) if found else None
        bound = float(info.mip_dual_bound)
        agrees = point is not None and bound - float(objective @ point) <= AGREES
        if status == states.kOptimal and agrees:
            return Whole(point, bound, "optimal")
        return Whole(point, bound, "time")


def bound_whole(p: Polytope, cost: Floats, nodes: int) -> float:
    """A whole number that the cost of no point in whole numbers is below, as the solver proves it.

    cost   whole numbers
    nodes  programmes of the search, at most; fewer leave the bound lower than it need be
    """
    model = _whole_model(p, cost, nodes, 0.0)
    model.run()
    return float(np.ceil(model.getInfo().mip_dual_bound - AGREES))


def _whole_model(p: Polytope, cost: Floats, nodes: int, gap: float) -> Any:
    model = dual_model(p)
    every = np.arange(cost.size, dtype=np.int32)
    model.changeColsCost(every.size, every, cost)
    model.changeColsIntegrality(every.size, every, np.ones(every.size, np.uint8))
    for name, value in (("presolve", "on"), ("mip_max_nodes", nodes), ("mip_rel_gap", gap)):
        model.setOptionValue(name, value)
    return model


def least_whole(p: Polytope, cost: Floats, nodes: int) -> Floats | None:
    """A cheap point in whole numbers as the solver finds it, unproven; None where it finds none.

    nodes  programmes of the search, at most: the same everywhere, whatever the machine
    """
    import highspy

    model = _whole_model(p, cost, nodes, 0.2)
    model.run()
    found = model.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return np.asarray(model.getSolution().col_value) if found else None
