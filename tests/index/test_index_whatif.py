"""What-if questions: against the whole index run again with the change, and back by the answer.

An answer never runs the index; the tests do. A change of weights must give what a tree with those
weights gives, replications included; a change of cells what changed data give, where the scale
cannot move (goalposts) on both readings, else on the live one. Tolerance: 1e-9 of scores near 100.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
import reference_index as ref
from hypothesis import given, settings
from hypothesis import strategies as st
from test_index_kernel import Case, case, plain, random_case, table_of, values_of

from hansa.errors import HansaError, UsageError
from hansa.index.chain import run
from hansa.index.data import IndexData
from hansa.index.metadata import tree_of
from hansa.index.needed import FINE, enough
from hansa.index.ranks import ranks
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.removal import removal
from hansa.index.result import IndexResult, computed
from hansa.index.robustness import robustness
from hansa.index.whatif import Change, Sheet

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
same = np.testing.assert_array_equal
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}
WEIGHTS = {"a": 2, "d": 3, "q": 2}
NOISY = [{"id": "w", "weights": 0.4}]
DRAWS = 200
ASEM = [
    {"do": "denominate"},
    {"do": "impute", "rule": "group median", "group": "GDP_group"},
    {"do": "screen"},
    {"do": "treat"},
    {"do": "normalise", "range": [1, 100]},
    {"do": "weigh"},
    {"do": "aggregate"},
]

LOGGED = recipe_of([{**s, "winsorise": 2} if s["do"] == "treat" else s for s in ASEM])
"""Some columns pass, some are winsorised, some are logged."""


def small(units: int = 8, gaps: bool = False, seed: int = 1) -> tuple[Case, np.ndarray]:
    x = np.random.default_rng(seed).normal(50, 10, (units, 5))
    if gaps:
        x[0, 1] = x[2, 4] = x[3, 0] = NAN
    return case(PARENTS, WEIGHTS, {"b": -1}), x


def ask(tree, data, recipe=None, factors=None, draws=DRAWS) -> tuple[Sheet, IndexResult]:
    result = computed(tree, data, recipe or plain(), replications=draws, factors=factors, seed=3)
    return Sheet(result.evaluator, result.robustness), result


def steps(*before, normalise=None, weigh=None, aggregate=None):
    return recipe_of([
        *before, {"do": "normalise", **(normalise or {})}, {"do": "weigh", **(weigh or {})},
        {"do": "aggregate", **(aggregate or {})},
    ])  # fmt: skip


def last(result: IndexResult) -> np.ndarray:
    return list(result.data.by_year())[-1]


def interval(result: IndexResult, unit: str) -> tuple[float, float]:
    """The 5 % and 95 % quantile of a unit's rank in the last year, counted draw by draw."""
    rows = last(result)
    scores = result.robustness.scores[rows]
    own = scores[list(rows).index(result.data.row_of(unit))]
    there = ~np.isnan(own)
    found = [1 + int((scores[:, d] > own[d] + 1e-9).sum()) for d in np.flatnonzero(there)]
    return ref.quantile7(found, 0.05), ref.quantile7(found, 0.95)


def alike(a, b) -> None:
    near(a[0], b[0])
    near(a[1], b[1])


def expect(answer, reading: str, result: IndexResult, intervals: bool = True) -> None:
    """One reading of an answer is what a run of the changed index says."""
    got, rows = getattr(answer, reading), last(result)
    near(got.scores, result.score[rows])
    same(got.ranks, result.rank[rows])
    if intervals:
        alike(got.interval, interval(result, answer.unit))


def in_use(tree, stage) -> dict[str, float]:
    """Weights in use, adding up in each family to what the given ones add up to."""
    out = dict(zip(tree.codes, stage.share, strict=True))
    for _, children in tree.families:
        for k in children:
            out[tree.codes[k]] *= tree.weight[children].sum()
    return out


def weighted(c: Case, stage, **changes) -> Case:
    """The tree with the weights in use, some of them others, on the scale of those given."""
    own = in_use(c.tree, stage) | changes
    directions = {n.code: n.direction for n in c.tree.nodes}
    parents = {n.code: n.parent for n in c.tree.nodes if n.parent}
    return case(parents, {k: own[k] for k in parents}, directions)


# --- no change ---------------------------------------------------------------------------


def extremes(units: int = 10) -> np.ndarray:
    x = np.random.default_rng(7).normal(50, 10, (units, 5))
    x[1, 0], x[2, 0], x[3, 0], x[4, 3], x[5, 2] = 5e3, 4e3, 6e3, -9e3, 2e4
    return x


