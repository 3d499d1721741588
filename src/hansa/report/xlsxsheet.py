"""The sheet of a figure: its words above, columns of numbers, and what is drawn beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from hansa.language import N_, _, pgettext
from hansa.report.xlsxcells import Exact, Styles, clean, lines_of
from hansa.views.figure import Figure
from hansa.views.reading import Cell, Reading

HEAD_ROW = 7
TITLE = 24  # height of the row of a title, in points
_LINE = 15.75  # height of a row of one line, in points; at the usual 15 it would not be kept
_PAGE = 230  # characters across a sheet of paper that can still be read
ABSENT = Cell("", "", None)
EMPTY = N_("Empty cell: not known; the status beside it says why.")
_PARTS = {
    ": lowest possible": N_("{measure}: lowest possible"),
    ": highest possible": N_("{measure}: highest possible"),
    ": share estimated": N_("{measure}: share estimated"),
    ": status": N_("{measure}: status"),
}


@dataclass(frozen=True)
class Column:
    """A head and its values; `None` and the empty text stay empty cells.

    look   of every cell; `looks`, where they differ, of each, then also of the empty ones
    main   stays also where no cell holds anything: then nothing of it is known
    """

    head: str
    values: Sequence[object]
    look: Format | None = None
    wide: float = 16
    looks: Sequence[Format | None] = ()
    main: bool = False

    @property
    def empty(self) -> bool:
        """True where no cell holds anything."""
        return all(value is None or value == "" for value in self.values)


@dataclass(frozen=True)
class Filling:
    """What stands below the words of a figure.

    note   one line above the columns
    notes  lines below them; None for those of the figure
    draw   adds charts and whatever else the sheet has
    kept   columns that stay in sight when the sheet is moved sideways
    tall   least height of the row of heads, in points
    head   look of the heads from column `kept` on, where they do not run across
    room   rows kept free above the heads, for a chart of many columns
    """

    note: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] | None = None
    draw: Callable[[Canvas], None] | None = None
    kept: int = 0
    tall: float = 48
    head: Format | None = None
    room: int = 0


@dataclass(frozen=True)
class Canvas:
    """The sheet of one figure with its columns, for what is drawn beside or below them.

    head_row  the row of the heads, `below` the first free row under the notes (0 is the top)
    """

    book: Workbook
    sheet: Worksheet
    styles: Styles
    figure: Figure
    columns: tuple[Column, ...]
    head_row: int
    below: int

    @property
    def start(self) -> str:
        """What the titles of charts begin with."""
        return f"{_('MODEL DATA.')} " if self.figure.model_data else ""

    @property
    def beside(self) -> int:
        """The first column for charts."""
        return len(self.columns) + 1

    def has(self, head: str) -> bool:
        """Whether a column holds any number."""
        return any(c.head == head and not c.empty for c in self.columns)

    def column(self, head: str) -> int:
        """The place of a column."""
        return next(i for i, c in enumerate(self.columns) if c.head == head)

    def name(self, head: str) -> list[Any]:
        """The head of a column, as a chart refers to it."""
        return [self.sheet.name, self.head_row, self.column(head)]

    def cells(self, head: str, first: int, count: int) -> list[Any]:
        """`count` cells of a column from row `first` on (from 0), as a chart refers to them."""
        x, y = self.column(head), self.head_row + 1 + first
        return [self.sheet.name, y, x, y + count - 1, x]


def figure_sheet(
    book: Workbook, sheet: Worksheet, styles: Styles, figure: Figure, filling: Filling
) -> None:
    """One figure: its words, its numbers, and what is drawn beside them."""
    sheet.write_string(0, 0, clean(figure.title), styles.title)
    sheet.write_string(1, 0, clean(figure.subtitle), styles.quiet)
    if figure.model_data:
        text = _("MODEL DATA: made up to show the method; true of no region.")
        sheet.write_string(2, 0, text, styles.warning)
    sheet.write_string(3, 0, clean(figure.source), styles.quiet)
    sheet.write_string(4, 0, clean(filling.note), styles.quiet)
    columns = tuple(c for c in filling.columns if not c.empty or c.main)
    top = HEAD_ROW + filling.room
    for x, column in enumerate(columns):
        _column(sheet, (top + 1, x), column)
        head = filling.head if filling.head is not None and x >= filling.kept else styles.head
        sheet.write_string(top, x, clean(_said(column.head)), head)
    across = columns if filling.head is None else columns[: filling.kept]
    lines = max((lines_of(c.head, c.wide) for c in across), default=1)
    sheet.set_row(top, max(filling.tall, 16 * lines))
    count = max((len(c.values) for c in filling.columns), default=0)
    if any(c.look is styles.indented for c in columns):
        for y in range(top + 1, top + 1 + count):
            sheet.set_row(y, _LINE)
    y = top + 2 + count
    for note in figure.notes if filling.notes is None else filling.notes:
        sheet.write_string(y, 0, clean(note), styles.quiet)
        y += 1
    # Heads below a chart would take the whole window, were they kept in sight.
    sheet.freeze_panes(0 if filling.room else top + 1, filling.kept)
    sheet.fit_to_pages(max(1, round(sum(c.wide for c in columns) / _PAGE)), 0)
    if filling.draw is not None:
        filling.draw(Canvas(book, sheet, styles, figure, columns, top, y + 1))


def _said(head: str) -> str:
    """A head in the language spoken; charts know a column by its head as it is."""
    for ending, text in _PARTS.items():
        if head.endswith(ending):
            return _(text, measure=_(head.removesuffix(ending)))
    return _(head)


def _column(sheet: Worksheet, at: tuple[int, int], column: Column) -> None:
    first, x = at
    sheet.set_column(x, x, column.wide)
    looks = column.looks or [column.look] * len(column.values)
    for y, (value, look) in enumerate(zip(column.values, looks, strict=True), first):
        if value is None or value == "":
            if column.looks:
                sheet.write_blank(y, x, None, look)
        else:
            write(sheet, (y, x), value, look)


def write(sheet: Worksheet, at: tuple[int, int], value: object, look: Format | None) -> None:
    """A number with all its digits, anything else as text."""
    if isinstance(value, int | float):
        sheet.write_number(*at, Exact(value), look)
    else:
        sheet.write_string(*at, clean(str(value)), look)


def numbers(cells: Sequence[Cell], reading: Reading, styles: Styles, head: str) -> list[Column]:
    """The values of some cells with their bounds, the share estimated, and the status.

    Columns of bounds are left out where every number is exact.
    """
    look = styles.number(reading.header)
    bounds = [
        Column(f"{head}: lowest possible", [c.lower for c in cells], look),
        Column(f"{head}: highest possible", [c.upper for c in cells], look),
    ]
    return [
        Column(head, [c.value for c in cells], look, main=True),
        *(bounds if any(c.bounded for c in cells) else []),
        Column(f"{head}: share estimated", [c.estimated or None for c in cells], styles.share, 12),
        Column(f"{head}: status", [status(c) for c in cells], styles.indented, 40),
    ]


def status(cell: Cell) -> str:
    """What is true of a number, in words; why it is not there, where it is absent."""
    return cell.meaning or (cell.reason if cell.absent and cell.code else "")


def capital(text: str) -> str:
    """The same text with a capital."""
    return text[:1].upper() + text[1:]


def yes_or_no(true: bool) -> str:
    """A cell that answers a question."""
    return pgettext("answer", "yes") if true else pgettext("answer", "no")
