"""Hidden cells whose answer can be worked out on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hansa
from hansa.errors import HansaError, UsageError
from tables import REASON, UK, cell, fill

LOCAL = {"absent_rows": "unknown"}


def table(text: str, **more: dict) -> pd.DataFrame:
    """A year as people write it: `-` hidden, `z` not applicable, `.` without a row."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    marks = {"-": "c", "z": "z"}
    rows = [
        (geo, line[0], 2015, np.nan if v in marks else float(v), marks.get(v, ""))
        for line in lines
        for geo, v in zip(head, line[1:], strict=True)
        if v != "."
    ]
    names = ["geo", "activity", "time", "employment", "employment_status"]
    found = pd.DataFrame(rows, columns=names)
    for name, values in more.items():
        found[name] = [values.get((a, g)) for a, g in zip(found.activity, found.geo, strict=True)]
    return found


TWO_BY_THREE = """
        TOTAL  N   S
TOTAL   100    60  40
A       30     -   -
B       70     -   -
"""


def test_two_regions_two_activities_by_hand() -> None:
    """A in N is at most all of A; B in N at least what 30 jobs of A leave over of 60."""
    found = fill(table(TWO_BY_THREE), LOCAL, tolerance="exact", prior="margins")
    assert cell(found, "A", "N") == (0, 30)
    assert cell(found, "A", "S") == (0, 30)
    assert cell(found, "B", "N") == (30, 60)
    assert cell(found, "B", "S") == (10, 40)
    # Nothing else being known, the outer product of the margins: 60 x 30 / 100.
    assert found.loc[("A", "N")].employment == pytest.approx(18, abs=1e-6)
    assert found.loc[("B", "S")].employment == pytest.approx(28, abs=1e-6)
    assert found.loc[("A", "N")].employment_status == "c;imputed;interval"
    assert found.loc[("A", "N")].employment_estimated == 1
    assert found.loc[("A", "TOTAL")].employment_status == ""


def test_rounded_numbers_leave_more_room() -> None:
    """30 = N + S, three rounded numbers: N is at most 30 + 3 x 0.5, and whole: 31."""
    found = fill(table(TWO_BY_THREE), LOCAL, tolerance="rounded")
    assert cell(found, "A", "N") == (0, 31)
    assert cell(fill(table(TWO_BY_THREE), LOCAL, tolerance=4), "A", "N") == (0, 34)


def test_three_by_four_some_cells_follow_from_the_sums() -> None:
    """B in E is the only hole of its row; then A in E and A in W follow one after the other."""
    found = fill(
        table("""
            TOTAL  N   E   S   W
    TOTAL   100    25  25  25  25
    A       40     10  -   5   -
    B       30     5   -   10  10
    C       30     10  5   10  5
    """),
        LOCAL,
        tolerance="exact",
    )
    assert cell(found, "B", "E") == (5, 5)
    assert cell(found, "A", "E") == (15, 15)
    assert cell(found, "A", "W") == (10, 10)
    row = found.loc[("A", "W")]
    assert (row.employment, row.employment_status) == (10, "c;imputed")
    assert "employment_estimated" not in found or row.employment_estimated == 0


def test_parts_of_a_parent_share_what_it_leaves_over() -> None:
    """A is 01, 02 and 03, all of them; F has three divisions of which two are listed."""
    found = fill(
        table("""
           UKC1
    A      20
    01     8
    02     -
    03     -
    F      20
    41     8
    42     -
    """),
        UK,
        tolerance="exact",
    )
    assert cell(found, "02", "UKC1") == cell(found, "03", "UKC1") == (0, 12)
    total = found.loc[("02", "UKC1")].employment + found.loc[("03", "UKC1")].employment
    assert total == pytest.approx(12, abs=1e-5)
    assert cell(found, "42", "UKC1") == (0, 12)


def test_the_rest_outside_the_listed_codes_is_not_forced_on_a_cell() -> None:
    """42 need not make up for 43, which is not in the table; where all is listed, it must."""
    open_end = fill(table("UKC1\nF 20\n41 8\n42 -"), UK, tolerance="exact")
    closed = fill(table("UKC1\nF 20\n41 8\n42 -\n43 5"), UK, tolerance="exact")
    assert cell(open_end, "42", "UKC1") == (0, 12)
    assert cell(closed, "42", "UKC1") == (7, 7)


