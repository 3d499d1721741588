"""The printed tables of the 2009 publication as pictures (chapters 2.1, 2.2 and 2.3).

These are real, printed figures. A dash of the print is an empty box, never a zero, and what is
lost in the text (which countries marked a stronghold) is not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hansa.language import N_, _, named
from hansa.views.canvas import Caption, Layer, Plot, compose, inner_width
from hansa.views.canvas import texts as written
from hansa.views.figure import Figure, both
from hansa.views.format import MISSING, THIN, grouped, joined, spelled
from hansa.views.lettering import width, wrapped
from hansa.views.published_pilots import month, pilot_plot, steps_plot
from hansa.views.reading import Cell
from hansa.views.rowplot import GAP, Column, Placed, Rows, bars, reference_line, unknown
from hansa.views.theme import DEEP, QUIET, Format

SOURCE = N_("Source: BSR InnoNet conference publication, May 2009, {chapter}.")
NOT_PRINTED = N_("not printed")
_OTHER = "#7F9DB2"
_AREAS = {"N-Germany": N_("Northern Germany"), "N-Poland": N_("Northern Poland")}


@dataclass(frozen=True)
class SurveyArea:
    """Recipients of the survey in one area; None where the table prints a dash."""

    area: str
    country: str
    companies: int | None
    institutions: int | None
    experts: int | None

    @property
    def name(self) -> str:
        """The area in full words."""
        return _(_AREAS[self.area]) if self.area in _AREAS else named("place", self.area)

    @property
    def counts(self) -> tuple[int | None, int | None, int | None]:
        """Companies, knowledge institutions, experts."""
        return self.companies, self.institutions, self.experts


@dataclass(frozen=True)
class Stronghold:
    """An area of strength and how many countries named it.

    nine   one of the nine areas that at least four countries named
    pilot  an area that a pilot was made of
    """

    code: str
    name: str
    countries: int
    of: int
    nine: bool
    pilot: bool
    note: str = ""


@dataclass(frozen=True)
class Partner:
    """A country's part in a pilot: `participant`, `associate` or `left`; a name where printed."""

    country: str
    name: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class Pilot:
    """One of the four pilots; months as `2008-09`."""

    number: int
    focus: str
    area: str
    lead: str
    start: str
    report: str
    end: str
    partners: tuple[Partner, ...]


@dataclass(frozen=True)
class Step:
    """A step of the pilots, its period as printed, and first and last month as `2008-09`.

    begins  with it the pilots begin
    """

    name: str
    period: str
    start: str
    end: str
    note: str = ""
    begins: bool = False


class HeavyRows(Rows):
    """Rows of which some names are bold, and so wider."""

    @property
    def left(self) -> int:
        """Room for the names left of the plot, were all of them bold."""
        if self.form.narrow:
            return 0
        return round(max(width(n, self.form.body, 600) for n in self.names)) + GAP


def survey_bars(areas: Sequence[SurveyArea]) -> Figure:
    """Companies, knowledge institutions and experts asked, by area; each column on its scale."""
    ordered = sorted(areas, key=lambda a: (-(a.companies or 0), a.name))
    firms = sum(a.companies or 0 for a in ordered)
    first, last = ordered[0], ordered[-1]
    title = _(
        "{first} stands for {share} of the companies in the survey, {last} for {least}",
        first=first.name,
        share=_percent(first.companies, firms),
        last=last.name[0].lower() + last.name[1:],
        least=_percent(last.companies, firms),
    )
    subtitle = _("Recipients of the survey, by area. Each column has a scale of its own.")
    notes = [_("Dashed and empty: a dash in the print, so not known and not zero.")]
    top = "; ".join(
        _("{area} {n} companies", area=a.name, n=grouped(a.companies or 0)) for a in ordered[:3]
    )
    alt = f"{_('Three columns of bars.')} {title}. {top}."
    caption = _caption(title, subtitle, alt, notes, _("chapter 2.1, table 1"))
    heads = (_("Companies"), _("Knowledge institutions"), _("Experts"))
    return _figure(
        "published-survey-frame",
        caption,
        lambda form: _survey_plot(ordered, heads, form),
        (_("Area"), *heads),
        [(a.name, *(MISSING if n is None else grouped(n) for n in a.counts)) for a in ordered],
    )


