"""Exact rank intervals against one programme for every set of units, and `fewest` by counting.

Where shares lie in a box the reference enumerates. Where weights are divided by their sum, u = w /
sum(w) with w in a box, u is admissible if and only if some scale t of the family has
low t <= u <= high t: the same enumeration with one more variable for each family.
Both count above as more than 0 (best) and at least 1e-7 of the range (worst).
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import reference_index as ref
from scipy import sparse
from scipy.optimize import linprog
from test_index_kernel import Case, case, plain, random_case, raw_stage, values_of

from hansa.errors import HansaError, UsageError
from hansa.index.chain import Stage, ranks_of, run
from hansa.index.evaluator import Evaluator
from hansa.index.extreme import (
    EVEN,
    RankInterval,
    WeightSet,
    anything,
    around,
    extremes,
    rank_intervals,
)
from hansa.index.factors import factors_of
from hansa.index.kernel import leaf_weights
from hansa.index.reading import read_index
from hansa.index.recipe import recipe_of
from hansa.index.robustness import robustness
from hansa.solve import Infeasible, Polytope, fewest

near = np.testing.assert_allclose
TREE = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}


def flat(m: int, weights=None) -> Case:
    return case({f"i{j}": "top" for j in range(m)}, weights)


class Admissible:
    """The weight set as rows of A v <= b, A_eq v = 1 over v = (u of nodes, t of families)."""

    def __init__(self, allowed: WeightSet) -> None:
        tree, n = allowed.tree, len(allowed.tree.nodes)
        self.leaves, self.size = tree.leaves, n + len(tree.families)
        self.less, self.equal, self.to = [], [], []
        for f, (p, children) in enumerate(tree.families):
            total = np.zeros(self.size)
            total[children] = 1.0
            total[p] -= 1.0
            self.equal.append(total)
            self.to.append(0.0)
            scale = p if not allowed.ratios else n + f
            for c in children:
                for sign, end in ((-1.0, allowed.low[c]), (1.0, allowed.high[c])):
                    row = np.zeros(self.size)
                    row[c] += sign
                    row[scale] -= sign * end
                    self.less.append(row)
        whole = np.zeros(self.size)
        whole[tree.root] = 1.0
        self.equal.append(whole)
        self.to.append(1.0)
        if allowed.statements is not None:
            self.less += [-np.r_[s, np.zeros(self.size - n)] for s in allowed.statements]

    def margin(self, rows: np.ndarray) -> float:
        """The largest t for which some weights give rows @ w >= t."""
        wide = np.zeros((len(rows), self.size + 1))
        wide[:, : self.leaves] = -rows
        wide[:, -1] = 1.0
        less = np.array([*(np.r_[r, 0.0] for r in self.less), *wide])
        found = linprog(
            np.r_[np.zeros(self.size), -1.0],
            A_ub=less,
            b_ub=np.zeros(len(less)),
            A_eq=np.c_[np.array(self.equal), np.zeros(len(self.equal))],
            b_eq=self.to,
            bounds=[(0, None)] * self.size + [(-1e6, 1e6)],
            method="highs",
        )
        return -found.fun if found.status == 0 else -np.inf

    def interval(self, x: np.ndarray, k: int) -> tuple[int, int]:
        """Best and worst rank of unit k: every set of others that may stand above it."""
        others = [i for i in range(len(x)) if i != k]
        even = EVEN * (x.max(axis=0) - x.min(axis=0)).max()

        def sets(size):
            return (list(s) for s in itertools.combinations(others, size))

        best = next(
            1 + size
            for size in range(len(others) + 1)
            if any(self.margin(x[k] - x[s]) >= -1e-9 for s in sets(len(others) - size))
        )
        worst = next(
            1 + size
            for size in range(len(others), -1, -1)
            if any(self.margin(x[s] - x[k]) >= even - 1e-9 for s in sets(size))
        )
        return best, worst

    def holds(self, u: np.ndarray) -> bool:
        """Whether given leaf weights are in the set."""
        fixed = [np.eye(self.size)[j] for j in range(self.leaves)]
        found = linprog(
            np.zeros(self.size),
            A_ub=np.array(self.less),
            b_ub=np.full(len(self.less), 1e-9),
            A_eq=np.array([*self.equal[:-1], self.equal[-1], *fixed]),
            b_eq=[*self.to, *u],
            bounds=[(0, None)] * self.size,
            method="highs",
        )
        return found.status == 0


def check(stage: Stage, allowed: WeightSet, only=()) -> RankInterval:
    """Against the enumeration; the weights given attain the ranks and are admissible."""
    found = rank_intervals(stage, allowed, only=only)
    own, x = Admissible(allowed), stage.data.values
    assert found.proven.all()
    for place, k in enumerate(found.rows):
        assert (found.best[place], found.worst[place]) == own.interval(x, k)
        for end, rank in enumerate((found.best[place], found.worst[place])):
            s = (x - x[k]) @ found.weights[place, end]
            # at the best end units that are even up to EVEN are not above
            slack = (1e-12 if end else EVEN) * (x.max(axis=0) - x.min(axis=0)).max()
            assert 1 + (s > slack).sum() == rank
            assert own.holds(found.weights[place, end])
    np.testing.assert_array_equal(found.best_bound, found.best)
    np.testing.assert_array_equal(found.worst_bound, found.worst)
    return found


# --- exact -----------------------------------------------------------------------------


def test_two_indicators_by_hand() -> None:
    # w on the first: A = 3 w, B = 2 (1 - w), C = w + 1 - w = 1; around equal weights +-25 %.
    stage = raw_stage(flat(2), np.array([[3.0, 0], [0, 2], [1, 1]]))
    found = rank_intervals(stage, around(stage, 0.25, ratios=False))
    # w in [.375, .625]: A 1.125..1.875 is first but behind B (1.25) at .375
    np.testing.assert_array_equal(found.best, [1, 1, 2])
    np.testing.assert_array_equal(found.worst, [2, 3, 3])
    every = rank_intervals(stage, anything(stage))
    np.testing.assert_array_equal(every.best, [1, 1, 2])
    np.testing.assert_array_equal(every.worst, [3, 3, 3])
    none = rank_intervals(stage, around(stage, 0.0))
    np.testing.assert_array_equal(none.best, [1, 2, 2])
    np.testing.assert_array_equal(none.worst, [1, 2, 2])


@pytest.mark.parametrize("seed", range(6))
def test_flat_intervals_equal_the_enumeration_of_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 5))
    x = rng.random((4, m)) if seed % 2 else rng.integers(0, 4, (4, m)).astype(float)
    stage = raw_stage(flat(m, {f"i{j}": rng.integers(1, 4) for j in range(m)}), x)
    spread = (0.1, 0.25, 0.6)[seed % 3]
    for allowed in (around(stage, spread, ratios=False), anything(stage)):
        found = rank_intervals(stage, allowed)
        for k in range(4):
            expected = ref.rank_interval(x, k, allowed.low[:m], allowed.high[:m])
            assert (found.best[k], found.worst[k]) == expected


@pytest.mark.parametrize("seed", range(5))
def test_flat_ratios_equal_the_enumeration(seed: int) -> None:
    rng = np.random.default_rng(20 + seed)
    m = int(rng.integers(2, 5))
    x = rng.random((4, m)) if seed % 2 else rng.integers(0, 4, (4, m)).astype(float)
    stage = raw_stage(flat(m, {f"i{j}": rng.integers(1, 4) for j in range(m)}), x)
    check(stage, around(stage, (0.1, 0.25, 0.6)[seed % 3]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ratios", [True, False])
def test_trees_equal_the_enumeration(seed: int, ratios: bool) -> None:
    rng = np.random.default_rng(40 + seed)
    c = random_case(rng)
    x = rng.integers(0, 6, (4, c.tree.leaves)).astype(float)
    if seed % 2:
        x += rng.random(x.shape)
    stage = raw_stage(c, x)
    level = (0, 1, 2)[seed % 3]
    check(stage, around(stage, 0.5, ratios, level), only=[0, 2])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ratios", [True, False])
def test_the_greatest_weighted_sum_equals_a_linear_programme(seed: int, ratios: bool) -> None:
    rng = np.random.default_rng(90 + seed)
    c = random_case(rng)
    stage = raw_stage(c, rng.random((3, c.tree.leaves)))
    allowed = around(stage, 0.7, ratios) if seed else anything(stage)
    own, value = Admissible(allowed), rng.normal(size=(4, c.tree.leaves))
    value[3] = np.round(value[3])
    greatest, at = extremes(allowed, value)
    near(greatest, [own.margin(row[None]) for row in value], atol=1e-8)
    near((at * value).sum(axis=1), greatest, atol=1e-12)
    near(at.sum(axis=1), 1.0)
    assert all(own.holds(u) for u in at)


def test_the_reference_bounds_shares_of_a_tree_alike() -> None:
    rng = np.random.default_rng(4)
    c = case(TREE, {"a": 2, "q": 3})
    x = rng.random((4, 5))
    stage = raw_stage(c, x)
    allowed = around(stage, 0.6, ratios=False)
    low = dict(zip(c.tree.codes, allowed.low, strict=True))
    high = dict(zip(c.tree.codes, allowed.high, strict=True))
    rows = ref.tree_rows(c.meta, low, high)
    found = rank_intervals(stage, allowed)
    for k in range(4):
        assert (found.best[k], found.worst[k]) == ref.rank_interval(x, k, [0] * 5, [1] * 5, *rows)


def test_ratios_reach_further_than_shares() -> None:
    # two equal weights +-25 %: shares .375 to .625 either way, three: .75/3.25 = .231 to 1.25/2.75
    c = flat(3)
    x = np.array([[1.0, 0, 0], [0.440, 0.440, 0.440], [0, 1, 1]])
    stage = raw_stage(c, x)
    shares = rank_intervals(stage, around(stage, 0.25, ratios=False))
    ratios = rank_intervals(stage, around(stage, 0.25))
    assert (shares.best[0], ratios.best[0]) == (3, 2)  # 1.25 / 2.75 = .4545 > .44 > .4167
    check(stage, around(stage, 0.25))


TWINS = np.array([[3.0, 1, 1, 1], [1, 0, 3, 3], [3, 0, 1, 3], [3, 1, 1, 1]])
TWINS_TOO = np.array(
    [
        [0.90020366, 0.74928895, 0.88393555, 0.22745601],
        [0.73506947, 0.64879565, 0.28285224, 0.28287972],
        [0.83977147, 0.21597574, 0.38345797, 0.41581388],
        [0.90020366, 0.74928895, 0.88393555, 0.22745601],
    ]
)


@pytest.mark.parametrize("x", [TWINS, TWINS_TOO])
def test_identical_units_leave_the_intervals_of_others_exact(x: np.ndarray) -> None:
    stage = raw_stage(flat(4), x)
    found = check(stage, anything(stage))
    assert (found.best[0], found.worst[0]) == (found.best[3], found.worst[3])


@pytest.mark.parametrize("seed", range(6))
def test_many_ties_in_the_whole_simplex_equal_the_enumeration(seed: int) -> None:
    rng = np.random.default_rng(300 + seed)
    x = rng.integers(0, 4, (4, 4)).astype(float)
    x[-1] = x[0]
    stage = raw_stage(flat(4), x)
    check(stage, anything(stage))


def test_ties_count_for_nobody() -> None:
    # C lies on the line of A and B: nobody is above it at w = 1/2, and it is above nobody.
    stage = raw_stage(flat(2), np.array([[2.0, 0], [0, 2], [1, 1], [1, 1]]))
    found = check(stage, anything(stage))
    np.testing.assert_array_equal(found.best, [1, 1, 1, 1])
    np.testing.assert_array_equal(found.worst, [4, 4, 2, 2])
    same = raw_stage(flat(2), np.ones((3, 2)))
    found = rank_intervals(same, anything(same))
    np.testing.assert_array_equal(found.best, 1)
    np.testing.assert_array_equal(found.worst, 1)


@pytest.mark.parametrize("seed", range(4))
def test_statements_about_weights_are_kept(seed: int) -> None:
    rng = np.random.default_rng(60 + seed)
    c = case(TREE)
    x = rng.integers(0, 5, (4, 5)).astype(float) if seed % 2 else rng.random((4, 5))
    stage = raw_stage(c, x)
    at = c.tree.place
    statement = np.zeros((2, 8))
    statement[0, [at["p"], at["q"]]] = 1, -1  # p weighs at least as much as q
    statement[1, [at["e"], at["top"]]] = 1, -0.3  # e at least 0.3 of the whole
    allowed = anything(stage) if seed < 2 else around(stage, 0.9)
    wide = rank_intervals(stage, allowed)
    narrow = check(stage, replace(allowed, statements=statement))
    assert (narrow.best >= wide.best).all()
    assert (narrow.worst <= wide.worst).all()


def test_statements_that_contradict_are_an_error() -> None:
    stage = raw_stage(flat(3), np.random.default_rng(1).random((4, 3)))
    statement = np.array([[1.0, -2, 0, 0], [-1, 0.5, 0, 0], [0, 1, 0, -0.2]])
    with pytest.raises(HansaError, match="no weights satisfy all statements"):
        rank_intervals(stage, replace(anything(stage), statements=statement))
    # also where one unit is best in everything and no programme would be needed for it
    chain = raw_stage(flat(3), np.array([[3.0, 3, 3], [2, 2, 2]]))
    with pytest.raises(HansaError, match="no weights satisfy all statements"):
        rank_intervals(chain, replace(anything(chain), statements=statement))


def test_weights_given_satisfy_the_statements_even_where_the_middle_does_not() -> None:
    # 0.6 <= w1 <= 0.8: neither the middle of the simplex nor a corner of it; A is best anyhow.
    stage = raw_stage(flat(2), np.array([[3.0, 3], [1, 2], [2, 1]]))
    allowed = replace(anything(stage), statements=np.array([[1.0, 0, -0.6], [-1, 0, 0.8]]))
    found = check(stage, allowed)
    np.testing.assert_array_equal(found.best, [1, 3, 2])
    assert (found.weights[:, :, 0] >= 0.6 - 1e-9).all()
    assert (found.weights[:, :, 0] <= 0.8 + 1e-9).all()


# --- what has to hold whatever the data ------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_intervals_contain_the_nominal_and_every_rank_drawn_from_the_set(seed: int) -> None:
    rng = np.random.default_rng(80 + seed)
    c = random_case(rng)
    x = rng.normal(50, 10, (9, c.tree.leaves))
    stage = raw_stage(c, x)
    rows = [{"id": "w", "weights": 0.4}]
    recipe = plain(rule="none")
    one = Evaluator(c.tree, stage.data, recipe, factors_of(rows, c.tree, recipe), seed)
    drawn = robustness(one, 400).ranks.astype(int)
    found = rank_intervals(stage, around(stage, 0.4))
    nominal = ranks_of(stage)[:, -1]
    assert (found.best <= nominal).all()
    assert (nominal <= found.worst).all()
    assert (found.best <= drawn.min(axis=1)).all()
    assert (drawn.max(axis=1) <= found.worst).all()
    # corners of the box reach further than draws from its middle
    corners = stage.share[:, None] * rng.choice([0.6, 1.4], (stage.share.size, 300))
    gap = x @ leaf_weights(c.tree, corners)
    ranks = np.array([ref.ranks(column) for column in gap.T])
    assert (found.best <= ranks.min(axis=0)).all()
    assert (ranks.max(axis=0) <= found.worst).all()


def test_a_smaller_set_is_not_wider() -> None:
    rng = np.random.default_rng(9)
    c = case(TREE, {"a": 3})
    stage = raw_stage(c, rng.normal(size=(8, 5)))
    for ratios in (True, False):
        last = rank_intervals(stage, around(stage, 0.0, ratios))
        np.testing.assert_array_equal(last.best, ranks_of(stage)[:, -1])
        np.testing.assert_array_equal(last.worst, ranks_of(stage)[:, -1])
        for spread in (0.1, 0.3, 0.6, 0.95):
            found = rank_intervals(stage, around(stage, spread, ratios))
            assert (found.best <= last.best).all()
            assert (found.worst >= last.worst).all()
            part = rank_intervals(stage, around(stage, spread, ratios, level=1))
            assert (part.best >= found.best).all()
            assert (part.worst <= found.worst).all()
            last = found
        every = rank_intervals(stage, anything(stage))
        assert (every.best <= last.best).all()
        assert (every.worst >= last.worst).all()
    assert (every.worst > every.best).any()


def test_order_of_units_and_indicators_changes_nothing() -> None:
    rng = np.random.default_rng(10)
    x = rng.normal(size=(8, 5))
    order = ("e", "d", "c", "b", "a", "q", "p")
    c, turned = case(TREE, {"a": 3}), case({k: TREE[k] for k in order}, {"a": 3})
    stage, other = raw_stage(c, x), raw_stage(turned, x[::-1, ::-1])
    for spread, ratios in ((0.25, True), (0.6, False)):
        first = rank_intervals(stage, around(stage, spread, ratios))
        second = rank_intervals(other, around(other, spread, ratios))
        np.testing.assert_array_equal(first.best, second.best[::-1])
        np.testing.assert_array_equal(first.worst, second.worst[::-1])


def test_a_scale_moved_or_stretched_changes_nothing() -> None:
    x = np.random.default_rng(12).normal(size=(7, 4))
    first = raw_stage(flat(4), x)
    expected = rank_intervals(first, around(first, 0.5))
    for a, b in ((1e6, 0.0), (1e-6, 0.0), (1.0, 1e4)):
        stage = raw_stage(flat(4), a * x + b)
        found = rank_intervals(stage, around(stage, 0.5))
        np.testing.assert_array_equal(found.best, expected.best)
        np.testing.assert_array_equal(found.worst, expected.worst)


@pytest.mark.data
def test_asem_contains_every_rank_of_two_thousand_replications(hansa_data) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    recipe = recipe_of(
        [
            {"do": "denominate"},
            {"do": "impute", "rule": "mean"},
            {"do": "normalise"},
            {"do": "weigh"},
            {"do": "aggregate"},
        ]
    )
    stage = run(tree, data, recipe)
    found = rank_intervals(stage, around(stage, 0.25))
    assert found.proven.all()
    one = Evaluator(tree, data, recipe, factors_of([{"id": "w", "weights": 0.25}], tree, recipe), 1)
    result = robustness(one, 2000)
    assert (found.best <= result.ranks.min(axis=1)).all()
    assert (result.ranks.max(axis=1) <= found.worst).all()
    assert (found.best <= result.nominal).all()
    assert (result.nominal <= found.worst).all()
    # the weights that give them do so, and lie in the set
    low, high = 0.75 * stage.share, 1.25 * stage.share
    for k in range(0, 51, 7):
        for end, rank in enumerate((found.best[k], found.worst[k])):
            u = found.weights[k, end]
            assert ref.ranks(stage.data.values @ u)[k] == rank
            full = tree.under.astype(float) @ u
            for p, children in tree.families:
                ratio = full[children] / full[p]
                scales = ratio / high[children], ratio / low[children]
                assert scales[0].max() <= scales[1].min() + 1e-6


# --- limits ----------------------------------------------------------------------------


def test_a_time_limit_gives_bounds_that_are_not_called_proven() -> None:
    stage = raw_stage(flat(8), np.random.default_rng(13).random((14, 8)))
    exact = rank_intervals(stage, around(stage, 0.6))
    assert exact.proven.all()
    assert exact.programmes > 0
    short = rank_intervals(stage, around(stage, 0.6), seconds=0.0)
    assert not short.proven.all()
    assert short.programmes == 0
    # what was found can be attained, what is bounded cannot be beaten
    assert (short.best_bound <= exact.best).all()
    assert (exact.best <= short.best).all()
    assert (short.worst <= exact.worst).all()
    assert (exact.worst <= short.worst_bound).all()
    np.testing.assert_array_equal(short.proven[:, 0], short.best == short.best_bound)
    np.testing.assert_array_equal(short.proven[:, 1], short.worst == short.worst_bound)


def test_gaps_and_other_rules_are_refused() -> None:
    x = np.random.default_rng(14).uniform(1, 9, (4, 5))
    c = case(TREE)
    x[2, 1] = x[3, 0] = np.nan
    stage = raw_stage(c, x)
    with pytest.raises(HansaError) as caught:
        rank_intervals(stage, around(stage))
    text = str(caught.value)
    assert "exact rank intervals need complete data" in text
    assert "C, b (and 1 more cells)" in text
    assert "impute" in text
    x = np.abs(np.nan_to_num(x, nan=2.0))
    for rule in ({"rule": "geometric"}, {"node": {"p": "median"}}, {"node": {"p": "harmonic"}}):
        stage = raw_stage(c, x, **rule)
        with pytest.raises(HansaError) as caught:
            rank_intervals(stage, around(stage))
        text = str(caught.value)
        assert "exact rank intervals need a weighted sum" in text
        assert "aggregate p" in text
        assert "arithmetic at every level" in text
    stage = raw_stage(c, x, floor=0.0)
    with pytest.raises(HansaError, match="weighted sum"):
        rank_intervals(stage, around(stage))


def test_bounds_that_leave_no_weights_are_refused() -> None:
    c = case(TREE)
    stage = raw_stage(c, np.random.default_rng(15).random((4, 5)))
    low, high = np.full(8, 0.1), np.full(8, 0.4)
    with pytest.raises(UsageError) as caught:
        rank_intervals(stage, WeightSet(c.tree, low, high, ratios=False))
    text = str(caught.value)
    assert "no weights satisfy the bounds of a family" in text
    assert "aggregate p" in text
    assert "sum of low 0.2, sum of high 0.8" in text
    rank_intervals(stage, WeightSet(c.tree, low, high, ratios=True))
    for broken in ((low, low - 0.05), (low - 0.2, high), (low * 0, low * 0)):
        with pytest.raises(UsageError, match="no weights satisfy the bounds"):
            rank_intervals(stage, WeightSet(c.tree, *broken, ratios=True))


def test_a_panel_is_judged_in_its_last_year_and_rows_can_be_named() -> None:
    c = flat(3)
    x = np.random.default_rng(16).random((8, 3))
    stage = run(c.tree, values_of(c, x, 2), plain(rule="none"))
    alone = raw_stage(c, x[4:])
    found = rank_intervals(stage, around(stage, 0.5))
    expected = rank_intervals(alone, around(alone, 0.5))
    np.testing.assert_array_equal(found.rows, [4, 5, 6, 7])
    np.testing.assert_array_equal(found.best, expected.best)
    np.testing.assert_array_equal(found.worst, expected.worst)
    some = rank_intervals(stage, around(stage, 0.5), only=[7, 5])
    np.testing.assert_array_equal(some.rows, [7, 5])
    np.testing.assert_array_equal(some.best, expected.best[[3, 1]])


# --- the search ------------------------------------------------------------------------


def random_problem(seed: int):
    """m cases v @ x > 0 to be switched on where they hold, x in a simplex, one more row."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(2, 7)), int(rng.integers(2, 5))
    v = rng.integers(-4, 5, (m, n)).astype(float) if seed % 2 else rng.normal(size=(m, n))
    most = np.maximum(v.max(axis=1), 0.0)
    matrix = np.zeros((m + 2, n + m))
    matrix[:m, :n] = v
    matrix[np.arange(m), n + np.arange(m)] = -most
    matrix[m, :n] = 1.0
    matrix[m + 1, :n] = rng.normal(size=n)
    cap = float(matrix[m + 1, :n].max() - 0.3 * np.ptp(matrix[m + 1, :n]))
    p = Polytope(
        sparse.csc_matrix(matrix),
        np.r_[np.full(m, -np.inf), 1.0, -np.inf],
        np.r_[np.zeros(m), 1.0, cap],
        np.zeros(n + m),
        np.ones(n + m),
    )
    return p, v, n + np.arange(m)


