"""A map of real boundaries, for intensive values only: a large region must not look like more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hansa.codes.codelist import normal_id
from hansa.errors import HansaError, UsageError, listed
from hansa.language import _
from hansa.panel import Panel
from hansa.sources.geometry import Geometry
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    codes_of,
    compose,
    inner_width,
    points,
    rules,
    stands_for,
    tooltip,
)
from hansa.views.captions import data_columns, data_rows, header_notes, source_line
from hansa.views.figure import Figure, both
from hansa.views.format import general, joined
from hansa.views.hover import told
from hansa.views.outlines import (
    PixelPolygon,
    Window,
    drawn,
    feature,
    hatching,
    middle,
    projected,
    window,
)
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
from hansa.views.theme import GROUND, INK, LINE, QUIET, Format, letters_on
from hansa.views.tilemap import LEGEND, colour_legend, extremes, region

OTHERS = "#E9EBED"
_BESIDE = 250  # least room for the legend beside the map
_GUTTER = 24
_TALL, _TALL_NARROW = 640.0, 460.0
Shapes = dict[str, tuple[PixelPolygon, ...]]


@dataclass(frozen=True)
class _Map:
    reading: Reading
    shapes: Shapes
    shades: Shades
    notice: str

    @property
    def here(self) -> tuple[Cell, ...]:
        """The cells that have a shape on the map."""
        return tuple(c for c in self.reading.cells if self.shapes.get(c.code))

    def without(self, *, overseas: bool) -> list[str]:
        """Names of regions without a shape, or with all of it outside of the map."""
        gone = [c for c in self.reading.cells if not self.shapes.get(c.code)]
        return [c.name for c in gone if (c.code in self.shapes) is overseas]


def choropleth(panel: Panel, geometry: Geometry, at: At = HERE, words: Words = PLAIN) -> Figure:
    """One intensive value a region on a map with true areas (equal-area projection).

    geometry  boundaries of the same code list; other regions of the window are light grey
    A region that cannot be said is empty with a dashed outline; one whose bounds lie on both
    sides of the middle of the scale is hatched.
    Raises UsageError for extensive values (jobs, wage bill: the size of a region would read as
    their amount) and for boundaries of another version, HansaError where no region has a shape.
    """
    _refuse(panel, geometry)
    reading = read(panel, "geo", at, words)
    made = _Map(reading, projected(geometry), shades_of(reading, words), geometry.notice)
    if not made.here:
        raise HansaError(
            "none of the regions has a shape",
            printed=listed(c.code for c in reading.cells),
            admissible=f"codes of the boundaries: {listed(geometry.codes)}",
            fix="read the boundaries of the same level and version",
        )
    caption = _caption(made, words)
    specs = both(lambda form: compose(caption, _plot(made, form), form))
    return Figure(
        id=f"map-areas-{reading.at.cluster or reading.header.measure}-{reading.at.time or 'all'}",
        columns=data_columns(reading),
        rows=data_rows(reading),
        **vars(caption),
        **specs,
    )


def _refuse(panel: Panel, geometry: Geometry) -> None:
    header = panel.header
    if header.kind != "intensive":
        raise UsageError(
            f"{header.measure} cannot be shown as coloured areas",
            printed="an extensive measure: the colour of a large region would read as its amount",
            admissible="an intensive one: a share, rate or quotient",
            fix="show it as a map of equal squares (tile_map), or divide it by a base first",
        )
    declared = "" if header.geography == "local" else normal_id(header.geography)
    if declared and geometry.version and declared != geometry.version:
        raise UsageError(
            "boundaries and values are of different versions",
            printed=f"boundaries {geometry.version}, values {declared}",
            admissible="the same code list: one code may stand for two different areas",
            fix=f"read the boundaries of {declared}",
        )


def _open(made: _Map, cell: Cell) -> bool:
    """True where the bounds leave open what the colour says."""
    if cell.absent or not cell.bounded:
        return False
    if cell.value is None:
        return True
    return not made.shades.diverging or cell.low <= made.reading.scale.neutral <= cell.high


def _caption(made: _Map, words: Words) -> Caption:
    reading, header = made.reading, made.reading.header
    scale = reading.scale
    amount = amount_words(header)
    if scale.style in ("share", "change"):
        amount = _("{amount}, in per cent", amount=amount)
    cluster = words.name(reading.at.cluster, header) if reading.at.cluster else ""
    subject = cluster or amount[:1].upper() + amount[1:]
    what = f"{cluster}: {amount[:1].lower()}{amount[1:]}" if cluster else subject
    if scale.style == "quotient":
        what = _(
            "{subject}: share as a multiple of the share in {reference}",
            subject=subject,
            reference=reference_name(header, words),
        )
    title = words.title or map_title(reading, words, subject)
    when = f", {reading.period}" if reading.period else ""
    notes = [*_notes(made), *header_notes(header), f"{made.notice.rstrip('.')}."]
    number = scale.with_interval
    first = "; ".join(f"{c.name} {number(c.value, c.lower, c.upper)}" for c in reading.known[:5])
    alt = f"{_('Map of coloured areas.')} {title}. {what}{when}. "
    alt += _("Highest: {highest}.", highest=first or _("not known"))
    source = source_line(header, words, reference=scale.style == "quotient")
    return Caption(title, f"{what}{when}.", alt, tuple(notes), source, header.model_data)


def _notes(made: _Map) -> list[str]:
    reading = made.reading
    notes = [_("Areas are true to size. Light grey: regions outside of the data.")]
    if any(_open(made, c) and c.value is not None for c in made.here):
        text = _(
            "Hatched: the bounds lie on both sides of {line}, so the side is not certain.",
            line=general(reading.scale.neutral),
        )
        plain = _("Hatched: only bounds are certain.")
        notes.append(text if made.shades.diverging else plain)
    if any(_open(made, c) and c.value is None for c in made.here):
        notes.append(_("White and hatched: only the two bounds are known."))
    if any(c.tiny and not c.absent for c in made.here):
        notes.append(_("Small circle: too small to carry a rate."))
    if reading.absent:
        reasons = "; ".join(noted(reading.absent))
        notes.append(_("Dashed and empty: not known ({reasons}).", reasons=reasons))
    if gone := made.without(overseas=False):
        text = _(
            "Without boundaries in the file, so not on the map: {regions}.", regions=joined(gone)
        )
        notes.append(text)
    if far := made.without(overseas=True):
        notes.append(_("Outside of the map: {regions}.", regions=joined(far)))
    return notes


# --- drawing -------------------------------------------------------------------------


def _plot(made: _Map, form: Format) -> Plot:
    room = inner_width(form, made.reading.header.model_data)
    shapes = [made.shapes[c.code] for c in made.here]
    tall = _TALL_NARROW if form.narrow else _TALL
    whole = window(shapes, (room, tall))
    beside = not form.narrow and whole.high >= 0.7 * whole.wide
    view = window(shapes, (room - _GUTTER - _BESIDE, tall)) if beside else whole
    x, y = (round(view.wide) + _GUTTER, 0) if beside else (0, round(view.high) + 14)
    legend, deep = colour_legend(made.shades, form, (x, y), min(room - x, LEGEND))
    lists, deeper = extremes(made.reading, form, (x, y + deep + 16), room - x)
    height = round(max(view.high, y + deep + 16 + deeper))
    layers = [*_areas(made, view), *legend, *lists]
    shown = tuple(layer for layer in layers if layer["data"]["values"])
    return Plot(room, height, shown, 0, 6, 6)


def _areas(made: _Map, view: Window) -> list[Layer]:
    own = {c.code for c in made.here}
    context = [
        feature(found, **_outside(code))
        for code, parts in made.shapes.items()
        if code not in own and (found := drawn(parts, view))
    ]
    filled, dashes, rings = [], [], []
    lines: dict[str, list[dict[str, Any]]] = {}
    for cell in made.here:
        outline = drawn(made.shapes[cell.code], view)
        thing = region(cell, made.reading)
        codes = codes_of(thing)
        if cell.absent:
            dashes.append(feature(outline, **thing))
            continue
        fill = GROUND if cell.value is None else made.shades.colour(cell.value)
        filled.append(feature(outline, fill=fill, **thing))
        if _open(made, cell):
            strokes = ({**codes, **line} for line in hatching(outline))
            lines.setdefault(letters_on(fill), []).extend(strokes)
        if cell.tiny:
            x, y = middle(outline)
            rings.append({**codes, "x": x, "y": y})
    dashed = {"fill": GROUND, "stroke": QUIET, "strokeDash": [3, 2], "strokeWidth": 1}
    return [
        _shapes(context, fill=OTHERS, stroke=GROUND, strokeWidth=0.6),
        _shapes(filled, stroke=LINE, strokeWidth=0.5),
        *(rules(items, color=ink, strokeWidth=0.6) for ink, items in sorted(lines.items())),
        _shapes(dashes, **dashed),
        points(rings, shape="circle", size=26, filled=True, color=GROUND, stroke=INK),
    ]


def _shapes(items: list[dict[str, Any]], **style: Any) -> Layer:
    encoding: dict[str, Any] = {}
    if items and "fill" in items[0]:
        encoding["fill"] = {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    encoding |= tooltip(items)
    return {
        "data": {"values": items},
        # The shapes are pixels already.
        "projection": {"type": "identity", "scale": 1, "translate": [0, 0]},
        "mark": {"type": "geoshape", "strokeJoin": "round", **style},
        "encoding": encoding,
    }


def _outside(code: str) -> Thing:
    return {**stands_for("geo", code), "hover": told(code, _("outside of the data"))}
