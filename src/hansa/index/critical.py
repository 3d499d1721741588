"""Critical framework conditions: a gap to the best three that goes with weak performance.

Methods: index, section 3. Practice: FORA and OECD micro-policy benchmarking. The association is
described by ridge regression (Hoerl and Kennard 1970) with its penalty chosen by leaving out one
unit at a time (PRESS: Allen 1974), and resampled over units (Efron 1979). Draws that happen to miss
a unit serve as the draws without that unit (jackknife-after-bootstrap: Efron 1992).

What an auditor should know. Unit k never enters the association used for k nor its best three; it
did enter the scale if that was fixed over all units. Nothing here is causal: a positive coefficient
says that other units strong in the area also perform well, the other areas of the driver being
equal. With as many areas as units ridge still gives numbers, but they rest on the penalty: read
`penalty` (infinite: no association that predicts a unit left out), `positive` and `chance` first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, UsageError
from hansa.index.ridge import Association, association

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TIE = 1e-12
GRID = (
    "small gap, weak association",
    "small gap, strong association",
    "large gap, weak association",
    "critical: large gap, strong association",
)
"""The evidence grid; only the last is critical."""


@dataclass(frozen=True)
class CriticalOptions:
    """Choices; defaults are Hansa's own where the practice is silent.

    best           units in the group to compare with
    top            areas that count as a unit's most critical
    draws          resamples without a given unit, on average
    least          units a regression needs, unit k not counted
    large_gap      a gap is large from this many standard deviations of the area on
    strong         an association is strong from this standardised coefficient on, and
    sure           if its sign is positive in this share of the draws
    resample_gaps  choose the best anew among the units of each draw; off, because a resample lacks
                   a third of the units and so the best of them are worse than the best there are

    How the defaults of the grid behave on made data with 25 units and 5 independent areas a driver:
    among large gaps under 1 in 100 is called critical where no area matters, a third where one area
    explains a quarter of the variance of performance (with 51 units, three quarters).
    """

    best: int = 3
    top: int = 3
    draws: int = 2000
    least: int = 8
    large_gap: float = 1.0
    strong: float = 0.2
    sure: float = 0.9
    resample_gaps: bool = False


@dataclass(frozen=True)
class TopGap:
    """Gaps to the best units; above 0 where the unit is behind them.

    `gap` and `best` (their mean) are units x areas; `best_n` of them have a score in the area.
    `size` (units x drivers) says how many are the best, `tied` where more than asked for.
    """

    gap: Floats
    best: Floats
    best_n: Ints
    size: Ints
    tied: Bools


@dataclass(frozen=True)
class CriticalConditions:
    """What holds unit k back, as far as numbers can say: units x areas unless stated.

    gap, best_n    see `TopGap`; `tied` units x drivers
    beta           estimated without unit k, negative ones shown as they are; standardised beside
    correlation    of the area alone with performance, from the same units: where its sign or size
                   is far from `standardised`, areas overlap and their order says little
    priority       max(0, beta) max(0, gap): points of performance that go with closing the gap
    top            among the unit's `top` highest positive priorities, ties included
    probability    share of the unit's draws in which the area is among them
    positive       share of the draws with a positive coefficient
    chance         (units,) the same probability if areas with a gap were drawn by lot
    grid           index into GRID, -1 where it cannot be told
    penalty, rows  units x drivers: penalty chosen, and units used
    draws, undefined  (units,) draws used, and those that gave no answer

    `probability` says how much the order depends on which other units happen to be in the table.
    It is NOT the probability that the area matters, that a policy works, or that the order is
    right: it holds scores, weights, scale and (unless resampled) gaps fixed, and takes units as
    exchangeable. Near `chance` it says nothing. Drawing adds an error of at most 0.011 with 2,000
    draws. An area without a gap has 0, so that
    probabilities of a unit can sum to less than `top`.
    """

    gap: Floats
    best_n: Ints
    tied: Bools
    beta: Floats
    standardised: Floats
    correlation: Floats
    priority: Floats
    top: Bools
    probability: Floats
    positive: Floats
    chance: Floats
    grid: Ints
    penalty: Floats
    rows: Ints
    draws: Ints
    undefined: Ints


def best_set(performance: Floats, best: int = 3) -> Bools:
    """The best units by performance (units,), all that are tied at the last place included."""
    ordered = np.sort(performance[~np.isnan(performance)])[::-1]
    if not ordered.size:
        return np.zeros(performance.shape, dtype=bool)
    last = ordered[min(best, ordered.size) - 1]
    found: Bools = performance >= last - TIE * (ordered[0] - ordered[-1])
    return found


def best_without(performance: Floats, best: int = 3) -> Bools:
    """For each unit k (rows) the best of the others (columns), ties at the last place included."""
    n = performance.size
    seen = performance[~np.isnan(performance)]
    ordered = np.append(np.sort(seen)[::-1], np.full(best + 1, -np.inf))
    slack = TIE * np.ptp(seen) if seen.size else 0.0
    with np.errstate(invalid="ignore"):
        # Where k itself is among the first, the next one moves up.
        last = np.where(performance >= ordered[best - 1], ordered[best], ordered[best - 1])
        found: Bools = performance[None, :] >= last[:, None] - slack
    found[np.arange(n), np.arange(n)] = False
    return found


def top_gap(scores: Floats, performance: Floats, driver: Ints, best: int = 3) -> TopGap:
    """G_ka = mean score on area a of the best units by performance, without k, less s_ka.

    scores       units x areas, normalised, higher is better
    performance  units x drivers; the best are chosen by the driver of the area
    driver       (areas,) position of each area's driver

    NaN where k or all of the best lack a score. Raises UsageError for best < 1.
    """
    _positive(best, "best")
    sets = np.stack([best_without(column, best) for column in performance.T], axis=1)
    chosen = sets[:, driver, :]
    seen = ~np.isnan(scores)
    best_n = np.einsum("kau,ua->ka", chosen.astype(np.float64), seen.astype(np.float64))
    total = np.einsum("kau,ua->ka", chosen.astype(np.float64), np.where(seen, scores, 0.0))
    mean = total / np.where(best_n > 0, best_n, np.nan)
    size = sets.sum(axis=2)
    return TopGap(
        _behind(mean, scores, scores), mean, best_n.round().astype(np.int64), size, size > best
    )


def critical_conditions(
    scores: Floats,
    performance: Floats,
    driver: Ints,
    rng: np.random.Generator,
    options: CriticalOptions = CriticalOptions(),
) -> CriticalConditions:
    """Priorities of areas for each unit, and how firmly they stand; see `CriticalConditions`.

    scores       units x areas of framework conditions, normalised, higher is better
    performance  units x drivers, on the same scale
    driver       (areas,) position of the driver whose performance an area should explain

    Areas and performance must not share an indicator. A regression uses the units with all areas of
    its driver and its performance; nothing is filled. Raises HansaError, UsageError.
    """
    scores, performance = np.asarray(scores, float), np.asarray(performance, float)
    _checked(scores, performance, driver, options)
    gaps = top_gap(scores, performance, driver, options.best)
    link, rows = _without_each(scores, performance, driver, options.least)
    priority = np.maximum(link.beta, 0.0) * np.maximum(gaps.gap, 0.0)
    compared = np.where(np.isnan(priority), np.nan, gaps.gap)
    probability, positive, *draws = _resampled(scores, performance, driver, compared, rng, options)
    return CriticalConditions(
        gaps.gap,
        gaps.best_n,
        gaps.tied,
        link.beta,
        link.standardised,
        link.correlation,
        priority,
        _among(priority, options.top),
        probability,
        positive,
        _by_lot(compared, options.top),
        evidence_grid(gaps.gap, _spread(scores), link.standardised, positive, options),
        link.penalty,
        rows,
        *draws,
    )


def evidence_grid(
    gap: Floats, sd: Floats, standardised: Floats, positive: Floats, options: CriticalOptions
) -> Ints:
    """Position in GRID of each unit and area; -1 where the gap or the association is missing.

    gap           units x areas, with sd (areas,) the standard deviation that makes it large
    standardised  coefficients, estimated without the unit; positive: share of draws above 0

    A large gap alone is never critical: nothing says that closing it would go with better
    performance.
    """
    with np.errstate(invalid="ignore"):
        # On a threshold up to rounding is on it, whatever the scale of the scores.
        large = (gap > 0) & (gap >= options.large_gap * sd * (1 - TIE))
        strong = (standardised >= options.strong - TIE) & (positive >= options.sure - TIE)
        strong &= standardised > 0
    known = ~np.isnan(gap) & ~np.isnan(standardised) & ~np.isnan(positive) & ~np.isnan(sd)
    return np.where(known, 2 * large + strong, -1).astype(np.int64)


def _without_each(
    scores: Floats, performance: Floats, driver: Ints, least: int
) -> tuple[Association, Ints]:
    """What `_associations` finds without each unit in turn, NaN where too few units are left."""
    found, rows = _associations(scores, performance, driver, 1 - np.eye(len(scores)))
    enough = np.where(rows < least, np.nan, 1.0)
    by_area = enough[:, driver]
    kept = Association(
        found.beta * by_area,
        found.standardised * by_area,
        found.correlation * by_area,
        found.penalty * enough,
    )
    return kept, rows


def _associations(
    scores: Floats, performance: Floats, driver: Ints, weights: Floats
) -> tuple[Association, Ints]:
    """All drivers together, a row a set of weights: penalty and units are sets x drivers."""
    beta, standardised, alone = np.full((3, len(weights), scores.shape[1]), np.nan)
    penalty = np.full((len(weights), performance.shape[1]), np.nan)
    rows = np.zeros(penalty.shape, dtype=np.int64)
    for d in np.unique(driver):
        areas = np.flatnonzero(driver == d)
        full = ~np.isnan(scores[:, areas]).any(axis=1) & ~np.isnan(performance[:, d])
        rows[:, d] = (weights[:, full] > 0).sum(axis=1)
        if full.any():
            found = association(scores[full][:, areas], performance[full, d], weights[:, full])
            beta[:, areas], standardised[:, areas] = found.beta, found.standardised
            alone[:, areas], penalty[:, d] = found.correlation, found.penalty
    return Association(beta, standardised, alone, penalty), rows


def _counts(units: int, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of units - 1 from all units, so many that each unit is missed `draws` times on average.

    Those that miss unit k are draws with replacement of units - 1 from the other units.
    """
    missed = (1 - 1 / units) ** (units - 1)
    size = int(np.ceil(draws / missed))
    return rng.multinomial(units - 1, np.full(units, 1 / units), size=size).astype(np.float64)


