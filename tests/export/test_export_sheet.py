"""Workbooks that others read: openpyxl, fastexcel, polars."""

from __future__ import annotations

import zipfile
from pathlib import Path

import fastexcel
import openpyxl
import polars as pl
import pyarrow as pa
import pytest
from export_panels import TEXTS, VALUES, quotients, traps
from openpyxl.utils.escape import unescape

import hansa
import hansa.export
from hansa.errors import HansaError
from hansa.export.prepare import prepared
from hansa.export.sheet import LONGEST, workbook_bytes
from hansa.panel import Header, Panel
from hansa.report.xlsxcells import MOST_ROWS


def test_cells_as_openpyxl_reads_them(tmp_path: Path) -> None:
    hansa.export(traps(), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Data", "About"]
    sheet = book["Data"]
    head, *rows = list(sheet.iter_rows())
    assert [c.value for c in head] == list(traps().table.column_names)
    assert [r[0].value for r in rows] == ["01", "002", "0", "=1+1", "-3", "1e5", "TRUE", "NA"]
    assert {c.data_type for r in rows for c in r[:3]} == {"s"}, "no code is a number or formula"
    # openpyxl leaves the escapes of the standard (_x005F_ for _) to its user.
    assert [unescape(r[1].value) for r in rows] == list(TEXTS)
    assert [r[3].value for r in rows] == list(VALUES)
    assert rows[1][3].value is None, "absent is an empty cell"
    assert not any(c.hyperlink for r in rows for c in r)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I9"
    assert rows[0][3].number_format == "#,##0"
    assert rows[0][7].number_format == "0.0%"
    assert sheet.column_dimensions["B"].width > len(TEXTS[4])


def test_the_second_sheet_says_what_it_means(tmp_path: Path) -> None:
    hansa.export(traps(), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["About"]
    said = [(a.value, b.value) for a, b in sheet.iter_rows()]
    assert ("Title", "Jobs: all, of a kind") in said
    assert ("Licence", "CC BY 4.0") in said
    assert ("Note", "=second note") in said
    assert ("Rows", "8. A row that is not there means: not known.") in said
    assert ("Status p", "provisional") in said
    assert ("Status imputed", "filled by a named step") in said
    assert ("Status x", "a mark of the source, kept as it was") in said
    assert not [row for row in said if row[0] == "Status f"], "only flags that occur"
    assert ("Column upper", "The highest value that is possible.") in said


def test_labels_and_years_in_fastexcel_and_polars(tmp_path: Path) -> None:
    hansa.export(quotients((2016, 2018)), tmp_path / "a.xlsx")
    frame = fastexcel.read_excel(tmp_path / "a.xlsx").load_sheet("Data").to_polars()
    assert frame.columns[:4] == ["geo", "geo_label", "cluster", "cluster_label"]
    assert frame["time"].to_list() == [2016] * 5 + [2018] * 5
    again = pl.read_excel(tmp_path / "a.xlsx")
    assert again["value"].to_list() == quotients((2016, 2018)).table["value"].to_pylist()
    assert again["status"][3] == "c;interval"
    hansa.export(quotients(), tmp_path / "b.xlsx", labels="codes")
    assert "geo_label" not in pl.read_excel(tmp_path / "b.xlsx").columns


def test_hansa_reads_its_own_workbook(tmp_path: Path) -> None:
    table = pa.table(
        {"geo": ["n", "s"], "activity": ["01", "02"], "time": [2020, 2020], "value": [1.0, 2.5]}
    )
    header = Header("employment", classification="nace:2")
    hansa.export(Panel.of(table, ("geo", "activity", "time"), header), tmp_path / "a.xlsx")
    say = {
        "sheet": "Data",
        "measure": "employment",
        "classification": "nace:2",
        "absent_rows": "unknown",
    }
    found = hansa.read(tmp_path / "a.xlsx", describe=say)
    assert [(r["activity"], r["value"]) for r in found.rows()] == [("01", 1.0), ("02", 2.5)]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    hansa.export(traps(), tmp_path / "a.xlsx")
    hansa.export(traps(), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_model_data_is_said_first(tmp_path: Path) -> None:
    hansa.export(quotients(model_data=True), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["About"]
    assert sheet["A1"].value == "MODEL DATA"


def test_an_empty_and_an_all_absent_table(tmp_path: Path) -> None:
    table = pa.table({"geo": ["a", "b"], "value": pa.nulls(2), "status": ["m", "m"]})
    hansa.export(Panel.of(table, ("geo",), Header("employment")), tmp_path / "a.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"].iter_rows(values_only=True))
    assert rows == [("geo", "value", "status"), ("a", None, "m"), ("b", None, "m")]
    hansa.export(Panel.of(table.slice(0, 0), ("geo",), Header("employment")), tmp_path / "b.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "b.xlsx")["Data"].iter_rows(values_only=True))
    assert rows == [("geo", "value", "status")]


def _one(method: str) -> Panel:
    table = pa.table({"geo": ["a"], "value": [1.0], "method": [method]})
    return Panel.of(table, ("geo",), Header("employment"))


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "𝔘" * (LONGEST // 2 + 1)])
def test_a_text_too_long_for_a_cell_is_refused(tmp_path: Path, text: str) -> None:
    hansa.export(_one(text[: LONGEST // 2]), tmp_path / "fits.xlsx")
    with pytest.raises(HansaError, match=r"too long for a cell\n.*row 1, column method\n.*32,768"):
        hansa.export(_one(text), tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_a_text_of_many_bytes_and_few_signs_fits(tmp_path: Path) -> None:
    hansa.export(_one("ł" * LONGEST), tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]["C2"].value
    assert cell == "ł" * LONGEST


def test_a_long_note_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HansaError, match="the header's Note"):
        hansa.export(quotients(notes=("x" * 40_000,)), tmp_path / "a.xlsx")


def test_more_rows_than_a_sheet_has_are_refused() -> None:
    many = pa.table({"geo": pa.nulls(MOST_ROWS, pa.string())})
    with pytest.raises(HansaError, match=r"do not fit on a sheet\n.*b.xlsx\n.*1,048,576 rows"):
        workbook_bytes(prepared(quotients()), many, "b.xlsx")


def test_a_number_without_end_is_refused(tmp_path: Path) -> None:
    table = pa.table({"geo": ["a"], "value": [float("inf")]})
    with pytest.raises(HansaError, match="a number without end cannot stand in a workbook"):
        hansa.export(Panel.of(table, ("geo",), Header("employment")), tmp_path / "a.xlsx")
