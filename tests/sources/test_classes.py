"""Size classes beside hidden cells, from the table to the interval and the quotient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import hansa
from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.law import flags_to_text
from hansa.sources.spec import spec_from
from hansa.sources.tabular import read_facts, read_table

OURS = {"employment": "emp", "employment_class": "empflag"}
ROWS = {"geo": list("ABCD"), "activity": ["x"] * 4, "time": [2016] * 4}
LETTERS = {"emp": [0, None, 40, 7], "empflag": ["B", "M", "B", None]}

TABLE = """\
geo,activity,time,emp,empflag
north,10,2020,600,
north,16,2020,0,E
north,31,2020,0,C
north,62,2020,300,
north,TOTAL,2020,1400,
east,10,2020,900,
east,16,2020,0,C
east,31,2020,,C
east,62,2020,700,
east,TOTAL,2020,1900,
south,10,2020,1200,
south,16,2020,110,C
south,31,2020,290,
south,62,2020,1900,
south,TOTAL,2020,3500,
west,10,2020,1500,
west,16,2020,120,
west,31,2020,180,
west,62,2020,1400,
west,TOTAL,2020,3200,
TOTAL,10,2020,4200,
TOTAL,16,2020,650,
TOTAL,31,2020,850,
TOTAL,62,2020,4300,
TOTAL,TOTAL,2020,10000,
"""
"""Four hidden cells, in a circle: wood (16) and furniture (31) in the north and in the east."""


def cells(cube):
    """Region to value, status, lower, upper of the only year."""
    rows = cube.load(cube.years[0])
    low, high = rows.values.bounds()
    flags = np.zeros(len(low), np.uint64) if rows.values.flags is None else rows.values.flags
    return {
        cube.geo.codes[g]: (v, flags_to_text(int(f)), lo, hi)
        for g, v, f, lo, hi in zip(rows.geo, rows.values.value, flags, low, high, strict=True)
    }


def same(found, wanted):
    """Equal, NaN included."""
    assert found.keys() == wanted.keys()
    for key, own in wanted.items():
        np.testing.assert_equal(found[key], own)


def read(data, measure="employment", **describe):
    return cells(read_table(pa.table(data), spec_from({"columns": OURS} | describe, "d"), measure))


def refusal(data, measure="employment", **describe):
    with pytest.raises(HansaError) as refused:
        read(data, measure, **describe)
    return str(refused.value)


NAN = float("nan")
BY_HAND = {
    "A": (NAN, "c", 20, 99),
    "B": (NAN, "c", 100_000, NAN),
    "C": (40, "", 40, 40),
    "D": (7, "", 7, 7),
}


def test_a_class_beside_0_or_nothing_gives_bounds_and_the_status_c():
    same(read(ROWS | LETTERS), BY_HAND)


@pytest.mark.parametrize("kind", ["csv", "parquet", "streamed"])
def test_files_say_the_same(kind, tmp_path):
    table = pa.table(ROWS | LETTERS)
    path = tmp_path / f"t.{'csv' if kind == 'csv' else 'parquet'}"
    if kind == "csv":
        table.to_pandas().to_csv(path, index=False)
    elif kind == "parquet":
        pq.write_table(table.set_column(2, "time", pa.array(["2016"] * 4)), path)
    else:
        pq.write_table(table, path)
    cube = read_facts(path, spec_from({"columns": OURS}, "d"))
    same(cells(cube), BY_HAND)
    assert cube.unused == ()
    assert cube.header.steps[1] == (
        "size classes of empflag taken as bounds of empty cells and zeros (us-cbp)"
    )


def test_without_the_column_named_nothing_is_taken_for_a_class():
    named = {"employment": [0, 1, 40, 7], "employment_class": list("BMBA")}
    assert read(ROWS | named, columns={})["A"] == (0, "", 0, 0)


def test_own_classes_with_an_open_one():
    found = read(
        ROWS | {"emp": [0, 0, 5, 0], "empflag": ["1-9", "10+", "1-9", "-"]},
        classes={"1-9": [1, 9], "10+": [10]},
    )
    same(
        found,
        {
            "A": (NAN, "c", 1, 9),
            "B": (NAN, "c", 10, NAN),
            "C": (5, "", 5, 5),
            "D": (0, "", 0, 0),
        },
    )


def test_bounds_of_the_table_and_of_the_class_are_both_kept():
    data = ROWS | LETTERS | {"employment_lower": [30, None, None, 7]}
    found = read(data | {"employment_upper": [200, 150_000, None, 7]})
    assert found["A"][2:] == (30, 99)
    assert found["B"][2:] == (100_000, 150_000)
    assert found["C"][2:] == (40, 40)


def test_a_rounded_value_is_inside_where_it_may_have_been():
    data = ROWS | {"emp": [100, 0, 5, 7], "empflag": ["B", "A", "A", ""]}
    found = read(data, rounding=[[0, 5]])
    assert found["A"] == (100, "", 97.5, 102.5)
    same({"B": found["B"]}, {"B": (NAN, "c", 0, 19)})
    assert "  found:  100 beside B (20 to 99)\n" in refusal(data)


def test_a_value_outside_its_class():
    assert refusal(ROWS | LETTERS | {"emp": [0, None, 100, 7]}) == (
        "a value lies outside its size class\n"
        "  where:  table, row 3, columns emp, empflag\n"
        "  found:  100 beside B (20 to 99)\n"
        "  needed: a value inside the class; an empty cell or 0 where it is withheld\n"
        "  do:     correct the row, or say what the class means: classes = { B = [LEAST, MOST], "
        "… } in study.toml or NAME.meta.toml"
    )


def test_bounds_outside_the_class():
    data = ROWS | LETTERS | {"employment_lower": [120, None, None, 7]}
    text = refusal(data | {"employment_upper": [200, None, None, 7]})
    assert "  found:  120 to 200 beside B (20 to 99)\n" in text


def test_a_letter_that_is_no_class():
    text = refusal(ROWS | LETTERS | {"empflag": ["B", "D", "B", None]})
    assert text.startswith(
        "a size class is not known\n"
        "  where:  table, row 2, column empflag\n"
        "  found:  'D'\n"
        "  needed: A (0 to 19), B (20 to 99), C (100 to 249), E (250 to 499), F (500 to 999), "
        "G (1000 to 2499), "
    )
    assert text.endswith(
        "L (50000 to 99999), M (100000 and more)\n"
        "  do:     correct it, declare the classes of the table: classes = { D = [LEAST, MOST], "
        '… }, or name the mark as no class: missing = ["D"] in study.toml or NAME.meta.toml, '
        "or --table missing=D"
    )


@pytest.mark.parametrize(
    "classes",
    [
        "us",
        {},
        {"A": [19, 0]},
        {"A": []},
        {"A": "0-19"},
        {"A": [0, float("inf")]},
        {"A": [10**400]},
    ],
)
def test_classes_that_are_none(classes):
    with pytest.raises(UsageError) as refused:
        spec_from({"classes": classes}, "study.toml")
    assert str(refused.value) == (
        "the description of the facts is wrong at 'classes'\n"
        "  where:  study.toml\n"
        f"  found:  {repr(classes)[:120]}\n"
        "  needed: us-cbp, or a range for each class: { A = [0, 19], M = [100000] }\n"
        "  do:     correct the key, or leave it out"
    )


def test_one_class_says_nothing_of_many_years():
    with pytest.raises(UsageError) as refused:
        spec_from({"columns": OURS, "wide": "years"}, "study.toml")
    assert str(refused.value) == (
        "the description of the facts contradicts itself\n"
        "  where:  study.toml\n"
        "  found:  the size classes employment_class beside several columns of years (wide)\n"
        "  needed: a table with one row for each year\n"
        "  do:     correct the key, or leave it out"
    )


PAY = ROWS | LETTERS | {"payroll": [0, 300, 900, 0]}


@pytest.mark.parametrize("kind", ["memory", "parquet"])
def test_a_payroll_of_0_beside_withheld_jobs_is_withheld_too(kind, tmp_path):
    spec = spec_from({"columns": OURS}, "d")
    if kind == "memory":
        cube = read_table(pa.table(PAY), spec, "payroll")
    else:
        pq.write_table(pa.table(PAY), tmp_path / "t.parquet")
        cube = read_facts(tmp_path / "t.parquet", spec, "payroll")
    same(
        cells(cube),
        {
            "A": (NAN, "c", NAN, NAN),
            "B": (300, "", 300, 300),
            "C": (900, "", 900, 900),
            "D": (0, "", 0, 0),
        },
    )


def test_a_payroll_alone_beside_classes():
    alone = {k: v for k, v in PAY.items() if k != "emp"}
    found = read(alone, "payroll", columns={"employment_class": "empflag"})
    assert found["A"][1] == "c"
    assert found["D"] == (0, "", 0, 0)


def test_rows_of_a_measure_with_classes():
    data = {k: [*v, *v] for k, v in ROWS.items()} | {
        "measure": ["employment"] * 4 + ["establishments"] * 4,
        "value": [0, 0, 40, 7, 3, 3, 3, 3],
        "empflag": ["B", "M", "B", "", *["B"] * 4],
    }
    columns = {"employment_class": "empflag"}
    same(read(data, columns=columns), BY_HAND)
    assert read(data, "establishments", columns=columns)["A"] == (3, "", 3, 3)


# --- to the end -----------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "holes.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


DESCRIBE = {"columns": OURS, "classification": "nace:2", "absent_rows": "unknown"}


def test_intervals_by_hand(table):
    """With t jobs in wood in the north: 420 - t in wood in the east, 500 - t and t - 120 in
    furniture. E: t is 250 to 499. C, three times: t is 171 to 320, 251 to 400, 220 to 369.
    """
    made = hansa.fill(table, describe=DESCRIBE, tolerance="exact")
    found = made.table.to_pandas().set_index(["activity", "geo"])
    ends = {
        key: tuple(found.loc[key, ["employment_lower", "employment_upper"]])
        for key in [("16", "north"), ("16", "east"), ("31", "north"), ("31", "east")]
    }
    assert ends == {
        ("16", "north"): (251, 320),
        ("16", "east"): (100, 169),
        ("31", "north"): (180, 249),
        ("31", "east"): (131, 200),
    }
    north = found.loc[("16", "north")]
    assert north.employment_status == "c;imputed;interval"
    assert 251 <= north.employment <= 320
    assert found.loc[("16", "south")].employment == 110


def test_the_command_fills_them(table, tmp_path):
    out = tmp_path / "filled.csv"
    options = ["--columns", "employment=emp,employment_class=empflag", "--tolerance", "exact"]
    options += ["--classification", "nace:2", "--absent-rows", "unknown", "--out", str(out)]
    ran = CliRunner().invoke(app, ["fill", str(table), *options], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    found = pd.read_csv(out).set_index(["geo", "activity"])
    assert found.loc[("north", "16"), "employment_lower"] == 251
    same_again = read_facts(out)
    assert "size classes of empflag" in " ".join(same_again.header.steps)


def test_an_open_class_without_a_sum_keeps_its_lower_end(tmp_path):
    data = pa.table(ROWS | LETTERS)
    made = hansa.fill(data, describe={"columns": OURS}, tolerance="exact")
    found = made.table.to_pandas().set_index("geo")
    assert found.loc["B", "employment_lower"] == 100_000
    assert np.isnan(found.loc["B", "employment_upper"])
    assert np.isnan(found.loc["B", "employment"])


def test_quotients_have_bounds_without_filling(table, tmp_path):
    """250 to 499 of 1 400 jobs against 650 of 10 000."""
    members = tmp_path / "wood.csv"
    members.write_text("cluster,activity,weight\nwood,16,1\nfurniture,31,1\n", encoding="utf-8")
    panel = hansa.compute(
        "location_quotient_total", facts=table, definition=str(members), describe=DESCRIBE
    )
    found = {(r["geo"], r["cluster"]): r for r in panel.rows()}
    north = found["north", "wood"]
    assert north["value"] is None
    assert north["status"] == "c"
    assert north["lower"] == pytest.approx(250 / 1400 / 0.065)
    assert north["upper"] == pytest.approx(499 / 1400 / 0.065)
    assert found["south", "wood"]["value"] == pytest.approx(110 / 3500 / 0.065)


def test_check_finds_no_hidden_zero(table):
    options = ["--columns", "employment=emp,employment_class=empflag"]
    options += ["--classification", "nace:2", "--absent-rows", "unknown"]
    ran = CliRunner().invoke(app, ["check", str(table), *options])
    assert ran.exit_code == 0, ran.output
    assert "zeros" not in ran.output
    assert "employment is missing in some rows" in ran.output
