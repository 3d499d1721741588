"""How well the indicators of one family hang together: Cronbach's alpha, KMO, components.

Methods: index, section 3. Columns are on the normalised scale, higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.index.audit_words import several
from hansa.index.correlations import correlate
from hansa.language import _

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SINGULAR = 1e-10
"""A correlation matrix is singular if its least eigenvalue is below this share of the largest."""


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of k columns; `note` says why it is missing or what looks wrong.

    `with_rest` is the covariance of each column with the sum of the others: where it is negative
    the column works against its family.
    """

    alpha: float
    k: int
    with_rest: Floats
    note: str


@dataclass(frozen=True)
class Kmo:
    """Kaiser-Meyer-Olkin measure of a family and of each of its columns; `note` if missing."""

    overall: float
    columns: Floats
    note: str


@dataclass(frozen=True)
class Components:
    """Principal components of the correlation matrix, largest first.

    `eigenvalues` sum to the number of columns; `shares` of variance sum to 1; `loadings`
    (columns x components) are the correlations of columns with components, each component turned
    so that its loadings have a sum >= 0. `rows` complete rows were used.
    """

    names: tuple[str, ...]
    eigenvalues: Floats
    shares: Floats
    cumulative: Floats
    loadings: Floats
    rows: int
    note: str


@dataclass(frozen=True)
class FamilyCoherence:
    """One row a family: its columns, complete rows, alpha, KMO and the first component."""

    family: tuple[str, ...]
    k: Ints
    rows: Ints
    alpha: Floats
    kmo: Floats
    first_eigenvalue: Floats
    first_share: Floats
    negative_loadings: Ints
    note: tuple[str, ...]


def covariances(x: Floats) -> Floats:
    """Pairwise covariances (divisor n - 1) over the units each pair of columns has in common."""
    x = np.asarray(x, dtype=np.float64)
    m = (~np.isnan(x)).astype(np.float64)
    n = m.T @ m
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(m > 0, x - np.nansum(x, axis=0) / m.sum(axis=0), 0.0)
        total = centred.T @ m
        found: Floats = np.where(
            n > 1, (centred.T @ centred - total * total.T / n) / (n - 1), np.nan
        )
    return found


def cronbach_alpha(x: Floats, names: Sequence[str]) -> Alpha:
    """alpha = k/(k-1) (1 - sum of variances / variance of the sum), from pairwise covariances.

    A negative alpha is given and its note names the columns that pull against the rest, which are
    often reversed. NaN with a note for one column, a column without two units in common with
    another, or a sum that does not vary. Source: Cronbach 1951.
    """
    c = covariances(x)
    k = c.shape[0]
    rest = c.sum(axis=1) - np.diagonal(c)
    if k < 2:
        return Alpha(np.nan, k, rest, _("alpha needs two columns"))
    if np.isnan(c).any():
        lost = [names[int(j)] for j in np.flatnonzero(np.isnan(c).any(axis=0))]
        why = _("too few units in common: {columns}", columns=several(lost))
        return Alpha(np.nan, k, rest, why)
    total = float(c.sum())
    if total <= SINGULAR * float(np.diagonal(c).sum()):
        return Alpha(np.nan, k, rest, _("the sum of the columns does not vary"))
    alpha = k / (k - 1) * (1 - float(np.diagonal(c).sum()) / total)
    against = [name for name, r in zip(names, rest, strict=True) if r < 0]
    note = _("negative alpha: reversed item? {columns}", columns=several(against))
    return Alpha(alpha, k, rest, note if alpha < 0 else "")


