"""Twins give the numbers that `hansa compute` gives, to the last digit, and no formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest

import hansa
from hansa.language import speaking
from hansa.report.document import Section, Table
from hansa.report.exact import exact_columns
from hansa.views.format import MISSING, Scale
from hansa.views.written import Written, because
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State
from hansa.web.twins import TWINS
from hansa.web.workbook import HEADS

pytestmark = pytest.mark.xdist_group("workbench")

LQ = "Specialisation (all jobs as base)"
GROWTH = "Growth"
YEARS = {"start": 2020, "end": 2023}


@pytest.fixture(scope="module")
def computed(study: Path) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """Rows of the last year of some measures, by measure, then by region and cluster."""
    made = {}
    for measure in ("location_quotient_total", "growth_rate", "employment"):
        panel = hansa.compute(measure, study, "hansa-divisions", reference="all", **YEARS)
        rows = [r for r in panel.rows() if r["time"] == 2023]
        made[measure] = {(r["geo"], r["cluster"]): r for r in rows}
    return made


def sheet_of(session: Session, page: str, **state: str) -> Sheet:
    return pages()[page].build(session, State(**state))


def tables_of(sheet: Sheet) -> Iterator[Table]:
    from hansa.web.twins import _tables

    return _tables(sheet)


def only(table: Table) -> Sheet:
    """A page of one table."""
    return Sheet("Which?", sections=(Section("s", "Which?", (), tables=(table,)),))


def read_csv(sheet: Sheet, figure: str = "") -> list[dict[str, str]]:
    text = TWINS["csv"].render(sheet, figure).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


# --- the numbers of `hansa compute` --------------------------------------------------------


@pytest.mark.parametrize("region", ["EE00", "FI1D"])
def test_csv_gives_the_quotients_of_compute(session: Session, computed, region: str) -> None:
    rows = read_csv(sheet_of(session, "region", region=region))
    own = {c: r for (g, c), r in computed["location_quotient_total"].items() if g == region}
    assert {row["Code"] for row in rows} == set(own)
    hidden = set()
    for row in rows:
        wanted = own[row["Code"]]
        assert row[f"{LQ} [ratio]"] == ("" if wanted["value"] is None else repr(wanted["value"]))
        for head, name in (("Lowest", "lower"), ("Highest", "upper")):
            bound = row.get(f"{head} possible [ratio]", "")
            assert not bound or float(bound) == wanted[name]
        if wanted["value"] is None:
            why = row[f"{LQ}: why missing"]
            assert why
            assert ("confidential" in why) == ("c" in wanted["status"].split(";")), why
            hidden.add(why)
        else:
            assert row[f"{LQ}: why missing"] == ""
    assert any("confidential" in why for why in hidden)


def test_workbook_gives_the_numbers_of_compute(session: Session, computed) -> None:
    sheet = sheet_of(session, "region", region="EE00")
    book = openpyxl.load_workbook(io.BytesIO(TWINS["xlsx"].render(sheet, "")))
    place, table = next(
        (i, t) for i, t in enumerate(tables_of(sheet), 1) if t.caption.startswith("Profile of")
    )
    page = book[f"Table {place}"]
    heads, units = ([c.value for c in page[n]] for n in (3, 4))
    labels = session.part(State()).own.definition
    codes = {labels.label_of(code): code for code in labels.clusters}
    columns = {"Jobs": "employment", "Specialisation": "location_quotient_total"}
    columns[GROWTH] = "growth_rate"
    for head, measure in columns.items():
        j = heads.index(head)
        assert units[j] == {"Jobs": "persons", "Specialisation": "ratio", GROWTH: "share"}[head]
        for i in range(len(table.rows)):
            cell = page.cell(HEADS + 1 + i, j + 1)
            name = page.cell(HEADS + 1 + i, 1).value
            assert cell.data_type == "n"
            assert cell.value == computed[measure]["EE00", codes[name]]["value"], (head, name)


def test_bounds_are_numbers_of_their_own() -> None:
    scale = Scale("amount", "jobs")
    own = because(scale.with_interval(None, 6720.25, 7210.75), "confidential")
    columns = exact_columns(Table("", ("Region", "Jobs"), (("FI1D", own), ("EE00", "12"))))
    assert [(c.head, c.values) for c in columns] == [
        ("Region", ("FI1D", "EE00")),
        ("Jobs", (None, 12.0)),
        ("Jobs: lower", (6720.25, None)),
        ("Jobs: upper", (7210.75, None)),
        ("Jobs: why missing", ("known only between its bounds", "")),
    ]


def test_three_readers_agree(session: Session, computed, tmp_path: Path) -> None:
    """DuckDB, pandas and the csv module read one number from each cell."""
    content = TWINS["csv"].render(sheet_of(session, "region", region="EE00"), "")
    path = tmp_path / "region.csv"
    path.write_bytes(content)
    head = f"{LQ} [ratio]"
    frame = pd.read_csv(path)
    base = duckdb.sql(f"""select "Code", "{head}" from read_csv('{path}')""").fetchall()
    wanted = {
        c: r["value"] for (g, c), r in computed["location_quotient_total"].items() if g == "EE00"
    }
    known = frame[frame[head].notna()]
    assert set(frame["Code"]) == set(wanted)
    there = {code: value for code, value in wanted.items() if value is not None}
    assert dict(zip(known["Code"], known[head], strict=True)) == there
    assert dict(base) == wanted


def test_json_holds_both_the_printed_and_the_exact(session: Session, computed) -> None:
    made = json.loads(TWINS["json"].render(sheet_of(session, "region", region="EE00"), ""))
    table = made["sections"][0]["figures"][0]["table"]
    exact = {column["head"]: column for column in table["exact"]}
    assert exact[LQ]["unit"] == "ratio"
    printed = table["columns"].index(LQ)
    for row, code, value in zip(
        table["rows"], exact["Code"]["values"], exact[LQ]["values"], strict=True
    ):
        assert value == computed["location_quotient_total"]["EE00", code]["value"]
        assert row[printed] == Scale("quotient").text(value)


def test_the_language_of_the_page_changes_no_number(session: Session) -> None:
    english = TWINS["csv"].render(sheet_of(session, "region", region="EE00"), "")
    with speaking("sv"):
        swedish = TWINS["csv"].render(sheet_of(session, "region", region="EE00", lang="sv"), "")
    first, second = (
        [re.findall(r"(?<=,)-?\d+\.\d+", line) for line in content.decode().splitlines()[1:]]
        for content in (english, swedish)
    )
    assert first == second
    assert any(first)


def test_no_page_has_a_rounded_number_without_the_exact_one(session: Session) -> None:
    """Every cell that reads as a number with decimals or per cent knows the number itself."""
    rounded = re.compile(r"[+−]?\d[\d\u202f]*([.,]\d+)?\u202f?%|[+−]?\d[\d\u202f]*[.,]\d+")
    seen = 0
    for page in pages():
        for table in tables_of(sheet_of(session, page)):
            codes = {i for i, head in enumerate(table.columns) if head in ("Code", "Version")}
            for row in table.rows:
                for i, cell in enumerate(row):
                    if rounded.fullmatch(cell) and i not in codes:
                        seen += 1
                        assert isinstance(cell, Written), (page, table.caption, cell)
                        assert cell.known, (page, table.caption, cell)
    assert seen > 100


# --- what is no number ----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2+3", "@sum", "\t=1", "\r=1", "\n=1", "＝1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    table = Table("=caption", ("Name", text), ((text, text), ("plain", "b")), text)
    lines = TWINS["csv"].render(only(table), "").decode()
    cells = [cell for line in csv.reader(io.StringIO(lines, newline="")) for cell in line]
    assert cells == ["Name", f"'{text}", f"'{text}", f"'{text}", "plain", "b"]
    book = openpyxl.load_workbook(io.BytesIO(TWINS["xlsx"].render(only(table), "")))
    assert {c.data_type for line in book["Table 1"].iter_rows() for c in line} <= {"s", "n"}
    assert all(c.data_type == "s" for c in (book["Table 1"]["A5"], book["Table 1"]["B5"]))


def test_negative_numbers_stay_numbers() -> None:
    scale = Scale("change")
    table = Table("", ("Region", "Growth"), (("A", scale.text(-0.123456789012345)),))
    assert read_csv(only(table)) == [{"Region": "A", "Growth [share]": "-0.123456789012345"}]


def test_codes_stay_texts() -> None:
    table = Table("", ("Place", "Code", "Regions"), (("A", "49", "3"), ("B", "10", MISSING)))
    where, code, count, why = exact_columns(table)
    assert (code.values, count.values) == (("49", "10"), (3.0, None))
    assert where.values == ("A", "B")
    assert why.values == ("", "not known or not applicable")


def test_units_that_differ_stand_in_a_column() -> None:
    rows = (("Jobs", Scale("amount", "jobs").text(3.0)), ("Part", Scale("share").text(0.25)))
    columns = exact_columns(Table("", ("What", "Value"), rows))
    assert [(c.head, c.unit, c.values) for c in columns[1:]] == [
        ("Value", "", (3.0, 0.25)),
        ("Value: unit", "", ("jobs", "share")),
    ]


def test_a_number_knows_itself_after_the_pipe_between_processes() -> None:
    import pickle

    own = Scale("quotient").with_interval(2.41375, 2.3, 2.6)
    back = pickle.loads(pickle.dumps(own))
    assert (back, back.value, back.least, back.most, back.unit) == (own, 2.41375, 2.3, 2.6, "ratio")
    assert own.lower() == str(own).lower()
