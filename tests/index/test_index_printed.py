"""Printed tables: by hand, against exact probabilities and against the checks of accounts.

Draws are held to four standard errors of a share; everything else to 1e-12.
"""

from __future__ import annotations

import csv
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from hansa.errors import UsageError
from hansa.facts.account import order
from hansa.index.link_rows import row_kendall, row_pearson, row_spearman
from hansa.index.printed import (
    doubts,
    gap_to_best,
    group_means,
    moves,
    order_probability,
    rounded_ranks,
    rounding,
)

nan = np.nan
whole = arrays(float, st.integers(1, 9), elements=st.integers(0, 12).map(float))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def performance(hansa_data):
    path = hansa_data / "bsr2009" / "nim_table1_performance.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def column(rows, name):
    return np.array([float(r[name]) for r in rows])


@pytest.mark.data
def test_ranks_of_the_printed_table_of_2009(performance) -> None:
    """By hand: 73 73 72 71 ... 66 66 ... 60 60: three pairs are tied, the rest is certain."""
    codes = [r["iso2"] for r in performance]
    printed, ranks = column(performance, "index_2008"), column(performance, "rank_2008")
    found = rounded_ranks(printed, rng())
    sure = {c for c, a, b in zip(codes, found.best, found.worst, strict=True) if a == b}
    assert set(codes) - sure == {"KR", "US", "IS", "FI", "DE", "CH"}
    assert [found.best[0], found.worst[0], found.low[0], found.high[0]] == [1, 2, 1, 2]
    assert found.shares[0][:2] == pytest.approx([0.5, 0.5])
    assert np.array_equal(found.shares[0], found.shares[1])
    assert (found.best <= ranks).all()
    assert (ranks <= found.worst).all()
    pairs = [(codes[d.above], codes[d.below], d.probability) for d in doubts(printed, ranks)]
    assert pairs == [("KR", "US", 0.5), ("IS", "FI", 0.5), ("DE", "CH", 0.5)]


@pytest.mark.data
def test_earlier_ranks_may_lie_where_the_check_of_accounts_says(performance) -> None:
    printed = column(performance, "index_2003")
    found = rounded_ranks(printed, rng())
    spans = [(v - 0.5, v + 0.5) for v in printed]
    for i in range(25):
        assert (found.best[i], found.worst[i]) == order.admissible(spans, i)


@pytest.mark.data
def test_rank_and_index_in_opposite_directions_as_the_check_of_accounts_says(performance) -> None:
    names = ("index_2008", "index_2003", "rank_2008", "rank_change_2003_2008")
    found = moves(*(column(performance, n) for n in names))
    assert [performance[i]["iso2"] for i in found.opposite] == ["CH", "AU", "IE", "BE", "ES", "FR"]
    assert sorted(found.earlier) == list(range(1, 26))
    assert found.rank.sum() == 0
    assert found.index[0] == 10


@settings(deadline=None)
@given(whole)
def test_ranks_by_draws_stay_within_what_rounding_allows(printed) -> None:
    found = rounded_ranks(printed, rng(), draws=200)
    n = len(printed)
    assert found.shares.sum(1) == pytest.approx(np.ones(n))
    assert found.shares.sum(0) == pytest.approx(np.ones(n))
    assert (found.best <= found.low).all()
    assert (found.low <= found.high).all()
    assert (found.high <= found.worst).all()
    for i in range(n):
        place = np.arange(1, n + 1)
        assert found.shares[i][(place < found.best[i]) | (place > found.worst[i])].sum() == 0
        # Whole numbers differ by one or more, or not at all: only ties are open.
        assert found.best[i] == 1 + (printed > printed[i]).sum()
        assert found.worst[i] == (printed >= printed[i]).sum()


