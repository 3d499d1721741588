"""What a computation needs that is the same for all years: units, regions, base, reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

from hansa.clusters import ClusterDefinition, Coverage, coverage
from hansa.clusters.room import room_of
from hansa.cube import Cube
from hansa.errors import HansaError, UsageError, listed
from hansa.language import _
from hansa.law import Quantity
from hansa.measures.catalogue import Measure, find_measure
from hansa.measures.rules import find_rules
from hansa.measures.scene import CHOICES, Area, Choices
from hansa.measures.slices import Base, Reference
from hansa.panel import Header
from hansa.study.columns import Results
from hansa.study.places import area_of, reference_of, regions_of
from hansa.sums import Sums
from hansa.views.format import enumerated

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
                what the published sums allow; `fill`: the narrowest such bounds, and the best
                point within them (`hansa.facts.fill`)
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
    """Everything that is the same for all years.

    sums  column -> what its sums leave to bounded cells together, on the axes of the cube
    """

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
    beyond: tuple[int, ...] = field(default=())
    headers: tuple[Header, ...] = ()
    sums: Mapping[str, Sums] = field(default_factory=dict)

    def sizes(self, column: str, time: int, cells: Quantity) -> Quantity:
        """Sizes of the units in one year of a column: of clusters, as narrow as its sums allow."""
        if self.coverage is None:
            return cells
        sums = self.sums.get(column)
        return self.coverage.sizes(cells, room_of(cells, sums, time) if sums else None)

    def inside(self, base: Base) -> tuple[bool, bool]:
        """Whether the totals of a region and of a unit are added up from the cells of the sizes.

        Published totals have bounds of their own, and other parents and parts may differ.
        """
        whole = not base.coverage and not base.without and not self.cube.activity.tree
        parts = whole and (self.coverage is None or self.coverage.within_cells)
        listed_ones = self.reference.positions or self.reference.complete
        return parts, not self.cube.geo.tree and not listed_ones

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
    others: Mapping[str, Cube] | None = None,
) -> Plan:
    """Plan a computation; raises for options and facts that do not carry it.

    others  further columns of the facts
    """
    check_options(cube, definition, options)
    cover = coverage(definition, cube.activity) if definition else None
    seen = [*measures, *(one for m in measures for one in inputs(m, options.choices))]
    _check_composed(measures, seen, options)
    keep = _units(seen, cube, definition)
    names = tuple(definition.clusters[i] if definition else cube.activity.codes[i] for i in keep)
    columns, geo, notes, short = regions_of(cube, options)
    reference = reference_of(cube, options)
    if cube.geo.codelist.is_local and (options.area or options.regions):
        notes += (_("Regions found by the spelling of codes: the table declares no geography."),)
    if reference.outside:
        outside = enumerated(reference.outside)
        notes += (_("Reference members outside the source: {members}.", members=outside),)
    return Plan(
        cube,
        tuple(measures),
        cover,
        keep,
        names,
        {name: _base(name, cube, definition, options) for name in map(base_name, seen)},
        reference,
        area_of(cube, columns, tuple(name in short for name in geo)),
        geo,
        options,
        tuple(dict.fromkeys(c for m in seen for c in m.needs if c != cube.header.measure)),
        notes,
        _beyond(cube, cover, options),
        tuple(other.header for other in (others or {}).values()),
        _sums(cube, others or {}) if cover else {},
    )


def _sums(cube: Cube, others: Mapping[str, Cube]) -> dict[str, Sums]:
    """The sums of every column that were read and stand on the axes of the cube."""
    axes = (cube.activity.codes, cube.geo.codes)
    read = {name: c.sums for name, c in ({cube.header.measure: cube} | {**others}).items()}
    return {name: sums for name, sums in read.items() if sums and sums.codes == axes}


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


_KNOWN = {"hidden": ("absent", "bounds", "fill"), "precision": ("double", "single")}


def _check_composed(measures: list[Measure], seen: list[Measure], options: Options) -> None:
    for name, known in {**CHOICES, **_KNOWN}.items():
        if getattr(options, name) not in known:
            raise UsageError(
                f"unknown {name} {getattr(options, name)!r}",
                admissible=listed(known),
                fix=f"--set {name}={known[0]}",
            )
    if options.reference == "complete" and options.wage_reference == "reference":
        for m in seen:
            if "wage_reference" in m.options:
                raise UsageError(
                    "jobs and wage bills would be added up over different members",
                    printed="reference = complete, wage_reference = reference",
                    admissible="wage_reference = country, region, or a reference that is one area",
                    fix="--set wage_reference=region",
                )
    made = [m.id for m in measures if m.composed]
    if made and options.rows == "listed":
        raise UsageError(f"{listed(made)} has no rows to list", fix="leave out rows = listed")


def base_name(m: Measure) -> str:
    """Which of a plan's bases a measure is seen with; the total where it uses none."""
    return m.base or "total"


def check_options(cube: Cube, definition: ClusterDefinition | None, options: Options) -> None:
    """Raise for years that the facts do not have, and rows that have no meaning."""
    for year in (options.start, options.end):
        if year is not None and year not in cube.years:
            raise HansaError(
                f"there are no facts for {year}",
                printed=listed(cube.years, 30),
                admissible="a year of the table",
                fix="choose other years: --set from=YEAR, --set to=YEAR",
            )
    if options.start is not None and options.end is not None and options.start >= options.end:
        raise UsageError(
            "the period ends before it begins", printed=f"{options.start} to {options.end}"
        )
    if not 0 <= options.min_cell < float("inf"):
        raise UsageError(
            "min_cell is no number of persons",
            printed=f"{options.min_cell:g}",
            admissible="0 or more",
            fix="--set min_cell=50",
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
