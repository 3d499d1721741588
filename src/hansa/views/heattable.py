"""Regions against clusters: a quotient a cell, coloured around 1, absent ones empty and dashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hansa.language import N_, _, ngettext
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    codes_of,
    compose,
    hatch,
    inner_width,
    rects,
    rules,
    stands_for,
    texts,
)
from hansa.views.captions import header_notes, source_line
from hansa.views.figure import Figure
from hansa.views.format import MISSING, joined, spelled
from hansa.views.heatgrid import MOST_COLUMNS, Grid, grid_of, standing, unsure
from hansa.views.lettering import fitted, width, wrapped
from hansa.views.phrases import certainty
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Words,
    more,
    reference_name,
    within,
)
from hansa.views.theme import GROUND, HAIRLINE, NARROW, QUIET, WIDE, Format, letters_on
from hansa.views.tilemap import LEGEND, colour_legend
from hansa.views.tiles import country
from hansa.views.written import Written

_PITCH, _HEAD_ROW, _LINE = 19, 22, 13
_LONGEST = {"wide": 200, "narrow": 46}
_NAME_ROOM = 124  # length of a cluster's name above its column


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
    grid = grid_of(panel, at, words, area)
    captions = {form.name: _caption(grid, words, form) for form in (WIDE, NARROW)}
    wide, narrow = (
        compose(captions[form.name], _plot(grid, form), form) for form in (WIDE, NARROW)
    )
    caption = captions["wide"]
    return Figure(
        id=f"table-{grid.reading.header.measure}-{grid.reading.at.time or 'all'}",
        columns=(_("Code"), _("Region"), *(grid.names[c] for c in grid.shown(WIDE))),
        rows=_rows(grid),
        **vars(caption),
        spec=wide,
        narrow=narrow,
    )


def _caption(grid: Grid, words: Words, form: Format) -> Caption:
    reading, header = grid.reading, grid.reading.header
    reference = reference_name(header, words)
    title = words.title or _title(grid, form, reference)
    when = f", {reading.at.time}" if reading.at.time is not None else ""
    subtitle = _(
        "Share of a {thing} in the jobs of each region, as a multiple of its share in "
        "{reference}{when}.",
        thing=reading.thing,
        things=reading.what,
        reference=reference,
        when=when,
    )
    drawn = [grid.cell(r, c) for r in grid.regions for c in grid.shown(form)]
    notes = _left_out(grid, form)
    if form.narrow:
        notes.append(_("The names of the regions stand in the table behind the figure."))
    if any(unsure(c) and c.value is not None for c in drawn):
        text = _(
            "Hatched: the bounds lie on both sides of {line}, so the side is not certain.", line=1
        )
        notes.append(text)
    if any(unsure(c) and c.value is None for c in drawn):
        notes.append(_("White and hatched: only the two bounds are known."))
    if any(c.tiny and not c.absent for c in drawn):
        notes.append(_("Smaller box: too small to carry a rate."))
    if gone := len([c for c in drawn if c.absent]):
        text = _("Dashed, with a dot: not known ({n} of {all} cells).", n=gone, all=len(drawn))
        notes.append(text)
    notes += header_notes(header)
    alt = _(
        "Coloured table of {n} regions and {m} {things}. {title}. {subtitle}",
        n=len(grid.regions),
        m=len(grid.shown(form)),
        things=reading.what,
        title=title,
        subtitle=subtitle,
    )
    source = source_line(header, words, reference=True)
    return Caption(title, subtitle, alt, tuple(notes), source, header.model_data)


# By whether higher ones may be left out, and whether the first one is certainly the highest.
_TITLES = {
    (True, True): N_(
        "Of the {things} shown, the strongest specialisation is that of {region} in {cluster}: "
        "{number} times the share of {reference}"
    ),
    (True, False): N_(
        "Of the {things} shown, the strongest specialisation may be that of {region} in "
        "{cluster}: {number} times the share of {reference}"
    ),
    (False, True): N_(
        "The strongest specialisation is that of {region} in {cluster}: {number} times the share "
        "of {reference}"
    ),
    (False, False): N_(
        "The strongest specialisation may be that of {region} in {cluster}: {number} times the "
        "share of {reference}"
    ),
}


def _title(grid: Grid, form: Format, reference: str) -> str:
    """The highest quotient, of those shown where clusters with higher ones may be left out."""
    shown = {key: c for key, c in grid.cells.items() if key[1] in grid.shown(form)}
    solid = [(key, c) for key, c in shown.items() if not c.absent and not c.tiny]
    if not solid:
        return _(
            "What the regions are specialised in cannot be said for any {thing}",
            thing=grid.reading.thing,
            things=grid.reading.what,
        )
    partly = grid.by_area and len(grid.clusters) > len(grid.shown(form))
    key, top = max(solid, key=lambda item: (standing(item[1]), item[0]))
    cells = shown if partly else grid.cells
    others = [c for c in cells.values() if c is not top]
    sure = not any(c.absent for c in others) and all(c.high <= top.low for c in others)
    said = {
        "things": grid.reading.what,
        "region": grid.names[key[0]],
        "cluster": within(top.name),
        "number": grid.reading.scale.with_interval(top.value, top.lower, top.upper),
        "reference": reference,
    }
    return _(_TITLES[partly, sure and certainty(top, 1) == "certain"], **said)


def _left_out(grid: Grid, form: Format) -> list[str]:
    notes = []
    if rest := grid.clusters[MOST_COLUMNS[form.name] :]:
        text = ngettext(
            "Left out: one {thing} further down in this order ({names}); the complete numbers are "
            "in the results of the measure.",
            "Left out: {count} {things} further down in this order ({names}); the complete numbers "
            "are in the results of the measure.",
            len(rest),
            count=spelled(len(rest)),
            thing=grid.reading.thing,
            things=grid.reading.what,
            names=_some([within(grid.names[c]) for c in rest], 5),
        )
        notes.append(text)
    if gone := [r for r in grid.all_regions if r not in grid.regions]:
        text = ngettext(
            "Left out: one region whose highest value is lower ({names}).",
            "Left out: {count} regions whose highest value is lower ({names}).",
            len(gone),
            count=spelled(len(gone)),
            names=_some(gone, 12),
        )
        notes.append(text)
    return notes


def _some(names: list[str], most: int) -> str:
    some = [*names[: most - 1], more(len(names) + 1 - most)]
    return joined(names if len(names) <= most else some)


# --- drawing -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """Where rows and columns lie, in pixels of the plot."""

    grid: Grid
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


def _sheet(grid: Grid, form: Format) -> _Sheet:
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


def _row_name(grid: Grid, region: str, form: Format) -> str:
    return region if form.narrow else grid.region(region)["hover"]


def _plot(grid: Grid, form: Format) -> Plot:
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
            **grid.region(region),
            "x": -8,
            "y": top + _PITCH / 2,
            "text": fitted(_row_name(grid, region, form), form.small, _LONGEST[form.name]),
        }
        for region, top in sheet.tops.items()
    ]
    countries = [
        (code, Words().name(code, grid.reading.header) or code, y) for code, y in sheet.heads
    ]
    heads = [
        {**stands_for("geo", code), "hover": name, "x": -sheet.left, "y": y + 12, "text": name}
        for code, name, y in countries
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
            items.append({**sheet.grid.cluster(code), "x": round(x, 2), "y": -6, "text": text})
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
            thing = grid.thing(region, code)
            codes = codes_of(thing)
            x, y = (box["x"] + box["x2"]) / 2, (box["y"] + box["y2"]) / 2
            if cell.absent:
                dashes.append({**sheet.box(region, i, 2.5), **thing})
                dots.append({**codes, "x": round(x, 2), "y": y, "text": MISSING})
                continue
            if cell.tiny:
                box = sheet.box(region, i, 2.5)
            fill = GROUND if cell.value is None else grid.shades.colour(cell.value)
            ink = letters_on(fill)
            filled.append({**box, "fill": fill, **thing})
            if unsure(cell):
                strip = (box["x"] + 1, box["x2"] - 1, box["y2"] - 4, box["y2"] - 1)
                # Strips are many and lie on their cells: codes of their own would say nothing more.
                lines.setdefault(ink, []).extend(hatch(*strip, 4))
            text = _number(grid, cell)
            if text and width(text, form.small) <= sheet.wide - 2:
                item = {"x": round(x, 2), "y": y - (1.5 if unsure(cell) else 0), "text": text}
                numbers.setdefault(ink, []).append({**codes, **item})
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


def _number(grid: Grid, cell: Cell) -> str:
    if cell.value is None:
        return grid.reading.scale.interval(cell.lower, cell.upper)
    return grid.reading.scale.text(cell.value, cell.high - cell.low)


def _text(grid: Grid, cell: Cell) -> str:
    """A cell of the table behind the figure."""
    if cell.absent:
        return Written(f"{MISSING} {cell.reason}", meaning=cell.reason)
    number = grid.reading.scale.with_interval(cell.value, cell.lower, cell.upper)
    return number.saying(_("{number}, tiny", number=number)) if cell.tiny else number


def _rows(grid: Grid) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (r, grid.names[r], *(_text(grid, grid.cell(r, c)) for c in grid.shown(WIDE)))
        for r in grid.regions
    )
