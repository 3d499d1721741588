"""Ranks: 1 is best, ties get the lowest number, a missing score has no rank."""

from __future__ import annotations

import numpy as np

from hansa.index.tree import Floats, Ints

SAME = 1e-12
"""Scores nearer than this share of their range are one score."""


def tolerance(scores: Floats) -> Floats:
    """What two scores may differ by and be the same (units, ...) -> (...)."""
    with np.errstate(invalid="ignore"):
        span = np.fmax.reduce(scores, axis=0) - np.fmin.reduce(scores, axis=0)
    found: Floats = SAME * np.where(np.isfinite(span), span, 0.0)
    return found


def ranks(scores: Floats) -> Floats:
    """rank_i = 1 + #{j: s_j > s_i} over the first axis (units, ...); NaN where the score is."""
    scores = np.asarray(scores, float)
    if scores.size == 0:
        return scores.copy()
    flat = scores.reshape(scores.shape[0], -1)
    ordered = np.sort(flat, axis=0)
    slack = tolerance(flat)
    out = np.empty_like(flat)
    for j in range(flat.shape[1]):
        there = int(np.count_nonzero(~np.isnan(flat[:, j])))
        above = np.searchsorted(ordered[:there, j], flat[:, j] + slack[j], side="right")
        out[:, j] = 1 + there - above
    out[np.isnan(flat)] = np.nan
    return out.reshape(scores.shape)


def ranks_within(scores: Floats, part: Ints) -> Floats:
    """Ranks inside each part (rows,), a year or a group; -1 is no part and has no rank."""
    out = np.full(scores.shape, np.nan)
    for one in np.unique(part[part >= 0]):
        rows = np.flatnonzero(part == one)
        out[rows] = ranks(scores[rows])
    return out
