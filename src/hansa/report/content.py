"""A study's results as a document: questions, answers, figures, and how sure we are.

The same content serves every format; nothing here knows how a page is laid out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from hansa.codes import geographies
from hansa.errors import Finding
from hansa.measures import find_measure
from hansa.panel import Panel
from hansa.report.document import Document, Section, Table
from hansa.report.gaps import gaps, set_aside
from hansa.report.picks import Picks, picks
from hansa.study.run import BaseResult, DefinitionResult, StudyResult
from hansa.views import sentences
from hansa.views.bars import size_bars
from hansa.views.figure import Figure
from hansa.views.league import League, league
from hansa.views.leaguechart import interval_chart
from hansa.views.quotients import specialisation_bars
from hansa.views.reading import At, Words
from hansa.views.tilemap import tile_map

QUOTIENT = "location_quotient_total"


@dataclass(frozen=True)
class _Part:
    """One definition on one base, with the names and the choices of what is shown."""

    result: StudyResult
    own: DefinitionResult
    base: BaseResult
    picks: Picks
    words: Words

    @property
    def suffix(self) -> str:
        """What tells the parts of a document apart in ids; empty for a single part."""
        at = [(r.definition.id, b.base.name) for r in self.result.results for b in r.bases].index(
            (self.own.definition.id, self.base.base.name)
        )
        return "" if at == 0 else f"-{at + 1}"

    @property
    def heading(self) -> str:
        """Addition to a heading where several definitions or bases are shown."""
        several = [r.definition.label for r in self.result.results]
        parts = [self.own.definition.label] if len(several) > 1 else []
        parts += [f"base: {self.base.base.name}"] if len(self.own.bases) > 1 else []
        return f" ({'; '.join(parts)})" if parts else ""


def figures(made: Document) -> dict[str, Figure]:
    """Every figure of a document by name, in its order."""
    return {
        f"{section.id}{i or ''}": figure
        for section in made.sections
        for i, figure in enumerate(section.figures)
    }


def document(result: StudyResult) -> Document:
    """The whole report of a study; its findings are the answers of the first part in short."""
    study = result.study
    parts = [_sections(part) for part in _parts(result)]
    found = [answer for section in parts[0] for answer in section.answer[:1]]
    sections = [section for part in parts for section in part]
    sections.append(_gaps_section(result))
    model = any(spec.model_data for spec in study.facts.values())
    return Document(
        title=study.title,
        subtitle=" ".join(study.summary.split()),
        origin="Every number is drawn at random and true of no region." if model else _real(result),
        findings=tuple(dict.fromkeys(found)),
        sections=tuple(sections),
        method=tuple(_method(result)),
        footer=f"Made with Hansa {version('hansa')}. The recipe beside this report replays it.",
        model_data=model,
    )


def _real(result: StudyResult) -> str:
    sources = dict.fromkeys(s.source or ", ".join(s.file) for s in result.study.facts.values())
    return f"Published data: {'; '.join(sources)}."


def _parts(result: StudyResult) -> Iterator[_Part]:
    for own in result.results:
        for base in own.bases:
            chosen = picks(result, own, base)
            yield _Part(result, own, base, chosen, _words(result, own))


def _words(result: StudyResult, own: DefinitionResult) -> Words:
    study = result.study
    labels = {c: own.definition.label_of(c) for c in own.definition.clusters}
    if study.area:
        title = geographies()[study.area].title if study.area in geographies() else study.area
        labels[study.area] = study.area_name or title
    labels |= result.names
    return Words(labels=labels, reference=study.reference_name)


def _sections(part: _Part) -> list[Section]:
    found = [_size(part), _area(part), _region(part), _cluster(part)]
    return [section for section in found if section is not None]


def _size(part: _Part) -> Section | None:
    """Size and growth do not depend on the base: they are shown once a definition."""
    panels = part.base.area if part.result.study.area else part.base.regions
    size = panels.get("employment")
    if size is None or part.base is not part.own.bases[0]:
        return None
    at = At(geo=part.result.study.area or part.picks.region)
    growth = panels.get("growth_rate")
    growth = growth if growth is not None and len(growth) else None
    place = part.words.name(at.geo or "", size.header)
    answer = [sentences.largest(size, at, part.words)]
    if growth is not None:
        answer.append(sentences.fastest(growth, at, part.words))
    return Section(
        id=f"size{part.suffix}",
        question=f"How large are the clusters of {place}"
        + (", and how do they grow?" if growth is not None else "?"),
        answer=tuple(answer),
        figures=(size_bars(size, growth, at, part.words),),
        certainty=sentences.certainties(size, "cluster", at, part.words),
        **_origin(part, "employment", area=bool(part.result.study.area)),
    )


def _area(part: _Part) -> Section | None:
    """The area against the reference, where it is not itself the reference."""
    panel = part.base.area.get(QUOTIENT)
    if panel is None or _all_one(panel):
        return None
    at = At(geo=part.result.study.area)
    place = part.words.name(at.geo or "", panel.header)
    return Section(
        id=f"area{part.suffix}",
        question=f"What are the strengths of {place}?{part.heading}",
        answer=(sentences.strongest(panel, at, part.words),),
        figures=(specialisation_bars(panel, at, part.words),),
        certainty=sentences.certainties(panel, "cluster", at, part.words),
        **_origin(part, QUOTIENT, area=True),
    )


def _all_one(panel: Panel) -> bool:
    values = np.array([v for v in panel.table["value"].to_pylist() if v is not None])
    return bool(values.size == 0 or np.allclose(values, 1, rtol=0, atol=1e-9))


def _region(part: _Part) -> Section | None:
    panel = part.base.regions.get(QUOTIENT)
    if panel is None:
        return None
    at = At(geo=part.picks.region)
    place = part.words.name(part.picks.region, panel.header)
    return Section(
        id=f"region{part.suffix}",
        question=f"What is {place} specialised in?{part.heading}",
        answer=(sentences.strongest(panel, at, part.words),),
        figures=(specialisation_bars(panel, at, part.words),),
        certainty=sentences.certainties(panel, "cluster", at, part.words),
        **_origin(part, QUOTIENT),
    )


def _cluster(part: _Part) -> Section | None:
    panel = part.base.regions.get(QUOTIENT)
    if panel is None:
        return None
    at = At(cluster=part.picks.cluster)
    label = part.own.definition.label_of(part.picks.cluster)
    table = league(panel, at, part.words)
    picture = tile_map(panel, at, part.words)
    shown = [picture]
    if len(table.ranked) > 1:
        shown.append(interval_chart(table, chosen=(part.picks.region,)))
    return Section(
        id=f"cluster{part.suffix}",
        question=f"Where do the jobs of {label[0].lower()}{label[1:]} concentrate?{part.heading}",
        answer=(picture.title.rstrip(".") + ".",),
        figures=tuple(shown),
        tables=(_league_table(table),),
        certainty=sentences.certainties(panel, "geo", at, part.words),
        **_origin(part, QUOTIENT),
    )


def _league_table(table: League) -> Table:
    return Table(f"{table.title}. {table.subtitle}", table.columns, table.table(), table.note)


def _origin(part: _Part, measure: str, area: bool = False) -> dict[str, Any]:
    panel = (part.base.area if area else part.base.regions)[measure]
    header = panel.header
    where = part.result.table_path(part.own, part.base, measure, area)
    bits = [
        f"Source: {header.source}" if header.source else "",
        header.vintage,
        f"definition {part.own.definition.id} {part.own.definition.version}".rstrip(),
        f"base {header.base}" if header.base else "",
        f"reference {header.reference}" if find_measure(measure).kind == "intensive" else "",
        header.geography if header.geography != "local" else "",
    ]
    results = [r.definition.id for r in part.result.results].index(part.own.definition.id)
    base = list(part.own.bases).index(part.base)
    kind = "area" if area else "regions"
    return {
        "line": "; ".join(b for b in bits if b) + ".",
        "python": "import hansa\n"
        f'result = hansa.run("STUDY")\n'
        f'result.results[{results}].bases[{base}].{kind}["{measure}"].to_pandas()',
        "command": f"hansa run STUDY   # {where}",
    }


def _gaps_section(result: StudyResult) -> Section:
    answer, tables = gaps(result)
    return Section(
        id="gaps",
        question="What cannot be said, and why?",
        answer=answer,
        tables=tables,
        certainty=tuple(
            set_aside(result.cube) if f.rule.startswith("rows set aside") else _finding_text(f)
            for f in result.findings
        ),
    )


def _finding_text(f: Finding) -> str:
    found = f": {f.printed}" if f.printed else ""
    return f"{f.rule[0].upper()}{f.rule[1:]}{found}."


def _method(result: StudyResult) -> Iterator[tuple[str, str]]:
    study = result.study
    for own in result.results:
        d = own.definition
        yield (
            "Clusters",
            f"{d.label} ({f'{d.id} {d.version}'.strip()}). {' '.join(d.note.split())}".strip(),
        )
    for name in study.measures:
        m = find_measure(name)
        text = f"{m.definition} Formula: {m.formula}. Unit: {m.unit}. Source: {m.source}."
        yield m.label, text
    area = geographies().get(study.geography)
    yield "Regions", area.title if area else study.geography or "every region of the facts"
    header = next(iter(result.results[0].bases[0].regions.values())).header
    known_as = f" ({study.reference_name})" if study.reference_name else ""
    yield "Compared with", f"{header.reference}{known_as}"
    yield "Base", "; ".join(f"({i}) {b.name}" for i, b in enumerate(study.base, 1))
    yield (
        "Small cells",
        f"Rates on fewer than {study.min_cell:g} persons are computed and marked.",
    )
    yield (
        "Missing values",
        "Absent is not zero: a result that depends on a missing value stays absent. "
        "Totals are the published ones where there are any.",
    )
    for spec in study.facts.values():
        if spec.note:
            yield "Facts", " ".join(spec.note.split())
        if spec.licence:
            yield "Licence of the facts", spec.licence
    yield "Steps", "; ".join(header.steps) + "."
