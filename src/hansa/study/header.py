"""The header of a result: what was computed of what, under which choices, and what to know."""

from __future__ import annotations

from hansa.clusters.definition import ClusterDefinition
from hansa.errors import listed
from hansa.facts.series import of_years
from hansa.language import N_, _
from hansa.measures.catalogue import FACTS_UNIT, Measure
from hansa.measures.rules import find_rules
from hansa.measures.wages import WAGE_UNIT
from hansa.panel import Header
from hansa.study.plan import Options, Plan, inputs, looks_back
from hansa.study.retold import retold
from hansa.views.format import enumerated


def header_of(m: Measure, plan: Plan) -> Header:
    """The header of one measure's panel; of several tables it says what holds of each.

    Of joined series only those are named that the years of the panel are made of.
    """
    used = _used(m, plan)
    facts = used[0]
    definition = plan.coverage.definition if plan.coverage else None
    options = plan.options
    base = next((one.base for one in (m, *inputs(m, options.choices)) if one.base), "")
    made = Header(
        measure=m.id,
        label=m.label,
        unit=_unit(m, used),
        kind=m.kind,
        classification=facts.classification,
        geography=facts.geography,
        definition=definition.id if definition else "",
        base=base and _base_text(base, options),
        reference=plan.reference.name,
        source=_each(used, "source"),
        licence=_each(used, "licence"),
        vintage=_each(used, "vintage"),
        absent_rows="unknown" if any(h.absent_rows == "unknown" for h in used) else "zero",
        zeros="hidden" if any(h.zeros == "hidden" for h in used) else "printed",
        model_data=any(h.model_data for h in used),
        overlapping=bool(definition and definition.overlapping),
        notes=_choice_notes(m, plan)
        + tuple(map(retold, _every(used, "notes")))
        + plan.notes
        + _coverage_notes(plan)
        + _base_notes(m, plan),
        steps=(
            *_every(used, "steps"),
            *_unused_steps(plan),
            *_total_steps(plan),
            *_coverage_steps(plan),
            *_choice_steps(m, plan),
            f"computed {m.id} of {' and '.join(h.measure for h in used)}",
        ),
    )
    return of_years(made, [time for time in plan.cube.years if plan.uses(time)])


def _used(m: Measure, plan: Plan) -> list[Header]:
    """Headers of the columns that a measure is made of, the main one first."""
    needed = {c for one in (m, *inputs(m, plan.options.choices)) for c in one.needs}
    main = plan.cube.header
    return [main, *(h for h in plan.headers if h.measure in needed and h.measure != main.measure)]


def _each(headers: list[Header], name: str) -> str:
    """What the headers say, each text once."""
    return "; ".join(dict.fromkeys(text for h in headers if (text := getattr(h, name))))


def _every(headers: list[Header], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for h in headers for text in getattr(h, name)))


def _unit(m: Measure, used: list[Header]) -> str:
    if m.unit == FACTS_UNIT:
        return used[0].unit
    money = next((h.unit for h in used if h.measure == "payroll" and h.unit), "")
    return f"{money} per person" if m.unit == WAGE_UNIT and money else m.unit


_BENCHMARK = {
    "plain": N_(
        "Growth of wages is held against the plain mean over clusters of their growth of wages."
    ),
    "weighted": N_(
        "Growth of wages is held against the mean over clusters of their growth of wages, weighted "
        "by jobs at the start."
    ),
    "totals": N_("Growth of wages is held against the growth of the average wage of all jobs."),
    "plain-known": N_(
        "Growth of wages is held against the plain mean over the clusters whose growth of wages is "
        "known."
    ),
    "weighted-known": N_(
        "Growth of wages is held against the mean over the clusters whose growth of wages is "
        "known, weighted by jobs at the start."
    ),
}
_WAGE_LEVEL = {
    "country": N_("The level of wages is held against the same cluster in the country."),
    "region": N_("The level of wages is held against all jobs of the region."),
    "reference": N_("The level of wages is held against the same cluster in the reference area."),
}


