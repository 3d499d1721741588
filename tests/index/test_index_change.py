"""Change over years: of ranks draw by draw, of scores indicator by indicator, in parts.

Expected values come from runs of each year by itself (same seed, same scale), from the reference,
which switches parts in every order, and from tables written out by hand. Tolerance: 1e-9.
"""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pandas as pd
import pytest
import reference_index as ref
from test_index_kernel import Case, case, plain, random_case, values_of

from hansa.errors import HansaError, UsageError
from hansa.index.chain import run
from hansa.index.change import (
    Vintage,
    contributions,
    decomposed,
    frozen_score,
    frozen_values,
    parts_between,
    rank_change,
    row_weights,
    shapley,
)
from hansa.index.data import IndexData
from hansa.index.metadata import tree_of
from hansa.index.ranks import ranks
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.result import computed
from hansa.index.whatif import before_treatment

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
same = np.testing.assert_array_equal
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}
WEIGHTS = {"a": 2, "d": 3, "q": 2}
NOISY = [{"id": "w", "weights": 0.5}, {"id": "out", "drop": "all"}]
POSTS = {"goalpost_low": 0, "goalpost_high": 100}


def two_years(units: int = 8, gaps: float = 0.0, seed: int = 2) -> tuple[Case, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(50, 10, (2 * units, 5))
    x[rng.random(x.shape) < gaps] = NAN
    return case(PARENTS, WEIGHTS, {"b": -1}), x


def fixed_tree():
    """The same tree on goalposts: a year's scale does not know of other years."""
    rows = [{"code": "top", "type": "aggregate", "parent": ""}]
    rows += [{"code": k, "type": "aggregate", "parent": "top"} for k in "pq"]
    rows += [{"code": k, "type": "indicator", "parent": PARENTS[k], **POSTS} for k in "abcde"]
    return tree_of([
        {"direction": -1 if r["code"] == "b" else 1, "weight": WEIGHTS.get(r["code"], 1), **r}
        for r in rows
    ])  # fmt: skip


def rows_of(data: IndexData, year: int) -> dict[str, int]:
    return {data.units[data.unit[r]]: int(r) for r in np.flatnonzero(data.time == year)}


def min_ranks(scores: dict[str, float]) -> dict[str, int]:
    return {u: 1 + sum(o > s + 1e-9 for o in scores.values()) for u, s in scores.items()}


# --- ranks --------------------------------------------------------------------------------


def test_the_same_draw_holds_in_both_years() -> None:
    """Each year run by itself with the same seed gives the two ranks of every draw."""
    tree = fixed_tree()
    x = np.random.default_rng(4).uniform(10, 90, (16, 5))
    x[8:] = x[:8] + np.random.default_rng(5).normal(0, 6, (8, 5))
    worst = computed(tree, values_of(None, x[:8]), plain(rule="goalposts")).rank.argmax()
    x[8 + worst] += 40 * np.array([1, -1, 1, 1, 1])
    recipe = plain(rule="goalposts")
    both = computed(tree, values_of(None, x, 2), recipe, replications=150, factors=NOISY, seed=9)
    alone = [
        computed(tree, values_of(None, part), recipe, replications=150, factors=NOISY, seed=9)
        for part in (x[:8], x[8:])
    ]
    found = rank_change(both.robustness, 2001, 2002)
    before, after = (one.robustness.ranks.astype(int) for one in alone)
    moved = before - after
    same(found.before, alone[0].rank)
    same(found.after, alone[1].rank)
    near(found.score_before, alone[0].score)
    near(found.score_after, alone[1].score)
    same(found.change, alone[0].rank - alone[1].rank)
    for k, own in enumerate(moved):
        for p, got in ((0.05, found.low), (0.5, found.mid), (0.95, found.high)):
            near(got[k], ref.quantile7(own, p))
        near(found.up[k], (own > 0).mean())
        near(found.down[k], (own < 0).mean())
        assert found.changed[k] == (found.low[k] > 0 or found.high[k] < 0)
    assert 0 < found.changed.sum() < 8
    same(found.draws, 150)
    # Years that are alike move together; without the common draw the change would be wider.
    shuffled = before - after[:, np.random.default_rng(0).permutation(150)]
    assert np.var(moved, axis=1).sum() < np.var(shuffled, axis=1).sum()


def test_swapped_years_flip_every_sign_and_ranks_add_up_to_nothing() -> None:
    c, x = two_years()
    r = computed(c.tree, values_of(c, x, 2), replications=200, seed=1).robustness
    there, back = rank_change(r, 2001, 2002), rank_change(r, 2002, 2001)
    same(back.change, -there.change)
    same(back.low, -there.high)
    same(back.mid, -there.mid)
    same(back.up, there.down)
    same(back.changed, there.changed)
    assert there.change.any()
    assert there.change.sum() == 0
    still = rank_change(r, 2002, 2002)
    assert not still.change.any()
    assert not still.high.any()
    assert not still.changed.any()


def odd_panel() -> tuple[Case, IndexData]:
    """Years in no order, units in another order in each; X only early, Y only late; C scoreless
    early, D late."""
    c, x = two_years(9)
    early = ["A", "X", "C", "B", "D", "E", "F"]
    late = ["F", "Y", "E", "D", "C", "B", "A"]
    units = tuple("ABCDEFXY")
    x = x[:14]
    x[2], x[7 + 3] = NAN, NAN
    place = np.array([units.index(u) for u in [*late, *early]])
    x = np.vstack([x[7:], x[:7]])
    return c, IndexData(units, units, place, np.repeat([2020, 2018], 7), x, np.zeros(x.shape, bool))


def test_only_units_with_a_score_in_both_years_are_compared_and_among_themselves() -> None:
    c, data = odd_panel()
    result = computed(c.tree, data, replications=100, factors=NOISY, seed=5)
    found = rank_change(result.robustness, 2018, 2020)
    units = [data.units[u] for u in found.units]
    assert sorted(units) == ["A", "B", "E", "F"]
    assert sorted(data.units[u] for u in found.left_out) == ["C", "D", "X", "Y"]
    rows = {year: rows_of(data, year) for year in (2018, 2020)}
    own = {y: min_ranks({u: result.score[rows[y][u]] for u in units}) for y in rows}
    same(found.before, [own[2018][u] for u in units])
    same(found.after, [own[2020][u] for u in units])
    assert found.change.sum() == 0
    moved = np.empty((4, 100))
    for d in range(100):
        scores = result.robustness.scores[:, d]
        now = {y: min_ranks({u: scores[rows[y][u]] for u in units}) for y in rows}
        moved[:, d] = [now[2018][u] - now[2020][u] for u in units]
    near(found.mid, [ref.quantile7(m, 0.5) for m in moved])
    near(found.high, [ref.quantile7(m, 0.95) for m in moved])
    near(found.up, (moved > 0).mean(axis=1))


def test_draws_without_a_rank_in_one_of_the_years_do_not_count() -> None:
    c, x = two_years()
    x[3, 1:] = NAN  # D has a alone in 2001; a is left out in some draws
    x[11] = x[3] + 1
    factors = [{"id": "out", "drop": ["a", "c"]}]
    result = computed(c.tree, values_of(c, x, 2), replications=100, factors=factors, seed=5)
    found = rank_change(result.robustness, 2001, 2002)
    kept = int((result.robustness.values[0] == 1).sum())
    assert 0 < kept < 100
    assert found.draws[3] == kept
    assert (np.delete(found.draws, 3) == 100).all()


def test_without_factors_only_the_nominal_change_is_left() -> None:
    c, x = two_years()
    result = computed(c.tree, values_of(c, x, 2), replications=12, factors=[], seed=1)
    found = rank_change(result.robustness, 2001, 2002)
    assert found.change.any()
    for got in (found.low, found.mid, found.high):
        same(got, found.change)
    same(found.changed, found.change != 0)
    same(found.draws, 12)


def test_years_that_are_not_there_and_units_that_do_not_meet() -> None:
    c, x = two_years()
    r = computed(c.tree, values_of(c, x, 2), replications=5, seed=1).robustness
    with pytest.raises(UsageError, match="there is no year 2007") as found:
        rank_change(r, 2001, 2007)
    assert "2001, 2002" in str(found.value)
    data = IndexData(
        ("A", "B", "C", "D"), ("A", "B", "C", "D"), np.arange(4), np.array([1, 1, 2, 2]), x[:4],
        np.zeros((4, 5), bool),
    )  # fmt: skip
    strange = computed(c.tree, data, replications=5, seed=1).robustness
    with pytest.raises(HansaError, match="no unit stands in both years"):
        rank_change(strange, 1, 2)


# --- contributions ---------------------------------------------------------------------------


@pytest.mark.parametrize("gaps", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("seed", range(5))
def test_contributions_add_up_exactly_with_gaps_that_open_and_close(seed, gaps) -> None:
    rng = np.random.default_rng(seed)
    c = random_case(rng)
    x = rng.normal(50, 10, (14, c.tree.leaves))
    hole = rng.random(x.shape) < gaps
    hole[:, hole.all(axis=0)] = False
    x[hole] = NAN
    stage = run(c.tree, values_of(c, x, 2))
    units, part = contributions(stage, 2001, 2002)
    score = stage.scores[:, stage.tree.root]
    same(units, range(7))
    near(part.sum(axis=1), score[7:] - score[:7])
    if not gaps:
        omega = np.array(list(ref.leaf_weights(c.meta)[list(c.tree.codes)[: c.tree.leaves]]))
        near(part, omega * (stage.data.values[7:] - stage.data.values[:7]))
    near(contributions(stage, 2002, 2001)[1], -part)


def test_a_gap_that_closes_by_hand() -> None:
    c = case({"a": "top", "b": "top"}, {"a": 3})
    x = np.array([[40.0, NAN], [10, 10], [40, 80], [20, 10]])
    stage = run(c.tree, values_of(c, x, 2), plain(rule="none"))
    near(row_weights(stage), [[1, 0], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]])
    _, part = contributions(stage, 2001, 2002)
    # A: from 40 to 50. b brings 80 / 4, a gives up a quarter of 40.
    near(part, [[-10, 20], [7.5, 0]])


def test_contributions_belong_to_the_unit_whatever_the_order_of_the_rows() -> None:
    c, data = odd_panel()
    stage = run(c.tree, data)
    units, part = contributions(stage, 2018, 2020)
    assert sorted(data.units[u] for u in units) == list("ABCDEF")
    score, rows = stage.scores[:, stage.tree.root], {y: rows_of(data, y) for y in (2018, 2020)}
    for u, own in zip(units, part, strict=True):
        code = data.units[u]
        near(own.sum(), score[rows[2020][code]] - score[rows[2018][code]])


def test_a_unit_without_a_score_has_no_contributions() -> None:
    c, x = two_years()
    x[1], x[10] = NAN, NAN
    x[4, 1:4] = NAN
    stage = run(c.tree, values_of(c, x, 2), plain(aggregate={"min_children": 0.7}))
    score = stage.scores[:, stage.tree.root]
    _, part = contributions(stage, 2001, 2002)
    gone = np.isnan(score[8:] - score[:8])
    assert set(np.flatnonzero(gone)) == {1, 2, 4}
    assert np.isnan(part[gone]).all()
    near(part[~gone].sum(axis=1), (score[8:] - score[:8])[~gone])


def test_what_does_not_add_up_is_refused() -> None:
    c, x = two_years()
    mean = run(c.tree, values_of(c, x, 2), plain(range=[1, 100], aggregate={"rule": "geometric"}))
    with pytest.raises(HansaError, match="only arithmetic means add up") as found:
        contributions(mean, 2001, 2002)
    assert "aggregate p" in str(found.value)
    apart = run(c.tree, values_of(c, x, 2), plain(scope="year"))
    x[3, 1] = 9e3
    steps = [{"do": "treat", "scope": "year", "allow_mixed_scales": True},
             *[s.as_dict() for s in plain()]]  # fmt: skip
    mixed = run(c.tree, values_of(c, x, 2), recipe_of(steps))
    for stage in (apart, mixed):
        for ask in (lambda s: contributions(s, 2001, 2002), frozen_score):
            with pytest.raises(HansaError, match="each year has a scale of its own"):
                ask(stage)


# --- parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_shapley_is_the_mean_over_all_orders(n: int) -> None:
    parts = list("abcd")[:n]
    rng = np.random.default_rng(n)
    known = {
        frozenset(s): rng.normal(size=3)
        for k in range(n + 1)
        for s in itertools.combinations(parts, k)
    }
    calls = []

    def value(on: frozenset[str]) -> np.ndarray:
        calls.append(on)
        return known[on]

    found = shapley(value, parts)
    assert len(calls) == 2**n
    expected = [ref.shapley(lambda on, i=i: known[on][i], parts) for i in range(3)]
    for part in parts:
        near(found[part], [e[part] for e in expected])
    near(sum(found.values()), known[frozenset(parts)] - known[frozenset()])


def scored(codes: list[str]):
    """Min-max over the table and a weighted mean: values of others move everybody's score."""

    def score(table: np.ndarray) -> np.ndarray:
        own = table[:, ["abc".index(k) for k in codes]]
        low, high = own.min(axis=0), own.max(axis=0)
        return (
            ((own - low) / (high - low))
            @ np.arange(1, len(codes) + 1)
            / sum(range(1, len(codes) + 1))
        )

    def evaluate(table: pd.DataFrame, of=None) -> pd.Series:
        return pd.Series(scored(of or codes)[0](table[list("abc")].to_numpy()), table.index)

    return score, evaluate


@pytest.mark.parametrize("revision", [False, True])
@pytest.mark.parametrize("composition", [False, True])
def test_parts_are_those_of_the_reference(revision: bool, composition: bool) -> None:
    rng = np.random.default_rng(3)
    old, new = rng.uniform(0, 9, (2, 5, 3))
    revised = old + rng.normal(0, 1.5, old.shape)
    early, evaluate = scored(["a", "b"] if composition else ["a", "b", "c"])
    late = scored(["a", "b", "c"])[0]
    found = decomposed(
        Vintage(old, early), Vintage(new, late), revised if revision else None, composition
    )
    names = ["own", "others", *["revision"] * revision, *["composition"] * composition]
    assert list(found) == names
    frames = [pd.DataFrame(t, columns=list("abc")) for t in (old, new, revised)]
    codes = {"old_codes": ["a", "b"], "new_codes": ["a", "b", "c"]} if composition else {}

    def minus_rank(table, of=None):
        return -pd.Series(ref.ranks(evaluate(table, of)), table.index)

    for unit in range(5):
        for column, judge in ((0, evaluate), (1, minus_rank)):
            expected = ref.change_parts(
                unit, frames[0], frames[1], judge, frames[2] if revision else None, **codes
            )
            assert set(expected) == set(names)
            for part in names:
                near(found[part][unit, column], expected[part])
    total = sum(found.values())
    near(total[:, 0], late(new) - early(old))
    near(total[:, 1], ranks(early(old)) - ranks(late(new)))
    assert all(np.abs(found[part]).max() > 0.01 for part in names)


def test_parts_that_do_nothing_are_nothing_and_swapping_flips() -> None:
    rng = np.random.default_rng(8)
    old, new = rng.uniform(0, 9, (2, 6, 3))
    score = scored(["a", "b", "c"])[0]
    found = decomposed(Vintage(old, score), Vintage(new, score), old.copy(), True)
    near(found["revision"], 0)
    near(found["composition"], 0)
    plainly = decomposed(Vintage(old, score), Vintage(new, score))
    back = decomposed(Vintage(new, score), Vintage(old, score))
    for part in ("own", "others"):
        near(found[part], plainly[part])
        near(back[part], -plainly[part])
    assert set(plainly) == {"own", "others"}
    alone = old.copy()
    alone[2] = new[2]
    one = decomposed(Vintage(old, score), Vintage(alone, score))
    near(one["others"][2], 0)
    rest = np.arange(6) != 2
    near(one["own"][rest], 0)


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_parts_of_a_panel_add_up_to_the_change_that_is_printed(gaps: float) -> None:
    if gaps:
        c, data = odd_panel()
        years = (2018, 2020)
    else:
        c, x = two_years()
        data, years = values_of(c, x, 2), (2001, 2002)
    result = computed(c.tree, data, replications=20, seed=1)
    found = rank_change(result.robustness, *years)
    entry = before_treatment(result.evaluator).data.values
    units, parts = parts_between(result.stage, entry, *years)
    same(units, found.units)
    total = sum(parts.values())
    near(total[:, 0], found.score_after - found.score_before)
    near(total[:, 1], found.change)
    near(parts["others"][:, 0], 0)  # one scale: a score depends on the unit alone
    assert np.abs(parts["others"][:, 1]).max() > 0
    assert np.abs(total[:, 1]).max() > 0


def test_parts_of_the_artificial_panel_add_up(hansa_data) -> None:
    """Exercise only: the numbers of this panel are made up."""
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata_panel.csv")
    steps = [
        {"do": "denominate"},
        {"do": "impute", "rule": "group median", "group": "GDP_group"},
        {"do": "screen", "min_available": 0.9},
        {"do": "treat", "winsorise": 2},
        {"do": "normalise", "range": [1, 100]},
        {"do": "weigh"},
        {"do": "aggregate"},
    ]
    result = computed(tree, data, recipe_of(steps), replications=100, seed=1)
    start, end = result.data.years[0], result.data.years[-1]
    entry = before_treatment(result.evaluator).data.values
    near(frozen_values(result.stage, entry), result.data.values)
    found = rank_change(result.robustness, start, end)
    units, parts = parts_between(result.stage, entry, start, end)
    total = sum(parts.values())
    same(units, found.units)
    near(total[:, 0], found.score_after - found.score_before)
    near(total[:, 1], found.change)
    own, part = contributions(result.stage, start, end)
    near(part[np.isin(own, units)].sum(axis=1), total[:, 0])
    assert found.change.sum() == 0
    assert (found.low <= found.mid).all()
    assert (found.mid <= found.high).all()
