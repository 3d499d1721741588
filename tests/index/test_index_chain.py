"""The chain from raw values to ranks, held against the slow reference on real and random tables.

Tolerance: NEAR = 1e-9 absolute, what methods index.md section 0 allows on scores from 0 to 100;
ranks are equal. Random tables come from seeded loops and carry gaps and ties.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import reference_index as ref

from hansa.errors import UsageError
from hansa.index.chain import Stage, ranks_of, run
from hansa.index.data import availability
from hansa.index.metadata import tree_of
from hansa.index.reading import data_of, read_folder, read_index, read_recipe
from hansa.index.recipe import PLAIN, Step, changed, recipe_of
from hansa.index.tree import cumulative, shares
from hansa.index.weights_data import critic, entropy, pca_first, pca_rotated
from hansa.index.weights_people import group_ahp

NEAR = 1e-9
NAN = float("nan")
# More of them in the long tests.
SEEDS = range(int(os.environ.get("HANSA_SEEDS", "2")))
FULL = (
    {"do": "denominate"},
    {"do": "impute", "rule": "group-median", "group": "GDP_group"},
    {"do": "screen"},
    {"do": "treat"},
    {"do": "normalise"},
    {"do": "weigh"},
    {"do": "aggregate"},
)


def near(found, expected, tolerance=NEAR):
    np.testing.assert_allclose(
        np.asarray(found, float), np.asarray(expected, float), rtol=0, atol=tolerance
    )


def rows_of(meta, own=None):
    """The reference's metadata as rows for the reader; `own` adds cells by code."""
    own = own or {}
    return [{"code": c, **meta.loc[c].to_dict(), **own.get(c, {})} for c in meta.index]


def table_of(data):
    index = data.index
    if isinstance(index, pd.MultiIndex):
        head = {"unit": list(index.get_level_values(0)), "year": list(index.get_level_values(1))}
    else:
        head = {"unit": list(index)}
    return {**head, **{c: data[c].tolist() for c in data.columns}}


def chain(meta, data, *steps, own=None) -> Stage:
    tree = tree_of(rows_of(meta, own))
    return run(tree, data_of(tree, table_of(data)), recipe_of(steps))


def by_unit(stage, values=None):
    """Scores (or other values of a stage) by unit and code."""
    values = stage.scores if values is None else values
    units = [stage.data.units[u] for u in stage.data.unit]
    return pd.DataFrame(values, units, list(stage.tree.codes[: values.shape[1]]))


def same(stage, expected, ranked=True):
    """Scores of all nodes equal the reference's table, and so do ranks (one year)."""
    found = by_unit(stage)
    assert list(found.index) == list(expected.index)
    near(found, expected[list(found.columns)])
    if ranked:
        ranked_here = ranks_of(stage)
        for j, code in enumerate(found.columns):
            np.testing.assert_array_equal(ranked_here[:, j], ref.ranks(expected[code]))


def random_meta(rng, depth=3, wide=4, zero=False):
    """A tree of any shape: leaves beside pillars, rows in any order."""
    rows, number = {"top": ("", "aggregate", 1, 1.0)}, itertools.count()

    def grow(parent, left):
        for k in range(rng.integers(1, wide)):
            leaf = left == 0 or rng.random() < 0.35
            code = f"{'x' if leaf else 'g'}{next(number)}"
            weight = float(rng.integers(0 if zero and k else 1, 5))
            turn = int(rng.choice([-1, 1])) if leaf else 1
            rows[code] = (parent, "indicator" if leaf else "aggregate", turn, weight)
            if not leaf:
                grow(code, left - 1)

    grow("top", depth)
    columns = ["parent", "type", "direction", "weight"]
    meta = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    meta["denominator"] = ""
    return meta.iloc[rng.permutation(len(meta))]


def flat_meta(codes, direction=None):
    rows = {c: ("top", "indicator", 1 if direction is None else direction[i], 1.0)
            for i, c in enumerate(codes)}  # fmt: skip
    rows["top"] = ("", "aggregate", 1, 1.0)
    columns = ["parent", "type", "direction", "weight"]
    meta = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    meta["denominator"] = ""
    return meta


def beside(meta, code, kind):
    """A column of the data that is no indicator."""
    row = pd.DataFrame([["", kind, "", "", ""]], [code], meta.columns)
    return pd.concat([meta.astype(object), row])


def random_data(rng, meta, units=9, gaps=0.15, decimals=1, low=5.0):
    """Positive numbers with ties and gaps; no unit and no indicator is empty, none is constant."""
    codes = ref.leaves(meta)
    x = (low + rng.gamma(2.0, 10.0, (units, len(codes)))).round(decimals)
    hole = rng.random(x.shape) < gaps
    hole[np.arange(units), rng.integers(0, len(codes), units)] = False
    for j in range(len(codes)):
        sure = rng.permutation(units)[:3]
        hole[sure, j] = False
        x[sure, j] = low + rng.permutation(3) + 0.5
    x[hole] = NAN
    return pd.DataFrame(x, [f"u{i}" for i in range(units)], codes)


def some(seed, **shape):
    rng = np.random.default_rng(seed)
    meta = random_meta(rng, **shape)
    return rng, meta, random_data(rng, meta)


# --- the real table ------------------------------------------------------------------


@pytest.fixture(scope="module")
def asem(hansa_data):
    folder = hansa_data / "composite"
    read = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    return (*read, *ref.read_asem(folder))


@pytest.fixture(scope="module")
def asem_full(asem):
    tree, data, frame, meta = asem
    return run(tree, data, recipe_of(FULL)), ref.full_chain(frame, meta)


def test_asem_plain_chain_equals_the_reference(asem):
    tree, data, frame, meta = asem
    assert (len(data.units), tree.leaves, tree.nodes[tree.root].level) == (51, 49, 4)
    same(run(tree, data), ref.plain_chain(frame, meta))


def test_asem_full_chain_equals_the_reference(asem_full):
    stage, expected = asem_full
    same(stage, expected["scores"])
    np.testing.assert_array_equal(ranks_of(stage)[:, -1], expected["ranks"])
    near(by_unit(stage, stage.raw.values), expected["treated"][list(stage.tree.codes[:49])])


def test_asem_full_chain_says_what_it_changed(asem, asem_full):
    tree, _, frame, _ = asem
    stage, expected = asem_full
    log = {entry.step: entry for entry in stage.log}
    assert [entry.step for entry in stage.log] == [step["do"] for step in FULL]
    codes = list(tree.codes[:49])
    before, after = expected["denominated"][codes], expected["imputed"][codes]
    filled = before.isna() & after.notna()
    assert filled.to_numpy().sum() > 0
    assert log["impute"].changed == filled.to_numpy().sum()
    assert log["screen"].changed == len(before) - len(expected["kept"])
    np.testing.assert_array_equal(stage.data.filled, filled.loc[expected["kept"]])
    for row in log["treat"].table:
        own = expected["log"].loc[row["code"]]
        name = {"none": "none", "winsorised": "winsorise", "log_range": "log_range"}[row["stage"]]
        assert own["treatment"] == name
        near([row["g1"], row["g2"]], [own["g1"], own["g2"]])
        moved = [u for u in row["moved"].split("; ") if u]
        assert len(moved) == own["count"]
    done = expected["log"]["treatment"]
    assert log["treat"].said[0].startswith(f"{(done != 'none').sum()} columns treated")
    x, y = expected["screened"][codes].to_numpy(), expected["treated"][codes].to_numpy()
    assert log["treat"].changed == ((x != y) & ~np.isnan(y)).sum()
    assert set(done) == {"none", "winsorise"}, "the real table needs no logarithm"
    here = expected["denominated"].index
    lost = before.isna() & frame.loc[here, codes].notna()
    assert log["denominate"].changed == lost.to_numpy().sum() == 2
    assert {row["code"]: row["denominator"] for row in log["denominate"].table} == {
        node.code: node.denominator for node in tree.indicators if node.denominator
    }


