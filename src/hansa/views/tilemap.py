"""A map of equal squares: one value a region, fair to small regions, without geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hansa.language import _
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    codes_of,
    compose,
    hatch,
    inner_width,
    named,
    points,
    rects,
    rules,
    stands_for,
    texts,
)
from hansa.views.captions import data_columns, data_rows, header_notes, source_line
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, THIN, Scale, grouped
from hansa.views.hover import cell_hover, full_name, hovers
from hansa.views.lettering import fitted, width
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    amount_words,
    noted,
    read,
    reference_name,
)
from hansa.views.sentences import map_title
from hansa.views.shades import Shades, shades_of
from hansa.views.theme import (
    GROUND,
    INK,
    ON_DARK,
    ON_LIGHT,
    QUIET,
    Format,
    letters_on,
)
from hansa.views.tiles import Layout, layout_for

_LISTED = 5
LEGEND = 356
_LEAST = 250
_GUTTER = 24
_SMALLEST = 6  # letters below this size are left out: nobody can read them
INSET = 16


@dataclass(frozen=True)
class _Map:
    """What both formats draw.

    things  what each region stands for and says, by code; fills: its colour, where it has a value
    """

    reading: Reading
    layout: Layout
    shades: Shades
    things: Mapping[str, Thing]
    fills: Mapping[str, str]

    @cached_property
    def longest(self) -> float:
        """Width of the longest code, in letters of one pixel."""
        return max((width(c.code, 1) for c in self.reading.cells), default=2.0)

    def ink(self, cell: Cell) -> str:
        """The colour of letters in the square of a cell."""
        return letters_on(self.fills[cell.code]) if cell.code in self.fills else INK


@dataclass(frozen=True)
class _Drawn:
    """The map in squares of `side` pixels."""

    map: _Map
    side: int

    @property
    def size(self) -> tuple[int, int]:
        return self.map.layout.columns * self.side, self.map.layout.lines * self.side

    def box(self, code: str, inset: float = 0) -> dict[str, float]:
        return square(self.map.layout, self.side, code, inset)


def tile_map(
    panel: Panel, at: At = HERE, words: Words = PLAIN, layout: Layout | None = None
) -> Figure:
    """One value a region as equal squares, near where the regions lie.

    Quotients are coloured around 1 and changes around 0, symmetric on their scale; other values
    from light to dark. A region of which nothing is known is an empty square with a dashed
    outline; a bounded one is hatched.
    """
    reading = read(panel, "geo", at, words)
    places = layout or layout_for((c.code for c in reading.cells), panel.header.geography)
    own = _map(reading, places, shades_of(reading, words))
    caption = _caption(reading, places, words)
    specs = both(lambda form: compose(caption, _plot(own, form), form))
    return Figure(
        id=f"map-{reading.at.cluster or reading.header.measure}-{reading.at.time or 'all'}",
        columns=data_columns(reading),
        rows=data_rows(reading),
        **vars(caption),
        **specs,
    )


def _map(reading: Reading, layout: Layout, shades: Shades) -> _Map:
    said = hovers(reading)
    things = {code: {**stands_for("geo", code), "hover": text} for code, text in said.items()}
    fills = {c.code: shades.colour(c.value) for c in reading.cells if c.value is not None}
    return _Map(reading, layout, shades, things, fills)


def _caption(reading: Reading, layout: Layout, words: Words) -> Caption:
    header, scale = reading.header, reading.scale
    amount = amount_words(header)
    if scale.style in ("share", "change"):
        amount = _("{amount}, in per cent", amount=amount)
    cluster = words.name(reading.at.cluster, header) if reading.at.cluster else ""
    subject = cluster or amount[:1].upper() + amount[1:]
    title = words.title or map_title(reading, words, subject)
    when = f", {reading.period}" if reading.period else ""
    what = f"{cluster}: {amount[:1].lower()}{amount[1:]}" if cluster else subject
    if scale.style == "quotient":
        reference = reference_name(header, words)
        what = _(
            "{subject}: share as a multiple of the share in {reference}",
            subject=subject,
            reference=reference,
        )
    notes = [layout.note] if layout.note else []
    if layout.columns > 16:
        text = _("Where the squares are too small for codes, these stand in the table only.")
        notes.append(text)
    if any(c.bounded for c in reading.known):
        text = _("Hatched: only bounds are certain; the number is printed with its interval.")
        notes.append(text)
    if _thousands(reading):
        notes.append(_("Numbers in the squares: thousands."))
    if any(c.tiny for c in reading.known):
        notes.append(_("Small circle: too small to carry a rate."))
    if reading.absent:
        reasons = "; ".join(noted(reading.absent))
        notes.append(_("Dashed and empty: not known ({reasons}).", reasons=reasons))
    notes += header_notes(header)
    first = "; ".join(f"{c.name} {_number(c, scale)}" for c in reading.known[:5])
    last = "; ".join(f"{c.name} {_number(c, scale)}" for c in reading.known[-5:])
    alt = f"{_('Map of equal squares, one a region.')} {title}. {what}{when}. "
    alt += _("Highest: {highest}. Lowest: {lowest}.", highest=first, lowest=last)
    source = source_line(header, words, reference=scale.style == "quotient")
    return Caption(title, f"{what}{when}.", alt, tuple(notes), source, header.model_data)


def _plot(own: _Map, form: Format) -> Plot:
    reading, layout = own.reading, own.layout
    room = inner_width(form, reading.header.model_data)
    side = min(46, (room - _GUTTER - _LEAST) // layout.columns, 620 // layout.lines)
    beside = not form.narrow and side >= 30
    if not beside:
        side = max(12, min(42, room // layout.columns))
    drawn = _Drawn(own, side)
    wide, high = drawn.size
    x, y = (wide + _GUTTER, 0) if beside else (0, high + 20)
    legend, legend_height = colour_legend(own.shades, form, (x, y), min(room - x, LEGEND))
    lists, lists_height = extremes(reading, form, (x, y + legend_height + 16), room - x)
    height = max(high, y + legend_height + 16 + lists_height)
    layers = [*_tiles(drawn), *borders(layout, side), *legend, *lists]
    return Plot(room, round(height), tuple(layers), 0, 6, 6)


def square(layout: Layout, side: int, code: str, inset: float = 0) -> dict[str, float]:
    """The square of a region in pixels, for `rects`; `inset` makes it smaller on every side."""
    column, row = layout.places[code]
    x, y, reach = column * side, row * side, side - inset
    return {"x": x + inset, "y": y + inset, "x2": x + reach, "y2": y + reach}


def _tiles(drawn: _Drawn) -> list[Layer]:
    own, box = drawn.map, drawn.box
    reading, things, fills = own.reading, own.things, own.fills
    solid = [c for c in reading.known if c.value is not None]
    hollow = [c for c in reading.known if c.value is None]
    inset = [{**box(c.code, 3), **things[c.code]} for c in reading.absent]
    filled = [{**box(c.code), "fill": fills[c.code], **things[c.code]} for c in solid]
    open_ = [{**box(c.code), "fill": GROUND, **things[c.code]} for c in hollow]
    layers = [rects([*filled, *open_], stroke=GROUND, strokeWidth=1.5)]
    layers += _hatching(drawn, solid, hollow)
    if inset:
        layers.append(rects(inset, filled=False, stroke=QUIET, strokeDash=[3, 2]))
    return layers + _letters(drawn)


def _hatching(drawn: _Drawn, solid: list[Cell], hollow: list[Cell]) -> list[Layer]:
    """Bounded cells: a hatched foot under the letters; hatched all over where there is no value."""
    dark: list[dict[str, Any]] = []
    light: list[dict[str, Any]] = []
    foot = max(4, drawn.side // 6)
    for cell in solid:
        if cell.bounded:
            box, codes = drawn.box(cell.code), stands_for("geo", cell.code)
            lines = hatch(box["x"] + 1, box["x2"] - 1, box["y2"] - foot - 1, box["y2"] - 1, 4)
            group = dark if drawn.map.ink(cell) == ON_LIGHT else light
            group.extend({**codes, **line} for line in lines)
    open_: list[dict[str, Any]] = []
    for cell in hollow:
        box, codes = drawn.box(cell.code), stands_for("geo", cell.code)
        lines = hatch(box["x"] + 1, box["x2"] - 1, box["y2"] - foot - 1, box["y2"] - 1, 4)
        lines += hatch(box["x"] + 1, box["x2"] - 1, box["y"] + 1, box["y"] + foot + 1, 4)
        open_ += ({**codes, **line} for line in lines)
    inks = ((dark, ON_LIGHT), (light, ON_DARK), (open_, INK))
    return [rules(lines, color=ink, strokeWidth=0.9) for lines, ink in inks if lines]


def _letters(drawn: _Drawn) -> list[Layer]:
    """Code and number in every square, the number smaller where it is an interval."""
    side, reading = drawn.side, drawn.map.reading
    size = min(12.0, round((side - 4) / drawn.map.longest, 1))
    coded, two, thousands = size >= _SMALLEST, side >= 34, _thousands(reading)
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    rings: dict[str, list[dict[str, Any]]] = {}
    for cell in reading.cells:
        ringed = cell.tiny and not cell.absent
        if not (coded or two or ringed):
            continue
        box, codes = drawn.box(cell.code), stands_for("geo", cell.code)
        ink = drawn.map.ink(cell)
        x, y = (box["x"] + box["x2"]) / 2, (box["y"] + box["y2"]) / 2
        if coded:
            code = {"x": x, "y": y - 7 if two else y, "text": cell.code}
            groups.setdefault((ink, size), []).append({**codes, **code})
        if two:
            text = _short(cell, reading.scale, thousands)
            fit = min(12.0, round((side - 3) / max(1.0, width(text, 1)), 1))
            groups.setdefault((ink, fit), []).append({**codes, "x": x, "y": y + 7, "text": text})
        if ringed:
            rings.setdefault(ink, []).append({**codes, "x": box["x2"] - 6, "y": box["y"] + 6})
    layers = [
        texts(items, align="center", fontSize=letter, color=ink)
        for (ink, letter), items in sorted(groups.items())
    ]
    ring = {"shape": "circle", "size": 24, "filled": False, "strokeWidth": 1}
    return layers + [points(spots, color=ink, **ring) for ink, spots in sorted(rings.items())]


def borders(layout: Layout, side: int) -> list[Layer]:
    """Thick lines where a square has no neighbour, or one of another country."""
    lines = [
        {"x": side * x, "y": side * y, "x2": side * x2, "y2": side * y2}
        for x, y, x2, y2 in layout.edges
    ]
    return [rules(lines, color=INK, strokeWidth=1.4, strokeCap="square")]


def colour_legend(
    shades: Shades, form: Format, corner: tuple[int, int], room: int
) -> tuple[list[Layer], int]:
    """A strip of the colours, values below it, what its ends mean above it; and its height."""
    small = form.small
    x, y = corner
    inner, parts = room - 2 * INSET, 40
    strip = [
        {
            "x": round(x + INSET + inner * i / parts, 2),
            "x2": round(x + INSET + inner * min(1, (i + 1.6) / parts), 2),
            "y": y + 20,
            "y2": y + 34,
            "fill": shades.ramp((i + 0.5) / parts),
        }
        for i in range(parts)
    ]
    ticks = []
    for value in shades.ticks:
        half = width(shades.tick(value), small) / 2
        at = min(max(x + INSET + inner * shades.share(value), x + half), x + room - half)
        ticks.append({"x": round(at, 2), "y": y + 45, "text": shades.tick(value)})
    left, right = shades.words
    if width(left, small) + width(right, small) + 16 > inner:
        right = shades.short or right
    ends = [
        texts([{"x": x + INSET, "y": y + 8, "text": left}], fontSize=small),
        texts([{"x": x + room - INSET, "y": y + 8, "text": right}], fontSize=small, align="right"),
    ]
    box = {"x": x + INSET, "x2": x + INSET + inner, "y": y + 20, "y2": y + 34}
    layers = [
        rects(strip),
        rects([box], filled=False, stroke=QUIET, strokeWidth=0.8),
        texts(ticks, align="center", fontSize=small),
        *ends,
    ]
    return layers, 54


def extremes(
    reading: Reading, form: Format, corner: tuple[int, int], room: int
) -> tuple[list[Layer], int]:
    """The highest and the lowest regions by name, for maps that carry no names; and its height."""
    known = reading.known
    if len(known) <= 2 * _LISTED:
        groups = [(_("All known regions"), known)]
    else:
        groups = [(_("Highest"), known[:_LISTED]), (_("Lowest"), known[-_LISTED:])]
    x, y = corner
    across = room >= 2 * LEGEND - 40  # room for two lists side by side
    span = (room // 2 if across else min(room, LEGEND)) - 2 * INSET
    layers: list[Layer] = []
    for title, cells in groups:
        items = [
            (full_name(c, "geo"), _number(c, reading.scale), region(c, reading)) for c in cells
        ]
        layers += named_list((title, items), form, (x + INSET, y), span)
        if across:
            x += room // 2
        else:
            y += 32 + 18 * len(cells)
    deepest = 32 + 18 * max(len(cells) for _, cells in groups)
    return layers, deepest if across else y - corner[1]


def named_list(
    group: tuple[str, list[tuple[str, str, Thing]]],
    form: Format,
    corner: tuple[int, int],
    span: int,
) -> list[Layer]:
    """A title, and below it names with their numbers at the far end, `span` pixels wide.

    group  the title, and for each line name, number and what they stand for
    """
    (title, items), (x, y), small = group, corner, form.small
    names, numbers = [], []
    for i, (full, number, thing) in enumerate(items):
        name, down = fitted(full, small, span - width(number, small) - 12), y + 28 + 18 * i
        names.append({**named(thing, full), "x": x, "y": down, "text": name})
        numbers.append({**codes_of(thing), "x": x + span, "y": down, "text": number})
    return [
        texts([{"x": x, "y": y + 8, "text": title}], fontSize=small, fontWeight=600),
        texts(names, fontSize=small),
        texts(numbers, fontSize=small, align="right"),
    ]


def _number(cell: Cell, scale: Scale) -> str:
    return scale.with_interval(cell.value, cell.lower, cell.upper)


def _short(cell: Cell, scale: Scale, thousands: bool) -> str:
    """The number inside a square: two or three figures."""
    if cell.absent:
        return MISSING
    if thousands:
        if cell.value is None:
            return f"{cell.low / 1000:.0f}–{cell.high / 1000:.0f}"
        return grouped(cell.value / 1000, 0 if abs(cell.value) >= 10_000 else 1)
    if cell.value is None:
        return scale.interval(cell.lower, cell.upper)
    return scale.text(cell.value, cell.high - cell.low).replace(f"{THIN}%", "%")


def _thousands(reading: Reading) -> bool:
    if reading.scale.style != "amount":
        return False
    ends = (v for c in reading.known for v in (c.lower, c.value, c.upper) if v is not None)
    return any(abs(v) >= 10_000 for v in ends)


def region(cell: Cell, reading: Reading) -> Thing:
    """A region of a map, and what is said of it."""
    return {**stands_for("geo", cell.code), "hover": cell_hover(cell, reading)}
