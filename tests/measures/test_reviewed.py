"""Faults that a review found once, each with the table that showed it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import hansa
from small_tables import UNKNOWN, definition, facts, results

PERIOD = {"start": 2019, "end": 2020, "min_cell": 0}


def with_wages(jobs, pay):
    """A table of jobs and wage bills from grids by year."""
    table = facts(jobs)
    wages = facts(pay).rename(
        columns={"employment": "payroll", "employment_status": "payroll_status"}
    )
    return table.merge(wages, on=["geo", "activity", "time"], how="outer")


def test_an_open_bound_excludes_nothing():
    """A is hidden in every region in 2020: no replicate is certain, and all are possible."""
    jobs = {
        2019: "A B TOTAL\nR1 10 10 20\nR2 10 10 20\nR3 10 10 20\nTOTAL 30 30 60",
        2020: "A B TOTAL\nR1 :c 10 40\nR2 :c 10 40\nR3 :c 10 40\nTOTAL 90 30 120",
    }
    pay = {
        2019: "A B TOTAL\nR1 100 100 200\nR2 100 100 200\nR3 100 100 200\nTOTAL 300 300 600",
        2020: "A B TOTAL\nR1 :c 100 900\nR2 :c 100 900\nR3 :c 100 900\nTOTAL 2400 300 2700",
    }
    for hidden in ("absent", "bounds"):
        panel = hansa.compute(
            "quadrant_stability",
            with_wages(jobs, pay),
            describe=UNKNOWN,
            area="TOTAL",
            benchmark="totals",
            hidden=hidden,
            **PERIOD,
        )
        assert results(panel, "lower")["TOTAL", "A", 2020] <= 1
        assert results(panel, "upper")["TOTAL", "A", 2020] == 1.0


def test_wages_need_totals_that_cover_the_same():
    """Jobs have a published total above their parts, wage bills have none: nothing to divide."""
    table = with_wages({2020: "A TOTAL\nR1 100 200\nR2 50 100"}, {2020: "A\nR1 1000\nR2 500"})
    panel = hansa.compute(
        "relative_wage", table, describe=UNKNOWN, min_cell=0, wage_reference="region"
    )
    assert set(results(panel).values()) == {None}


def test_jobs_without_a_wage_bill_have_no_wage():
    table = with_wages({2020: "A B\nR1 100 50"}, {2020: "A\nR1 1000"})
    panel = hansa.compute("average_wage", table, describe={"absent_rows": "zero"}, min_cell=0)
    assert results(panel) == {("R1", "A", 2020): 10, ("R1", "B", 2020): None}


def test_a_split_needs_regions_that_make_up_the_area():
    """The total holds more than its two regions: their wages do not explain its change."""
    jobs = {y: f"A\nR1 10\nR2 10\nTOTAL {t}" for y, t in ((2019, 40), (2020, 40))}
    pay = {2019: "A\nR1 100\nR2 100\nTOTAL 400", 2020: "A\nR1 110\nR2 90\nTOTAL 800"}
    for part in ("within", "reallocation", "cross"):
        panel = hansa.compute(
            f"wage_change_{part}", with_wages(jobs, pay), describe=UNKNOWN, area="TOTAL", **PERIOD
        )
        assert results(panel)["TOTAL", "A", 2020] is None
        assert results(panel, "status")["TOTAL", "A", 2020] == "d"


def test_an_aggregate_of_unknown_members_has_no_replicates():
    jobs = dict.fromkeys((2019, 2020), "A B\nR1 10 10\nR2 10 10\nR3 10 10\nEA 20 20")
    table = with_wages(jobs, {y: grid.replace("10", "90") for y, grid in jobs.items()})
    panel = hansa.compute(
        "quadrant_stability",
        table,
        describe={**UNKNOWN, "areas": ["EA"]},
        area="EA",
        **PERIOD,
    )
    assert set(results(panel, "status").values()) == {"z"}


def test_a_break_of_one_cluster_does_not_move_the_others():
    """B breaks: with `plain` no benchmark is known, with `plain-known` A is its own."""
    jobs = {2019: "A B\nR1 10 10", 2020: "A B\nR1 20 20b"}
    pay = {2019: "A B\nR1 100 100", 2020: "A B\nR1 300 900"}
    table = with_wages(jobs, pay)
    plain = hansa.compute("relative_wage_growth", table, describe=UNKNOWN, **PERIOD)
    assert set(results(plain).values()) == {None}
    known = hansa.compute(
        "relative_wage_growth", table, describe=UNKNOWN, benchmark="plain-known", **PERIOD
    )
    assert results(known)["R1", "A", 2020] == pytest.approx(0, abs=1e-15)
    assert "d" in results(known, "status")["R1", "A", 2020].split(";")


def test_a_break_in_the_middle_stops_the_split(tmp_path):
    rows = [
        (geo, "A", year, 10.0, 100.0 + year % 10, "b" if (geo, year) == ("R1", 2019) else "")
        for geo in ("R1", "R2")
        for year in (2018, 2019, 2020)
    ]
    names = ["geo", "activity", "time", "employment", "payroll", "employment_status"]
    path = tmp_path / "both.toml"
    path.write_text(
        'id = "both"\ntitle = "Both"\ngeography = "local"\nmembers = ["R1", "R2"]\n'
        'status = "ours"\nsource = "a test"\n',
        encoding="utf-8",
    )
    panel = hansa.compute(
        "wage_change_within",
        pd.DataFrame(rows, columns=names),
        describe=UNKNOWN,
        area=str(path),
        start=2018,
        end=2020,
        min_cell=0,
    )
    assert results(panel)["both", "A", 2020] is None
    assert results(panel, "status")["both", "A", 2020] == "b"


def test_strength_is_open_where_marks_are(tmp_path):
    """Three regions are no population: nobody knows which clusters would be strong."""
    table = facts("A B\nR1 60 100\nR2 200 10\nR3 300 40")
    table["establishments"] = 5
    groups = definition(tmp_path, "cluster,activity,weight,kind\nX,A,1,traded\nY,B,1,traded\n")
    panel = hansa.compute("cluster_strength", table, groups, describe=UNKNOWN, min_cell=0)
    assert set(results(panel).values()) == {None}
    assert set(results(panel, "lower").values()) == {0}
    assert set(results(panel, "upper").values()) == {1}


@pytest.mark.parametrize("status", ["c", "z"])
def test_a_hidden_cell_leaves_stars_open_whatever_its_letter(status):
    table = facts(f"A B\nR1 2000 1000\nR2 :{status} 1000\nR3 1000 1000\nR4 1100 1000\nR5 900 1000")
    panel = hansa.compute("presence_stars", table, describe=UNKNOWN)
    assert results(panel, "upper")["R1", "A", 2020] == 3, "its quotient is not known"
    assert "?" in results(panel, "reason")["R1", "A", 2020]


def test_two_versions_of_codes_do_not_meet_in_one_measure(tmp_path):
    from hansa.sources.spec import FactsSpec
    from hansa.sources.tabular import read_table
    from hansa.study.compute import compute_one

    rows = pd.DataFrame(
        [("NO02", "C", 2020, 10.0, 100.0)],
        columns=["geo", "activity", "time", "employment", "payroll"],
    )
    cubes = [
        read_table(rows, FactsSpec(geography=geo, absent_rows="unknown"), column)
        for geo, column in (("nuts:2021", "employment"), ("nuts:2013", "payroll"))
    ]
    with pytest.raises(hansa.HansaError, match="use different codes for regions"):
        compute_one("average_wage", cubes[0], None, None, {"payroll": cubes[1]})


def test_leaving_out_the_only_region_of_a_cluster_leaves_the_others_known(tmp_path):
    """X is in R1 alone. Everything is known: so is every replicate of A."""
    jobs = {2019: "A X\nR1 10 10\nR2 10 0\nR3 10 0", 2020: "A X\nR1 20 12\nR2 20 0\nR3 20 0"}
    pay = {
        2019: "A X\nR1 100 100\nR2 100 0\nR3 100 0",
        2020: "A X\nR1 300 121\nR2 300 0\nR3 300 0",
    }
    path = tmp_path / "area.toml"
    path.write_text(
        'id = "area"\ntitle = "Area"\ngeography = "local"\nmembers = ["R1", "R2", "R3"]\n'
        'status = "ours"\nsource = "a test"\n',
        encoding="utf-8",
    )
    panel = hansa.compute(
        "quadrant_stability", with_wages(jobs, pay), describe=UNKNOWN, area=str(path), **PERIOD
    )
    found = results(panel)
    assert found["area", "A", 2020] is not None
    assert found["area", "X", 2020] == pytest.approx(2 / 3), "gone with R1, the same otherwise"


def test_a_unit_outside_the_base_earns_nothing_by_its_share():
    table = facts("A B C\nR1 5000 9000 9000\nR2 5000 100 9000\nR3 5000 100 9000\nR4 5000 100 9000")
    panel = hansa.compute("presence_stars", table, describe=UNKNOWN, without="B")
    assert "focus" not in (results(panel, "label")["R1", "B", 2020] or "")
    assert panel.header.base.startswith("total: all activities of the source without B")


def test_the_header_speaks_of_every_table(tmp_path):
    from hansa.sources.spec import FactsSpec
    from hansa.sources.tabular import read_table
    from hansa.study.compute import compute_one

    rows = pd.DataFrame(
        [("R1", "C", 2020, 10.0, 100.0)],
        columns=["geo", "activity", "time", "employment", "payroll"],
    )
    jobs = FactsSpec(source="Office A", licence="L1", absent_rows="unknown")
    pay = FactsSpec(source="Office B", licence="L2", model_data=True, absent_rows="unknown")
    panel = compute_one(
        "average_wage",
        read_table(rows, jobs, "employment"),
        None,
        None,
        {"payroll": read_table(rows, pay, "payroll")},
    )
    assert panel.header.source == "Office A; Office B"
    assert panel.header.licence == "L1; L2"
    assert panel.header.model_data


def test_an_option_of_other_measures_is_refused():
    with pytest.raises(hansa.HansaError, match="focus knows no option rules"):
        hansa.compute("focus", facts("A B\nR1 1 2"), describe=UNKNOWN, rules="us-strong")


@pytest.mark.parametrize(
    ("compare", "threshold"), [("rank", 0), ("rank", 2.7), ("quantile", 90), ("quantile", -1)]
)
def test_thresholds_of_rules_are_checked(tmp_path, compare, threshold):
    path = tmp_path / "own.toml"
    path.write_text(
        'format = 1\nid = "own"\nversion = "1"\nlabel = "own"\nsource = "a test"\n'
        '[[award]]\nname = "x"\n[[award.condition]]\nmeasure = "employment"\n'
        f'compare = "{compare}"\nthreshold = {threshold}\n',
        encoding="utf-8",
    )
    with pytest.raises(hansa.HansaError, match="the rule set is wrong"):
        hansa.compute("presence_stars", facts("A\nR1 1"), describe=UNKNOWN, rules=str(path))


def test_bounds_below_the_smallest_cell_get_no_label():
    """10 to 12 jobs are certainly fewer than 50."""
    jobs = dict.fromkeys((2019, 2020), "A B TOTAL\nR1 :c 100 110")
    pay = {2019: "A B TOTAL\nR1 :c 1000 1100", 2020: "A B TOTAL\nR1 :c 1100 1400"}
    panel = hansa.compute(
        "quadrant",
        with_wages(jobs, pay),
        describe=UNKNOWN,
        hidden="bounds",
        start=2019,
        end=2020,
        benchmark="totals",
    )
    assert results(panel, "label")["R1", "A", 2020] is None
    assert np.isin("tiny", results(panel, "status")["R1", "A", 2020].split(";"))


def test_a_wage_bill_that_one_table_lacks_hides_every_sum_with_it():
    """EE has jobs in A and no wage bill for them: X, and all of EE, pay an unknown wage."""
    table = with_wages(
        {2020: "A B C\nEE 100 100 100\nLV 100 100 100"},
        {2020: "A B C\nEE . 2000 2000\nLV 2000 2000 2000"},
    )
    describe = {"absent_rows": "zero"}
    own = hansa.compute(
        "relative_wage", table, describe=describe, min_cell=0, wage_reference="region"
    )
    assert results(own)["EE", "B", 2020] is None
    assert results(own)["LV", "B", 2020] == 1


def test_totals_of_both_columns_cover_the_same_whichever_is_hidden():
    """Wage bills have a total above their parts, jobs do not publish theirs."""
    table = with_wages(
        {2020: "A B TOTAL\nR1 50 50 100\nR2 50 50 :c"},
        {2020: "A B TOTAL\nR1 500 500 1000\nR2 500 500 4000"},
    )
    panel = hansa.compute(
        "relative_wage", table, describe=UNKNOWN, min_cell=0, wage_reference="region"
    )
    assert results(panel)["R2", "A", 2020] is None
    assert results(panel)["R1", "A", 2020] == 1


def test_a_total_that_equals_its_parts_needs_no_partner():
    """Jobs publish 100 = 50 + 50, wage bills publish no total: the parts cover the same."""
    table = with_wages({2020: "A B TOTAL\nR1 50 50 100"}, {2020: "A B\nR1 500 1500"})
    panel = hansa.compute(
        "relative_wage", table, describe=UNKNOWN, min_cell=0, wage_reference="region"
    )
    assert results(panel) == {("R1", "A", 2020): 0.5, ("R1", "B", 2020): 1.5}


def test_rounding_of_a_total_leaves_no_cluster_behind():
    """X is in R1 alone, its total one job too high.

    Without R1 there is no X, and no single job of it with a wage of its own in the plain mean.
    """
    jobs = {
        2019: "A B X TOTAL\nR1 10 10 10 30\nR2 10 10 0 20\nR3 10 10 0 20\nTOTAL 30 30 11 71",
        2020: "A B X TOTAL\nR1 20 10 12 42\nR2 20 10 0 30\nR3 20 10 0 30\nTOTAL 60 30 13 103",
    }
    pay = {
        2019: "A B X TOTAL\nR1 100 100 100 300\nR2 100 100 0 200\nR3 100 100 0 200\n"
        "TOTAL 300 300 101 701",
        2020: "A B X TOTAL\nR1 300 110 121 531\nR2 300 110 0 410\nR3 300 110 0 410\n"
        "TOTAL 900 330 130 1360",
    }
    panel = hansa.compute(
        "quadrant_stability", with_wages(jobs, pay), describe=UNKNOWN, area="TOTAL", **PERIOD
    )
    assert results(panel)["TOTAL", "A", 2020] == 1.0
