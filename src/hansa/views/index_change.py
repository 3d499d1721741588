"""The change of rank between two years with its interval, and that of the score beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hansa.index.change import RankChange
from hansa.language import N_, _, pgettext
from hansa.views.canvas import Caption, Layer, Plot, Thing, compose, inner_width
from hansa.views.figure import Figure, both
from hansa.views.format import enumerated
from hansa.views.hover import spoken
from hansa.views.index_rows import (
    BAND,
    HOLLOW,
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    even_ticks,
    heads,
    spans,
)
from hansa.views.index_words import (
    LIKELY,
    IndexView,
    counted,
    decimals_of,
    figure_parts,
    percent,
    signed,
    signed_interval,
)
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, reference_line
from hansa.views.theme import DEEP, GROUND, LINE, Format


@dataclass(frozen=True)
class _Changes:
    view: IndexView
    moved: RankChange
    start: int
    end: int
    shown: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.view.data.names[u] for u in self.moved.units)

    @cached_property
    def both(self) -> tuple[IndexView, IndexView]:
        return replace(self.view, at=self.start), replace(self.view, at=self.end)


def change_figure(view: IndexView, start: int, end: int, most: int = 40) -> Figure:
    """Change of rank between two years with its 90 % interval, and the change of score beside it.

    Units whose interval leaves 0 out are drawn dark, the others grey.
    """
    moved = view.moved(start, end)
    order = [int(i) for i in np.lexsort((-moved.mid, -np.nan_to_num(moved.change, nan=-1e9)))]
    if len(order) > most:
        order = [*order[: most // 2], *order[-(most - most // 2) :]]
    drawn = _Changes(view, moved, start, end, tuple(order))
    caption = _change_caption(drawn)
    specs = both(lambda form: compose(caption, _change_plot(drawn, form), form))
    return Figure(
        id=f"index-change-{start}-{end}",
        columns=(view.thing.capitalize(), _("Code"),
                 _("Rank {year} (90\u202f% interval)", year=start),
                 _("Rank {year} (90\u202f% interval)", year=end),
                 _("Change of rank (90\u202f% interval)"), _("Change of score"), _("Rises in"),
                 _("Falls in"), _("Changed")),
        rows=tuple(_change_row(drawn, i) for i in _ordered(moved)),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def _ordered(moved: RankChange) -> list[int]:
    return [int(i) for i in np.lexsort((-moved.mid, -np.nan_to_num(moved.change, nan=-1e9)))]


def _change_row(drawn: _Changes, i: int) -> tuple[str, ...]:
    m, view = drawn.moved, drawn.view
    digits, code = decimals_of(view.score), view.data.units[m.units[i]]
    return (
        drawn.names[i], code, *(one.rank_text(one.place(code)) for one in drawn.both),
        signed_interval(m.change[i], m.low[i], m.high[i]),
        signed(m.score_after[i] - m.score_before[i], digits), percent(m.up[i], 1),
        percent(m.down[i], 1), _("yes") if m.changed[i] else "",
    )  # fmt: skip


_MOVED = {
    ("rose", True): N_("{units} likely rose from {first} to {last}: {list}."),
    ("rose", False): N_("{units} possibly rose from {first} to {last}: {list}."),
    ("fell", True): N_("{units} likely fell from {first} to {last}: {list}."),
    ("fell", False): N_("{units} possibly fell from {first} to {last}: {list}."),
}


def change_answer(view: IndexView, start: int, end: int) -> tuple[str, ...]:
    """Who rose and who fell, as far as that is sure."""
    moved = view.moved(start, end)
    names = [view.data.names[u] for u in moved.units]
    out = []
    ways = (("rose", moved.low > 0, moved.up), ("fell", moved.high < 0, moved.down))
    for way, sure, share in ways:
        own = [i for i in np.argsort(-np.abs(moved.change), kind="stable") if sure[i]]
        if not own:
            continue
        told = "; ".join(
            f"{names[i]} {signed_interval(moved.change[i], moved.low[i], moved.high[i])}"
            for i in own[:4]
        )
        if len(own) > 4:
            told = _("{list} and others", list=told)
        likely = all(share[i] >= LIKELY for i in own)
        units = counted(len(own), view.thing, view.things).capitalize()
        text = _(_MOVED[way, likely], units=units, first=start, last=end, list=told)
        out.append(text)
    still = int((~moved.changed).sum())
    text = _(
        "For {units} the interval of the change holds 0: whether they rose or fell cannot be said.",
        units=counted(still, view.thing, view.things),
    )
    return (*out, text)


def _change_caption(drawn: _Changes) -> Caption:
    view, m = drawn.view, drawn.moved
    up, down = int((m.low > 0).sum()), int((m.high < 0).sum())
    none = pgettext("units", "none")
    title = _(
        "From {first} to {last}, {up} of {all} {things} rose and {down} fell beyond the choices "
        "left open",
        first=drawn.start,
        last=drawn.end,
        up=up or none,
        all=m.units.size,
        things=view.things,
        down=down or none,
    )
    subtitle = _(
        "Change of rank, positive is up, with its 90\u202f% interval, and change of score; {all} "
        "{things} of both years, {n} indicators.",
        all=m.units.size,
        things=view.things,
        n=view.tree.leaves,
    )
    notes = [_("Filled, name in bold: the interval leaves 0 out. Empty: it holds 0.")]
    if m.left_out.size:
        names = enumerated(view.data.names[u] for u in m.left_out)
        text = _(
            "Changes are among the {n} {things} of both years; the ranks of each year in the table "
            "are among all of that year. Left out: {names}.",
            n=m.units.size,
            things=view.things,
            names=names,
        )
        notes.append(text)
    if len(drawn.shown) < m.units.size:
        text = _(
            "Drawn: the {n} of {all} that moved most either way.",
            n=len(drawn.shown),
            all=m.units.size,
        )
        notes.append(text)
    first = "; ".join(
        f"{drawn.names[i]} {signed_interval(m.change[i], m.low[i], m.high[i])}"
        for i in drawn.shown[:5]
    )
    alt = _("Changes of rank: {list}.", list=first)
    return view.caption(title, subtitle, alt, [*notes, *drawn.both[0].parts(), *view.notes()])


def _change_plot(drawn: _Changes, form: Format) -> Plot:
    m, view, shown = drawn.moved, drawn.view, drawn.shown
    things = tuple(_thing(drawn, i) for i in shown)
    names = [drawn.names[i] for i in shown]
    rows = dense_rows(names, form, 104 if form.narrow else 220, things)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    change = [signed_interval(m.change[i], m.low[i], m.high[i]) for i in shown]
    digits = decimals_of(view.score)
    score = [signed(m.score_after[i] - m.score_before[i], digits) for i in shown]
    columns: list[tuple[float, str, list[str]]] = [(float(across), _("Score"), score)]
    x = across - max(width(t, small, 600) for t in [*score, _("Score")]) - 12
    columns.append((x, _("Rank"), change))
    x -= max(width(t, small, 600) for t in [*change, _("Rank")]) + 12
    ends = np.array([[m.change[i], m.low[i], m.high[i]] for i in shown])
    reach = max(1.0, float(np.nanmax(np.abs(ends)))) + 0.6
    column = Column(4, round(x), -reach, reach)
    bold = frozenset(n for n, i in enumerate(shown) if m.changed[i])
    found = [t for t in even_ticks(-reach, reach, 4 if form.narrow else 8) if t == round(t)]
    keys = (
        Key(_("change of rank"), "circle"),
        Key(_("90\u202f% of replications"), "band"),
        Key(_("the same, holding 0"), "band", filled=False),
    )
    legend = Legend(keys, full, small)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, bold),
            axis_layer(column, rows, found,
                       "datum.value > 0 ? '+' + datum.value : datum.value == 0 ? '0' : "
                       "'−' + (-datum.value)"),
            *_change_marks(drawn, column, rows),
            *(layer for end, _head, own in columns
              for layer in beside(own, end, rows, small, bold)),
            heads([column[:2] for column in columns], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


def _thing(drawn: _Changes, i: int) -> Thing:
    """A unit, and what is said of its change."""
    m, view = drawn.moved, drawn.view
    moved = signed_interval(m.change[i], m.low[i], m.high[i])
    score = signed(m.score_after[i] - m.score_before[i], decimals_of(view.score))
    return spoken(
        "unit",
        view.data.units[m.units[i]],
        drawn.names[i],
        _("change of rank {moved}, 90\u202f% interval", moved=moved),
        _("change of score {score}", score=score),
    )


def _change_marks(drawn: _Changes, column: Column, rows: Rows) -> list[Layer]:
    m, shown = drawn.moved, drawn.shown
    out: list[Layer] = []
    for sure, band, dot in ((False, HOLLOW, LINE), (True, BAND, DEEP)):
        own = [(n, i) for n, i in enumerate(shown) if bool(m.changed[i]) is sure]
        out += spans([(n, m.low[i] - 0.4, m.high[i] + 0.4) for n, i in own], column, rows, 0.7,
                     **band)  # fmt: skip
        out += dots(
            [(n, float(m.change[i]), "") for n, i in own], column, rows, color=dot,
            stroke=GROUND, strokeWidth=1,
        )  # fmt: skip
    return [out[0], reference_line(column.pixel(0), rows), *out[1:]] if out else []
