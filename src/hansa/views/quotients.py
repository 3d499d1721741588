"""Specialisation of one region: quotients as bars from 1, with ½ and 2 equally far from it."""

from __future__ import annotations

import math
from dataclasses import replace

from hansa.language import _
from hansa.panel import Panel
from hansa.views.canvas import Caption, Layer, Plot, compose, inner_width, texts
from hansa.views.captions import (
    cut_note,
    data_columns,
    data_rows,
    header_notes,
    mark_notes,
    source_line,
    tiny_note,
)
from hansa.views.figure import Figure, both
from hansa.views.format import general
from hansa.views.hover import cell_thing
from hansa.views.lettering import width
from hansa.views.phrases import certainty
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    between_note,
    cluster_axis,
    ends,
    noted,
    place_name,
    read,
    reference_name,
)
from hansa.views.rowplot import (
    Column,
    Placed,
    Rows,
    arrows,
    axis_layer,
    bars,
    estimates,
    intervals,
    reference_label,
    reference_line,
    same_share,
    whiskers,
)
from hansa.views.sentences import specialised_title
from hansa.views.theme import (
    ABOVE,
    ABOVE_PALE,
    BELOW,
    BELOW_PALE,
    CONTEXT,
    Format,
)

FRACTIONS = {0.0625: "1/16", 0.125: "⅛", 0.25: "¼", 0.5: "½"}
_WIDEST = 16.0


def specialisation_bars(quotients: Panel, at: At = HERE, words: Words = PLAIN) -> Figure:
    """Quotients of one region over its clusters, the highest first.

    A bar starts at 1 (the same share as in the reference area). Cells that cannot be said have
    no bar: they are listed below. A quotient of 0 is drawn to the end of the axis.
    """
    reading = read(quotients, cluster_axis(quotients), at, words)
    drawn, left = ends(reading, lowest=10)
    caption = _caption(reading, drawn, words)
    caption = replace(caption, notes=(*between_note(left, reading.what), *caption.notes))
    reference = reference_name(reading.header, words)
    specs = both(lambda form: compose(caption, _plot(drawn, form, reference), form))
    return Figure(
        id=f"specialisation-{reading.at.geo or 'all'}-{reading.at.time or 'all'}",
        columns=data_columns(reading),
        rows=data_rows(reading),
        **vars(caption),
        **specs,
    )


def symmetric_reach(values: list[float]) -> float:
    """The end m of an axis from 1/m to m: a power of 2 from 2 to 16 that shows most values.

    Values below 1 count only to 1/8: small quotients are many and say little by their exact size.
    An end that is open counts for nothing: no axis shows it.
    """
    ends = (v for v in values if 0 < v < math.inf)
    furthest = max((min(v, _WIDEST) if v >= 1 else min(8.0, 1 / v) for v in ends), default=2)
    return min(_WIDEST, max(2.0, 2.0 ** math.ceil(math.log2(furthest) - 1e-9)))


def tick_text(value: float) -> str:
    """`½` for 0.5, `1/64` for a sixty-fourth, `4` for 4."""
    part = 0 < value < 1 and (1 / value).is_integer()
    return FRACTIONS.get(value, f"1/{1 / value:.0f}" if part else general(value))


