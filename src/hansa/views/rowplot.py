"""Rows of a picture: one thing a row, its name, and columns that share the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hansa.language import _, decimal_mark
from hansa.views.canvas import (
    Layer,
    Thing,
    codes_of,
    hatch,
    named,
    points,
    rects,
    rules,
    texts,
    tooltip,
)
from hansa.views.format import general
from hansa.views.lettering import fitted, width
from hansa.views.reading import Cell
from hansa.views.theme import (
    ABOVE,
    ABOVE_PALE,
    BELOW,
    BELOW_PALE,
    CONTEXT,
    GROUND,
    HAIRLINE,
    INK,
    LINE,
    QUIET,
    Format,
)

GAP = 10
_LONGEST_NAME = 268
# Pale bars need an outline to stand out from the ground (3 : 1).
OUTLINE = {ABOVE_PALE: ABOVE, BELOW_PALE: BELOW, CONTEXT: LINE}


@dataclass(frozen=True)
class Column:
    """A stretch of the plot from pixel `start` to `end` with a scale of its own."""

    start: float
    end: float
    low: float
    high: float
    log: bool = False

    def clipped(self, value: float) -> float:
        """The value, or the end of the scale it lies beyond."""
        return min(max(value, self.low), self.high)

    def beyond(self, value: float) -> bool:
        """True where the value does not fit on the scale."""
        fuzz = 1e-9 * abs(self.high - self.low) if not self.log else 1e-9 * self.low
        return value < self.low - fuzz or value > self.high + fuzz

    def pixel(self, value: float) -> float:
        """Where a value lies, in pixels of the plot."""
        value = self.clipped(value)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def x(self, name: str, axis: dict[str, Any] | None = None) -> dict[str, Any]:
        """The encoding of a field on this scale."""
        scale: dict[str, Any] = {
            "domain": [self.low, self.high],
            "range": [self.start, self.end],
            "nice": False,
        }
        scale |= {"type": "log", "base": 2} if self.log else {"zero": False}
        return {"field": name, "type": "quantitative", "scale": scale, "axis": axis}


@dataclass(frozen=True)
class Rows:
    """Where the rows of a picture lie, in pixels of the plot, and what each stands for.

    things  a row each: every mark of the row carries its codes, those with a value what it says;
            empty for a row of words
    """

    names: tuple[str, ...]
    form: Format
    things: tuple[Thing, ...] = ()

    def thing(self, row: int) -> Thing:
        """What a mark of a row carries; empty where nothing is said of it."""
        return self._carried[row] if self.things else {}

    def codes(self, row: int) -> dict[str, str]:
        """The codes of a row alone."""
        return codes_of(self.things[row]) if self.things else {}

    @cached_property
    def _carried(self) -> list[Thing]:
        return [{k: v for k, v in own.items() if k != "name"} for own in self.things]

    @cached_property
    def pitch(self) -> int:
        """Height of one row."""
        if self.form.narrow:
            return 40
        return 27 if len(self.names) <= 12 else 23 if len(self.names) <= 26 else 20

    @cached_property
    def thickness(self) -> float:
        """Thickness of a bar."""
        return 13 if self.form.narrow else round(self.pitch * 0.62, 1)

    @property
    def height(self) -> int:
        """Height of all rows."""
        return self.pitch * len(self.names)

    @cached_property
    def left(self) -> int:
        """Room for the names left of the plot; none on a telephone, where they stand above."""
        if self.form.narrow:
            return 0
        longest = max((width(n, self.form.body) for n in self.names), default=0)
        return round(min(longest, _LONGEST_NAME)) + GAP

    def middle(self, row: int) -> float:
        """Centre of the bar of a row."""
        return row * self.pitch + (26.5 if self.form.narrow else self.pitch / 2)

    def span(self, row: int) -> dict[str, float]:
        """Upper and lower edge of the bar of a row."""
        half = self.thickness / 2
        return {"y": round(self.middle(row) - half, 2), "y2": round(self.middle(row) + half, 2)}

    def stretches(self) -> list[dict[str, float]]:
        """Where vertical lines run: through all rows, or beside the bars alone below names."""
        if not self.form.narrow:
            return [{"y": 0, "y2": self.height}]
        count = range(len(self.names))
        return [{"y": self.middle(i) - 9, "y2": self.middle(i) + 12} for i in count]

    def furniture(self, across: float, bold: frozenset[int] = frozenset()) -> list[Layer]:
        """Names (those of the rows `bold` in bold), and hairlines up to pixel `across`."""
        size, narrow = self.form.body, self.form.narrow
        items = [
            {
                "x": 0 if narrow else -GAP,
                "y": i * self.pitch + 10 if narrow else self.middle(i),
                "text": fitted(name, size, across if narrow else _LONGEST_NAME),
                **(named(self.things[i]) if self.things else {}),
            }
            for i, name in enumerate(self.names)
        ]
        lines = [
            {"x": -self.left, "x2": across, "y": y, "y2": y}
            for y in (i * self.pitch for i in range(len(self.names) + 1))
        ]
        align = "left" if narrow else "right"
        names = partly_bold(items, bold, fontSize=size, align=align)
        return [rules(lines, color=HAIRLINE), *names]


def partly_bold(items: list[dict[str, Any]], bold: frozenset[int], **style: Any) -> list[Layer]:
    """Texts, those at the places `bold` in bold."""
    heavy = [item for i, item in enumerate(items) if i in bold]
    light = [item for i, item in enumerate(items) if i not in bold]
    layers = [texts(light, **style)] if light else []
    return layers + ([texts(heavy, fontWeight=600, **style)] if heavy else [])


@dataclass(frozen=True)
class Placed:
    """A cell in its row."""

    row: int
    cell: Cell


def _thing(place: Placed, rows: Rows) -> Thing:
    """What a mark in a row stands for; the cell itself where nothing is said of the row."""
    cell = place.cell
    said = _("not known") if cell.absent else general(cell.middle)
    return rows.thing(place.row) or {
        "code": cell.code,
        "name": cell.name,
        "hover": f"{cell.name}: {said}",
    }


def bars(places: Iterable[tuple[Placed, str]], column: Column, rows: Rows, base: float) -> Layer:
    """Solid bars from `base` to the value, each in its own fill."""
    items = []
    for place, fill in places:
        value = place.cell.value
        assert value is not None
        items.append(
            {
                **_thing(place, rows),
                "value": value,
                "from": base,
                "to": column.clipped(value),
                **rows.span(place.row),
                "fill": fill,
                "stroke": OUTLINE.get(fill, fill),
            }
        )
    return _ranged("rect", items, column, strokeWidth=1)


def whiskers(places: Iterable[Placed], column: Column, rows: Rows) -> list[Layer]:
    """Lines from the lowest to the highest possible value, with ends where they fit the scale."""
    items, ends = [], []
    for place in places:
        cell, y = place.cell, rows.middle(place.row)
        low, high = column.clipped(cell.low), column.clipped(cell.high)
        items.append({**_thing(place, rows), "from": low, "to": high, "y": y, "y2": y})
        for value in (cell.low, cell.high):
            if not column.beyond(value):
                x = column.pixel(value)
                ends.append({**rows.codes(place.row), "x": x, "x2": x, "y": y - 4, "y2": y + 4})
    if not items:
        return []
    line = _ranged("rule", items, column, color=INK, strokeWidth=1.5)
    return [line, rules(ends, color=INK, strokeWidth=1.5)]


def intervals(places: Iterable[Placed], column: Column, rows: Rows) -> list[Layer]:
    """Hatched, outlined bars for cells of which only two bounds are known."""
    items, lines = [], []
    for place in places:
        low, high = column.clipped(place.cell.low), column.clipped(place.cell.high)
        span = rows.span(place.row)
        items.append({**_thing(place, rows), "from": low, "to": high, **span})
        strokes = hatch(column.pixel(low), column.pixel(high), span["y"], span["y2"])
        lines += [{**rows.codes(place.row), **line} for line in strokes]
    if not items:
        return []
    box = _ranged("rect", items, column, fill=GROUND, stroke=QUIET, strokeWidth=1.2)
    return [box, rules(lines, color=QUIET)]


def estimates(
    places: Iterable[tuple[Placed, str]], column: Column, rows: Rows, base: float
) -> list[Layer]:
    """The estimated share of each bar, at its far end: paler and hatched."""
    items: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for place, fill in places:
        value = place.cell.value
        assert value is not None
        start, end = column.pixel(base), column.pixel(value)
        start = end - (end - start) * min(1.0, place.cell.estimated)
        box = {"x": round(min(start, end), 2), "x2": round(max(start, end), 2)}
        box |= rows.span(place.row)
        items.append({**_thing(place, rows), **box, "fill": fill})
        strokes = hatch(box["x"], box["x2"], box["y"], box["y2"])
        lines += [{**rows.codes(place.row), **line} for line in strokes]
    return [rects(items), rules(lines, color=GROUND, strokeWidth=1.6)] if items else []


def unknown(places: Iterable[Placed], start: float, rows: Rows, reach: float = 34) -> list[Layer]:
    """Empty boxes with a dashed outline for cells of which nothing is known."""
    items = [
        {**_thing(p, rows), "x": start + 1, "x2": start + reach, **rows.span(p.row)} for p in places
    ]
    outline = {"filled": False, "stroke": QUIET, "strokeDash": [3, 2], "strokeWidth": 1.2}
    return [rects(items, **outline)] if items else []


def arrows(spots: Sequence[tuple[int, float, bool]], rows: Rows) -> list[Layer]:
    """Small triangles at the end of a scale: (row, x, to the right)."""
    layers = []
    for right, shape in ((True, "triangle-right"), (False, "triangle-left")):
        items = [
            {**rows.thing(row), "x": x, "y": rows.middle(row)}
            for row, x, side in spots
            if side is right
        ]
        if items:
            layers.append(points(items, shape=shape, filled=True, size=60, color=INK))
    return layers


def reference_line(x: float, rows: Rows, **style: Any) -> Layer:
    """A line at the reference value through all rows."""
    lines = [{"x": x, "x2": x, **stretch} for stretch in rows.stretches()]
    return rules(lines, **{"color": INK, "strokeWidth": 1.2, **style})


def reference_label(x: float, said: Sequence[str], ends: tuple[float, float], y: float,
                    size: float, weight: int = 400) -> Layer:  # fmt: skip
    """What a line at x stands for, centred above it, and moved where it would leave the picture.

    said  the words, and shorter ones for where these are wider than the room between the ends
    """
    room = ends[1] - ends[0]
    text = next((t for t in said if width(t, size, weight) <= room), said[-1])
    half = min(width(text, size, weight), room) / 2
    at = min(max(x, ends[0] + half), ends[1] - half)
    style = {} if weight == 400 else {"fontWeight": weight}
    return texts([{"x": at, "y": y, "text": text}], align="center", fontSize=size, **style)


def same_share(reference: str) -> tuple[str, str]:
    """What a quotient of 1 means, in full and short."""
    return _("same share as in {reference}", reference=reference), _("same share")


def numeral(expression: str = "datum.value") -> str:
    """A Vega expression of a number as a text, with the decimal mark of the language spoken."""
    mark = decimal_mark()
    return expression if mark == "." else f"replace('' + ({expression}), '.', '{mark}')"


def axis_layer(column: Column, rows: Rows, ticks: list[float], label: str) -> Layer:
    """The axis of a column above the rows; `label` is a Vega expression of `datum.value`."""
    axis = {
        "orient": "top",
        "values": ticks,
        "title": None,
        "grid": not rows.form.narrow,
        "gridColor": HAIRLINE,
        "labelFlush": False,
        "labelExpr": label,
        "labelColor": INK,
    }
    raw = {"type": "quantitative", "scale": None, "axis": None}
    ends = [{"at": column.low, "y": 0}, {"at": column.high, "y": rows.height}]
    return {
        "data": {"values": ends},
        "mark": {"type": "point", "opacity": 0},
        "encoding": {"x": column.x("at", axis), "y": {"field": "y", **raw}},
    }


def _ranged(mark: str, items: list[dict[str, Any]], column: Column, **style: Any) -> Layer:
    raw = {"type": "quantitative", "scale": None, "axis": None}
    encoding: dict[str, Any] = {
        "x": column.x("from"),
        "x2": {"field": "to"},
        "y": {"field": "y", **raw},
        "y2": {"field": "y2"},
    }
    if items and "fill" in items[0]:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    if items and "stroke" in items[0]:
        encoding["stroke"] = {"field": "stroke", "type": "nominal", "scale": None, "legend": None}
    encoding |= tooltip(items)
    return {"data": {"values": items}, "mark": {"type": mark, **style}, "encoding": encoding}
