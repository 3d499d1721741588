"""Every text of a figure goes through the catalogues, and numbers follow the language."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hansa import language
from hansa.language import speaking
from hansa.law import NAMED_FLAGS
from hansa.measures import reasons
from hansa.views.figure import Figure
from hansa.views.format import MINUS, THIN, Scale, general, grouped, joined, spelled
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.state import State
from other_language import catalogue
from web.conftest import write_study

_PLACE = re.compile(r"(\{\w+\})")
_WIDE = {ord(c): ord(c) + 0xFEE0 for c in string.ascii_letters}
PAGES = {
    "clusters": {},
    "cluster": {"cluster": "wood-furniture"},
    "region": {"region": "FI1B"},
    "compare": {"compare": "EE00,FI19,LV00"},
}


class Pseudo:
    """A catalogue of a language that says every text in English with wide letters.

    Places of a text stay, so a word that code puts there without the catalogue keeps plain
    letters, also in the lines that a long text is broken into.
    """

    def gettext(self, text: str) -> str:
        parts = _PLACE.split(text)
        return "".join(p if _PLACE.fullmatch(p) else p.translate(_WIDE) for p in parts)

    def ngettext(self, one: str, several: str, number: int) -> str:
        return self.gettext(one if number == 1 else several)

    def pgettext(self, _context: str, text: str) -> str:
        return self.gettext(text)


@pytest.fixture
def pseudo() -> Iterator[None]:
    """The language of wide letters, spoken; names of clusters and places stay as they are."""
    plain = language._catalogue

    def found(code: str, domain: str = "hansa") -> Any:
        return Pseudo() if domain == "hansa" else plain("en", domain)

    with catalogue(found):
        yield


@pytest.fixture(scope="module")
def open_study(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The small study of the workbench."""
    folder: Path = tmp_path_factory.mktemp("language") / "six"
    made = Session(write_study(folder), lambda text, done: None)
    assert made.result
    return made


def words_of(figure: Figure) -> Iterator[tuple[str, str]]:
    """Every text of a figure with where it stands: words, heads, cells, texts of the picture."""
    yield from (("title", figure.title), ("subtitle", figure.subtitle), ("alt", figure.alt))
    yield from (("source", figure.source), *(("note", note) for note in figure.notes))
    yield from (("head", head) for head in figure.columns)
    yield from (("cell", cell) for row in figure.rows for cell in row)
    yield from (("picture", text) for spec in (figure.spec, figure.narrow) for text in drawn(spec))


def drawn(spec: Any) -> Iterator[str]:
    """Texts and hover texts of a specification, and the literals of its label expressions."""
    if isinstance(spec, list):
        for part in spec:
            yield from drawn(part)
    elif isinstance(spec, dict):
        for name, part in spec.items():
            if name in ("text", "hover", "title") and isinstance(part, str):
                yield part
            elif name == "labelExpr":
                yield from re.findall(r"'([^']*)'", re.sub(r"(format|replace)\(.*?'\)", "", part))
            else:
                yield from drawn(part)


def words_of_data(session: Session) -> set[str]:
    """The words of what comes from data and stays: names, codes, the source, the reference."""
    part = session.part(State())
    # Countries head the rows of a table; flags stand in tables as they are in files.
    found = {"NUTS", "Estonia Finland Latvia Lithuania", *NAMED_FLAGS, part.own.definition.name}
    for panel in part.base.regions.values():
        header = panel.header
        found |= {header.reference, header.source, header.definition, header.vintage}
        codes = {c for d in ("geo", "cluster") if d in panel.dims for c in panel.distinct(d)}
        found |= codes | {part.words.name(code, header) for code in codes}
    return {word.lower() for name in found for word in re.findall(r"[^\W\d_]+", name)}


