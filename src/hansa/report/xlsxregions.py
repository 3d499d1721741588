"""Regions against clusters as a matrix of numbers, coloured around 1 by the spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from hansa.language import N_, _
from hansa.report.part import QUOTIENT, Part
from hansa.report.xlsxbars import latest
from hansa.report.xlsxcells import Styles, clean
from hansa.report.xlsxsheet import Canvas, Column, Filling, status, write
from hansa.views.captions import header_notes
from hansa.views.figure import Figure
from hansa.views.reading import Cell, cluster_axis, read
from hansa.views.theme import ABOVE, BELOW, MIDDLE, ON_DARK, blend, letters_on

_KEPT = 2
_NOTES = (
    N_(
        "Colours: white at 1, the same share as in the area compared with; orange below, blue "
        "above; ½ and 2 are equally far from white; from 3 on the blue grows no deeper."
    ),
    N_(
        "Grey hatch: not known. Dots: known only between two bounds. Both are empty, and listed "
        "with their bounds and their status below."
    ),
    N_("Italics: too small to carry a rate."),
    N_(
        "Dotted line under a number: its bounds lie on both sides of 1, so the side is not certain."
    ),
)
# Of a scale that is straight on both sides of 1, these ends put ½ and 2 equally far from white.
_LOW, _HIGH = 0.0, 3.0
_HEADS = (N_("Region"), N_("Name"), N_("Lowest"), N_("Highest"), N_("Cluster and status"))


@dataclass(frozen=True)
class _Matrix:
    """Every cell by region and cluster, both in the order of the sheet."""

    regions: tuple[str, ...]
    clusters: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    names: dict[str, str]

    def at(self, region: str, cluster: str) -> Cell:
        """A cell; one without a row is missing."""
        missing = Cell(cluster, self.names[cluster], None, status=frozenset("m"))
        return self.cells.get((region, cluster), missing)


def regions_filling(part: Part, figure: Figure, styles: Styles) -> Filling | None:
    """All regions and all clusters of the last year, also those the figure has no room for."""
    panel = part.base.regions.get(QUOTIENT)
    if panel is None or not len(panel):
        return None
    found = _matrix(part)
    if not {row[0] for row in figure.rows} <= set(found.regions):
        return None
    columns = [
        Column(N_("Code"), found.regions, None, 14),
        Column(N_("Region"), [found.names[r] for r in found.regions], None, 34),
    ]
    for cluster in found.clusters:
        cells = [found.at(region, cluster) for region in found.regions]
        looks = [_look(cell, styles) for cell in cells]
        head = found.names[cluster]
        columns.append(Column(head, [c.value for c in cells], None, 6.5, looks, main=True))
    note = _(_all(part), regions=len(found.regions), clusters=len(found.clusters))
    notes = (*map(_, _NOTES), *header_notes(panel.header))
    draw = partial(_draw, found=found)
    return Filling(note, tuple(columns), notes, draw, _KEPT, _tall(found), styles.upright)


def _tall(found: _Matrix) -> float:
    """Height of the heads that run upwards, in points; 409 is the most a sheet has."""
    return min(400.0, 24 + 6.4 * max(len(found.names[c]) for c in found.clusters))


def _all(part: Part) -> str:
    if cluster_axis(part.base.regions[QUOTIENT]) == "activity":
        return N_(
            "All {regions} regions and {clusters} activities, in the order of the figure. The "
            "colours take the place of a chart; empty cells are explained below."
        )
    return N_(
        "All {regions} regions and {clusters} clusters, in the order of the figure. The colours "
        "take the place of a chart; empty cells are explained below."
    )


def _matrix(part: Part) -> _Matrix:
    panel = latest(part.base.regions[QUOTIENT])
    axis, header = cluster_axis(panel), panel.header
    columns = {
        name: panel.table[name].to_pylist()
        for name in ("geo", axis, "value", "status", "lower", "upper")
        if name in panel.table.column_names
    }
    none = [None] * len(panel)
    labels = {c: part.words.name(c, header) for c in {*columns["geo"], *columns[axis]}}
    cells = {}
    for region, cluster, value, flags, low, high in zip(
        *(columns.get(n, none) for n in ("geo", axis, "value", "status", "lower", "upper")),
        strict=True,
    ):
        if low is None or high is None:
            low = high = None
        known = frozenset(f for f in (flags or "").split(";") if f)
        cells[region, cluster] = Cell(cluster, labels[cluster], value, low, high, status=known)
    order = _order(part, axis) or _highest(cells)
    return _Matrix(
        tuple(sorted({region for region, _cluster in cells})),
        tuple(sorted({c for _region, c in cells}, key=lambda c: (-order.get(c, -1.0), c))),
        cells,
        labels,
    )


def _order(part: Part, axis: str) -> dict[str, float]:
    """Quotients of the area by cluster; nothing where there are none or all are 1."""
    panel = part.base.area.get(QUOTIENT)
    if panel is None:
        return {}
    found = {c.code: c.middle for c in read(panel, axis).known}
    return found if any(abs(v - 1) > 1e-9 for v in found.values()) else {}


def _highest(cells: dict[tuple[str, str], Cell]) -> dict[str, float]:
    found: dict[str, float] = {}
    for (_region, cluster), cell in cells.items():
        if not cell.absent and not cell.tiny:
            found[cluster] = max(found.get(cluster, 0.0), cell.middle)
    return found


def _look(cell: Cell, styles: Styles) -> object:
    if cell.absent:
        return styles.hidden
    if cell.value is None:
        return styles.between
    return styles.grid[cell.tiny, cell.bounded and cell.low <= 1 <= cell.high]


def _draw(canvas: Canvas, found: _Matrix) -> None:
    """The colours of the matrix, and below it why cells are empty."""
    sheet, first = canvas.sheet, canvas.head_row + 1
    area = (first, _KEPT, canvas.head_row + len(found.regions), _KEPT - 1 + len(found.clusters))
    light = canvas.book.add_format({"font_color": ON_DARK})
    for criteria, value in (
        ("<", _switch(BELOW, _LOW)),
        (">", _switch(ABOVE, _HIGH)),
    ):
        rule = {"type": "cell", "criteria": criteria, "value": value, "format": light}
        sheet.conditional_format(*area, rule)
    colours = {"min_color": BELOW, "mid_color": MIDDLE, "max_color": ABOVE}
    kinds = {f"{place}_type": "num" for place in ("min", "mid", "max")}
    ends = {"min_value": _LOW, "mid_value": 1, "max_value": _HIGH}
    sheet.conditional_format(*area, {"type": "3_color_scale", **kinds, **ends, **colours})
    _listed(canvas, found)


def _switch(colour: str, end: float) -> float:
    """The value from which light letters read better on the way from white at 1 to a colour."""
    shares = [i / 100 for i in range(101)]
    dark = next((s for s in shares if letters_on(blend(MIDDLE, colour, s)) == ON_DARK), 1.0)
    return 1 + (end - 1) * dark


def _listed(canvas: Canvas, found: _Matrix) -> None:
    """Region, bounds, cluster and status of every empty cell."""
    y, sheet, styles = canvas.below, canvas.sheet, canvas.styles
    rows = list(_empty(found))
    if not rows:
        return
    sheet.write_string(y, 0, _("Empty cells, {count} in number", count=len(rows)), styles.strong)
    for x, head in enumerate(_HEADS):
        sheet.write_string(y + 1, x, clean(_(head)), styles.strong)
    looks = (None, None, styles.quotient, styles.quotient, styles.indented)
    for row in rows:
        for x, value in enumerate(row):
            if value is not None:
                write(sheet, (y + 2, x), value, looks[x])
        y += 1


def _empty(found: _Matrix) -> Iterable[tuple[str | float | None, ...]]:
    for region in found.regions:
        for cluster in found.clusters:
            cell = found.at(region, cluster)
            if cell.value is None:
                said = f"{cell.name}: {status(cell) or _('known only between its bounds')}"
                yield region, found.names[region], cell.lower, cell.upper, said
