"""An index under drawn values of its factors: which tables they ask for, which weights they draw.

Every distinct table of normalised values is prepared once and kept, so that designs may share it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.errors import HansaError, UsageError
from hansa.index.chain import Stage, run, taken
from hansa.index.data import IndexData
from hansa.index.factors import NUMBERED, Factor, apply_changes, uniforms
from hansa.index.kernel import Variant, leaf_weights, scores
from hansa.index.noise import noisy_scores
from hansa.index.recipe import Recipe
from hansa.index.tree import Floats, IndexTree, Ints


@dataclass(frozen=True)
class Prepared:
    """One distinct table: the stage that made it, or why it cannot be made."""

    stage: Stage | None
    variant: Variant | None
    reason: str = ""


SETTINGS = ("options", "range", "imputation")
"""Kinds of factors that change the recipe."""


@dataclass(frozen=True)
class Table:
    """One distinct table among replications.

    draws    replications that take it
    recipe   that makes it; stage, its last stage; variant, what the kernel needs of it
    place    (rows of the stage,) row of the nominal run, -1 for one that it has not
    """

    draws: Ints
    recipe: Recipe
    stage: Stage
    variant: Variant
    place: Ints


class Evaluator:
    """Scores of an index under drawn values of its factors.

    Prepared tables are kept, so that several designs may share them.
    """

    def __init__(
        self, tree: IndexTree, data: IndexData, recipe: Recipe, factors: Sequence[Factor], seed: int
    ) -> None:
        self.tree, self.data, self.recipe = tree, data, recipe
        self.factors, self.seed = tuple(factors), seed
        self.nominal = run(tree, data, recipe)
        self._stages: dict[str, Stage] = {}
        self._prepared: dict[tuple[float, ...], Prepared] = {}
        self._sets: dict[str, Floats] = {}
        self._dropped = {
            f.id: np.array([tree.at(c) for c in f.dropped(tree)])
            for f in self.factors
            if f.kind == "drop"
        }

    def prepare(self, values: Floats) -> list[Prepared]:
        """The tables that drawn values (factors, draws) ask for, each made once."""
        return [self._table(key) for key in self._keys(values)[0]]

    def _keys(self, values: Floats) -> tuple[list[tuple[float, ...]], Ints]:
        """Distinct settings of the recipe, and which of them each draw takes."""
        own = [i for i, f in enumerate(self.factors) if f.kind in SETTINGS]
        if not own:
            return [()], np.zeros(values.shape[1], np.int64)
        code = np.zeros(values.shape[1], np.int64)
        for i in own:
            distinct, which = np.unique(values[i], return_inverse=True)
            code = code * distinct.size + which
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
        return [tuple(values[own, f].tolist()) for f in first], which

    def _table(self, key: tuple[float, ...]) -> Prepared:
        if key not in self._prepared:
            changes = self._changes(key)
            try:
                stage = self.partial(apply_changes(self.recipe, changes))
                self._prepared[key] = Prepared(stage, variant_of(stage))
            except UsageError:
                # What no data could mend is wrong in the factor itself.
                raise
            except HansaError as error:
                f = error.finding
                told = ", ".join(f"{k} = {v}" for k, v in changes.items())
                self._prepared[key] = Prepared(None, None, f"{told}: {f.rule} ({f.place})")
        return self._prepared[key]

    def _changes(self, key: tuple[float, ...]) -> dict[str, Any]:
        own = [f for f in self.factors if f.kind in SETTINGS]
        changes: dict[str, Any] = {}
        for factor, value in zip(own, key, strict=True):
            changes |= factor.changes(value)
        return changes

    def partial(self, recipe: Recipe) -> Stage:
        """A recipe, from the longest beginning that was run before."""
        stage = Stage(self.tree, self.data)
        for number, step in enumerate(recipe, 1):
            name = repr(recipe[:number])
            if name not in self._stages:
                self._stages[name] = taken(stage, step, number)
            stage = self._stages[name]
        return stage

    def weights(self, values: Floats, sets: Mapping[str, Floats], stage: Stage) -> Floats:
        """Weights (nodes, draws) of drawn values (factors, draws) and sets of random numbers."""
        assert stage.share is not None
        out = np.repeat(stage.share[:, None], values.shape[1], axis=1)
        for factor, value in zip(self.factors, values, strict=True):
            if factor.kind == "drop":
                out[self._dropped[factor.id][value.astype(np.int64)], np.arange(value.size)] = 0.0
            elif factor.id in sets:
                vary(out, factor, sets[factor.id], stage)
        return out

    def sets(self, values: Floats) -> dict[str, Floats]:
        """Uniform numbers (draws, k) of each factor that takes a set of them."""
        found = {}
        for factor, value in zip(self.factors, values, strict=True):
            if factor.kind in ("weights", "dirichlet", "experts"):
                found[factor.id] = self._uniforms(factor, value.astype(np.int64))
        return found

    def _uniforms(self, factor: Factor, numbers: Ints) -> Floats:
        experts = self.nominal.experts
        k = experts.shape[0] if factor.kind == "experts" and experts is not None else 0
        k = k or varying(self.tree, factor.level).size
        if np.array_equal(numbers, np.arange(numbers[0], numbers[0] + numbers.size)):
            return uniforms(self.seed, factor.id, numbers, k)
        if factor.id not in self._sets:
            self._sets[factor.id] = uniforms(self.seed, factor.id, np.arange(NUMBERED), k)
        if numbers.max() < NUMBERED:
            return self._sets[factor.id][numbers]
        return uniforms(self.seed, factor.id, numbers, k)

    def scores(self, values: Floats) -> tuple[Floats, Ints]:
        """Scores of all rows of the nominal run (rows, draws), and the reason of each failure.

        Reasons are positions in `reasons` of settings; -1 where a draw was computed.
        """
        keys, which = self._keys(values)
        tables = [self._table(key) for key in keys]
        sets = self.sets(values)
        out = np.full((self.nominal.data.unit.size, values.shape[1]), np.nan)
        failed = np.full(values.shape[1], -1, np.int64)
        weight = omega = None
        alike = self._alike(tables)
        for number, one in enumerate(tables):
            own: Any = slice(None) if len(tables) == 1 else np.flatnonzero(which == number)
            if one.stage is None or one.variant is None:
                failed[own] = 0
                continue
            if weight is None or not alike:
                weight = self.weights(values, sets, one.stage)
                omega = leaf_weights(self.tree, weight) if one.variant.collapses else None
            mine = None if omega is None else omega[:, own]
            found = self._scored(one, weight[:, own], mine, values[:, own])
            place = self._rows(one.stage)
            if len(tables) == 1 and np.array_equal(place, np.arange(out.shape[0])):
                out = found
            else:
                out[np.ix_(place[place >= 0], np.arange(out.shape[1])[own])] = found[place >= 0]
        if np.isnan(out[0]).any():
            failed[(failed < 0) & np.isnan(out).all(axis=0)] = 1
        return out, failed

    def _scored(
        self, one: Prepared, weight: Floats, omega: Floats | None, values: Floats
    ) -> Floats:
        assert one.stage is not None
        assert one.variant is not None
        for factor, value in zip(self.factors, values, strict=True):
            if factor.kind == "noise":
                return noisy_scores(one.stage, weight, factor, self.seed, value.astype(np.int64))
        return scores(one.variant, weight, omega)

    def _alike(self, tables: Sequence[Prepared]) -> bool:
        """Whether all tables start from the same weights and collapse alike."""
        there = [t.variant for t in tables if t.variant is not None]
        return all(
            v.collapses == there[0].collapses and np.array_equal(v.share, there[0].share)
            for v in there
        )

    def _rows(self, stage: Stage) -> Ints:
        """Places of a stage's rows among those of the nominal run; -1 for a row it has not."""
        mine, theirs = self.nominal.data, stage.data
        same = mine.units == theirs.units and np.array_equal(mine.unit, theirs.unit)
        if same and np.array_equal(mine.time, theirs.time):
            return np.arange(mine.unit.size)
        place = {(mine.units[u], int(t)): i
                 for i, (u, t) in enumerate(zip(mine.unit, mine.time, strict=True))}  # fmt: skip
        return np.array(
            [place.get((theirs.units[u], int(t)), -1)
             for u, t in zip(theirs.unit, theirs.time, strict=True)]
        )  # fmt: skip

    def entered(self, stage: Stage) -> Evaluator | None:
        """The same index from another stage after its first steps on.

        None where a factor changes one of the steps that the stage has behind it.
        """
        behind = {entry.step for entry in stage.log}
        changed = {path.partition(".")[0] for f in self.factors for path in f.paths()}
        if behind & changed:
            return None
        # Without a step behind it, the stage is the data themselves.
        data = self.data if stage.log else stage.data
        other = Evaluator(self.tree, data, self.recipe, self.factors, self.seed)
        other._stages = {repr(self.recipe[: len(stage.log)]): stage}
        other.nominal = other.partial(self.recipe)
        return other

    def by_table(self, values: Floats) -> list[Table]:
        """Draws of each table that can be made. For designs without noise."""
        keys, which = self._keys(values)
        found = []
        for number, key in enumerate(keys):
            one, own = self._table(key), np.flatnonzero(which == number)
            if one.stage is not None and one.variant is not None:
                recipe = apply_changes(self.recipe, self._changes(key))
                found.append(Table(own, recipe, one.stage, one.variant, self._rows(one.stage)))
        return found


