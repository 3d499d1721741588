"""Imputation against pandas, explicit least squares and the laws of section 2.2."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hansa.errors import HansaError, UsageError
from hansa.index import impute_models as models
from hansa.index import impute_rules as rules
from hansa.index.impute import REASONS, RULES, Filled, Options, Rows, impute
from hansa.index.impute_draws import (
    combine,
    filled_share,
    hot_deck,
    rank_changes,
    regression_draws,
)
from hansa.index.impute_models import Basis
from hansa.index.ranks import ranks


def by_hand() -> tuple[np.ndarray, Rows]:
    """Three units in 2000, 2001 and 2005, rows not in order."""
    x = np.array([[1.0], [np.nan], [9.0], [np.nan], [5.0], [7.0], [np.nan], [np.nan], [6.0]])
    unit = np.array([0, 0, 0, 1, 1, 2, 2, 2, 1])
    time = np.array([2000, 2001, 2005, 2000, 2001, 2000, 2001, 2005, 2005])
    return x, Rows(unit, time, np.array([0, 0, 0, 0, 0, 1, 1, -1, 0]))


def values(made: Filled) -> list[float]:
    return [round(float(v), 10) for v in made.x[:, 0]]


def reasons(made: Filled) -> dict[int, str]:
    return {row: reason for row, _, reason in made.left()}


def test_by_hand() -> None:
    x, rows = by_hand()
    nan = np.nan
    mean = impute(x, rows, "mean", Options())
    assert values(mean) == [1, 5, 9, 4, 5, 7, 5, 7.5, 6]
    latest = impute(x, rows, "panel-latest", Options(max_back=1))
    np.testing.assert_array_equal(latest.x[:, 0], [1, 1, 9, nan, 5, 7, 7, nan, 6])
    assert reasons(latest) == {3: REASONS[rules.NOTHING_EARLIER], 7: REASONS[rules.TOO_OLD]}
    assert values(impute(x, rows, "panel-constant", Options())) == [1, 1, 9, 5, 5, 7, 7, 7, 6]
    line = impute(x, rows, "panel linear", Options())
    np.testing.assert_allclose(line.x[:, 0], [1, 2.6, 9, 5, 5, 7, nan, nan, 6])
    assert reasons(line) == dict.fromkeys((6, 7), REASONS[rules.ONE_VALUE])
    held = impute(x, rows, "panel_linear", Options(single="constant"))
    np.testing.assert_allclose(held.x[:, 0], [1, 2.6, 9, 5, 5, 7, 7, 7, 6])
    group = impute(x, rows, "group-mean", Options())
    np.testing.assert_array_equal(group.x[:, 0], [1, 5, 9, 1, 5, 7, nan, nan, 6])
    assert reasons(group) == {6: REASONS[rules.EMPTY_GROUP], 7: REASONS[rules.NO_GROUP]}
    left = impute(x, rows, "none", Options())
    assert not left.mask.any()
    assert len(left.left()) == 4


def test_pillar_mean_by_hand() -> None:
    # Unit 2 misses column 0; its siblings stand at 0.25 and, low being good, at 0.75.
    x = np.array([[10.0, 0.0, 8.0], [30.0, 4.0, 4.0], [np.nan, 1.0, 5.0]])
    made = models.pillar_mean(x, np.zeros(3, int), np.zeros(3, int), np.array([1.0, 1.0, -1.0]))
    assert made.x[2, 0] == pytest.approx(10 + 0.5 * 20)
    turned = models.pillar_mean(x, np.zeros(3, int), np.zeros(3, int), np.array([-1.0, 1, -1]))
    assert turned.x[2, 0] == pytest.approx(30 - 0.5 * 20)
    apart = models.pillar_mean(x, np.zeros(3, int), np.array([0, 0, 1]), np.ones(3))
    assert apart.left() == [(2, 0, REASONS[rules.FEW_SIBLINGS])]
    one = models.pillar_mean(x, np.zeros(3, int), np.array([0, 0, 1]), np.ones(3), 1)
    assert one.x[2, 0] == pytest.approx(10 + 0.25 * 20)
    rootless = models.pillar_mean(x, np.zeros(3, int), np.full(3, -1), np.ones(3), 1)
    assert np.isnan(rootless.x[2, 0])


def asem(hansa_data) -> tuple[np.ndarray, Rows, pd.DataFrame, list[str]]:
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    data = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")
    leaves = meta[meta.Type == "Indicator"]
    codes = list(leaves.iCode)
    x = data[codes].to_numpy(float)
    rows = Rows(
        np.arange(len(x)),
        data.Time.to_numpy(),
        pd.factorize(data.GDP_group)[0],
        pd.factorize(leaves.Parent)[0],
        leaves.Direction.to_numpy(float),
    )
    return x, rows, data, codes


def test_asem_has_the_gaps_it_is_known_for(hansa_data) -> None:
    x, *_ = asem(hansa_data)
    assert int(np.isnan(x).sum()) == 63
    assert int(np.isnan(x).any(axis=0).sum()) == 16


@pytest.mark.parametrize(
    ("rule", "way"), [("mean", "mean"), ("median", "median"), ("group-mean", "mean")]
)
def test_asem_columns_as_pandas_fills_them(hansa_data, rule: str, way: str) -> None:
    x, rows, data, codes = asem(hansa_data)
    by = data.groupby(["Time", "GDP_group"] if "group" in rule else ["Time"])[codes]
    expected = data[codes].astype(float).fillna(by.transform(way))
    made = impute(x, rows, rule, Options())
    np.testing.assert_allclose(made.x, expected.to_numpy(float), rtol=1e-13)
    assert made.mask.sum() == 63


def test_asem_pillar_mean_cell_by_cell(hansa_data) -> None:
    x, rows, _, _ = asem(hansa_data)
    made = impute(x, rows, "pillar-mean", Options())
    low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    z = (x - low) / (high - low)
    z = np.where(rows.direction > 0, z, 1 - z)
    for i, j in np.argwhere(np.isnan(x)):
        near = [z[i, s] for s in range(x.shape[1]) if s != j and rows.family[s] == rows.family[j]]
        near = [v for v in near if not np.isnan(v)]
        share = np.mean(near) if rows.direction[j] > 0 else 1 - np.mean(near)
        assert made.x[i, j] == pytest.approx(low[j] + share * (high[j] - low[j]), rel=1e-12)
    assert made.mask.sum() == 63


def test_asem_regression_by_normal_equations(hansa_data) -> None:
    x, rows, _, _ = asem(hansa_data)
    made = impute(x, rows, "regression", Options())
    for i, j in np.argwhere(made.mask):
        kin = np.flatnonzero((rows.family == rows.family[j]) & ~np.isnan(x[i]))
        train = np.flatnonzero(~np.isnan(x[:, [*kin, j]]).any(axis=1))
        centre, spread = x[train][:, kin].mean(0), x[train][:, kin].std(0)
        a = np.column_stack([np.ones(len(train)), (x[np.ix_(train, kin)] - centre) / spread])
        b = np.linalg.solve(a.T @ a, a.T @ x[train, j])
        assert made.x[i, j] == pytest.approx(b[0] + (x[i, kin] - centre) / spread @ b[1:], rel=1e-8)
    assert made.mask.sum() + len(made.left()) == 63
    assert made.mask.sum() == 63


def test_asem_nearest_by_a_plain_search(hansa_data) -> None:
    x, rows, _, _ = asem(hansa_data)
    made = impute(x, rows, "nearest", Options(nearest=4))
    z = (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1)
    for i, j in np.argwhere(np.isnan(x)):
        kin = [s for s in np.flatnonzero(rows.family == rows.family[j]) if s != j]
        found = []
        for other in np.flatnonzero(~np.isnan(x[:, j])):
            gap = z[i, kin] - z[other, kin]
            gap = gap[~np.isnan(gap)]
            if gap.size >= 2:
                found.append((float(np.sqrt(np.mean(gap**2))), x[other, j]))
        best = sorted(found)[:4]
        assert made.x[i, j] == pytest.approx(np.mean([v for _, v in best]), rel=1e-12)


def world(hansa_data) -> tuple[np.ndarray, Rows, pd.DataFrame]:
    """Countries of the World Bank panel 2000-2019, eight indicators, with their real gaps."""
    long = pd.read_parquet(hansa_data / "indicators" / "worldbank_selected_2000_2019.parquet")
    codes = ["IT.NET.USER.ZS", "NE.TRD.GNFS.ZS", "SP.DYN.LE00.IN", "GB.XPD.RSDV.GD.ZS"]
    codes += ["MS.MIL.XPND.GD.ZS", "ST.INT.ARVL", "SP.URB.TOTL.IN.ZS", "UNDP.HDI.XD"]
    long = long[long.indicator.isin(codes) & long.iso3c.notna() & long.region.notna()]
    long = long.drop_duplicates(["iso3c", "year", "indicator"])
    wide = long.pivot(index=["iso3c", "year"], columns="indicator", values="value")
    wide = wide.sample(frac=0.97, random_state=3)  # some unit-years are absent, none in order
    region = long.drop_duplicates("iso3c").set_index("iso3c").region
    table = wide.reset_index()
    rows = Rows(
        pd.factorize(table.iso3c)[0],
        table.year.to_numpy(),
        pd.factorize(table.iso3c.map(region))[0],
        np.zeros(len(codes), int),
        np.ones(len(codes)),
    )
    return wide[codes].to_numpy(float), rows, wide[codes]


def panel_by_pandas(wide: pd.DataFrame, fill) -> np.ndarray:
    """A rule on one unit's table over all panel years, put back in the order of the rows."""
    years = sorted(set(wide.index.get_level_values("year")))
    made = []
    for code, one in wide.groupby(level="iso3c", observed=True):
        one = fill(one.droplevel("iso3c").reindex(years))
        one.index = pd.MultiIndex.from_product([[code], years], names=["iso3c", "year"])
        made.append(one)
    return pd.concat(made).loc[list(wide.index)].to_numpy(float)


