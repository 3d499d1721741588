"""Which choice moves a result: first-order and total indices (methods: index, section 4.5).

Exact where the design is finite; otherwise Sobol's sequence, scrambled.
Sources: Saltelli et al. (2010); Jansen (1999); Saisana, Saltelli and Tarantola (2005).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.evaluator import Evaluator
from hansa.index.factors import generator
from hansa.index.rankstats import batch_ranks
from hansa.index.tree import Floats, Ints

MOST = 200_000
"""Combinations up to which a finite design is enumerated."""

WIDE = 0.1
"""An interval wider than this is said to be wide."""

TARGETS = ("shift", "rank", "score", "difference", "top")


@dataclass(frozen=True)
class Sensitivity:
    """Indices of the factors for one target.

    first, total   (factors,) share of variance; NaN where nothing moves the target
    low, high      (factors, 2) bootstrap intervals of first and total, None where exact
    variance       of the target
    evaluations    of the index
    failed         evaluations that could not be computed; their rows are left out
    """

    factors: tuple[str, ...]
    target: str
    first: Floats
    total: Floats
    variance: float
    evaluations: int
    exact: bool
    low: Floats | None = None
    high: Floats | None = None
    failed: int = 0

    def said(self) -> list[str]:
        """Sentences that stand beside the numbers."""
        lost = f"{self.failed} of {self.evaluations} evaluations could not be computed."
        if np.isnan(self.variance):
            return [f"{lost} A design with holes has no exact indices."]
        if not self.variance > 0:
            return ["No choice moves this target.", *([lost] if self.failed else [])]
        out = [f"Exact: all {self.evaluations} combinations."] if self.exact else []
        if self.low is not None and self.high is not None:
            wide = np.flatnonzero(((self.high - self.low) > WIDE).any(axis=1))
            if wide.size:
                names = listed(self.factors[i] for i in wide)
                out.append(f"Intervals wider than {WIDE:g}: {names}. Take more points.")
        return [*out, lost] if self.failed else out


def finite(y: Floats, probability: Sequence[Floats]) -> tuple[Floats, Floats, float]:
    """S_i = Var(E[Y|X_i])/V and T_i = E(Var(Y|X_-i))/V of a full factorial design.

    y            one axis a factor, one entry a value
    probability  of the values of each factor; factors are independent
    Returns first, total (factors,) and V; NaN where V is 0 within rounding.
    """
    d = y.ndim
    weights = [np.asarray(p, float) for p in probability]

    def over(values: Floats, axes: Sequence[int]) -> Floats:
        for axis in sorted(axes, reverse=True):
            values = np.tensordot(values, weights[axis], axes=([axis], [0]))
        return values

    every = list(range(d))
    mean = float(over(y, every))
    centred = y - mean
    variance = float(over(centred**2, every))
    first, total = np.full(d, np.nan), np.full(d, np.nan)
    if variance <= 1e-24 * max(1.0, mean**2):
        return first, total, 0.0
    for i in every:
        own = over(centred, [a for a in every if a != i])
        first[i] = float(weights[i] @ own**2) / variance
        inner = np.tensordot(centred**2, weights[i], axes=([i], [0]))
        middle = np.tensordot(centred, weights[i], axes=([i], [0]))
        rest = inner - middle**2
        others = [w for a, w in enumerate(weights) if a != i]
        for w in reversed(others):
            rest = rest @ w
        total[i] = float(rest) / variance
    return first, np.maximum(total, 0.0), variance


def estimators(a: Floats, b: Floats, ab: Floats) -> tuple[Floats, Floats, float]:
    """Saltelli's first-order and Jansen's total estimator of values at A, B and AB_i.

    a, b  (points, …);  ab  (factors, points, …). Leading factors come out first.
    """
    both = np.concatenate([a, b])
    centre = both.mean(axis=0)
    variance = both.var(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        first = ((b - centre) * (ab - a)).mean(axis=1) / variance
        total = ((a - ab) ** 2).mean(axis=1) / (2 * variance)
    return first, total, variance


def coinr_estimators(values: Floats, d: int) -> tuple[Floats, Floats]:
    """The estimators of COINr on rows ordered A, B, AB_1, …: uncentred, divisor 2N - 1."""
    n = values.size // (d + 2)
    a, b = values[:n], values[n : 2 * n]
    ab = values[2 * n :].reshape(d, n)
    variance = np.concatenate([a, b]).var(ddof=1)
    return (b * (ab - a)).mean(axis=1) / variance, ((a - ab) ** 2).mean(axis=1) / (2 * variance)


Target = Callable[[Floats, Ints, Ints], Floats]
"""Scores and ranks (rows, draws) and nominal ranks (rows,) to one number a draw."""


def target_of(kind: str, rows: Sequence[int] = (), top: int = 10) -> Target:
    """A target by name: `shift` (mean absolute rank shift), `rank` or `score` of one row,
    `difference` of the scores of two rows, `top` (1 where the row is among the first)."""
    if kind not in TARGETS:
        raise UsageError(f"there is no target {kind!r}", admissible=listed(TARGETS))
    needed = {"rank": 1, "score": 1, "top": 1, "difference": 2}.get(kind, 0)
    if len(rows) < needed:
        raise UsageError(f"the target {kind} needs {needed} units", fix="name them")

    def of(scores: Floats, ranks: Ints, nominal: Ints) -> Floats:
        if kind == "shift":
            there = (ranks > 0) & (nominal > 0)[:, None]
            moved = np.abs(ranks.astype(np.int64) - nominal[:, None])
            with np.errstate(invalid="ignore"):
                return np.asarray(np.where(there, moved, 0).sum(axis=0) / there.sum(axis=0))
        if kind == "score":
            return np.asarray(scores[rows[0]])
        if kind == "difference":
            return np.asarray(scores[rows[0]] - scores[rows[1]])
        own = ranks[rows[0]].astype(float)
        own[own == 0] = np.nan
        return own if kind == "rank" else np.where(np.isnan(own), np.nan, own <= top)

    return of


def evaluated(evaluator: Evaluator, values: Floats, targets: Sequence[Target]) -> Floats:
    """Targets (targets, draws) under drawn values (factors, draws), ranks in the last year."""
    rows = list(evaluator.nominal.data.by_year())[-1]
    evaluator.prepare(values)
    out = np.empty((len(targets), values.shape[1]))
    assert evaluator.nominal.scores is not None
    first = evaluator.nominal.scores[rows, evaluator.tree.root]
    nominal = batch_ranks(first[:, None])[:, 0].astype(np.int64)
    for start in range(0, values.shape[1], 2048):
        here = slice(start, start + 2048)
        scores, failed = evaluator.scores(values[:, here])
        ranks = batch_ranks(scores[rows])
        for i, target in enumerate(targets):
            found = target(scores[rows], ranks.astype(np.int64), nominal)
            out[i, here] = np.where(failed < 0, found, np.nan)
    return out


def sensitivity(
    evaluator: Evaluator,
    targets: Sequence[tuple[str, Target]],
    points: int = 4096,
    seed: int = 0,
) -> list[Sensitivity]:
    """Indices of every factor for several targets at once, from one set of evaluations.

    Exact where all factors are finite and their combinations at most `MOST`.
    points  of the sequence otherwise, a power of 2
    """
    factors = evaluator.factors
    if not factors:
        raise UsageError("nothing varies", fix="name at least one factor")
    sizes = [f.size(evaluator.tree) for f in factors]
    if all(sizes) and np.prod([float(s) for s in sizes]) <= MOST:
        return _enumerated(evaluator, targets, sizes)
    return _sampled(evaluator, targets, points, seed)


def _enumerated(
    evaluator: Evaluator, targets: Sequence[tuple[str, Target]], sizes: list[int]
) -> list[Sensitivity]:
    grid = np.indices(sizes).reshape(len(sizes), -1).astype(float)
    y = evaluated(evaluator, grid, [t for _, t in targets])
    probability = [f.weights_of_values(evaluator.tree) for f in evaluator.factors]
    names = tuple(f.id for f in evaluator.factors)
    out = []
    for (name, _), values in zip(targets, y, strict=True):
        gone = int(np.isnan(values).sum())
        if gone:
            # A design with holes is no product any more: its indices would mislead.
            none = np.full(len(sizes), np.nan)
            out.append(Sensitivity(names, name, none, none, np.nan, values.size, True, failed=gone))
            continue
        first, total, variance = finite(values.reshape(sizes), probability)
        out.append(Sensitivity(names, name, first, total, variance, values.size, True))
    return out


def _sampled(
    evaluator: Evaluator, targets: Sequence[tuple[str, Target]], points: int, seed: int
) -> list[Sensitivity]:
    if points < 2 or points & (points - 1):
        raise UsageError(
            "the number of points is no power of 2", printed=str(points), admissible="1024, 4096"
        )
    factors, d = evaluator.factors, len(evaluator.factors)
    design = sobol_design(points, d, seed)
    values = np.stack([f.values(u, evaluator.tree) for f, u in zip(factors, design.T, strict=True)])
    y = evaluated(evaluator, values, [t for _, t in targets]).reshape(len(targets), d + 2, points)
    names = tuple(f.id for f in factors)
    out = []
    for (name, _), one in zip(targets, y, strict=True):
        kept = ~np.isnan(one).any(axis=0)
        gone = int(np.isnan(one).sum())
        out.append(_estimated(names, name, one[:, kept], seed, design.shape[0], gone))
    return out


def sobol_design(points: int, d: int, seed: int) -> Floats:
    """Rows A, B, AB_1, … AB_d (AB_i is A with column i of B) in [0, 1) (points (d+2), d)."""
    from scipy.stats import qmc

    both = qmc.Sobol(2 * d, scramble=True, seed=seed).random(points)
    a, b = both[:, :d], both[:, d:]
    mixed = np.repeat(a[None], d, axis=0)
    for i in range(d):
        mixed[i, :, i] = b[:, i]
    return np.concatenate([a, b, mixed.reshape(-1, d)])


def _estimated(
    names: tuple[str, ...], target: str, y: Floats, seed: int, evaluations: int, failed: int
) -> Sensitivity:
    d = y.shape[0] - 2
    none = np.full(d, np.nan)
    # A variance of the size of rounding errors is none.
    if y.shape[1] < 2 or not y[:2].var() > 1e-24 * max(1.0, float(y[:2].mean()) ** 2):
        return Sensitivity(names, target, none, none, 0.0, evaluations, False, failed=failed)
    first, total, variance = estimators(y[0], y[1], y[2:])
    rng = generator(seed, "sensitivity", purpose="bootstrap")
    pick = rng.integers(0, y.shape[1], (y.shape[1], 200))
    firsts, totals, _ = estimators(y[0][pick], y[1][pick], y[2:][:, pick])
    ends = np.quantile(np.stack([firsts, totals], axis=1), [0.025, 0.975], axis=-1)
    return Sensitivity(
        names, target, first, total, float(variance), evaluations, False, ends[0], ends[1], failed
    )