def _best_means(
    scores: Floats, performance: Floats, driver: Ints, present: Bools, best: int
) -> Floats:
    """Mean score of the best units among those present (sets x areas)."""
    found = np.full((len(present), scores.shape[1]), np.nan)
    for d in np.unique(driver):
        own = performance[:, d]
        here = present & ~np.isnan(own)
        areas = np.flatnonzero(driver == d)
        ranked = -np.sort(-np.where(here, own, -np.inf), axis=1)
        last = ranked[:, min(best, own.size) - 1, None]
        slack = TIE * np.ptp(own[~np.isnan(own)]) if here.any() else 0.0
        with np.errstate(invalid="ignore"):
            chosen = (here & (own >= last - slack)).astype(np.float64)
        seen = ~np.isnan(scores[:, areas])
        n = chosen @ seen
        total = chosen @ np.where(seen, scores[:, areas], 0.0)
        found[:, areas] = total / np.where(n > 0, n, np.nan)
    return found


def _resampled(
    scores: Floats,
    performance: Floats,
    driver: Ints,
    gap: Floats,
    rng: np.random.Generator,
    options: CriticalOptions,
) -> tuple[Floats, Floats, Ints, Ints]:
    """Probabilities, shares of positive coefficients, draws used and undefined, a row a unit.

    gap  units x areas, NaN where an area is not compared
    """
    counts = _counts(len(scores), options.draws, rng)
    beta = _associations(scores, performance, driver, counts)[0].beta
    best: Floats | None = None
    if options.resample_gaps:
        best = _best_means(scores, performance, driver, counts > 0, options.best)
    probability, positive = np.full(gap.shape, np.nan), np.full(gap.shape, np.nan)
    used, undefined = np.zeros((2, len(gap)), dtype=np.int64)
    for k in range(len(gap)):
        areas = np.flatnonzero(~np.isnan(gap[k]))
        draws = np.flatnonzero(counts[:, k] == 0)
        b = beta[draws][:, areas]
        behind = gap[k, areas]
        if best is not None:
            behind = _behind(best[draws][:, areas], scores[k, areas], scores[:, areas])
        worth = np.maximum(b, 0.0) * np.maximum(behind, 0.0)
        good = ~np.isnan(worth).any(axis=1)
        used[k], undefined[k] = good.sum(), (~good).sum()
        if areas.size and used[k]:
            probability[k, areas] = _among(worth[good], options.top).mean(axis=0)
            positive[k, areas] = (b[good] > 0).mean(axis=0)
    return probability, positive, used, undefined


