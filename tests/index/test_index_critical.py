"""Gaps, ridge and bootstrap against explicit loops; the real input is ASEM."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError, UsageError
from hansa.index.critical import (
    GRID,
    CriticalOptions,
    best_without,
    critical_conditions,
    evidence_grid,
    top_gap,
)
from hansa.index.ridge import PENALTIES, association


@pytest.fixture(scope="module")
def asem(hansa_data: Path) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Connectivity indicators as areas, in five drivers; the matching side is sustainability."""
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv").set_index("iCode")
    own = meta[meta.Type == "Indicator"]
    raw = pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")
    y = raw[list(own.index)] * own.Direction
    y = 100 * (y - y.min()) / (y.max() - y.min())
    framework = meta.index[meta.Parent == "Conn"]
    areas = y[[c for c in own.index if own.Parent[c] in set(framework)]]
    driver = np.array([list(framework).index(own.Parent[c]) for c in areas])
    outcome = y[[c for c in own.index if own.Parent[c] not in set(framework)]].mean(axis=1)
    performance = pd.DataFrame(dict.fromkeys(framework, outcome))
    return areas, performance, driver


def slow_gap(scores, performance, k, best=3):
    """The best of the others one after the other, all tied with the last included."""
    others = [i for i in range(len(scores)) if i != k and not np.isnan(performance[i])]
    others.sort(key=lambda i: -performance[i])
    if not others:
        return np.nan
    last = performance[others[:best][-1]]
    values = [scores[i] for i in others if performance[i] >= last and not np.isnan(scores[i])]
    return np.mean(values) - scores[k] if values else np.nan


def test_gaps_of_asem_one_by_one(asem) -> None:
    areas, performance, driver = asem
    ours = top_gap(areas.to_numpy(), performance.to_numpy(), driver)
    for k in range(51):
        for a in range(areas.shape[1]):
            expected = slow_gap(areas.to_numpy()[:, a], performance.to_numpy()[:, driver[a]], k)
            assert ours.gap[k, a] == pytest.approx(expected, nan_ok=True)
    assert (ours.size == 3).all()
    assert not ours.tied.any()


def test_ties_at_place_three_are_included_and_said() -> None:
    performance = np.array([9.0, 8, 7, 7, 1, np.nan])
    sets = best_without(performance)
    assert np.flatnonzero(sets[4]).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(sets[0]).tolist() == [1, 2, 3]
    assert np.flatnonzero(sets[5]).tolist() == [0, 1, 2, 3]
    scores = np.array([[4.0], [8], [np.nan], [6], [1], [2]])
    ours = top_gap(scores, performance[:, None], np.zeros(1, dtype=int))
    assert ours.tied[:, 0].tolist() == [False, False, False, False, True, True]
    assert ours.best_n[4, 0] == 3
    assert ours.gap[4, 0] == pytest.approx((4 + 8 + 6) / 3 - 1)
    assert ours.gap[0, 0] == pytest.approx((8 + 6) / 2 - 4)
    assert np.isnan(ours.gap[2, 0])
    nobody = top_gap(scores, np.full((6, 1), np.nan), np.zeros(1, dtype=int))
    assert np.isnan(nobody.gap).all()


def refit(x, y, w, penalty):
    """Ridge as least squares with rows of zeros added, intercept free: intercept and slopes."""
    root, areas = np.sqrt(w), x.shape[1]
    rows = np.column_stack([root, x * root[:, None]])
    extra = np.column_stack([np.zeros(areas), np.sqrt(penalty) * np.eye(areas)])
    return np.linalg.lstsq(np.vstack([rows, extra]), np.r_[y * root, np.zeros(areas)], rcond=None)[
        0
    ]


def slow_ridge(x, y, w):
    """Standardise, then try every penalty by refitting without each unit in turn."""
    mean = w @ x / w.sum()
    sd = np.sqrt(w @ (x - mean) ** 2 / w.sum())
    mean_y = w @ y / w.sum()
    sd_y = np.sqrt(w @ (y - mean_y) ** 2 / w.sum())
    xs, ys = (x - mean) / sd, (y - mean_y) / sd_y
    press = []
    for penalty in PENALTIES:
        total = 0.0
        for i in np.flatnonzero(w > 0):
            left = w.copy()
            left[i] = 0
            if np.isinf(penalty):
                guess = left @ ys / left.sum()
            else:
                # The penalty of the whole, not of the smaller weight that is left.
                c = refit(xs, ys, left, penalty * w.sum())
                guess = c[0] + xs[i] @ c[1:]
            total += w[i] * (ys[i] - guess) ** 2
        press.append(total)
    best = len(press) - 1 - int(np.argmin(press[::-1]))
    if np.isinf(PENALTIES[best]):
        return np.zeros(x.shape[1]), np.inf
    standardised = refit(xs, ys, w, PENALTIES[best] * w.sum())[1:]
    return standardised * sd_y / sd, PENALTIES[best]


