"""Wide tables on paper: no word over another, every cell there, the first columns in every part."""

from __future__ import annotations

import re

import pytest
from tests.report.conftest import text_of
from tests.report.test_call_report import overlaps

from hansa.language import speaking
from hansa.report import pdftables
from hansa.report.document import Document, Section, Table
from hansa.report.pdf import render_pdf
from hansa.report.pdftables import ROOM, parts_of
from hansa.views.written import Written

NAMES = (
    "Motor vehicles", "Computing and telecommunications", "Electronics and instruments",
    "Stone, glass and building materials", "Retail, car trade and household services",
)  # fmt: skip
REGIONS = (
    ("DE80", "Mecklenburg-Vorpommern"), ("FI1D", "Pohjois- ja Itä-Suomi"),
    ("PL42", "Zachodniopomorskie"), ("LT00", "Lietuva"),
)  # fmt: skip


def heat(clusters: int) -> Table:
    """Regions against clusters: numbers, and missing ones with their reason."""
    heads = tuple(f"{NAMES[i % len(NAMES)]} {i}" for i in range(clusters))
    rows = tuple(
        (code, name, *(
            Written("· missing", meaning="missing") if (i + k) % 3 == 0
            else Written(f"{k}.{i:02}", k + i / 100)
            for i in range(clusters)
        ))
        for k, (code, name) in enumerate(REGIONS)
    )  # fmt: skip
    return Table("Which regions are specialised in what", ("Code", "Region", *heads), rows, "Note.")


def printed(table: Table) -> bytes:
    section = Section("s", "What?", ("That.",), (), (table,))
    return render_pdf(Document("A study", "", "Model data", (), (section,)))


@pytest.mark.parametrize("clusters", [6, 15, 38, 60])
def test_no_word_of_a_wide_table_lies_over_another(clusters: int) -> None:
    table = heat(clusters)
    pdf = printed(table)
    assert overlaps(pdf) == []
    text = re.sub(r"\s+", " ", " ".join(text_of(pdf)))
    for row in table.rows:
        for cell in row[2:]:
            assert text.count(cell) >= 1
    count = len(list(parts_of(table)))
    assert count > 1 or clusters == 6
    if count > 1:
        assert f"specialised in what (part 1 of {count})" in text
        assert f"(part {count} of {count})" in text
    assert text.count("Note.") == 1
    assert text.count("Zachodniopomorskie") == count


@pytest.mark.parametrize("clusters", [15, 38, 60])
def test_every_column_stands_in_one_part_beside_the_first_ones(clusters: int) -> None:
    table = heat(clusters)
    parts = list(parts_of(table))
    assert [h for p in parts for h in p["columns"][2:]] == list(table.columns[2:])
    for part in parts:
        assert part["columns"][:2] == ("Code", "Region")
        assert [row[:2] for row in part["rows"]] == list(REGIONS)
        assert sum(part["widths"]) <= ROOM + 1
        assert len(part["numeric"]) == len(part["widths"]) == len(part["columns"])
    sizes = {len(p["columns"]) for p in parts}
    assert max(sizes) - min(sizes) <= 1


def test_the_check_sees_what_a_page_without_parts_looks_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdftables, "ROOM", 5000)
    assert len(overlaps(printed(heat(15)))) > 10


def test_a_table_that_has_room_is_left_to_the_template() -> None:
    table = Table("Jobs", ("Region", "Jobs"), (("Lietuva", "12"), ("Eesti " * 60, "3")), "Note.")
    (part,) = parts_of(table)
    assert part["widths"][0] is None
    assert (part["caption"], part["note"]) == ("Jobs", "Note.")


def test_a_column_of_many_words_has_room_for_them() -> None:
    heads = ("Rank", *NAMES, "Why")
    rows = (("1", *("Telecommunications",) * 5, "for a reason " * 30),)
    parts = list(parts_of(Table("T", heads, rows)))
    assert [p["columns"][0] for p in parts] == ["Rank", "Rank"]
    assert parts[-1]["widths"][-1] >= ROOM / 4
    assert overlaps(printed(Table("T", heads, rows))) == []


def test_parts_are_told_in_the_language_spoken() -> None:
    with speaking("sv"):
        first = next(parts_of(heat(15)))
    assert re.search(r"\(del 1\sav\s\d\)$", first["caption"])
