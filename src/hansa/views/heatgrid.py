"""The cells of the table of regions and clusters: which are shown, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hansa.errors import UsageError
from hansa.panel import Panel
from hansa.views.canvas import Thing, stands_for
from hansa.views.hover import cell_hover
from hansa.views.reading import At, Cell, Reading, Words, cluster_axis, read
from hansa.views.rows import rows_at, year_of
from hansa.views.shades import Shades, shades_of
from hansa.views.theme import Format

_MOST_ROWS = 40
MOST_COLUMNS = {"wide": 15, "narrow": 9}


@dataclass(frozen=True)
class Grid:
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
        """The clusters that have room."""
        return self.clusters[: MOST_COLUMNS[form.name]]

    def cell(self, region: str, cluster: str) -> Cell:
        """The cell of a region and cluster; one without a row is missing."""
        missing = Cell(cluster, self.names[cluster], None, status=frozenset("m"))
        return self.cells.get((region, cluster), missing)

    def region(self, code: str) -> dict[str, str]:
        """What the name of a region stands for."""
        name = self.names[code]
        said = code if name == code else f"{code} {name}"
        return {**stands_for("geo", code), "hover": said}

    def cluster(self, code: str) -> dict[str, str]:
        """What the name of a cluster stands for."""
        return {**stands_for(self.reading.axis, code), "hover": self.names[code]}

    def thing(self, region: str, cluster: str) -> Thing:
        """What a cell stands for, and what is said of it."""
        cell = self.cell(region, cluster)
        name = f"{self.names[region]}, {cell.name}"
        said = {"hover": cell_hover(cell, self.reading, name)}
        return {**self.region(region), **self.cluster(cluster), **said}


def grid_of(panel: Panel, at: At, words: Words, area: Panel | None) -> Grid:
    """The cells of a panel of quotients in one year. Raises UsageError for other measures."""
    axis = cluster_axis(panel)
    parts = _by_region(panel, at.time)
    codes = tuple(parts)
    readings = [
        read(parts[code], axis, replace(at, geo=code, cluster=None), words) for code in codes
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
    return Grid(regions, clusters, cells, names, every, shades_of(every, words), codes, bool(value))


def _by_region(panel: Panel, time: int | None) -> dict[str, Panel]:
    """The rows of each region and, where it is named, of one year; of the last year else."""
    codes = panel.distinct("geo")
    if "time" in panel.dims:
        years = panel.distinct("time")
        # A year that is not there is refused by the reading, which names those that are.
        if time is None or time in years:
            panel = year_of(panel, years[-1] if time is None else time)
    rows, none = rows_at(panel, ("geo",)), np.zeros(0, np.int64)
    return {code: panel.taken(rows.get((code,), none)) for code in codes}


def _area_values(area: Panel | None, axis: str) -> dict[str, float]:
    """Quotients of the area by cluster; nothing where there are none or all are 1."""
    value = {c.code: c.middle for c in read(area, axis).known} if area is not None else {}
    return value if any(abs(v - 1) > 1e-9 for v in value.values()) else {}


def _highest(cells: dict[tuple[str, str], Cell], part: int) -> dict[str, float]:
    """The highest quotient by region (part 0) or cluster (part 1); tiny cells stand aside."""
    found: dict[str, float] = {}
    for key, cell in cells.items():
        if not cell.absent and not cell.tiny:
            found[key[part]] = max(found.get(key[part], 0.0), standing(cell))
    return found


def standing(cell: Cell) -> float:
    """What orders a cell."""
    return cell.low if cell.value is None else cell.value


def unsure(cell: Cell) -> bool:
    """True where the bounds leave open on which side of 1 it lies, or are all that is known."""
    if cell.absent or not cell.bounded:
        return False
    return cell.value is None or cell.low <= 1 <= cell.high