@pytest.mark.parametrize(("n", "p"), [(12, 3), (10, 14), (25, 5)])
def test_ridge_and_its_penalty_against_explicit_refits(n: int, p: int) -> None:
    rng = np.random.default_rng(n * p)
    x = rng.normal(50, 10, (n, p))
    y = x[:, 0] - x[:, 1] / 2 + rng.normal(0, 8, n)
    weights = np.vstack(
        [np.ones(n), 1 - np.eye(n)[:2], rng.multinomial(n - 1, np.full(n, 1 / n), size=3)]
    ).astype(float)
    ours = association(x, y, weights)
    for at, w in enumerate(weights):
        beta, penalty = slow_ridge(x, y, w)
        assert ours.penalty[at] == pytest.approx(penalty)
        np.testing.assert_allclose(ours.beta[at], beta, rtol=1e-7, atol=1e-10)


def test_ridge_of_noise_says_that_there_is_nothing() -> None:
    rng = np.random.default_rng(1)
    none = [
        np.isinf(
            association(rng.normal(size=(25, 5)), rng.normal(size=25), np.ones((1, 25))).penalty
        )
        for _ in range(40)
    ]
    assert np.mean(none) > 0.3


def test_ridge_without_variation_is_missing() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(9, 2))
    x[:, 1] = 0.1
    ours = association(x, rng.normal(size=9), np.vstack([np.ones(9), np.r_[5, 2, 2, np.zeros(6)]]))
    assert np.isnan(ours.beta).tolist() == [[False, True], [True, True]]
    assert np.isnan(association(x, np.full(9, 3.3), np.ones((1, 9))).beta).all()


def test_asem_priorities_against_a_loop(asem) -> None:
    areas, performance, driver = asem
    scores, target = areas.to_numpy(), performance.to_numpy()
    ours = critical_conditions(
        scores, target, driver, np.random.default_rng(1), CriticalOptions(draws=50)
    )
    for k in (0, 17, 50):
        for d in range(5):
            own = np.flatnonzero(driver == d)
            full = ~np.isnan(scores[:, own]).any(axis=1)
            full[k] = False
            beta, penalty = slow_ridge(scores[full][:, own], target[full, d], np.ones(full.sum()))
            np.testing.assert_allclose(ours.beta[k, own], beta, rtol=1e-6, atol=1e-9)
            assert ours.penalty[k, d] == pytest.approx(penalty)
            assert ours.rows[k, d] == full.sum()
            alone = [np.corrcoef(scores[full, a], target[full, d])[0, 1] for a in own]
            np.testing.assert_allclose(ours.correlation[k, own], alone, atol=1e-12)
    np.testing.assert_allclose(ours.priority, np.maximum(ours.beta, 0) * np.maximum(ours.gap, 0))
    for k in range(51):
        worth = np.sort(ours.priority[k][~np.isnan(ours.priority[k])])[::-1]
        assert (ours.top[k] == (ours.priority[k] >= max(worth[2], 1e-300))).all()


def test_unit_k_has_no_influence_on_its_own_association(asem) -> None:
    areas, performance, driver = asem
    scores, target = areas.to_numpy().copy(), performance.to_numpy().copy()
    options = CriticalOptions(draws=40)
    plain = critical_conditions(scores, target, driver, np.random.default_rng(1), options)
    target[7] += 500
    moved = critical_conditions(scores, target, driver, np.random.default_rng(1), options)
    np.testing.assert_array_equal(plain.beta[7], moved.beta[7])
    np.testing.assert_array_equal(plain.probability[7], moved.probability[7])
    np.testing.assert_array_equal(plain.positive[7], moved.positive[7])
    np.testing.assert_array_equal(plain.gap[7], moved.gap[7])
    assert not np.array_equal(plain.beta[8], moved.beta[8])