def left(text: str, names: set[str]) -> set[str]:
    """The words of a text in plain letters, without those of names."""
    words = re.findall(r"[^\W\d_]{2,}(?!…)\b", text)  # a name may be cut short
    return {w for w in words if w.isascii() and w.lower() not in names}


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("page", PAGES)
def test_no_text_of_a_figure_misses_the_catalogue(page: str, open_study: Session) -> None:
    names = words_of_data(open_study)
    sheet = pages()[page].build(open_study, State(lang="sv", **PAGES[page]))
    figures = [f for section in sheet.sections for f in section.figures]
    assert figures
    missed = {
        (where, *sorted(words), text[:150])
        for figure in figures
        for where, text in words_of(figure)
        if (words := left(text, names))
    }
    assert not missed


def test_decimals_follow_the_language() -> None:
    quotient, change = Scale("quotient"), Scale("change")
    assert grouped(12345.678, 1) == f"12{THIN}345.7"
    with speaking("sv"):
        assert grouped(12345.678, 1) == f"12{THIN}345,7"
        assert grouped(-0.5, 1) == f"{MINUS}0,5"
        assert quotient.text(2.41) == "2,4"
        assert quotient.with_interval(2.41, 2.33, 2.58) == "2,4 (2,3–2,6)"
        assert change.text(0.034) == f"+3,4{THIN}%"
        assert change.text(0.0001) == f"0,0{THIN}%"
        assert general(0.25) == "0,25"
        assert quotient.text(0.5).value == 0.5


@pytest.mark.usefixtures("pseudo")
def test_lists_and_numerals_are_said_in_the_language() -> None:
    assert joined(["a", "b", "c"]) == "a, b ａｎｄ c"
    assert spelled(3) == "ｔｈｒｅｅ"
    assert Scale("quotient").interval(2.3, 2.6, " to ") == "2,3 ｔｏ 2,6"
    assert Scale("change").interval(-0.1, 0.2) == f"{MINUS}10{THIN}% ｔｏ +20{THIN}%"


def test_a_decimal_comma_is_no_comma_of_a_list() -> None:
    parts = ["wood (2,4)", "food (1,8)"]
    assert joined(parts) == "wood (2,4); food (1,8)"
    with speaking("sv"):
        assert ";" not in joined(parts)
        assert joined(["trä, möbler", "mat (1,8)"]) == "trä, möbler; mat (1,8)"


RECORDED = (
    "size yes: Share of the region 0.0123 ≥ 0.01 (top 10 % of 34 regions), Growth, symmetric 1.2 "
    "to 3 ? 2; focus no: Specialisation (all jobs as base): not applicable",
    "of low reliability: possible at most; strong possible: Size: jobs 12\u202f345 or more ≥ 100",
    "fewer than 10 jobs (0 to 12): no award; size no: Size: jobs unknown ? 3 (rank 4 of 30 to 34 "
    "regions)",
    "jobs +3.2 %, wages −1.0 % to +2.0 % against the benchmark (plain); wage level 0.93 of all "
    "jobs; with growth held against all jobs (+1.0 %): mature",
    "growth of wages or its benchmark (plain) is not known: something in it is hidden or breaks; "
    "another benchmark, or hidden = bounds, may help",
    "tiny: 3 jobs at the start, 5 at the end",
    "outside the population",
    "a reason that nobody wrote here; size yes: nothing compared",
)


@pytest.mark.parametrize("reason", RECORDED)
def test_a_recorded_reason_is_the_same_in_english(reason: str) -> None:
    assert reasons.said(reason) == reason


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("reason", RECORDED)
def test_every_word_of_a_recorded_reason_is_said(reason: str) -> None:
    said = reasons.said(reason)
    assert not left(said, set())
    assert not re.search(r"\d\.\d", said)
    assert re.findall(r"\d+", said) == re.findall(r"\d+", reason)


def test_numbers_of_recorded_reasons_follow_the_language() -> None:
    with speaking("sv"):
        assert "1,2" in reasons.said(RECORDED[0])
        assert "0,0123 ≥ 0,01" in reasons.said(RECORDED[0])
