"""A dropped table over HTTP and behind it: told, mended, made a study; guarded; cleared away."""

from __future__ import annotations

import html
import io
import json
import multiprocessing
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from hansa.errors import HansaError, UsageError
from hansa.panel import METADATA_KEY
from hansa.web import dropping
from hansa.web.drop_fields import changed, fields_of
from hansa.web.drop_work import Look, Looked, looked
from hansa.web.dropping import ENDINGS, LARGEST, Tables

from .conftest import jobs, serving, write_study

pytestmark = pytest.mark.xdist_group("workbench")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A served folder with two studies, which may be written into.

    One alone would be computed as soon as it is served.
    """
    folder = tmp_path_factory.mktemp("dropped")
    for name in ("six", "seven"):
        write_study(folder / name)
    return folder


@pytest.fixture(scope="module")
def browser(root: Path) -> Iterator[httpx.Client]:
    """Somebody who has opened the first page."""
    for base in serving(root):
        with httpx.Client(base_url=base, timeout=60) as client:
            yield client


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def first_page(browser: httpx.Client) -> httpx.Response:
    found = browser.get("/?studies")
    assert found.status_code == 200
    return found


def send(browser: httpx.Client, name: str, content: str | bytes) -> str:
    """Drop a table; returns its address."""
    form = {"csrfmiddlewaretoken": token(first_page(browser))}
    data = content.encode() if isinstance(content, str) else content
    found = browser.post("/drop", data=form, files={"table": (name, data)})
    assert found.status_code == 303, found.text
    return found.headers["location"]


def seen(browser: httpx.Client, address: str) -> httpx.Response:
    """The page of a table once it was looked at."""
    end = time.monotonic() + 60
    while (found := browser.get(address)).status_code == 202:
        assert time.monotonic() < end
    return found


def words(page: httpx.Response) -> str:
    plain = re.sub(r"<(script|option|style).*?</\1>", "", page.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def new_studies(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.name not in ("six", "seven"))


def test_mistakes_are_told_choices_kept_and_a_study_made(browser: httpx.Client, root: Path) -> None:
    bad = jobs().replace("FI1B,10,2020,", "FI9Q,10,2020,").replace("LV00,47,2023,", "LV00,47,soon,")
    address = send(browser, "../../my <jobs>.csv", bad)
    page = seen(browser, address)
    assert page.status_code == 200
    said = words(page)
    assert "Your table needs mending" in said
    assert "Unknown geo code 'FI9Q'" in said
    assert "Time is not a year" in said
    assert "my <jobs>.csv, row" in said
    assert "2 mistakes have to be mended first" in said
    assert 'value="make"' not in page.text
    assert new_studies(root) == []
    said = words(seen(browser, f"{address}?lang=sv"))
    assert "Okänd regionkod 'FI9Q'" in said
    assert "Tiden är inget år" in said

    form = {"csrfmiddlewaretoken": token(page), "do": "look", "geography": "nuts:2016"}
    browser.post(address, data=form)
    # Whoever is quick need not wait for what is being looked at.
    form["do"] = "replace"
    browser.post(address, data=form, files={"table": ("other.csv", jobs().encode())})
    page = seen(browser, address)
    assert re.search(r'<option value="nuts:2016" selected>', page.text)
    assert "No mistake was found" in words(page)
    assert new_studies(root) == []

    form = {"csrfmiddlewaretoken": token(page), "do": "make", "title": "My Åland", "source": "me"}
    browser.post(address, data=form)
    page = seen(browser, address)
    assert (page.status_code, page.headers["location"]) == (303, "/my-aland/clusters")
    assert new_studies(root) == ["my-aland"]
    assert (root / "my-aland" / "facts" / "table.csv").read_text() == jobs()
    assert 'geography = "nuts:2016"' in (root / "my-aland" / "study.toml").read_text()
    # Whoever goes back finds the study, and the progress bar of another tab loads it.
    assert browser.get(address).headers["location"] == "/my-aland/clusters"
    assert browser.get(address, headers={"HX-Target": "progress"}).headers["HX-Refresh"] == "true"
    assert "My Åland" in first_page(browser).text
    assert (root / "six" / "facts" / "jobs.csv").read_text() == jobs()


def test_what_a_table_says_of_itself_is_shown_and_kept(browser: httpx.Client, root: Path) -> None:
    facts = {"source": "Office of statistics", "zeros": "hidden", "geography": "nuts:2016"}
    table = pa.csv.read_csv(io.BytesIO(jobs().encode()))
    out = io.BytesIO()
    header = {METADATA_KEY: json.dumps({"facts": facts}).encode()}
    pq.write_table(table.replace_schema_metadata(header), out)
    address = send(browser, "told.parquet", out.getvalue())
    page = seen(browser, address)
    assert 'all of it stays in the study: zeros = "hidden".' in words(page)
    assert 'name="source" required maxlength="400" value="Office of statistics"' in page.text
    form = {"csrfmiddlewaretoken": token(page), "do": "make", "title": "Told", "source": "it"}
    browser.post(address, data=form)
    assert seen(browser, address).status_code == 303
    made = (root / "told" / "study.toml").read_text()
    for line in ('zeros = "hidden"', 'geography = "nuts:2016"', 'source = "it"'):
        assert f"\n{line}\n" in made
    shutil.rmtree(root / "told")


def test_the_first_page_is_reached_from_every_page(browser: httpx.Client) -> None:
    # A refusal has the header of every page, and nothing is computed for it.
    assert 'href="/?studies"' in browser.get("/six/region?nothing=1").text
    assert 'enctype="multipart/form-data"' in browser.get("/?studies&lang=sv").text
    assert 'action="/drop?lang=sv"' in browser.get("/?studies&lang=sv").text


def test_nothing_is_taken_without_the_token_of_a_page(browser: httpx.Client, root: Path) -> None:
    files = {"table": ("jobs.csv", jobs().encode())}
    assert browser.post("/drop", files=files).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    form = {"csrfmiddlewaretoken": token(first_page(browser))}
    assert browser.post("/drop", data=form, files=files, headers=headers).status_code == 403
    address = f"/drop/{'0' * 32}"
    assert browser.get(address).status_code == 404
    assert browser.post(address, data={"do": "make"}).status_code == 403
    assert browser.post(address, data={**form, "do": "make"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("passwd", "This file cannot be read as a table"),
        ("study.toml", "This file cannot be read as a table"),
    ],
)
def test_other_files_are_refused_in_words(browser: httpx.Client, name: str, said: str) -> None:
    form = {"csrfmiddlewaretoken": token(first_page(browser))}
    found = browser.post("/drop", data=form, files={"table": (name, b"x")})
    assert (found.status_code, said in words(found)) == (400, True)
    found = browser.post("/drop", data=form)
    assert (found.status_code, "No file came" in words(found)) == (400, True)


def test_a_file_that_is_too_large_is_refused_before_it_is_taken_apart(root: Path) -> None:
    from hansa.web.site.settings import configure

    configure()
    from django.test import RequestFactory

    from hansa.web.desk import Desk
    from hansa.web.site import drop, views

    views.serve_this(views.Workbench(root, Desk()))
    request = RequestFactory().post("/drop", CONTENT_LENGTH=str(LARGEST + (2 << 20)))
    found = drop.dropped(request)
    assert found.status_code == 413
    assert "too large" in found.content.decode()
    assert "at most 200 MB" in found.content.decode()


# --- behind it ---------------------------------------------------------------------------


def look(path: Path, **given: str) -> Looked:
    _ours, theirs = multiprocessing.Pipe()
    return looked(Look(path, "mine.csv", given), theirs)


def test_choices_come_back_from_the_form_as_they_stand_there(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(jobs().replace("geo,", "where,").replace(",", "\t"))
    found = look(path)
    assert found.ready
    same = {field.name: field.value for field in fields_of(found)}
    assert changed(found, same) == {}
    assert changed(found, {**same, "delimiter": ";", "thousands": "space"}) == {
        "delimiter": ";",
        "thousands": " ",
    }
    assert changed(found, {**same, "time": "=one", "year": "2020"}) == {"time": "=2020"}
    assert changed(found, {**same, "time": "=one", "year": "soon"}) == {"time": ""}
    for odd in ({"geo": "/etc/passwd"}, {"classification": "x"}, {"total": "a\x00b"}):
        with pytest.raises(UsageError, match="cannot be meant"):
            changed(found, {**same, **odd})


def test_every_wrong_row_is_told_at_once_in_every_format(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = [line.split(",")[:4] for line in jobs().splitlines()]
    for i, (row, column, text) in enumerate(
        [(3, 0, "XX99"), (5, 1, "99.99"), (9, 3, "12x4"), (12, 3, "-5"), (20, 2, "20x0")]
    ):
        lines[row + i][column] = text
    path = tmp_path / "table.csv"
    path.write_text("\n".join(",".join(line) for line in lines))
    found = [(f.rule, re.search(r"row (\d+)", f.place)[1]) for f in look(path).errors]  # type: ignore[index]
    assert [row for _rule, row in found] == ["4", "7", "12", "16", "25"]
    names, *rows = lines
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table(columns), path)
    again = [(f.rule, re.search(r"row (\d+)", f.place)[1]) for f in look(path).errors]  # type: ignore[index]
    assert again == [(rule, str(int(row) - 1)) for rule, row in found]


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(1 << 20))
        # What the archive says of itself; what is true is measured while it is unpacked.
        archive.getinfo("xl/workbook.xml").file_size = 201 << 20
    with pytest.raises(HansaError, match="unpacks to more than can be read safely"):
        look(path)


def test_findings_name_the_file_as_its_owner_does(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(jobs().replace("EE00,10,2020,", "EE00,10,2020,x").replace("TOTAL", "T0TAL"))
    texts = [f"{f.place} {f.printed} {f.fix}" for f in look(path).findings]
    assert any(text.startswith("mine.csv, row 2") for text in texts)
    assert not any(str(tmp_path) in text or "--table" in text for text in texts)


def waited(tables: Tables, own: str) -> object:
    table = tables.get(own)
    assert table is not None
    end = time.monotonic() + 60
    while isinstance(tables.outcome(table, 0.2), dropping.Progress):
        assert time.monotonic() < end
    return table.refused


def test_looking_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropping, "SECONDS", 0.01)
    tables = Tables(tmp_path)
    own = tables.add([jobs().encode()], "jobs.csv")
    table = tables.get(own)
    assert table is not None
    tables.look(table, "en")
    assert "could not be looked at within" in str(waited(tables, own))
    tables.close()


def test_tables_go_when_they_are_old_too_many_or_the_server_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"hansa-drop-{dead.pid}-left").mkdir()
    tables = Tables(tmp_path / "root")
    first = tables.add([b"a"], "a.csv")
    assert len(list(tmp_path.iterdir())) == 1
    kept = tables.get(first)
    assert kept is not None
    assert kept.path.read_bytes() == b"a"
    tables.replace(first, [b"b", b"c"], "../x/b.xlsx")
    assert (kept.name, kept.path.read_bytes()) == ("b.xlsx", b"bc")
    assert [p.name for p in kept.folder.iterdir()] == ["table.xlsx"]
    for _ in range(dropping.MOST):
        last = tables.add([b"a"], "a.csv")
    assert tables.get(first) is None
    assert not kept.folder.exists()
    tables.forget_old(3600)
    assert tables.get(last) is not None
    tables.forget_old(-1)
    assert tables.get(last) is None
    tables.close()
    assert list(tmp_path.iterdir()) == []


def test_the_page_offers_what_can_be_read() -> None:
    from hansa.sources.raw import SHEETS
    from hansa.sources.text import TEXT

    assert set(ENDINGS) == {*TEXT, *SHEETS, ".parquet", ".pq"}