def test_world_bank_panel_as_pandas_fills_it(hansa_data) -> None:
    x, rows, wide = world(hansa_data)
    assert np.isnan(x).sum() > 5000
    for back in (None, 1, 3):
        made = impute(x, rows, "panel-latest", Options(max_back=back))
        np.testing.assert_array_equal(
            made.x, panel_by_pandas(wide, lambda t, n=back: t.ffill(limit=n))
        )
    made = impute(x, rows, "panel-constant", Options())
    np.testing.assert_array_equal(made.x, panel_by_pandas(wide, lambda t: t.ffill().bfill()))
    made = impute(x, rows, "panel-linear", Options(single="constant"))
    expected = panel_by_pandas(
        wide, lambda t: t.interpolate(method="index", limit_direction="both")
    )
    np.testing.assert_allclose(made.x, expected, rtol=1e-12)
    strict = impute(x, rows, "panel-linear", Options())
    lonely = strict.reason == rules.ONE_VALUE
    assert lonely.any()
    np.testing.assert_array_equal(np.isnan(strict.x), np.isnan(made.x) | lonely)


def test_world_bank_groups_as_pandas_fills_them(hansa_data) -> None:
    x, rows, wide = world(hansa_data)
    keys = [rows.time, rows.group]
    plain = wide.reset_index(drop=True)
    for rule, way in (("group-mean", "mean"), ("group-median", "median")):
        made = impute(x, rows, rule, Options())
        expected = plain.fillna(plain.groupby(keys).transform(way)).to_numpy(float)
        np.testing.assert_allclose(made.x, expected, rtol=1e-12)
    made = impute(x, rows, "median", Options())
    expected = plain.fillna(plain.groupby(rows.time).transform("median")).to_numpy(float)
    np.testing.assert_array_equal(made.x, expected)


