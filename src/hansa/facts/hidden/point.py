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
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from hansa.facts.hidden.system import Ints
from hansa.law import Floats
from hansa.solve import Polytope

STEPS = 100
"""Newton steps at most."""

NEAR = 1e-8
"""A sum holds when it misses by less than this, relative to its own size."""

HOLDS = 1e-6
"""A point that misses a sum by more than this, relative to that sum, is not given."""

DAMPING = 0.3
"""Part of a sum's miss that dampens its step: of 0.03 to 1 the one with the fewest steps."""

FLOOR = 1e-3
"""A prior of nothing forbids a cell; cells that may hold something get at least this, or this part
of the largest in a table of smaller numbers."""


@dataclass(frozen=True)
class _Sums:
    """What serves every step and every draw over one set of sums: built once.

    order   sums by least degree, so that the Newton system is sparse to factor; two are linked
            where they share a cell
    matrix  of the sums in that order, and transposed
    shape   matrix of ones where two sums are linked, its diagonal, and the linear map from sizes of
            cells to its entries: A diag(x) A' = shape with the data `spread @ x`
    """

    order: Ints
    matrix: Any
    transposed: Any
    shape: Any
    diagonal: Ints
    spread: Any


def _sums_of(p: Polytope) -> _Sums:
    rows = sparse.csr_matrix(p.matrix)
    linked = abs(rows) @ abs(rows).T + sparse.identity(rows.shape[0])
    order = np.argsort(splu(sparse.csc_matrix(linked), permc_spec="MMD_AT_PLUS_A").perm_c)
    shape = sparse.csc_matrix(sparse.csr_matrix(linked)[order][:, order])
    shape.sort_indices()
    size = rows.shape[0]
    at = np.repeat(np.arange(size), np.diff(shape.indptr)) * size + shape.indices
    cells = sparse.csc_matrix(rows[order])
    first, second, cell = _pairs(cells.indptr)
    value = cells.data[first] * cells.data[second]
    where = np.searchsorted(
        at, cells.indices[second].astype(np.int64) * size + cells.indices[first]
    )
    spread = sparse.csr_matrix((value, (where, cell)), shape=(at.size, rows.shape[1]))
    diagonal = np.searchsorted(at, np.arange(size) * (size + 1))
    matrix = sparse.csr_matrix(cells)
    return _Sums(order, matrix, sparse.csr_matrix(cells.T), shape, diagonal, spread)


def _pairs(start: Ints) -> tuple[Ints, Ints, Ints]:
    """All pairs of entries of one column of a CSC matrix: first, second, and the column."""
    count = np.diff(start).astype(np.int64)
    cell = np.repeat(np.arange(count.size), count**2)
    within = np.arange(cell.size) - np.repeat(np.cumsum(count**2) - count**2, count**2)
    one, other = np.divmod(within, np.maximum(count[cell], 1))
    return start[cell] + one, start[cell] + other, cell


@dataclass(frozen=True)
class Point:
    """The point, what a similar problem may start from, and how it ended.

    sums         the sums as the Newton system needs them
    multipliers  of the sums, in their order
    miss         the largest miss of a sum, relative to its size
    """

    x: Floats
    sums: _Sums
    multipliers: Floats
    steps: int
    miss: float

    @property
    def holds(self) -> bool:
        """True where the sums hold; a point that misses them is no point of the polytope."""
        return self.miss <= HOLDS


def nearest(
    p: Polytope, prior: Floats, like: Point | None = None, weight: Floats | None = None
) -> Point:
    """The point of a polytope nearest to a prior.

    like    a point of the same polytope with the same weights, to start from
    weight  what a departure of each cell costs, all 1 where not given
    """
    sums = _sums_of(p) if like is None else like.sums
    dual = _Dual(p, prior, np.ones(prior.size) if weight is None else weight, sums)
    y = dual.swept(np.zeros(sums.order.size)) if like is None else like.multipliers.copy()
    value, gradient, inside, loose = dual.at(y)
    steps = 0
    while steps < STEPS and dual.off(gradient) > NEAR:
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
    off = np.abs(dual.matrix @ x - dual.middle) - dual.slack
    return Point(x, sums, y, steps, float((off / dual.size).max(initial=0.0)))


class _Dual:
    """The dual function of one problem; everything that does not change between steps."""

    def __init__(self, p: Polytope, prior: Floats, weight: Floats, sums: _Sums) -> None:
        self.weight = weight
        self.sums, self.matrix, self.transposed = sums, sums.matrix, sums.transposed
        self.lower, self.upper = p.lower, p.upper
        largest = float(prior.max(initial=0.0))
        unit = min(1.0, largest) if largest > 0 else 1.0
        self.prior = np.maximum(prior, FLOOR * unit)
        self.middle = ((p.row_lower + p.row_upper) / 2)[sums.order]
        self.slack = ((p.row_upper - p.row_lower) / 2)[sums.order]
        with np.errstate(divide="ignore"):
            self.bottom = np.log(p.lower / self.prior)
            self.top = np.log(p.upper / self.prior)
        gross = abs(self.matrix) @ np.clip(self.prior, p.lower, p.upper)
        self.size = np.maximum(np.maximum(np.abs(self.middle), gross), unit)

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

    def off(self, gradient: Floats) -> float:
        """The largest miss of a sum, relative to its size, slack included."""
        return float((np.abs(gradient) / self.size).max(initial=0.0))

    def newton(self, gradient: Floats, inside: Floats, loose: Floats) -> Floats:
        """The Newton step, damped by what each sum misses (Levenberg): where every cell of a sum
        is at a bound the function is flat, and far away its curvature says little.
        """
        sums = self.sums
        data = sums.spread @ inside
        diagonal = data[sums.diagonal] + loose
        ridge = loose + DAMPING * np.abs(gradient) + 1e-9 * diagonal
        data[sums.diagonal] += np.where(ridge > 0, ridge, 1e-12 * diagonal.max(initial=1.0))
        shape = sums.shape
        full = sparse.csc_matrix((data, shape.indices, shape.indptr), shape=shape.shape)
        # Symmetric, positive and already in order: nothing to pivot.
        factor = splu(full, "NATURAL", 0.0, options={"SymmetricMode": True})
        return np.asarray(-factor.solve(gradient))

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