def test_asem_steps_in_another_order_equal_the_reference_in_that_order(asem):
    tree, data, frame, meta = asem
    order = [FULL[k] for k in (0, 3, 2, 1, 4, 5, 6)]
    a = ref.denominate(frame, meta)
    b, _ = ref.treat(a, meta)
    c = b.loc[ref.screen(b, meta, 0.65)]
    d = ref.impute(c, meta, "group_median", "GDP_group")
    same(run(tree, data, recipe_of(order)), ref.plain_chain(d, meta))


# --- denominate, impute, screen ------------------------------------------------------


def with_size(seed):
    rng = np.random.default_rng(seed)
    meta = flat_meta("abc")
    data = random_data(rng, meta)
    for name in ("D", "E"):
        meta = beside(meta, name, "denominator")
        data[name] = rng.uniform(1, 9, len(data)).round(2)
    meta.loc[["a", "c"], "denominator"] = ["D", "E"]
    data.iloc[1, data.columns.get_loc("D")] = NAN
    data.iloc[2, data.columns.get_loc("D")] = 0.0
    data.iloc[[1, 2, 3], 0] = [4.0, 5.0, 6.0]
    return meta, data


@pytest.mark.parametrize("seed", SEEDS)
def test_denominate_equals_the_reference(seed):
    meta, data = with_size(seed)
    stage = chain(meta, data, {"do": "denominate"}, own={"a": {"scale_factor": 1000, "unit": "km"}})
    expected = ref.denominate(data, meta, {"a": 1000.0})
    near(by_unit(stage, stage.data.values), expected[list("abc")])
    entry = stage.log[0]
    assert entry.changed == 2
    assert "2 cells are missing because their denominator is missing or zero" in entry.said
    a, c = entry.table
    assert (a["code"], a["became_missing"], a["unit"]) == ("a", "u1; u2", "km x 1000 per D")
    assert (c["code"], c["became_missing"]) == ("c", "")
    # Only what is listed changes; doubling x and D changes nothing.
    only = chain(meta, data, {"do": "denominate", "only": ["c"]})
    near(only.data.values[:, 0], data["a"])
    near(only.data.values[:, 2], expected["c"])
    again = data.copy()
    again[["a", "c", "D", "E"]] *= 2
    twice = chain(meta, again, {"do": "denominate"}, own={"a": {"scale_factor": 1000}})
    near(twice.data.values, stage.data.values)


def grouped(seed):
    rng = np.random.default_rng(seed)
    meta = flat_meta("abcd")
    meta = beside(meta, "G", "group")
    data = random_data(rng, meta, units=12, gaps=0.3)
    data["G"] = rng.choice(["N", "S"], 12)
    data.loc["u11", "G"] = None
    data.loc["u11", "a"] = NAN
    data.loc["u11", "b"] = 7.0
    return meta, data


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["mean", "median", "group-mean", "group-median"])
def test_impute_equals_the_reference_and_keeps_the_mark(rule, seed):
    meta, data = grouped(seed)
    step = {"do": "impute", "rule": rule}
    if rule.startswith("group"):
        step["group"] = "G"
    stage = chain(meta, data, step)
    expected = ref.impute(data, meta, rule.replace("-", "_"), "G")[list("abcd")]
    near(by_unit(stage, stage.data.values), expected)
    gaps = data[list("abcd")].isna().to_numpy()
    np.testing.assert_array_equal(stage.data.filled, gaps & expected.notna().to_numpy())
    entry = stage.log[0]
    assert entry.changed == stage.data.filled.sum()
    assert entry.said[0].startswith(f"{entry.changed} of {gaps.sum()} gaps filled")
    left = {(row["row"], row["code"]) for row in entry.table if not row["filled"]}
    still = np.argwhere(expected.isna().to_numpy())
    assert left == {(f"u{i}", "abcd"[j]) for i, j in still}
    assert left if rule.startswith("group") else not left
    # Observed cells never change; a second run changes nothing; the mark stays to the end.
    near(np.where(gaps, 0, stage.data.values), np.where(gaps, 0, data[list("abcd")]))
    twice = chain(meta, data, step, step, {"do": "normalise"}, {"do": "aggregate"})
    near(twice.raw.values, stage.data.values)
    np.testing.assert_array_equal(twice.data.filled, stage.data.filled)


