"""Figures of an index: what they draw, read from their specifications and tables."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.index.critical import critical_conditions
from hansa.index.extreme import around, rank_intervals
from hansa.index.factors import generator
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.result import IndexResult, computed
from hansa.index.sensitivity import Sensitivity, sensitivity, target_of
from hansa.index.whatif import Change, Sheet
from hansa.views.figure import Figure
from hansa.views.index_change import change_answer, change_figure
from hansa.views.index_gap import Conditions, conditions_of, critical_answer, critical_figure
from hansa.views.index_league import first_place, league_figure
from hansa.views.index_profile import Who, profile_figure, strengths_figure
from hansa.views.index_sensitivity import sensitivity_answer, sensitivity_figure
from hansa.views.index_time import time_figure
from hansa.views.index_tree import downwards, tree_figure, weighed
from hansa.views.index_whatif import (
    changed_to_best,
    reach_answer,
    reach_figure,
    whatif_answer,
    whatif_figure,
)
from hansa.views.index_words import (
    IndexView,
    IndexWords,
    between,
    decimals_of,
    number,
    often,
    ranked,
    signed,
    signed_interval,
)

from .index_texts import layers, overlaps, words_of

META = {
    "code": ["a", "b", "c", "d", "e", "p", "q", "top"],
    "name": ["Apples & <pears>", "Bread", "Cheese", "Dates", "Eggs", "Plants", "Animals", "Food"],
    "type": ["indicator"] * 5 + ["aggregate"] * 3,
    "parent": ["p", "p", "q", "p", "q", "top", "top", ""],
    "direction": [1, -1, 1, 1, 1, 1, 1, 1],
    "weight": [2, 1, 1, 1, 3, 1, 1, 1],
    "unit": ["kg", "g", "", "", "number", "", "", ""],
}
WORDS = IndexWords("Food index", "A survey", "town", "towns")
RECIPE = recipe_of([
    {"do": "normalise", "scope": "pooled"}, {"do": "weigh"}, {"do": "aggregate"},
])  # fmt: skip


def table(units: int = 9, years: tuple[int, ...] = (2001, 2002, 2004), seed: int = 5) -> Any:
    rng = np.random.default_rng(seed)
    level = np.linspace(0, 2, units)
    rows: dict[str, list[Any]] = {k: [] for k in ("unit", "name", "year", *"abcde")}
    for i in range(units):
        for n, year in enumerate(years):
            rows["unit"].append(f"U{i}")
            rows["name"].append(f"Town number {i}")
            rows["year"].append(year)
            for code, sign in zip("abcde", (1, -1, 1, 1, 1), strict=True):
                drift = 0.5 * n * (i == 2)
                value = 10 + sign * 3 * (level[i] + drift) + rng.normal(0, 1)
                rows[code].append(round(value, 3))
    return rows


def index(replications: int = 200, **options: Any) -> IndexResult:
    tree, data = read_index(META, table(**options))
    return computed(tree, data, RECIPE, replications=replications, seed=7)


@pytest.fixture(scope="module")
def view() -> IndexView:
    return IndexView(index(), WORDS)


@pytest.fixture(scope="module")
def full(view: IndexView) -> IndexView:
    """With exact intervals and sensitivity."""
    stage, evaluator = view.result.stage, view.result.evaluator
    exact = rank_intervals(stage, around(stage))
    found = sensitivity(evaluator, [("shift of rank", target_of("shift"))], points=64, seed=1)
    return IndexView(replace(view.result, intervals=exact, sensitivity=tuple(found)), WORDS)


def conditions(view: IndexView) -> Conditions:
    tree = view.tree
    areas = [tree.at(c) for c in "acd"]
    outcome = view.scores[:, [tree.at("e")]]
    scores = view.scores[:, areas]
    found = critical_conditions(scores, outcome, np.zeros(3, np.int64), np.random.default_rng(3))
    return Conditions(found, scores, ("Apples", "Cheese", "Dates"), "eggs", seed=3)


def every(view: IndexView) -> dict[str, Figure]:
    sheet = Sheet(view.result.evaluator, view.result.robustness)
    change = changed_to_best(sheet, "U3", "e")
    return {
        "league": league_figure(view, ("U3",)),
        "tree": tree_figure(view),
        "profile": profile_figure(view, Who(("U3",))),
        "group": profile_figure(view, Who(("U3", "U4"), "the middle", ("U1", "U3", "U4", "U8"))),
        "strengths": strengths_figure(view, "U3", 2),
        "time": time_figure(view, most=4),
        "change": change_figure(view, 2001, 2004),
        "whatif": whatif_figure(view, sheet.answer("U3", change), change),
        "reach": reach_figure(view, sheet, "U3", 2),
        "sensitivity": sensitivity_figure(view, view.result.sensitivity[0]),
        "critical": critical_figure(view, conditions(view), "U1"),
    }


@pytest.fixture(scope="module")
def figures(full: IndexView) -> dict[str, Figure]:
    return every(full)


NAMES = ("league", "tree", "profile", "group", "strengths", "time", "change", "whatif", "reach",
         "sensitivity", "critical")  # fmt: skip


# --- what all of them keep -----------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_specifications_stay_as_they_are(
    name: str, figures: dict[str, Figure], snapshot: SnapshotAssertion
) -> None:
    assert json.dumps(figures[name].spec, indent=1) == snapshot


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("narrow", [False, True])
def test_every_text_lies_on_the_paper_and_on_no_other_text(
    name: str, narrow: bool, figures: dict[str, Figure]
) -> None:
    overlaps(figures[name], narrow)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_stands_alone(name: str, figures: dict[str, Figure]) -> None:
    figure = figures[name]
    said = f"{figure.title} {figure.subtitle}"
    assert "Food index" in said
    assert "towns" in said
    assert "2004" in said
    assert figure.source == "Source: A survey. Computed with Hansa."
    assert figure.rows
    assert all(len(row) == len(figure.columns) for row in figure.rows)
    assert figure.alt
    if name in ("league", "time", "change", "whatif", "reach"):
        assert any("200 replications (seed 7) vary: " in note for note in figure.notes)


@pytest.mark.parametrize("name", NAMES)
def test_both_pictures_can_be_drawn(name: str, figures: dict[str, Figure]) -> None:
    for narrow in (False, True):
        svg = figures[name].svg(narrow=narrow)
        assert svg.startswith("<svg")
        assert "NaN" not in svg


def test_model_data_are_striped(view: IndexView) -> None:
    figure = league_figure(replace(view, words=replace(WORDS, model_data=True)))
    assert figure.model_data
    assert "Model data" in words_of(figure.spec)
    assert any("made up" in note for note in figure.notes)


# --- the league ----------------------------------------------------------------------


def test_league_gives_the_quantiles_of_the_replications(full: IndexView) -> None:
    figure = league_figure(full)
    made = full.replicated()
    head = figure.columns.index("Rank (90\u202f% interval)")
    code = figure.columns.index("Code")
    found = {row[code]: row[head] for row in figure.rows}
    for i, row in enumerate(full.rows):
        own = made.ranks[row][made.ranks[row] > 0]
        low, high = np.quantile(own, [0.05, 0.95])
        rank = 1 + int((full.score > full.score[i] + 1e-9).sum())
        assert found[full.codes[i]] == f"{rank}\u00a0({math.floor(low)}–{math.ceil(high)})"
    ranks = [int(row[head].split("\u00a0")[0]) for row in figure.rows]
    assert ranks == sorted(ranks)


def test_league_layers_as_peeled_by_hand(view: IndexView) -> None:
    made = view.replicated()
    scores = made.scores[view.rows]
    beats = (scores[:, None] > scores[None]).mean(axis=2)
    left, want, number_of = set(range(view.rows.size)), {}, 0
    while left:
        number_of += 1
        free = {i for i in left if not any(beats[j, i] >= 0.95 for j in left if j != i)}
        want |= {view.codes[i]: str(number_of) for i in free}
        left -= free
    figure = league_figure(view)
    layer, code = figure.columns.index("Layer"), figure.columns.index("Code")
    assert {row[code]: row[layer] for row in figure.rows} == want


def test_no_rank_is_drawn_without_its_interval(figures: dict[str, Figure]) -> None:
    texts = words_of(figures["league"].spec)
    assert len([t for t in texts if "–" in t and t[0].isdigit()]) == 9


def test_a_unit_of_which_much_is_missing_is_marked_wherever_it_is_ranked() -> None:
    rows = table()
    for at in (n for n, key in enumerate(zip(rows["unit"], rows["year"], strict=True))
               if key == ("U3", 2004)):  # fmt: skip
        for code in "bde":
            rows[code][at] = None
    tree, data = read_index(META, rows)
    view = IndexView(computed(tree, data, RECIPE, replications=60, seed=7), WORDS)
    at = view.place("U3")
    figure = league_figure(view)
    part = figure.columns.index("Indicators observed")
    for row in figure.rows:
        assert (row[0][-1], row[part]) == (("*", "2 of 5") if row[1] == "U3" else (")", ""))
    assert next(row for row in figure.rows if row[1] == "U3")[part].value == 2 / 5
    assert "* Not all indicators were observed, 2004: Town number 3 2 of 5." in figure.notes
    assert view.rank_text(at) in words_of(figure.spec)
    assert view.rests_on(at) == "Of its 5 indicators 2 were observed."
    assert view.rests_on(view.place("U1")) == ""
    own = next(row for row in time_figure(view).rows if row[1] == "U3")
    assert [text[-1] for text in own[2:]] == [")", ")", "*"]
    earlier = IndexView(view.result, WORDS, 2002)
    assert not earlier.parts()
    assert "*" not in "".join(row[0] for row in league_figure(earlier).rows)
    before = next(row for row in change_figure(view, 2001, 2004).rows if row[1] == "U3")
    assert (before[2][-1], before[3][-1]) == (")", "*")


def test_whoever_is_first_on_part_of_the_indicators_is_called_so() -> None:
    rows = table()
    best = IndexView(index(60), WORDS)
    first = best.codes[best.order[0]]
    at = [n for n, u in enumerate(rows["unit"]) if u == first and rows["year"][n] == 2004]
    for code in "bd":
        rows[code][at[0]] = None
    tree, data = read_index(META, rows)
    view = IndexView(computed(tree, data, RECIPE, replications=60, seed=7), WORDS)
    assert view.codes[view.order[0]] == first
    assert first_place(view).startswith(f"{view.name(first)} (3 of 5 indicators) ")


def test_a_league_without_replications_is_refused() -> None:
    with pytest.raises(HansaError, match="drawn with their intervals only") as error:
        league_figure(IndexView(index(0), WORDS))
    assert "--replications" in error.value.finding.fix


def test_a_long_league_draws_a_part_and_keeps_all_in_the_table() -> None:
    long = IndexView(index(50, units=271, years=(2004,)), WORDS)
    figure = league_figure(long, ("U0",))
    assert len(figure.rows) == 271
    drawn = [t for t in words_of(figure.spec) if t.startswith("Town number")]
    assert len(drawn) == 61
    assert "Town number 0" in drawn
    assert any(note.startswith("Drawn: 61 of 271 towns") for note in figure.notes)


def test_a_unit_without_a_score_has_no_rank_and_says_so() -> None:
    rows = table(years=(2004,))
    for code in "abcde":
        rows[code][4] = None if code != "a" else rows[code][4]
    tree, data = read_index(META, rows)
    recipe = recipe_of([
        {"do": "normalise"}, {"do": "weigh"}, {"do": "aggregate", "min_children": 0.9},
    ])  # fmt: skip
    made = IndexView(computed(tree, data, recipe, replications=50), WORDS)
    figure = league_figure(made)
    assert figure.rows[-1][:4] == ("·", "U4", "Town number 4", "·")
    assert "Without a score and a rank: 1 of 9." in figure.notes
    assert "Town number 4" not in words_of(figure.spec)


def test_first_place_has_words_of_fixed_meaning(view: IndexView) -> None:
    rows = {"unit": ["x", "y", "z"], "year": [1, 1, 1], **{c: [3.0, 1.0, 0.0] for c in "acde"},
            "b": [0.0, 2.0, 3.0]}  # fmt: skip
    tree, data = read_index(META, rows)
    result = computed(tree, data, RECIPE, replications=60)
    assert first_place(IndexView(result, WORDS)) == (
        "x is likely first of 3 towns: in every replication"
    )
    exact = rank_intervals(result.stage, around(result.stage))
    sure = IndexView(replace(result, intervals=exact), WORDS)
    assert first_place(sure) == "x is certainly first of 3 towns"
    spread = view.spread
    assert spread is not None
    share = spread.acceptability[view.order[0], 0]
    assert ("only possible" in first_place(view)) is bool(share < 0.9)


# --- the tree ------------------------------------------------------------------------


def test_weights_of_the_tree_by_hand(full: IndexView, figures: dict[str, Figure]) -> None:
    # p: a 2, b 1, d 1 of 4; q: c 1, e 3 of 4; both half of the index.
    want = {"a": 0.25, "b": 0.125, "d": 0.125, "c": 0.125, "e": 0.375, "p": 0.5, "q": 0.5}
    found = weighed(full)
    for code, weight in want.items():
        assert found.weight[full.tree.at(code)] == pytest.approx(weight, abs=1e-12)
    leaves = slice(0, full.tree.leaves)
    assert np.nansum(found.moved[leaves]) == pytest.approx(1, abs=1e-12)
    column = figures["tree"].columns.index("Weight in the index")
    by_code = {row[1]: row[column] for row in figures["tree"].rows}
    assert by_code["e"] == "37.5\u202f%"


def test_the_tree_goes_down_from_its_root(full: IndexView) -> None:
    found = [(full.tree.codes[n], d) for n, d in downwards(full.tree)]
    assert found == [
        ("top", 0), ("p", 1), ("a", 2), ("b", 2), ("d", 2), ("q", 1), ("c", 2), ("e", 2),
    ]  # fmt: skip


# --- profiles ------------------------------------------------------------------------


def test_profile_compares_with_the_best_three_others(full: IndexView) -> None:
    figure = profile_figure(full, Who(("U8",)))
    i = full.place("U8")
    node = full.tree.at("q")
    others = np.delete(full.scores[:, node], i)
    best = np.sort(others)[-3:].mean()
    row = next(r for r in figure.rows if r[1] == "q")
    digits = decimals_of(full.scores[:, full.tree.leaves :])
    assert row[2] == number(float(full.scores[i, node]), digits)
    assert row[3] == number(float(best), digits)
    assert row[4] == number(float(np.median(full.scores[:, node])), digits)


def test_group_profile_is_the_mean_of_its_members(full: IndexView) -> None:
    units = ("U1", "U5", "U6")
    figure = profile_figure(full, Who(units, "three towns"))
    mean = np.mean([full.score[full.place(u)] for u in units])
    assert figure.rows[0][2] == number(float(mean), decimals_of(full.scores[:, 5:]))
    assert figure.title.startswith("Three towns: ")


def test_strengths_are_the_indicators_of_best_and_worst_rank(full: IndexView) -> None:
    figure = strengths_figure(full, "U4", 2)
    z = full.data.values[full.rows]
    ranks = 1 + (z > z[full.place("U4")]).sum(axis=0)
    places = [int(ranks[full.tree.at(row[1])]) for row in figure.rows]
    assert max(places[:2]) <= min(places[2:])
    raw = next(r for r in figure.rows)
    assert raw[7]  # the raw value stands in the table


@pytest.mark.parametrize("who", [Who(("nowhere",)), Who(())])
def test_an_unknown_or_empty_group_is_refused(full: IndexView, who: Who) -> None:
    with pytest.raises(UsageError, match=r"no unit 'nowhere'|no members"):
        profile_figure(full, who)


# --- years ---------------------------------------------------------------------------


def test_ranks_over_years_are_those_of_each_year(view: IndexView) -> None:
    figure = time_figure(view, ("U2",))
    row = next(r for r in figure.rows if r[1] == "U2")
    for at, year in enumerate((2001, 2002, 2004), 2):
        one = replace(view, at=year)
        assert row[at] == one.rank_text(one.place("U2"))
    area = layers(figure.spec, "area")[0]["data"]["values"]
    assert [v["year"] for v in area] == [2001, 2002, 2004]
    assert all(v["low"] <= v["y"] <= v["high"] for v in area)


def test_change_of_rank_is_that_of_common_draws(view: IndexView) -> None:
    made = view.replicated()
    figure = change_figure(view, 2001, 2004)
    data = view.data
    for row in figure.rows:
        first, last = data.row_of(row[1], 2001), data.row_of(row[1], 2004)
        moved = made.ranks[first].astype(int) - made.ranks[last].astype(int)
        low, high = np.quantile(moved, [0.05, 0.95])
        change = made.nominal[first] - made.nominal[last]
        assert row[4] == signed_interval(change, low, high)
        assert row[5] == signed(made.score[last] - made.score[first], decimals_of(view.score))
        assert (row[8] == "yes") is bool(low > 0 or high < 0)


def test_change_says_what_cannot_be_said(view: IndexView) -> None:
    answer = change_answer(view, 2001, 2004)
    assert "cannot be said" in answer[-1]
    assert any("Town number 2" in line for line in answer[:-1])


def test_one_year_has_no_change() -> None:
    single = IndexView(index(20, years=(2004,)), WORDS)
    with pytest.raises(UsageError, match="need two years"):
        time_figure(single)


def test_a_missing_year_breaks_the_line() -> None:
    rows = table()
    keep = [i for i in range(27) if (rows["unit"][i], rows["year"][i]) != ("U5", 2002)]
    tree, data = read_index(META, {k: [v[i] for i in keep] for k, v in rows.items()})
    made = IndexView(computed(tree, data, RECIPE, replications=20), WORDS)
    figure = time_figure(made, ("U5",))
    line = layers(figure.spec, "line")[0]["data"]["values"]
    assert [(v["year"], v["part"]) for v in line] == [(2001, 0), (2004, 1)]
    assert next(r for r in figure.rows if r[1] == "U5")[3] == "·"
    moved = change_figure(made, 2001, 2002)
    assert any("Left out: Town number 5." in note for note in moved.notes)
    assert "U5" not in [row[1] for row in moved.rows]


# --- what if -------------------------------------------------------------------------


def test_what_if_shows_three_readings_and_two_intervals(full: IndexView) -> None:
    sheet = Sheet(full.result.evaluator, full.result.robustness)
    change = changed_to_best(sheet, "U3", "e")
    answer = sheet.answer("U3", change)
    figure = whatif_figure(full, answer, change)
    bands = [x for x in layers(figure.spec, "rect") if "from" in x["data"]["values"][0]]
    assert sum(len(layer["data"]["values"]) for layer in bands) == 2
    k = full.place("U3")
    assert answer.before.interval is not None
    assert figure.rows[0][2] == ranked(answer.before.ranks[k], *answer.before.interval)
    assert figure.rows[0][4] == number(float(answer.live.ranks[k]), 0)
    assert "no interval was computed there" in " ".join(figure.notes)
    both = whatif_figure(full, sheet.answer("U3", change, both=True), change)
    assert "–" in both.rows[0][4]
    assert "no interval" not in " ".join(both.notes)
    said = whatif_answer(full, answer, change)
    assert said.startswith("With Eggs of Town number 3 at ")
    assert ", number)" in said


def test_the_promised_rank_is_reached(full: IndexView) -> None:
    sheet = Sheet(full.result.evaluator, full.result.robustness)
    figure = reach_figure(full, sheet, "U3", 2)
    aim = int(full.rank[full.place("U3")]) - 2
    _, one = sheet.reach("U3", 2)
    within = [row for row in figure.rows if row[7] == "yes"]
    assert within
    for row in within:
        assert row[4].value == one.raw[full.tree.at(row[1])]
        for value in (row[4].value, float(row[4].replace("\u202f", "").replace("−", "-"))):
            change = Change({("U3", row[1]): value})
            assert sheet.answer("U3", change).frozen.ranks[full.place("U3")] <= aim
    assert f"to {aim}:" in reach_answer(full, sheet, "U3", 2)


def test_out_of_reach_is_said_and_no_value_is_given(full: IndexView) -> None:
    sheet = Sheet(full.result.evaluator, full.result.robustness)
    last = full.codes[full.order[-1]]
    figure = reach_figure(full, sheet, last, full.rows.size - 1)
    beyond = [row for row in figure.rows if row[7] == "no"]
    assert beyond
    assert all(row[4] == "·" for row in beyond)


# --- sensitivity and conditions ------------------------------------------------------


def test_sensitivity_is_ordered_by_total_index(full: IndexView) -> None:
    made = Sensitivity(
        ("weights", "mean"), "shift", np.array([0.2, 0.5]), np.array([0.4, 0.7]), 1.5, 12, True
    )
    figure = sensitivity_figure(full, made)
    assert figure.rows == (
        ("mean", "0.50", "exact", "0.70", "exact"),
        ("weights", "0.20", "exact", "0.40", "exact"),
    )
    assert figure.title.startswith("The choice of mean matters most for ranks: 70\u202f%")
    assert sensitivity_answer(made).endswith("30\u202f% is due to choices acting together.")


def test_overlapping_sensitivity_only_may_matter(full: IndexView) -> None:
    low, high = np.array([[0.1, 0.3], [0.4, 0.4]]), np.array([[0.3, 0.5], [0.6, 0.9]])
    made = Sensitivity(
        ("weights", "mean"), "shift", np.array([0.2, 0.5]), np.array([0.4, 0.7]), 1.5, 12, False,
        low, high,
    )  # fmt: skip
    figure = sensitivity_figure(full, made)
    assert "The choice of mean may matter most" in figure.title
    assert figure.rows[0][4] == "0.40 to 0.90"
    assert any("wider than 0.1: weights, mean" in note for note in figure.notes)


def test_nothing_is_drawn_where_no_choice_moves_the_target(full: IndexView) -> None:
    none = np.full(2, np.nan)
    made = Sensitivity(("weights", "mean"), "shift", none, none, 0.0, 12, True)
    with pytest.raises(HansaError, match="no choice moves this target"):
        sensitivity_figure(full, made)
    assert sensitivity_answer(made) == "No choice moves this target."


def test_critical_conditions_as_computed(full: IndexView) -> None:
    own = conditions(full)
    figure = critical_figure(full, own, "U1")
    k = full.place("U1")
    for row in figure.rows:
        a = own.areas.index(row[0])
        sd = own.scores[:, a].std(ddof=1)
        assert row[2] == number(float(own.found.gap[k, a] / sd), 2)
        assert row[7] == f"{100 * own.found.probability[k, a]:.0f}\u202f%"
    critical = [row[0] for row in figure.rows if row[9].startswith("critical")]
    said = critical_answer(full, own, "U1")
    assert all(name in said for name in critical)
    assert any("(seed 3)" in note for note in figure.notes)
    assert any("not how likely the area matters" in note for note in figure.notes)


# --- words ---------------------------------------------------------------------------


def test_intervals_are_rounded_outwards() -> None:
    assert between(2.2, 5.05) == "2–6"
    assert between(2.0, 5.0) == "2–5"
    assert ranked(3, 2.2, 5.05) == "3\u00a0(2–6)"
    assert ranked(math.nan, math.nan, math.nan) == "·"
    assert signed_interval(3, -0.2, 4.1) == "+3\u00a0(−1 to +5)"
    assert signed(-0.04, 1) == "0.0"


def test_shares_are_never_rounded_to_all_or_none() -> None:
    assert often(1.0) == "in every replication"
    assert often(0.0) == "in no replication"
    assert often(0.9999) == "in more than 99\u202f% of replications"
    assert often(0.0001) == "in fewer than 1\u202f% of replications"
    assert often(0.634) == "in 63\u202f% of replications"


def test_conditions_come_from_the_roles_of_the_metadata() -> None:
    roles = ["framework", "framework", "framework", "framework", "performance"]
    codes = ["a", "b", "c", "d", "e", "p", "q", "r", "f", "g", "top"]
    meta = {
        "code": codes,
        "type": ["indicator"] * 5 + ["aggregate"] * 6,
        "parent": ["p", "p", "q", "q", "r", "f", "f", "g", "top", "top", ""],
        "direction": [1] * 11,
        "role": [*roles, "framework", "framework", "performance", "framework", "performance", ""],
    }
    rows = table(units=14, years=(2004,))
    tree, data = read_index(meta, rows)
    own = IndexView(computed(tree, data, RECIPE), WORDS)
    found = conditions_of(own, 11)
    assert found is not None
    assert found.areas == ("p", "q")
    areas, outcome = [tree.at("p"), tree.at("q")], [tree.at("g")]
    again = critical_conditions(
        own.scores[:, areas], own.scores[:, outcome], np.zeros(2, np.int64),
        generator(11, "conditions"),
    )  # fmt: skip
    np.testing.assert_array_equal(found.found.priority, again.priority)
    np.testing.assert_array_equal(found.found.probability, again.probability)
    plain = dict(meta, role=[""] * 11)
    tree, data = read_index(plain, rows)
    assert conditions_of(IndexView(computed(tree, data, RECIPE), WORDS), 11) is None
