"""The tree of an index: what each node weighs, and what it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hansa.index.ratios import correlation_ratios
from hansa.index.removal import effective_weights
from hansa.index.tree import Floats, IndexTree
from hansa.language import _, ngettext, pgettext
from hansa.views.canvas import Caption, Layer, Plot, Thing, compose, inner_width, named, rules
from hansa.views.figure import Figure, both
from hansa.views.format import THIN, grouped, spelled
from hansa.views.hover import spoken
from hansa.views.index_rows import (
    BAND,
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    even_ticks,
    heads,
    spans,
)
from hansa.views.index_words import IndexView, figure_parts, percent
from hansa.views.lettering import fitted, width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral, partly_bold
from hansa.views.theme import ABOVE, BELOW, GROUND, HAIRLINE, LINE, Format

FAR = 2.0
"""An indicator that moves the index so many times as much, or as little, as its weight says."""


@dataclass(frozen=True)
class Weighed:
    """What every node weighs and moves: (nodes,) shares from 0 to 1.

    own       among its siblings
    weight    in the index: the product of shares on its path
    moved     indicators only: share of what moves the index, by correlation ratios (Paruolo,
              Saisana and Saltelli 2013); NaN where it cannot be computed
    """

    own: Floats
    weight: Floats
    moved: Floats


def weighed(view: IndexView) -> Weighed:
    """Shares, weights and what each indicator moves in the year of the view."""
    tree, stage = view.tree, view.result.stage
    assert stage.share is not None
    z = stage.data.values[view.rows]
    names = [node.code for node in tree.indicators]
    ratio = correlation_ratios(z, view.score, names).ratio
    moved = np.full(len(tree.nodes), np.nan)
    total = np.nansum(ratio)
    moved[: tree.leaves] = ratio / total if total > 0 else np.nan
    return Weighed(np.asarray(stage.share), effective_weights(stage), moved)


def downwards(tree: IndexTree) -> list[tuple[int, int]]:
    """Every node with its depth, parents before their children, in the order of the metadata."""
    kids = {p: [int(c) for c in children] for p, children in tree.families}
    out: list[tuple[int, int]] = []

    def visit(node: int, depth: int) -> None:
        out.append((node, depth))
        for child in kids.get(node, ()):
            visit(child, depth + 1)

    visit(tree.root, 0)
    return out


@dataclass(frozen=True)
class _Tree:
    view: IndexView
    found: Weighed

    @cached_property
    def nodes(self) -> list[tuple[int, int]]:
        return downwards(self.view.tree)

    @cached_property
    def far(self) -> tuple[list[int], list[int]]:
        """Indicators that move much more, and much less, than they weigh."""
        w, m = self.found.weight, self.found.moved
        leaves = [i for i in range(self.view.tree.leaves) if w[i] > 0 and not math.isnan(m[i])]
        return [i for i in leaves if m[i] >= FAR * w[i]], [i for i in leaves if m[i] <= w[i] / FAR]


def tree_figure(view: IndexView) -> Figure:
    """Every node of the tree with its share among siblings and its weight in the index; beside the
    weight of each indicator what it moves."""
    drawn = _Tree(view, weighed(view))
    caption = _caption(drawn)
    specs = both(lambda form: compose(caption, _plot(drawn, form), form))
    return Figure(
        id="index-tree",
        columns=(_("Node"), _("Code"), _("Level"), _("Direction"), _("Unit"),
                 _("Share among siblings"), _("Weight in the index"), _("Share of what moves it"),
                 _("Source")),
        rows=tuple(_row(drawn, n) for n, _depth in drawn.nodes),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def _row(drawn: _Tree, n: int) -> tuple[str, ...]:
    node, found = drawn.view.tree.nodes[n], drawn.found
    direction = ("+1" if node.direction > 0 else "−1") if node.indicator else ""
    return (
        node.label, node.code, str(node.level), direction, node.unit, percent(found.own[n], 1),
        percent(found.weight[n], 1), percent(found.moved[n], 1) if node.indicator else "",
        node.source,
    )  # fmt: skip


def tree_answer(view: IndexView) -> str:
    """How far weights and what they move lie apart."""
    drawn = _Tree(view, weighed(view))
    more, less = drawn.far
    return _answer(view, len(more), len(less))


def _answer(view: IndexView, more: int, less: int) -> str:
    leaves = view.tree.leaves
    if not more and not less:
        return _(
            "Each of {n} indicators moves the index by less than twice and more than half of what "
            "its weight says",
            n=leaves,
        )
    return ngettext(
        "One indicator of {all} moves the index at least twice as much as its weight says, {less} "
        "at most half as much",
        "{count} indicators of {all} move the index at least twice as much as their weights say, "
        "{less} at most half as much",
        more,
        count=spelled(more).capitalize(),
        all=leaves,
        less=less or pgettext("indicators", "none"),
    )


def _caption(drawn: _Tree) -> Caption:
    view = drawn.view
    more, less = drawn.far
    subtitle = _(
        "Bars: weight of each indicator in the index, in per cent; dots: its share of what moves "
        "the index; {sample}.",
        sample=view.sample(),
    )
    notes = [
        _(
            "Weight: the product of shares on the path to the index, nominal. What moves the "
            "index: correlation ratio of each indicator with the score over {units}, as a share of "
            "their sum (Paruolo, Saisana and Saltelli 2013). It describes, it does not say why.",
            units=view.size(),
        )
    ]
    kids = {p: c.size for p, c in view.tree.families}
    alt = _(
        "A tree of {n} nodes; {m} stand below the index.",
        n=len(view.tree.nodes),
        m=kids[view.tree.root],
    )
    return view.caption(_answer(view, len(more), len(less)), subtitle, alt, notes)


def _plot(drawn: _Tree, form: Format) -> Plot:
    view, found = drawn.view, drawn.found
    across = inner_width(form, view.words.model_data)
    step = 10 if form.narrow else 16
    room = round(across * (0.5 if form.narrow else 0.42))
    things = tuple(_thing(drawn, n) for n, _depth in drawn.nodes)
    rows = dense_rows([""] * len(drawn.nodes), form, things=things)
    size, small, leaves = rows.form.body, rows.form.small, view.tree.leaves
    labels = [fitted(view.tree.nodes[n].label, size, room - step * d) for n, d in drawn.nodes]
    items = [
        # An aggregate has no mark beside its name: the name says all that is said of it.
        {
            **(named(things[i]) if n < leaves else rows.thing(i)),
            "x": step * d,
            "y": rows.middle(i),
            "text": t,
        }
        for i, ((n, d), t) in enumerate(zip(drawn.nodes, labels, strict=True))
    ]
    bold = frozenset(i for i, (n, _depth) in enumerate(drawn.nodes) if n >= leaves)
    shares = [f"{grouped(100 * found.weight[n], 1)}{THIN}%" for n, _d in drawn.nodes]
    own = [f"{grouped(100 * found.own[n], 0)}{THIN}%" if d else "" for n, d in drawn.nodes]
    wide = max(width(t, small, 600) for t in shares) + 8
    own_wide = 0 if form.narrow else 84
    column = Column(room + 10, round(across - wide - own_wide - 8), 0, _reach(drawn))
    legend = Legend(_keys(), across, small)
    columns = [(float(across - own_wide), _("Weight"))]
    columns += [] if form.narrow else [(float(across), _("Of siblings"))]
    return Plot(
        across,
        rows.height,
        (
            rules(_hairlines(rows, across), color=HAIRLINE),
            rules(_branches(drawn, rows, step), color=LINE, strokeWidth=1),
            *partly_bold(items, bold, fontSize=size),
            axis_layer(column, rows, even_ticks(0, column.high, 3 if form.narrow else 5),
                       numeral("format(datum.value * 100, '~g')") + f" + '{THIN}%'"),
            *_marks(drawn, column, rows),
            *beside(shares, across - own_wide, rows, small, bold),
            *([] if form.narrow else beside(own, across, rows, small)),
            heads(columns, -12, small),
            *legend.layers(0, -legend.height - 26),
        ),
        0,
        legend.height + 28,
        4,
    )  # fmt: skip


def _thing(drawn: _Tree, n: int) -> Thing:
    """An indicator or aggregate, and what is said of it."""
    node, found = drawn.view.tree.nodes[n], drawn.found
    return spoken(
        "indicator",
        node.code,
        node.label,
        _("moves {share}", share=percent(found.moved[n], 1)) if node.indicator else "",
        _("weighs {share}", share=percent(found.weight[n], 1)),
        _("{share} of its family", share=percent(found.own[n]))
        if n != drawn.view.tree.root
        else "",
    )


def _hairlines(rows: Rows, across: int) -> list[dict[str, float]]:
    edges = (i * rows.pitch for i in range(len(rows.names) + 1))
    return [{"x": 0, "x2": across, "y": y, "y2": y} for y in edges]


def _keys() -> tuple[Key, ...]:
    return (
        Key(_("weight of an indicator"), "bar"),
        Key(_("what it moves"), "circle"),
        Key(_("at least twice its weight"), "triangle-right", BELOW),
        Key(_("at most half"), "triangle-left", ABOVE),
    )


def _reach(drawn: _Tree) -> float:
    leaves = drawn.view.tree.leaves
    most = max(
        float(np.nanmax(drawn.found.weight[:leaves])),
        float(np.nan_to_num(drawn.found.moved[:leaves]).max()),
    )
    return max(most * 1.05, 1e-6)


def _marks(drawn: _Tree, column: Column, rows: Rows) -> list[Layer]:
    found, leaves = drawn.found, drawn.view.tree.leaves
    at = [(i, n) for i, (n, _) in enumerate(drawn.nodes) if n < leaves]
    more, less = drawn.far
    out = spans([(i, 0.0, float(found.weight[n])) for i, n in at], column, rows, **BAND)
    groups: tuple[tuple[list[int], dict[str, Any]], ...] = (
        ([n for _, n in at if n not in more and n not in less], {}),
        (more, {"shape": "triangle-right", "color": BELOW, "size": 72}),
        (less, {"shape": "triangle-left", "color": ABOVE, "size": 72}),
    )
    row = {n: i for i, n in at}
    for nodes, style in groups:
        out += dots(
            [(row[n], float(found.moved[n]), "") for n in nodes],
            column, rows, **{"size": 44, "stroke": GROUND, "strokeWidth": 1, **style},
        )  # fmt: skip
    return out


def _branches(drawn: _Tree, rows: Rows, step: int) -> list[dict[str, float]]:
    """Elbows from each node to its parent."""
    place = {n: i for i, (n, _) in enumerate(drawn.nodes)}
    depth = dict(drawn.nodes)
    out = []
    for p, children in drawn.view.tree.families:
        x = step * depth[p] + step * 0.35
        last = max(place[int(c)] for c in children)
        top = rows.middle(place[p]) + rows.pitch * 0.38
        out.append({"x": x, "x2": x, "y": top, "y2": rows.middle(last)})
        for c in children:
            y = rows.middle(place[int(c)])
            out.append({"x": x, "x2": step * (depth[p] + 1) - 2, "y": y, "y2": y})
    return out