@settings(deadline=None)
@given(whole, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(printed, random) -> None:
    moved = np.array(random.sample(range(len(printed)), len(printed)))
    one, other = (rounded_ranks(v, rng(4), half=0.8, draws=150) for v in (printed, printed[moved]))
    for name in ("best", "worst", "low", "high", "shares"):
        assert np.array_equal(getattr(one, name)[moved], getattr(other, name))
    y = printed[::-1] ** 2
    both = np.stack([printed, y]), np.stack([printed[moved], y[moved]])
    a, b = (rounding(c, lambda d: row_pearson(d[:, 0], d[:, 1]), rng(5), draws=100) for c in both)
    for name in ("printed", "low", "high", "least", "greatest"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-9, nan_ok=True)


def test_the_probability_of_an_order_is_that_of_draws_and_of_integration() -> None:
    printed = np.array([3.0, 2.4, 1.0, 2.4])
    exact = order_probability(printed, 0.5)
    # Gap 0.6 of a triangle on ±1: 1 - 0.4² / 2 = 0.92.
    assert exact[0] == pytest.approx([0.5, 0.92, 1, 0.92])
    assert exact + exact.T == pytest.approx(np.ones((4, 4)))
    true = printed + rng().uniform(-0.5, 0.5, (40_000, 4))
    share = (true[:, 0] > true[:, 1]).mean()
    assert share == pytest.approx(0.92, abs=4 * sqrt(0.92 * 0.08 / 40_000))
    ranks = rounded_ranks(printed, rng(), draws=40_000)
    above = np.delete(exact, 0, axis=1)[0]
    mean = (ranks.shares[0] * np.arange(1, 5)).sum()
    assert mean == pytest.approx(1 + (1 - above).sum(), abs=0.01)
    assert (ranks.best[1], ranks.worst[1]) == (1, 3)
    assert np.array_equal(order_probability(printed, 0)[1], [0, 0.5, 1, 0.5])
    gone = order_probability(np.array([1.0, nan]))
    assert np.isnan(gone[0, 1])
    assert np.isnan(gone[1, 0])


def test_quantiles_of_drawn_ranks_are_of_type_7() -> None:
    """Distinct numbers are not pooled, so numpy's quantiles of the same draws must be the same."""
    printed = np.array([5.0, 4.7, 4.2, 3.9, 1.0])
    for draws in (8, 37, 302):
        found = rounded_ranks(printed, rng(2), draws=draws, level=0.7)
        true = printed + rng(2).uniform(-0.5, 0.5, (draws, 5))
        ranks = stats.rankdata(-true, axis=1)
        assert found.low == pytest.approx(np.quantile(ranks, 0.15, axis=0))
        assert found.high == pytest.approx(np.quantile(ranks, 0.85, axis=0))
        shares = [(ranks[:, 1] == r).mean() for r in range(1, 6)]
        assert found.shares[1] == pytest.approx(shares)


def test_units_without_a_number_have_no_rank_and_exact_numbers_no_doubt() -> None:
    found = rounded_ranks(np.array([nan, 3.0, 1.0]), rng(), draws=20)
    assert np.isnan([found.best[0], found.high[0], *found.shares[0]]).all()
    assert list(found.best[1:]) == [1, 2]
    exact = rounded_ranks(np.array([1.0, 2.0, 2.1]), rng(), half=0, draws=10)
    assert list(exact.best) == list(exact.worst) == [3, 2, 1]
    assert rounded_ranks(np.array([]), rng()).shares.shape == (0, 0)


def test_a_contradicted_order_has_probability_zero() -> None:
    (found,) = doubts(np.array([10.0, 12.0]), np.array([1, 2]))
    assert (found.above, found.below, found.probability) == (0, 1, 0)


def test_the_rounding_interval_of_a_correlation_by_hand() -> None:
    """Two units: r is the sign of both differences. Gaps 0.5 and 3: right with 1 - 0.5²/2."""
    columns = np.array([[0.0, 0.5], [0.0, 3.0]])
    found = rounding(columns, lambda d: row_pearson(d[:, 0], d[:, 1]), rng(), draws=20_000)
    assert (found.printed, found.least, found.greatest) == (1, -1, 1)
    assert (found.low, found.high) == (-1, 1)
    share = rounding(
        columns, lambda d: (row_pearson(d[:, 0], d[:, 1]) > 0) * 1.0, rng(), draws=20_000, level=0.5
    )
    assert share.low == share.high == 1
    mean = np.mean(
        [
            rounding(columns, lambda d: row_pearson(d[:, 0], d[:, 1]), rng(s), draws=1).low > 0
            for s in range(3000)
        ]
    )
    assert mean == pytest.approx(0.875, abs=4 * sqrt(0.875 * 0.125 / 3000))


def test_rounding_of_other_statistics_and_of_gaps() -> None:
    g = rng(3)
    columns = np.round(g.normal(50, 15, (4, 12)))
    columns[2, 5] = nan
    kept = np.delete(columns, 5, axis=1)
    for of, theirs in ((row_spearman, stats.spearmanr), (row_kendall, stats.kendalltau)):
        found = rounding(
            columns, lambda d, f=of: f(d[:, 0] - d[:, 1], d[:, 2] - d[:, 3]), rng(), draws=400
        )
        expected = theirs(kept[0] - kept[1], kept[2] - kept[3]).statistic
        assert found.printed == pytest.approx(expected)
        assert found.least <= found.low <= found.high <= found.greatest
    narrow = rounding(columns, lambda d: row_pearson(d[:, 0], d[:, 1]), rng(), half=0, draws=10)
    assert narrow.low == pytest.approx(narrow.printed, abs=1e-12)
    none = rounding(columns[:, :1], lambda d: row_pearson(d[:, 0], d[:, 1]), rng(), draws=10)
    assert none.undefined == 10
    assert np.isnan(none.low)


def test_means_of_groups() -> None:
    values = np.array([[1.0, 10], [2, nan], [3, 30], [nan, nan]])
    member = np.array([[True, True, True, False], [False, False, False, True], [True, False, 0, 0]])
    means, counts = group_means(values, member.astype(bool))
    assert means[0] == pytest.approx([2, 20])
    assert np.isnan(means[1]).all()
    assert list(means[2]) == [1, 10]
    assert counts.tolist() == [[3, 2], [0, 0], [1, 1]]


def test_the_gap_to_the_best_three_by_hand() -> None:
    performance = np.array([9.0, 8, 7, 7, 1, nan])
    values = np.array([10.0, 40, 70, 20, 5, 50])
    found = gap_to_best(performance, values)
    # Without the first: 8, 7, 7. For the fifth, and the one without performance: 9, 8, 7 and 7.
    assert found.used.tolist() == [3, 3, 3, 3, 4, 4]
    assert found.gap == pytest.approx(
        [130 / 3 - 10, 100 / 3 - 40, 70 / 3 - 70, 120 / 3 - 20, 35 - 5, 35 - 50]
    )
    missing = gap_to_best(performance, np.where(values == 40, nan, values))
    assert np.isnan(missing.gap[1])
    assert missing.best[0] == pytest.approx((70 + 20 + 5) / 3)
    few = gap_to_best(np.array([3.0, 2, 1]), np.array([1.0, 1, 1]))
    assert np.isnan(few.gap).all()
    assert np.isnan(gap_to_best(np.array([1.0]), np.array([1.0])).gap).all()
    with pytest.raises(UsageError, match="best = 0"):
        gap_to_best(performance, values, 0)


@settings(deadline=None)
@given(arrays(float, st.integers(4, 9), elements=st.integers(0, 30).map(float), unique=True))
def test_the_worst_unit_has_no_negative_gap(values) -> None:
    found = gap_to_best(values, values)
    assert found.gap[np.argmin(values)] >= 0
    for k in range(len(values)):
        others = sorted(np.delete(values, k))[-3:]
        assert found.gap[k] == pytest.approx(np.mean(others) - values[k])
        assert found.used[k] == 3


def test_options_without_sense_are_refused() -> None:
    for option in ({"half": -1.0}, {"draws": 0}, {"level": 1.0}):
        ((name, value),) = option.items()
        with pytest.raises(UsageError, match=f"{name} = {value}"):
            rounded_ranks(np.array([1.0, 2.0]), rng(), **option)
