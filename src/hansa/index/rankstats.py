"""Ranks of many replications, and what they say: counts first, everything else follows.

Ranks are small whole numbers, so their distribution is a table of counts (units, ranks) from
which means, quantiles and probabilities follow exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.index.data import Bools
from hansa.index.ranks import tolerance
from hansa.index.tree import Floats, Ints

Ranks = npt.NDArray[np.unsignedinteger[Any]]


def batch_ranks(scores: Floats, wins: Ints | None = None) -> Ranks:
    """Ranks of each draw (units, draws); 0 for a missing score.

    wins  (units, units) to which the number of draws is added in which i beats j
    """
    n, draws = scores.shape
    found = np.ones((n, draws), np.uint8 if n < 250 else np.uint16)
    upper = scores + tolerance(scores)
    room = np.empty((max(n - 1, 1), draws), bool)
    won = np.zeros((n, n), np.int64)
    # Few calls on long rows: on two threads many short ones would wait for each other.
    for i in range(n - 1):
        beats = room[: n - 1 - i]
        np.greater(scores[i], upper[i + 1 :], out=beats)
        found[i + 1 :] += beats.view(np.uint8)
        if wins is not None:
            won[i, i + 1 :] = [np.count_nonzero(row) for row in beats]
        np.greater(scores[i + 1 :], upper[i], out=beats)
        found[i] += np.add.reduce(beats.view(np.uint8), axis=0, dtype=found.dtype)
    gone = np.isnan(scores)
    if gone.any():
        found[gone] = 0
    if wins is not None:
        _losses(scores, upper, found, won)
        wins += won
    return found


def _losses(scores: Floats, upper: Floats, ranks: Ranks, wins: Ints) -> None:
    """The wins below the diagonal: those of the later unit over the earlier one."""
    n, draws = scores.shape
    below = np.tril_indices(n, -1)
    if (ranks > 0).all() and ranks.sum(dtype=np.int64) == draws * n * (n + 1) // 2:
        # Ranks add up to 1 + 2 + … + n in every draw only where nobody ties.
        wins[below] = draws - wins.T[below]
        return
    for i, j in zip(*below, strict=True):
        wins[i, j] = np.count_nonzero(scores[i] > upper[j])


def counts_of(ranks: Ranks, n: int = 0) -> Ints:
    """How often each unit (units, draws) has each rank (units, n): column 0 is rank 1."""
    n = n or ranks.shape[0]
    return np.stack([np.bincount(row, minlength=n + 1)[1 : n + 1] for row in ranks]).astype(
        np.int64
    )


def split_counts(ranks: Ranks) -> Floats:
    """Acceptability with ties shared: units tied at rank r hold ranks r, r+1, … equally."""
    n, draws = ranks.shape
    out = np.zeros((n, n))
    tied = np.zeros((n, draws), np.int64)
    for row in ranks:
        tied += ranks == row
    for i in range(n):
        there = ranks[i] > 0
        for size in np.unique(tied[i][there]):
            own = np.bincount(ranks[i][there & (tied[i] == size)], minlength=n + 1)[1 : n + 1]
            for k in range(int(size)):
                out[i, k:] += own[: n - k] / size
    return out


def quantile(counts: Ints, q: float) -> Floats:
    """Type-7 quantile of ranks given by counts (units, ranks); NaN for a unit without any."""
    below = np.cumsum(counts, axis=1)
    total = below[:, -1]
    at = (np.maximum(total, 1) - 1) * q
    low = np.floor(at)

    def rank(k: Floats) -> Floats:
        return np.asarray((below <= k[:, None]).sum(axis=1) + 1.0)

    first, second = rank(low), rank(np.minimum(low + 1, np.maximum(total, 1) - 1))
    found: Floats = np.where(total > 0, first + (at - low) * (second - first), np.nan)
    return found


@dataclass(frozen=True)
class RankDistribution:
    """The distribution of ranks of units over replications (methods: index, section 4.4).

    counts  (units, ranks) replications in which a unit has a rank
    wins    (units, units) replications in which the first beats the second
    both    (units, units) replications in which both have a score
    """

    counts: Ints
    wins: Ints
    both: Ints

    @property
    def times(self) -> Ints:
        """Replications in which each unit has a rank."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def acceptability(self) -> Floats:
        """Share of replications with each rank (units, ranks)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts / self.times[:, None])

    @property
    def mean(self) -> Floats:
        """Mean rank."""
        return np.asarray(self.acceptability @ np.arange(1, self.counts.shape[1] + 1))

    def quantile(self, q: float) -> Floats:
        """Type-7 quantile of the rank."""
        return quantile(self.counts, q)

    @property
    def least(self) -> Floats:
        """Best rank that occurs."""
        return self.quantile(0.0)

    @property
    def greatest(self) -> Floats:
        """Worst rank that occurs."""
        return self.quantile(1.0)

    def top(self, m: int) -> Floats:
        """P(rank <= m)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.counts[:, :m].sum(axis=1) / self.times)

    @property
    def better(self) -> Floats:
        """p_ij = P(i beats j) + P(tie) / 2; 0.5 on the diagonal, NaN where they never meet."""
        tie = self.both - self.wins - self.wins.T
        with np.errstate(invalid="ignore", divide="ignore"):
            p = (self.wins + 0.5 * tie) / self.both
        np.fill_diagonal(p, 0.5)
        return p

    def layers(self, threshold: float = 0.95) -> Ints:
        """Groups of units: 1 for those that nobody is robustly better than, and so on."""
        above = self.better >= threshold
        layer = np.zeros(above.shape[0], np.int64)
        left = np.ones(above.shape[0], bool)
        while left.any():
            over = _reaching(above & left & left[:, None])
            # Whoever is above a unit and also below it stands in one circle with it.
            free = left & ~(over & ~over.T).any(axis=0)
            layer[free] = layer.max() + 1
            left &= ~free
        return layer


def _reaching(above: Bools) -> Bools:
    """Which unit is above which, directly or through others."""
    reach = above.astype(np.float32)
    while True:
        further = np.minimum(reach + reach @ reach, 1.0)
        if np.array_equal(further > 0, reach > 0):
            return np.asarray(reach > 0)
        reach = (further > 0).astype(np.float32)


def distribution(ranks: Ranks, wins: Ints) -> RankDistribution:
    """The distribution of ranks (units, draws; 0 missing) with counts of wins."""
    return RankDistribution(*counted(ranks, wins))


def counted(ranks: Ranks, wins: Ints) -> tuple[Ints, Ints, Ints]:
    """What a distribution is made of, so that parts of the draws may be added up."""
    there = ranks > 0
    if there.all():
        both = np.full(wins.shape, ranks.shape[1], np.int64)
    else:
        own = there.astype(np.float32)
        both = np.rint(own @ own.T).astype(np.int64)
    return counts_of(ranks), wins, both
