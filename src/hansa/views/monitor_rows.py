"""Two printed index tables in rows: ranks then and now, and every link between the two.

A printed number stands for any true one that rounds to it, so a rank is drawn with the ranks that
the printed index allows. What cannot be by the same table is dashed, never moved or left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hansa.index.link import Link
from hansa.index.link_rows import Floats
from hansa.index.link_time import Association
from hansa.index.printed import PrintedTable, RoundedRanks
from hansa.language import N_, _
from hansa.views.canvas import Caption, Layer, Plot, inner_width, rules, stands_for, texts
from hansa.views.figure import Figure
from hansa.views.format import MISSING, joined, spelled
from hansa.views.index_rows import (
    BAND,
    DENSE,
    Key,
    Legend,
    dots,
    lines,
    rank_ticks,
    spans,
)
from hansa.views.monitor_figure import figure_of, interval, r_text, signed, whole
from hansa.views.published import HeavyRows
from hansa.views.rowplot import Column, Rows, axis_layer, numeral, reference_line
from hansa.views.theme import BELOW, CONTEXT, DEEP, GROUND, INK, QUIET, Format
from hansa.views.written import Written

_UP, _DOWN = -4.5, 4.5  # the later rank stands above the middle of its row, the earlier one below


# --- ranks then and now ----------------------------------------------------------------


def monitor_ranks(
    table: PrintedTable,
    now: RoundedRanks,
    before: RoundedRanks,
    earlier: Floats,
    source: str = "",
) -> Figure:
    """Units by their printed rank, with the earlier rank that rank and change imply.

    now, before  ranks that the printed indices of both years allow
    earlier      printed rank plus printed change; one that `before` excludes is dashed
    """
    first, last = table.years
    side = _(_SIDES.get(table.side, table.side)).capitalize()
    order = [int(i) for i in np.lexsort((np.array(table.codes), table.rank))]
    wrong = [i for i in order if not _possible(earlier[i], before, i)]
    if wrong:
        title = _(
            "{side}: rank, change of rank and index of {year} do not agree for {names}",
            side=side,
            year=first,
            names=joined([table.names[i] for i in wrong]),
        )
    else:
        title = _(
            "{side}: every printed change of rank agrees with the index of {year}",
            side=side,
            year=first,
        )
    years = {"first": first, "last": last}
    subtitle = _(
        "Ranks of {n} countries in {last} and {first}; 1 is the highest. Rank {first}: rank {last} "
        "plus the printed change.",
        n=len(order),
        **years,
    )
    text = _("Band and whisker: ranks that the printed index of {last} or {first} allows.", **years)
    notes = [text]
    if wrong:
        text = _("Dashed: the rank that cannot be by the same table; nothing is corrected.")
        notes.append(text)
    alt = f"{_('A row a country with two ranks.')} {title}. {_moves(table, earlier, order)}"
    caption = Caption(title, subtitle, alt, tuple(notes), source)
    columns = (
        _("Code"), _("Country"), _("Rank {year}", year=last), _("Allowed"), _("Change"),
        _("Rank {year}, implied", year=first), _("Allowed before"), _("Agrees"),
    )  # fmt: skip
    rows = [
        (
            table.codes[i], table.names[i], whole(table.rank[i]), _between(now, i),
            signed(float(table.change[i])), whole(earlier[i]), _between(before, i),
            _("no") if i in wrong else MISSING if math.isnan(earlier[i]) else _("yes"),
        )
        for i in order
    ]  # fmt: skip
    ranks = (now, before, earlier)
    return figure_of(
        f"monitor-ranks-{table.side}",
        caption,
        lambda form: _ranks_plot(table, ranks, (order, wrong), form),
        columns,
        rows,
    )


_SIDES = {"framework": N_("framework"), "performance": N_("performance")}


def _moves(table: PrintedTable, earlier: Floats, order: Sequence[int]) -> str:
    first, last = table.years
    moves = "; ".join(
        _(
            "{name} {first} to {last}",
            name=table.names[i],
            first=whole(earlier[i]),
            last=whole(table.rank[i]),
        )
        for i in order
    )
    return _("{first} to {last}: {list}.", first=first, last=last, list=moves)


def _possible(rank: float, allowed: RoundedRanks, i: int) -> bool:
    return not (rank < allowed.best[i] or rank > allowed.worst[i])


def _between(allowed: RoundedRanks, i: int) -> str:
    low, high = whole(allowed.best[i]), whole(allowed.worst[i])
    text = low if low == high else f"{low}–{high}"
    return Written(text, None, (allowed.best[i], allowed.worst[i]))


def _ranks_plot(
    table: PrintedTable,
    ranks: tuple[RoundedRanks, RoundedRanks, Floats],
    units: tuple[Sequence[int], Sequence[int]],
    form: Format,
) -> Plot:
    now, before, earlier = ranks
    order, wrong = units
    things = tuple(
        {**stands_for("unit", table.codes[i]), "name": table.names[i],
         "hover": _said(table, i, earlier)}
        for i in order
    )  # fmt: skip
    rows = HeavyRows(tuple(table.names[i] for i in order), DENSE if form.narrow else form, things)
    across = inner_width(form, False) - rows.left
    column = Column(10, across - 10, 1, len(order))
    legend = _ranks_legend(table, bool(wrong), across + rows.left)
    at = {i: row for row, i in enumerate(order)}
    wide = [(at[i], now.best[i], now.worst[i]) for i in order if now.best[i] < now.worst[i]]
    layers = [
        *rows.furniture(across, frozenset(at[i] for i in wrong)),
        axis_layer(column, rows, rank_ticks(len(order)), "format(datum.value, 'd')"),
        _paths(table, earlier, column, rows, at),
        *spans(wide, column, rows, share=0.5, shift=_UP, **BAND),
        *lines(
            [(at[i], before.best[i], before.worst[i]) for i in order],
            column, rows, shift=_DOWN, color=QUIET, strokeWidth=1.3,
        ),
        *dots(
            [(at[i], float(table.rank[i]), _said(table, i, earlier)) for i in order],
            column, rows, shift=_UP, size=42,
        ),
        *_implied([i for i in order if i not in wrong], at, (table, earlier), (column, rows)),
        *_implied(wrong, at, (table, earlier), (column, rows), wrong=True),
        *legend.layers(-rows.left, -legend.height - 26),
    ]  # fmt: skip
    return Plot(across, rows.height, tuple(layers), rows.left, legend.height + 28, 4)


def _ranks_legend(table: PrintedTable, wrong: bool, room: int) -> Legend:
    first, last = table.years
    keys = (
        Key(_("rank {year}", year=last), "circle"),
        Key(_("open by rounding"), "band"),
        Key(_("rank {year}, implied", year=first), "circle", DEEP, filled=False),
        Key(_("ranks that the index of {year} allows", year=first), "line", QUIET),
        *((Key(_("dashed: cannot be"), "circle", BELOW, filled=False),) if wrong else ()),
    )
    return Legend(keys, room)


def _said(table: PrintedTable, i: int, earlier: Floats) -> str:
    first, last = table.years
    return _(
        "{name}: rank {rank} in {last}, {earlier} in {first}",
        name=table.names[i],
        rank=whole(table.rank[i]),
        last=last,
        earlier=whole(earlier[i]),
        first=first,
    )


def _paths(
    table: PrintedTable, earlier: Floats, column: Column, rows: Rows, at: Mapping[int, int]
) -> Layer:
    items = [
        {
            **stands_for("unit", table.codes[i]),
            "x": column.pixel(earlier[i]),
            "x2": column.pixel(table.rank[i]),
            "y": rows.middle(row) + _DOWN,
            "y2": rows.middle(row) + _UP,
        }
        for i, row in at.items()
        if not math.isnan(earlier[i] + table.rank[i])
    ]
    return rules(items, color=CONTEXT, strokeWidth=1)


def _implied(
    units: Sequence[int],
    at: Mapping[int, int],
    printed: tuple[PrintedTable, Floats],
    where: tuple[Column, Rows],
    wrong: bool = False,
) -> list[Layer]:
    table, earlier = printed
    look: dict[str, Any] = {"filled": False, "fill": GROUND, "size": 46, "strokeWidth": 1.5}
    look |= {"color": BELOW, "strokeDash": [2, 2]} if wrong else {"color": DEEP}
    items = [(at[i], float(earlier[i]), _said(table, i, earlier)) for i in units]
    return dots(items, *where, shift=_DOWN, **look)


# --- every link ------------------------------------------------------------------------


def monitor_links(
    links: Mapping[str, Link], lagged: Mapping[str, Association], source: str = ""
) -> Figure:
    """One row a link: r with two intervals, and r without the lowest units.

    links   name -> link of two columns
    lagged  name -> earlier framework against later change; no bootstrap, nobody left out
    """
    every: list[Link | Association] = [*links.values(), *lagged.values()]
    ends = [_reach(v) for v in every]
    counts = {
        "count": spelled(sum(end[0] > 0 for end in ends)).capitalize(),
        "all": spelled(len(ends)),
    }
    title = (
        _(
            "{count} of {all} links lie above zero over their whole intervals; what came first "
            "says nothing certain of what followed",
            **counts,
        )
        if lagged and all(_reach(v)[0] <= 0 for v in lagged.values())
        else _("{count} of {all} links lie above zero over their whole intervals", **counts)
    )
    subtitle = _(
        "Correlation r of framework and performance, {n} countries, 95\u202f% intervals.",
        n=max(v.n for v in every),
    )
    notes = [_("Diamond: r without the lowest in performance or its change (five, or all tied).")]
    if lagged:
        notes.append(_("No bootstrap and no diamond in the last rows: not computed there."))
    told = "; ".join(
        f"{name} {r_text(_r(v))}" for name, v in zip((*links, *lagged), every, strict=True)
    )
    alt = f"{_('A row a link with its interval.')} {title}. {told}."
    caption = Caption(title, subtitle, alt, tuple(notes), source)
    rows = [
        (name, r_text(v.pearson), interval(v.fisher), interval((v.bootstrap.low, v.bootstrap.high)),
         r_text(v.lowest.r), f"{len(v.lowest.left_out)}")
        for name, v in links.items()
    ]  # fmt: skip
    rows += [(name, r_text(v.r), interval(v.fisher), "", "", "") for name, v in lagged.items()]
    columns = (
        *(_("Link"), "r", _("Fisher interval"), _("Bootstrap interval"), _("r without")),
        _("Left out"),
    )
    return figure_of(
        "monitor-links", caption, lambda form: _links_plot(links, lagged, form), columns, rows
    )


def _r(found: Link | Association) -> float:
    return found.pearson if isinstance(found, Link) else found.r


def _reach(found: Link | Association) -> tuple[float, float]:
    """The wider of the intervals."""
    both_ends = [found.fisher]
    if isinstance(found, Link):
        both_ends.append((found.bootstrap.low, found.bootstrap.high))
    return min(e[0] for e in both_ends), max(e[1] for e in both_ends)


def _links_plot(links: Mapping[str, Link], lagged: Mapping[str, Association], form: Format) -> Plot:
    rows = Rows((*links, *lagged), form)
    across = inner_width(form, False) - rows.left
    every: list[Link | Association] = [*links.values(), *lagged.values()]
    low = min(_reach(v)[0] for v in every)
    column = Column(12, across - 42, min(0.0, math.floor(low * 5) / 5), 1)
    ticks = [k / 5 for k in range(round(column.low * 5), 6)]
    known = list(enumerate(every))
    r = [(i, _r(v)) for i, v in known]
    full = [(i, v) for i, v in known if isinstance(v, Link)]
    legend = Legend(
        (
            Key("r", "circle"),
            Key(_("interval by Fisher"), "line", INK),
            Key(_("interval by bootstrap"), "band"),
            Key(_("r without the lowest"), "diamond", BELOW, filled=False),
        ),
        across + rows.left,
    )
    tail = [(i, v.lowest.r, _("without the lowest: {r}", r=r_text(v.lowest.r))) for i, v in full]
    zero = column.pixel(0)
    label = {"x": zero, "y": rows.height + 11, "text": _("0: no link")}
    numbers = [{"x": across, "y": rows.middle(i), "text": r_text(v)} for i, v in r]
    layers = [
        *rows.furniture(across),
        axis_layer(column, rows, ticks, numeral("replace(format(datum.value, '.1f'), '-', '−')")),
        reference_line(zero, rows),
        *spans([(i, v.bootstrap.low, v.bootstrap.high) for i, v in full], column, rows,
               share=0.62, **BAND),
        *lines([(i, *v.fisher) for i, v in known], column, rows, cap=5, color=INK, strokeWidth=1.4),
        *dots([(i, v, f"r = {r_text(v)}") for i, v in r], column, rows),
        *dots(tail, column, rows, shape="diamond", filled=False, fill=GROUND, color=BELOW,
              size=72, strokeWidth=1.6),
        texts(numbers, align="right", fontSize=form.small, fontWeight=600),
        texts([label], align="center", fontSize=form.small, color=INK),
        *legend.layers(-rows.left, -legend.height - 26),
    ]  # fmt: skip
    return Plot(across, rows.height, tuple(layers), rows.left, legend.height + 28, 22)