def _choice_notes(m: Measure, plan: Plan) -> tuple[str, ...]:
    """What a reader needs to know of the choices: rules first, a draft is called one."""
    choices, notes = plan.options.choices, []
    if m.rules:
        notes.append(find_rules(choices.rules or m.rules).stamp)
    if "benchmark" in m.options:
        notes.append(_(_BENCHMARK[choices.benchmark]))
    if "wage_reference" in m.options:
        notes.append(_(_WAGE_LEVEL[choices.wage_reference]))
    if m.rules and looks_back(m, choices) and plan.period:
        notes.append(_("Growth is that since {year}.", year=plan.period[0]))
    if m.unit == WAGE_UNIT or "payroll" in m.needs:
        notes.append(_("The average wage stands in for productivity."))
    return tuple(notes)


def _choice_steps(m: Measure, plan: Plan) -> tuple[str, ...]:
    steps = [f"{name} = {getattr(plan.options, name)}" for name in m.options if name != "rules"]
    if plan.options.precision == "single":
        steps.append("values stored in single precision, seven digits; computed in double")
    return tuple(steps)


def _base_text(name: str, options: Options) -> str:
    if name == "traded":
        return _("traded: traded clusters of the definition")
    if name != "total":
        return _("local: local clusters of the definition")
    if options.without:
        left = enumerated(options.without)
        return _("total: all activities of the source without {codes}", codes=left)
    return _("total: all activities of the source")


def _base_notes(m: Measure, plan: Plan) -> tuple[str, ...]:
    if not m.base or not plan.beyond:
        return ()
    names = plan.coverage.definition.clusters if plan.coverage else plan.cube.activity.codes
    left = enumerated([names[i] for i in plan.beyond if i in plan.keep])
    if not left:
        return ()
    if m.part_of_base:
        return (_("Not wholly part of the base, so no share of it: {units}.", units=left),)
    return (
        _(
            "Compared by jobs per job of the base, of which they are not wholly a part: {units}.",
            units=left,
        ),
    )


def _unused_steps(plan: Plan) -> tuple[str, ...]:
    names = plan.cube.unused
    return (f"columns that are not used: {listed(names, 20)}",) if names else ()


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
    notes = _overlap_notes(plan.coverage.definition)
    without = sum(c.state == "not computable" for c in clusters)
    partly = sum(bool(c.outside) and c.state != "not computable" for c in clusters)
    bounded = [c.cluster for c in clusters if c.state == "bounded"]
    if partly:
        notes.append(
            _(
                "{count} of {all} clusters are computed without some of their codes, which never "
                "occur in the source.",
                count=partly,
                all=len(clusters),
            )
        )
    if without:
        notes.append(
            _("{count} of {all} clusters lie outside the source.", count=without, all=len(clusters))
        )
    if bounded:
        notes.append(
            _(
                "Known only between bounds, the source is too coarse: {clusters}.",
                clusters=enumerated(bounded),
            )
        )
    return tuple(notes)


def _overlap_notes(definition: ClusterDefinition) -> list[str]:
    """An overlap that nobody has declared may be a mistake: jobs then count more than once."""
    if not definition.unsaid:
        return []
    shared = definition.shared
    activity, clusters = next(iter(shared.items()))
    if len(shared) == 1:
        return [
            _(
                "Clusters overlap: {activity} counts in {clusters}.",
                activity=activity,
                clusters=enumerated(clusters),
            )
        ]
    return [
        _(
            "Clusters overlap in {number} activities: {activity} counts in {clusters}.",
            number=len(shared),
            activity=activity,
            clusters=enumerated(clusters),
        )
    ]


def _coverage_steps(plan: Plan) -> tuple[str, ...]:
    if plan.coverage is None:
        return ()
    outside = [f"{c.cluster}: {', '.join(c.outside)}" for c in plan.coverage.clusters if c.outside]
    return (f"codes outside the source: {'; '.join(outside)}",) if outside else ()
