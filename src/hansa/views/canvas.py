"""The paper of a figure: title, subtitle, notes, source and the stripes of model data.

Marks are placed in pixels of the plot (0, 0 is its top left corner); what stands around the
plot has negative or larger coordinates. Data marks keep real scales and axes.

What a mark stands for is in its data, for every page that shows a figure and lets its reader
point and choose:

- Codes, under fixed names: `geo` of a region or country, `cluster` of a cluster or an activity,
  `unit` of a unit of an index, `indicator` of an indicator or aggregate; two of them where a mark
  stands for both, as a cell of a table does. Bars, whiskers, squares, outlines, symbols, areas
  and hatching carry them, and so do the texts of a thing: its name, the numbers beside it.
  Titles, notes, axes, legends and lines through many things carry none.
- `hover`, what is said of the thing (`hansa.views.hover`), on every mark that shows a value; names
  say their name in full. A layer has a tooltip where its data have a `hover`. Layers with codes
  alone, such as hatching and numbers, lie on marks that speak or beside them and need no pointer
  of their own.

A figure of rows gives its `Rows` a `Thing` a row; the others spread a `Thing` into their data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hansa.language import N_, _
from hansa.views.figure import SCHEMA
from hansa.views.lettering import width, wrapped
from hansa.views.theme import FONT, GROUND, INK, LINE, QUIET, Format, config

Layer = dict[str, Any]
Thing = Mapping[str, str]
"""What marks stand for: its codes under names of `CODES`, and what is said of it as `hover`.

In rows also `name`, its name in full, which stays out of the data of marks.
"""
CODES = ("geo", "cluster", "unit", "indicator", "proposal", "funder")
_BAND = 16  # thickness of the striped frame
MODEL_WORDS = N_("Model data")


@dataclass(frozen=True)
class Caption:
    """The words of a figure."""

    title: str
    subtitle: str
    alt: str
    notes: tuple[str, ...] = ()
    source: str = ""
    model_data: bool = False


@dataclass(frozen=True)
class Plot:
    """The drawn part: its size in pixels, the room it needs around itself, and its layers."""

    width: int
    height: int
    layers: tuple[Layer, ...]
    left: int = 0
    above: int = 0
    below: int = 0


def compose(caption: Caption, plot: Plot, form: Format) -> dict[str, Any]:
    """The complete specification: the plot with everything that makes it stand alone."""
    edge = form.margin + (_BAND if caption.model_data else 0)
    room = form.width - 2 * edge
    head, head_height = _head(caption, form, room)
    foot, foot_height = _foot(caption, form, room)
    left = edge + plot.left
    top = edge + head_height + plot.above
    bottom = plot.below + foot_height + edge
    layers = [
        *(_stripes(form.width, (left, top, plot.height + bottom)) if caption.model_data else ()),
        *(_moved(layer, -plot.left, edge - top) for layer in head),
        *plot.layers,
        *(_moved(layer, -plot.left, plot.height + plot.below) for layer in foot),
    ]
    return {
        "$schema": SCHEMA,
        "description": caption.alt,
        "background": GROUND,
        "autosize": "none",
        "padding": {
            "left": left,
            "top": top,
            "right": form.width - left - plot.width,
            "bottom": bottom,
        },
        "width": plot.width,
        "height": plot.height,
        "config": config(),
        "layer": layers,
        "resolve": {
            "scale": {"x": "independent", "y": "independent"},
            "axis": {"x": "independent", "y": "independent"},
        },
    }


def inner_width(form: Format, model_data: bool) -> int:
    """Pixels between the margins of a figure."""
    return form.width - 2 * (form.margin + (_BAND if model_data else 0))


def stands_for(axis: str, code: str) -> dict[str, str]:
    """The code of a thing under its fixed name; activities stand where clusters do.

    axis  geo | cluster | activity | unit | indicator
    """
    return {"cluster" if axis == "activity" else axis: code}


def codes_of(thing: Mapping[str, Any]) -> dict[str, str]:
    """The codes of a thing alone, for marks that lie on others or beside them."""
    return {name: thing[name] for name in CODES if name in thing}


def named(thing: Thing, name: str = "") -> dict[str, str]:
    """What the name of a thing carries: its codes, and the name in full."""
    name = name or thing.get("name", "")
    return {**codes_of(thing), **({"hover": name} if name else {})}


def tooltip(values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The encoding that shows the `hover` of data; empty where they have none."""
    if any("hover" in v for v in values):
        return {"tooltip": {"field": "hover", "type": "nominal"}}
    return {}


def texts(items: Iterable[dict[str, Any]], **style: Any) -> Layer:
    """Texts at pixels: each item has x, y and text. `style` is that of the mark."""
    values = list(items)
    mark = {"type": "text", "font": FONT, "align": "left", "baseline": "middle", **style}
    text = {"text": {"field": "text", "type": "nominal"}}
    encoding = {**_pixels("x", "y"), **text, **tooltip(values)}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def rules(items: Iterable[dict[str, Any]], **style: Any) -> Layer:
    """Lines between pixels: each item has x, y, x2 and y2."""
    values = list(items)
    mark = {"type": "rule", "color": LINE, "strokeWidth": 1, **style}
    ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    encoding = {**_pixels("x", "y"), **ends, **tooltip(values)}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def rects(items: Iterable[dict[str, Any]], **style: Any) -> Layer:
    """Rectangles between pixels: x, y, x2, y2, and `fill` where the colour is that of the item."""
    values = list(items)
    encoding = {**_pixels("x", "y"), "x2": {"field": "x2"}, "y2": {"field": "y2"}}
    if values and "fill" in values[0]:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    encoding |= tooltip(values)
    return {"data": {"values": values}, "mark": {"type": "rect", **style}, "encoding": encoding}


