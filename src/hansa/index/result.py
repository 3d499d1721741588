"""One index with everything that was asked of it, as tables and views take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hansa.errors import HansaError, listed
from hansa.index.chain import Stage, checked, ranks_of
from hansa.index.data import IndexData
from hansa.index.evaluator import Evaluator
from hansa.index.extreme import RankInterval
from hansa.index.factors import Factor, defaults, factors_of
from hansa.index.recipe import PLAIN, Recipe
from hansa.index.robustness import Robustness, robustness
from hansa.index.sensitivity import Sensitivity
from hansa.index.tree import Floats, IndexTree


@dataclass(frozen=True)
class IndexResult:
    """A run of an index.

    stage        after the last step of the recipe: scores, scales, weights, log
    ranks        (rows, nodes) within each year
    evaluator    the index under its factors: what-if questions and further replications start here
    robustness   replications, None where none were asked for
    sensitivity  by target
    intervals    exact rank intervals of the last year
    """

    recipe: Recipe
    stage: Stage
    ranks: Floats
    evaluator: Evaluator
    robustness: Robustness | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    intervals: RankInterval | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def tree(self) -> IndexTree:
        """The tree."""
        return self.stage.tree

    @property
    def data(self) -> IndexData:
        """The rows that are left after screening; values are on the common scale."""
        return self.stage.data

    @property
    def score(self) -> Floats:
        """Scores of the index itself (rows,)."""
        assert self.stage.scores is not None
        found: Floats = self.stage.scores[:, self.tree.root]
        return found

    @property
    def rank(self) -> Floats:
        """Ranks of the index itself (rows,)."""
        found: Floats = self.ranks[:, self.tree.root]
        return found


SEED = 20090507
"""Of replications, where no other is given."""


def computed(
    tree: IndexTree,
    data: IndexData,
    recipe: Recipe = PLAIN,
    *,
    replications: int = 0,
    factors: Sequence[Mapping[str, Any] | Factor] | None = None,
    seed: int = SEED,
) -> IndexResult:
    """Run a recipe and, where asked for, its replications.

    factors  what varies; None for `hansa.index.factors.defaults`, an empty list for nothing
    """
    checked(recipe)
    if all(step.do != "aggregate" for step in recipe):
        raise HansaError(
            "the recipe never aggregates",
            printed=" > ".join(step.do for step in recipe) or "no step",
            admissible="a last step aggregate",
            fix='add [[step]] do = "aggregate"',
        )
    chosen = factors_of(defaults(tree, recipe) if factors is None else factors, tree, recipe)
    evaluator = Evaluator(tree, data, recipe, chosen, seed)
    stage = evaluator.nominal
    result = robustness(evaluator, replications) if replications else None
    notes = _notes(tree, recipe)
    return IndexResult(recipe, stage, ranks_of(stage), evaluator, result, notes=notes)


def _notes(tree: IndexTree, recipe: Recipe) -> tuple[str, ...]:
    """What a recipe leaves undone although the metadata asks for it."""
    asked = [n.code for n in tree.indicators if n.denominator]
    if not asked or any(step.do == "denominate" for step in recipe):
        return ()
    return (
        f"{listed(asked)} name a denominator, but the recipe has no step denominate: they are "
        "compared as they are",
    )
