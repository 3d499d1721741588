"""One unit, or one group of units, beside the top three, the median and the range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hansa.errors import HansaError, UsageError
from hansa.index.removal import effective_weights
from hansa.index.strengths import (
    StrengthOptions,
    group_profile,
    strengths_and_weaknesses,
)
from hansa.index.tree import Floats
from hansa.language import N_, _
from hansa.views.canvas import Caption, Layer, Plot, Thing, compose, inner_width, stands_for, texts
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, joined
from hansa.views.hover import filled_words, spoken
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
from hansa.views.index_tree import downwards
from hansa.views.index_words import IndexView, decimals_of, figure_parts, number, raw_text
from hansa.views.lettering import width
from hansa.views.rowplot import Column, Rows, axis_layer, numeral
from hansa.views.theme import BELOW, DEEP, GROUND, INK, LINE, Format


@dataclass(frozen=True)
class Who:
    """A unit by code, or a group of units by name.

    among  codes that give the range and the median; all units by default
    """

    units: tuple[str, ...]
    name: str = ""
    among: tuple[str, ...] = ()
    among_name: str = ""


@dataclass(frozen=True)
class _Row:
    """A line of a profile: own value, and what it is compared with."""

    name: str
    own: float
    best: float
    median: float
    low: float
    high: float
    strong: bool = False
    cells: tuple[str, ...] = ()
    filled: float = 0.0


@dataclass(frozen=True)
class _Profile:
    view: IndexView
    who: str
    rows: tuple[_Row, ...]
    beside: str
    blocks: tuple[tuple[int, str], ...] = ()
    unit: str = ""

    def ends(self) -> tuple[float, float]:
        """A scale that holds everything."""
        values = np.array([[r.low, r.high, r.own, r.best] for r in self.rows])
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        if low >= 0 and high <= 100 and high > 50:
            return 0.0, 100.0
        room = 0.04 * (high - low) or 1.0
        return low - room, high + room


def profile_figure(view: IndexView, who: Who) -> Figure:
    """Scores of a unit or group by aggregate of the tree, beside the top three others, the median
    and the range. Raises UsageError for a group without members."""
    name, members = _members(view, who)
    nodes = [n for n, _ in downwards(view.tree) if n >= view.tree.leaves]
    rows = _rows(view, who, members, nodes)
    one = who.units[0] if len(members) == 1 else ""
    drawn = _Profile(view, name, rows, _beside(view, who), unit=one)
    return _figure(drawn, _profile_caption(drawn, len(members)), f"profile-{_id(who)}", _("Node"))


def strengths_figure(view: IndexView, unit: str, count: int = 5) -> Figure:
    """The indicators on which a unit ranks highest and lowest."""
    who = Who((unit,))
    at = view.place(unit)
    z = view.data.values[view.rows]
    found = strengths_and_weaknesses(z, at, StrengthOptions(count=count))
    picked = [*found.strengths.tolist(), *found.weaknesses.tolist()]
    if not picked:
        raise UsageError("one indicator has no strengths and weaknesses", fix="take a larger tree")
    rows = _rows(view, who, [at], picked)
    blocks = ((0, _("Strengths")), (found.strengths.size, _("Weaknesses")))
    drawn = _Profile(view, view.names[at], rows, _beside(view, who), blocks, unit)
    caption = _strengths_caption(drawn, found.strengths.size)
    return _figure(drawn, caption, f"strengths-{unit}", _("Indicator"))


def _id(who: Who) -> str:
    return "-".join(who.units[:3]) if not who.name else who.name.lower().replace(" ", "-")


def _members(view: IndexView, who: Who) -> tuple[str, list[int]]:
    if not who.units:
        raise UsageError(
            "the group has no members", admissible="at least one unit", fix="name its units"
        )
    places = [view.place(unit) for unit in who.units]
    name = who.name or joined([view.names[i] for i in places])
    return f"{name[0].upper()}{name[1:]}", places


def _among(view: IndexView, who: Who) -> list[int]:
    return [view.place(c) for c in who.among] or list(range(view.rows.size))


def _rows(
    view: IndexView, who: Who, members: Sequence[int], nodes: Sequence[int]
) -> tuple[_Row, ...]:
    scores = view.scores[:, nodes]
    drivers = [view.tree.nodes[n].label for n in nodes]
    every = group_profile(scores, members, drivers)
    part = scores[_among(view, who)]
    low, mid, high = _spread(part)
    raw = _raw(view)
    digits = decimals_of(view.scores[:, view.tree.leaves :])
    out = []
    for i, n in enumerate(nodes):
        leaf = n < view.tree.leaves
        own = raw[members[0], n] if leaf and len(members) == 1 else math.nan
        out.append(_Row(
            drivers[i], float(every.mean[i]), float(every.best[i]), float(mid[i]), float(low[i]),
            float(high[i]), n == view.tree.root,
            (view.tree.nodes[n].code, number(every.mean[i], digits), number(every.best[i], digits),
             number(mid[i], digits), number(low[i], digits), number(high[i], digits),
             raw_text(own) if leaf else "", view.tree.nodes[n].unit if leaf else "",
             _filled(view, members, n)), _share_filled(view, members, n),
        ))  # fmt: skip
    return tuple(out)


def _filled(view: IndexView, members: Sequence[int], node: int) -> str:
    if node >= view.tree.leaves or len(members) != 1:
        return ""
    return _("filled") if view.data.filled[view.rows[members[0]], node] else ""


def _share_filled(view: IndexView, members: Sequence[int], node: int) -> float:
    """Share of the weight of a node that rests on filled cells, on average over the members."""
    tree = view.tree
    weight = np.where(tree.under[node], effective_weights(view.result.stage)[: tree.leaves], 0.0)
    whole = float(weight.sum())
    filled = view.data.filled[view.rows[list(members)]]
    return float(np.mean(filled @ weight)) / whole if whole > 0 else 0.0


def _spread(scores: Floats) -> tuple[Floats, Floats, Floats]:
    there = ~np.isnan(scores).all(axis=0)
    out = np.full((3, scores.shape[1]), np.nan)
    own = scores[:, there]
    out[0, there], out[1, there] = np.nanmin(own, axis=0), np.nanmedian(own, axis=0)
    out[2, there] = np.nanmax(own, axis=0)
    return out[0], out[1], out[2]


def _raw(view: IndexView) -> Floats:
    """Values before treatment and normalisation (units of the year, leaves)."""
    from hansa.index.whatif import before_treatment

    data = view.result.stage.raw
    try:
        entry = before_treatment(view.result.evaluator).data
    except HansaError:  # gaps were filled after treatment: the treated values are the nearest
        entry = None
    if entry is not None and entry.unit.size == view.data.unit.size:
        data = entry
    if data is None:
        return np.full((view.rows.size, view.tree.leaves), np.nan)
    return np.asarray(data.values[view.rows])


def _beside(view: IndexView, who: Who) -> str:
    if not who.among:
        return _("all {units}", units=view.size())
    return f"{who.among_name or _('the group')} ({len(who.among)} {view.things})"


def _profile_caption(drawn: _Profile, members: int) -> Caption:
    view = drawn.view
    ahead = [r for r in drawn.rows if not r.strong and not math.isnan(r.own + r.median)]
    above = sum(r.own > r.median for r in ahead)
    far = max(ahead, key=lambda r: r.best - r.own, default=None)
    said = {"who": drawn.who, "n": above, "all": len(ahead), "sample": view.sample()}
    title = _("{who}: above the median on {n} of {all} parts of the index", **said)
    if far is not None and far.best > far.own:
        title = _(
            "{title}; farthest behind the top three on {part} ({points} points)",
            title=title,
            part=far.name,
            points=number(far.best - far.own, decimals_of(view.score)),
        )
    subtitle = (
        _("{who}: mean of the members by part of the index, in points; {sample}.", **said)
        if members > 1
        else _("{who}: score by part of the index, in points; {sample}.", **said)
    )
    return view.caption(title, subtitle, _alt(drawn), _notes(drawn))


def _strengths_caption(drawn: _Profile, count: int) -> Caption:
    view = drawn.view
    first, last = drawn.rows[0].name, drawn.rows[count].name
    said = {"who": drawn.who, "first": first, "last": last, "sample": view.sample()}
    title = _("{who}: strongest on {first}, weakest on {last}", **said)
    subtitle = _(
        "Indicators on which {who} ranks highest and lowest, on the common scale in points; "
        "{sample}.",
        **said,
    )
    notes = [_("Ordered by rank; an indicator of low weight may stand here."), *_notes(drawn)]
    return view.caption(title, subtitle, _alt(drawn), notes)


def _notes(drawn: _Profile) -> list[str]:
    out = [
        _(
            "Top three: mean of the three highest scores of each line over all {units}, {who} left "
            "out. Median and range over {group}.",
            units=drawn.view.size(),
            who=drawn.who,
            group=drawn.beside,
        )
    ]
    if any(math.isnan(r.own) for r in drawn.rows):
        out.append(_("A line without a mark: no score."))
    if any(r.cells[-1] for r in drawn.rows):
        out.append(_("Filled cells are named in the table."))
    return out


def _alt(drawn: _Profile) -> str:
    told = "; ".join(
        _("{part} {score} (top three {best})", part=r.name, score=r.cells[1], best=r.cells[2])
        for r in drawn.rows[:6]
    )
    return _("A dot a line on a common scale: {list}.", list=told)


_COLUMNS = (
    *(N_("Code"), N_("Score"), N_("Top three"), N_("Median"), N_("Lowest"), N_("Highest")),
    *(N_("Raw value"), N_("Unit"), N_("Status")),
)


def _figure(drawn: _Profile, caption: Caption, name: str, thing: str) -> Figure:
    specs = both(lambda form: compose(caption, _plot(drawn, form), form))
    columns = (thing, *map(_, _COLUMNS))
    rows = tuple((r.name, *r.cells) for r in drawn.rows)
    return Figure(id=name, columns=columns, rows=rows, **figure_parts(caption), **specs)


def _lined(drawn: _Profile) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of all lines with the heads of blocks among them, and the line of each row."""
    names: list[str] = []
    place = []
    heads_at = dict(drawn.blocks)
    for i, row in enumerate(drawn.rows):
        if i in heads_at:
            names.append("")
        place.append(len(names))
        names.append(row.name)
    return tuple(names), tuple(place)


