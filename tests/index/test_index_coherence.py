"""Alpha, KMO and components of the ASEM pillars against formulas written another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.index.coherence import components, cronbach_alpha, family_coherence, kmo


@pytest.fixture(scope="module")
def meta(hansa_data: Path) -> pd.DataFrame:
    table = pd.read_csv(hansa_data / "composite" / "asem_imeta.csv")
    return table[table.Type == "Indicator"].set_index("iCode")


@pytest.fixture(scope="module")
def asem(hansa_data: Path, meta: pd.DataFrame) -> pd.DataFrame:
    x = pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")[
        list(meta.index)
    ]
    y = x * meta.Direction
    return 100 * (y - y.min()) / (y.max() - y.min())


@pytest.fixture(scope="module")
def families(meta: pd.DataFrame) -> dict[str, list[int]]:
    return {
        str(name): [int(j) for j in np.flatnonzero(meta.Parent == name)]
        for name in meta.Parent.unique()
    }


def test_alpha_is_the_textbook_formula_on_complete_rows(asem, families) -> None:
    for columns in families.values():
        part = asem.iloc[:, columns].dropna()
        k = len(columns)
        expected = k / (k - 1) * (1 - part.var().sum() / part.sum(axis=1).var())
        assert cronbach_alpha(part.to_numpy(), list(part)).alpha == pytest.approx(expected)


def test_alpha_with_gaps_uses_pairwise_covariances(asem, families) -> None:
    for columns in families.values():
        part = asem.iloc[:, columns]
        c, k = part.cov(), len(columns)
        ours = cronbach_alpha(part.to_numpy(), list(part))
        assert ours.alpha == pytest.approx(
            k / (k - 1) * (1 - np.trace(c) / c.to_numpy().sum()), rel=1e-10
        )
        np.testing.assert_allclose(ours.with_rest, c.sum() - np.diag(c))


def test_a_reversed_item_is_named() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(size=40)
    x = np.stack([common, common, -1.5 * common], axis=1) + rng.normal(size=(40, 3)) / 3
    ours = cronbach_alpha(x, ["one", "two", "turned"])
    assert ours.alpha < 0
    assert ours.note.startswith("negative alpha: reversed item?")
    assert "turned" in ours.note
    x[:, 2] *= -1
    right = cronbach_alpha(x, ["one", "two", "turned"])
    assert right.alpha > 0.9
    assert right.note == ""


def test_alpha_that_cannot_be_computed_says_why() -> None:
    nan = np.nan
    assert "two columns" in cronbach_alpha(np.ones((4, 1)), "a").note
    x = np.array([[1, nan, 3], [2, nan, 4], [nan, 1, 9], [nan, 2, 8]])
    ours = cronbach_alpha(x, "abc")
    assert np.isnan(ours.alpha)
    assert "a, b" in ours.note
    x = np.array([[1.0, -1], [2, -2], [5, -5]])
    assert "does not vary" in cronbach_alpha(x, "ab").note


def residual_correlation(x: np.ndarray, i: int, j: int) -> float:
    """Partial correlation of two columns as that of what regressions on the others leave."""
    others = np.column_stack([np.ones(len(x)), np.delete(x, [i, j], axis=1)])
    left = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (x[:, i], x[:, j])]
    return float(np.corrcoef(left)[0, 1])


def test_kmo_from_partial_correlations_by_regression(asem, families) -> None:
    for columns in families.values():
        part = asem.iloc[:, columns].dropna().to_numpy()
        k = part.shape[1]
        r = np.corrcoef(part.T)
        q = np.array(
            [
                [0 if i == j else residual_correlation(part, i, j) for j in range(k)]
                for i in range(k)
            ]
        )
        np.fill_diagonal(r, 0)
        ours = kmo(part, [str(j) for j in range(k)])
        assert ours.note == ""
        expected = (r**2).sum() / ((r**2).sum() + (q**2).sum())
        assert ours.overall == pytest.approx(expected, rel=1e-8)
        np.testing.assert_allclose(
            ours.columns, (r**2).sum(0) / ((r**2).sum(0) + (q**2).sum(0)), rtol=1e-8
        )


def test_kmo_without_an_inverse_is_missing_and_says_so() -> None:
    rng = np.random.default_rng(0)
    wide = kmo(rng.normal(size=(5, 8)), "abcdefgh")
    assert np.isnan(wide.overall)
    assert "no inverse" in wide.note
    twin = rng.normal(size=(30, 2))
    assert "no inverse" in kmo(np.column_stack([twin, twin[:, 0]]), "abc").note
    assert kmo(twin, "ab").overall == pytest.approx(0.5)
    assert "c" in kmo(np.column_stack([twin, np.ones(30)]), "abc").note
    assert "two columns" in kmo(twin[:, :1], "a").note


def test_components_are_those_of_a_singular_value_decomposition(asem, families) -> None:
    for columns in families.values():
        part = asem.iloc[:, columns]
        full = part.dropna().to_numpy()
        z = (full - full.mean(0)) / full.std(0, ddof=1)
        _, s, vt = np.linalg.svd(z / np.sqrt(len(z) - 1), full_matrices=False)
        ours = components(part.to_numpy(), list(part))
        assert ours.rows == len(full)
        np.testing.assert_allclose(ours.eigenvalues, s**2, atol=1e-10)
        np.testing.assert_allclose(ours.shares, s**2 / len(columns), atol=1e-12)
        expected = vt.T * s * np.where(vt.sum(axis=1) < 0, -1, 1)
        np.testing.assert_allclose(ours.loadings, expected, atol=1e-8)
        # A loading is the correlation of a column with a component.
        score = z @ vt[0] * (-1 if vt[0].sum() < 0 else 1)
        by_hand = [np.corrcoef(z[:, j], score)[0, 1] for j in range(len(columns))]
        np.testing.assert_allclose(ours.loadings[:, 0], by_hand, atol=1e-8)


def test_components_that_cannot_be_computed_say_why() -> None:
    nan = np.nan
    x = np.array([[1, 2.0], [2, nan], [nan, 3], [4, 5]])
    assert "3 complete rows" in components(x, "ab").note
    x = np.array([[1, 5.0], [2, 5], [4, 5]])
    ours = components(x, ["good", "flat"])
    assert ours.note == "no variation: flat"
    assert np.isnan(ours.eigenvalues).all()
    wide = components(np.random.default_rng(1).normal(size=(4, 6)), "abcdef")
    assert wide.note == "4 complete rows for 6 columns"
    assert wide.eigenvalues[-1] == pytest.approx(0, abs=1e-12)


def test_one_row_a_family(asem, families) -> None:
    ours = family_coherence(asem.to_numpy(), list(asem), families)
    assert ours.family == tuple(families)
    assert ours.k.sum() == 49
    for at, columns in enumerate(families.values()):
        part = asem.iloc[:, columns]
        assert ours.rows[at] == len(part.dropna())
        assert ours.alpha[at] == cronbach_alpha(part.to_numpy(), list(part)).alpha
        assert ours.kmo[at] == kmo(part.to_numpy(), list(part)).overall
        parts = components(part.to_numpy(), list(part))
        assert ours.first_share[at] == parts.shares[0]
        assert ours.negative_loadings[at] == (parts.loadings[:, 0] < 0).sum()
    single = family_coherence(asem.to_numpy(), list(asem), {"one": [0], "none": []})
    assert np.isnan(single.alpha).all()
    assert "alpha needs two columns" in single.note[0]
    assert family_coherence(asem.to_numpy(), list(asem), {}).alpha.shape == (0,)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(6, 15))
def test_order_and_scale_do_not_matter(seed: int, k: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k)) + rng.normal(size=(n, 1))
    x[rng.random(x.shape) < 0.05] = np.nan
    names = [str(j) for j in range(k)]
    rows, columns = rng.permutation(n), rng.permutation(k)
    moved = x[rows][:, columns]
    for plain, other in (
        (cronbach_alpha(x, names).alpha, cronbach_alpha(moved * 3 + 7, names).alpha),
        (kmo(x, names).overall, kmo(moved * np.arange(1, k + 1), names).overall),
    ):
        assert other == pytest.approx(plain, rel=1e-6, nan_ok=True)
    a, b = components(x, names), components(moved * np.arange(1, k + 1), names)
    np.testing.assert_allclose(a.eigenvalues, b.eigenvalues, atol=1e-9)
    if not a.note or a.note.endswith("columns"):
        assert a.eigenvalues.sum() == pytest.approx(k)
