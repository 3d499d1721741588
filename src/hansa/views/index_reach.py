"""What it takes for a unit to gain places, drawn: now, needed alone, the best observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.index.reach import Reach, Singles
from hansa.language import _
from hansa.views.canvas import Layer, Plot, Thing, inner_width
from hansa.views.format import MISSING, grouped
from hansa.views.hover import spoken
from hansa.views.index_rows import (
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    even_ticks,
    heads,
    lines,
    ticks,
)
from hansa.views.index_words import (
    IndexView,
    raw_text,
)
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral
from hansa.views.theme import ABOVE, CONTEXT, DEEP, GROUND, LINE, Format
from hansa.views.written import Written


@dataclass(frozen=True)
class Takes:
    """What it takes for one unit: one indicator a row.

    enough  the raw value that an indicator alone needs, as `Sheet.enough` writes it
    """

    view: IndexView
    unit: str
    reach: Reach
    singles: Singles
    now: np.ndarray
    raw: np.ndarray
    most: np.ndarray
    enough: tuple[str, ...]
    shown: tuple[int, ...]


def by_need(drawn: Takes) -> list[int]:
    """Indicators in the order drawn: those within reach that need least first."""
    need = np.where(np.isnan(drawn.singles.delta), np.inf, np.abs(drawn.singles.delta))
    return [int(j) for j in np.lexsort((need, ~drawn.singles.within))]


def needed(drawn: Takes, j: int) -> str:
    """The raw value that an indicator alone needs; `·` beyond what was observed."""
    if not drawn.singles.within[j]:
        return MISSING
    return needed_text(float(drawn.singles.raw[j]), drawn.enough[j])


def needed_text(value: float, enough: str) -> str:
    """A value that is needed, in the digits that are enough (`Sheet.enough`)."""
    if not enough:
        return MISSING
    return Written(grouped(float(enough), decimals_in(enough)), value)


def decimals_in(digits: str) -> int:
    """Decimals of plain digits: 2 of `8.20`."""
    return len(digits.partition(".")[2])


def now(drawn: Takes, j: int) -> str:
    """The raw value there is, in no fewer decimals than the one needed."""
    least = decimals_in(drawn.enough[j]) if drawn.singles.within[j] else 0
    return raw_text(float(drawn.raw[j]), least)


def reach_plot(drawn: Takes, form: Format) -> Plot:
    """An arrow a row from the points now to those needed alone."""
    view, shown = drawn.view, drawn.shown
    names = tuple(view.tree.nodes[j].label for j in shown)
    things = tuple(_need(drawn, j) for j in shown)
    rows = Rows(names, form, things) if form.narrow else dense_rows(names, form, 230, things)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    raw = [f"{now(drawn, j)} → {needed(drawn, j)}" for j in shown]
    end = across - max(width(t, small, 600) for t in [*raw, _("Raw value")]) - 14
    column = Column(8, round(end), *_reach_ends(drawn))
    keys = (Key(_("now"), "circle", DEEP, False), Key(_("needed alone"), "circle"),
            Key(_("top value observed"), "tick", ABOVE))  # fmt: skip
    legend = Legend(keys, full, small)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across),
            axis_layer(column, rows, even_ticks(column.low, column.high, 4 if form.narrow else 6),
                       numeral()),
            *_reach_marks(drawn, column, rows),
            *beside(raw, across, rows, small),
            heads([(across, _("Raw value"))], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


def _need(drawn: Takes, j: int) -> Thing:
    """An indicator, and what it would have to become."""
    node, within = drawn.view.tree.nodes[j], bool(drawn.singles.within[j])
    return spoken(
        "indicator",
        node.code,
        node.label,
        _("now {value}", value=now(drawn, j)),
        _("needed alone {value}", value=needed(drawn, j)) if within
        else _("beyond what any unit has"),
    )  # fmt: skip


def _reach_ends(drawn: Takes) -> tuple[float, float]:
    shown = list(drawn.shown)
    values = np.concatenate([drawn.now[shown], drawn.most[shown],
                             drawn.singles.z[shown][drawn.singles.within[shown]]])  # fmt: skip
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and 50 < high <= 100:
        return 0.0, 100.0
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def _reach_marks(drawn: Takes, column: Column, rows: Rows) -> list[Layer]:
    s = drawn.singles
    out: list[Layer] = []
    for inside, color in ((True, DEEP), (False, CONTEXT)):
        own = [(n, j) for n, j in enumerate(drawn.shown) if bool(s.within[j]) is inside]
        ends = [(n, float(drawn.now[j]), float(s.z[j] if inside else drawn.most[j]))
                for n, j in own]  # fmt: skip
        out += lines(ends, column, rows, 0, color=color if inside else LINE, strokeWidth=1.5)
        out += ticks([(n, float(drawn.most[j])) for n, j in own], column, rows, 7, color=ABOVE)
        out += dots([(n, float(drawn.now[j]), "") for n, j in own], column, rows,
                    fill=GROUND, strokeWidth=1.8, stroke=color if inside else LINE)  # fmt: skip
        if inside:
            out += dots([(n, float(s.z[j]), "") for n, j in own], column, rows)
    return out
