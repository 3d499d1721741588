"""An index folder that is served without a study: which pages it has, and what they say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pyarrow.csv
import pyarrow.parquet
import pytest

import hansa
from hansa.errors import HansaError, UsageError
from hansa.index.audit import Audit, AuditFinding, AuditStep
from hansa.index.audit import audit as audited
from hansa.index.audit_words import together
from hansa.language import LANGUAGES, speaking
from hansa.web.audit_names import in_names, said
from hansa.web.indices import opened
from hansa.web.page import INDEX, pages, pages_of
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State
from hansa.web.studies import studies_in

from .conftest import serving, write_study
from .index_folder import INDICATORS, by_hand, open_study, ranks_by_hand, write_index

OWN = ["start", "monitor", "unit", "what-if", "robustness", "method", "data", "check", "downloads"]
"""The pages of an index, in the order of the menu."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_index(tmp_path_factory.mktemp("alone") / "coast")


@pytest.fixture(scope="module")
def told() -> list[float]:
    """How far the first page was, each time it said so."""
    return []


@pytest.fixture(scope="module")
def coast(folder: Path, told: list[float]) -> Session:
    session = Session(folder, lambda text, done: told.append(done))
    built(session, "start")
    told.append(float("nan"))
    return session


def built(session: Session, page: str, **state: str) -> Sheet:
    return pages()[page].build(session, State(**state))


# --- what is listed ---------------------------------------------------------------------


def test_an_index_folder_is_listed_by_the_name_of_its_root(folder: Path) -> None:
    for root in (folder, folder.parent):
        (place,) = studies_in(root).values()
        assert (place.id, place.title, place.folder) == ("coast", "Innovation on the coast", folder)
        assert place.kind == "index"
        assert not place.model_data
        assert not place.broken


def test_model_data_are_said_where_every_source_says_so(tmp_path: Path) -> None:
    own = write_index(tmp_path / "made-up") / "indicators.csv"
    own.write_text(INDICATORS.replace("made up for tests", "Model data, drawn"))
    assert next(iter(studies_in(tmp_path).values())).model_data
    own.write_text(INDICATORS.replace("made up for tests", "Model data, drawn", 5))
    assert not next(iter(studies_in(tmp_path).values())).model_data


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"code;type\nx;aggregate\n", b'a,"b\n'])
def test_a_table_that_cannot_be_read_is_listed_by_its_folder(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "indicators.csv").write_bytes(content)
    (place,) = studies_in(tmp_path).values()
    assert (place.title, place.kind) == ("odd", "index")


