"""The brief of a report: what one reads in five minutes, on two pages of paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hansa.language import N_, _, ngettext
from hansa.report.document import Document, Section, Table
from hansa.views.captions import DATA_COLUMNS
from hansa.views.figure import Figure
from hansa.views.format import MISSING, between

MOST_FIGURES = 3
_TALLEST = 900  # pixels of a figure that stays readable beside the rest of a page
_ALL_FIGURES = 1300  # pixels of all figures, one below the other
_FEW_ROWS = 8
_FINDINGS, _GAPS = 4, 3
_LONG, _SHORT, _WORDS = 320, 160, 60  # characters of a text, of a line, of a cell
_FINDING, _ORIGIN = 400, 440  # what was found, and what was done to the data, is said in full

# What a brief is asked for first: strengths, then places, then size; other questions follow.
_FIRST = ("area", "region", "cluster", "size")
# A stop ends a sentence unless it stands after a shortened word or a letter: `NACE Rev. 2`.
_ENDS = re.compile(r"(?<!\b[A-Za-z])(?<!\b(?:No|St|Nr|ca|vs))(?<!\b(?:Rev|Vol))(?<!\bincl)\. ")
_MARKS = ("*", "†", "‡", "§", "¶")

_LIMIT = N_(
    "Numbers of this kind say where activities concentrate and how they change; they do not say "
    "why, nor what a policy would bring about."
)
_FULL = N_(
    "The report (report.html, report.pdf), the workbook with every number (report.xlsx) and the "
    "tables (folder tables) lie in the folder of the results, with the recipe that replays them."
)


def brief(document: Document) -> Document:
    """The findings, at most three figures, how sure we are, and what cannot be said.

    It shows the questions whose answers are the findings. A figure too tall for its page is
    replaced by the first rows of its table, which keep its order. Texts that are too long end
    after a whole sentence, or with an ellipsis.
    """
    sections = list(_shown(document))
    sections.append(
        Section(
            "gaps",
            _("What can these numbers not say?"),
            (*_lines(_gaps(document), _GAPS, _LONG), _(_LIMIT)),
        )
    )
    more = len(document.findings) - _FINDINGS
    rest = (_more_findings(more),) if more > 0 else ()
    sections.append(Section("full", _("Where is the full report?"), (_(_FULL), *rest)))
    return replace(
        document,
        title=_shortened(_("{title}: in brief", title=document.title), _SHORT),
        subtitle=_shortened(document.subtitle, _LONG),
        origin=_shortened(document.origin, _ORIGIN),
        findings=_lines(document.findings, _FINDINGS, _FINDING),
        sections=tuple(sections),
        method=(),
        footer=_shortened(document.footer, _SHORT),
        brief=True,
    )


def _more_findings(count: int) -> str:
    return ngettext("It has one more finding.", "It has {number} more findings.", count)


def _shown(document: Document) -> Iterator[Section]:
    answered = [
        s for s in document.sections if s.figures and s.answer and s.answer[0] in document.findings
    ]
    # An answer can come up again on another base: the first stands for it.
    firsts = {s.answer[0]: s for s in reversed(answered)}
    once = [s for s in answered if firsts[s.answer[0]] is s]
    wanted = sorted(once, key=_rank)[:MOST_FIGURES]
    chosen = [s for s in once if any(s is w for w in wanted)]
    fitting = _fitting([s.figures[0] for s in chosen])
    for section, fits in zip(chosen, fitting, strict=True):
        figure = section.figures[0]
        yield replace(
            section,
            question=_shortened(section.question, _SHORT),
            answer=(),
            figures=(figure,) if fits else (),
            tables=() if fits else (_top(figure),),
            certainty=_certainty(section.certainty),
            # A figure prints its own source.
            line="" if fits else _shortened(section.line, _LONG),
            python="",
            command="",
        )


def _rank(section: Section) -> int:
    kind = section.id.partition("-")[0]
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _fitting(figures: list[Figure]) -> list[bool]:
    """Which figures there is room for; the last come first, for they are the most particular."""
    room, fitting = _ALL_FIGURES, []
    for figure in reversed(figures):
        fits = _height(figure) <= min(_TALLEST, room) or not figure.rows
        room -= _height(figure) if fits else 0
        fitting.append(fits)
    return fitting[::-1]


def _height(figure: Figure) -> int:
    """Pixels from the upper to the lower edge of the picture for a page."""
    around = figure.spec.get("padding", {})
    return int(around.get("top", 0) + figure.spec.get("height", 0) + around.get("bottom", 0))


def _top(figure: Figure) -> Table:
    """The first rows of the table behind a figure: names and numbers, a status as a mark.

    Bounds stand beside their value in one column. Codes and columns that are empty in these rows
    are left out.
    """
    columns, rows = _beside_values(figure.columns, figure.rows[:_FEW_ROWS])
    status = [i for i, head in enumerate(columns) if head.startswith(_("Status"))]
    left_out = {*status, *(i for i, head in enumerate(columns) if head == _("Code"))}
    kept = [i for i in range(len(columns)) if i not in left_out and any(row[i] for row in rows)]
    reasons = list(dict.fromkeys(row[i] for row in rows for i in status if row[i]))
    marks = {reason: _MARKS[min(n, len(_MARKS) - 1)] for n, reason in enumerate(reasons)}
    shown = [
        _marked([row[i] for i in kept], {marks[row[i]] for i in status if row[i]}) for row in rows
    ]
    notes = [f"{marks[reason]} {_shortened(reason, _SHORT)}." for reason in reasons]
    if len(figure.rows) > len(rows):
        notes.append(
            _(
                "The first {shown} of {all}; all are in the full report.",
                shown=len(rows),
                all=len(figure.rows),
            )
        )
    heads = tuple(_shortened(columns[i], _WORDS) for i in kept)
    return Table(_shortened(figure.title, _SHORT), heads, tuple(shown), " ".join(notes))


def _beside_values(
    columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table with `1.7 (1.4–2.2)` in place of three columns, and short heads."""
    lowest, highest = map(_, DATA_COLUMNS[:2])
    low = columns.index(lowest) if lowest in columns else 0
    if low == 0 or columns[low + 1 : low + 2] != (highest,):
        return columns, list(rows)
    bounded = any(row[low] for row in rows)
    plain = columns[low - 1].partition(" (")[0].rpartition(": ")[2]
    head = f"{plain[:1].upper()}{plain[1:]}"
    if bounded:
        head = _("{value} (bounds)", value=head)
    share = _(DATA_COLUMNS[2])
    after = (_("Estimated") if c == share else c for c in columns[low + 2 :])
    merged = [
        (*row[: low - 1], _with_bounds(*row[low - 1 : low + 2]), *row[low + 2 :]) for row in rows
    ]
    return (*columns[: low - 1], head, *after), merged


