"""What each element is worth: effective weights, and the index without it (index.md, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.chain import Stage
from hansa.index.evaluator import variant_of
from hansa.index.kernel import scores
from hansa.index.rankstats import batch_ranks
from hansa.index.tree import Floats, Ints, cumulative


@dataclass(frozen=True)
class Removal:
    """The index without each of some nodes.

    nodes    positions; codes in `codes`
    scores   (rows, nodes) of the root without each
    ranks    (rows, nodes)
    change   (rows, nodes) nominal rank less the new one: positive moves up
    shift    (nodes,) mean absolute change of rank in the last year
    """

    codes: tuple[str, ...]
    nodes: Ints
    scores: Floats
    ranks: Floats
    change: Floats
    shift: Floats


def effective_weights(stage: Stage) -> Floats:
    """Weight of each node in the root (nodes,): the product of shares on its path."""
    assert stage.share is not None
    return cumulative(stage.tree, stage.share)


def removal(stage: Stage, level: int = 1, codes: tuple[str, ...] = ()) -> Removal:
    """Each node of a height (or each code given) left out, one at a time, all others as they are.

    Its family is renormalised; a family left empty is missing in its parent. Scales are not
    fitted again: what an indicator's absence would change before aggregation is nothing, since
    every indicator is treated and normalised by itself.
    """
    tree = stage.tree
    assert stage.share is not None
    assert stage.scores is not None
    if codes:
        nodes = np.array([tree.at(c) for c in codes])
    else:
        nodes = np.flatnonzero((tree.level == level) & (tree.parent >= 0))
    if codes and tree.root in nodes:
        raise UsageError("the index cannot be left out of itself", fix="name what is below it")
    if not nodes.size:
        raise UsageError(
            f"no element has the height {level}",
            admissible=listed(sorted(set(tree.level.tolist()))[:-1]),
            fix="name a height that the tree has",
        )
    weight = np.repeat(stage.share[:, None], nodes.size + 1, axis=1)
    weight[nodes, np.arange(nodes.size)] = 0.0
    found = scores(variant_of(stage), weight)
    ranks = np.full(found.shape, np.nan)
    for rows in stage.data.by_year():
        ranks[rows] = batch_ranks(found[rows]).astype(float)
    ranks[ranks == 0] = np.nan
    change = ranks[:, -1:] - ranks[:, :-1]
    with np.errstate(invalid="ignore"):
        last = change[list(stage.data.by_year())[-1]]
        there = ~np.isnan(last)
        shift = np.where(there, np.abs(last), 0).sum(axis=0) / there.sum(axis=0)
    return Removal(
        tuple(tree.codes[n] for n in nodes), nodes, found[:, :-1], ranks[:, :-1], change, shift
    )
