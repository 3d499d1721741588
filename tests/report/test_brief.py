"""The brief: the findings on two pages, whatever the study is called and however much it says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.report.conftest import pages_of, picture, text_of

from hansa.errors import HansaError
from hansa.report.brief import MOST_FIGURES, brief
from hansa.report.document import Document, Section
from hansa.report.html import render_html
from hansa.report.pdf import render_pdf
from hansa.views.figure import Figure


def test_two_pages_with_findings_figures_certainty_limits_and_the_way_on(made: Document) -> None:
    short = brief(made)
    assert short.findings == made.findings
    assert 1 <= sum(len(s.figures) for s in short.sections) <= MOST_FIGURES
    assert [s.id for s in short.sections] == ["size", "region", "cluster", "gaps", "full"]
    assert all(len(s.certainty) == 1 for s in short.sections[:3])
    assert short.sections[-2].answer[:2] == made.sections[-1].answer
    assert "report.pdf" in short.sections[-1].answer[0]
    pdf = render_pdf(short)
    assert pages_of(pdf) <= 2
    assert "In short" in text_of(pdf)[0]


def test_the_page_of_a_brief_is_a_page_like_any_other(made: Document) -> None:
    page = render_html(brief(made))
    assert page.count("<h1>") == 1
    assert "Three regions: in brief" in page
    for finding in made.findings:
        assert finding.replace("&", "&amp;") in page


def report_of(*figures: Figure, text: str = "An answer.") -> Document:
    sections = tuple(
        Section(f"s{i}", f"{text} {i}?", (f"{i} {text}",), (f,), (), (text, text), text)
        for i, f in enumerate(figures)
    )
    findings = tuple(s.answer[0] for s in sections)
    gaps = Section("gaps", text, (text,) * 9)
    return Document(text, text, text, findings, (*sections, gaps), footer=text)


def test_a_tall_figure_gives_way_to_the_first_rows_of_its_table() -> None:
    section = brief(report_of(picture(1100, 30))).sections[0]
    assert section.figures == ()
    (table,) = section.tables
    assert table.columns == ("Cluster", "Jobs")
    assert table.rows[0] == ("Name 0", "30")
    assert table.rows[1] == ("Name 1 *", "29")
    assert len(table.rows) == 8
    assert table.note == "* confidential. The first 8 of 30; all are in the full report."


def test_of_many_questions_three_stay() -> None:
    short = brief(report_of(*(picture(300, 4) for _ in range(5))))
    assert [s.id for s in short.sections] == ["s0", "s1", "s2", "gaps", "full"]
    assert sum(len(s.figures) for s in short.sections) == 3
    assert len(short.findings) == 4
    assert short.sections[-1].answer[1:] == ("It has one more finding.",)


@pytest.mark.parametrize("height", [300, 640, 890, 2000])
def test_no_text_and_no_picture_makes_it_longer_than_two_pages(height: int) -> None:
    long = "Every word of this sentence counts. " * 60
    endless = "x" * 4000
    for text in (long, endless):
        short = brief(report_of(*(picture(height, 50) for _ in range(4)), text=text))
        assert pages_of(render_pdf(short)) <= 2


def test_shortened_texts_end_with_a_sentence_or_say_that_they_go_on() -> None:
    short = brief(report_of(picture(300, 4), text="One whole sentence. " * 60))
    assert short.subtitle.endswith("sentence.")
    endless = brief(report_of(picture(300, 4), text="word " * 300))
    assert endless.subtitle.endswith(" …")


def test_a_brief_that_cannot_fit_is_refused_not_cut(made: Document) -> None:
    endless = tuple(f"finding {i}" for i in range(400))
    with pytest.raises(HansaError, match="does not fit"):
        render_pdf(replace(brief(made), findings=endless))


def test_figures_keep_their_numbers_in_order(made: Document) -> None:
    text = "".join(text_of(render_pdf(brief(made))))
    numbers = [int(n) for n in re.findall(r"^\s*Figure (\d+)$", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_certainty_is_one_line_of_whole_sentences() -> None:
    lines = ("3 of 4 are known. More words.", "One is estimated.", "Much " * 40 + "more.")
    report = report_of(picture(300, 4))
    certain = replace(report, sections=(replace(report.sections[0], certainty=lines),))
    assert brief(certain).sections[0].certainty == ("3 of 4 are known. One is estimated.",)


def test_a_sentence_does_not_end_at_a_shortened_word() -> None:
    """`NACE Rev. 2` is one name: a line that is cut ends before or after it."""
    line = f"Eurostat by NACE Rev. 2 and St. Petersburg. {'One more sentence. ' * 30}"
    for first in ("", "Of 31 clusters, group B. 2 is one. "):
        short = brief(report_of(picture(1100, 30), text=first + line))
        for text in (short.subtitle, short.origin, short.sections[0].line):
            assert text.endswith("sentence."), text
    source = f"Source: Eurostat, {'word ' * 20}by NACE Rev. 2 {'word ' * 80}"
    cut = brief(report_of(picture(1100, 30), text=source)).sections[0].line
    assert cut.endswith("word …")


def test_certainty_keeps_a_name_with_a_stop_whole() -> None:
    report = report_of(picture(300, 4))
    lines = ("Codes are of NACE Rev. 2 throughout. More words.",)
    certain = replace(report, sections=(replace(report.sections[0], certainty=lines),))
    assert brief(certain).sections[0].certainty == ("Codes are of NACE Rev. 2 throughout.",)


def test_bounds_stand_beside_their_value_under_short_heads() -> None:
    columns = (
        "Code",
        "Cluster",
        "Specialisation (all jobs as base)",
        "Lowest possible",
        "Highest possible",
        "Share estimated",
        "Status",
    )
    rows = (
        ("a", "Mining", "1.7", "1.4", "2.2", "13\u202f%", "confidential"),
        ("b", "Wood", "1.2", "", "", "", ""),
        ("c", "Ships", "·", "−0.5", "2.0", "", ""),
    )
    tall = replace(picture(1100, 3), columns=columns, rows=rows)
    (table,) = brief(report_of(tall)).sections[0].tables
    assert table.columns == ("Cluster", "Specialisation (bounds)", "Estimated")
    assert table.rows == (
        ("Mining *", "1.7 (1.4–2.2)", "13\u202f%"),
        ("Wood", "1.2", ""),
        ("Ships", "−0.5 to 2.0", ""),
    )
    assert table.numeric == (False, True, True)
