"""The drawn part of the bubble chart: axes, marks of true area, names, legend and key."""

from __future__ import annotations

import math
from typing import Any

from hansa.language import _
from hansa.views.bubbles import (
    BAND,
    FILLED,
    GREY_SHAPE,
    LEAST_AREA,
    LEFT,
    Bubble,
    Names,
    Scene,
    beyond,
    corner_boxes,
    line_names,
    names,
    scene,
    whiskers,
)
from hansa.views.canvas import Layer, Plot, codes_of, named, points, rects, rules, texts, tooltip
from hansa.views.format import THIN, grouped
from hansa.views.lettering import fitted, width, wrapped
from hansa.views.rowplot import Column, numeral
from hansa.views.theme import CONTEXT, GROUND, HAIRLINE, INK, LINE, QUADRANTS, QUIET, Format

_FOOT = 44  # tick labels and the title of the axis


def plot(
    bubbles: tuple[Bubble, ...],
    words: tuple[tuple[str, str], tuple[str, str], str],
    form: Format,
    model: bool,
) -> Plot:
    """The picture below the words. `words`: titles of the two axes, the two years, the unit."""
    (x_title, y_title), years, unit = words
    drawn = scene(bubbles, form, model)
    found = names(drawn)
    heads = wrapped(y_title, form.small, drawn.across + LEFT)
    legend, used = _legend(drawn, years, unit)
    key, deep = _key(drawn, found, drawn.height + _FOOT + used)
    layers: list[Layer] = [
        *_axes(drawn),
        *_zero_lines(drawn),
        *_whiskers(drawn),
        *_grounds(found),
        *_marks(drawn),
        *_arrows(drawn),
        *_corners(drawn),
        *_drawn_names(found, form),
        *_titles(drawn, x_title, heads),
        *legend,
        *key,
    ]
    shown = tuple(x for x in layers if x["data"]["values"])
    below = round(_FOOT + used + deep)
    return Plot(drawn.across, drawn.height, shown, LEFT, 8 + 16 * len(heads), below)


def _titles(drawn: Scene, x_title: str, heads: list[str]) -> list[Layer]:
    small = drawn.form.small
    across = {"x": drawn.across, "y": drawn.height + 30, "text": x_title}
    up = [
        {"x": -LEFT, "y": -12 - 16 * (len(heads) - 1 - i), "text": text}
        for i, text in enumerate(heads)
    ]
    return [
        texts([across], align="right", fontSize=small, color=QUIET),
        texts(up, fontSize=small, color=QUIET),
    ]


