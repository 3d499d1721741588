"""Correlation ratios against a spline fit built from scipy's natural splines, on ASEM."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from hansa.errors import HansaError
from hansa.index.ratios import correlation_ratios, importance_shares, inner_knots


@pytest.fixture(scope="module")
def meta(hansa_data: Path) -> pd.DataFrame:
    table = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    return table[table.Type == "Indicator"].set_index("iCode")


@pytest.fixture(scope="module")
def asem(hansa_data: Path, meta: pd.DataFrame) -> pd.DataFrame:
    table = pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")
    y = table[list(meta.index)] * meta.Direction
    return 100 * (y - y.min()) / (y.max() - y.min())


def by_cardinal_splines(x: np.ndarray, y: np.ndarray) -> float:
    """R^2 on natural splines that are 1 at one knot and 0 at the others."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both], y[both]
    m = 3 if len(x) >= 20 else 2 if len(x) >= 15 else 1 if len(x) >= 10 else 0
    places = np.quantile(x, np.linspace(0, 1, m + 2))
    knots = [places[0]]
    for knot in places[1:]:
        if knot > knots[-1] + 1e-9 * np.ptp(x):
            knots.append(knot)
    if len(knots) == 2:
        basis = np.column_stack([np.ones(len(x)), x])
    else:
        basis = np.column_stack(
            [CubicSpline(knots, e, bc_type="natural")(x) for e in np.eye(len(knots))]
        )
    fitted = basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
    return float(1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def test_ratios_of_asem_with_its_pillars(asem: pd.DataFrame, meta: pd.DataFrame) -> None:
    for pillar in meta.Parent.unique():
        part = asem[list(meta.index[meta.Parent == pillar])]
        y = part.mean(axis=1).to_numpy()
        ours = correlation_ratios(part.to_numpy(), y, list(part))
        for at, code in enumerate(part):
            expected = by_cardinal_splines(part[code].to_numpy(), y)
            assert ours.ratio[at] == pytest.approx(expected, abs=1e-9), code
            both = part[code].notna()
            r = np.corrcoef(part[code][both], y[both])[0, 1]
            assert ours.linear[at] == pytest.approx(r**2, abs=1e-12)
        assert (ours.ratio >= ours.linear - 1e-12).all()
        assert (ours.knots == 3).all()


@pytest.mark.parametrize("n", [3, 9, 10, 14, 15, 19, 20, 45])
def test_fewer_knots_for_fewer_units(n: int) -> None:
    rng = np.random.default_rng(n)
    x = rng.lognormal(size=(n, 2))
    y = np.sin(x[:, 0] * 3) + rng.normal(size=n) / 5
    ours = correlation_ratios(x, y, "ab")
    for j in range(2):
        assert ours.ratio[j] == pytest.approx(by_cardinal_splines(x[:, j], y), abs=1e-9)
    assert inner_knots(n) == (3 if n >= 20 else 2 if n >= 15 else 1 if n >= 10 else 0)


def test_a_curve_is_seen_where_a_line_sees_nothing() -> None:
    x = np.linspace(-1, 1, 51)[:, None]
    ours = correlation_ratios(x, x[:, 0] ** 2, ["bow"])
    assert ours.linear[0] == pytest.approx(0, abs=1e-12)
    assert ours.ratio[0] > 0.99


def test_repeated_values_collapse_knots() -> None:
    rng = np.random.default_rng(4)
    for column in (
        np.repeat([0.0, 1.0], 15),
        np.r_[np.zeros(24), 1, 2, 3, 4, 5, 6],
        np.r_[np.full(24, 9.0), 1, 2, 3, 4, 5, 6],
    ):
        y = column**2 + rng.normal(size=30)
        ours = correlation_ratios(column[:, None], y, ["tied"])
        assert ours.ratio[0] == pytest.approx(by_cardinal_splines(column, y), abs=1e-9)


def test_a_ratio_that_cannot_be_computed_is_missing() -> None:
    nan = np.nan
    x = np.array([[1.1, 1, nan], [1.1, 2, nan], [1.1, 4, 1], [1.1, 3, 2]])
    ours = correlation_ratios(x, np.array([1.0, 2, 3, nan]), ["flat", "good", "few"])
    assert np.isnan(ours.ratio).tolist() == [True, False, True]
    assert ours.n.tolist() == [3, 3, 1]
    assert np.isnan(correlation_ratios(x, np.full(4, 0.1), "abc").ratio).all()
    assert np.isnan(correlation_ratios(x[:0], np.empty(0), "abc").ratio).all()


def test_shares_beside_weights() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(40, 4))
    x[:, 3] = 1.0
    ratios = correlation_ratios(x, x @ [3.0, 1, 1, 0], "abcd")
    shares = importance_shares(ratios, np.array([1.0, 1, 2, 6]), ["p", "p", "q", "q"])
    s = ratios.ratio
    np.testing.assert_allclose(shares.share[:3], [s[0] / (s[0] + s[1]), s[1] / (s[0] + s[1]), 1])
    np.testing.assert_allclose(shares.weight[:3], [0.5, 0.5, 1])
    assert np.isnan(shares.share[3])
    assert np.isnan(shares.weight[3])
    assert shares.times[0] == pytest.approx(shares.share[0] / 0.5)
    whole = importance_shares(ratios, np.array([1.0, 0, 2, 6]))
    assert np.nansum(whole.share) == pytest.approx(1)
    assert np.nansum(whole.difference) == pytest.approx(0)
    assert np.isnan(whole.times[1])
    with pytest.raises(HansaError, match="weight is missing or negative") as error:
        importance_shares(ratios, np.array([1.0, -2, 2, np.nan]))
    assert "b, d" in str(error.value)
    assert "-2.0" in str(error.value)


def test_speed(asem: pd.DataFrame) -> None:
    x, y = asem.to_numpy(), asem.mean(axis=1).to_numpy()
    correlation_ratios(x, y, list(asem))
    start = time.process_time()
    correlation_ratios(x, y, list(asem))
    assert time.process_time() - start < 0.2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 30))
def test_invariants(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(n, 3)), 1)
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nansum(x, axis=1) + rng.normal(size=n)
    ours = correlation_ratios(x, y, "abc")
    order = rng.permutation(n)
    again = correlation_ratios(x[order] * [2, 5, 0.1] + 3, 4 * y[order] - 1, "abc")
    np.testing.assert_allclose(again.ratio, ours.ratio, atol=1e-8)
    # Turning a column over changes neither knots (quantiles are symmetric) nor the span.
    np.testing.assert_allclose(correlation_ratios(-x, y, "abc").ratio, ours.ratio, atol=1e-7)
    known = ours.ratio[~np.isnan(ours.ratio)]
    assert ((known >= -1e-12) & (known <= 1)).all()
    assert (known >= ours.linear[~np.isnan(ours.ratio)] - 1e-9).all()
