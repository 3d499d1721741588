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
from hansa.panel import Panel
from hansa.report.content import document
from hansa.report.document import Document, Section, Table
from hansa.report.part import QUOTIENT, Part, parts
from hansa.report.xlsx import render_xlsx
from hansa.report.xlsxbook import Book
from hansa.report.xlsxcells import Styles, clean, sheet_name, spoken
from hansa.report.xlsxlong import LongSheet
from hansa.report.xlsxregions import regions_filling
from hansa.report.xlsxsheet import figure_sheet
from hansa.report.xlsxstars import stars_filling
from hansa.study import published
from hansa.study.outputs import tables
from hansa.study.run import StudyResult
from hansa.views.figure import Figure
from hansa.views.heattable import heat_table
from hansa.views.reading import At
from hansa.views.starsmap import stars_map

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


# --- kinds, regions, stars, and the tables of 2009 -------------------------------------


@pytest.fixture(scope="module")
def rich_content(rich: StudyResult) -> bytes:
    return render_xlsx(rich, document(rich))


@pytest.fixture(scope="module")
def rich_book(rich_content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rich_content))


def sheet_of(book: Any, ending: str) -> Any:
    return book[next(n for n in book.sheetnames if re.fullmatch(rf"Figure \d+ {ending}", n))]


def table_of(sheet: Any) -> tuple[int, list[dict[str, Any]]]:
    """The row of the heads, wherever it stands, and the rows down to the first empty one."""
    head = next(r[0].row for r in sheet.iter_rows() if r[0].value in ("Code", "Area", "Pilot"))
    names = [c.value for c in sheet[head] if c.value is not None]
    rows = []
    for values in sheet.iter_rows(min_row=head + 1, values_only=True):
        if values[0] is None:
            break
        rows.append(dict(zip(names, values, strict=False)))
    return head, rows


def cells_of(book: Any, formula: str) -> list[Any]:
    """The values that a chart refers to."""
    name, place = formula.rsplit("!", 1)
    found = book[name.strip("'")][place.replace("$", "")]
    return [row[0].value for row in found] if isinstance(found, tuple) else [found.value]


GROWTH, WAGES = "Growth 2020–2024", "Relative growth of the average wage (proxy for productivity)"


def test_kinds_of_clusters_by_hand_and_as_in_the_panels(rich_book: Any, rich: StudyResult) -> None:
    _, rows = table_of(sheet_of(rich_book, "quadrants"))
    by_code = {r["Code"]: r for r in rows}
    assert [r["Code"] for r in rows] == ["factories", "numbers", "mining"], "by kind, then size"
    # Wages grow by a fifth in factories and not elsewhere: by 1/15 in the plain mean.
    mean = 1 + 0.2 / 3
    wages = {"factories": 1.2 / mean - 1, "numbers": 1 / mean - 1, "mining": 1 / mean - 1}
    jobs = {"factories": (190, 210), "numbers": (220, 230), "mining": (60, 70)}
    for code, row in by_code.items():
        assert row[WAGES] == pytest.approx(wages[code], abs=1e-14)
        assert (row["Jobs in 2020"], row["Jobs in 2024"]) == jobs[code]
    assert [r["Kind"] for r in rows] == ["growth", "mature", "mature"]
    area = rich.results[0].bases[0].area
    for head, name in ((GROWTH, "growth_rate"), (WAGES, "relative_wage_growth")):
        assert {r["cluster"]: r["value"] for r in area[name].rows()} == {
            code: row[head] for code, row in by_code.items()
        }
    share = "Share of replicates with the same kind"
    for r in area["quadrant_stability"].rows():
        row = by_code[r["cluster"]]
        assert (row.get(share), row[f"{share}: lowest possible"]) == (r["value"], r["lower"])
        assert row[f"{share}: highest possible"] == r["upper"]
        assert row[f"{share}: status"] == "known only between two bounds"
    assert {r["cluster"]: r["reason"] for r in area["quadrant"].rows()} == {
        code: row["Why"] for code, row in by_code.items()
    }


def test_bubbles_stand_on_the_numbers_of_their_kind(rich_book: Any, rich_content: bytes) -> None:
    sheet = sheet_of(rich_book, "quadrants")
    (chart,) = sheet._charts
    assert chart.tagname == "bubbleChart"
    first, second = chart.series
    assert cells_of(rich_book, first.xVal.numRef.f) == [pytest.approx(210 / 190 - 1)]
    assert cells_of(rich_book, second.yVal.numRef.f) == [pytest.approx(-0.0625)] * 2
    assert cells_of(rich_book, second.bubbleSize.numRef.f) == [230, 70]
    assert (first.spPr.solidFill.srgbClr, first.tx.v) == ("228833", "Growth")
    assert (second.spPr.solidFill.srgbClr, second.tx.v) == ("CCBB44", "Challenged or mature")
    assert first.dPt[0].spPr.ln.prstDash == "dash", "one of three replicates may differ"
    with zipfile.ZipFile(io.BytesIO(rich_content)) as file:
        charts = [file.read(n).decode() for n in file.namelist() if "charts/chart" in n]
    (text,) = [c for c in charts if "<c:bubbleChart>" in c]
    labels = re.findall(r"<c:dLbl>.*?</c:dLbl>", text, re.S)
    names = [re.findall("<a:t>([^<]+)</a:t>", label) for label in labels]
    assert names == [["factories"], ["numbers"], ["mining"]]
    assert any(t.startswith("Growth of jobs 2020–2024") for t in re.findall("<a:t>([^<]+)", text))
    assert text.count("<c:valAx>") == 2
    assert len(re.findall(r'<c:crosses val="autoZero"/>|<c:crossesAt val="0"/>', text)) == 2
    assert "Growth of wages is held against the plain mean" in sheet["A5"].value