def same_setting(name: str):
    """Tree, data, recipe, factors of one kind of index."""
    c, x = small(gaps="gaps" in name)
    data, recipe, factors = values_of(c, x), plain(), None
    if name == "treated":
        own = recipe_of([{"do": "treat", "winsorise": 1}, *[s.as_dict() for s in plain()]])
        data, recipe = values_of(c, extremes()), own
        factors = [
            *NOISY,
            {"id": "t", "options": [{"treat.log": ""}, {"treat.log": "log_shift"}]},
        ]
    elif name == "copeland":
        recipe, factors = plain(aggregate={"rule": "copeland", "rescale": True}), NOISY
    elif name == "copeland of two years":
        data = values_of(c, np.vstack([x, x[::-1] + 1]), 2)
        recipe, factors = plain(aggregate={"level": {"3": "copeland"}}), NOISY
    elif name == "copeland is one choice":
        factors = [
            {"id": "m", "options": [{"aggregate.rule": r} for r in ("arithmetic", "copeland")]},
            *NOISY,
        ]
    elif name == "each year its scale":
        y = np.vstack([extremes(), 2 * extremes()[::-1]])
        data = values_of(c, y, 2)
        recipe = steps({"do": "treat", "scope": "year"}, normalise={"scope": "year"})
        factors = NOISY
    elif name == "years treated apart on one scale":
        y = np.vstack([extremes(), np.random.default_rng(2).normal(50, 10, (10, 5))])
        y[11, 1] = 7e3
        data = values_of(c, y, 2)
        recipe = steps({"do": "treat", "scope": "year", "allow_mixed_scales": True})
        factors = NOISY
    elif name == "scale of a base year":
        data = values_of(c, np.vstack([x, x + 30, x - 9]), 3)
        recipe = steps(normalise={"scope": "base", "base": 2002, "range": [1, 100]})
    elif name == "weights of data":
        recipe = plain(weigh={"scheme": "entropy"}, range=[1, 100])
        factors = [
            {"id": "n", "options": [{"normalise.rule": "rank"}, {"normalise.rule": "min-max"}]},
            *NOISY,
        ]
    elif name == "one of many fillings":
        x[2, 1] = x[5, 3] = NAN
        data = values_of(c, x)
        recipe = steps({"do": "impute", "rule": "hot-deck", "draws": 20})
        factors = [{"id": "filling", "imputation": 20}]
    elif name == "draws that fail":
        factors = [
            {"id": "m", "options": [{"aggregate.rule": r} for r in ("arithmetic", "geometric")]},
            *NOISY,
        ]
    elif name == "screening varies":
        x[2, 1:4] = NAN
        data = values_of(c, x)
        recipe = steps({"do": "screen", "min_available": 0.3})
        screens = [{"screen.min_available": 0.3}, {"screen.min_available": 0.65}]
        factors = [{"id": "s", "options": screens}, *NOISY]
    elif name == "concentrations":
        factors = [{"id": "d", "dirichlet": 10.0}]
    return c.tree, data, recipe, factors


@pytest.mark.parametrize(
    "name",
    [
        "plain", "gaps", "treated", "copeland", "copeland of two years", "copeland is one choice",
        "each year its scale",
        "years treated apart on one scale", "scale of a base year", "weights of data",
        "one of many fillings", "draws that fail", "screening varies", "concentrations",
    ],
)  # fmt: skip
def test_without_a_change_all_readings_are_the_run_itself(name: str) -> None:
    sheet, result = ask(*same_setting(name))
    rows = last(result)
    for unit in [result.data.units[u] for u in result.data.unit[rows]]:
        answer = sheet.answer(unit, Change(), both=True)
        same(answer.rows, rows)
        for reading in ("before", "frozen", "live"):
            near(getattr(answer, reading).scores, result.score[rows])
            same(getattr(answer, reading).ranks, result.rank[rows])
        alike(answer.before.interval, interval(result, unit))
        # None is allowed where an interval cannot be had; another one is not.
        for got in (answer.frozen.interval, answer.live.interval):
            if got is not None:
                alike(got, answer.before.interval)


def test_without_a_change_asem_is_asem(hansa_data) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    sheet, result = ask(tree, data, recipe_of(ASEM))
    for unit in ("LTU", "SGP", "DNK"):
        answer = sheet.answer(unit, Change(), both=True)
        expect(answer, "frozen", result)
        expect(answer, "live", result)


# --- weights and nodes left out -----------------------------------------------------------


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        {"a": 0.9}, {"q": 0.0}, {"e": 5.0, "p": 0.0}, {"a": 0.0}, {"a": 1.0, "b": 1.0, "q": 0.1},
    ],
)  # fmt: skip
def test_weights_give_what_a_tree_with_these_weights_gives(changes, gaps: bool) -> None:
    c, x = small(gaps=gaps)
    sheet, result = ask(c.tree, values_of(c, x))
    other = weighted(c, result.stage, **changes)
    _, again = ask(other.tree, values_of(other, x), None, result.evaluator.factors)
    for unit in "ABCDEFGH":
        answer = sheet.answer(unit, Change(weights=changes), both=True)
        expect(answer, "frozen", again)
        expect(answer, "live", again)
        alike(answer.before.interval, interval(result, unit))