def _caption(reading: Reading, drawn: Reading, words: Words) -> Caption:
    reference = reference_name(reading.header, words)
    title = words.title or specialised_title(reading, words)
    when = f", {reading.at.time}" if reading.at.time is not None else ""
    subtitle = _(
        "{place}: share of each {thing} as a multiple of its share in {reference}{when}. Axis: "
        "each step doubles.",
        place=place_name(reading, words),
        thing=reading.thing,
        things=reading.what,
        reference=reference,
        when=when,
    )
    notes = mark_notes(drawn, dashed=False)
    if any(certainty(c, 1) == "possible" for c in drawn.known):
        notes.append(_("Pale bar: above or below 1 is possible, not certain."))
    notes += tiny_note(drawn)
    reach = symmetric_reach([c.high for c in drawn.known])
    scale = Column(0, 1, 1 / reach, reach, log=True)
    notes += cut_note(drawn.known, scale.beyond)
    if any(c.value is not None and scale.beyond(c.value) for c in drawn.known):
        notes.append(_("Arrow: beyond the axis; the number is printed beside it."))
    if reading.absent:
        reasons = "; ".join(noted(reading.absent))
        notes.append(_("Cannot be said ({reasons}).", reasons=reasons))
    notes += header_notes(reading.header)
    top = "; ".join(f"{c.name} {_label(c, reading)}" for c in reading.known[:5])
    subtitle = subtitle[0].upper() + subtitle[1:]
    alt = f"{_('Horizontal bars from 1, the highest first.')} {title}. {subtitle} {top}."
    source = source_line(reading.header, words, reference=True)
    return Caption(title, subtitle, alt, tuple(notes), source, reading.header.model_data)


def _plot(reading: Reading, form: Format, reference: str) -> Plot:
    things = tuple(cell_thing(c, reading) for c in reading.known)
    rows = Rows(tuple(c.name for c in reading.known), form, things)
    across = inner_width(form, reading.header.model_data) - rows.left
    labels = [_label(c, reading) for c in reading.known]
    room = max((width(t, form.small) for t in labels), default=0) + 16
    reach = symmetric_reach([c.high for c in reading.known])
    column = Column(10, round(across - room), 1 / reach, reach, log=True)
    places = [Placed(i, c) for i, c in enumerate(reading.known)]
    exact = [(p, _fill(p.cell)) for p in places if p.cell.value is not None]
    one = column.pixel(1)
    printed = [
        {**rows.codes(i), "x": across, "y": rows.middle(i), "text": text}
        for i, text in enumerate(labels)
    ]
    layers: list[Layer] = [
        *rows.furniture(across),
        _axis(column, rows, reach),
        bars(exact, column, rows, 1),
        *estimates([(p, _paler(f)) for p, f in exact if p.cell.estimated], column, rows, 1),
        *intervals([p for p in places if p.cell.value is None], column, rows),
        *whiskers([p for p, _ in exact if p.cell.bounded], column, rows),
        *arrows(_beyond(places, column), rows),
        reference_line(one, rows),
        texts(printed, fontSize=form.small, align="right"),
        reference_label(one, same_share(reference), (-rows.left, across), -33, form.small, 600),
    ]
    return Plot(across, rows.height, tuple(layers), rows.left, 44, 4)


def _axis(column: Column, rows: Rows, reach: float) -> Layer:
    steps = round(math.log2(reach))
    ticks = [2.0**k for k in range(-steps, steps + 1)]
    names = " : ".join(f"datum.value == {t} ? '{tick_text(t)}'" for t in ticks)
    return axis_layer(column, rows, ticks, f"{names} : ''")


def _fill(cell: Cell) -> str:
    if cell.tiny:
        return CONTEXT
    sure = certainty(cell, 1) == "certain"
    if cell.middle >= 1:
        return ABOVE if sure else ABOVE_PALE
    return BELOW if sure else BELOW_PALE


def _paler(fill: str) -> str:
    return {ABOVE: "#8FB3D8", BELOW: "#D9A877", CONTEXT: "#DDDDDD"}.get(fill, fill)


def _beyond(places: list[Placed], column: Column) -> list[tuple[int, float, bool]]:
    out = []
    for p in places:
        value = p.cell.value
        if value is not None and column.beyond(value):
            right = value > 1
            x = column.pixel(value) + (3 if right else -3)
            out.append((p.row, x, right))
    return out


def _label(cell: Cell, reading: Reading) -> str:
    if cell.value == 0 and not cell.bounded:
        return "0"
    return reading.scale.with_interval(cell.value, cell.lower, cell.upper)