def test_the_matrix_holds_every_number_of_the_panel(rich_book: Any, rich: StudyResult) -> None:
    sheet = sheet_of(rich_book, "regions")
    head, rows = table_of(sheet)
    panel = rich.results[0].bases[0].regions[QUOTIENT]
    seen = 0
    for r in panel.where("time", 2024).rows():
        row = next(x for x in rows if x["Code"] == r["geo"])
        assert row[r["cluster"]] == r["value"]
        seen += 1
    assert seen == 9
    # Factories of EE00: 60 of 100 jobs against 210 of 510.
    assert rows[0]["factories"] == pytest.approx(0.6 / (210 / 510), abs=1e-15)
    assert sheet.freeze_panes == f"C{head + 1}"
    figure = next(s for s in document(rich).sections if s.id == "regions").figures[0]
    assert list(rows[0]) == list(figure.columns), "in the order of the figure"
    # What is hidden is empty and hatched, and stands below with its bounds and its status.
    assert [rows[1][c] for c in ("mining", "factories", "numbers")] == [None] * 3
    assert {sheet.cell(head + 2, x).fill.fill_type for x in (3, 4, 5)} == {"gray0625"}
    start = next(r[0].row for r in sheet.iter_rows() if r[0].value == "Empty cells, 3 in number")
    listed = [
        r[:5] for r in sheet.iter_rows(min_row=start + 2, max_row=start + 4, values_only=True)
    ]
    hidden = [r for r in panel.where("time", 2024).rows() if r["value"] is None]
    assert {(r["geo"], r["lower"], r["upper"]) for r in hidden} == {
        (x[0], x[2], x[3]) for x in listed
    }
    assert all("missing" in x[4] for x in listed)


def test_the_colours_of_the_matrix_put_a_half_and_two_at_the_same_distance(rich_book: Any) -> None:
    rules = [r for rs in sheet_of(rich_book, "regions").conditional_formatting for r in rs.rules]
    (scale,) = [r.colorScale for r in rules if r.type == "colorScale"]
    low, middle, high = (float(point.val) for point in scale.cfvo)
    assert middle == 1
    assert (1 - 0.5) / (1 - low) == (2 - 1) / (high - 1)
    assert [c.rgb for c in scale.color] == ["FFB35806", "FFF7F7F7", "FF2166AC"]


def changed(rich: StudyResult, name: str, rows: list[dict[str, Any]]) -> tuple[Part, Panel]:
    """The first part of a study with another panel of one measure."""
    part = next(parts(rich))
    old = part.base.regions[name]
    table = pa.table({k: [row.get(k) for row in rows] for k in rows[0]})
    panel = replace(old, table=table)
    return replace(part, base=replace(part.base, regions={**part.base.regions, name: panel})), panel


def written(make: Any, part: Part, figure: Figure) -> Any:
    """The sheet of one figure, read back."""
    book = Book("A book")
    styles = Styles.of(book)
    filling = make(part, figure, styles)
    figure_sheet(book, book.add_worksheet("Figure 1 x"), styles, figure, filling)
    return openpyxl.load_workbook(io.BytesIO(book.content()))


STAR_ROWS = [
    {"geo": g, "cluster": "factories", "time": 2024, "value": v, "lower": low, "upper": high,
     "label": "", "reason": why, "status": flags}
    for g, v, low, high, why, flags in (
        ("EE00", 2.0, 2.0, 2.0, "large", ""),
        ("FI19", None, 1.0, 3.0, "size open", "c"),
        ("FI1D", None, None, None, "population too small", "z"),
    )
]  # fmt: skip


def test_stars_are_numbers_and_what_is_not_known_is_no_star(rich: StudyResult) -> None:
    part, panel = changed(rich, "presence_stars", STAR_ROWS)
    figure = stars_map(panel, At(cluster="factories"), part.words)
    book = written(stars_filling, part, figure)
    sheet = book["Figure 1 x"]
    _, rows = table_of(sheet)
    heads = ("Certain stars", "Possible, not certain", "Possible stars", "Why")
    found = {r["Code"]: tuple(r[h] for h in heads) for r in rows}
    assert found == {
        "EE00": (2, 0, 2, "large"),
        "FI19": (1, 2, 3, "size open"),
        "FI1D": (None, None, None, "population too small"),
    }
    assert next(r for r in rows if r["Code"] == "FI1D")["Status"] == "not applicable"
    (chart,) = sheet._charts
    assert (chart.tagname, chart.grouping) == ("barChart", "stacked")
    assert [cells_of(book, s.val.numRef.f) for s in chart.series] == [[2, 1, None], [0, 2, None]]
    assert "DRAFT" in sheet["A5"].value