@pytest.mark.parametrize("factors", [NOISY, [{"id": "d", "dirichlet": 10.0}]])
def test_a_weight_that_was_nothing_counts_in_the_interval_too(factors) -> None:
    x = small()[1]
    c = case(PARENTS, {"a": 0, "d": 3, "q": 2}, {"b": -1})
    sheet, result = ask(c.tree, values_of(c, x), None, factors)
    other = weighted(c, result.stage, a=2.0)
    _, again = ask(other.tree, values_of(other, x), None, factors)
    moved = 0
    for unit in "ABCDEFGH":
        answer = sheet.answer(unit, Change(weights={"a": 2.0}))
        expect(answer, "frozen", again)
        moved += answer.frozen.interval != answer.before.interval
    assert moved


def test_weights_drawn_around_other_shares_follow_them() -> None:
    """The spread of a Dirichlet draw depends on the share itself."""
    c, x = small()
    factors = [{"id": "d", "dirichlet": 4.0}]
    sheet, result = ask(c.tree, values_of(c, x), None, factors, 600)
    changes = {"e": 3.0, "a": 0.02}
    other = weighted(c, result.stage, **changes)
    _, again = ask(other.tree, values_of(other, x), None, factors, 600)
    for unit in "ABCDEFGH":
        expect(sheet.answer(unit, Change(weights=changes)), "frozen", again)


@pytest.mark.parametrize("seed", range(4))
def test_leaving_a_node_out_is_its_removal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = random_case(rng)
    x = rng.normal(50, 10, (6, c.tree.leaves))
    x[rng.random(x.shape) < 0.1] = NAN
    sheet, result = ask(c.tree, values_of(c, x), draws=0)
    removed = {}
    for level in sorted(set(c.tree.level.tolist()))[:-1]:
        found = removal(result.stage, level)
        removed |= {code: found.scores[:, k] for k, code in enumerate(found.codes)}
    assert len(removed) == len(c.tree.nodes) - 1
    for code, expected in removed.items():
        if np.isnan(expected).all():
            with pytest.raises(UsageError, match="nothing is left of the index"):
                sheet.answer("A", Change(drop=(code,)))
            continue
        answer = sheet.answer("A", Change(drop=(code,)))
        near(answer.frozen.scores, expected)
        near(answer.live.scores, expected)
        same(answer.live.ranks, ranks(expected))


def test_a_weight_stands_on_the_scale_on_which_weights_were_given() -> None:
    c, x = small()
    sheet, result = ask(c.tree, values_of(c, x), draws=0)
    _, p, q, e = np.array([result.stage.scores[:, c.tree.at(k)] for k in ("top", "p", "q", "e")])
    near(result.score, (p + 2 * q + e) / 4)
    twice = sheet.answer("A", Change(weights={"e": 2.0}))
    near(twice.frozen.scores, (p + 2 * q + 2 * e) / 5)
    near(twice.live.scores, twice.frozen.scores)
    same_again = sheet.answer("A", Change(weights={"q": 2.0, "a": 2.0}))
    near(same_again.frozen.scores, result.score)
    assert sheet.shares_after(Change(weights={"e": 2.0}, drop=("a",))) == {
        "e": (pytest.approx(0.25), pytest.approx(0.4)),
        "a": (pytest.approx(2 / 3), 0.0),
    }


def test_a_whole_family_without_weight_is_left_out_with_its_parent() -> None:
    c, x = small()
    sheet, _ = ask(c.tree, values_of(c, x))
    family = sheet.answer("A", Change(weights={"c": 0.0, "d": 0.0}), both=True)
    parent = sheet.answer("A", Change(drop=("q",)), both=True)
    each = sheet.answer("A", Change(drop=("c", "d")), both=True)
    for reading in ("frozen", "live"):
        want = getattr(parent, reading)
        for other in (family, each):
            got = getattr(other, reading)
            near(got.scores, want.scores)
            alike(got.interval, want.interval)
    tree = ref.without(c.meta, ["c", "d"])
    z = ref.normalise(table_of(c, x), c.meta, "minmax")[["a", "b", "e"]]
    near(parent.frozen.scores, ref.aggregate_tree(z, tree)["top"])


# --- cells ---------------------------------------------------------------------------------


def test_a_value_on_both_scales_by_hand() -> None:
    c = case({"a": "top", "b": "top"}, {"a": 3}, {"b": -1})
    x = np.array([[0.0, 10], [50, 20], [100, 30]])
    sheet, _ = ask(c.tree, values_of(c, x), draws=0)
    near(sheet.answer("A", Change()).before.scores, [25, 50, 75])
    answer = sheet.answer("A", Change({("A", "a"): 200.0}))
    near(answer.frozen.scores, [(3 * 200 + 100) / 4, 50, 75])
    # Alive, a goes from 50 to 200: B is the worst now, and C a third of the way.
    near(answer.live.scores, [100, 12.5, 25])
    same(answer.frozen.ranks, [1, 3, 2])
    same(answer.live.ranks, [1, 3, 2])
    assert answer.frozen.interval is None
    assert answer.live.interval is None
    equal = sheet.answer("A", Change({("A", "a"): 50.0, ("A", "b"): 20.0}))
    same(equal.frozen.ranks, [2, 2, 1])


