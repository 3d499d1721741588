"""Stars of one cluster on a map of equal squares: certain ones solid, possible ones hollow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hansa.errors import HansaError, UsageError
from hansa.language import _, ngettext, pgettext
from hansa.measures.reasons import said
from hansa.panel import Panel
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    codes_of,
    compose,
    inner_width,
    points,
    rects,
    stands_for,
    texts,
)
from hansa.views.captions import header_notes, source_line
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, grouped, joined, spelled
from hansa.views.hover import full_name, told, value_words
from hansa.views.lettering import width
from hansa.views.reading import HERE, PLAIN, At, Cell, Reading, Words, noted, read
from hansa.views.theme import DEEP, INK, QUIET, Format, blend, letters_on
from hansa.views.tilemap import INSET, borders, named_list, square
from hansa.views.tiles import Layout, layout_for

# A star with five points, its outer radius 1, upwards.
STAR = (
    "M0,-1L0.225,-0.309L0.951,-0.309L0.363,0.118L0.588,0.809L0,0.382"
    "L-0.588,0.809L-0.363,0.118L-0.951,-0.309L-0.225,-0.309Z"
)
_LEAST = 230
_LISTED = 10
_GUTTER = 24


@dataclass(frozen=True)
class _Stars:
    """One region: how many stars are certain, how many are possible at most, and why."""

    cell: Cell
    certain: int
    possible: int
    reason: str

    @property
    def absent(self) -> bool:
        return self.cell.absent

    @property
    def words(self) -> str:
        """`2`, `1 to 3`, or `·`."""
        if self.absent:
            return MISSING
        sure = str(self.certain)
        return (
            sure
            if self.certain == self.possible
            else _("{low} to {high}", low=self.certain, high=self.possible)
        )


@dataclass(frozen=True)
class _Map:
    reading: Reading
    regions: tuple[_Stars, ...]
    layout: Layout
    most: int

    @property
    def known(self) -> tuple[_Stars, ...]:
        there = [s for s in self.regions if not s.absent]
        return tuple(sorted(there, key=lambda s: (-s.certain, -s.possible, s.cell.code)))

    def fill(self, count: int) -> str:
        """The ground of a square: darker with every certain star."""
        return blend("#EAF1F6", DEEP, count / max(1, self.most))


def stars_map(
    panel: Panel, at: At = HERE, words: Words = PLAIN, layout: Layout | None = None
) -> Figure:
    """The stars of one cluster in every region, as marks on equal squares.

    A solid star is certain, a hollow one possible; a region that cannot be said is an empty
    square with a dashed outline. The reasons stand in the table behind the figure. A rule set
    that is a draft is named as such in the subtitle.
    Raises UsageError for measures other than stars, HansaError for bounds that cannot be stars.
    """
    if panel.header.kind != "ordinal":
        raise UsageError(
            f"{panel.header.measure} holds no stars",
            printed=panel.header.unit or panel.header.measure,
            admissible="presence_stars: a small count for each region and cluster",
        )
    reading = read(panel, "geo", at, words)
    drawn = _read(panel, reading, layout)
    caption = _caption(drawn, words)
    specs = both(lambda form: compose(caption, _plot(drawn, form), form))
    return Figure(
        id=f"map-stars-{reading.at.cluster or 'all'}-{reading.at.time or 'all'}",
        columns=(
            *(_("Code"), _("Region"), _("Certain stars"), _("Possible stars")),
            *(_("Why"), _("Status")),
        ),
        rows=_rows(drawn),
        **vars(caption),
        **specs,
    )


def _read(panel: Panel, reading: Reading, layout: Layout | None) -> _Map:
    reasons = {}
    here = panel.where("cluster", reading.at.cluster).where("time", reading.at.time)
    for row in here.rows():
        reasons[row["geo"]] = said(row.get("reason") or "")
    regions = tuple(_stars(cell, reasons.get(cell.code, "")) for cell in reading.cells)
    highest = [v for name in ("value", "upper") for v in _column(panel, name)]
    places = layout or layout_for((c.code for c in reading.cells), panel.header.geography)
    return _Map(reading, regions, places, int(max([1.0, *highest])))


def _column(panel: Panel, name: str) -> list[float]:
    if name not in panel.table.column_names:
        return []
    return [v for v in panel.table[name].to_pylist() if v is not None and v == v]


def _stars(cell: Cell, reason: str) -> _Stars:
    if cell.absent:
        return _Stars(cell, 0, 0, reason or cell.reason)
    counts = (cell.low, cell.high)
    if any(v < 0 or v != int(v) for v in counts) or counts[0] > counts[1]:
        raise HansaError(
            "stars are whole numbers from a lower to an upper one",
            place=f"geo {cell.code}",
            printed=f"{cell.low:g} to {cell.high:g}",
            admissible="0 and more, the certain number first",
        )
    return _Stars(cell, int(counts[0]), int(counts[1]), reason)


def _stamp(reading: Reading) -> str:
    """The note that says that the rule set is a draft; empty where there is none."""
    return next((n for n in reading.header.notes if "draft" in n.lower()), "")


def _caption(drawn: _Map, words: Words) -> Caption:
    reading = drawn.reading
    code = reading.at.cluster
    cluster = words.name(code, reading.header) if code else _("Stars")
    when = f", {reading.period}" if reading.period else ""
    title = words.title or _title(drawn, cluster)
    subtitle = _(
        "{cluster}: stars by region, 0 to {most}{when}.",
        cluster=cluster,
        most=drawn.most,
        when=when,
    )
    if stamp := _stamp(reading):
        subtitle += f" {_(stamp).rstrip('.')}."
    notes = [drawn.layout.note] if drawn.layout.note else []
    if any(s.certain != s.possible for s in drawn.known):
        text = _("Hollow star: possible; it depends on numbers known only between bounds.")
        notes.append(text)
    absent = [s.cell for s in drawn.regions if s.absent]
    if absent:
        text = _("Dashed and empty: not known ({reasons}).", reasons="; ".join(noted(absent)))
        notes.append(text)
    notes += header_notes(reading.header)
    listed = "; ".join(f"{s.cell.name} {s.words}" for s in drawn.known[:6] if s.possible)
    most = _("Most stars: {regions}.", regions=listed or pgettext("stars", "none"))
    alt = f"{_('Map of equal squares, one a region.')} {title}. {subtitle} {most}"
    source = source_line(reading.header, words)
    model = reading.header.model_data
    return Caption(title, subtitle, alt, tuple(notes), source, model)


def _title(drawn: _Map, cluster: str) -> str:
    """Where the most stars are, and in how many further regions that is possible."""
    if not drawn.known:
        return _("{cluster}: stars cannot be said for any region", cluster=cluster)
    most = drawn.known[0].certain
    top = [s.cell.name for s in drawn.known if s.certain == most]
    rest = len([s for s in drawn.regions if s.absent or s.certain < most <= s.possible])
    if most == 0:
        unsure = len([s for s in drawn.regions if s.absent or s.possible])
        if not unsure:
            return _("{cluster}: no region has a star for certain", cluster=cluster)
        return _(
            "{cluster}: no region has a star for certain; possible in {regions}",
            cluster=cluster,
            regions=_regions(unsure),
        )
    title = ngettext(
        "{cluster}: one star for certain in {regions}",
        "{cluster}: {count} stars for certain in {regions}",
        most,
        cluster=cluster,
        count=spelled(most),
        regions=joined(top) if len(top) <= 3 else _regions(len(top)),
    )
    if not rest:
        return title
    return ngettext(
        "{title}; possible in one region more",
        "{title}; possible in {count} regions more",
        rest,
        title=title,
        count=spelled(rest),
    )


def _regions(count: int) -> str:
    return ngettext("one region", "{count} regions", count, count=spelled(count))


# --- drawing -------------------------------------------------------------------------


def _plot(drawn: _Map, form: Format) -> Plot:
    layout = drawn.layout
    room = inner_width(form, drawn.reading.header.model_data)
    side = min(46, (room - _GUTTER - _LEAST) // layout.columns, 620 // layout.lines)
    beside = not form.narrow and side >= 30
    if not beside:
        side = max(12, min(42, room // layout.columns))
    wide, high = layout.columns * side, layout.lines * side
    x, y = (wide + _GUTTER, 0) if beside else (0, high + 20)
    legend, deep = _legend(drawn, form, (x, y))
    lists, deeper = _list(drawn, form, (x, y + deep + 12), room - x)
    layers = [*_tiles(drawn, side), *borders(layout, side), *legend, *lists]
    shown = tuple(layer for layer in layers if layer["data"]["values"])
    return Plot(room, round(max(high, y + deep + 12 + deeper)), shown, 0, 6, 6)


def _tiles(drawn: _Map, side: int) -> list[Layer]:
    filled, dashes = [], []
    marks: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    letters: dict[str, list[dict[str, Any]]] = {}
    longest = max((width(s.cell.code, 1) for s in drawn.regions), default=2.0)
    size = min(12.0, round((side - 4) / longest, 1))
    readable = size >= 6
    for stars in drawn.regions:
        code = stars.cell.code
        box = square(drawn.layout, side, code)
        thing = _thing(drawn, stars)
        codes = codes_of(thing)
        middle = {"x": (box["x"] + box["x2"]) / 2, "y": (box["y"] + box["y2"]) / 2}
        fill = drawn.fill(stars.certain)
        ink = INK if stars.absent else letters_on(fill)
        if stars.absent:
            dashes.append({**square(drawn.layout, side, code, 3), **thing})
        else:
            filled.append({**box, "fill": fill, **thing})
        if readable:
            lift = 0.22 * side if stars.possible else 0.0
            text = {"x": middle["x"], "y": round(middle["y"] - lift, 2), "text": code}
            letters.setdefault(ink, []).append({**codes, **text})
        low = middle["y"] + (0.2 * side if readable else 0.0)
        for solid, spot in _row(stars, (middle["x"], low), side):
            marks.setdefault((ink, solid), []).append({**codes, **spot})
    outline = {"filled": False, "stroke": QUIET, "strokeDash": [3, 2]}
    return [
        rects(filled, stroke="#FFFFFF", strokeWidth=1.5),
        rects(dashes, **outline),
        *(
            texts(items, align="center", fontSize=size, color=ink)
            for ink, items in sorted(letters.items())
        ),
        *(
            _star_layer(spots, solid, ink, _star_size(side, drawn.most))
            for (ink, solid), spots in sorted(marks.items())
        ),
    ]


def _star_size(side: int, most: int) -> float:
    """Radius of a star: the largest number of them fits side by side into a square."""
    return round(min(5.2, 0.9 * side / (2 * max(most, 3))), 2)


def _row(
    stars: _Stars, middle: tuple[float, float], side: int
) -> list[tuple[bool, dict[str, float]]]:
    x, y = middle
    step = min(12.5, (side - 3) / max(stars.possible, 3))
    start = x - step * (stars.possible - 1) / 2
    return [
        (i < stars.certain, {"x": round(start + i * step, 2), "y": round(y, 2)})
        for i in range(stars.possible)
    ]


def _star_layer(spots: list[dict[str, Any]], solid: bool, ink: str, radius: float) -> Layer:
    style: dict[str, Any] = {"filled": True, "color": ink, "stroke": ink, "strokeWidth": 0.6}
    if not solid:
        style = {"filled": False, "color": ink, "strokeWidth": 0.9}
    # The size of a symbol names the square around it.
    return points(spots, shape=STAR, size=round((2 * radius) ** 2, 1), **style)


def _legend(drawn: _Map, form: Format, corner: tuple[int, int]) -> tuple[list[Layer], int]:
    """One line for each number of certain stars with its regions, then what a hollow star is."""
    (x, y), small = corner, form.small
    counts = Counter(s.certain for s in drawn.known)
    boxes, names, layers = [], [], []
    for i, count in enumerate(range(drawn.most, -1, -1)):
        top = y + 26 * i
        fill = drawn.fill(count)
        boxes.append({"x": x, "x2": x + 46, "y": top, "y2": top + 21, "fill": fill})
        spots = [
            {"x": x + 23 + 12.5 * (k - (count - 1) / 2), "y": top + 10.5} for k in range(count)
        ]
        if spots:
            layers.append(_star_layer(spots, True, letters_on(fill), 5))
        what = _("{n} for certain", n=count) if count else _("no star for certain")
        text = f"{what}: {_in_regions(counts[count])}"
        names.append({"x": x + 56, "y": top + 10.5, "text": text})
    y += 26 * (drawn.most + 1)
    if any(s.certain != s.possible for s in drawn.known):
        layers.append(_star_layer([{"x": x + 23, "y": y + 10.5}], False, INK, 5))
        names.append({"x": x + 56, "y": y + 10.5, "text": _("one more possible, not certain")})
        y += 26
    if absent := len([s for s in drawn.regions if s.absent]):
        dash = [{"x": x + 1, "x2": x + 45, "y": y + 1, "y2": y + 20}]
        layers.append(rects(dash, filled=False, stroke=QUIET, strokeDash=[3, 2]))
        names.append(
            {"x": x + 56, "y": y + 10.5, "text": f"{_('not known')}: {_in_regions(absent)}"}
        )
        y += 26
    return [rects(boxes), *layers, texts(names, fontSize=small)], y - corner[1]


def _in_regions(count: int) -> str:
    return ngettext("{n} region", "{n} regions", count, n=grouped(count))


def _list(drawn: _Map, form: Format, corner: tuple[int, int], room: int) -> tuple[list[Layer], int]:
    """The regions with stars by name: the squares carry codes only."""
    shown = [s for s in drawn.known if s.possible][:_LISTED]
    if not shown:
        return [], 0
    items = [(full_name(s.cell, "geo"), s.words, _thing(drawn, s)) for s in shown]
    rest = len([s for s in drawn.known if s.possible]) - len(shown)
    title = _("Most stars") if rest else _("Regions with stars")
    layers = named_list((title, items), form, corner, min(room, 356) - INSET)
    return layers, 32 + 18 * len(items)


def _thing(drawn: _Map, stars: _Stars) -> Thing:
    """A region, and what is said of its stars."""
    cell = stars.cell
    if stars.certain == stars.possible:
        number = ngettext("{number} star for certain", "{number} stars for certain", stars.certain)
    else:
        number = _("{stars} stars", stars=stars.words)
    told_ = value_words(cell, drawn.reading.header, number)
    why = "" if stars.absent and stars.reason == cell.reason else stars.reason
    return {**stands_for("geo", cell.code), "hover": told(full_name(cell, "geo"), told_, why)}


def _rows(drawn: _Map) -> tuple[tuple[str, ...], ...]:
    absent = sorted((s for s in drawn.regions if s.absent), key=lambda s: s.cell.code)
    return tuple(
        (
            s.cell.code,
            s.cell.name,
            MISSING if s.absent else str(s.certain),
            MISSING if s.absent else str(s.possible),
            s.reason,
            s.cell.meaning,
        )
        for s in (*drawn.known, *absent)
    )