def stronghold_bars(strongholds: Sequence[Stronghold]) -> Figure:
    """Number of countries that named each area as a strength, the most named first."""
    ordered = sorted(strongholds, key=lambda s: (-s.countries, s.name))
    first = ordered[0]
    nine = sum(s.nine for s in ordered)
    said = {"name": first.name, "n": first.countries, "all": first.of}
    title = _("{name}: named a strength by {n} of {all} countries", **said)
    subtitle = _(
        "Number of countries, of {all}, that named an area as one of their strengths.", **said
    )
    notes = [
        _("Which countries named an area is lost: only the number of marks in a row is certain."),
        _("Dark, bold: chosen for a pilot."),
        *(f"{s.name}: {s.note}." for s in ordered if s.note and not s.nine),
    ]
    counts = "; ".join(f"{s.name} {s.countries}" for s in ordered)
    alt = f"{_('Horizontal bars, the longest first.')} {title}. {counts}."
    caption = _caption(title, subtitle, alt, notes, _("chapter 2.3, table 1"))
    yes, no = _("yes"), _("no")
    rows = [
        (s.name, f"{s.countries}", f"{s.of}", yes if s.nine else no, yes if s.pilot else no)
        for s in ordered
    ]
    line = _(
        "{least} or more: the {count} areas",
        least=spelled(min(s.countries for s in ordered if s.nine)),
        count=spelled(nine),
    )
    return _figure(
        "published-strongholds",
        caption,
        lambda form: _stronghold_plot(ordered, line, form),
        (_("Area"), _("Countries"), _("Of"), _("One of the nine"), _("Pilot")),
        rows,
    )


def pilot_matrix(pilots: Sequence[Pilot], countries: Sequence[tuple[str, str]]) -> Figure:
    """Who took part in which pilot, by country; `countries` are codes and names in their order."""
    used = {p.country for pilot in pilots for p in pilot.partners}
    shown = [(code, name) for code, name in countries if name in used]
    everywhere = [n for _code, n in shown if all(_takes_part(p, n) for p in pilots)]
    without = [name for _code, name in countries if name not in used]
    title = _(
        "{countries} took part in all {count} pilots",
        countries=joined(everywhere),
        count=spelled(len(pilots)),
    )
    subtitle = _("Partners of the pilots by country, September 2008 to September 2009.")
    notes = [
        _(
            "Square: leads. Disc: takes part. Ring: associate. "
            "Cross: at first a partner, then left."
        ),
        _("An empty place: the country is not named for this pilot."),
    ]
    if without:
        notes.append(_("Named for none: {countries}.", countries=joined(without)))
    parts = "; ".join(
        f"{p.area}: {joined([x.country for x in p.partners if x.status != 'left'])}" for p in pilots
    )
    alt = f"{_('A table of marks, a row a pilot, a column a country.')} {title}. {parts}."
    caption = _caption(title, subtitle, alt, notes, _("chapter 2.2, table 1 and text"))
    return _figure(
        "published-pilots",
        caption,
        lambda form: pilot_plot(pilots, shown, form),
        (
            *(_("Pilot"), _("Area"), _("Kind"), _("Country"), _("Partner"), _("Part")),
            _("Note"),
        ),
        [
            (f"{p.number}", p.area, p.focus, x.country, x.name or MISSING, _(x.status), x.note)
            for p in pilots
            for x in p.partners
        ],
    )


def pilot_steps(steps: Sequence[Step]) -> Figure:
    """When the steps of the pilots were taken, month by month."""
    begun = next(s for s in steps if s.begins)
    months = month(begun.start) - month(steps[0].start)
    title = _(
        "From the first goals to the start of the pilots: {count} months", count=spelled(months)
    )
    subtitle = _("Steps of the pilots, as planned in the publication, by month.")
    notes = [f"{s.name}: {s.note}." for s in steps if s.note]
    periods = "; ".join(f"{s.name}, {s.period}" for s in steps)
    alt = f"{_('Bars on an axis of months.')} {title}. {periods}."
    caption = _caption(title, subtitle, alt, notes, _("chapter 2.2, figure 8"))
    return _figure(
        "published-pilot-steps",
        caption,
        lambda form: steps_plot(steps, form),
        (_("Step"), _("Period as printed"), _("First month"), _("Last month")),
        [(s.name, s.period, s.start, s.end) for s in steps],
    )