def _plot(drawn: _Profile, form: Format) -> Plot:
    names, place = _lined(drawn)
    full = inner_width(form, drawn.view.words.model_data)
    things: list[Thing] = [{} for _ in names]
    for at, row in zip(place, drawn.rows, strict=True):
        things[at] = _thing(drawn, row)
    rows = dense_rows(names, form, things=tuple(things))
    rows = Rows(names, form, rows.things) if form.narrow else rows
    across = full - rows.left
    small = rows.form.small
    values = [""] * len(names)
    for at, row in zip(place, drawn.rows, strict=True):
        values[at] = row.cells[1]
    room = max(width(t, small, 600) for t in [*values, _("Score")]) + 24
    column = Column(8, round(across - room), *drawn.ends())
    legend = Legend(_keys(drawn), full, small)
    bold = frozenset(at for at, row in zip(place, drawn.rows, strict=True) if row.strong)
    found = even_ticks(column.low, column.high, 4 if form.narrow else 6)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across, bold),
            *_block_heads(drawn, place, rows),
            axis_layer(column, rows, found, numeral()),
            *_marks(drawn, place, column, rows),
            *beside(values, across, rows, small, bold),
            heads([(across, _("Score"))], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )


def _block_heads(drawn: _Profile, place: Sequence[int], rows: Rows) -> list[Layer]:
    items = [
        {"x": -rows.left, "y": rows.middle(place[i] - 1), "text": words}
        for i, words in drawn.blocks
    ]
    return [texts(items, fontWeight=600, fontSize=rows.form.body)] if items else []