def by_counting(p: Polytope, m: int, n: int) -> int:
    """The least number of switches over all 2^m settings."""
    matrix = p.matrix.toarray()
    for on in sorted(itertools.product((0.0, 1.0), repeat=m), key=sum):
        rest = matrix[:, n:] @ np.array(on)
        equal = np.isfinite(p.row_lower)
        found = linprog(
            np.zeros(n),
            A_ub=matrix[~equal, :n],
            b_ub=(p.row_upper - rest)[~equal] + 1e-9,
            A_eq=matrix[equal, :n],
            b_eq=(p.row_lower - rest)[equal],
            bounds=[(0, 1)] * n,
            method="highs",
        )
        if found.status == 0:
            return int(sum(on))
    raise AssertionError


@pytest.mark.parametrize("seed", range(24))
def test_fewest_switches_equal_an_enumeration(seed: int) -> None:
    p, v, switches = random_problem(seed)
    m, n = v.shape

    def count(x: np.ndarray) -> int:
        return int((v @ x[:n] > 1e-9).sum())

    expected = by_counting(p, m, n)
    found = fewest(p, switches, count, m + 1, 30.0)
    assert found.found == found.bound == expected
    assert found.point is not None
    assert count(found.point) == expected
    inside = p.matrix[m:, :n] @ found.point[:n]
    assert (inside >= p.row_lower[m:] - 1e-7).all()
    assert (inside <= p.row_upper[m:] + 1e-7).all()
    same = fewest(p, switches, count, expected, 30.0)
    assert same.found == same.bound == expected
    assert same.point is None


