"""Ranks over years with bands: a small picture a unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hansa.errors import UsageError, listed
from hansa.index.data import Bools
from hansa.index.tree import Floats
from hansa.language import _, pgettext
from hansa.views.canvas import (
    Caption,
    Layer,
    Plot,
    compose,
    inner_width,
    rules,
    stands_for,
    texts,
    tooltip,
)
from hansa.views.figure import Figure, both
from hansa.views.hover import told as said_of
from hansa.views.index_rows import (
    BAND,
)
from hansa.views.index_words import (
    PARTLY,
    IndexView,
    figure_parts,
    ranked,
)
from hansa.views.lettering import fitted
from hansa.views.theme import DEEP, HAIRLINE, QUIET, Format

_RAW = {"type": "quantitative", "scale": None, "axis": None}


@dataclass(frozen=True)
class _Path:
    """One unit over the years: (years,) rank, 90 % interval and score; NaN where it has none.

    partly  years in which not all of its indicators were observed
    """

    code: str
    name: str
    rank: Floats
    low: Floats
    high: Floats
    score: Floats
    partly: Bools

    def text(self, t: int) -> str:
        """The rank of a year with its interval."""
        return ranked(self.rank[t], self.low[t], self.high[t], bool(self.partly[t]))


@dataclass(frozen=True)
class _Paths:
    view: IndexView
    years: tuple[int, ...]
    paths: tuple[_Path, ...]

    @cached_property
    def most(self) -> int:
        """Units of the largest year: the longest scale of ranks."""
        made = self.view.replicated()
        return max(rows.size for rows, _ in made.years.values())


def paths_of(view: IndexView, units: Sequence[str] = ()) -> _Paths:
    """Ranks, intervals and scores of units in every year."""
    made = view.replicated()
    data = view.data
    years = tuple(sorted(made.years))
    if len(years) < 2:
        raise UsageError(
            "ranks over years need two years",
            printed=listed(years),
            fix="give data of several years",
        )
    for unit in units:
        if unit not in data.units:
            view.place(unit)
    wanted = list(units) or list(data.units)
    shape = (len(wanted), len(years))
    rank, low, high, score = (np.full(shape, np.nan) for _ in range(4))
    partly = np.zeros(shape, bool)
    for t, year in enumerate(years):
        rows, spread = made.years[year]
        place = {data.units[data.unit[r]]: i for i, r in enumerate(rows)}
        q5, q95 = spread.quantile(0.05), spread.quantile(0.95)
        for k, unit in enumerate(wanted):
            if unit in place:
                i = place[unit]
                rank[k, t], score[k, t] = made.nominal[rows[i]], made.score[rows[i]]
                low[k, t], high[k, t] = q5[i], q95[i]
                partly[k, t] = data.observed[rows[i]] < view.tree.leaves
    names = [data.names[data.units.index(u)] for u in wanted]
    found = zip(wanted, names, rank, low, high, score, partly, strict=True)
    return _Paths(view, years, tuple(_Path(*one) for one in found))


def time_figure(view: IndexView, units: Sequence[str] = (), most: int = 12) -> Figure:
    """A small picture a unit: its rank over the years as a line, the 90 % interval as a band.

    units  codes, in the order drawn; the first `most` of the last year by default
    Raises UsageError for an index of one year, HansaError for one without replications.
    """
    chosen = list(units) or [view.codes[i] for i in view.order[:most]]
    drawn = paths_of(view, chosen)
    caption = _paths_caption(drawn, bool(units))
    specs = both(lambda form: compose(caption, _panels(drawn, form), form))
    columns, rows = time_table(view)
    return Figure(id="index-time", columns=columns, rows=rows, **figure_parts(caption), **specs)


def time_table(view: IndexView) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Rank with interval of every unit in every year, as text, in the order of the last year."""
    every = paths_of(view)
    last = {code: n for n, code in enumerate([view.codes[i] for i in view.order])}
    ordered = sorted(every.paths, key=lambda p: (last.get(p.code, len(last)), p.name))
    rows = tuple((p.name, p.code, *(p.text(t) for t in range(len(every.years)))) for p in ordered)
    head = view.thing.capitalize()
    columns = (_("{year}, rank (90\u202f% interval)", year=year) for year in every.years)
    return (head, _("Code"), *columns), rows


def _uneven(drawn: _Paths) -> list[str]:
    """What to say where years rank different numbers of units."""
    made = drawn.view.replicated()
    sizes = [int((made.nominal[made.years[y][0]] > 0).sum()) for y in drawn.years]
    if len(set(sizes)) == 1:
        return []
    text = _(
        "Years rank {low} to {high} {things}; changes count those with a score in both years only.",
        low=min(sizes),
        high=max(sizes),
        things=drawn.view.things,
    )
    return [text]


def _partly(drawn: _Paths) -> list[str]:
    """What the sign beside ranks of years before the last one means."""
    if not any(p.partly[:-1].any() for p in drawn.paths):
        return []
    return [_("{sign} In that year not all indicators were observed.", sign=PARTLY)]


