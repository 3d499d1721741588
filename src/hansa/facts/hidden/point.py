"""The best point within the sums: nearest to a prior by bounded Kullback-Leibler divergence.

Minimise sum x ln(x/q) - x + q over lower <= x <= upper and row_lower <= A x <= row_upper. The
solution has the form x_j = clip(q_j exp((A'y)_j), l_j, u_j) (Bregman, 1967; Censor and Zenios,
1997, ch. 6), so the dual is a smooth convex function of one number a sum, and Newton's method
finds it in a few steps. With two margins and no bounds it is iterative proportional fitting.
A sum that is only known within an interval has a slack t with the cost t^2 / (2 bound).

With weights w the divergence of each cell costs w times as much and x_j = q_j exp((A'y)_j / w_j):
cells whose prior is good keep it, and the others give way, as in balancing by reliability (Stone,
Champernowne and Meade, 1942; Lenzen, Gallego and Wood, 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.linalg import splu

from hansa.law import Floats
from hansa.solve import Polytope

STEPS = 100
"""Newton steps at most."""

NEAR = 1e-8
"""A sum holds when it misses by less than this, relative to its size."""

HOLDS = 1e-6
"""A point that misses a sum by more than this, relative to the largest, is not given."""

DENSE = 1500
"""Sums up to which the Newton system is factored as a dense matrix."""

FLOOR = 1e-3
"""A prior of nothing forbids a cell; cells that may hold something get at least this."""


@dataclass(frozen=True)
class Point:
    """The point, the multipliers of the sums (to start from next time), and how it ended.

    miss  the largest miss of a sum, in its own unit
    size  the largest number of a sum, at least 1
    """

    x: Floats
    multipliers: Floats
    steps: int
    miss: float
    size: float

    @property
    def holds(self) -> bool:
        """True where the sums hold; a point that misses them is no point of the polytope."""
        return self.miss <= HOLDS * self.size


def nearest(
    p: Polytope, prior: Floats, start: Floats | None = None, weight: Floats | None = None
) -> Point:
    """The point of a polytope nearest to a prior.

    start   multipliers of a similar problem with the same weights
    weight  what a departure of each cell costs, all 1 where not given
    """
    dual = _Dual(p, prior, np.ones(prior.size) if weight is None else weight)
    y = np.zeros(p.row_lower.size) if start is None else start.copy()
    if start is None:
        y = dual.swept(y)
    value, gradient, inside, loose = dual.at(y)
    steps = 0
    while steps < STEPS and np.abs(gradient).max(initial=0.0) > dual.near:
        step = dual.newton(gradient, inside, loose)
        length, slope = 1.0, float(gradient @ step)
        while length > 1e-10:
            trial = y + length * step
            found = dual.at(trial)
            if found[0] <= value + 1e-4 * length * slope + 1e-12 * abs(value):
                break
            length /= 2
        else:
            break
        y = trial
        value, gradient, inside, loose = found
        steps += 1
    x = dual.x(y)
    miss = dual.matrix @ x
    off = np.maximum(p.row_lower - miss, miss - p.row_upper)
    return Point(x, y, steps, float(off.max(initial=0.0)), dual.size)


class _Dual:
    """The dual function of one problem; everything that does not change between steps."""

    def __init__(self, p: Polytope, prior: Floats, weight: Floats) -> None:
        self.weight = weight
        self.matrix = sparse.csr_matrix(p.matrix)
        self.transposed = sparse.csr_matrix(p.matrix.T)
        self.lower, self.upper = p.lower, p.upper
        self.prior = np.maximum(np.clip(prior, FLOOR, None), 1e-300)
        self.middle = (p.row_lower + p.row_upper) / 2
        self.slack = (p.row_upper - p.row_lower) / 2
        with np.errstate(divide="ignore"):
            self.bottom = np.log(p.lower / self.prior)
            self.top = np.log(p.upper / self.prior)
        self.size = max(1.0, float(np.abs(self.middle).max(initial=0.0)))
        self.near = NEAR * self.size

    def x(self, y: Floats) -> Floats:
        """The point that belongs to multipliers."""
        z = np.clip((self.transposed @ y) / self.weight, self.bottom, self.top)
        x = self.prior * np.exp(np.minimum(z, 700.0))
        return np.asarray(np.clip(x, self.lower, self.upper))

    def at(self, y: Floats) -> tuple[float, Floats, Floats, Floats]:
        """Value, gradient, cells strictly inside (their size, else 0), slacks strictly inside."""
        z = (self.transposed @ y) / self.weight
        clipped = np.clip(z, self.bottom, self.top)
        x = np.clip(self.prior * np.exp(np.minimum(clipped, 700.0)), self.lower, self.upper)
        t = np.clip(y, -1.0, 1.0) * self.slack
        over = np.where(np.isfinite(z - clipped), z - clipped, 0.0)
        value = float((self.weight * (x + over * x)).sum() - y @ self.middle)
        value += float((y * t - np.clip(y, -1.0, 1.0) * t / 2).sum())
        gradient = self.matrix @ x + t - self.middle
        inside = np.where((z > self.bottom) & (z < self.top), x / self.weight, 0.0)
        loose = np.where(np.abs(y) < 1.0, self.slack, 0.0)
        return value, gradient, inside, loose

    def newton(self, gradient: Floats, inside: Floats, loose: Floats) -> Floats:
        """The Newton step, damped by what each sum misses (Levenberg): where every cell of a sum
        is at a bound the function is flat, and far away its curvature says little.
        """
        weighted = self.matrix.multiply(inside).tocsr()
        hessian = weighted @ self.transposed
        diagonal = hessian.diagonal() + loose
        ridge = loose + np.abs(gradient) + 1e-9 * diagonal + 1e-12 * diagonal.max(initial=1.0)
        if gradient.size <= DENSE:
            dense = hessian.toarray()
            dense[np.diag_indices_from(dense)] += ridge
            try:
                return np.asarray(-cho_solve(cho_factor(dense, check_finite=False), gradient))
            except LinAlgError:
                dense[np.diag_indices_from(dense)] += 1e-6 * (diagonal.max(initial=0.0) + 1.0)
                return np.asarray(-np.linalg.solve(dense, gradient))
        full = sparse.csc_matrix(hessian + sparse.diags(ridge))
        return np.asarray(-splu(full, permc_spec="MMD_AT_PLUS_A").solve(gradient))

    def swept(self, y: Floats, rounds: int = 3) -> Floats:
        """A few rounds of proportional fitting over all sums at once, damped: a good start."""
        rows = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        sharing = np.maximum(np.diff(self.transposed.indptr).max(initial=1), 1)
        for _ in range(rounds):
            x = self.x(y)
            part = self.matrix.data * x[self.matrix.indices]
            plus = np.bincount(rows, np.maximum(part, 0.0), minlength=y.size)
            minus = np.bincount(rows, np.maximum(-part, 0.0), minlength=y.size)
            with np.errstate(divide="ignore", invalid="ignore"):
                change = np.log((self.middle + minus) / plus)
            y = y + np.where(np.isfinite(change), np.clip(change, -3, 3), 0.0) / sharing
        return y
