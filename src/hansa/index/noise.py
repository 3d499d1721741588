"""Replications with errors in every cell: the scale is fitted again in each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index import normalise as scale_rules
from hansa.index.chain import Stage
from hansa.index.factors import Factor, generator
from hansa.index.kernel import Variant, leaf_weights, scores
from hansa.index.tree import Floats, Ints

REFITTED = ("min-max", "z")


def deviations(stage: Stage, factor: Factor) -> Floats:
    """Standard deviation of the noise of each indicator (leaves,), in its units.

    Raises HansaError for deviations in raw units of an indicator that was logged.
    """
    assert stage.raw is not None
    tree, x = stage.tree, stage.raw.values
    if isinstance(factor.noise, float | int):
        return np.asarray(factor.noise * np.nan_to_num(np.nanstd(x, axis=0, ddof=1)))
    out = np.zeros(tree.leaves)
    for code, sd in factor.noise.items():
        j = tree.at(code)
        if j >= tree.leaves or sd < 0:
            raise UsageError(
                f"{code} takes no noise of {sd:g}", place=f"factor {factor.id}",
                admissible="indicators, each with a number of 0 or more",
            )  # fmt: skip
        if any(own[j].form for _, own in stage.treatments):
            raise HansaError(
                f"{code} was logged, but its noise is in raw units", place=f"factor {factor.id}",
                fix="give noise as one share of the standard deviation, or do not log it",
            )  # fmt: skip
        out[j] = sd
    return out


BLOCK = 16
"""Sets of errors drawn together: a set is found again by its own number, whatever else is drawn."""


def noisy_scores(stage: Stage, weight: Floats, factor: Factor, seed: int, sets: Ints) -> Floats:
    """Scores of the root (rows, draws) with normal errors added to every cell before the scale.

    weight  (nodes, draws);  sets  (draws,) number of the set of errors of each draw
    """
    assert stage.raw is not None
    assert stage.share is not None
    x, sd = stage.raw.values, deviations(stage, factor)
    straight = _Straight.of(stage) if not np.isnan(x).any() else None
    omega = leaf_weights(stage.tree, weight) if straight else None
    out = np.empty((x.shape[0], sets.size))
    for block in np.unique(sets // BLOCK):
        own = np.flatnonzero(sets // BLOCK == block)
        # Normal numbers take an uneven count of random ones: each block has a stream of its own.
        rng = generator(seed, factor.id, int(block) << 40)
        error = rng.standard_normal((BLOCK, *x.shape), dtype=np.float32)
        noisy = error[sets[own] % BLOCK] * sd + x
        if straight is not None and omega is not None:
            out[:, own] = straight.scores(noisy, omega[:, own])
            continue
        for d, values in zip(own, noisy, strict=True):
            z = _rescaled(stage, values)
            v = Variant(stage.tree, z, stage.share, stage.rules, tuple(stage.data.by_year()))
            out[:, d] = scores(v, weight[:, d : d + 1])[:, 0]
    return out


@dataclass(frozen=True)
class _Straight:
    """An index that is one product of refitted columns and leaf weights."""

    parts: tuple[tuple[Ints, Ints], ...]
    direction: Floats
    a: Floats
    reach: Floats
    z: Floats

    @staticmethod
    def of(stage: Stage) -> _Straight | None:
        """The index of a stage, if it is one."""
        assert stage.share is not None
        v = Variant(stage.tree, stage.data.values, stage.share, stage.rules)
        scales = stage.scopes[0].scales
        if v.exponent != 1 or any(
            s.rule not in REFITTED for scope in stage.scopes for s in scope.scales
        ):
            return None
        return _Straight(
            tuple((scope.rows, scope.source) for scope in stage.scopes),
            np.array([s.direction for s in scales]),
            np.array([s.a for s in scales]),
            np.array([s.b - s.a for s in scales]),
            np.array([s.rule == "z" for s in scales]),
        )

    def scores(self, x: Floats, omega: Floats) -> Floats:
        """Scores (rows, draws) of values (draws, rows, leaves) under weights (leaves, draws)."""
        out = np.empty((x.shape[1], x.shape[0]))
        for rows, source in self.parts:
            own = x if rows.size == x.shape[1] else x[:, rows]
            fitted = x if source.size == x.shape[1] else x[:, source]
            low, high = fitted.min(axis=1), fitted.max(axis=1)
            origin, span = np.where(self.direction > 0, low, high), high - low
            if self.z.any():
                origin = np.where(self.z, fitted.mean(axis=1), origin)
                span = np.where(self.z, fitted.std(axis=1, ddof=1), span)
            factor = omega.T * (self.reach * self.direction) / span
            shift = omega.T @ self.a - (origin * factor).sum(axis=1)
            out[rows] = (own @ factor[:, :, None])[:, :, 0].T + shift
        return out


def _rescaled(stage: Stage, x: Floats) -> Floats:
    """Values on scales that are fitted again where they follow from the data."""
    values = np.empty_like(x)
    for scope in stage.scopes:
        own, source = x[scope.rows], x[scope.source]
        scales = [
            _refitted(source[:, j], node.code, s)
            for j, (node, s) in enumerate(zip(stage.tree.indicators, scope.scales, strict=True))
        ]
        values[scope.rows] = scale_rules.apply(own, scales)
    return values


def _refitted(x: Floats, code: str, scale: scale_rules.Scale) -> scale_rules.Scale:
    y = scale.direction * x[~np.isnan(x)]
    if not y.size:
        return scale
    if scale.rule in scale_rules.ORDERED:
        return replace(scale, fitted=np.sort(y))
    if scale.rule in ("min-max", "distance-to-max"):
        return replace(scale, origin=float(y.min()), span=float(y.max() - y.min()))
    if scale.rule == "z":
        return replace(scale, origin=float(y.mean()), span=float(y.std(ddof=1)))
    if scale.rule in ("goalposts", "scaled", "none"):
        return scale
    raise UsageError(
        f"noise cannot be read on the scale {scale.rule}", place=f"indicator {code}",
        admissible=listed(("min-max", "z", "rank", "percentile-rank", "borda", "goalposts")),
    )  # fmt: skip
