"""Correlations between columns, pairwise complete, with p-values and flags.

Methods: index, section 3. Conventions: section 0 (Spearman with mid-ranks, Kendall tau-b).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hansa.errors import UsageError, listed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Method = Literal["pearson", "spearman", "kendall"]

METHODS = ("pearson", "spearman", "kendall")
TIE = 1e-12
"""Two values are equal within this share of the range of their column."""
LEAST = 3
"""Units in common from which on a correlation is given: two points always lie on a line."""
EXACT = 33
"""Units up to which the null distribution of Kendall's tau is exact, if nothing is tied."""
CELLS = 4_000_000
"""Numbers held at a time."""


@dataclass(frozen=True)
class Correlations:
    """Correlations of every row column with every column column, full precision.

    `r`, `n` (units in common) and `p` (two-sided) are rows x columns. NaN where fewer than 3 units
    are in common or a column does not vary over them. p is 0 for a column with itself.
    """

    method: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    r: Floats
    n: Ints
    p: Floats

    def significant(self, level: float = 0.05) -> Bools:
        """Where p < level: a mark beside the number, never a reason to hide it."""
        found: Bools = self.p < level
        return found


def correlate(x: Floats, names: Sequence[str], method: Method = "pearson") -> Correlations:
    """Correlations among the columns of x (units x columns), pairwise complete.

    p-values: t with n - 2 degrees of freedom for Pearson and Spearman; for Kendall exact up to 33
    units without ties, else normal with the variance corrected for ties. Raises UsageError for an
    unknown method. Sources: Kendall 1970, Rank Correlation Methods, ch. 4 and 5; Noether 1967.
    """
    if method not in METHODS:
        raise UsageError(
            f"there is no correlation {method!r}",
            admissible=", ".join(METHODS),
            fix="name one of them",
        )
    scaled, seen = _scaled(np.asarray(x, dtype=np.float64))
    n = (seen.T.astype(np.float64) @ seen).round()
    with np.errstate(invalid="ignore", divide="ignore"):
        if method == "kendall":
            r, p = _kendall(scaled, seen, n)
        else:
            r = _pearson(scaled, seen, n) if method == "pearson" else _spearman(scaled, seen)
            p = _student(r, n)
    r, p = np.where(n < LEAST, np.nan, r), np.where(n < LEAST, np.nan, p)
    own = np.flatnonzero(~np.isnan(np.diagonal(r)))
    r[own, own], p[own, own] = 1.0, 0.0
    return Correlations(method, tuple(names), tuple(names), r, n.astype(np.int64), p)


def correlate_with(
    x: Floats, names: Sequence[str], y: Floats, others: Sequence[str], method: Method = "pearson"
) -> Correlations:
    """Correlations of the columns of x with those of y: parents, other levels, denominators."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    all_ = correlate(np.hstack([x, y]), (*names, *others), method)
    k = x.shape[1]
    block = (slice(k), slice(k, None))
    return Correlations(
        method, tuple(names), tuple(others), all_.r[block], all_.n[block], all_.p[block]
    )


@dataclass(frozen=True)
class ParentCorrelations:
    """Each column with its own parent: coefficient, units in common and p."""

    names: tuple[str, ...]
    parents: tuple[str, ...]
    r: Floats
    n: Ints
    p: Floats


def with_parents(across: Correlations, parents: Sequence[str]) -> ParentCorrelations:
    """Pick from `correlate_with` of columns and nodes each column with its parent.

    parents  name of the parent of each row, one of the columns of `across`

    A column is part of its parent, so that r is high for few siblings even where they have nothing
    in common: about 1/sqrt(k) for k of them, uncorrelated and equally weighted.
    Raises UsageError for a parent that is not there.
    """
    place = {name: j for j, name in enumerate(across.columns)}
    lost = [parent for parent in dict.fromkeys(parents) if parent not in place]
    if lost:
        raise UsageError(
            "there is no score of a parent",
            printed=listed(lost),
            admissible=listed(across.columns),
            fix="correlate with the scores of these nodes",
        )
    i, j = np.arange(len(across.rows)), np.array([place[p] for p in parents], dtype=np.int64)
    return ParentCorrelations(
        across.rows, tuple(parents), across.r[i, j], across.n[i, j], across.p[i, j]
    )


@dataclass(frozen=True)
class CorrelationThresholds:
    """Where a pair gets a flag; all comparisons are strict."""

    redundant: float = 0.9
    trade_off: float = -0.4
    denominator: float = 0.6


@dataclass(frozen=True)
class PairFlags:
    """Flagged pairs, in metadata order: names, coefficient, units in common, p, and the flag."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    r: Floats
    n: Ints
    p: Floats
    flag: tuple[str, ...]


