"""Cluster definitions side by side, as a document and as plain text."""

from __future__ import annotations

from hansa.clusters.comparison import Comparison, Pair, Placed
from hansa.errors import listed
from hansa.report.document import Document, Section, Table
from hansa.views.format import MISSING, THIN

_METHOD = (
    (
        "What is counted",
        "Classes, the finest codes of the classification, each once. A class with many jobs "
        "weighs as much as one with none: the page says how definitions are drawn, not how much "
        "work they move.",
    ),
    (
        "Agreement of groups",
        "Adjusted Rand index (Hubert and Arabie 1985) over the classes that both definitions "
        "place: 1 for the same groups, about 0 where they agree no more than by chance. In our "
        "words: from 0.8 nearly the same, from 0.5 mostly the same, from 0.2 partly the same, "
        "below that mostly different.",
    ),
    (
        "Main cluster",
        "Where several clusters share a class, the one with the greatest weight counts for the "
        "agreement and for the kind; of equal weights the one that the definition names first.",
    ),
    (
        "Nearest cluster",
        "The cluster that shares most with another: the weight that both give the same classes "
        "over the weight that either gives (Jaccard). 1 means the same classes with the same "
        "weights, 0 none in common.",
    ),
    (
        "Outside",
        "Codes that a definition sets outside, and codes that it does not list, are in no cluster.",
    ),
)


def document(found: Comparison) -> Document:
    """A comparison as a document: questions, answers, tables."""
    names = [p.definition.id for p in found.placed]
    code_list = found.placed[0].definition.codelist
    return Document(
        title="Cluster definitions compared",
        subtitle=f"{', '.join(names[:-1])} and {names[-1]}, on {code_list.id}",
        origin="Definitions only: codes and groups. No figure of any region stands on this page.",
        findings=(_agreement_answer(found.pairs), *_kinds_answer(found.pairs)),
        sections=(
            _what(found),
            _agreement(found),
            _kinds(found),
            *(_nearest(found, i) for i in range(len(found.placed))),
        ),
        method=_METHOD,
        footer="Made with Hansa.",
    )


def text(found: Comparison) -> str:
    """A comparison as plain text: the tables of the document."""
    sections = (_what(found), _agreement(found), _kinds(found))
    nearest = (_nearest(found, i) for i in range(len(found.placed)))
    blocks = []
    for section in (*sections, *nearest):
        blocks.append("\n".join((section.question, *section.answer)))
        blocks += [_lines(table) for table in section.tables]
    return "\n\n".join(blocks)


def _what(found: Comparison) -> Section:
    code_list = found.placed[0].definition.codelist
    split = [p.definition.id for p in found.placed if p.split]
    silent = [p.definition.id for p in found.placed if not any(p.kinds.values())]
    notes = []
    if split:
        notes.append(f"Shared: classes that several clusters of {listed(split)} hold in part.")
    if silent:
        notes.append(f"{MISSING}: {listed(silent)} does not say what is traded or local.")
    columns = ("definition", "clusters", "classes", *_SAID, "shared", "name", "source")
    rows = tuple(_what_row(p) for p in found.placed)
    return Section(
        id="what",
        question="What is compared?",
        answer=(f"{len(rows)} definitions on {code_list.title} ({code_list.id}).",),
        tables=(Table("The definitions and what they place", columns, rows, " ".join(notes)),),
    )


_SAID = ("traded", "local")


def _what_row(p: Placed) -> tuple[str, ...]:
    d = p.definition
    kinds = [_whole(p.count(kind)) if any(p.kinds.values()) else MISSING for kind in _SAID]
    numbers = (_whole(len(d.clusters)), _whole(len(p.weights)), *kinds, _whole(p.split))
    return (d.id, *numbers, d.label, d.source)


def _agreement(found: Comparison) -> Section:
    rows = tuple(
        (
            f"{p.first}, {p.second}",
            _decimal(p.rand),
            p.words,
            _whole(p.both),
            _whole(p.only_first),
            _whole(p.only_second),
        )
        for p in sorted(found.pairs, key=lambda p: -(p.rand if p.rand is not None else -2))
    )
    columns = ("pair", "agreement", "in words", "in both", "first only", "second only")
    return Section(
        id="agreement",
        question="Do they draw the same groups?",
        answer=(_agreement_answer(found.pairs),),
        tables=(Table("Agreement of the groups, pair by pair", columns, rows),),
    )


