"""The Python API: what a command does is one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.clusters import ClusterDefinition, find_definition
from hansa.cube import Cube, marked_missing
from hansa.errors import Finding, UsageError, listed
from hansa.facts.convert_choice import Choice
from hansa.facts.convert_cube import Converted, as_described, classification_of, converted
from hansa.facts.convert_report import inside
from hansa.facts.convert_words import report, summary
from hansa.facts.disclosure_rules import Rules
from hansa.facts.disclosure_table import ALWAYS, Owned, protected
from hansa.facts.fill import Filler, FillOptions
from hansa.facts.fill_table import filled_table
from hansa.facts.firms import Choices as FirmChoices
from hansa.facts.firms import FirmPanels, firm_panels
from hansa.facts.made import Made, table_of
from hansa.facts.reduce import reduce_files
from hansa.facts.series import facts_cube
from hansa.measures import find_measure
from hansa.measures.scene import Choices
from hansa.panel import Panel
from hansa.sources.live.extracts import find_extract
from hansa.sources.raw import column_names, raw_table
from hansa.sources.spec import CONVERSION, KEYS, MEASURES, FactsSpec, beside, spec_from
from hansa.sources.spec_measures import measures_in, measures_of
from hansa.sources.tabular import read_table
from hansa.study.check import check_path
from hansa.study.columns import Block, Results
from hansa.study.compute import Options, compute_one
from hansa.study.config import read_study
from hansa.study.fetch import fetch_dataset, fetch_extract
from hansa.study.fetch_asked import wanted_of
from hansa.study.fetch_listing import listing
from hansa.study.plan import columns_of, inputs
from hansa.study.run import StudyResult, run_study
from hansa.study.single import compute_of_study

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
    definition: str | Path | ClusterDefinition = "",
    *,
    describe: Description = None,
    of: str = "",
    **options: Any,
) -> Panel:
    """One measure of a facts table, by cluster (with a definition) or by activity.

    facts       a table; or a study folder, whose facts and choices are taken
    definition  id, folder or CSV of a cluster definition
    of          column the measure is taken of where any will do; employment by default
    options     reference, without, regions, area, start, end, min_cell, rows
                (`hansa.study.compute.Options`), and those of single measures: rules, benchmark,
                x_line, wage_reference, leave_out (`hansa.measures.scene.Choices`)
    """
    choices = _options(options)
    _refuse_unknown_choices(measure, options, choices)
    if isinstance(facts, str | Path) and (Path(facts) / "study.toml").is_file():
        if describe is not None and describe != FactsSpec():
            raise UsageError(
                "a study describes its facts itself",
                place=str(facts),
                fix="leave the description out, or name the table in place of the study",
            )
        own = {name: getattr(choices, name) for name in options}
        return compute_of_study(measure, Path(facts), definition, of, own)
    spec = _spec(describe)
    for name in (choices.reference, *choices.area):
        spec = _with_area(spec, name)
    column, *more = columns_of(find_measure(measure), choices.choices, of or "employment")
    if isinstance(definition, str | Path):
        code_list = classification_of(spec)
        chosen = find_definition(str(definition), code_list) if definition else None
    else:
        chosen = definition
    if more and isinstance(facts, Cube):
        raise UsageError(
            f"{measure} needs {listed(more)} too", fix="pass the table itself, or its path"
        )
    others = {name: _cube(facts, name, spec) for name in more}
    return compute_one(measure, _cube(facts, column, spec), chosen, choices, others)


def fetch(
    what: str,
    *,
    filters: Mapping[str, Sequence[str | int] | str | int] | None = None,
    geo: Sequence[str] | str = (),
    period: Sequence[str | int] | str | int = "",
    part: Sequence[str] | str = "",
    at: str = "",
    refresh: bool = False,
) -> Made:
    """Live data as a table: a data set `SOURCE:DATASET`, or a ready-made extract.

    filters  dimension -> codes or patterns (`SE??`)
    geo      regions; part: of an extract made of several
    period   `2015:2020`, a year, or several years of a data set
    at       base address in place of the service's own; refresh: ask again where it is kept

    Asks the one service that is named and no other host. Raises HansaError for what it refuses.
    """
    wanted = wanted_of(filters, geo, period, part, at, refresh)
    if ":" in what:
        return fetch_dataset(what, wanted)
    found = fetch_extract(find_extract(what), wanted)
    if len(found) > 1:
        raise UsageError(
            f"the extract {what} has several parts for this period",
            admissible=listed(found),
            fix=f"hansa.fetch({what!r}, part={next(iter(found))!r})",
        )
    return next(iter(found.values()))


def sources(name: str = "", *, search: str = "", at: str = "") -> list[dict[str, Any]]:
    """What can be fetched, each as a plain dict: services and extracts, or what a name means.

    name    empty: every service and extract; a service, an extract, `gisco:FILES`; a data set
            SOURCE:DATASET with its dimensions, their codes and what the codes are called
    search  only what has all these words; beside a service, its data sets; beside a data set, its
            codes
    at      base address in place of the service's own

    `what` in each dict says what it is: service, files, extract, data set. Only a data set, and a
    search beside a service, are asked for over the network: of that one service and no other host.
    Raises UsageError for an unknown name, HansaError for what the service refuses.
    """
    return listing(name, search, at)


def reduce(
    files: Path | str | Sequence[Path | str],
    by: Sequence[str] = ("geo", "activity", "time"),
    describe: Description = None,
) -> Any:
    """Exact sums over rows, as an Arrow table; see `hansa.facts.reduce`."""
    return reduce_files(_paths(files), by, _spec(describe))


def convert(
    facts: Facts,
    to: str,
    *,
    kind: str = "extensive",
    by: str = "",
    definition: str | Path | ClusterDefinition = "",
    describe: Description = None,
    **options: Any,
) -> Made:
    """A facts table in other codes: all its measures, in one go.

    to          version of the result: nuts:2021, nace:2.1, isic:4, …
    kind        extensive (jobs, wages) or intensive (rates); `by` is the column rates are of
    definition  clusters of which the report says what share of jobs stays inside
    options     origin, links, columns, weight, bounds, leave_out
                (`hansa.facts.convert_choice.Choice`)

    Raises HansaError naming every code that neither an exact link nor a weight can move.
    """
    choice = _choice(to, kind, by, options)
    spec = _spec(describe).model_copy(update=dict.fromkeys(CONVERSION, ""))
    names = _measures(facts, spec)
    beside = _rates_of(facts, by, spec) if by else None
    cubes = {name: _cube(facts, name, spec) for name in names}
    # What rates are of is no rate itself.
    found = [
        converted(cube, choice, "extensive" if name == by else kind, beside)
        for name, cube in cubes.items()
    ]
    table, description = table_of([one.cube for one in found])
    accounts = [one.account for one in found]
    said = report(found[0].plan, accounts)
    if definition:
        said["clusters"] = _inside(found, cubes, definition)
    said["set_aside"] = list(found[0].cube.set_aside)
    return Made(table, description, said, tuple(summary(found[0].plan, accounts)))


def _inside(
    found: Sequence[Converted],
    cubes: Mapping[str, Cube],
    definition: str | Path | ClusterDefinition,
) -> dict[str, Any]:
    own = definition
    if isinstance(own, str | Path):
        own = find_definition(str(own), found[0].plan.origin)
    measures = [one.account.measure for one in found]
    return {
        name: inside(one.account, one.plan, cubes[name], own)
        for name, one in zip(measures, found, strict=True)
    }


def _choice(to: str, kind: str, by: str, options: Mapping[str, Any]) -> Choice:
    known = [f.name for f in fields(Choice) if f.name != "to"]
    if unknown := sorted(set(options) - set(known)):
        raise UsageError(f"unknown option {listed(unknown)}", admissible=listed(known))
    if kind not in ("extensive", "intensive"):
        raise UsageError(
            f"values are not {kind!r}",
            admissible="extensive (may be added up: jobs, wages) or intensive (rates)",
            fix="--kind extensive",
        )
    if by and kind == "extensive":
        raise UsageError(
            "only rates are of something", printed=f"by {by}", fix="--kind intensive, or no --by"
        )
    if options.get("bounds", "") not in ("", "links"):
        raise UsageError(
            f"unknown bounds {options['bounds']!r}", admissible="links", fix="--bounds links"
        )
    if options.get("bounds") and kind == "intensive":
        raise UsageError(
            "rates have no bounds by links",
            printed="--bounds links --kind intensive",
            admissible="weights, or the column that the rates are of",
            fix="--by COLUMN, or give links with weights (--links FILE --weight NAME)",
        )
    own = {**options, "links": str(options.get("links", ""))}
    aside = own.get("leave_out", ())
    return Choice(to, **{**own, "leave_out": (aside,) if isinstance(aside, str) else tuple(aside)})


def _measures(facts: Facts, spec: FactsSpec) -> list[str]:
    if isinstance(facts, Cube):
        return [facts.header.measure]
    if hasattr(facts, "__arrow_c_stream__"):
        return measures_of(pa.table(facts), spec)
    return measures_in(_paths(facts)[0], spec)


def _rates_of(facts: Facts, by: str, spec: FactsSpec) -> Cube:
    """What rates are of: a measure of the table, or any of its columns."""
    if by not in MEASURES:
        columns = {**spec.columns, "establishments": by}
        spec, by = spec.model_copy(update={"columns": columns}), "establishments"
    return _cube(facts, by, spec)


def fill(
    facts: Facts,
    *,
    units: Facts | None = None,
    reason: str = "",
    describe: Description = None,
    **options: Any,
) -> Made:
    """A facts table with its hidden cells filled: all its measures, each within all its sums.

    units    another table with the column establishments on the same codes: what the prior
             `units` rests on; the table's own establishments otherwise
    reason   why confidential cells (status `c`) that the sums all but give may be given out;
             without one they stay empty
    options  prior, tolerance, draws, seed, per_unit (`hansa.facts.fill.FillOptions`)

    Filled values carry the flag `imputed`, exact bounds and an estimated share of 1; what no
    published sum bounds stays absent.
    """
    known = [f.name for f in fields(FillOptions)]
    if unknown := sorted(set(options) - set(known)):
        raise UsageError(f"unknown option {listed(unknown)}", admissible=listed(known))
    spec, choice = _spec(describe), FillOptions(**options)
    cubes = {name: _cube(facts, name, spec) for name in _measures(facts, spec)}
    beside = cubes.get("establishments")
    if units is not None:
        beside = _cube(units, "establishments", spec)
    fillers = {name: _filler(cube, choice, beside) for name, cube in cubes.items()}
    return filled_table(fillers, reason)


def _filler(cube: Cube, choice: FillOptions, units: Cube | None) -> Filler:
    if units is cube and choice.prior == "units":
        # Numbers of local units say nothing about themselves.
        return Filler(cube, replace(choice, prior="best"))
    if units is None or units is cube:
        return Filler(cube, choice)
    number = {time: cube.on_these_axes(units, time).value for time in cube.years}
    return Filler(cube, choice, number)


def firms(
    files: Path | str | Sequence[Path | str],
    by: str | Sequence[str] = ("geo", "activity"),
    definition: str | Path = "",
    *,
    describe: Description = None,
    **options: Any,
) -> FirmPanels:
    """Panels of births, deaths, survival, growth and jobs from rows of firms, safe to publish.

    files       a row a firm and year: id, geo, activity, time, employment, and where there are
                any turnover, payroll, birth, death; files only, so that rows stay where they are
    by          geo, activity or both, also as one text: "geo,activity"
    definition  clusters in place of activities
    options     fields of `hansa.facts.firms.Choices`

    No row, no id and no cell of few firms leaves; see `docs/how-to/firm-level-tables.md`.
    """
    known = [f.name for f in fields(FirmChoices)]
    if unknown := sorted(set(options) - set(known)):
        raise UsageError(f"unknown option {listed(unknown)}", admissible=listed(known, 20))
    several = files if isinstance(files, list | tuple) else [files]
    if not all(isinstance(file, str | Path) for file in several):
        raise UsageError(
            "rows of firms are read from files",
            printed=f"a {type(several[0]).__name__}; what it holds is not shown",
            admissible="the path of a CSV or Parquet file, or several",
            fix='write the table to a file first: hansa.firms("firms.parquet")',
        )
    spec = _spec(describe)
    own = find_definition(str(definition), spec.classification) if definition else None
    if "without" in options:
        options["without"] = _names(options["without"])
    return firm_panels(_paths(files), _names(by), own, spec, FirmChoices(**options))


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    """Names given one by one, or as one text with commas."""
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part.strip() for part in parts if part.strip())


def protect(
    facts: Facts,
    *,
    units: Facts | None = None,
    keys: Path | str | None = None,
    audit: bool = False,
    describe: Description = None,
    **options: Any,
) -> Made:
    """One's own table made safe to publish, or with `audit` what it would give away as it stands.

    facts    a table in which confidential values are known; establishments beside jobs and wages
             are the numbers of contributors, `largest` and `two_largest` serve rules of dominance
    units    another table with the column establishments, in place of the table's own
    keys     CSV of confidential cells: geo, activity and, where it matters, time
    options  fewest, share, dominance, p_percent, hide_establishments, tolerance
             (`hansa.facts.disclosure_rules.Rules`)

    Raises HansaError where a confidential cell cannot be protected.
    """
    known = [f.name for f in fields(Rules)]
    if unknown := sorted(set(options) - set(known)):
        raise UsageError(f"unknown option {listed(unknown)}", admissible=listed(known))
    rules, spec = Rules(**options), _spec(describe)
    cubes = {name: _cube(facts, name, spec) for name in _measures(facts, spec)}
    beside = {n: _cube(facts, n, spec) for n in _concentration(facts, spec)}
    if units is not None:
        beside["number"] = _cube(units, "establishments", spec)
    elif "establishments" in cubes and len(cubes) > 1:
        beside["number"] = cubes["establishments"]
    named = None if keys is None else _named_cells(Path(keys), spec)
    return protected(Owned(cubes, beside, named), rules, audit)


def _concentration(facts: Facts, spec: FactsSpec) -> list[str]:
    """Columns of the largest contributors, where a table has them."""
    if isinstance(facts, Cube):
        return []
    if hasattr(facts, "__arrow_c_stream__"):
        names = pa.table(facts).column_names
    else:
        names = column_names(_paths(facts)[0], beside(_paths(facts)[0], spec))
    return [n for n in ("largest", "two_largest") if n in spec.columns or n in names]


def _named_cells(path: Path, spec: FactsSpec) -> Cube:
    """Confidential cells of a file of keys, in the codes of the table."""
    table = raw_table(path, spec.model_copy(update={"wide": (), "sheet": ""}))
    columns = {k: v for k, v in spec.columns.items() if k in KEYS and v in table.column_names}
    if columns.get("time", "time") not in table.column_names:
        columns["time"] = f"={ALWAYS}"
    own = {"where": {}, "wide": (), "level": {}, "totals": "", "columns": columns}
    marks = pa.array([1.0] * table.num_rows)
    return read_table(
        table.select([n for n in table.column_names if n not in MEASURES]).append_column(
            "employment", marks
        ),
        spec.model_copy(update=own),
    )


def check(path: Path | str, describe: Description = None) -> list[Finding]:
    """Findings on a table, or on a folder: a study, an index, a call, a definition, an account."""
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
        return as_described(read_table(facts, spec, measure), spec)
    return facts_cube(_paths(facts), spec, measure)


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
