"""What a computation needs that is the same for all years: units, regions, base, reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

import numpy as np

from hansa.clusters import ClusterDefinition, Coverage, coverage
from hansa.codes import geographies, geography
from hansa.cube import Axis, Cube, extra_regio
from hansa.errors import HansaError, UsageError, listed
from hansa.measures.catalogue import FACTS_UNIT, Measure, find_measure
from hansa.measures.rules import find_rules
from hansa.measures.scene import CHOICES, Area, Choices
from hansa.measures.slices import Base, Reference, positions_of
from hansa.measures.wages import WAGE_UNIT
from hansa.panel import Header
from hansa.study.columns import Results

MIN_CELL = 50.0


@dataclass(frozen=True)
class Options:
    """Choices of a computation; each is part of the result's header.

    reference   `all` (the whole source), `complete`, a code of the table, or a geography id
    without     top-level activities left out of the base
    regions     geography whose members are the regions of the result; empty: all regions
    area        geography (or several) whose members are summed into one region of the result, or
                a code of the table that stands for the whole of its regions
    start, end  years of a period; empty: every year, growth against the year before
    min_cell    persons below which a rate is marked `tiny`
    rows        `grid`: every unit x region x year; `listed`: only the rows of the table
    hidden      `absent`: hidden cells are not known at all; `bounds`: they lie between nothing and
                what the published totals leave over
    precision   `double`, or `single`: values are stored with seven digits, in half the memory
    rules, benchmark, x_line, wage_reference, leave_out: see `hansa.measures.scene.Choices`
    """

    reference: str = "all"
    without: tuple[str, ...] = ()
    regions: str = ""
    area: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    min_cell: float = MIN_CELL
    rows: str = "grid"
    hidden: str = "absent"
    precision: str = "double"
    rules: str = ""
    benchmark: str = "plain"
    x_line: str = "zero"
    wage_reference: str = "country"
    leave_out: str = "region"

    @property
    def choices(self) -> Choices:
        """The options that single measures know."""
        return Choices(**{f.name: getattr(self, f.name) for f in fields(Choices)})


@dataclass(frozen=True)
class Plan:
    """Everything that is the same for all years."""

    cube: Cube
    measures: tuple[Measure, ...]
    coverage: Coverage | None
    keep: tuple[int, ...]
    names: tuple[str, ...]
    bases: dict[str, Base]
    reference: Reference
    area: Area
    geo: tuple[str, ...]
    options: Options
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    short: tuple[str, ...] = field(default=())
    beyond: tuple[int, ...] = field(default=())
    units: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """For each region of the result its columns of the source."""
        return self.area.columns

    @property
    def unit_dimension(self) -> str:
        """Name of the dimension that holds the units."""
        return "cluster" if self.coverage else "activity"

    def results(self) -> Results:
        """An empty store for one measure."""
        kind = np.float32 if self.options.precision == "single" else np.float64
        if self.listed:
            codes = self.cube.geo.codes, self.cube.activity.codes
            return Results(*codes, "activity", self.cube.size, kind)
        years = sum(self.uses(t) and self.shows(t) for t in self.cube.years)
        size = years * len(self.geo) * len(self.names)
        return Results(self.geo, self.names, self.unit_dimension, size, kind)

    @property
    def listed(self) -> bool:
        """True where only cells with a row have a result."""
        return self.options.rows == "listed" and self.coverage is None

    @property
    def period(self) -> tuple[int, int] | None:
        """First and last year where one period is asked for."""
        start, end = self.options.start, self.options.end
        return (start, end) if start is not None and end is not None else None

    def uses(self, time: int) -> bool:
        """Whether a year is needed at all."""
        start, end = self.options.start, self.options.end
        return (start is None or time >= start) and (end is None or time <= end)

    def shows(self, time: int) -> bool:
        """Whether a year has rows in the result: the last one of a period."""
        return self.period is None or time == self.period[1]


def plan_of(
    measures: list[Measure],
    cube: Cube,
    definition: ClusterDefinition | None,
    options: Options,
    units: dict[str, str] | None = None,
) -> Plan:
    """Plan a computation; raises for options and facts that do not carry it.

    units  unit of each further column of the facts
    """
    _check(cube, definition, options)
    cover = coverage(definition, cube.activity) if definition else None
    seen = [*measures, *(one for m in measures for one in inputs(m, options.choices))]
    _check_composed(measures, seen, options)
    keep = _units(seen, cube, definition)
    names = tuple(definition.clusters[i] if definition else cube.activity.codes[i] for i in keep)
    columns, geo, notes, short = _regions(cube, options)
    reference = reference_of(cube, options)
    if cube.geo.codelist.is_local and (options.area or options.regions):
        notes += ("Regions found by the spelling of codes: the table declares no geography.",)
    if reference.outside:
        notes += (f"Reference members outside the source: {listed(reference.outside)}.",)
    return Plan(
        cube,
        tuple(measures),
        cover,
        keep,
        names,
        {name: _base(name, cube, definition, options) for name in map(base_name, seen)},
        reference,
        _area(cube, columns),
        geo,
        options,
        tuple(dict.fromkeys(c for m in seen for c in m.needs if c != cube.header.measure)),
        notes,
        short,
        _beyond(cube, cover, options),
        units or {},
    )


def _beyond(cube: Cube, cover: Coverage | None, options: Options) -> tuple[int, ...]:
    """Units with a part in what is left out of the base: they are no share of the rest."""
    axis = cube.activity
    left = {axis.place[code] for code in options.without if code in axis.place}

    def inside(node: int) -> bool:
        while node >= 0:
            if node in left:
                return True
            node = axis.parent[node]
        return False

    if cover is None:
        return tuple(i for i in range(len(axis)) if inside(i))
    return tuple(
        i
        for i, c in enumerate(cover.clusters)
        if any(inside(int(node)) for node, *_ in (*c.exact, *c.partial))
    )


def inputs(m: Measure, choices: Choices) -> list[Measure]:
    """Measures that another one is made of."""
    names = m.uses
    if m.rules:
        names += find_rules(choices.rules or m.rules).measures
    return [inner for name in names for inner in _with_inputs(find_measure(name), choices)]


def _with_inputs(m: Measure, choices: Choices) -> list[Measure]:
    return [m, *inputs(m, choices)]


def columns_of(m: Measure, choices: Choices, of: str = "employment") -> tuple[str, ...]:
    """Columns of the facts that a measure is made of; the first one is its size."""
    own = m.needs or (of,)
    more = (column for one in inputs(m, choices) for column in one.needs)
    return tuple(dict.fromkeys((*own, *more)))


def looks_back(m: Measure, choices: Choices) -> bool:
    """Whether a measure, or one that it is made of, compares two years."""
    return any(one.years == 2 for one in (m, *inputs(m, choices)))


_KNOWN = {"hidden": ("absent", "bounds"), "precision": ("double", "single")}


def _check_composed(measures: list[Measure], seen: list[Measure], options: Options) -> None:
    for name, known in {**CHOICES, **_KNOWN}.items():
        if getattr(options, name) not in known:
            raise UsageError(
                f"unknown {name} {getattr(options, name)!r}",
                admissible=listed(known),
                fix=f"--set {name}={known[0]}",
            )
    made = [m.id for m in measures if m.composed]
    if made and options.rows == "listed":
        raise UsageError(f"{listed(made)} has no rows to list", fix="leave out rows = listed")


def _area(cube: Cube, columns: tuple[tuple[int, ...], ...]) -> Area:
    """How the regions of the result lie in the source."""
    countries = tuple(_country(cube.geo, i) for i in range(len(cube.geo)))
    members = tuple(own if len(own) > 1 else _inside(cube, own[0]) for own in columns)
    wanted = {countries[i] for own in columns for i in own} - {""}
    return Area(
        columns,
        members,
        cube.regions,
        countries,
        {name: _country_columns(cube, name, countries) for name in sorted(wanted)},
    )


def _country(geo: Axis, i: int) -> str:
    """Code at the top of the code list; empty for codes that know no country."""
    if geo.codelist.is_local or i in geo.beside:
        return ""
    above = list(geo.codelist.ancestors(geo.codes[i]))
    return above[-1] if above else geo.codes[i]


def _inside(cube: Cube, column: int) -> tuple[int, ...]:
    """Regions of the source that lie in a column; all of them for a total beside the tree."""
    if column in cube.geo.beside:
        return tuple(cube.regions)
    if column not in cube.geo.children:
        return ()

    def above(i: int) -> bool:
        while i >= 0:
            i = cube.geo.parent[i]
            if i == column:
                return True
        return False

    return tuple(i for i in cube.regions if above(i))


def _country_columns(cube: Cube, name: str, countries: tuple[str, ...]) -> tuple[int, ...]:
    """Columns that make up a country: its own row, else all of its regions; empty otherwise."""
    if name in cube.geo.place:
        return (cube.geo.place[name],)
    parts = [i for i in cube.regions if countries[i] == name]
    leaves = cube.geo.codelist.leaves
    covered = frozenset[str]().union(*(leaves(cube.geo.codes[i]) for i in parts))
    lacking = {x for x in leaves(name) - covered if not extra_regio(cube.geo.codelist, x)}
    return () if lacking else tuple(parts)


def base_name(m: Measure) -> str:
    """Which of a plan's bases a measure is seen with; the total where it uses none."""
    return m.base or "total"