def variant_of(stage: Stage) -> Variant:
    """What the kernel needs of a stage that was aggregated."""
    assert stage.share is not None
    parts = tuple(stage.data.by_year())
    return Variant(stage.tree, stage.data.values, stage.share, stage.rules, parts)


def varying(tree: IndexTree, level: int) -> Ints:
    """Nodes whose weights vary: children of families of a height, or all but the root."""
    return np.flatnonzero(tree.family_level == level if level else tree.family_level > 0)


def vary(weight: Floats, factor: Factor, u: Floats, stage: Stage) -> None:
    """Change weights (nodes, draws) in place by uniform numbers (draws, k)."""
    tree = stage.tree
    nodes = varying(tree, factor.level)
    if factor.kind == "weights":
        # w (1 + f (2 u - 1)); only ratios within a family matter.
        scaled = u.T * (2 * factor.weights)
        scaled += 1 - factor.weights
        if np.array_equal(nodes, np.arange(nodes[0], nodes[-1] + 1)):
            weight[nodes[0] : nodes[-1] + 1] *= scaled
        else:
            weight[nodes] *= scaled
    elif factor.kind == "dirichlet":
        from scipy.special import gammaincinv

        assert stage.share is not None
        family = {int(c): children.size for _, children in tree.families for c in children}
        shape = factor.dirichlet * stage.share[nodes] * np.array([family[int(n)] for n in nodes])
        drawn = gammaincinv(np.maximum(shape, 1e-300), u).T
        weight[nodes] *= np.where(stage.share[nodes] > 0, drawn.T / np.maximum(
            stage.share[nodes], 1e-300), 0.0).T  # fmt: skip
    else:
        _resample(weight, u, stage)


def _resample(weight: Floats, u: Floats, stage: Stage) -> None:
    """Weights as the mean over experts drawn again with replacement (draws, experts)."""
    experts = stage.experts
    if experts is None:
        raise HansaError(
            "no expert gave weights",
            place="factor experts",
            printed="the step weigh has no points or judgements",
            fix="weigh with scheme = budget or ahp, or leave this factor out",
        )
    picks = np.floor(u * experts.shape[0]).astype(np.int64)
    times = np.stack([(picks == e).sum(axis=1) for e in range(experts.shape[0])])
    there = ~np.isnan(experts)
    nodes = np.flatnonzero(there.any(axis=0))
    given, asked = np.nan_to_num(experts[:, nodes]), there[:, nodes].astype(float)
    # Against the mean of all: a group's weights need not be that mean, but stay where they are
    # when every expert is drawn once. Whom a family did not ask says nothing about it.
    every = given.sum(axis=0) / asked.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (given.T @ times) / (asked.T @ times)
    drawn = np.where(np.isnan(drawn), every[:, None], drawn)
    weight[nodes] *= drawn / np.where(every > 0, every, 1.0)[:, None]
