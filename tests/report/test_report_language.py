"""Every text of a report can be said in another language: here one in letters of its own."""

from __future__ import annotations

import gettext
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hansa.cli.studies import report
from hansa.errors import UsageError
from hansa.language import speaking
from hansa.law import MEANING
from hansa.measures.rules import find_rules
from hansa.report import html
from hansa.report.brief import brief
from hansa.report.content import document
from hansa.report.document import Document, Table
from hansa.report.monitor import monitor_2009
from hansa.report.signs import key, sign, signs, with_signs, without_key
from hansa.study import published
from hansa.study.retold import retold
from hansa.study.run import StudyResult, rerun
from hansa.views.format import between, joined
from other_language import catalogue

LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = "абвгдежзийклмнопрстуфхцчшщАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩ"
LETTERS = str.maketrans(LATIN, OTHER)
PLACE = re.compile(r"(\{\w+\})")
WORD = re.compile(r"[A-Za-z]{3,}")


def other(text: str) -> str:
    """A text in other letters, its places as they are."""
    return "".join(p if PLACE.fullmatch(p) else p.translate(LETTERS) for p in PLACE.split(text))


class Other(gettext.NullTranslations):
    """A language that says every text in letters of its own."""

    def gettext(self, message: str) -> str:
        return other(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return other(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return other(message)


@pytest.fixture(scope="module")
def letters() -> Iterator[None]:
    with catalogue(lambda *_: Other()):
        yield


@pytest.fixture(scope="module")
def own(rich: StudyResult) -> frozenset[str]:
    """Words of the study, its sources and code lists, and of what the checks of its facts say."""
    names = [
        *rich.names.values(),
        *(s.name for s in published.strongholds()),
        *(a.name for a in published.survey_frame()),
        *(p.area for p in published.pilots()),
        *(p.country for pilot in published.pilots() for p in pilot.partners),
        *published.monitor_performance().names,
        *published.source()["monitor"]["drivers"],
        *(f"{f.rule} {f.printed}" for f in rich.findings),
        *(f.fix for f in monitor_2009().findings),
        find_rules("eco-2007-draft").stamp,
        "Three regions everything without mining factories numbers made jobs csv own NUTS none",
        "TOTAL rank_change",
    ]
    return frozenset(WORD.findall(" ".join(names).lower()))


@pytest.fixture(scope="module")
def said(rich: StudyResult, own: frozenset[str], letters: None) -> Document:
    """The report of the small study, computed anew in that language as the workbench does."""
    return document(rerun(rich, rich.study))


def english(text: str, own: Collection[str]) -> list[str]:
    """Words of a text that are in English and stand for nothing of the study's own."""
    return [word for word in WORD.findall(text) if word.lower() not in own]


def test_no_text_of_a_section_stays_in_english(said: Document, own: frozenset[str]) -> None:
    found = [
        (section.id, text)
        for section in said.sections
        for text in (section.question, *section.answer, *section.certainty, section.line)
        if english(text, own)
    ]
    assert found == []
    assert len(said.sections) > 12


def test_no_table_of_a_section_stays_in_english(said: Document, own: frozenset[str]) -> None:
    found = [
        (section.id, text)
        for section in said.sections
        for table in section.tables
        for text in (table.caption, *table.columns, table.note)
        if english(text, own)
    ]
    assert found == []


def test_nothing_around_the_sections_stays_in_english(said: Document, own: frozenset[str]) -> None:
    method = [term for term, _text in said.method]
    found = (said.origin, said.footer, said.subtitle, *said.findings, *method)
    assert [text for text in found if english(text, own)] == []
    steps = said.method[-1][1].splitlines()
    assert [s for s in steps if english(s, {*own, "employment", "average_wage", "payroll"})] == []


def test_the_brief_keeps_its_shape_and_its_language(said: Document, own: frozenset[str]) -> None:
    short = brief(said)
    texts = [t for s in short.sections for t in (s.question, *s.answer, *s.certainty, s.line)]
    assert [text for text in (short.title, *texts) if english(text, own)] == []
    assert len(short.sections) > 3


def test_the_page_names_its_language(said: Document) -> None:
    bare = replace(said, sections=tuple(replace(s, figures=()) for s in said.sections))
    page = html.render_html(bare)
    assert '<html lang="sv">' in page
    assert other("How the numbers are made") in page
    assert not re.search("Contents|How sure are we|In short|Table behind", page)


def test_numbers_stand_to_the_right_with_a_decimal_comma(letters: None) -> None:
    rows = (("a", "1,2 (0,9–1,4)", "1.2"), ("b", between("−1", "+2"), "3"))
    assert Table("", ("x", "y", "z"), rows).numeric == (False, True, False)


def test_statuses_become_signs_in_any_language(letters: None) -> None:
    words = "; ".join(other(MEANING[f]) for f in ("c", "d", "interval"))
    assert signs([words, joined([other(MEANING["c"]), other(MEANING["m"])])]) == {
        words: "c d ±",
        joined([other(MEANING["c"]), other(MEANING["m"])]): "c m",
    }
    assert sign("entry;c") == f"{other('new')} c"
    note = key(["c ±"])
    assert note.startswith(f"{other('Status')}: c {other('confidential')}; ")
    assert without_key(f"x. {note}") == "x."
    assert with_signs((other("Status of the change"),), [(other("confidential"),)])[0] == (("c",),)


def test_what_was_said_when_facts_were_read_is_said_anew(letters: None) -> None:
    assert (
        retold("read jobs from a.csv, b.csv")
        == f"{other('read')} jobs {other('from')} a.csv, b.csv"
    )
    long = (
        "3 of 9 regions rest on parts of codes of nuts:2016, estimated by pop. Area does not say "
        "where jobs are. [2015–2018]"
    )
    found = retold(long)
    assert WORD.findall(found) == ["nuts", "pop"]
    assert re.fullmatch(r"3 \w+ 9 .* \[2015–2018\]", found)
    assert retold("The office's own note. It stays.") == "The office's own note. It stays."


def test_english_stays_as_it_was_said() -> None:
    with speaking("en"):
        assert retold("read jobs from a.csv") == "read jobs from a.csv"


def test_a_language_that_is_not_spoken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        report(tmp_path, language="xx")
    assert refused.value.finding.admissible == "en, sv"