POSTS = [
    {"code": "top", "type": "aggregate", "parent": ""},
    {"code": "p", "type": "aggregate", "parent": "top", "weight": 2},
    {"code": "a", "type": "indicator", "parent": "p", "goalpost_low": 20, "goalpost_high": 60},
    {"code": "b", "type": "indicator", "parent": "p", "direction": -1, "goalpost_low": 10,
     "goalpost_high": 90, "weight": 3},
    {"code": "c", "type": "indicator", "parent": "top", "goalpost_low": 0, "goalpost_high": 80},
]  # fmt: skip


def posts(rows=POSTS):
    return tree_of([{"direction": 1, "weight": 1, **row} for row in rows])


def plain_data(x: np.ndarray, years: int = 1, **more) -> IndexData:
    return dataclasses.replace(values_of(None, x, years), **more)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize(
    ("cells", "weights", "drop"),
    [
        ({("A", "a"): 55.0}, {}, ()),
        ({("A", "a"): 500.0, ("A", "b"): -7.0}, {}, ()),
        ({("B", "c"): 70.0, ("C", "c"): 2.0}, {}, ()),  # others change, A is asked
        ({("D", "b"): 12.0, ("A", "b"): 40.0}, {}, ()),  # D: a gap closes
        ({("A", "a"): 55.0, ("E", "c"): 70.0}, {"p": 0.2, "a": 2.0}, ()),
        ({("A", "a"): 55.0, ("D", "b"): 12.0}, {"p": 0.9}, ("a",)),
    ],
)
def test_where_no_scale_can_move_both_readings_are_the_changed_index(
    cells, weights, drop, clip: bool
) -> None:
    tree = posts()
    x = np.random.default_rng(5).uniform(10, 70, (7, 3))
    x[3, 1] = x[5, 2] = NAN
    recipe = plain(rule="goalposts", clip=clip)
    sheet, result = ask(tree, plain_data(x), recipe, NOISY)
    y = x.copy()
    for (unit, code), value in cells.items():
        y["ABCDEFG".index(unit), tree.at(code)] = value
    own = in_use(tree, result.stage) | weights
    own |= dict.fromkeys(drop, 0.0)
    other = posts([r | {"weight": own[r["code"]]} for r in POSTS])
    _, again = ask(other, plain_data(y), recipe, NOISY)
    for unit in "ABCD":
        answer = sheet.answer(unit, Change(cells, weights, drop), both=True)
        expect(answer, "frozen", again)
        expect(answer, "live", again, intervals=not (weights or drop))
        if weights or drop:
            assert answer.live.interval is None


@pytest.mark.parametrize(
    "before", [(), ({"do": "screen", "min_available": 0.4},), ({"do": "treat", "winsorise": 1},)]
)
@pytest.mark.parametrize("gaps", [False, True])
def test_the_live_reading_is_the_index_of_the_changed_data(before, gaps: bool) -> None:
    """Any scale, any factor; also where the recipe starts with the scale."""
    c, x = small(units=10, gaps=gaps)
    recipe = steps(*before, normalise={"range": [1, 100]})
    sheet, result = ask(c.tree, values_of(c, x), recipe)
    worst = result.data.units[int(np.nanargmax(result.rank))]
    cells = {(worst, "a"): 200.0, (worst, "b"): -90.0, ("B", "c"): 140.0}
    y = x.copy()
    for (unit, code), value in cells.items():
        y["ABCDEFGHIJ".index(unit), c.tree.at(code)] = value
    _, again = ask(c.tree, values_of(c, y), recipe)
    answer = sheet.answer(worst, Change(cells), both=True)
    expect(answer, "live", again)
    assert answer.live.interval != answer.before.interval
    expect(sheet.answer("D", Change(cells), both=True), "live", again)


@pytest.mark.parametrize("seed", range(3, 7))
@pytest.mark.parametrize("scheme", ["entropy", "critic"])
def test_the_live_reading_weighs_again_where_data_weigh(seed: int, scheme: str) -> None:
    rng = np.random.default_rng(seed)
    c, x = case(PARENTS), rng.normal(50, 10, (9, 5))
    recipe = plain(weigh={"scheme": scheme}, range=[1, 100])
    sheet, result = ask(c.tree, values_of(c, x), recipe, draws=0)
    y = x.copy()
    y[0, 0], y[3, 2] = 150.0, -20.0
    _, again = ask(c.tree, values_of(c, y), recipe, draws=0)
    answer = sheet.answer("A", Change({("A", "a"): 150.0, ("D", "c"): -20.0}))
    expect(answer, "live", again, intervals=False)
    # The frozen reading keeps weights as it keeps scales.
    weights = ref.leaf_weights(weighted(c, result.stage).meta)
    low, high = x.min(axis=0), x.max(axis=0)
    z = 1 + 99 * (y - low) / (high - low)
    near(answer.frozen.scores, z @ weights[list("abcde")].to_numpy())