def test_one_group_is_no_group_and_rules_may_differ_by_indicator():
    meta, data = grouped(5)
    data["G"] = "N"
    by_group = chain(meta, data, {"do": "impute", "rule": "group-mean", "group": "G"})
    plain = chain(meta, data, {"do": "impute", "rule": "mean"})
    near(by_group.data.values, plain.data.values)
    near(plain.data.values.mean(axis=0), data[list("abcd")].mean())
    mixed = chain(meta, data, {"do": "impute", "rule": "median", "rules": {"b": "none"}})
    expected = ref.impute(data, meta, "median")[list("abcd")]
    expected["b"] = data["b"]
    near(by_unit(mixed, mixed.data.values), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_screen_equals_the_reference(seed):
    rng, meta, data = some(seed)
    data[rng.random(data.shape) < 0.3] = 0.0
    data = data.mask(rng.random(data.shape) < 0.3)
    data.iloc[:, 0] = 1.0
    for j in range(1, data.shape[1]):
        data.iloc[rng.integers(len(data)), j] = 2.0
    for least, nonzero in itertools.product((0.3, 0.5, 2 / 3, 0.9), (None, 0.05, 0.5, 0.8)):
        step = {"do": "screen", "min_available": least, "keep": ["u3"], "drop": ["u4"]}
        if nonzero is not None:
            step["min_nonzero"] = nonzero
        stage = chain(meta, data, step)
        expected = ref.screen(data, meta, least, nonzero, ["u3"], ["u4"])
        assert list(stage.data.units) == expected
        near(stage.data.values, data.loc[expected, list(stage.tree.codes[: stage.tree.leaves])])
        gone = [u for u in data.index if u not in expected]
        assert [row["unit"] for row in stage.log[0].table] == gone
        assert stage.log[0].changed == len(gone)
        share = data.notna().mean(axis=1)
        near([row["available"] for row in stage.log[0].table], share[gone])
        assert f"{len(gone)} of {len(data)} rows left out" in stage.log[0].said[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_higher_threshold_never_adds_a_unit_and_nodes_have_their_own(seed):
    _, meta, data = some(seed)
    before = set(data.index)
    for least in (0.0, 0.3, 0.6, 0.9):
        now = set(chain(meta, data, {"do": "screen", "min_available": least, "keep": ["u0"]})
                  .data.units)  # fmt: skip
        assert now <= before
        before = now
    step = {"do": "screen", "min_available": 0.0, "node_available": 0.75, "keep": ["u0"]}
    stage = chain(meta, data, step)
    expected = [
        u for u in data.index
        if u == "u0" or all(data.loc[u, ref.below(meta, a)].notna().mean() >= 0.75
                            for a in ref.aggregates(meta))
    ]  # fmt: skip
    assert list(stage.data.units) == expected
    tree = stage.tree
    share = availability(tree, stage.data.values)
    for code in tree.codes:
        own = data.loc[expected, ref.below(meta, code)].notna().mean(axis=1)
        near(share[:, tree.at(code)], own)


# --- treat ---------------------------------------------------------------------------


def tails(seed, columns=24):
    """Columns with short and long tails on either side, ties, gaps and few values."""
    rng = np.random.default_rng(seed)
    units = int(rng.integers(6, 40)) if seed % 2 else 80
    x = np.empty((units, columns))
    for j in range(columns):
        x[:, j] = rng.lognormal(3, rng.uniform(0.2, 2.5), units)
        x[:, j] = np.round(x[:, j], int(rng.integers(-1, 3)))
        if rng.random() < 0.4:
            x[rng.permutation(units)[:3], j] = x[:, j].max() * rng.choice([1.0, 3.0])
        if units == 80 and rng.random() < 0.4:  # more far points than winsorising may move
            x[:, j] = rng.normal(50, 2, units).round(1)
            x[rng.permutation(units)[:8], j] = rng.uniform(300, 450, 8).round(1)
        if rng.random() < 0.4:
            x[:, j] = 500 - x[:, j]
        if rng.random() < 0.15:
            x[:, j] = np.where(rng.random(units) < 0.9, 1.0, x[:, j])
    hole = rng.random(x.shape) < 0.1
    hole[:2] = False
    x[hole] = NAN
    codes = [f"c{j}" for j in range(columns)]
    data = pd.DataFrame(x, [f"u{i}" for i in range(units)], codes)
    return data, flat_meta(codes)


def treated(data, meta, own=None, **options):
    stage = chain(meta, data, {"do": "treat", **options}, own=own)
    return by_unit(stage, stage.data.values), stage


TREATMENTS = [
    ({}, {}),
    ({"winsorise": 1}, {"k": 1}),
    ({"winsorise": 0}, {"k": 0}),
    ({"winsorise": 20}, {"k": 20}),
    ({"skewness": 1.0, "kurtosis": 1.5}, {"skew": 1.0, "kurt": 1.5}),
    ({"log": "log_shift"}, {"form": "log_shift"}),
    ({"log": "log_gii"}, {"form": "log_gii"}),
    ({"log": "log_signed"}, {"form": "log_signed"}),
]


@pytest.mark.parametrize(("options", "other"), TREATMENTS)
def test_every_treatment_equals_the_reference(options, other):
    stages = set()
    for seed in SEEDS:
        data, meta = tails(seed)
        data = data.clip(lower=-400) + 500
        found, stage = treated(data, meta, **options)
        expected, log = ref.treat(data, meta, **other)
        near(found, expected)
        for row in stage.log[0].table:
            own = log.loc[row["code"]]
            name = {"undefined": "none", "winsorised": "winsorise"}.get(row["stage"], row["stage"])
            assert own["treatment"] == name
            assert own["count"] == len([u for u in row["moved"].split("; ") if u])
            assert row["passes"] == (own["passes"] is not False) or row["stage"] not in ("none",)
            stages.add(name)
    expected = {"none", "winsorise", options.get("log", "log_range")}
    assert stages == expected - ({"winsorise"} if options.get("winsorise") == 0 else set())


def test_winsorising_alone_log_alone_and_both():
    seen = 0
    for seed in SEEDS:
        data, meta = tails(seed)
        cut, _ = treated(data, meta, log="")
        both, stage = treated(data, meta, combine=True)
        for code in data:
            x = data[code].to_numpy()
            if ref.passes(x) is not False:
                near(cut[code], x)
                near(both[code], x)
                continue
            values, _, good = ref.winsorise(x)
            near(cut[code], values)
            if good is not None:  # a column cut to one value has no logarithm
                near(both[code], values if good else ref.log_form(values, "log_range"))
                seen += not good
        stages = {row["stage"] for row in stage.log[0].table}
    assert seen > 3
    assert stages <= {"none", "undefined", "winsorised", "winsorised, log_range"}


@pytest.mark.parametrize("word", ["none", "winsorise 3", "winsorise 1"])
def test_an_indicator_may_be_left_or_cut_whatever_the_rule_says(word):
    for seed in SEEDS:
        data, meta = tails(seed)
        found, stage = treated(data, meta, own={"c0": {"treatment": word}})
        x = data["c0"].to_numpy()
        expected = x if word == "none" else ref.winsorise(x, int(word[-1]), force=True)[0]
        near(found["c0"], expected)
        near(found["c1"], ref.treat_column(data["c1"])[0])
        said = {w.split()[0] for w in stage.log[0].warnings}
        good = ref.passes(expected)
        # A cut to one value, or to too few, has no moments: it has put nothing right.
        assert ("c0" in said) == (good is False or (good is None and word != "none"))


def test_an_indicator_may_have_its_own_thresholds():
    other = 0
    for seed in SEEDS:
        data, meta = tails(seed)
        own = {f"c{j}": {"treatment": "thresholds 0.5 0.25"} for j in range(4)}
        found, _ = treated(data, meta, own=own)
        for code in data:
            strict = {"skew": 0.5, "kurt": 0.25} if code in own else {}
            near(found[code], ref.treat_column(data[code], **strict)[0])
        other += sum((found[c] != ref.treat_column(data[c])[0]).any() for c in own)
    assert other > 0, "the thresholds matter"


@pytest.mark.parametrize("form", ["log_range", "log_shift", "log_gii", "log_signed", "box-cox"])
@pytest.mark.parametrize("power", [0.0, 0.5, -1.0])
def test_an_indicator_may_be_logged_whatever_the_rule_says(form, power):
    for seed in SEEDS:
        data, meta = tails(seed)
        own = {c: {"treatment": form} for c in ("c0", "c1", "c2") if data[c].nunique() > 1}
        data[list(own)] -= data[list(own)].min() - 2
        found, stage = treated(data, meta, own=own, box_cox=power)
        for code in own:
            expected = ref.log_form(data[code], form.replace("-", "_"), power)
            near(found[code], expected)
            at = stage.tree.at(code)
            back = stage.treatments[0][1][at].back(found[code].to_numpy())
            np.testing.assert_allclose(back, data[code], rtol=1e-7, atol=1e-9)


def test_a_column_of_one_value_has_no_logarithm_and_stays():
    data = pd.DataFrame({"a": [2.0] * 6, "b": [1.0, 2, 3, 4, 5, 6]}, [f"u{i}" for i in range(6)])
    for form in ("log_range", "log_shift", "log_gii", "log_signed", "box-cox"):
        found, stage = treated(data, flat_meta("ab"), own={"a": {"treatment": form}})
        near(found, data)
        assert [row["stage"] for row in stage.log[0].table] == ["undefined", "none"]


def test_ties_move_together_and_may_exceed_the_number_of_points():
    # 1,2 x 10, two at 90, one at 100 (by hand): first 100 -> 90, then all three -> 2.
    x = [1.0, 2.0] * 10 + [90.0, 90.0, 100.0]
    data = pd.DataFrame({"a": x}, [f"u{i}" for i in range(23)])
    found, stage = treated(data, flat_meta("a"), winsorise=2)
    near(found["a"], [1, 2] * 10 + [2, 2, 2])
    assert stage.log[0].table[0]["moved"] == "u20; u21; u22"
    assert stage.log[0].changed == 3


def test_treatments_keep_order_range_and_passing_columns():
    for seed in SEEDS:
        data, meta = tails(seed)
        found, stage = treated(data, meta)
        for code, row in zip(data, stage.log[0].table, strict=True):
            x, y = data[code].dropna(), found[code].dropna()
            order = x.sort_values(kind="stable").index
            assert (np.diff(y[order]) >= -1e-12).all()
            if row["stage"] in ("none", "undefined"):
                np.testing.assert_array_equal(x, y)
            if row["stage"] == "winsorised":
                assert (y.min(), y.max()) >= (x.min(), x.min())
                assert y.max() <= x.max()
                assert abs(row["g1_after"]) < 2 or row["g2_after"] < 3.5


# --- normalise -----------------------------------------------------------------------

NORMALISERS = [
    ("min-max", {}, "minmax", {}),
    ("min-max", {"range": [1, 7]}, "minmax", {"low": 1, "high": 7}),
    ("goalposts", {}, "goalposts", {}),
    ("goalposts", {"range": [1, 10]}, "goalposts", {"low": 1, "high": 10}),
    ("goalposts", {"clip": False}, "goalposts", {"clip": False}),
    ("scaled", {}, "scaled", {}),
    ("z", {}, "z", {}),
    ("z", {"mean": 100, "sd": 10}, "z", {"mean": 100, "sd": 10}),
    ("rank", {}, "rank", {}),
    ("percentile-rank", {}, "percentile", {}),
    ("borda", {}, "borda", {}),
    ("distance-to-max", {}, "distance_to_max", {}),
    ("fraction-of-max", {}, "fraction_of_max", {}),
    ("fraction-of-max", {"literal": True}, "fraction_of_max", {"literal": True}),
    ("distance-to-reference", {"reference": "u2"}, "distance_to_reference", {"reference": 2}),
    ("distance-to-reference", {"reference": "u2", "cap": True}, "distance_to_reference",
     {"reference": 2, "cap": True}),
    ("distance-to-target", {}, "distance_to_target", {}),
    ("distance-to-target", {"cap": True}, "distance_to_target", {"cap": True}),
]  # fmt: skip


def posts(data, rng):
    """Goalposts in any order, some inside the data, and a target, for each column."""
    own = {}
    for code in data:
        low, high = np.nanquantile(data[code], [rng.uniform(0, 0.3), rng.uniform(0.7, 1)])
        pair = [low - rng.uniform(0, 2), high + rng.uniform(0.1, 2)]
        rng.shuffle(pair)
        own[code] = {"goalpost_low": pair[0], "goalpost_high": pair[1],
                     "target": float(np.nanmean(data[code]))}  # fmt: skip
    return own


def other_options(rule, options, own):
    more = {"goalposts": (own["goalpost_low"], own["goalpost_high"]), "target": own["target"]}
    needed = {
        "distance_to_target": ("target",),
        "goalposts": ("goalposts",),
        "scaled": ("goalposts",),
    }
    return {**options, **{k: more[k] for k in needed.get(rule, ())}}


@pytest.mark.parametrize(("rule", "options", "other", "theirs"), NORMALISERS)
@pytest.mark.parametrize("turned", [False, True])
def test_every_normaliser_equals_the_reference(rule, options, other, theirs, turned):
    """Turned: direction flipped and values, goalposts and targets negated change nothing."""
    for seed in SEEDS:
        rng, meta, data = some(seed)
        own = posts(data, rng)
        expected = {
            c: ref.normalise_column(data[c], meta.loc[c, "direction"], other,
                                    **other_options(other, theirs, own[c]))
            for c in data
        }  # fmt: skip
        if turned:
            if rule == "fraction-of-max":
                continue
            data = -data
            meta.loc[data.columns, "direction"] *= -1
            own = {c: {k: -v for k, v in cells.items()} for c, cells in own.items()}
        stage = chain(meta, data, {"do": "normalise", "rule": rule, **options}, own=own)
        found = by_unit(stage, stage.data.values)
        near(found, pd.DataFrame(expected)[list(found.columns)])
        if rule != "distance-to-reference":
            np.testing.assert_array_equal(found.isna(), data[list(found)].isna())
        for code in found:
            if options.get("literal") and meta.loc[code, "direction"] < 0:
                continue  # y / max(y) of negative y falls: why it is no default
            y = data[code] * meta.loc[code, "direction"]
            z = found[code].iloc[np.argsort(y.to_numpy(), kind="stable")].dropna()
            assert (np.diff(z) >= -NEAR).all(), "weakly increasing in y"
        near(stage.raw.values, data[list(found)])


def test_min_max_attains_both_ends_and_z_has_its_moments():
    _, meta, data = some(3)
    x = chain(meta, data, {"do": "normalise", "range": [2, 9]}).data.values
    near([np.nanmin(x, axis=0), np.nanmax(x, axis=0)], [[2] * x.shape[1], [9] * x.shape[1]])
    z = chain(meta, data, {"do": "normalise", "rule": "z", "mean": 5, "sd": 3}).data.values
    near(np.nanmean(z, axis=0), [5] * z.shape[1])
    near(np.nanstd(z, axis=0, ddof=1), [3] * z.shape[1])


def test_each_indicator_may_have_its_own_normaliser():
    rng = np.random.default_rng(4)
    meta = flat_meta("abcd", [1, -1, 1, 1])
    data = random_data(rng, meta)
    own = {"a": {"normaliser": "z"}, "b": {"normaliser": "rank"},
           "c": {"normaliser": "goalposts", "goalpost_low": 8, "goalpost_high": 20}}  # fmt: skip
    stage = chain(meta, data, {"do": "normalise"}, {"do": "aggregate"}, own=own)
    rules = {"a": "z", "b": "rank", "c": ("goalposts", {"goalposts": (8, 20)}), "": "minmax"}
    same(stage, ref.plain_chain(data, meta, rules=rules))
    entry = stage.log[0]
    warned = [w for w in entry.warnings if "cannot be averaged" in w]
    assert len(warned) == 1
    assert all(text in warned[0] for text in ("z: a", "rank: b", "0 to 100: c, d"))
    out = int(((data["c"] < 8) | (data["c"] > 20)).sum())
    assert out > 0
    assert entry.said == (f"c: {out} values outside the ends of the scale were cut",)


def test_a_column_without_a_range_is_missing_and_warned_of():
    _, meta, data = some(6)
    code = data.columns[0]
    data[code] = 3.0
    for rule, other in (("min-max", "minmax"), ("z", "z"), ("distance-to-max", "distance_to_max")):
        stage = chain(meta, data, {"do": "normalise", "rule": rule}, {"do": "aggregate"})
        same(stage, ref.plain_chain(data, meta, rules=other))
        assert np.isnan(stage.data.values[:, stage.tree.at(code)]).all()
        assert len(stage.log[0].warnings) == 1
        assert code in stage.log[0].warnings[0]


# --- aggregate -----------------------------------------------------------------------

AGGREGATIONS = [
    ({"rule": "arithmetic"}, ("arithmetic", {})),
    ({"rule": "geometric"}, ("geometric", {})),
    ({"rule": "harmonic"}, ("harmonic", {})),
    *(({"rule": "power", "power": p}, ("power", {"p": p})) for p in (0, 0.5, 2, 3.5, -1, -2.5)),
    ({"rule": "mazziotta-pareto"}, ("mazziotta_pareto", {})),
    ({"rule": "mazziotta-pareto", "positive": False}, ("mazziotta_pareto", {"sign": 1})),
    ({"rule": "median"}, ("median", {})),
    *(({"rule": "owa", "alpha": a}, ("owa", {"alpha": a})) for a in (0.5, 1, 2)),
    ({"rule": "copeland"}, ("copeland", {})),
    ({"rule": "copeland", "rescale": True}, ("copeland", {"rescale": True})),
    ({"rule": "copeland", "min_children": 0.7}, ("copeland", {"min_children": 0.7})),
    ({"rule": "geometric", "floor": 20}, ("geometric", {"floor": 20})),
    *(({"rule": "arithmetic", "min_children": m}, ("arithmetic", {"min_children": m}))
      for m in (0.5, 2 / 3, 1)),
    ({"rule": "geometric", "min_children": 0.75}, ("geometric", {"min_children": 0.75})),
    ({"rule": "median", "min_children": 0.6}, ("median", {"min_children": 0.6})),
]  # fmt: skip


@pytest.mark.parametrize(("step", "other"), AGGREGATIONS)
def test_every_aggregation_equals_the_reference_on_any_tree(step, other):
    for seed in SEEDS:
        _, meta, data = some(seed, depth=2, zero=seed % 3 == 0)
        low, high = (70, 130) if step["rule"] == "mazziotta-pareto" else (1, 100)
        stage = chain(
            meta, data, {"do": "normalise", "range": [low, high]}, {"do": "aggregate", **step}
        )
        rules = ("minmax", {"low": low, "high": high})
        same(stage, ref.plain_chain(data, meta, rules=rules, aggregation=other))


@pytest.mark.parametrize("rule", ["geometric", "harmonic"])
def test_a_zero_gives_zero_where_limit_is_asked_for(rule):
    for seed in SEEDS:
        _, meta, data = some(seed)
        stage = chain(meta, data, {"do": "normalise"},
                      {"do": "aggregate", "rule": rule, "limit": True})  # fmt: skip
        expected = ref.plain_chain(data, meta, aggregation=(rule, {"limit": True}))
        same(stage, expected)
        assert (stage.scores[:, -1] == 0).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_may_differ_by_level_and_node(seed):
    _, meta, data = some(seed, depth=3)
    names = ref.aggregates(meta)
    tree = tree_of(rows_of(meta))
    levels = {c: int(tree.level[tree.at(c)]) for c in names}
    one = names[seed % len(names)]
    step = {"do": "aggregate", "rule": "arithmetic", "level": {"3": "geometric"},
            "node": {one: {"rule": "power", "power": 2, "min_children": 0.5}}}  # fmt: skip
    if 3 not in levels.values():
        step.pop("level")
    rules = {c: "geometric" for c in names if levels[c] == 3}
    rules |= {one: ("power", {"p": 2, "min_children": 0.5}), "": "arithmetic"}
    stage = chain(meta, data, {"do": "normalise", "range": [1, 100]}, step)
    scale = ("minmax", {"low": 1, "high": 100})
    same(stage, ref.plain_chain(data, meta, rules=scale, aggregation=rules))


def test_means_keep_their_order_and_their_children():
    for seed in SEEDS:
        _, meta, data = some(seed)
        scale = {"do": "normalise", "range": [1, 100]}
        out = [chain(meta, data, scale, {"do": "aggregate", "rule": "power", "power": p}).scores
               for p in (-3, -1, 0, 1, 2)]  # fmt: skip
        tree = tree_of(rows_of(meta))
        for lower, higher in itertools.pairwise(out):
            assert (higher - lower >= -NEAR)[~np.isnan(lower)].all()
        for rule in ("arithmetic", "geometric", "median", "owa"):
            scores = chain(meta, data, scale, {"do": "aggregate", "rule": rule}).scores
            for p, own in tree.families:
                there = ~np.isnan(scores[:, p])
                x = scores[np.ix_(there, own)]
                assert (scores[there, p] >= np.nanmin(x, axis=1) - NEAR).all()
                assert (scores[there, p] <= np.nanmax(x, axis=1) + NEAR).all()
                if own.size == 1:
                    near(scores[:, p], scores[:, own[0]])
        posts = {"do": "normalise", "range": [70, 130]}
        mpi = chain(meta, data, posts, {"do": "aggregate", "rule": "mazziotta-pareto"}).scores
        for p, own in tree.families:
            x, w = mpi[:, own], tree.weight[own]
            there = ~np.isnan(mpi[:, p])
            mean = np.nansum(x * w, axis=1)[there] / (~np.isnan(x) * w).sum(axis=1)[there]
            assert (mpi[there, p] <= mean + NEAR).all()
        votes = chain(meta, data, scale, {"do": "aggregate", "rule": "copeland"}).scores
        near(np.nansum(votes[:, tree.leaves :], axis=0), [0] * (len(tree.nodes) - tree.leaves))


def test_parents_of_some_children_are_counted():
    meta = flat_meta("abc")
    data = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1, NAN, 2, NAN], "c": [5, NAN, 6, 7]},
                        [f"u{i}" for i in range(4)])  # fmt: skip
    steps = ({"do": "normalise"}, {"do": "aggregate", "min_children": 0.5})
    stage = chain(meta, data, *steps)
    assert stage.log[-1].said == ("top: 1 scores from less than all children, 1 missing",)
    assert np.isnan(stage.scores[1, -1])
    whole = chain(meta, data.fillna(1.5), *steps)
    assert whole.log[-1].said == ()