def _by_lot(gap: Floats, top: int) -> Floats:
    """Probability of an area with a gap to be drawn among `top`; NaN for a unit without gaps."""
    behind = (gap > 0).sum(axis=1)
    return np.where(behind > 0, np.minimum(1.0, top / np.maximum(behind, 1)), np.nan)


def _among(priority: Floats, top: int) -> Bools:
    """Which are among the highest positive priorities of their row, ties included."""
    worth = np.where(np.isnan(priority), 0.0, priority)
    last = np.sort(worth, axis=1)[:, ::-1][:, min(top, worth.shape[1]) - 1, None]
    found: Bools = (worth > 0) & (worth >= last * (1 - TIE))
    return found


def _behind(best: Floats, own: Floats, scores: Floats) -> Floats:
    """best - own, and 0 where they differ by a rounding error of the column."""
    gap = best - own
    span = np.fmax.reduce(scores, axis=0) - np.fmin.reduce(scores, axis=0)
    return np.where(np.abs(gap) <= TIE * span, 0.0, gap)


def _spread(scores: Floats) -> Floats:
    n = (~np.isnan(scores)).sum(axis=0)
    mean = np.nansum(scores, axis=0) / np.maximum(n, 1)
    square = np.nansum((scores - mean) ** 2, axis=0)
    found: Floats = np.sqrt(square / np.where(n > 1, n - 1, np.nan))
    return found


def _positive(number: int, name: str) -> None:
    if number < 1:
        raise UsageError(
            f"the option {name} must be positive",
            printed=str(number),
            admissible="1 or more",
            fix="leave it out for the default",
        )


def _checked(scores: Floats, performance: Floats, driver: Ints, options: CriticalOptions) -> None:
    for name in ("best", "top", "draws", "least"):
        _positive(getattr(options, name), name)
    shapes = f"scores {scores.shape}, performance {performance.shape}, driver {driver.shape}"
    if len(scores) != len(performance) or driver.shape != scores.shape[1:]:
        raise HansaError(
            "scores, performance and drivers do not belong together",
            printed=shapes,
            admissible="the same units in both, and one driver for each area",
            fix="line up units and areas before",
        )
    if not driver.size or driver.min() < 0 or driver.max() >= performance.shape[1]:
        raise HansaError(
            "an area names a driver that has no performance",
            printed=shapes,
            admissible=f"positions from 0 to {performance.shape[1] - 1}",
            fix="give the performance of every driver",
        )
