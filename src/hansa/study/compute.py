"""From a cube to the panels of measures: picks base, reference and regions, then year by year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hansa.clusters import ClusterDefinition, Coverage, coverage
from hansa.codes import geographies, geography
from hansa.cube import Cube, Rows, Year
from hansa.errors import HansaError, UsageError, listed
from hansa.law import Flags, Quantity, bit, stacked, total
from hansa.measures.catalogue import FACTS_UNIT, Measure, find_measure
from hansa.measures.slices import Base, Reference, Slice, complete_members, positions_of, slice_of
from hansa.panel import Header, Panel
from hansa.study.columns import Block, Results

MIN_CELL = 50.0


@dataclass(frozen=True)
class Options:
    """Choices of a computation; each is part of the result's header.

    reference   `all` (the whole source), `complete`, a code of the table, or a geography id
    without     top-level activities left out of the base
    regions     geography whose members are the regions of the result; empty: all regions
    area        geography (or several) whose members are summed into one region of the result
    start, end  years of a period; empty: every year, growth against the year before
    min_cell    persons below which a rate is marked `tiny`
    rows        `grid`: every unit x region x year; `listed`: only the rows of the table
    """

    reference: str = "all"
    without: tuple[str, ...] = ()
    regions: str = ""
    area: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    min_cell: float = MIN_CELL
    rows: str = "grid"


@dataclass(frozen=True)
class _Plan:
    """Everything that is the same for all years."""

    cube: Cube
    measures: tuple[Measure, ...]
    coverage: Coverage | None
    keep: tuple[int, ...]
    names: tuple[str, ...]
    bases: dict[str, Base]
    reference: Reference
    columns: tuple[tuple[int, ...], ...]
    geo: tuple[str, ...]
    options: Options
    notes: tuple[str, ...] = field(default=())
    short: tuple[str, ...] = field(default=())

    @property
    def unit_dimension(self) -> str:
        return "cluster" if self.coverage else "activity"

    def results(self) -> Results:
        """An empty store for one measure."""
        if self.listed:
            codes = self.cube.geo.codes, self.cube.activity.codes
            return Results(*codes, "activity", self.cube.size)
        return Results(self.geo, self.names, self.unit_dimension)

    @property
    def listed(self) -> bool:
        return self.options.rows == "listed" and self.coverage is None

    @property
    def period(self) -> tuple[int, int] | None:
        start, end = self.options.start, self.options.end
        return (start, end) if start is not None and end is not None else None

    def uses(self, time: int) -> bool:
        """Whether a year is needed at all."""
        start, end = self.options.start, self.options.end
        return (start is None or time >= start) and (end is None or time <= end)

    def shows(self, time: int) -> bool:
        """Whether a year has rows in the result: the last one of a period."""
        return self.period is None or time == self.period[1]


@dataclass(frozen=True)
class Request:
    """Measures wanted of one definition (or of the activities themselves) under one choice."""

    measures: tuple[str, ...]
    definition: ClusterDefinition | None = None
    options: Options = Options()


def compute_all(cube: Cube, requests: Sequence[Request]) -> list[dict[str, Panel]]:
    """Panels by measure id for each request, in one pass over the years of a cube.

    Rows are ordered by time, geo, unit. Raises UsageError for names and options without
    meaning, HansaError for facts that cannot carry the measure.
    """
    plans = [
        _plan([find_measure(name) for name in r.measures], cube, r.definition, r.options)
        for r in requests
    ]
    results = [{m.id: p.results() for m in p.measures} for p in plans]
    memory: list[_Past | None] = [None] * len(plans)
    for time in cube.years:
        wanted = [i for i, plan in enumerate(plans) if plan.uses(time)]
        if not wanted:
            continue
        year = cube.year(time)
        for i in wanted:
            memory[i] = _add_year(year, plans[i], memory[i], results[i])
    return [
        {m.id: _panel(m, plan, own[m.id]) for m in plan.measures}
        for plan, own in zip(plans, results, strict=True)
    ]


def compute_one(
    measure: str,
    cube: Cube,
    definition: ClusterDefinition | None = None,
    options: Options | None = None,
) -> Panel:
    """The panel of one measure; see `compute_all`."""
    request = Request((measure,), definition, options or Options())
    return compute_all(cube, [request])[0][measure]


def _panel(m: Measure, plan: _Plan, results: Results) -> Panel:
    return Panel(("geo", plan.unit_dimension, "time"), results.table(), _header(m, plan))


def _plan(
    measures: list[Measure], cube: Cube, definition: ClusterDefinition | None, options: Options
) -> _Plan:
    _check_years(cube, options)
    cover = coverage(definition, cube.activity) if definition else None
    keep = _units(measures, cube, definition)
    names = tuple(definition.clusters[i] if definition else cube.activity.codes[i] for i in keep)
    columns, geo, notes, short = _regions(cube, options)
    reference = _reference(cube, options)
    if reference.outside:
        notes += (f"Reference members outside the source: {listed(reference.outside)}.",)
    return _Plan(
        cube,
        tuple(measures),
        cover,
        keep,
        names,
        {m.base: _base(m.base, cube, definition, options) for m in measures},
        reference,
        columns,
        geo,
        options,
        notes,
        short,
    )


def _check_years(cube: Cube, options: Options) -> None:
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
        return Base(name or "total", options.without)
    if definition.overlapping:
        raise UsageError(
            f"clusters of {definition.id} overlap: their sum is no base",
            fix="use location_quotient_total",
        )
    own = tuple(replace(m, cluster=name) for m in definition.members if m.kind == name)
    merged = replace(definition, id=f"{definition.id}:{name}", members=own)
    return Base(name, options.without, coverage(merged, cube.activity))


def _regions(
    cube: Cube, options: Options
) -> tuple[tuple[tuple[int, ...], ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Columns and codes of the regions, notes, and the areas with members outside the source."""
    if options.area:
        found = {name: positions_of(cube.geo, geography(name)) for name in options.area}
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


