"""How a user's table becomes facts: columns, rows, codes, gaps, totals, and which word counts."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hansa
from hansa.errors import HansaError, UsageError


@pytest.fixture
def read(tmp_path):
    """Write a CSV table and read it: (geo, activity, time) -> value."""

    def run(text, describe=None, measure="employment", **more):
        (tmp_path / "t.csv").write_text(text)
        panel = hansa.read(tmp_path / "t.csv", measure, (describe or {}) | more)
        return {(r["geo"], r["activity"], r["time"]): r["value"] for r in panel.rows()}

    return run


# Columns


def test_columns_have_the_names_we_say(read):
    text = "region,sic4,year,jobs\nSE11,0161,2015,12\n"
    columns = {"geo": "region", "activity": "sic4", "time": "year", "employment": "jobs"}
    assert read(text, columns=columns) == {("SE11", "0161", 2015): 12}


def test_thousands_are_taken_as_if_their_zeros_were_printed(read):
    """Each product is the number that the printed digits stand for, not one beside it."""
    printed = ["4.35", "10081.3", "0.07", "1.001", "8.2", "0.29", "16.1", "1234.567"]
    rows = "".join(f"SE11,C{i},2015,{text}\n" for i, text in enumerate(printed))
    found = read("geo,activity,time,employment\n" + rows, times={"employment": 1000})
    assert list(found.values()) == [float(Decimal(text) * 1000) for text in printed]


def test_bounds_and_totals_go_along_with_thousands(tmp_path):
    (tmp_path / "t.csv").write_text(
        "geo,activity,time,employment,employment_lower,employment_upper\n"
        "SE11,C,2015,0.2,0.15,0.25\nSE11,F,2015,0.2,,\nSE11,TOTAL,2015,0.3,,\n"
    )
    times = {"times": {"employment": 1000}}
    panel = hansa.read(tmp_path / "t.csv", describe=times)
    assert panel.table["lower"].to_pylist() == [150, 200, 300]
    assert panel.table["upper"].to_pylist() == [250, 200, 300]
    assert "employment multiplied by 1,000" in panel.header.steps
    # 400 jobs are within the rounding of 300, each printed to a hundred; 500 are not.
    text = "geo,activity,time,employment\nSE11,C,2015,0.2\nSE11,F,2015,{}\nSE11,TOTAL,2015,0.3\n"
    (tmp_path / "t.csv").write_text(text.format("0.2"))
    assert hansa.compute("employment", tmp_path / "t.csv", describe=times)
    (tmp_path / "t.csv").write_text(text.format("0.3"))
    with pytest.raises(HansaError) as refused:
        hansa.compute("employment", tmp_path / "t.csv", describe=times)
    assert refused.value.finding.admissible.startswith("at most 450 ")


def test_a_file_of_totals_counts_in_its_own_unit(tmp_path):
    (tmp_path / "t.csv").write_text("geo,activity,time,employment\nA,x,2015,0.2\nA,y,2015,0.3\n")
    (tmp_path / "all.csv").write_text("geo,time,employment\nA,2015,600\n")
    spec = {"times": {"employment": 1000}, "totals": str(tmp_path / "all.csv")}
    found = hansa.compute("focus", tmp_path / "t.csv", describe=spec)
    assert found.table["value"].to_pylist() == [200 / 600, 300 / 600]
    (tmp_path / "all.csv").write_text("All of it,,\ngeo,time,employment\nA,2015,0.6\n")
    (tmp_path / "all.meta.toml").write_text("times = { employment = 1000 }\nheader = 2\n")
    again = hansa.compute("focus", tmp_path / "t.csv", describe=spec)
    assert again.table["value"].to_pylist() == [200 / 600, 300 / 600]


@pytest.mark.parametrize("times", [{"jobs": 1000}, {"employment": 0}, {"employment": -1}])
def test_a_multiple_without_meaning_is_refused(read, times):
    with pytest.raises(UsageError, match="wrong at 'times"):
        read("geo,activity,time,employment\nSE11,C,2015,1\n", times=times)


def test_a_constant_stands_for_a_column(read):
    text = "geo,activity,employment\nSE11,C,12\n"
    assert read(text, columns={"time": "=2015"}) == {("SE11", "C", 2015): 12}
    text = "geo,time,employment\nSE11,2015,12\n"
    assert read(text, columns={"activity": "=TOTAL"}) == {("SE11", "TOTAL", 2015): 12}


def test_a_value_is_never_a_constant(read):
    with pytest.raises(HansaError, match="there is no column '=5'"):
        read("geo,activity,time\nSE11,C,2015\n", columns={"employment": "=5"})


def test_constants_on_the_command_line(tmp_path, monkeypatch, capsysbinary):
    from hansa.cli import main

    (tmp_path / "t.csv").write_text("geo,activity,employment\nSE11,C,12\n")
    arguments = ["hansa", "compute", "employment", "--facts", str(tmp_path / "t.csv")]
    monkeypatch.setattr("sys.argv", [*arguments, "--columns", "time==2015"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsysbinary.readouterr().out == (b"geo,activity,time,value,status\nSE11,C,2015,12,\n")


def test_one_row_a_measure(tmp_path):
    (tmp_path / "t.csv").write_text(
        "geo,activity,time,measure,value,status\n"
        "SE11,C,2015,employment,12,p\nSE11,C,2015,payroll,3400,\nSE12,C,2015,employment,:c,\n"
    )
    jobs = hansa.read(tmp_path / "t.csv")
    assert [(r["geo"], r["value"], r["status"]) for r in jobs.rows()] == [
        ("SE11", 12.0, "p"),
        ("SE12", None, "c"),
    ]
    assert [r["value"] for r in hansa.read(tmp_path / "t.csv", "payroll").rows()] == [3400.0]


def test_one_row_a_measure_under_other_names(read):
    text = "geo,activity,time,indic,OBS_VALUE\nSE11,C,2015,employment,12\nSE11,C,2015,payroll,99\n"
    columns = {"measure": "indic", "value": "OBS_VALUE"}
    assert read(text, columns=columns) == {("SE11", "C", 2015): 12}


def test_a_column_value_whose_measure_is_said(read):
    text = "geo,activity,time,value\nSE11,C,2015,12\n"
    assert read(text, measure="employment", describe={"measure": "employment"}) == {
        ("SE11", "C", 2015): 12
    }
    with pytest.raises(HansaError, match="the column payroll is missing"):
        read(text, measure="payroll", describe={"measure": "employment"})


@pytest.mark.parametrize("wide", ["years", ["2015", "2016"]])
def test_years_as_columns(read, wide):
    text = "geo,activity,2015,2016,label\nSE11,C,12,\nSE12,C,30,31,\n".replace("12,\n", "12,,\n")
    assert read(text, wide=wide) == {
        ("SE11", "C", 2015): 12,
        ("SE11", "C", 2016): None,
        ("SE12", "C", 2015): 30,
        ("SE12", "C", 2016): 31,
    }


def test_one_year_of_several_columns(read):
    text = "geo,activity,2015,2016\nSE11,C,12,13\n"
    assert read(text, wide="2016") == {("SE11", "C", 2016): 13}


def test_a_named_year_that_is_no_column_is_refused(read):
    with pytest.raises(HansaError, match="there is no column of a year '2017'"):
        read("geo,activity,2015,2016\nSE11,C,12,13\n", wide=["2016", "2017"])


def test_the_likeliest_column_is_named(read):
    with pytest.raises(HansaError) as refused:
        read("NUTS,Industry,Year,Jobs\nSE11,C,2015,12\n")
    assert "--columns geo=NUTS" in refused.value.finding.fix


def test_columns_that_are_not_used_are_told(tmp_path):
    (tmp_path / "t.csv").write_text(
        "geo,geo_name,activity,time,employment\nSE11,Stockholm,C,2015,12\n"
    )
    notes = [f for f in hansa.check(tmp_path / "t.csv") if f.rule == "columns that are not used"]
    assert [f.printed for f in notes] == ["geo_name"]


# Rows


ROWS = """geo,activity,time,employment,sex,level,part
SE11,C,2015,12,M,2,true
SE11,C,2015,20,T,2,true
SE1,C,2015,99,T,1,false
"""


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"sex": "T", "level": 2}, 20),
        ({"sex": "T", "level": "2"}, 20),
        ({"sex": ["T", "F"], "level": [2, 3]}, 20),
        ({"sex": "M"}, 12),
        ({"sex": "T", "part": True}, 20),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_are_chosen_by_other_columns(where, found, kind, tmp_path):
    path = tmp_path / f"t.{kind}"
    if kind == "csv":
        path.write_text(ROWS)
    else:
        rows = [line.split(",") for line in ROWS.splitlines()[1:]]
        columns = dict(zip(ROWS.splitlines()[0].split(","), zip(*rows, strict=True), strict=True))
        columns["level"] = [float(v) for v in columns["level"]]
        columns["part"] = [v == "true" for v in columns["part"]]
        pq.write_table(pa.table({k: list(v) for k, v in columns.items()}), path)
    panel = hansa.read(path, describe={"where": where})
    assert [r["value"] for r in panel.rows()] == [found]


def test_the_row_of_an_error_counts_the_rows_that_were_not_chosen(read):
    text = "geo,activity,time,employment,sex\nA,x,2015,1,M\nA,x,2015,2,M\nA,x,2015,many,T\n"
    with pytest.raises(HansaError, match="row 4"):
        read(text, where={"sex": "T"})


def test_what_does_not_count_need_not_be_right(read):
    text = "geo,activity,time,employment,sex\nA,x,never,many,M\n,,,,M\nA,x,2015,3,T\n"
    assert read(text, where={"sex": "T"}) == {("A", "x", 2015): 3}


# Codes


@pytest.mark.parametrize(
    ("spelling", "stored"),
    [
        ("0161", "01.61"),
        ("01.61", "01.61"),
        ("A01.61", "01.61"),
        ("A0161", "01.61"),
        ("a01.61", "01.61"),
        (" 01.61 ", "01.61"),
        ("C10", "10"),
        ("C10.1", "10.1"),
        ("G451", "45.1"),
        ("45.1", "45.1"),
        ("C", "C"),
        ("TOTAL", "TOTAL"),
        ("Total", "TOTAL"),
    ],
)
def test_activities_in_usual_spellings(read, spelling, stored):
    found = read(f"geo,activity,time,employment\nX,{spelling},2015,1\n", classification="nace:2")
    assert list(found) == [("X", stored, 2015)]


@pytest.mark.parametrize(
    ("spelling", "stored"),
    [("EL30", "EL30"), ("GR30", "EL30"), ("gr30", "EL30"), ("UKM2", "UKM2"), ("GBM2", "UKM2")],
)
def test_regions_in_usual_spellings(read, spelling, stored):
    found = read(f"geo,activity,time,employment\n{spelling},C,2015,1\n", geography="nuts:2013")
    assert list(found) == [(stored, "C", 2015)]


def test_codes_without_a_list_stay_as_they_are(read):
    assert read("geo,activity,time,employment\n06415,0161,2015,1\nx,161,2015,2\n") == {
        ("06415", "0161", 2015): 1,
        ("x", "161", 2015): 2,
    }


def test_short_and_long_codes_that_are_all_right_stay(read):
    """16.1 is no class that lost its zero where another group of the table cannot be one."""
    text = "geo,activity,time,employment\nA,161,2015,1\nA,1011,2015,2\nA,452,2015,3\n"
    assert list(read(text, classification="nace:2")) == [
        ("A", "10.11", 2015),
        ("A", "16.1", 2015),
        ("A", "45.2", 2015),
    ]


def test_rows_of_another_version_are_set_aside_by_name(tmp_path):
    (tmp_path / "t.csv").write_text(
        "geo,activity,time,employment\nUKM2,C,2015,12\nUKM7,C,2015,13\nUKM7,D,2015,1\n"
    )
    describe = {"geography": "nuts:2013", "unknown_codes": "set_aside"}
    assert [r["geo"] for r in hansa.read(tmp_path / "t.csv", describe=describe).rows()] == ["UKM2"]
    findings = hansa.check(tmp_path / "t.csv", describe=describe)
    aside = [f for f in findings if f.rule.startswith("rows set aside")]
    assert [(f.severity, f.printed) for f in aside] == [("warning", "geo UKM7: 2 rows")]


# Gaps


def test_marks_for_missing_values(read):
    text = "geo,activity,time,employment\nA,x,2015,n.a.\nB,x,2015,\nC,x,2015,4\n"
    assert read(text, missing=["n.a."]) == {
        ("A", "x", 2015): None,
        ("B", "x", 2015): None,
        ("C", "x", 2015): 4,
    }


def test_usual_marks_need_not_be_named(read):
    marks = [":", "..", "…", "-", "n/a", "NA", "NaN", "null"]
    text = "".join(f"A,x{i},2015,{mark}\n" for i, mark in enumerate(marks))
    found = read("geo,activity,time,employment\n" + text)
    assert list(found.values()) == [None] * len(marks)


def test_a_value_and_thousands_of_another_country(read):
    text = "geo;activity;time;employment\nA;x;2015;1.234,5\nB;x;2015;7\n"
    found = read(text, delimiter=";", decimal=",", thousands=".")
    assert list(found.values()) == [1234.5, 7]


def test_hidden_zeros_are_absent_printed_ones_are_zero(read):
    text = "geo,activity,time,employment\nA,x,2015,0\nB,x,2015,5\n"
    assert list(read(text).values()) == [0, 5]
    assert list(read(text, zeros="hidden").values()) == [None, 5]


def grid(path, describe=None, **more):
    panel = hansa.compute("employment", path, describe=(describe or {}) | more)
    return {(r["geo"], r["activity"]): r["value"] for r in panel.rows()}


def test_absent_rows_are_zero_or_unknown_as_declared(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("geo,activity,time,employment\nA,x,2015,1\nA,y,2015,2\nB,x,2015,3\n")
    assert grid(path, absent_rows="zero")["B", "y"] == 0
    assert grid(path, absent_rows="unknown")["B", "y"] is None
    undeclared = hansa.compute("employment", path)
    assert [r["value"] for r in undeclared.rows()] == [1, 2, 3, 0]
    assert any("taken as zero (not declared" in step for step in undeclared.header.steps)


def test_rounding_gives_bounds(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("geo,activity,time,employment\nA,x,2015,0\nA,y,2015,95\nA,z,2015,1100\n")
    panel = hansa.read(path, describe={"rounding": [[0, 5], [100, 10], [1000, 100]]})
    assert [(r["lower"], r["value"], r["upper"]) for r in panel.rows()] == [
        (0, 0, 2.5),
        (92.5, 95, 97.5),
        (1050, 1100, 1150),
    ]


def test_bounds_of_a_hidden_value(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "geo,activity,time,employment,employment_lower,employment_upper\n"
        "A,x,2015,,10,20\nB,x,2015,7,,\nC,x,2015,8,6,9\n"
    )
    assert [(r["lower"], r["value"], r["upper"], r["status"]) for r in hansa.read(path).rows()] == [
        (10, None, 20, "m"),
        (7, 7, 7, ""),
        (6, 8, 9, ""),
    ]


def test_wages_may_stand_where_a_status_explains_the_jobs(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "geo,activity,time,employment,employment_status,payroll\nA,x,2015,,c,100\nB,x,2015,3,,90\n"
    )
    for measure, values in (("employment", [None, 3]), ("payroll", [100, 90])):
        assert [r["value"] for r in hansa.read(path, measure).rows()] == values
    path.write_text("geo,activity,time,employment,payroll\nA,x,2015,:c,100\n")
    for measure, values in (("employment", [None]), ("payroll", [100])):
        assert [r["value"] for r in hansa.read(path, measure).rows()] == values


# Totals, levels, areas


def test_published_totals_in_a_file_of_their_own(tmp_path):
    """A hides some jobs: its parts add up to 60, its published total is 100."""
    (tmp_path / "t.csv").write_text(
        "geo,activity,time,employment\nA,x,2020,20\nA,y,2020,40\nB,x,2020,10\nB,y,2020,90\n"
    )
    (tmp_path / "totals.csv").write_text("geo,time,employment\nA,2020,100\nB,2020,100\n")
    panel = hansa.compute(
        "cluster_share", tmp_path / "t.csv", describe={"totals": str(tmp_path / "totals.csv")}
    )
    assert [r["activity"] for r in panel.rows()] == ["x", "y", "x", "y"]
    quotient = hansa.compute(
        "location_quotient_total",
        tmp_path / "t.csv",
        describe={"totals": str(tmp_path / "totals.csv")},
        min_cell=0,
    )
    # x in A: (20/100) / (30/200).
    assert quotient.rows()[0]["value"] == pytest.approx((20 / 100) / (30 / 200))


def test_a_total_by_another_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("geo,activity,time,employment\nA,x,2020,20\nA,Insgesamt,2020,100\n")
    assert grid(path, total=["TOTAL", "Insgesamt"], absent_rows="unknown") == {("A", "x"): 20}


def test_the_level_of_the_result(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "geo,activity,time,employment\n"
        "SE11,C,2015,100\nSE11,10,2015,60\nSE11,11,2015,30\nSE1,C,2015,100\nSE1,10,2015,60\n"
    )
    describe = {"classification": "nace:2", "geography": "nuts:2013", "absent_rows": "unknown"}
    divisions = grid(path, describe, level={"activity": "division", "geo": "nuts2"})
    assert divisions == {("SE11", "10"): 60, ("SE11", "11"): 30}
    sections = grid(path, describe, level={"activity": "section", "geo": "nuts1"})
    assert sections == {("SE1", "C"): 100}


def test_an_area_is_a_reference_and_no_region(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "geo,activity,time,employment\nA,x,2020,30\nA,y,2020,70\nEU27,x,2020,100\nEU27,y,2020,900\n"
    )
    panel = hansa.compute("location_quotient_total", path, reference="EU27", min_cell=0)
    assert {(r["geo"], r["activity"]): r["value"] for r in panel.rows()} == {
        ("A", "x"): pytest.approx(0.3 / 0.1),
        ("A", "y"): pytest.approx(0.7 / 0.9),
    }
    assert set(grid(path, areas=["EU27"])) == {("A", "x"), ("A", "y")}


def test_several_files_are_one_table(tmp_path):
    for year in (2015, 2016):
        (tmp_path / f"{year}.csv").write_text(f"geo,activity,time,employment\nA,x,{year},{year}\n")
    pq.write_table(
        pa.table({"employment": [9], "time": [2017], "activity": ["x"], "geo": ["A"]}),
        tmp_path / "2017.parquet",
    )
    paths = [tmp_path / name for name in ("2016.csv", "2015.csv", "2017.parquet")]
    panel = hansa.read(paths)
    assert [(r["time"], r["value"]) for r in panel.rows()] == [
        (2015, 2015.0),
        (2016, 2016.0),
        (2017, 9.0),
    ]
    with pytest.raises(HansaError, match="the same key stands in more than one row"):
        hansa.compute("employment", [paths[0], paths[0]])


# Where a description stands


def test_a_header_beside_the_file(tmp_path):
    (tmp_path / "jobs.csv").write_text("region;activity;time;employment\nSE11;0161;2015;1,5\n")
    (tmp_path / "jobs.meta.toml").write_text(
        'format = 1\nclassification = "nace:2"\ndelimiter = ";"\ndecimal = ","\n'
        'columns = { geo = "region" }\nunit = { employment = "full-time jobs" }\n'
    )
    panel = hansa.read(tmp_path / "jobs.csv")
    assert panel.rows()[0]["activity"] == "01.61"
    assert panel.rows()[0]["value"] == 1.5
    assert panel.header.unit == "full-time jobs"


def test_mappings_are_completed_and_what_is_given_wins(tmp_path):
    (tmp_path / "jobs.csv").write_text("region,code,year,a,b\nSE11,0161,2015,1,2\n")
    (tmp_path / "jobs.meta.toml").write_text(
        'columns = { geo = "region", activity = "code", time = "year", employment = "a" }\n'
    )
    values = [r["value"] for r in hansa.read(tmp_path / "jobs.csv").rows()]
    assert values == [1.0]
    given = {"columns": {"employment": "b"}}
    assert [r["value"] for r in hansa.read(tmp_path / "jobs.csv", describe=given).rows()] == [2.0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("classification = ", "the header beside the table cannot be read"),
        ("format = 2", "the description of the facts is wrong at 'format'"),
        ('absent_rows = "perhaps"', "the description of the facts is wrong at 'absent_rows'"),
        ('thousands = "000"', "the description of the facts is wrong at 'thousands'"),
        ('[panel]\ncolour = "red"', "the header of a panel cannot be read"),
    ],
)
def test_a_broken_header_beside_the_file_is_refused(text, rule, tmp_path):
    (tmp_path / "jobs.csv").write_text("geo,activity,time,employment\nSE11,0161,2015,1\n")
    (tmp_path / "jobs.meta.toml").write_text(text)
    with pytest.raises(HansaError) as refused:
        hansa.read(tmp_path / "jobs.csv")
    assert not isinstance(refused.value, UsageError)
    assert refused.value.finding.rule == rule
    assert refused.value.finding.place == f"{tmp_path}/jobs.meta.toml"
    assert refused.value.finding.fix


def test_an_unknown_classification_is_wrong_usage(read):
    with pytest.raises(UsageError) as refused:
        read("geo,activity,time,employment\nA,x,2015,1\n", classification="nice:2")
    assert refused.value.finding.rule == "unknown classification 'nice:2'"


def test_a_long_table_without_the_measure_names_those_it_holds(read, tmp_path):
    text = "geo,activity,time,measure,value\nSE11,10,2020,jobs,30\nSE11,10,2020,payroll,9\n"
    with pytest.raises(HansaError) as refused:
        read(text)
    assert str(refused.value) == (
        "no row of the table is of employment\n"
        "  where:  t.csv\n"
        "  found:  jobs, payroll in the column measure\n"
        "  needed: rows of employment\n"
        "  do:     say which rows they are: --columns employment=value --where measure=jobs"
    )
    followed = {"columns": {"employment": "value"}, "where": {"measure": "jobs"}}
    assert read(text, followed) == {("SE11", "10", 2020): 30}
    with pytest.raises(HansaError, match="no rows are left"):
        read(text.replace("jobs", "employment"), where={"time": "1999"})


def test_years_as_columns_are_seen_where_time_is_missing(read):
    text = "geo,activity,2020,2021\nSE11,10,30,33\n"
    with pytest.raises(HansaError) as refused:
        read(text)
    assert 'do:     the years are columns: wide = "years"' in str(refused.value)
    assert str(refused.value).endswith("--table wide=years; else say which column it is: "
                                       "--columns time=NAME")  # fmt: skip
    assert read(text, wide="years") == {("SE11", "10", 2020): 30, ("SE11", "10", 2021): 33}
    with pytest.raises(HansaError, match="--columns time=year,"):
        read("geo,activity,year,2020\nSE11,10,30,33\n")


@pytest.mark.parametrize(("code", "total"), [("_T", "_T"), ("Alla", "Alla"), ("i alt", "'i alt'")])
def test_an_unknown_code_that_means_the_total_can_be_declared(read, code, total):
    text = f"geo,activity,time,employment\nSE11,10,2020,30\nSE11,{code},2020,70\n"
    with pytest.raises(HansaError, match=f"unknown activity code '{code}'") as refused:
        read(text, classification="nace:2")
    assert str(refused.value).endswith(
        f'if it is the total of all others, say so: total = ["{code}"] in study.toml or '
        f"NAME.meta.toml, or --table total={total}"
    )
    found = read(text, classification="nace:2", total=code)
    assert found == {("SE11", "10", 2020): 30, ("SE11", "TOTAL", 2020): 70}


def test_a_code_of_megabytes_is_cut_where_it_is_printed(read):
    with pytest.raises(HansaError, match=r"unknown activity code '9{79}…9{19}'") as refused:
        read("geo,activity,time,employment\nSE11," + "9" * 1_000_000 + ",2020,1\n",
             classification="nace:2")  # fmt: skip
    assert len(str(refused.value)) < 1000
