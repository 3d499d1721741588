"""Correlation matrices against scipy, pair by pair, on the ASEM table."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hansa.errors import UsageError
from hansa.index.correlations import (
    CorrelationThresholds,
    correlate,
    correlate_with,
    denominator_flags,
    family_flags,
    with_parents,
)

SCIPY = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}


@pytest.fixture(scope="module")
def meta(hansa_data: Path) -> pd.DataFrame:
    return pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")


@pytest.fixture(scope="module")
def table(hansa_data: Path) -> pd.DataFrame:
    return pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")


@pytest.fixture(scope="module")
def asem(table: pd.DataFrame, meta: pd.DataFrame) -> pd.DataFrame:
    own = meta[meta.Type == "Indicator"].set_index("iCode").Direction
    return table[list(own.index)] * own


@pytest.mark.parametrize("method", SCIPY)
def test_every_pair_is_that_of_scipy(asem: pd.DataFrame, method: str) -> None:
    x = asem.to_numpy(float)
    ours = correlate(x, list(asem), method)
    for i, j in itertools.combinations(range(49), 2):
        both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
        theirs = SCIPY[method](x[both, i], x[both, j])
        assert ours.n[i, j] == both.sum()
        assert ours.r[i, j] == ours.r[j, i] == pytest.approx(theirs.statistic, abs=1e-13)
        assert ours.p[i, j] == ours.p[j, i] == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-300)
    assert (np.diagonal(ours.r) == 1).all()


@pytest.mark.parametrize("n", [3, 4, 9, 20, 33, 34])
def test_kendall_is_exact_for_few_units_without_ties(n: int) -> None:
    x = np.random.default_rng(n).permutation(np.arange(2.0 * n).reshape(n, 2))
    x[:, 1] = np.random.default_rng(n + 1).permutation(n)
    ours = correlate(x, "ab", "kendall")
    how = "exact" if n <= 33 else "asymptotic"
    assert ours.p[0, 1] == pytest.approx(stats.kendalltau(*x.T, method=how).pvalue, rel=1e-10)


def test_kendall_of_four_units_by_counting_all_orders() -> None:
    x = np.array([[1, 1.0], [2, 2], [3, 4], [4, 3]])

    def score(order) -> int:
        pairs = itertools.combinations(range(4), 2)
        return sum(int(np.sign(order[b] - order[a])) for a, b in pairs)

    orders = [score(order) for order in itertools.permutations(range(4))]
    p = sum(abs(s) >= 4 for s in orders) / 24
    ours = correlate(x, "ab", "kendall")
    assert ours.r[0, 1] == pytest.approx(4 / 6)
    assert ours.p[0, 1] == pytest.approx(p)


def test_large_tables_are_done_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, (60, 6)).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan
    for method in ("spearman", "kendall"):
        whole = correlate(x, "abcdef", method)
        with monkeypatch.context() as small:
            small.setattr("hansa.index.correlations.CELLS", 400)
            parts = correlate(x, "abcdef", method)
        np.testing.assert_allclose(parts.r, whole.r, atol=1e-14)
        np.testing.assert_allclose(parts.p, whole.p, rtol=1e-12)


def test_too_few_units_and_constant_columns_have_no_correlation() -> None:
    nan = np.nan
    x = np.array([[1, 5.1, nan, 1], [2, 5.1, 1, 4], [3, 5.1, 2, 2], [4, 5.1, nan, 1]])
    for method in SCIPY:
        ours = correlate(x, "abcd", method)
        assert np.isnan(ours.r[:, [1, 2]]).all()
        assert np.isnan(ours.p[:, [1, 2]]).all()
        assert not np.isnan(ours.r[0, 3])
        assert ours.n[0, 2] == 2
    # Constant only among the units in common with another column.
    x = np.array([[7.3, nan], [7.3, 1], [7.3, 2], [7.3, 5], [1.9, nan]])
    for method in SCIPY:
        assert np.isnan(correlate(x, "ab", method).r[0, 1])


def test_across_tables_equals_the_block_of_one(asem: pd.DataFrame, table: pd.DataFrame) -> None:
    sizes = table[["Area", "Energy", "GDP", "Population"]]
    ours = correlate_with(asem.to_numpy(), list(asem), sizes.to_numpy(float), list(sizes))
    assert ours.r.shape == (49, 4)
    theirs = pd.concat([asem, sizes], axis=1).corr().loc[list(asem), list(sizes)]
    np.testing.assert_allclose(ours.r, theirs, atol=1e-12)
    flags = denominator_flags(ours)
    expected = [(i, d) for i in asem for d in sizes if abs(theirs.loc[i, d]) > 0.6]
    assert list(zip(flags.first, flags.second, strict=True)) == expected
    assert ("Goods", "GDP") in expected
    assert set(flags.flag) == {"size"}


def test_each_column_with_its_parent(asem: pd.DataFrame, meta: pd.DataFrame) -> None:
    parent = meta.set_index("iCode").Parent
    z = (asem - asem.mean()) / asem.std()
    pillars = z.T.groupby(parent[list(asem)].to_numpy()).mean().T
    across = correlate_with(asem.to_numpy(), list(asem), pillars.to_numpy(), list(pillars))
    ours = with_parents(across, [parent[code] for code in asem])
    for at, code in enumerate(asem):
        assert ours.r[at] == pytest.approx(asem[code].corr(pillars[parent[code]]), abs=1e-12)
    with pytest.raises(UsageError, match="no score of a parent") as error:
        with_parents(across, ["Nowhere"] * 49)
    assert "Nowhere" in str(error.value)


def test_flags_within_families(asem: pd.DataFrame, meta: pd.DataFrame) -> None:
    parent = meta.set_index("iCode").Parent
    family = [parent[code] for code in asem]
    flags = family_flags(correlate(asem.to_numpy(), list(asem)), family)
    r = asem.corr()
    expected = [
        (a, b, "redundant" if r.loc[a, b] > 0.9 else "trade-off")
        for a, b in itertools.combinations(asem, 2)
        if parent[a] == parent[b] and (r.loc[a, b] > 0.9 or r.loc[a, b] < -0.4)
    ]
    assert list(zip(flags.first, flags.second, flags.flag, strict=True)) == expected
    assert {kind for *_, kind in expected} == {"redundant", "trade-off"}
    strict = CorrelationThresholds(redundant=float(flags.r.max()), trade_off=-1)
    assert (
        "redundant" not in family_flags(correlate(asem.to_numpy(), list(asem)), family, strict).flag
    )


def test_significance_is_a_mark(asem: pd.DataFrame) -> None:
    ours = correlate(asem.to_numpy(), list(asem))
    marked = ours.significant(0.05)
    assert not np.isnan(ours.r).any()
    assert marked.sum() == (ours.p < 0.05).sum()
    assert 0 < marked.sum() < marked.size


@pytest.mark.parametrize("shape", [(0, 3), (5, 0), (0, 0), (1, 2)])
def test_nothing_in_nothing_out(shape: tuple[int, int]) -> None:
    for method in SCIPY:
        ours = correlate(np.ones(shape), "abc"[: shape[1]], method)
        assert ours.r.shape == (shape[1], shape[1])
        assert np.isnan(ours.r).all()


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(UsageError, match="no correlation 'tau'") as error:
        correlate(np.eye(3), "abc", "tau")
    assert "pearson, spearman, kendall" in str(error.value)


tables = st.lists(
    st.lists(st.one_of(st.none(), st.integers(-4, 9)), min_size=3, max_size=3),
    min_size=3,
    max_size=10,
)


@settings(max_examples=30, deadline=None)
@given(tables, st.sampled_from(sorted(SCIPY)), st.randoms(use_true_random=False))
def test_invariants(rows, method, random) -> None:
    x = np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float)
    ours = correlate(x, "abc", method)
    order = list(range(len(x)))
    random.shuffle(order)
    again = correlate(x[order][:, ::-1] * [3, 0.5, 7] + [1, -2, 0.25], "cba", method)
    np.testing.assert_allclose(again.r[::-1, ::-1], ours.r, atol=1e-9)
    np.testing.assert_allclose(again.p[::-1, ::-1], ours.p, atol=1e-6)
    known = ours.r[~np.isnan(ours.r)]
    assert ((known >= -1) & (known <= 1)).all()
    assert (np.isnan(ours.r) >= (ours.n < 3)).all()
    if method != "pearson":
        np.testing.assert_allclose(correlate(np.exp(x / 5), "abc", method).r, ours.r, atol=1e-9)