def _reference(cube: Cube, options: Options) -> Reference:
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


@dataclass(frozen=True)
class _Past:
    """The year that growth is measured from, and breaks in the series since then by base."""

    time: int
    slices: dict[str, Slice]
    breaks: dict[str, Flags] = field(default_factory=dict)

    def with_breaks_of(self, slices: dict[str, Slice]) -> _Past:
        """The same year, the breaks of one more year inside the period added."""
        found = dict(self.breaks)
        for name, now in slices.items():
            if now.matrix.flags is not None:
                found[name] = found.get(name, np.uint64(0)) | now.matrix.flags & bit("b")
        return replace(self, breaks=found)

    def carried_to(self, name: str, now: Slice) -> Slice:
        """The last year, flagged where the series broke on the way to it."""
        if name not in self.breaks:
            return now
        return replace(now, matrix=now.matrix.flagged(self.breaks[name] != 0, "b"))


def _add_year(
    year: Year, plan: _Plan, past: _Past | None, results: dict[str, Results]
) -> _Past | None:
    """Append a year's results; returns what the next year is compared with."""
    slices = _slices(year, plan)
    if plan.shows(year.time):
        rows = _kept(year.rows, plan) if plan.listed else None
        since = plan.period[0] if plan.period else year.time - 1
        before = past.slices if past is not None and past.time == since else None
        for m in plan.measures:
            now = slices[m.base]
            if m.years == 1:
                block = _one_year(m, now, rows, plan)
            else:
                now = past.carried_to(m.base, now) if past is not None and before else now
                block = _two_years(m, before[m.base] if before else None, now, rows, plan)
            results[m.id].add(replace(block, since=since if m.years == 2 else None))
    if not any(m.years == 2 for m in plan.measures):
        return None
    if plan.period and past is not None:
        return past.with_breaks_of(slices)
    return _Past(year.time, slices)


def _slices(year: Year, plan: _Plan) -> dict[str, Slice]:
    units = plan.coverage.sizes(year.cells) if plan.coverage else year.cells
    return {
        name: slice_of(year, plan.cube, units, base, plan.reference)
        for name, base in plan.bases.items()
    }


def _one_year(m: Measure, now: Slice, rows: Rows | None, plan: _Plan) -> Block:
    if rows is None:
        now = _chosen(now, plan)
        return Block(now.time, None, None, None, _marked(m, m(now), now.size, plan))
    cells = now.at(rows)
    return Block(now.time, None, rows.geo, rows.activity, _marked(m, m(cells), cells.size, plan))


