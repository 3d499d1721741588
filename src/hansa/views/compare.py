"""Some regions side by side: quotients by cluster as small multiples, a column of bars a region."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hansa.errors import UsageError, listed
from hansa.language import _
from hansa.panel import Panel
from hansa.views.canvas import Caption, Layer, Plot, Thing, compose, inner_width, texts
from hansa.views.captions import header_notes, mark_notes, source_line, thing_head
from hansa.views.compare_words import Side, cell_text, differences, places_named
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, joined
from hansa.views.hover import cell_hover, full_name
from hansa.views.lettering import fitted, width
from hansa.views.phrases import certainty
from hansa.views.quotients import symmetric_reach, tick_text
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    cluster_axis,
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
    reference_line,
    unknown,
    whiskers,
)
from hansa.views.theme import ABOVE, ABOVE_PALE, BELOW, BELOW_PALE, CONTEXT, Format

MOST_REGIONS = 10
"""Regions that one picture has room for."""
MOST_ROWS = 20
_AROUND = 8  # pixels between two columns
_PALER = {ABOVE: "#8FB3D8", BELOW: "#D9A877", CONTEXT: "#DDDDDD"} | {
    pale: pale for pale in (ABOVE_PALE, BELOW_PALE)
}
_PRINTED = 92  # pixels of a column from which on it has room for numbers
_NUMBER = 40
_LETTERS = 7
"""Letters of a shortened name that still tell a region."""
_BOLD = 1.06
"""How much wider bold letters are at most."""


def sides_of(panel: Panel, geos: Sequence[str], at: At = HERE, words: Words = PLAIN) -> list[Side]:
    """The regions, each with its cells by cluster, in the order given.

    Raises UsageError for fewer than two regions, more than `MOST_REGIONS`, and one named twice.
    """
    if not 2 <= len(geos) <= MOST_REGIONS:
        raise UsageError(
            f"{len(geos)} regions cannot be shown side by side",
            printed=listed(geos, MOST_REGIONS),
            admissible=f"two to {MOST_REGIONS} regions",
            fix="name some, by their codes",
        )
    if twice := sorted({code for code in geos if list(geos).count(code) > 1}):
        raise UsageError("a region stands twice", printed=listed(twice), fix="name it once")
    axis = cluster_axis(panel)
    found = [read(panel, axis, At(code, None, at.time), words) for code in geos]
    return [Side(c, words.name(c, panel.header), r) for c, r in zip(geos, found, strict=True)]


def comparison_bars(
    quotients: Panel, geos: Sequence[str], at: At = HERE, words: Words = PLAIN
) -> Figure:
    """Quotients of two to ten regions: a row a cluster, a column of bars from 1 a region.

    Shown are the clusters that each region is most specialised in, the highest on average first;
    the table behind has all of them. Errors as `sides_of`.
    """
    sides = sides_of(quotients, geos, at, words)
    rows = standing_out(sides)
    caption = _caption(sides, rows, words)
    specs = both(lambda form: compose(caption, _plot(sides, rows, form), form))
    return Figure(
        id=f"compare-{'-'.join(geos)}"[:80],
        columns=(_("Code"), thing_head(sides[0].reading), *(f"{s.name} ({s.code})" for s in sides)),
        rows=tuple(_row(sides, code) for code in _averaged(sides, [*sides[0].cells])),
        **vars(caption),
        **specs,
    )


def standing_out(sides: Sequence[Side], most: int = MOST_ROWS) -> list[str]:
    """Clusters that some region is most specialised in, the highest on average first."""
    each = max(2, -(-most // len(sides)))
    picked: dict[str, None] = {}
    for rank in range(each):
        for side in sides:
            solid = [c for c in side.reading.known if not c.tiny and c.middle > 1]
            if rank < len(solid) and len(picked) < most:
                picked[solid[rank].code] = None
    return _averaged(sides, list(picked) or list(sides[0].cells)[:most])


def _averaged(sides: Sequence[Side], codes: list[str]) -> list[str]:
    """Codes in the order of their average on the log scale; those nobody knows come last."""

    def height(code: str) -> float:
        cells = [side.cells[code] for side in sides if code in side.cells]
        known = [math.log2(min(max(c.middle, 1 / 16), 16)) for c in cells if not c.absent]
        return sum(known) / len(known) if known else -math.inf

    return sorted(codes, key=lambda code: (-height(code), code))


def _caption(sides: list[Side], rows: list[str], words: Words) -> Caption:
    header, reading = sides[0].reading.header, sides[0].reading
    reference = reference_name(header, words)
    when = f", {reading.at.time}" if reading.at.time is not None else ""
    reach = _reach(sides, rows)
    title = words.title or differences(sides).rstrip(".")
    subtitle = _(
        "Share of each {thing} as a multiple of its share in {reference}{when}. {regions}. Each "
        "axis from {low} to {high}, on a scale of doublings.",
        thing=reading.thing,
        things=reading.what,
        reference=reference,
        when=when,
        regions=joined([full_name(Cell(s.code, s.name, None), "geo") for s in sides]),
        low=tick_text(1 / reach),
        high=tick_text(reach),
    )
    shown = _shown(sides, rows)
    notes = [
        _("Shown are the {things} that each region is most specialised in.", things=reading.what)
    ]
    notes += mark_notes(shown)
    if any(c.value is not None and certainty(c, 1) == "possible" for c in shown.known):
        notes.append(_("Pale bar: above or below 1 is possible, not certain."))
    if any(c.tiny for c in shown.known):
        notes.append(_("Grey: too small to carry a rate."))
    if any(c.value is not None and not 1 / reach <= c.value <= reach for c in shown.known):
        notes.append(_("Arrow: beyond the axis; the number is in the table."))
    notes += header_notes(header)
    alt = _("A column of bars for each of {regions}.", regions=places_named(sides))
    alt = f"{alt} {title}. {subtitle}"
    source = source_line(header, words, reference=True)
    return Caption(title, subtitle, alt, tuple(notes), source, header.model_data)


def _shown(sides: list[Side], rows: list[str]) -> Reading:
    """Every cell that is drawn, named with its region."""
    cells = tuple(
        replace(side.cells[code], name=_in(side.cells[code], side.code))
        for side in sides
        for code in rows
        if code in side.cells
    )
    return replace(sides[0].reading, cells=cells)


def _in(cell: Cell, region: str) -> str:
    return _("{cluster} in {region}", cluster=cell.name, region=region)


def _reach(sides: list[Side], rows: list[str]) -> float:
    known = [c for c in _shown(sides, rows).cells if not c.absent]
    return min(8.0, symmetric_reach([c.high for c in known]))


@dataclass(frozen=True)
class _Drawing:
    """One column of the picture: a region with its rows and its scale."""

    side: Side
    rows: Rows
    column: Column
    places: tuple[Placed, ...]


def _plot(sides: list[Side], codes: list[str], form: Format) -> Plot:
    names = tuple(_name(sides, code) for code in codes)
    frame = Rows(names, form, tuple({"cluster": code} for code in codes))
    across = inner_width(form, sides[0].reading.header.model_data) - frame.left
    reach, step = _reach(sides, codes), across / len(sides)
    heads = _heads(sides, form, step - 6)
    layers: list[Layer] = [*frame.furniture(across)]
    for i, side in enumerate(sides):
        start = i * step + _AROUND / 2
        room = step - _AROUND - (_NUMBER + 2 if step >= _PRINTED else 0)
        column = Column(round(start, 1), round(start + room, 1), 1 / reach, reach, log=True)
        own = _Drawing(side, _rows_of(side, codes, frame), column, _placed(side, codes))
        layers += _column(own, step)
        head = heads[i] if heads else str(i + 1)
        thing = {"geo": side.code, "hover": full_name(Cell(side.code, side.name, None), "geo")}
        spot = {**thing, "x": column.pixel(1), "y": -31, "text": head}
        layers.append(texts([spot], align="center", fontSize=form.small, fontWeight=600))
    if not heads:
        layers += _key(sides, frame, across)
    below = 0 if heads else 12 + 18 * -(-len(sides) // 2)
    return Plot(across, frame.height, tuple(layers), frame.left, 42, 4 + below)


def _heads(sides: Sequence[Side], form: Format, room: float) -> list[str]:
    """What stands above the columns: short names, else codes; none where neither has room."""
    names = [fitted(side.name, form.small * _BOLD, room) for side in sides]
    whole = [
        len(n.rstrip("…")) >= min(_LETTERS, len(s.name)) for n, s in zip(names, sides, strict=True)
    ]
    if all(whole) and len(set(names)) == len(names):
        return names
    codes = [side.code for side in sides]
    return codes if all(width(code, form.small, 600) <= room + 2 for code in codes) else []


def _rows_of(side: Side, codes: list[str], frame: Rows) -> Rows:
    """The rows of one region: their marks stand for the region and the cluster."""
    things: list[Thing] = []
    for code in codes:
        cell = side.cells.get(code)
        said = cell_hover(cell, side.reading, _in(cell, side.name)) if cell else ""
        things.append({"geo": side.code, "cluster": code, **({"hover": said} if said else {})})
    return replace(frame, things=tuple(things))


def _placed(side: Side, codes: list[str]) -> tuple[Placed, ...]:
    return tuple(Placed(i, side.cells[c]) for i, c in enumerate(codes) if c in side.cells)


def _column(own: _Drawing, step: float) -> Iterator[Layer]:
    rows, column = own.rows, own.column
    known = [p for p in own.places if not p.cell.absent]
    exact = [(p, _fill(p.cell)) for p in known if p.cell.value is not None]
    far = [
        (p.row, column.pixel(p.cell.value), p.cell.value > 1)
        for p, _ in exact
        if p.cell.value is not None and column.beyond(p.cell.value) and p.cell.value > 0
    ]
    low, high = tick_text(column.low), tick_text(column.high)
    # Without numbers between the columns the ends of two axes would run into each other.
    ticks = [column.low, 1.0, column.high] if step >= _PRINTED else [1.0]
    words = f"datum.value == 1 ? '1' : datum.value < 1 ? '{low}' : '{high}'"
    yield axis_layer(column, rows, ticks, words)
    yield bars(exact, column, rows, 1)
    yield from estimates(
        [(p, _PALER[fill]) for p, fill in exact if p.cell.estimated], column, rows, 1
    )
    yield from intervals([p for p in known if p.cell.value is None], column, rows)
    yield from whiskers([p for p, _ in exact if p.cell.bounded], column, rows)
    yield from unknown(
        [p for p in own.places if p.cell.absent],
        column.start,
        rows,
        min(24, column.end - column.start),
    )
    yield from arrows(far, rows)
    yield reference_line(column.pixel(1), rows)
    if step >= _PRINTED:
        yield _numbers(own, column.end + _NUMBER + 2)


def _numbers(own: _Drawing, at: float) -> Layer:
    items = [
        {
            **own.rows.codes(p.row),
            "x": round(at, 1),
            "y": own.rows.middle(p.row),
            "text": text,
        }
        for p in own.places
        if width(text := _short(p.cell, own.side), own.rows.form.small) <= _NUMBER
    ]
    return texts(items, fontSize=own.rows.form.small, align="right")


def _short(cell: Cell, side: Side) -> str:
    """The number beside a bar; two bounds where there is none."""
    scale = side.reading.scale
    if cell.absent:
        return MISSING
    if cell.value is None:
        return scale.interval(cell.lower, cell.upper)
    return "0" if cell.value == 0 else scale.text(cell.value, cell.high - cell.low)


def _fill(cell: Cell) -> str:
    if cell.tiny:
        return CONTEXT
    sure = certainty(cell, 1) == "certain"
    if cell.middle >= 1:
        return ABOVE if sure else ABOVE_PALE
    return BELOW if sure else BELOW_PALE


def _key(sides: list[Side], rows: Rows, across: float) -> Iterator[Layer]:
    """What the numbers above the columns stand for, two names a line."""
    half = across / 2
    items = [
        {
            "geo": side.code,
            "x": round((i % 2) * half),
            "y": rows.height + 16 + 18 * (i // 2),
            "text": f"{i + 1} {side.name}",
        }
        for i, side in enumerate(sides)
    ]
    yield texts(items, fontSize=rows.form.small)


def _name(sides: Sequence[Side], code: str) -> str:
    return next((side.cells[code].name for side in sides if code in side.cells), code)


def _row(sides: Sequence[Side], code: str) -> tuple[str, ...]:
    """A cluster with its number in every region, intervals beside the values."""
    return (code, _name(sides, code), *(_text(side, code) for side in sides))


def _text(side: Side, code: str) -> str:
    cell = side.cells.get(code)
    if cell is None or cell.absent:
        return MISSING
    return cell_text(cell, side.reading.scale)