def test_children_raised_to_a_floor_are_counted():
    meta = flat_meta("abc")
    data = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1, NAN, 2, 9], "c": [5, 5.1, 6, 9.0]},
                        [f"u{i}" for i in range(4)])  # fmt: skip
    step = {"do": "aggregate", "rule": "geometric", "floor": 30}
    stage = chain(meta, data, {"do": "normalise"}, step)
    low = int((stage.data.values < 30).sum())  # by hand: a 0; b 0, 12.5; c 0, 2.5, 25
    assert low == 6
    assert f"top: {low} children raised to the floor 30" in stage.log[-1].said
    same(stage, ref.plain_chain(data, meta, aggregation=("geometric", {"floor": 30})))


def test_values_that_differ_by_rounding_only_have_one_place():
    """Section 0: equal within 1e-12 of the range."""
    data = pd.DataFrame({"a": [0.1 + 0.2, 0.3, 0.1, 0.2, 0.5]}, [f"u{i}" for i in range(5)])
    for rule, other in (("rank", "rank"), ("borda", "borda"), ("percentile-rank", "percentile")):
        stage = chain(flat_meta("a"), data, {"do": "normalise", "rule": rule})
        near(stage.data.values[:, 0], ref.normalise_column(data["a"], 1, other))
        assert stage.data.values[0, 0] == stage.data.values[1, 0]


