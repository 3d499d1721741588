"""The league of an index: every rank with its interval."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from hansa.language import _
from hansa.views.canvas import Caption, Layer, Plot, Thing, compose, inner_width
from hansa.views.figure import Figure, both
from hansa.views.format import enumerated
from hansa.views.hover import filled_words, spoken
from hansa.views.index_rows import (
    BAND,
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    heads,
    lines,
    rank_ticks,
    spans,
    ticks,
)
from hansa.views.index_words import (
    LIKELY,
    IndexView,
    between,
    decimals_of,
    figure_parts,
    number,
    often,
    percent,
)
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral
from hansa.views.theme import LINE, Format

ROBUST = 0.95
"""Share of replications from which on one unit is robustly better than another."""
_HALF = 0.4  # of a rank: an interval covers the places it names


@dataclass(frozen=True)
class _League:
    """What a picture draws: places of units in order, and their layers."""

    view: IndexView
    shown: tuple[int, ...]
    chosen: Collection[str]

    @property
    def bold(self) -> frozenset[int]:
        return frozenset(i for i, u in enumerate(self.shown) if self.view.codes[u] in self.chosen)


def league_figure(view: IndexView, chosen: Collection[str] = (), most: int = 60) -> Figure:
    """Units in order of rank: the rank, its 90 % interval over replications as a band, its median,
    and the exact best and worst rank as a line where they were computed.

    chosen  codes drawn in bold, and drawn wherever they stand
    most    units drawn where there are more: the others stand in the table
    Raises HansaError for an index without replications.
    """
    view.replicated()
    order = [i for i in view.order if not math.isnan(view.rank[i])]
    for code in chosen:
        view.place(code)
    shown = tuple(u for n, u in enumerate(order) if n < most or view.codes[u] in chosen)
    league = _League(view, shown, frozenset(chosen))
    caption = _caption(league, len(order))
    specs = both(lambda form: compose(caption, _plot(league, form), form))
    columns, rows = league_table(view)
    return Figure(
        id=f"index-league-{view.year}", columns=columns, rows=rows, **figure_parts(caption), **specs
    )


def first_place(view: IndexView) -> str:
    """Who stands first, and how sure that is."""
    spread = view.spread
    ordered = [i for i in view.order if not math.isnan(view.rank[i])]
    if not ordered or spread is None:
        return _("Which unit stands first cannot be said")
    first = ordered[0]
    share = float(spread.acceptability[first, 0])
    limits = view.extremes(first)
    name = view.names[first]
    if share_of := view.observed_text(first):
        name = _("{name} ({share} indicators)", name=name, share=share_of)
    said = {"name": name, "units": view.size(), "often": often(share)}
    if limits is not None and limits[1] == 1 and share >= 1:
        return _("{name} is certainly first of {units}", **said)
    if share >= LIKELY:
        return _("{name} is likely first of {units}: {often}", **said)
    best = int(np.nanargmax(spread.acceptability[:, 0]))
    text = _("{name} ranks first of {units}, but that is only possible: first {often}", **said)
    if best == first:
        return text
    return f"{text}; {view.names[best]} {often(float(spread.acceptability[best, 0]))}"


def widest(view: IndexView) -> str:
    """How wide the intervals are."""
    low, high = view.bounds[0], view.bounds[2]
    reach = high - low
    if np.isnan(reach).all():
        return ""
    middle, most = float(np.nanmedian(reach)), int(np.nanargmax(reach))
    return _(
        "Half of the 90\u202f% intervals span {n} places or more; the widest is that of {name}: "
        "{rank}.",
        n=round(middle),
        name=view.names[most],
        rank=view.rank_text(most),
    )


def league_table(view: IndexView) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Heads and rows of the whole league as text; columns without content are empty."""
    mid = view.bounds[1]
    spread = view.spread
    layers = spread.layers(ROBUST) if spread is not None else None
    columns = (
        _("Rank (90\u202f% interval)"), _("Code"), view.thing.capitalize(), _("Score"),
        _("Median rank"), _("Best–worst, exact"), _("First in"), _("Layer"),
        _("Indicators observed"), _("Weight on filled cells"),
    )  # fmt: skip
    digits = decimals_of(view.score)
    rows = []
    for i in view.order:
        limits = view.extremes(i)
        there = not math.isnan(view.rank[i])
        rows.append((
            view.rank_text(i), view.codes[i], view.names[i], number(view.score[i], digits),
            number(mid[i], 0 if mid[i] % 1 == 0 else 1) if spread is not None else "",
            _limits(limits), percent(float(spread.acceptability[i, 0]))
            if spread is not None and there else "",
            str(layers[i]) if layers is not None and there else "",
            view.observed_text(i), percent(view.filled[i]) if view.filled[i] > 0 else "",
        ))  # fmt: skip
    return columns, tuple(rows)


def _limits(limits: tuple[int, int, bool] | None) -> str:
    if limits is None:
        return ""
    ends = between(limits[0], limits[1])
    return ends if limits[2] else _("{ranks} (not settled)", ranks=ends)