def _two_years(
    m: Measure, before: Slice | None, now: Slice, rows: Rows | None, plan: _Plan
) -> Block:
    after = _chosen(now, plan) if rows is None else now.at(rows)
    geo, unit = (None, None) if rows is None else (rows.geo, rows.activity)
    if before is None:
        return Block(now.time, None, geo, unit, Quantity(np.full(after.size.shape, np.nan)))
    earlier = _chosen(before, plan) if rows is None else before.at(rows)
    return Block(now.time, None, geo, unit, _marked(m, m(earlier, after), earlier.size, plan))


def _kept(rows: Rows, plan: _Plan) -> Rows:
    """The listed rows that are parts and regions of the result, parents and totals left out."""
    if len(plan.keep) == len(plan.cube.activity) and len(plan.columns) == len(plan.cube.geo):
        return rows
    part = np.zeros(len(plan.cube.activity), bool)
    part[list(plan.keep)] = True
    region = np.zeros(len(plan.cube.geo), bool)
    region[[own[0] for own in plan.columns]] = True
    use = part[rows.activity] & region[rows.geo]
    return Rows(rows.geo[use], rows.activity[use], rows.values[use])


def _chosen(whole: Slice, plan: _Plan) -> Slice:
    """The units and regions of the result; an area is the sum of its members."""
    keep = list(plan.keep)
    if all(len(own) == 1 for own in plan.columns):
        at = [own[0] for own in plan.columns]
        size, region = whole.matrix[np.ix_(keep, at)], whole.region[at]
    else:
        sums = [total(whole.matrix[:, list(own)], axis=1)[keep] for own in plan.columns]
        size = stacked(sums).map(np.transpose)
        region = stacked([total(whole.region[list(own)], axis=0) for own in plan.columns])
    everything = whole.all if whole.all.shape == (1,) else whole.all[keep]
    if plan.short:
        short = np.isin(plan.geo, plan.short)
        size = size.flagged(np.broadcast_to(short, size.shape), "d")
    return Slice(whole.time, size, region, whole.unit[keep], everything)


def _marked(m: Measure, result: Quantity, size: Quantity, plan: _Plan) -> Quantity:
    """Mark rates on tiny cells: they are computed, and carry no star or colour."""
    if m.kind == "extensive" or plan.cube.header.measure != "employment":
        return result
    small = (size.value < plan.options.min_cell) & ~np.isnan(result.value)
    return result.flagged(small, "tiny") if small.any() else result


def reference_members(
    cube: Cube, definition: ClusterDefinition, options: Options
) -> dict[str, tuple[str, ...]]:
    """Members of a `complete` reference, by cluster, in the last year of the facts.

    A member counts where both the cluster and the base are published.
    """
    reference = _reference(cube, options)
    year = cube.year(cube.years[-1])
    sizes = coverage(definition, cube.activity).sizes(year.cells)
    base = Base("total", options.without).of(year, cube.activity)
    use = complete_members(sizes, base, list(reference.positions))
    codes = [cube.geo.codes[i] for i in reference.positions]
    return {
        cluster: tuple(code for code, used in zip(codes, row, strict=True) if used)
        for cluster, row in zip(definition.clusters, use, strict=True)
    }


def _header(m: Measure, plan: _Plan) -> Header:
    facts = plan.cube.header
    definition = plan.coverage.definition if plan.coverage else None
    options = plan.options
    base = m.base and f"{m.base}: {_base_text(m.base, options)}"
    return Header(
        measure=m.id,
        label=m.label,
        unit=facts.unit if m.unit == FACTS_UNIT else m.unit,
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
        notes=facts.notes + plan.notes + _coverage_notes(plan),
        steps=(
            *facts.steps,
            *_coverage_steps(plan),
            f"computed {m.id} of {facts.measure}",
        ),
    )


def _base_text(name: str, options: Options) -> str:
    if name != "total":
        return f"{name} clusters of the definition"
    rest = f" without {listed(options.without)}" if options.without else ""
    return f"all activities of the source{rest}"


def _coverage_notes(plan: _Plan) -> tuple[str, ...]:
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


def _coverage_steps(plan: _Plan) -> tuple[str, ...]:
    if plan.coverage is None:
        return ()
    outside = [f"{c.cluster}: {', '.join(c.outside)}" for c in plan.coverage.clusters if c.outside]
    return (f"codes outside the source: {'; '.join(outside)}",) if outside else ()
