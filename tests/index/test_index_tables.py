"""An index as tables: what stands in which row and column, against arrays and counts by hand."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest
import reference_index as ref
from test_index_kernel import case, plain, values_of

from hansa.index import tables as t
from hansa.index.change import rank_change
from hansa.index.data import IndexData
from hansa.index.extreme import around, rank_intervals
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.removal import removal
from hansa.index.result import IndexResult, computed
from hansa.index.robustness import replayed
from hansa.index.sensitivity import sensitivity, target_of

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-12)
same = np.testing.assert_array_equal
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}
NODES = ["top", "p", "q", "a", "b", "c", "d", "e"]
DRAWS = 120


def panel(years: int = 2, draws: int = DRAWS, hole: bool = True, **options) -> IndexResult:
    """Six units; C has a row but no value in the second year."""
    c = case(PARENTS, {"a": 2, "d": 3, "q": 2}, {"b": -1})
    x = np.random.default_rng(3).normal(50, 10, (6 * years, 5))
    x[1, 1] = NAN
    if hole:
        x[-4] = NAN
    return computed(c.tree, values_of(c, x, years), plain(**options), replications=draws, seed=7)


def test_rows_are_units_and_years_and_columns_nodes_from_the_top() -> None:
    result = panel()
    found = t.tables(result)
    assert list(found) == [
        "normalised", "scores", "ranks", "coverage", "weights", "steps", "robustness",
        "acceptability", "pairs", "draws",
    ]  # fmt: skip
    assert set(found) & set(t.REPLICATED) == set(t.REPLICATED) - {"sensitivity"}
    assert not set(t.tables(panel(draws=0))) & set(t.REPLICATED)
    for name in ("normalised", "scores", "ranks", "coverage"):
        assert found[name]["unit"] == list("ABCDEF") * 2
        same(found[name]["time"], np.repeat([2001, 2002], 6))
    assert list(found["scores"]) == ["unit", "time", "available", *NODES]
    assert list(found["ranks"]) == ["unit", "time", "available", *NODES]
    for name in ("scores", "ranks", "robustness"):
        same(found[name]["available"], found["coverage"]["available"])
        assert found[name]["available"][1] == 4 / 5  # B has no value of b
    assert list(found["normalised"]) == ["unit", "time", *"abcde"]
    for k, code in enumerate(result.tree.codes):
        near(found["scores"][code], result.stage.scores[:, k])
    z = result.stage.data.values
    near(found["normalised"]["b"], z[:, 1])
    assert np.isnan(found["normalised"]["b"][1])
    assert np.nanmax(z[:, 1]) == 100
    for year in (slice(0, 6), slice(6, 12)):
        for code in NODES:
            scores = found["scores"][code][year]
            want = [None if np.isnan(s) else 1 + int((scores > s + 1e-9).sum()) for s in scores]
            assert found["ranks"][code][year] == want
    assert found["ranks"]["top"][8] is None
    assert all(len({len(v) for v in columns.values()}) == 1 for columns in found.values())


@pytest.mark.parametrize("draws", [0, 40])
def test_without_years_there_is_no_column_of_years(draws: int) -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (4, 5))
    data = IndexData(
        tuple("ABCD"), tuple("ABCD"), np.arange(4), np.zeros(4, np.int64), x,
        np.zeros(x.shape, bool),
    )  # fmt: skip
    found = t.tables(computed(c.tree, data, replications=draws))
    assert not any("time" in columns for columns in found.values())
    assert ("robustness" in found) == bool(draws)
    assert "time" in t.tables(panel(1, draws, hole=False))["scores"]


def test_robustness_counted_by_hand() -> None:
    result = panel()
    r = result.robustness
    found = t.tables(result)["robustness"]
    assert found["unit"] == list("ABCDEF") * 2
    assert found["time"] == [2001] * 6 + [2002] * 6
    for row in range(12):
        year = slice(0, 6) if row < 6 else slice(6, 12)
        scores = r.scores[year]
        own = r.scores[row]
        ranks = [
            1 + int((scores[:, d] > own[d] + 1e-9).sum()) for d in range(DRAWS) if own[d] == own[d]
        ]
        assert found["replications"][row] == len(ranks)
        if row == 8:
            assert not ranks
            for name in ("rank", "best", "worst", "layer"):
                assert found[name][row] is None
            for name in ("score", "mean", "median", "low", "high", "top_3"):
                assert np.isnan(found[name][row])
            continue
        near(found["mean"][row], np.mean(ranks))
        for name, p in (("low", 0.05), ("median", 0.5), ("high", 0.95)):
            near(found[name][row], ref.quantile7(ranks, p))
        assert (found["best"][row], found["worst"][row]) == (min(ranks), max(ranks))
        near(found["top_3"][row], np.mean(np.array(ranks) <= 3))
        near(found["top_10"][row], 1.0)
        near(found["score"][row], result.score[row])
        assert found["rank"][row] == result.rank[row]
        assert found["layer"][row] >= 1


def test_acceptability_and_pairs_say_the_same_as_the_draws() -> None:
    result = panel()
    scores = result.robustness.scores
    found = t.tables(result)
    shares = found["acceptability"]
    rows = list(zip(*shares.values(), strict=True))
    assert list(shares) == ["unit", "time", "rank", "share"]
    total = Counter()
    for unit, year, rank, share in rows:
        assert share > 0
        assert isinstance(rank, int)
        total[unit, year] += share
    assert len(total) == 11
    near(list(total.values()), 1)
    above = (scores[6:, :] > scores[6:7, :] + 1e-9).sum(axis=0)
    own = {rank: share for unit, year, rank, share in rows if (unit, year) == ("A", 2002)}
    assert own == pytest.approx({k + 1: n / DRAWS for k, n in Counter(above.tolist()).items()})
    pairs = {(u, y, o): p for u, y, o, p in zip(*found["pairs"].values(), strict=True)}
    assert list(found["pairs"]) == ["unit", "time", "other", "better"]
    assert len(pairs) == 2 * 6 * 5
    for (unit, year, other), p in pairs.items():
        if year == 2002 and "C" in (unit, other):
            assert np.isnan(p)
        else:
            near(p + pairs[other, year, unit], 1)
    near(pairs["A", 2001, "B"], np.mean(scores[0] > scores[1]))


def test_draws_can_be_played_again_and_say_why_one_failed() -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (6, 5))
    factors = [
        {"id": "weights", "weights": 0.3},
        {"id": "mean", "options": [{"aggregate.rule": r} for r in ("arithmetic", "geometric")]},
    ]
    result = computed(c.tree, values_of(c, x), replications=60, factors=factors)
    table = t.tables(result)["draws"]
    assert list(table) == ["replication", "weights", "mean", "failed"]
    same(table["replication"], np.arange(60))
    failed = np.array([text != "" for text in table["failed"]])
    same(failed, table["mean"] == 1)  # min-max begins at 0: no geometric mean
    assert 0 < failed.sum() < 60
    assert "geometric mean has no meaning" in table["failed"][int(np.argmax(failed))]
    values = np.array([table["weights"], table["mean"]], float)
    some = np.flatnonzero(~failed)[[5, 2, 9]]
    again = replayed(result.evaluator, values[:, some])
    near(again.scores, result.robustness.scores[:, some])


def test_weights_given_used_and_in_the_index() -> None:
    c = case(PARENTS, {"a": 2, "d": 3, "q": 2}, {"b": -1})
    x = np.random.default_rng(3).uniform(1, 9, (8, 5))
    recipe = plain(weigh={"scheme": "entropy"}, range=[1, 9])
    found = t.weights(computed(c.tree, values_of(c, x), recipe).stage)
    names = ("code", "given", "used", "in_index")
    own = {code: more for code, *more in zip(*(found[n] for n in names), strict=True)}
    near(own["a"][0], 2 / 3)
    near(own["d"][0], 3 / 4)
    near(own["q"][0], 1 / 2)
    assert abs(own["a"][1] - 2 / 3) > 0.01
    near(own["a"][2], own["a"][1] * own["p"][1])
    near(sum(own[k][2] for k in "abcde"), 1)
    near(own["p"][2] + own["q"][2] + own["e"][2], 1)
    assert own["top"] == [1, 1, 1]
    assert found["parent"] == ["p", "p", "q", "q", "top", "top", "top", ""]


def test_coverage_counts_what_is_there_and_weighs_what_was_filled() -> None:
    c = case(PARENTS, {"a": 2, "d": 3, "q": 2})
    x = np.random.default_rng(3).normal(50, 10, (6, 5))
    x[0, 0] = x[0, 4] = x[4, 3] = NAN
    recipe = recipe_of([{"do": "impute", "rule": "median"}, *[s.as_dict() for s in plain()]])
    found = t.tables(computed(c.tree, values_of(c, x), recipe))["coverage"]
    near(found["available"], [0.6, 1, 1, 1, 0.8, 1])
    same(found["filled"], [2, 0, 0, 0, 1, 0])
    near(found["filled_weight"], [2 / 3 / 4 + 1 / 4, 0, 0, 0, 3 / 4 / 2, 0])
    plainly = t.tables(computed(c.tree, values_of(c, x)))["coverage"]
    near(plainly["available"], found["available"])
    same(plainly["filled"], 0)


def test_the_log_has_a_row_for_every_step_and_sentence() -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (6, 5))
    x[2, 1:] = NAN
    x[:, 4] = 7.0
    recipe = recipe_of([{"do": "screen"}, *[s.as_dict() for s in plain()]])
    found = t.tables(computed(c.tree, values_of(c, x), recipe))["steps"]
    rows = list(zip(*found.values(), strict=True))
    assert {(n, name) for n, name, *_ in rows} == {
        (1, "screen"), (2, "normalise"), (3, "weigh"), (4, "aggregate"),
    }  # fmt: skip
    assert (1, "screen", 1, "said", "1 of 6 rows left out: C") in rows
    warned = [text for *_, kind, text in rows if kind == "warning"]
    assert any(text.startswith("e is missing") for text in warned)
    assert (3, "weigh", 0, "said", "nothing to report") in rows


def test_a_unit_screened_out_of_one_year_has_a_row_in_the_other() -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (12, 5))
    x[8, 1:] = NAN
    recipe = recipe_of([{"do": "screen"}, *[s.as_dict() for s in plain()]])
    result = computed(c.tree, values_of(c, x, 2), recipe, replications=30)
    found = t.tables(result)
    for name in ("scores", "ranks", "coverage", "robustness"):
        assert found[name]["unit"] == [*"ABCDEF", *"ABDEF"]
        same(found[name]["time"], [2001] * 6 + [2002] * 5)
    assert max(r for r in found["ranks"]["top"][6:]) == 5
    changed = t.changes(result, rank_change(result.robustness, 2001, 2002))
    assert changed["unit"] == list("ABDEF")


def test_changes_between_two_years() -> None:
    result = panel()
    one = rank_change(result.robustness, 2001, 2002)
    found = t.changes(result, one)
    assert list(found)[:4] == ["unit", "rank_before", "rank_after", "change"]
    assert found["unit"] == list("ABDEF")
    for i, unit in enumerate(found["unit"]):
        row = "ABCDEF".index(unit)
        near(found["score_change"][i], result.score[6 + row] - result.score[row])
        assert found["rank_before"][i] - found["rank_after"][i] == found["change"][i]
    assert sorted(found["rank_after"]) == [1, 2, 3, 4, 5]
    near(found["low"], one.low)
    near(found["median"], one.mid)
    near(found["high"], one.high)


@pytest.mark.parametrize("mixed", [False, True])
def test_scores_on_two_scales_have_no_change(mixed: bool) -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (20, 5))
    x[3, 1] = 9e3
    steps = [{"do": "normalise", "scope": "year"}, {"do": "weigh"}, {"do": "aggregate"}]
    if mixed:
        steps[0] = {"do": "normalise"}
        steps.insert(0, {"do": "treat", "scope": "year", "allow_mixed_scales": True})
    result = computed(c.tree, values_of(c, x, 2), recipe_of(steps), replications=30)
    found = t.changes(result, rank_change(result.robustness, 2001, 2002))
    assert len(found["unit"]) == 10
    assert np.isnan(np.broadcast_to(found["score_change"], 10)).all()
    assert np.isfinite(found["change"]).all()


def test_intervals_and_removals() -> None:
    result = panel(hole=False)
    c = case(PARENTS, {"a": 2, "d": 3, "q": 2}, {"b": -1})
    x = np.random.default_rng(3).normal(50, 10, (12, 5))
    stage = computed(c.tree, values_of(c, x, 2)).stage
    exact = rank_intervals(stage, around(stage, 0.25))
    found = t.intervals(stage, exact)
    assert found["unit"] == list("ABCDEF")
    same(found["time"], 2002)
    for best, rank, worst in zip(found["best"], found["rank"], found["worst"], strict=True):
        assert 1 <= best <= rank <= worst <= 6
    assert sorted(found["rank"]) == [1, 2, 3, 4, 5, 6]
    out = removal(result.stage)
    table = t.removals(result.stage, out)
    assert sorted(table["code"]) == list("abcde")
    assert np.all(np.diff(table["mean_shift"]) <= 0)
    for code, label, change in zip(
        table["code"], table["most_moved"], table["its_change"], strict=True
    ):
        column = out.change[:, out.codes.index(code)]
        row = result.data.labels.index(label)
        assert column[row] == change
        assert abs(change) == np.nanmax(np.abs(column))


def test_sensitivity_has_a_row_for_each_target_and_factor() -> None:
    c = case(PARENTS)
    x = np.random.default_rng(3).normal(50, 10, (6, 5))
    factors = [
        {"id": "out", "drop": "all"},
        {"id": "n", "options": [{"normalise.rule": "z"}, {"normalise.rule": "rank"}]},
    ]
    result = computed(c.tree, values_of(c, x), factors=factors)
    found = sensitivity(
        result.evaluator, [("shift", target_of("shift", [])), ("rank:B", target_of("rank", [1]))]
    )
    table = t.sensitivity_table(tuple(found))
    assert table["target"] == ["shift", "shift", "rank:B", "rank:B"]
    assert table["factor"] == ["out", "n", "out", "n"]
    assert table["exact"] == [True] * 4
    assert np.isnan(table["first_low"]).all()
    near(table["first"][2:], found[1].first)
    near(table["total"][2:], found[1].total)
    for first, total in zip(table["first"], table["total"], strict=True):
        assert 0 <= first <= total <= 1


def test_the_tables_of_asem(hansa_data) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    result = computed(tree, data, replications=50)
    found = t.tables(result)
    want = ref.plain_chain(*ref.read_asem(folder))
    scores = dict(zip(found["scores"]["unit"], found["scores"]["Index"], strict=True))
    assert len(scores) == 51
    for unit, score in want["Index"].items():
        assert scores[unit] == pytest.approx(score, abs=1e-9)
    assert list(found["scores"])[:5] == ["unit", "time", "available", "Index", "Conn"]
    assert set(found["scores"]["time"]) == {2018}
    weights = dict(zip(found["weights"]["code"], found["weights"]["in_index"], strict=True))
    near(sum(weights[n.code] for n in tree.indicators), 1)
    near(weights["LPI"], 1 / 2 / 5 / 8)
