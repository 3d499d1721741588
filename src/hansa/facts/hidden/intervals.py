"""The exact interval of every unknown cell: what all sums together allow.

Gonzalez and Cox (2005) call this the feasibility interval of statistical disclosure control. Sums
that hang together only in a tree need no programme: bound propagation already gives their exact
intervals (Freuder, 1982). Where they run in circles, two linear programmes a cell would do;
`hansa.solve.ranges` needs far fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from hansa.facts.hidden.presolve import Contradiction, presolved, relaxed
from hansa.facts.hidden.system import Ints, System
from hansa.law import Floats
from hansa.solve import Infeasible, Polytope, least_misses, ranges

OPEN = 1e-9
"""A cell whose interval is narrower than this, relative to its size, is as good as known."""

TRIES = 5
"""Rounds of giving up sums that contradict each other."""

LARGEST = 20_000
"""Cells of one component up to which programmes are solved; beyond, propagation stands."""


@dataclass(frozen=True)
class Intervals:
    """The system with the interval of each cell, and how they came about.

    contradictions  sums that cannot hold; they were given up, and what they miss
    programmes      linear programmes solved; 0 where propagation was enough
    loose           cells whose interval is valid but may not be the narrowest
    """

    system: System
    contradictions: tuple[Contradiction, ...]
    programmes: int
    loose: int


@dataclass(frozen=True)
class Component:
    """Cells that hang together through sums: positions in the system, and the sums as positions."""

    cells: Ints
    rows: Ints
    polytope: Polytope

    @property
    def is_tree(self) -> bool:
        """True where no sums run in a circle."""
        matrix = self.polytope.matrix
        return bool(matrix.nnz < matrix.shape[0] + matrix.shape[1])


def intervals_of(system: System, exact: bool = True) -> Intervals:
    """Exact intervals of every unknown cell; contradicting sums are listed and given up."""
    found: list[Contradiction] = []
    for _ in range(TRIES):
        tight, own = presolved(system)
        found += own
        # What is given up stays given up; bounds of cells are found anew.
        system = replace(system, row_lower=tight.row_lower, row_upper=tight.row_upper)
        if not exact:
            return Intervals(tight, tuple(found), 0, int(is_open(tight).sum()))
        done, broken = _exact(tight)
        if not broken:
            return replace(done, contradictions=tuple(found))
        found += broken
        system = relaxed(system, _rows_of(broken))
    tight, own = presolved(system)
    found += own
    return Intervals(tight, tuple(found), 0, int(is_open(tight).sum()))


def _exact(tight: System) -> tuple[Intervals, list[Contradiction]]:
    """Intervals by programmes where sums run in circles; sums in the way where there are any."""
    lower, upper = tight.lower.copy(), tight.upper.copy()
    programmes = loose = 0
    broken: list[Contradiction] = []
    for part in components(tight):
        if part.is_tree:
            continue
        if part.cells.size > LARGEST:
            loose += part.cells.size
            continue
        try:
            exact = ranges(part.polytope)
        except Infeasible:
            # Where nothing has to give way, the solver was at the end of its precision.
            misses = _misses(part)
            broken += misses
            loose += 0 if misses else part.cells.size
            continue
        programmes += exact.programmes
        lower[part.cells], upper[part.cells] = exact.lower, exact.upper
    done = replace(tight, lower=lower, upper=np.maximum(lower, upper))
    return Intervals(done, (), programmes, loose), broken


def _rows_of(broken: list[Contradiction]) -> Ints:
    return np.array([c.row for c in broken], np.int64)


def is_open(system: System) -> np.ndarray:
    """Cells that are not yet known up to rounding errors."""
    width = system.upper - system.lower
    return width > OPEN * np.maximum(1.0, np.abs(system.lower))


def components(system: System) -> Iterator[Component]:
    """The parts of a system that share no open cell; cells known by now move to the right."""
    free = is_open(system)
    middle = np.where(free, 0.0, (system.lower + system.upper) / 2)
    fixed = system.matrix @ middle
    unsure = np.abs(system.matrix) @ np.where(free, 0.0, (system.upper - system.lower) / 2)
    cells = np.flatnonzero(free)
    kept = np.isfinite(system.row_lower)
    matrix = sparse.csr_matrix(sparse.diags(kept.astype(float)) @ system.matrix[:, cells])
    matrix.eliminate_zeros()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    links = sparse.csr_matrix(
        (np.ones(rows.size), (rows, matrix.shape[0] + matrix.indices)),
        shape=(sum(matrix.shape), sum(matrix.shape)),
    )
    count, label = connected_components(links, directed=False)
    row_label, cell_label = label[: matrix.shape[0]], label[matrix.shape[0] :]
    row_order = np.argsort(row_label, kind="stable")
    cell_order = np.argsort(cell_label, kind="stable")
    row_start = np.searchsorted(row_label[row_order], np.arange(count + 1))
    cell_start = np.searchsorted(cell_label[cell_order], np.arange(count + 1))
    for k in range(count):
        own = np.sort(cell_order[cell_start[k] : cell_start[k + 1]])
        sums = np.sort(row_order[row_start[k] : row_start[k + 1]])
        if own.size and sums.size:
            ends = (system.row_lower - fixed - unsure, system.row_upper - fixed + unsure)
            yield Component(cells[own], sums, _polytope(system, matrix, (sums, own), cells, ends))


def _polytope(
    system: System,
    matrix: sparse.csr_matrix,
    at: tuple[Ints, Ints],
    cells: Ints,
    ends: tuple[Floats, Floats],
) -> Polytope:
    rows, own = at
    return Polytope(
        sparse.csc_matrix(matrix[rows][:, own]),
        ends[0][rows],
        ends[1][rows],
        system.lower[cells[own]],
        system.upper[cells[own]],
    )


def _misses(part: Component) -> list[Contradiction]:
    """The sums that have to give way so that all others hold, and by how much."""
    found = least_misses(part.polytope)
    rows = np.flatnonzero(found.by > found.least)
    return [Contradiction(int(part.rows[r]), float(found.by[r])) for r in rows]
