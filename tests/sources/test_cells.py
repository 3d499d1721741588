"""Numbers, marks and flags as they stand in cells."""

from __future__ import annotations

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

import hansa
from hansa.errors import HansaError
from hansa.law import flags_to_text
from hansa.sources.cells import numbers
from hansa.sources.quantities import flag_bits
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_facts

MISSING = (":", "..", "-", "NA")


def read(cell, **options):
    """Value and status of one cell; None for a missing value."""
    value, flags = numbers(pa.array([cell]), "jobs", "t.csv", missing=MISSING, **options)
    status = "" if flags is None else flags_to_text(int(flags[0]))
    return (None if np.isnan(value[0]) else float(value[0])), status


@pytest.mark.parametrize(
    ("cell", "value", "status"),
    [
        ("1234", 1234, ""),
        (" 1234 ", 1234, ""),
        ("1234.5", 1234.5, ""),
        ("+7", 7, ""),
        ("7.", 7, ""),
        (".5", 0.5, ""),
        ("1e3", 1000, ""),
        ("007", 7, ""),
        ("", None, ""),
        ("   ", None, ""),
        (None, None, ""),
        (":", None, ""),
        ("..", None, ""),
        ("-", None, ""),
        ("NA", None, ""),
        ("7089 d", 7089, "d"),
        ("7089d", 7089, "d"),
        ("10.4 bep", 10.4, "b;e;p"),
        ("1e3 p", 1000, "p"),
        ("12e", 12, "e"),
        (":c", None, "c"),
        (": c", None, "c"),
        ("|C", None, "c"),
        ("5 |P", 5, "p"),
        ("c", None, "c"),
        (":bx", None, "b;x"),
    ],
)
def test_a_cell_and_what_it_means(cell, value, status):
    assert read(cell) == (value, status)


@pytest.mark.parametrize(
    ("cell", "options", "value"),
    [
        ("12,5", {"decimal": ","}, 12.5),
        ("12,5 d", {"decimal": ","}, 12.5),
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1.234", {"decimal": ",", "thousands": "."}, 1234),
        ("1,234,567.5", {"thousands": ","}, 1234567.5),
        ("1,234 d", {"thousands": ","}, 1234),
        ("1'234", {"thousands": "'"}, 1234),
        ("1 234", {"thousands": " "}, 1234),
        ("1\u00a0234", {"thousands": " "}, 1234),
        ("1\u202f234\u202f567", {"thousands": " "}, 1234567),
        ("234", {"thousands": ","}, 234),
    ],
)
def test_marks_that_are_declared(cell, options, value):
    assert read(cell, **options)[0] == value


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("12 k", {}),
        ("12 m", {}),
        ("12 jobs", {}),
        ("jobs", {}),
        ("1_000", {}),
        ("0x1F", {}),
        ("1 2", {}),
        ("12:", {}),
        ("c 12", {}),
        ("(12)", {}),
        ("12*", {}),
        ("<5", {}),
        ("1.2.3", {}),
        ("--5", {}),
        ("5-", {}),
        ("٣", {}),
        ("½", {}),
        ("nan", {}),
        ("Infinity", {}),
        ("1e400", {}),
        # Thousands stand in groups of three; anything else may be a decimal comma.
        ("12,5", {"thousands": ","}),
        ("1,2,3", {"thousands": ","}),
        ("1,23,456", {"thousands": ","}),
        ("1234,567", {"thousands": ","}),
        ("12 34", {"thousands": " "}),
        ("1.234", {"decimal": ","}),
        ("1.234 d", {"decimal": ","}),
        ("12.5 d", {"decimal": ","}),
        ("1.23", {"decimal": ",", "thousands": "."}),
    ],
)
def test_what_is_no_certain_number_is_refused(cell, options):
    with pytest.raises(HansaError) as refused:
        read(cell, **options)
    assert refused.value.finding.place == "t.csv, row 1, column jobs"
    assert repr(cell) in refused.value.finding.printed


def test_flags_in_cells_and_in_a_column_are_joined():
    table = pa.table(
        {
            "geo": ["A", "B", "C", "D"],
            "activity": ["x"] * 4,
            "time": [2020] * 4,
            "employment": ["5 e", ":c", ":", "7"],
            "status": ["p", "b", "", None],
        }
    )
    panel = hansa.read(table)
    assert [(r["value"], r["status"]) for r in panel.rows()] == [
        (5.0, "e;p"),
        (None, "b;c"),
        (None, "m"),
        (7.0, ""),
    ]
    # An estimated value says that it rests on an estimate (law, clause 8).
    assert [r["estimated"] for r in panel.rows()] == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        ("p", "p"),
        ("bp", "b;p"),
        ("p;e", "e;p"),
        ("p, e", "e;p"),
        ("P", "p"),
        ("|C", "c"),
        (":", "z"),
        (":c", "c"),
        (": C", "c"),
        ("y", "y"),
        ("boundary", "boundary"),
        ("tiny;p", "p;tiny"),
        ("", ""),
        (" ", ""),
        (None, ""),
        ("-", ""),
        ("NA", ""),
    ],
)
def test_a_status_column_in_usual_spellings(status, flags):
    table = pa.table(
        {"geo": ["A"], "activity": ["x"], "time": [2020], "employment": [1], "status": [status]}
    )
    assert hansa.read(table).rows()[0]["status"] == flags


