"""Uncertainty of ranks: thousands of replications over the choices left open (index.md, 4).

Every distinct table of normalised values is prepared once; weights, the indicator left out and
the mean are then taken in batches. A replication that cannot be computed stays, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from hansa.errors import HansaError
from hansa.index.data import IndexData
from hansa.index.evaluator import Evaluator
from hansa.index.factors import Factor, uniforms
from hansa.index.rankstats import RankDistribution, Ranks, batch_ranks, counted
from hansa.index.tree import Floats, Ints

CHUNK_CELLS = 400_000
"""Weights of one batch of replications: they then fit the caches."""

BLOCK_CELLS = 1 << 18
"""Scores that are ranked together."""


@dataclass(frozen=True)
class Robustness:
    """Ranks under all replications.

    nominal   (rows,) rank in the run without any change; (rows,) score beside it
    ranks     (rows, draws) rank within the year; 0 where a draw failed or a unit is missing
    values    (factors, draws) drawn values, so that every draw can be replayed
    failed    (draws,) -1, or the position in `reasons`
    years     year -> its rows and their distribution
    """

    data: IndexData
    factors: tuple[Factor, ...]
    seed: int
    nominal: Floats
    score: Floats
    scores: Floats
    ranks: Ranks
    values: Floats
    failed: Ints
    reasons: tuple[str, ...]
    years: Mapping[int, tuple[Ints, RankDistribution]]

    @property
    def draws(self) -> int:
        """Number of replications."""
        return int(self.failed.size)

    @property
    def successes(self) -> int:
        """Replications that were computed."""
        return int((self.failed < 0).sum())

    def failures(self) -> list[tuple[str, int]]:
        """Each reason and how many replications it cost."""
        return [(r, int((self.failed == i).sum())) for i, r in enumerate(self.reasons)]

    def failures_by_value(self) -> list[tuple[str, str, int, int]]:
        """Factor, value, failed and all replications, for each value that failed at all."""
        bad, found = self.failed >= 0, []
        for factor, value in zip(self.factors, self.values, strict=True):
            if factor.kind not in ("options", "drop", "imputation"):
                continue
            for one in np.unique(value[bad]):
                own = value == one
                named = str(dict(factor.options[int(one)])) if factor.options else f"{one:.0f}"
                found.append((factor.id, named, int((bad & own).sum()), int(own.sum())))
        return found

    def warnings(self) -> list[str]:
        """What has to stand on the first line of any result."""
        lost = self.draws - self.successes
        if lost <= 0.01 * self.draws and not self._confined():
            return []
        told = "; ".join(f"{n} times: {r}" for r, n in self.failures())
        return [f"{lost} of {self.draws} replications could not be computed: {told}"]

    def _confined(self) -> bool:
        """Whether one value of a factor fails always: its choice was never tried."""
        bad = self.failed >= 0
        if not bad.any():
            return False
        for factor, value in zip(self.factors, self.values, strict=True):
            if factor.kind in ("options", "drop", "imputation"):
                for one in np.unique(value[bad]):
                    if bad[value == one].all():
                        return True
        return False


def draw_values(evaluator: Evaluator, numbers: Ints) -> Floats:
    """Drawn values of plain replications (factors, draws)."""
    out = np.empty((len(evaluator.factors), numbers.size))
    for i, factor in enumerate(evaluator.factors):
        if factor.kind in ("weights", "dirichlet", "experts", "noise"):
            out[i] = numbers
        else:
            u = uniforms(evaluator.seed, f"{factor.id}/choice", numbers, 1)[:, 0]
            out[i] = factor.values(u, evaluator.tree)
    return out


def robustness(evaluator: Evaluator, draws: int = 10_000, workers: int = 2) -> Robustness:
    """Replications over all factors; raises HansaError where none can be computed."""
    numbers = np.arange(draws, dtype=np.int64)
    return replayed(evaluator, draw_values(evaluator, numbers), workers)


def replayed(evaluator: Evaluator, values: Floats, workers: int = 2) -> Robustness:
    """Replications of given drawn values (factors, draws): no random choice is left."""
    from hansa.index.chain import ranks_of

    draws = values.shape[1]
    evaluator.prepare(values)
    nominal = evaluator.nominal
    data = nominal.data
    parts = list(data.by_year())
    kind = np.uint8 if max(rows.size for rows in parts) < 250 else np.uint16
    ranks = np.zeros((data.unit.size, draws), kind)
    kept = np.empty((data.unit.size, draws))
    failed = np.full(draws, -1, np.int64)
    chunk = max(512, CHUNK_CELLS // len(nominal.tree.nodes))
    size = max(1024, min(8192, BLOCK_CELLS // data.unit.size, -(-draws // workers)))

    def work(start: int) -> list[tuple[Ints, Ints, Ints]]:
        stop = min(start + size, draws)
        for first in range(start, stop, chunk):
            here = slice(first, min(first + chunk, stop))
            kept[:, here], failed[here] = evaluator.scores(values[:, here])
        out = []
        for rows in parts:
            wins = np.zeros((rows.size, rows.size), np.int64)
            own = batch_ranks(kept[rows, start:stop], wins)
            ranks[rows, start:stop] = own
            out.append(counted(own, wins))
        return out

    starts = range(0, draws, size)
    if workers == 1:
        found = [work(start) for start in starts]
    else:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(work, starts))
    reasons, failed = _named(evaluator, values, failed)
    years = {
        int(data.time[rows[0]]): (rows, RankDistribution(*(sum(p) for p in zip(*own, strict=True))))
        for rows, own in zip(parts, zip(*found, strict=True), strict=True)
    }
    assert nominal.scores is not None
    root = nominal.tree.root
    return Robustness(
        data, evaluator.factors, evaluator.seed, ranks_of(nominal)[:, root],
        nominal.scores[:, root], kept, ranks, values, failed, reasons, years,
    )  # fmt: skip


def _named(evaluator: Evaluator, values: Floats, failed: Ints) -> tuple[tuple[str, ...], Ints]:
    """Reasons in words, and each failed draw's position among them."""
    bad = np.flatnonzero(failed >= 0)
    words: dict[str, int] = {}
    out = np.full(failed.size, -1, np.int64)
    keys, which = evaluator._keys(values) if bad.size else ([], failed)
    told = [evaluator._table(key).reason for key in keys]
    for draw in bad:
        reason = told[which[draw]] or "a value lies outside the domain of a mean"
        out[draw] = words.setdefault(reason, len(words))
    if bad.size == failed.size:
        raise HansaError(
            "no replication could be computed",
            printed="; ".join(words),
            fix="correct the factors: every combination they allow fails",
        )
    return tuple(words), out
