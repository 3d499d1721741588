"""Long computations of an index in portions, so that a progress bar can tell how far they are.

The numbers are those of one go: draws are numbered, and exact ranks are found unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hansa.index.chain import Stage
from hansa.index.evaluator import Evaluator
from hansa.index.extreme import RankInterval, around, rank_intervals
from hansa.index.rankstats import RankDistribution
from hansa.index.robustness import Robustness, draw_values, replayed
from hansa.index.sensitivity import MOST, Sensitivity, Target, sensitivity
from hansa.index.tree import Floats, Ints

Done = Callable[[float], None]
"""Told what share is done, 0 to 1, before each portion or after it."""

PORTIONS = 8
UNITS = 4
"""Units whose exact ranks are found together."""
POINTS = 4096
"""Of the sequence, where the choices are too many to try them all."""
SECONDS = 2.0
"""For one exact rank; what is not settled by then is given as a bound, not proven."""


def replicated(evaluator: Evaluator, draws: int, done: Done) -> Robustness:
    """What `hansa.index.robustness.robustness` gives, portion by portion.

    Raises HansaError where none of a portion can be computed.
    """
    numbers = np.arange(draws, dtype=np.int64)
    parts = []
    for n, own in enumerate(np.array_split(numbers, min(PORTIONS, draws))):
        done(n / PORTIONS)
        parts.append(replayed(evaluator, draw_values(evaluator, own)))
    return _one(parts)


def _one(parts: list[Robustness]) -> Robustness:
    def beside(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)

    reasons = tuple(dict.fromkeys(reason for part in parts for reason in part.reasons))
    failed = [
        # The last place stands for -1, a draw that did not fail.
        np.array([*(reasons.index(r) for r in part.reasons), -1])[part.failed]
        for part in parts
    ]
    years = {
        year: (rows, _sum([part.years[year][1] for part in parts]))
        for year, (rows, _) in parts[0].years.items()
    }
    return replace(
        parts[0], scores=beside("scores"), ranks=beside("ranks"), values=beside("values"),
        failed=np.concatenate(failed), reasons=reasons, years=years,
    )  # fmt: skip


def _sum(parts: list[RankDistribution]) -> RankDistribution:
    return RankDistribution(
        *(sum(getattr(part, name) for part in parts) for name in ("counts", "wins", "both"))
    )


def exact_ranks(stage: Stage, rows: Ints, done: Done) -> RankInterval:
    """Best and worst rank of some rows under any weights a quarter up or down.

    Raises HansaError where the index is not a weighted sum of complete data.
    """
    parts = []
    for start in range(0, rows.size, UNITS):
        done(start / rows.size)
        own = rows[start : start + UNITS].tolist()
        parts.append(rank_intervals(stage, around(stage), SECONDS, own))

    def over(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return RankInterval(
        over("rows"), over("best"), over("worst"), over("proven"), over("best_bound"),
        over("worst_bound"), over("weights"), sum(part.programmes for part in parts),
    )  # fmt: skip


def moved_by(evaluator: Evaluator, name: str, target: Target, done: Done) -> Sensitivity:
    """Which choice moves a target, as `hansa.index.sensitivity.sensitivity` finds it.

    The target is asked batch by batch: each time it is told how many evaluations are done.
    """
    sizes = [factor.size(evaluator.tree) for factor in evaluator.factors]
    every = float(np.prod([float(size) for size in sizes])) if all(sizes) else np.inf
    whole = every if every <= MOST else POINTS * (len(sizes) + 2.0)
    asked = 0

    def counted(scores: Floats, ranks: Ints, nominal: Ints) -> Floats:
        nonlocal asked
        asked += scores.shape[1]
        done(min(1.0, asked / whole))
        return target(scores, ranks, nominal)

    done(0.0)
    return sensitivity(evaluator, [(name, counted)], POINTS, evaluator.seed)[0]
