"""The position of regions as a figure: what adds to their prosperity, and what takes away."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hansa.language import _
from hansa.measures.prosperity import (
    ACTIVE,
    COMMUTING,
    EMPLOYED,
    HOURS,
    JOBS,
    PER_HOUR,
    PER_WORKER,
    PRICES,
    Standing,
)
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    compose,
    hatch,
    inner_width,
    points,
    rects,
    rules,
    texts,
)
from hansa.views.figure import Figure, both
from hansa.views.format import joined
from hansa.views.lettering import width
from hansa.views.position_words import (
    NAMES,
    ORDER,
    SHORT,
    Setting,
    amount,
    lowered,
    percent,
    table_heads,
    table_row,
    terms_of_places,
    title_of,
)
from hansa.views.rowplot import GAP, Column, Rows, axis_layer, reference_line
from hansa.views.theme import DEEP, FURTHER, GROUND, HAIRLINE, INK, QUIET, Format, blend

FILLS = {
    PER_HOUR: DEEP,
    PER_WORKER: DEEP,
    HOURS: FURTHER[0],
    JOBS: FURTHER[1],
    COMMUTING: FURTHER[1],
    EMPLOYED: "#228833",
    ACTIVE: "#EE6677",
    PRICES: "#CCBB44",
}
_MOST = 40
_LONGEST_NAME = 280


def position_bars(places: Sequence[Standing], setting: Setting, name: str = "position") -> Figure:
    """Places against the reference: a stacked bar each, a diamond where they end up.

    A whole stands first, the others follow by prosperity, the highest first. Of more than forty
    the highest and the lowest twenty are drawn; the table behind holds all.
    """
    whole = [p for p in places if p.kind == "whole"]
    rest = sorted(
        (p for p in places if p.kind != "whole"),
        key=lambda p: (p.whole.value is None, -(p.whole.value or 0)),
    )
    drawn, left = rest, 0
    if len(rest) > _MOST:
        drawn, left = [*rest[: _MOST // 2], *rest[-_MOST // 2 :]], len(rest) - _MOST
    shown = [*whole, *drawn]
    caption = _caption(shown, setting, left)
    return Figure(
        id=name,
        title=caption.title,
        subtitle=caption.subtitle,
        alt=caption.alt,
        notes=caption.notes,
        columns=table_heads(places),
        rows=tuple(table_row(p, terms_of_places(places)) for p in (*whole, *rest)),
        source=caption.source,
        model_data=caption.model_data,
        **both(lambda form: compose(caption, _plot(shown, form, setting.model_data), form)),
    )


def _caption(places: Sequence[Standing], setting: Setting, left: int) -> Caption:
    title = title_of(places)
    subtitle = _(
        "What adds to GDP per inhabitant (right) and what takes away from it (left) against "
        "{reference}, in purchasing power standards (PPS), {year}",
        reference=lowered(setting.reference),
        year=setting.time,
    )
    notes = [_("Diamond: the difference to the reference, the sum of the bars beside it.")]
    if any(p.per_worker and p.known for p in places):
        text = _("Hatched: GDP per worker, in place of GDP per hour and hours per worker.")
        notes.append(text)
    if left:
        notes.append(_("{n} regions between the highest and the lowest are in the table.", n=left))
    if gone := [p.name for p in places if not p.known]:
        notes.append(_("Not known, a figure is missing: {names}.", names=joined(gone)))
    if setting.model_data:
        notes.append(_("Model data: made up to show the method; they describe no real region."))
    told = "; ".join(f"{p.name} {percent(p.share)}" for p in places[:5] if p.share is not None)
    alt = f"{_('Stacked bars to both sides of zero.')} {title}. {subtitle}. {told}."
    source = f"{_('Source: {source}', source=setting.source)}." if setting.source else ""
    return Caption(title, f"{subtitle}.", alt, (*notes, *setting.notes), source, setting.model_data)


def _plot(places: Sequence[Standing], form: Format, model_data: bool) -> Plot:
    rows = Rows(tuple(p.name for p in places), form)
    left = _left(places, rows)
    across = inner_width(form, model_data) - left
    shares = [percent(p.share) for p in places]
    room = max(width(t, form.small, 600) for t in (*shares, "000 %")) + 14
    column = _column(places, round(across - room), form)
    bold = frozenset(i for i, p in enumerate(places) if p.kind == "whole")
    key, lines = _legend(terms_of_places([p for p in places if p.known]), across, left, form)
    known = [(i, p) for i, p in enumerate(places) if p.known]
    boxes = [box for i, p in known for box in _boxes(i, p, column, rows)]
    layers: list[Layer] = [
        *rows.furniture(across, bold),
        *([rules(_margin(rows, left), color=HAIRLINE)] if left > rows.left else []),
        axis_layer(column, rows, _ticks(column, form), _labels(_ticks(column, form))),
        *([rects(boxes, strokeWidth=0.8)] if boxes else []),
        *_outlines(boxes),
        *_hatched(known, column, rows),
        reference_line(column.pixel(0), rows),
        *_unknown(places, column, rows),
        *_diamonds(places, column, rows),
        texts(
            [{"x": across, "y": rows.middle(i), "text": t} for i, t in enumerate(shares)],
            fontSize=form.small,
            align="right",
        ),
        *_heads(column, across, form),
        *key,
    ]
    return Plot(across, rows.height, tuple(layers), left, 46 + 18 * lines, 4)


def _left(places: Sequence[Standing], rows: Rows) -> int:
    """Room for the names: that of a whole stands in bold, and is wider than plain letters."""
    heavy = (width(p.name, rows.form.body, 600) for p in places if p.kind == "whole")
    needed = min(max(heavy, default=0), _LONGEST_NAME) + GAP
    return rows.left if rows.form.narrow else max(rows.left, round(needed))


def _margin(rows: Rows, left: int) -> list[dict[str, float]]:
    """The hairlines of the rows, drawn out to the wider margin."""
    heights = (i * rows.pitch for i in range(len(rows.names) + 1))
    return [{"x": -left, "x2": -rows.left, "y": y, "y2": y} for y in heights]


def _heads(column: Column, across: float, form: Format) -> list[Layer]:
    right = _("of reference")
    zero = _("no difference")
    half = width(zero, form.small, 600) / 2
    most = across - width(right, form.small, 600) - 10 - half
    at = max(half, min(column.pixel(0), most))
    style = {"fontSize": form.small, "fontWeight": 600}
    return [
        texts([{"x": at, "y": -31, "text": zero}], align="center", **style),
        texts([{"x": across, "y": -31, "text": right}], align="right", **style),
    ]


def _legend(
    terms: Sequence[str], across: float, left: int, form: Format
) -> tuple[list[Layer], int]:
    """Swatches with names in as many lines as they need, above the heads."""
    x, line, items = float(-left), 0, []
    for term in terms:
        need = 16 + width(_(SHORT[term]), form.small) + 14
        if x + need > across + 14 and x > -left:
            x, line = float(-left), line + 1
        items.append((x, line, term))
        x += need
    lines = line + 1 if terms else 0
    tops = [-44 - 18 * (lines - own) for own in (item[1] for item in items)]
    boxes = [
        {"x": x, "x2": x + 11, "y": y + 3, "y2": y + 14, "fill": FILLS[term], "term": term}
        for (x, _line, term), y in zip(items, tops, strict=True)
    ]
    names = [
        {"x": x + 16, "y": y + 9, "text": _(SHORT[term])}
        for (x, _line, term), y in zip(items, tops, strict=True)
    ]
    if not items:
        return [], 0
    lined = [stroke for b in boxes if b["term"] == PER_WORKER for stroke in _strokes(b)]
    return [
        rects(boxes),
        *_outlines(boxes),
        *([rules(lined, color=GROUND, strokeWidth=1.6)] if lined else []),
        texts(names, fontSize=form.small),
    ], lines


def _column(places: Sequence[Standing], end: float, form: Format) -> Column:
    """The scale of the bars: from the furthest that takes away to the furthest that adds."""
    ends = [(0.0, 0.0)]
    for place in places:
        amounts = [p.contribution or 0.0 for p in place.parts] if place.known else []
        gap = place.whole.contribution or 0.0
        below, above = math.fsum(min(a, 0) for a in amounts), math.fsum(max(a, 0) for a in amounts)
        ends.append((min(below, gap), max(above, gap)))
    low, high = min(a for a, _ in ends), max(b for _, b in ends)
    span = high - low or 1000.0
    return Column(10, end, low - 0.02 * span, high + 0.02 * span)


def _ticks(column: Column, form: Format) -> list[float]:
    span = column.high - column.low
    most = 4 if form.narrow else 8
    raw = span / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= raw)
    first, last = math.ceil(column.low / step), math.floor(column.high / step)
    return [n * step for n in range(first, last + 1)]


def _labels(ticks: Sequence[float]) -> str:
    return " : ".join(f"datum.value == {t} ? '{amount(t)}'" for t in ticks) + " : ''"


def _boxes(row: int, place: Standing, column: Column, rows: Rows) -> list[dict[str, object]]:
    """The stack of one place, from zero outwards in the order of the factors."""
    reached = {True: 0.0, False: 0.0}
    found: list[dict[str, object]] = []
    for part in sorted(place.parts, key=lambda p: ORDER.index(p.term)):
        added = part.contribution or 0.0
        start = reached[added > 0]
        reached[added > 0] = end = start + added
        ends = sorted((column.pixel(start), column.pixel(end)))
        if ends[0] == ends[1]:
            continue  # an outline would show what is not there
        found.append(
            {
                "x": ends[0],
                "x2": ends[1],
                **rows.span(row),
                "fill": FILLS[part.term],
                "code": place.code,
                "term": part.term,
                "hover": f"{place.name}: {_(NAMES[part.term])} {amount(added)} PPS",
            }
        )
    return found


def _outlines(boxes: Sequence[dict[str, object]]) -> list[Layer]:
    """Pale fills need an outline to stand out from the ground."""
    layers = []
    for fill in (FILLS[HOURS], FILLS[PRICES]):
        own = [{k: b[k] for k in ("x", "x2", "y", "y2")} for b in boxes if b["fill"] == fill]
        if own:
            layers.append(rects(own, filled=False, stroke=blend(fill, INK, 0.45), strokeWidth=1))
    return layers


def _strokes(box: dict[str, object]) -> list[dict[str, float]]:
    return hatch(*(float(str(box[k])) for k in ("x", "x2", "y", "y2")))


def _hatched(known: Sequence[tuple[int, Standing]], column: Column, rows: Rows) -> list[Layer]:
    boxes = [b for i, p in known for b in _boxes(i, p, column, rows) if b["term"] == PER_WORKER]
    lines = [line for box in boxes for line in _strokes(box)]
    return [rules(lines, color=GROUND, strokeWidth=1.6)] if lines else []


def _unknown(places: Sequence[Standing], column: Column, rows: Rows) -> list[Layer]:
    """A dashed, empty box where the parts are not known, with the words beside it."""
    zero = column.pixel(0)
    gone = [(i, p) for i, p in enumerate(places) if not p.known]
    if not gone:
        return []
    right = zero + 100 < column.end
    x, x2 = (zero + 1, zero + 34) if right else (zero - 34, zero - 1)
    boxes = [{"code": p.code, "x": x, "x2": x2, **rows.span(i)} for i, p in gone]
    words = [
        {"x": (x2 + 8) if right else x - 8, "y": rows.middle(i), "text": _("not known")}
        for i, _place in gone
    ]
    style = {"fontSize": rows.form.small, "color": QUIET, "fontStyle": "italic"}
    return [
        rects(boxes, filled=False, stroke=QUIET, strokeDash=[3, 2], strokeWidth=1.2),
        texts(words, align="left" if right else "right", **style),
    ]


def _diamonds(places: Sequence[Standing], column: Column, rows: Rows) -> list[Layer]:
    spots = [
        {"x": column.pixel(p.whole.contribution), "y": rows.middle(i), "code": p.code}
        for i, p in enumerate(places)
        if p.whole.contribution is not None and p.known
    ]
    style = {"shape": "diamond", "filled": True, "size": 70, "strokeWidth": 1.4}
    return [points(spots, color=GROUND, stroke=INK, fill=GROUND, **style)] if spots else []
