"""The Python API: what a command does is one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hansa.clusters import ClusterDefinition, find_definition
from hansa.cube import Cube, marked_missing
from hansa.errors import Finding, UsageError, listed
from hansa.facts.reduce import reduce_files
from hansa.measures import find_measure
from hansa.measures.scene import Choices
from hansa.panel import Panel
from hansa.sources.spec import FactsSpec, spec_from
from hansa.sources.tabular import read_facts, read_table
from hansa.study.check import check_path
from hansa.study.columns import Block, Results
from hansa.study.compute import Options, compute_one
from hansa.study.config import read_study
from hansa.study.plan import columns_of, inputs
from hansa.study.run import StudyResult, run_study

Description = FactsSpec | Mapping[str, Any] | None
Facts = Any
"""A path, several paths, or a table that speaks the Arrow C stream (pandas, polars, DuckDB)."""


def read(facts: Facts, measure: str = "employment", describe: Description = None) -> Panel:
    """One measure of a facts table as a panel by geo, activity, time; rows as in the table.

    describe  keys of `[facts.NAME]` in a study: columns, where, classification, geography, …
    Raises HansaError for anything broken or undeclared in the table.
    """
    cube = _cube(facts, measure, _spec(describe))
    results = Results(cube.geo.codes, cube.activity.codes, "activity", cube.size)
    for time in cube.years:
        rows = cube.load(time)
        cube.laid_out(time, rows)
        results.add(Block(time, None, rows.geo, rows.activity, marked_missing(rows.values)))
    return Panel(("geo", "activity", "time"), results.table(), cube.header)


def compute(
    measure: str,
    facts: Facts,
    definition: str | ClusterDefinition = "",
    *,
    describe: Description = None,
    of: str = "",
    **options: Any,
) -> Panel:
    """One measure of a facts table, by cluster (with a definition) or by activity.

    definition  id, folder or CSV of a cluster definition
    of          column the measure is taken of where any will do; employment by default
    options     reference, without, regions, area, start, end, min_cell, rows
                (`hansa.study.compute.Options`), and those of single measures: rules, benchmark,
                x_line, wage_reference, leave_out (`hansa.measures.scene.Choices`)
    """
    choices = _options(options)
    _refuse_unknown_choices(measure, options, choices)
    spec = _spec(describe)
    for name in (choices.reference, *choices.area):
        spec = _with_area(spec, name)
    column, *more = columns_of(find_measure(measure), choices.choices, of or "employment")
    if isinstance(definition, str):
        code_list = spec.classification
        chosen = find_definition(definition, code_list) if definition else None
    else:
        chosen = definition
    if more and isinstance(facts, Cube):
        raise UsageError(
            f"{measure} needs {listed(more)} too", fix="pass the table itself, or its path"
        )
    others = {name: _cube(facts, name, spec) for name in more}
    return compute_one(measure, _cube(facts, column, spec), chosen, choices, others)


def reduce(
    files: Path | str | Sequence[Path | str],
    by: Sequence[str] = ("geo", "activity", "time"),
    describe: Description = None,
) -> Any:
    """Exact sums over rows, as an Arrow table; see `hansa.facts.reduce`."""
    return reduce_files(_paths(files), by, _spec(describe))


def check(path: Path | str, describe: Description = None) -> list[Finding]:
    """Findings on a table, a definition or a study folder."""
    return check_path(Path(path), _spec(describe))


def run(folder: Path | str) -> StudyResult:
    """Run a study folder; returns its panels and findings, writes nothing."""
    return run_study(read_study(Path(folder)), Path(folder))


def _refuse_unknown_choices(measure: str, given: Mapping[str, Any], choices: Options) -> None:
    """An option of other measures is refused: it would change nothing, and seem to."""
    m = find_measure(measure)
    known = {name for one in (m, *inputs(m, choices.choices)) for name in one.options}
    special = {f.name for f in fields(Choices)} - {"min_cell"}
    if useless := sorted(set(given) & special - known):
        raise UsageError(
            f"{measure} knows no option {listed(useless)}",
            admissible=listed(sorted(known)) or "the general options only",
            fix="leave it out, or name another measure",
        )


def _options(given: Mapping[str, Any]) -> Options:
    """Options by name; one code or geography may stand without a list around it."""
    known = [f.name for f in fields(Options)]
    if unknown := sorted(set(given) - set(known)):
        raise UsageError(
            f"unknown option {listed(unknown)}",
            admissible=listed(known, 20),
            fix="see hansa.compute",
        )
    many = {k: (v,) for k, v in given.items() if k in ("area", "without") and isinstance(v, str)}
    return Options(**{**given, **many})


def _cube(facts: Facts, measure: str, spec: FactsSpec) -> Cube:
    if isinstance(facts, Cube):
        return facts
    if hasattr(facts, "__arrow_c_stream__"):
        return read_table(facts, spec, measure)
    return read_facts(_paths(facts), spec, measure)


def _paths(files: Path | str | Sequence[Path | str]) -> list[Path]:
    if isinstance(files, str | Path):
        return [Path(files)]
    if isinstance(files, Sequence) and files and all(isinstance(f, str | Path) for f in files):
        return [Path(f) for f in files]
    raise UsageError(
        "there are no facts to read",
        printed=f"{type(files).__name__}: {files!r}"[:120],
        admissible="a path, several paths, or a table that speaks the Arrow C stream",
        fix="name the file, or pass the data frame",
    )


def _spec(describe: Description) -> FactsSpec:
    if describe is None:
        return FactsSpec()
    return describe if isinstance(describe, FactsSpec) else spec_from(dict(describe), "describe")


def _with_area(spec: FactsSpec, reference: str) -> FactsSpec:
    """A reference or area that is a code of the table stands beside the regions, not among them."""
    from hansa.codes import geographies, geography_codes

    known = reference in ("all", "complete") or reference in geographies()
    if known or reference.endswith(".toml"):
        return spec
    if geography_codes(spec.geography).spell(reference) and spec.geography:
        return spec
    return spec.model_copy(update={"areas": (*spec.areas, reference)})
