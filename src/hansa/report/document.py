"""What a report is, before it is laid out: questions with answers, figures and tables."""

from __future__ import annotations

import re
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache, cached_property

from hansa.language import _, decimal_mark, spoken
from hansa.report.drawing import Artist
from hansa.report.signs import with_signs
from hansa.views.figure import Figure, finished
from hansa.views.format import between


@cache
def _numbers(_language: str) -> re.Pattern[str]:
    """How a number, an interval, a missing value or nothing is written in the language spoken."""
    mark, to = re.escape(decimal_mark()), re.escape(joint_of_bounds())
    return re.compile(rf"[+−]?\d(?:[\d\s{mark}%()+−–]|{to})*|·|")


def joint_of_bounds() -> str:
    """The word between two bounds of which one has a sign, with its spaces: ` to `."""
    return between("+", "−").strip("+−")


@dataclass(frozen=True)
class Table:
    """A table of texts; columns of numbers are set to the right. `note` stands below it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """For each column: whether every cell is a number, an interval, missing or empty."""
        number = _numbers(spoken())
        return tuple(
            any(row[i] for row in self.rows) and all(number.fullmatch(row[i]) for row in self.rows)
            for i in range(len(self.columns))
        )


def table_behind(figure: Figure) -> Table:
    """The table behind a figure, without the columns that are empty throughout.

    Statuses stand as signs, whose meaning is the note.
    """
    kept = [i for i in range(len(figure.columns)) if any(row[i] for row in figure.rows)]
    columns = tuple(figure.columns[i] for i in kept)
    rows, note = with_signs(columns, [tuple(row[i] for i in kept) for row in figure.rows])
    title = _("Table behind the figure: {figure}", figure=figure.title)
    return Table(title, columns, rows, note)


@dataclass(frozen=True)
class Section:
    """One question with its answer, in the order of every page of Hansa.

    id         name in the address (`#specialisation`); unique in a document
    question   the heading
    answer     one or two plain sentences with figures and certainty
    certainty  how sure we are: shares estimated, missing parts, what would change the answer
    line       source, period, definition, base, reference, version
    python     the lines of Python that give the same result; `command` the command
    """

    id: str
    question: str
    answer: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    certainty: tuple[str, ...] = ()
    line: str = ""
    python: str = ""
    command: str = ""


@dataclass(frozen=True)
class Document:
    """A whole report.

    origin    says before any figure whether the data are real or model data
    findings  the answers in short
    method    (term, explanation) pairs; an explanation of several lines is a list of its lines
    brief     True for a short version of another document, of at most two pages on paper
    """

    title: str
    subtitle: str
    origin: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]
    method: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    model_data: bool = False
    brief: bool = False


class Pictures:
    """The pictures of a report, each drawn once however many formats show it."""

    def __init__(self, artist: Artist | None = None) -> None:
        self._artist = artist
        self._drawn: dict[tuple[int, bool], tuple[Figure, str]] = {}
        self._coming: tuple[list[tuple[Figure, bool]], Future[list[str]]] | None = None

    def prepare(self, made: Document) -> None:
        """Let the second process, where there is one, draw all figures of a document."""
        if self._artist is None or self._coming is not None:
            return
        every = [figure for section in made.sections for figure in section.figures]
        places = [(figure, narrow) for figure in every for narrow in (False, True)]
        requests = [figure.request(narrow=narrow) for figure, narrow in places]
        self._coming = places, self._artist.draw(requests)

    def svg(self, figure: Figure, *, narrow: bool = False) -> str:
        """The SVG of a figure, for a page or (`narrow`) for a telephone."""
        self._collect()
        key = (id(figure), narrow)
        if key not in self._drawn:
            # The figure is kept with its picture: its id stays its own as long as it lives.
            self._drawn[key] = (figure, figure.svg(narrow=narrow))
        return self._drawn[key][1]

    def _collect(self) -> None:
        if self._coming is None:
            return
        places, drawn = self._coming
        self._coming, self._artist = None, None
        # What the second process did not draw is drawn here, with the error it may have had.
        for (figure, narrow), svg in zip(places, drawn.result(), strict=False):
            self._drawn[id(figure), narrow] = (figure, finished(svg))