def _caption(league: _League, ranked: int) -> Caption:
    view = league.view
    title = f"{view.title}: {first_place(view)}"
    subtitle = _(
        "Rank of {things}, 1 is best, with its 90\u202f% interval; {sample}.",
        things=view.things,
        sample=view.sample(),
    )
    notes = []
    if len(league.shown) < ranked:
        text = _(
            "Drawn: {n} of {all} {things}; the table behind the figure holds all.",
            n=len(league.shown),
            all=ranked,
            things=view.things,
        )
        notes.append(text)
    if missing := view.rows.size - ranked:
        text = _("Without a score and a rank: {n} of {all}.", n=missing, all=view.rows.size)
        notes.append(text)
    if view.exact is not None:
        text = _(
            "Thin line: best and worst rank under any weights of the weight set, exact, for the "
            "recipe as it stands; the band also varies other choices and may reach further."
        )
        notes.append(text)
        notes += _unproven(view)
    text = _(
        "Layer (beside the score, or in the table) 1: beaten by nobody in {share} of "
        "replications; layer 2: by units of layer 1 only; and so on.",
        share=percent(ROBUST),
    )
    notes.append(text)
    first = "; ".join(f"{view.names[i]} {view.rank_text(i)}" for i in league.shown[:5])
    alt = _("Ranks with intervals, the best first: {ranks}.", ranks=first)
    return view.caption(title, subtitle, alt, [*notes, *view.notes()])


def _unproven(view: IndexView) -> list[str]:
    loose = [view.names[i] for i in view.order if (a := view.extremes(i)) and not a[2]]
    if not loose:
        return []
    text = _(
        "Not settled within the time limit, the outer bound is drawn: {names}.",
        names=enumerated(loose),
    )
    return [text]


def _plot(league: _League, form: Format) -> Plot:
    view, shown = league.view, league.shown
    things = tuple(_thing(view, i) for i in shown)
    rows = dense_rows([view.names[i] for i in shown], form, 104 if form.narrow else 200, things)
    across = inner_width(form, view.words.model_data) - rows.left
    small = rows.form.small
    digits = decimals_of(view.score)
    layers = view.replicated().years[view.year][1].layers(ROBUST)
    texts_of = {
        _("Rank"): [view.rank_text(i) for i in shown],
        _("Score"): [number(view.score[i], digits) for i in shown],
        _("Layer"): [str(layers[i]) for i in shown],
    }
    ends, x = {}, float(across)
    for head, own in list(texts_of.items())[:: -1 if not form.narrow else 1]:
        if form.narrow and head != _("Rank"):
            continue
        ends[head] = x
        x -= max(width(t, small, 600) for t in [*own, head]) + 14
    column = Column(6, round(x) - 2, 0.5, view.rows.size + 0.5)
    legend = Legend(_keys(view), inner_width(form, view.words.model_data), small)
    marks = _marks(league, column, rows)
    found = rank_ticks(view.rows.size, 5 if form.narrow else 9)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, league.bold),
            axis_layer(column, rows, found, numeral()),
            *marks,
            *(layer for head, end in ends.items()
              for layer in beside(texts_of[head], end, rows, small, league.bold)),
            heads([(end, head) for head, end in ends.items()], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


def _thing(view: IndexView, i: int) -> Thing:
    """A unit, and what is said of its rank and its score."""
    limits = view.extremes(i)
    return spoken(
        "unit",
        view.codes[i],
        view.names[i],
        _("rank {rank}, 90\u202f% interval", rank=view.rank_text(i)),
        _("exact best–worst {ranks}", ranks=_limits(limits)) if limits else "",
        _("score {score}", score=number(view.score[i], decimals_of(view.score))),
        _("{share} indicators observed", share=text) if (text := view.observed_text(i)) else "",
        filled_words(float(view.filled[i])),
    )


def _keys(view: IndexView) -> tuple[Key, ...]:
    keys = [
        Key(_("rank"), "circle"),
        Key(_("90\u202f% of replications, and median"), "halved"),
    ]
    return (*keys, *([Key(_("exact best–worst"), "line", LINE)] if view.exact is not None else ()))


def _marks(league: _League, column: Column, rows: Rows) -> list[Layer]:
    view, shown = league.view, league.shown
    low, mid, high = view.bounds
    limits = [(n, view.extremes(i)) for n, i in enumerate(shown)]
    return [
        *lines([(n, float(b[0]), float(b[1])) for n, b in limits if b], column, rows),
        *spans([(n, low[i] - _HALF, high[i] + _HALF) for n, i in enumerate(shown)],
               column, rows, 0.7, **BAND),
        *ticks([(n, float(mid[i])) for n, i in enumerate(shown)], column, rows, rows.thickness / 2),
        *dots([(n, float(view.rank[i]), "") for n, i in enumerate(shown)], column, rows,
              size=40 if rows.form.width < 400 else 58),
    ]  # fmt: skip