def _thing(drawn: _Profile, row: _Row) -> Thing:
    """An indicator or aggregate, and what is said of it."""
    code, own, best, median, low, high, raw, unit = row.cells[:8]
    doubts, own_raw = filled_words(row.filled), f"{raw} {unit}".rstrip()
    score = (
        _("{who} scores {score}", who=drawn.who, score=own)
        if own != MISSING
        else _("no score of {who}", who=drawn.who)
    )
    return spoken(
        "indicator",
        code,
        row.name,
        f"{score} ({doubts})" if doubts else score,
        _("raw value {value}", value=own_raw) if raw and raw != MISSING else "",
        _("top three {score}", score=best),
        _("median {score}", score=median),
        _("range {low} to {high}", low=low, high=high),
    )


def _keys(drawn: _Profile) -> tuple[Key, ...]:
    return (
        Key(drawn.who, "circle"),
        Key(_("top three"), "diamond", BELOW),
        Key(_("median"), "tick", INK),
        Key(_("range"), "line", LINE),
    )


def _marks(drawn: _Profile, place: Sequence[int], column: Column, rows: Rows) -> list[Layer]:
    own = list(zip(place, drawn.rows, strict=True))
    codes = stands_for("unit", drawn.unit) if drawn.unit else {}
    both_codes = replace(rows, things=tuple({**t, **codes} for t in rows.things))
    return [
        *lines([(at, r.low, r.high) for at, r in own], column, rows, 4, strokeWidth=1.5),
        *ticks([(at, r.median) for at, r in own], column, rows, 9, color=INK),
        *dots([(at, r.best, "") for at, r in own], column, rows,
              shape="diamond", color=BELOW, size=180, stroke=GROUND, strokeWidth=1),
        *dots([(at, r.own, "") for at, r in own], column, both_codes,
              size=52, color=DEEP, stroke=GROUND, strokeWidth=1),
    ]  # fmt: skip