def _ticks(column: Column, most: float = 7.5) -> list[float]:
    span = column.high - column.low
    step = next(
        s * 10.0**p for p in range(-4, 9) for s in (1, 2, 5) if span / (s * 10.0**p) <= most
    )
    first, last = math.ceil(column.low / step - 1e-9), math.floor(column.high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _axes(drawn: Scene) -> list[Layer]:
    number = numeral("format(abs(datum.value) * 100, '~f')")
    label = f"datum.value == 0 ? '0' : (datum.value > 0 ? '+' : '−') + {number} + '{THIN}%'"
    common = {"title": None, "grid": True, "labelExpr": label, "labelFlush": False}
    x = {**common, "orient": "bottom", "values": _ticks(drawn.x, 5.0 if drawn.form.narrow else 7.5)}
    y = {**common, "orient": "left", "values": _ticks(drawn.y)}
    ends = [{"x": drawn.x.low, "y": drawn.y.low}, {"x": drawn.x.high, "y": drawn.y.high}]
    encoding = {"x": drawn.x.x("x", x), "y": drawn.y.x("y", y)}
    mark = {"type": "point", "opacity": 0}
    return [{"data": {"values": ends}, "mark": mark, "encoding": encoding}]


def _zero_lines(drawn: Scene) -> list[Layer]:
    x, y = drawn.x.pixel(0), drawn.y.pixel(0)
    ends = [
        {"x": x, "x2": x, "y": BAND, "y2": drawn.height - BAND},
        {"x": 0, "x2": drawn.across, "y": y, "y2": y},
    ]
    words = [{"x": b.x + 2, "y": (b.y + b.y2) / 2, "text": t} for b, t in line_names(drawn)]
    return [
        rules(ends, color=INK, strokeWidth=1.2),
        texts(words, fontSize=drawn.form.small, color=QUIET, fontStyle="italic"),
    ]


def _corners(drawn: Scene) -> list[Layer]:
    layers: list[Layer] = []
    words = []
    for box, text, name in corner_boxes(drawn):
        colour, shape = QUADRANTS[name]
        spot = {"x": box.x + 9, "y": box.y + 10}
        layers.append(points([spot], shape=shape, size=90, filled=True, color=colour))
        words.append({"x": box.x + 19, "y": box.y + 10, "text": text})
    return [*layers, texts(words, fontSize=drawn.form.small, fontWeight=600)]


def _whiskers(drawn: Scene) -> list[Layer]:
    lines = [
        {**b.thing, **dict(zip(("x", "y", "x2", "y2"), ends, strict=True))}
        for b, ends in whiskers(drawn)
    ]
    return [rules(lines, color=LINE, strokeWidth=0.7)]


def _grounds(found: Names) -> list[Layer]:
    """A pale ground behind names, so that no line runs through their letters."""
    boxes = [
        {"x": round(b.x, 2), "y": round(b.y + 1, 2), "x2": round(b.x2, 2), "y2": round(b.y2 - 1, 2)}
        for b in (label.box for label, ink in found.labels if ink == INK)
    ]
    return [rects(boxes, fill=GROUND, opacity=0.85)]


def _marks(drawn: Scene) -> list[Layer]:
    filled = [_item(drawn, b, b.end) for b in drawn.bubbles]
    rings: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for b in drawn.bubbles:
        size = b.end if b.start is None and b.kind and not b.stable else b.start
        if size is not None:
            rings[b.stable or not b.kind].append(_item(drawn, b, size))
    layers = [_symbols(drawn, filled, filled=True, opacity=0.9, stroke=GROUND, strokeWidth=0.6)]
    for solid, items in rings.items():
        dash = {"strokeWidth": 0.9} if solid else {"strokeWidth": 1.3, "strokeDash": [3, 2]}
        layers.append(_symbols(drawn, items, filled=False, opacity=1, stroke=INK, **dash))
    return layers


def _item(drawn: Scene, b: Bubble, size: float) -> dict[str, Any]:
    x, y = drawn.at(b)
    return {
        **b.thing,
        "x": x,
        "y": y,
        "jobs": size,
        "size": round(drawn.area(size) / FILLED[b.shape], 2),
        "shape": b.shape,
        "fill": b.fill,
    }


def _symbols(drawn: Scene, items: list[dict[str, Any]], **style: Any) -> Layer:
    encoding: dict[str, Any] = {
        "x": drawn.x.x("x"),
        "y": drawn.y.x("y"),
        "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
        "shape": {"field": "shape", "type": "nominal", "scale": None, "legend": None},
        **tooltip(items),
    }
    if style["filled"]:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    return {"data": {"values": items}, "mark": {"type": "point", **style}, "encoding": encoding}


def _arrows(drawn: Scene) -> list[Layer]:
    """A triangle on the side on which a mark lies beyond the axis."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for b in beyond(drawn.bubbles):
        mark, (x, y) = drawn.mark(b), drawn.at(b)
        own = codes_of(b.thing)
        away = mark.radius - 5
        if b.x != x:
            name, side = ("triangle-right", away) if b.x > x else ("triangle-left", -away)
            spot = {"x": round(mark.x + side, 2), "y": mark.y}
            groups.setdefault(name, []).append({**own, **spot})
        if b.y != y:
            name, side = ("triangle-up", -away) if b.y > y else ("triangle-down", away)
            spot = {"x": mark.x, "y": round(mark.y + side, 2)}
            groups.setdefault(name, []).append({**own, **spot})
    style = {"filled": True, "size": 36, "color": INK}
    return [points(spots, shape=shape, **style) for shape, spots in sorted(groups.items())]


def _drawn_names(found: Names, form: Format) -> list[Layer]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for (label, ink), b in zip(found.labels, found.owners, strict=True):
        item = {**named(b.thing, b.name), "x": label.x, "y": label.y, "text": label.text}
        groups.setdefault((label.align, ink), []).append(item)
    return [
        texts(items, align=align, color=ink, fontSize=form.small)
        for (align, ink), items in sorted(groups.items())
    ]


def _legend(drawn: Scene, years: tuple[str, str], unit: str) -> tuple[list[Layer], float]:
    """What size, fill, outline and dashes mean, in lines that break where they must."""
    small, x, y = drawn.form.small, float(-LEFT), drawn.height + float(_FOOT)
    items = _legend_items(drawn, years, unit)
    rows: list[list[tuple[str, float, dict[str, Any]]]] = [[]]
    for item in items:
        wide = _item_width(item, small)
        if rows[-1] and x + wide > drawn.across:
            rows.append([])
            x = float(-LEFT)
        rows[-1].append(item)
        x += wide + 16
    layers: list[Layer] = []
    words = []
    for row in rows:
        high = max(20.0, *(2 * math.sqrt(area / math.pi) + 4 for _, area, _ in row))
        x = float(-LEFT)
        for item in row:
            text, area, style = item
            radius = math.sqrt(area / math.pi)
            spot = {"x": round(x + radius + 1, 2), "y": round(y + high / 2, 2)}
            size = round(area / FILLED[style.get("shape", "circle")], 1)
            layers.append(points([spot], **{"shape": "circle", **style, "size": size}))
            words.append({"x": round(x + 2 * radius + 7, 2), "y": spot["y"], "text": text})
            x += _item_width(item, small) + 16
        y += high
    return [*layers, texts(words, fontSize=small)], y - drawn.height - _FOOT + 6


def _item_width(item: tuple[str, float, dict[str, Any]], small: float) -> float:
    text, area, _ = item
    return 2 * math.sqrt(area / math.pi) + 7 + width(text, small)


def _legend_items(
    drawn: Scene, years: tuple[str, str], unit: str
) -> list[tuple[str, float, dict[str, Any]]]:
    power = 10.0 ** math.floor(math.log10(drawn.most)) if drawn.most >= 1 else 1.0
    top = next((m * power for m in (5, 2, 1) if m * power <= drawn.most), power)
    sizes = [s for s in (top, top / 10) if drawn.biggest * s / drawn.most >= LEAST_AREA]
    plain = {"filled": False, "strokeWidth": 1}
    items: list[tuple[str, float, dict[str, Any]]] = [
        (f"{grouped(size)} {unit}", drawn.area(size), {**plain, "stroke": QUIET}) for size in sizes
    ]
    items.append((_("filled: {year}", year=years[1]), 150.0, {"filled": True, "color": LINE}))
    items.append((_("outline: {year}", year=years[0]), 150.0, {**plain, "stroke": INK}))
    if any(b.kind and not b.stable for b in drawn.bubbles):
        dashes = {"fill": HAIRLINE, "stroke": INK, "strokeDash": [3, 2], "strokeWidth": 1.3}
        items.append((_("dashed, pale: not known to be stable"), 150.0, dashes))
    if any(not b.kind for b in drawn.bubbles):
        cross = {"filled": True, "color": CONTEXT, "shape": GREY_SHAPE}
        items.append((_("grey cross: no class"), 150.0, cross))
    return items


def _key(drawn: Scene, found: Names, top: float) -> tuple[list[Layer], float]:
    """The names of the marks that carry a number, and of those that carry nothing."""
    lines = [(f"{n}", b) for n, b in enumerate(found.numbered, 1)]
    lines += [("–", b) for b in found.silent]
    if not lines:
        return [], 0.0
    small = drawn.form.small
    longest = max(width(b.name, small) for b in (line[1] for line in lines)) + 34
    columns = max(1, min(3, len(lines), int((drawn.across + LEFT) // longest)))
    room = (drawn.across + LEFT) / columns
    deep = math.ceil(len(lines) / columns)
    counts, words = [], []
    for i, (count, b) in enumerate(lines):
        x, y = round(room * (i // deep) - LEFT, 2), round(top + 30 + 17 * (i % deep), 2)
        counts.append({**codes_of(b.thing), "x": x + 16, "y": y, "text": count})
        name = {"x": x + 22, "y": y, "text": fitted(b.name, small, room - 24)}
        words.append({**named(b.thing, b.name), **name})
    head = _("Numbers in the picture")
    if found.silent:
        head = _("Numbers in the picture (–: no room for one)")
    title = [{"x": -LEFT, "y": round(top + 10, 2), "text": head}]
    return [
        texts(title, fontSize=small, fontWeight=600),
        texts(counts, fontSize=small, align="right", color=QUIET),
        texts(words, fontSize=small),
    ], 30 + 17 * deep
