"""The figures of a report as sheets: their numbers, and charts that the spreadsheet draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from hansa.errors import HansaError
from hansa.panel import Panel
from hansa.report.document import Section
from hansa.report.part import QUOTIENT, Part, parts
from hansa.report.xlsxcells import Exact, Styles, clean
from hansa.study.run import StudyResult
from hansa.views.captions import value_head
from hansa.views.figure import Figure
from hansa.views.league import league
from hansa.views.reading import At, Cell, Reading, Words, cluster_axis, read
from hansa.views.theme import DEEP

_MOST_BARS = 45
_HEAD_ROW = 7


@dataclass(frozen=True)
class Numbers:
    """The numbers behind one figure, in its order.

    change  the readings of a second measure by code, empty without one
    ranks   rank, best and worst by code, for leagues
    """

    reading: Reading
    cells: tuple[Cell, ...]
    change: Reading | None
    ranks: dict[str, tuple[int | None, int | None, int | None]]


class FigureNumbers:
    """The numbers behind the figures of a study's report, from its panels."""

    def __init__(self, result: StudyResult) -> None:
        self._parts = tuple(parts(result))

    def of(self, section: Section, figure: Figure) -> Numbers | None:
        """The numbers of a figure; None where the section is not known here.

        None also where the panel does not hold just the codes of the figure: a table of other
        numbers beside a figure would be worse than none.
        """
        names = _names(figure)
        where = self._where(section)
        if where is None or not names:
            return None
        panel, at, second = where
        along = "geo" if at.cluster else cluster_axis(panel)
        words = Words(labels=names)
        try:
            reading = read(panel, along, at, words)
            change = read(second, along, at, words) if second else None
        except HansaError:
            return None
        cells = {c.code: c for c in reading.cells}
        if set(cells) != set(names):
            return None
        ranks = {}
        if figure.id == "league":
            rows = league(panel, at, words).rows
            ranks = {row.code: (row.rank, row.best, row.worst) for row in rows}
        return Numbers(reading, tuple(cells[code] for code in names), change, ranks)

    def _where(self, section: Section) -> tuple[Panel, At, Panel | None] | None:
        """The rows of the panel a section shows and where to look in them, from its id."""
        kind, _, number = section.id.partition("-")
        place = int(number or 1) - 1 if (number or "1").isdigit() else -1
        if kind not in _KINDS or not 0 <= place < len(self._parts):
            return None
        panel, at, second = _KINDS[kind](self._parts[place])
        if panel is None:
            return None
        panel, second = _at(panel, at), _at(second, at) if second is not None else None
        if not len(panel):
            return None
        year = pc.max(panel.table["time"].cast("int64")).as_py() if "time" in panel.dims else None
        return panel, replace(at, time=year), second if second is not None and len(second) else None


def _at(panel: Panel, at: At) -> Panel:
    """The rows of one place or of one cluster."""
    name, code = ("geo", at.geo) if at.geo else (cluster_axis(panel), at.cluster)
    wanted = pc.equal(panel.table[name].cast("string"), code)
    return replace(panel, table=panel.table.filter(wanted))


def _names(figure: Figure) -> dict[str, str]:
    """Code -> name, in the order of the figure's own table."""
    if "Code" not in figure.columns:
        return {}
    at = figure.columns.index("Code")
    return {row[at]: row[at + 1] for row in figure.rows}


_Found = tuple[Panel | None, At, Panel | None]


def _size(part: Part) -> _Found:
    panels = part.base.area if part.area else part.base.regions
    growth = panels.get("growth_rate")
    at = part.area or At(geo=part.picks.region)
    return panels.get("employment"), at, growth if growth is not None and len(growth) else None


def _regions(at: Callable[[Part], At]) -> Callable[[Part], _Found]:
    return lambda part: (part.base.regions.get(QUOTIENT), at(part), None)


_KINDS: dict[str, Callable[[Part], _Found]] = {
    "size": _size,
    "area": lambda part: (part.base.area.get(QUOTIENT), part.area or At(), None),
    "region": _regions(lambda part: At(geo=part.picks.region)),
    "cluster": _regions(lambda part: At(cluster=part.picks.cluster)),
}


