"""Sensitivity indices: by hand, by the reference, by a function whose indices are known, by SALib.

Tolerance: 1e-10 where the same sum is formed in another order. Against the true indices of
Ishigami's function (Ishigami and Homma, 1990) a scrambled sequence of 4,096 points is within 0.02.
"""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
import reference_index as ref
from test_index_kernel import case, plain, table_of, values_of

from hansa.errors import UsageError
from hansa.index.evaluator import Evaluator
from hansa.index.factors import factors_of
from hansa.index.robustness import replayed
from hansa.index.sensitivity import (
    Sensitivity,
    coinr_estimators,
    estimators,
    evaluated,
    finite,
    sensitivity,
    sobol_design,
    target_of,
)

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-10)
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}


def index(rows, recipe=None, units: int = 7, years: int = 1) -> Evaluator:
    c = case(PARENTS, {"a": 2, "d": 3}, {"b": -1})
    x = np.random.default_rng(11).normal(50, 10, (units * years, 5))
    recipe = plain() if recipe is None else recipe
    return Evaluator(c.tree, values_of(c, x, years), recipe, factors_of(rows, c.tree, recipe), 3)


def frame():
    c = case(PARENTS, {"a": 2, "d": 3}, {"b": -1})
    return c, table_of(c, np.random.default_rng(11).normal(50, 10, (7, 5)))


# --- exact designs ---------------------------------------------------------------------


def test_two_choices_by_hand() -> None:
    # 0, 1, 1, 4: mean 1.5, V = (2.25 + .25 + .25 + 6.25) / 4 = 2.25; E[Y|X1] = .5, 2.5, variance 1
    # Var(Y|X2 = 0) = .25, Var(Y|X2 = 1) = 2.25, mean 1.25
    first, total, variance = finite(np.array([[0.0, 1], [1, 4]]), [[0.5, 0.5]] * 2)
    near(variance, 2.25)
    near(first, 4 / 9)
    near(total, 5 / 9)


def test_a_sum_has_no_interaction_and_a_product_of_signs_has_nothing_else() -> None:
    p = [np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.4])]
    a, b = np.array([1.0, 5, 2]), np.array([0.0, 3])
    first, total, _ = finite(a[:, None] + b, p)
    near(first, total)
    near(first.sum(), 1.0)
    va, vb = p[0] @ (a - p[0] @ a) ** 2, p[1] @ (b - p[1] @ b) ** 2
    near(first, np.array([va, vb]) / (va + vb))
    first, total, _ = finite(np.array([[1.0, -1], [-1, 1]]), [[0.5, 0.5]] * 2)
    near(first, 0.0)
    near(total, 1.0)


@pytest.mark.parametrize("seed", range(8))
def test_exact_indices_equal_the_reference_and_keep_their_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 4, rng.integers(1, 5)))
    y = rng.normal(0, 1, shape) + rng.normal(0, 100)
    p = [rng.dirichlet(np.ones(n)) for n in shape]
    if seed % 2 and shape[0] > 1:
        p[0][0] = 0.0
        p[0] /= p[0].sum()
    first, total, _ = finite(y, p)
    expected = ref.sobol_exact(y, [list(v) for v in p])
    near(first, expected[0], rtol=1e-8, atol=1e-8)
    near(total, expected[1], rtol=1e-8, atol=1e-8)
    if np.isfinite(first).all():
        slack = 1e-9
        assert (first >= -slack).all()
        assert (first <= total + slack).all()
        assert (total <= 1 + slack).all()
        assert first.sum() <= 1 + slack <= total.sum() + 2 * slack


