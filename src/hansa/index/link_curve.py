"""The link under all choices (specification curve), and link by link for each driver.

One r hangs on choices nobody had to make so. Here it is computed for every replication of an index
or for every combination of choices, and shown as a distribution, never as the best one alone.
Source: Simonsohn, Simmons and Nelson 2020; Holm 1979.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from hansa.errors import HansaError, listed
from hansa.index.link import DRAWS, FEWEST_FOR_P
from hansa.index.link_rows import Floats, Statistic, rows_of
from hansa.index.link_time import Association, associate

MOST_UNDEFINED = 0.01


@dataclass(frozen=True)
class ChoiceValue:
    """r over the replications that made one choice."""

    factor: str
    value: str
    replications: int
    undefined: int
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """r over replications.

    r, units       by replication: r (NaN where undefined) and how many units it rests on
    median, low, high, least, greatest  over defined ones; low and high are 5 % and 95 % quantiles
    same_sign      share with the sign of the nominal r (without one: of the median)
    below_05       share whose plain t-test has p < 0.05; of those with eight units or more
    undefined      replications without an r, in no share and no quantile
    by_choice      the same by each value of each factor
    moves          factor -> share of the variance of r that its values explain alone
    warnings       in words
    """

    r: Floats
    units: NDArray[np.intp]
    nominal: float
    median: float
    low: float
    high: float
    least: float
    greatest: float
    same_sign: float
    below_05: float
    undefined: int
    by_choice: tuple[ChoiceValue, ...]
    moves: dict[str, float]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class DriverLink:
    """One driver against the outcome; `holm` is its p corrected for all drivers tested."""

    name: str
    link: Association
    holm: float


def specification_curve(
    x: Floats,
    y: Floats,
    choices: Mapping[str, Sequence[object]] | None = None,
    nominal: float = nan,
    statistic: Statistic = "pearson",
) -> Curve:
    """r of x and y in every replication.

    x, y     (replications, units) or (units,) for a side that no choice touches
    choices  factor -> its value in each replication
    nominal  r of the index as published
    Errors: sides or choices of different length; infinite numbers.
    """
    x, y = _sides(x, y)
    made = _told(choices or {}, len(x))
    r, units = _by_pattern(x, y, statistic)
    known = r[~np.isnan(r)]
    median, low, high, least, greatest = _quantiles(known)
    towards = np.sign(median if np.isnan(nominal) else nominal)
    by_choice = tuple(
        _choice(f, v, r[np.array(own) == v]) for f, own in made.items() for v in sorted(set(own))
    )
    return Curve(
        r=r,
        units=units,
        nominal=nominal,
        median=median,
        low=low,
        high=high,
        least=least,
        greatest=greatest,
        same_sign=float((np.sign(known) == towards).mean()) if len(known) else nan,
        below_05=_significant(r, units),
        undefined=len(r) - len(known),
        by_choice=by_choice,
        moves={f: _explained(r, values) for f, values in made.items()},
        warnings=_warnings(r, by_choice),
    )


def driver_links(
    drivers: Floats,
    outcome: Floats,
    names: Sequence[str],
    rng: np.random.Generator,
    partial: bool = False,
    draws: int = DRAWS,
) -> tuple[DriverLink, ...]:
    """Each driver (units, drivers) against the outcome, p-values corrected by Holm.

    partial  each driver with all others held fixed; over one set of units, those without a gap
    """
    drivers = np.asarray(drivers, dtype=float)
    if drivers.ndim != 2 or drivers.shape[1] != len(names):
        raise HansaError(
            "drivers and their names do not agree",
            printed=f"a table of shape {drivers.shape}, {len(names)} names",
            admissible="units by drivers, one name a driver",
            fix="give one column for each name",
        )
    found = []
    for k in range(len(names)):
        others = np.delete(drivers, k, axis=1) if partial else None
        found.append(associate(drivers[:, k], outcome, rng, others, draws))
    adjusted = holm(np.array([a.p for a in found]))
    return tuple(DriverLink(n, a, float(p)) for n, a, p in zip(names, found, adjusted, strict=True))


def holm(p: Floats) -> Floats:
    """Adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)); missing ones are no tests."""
    p = np.asarray(p, dtype=float)
    rows = np.flatnonzero(~np.isnan(p))
    order = rows[np.argsort(p[rows], kind="stable")]
    factor = np.arange(len(order), 0, -1)
    adjusted = np.full(p.shape, nan)
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, factor * p[order]))
    return adjusted


def _sides(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x, y = np.atleast_2d(np.asarray(x, dtype=float)), np.atleast_2d(np.asarray(y, dtype=float))
    paired = len(x) == len(y) or 1 in (len(x), len(y))
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or not paired:
        raise HansaError(
            "the two sides of a specification curve do not agree",
            printed=f"shapes {x.shape} and {y.shape}",
            admissible="the same units, and as many replications (or one) on both sides",
            fix="lay both out as replications by units",
        )
    if np.isinf(x).any() or np.isinf(y).any():
        at = int(np.flatnonzero(np.isinf(x).any(1) if np.isinf(x).any() else np.isinf(y).any(1))[0])
        raise HansaError(
            "a side of a specification curve holds an infinite number",
            place=f"replication {at + 1}",
            printed="inf",
            admissible="a number, or NaN where it could not be computed",
            fix="mark replications that failed by NaN",
        )
    x, y = np.broadcast_arrays(x, y)
    return x, y


def _told(choices: Mapping[str, Sequence[object]], replications: int) -> dict[str, list[str]]:
    made = {f: [str(v) for v in values] for f, values in choices.items()}
    wrong = [f"{f}: {len(v)}" for f, v in made.items() if len(v) != replications]
    if wrong:
        raise HansaError(
            "choices and replications differ in number",
            place=f"factors {listed(w.partition(':')[0] for w in wrong)}",
            printed=listed(wrong),
            admissible=f"{replications} values, one a replication",
            fix="give each replication its value",
        )
    return made


def _by_pattern(x: Floats, y: Floats, statistic: Statistic) -> tuple[Floats, NDArray[np.intp]]:
    """r in each row over the units that have both numbers; rows with the same gaps together."""
    there = ~np.isnan(x) & ~np.isnan(y)
    patterns, which = np.unique(there, axis=0, return_inverse=True)
    r = np.full(len(x), nan)
    for at, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == at)
        r[rows] = rows_of(statistic)(x[rows][:, pattern], y[rows][:, pattern])
    return r, there.sum(1)


def _quantiles(known: Floats) -> tuple[float, float, float, float, float]:
    """Median, 5 %, 95 %, least and greatest."""
    if not len(known):
        return nan, nan, nan, nan, nan
    at = [float(v) for v in np.quantile(known, [0.5, 0.05, 0.95, 0, 1])]
    return at[0], at[1], at[2], at[3], at[4]


def _choice(factor: str, value: str, r: Floats) -> ChoiceValue:
    known = r[~np.isnan(r)]
    return ChoiceValue(factor, value, len(r), len(r) - len(known), *_quantiles(known)[:3])


def _significant(r: Floats, units: NDArray[np.intp]) -> float:
    from scipy.special import stdtrit

    able = ~np.isnan(r) & (units >= FEWEST_FOR_P)
    if not able.any():
        return nan
    free = units[able] - 2
    t = stdtrit(free, 0.975)
    return float((abs(r[able]) > t / np.sqrt(free + t * t)).mean())


def _explained(r: Floats, values: Sequence[str]) -> float:
    """Var(E[r | value]) / Var(r), population variances; NaN where r does not vary."""
    able = ~np.isnan(r)
    known, of = r[able], np.array(values)[able]
    if not len(known) or np.ptp(known) <= 0:
        return nan
    _, which, counts = np.unique(of, return_inverse=True, return_counts=True)
    means = np.bincount(which, known) / counts
    return float((counts * (means - known.mean()) ** 2).sum() / len(known) / known.var())


def _warnings(r: Floats, by_choice: Sequence[ChoiceValue]) -> tuple[str, ...]:
    gone = int(np.isnan(r).sum())
    said = []
    if gone == len(r):
        said.append("No replication has a correlation.")
    elif gone > MOST_UNDEFINED * len(r):
        said.append(f"{gone} of {len(r)} replications have no correlation; they are left out.")
    for c in by_choice:
        alone = c.undefined == gone and c.replications < len(r)
        if 0 < gone < len(r) and alone:
            said.append(f"All {gone} without a correlation have {c.factor} = {c.value}.")
    return tuple(said)