def test_uk_regions_each_column_by_its_own_rule(hansa_data) -> None:
    long = pd.read_parquet(hansa_data / "indicators" / "uk_regional_innovation_indicators.parquet")
    long = long[(long.level == 2) & (long.nuts_version == 2016) & (long.year >= 2012)]
    wide = long.pivot_table(
        index=["geo", "year"], columns="indicator", values="value", observed=True
    )
    codes = ["eurostat_berd_data", "cordis_funding", "net_migration_rate_internal"]
    table = wide[codes].reset_index()
    unit = pd.factorize(table.geo)[0]
    x = table[codes].to_numpy(float)
    rows = Rows(unit, table.year.to_numpy())
    made = impute(x, rows, ["panel-linear", "none", "panel-latest"], Options())
    assert np.isnan(x).any(axis=0).all()
    for u in np.unique(unit):
        at = unit == u
        years, y = table.year[at].to_numpy(float), x[at, 0]
        there = ~np.isnan(y)
        if there.sum() >= 2:
            np.testing.assert_allclose(made.x[at, 0], np.interp(years, years[there], y[there]))
        else:
            np.testing.assert_array_equal(made.x[at, 0], y)
    np.testing.assert_array_equal(made.x[:, 1], x[:, 1])
    expected = table.groupby("geo")[codes[2]].ffill()
    np.testing.assert_array_equal(made.x[:, 2], expected.to_numpy(float))


