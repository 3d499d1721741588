"""Links over two years: against scipy, textbook formulas and simulated truths.

Tolerance 1e-10 on statistics; p-values of draws are held to their Monte Carlo error.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hansa.errors import HansaError
from hansa.index.link import least_squares, permutation_p
from hansa.index.link_time import NO_CAUSE, associate, lag_test

nan = np.nan


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def tables(hansa_data):
    """(year, side) -> index of 25 countries by code."""
    found = {}
    for side, name in (("f", "nim_table2_framework"), ("p", "nim_table1_performance")):
        with (hansa_data / "bsr2009" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = sorted(csv.DictReader(lines), key=lambda r: r["iso2"])
        for year in (2003, 2008):
            found[side, year] = np.array([float(r[f"index_{year}"]) for r in rows])
    return found


def partial(x, y, z):
    """The textbook formula for one control."""
    xy, xz, yz = (stats.pearsonr(a, b).statistic for a, b in ((x, y), (x, z), (y, z)))
    return (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))


@pytest.mark.data
def test_the_three_tests_on_the_tables_of_2009(tables) -> None:
    f0, f1 = tables["f", 2003], tables["f", 2008]
    p0, p1 = tables["p", 2003], tables["p", 2008]
    found = lag_test((f0, f1), (p0, p1), rng())
    assert found.lagged.r == pytest.approx(stats.pearsonr(f0, p1 - p0).statistic, abs=1e-10)
    assert found.controlled.r == pytest.approx(partial(f0, p1 - p0, p0), abs=1e-10)
    assert found.changes is not None
    theirs = stats.pearsonr(f1 - f0, p1 - p0)
    assert found.changes.r == pytest.approx(theirs.statistic, abs=1e-10)
    assert found.changes.fisher == pytest.approx(tuple(theirs.confidence_interval()), abs=1e-10)
    assert found.to_mean.r == pytest.approx(stats.pearsonr(p0, p1 - p0).statistic, abs=1e-10)
    line = stats.linregress(f1 - f0, p1 - p0)
    assert (found.changes.slope, found.changes.error) == pytest.approx((line.slope, line.stderr))
    assert found.causal == ()
    assert found.reading[-1] == NO_CAUSE
    assert found.reading[0].startswith(
        "Framework at first against the change of performance: r = 0.00 (-0.39 to 0.40, p = 0.9"
    )
    assert "Change against change: r = 0.72 (0.45 to 0.87, p = 0.000" in found.reading[2]


def test_holding_performance_fixed_makes_change_and_level_the_same_question() -> None:
    """The coefficient of the framework is that of P1 on framework and P0 (Lord 1967)."""
    f, p0, noise = rng().normal(size=(3, 30))
    p1 = 0.5 * p0 + 0.3 * f + noise
    change = associate(f, p1 - p0, rng(), p0[:, None], 99)
    level = associate(f, p1, rng(), p0[:, None], 99)
    fit = least_squares(np.column_stack([f, p0]), p1)
    assert change.slope == pytest.approx(level.slope)
    assert change.slope == pytest.approx(fit.slopes[0])
    assert change.error == pytest.approx(fit.errors[0])
    assert change.r == pytest.approx(level.r)


def test_without_controls_it_is_the_plain_permutation() -> None:
    x, y = rng(2).normal(size=(2, 12))
    y = y + 0.5 * x
    assert associate(x, y, rng(3)).p == permutation_p(x, y, rng(3))


def test_the_permutation_with_controls_agrees_with_the_t_test_of_normal_data() -> None:
    x, z, noise = rng(4).normal(size=(3, 60))
    y = z + 0.25 * x + noise
    x = x + z
    found = associate(x, y, rng(), z[:, None], 20_000)
    t = found.slope / found.error
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 57), abs=0.02)
    assert found.r == pytest.approx(partial(x, y, z), abs=1e-10)
    # Fisher with one unit less: 60 - 3 - 1.
    low = np.tanh(np.arctanh(found.r) - stats.norm.ppf(0.975) / np.sqrt(56))
    assert found.fisher[0] == pytest.approx(low)


def test_p_is_uniform_where_the_control_explains_all_that_goes_together() -> None:
    g, found = rng(5), []
    for _ in range(500):
        z, a, b = g.normal(size=(3, 12))
        found.append(associate(z + a, 2 * z + b, g, z[:, None], 199).p)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_regression_to_the_mean_is_seen_and_held_fixed() -> None:
    """Performance is a fixed talent seen with noise; the framework goes with it, does nothing."""
    g = rng(6)
    talent = g.normal(size=4000)
    p0, p1 = (talent + g.normal(size=4000) for _ in range(2))
    framework = p0 + g.normal(size=4000)
    found = lag_test((framework, None), (p0, p1), rng(), 199)
    # Var = 2, cov(p0, p1 - p0) = -1: r = -1 / (sqrt 2 sqrt 2).
    assert found.to_mean.r == pytest.approx(-0.5, abs=0.05)
    assert found.lagged.r == pytest.approx(-1 / np.sqrt(3 * 2), abs=0.05)
    assert found.controlled.r == pytest.approx(0, abs=0.05)
    assert found.changes is None
    assert any("There is no second year of framework" in s for s in found.reading)


def test_a_turned_sign_is_said() -> None:
    g = rng(7)
    p0 = g.normal(size=50)
    framework = p0 + 0.5 * g.normal(size=50)
    p1 = p0 - 2 * p0 + 0.9 * framework + 0.1 * g.normal(size=50)
    found = lag_test((framework, framework), (p0, p1), rng(), 99)
    assert found.lagged.r < 0 < found.controlled.r
    assert any(s.startswith("The sign turns") for s in found.reading)
    # A framework that did not change has no change to go with.
    assert any("Change against change: r = not defined (n = 50)" in s for s in found.reading)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_affine_maps_and_the_order_of_rows_change_nothing(seed, random) -> None:
    x, y, z = rng(seed).normal(size=(3, 10)).round(1)
    one = associate(x, y, rng(1), z[:, None], 99)
    order = np.array(random.sample(range(10), 10))
    other = associate(x[order], y[order], rng(1), z[order][:, None], 99)
    mapped = associate(3 * x + 1, 0.5 * y - 7, rng(1), 10 * z[:, None] + 4, 99)
    for found in (other, mapped):
        assert found.r == pytest.approx(one.r, abs=1e-9)
        assert found.p == pytest.approx(one.p)
    assert mapped.slope == pytest.approx(one.slope / 6, abs=1e-9)


def test_what_is_missing_or_explained_away_gives_nothing() -> None:
    x = np.array([1.0, 2, 3, nan, 5, 6, 7, 9])
    y = np.array([2.0, 1, 3, 4, 5, 4, nan, 8])
    found = associate(x, y, rng())
    kept = [0, 1, 2, 4, 5, 7]
    assert found.n == 6
    assert found.r == pytest.approx(stats.pearsonr(x[kept], y[kept]).statistic)
    assert np.isnan(found.p)
    same = associate(x, y, rng(), 2 * x[:, None] + 1)
    assert np.isnan([same.r, same.slope, same.p, *same.fisher]).all()
    few = associate(x[:3], y[:3], rng(), np.arange(3.0)[:, None])
    assert np.isnan(few.r)
    # A control twice is held fixed once; its least squares have no standard error.
    z = rng(8).normal(size=8)
    twice = associate(x, y, rng(), np.column_stack([z, z]))
    assert twice.r == pytest.approx(partial(x[kept], y[kept], z[kept]), abs=1e-9)


def test_vectors_of_different_units_are_refused() -> None:
    with pytest.raises(HansaError, match=r"shapes \(3,\), \(4,\) and \(3, 0\)"):
        associate(np.zeros(3), np.zeros(4), rng())
    with pytest.raises(HansaError, match="row 2"):
        associate(np.array([1.0, np.inf, 2.0]), np.zeros(3), rng())
