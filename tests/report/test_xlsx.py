"""The workbook: exactly the numbers of the tables, native charts, and texts that stay texts."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from xlsxwriter.workbook import Workbook

from hansa.errors import HansaError
from hansa.report.document import Document, Section, Table
from hansa.report.xlsx import render_xlsx
from hansa.report.xlsxcells import LongSheet, sheet_name
from hansa.study.outputs import tables
from hansa.study.run import StudyResult
from hansa.views.figure import Figure

HEAD, FIGURE_HEAD = 5, 8  # the rows of the heads, as a spreadsheet counts them
MAP, LEAGUE = "Figure 3 cluster", "Figure 4 cluster"
FORMULA = '=HYPERLINK("http://example.org","click")'


@pytest.fixture(scope="module")
def content(result: StudyResult, made: Document) -> bytes:
    return render_xlsx(result, made)


@pytest.fixture(scope="module")
def book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(sheet: Any, head: int) -> list[dict[str, Any]]:
    names = [cell.value for cell in sheet[head] if cell.value is not None]
    return [
        dict(zip(names, values, strict=False))
        for values in sheet.iter_rows(min_row=head + 1, values_only=True)
        if any(v is not None for v in values[1:])
    ]


def test_every_panel_is_there_with_exactly_its_numbers(book: Any, result: StudyResult) -> None:
    csvs = tables(result)
    seen = 0
    names: list[str] = []
    for own in result.results:
        for base in own.bases:
            for measure, panel in base.regions.items():
                names.append(sheet_name(measure, names))
                found = rows_of(book[names[-1]], HEAD)
                text = csvs[result.table_path(own, base, measure)].decode()
                printed = list(csv.DictReader(io.StringIO(text)))
                assert len(found) == len(printed) == len(panel)
                for cell, line, row in zip(found, printed, panel.rows(), strict=True):
                    for name, value in row.items():
                        # Bit for bit: the file holds every digit of the panel.
                        assert cell[name] == (None if value == "" else value)
                        if isinstance(value, float):
                            assert float(line[name]) == cell[name]
                        elif value is None:
                            assert line[name] == ""
                    seen += 1
    assert names == ["employment", "location_quotient_total", "growth_rate",
                     "employment 2", "location_quotient_total 2", "growth_rate 2"]  # fmt: skip
    assert seen == 2 * (12 + 12 + 6)


def test_a_missing_number_is_an_empty_cell_with_its_status_beside_it(book: Any) -> None:
    absent = [r for r in rows_of(book["location_quotient_total"], HEAD) if r["value"] is None]
    assert {r["geo"] for r in absent} == {"FI19"}
    assert all("m" in r["status"].split(";") for r in absent)
    league = rows_of(book[LEAGUE], FIGURE_HEAD)
    (lost,) = [r for r in league if r["Code"] == "FI19"]
    assert lost["Rank"] is None
    assert lost["Specialisation (all jobs as base)"] is None
    assert "missing" in lost["Specialisation (all jobs as base): status"]


def test_the_league_by_hand(book: Any) -> None:
    """Without mining, factories are 210 of 440 jobs of FI and EE."""
    name = next(n for n in book.sheetnames if n.endswith("cluster-2") and book[n]._charts)
    rows = rows_of(book[name], FIGURE_HEAD)
    assert [(r["Rank"], r["Code"]) for r in rows] == [(1, "EE00"), (2, "FI19"), (3, "FI1D")]
    values = [r["Specialisation (all jobs as base)"] for r in rows]
    expected = [(60 / 90) / (210 / 440), (100 / 200) / (210 / 440), (50 / 150) / (210 / 440)]
    assert values == pytest.approx(expected, abs=1e-15)


def test_figures_have_native_charts_on_their_own_numbers(book: Any) -> None:
    charts = {n: book[n]._charts for n in book.sheetnames if n.startswith("Figure")}
    counts = {n: len(c) for n, c in charts.items()}
    assert counts["Figure 1 size"] == 2, "size and change"
    assert counts["Figure 2 region"] == 1
    assert counts[MAP] == 0, "a map has none"
    assert counts[LEAGUE] == 1
    assert "no chart" in book[MAP]["A5"].value
    for name, own in charts.items():
        for chart in own:
            assert chart.tagname == "barChart"
            (series,) = chart.series
            columns = [cell.value for cell in book[name][FIGURE_HEAD]]
            letter = re.search(r"!\$([A-Z]+)\$", series.val.numRef.f)[1]  # type: ignore[index]
            numbers = [book[name][f"{letter}{FIGURE_HEAD + 1 + i}"].value for i in range(2)]
            assert columns[ord(letter) - 65] not in ("Code", "Rank")
            assert any(isinstance(n, float | int) for n in numbers)


def test_axes_have_titles_with_unit_and_source(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        charts = [parts.read(n).decode() for n in parts.namelist() if "charts/chart" in n]
    assert len(charts) == 6
    for chart in charts:
        titles = re.findall(r"<a:t>([^<]+)</a:t>", chart)
        assert any("Source: made up" in t for t in titles)
        assert "Cluster" in titles or "Region" in titles
    quotients = [c for c in charts if "logBase" in c]
    assert len(quotients) == 4
    assert all('<c:crossesAt val="1"/>' in c for c in quotients)


def test_the_first_sheet_says_what_is_what(book: Any, made: Document) -> None:
    texts = [str(v) for row in book["Read me"].iter_rows(values_only=True) for v in row if v]
    assert book.sheetnames[0] == "Read me"
    for wanted in (made.title, *made.findings, "made up", "none", "lower", "confidential"):
        assert wanted in texts
    linked = {cell.hyperlink.location for row in book["Read me"] for cell in row if cell.hyperlink}
    assert {f"'{n}'!A1" for n in book.sheetnames[1:]} == linked


def test_model_data_say_so_on_every_sheet_of_numbers(result: StudyResult, made: Document) -> None:
    figures = {id(f): replace(f, model_data=True) for s in made.sections for f in s.figures}
    sections = tuple(
        replace(s, figures=tuple(figures[id(f)] for f in s.figures)) for s in made.sections
    )
    model = replace(made, model_data=True, sections=sections)
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(result, model)))
    assert book["Read me"]["A2"].value == "MODEL DATA"
    for sheet in book:
        assert sheet.oddHeader.center.text.endswith("MODEL DATA")
        if sheet.title not in ("Read me", "Gaps", "Method"):
            assert str(sheet["A3"].value).startswith("MODEL DATA")


def test_the_same_study_gives_the_same_bytes(
    content: bytes, result: StudyResult, made: Document
) -> None:
    assert render_xlsx(result, made) == content
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert {info.date_time[0] for info in parts.infolist()} == {1980}


def test_no_text_becomes_a_formula_or_a_link(result: StudyResult, made: Document) -> None:
    bad = Figure(FORMULA, FORMULA, FORMULA, {}, {}, FORMULA, (FORMULA,), ("Code", "+1"),
                 ((FORMULA, "@SUM(A1)"),), FORMULA)  # fmt: skip
    table = Table(FORMULA, (FORMULA, "-1+1"), ((FORMULA, "http://example.org"),), FORMULA)
    sections = (
        Section("=1+1", FORMULA, (FORMULA,), (bad,)),
        Section("-2", FORMULA, (FORMULA,), (), (table,), (FORMULA + "\x07",), FORMULA),
    )
    hostile = Document(FORMULA, FORMULA, FORMULA, (FORMULA,), sections, ((FORMULA, "=1"),), FORMULA)
    content = render_xlsx(result, hostile)
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert sum(FORMULA in str(c.value) for c in cells) >= 15
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(n).decode() for n in parts.namelist() if "worksheets/sheet" in n]
        links = [n for n in parts.namelist() if "worksheets/_rels" in n and n.endswith(".rels")]
        assert not any("<f>" in sheet for sheet in sheets)
        assert not any("example.org" in parts.read(n).decode() for n in links)


def long_sheet(table: pa.Table) -> Any:
    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("long", LongSheet)
    sheet.write_string(0, 0, "title")
    sheet.set_table(2, table, [None] * table.num_columns)
    book.close()
    return openpyxl.load_workbook(io.BytesIO(target.getvalue()))["long"]


def test_a_long_table_keeps_every_kind_of_cell() -> None:
    codes = pa.array(["<&>", FORMULA, None, "a\x00b"]).dictionary_encode()
    numbers = [0.1 + 0.2, None, -1e-300, 123456789.123456789]
    table = pa.table({"code": codes, "n": pa.array(numbers, pa.float64()), "i": [1, None, 3, 4]})
    sheet = long_sheet(table)
    assert sheet["A1"].value == "title"
    found = list(sheet.iter_rows(min_row=3, values_only=True))
    assert [row[0] for row in found] == ["<&>", FORMULA, None, "a b"]
    assert [row[1] for row in found] == numbers
    assert [row[2] for row in found] == [1, None, 3, 4]
    assert sheet["A4"].data_type != "f"


def test_an_infinite_number_is_refused() -> None:
    with pytest.raises(HansaError, match="without end"):
        long_sheet(pa.table({"n": [1.0, float("inf")]}))


def test_names_of_sheets_are_short_unique_and_legal() -> None:
    taken: list[str] = []
    for wanted in ("a" * 40, "A" * 40, "x/y[z]:*?\\", "'", "History", "a" * 40):
        taken.append(sheet_name(wanted, taken))
    assert all(1 <= len(n) <= 31 for n in taken)
    assert len({n.casefold() for n in taken}) == len(taken)
    assert not any(set("[]:*?/\\'") & set(n) for n in taken)
    assert taken[4] == "History 2", "the file format keeps that name for itself"


def test_a_figure_of_no_known_panel_keeps_its_texts_and_says_so(
    result: StudyResult, made: Document
) -> None:
    rows = (("01", "12", "·", "1.5"), ("02", "0", "3", "0"))
    other = Figure("x", "Title", "", {}, {}, "", (), ("Code", "Firms", "Left", "Ratio"), rows)
    odd = replace(made, sections=(Section("other", "?", ("!",), (other,)),))
    sheet = openpyxl.load_workbook(io.BytesIO(render_xlsx(result, odd)))["Figure 1 other"]
    assert "as they are printed" in sheet["A5"].value
    found = list(
        sheet.iter_rows(min_row=FIGURE_HEAD + 1, max_row=FIGURE_HEAD + 2, values_only=True)
    )
    assert found == [("01", 12, "·", "1.5"), ("02", 0, 3, 0)]