@pytest.mark.parametrize("seed", range(6))
def test_the_size_of_the_other_variables_does_not_matter(seed: int) -> None:
    # the same problem in units of which ten million make one
    p, v, switches = random_problem(seed)
    m, n = v.shape
    matrix = p.matrix.toarray()
    matrix[:m, n:] *= 1e7
    large = Polytope(
        sparse.csc_matrix(matrix),
        np.r_[p.row_lower[:m], p.row_lower[m:] * 1e7],
        np.r_[p.row_upper[:m], p.row_upper[m:] * 1e7],
        p.lower,
        np.r_[np.full(n, 1e7), np.ones(m)],
    )
    found = fewest(large, switches, lambda x: int((v @ x[:n] > 1e-2).sum()), m + 1, 30.0)
    assert found.found == found.bound == by_counting(p, m, n)


def test_no_time_no_proof_and_an_empty_set_is_said() -> None:
    p, _, switches = random_problem(3)
    stopped = fewest(p, switches, lambda x: 0, 4, 0.0)
    assert (stopped.found, stopped.bound, stopped.point, stopped.nodes) == (4, 0, None, 0)
    empty = replace(p, row_upper=np.r_[p.row_upper[:-1], -1e3])
    with pytest.raises(Infeasible):
        fewest(empty, switches, lambda x: 0, 4, 5.0)


def test_a_point_that_needs_more_than_its_switches_say_proves_nothing() -> None:
    # A count that never agrees with the switches: the bound stays where duality puts it.
    p, v, switches = random_problem(5)
    m, n = v.shape
    expected = by_counting(p, m, n)
    found = fewest(p, switches, lambda x: m, m, 5.0)
    assert found.found == m
    assert found.bound <= expected