def test_a_hidden_region_has_its_parent_above_it() -> None:
    found = fill(table("UKC UKC1 UKC2\n01 50 -  30\n02 50 - -"), UK, tolerance="exact")
    assert cell(found, "01", "UKC1") == (20, 20)
    assert cell(found, "02", "UKC1") == cell(found, "02", "UKC2") == (0, 50)


def test_a_region_whose_parent_is_absent_stays_empty() -> None:
    found = fill(table("UKC UKC1 UKC2\n01 50 20 30\n02 - - 7"), UK, tolerance="exact")
    row = found.loc[("02", "UKC1")]
    assert np.isnan(row.employment)
    assert np.isnan(row.employment_upper)
    assert row.employment_status == "c;interval"
    parent = found.loc[("02", "UKC")]
    assert np.isnan(parent.employment)
    assert parent.employment_lower == 7


def test_a_hidden_whole_of_known_parts_is_their_sum_and_no_estimate() -> None:
    found = fill(table("UKC UKC1 UKC2\n01 - 20 30\n02 50 - -"), UK, tolerance="exact")
    row = found.loc[("01", "UKC")]
    assert (row.employment, row.employment_lower, row.employment_upper) == (50, 50, 50)
    assert row.employment_estimated == 0
    rounded = fill(table("UKC UKC1 UKC2\n01 - 20 30\n02 50 - -"), UK, tolerance="rounded")
    row = rounded.loc[("01", "UKC")]
    assert (row.employment, row.employment_lower, row.employment_upper) == (50, 49, 51)


def test_rounding_of_a_hidden_whole_reaches_the_sums_above_it() -> None:
    """TOTAL 100 = A + F, A = 01 + 02 + 03 hidden: F is off by the rounding of five numbers."""
    found = fill(
        table("UKC1\nTOTAL 100\nA -\n01 20\n02 20\n03 20\nF -\nB 10"), UK, tolerance="rounded"
    )
    # A within 58 to 62; three parts and a whole are rounded: at most 32 + 2.
    assert cell(found, "A", "UKC1") == (58, 62)
    assert cell(found, "F", "UKC1") == (0, 34)


def test_a_cell_that_is_not_applicable_is_never_filled() -> None:
    data = table("TOTAL N S\nA 30 - 10\nB 30 z -")
    found = fill(data, LOCAL, tolerance="exact")
    row = found.loc[("B", "N")]
    assert np.isnan([row.employment, row.employment_lower, row.employment_upper]).all()
    assert row.employment_status == "z"
    assert cell(found, "B", "S") == (0, 30)
    assert cell(found, "A", "N") == (0, 20)


def test_bounds_that_the_table_states_are_used() -> None:
    """A size class says 20 to 99; the parent of 60 with 10 known leaves 50 at most."""
    data = table(
        "UKC1\nA 60\n01 10\n02 -\n03 -",
        employment_lower={("02", "UKC1"): 20},
        employment_upper={("02", "UKC1"): 99},
    )
    found = fill(data, UK, tolerance="exact")
    assert cell(found, "02", "UKC1") == (20, 50)
    assert cell(found, "03", "UKC1") == (0, 30)


def test_bounds_of_a_known_number_reach_its_hidden_neighbour() -> None:
    """A is printed as 100, rounded to tens: 95 to 105; 01 and 02 take 60 of it."""
    data = table(
        "UKC1\nA 100\n01 40\n02 20\n03 -",
        employment_lower={("A", "UKC1"): 95},
        employment_upper={("A", "UKC1"): 105},
    )
    found = fill(data, UK, tolerance="exact")
    assert cell(found, "03", "UKC1") == (35, 45)
    assert cell(found, "A", "UKC1") == (95, 105)


