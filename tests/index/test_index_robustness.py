"""Replications: the same whatever the batches, each one against a run by hand, statistics counted.

Tolerance: 1e-9 of scores near 100 where the reference runs again; counts are equal exactly.
Samples are compared with their law at four standard errors of fixed seeds.
"""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
import reference_index as ref
from test_index_kernel import Case, case, plain, table_of, values_of

from hansa.errors import HansaError, UsageError
from hansa.index import robustness as module
from hansa.index.chain import run
from hansa.index.evaluator import Evaluator
from hansa.index.factors import Factor, defaults, factors_of, generator, uniforms
from hansa.index.ranks import ranks
from hansa.index.rankstats import (
    RankDistribution,
    batch_ranks,
    counts_of,
    distribution,
    quantile,
    split_counts,
)
from hansa.index.recipe import recipe_of
from hansa.index.robustness import draw_values, replayed, robustness

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
PARENTS = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}
WEIGHTS = {"a": 2, "d": 3, "q": 2}


def small(gaps: bool = False, units: int = 7) -> tuple[Case, np.ndarray]:
    rng = np.random.default_rng(11)
    x = rng.normal(50, 10, (units, 5))
    if gaps:
        x[0, 1] = x[2, 4] = x[3, 0] = NAN
    return case(PARENTS, WEIGHTS, {"b": -1}), x


def evaluator(c: Case, x, rows, recipe=None, seed=3, years=1) -> Evaluator:
    recipe = plain() if recipe is None else recipe
    factors = factors_of(rows, c.tree, recipe)
    return Evaluator(c.tree, values_of(c, x, years), recipe, factors, seed)


# --- the same numbers whatever the order -----------------------------------------------


