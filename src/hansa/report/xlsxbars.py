"""Figures along clusters or along regions: columns of numbers with bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from hansa.errors import HansaError
from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.part import QUOTIENT, Part
from hansa.report.xlsxcells import Styles
from hansa.report.xlsxcharts import MOST_BARS, insert, reading_bars
from hansa.report.xlsxsheet import ABSENT, EMPTY, Canvas, Column, Filling, capital, numbers
from hansa.views.captions import value_head
from hansa.views.figure import Figure
from hansa.views.league import league
from hansa.views.reading import At, Cell, Reading, Words, cluster_axis, read


@dataclass(frozen=True)
class _Numbers:
    """The numbers behind one figure, in its order.

    changes  the cells of a second measure, empty without one, with their reading
    ranks    rank, best and worst of each cell, for leagues
    """

    reading: Reading
    cells: tuple[Cell, ...]
    change: Reading | None
    changes: tuple[Cell, ...]
    ranks: tuple[tuple[int | None, int | None, int | None], ...]


_Found = tuple[Panel | None, At, Panel | None]
"""A panel, the place in it, and a second panel: changes beside sizes, for a league its order."""


def names_of(figure: Figure) -> dict[str, str]:
    """Code -> name, in the order of the figure's own table."""
    if _("Code") not in figure.columns:
        return {}
    at = figure.columns.index(_("Code"))
    return {row[at]: row[at + 1] for row in figure.rows}


def latest(panel: Panel) -> Panel:
    """The rows of the last year; all rows of a panel without years."""
    if "time" not in panel.dims or not len(panel):
        return panel
    return panel.where("time", panel.distinct("time")[-1])


def _size(part: Part) -> _Found:
    panels = part.base.area if part.area else part.base.regions
    growth = panels.get("growth_rate")
    at = part.area or At(geo=part.picks.region)
    return panels.get("employment"), at, growth if growth is not None and len(growth) else None


def _regions(at: Callable[[Part], At]) -> Callable[[Part], _Found]:
    return lambda part: (part.base.regions.get(QUOTIENT), at(part), None)


KINDS: dict[str, Callable[[Part], _Found]] = {
    "size": _size,
    "area": lambda part: (part.base.area.get(QUOTIENT), part.area or At(), None),
    "region": _regions(lambda part: At(geo=part.picks.region)),
    "cluster": lambda part: (
        part.base.regions.get(QUOTIENT),
        At(cluster=part.picks.cluster),
        part.order("geo"),
    ),
}


def bars_filling(kind: str, part: Part, figure: Figure, styles: Styles) -> Filling | None:
    """The numbers of a figure of one of KINDS, with bars unless it is a map.

    None where the panel does not hold just the codes of the figure: a table of other numbers
    beside a figure would be worse than none.
    """
    found = _numbers(KINDS[kind](part), figure)
    if found is None:
        return None
    if figure.id.startswith("map"):
        note = _("A map has no chart of the spreadsheet's own: its numbers stand below.")
        return Filling(note, _columns(found, styles))
    shown, of = min(len(found.cells), MOST_BARS), len(found.cells)
    note = " ".join((_(EMPTY), _("It has no bar."), *first_rows(shown, of)))
    return Filling(note, _columns(found, styles), draw=partial(_draw, found=found))


def first_rows(shown: int, of: int) -> tuple[str, ...]:
    """That a chart leaves rows out; nothing where it shows all."""
    if shown == of:
        return ()
    return (_("The chart shows the first {shown} of {all} rows.", shown=shown, all=of),)


def _numbers(where: _Found, figure: Figure) -> _Numbers | None:
    panel, at, second = where
    names = names_of(figure)
    if panel is None or not names:
        return None
    panel = latest(_at(panel, at))
    if not len(panel):
        return None
    along = "geo" if at.cluster else cluster_axis(panel)
    at = replace(at, time=panel.distinct("time")[-1] if "time" in panel.dims else None)
    words = Words(labels=names)
    try:
        reading = read(panel, along, at, words)
        change = read(_at(second, at), along, at, words) if second and not at.cluster else None
    except HansaError:
        return None
    cells = {c.code: c for c in reading.cells}
    if set(cells) != set(names):
        return None
    changed = {c.code: c for c in change.cells} if change else {}
    ranks = {}
    if figure.id == "league":
        ranks = {r.code: (r.rank, r.best, r.worst) for r in league(panel, at, words, second).rows}
    return _Numbers(
        reading,
        tuple(cells[code] for code in names),
        change,
        tuple(changed.get(code, ABSENT) for code in names),
        tuple(ranks[code] for code in names) if ranks else (),
    )


def _at(panel: Panel, at: At) -> Panel:
    """The rows of one place or of one cluster."""
    name, code = ("geo", at.geo) if at.geo else (cluster_axis(panel), at.cluster)
    return panel.where(name, code)


def _columns(found: _Numbers, styles: Styles) -> tuple[Column, ...]:
    cells, reading = found.cells, found.reading
    columns: list[Column] = []
    ranks = (N_("Rank"), N_("Best possible rank"), N_("Worst possible rank"))
    heads = ranks if found.ranks else ()
    for i, head in enumerate(heads):
        columns.append(Column(head, [own[i] for own in found.ranks], styles.year, 10))
    columns.append(Column(N_("Code"), [c.code for c in cells], None, 28))
    columns.append(Column(capital(reading.thing), [c.name for c in cells], None, 40))
    columns += numbers(cells, reading, styles, value_head(reading))
    if found.change is not None:
        head = _("Change {period}", period=found.change.period)
        columns += numbers(found.changes, found.change, styles, head)
    return tuple(columns)


def _draw(canvas: Canvas, found: _Numbers) -> None:
    drawn = [(value_head(found.reading), found.reading, found.cells)]
    if found.change is not None:
        head = _("Change {period}", period=found.change.period)
        drawn.append((head, found.change, found.changes))
    charts = [
        reading_bars(canvas, head, reading, cells)
        for head, reading, cells in drawn
        if canvas.has(head)
    ]
    for number, chart in enumerate(charts):
        insert(canvas, chart, number)