def test_a_sum_that_does_not_hold_is_named_and_the_rest_is_filled() -> None:
    """The parts of A in UKC1 are 70 of 50. UKC2 has nothing to do with it."""
    data = table("UKC1 UKC2\nA 50 50\n01 40 40\n02 30 -\n03 - 4")
    found = hansa.fill(data, reason=REASON, describe=UK, tolerance="exact")
    [told] = found.report["measures"]["employment"][0]["contradictions"]
    assert told["misses_by"] == 20
    assert told["place"].startswith("A (Agriculture, forestry and fishing), UKC1")
    assert told["place"].endswith("sum over its activities")
    assert any("a sum does not hold: A (Agriculture" in line for line in found.lines)
    rows = found.table.to_pandas().set_index(["activity", "geo"])
    assert cell(rows, "02", "UKC2") == (6, 6)
    # What is known is given as it was printed, wrong or not.
    assert rows.loc[("02", "UKC1")].employment == 30


def test_two_sums_that_contradict_each_other_say_nothing() -> None:
    """A leaves 2 or less for 03 in UKC1, the region 30 or more: nobody knows which is wrong."""
    data = table("UKC UKC1 UKC2\nA . 12 .\n01 . 5 .\n02 . 5 .\n03 40 - 10")
    found = hansa.fill(data, reason=REASON, describe=UK, tolerance="exact")
    told = found.report["measures"]["employment"][0]["contradictions"]
    assert {c["misses_by"] for c in told} == {28}
    assert told[0]["place"].startswith("A (Agriculture, forestry and fishing), UKC1")
    assert told[1]["place"].endswith("UKC (North East (England)): sum over its regions")
    row = found.table.to_pandas().set_index(["activity", "geo"]).loc[("03", "UKC1")]
    assert np.isnan([row.employment, row.employment_upper]).all()


def test_the_place_of_a_sum_over_regions() -> None:
    data = table("UKC UKC1 UKC2\n01 50 40 30\n02 50 - 10")
    found = hansa.fill(data, reason=REASON, describe=UK, tolerance="exact")
    assert found.report["measures"]["employment"][0]["contradictions"] == []
    data = table("UKC UKC1 UKC2\n01 50 60 -\n02 50 - 10")
    [told] = hansa.fill(data, reason=REASON, describe=UK, tolerance="exact").report["measures"][
        "employment"
    ][0]["contradictions"]
    assert told["place"].startswith("01")
    assert told["place"].endswith("UKC (North East (England)): sum over its regions")
    assert told["misses_by"] == 10


def test_negative_numbers_are_refused() -> None:
    data = table("UKC UKC1 UKC2\n01 50 - -\n02 -5 3 -8").rename(
        columns={"employment": "value_added", "employment_status": "value_added_status"}
    )
    with pytest.raises(hansa.HansaError) as caught:
        hansa.fill(data, reason=REASON, describe=UK)
    finding = caught.value.finding
    assert finding.rule.startswith("hidden cells beside negative numbers cannot be filled")
    assert finding.place == "geo UKC, activity 02, time 2015"
    assert finding.printed == "value_added -5"
    assert finding.admissible == "zero or more in every cell"


def test_rows_that_are_not_there_are_zero_where_the_table_says_so() -> None:
    data = table("UKC1\nA 50\n01 -\n02 -")
    zero = fill(data, {**UK, "absent_rows": "zero"}, tolerance="exact")
    assert cell(zero, "01", "UKC1") == (0, 50)
    closed = fill(table("UKC1 UKC2\nA 50 9\n01 - 2\n02 . 3\n03 . 4"), {**UK, "absent_rows": "zero"},
                  tolerance="exact")  # fmt: skip
    assert cell(closed, "01", "UKC1") == (50, 50)


@pytest.mark.parametrize("text", ["N S\nA - -\nB 1 2", "N\nA -", "TOTAL\nTOTAL -"])
def test_without_a_total_nothing_is_filled(text: str) -> None:
    found = fill(table(text), LOCAL)
    hidden = found[found.employment_status.str.contains("c")]
    assert hidden.employment.isna().all()
    assert hidden.employment_upper.isna().all()


def test_a_total_along_one_axis_only() -> None:
    found = fill(table("TOTAL N S\nA 30 - -\nB 9 4 -"), LOCAL, tolerance="exact")
    assert cell(found, "A", "N") == (0, 30)
    assert cell(found, "B", "S") == (0, 5)