def kmo(x: Floats, names: Sequence[str]) -> Kmo:
    """KMO = sum r^2 / (sum r^2 + sum partial r^2) over pairs of different columns.

    r is pairwise complete; the partial correlations, given all other columns, come from the inverse
    of r: -q_ij / sqrt(q_ii q_jj). With two columns it is 1/2 whatever the data. NaN with a note
    where the matrix has no inverse (more columns than units, a column that repeats others) or gaps
    make it indefinite. Source: Kaiser 1974.
    """
    r = correlate(x, names).r
    k = r.shape[0]
    none = np.full(k, np.nan)
    if k < 2:
        return Kmo(np.nan, none, _("KMO needs two columns"))
    if np.isnan(r).any():
        lost = [names[int(j)] for j in np.flatnonzero(np.isnan(r).all(axis=0))]
        why = _("no correlation: {columns}", columns=several(lost or names))
        return Kmo(np.nan, none, why)
    values = np.linalg.eigvalsh(r)
    if values[0] < SINGULAR * values[-1]:
        why = _("the correlation matrix has no inverse that means anything")
        return Kmo(np.nan, none, why)
    q = np.linalg.inv(r)
    root = np.sqrt(np.diagonal(q))
    partial, own = (q / (root[:, None] * root)) ** 2, r**2
    for square in (partial, own):
        np.fill_diagonal(square, 0.0)
    both = own + partial
    with np.errstate(invalid="ignore"):
        columns = own.sum(axis=0) / both.sum(axis=0)
        overall = float(own.sum()) / float(both.sum()) if both.sum() > 0 else np.nan
    return Kmo(overall, columns, "" if both.sum() > 0 else _("the columns are uncorrelated"))


def components(x: Floats, names: Sequence[str]) -> Components:
    """Principal components of the correlation matrix, from the complete rows only.

    NaN with a note where fewer than 3 rows are complete or a column does not vary over them. With
    fewer rows than columns the last eigenvalues are 0 and the note says so.
    Source: OECD/JRC Handbook 2008, step 4.
    """
    x = np.asarray(x, dtype=np.float64)
    k = x.shape[1]
    full = x[~np.isnan(x).any(axis=1)]
    n = full.shape[0]
    constant = [names[j] for j in range(k) if n and not np.ptp(full[:, j])]
    if n < 3 or constant or not k:
        none = np.full(k, np.nan)
        varied = _("no variation: {columns}", columns=several(constant))
        why = varied if constant else _("fewer than 3 complete rows")
        return Components(tuple(names), none, none, none, np.full((k, k), np.nan), n, why)
    values, vectors = np.linalg.eigh(correlate(full, names).r)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    side = vectors.sum(axis=0)
    # A sum of 0 gives no sign; the largest loading does.
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(k)]
    sign = np.where(np.abs(side) > 1e-9, np.sign(side), np.sign(largest))
    share = values / values.sum()
    note = _("{n} complete rows for {k} columns", n=n, k=k) if n <= k else ""
    loadings = vectors * sign * np.sqrt(values)
    return Components(tuple(names), values, share, np.cumsum(share), loadings, n, note)


def family_coherence(
    x: Floats, names: Sequence[str], families: Mapping[str, Sequence[int]]
) -> FamilyCoherence:
    """Alpha, KMO and first component of each family (name -> its columns), a row each."""
    rows = []
    for columns in families.values():
        part, own = x[:, list(columns)], [names[j] for j in columns]
        alpha, adequacy, parts = cronbach_alpha(part, own), kmo(part, own), components(part, own)
        notes = [note for note in (alpha.note, adequacy.note, parts.note) if note]
        first = parts.loadings[:, 0] if own else np.empty(0)
        rows.append(
            (
                len(own),
                parts.rows,
                alpha.alpha,
                adequacy.overall,
                parts.eigenvalues[0] if own else np.nan,
                parts.shares[0] if own else np.nan,
                int((first < 0).sum()),
                "; ".join(notes),
            )
        )
    columns_ = list(zip(*rows, strict=True)) or [()] * 8
    k, complete, alphas, kmos, values, shares, negative, said = columns_
    whole, real = np.int64, np.float64
    return FamilyCoherence(
        tuple(families),
        np.array(k, dtype=whole),
        np.array(complete, dtype=whole),
        np.array(alphas, dtype=real),
        np.array(kmos, dtype=real),
        np.array(values, dtype=real),
        np.array(shares, dtype=real),
        np.array(negative, dtype=whole),
        tuple(said),
    )
