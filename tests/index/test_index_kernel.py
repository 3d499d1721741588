"""Batches of weights against one unit, one parent, one draw at a time.

The reference knows nothing of batches and of exponents. Tolerance: 1e-10, as the methods promise.
A draw that the reference refuses (a value outside the domain of a mean) has to be lost as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import reference_index as ref

from hansa.index.aggregate import Rule
from hansa.index.chain import Stage, run
from hansa.index.data import IndexData
from hansa.index.evaluator import variant_of
from hansa.index.kernel import Variant, leaf_weights, scores
from hansa.index.metadata import tree_of
from hansa.index.recipe import Recipe, recipe_of
from hansa.index.tree import IndexTree, shares

CLOSE = 1e-10
NAN = np.nan


@dataclass(frozen=True)
class Case:
    """One tree, for Hansa and for the reference."""

    tree: IndexTree
    meta: pd.DataFrame


def case(parents: dict[str, str], weights=None, directions=None, normalisers=None) -> Case:
    """A tree of child -> parent; weights, directions and normalisers by code."""
    inner = set(parents.values())
    rows, root = [], (inner - set(parents)).pop()
    for code in [*parents, root]:
        rows.append(
            {
                "code": code,
                "type": "aggregate" if code in inner else "indicator",
                "parent": parents.get(code, ""),
                "direction": (directions or {}).get(code, 1),
                "weight": float((weights or {}).get(code, 1.0)),
                "normaliser": (normalisers or {}).get(code, ""),
            }
        )
    meta = pd.DataFrame(rows).set_index("code")
    meta["denominator"] = ""
    return Case(tree_of(rows), meta)


def random_case(rng: np.random.Generator, weigh=None) -> Case:
    """Two or three levels; leaves may stand beside pillars, families may have one child."""
    parents: dict[str, str] = {}
    for q in range(rng.integers(1, 4)):
        areas = rng.integers(0, 3)
        for a in range(areas):
            for _ in range(rng.integers(1, 4)):
                parents[f"i{len(parents)}"] = f"A{q}{a}"
            parents[f"A{q}{a}"] = f"P{q}"
        for _ in range(rng.integers(0 if areas else 1, 4)):
            parents[f"i{len(parents)}"] = f"P{q}"
        parents[f"P{q}"] = "top"
    for _ in range(rng.integers(0, 3)):
        parents[f"i{len(parents)}"] = "top"
    weights = {code: rng.integers(1, 5) for code in parents}
    return case(parents, weights)


def values_of(c: Case, x: np.ndarray, years: int = 1) -> IndexData:
    """Rows year by year, units A, B, ... in each."""
    n = x.shape[0] // years
    units = tuple(chr(65 + i) for i in range(n))
    return IndexData(
        units,
        units,
        np.tile(np.arange(n), years),
        np.repeat(np.arange(2001, 2001 + years), n),
        np.asarray(x, float),
        np.zeros(x.shape, bool),
    )


def table_of(c: Case, x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, index=list(range(x.shape[0])), columns=list(c.tree.codes)[: x.shape[1]])


def plain(weigh=None, aggregate=None, **normalise) -> Recipe:
    """normalise, weigh, aggregate, with options."""
    return recipe_of(
        [
            {"do": "normalise", **normalise},
            {"do": "weigh", **(weigh or {})},
            {"do": "aggregate", **(aggregate or {})},
        ]
    )


def raw_stage(c: Case, x: np.ndarray, **aggregate) -> Stage:
    """A stage whose values are taken as they are."""
    return run(c.tree, values_of(c, x), plain(rule="none", aggregate=aggregate))


SPECS = {
    "arithmetic": ("arithmetic", {}),
    "geometric": ("geometric", {}),
    "harmonic": ("harmonic", {}),
    "power 0.5": ("power", {"p": 0.5}),
    "power 2": ("power", {"p": 2.0}),
    "power -1.5": ("power", {"p": -1.5}),
    "mazziotta-pareto": ("mazziotta_pareto", {"sign": -1}),
    "median": ("median", {}),
    "owa": ("owa", {"alpha": 2.0}),
    "copeland": ("copeland", {"rescale": True}),
}
MEANS = list(SPECS)[:6]


def hansa_rule(name: str, **more) -> Rule:
    known = dict(SPECS[name][1])
    options = {"power": known["p"]} if "p" in known else {}
    if name == "owa":
        options = {"alpha": 2.0}
    if name == "copeland":
        options = {"rescale": True}
    return Rule(name.split()[0], **options, **more)


def reference_spec(name: str, **more):
    return SPECS[name][0], {**SPECS[name][1], **more}


def drawn_weights(c: Case, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Weights within families; zeros, single indicators and whole families left out."""
    w = rng.uniform(0.2, 2.0, (len(c.tree.nodes), draws))
    w[rng.random(w.shape) < 0.15] = 0.0
    for d in range(draws):
        if d % 3 == 1:
            w[rng.integers(c.tree.leaves), d] = 0.0
        if d % 3 == 2:
            _, children = c.tree.families[rng.integers(len(c.tree.families) - 1 or 1)]
            w[children, d] = 0.0
    return w


