"""Weights of siblings that people give: points, pairwise judgements, best and worst.

Methods: index, section 2.6. One family at a time. Experts are rows; every expert says something of
every child. What the experts differ by becomes uncertainty of weights (`expert_draws`, section 4).
`weights_reading` makes the arrays of a table of answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, UsageError, listed

Floats = npt.NDArray[np.float64]

POINTS = 100.0
"""What an expert of a budget allocation spreads."""

EXACT = 1e-6
"""Sums of points and products of reciprocal judgements are right within this share."""

RANDOM_INDEX = (
    0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59,
)  # fmt: skip
"""Mean consistency index of random reciprocal matrices of 1 to 15 rows.

Source: Saaty 1980, The Analytic Hierarchy Process, McGraw-Hill (the fall at 12 is in his table).
"""

ACCEPTED = 0.10
"""A consistency ratio above this is flagged (Saaty 1980)."""


@dataclass(frozen=True)
class PeopleWeights:
    """Weights of one family by several experts.

    weights    (children,) sum to 1
    by_expert  (experts, children) each row sums to 1
    """

    weights: Floats
    by_expert: Floats


@dataclass(frozen=True)
class Ahp:
    """Weights of one judgement matrix and its consistency.

    weights     (children,) principal eigenvector, sum 1
    lambda_max  principal eigenvalue; ci = (lambda_max - n) / (n - 1), 0 for fewer than 3 children
    cr          ci / random index; NaN for more than 15 children, of which Saaty gives none
    flagged     cr above 0.10
    """

    weights: Floats
    lambda_max: float
    ci: float
    cr: float
    flagged: bool


@dataclass(frozen=True)
class GroupAhp:
    """A group's judgements: of the geometric means, and of each expert.

    group      of the matrix of geometric means
    by_expert  (experts, children); cr is (experts,), flagged are the experts with cr above 0.10
    """

    group: Ahp
    by_expert: Floats
    cr: Floats
    flagged: tuple[str, ...]


@dataclass(frozen=True)
class BestWorst:
    """Weights of the best-worst method.

    weights    (children,) sum to 1
    xi         largest deviation, 0 for consistent comparisons
    low, high  (children,) range of each weight among all solutions with this xi
    """

    weights: Floats
    xi: float
    low: Floats
    high: Floats

    @property
    def unique(self) -> bool:
        """Whether no other weights deviate as little."""
        return bool((self.high - self.low).max() <= 1e-7)


@dataclass(frozen=True)
class Agreement:
    """How far experts agree.

    kendall_w  0 none to 1 full, on their ranks, ties corrected; NaN where it is not defined
    sd         (children,) standard deviation of weights over experts, NaN for one expert
    """

    kendall_w: float
    sd: Floats


def budget_allocation(
    points: Floats, experts: Sequence[str], codes: Sequence[str]
) -> PeopleWeights:
    """Mean over experts of points (experts, children) that each expert spreads, 100 in all.

    Raises HansaError naming experts whose points are missing, negative or not 100 in all.
    Source: OECD/JRC Handbook 2008, step 6.
    """
    _points_are_right(points, experts, codes)
    sums = points.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - POINTS) > EXACT * POINTS).tolist()
    if wrong:
        raise HansaError(
            "points of a budget allocation must be 100 in all",
            place=f"experts {listed(experts[e] for e in wrong)}; children {listed(codes)}",
            printed=listed(f"{experts[e]}: {sums[e]:.10g}" for e in wrong),
            admissible="100 points an expert",
            fix="ask the expert again, or use swing, which takes any sum",
        )
    return _mean_of(points / sums[:, None])


def swing(points: Floats, experts: Sequence[str], codes: Sequence[str]) -> PeopleWeights:
    """points / sum of each expert (experts, children), then the mean over experts.

    Raises HansaError naming experts whose points are missing, negative or all 0.
    Source: von Winterfeldt and Edwards 1986.
    """
    _points_are_right(points, experts, codes)
    return _mean_of(points / points.sum(axis=1, keepdims=True))


def _mean_of(by_expert: Floats) -> PeopleWeights:
    mean = by_expert.mean(axis=0)
    return PeopleWeights(mean / mean.sum(), by_expert)


def _points_are_right(points: Floats, experts: Sequence[str], codes: Sequence[str]) -> None:
    if points.shape != (len(experts), len(codes)) or not points.size:
        raise UsageError(
            "points need one row an expert and one column a child",
            printed=f"{points.shape} for {len(experts)} experts and {len(codes)} children",
            fix="give the experts and codes the points belong to",
        )
    bad = np.argwhere(~(np.isfinite(points) & (points >= 0))).tolist()
    none = np.flatnonzero(np.nansum(points, axis=1) <= 0).tolist()
    found = [f"{experts[e]} for {codes[j]}: {points[e, j]:g}" for e, j in bad]
    found += [f"{experts[e]}: no points above 0" for e in none]
    if found:
        raise HansaError(
            "points are missing or negative",
            place=listed(dict.fromkeys([experts[e] for e, _ in bad] + [experts[e] for e in none])),
            printed=listed(found),
            admissible="a number of 0 or more for every child, not all 0",
            fix="ask the expert again, or leave the expert out",
        )


def ahp(matrix: Floats, codes: Sequence[str], expert: str = "") -> Ahp:
    """Weights of one reciprocal matrix (children, children): entry i, j says how i compares to j.

    Raises HansaError naming the cells that are not positive or not reciprocal.
    Source: Saaty 1980.
    """
    _reciprocal(matrix, codes, expert)
    n = len(codes)
    # Divided by its row means a consistent matrix is all ones, whatever the size of its entries.
    means = np.exp(np.log(matrix).mean(axis=1))
    values, vectors = np.linalg.eig(matrix * means / means[:, None])
    first = int(np.argmax(values.real))
    v = np.abs(vectors[:, first].real) * means
    top = float(values[first].real)
    # The eigenvalue is n at least (Saaty 1980); below is rounding.
    ci = max(0.0, (top - n) / (n - 1)) if n > 2 else 0.0
    if ci <= n * 1e-13:
        ci = 0.0
    index = RANDOM_INDEX[n - 1] if n <= len(RANDOM_INDEX) else float("nan")
    cr = ci / index if n > 2 else 0.0
    return Ahp(v / v.sum(), top, ci, cr, cr > ACCEPTED)


def group_ahp(matrices: Floats, experts: Sequence[str], codes: Sequence[str]) -> GroupAhp:
    """Geometric mean of the judgements (experts, children, children), then `ahp`.

    Experts that are not consistent are flagged, not left out. Raises HansaError as `ahp`.
    Source: Aczel and Saaty 1983 (the geometric mean keeps reciprocity).
    """
    each = [ahp(m, codes, e) for m, e in zip(matrices, experts, strict=True)]
    group = ahp(np.exp(np.log(matrices).mean(axis=0)), codes, "the group")
    flagged = tuple(e for e, one in zip(experts, each, strict=True) if one.flagged)
    return GroupAhp(
        group, np.array([one.weights for one in each]), np.array([one.cr for one in each]), flagged
    )


def _reciprocal(a: Floats, codes: Sequence[str], expert: str) -> None:
    n = len(codes)
    if a.shape != (n, n) or n == 0:
        raise UsageError(
            "judgements need one row and one column a child",
            place=expert,
            printed=f"{a.shape} for {n} children",
            fix="give the codes the matrix belongs to",
        )
    positive = np.isfinite(a) & (a > 0)
    product = np.where(positive, a, 1.0) * np.where(positive, a, 1.0).T
    off = np.argwhere(~positive | np.triu(np.abs(product - 1) > EXACT)).tolist()
    if not off:
        return
    by = f"{expert}: " if expert else ""
    raise HansaError(
        "judgements are not reciprocal",
        place=by + listed(f"{codes[i]} against {codes[j]}" for i, j in off),
        printed=listed(
            f"{codes[i]}/{codes[j]} {a[i, j]:.6g}, {codes[j]}/{codes[i]} {a[j, i]:.6g}"
            for i, j in off
        ),
        admissible="positive numbers with a_ij a_ji = 1, and 1 on the diagonal",
        fix="write 1/3 in place of 0.33, or leave one of the two cells out: it is filled in",
    )


def best_worst(
    to_others: Floats, to_worst: Floats, codes: Sequence[str], best: str, worst: str
) -> BestWorst:
    """Least xi with |w_B - a_Bj w_j| <= xi and |w_j - a_jW w_W| <= xi, w >= 0, sum w = 1.

    to_others (children,) a_Bj, how the best child compares to child j; to_worst (children,) a_jW.
    Where several weights have the same xi the middle of the extreme ones is given, and low < high.
    Raises HansaError naming the comparisons that cannot be.
    Source: Rezaei 2015 (method), 2016 (this linear model).
    """
    from scipy.optimize import linprog

    b, w = _best_worst_is_right(to_others, to_worst, codes, best, worst)
    n = len(codes)
    eye = np.eye(n)
    rows = np.vstack([eye[b] - to_others[:, None] * eye, eye - np.outer(to_worst, eye[w])])
    both = np.vstack([rows, -rows])
    one = np.ones((1, n))
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    first = linprog(
        np.r_[np.zeros(n), 1.0],
        A_ub=np.hstack([both, -np.ones((len(both), 1))]),
        b_ub=np.zeros(len(both)),
        A_eq=np.c_[one, 0.0],
        b_eq=[1.0],
        options=exact,
    )
    xi = max(0.0, float(first.x[n]))
    slack = np.full(len(both), xi + 1e-9)
    ends = [
        linprog(cost, A_ub=both, b_ub=slack, A_eq=one, b_eq=[1.0], options=exact)
        for cost in np.vstack([eye, -eye])
    ]
    points = np.array([end.x for end in ends if end.status == 0] or [first.x[:n]])
    low, high = points.min(axis=0), points.max(axis=0)
    middle = points.mean(axis=0) if (high - low).max() > 1e-7 else first.x[:n]
    middle = np.maximum(middle, 0.0)
    return BestWorst(middle / middle.sum(), xi if xi > 1e-12 else 0.0, low, high)


def _best_worst_is_right(
    to_others: Floats, to_worst: Floats, codes: Sequence[str], best: str, worst: str
) -> tuple[int, int]:
    """Positions of the best and the worst child; HansaError with everything that is wrong."""
    found = [f"there is no child {c}" for c in (best, worst) if c not in codes]
    for a, name in ((to_others, f"{best} against {{}}"), (to_worst, f"{{}} against {worst}")):
        if len(a) != len(codes):
            found.append(f"{len(a)} comparisons for {len(codes)} children")
            continue
        found += [
            f"{name.format(c)}: {v:g}" for c, v in zip(codes, a, strict=True) if not 1 <= v < np.inf
        ]
    if not found:
        b, w = list(codes).index(best), list(codes).index(worst)
        if to_others[b] != 1 or to_worst[w] != 1:
            found.append("a child compared with itself is not 1")
        if to_others[w] != to_worst[b]:
            found.append(f"{best} against {worst}: {to_others[w]:g} and {to_worst[b]:g}")
        if not found:
            return b, w
    raise HansaError(
        "best-worst comparisons cannot be right",
        place=f"best {best}, worst {worst}; children {listed(codes)}",
        printed=listed(found),
        admissible="numbers from 1 (usually to 9), one for each child; 1 for the child itself; "
        "best against worst the same both times",
        fix="ask the expert again",
    )


def expert_draws(
    weights: Floats, rng: np.random.Generator, draws: int, geometric: bool = False
) -> Floats:
    """Bootstrap over experts: (experts, children) to (draws, children), each row with sum 1.

    Each draw takes as many experts as there are, with replacement, and their mean; geometric for
    weights of AHP, whose group is a geometric mean (all weights must be positive then). One expert
    gives the same weights every time. Source: Efron 1979.
    """
    experts = len(weights)
    if experts == 0 or (geometric and not (weights > 0).all()):
        raise UsageError(
            "there is nothing to draw from",
            printed=f"{experts} experts, smallest weight {weights.min(initial=np.inf):g}",
            admissible="at least one expert; positive weights for a geometric mean",
            fix="give the weights of the experts, or use the arithmetic mean",
        )
    share = rng.multinomial(experts, np.full(experts, 1 / experts), size=draws) / experts
    mean = np.exp(share @ np.log(weights)) if geometric else share @ weights
    drawn: Floats = mean / mean.sum(axis=1, keepdims=True)
    return drawn


def agreement(weights: Floats) -> Agreement:
    """Kendall's W over experts, with ties, and the spread of each weight (experts, children).

    W = 12 S / (m^2 (n^3 - n) - m T), S the squared deviations of the rank sums, T the sum of
    t^3 - t over ties. NaN for one expert, one child or experts who all rank nothing apart.
    Source: Kendall 1948.
    """
    m, n = weights.shape
    sd = weights.std(axis=0, ddof=1) if m > 1 else np.full(n, np.nan)
    gap = weights[:, :, None] - weights[:, None, :]
    near = 1e-12 * np.ptp(weights, axis=1).clip(1e-300)[:, None, None]
    equal = (np.abs(gap) <= near).sum(axis=1)
    sums = ((gap < -near).sum(axis=2) + (equal + 1) / 2).sum(axis=0)
    full = m**2 * (n**3 - n) - m * float((equal**2 - 1).sum())
    if m < 2 or full <= 0:
        return Agreement(float("nan"), sd)
    return Agreement(float(12 * ((sums - sums.mean()) ** 2).sum() / full), sd)