def family_flags(
    among: Correlations,
    family: Sequence[object],
    thresholds: CorrelationThresholds = CorrelationThresholds(),
) -> PairFlags:
    """Pairs of one family that say the same (`redundant`) or pull apart (`trade-off`).

    family  parent of each column; only columns with equal parents make a pair
    """
    _, code = np.unique(np.asarray([str(f) for f in family]), return_inverse=True)
    inside = np.triu(code[:, None] == code, 1)
    with np.errstate(invalid="ignore"):
        redundant = inside & (among.r > thresholds.redundant)
        apart = inside & (among.r < thresholds.trade_off)
    return _pairs(among, redundant | apart, np.where(redundant, "redundant", "trade-off"))


def denominator_flags(
    with_sizes: Correlations, thresholds: CorrelationThresholds = CorrelationThresholds()
) -> PairFlags:
    """Columns that still follow the size of the unit: |r| with a denominator above the threshold.

    with_sizes  `correlate_with` of indicators and denominators
    """
    with np.errstate(invalid="ignore"):
        found = np.abs(with_sizes.r) > thresholds.denominator
    return _pairs(with_sizes, found, np.full(found.shape, "size"))


def _pairs(of: Correlations, found: Bools, flag: Any) -> PairFlags:
    i, j = np.nonzero(found)
    return PairFlags(
        tuple(of.rows[a] for a in i),
        tuple(of.columns[b] for b in j),
        of.r[i, j],
        of.n[i, j],
        of.p[i, j],
        tuple(str(f) for f in flag[i, j]),
    )


def _scaled(x: Floats) -> tuple[Floats, Bools]:
    """Columns on [0, 1], 0 where missing, all 0 where constant; and where values are."""
    seen = ~np.isnan(x)
    low = np.where(seen, x, np.inf).min(axis=0, initial=np.inf)
    high = np.where(seen, x, -np.inf).max(axis=0, initial=-np.inf)
    spread = high - low
    flat = ~(spread > 4 * np.finfo(np.float64).eps * np.maximum(np.abs(low), np.abs(high)))
    low, spread = np.where(flat, 0.0, low), np.where(flat, 1.0, spread)
    return np.where(seen & ~flat, (x - low) / spread, 0.0), seen


def _pearson(x: Floats, seen: Bools, n: Floats) -> Floats:
    """Product-moment correlations from sums over the units each pair has in common."""
    m = seen.astype(np.float64)
    # Around the column's own mean the sums below lose no digits to a large offset.
    centred = np.where(seen, x - x.sum(axis=0) / m.sum(axis=0), 0.0)
    total = centred.T @ m
    square = (centred * centred).T @ m
    variance = square - total * total / n
    variance = np.where(variance > 1e-13 * square + 1e-24, variance, np.nan)
    covariance = centred.T @ centred - total * total.T / n
    return _limited(covariance / np.sqrt(variance * variance.T))


def _limited(r: Floats) -> Floats:
    found: Floats = np.clip(r, -1.0, 1.0)
    return found


def _student(r: Floats, n: Floats) -> Floats:
    """Two-sided p of t = r sqrt((n-2)/(1-r^2)): the beta form, df/(df + t^2) = 1 - r^2."""
    from scipy.special import betainc

    i, j = np.triu_indices(r.shape[0], 1)
    p = np.full(r.shape, np.nan)
    rest = (1 - r[i, j]) * (1 + r[i, j])
    p[i, j] = p[j, i] = betainc(np.maximum(n[i, j] - 2, 0) / 2, 0.5, rest)
    return p


