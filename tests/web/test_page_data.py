"""The page of data: files with checksums, what was fetched, cells by what is known of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.state import State

from .conftest import DIVISIONS, REGIONS, write_study


def build(session: Session):
    return pages()["data"].build(session, State())


def section(sheet, name: str):
    return next(s for s in sheet.sections if s.id == name)


def row_of(table, first: str) -> dict[str, str]:
    row = next(row for row in table.rows if row[0] == first)
    return dict(zip(table.columns, row, strict=True))


def test_files_with_their_checksums(session: Session) -> None:
    sheet = build(session)
    sha = hashlib.sha256((session.folder / "facts" / "jobs.csv").read_bytes()).hexdigest()
    row = row_of(section(sheet, "files").tables[0], "facts/jobs.csv")
    assert row["Source"] == "made up for tests"
    assert row["Licence"] == "·"
    assert sha.startswith(row["Checksum"])
    assert sheet.more["checksums"] == f"{sha}  facts/jobs.csv"
    said = section(sheet, "files").certainty
    assert "Nothing says under which licence facts/jobs.csv may be passed on." in said


def test_cells_are_counted_by_what_is_known(session: Session) -> None:
    found = section(build(session), "cells")
    row = row_of(found.tables[0], "Employment")
    cells = len(REGIONS) * (len(DIVISIONS) + 1) * 2
    assert (row["Cells"], row["Certain"], row["Missing"]) == (str(cells), str(cells - 1), "1")
    assert (row["Between bounds"], row["Estimated"]) == ("0", "0")
    assert row["A missing row is"] == "not known"
    assert row_of(found.tables[1], "confidential")["Employment"] == "1"


def test_bounded_and_estimated_cells_are_told_apart(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    path = folder / "study.toml"
    text = path.read_text().replace('reference = "all"', 'reference = "all"\nhidden = "bounds"')
    path.write_text(text)
    table = folder / "facts" / "jobs.csv"
    # Two cells of one row are hidden: each lies between bounds; another one is estimated.
    lines = [
        line.rsplit(",", 2)[0] + ",,c" if line.startswith("FI1D,31,2023") else line
        for line in table.read_text().splitlines()
    ]
    lines = [line + "e" if line.startswith("LV00,41,2023") else line for line in lines]
    table.write_text("\n".join(lines) + "\n")
    row = row_of(
        section(build(Session(folder, lambda t, d: None)), "cells").tables[0], "Employment"
    )
    assert (row["Between bounds"], row["Estimated"], row["Missing"]) == ("2", "1", "0")


def test_rounded_numbers_are_not_called_hidden(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    path = folder / "study.toml"
    path.write_text(path.read_text() + "rounding = [[0, 1]]\n")
    found = section(build(Session(folder, lambda text, done: None)), "cells")
    row = row_of(found.tables[0], "Employment")
    cells = len(REGIONS) * (len(DIVISIONS) + 1) * 2
    assert (row["Rounded"], row["Certain"], row["Missing"]) == (str(cells - 1), "0", "1")
    assert found.answer == (
        f"Of {cells} cells of employment, {cells - 1} (99.4%) are published, but rounded; "
        "1 (0.6%) are missing.",
    )


def test_what_was_fetched_is_told_from_its_account(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "six")
    account = {
        "dataset": "eurostat:example",
        "edition": "2026-01-09",
        "rows": 168,
        "requests": [
            {"request": "GET …", "fetched": "2026-03-01T10:00:00Z", "bytes": 2048},
            {"request": "GET …", "fetched": "2026-03-02T11:30:00Z", "bytes": 1024},
        ],
        "notes": ["The data set has no code of geo like XX."],
    }
    (folder / "facts" / "jobs.source.json").write_text(json.dumps(account))
    sheet = build(Session(folder, lambda text, done: None))
    found = section(sheet, "fetched")
    assert found.answer == (
        "1 of 1 files were fetched from statistical services (2026-03-01 to 2026-03-02).",
    )
    row = row_of(found.tables[0], "facts/jobs.csv")
    assert row["Last asked"] == "2026-03-02 11:30:00 UTC"
    assert (row["Requests"], row["KiB received"], row["Rows"]) == ("2", "3", "168")
    assert found.certainty == ("facts/jobs.csv: The data set has no code of geo like XX.",)
    assert row_of(section(sheet, "files").tables[0], "facts/jobs.csv")["Version"] == "2026-01-09"


def test_gaps_and_steps_are_there(session: Session) -> None:
    sheet = build(session)
    assert "quotients" in section(sheet, "gaps").answer[0]
    steps = sheet.lists[0]
    assert steps.items[0].text == "Employment"
    assert "read employment from jobs.csv" in steps.items[0].details
    assert all(s.id != "fetched" for s in sheet.sections)