def one_by_one(c: Case, x: np.ndarray, w: np.ndarray, specs) -> np.ndarray:
    """Root scores (rows, draws); a draw that is refused is missing."""
    out = np.full((x.shape[0], w.shape[1]), NAN)
    for d in range(w.shape[1]):
        given = dict(zip(c.tree.codes, w[:, d], strict=True))
        try:
            table = ref.aggregate_tree(table_of(c, x), c.meta, given, specs)
        except ValueError:
            continue
        out[:, d] = table[ref.root(c.meta)]
    return out


def near(found, expected) -> None:
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=CLOSE)


def variant(c: Case, x: np.ndarray, rules) -> Variant:
    return Variant(c.tree, x, shares(c.tree, c.tree.weight), rules)


# --- one product of matrices -----------------------------------------------------------


@pytest.mark.parametrize("name", MEANS)
def test_a_collapsed_tree_equals_the_reference(name: str) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        c = random_case(rng)
        x = rng.uniform(1, 100, (5, c.tree.leaves))
        w = drawn_weights(c, rng, 4)
        v = variant(c, x, {p: hansa_rule(name) for p, _ in c.tree.families})
        assert v.collapses
        expected = one_by_one(c, x, w, reference_spec(name))
        near(scores(v, w), expected)
        near(scores(v, w, leaf_weights(c.tree, w)), expected)


def test_leaf_weights_are_products_of_shares_down_the_path() -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        c = random_case(rng)
        w = rng.uniform(0.1, 2.0, (len(c.tree.nodes), 3))
        found = leaf_weights(c.tree, w)
        for d in range(3):
            given = dict(zip(c.tree.codes, w[:, d], strict=True))
            near(found[:, d], ref.leaf_weights(c.meta, given)[list(c.tree.codes[: c.tree.leaves])])
        near(found.sum(axis=0), 1.0)


def test_a_family_without_weight_leaves_its_parent_out_and_nothing_left_is_missing() -> None:
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"})
    w = np.ones((7, 3))
    w[[0, 1], 1] = 0.0  # p is empty
    w[:4, 2] = 0.0  # everything is
    found = leaf_weights(c.tree, w)
    near(found[:, 0], 0.25)
    near(found[:, 1], [0, 0, 0.5, 0.5])
    assert np.isnan(found[:, 2]).all()
    v = variant(c, np.arange(1.0, 9).reshape(2, 4), {p: Rule() for p, _ in c.tree.families})
    near(scores(v, w)[:, 1], [3.5, 7.5])
    assert np.isnan(scores(v, w)[:, 2]).all()


# --- family by family ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_random_trees_with_gaps_and_all_rules_equal_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = random_case(rng)
    x = rng.uniform(1, 100, (5, c.tree.leaves)).round(1)
    x[rng.random(x.shape) < 0.25] = NAN
    w = drawn_weights(c, rng, 4).round(2)
    rules, specs = {}, {"": "arithmetic"}
    for p, _ in c.tree.families:
        # Copeland may give 0, which means below do not take: only at the root.
        names = list(SPECS) if p == c.tree.root else list(SPECS)[:-1]
        name = names[rng.integers(len(names))]
        least = float(rng.choice([0.0, 0.0, 0.5, 0.75])) if name != "copeland" else 0.0
        rules[p] = hansa_rule(name, min_children=least)
        specs[c.tree.codes[p]] = reference_spec(name, min_children=least)
    found = scores(variant(c, x, rules), w)
    near(found, one_by_one(c, x, w, specs))
    assert np.isfinite(found).any()


@pytest.mark.parametrize("name", SPECS)
def test_each_rule_at_every_level_with_gaps_equals_the_reference(name: str) -> None:
    if name == "copeland":
        c = case({"a": "top", "b": "top", "c": "top"})
    else:
        c = case({"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"})
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 100, (6, c.tree.leaves))
    x[0, 0] = x[1, :2] = x[2, 1] = NAN
    w = drawn_weights(c, rng, 9)
    v = variant(c, x, {p: hansa_rule(name) for p, _ in c.tree.families})
    assert not v.collapses
    near(scores(v, w), one_by_one(c, x, w, reference_spec(name)))