def _check(cube: Cube, definition: ClusterDefinition | None, options: Options) -> None:
    for year in (options.start, options.end):
        if year is not None and year not in cube.years:
            raise HansaError(
                f"there are no facts for {year}",
                printed=listed(cube.years, 30),
                admissible="a year of the table",
                fix="change from or to",
            )
    if options.start is not None and options.end is not None and options.start >= options.end:
        raise UsageError(
            "the period ends before it begins", printed=f"{options.start} to {options.end}"
        )
    if options.rows not in ("grid", "listed"):
        raise UsageError(f"unknown rows {options.rows!r}", admissible="grid, listed")
    if options.rows == "listed" and definition is not None:
        raise UsageError(
            "clusters have no rows in the table to list",
            printed="rows = listed with a definition",
            fix="leave out rows, or the definition",
        )


def _units(
    measures: list[Measure], cube: Cube, definition: ClusterDefinition | None
) -> tuple[int, ...]:
    """Positions of the units of the result; a traded or local base keeps clusters of its kind."""
    kinds = {m.base for m in measures} & {"traded", "local"}
    if not definition:
        if kinds:
            raise UsageError(
                f"a {listed(sorted(kinds))} base needs a cluster definition with kinds",
                fix="name one: --definition hansa-divisions",
            )
        return cube.parts
    if not kinds:
        return tuple(range(len(definition.clusters)))
    if len({m.base for m in measures if m.base}) > 1:
        raise UsageError("measures on different bases cannot be computed in one call")
    kind = kinds.pop()
    found = tuple(i for i, c in enumerate(definition.clusters) if definition.kind_of(c) == kind)
    if not found:
        raise UsageError(
            f"the definition {definition.id} has no {kind} clusters",
            admissible="members with kind traded or local",
            fix="add the column kind to members.csv, or use location_quotient_total",
        )
    return found


