"""Size beside growth, a row a cluster (2009 publication, chapter 2.1, figure 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hansa.errors import UsageError
from hansa.language import _
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    compose,
    inner_width,
    rules,
    texts,
    tooltip,
)
from hansa.views.captions import (
    cut_note,
    data_columns,
    data_rows,
    header_notes,
    mark_notes,
    open_note,
    source_line,
)
from hansa.views.captions import tiny_note as grey_note
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, joined
from hansa.views.hover import full_name, spoken, told, value_words
from hansa.views.lettering import width
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    amount_words,
    cluster_axis,
    ends,
    noted,
    place_name,
    read,
    smaller_note,
)
from hansa.views.rowplot import (
    GAP,
    Column,
    Placed,
    Rows,
    arrows,
    axis_layer,
    bars,
    estimates,
    intervals,
    reference_line,
    unknown,
    whiskers,
)
from hansa.views.sentences import largest_title
from hansa.views.theme import CONTEXT, DEEP, INK, QUIET, Format

_LABELS = 0.55
"""Part of the width of growth that numbers with bounds may take; the rest is for the dots."""


@dataclass(frozen=True)
class _Drawing:
    """What one picture draws: the rows, and growth by code where there is any."""

    size: Reading
    growth: Reading | None
    model_data: bool

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.size.ordered

    def change(self, code: str) -> Cell | None:
        if self.growth is None:
            return None
        return next((c for c in self.growth.cells if c.code == code), None)


def size_bars(
    size: Panel, growth: Panel | None = None, at: At = HERE, words: Words = PLAIN
) -> Figure:
    """Clusters of one area and year: size as bars, and beside it growth, in one order.

    size    amounts by cluster or activity (extensive: jobs, local units, wage bill)
    growth  rates of the same clusters, optional
    Raises UsageError for shares and rates as size: a bar of them has no common zero with jobs.
    """
    axis = cluster_axis(size)
    sizes = read(size, axis, at, words)
    if size.header.kind == "intensive":
        raise UsageError(
            f"{size.header.measure} is no size",
            printed="an intensive measure",
            admissible="an extensive one: employment, establishments, payroll",
        )
    rates = read(growth, axis, replace(sizes.at, cluster=None), words) if growth else None
    model = size.header.model_data or bool(growth and growth.header.model_data)
    drawn, left = ends(sizes, lowest=0)
    drawing = _Drawing(drawn, _of(drawn, rates), model)
    caption = _caption(drawing, words)
    caption = replace(caption, notes=(*smaller_note(left, sizes.what), *caption.notes))
    specs = both(lambda form: compose(caption, _plot(drawing, form), form))
    columns, rows = _table(_Drawing(sizes, rates, model))
    return Figure(
        id=f"size-{sizes.at.geo or 'all'}-{sizes.at.time or 'all'}",
        columns=columns,
        rows=rows,
        **vars(caption),
        **specs,
    )


def _of(sizes: Reading, rates: Reading | None) -> Reading | None:
    """The rates of the cells that are drawn."""
    if rates is None:
        return None
    codes = {c.code for c in sizes.cells}
    return replace(rates, cells=tuple(c for c in rates.cells if c.code in codes))


def _caption(drawing: _Drawing, words: Words) -> Caption:
    sizes, rates = drawing.size, drawing.growth
    title = words.title or largest_title(sizes, words)
    subtitle = _subtitle(sizes, rates, words)
    notes = mark_notes(sizes)
    if rates is not None:
        notes += open_note(rates.known)
        scale = Column(0, 1, *_limits(rates))
        notes += cut_note(rates.known, scale.beyond)
        notes += grey_note(rates)
        if any(c.value is not None and scale.beyond(c.value) for c in rates.known):
            notes.append(_("Arrow: beyond the axis; the number is printed beside it."))
        entries = [c.name for c in rates.absent if "entry" in c.status]
        if entries:
            text = _("new: no jobs in the first year, so no rate ({names}).", names=joined(entries))
            notes.append(text)
        if gone := [c for c in rates.absent if "entry" not in c.status]:
            notes.append(_("Change not known ({reasons}).", reasons="; ".join(noted(gone))))
    headers = [sizes.header] + ([rates.header] if rates else [])
    notes += header_notes(*headers)
    top = "; ".join(f"{c.name} {_label(c, sizes)}" for c in sizes.known[:5])
    alt = f"{_('Horizontal bars, the largest first.')} {title}. {subtitle}. {top}."
    return Caption(
        title, f"{subtitle}.", alt, tuple(notes), source_line(sizes.header), drawing.model_data
    )


def _subtitle(sizes: Reading, rates: Reading | None, words: Words) -> str:
    place, when = place_name(sizes, words), ""
    if sizes.at.time is not None:
        when = " " + _("in {year}", year=sizes.at.time)
    said = {
        "place": f"{place[:1].upper()}{place[1:]}",
        "amount": f"{amount_words(sizes.header)}{when}",
    }
    if rates is None:
        return _("{place}. Bars: {amount}", **said)
    return _(
        "{place}. Bars: {amount}; dots: change{period}, in per cent", period=_since(rates), **said
    )


def _plot(drawing: _Drawing, form: Format) -> Plot:
    things = tuple(_sized(drawing.size, c) for c in drawing.cells)
    rows = Rows(tuple(c.name for c in drawing.cells), form, things)
    across = inner_width(form, drawing.model_data) - rows.left
    layers: list[Layer] = list(rows.furniture(across))
    end = float(across)
    if drawing.growth is not None:
        layers += _growth_part(drawing, drawing.growth, rows, across)
        end = _growth_start(form, across) - 26
    layers += _size_part(drawing.size, rows, end)
    below = 20 if drawing.growth is not None else 4
    return Plot(across, rows.height, tuple(layers), rows.left, 40, below)


def _sized(sizes: Reading, cell: Cell) -> Thing:
    """What a row stands for, and what is said of its size."""
    said = value_words(cell, sizes.header)
    return spoken(sizes.axis, cell.code, full_name(cell, sizes.axis), said)


def _changed(rates: Reading, change: Cell | None, thing: Thing) -> Thing:
    """The same row, and what is said of its change."""
    said = value_words(change, rates.header) if change is not None else _not_known()
    text = _("change{period} {value}", period=_since(rates), value=said)
    return {**thing, "hover": told(thing["name"], text)}


def _not_known() -> str:
    return f"{MISSING} {_('not known')}"


def _growth_start(form: Format, across: float) -> float:
    return across * (0.56 if form.narrow else 0.57)


def _size_part(sizes: Reading, rows: Rows, end: float) -> list[Layer]:
    small = rows.form.small
    known = [Placed(i, c) for i, c in enumerate(sizes.known)]
    longest = max((width(_label(c, sizes), small) for c in sizes.known), default=0)
    ends = [v for c in sizes.known for v in (c.lower, c.value, c.upper) if v is not None]
    column = Column(0, round(end - longest - GAP), min([0.0, *ends]), max([0.0, *ends]) or 1.0)
    exact = [(p, DEEP) for p in known if p.cell.value is not None]
    labels = [
        {
            **rows.codes(p.row),
            "x": column.pixel(p.cell.high) + 6,
            "y": rows.middle(p.row),
            "text": _label(p.cell, sizes),
        }
        for p in known
    ]
    gone = [Placed(len(known) + i, c) for i, c in enumerate(sizes.absent)]
    reasons = [
        {**rows.codes(p.row), "x": 42, "y": rows.middle(p.row), "text": p.cell.brief_reason}
        for p in gone
    ]
    return [
        bars(exact, column, rows, 0),
        *estimates([(p, "#7F9DB2") for p, _ in exact if p.cell.estimated], column, rows, 0),
        *intervals([p for p in known if p.cell.value is None], column, rows),
        *whiskers([p for p in known if p.cell.bounded and p.cell.value is not None], column, rows),
        *unknown(gone, 0, rows),
        reference_line(0, rows, color=QUIET, strokeWidth=1),
        texts(labels, fontSize=small),
        *([texts(reasons, fontSize=small, color=QUIET, fontStyle="italic")] if reasons else []),
        texts([{"x": 0, "y": -31, "text": _head(sizes)}], fontSize=small, fontWeight=600),
    ]


def _growth_part(drawing: _Drawing, rates: Reading, rows: Rows, across: float) -> list[Layer]:
    form = rows.form
    cells = [(i, drawing.change(c.code)) for i, c in enumerate(drawing.cells)]
    things = tuple(_changed(rates, c, rows.things[i]) for i, c in cells)
    rows = replace(rows, things=things)
    said = _rate_texts([c for _, c in cells], rates, form, across)
    label_room = max((width(text, form.small) for text in said), default=0) + 14
    low, high = _limits(rates)
    column = Column(_growth_start(form, across), round(across - label_room), low, high)
    known = [Placed(i, c) for i, c in cells if c is not None and not c.absent]
    dots = [p for p in known if p.cell.value is not None and not column.beyond(p.cell.value)]
    far = [p for p in known if p.cell.value is not None and column.beyond(p.cell.value)]
    zero = column.pixel(0)
    labels = [
        {**rows.codes(i), "x": across, "y": rows.middle(i), "text": text}
        for (i, _), text in zip(cells, said, strict=True)
    ]
    bounded = [p for p in known if p.cell.bounded]
    return [
        _axis(column, rows),
        reference_line(zero, rows),
        texts(
            [{"x": zero, "y": rows.height + 11, "text": _("no change")}],
            align="center",
            fontSize=form.small,
            color=INK,
        ),
        *whiskers(bounded, column, rows),
        _stems(dots + far, column, rows),
        _dots(dots, column, rows),
        *arrows([(p.row, column.pixel(p.cell.middle), p.cell.middle > 0) for p in far], rows),
        texts(labels, fontSize=form.small, align="right"),
        texts(
            [{"x": column.start, "y": -31, "text": _("Change{period}", period=_since(rates))}],
            fontSize=form.small,
            fontWeight=600,
        ),
    ]


def _limits(rates: Reading) -> tuple[float, float]:
    """A growth axis that shows most rates well: a few extreme ones lie beyond it."""
    solid = sorted(abs(c.middle) for c in rates.known if not c.tiny) or [0.1]
    reach = max(2.5 * solid[int(0.75 * (len(solid) - 1))], 0.01)
    values = [c.middle for c in rates.known if not c.tiny and abs(c.middle) <= reach]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    step = _step(high - low)
    down, up = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return round(down * step, 10), round(max(up, 0 if down else 1) * step, 10)


def _step(span: float) -> float:
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        if span <= 8 * step:
            return step
    return span / 8


def _axis(column: Column, rows: Rows) -> Layer:
    label = (
        "datum.value == 0 ? '0' : (datum.value > 0 ? '+' : '') + "
        "format(datum.value * 100, '.0f') + '\u202f%'"
    )
    return axis_layer(column, rows, sorted({column.low, 0.0, column.high}), label)


def _stems(places: list[Placed], column: Column, rows: Rows) -> Layer:
    items = []
    for p in places:
        y = rows.middle(p.row)
        ends = {"x": column.pixel(0), "x2": column.pixel(p.cell.middle), "y": y, "y2": y}
        items.append({**rows.codes(p.row), **ends})
    return rules(items, color=CONTEXT, strokeWidth=2)


def _dots(places: list[Placed], column: Column, rows: Rows) -> Layer:
    items = [
        {
            **rows.thing(p.row),
            "rate": p.cell.value,
            "y": rows.middle(p.row),
            "fill": CONTEXT if p.cell.tiny else DEEP,
        }
        for p in places
    ]
    raw = {"type": "quantitative", "scale": None, "axis": None}
    return {
        "data": {"values": items},
        "mark": {"type": "circle", "size": 64, "opacity": 1},
        "encoding": {
            "x": column.x("rate"),
            "y": {"field": "y", **raw},
            "fill": {"field": "fill", "type": "nominal", "scale": None, "legend": None},
            **tooltip(items),
        },
    }


def _rate_texts(
    cells: Sequence[Cell | None], rates: Reading, form: Format, across: float
) -> list[str]:
    """What is printed beside each dot, with its bounds where they leave the dots enough room."""
    room = _LABELS * (across - _growth_start(form, across))
    full = [_rate_text(c, rates, bounds=True) for c in cells]
    fits = all(width(text, form.small) <= room for text in full)
    return full if fits else [_rate_text(c, rates) for c in cells]


def _rate_text(cell: Cell | None, rates: Reading, bounds: bool = False) -> str:
    if cell is None or cell.absent:
        new = cell is not None and "entry" in cell.status
        return _("new") if new else _not_known()
    if bounds or cell.value is None:
        return rates.scale.with_interval(cell.value, cell.lower, cell.upper)
    return rates.scale.text(cell.value, cell.high - cell.low)


def _label(cell: Cell, sizes: Reading) -> str:
    if cell.value is None:
        return sizes.scale.interval(cell.lower, cell.upper)
    return sizes.scale.text(cell.value, cell.high - cell.low)


def _head(sizes: Reading) -> str:
    words = amount_words(sizes.header)
    words = words[:1].upper() + words[1:]
    return f"{words}, {sizes.at.time}" if sizes.at.time is not None else words


def _since(rates: Reading) -> str:
    return f" {rates.period}" if rates.period else ""


def _table(drawing: _Drawing) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    columns = data_columns(drawing.size)
    rows = data_rows(drawing.size)
    rates = drawing.growth
    if rates is None:
        return columns, rows
    heads = (*columns, _("Change{period}", period=_since(rates)), _("Status of the change"))
    full = []
    for row in rows:
        cell = drawing.change(row[0])
        status = "" if cell is None else cell.meaning or (cell.reason if cell.absent else "")
        rate = (
            MISSING
            if cell is None
            else rates.scale.with_interval(cell.value, cell.lower, cell.upper)
        )
        full.append((*row, rate, status))
    return heads, tuple(full)