def _caption(title: str, subtitle: str, alt: str, notes: Sequence[str], where: str) -> Caption:
    return Caption(title, subtitle, alt, tuple(notes), _(SOURCE, chapter=where))


def _figure(
    name: str,
    caption: Caption,
    plot: Any,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
) -> Figure:
    return Figure(
        id=name,
        title=caption.title,
        subtitle=caption.subtitle,
        alt=caption.alt,
        notes=caption.notes,
        columns=columns,
        rows=tuple(rows),
        source=caption.source,
        model_data=False,
        **both(lambda form: compose(caption, plot(form), form)),
    )


def _survey_plot(areas: Sequence[SurveyArea], heads: tuple[str, ...], form: Format) -> Plot:
    rows = Rows(tuple(a.name for a in areas), form)
    across = inner_width(form, False) - rows.left
    gap = 12
    wide = (across - 2 * gap) / 3
    layers: list[Layer] = list(rows.furniture(across))
    above = 0
    for i, head in enumerate(heads):
        start = round(i * (wide + gap), 1)
        lines = wrapped(head, form.small, wide, 600)
        above = max(above, 16 * len(lines))
        head_items = [
            {"x": start, "y": -10 - 16 * (len(lines) - 1 - j), "text": text}
            for j, text in enumerate(lines)
        ]
        layers.append(written(head_items, fontSize=form.small, fontWeight=600))
        layers += _survey_column([a.counts[i] for a in areas], rows, start, wide)
    return Plot(across, rows.height, tuple(layers), rows.left, above + 6, 4)


def _survey_column(
    counts: Sequence[int | None], rows: Rows, start: float, wide: float
) -> list[Layer]:
    small = rows.form.small
    most = max(n for n in counts if n is not None)
    room = max(width(grouped(n), small) for n in counts if n is not None) + 8
    column = Column(start, round(start + wide - room, 1), 0, most)
    cells = [Placed(i, Cell("", rows.names[i], n)) for i, n in enumerate(counts)]
    known = [(p, DEEP) for p in cells if p.cell.value is not None]
    gone = [p for p in cells if p.cell.value is None]
    labels = [
        {
            "x": column.pixel(p.cell.middle) + 6,
            "y": rows.middle(p.row),
            "text": grouped(p.cell.middle),
        }
        for p in (own[0] for own in known)
    ]
    reasons = [{"x": start + 40, "y": rows.middle(p.row), "text": _(NOT_PRINTED)} for p in gone]
    return [
        bars(known, column, rows, 0),
        reference_line(start, rows, color=QUIET, strokeWidth=1),
        written(labels, fontSize=small),
        *unknown(gone, start, rows),
        *([written(reasons, fontSize=small, color=QUIET, fontStyle="italic")] if gone else []),
    ]


def _stronghold_plot(strongholds: Sequence[Stronghold], line: str, form: Format) -> Plot:
    rows = HeavyRows(tuple(s.name for s in strongholds), form)
    across = inner_width(form, False) - rows.left
    column = Column(
        0,
        round(across - width(_("{n} of {all}", n=10, all=10), form.small) - 8),
        0,
        strongholds[0].of,
    )
    places = [
        (Placed(i, Cell(s.code, s.name, float(s.countries))), DEEP if s.pilot else _OTHER)
        for i, s in enumerate(strongholds)
    ]
    labels = [
        {
            "x": column.pixel(s.countries) + 6,
            "y": rows.middle(i),
            "text": _("{n} of {all}", n=s.countries, all=s.of),
        }
        for i, s in enumerate(strongholds)
    ]
    least = column.pixel(min(s.countries for s in strongholds if s.nine))
    bold = frozenset(i for i, s in enumerate(strongholds) if s.pilot)
    layers = [
        *rows.furniture(across, bold),
        bars(places, column, rows, 0),
        reference_line(0, rows, color=QUIET, strokeWidth=1),
        reference_line(least, rows),
        written(labels, fontSize=form.small),
        written([{"x": least, "y": -12, "text": line}], align="center", fontSize=form.small),
    ]
    return Plot(across, rows.height, tuple(layers), rows.left, 24, 4)


def _takes_part(pilot: Pilot, country: str) -> bool:
    return any(p.country == country and p.status != "left" for p in pilot.partners)


def _percent(part: int | None, whole: int) -> str:
    share = 100 * (part or 0) / whole
    return f"{grouped(share, 1 if share < 1 else 0)}{THIN}%"
