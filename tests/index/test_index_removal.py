"""The index without each element, against running it again without that element."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import reference_index as ref
from test_index_kernel import case, plain, random_case, raw_stage, table_of, values_of

from hansa.errors import UsageError
from hansa.index.chain import run
from hansa.index.reading import read_index
from hansa.index.removal import effective_weights, removal

NAN = np.nan
near = partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-10)
TREE = {"a": "p", "b": "p", "c": "q", "d": "q", "e": "top", "p": "top", "q": "top"}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_each_node_of_each_height_equals_a_run_without_it(seed: int, gaps: bool) -> None:
    rng = np.random.default_rng(seed)
    c = random_case(rng)
    x = rng.normal(50, 10, (6, c.tree.leaves))
    if gaps:
        x[rng.random(x.shape) < 0.15] = NAN
    stage = run(c.tree, values_of(c, x), plain(range=[1, 100], rule="min-max"))
    for level in sorted(set(c.tree.level.tolist()))[:-1]:
        found = removal(stage, level)
        expected = ref.remove_elements(
            table_of(c, x), c.meta, found.codes, normaliser=("minmax", {"low": 1, "high": 100})
        )
        assert set(found.codes) == {n.code for n in c.tree.nodes if n.level == level}
        for k, code in enumerate(found.codes):
            one = expected[code]
            near(found.scores[:, k], one["scores"])
            np.testing.assert_array_equal(found.ranks[:, k], one["ranks"])
            np.testing.assert_array_equal(found.change[:, k], one["change"])
            near(found.shift[k], one["mean_shift"])
            assert c.tree.codes[found.nodes[k]] == code


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        ("geometric", "geometric"),
        ("harmonic", "harmonic"),
        ("median", "median"),
        ({"rule": "owa", "alpha": 2.0}, ("owa", {"alpha": 2.0})),
        ({"rule": "power", "power": 2.0}, ("power", {"p": 2.0})),
    ],
)
def test_other_rules_equal_a_run_without_the_node(rule, spec) -> None:
    c = case(TREE, {"a": 2, "q": 3})
    x = np.random.default_rng(5).uniform(1, 9, (6, 5))
    options = {"rule": rule} if isinstance(rule, str) else rule
    stage = raw_stage(c, x, **options)
    for level in (1, 2):
        found = removal(stage, level)
        for k, code in enumerate(found.codes):
            tree = ref.without(c.meta, [code])
            table = ref.aggregate_tree(table_of(c, x)[ref.leaves(tree)], tree, None, spec)
            near(found.scores[:, k], table["top"])


def test_a_family_left_empty_is_missing_in_its_parent() -> None:
    c = case({"a": "p", "b": "q", "c": "q", "p": "top", "q": "top"}, {"p": 5})
    x = np.array([[9.0, 1, 2], [1, 4, 6], [5, 5, 7]])
    stage = raw_stage(c, x)
    found = removal(stage)
    assert found.codes == ("a", "b", "c")
    near(found.scores[:, 0], [1.5, 5, 6])  # q alone
    near(found.scores[:, 0], removal(stage, codes=("p",)).scores[:, 0])
    near(found.scores[:, 1], (5 * x[:, 0] + x[:, 2]) / 6)


def test_an_index_of_one_indicator_has_nothing_left() -> None:
    c = case({"a": "top"})
    found = removal(raw_stage(c, np.array([[1.0], [2.0]])))
    assert np.isnan(found.scores).all()
    assert np.isnan(found.ranks).all()
    assert np.isnan(found.shift).all()


def test_changes_of_rank_add_up_to_nothing_without_ties() -> None:
    rng = np.random.default_rng(6)
    c = case(TREE, {"a": 2})
    found = removal(raw_stage(c, rng.normal(size=(12, 5))))
    assert np.abs(found.change).sum() > 0
    np.testing.assert_array_equal(found.change.sum(axis=0), 0)
    # positive is up: without e the unit that lived on it falls
    x = np.array([[0.0, 0, 0, 0, 90], [1, 1, 1, 1, 1], [2, 2, 2, 2, 2]])
    one = removal(raw_stage(c, x), codes=("e",))
    np.testing.assert_array_equal(one.change[:, 0], [1 - 3, 3 - 2, 2 - 1])
    near(one.shift, 4 / 3)


def test_a_node_without_weight_changes_nothing() -> None:
    c = case(TREE, {"a": 0, "q": 0})
    stage = raw_stage(c, np.random.default_rng(7).normal(size=(6, 5)))
    for code in ("a", "q", "c"):
        one = removal(stage, codes=(code,))
        near(one.scores[:, 0], stage.scores[:, -1])
        np.testing.assert_array_equal(one.change, 0)


def test_years_are_ranked_apart() -> None:
    c = case(TREE)
    x = np.random.default_rng(8).normal(size=(10, 5))
    stage = run(c.tree, values_of(c, x, 2), plain(rule="none"))
    found = removal(stage)
    for rows in (np.arange(5), np.arange(5, 10)):
        for k in range(5):
            np.testing.assert_array_equal(found.ranks[rows, k], ref.ranks(found.scores[rows, k]))
            nominal = ref.ranks(stage.scores[rows, -1])
            np.testing.assert_array_equal(found.change[rows, k], nominal - found.ranks[rows, k])


def test_effective_weights_are_products_down_the_path() -> None:
    for seed in range(5):
        c = random_case(np.random.default_rng(seed))
        stage = raw_stage(c, np.random.default_rng(seed).uniform(1, 9, (4, c.tree.leaves)))
        found = effective_weights(stage)
        leaves = list(c.tree.codes[: c.tree.leaves])
        near(found[: c.tree.leaves], ref.leaf_weights(c.meta)[leaves])
        near(found[: c.tree.leaves].sum(), 1.0)
        for p, children in c.tree.families:
            near(found[children].sum(), found[p])


def test_a_height_or_a_code_that_is_not_there_is_refused() -> None:
    stage = raw_stage(case(TREE), np.ones((2, 5)) * np.array([[1.0], [2.0]]))
    with pytest.raises(UsageError) as caught:
        removal(stage, level=7)
    assert "no element has the height 7" in str(caught.value)
    assert "1, 2" in str(caught.value)
    with pytest.raises(UsageError, match="no element has the height 3"):
        removal(stage, level=3)  # the root itself
    with pytest.raises(UsageError, match="no node 'zz'"):
        removal(stage, codes=("zz",))


@pytest.mark.data
def test_asem_without_some_indicators_and_pillars_is_run_again(hansa_data) -> None:
    folder = hansa_data / "composite"
    tree, data = read_index(folder / "asem_imeta.csv", folder / "asem_idata.csv")
    table, meta = ref.read_asem(folder)
    stage = run(tree, data)
    codes = ("Goods", "ForPort", "Physical", "Conn")
    found = removal(stage, codes=codes)
    for k, code in enumerate(codes):
        scores, ranks = ref.replicate(table, meta, dropped=[code])
        near(found.scores[:, k], scores)
        np.testing.assert_array_equal(found.ranks[:, k], ranks)
    assert removal(stage).codes == tree.codes[:49]
