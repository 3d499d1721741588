"""What is wrong with the study, or unlikely, or worth knowing: the findings of `hansa check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

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
        "What cannot be right?",
        "Results would be wrong, or are refused, until this is put right.",
    ),
    "warning": (
        "What is unlikely, or not declared?",
        "Compare it with the source before you use the results.",
    ),
    "note": ("What should a reader know?", "Nothing has to be done."),
}
_PARTS = (
    ("place", "Where"),
    ("printed", "Found"),
    ("admissible", "Needed"),
    ("fix", "What to do"),
)
_MODEL = "Every number on regions and clusters is drawn at random and true of no region."
_LOOKS = (
    "Looked at: every cell of the facts (values, statuses, bounds, units), rows that stand twice, "
    "codes of the declared versions, sums of parts against published totals, series over the "
    "years, ratios between columns, and whether the codes of each cluster occur in the facts.",
    "Not looked at: whether the publisher counted correctly, and whether the choices of study.toml "
    "suit the question.",
)


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.findings import answer, grouped
    from hansa.study.check import check_path

    session.tell("checking every cell of the facts", 0.1)
    found = [_inside(f, session.folder) for f in check_path(session.folder)]
    groups = grouped(found)
    return Sheet(
        question="What is wrong with this study?",
        answer=(answer(found),),
        sections=tuple(_sections(groups)),
        lists=(Listing("What was checked", tuple(_checked(session.folder))),),
        origin=_MODEL if (model := _model(session.folder)) else "",
        model_data=model,
    )


def _inside(finding: Finding, folder: Path) -> Finding:
    """The finding with places as seen from the study folder."""
    from dataclasses import replace

    def short(text: str) -> str:
        return text.replace(f"{folder}/", "").replace(str(folder), "the study folder")

    return replace(finding, place=short(finding.place), printed=short(finding.printed))


def _sections(groups: Sequence[Group]) -> Iterator[Section]:
    from hansa.report.document import Section
    from hansa.report.findings import counts

    found = counts(groups)
    for severity, (question, meaning) in _QUESTIONS.items():
        own = [g for g in groups if g.severity == severity]
        if not own:
            continue
        number, kinds = found[own[0].severity], len(own)
        said = f"{number} place{'s' * (number != 1)}, of {kinds} kind{'s' * (kinds != 1)}."
        yield Section(
            id=severity,
            question=question,
            answer=(f"{said} {meaning}",),
            tables=tuple(map(_table, own)),
            python='import hansa\nhansa.check("STUDY")',
            command="hansa check STUDY --json",
        )


def _table(group: Group) -> Table:
    """One rule: a row a place; what else all places have in common stands below."""
    from hansa.report.document import Table

    alike = {name for name, _ in _PARTS[1:] if group.common(name)}
    shown = [
        (name, label)
        for name, label in _PARTS
        if name == "place" or (name not in alike and any(getattr(f, name) for f in group.findings))
    ]
    below = [f"{label}: {group.common(name)}." for name, label in _PARTS if name in alike]
    if group.more:
        below.append(f"{group.more} more places are counted only.")
    return Table(
        group.rule[:1].upper() + group.rule[1:],
        tuple(label for _, label in shown),
        tuple(tuple(getattr(f, name) for name, _ in shown) for f in group.findings),
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

    try:
        study = read_study(folder)
    except HansaError as problem:
        yield Item(f"study.toml only: {problem.finding.rule}.")
        return
    for name, spec in study.facts.items():
        try:
            files = ", ".join(path.name for path in facts_paths(folder, spec))
            yield Item(f"The table {name}: {files}")
        except HansaError as problem:
            yield Item(f"The table {name}: not there ({problem.finding.rule})")
    for name in study.definitions:
        yield Item(f"The cluster definition {name}")
    yield from (Item(text) for text in _LOOKS)


PAGE = Page(
    id="check",
    label="Check",
    help="What is wrong with the tables of the study, where, and what to do",
    parameters=(*METHOD,),
    build=_build,
    place=100,
)
