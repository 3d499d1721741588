"""From a cube to the panels of measures, in one pass over its years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hansa.clusters import ClusterDefinition, coverage
from hansa.cube import Cube
from hansa.errors import UsageError
from hansa.law import Quantity, any_carries, bit
from hansa.measures.catalogue import Measure, find_measure
from hansa.measures.slices import Base, complete_members
from hansa.panel import Panel
from hansa.study.columns import Results
from hansa.study.header import header_of
from hansa.study.places import reference_of
from hansa.study.plan import Options, Plan, plan_of
from hansa.study.years import Past, add_year

if TYPE_CHECKING:
    from hansa.facts.disclosure_results import Published

__all__ = ["Options", "Request", "compute_all", "compute_one", "reference_members"]


@dataclass(frozen=True)
class Request:
    """Measures wanted of one definition (or of the activities themselves) under one choice."""

    measures: tuple[str, ...]
    definition: ClusterDefinition | None = None
    options: Options = field(default_factory=Options)


def compute_all(
    cube: Cube, requests: Sequence[Request], others: Mapping[str, Cube] | None = None
) -> list[dict[str, Panel]]:
    """Panels by measure id for each request, in one pass over the years of a cube.

    others  further columns of the facts by name, for measures that need more than one: their
            codes and years are matched with those of `cube`, what they lack is absent

    Rows are ordered by time, geo, unit. Raises UsageError for names and options without
    meaning, HansaError for facts that cannot carry the measure.
    """
    if ways := {r.options.hidden for r in requests} - {"absent"}:
        return _with_holes_closed(cube, requests, others or {}, sorted(ways))
    plans = [
        plan_of([find_measure(name) for name in r.measures], cube, r.definition, r.options, others)
        for r in requests
    ]
    results = [{m.id: p.results() for m in p.measures} for p in plans]
    memory: list[Past | None] = [None] * len(plans)
    for time in cube.years:
        wanted = [i for i, plan in enumerate(plans) if plan.uses(time)]
        if not wanted:
            continue
        year = cube.year(time)
        names = dict.fromkeys(name for i in wanted for name in plans[i].others)
        more = {name: cube.on_these_axes(_other(others, name), time) for name in names}
        seen = (year.cells, *more.values())
        if any(_confidential(cells) for cells in seen):
            columns = {cube.header.measure: cube, **{name: _other(others, name) for name in names}}
            _refuse_revealing(columns, seen, time, [plans[i] for i in wanted])
        for i in wanted:
            own = {name: more[name] for name in plans[i].others}
            memory[i] = add_year(year, own, plans[i], memory[i], results[i])
        # What the next year is compared with is in `memory`; the rest makes room for it.
        del year, more, seen, own
    return [
        {m.id: _panel(m, plan, own[m.id]) for m in plan.measures}
        for plan, own in zip(plans, results, strict=True)
    ]


def _with_holes_closed(
    cube: Cube, requests: Sequence[Request], others: Mapping[str, Cube], ways: Sequence[str]
) -> list[dict[str, Panel]]:
    """The same after hidden cells were bounded or filled, each way on its own."""
    # SciPy comes with it, which nothing else here needs.
    from hansa.study.hidden import revealed

    found: list[dict[str, Panel]] = [{} for _ in requests]
    columns = {**others, cube.header.measure: cube}
    for how in ("absent", *ways):
        own = [i for i, r in enumerate(requests) if r.options.hidden == how]
        if not own:
            continue
        jobs = columns.get("employment")
        cubes = {name: revealed(own_cube, how, jobs) for name, own_cube in columns.items()}
        asked = [
            replace(requests[i], options=replace(requests[i].options, hidden="absent")) for i in own
        ]
        closed = cubes.pop(cube.header.measure)
        for i, panels in zip(own, compute_all(closed, asked, cubes), strict=True):
            found[i] = panels
    return found


def _confidential(cells: Quantity) -> bool:
    return any_carries(cells.flags, bit("c"))


def _refuse_revealing(
    columns: Mapping[str, Cube], seen: Sequence[Quantity], time: int, plans: Sequence[Plan]
) -> None:
    """Raise where results would tell confidential cells that the facts hold.

    seen  the cells of the columns in this year
    """
    # SciPy comes with it, which tables without such cells do not need.
    from hansa.facts.disclosure_results import known_secrets, refuse_revealing

    if any(known_secrets(cells).any() for cells in seen):
        refuse_revealing(columns, time, [_published(plan) for plan in plans])


def _published(plan: Plan) -> Published:
    """What follows from the results of a plan: sizes, and totals where there are quotients."""
    from hansa.facts.disclosure_results import Published

    regions = dict(zip(plan.geo, plan.columns, strict=True))
    totals = any(m.kind != "extensive" for m in plan.measures)
    return Published(plan.coverage, regions, () if plan.coverage else plan.keep, totals)


def _other(others: Mapping[str, Cube] | None, name: str) -> Cube:
    if others is None or name not in others:
        raise UsageError(f"the facts lack the column {name}", fix="name a table that holds it")
    return others[name]


def compute_one(
    measure: str,
    cube: Cube,
    definition: ClusterDefinition | None = None,
    options: Options | None = None,
    others: Mapping[str, Cube] | None = None,
) -> Panel:
    """The panel of one measure; see `compute_all`."""
    request = Request((measure,), definition, options or Options())
    return compute_all(cube, [request], others)[0][measure]


def _panel(m: Measure, plan: Plan, results: Results) -> Panel:
    table = results.table()
    if m.kind == "nominal":
        table = table.drop_columns("value")
    return Panel(("geo", plan.unit_dimension, "time"), table, header_of(m, plan))


def reference_members(
    cube: Cube, definition: ClusterDefinition, options: Options
) -> dict[str, tuple[str, ...]]:
    """Members of a `complete` reference, by cluster, in the last year of the facts.

    A member counts where both the cluster and the base are published.
    """
    reference = reference_of(cube, options)
    year = cube.year(cube.years[-1])
    sizes = coverage(definition, cube.activity).sizes(year.cells)
    base = Base("total", options.without).of(year, cube.activity)
    use = complete_members(sizes, base, list(reference.positions))
    codes = [cube.geo.codes[i] for i in reference.positions]
    return {
        cluster: tuple(code for code, used in zip(codes, row, strict=True) if used)
        for cluster, row in zip(definition.clusters, use, strict=True)
    }