def test_the_interval_of_a_value_off_the_scale_by_hand() -> None:
    """Every draw by hand: weights as drawn, the new value on the scale of the run."""
    c, x = small()
    sheet, result = ask(c.tree, values_of(c, x), None, NOISY, 40)
    cells = {("C", "a"): 90.0, ("E", "d"): -40.0, ("C", "b"): 70.0}
    y = x.copy()
    for (unit, code), value in cells.items():
        y["ABCDEFGH".index(unit), c.tree.at(code)] = value
    low, high = x.min(axis=0), x.max(axis=0)
    z = 100 * (y - low) / (high - low)
    z[:, 1] = 100 - z[:, 1]
    r = result.robustness
    weight = result.evaluator.weights(r.values, result.evaluator.sets(r.values), result.stage)
    found = np.array([
        ref.aggregate_tree(table_of(c, z), c.meta, dict(zip(c.tree.codes, w, strict=True)))["top"]
        for w in weight.T
    ]).T  # fmt: skip
    for unit in "ACE":
        own = [1 + int((d > d[k] + 1e-9).sum()) for d in found.T for k in ["ABCDEFGH".index(unit)]]
        got = sheet.answer(unit, Change(cells)).frozen.interval
        alike(got, (ref.quantile7(own, 0.05), ref.quantile7(own, 0.95)))


def test_copeland_compares_the_changed_unit_with_all_others() -> None:
    tree = posts()
    x = np.random.default_rng(8).uniform(10, 70, (8, 3))
    recipe = plain(rule="goalposts", clip=False, aggregate={"level": {"3": "copeland"}})
    sheet, _ = ask(tree, plain_data(x, 2), recipe, NOISY)
    y = x.copy()
    y[4, 0], y[4, 2] = 66.0, 75.0
    _, again = ask(tree, plain_data(y, 2), recipe, NOISY)
    cells = {("A", "a"): 66.0, ("A", "c"): 75.0}
    for unit in "ABCD":
        answer = sheet.answer(unit, Change(cells), both=True)
        expect(answer, "frozen", again)
        expect(answer, "live", again)


@pytest.mark.parametrize("scope", ["pooled", "year", "base"])
def test_only_the_last_year_changes(scope: str) -> None:
    """Units in another order, one only in the first year, one only in the last."""
    c, x = small(16)
    own = IndexData(
        tuple("ABCDEFGH"), tuple("ABCDEFGH"),
        np.array([0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1, 0]),
        np.array([2018] * 7 + [2020] * 8), x[:15], np.zeros((15, 5), bool),
    )  # fmt: skip
    options = {"scope": scope} | ({"base": 2018} if scope == "base" else {})
    recipe = plain(**options)
    sheet, result = ask(c.tree, own, recipe)
    cells = {("A", "a"): 120.0, ("H", "d"): 1.0}
    y = x[:15].copy()
    y[14, 0], y[7, 3] = 120.0, 1.0
    _, again = ask(c.tree, dataclasses.replace(own, values=y), recipe)
    for unit in "AHC":
        answer = sheet.answer(unit, Change(cells), both=True)
        same(answer.rows, range(7, 15))
        expect(answer, "live", again)
        if scope == "base":
            expect(answer, "frozen", again, intervals=False)
    low, high = {"pooled": (x[:15, 0].min(), x[:15, 0].max()),
                 "year": (x[7:15, 0].min(), x[7:15, 0].max()),
                 "base": (x[:7, 0].min(), x[:7, 0].max())}[scope]  # fmt: skip
    moved = sheet.answer("A", Change({("A", "a"): 120.0})).frozen.scores - result.score[7:15]
    want = np.zeros(8)
    want[7] = (120 - x[14, 0]) / (high - low) * 100 * (2 / 3) * (1 / 4)
    near(moved, want)


def test_a_unit_without_a_score_is_no_obstacle_and_can_get_one() -> None:
    c, x = small(16)
    x[10] = NAN
    sheet, _ = ask(c.tree, values_of(c, x, 2))
    answer = sheet.answer("A", Change({("A", "a"): 60.0}), both=True)
    assert np.isnan(answer.live.ranks[2])
    assert answer.frozen.interval is not None
    gone = sheet.answer("C", Change(), both=True)
    for reading in ("before", "frozen", "live"):
        assert np.isnan(getattr(gone, reading).scores[2])
        own = getattr(gone, reading).interval
        assert own is None or np.isnan(own).all()
    y = x.copy()
    y[10, :3] = 55, 40, 60
    cells = {("C", code): y[10, j] for j, code in enumerate("abc")}
    _, again = ask(c.tree, values_of(c, y, 2))
    expect(sheet.answer("C", Change(cells), both=True), "live", again)


def test_the_interval_counts_only_replications_that_were_computed() -> None:
    """A geometric mean that fails for another unit's value gives nobody a first place."""
    tree = posts()
    x = np.random.default_rng(9).uniform(25, 55, (6, 3))
    x[1, 0] = 1.0  # below the goalpost: no geometric mean
    recipe = plain(rule="goalposts", clip=False)
    factors = [
        {"id": "m", "options": [{"aggregate.rule": r} for r in ("arithmetic", "geometric")]},
        *NOISY,
    ]
    sheet, result = ask(tree, plain_data(x), recipe, factors)
    assert 0 < result.robustness.successes < DRAWS
    worst = result.data.units[int(np.argmax(result.rank))]
    answer = sheet.answer(worst, Change({(worst, "a"): x["ABCDEF".index(worst), 0]}))
    assert worst != "B" or answer.before.ranks[1] == 6
    alike(answer.frozen.interval, interval(result, worst))