CHOICES = [
    {
        "id": "scale",
        "options": [
            {"normalise.rule": "min-max", "normalise.range": [1, 100]},
            {"normalise.rule": "z", "normalise.mean": 100, "normalise.sd": 10},
            {"normalise.rule": "rank"},
        ],
        "probabilities": [0.5, 0.2, 0.3],
    },
    {
        "id": "mean",
        "options": [{"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}],
    },
    {"id": "out", "drop": ["a", "c", "e"]},
    {"id": "same", "options": [{"weigh.scheme": "given"}, {"weigh.scheme": "given"}]},
]
SCALES = [
    ("minmax", {"low": 1, "high": 100}),
    ("z", {"mean": 100, "sd": 10}),
    ("rank", {}),
]


def test_a_finite_design_is_enumerated_with_its_probabilities() -> None:
    c, table = frame()
    targets = [
        ("shift", target_of("shift")),
        ("rank", target_of("rank", (2,))),
        ("score", target_of("score", (4,))),
        ("difference", target_of("difference", (4, 1))),
        ("top", target_of("top", (2,), top=3)),
    ]
    found = sensitivity(index(CHOICES), targets)
    nominal = ref.replicate(table, c.meta)[1]
    y = np.empty((5, 3, 2, 3, 2))
    for s, m, d in itertools.product(range(3), range(2), range(3)):
        scores, ranks = ref.replicate(
            table, c.meta, None, SCALES[s], ("arithmetic", "geometric")[m], ["ace"[d]]
        )
        y[:, s, m, d] = np.array(
            [
                np.mean(np.abs(ranks - nominal)),
                ranks[2],
                scores[4],
                scores[4] - scores[1],
                ranks[2] <= 3,
            ]
        )[:, None]
    p = [[0.5, 0.2, 0.3], [0.5, 0.5], [1 / 3] * 3, [0.5, 0.5]]
    for one, values in zip(found, y, strict=True):
        assert one.exact
        assert one.evaluations == 36
        assert one.factors == ("scale", "mean", "out", "same")
        first, total = ref.sobol_exact(values, p)
        near(one.first, first, rtol=1e-8, atol=1e-8)
        near(one.total, total, rtol=1e-8, atol=1e-8)
        if one.variance > 0:
            near([one.first[3], one.total[3]], 0.0)
            assert one.said() == ["Exact: all 36 combinations."]
    assert sum(one.variance > 0 for one in found) >= 4
    assert [one.target for one in found] == ["shift", "rank", "score", "difference", "top"]


def test_where_nothing_varies_there_are_no_indices() -> None:
    (one,) = sensitivity(index([CHOICES[3]]), [("shift", target_of("shift"))])
    assert np.isnan(one.first).all()
    assert np.isnan(one.total).all()
    assert one.variance == 0
    assert one.said() == ["No choice moves this target."]
    with pytest.raises(UsageError, match="nothing varies"):
        sensitivity(index([]), [("shift", target_of("shift"))])


def test_a_sampled_target_that_only_rounding_moves_has_no_indices() -> None:
    # Families of one child: their weights vary and change nothing.
    c = case({"a": "p", "b": "q", "p": "top", "q": "top"})
    x = np.random.default_rng(2).normal(size=(6, 2))
    rows = [{"id": i, "weights": f, "level": 1} for i, f in (("v", 0.25), ("w", 0.5))]
    one = Evaluator(c.tree, values_of(c, x), plain(), factors_of(rows, c.tree, plain()), 1)
    for row in range(6):
        (found,) = sensitivity(one, [("score", target_of("score", (row,)))], points=64)
        assert np.isnan(found.first).all()
        assert np.isnan(found.total).all()
        assert found.said() == ["No choice moves this target."]


def test_a_design_with_holes_has_no_indices_and_says_why() -> None:
    rows = [
        {
            "id": "mean",
            "options": [{"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}],
        },
        {"id": "out", "drop": "all"},
    ]
    (one,) = sensitivity(index(rows), [("shift", target_of("shift"))])
    assert one.failed == 5
    assert np.isnan(one.first).all()
    told = " ".join(one.said())
    assert "No choice moves" not in told
    assert "5 of 10" in told


# --- sampled designs -------------------------------------------------------------------


def ishigami(u: np.ndarray, a: float = 7.0, b: float = 0.1) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_design_changes_one_column_at_a_time() -> None:
    n, d = 64, 4
    design = sobol_design(n, d, 5)
    assert design.shape == (n * (d + 2), d)
    assert design.min() >= 0
    assert design.max() < 1
    a, b = design[:n], design[n : 2 * n]
    assert not np.isclose(a, b).all()
    for i in range(d):
        mixed = design[(2 + i) * n : (3 + i) * n]
        np.testing.assert_array_equal(mixed[:, i], b[:, i])
        rest = [j for j in range(d) if j != i]
        np.testing.assert_array_equal(mixed[:, rest], a[:, rest])
    # a net: each column of A and B has one point in each of the 64 boxes
    for column in np.concatenate([a, b], axis=1).T:
        assert np.unique(np.floor(column * n)).size == n
    np.testing.assert_array_equal(sobol_design(n, d, 5), design)
    assert not np.array_equal(sobol_design(n, d, 6), design)


def test_indices_of_a_known_function() -> None:
    n = 4096
    y = ishigami(sobol_design(n, 3, 1)).reshape(5, n)
    first, total, variance = estimators(y[0], y[1], y[2:])
    v1 = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    v2, v13 = 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    v = v1 + v2 + v13
    near(variance, v, rtol=0.02)
    near(first, np.array([v1, v2, 0]) / v, atol=0.02)
    near(total, np.array([v1 + v13, v2, v13]) / v, atol=0.02)


def test_estimators_equal_the_reference_and_take_many_samples_at_once() -> None:
    rng = np.random.default_rng(4)
    a, b, ab = rng.normal(5, 1, (32, 3)), rng.normal(5, 1, (32, 3)), rng.normal(5, 1, (4, 32, 3))
    first, total, variance = estimators(a, b, ab)
    for k in range(3):
        expected = ref.sobol_estimates(a[:, k], b[:, k], ab[:, :, k])
        near(first[:, k], expected[0])
        near(total[:, k], expected[1])
        near(variance[k], np.var(np.r_[a[:, k], b[:, k]]))


def test_salib_finds_the_same_on_the_same_sample() -> None:
    analyze = pytest.importorskip("SALib.analyze.sobol").analyze
    n, d = 512, 3
    y = ishigami(sobol_design(n, d, 9)).reshape(d + 2, n)
    a, b, ab = y[0], y[1], y[2:]
    first, total, variance = estimators(a, b, ab)
    problem = {"num_vars": d, "names": list("xyz"), "bounds": [[0, 1]] * d}
    rows = np.concatenate([a[None], ab, b[None]]).T.ravel()  # SALib: A, AB_1.., B row by row
    theirs = analyze(problem, rows, calc_second_order=False, num_resamples=2, seed=1)
    near(total, theirs["ST"], rtol=1e-9)
    # It centres on the mean of all n (d + 2) values, not on that of A and B.
    shift = np.concatenate([a, b]).mean() - rows.mean()
    near(first + shift * (ab - a).mean(axis=1) / variance, theirs["S1"], rtol=1e-9, atol=1e-9)


def test_coinr_s_way_is_uncentred_and_divides_by_one_less() -> None:
    rng = np.random.default_rng(7)
    y = rng.normal(3, 1, 20 * 5)
    found = coinr_estimators(y, 3)
    expected = ref.sobol_coinr(y, 3)
    near(found[0], expected[0])
    near(found[1], expected[1])
    # centred values and the other divisor give Hansa's own numbers
    a, b, ab = y[:20], y[20:40], y[40:].reshape(3, 20)
    centre = y[:40].mean()
    own = estimators(a, b, ab)
    moved = coinr_estimators(y - centre, 3)
    near(np.array(moved) * 40 / 39, own[:2])
    assert not np.allclose(found[0], own[0], atol=1e-3)


def test_a_given_design_is_replayed_and_ranks_come_from_a_and_b_only() -> None:
    one = index(CHOICES[:3])
    n, d = 8, 3
    design = sobol_design(n, d, 2)
    values = np.stack([f.values(u, one.tree) for f, u in zip(one.factors, design.T, strict=True)])
    c, table = frame()
    y, draws = [], []
    nominal = ref.replicate(table, c.meta)[1]
    for s, m, o in values.T.astype(int):
        _, ranks = ref.replicate(
            table, c.meta, None, SCALES[s], ("arithmetic", "geometric")[m], ["ace"[o]]
        )
        draws.append(ranks)
        y.append(np.mean(np.abs(ranks - nominal)))
    (found,) = evaluated(one, values, [target_of("shift")])
    near(found, y)
    first, total = coinr_estimators(found, d)
    expected = ref.sobol_coinr(y, d)
    near(first, expected[0])
    near(total, expected[1])
    own = replayed(one, values[:, : 2 * n]).years[2001][1]
    near(own.acceptability, ref.acceptability(np.array(draws[: 2 * n])))


def test_sampled_indices_of_an_index_come_near_the_exact_ones() -> None:
    exact = sensitivity(index(CHOICES[:3]), [("shift", target_of("shift"))])[0]
    # a range of no width makes the design endless and changes nothing
    rows = [*CHOICES[:3], {"id": "still", "weights": 1e-12}]
    (found,) = sensitivity(index(rows), [("shift", target_of("shift"))], points=1024)
    assert not found.exact
    assert found.evaluations == 1024 * 6
    near(found.first[:3], exact.first, atol=0.05)
    near(found.total[:3], exact.total, atol=0.05)
    near(found.total[3], 0.0, atol=1e-6)
    near(found.variance, exact.variance, rtol=0.1)
    assert found.low is not None
    assert found.high is not None
    for k, value in enumerate((found.first, found.total)):
        assert (found.low[:, k] <= value + 1e-12).all()
        assert (value <= found.high[:, k] + 1e-12).all()
    assert (found.low[:3, 1] <= exact.total + 0.02).all()
    assert (exact.total <= found.high[:3, 1] + 0.02).all()
    again = sensitivity(index(rows), [("shift", target_of("shift"))], points=1024)[0]
    np.testing.assert_array_equal(again.first, found.first)
    np.testing.assert_array_equal(again.low, found.low)


def test_wide_intervals_are_said_by_name() -> None:
    (found,) = sensitivity(index([*CHOICES[:2], {"id": "w", "weights": 0.9}]),
                           [("top", target_of("top", (2,), top=2))], points=16)  # fmt: skip
    (told,) = found.said()
    assert told.startswith("Intervals wider than 0.1: ")
    assert told.endswith("Take more points.")
    wide = [n for n, w in zip(found.factors, (found.high - found.low).max(axis=1), strict=True)
            if w > 0.1]  # fmt: skip
    assert wide
    assert all(name in told for name in wide)
    tight = Sensitivity(("w",), "x", np.ones(1), np.ones(1), 1.0, 9, False,
                        np.full((1, 2), 0.9), np.full((1, 2), 0.95))  # fmt: skip
    assert tight.said() == []


def test_failed_evaluations_of_a_sample_are_left_out_and_counted() -> None:
    rows = [
        {"id": "mean", "options": [{"aggregate.rule": r} for r in ("arithmetic", "geometric")]},
        {"id": "w", "weights": 0.5},
    ]
    (one,) = sensitivity(index(rows), [("shift", target_of("shift"))], points=64)
    assert 0 < one.failed < one.evaluations == 256
    assert f"{one.failed} of 256 evaluations could not be computed." in one.said()
    # arithmetic is all that is left, and so the mean moves nothing
    near([one.first[0], one.total[0]], 0.0, atol=1e-9)
    assert one.total[1] > 0.5


def test_the_number_of_points_is_a_power_of_two() -> None:
    with pytest.raises(UsageError) as caught:
        sensitivity(index([{"id": "w", "weights": 0.5}]), [("shift", target_of("shift"))], 1000)
    assert "no power of 2" in str(caught.value)
    assert "1000" in str(caught.value)


# --- targets ---------------------------------------------------------------------------


def test_targets_by_hand() -> None:
    scores = np.array([[9.0, 1.0, NAN], [5.0, 2.0, 3.0], [1.0, 3.0, 4.0]])
    ranks = np.array([[1, 3, 0], [2, 2, 2], [3, 1, 1]])
    nominal = np.array([1, 2, 3])

    def of(*given, **options):
        return target_of(*given, **options)(scores, ranks, nominal)

    near(of("shift"), [0, 4 / 3, 2 / 2])
    near(of("rank", (0,)), [1, 3, NAN])
    near(of("score", (1,)), [5, 2, 3])
    near(of("difference", (2, 1)), [-4, 1, 1])
    near(of("top", (0,), top=2), [1, 0, NAN])
    near(of("top", (1,), top=2), [1, 1, 1])


def test_targets_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        target_of("place")
    assert "no target 'place'" in str(caught.value)
    assert "shift, rank, score, difference, top" in str(caught.value)
    for kind, few in (("rank", ()), ("top", ()), ("difference", (1,)), ("score", ())):
        with pytest.raises(UsageError, match=f"the target {kind} needs"):
            target_of(kind, few)


def test_a_panel_is_judged_by_its_last_year() -> None:
    one = index(CHOICES[:2], years=2)
    result = replayed(one, np.array([[0.0, 1, 2], [0, 0, 1]]))
    rows, _ = result.years[2002]
    (shift,) = evaluated(one, result.values, [target_of("shift")])
    ranks = result.ranks[rows].astype(int)
    near(shift, np.abs(ranks - result.nominal[rows][:, None]).mean(axis=0))