def test_all_zero_and_whole_columns_hidden() -> None:
    found = fill(table("TOTAL N S\nTOTAL 0 - -\nA 0 - -\nB 0 - -"), LOCAL, tolerance="exact")
    assert (found.employment == 0).all()
    assert cell(found, "B", "S") == (0, 0)


def test_years_prior_by_hand() -> None:
    """01 in UKC grew from 18 to 27, so UKC1 had 12 and has 18, UKC2 had 6 and has 9."""
    earlier = table("UKC UKC1 UKC2\n01 18 12 6").assign(time=2014)
    later = table("UKC UKC1 UKC2\n01 27 - -").assign(time=2015)
    both = pd.concat([earlier, later])
    found = hansa.fill(
        both, reason=REASON, describe=UK, prior="years", tolerance="exact"
    ).table.to_pandas()
    now = found[found.time == 2015].set_index(["activity", "geo"])
    assert now.loc[("01", "UKC1")].employment == pytest.approx(18, abs=1e-5)
    assert now.loc[("01", "UKC2")].employment == pytest.approx(9, abs=1e-5)


def test_units_prior_by_hand() -> None:
    """UKC1 has 3 establishments and UKC2 has 1, so UKC1 gets three quarters."""
    data = table("UKC UKC1 UKC2\n01 40 - -")
    data["establishments"] = [4.0, 3.0, 1.0]
    found = fill(data, UK, prior="units", tolerance="exact")
    assert found.loc[("01", "UKC1")].employment == pytest.approx(30, abs=1e-5)
    assert found.loc[("01", "UKC2")].employment == pytest.approx(10, abs=1e-5)


def test_equal_prior_splits_equally() -> None:
    found = fill(table("TOTAL N S W\nA 50 - - 10"), LOCAL, prior="equal", tolerance="exact")
    assert found.loc[("A", "N")].employment == pytest.approx(found.loc[("A", "S")].employment)


def test_bounds_only() -> None:
    found = fill(table(TWO_BY_THREE), LOCAL, prior="", tolerance="exact")
    assert cell(found, "A", "N") == (0, 30)
    assert np.isnan(found.loc[("A", "N")].employment)
    assert found.loc[("A", "N")].employment_status == "c;interval"


UNITS = pd.DataFrame(
    [("UKF", "01", 100, 35), ("UKF1", "01", 60, 10), ("UKF2", "01", np.nan, 15),
     ("UKF3", "01", np.nan, 10)],
    columns=["geo", "activity", "employment", "establishments"],
).assign(time=2015)  # fmt: skip


def test_local_units_bound_jobs_from_below_where_one_says_so() -> None:
    """40 jobs are left for two regions: what one has at least, the other cannot have."""
    bounds = {}
    for per_unit in (0, 1, 1.5):
        found = hansa.fill(
            UNITS, describe=UK, reason=REASON, tolerance="exact", per_unit=per_unit, prior=""
        )
        rows = found.table.to_pandas().set_index("geo").loc[["UKF2", "UKF3"]]
        bounds[per_unit] = [
            *zip(rows.employment_lower, rows.employment_upper, strict=True),
        ]
    assert bounds[0] == [(0, 40), (0, 40)]
    assert bounds[1] == [(15, 30), (10, 25)]
    # 22.5 jobs are 23, and 17.5 are 17.
    assert bounds[1.5] == [(23, 25), (15, 17)]


def test_a_bound_by_units_that_known_cells_do_not_keep_is_refused() -> None:
    with pytest.raises(HansaError) as error:
        hansa.fill(UNITS, describe=UK, per_unit=7)
    assert str(error.value) == (
        "2 of 2 known cells have fewer jobs than their local units are said to have at least\n"
        "  where:  geo UKF, activity 01, time 2015\n"
        "  found:  100 jobs, at least 245 by units\n"
        "  needed: a number of jobs in each local unit that all known cells have\n"
        "  do:     a smaller --per-unit, or none: units then serve the prior only"
    )


def test_a_bound_by_units_needs_units() -> None:
    with pytest.raises(UsageError, match="a bound by unit needs numbers of local units"):
        hansa.fill(UNITS.drop(columns="establishments"), describe=UK, per_unit=1)
