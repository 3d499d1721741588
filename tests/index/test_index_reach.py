"""The smallest change that gains places, against a linear solver and by applying it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from hansa.errors import HansaError, UsageError
from hansa.index.ranks import ranks
from hansa.index.reach import CLEAR, Levers, ladder, levers, singles, smallest_change

NONE = (np.zeros(2), np.ones(2))


def two(scores: list[float], z: list[float], upper: float = 100.0) -> tuple[np.ndarray, Levers]:
    """Unit 0 with two indicators of equal weight."""
    ones = np.ones(2)
    free = np.ones(2, bool)
    lever = Levers(np.array(z), ones / 2, 0 * ones, upper * ones, ones, free)
    return np.array(scores), lever


def test_by_hand() -> None:
    scores, lever = two([20.0, 50.0, 40.0, 30.0, 10.0], [30.0, 10.0])
    made = smallest_change(scores, 0, 2, lever)
    assert (made.rank, made.aim, made.reached, made.possible) == (4, 2, 2, True)
    e = CLEAR * 40
    np.testing.assert_allclose(made.delta, [40 + 2 * e, 0])
    assert made.cost == pytest.approx(40)
    dear = Levers(
        lever.z, lever.omega, lever.lower, lever.upper, np.array([3.0, 1]), lever.changeable
    )
    np.testing.assert_allclose(smallest_change(scores, 0, 2, dear).delta, [0, 40], atol=1e-6)
    heavy = Levers(
        lever.z, np.array([0.2, 0.8]), lever.lower, lever.upper, lever.cost, lever.changeable
    )
    np.testing.assert_allclose(smallest_change(scores, 0, 2, heavy).delta, [0, 25], atol=1e-6)
    capped = Levers(
        lever.z, lever.omega, lever.lower, np.array([50.0, 99]), lever.cost, lever.changeable
    )
    np.testing.assert_allclose(smallest_change(scores, 0, 2, capped).delta, [20, 20], atol=1e-6)


def test_tied_units_are_passed_together() -> None:
    scores, lever = two([20.0, 50.0, 30.0, 30.0, 30.0], [30.0, 10.0])
    for gain in (1, 2, 3):
        made = smallest_change(scores, 0, gain, lever)
        assert made.reached == 2
        assert made.aim == 5 - gain
        assert made.cost == pytest.approx(20, abs=1e-5)
    tied, lever = two([30.0, 50.0, 30.0, 30.0], [30.0, 30.0])
    made = smallest_change(tied, 0, 1, lever)
    assert (made.rank, made.reached) == (2, 1)


def test_drawing_level_where_nothing_is_left_to_pass() -> None:
    scores, lever = two([20.0, 50.0, 30.0], [30.0, 10.0], upper=50.0)
    made = smallest_change(scores, 0, 2, lever)
    assert made.level
    assert made.possible
    assert made.reached == 1
    assert made.score == pytest.approx(50)
    scores, lever = two([20.0, 50.0, 30.0], [30.0, 10.0], upper=49.9)
    made = smallest_change(scores, 0, 2, lever)
    assert (made.possible, made.level, made.reached) == (False, False, 2)
    np.testing.assert_allclose(lever.z + made.delta, 49.9)


def test_nothing_is_needed_for_no_place() -> None:
    scores, lever = two([20.0, 50.0, 30.0], [30.0, 10.0])
    made = smallest_change(scores, 0, 0, lever)
    assert not made.delta.any()
    assert (made.cost, made.score, made.reached, made.possible) == (0, 20, 3, True)


def test_missing_and_fixed_indicators_do_not_move() -> None:
    scores, lever = two([30.0, 50.0, 40.0], [30.0, np.nan])
    lever = Levers(
        lever.z,
        np.array([1.0, 0]),
        *(getattr(lever, n) for n in ("lower", "upper", "cost", "changeable")),
    )
    made = smallest_change(scores, 0, 1, lever)
    np.testing.assert_allclose(made.delta, [10, 0], atol=1e-6)
    fixed = Levers(
        lever.z, lever.omega, lever.lower, lever.upper, lever.cost, np.array([False, True])
    )
    made = smallest_change(scores, 0, 1, fixed)
    assert (made.possible, made.reached, made.cost) == (False, 3, 0)


@st.composite
def cases(draw):
    units, leaves = draw(st.integers(2, 8)), draw(st.integers(1, 6))
    z = draw(hnp.arrays(float, (units, leaves), elements=st.integers(0, 100).map(float)))
    omega = draw(hnp.arrays(float, leaves, elements=st.integers(0, 5).map(float)))
    assume(omega.sum() > 0)
    omega /= omega.sum()
    cost = draw(hnp.arrays(float, leaves, elements=st.integers(0, 6).map(float)))
    free = draw(hnp.arrays(bool, leaves))
    k = draw(st.integers(0, units - 1))
    return z, z @ omega, k, levers(z, k, omega, free, cost)


@settings(max_examples=300, deadline=None)
@given(cases(), st.data())
def test_the_change_keeps_its_promise_at_the_price_of_the_solver(case, data) -> None:
    z, scores, k, lever = case
    rank = int(ranks(scores)[k])
    gain = data.draw(st.integers(0, rank - 1))
    made = smallest_change(scores, k, gain, lever)
    moved = z.copy()
    moved[k] += made.delta
    assert (moved[k] <= lever.upper + 1e-9).all()
    assert (moved[k] >= lever.lower - 1e-9).all()
    assert not made.delta[~lever.changeable].any()
    others = np.sort(np.delete(scores, k))[::-1]
    top = np.where(lever.changeable, np.maximum(lever.upper - lever.z, 0), 0)
    best = scores[k] + lever.omega @ top
    # All that can be had is exactly another's score: the last digit decides who is before whom.
    assume(not (np.abs(others - best) < 1e-8).any())
    assert int(ranks(moved @ lever.omega)[k]) == made.reached
    assert made.possible == (made.reached <= rank - gain)
    if gain == 0 or made.level:
        return
    need = others[rank - gain - 1] + CLEAR * np.ptp(scores) - scores[k]
    solved = linprog(
        lever.cost,
        A_ub=-lever.omega[None],
        b_ub=[-need],
        bounds=list(zip(0 * top, top, strict=True)),
    )
    if made.possible:
        assert solved.status == 0
        assert made.cost == pytest.approx(solved.fun, abs=1e-6)
    else:
        assert solved.status == 2
        assert made.reached == 1 + np.count_nonzero(others > best + 1e-10)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_the_ladder_is_the_price_of_every_rank_and_rises(case) -> None:
    _, scores, k, lever = case
    aims, price = ladder(scores, k, lever)
    rank = int(ranks(scores)[k])
    assert list(aims) == list(range(rank - 1, 0, -1))
    known = price[~np.isnan(price)]
    assert (np.diff(known) >= -1e-9).all()
    assert np.isnan(price[known.size :]).all()
    last = 0.0
    for aim, cost in zip(aims, price, strict=True):
        made = smallest_change(scores, k, rank - int(aim), lever)
        assert made.cost >= last - 1e-9
        last = made.cost
        if np.isnan(cost):
            assert made.level or not made.possible
        else:
            assert made.possible
            assert made.cost == pytest.approx(cost, abs=1e-9)


def test_a_negative_weight_pulls_downwards() -> None:
    """An aggregate where low is good gives its indicators a negative effective weight."""
    scores, lever = two([10.0, 20.0], [30.0, 40.0])
    turned = Levers(
        lever.z, np.array([0.2, -0.8]), lever.lower, lever.upper, lever.cost, lever.changeable
    )
    made = smallest_change(scores, 0, 1, turned)
    np.testing.assert_allclose(made.delta, [0, -12.5], atol=1e-6)
    e = CLEAR * 10
    solved = linprog(
        [1, 1, 1, 1],
        A_ub=[[-0.2, 0.8, 0.2, -0.8]],
        b_ub=[-(10 + e)],
        bounds=[(0, 70), (0, 60), (0, 30), (0, 40)],
    )
    assert made.cost == pytest.approx(solved.fun)
    far = smallest_change(np.array([10.0, 50.0]), 0, 1, turned)
    np.testing.assert_allclose(far.delta, [40, -40], atol=1e-5)


def test_asem_by_applying_the_change_to_raw_values(hansa_data) -> None:
    """Complete ASEM columns, min-max: the raw value of each single indicator gives the rank."""
    meta = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    data = pd.read_csv(hansa_data / "composite" / "asem_idata.csv")
    leaves = meta[meta.Type == "Indicator"]
    x = data[list(leaves.iCode)].to_numpy(float)
    keep = ~np.isnan(x).any(axis=0)
    x, d = x[:, keep], leaves.Direction.to_numpy(float)[keep]
    assert x.shape == (51, 33)
    low, span = np.min(d * x, axis=0), np.ptp(x, axis=0)

    def scaled(raw: np.ndarray) -> np.ndarray:
        return 100 * (d * raw - low) / span  # the frozen scale

    omega = np.arange(1.0, 34.0) / np.arange(1.0, 34.0).sum()
    scores = scaled(x) @ omega
    before = ranks(scores)
    k = int(np.flatnonzero(before == 20)[0])
    lever = levers(scaled(x), k, omega)
    for gain in (1, 5, 19):
        made = smallest_change(scores, k, gain, lever)
        raw = x.copy()
        raw[k] += made.delta * d * span / 100
        assert ranks(scaled(raw) @ omega)[k] == made.reached <= 20 - gain
        if made.possible and not made.level:
            assert made.reached == 20 - gain
    table = singles(scores, k, 3, lever, (x[k], 100 * d / span))
    for leaf in range(33):
        raw = x.copy()
        raw[k, leaf] = table.raw[leaf]
        assert ranks(scaled(raw) @ omega)[k] == 17
        inside = (scaled(raw)[k, leaf] <= 100 + 1e-6) and (scaled(raw)[k, leaf] >= -1e-6)
        assert table.within[leaf] == inside
    assert 0 < table.within.sum() < 33
    log = np.array([1.0, np.nan] + [1.0] * 31)
    assert np.isnan(singles(scores, k, 3, lever, (x[k], log)).raw[1])
    assert not singles(scores, k, 0, lever, (x[k], 100 * d / span)).delta.any()


def test_what_cannot_be_meant_is_refused() -> None:
    scores, lever = two([20.0, 50.0, 30.0], [30.0, 10.0])
    for gain in (-1, 3):
        with pytest.raises(UsageError, match="0 to 2"):
            smallest_change(scores, 0, gain, lever)
        with pytest.raises(UsageError, match="0 to 2"):
            singles(scores, 0, gain, lever, NONE)
    with pytest.raises(UsageError, match="0 to 0"):
        smallest_change(scores, 1, 1, lever)
    with pytest.raises(HansaError, match="no score"):
        smallest_change(np.array([np.nan, 1.0]), 0, 0, lever)
    bad = Levers(
        lever.z, lever.omega, lever.lower, lever.upper, np.array([1.0, -1]), lever.changeable
    )
    with pytest.raises(UsageError, match="0 or more"):
        smallest_change(scores, 0, 1, bad)
    gap = Levers(
        np.array([30.0, np.nan]),
        lever.omega,
        lever.lower,
        lever.upper,
        lever.cost,
        lever.changeable,
    )
    with pytest.raises(UsageError, match="missing indicator has a weight"):
        smallest_change(scores, 0, 1, gap)


def test_units_without_a_score_have_no_rank() -> None:
    scores, lever = two([20.0, np.nan, 30.0, 40.0], [30.0, 10.0])
    made = smallest_change(scores, 0, 2, lever)
    assert (made.rank, made.reached) == (3, 1)
