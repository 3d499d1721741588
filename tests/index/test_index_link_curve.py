"""Specification curves and links by driver: against scipy, by hand, and by the closure of tests."""

from __future__ import annotations

import csv
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hansa.errors import HansaError
from hansa.index.link_curve import driver_links, holm, specification_curve
from hansa.index.link_time import associate

nan = np.nan


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.data
def test_the_curve_of_the_two_tables_of_2009_over_years_and_left_out_countries(hansa_data) -> None:
    """Real choices: year of framework x year of performance x country left out, each by scipy."""
    index: dict[tuple[str, int], dict[str, float]] = {}
    for side, name in (("f", "nim_table2_framework"), ("p", "nim_table1_performance")):
        with (hansa_data / "bsr2009" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        for year in (2003, 2008):
            index[side, year] = {r["iso2"]: float(r[f"index_{year}"]) for r in rows}
    codes = sorted(index["f", 2003])
    x, y, expected, years, out = [], [], [], [], []
    for a, b, gone in product((2003, 2008), (2003, 2008), ["", *codes]):
        one, other = ([index[s, t][c] for c in codes] for s, t in (("f", a), ("p", b)))
        kept = [i for i, c in enumerate(codes) if c != gone]
        expected.append(np.corrcoef(np.array(one)[kept], np.array(other)[kept])[0, 1])
        x.append([nan if c == gone else v for c, v in zip(codes, one, strict=True)])
        y.append(other)
        years.append(f"{a}-{b}")
        out.append(gone)
    found = specification_curve(
        np.array(x), np.array(y), {"years": years, "without": out}, expected[78]
    )
    assert found.r == pytest.approx(expected, abs=1e-12)
    assert sorted(set(found.units)) == [24, 25]
    assert found.median == pytest.approx(np.median(expected))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(expected, [0.05, 0.95])))
    assert found.same_sign == found.below_05 == 1
    assert found.least == pytest.approx(min(expected))
    assert found.moves["years"] > found.moves["without"]
    by = {(c.factor, c.value): c for c in found.by_choice}
    assert by["years", "2008-2008"].replications == 26
    assert by["without", "MX"].replications == 4


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_each_replication_is_its_own_correlation(seed) -> None:
    g = rng(seed)
    x, y = g.normal(size=(2, 9, 12)).round(1)
    x[g.random(x.shape) < 0.1] = nan
    y[g.random(y.shape) < 0.1] = nan
    for statistic, of in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        found = specification_curve(x, y, statistic=statistic)
        for k in range(9):
            both = ~np.isnan(x[k]) & ~np.isnan(y[k])
            assert found.units[k] == both.sum()
            theirs = of(x[k][both], y[k][both])
            assert found.r[k] == pytest.approx(theirs.statistic, abs=1e-10)
    p = [
        stats.pearsonr(x[k][both], y[k][both]).pvalue
        for k in range(9)
        if (both := ~np.isnan(x[k]) & ~np.isnan(y[k])).sum() >= 8
    ]
    share = specification_curve(x, y).below_05
    assert share == pytest.approx(np.mean(np.array(p) < 0.05), nan_ok=True)


def test_one_side_may_stand_still_and_the_order_of_units_changes_nothing() -> None:
    x, y = rng().normal(size=(20, 10)), rng(2).normal(size=10)
    found = specification_curve(x, y)
    assert found.r == pytest.approx([stats.pearsonr(row, y).statistic for row in x])
    order = rng(3).permutation(10)
    assert specification_curve(x[:, order], y[order]).r == pytest.approx(found.r)
    assert specification_curve(y, y).r == pytest.approx([1])