def test_a_table_as_parquet_will_do(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "columns"
    other.mkdir()
    for name in ("indicators", "data"):
        table = pyarrow.csv.read_csv(folder / f"{name}.csv")
        pyarrow.parquet.write_table(table, other / f"{name}.parquet")
    (place,) = studies_in(tmp_path).values()
    assert (place.title, place.kind) == ("columns", "index")
    assert hansa.index(other).score == pytest.approx(hansa.index(folder).score)


def test_the_index_of_a_study_is_no_second_one(tmp_path: Path) -> None:
    write_study(tmp_path / "six")
    write_index(tmp_path / "six" / "board")
    write_index(tmp_path / "six" / "other")
    toml = tmp_path / "six" / "study.toml"
    spec = '[scoreboard.growth]\ntitle = "Growth"\nindicators = ["gdp-per-head"]\n'
    toml.write_text(f'{toml.read_text()}{spec}folder = "board"\n')
    found = studies_in(tmp_path / "six")
    assert {name: place.kind for name, place in found.items()} == {
        "six": "study", "other": "index",
    }  # fmt: skip
    assert list(studies_in(tmp_path)) == ["six"]


def test_an_empty_folder_is_served_and_one_that_is_not_there_is_not(tmp_path: Path) -> None:
    assert studies_in(tmp_path) == {}
    (tmp_path / "file").touch()
    for name in ("nowhere", "file"):
        with pytest.raises(HansaError) as refused:
            studies_in(tmp_path / name)
        assert "indicators.csv" in refused.value.finding.admissible


def test_pages_that_speak_of_regions_are_left_out() -> None:
    assert list(pages_of("index")) == OWN
    assert pages_of("study") == pages()
    for page in pages_of("index").values():
        assert set(page.known("index")) <= set(INDEX)
        assert not set(page.known("index")) & set(METHOD)
        assert set(page.known("study")) == {*page.parameters, *METHOD}
    assert not set(pages()["call-laboratory"].known("call")) & set(METHOD)


# --- what the pages say -----------------------------------------------------------------


def test_start_tells_five_findings_each_with_its_page(coast: Session) -> None:
    page = built(coast, "start")
    assert page.question == "Innovation on the coast"
    assert page.answer[0] == (
        "A composite index of 8 units and 6 indicators in a tree of 3 levels, 2 years (2019–2021)."
    )
    (found,) = page.lists
    assert [item.page for item in found.items] == ["monitor", "robustness", "unit", "check", "data"]
    first = next(u for u, rank in ranks_by_hand(by_hand()).items() if rank == 1)
    assert first == "A"
    assert re.fullmatch(r"Amber: rank 1\xa0\(1–\d\) of 8 units; .*", found.items[0].details[0])
    assert "none are filled by a rule and none are missing" in found.items[4].text
    code = found.items[2].query.removeprefix("unit=")
    assert built(coast, "unit", unit=code).question.startswith("Where does ")


def test_progress_of_the_first_page_only_rises(coast: Session, told: list[float]) -> None:
    first = told[: next(i for i, done in enumerate(told) if done != done)]
    assert first == sorted(first)
    assert len(set(first)) > 15
    assert first[-1] < 1


def test_data_have_the_checksums_and_the_counts_of_the_files(coast: Session, folder: Path) -> None:
    page = built(coast, "data")
    lines = dict(line.split("  ")[::-1] for line in page.more["checksums"].splitlines())
    assert lines == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("data.csv", "indicators.csv")
    }
    table = page.sections[1].tables[0]
    assert [row[1] for row in table.rows] == ["rd", "patents", "graduates", "neet", "broadband",
                                              "firms"]  # fmt: skip
    assert {row[5:] for row in table.rows} == {("16", "0", "0")}
    assert [row[3] for row in table.rows] == ["higher", "higher", "higher", "lower", "higher",
                                              "higher"]  # fmt: skip


@pytest.mark.long
def test_missing_cells_and_missing_sources_are_counted(folder: Path, tmp_path: Path) -> None:
    own = write_index(tmp_path / "gaps")
    data = (own / "data.csv").read_text().replace("E,Elm,2021,2.0,", "E,Elm,2021,,")
    (own / "data.csv").write_text(data)
    (own / "indicators.csv").write_text(INDICATORS.replace("1,1,made up for tests", "1,1,", 2))
    page = built(open_study(own), "data")
    assert "one is missing" in page.answer[0] or "1 is missing" in page.answer[0]
    assert page.sections[1].answer == ("2 of 6 indicators name no source.",)
    assert page.sections[1].tables[0].rows[0][5:] == ("15", "0", "1")


def test_check_says_what_is_wrong_instead_of_refusing(tmp_path: Path) -> None:
    own = write_index(tmp_path / "wrong")
    (own / "indicators.csv").write_text(INDICATORS.replace("People,1,2,made", "Nobody,1,2,made"))
    page = built(open_study(own), "check")
    assert "cannot be run" in page.answer[0]
    assert page.sections[0].id == "error"
    said_ = str([t.rows for t in page.sections[0].tables])
    assert "Nobody" in said_
    assert str(tmp_path) not in said_
    with pytest.raises(HansaError):
        built(open_study(own), "start")