def _with_bounds(value: str, low: str, high: str) -> str:
    if not low:
        return value
    return between(low, high) if value in ("", MISSING) else f"{value} ({between(low, high)})"


def _marked(cells: list[str], marks: set[str]) -> tuple[str, ...]:
    texts = [_shortened(cell, _WORDS) for cell in cells]
    return (f"{texts[0]} {''.join(sorted(marks))}".rstrip(), *texts[1:])


def _certainty(lines: tuple[str, ...]) -> tuple[str, ...]:
    """How sure we are in one line: the first sentence of each, as many as there is room for."""
    firsts = [_ENDS.split(line, maxsplit=1)[0].rstrip(".") + "." for line in lines]
    text = ""
    for first in firsts:
        longer = f"{text} {first}".strip()
        if text and len(longer) > _SHORT:
            break
        text = longer
    return (_shortened(text, _SHORT),) if text else ()


def _gaps(document: Document) -> tuple[str, ...]:
    return next((s.answer for s in document.sections if s.id == "gaps"), ())


def _lines(texts: Iterable[str], most: int, length: int) -> tuple[str, ...]:
    return tuple(_shortened(text, length) for text in texts)[:most]


def _shortened(text: str, most: int) -> str:
    """Whole sentences of together at most `most` characters; else whole words and an ellipsis."""
    if len(text) <= most:
        return text
    end = max((match.start() for match in _ENDS.finditer(text, 0, most)), default=0)
    if end > most // 3:
        return text[: end + 1]
    cut = text[: most - 2]
    return f"{cut.rpartition(' ')[0] or cut} …"