def test_probabilities_against_a_loop_over_the_same_draws() -> None:
    rng = np.random.default_rng(9)
    scores = rng.normal(50, 15, (10, 6))
    driver = np.array([0, 0, 0, 1, 1, 1])
    target = np.column_stack([scores[:, 0], scores[:, 4]]) + rng.normal(0, 12, (10, 2))
    options = CriticalOptions(draws=10, top=2)
    for resample in (False, True):
        chosen = dataclasses.replace(options, resample_gaps=resample)
        ours = critical_conditions(scores, target, driver, np.random.default_rng(5), chosen)
        size = int(np.ceil(10 / (1 - 1 / 10) ** 9))
        counts = np.random.default_rng(5).multinomial(9, np.full(10, 1 / 10), size=size)
        for k in (0, 9):
            hits, positive, used = np.zeros(6), np.zeros(6), 0
            for w in counts[counts[:, k] == 0].astype(float):
                beta, gap = np.empty(6), np.empty(6)
                for d in range(2):
                    own = np.flatnonzero(driver == d)
                    here = w > 0
                    beta[own] = slow_ridge(scores[here][:, own], target[here, d], w[here])[0]
                    known = np.where(here | (np.arange(10) == k), target[:, d], np.nan)
                    known = known if resample else target[:, d]
                    gap[own] = [slow_gap(scores[:, a], known, k) for a in own]
                worth = np.maximum(beta, 0) * np.maximum(gap, 0)
                hits += (worth > 0) & (worth >= np.sort(worth)[-2] * (1 - 1e-9))
                positive += beta > 0
                used += 1
            assert ours.draws[k] == used
            np.testing.assert_allclose(ours.probability[k], hits / used)
            np.testing.assert_allclose(ours.positive[k], positive / used)


def test_probabilities_depend_on_the_seed_only(asem) -> None:
    areas, performance, driver = asem
    args = (areas.to_numpy(), performance.to_numpy(), driver)
    options = CriticalOptions(draws=300)
    one, two, other = (
        critical_conditions(*args, np.random.default_rng(seed), options) for seed in (4, 4, 5)
    )
    assert one.probability.tobytes() == two.probability.tobytes()
    assert np.nanmax(np.abs(one.probability - other.probability)) < 0.2
    assert np.nansum(one.probability, axis=1).max() <= 3 + 1e-9
    assert (one.draws + one.undefined > 200).all()


def test_a_planted_condition_is_found_and_noise_stays_near_chance() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(50, 15, (40, 8))
    target = (0.8 * scores[:, 2] + rng.normal(0, 4, 40))[:, None]
    ours = critical_conditions(scores, target, np.zeros(8, dtype=int), rng)
    weak = ours.gap[:, 2] > 20
    assert weak.sum() > 5
    assert (ours.probability[weak, 2] > 0.95).all()
    assert {GRID[g] for g in ours.grid[weak, 2]} == {GRID[3]}
    noise = critical_conditions(scores, rng.normal(size=(40, 1)) * 9, np.zeros(8, dtype=int), rng)
    assert np.nanmean(noise.probability) < 3 / 8
    assert (noise.grid == 3).mean() < 0.1


def test_the_grid_rarely_calls_noise_critical_and_finds_what_is_there() -> None:
    rng, options = np.random.default_rng(0), CriticalOptions(draws=100)
    driver = np.arange(20) % 4
    for explained, low, high in ((0.0, 0.0, 0.03), (0.5, 0.5, 1.0)):
        critical, large = 0, 0
        for _ in range(10):
            scores = rng.normal(50, 15, (25, 20))
            noise = rng.normal(50, 15, (25, 4))
            target = np.sqrt(explained) * scores[:, :4] + np.sqrt(1 - explained) * noise
            found = critical_conditions(scores, target, driver, rng, options).grid[:, :4]
            critical, large = critical + (found == 3).sum(), large + (found >= 2).sum()
        assert large > 200
        assert low <= critical / large <= high


def test_a_large_gap_alone_is_never_critical() -> None:
    nan = np.nan
    gap = np.array([[50.0, 50, 50, 1, 1, nan, -9]])
    beta = np.array([[0.5, 0.01, 0.5, 0.5, -0.2, 0.5, 0.5]])
    sure = np.array([[0.99, 0.99, 0.6, 0.99, 0.1, 0.99, 0.99]])
    ours = evidence_grid(gap, np.full(7, 10.0), beta, sure, CriticalOptions())
    assert ours.tolist() == [[3, 2, 2, 1, 0, -1, 1]]
    assert [label.startswith("critical") for label in GRID] == [False, False, False, True]