def points(items: Iterable[dict[str, Any]], **style: Any) -> Layer:
    """Symbols at pixels."""
    values = list(items)
    mark = {"type": "point", "opacity": 1, **style}
    encoding = {**_pixels("x", "y"), **tooltip(values)}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def hatch(x: float, x2: float, y: float, y2: float, step: float = 5) -> list[dict[str, Any]]:
    """Diagonal lines that fill a rectangle without leaving it, for `rules`."""
    lines = []
    rise, reach = y2 - y, x2 - x
    offset = step
    while offset < reach + rise:
        start, end = max(0.0, offset - rise), min(offset, reach)
        lines.append(
            {
                "x": _round(x + start),
                "y": _round(y + offset - start),
                "x2": _round(x + end),
                "y2": _round(y + offset - end),
            }
        )
        offset += step
    return lines


def _pixels(x: str, y: str) -> dict[str, Any]:
    raw = {"type": "quantitative", "scale": None, "axis": None}
    return {"x": {"field": x, **raw}, "y": {"field": y, **raw}}


def _head(caption: Caption, form: Format, room: int) -> tuple[list[Layer], int]:
    title = wrapped(caption.title, form.title, room, 600)
    subtitle = wrapped(caption.subtitle, form.body, room)
    leading, small = round(form.title * 1.25), round(form.body * 1.35)
    layers = [_lines(title, leading, form.title, 0, fontWeight=600)]
    y = len(title) * leading + 3
    layers.append(_lines(subtitle, small, form.body, y, color=QUIET))
    return layers, y + len(subtitle) * small + 10


def _foot(caption: Caption, form: Format, room: int) -> tuple[list[Layer], int]:
    leading = round(form.small * 1.35)
    notes = [line for note in caption.notes for line in wrapped(note, form.small, room)]
    sources = wrapped(caption.source, form.small, room) if caption.source else []
    y = 12
    layers = []
    for lines in (notes, sources):
        if lines:
            layers.append(_lines(lines, leading, form.small, y, color=QUIET))
            y += len(lines) * leading + 4
    return layers, y


def _lines(lines: list[str], leading: int, size: int, y: int, **style: Any) -> Layer:
    items = [{"x": 0, "y": y + (i + 0.5) * leading, "text": t} for i, t in enumerate(lines)]
    return texts(items, fontSize=size, **{"color": INK, **style})


def _moved(layer: Layer, dx: float, dy: float) -> Layer:
    values = [{**v, "x": v["x"] + dx, "y": v["y"] + dy} for v in layer["data"]["values"]]
    return {**layer, "data": {"values": values}}


def _stripes(full: int, corner: tuple[int, int, int]) -> list[Layer]:
    """A striped frame around the whole picture, with the words in its upper edge.

    Only the frame is painted: a sheet over the middle would also cover the axes.
    """
    left, top, down = corner
    right = full - left
    text = _(MODEL_WORDS)
    words = width(text, 12, 600)
    middle = right - _BAND - 6 - words / 2
    inside = {"x": _BAND - left, "x2": right - _BAND, "y": _BAND - top, "y2": down - _BAND}
    label = {
        "x": middle - words / 2 - 7,
        "x2": middle + words / 2 + 7,
        "y": -top,
        "y2": _BAND - top,
    }
    title = {"x": middle, "y": _BAND / 2 - top, "text": text}
    return [
        _band("x", (-left, right), (-top, _BAND - top)),
        _band("x", (-left, right), (down - _BAND, down)),
        _band("y", (-top, down), (-left, _BAND - left)),
        _band("y", (-top, down), (right - _BAND, right)),
        # The ends of the stripes are cut straight by a line of the ground colour.
        rects([inside], filled=False, stroke=GROUND, strokeWidth=4),
        rects([label], fill=GROUND),
        texts([title], align="center", fontWeight=600),
    ]


def _band(along: str, reach: tuple[int, int], depth: tuple[int, int]) -> Layer:
    """Stripes on the lines x + y = multiples of a step, between two depths of the other axis."""
    across = "y" if along == "x" else "x"
    step = 14
    start = step * ((reach[0] + depth[0]) // step)
    layer = rules([], strokeWidth=4)
    layer["data"] = {
        "sequence": {"start": start, "stop": reach[1] + depth[1], "step": step, "as": "s"}
    }
    layer["transform"] = [
        {"calculate": f"datum.s - ({depth[0]})", "as": along},
        {"calculate": f"datum.s - ({depth[1]})", "as": f"{along}2"},
        {"calculate": f"{depth[0]}", "as": across},
        {"calculate": f"{depth[1]}", "as": f"{across}2"},
    ]
    return layer


def _round(value: float) -> float:
    return round(value, 2)