def test_what_a_choice_moves_by_hand() -> None:
    # r is 1, 1, -1, -1 by `side`, and does not follow `other`.
    up = np.arange(8.0)
    x = np.array([up, up + 1, -up, 2 - up])
    found = specification_curve(x, up, {"side": [1, 1, 2, 2], "other": ["a", "b", "a", "b"]}, 0.3)
    assert found.moves == pytest.approx({"side": 1, "other": 0})
    assert found.same_sign == 0.5
    assert found.median == pytest.approx(0)
    assert [(c.factor, c.value, c.median) for c in found.by_choice] == [
        ("side", "1", pytest.approx(1)),
        ("side", "2", pytest.approx(-1)),
        ("other", "a", pytest.approx(0)),
        ("other", "b", pytest.approx(0)),
    ]


def test_undefined_replications_are_counted_and_their_choice_is_named() -> None:
    y = np.arange(9.0)
    x = np.array([y, y, np.ones(9), np.full(9, nan)])
    found = specification_curve(x, y, {"rule": ["a", "a", "b", "b"]})
    assert found.undefined == 2
    assert found.median == pytest.approx(1)
    assert found.warnings == (
        "2 of 4 replications have no correlation; they are left out.",
        "All 2 without a correlation have rule = b.",
    )
    assert [(c.undefined, c.replications) for c in found.by_choice] == [(0, 2), (2, 2)]
    nothing = specification_curve(np.ones((3, 9)), y)
    assert nothing.warnings == ("No replication has a correlation.",)
    assert np.isnan([nothing.median, nothing.below_05, nothing.same_sign]).all()


def test_drivers_one_by_one_and_with_the_others_held_fixed() -> None:
    g = rng(5)
    drivers = g.normal(size=(25, 3)) + g.normal(size=(25, 1))
    y = drivers[:, 0] + 0.5 * g.normal(size=25)
    found = driver_links(drivers, y, ["people", "knowledge", "ict"], rng(6), draws=1999)
    assert [d.name for d in found] == ["people", "knowledge", "ict"]
    for k, d in enumerate(found):
        assert d.link.r == pytest.approx(stats.pearsonr(drivers[:, k], y).statistic)
        assert d.holm >= d.link.p
    assert [d.holm for d in found] == pytest.approx(list(holm(np.array([d.link.p for d in found]))))
    held = driver_links(drivers, y, ["a", "b", "c"], rng(6), partial=True, draws=1999)
    own = associate(drivers[:, 1], y, rng(1), drivers[:, [0, 2]], 99)
    assert held[1].link.r == pytest.approx(own.r)
    assert abs(held[1].link.r) < found[1].link.r
    assert held[0].link.p == 1 / 2000
    with pytest.raises(HansaError, match=r"shape \(25, 3\), 2 names"):
        driver_links(drivers, y, ["a", "b"], rng())


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.001, 0.01, 0.02, 0.04, 0.2, 0.9]), min_size=1, max_size=5))
def test_holm_is_the_closure_of_bonferroni(p) -> None:
    found = holm(np.array([*p, nan]))
    assert np.isnan(found[-1])
    for i in range(len(p)):
        sets = [s for k in range(1, len(p) + 1) for s in combinations(range(len(p)), k) if i in s]
        closed = max(min(1, len(s) * min(p[j] for j in s)) for s in sets)
        assert found[i] == pytest.approx(closed)


def test_sides_and_choices_that_do_not_agree_are_refused() -> None:
    with pytest.raises(HansaError, match=r"\(2, 3\) and \(4, 3\)"):
        specification_curve(np.zeros((2, 3)), np.zeros((4, 3)))
    with pytest.raises(HansaError, match=r"\(1, 3\) and \(1, 4\)"):
        specification_curve(np.zeros(3), np.zeros(4))
    with pytest.raises(HansaError, match="factors rule\n  found:  rule: 1\n  needed: 2 values"):
        specification_curve(np.zeros((2, 3)), np.zeros(3), {"rule": ["a"]})
    with pytest.raises(HansaError, match="replication 2"):
        specification_curve(np.array([[1.0, 2], [np.inf, 1]]), np.zeros(2))
