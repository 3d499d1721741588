"""How numbers are written: decimal mark, sign between thousands, signs that stand for a gap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hansa.language import N_
from hansa.sources.cells import SPACES
from hansa.sources.guess.reason import Reason
from hansa.sources.guess.roles import plain
from hansa.sources.spec import FactsSpec

GAPS = frozenset(("*", "**", ".", "/", "x", "X", "–", "—", "−", "...", "#", "?", "na", "n.a."))
"""Signs by which publishers mark a number that is not there, beside those that always mean it.

A letter that is a status (c, s, …) is none of them: Hansa knows what it means.
"""

_KNOWN = FactsSpec().missing
_GROUPS = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+") for mark in (",", ".", "'")
}
_SPACED = re.compile(rf"[+-]?\d{{1,3}}([{SPACES} ]\d{{3}})+([.,]\d+)?")
_LONG = re.compile(r"[+-]?\d{4,}")

_THOUSANDS = (
    *("ths", "thous", "thousand", "thousands", "tusen", "tusental", "tusinde", "tusinder"),
    *("tausend", "tsd", "tys", "tuhat", "tuhansia", "tuhanded", "tukst", "tukstanciai"),
)
_MILLIONS = ("mio", "mln", "million", "millions", "miljon", "miljoner", "millioner", "millionen")
"""Words for thousands and millions in the languages of the sources, in plain letters."""
_OTHERWISE = (
    *("per", "pr", "pro", "je", "over", "above", "under", "below", "more", "less", "than", "from"),
    *("to", "until", "till", "fran", "bis", "ab", "uber", "ueber", "mindestens"),
)
"""Words before a number that is no multiple, but what a rate or a size class speaks of."""
_PEOPLE = (
    *("per", "pers", "person", "persons", "personer", "personen", "people", "jobs", "employees"),
    *("employed", "workers", "anstallda", "sysselsatta", "henkiloa", "inimest", "osob"),
)
_CLASS = re.compile(r"[<>≤≥]\s*1[ ,.]?000|\d\s*[-–]\s*1[ ,.]?000|1[ ,.]?000\s*(\+|[-–]\s*\d)")

Written = tuple[str, str, dict[str, Reason]]


def multiple_in(text: str) -> str:
    """`1000` or `1000000` where the name of a column or of a unit says so; else empty."""
    if _CLASS.search(text):
        return ""
    words = re.sub(r"(?<!\d)1_000(?!\d)", "1000", plain(text)).split("_")
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        thousands = word in _THOUSANDS or re.fullmatch(r"[a-z]*1000s?", word)
        otherwise = before in _OTHERWISE or before.isdigit() or after.isdigit()
        if otherwise or after not in ("", *_PEOPLE):
            continue
        if thousands or word in _MILLIONS:
            return "1000" if thousands else "1000000"
    return ""


def written(cells: Iterable[str]) -> Written:
    """Decimal mark and sign between thousands of some cells, with reasons where they tell.

    A mark parts thousands where every number with it has groups of three, none begins with a
    zero, and no number goes without it that is long enough to have it: `950` and `1.234` are
    jobs, `0.950` and `1.234` are not. What is meant cannot be told for certain; it is shown.
    """
    texts = [t for t in dict.fromkeys(c.strip() for c in cells) if re.match(r"[+-]?\d", t)]
    if both := [t for t in texts if "," in t and "." in t]:
        comma_last = both[0].rfind(",") > both[0].rfind(".")
        said = _as_in(both[0])
        marks = (",", ".") if comma_last else (".", ",")
        return *marks, {"decimal": said, "thousands": said}
    if spaced := [t for t in texts if _SPACED.fullmatch(t)]:
        decimal = "," if any("," in t for t in texts) else "."
        return decimal, " ", {"thousands": _as_in(spaced[0])}
    for mark, decimal in ((".", ","), (",", "."), ("'", ".")):
        if example := _grouped(texts, mark):
            text = N_("As in {example}: groups of three everywhere.")
            return decimal, mark, {"thousands": Reason(text, {"example": example})}
    if commas := [t for t in texts if "," in t]:
        return ",", "", {"decimal": _as_in(commas[0])}
    return ".", "", {}


def _grouped(texts: Sequence[str], mark: str) -> str:
    """A number in which the mark parts thousands, where it does so in all; else nothing."""
    own = [t for t in texts if mark in t]
    # One wrong cell of many is a mistake, and no other way of writing.
    fitting = [t for t in own if _GROUPS[mark].fullmatch(t)]
    if not own or len(fitting) < 0.9 * len(own) or any(_LONG.fullmatch(t) for t in texts):
        return ""
    return fitting[0]


def _as_in(example: str) -> Reason:
    return Reason(N_("As in {example}."), {"example": example})


def gaps(cells: Iterable[str]) -> dict[str, int]:
    """Signs that stand for a gap beside those that always do -> cells that hold them."""
    found: dict[str, int] = {}
    for cell in cells:
        text = cell.strip()
        if text in GAPS and text not in _KNOWN:
            found[text] = found.get(text, 0) + 1
    return found
