"""How often each unit of an index has each rank, as a table of shades."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.language import _, ngettext, pgettext
from hansa.views.canvas import Layer, Plot, Thing, compose, inner_width, rects, stands_for
from hansa.views.figure import Figure, both
from hansa.views.format import THIN
from hansa.views.hover import told
from hansa.views.index_rows import beside, dense_rows, dots, heads, rank_ticks
from hansa.views.index_words import IndexView, figure_parts, often, percent
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer
from hansa.views.theme import DEEP, GROUND, INK, PALE, QUIET, Format, blend

STEPS = (0.5, 0.25, 0.1, 0.05, 0.01)
"""Shares of replications from which on a rank takes the next darker shade."""
MOST = 60
TOPS = (1, 3, 5, 10)
"""First places whose shares the table behind the figure holds."""


@dataclass(frozen=True)
class _Frequency:
    view: IndexView
    shown: tuple[int, ...]
    bold: frozenset[int]

    @property
    def share(self) -> Any:
        """Share of replications with each rank (units, ranks)."""
        return self.view.replicated().years[self.view.year][1].acceptability


def frequency_figure(view: IndexView, chosen: Collection[str] = ()) -> Figure:
    """Units in order of rank, every rank shaded by the share of replications that give it.

    chosen  codes in bold, drawn wherever they stand
    Raises HansaError for an index without replications.
    """
    ranked = [i for i in view.order if not math.isnan(view.rank[i])]
    shown = tuple(i for n, i in enumerate(ranked) if n < MOST or view.codes[i] in chosen)
    bold = frozenset(n for n, i in enumerate(shown) if view.codes[i] in chosen)
    drawn = _Frequency(view, shown, bold)
    caption = view.caption(
        _title(drawn),
        _(
            "Share of replications that give each {thing} each rank, 1 is best; the dot is the "
            "rank of the recipe as it stands; {sample}.",
            thing=view.words.thing,
            sample=view.sample(),
        ),
        _(
            "A band of shades a {thing}, darkest where its rank stands most often.",
            thing=view.words.thing,
        ),
        _notes(drawn, len(ranked)),
    )
    columns, rows = _table(drawn, ranked)
    specs = both(lambda form: compose(caption, _plot(drawn, form), form))
    return Figure(
        id=f"index-frequency-{view.year}",
        columns=columns,
        rows=rows,
        **figure_parts(caption),
        **specs,
    )


def _title(drawn: _Frequency) -> str:
    view, share = drawn.view, drawn.share
    firm = sum(float(np.nanmax(share[i])) >= 0.5 for i in drawn.shown)
    things = view.words.things
    if not firm:
        return _(
            "No rank of {all} {things} stands in half of the replications",
            all=len(drawn.shown),
            things=things,
        )
    return ngettext(
        "{number} of {all} {things} keeps one rank in half of the replications",
        "{number} of {all} {things} keep one rank in half of the replications",
        firm,
        all=len(drawn.shown),
        things=things,
    )


def _notes(drawn: _Frequency, ranked: int) -> list[str]:
    view = drawn.view
    notes = []
    if len(drawn.shown) < ranked:
        notes.append(
            _("Drawn: {shown} of {all} {things}; the table holds all.", shown=len(drawn.shown),
              all=ranked, things=view.words.things)
        )  # fmt: skip
    one = f"1{THIN}%"
    white = _("Ranks in fewer than {share} of replications are left white.", share=one)
    return [*notes, white, *view.notes()]


def _table(
    drawn: _Frequency, ranked: list[int]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    view, share = drawn.view, drawn.share
    tops = [t for t in TOPS if t < view.rows.size]
    columns = (
        _("Rank (90\u202f% interval)"), _("Code"), view.words.thing.capitalize(),
        _("Most frequent rank"), _("Its share"),
        *(_("Among the first {n}", n=t) if t > 1 else pgettext("place", "First") for t in tops),
    )  # fmt: skip
    rows = []
    for i in ranked:
        mode = int(np.argmax(share[i]))
        rows.append((
            view.rank_text(i), view.codes[i], view.names[i], str(mode + 1),
            percent(float(share[i, mode])), *(percent(float(share[i, :t].sum())) for t in tops),
        ))  # fmt: skip
    return columns, tuple(rows)


def _level(share: float) -> int:
    """0 for the darkest shade; the number of shades for none."""
    return next((n for n, least in enumerate(STEPS) if share >= least), len(STEPS))


def _shade(level: int) -> str:
    return blend(PALE, DEEP, 1 - level / (len(STEPS) - 1))


def _runs(shares: Any) -> Iterator[tuple[int, int, int]]:
    """First and last rank of each run of one shade, and the shade."""
    levels = [_level(float(s)) for s in shares]
    start = 0
    for end in range(1, len(levels) + 1):
        if end == len(levels) or levels[end] != levels[start]:
            if levels[start] < len(STEPS):
                yield start + 1, end, levels[start]
            start = end


def _plot(drawn: _Frequency, form: Format) -> Plot:
    view, shown = drawn.view, drawn.shown
    things = tuple(_thing(drawn, i) for i in shown)
    rows = dense_rows([view.names[i] for i in shown], form, 104 if form.narrow else 200, things)
    across = inner_width(form, view.words.model_data) - rows.left
    small = rows.form.small
    ranks = [view.rank_text(i) for i in shown]
    end = across - max(width(t, small, 600) for t in [*ranks, _("Rank")]) - 14
    column = Column(6, round(end), 0.5, view.rows.size + 0.5)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, drawn.bold),
            axis_layer(column, rows, rank_ticks(view.rows.size, 5 if form.narrow else 9),
                       "datum.value"),
            *_cells(drawn, column, rows),
            *dots([(n, float(view.rank[i]), "") for n, i in enumerate(shown)], column, rows,
                  size=26, color=GROUND, stroke=INK, strokeWidth=1.2),
            *beside(ranks, across, rows, small, drawn.bold),
            heads([(across, _("Rank"))], -12, small),
            *_legend(rows, small),
        ),
        rows.left,
        46,
        4,
    )  # fmt: skip


def _cells(drawn: _Frequency, column: Column, rows: Rows) -> list[Layer]:
    items = [
        {**rows.codes(n), "x": column.pixel(first - 0.5), "x2": column.pixel(last + 0.5),
         **rows.span(n), "fill": _shade(level),
         "hover": _said(drawn.view, i, first, last, level)}
        for n, i in enumerate(drawn.shown)
        for first, last, level in _runs(drawn.share[i])
    ]  # fmt: skip
    return [rects(items)] if items else []


def _said(view: IndexView, i: int, first: int, last: int, level: int) -> str:
    low = percent(STEPS[level])
    share = (
        _("{low} or more", low=low)
        if level == 0
        else _("{low} to {high}", low=low, high=percent(STEPS[level - 1]))
    )
    if first == last:
        said = _("rank {rank} in {share} of replications", rank=first, share=share)
    else:
        said = _(
            "ranks {first} to {last} in {share} of replications each",
            first=first,
            last=last,
            share=share,
        )
    return told(view.names[i], said)


def _thing(drawn: _Frequency, i: int) -> Thing:
    view, share = drawn.view, drawn.share
    mode = int(np.argmax(share[i]))
    said = told(
        view.names[i],
        _("rank {rank}, 90\u202f% interval", rank=view.rank_text(i)),
        _("most often {rank}, {share}", rank=mode + 1, share=often(float(share[i, mode]))),
    )
    return {**stands_for("unit", view.codes[i]), "hover": said}


def _legend(rows: Rows, size: int) -> list[Layer]:
    """The shades from rare to frequent, each with the share it starts at."""
    from hansa.views.canvas import texts

    boxes, words = [], []
    for n, level in enumerate(reversed(range(len(STEPS)))):
        x = -rows.left + n * 62
        boxes.append({"x": x, "x2": x + 18, "y": -44, "y2": -34, "fill": _shade(level)})
        words.append({"x": x + 22, "y": -39, "text": f"≥ {percent(STEPS[level])}"})
    return [rects(boxes), texts(words, fontSize=size, color=QUIET)]