def _signs(x: Floats, seen: Bools) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """sign(x_k - x_l) for blocks of units k: columns x block x units, 0 where either is missing."""
    units, columns = x.shape
    step = max(1, CELLS // max(1, units * columns))
    # Missing cells become NaN: no comparison with them is true.
    across = np.where(seen, x, np.nan).T.copy()
    for start in range(0, units, step):
        block = slice(start, start + step)
        difference = across[:, block, None] - across[:, None, :]
        above, below = difference > TIE, difference < -TIE
        # Whole numbers of this size are exact in single precision, and twice as fast.
        yield block, (above.view(np.int8) - below.view(np.int8)).astype(np.float32)


def _patterns(seen: Bools) -> tuple[npt.NDArray[np.float32], Ints]:
    """Distinct patterns of available units (patterns x units), and the pattern of each column."""
    packed = np.packbits(seen, axis=0).T
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return seen[:, first].T.astype(np.float32), which.reshape(-1)


def _spearman(x: Floats, seen: Bools) -> Floats:
    """Correlations of mid-ranks among the units each pair has in common.

    A mid-rank less its mean is half the sum of the signs of the differences to the other units.
    """
    patterns, which = _patterns(seen)
    units, columns = x.shape
    centred = np.empty((columns, len(patterns), units))
    for block, sign in _signs(x, seen):
        centred[:, :, block] = patterns @ np.swapaxes(sign, 1, 2)
    centred *= patterns
    r = np.empty((columns, columns))
    if len(patterns) == 1:
        plain = centred[:, 0]
        square = (plain * plain).sum(axis=1)
        r = plain @ plain.T / np.sqrt(square[:, None] * square)
        return _limited(r)
    square = np.einsum("ipk,ipk->ip", centred, centred)
    step = max(1, CELLS // max(1, units * columns))
    for start in range(0, columns, step):
        of = slice(start, start + step)
        mine = centred[of][:, which]
        theirs = mine if step >= columns else centred[:, which[of]]
        product = np.einsum("ijk,jik->ij", mine, theirs)
        r[of] = product / np.sqrt(square[of][:, which] * square[:, which[of]].T)
    return _limited(r)


def _kendall(x: Floats, seen: Bools, n: Floats) -> tuple[Floats, Floats]:
    """tau-b and its p-values; see `correlate`."""
    patterns, which = _patterns(seen)
    columns = x.shape[1]
    score = np.zeros((columns, columns))
    tied = np.zeros((2, columns, len(patterns)))
    available = seen.T.astype(np.float32)
    for block, sign in _signs(x, seen):
        flat = sign.reshape(columns, sign.shape[1] * sign.shape[2])
        score += flat @ flat.T
        # Per unit, the others of its value: t - 1, where t values are equal.
        others = (available @ patterns.T)[:, None, :] - np.abs(sign) @ patterns.T - 1
        others *= available[:, block, None] * patterns[:, block].T
        # Sums of squares may pass what single precision holds exactly.
        tied[0] += others.sum(axis=1, dtype=np.float64)
        tied[1] += np.einsum("ckp,ckp->cp", others, others, dtype=np.float64)
    score /= 2
    # Summed over units, t - 1 is t (t - 1) over groups of t.
    once, square = (part[:, which] for part in tied)
    pairs, threes, fives = once / 2, square - once, 2 * square + 7 * once
    all_pairs = n * (n - 1) / 2
    untied = all_pairs - pairs
    r = _limited(score / np.sqrt(untied * untied.T))
    m = n * (n - 1)
    variance = (
        (m * (2 * n + 5) - fives - fives.T) / 18
        + 2 * pairs * pairs.T / m
        + threes * threes.T / (9 * m * (n - 2))
    )
    p = _normal(score / np.sqrt(variance))
    exact = (n <= EXACT) & (n >= LEAST) & (pairs == 0) & (pairs.T == 0)
    for size in np.unique(n[exact]).astype(int):
        at = exact & (n == size)
        discordant = ((all_pairs - score)[at] / 2).round().astype(np.int64)
        p[at] = _exact(int(size))[discordant]
    return r, np.where(np.isnan(r), np.nan, p)


def _normal(z: Floats) -> Floats:
    from scipy.special import erfc

    found: Floats = erfc(np.abs(z) / np.sqrt(2))
    return found


@lru_cache(maxsize=64)
def _exact(n: int) -> Floats:
    """Two-sided p by the number of discordant pairs of n untied units, under independence."""
    chance = np.ones(1)
    for j in range(2, n + 1):
        chance = np.convolve(chance, np.full(j, 1 / j))
    below = np.cumsum(chance)
    both: Floats = np.minimum(1.0, 2 * np.minimum(below, below[::-1]))
    return both
