"""Top-level activities left out of the base: what is still a share, and of what."""

from __future__ import annotations

import pytest

import hansa
from hansa.errors import UsageError

ROWS = {
    "geo": ["R1"] * 3 + ["R2"] * 3,
    "activity": ["A", "B", "C"] * 2,
    "time": [2020] * 6,
    "employment": [30, 40, 30, 20, 30, 50],
}


def table(**changes: list[object]):
    import pandas as pd

    return pd.DataFrame({**ROWS, **changes})


def values(panel: hansa.Panel) -> dict[tuple[str, str], tuple[float | None, str]]:
    return {(r["geo"], r["activity"]): (r["value"], r["status"]) for r in panel.rows()}


def test_a_share_of_the_base_needs_a_unit_inside_it() -> None:
    found = values(hansa.compute("focus", table(), without="B", min_cell=0))
    assert found[("R1", "A")] == (30 / 60, "")
    # 40 jobs of B over 60 jobs without B would be a share, and it is none.
    assert found[("R1", "B")] == (None, "z")


def test_a_quotient_of_a_unit_outside_compares_jobs_per_job_of_the_base_and_says_so() -> None:
    panel = hansa.compute("location_quotient_total", table(), without="B", min_cell=0)
    found = values(panel)
    assert found[("R1", "B")][0] == pytest.approx((40 / 60) / (70 / 130), abs=1e-15)
    assert any("jobs per job of the base" in note for note in panel.header.notes)


def test_what_the_table_does_not_list_leaves_the_rest_unknown() -> None:
    rows = table()
    total = rows[rows.activity == "A"].assign(activity="TOTAL", employment=[150, 100])
    import pandas as pd

    both = pd.concat([rows, total])
    found = values(hansa.compute("focus", both, without="B", min_cell=0))
    # R1 has 150 jobs and lists 100: the other 50 may belong to the rest.
    assert found[("R1", "A")][0] is None
    assert found[("R2", "A")] == (20 / 70, "")


@pytest.mark.parametrize("measure", ["location_quotient_traded", "location_quotient_local"])
def test_nothing_can_be_left_out_of_a_base_of_one_kind(measure: str) -> None:
    rows = table(activity=["10", "62", "47"] * 2)
    with pytest.raises(UsageError, match="nothing can be left out of a"):
        hansa.compute(
            measure, rows, "hansa-divisions", describe={"classification": "nace:2"}, without="10"
        )


def test_only_top_level_codes_can_be_left_out() -> None:
    with pytest.raises(UsageError, match="cannot be left out of the base"):
        hansa.compute("focus", table(), without="X")
