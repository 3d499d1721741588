"""Check: findings on tables, in one shape, and exit codes; on the three real tables too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.facts.check import check_facts
from hansa.sources.spec import FactsSpec

CODE = "from hansa.cli import main; main()"
HEAD = "geo,activity,time,employment\n"
KEYS = ["severity", "place", "rule", "printed", "admissible", "fix"]


def check(folder, *arguments):
    """Exit code and findings of `hansa check --json`."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, "check", *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def findings(path, text, **describe):
    """(severity, rule, what was found) of a table."""
    path.write_text(text)
    return [(f.severity, f.rule, f.printed) for f in hansa.check(path, describe)]


def test_findings_have_one_shape(tmp_path):
    (tmp_path / "t.csv").write_text(HEAD + "A,TOTAL,2015,5\nA,x,2015,40\n")
    code, found = check(tmp_path, "t.csv")
    assert code == 1
    assert list(found) == ["findings"]
    assert all(list(f) == KEYS for f in found["findings"])
    assert all(isinstance(text, str) for f in found["findings"] for text in f.values())
    assert [f["severity"] for f in found["findings"]] == ["error", "note", "note"]
    assert found["findings"][0] == {
        "severity": "error",
        "place": "t.csv, row 2, employment, TOTAL, A, time 2015",
        "rule": "parts add up to more than their published total",
        "printed": "parts 40, total 5",
        "admissible": "at most 6 (each number rounded)",
        "fix": "correct the total or its parts; where some rows are subtotals of others, "
        "leave them out: --where COLUMN!=VALUE",
    }


def test_warnings_and_notes_are_no_failure(tmp_path):
    # Two regions, two industries, and one row of the four that are possible is not there.
    (tmp_path / "t.csv").write_text(HEAD + "A,x,2015,40\nA,y,2015,4\nB,x,2015,3\n")
    code, found = check(tmp_path, "t.csv")
    assert code == 0
    assert {f["severity"] for f in found["findings"]} == {"warning", "note"}
    assert check(tmp_path, "no.csv")[0] == 1


def test_a_table_that_says_everything_has_no_findings(tmp_path):
    found = findings(
        tmp_path / "t.csv",
        "geo,activity,time,employment\nSE11,10,2015,12\n",
        classification="nace:2",
        geography="nuts:2013",
        absent_rows="unknown",
    )
    assert found == []


def test_what_is_not_declared(tmp_path):
    assert findings(tmp_path / "t.csv", HEAD + "A,x,2015,1\nB,y,2015,2\n") == [
        (
            "warning",
            "what an absent row means is not declared: taken as zero",
            "2 rows of 4 possible",
        ),
        ("note", "no classification is declared", "x, y"),
        ("note", "no geography is declared", "A, B"),
    ]


def test_missing_values_zeros_and_empty_years_are_counted(tmp_path):
    text = HEAD + "A,x,2015,1\nA,y,2015,\nB,x,2015,0\nA,x,2016,0\nA,y,2016,\n"
    found = findings(tmp_path / "t.csv", text, absent_rows="unknown")
    assert [f for f in found if "declared" not in f[1]] == [
        ("warning", "every employment of the year is zero or missing", "0"),
        ("note", "employment is missing in some rows", "2 of 5 rows (40.0%)"),
        (
            "note",
            "zeros of employment are taken as printed; some may stand for hidden cells",
            "2 of 5 rows (40.0%)",
        ),
    ]


def test_every_total_that_is_too_small_is_found(tmp_path):
    text = HEAD + "".join(
        f"{geo},TOTAL,{time},10\n{geo},x,{time},90\n" for geo in "AB" for time in (2015, 2016)
    )
    path = tmp_path / "t.csv"
    found = [f for f in findings(path, text) if f[0] == "error"]
    assert (
        found
        == [("error", "parts add up to more than their published total", "parts 90, total 10")] * 4
    )


def test_all_measures_of_a_table_are_read(tmp_path):
    text = "geo,activity,time,employment,establishments,label\nA,x,2015,12,-3,north\n"
    found = findings(tmp_path / "t.csv", text, absent_rows="zero")
    assert [f for f in found if "declared" not in f[1]] == [
        ("error", "establishments is negative", "-3"),
        ("note", "columns that are not used", "label"),
    ]
    text = "geo,activity,time,measure,value\nA,x,2015,employment,12\nA,x,2015,payroll,many\n"
    found = findings(tmp_path / "t.csv", text, absent_rows="zero")
    assert ("error", "text stands where a number is needed", "'many'") in found


def test_a_definition_is_checked_too(tmp_path):
    (tmp_path / "own.csv").write_text("cluster,activity,weight\nwood,16,1\nwood,16.1,1\n")
    code, found = check(tmp_path, "own.csv", "--classification", "nace:2")
    assert code == 1
    assert found["findings"][0]["rule"] == (
        "a cluster holds a code and a part of it: jobs would count twice"
    )