def test_a_draw_in_which_somebody_else_has_no_score_gives_nobody_a_first_place() -> None:
    """B's pillar is below 0 under some weights only: the geometric mean above it then fails."""
    tree = posts()
    x = np.random.default_rng(9).uniform(25, 55, (6, 3))
    x[1, 0], x[1, 1] = 1.0, 74.0
    recipe = plain(rule="goalposts", clip=False, aggregate={"level": {"3": "geometric"}})
    sheet, result = ask(tree, plain_data(x), recipe, NOISY)
    assert 0 < result.robustness.successes < DRAWS
    for unit in "ACDEF":
        cells = {(unit, "a"): x["ABCDEF".index(unit), 0]}
        alike(sheet.answer(unit, Change(cells)).frozen.interval, interval(result, unit))


def test_other_weights_of_one_family_leave_those_that_data_give_to_others() -> None:
    """Each table has its own entropy weights; only the family of the change is told its weights."""
    c, x = small()
    options = [{"normalise.rule": "rank"}, {"normalise.rule": "min-max"}]
    recipe = plain(weigh={"scheme": "entropy"}, range=[1, 100])
    factors = [{"id": "n", "options": options}]
    sheet, result = ask(c.tree, values_of(c, x), recipe, factors)
    ranked = []
    for option in options:
        own = {k.split(".")[1]: v for k, v in option.items()}
        stage = run(
            c.tree, values_of(c, x), plain({"scheme": "entropy"}, **{"range": [1, 100]} | own)
        )
        weights = in_use(c.tree, stage) | {"b": 6.0}
        z = table_of(c, stage.data.values)
        ranked.append(ranks(ref.aggregate_tree(z, c.meta, weights)["top"].to_numpy()))
    drawn = result.robustness.values[0].astype(int)
    assert not np.array_equal(*ranked)
    for k, unit in enumerate("ABCDEFGH"):
        own = [ranked[d][k] for d in drawn]
        got = sheet.answer(unit, Change(weights={"b": 6.0})).frozen.interval
        alike(got, (ref.quantile7(own, 0.05), ref.quantile7(own, 0.95)))


# --- the same answer whenever and however it is asked -----------------------------------------


def test_questions_leave_no_trace_and_workers_do_not_matter() -> None:
    c, x = small(gaps=True)
    sheet, result = ask(c.tree, values_of(c, x))
    kept, entry = result.robustness.scores.copy(), sheet.entry.data.values.copy()
    first = Change({("A", "a"): 70.0})
    questions = [first, Change(weights={"q": 3.0}), Change(drop=("a",)), first]
    one = [sheet.answer("A", q, both=True) for q in questions]
    assert one[0].live.interval == one[3].live.interval
    assert one[0].frozen.scores.tobytes() == one[3].frozen.scores.tobytes()
    same(result.robustness.scores, kept)
    same(sheet.entry.data.values, entry)
    alone = Sheet(result.evaluator, robustness(result.evaluator, DRAWS, workers=1))
    for question, answer in zip(questions[::-1], one[::-1], strict=True):
        got = alone.answer("A", question, both=True)
        for reading in ("before", "frozen", "live"):
            a, b = getattr(got, reading), getattr(answer, reading)
            assert a.scores.tobytes() == b.scores.tobytes()
            assert a.interval == b.interval


# --- back: the smallest change ------------------------------------------------------------------


def applied(sheet: Sheet, unit: str, delta: np.ndarray) -> Change:
    row = sheet.stage.data.row_of(unit)
    raw = sheet.raw_of(sheet.stage.data.values[row] + delta)
    return Change({(unit, sheet.stage.tree.codes[j]): raw[j] for j in np.flatnonzero(delta)})


def test_the_smallest_change_on_asem_keeps_its_promise(hansa_data) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    sheet, result = ask(tree, data, LOGGED, draws=0)
    forms = {t.form for _, own in result.stage.treatments for t in own}
    assert forms == {"", "log_range"}
    logged = [
        tree.codes[j] for j, t in enumerate(result.stage.treatments[0][1]) if t.form == "log_range"
    ]
    moved = set()
    for unit in ("LTU", "AUT", "LAO"):
        row = result.data.row_of(unit)
        rank, costs = int(result.rank[row]), []
        for gain in (0, 1, 5):
            if gain >= rank:
                continue
            found, alone = sheet.reach(unit, gain)
            costs.append(found.cost)
            assert found.aim == rank - gain
            assert found.possible
            answer = sheet.answer(unit, applied(sheet, unit, found.delta))
            assert answer.frozen.ranks[row] == found.reached <= found.aim
            near(answer.frozen.scores[row], found.score)
            others = np.arange(result.data.unit.size) != row
            near(answer.frozen.scores[others], answer.before.scores[others])
            for j in np.flatnonzero(alone.within)[:2] if gain else ():
                cell = Change({(unit, tree.codes[j]): alone.raw[j]})
                assert sheet.answer(unit, cell).frozen.ranks[row] <= found.aim
                assert found.cost <= abs(alone.delta[j]) * (1 + 1e-9)
        assert costs[0] == 0
        assert np.all(np.diff(costs) >= 0)
        for code in logged[:4]:
            found, _ = sheet.reach(unit, 1, (code,))
            answer = sheet.answer(unit, applied(sheet, unit, found.delta))
            assert answer.frozen.ranks[row] == found.reached
            moved |= {code} if found.possible else set()
    assert len(moved) > 1


