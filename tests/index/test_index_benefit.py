"""Benefit of the doubt: against scipy's programmes one by one, duality, bounds, invariants."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from hansa.errors import HansaError, UsageError
from hansa.index.benefit import Shares, benefit_of_the_doubt


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i + 1}" for i in range(count)]


def score(x: np.ndarray, bounds: Shares | None = None):
    return benefit_of_the_doubt(x, names("i", x.shape[1]), names("u", len(x)), bounds)


def one_by_one(x: np.ndarray, k: int, bounds: Shares | None = None) -> float:
    """The programme of one unit with dense rows over w alone, by scipy."""
    rows, right = [*x], [1.0] * len(x)
    if bounds is not None:
        groups = [np.eye(x.shape[1])[j] for j in range(x.shape[1])]
        groups += [(bounds.pillar == g).astype(float) for g in range(bounds.pillar_low.size)]
        lows, highs = [*bounds.low, *bounds.pillar_low], [*bounds.high, *bounds.pillar_high]
        for group, low, high in zip(groups, lows, highs, strict=True):
            rows += [(low - group) * x[k], (group - high) * x[k]]
            right += [0.0, 0.0]
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    return -linprog(-x[k], A_ub=np.array(rows), b_ub=right, options=tight).fun


@pytest.fixture(scope="module")
def asem(hansa_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Min-max 0-100 with direction and gaps at the column mean; pillar of each indicator."""
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    leaves = meta[meta["Type"] == "Indicator"]
    y = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")[leaves["iCode"]]
    y = y * leaves["Direction"].to_numpy()
    y = (y - y.min()) / (y.max() - y.min()) * 100
    return y.fillna(y.mean()).to_numpy(), pd.factorize(leaves["Parent"])[0]


def test_asem_equals_scipy_one_by_one_without_bounds(asem) -> None:
    x, pillar = asem
    pillars = np.column_stack([x[:, pillar == p].mean(axis=1) for p in range(8)])
    for table in (pillars, x[:, :8], x[:, :3]):
        result = score(table)
        peer = [one_by_one(table, k) for k in range(len(table))]
        np.testing.assert_allclose(result.scores, peer, atol=1e-8)
        assert result.at_one == sum(p > 1 - 1e-8 for p in peer)
        assert result.scores.min() < 0.99, "a table in which all score 1 shows nothing"


def test_asem_equals_scipy_one_by_one_with_bounds_on_indicators_and_pillars(asem) -> None:
    x, pillar = asem
    x = 1 + 0.99 * x
    bounds = Shares(np.full(49, 0.002), np.full(49, 0.1), pillar, np.full(8, 0.05), np.full(8, 0.2))
    result = score(x, bounds)
    peer = [one_by_one(x, k, bounds) for k in range(len(x))]
    np.testing.assert_allclose(result.scores, peer, atol=1e-8)
    shares = result.shares
    assert shares.min() > 0.002 - 1e-7
    assert shares.max() < 0.1 + 1e-7
    of_pillars = np.column_stack([shares[:, pillar == p].sum(axis=1) for p in range(8)])
    assert of_pillars.min() > 0.05 - 1e-7
    assert of_pillars.max() < 0.2 + 1e-7
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-9)


def test_with_49_free_weights_all_51_units_of_asem_score_1_and_that_is_said(asem) -> None:
    result = score(asem[0])
    assert result.at_one == 51
    finding = result.findings[0]
    assert finding.severity == "warning"
    assert finding.printed == "51 of 51 units score 1"
    assert "indicators outnumber units" in finding.rule


def test_weights_attain_the_scores_and_put_no_unit_above_1(asem) -> None:
    x, pillar = asem
    table = np.column_stack([x[:, pillar == p].mean(axis=1) for p in range(8)])
    for bounds in (None, Shares(np.full(8, 0.05), np.full(8, 0.3))):
        result = score(table, bounds)
        assert (table @ result.weights.T).max() <= 1 + 1e-12
        assert result.weights.min() >= 0
        attained = (table * result.weights).sum(axis=1)
        np.testing.assert_allclose(attained, result.scores, atol=1e-8)
        assert (result.upper - attained).max() <= 1e-8
        assert (result.upper - attained).min() >= -1e-12


def test_two_indicators_by_hand() -> None:
    # Vertices of the weights: (1/4, 0), (1/5, 1/5), (0, 1/4); the middle one holds both at 1.
    x = np.array([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0], [1.0, 0.5]])
    result = score(x)
    np.testing.assert_allclose(result.scores, [1, 1, 0.8, 0.3], atol=1e-10)
    np.testing.assert_allclose(result.weights[2], [0.2, 0.2], atol=1e-10)
    # Equal shares: w = (c/4, c) for unit 1, held by unit 2 at c (1/4 + 4) = 1; score 2 c = 8/17.
    half = Shares(np.full(2, 0.5), np.full(2, 0.5))
    np.testing.assert_allclose(score(x, half).scores[0], 8 / 17, atol=1e-10)