# --- trees ---------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_trees_of_any_depth(depth, seed):
    _, meta, data = some(seed, depth=depth, wide=3 if depth > 3 else 4, zero=True)
    stage = chain(meta, data, *({"do": s} for s in ("normalise", "weigh", "aggregate")))
    expected = ref.plain_chain(data, meta)
    same(stage, expected)
    tree = stage.tree

    def height(code):
        own = ref.children(meta, code)
        return 1 + max(height(c) for c in own) if own else 1

    assert [height(c) for c in tree.codes] == tree.level.tolist()
    assert tree.codes[tree.root] == "top"
    assert set(tree.codes[: tree.leaves]) == set(ref.leaves(meta))
    total = cumulative(tree, shares(tree, tree.weight))
    leaf = ref.leaf_weights(meta)
    near(total[: tree.leaves], leaf[list(tree.codes[: tree.leaves])])
    near(total[: tree.leaves].sum(), 1.0)
    for code in tree.codes:
        under = {tree.codes[j] for j in np.flatnonzero(tree.under[tree.at(code)])}
        assert under == set(ref.below(meta, code))
    # With complete data the tree is data x cumulative leaf weights.
    whole = data.fillna(data.mean())
    full = chain(meta, whole, {"do": "normalise"}, {"do": "aggregate"})
    near(full.scores[:, -1], full.scores[:, : tree.leaves] @ total[: tree.leaves])


def test_siblings_stand_at_different_depths():
    found = set()
    for seed in SEEDS:
        tree = tree_of(rows_of(some(seed, depth=3)[1]))
        found |= {len(set(tree.level[own].tolist())) for _, own in tree.families}
    assert max(found) >= 2, "the random trees have leaves beside pillars"


