"""Benefit of the doubt: every unit is scored with the weights that suit it best.

Methods: index, section 2.6. A linear programme for each unit, on one solver model that keeps its
basis; no answer of the solver is taken on trust: weights are made feasible here, and duality
bounds what any other weights could reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.errors import Finding, HansaError, UsageError, listed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PROVEN = 1e-8
"""Score found and bound by duality are at most this far apart, or the work stops."""

ONE = 1e-8
"""A score this near 1 is 1."""

NEAR = 1e-12
"""Sums of bounds on shares are equal within this."""


@dataclass(frozen=True)
class Shares:
    """Bounds on what an indicator, or a pillar, contributes to the score of the unit (0 to 1).

    low, high                (indicators,)
    pillar                   (indicators,) position of the pillar of each indicator, -1 for none
    pillar_low, pillar_high  (pillars,)
    """

    low: Floats
    high: Floats
    pillar: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pillar_low: Floats = field(default_factory=lambda: np.empty(0))
    pillar_high: Floats = field(default_factory=lambda: np.empty(0))

    def members(self, size: int) -> Floats:
        """Indicators, then pillars, as rows of 0 and 1 (indicators and pillars, indicators)."""
        pillar = self.pillar if self.pillar.size else np.full(size, -1)
        inside = np.arange(self.pillar_low.size)[:, None] == pillar[None, :]
        return np.vstack([np.eye(size), inside.astype(np.float64)])


@dataclass(frozen=True)
class Benefit:
    """Scores of all units, with weights that attain them.

    scores   (units,) at most 1; NaN for a unit with missing cells
    upper    (units,) no admissible weights reach more; scores and upper are 1e-8 apart at most
    weights  (units, indicators) w, one optimum of often many; shares (w x / score) beside it
    at_one   how many units score 1
    """

    scores: Floats
    upper: Floats
    weights: Floats
    shares: Floats
    at_one: int
    findings: tuple[Finding, ...]


def benefit_of_the_doubt(
    x: Floats, codes: Sequence[str], units: Sequence[str], bounds: Shares | None = None
) -> Benefit:
    """Score of each unit k: max sum_j w_j x_kj with w >= 0 and sum_j w_j x_ij <= 1 for all i.

    x (units, indicators) is complete and not negative, higher is better. With bounds, share j
    w_j x_kj / sum_j w_j x_kj stays in [low_j, high_j], and that of a pillar in its own bounds. A
    unit with missing cells is not scored and is no yardstick for others. A unit that cannot keep
    the bounds, as a zero has no share, scores 0 and is listed. Raises HansaError naming negative
    cells; UsageError for bounds that no shares can keep. Source: Cherchye et al. 2007.
    """
    _data_are_right(x, codes, units)
    if bounds is not None:
        _bounds_are_right(bounds, codes)
    there: Bools = np.asarray(~np.isnan(x).any(axis=1))
    y = x[there]
    most = np.where(y.max(axis=0) > 0, y.max(axis=0), 1.0)
    y = y / most
    possible = np.ones(len(y), dtype=bool) if bounds is None else _possible(bounds, y > 0)
    w, bound = _solved(y, possible, bounds, np.asarray(units)[there].tolist())
    weights, upper = np.full(x.shape, np.nan), np.full(len(x), np.nan)
    weights[there], upper[there] = w / most, bound
    scores, shares = np.full(len(x), np.nan), np.full(x.shape, np.nan)
    parts = w * y
    total = parts.sum(axis=1, keepdims=True)
    # Units the solver puts at 1 up to rounding tie there.
    scores[there] = np.where(total >= 1 - ONE, 1.0, total)[:, 0]
    shares[there] = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    at_one = int((scores == 1).sum())
    found = _findings(there, there & (scores <= 0), units, (at_one, x.shape[1]))
    return Benefit(scores, upper, weights, shares, at_one, found)


def _solved(
    y: Floats, possible: Bools, bounds: Shares | None, units: Sequence[str]
) -> tuple[Floats, Floats]:
    """Weights (units, indicators) and proven upper bounds (units,); columns of y have maximum 1."""
    model = _Model(y, bounds)
    weights, upper = np.zeros(y.shape), np.zeros(len(y))
    for k in np.flatnonzero(possible & (y > 0).any(axis=1)).tolist():
        w, bound = model.best(k)
        if not bound - w @ y[k] <= PROVEN:
            w, bound = _Model(y, bounds).best(k)
        if not bound - w @ y[k] <= PROVEN:
            raise HansaError(
                "benefit of the doubt: the solver found no score that duality confirms",
                place=f"unit {units[k]}",
                printed=f"found {w @ y[k]:.9g}, possible {bound:.9g}",
                admissible=f"a gap of {PROVEN:g} at most",
                fix="look at indicators with extreme values; treat them or drop them",
            )
        # A weight on a zero gains nothing.
        weights[k], upper[k] = np.where(y[k] > 0, w, 0.0), bound
    return weights, upper


@dataclass(frozen=True)
class _Programme:
    """Greatest gain @ u with matrix @ u <= top, equal where said, and 0 <= u <= 1."""

    matrix: Floats
    top: Floats
    equal: Bools
    gain: Floats

    def bound(self, v: Floats) -> float:
        """No u gains more, whatever the multipliers v (rows,) are: weak duality."""
        v = np.where(self.equal, v, np.maximum(v, 0.0))
        return float(v @ self.top + np.maximum(self.gain - v @ self.matrix, 0.0).sum())


class _Model:
    """One solver for all units of y (units, indicators), columns with maximum 1.

    Without bounds only the gains change from unit to unit, and the last basis stays feasible.
    """

    def __init__(self, y: Floats, bounds: Shares | None) -> None:
        self.y, self.bounds, self.solver = y, bounds, _solver()
        n = len(y)
        plain = _Programme(y, np.ones(n), np.zeros(n, dtype=bool), y[0])
        self.pattern = plain if bounds is None else _pattern(y, bounds)
        self.places = np.nonzero(self.pattern.matrix.T)
        if bounds is None:
            _pass(self.solver, plain, self.places)

    def best(self, k: int) -> tuple[Floats, float]:
        """Weights of unit k that put no unit above 1, and a bound on what any others score."""
        n, size = self.y.shape
        if self.bounds is None:
            p = replace(self.pattern, gain=self.y[k])
            self.solver.changeColsCost(size, np.arange(size, dtype=np.int32), -p.gain)
        else:
            matrix = self.pattern.matrix.copy()
            matrix[n:, :size] *= self.y[k]
            p = replace(self.pattern, matrix=matrix)
            _pass(self.solver, p, self.places)
        self.solver.run()
        solution = self.solver.getSolution()
        u, v = np.asarray(solution.col_value), -np.asarray(solution.row_dual)
        if u.shape != p.gain.shape or v.shape != p.top.shape:
            return np.zeros(size), np.inf
        w = np.maximum(u[:size], 0.0)
        w = w / max(1.0, float((self.y @ w).max()))
        # The score these weights give, in the rows that compare it with the shares.
        given = np.r_[w, w @ self.y[k]]
        kept = self.bounds is None or bool((p.matrix[n:] @ given <= PROVEN).all())
        return w, p.bound(v) if kept else np.inf


def _pattern(y: Floats, bounds: Shares) -> _Programme:
    """Rows over (w, s) as for a unit of ones: the units, s = w y_k, and each share against s.

    Multiplied by s the bounds on shares are linear (Cherchye et al. 2007). The entries of w after
    the units are to be multiplied by y_k.
    """
    n, size = y.shape
    part = bounds.members(size)
    low = np.r_[bounds.low, bounds.pillar_low]
    high = np.r_[bounds.high, bounds.pillar_high]
    below, above = np.c_[-part, low][low > 0], np.c_[part, -high][high < 1]
    matrix = np.vstack([np.c_[y, np.zeros(n)], np.r_[-np.ones(size), 1.0], below, above])
    place = np.arange(len(matrix))
    gain = np.r_[np.zeros(size), 1.0]
    return _Programme(matrix, (place < n).astype(np.float64), place == n, gain)


def _solver() -> Any:
    import highspy

    # The class below `Highs` is the same solver; `Highs` itself greets on standard output.
    solver: Any = highspy.Highs.__mro__[1]()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        # Primal simplex: the last vertex stays feasible when only the costs change.
        ("simplex_strategy", 4),
        ("random_seed", 0),
        ("primal_feasibility_tolerance", 1e-10),
        ("dual_feasibility_tolerance", 1e-10),
    ):
        solver.setOptionValue(name, value)
    return solver


def _pass(solver: Any, p: _Programme, places: tuple[Any, ...]) -> None:
    """Hand a programme over; places are columns and rows of its entries, in order of columns."""
    import highspy

    rows, columns = p.matrix.shape
    column, row = places
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows, columns
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = -p.gain, np.zeros(columns), np.ones(columns)
    lp.row_lower_, lp.row_upper_ = np.where(p.equal, p.top, -np.inf), p.top
    lp.a_matrix_.start_ = np.searchsorted(column, np.arange(columns + 1)).astype(np.int32)
    lp.a_matrix_.index_ = row.astype(np.int32)
    lp.a_matrix_.value_ = p.matrix[row, column]
    solver.passModel(lp)


def _possible(bounds: Shares, positive: Bools) -> Bools:
    """Units (units,) for which shares exist: bounds fit together, and zeros have no share."""
    low, high = bounds.low, np.where(positive, bounds.high, 0.0)
    each = np.asarray((low <= high + NEAR).all(axis=1))
    alone = bounds.pillar < 0 if bounds.pillar.size else np.ones(low.size, dtype=bool)
    least, most = low[alone].sum(), high[:, alone].sum(axis=1)
    if bounds.pillar_low.size:
        member = bounds.members(low.size)[low.size :]
        group_low = np.maximum(member @ low, bounds.pillar_low)
        group_high = np.minimum(high @ member.T, bounds.pillar_high)
        each &= (group_low <= group_high + NEAR).all(axis=1)
        least, most = least + group_low.sum(), most + group_high.sum(axis=1)
    found: Bools = each & (least <= 1 + NEAR) & (most >= 1 - NEAR)
    return found


def _bounds_are_right(bounds: Shares, codes: Sequence[str]) -> None:
    n, pillars = len(codes), bounds.pillar_low.size
    right = bounds.low.shape == bounds.high.shape == (n,)
    right &= bounds.pillar_high.shape == (pillars,) and bounds.pillar.shape in ((n,), (0,))
    right &= not pillars or (bounds.pillar.size > 0 and int(bounds.pillar.max()) < pillars)
    printed = f"bounds for {bounds.low.size} indicators and {pillars} pillars"
    if right:
        low, high = np.r_[bounds.low, bounds.pillar_low], np.r_[bounds.high, bounds.pillar_high]
        names = [*codes, *(f"pillar {g + 1}" for g in range(pillars))]
        wrong = np.flatnonzero(~((low >= 0) & (low <= high) & (high <= 1))).tolist()
        printed = listed(f"{names[j]}: {low[j]:g} to {high[j]:g}" for j in wrong)
        if not wrong and _possible(bounds, np.ones((1, n), dtype=bool))[0]:
            return
        printed = printed or f"low {bounds.low.sum():g} and high {bounds.high.sum():g} in all"
    raise UsageError(
        "no shares can keep these bounds",
        place=f"indicators {listed(codes)}",
        printed=printed,
        admissible="0 <= low <= high <= 1 for each indicator and pillar; shares that add up to 1",
        fix="lower the lower bounds or raise the upper ones",
    )


def _data_are_right(x: Floats, codes: Sequence[str], units: Sequence[str]) -> None:
    if x.shape != (len(units), len(codes)):
        raise UsageError(
            "benefit of the doubt needs one row a unit and one column an indicator",
            printed=f"{x.shape} for {len(units)} units and {len(codes)} indicators",
            fix="give the units and codes of the table",
        )
    wrong = np.argwhere((x < 0) | np.isinf(x)).tolist()
    if wrong:
        raise HansaError(
            "benefit of the doubt needs values of 0 or more",
            place=listed(dict.fromkeys(codes[j] for _, j in wrong)),
            printed=listed(f"{codes[j]} of {units[i]}: {x[i, j]:g}" for i, j in wrong),
            admissible="finite values from 0",
            fix="normalise with min-max or goalposts first",
        )
    there = ~np.isnan(x).any(axis=1)
    if not (x[there] > 0).any():
        raise HansaError(
            "no unit without missing cells has a value above 0",
            place=f"indicators {listed(codes)}",
            printed=f"{there.sum()} of {len(x)} units are complete",
            admissible="at least one complete unit with a value above 0",
            fix="impute first, or leave indicators with gaps out",
        )


def _findings(
    there: Bools, zero: Bools, units: Sequence[str], result: tuple[int, int]
) -> tuple[Finding, ...]:
    """What a reader of the scores must know; result is units at 1 and indicators."""
    named = np.asarray(units)
    at_one, indicators = result
    found = [
        Finding(
            "warning" if at_one > 0.5 * there.sum() else "note",
            f"{there.sum()} units, {indicators} indicators",
            "free weights make most units best when indicators outnumber units",
            f"{at_one} of {there.sum()} units score 1",
            "scores that tell units apart",
            "bound the shares of indicators or pillars, or score pillars in place of indicators",
        )
    ]
    for units_at, rule, fix in (
        (~there, "units with missing cells are not scored and are no yardstick", "impute first"),
        (zero, "units that cannot keep the bounds on shares, or have only zeros, score 0",
         "normalise to a range above 0, as [1, 100], or lower the bounds"),
    ):  # fmt: skip
        if units_at.any():
            text = f"{units_at.sum()} units"
            found.append(Finding("warning", listed(named[units_at]), rule, text, "", fix))
    return tuple(found)
