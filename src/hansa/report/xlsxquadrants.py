"""Four kinds of clusters as numbers, with bubbles that the spreadsheet draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hansa.errors import HansaError
from hansa.language import N_, _
from hansa.measures.reasons import said
from hansa.panel import Panel
from hansa.report.dynamics import NEEDED
from hansa.report.part import Part
from hansa.report.xlsxbars import names_of
from hansa.report.xlsxcells import Styles, spoken
from hansa.report.xlsxcharts import BubbleWords, bubbles, insert_above, reach, steps
from hansa.report.xlsxsheet import (
    ABSENT,
    EMPTY,
    Canvas,
    Column,
    Filling,
    capital,
    numbers,
)
from hansa.views.captions import header_notes
from hansa.views.figure import Figure
from hansa.views.format import joined, per_cent
from hansa.views.quadrants import STABLE, WAGE
from hansa.views.reading import At, Cell, Reading, Words, cluster_axis, read
from hansa.views.sentences import amount_unit
from hansa.views.theme import CONTEXT, GROUND, QUADRANTS, blend

_NAMED = 14
_ROOM = 32  # rows for the chart
_MERGED = {"challenged": "challenged or mature", "mature": "challenged or mature"}
_KINDS = (*QUADRANTS, "")
_NO_KIND = N_("No kind")


@dataclass(frozen=True)
class _Row:
    """One cluster; `kind` is that of the four kinds it is drawn as, empty for none."""

    code: str
    name: str
    growth: Cell
    wages: Cell
    stability: Cell
    before: Cell
    after: Cell
    mark: Cell
    label: str
    reason: str

    @property
    def kind(self) -> str:
        """The kind it is drawn as; a cluster that is tiny or on a line is drawn without one."""
        found = _MERGED.get(self.label, self.label)
        unfit = (self.mark.status | self.growth.status) & {"tiny", "entry", "exit", "boundary"}
        return found if found in QUADRANTS and not unfit else ""

    @property
    def drawn(self) -> bool:
        """True where both rates and the size at the end are known."""
        gone = (self.growth.status | self.wages.status | self.mark.status) & {"entry", "exit"}
        known = (self.growth.value, self.wages.value, self.after.value)
        return not gone and None not in known

    @property
    def stable(self) -> bool:
        """True where the kind certainly holds in at least nine of ten replicates."""
        return not self.stability.absent and self.stability.low >= STABLE

    @property
    def order(self) -> tuple[bool, int, bool, float, str]:
        """Kind by kind, the largest first; those that are not drawn at the end."""
        unknown = self.after.absent
        size = 0.0 if unknown else -self.after.middle
        return not self.drawn, _KINDS.index(self.kind), unknown, size, self.code


@dataclass(frozen=True)
class _Found:
    rows: tuple[_Row, ...]
    readings: dict[str, Reading]
    since: int | None


def quadrants_filling(part: Part, figure: Figure, styles: Styles) -> Filling | None:
    """Growth, wages, jobs, kind and stability by cluster; None where the codes do not match."""
    panels = part.base.area if part.area else part.base.regions
    names = names_of(figure)
    if not names or any(n not in panels or not len(panels[n]) for n in NEEDED):
        return None
    at = part.area or At(geo=part.picks.region)
    try:
        found = _found(panels, at, names)
    except HansaError:
        return None
    if {r.code for r in found.rows} != set(names):
        return None
    columns, heads = _columns(found, figure, styles)
    benchmark = panels["quadrant"].header.notes[:2]
    note = " ".join((_(EMPTY), *benchmark))
    draw = partial(_draw, found=found, heads=heads)
    notes = (*_notes(found), *header_notes(*(panels[name].header for name in NEEDED)))
    return Filling(note, columns, notes, draw, room=_ROOM)


def _found(panels: dict[str, Panel], at: At, names: dict[str, str]) -> _Found:
    words = Words(labels=names)
    axis = cluster_axis(panels["growth_rate"])

    def reading(name: str, spot: At) -> Reading | None:
        return read(panels[name], axis, spot, words) if name in panels else None

    growth = read(panels["growth_rate"], axis, at, words)
    here, since = growth.at, next((c.since for c in growth.cells if c.since is not None), None)
    there = {
        "growth": growth,
        "wages": reading("relative_wage_growth", here),
        "stability": reading("quadrant_stability", here),
        "before": reading("employment", At(here.geo, None, since)) if since is not None else None,
        "after": reading("employment", here),
        "mark": reading("quadrant", here),
    }
    cells = {k: {c.code: c for c in r.cells} if r else {} for k, r in there.items()}
    texts = _texts(panels["quadrant"], axis, here)
    rows = []
    for code, name in names.items():
        if code in cells["growth"]:
            missing = Cell(code, name, None, status=frozenset("m"))
            own = {k: by.get(code, missing if by else ABSENT) for k, by in cells.items()}
            label, reason = texts.get(code, ("", ""))
            rows.append(_Row(code, name, label=label, reason=reason, **own))
    ordered = tuple(sorted(rows, key=lambda r: r.order))
    return _Found(ordered, {k: r for k, r in there.items() if r is not None}, since)


def _texts(panel: Panel, axis: str, at: At) -> dict[str, tuple[str, str]]:
    """Code -> label and reason of the kind at one place and time."""
    table = panel.where("geo", at.geo).where("time", at.time).table
    columns = [
        table[n].to_pylist() if n in table.column_names else [""] * len(table)
        for n in (axis, "label", "reason")
    ]
    return {code: (label or "", reason or "") for code, label, reason in zip(*columns, strict=True)}


def _columns(
    found: _Found, figure: Figure, styles: Styles
) -> tuple[tuple[Column, ...], dict[str, str]]:
    """The columns, and the heads of those that the chart needs."""
    rows, growth = found.rows, found.readings["growth"]
    unit = capital(amount_unit(found.readings["after"].header))
    heads = {
        "thing": capital(growth.thing),
        "growth": _("Growth {period}", period=growth.period).strip(),
        "wages": _("Relative growth of the {wage}", wage=_(WAGE)),
        "before": _("{unit} in {year}", unit=unit, year=found.since),
        "after": _("{unit} in {year}", unit=unit, year=growth.at.time or _("the last year")),
        "stability": N_("Share of replicates with the same kind"),
    }
    columns = [
        Column(N_("Code"), [r.code for r in rows], None, 24),
        Column(heads["thing"], [r.name for r in rows], None, 34),
        Column(N_("Kind"), [_(r.label) or None for r in rows], None, 20),
        Column(N_("Kind: status"), [r.mark.meaning for r in rows], styles.indented, 24),
    ]
    for name in ("growth", "wages", "before", "after", "stability"):
        if name in found.readings:
            cells = [getattr(r, name) for r in rows]
            columns += numbers(cells, found.readings[name], styles, heads[name])
    columns.append(Column(N_("Why"), [said(r.reason) or None for r in rows], styles.indented, 70))
    return tuple(columns), heads


def _notes(found: _Found) -> list[str]:
    drawn = [r for r in found.rows if r.drawn]
    out = [r for r in found.rows if not r.drawn]
    notes = [
        _("Area of a bubble: size at the end. The axes cross at 0: no change, as the benchmark.")
    ]
    if any(r.kind and not r.stable for r in drawn):
        notes.append(
            _(
                "Pale with a dashed line: the kind holds in less than {share} of the replicates, "
                "or this was not tested.",
                share=per_cent(STABLE),
            )
        )
    if len(drawn) > _NAMED:
        notes.append(_("Named in the chart: the {count} largest.", count=_NAMED))
    if far := _beyond(drawn):
        names = joined([r.name for r in far])
        notes.append(_("Beyond the axes of the chart: {clusters}.", clusters=names))
    if out:
        notes.append(
            _(
                "Not in the chart, a number is missing or the cluster is new or gone: {clusters}.",
                clusters=joined([r.name for r in out]),
            )
        )
    return notes


def _ends(rows: Sequence[_Row], name: str) -> tuple[float, float]:
    """The ends of an axis that shows most clusters well: tiny and extreme ones may lie beyond."""
    solid = [getattr(r, name).value for r in rows if not r.growth.tiny] or [0.1]
    usual = sorted(abs(v) for v in solid)[int(0.8 * (len(solid) - 1))]
    inside = [v for v in solid if abs(v) <= max(3 * usual, 0.01)]
    low, high = min([*inside, 0.0]), max([*inside, 0.0])
    room = 0.12 * (high - low) or 0.01
    scale = steps(low - room, high + room)
    return scale["min"], scale["max"]


def _beyond(rows: Sequence[_Row]) -> list[_Row]:
    ends = {name: _ends(rows, name) for name in ("growth", "wages")}
    return [
        r
        for r in rows
        if any(not low <= getattr(r, n).value <= high for n, (low, high) in ends.items())
    ]


def _draw(canvas: Canvas, found: _Found, heads: dict[str, str]) -> None:
    drawn = [r for r in found.rows if r.drawn]
    if not drawn:
        return
    named = {r.code for r in sorted(drawn, key=lambda r: -r.after.middle)[:_NAMED]}
    series, first = [], 0
    for kind in _KINDS:
        rows = [r for r in drawn if r.kind == kind]
        if rows:
            series.append(_series(canvas, rows, (first, heads), named))
        first += len(rows)
    period = found.readings["growth"].period
    unit = amount_unit(found.readings["after"].header)
    words = BubbleWords(
        canvas.figure.title,
        f"{_('Growth of {unit} {period}.', unit=unit, period=period)} "
        f"{canvas.start}{canvas.figure.source}".rstrip(". "),
        _("Growth of the {wage} against the benchmark, {period}", wage=_(WAGE), period=period),
        steps(*_ends(drawn, "growth")),
        steps(*_ends(drawn, "wages")),
    )
    insert_above(canvas, bubbles(canvas, series, words))


def _series(
    canvas: Canvas, rows: Sequence[_Row], where: tuple[int, dict[str, str]], named: set[str]
) -> tuple[dict[str, Any], list[Any]]:
    """The clusters of one kind, which stand together from row `first` on."""
    (first, heads), kind, count = where, rows[0].kind, len(rows)
    colour = QUADRANTS[kind][0] if kind else CONTEXT
    dashed = {
        "fill": {"color": blend(colour, GROUND, 0.55)},
        "border": {"color": colour, "dash_type": "dash", "width": 1},
    }
    series: dict[str, Any] = {
        "name": capital(_(kind)) or _(_NO_KIND),
        "categories": canvas.cells(heads["growth"], first, count),
        "values": canvas.cells(heads["wages"], first, count),
        "fill": {"color": colour, "transparency": 20},
        "border": {"color": GROUND, "width": 0.75},
        "points": [None if r.stable or not kind else dashed for r in rows],
        "data_labels": {
            "value": True,
            "font": {"size": 8},
            "custom": [
                {"value": spoken(r.name), "font": {"size": 8}}
                if r.code in named
                else {"delete": True}
                for r in rows
            ],
        },
    }
    for axis, name in (("x", "growth"), ("y", "wages")):
        cells = [getattr(r, name) for r in rows]
        if any(c.bounded for c in cells):
            series[f"{axis}_error_bars"] = {
                "type": "custom",
                "plus_values": [reach(c.upper, c.value) for c in cells],
                "minus_values": [reach(c.value, c.lower) for c in cells],
                "end_style": 0,
                "line": {"color": colour, "width": 0.75},
            }
    return series, canvas.cells(heads["after"], first, count)
