"""Critical framework conditions of one unit: gap against association, and how firm the order is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.index.critical import GRID, CriticalConditions, CriticalOptions, critical_conditions
from hansa.index.data import Bools
from hansa.index.factors import generator
from hansa.index.tree import Floats, IndexTree
from hansa.language import N_, _, ngettext
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    Thing,
    compose,
    inner_width,
    points,
    rects,
    rules,
    stands_for,
    texts,
)
from hansa.views.figure import Figure, both
from hansa.views.format import general, grouped, joined, spelled
from hansa.views.hover import told as said_of
from hansa.views.index_rows import BAND, beside, dense_rows, even_ticks, heads, spans, ticks
from hansa.views.index_words import IndexView, figure_parts, number, percent, signed
from hansa.views.rowplot import Column, Rows
from hansa.views.theme import BELOW, BELOW_PALE, DEEP, GROUND, HAIRLINE, INK, QUIET, Format

CRITICAL = len(GRID) - 1
EVIDENCE = (
    *(N_("small gap, weak association"), N_("small gap, strong association")),
    *(N_("large gap, weak association"), N_("critical: large gap, strong association")),
)
"""The words of the grid."""
PLAIN = CriticalOptions()
_HIGH = 250  # pixels of the scatter


@dataclass(frozen=True)
class Conditions:
    """Critical conditions as computed, with what they were computed from.

    scores   units x areas, in the order of the view's rows; areas are named by `areas`
    outcome  what performance is called
    options  thresholds of the grid
    seed     of the draws, where the random numbers came from one
    codes    of the areas, where they are elements of the index
    """

    found: CriticalConditions
    scores: Floats
    areas: tuple[str, ...]
    outcome: str
    options: CriticalOptions = PLAIN
    seed: int | None = None
    codes: tuple[str, ...] = ()


def conditions_of(view: IndexView, seed: int) -> Conditions | None:
    """Critical conditions of an index whose metadata has roles; None where they say nothing.

    Areas are the aggregates above indicators inside the parts of role framework; performance, the
    topmost nodes of role performance. An area answers to the performance of its driver, where the
    column driver names one, else to the first. Raises HansaError for too few units.
    """
    tree = view.tree
    outcome = _topmost(tree, "performance")
    inside: Bools = np.asarray(tree.under[_topmost(tree, "framework")].any(axis=0))
    areas = [
        i for i in range(tree.leaves, len(tree.nodes))
        if tree.level[i] == 2 and inside[tree.under[i]].all()
    ]  # fmt: skip
    if not outcome or len(areas) < 2:
        return None
    names = [tree.nodes[i].driver for i in outcome]
    own = [tree.nodes[i].driver for i in areas]
    driver = np.array([names.index(d) if d in names else 0 for d in own], np.int64)
    scores = view.scores[:, areas]
    found = critical_conditions(
        scores, view.scores[:, outcome], driver, generator(seed, "conditions")
    )
    labels = tuple(tree.nodes[i].label for i in areas)
    codes = tuple(tree.nodes[i].code for i in areas)
    return Conditions(found, scores, labels, tree.nodes[outcome[0]].label, seed=seed, codes=codes)


def _topmost(tree: IndexTree, role: str) -> list[int]:
    """Nodes of a role whose parents have another one."""
    return [
        i for i, node in enumerate(tree.nodes)
        if node.role == role and (tree.parent[i] < 0 or tree.nodes[tree.parent[i]].role != role)
    ]  # fmt: skip


@dataclass(frozen=True)
class _Gap:
    view: IndexView
    own: Conditions
    k: int
    order: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.view.names[self.k]

    @property
    def gap(self) -> Floats:
        """Gaps in standard deviations of each area."""
        sd = np.nanstd(self.own.scores, axis=0, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.own.found.gap[self.k] / np.where(sd > 0, sd, np.nan))

    @property
    def link(self) -> Floats:
        return np.asarray(self.own.found.standardised[self.k])

    def critical(self, a: int) -> bool:
        return bool(self.own.found.grid[self.k, a] == CRITICAL)


def critical_figure(view: IndexView, own: Conditions, unit: str) -> Figure:
    """Areas of one unit: gap to the top three against association with performance, and below the
    probability that each area is among the unit's priorities."""
    drawn = _gap(view, own, unit)
    caption = _caption(drawn)
    specs = both(lambda form: compose(caption, _plot(drawn, form), form))
    return Figure(
        id=f"critical-{unit}",
        columns=(_("Area"), _("Gap to the top three"), _("Gap in standard deviations"),
                 _("Association (standardised)"), _("Correlation alone"), _("Positive in"),
                 _("Priority"), _("Among the first priorities in"), _("By lot"), _("Evidence")),
        rows=tuple(_row(drawn, a) for a in drawn.order),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def critical_answer(view: IndexView, own: Conditions, unit: str) -> str:
    """Which areas are critical, in one sentence."""
    drawn = _gap(view, own, unit)
    found = [own.areas[a] for a in drawn.order if drawn.critical(a)]
    if not found:
        return _(
            "No area of {name} shows both a large gap and a strong association with {outcome}: "
            "none is critical by these thresholds.",
            name=drawn.name,
            outcome=own.outcome,
        )
    return ngettext(
        "For {name}, {areas} shows both a large gap and a strong association with {outcome}; an "
        "association does not say what follows from what.",
        "For {name}, {areas} show both a large gap and a strong association with {outcome}; an "
        "association does not say what follows from what.",
        len(found),
        name=drawn.name,
        areas=joined(found),
        outcome=own.outcome,
    )


def _gap(view: IndexView, own: Conditions, unit: str) -> _Gap:
    k = view.place(unit)
    rank = -np.nan_to_num(own.found.probability[k], nan=-1.0)
    return _Gap(view, own, k, tuple(int(a) for a in np.argsort(rank, kind="stable")))


def _row(drawn: _Gap, a: int) -> tuple[str, ...]:
    f, k = drawn.own.found, drawn.k
    grid = int(f.grid[k, a])
    return (
        drawn.own.areas[a], number(f.gap[k, a], 1), number(float(drawn.gap[a]), 2),
        signed(float(drawn.link[a]), 2), signed(float(f.correlation[k, a]), 2),
        percent(f.positive[k, a]), number(f.priority[k, a], 2), percent(f.probability[k, a]),
        percent(float(f.chance[k])), _(EVIDENCE[grid]) if grid >= 0 else _("cannot be said"),
    )  # fmt: skip


def _caption(drawn: _Gap) -> Caption:
    own, view = drawn.own, drawn.view
    found = [own.areas[a] for a in drawn.order if drawn.critical(a)]
    title = (
        ngettext(
            "{name}: {areas} is critical by the numbers: a large gap and a strong association",
            "{name}: {areas} are critical by the numbers: a large gap and a strong association",
            len(found),
            name=drawn.name,
            areas=joined(found),
        )
        if found
        else _("{name}: no area has both a large gap and a strong association", name=drawn.name)
    )
    options, f = own.options, own.found
    subtitle = _(
        "Gap of {name} to the top {count} by {outcome}, in standard deviations, against the "
        "association of the area with it; {units}, {n} areas, {year}.",
        name=drawn.name,
        count=spelled(options.best),
        outcome=own.outcome,
        units=view.size(),
        n=len(own.areas),
        year=view.year,
    )
    told = "; ".join(f"{own.areas[a]} {percent(f.probability[drawn.k, a])}" for a in drawn.order)
    alt = _("Numbered dots and bars: {list}.", list=told)
    return view.caption(title, subtitle, alt, _notes(drawn))


def _notes(drawn: _Gap) -> list[str]:
    own, options = drawn.own, drawn.own.options
    seed = "" if own.seed is None else " " + _("(seed {seed})", seed=own.seed)
    return [
        _(
            "Critical: gap of {gap} or more, association of {link} or more and positive in {share} "
            "of draws. Estimated without {name} (ridge); it describes and does not say that a "
            "policy works.",
            gap=general(options.large_gap),
            link=general(options.strong),
            share=percent(options.sure),
            name=drawn.name,
        ),
        _(
            "Bars: how often the area is among the first {count} priorities, over {n} draws of the "
            "other {things}{seed}; tick: by lot. That is how firm the order is, not how likely the "
            "area matters.",
            count=spelled(options.top),
            n=grouped(int(own.found.draws[drawn.k])),
            things=drawn.view.things,
            seed=seed,
        ),
    ]


def _plot(drawn: _Gap, form: Format) -> Plot:
    names = [f"{n}  {drawn.own.areas[a]}" for n, a in enumerate(drawn.order, 1)]
    things = tuple(_thing(drawn, a) for a in drawn.order)
    rows = (
        Rows(tuple(names), form, things) if form.narrow else dense_rows(names, form, things=things)
    )
    full = inner_width(form, drawn.view.words.model_data)
    across, small = full - rows.left, rows.form.small
    f, k = drawn.own.found, drawn.k
    told = [percent(float(f.probability[k, a])) for a in drawn.order]
    column = Column(2, across - 60, 0, 1)
    bars = [(n, 0.0, float(f.probability[k, a])) for n, a in enumerate(drawn.order)]
    lot = [(n, float(f.chance[k])) for n in range(len(names))]
    bold = frozenset(n for n, a in enumerate(drawn.order) if drawn.critical(a))
    sure: dict[bool, dict[str, Any]] = {True: {"fill": BELOW}, False: BAND}
    words = _(
        "Share of draws in which it is among the first {count}",
        count=spelled(drawn.own.options.top),
    )
    head = heads([(-rows.left if form.narrow else 2, words)], -12, small, "left")
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, bold),
            *(layer for own in (False, True) for layer in spans(
                [b for b in bars if (b[0] in bold) is own], column, rows, **sure[own])),
            *ticks(lot, column, rows, rows.thickness / 2 + 2, color=INK),
            *beside(told, across, rows, small, bold),
            head,
            *_scatter(drawn, full, -rows.left, form),
        ),
        rows.left,
        _HIGH + 92,
        4,
    )  # fmt: skip


