"""The what-if sheet: before, after on the frozen scale, after on a live one; and what it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hansa.index.reach import Reach, Singles
from hansa.index.tree import Node
from hansa.index.whatif import Answer, Change, Reading, Sheet, before_treatment
from hansa.views.canvas import Caption, Layer, Plot, compose, inner_width
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, grouped, joined
from hansa.views.index_rows import (
    BAND,
    Key,
    Legend,
    beside,
    dense_rows,
    dots,
    even_ticks,
    heads,
    lines,
    rank_ticks,
    spans,
    ticks,
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
from hansa.views.rowplot import Column, Rows, axis_layer
from hansa.views.theme import ABOVE, CONTEXT, DEEP, GROUND, LINE, Format

_READINGS = ("Before", "After, frozen scale", "After, live scale")


def change_words(view: IndexView, change: Change) -> str:
    """A change in words: `Women in parliament of Estonia to 48`, `without Gas`."""
    tree = view.tree
    data = before_treatment(view.result.evaluator).data
    parts = [
        f"{tree.nodes[tree.at(code)].label} of {view.name(unit)} at {raw_text(value)} "
        f"(now {raw_text(float(data.values[data.row_of(unit, view.year), tree.at(code)]))}"
        f"{_unit(tree.nodes[tree.at(code)])})"
        for (unit, code), value in change.cells.items()
    ]
    parts += [
        f"weight {grouped(value, 2)} for {tree.nodes[tree.at(code)].label}"
        for code, value in change.weights.items()
    ]
    if change.drop:
        parts.append("without " + joined([tree.nodes[tree.at(c)].label for c in change.drop]))
    return joined(parts) or "nothing changed"


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
        columns=(view.words.thing.capitalize(), "Code", "Rank before", "Rank, frozen",
                 "Rank, live", "Score before", "Score, frozen", "Score, live"),
        rows=_answer_rows(view, answer, k),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def whatif_answer(view: IndexView, answer: Answer, change: Change) -> str:
    """What becomes of the unit, in one sentence."""
    k = int(np.flatnonzero(answer.rows == view.data.row_of(answer.unit, view.year))[0])
    before, after = _told(answer.before, k), _told(answer.frozen, k)
    live = _told(answer.live, k)
    return (
        f"With {change_words(view, change)}, {view.name(answer.unit)} would move from rank "
        f"{before} to {after} on the frozen scale, and to {live} on a live one."
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
    title = (
        f"{name} would {'stay at' if same else f'move from rank {before} to'} "
        f"{'rank ' if same else ''}{after}"
    )
    words = change_words(view, change)
    subtitle = f"What if: {words}. Rank of {name} with its 90\u202f% interval; {view.sample()}."
    notes = [
        "Frozen: on the scale of the run as it was. Live: the change may move the scale itself"
        + ("; no interval was computed there." if answer.live.interval is None else "."),
        "All other units stay as they are. The table names those whose rank changes.",
        *view.notes(),
    ]
    alt = f"Three dots with intervals: before {before}, frozen {after}."
    return view.caption(title, subtitle, alt, notes)


def _answer_plot(
    view: IndexView, readings: tuple[Reading, Reading, Reading], k: int, form: Format
) -> Plot:
    rows = dense_rows(_READINGS, form, 112)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    told = [_told(r, k) for r in readings]
    digits = decimals_of(readings[0].scores)
    scores = [number(float(r.scores[k]), digits) for r in readings]
    x = across - max(width(t, small, 600) for t in [*scores, "Score"]) - 12
    end = x - max(width(t, small, 600) for t in [*told, "Rank"]) - 14
    column = Column(6, round(end), 0.5, view.rows.size + 0.5)
    keys = (Key("rank", "circle"), Key("90\u202f% of replications", "band"))
    legend = Legend(keys, full, small)
    bands = [(n, r.interval[0] - 0.4, r.interval[1] + 0.4)
             for n, r in enumerate(readings) if r.interval]  # fmt: skip
    points = [(n, float(r.ranks[k]), told[n]) for n, r in enumerate(readings)]
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
            heads([(x, "Rank"), (across, "Score")], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


@dataclass(frozen=True)
class _Takes:
    """What it takes for one unit: one indicator a row."""

    view: IndexView
    unit: str
    reach: Reach
    singles: Singles
    now: np.ndarray
    raw: np.ndarray
    most: np.ndarray
    shown: tuple[int, ...]


def reach_figure(view: IndexView, sheet: Sheet, unit: str, gain: int, most: int = 15) -> Figure:
    """What each indicator alone would have to become for a unit to gain some places.

    The table holds all indicators, and the smallest change of several together. `most` rows are
    drawn: those within reach that need least come first.
    """
    drawn = _takes(view, sheet, unit, gain, most)
    caption = _reach_caption(drawn, gain)
    specs = both(lambda form: compose(caption, _reach_plot(drawn, form), form))
    order = _by_need(drawn)
    return Figure(
        id=f"reach-{unit}-{gain}",
        columns=("Indicator", "Code", "Unit", "Raw value now", "Raw value needed alone",
                 "Points now", "Points needed alone", "Within what was observed",
                 "Points in the smallest change"),
        rows=tuple(_reach_row(drawn, j) for j in order),
        **figure_parts(caption),
        **specs,
    )  # fmt: skip


def reach_answer(view: IndexView, sheet: Sheet, unit: str, gain: int) -> str:
    """The smallest change of all, in one sentence."""
    found, _ = sheet.reach(unit, gain)
    name = view.name(unit)
    moved = [int(j) for j in np.flatnonzero(found.delta)]
    if not found.possible:
        return (
            f"{name} cannot gain {gain} {'place' if gain == 1 else 'places'} within what was "
            f"observed: all indicators at the top of what was observed give rank {found.reached}."
        )
    told = joined([
        f"{view.tree.nodes[j].label} by {signed(float(found.delta[j]), 1)} points" for j in moved
    ])  # fmt: skip
    return (
        f"The smallest change that lifts {name} from rank "
        f"{view.rank_text(view.place(unit))} to {found.aim}: {told} "
        f"({grouped(found.cost, 1)} points in all); others as they are."
    )


def _takes(view: IndexView, sheet: Sheet, unit: str, gain: int, most: int) -> _Takes:
    found, one = sheet.reach(unit, gain)
    k, lever = sheet.levers(unit)
    raw = sheet.entry.data.values[sheet.rows[k]]
    drawn = _Takes(view, unit, found, one, lever.z, raw,
                   np.where(lever.omega >= 0, lever.upper, lever.lower), ())  # fmt: skip
    return replace(drawn, shown=tuple(_by_need(drawn)[:most]))


def _by_need(drawn: _Takes) -> list[int]:
    need = np.where(np.isnan(drawn.singles.delta), np.inf, np.abs(drawn.singles.delta))
    return [int(j) for j in np.lexsort((need, ~drawn.singles.within))]


def _reach_row(drawn: _Takes, j: int) -> tuple[str, ...]:
    node = drawn.view.tree.nodes[j]
    s, delta = drawn.singles, float(drawn.reach.delta[j])
    return (
        node.label, node.code, node.unit, raw_text(float(drawn.raw[j])), _needed(drawn, j),
        number(float(drawn.now[j]), 1), number(float(s.z[j]), 1), "yes" if s.within[j] else "no",
        signed(delta, 1) if delta else "",
    )  # fmt: skip


def _needed(drawn: _Takes, j: int) -> str:
    return raw_text(float(drawn.singles.raw[j])) if drawn.singles.within[j] else MISSING


def _reach_caption(drawn: _Takes, gain: int) -> Caption:
    view, found = drawn.view, drawn.reach
    name, within = view.name(drawn.unit), int(drawn.singles.within.sum())
    places = "one place" if gain == 1 else f"{gain} places"
    title = (
        f"{name} could gain {places} with one of {within} indicators alone"
        if within
        else f"No indicator alone lifts {name} by {places}"
    )
    subtitle = (
        f"{name}: points now and points needed for rank {found.aim} (now {found.rank}), each "
        f"indicator alone, on the frozen scale; {view.sample()}."
    )
    notes = ["Within reach: no better than what some unit has. Grey: beyond that."]
    if len(drawn.shown) < drawn.now.size:
        notes.append(
            f"Drawn: {len(drawn.shown)} of {drawn.now.size} indicators; the table holds all."
        )
    notes.append("The ranks are those of the run as described, all others as they are.")
    notes.append(f"Rank with its 90\u202f% interval: {view.rank_text(view.place(drawn.unit))}.")
    told = "; ".join(
        f"{view.tree.nodes[j].label} from {number(drawn.now[j], 1)} to "
        f"{number(drawn.singles.z[j], 1)}"
        for j in drawn.shown[:5]
    )
    return view.caption(title, subtitle, f"Arrows: {told}.", [*notes, *view.notes()])


def _reach_plot(drawn: _Takes, form: Format) -> Plot:
    view, shown = drawn.view, drawn.shown
    names = tuple(view.tree.nodes[j].label for j in shown)
    rows = Rows(names, form) if form.narrow else dense_rows(names, form, 230)
    full = inner_width(form, view.words.model_data)
    across, small = full - rows.left, rows.form.small
    raw = [f"{raw_text(float(drawn.raw[j]))} → {_needed(drawn, j)}" for j in shown]
    end = across - max(width(t, small, 600) for t in [*raw, "Raw value"]) - 14
    column = Column(8, round(end), *_reach_ends(drawn))
    keys = (Key("now", "circle", DEEP, False), Key("needed alone", "circle"),
            Key("top value observed", "tick", ABOVE))  # fmt: skip
    legend = Legend(keys, full, small)
    return Plot(
        across,
        rows.height,
        (
            *rows.furniture(across),
            axis_layer(column, rows, even_ticks(column.low, column.high, 4 if form.narrow else 6),
                       "datum.value"),
            *_reach_marks(drawn, column, rows),
            *beside(raw, across, rows, small),
            heads([(across, "Raw value")], -12, small),
            *legend.layers(-rows.left, -legend.height - 26),
        ),
        rows.left,
        legend.height + 28,
        4,
    )  # fmt: skip


def _reach_ends(drawn: _Takes) -> tuple[float, float]:
    shown = list(drawn.shown)
    values = np.concatenate([drawn.now[shown], drawn.most[shown],
                             drawn.singles.z[shown][drawn.singles.within[shown]]])  # fmt: skip
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and 50 < high <= 100:
        return 0.0, 100.0
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def _reach_marks(drawn: _Takes, column: Column, rows: Rows) -> list[Layer]:
    s = drawn.singles
    out: list[Layer] = []
    for inside, color in ((True, DEEP), (False, CONTEXT)):
        own = [(n, j) for n, j in enumerate(drawn.shown) if bool(s.within[j]) is inside]
        ends = [(n, float(drawn.now[j]), float(s.z[j] if inside else drawn.most[j]))
                for n, j in own]  # fmt: skip
        out += lines(ends, column, rows, 0, color=color if inside else LINE, strokeWidth=1.5)
        out += ticks([(n, float(drawn.most[j])) for n, j in own], column, rows, 7, color=ABOVE)
        out += dots([(n, float(drawn.now[j]), "now") for n, j in own], column, rows,
                    fill=GROUND, strokeWidth=1.8, stroke=color if inside else LINE)  # fmt: skip
        if inside:
            out += dots([(n, float(s.z[j]), f"needed: {number(s.z[j], 1)}") for n, j in own],
                        column, rows)  # fmt: skip
    return out


def changed_to_best(sheet: Sheet, unit: str, code: str) -> Change:
    """The change that gives a unit the best observed value of an indicator."""
    cells: Mapping[tuple[str, str], float] = {(unit, code): sheet.best_peer(code)}
    return Change(cells)
