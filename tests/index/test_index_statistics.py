"""Column statistics against scipy and pandas, on the ASEM table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from hansa.index.statistics import (
    Thresholds,
    column_statistics,
    kurtosis,
    skewness,
    statistics_flags,
)


@pytest.fixture(scope="module")
def asem(hansa_data: Path) -> pd.DataFrame:
    with (hansa_data / "composite" / "asem_imeta.csv").open(newline="", encoding="utf-8") as file:
        codes = [row["iCode"] for row in csv.DictReader(file) if row["Type"] == "Indicator"]
    return pd.read_csv(hansa_data / "composite" / "asem_idata.csv").set_index("uCode")[codes]


def test_skewness_and_kurtosis_are_those_of_scipy(asem: pd.DataFrame) -> None:
    x = asem.to_numpy(float)
    assert np.isnan(x).sum() == 63
    ours = skewness(x), kurtosis(x)
    for at, code in enumerate(asem):
        column = asem[code].dropna().to_numpy()
        assert ours[0][at] == pytest.approx(scipy_stats.skew(column, bias=False), abs=1e-11)
        assert ours[1][at] == pytest.approx(scipy_stats.kurtosis(column, bias=False), abs=1e-10)


def test_skewness_and_kurtosis_by_hand() -> None:
    # 1 2 6: mean 3, S2 = 14, S3 = 18; g1 = sqrt(3) 18 / 14^1.5; times sqrt(6) / 1.
    assert skewness([1.0, 2.0, 6.0]) == pytest.approx(3**0.5 * 18 / 14**1.5 * 6**0.5, rel=1e-14)
    # 0 0 0 4: mean 1, S2 = 12, S4 = 84, r = 84 * 4 / 144 = 7 / 3; (5 (-2/3) + 6) 3 / 2 = 4.
    assert kurtosis([0.0, 0.0, 0.0, 4.0]) == pytest.approx(4.0, rel=1e-14)


def test_undefined_moments_are_missing() -> None:
    nan = np.nan
    x = np.array([[0.1, 1, nan, 1], [0.1, 2, nan, 2], [0.1, nan, nan, 4], [0.1, nan, nan, nan]])
    assert np.isnan(skewness(x)).tolist() == [True, True, True, False]
    assert np.isnan(kurtosis(x)).all()
    assert np.isnan(skewness(np.full(7, 0.1)))
    assert skewness(np.empty((0, 2))).shape == (2,)


def test_huge_and_tiny_numbers_neither_overflow_nor_vanish() -> None:
    x = np.array([1.0, 2, 3, 5, 11])
    for size in (1e-120, 1e120):
        assert skewness(x * size) == pytest.approx(float(skewness(x)), rel=1e-12)
        assert kurtosis(x * size) == pytest.approx(float(kurtosis(x)), rel=1e-12)


def test_column_statistics_are_those_of_pandas(asem: pd.DataFrame) -> None:
    ours = column_statistics(asem.to_numpy(float), tuple(asem))
    table = pd.DataFrame(
        {
            "n": asem.count(),
            "minimum": asem.min(),
            "maximum": asem.max(),
            "mean": asem.mean(),
            "median": asem.median(),
            "sd": asem.std(),
            "skewness": asem.skew(),
            "kurtosis": asem.kurt(),
            "share_available": asem.notna().mean(),
            "share_nonzero": ((asem != 0) & asem.notna()).sum() / asem.count(),
            "share_unique": asem.nunique() / asem.count(),
            "same": asem.apply(lambda column: column.value_counts().max()),
        }
    )
    for name in table:
        np.testing.assert_allclose(getattr(ours, name), table[name], rtol=1e-10, err_msg=name)
    assert ours.n.sum() == 51 * 49 - 63
    np.testing.assert_allclose(ours.share_same, ours.same / ours.n)


def test_flags_on_asem_are_the_rule_of_treatment(asem: pd.DataFrame) -> None:
    ours = column_statistics(asem.to_numpy(float), tuple(asem))
    flags = statistics_flags(ours)
    expected = [
        code for code in asem if not (abs(asem[code].skew()) < 2 or asem[code].kurt() < 3.5)
    ]
    assert [c for c, f in zip(asem, flags.outliers, strict=True) if f] == expected
    assert expected
    strict = statistics_flags(ours, Thresholds(available=1.0))
    assert strict.few.sum() == 16
    assert not flags.few.any()


def test_flags_of_made_columns() -> None:
    nan = np.nan
    x = np.array(
        [
            [nan, 7.0, 0, 1, 1],
            [nan, 7.0, 0, nan, 2],
            [nan, 7.0, 0, nan, 3],
            [nan, 7.0, 5, nan, 4],
        ]
    )
    flags = statistics_flags(column_statistics(x, ("empty", "constant", "zeros", "few", "good")))
    assert flags.empty.tolist() == [True, False, False, False, False]
    assert flags.constant.tolist() == [False, True, False, False, False]
    assert flags.zeros.tolist() == [False, False, True, False, False]
    assert flags.few.tolist() == [True, False, False, True, False]
    assert flags.same.tolist() == [False, True, True, True, False]
    assert flags.repeated.tolist() == [False, True, False, False, False]
    far = statistics_flags(column_statistics(np.r_[1.0:10.0, 99.0][:, None], ("far",)))
    assert far.outliers.tolist() == [True]


cells = st.lists(st.one_of(st.none(), st.integers(-50, 50)), min_size=4, max_size=12)


@settings(max_examples=40, deadline=None)
@given(cells, st.integers(1, 9), st.integers(-5, 5), st.randoms(use_true_random=False))
def test_moments_do_not_depend_on_scale_sign_or_order(values, scale, shift, random) -> None:
    x = np.array([np.nan if v is None else v for v in values], dtype=float)
    shuffled = list(x)
    random.shuffle(shuffled)
    for f, sign in ((skewness, -1), (kurtosis, 1)):
        plain = float(f(x))
        assert float(f(x * scale + shift)) == pytest.approx(plain, abs=1e-8, nan_ok=True)
        assert float(f(-x)) == pytest.approx(sign * plain, abs=1e-8, nan_ok=True)
        assert float(f(np.array(shuffled))) == pytest.approx(plain, abs=1e-8, nan_ok=True)
