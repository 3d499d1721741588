"""Regions against clusters: a quotient a cell, coloured around 1, absent ones empty and dashed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc

from hansa.errors import UsageError
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    compose,
    hatch,
    inner_width,
    rects,
    rules,
    texts,
)
from hansa.views.captions import header_notes, source_line
from hansa.views.figure import Figure
from hansa.views.format import MISSING, joined, spelled
from hansa.views.lettering import fitted, width, wrapped
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    cluster_axis,
    read,
    reference_name,
    within,
)
from hansa.views.sentences import certainty
from hansa.views.shades import Shades, shades_of
from hansa.views.theme import GROUND, HAIRLINE, NARROW, QUIET, WIDE, Format, letters_on
from hansa.views.tilemap import LEGEND, colour_legend
from hansa.views.tiles import country

_MOST_ROWS = 40
_MOST_COLUMNS = {"wide": 15, "narrow": 9}
_PITCH, _HEAD_ROW, _LINE = 19, 22, 13
_LONGEST = {"wide": 200, "narrow": 46}
_NAME_ROOM = 124  # length of a cluster's name above its column


@dataclass(frozen=True)
class _Grid:
    """The cells by region and cluster, in the order in which they are shown."""

    regions: tuple[str, ...]
    clusters: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    names: dict[str, str]
    reading: Reading
    shades: Shades
    all_regions: tuple[str, ...]
    by_area: bool

    def shown(self, form: Format) -> tuple[str, ...]:
        return self.clusters[: _MOST_COLUMNS[form.name]]

    def cell(self, region: str, cluster: str) -> Cell:
        missing = Cell(cluster, self.names[cluster], None, status=frozenset("m"))
        return self.cells.get((region, cluster), missing)


def heat_table(
    panel: Panel, at: At = HERE, words: Words = PLAIN, area: Panel | None = None
) -> Figure:
    """Quotients of many regions and clusters in one year as a coloured table.

    area  quotients of one area by cluster: the clusters stand in their order, the highest first;
          without it, or where they say nothing (all 1), in the order of their highest quotient
    Regions stand in the order of their codes, by country; at most 40 are shown, those with the
    highest quotients (of bounds the lower). Wide shows 15 clusters, narrow nine; notes tell more.
    Raises UsageError for measures that are no quotient.
    """
    grid = _grid(panel, at, words, area)
    captions = {form.name: _caption(grid, words, form) for form in (WIDE, NARROW)}
    wide, narrow = (
        compose(captions[form.name], _plot(grid, form), form) for form in (WIDE, NARROW)
    )
    caption = captions["wide"]
    return Figure(
        id=f"table-{grid.reading.header.measure}-{grid.reading.at.time or 'all'}",
        columns=("Code", "Region", *(grid.names[c] for c in grid.shown(WIDE))),
        rows=_rows(grid),
        **vars(caption),
        spec=wide,
        narrow=narrow,
    )


def _grid(panel: Panel, at: At, words: Words, area: Panel | None) -> _Grid:
    axis = cluster_axis(panel)
    codes = tuple(sorted(set(panel.table["geo"].to_pylist())))
    readings = [
        read(_part(panel, code, at.time), axis, replace(at, geo=code, cluster=None), words)
        for code in codes
    ]
    if (first := readings[0]).scale.style != "quotient":
        raise UsageError(
            f"{panel.header.measure} is no quotient",
            printed=panel.header.unit or "no unit",
            admissible="a ratio with 1 as its middle, such as location_quotient_total",
        )
    cells = {
        (code, c.code): c
        for code, reading in zip(codes, readings, strict=True)
        for c in reading.cells
    }
    names = {c.code: c.name for reading in readings for c in reading.cells}
    names |= {code: words.name(code, panel.header) for code in codes}
    every = Reading(tuple(cells.values()), panel.header, first.scale, axis, first.at)
    value = _area_values(area, axis)
    order = value or _highest(cells, 1)
    found = {cluster for _, cluster in cells}
    clusters = tuple(sorted(found, key=lambda c: (-order.get(c, -1.0), c)))
    best = _highest(cells, 0)
    most = sorted(codes, key=lambda code: (-best.get(code, 0.0), code))[:_MOST_ROWS]
    regions = tuple(code for code in codes if code in set(most))
    return _Grid(
        regions, clusters, cells, names, every, shades_of(every, words), codes, bool(value)
    )


def _part(panel: Panel, region: str, time: int | None) -> Panel:
    """The rows of one region and, where it is named, one year; the last year else."""
    wanted = pc.equal(panel.table["geo"].cast("string"), region)
    if "time" in panel.dims:
        years = panel.table["time"].cast("int64")
        year = pc.max(years).as_py() if time is None else time
        # A year that is not there is refused by the reading, which names those that are.
        if pc.any(pc.equal(years, year)).as_py():
            wanted = pc.and_(wanted, pc.equal(years, year))
    return Panel(panel.dims, panel.table.filter(wanted), panel.header)


def _area_values(area: Panel | None, axis: str) -> dict[str, float]:
    """Quotients of the area by cluster; nothing where there are none or all are 1."""
    value = {c.code: c.middle for c in read(area, axis).known} if area is not None else {}
    return value if any(abs(v - 1) > 1e-9 for v in value.values()) else {}


def _highest(cells: dict[tuple[str, str], Cell], part: int) -> dict[str, float]:
    """The highest quotient by region (part 0) or cluster (part 1); tiny cells stand aside."""
    found: dict[str, float] = {}
    for key, cell in cells.items():
        if not cell.absent and not cell.tiny:
            found[key[part]] = max(found.get(key[part], 0.0), _standing(cell))
    return found


def _standing(cell: Cell) -> float:
    """What orders a cell."""
    return cell.low if cell.value is None else cell.value


def _unsure(cell: Cell) -> bool:
    """True where the bounds leave open on which side of 1 it lies, or are all that is known."""
    if cell.absent or not cell.bounded:
        return False
    return cell.value is None or cell.low <= 1 <= cell.high


def _caption(grid: _Grid, words: Words, form: Format) -> Caption:
    reading, header = grid.reading, grid.reading.header
    reference = reference_name(header, words)
    title = words.title or _title(grid, form, reference)
    when = f", {reading.at.time}" if reading.at.time is not None else ""
    subtitle = (
        f"Share of a {reading.thing} in the jobs of each region, as a multiple of its share in "
        f"{reference}{when}."
    )
    drawn = [grid.cell(r, c) for r in grid.regions for c in grid.shown(form)]
    notes = _left_out(grid, form)
    if form.narrow:
        notes.append("The names of the regions stand in the table behind the figure.")
    if any(_unsure(c) and c.value is not None for c in drawn):
        notes.append("Hatched: the bounds lie on both sides of 1, so the side is not certain.")
    if any(_unsure(c) and c.value is None for c in drawn):
        notes.append("White and hatched: only the two bounds are known.")
    if any(c.tiny and not c.absent for c in drawn):
        notes.append("Smaller box: too small to carry a rate.")
    if gone := len([c for c in drawn if c.absent]):
        notes.append(f"Dashed, with a dot: not known ({gone} of {len(drawn)} cells).")
    notes += header_notes(header)
    alt = (
        f"Coloured table of {len(grid.regions)} regions and {len(grid.shown(form))} "
        f"{reading.what}. {title}. {subtitle}"
    )
    source = source_line(header, words, reference=True)
    return Caption(title, subtitle, alt, tuple(notes), source, header.model_data)


def _title(grid: _Grid, form: Format, reference: str) -> str:
    """The highest quotient, of those shown where clusters with higher ones may be left out."""
    shown = {key: c for key, c in grid.cells.items() if key[1] in grid.shown(form)}
    solid = [(key, c) for key, c in shown.items() if not c.absent and not c.tiny]
    if not solid:
        return f"What the regions are specialised in cannot be said for any {grid.reading.thing}"
    partly = grid.by_area and len(grid.clusters) > len(grid.shown(form))
    start = f"Of the {grid.reading.what} shown, the" if partly else "The"
    (region, _), top = max(solid, key=lambda item: (_standing(item[1]), item[0]))
    cells = shown if partly else grid.cells
    others = [c for c in cells.values() if c is not top]
    sure = not any(c.absent for c in others) and all(c.high <= top.low for c in others)
    verb = "is" if sure and certainty(top, 1) == "certain" else "may be"
    number = grid.reading.scale.with_interval(top.value, top.lower, top.upper)
    return (
        f"{start} strongest specialisation {verb} that of {grid.names[region]} in "
        f"{within(top.name)}: {number} times the share of {reference}"
    )


def _left_out(grid: _Grid, form: Format) -> list[str]:
    notes = []
    if rest := grid.clusters[_MOST_COLUMNS[form.name] :]:
        notes.append(
            f"Left out: {spelled(len(rest))} {grid.reading.what} further down in this order "
            f"({_some([within(grid.names[c]) for c in rest], 5)}); "
            "the complete numbers are in the results of the measure."
        )
    if gone := [r for r in grid.all_regions if r not in grid.regions]:
        notes.append(
            f"Left out: {spelled(len(gone))} regions whose highest value is lower "
            f"({_some(gone, 12)})."
        )
    return notes


def _some(names: list[str], most: int) -> str:
    return joined(
        names if len(names) <= most else [*names[: most - 1], f"{len(names) + 1 - most} more"]
    )


# --- drawing -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """Where rows and columns lie, in pixels of the plot."""

    grid: _Grid
    form: Format
    tops: dict[str, int]
    heads: tuple[tuple[str, int], ...]
    left: int
    wide: float
    height: int

    def box(self, row: str, column: int, inset: float = 0) -> dict[str, float]:
        x, y = column * self.wide, self.tops[row]
        box = {"x": x + inset, "y": y + inset}
        box |= {"x2": x + self.wide - inset, "y2": y + _PITCH - inset}
        return {k: round(v, 2) for k, v in box.items()}


def _sheet(grid: _Grid, form: Format) -> _Sheet:
    longest = _LONGEST[form.name]
    names = [_row_name(grid, r, form) for r in grid.regions]
    left = round(min(longest, max(width(n, form.small) for n in names))) + 8
    room = inner_width(form, grid.reading.header.model_data) - left
    wide = min(34.0, room / len(grid.shown(form)))
    tops: dict[str, int] = {}
    heads: list[tuple[str, int]] = []
    several = len({country(r) for r in grid.regions}) > 1
    y, last = 0, None
    for region in grid.regions:
        if several and country(region) != last:
            last = country(region)
            heads.append((last, y))
            y += _HEAD_ROW
        tops[region] = y
        y += _PITCH
    return _Sheet(grid, form, tops, tuple(heads), left, wide, y)


def _row_name(grid: _Grid, region: str, form: Format) -> str:
    name = grid.names[region]
    return region if form.narrow or name == region else f"{region} {name}"


def _plot(grid: _Grid, form: Format) -> Plot:
    sheet = _sheet(grid, form)
    room = inner_width(form, grid.reading.header.model_data) - sheet.left
    corner = (-sheet.left, sheet.height + 14)
    legend, deep = colour_legend(grid.shades, form, corner, min(room + sheet.left, LEGEND))
    heads, above = _column_names(sheet)
    layers = [*heads, *_row_names(sheet), *_cells(sheet), *legend]
    shown = tuple(x for x in layers if x["data"]["values"])
    return Plot(round(room), sheet.height, shown, sheet.left, above, 14 + deep)


def _row_names(sheet: _Sheet) -> list[Layer]:
    grid, form = sheet.grid, sheet.form
    items = [
        {
            "x": -8,
            "y": top + _PITCH / 2,
            "text": fitted(_row_name(grid, region, form), form.small, _LONGEST[form.name]),
        }
        for region, top in sheet.tops.items()
    ]
    words = Words()
    heads = [
        {"x": -sheet.left, "y": y + 12, "text": words.name(code, grid.reading.header) or code}
        for code, y in sheet.heads
    ]
    lines = [
        {"x": -sheet.left, "x2": sheet.wide * len(grid.shown(form)), "y": y + 1, "y2": y + 1}
        for _, y in sheet.heads
    ]
    return [
        texts(items, fontSize=form.small, align="right"),
        texts(heads, fontSize=form.small, fontWeight=600),
        rules(lines, color=HAIRLINE),
    ]


def _column_names(sheet: _Sheet) -> tuple[list[Layer], int]:
    """Names above the columns, upwards, in at most two lines; and the room they need."""
    small, items, deepest = sheet.form.small, [], 0.0
    for i, code in enumerate(sheet.grid.shown(sheet.form)):
        lines = wrapped(sheet.grid.names[code], small, _NAME_ROOM)
        fit = [*lines[:1], fitted(" ".join(lines[1:]), small, _NAME_ROOM)][: len(lines)]
        middle = (i + 0.5) * sheet.wide
        for k, text in enumerate(fit):
            x = middle + (k - (len(fit) - 1) / 2) * _LINE
            items.append({"x": round(x, 2), "y": -6, "text": text})
            deepest = max(deepest, width(text, small))
    # Turned text starts at its foot: "left" is below.
    return [texts(items, fontSize=small, angle=270)], round(deepest) + 12


def _cells(sheet: _Sheet) -> list[Layer]:
    grid, form = sheet.grid, sheet.form
    filled, dashes, dots = [], [], []
    lines: dict[str, list[dict[str, Any]]] = {}
    numbers: dict[str, list[dict[str, Any]]] = {}
    for region in grid.regions:
        for i, code in enumerate(grid.shown(form)):
            cell, box = grid.cell(region, code), sheet.box(region, i)
            hover = {"hover": f"{grid.names[region]}, {cell.name}: {_text(grid, cell)}"}
            x, y = (box["x"] + box["x2"]) / 2, (box["y"] + box["y2"]) / 2
            if cell.absent:
                dashes.append({**sheet.box(region, i, 2.5), **hover})
                dots.append({"x": round(x, 2), "y": y, "text": MISSING})
                continue
            if cell.tiny:
                box = sheet.box(region, i, 2.5)
            fill = GROUND if cell.value is None else grid.shades.colour(cell.value)
            ink = letters_on(fill)
            filled.append({**box, "fill": fill, **hover})
            if _unsure(cell):
                strip = (box["x"] + 1, box["x2"] - 1, box["y2"] - 4, box["y2"] - 1)
                lines.setdefault(ink, []).extend(hatch(*strip, 4))
            text = _number(grid, cell)
            if text and width(text, form.small) <= sheet.wide - 2:
                item = {"x": round(x, 2), "y": y - (1.5 if _unsure(cell) else 0), "text": text}
                numbers.setdefault(ink, []).append(item)
    outline = {"filled": False, "stroke": QUIET, "strokeDash": [3, 2]}
    return [
        rects(filled, stroke=GROUND, strokeWidth=1),
        rects(dashes, **outline),
        *(rules(items, color=ink, strokeWidth=0.8) for ink, items in sorted(lines.items())),
        *(
            texts(items, align="center", fontSize=form.small, color=ink)
            for ink, items in sorted(numbers.items())
        ),
        texts(dots, align="center", fontSize=form.small, color=QUIET),
    ]


def _number(grid: _Grid, cell: Cell) -> str:
    if cell.value is None:
        return grid.reading.scale.interval(cell.lower, cell.upper)
    return grid.reading.scale.text(cell.value, cell.high - cell.low)


def _text(grid: _Grid, cell: Cell) -> str:
    """A cell of the table behind the figure."""
    if cell.absent:
        return f"{MISSING} {cell.reason}"
    number = grid.reading.scale.with_interval(cell.value, cell.lower, cell.upper)
    return f"{number}, tiny" if cell.tiny else number


def _rows(grid: _Grid) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (r, grid.names[r], *(_text(grid, grid.cell(r, c)) for c in grid.shown(WIDE)))
        for r in grid.regions
    )
