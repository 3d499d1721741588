"""Scores of a whole batch of weights at once: the arithmetic of robustness.

Weights come as (nodes, draws); scores leave as (units, draws). With one kind of mean at all
levels and no gaps the tree collapses into one product of matrices; with gaps, numerators and
denominators are carried family by family, because a flat renormalisation is not the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hansa.index.aggregate import Rule, backward, combine, forward, outside, undefined
from hansa.index.data import Bools
from hansa.index.tree import Floats, IndexTree, Ints


@dataclass(frozen=True)
class Variant:
    """One distinct table of normalised values with the rules that its parents follow.

    x      (rows, leaves), higher is better; NaN missing
    share  (nodes,) weights within families before any noise
    parts  rows of each year, for rules that compare units
    """

    tree: IndexTree
    x: Floats
    share: Floats
    rules: Mapping[int, Rule]
    parts: tuple[Ints, ...] = ()

    @cached_property
    def collapses(self) -> bool:
        """Whether the whole tree is one product of matrices."""
        p = self.exponent
        return p is not None and not bool(np.isnan(forward(self.x, p)).any())

    @cached_property
    def exponent(self) -> float | None:
        """The exponent that all parents share, if they all are plain means of powers."""
        kinds = {(r.exponent, r.min_children > 0, r.floor, r.limit) for r in self.rules.values()}
        if len(kinds) != 1:
            return None
        exponent, at_least, floor, limit = kinds.pop()
        plain = not at_least and floor is None and not limit
        return exponent if plain else None


def scores(v: Variant, weight: Floats, omega: Floats | None = None) -> Floats:
    """Scores of the root (rows, draws) under weights (nodes, draws).

    omega  the leaf weights of these weights, where they are known already
    NaN where a value lies outside the domain of a rule or nothing is left to average.
    """
    p = v.exponent
    if p is not None and v.collapses:
        moved = forward(v.x, p)
        return backward(moved @ (leaf_weights(v.tree, weight) if omega is None else omega), p)
    return _by_family(v, weight)


def leaf_weights(tree: IndexTree, weight: Floats) -> Floats:
    """Cumulative weight of each indicator (leaves, draws) for weights of nodes (nodes, draws).

    A family without any weight leaves its parent out too; NaN where nothing is left at all.
    """
    order, families = tree.layout
    own = weight[order]
    root = len(order) - 1
    for p, children in families:
        kids = own[children]
        total = kids.sum(axis=0)
        if not total.all():
            own[p] = np.where(total > 0, own[p], 0.0)
            total = np.where(total > 0, total, np.nan if p == root else 1.0)
        np.divide(1.0, total, out=total)
        kids *= total
    own[root] = 1.0
    for p, children in reversed(families):
        if p != root:
            own[children] *= own[p]
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    return own[place[: tree.leaves]]


def _by_family(v: Variant, weight: Floats) -> Floats:
    tree, draws = v.tree, weight.shape[1]
    above: dict[int, Floats] = {}
    # A draw in which any value lies outside a rule's domain is lost as a whole: a parent without
    # that value would pass for one whose child is missing.
    lost = np.zeros(draws, bool)
    for p, children in tree.families:
        rule = v.rules[p]
        inner = [int(c) for c in children if c >= tree.leaves]
        plain = rule.floor is None and not (rule.min_children or rule.limit)
        if rule.exponent is not None and plain:
            leaves = children[children < tree.leaves]
            kids = [above.pop(c) for c in inner]
            above[p] = _mean(v.x[:, leaves], weight[leaves], kids, weight[inner], rule, lost)
            continue
        kids3 = np.empty((v.x.shape[0], draws, children.size))
        for k, c in enumerate(children):
            kids3[:, :, k] = v.x[:, c, None] if c < tree.leaves else above.pop(int(c))
        above[p] = _other(v, kids3, weight[children].T, rule, lost)
    found = above[tree.root]
    found[:, lost] = np.nan
    return found


def _mean(
    x: Floats, wx: Floats, inner: list[Floats], wi: Floats, rule: Rule, lost: Bools
) -> Floats:
    """A mean of powers of leaves (rows, m) and of parents (rows, draws) below."""
    p = rule.exponent
    assert p is not None
    over: Floats = np.zeros((x.shape[0], lost.size))
    total: Floats = np.zeros(over.shape)
    if x.shape[1]:
        gaps = np.isnan(x)
        lost |= (wx[outside(x, rule).any(axis=0)] > 0).any(axis=0)
        moved = forward(x, p)
        over = np.where(np.isnan(moved), 0.0, moved) @ wx
        total = (~gaps).astype(float) @ wx if gaps.any() else total + wx.sum(axis=0)
    for values, w in zip(inner, wi, strict=True):
        lost |= outside(values, rule).any(axis=0) & (w > 0)
        moved = forward(values, p)
        there = ~np.isnan(moved)
        with np.errstate(invalid="ignore"):
            part = w * moved
        if there.all():
            over, total = over + part, total + w
        else:
            over = over + np.where(there, part, 0.0)
            total = total + np.where(~np.isnan(values), w, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, backward(over / total, p), np.nan)


def _other(v: Variant, kids: Floats, w: Floats, rule: Rule, lost: Bools) -> Floats:
    """Any rule on children (rows, draws, m) with weights (draws, m)."""
    if rule.floor is None:
        lost |= (outside(kids, rule) & (w > 0)).any(axis=(0, 2))
    lost |= undefined(kids, np.broadcast_to(w, kids.shape), rule).any(axis=0)
    if rule.name != "copeland":
        return combine(kids, np.broadcast_to(w, kids.shape), rule)
    out = np.empty(kids.shape[:2])
    for rows in v.parts or (np.arange(kids.shape[0]),):
        out[rows] = combine(kids[rows].transpose(1, 0, 2), w[:, None, :], rule).T
    return out
