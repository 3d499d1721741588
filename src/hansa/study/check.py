"""Findings on whatever a path names: a table, a definition, a study, an index, an account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hansa.clusters import ClusterDefinition, coverage
from hansa.clusters.definition import find_definition, findings, read_csv
from hansa.errors import Finding, HansaError
from hansa.facts.account.check import check_account
from hansa.facts.account.folder import is_account, is_printed_table
from hansa.facts.check import check_facts
from hansa.facts.check_further import further_rows
from hansa.facts.convert_cube import classification_of
from hansa.facts.series import facts_cube, series_of
from hansa.index.audit import audit
from hansa.index.folder import is_index
from hansa.index.verbs import completed, index
from hansa.measures.catalogue import find_measure
from hansa.programme.call_check import check_call
from hansa.programme.call_settings import FILE as CALL
from hansa.sources.spec import MEASURES, FactsSpec
from hansa.study.choices import options_of, wrong_choices, wrong_outputs
from hansa.study.config import Study, facts_paths, placed, read_study
from hansa.study.places import regions_of
from hansa.study.run import column_of, columns_needed, definitions_of

REPLICATIONS = 10_000
"""Of an index, as its commands have it without options."""


def check_path(path: Path, spec: FactsSpec | None = None) -> list[Finding]:
    """Findings on a table of facts, a definition, a study, a call, an index, or an account.

    A definition is a folder or a CSV file. An account is a folder of printed tables, with or
    without account.toml, or one such table. What is found in an index is its audit, as
    `hansa index audit` makes it without options.
    """
    try:
        if (path / "study.toml").is_file():
            return _study(path)
        if (path / CALL).is_file():
            return check_call(path)
        if is_index(path):
            return _index(path)
        if is_account(path):
            return check_account(path, spec)
        if path.is_dir():
            return _of_definition(find_definition(str(path)), str(path))
        if _is_definition(path):
            own = read_csv(path, spec.classification if spec else "")
            return _of_definition(own, str(path))
        if is_printed_table(path, spec):
            return check_account(path, spec)
        return _table(path, spec)
    except HansaError as problem:
        return [problem.finding]


def _table(path: Path, spec: FactsSpec | None) -> list[Finding]:
    """Findings on one table, of every wrong row and not of the first one only."""
    found = check_facts([path], spec, deep=True)
    more = further_rows(path, found, lambda copy: check_facts([copy], spec))
    errors = [f for f in found if f.severity == "error"]
    return [*errors, *more, *(f for f in found if f.severity != "error")]


def _is_definition(path: Path) -> bool:
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as stream:
        names = stream.readline(4096).decode("utf-8", "replace").strip().split(",")
    return "cluster" in names and "activity" in names and "geo" not in names


def _index(folder: Path) -> list[Finding]:
    """Mistakes of the tables of an index; where there is none, what its audit finds."""
    result, _ = completed(index(folder, replications=REPLICATIONS))
    return [f.as_finding() for f in audit(result).findings if f.severity != "ok"]


def _study(folder: Path) -> list[Finding]:
    study = read_study(folder)
    found: list[Finding] = []
    for spec in study.facts.values():
        try:
            for series in series_of(facts_paths(folder, spec), placed(folder, spec)):
                found += check_facts(series, placed(folder, spec), deep=True)
        except HansaError as problem:
            found.append(problem.finding)
    code_list = classification_of(next(iter(study.facts.values())))
    for name in study.definitions:
        own = str(folder / name) if (folder / name).exists() else name
        try:
            definition = find_definition(own, code_list)
            found += _of_definition(definition, name)
            found += _coverage(folder, study, definition)
        except HansaError as problem:
            found.append(problem.finding)
    if any(f.severity == "error" for f in found):
        return found
    return [*found, *_ids(study, folder), *_choices(study, folder)]


def _choices(study: Study, folder: Path) -> Iterator[Finding]:
    """What the study asks of its facts and definitions that they do not have."""
    unknown = False
    for name in study.measures:
        try:
            find_measure(name)
        except HansaError as problem:
            unknown = True
            yield replace(problem.finding, place="study.toml, measures")
    try:
        cube = column_of(study, folder, "employment")
        wrong = list(wrong_choices(study, folder, cube))
        if not unknown and not wrong:
            wrong += _absent_columns(study, folder)
        if not wrong:
            regions = regions_of(cube, options_of(study, folder, study.base[0]))[1]
            for definition in definitions_of(study, folder):
                wrong += wrong_outputs(study.outputs, regions, definition)
    except HansaError as problem:
        wrong = [problem]
    yield from (problem.finding for problem in wrong)


def _absent_columns(study: Study, folder: Path) -> Iterator[HansaError]:
    """Columns that measures of the study need and that none of its facts hold."""
    for column in columns_needed(study, folder)[1:]:
        try:
            column_of(study, folder, column)
        except HansaError as problem:
            yield problem


def _of_definition(definition: ClusterDefinition, place: str) -> list[Finding]:
    """Findings on a definition, and its clusters that nothing of any activity belongs to."""
    heavy = {m.cluster for m in definition.members if m.weight > 0}
    return [
        *findings(definition, place),
        *(
            Finding(
                "warning",
                place,
                "every weight of a cluster is 0, so nothing is known of it",
                cluster,
                "a weight above 0 for at least one of its activities",
                "correct the weights, or take its rows out",
            )
            for cluster in definition.clusters
            if cluster not in heavy
        ),
    ]


def _ids(study: Study, folder: Path) -> list[Finding]:
    """Two definitions under one id, where each is right by itself."""
    try:
        definitions_of(study, folder)
    except HansaError as problem:
        return [problem.finding]
    return []


def _coverage(folder: Path, study: Study, definition: ClusterDefinition) -> list[Finding]:
    """Codes of a definition that never occur in the facts of a study."""
    spec = next(iter(study.facts.values()))
    measure = next((m for m in MEASURES if m in spec.columns), spec.measure or "employment")
    try:
        own = placed(folder, spec)
        cube = facts_cube(facts_paths(folder, spec), own, measure)
        plans = coverage(definition, cube.activity).clusters
    except HansaError as problem:
        return [problem.finding]
    return [
        Finding(
            "note",
            f"{definition.id}, cluster {plan.cluster}",
            "codes of the cluster that never occur in the facts",
            ", ".join(plan.outside),
            "",
            "the cluster is computed over the rest and carries the status d",
        )
        for plan in plans
        if plan.outside
    ]
