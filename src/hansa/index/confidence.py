"""Ranks of scores that carry a sampling error: which ranks the data cannot refuse.

This answers one question only: how far chance in the data moves a rank. What other choices of
method, or other weights, would do to it are different questions with answers of their own.
A unit without a score takes no part and is named; rank 1 has the largest score. Scores are put
into order before anything is drawn, so the order of rows changes nothing (with a covariance, where
scores and variances are equal, nothing but the error of the draws).
Source: Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for ranks with applications to
mobility across neighbourhoods and academic achievement across countries", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hansa.errors import HansaError, UsageError, listed

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

DRAWS = 20_000
ALPHA = 0.05
_SAME = 1e-12
_BLOCK = 300_000


@dataclass(frozen=True)
class RankSets:
    """For each unit the ranks from `low` to `high` (arrays by unit, NaN for one left out).

    kind      marginal: each set holds its unit's rank with 1 - alpha; simultaneous: all at once
    rank      rank of the scores as they are
    critical  the value that differences were held to in the last round: by unit, or one; NaN
              where none was needed, as all differences are far too large or have no error
    rounds    how often the critical value was computed; 1 without step-down
    left_out  positions of units without a score; the others are counted in `high`
    """

    kind: Literal["marginal", "simultaneous"]
    low: Floats
    high: Floats
    rank: Floats
    critical: Floats
    rounds: int
    left_out: tuple[int, ...]
    alpha: float
    draws: int


@dataclass(frozen=True)
class BestSet:
    """Units that may be among the tau best: all that are, with probability 1 - alpha.

    low       lower end of the one-sided simultaneous set of ranks
    left_out  positions of units without a score
    """

    tau: int
    units: tuple[int, ...]
    low: Floats
    left_out: tuple[int, ...]
    alpha: float
    draws: int


@dataclass(frozen=True)
class _Scores:
    """Units with a score in order of it: positions, scores, errors of differences, and draws.

    noise  (units, draws): draws of the errors alone
    alike  the same number for units that nothing tells apart: equal scores, equal own errors
    """

    rows: Ints
    score: Floats
    error: Floats
    noise: Floats
    alike: Ints


@dataclass(frozen=True)
class _Verdict:
    above: Bools
    critical: Floats
    rounds: int


def marginal_sets(
    score: Floats,
    error: Floats,
    rng: np.random.Generator,
    alpha: float = ALPHA,
    draws: int = DRAWS,
    step_down: bool = True,
) -> RankSets:
    """The set of each unit alone: for "where are we".

    score  (units,), NaN where there is none
    error  standard errors (units,) of independent scores, or their covariance (units, units)
    Errors: a score without a usable error, a covariance that is none, an option without sense.
    """
    scores = _ready(score, error, rng, alpha, draws)
    verdict = _refused(scores, alpha, step_down, joint=False, signed=False)
    return _sets("marginal", scores, verdict, len(score), alpha)


def simultaneous_sets(
    score: Floats,
    error: Floats,
    rng: np.random.Generator,
    alpha: float = ALPHA,
    draws: int = DRAWS,
    step_down: bool = True,
) -> RankSets:
    """The sets of all units at once: for a league table. Parameters as in `marginal_sets`."""
    scores = _ready(score, error, rng, alpha, draws)
    verdict = _refused(scores, alpha, step_down, joint=True, signed=False)
    return _sets("simultaneous", scores, verdict, len(score), alpha)


def tau_best(
    score: Floats,
    error: Floats,
    tau: int,
    rng: np.random.Generator,
    alpha: float = ALPHA,
    draws: int = DRAWS,
) -> BestSet:
    """The units that may be among the tau best: for "whom to learn from".

    {j : L_j <= tau}, L_j the one-sided simultaneous lower end with step-down.
    """
    if tau < 1:
        raise UsageError(
            "a set of the best needs a number of places",
            printed=f"tau = {tau}",
            admissible="1 or more",
            fix="say how many of the best are meant",
        )
    scores = _ready(score, error, rng, alpha, draws)
    above = _refused(scores, alpha, True, joint=True, signed=True).above
    low = _by_unit(1.0 + above.sum(0), scores.rows, len(score))
    units = tuple(int(i) for i in np.flatnonzero(low <= tau))
    return BestSet(tau, units, low, _left_out(low), alpha, draws)


def _ready(
    score: Floats, error: Floats, rng: np.random.Generator, alpha: float, draws: int
) -> _Scores:
    """Units with a score, sorted, with the errors of all differences and draws of the noise."""
    if not 0 < alpha < 1 or draws < 1:
        raise UsageError(
            "an option of rank sets has no sense",
            printed=f"alpha = {alpha}, draws = {draws}",
            admissible="alpha between 0 and 1, such as 0.05; draws 1 or more",
            fix="correct the option",
        )
    score, error = np.asarray(score, dtype=float), np.asarray(error, dtype=float)
    if score.ndim != 1 or error.shape not in (score.shape, (len(score),) * 2):
        raise HansaError(
            "scores and their errors have not the same units",
            printed=f"scores {score.shape}, errors {error.shape}",
            admissible="one standard error a score, or a square covariance of all scores",
            fix="lay both out over one list of units",
        )
    rows = np.flatnonzero(~np.isnan(score))
    variance = error**2 if error.ndim == 1 else np.diag(error)
    rows = rows[np.lexsort((variance[rows], score[rows]))]
    own = error[rows] if error.ndim == 1 else error[np.ix_(rows, rows)]
    _check(score[rows], own, rows)
    normal = rng.standard_normal((len(rows), draws))
    if own.ndim == 1:
        size = own[:, None] ** 2 + own[None, :] ** 2
        alike = np.unique(np.stack([score[rows], own]), axis=1, return_inverse=True)[1].reshape(-1)
        return _Scores(rows, score[rows], np.sqrt(size), normal * own[:, None], alike)
    total = np.diag(own)[:, None] + np.diag(own)[None, :]
    between = total - 2 * own
    between = np.where(between <= _SAME * total, 0.0, between)
    noise = _root(own) @ normal
    return _Scores(rows, score[rows], np.sqrt(between), noise, np.arange(len(rows)))


def _check(score: Floats, error: Floats, rows: Ints) -> None:
    bad = ~np.isfinite(error).all(tuple(range(1, error.ndim))) | ~np.isfinite(score)
    bad |= (error if error.ndim == 1 else np.diag(error)) < 0
    if bad.any():
        raise HansaError(
            "a score has no usable sampling error",
            place=f"units {listed(f'row {i + 1}' for i in sorted(rows[bad]))}",
            printed="an infinite score, or an error that is missing, infinite or below zero",
            admissible="finite numbers; errors of 0 or more",
            fix="give the error, or leave the score out by NaN",
        )
    if error.ndim == 2 and len(rows):
        scale = float(abs(error).max())
        crooked = float(abs(error - error.T).max()) > 1e-9 * scale
        least = float(np.linalg.eigvalsh(error)[0])
        if crooked or least < -1e-9 * scale:
            raise HansaError(
                "the errors are no covariance matrix",
                printed="not symmetric" if crooked else f"smallest eigenvalue {least:.3g}",
                admissible="symmetric, no eigenvalue below zero",
                fix="estimate the covariance of all scores together",
            )


def _root(covariance: Floats) -> Floats:
    """A matrix whose product with its transpose is the covariance, which may be singular."""
    try:
        return np.asarray(np.linalg.cholesky(covariance), dtype=float)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _refused(
    scores: _Scores, alpha: float, step_down: bool, *, joint: bool, signed: bool
) -> _Verdict:
    """above[j, k]: that j is not above k is refused; row-wise in marginal sets.

    joint   one critical value over all pairs; else one for the pairs of each unit
    signed  pairs in one direction are refused and closed alone, as one-sided sets need it
    """
    n = len(scores.rows)
    gap = scores.score[:, None] - scores.score[None, :]
    near = _SAME * (float(np.ptp(scores.score)) if n else 0.0)
    exact = scores.error == 0
    refused = exact & (abs(gap) > near)
    waiting = ~exact & ~np.eye(n, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(waiting, 1 / scores.error, 0.0)
    size = gap * inverse if signed else abs(gap) * inverse
    if step_down:
        # Beyond a bound that no critical value reaches, the first round refuses in any case.
        sure = waiting & (size > NormalDist().inv_cdf(1 - alpha / (4 * max(n * n, 2))))
        refused, waiting = refused | sure, waiting & ~sure
    critical, active, rounds = np.full(n, np.nan), waiting.any(1), 0
    while active.any():
        rounds += 1
        asked = (np.triu(waiting) if joint and not signed else waiting) & active[:, None]
        value = _critical(scores.noise, inverse, asked, 1 - alpha, joint=joint, signed=signed)
        if not joint:
            # Draws differ between units that are alike; what they say of them must not.
            same = scores.alike[active]
            value = (np.bincount(same, value) / np.maximum(np.bincount(same), 1))[same]
        critical[slice(None) if joint else active] = value
        new = waiting & active[:, None] & (size > critical[:, None])
        refused |= new
        waiting &= ~new
        if not step_down or not new.any():
            break
        active = waiting.any(1) if joint else new.any(1) & waiting.any(1)
    return _Verdict(refused, critical[: 1 if joint else n], rounds)


def _critical(
    noise: Floats,
    inverse: Floats,
    waiting: Bools,
    level: float,
    *,
    joint: bool,
    signed: bool,
) -> Floats:
    """Quantile of the largest studentised difference among waiting pairs, by unit or over all."""
    units, draws = np.flatnonzero(waiting.any(1)), noise.shape[1]
    most = np.full((1 if joint else len(units), draws), -np.inf)
    spans = [_span(waiting[j]) for j in units]
    weights = [(inverse[j] * waiting[j])[own][:, None] for j, own in zip(units, spans, strict=True)]
    width = max(64, _BLOCK // len(noise))
    room = np.empty((len(noise), width))
    for start in range(0, draws, width):
        part = np.ascontiguousarray(noise[:, start : start + width])
        for at, (j, own) in enumerate(zip(units, spans, strict=True)):
            gap = room[: len(weights[at]), : part.shape[1]]
            np.subtract(part[j], part[own], out=gap)
            gap *= weights[at]
            if not signed:
                np.abs(gap, out=gap)
            row = most[0 if joint else at, start : start + width]
            np.maximum(row, gap.max(0), out=row)
    # Below zero a difference in the wrong direction would count; `_span` relies on this too.
    found: Floats = np.maximum(np.quantile(most, level, axis=1), 0.0)
    return found


def _span(waiting: Bools) -> slice:
    """From the first to the last partner of a unit, faster than picking them; others count as 0."""
    own = np.flatnonzero(waiting)
    return slice(int(own[0]), int(own[-1]) + 1)


def _sets(
    kind: Literal["marginal", "simultaneous"],
    scores: _Scores,
    verdict: _Verdict,
    units: int,
    alpha: float,
) -> RankSets:
    score, n = scores.score, len(scores.rows)
    near = _SAME * (float(np.ptp(score)) if n else 0.0)
    higher = score[None, :] > score[:, None] + near
    # Two-sided refusal of a pair: which of the two is higher is read from the scores.
    low = 1 + (verdict.above & higher).sum(1)
    high = n - (verdict.above & higher.T).sum(1)
    critical = verdict.critical
    if kind == "marginal":
        critical = _by_unit(critical, scores.rows, units)
    ends = [_by_unit(v, scores.rows, units) for v in (low, high, 1 + higher.sum(1))]
    return RankSets(
        kind,
        ends[0],
        ends[1],
        ends[2],
        critical,
        verdict.rounds,
        _left_out(ends[0]),
        alpha,
        scores.noise.shape[1],
    )


def _by_unit(values: NDArray[np.generic], rows: Ints, units: int) -> Floats:
    whole = np.full(units, np.nan)
    whole[rows] = values
    return whole


def _left_out(low: Floats) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(np.isnan(low)))
