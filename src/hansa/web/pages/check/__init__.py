"""What is wrong with the study, or unlikely, or worth knowing: the findings of `hansa check`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hansa.language import N_, _, named, ngettext
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from pathlib import Path

    from hansa.errors import Finding
    from hansa.report.document import Section, Table
    from hansa.report.findings import Group

_QUESTIONS = {
    "error": (
        N_("What cannot be right?"),
        N_("Results would be wrong, or are refused, until this is put right."),
    ),
    "warning": (
        N_("What is unlikely, or not declared?"),
        N_("Compare it with the source before you use the results."),
    ),
    "note": (N_("What should a reader know?"), N_("Nothing has to be done.")),
}
_PARTS = (
    ("place", N_("Where")),
    ("printed", N_("Found")),
    ("admissible", N_("Needed")),
    ("fix", N_("What to do")),
)
_MODEL = N_("Every number on regions and clusters is drawn at random and true of no region.")
_LOOKS = (
    N_(
        "Looked at: every cell of the facts (values, statuses, bounds, units), rows that stand "
        "twice, codes of the declared versions, sums of parts against published totals, series "
        "over the years, ratios between columns, and whether the codes of each cluster occur in "
        "the facts."
    ),
    N_(
        "Not looked at: whether the publisher counted correctly, and whether the choices of "
        "study.toml suit the question."
    ),
)


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.findings import answer
    from hansa.study.check import check_path
    from hansa.web.studies import is_alone

    if is_alone(session.folder):
        from hansa.web.index_check import check

        return check(session)
    session.tell(_("checking every cell of the facts"), 0.1)
    names = _named(session.folder)
    found = [inside(f, session.folder, names) for f in check_path(session.folder)]
    return Sheet(
        question=_("What is wrong with this study?"),
        answer=(answer(found), *_counted(found)),
        sections=tuple(checked_sections(found)),
        lists=(Listing(_("What was checked"), tuple(_checked(session.folder))),),
        origin=_(_MODEL) if (model := _model(session.folder)) else "",
        model_data=model,
    )


def _counted(findings: Sequence[Finding]) -> Iterator[str]:
    """What the numbers count, where one kind of finding stands in several places."""
    from hansa.report.findings import grouped

    groups = grouped(findings)
    if any(group.places > 1 for group in groups):
        yield ngettext(
            "Counted are places; they are of one kind.",
            "Counted are places; they are of {number} kinds.",
            len(groups),
        )


Names = Mapping[str, Mapping[str, str]]
"""Dimension -> code -> name, in the language spoken."""


def _named(folder: Path) -> Names:
    """Names of the codes of each dimension, as far as the tables declare their code lists."""
    from hansa.codes import classification, geography_codes
    from hansa.errors import HansaError
    from hansa.study.config import read_study

    found: dict[str, dict[str, str]] = {"geo": {}, "activity": {}}
    try:
        specs = read_study(folder).facts.values()
    except HansaError:
        return found
    for spec in specs:
        for dim, listed, own in (
            ("geo", geography_codes, spec.geography),
            ("activity", classification, spec.classification),
        ):
            try:
                names = listed(own).names if own and own != "local" else {}
            except HansaError:
                continue
            kind = {"geo": "place", "activity": "activity"}[dim]
            found[dim] = {code: named(kind, name) for code, name in names.items()} | found[dim]
    return found


def inside(finding: Finding, folder: Path, names: Names | None = None) -> Finding:
    """The finding in the language spoken; places as seen from the study folder, codes with names.

    names  of codes; where there are none, codes stand alone
    """
    from dataclasses import replace

    from hansa.study.told import told

    def short(text: str) -> str:
        return text.replace(f"{folder}/", "").replace(str(folder), _("the study folder"))

    def with_name(match: re.Match[str]) -> str:
        name = (names or {}).get(words[match[1]], {}).get(match[2], "")
        return f"{match[0]} ({name})" if name and name != match[2] else match[0]

    said, words = told(finding), _words_of_dimensions()
    code = re.compile(rf"\b({'|'.join(words)}) ([^\s,()]+)(?=,|$)")
    place = code.sub(with_name, short(said.place))
    return replace(said, place=place, printed=short(said.printed))


def _words_of_dimensions() -> dict[str, str]:
    """What stands before a code in a place, in English and as spoken -> its dimension."""
    from hansa.facts.check_words import at

    dimensions = ("geo", "activity")
    return {d: d for d in dimensions} | {at(d, "").strip(): d for d in dimensions}


_LINES = ('import hansa\nhansa.check("STUDY")', "hansa check STUDY --json")


def checked_sections(
    findings: Sequence[Finding], lines: tuple[str, str] = _LINES
) -> Iterator[Section]:
    """Findings in a section for each severity; `lines` of Python and the command that give them."""
    from hansa.report.document import Section
    from hansa.report.findings import counts, grouped

    groups = grouped(findings)
    found = counts(groups)
    for severity, (question, meaning) in _QUESTIONS.items():
        own = [g for g in groups if g.severity == severity]
        if not own:
            continue
        yield Section(
            id=severity,
            question=_(question),
            answer=(f"{_places(found[own[0].severity], len(own))} {_(meaning)}",),
            tables=tuple(map(_table, own)),
            python=lines[0],
            command=lines[1],
        )


def _places(number: int, kinds: int) -> str:
    if kinds == 1:
        return ngettext("{number} place, of 1 kind.", "{number} places, of 1 kind.", number)
    return _("{number} places, of {kinds} kinds.", number=number, kinds=kinds)


def _table(group: Group) -> Table:
    """One rule: a row a place; what else all places have in common stands below."""
    from hansa.report.document import Table

    alike = {name for name, label in _PARTS[1:] if group.common(name)}
    shown = [
        (name, label)
        for name, label in _PARTS
        if name == "place" or (name not in alike and any(getattr(f, name) for f in group.findings))
    ]
    below = [f"{_(label)}: {group.common(name)}." for name, label in _PARTS if name in alike]
    if group.more:
        more = ngettext(
            "{number} more place is counted only.",
            "{number} more places are counted only.",
            group.more,
        )
        below.append(more)
    return Table(
        group.rule[:1].upper() + group.rule[1:],
        tuple(_(label) for name, label in shown),
        tuple(tuple(getattr(f, name) for name, label in shown) for f in group.findings),
        " ".join(text.replace("..", ".") for text in below),
    )


def _model(folder: Path) -> bool:
    """Whether the facts are model data; a study that cannot be read is not called so."""
    from hansa.errors import HansaError
    from hansa.study.config import read_study

    try:
        return any(spec.model_data for spec in read_study(folder).facts.values())
    except HansaError:
        return False


def _checked(folder: Path) -> Iterator[Item]:
    """The tables and definitions that were gone through, as far as study.toml can be read."""
    from hansa.errors import HansaError
    from hansa.study.config import facts_paths, read_study
    from hansa.study.told import told

    try:
        study = read_study(folder)
    except HansaError as problem:
        yield Item(_("study.toml only: {fault}.", fault=told(problem.finding).rule))
        return
    for name, spec in study.facts.items():
        try:
            files = ", ".join(path.name for path in facts_paths(folder, spec))
            yield Item(_("The table {name}: {files}", name=name, files=files))
        except HansaError as problem:
            fault = told(problem.finding).rule
            yield Item(_("The table {name}: not there ({fault})", name=name, fault=fault))
    for name in study.definitions:
        yield Item(_("The cluster definition {name}", name=name))
    yield from (Item(_(text)) for text in _LOOKS)


PAGE = Page(
    id="check",
    label=N_("Check"),
    help=N_("What is wrong with the tables of the study, where, and what to do"),
    parameters=(*METHOD,),
    build=_build,
    place=100,
    needs="either",
)