# The three real tables


JUMPS = {
    "a number jumps at the end of its series",
    "a number stands out between its own years",
    "a number jumps from one year to the next",
}


def test_bres_has_no_error_but_numbers_to_look_at(hansa_data, tmp_path):
    path = hansa_data / "employment" / "uk_bres_nuts2_sic4_2015_2018.parquet"
    code, found = check(
        tmp_path,
        path,
        "--columns",
        "time=year,activity=sic4",
        "--classification",
        "nace:2",
        "--geography",
        "nuts:2013",
        "--absent-rows",
        "unknown",
    )
    assert code == 0
    jumps = [f for f in found["findings"] if f["rule"] in JUMPS]
    # By hand: 3,000 jobs in 2016 and 2017, 0 in 2018; one cell in a thousand is named at most.
    assert any(
        f["place"].endswith("row 70042, employment, geo UKG3, activity 35.23, time 2018")
        and f["printed"].startswith("0, 3000 the year before, 3000 the year beyond")
        for f in jumps
    )
    row = pq.read_table(path).slice(70_041, 1).to_pylist()[0]
    assert (row["geo"], row["sic4"], row["year"], row["employment"]) == ("UKG3", "3523", 2018, 0)
    assert all(f["severity"] == "warning" for f in jumps)
    others = [f for f in found["findings"] if f not in jumps]
    assert [(f["severity"], f["rule"], f["printed"]) for f in others] == [
        (
            "note",
            "zeros of employment are taken as printed; some may stand for hidden cells",
            "8727 of 81900 rows (10.7%)",
        ),
        ("note", "columns that are not used", "geo_name, nesta_segment"),
    ]


