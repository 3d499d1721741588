"""Rows of the figures of an index: marks on real scales, and a legend above them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hansa.views.canvas import Layer, Thing, points, rects, rules, texts, tooltip
from hansa.views.lettering import fitted, width
from hansa.views.rowplot import Column, Rows
from hansa.views.theme import ABOVE_PALE, DEEP, GROUND, INK, LINE, QUIET, Format

BAND: dict[str, Any] = {"fill": ABOVE_PALE, "stroke": DEEP, "strokeWidth": 1}
"""Of intervals and shares: pale, so that marks on it stand out on paper and on a dark screen;
the outline stands out from the ground."""
HOLLOW: dict[str, Any] = {"fill": GROUND, "stroke": LINE, "strokeWidth": 1}
"""Of intervals that say nothing: empty, whatever the colours."""
DENSE = Format("dense", 358, 17, 12, 12, 10)
"""Rows of a telephone with names beside the marks: for pictures of many rows."""
_RAW = {"type": "quantitative", "scale": None, "axis": None}


def dense_rows(
    names: Sequence[str], form: Format, room: int = 268, things: tuple[Thing, ...] = ()
) -> Rows:
    """Rows with names to the left on every width, shortened to `room` pixels."""
    own = DENSE if form.narrow else form
    return Rows(tuple(fitted(name, own.body, room) for name in names), own, things)


def spans(
    items: Iterable[tuple[int, float, float]], column: Column, rows: Rows,
    share: float = 1.0, shift: float = 0.0, **style: Any,
) -> list[Layer]:  # fmt: skip
    """Bars from one value to another, a row each; `share` of the usual thickness, and `shift`
    pixels below the middle of the row."""
    half = rows.thickness * share / 2
    values = [
        {
            **rows.thing(row), "from": _kept(column, low), "to": _kept(column, high),
            "y": round(rows.middle(row) + shift - half, 2),
            "y2": round(rows.middle(row) + shift + half, 2),
        }
        for row, low, high in items
        if not math.isnan(low + high)
    ]  # fmt: skip
    return [_ranged("rect", values, column, **style)] if values else []


def lines(
    items: Iterable[tuple[int, float, float]], column: Column, rows: Rows, cap: float = 3,
    shift: float = 0.0, **style: Any,
) -> list[Layer]:  # fmt: skip
    """Thin lines from one value to another, with caps of so many pixels."""
    known = [i for i in items if not math.isnan(i[1] + i[2])]
    values = [
        {**rows.thing(row), "from": _kept(column, low), "to": _kept(column, high), "y": y, "y2": y}
        for row, low, high in known
        for y in [rows.middle(row) + shift]
    ]
    ends = [
        {**rows.codes(r), "x": column.pixel(v), "x2": column.pixel(v),
         "y": rows.middle(r) + shift - cap, "y2": rows.middle(r) + shift + cap}
        for r, *both in known
        for v in both
    ]  # fmt: skip
    look = {"color": LINE, "strokeWidth": 1, **style}
    if not values:
        return []
    return [_ranged("rule", values, column, **look), *([rules(ends, **look)] if cap else [])]


def ticks(
    items: Iterable[tuple[int, float]], column: Column, rows: Rows, half: float = 5, **style: Any
) -> list[Layer]:
    """Short upright lines at a value."""
    values = [
        {**rows.thing(r), "at": _kept(column, v),
         "y": rows.middle(r) - half, "y2": rows.middle(r) + half}
        for r, v in items
        if not math.isnan(v)
    ]  # fmt: skip
    if not values:
        return []
    y = {"y": {"field": "y", **_RAW}, "y2": {"field": "y2"}}
    encoding = {"x": column.x("at"), **y, **tooltip(values)}
    mark = {"type": "rule", "color": INK, "strokeWidth": 2, **style}
    return [{"data": {"values": values}, "mark": mark, "encoding": encoding}]


def dots(
    items: Iterable[tuple[int, float, str]], column: Column, rows: Rows, shift: float = 0.0,
    **style: Any,
) -> list[Layer]:  # fmt: skip
    """Symbols at a value, each with what is said of it; where that is empty, that of its row."""
    values = [
        {**rows.thing(r), **({"hover": said} if said else {}),
         "at": _kept(column, v), "y": rows.middle(r) + shift}
        for r, v, said in items
        if not math.isnan(v)
    ]  # fmt: skip
    if not values:
        return []
    mark = {
        "type": "point", "shape": "circle", "size": 58, "filled": True, "opacity": 1,
        **({} if "fill" in style else {"color": DEEP}), **style,
    }  # fmt: skip
    encoding = {"x": column.x("at"), "y": {"field": "y", **_RAW}, **tooltip(values)}
    return [{"data": {"values": values}, "mark": mark, "encoding": encoding}]


def beside(
    values: Sequence[str], x: float, rows: Rows, size: int, bold: frozenset[int] = frozenset(),
    **style: Any,
) -> list[Layer]:  # fmt: skip
    """A column of texts that ends at pixel x."""
    look: dict[str, Any] = {"align": "right", "fontSize": size, **style}
    out = []
    for heavy in (False, True):
        items = [
            {**rows.codes(i), "x": x, "y": rows.middle(i), "text": t}
            for i, t in enumerate(values)
            if (i in bold) is heavy and t
        ]
        if items:
            out.append(texts(items, **(look | ({"fontWeight": 600} if heavy else {}))))
    return out


def heads(items: Iterable[tuple[float, str]], y: float, size: int, align: str = "right") -> Layer:
    """Heads of columns of texts, at pixel x each."""
    placed = [{"x": x, "y": y, "text": t} for x, t in items]
    return texts(placed, align=align, fontSize=size, fontWeight=600)


@dataclass(frozen=True)
class Key:
    """One entry of a legend.

    shape  band | halved (a band with its median) | line | tick | bar, or a shape of points
    """

    text: str
    shape: str
    color: str = DEEP
    filled: bool = True


@dataclass(frozen=True)
class Legend:
    """Entries from left to right, wrapped to a room in pixels."""

    keys: tuple[Key, ...]
    room: int
    size: int = 12

    def placed(self) -> list[tuple[float, int, Key]]:
        """Left edge and line of each entry."""
        out, x, row = [], 0.0, 0
        for key in self.keys:
            wide = 24 + width(key.text, self.size)
            if x and x + wide > self.room:
                x, row = 0.0, row + 1
            out.append((x, row, key))
            x += wide + 16
        return out

    @property
    def height(self) -> int:
        """Pixels that all lines take."""
        return 18 * (1 + max((row for _, row, _ in self.placed()), default=-1))

    def layers(self, left: float, top: float) -> list[Layer]:
        """The legend with its upper left corner at a pixel."""
        out: list[Layer] = []
        for x, row, key in self.placed():
            out += _sample(key, left + x, top + 18 * row + 9)
            words = {"x": left + x + 24, "y": top + 18 * row + 9, "text": key.text}
            out.append(texts([words], fontSize=self.size, color=QUIET))
        return out


def _sample(key: Key, x: float, y: float) -> list[Layer]:
    if key.shape in ("band", "bar", "halved"):
        half = 4.5
        box = {"x": x, "x2": x + 18, "y": y - half, "y2": y + half}
        if key.shape == "halved":
            middle = {"x": x + 9, "x2": x + 9, "y": y - half, "y2": y + half}
            return [rects([box], **BAND), rules([middle], color=INK, strokeWidth=2)]
        return [rects([box], **(BAND if key.filled else HOLLOW))]
    if key.shape == "line":
        caps = [{"x": e, "x2": e, "y": y - 3, "y2": y + 3} for e in (x, x + 18)]
        return [rules([{"x": x, "x2": x + 18, "y": y, "y2": y}, *caps], color=key.color)]
    if key.shape == "tick":
        return [rules([{"x": x + 9, "x2": x + 9, "y": y - 6, "y2": y + 6}],
                      color=key.color, strokeWidth=2)]  # fmt: skip
    look: dict[str, Any] = {"shape": key.shape, "size": 58, "filled": key.filled,
                            "color": key.color, "strokeWidth": 1.5}  # fmt: skip
    return [points([{"x": x + 9, "y": y}], **look)]


def rank_ticks(count: int, most: int = 8) -> list[float]:
    """1 and round ranks up to a number of units."""
    step = next(
        (s for s in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000) if count / s <= most), 5000
    )
    found = [1.0, *(float(v) for v in range(step, count + 1, step) if v > 1)]
    return found


def even_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values within a range."""
    reach = high - low
    if not reach > 0:
        return [low]
    rough = reach / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def _kept(column: Column, value: float) -> float:
    # Six decimals: the last digits of a sum differ from machine to machine.
    return round(float(column.clipped(value)), 6)


def _ranged(mark: str, items: list[dict[str, Any]], column: Column, **style: Any) -> Layer:
    encoding: dict[str, Any] = {
        "x": column.x("from"), "x2": {"field": "to"},
        "y": {"field": "y", **_RAW}, "y2": {"field": "y2"}, **tooltip(items),
    }  # fmt: skip
    return {"data": {"values": items}, "mark": {"type": mark, **style}, "encoding": encoding}
