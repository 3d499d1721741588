"""The what-if sheet: before, after on the frozen scale, after on a live one; and what it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hansa.index.tree import Node
from hansa.index.whatif import Answer, Change, Reading, Sheet, before_treatment
from hansa.language import N_, _, ngettext
from hansa.views.canvas import Caption, Plot, Thing, compose, inner_width
from hansa.views.figure import Figure, both
from hansa.views.format import grouped, joined
from hansa.views.hover import spoken
from hansa.views.index_reach import Takes, by_need, needed, now, reach_plot
from hansa.views.index_rows import (
    BAND,
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    heads,
    rank_ticks,
    spans,
)
from hansa.views.index_words import (
    IndexView,
    decimals_of,
    figure_parts,
    number,
    ranked,
    raw_text,
    signed,
)
from hansa.views.lettering import width
from hansa.views.rowplot import Column, axis_layer
from hansa.views.theme import Format

_READINGS = (N_("Before"), N_("After, frozen scale"), N_("After, live scale"))


def change_words(view: IndexView, change: Change) -> str:
    """A change in words: `Women in parliament of Estonia to 48`, `without Gas`."""
    tree = view.tree
    data = before_treatment(view.result.evaluator).data
    parts = []
    for (unit, code), value in change.cells.items():
        node = tree.nodes[tree.at(code)]
        now = float(data.values[data.row_of(unit, view.year), tree.at(code)])
        text = _(
            "{indicator} of {name} at {value} (now {now})",
            indicator=node.label,
            name=view.name(unit),
            value=raw_text(value),
            now=raw_text(now) + _unit(node),
        )
        parts.append(text)
    for code, value in change.weights.items():
        label = tree.nodes[tree.at(code)].label
        parts.append(_("weight {value} for {name}", value=grouped(value, 2), name=label))
    if change.drop:
        names = joined([tree.nodes[tree.at(c)].label for c in change.drop])
        parts.append(_("without {names}", names=names))
    return joined(parts) or _("nothing changed")


def _unit(node: Node) -> str:
    """The unit of raw values; none for an indicator that was divided by another."""
    return f", {node.unit}" if node.unit and not node.denominator else ""


def whatif_figure(view: IndexView, answer: Answer, change: Change) -> Figure:
    """Rank and score of one unit before a change, and after it on both scales.

    Where the live scale has no interval (`Sheet.answer(…, both=True)` computes it), its mark is
    hollow and the note says so.
    """
    readings = (answer.before, answer.frozen, answer.live)
    k = int(np.flatnonzero(answer.rows == view.data.row_of(answer.unit, view.year))[0])
    caption = _answer_caption(view, answer, change, k)
    specs = both(lambda form: compose(caption, _answer_plot(view, readings, k, form), form))
    return Figure(
        id=f"whatif-{answer.unit}",
        columns=(view.thing.capitalize(), _("Code"), _("Rank before"), _("Rank, frozen"),
                 _("Rank, live"), _("Score before"), _("Score, frozen"), _("Score, live")),
        rows=_answer_rows(view, answer, k),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def whatif_answer(view: IndexView, answer: Answer, change: Change) -> str:
    """What becomes of the unit, in one sentence."""
    k = int(np.flatnonzero(answer.rows == view.data.row_of(answer.unit, view.year))[0])
    before, after = _told(answer.before, k), _told(answer.frozen, k)
    live = _told(answer.live, k)
    return _(
        "With {change}, {name} would move from rank {before} to {after} on the frozen scale, and "
        "to {live} on a live one.",
        change=change_words(view, change),
        name=view.name(answer.unit),
        before=before,
        after=after,
        live=live,
    )


def _told(reading: Reading, k: int) -> str:
    low, high = reading.interval or (math.nan, math.nan)
    return ranked(float(reading.ranks[k]), low, high)


def _answer_rows(view: IndexView, answer: Answer, k: int) -> tuple[tuple[str, ...], ...]:
    """The unit first, then all others whose rank changes, by their rank before."""
    digits = decimals_of(answer.before.scores)
    before, frozen, live = (r.ranks for r in (answer.before, answer.frozen, answer.live))
    with np.errstate(invalid="ignore"):
        moved = (before != frozen) | (before != live)
    others = [i for i in np.argsort(before, kind="stable") if moved[i] and i != k]
    out = []
    for i in [k, *others]:
        row = answer.rows[i]
        unit = view.data.unit[row]
        own = i == k
        readings = (answer.before, answer.frozen, answer.live)
        told = tuple(_told(r, k) if own else number(float(r.ranks[i]), 0) for r in readings)
        if not own:  # intervals of others are known before the change only
            at = int(np.flatnonzero(view.rows == row)[0])
            told = (view.rank_text(at), *told[1:])
        scores = tuple(number(float(r.scores[i]), digits) for r in readings)
        out.append((view.data.names[unit], view.data.units[unit], *told, *scores))
    return tuple(out)


def _answer_caption(view: IndexView, answer: Answer, change: Change, k: int) -> Caption:
    name = view.name(answer.unit)
    before, after = _told(answer.before, k), _told(answer.frozen, k)
    same = answer.before.ranks[k] == answer.frozen.ranks[k]
    said = {"name": name, "before": before, "after": after}
    title = (
        _("{name} would stay at rank {after}", **said)
        if same
        else _("{name} would move from rank {before} to {after}", **said)
    )
    subtitle = _(
        "What if: {change}. Rank of {name} with its 90\u202f% interval; {sample}.",
        change=change_words(view, change),
        name=name,
        sample=view.sample(),
    )
    notes = [
        _(
            "Frozen: on the scale of the run as it was. Live: the change may move the scale "
            "itself; no interval was computed there."
        )
        if answer.live.interval is None
        else _(
            "Frozen: on the scale of the run as it was. Live: the change may move the scale itself."
        ),
        _("All other units stay as they are. The table names those whose rank changes."),
        *view.notes(),
    ]
    alt = _(
        "Three dots: before {before}, after on the frozen scale {frozen}, on a live one {live}.",
        before=before,
        frozen=after,
        live=_told(answer.live, k),
    )
    return view.caption(title, subtitle, alt, notes)


def _answer_plot(
    view: IndexView, readings: tuple[Reading, Reading, Reading], k: int, form: Format
) -> Plot:
    names = tuple(map(_, _READINGS))
    things = tuple(
        _thing(view, reading, k, name) for reading, name in zip(readings, names, strict=True)
    )
    rows = dense_rows(names, form, 112, things)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    told = [_told(r, k) for r in readings]
    digits = decimals_of(readings[0].scores)
    scores = [number(float(r.scores[k]), digits) for r in readings]
    x = across - max(width(t, small, 600) for t in [*scores, _("Score")]) - 12
    end = x - max(width(t, small, 600) for t in [*told, _("Rank")]) - 14
    column = Column(6, round(end), 0.5, view.rows.size + 0.5)
    keys = (Key(_("rank"), "circle"), Key(_("90\u202f% of replications"), "band"))
    legend = Legend(keys, full, small)
    bands = [(n, r.interval[0] - 0.4, r.interval[1] + 0.4)
             for n, r in enumerate(readings) if r.interval]  # fmt: skip
    points = [(n, float(r.ranks[k]), "") for n, r in enumerate(readings)]
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across),
            axis_layer(column, rows, rank_ticks(view.rows.size, 4 if form.narrow else 9),
                       "datum.value"),
            *spans(bands, column, rows, 0.8, **BAND),
            *dots([p for p in points if readings[p[0]].interval], column, rows),
            *dots([p for p in points if not readings[p[0]].interval], column, rows,
                  filled=False, strokeWidth=2),
            *beside(told, x, rows, small),
            *beside(scores, across, rows, small),
            heads([(x, _("Rank")), (across, _("Score"))], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


def _thing(view: IndexView, reading: Reading, k: int, name: str) -> Thing:
    """The unit in one reading, and what is said of it there."""
    score = number(float(reading.scores[k]), decimals_of(reading.scores))
    return spoken(
        "unit",
        view.codes[k],
        name,
        _("rank {rank}", rank=_told(reading, k)),
        _("score {score}", score=score),
    )


def reach_figure(view: IndexView, sheet: Sheet, unit: str, gain: int, most: int = 15) -> Figure:
    """What each indicator alone would have to become for a unit to gain some places.

    The table holds all indicators, and the smallest change of several together. `most` rows are
    drawn: those within reach that need least come first.
    """
    drawn = _takes(view, sheet, unit, gain, most)
    caption = _reach_caption(drawn, gain)
    specs = both(lambda form: compose(caption, reach_plot(drawn, form), form))
    order = by_need(drawn)
    return Figure(
        id=f"reach-{unit}-{gain}",
        columns=(_("Indicator"), _("Code"), _("Unit"), _("Raw value now"),
                 _("Raw value needed alone"), _("Points now"), _("Points needed alone"),
                 _("Within what was observed"), _("Points in the smallest change")),
        rows=tuple(_reach_row(drawn, j) for j in order),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def reach_answer(view: IndexView, sheet: Sheet, unit: str, gain: int) -> str:
    """The smallest change of all, in one sentence."""
    found = sheet.reach(unit, gain)[0]
    name = view.name(unit)
    moved = [int(j) for j in np.flatnonzero(found.delta)]
    if not found.possible:
        return ngettext(
            "{name} cannot gain {number} place within what was observed: all indicators at the top "
            "of what was observed give rank {rank}.",
            "{name} cannot gain {number} places within what was observed: all indicators at the "
            "top of what was observed give rank {rank}.",
            gain,
            name=name,
            rank=found.reached,
        )
    told = []
    for j in moved:
        points = signed(float(found.delta[j]), 1)
        told.append(_("{name} by {n} points", name=view.tree.nodes[j].label, n=points))
    return _(
        "The smallest change that lifts {name} from rank {before} to {after}: {changes} ({points} "
        "points in all); others as they are.",
        name=name,
        before=view.rank_text(view.place(unit)),
        after=found.aim,
        changes=joined(told),
        points=grouped(found.cost, 1),
    )


def _takes(view: IndexView, sheet: Sheet, unit: str, gain: int, most: int) -> Takes:
    found, one = sheet.reach(unit, gain)
    k, lever = sheet.levers(unit)
    raw = sheet.entry.data.values[sheet.rows[k]]
    drawn = Takes(view, unit, found, one, lever.z, raw,
                   np.where(lever.omega >= 0, lever.upper, lever.lower),
                   tuple(sheet.enough(unit, one.raw)), ())  # fmt: skip
    return replace(drawn, shown=tuple(by_need(drawn)[:most]))


def _reach_row(drawn: Takes, j: int) -> tuple[str, ...]:
    node = drawn.view.tree.nodes[j]
    s, delta = drawn.singles, float(drawn.reach.delta[j])
    return (
        node.label, node.code, node.unit, now(drawn, j), needed(drawn, j),
        number(float(drawn.now[j]), 1), number(float(s.z[j]), 1),
        _("yes") if s.within[j] else _("no"),
        signed(delta, 1) if delta else "",
    )  # fmt: skip


def _reach_caption(drawn: Takes, gain: int) -> Caption:
    view, found = drawn.view, drawn.reach
    name, within = view.name(drawn.unit), int(drawn.singles.within.sum())
    places = ngettext("one place", "{number} places", gain)
    title = (
        _(
            "{name} could gain {places} with one of {n} indicators alone",
            name=name,
            places=places,
            n=within,
        )
        if within
        else _("No indicator alone lifts {name} by {places}", name=name, places=places)
    )
    subtitle = _(
        "{name}: points now and points needed for rank {aim} (now {rank}), each indicator alone, "
        "on the frozen scale; {sample}.",
        name=name,
        aim=found.aim,
        rank=found.rank,
        sample=view.sample(),
    )
    told = "; ".join(
        _(
            "{name} from {first} to {last}",
            name=view.tree.nodes[j].label,
            first=number(drawn.now[j], 1),
            last=number(drawn.singles.z[j], 1),
        )
        for j in drawn.shown[:5]
    )
    return view.caption(title, subtitle, _("Arrows: {list}.", list=told), _reach_notes(drawn))


def _reach_notes(drawn: Takes) -> list[str]:
    view, shown, every = drawn.view, len(drawn.shown), drawn.now.size
    notes = [_("Within reach: no better than what some unit has. Grey: beyond that.")]
    if shown < every:
        text = _("Drawn: {n} of {all} indicators; the table holds all.", n=shown, all=every)
        notes.append(text)
    rank = view.rank_text(view.place(drawn.unit))
    return [
        *notes,
        _("The ranks are those of the run as described, all others as they are."),
        _("Rank with its 90\u202f% interval: {rank}.", rank=rank),
        *view.notes(),
    ]


def changed_to_best(sheet: Sheet, unit: str, code: str) -> Change:
    """The change that gives a unit the best observed value of an indicator."""
    cells: Mapping[tuple[str, str], float] = {(unit, code): sheet.best_peer(code)}
    return Change(cells)