def test_raw_values_come_back_from_the_scale(hansa_data) -> None:
    """Through scale and treatment; a winsorised value comes back as what it was set to."""
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    sheet, result = ask(tree, data, LOGGED, draws=0)
    cuts = [t for t in result.stage.treatments[0][1] if np.isfinite([t.low, t.high]).any()]
    assert cuts
    for row in range(0, result.data.unit.size, 5):
        back = sheet.raw_of(result.data.values[row])
        entry = sheet.entry.data.values[row]
        cut = np.array([np.clip(v, t.low, t.high) for v, t in
                        zip(entry, result.stage.treatments[0][1], strict=True)])  # fmt: skip
        there = ~np.isnan(entry)
        assert there.all()
        np.testing.assert_allclose(back, cut, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("mixed", [False, True])
def test_raw_values_of_a_panel_come_from_the_scale_of_its_last_year(mixed: bool) -> None:
    c = small()[0]
    y = np.vstack([extremes(), 2 * extremes()[::-1]])
    how = {"allow_mixed_scales": True} if mixed else {}
    recipe = steps(
        {"do": "treat", "scope": "year", "winsorise": 0, **how},
        normalise={} if mixed else {"scope": "year"},
    )
    sheet, result = ask(c.tree, values_of(c, y, 2), recipe, draws=0)
    logged = [t.form for t in result.stage.treatments[1][1]]
    assert {"", "log_range"} == set(logged)
    for row in range(10, 20):
        np.testing.assert_allclose(sheet.raw_of(result.data.values[row]), y[row], rtol=1e-7)


def test_a_denominated_indicator_goes_back_through_its_denominator() -> None:
    """The answer is a value after denominating; times D / k it is the cell of the data."""
    rows = [r | ({"denominator": "D", "scale_factor": 10, "goalpost_low": 0, "goalpost_high": 9}
                 if r["code"] == "c" else {}) for r in POSTS]  # fmt: skip
    tree = posts([*rows, {"code": "D", "type": "denominator"}])
    rng = np.random.default_rng(6)
    x = np.column_stack([rng.uniform(25, 55, (6, 2)), rng.uniform(1, 60, 6)])
    d = rng.uniform(80, 120, 6)
    recipe = steps({"do": "denominate"}, normalise={"rule": "goalposts", "clip": False})
    sheet, result = ask(tree, plain_data(x, denominators={"D": d}), recipe, draws=0)
    worst = int(np.argmax(result.rank))
    unit = "ABCDEF"[worst]
    found, alone = sheet.reach(unit, 1, ("c",))
    assert found.possible
    assert set(np.flatnonzero(found.delta)) == {2}
    raw = sheet.raw_of(result.data.values[worst] + found.delta)[2]
    near(raw, alone.raw[2])
    y = x.copy()
    y[worst, 2] = raw * d[worst] / 10
    _, again = ask(tree, plain_data(y, denominators={"D": d}), recipe, draws=0)
    assert again.rank[worst] == found.reached <= 5
    near(sheet.best_peer("c"), (10 * x[:, 2] / d).max())
    near(sheet.best_peer("b"), x[:, 1].min())


def test_only_changeable_indicators_move_and_only_within_what_is_observed() -> None:
    c, x = small(gaps=True)
    sheet, result = ask(c.tree, values_of(c, x), draws=0)
    worst = result.data.units[int(np.argmax(result.rank))]
    found, alone = sheet.reach(worst, 2, ("c", "e"))
    assert set(np.flatnonzero(found.delta)) <= {2, 4}
    assert not alone.within[[0, 1, 3]].any()
    far, _ = sheet.reach(worst, 7, ("b",))
    row = result.data.row_of(worst)
    assert not far.possible
    near(result.data.values[row, 1] + far.delta[1], 100.0)
    answer = sheet.answer(worst, applied(sheet, worst, far.delta))
    assert answer.frozen.ranks[row] == far.reached


def test_a_scale_of_places_has_no_smallest_change() -> None:
    c, x = small()
    sheet, _ = ask(c.tree, values_of(c, x), plain(rule="rank"), draws=0)
    with pytest.raises(HansaError, match="rank"):
        sheet.reach("A", 1)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change({("A", "p"): 3.0}), "p is no indicator"),
        (Change({("A", "z"): 3.0}), "no node 'z'"),
        (Change({("Z", "a"): 3.0}), "no unit 'Z'"),
        (Change({("A", "a"): NAN}), "has to be finite"),
        (Change(weights={"a": -1.0}), "a cannot have this weight"),
        (Change(weights={"a": NAN}), "a cannot have this weight"),
        (Change(weights={"a": np.inf}), "a cannot have this weight"),
        (Change(weights={"z": 1.0}), "no node 'z'"),
        (Change(weights={"top": 0.0}), "the index itself"),
        (Change(drop=("top",)), "the index itself"),
        (Change(drop=("e", "p", "q")), "nothing is left"),
        (Change(weights={"a": 0.0, "b": 0.0}, drop=("e", "q")), "nothing is left"),
    ],
)
def test_changes_that_make_no_sense_are_refused(change: Change, told: str) -> None:
    c, x = small()
    sheet, _ = ask(c.tree, values_of(c, x), draws=0)
    with pytest.raises(UsageError, match=told):
        sheet.answer("A", change)