def test_check_has_the_findings_of_the_audit_in_names(coast: Session) -> None:
    page = built(coast, "check")
    index = opened(coast, State())
    assert index is not None
    raw = audited(index.whole)
    for severity in ("error", "warning", "note"):
        section = [s for s in page.sections if s.id == severity]
        shown = sum(len(t.rows) for s in section for t in s.tables)
        assert shown == raw.count(severity)
    text = json.dumps([[t.rows for t in s.tables] for s in page.sections])
    assert not re.search(r'"(rd|neet|patents|firms)\b', text)


def test_method_names_every_step(coast: Session) -> None:
    page = built(coast, "method")
    assert [row[0] for row in page.sections[0].tables[0].rows] == ["normalise", "weigh",
                                                                   "aggregate"]  # fmt: skip
    assert "plain recipe" in page.answer[0]
    assert len(page.sections[1].tables[0].rows) == 5


def test_downloads_hold_the_scores_computed_by_hand(coast: Session, folder: Path) -> None:
    groups = built(coast, "downloads").more["groups"]
    names = [file["href"] for g in groups for row in g["rows"] for file in row["files"]]
    content = {n: built(coast, "downloads", name=n).more["content"]
               for n in names if not n.endswith((".pdf", ".html", ".zip"))}  # fmt: skip
    assert all(content.values())
    rows = csv.DictReader(io.StringIO(content["scores.csv"].decode()))
    found = {r["unit"]: float(r["Index"]) for r in rows if r["time"] == "2021"}
    assert found == pytest.approx(by_hand())
    assert pyarrow.parquet.read_table(io.BytesIO(content["scores.parquet"])).num_rows == 16
    assert json.loads(content["recipe.json"])["replications"] == 10_000
    book = folder.parent / "again.xlsx"
    book.write_bytes(content["index.xlsx"])
    again = hansa.index(book)
    assert again.score == pytest.approx(hansa.index(folder).score)
    with pytest.raises(UsageError, match="no such file"):
        built(coast, "downloads", name="../study.toml")


@pytest.mark.long
def test_everything_at_once_holds_reports_and_tables(coast: Session) -> None:
    archive = zipfile.ZipFile(io.BytesIO(built(coast, "downloads", name="results.zip")
                                         .more["content"]))  # fmt: skip
    assert {"report.html", "audit.html", "scores.csv", "recipe.json"} <= set(archive.namelist())
    scores = built(coast, "downloads", name="scores.csv").more["content"]
    assert archive.read("scores.csv") == scores
    assert b"Innovation on the coast" in archive.read("report.html")


@pytest.mark.long
@pytest.mark.parametrize("page", OWN)
def test_lines_of_python_run(coast: Session, folder: Path, page: str) -> None:
    for section in built(coast, page).sections:
        if section.python:
            lines = section.python.replace("INDEX", str(folder)).replace("10000", "100")
            assert "STUDY" not in lines
            exec(compile(lines, section.id, "exec"), {})
            assert "INDEX" in section.command


def test_names_take_the_place_of_codes() -> None:
    names = {"BRN": "Brunei", "LAO": "Laos", "A": "Amber", "rate": "A rate", "TBTs": "Barriers"}
    assert said("20 % at most (BRN)", names) == "20\u202f% at most (Brunei)"
    assert said("worst TBTs and LAO: r = -0.715", names) == ("worst Barriers and Laos: r = −0.715")
    assert said("A rate of (A, 3)", names) == "A rate of (Amber, 3)"
    assert said("XBRN, BRNX", names) == "XBRN, BRNX"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_objects_of_a_finding_have_their_names_in_every_language(lang: str) -> None:
    names = {"A": "Amber", "F": "Fjord"}
    with speaking(lang):
        finding = AuditFinding(4, "pair", "note", together("A", "F"), "…")
        step = AuditStep(4, "Framework", "", {}, (finding,))
        (found,) = in_names(Audit("X", "", 2020, 2, 2, (step,), ()), names).findings
        assert found.code == together("Amber", "Fjord")