def test_years_of_a_wide_table_are_used(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("geo,activity,label,2019,2022\nEE00,10,x,5,6\nLV00,10,y,7,8\n")
    for wide in ("years", ("2019", "2022")):
        found = check_facts([path], FactsSpec(wide=wide, measure="employment"))
        assert [f.printed for f in found if "not used" in f.rule] == ["label"]


SBS = {
    "columns": {
        "time": "year",
        "activity": "nace_r2",
        "employment": "persons_employed",
        "employment_status": "flag",
    },
    "classification": "nace:2",
    "geography": "nuts:2013",
    "absent_rows": "unknown",
}


def test_sbs_mixes_versions_of_nuts(hansa_data):
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    (error,) = [f for f in hansa.check(path, SBS) if f.severity == "error"]
    assert error.rule == "codes of several versions of NUTS are mixed"
    assert error.printed.startswith("DE41, valid in nuts:20")
    assert error.place.startswith(f"{path}, row ")


def test_sbs_without_the_rows_of_other_versions(hansa_data):
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    describe = SBS | {"unknown_codes": "set_aside"}
    found = hansa.check(path, describe)
    (aside,) = [f for f in found if f.rule.startswith("rows set aside")]
    assert aside.printed.startswith("geo DE41: 101 rows, geo DE42: 101 rows")
    # The source hides 8,499 of all rows; most of them carry codes of another version.
    (missing,) = [f for f in found if "missing" in f.rule]
    assert missing.printed == "4608 of 42819 rows (10.8%)"
    rows = pq.read_table(path)
    assert rows.num_rows == 46_859
    assert pa.compute.sum(pa.compute.is_null(rows["persons_employed"])).as_py() > 8_499


def test_sbs_holds_divisions_whose_groups_do_not_add_up(hansa_data):
    """Poland defines groups of trade in its own way (status d): what they miss is no error.

    Belgium and the Netherlands have jobs in no region.
    """
    path = hansa_data / "employment" / "eurostat_sbs_nuts_nace_2015.parquet"
    found = hansa.check(path, SBS | {"unknown_codes": "set_aside"})
    assert [f for f in found if f.severity == "error"] == []
    less = [f for f in found if f.rule == "parts add up to less than their published total"]
    assert all(", PL" in f.place for f in less[:-1])
    assert less[-1].place.endswith(", 8 more places")
    (f,) = [f for f in less if "45 (" in f.place and f.place.endswith("PL, time 2015")]
    rows = pq.read_table(path).to_pandas().query("geo == 'PL'").set_index("nace_r2")
    groups = rows.loc[["G451", "G452", "G453", "G454"], "persons_employed"].sum()
    whole = rows.loc["G45", "persons_employed"]
    said = "status d: definition differs, or part of it is outside the source"
    assert f.printed == f"parts {groups:.0f}, total {whole:.0f}; {said}"
    assert f.admissible.startswith(f"at least {whole - 2.5:.0f}")
    often = [f.place for f in found if f.rule.endswith("often disagree")]
    assert [place.rpartition(", ")[2] for place in often] == [
        "geo BE (Belgium)",
        "geo NL (Netherlands)",
    ]


def test_german_groups_that_overlap_are_named(hansa_data):
    """Manufacturing lies within B-E. It is named once, not in each of 119 sums."""
    path = hansa_data / "employment" / "de_laender_sector_2008_2014.parquet"
    describe = {
        "columns": {"geo": "region", "activity": "industry", "time": "year", "employment": "emp"},
        "total": ["Insgesamt"],
        "absent_rows": "unknown",
    }
    (error,) = [f for f in hansa.check(path, describe) if f.severity == "error"]
    assert error.rule == "a code seems to be counted twice, in itself and in another one"
    assert error.place.endswith("activity Verarbeitendes Gewerbe (C)")
    assert error.printed.endswith("119 of 119 sums")
    describe |= {"where": {"industry!": "Verarbeitendes Gewerbe (C)"}}
    assert not [f for f in hansa.check(path, describe) if f.severity == "error"]


@pytest.mark.parametrize(
    ("name", "describe"),
    [
        (
            "uk_idbr_nuts2_sic4_2016_2018",
            {
                "columns": {"time": "year", "activity": "sic4", "establishments": "local_units"},
                "classification": "nace:2",
                "geography": "nuts:2013",
            },
        ),
        (
            "de_kreise_occupations_2013_2025",
            {
                "columns": {
                    "time": "year",
                    "activity": "occupational_group",
                    "geo": "ags",
                    "employment": "employees",
                }
            },
        ),
        (
            "eu28_employees_a10_2004_2016",
            {"columns": {"time": "year", "activity": "nace_r2", "employment": "emp1000"}},
        ),
        (
            "de_laender_wz08_2015",
            {
                "columns": {
                    "time": "year",
                    "activity": "ind_code",
                    "geo": "region",
                    "employment": "emp_all",
                    "establishments": "firms",
                }
            },
        ),
    ],
)
def test_real_tables_raise_no_error_and_hardly_a_warning(name, describe, hansa_data):
    path = hansa_data / "employment" / f"{name}.parquet"
    found = hansa.check(path, describe | {"absent_rows": "unknown"})
    assert not [f for f in found if f.severity == "error"]
    cells = pq.read_metadata(path).num_rows
    assert sum(f.severity == "warning" for f in found) <= 1 + cells / 10_000


def test_the_new_york_table_holds_its_totals(hansa_data):
    path = hansa_data / "employment" / "us_ny_counties_naics3_2000_2008.parquet"
    found = hansa.check(path, {"absent_rows": "unknown", "areas": ["New York State"]})
    assert not [f for f in found if f.severity == "error"]
    # Two that a reader can look up: pay of 348,000 a head, and a code that was withdrawn.
    (pay,) = [f for f in found if f.rule == "payroll and employment do not go together"]
    assert pay.place.endswith("geo Steuben County, activity 551, time 2000")
    assert pay.printed.startswith("payroll 450201144, employment 1295: 348000 a job")
    gone = [f.place for f in found if f.rule.startswith("an activity ends")]
    assert all(place.endswith("activity 516, time 2007") for place in gone)
    assert len(gone) == 3
    assert sum(f.severity == "warning" for f in found) < 10


def test_a_county_that_is_taken_for_the_state_is_found(hansa_data, tmp_path):
    """A total that is smaller than its parts: the state's rows with one county's total."""
    table = pq.read_table(
        hansa_data / "employment" / "us_ny_counties_naics3_2000_2008.parquet",
        filters=[("geo", "in", ["New York State", "Kings County"]), ("time", "=", 2008)],
    ).to_pandas()
    total = table["activity"] == "TOTAL"
    county = table.loc[total & (table["geo"] == "Kings County"), "employment"].iloc[0]
    table.loc[total & (table["geo"] == "New York State"), "employment"] = county
    table.to_csv(tmp_path / "t.csv", index=False)
    (error,) = [f for f in hansa.check(tmp_path / "t.csv") if f.severity == "error"]
    assert error.place == "t.csv, row 172, employment, TOTAL, New York State, time 2008"


@pytest.mark.parametrize(
    ("name", "describe", "rows"),
    [
        (
            "uk_bres_nuts2_sic4_2015_2018",
            {"columns": {"time": "year", "activity": "sic4"}, "classification": "nace:2"},
            81_900,
        ),
        ("eurostat_sbs_nuts_nace_2015", SBS | {"unknown_codes": "set_aside"}, 42_819),
        ("us_ny_counties_naics3_2000_2008", {}, 34_664),
    ],
)
def test_a_real_table_is_the_same_from_csv(name, describe, rows, hansa_data, tmp_path):
    path = hansa_data / "employment" / f"{name}.parquet"
    panel = hansa.read(path, describe=describe)
    assert len(panel) == rows
    pq.read_table(path).to_pandas().to_csv(tmp_path / "t.csv", index=False, float_format="%.0f")
    again = hansa.read(tmp_path / "t.csv", describe=describe)
    assert again.to_pandas().equals(panel.to_pandas())