# --- panels --------------------------------------------------------------------------


def panel(seed, years=(2010, 2012, 2015)):
    rng, meta, _ = some(seed, depth=2)
    parts = {y: random_data(rng, meta, low=5.0 + k) for k, y in enumerate(years)}
    data = pd.concat(parts).swaplevel().sample(frac=1, random_state=seed)
    gone = data.index[0]
    return meta, data.drop(index=[gone])


def year_ranks(stage):
    for year in stage.data.years:
        rows = np.flatnonzero(stage.data.time == year)
        for j in range(stage.scores.shape[1]):
            np.testing.assert_array_equal(
                ranks_of(stage)[rows, j], ref.ranks(stage.scores[rows, j])
            )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("rule", "other"), [("min-max", "minmax"), ("z", "z"), ("rank", "rank")])
@pytest.mark.parametrize("scope", ["pooled", "year", "base"])
def test_panels_by_scope(scope, rule, other, seed):
    meta, data = panel(seed)
    step = {"do": "normalise", "rule": rule, "scope": scope}
    if scope == "base":
        step["base"] = 2012
    stage = chain(meta, data, step, {"do": "aggregate"})
    year = data.index.get_level_values(1)
    z = data.copy()
    for code in data:
        d = meta.loc[code, "direction"]
        if scope == "year":
            for y in set(year):
                z.loc[year == y, code] = ref.normalise_column(data.loc[year == y, code], d, other)
        else:
            fitted = data[code] if scope == "pooled" else data.loc[year == 2012, code]
            z[code] = ref.normalise_column(data[code], d, other, scope=fitted)
    expected = ref.aggregate_tree(z, meta)
    near(stage.scores, expected[list(stage.tree.codes)])
    assert stage.data.years == [2010, 2012, 2015]
    year_ranks(stage)


@pytest.mark.parametrize("seed", SEEDS)
def test_panels_are_treated_once_or_year_by_year(seed):
    rng = np.random.default_rng(seed)
    first, meta = tails(seed)
    second = first * rng.uniform(0.5, 3, first.shape)
    data = pd.concat({2001: first, 2002: second}).swaplevel()
    once = chain(meta, data, {"do": "treat"})
    near(once.data.values, ref.treat(data, meta)[0])
    assert len(once.treatments) == 1
    apart = chain(
        meta, data, {"do": "treat", "scope": "year"}, {"do": "normalise", "scope": "year"}
    )
    expected = np.vstack([ref.treat(part, meta)[0] for part in (first, second)])
    near(apart.raw.values, expected)
    assert len(apart.treatments) == 2
    if any(row["stage"] == "winsorised" for row in apart.log[0].table):
        moved = "; ".join(str(row["moved"]) for row in apart.log[0].table)
        assert " 2001" in moved or " 2002" in moved
    allowed = chain(meta, data, {"do": "treat", "scope": "year", "allow_mixed_scales": True},
                    {"do": "normalise"})  # fmt: skip
    near(allowed.raw.values, expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_meet_units_of_their_own_year_only(seed):
    meta, data = panel(seed)
    aggregate = {"do": "aggregate", "rule": "copeland", "rescale": True}
    stage = chain(meta, data, {"do": "normalise", "scope": "year"}, aggregate)
    year = data.index.get_level_values(1)
    for y in stage.data.years:
        expected = ref.plain_chain(
            data[year == y], meta, aggregation=("copeland", {"rescale": True})
        )
        near(stage.scores[year == y], expected[list(stage.tree.codes)])
    year_ranks(stage)


def test_imputing_and_screening_go_by_unit_and_year():
    meta, data = panel(3)
    stage = chain(meta, data, {"do": "screen", "min_available": 0.8})
    share = data.notna().mean(axis=1)
    kept = [f"{u} {y}" for u, y in data.index[share >= 0.8]]
    assert [stage.data.label(i) for i in range(len(stage.data.unit))] == kept
    filled = chain(meta, data, {"do": "impute", "rule": "mean"}).data.values
    year = data.index.get_level_values(1)
    for y in set(year):
        own = data[list(tree_of(rows_of(meta)).codes[: data.shape[1]])][year == y]
        near(filled[year == y], own.fillna(own.mean()))


def test_a_year_inside_the_range_changes_no_pooled_score_and_goalposts_change_never():
    for seed in SEEDS:
        meta, data = panel(seed, years=(2010, 2012))
        inside = data.xs(2010, level=1) * 0 + data.mean()
        inside = pd.concat({2020: inside}).swaplevel()
        steps = ({"do": "normalise"}, {"do": "aggregate"})
        before = chain(meta, data, *steps)
        after = chain(meta, pd.concat([data, inside]), *steps)
        near(after.scores[: len(data)], before.scores)
        own = posts(data, np.random.default_rng(seed))
        steps = ({"do": "normalise", "rule": "goalposts"}, {"do": "aggregate"})
        before = chain(meta, data, *steps, own=own)
        after = chain(meta, pd.concat([data, inside * 7]), *steps, own=own)
        near(after.scores[: len(data)], before.scores)


# --- global invariants ---------------------------------------------------------------

WHOLE = ({"do": "impute", "rule": "median"}, {"do": "screen", "min_available": 0.2},
         {"do": "treat"}, {"do": "normalise"}, {"do": "aggregate"})  # fmt: skip


def heavy(seed):
    """A random tree whose columns have long tails, so that all treatments happen."""
    rng = np.random.default_rng(seed)
    meta = random_meta(rng)
    data = random_data(rng, meta, units=80)
    for code in data:
        kind = rng.random()
        if kind < 0.3:
            data[code] = np.exp(data[code] ** 0.7 / rng.uniform(1.5, 5)).round(3)
        elif kind < 0.6:  # more far points than winsorising may move
            far = rng.permutation(80)[:8]
            data.iloc[far, data.columns.get_loc(code)] += rng.uniform(400, 600, 8)
    return rng, meta, data


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_units_and_indicators_changes_nothing(seed):
    rng, meta, data = heavy(seed)
    for last in ({"do": "aggregate"}, {"do": "aggregate", "rule": "copeland"}):
        steps = (*WHOLE[:-1], last)
        first = chain(meta, data, *steps)
        other = data.iloc[rng.permutation(len(data)), rng.permutation(data.shape[1])]
        second = chain(meta.iloc[rng.permutation(len(meta))], other, *steps)
        a, b = by_unit(first), by_unit(second)
        near(b.loc[a.index, a.columns], a)
        ranks_a = by_unit(first, ranks_of(first))
        ranks_b = by_unit(second, ranks_of(second)).loc[a.index, a.columns]
        pd.testing.assert_frame_equal(ranks_a, ranks_b)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["min-max", "z", "rank"])
def test_another_unit_of_measure_changes_nothing(rule, seed):
    rng, meta, data = heavy(seed)
    steps = (*WHOLE[:3], {"do": "normalise", "rule": rule}, {"do": "aggregate"})
    first = chain(meta, data, *steps)
    a, b = rng.uniform(0.1, 50, data.shape[1]), rng.uniform(-100, 100, data.shape[1])
    second = chain(meta, data * a + b, *steps)
    near(second.scores, first.scores, 1e-8 if rule == "min-max" else NEAR)
    np.testing.assert_array_equal(ranks_of(second), ranks_of(first))
    stages = [[row["stage"] for row in s.log[2].table] for s in (first, second)]
    assert stages[0] == stages[1]