def jobs_of(folder, cells, measure="employment", **described):
    """Values of a table of text in a file, read with a description."""
    path = folder / "jobs.csv"
    rows = "".join(f"SE11;{10 + i};2020;{cell}\n" for i, cell in enumerate(cells))
    path.write_text(f"geo;activity;time;{measure}\n{rows}")
    spec = FactsSpec(delimiter=";", classification="nace:2", **described)
    cube = read_facts(path, spec, measure)
    return cube.load(2020).values.value.tolist()


@pytest.mark.parametrize(
    ("cells", "row", "found"),
    [
        (["850", "1.200", "12.450", "2.000"], 3, "1.200"),
        (["30", "1.070"], 3, "1.070"),
        (["7.100 e", "..", "12"], 2, "7.100 e"),
    ],
)
def test_jobs_in_groups_of_three_behind_a_point_are_refused(cells, row, found, tmp_path):
    with pytest.raises(HansaError) as refused:
        jobs_of(tmp_path, cells)
    whole = found.replace(".", "")
    assert str(refused.value) == (
        "a point may part thousands or be the decimal mark\n"
        f"  where:  {tmp_path}/jobs.csv, row {row}, column employment\n"
        f"  found:  {found!r}, and three digits behind every point of the column\n"
        "  needed: one of the two, said in the description\n"
        f'  do:     {whole} is meant: thousands = "." in study.toml or NAME.meta.toml, or --table '
        'thousands=.; decimal = "," in study.toml or NAME.meta.toml, or --table decimal=,; '
        f'{found} is meant: decimal = "." in study.toml or NAME.meta.toml, or --table decimal=.'
    )


@pytest.mark.parametrize(
    ("cells", "described", "values"),
    [
        (["850", "1.200"], {"decimal": "."}, [850, 1.2]),
        (["850", "1.200"], {"decimal": ",", "thousands": "."}, [850, 1200]),
        (["850", "1.200"], {"steps": ("converted",)}, [850, 1.2]),
        (["0.850", "1.200"], {}, [0.85, 1.2]),
        (["1.25", "1.200"], {}, [1.25, 1.2]),
        (["1500.125", "1.200"], {}, [1500.125, 1.2]),
    ],
)
def test_a_point_whose_meaning_is_told(cells, described, values, tmp_path):
    assert jobs_of(tmp_path, cells, **described) == values


def test_a_payroll_may_have_three_decimals(tmp_path):
    assert jobs_of(tmp_path, ["1.200", "12.450"], "payroll") == [1.2, 12.45]


def test_a_number_of_a_sheet_has_a_decimal_point(tmp_path):
    book = openpyxl.Workbook()
    for row in (["geo", "activity", "time", "employment"], ["SE11", "10", 2020, 12.345]):
        book.active.append(row)
    book.save(tmp_path / "jobs.xlsx")
    cube = read_facts(tmp_path / "jobs.xlsx", FactsSpec(classification="nace:2"))
    assert cube.load(2020).values.value.tolist() == [12.345]


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        ("e", "e"),
        ("x", "x"),
        ("bd", "b;d"),
        ("be", "b;e"),
        ("PB", "b;p"),
        ("bep", "b;e;p"),
        (":c", "c"),
        ("b; e,u p|d", "b;d;e;p;u"),
        ("e;imputed", "e;imputed"),
    ],
)
def test_a_status_is_letters_and_known_joints(status, flags):
    assert flags_to_text(flag_bits(status)) == flags


@pytest.mark.parametrize(
    "status", ["see note", "foo", "note", "pub", "emp", "nm", "bx", "ee", "est.", "OK", "bdeu"]
)
def test_a_word_is_no_status(status, tmp_path):
    (tmp_path / "a.csv").write_text(f"geo,activity,time,employment,status\nA,x,2020,1,{status}\n")
    with pytest.raises(HansaError, match=r"^a status cannot be read\n") as refused:
        read_facts(tmp_path / "a.csv")
    assert f"found:  {status!r}\n" in str(refused.value)