def test_a_zero_with_a_lower_bound_scores_zero_and_is_listed() -> None:
    x = np.array([[4.0, 1.0], [5.0, 0.0], [2.0, 2.0]])
    result = score(x, Shares(np.array([0.0, 0.1]), np.ones(2)))
    assert result.scores[1] == 0
    assert result.scores[[0, 2]].min() > 0
    assert any("u2" in f.place and "score 0" in f.rule for f in result.findings)
    assert one_by_one(x, 1, Shares(np.array([0.0, 0.1]), np.ones(2))) == pytest.approx(0, abs=1e-9)


def test_a_unit_with_gaps_is_not_scored_and_is_no_yardstick() -> None:
    x = np.array([[4.0, 1.0], [1.0, 4.0], [9.0, np.nan], [2.0, 2.0]])
    result = score(x)
    assert np.isnan(result.scores[2])
    assert np.isnan(result.weights[2]).all()
    np.testing.assert_array_equal(result.scores[[0, 1, 3]], score(x[[0, 1, 3]]).scores)
    assert any(f.place == "u3" and "missing" in f.rule for f in result.findings)


def test_an_indicator_that_is_zero_everywhere_changes_no_score() -> None:
    x = np.array([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]])
    wide = score(np.column_stack([x, np.zeros(3)]))
    np.testing.assert_allclose(wide.scores, score(x).scores, atol=1e-12)
    assert (wide.weights[:, 2] == 0).all()


def test_negative_values_are_refused_by_unit_and_indicator() -> None:
    with pytest.raises(HansaError, match=r"(?s)values of 0 or more.*i2 of u1: -3"):
        score(np.array([[1.0, -3.0], [2.0, 1.0]]))


def test_a_table_of_zeros_is_refused() -> None:
    with pytest.raises(HansaError, match=r"(?s)no unit without missing cells.*i1, i2"):
        score(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (Shares(np.full(2, 0.6), np.ones(2)), "low 1.2"),
        (Shares(np.zeros(2), np.full(2, 0.4)), "high 0.8"),
        (Shares(np.array([0.5, 0.0]), np.array([0.2, 1.0])), "i1: 0.5 to 0.2"),
        (Shares(np.zeros(2), np.array([1.0, 1.5])), "i2: 0 to 1.5"),
        (
            Shares(np.zeros(2), np.ones(2), np.array([0, 0]), np.array([0.1]), np.array([0.7])),
            "low 0 and high 2",
        ),
        (Shares(np.zeros(3), np.ones(3)), "3 indicators"),
    ],
)
def test_bounds_that_cannot_be_kept_are_refused(bounds: Shares, text: str) -> None:
    with pytest.raises(UsageError, match=rf"(?s)no shares can keep.*{text}"):
        score(np.array([[1.0, 3.0], [2.0, 1.0]]), bounds)


def test_51_by_49_is_fast(asem) -> None:
    score(asem[0][:5])
    bounds = Shares(np.zeros(49), np.full(49, 0.1), asem[1], np.full(8, 0.05), np.full(8, 0.2))
    for limits in (None, bounds):
        spent = []
        for _ in range(3):
            start = time.process_time()
            score(asem[0], limits)
            spent.append(time.process_time() - start)
        assert min(spent) < 0.3


tables = st.tuples(st.integers(2, 7), st.integers(1, 5), st.integers(0, 2**32 - 1))


@settings(max_examples=25, deadline=None)
@given(tables)
def test_invariants(shape: tuple[int, int, int]) -> None:
    units, indicators, seed = shape
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, (units, indicators)).astype(float)
    x[rng.integers(units), rng.integers(indicators)] = 7.0
    free = score(x)
    assert free.scores.max() == 1, "at least one unit is at 1"
    assert free.scores.min() >= 0
    peer = [one_by_one(x, k) for k in range(units)]
    np.testing.assert_allclose(free.scores, peer, atol=1e-8)
    rows, columns = rng.permutation(units), rng.permutation(indicators)
    moved = score(x[np.ix_(rows, columns)])
    np.testing.assert_allclose(moved.scores, free.scores[rows], atol=1e-8)
    scaled = score(x * rng.uniform(0.01, 100, indicators))
    np.testing.assert_allclose(scaled.scores, free.scores, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(tables)
def test_adding_a_bound_never_raises_a_score(shape: tuple[int, int, int]) -> None:
    units, indicators, seed = shape
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.5, 10, (units, indicators))
    low = rng.uniform(0, 1 / indicators, indicators)
    high = np.maximum(low, rng.uniform(1 / indicators, 1, indicators))
    previous = score(x).scores
    for wide in (Shares(low, np.ones(indicators)), Shares(low, high)):
        result = score(x, wide)
        assert (result.scores <= previous + 1e-8).all()
        peer = [one_by_one(x, k, wide) for k in range(units)]
        np.testing.assert_allclose(result.scores, peer, atol=1e-8)
        previous = result.scores
