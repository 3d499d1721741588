"""The PDF report: the same numbers as the page, safe, tagged, and the same bytes each time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from tests.report.conftest import pages_of, picture, text_of

from hansa.report.document import Document, Pictures, Section, Table
from hansa.report.html import render_html
from hansa.report.pdf import render_pdf

HOSTILE = '#panic("x") $a^2$ @cite <script> *bold* _it_ \\ [#] = head // -- "q" `raw` ~ {{ x }}'


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_same_document_gives_the_same_bytes(made: Document) -> None:
    assert render_pdf(made) == render_pdf(made, Pictures())


def test_no_date_and_no_path_of_the_machine_is_in_it(made: Document) -> None:
    pdf = render_pdf(made)
    assert b"CreationDate" not in pdf
    assert b"/tmp" not in pdf
    assert b"font_source_sans_pro" not in pdf


def test_the_league_prints_the_same_numbers_as_the_page(made: Document) -> None:
    lines = [squeezed(line) for page in text_of(render_pdf(made)) for line in page.splitlines()]
    page = squeezed(render_html(made))
    tables = [s.tables[0] for s in made.sections if s.id.startswith("cluster")]
    assert len(tables) == 2
    rows = [row for table in tables for row in table.rows]
    assert len(rows) == 6
    for row in rows:
        assert squeezed("".join(row)) in lines
        cells = [squeezed(f">{cell}<") for cell in row]
        places = re.search(".*?".join(map(re.escape, cells)), page)
        assert places, row


def test_every_answer_certainty_and_method_is_there(made: Document) -> None:
    text = squeezed("".join(text_of(render_pdf(made))))
    for section in made.sections:
        for sentence in (section.question, *section.answer, *section.certainty):
            assert squeezed(sentence) in text
        if section.figures:
            assert squeezed(section.line) in text
    for term, explanation in made.method:
        assert squeezed(term) in text
        for line in explanation.split("\n"):
            assert squeezed(line)[:60] in text


def test_texts_are_never_read_as_markup() -> None:
    table = Table(HOSTILE, ("a", HOSTILE), ((HOSTILE, "1"),), HOSTILE)
    section = Section("s", HOSTILE, (HOSTILE,), (), (table,), (HOSTILE,), HOSTILE)
    hostile = Document(
        HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), (section,), ((HOSTILE, HOSTILE),), HOSTILE
    )
    text = squeezed("".join(text_of(render_pdf(hostile))))
    # Title, subtitle, origin, finding, question, answer, certainty, note, method, footer, ...
    assert text.count(squeezed(HOSTILE)) >= 10


def test_what_the_font_lacks_is_shown_as_a_sign_and_said(made: Document) -> None:
    told: list[str] = []
    title = "東京 in ệ\u0301, 각\u0007\ufeff\u200b"
    text = " ".join(text_of(render_pdf(replace(made, title=title), told=told.append)))
    assert "☐☐ in ệ́, ☐☐☐" in unicodedata.normalize("NFC", text)
    # The page says so too, so that nobody takes the sign for a part of the name.
    assert told == [
        "☐ stands for a character that the font of the PDF does not have: U+0007, U+4EAC, U+6771, "
        "U+AC01, U+FEFF. The report as HTML shows them all."
    ]
    assert squeezed(told[0]) in squeezed(text)
    assert "東京" in render_html(replace(made, title=title))


def test_figures_show_the_sign_too(made: Document) -> None:
    plot = {**picture(100, 1).spec, "mark": {"type": "text", "text": "Jobs of 食品"}}
    figure = replace(picture(100, 1), spec=plot)
    section = Section("s", "q", ("a",), (figure,), (), (), "")
    text = "".join(text_of(render_pdf(replace(made, sections=(section,)))))
    assert "Jobs of ☐☐" in text


def test_nothing_is_said_where_the_font_has_every_sign(made: Document) -> None:
    told: list[str] = []
    text = "".join(text_of(render_pdf(made, told=told.append)))
    assert not told
    assert "☐" not in text


def test_model_data_say_so_on_every_page(made: Document) -> None:
    pages = text_of(render_pdf(replace(made, model_data=True)))
    assert len(pages) == pages_of(render_pdf(made)) >= 4
    assert all("MODEL DATA" in page for page in pages)
    assert not any("MODEL DATA" in page for page in text_of(render_pdf(made)))


def test_how_sure_stands_on_the_page_of_its_figure(made: Document) -> None:
    pages = text_of(render_pdf(made))
    with_figures = [s for s in made.sections if s.figures]
    number = 0
    for section in with_figures:
        number += len(section.figures)
        page = next(p for p in pages if re.search(rf"^\s*Figure {number}$", p, re.M))
        assert "How sure are we?" in page
        assert squeezed(section.certainty[0]) in squeezed(page)


def test_a_long_table_repeats_its_head_on_each_page() -> None:
    rows = tuple((f"region {i}", str(i)) for i in range(200))
    section = Section("s", "How many?", ("Many.",), (), (Table("All", ("Name", "Jobs"), rows),))
    pages = text_of(render_pdf(Document("t", "", "o", (), (section,))))
    assert len(pages) > 3
    assert all(re.search(r"Name\s+Jobs", page) for page in pages[1:])


def test_it_is_tagged_and_its_pictures_have_words(made: Document) -> None:
    pdf = render_pdf(made)
    assert b"/MarkInfo" in pdf
    assert b"pdfuaid" in pdf
    assert pages_of(pdf) >= 4


def test_the_numbers_of_a_figure_too_tall_for_a_page_follow_as_a_table() -> None:
    for height, tables in ((700, 0), (1500, 1)):
        section = Section("s", "How many?", ("Many.",), (picture(height, 60),))
        text = "".join(text_of(render_pdf(Document("t", "", "o", (), (section,)))))
        assert text.count("Table behind the figure") == tables
        assert ("Name 59" in text) == bool(tables)
