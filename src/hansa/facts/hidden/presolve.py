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

MOVED = 1e-6
"""A bound that moves by less than this, relative to its size, has not moved."""

SAFE = 1e-9
"""Bounds are widened by this share of the numbers they were computed from."""


@dataclass(frozen=True)
class Contradiction:
    """A sum that cannot hold: its row, and by how much it misses."""

    row: int
    miss: float


def presolved(system: System) -> tuple[System, list[Contradiction]]:
    """The system with tighter bounds of cells; sums that cannot hold are relaxed and listed."""
    found: list[Contradiction] = []
    for _ in range(SWEEPS):
        least, most = activity_range(system)
        scale = np.maximum(1.0, np.abs(system.row_upper))
        miss = np.maximum(system.row_lower - most, least - system.row_upper)
        broken = np.flatnonzero(miss > 1e-7 * scale)
        if broken.size:
            found += [Contradiction(int(r), float(miss[r])) for r in broken]
            system = relaxed(system, broken, miss[broken])
            continue
        tighter, moved = _sweep(system)
        system = tighter
        if not moved:
            break
    return system, found


def activity_range(system: System) -> tuple[Floats, Floats]:
    """Least and greatest value of each sum over the unknown cells, by their bounds."""
    a = system.matrix
    low, high = _ends(system)
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    return (
        np.bincount(rows, low, minlength=a.shape[0]),
        np.bincount(rows, high, minlength=a.shape[0]),
    )


def _ends(system: System) -> tuple[Floats, Floats]:
    """Least and greatest contribution of each entry of the matrix."""
    a = system.matrix
    low, high = system.lower[a.indices], system.upper[a.indices]
    plus = a.data > 0
    return np.where(plus, low, -high), np.where(plus, high, -low)


def relaxed(system: System, rows: Ints, by: Floats) -> System:
    """Some sums widened on both sides, far beyond what they miss.

    A sum that does not hold says little about its parts. Widened by just what it misses, it would
    pin them to one point, and to a wrong one.
    """
    lower, upper = system.row_lower.copy(), system.row_upper.copy()
    widened = by + np.maximum(np.abs(lower[rows]), np.abs(upper[rows])) + SAFE
    lower[rows] -= widened
    upper[rows] += widened
    return replace(system, row_lower=lower, row_upper=upper)


def _sweep(system: System) -> tuple[System, bool]:
    """One round over all sums; whether any bound moved."""
    a, size = system.matrix, system.matrix.shape[1]
    rows = np.repeat(np.arange(a.shape[0]), np.diff(a.indptr))
    low, high = _ends(system)
    others_low, others_high = _without(low, rows), _without(high, rows)
    # What the sum leaves to this entry, sign included.
    most = system.row_upper[rows] - others_low
    least = system.row_lower[rows] - others_high
    room = SAFE * np.maximum(1.0, np.abs(system.row_upper[rows]))
    plus = a.data > 0
    new_high = np.where(plus, most, -least) + room
    new_low = np.where(plus, least, -most) - room
    lower, upper = system.lower.copy(), system.upper.copy()
    np.maximum.at(lower, a.indices, new_low)
    np.minimum.at(upper, a.indices, new_high)
    crossed = lower > upper
    middle = (lower + upper) / 2
    lower, upper = np.where(crossed, middle, lower), np.where(crossed, middle, upper)
    # Only bounds that moved noticeably are taken: creeping by rounding never ends.
    step = MOVED * np.maximum(1.0, np.abs(np.where(np.isinf(system.upper), 1.0, system.upper)))
    down = upper < system.upper - step
    up = lower > system.lower + step
    lower, upper = np.where(up, lower, system.lower), np.where(down, upper, system.upper)
    assert lower.size == size
    return replace(system, lower=lower, upper=upper), bool((up | down).any())


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
