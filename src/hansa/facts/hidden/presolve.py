"""Presolve: what single sums say about each cell, until nothing moves any more.

Bound propagation: in a sum that lies in an interval, each member is at most what the others leave
over and at least what they cannot cover. On tables whose sums do not run in circles the result is
the exact interval; elsewhere it contains it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hansa.facts.hidden.system import Ints, System
from hansa.law import Floats

SWEEPS = 200
"""Most rounds; propagation may creep towards a limit, and linear programmes finish it."""

MOVED = 1e-9
"""A bound that moves by less than this, relative to its size, has not moved."""

BROKEN = 1e-7
"""A sum that misses by less than this may miss by rounding errors; more where it is very large."""


@dataclass(frozen=True)
class Contradiction:
    """A sum that cannot hold: its row, and by how much it misses."""

    row: int
    miss: float


def presolved(system: System) -> tuple[System, list[Contradiction]]:
    """The system with tighter bounds of cells; sums that cannot hold are given up and listed.

    Bounds that a broken sum had given to its parts are forgotten: they are found anew without it.
    """
    found: list[Contradiction] = []
    while True:
        tight, broken = _propagated(system)
        if not broken:
            return tight, found
        found += broken
        system = relaxed(system, np.array([c.row for c in broken], np.int64))


def _propagated(system: System) -> tuple[System, list[Contradiction]]:
    """Sweeps until nothing moves, or until sums are found that cannot hold."""
    for _ in range(SWEEPS):
        least, most = activity_range(system)
        miss = np.maximum(system.row_lower - most, least - system.row_upper)
        broken = np.flatnonzero(miss > BROKEN * (1.0 + 1e-4 * _gross(system)))
        if broken.size:
            return system, [Contradiction(int(r), float(miss[r])) for r in broken]
        ends = _said(system)
        if crossing := _crossing(system, ends):
            return system, crossing
        system, moved = _sweep(system, ends)
        if not moved:
            break
    return system, []


def activity_range(system: System) -> tuple[Floats, Floats]:
    """Least and greatest value of each sum over the unknown cells, by their bounds."""
    a = system.matrix
    low, high = _ends(system)
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    return _by_row(low, rows, a.shape[0]), _by_row(high, rows, a.shape[0])


def _by_row(values: Floats, rows: Ints, size: int) -> Floats:
    return np.bincount(rows, values, minlength=size).astype(float)


def _ends(system: System) -> tuple[Floats, Floats]:
    """Least and greatest contribution of each entry of the matrix."""
    a = system.matrix
    low, high = system.lower[a.indices], system.upper[a.indices]
    plus = a.data > 0
    return np.where(plus, low, -high), np.where(plus, high, -low)


def relaxed(system: System, rows: Ints) -> System:
    """Some sums given up: one that does not hold says nothing of its parts.

    Widened by what it misses, it would pin them to one point, and mostly to a wrong one.
    """
    lower, upper = system.row_lower.copy(), system.row_upper.copy()
    lower[rows], upper[rows] = -np.inf, np.inf
    return replace(system, row_lower=lower, row_upper=upper)


def _said(system: System) -> tuple[Floats, Floats]:
    """What each sum says of each of its members: least and greatest value, by matrix entry."""
    a = system.matrix
    rows = _rows_of(system)
    low, high = _ends(system)
    others_low, others_high = _without(low, rows), _without(high, rows)
    # What the sum leaves to this entry, sign included.
    most = system.row_upper[rows] - others_low
    least = system.row_lower[rows] - others_high
    room = _room(system, rows)
    plus = a.data > 0
    return np.where(plus, least, -most) - room, np.where(plus, most, -least) + room


def _crossing(system: System, ends: tuple[Floats, Floats]) -> list[Contradiction]:
    """Sums that say of one cell what cannot both be: at least this, and at most less."""
    cell = system.matrix.indices
    lower, upper = _tightened(system, ends)
    apart = lower - upper
    wrong = apart > BROKEN * (1.0 + 1e-4 * float(_gross(system).max(initial=0.0)))
    if not wrong.any():
        return []
    says = wrong[cell] & ((ends[0] == lower[cell]) | (ends[1] == upper[cell]))
    miss = np.zeros(system.row_lower.size)
    np.maximum.at(miss, _rows_of(system)[says], apart[cell[says]])
    return [Contradiction(int(r), float(miss[r])) for r in np.flatnonzero(miss)]


def _tightened(system: System, ends: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    lower, upper = system.lower.copy(), system.upper.copy()
    np.maximum.at(lower, system.matrix.indices, ends[0])
    np.minimum.at(upper, system.matrix.indices, ends[1])
    return lower, upper


def _sweep(system: System, ends: tuple[Floats, Floats]) -> tuple[System, bool]:
    """One round over all sums; whether any bound moved."""
    lower, upper = _tightened(system, ends)
    crossed = lower > upper
    middle = (lower + upper) / 2
    lower, upper = np.where(crossed, middle, lower), np.where(crossed, middle, upper)
    # Only bounds that moved noticeably are taken: creeping by rounding never ends.
    ceiling = np.where(np.isinf(system.upper), 0.0, system.upper)
    down = upper < system.upper - MOVED * np.maximum(1.0, ceiling)
    up = lower > system.lower + MOVED * np.maximum(1.0, system.lower)
    lower, upper = np.where(up, lower, system.lower), np.where(down, upper, system.upper)
    return replace(system, lower=lower, upper=upper), bool((up | down).any())


def _rows_of(system: System) -> Ints:
    """Row of each entry of the matrix."""
    a = system.matrix
    return np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))


def _room(system: System, rows: Ints) -> Floats:
    """Rounding errors of a sum of n numbers: at most n eps times the sum of their sizes."""
    count = np.diff(system.matrix.indptr) + 2
    return np.asarray((np.finfo(float).eps * count * _gross(system))[rows])


def _gross(system: System) -> Floats:
    """The sizes of all numbers of each sum, added up; endless bounds are left out."""
    a = system.matrix
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    ends = np.where(np.isinf(system.upper), system.lower, system.lower + system.upper)
    bounds = np.abs(system.row_lower) + np.abs(system.row_upper)
    bounds[np.isinf(bounds)] = 0.0
    return np.asarray(bounds + _by_row(np.abs(ends)[a.indices], rows, a.shape[0]))


def _without(ends: Floats, rows: Ints) -> Floats:
    """Sum of the other entries of the same row; infinite ends are counted apart."""
    endless = np.isinf(ends)
    finite = np.where(endless, 0.0, ends)
    total = np.bincount(rows, finite)
    count = np.bincount(rows, endless)
    rest = total[rows] - finite
    more = count[rows] - endless
    sign = np.where(ends < 0, -1.0, 1.0)
    side = np.zeros(total.size)
    side[rows[endless]] = sign[endless]
    return np.where(more > 0, np.where(side[rows] < 0, -np.inf, np.inf), rest)
