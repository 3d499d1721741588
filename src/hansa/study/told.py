"""Findings and refusals in the language spoken: they are made in English, and said where shown.

Steps of the program tell findings apart by their English texts, and results keep them. Before a
page shows one, each of its parts is held against the patterns that such parts are made with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache

from hansa.errors import Finding
from hansa.language import N_, _, decimal_mark, spoken
from hansa.patterns import Patterns, matched


@dataclass(frozen=True)
class Texts:
    """What the parts of findings say: rules, what was found, what is needed, what can be done."""

    rules: Patterns = ()
    found: Patterns = ()
    needed: Patterns = ()
    fixes: Patterns = ()

    def __or__(self, other: Texts) -> Texts:
        return Texts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def told(finding: Finding, more: Texts | None = None) -> Finding:
    """The finding in the language spoken; a part that follows no known pattern stays as it is.

    more  texts beside those of tables and studies
    """
    if spoken() == "en":
        return finding
    texts = _texts() if more is None else _texts() | more
    return replace(
        finding,
        place=_place(finding.place),
        rule=_rule(finding.rule, texts.rules),
        printed=_several(finding.printed, texts),
        admissible=_said(finding.admissible, texts.needed),
        fix=_said(finding.fix, texts.fixes),
    )


def _of_an_index(text: str) -> str:
    """What a step of an index says, in the language spoken; other texts stay."""
    from hansa.index.retold import retold

    return retold(text)


@cache
def _texts() -> Texts:
    # A page in English needs none of them.
    from hansa.study.told_calls import CALLS
    from hansa.study.told_files import FILES
    from hansa.study.told_indices import INDICES
    from hansa.study.told_steps import STEPS
    from hansa.study.told_studies import STUDIES
    from hansa.study.told_tables import TABLES

    return TABLES | STUDIES | INDICES | STEPS | CALLS | FILES


_FURTHER = N_("{rule} ({number} more: hansa check)")


def _rule(text: str, rules: Patterns) -> str:
    if found := matched(text, (_FURTHER,)):
        first, number = found[1]["rule"], found[1]["number"]
        return _(_FURTHER, rule=_said(first, rules), number=number)
    said = _said(text, rules)
    return said if said != text else _of_an_index(text)


_ONE = re.compile(r"(?P<place>.+?): (?P<rule>.+?)(?: \(found (?P<printed>.+)\))?(?:; (?P<fix>.+))?")
_NEXT = "\n          "
"""What stands between findings that are refused together (`hansa.errors.refuse`)."""


def _several(text: str, texts: Texts) -> str:
    """What was found; where that is several findings, each of them."""
    if _NEXT not in text:
        return _said(text, texts.found)
    return "\n".join(_one(line, texts) for line in text.split(_NEXT))


def _one(text: str, texts: Texts) -> str:
    if (match := _ONE.fullmatch(text)) is None:
        return text
    said = f"{_place(match['place'])}: {_rule(match['rule'], texts.rules)}"
    if match["printed"]:
        printed = _said(match["printed"], texts.found)
        said = _("{finding} (found {printed})", finding=said, printed=printed)
    return f"{said}; {_said(match['fix'], texts.fixes)}" if match["fix"] else said


_HOW = (
    N_("{line} in study.toml or NAME.meta.toml, or {option}"),
    N_("columns = {line} or {option}"),
    N_("below, at “{field}”: {value}"),
    N_("below, at “{field}”"),
    N_("in the file"),
    N_("{how}; {other}"),
    N_("choose it below"),
)
_KINDS = (
    *(N_("a number"), N_("a whole number"), N_("a text"), N_("true or false"), N_("a list")),
    *(N_("a table"), N_("{first} or {second}")),
)
_INSIDE: Mapping[str, Patterns] = {
    "first": _KINDS,
    "second": _KINDS,
    "keys": (N_("{first} and {keys}"),),
    "what": (N_("pots"), N_("asks"), N_("the call")),
    **dict.fromkeys(("step", "before"), (N_("weigh by data or people"),)),
    "how": _HOW,
    "other": _HOW,
    "option": (N_("(below)"),),
    "kind": (N_("decimal numbers"), N_("dates or times")),
    "sign": (N_("comma"), N_("semicolon"), N_("tab"), N_("bar")),
    "share": (N_("{number}%"),),
    "values": (N_("{first} or {second}"),),
    "others": (
        N_("none of {number} codes is in a list of {scheme}"),
        N_("of {number} codes, {counts}"),
        N_("of {number} codes, {counts}; no version holds them all"),
        N_(
            "of {number} codes, {counts}; all are in {versions}: the codes alone cannot tell the "
            "version"
        ),
    ),
    "counts": (N_("{counts}, {more}"), N_("{number} in {list}")),
    "more": (N_("{number} in {list}"),),
}
"""Places of patterns that are filled with texts of ours."""
_NUMBERS = ("number", "parts", "whole", "pay")
"""Places that are filled with numbers for people; those in other places may be codes."""
_REACH = re.compile(r"(-?[\d.]+) to (-?[\d.]+)")
_MORE = re.compile(r"(.+) and (\d+) more", re.DOTALL)


def _said(text: str, patterns: Patterns) -> str:
    if not text or (found := matched(text, patterns)) is None:
        return _listed(text)
    pattern, values = found
    return _(pattern, **{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: str) -> str:
    if name in _NUMBERS:
        return value.replace(".", decimal_mark()) if re.fullmatch(r"-?\d+\.\d+", value) else value
    if name == "place":
        return _place(value)
    if name == "part":
        return _part(value)
    return _(value) if name == "field" else _said(value, _INSIDE.get(name, ()))


_ASIDE = (N_("geo {code}: {number} rows"), N_("activity {code}: {number} rows"))


def _listed(text: str) -> str:
    """A list of names whose end was counted, as `hansa.errors.listed` makes it; or a range."""
    if match := _REACH.fullmatch(text):
        return _("{low} to {high}", low=match[1], high=match[2])
    match = _MORE.fullmatch(text)
    names = match[1] if match else text
    if " rows" in names:
        pieces = [(piece, matched(piece, _ASIDE)) for piece in names.split(", ")]
        names = ", ".join(_(own[0], **own[1]) if own else piece for piece, own in pieces)
    return _("{several} and {n} more", several=names, n=match[2]) if match else names


_PARTS = (
    N_("row {number}"),
    N_("rows {rows}"),
    N_("column {name}"),
    N_("columns {names}"),
    N_("column of time"),
    N_("header row"),
    N_("first line"),
    N_("line {number}"),
    N_("lines {numbers}"),
    N_("sheet {name}"),
    N_("byte {number}"),
    N_("after row {number}"),
    N_("time {time}"),
    N_("geo {code}"),
    N_("activity {code}"),
    N_("cluster {code}"),
    N_("code {code}"),
    N_("codes {codes}"),
    N_("unit {code}"),
    N_("aggregate {code}"),
    N_("row {number} ({name})"),
    N_("rows {first} and {second}"),
    N_("command line"),
    N_("the whole table"),
    N_("the address"),
    N_("step {number} ({name}): {part}"),
    N_("step {number} ({name})"),
    N_("indicator {code}"),
    N_("factor {name}"),
    N_("threshold {name}"),
    N_("year {time}"),
    N_("proposal {name}"),
    N_("funder {name}"),
    N_("party {name}"),
    N_("step {name}"),
    N_("{part} (and {number} more)"),
    N_("{code} under {name}"),
    N_("the table with the columns {names}"),
    N_("points or judgements"),
)
_FIRST = (
    *(N_("the address"), N_("recipe"), N_("step {name}"), N_("indicator {code}")),
    *(N_("aggregate {code}"), N_("unit {code}"), N_("factor {name}"), N_("threshold {name}")),
    *(N_("year {time}"), N_("sheet {name}")),
)
"""What a place begins with where that is no file."""
_FILE = re.compile(r"\.[a-z]\w*$")
_CELL = re.compile(r"cell ([A-Z]+\d+)")
_CELLS = re.compile(r"cells ([A-Z]+\d+:[A-Z]+\d+)")


def _place(text: str) -> str:
    """File, row and column; the name of the file comes first and is none of our words."""
    if (said := _of_an_index(text)) != text:
        return said
    first, *others = text.split(", ")
    head = first if _FILE.search(first) else _said(first, _FIRST)
    return ", ".join([head, *(_part(part) for part in others)])


def _part(text: str) -> str:
    if match := _MORE.fullmatch(text):
        return _("{several} and {n} more", several=_part(match[1]), n=match[2])
    if match := _CELL.fullmatch(text):
        return _("cell {cell}", cell=match[1])
    if match := _CELLS.fullmatch(text):
        return _("cells {cells}", cells=match[1])
    return _said(text, _PARTS)