def test_the_heavy_tables_meet_every_treatment():
    stages = {row["stage"] for seed in SEEDS
              for row in chain(*heavy(seed)[1:], *WHOLE).log[2].table}  # fmt: skip
    assert {"none", "winsorised", "log_range"} <= stages


@pytest.mark.parametrize("seed", SEEDS)
def test_identical_rows_have_identical_scores(seed):
    _, meta, data = heavy(seed)
    twin = data.iloc[[3]].rename(index={"u3": "twin"})
    data = pd.concat([data, twin])
    for rule in ("arithmetic", "median", "copeland"):
        stage = chain(meta, data, *WHOLE[:-1], {"do": "aggregate", "rule": rule})
        scores, ranked = by_unit(stage), by_unit(stage, ranks_of(stage))
        np.testing.assert_array_equal(scores.loc["u3"], scores.loc["twin"])
        np.testing.assert_array_equal(ranked.loc["u3"], ranked.loc["twin"])


@pytest.mark.parametrize("seed", SEEDS)
def test_direction_and_sign_turned_together_change_nothing(seed):
    rng, meta, data = some(seed)
    steps = ({"do": "normalise"}, {"do": "aggregate"})
    first = chain(meta, data, *steps)
    for code in data.columns[rng.random(data.shape[1]) < 0.6]:
        data[code] *= -1
        meta.loc[code, "direction"] *= -1
    second = chain(meta, data, *steps)
    near(second.scores, first.scores)
    np.testing.assert_array_equal(ranks_of(second), ranks_of(first))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_indicator_without_values_changes_nothing_but_availability(seed):
    _, meta, data = some(seed)
    first = chain(meta, data, {"do": "normalise"}, {"do": "aggregate"})
    more = pd.concat([meta, pd.DataFrame([meta.loc[data.columns[0]]], index=["new"])])
    tree = tree_of(rows_of(more))
    wide = data_of(tree, table_of(data.assign(new=1.0)))
    values = wide.values.copy()
    values[:, tree.at("new")] = NAN
    second = run(
        tree, replace(wide, values=values), recipe_of([{"do": "normalise"}, {"do": "aggregate"}])
    )
    codes = list(first.tree.codes)
    near(by_unit(second)[codes], by_unit(first))
    assert (availability(tree, values)[:, tree.root] < availability(first.tree, first.raw.values)[
        :, first.tree.root]).all()  # fmt: skip


def test_the_same_recipe_and_data_give_the_same_bytes(asem):
    tree, data, _, _ = asem
    first, second = (run(tree, data, recipe_of(FULL)) for _ in range(2))
    assert first.scores.tobytes() == second.scores.tobytes()
    assert [(e.step, e.changed, e.said) for e in first.log] == [
        (e.step, e.changed, e.said) for e in second.log
    ]


# --- reading -------------------------------------------------------------------------

RECIPE = """
title = "A trial"

[[step]]
do = "impute"
rule = "median"

[[step]]
do = "normalise"
rule = "z"
mean = 100.0
sd = 10.0

[[step]]
do = "aggregate"
rule = "arithmetic"
level = { 2 = "geometric" }
node = { top = { rule = "power", power = 0.5 } }
"""


def test_a_recipe_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, "utf-8")
    recipe = read_recipe(path)
    assert [step.do for step in recipe] == ["impute", "normalise", "aggregate"]
    assert recipe[1].as_dict() == {"do": "normalise", "rule": "z", "mean": 100.0, "sd": 10.0}
    assert recipe[2].options["level"] == {"2": "geometric"}
    other = changed(recipe, "normalise.rule", "min-max")
    assert other[1].options["rule"] == "min-max"
    assert recipe[1].options["rule"] == "z"
    assert (other[0], other[2]) == (recipe[0], recipe[2])
    with pytest.raises(UsageError, match=r"treat\.scope"):
        changed(recipe, "treat.scope", "year")
    assert recipe_of([Step("weigh", {"scheme": "equal"}), {"do": "aggregate"}])[0].do == "weigh"


def folder_of(path, meta, data, recipe=""):
    path.mkdir()
    pd.DataFrame(rows_of(meta)).to_csv(path / "indicators.csv", index=False)
    data.rename_axis("unit").to_csv(path / "data.csv")
    if recipe:
        (path / "recipe.toml").write_text(recipe, "utf-8")
    return path


def test_a_folder_is_read_whole(tmp_path):
    _, meta, data = some(2)
    stage = run(*read_folder(folder_of(tmp_path / "plain", meta, data)))
    same(stage, ref.plain_chain(data, meta))
    tree, read, recipe = read_folder(folder_of(tmp_path / "own", meta, data, RECIPE))
    assert recipe == recipe_of([s.as_dict() for s in recipe])
    assert run(tree, read, recipe).log[0].step == "impute"
    assert read_folder(tmp_path / "plain")[2] == PLAIN


def test_long_and_wide_tables_are_one_table():
    meta, data = panel(1)
    tree = tree_of(rows_of(meta))
    wide = data_of(tree, table_of(data))
    tall = data.rename_axis(index=["unit", "year"], columns="indicator").stack().dropna()
    tall = tall.rename("value").reset_index()
    long = data_of(tree, {c: tall[c].tolist() for c in tall})
    assert set(long.units) == set(wide.units)
    at = {long.label(i): i for i in range(len(long.unit))}
    order = [at[wide.label(i)] for i in range(len(wide.unit))]
    np.testing.assert_array_equal(long.values[order], wide.values)
    near(run(tree, long).scores[order], run(tree, wide).scores)


def test_numbers_as_text_gaps_as_words_and_the_names_of_coinr_are_read():
    meta = [
        {"iCode": c, "Type": t, "Parent": p, "Direction": "1", "Weight": w, "Level": v,
         "iName": n, "colour": "red"}
        for c, t, p, w, v, n in (("a", "Indicator", "top", "2", "1", "Apples"),
                                 ("b", "INDICATOR", "top", "1.5", "1", ""),
                                 ("top", "Aggregate", "", "", "2", "All"))
    ]  # fmt: skip
    tree = tree_of(meta)
    assert tree.codes == ("a", "b", "top")
    assert (tree.nodes[0].label, tree.nodes[1].label) == ("Apples", "b")
    assert (tree.nodes[0].weight, tree.nodes[1].weight) == (2.0, 1.5)
    assert tree.nodes[0].more == {"colour": "red"}
    table = {"uCode": ["x", "y", "z"], "uName": ["Ex", None, "Zet"],
             "Time": ["2018", "2018.0", 2018],
             "a": ["1.5", " 2 ", "NA"], "b": ["", "-3e2", ".."]}  # fmt: skip
    with pytest.raises(Exception, match="unit z"):
        data_of(tree, table)
    data = data_of(tree, {**table, "a": ["1.5", " 2 ", 0]})
    np.testing.assert_array_equal(data.values, [[1.5, NAN], [2, -300], [0, NAN]])
    assert (data.names, data.years) == (("Ex", "y", "Zet"), [2018])


# --- weights through the recipe ------------------------------------------------------


def family_values(stage, weights):
    """Scores by weighted arithmetic means, node by node, in plain Python."""
    tree = stage.tree
    x = {tree.codes[j]: stage.data.values[:, j] for j in range(tree.leaves)}
    for p, own in tree.families:
        table = np.array([x[tree.codes[c]] for c in own]).T
        x[tree.codes[p]] = np.array([ref.aggregate_row(row, weights[own]) for row in table])
    return x


SCHEMES = [
    ("pca", {"negative": "abs"}, lambda x, c: pca_first(x, c, "abs").weights),
    ("pca-rotated", {}, lambda x, c: pca_rotated(x, c).weights),
    ("entropy", {}, lambda x, c: entropy(x, c).weights),
    ("critic", {}, lambda x, c: critic(x, c).weights),
]


