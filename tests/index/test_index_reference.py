"""The reference itself: numbers by hand, identities, and other people's libraries.

Tolerance: EXACT (1e-12 of values of size 1 to 100) is some hundred roundings of double precision;
the libraries compute the same formula and differ in the order of adding only. Conventions agree for
min-max, weighted sums, entropy weights and CRITIC (the divisor of the standard deviation cancels in
CRITIC; both libraries scale without direction, so they are given columns that are already turned).
SALib's estimators centre on the mean of all N(d+2) values: `centre="all"`. Where a sample is
compared with the truth it may be off by 0.05 at N = 1,024 (fixed seed, smooth function).
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import reference_index as ref

EXACT = 1e-12
NAN = math.nan


def near(found, expected, tolerance=EXACT):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def small_tree(weights=None):
    """root -> (p -> a, b; q -> c, d; e): a leaf beside pillars."""
    rows = {
        "a": ("p", "indicator", 1),
        "b": ("p", "indicator", -1),
        "c": ("q", "indicator", 1),
        "d": ("q", "indicator", 1),
        "e": ("top", "indicator", 1),
        "p": ("top", "aggregate", 1),
        "q": ("top", "aggregate", 1),
        "top": ("", "aggregate", 1),
    }
    meta = pd.DataFrame.from_dict(rows, orient="index", columns=["parent", "type", "direction"])
    meta["weight"] = [(weights or {}).get(code, 1.0) for code in meta.index]
    meta["denominator"] = ""
    return meta


def small_table(seed=1, units=7):
    rng = np.random.default_rng(seed)
    names = [f"u{i}" for i in range(units)]
    return pd.DataFrame(rng.normal(50, 10, (units, 5)), index=names, columns=list("abcde"))


@pytest.fixture(scope="module")
def asem(hansa_data):
    return ref.read_asem(hansa_data / "composite")


# --- moments, ranks, quantiles -------------------------------------------------------


def test_moments_by_hand():
    # 1, 2, 3, 10: mean 4, S2 = 50, S3 = 180, S4 = 1394
    x = [1.0, 2.0, NAN, 3.0, 10.0]
    near(ref.skewness(x), 2 * 180 / 50**1.5 * math.sqrt(12) / 2)
    r = 4 * 1394 / 50**2
    near(ref.kurtosis(x), (5 * (r - 3) + 6) * 3 / (2 * 1))
    assert math.isnan(ref.skewness([1.0, 2.0]))
    assert math.isnan(ref.kurtosis([1.0, 2.0, 4.0]))
    assert math.isnan(ref.skewness([3.0, 3.0, 3.0, 3.0]))


def test_moments_ranks_and_quantiles_equal_scipy_and_numpy():
    from scipy import stats

    rng = np.random.default_rng(2)
    for size in (4, 9, 51):
        x = rng.lognormal(0, 1, size).round(1)
        near(ref.skewness(x), stats.skew(x, bias=False), 1e-11)
        near(ref.kurtosis(x), stats.kurtosis(x, bias=False), 1e-11)
        near(ref.ranks(x), stats.rankdata(-x, method="min"))
        near(ref.normalise_column(x, 1, "rank"), stats.rankdata(x, method="min"))
        near(ref.normalise_column(x, -1, "borda"), stats.rankdata(-x, method="min") - 1)
        for p in (0.05, 0.37, 0.5, 0.95, 1.0):
            near(ref.quantile7(x, p), np.quantile(x, p))


def test_ranks_by_hand():
    near(ref.ranks([3.0, 5.0, NAN, 5.0, 1.0]), [3, 1, NAN, 1, 4])
    # apart by 1e-13 of a range of 10: equal
    near(ref.ranks([10.0, 10.0 - 1e-12, 0.0]), [1, 1, 3])
    near(ref.ranks([10.0, 10.0 - 1e-10, 0.0]), [1, 2, 3])


# --- steps ---------------------------------------------------------------------------


def test_winsorise_by_hand():
    # The maximum falls to 5 and the rule passes: one point.
    x = [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, 3.0, 2.0, 100.0]
    values, count, good = ref.winsorise(x)
    near(values, [1, 2, 3, 4, 5, 4, 3, 2, 5])
    assert (count, good) == (1, True)
    assert ref.winsorise(x, count_rule="sitting")[1] == 2
    # A low outlier rises; missing stays.
    values, count, good = ref.winsorise([NAN, *(-v for v in x)])
    near(values, [NAN, -1, -2, -3, -4, -5, -4, -3, -2, -5])
    assert (count, good) == (1, True)


def test_winsorise_moves_ties_together():
    # 20 small values, two at 90, one at 100: first 100 -> 90, then all three -> 2.
    x = [1.0, 2.0] * 10 + [90.0, 90.0, 100.0]
    assert ref.passes(x) is False
    values, count, good = ref.winsorise(x)
    near(values, [1, 2] * 10 + [2, 2, 2])
    assert (count, good) == (3, True)
    # k = 1: one point, still failing
    values, count, good = ref.winsorise(x, k=1)
    near(values[-3:], [90, 90, 90])
    assert (count, good) == (1, False)


def test_a_column_that_winsorising_cannot_help_is_logged_from_the_original():
    x = np.exp(np.arange(300) ** 1.5 / 500)
    values, log = ref.treat_column(x)
    assert ref.winsorise(x)[2] is False
    assert log["treatment"] == "log_range"
    near(values, np.log(x - x.min() + 0.01 * (x.max() - x.min())))
    assert (np.diff(values) > 0).all()


def test_undefined_and_passing_columns_are_left():
    for x in ([1.0, NAN, 5.0], [2.0] * 6, [1.0, 2.0, 3.0, 4.0, 6.0]):
        values, log = ref.treat_column(x)
        near(values, x)
        assert log["treatment"] == "none"
    assert ref.treat_column([2.0] * 6)[1]["passes"] is None


def test_log_forms_by_hand():
    x = [1.0, 3.0, 11.0, NAN]
    near(ref.log_form(x, "log_range"), [*np.log([0.1, 2.1, 10.1]), NAN])
    near(ref.log_form(x, "log_shift"), [*np.log([1, 3, 11]), NAN])
    near(ref.log_form(x, "log_gii"), [*np.log([1, 3, 11]), NAN])
    near(ref.log_form([2.0, 3.0, 5.0], "log_gii"), np.log([1, 7 / 3, 5]))
    near(ref.log_form(x, "box_cox", 2), [0, 4, 60, NAN])
    near(ref.log_form(x, "box_cox", 0), [*np.log([1, 3, 11]), NAN])
    near(ref.log_form(x, "log_signed"), ref.log_form(x, "log_range"))
    low = [-v for v in x]
    near(ref.log_form(low, "log_signed"), -ref.log_form(x, "log_range"))
    with pytest.raises(ValueError, match="maximum above 1"):
        ref.log_form([0.1, 0.5, 1.0], "log_gii")


def test_denominate_impute_screen_by_hand():
    meta = small_tree()
    meta.loc["a", "denominator"] = "size"
    data = pd.DataFrame({code: [4.0, 6.0, NAN, 8.0] for code in "abcde"}, index=list("wxyz"))
    data["size"] = [2.0, 0.0, 1.0, NAN]
    data["kind"] = ["k", "k", "k", None]
    divided = ref.denominate(data, meta)
    near(divided["a"], [2, NAN, NAN, NAN])
    near(divided["b"], data["b"])
    near(ref.impute(data, meta, "group_median", "kind")["b"], [4, 6, 5, 8])
    near(ref.impute(data, meta, "mean")["b"], [4, 6, 6, 8])
    near(ref.impute(data.replace(4.0, NAN), meta, "median")["b"], [7, 6, 7, 8])
    data.loc["z", "b"] = NAN
    near(ref.impute(data, meta, "group_mean", "kind")["b"], [4, 6, 5, NAN])
    assert ref.screen(data, meta) == ["w", "x", "z"]
    assert ref.screen(data, meta, 0.9, include=["y"], exclude=["w"]) == ["x", "y"]
    data.loc["w", list("abcd")] = 0.0
    assert ref.screen(data, meta, min_nonzero=0.5) == ["x", "z"]


# --- normalising ---------------------------------------------------------------------

X = [2.0, 4.0, NAN, 10.0]
BY_HAND = [
    ("minmax", 1, {}, [0, 25, NAN, 100]),
    ("minmax", -1, {"low": 1, "high": 101}, [101, 76, NAN, 1]),
    ("goalposts", 1, {"goalposts": (0, 8)}, [25, 50, NAN, 100]),
    ("goalposts", 1, {"goalposts": (0, 8), "clip": False}, [25, 50, NAN, 125]),
    ("goalposts", -1, {"goalposts": (0, 8)}, [75, 50, NAN, 0]),
    ("scaled", -1, {"goalposts": (8, 0)}, [75, 50, NAN, -25]),
    ("rank", -1, {}, [3, 2, NAN, 1]),
    ("percentile", 1, {}, [0, 0.5, NAN, 1]),
    ("borda", 1, {}, [0, 1, NAN, 2]),
    ("distance_to_max", 1, {}, [0, 0.25, NAN, 1]),
    ("distance_to_max", -1, {}, [1, 0.75, NAN, 0]),
    ("fraction_of_max", 1, {}, [0.2, 0.4, NAN, 1]),
    ("fraction_of_max", -1, {}, [1, 0.5, NAN, 0.2]),
    ("fraction_of_max", -1, {"literal": True}, [1, 2, NAN, 5]),
    ("distance_to_reference", 1, {"reference": 1}, [0, 1, NAN, 4]),
    ("distance_to_reference", 1, {"reference": 1, "cap": True}, [0, 1, NAN, 1]),
    ("distance_to_reference", 1, {"reference": 0}, [NAN] * 4),
    ("distance_to_reference", -1, {"reference": 0}, [1, 0.75, NAN, 0]),
    ("distance_to_target", 1, {"target": 6}, [0, 0.5, NAN, 2]),
    ("distance_to_target", 1, {"target": 6, "cap": True}, [0, 0.5, NAN, 1]),
    ("distance_to_target", -1, {"target": 6}, [2, 1.5, NAN, 0]),
]


@pytest.mark.parametrize(("rule", "direction", "options", "expected"), BY_HAND)
def test_normalising_by_hand(rule, direction, options, expected):
    near(ref.normalise_column(X, direction, rule, **options), expected)


def test_normalising_z_and_scope():
    z = ref.normalise_column(X, -1, "z", mean=100, sd=10)
    sd = math.sqrt((100 / 9 + 16 / 9 + 196 / 9) / 2)
    near(z, [100 + 10 * (10 / 3) / sd, 100 + 10 * (4 / 3) / sd, NAN, 100 - 10 * (14 / 3) / sd])
    near(ref.normalise_column(X, 1, "minmax", scope=[0.0, NAN, 20.0]), [10, 20, NAN, 50])
    near(ref.normalise_column(X, 1, "minmax", scope=[2.0, 6.0]), [0, 50, NAN, 200])
    near(ref.normalise_column([4.0, NAN], 1, "percentile"), [NAN, NAN])
    near(ref.normalise_column([4.0, 4.0], 1, "minmax"), [NAN, NAN])
    near(ref.normalise_column([4.0, 4.0], 1, "z"), [NAN, NAN])


@pytest.mark.parametrize(
    ("rule", "direction", "options"),
    [
        ("goalposts", 1, {"goalposts": (3, 3)}),
        ("fraction_of_max", 1, {}),
        ("distance_to_target", 1, {"target": -1}),
        ("distance_to_target", -1, {"target": 5}),
    ],
)
def test_normalising_refuses(rule, direction, options):
    with pytest.raises(ValueError):  # noqa: PT011
        ref.normalise_column([-1.0, 3.0, 5.0], direction, rule, **options)


def test_flipping_direction_and_sign_changes_nothing():
    x = np.random.default_rng(3).normal(0, 1, 9)
    for rule, options in (
        ("minmax", {}),
        ("z", {}),
        ("percentile", {}),
        ("distance_to_max", {}),
        ("distance_to_reference", {"reference": 4}),
    ):
        near(
            ref.normalise_column(x, 1, rule, **options),
            ref.normalise_column(-x, -1, rule, **options),
        )


# --- aggregating ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "options", "expected"),
    [
        ("arithmetic", {}, (1 + 2 * 4 + 1 * 16) / 4),
        ("geometric", {}, (1 * 16 * 16) ** 0.25),
        ("harmonic", {}, 4 / (1 + 0.5 + 1 / 16)),
        ("power", {"p": 2}, math.sqrt((1 + 2 * 16 + 256) / 4)),
        ("power", {"p": -1}, 4 / (1 + 0.5 + 1 / 16)),
        ("power", {"p": 0}, 4.0),
        ("mazziotta_pareto", {}, 6.25 - 33.1875 / 6.25),
        ("mazziotta_pareto", {"sign": 1}, 6.25 + 33.1875 / 6.25),
        ("median", {}, 4.0),
        ("owa", {"alpha": 1}, 7.0),
        ("owa", {"alpha": 2}, (1 * 16 + 3 * 4 + 5 * 1) / 9),
    ],
)
def test_aggregating_by_hand(rule, options, expected):
    """Values 1, 4, 16 of weight 1, 2, 1; a missing child changes nothing, one child is itself."""
    near(ref.aggregate_row([1, 4, 16], [1, 2, 1], rule, **options), expected)
    near(ref.aggregate_row([1, NAN, 4, 16], [1, 7, 2, 1], rule, **options), expected)
    near(ref.aggregate_row([NAN, 5], [1, 3], rule, **options), 5)
    assert math.isnan(ref.aggregate_row([NAN, NAN], [1, 1], rule, **options))


def test_aggregating_at_its_edges():
    near(ref.aggregate_row([1, 3, 5, 9], [1, 1, 1, 1], "median"), 4)
    near(ref.aggregate_row([9, 1, 3], [2, 1, 1], "median"), 6)
    near(ref.aggregate_row([9, 1, 3], [2.1, 1, 1], "median"), 9)
    assert math.isnan(ref.aggregate_row([1, NAN, NAN], [1, 1, 1], min_children=0.5))
    near(ref.aggregate_row([1, NAN, 3, NAN], [1, 9, 1, 9], min_children=0.5), 2)
    near(ref.aggregate_row([0, 4], [1, 1], "geometric", limit=True), 0)
    near(ref.aggregate_row([0, 4], [1, 1], "geometric", floor=1), 2)
    near(ref.aggregate_row([0, 4], [1, 1], "power", p=0.5), 1)
    near(ref.aggregate_row([0, 4], [0, 1], "harmonic"), 4)
    for rule, options in (("geometric", {}), ("harmonic", {}), ("power", {"p": -1})):
        with pytest.raises(ValueError, match="positive"):
            ref.aggregate_row([0, 4], [1, 1], rule, **options)


def test_means_keep_their_order():
    rng = np.random.default_rng(4)
    for _ in range(20):
        x, w = rng.uniform(1, 100, 5), rng.uniform(0.1, 1, 5)
        means = [ref.aggregate_row(x, w, "power", p=p) for p in (-3, -1, 0, 1, 2)]
        assert (np.diff(means) > 0).all()
        near(
            means[1:4],
            [ref.aggregate_row(x, w, r) for r in ("harmonic", "geometric", "arithmetic")],
        )
        assert x.min() <= means[0]
        assert means[-1] <= x.max()


def test_copeland_by_hand():
    # A beats B on 1 and 2 of 3, B beats C on all, A and C have only column 1 in common.
    x = np.array([[3.0, 5.0, NAN], [2.0, 4.0, 1.0], [1.0, NAN, 0.0]])
    near(ref.copeland(x, [1, 1, 1]), [2, 0, -2])
    near(ref.copeland(x, [1, 1, 1], rescale=True), [100, 50, 0])
    # Equal halves: a draw.
    near(ref.copeland([[1.0, 2.0], [2.0, 1.0]], [1, 1]), [0, 0])
    near(ref.copeland([[1.0, 2.0], [2.0, 1.0]], [1, 2]), [1, -1])
    rng = np.random.default_rng(5)
    x = rng.integers(0, 4, (6, 4)).astype(float)
    x[rng.random(x.shape) < 0.2] = NAN
    x[np.isnan(x).all(axis=1)] = 1.0
    found = ref.copeland(x, [1, 2, 3, 1])
    assert found.sum() == 0
    order = rng.permutation(6)
    near(ref.copeland(x[order], [1, 2, 3, 1]), found[order])


def test_a_complete_arithmetic_tree_is_a_product_with_leaf_weights():
    meta, data = small_tree({"a": 3, "q": 2, "e": 0.5}), small_table()
    scores, _ = ref.replicate(data, meta)
    w = ref.leaf_weights(meta)
    near(w["a"], 3 / 4 * 1 / 3.5)
    near(w.sum(), 1)
    near(scores, ref.normalise(data, meta) @ w)


def test_a_tree_with_gaps_by_hand():
    meta, data = small_tree(), small_table()
    data.loc["u0", ["a", "c", "d"]] = NAN
    table = ref.plain_chain(data, meta)
    b, e = table.loc["u0", ["b", "e"]]
    near(table.loc["u0", "p"], b)
    assert math.isnan(table.loc["u0", "q"])
    near(table.loc["u0", "top"], (b + e) / 2)


# --- real input ----------------------------------------------------------------------


@pytest.mark.data
def test_asem_plain_chain_as_a_spreadsheet_does(asem):
    """Whole columns at a time, in another order of work than the reference."""
    data, meta = asem
    names = ref.leaves(meta)
    assert (len(data), len(names), int(data[names].isna().sum().sum())) == (51, 49, 63)
    found = ref.plain_chain(data, meta)
    y = data[names] * meta.loc[names, "direction"]
    z = (y - y.min()) / (y.max() - y.min()) * 100
    pillars = z.T.groupby(meta.loc[names, "parent"]).mean().T
    halves = pillars.T.groupby(meta["parent"].reindex(pillars.columns)).mean().T
    near(found[pillars.columns], pillars, 1e-11)
    near(found["Index"], halves.mean(axis=1), 1e-11)
    assert list(found["Index"].nlargest(3).index) == ["DEU", "GBR", "FRA"]
    # Belgium's social pillar, cell by cell from the file (value, worst, best)
    cells = [
        (0, 22.7, 0),
        (0.96, 2.62, 0.88),
        (31.70948, 2.00915, 37.60498),
        (12, 87, 8),
        (4.6, 9.8, 1.1),
        (1824, 0, 1824),
        (75, 21, 89),
        (0.869972390202379, 0.297008552917755, 1.02747155772406),
        (38, 4.8583, 43.553),
    ]
    by_hand = sum(100 * (v - worst) / (best - worst) for v, worst, best in cells) / len(cells)
    near(found.loc["BEL", "Social"], by_hand)


@pytest.mark.data
def test_asem_full_chain_as_a_spreadsheet_does(asem):
    data, meta = asem
    steps = ref.full_chain(data, meta)
    names = ref.leaves(meta)
    own = data[names].copy()
    for code in names:
        if meta.loc[code, "denominator"]:
            own[code] = own[code] / data[meta.loc[code, "denominator"]]
    own = own.fillna(own.groupby(data["GDP_group"]).transform("median"))
    near(steps["imputed"][names], own)
    assert steps["kept"] == list(data.index)
    log = steps["log"]
    treated = log.index[log["treatment"] != "none"]
    assert list(log.loc[treated, "count"]) == [1, 3, 3, 4, 2, 3, 1, 4, 2, 2, 2, 3, 3, 1, 1]
    assert set(log.loc[treated, "treatment"]) == {"winsorise"}
    for code in treated:
        ordered, n = own[code].sort_values(ignore_index=True), log.loc[code, "count"]
        if own[code].skew() > 0:
            own[code] = own[code].clip(upper=ordered.iloc[-1 - n])
        else:
            own[code] = own[code].clip(lower=ordered.iloc[n])
    for code in names:
        assert abs(own[code].skew()) < 2 or own[code].kurt() < 3.5
        if code not in treated:
            near(steps["treated"][code], own[code])
    y = own * meta.loc[names, "direction"]
    z = (y - y.min()) / (y.max() - y.min()) * 100
    pillars = z.T.groupby(meta.loc[names, "parent"]).mean().T
    halves = pillars.T.groupby(meta["parent"].reindex(pillars.columns)).mean().T
    index = halves.mean(axis=1)
    near(steps["scores"]["Index"], index, 1e-11)
    near(steps["ranks"], index.rank(ascending=False, method="min"))


# --- replications --------------------------------------------------------------------


def test_replications_use_every_choice():
    meta, data = small_tree(), small_table()
    data.loc["u2", "b"] = NAN
    on_100 = {"": ("minmax", {"low": 1, "high": 100})}
    base, _ = ref.replicate(data, meta, normaliser=on_100)
    mixed = {"": "arithmetic", "top": "geometric", "q": ("power", {"p": 2})}
    other, places = ref.replicate(data, meta, {"a": 2, "p": 3}, on_100, mixed, ["d"])
    z = ref.normalise(data, meta, on_100)
    p = (2 * z["a"] + z["b"]) / 3
    p["u2"] = z.loc["u2", "a"]
    expected = np.exp((3 * np.log(p) + np.log(z["c"]) + np.log(z["e"])) / 5)
    near(other, expected)
    near(places, expected.rank(ascending=False, method="min"))
    assert not np.allclose(other, base)


def test_replications_with_copeland_and_a_child_limit():
    meta, data = small_tree(), small_table()
    data.loc["u0", ["a", "c"]] = NAN
    rules = {"": "arithmetic", "q": ("copeland", {"rescale": True})}
    own, places = ref.replicate(data, meta, None, {"": "rank"}, rules, least=0.75)
    z = ref.normalise(data, meta, "rank")
    q = pd.Series(NAN, index=z.index)
    q[1:] = (np.array([_duels(z.iloc[1:], i) for i in range(6)]) + 5) / 10 * 100
    near(own, (z[["a", "b"]].mean(axis=1) + q + z["e"]) / 3)
    # u0 has one of two children of p and of q: too few, and then one of three at the top.
    assert math.isnan(own["u0"])
    assert math.isnan(places["u0"])
    assert places.max() == 6


def _duels(z, i):
    """Wins less defeats of row i on c and d together."""
    lead = np.sign(z[["c", "d"]].iloc[i] - z[["c", "d"]]).sum(axis=1)
    return float(np.sign(lead).sum())


def test_removal_by_hand():
    meta, data = small_tree(), small_table()
    z = ref.plain_chain(data, meta)
    removed = ref.remove_elements(data, meta, ["p", "a", "e"])
    near(removed["p"]["scores"], (z["q"] + z["e"]) / 2)
    near(removed["a"]["scores"], (z["b"] + z["q"] + z["e"]) / 3)
    near(removed["e"]["scores"], (z["p"] + z["q"]) / 2)
    for found in removed.values():
        assert found["change"].sum() == 0
        near(found["mean_shift"], found["change"].abs().mean())
    # A family left empty is missing in its parent.
    empty, _ = ref.replicate(data, meta, dropped=["c", "d"])
    near(empty, (z["p"] + z["e"]) / 2)


def test_statistics_of_replications_by_hand():
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 2.0], [2.0, 2.0, NAN], [3.0, 1.0, 2.0]])
    places = np.array([ref.ranks(s) for s in scores])
    near(places, [[1, 2, 3], [3, 1, 1], [1, 1, NAN], [1, 3, 2]])
    near(ref.acceptability(places), [[0.75, 0, 0.25], [0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3]])
    split = ref.acceptability(places, split=True)
    near(split, [[0.625, 0.125, 0.25], [0.25, 0.5, 0.25], [1 / 6, 1 / 2, 1 / 3]])
    p = ref.win_share(scores)
    near(p, [[NAN, 0.625, 2 / 3], [0.375, NAN, 0.5], [1 / 3, 0.5, NAN]])
    near(ref.probability_top(places, 2), [0.75, 0.75, 2 / 3])


def test_identities_of_replications():
    rng = np.random.default_rng(6)
    scores = rng.integers(0, 6, (40, 5)).astype(float)
    places = np.array([ref.ranks(s) for s in scores])
    split, p = ref.acceptability(places, split=True), ref.win_share(scores)
    near(ref.acceptability(places).sum(axis=1), 1)
    near(split.sum(axis=0), 1)
    near((p + p.T)[~np.eye(5, dtype=bool)], 1)
    middle = [pd.Series(s).rank(ascending=False) for s in scores]
    near(np.mean(middle, axis=0), 1 + np.nansum(p, axis=0))
    near(split @ np.arange(1, 6), np.mean(middle, axis=0))


# --- sensitivity ---------------------------------------------------------------------


def test_exact_sobol_by_hand():
    # y = x1 + 2 x2 + x1 x2 on -1, 1: variances 1, 4 and an interaction of 1.
    ends = (-1.0, 1.0)
    y = np.array([[a + 2 * b + a * b for b in ends] for a in ends])
    first, total = ref.sobol_exact(y)
    near(first, [1 / 6, 4 / 6])
    near(total, [2 / 6, 5 / 6])
    rng = np.random.default_rng(7)
    for _ in range(10):
        y = rng.normal(0, 1, (2, 3, 4))
        p = [rng.dirichlet(np.ones(k)) for k in y.shape]
        first, total = ref.sobol_exact(y, p)
        assert (first >= 0).all()
        assert (first <= total + EXACT).all()
        assert first.sum() <= 1 + EXACT
        assert total.sum() >= 1 - EXACT
    assert np.isnan(ref.sobol_exact(np.ones((2, 2)))[0]).all()


def test_sobol_estimates_by_hand():
    # N = 2, d = 1: A = 0, 2; B = 4, 2; AB_1 = 4, 2.
    first, total = ref.sobol_coinr([0, 2, 4, 2, 4, 2], 1)
    near(first, [(4 * 4 + 2 * 0) / 2 / (8 / 3)])
    near(total, [(16 + 0) / 4 / (8 / 3)])
    first, total = ref.sobol_estimates([0, 2], [4, 2], [[4, 2]])
    near(first, [(2 * 4 + 0) / 2 / 2])
    near(total, [16 / 4 / 2])


def test_sobol_estimates_equal_salib():
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sample

    d, n = 3, 1024
    problem = {"num_vars": d, "names": list("abc"), "bounds": [[0, 1]] * d}
    points = sample.sample(problem, n, calc_second_order=False, seed=8)
    y = 5 + points[:, 0] + 2 * points[:, 1] + points[:, 1] * points[:, 2]
    found = analysis.analyze(problem, y, calc_second_order=False, num_resamples=2, seed=1)
    rows = y.reshape(n, d + 2)
    own = ref.sobol_estimates(rows[:, 0], rows[:, -1], rows[:, 1:-1].T, centre="all")
    near(own[0], found["S1"], 1e-11)
    near(own[1], found["ST"], 1e-11)
    # The same function on a fine grid, by enumeration.
    g = (np.arange(12) + 0.5) / 12
    a, b, c = np.meshgrid(g, g, g, indexing="ij")
    exact = ref.sobol_exact(5 + a + 2 * b + b * c)
    for centre in ("ab", "all"):
        own = ref.sobol_estimates(rows[:, 0], rows[:, -1], rows[:, 1:-1].T, centre)
        np.testing.assert_allclose(own, exact, atol=0.05)


# --- rank intervals ------------------------------------------------------------------


def test_rank_intervals_of_two_indicators_by_breakpoints():
    """With two indicators the weight is a number: look at every crossing and between them."""
    rng = np.random.default_rng(9)
    for _ in range(6):
        x = rng.uniform(0, 100, (5, 2))
        low, high = 0.3, 0.8
        cuts = {low, high}
        for i, j in itertools.combinations(range(5), 2):
            gap = x[i] - x[j]
            cut = gap[1] / (gap[1] - gap[0])
            if low < cut < high:
                cuts.add(cut)
        cuts = sorted(cuts)
        inner = [(s + t) / 2 for s, t in itertools.pairwise(cuts)]
        for k in range(5):
            seen = []
            for w in inner:
                s = x @ [w, 1 - w]
                seen.append(1 + int((s > s[k]).sum()))
            # A crossing is a tie and no better than one of its sides, unless two cross at once.
            found = ref.rank_interval(x, k, [low, 1 - high], [high, 1 - low])
            assert found == (min(seen), max(seen))


def test_rank_intervals_hold_every_sample_and_reach_them():
    rng = np.random.default_rng(10)
    low, high = np.full(3, 0.2), np.full(3, 0.6)
    equal = 0
    for _ in range(3):
        x = rng.uniform(0, 100, (5, 3))
        for k in range(5):
            best, worst = ref.rank_interval(x, k, low, high)
            seen = ref.sampled_interval(x, k, low, high, 300, rng)
            nominal = ref.ranks(x.mean(axis=1))[k]
            assert best <= seen[0] <= nominal <= seen[1] <= worst
            equal += (best, worst) == seen
    assert equal >= 13, "dense sampling finds nearly all ends on cases of this size"


def test_rank_intervals_by_hand():
    # 1 is above 0 on both, 2 crosses 0, 3 is the same row as 0.
    x = np.array([[50.0, 50.0], [60.0, 70.0], [90.0, 10.0], [50.0, 50.0]])
    free = ([0.0, 0.0], [1.0, 1.0])
    assert ref.rank_interval(x, 0, *free) == (2, 3)
    # With e = 0 the equal row counts as above in the worst case.
    assert ref.rank_interval(x, 0, *free, e=0.0) == (2, 4)
    assert ref.rank_interval(x, 2, *free) == (1, 4)
    # w1 <= w2 keeps unit 2 at or below unit 0.
    assert ref.rank_interval(x, 2, *free, a_ub=[[1.0, -1.0]], b_ub=[0.0]) == (2, 4)
    corners = ref.box_vertices(np.full(3, 0.2), np.full(3, 0.6))
    assert len(corners) == 3
    near(sorted(corners[0]), [0.2, 0.2, 0.6])


def test_tree_boxes_around_nominal_weights():
    meta, data = small_tree({"a": 2, "q": 3}), small_table(11)
    z = ref.normalise(data, meta).to_numpy()
    family = {c: ref.children(meta, meta.loc[c, "parent"]) for c in meta.index if c != "top"}
    share = {c: meta.loc[c, "weight"] / meta.loc[own, "weight"].sum() for c, own in family.items()}
    _, nominal = ref.replicate(data, meta)
    for f, tight in ((0.0, True), (0.25, False)):
        a, b = ref.tree_rows(
            meta,
            {c: s * (1 - f) for c, s in share.items()},
            {c: s * (1 + f) for c, s in share.items()},
        )
        w = ref.leaf_weights(meta).to_numpy()
        assert (a @ w <= b + EXACT).all()
        for k in (0, 3):
            best, worst = ref.rank_interval(z, k, np.zeros(5), np.ones(5), a, b + 1e-12)
            assert best <= nominal.iloc[k] <= worst
            assert (best == worst) or not tight


# --- change over years ---------------------------------------------------------------


def test_shapley_by_hand():
    worth = {"": 0.0, "a": 10.0, "b": 4.0, "ab": 20.0}
    found = ref.shapley(lambda on: worth["".join(sorted(on))], ["a", "b"])
    assert found == {"a": 13.0, "b": 7.0}


def test_change_parts_sum_and_flip():
    meta = small_tree()
    old, new = small_table(12), small_table(13)
    revised = old + np.random.default_rng(14).normal(0, 1, old.shape)

    def evaluate(table, codes):
        dropped = [c for c in "abcde" if c not in (codes or "abcde")]
        return ref.replicate(table, meta, dropped=dropped)[0]

    total = evaluate(new, "abcde")["u1"] - evaluate(old, "abce")["u1"]
    parts = ref.change_parts("u1", old, new, evaluate, revised, "abce", "abcde")
    assert set(parts) == {"own", "others", "revision", "composition"}
    near(sum(parts.values()), total)
    forth = ref.change_parts("u1", old, new, evaluate)
    back = ref.change_parts("u1", new, old, evaluate)
    near([forth["own"], forth["others"]], [-back["own"], -back["others"]])
    same = ref.change_parts("u1", old, new, evaluate, revised=old)
    assert same["revision"] == 0


# --- other libraries -----------------------------------------------------------------


@pytest.fixture(scope="module")
def complete(asem):
    """ASEM with column means in its gaps, and its directions: the libraries take no gaps."""
    data, meta = asem
    names = ref.leaves(meta)
    filled = ref.impute(data, meta, "mean")[names].astype(float)
    return filled, meta.loc[names, "direction"].astype(int).to_numpy(), meta


@pytest.mark.data
def test_weighted_sums_equal_pymcdm(complete):
    from pymcdm.methods import WSM
    from pymcdm.normalizations import minmax_normalization

    filled, types, meta = complete
    flat = meta.loc[ref.leaves(meta)].assign(parent="all")
    flat.loc["all"] = meta.loc["Index"]
    for weights in (np.full(49, 1 / 49), np.random.default_rng(15).dirichlet(np.ones(49))):
        theirs = WSM(minmax_normalization)(filled.to_numpy(), weights, types)
        own, places = ref.replicate(filled, flat, dict(zip(filled, weights, strict=True)))
        near(own / 100, theirs)
        near(places, pd.Series(theirs).rank(ascending=False))


@pytest.mark.data
def test_weighted_sums_equal_scikit_criteria(complete):
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.pipelines import mkpipe
    from skcriteria.preprocessing.invert_objectives import NegateMinimize
    from skcriteria.preprocessing.scalers import MinMaxScaler

    filled, types, meta = complete
    weights = ref.leaf_weights(meta)
    problem = skcriteria.mkdm(filled.to_numpy(), types, weights=weights.to_numpy())
    chain = mkpipe(NegateMinimize(), MinMaxScaler(target="matrix"), WeightedSumModel())
    theirs = chain.evaluate(problem)
    own, places = ref.replicate(filled, meta)
    near(own / 100, theirs.e_.score)
    near(places, theirs.rank_)


@pytest.mark.data
def test_weights_from_data_equal_both_libraries(complete):
    from pymcdm import weights as theirs
    from skcriteria.preprocessing.weighters import critic_weights, entropy_weights

    filled, types, _ = complete
    x = filled.to_numpy()
    names = [j for j in range(49) if (x[:, j] > 0).all()][:12]
    own = ref.entropy_weights(x[:, names])
    near(own, theirs.entropy_weights(x[:, names]), 1e-11)
    near(own, entropy_weights(x[:, names]), 1e-11)
    turned = (x * types)[:, :12]
    z = np.column_stack([ref.normalise_column(v) for v in turned.T])
    own = ref.critic_weights(z)
    near(own, theirs.critic_weights(turned), 1e-11)
    near(own, critic_weights(turned, np.ones(12)), 1e-11)
