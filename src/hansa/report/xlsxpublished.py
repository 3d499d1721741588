"""The printed tables of 2009 as numbers with charts: real data, also beside model data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hansa.language import N_, _
from hansa.report.monitor import MONITOR
from hansa.report.part import QUOTIENT, Part
from hansa.report.xlsxcells import Styles
from hansa.report.xlsxcharts import BarWords, bars, insert, reading_bars
from hansa.report.xlsxmonitor import monitor_filling
from hansa.report.xlsxsheet import ABSENT, Canvas, Column, Filling, numbers, yes_or_no
from hansa.study import published
from hansa.views.captions import value_head
from hansa.views.claims import claims
from hansa.views.figure import Figure
from hansa.views.format import joined
from hansa.views.published import NOT_PRINTED, Stronghold, SurveyArea
from hansa.views.reading import At, Cell, Reading, read
from hansa.views.theme import DEEP, PALE

_SEEN = "claimed-and-seen"
PUBLISHED = ("claimed-2009", "asked-2009", "tried-2009", _SEEN, *MONITOR)
"""The sections with tables of 2009."""

_REAL = N_("Real, printed figures; none computed.")
_MARKS = 2  # of the notes of the pilots are on the marks of the picture
_COUNTS = (N_("Companies"), N_("Knowledge institutions"), N_("Experts"))
_RECIPIENTS = (
    N_("Recipients of the survey of 2009: companies"),
    N_("Recipients of the survey of 2009: knowledge institutions"),
    N_("Recipients of the survey of 2009: experts"),
)


def published_filling(section: str, part: Part, figure: Figure, styles: Styles) -> Filling | None:
    """The numbers of a figure of 2009; None for one that is not known here."""
    if figure.id == "published-survey-frame":
        return _survey(styles)
    if figure.id == "published-strongholds":
        return _strongholds(styles)
    if figure.id == "published-pilots":
        return _pilots(styles, figure.notes[_MARKS:])
    if figure.id == "published-pilot-steps":
        return _steps()
    if section in MONITOR:
        return monitor_filling(figure, styles)
    return _claims(part, styles) if section == _SEEN else None


def _survey(styles: Styles) -> Filling:
    areas = sorted(published.survey_frame(), key=lambda a: (-(a.companies or 0), a.name))
    columns = [
        Column(N_("Area"), [a.name for a in areas], None, 28),
        Column(N_("Country"), [a.country for a in areas], None, 10),
    ]
    columns += [
        Column(head, [a.counts[i] for a in areas], styles.amount, 14)
        for i, head in enumerate(_COUNTS)
    ]
    columns.append(Column(N_("Status"), [_gaps(a) or None for a in areas], styles.indented, 40))
    dash = _("Empty cell: a dash in the print, so not known and not zero.")
    return Filling(
        f"{_(_REAL)} {dash}", tuple(columns), (), partial(_draw_survey, count=len(areas))
    )


def _gaps(area: SurveyArea) -> str:
    missing = [_(head) for head, n in zip(_COUNTS, area.counts, strict=True) if n is None]
    return f"{joined(missing)}: {_(NOT_PRINTED)}" if missing else ""


def _draw_survey(canvas: Canvas, count: int) -> None:
    for number, head in enumerate(_COUNTS):
        series = {
            "name": canvas.name(head),
            "categories": canvas.cells("Area", 0, count),
            "values": canvas.cells(head, 0, count),
            "fill": {"color": DEEP},
        }
        words = BarWords(
            _(_RECIPIENTS[number]),
            f"{_(head)}. {canvas.figure.source}".rstrip("."),
            _("Area"),
            {"min": 0, "num_format": "#,##0"},
        )
        insert(canvas, bars(canvas, [series], words, count), down=(count + 9) * number)


def _strongholds(styles: Styles) -> Filling:
    areas = sorted(published.strongholds(), key=lambda s: (-s.countries, s.name))
    columns = (
        Column(N_("Code"), [s.code for s in areas], None, 20),
        Column(N_("Area"), [s.name for s in areas], None, 44),
        Column(N_("Countries"), [s.countries for s in areas], styles.year, 12),
        Column(N_("Of"), [s.of for s in areas], styles.year, 8),
        Column(N_("One of the nine"), [yes_or_no(s.nine) for s in areas], None, 12),
        Column(N_("Pilot"), [yes_or_no(s.pilot) for s in areas], None, 8),
        Column(N_("Note"), [s.note or None for s in areas], styles.indented, 60),
    )
    return Filling(_(_REAL), columns, draw=partial(_draw_strongholds, areas=areas))


def _draw_strongholds(canvas: Canvas, areas: Sequence[Stronghold]) -> None:
    series = {
        "name": canvas.name("Countries"),
        "categories": canvas.cells("Area", 0, len(areas)),
        "values": canvas.cells("Countries", 0, len(areas)),
        "fill": {"color": PALE},
        "border": {"color": DEEP, "width": 0.75},
        "points": [{"fill": {"color": DEEP}} if s.pilot else None for s in areas],
        "data_labels": {"value": True},
    }
    of = max(s.of for s in areas)
    dark = _("Number of countries, of {all}; dark: chosen for a pilot.", all=of)
    values = f"{dark} {canvas.figure.source}"
    scale = {"min": 0, "max": of, "major_unit": 1, "num_format": "0"}
    words = BarWords(canvas.figure.title, values.rstrip("."), _("Area"), scale)
    insert(canvas, bars(canvas, [series], words, len(areas)))


def _pilots(styles: Styles, notes: tuple[str, ...]) -> Filling:
    rows = [(p, x) for p in published.pilots() for x in p.partners]
    part = [_("lead") if x.country == p.lead else _(x.status) for p, x in rows]
    gaps = [None if x.name else _("Name not printed") for _p, x in rows]
    columns = (
        Column(N_("Pilot"), [p.number for p, _x in rows], styles.year, 8),
        Column(N_("Area"), [p.area for p, _x in rows], None, 30),
        Column(N_("Kind"), [p.focus for p, _x in rows], None, 26),
        Column(N_("Country"), [x.country for _p, x in rows], None, 14),
        Column(N_("Partner"), [x.name or None for _p, x in rows], None, 44),
        Column(N_("Part"), part, None, 14),
        Column(N_("Status"), gaps, None, 18),
        Column(N_("Note"), [x.note or None for _p, x in rows], styles.indented, 60),
    )
    table = _("A table of places for countries has no chart. Empty cell: not printed.")
    note = f"{_(_REAL)} {table}"
    return Filling(note, columns, notes)


def _steps() -> Filling:
    rows = published.pilot_timeline()
    columns = (
        Column(N_("Step"), [s.name for s in rows], None, 44),
        Column(N_("Period as printed"), [s.period for s in rows], None, 28),
        Column(N_("First month"), [s.start for s in rows], None, 14),
        Column(N_("Last month"), [s.end for s in rows], None, 14),
    )
    return Filling(f"{_(_REAL)} {_('Months of a plan have no chart.')}", columns)


def _claims(part: Part, styles: Styles) -> Filling | None:
    panel, at = part.base.area.get(QUOTIENT), part.area or At()
    if panel is None:
        return None
    reading = read(panel, "cluster", at, part.words)
    judged = claims(panel, published.strongholds(), published.claim_links(), at, part.words)
    rows = [(claim, cell) for claim in judged for cell in claim.cells or (ABSENT,)]
    cells = [cell for _c, cell in rows]
    columns = (
        Column(N_("Claim"), [c.stronghold.name for c, _cell in rows], None, 44),
        Column(N_("Countries"), [c.stronghold.countries for c, _cell in rows], styles.year, 10),
        Column(N_("Of"), [c.stronghold.of for c, _cell in rows], styles.year, 6),
        Column(N_("What is seen"), [_(c.verdict) for c, _cell in rows], None, 24),
        Column(N_("Why"), [c.why or None for c, _cell in rows], styles.indented, 40),
        Column(N_("Code"), [cell.code or None for cell in cells], None, 24),
        Column(N_("Cluster"), [cell.name or None for cell in cells], None, 40),
        *numbers(cells, reading, styles, value_head(reading)),
    )
    note = _(
        "Claims: real, printed figures of 2009. A claim that no cluster stands for has no bar."
    )
    return Filling(note, columns, draw=partial(_draw_claims, reading=reading, cells=cells))


def _draw_claims(canvas: Canvas, reading: Reading, cells: Sequence[Cell]) -> None:
    if canvas.has(value_head(reading)):
        insert(canvas, reading_bars(canvas, value_head(reading), reading, cells))