def test_stars_that_cannot_be_said_leave_their_columns_empty(rich_book: Any) -> None:
    sheet = sheet_of(rich_book, "stars")
    _, rows = table_of(sheet)
    assert {r["Certain stars"] for r in rows} == {r["Possible stars"] for r in rows} == {None}
    assert {r["Why"] for r in rows} == {"population too small"}
    assert not sheet._charts


def test_tiny_and_unsure_cells_look_different_and_absent_ones_are_hatched(
    rich: StudyResult,
) -> None:
    cells = {
        ("EE00", "factories"): (1.5, None, None, "tiny"),
        ("EE00", "mining"): (1.1, 0.9, 1.3, "p"),
        ("FI19", "factories"): (0.0, None, None, ""),
        ("FI19", "mining"): (None, None, None, "c"),
    }
    rows = [
        {"geo": g, "cluster": c, "time": 2024, "value": v, "lower": lo, "upper": hi, "status": f}
        for (g, c), (v, lo, hi, f) in cells.items()
    ]
    part, panel = changed(rich, QUOTIENT, rows)
    sheet = written(regions_filling, part, heat_table(panel, At(), part.words))["Figure 1 x"]
    head, _ = table_of(sheet)
    names = [c.value for c in sheet[head]]
    at = {c: names.index(c) + 1 for c in ("factories", "mining")}
    tiny, unsure = (sheet.cell(head + 1, at[c]) for c in ("factories", "mining"))
    zero, absent = (sheet.cell(head + 2, at[c]) for c in ("factories", "mining"))
    assert (tiny.value, tiny.font.i, tiny.border.bottom.style) == (1.5, True, None)
    assert (unsure.value, unsure.font.i, unsure.border.bottom.style) == (1.1, False, "dotted")
    assert zero.value == 0, "a known zero stays one"
    assert (absent.value, absent.fill.fill_type) == (None, "lightUp")
    texts = [str(r[4].value) for r in sheet.iter_rows() if len(r) > 4]
    assert "mining: confidential" in texts


def test_the_tables_of_2009_are_the_printed_numbers(rich_book: Any) -> None:
    sheet = sheet_of(rich_book, "asked-2009")
    _, rows = table_of(sheet)
    printed = {a.name: a.counts for a in published.survey_frame()}
    heads = ("Companies", "Knowledge institutions", "Experts")
    assert {r["Area"]: tuple(r[h] for h in heads) for r in rows} == printed
    gaps = [r for r in rows if r["Experts"] is None]
    assert [r["Status"] for r in gaps] == ["Experts: not printed"] * len(gaps)
    assert gaps
    assert [cells_of(rich_book, c.series[0].val.numRef.f) for c in sheet._charts] == [
        [r[h] for r in rows] for h in heads
    ]
    sheet = sheet_of(rich_book, "claimed-2009")
    _, rows = table_of(sheet)
    areas = {s.name: (s.countries, s.of) for s in published.strongholds()}
    assert {r["Area"]: (r["Countries"], r["Of"]) for r in rows} == areas
    (chart,) = sheet._charts
    assert cells_of(rich_book, chart.series[0].val.numRef.f) == [r["Countries"] for r in rows]
    _, rows = table_of(sheet_of(rich_book, "tried-2009"))
    partners = [
        (p.number, x.country, x.name or None) for p in published.pilots() for x in p.partners
    ]
    assert [(r["Pilot"], r["Country"], r["Partner"]) for r in rows] == partners


def test_real_tables_beside_model_data_carry_no_band(rich: StudyResult) -> None:
    made = document(rich)

    def real(name: str) -> bool:
        return "2009" in name or "monitor-" in name.lower()

    sections = tuple(
        replace(s, figures=tuple(replace(f, model_data=not real(s.id)) for f in s.figures))
        for s in made.sections
    )
    model = replace(made, model_data=True, sections=sections)
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(rich, model)))
    for name in book.sheetnames:
        header = book[name].oddHeader.center.text or ""
        assert ("MODEL DATA" in header) == (not real(name)), name
        assert not real(name) or "MODEL DATA" not in str(book[name]["A3"].value)
    assert "Monitor-limits" in book.sheetnames
    sheet = sheet_of(book, "quadrants")
    assert "MODEL DATA" in "".join(r.t for p in sheet._charts[0].title.tx.rich.p for r in p.r)


def test_texts_for_charts_never_name_cells() -> None:
    for text in ("=A1", "Sheet!A1", "=Sheet!$B$2", "x!C3"):
        assert not re.match(r"^=|^=?[^!]+!\$?[A-Z]+\$?\d+", spoken(text))
    assert spoken("Fish!") == "Fish!"
    assert not clean("<r><t>x</t></r>").startswith("<r>")


def test_the_workbook_of_the_rich_study_is_the_same_each_time(
    rich: StudyResult, rich_content: bytes
) -> None:
    assert render_xlsx(rich, document(rich)) == rich_content
