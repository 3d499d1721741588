"""The page of findings: the same as `hansa check --json`, also for a study that cannot be run."""

from __future__ import annotations

from pathlib import Path

import pytest

import hansa
from hansa.errors import Finding
from hansa.language import speaking
from hansa.web.page import pages
from hansa.web.pages.check import _named, inside
from hansa.web.session import Session
from hansa.web.state import State

from .conftest import jobs, write_study


def build(folder: Path):
    return pages()["check"].build(Session(folder, lambda text, done: None), State())


def places(sheet) -> int:
    return sum(len(table.rows) for section in sheet.sections for table in section.tables)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("check") / "six")
    lines = jobs().splitlines()
    (folder / "facts" / "jobs.csv").write_text("\n".join([*lines, lines[1], "EE00,10,2024,-5,"]))
    return folder


def test_every_finding_of_the_command_is_on_the_page(study: Path) -> None:
    sheet, found = build(study), hansa.check(study)
    assert found
    assert places(sheet) == len(found)
    assert {s.id for s in sheet.sections} == {f.severity for f in found}
    rules = {table.caption.lower() for s in sheet.sections for table in s.tables}
    assert rules == {f.rule.lower() for f in found}


def test_errors_come_first_with_place_and_remedy(broken: Path) -> None:
    sheet = build(broken)
    first = sheet.sections[0]
    assert first.id == "error"
    assert first.question == "What cannot be right?"
    text = " ".join(cell for table in first.tables for row in table.rows for cell in row)
    assert "jobs.csv" in text
    assert str(broken) not in text
    assert "error" in sheet.answer[0]


def test_names_stand_beside_codes(study: Path) -> None:
    place = f"{study}/facts/jobs.csv, row 7, employment, geo EE00, activity 10, time 2020"
    shown = inside(Finding("warning", place, "a rule", "", "", ""), study, _named(study))
    assert shown.place == (
        "facts/jobs.csv, row 7, employment, geo EE00 (Eesti), "
        "activity 10 (Manufacture of food products), time 2020"
    )


def test_names_stand_beside_codes_in_swedish(study: Path) -> None:
    with speaking("sv"):
        place = f"{study}/facts/jobs.csv, rad 7, employment, region EE00, näringsgren 10, år 2020"
        shown = inside(Finding("warning", place, "a rule", "", "", ""), study, _named(study))
        refused = inside(Finding("error", "x.csv, row 2", "the file is empty", "", "", ""), study)
    assert shown.place == (
        "facts/jobs.csv, rad 7, employment, region EE00 (Eesti), "
        "näringsgren 10 (Livsmedelsframställning), år 2020"
    )
    assert (refused.place, refused.rule) == ("x.csv, rad 2", "filen är tom")


def test_the_page_speaks_swedish_where_a_table_is_wrong(broken: Path) -> None:
    english = build(broken)
    with speaking("sv"):
        swedish = build(broken)
    captions = [
        [t.caption for s in sheet.sections for t in s.tables] for sheet in (english, swedish)
    ]
    assert len(captions[0]) == len(captions[1])
    assert not set(captions[0]) & set(captions[1])
    assert places(swedish) == places(english)
    assert swedish.answer[0].startswith("2 fel")
    assert "rad 183, kolumn employment" in str(swedish.sections[0].tables)


def test_the_numbers_say_what_they_count(broken: Path) -> None:
    sheet = build(broken)
    assert sheet.answer[0].startswith("2 errors")
    assert sheet.answer[1] == "Counted are places; they are of one kind."


def test_a_study_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("title = ")
    sheet = build(tmp_path)
    assert sheet.answer[0].startswith("1 error")
    assert sheet.sections[0].tables[0].caption == "Study.toml cannot be read"
    assert "study.toml only" in sheet.lists[0].items[0].text


def test_nothing_found_is_said_with_what_was_checked(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansa.study.check.check_path", lambda folder: [])
    sheet = build(study)
    assert sheet.answer == ("Nothing was found: no error, no warning, no note.",)
    assert sheet.sections == ()
    checked = [item.text for item in sheet.lists[0].items]
    assert "The table jobs: jobs.csv" in checked
    assert "The cluster definition hansa-divisions" in checked