def _base(name: str, cube: Cube, definition: ClusterDefinition | None, options: Options) -> Base:
    if name not in ("traded", "local") or definition is None:
        return Base(name, options.without)
    if options.without:
        raise UsageError(
            f"nothing can be left out of a {name} base",
            printed=f"without {listed(options.without)}",
            fix="use location_quotient_total, or leave out without",
        )
    if definition.overlapping:
        raise UsageError(
            f"clusters of {definition.id} overlap: their sum is no base",
            fix="use location_quotient_total",
        )
    own = tuple(replace(m, cluster=name) for m in definition.members if m.kind == name)
    merged = replace(definition, id=f"{definition.id}:{name}", members=own)
    return Base(name, (), coverage(merged, cube.activity))


def _regions(
    cube: Cube, options: Options
) -> tuple[tuple[tuple[int, ...], ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Columns and codes of the regions, notes, and the areas with members outside the source."""
    if options.area:
        found = {name: _area_positions(cube, name) for name in options.area}
        short = {name: outside for name, (_, outside) in found.items() if outside}
        notes = tuple(
            f"Members of {name} outside the source: {listed(outside)}."
            for name, outside in short.items()
        )
        return tuple(own for own, _ in found.values()), tuple(found), notes, tuple(short)
    positions: Iterable[int] = cube.regions
    notes = ()
    if options.regions:
        positions, outside = positions_of(cube.geo, geography(options.regions))
        if outside:
            notes = (f"Members of {options.regions} outside the source: {listed(outside)}.",)
    positions = sorted(positions)
    return tuple((i,) for i in positions), tuple(cube.geo.codes[i] for i in positions), notes, ()


def _area_positions(cube: Cube, name: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Columns of an area, and its members outside: a geography, or a code of the table."""
    code = cube.geo.codelist.spell(name) or name
    if name not in geographies() and code in cube.geo.place:
        return (cube.geo.place[code],), ()
    return positions_of(cube.geo, geography(name))


def reference_of(cube: Cube, options: Options) -> Reference:
    """The reference area that the options name."""
    name = options.reference
    if name == "all":
        return Reference("all regions of the source")
    if name == "complete":
        return Reference(
            "members where both the cluster and the base are published", cube.geo.roots, True
        )
    if name in geographies() or name.endswith(".toml"):
        area = geography(name)
        positions, outside = positions_of(cube.geo, area)
        return Reference(area.title, positions, outside=outside)
    code = cube.geo.codelist.spell(name) or name
    if code in cube.geo.place:
        return Reference(cube.geo.codelist.label.get(code, code), (cube.geo.place[code],))
    raise UsageError(
        f"unknown reference {name!r}",
        admissible="all, complete, a code of the table, or a geography: "
        + listed(geographies(), 20),
        fix="--reference NAME",
    )


def header_of(m: Measure, plan: Plan) -> Header:
    """The header of one measure's panel."""
    facts = plan.cube.header
    definition = plan.coverage.definition if plan.coverage else None
    options = plan.options
    base = m.base and f"{m.base}: {_base_text(m.base, options)}"
    return Header(
        measure=m.id,
        label=m.label,
        unit=_unit(m, plan),
        kind=m.kind,
        classification=facts.classification,
        geography=facts.geography,
        definition=definition.id if definition else "",
        base=base,
        reference=plan.reference.name,
        source=facts.source,
        licence=facts.licence,
        vintage=facts.vintage,
        absent_rows=facts.absent_rows,
        zeros=facts.zeros,
        model_data=facts.model_data,
        overlapping=bool(definition and definition.overlapping),
        notes=_choice_notes(m, plan)
        + facts.notes
        + plan.notes
        + _coverage_notes(plan)
        + _base_notes(m, plan),
        steps=(
            *facts.steps,
            *_total_steps(plan),
            *_coverage_steps(plan),
            *_choice_steps(m, plan),
            f"computed {m.id} of {facts.measure}",
        ),
    )


def _unit(m: Measure, plan: Plan) -> str:
    facts = plan.cube.header
    if m.unit == FACTS_UNIT:
        return facts.unit
    if m.unit == WAGE_UNIT and plan.units.get("payroll"):
        return f"{plan.units['payroll']} per person"
    return m.unit


_BENCHMARK = {
    "plain": "the plain mean over clusters of their growth of wages",
    "weighted": "the mean over clusters of their growth of wages, weighted by jobs at the start",
    "totals": "the growth of the average wage of all jobs",
    "plain-known": "the plain mean over the clusters whose growth of wages is known",
    "weighted-known": "the mean over the clusters whose growth of wages is known, "
    "weighted by jobs at the start",
}


def _choice_notes(m: Measure, plan: Plan) -> tuple[str, ...]:
    """What a reader needs to know of the choices: rules first, a draft is called one."""
    choices, notes = plan.options.choices, []
    if m.rules:
        notes.append(find_rules(choices.rules or m.rules).stamp)
    if "benchmark" in m.options:
        notes.append(f"Wages are held against {_BENCHMARK[choices.benchmark]}.")
    if "wage_reference" in m.options:
        over = {
            "country": "the same cluster in the country",
            "region": "all jobs of the region",
            "reference": "the same cluster in the reference area",
        }
        notes.append(f"Wages are held against {over[choices.wage_reference]}.")
    if m.unit == WAGE_UNIT or "payroll" in m.needs:
        notes.append("The average wage stands in for productivity.")
    return tuple(notes)


def _choice_steps(m: Measure, plan: Plan) -> tuple[str, ...]:
    steps = [f"{name} = {getattr(plan.options, name)}" for name in m.options if name != "rules"]
    if plan.options.precision == "single":
        steps.append("values stored in single precision, seven digits; computed in double")
    if plan.options.hidden == "bounds":
        steps.append("hidden cells between nothing and what published totals leave over")
    return tuple(steps)


def _base_text(name: str, options: Options) -> str:
    if name != "total":
        return f"{name} clusters of the definition"
    rest = f" without {listed(options.without)}" if options.without else ""
    return f"all activities of the source{rest}"


def _base_notes(m: Measure, plan: Plan) -> tuple[str, ...]:
    if not m.base or not plan.beyond:
        return ()
    names = plan.coverage.definition.clusters if plan.coverage else plan.cube.activity.codes
    left = listed([names[i] for i in plan.beyond if i in plan.keep])
    if not left:
        return ()
    if m.part_of_base:
        return (f"Not wholly part of the base, so no share of it: {left}.",)
    return (f"Compared by jobs per job of the base, of which they are not wholly a part: {left}.",)


def _total_steps(plan: Plan) -> tuple[str, ...]:
    """How totals and parents came about, where the table has any (law 4 and 5)."""
    steps = []
    for name, axis in (("activities", plan.cube.activity), ("regions", plan.cube.geo)):
        if axis.total >= 0:
            steps.append(f"totals of {name} as published; where absent, all top-level codes")
        if axis.children:
            steps.append(f"parents of {name} as published; where absent, all of their parts")
    return tuple(steps)


def _coverage_notes(plan: Plan) -> tuple[str, ...]:
    """What a reader of a figure needs to know of the coverage; the codes are in the steps."""
    if plan.coverage is None:
        return ()
    clusters = plan.coverage.clusters
    without = sum(c.state == "not computable" for c in clusters)
    partly = sum(bool(c.outside) for c in clusters) - without
    bounded = [c.cluster for c in clusters if c.state == "bounded"]
    notes = []
    if partly:
        notes.append(
            f"{partly} of {len(clusters)} clusters are computed without some of their codes, "
            "which never occur in the source."
        )
    if without:
        notes.append(f"{without} of {len(clusters)} clusters lie outside the source.")
    if bounded:
        notes.append(f"Known only between bounds, the source is too coarse: {listed(bounded)}.")
    return tuple(notes)


def _coverage_steps(plan: Plan) -> tuple[str, ...]:
    if plan.coverage is None:
        return ()
    outside = [f"{c.cluster}: {', '.join(c.outside)}" for c in plan.coverage.clusters if c.outside]
    return (f"codes outside the source: {'; '.join(outside)}",) if outside else ()
