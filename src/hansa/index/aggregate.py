"""From children to parent (methods: index, section 2.7).

Every rule works on arrays whose last axis is the children, with any leading axes: units, draws.
Missing children are skipped and the weights renormalised over the rest.
Sources: OECD/JRC Handbook (2008), step 6; Mazziotta and Pareto (2016); Yager (1988); Munda and
Nardo (2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.index.ranks import SAME
from hansa.index.tree import Floats

MEANS = ("arithmetic", "geometric", "harmonic", "power")
RULES = (*MEANS, "mazziotta-pareto", "median", "owa", "copeland")


@dataclass(frozen=True)
class Rule:
    """How children become a parent.

    power         exponent of the power mean; 0 is the geometric mean
    alpha         OWA: Q(r) = r^alpha; 1 is the plain mean
    positive      Mazziotta-Pareto: the phenomenon is desirable, so imbalance is taken off
    min_children  share of children (a count) below which the parent is missing
    floor         values below it are raised to it, and counted
    limit         geometric and harmonic: a child at 0 gives 0
    rescale       Copeland: scores from 0 to 100
    """

    name: str = "arithmetic"
    power: float = 1.0
    alpha: float = 1.0
    positive: bool = True
    min_children: float = 0.0
    floor: float | None = None
    limit: bool = False
    rescale: bool = False

    @property
    def exponent(self) -> float | None:
        """The exponent of a mean; None for rules that are no mean of powers."""
        fixed = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}
        return self.power if self.name == "power" else fixed.get(self.name)


def forward(x: Floats, p: float) -> Floats:
    """x^p, or ln x for p = 0: what a mean of powers averages. NaN outside the domain."""
    if p == 1:
        return x
    with np.errstate(divide="ignore", invalid="ignore"):
        if p == 0:
            return np.where(x > 0, np.log(x), np.nan)
        return np.where((x > 0) | ((x == 0) & (p > 0)), np.power(x, p), np.nan)


def backward(m: Floats, p: float) -> Floats:
    """The mean of powers, back on the scale of x."""
    if p == 1:
        return m
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.exp(m) if p == 0 else np.power(m, 1.0 / p)


def outside(x: Floats, rule: Rule) -> Any:
    """Where a value lies outside the domain of a rule (same shape)."""
    p = rule.exponent
    if p is None or p == 1:
        return np.zeros(np.shape(x), bool)
    with np.errstate(invalid="ignore"):
        return x < 0 if p > 0 or rule.limit else x <= 0


def undefined(x: Floats, w: Floats, rule: Rule) -> Any:
    """Where Mazziotta-Pareto has no meaning, its mean being 0 or less (...)."""
    if rule.name != "mazziotta-pareto":
        return np.zeros(np.shape(x)[:-1], bool)
    with np.errstate(invalid="ignore"):
        return weighted_mean(np.where(w > 0, x, np.nan), w) <= 0


def combine(x: Floats, w: Floats, rule: Rule) -> Floats:
    """The parent of children (..., m) with weights that broadcast to them; (...).

    Values outside the domain give NaN: `outside` says where.
    """
    if rule.floor is not None:
        x = np.fmax(x, np.where(np.isnan(x), np.nan, rule.floor))
    # A child without weight takes no part, but counts as a child.
    own = x if np.all(w > 0) else np.where(w > 0, x, np.nan)
    few = np.zeros(x.shape[:-1], bool)
    if rule.min_children > 0:
        # A share that is met exactly is met, whatever its last digit in binary.
        few = (~np.isnan(x)).mean(axis=-1) < rule.min_children - SAME
        own = np.where(few[..., None], np.nan, own)
    p = rule.exponent
    if p is not None:
        out = _mean(own, w, p, rule.limit)
    elif rule.name == "mazziotta-pareto":
        out = _mazziotta(own, w, rule.positive)
    elif rule.name == "median":
        out = _median(own, w)
    elif rule.name == "owa":
        out = _owa(own, rule.alpha)
    else:
        out = copeland(own, w, rule.rescale)
    return np.where(few, np.nan, out) if few.any() else out


def weighted_mean(x: Floats, w: Floats) -> Floats:
    """Sum w x / sum w over the children that are there; NaN where none is, or none weighs."""
    there = ~np.isnan(x)
    if there.all():
        if np.ndim(w) == 1:
            # Not `x @ w`: on some processors the last digit of a product depends on the place of
            # its row, and the same rows would not get the same scores.
            total, over = np.asarray(w.sum()), np.einsum("...m,m->...", x, w)
        else:
            total = np.broadcast_to(w, x.shape).sum(axis=-1)
            over = np.einsum("...m,...m->...", x, np.broadcast_to(w, x.shape))
    else:
        own = np.where(there, w, 0.0)
        total, over = own.sum(axis=-1), (own * np.where(there, x, 0.0)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(total > 0, over / total, np.nan)
    return found


def _mean(x: Floats, w: Floats, p: float, limit: bool) -> Floats:
    bad = outside(x, Rule("power", power=p, limit=limit))
    if p == 1:
        return weighted_mean(x, w)
    if not limit or p > 0:
        found = backward(weighted_mean(forward(x, p), w), p)
    else:
        found = backward(weighted_mean(forward(np.where(x == 0, 1.0, x), p), w), p)
        found = np.where((x == 0).any(axis=-1), 0.0, found)
    return np.where(bad.any(axis=-1), np.nan, found)


def _mazziotta(x: Floats, w: Floats, positive: bool) -> Floats:
    """M -/+ S^2 / M, M and S^2 the weighted mean and variance (divisor the sum of weights)."""
    mean = weighted_mean(x, w)
    variance = weighted_mean((x - mean[..., None]) ** 2, w)
    with np.errstate(divide="ignore", invalid="ignore"):
        penalty = variance / mean
    found: Floats = np.where(mean > 0, mean - penalty if positive else mean + penalty, np.nan)
    return found


def _median(x: Floats, w: Floats) -> Floats:
    """Weighted median; the mean of the two middle values where the halves are even."""
    order = np.argsort(x, axis=-1)
    values = np.take_along_axis(x, order, -1)
    own = np.take_along_axis(np.broadcast_to(w, x.shape), order, -1)
    own = np.where(np.isnan(values), 0.0, own)
    gone = np.cumsum(own, axis=-1)
    total = gone[..., -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = gone / total
    lower = np.argmax(gone >= 0.5 - SAME, axis=-1)[..., None]
    upper = np.argmax(gone > 0.5 + SAME, axis=-1)[..., None]
    middle = (np.take_along_axis(values, lower, -1) + np.take_along_axis(values, upper, -1)) / 2
    found: Floats = np.where(total > 0, middle, np.nan)[..., 0]
    return found


def _owa(x: Floats, alpha: float) -> Floats:
    """Ordered weighted average with Q(r) = r^alpha over the children that are there."""
    values = -np.sort(-x, axis=-1)
    m = (~np.isnan(x)).sum(axis=-1)[..., None]
    j = np.arange(1, x.shape[-1] + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = (np.minimum(j, m) / m) ** alpha - (np.minimum(j - 1, m) / m) ** alpha
    there = ~np.isnan(values)
    out = (np.where(there, v, 0.0) * np.where(there, values, 0.0)).sum(axis=-1)
    return np.where(m[..., 0] > 0, out, np.nan)


def copeland(x: Floats, w: Floats, rescale: bool = False) -> Floats:
    """Wins less losses of each unit (..., units, m) against all others -> (..., units).

    A pair is decided by the weight of the children in which one beats the other, among those that
    both have; without a common child it counts 0. A unit without any child is missing.
    """
    there = ~np.isnan(x)
    slack = SAME * (np.fmax.reduce(x, axis=-2) - np.fmin.reduce(x, axis=-2))
    own = np.broadcast_to(w, x.shape)
    net = np.zeros((*x.shape[:-1], x.shape[-2]))
    with np.errstate(invalid="ignore"):
        for k in range(x.shape[-1]):
            gap = x[..., :, None, k] - x[..., None, :, k]
            won = np.where(np.isnan(gap), 0.0, np.sign(gap))
            won = np.where(np.abs(gap) > slack[..., None, None, k], won, 0.0)
            net += own[..., :, None, k] * won
    even = SAME * own.sum(axis=-1)[..., None]
    score = np.where(np.abs(net) > even, np.sign(net), 0.0).sum(axis=-1)
    known = there.any(axis=-1)
    n = known.sum(axis=-1)[..., None]
    if rescale:
        with np.errstate(divide="ignore", invalid="ignore"):
            score = 100 * (score + (n - 1)) / (2 * (n - 1))
    return np.where(known, score, np.nan)
