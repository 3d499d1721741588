"""Files to take away: the list, each format read by another reader, addresses that refuse."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest

from hansa.errors import UsageError
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.state import EMPTY, State

from .index_folder import open_study, study_with_index

pytestmark = pytest.mark.xdist_group("workbench")
TABLE = "tables/hansa-divisions/location_quotient_total"


def build(session: Session, state: State = EMPTY):
    return pages()["downloads"].build(session, state)


def content(session: Session, name: str, state: State = EMPTY) -> bytes:
    return build(session, replace(state, name=name)).more["content"]


def names(sheet) -> list[str]:
    return [f["href"] for g in sheet.more["groups"] for row in g["rows"] for f in row["files"]]


def test_the_list(session: Session) -> None:
    sheet = build(session)
    found = names(sheet)
    assert {"report.html", "report.pdf", "report.xlsx", "brief.pdf", "recipe.json"} <= set(found)
    assert f"{TABLE}.sdmx.csv" in found
    assert len(set(found)) == len(found)
    # No boundaries, no maps.
    assert not [name for name in found if name.endswith((".geojson", ".gpkg"))]
    assert "content" not in sheet.more


def test_every_format_holds_the_same_numbers(session: Session) -> None:
    rows = session.part(State()).base.regions["location_quotient_total"].rows()
    expected = {(r["geo"], r["cluster"], int(r["time"])): r["value"] for r in rows}
    lines = csv.DictReader(io.StringIO(content(session, f"{TABLE}.csv").decode()))
    found = {
        (r["geo"], r["cluster"], int(r["time"])): float(r["value"]) if r["value"] else None
        for r in lines
    }
    assert found == expected
    table = pq.read_table(io.BytesIO(content(session, f"{TABLE}.parquet"))).to_pylist()
    assert {(r["geo"], r["cluster"], int(r["time"])): r["value"] for r in table} == expected
    book = openpyxl.load_workbook(io.BytesIO(content(session, f"{TABLE}.xlsx")), read_only=True)
    numbers = [
        cell
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if isinstance(cell, float)
    ]
    assert {v for v in expected.values() if v is not None and v % 1} <= set(numbers)
    assert b"OBS_VALUE" in content(session, f"{TABLE}.sdmx.csv").splitlines()[0]
    assert b"location_quotient_total" in content(session, f"{TABLE}.meta.toml")


def test_pages_can_be_taken_away_in_exact_numbers(session: Session) -> None:
    found = set(names(build(session)))
    assert {"pages/clusters.xlsx", "pages/claims.xlsx", "pages/claims.json"} <= found
    # The study has no index: nothing on one.
    assert not [name for name in found if name.startswith(("pages/monitor", "indices/"))]
    book = openpyxl.load_workbook(io.BytesIO(content(session, "pages/clusters.xlsx")))
    cells = {cell for sheet in book for row in sheet.values for cell in row}
    rows = session.part(State()).base.regions["location_quotient_total"].rows()
    shown = next(
        r["value"]
        for r in rows
        if (r["geo"], r["cluster"], int(r["time"])) == ("EE00", "wood-furniture", 2023)
    )
    assert shown in cells


def test_an_index_brings_its_files(tmp_path: Path) -> None:
    session = open_study(study_with_index(tmp_path / "six"))
    found = names(build(session))
    assert "indices/coast/scores.csv" in found
    assert "pages/monitor.xlsx" in found
    lines = list(csv.DictReader(io.StringIO(content(session, "indices/coast/scores.csv").decode())))
    assert {line["unit"] for line in lines} >= set("ABCDEFG")


def test_files_follow_the_method(session: Session) -> None:
    own = content(session, f"{TABLE}.csv")
    assert content(session, f"{TABLE}.csv", State(reference="LV00")) != own


def test_the_archive_is_what_its_recipe_says(session: Session) -> None:
    made = content(session, "results.zip")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        recipe = json.loads(archive.read("recipe.json"))
        inside = {n: archive.read(n) for n in archive.namelist() if n != "recipe.json"}
    assert {o["file"]: o["sha256"] for o in recipe["outputs"]} == {
        name: hashlib.sha256(body).hexdigest() for name, body in inside.items()
    }
    assert inside["report.pdf"].startswith(b"%PDF")
    assert inside[f"{TABLE}.csv"] == content(session, f"{TABLE}.csv")
    found = sorted(str(p.relative_to(session.folder)) for p in session.folder.rglob("*.*"))
    assert found == ["facts/jobs.csv", "study.toml"]  # nothing was written into the study


@pytest.mark.parametrize("name", ["../study.toml", "facts/jobs.csv", "nothing.csv", "\0"])
def test_no_other_file_can_be_had(session: Session, name: str) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        content(session, name)


def test_over_the_network(served: str, session: Session) -> None:
    found = httpx.get(f"{served}/six/files/{TABLE}.csv")
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.headers["content-disposition"].startswith("attachment; filename=")
    assert found.content == content(session, f"{TABLE}.csv")
    other = httpx.get(f"{served}/six/files/{TABLE}.csv?reference=LV00")
    assert other.content == content(session, f"{TABLE}.csv", State(reference="LV00"))


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("files/nothing.csv", 400, "there is no such file"),
        ("files/..%2Fstudy.toml", 400, "there is no such file"),
        ("files/report.pdf?name=x", 400, "this page knows no parameter 'name'"),
        ("downloads?name=report.pdf", 400, "this page knows no parameter"),
        ("files/report.pdf?reference=nowhere", 400, "unknown reference 'nowhere'"),
        (f"files/{TABLE}.csv?period=1990-1991", 400, "the facts have no year of this period"),
    ],
)
def test_addresses_that_are_refused(served: str, path: str, status: int, said: str) -> None:
    found = httpx.get(f"{served}/six/{path}")
    assert (found.status_code, said in found.text) == (status, True), found.text
