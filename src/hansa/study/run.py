"""A study to its results: facts in, panels out; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hansa.clusters import ClusterDefinition, Coverage, coverage, find_definition
from hansa.cube import Cube
from hansa.errors import Finding, HansaError, listed
from hansa.facts.check import check_facts
from hansa.facts.convert_cube import classification_of
from hansa.facts.series import facts_cube, series_of
from hansa.language import _
from hansa.measures.catalogue import Measure, find_measure
from hansa.panel import Panel
from hansa.sources.geometry import Geometry, read_geometry
from hansa.sources.spec import FactsSpec
from hansa.study.choices import (
    keeps_own_rules,
    options_of,
    own_path,
    period_of,
    rules_of,
    wrong_choices,
)
from hansa.study.compute import Options, Request, compute_all, reference_members
from hansa.study.config import (
    BaseChoice,
    Study,
    expanded,
    extra_files,
    facts_paths,
    folder_name,
    placed,
)
from hansa.study.hidden import revealed
from hansa.study.plan import columns_of, inputs, looks_back

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class BaseResult:
    """Panels of one definition on one base.

    regions  measure -> panel over the regions of the study
    area     measure -> panel over the area as one region; empty without one
    members  cluster -> members of the reference where both cluster and base are published
    """

    base: BaseChoice
    regions: dict[str, Panel]
    area: dict[str, Panel]
    members: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class DefinitionResult:
    """Everything computed on one cluster definition."""

    definition: ClusterDefinition
    coverage: Coverage
    bases: tuple[BaseResult, ...]


@dataclass(frozen=True)
class StudyResult:
    """A study with its results and what was found on the way.

    cubes           every column of the facts that was read, by name, hidden cells dealt with;
                    `cube` is the first of them
    facts_findings  those of `findings` that are about the facts themselves
    """

    study: Study
    cube: Cube
    results: tuple[DefinitionResult, ...]
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]
    names: dict[str, str]
    geometry: Geometry | None = None
    folder: Path | None = None
    cubes: dict[str, Cube] = field(default_factory=dict)
    facts_findings: tuple[Finding, ...] = ()

    def table_path(
        self, own: DefinitionResult, base: BaseResult, measure: str, area: bool = False
    ) -> str:
        """Where a table lies in the folder of the results."""
        folder = ["tables", own.definition.id]
        if len(own.bases) > 1:
            folder.append(folder_name(base.base.name))
        ending = "parquet" if self.study.outputs.tables == "parquet" else "csv"
        return "/".join((*folder, f"{'area_' if area else ''}{measure}.{ending}"))


def run_study(
    study: Study, folder: Path, progress: Progress = lambda _text, _done: None
) -> StudyResult:
    """Run every measure of a study on every definition and base.

    `progress` is told what is being done and how far (0 to 1).
    """
    shapes = None
    if study.outputs.geometry:
        # First of all: it would be a pity to find out after the computing that it is not there.
        path = expanded(folder, study.outputs.geometry)
        shapes = read_geometry(path, study.outputs.geometry_notice)
    files: list[Path] = []
    findings: list[Finding] = []
    for i, (name, spec) in enumerate(study.facts.items()):
        progress(_("checking {name}", name=name), 0.4 * i / len(study.facts))
        paths = facts_paths(folder, spec)
        files += paths
        own = placed(folder, spec)
        for series in series_of(paths, own):
            findings += check_facts(series, own)
    _refuse_errors(findings)
    files += [path for _, path in extra_files(study, folder)]
    start = _Read({}, tuple(findings), tuple(files), shapes)
    return _computed(study, folder, start, lambda text, done: progress(text, 0.4 + 0.6 * done))


def rerun(
    result: StudyResult, study: Study, progress: Progress = lambda _text, _done: None
) -> StudyResult:
    """The same facts under other choices: nothing is read again.

    `study` may differ from that of `result` in what is computed, not in its facts nor in `hidden`.
    """
    if (study.facts, study.hidden) != (result.study.facts, result.study.hidden):
        raise ValueError("other facts: run the study")
    assert result.folder is not None
    read = _Read(dict(result.cubes), result.facts_findings, result.files, result.geometry)
    return _computed(study, result.folder, read, progress)


def on_definition(
    result: StudyResult, definition: ClusterDefinition, measures: Sequence[str], base: BaseChoice
) -> DefinitionResult:
    """One more definition on the facts of a result: these measures of it, on one base."""
    assert result.folder is not None
    cubes = dict(result.cubes)
    chosen = [find_measure(name) for name in measures]
    made = _on_base(result.study, result.folder, definition, chosen, base, cubes)
    return DefinitionResult(definition, coverage(definition, result.cube.activity), (made,))


@dataclass(frozen=True)
class _Read:
    """What the files of a study gave; `cubes` grows as further columns are read."""

    cubes: dict[str, Cube]
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]
    geometry: Geometry | None


def _computed(study: Study, folder: Path, read: _Read, progress: Progress) -> StudyResult:
    chosen = [find_measure(m) for m in study.measures]
    results = []
    for i, definition in enumerate(definitions_of(study, folder)):
        name = study.definitions[i]
        progress(_("computing {name}", name=name), i / len(study.definitions))
        results.append(_on_definition(study, folder, definition, chosen, read.cubes))
    progress(_("done"), 1.0)
    main = next(iter(read.cubes.values()))
    return StudyResult(
        study,
        main,
        tuple(results),
        (*read.findings, *_without_growth(study, rules_of(study, folder), chosen, main)),
        read.files,
        _names(main),
        read.geometry,
        folder,
        read.cubes,
        read.findings,
    )


def _without_growth(study: Study, rules: str, chosen: list[Measure], cube: Cube) -> list[Finding]:
    """Measures that compare two years, where there is one year only: said, not dropped."""
    choices = {own: Options(rules="" if own else rules).choices for own in (True, False)}
    lost = [m.id for m in chosen if looks_back(m, choices[keeps_own_rules(m)])]
    if not lost or period_of(study, cube):
        return []
    return [
        Finding(
            "note",
            "study.toml, measures",
            "measures that compare two years are left out",
            f"{listed(lost)}; the facts hold {listed(cube.years)} only",
            "facts of at least two years",
            "add an earlier year to the facts, or leave these measures out",
        )
    ]


def _names(cube: Cube) -> dict[str, str]:
    """Names of regions that the code list has."""
    labels = cube.geo.codelist.names
    return {code: labels[code] for code in cube.geo.codes if code in labels}


def _first(study: Study) -> FactsSpec:
    return next(iter(study.facts.values()))


def definitions_of(study: Study, folder: Path) -> list[ClusterDefinition]:
    """The definitions of a study. Raises where two have one id: results are named after it."""
    code_list = classification_of(_first(study))
    found = [find_definition(own_path(folder, name), code_list) for name in study.definitions]
    ids = [definition.id for definition in found]
    if twice := [n for n, i in zip(study.definitions, ids, strict=True) if ids.count(i) > 1]:
        raise HansaError(
            "two definitions of the study have one id",
            place="study.toml, definitions",
            printed=listed(twice),
            admissible="ids that differ; a CSV file has its name as its id",
            fix="rename one of the files, or leave it out",
        )
    return found


def _refuse_errors(findings: list[Finding]) -> None:
    errors = [f for f in findings if f.severity == "error"]
    if not errors:
        return
    first = errors[0]
    more = f" ({len(errors) - 1} more: hansa check)" if len(errors) > 1 else ""
    raise HansaError(
        first.rule + more,
        place=first.place,
        printed=first.printed,
        admissible=first.admissible,
        fix=first.fix,
    )


def _on_definition(
    study: Study,
    folder: Path,
    definition: ClusterDefinition,
    measures: list[Measure],
    cubes: dict[str, Cube],
) -> DefinitionResult:
    bases = tuple(_on_base(study, folder, definition, measures, base, cubes) for base in study.base)
    cube = next(iter(cubes.values()))
    return DefinitionResult(definition, coverage(definition, cube.activity), bases)


def _on_base(
    study: Study,
    folder: Path,
    definition: ClusterDefinition,
    measures: list[Measure],
    base: BaseChoice,
    cubes: dict[str, Cube],
) -> BaseResult:
    regions: dict[str, Panel] = {}
    area: dict[str, Panel] = {}
    place = study.area and own_path(folder, study.area)
    for (columns, _kind, own_rules), own in _by_columns(measures, study, folder).items():
        found = {column: cube_of(study, folder, column, cubes) for column in columns}
        cube = found[columns[0]]
        requests = _requests(
            study, options_of(study, folder, base, own_rules), definition, own, place, cube
        )
        computed = compute_all(cube, requests, found)
        regions |= computed[0] | computed[1]
        if study.area:
            area |= computed[2] | computed[3]
    main = cube_of(study, folder, "employment", cubes)
    members = {}
    if study.reference == "complete":
        members = reference_members(main, definition, options_of(study, folder, base))
    return BaseResult(base, regions, area, members)


def columns_needed(study: Study, folder: Path) -> tuple[str, ...]:
    """Columns of the facts that a study reads, jobs first."""
    grouped = _by_columns([find_measure(m) for m in study.measures], study, folder)
    return tuple(dict.fromkeys(["employment", *(c for columns, *_ in grouped for c in columns)]))


def _by_columns(
    measures: list[Measure], study: Study, folder: Path
) -> dict[tuple[tuple[str, ...], str, bool], list[Measure]]:
    """Measures that can be computed together.

    They need the same columns of the facts, the first one being their size; they keep to the same
    clusters (all, or those of one kind); and the study's rules are meant for them, or not.
    """
    grouped: dict[tuple[tuple[str, ...], str, bool], list[Measure]] = {}
    for m in measures:
        own = keeps_own_rules(m)
        choices = Options(rules="" if own else rules_of(study, folder)).choices
        bases = {one.base for one in (m, *inputs(m, choices))} & {"traded", "local"}
        kind = bases.pop() if bases else ""
        grouped.setdefault((columns_of(m, choices), kind, own), []).append(m)
    return grouped


def _requests(
    study: Study,
    years: Options,
    definition: ClusterDefinition,
    measures: list[Measure],
    area: str,
    cube: Cube,
) -> list[Request]:
    """Levels for every year and growth over the period; for the regions, then for the area."""
    levels = tuple(m.id for m in measures if not looks_back(m, years.choices))
    growth = tuple(m.id for m in measures if looks_back(m, years.choices))
    period = period_of(study, cube)
    over = replace(years, start=period[0], end=period[1]) if period else years
    if not period:
        growth = ()
    requests = [Request(levels, definition, years), Request(growth, definition, over)]
    if area:
        for request in list(requests):
            options = replace(request.options, area=(area,), regions="")
            requests.append(Request(request.measures, definition, options))
    return requests


def cube_of(study: Study, folder: Path, column: str, cubes: dict[str, Cube]) -> Cube:
    """The cube of a column with its hidden cells as the study wants them, read once."""
    if column in cubes:
        return cubes[column]
    found = column_of(study, folder, column)
    if not cubes:
        # Hidden cells take long to fill: a name that is wrong is told before.
        for problem in wrong_choices(study, folder, found):
            raise problem
    jobs = cube_of(study, folder, "employment", cubes) if column == "payroll" else None
    cubes[column] = revealed(found, study.hidden, jobs)
    return cubes[column]


def column_of(study: Study, folder: Path, column: str) -> Cube:
    """A column as it is printed, from the first facts entry that has it; raises without one."""
    problems = []
    for spec in study.facts.values():
        try:
            return facts_cube(facts_paths(folder, spec), placed(folder, spec), column)
        except HansaError as problem:
            if "is missing" not in problem.finding.rule:
                raise
            problems.append(problem)
    raise HansaError(
        f"no facts of the study hold {column}",
        place=listed(study.facts),
        printed=problems[0].finding.printed,
        fix=f'map a column: [facts.NAME] columns = {{ {column} = "…" }}, '
        "or leave out the measures that need it",
    )