def figure_sheet(
    book: Workbook, sheet: Worksheet, styles: Styles, figure: Figure, numbers: Numbers | None
) -> None:
    """One figure: its words, its numbers, its native chart where it has one."""
    sheet.write_string(0, 0, clean(figure.title), styles.title)
    sheet.write_string(1, 0, clean(figure.subtitle), styles.quiet)
    if figure.model_data:
        text = "MODEL DATA: made up to show the method; true of no region."
        sheet.write_string(2, 0, text, styles.warning)
    sheet.write_string(3, 0, clean(figure.source), styles.quiet)
    sheet.write_string(4, 0, _chart_note(figure, numbers), styles.quiet)
    columns = _columns(figure, numbers, styles)
    for x, (head, values, look, wide) in enumerate(columns):
        sheet.set_column(x, x, wide)
        sheet.write_string(_HEAD_ROW, x, clean(head), styles.head)
        for y, value in enumerate(values, _HEAD_ROW + 1):
            _write(sheet, (y, x), value, look)
    sheet.set_row(_HEAD_ROW, 48)
    last = _HEAD_ROW + len(figure.rows)
    for y, note in enumerate(figure.notes, last + 2):
        sheet.write_string(y, 0, clean(note), styles.quiet)
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    if numbers is not None and _drawn(figure):
        heads = [head for head, *_ in columns]
        _charts(book, sheet, figure, numbers, heads)


def _write(sheet: Worksheet, at: tuple[int, int], value: object, look: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | float):
        sheet.write_number(*at, Exact(value), look)
    else:
        sheet.write_string(*at, clean(str(value)), look)


_Column = tuple[str, list[object], Any, float]


def _columns(figure: Figure, numbers: Numbers | None, styles: Styles) -> list[_Column]:
    """Head, values, look and width of each column."""
    if numbers is None:
        return [
            (head, [_printed(row[i], head) for row in figure.rows], styles.text, 22)
            for i, head in enumerate(figure.columns)
        ]
    cells, reading = numbers.cells, numbers.reading
    columns: list[_Column] = []
    if numbers.ranks:
        for i, head in enumerate(("Rank", "Best possible rank", "Worst possible rank")):
            columns.append((head, [numbers.ranks[c.code][i] for c in cells], styles.year, 10))
    thing = reading.thing[:1].upper() + reading.thing[1:]
    columns.append(("Code", [c.code for c in cells], None, 28))
    columns.append((thing, [c.name for c in cells], None, 40))
    columns += _values(cells, reading, styles, value_head(reading))
    if numbers.change is not None:
        by_code = {c.code: c for c in numbers.change.cells}
        absent = Cell("", "", None)
        changes = tuple(by_code.get(c.code, absent) for c in cells)
        columns += _values(changes, numbers.change, styles, f"Change {numbers.change.period}")
    return [c for c in columns if any(value not in (None, "") for value in c[1])]


def _printed(text: str, head: str) -> object:
    """A count as a number, anything else as the text it is: rounded texts are not the number."""
    count = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if count and head != "Code" else text


def _values(cells: tuple[Cell, ...], reading: Reading, styles: Styles, head: str) -> list[_Column]:
    look = styles.number(reading.header)
    return [
        (head, [c.value for c in cells], look, 16),
        (f"{head}: lowest possible", [c.lower for c in cells], look, 16),
        (f"{head}: highest possible", [c.upper for c in cells], look, 16),
        (f"{head}: share estimated", [c.estimated or None for c in cells], styles.share, 12),
        (f"{head}: status", [_status(c) for c in cells], styles.indented, 40),
    ]


def _status(cell: Cell) -> str:
    return cell.meaning or (cell.reason if cell.absent else "")


def _drawn(figure: Figure) -> bool:
    return not figure.id.startswith("map")


def _chart_note(figure: Figure, numbers: Numbers | None) -> str:
    if numbers is None:
        return "No chart of the spreadsheet's own: the numbers stand as they are printed."
    if not _drawn(figure):
        return "A map of squares has no chart of the spreadsheet's own: its numbers stand below."
    note = "Empty cell: not known; the status beside it says why. It has no bar."
    shown, of = min(len(numbers.cells), _MOST_BARS), len(numbers.cells)
    return note if shown == of else f"{note} The chart shows the first {shown} of {of} rows."


