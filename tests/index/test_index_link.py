"""The outcome link against scipy, against numpy's own least squares, and by hand.

Tolerance 1e-12 on statistics, 1e-10 where thousands of draws are summed in another order.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from hansa.errors import HansaError, UsageError
from hansa.index.link import (
    bootstrap,
    fisher_interval,
    guarded_link,
    least_squares,
    leave_one_out,
    link,
    permutation_p,
    without_tail,
)
from hansa.index.link_rows import mid_ranks, paired, row_kendall, row_pearson, row_spearman

nan = np.nan
whole = st.integers(-20, 20).map(float)
pairs = st.integers(4, 12).flatmap(
    lambda n: st.tuples(arrays(float, n, elements=whole), arrays(float, n, elements=whole))
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def tables(hansa_data):
    """Framework and performance of 25 countries in 2008, sorted by framework, and their codes."""
    read = []
    for name in ("nim_table2_framework", "nim_table1_performance"):
        with (hansa_data / "bsr2009" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            read.append({r["iso2"]: float(r["index_2008"]) for r in csv.DictReader(lines)})
    codes = sorted(read[0], key=lambda c: (read[0][c], read[1][c]))
    return *(np.array([r[c] for c in codes]) for r in read), codes


@pytest.mark.data
def test_all_of_it_on_the_two_tables_of_2009_equals_scipy(tables) -> None:
    x, y, codes = tables
    found = link(x, y, rng(), codes)
    theirs = stats.pearsonr(x, y)
    assert found.n == 25
    assert found.pearson == pytest.approx(theirs.statistic, abs=1e-12)
    assert found.fisher == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-12)
    assert found.spearman == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert found.kendall == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    # The same draws: both take `integers(0, n, (draws, n))` from the generator.
    bca = stats.bootstrap(
        (x, y),
        lambda a, b, axis=-1: stats.pearsonr(a, b, axis=axis).statistic,
        paired=True,
        vectorized=True,
        n_resamples=10_000,
        method="BCa",
        rng=rng(),
    )
    ends = (found.bootstrap.low, found.bootstrap.high)
    assert ends == pytest.approx(tuple(bca.confidence_interval), abs=1e-10)
    assert found.p == 1 / 10_001
    assert [codes[i] for i in found.fit.far] == ["JP", "KR"]
    assert found.lowest.falls
    assert not found.highest.falls
    assert [codes[i] for i in found.lowest.left_out] == ["MX", "TR", "GR", "IT", "PT"]
    assert found.lowest.r == pytest.approx(stats.pearsonr(x[5:], y[5:]).statistic, abs=1e-12)
    assert found.warnings == (
        "Without the 5 lowest on the outcome (MX, TR, GR, IT, PT) r is 0.57 in place of 0.91: "
        "|r| falls by more than a third.",
    )


@settings(deadline=None)
@given(pairs)
def test_rows_of_correlations_equal_scipy(pair) -> None:
    x, y = pair
    for own, theirs in (
        (row_pearson, stats.pearsonr),
        (row_spearman, stats.spearmanr),
        (row_kendall, stats.kendalltau),
    ):
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            assert np.isnan(own(x, y))
        else:
            assert float(own(x, y)) == pytest.approx(theirs(x, y).statistic, abs=1e-10)
            many = own(np.stack([x, x[::-1]]), np.stack([y, y[::-1]]))
            assert many == pytest.approx([float(own(x, y))] * 2, abs=1e-12)
    assert np.array_equal(mid_ranks(x), stats.rankdata(x))


@settings(deadline=None)
@given(pairs, st.floats(0.01, 100), st.floats(-50, 50))
def test_affine_maps_change_nothing_and_a_vector_is_one_with_itself(pair, a, b) -> None:
    x, y = pair
    for own in (row_pearson, row_spearman, row_kendall):
        assert own(a * x + b, y) == pytest.approx(own(x, y), abs=1e-9, nan_ok=True)
        if np.ptp(x) > 0:
            assert own(x, x) == pytest.approx(1, abs=1e-12)
            assert own(x, -x) == pytest.approx(-1, abs=1e-12)
    monotone = x**3 + x
    assert row_spearman(monotone, y) == pytest.approx(row_spearman(x, y), abs=1e-12, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(pair, random) -> None:
    x, y = pair
    order = np.array(random.sample(range(len(x)), len(x)))
    one = link(x, y, rng(3), draws=300)
    other = link(x[order], y[order], rng(3), draws=300)
    for name in ("n", "pearson", "fisher", "spearman", "kendall", "p", "p_spearman"):
        a, b = getattr(one, name), getattr(other, name)
        assert a == pytest.approx(b, abs=1e-12, nan_ok=True)
    assert one.bootstrap.undefined == other.bootstrap.undefined
    assert one.bootstrap.low == pytest.approx(other.bootstrap.low, abs=1e-9, nan_ok=True)
    without = (one.leave_one_out.without[order], other.leave_one_out.without)
    assert without[0] == pytest.approx(without[1], abs=1e-12, nan_ok=True)
    assert {int(order[i]) for i in other.lowest.left_out} == set(one.lowest.left_out)
    assert {int(order[i]) for i in other.leave_one_out.low_units} == set(
        one.leave_one_out.low_units
    )


def test_the_fisher_interval_by_hand() -> None:
    # atanh(0.5) = 0.549306, 1.959964 / sqrt(25) = 0.391993 for 28 units.
    low, high = fisher_interval(0.5, 28)
    assert low == pytest.approx(np.tanh(0.5493061443 - 0.3919927969), abs=1e-9)
    assert high == pytest.approx(np.tanh(0.5493061443 + 0.3919927969), abs=1e-9)
    assert fisher_interval(1.0, 10) == (1, 1)
    assert all(np.isnan(fisher_interval(0.5, 3)))
    assert fisher_interval(0.5, 29, controls=1) == pytest.approx((low, high), abs=1e-12)


def test_draws_that_leave_a_side_constant_are_counted() -> None:
    # Three units: 3 of the 27 draws hold one unit only; y is constant in those of units 1 and 2
    # too, (2**3 - 2) more. So 9 of 27 are undefined.
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0])
    found = bootstrap(x, y, rng(), 20_000)
    assert found.draws == 20_000
    assert found.undefined / found.draws == pytest.approx(9 / 27, abs=0.015)
    assert "bootstrap draws left one side constant" in " ".join(link(x, y, rng()).warnings)


def test_the_bootstrap_of_a_perfect_link_is_a_point_and_of_a_constant_nothing() -> None:
    x = np.arange(9.0)
    found = bootstrap(x, 3 * x - 1, rng(), 500)
    assert (found.low, found.high) == pytest.approx((1, 1), abs=1e-12)
    constant = bootstrap(x, np.ones(9), rng(), 500)
    assert np.isnan(constant.low)
    assert constant.undefined == 500


def test_the_bootstrap_of_spearman_equals_scipy() -> None:
    x = np.sort(rng(5).normal(size=12))
    y = x + rng(6).normal(size=12)
    theirs = stats.bootstrap(
        (x, y),
        lambda a, b: stats.spearmanr(a, b).statistic,
        paired=True,
        vectorized=False,
        n_resamples=400,
        method="BCa",
        rng=rng(7),
    ).confidence_interval
    # Without `vectorized` scipy draws one resample after the other, from the same stream.
    found = bootstrap(x, y, rng(7), 400, "spearman")
    assert (found.low, found.high) == pytest.approx(tuple(theirs), abs=1e-10)


def test_the_bootstrap_covers() -> None:
    """400 samples of 40 from a normal pair with r = 0.6: about 95 % of intervals hold it."""
    g, hits = rng(8), 0
    for _ in range(400):
        x = g.normal(size=40)
        y = 0.6 * x + 0.8 * g.normal(size=40)
        found = bootstrap(x, y, g, 500)
        hits += found.low <= 0.6 <= found.high
    assert 0.89 <= hits / 400 <= 0.98


def test_the_permutation_p_is_that_of_all_orders() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    y = np.array([2.0, 1, 4, 3, 7, 5, 9, 1])
    exact = stats.permutation_test(
        (y,),
        lambda z, axis=-1: np.abs(row_pearson(np.broadcast_to(x, z.shape), z)),
        permutation_type="pairings",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    ).pvalue
    found = permutation_p(x, y, rng(), 40_000)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 40_000))
    ranks = permutation_p(x, y**3, rng(), 999, "spearman")
    assert ranks == permutation_p(x, y, rng(), 999, "spearman")


def test_the_permutation_p_is_uniform_under_independence() -> None:
    g = rng(9)
    found = [permutation_p(g.normal(size=9), g.exponential(size=9), g, 199) for _ in range(600)]
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_below_eight_units_there_is_no_p_value() -> None:
    x = np.arange(8.0)
    x[3] = nan
    found = link(x, x**2, rng(), draws=100)
    assert found.n == 7
    assert np.isnan([found.p, found.p_spearman]).all()
    assert found.pearson > 0.9
    assert "7 units have both numbers; below 8 no p-value is given." in found.warnings


def test_least_squares_equal_the_definition() -> None:
    g = rng(10)
    x = g.normal(size=(14, 2)) * [1, 50] + [0, 400]
    y = 3 + x @ [2, -0.1] + g.normal(size=14)
    x[4, 1] = nan
    found = least_squares(x, y)
    rows = [i for i in range(14) if i != 4]
    design = np.column_stack([np.ones(13), x[rows]])
    beta, rest = np.linalg.lstsq(design, y[rows], rcond=None)[:2]
    assert [found.intercept, *found.slopes] == pytest.approx(list(beta), abs=1e-9)
    covariance = rest[0] / 10 * np.linalg.inv(design.T @ design)
    assert found.errors == pytest.approx(np.sqrt(np.diag(covariance))[1:], rel=1e-7)
    hat = np.diag(design @ np.linalg.inv(design.T @ design) @ design.T)
    assert found.leverage[rows] == pytest.approx(hat, abs=1e-8)
    assert found.leverage[rows].sum() == pytest.approx(3)
    assert np.isnan([found.leverage[4], found.studentised[4], found.residuals[4]]).all()
    # Externally: predict each unit by a fit without it.
    for i in rows:
        others = [j for j in rows if j != i]
        d = np.column_stack([np.ones(12), x[others]])
        b, sse = np.linalg.lstsq(d, y[others], rcond=None)[:2]
        row = np.array([1, *x[i]])
        spread = np.sqrt(sse[0] / 9 * (1 + row @ np.linalg.inv(d.T @ d) @ row))
        assert found.studentised[i] == pytest.approx((y[i] - row @ b) / spread, rel=1e-6)


def test_least_squares_at_their_edges() -> None:
    x = np.arange(6.0)
    perfect = least_squares(x, 2 * x + 1)
    assert perfect.slopes == pytest.approx([2])
    assert np.isnan(perfect.studentised).all()
    bent = 2 * x + 1
    bent[3] += 1
    assert least_squares(x, bent).studentised[3] == np.inf
    assert least_squares(x, bent).far == (3,)
    one = np.array([0.0, 0, 0, 0, 0, 1])
    alone = least_squares(one, np.array([1.0, 2, 3, 4, 5, 9]))
    assert alone.leverage[5] == pytest.approx(1)
    assert np.isnan(alone.studentised[5])
    assert np.isfinite(alone.studentised[:5]).all()
    for bad in (np.full(6, 7.3), np.column_stack([x, 2 * x - 1])):
        found = least_squares(bad, x**2)
        assert np.isnan(found.slopes).all()
        assert np.isnan(found.intercept)
    assert np.isnan(least_squares(x[:2], x[:2]).slopes).all()


@settings(deadline=None)
@given(pairs)
def test_the_range_without_each_unit_is_that_of_all_shorter_tables(pair) -> None:
    x, y = pair
    found = leave_one_out(x, y)
    for i in range(len(x)):
        kept = np.arange(len(x)) != i
        expected = row_pearson(x[kept], y[kept])
        assert found.without[i] == pytest.approx(expected, abs=1e-12, nan_ok=True)
    if not np.isnan(found.without).any():
        # Cauchy and Schwarz: somewhere r gets no nearer to zero. It need not lie inside the range.
        r = float(row_pearson(x, y))
        assert found.high >= r - 1e-12 if r >= 0 else found.low <= r + 1e-12
    if found.low_units:
        assert found.low == pytest.approx(np.nanmin(found.without))
        assert all(abs(found.without[i] - found.low) < 1e-11 for i in found.low_units)
        assert all(abs(found.without[i] - found.high) < 1e-11 for i in found.high_units)


def test_the_units_behind_both_ends_by_hand() -> None:
    # Four points of a square have r = 0; the fifth far away makes the link.
    x, y = np.array([0.0, 0, 1, 1, 10]), np.array([0.0, 1, 0, 1, 10])
    found = leave_one_out(x, y)
    assert found.low_units == (4,)
    assert found.low == pytest.approx(0, abs=1e-12)
    assert found.high_units == (1, 2)
    with_gap = leave_one_out(np.insert(x, 2, nan), np.insert(y, 2, 5.0))
    assert with_gap.low_units == (5,)
    assert np.isnan(with_gap.without[2])


def test_r_may_lie_outside_the_range_without_each_unit() -> None:
    # Every unit here pulls r towards zero.
    x, y = np.array([0.0, -3, 2, 2]), np.array([-2.0, -2, 3, -1])
    found = leave_one_out(x, y)
    assert stats.pearsonr(x, y).statistic == pytest.approx(0.6222, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((0.6547, 0.8030), abs=1e-4)


def test_the_tail_takes_all_that_are_tied_at_its_edge() -> None:
    x = np.arange(10.0)
    y = np.array([1.0, 2, 2, 4, 5, 6, 7, 8, 9, 9])
    low = without_tail(x, y, "lowest")
    assert (low.asked, low.left_out) == (2, (0, 1, 2))
    assert low.r == pytest.approx(stats.pearsonr(x[3:], y[3:]).statistic)
    assert without_tail(x, y, "highest").left_out == (8, 9)
    none = without_tail(x, y, "lowest", 0)
    assert none.left_out == ()
    assert none.r == pytest.approx(stats.pearsonr(x, y).statistic)
    with pytest.raises(UsageError, match="0 to 9, of 10 units"):
        without_tail(x, y, "lowest", 10)


def test_shared_indicators_are_listed_and_left_out() -> None:
    g = rng(11)
    z = {c: g.normal(size=20) for c in "abcd"}

    def sides(without: frozenset[str]):
        one = [z[c] for c in "abc" if c not in without]
        other = [z[c] for c in "cd" if c not in without]
        return np.mean(one, axis=0), np.mean(other, axis=0)

    full, shared, clean = guarded_link(sides, ("abc", "cd"), rng())
    assert shared == ("c",)
    assert full.pearson == pytest.approx(stats.pearsonr(*sides(frozenset())).statistic)
    assert clean is not None
    assert clean.pearson == pytest.approx(stats.pearsonr((z["a"] + z["b"]) / 2, z["d"]).statistic)
    assert guarded_link(sides, ("ab", "cd"), rng())[1:] == ((), None)


def test_what_cannot_be_linked_is_refused_by_name() -> None:
    with pytest.raises(HansaError, match=r"not the same units\n.*\(3,\) and \(4,\)"):
        link(np.zeros(3), np.zeros(4), rng())
    with pytest.raises(HansaError, match=r"infinite number\n  where:  units DK\n"):
        paired(np.array([1.0, np.inf]), np.array([1.0, 2.0]), ["SE", "DK"])
    with pytest.raises(HansaError, match="1 names for 2 units"):
        link(np.array([1.0, 2.0]), np.array([1.0, 2.0]), rng(), ["SE"])
    for refused in (bootstrap, permutation_p):
        with pytest.raises(UsageError, match="draws = 0"):
            refused(np.arange(9.0), np.arange(9.0), rng(), 0)
    with pytest.raises(HansaError, match="units row 2"):
        link(np.array([1.0, 2.0]), np.array([1.0, -np.inf]), rng())


def test_nothing_to_link_is_nothing_and_said() -> None:
    found = link(np.full(9, nan), np.arange(9.0), rng(), draws=50)
    assert found.n == 0
    assert np.isnan([found.pearson, found.spearman, found.kendall, *found.fisher]).all()
    assert "One side is constant or missing: there is no correlation." in found.warnings
    assert found.leave_one_out.low_units == ()


@pytest.mark.parametrize("statistic", ["pearson", "spearman"])
def test_blocks_of_work_do_not_show(monkeypatch, statistic) -> None:
    x, y = rng(12).normal(size=(2, 30))
    whole = leave_one_out(x, y, statistic)
    monkeypatch.setattr("hansa.index.link_rows._BLOCK", 100)
    assert leave_one_out(x, y, statistic).without == pytest.approx(whole.without, abs=1e-14)
    assert bootstrap(x, y, rng(), 301, statistic).draws == 301