@pytest.mark.parametrize(("scheme", "options", "pure"), SCHEMES)
@pytest.mark.parametrize("full", [False, True])
def test_asem_weights_of_the_recipe_are_those_of_the_pure_functions(
    asem, scheme, options, pure, full
):
    tree, data, _, _ = asem
    steps = (*(FULL[:4] if full else ()), {"do": "normalise", "range": [1, 100]},
             {"do": "weigh", "scheme": scheme, **options}, {"do": "aggregate"})  # fmt: skip
    stage = run(tree, data, recipe_of(steps))
    x = family_values(stage, stage.share)
    for p, own in tree.families:
        codes = [tree.codes[c] for c in own]
        table = np.array([x[c] for c in codes]).T
        expected = pure(table, codes)
        near(stage.share[own], expected)
        near(stage.share[own].sum(), 1.0)
        near(stage.scores[:, p], x[tree.codes[p]])
    assert len({round(w, 6) for w in stage.share}) > 30, "the data decide, not the table"


@pytest.mark.parametrize(
    ("scheme", "slow"), [("entropy", ref.entropy_weights), ("critic", ref.critic_weights)]
)
def test_asem_weights_from_data_equal_the_slow_reference(asem, scheme, slow):
    """On the complete table, pillar by pillar and above."""
    tree, data, _, _ = asem
    steps = (*FULL[:4], {"do": "normalise", "range": [1, 100]}, {"do": "weigh", "scheme": scheme})
    stage = run(tree, data, recipe_of(steps))
    x = family_values(stage, stage.share)
    checked = 0
    for _, own in tree.families:
        table = np.array([x[tree.codes[c]] for c in own]).T
        if np.isnan(table).any():
            continue
        if scheme == "critic":
            table = (table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0))
        near(stage.share[own], slow(table))
        checked += 1
    assert checked >= 8


def test_schemes_by_level_given_and_equal(asem):
    tree, data, _, _ = asem
    steps = ({"do": "normalise"}, {"do": "weigh", "scheme": "equal", "level": {"1": "critic"}})
    stage = run(tree, data, recipe_of(steps))
    critical = run(tree, data, recipe_of([steps[0], {"do": "weigh", "scheme": "critic"}]))
    for p, own in tree.families:
        if tree.level[p] == 2:
            near(stage.share[own], critical.share[own])
        else:
            near(stage.share[own], [1 / own.size] * own.size)
    _, meta, frame = some(7, zero=True)
    even = chain(meta, frame, {"do": "normalise"}, {"do": "weigh", "scheme": "equal"},
                 {"do": "aggregate"})  # fmt: skip
    ones = dict.fromkeys([*ref.leaves(meta), *ref.aggregates(meta)], 1.0)
    same(even, ref.plain_chain(frame, meta, ones))


EXPERTS = {"Ada": 0.6, "Bo": 0.3, "Cy": 0.45}


def points_table(tree, parents, total=100.0):
    rows = []
    for code in parents:
        own = [tree.codes[c] for p, k in tree.families if tree.codes[p] == code for c in k]
        for expert, ratio in EXPERTS.items():
            raw = np.array([ratio**k for k in range(len(own))])
            points = total * raw / raw.sum()
            rows += [{"expert": expert, "parent": code, "code": c, "points": repr(float(v))}
                     for c, v in zip(reversed(own), points, strict=True)]  # fmt: skip
    return rows


def mean_points(rows, parent, own):
    table = pd.DataFrame(rows)
    table = table[table["parent"] == parent]
    wide = table.assign(points=table["points"].astype(float)).pivot(
        index="expert", columns="code", values="points"
    )
    return wide[own].div(wide.sum(axis=1), axis=0)


@pytest.mark.parametrize(("scheme", "total"), [("budget", 100.0), ("swing", 37.0)])
def test_asem_points_of_several_experts(asem, scheme, total):
    tree, data, frame, meta = asem
    asked = ("Physical", "Social", "Sust")
    rows = points_table(tree, asked, total)
    stage = run(tree, data, recipe_of(
        [{"do": "normalise"}, {"do": "weigh", "scheme": scheme, "points": rows},
         {"do": "aggregate"}]
    ))  # fmt: skip
    weights = {}
    assert stage.experts.shape == (3, len(tree.nodes))
    for p, own in tree.families:
        codes = [tree.codes[c] for c in own]
        if tree.codes[p] in asked:
            each = mean_points(rows, tree.codes[p], codes)
            near(stage.share[own], each.mean())
            near(stage.experts[:, own], each.loc[list(EXPERTS)])
            weights |= each.mean().to_dict()
        else:
            near(stage.share[own], shares(tree, tree.weight)[own])
            assert np.isnan(stage.experts[:, own]).all()
            assert f"{tree.codes[p]}: no expert was asked; weights as given" in stage.log[1].said
    same(stage, ref.plain_chain(frame, meta, weights))
    assert any(text.startswith("Social: 3 experts") for text in stage.log[1].said)


def test_asem_judgements_of_several_experts(asem):
    tree, data, frame, meta = asem
    own = [tree.codes[c] for c in dict(tree.families)[tree.at("Conn")]]
    # One expert is consistent (weights 5, 4, ..), the other goes round in a circle.
    w = np.arange(len(own), 0, -1.0)
    even = w[:, None] / w
    odd = np.ones((5, 5))
    for i, j in ((0, 1), (1, 2), (2, 0)):
        odd[i, j], odd[j, i] = 7.0, 1 / 7
    rows = [
        {"expert": e, "parent": "Conn", "row": own[i], "column": own[j], "value": str(m[i, j])}
        for e, m in (("Ada", even), ("Bo", odd)) for i in (4, 1, 3, 2) for j in range(i)
    ]  # fmt: skip
    stage = run(tree, data, recipe_of(
        [{"do": "normalise"}, {"do": "weigh", "scheme": "ahp", "judgements": rows},
         {"do": "aggregate"}]
    ))  # fmt: skip
    children = [tree.at(c) for c in own]
    near(stage.experts[0, children], w / w.sum())
    group = np.sqrt(even * odd)
    values, vectors = np.linalg.eig(group)
    v = np.abs(vectors[:, np.argmax(values.real)].real)
    near(stage.share[children], v / v.sum())
    near(stage.share[children], group_ahp(np.stack([even, odd]), ["Ada", "Bo"], own).group.weights)
    assert any("Bo" in w and "not consistent" in w for w in stage.log[1].warnings)
    assert not any("Ada" in w for w in stage.log[1].warnings)
    same(stage, ref.plain_chain(frame, meta, dict(zip(own, v / v.sum(), strict=True))))


def test_points_in_a_file_beside_the_recipe(tmp_path):
    meta = flat_meta("ab")
    data = random_data(np.random.default_rng(1), meta)
    recipe = '[[step]]\ndo = "normalise"\n[[step]]\ndo = "weigh"\nscheme = "budget"\n'
    recipe += 'points = "points.csv"\n[[step]]\ndo = "aggregate"\n'
    folder = folder_of(tmp_path / "index", meta, data, recipe)
    text = "expert,parent,code,points\nAda,top,a,80\nAda,top,b,20\nBo,top,b,40\nBo,top,a,60\n"
    (folder / "points.csv").write_text(text, "utf-8")
    stage = run(*read_folder(folder))
    near(stage.share[:2], [0.7, 0.3])
    near(stage.experts[:, :2], [[0.8, 0.2], [0.6, 0.4]])
    same(stage, ref.plain_chain(data, meta, {"a": 0.7, "b": 0.3}))