def _charts(
    book: Workbook, sheet: Worksheet, figure: Figure, numbers: Numbers, heads: list[str]
) -> None:
    cells = numbers.cells[:_MOST_BARS]
    thing = next(i for i, head in enumerate(heads) if head == "Code") + 1
    drawn = [(value_head(numbers.reading), numbers.reading, cells)]
    if numbers.change is not None:
        by_code = {c.code: c for c in numbers.change.cells}
        changes = tuple(by_code.get(c.code, Cell("", "", None)) for c in cells)
        drawn.append((f"Change {numbers.change.period}", numbers.change, changes))
    across = len(heads) + 1
    for head, reading, shown in drawn:
        if head not in heads:
            continue
        places = (thing, heads.index(head))
        chart = _bar_chart(book, sheet, places, (figure, head, reading), shown)
        height = 130 + 19 * len(shown)
        chart.set_size({"width": 640, "height": height})
        options = {"description": figure.alt or figure.title, "object_position": 3}
        sheet.insert_chart(_HEAD_ROW, across, chart, options)
        across += 11


def _bar_chart(
    book: Workbook,
    sheet: Worksheet,
    places: tuple[int, int],
    what: tuple[Figure, str, Reading],
    cells: tuple[Cell, ...],
) -> Any:
    """Horizontal bars in the order of the table, with whiskers where there are bounds."""
    figure, head, reading = what
    first, last = _HEAD_ROW + 1, _HEAD_ROW + len(cells)
    chart = book.add_chart({"type": "bar"})
    series: dict[str, Any] = {
        "name": [sheet.name, _HEAD_ROW, places[1]],
        "categories": [sheet.name, first, places[0], last, places[0]],
        "values": [sheet.name, first, places[1], last, places[1]],
        "fill": {"color": DEEP},
        "gap": 40,
    }
    if any(c.bounded and c.value is not None for c in cells):
        series["y_error_bars"] = {
            "type": "custom",
            "plus_values": [_reach(c.upper, c.value) for c in cells],
            "minus_values": [_reach(c.value, c.lower) for c in cells],
        }
    chart.add_series(series)
    start = "MODEL DATA. " if figure.model_data else ""
    title = figure.title if reading.axis == "geo" or head == value_head(reading) else head
    chart.set_title({"name": clean(start + title), "name_font": {"size": 11}, "overlay": False})
    chart.set_legend({"none": True})
    source = f"Source: {reading.header.source}" if reading.header.source else ""
    words = f"{head}. {start}{source}".rstrip(". ")
    # In a chart of bars the writer's x axis is the one of the values.
    chart.set_x_axis(
        {"name": clean(words), "name_font": {"size": 9, "bold": False}, **_scale(reading, cells)}
    )
    thing = reading.thing[:1].upper() + reading.thing[1:]
    # The first row stands at the top, and the axis of values still at the bottom.
    upside = {"reverse": True, "crossing": "max", "label_position": "low"}
    chart.set_y_axis({"name": thing, "num_font": {"size": 9}, **upside})
    return chart


def _reach(high: float | None, low: float | None) -> float:
    """Length of a whisker; none where there is no bar or no bound."""
    return 0.0 if high is None or low is None else max(0.0, high - low)


def _scale(reading: Reading, cells: tuple[Cell, ...]) -> dict[str, Any]:
    """The axis of values: doubling steps around 1 for quotients, as in the figure."""
    style = reading.scale.style
    look = {"quotient": "0.##", "share": "0%", "change": "+0%;-0%;0%"}.get(style, "#,##0")
    known = [c.value for c in cells if c.value is not None]
    if style != "quotient" or not known or min(known) <= 0:
        return {"num_format": look}
    low = 2.0 ** math.floor(math.log2(min(*known, 0.5)))
    high = 2.0 ** math.ceil(math.log2(max(*known, 2.0)))
    return {"num_format": look, "log_base": 2, "min": low, "max": high, "crossing": 1}