@st.composite
def tables(draw) -> tuple[np.ndarray, Rows]:
    units, years = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    columns = draw(st.integers(1, 5))
    number = st.integers(-50, 50).map(float) | st.just(float("nan"))
    x = draw(hnp.arrays(float, (units * years, columns), elements=number))
    unit = np.repeat(np.arange(units), years)
    time = np.tile(
        np.cumsum(draw(st.lists(st.integers(1, 4), min_size=years, max_size=years))), units
    )
    group = draw(hnp.arrays(np.int64, units, elements=st.integers(-1, 2)))[unit]
    family = draw(hnp.arrays(np.int64, columns, elements=st.integers(0, 1)))
    direction = draw(hnp.arrays(float, columns, elements=st.sampled_from([-1.0, 1.0])))
    keep = np.array(draw(st.permutations(range(len(x)))))[: draw(st.integers(1, len(x)))]
    return x[keep], Rows(unit[keep], time[keep], group[keep], family, direction)


OPTIONS = Options(max_back=1, nearest=2)


@settings(max_examples=150, deadline=None)
@given(tables(), st.sampled_from(sorted(RULES)))
def test_observed_cells_stay_and_a_second_run_changes_nothing(table, rule) -> None:
    x, rows = table
    made = impute(x, rows, rule, OPTIONS)
    there = ~np.isnan(x)
    np.testing.assert_array_equal(made.x[there], x[there])
    assert not (made.mask & there).any()
    np.testing.assert_array_equal(np.isnan(made.x), made.reason > 0)
    marked = Rows(rows.unit, rows.time, rows.group, rows.family, rows.direction, made.mask)
    again = impute(made.x, marked, rule, OPTIONS)
    np.testing.assert_array_equal(again.x, made.x)
    assert not again.mask.any()
    np.testing.assert_array_equal(again.reason, made.reason)


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from(sorted(RULES)), st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_decides_nothing(table, rule, random) -> None:
    x, rows = table
    p = np.array(random.sample(range(len(x)), len(x)))
    q = np.array(random.sample(range(x.shape[1]), x.shape[1]))
    other = Rows(rows.unit[p], rows.time[p], rows.group[p], rows.family[q], rows.direction[q])
    first, second = impute(x, rows, rule, OPTIONS), impute(x[p][:, q], other, rule, OPTIONS)
    np.testing.assert_allclose(second.x, first.x[p][:, q], rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(second.reason, first.reason[p][:, q])


@settings(max_examples=100, deadline=None)
@given(tables())
def test_one_group_is_no_group_and_the_mean_keeps_the_mean(table) -> None:
    x, rows = table
    one = np.zeros(len(x), int)
    for plain, grouped in ((rules.mean, rules.group_mean), (rules.median, rules.group_median)):
        np.testing.assert_array_equal(plain(x, rows.time).x, grouped(x, rows.time, one).x)
    made = rules.mean(x, rows.time)
    for year in np.unique(rows.time):
        at = rows.time == year
        seen = ~np.isnan(x[at]).all(axis=0)
        before = np.nanmean(x[at][:, seen], axis=0)
        np.testing.assert_allclose(made.x[at][:, seen].mean(axis=0), before, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(["mean", "panel-linear", "pillar-mean", "regression", "nearest"]))
def test_a_changed_unit_of_measure_changes_nothing(table, rule) -> None:
    x, rows = table
    scale = 1.0 + np.arange(x.shape[1])
    first, second = impute(x, rows, rule, OPTIONS), impute(8 * x * scale - 3, rows, rule, OPTIONS)
    np.testing.assert_allclose((second.x + 3) / 8 / scale, first.x, rtol=1e-6, atol=1e-6)


def test_regression_refuses_below_three_degrees_of_freedom() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(6, 3))
    x[0, 0] = np.nan
    basis, time = Basis(family=np.zeros(3, int)), np.zeros(6, int)
    assert models.regression(x, time, basis).left() == [(0, 0, REASONS[rules.FEW_FREEDOM])]
    assert "3 residual degrees" in REASONS[rules.FEW_FREEDOM]
    x = np.vstack([x, rng.normal(size=(1, 3))])
    assert models.regression(x, np.zeros(7, int), basis).mask.sum() == 1