def test_gaps_are_filled_up_within_the_family_and_not_in_the_whole_index() -> None:
    # a is missing: its family rests on b alone, (2 + (3 + 7) / 2) / 2 = 3.5; flat would be 4.
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"})
    v = variant(c, np.array([[NAN, 2.0, 3.0, 7.0]]), {p: Rule() for p, _ in c.tree.families})
    near(scores(v, np.ones((7, 2))), 3.5)


@pytest.mark.parametrize("seed", range(30))
def test_a_draw_outside_a_domain_is_lost_as_a_whole(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    c = random_case(rng)
    x = rng.choice([-1.0, 0.0, 0.5, 2.0, 7.0], (5, c.tree.leaves), p=[0.05, 0.1, 0.25, 0.3, 0.3])
    x[rng.random(x.shape) < 0.1] = NAN
    w = drawn_weights(c, rng, 6)
    rules, specs = {}, {"": "arithmetic"}
    for p, _ in c.tree.families:
        name = MEANS[rng.integers(len(MEANS))]
        kind = rng.integers(3)
        if kind == 1:
            floor = 0.25
            rules[p], specs[c.tree.codes[p]] = (
                hansa_rule(name, floor=floor),
                reference_spec(name, floor=floor),
            )
        elif kind == 2 and name in ("geometric", "harmonic"):
            rules[p], specs[c.tree.codes[p]] = (
                hansa_rule(name, limit=True),
                reference_spec(name, limit=True),
            )
        else:
            rules[p], specs[c.tree.codes[p]] = hansa_rule(name), reference_spec(name)
    near(scores(variant(c, x, rules), w), one_by_one(c, x, w, specs))


def test_a_floor_of_zero_is_a_floor() -> None:
    c = case({"a": "p", "b": "p", "c": "top", "p": "top"})
    x = np.array([[-4.0, 2.0, 3.0], [1.0, 2.0, -5.0]])
    v = variant(c, x, {p: Rule(floor=0.0) for p, _ in c.tree.families})
    near(scores(v, np.ones((5, 1)))[:, 0], [(1 + 3) / 2, 1.5 / 2])


def test_a_parent_without_weight_is_no_business_of_the_domain() -> None:
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"}, {"p": 0})
    x = np.array([[-4.0, 2.0, 3.0, 5.0], [1.0, 2.0, 4.0, 4.0]])
    stage = raw_stage(c, x, level={"3": "geometric"})
    near(stage.scores[:, -1], [4.0, 4.0])
    near(scores(variant_of(stage), stage.share[:, None])[:, 0], [4.0, 4.0])


@pytest.mark.parametrize("gaps", [False, True])
def test_nominal_weights_give_the_scores_of_the_chain(gaps: bool) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        c = random_case(rng)
        x = rng.uniform(1, 100, (6, c.tree.leaves))
        if gaps:
            x[rng.random(x.shape) < 0.2] = NAN
        for name in ("arithmetic", "geometric", "median", "owa"):
            stage = raw_stage(c, x, rule=name)
            found = scores(variant_of(stage), np.repeat(stage.share[:, None], 2, axis=1))
            near(found, np.repeat(stage.scores[:, -1:], 2, axis=1))


def test_copeland_compares_units_of_one_year_only() -> None:
    c = case({"a": "top", "b": "top", "c": "top"}, {"a": 3})
    rng = np.random.default_rng(4)
    x = rng.normal(size=(8, 3))
    x[:4] += 1.0
    stage = run(c.tree, values_of(c, x, 2), plain(rule="none", aggregate={"rule": "copeland"}))
    found = scores(variant_of(stage), stage.share[:, None])[:, 0]
    w = [3, 1, 1]
    near(found, np.concatenate([ref.copeland(x[:4], w), ref.copeland(x[4:], w)]))
    assert not np.allclose(found, ref.copeland(x, w))


def test_order_of_units_and_indicators_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    parents = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}
    c = case(parents)
    turned = case({k: parents[k] for k in ("e", "d", "c", "b", "a", "q", "p")})
    x = rng.uniform(1, 9, (5, 5))
    x[0, 1] = NAN
    w = rng.uniform(0.5, 2, (8, 3))
    place = [turned.tree.at(code) for code in c.tree.codes]
    w2 = np.empty_like(w)
    w2[place] = w
    for name in MEANS:
        first = scores(variant(c, x, {p: hansa_rule(name) for p, _ in c.tree.families}), w)
        rules = {p: hansa_rule(name) for p, _ in turned.tree.families}
        near(scores(variant(turned, x[::-1, ::-1], rules), w2)[::-1], first)
