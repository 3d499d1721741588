"""Rank confidence sets: against exact critical values, a plain program, and by simulation.

Critical values of 20,000 draws are held to 0.03; with the same draws all else must be the same.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, optimize, stats

from hansa.errors import HansaError, UsageError
from hansa.index.confidence import marginal_sets, simultaneous_sets, tau_best

nan = np.nan
KINDS = (marginal_sets, simultaneous_sets)
scores = st.integers(1, 7).flatmap(
    lambda n: st.tuples(
        arrays(float, n, elements=st.integers(-9, 9).map(float)),
        arrays(float, n, elements=st.sampled_from([0.0, 0.3, 1.0, 2.5])),
    )
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def plain(score, error, noise, alpha, step_down, joint, signed=False):
    """The definition, pair by pair and draw by draw: refused pairs and the last critical value."""
    n = len(score)
    pairs = {
        (j, k): (score[j] - score[k], np.hypot(error[j], error[k]))
        for j in range(n)
        for k in range(n)
        if j != k
    }
    refused = {p for p, (d, e) in pairs.items() if e == 0 and d != 0}

    def largest(waiting):
        drawn = np.stack([(noise[j] - noise[k]) / pairs[j, k][1] for j, k in waiting])
        top = (drawn if signed else abs(drawn)).max(0)
        return max(np.quantile(top, 1 - alpha), 0)

    def families(own):
        """Families of units that are alike share one critical value, the mean of theirs."""
        waiting = [w for f in own if (w := {p for p in f if pairs[p][1] > 0})]
        while waiting:
            c = np.mean([largest(w) for w in waiting])
            size = {p: pairs[p][0] / pairs[p][1] for w in waiting for p in w}
            new = {p for p, x in size.items() if (x if signed else abs(x)) > c}
            refused.update(new)
            waiting = [w - new for w in waiting if w - new]
            if not new or not step_down:
                return

    if joint:
        families([set(pairs)])
    else:
        for kind in set(zip(score, error, strict=True)):
            alike = [j for j in range(n) if (score[j], error[j]) == kind]
            families([{(j, k) for k in range(n) if k != j} for j in alike])
    low = [1 + sum((j, k) in refused and score[k] > score[j] for k in range(n)) for j in range(n)]
    high = [n - sum((j, k) in refused and score[k] < score[j] for k in range(n)) for j in range(n)]
    if signed:
        low = [1 + sum((k, j) in refused for k in range(n)) for j in range(n)]
    return low, high


def test_the_critical_value_of_two_units_is_that_of_one_difference() -> None:
    for kind in KINDS:
        found = kind(np.array([0.0, 1.0]), np.array([1.0, 2.0]), rng(), draws=200_000)
        assert found.critical[0] == pytest.approx(1.96, abs=0.01)
        assert list(found.low) == [1, 1]
    one_sided = tau_best(np.array([0.0, 3.7]), np.array([1.0, 2.0]), 1, rng())
    # The pair in both directions is a difference in absolute value: 3.7 / 2.236 = 1.65 < 1.96.
    assert one_sided.units == (0, 1)


def test_all_pairs_of_equal_errors_follow_the_studentised_range() -> None:
    for n in (3, 10, 25):
        found = simultaneous_sets(np.zeros(n), np.full(n, 0.7), rng())
        exact = stats.studentized_range.ppf(0.95, n, np.inf) / np.sqrt(2)
        assert found.critical[0] == pytest.approx(exact, abs=0.03)
        assert found.rounds == 1


def test_pairs_with_one_unit_follow_the_many_to_one_distribution() -> None:
    """P(max |Z_j - Z_k| <= c sqrt 2) as one integral (Dunnett 1955)."""
    n = 8

    def beyond(c):
        def inside(z):
            both = stats.norm.cdf(z + c * np.sqrt(2)) - stats.norm.cdf(z - c * np.sqrt(2))
            return stats.norm.pdf(z) * both ** (n - 1)

        return integrate.quad(inside, -8, 8)[0] - 0.95

    exact = optimize.brentq(beyond, 1.9, 4)
    found = marginal_sets(np.zeros(n), np.ones(n), rng())
    assert found.critical == pytest.approx(np.full(n, exact), abs=0.05)


@settings(deadline=None, max_examples=60)
@given(scores, st.booleans(), st.sampled_from([0.05, 0.4, 0.9]))
def test_sets_equal_the_definition_pair_by_pair(given_, step_down, alpha) -> None:
    score, error = given_
    order = np.lexsort((error**2, score))
    noise = np.empty((len(score), 300))
    noise[order] = rng(2).standard_normal((len(score), 300)) * error[order][:, None]
    for kind, joint in zip(KINDS, (False, True), strict=True):
        found = kind(score, error, rng(2), alpha, 300, step_down)
        low, high = plain(score, error, noise, alpha, step_down, joint)
        assert list(found.low) == low
        assert list(found.high) == high
    best = tau_best(score, error, 2, rng(2), alpha, 300)
    low, _ = plain(score, error, noise, alpha, True, True, signed=True)
    assert list(best.low) == low
    assert best.units == tuple(i for i in range(len(score)) if low[i] <= 2)


@settings(deadline=None, max_examples=60)
@given(scores, st.randoms(use_true_random=False))
def test_what_must_hold_for_every_set(given_, random) -> None:
    score, error = given_
    sets = {}
    for kind in KINDS:
        for step_down in (True, False):
            found = kind(score, error, rng(3), draws=200, step_down=step_down)
            assert (found.low <= found.rank).all()
            assert (found.rank <= found.high).all()
            sets[kind, step_down] = found
        narrow, wide = sets[kind, True], sets[kind, False]
        assert (narrow.low >= wide.low).all()
        assert (narrow.high <= wide.high).all()
        order = np.array(random.sample(range(len(score)), len(score)))
        moved = kind(score[order], error[order], rng(3), draws=200)
        assert np.array_equal(moved.low, narrow.low[order])
        assert np.array_equal(moved.high, narrow.high[order])
        scaled = kind(4 * score, 4 * error, rng(3), draws=200)
        assert np.array_equal(scaled.low, narrow.low)
        assert np.array_equal(scaled.high, narrow.high)
    for step_down in (True, False):
        own, joint = (sets[kind, step_down] for kind in KINDS)
        assert (joint.low <= own.low).all()
        assert (joint.high >= own.high).all()


def test_small_errors_give_the_ranks_and_large_ones_everything() -> None:
    score = np.array([3.0, 1, 4, 1.5, 9])
    for kind in KINDS:
        sure = kind(score, np.full(5, 1e-9), rng(), draws=500)
        assert list(sure.low) == list(sure.high) == list(sure.rank) == [3, 5, 2, 4, 1]
        open_ = kind(score, np.full(5, 1e6), rng(), draws=500)
        assert list(open_.low) == [1] * 5
        assert list(open_.high) == [5] * 5
    assert tau_best(score, np.full(5, 1e-9), 2, rng()).units == (2, 4)
    assert tau_best(score, np.full(5, 1e6), 2, rng()).units == (0, 1, 2, 3, 4)


def test_exact_scores_are_told_apart_unless_they_are_equal() -> None:
    score = np.array([5.0, 5.0 + 1e-13, 7.0, 0.0])
    for kind in KINDS:
        found = kind(score, np.zeros(4), rng())
        assert list(found.low) == [2, 2, 1, 4]
        assert list(found.high) == [3, 3, 1, 4]
        assert list(found.rank) == [2, 2, 1, 4]
        assert found.rounds == 0
        assert np.isnan(found.critical).all()
    shared = np.full((2, 2), 3.0)
    together = simultaneous_sets(np.array([1.0, 1.1]), shared, rng())
    assert list(together.high) == [2, 1]


def test_a_unit_without_a_score_is_left_out_and_named() -> None:
    score, error = np.array([2.0, nan, 1.0]), np.array([0.1, nan, 0.1])
    for kind in KINDS:
        found = kind(score, error, rng())
        assert found.left_out == (1,)
        assert np.isnan([found.low[1], found.high[1], found.rank[1]]).all()
        assert found.high[2] == 2
    assert tau_best(score, error, 1, rng()).left_out == (1,)
    nothing = marginal_sets(np.array([nan]), np.array([1.0]), rng())
    assert nothing.left_out == (0,)
    alone = simultaneous_sets(np.array([4.0]), np.array([1.0]), rng())
    assert (alone.low[0], alone.high[0]) == (1, 1)


def test_a_covariance_does_what_it_says() -> None:
    """A common error moves all scores alike; a diagonal covariance is that of standard errors."""
    score, error = np.array([0.0, 1, 2, 5]), np.array([0.5, 0.4, 0.6, 0.5])
    one = marginal_sets(score, error, rng())
    other = marginal_sets(score, np.diag(error**2), rng())
    assert np.array_equal(one.low, other.low)
    assert one.critical == pytest.approx(other.critical, abs=1e-9, nan_ok=True)
    shifted = marginal_sets(score, np.diag(error**2) + 100, rng())
    assert np.array_equal(one.high, shifted.high)
    assert shifted.critical == pytest.approx(one.critical, abs=0.05, nan_ok=True)
    g = rng(4).normal(size=(4, 2))
    singular = simultaneous_sets(score, g @ g.T, rng())
    assert (singular.low <= singular.rank).all()
    # By the definition with draws of our own: all pairs of two common factors.
    noise = g @ rng(5).standard_normal((2, 200_000))
    drawn = [
        abs(noise[j] - noise[k]) / np.linalg.norm(g[j] - g[k]) for j in range(4) for k in range(j)
    ]
    first = simultaneous_sets(score, g @ g.T, rng(), step_down=False)
    assert first.critical[0] == pytest.approx(np.quantile(np.max(drawn, 0), 0.95), abs=0.03)


def test_sets_cover_the_true_ranks() -> None:
    """300 samples of six units, two of them equal: sets hold the ranks as often as they say."""
    truth, error = np.array([0.0, 0.5, 1.0, 1.0, 2.0, 4.0]), np.array([0.3, 0.5, 0.4, 0.4, 0.6, 1])
    rank = 1 + (truth[None, :] > truth[:, None]).sum(1)
    worst = (truth[None, :] >= truth[:, None]).sum(1)
    g, own, all_, best = rng(6), np.zeros(6), 0, 0
    for _ in range(300):
        drawn = truth + error * g.standard_normal(6)
        found = marginal_sets(drawn, error, g, 0.1, 400)
        own += (found.low <= rank) & (found.high >= worst)
        found = simultaneous_sets(drawn, error, g, 0.1, 400)
        all_ += bool(((found.low <= rank) & (found.high >= worst)).all())
        best += {4, 5} <= set(tau_best(drawn, error, 2, g, 0.1, 400).units)
    assert (own / 300 >= 0.85).all()
    assert all_ / 300 >= 0.85
    assert best / 300 >= 0.85
    # And not by saying nothing: the last unit is the best in most samples.
    assert found.high[5] < 6


def test_wrong_input_is_refused_by_name() -> None:
    two = np.array([1.0, 2.0])
    with pytest.raises(HansaError, match="units row 2") as caught:
        marginal_sets(two, np.array([1.0, nan]), rng())
    assert "give the error, or leave the score out" in str(caught.value)
    with pytest.raises(HansaError, match="units row 1"):
        simultaneous_sets(two, np.array([-1.0, 1.0]), rng())
    with pytest.raises(HansaError, match=r"scores \(2,\), errors \(3,\)"):
        marginal_sets(two, np.ones(3), rng())
    with pytest.raises(HansaError, match="not symmetric"):
        marginal_sets(two, np.array([[1.0, 0.5], [0.1, 1.0]]), rng())
    with pytest.raises(HansaError, match="smallest eigenvalue -1"):
        marginal_sets(two, np.array([[1.0, 2.0], [2.0, 1.0]]), rng())
    with pytest.raises(UsageError, match="alpha = 2"):
        marginal_sets(two, two, rng(), alpha=2)
    with pytest.raises(UsageError, match="tau = 0"):
        tau_best(two, two, 0, rng())
