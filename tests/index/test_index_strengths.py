"""Strengths, ranks within groups, peers and group profiles against pandas, on ASEM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError, UsageError
from hansa.index.critical import best_set, top_gap
from hansa.index.strengths import (
    StrengthOptions,
    group_peers,
    group_profile,
    group_ranks,
    nearest_units,
    strengths_and_weaknesses,
    weighted_contrast,
)


@pytest.fixture(scope="module")
def meta(hansa_data: Path) -> pd.DataFrame:
    return pd.read_csv(hansa_data / "composite" / "asem_imeta.csv").set_index("iCode")


@pytest.fixture(scope="module")
def table(hansa_data: Path) -> pd.DataFrame:
    return pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")


@pytest.fixture(scope="module")
def asem(table: pd.DataFrame, meta: pd.DataFrame) -> pd.DataFrame:
    own = meta[meta.Type == "Indicator"].Direction
    y = table[list(own.index)] * own
    return 100 * (y - y.min()) / (y.max() - y.min())


def listing(ranks: pd.Series) -> tuple[list[str], list[str]]:
    """First five, and the last five with the worst first; ties in metadata order."""
    ordered = ranks.dropna().sort_values(kind="stable")
    last = ordered.iloc[-5:]
    return list(ordered.index[:5]), list(last.sort_values(ascending=False, kind="stable").index)


def named(asem: pd.DataFrame, columns) -> list[str]:
    return [asem.columns[j] for j in columns]


@pytest.mark.parametrize("code", ["AUT", "LAO", "DNK", "CHN"])
def test_strengths_of_units(asem: pd.DataFrame, code: str) -> None:
    ranks = asem.rank(ascending=False, method="min")
    k = list(asem.index).index(code)
    ours = strengths_and_weaknesses(asem.to_numpy(), k)
    best, worst = listing(ranks.loc[code])
    assert named(asem, ours.strengths) == best
    assert named(asem, ours.weaknesses) == worst
    assert list(ours.strength_rank) == list(ranks.loc[code, best])
    assert list(ours.weakness_rank) == list(ranks.loc[code, worst])
    assert list(ours.weakness_of) == list(asem[worst].count())
    assert named(asem, ours.left_out) == [c for c in asem if np.isnan(asem.loc[code, c])]


def test_columns_can_be_left_out(asem: pd.DataFrame) -> None:
    ranks = asem.rank(ascending=False, method="min")
    k = list(asem.index).index("LAO")
    ours = strengths_and_weaknesses(asem.to_numpy(), k, StrengthOptions(discard_worst=True))
    kept = ranks.loc["LAO"][ranks.loc["LAO"] < ranks.max()]
    assert (named(asem, ours.strengths), named(asem, ours.weaknesses)) == listing(kept)
    assert len(kept) < ranks.loc["LAO"].count()
    ours = strengths_and_weaknesses(asem.to_numpy(), k, StrengthOptions(min_unique=0.5))
    share = asem.nunique() / asem.count()
    assert (named(asem, ours.strengths), named(asem, ours.weaknesses)) == listing(
        ranks.loc["LAO"][share >= 0.5]
    )
    assert (share < 0.5).any()


def test_strengths_within_a_group(asem: pd.DataFrame, table: pd.DataFrame) -> None:
    groups = list(table.EurAsia_group)
    ranks = asem.groupby(groups).rank(ascending=False, method="min")
    k = list(asem.index).index("VNM")
    ours = strengths_and_weaknesses(asem.to_numpy(), k, StrengthOptions(groups=groups))
    assert (named(asem, ours.strengths), named(asem, ours.weaknesses)) == listing(ranks.loc["VNM"])
    assert ours.strength_of.max() <= groups.count("Asia")
    with pytest.raises(UsageError, match="belongs to no group") as error:
        strengths_and_weaknesses(np.eye(3), 1, StrengthOptions(groups=["a", "", "b"]))
    assert "a, b" in str(error.value)


def test_few_columns_are_never_both() -> None:
    ours = strengths_and_weaknesses(np.array([[5.0, 1, 3], [4, 2, 2]]), 0)
    assert ours.strengths.tolist() == [0]
    assert ours.weaknesses.tolist() == [1]
    assert strengths_and_weaknesses(np.full((2, 4), np.nan), 0).strengths.size == 0
    with pytest.raises(UsageError, match="must be positive"):
        strengths_and_weaknesses(np.eye(3), 0, StrengthOptions(count=0))


def test_contributions_sum_to_the_difference_of_scores(asem: pd.DataFrame) -> None:
    complete = asem.loc[:, asem.notna().all()]
    w = np.random.default_rng(0).dirichlet(np.ones(complete.shape[1]))
    score = complete.to_numpy() @ w
    peers = [3, 7, 11, 20]
    ours = weighted_contrast(complete.to_numpy(), w, 7, peers)
    expected = score[7] - score[[3, 11, 20]].mean()
    assert ours.contribution.sum() == pytest.approx(expected)
    assert (np.diff(ours.contribution) <= 0).all()
    assert (ours.peers == 3).all()
    j = ours.columns[0]
    column = complete.iloc[:, j]
    assert ours.contribution[0] == pytest.approx(
        w[j] * (column.iloc[7] - (column.iloc[3] + column.iloc[11] + column.iloc[20]) / 3)
    )


def test_contrast_with_gaps_and_without_peers() -> None:
    nan = np.nan
    z = np.array([[1, nan, 3.0], [nan, 5, 1], [nan, 2, 2]])
    ours = weighted_contrast(z, np.ones(3) / 3, 0, [0, 1, 2])
    assert ours.columns.tolist() == [2]
    assert ours.difference.tolist() == [1.5]
    assert ours.left_out.tolist() == [0, 1]
    with pytest.raises(UsageError, match="without peers"):
        weighted_contrast(z, np.ones(3), 0, [0])


def test_group_ranks_are_those_of_pandas(asem: pd.DataFrame, table: pd.DataFrame) -> None:
    groups = table.GDP_group
    ours = group_ranks(asem.to_numpy(), list(groups))
    theirs = asem.groupby(groups.to_numpy()).rank(ascending=False, method="min")
    np.testing.assert_array_equal(ours, theirs)
    few = group_ranks(np.array([3.0, 5, 5, np.nan, 9]), ["a", "a", "a", "a", ""])
    np.testing.assert_array_equal(few, [3, 1, 1, np.nan, np.nan])


def test_nearest_units_by_hand(table: pd.DataFrame) -> None:
    context = table[["Area", "GDP", "Population"]]
    z = (context - context.mean()) / context.std()
    for code in ("AUT", "CHN", "MLT"):
        k = list(table.index).index(code)
        ours = nearest_units(context.to_numpy(float), k, 5, list(table.index))
        distance = np.sqrt(((z - z.loc[code]) ** 2).sum(axis=1)).drop(code)
        expected = distance.sort_values(kind="stable")[:5]
        assert [table.index[p] for p in ours.peers] == list(expected.index)
        np.testing.assert_allclose(ours.distance, expected)


def test_a_gap_in_context_is_named_not_filled(table: pd.DataFrame) -> None:
    context = table[["Area", "Energy"]].to_numpy(float)
    gap = int(np.flatnonzero(np.isnan(context[:, 1]))[0])
    ours = nearest_units(context, 0, 50, list(table.index))
    assert ours.left_out.tolist() == [gap]
    assert gap not in ours.peers
    assert len(ours.peers) == 49
    with pytest.raises(HansaError, match="no nearest units") as error:
        nearest_units(context, gap, 3, list(table.index))
    assert table.index[gap] in str(error.value)
    assert "context column 2" in str(error.value)
    with pytest.raises(UsageError, match="must be positive"):
        nearest_units(context, 0, 0, list(table.index))
    flat = np.column_stack([context[:5, 0], np.ones(5)])
    assert nearest_units(flat, 0, 2, "abcde").constant.tolist() == [1]


def test_peers_by_group(table: pd.DataFrame) -> None:
    groups = list(table.EurAsia_group)
    ours = group_peers(groups, 0)
    assert ours.peers.tolist() == [i for i, g in enumerate(groups) if g == "Europe" and i]
    with pytest.raises(UsageError, match="belongs to no group"):
        group_peers(["", "a"], 0)


def test_the_profile_of_a_group(asem: pd.DataFrame, meta: pd.DataFrame) -> None:
    pillars = list(meta.index[meta.Level == 2])
    own = meta[meta.Type == "Indicator"].Parent
    scores = pd.DataFrame({p: asem[list(own.index[own == p])].mean(axis=1) for p in pillars})
    nordic = ["DNK", "FIN", "SWE", "NOR"]
    members = [list(asem.index).index(code) for code in nordic]
    ours = group_profile(scores.to_numpy(), members, pillars)
    rest = scores.drop(nordic)
    for at, pillar in enumerate(pillars):
        best = rest[pillar].nlargest(3).mean()
        assert ours.best[at] == pytest.approx(best)
        assert ours.gap[at] == pytest.approx(best - scores.loc[nordic, pillar].mean())
    np.testing.assert_allclose(ours.mean, scores.loc[nordic].mean())
    np.testing.assert_allclose(ours.median, scores.median())
    np.testing.assert_allclose(ours.minimum, scores.min())
    np.testing.assert_allclose(ours.maximum, scores.max())
    np.testing.assert_allclose(ours.lowest, scores.loc[nordic].min())
    np.testing.assert_allclose(ours.highest, scores.loc[nordic].max())


def test_a_group_of_one_is_the_unit(asem: pd.DataFrame) -> None:
    scores = asem.to_numpy()[:, :6]
    performance = asem.to_numpy()[:, 10:16]
    gaps = top_gap(scores, performance, np.arange(6))
    for k in (0, 8, 40):
        ours = group_profile(scores, [k], "abcdef", performance)
        np.testing.assert_allclose(ours.mean, scores[k])
        np.testing.assert_allclose(ours.gap, gaps.gap[k])
        np.testing.assert_array_equal(ours.best_n, gaps.best_n[k])


def test_a_group_without_members_or_scores() -> None:
    with pytest.raises(UsageError, match="no members"):
        group_profile(np.eye(3), [], "abc")
    ours = group_profile(np.array([[np.nan], [1.0], [2.0]]), [0], "a")
    assert np.isnan(ours.mean[0])
    assert np.isnan(ours.gap[0])
    assert ours.best[0] == 1.5
    assert ours.best_n[0] == 2


def test_ties_at_the_last_place_are_all_among_the_best() -> None:
    assert best_set(np.array([5.0, 4, 3, 3, 1, np.nan])).tolist() == [True] * 4 + [False] * 2
    assert best_set(np.array([5.0, 4])).tolist() == [True, True]
    assert not best_set(np.full(3, np.nan)).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 12), st.integers(2, 14))
def test_order_does_not_matter_and_nothing_is_both(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, (n, m)).astype(float)
    y[rng.random(y.shape) < 0.15] = np.nan
    for k in range(n):
        ours = strengths_and_weaknesses(y, k)
        assert not set(ours.strengths) & set(ours.weaknesses)
        order = rng.permutation(n)
        again = strengths_and_weaknesses(y[order], int(np.flatnonzero(order == k)[0]))
        assert again.strengths.tolist() == ours.strengths.tolist()
        assert again.weaknesses.tolist() == ours.weaknesses.tolist()
        if ours.strengths.size:
            assert ours.strength_rank.max() <= ours.weakness_rank.min()