def test_named_predictors_must_be_there() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(12, 3))
    x[:, 2] = 1 + 2 * x[:, 0] - 3 * x[:, 1]
    truth = x[3, 2]
    x[3, 2] = np.nan
    x[4, [1, 2]] = np.nan
    made = models.regression(x, np.zeros(12, int), Basis(columns=(0, 1)))
    assert made.x[3, 2] == pytest.approx(truth, abs=1e-12)
    assert (4, 2, REASONS[rules.NO_PREDICTOR]) in made.left()


def test_nearest_counts_all_that_are_as_near() -> None:
    x = np.array([[np.nan, 0.0], [1.0, 1.0], [5.0, -1.0], [100.0, 50.0]])
    made = models.nearest(x, np.zeros(4, int), Basis(family=np.zeros(2, int)), k=1)
    assert made.x[0, 0] == pytest.approx(3.0)


def test_a_repeated_row_is_named() -> None:
    with pytest.raises(HansaError, match="two rows for one year") as problem:
        rules.panel_latest(np.ones((2, 1)), np.array([7, 7]), np.array([2004, 2004]))
    assert "unit 7, year 2004" in str(problem.value)


def test_what_cannot_be_meant_is_refused() -> None:
    x, rows = by_hand()
    for rule, options, text in (
        ("averege", Options(), "panel-linear"),
        ("panel-latest", Options(max_back=0), "max_back must be 1 or more"),
        ("panel-linear", Options(single="guess"), "missing or constant"),
        ("pillar-mean", Options(), "needs families"),
        ("nearest", Options(predictors=(), nearest=0), "at least 1 unit"),
    ):
        with pytest.raises(UsageError, match=text):
            impute(x, rows, rule, options)
    with pytest.raises(UsageError, match="needs groups"):
        impute(x, Rows(rows.unit, rows.time), "group-mean", Options())
    with pytest.raises(UsageError, match="2 rules for 1 columns"):
        impute(x, rows, ["mean", "mean"], Options())
    with pytest.raises(UsageError, match="m = 5"):
        hot_deck(x, rows.time, None, 5, np.random.default_rng(1))


def test_hot_deck_draws_donors_of_the_group(hansa_data) -> None:
    x, rows, _, _ = asem(hansa_data)
    made = hot_deck(x, rows.time, rows.group, 400, np.random.default_rng(4))
    assert made.mask.sum() + len(made.left()) == 63
    for c, (i, j) in enumerate(zip(made.row, made.column, strict=True)):
        pool = x[(rows.group == rows.group[i]) & ~np.isnan(x[:, j]), j]
        assert set(made.values[:, c]) <= set(pool)
        # Mean of a draw is that of the donors; the bootstrap doubles nothing but the noise.
        off = abs(made.values[:, c].mean() - pool.mean())
        assert off <= 5 * pool.std() / np.sqrt(400) + 1e-12
    table = made.table(3)
    there = ~np.isnan(x)
    np.testing.assert_array_equal(table[there], x[there])
    again = hot_deck(x, rows.time, rows.group, 400, np.random.default_rng(4))
    np.testing.assert_array_equal(again.values, made.values)


def test_hot_deck_gives_the_variance_of_the_bootstrap() -> None:
    pool = np.array([0.0, 1.0, 4.0, 10.0])
    x = np.append(pool, [np.nan] * 60)[:, None]
    made = hot_deck(x, np.zeros(64, int), None, 20_000, np.random.default_rng(5))
    # Mean over the gaps of one table: var = s2 (1/n + (1 - 1/n)/gaps), s2 with divisor n.
    expected = pool.var() * (1 / 4 + (1 - 1 / 4) / 60)
    assert made.values.mean(axis=1).var() == pytest.approx(expected, rel=0.04)


def test_regression_draws_have_the_variance_of_a_prediction() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(16, 3))
    x[:, 0] += 2 * x[:, 1]
    x[0, 0] = np.nan
    basis, time = Basis(family=np.zeros(3, int)), np.zeros(16, int)
    made = regression_draws(x, time, basis, 40_000, np.random.default_rng(7))
    a = np.insert(x[1:, 1:], 0, 1.0, axis=1)
    ask = np.insert(x[0, 1:], 0, 1.0)
    b, squares, *_ = np.linalg.lstsq(a, x[1:, 0], rcond=None)
    freedom = 15 - 3
    lever = ask @ np.linalg.inv(a.T @ a) @ ask
    variance = squares[0] / freedom * freedom / (freedom - 2) * (1 + lever)
    draws = made.values[:, 0]
    assert draws.mean() == pytest.approx(ask @ b, abs=4 * np.sqrt(variance / 40_000))
    assert draws.var() == pytest.approx(variance, rel=0.04)
    assert models.regression(x, time, basis).x[0, 0] == pytest.approx(ask @ b)


