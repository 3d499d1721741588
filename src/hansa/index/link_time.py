"""Framework before, performance after: three tests over two years, and what they may be read as.

Arrays hold one number a unit, NaN where it is missing. None of the three tests alone supports a
causal reading; each says in words what it leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from hansa.errors import HansaError
from hansa.index.link import DRAWS, FEWEST_FOR_P, Interval, fisher_interval, least_squares
from hansa.index.link_rows import SAME, Floats, blocks, enough, row_pearson

NO_CAUSE = "None of the three tests alone supports a causal reading."
OPEN = {
    "lagged": "Where units that performed badly at first rise more, by chance or by catching up, "
    "whatever went with bad performance looks like a cause of it.",
    "controlled": "Performance at first is itself measured with error, so holding it fixed removes "
    "only part of that; and whatever else differed between units is not held fixed.",
    "changes": "Both changed over the same years: the direction is open, and a third cause may "
    "have moved both.",
}


@dataclass(frozen=True)
class Association:
    """Correlation of two vectors, perhaps with others held fixed (partial).

    fisher        95 % interval, one unit less for each vector held fixed
    p             by permutation; NaN below eight units
    slope, error  of x in least squares of y on x and the vectors held fixed
    """

    n: int
    r: float
    fisher: Interval
    p: float
    slope: float
    error: float


@dataclass(frozen=True)
class LagTest:
    """Three tests of framework against performance over two years.

    lagged      framework at first against the change of performance
    controlled  the same, with performance at first held fixed
    changes     change of framework against change of performance; None without a second framework
    to_mean     performance at first against its own change: strongly negative is catching up or
                regression to the mean
    causal      the names of the tests that alone support a causal reading: none
    reading     what this may be read as, in words
    """

    lagged: Association
    controlled: Association
    changes: Association | None
    to_mean: Association
    causal: tuple[str, ...]
    reading: tuple[str, ...]


def lag_test(
    framework: tuple[Floats, Floats | None],
    performance: tuple[Floats, Floats],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> LagTest:
    """The three tests; both sides as (first year, second year).

    Source: Hansa index specification, section 7; on change scores, Lord 1967.
    """
    first, second = (np.asarray(v, dtype=float) for v in performance)
    before = np.asarray(framework[0], dtype=float)
    change = second - first
    lagged = associate(before, change, rng, draws=draws)
    controlled = associate(before, change, rng, first[:, None], draws)
    changes = None
    if framework[1] is not None:
        moved = np.asarray(framework[1], dtype=float) - before
        changes = associate(moved, change, rng, draws=draws)
    to_mean = associate(first, change, rng, draws=draws)
    said = tuple(_reading(lagged, controlled, changes, to_mean))
    return LagTest(lagged, controlled, changes, to_mean, (), said)


def associate(
    x: Floats,
    y: Floats,
    rng: np.random.Generator,
    controls: Floats | None = None,
    draws: int = DRAWS,
) -> Association:
    """The correlation of x and y, given controls (units, k) if there are any.

    NaN where x or y is constant once the controls are held fixed, or too few units are there.
    The permutation of residuals is that of Freedman and Lane 1983. Errors: units differ; infinite
    numbers.
    """
    x, y, held = _complete(x, y, controls)
    n, k = len(x), held.shape[1]
    if n - k < 3:
        return Association(n, nan, (nan, nan), nan, nan, nan)
    base = np.column_stack([np.ones(n), held - held.mean(0)])
    left, sizes, _ = np.linalg.svd(base, full_matrices=False)
    basis = left[:, sizes > 1e-10 * sizes[0]]
    a, b = x - basis @ (basis.T @ x), y - basis @ (basis.T @ y)
    # What is left of a vector that the controls explain is rounding noise, not a residual.
    if any(v.std() <= 1e-10 * w.std() or w.std() == 0 for v, w in ((a, x), (b, y))):
        return Association(n, nan, (nan, nan), nan, nan, nan)
    r = float(row_pearson(a, b))
    fit = least_squares(np.column_stack([x, held]), y)
    p = _permuted(a, b, basis, r, rng, draws) if n >= FEWEST_FOR_P else nan
    slope = float(a @ b / (a @ a))
    return Association(n, r, fisher_interval(r, n, controls=k), p, slope, float(fit.errors[0]))


def _permuted(
    a: Floats, b: Floats, basis: Floats, r: float, rng: np.random.Generator, draws: int
) -> float:
    reached, n = 0, len(a)
    unit = a / sqrt(float(a @ a))
    for count in blocks(enough(draws), n):
        mixed = rng.permuted(np.broadcast_to(b, (count, n)), axis=1)
        mixed = mixed - (mixed @ basis) @ basis.T
        size = np.sqrt((mixed * mixed).sum(1))
        reached += int((abs(mixed @ unit) >= (abs(r) - SAME) * size).sum())
    return (1 + reached) / (draws + 1)


def _complete(x: Floats, y: Floats, controls: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Units with all numbers, in the order of their values."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    held = np.empty((len(x), 0)) if controls is None else np.asarray(controls, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or held.ndim != 2 or len(held) != len(x):
        raise HansaError(
            "vectors of a link have not the same units",
            printed=f"shapes {x.shape}, {y.shape} and {held.shape}",
            admissible="one number a unit in each; controls as units by columns",
            fix="lay all out over one list of units",
        )
    table = np.column_stack([x, y, held])
    if np.isinf(table).any():
        rows = np.flatnonzero(np.isinf(table).any(1))
        raise HansaError(
            "a vector of a link holds an infinite number",
            place=f"row {rows[0] + 1}",
            printed="inf",
            admissible="a number, or NaN where it is missing",
            fix="leave the unit out, or correct the step that divided by zero",
        )
    table = table[~np.isnan(table).any(1)]
    table = table[np.lexsort(table.T[::-1])]
    return table[:, 0], table[:, 1], table[:, 2:]


def _reading(
    lagged: Association,
    controlled: Association,
    changes: Association | None,
    to_mean: Association,
) -> Iterator[str]:
    yield (
        f"Framework at first against the change of performance: r = {_told(lagged)}. "
        f"{OPEN['lagged']}"
    )
    yield (
        f"Performance at first against its own change: r = {_told(to_mean)}. With it held fixed, "
        f"framework at first and the change go together with r = {_told(controlled)}. "
        f"{OPEN['controlled']}"
    )
    if lagged.r * controlled.r < 0:
        yield "The sign turns when performance at first is held fixed: the plain lag misleads."
    if changes is None:
        yield "There is no second year of framework: change against change cannot be tested."
    else:
        yield f"Change against change: r = {_told(changes)}. {OPEN['changes']}"
    yield NO_CAUSE


def _told(found: Association) -> str:
    if np.isnan(found.r):
        return f"not defined (n = {found.n})"
    chance = "no p-value" if np.isnan(found.p) else f"p = {found.p:.4f}"
    return (
        f"{found.r:.2f} ({found.fisher[0]:.2f} to {found.fisher[1]:.2f}, {chance}, n = {found.n})"
    )