@pytest.mark.parametrize("gaps", [False, True])
def test_neither_batches_nor_workers_matter(gaps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    c, x = small(gaps)
    rows = [*defaults(c.tree, plain()), {"id": "errors", "noise": 0.2}]
    draws = 600  # two batches
    whole = robustness(evaluator(c, x, rows), draws, workers=1)
    monkeypatch.setattr(module, "CHUNK_CELLS", 1)
    parts = robustness(evaluator(c, x, rows), draws, workers=2)
    near(parts.scores, whole.scores)
    np.testing.assert_array_equal(parts.ranks, whole.ranks)
    np.testing.assert_array_equal(parts.values, whole.values)
    again = robustness(evaluator(c, x, rows), draws, workers=2)
    assert again.scores.tobytes() == parts.scores.tobytes()
    assert whole.successes == draws


def test_a_replication_depends_on_its_number_only() -> None:
    c, x = small()
    rows = [
        {"id": "w", "weights": 0.4},
        {"id": "shares", "dirichlet": 20.0, "level": 1},
        {"id": "out", "drop": "all"},
        {"id": "errors", "noise": 0.2},
    ]
    one = evaluator(c, x, rows)
    full = robustness(one, 900)
    near(robustness(evaluator(c, x, rows), 300).scores, full.scores[:, :300])
    order = np.random.default_rng(0).permutation(900)[:200]
    near(replayed(evaluator(c, x, rows), full.values[:, order]).scores, full.scores[:, order])
    far = np.array([5000.0, 17.0, 4096.0])[None].repeat(4, axis=0)
    far[2] = 0
    near(
        replayed(evaluator(c, x, rows), far).scores[:, 1:],
        replayed(evaluator(c, x, rows), far[:, 1:]).scores,
    )
    turned = robustness(evaluator(c, x, rows[::-1]), 300)
    near(turned.scores, full.scores[:, :300])
    more = robustness(evaluator(c, x, [*rows, {"id": "more", "drop": ["a", "c"]}]), 300)
    np.testing.assert_array_equal(more.values[:4], full.values[:, :300])
    other = robustness(evaluator(c, x, rows, seed=4), 300)
    assert not np.allclose(other.scores, full.scores[:, :300])


def test_a_set_of_random_numbers_is_found_again_by_its_number() -> None:
    every = uniforms(5, "w", np.arange(40), 7)
    near(uniforms(5, "w", np.array([33, 2, 2, 39]), 7), every[[33, 2, 2, 39]])
    near(uniforms(5, "w", np.arange(20, 30), 7), every[20:30])
    assert np.unique(every).size == every.size
    assert not np.isin(uniforms(5, "v", np.arange(40), 7), every).any()
    assert not np.isin(uniforms(6, "w", np.arange(40), 7), every).any()
    assert 0.4 < every.mean() < 0.6


# --- each replication by hand ----------------------------------------------------------

SCALES = [
    ("minmax", {"low": 1, "high": 100}),
    ("z", {"mean": 100, "sd": 10}),
    ("rank", {}),
]


def varied(c: Case, u: dict[int, np.ndarray], f: float) -> dict[str, float]:
    """Weights w (1 + f (2 u - 1)); u by height, in the order of the nodes of that height."""
    tree, out = c.tree, dict(zip(c.tree.codes, c.tree.weight, strict=True))
    for height, numbers in u.items():
        own = [i for i in range(len(tree.nodes)) if tree.family_level[i] == height]
        for i, number in zip(own, numbers, strict=True):
            out[tree.codes[i]] *= 1 + f * (2 * number - 1)
    return out


@pytest.mark.parametrize("gaps", [False, True])
def test_replay_of_drawn_values_equals_the_reference_one_by_one(gaps: bool) -> None:
    c, x = small(gaps)
    one = evaluator(c, x, defaults(c.tree, plain()))
    result = robustness(one, 200)
    ids = [f.id for f in one.factors]
    assert ids == [
        "weights of level 1",
        "weights of level 2",
        "normaliser",
        "mean",
        "indicator left out",
    ]
    for r in range(0, 200, 5):
        v = dict(zip(ids, result.values[:, r], strict=True))
        u = {
            h: uniforms(3, f"weights of level {h}", np.array([r]), 4 if h == 1 else 3)[0]
            for h in (1, 2)
        }
        scores, expected = ref.replicate(
            table_of(c, x),
            c.meta,
            varied(c, u, 0.25),
            SCALES[int(v["normaliser"])],
            ("arithmetic", "geometric")[int(v["mean"])],
            [c.tree.codes[int(v["indicator left out"])]],
        )
        near(result.scores[:, r], scores)
        np.testing.assert_array_equal(result.ranks[:, r], np.nan_to_num(expected))
    near(replayed(one, result.values).scores, result.scores)


def test_tables_of_different_weights_and_means_are_kept_apart() -> None:
    c, x = small()
    rows = [
        {"id": "scheme", "options": [{"weigh.scheme": "given"}, {"weigh.scheme": "equal"}]},
        {
            "id": "mean",
            "options": [
                {"aggregate.rule": "arithmetic"},
                {"aggregate.rule": "geometric"},
                {"aggregate.level": {"3": "median"}},
            ],
        },
        {"id": "w", "weights": 0.25, "level": 2},
    ]
    recipe = plain(range=[1, 100])
    result = robustness(evaluator(c, x, rows, recipe), 60)
    means = ["arithmetic", "geometric", {"": "arithmetic", "top": "median"}]
    drawn = uniforms(3, "w", np.arange(60), 3)
    assert len({tuple(v) for v in result.values[:2].T}) == 6
    for r in range(0, 60, 2):
        scheme, mean, _ = result.values[:, r].astype(int)
        w = dict.fromkeys(c.tree.codes, 1.0)
        if scheme == 0:
            w = dict(zip(c.tree.codes, c.tree.weight, strict=True))
        for code, u in zip(("e", "p", "q"), drawn[r], strict=True):
            w[code] *= 0.75 + 0.5 * u
        scores, _ = ref.replicate(table_of(c, x), c.meta, w, SCALES[0], means[mean])
        near(result.scores[:, r], scores)


def test_a_range_sets_an_option_of_the_recipe() -> None:
    c, x = small()
    recipe = plain(rule="z", mean=100)
    one = evaluator(c, x, [{"id": "sd", "range": ["normalise.sd", 5, 15]}], recipe)
    result = robustness(one, 60)
    assert result.values.min() >= 5
    assert result.values.max() < 15
    for r in (0, 31, 59):
        sd = result.values[0, r]
        near(
            result.scores[:, r],
            ref.replicate(table_of(c, x), c.meta, normaliser=("z", {"mean": 100, "sd": sd}))[0],
        )


def test_a_range_costs_no_square_of_its_draws() -> None:
    from time import process_time

    c, x = small()
    recipe = plain(rule="z", mean=100)
    one = evaluator(c, x, [{"id": "sd", "range": ["normalise.sd", 5, 15]}], recipe)
    result = robustness(one, 400, workers=1)  # prepares the tables
    start = process_time()
    replayed(one, result.values, workers=1)
    assert process_time() - start < 0.7


def test_without_factors_every_rank_is_nominal() -> None:
    c, x = small()
    result = robustness(evaluator(c, x, []), 50)
    nominal = ref.replicate(table_of(c, x), c.meta)
    near(result.nominal, nominal[1])
    near(result.score, nominal[0])
    np.testing.assert_array_equal(result.ranks, np.repeat(result.nominal[:, None], 50, axis=1))
    own = result.years[2001][1]
    near(own.quantile(0.05), result.nominal)
    near(own.mean, result.nominal)
    near(own.least, own.greatest)
    assert result.warnings() == []


def test_identical_units_have_identical_ranks() -> None:
    c, x = small()
    x[3] = x[5]
    result = robustness(evaluator(c, x, defaults(c.tree, plain())), 600)
    np.testing.assert_array_equal(result.ranks[3], result.ranks[5])
    near(result.years[2001][1].better[3, 5], 0.5)


def test_several_indicators_are_left_out_only_from_those_named() -> None:
    c, x = small()
    one = evaluator(c, x, [{"id": "out", "drop": ["d", "e"]}])
    result = replayed(one, np.array([[0.0, 1.0]]))
    for r, code in enumerate(("d", "e")):
        near(result.scores[:, r], ref.replicate(table_of(c, x), c.meta, dropped=[code])[0])
    assert set(draw_values(one, np.arange(200))[0]) == {0.0, 1.0}


# --- what counts say -------------------------------------------------------------------


def drawn_scores(seed: int, missing: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    s = rng.integers(0, 6, (6, 80)).astype(float) + np.arange(6)[:, None] / 2
    s += rng.normal(0, 1e-15, s.shape)  # rounding errors make no ranks
    if missing:
        s[rng.random(s.shape) < 0.2] = NAN
        s[:, 7] = NAN
    return s


@pytest.mark.parametrize("missing", [False, True])
def test_statistics_of_ranks_equal_a_count_by_hand(missing: bool) -> None:
    s = drawn_scores(2, missing)
    wins = np.zeros((6, 6), np.int64)
    found = batch_ranks(s, wins)
    expected = np.array([ref.ranks(draw) for draw in s.T])
    np.testing.assert_array_equal(found.T, np.nan_to_num(expected))
    np.testing.assert_array_equal(ranks(s), expected.T)
    own = distribution(found, wins)
    near(own.acceptability, ref.acceptability(expected))
    near(own.acceptability.sum(axis=1), 1.0)
    np.testing.assert_array_equal(own.times, (~np.isnan(s)).sum(axis=1))
    for q in (0.0, 0.05, 0.25, 0.5, 0.9, 0.95, 1.0):
        near(own.quantile(q), [ref.quantile7(column, q) for column in expected.T])
        near(own.quantile(q), np.nanquantile(expected, q, axis=0))
    near(own.mean, np.nanmean(expected, axis=0))
    near(own.least, np.nanmin(expected, axis=0))
    near(own.greatest, np.nanmax(expected, axis=0))
    for m in (1, 3, 6):
        near(own.top(m), ref.probability_top(expected, m))
    share = ref.win_share(s.T)
    off = ~np.eye(6, dtype=bool)
    near(own.better[off], share[off])
    near(own.better + own.better.T, 1.0)


def test_split_ties_make_columns_add_up_too() -> None:
    s = drawn_scores(3, False)
    found = batch_ranks(s)
    split = split_counts(found) / s.shape[1]
    near(split, ref.acceptability(found.T, split=True))
    near(split.sum(axis=0), 1.0)
    near(split.sum(axis=1), 1.0)
    plain_shares = counts_of(found) / s.shape[1]
    assert np.abs(plain_shares.sum(axis=0) - 1).max() > 0.1
    gone = drawn_scores(3, True)
    there = (~np.isnan(gone)).sum(axis=1)
    expected = ref.acceptability(np.array([ref.ranks(d) for d in gone.T]), split=True)
    near(split_counts(batch_ranks(gone)) / there[:, None], expected)


def test_mean_mid_rank_is_one_plus_the_shares_of_those_above() -> None:
    from scipy.stats import rankdata

    s = drawn_scores(4, False).round(9)
    wins = np.zeros((6, 6), np.int64)
    own = distribution(batch_ranks(s, wins), wins)
    mid = np.array([rankdata(-draw) for draw in s.T]).mean(axis=0)
    p = own.better
    np.fill_diagonal(p, 0.0)
    near(mid, 1 + p.sum(axis=0))


def test_a_unit_never_ranked_has_no_statistics() -> None:
    s = np.array([[1.0, 2.0], [NAN, NAN], [3.0, 1.0]])
    wins = np.zeros((3, 3), np.int64)
    own = distribution(batch_ranks(s, wins), wins)
    assert np.isnan(own.quantile(0.5)[1])
    assert np.isnan(own.mean[1])
    assert np.isnan(own.acceptability[1]).all()
    assert np.isnan(own.better[1, 0])
    near(own.mean[[0, 2]], 1.5)
    near(own.better[0, 2], 0.5)


def test_more_units_than_a_byte_counts() -> None:
    s = np.random.default_rng(0).permutation(300).astype(float)[:, None]
    np.testing.assert_array_equal(batch_ranks(s)[:, 0], 300 - s[:, 0])
    for n in (249, 250, 256):
        # All but the last are even: the last one stands at n.
        tied = np.r_[np.ones(n - 1), 0.0][:, None]
        assert batch_ranks(tied)[-1, 0] == n
    near(quantile(counts_of(batch_ranks(s)), 0.5), 300 - s[:, 0])


def test_layers_by_hand() -> None:
    def layers(p: dict[tuple[int, int], int], threshold: float = 0.95) -> list[int]:
        wins = np.full((4, 4), 50)
        for (i, j), n in p.items():
            wins[i, j], wins[j, i] = n, 100 - n
        np.fill_diagonal(wins, 0)
        both = np.full((4, 4), 100)
        return RankDistribution(np.eye(4, dtype=np.int64), wins, both).layers(threshold).tolist()

    assert layers({}) == [1, 1, 1, 1]
    assert layers({(0, 1): 95, (1, 2): 99}) == [1, 2, 3, 1]
    assert layers({(0, 1): 94, (1, 2): 99}) == [1, 1, 2, 1]
    assert layers({(0, 1): 94, (1, 2): 99}, 0.9) == [1, 2, 3, 1]
    # a circle stands together, whoever it beats below it
    circle = {(0, 1): 99, (1, 2): 99, (2, 0): 99, (0, 3): 99, (1, 3): 99, (2, 3): 99}
    assert layers(circle) == [1, 1, 1, 2]


# --- replications that cannot be computed ----------------------------------------------

TWO_MEANS = {
    "id": "mean",
    "options": [{"aggregate.rule": "arithmetic"}, {"aggregate.rule": "geometric"}],
}


def test_failures_stay_and_are_counted_warned_and_named() -> None:
    c, x = small()
    result = robustness(evaluator(c, x, [TWO_MEANS, {"id": "w", "weights": 0.1}]), 400)
    bad = result.values[0] == 1  # a minimum of 0 has no geometric mean
    np.testing.assert_array_equal(result.failed >= 0, bad)
    assert 150 < bad.sum() < 250
    assert result.draws == 400
    assert result.successes == 400 - bad.sum()
    assert (result.ranks[:, bad] == 0).all()
    assert np.isnan(result.scores[:, bad]).all()
    ((reason, times),) = result.failures()
    assert times == bad.sum()
    assert "the geometric mean has no meaning for this value" in reason
    assert "aggregate.rule = geometric" in reason
    (warning,) = result.warnings()
    assert f"{bad.sum()} of 400 replications could not be computed" in warning
    assert reason in warning
    own = result.years[2001][1]
    np.testing.assert_array_equal(own.times, result.successes)
    near(own.acceptability, ref.acceptability(result.ranks[:, ~bad].T.astype(float)))
    off = ~np.eye(7, dtype=bool)
    near(own.better[off], ref.win_share(result.scores[:, ~bad].T)[off])


def test_few_failures_warn_only_where_one_choice_was_never_tried() -> None:
    c, x = small()
    rare = {**TWO_MEANS, "probabilities": [0.997, 0.003]}
    result = robustness(evaluator(c, x, [rare]), 2000)
    assert 0 < result.draws - result.successes <= 20
    assert result.warnings(), "geometric was drawn and never computed"

    # p is (1.6 b - a) / (a + b): not above 0 where a > 1.6 b, in 0.3 % of draws of both
    c = case({"a": "p", "b": "p", "c": "top", "p": "top"})
    x = np.array([[-1.0, 1.6, 2.0], [3.0, 1.0, 2.0]])
    recipe = plain(rule="none", aggregate={"level": {"3": "geometric"}})
    wide = {"id": "w", "weights": 0.25}
    spread = robustness(evaluator(c, x, [wide, {"id": "out", "drop": ["c"]}], recipe), 4000)
    drawn = 0.75 + 0.5 * uniforms(3, "w", np.arange(4000), 4)
    np.testing.assert_array_equal(spread.failed >= 0, drawn[:, 0] > 1.6 * drawn[:, 1])
    assert 0 < spread.draws - spread.successes <= 40
    assert spread.warnings() == []
    ((reason, _),) = spread.failures()
    assert "outside the domain of a mean" in reason
    # at +-50 % they are many
    many = robustness(evaluator(c, x, [{"id": "w", "weights": 0.5}], recipe), 500)
    assert many.draws - many.successes > 5
    assert "outside the domain of a mean" in many.warnings()[0]


def test_where_all_fail_it_is_an_error() -> None:
    c, x = small()
    only = {"id": "mean", "options": [{"aggregate.rule": "geometric"}]}
    with pytest.raises(HansaError) as caught:
        robustness(evaluator(c, x, [only]), 20)
    text = str(caught.value)
    assert "no replication could be computed" in text
    assert "aggregate.rule = geometric: the geometric mean has no meaning for this value" in text
    assert "correct the factors" in text


def screened(**options):
    return recipe_of([{"do": "screen", **options}, *(s.as_dict() for s in plain())])


def test_units_missing_in_some_replications_are_counted_by_unit() -> None:
    c, x = small()
    x[0, :3] = NAN  # availability 0.4
    factor = {
        "id": "least",
        "options": [{"screen.min_available": 0.2}, {"screen.min_available": 0.9}],
    }
    recipe = screened(min_available=0.2)
    result = robustness(evaluator(c, x, [factor], recipe), 100)
    kept = result.values[0] == 0
    own = result.years[2001][1]
    assert result.successes == 100
    np.testing.assert_array_equal(own.times, [kept.sum(), *[100] * 6])
    np.testing.assert_array_equal(own.both[0, 1:], kept.sum())
    near(result.scores[:, kept][:, 0], ref.replicate(table_of(c, x), c.meta)[0])
    rest = ref.replicate(table_of(c, x).iloc[1:], c.meta)
    near(result.scores[1:, ~kept][:, 0], rest[0])
    np.testing.assert_array_equal(result.ranks[1:, ~kept][:, 0], rest[1])


@pytest.mark.parametrize("years", [1, 2])
def test_choices_of_who_is_in_keep_each_score_with_its_unit(years: int) -> None:
    c, x = small()
    x = np.concatenate([x, x[::-1] + 1])[: 7 * years]
    recipe = screened(drop=["A"])
    factor = {
        "id": "who",
        "options": [{"screen.drop": ["A"]}, {"screen.drop": ["C"]}, {"screen.drop": []}],
    }
    one = evaluator(c, x, [factor], recipe, years=years)
    result = replayed(one, np.array([[0.0, 1.0, 2.0]]))
    assert result.data.units == tuple("BCDEFG")
    for draw, dropped in enumerate((["A"], ["C"], [])):
        alone = run(c.tree, values_of(c, x, years), screened(drop=dropped))
        for row in range(result.data.unit.size):
            unit, year = result.data.units[result.data.unit[row]], int(result.data.time[row])
            if unit in dropped:
                assert np.isnan(result.scores[row, draw])
            else:
                near(result.scores[row, draw], alone.scores[alone.data.row_of(unit, year), -1])


def test_panels_are_ranked_within_years_under_the_same_draws() -> None:
    c, x = small()
    x = np.concatenate([x, x[::-1] + 3, x * 1.1])
    one = evaluator(c, x, defaults(c.tree, plain()), years=3)
    result = robustness(one, 60)
    assert list(result.years) == [2001, 2002, 2003]
    for k, (rows, own) in enumerate(result.years.values()):
        np.testing.assert_array_equal(rows, np.arange(7 * k, 7 * k + 7))
        expected = np.array([ref.ranks(d) for d in result.scores[rows].T])
        np.testing.assert_array_equal(result.ranks[rows].T, expected)
        near(own.acceptability, ref.acceptability(expected))
        near(result.nominal[rows], ref.ranks(one.nominal.scores[rows, -1]))
    # pooled scales and one set of weights for all years: a draw is one run over all rows
    v = dict(zip([f.id for f in one.factors], result.values[:, 8], strict=True))
    u = {
        h: uniforms(3, f"weights of level {h}", np.array([8]), 4 if h == 1 else 3)[0]
        for h in (1, 2)
    }
    alone = ref.replicate(
        table_of(c, x),
        c.meta,
        varied(c, u, 0.25),
        SCALES[int(v["normaliser"])],
        ("arithmetic", "geometric")[int(v["mean"])],
        [c.tree.codes[int(v["indicator left out"])]],
    )
    near(result.scores[:, 8], alone[0])


# --- noise on every cell ---------------------------------------------------------------


def errors_of(factor: str, number: int, shape: tuple[int, int], seed: int = 3) -> np.ndarray:
    """The errors that a number stands for: sixteen sets are drawn from one stream."""
    rng = generator(seed, factor, (number // 16) << 40)
    return rng.standard_normal((16, *shape), dtype=np.float32)[number % 16].astype(float)


NOISY = {
    "min-max": ({"rule": "min-max", "range": [0, 100]}, {}, ("minmax", {})),
    "z": ({"rule": "z", "mean": 100, "sd": 10}, {}, ("z", {"mean": 100, "sd": 10})),
    "mixed": (
        {"rule": "min-max", "range": [0, 100]},
        {"b": "z", "d": "z"},
        {"": ("minmax", {}), "b": ("z", {}), "d": ("z", {})},
    ),
    "rank": ({"rule": "rank"}, {}, ("rank", {})),
}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("name", NOISY)
def test_noise_on_every_cell_equals_a_loop(name: str, gaps: bool) -> None:
    _, x = small(gaps)
    options, normalisers, scale = NOISY[name]
    c = case(PARENTS, WEIGHTS, {"b": -1}, normalisers)
    rows = [{"id": "errors", "noise": 0.3}, {"id": "w", "weights": 0.25}]
    result = robustness(evaluator(c, x, rows, plain(**options)), 40)
    sd = np.nanstd(x, axis=0, ddof=1) * 0.3
    numbers = uniforms(3, "w", np.arange(40), 7)
    for r in range(0, 40, 3):
        noisy = x + sd * errors_of("errors", r, x.shape)
        w = dict(zip(c.tree.codes, c.tree.weight, strict=True))
        for code, u in zip(c.tree.codes, numbers[r], strict=False):
            w[code] *= 0.75 + 0.5 * u
        scores, expected = ref.replicate(table_of(c, noisy), c.meta, w, scale)
        near(result.scores[:, r], scores, rtol=1e-6, atol=1e-5)
        np.testing.assert_array_equal(result.ranks[:, r], np.nan_to_num(expected))


def test_noise_meets_other_means_and_indicators_left_out() -> None:
    c, x = small()
    rows = [TWO_MEANS, {"id": "errors", "noise": 0.2}, {"id": "out", "drop": "all"}]
    result = robustness(evaluator(c, x, rows, plain(range=[1, 100])), 40)
    sd = x.std(axis=0, ddof=1) * 0.2
    for r in range(0, 40, 3):
        mean, _, out = result.values[:, r].astype(int)
        scores, _ = ref.replicate(
            table_of(c, x + sd * errors_of("errors", r, x.shape)),
            c.meta,
            None,
            SCALES[0],
            ("arithmetic", "geometric")[mean],
            [c.tree.codes[out]],
        )
        near(result.scores[:, r], scores, rtol=1e-6)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("scope", ["pooled", "year", "base"])
def test_noise_on_a_panel_is_read_on_the_scale_of_its_scope(scope: str, gaps: bool) -> None:
    c, x = small(gaps)
    x = np.concatenate([x, x[::-1] * 1.3 + 5])
    base = {"base": 2001} if scope == "base" else {}
    recipe = plain(scope=scope, **base)
    result = robustness(evaluator(c, x, [{"id": "errors", "noise": 0.2}], recipe, years=2), 6)
    sd = np.nanstd(x, axis=0, ddof=1) * 0.2
    for r in range(6):
        noisy = x + sd * errors_of("errors", r, x.shape)
        # with NaN where there is no value, and the whole chain run on it
        alone = run(c.tree, values_of(c, noisy, 2), recipe)
        near(result.scores[:, r], alone.scores[:, -1], rtol=1e-6, atol=1e-5)


def test_noise_and_copeland_on_a_panel_compare_units_of_a_year() -> None:
    c, x = small()
    x = np.concatenate([x, x[::-1] * 1.3 + 5])
    recipe = plain(aggregate={"rule": "copeland"})
    result = robustness(evaluator(c, x, [{"id": "errors", "noise": 0.2}], recipe, years=2), 4)
    sd = x.std(axis=0, ddof=1) * 0.2
    for r in range(4):
        alone = run(c.tree, values_of(c, x + sd * errors_of("errors", r, x.shape), 2), recipe)
        near(result.scores[:, r], alone.scores[:, -1])


def test_noise_in_raw_units_reaches_only_the_indicators_named() -> None:
    c, x = small()
    result = robustness(evaluator(c, x, [{"id": "errors", "noise": {"c": 4.0}}]), 5)
    for r in range(5):
        noisy = x.copy()
        noisy[:, 2] += 4.0 * errors_of("errors", r, x.shape)[:, 2]
        near(result.scores[:, r], ref.replicate(table_of(c, noisy), c.meta)[0], atol=1e-5)


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    c = case({"a": "top"})
    x = np.array([[1.0], [4.0], [10.0]])
    # goalposts keep the scale where it is: the score is the value itself
    recipe = plain(rule="none")
    scores = robustness(evaluator(c, x, [{"id": "e", "noise": {"a": 2.0}}], recipe), 2000).scores
    near(scores.mean(axis=1), x[:, 0], atol=4 * 2 / np.sqrt(2000))
    near(scores.std(axis=1), 2.0, atol=4 * 2 / np.sqrt(4000))
    assert abs(np.corrcoef(scores)[0, 1]) < 4 / np.sqrt(2000)
    sd = x.std(ddof=1) * 0.1
    scores = robustness(evaluator(c, x, [{"id": "e", "noise": 0.1}], recipe), 2000).scores
    near(scores.std(axis=1), sd, atol=4 * sd / np.sqrt(4000))


def test_noise_on_a_year_without_an_indicator_leaves_it_missing() -> None:
    c, x = small()
    x = np.concatenate([x, x + 1])
    x[:7, 0] = NAN
    recipe = plain(scope="year")
    result = robustness(evaluator(c, x, [{"id": "errors", "noise": 1e-9}], recipe, years=2), 2)
    near(result.scores, np.repeat(result.score[:, None], 2, axis=1), rtol=1e-6, atol=1e-6)


def test_two_factors_of_noise_are_both_there_or_refused() -> None:
    c, x = small()
    rows = [{"id": "first", "noise": {"a": 1e-9}}, {"id": "second", "noise": {"c": 9.0}}]
    try:
        result = robustness(evaluator(c, x, rows), 5)
    except UsageError as error:
        assert "noise" in str(error)  # noqa: PT017
    else:
        assert np.abs(result.scores - result.score[:, None]).max() > 0.1


# --- weights of other laws -------------------------------------------------------------


def test_dirichlet_weights_keep_their_mean_and_have_its_variance() -> None:
    c = case({"a": "top", "b": "top", "c": "top", "d": "top"}, {"a": 3, "b": 2, "c": 1, "d": 0})
    x = np.eye(4)  # a unit's score is one weight
    one = evaluator(c, x, [{"id": "shares", "dirichlet": 5.0}], plain(rule="none"))
    scores = robustness(one, 6000).scores
    near(scores.sum(axis=0), 1.0)
    share = np.array([3, 2, 1, 0]) / 6
    whole = 5.0 * 4
    variance = share * (1 - share) / (whole + 1)
    near(scores.mean(axis=1), share, atol=4 * np.sqrt(variance.max() / 6000))
    near(scores.var(axis=1), variance, atol=0.08 * variance.max())
    assert (scores[3] == 0).all()


def test_dirichlet_reaches_the_families_of_its_level_only() -> None:
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"})
    one = evaluator(c, np.eye(4), [{"id": "s", "dirichlet": 3.0, "level": 2}], plain(rule="none"))
    scores = robustness(one, 200).scores
    near(scores[0], scores[1])
    near(scores[2], scores[3])
    assert scores[0].std() > 0.02


POINTS = [
    {"expert": e, "parent": p, "code": code, "points": str(n)}
    for e, p, given in (
        ("Ada", "p", {"a": 80, "b": 20}),
        ("Bo", "p", {"a": 50, "b": 50}),
        ("Cy", "p", {"a": 10, "b": 90}),
        ("Ada", "top", {"p": 30, "q": 70}),
        ("Bo", "top", {"p": 60, "q": 40}),
        ("Cy", "top", {"p": 50, "q": 50}),
    )
    for code, n in given.items()
]


def test_experts_are_drawn_again_with_replacement() -> None:
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"})
    recipe = plain(rule="none", weigh={"scheme": "budget", "points": POINTS})
    one = evaluator(c, np.eye(4), [{"id": "who", "experts": True}], recipe)
    result = robustness(one, 300)
    ab = np.array([[0.8, 0.2], [0.5, 0.5], [0.1, 0.9]])
    pq = np.array([[0.3, 0.7], [0.6, 0.4], [0.5, 0.5]])
    possible = set()
    for picks in itertools.product(range(3), repeat=3):
        a, p = ab[list(picks)].mean(axis=0), pq[list(picks)].mean(axis=0)
        possible.add(tuple(np.r_[p[0] * a, p[1] * 0.5, p[1] * 0.5].round(9)))
    found = {tuple(column) for column in result.scores.T.round(9)}
    assert found == possible  # ten mixtures of three experts
    near(result.score, [*(ab.mean(axis=0) * pq.mean(axis=0)[0]), *[pq.mean(axis=0)[1] / 2] * 2])


def test_experts_of_ahp_drawn_once_each_give_the_nominal_weights() -> None:
    c = case({"a": "top", "b": "top"})
    rows = [
        {"expert": e, "parent": "top", "row": "a", "column": "b", "value": v}
        for e, v in (("Ada", "9"), ("Bo", "1"), ("Cy", "1/2"))
    ]
    recipe = plain(rule="none", weigh={"scheme": "ahp", "judgements": rows})
    one = evaluator(c, np.eye(2), [{"id": "who", "experts": True}], recipe)
    scores = robustness(one, 200).scores
    # the geometric mean of the judgements, 4.5^(1/3), is the ratio of the weights
    assert np.isclose(scores[0] / scores[1], 4.5 ** (1 / 3)).any()
    near(one.nominal.scores[0, -1] / one.nominal.scores[1, -1], 4.5 ** (1 / 3))


def test_a_family_that_some_experts_left_out_is_drawn_among_the_others() -> None:
    c = case({"a": "p", "b": "p", "c": "q", "d": "q", "p": "top", "q": "top"})
    points = [row for row in POINTS if (row["expert"], row["parent"]) != ("Cy", "top")]
    recipe = plain(rule="none", weigh={"scheme": "budget", "points": points})
    one = evaluator(c, np.eye(4), [{"id": "who", "experts": True}], recipe)
    p = robustness(one, 300).scores[:2].sum(axis=0)
    # Ada gives .3, Bo .6
    assert p.min() >= 0.3 - 1e-9
    assert p.max() <= 0.6 + 1e-9
    assert p.std() > 0.03


def test_without_experts_nobody_can_be_drawn() -> None:
    c, x = small()
    with pytest.raises(HansaError) as caught:
        robustness(evaluator(c, x, [{"id": "who", "experts": True}]), 5)
    assert "no expert gave weights" in str(caught.value)
    assert "scheme = budget or ahp" in str(caught.value)


def test_completed_tables_are_drawn_by_number() -> None:
    c, x = small(gaps=True)
    steps = [{"do": "impute", "rule": "hot-deck", "draws": 20}, *(s.as_dict() for s in plain())]
    recipe = recipe_of(steps)
    assert "filling" in [f.id for f in defaults(c.tree, recipe)]
    result = robustness(evaluator(c, x, [{"id": "filling", "imputation": 20}], recipe), 100)
    assert set(result.values[0]) <= set(range(20))
    assert len(set(result.values[0])) > 15
    for r in range(0, 100, 9):
        own = recipe_of([{**steps[0], "draw": int(result.values[0, r])}, *steps[1:]])
        near(result.scores[:, r], run(c.tree, values_of(c, x), own).scores[:, -1])
    assert np.ptp(result.scores, axis=1).max() > 0


# --- values and their probabilities ----------------------------------------------------


def test_a_uniform_number_becomes_a_value_by_its_place() -> None:
    c, _ = small()
    u = np.array([0.0, 0.199, 0.2, 0.5, 0.799, 0.8, np.nextafter(1, 0)])
    drop = Factor("d", drop=("all",))
    assert drop.values(u, c.tree).tolist() == [0, 0, 1, 2, 3, 4, 4]
    three = ({"normalise.rule": "z"},) * 3
    weighted = Factor("o", options=three, probabilities=(1, 3, 0))
    assert weighted.values(np.array([0, 0.249, 0.25, 0.99999]), c.tree).tolist() == [0, 0, 1, 1]
    near(weighted.weights_of_values(c.tree), [0.25, 0.75, 0])
    near(drop.weights_of_values(c.tree), 0.2)
    first = Factor("o", options=three, probabilities=(0, 0.5, 0.5))
    assert first.values(np.array([0.0]), c.tree).tolist() == [1]
    near(Factor("r", range=("normalise.sd", 2, 6)).values(np.array([0, 0.25]), c.tree), [2, 3])


def test_probabilities_of_options_are_respected() -> None:
    c, x = small()
    options = [{"normalise.rule": r} for r in ("min-max", "z", "rank", "borda")]
    rows = [{"id": "scale", "options": options, "probabilities": [0.5, 0.2, 0.3, 0.0]}]
    one = evaluator(c, x, rows)
    share = np.bincount(draw_values(one, np.arange(20_000))[0].astype(int), minlength=4) / 20_000
    near(share, [0.5, 0.2, 0.3, 0.0], atol=4 * np.sqrt(0.25 / 20_000))
    assert share[3] == 0
    even = evaluator(c, x, [{"id": "scale", "options": options}])
    share = np.bincount(draw_values(even, np.arange(20_000))[0].astype(int), minlength=4) / 20_000
    near(share, 0.25, atol=4 * np.sqrt(0.25 / 20_000))


def test_factors_are_independent_of_each_other() -> None:
    c, x = small()
    one = evaluator(c, x, [{"id": f"d{i}", "drop": "all"} for i in range(3)])
    v = draw_values(one, np.arange(5000))
    near(np.corrcoef(v)[np.triu_indices(3, 1)], 0.0, atol=4 / np.sqrt(5000))


BAD = {
    "no key": ({"id": "x", "weight": 0.2}, "a factor has no key weight"),
    "no id": ({"weights": 0.2}, "a factor has an id and says one thing that varies"),
    "two kinds": ({"id": "x", "weights": 0.2, "drop": "all"}, "says one thing that varies"),
    "no kind": ({"id": "x"}, "says one thing that varies"),
    "bare factor": (Factor("x"), "says one thing that varies"),
    "bare factor of two kinds": (Factor("x", weights=0.1, drop=("all",)), "one thing that varies"),
    "no step": ({"id": "x", "options": [{"treat.limit": 1}]}, "no step for 'treat.limit'"),
    "no step of a range": ({"id": "x", "range": ["treat.k", 1, 2]}, "no step for 'treat.k'"),
    "no option": ({"id": "x", "options": [{"weigh.schem": "equal"}]}, "no option schem"),
    "no option either": ({"id": "x", "options": [{"normalise.rulez": "z"}]}, "no option rulez"),
    "too few probabilities": (
        {"id": "x", "options": [{"normalise.rule": "z"}], "probabilities": [0.5, 0.5]},
        "one probability of 0 or more",
    ),
    "negative probability": (
        {
            "id": "x",
            "options": [{"normalise.rule": "z"}, {"normalise.rule": "rank"}],
            "probabilities": [1.5, -0.5],
        },
        "one probability of 0 or more",
    ),
    "no probability": (
        {"id": "x", "options": [{"normalise.rule": "z"}], "probabilities": [0.0]},
        "probabilit",
    ),
    "range of two": ({"id": "x", "range": ["normalise.sd", 1]}, "x"),
    "range upside down": ({"id": "x", "range": ["normalise.sd", 5, 1]}, "x"),
    "all weights gone": ({"id": "x", "weights": 1.0}, "weights vary by a share below 1"),
    "negative share": ({"id": "x", "weights": -0.1}, "weights vary by a share below 1"),
    "negative concentration": ({"id": "x", "dirichlet": -1.0}, "x"),
    "negative noise": ({"id": "x", "noise": -0.1}, "x"),
    "noise of nobody": ({"id": "x", "noise": {"zz": 1.0}}, "no node 'zz'"),
    "no indicator": ({"id": "x", "drop": ["p"]}, "p is no indicator"),
    "nobody": ({"id": "x", "drop": ["zz"]}, "no node 'zz'"),
    "no filling": ({"id": "x", "imputation": 20}, "no step for 'impute.draw'"),
    "text for a share": ({"id": "x", "weights": "a"}, "x"),
    "text for options": ({"id": "x", "options": "z"}, "x"),
    "no height": ({"id": "x", "weights": 0.2, "level": 7}, "no children of height 7"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_factor_that_cannot_be_meant_is_refused_before_anything_runs(name: str) -> None:
    c, _ = small()
    row, text = BAD[name]
    with pytest.raises(UsageError) as caught:
        factors_of([row], c.tree, plain())
    assert text in str(caught.value)


def test_two_factors_of_one_name_are_refused() -> None:
    c, _ = small()
    rows = [{"id": "x", "weights": 0.1}, {"id": "x", "drop": "all"}]
    with pytest.raises(UsageError, match="two factors are named x"):
        factors_of(rows, c.tree, plain())


def test_experts_who_differ_vary_by_default() -> None:
    c, _ = small()
    points = [
        {"expert": e, "parent": "top", "code": code, "points": str(n)}
        for e, shares in (("Ann", (70, 30)), ("Bo", (20, 80)))
        for code, n in zip(("p", "q"), shares, strict=True)
    ]
    weighed = recipe_of(
        [{"do": "normalise"}, {"do": "weigh", "scheme": "budget", "points": points},
         {"do": "aggregate"}]
    )  # fmt: skip
    assert "experts" in [f.kind for f in defaults(c.tree, weighed)]
    assert "experts" not in [f.kind for f in defaults(c.tree, plain())]