def _thing(drawn: _Gap, a: int) -> Thing:
    """An area, and what is said of it."""
    name, f = drawn.own.areas[a], drawn.own.found
    return {
        **(stands_for("indicator", drawn.own.codes[a]) if drawn.own.codes else {}),
        "name": name,
        "hover": said_of(
            name,
            _("gap of {gap} standard deviations", gap=number(float(drawn.gap[a]), 2)),
            _("association {link}", link=signed(float(drawn.link[a]), 2)),
            _("among the first in {share}", share=percent(float(f.probability[drawn.k, a]))),
        ),
    }


def _scatter(drawn: _Gap, full: int, left: int, form: Format) -> list[Layer]:
    """The dots of all areas above the rows, in the room between the head and the first row."""
    gap, link = drawn.gap, drawn.link
    known = [a for a in drawn.order if not math.isnan(gap[a] + link[a])]
    options = drawn.own.options
    x = _axis([*gap[known], 0.0, options.large_gap * 1.25], left + 40, left + full - 8)
    y = _axis([*link[known], 0.0, options.strong * 1.5], -_HIGH - 60 + _HIGH, -_HIGH - 60)
    top, bottom = y.end, y.start
    corner = {"x": x.pixel(options.large_gap), "x2": x.end, "y": top,
              "y2": y.pixel(options.strong)}  # fmt: skip
    x_ticks, y_ticks = even_ticks(x.low, x.high, 4 if form.narrow else 7), even_ticks(y.low, y.high)
    grid = [
        *({"x": x.pixel(t), "x2": x.pixel(t), "y": top, "y2": bottom} for t in x_ticks),
        *({"x": x.start, "x2": x.end, "y": y.pixel(t), "y2": y.pixel(t)} for t in y_ticks),
    ]
    zero = [
        {"x": x.pixel(0), "x2": x.pixel(0), "y": top, "y2": bottom},
        {"x": x.start, "x2": x.end, "y": y.pixel(0), "y2": y.pixel(0)},
    ]
    look = {"fontSize": form.small, "color": QUIET}
    along = _("gap to the top {count}, in standard deviations →", count=spelled(options.best))
    up = _("association with performance, standardised ↑")
    return [
        rects([corner], fill=BELOW_PALE, opacity=0.55),
        rules(grid, color=HAIRLINE),
        rules(zero, color=QUIET),
        texts([{"x": x.pixel(t), "y": bottom + 11, "text": signed(t, 1)} for t in x_ticks],
              align="center", **look),
        texts([{"x": x.start - 6, "y": y.pixel(t), "text": signed(t, 1)} for t in y_ticks],
              align="right", **look),
        texts([{"x": x.end, "y": bottom + 27, "text": along}], align="right", **look),
        texts([{"x": left, "y": top - 12, "text": up}], **look),
        texts([{"x": x.end - 6, "y": top + 11, "text": _("critical")}],
              align="right", fontSize=form.small, fontWeight=600, color=BELOW),
        *_numbered(drawn, known, x, y),
    ]  # fmt: skip


def _numbered(drawn: _Gap, known: Sequence[int], x: Column, y: Column) -> list[Layer]:
    out = []
    number_of = {a: n for n, a in enumerate(drawn.order, 1)}
    for sure, color, fill in ((False, DEEP, GROUND), (True, BELOW, BELOW_PALE)):
        spots = [
            {**{k: v for k, v in _thing(drawn, a).items() if k != "name"},
             "x": x.pixel(float(drawn.gap[a])), "y": y.pixel(float(drawn.link[a])),
             "text": str(number_of[a])}
            for a in known if drawn.critical(a) is sure
        ]  # fmt: skip
        if spots:
            out += [
                points(spots, shape="circle", filled=True, size=270, fill=fill, stroke=color,
                       strokeWidth=2),
                texts(spots, align="center", fontSize=12, fontWeight=600, color=INK),
            ]  # fmt: skip
    return out


def _axis(values: Sequence[float], start: float, end: float) -> Column:
    low, high = min(values), max(values)
    room = 0.09 * (high - low)
    return Column(start, end, low - room, high + room)