def test_questions_back_that_make_no_sense_are_refused() -> None:
    c, x = small()
    x[2] = NAN
    sheet, _ = ask(c.tree, values_of(c, np.vstack([x + 1, x]), 2), draws=0)
    with pytest.raises(HansaError, match="C has no score"):
        sheet.reach("C", 1)
    with pytest.raises(UsageError, match="cannot gain 99 places"):
        sheet.reach("A", 99)
    with pytest.raises(UsageError, match="p is no indicator"):
        sheet.reach("A", 1, ("p",))
    mean, _ = ask(c.tree, values_of(c, small()[1]),
                  plain(range=[1, 100], aggregate={"rule": "geometric"}), draws=0)  # fmt: skip
    with pytest.raises(HansaError, match="only arithmetic means"):
        mean.reach("A", 1)


def test_steps_out_of_the_usual_order_are_refused_by_name() -> None:
    c, x = small()
    recipe = recipe_of([{"do": "treat"}, {"do": "screen"}, *[s.as_dict() for s in plain()]])
    result = computed(c.tree, values_of(c, x), recipe, replications=0)
    with pytest.raises(HansaError, match="screen comes after treatment"):
        Sheet(result.evaluator)


# --- what is printed of the way back ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "start", "best", "written"),
    [
        (8.202322, 11.0, 5.6, "8.2"),  # downwards
        (88.325661, 79.0, 94.0, "88.4"),
        (22369.14, 21000.0, 9e4, "22370"),
        (93.97, 50.0, 94.0, "94"),
        (93.97, 50.0, 93.98, "93.97"),  # no further than the best there is
        (220.0, 48.0, 220.0, "220"),
        (1 / 3, 0.0, 1 / 3, "0.3333333333333333"),
        (-0.0004, -3.0, 2.0, "0"),
        (1234567.0, 1000.0, 9e9, "1240000"),
        (5.5, 5.5, 9.0, "5.5"),
        (NAN, 5.5, 9.0, ""),
    ],
)
def test_a_needed_value_is_rounded_to_the_side_that_is_enough(value, start, best, written) -> None:
    assert enough(value, start, best) == written


@st.composite
def needs(draw) -> tuple[Case, np.ndarray, list[dict]]:
    """An index of numbers as sources print them, on scales near to and far from 1."""
    units = draw(st.integers(4, 9))
    far = draw(st.sampled_from([1e-4, 1.0, 1e5]))
    seed = draw(st.integers(0, 2**31))
    x = np.random.default_rng(seed).lognormal(3, draw(st.sampled_from([0.3, 1.2])), (units, 5))
    x = np.round(x, draw(st.integers(0, 3))) * far
    rule = draw(st.sampled_from(["min-max", "z"]))
    before = draw(st.sampled_from([[], [{"do": "treat", "winsorise": 1}]]))
    return case(PARENTS, WEIGHTS, {"b": -1, "d": -1}), x, [
        *before, {"do": "normalise", "rule": rule}, {"do": "weigh"}, {"do": "aggregate"},
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(needs())
def test_what_is_printed_typed_back_gives_the_rank(made) -> None:
    one, x, recipe = made
    sheet, _ = ask(one.tree, values_of(one, x), recipe_of(recipe), draws=0)
    before = ranks(sheet.stage.scores[sheet.rows, sheet.stage.tree.root])
    for k, rank in enumerate(before):
        unit, codes = sheet.stage.data.units[k], sheet.stage.tree.codes
        for gain in range(1, int(np.nan_to_num(rank, nan=1.0))):
            found, single = sheet.reach(unit, gain)
            alone = sheet.enough(unit, single.raw)
            for j in np.flatnonzero(single.within):
                typed = Change({(unit, codes[j]): float(alone[j])})
                assert sheet.answer(unit, typed).frozen.ranks[k] <= found.aim, (alone[j], gain)
                now = float(sheet.raw_of(sheet.stage.data.values[sheet.rows[k]])[j])
                much = abs(float(alone[j]) - single.raw[j])
                assert much <= abs(single.raw[j] - now) / FINE * (1 + 1e-9)
            together = sheet.enough(unit, sheet.reached(unit, found))
            cells = {(unit, codes[j]): float(together[j]) for j in np.flatnonzero(found.delta)}
            after = sheet.answer(unit, Change(cells)).frozen.ranks[k]
            assert after <= found.reached
            assert not found.possible or after <= found.aim
