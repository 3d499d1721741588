"""Rules that look along a row: from a unit's other indicators to the one that is missing.

Methods: index, section 2.2. Values are rows by columns on the raw scale, NaN for a gap; each
year stands for itself. Cells `marked` as filled earlier are kept and never used.
Source: OECD/JRC Handbook (2008), step 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hansa.errors import UsageError
from hansa.index.impute_rules import (
    FEW_FREEDOM,
    FEW_SIBLINGS,
    MIN_FREEDOM,
    NO_DONOR,
    NO_PREDICTOR,
    NO_VALUE,
    Bools,
    Filled,
    filled_with,
    originals,
    over,
    places,
)
from hansa.index.tree import Floats, Ints


@dataclass(frozen=True)
class Basis:
    """What tells of a missing cell: the columns named, or else the others of its family.

    columns  positions of columns; None for siblings
    family   (columns,) code of the parent, -1 for none; only looked at for siblings
    """

    columns: Sequence[int] | None = None
    family: Ints | None = None

    def of(self, column: int) -> Ints:
        """Positions of the columns that may tell of this one."""
        if self.columns is not None:
            kin = np.asarray(self.columns, np.int64)
        elif self.family is not None and self.family[column] >= 0:
            kin = np.flatnonzero(self.family == self.family[column])
        else:
            kin = np.zeros(0, np.int64)
        others: Ints = kin[kin != column]
        return others


def pillar_mean(
    x: Floats,
    time: Ints,
    family: Ints,
    direction: Floats,
    min_siblings: int = 2,
    marked: Bools | None = None,
) -> Filled:
    """The mean of the unit's siblings, each between the worst (0) and best (1) unit of the year,
    read on the indicator's own scale.

    A sibling that is the same for all units of the year says nothing and does not count. An
    indicator that is the same for all is filled with that value.
    """
    source = originals(x, marked) * direction
    place = places(time)
    low, high = (over(way, source, place) for way in (np.fmin, np.fmax))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(high > low, (source - low) / (high - low), np.nan)
    there = ~np.isnan(z)
    kin = (family[:, None] == family[None, :]) & (family >= 0)  # an empty cell adds nothing
    count = there.astype(float) @ kin.T
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (np.where(there, z, 0.0) @ kin.T) / count
    value = np.where(count >= max(min_siblings, 1), low + share * (high - low), np.nan) * direction
    return filled_with(x, value, np.where(np.isnan(low), NO_VALUE, FEW_SIBLINGS))


def regression(x: Floats, time: Ints, basis: Basis, marked: Bools | None = None) -> Filled:
    """What least squares of the year expects, on named columns or on the unit's siblings.

    Named predictors must all be there; of siblings those are used that the unit has, each set of
    them with its own equation. Refused below `MIN_FREEDOM` residual degrees of freedom.
    """
    value, reason = np.full(x.shape, np.nan), np.zeros(x.shape, np.uint8)
    for fit in fits(x, originals(x, marked), time, basis):
        reason[fit.rows, fit.column] = fit.reason
        if not fit.reason:
            value[fit.rows, fit.column] = fit.reach @ fit.loads
    return filled_with(x, value, reason)


def nearest(
    x: Floats,
    time: Ints,
    basis: Basis,
    k: int = 5,
    min_shared: int = 2,
    marked: Bools | None = None,
) -> Filled:
    """The mean of the k units of the year that are nearest on named columns or siblings.

    Columns are standardised over the year; the distance is the root mean square over what both
    units have, at least `min_shared` columns (all of them where there are fewer). Units as near
    as the k-th count too, so order decides nothing; where fewer than k qualify, those are taken.
    """
    if k < 1:
        raise UsageError("nearest needs at least 1 unit", printed=str(k), fix="name 1 or more")
    source = originals(x, marked)
    value, reason = np.full(x.shape, np.nan), np.zeros(x.shape, np.uint8)
    for rows, column, columns in _tasks(x, time, basis):
        gaps, donors = _split(x, source, rows, column)
        reason[gaps, column] = NO_DONOR if donors.size else NO_VALUE
        if not donors.size or not columns.size:
            continue
        z = _standard(source[np.ix_(rows, columns)])
        here = np.searchsorted(rows, gaps), np.searchsorted(rows, donors)
        distance = _distances(z[here[0]], z[here[1]], min(min_shared, columns.size))
        most = min(k, donors.size) - 1
        reach = np.partition(distance, most, axis=1)[:, most]
        finite = np.isfinite(distance)
        reach = np.minimum(reach, np.max(distance, axis=1, where=finite, initial=0.0))
        use = finite & (distance <= reach[:, None] * (1 + 1e-12))
        with np.errstate(invalid="ignore", divide="ignore"):
            value[gaps, column] = (use @ source[donors, column]) / use.sum(axis=1)
    return filled_with(x, value, reason)


@dataclass(frozen=True)
class Fit:
    """One equation and the cells it can fill.

    Expected values are reach @ loads, with variance sigma^2 |reach|^2; both come from the
    singular values of the standardised design (Golub and Van Loan, section 5.5).
    """

    rows: Ints
    column: int
    reason: int
    reach: Floats
    loads: Floats
    freedom: int
    squares: float


def fits(x: Floats, source: Floats, time: Ints, basis: Basis) -> Iterator[Fit]:
    """The equations for all gaps of x, or the reason why there is none."""
    nothing = np.zeros((0, 0))
    for rows, column, columns in _tasks(x, time, basis):
        gaps, donors = _split(x, source, rows, column)
        known = ~np.isnan(source[np.ix_(rows, columns)])
        there, told = known[np.searchsorted(rows, gaps)], known[np.searchsorted(rows, donors)]
        left = np.ones(gaps.size, bool)
        while left.any():
            pattern = there[np.argmax(left)]
            same = (there == pattern).all(axis=1)
            left &= ~same
            at, used = gaps[same], columns[pattern]
            if not used.size or (basis.columns is not None and not pattern.all()):
                yield Fit(at, column, NO_PREDICTOR, nothing, nothing, 0, 0.0)
                continue
            train = donors[told[:, pattern].all(axis=1)]
            yield _fit(source, (train, at), column, used)


def _fit(source: Floats, rows: tuple[Ints, Ints], column: int, used: Ints) -> Fit:
    train, at = rows
    y = source[train, column]
    known, asked = source[np.ix_(train, used)], source[np.ix_(at, used)]
    if train.size:
        centre, spread = known.mean(axis=0), np.ptp(known, axis=0)
        spread[spread == 0] = 1.0
        known, asked = (known - centre) / spread, (asked - centre) / spread
    left, single, right = np.linalg.svd(_with_one(known), full_matrices=False)
    rank = int(np.count_nonzero(single > single.max(initial=0.0) * 1e-10))
    loads = left[:, :rank].T @ y
    reach = _with_one(asked) @ right[:rank].T / single[:rank]
    freedom = train.size - rank
    reason = FEW_FREEDOM if freedom < MIN_FREEDOM else 0
    squares = float(np.sum((y - left[:, :rank] @ loads) ** 2))
    return Fit(at, column, reason, reach, loads, freedom, squares)


def _with_one(x: Floats) -> Floats:
    """A first column of ones."""
    out = np.ones((x.shape[0], x.shape[1] + 1))
    out[:, 1:] = x
    return out


def _tasks(x: Floats, time: Ints, basis: Basis) -> Iterator[tuple[Ints, int, Ints]]:
    """Rows of each year, each column with a gap there, and the columns that may tell of it."""
    gap = np.isnan(x)
    place = places(time)
    for one in range(place.max(initial=-1) + 1):
        rows = np.flatnonzero(place == one)
        for column in np.flatnonzero(gap[rows].any(axis=0)):
            yield rows, int(column), basis.of(int(column))


def _split(x: Floats, source: Floats, rows: Ints, column: int) -> tuple[Ints, Ints]:
    """Rows with a gap, rows with an original value."""
    return rows[np.isnan(x[rows, column])], rows[~np.isnan(source[rows, column])]


def _standard(x: Floats) -> Floats:
    """Columns with mean 0 and sd 1 (divisor n - 1); a column without spread is missing."""
    there = ~np.isnan(x)
    n = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = x - np.where(there, x, 0.0).sum(axis=0) / n
        sd = np.sqrt(np.where(there, off**2, 0.0).sum(axis=0) / (n - 1))
        flat = np.fmax.reduce(x, axis=0) == np.fmin.reduce(x, axis=0)
        z: Floats = np.where((n > 1) & ~flat, off / sd, np.nan)
    return z


def _distances(a: Floats, b: Floats, shared: int) -> Floats:
    """Root mean square difference (rows of a, rows of b); infinite below `shared` columns."""
    gap = a[:, None, :] - b[None, :, :]
    both = ~np.isnan(gap)
    n = both.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.sqrt(np.where(both, gap**2, 0.0).sum(axis=2) / n)
    out: Floats = np.where(n >= max(shared, 1), distance, np.inf)
    return out