def test_intervals_from_draws_cover_as_they_promise() -> None:
    """Of 1,000 samples with a fifth of y missing at random, 95 % intervals hold the mean of y."""
    from scipy import stats

    rng, hits = np.random.default_rng(11), 0
    for _ in range(1000):
        z = rng.normal(size=40)
        x = np.column_stack([z + rng.normal(size=40), z])
        x[rng.random(40) < 0.2, 0] = np.nan
        made = regression_draws(x, np.zeros(40, int), Basis(columns=(1,)), 20, rng)
        y = np.array([t[:, 0] for t in made.tables()])
        pooled = combine(y.mean(axis=1), y.var(axis=1, ddof=1) / 40)
        half = stats.t.ppf(0.975, pooled.freedom) * np.sqrt(pooled.variance)
        hits += abs(pooled.estimate) <= half
    assert 0.93 <= hits / 1000 <= 0.97


def test_rubin_by_hand() -> None:
    made = combine(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 2.0]))
    assert made.estimate == 2
    assert made.within == 1
    assert made.between == 1
    assert made.variance == pytest.approx(1 + 4 / 3)
    assert made.freedom == pytest.approx(2 * (1 + 3 / 4) ** 2)
    same = combine(np.ones((20, 4)))
    np.testing.assert_array_equal(same.variance, 0)
    assert np.isinf(same.freedom).all()
    with pytest.raises(UsageError, match="1 results"):
        combine(np.ones((1, 3)))


def test_report_of_draws(hansa_data) -> None:
    assert list(filled_share(np.array([[True, False, True]]), np.array([0.5, 0.3, 0.2]))) == [0.7]
    made = rank_changes(np.array([[1.0, 2, np.nan], [1, 2, np.nan], [1, 3, 2], [1, 3, 2]]))
    np.testing.assert_allclose(made, [0, 1 - 4 / 12, 1 - 4 / 12])
    x, rows, _, _ = asem(hansa_data)
    draws = regression_draws(x, rows.time, Basis(family=rows.family), 40, np.random.default_rng(9))
    z = [(t - t.min(0)) / np.ptp(t, axis=0) for t in draws.tables()]
    table = np.array([ranks(np.where(rows.direction > 0, t, 1 - t).mean(axis=1)) for t in z])
    moved = rank_changes(table)
    pairs = [(a != b) for i, a in enumerate(table) for b in table[:i]]
    np.testing.assert_allclose(moved, np.mean(pairs, axis=0))
    assert 0 < moved.max() < 1


def test_draws_tell_what_they_could_not_fill() -> None:
    x, rows = by_hand()
    made = hot_deck(x, rows.time, rows.group, 20, np.random.default_rng(1))
    assert made.left() == [
        (6, 0, REASONS[rules.EMPTY_GROUP]),
        (7, 0, REASONS[rules.NO_GROUP]),
    ]
    assert list(made.row) == [1, 3]
    assert set(made.values[:, 1]) == {1.0}
    np.testing.assert_array_equal(np.isnan(made.table(0)[:, 0]).nonzero()[0], [6, 7])
    none = hot_deck(np.array([[np.nan]]), np.array([1]), None, 20, np.random.default_rng(1))
    assert none.left() == [(0, 0, REASONS[rules.NO_VALUE])]
    thin = regression_draws(
        np.array([[np.nan, 1.0], [1, 2], [2, 3]]),
        np.zeros(3, int),
        Basis(columns=(1,)),
        20,
        np.random.default_rng(1),
    )
    assert thin.left() == [(0, 0, REASONS[rules.FEW_FREEDOM])]


def test_marked_cells_are_no_donors() -> None:
    x = np.array([[1.0], [50.0], [np.nan]])
    marked = np.array([[False], [True], [False]])
    made = hot_deck(x, np.zeros(3, int), None, 20, np.random.default_rng(1), marked)
    assert set(made.values[:, 0]) == {1.0}
    assert rules.mean(x, np.zeros(3, int), marked).x[2, 0] == 1.0
