"""Many completed tables instead of one: what gaps add to the uncertainty of a result.

Methods: index, section 2.2. Only originals are drawn from; observed cells are the same in every
table. Sources: Rubin, Multiple Imputation for Nonresponse in Surveys (1987), equations 3.1.2 to
3.1.8 and example 5.1; Rubin and Schenker 1986 (approximate Bayesian bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hansa.errors import UsageError
from hansa.index.impute_models import Basis, fits
from hansa.index.impute_rules import (
    EMPTY_GROUP,
    NO_GROUP,
    NO_VALUE,
    REASONS,
    Bools,
    Codes,
    originals,
    places,
)
from hansa.index.tree import Floats, Ints

MIN_TABLES = 20
"""Completed tables below which the variance between them says too little."""


@dataclass(frozen=True)
class Draws:
    """Completed tables, kept as the drawn cells only.

    x            (rows, columns) as observed, NaN for gaps
    row, column  (cells,) where the drawn cells stand
    values       (tables, cells)
    reason       (rows, columns) why a gap could not be drawn, a position in `REASONS`
    """

    x: Floats
    row: Ints
    column: Ints
    values: Floats
    reason: Codes

    @property
    def mask(self) -> Bools:
        """Cells that are drawn (rows, columns)."""
        drawn = np.zeros(self.x.shape, bool)
        drawn[self.row, self.column] = True
        return drawn

    def table(self, number: int) -> Floats:
        """One completed table (rows, columns)."""
        out = self.x.copy()
        out[self.row, self.column] = self.values[number]
        return out

    def tables(self) -> Iterator[Floats]:
        """All completed tables, one at a time."""
        return (self.table(r) for r in range(len(self.values)))

    def left(self) -> list[tuple[int, int, str]]:
        """Row, column and reason of each cell that is empty in all tables."""
        at = np.argwhere(self.reason)
        return [(int(i), int(j), REASONS[self.reason[i, j]]) for i, j in at]


def hot_deck(
    x: Floats,
    time: Ints,
    group: Ints | None,
    m: int,
    rng: np.random.Generator,
    marked: Bools | None = None,
) -> Draws:
    """Values of other units of the same group and year (of all units where `group` is None).

    For each table a bootstrap sample of the donors is drawn first and the gaps from it, so that
    the tables differ as much as the group mean is uncertain. Raises UsageError if m < 20.
    """
    _refuse_few(m)
    source, gap = originals(x, marked), np.isnan(x)
    place, reason = places(time, group), np.zeros(x.shape, np.uint8)
    values = np.full((m, *x.shape), np.nan)
    for one in range(place.max(initial=-1) + 1):
        rows = np.flatnonzero(place == one)
        alone = group is not None and group[rows[0]] < 0
        for column in np.flatnonzero(gap[rows].any(axis=0)):
            gaps = rows[gap[rows, column]]
            pool = source[rows, column]
            pool = pool[~np.isnan(pool)]
            if alone or not pool.size:
                empty = NO_VALUE if group is None else EMPTY_GROUP
                reason[gaps, column] = NO_GROUP if alone else empty
                continue
            donors = rng.integers(pool.size, size=(m, pool.size))
            picks = rng.integers(pool.size, size=(m, gaps.size))
            values[:, gaps, column] = pool[np.take_along_axis(donors, picks, axis=1)]
    return _drawn(x, values, reason)


def regression_draws(
    x: Floats,
    time: Ints,
    basis: Basis,
    m: int,
    rng: np.random.Generator,
    marked: Bools | None = None,
) -> Draws:
    """Least squares of the year with drawn parameters, plus a drawn residual.

    sigma*^2 = squares / chi2(freedom), b* ~ N(b, sigma*^2 (X'X)^-1), y* ~ N(X b*, sigma*^2): the
    variance of a drawn cell is that of a prediction. Equations as in
    `impute_models.regression`; two gaps of a row are drawn apart. Raises UsageError if m < 20.
    """
    _refuse_few(m)
    values, reason = np.full((m, *x.shape), np.nan), np.zeros(x.shape, np.uint8)
    for fit in fits(x, originals(x, marked), time, basis):
        reason[fit.rows, fit.column] = fit.reason
        if fit.reason:
            continue
        sigma = np.sqrt(fit.squares / rng.chisquare(fit.freedom, size=(m, 1)))
        loads = fit.loads + sigma * rng.standard_normal((m, fit.loads.size))
        residual = sigma * rng.standard_normal((m, fit.rows.size))
        values[:, fit.rows, fit.column] = loads @ fit.reach.T + residual
    return _drawn(x, values, reason)


@dataclass(frozen=True)
class Combined:
    """A result over m completed tables (arrays of the shape of one result).

    within    U, mean sampling variance of one table; between B, variance over tables (m - 1)
    variance  T = U + (1 + 1/m) B
    freedom   (m - 1) (1 + U / ((1 + 1/m) B))^2; infinite where the tables agree
    missing   share of the variance that the gaps cause, (1 + 1/m) B / T
    """

    estimate: Floats
    within: Floats
    between: Floats
    variance: Floats
    freedom: Floats
    missing: Floats


def combine(results: Floats, variances: Floats | None = None) -> Combined:
    """Results of completed tables (tables, ...) put together by the rules of Rubin 1987.

    variances  sampling variance of each result, same shape; none: the tables are exact but for
               the gaps, U = 0
    """
    q = np.asarray(results, float)
    m = len(q)
    if m < 2:
        raise UsageError(
            "one completed table says nothing about the uncertainty of gaps",
            printed=f"{m} results",
            admissible=f"2 or more, better {MIN_TABLES}",
            fix="draw more tables",
        )
    within = np.zeros(q.shape[1:]) if variances is None else np.mean(variances, axis=0)
    between = np.var(q, axis=0, ddof=1)
    added = (1 + 1 / m) * between
    total = within + added
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(added > 0, (m - 1) * (1 + within / added) ** 2, np.inf)
        missing = np.where(total > 0, added / total, 0.0)
    return Combined(q.mean(axis=0), within, between, total, freedom, missing)


def filled_share(mask: Bools, omega: Floats) -> Floats:
    """Share of leaf weight on filled cells (rows,); `omega` (leaves,) are effective weights."""
    share: Floats = mask @ omega / omega.sum()
    return share


def rank_changes(ranks: Floats) -> Floats:
    """Probability that two of the tables give a unit different ranks (tables, units) -> (units,).

    A missing rank counts as a rank of its own.
    """
    m, units = ranks.shape
    kinds, kind = np.unique(np.where(np.isnan(ranks), 0.0, ranks), return_inverse=True)
    place = kind.reshape(m, units) + kinds.size * np.arange(units)
    often = np.bincount(place.ravel(), minlength=kinds.size * units).reshape(units, -1)
    out: Floats = 1 - (often * (often - 1.0)).sum(axis=1) / (m * (m - 1))
    return out


def _drawn(x: Floats, values: Floats, reason: Codes) -> Draws:
    row, column = np.nonzero(np.isnan(x) & (reason == 0))
    return Draws(x, row, column, values[:, row, column], reason)


def _refuse_few(m: int) -> None:
    if m < MIN_TABLES:
        raise UsageError(
            "too few completed tables",
            printed=f"m = {m}",
            admissible=f"{MIN_TABLES} or more",
            fix=f"set m to {MIN_TABLES} at least",
        )