def _paths_caption(drawn: _Paths, given: bool) -> Caption:
    view, years = drawn.view, drawn.years
    moved = view.moved(years[0], years[-1])
    sure = int(moved.changed.sum())
    said = {"first": years[0], "last": years[-1], "things": view.things}
    title = _(
        "{n} of {all} {things} changed rank from {first} to {last} beyond the choices left open",
        n=sure or pgettext("units at the start of a sentence", "None"),
        all=moved.units.size,
        **said,
    )
    which = (
        _("chosen ones")
        if given
        else _("the first {n} of {year}", n=len(drawn.paths), year=years[-1])
    )
    subtitle = _(
        "Rank of {things} ({which}), 1 on top, {first} to {last}; band: 90\u202f% interval; "
        "{units}, {n} indicators.",
        which=which,
        units=view.size(),
        n=view.tree.leaves,
        **said,
    )
    notes = [
        _(
            "In brackets: the interval of the last year. A change counts where its own 90\u202f% "
            "interval leaves 0 out: the same draw of choices holds in all years."
        ),
        *_uneven(drawn),
        *_partly(drawn),
        *view.notes(),
    ]
    told = "; ".join(
        _(
            "{name} from {first} to {last}",
            name=p.name,
            first=p.text(0),
            last=p.text(-1),
        )
        for p in drawn.paths[:5]
    )
    alt = _("Small pictures of ranks over years: {list}.", list=told)
    return view.caption(title, subtitle, alt, notes)


def _panels(drawn: _Paths, form: Format) -> Plot:
    across = inner_width(form, drawn.view.words.model_data)
    columns = 2 if form.narrow else 4
    left, gap, high, head = 24, 18, 96, 36
    wide = (across - left - gap * (columns - 1)) / columns
    lines_of = math.ceil(len(drawn.paths) / columns)
    layers: list[Layer] = []
    for n, path in enumerate(drawn.paths):
        x = left + (n % columns) * (wide + gap)
        y = head + (n // columns) * (high + head + 22)
        layers += _panel(drawn, path, (x, y, wide, high), form, n % columns == 0)
    return Plot(across, lines_of * (high + head + 22) - 4, tuple(layers), 0, 0, 4)


def _panel(
    drawn: _Paths, path: _Path, box: tuple[float, float, float, float], form: Format, first: bool
) -> list[Layer]:
    x, y, wide, high = box
    years, most = drawn.years, drawn.most
    pad = 6

    def across(t: int) -> float:
        share = (years[t] - years[0]) / (years[-1] - years[0])
        return round(x + pad + share * (wide - 2 * pad), 2)

    def down(rank: float) -> float:
        return round(y + (rank - 0.5) / most * high, 2)

    marks = [1, *([round(most / 2)] if most > 4 else []), most]
    grid = [{"x": x, "x2": x + wide, "y": down(m), "y2": down(m)} for m in marks]
    codes = stands_for("unit", path.code)
    rows = [
        {**codes, "x": across(t), "y": down(path.rank[t]), "low": down(path.low[t] - 0.4),
         "high": down(path.high[t] + 0.4), "year": years[t], "part": part,
         "hover": said_of(
             path.name, f"{years[t]}: {path.text(t)}")}
        for t, part in zip(range(len(years)), _parts(path.rank), strict=True)
        if not math.isnan(path.rank[t])
    ]  # fmt: skip
    label = path.text(-1)
    ends = [(0, "left"), (len(years) - 1, "right")]
    return [
        rules(grid, color=HAIRLINE),
        texts([{**codes, "hover": path.name, "x": x, "y": y - 26,
                "text": fitted(path.name, form.body, wide)}],
              fontSize=form.body, fontWeight=600),
        texts([{**codes, "x": x, "y": y - 11, "text": label}], fontSize=form.small, color=QUIET),
        _area([_silent(row) for row in rows]),
        _line([_silent(row) for row in rows]),
        _spots(rows),
        *([texts([{"x": x - 6, "y": down(m), "text": str(m)} for m in marks],
                 align="right", fontSize=form.small, color=QUIET)] if first else []),
        *(texts([{"x": x if side == "left" else x + wide, "y": y + high + 9,
                  "text": str(years[t])}],
                align=side, fontSize=form.small, color=QUIET) for t, side in ends),
    ]  # fmt: skip


def _silent(row: dict[str, Any]) -> dict[str, Any]:
    """What a band or a line goes through; its dots say what it shows."""
    return {k: v for k, v in row.items() if k != "hover"}


def _parts(rank: Floats) -> list[int]:
    """Number of the unbroken stretch that each year belongs to."""
    out, part = [], 0
    for value in rank:
        part += math.isnan(value)
        out.append(part)
    return out


def _area(rows: list[dict[str, Any]]) -> Layer:
    encoding = {
        "x": {"field": "x", **_RAW}, "y": {"field": "low", **_RAW}, "y2": {"field": "high"},
        "detail": {"field": "part", "type": "nominal"},
    }  # fmt: skip
    return {"data": {"values": rows}, "mark": {"type": "area", "opacity": 1, **BAND},
            "encoding": encoding}  # fmt: skip


def _line(rows: list[dict[str, Any]]) -> Layer:
    encoding = {
        "x": {"field": "x", **_RAW}, "y": {"field": "y", **_RAW},
        "detail": {"field": "part", "type": "nominal"},
        "order": {"field": "x", "type": "quantitative"},
    }  # fmt: skip
    return {"data": {"values": rows}, "mark": {"type": "line", "color": DEEP, "strokeWidth": 2},
            "encoding": encoding}  # fmt: skip


def _spots(rows: list[dict[str, Any]]) -> Layer:
    encoding = {
        "x": {"field": "x", **_RAW}, "y": {"field": "y", **_RAW},
        **tooltip(rows),
    }  # fmt: skip
    mark = {"type": "point", "filled": True, "shape": "circle", "size": 22, "color": DEEP,
            "opacity": 1}  # fmt: skip
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}