def _agreement_answer(pairs: tuple[Pair, ...]) -> str:
    known = [p for p in pairs if p.rand is not None]
    if not known:
        return "Cannot be said: no pair has groups that could agree or differ."
    best = max(known, key=lambda p: p.rand or 0)
    answer = (
        f"The groups of {best.first} and {best.second} are {best.words} "
        f"({_decimal(best.rand)} on a scale where 1 is the same and 0 is chance)"
    )
    least = min(known, key=lambda p: p.rand or 0)
    if least is best:
        return f"{answer}."
    return (
        f"{answer}; no pair is more alike. Least alike are {least.first} and "
        f"{least.second}: {least.words} ({_decimal(least.rand)})."
    )


def _kinds(found: Comparison) -> Section:
    rows = tuple(
        (
            f"{p.first}, {p.second}",
            *(_whole(n) if p.kinds_known else MISSING for n in _counts(p)),
            _percent(p.traded_share),
            _whole(p.both),
        )
        for p in found.pairs
    )
    columns = ("pair", "apart", "both traded", "both local", "share traded", "classes in both")
    note = (
        "Apart: classes that one definition calls traded and the other local. Share traded: of the "
        "classes in both, those that both call traded."
    )
    tables = [Table("Traded and local, pair by pair", columns, rows, note)]
    if found.disputed:
        tables.append(_disputed(found))
    return Section(
        id="kinds",
        question="Do they call the same industries traded?",
        answer=_kinds_answer(found.pairs) or ("Cannot be said: no pair states the kinds.",),
        tables=tuple(tables),
    )


def _counts(p: Pair) -> tuple[int, int, int]:
    return p.kinds_apart, p.traded_both, p.local_both


def _kinds_answer(pairs: tuple[Pair, ...]) -> tuple[str, ...]:
    known = [p for p in pairs if p.kinds_known]
    if not known:
        return ()
    least = max(known, key=lambda p: p.kinds_apart / p.kinds_known)
    if not least.kinds_apart:
        return ("No class is traded in one definition and local in another.",)
    share = _percent(least.kinds_apart / least.kinds_known)
    return (
        f"{least.first} and {least.second} differ most on what is traded: in {least.kinds_apart} "
        f"of {least.kinds_known} classes ({share}) one says traded and the other local.",
    )


def _disputed(found: Comparison) -> Table:
    labels = found.placed[0].definition.codelist.label
    names = [p.definition.id for p in found.placed]
    rows = tuple(
        (code, labels.get(code, code), *(kinds.get(name, "") for name in names))
        for code, kinds in found.disputed.items()
    )
    return Table(
        f"Classes that are traded in one definition and local in another ({len(rows)})",
        ("class", "name", *names),
        rows,
        "Empty: the definition does not place the class, or does not say.",
    )


def _nearest(found: Comparison, i: int) -> Section:
    own = found.placed[i].definition
    others = [p.definition for p in found.placed if p.definition is not own]
    cells: dict[str, list[str]] = {c: [] for c in own.clusters}
    half = []
    for other in others:
        near = found.nearest[own.id, other.id]
        for n in near:
            name = f"{other.label_of(n.other)} ({_decimal(n.jaccard)})" if n.other else "none"
            cells[n.cluster].append(name)
        half.append(f"{sum(n.jaccard >= 0.5 for n in near)} in {other.id}")
    rows = tuple((own.label_of(c), *cells[c]) for c in own.clusters)
    return Section(
        id=f"nearest-{i + 1}",
        question=f"Where are the clusters of {own.id} elsewhere?",
        answer=(
            f"Of its {len(rows)} clusters, those that overlap by half or more with one cluster "
            f"elsewhere: {', '.join(half)}.",
        ),
        tables=(
            Table(
                f"Nearest clusters to those of {own.id}, with their overlap",
                ("cluster", *(f"in {other.id}" for other in others)),
                rows,
            ),
        ),
    )


def _lines(table: Table) -> str:
    """A table in columns of equal width; numbers to the right."""
    grid = [table.columns, *table.rows]
    widths = [min(44, max(len(row[i]) for row in grid)) for i in range(len(table.columns))]
    numeric = table.numeric
    lines = []
    for row in grid:
        cells = [
            _cut(cell, width).rjust(width) if right else _cut(cell, width).ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join((table.caption, *lines, *([table.note] if table.note else [])))


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 1] + "…"


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", THIN)


def _decimal(number: float | None) -> str:
    return MISSING if number is None else f"{number:.2f}".replace("-", "−")


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{share * 100:.0f}{THIN}%"
