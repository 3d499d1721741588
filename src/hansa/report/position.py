"""The section on the position of the regions: prosperity, and what the difference is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hansa.language import N_, _, ngettext
from hansa.measures.prosperity import UNITS, Standing
from hansa.report.document import Section, Table
from hansa.study.position import Position, position
from hansa.study.position_tables import has_position
from hansa.views.figure import Figure
from hansa.views.format import MISSING, grouped, joined
from hansa.views.position import position_bars
from hansa.views.position_words import NAMES, Setting, percent, position_sentences

ID = "position"


def position_section(folder: Path, *, long: bool = False) -> Section | None:
    """Where the regions of a study stand; None where its indicators were not fetched.

    Where the regions as a whole are not known, the whole is that of the regions that have every
    figure: its name says how many, and the section who is left out. Raises HansaError as
    `hansa.position` does for tables that cannot be trusted.
    """
    if not has_position(folder):
        return None
    found = position(folder, long=long)
    if found.head.share is not None:
        return section_of(found, long=long)
    return section_of(position(folder, long=long, complete=True), long=long, complete=True)


def section_of(found: Position, *, long: bool = False, complete: bool = False) -> Section:
    """The section of a position that is there already."""
    head = found.head
    setting = setting_of(found)
    chosen = [name for name, on in (("long", long), ("complete", complete)) if on]
    options = f" --time {found.time}" + "".join(f" --{name}" for name in chosen)
    arguments = f", time={found.time}" + "".join(f", {name}=True" for name in chosen)
    return Section(
        id=ID,
        question=_(
            "How prosperous is {place}, and what is the difference made of?", place=head.name
        ),
        answer=position_sentences(head, setting),
        figures=tuple(figures_of(found)),
        tables=(_factors(found),),
        certainty=tuple(_certainty(found)),
        line=_line(found),
        python=f'import hansa\nhansa.position("STUDY"{arguments}).to_pandas()',
        command=f"hansa position STUDY{options}",
    )


def setting_of(found: Position) -> Setting:
    """What the figures of a position share: year, reference and source."""
    source = found.source + (f", {found.vintage}" if found.vintage else "")
    return Setting(found.time, found.reference, source, found.notes, found.model_data)


def figures_of(found: Position) -> Iterator[Figure]:
    """The whole with its countries, and the regions; one figure where there are few."""
    setting = setting_of(found)
    regions = [s for s in found.standings if s.kind == "region"]
    others = [s for s in found.standings if s.kind != "region"]
    if len(found.standings) <= _FEW:
        yield position_bars(found.standings, setting)
        return
    if others:
        yield position_bars(others, setting)
    yield position_bars(regions, setting, "position-regions")


_FEW = 14


def _factors(found: Position) -> Table:
    """The factors of the whole beside those of the reference."""
    head = found.head
    rows = tuple(
        (
            _(NAMES.get(part.term, GDP)),
            _(UNITS[part.term]),
            _number(part.value),
            _number(part.reference),
            MISSING if part.log_points is None else f"{_signed(part.log_points)}",
        )
        for part in (*head.parts, head.whole)
    )
    return Table(
        _(
            "Factors of {place} and of {reference}, {year}",
            place=head.name,
            reference=found.reference,
            year=found.time,
        ),
        (
            _("Factor"),
            _("Unit"),
            head.name.partition(" (")[0],
            _("Reference"),
            _("Difference (log points)"),
        ),
        rows,
        _(
            "Log points are 100 times the logarithm of the quotient: near zero, per cent. They add "
            "up; prices are euro turned into PPS: more PPS for a euro means lower prices."
        ),
    )


GDP = N_("GDP per inhabitant")


def _number(value: float | None) -> str:
    if value is None:
        return MISSING
    return grouped(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3)


def _signed(value: float) -> str:
    text = grouped(value, 1)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _certainty(found: Position) -> Iterator[str]:
    resting = [s for s in found.standings if _estimated(s) > 0]
    if resting:
        most = max(resting, key=_estimated)
        yield _(
            "Rests on estimates: {count} of {all} places; most of all {place}, where {share} of a "
            "figure is estimated.",
            count=len(resting),
            all=len(found.standings),
            place=most.name,
            share=percent(_estimated(most)),
        )
    else:
        yield _("No figure is marked as estimated by its publisher.")
    for letter, text in _MARKED.items():
        marked = [s.name for s in found.standings if letter in _statuses(s)]
        if marked:
            yield _(text, places=joined(marked) if len(marked) <= 8 else _places(len(marked)))
    yield from found.notes


_MARKED = {
    "p": N_("A figure is provisional (status p): {places}."),
    "b": N_("A figure is a break in series (status b): {places}."),
    "u": N_("A figure is of low reliability (status u): {places}."),
}


def _places(count: int) -> str:
    return ngettext("{number} place", "{number} places", count)


def _estimated(place: Standing) -> float:
    return max(part.estimated for part in (place.whole, *place.parts))


def _statuses(place: Standing) -> set[str]:
    return {letter for part in (place.whole, *place.parts) for letter in part.status.split(";")}


def _line(found: Position) -> str:
    bits = [
        _("Source: {source}", source=found.source),
        found.vintage,
        str(found.time),
        _("reference {reference}", reference=found.reference),
        found.geography if found.geography != "local" else "",
    ]
    return "; ".join(b for b in bits if b) + "."