def test_a_gap_that_is_a_rounding_error_is_none() -> None:
    # The mean of three times 0.1 is not 0.1 in binary.
    scores = np.array([[0.1], [0.1], [0.1], [0.1], [0.3]])
    performance = np.array([[9.0], [8], [7], [1], [0]])
    ours = top_gap(scores, performance, np.zeros(1, dtype=int))
    assert (ours.gap[3:, 0] == [0, ours.best[4, 0] - 0.3]).all()
    assert ours.gap[3, 0] == 0
    on = evidence_grid(
        np.array([[0.1 * 3]]),
        np.array([0.3]),
        np.array([[0.5]]),
        np.array([[1.0]]),
        CriticalOptions(),
    )
    under = evidence_grid(
        np.array([[0.3]]),
        np.array([0.1 * 3]),
        np.array([[0.5]]),
        np.array([[1.0]]),
        CriticalOptions(),
    )
    assert on.item() == under.item() == 3


def test_few_units_give_no_association_but_a_gap() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(50, 10, (10, 4))
    scores[:3, 3] = np.nan
    target = scores[:, [0, 0]] + rng.normal(0, 2, (10, 2))
    ours = critical_conditions(
        scores, target, np.array([0, 0, 1, 1]), rng, CriticalOptions(draws=60)
    )
    assert ours.rows[5].tolist() == [9, 6]
    assert not np.isnan(ours.beta[:, :2]).any()
    assert np.isnan(ours.beta[:, 2:]).all()
    assert not np.isnan(ours.gap[:, 2]).any()
    assert (ours.grid[:, 2:] == -1).all()
    assert np.isnan(ours.probability[:, 2:]).all()
    assert not np.isnan(ours.probability[:, :2]).any()


def test_what_does_not_belong_together_is_refused() -> None:
    rng, x = np.random.default_rng(0), np.ones((9, 2))
    with pytest.raises(HansaError, match="do not belong together") as error:
        critical_conditions(x, np.ones((8, 1)), np.zeros(2, dtype=int), rng)
    assert "(9, 2)" in str(error.value)
    with pytest.raises(HansaError, match="names a driver that has no performance"):
        critical_conditions(x, np.ones((9, 1)), np.array([0, 1]), rng)
    with pytest.raises(UsageError, match="option draws must be positive"):
        critical_conditions(
            x, np.ones((9, 1)), np.zeros(2, dtype=int), rng, CriticalOptions(draws=0)
        )


def test_speed_at_the_size_of_the_monitor() -> None:
    rng = np.random.default_rng(0)
    scores, target = rng.normal(50, 15, (25, 20)), rng.normal(50, 15, (25, 4))
    start = time.process_time()
    ours = critical_conditions(scores, target, np.arange(20) % 4, rng)
    assert time.process_time() - start < 6
    assert (ours.draws > 1800).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(9, 14), st.integers(2, 5))
def test_invariants(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 20, (n, m)).astype(float)
    target = rng.normal(50, 10, (n, 1))
    driver = np.zeros(m, dtype=int)
    options = CriticalOptions(draws=20)
    ours = critical_conditions(scores, target, driver, np.random.default_rng(1), options)
    # The worst unit of an area is never ahead of the best three.
    assert (ours.gap[scores.argmin(axis=0), np.arange(m)] >= -1e-12).all()
    assert (ours.priority[ours.gap <= 0] == 0).all()
    assert (ours.probability[ours.gap <= 0] == 0).all()
    assert not ours.top[ours.priority == 0].any()
    order, columns = rng.permutation(n), rng.permutation(m)
    again = critical_conditions(
        scores[order][:, columns], target[order], driver, np.random.default_rng(1), options
    )
    np.testing.assert_allclose(again.gap, ours.gap[order][:, columns], atol=1e-12)
    np.testing.assert_allclose(again.beta, ours.beta[order][:, columns], atol=1e-7)
    # Points of performance: an area on another scale has the same priority.
    scale = np.arange(1.0, m + 1)
    scaled = critical_conditions(
        scores * scale + 5, target, driver, np.random.default_rng(1), options
    )
    np.testing.assert_allclose(scaled.priority, ours.priority, atol=1e-7)
    np.testing.assert_array_equal(scaled.grid, ours.grid)
