"""Two printed index tables of the same units: one against the other, with the line through them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.index.link import Link
from hansa.index.printed import PrintedTable
from hansa.language import _
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    inner_width,
    rects,
    rules,
    stands_for,
    texts,
    tooltip,
)
from hansa.views.figure import Figure
from hansa.views.format import general, joined, spelled
from hansa.views.index_rows import Key, Legend
from hansa.views.labels import Box, Label, Mark, place
from hansa.views.monitor_figure import figure_of, r_text, signed, whole
from hansa.views.rowplot import Column
from hansa.views.theme import BELOW, DEEP, GROUND, INK, LINE, QUIET, Format

# Room for tick labels left of the plot and half of one right of it; for those and a title below.
_LEFT, _RIGHT, _FOOT = 30, 12, 42
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Group:
    """Units that are marked, and what they are called in the legend."""

    name: str = ""
    codes: Collection[str] = _NONE


@dataclass(frozen=True)
class _Spot:
    """One unit of the scatter: where it is, how it is marked and what stands beside it."""

    code: str
    name: str
    x: float
    y: float
    far: bool
    marked: bool
    low: bool
    residual: float
    studentised: float

    @property
    def said(self) -> str:
        return _(
            "{name}: framework {x}, performance {y}",
            name=self.name,
            x=whole(self.x),
            y=whole(self.y),
        )


def monitor_scatter(
    framework: PrintedTable,
    performance: PrintedTable,
    found: Link,
    group: Group | None = None,
    source: str = "",
) -> Figure:
    """Performance against framework conditions of the later year, with the line of least squares.

    found   the link of the two, its positions those of the rows of both tables
    group   units to mark with a square
    Named with its residual: who is far from the line. Hollow: whom the tail test leaves out.
    """
    group = group or Group()
    year, tail = performance.years[1], found.lowest
    spots = _spots(framework, performance, found, group)
    many = spelled(len(tail.left_out))
    r, rest = r_text(found.pearson), r_text(tail.r)
    title = (
        _(
            "Framework conditions and performance go together (r = {r}), far less without the "
            "{count} lowest ({rest})",
            r=r,
            count=many,
            rest=rest,
        )
        if tail.falls
        else _("Framework conditions and performance go together (r = {r})", r=r)
    )
    far = [s for s in spots if s.far]
    subtitle = _(
        "Index of performance against index of framework conditions, {year}; {n} countries, points "
        "as printed.",
        year=year,
        n=found.n,
    )
    notes = [
        _("Hollow: the {count} lowest in performance; without them r is {r}.", count=many, r=rest),
        _("Line: least squares over all countries. It says what went together, not what did what."),
    ]
    if far:
        text = _(
            "Named in bold, with points off the line: studentised residual above {n}.",
            n=general(2.5),
        )
        notes.append(text)
    notes.append(_("Names where there is room; all are in the table behind the figure."))
    told = joined([_("{name} {n} points", name=s.name, n=signed(s.residual)) for s in far])
    alt = _("A scatter of {n} countries with a line through them.", n=found.n)
    alt = f"{alt} {title}. {_('Far off: {names}.', names=told or _('nobody'))}"
    caption = Caption(title, subtitle, alt, tuple(notes), source)
    return figure_of(
        "monitor-scatter",
        caption,
        lambda form: _scatter_plot(spots, found, (group.name, year), form),
        (
            *(_("Code"), _("Country"), _("Framework"), _("Performance")),
            *(_("Points off the line"), _("Studentised")),
        ),
        [
            (s.code, s.name, whole(s.x), whole(s.y), signed(s.residual, 1), r_text(s.studentised))
            for s in sorted(spots, key=lambda s: -s.residual)
        ],
    )


def _spots(
    framework: PrintedTable, performance: PrintedTable, found: Link, group: Group
) -> list[_Spot]:
    low, far = set(found.lowest.left_out), set(found.fit.far)
    return [
        _Spot(
            performance.codes[i],
            performance.names[i],
            float(framework.index[i]),
            float(performance.index[i]),
            i in far,
            performance.codes[i] in group.codes,
            i in low,
            float(found.fit.residuals[i]),
            float(found.fit.studentised[i]),
        )
        for i in np.flatnonzero(~np.isnan(found.fit.residuals)).tolist()
    ]


@dataclass(frozen=True)
class _Field:
    """The two scales of the scatter, in pixels of the plot."""

    x: Column
    y: Column

    def at(self, spot: _Spot) -> tuple[float, float]:
        return self.x.pixel(spot.x), self.y.pixel(spot.y)


def _scatter_plot(
    spots: Sequence[_Spot], found: Link, words: tuple[str, int], form: Format
) -> Plot:
    name, year = words
    across = inner_width(form, False) - _LEFT - _RIGHT
    height = 330 if form.narrow else 440
    field = _Field(
        Column(0, across, 0, _end(max(s.x for s in spots))),
        Column(height, 0, 0, _end(max(s.y for s in spots))),
    )
    legend = Legend(
        (
            *((Key(name, "square"),) if name else ()),
            Key(_("other countries"), "circle", LINE),
            Key(_("hollow: the lowest"), "circle", QUIET, filled=False),
        ),
        across + _LEFT,
    )
    above = legend.height + 24
    title = {
        "x": across,
        "y": height + 30,
        "text": _("Framework conditions {year} (index)", year=year),
    }
    up = {"x": -_LEFT, "y": -14, "text": _("Performance {year} (index)", year=year)}
    layers = [
        *_axes(field, form),
        _fit_line(field, found),
        *_stalks(field, spots, found),
        *_marks(field, spots),
        *_names(field, spots, found, form),
        texts([title], align="right", fontSize=form.small, color=QUIET),
        texts([up], fontSize=form.small, color=QUIET),
        *legend.layers(-_LEFT, -above),
    ]
    return Plot(across, height, tuple(layers), _LEFT, above, _FOOT)


def _end(most: float) -> float:
    """The end of a scale from 0 that leaves room for a name."""
    return 10.0 * math.ceil((most + 6) / 10)


def _axes(field: _Field, form: Format) -> list[Layer]:
    step = 20 if form.narrow else 10
    ticks = [[float(v) for v in range(0, int(c.high) + 1, step)] for c in (field.x, field.y)]
    common = {"title": None, "grid": True, "labelFlush": False}
    encoding = {
        "x": field.x.x("x", {**common, "orient": "bottom", "values": ticks[0]}),
        "y": field.y.x("y", {**common, "orient": "left", "values": ticks[1]}),
    }
    ends = [{"x": 0, "y": 0}, {"x": field.x.high, "y": field.y.high}]
    return [
        {"data": {"values": ends}, "mark": {"type": "point", "opacity": 0}, "encoding": encoding}
    ]


def _ends(field: _Field, found: Link) -> tuple[float, float]:
    """Where the line enters and leaves the plot, on the scale of the framework."""
    a, b = found.fit.intercept, float(found.fit.slopes[0])
    crossings = [(v - a) / b for v in (field.y.low, field.y.high)] if b else []
    inside = [
        x for x in (field.x.low, field.x.high, *crossings) if field.x.low <= x <= field.x.high
    ]
    held = [x for x in inside if not field.y.beyond(a + b * x)]
    return min(held), max(held)


def _expected(found: Link, x: float) -> float:
    return found.fit.intercept + float(found.fit.slopes[0]) * x


def _fit_line(field: _Field, found: Link) -> Layer:
    one, other = ({"x": x, "y": _expected(found, x)} for x in _ends(field, found))
    line = {
        "x": field.x.pixel(one["x"]),
        "x2": field.x.pixel(other["x"]),
        "y": field.y.pixel(one["y"]),
        "y2": field.y.pixel(other["y"]),
    }
    return rules([line], color=INK, strokeWidth=1.4)


def _stalks(field: _Field, spots: Sequence[_Spot], found: Link) -> list[Layer]:
    """From a far unit down or up to the line."""
    items = [
        {
            **stands_for("unit", s.code),
            "x": x,
            "x2": x,
            "y": y,
            "y2": field.y.pixel(_expected(found, s.x)),
        }
        for s in spots
        if s.far
        for x, y in [field.at(s)]
    ]
    return [rules(items, color=BELOW, strokeWidth=1.2)] if items else []


def _marks(field: _Field, spots: Sequence[_Spot]) -> list[Layer]:
    layers = []
    for marked in (False, True):
        for low in (False, True):
            own = [s for s in spots if s.marked is marked and s.low is low]
            values = [
                {**stands_for("unit", s.code), "x": s.x, "y": s.y, "hover": s.said} for s in own
            ]
            if not values:
                continue
            colour = DEEP if marked else QUIET if low else LINE
            look: dict[str, Any] = {"type": "point", "opacity": 1, "size": 64, "filled": not low}
            look |= {"shape": "square" if marked else "circle", "color": colour}
            look |= {"fill": GROUND, "strokeWidth": 1.8} if low else {}
            encoding = {
                "x": field.x.x("x"),
                "y": field.y.x("y"),
                **tooltip(values),
            }
            layers.append({"data": {"values": values}, "mark": look, "encoding": encoding})
    return layers


def _names(field: _Field, spots: Sequence[_Spot], found: Link, form: Format) -> list[Layer]:
    """Names where there is room: far units first, then marked ones, then the lowest.

    Clear of the line where that can be; else on it, with a ground of their own.
    """
    ordered = sorted(spots, key=lambda s: (not s.far, not s.marked, not s.low, s.code))
    marks = [Mark(*field.at(s), 5, _word(s, form)) for s in ordered]
    within = Box(2, 2, field.x.end - 2, field.y.start - 2)
    placed = place(marks, form.small, within, (), [*marks, *_lines_as_marks(field, spots, found)])
    taken = [label.box for label in placed if label is not None]
    left = [mark for mark, label in zip(marks, placed, strict=True) if label is None]
    late = dict(zip(left, place(left, form.small, within, taken, marks), strict=True))
    grounds = [
        {
            "x": round(b.x, 2),
            "x2": round(b.x2, 2),
            "y": round(b.y + 1, 2),
            "y2": round(b.y2 - 1, 2),
        }
        for b in (label.box for label in late.values() if label is not None)
    ]
    layers: list[Layer] = [rects(grounds, fill=GROUND, opacity=0.85)] if grounds else []
    for heavy in (True, False):
        every = [label or late.get(mark) for mark, label in zip(marks, placed, strict=True)]
        own = [
            (x, s) for s, x in zip(ordered, every, strict=True) if x is not None and s.far is heavy
        ]
        layers += _drawn(own, fontSize=form.small, fontWeight=600 if heavy else 400)
    return layers


def _lines_as_marks(field: _Field, spots: Sequence[_Spot], found: Link) -> list[Mark]:
    """Points along the line and the stalks, that names stay clear of."""
    steps = np.linspace(*_ends(field, found), 80)
    line = [Mark(field.x.pixel(v), field.y.pixel(_expected(found, v)), 1.5, "") for v in steps]
    for s in spots:
        if s.far:
            x, y = field.at(s)
            depth = np.linspace(y, field.y.pixel(_expected(found, s.x)), 40)
            # Those beside the mark would keep its own name away from it.
            line += [Mark(x, float(d), 1.5, "") for d in depth if abs(d - y) > 8]
    return line


def _word(spot: _Spot, form: Format) -> str:
    if spot.far:
        return f"{spot.name} {signed(spot.residual)}"
    return spot.code if form.narrow else spot.name


def _drawn(labels: Sequence[tuple[Label, _Spot]], **style: Any) -> list[Layer]:
    layers = []
    for align in sorted({label.align for label, _spot in labels}):
        items = [
            {**stands_for("unit", s.code), "hover": s.name, "x": b.x, "y": b.y, "text": b.text}
            for b, s in labels
            if b.align == align
        ]
        layers.append(texts(items, align=align, **style))
    return layers
