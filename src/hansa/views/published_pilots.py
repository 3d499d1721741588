"""How the pilots of the 2009 publication are drawn: who took part, and when steps were taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hansa.language import N_, _
from hansa.views.canvas import Layer, Plot, inner_width, points, rects, rules
from hansa.views.canvas import texts as written
from hansa.views.hover import told
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows
from hansa.views.theme import DEEP, HAIRLINE, INK, QUIET, Format

if TYPE_CHECKING:
    from hansa.views.published import Pilot, Step


def pilot_plot(pilots: Sequence[Pilot], countries: Sequence[tuple[str, str]], form: Format) -> Plot:
    """A row a pilot, a column a country, a mark for the part that it took."""
    rows = Rows(tuple(p.area for p in pilots), form)
    across = inner_width(form, False) - rows.left
    step = across / len(countries)
    at = {name: round((i + 0.5) * step, 1) for i, (_code, name) in enumerate(countries)}
    heads = [
        {"x": at[name], "y": -12, "text": code if form.narrow else name} for code, name in countries
    ]
    layers: list[Layer] = [
        *rows.furniture(across),
        written(heads, align="center", fontSize=form.small, fontWeight=600),
    ]
    for part, style in _MARKS.items():
        spots = [
            {"x": at[x.country], "y": rows.middle(i), "country": x.country, "pilot": p.area,
             "hover": told(p.area, x.country, _(_PARTS[part]))}
            for i, p in enumerate(pilots)
            for x in p.partners
            if ("leads" if x.country == p.lead else x.status) == part
        ]  # fmt: skip
        if spots:
            layers.append(points(spots, **style))
    return Plot(across, rows.height, tuple(layers), rows.left, 24, 4)


_PARTS = {
    "leads": N_("leads"),
    "participant": N_("takes part"),
    "associate": N_("associate"),
    "left": N_("at first a partner, then left"),
}


_NAMED = {0: N_("Jan"), 6: N_("July")}


_PRINTED = (N_("participant"), N_("left"))


_MARKS: dict[str, dict[str, Any]] = {
    "leads": {"shape": "square", "filled": True, "size": 130, "color": DEEP},
    "participant": {"shape": "circle", "filled": True, "size": 110, "color": DEEP},
    "associate": {"shape": "circle", "filled": False, "size": 100, "stroke": DEEP},
    "left": {"shape": "cross", "filled": False, "size": 100, "stroke": QUIET, "angle": 45},
}


def steps_plot(steps: Sequence[Step], form: Format) -> Plot:
    """A bar a step on an axis of months."""
    rows = Rows(tuple(s.name for s in steps), form)
    across = inner_width(form, False) - rows.left
    low, high = month(steps[0].start), month(steps[-1].end) + 1
    room = 0.0 if form.narrow else max(width(s.period, form.small) for s in steps) + 8
    column = Column(0, round(across - room), low, high)
    boxes = [
        {
            "x": column.pixel(month(s.start)),
            "x2": column.pixel(month(s.end) + 1),
            **rows.span(i),
            "hover": told(s.name, s.period),
        }
        for i, s in enumerate(steps)
    ]
    labels = [{"x": across, "y": rows.middle(i), "text": s.period} for i, s in enumerate(steps)]
    if form.narrow:
        labels = [{**item, "y": i * rows.pitch + 10} for i, item in enumerate(labels)]
    ticks = [m for m in range(low, high + 1) if m % 6 == 0]
    grid = [
        {"x": column.pixel(m), "x2": column.pixel(m), **stretch}
        for m in ticks
        for stretch in rows.stretches()
    ]
    names = [
        {"x": column.pixel(m), "y": -12, "text": f"{_(_NAMED[m % 12])} {m // 12}"} for m in ticks
    ]
    layers = [
        *rows.furniture(across),
        rules(grid, color=HAIRLINE),
        rects(boxes, fill=DEEP),
        written(names, align="center", fontSize=form.small, color=INK),
        written(labels, align="right", fontSize=form.small, color=QUIET),
    ]
    return Plot(across, rows.height, tuple(layers), rows.left, 24, 4)


def month(text: str) -> int:
    """Months since the year 0 of `2008-09`."""
    year, number = text.split("-")
    return 12 * int(year) + int(number) - 1