def test_the_audit_is_made_once_for_each_language(coast: Session) -> None:
    index = opened(coast, State())
    assert index is not None
    made = {}
    for lang, share in (("en", "(0.0\u202f%)"), ("sv", "(0,0\u202f%)"), ("en", "(0.0\u202f%)")):
        with speaking(lang):
            assert made.setdefault(lang, index.audit) is index.audit
            assert share in index.audit.steps[1].summary
    assert made["en"] is not made["sv"]
    for one, other in zip(made["en"].findings, made["sv"].findings, strict=True):
        assert (one.rule, one.severity, one.judged) == (other.rule, other.severity, other.judged)
        assert one.measured == pytest.approx(other.measured, nan_ok=True)


# --- as a browser meets it --------------------------------------------------------------


@pytest.fixture(scope="module")
def served_index(folder: Path) -> Iterator[str]:
    yield from serving(folder)


def get(base: str, path: str) -> httpx.Response:
    end = time.monotonic() + 60
    while (found := httpx.get(base + path)).status_code == 202:
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_the_only_index_is_the_first_page(served_index: str) -> None:
    found = httpx.get(served_index, follow_redirects=True)
    assert found.url.path == "/coast/start"
    page = httpx.get(f"{served_index}/coast/start?period=2019-2021").text
    menu = page[page.index('class="menu"') : page.index("</nav>")]
    assert re.findall(r'href="/coast/([a-z-]+)', menu) == OWN


@pytest.mark.long
def test_the_first_page_of_an_index(served_index: str) -> None:
    page = get(served_index, "/coast/start").text
    assert "<h1>Innovation on the coast</h1>" in page
    assert page.index("What stands out") < page.index("Who stands where")
    twin = get(served_index, "/coast/start.json").json()
    assert twin["sections"][0]["figures"][0]["table"]["rows"]


@pytest.mark.long
@pytest.mark.parametrize("page", OWN)
def test_every_page_answers_and_so_do_its_twins(served_index: str, page: str) -> None:
    assert get(served_index, f"/coast/{page}").status_code == 200
    told = get(served_index, f"/coast/{page}.json").json()
    assert told["question"]
    tables = [t for s in told["sections"] for t in [*s["tables"], *(f["table"] for f in
                                                                    s["figures"])]]  # fmt: skip
    book = get(served_index, f"/coast/{page}.xlsx").content
    assert len(openpyxl.load_workbook(io.BytesIO(book)).sheetnames) == 1 + len(tables)
    assert get(served_index, f"/coast/{page}.csv").status_code == (200 if tables else 400)
    figures = [f for s in told["sections"] for f in s["figures"]]
    assert get(served_index, f"/coast/{page}.svg").status_code == (200 if figures else 400)


@pytest.mark.parametrize("page", sorted(set(pages()) - set(OWN)))
def test_other_pages_are_not_there_and_say_why(served_index: str, page: str) -> None:
    found = get(served_index, f"/coast/{page}")
    assert found.status_code == 404
    about = "a call of several funders" if page == "call-laboratory" else "regions and clusters"
    assert f"is about {about}" in found.text
    assert 'href="/coast/monitor"' in found.text
    twin = get(served_index, f"/coast/{page}.json")
    assert (twin.status_code, "without a study" in twin.text) == (404, True)


def test_choices_of_a_study_mean_nothing_here(served_index: str) -> None:
    found = get(served_index, "/coast/start?period=2019-2021")
    assert (found.status_code, "knows no parameter" in found.text) == (400, True)


@pytest.mark.long
def test_a_file_is_taken_away(served_index: str) -> None:
    found = get(served_index, "/coast/files/ranks.csv")
    assert found.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(found.text)))
    now = {r["unit"]: int(r["Index"]) for r in rows if r["time"] == "2021"}
    assert now == ranks_by_hand(by_hand())
    assert get(served_index, "/coast/files/nothing.csv").status_code == 400
    assert get(served_index, "/coast/unit?unit=C&compare=A,B").status_code == 200
