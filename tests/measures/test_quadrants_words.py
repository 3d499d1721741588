"""The reason of a kind of cluster as text: what rounds to nothing has no sign."""

from __future__ import annotations

import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import hansa
from hansa.measures.quadrants import _signed

MINUS = "\N{MINUS SIGN}"


@given(st.floats(-5, 5))
def test_a_share_is_written_with_its_sign_and_nothing_without_one(share: float) -> None:
    text = _signed(share)
    assert re.fullmatch(rf"0\.0 %|[+{MINUS}]\d+\.\d %", text)
    assert text[1:] != "0.0 %"
    number = float(text.removesuffix(" %").replace(MINUS, "-"))
    assert abs(number - 100 * share) <= 0.05 + 1e-9


def test_one_job_less_of_many_is_no_negative_zero() -> None:
    rows = [
        ("EE00", activity, year, jobs, jobs * pay)
        for activity, before, after, pay in (("C", 100_000, 99_999, 10), ("J", 1_000, 1_200, 12))
        for year, jobs, pay in ((2019, before, pay), (2020, after, pay * 1.5))
    ]
    table = pd.DataFrame(rows, columns=["geo", "activity", "time", "employment", "payroll"])
    panel = hansa.compute(
        "quadrant", table, describe={"absent_rows": "unknown"}, start=2019, end=2020
    )
    reason = dict(zip(panel.table["activity"].to_pylist(), panel.table["reason"].to_pylist(),
                      strict=True))  # fmt: skip
    assert reason["C"].startswith("jobs 0.0 %, wages ")
    assert reason["J"].startswith("jobs +20.0 %, wages ")
    assert f"{MINUS}0.0 %" not in " ".join(reason.values())
