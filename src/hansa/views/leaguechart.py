"""A league as a picture: a dot with its interval for each region, beside its rank interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from hansa.errors import HansaError
from hansa.language import _
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    compose,
    inner_width,
    texts,
    tooltip,
)
from hansa.views.captions import header_notes
from hansa.views.figure import Figure, both
from hansa.views.format import joined
from hansa.views.hover import full_name, spoken, value_words
from hansa.views.league import RANK_HEAD, League, LeagueRow
from hansa.views.lettering import width
from hansa.views.quotients import tick_text
from hansa.views.reading import Cell
from hansa.views.rowplot import (
    Column,
    Placed,
    Rows,
    axis_layer,
    partly_bold,
    reference_label,
    reference_line,
    same_share,
    whiskers,
)
from hansa.views.theme import CONTEXT, DEEP, Format

_RAW = {"type": "quantitative", "scale": None, "axis": None}


def interval_chart(table: League, top: int = 15, chosen: Collection[str] = ()) -> Figure:
    """The first `top` regions and the `chosen` ones (codes), each with value, interval and rank.

    Raises HansaError when no region is known.
    """
    rows = _picked(table, top, chosen)
    if not rows:
        raise HansaError(
            "there is nothing to rank",
            printed=f"{len(table.rows)} regions, none of them known",
            admissible="at least one region with a value or two bounds",
        )
    caption = _caption(table, rows, chosen)
    specs = both(lambda form: compose(caption, _plot(table, rows, chosen, form), form))
    return Figure(
        id="league",
        title=caption.title,
        subtitle=caption.subtitle,
        alt=caption.alt,
        notes=caption.notes,
        columns=table.columns,
        rows=table.table(),
        source=table.source,
        model_data=table.header.model_data,
        **specs,
    )


def _picked(table: League, top: int, chosen: Collection[str]) -> list[LeagueRow]:
    return [r for i, r in enumerate(table.ranked) if i < top or r.code in chosen]


def _caption(table: League, rows: list[LeagueRow], chosen: Collection[str]) -> Caption:
    title, picked = table.title, [r for r in rows if r.code in chosen]
    counts = {"value": table.subtitle, "n": len(rows), "all": len(table.ranked)}
    subtitle = _("{value}. {n} of {all} ranked regions", **counts)
    if picked:
        ranks = joined(
            [_("{region} ranks {rank}", region=r.name, rank=r.rank_text) for r in picked]
        )
        ranks = f"{table.cluster}: {ranks}" if table.cluster else ranks
        title = _("{ranks} of {n} regions", ranks=ranks, n=len(table.ranked))
        subtitle = _("{value}. {n} of {all} ranked regions, chosen ones in bold", **counts)
    notes = [table.note]
    missing = [r for r in table.rows if r.best is None]
    if missing:
        counts = {"n": len(missing), "all": len(table.rows)}
        notes.append(_("Not known for {n} of {all} regions.", **counts))
    notes += header_notes(table.header)
    first = "; ".join(_("{region} rank {rank}", region=r.name, rank=r.rank_text) for r in rows[:5])
    alt = f"{_('Dots with intervals, the highest first.')} {title}. {subtitle}. {first}."
    model = table.header.model_data
    return Caption(title, f"{subtitle}.", alt, tuple(notes), table.source, model)


def _plot(table: League, picked: list[LeagueRow], chosen: Collection[str], form: Format) -> Plot:
    things = tuple(_thing(table, r) for r in picked)
    rows = Rows(tuple(r.name for r in picked), form, things)
    across = inner_width(form, table.header.model_data) - rows.left
    small = form.small
    values = [table.scale.with_interval(r.value, r.lower, r.upper) for r in picked]
    ranks = [r.rank_text for r in picked]
    rank_room = max(width(t, small) for t in [*ranks, _(RANK_HEAD)]) + 8
    value_room = max(width(t, small) for t in values) + 16
    column = _column(table, picked, (8, round(across - rank_room - value_room)))
    places = [Placed(i, _cell(r)) for i, r in enumerate(picked)]
    bounded = [p for p in places if p.cell.bounded]
    bold = frozenset(i for i, r in enumerate(picked) if r.code in chosen)
    value_end = across - rank_room
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, bold),
            _axis(table, column, rows),
            *_neutral(table, column, rows, across - width(_(RANK_HEAD), small, 600) - 8),
            *whiskers(bounded, column, rows),
            _dots(places, column, rows),
            *_column_of(values, value_end, rows, bold),
            *_column_of(ranks, across, rows, bold),
            texts(
                [{"x": across, "y": -31, "text": _(RANK_HEAD)}],
                align="right",
                fontSize=small,
                fontWeight=600,
            ),
        ),
        rows.left,
        42,
        4,
    )


def _column(table: League, picked: list[LeagueRow], ends: tuple[int, int]) -> Column:
    lows = [v for r in picked for v in (r.lower, r.value) if v is not None]
    highs = [v for r in picked for v in (r.upper, r.value) if v is not None]
    if table.scale.style == "quotient":
        high = 2.0 ** math.ceil(math.log2(max(2.0, *highs)))
        least = min([1.0, *(v for v in lows if v > 0)])
        return Column(*ends, max(2.0 ** math.floor(math.log2(least)), high**-2, 1 / 64), high, True)
    low, high = min([0.0, *lows]), max([0.0, *highs])
    return Column(*ends, low, high if high > low else low + 1)


def _axis(table: League, column: Column, rows: Rows) -> Layer:
    if table.scale.style == "quotient":
        steps = range(round(math.log2(column.low)), round(math.log2(column.high)) + 1)
        ticks = [2.0**k for k in steps]
        names = " : ".join(f"datum.value == {t} ? '{tick_text(t)}'" for t in ticks)
        return axis_layer(column, rows, ticks, f"{names} : ''")
    ticks = [0.0, column.high] if column.low == 0 else [column.low, 0.0, column.high]
    names = " : ".join(f"datum.value == {t} ? '{table.scale.text(t)}'" for t in ticks)
    return axis_layer(column, rows, ticks, f"{names} : ''")


def _neutral(table: League, column: Column, rows: Rows, end: float) -> list[Layer]:
    """The line that means no difference, and its name, which ends before `end`."""
    if not column.low <= table.scale.neutral <= column.high:
        return []
    same = same_share(table.reference)[1 if rows.form.narrow else 0 :]
    said = {"quotient": same, "change": (_("no change"),)}.get(table.scale.style)
    x = column.pixel(table.scale.neutral)
    if said is None:
        return [reference_line(x, rows)]
    name = reference_label(x, said, (-rows.left, end), -31, rows.form.small)
    return [reference_line(x, rows), name]


def _dots(places: list[Placed], column: Column, rows: Rows) -> Layer:
    items = [
        {
            **rows.thing(p.row),
            "value": p.cell.value,
            "at": column.clipped(p.cell.value),
            "y": rows.middle(p.row),
            "fill": CONTEXT if p.cell.tiny else DEEP,
        }
        for p in places
        if p.cell.value is not None
    ]
    return {
        "data": {"values": items},
        "mark": {"type": "circle", "size": 64, "opacity": 1},
        "encoding": {
            "x": column.x("at"),
            "y": {"field": "y", **_RAW},
            "fill": {"field": "fill", "type": "nominal", "scale": None, "legend": None},
            **tooltip(items),
        },
    }


def _column_of(values: Sequence[str], x: float, rows: Rows, bold: frozenset[int]) -> list[Layer]:
    items = [
        {**rows.codes(i), "x": x, "y": rows.middle(i), "text": t} for i, t in enumerate(values)
    ]
    return partly_bold(items, bold, align="right", fontSize=rows.form.small)


def _thing(table: League, row: LeagueRow) -> Thing:
    """A region, and what is said of its value and its rank."""
    cell = _cell(row)
    rank = _("rank {rank}", rank=row.rank_text)
    name = full_name(cell, "geo")
    return spoken("geo", row.code, name, value_words(cell, table.header), rank)


def _cell(row: LeagueRow) -> Cell:
    status = frozenset(flag for flag in row.flags.split(";") if flag)
    return Cell(row.code, row.name, row.value, row.lower, row.upper, row.estimated, status)
