"""A study's results as a document: questions, answers, figures, and how sure we are.

The same content serves every format; nothing here knows how a page is laid out.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from hansa.codes import geographies
from hansa.errors import Finding, HansaError
from hansa.language import _, named
from hansa.measures import find_measure
from hansa.report.certain import certain_section
from hansa.report.document import Document, Section
from hansa.report.dynamics import quadrants_section
from hansa.report.gaps import gaps, set_aside
from hansa.report.monitor import sections_monitor
from hansa.report.origin import not_the_sum, of_shown_years, origin
from hansa.report.part import QUOTIENT, Part, base_named, parts
from hansa.report.position import position_section
from hansa.report.published import section_claims, sections_2009
from hansa.report.sections import (
    area_section,
    cluster_section,
    region_section,
    regions_section,
    size_section,
    stars_section,
)
from hansa.study.retold import retold
from hansa.study.run import StudyResult
from hansa.study.told import told
from hansa.views.figure import Figure
from hansa.views.format import general
from hansa.views.reading import At

FINDINGS = ("area", "size", "region", "cluster", "stars", "certain", "quadrants")
"""Sections whose answers are the findings of a report."""


def figures(made: Document) -> dict[str, Figure]:
    """Every figure of a document by name, in its order."""
    return {
        f"{section.id}{i or ''}": figure
        for section in made.sections
        for i, figure in enumerate(section.figures)
    }


def document(result: StudyResult) -> Document:
    """The whole report of a study; its findings are the answers of the first part in short."""
    study, shown = result.study, of_shown_years(result)
    made = [_sections(part) for part in parts(shown)]
    found = [
        answer
        for section in made[0]
        if section.id.partition("-")[0] in FINDINGS
        for answer in section.answer[:1]
    ]
    sections = [section for own in made for section in own]
    place, why_not = _position(result)
    if place is not None:
        sections.append(place)
        found += place.answer[:1]
    sections.append(_gaps_section(result, why_not))
    model = any(spec.model_data for spec in study.facts.values())
    return Document(
        title=study.title,
        subtitle=" ".join([*study.summary.split(), not_the_sum(result)]).strip(),
        origin=origin(result),
        findings=tuple(dict.fromkeys(found)),
        sections=tuple(sections),
        method=tuple(method(result)),
        footer=_(
            "Made with Hansa {version}. The recipe beside this report replays it.",
            version=version("hansa"),
        ),
        model_data=model,
    )


def _sections(part: Part) -> list[Section]:
    """Strong at what, then and now, claimed and seen, one region, one cluster, four kinds."""
    found: list[Section | None] = [area_section(part), size_section(part)]
    if part.result.study.outputs.published and part.suffix == "":
        found += (*sections_2009(), *sections_monitor())
        if QUOTIENT in part.base.area and part.own.definition.id == "hansa-nace2":
            found.append(section_claims(part.base.area[QUOTIENT], part.area or At(), part.words))
    found += [
        regions_section(part),
        region_section(part),
        cluster_section(part),
        stars_section(part),
        certain_section(part),
        quadrants_section(part),
    ]
    return [section for section in found if section is not None]


def _position(result: StudyResult) -> tuple[Section | None, tuple[str, ...]]:
    """The position of the region where its indicators were fetched, else why it is not there."""
    if result.folder is None or not result.study.geography:
        return None, ()
    try:
        return position_section(result.folder), ()
    except HansaError as problem:
        f = told(problem.finding)
        place = f.place.replace(f"{result.folder}/", "")
        why = _(
            "The position of the region is not shown: {reason} ({place}).",
            reason=f.rule,
            place=place,
        )
        return None, (why,)


def _gaps_section(result: StudyResult, more: tuple[str, ...]) -> Section:
    answer, tables = gaps(result)
    return Section(
        id="gaps",
        question=_("What cannot be said, and why?"),
        answer=(*answer, *more),
        tables=tables,
        certainty=tuple(_findings(result)),
    )


def _findings(result: StudyResult) -> Iterator[str]:
    """What the check of the facts says; one line where it says it of several files."""
    by_rule: dict[str, list[Finding]] = {}
    for f in result.findings:
        by_rule.setdefault(f.rule, []).append(f)
    for rule, own in by_rule.items():
        if rule.startswith("rows set aside"):
            yield set_aside(result.cube)
            continue
        own = list(map(told, own))
        rule = own[0].rule
        several = len({f.place for f in own}) > 1
        found = [f"{f.place}: {f.printed}" if several else f.printed for f in own]
        said = "; ".join(dict.fromkeys(text for text in found if text))
        yield f"{rule[0].upper()}{rule[1:]}{f': {said}' if said else ''}."


def method(result: StudyResult) -> Iterator[tuple[str, str]]:
    """How the results were made: pairs of a term and what stands behind it."""
    study = result.study
    for own in result.results:
        d = own.definition
        yield (
            _("Clusters"),
            f"{d.name} ({f'{d.id} {d.version}'.strip()}). "
            f"{named('note', ' '.join(d.note.split()))}".strip(),
        )
    for name in study.measures:
        m = find_measure(name)
        text = _(
            "{definition} Formula: {formula}. Unit: {unit}. Source: {source}.",
            definition=_(m.definition),
            formula=_(m.formula),
            unit=_(m.unit),
            source=_(m.source),
        )
        yield _(m.label), text
    area = geographies().get(study.geography)
    yield _("Regions"), area.name if area else study.geography or _("every region of the facts")
    header = next(iter(result.results[0].bases[0].regions.values())).header
    known_as = f" ({named('place', study.reference_name)})" if study.reference_name else ""
    yield _("Compared with"), f"{_(header.reference)}{known_as}"
    bases = (f"({i}) {base_named(b.name)}" for i, b in enumerate(study.base, 1))
    yield _("Base"), "; ".join(bases)
    yield (
        _("Small cells"),
        _(
            "Rates on fewer than {persons} persons are computed and marked.",
            persons=general(study.min_cell),
        ),
    )
    yield (
        _("Missing values"),
        _(
            "Absent is not zero: a result that depends on a missing value stays absent. "
            "Totals are the published ones where there are any."
        ),
    )
    for spec in study.facts.values():
        if spec.note:
            yield _("Facts"), retold(" ".join(spec.note.split()))
        if spec.licence:
            yield _("Licence of the facts"), spec.licence
    steps = [retold(step) for step in header.steps]
    yield _("Steps"), "\n".join(f"{step[:1].upper()}{step[1:]}." for step in steps)
