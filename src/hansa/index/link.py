"""Two index vectors over the same units: how strong their link is, and on whom it hangs.

Arrays hold one number a unit, NaN where it is missing; a unit without both numbers is left out.
Every position in a result counts the rows that were handed in. Ties are ties within 1e-12 of the
range. Random numbers come from the generator handed in, and units are put into the order of their
values before anything is drawn: the order of rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import copysign, inf, nan, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.link_rows import (
    SAME,
    Floats,
    Statistic,
    blocks,
    enough,
    label,
    mid_ranks,
    paired,
    row_kendall,
    row_pearson,
    row_spearman,
    rows_of,
    spread_out,
)

Interval = tuple[float, float]

FEWEST_FOR_P = 8
DRAWS = 10_000
FAR = 2.5


@dataclass(frozen=True)
class Bootstrap:
    """Bias-corrected and accelerated interval of a correlation.

    undefined  draws that left one side constant: counted here, and in no quantile
    """

    low: float
    high: float
    draws: int
    undefined: int


@dataclass(frozen=True)
class Fit:
    """Least squares with an intercept; arrays by unit are NaN where the unit took no part.

    slopes, errors  one each regressor: coefficient and its standard error
    studentised     externally: each residual by the error of the fit without its unit
    far             positions of the units with |studentised| > 2.5
    """

    n: int
    intercept: float
    slopes: Floats
    errors: Floats
    r_squared: float
    residuals: Floats
    studentised: Floats
    leverage: Floats
    far: tuple[int, ...]


@dataclass(frozen=True)
class LeaveOneOut:
    """r without each unit, both ends of its range, and the units whose absence makes them.

    One end is always at least as far from zero as r; the range need not hold r itself, as each
    unit may pull it towards zero.
    """

    without: Floats
    low: float
    high: float
    low_units: tuple[int, ...]
    high_units: tuple[int, ...]


@dataclass(frozen=True)
class Tail:
    """r without the units at one end of the outcome.

    asked     how many were to be left out; all tied with the last of them are left out too
    falls     |r| falls by more than a third
    """

    end: Literal["lowest", "highest"]
    asked: int
    left_out: tuple[int, ...]
    r: float
    falls: bool


@dataclass(frozen=True)
class Link:
    """All that two vectors over the same units say of each other.

    n         units with both numbers
    p, p_spearman  by permutation of the units; NaN below eight units
    warnings  what a reader must know first, in words
    """

    n: int
    pearson: float
    fisher: Interval
    spearman: float
    kendall: float
    bootstrap: Bootstrap
    p: float
    p_spearman: float
    fit: Fit
    leave_one_out: LeaveOneOut
    lowest: Tail
    highest: Tail
    warnings: tuple[str, ...]


def link(
    x: Floats,
    y: Floats,
    rng: np.random.Generator,
    names: Sequence[str] = (),
    draws: int = DRAWS,
    tail: int | None = None,
) -> Link:
    """The link of x (framework) with the outcome y (performance).

    Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), step 9.
    """
    a, b, _ = paired(x, y, names)
    n = len(a)
    r = float(row_pearson(a, b))
    boot = bootstrap(x, y, rng, draws)
    chance = [permutation_p(x, y, rng, draws, of) for of in ("pearson", "spearman")]
    fit = least_squares(x, y)
    ends = without_tail(x, y, "lowest", tail), without_tail(x, y, "highest", tail)
    return Link(
        n=n,
        pearson=r,
        fisher=fisher_interval(r, n),
        spearman=float(row_spearman(a, b)),
        kendall=float(row_kendall(a, b)),
        bootstrap=boot,
        p=chance[0],
        p_spearman=chance[1],
        fit=fit,
        leave_one_out=leave_one_out(x, y),
        lowest=ends[0],
        highest=ends[1],
        warnings=tuple(_warnings(n, r, boot, ends, names)),
    )


def guarded_link(
    sides: Callable[[frozenset[str]], tuple[Floats, Floats]],
    codes: tuple[Sequence[str], Sequence[str]],
    rng: np.random.Generator,
    names: Sequence[str] = (),
) -> tuple[Link, tuple[str, ...], Link | None]:
    """The link, the indicators that both sides share, and the link without them where there are.

    sides  gives framework and performance of all units without the indicators named
    codes  indicators of the framework side and of the performance side
    """
    shared = tuple(sorted(set(codes[0]) & set(codes[1])))
    full = link(*sides(frozenset()), rng, names)
    return full, shared, link(*sides(frozenset(shared)), rng, names) if shared else None


def fisher_interval(r: float, n: int, level: float = 0.95, controls: int = 0) -> Interval:
    """tanh(atanh r ± z / sqrt(n - 3 - controls)); NaN below four units. Source: Fisher 1921."""
    if not n - 3 - controls > 0 or np.isnan(r):
        return nan, nan
    with np.errstate(divide="ignore"):
        centre = float(np.arctanh(r))
    half = NormalDist().inv_cdf((1 + level) / 2) / sqrt(n - 3 - controls)
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def bootstrap(
    x: Floats,
    y: Floats,
    rng: np.random.Generator,
    draws: int = DRAWS,
    statistic: Statistic = "pearson",
    level: float = 0.95,
) -> Bootstrap:
    """BCa interval of a correlation over units drawn with replacement.

    NaN where all draws lie on one side of the estimate, or fewer than three units are there.
    Source: Efron 1987, equations 2.3 and 6.6.
    """
    a, b, _ = paired(x, y)
    n, of = len(a), rows_of(statistic)
    if n < 3:
        return Bootstrap(nan, nan, draws, 0)
    centre = float(of(a, b))
    found = []
    for count in blocks(enough(draws), n):
        chosen = rng.integers(0, n, (count, n))
        found.append(of(a[chosen], b[chosen]))
    values = np.concatenate(found)
    defined = values[~np.isnan(values)]
    interval = _bca(centre, defined, _jackknife(a, b, of), level)
    return Bootstrap(*interval, draws, draws - len(defined))


def permutation_p(
    x: Floats,
    y: Floats,
    rng: np.random.Generator,
    draws: int = DRAWS,
    statistic: Statistic = "pearson",
) -> float:
    """(1 + #{|r*| >= |r|}) / (draws + 1) over random orders of y; NaN below eight units."""
    a, b, _ = paired(x, y)
    n = len(a)
    if n < FEWEST_FOR_P:
        return nan
    if statistic == "spearman":
        a, b = mid_ranks(a), mid_ranks(b)
    r = abs(float(row_pearson(a, b)))
    if np.isnan(r):
        return nan
    a, b = a - a.mean(), b - b.mean()
    size = sqrt(float(a @ a) * float(b @ b))
    reached = 0
    for count in blocks(enough(draws), n):
        mixed = rng.permuted(np.broadcast_to(b, (count, n)), axis=1)
        reached += int((abs(mixed @ a) / size >= r - SAME).sum())
    return (1 + reached) / (draws + 1)


def least_squares(x: Floats, y: Floats) -> Fit:
    """y on an intercept and the columns of x ((n,) or (n, k)).

    All NaN where columns depend on each other or too few units are there; studentised residuals
    are NaN where a unit alone decides the fit (leverage 1) or the fit is perfect, and infinite
    where it would be perfect without the unit. Source: Cook and Weisberg 1982, section 2.2.
    """
    x, y = np.asarray(x, dtype=float).reshape(len(y), -1), np.asarray(y, dtype=float)
    rows = np.flatnonzero(~np.isnan(x).any(1) & ~np.isnan(y))
    n, k = len(rows), x.shape[1]
    free = n - k - 1
    if free < 1:
        return _no_fit(n, k, len(y))
    middle = x[rows].mean(0)
    design = np.column_stack([np.ones(n), x[rows] - middle])
    norms = np.sqrt((design**2).sum(0))
    q, r = np.linalg.qr(design)
    scale = np.abs(x[rows]).max(0, initial=0.0)
    if (abs(np.diag(r)) <= 1e-10 * norms).any() or (norms[1:] <= SAME * scale * sqrt(n)).any():
        return _no_fit(n, k, len(y))
    beta = np.linalg.solve(r, q.T @ y[rows])
    residual, hat = y[rows] - design @ beta, (q**2).sum(1)
    error, total = float(residual @ residual), float(((y[rows] - y[rows].mean()) ** 2).sum())
    perfect = error <= 1e-24 * float(y[rows] @ y[rows])
    spread = np.sqrt((np.linalg.inv(r) ** 2).sum(1) * error / free)
    student = np.full(n, nan) if perfect else _studentised(residual, hat, error, free)
    shown = [spread_out(v, rows, len(y)) for v in (residual, student, hat)]
    return Fit(
        n,
        float(beta[0] - beta[1:] @ middle),
        beta[1:],
        spread[1:],
        1 - error / total if total > 0 else nan,
        shown[0],
        shown[1],
        shown[2],
        tuple(int(i) for i in np.flatnonzero(abs(shown[1]) > FAR)),
    )


def leave_one_out(x: Floats, y: Floats, statistic: Statistic = "pearson") -> LeaveOneOut:
    """The correlation without each unit in turn."""
    a, b, rows = paired(x, y)
    values = _jackknife(a, b, rows_of(statistic))
    without = spread_out(values, rows, len(x))
    if np.isnan(values).all():
        return LeaveOneOut(without, nan, nan, (), ())
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    at = [np.flatnonzero(abs(without - end) <= SAME) for end in (low, high)]
    ends = [tuple(int(i) for i in own) for own in at]
    return LeaveOneOut(without, low, high, ends[0], ends[1])


def without_tail(
    x: Floats, y: Floats, end: Literal["lowest", "highest"], m: int | None = None
) -> Tail:
    """r without the m units at one end of the outcome y (default a fifth of them, rounded).

    Leaving out by the outcome narrows its range, so some fall is expected of a true link too.
    """
    a, b, rows = paired(x, y)
    n = len(a)
    m = round(n / 5) if m is None else m
    if not 0 <= m < max(n, 1):
        raise UsageError(
            "the tail test cannot leave that many units out",
            printed=str(m),
            admissible=f"0 to {max(n - 1, 0)}, of {n} units with both numbers",
            fix="choose fewer",
        )
    far = b if end == "lowest" else -b
    out = np.zeros(n, dtype=bool)
    if m:
        out = far <= np.sort(far)[m - 1] + SAME * np.ptp(far)
    r, full = float(row_pearson(a[~out], b[~out])), float(row_pearson(a, b))
    left = tuple(sorted(int(i) for i in rows[out]))
    return Tail(end, m, left, r, bool(abs(r) < 2 / 3 * abs(full)))


def _warnings(
    n: int, r: float, boot: Bootstrap, ends: tuple[Tail, Tail], names: Sequence[str]
) -> Iterator[str]:
    if n < FEWEST_FOR_P:
        yield f"{n} units have both numbers; below {FEWEST_FOR_P} no p-value is given."
    if np.isnan(r):
        yield "One side is constant or missing: there is no correlation."
    if boot.undefined:
        yield f"{boot.undefined} of {boot.draws} bootstrap draws left one side constant."
    for end in ends:
        if end.falls:
            yield (
                f"Without the {len(end.left_out)} {end.end} on the outcome "
                f"({listed((label(i, names) for i in end.left_out), 12)}) r is {end.r:.2f} "
                f"in place of {r:.2f}: |r| falls by more than a third."
            )


def _bca(centre: float, draws: Floats, jack: Floats, level: float) -> Interval:
    if not len(draws) or np.isnan(centre):
        return nan, nan
    near = SAME * max(1.0, abs(centre))
    if abs(draws - centre).max() <= near:
        return centre, centre
    below = float(((draws < centre).mean() + (draws <= centre).mean()) / 2)
    if not 0 < below < 1:
        return nan, nan
    normal = NormalDist()
    bias = normal.inv_cdf(below)
    gap = np.nanmean(jack) - jack[~np.isnan(jack)]
    size = float((gap**2).sum()) ** 1.5
    pull = float((gap**3).sum()) / (6 * size) if size > near**3 else 0.0
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        z = bias + normal.inv_cdf(p)
        ends.append(float(np.quantile(draws, normal.cdf(bias + z / (1 - pull * z)))))
    return ends[0], ends[1]


def _jackknife(a: Floats, b: Floats, of: Callable[[Floats, Floats], Floats]) -> Floats:
    n, found, done = len(a), [np.zeros(0)], 0
    for count in blocks(n, n):
        own = np.arange(done, done + count)[:, None]
        others = np.arange(n - 1)[None, :] + (np.arange(n - 1)[None, :] >= own)
        found.append(of(a[others], b[others]))
        done += count
    return np.concatenate(found)


def _studentised(residual: Floats, hat: Floats, error: float, free: int) -> Floats:
    if free < 2:
        return np.full(len(residual), nan)
    room = 1 - hat
    left = error * room - residual**2
    with np.errstate(divide="ignore", invalid="ignore"):
        t = residual * np.sqrt((free - 1) / left)
    alone = left <= 1e-12 * error * room
    t[alone] = [copysign(inf, e) for e in residual[alone]]
    t[room <= SAME] = nan
    return np.asarray(t)


def _no_fit(n: int, k: int, units: int) -> Fit:
    empty, gone = np.full(k, nan), np.full(units, nan)
    return Fit(n, nan, empty, empty, nan, gone, gone, gone, ())
