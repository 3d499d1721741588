"""The section on four kinds of clusters: growth of jobs against growth of wages."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.language import N_, _
from hansa.panel import Panel
from hansa.report.document import Section, Table, table_behind
from hansa.report.part import Part
from hansa.views.format import joined
from hansa.views.quadrants import Dynamics, quadrant_bubbles
from hansa.views.reading import At, Words, more, read, within
from hansa.views.sentences import certainties

NEEDED = ("growth_rate", "relative_wage_growth", "quadrant", "employment")
ORDER = (
    N_("growth"),
    N_("mature"),
    N_("challenged"),
    N_("challenged or mature"),
    N_("restructuring"),
    N_("in transition"),
)


def quadrants_section(part: Part) -> Section | None:
    """Kinds of clusters of the area (or of the region shown), with their firmness."""
    panels = part.base.area if part.area else part.base.regions
    if not part.first_base or any(n not in panels or not len(panels[n]) for n in NEEDED):
        return None
    at = part.area or part.at(geo=part.picks.region)
    shown = _pictured(part, panels)
    figure = quadrant_bubbles(shown, at, part.words)
    # Without a single mark the picture says nothing; its table still says why.
    drawn = _any_mark(shown, at, part.words)
    return Section(
        id=f"quadrants{part.suffix}",
        question=_(
            "Which clusters of {place} grow in jobs, and which in wages?",
            place=part.place(at, panels["employment"]),
        ),
        answer=tuple(_answer(part, panels["quadrant"], at)),
        figures=(figure,) if drawn else (),
        tables=(*(() if drawn else (table_behind(figure),)), *_splits(part, panels, at)),
        certainty=(
            *certainties(panels["growth_rate"], "cluster", at, part.words),
            *_firmness(part, panels),
            *panels["quadrant"].header.notes[:1],
        ),
        **part.origin("quadrant", area=bool(part.area)),
    )


def _any_mark(shown: Dynamics, at: At, words: Words) -> bool:
    """True where the growth of jobs and of wages of at least one cluster is known."""
    jobs, pay = (
        {c.code for c in read(panel, "cluster", at, words).cells if c.value is not None}
        for panel in (shown.growth, shown.wage_growth)
    )
    return bool(jobs & pay)


SPLIT = {
    "wage_change_within": N_("Within the regions"),
    "wage_change_reallocation": N_("Jobs moved between them"),
    "wage_change_cross": N_("Both together"),
}


def _splits(part: Part, panels: dict[str, Panel], at: At) -> Iterator[Table]:
    """Where the change of an area's wages comes from, for clusters of which it is known."""
    if any(name not in panels or not len(panels[name]) for name in SPLIT):
        return
    readings = [read(panels[name], "cluster", at, part.words) for name in SPLIT]
    cells = [{c.code: c for c in reading.cells} for reading in readings]
    known = [c for c in readings[0].cells if all(own[c.code].value is not None for own in cells)]
    rows = []
    for cell in known:
        values = [own[cell.code].value or 0.0 for own in cells]
        texts = (readings[0].scale.text(v) for v in (sum(values), *values))
        rows.append((cell.name, *texts))
    lost = len(readings[0].cells) - len(known)
    yield Table(
        _(
            "Change of the average wage (proxy for productivity), {period}, in {unit}: from wages "
            "inside the regions, or because jobs moved",
            period=readings[0].period,
            unit=_(readings[0].header.unit),
        ),
        (_("Cluster"), _("Change"), *map(_, SPLIT.values())),
        tuple(rows),
        _(
            "A cluster may pay less only because its jobs grow where wages are low. For {lost} of "
            "{all} clusters a region's jobs or wages are not known.",
            lost=lost,
            all=len(readings[0].cells),
        ),
    )


def _firmness(part: Part, panels: dict[str, Panel]) -> Iterator[str]:
    if "quadrant_stability" in panels and part.result.study.leave_out == "country":
        yield _(
            "Stable is a kind that stays the same in at least nine of ten replicates, each without "
            "one country; a replicate that a hidden cell leaves open does not count for it."
        )
    elif "quadrant_stability" in panels:
        yield _(
            "Stable is a kind that stays the same in at least nine of ten replicates, each without "
            "one region; a replicate that a hidden cell leaves open does not count for it."
        )


def _pictured(part: Part, panels: dict[str, Panel]) -> Dynamics:
    """The panels of the picture: traded clusters, where the definition tells them apart."""
    definition = part.own.definition
    traded = [c for c in definition.clusters if definition.kind_of(c) == "traded"]
    shown = {
        name: panel.among("cluster", traded) if traded else panel
        for name, panel in panels.items()
        if name in (*NEEDED, "quadrant_stability")
    }
    return Dynamics(
        shown["growth_rate"],
        shown["relative_wage_growth"],
        shown["quadrant"],
        shown.get("quadrant_stability"),
        shown["employment"],
    )


def _rows(panel: Panel, at: At) -> list[dict[str, object]]:
    return panel.where("geo", at.geo).rows()


def _answer(part: Part, panel: Panel, at: At) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    kinds = part.own.definition.kind_of
    traded = any(kinds(c) == "traded" for c in part.own.definition.clusters)
    rows = [r for r in _rows(panel, at) if not traded or kinds(str(r["cluster"])) == "traded"]
    for row in rows:
        name = part.words.name(str(row["cluster"]), panel.header)
        groups.setdefault(str(row["label"]), []).append(name)
    known = sum(len(groups.get(label, ())) for label in ORDER)
    if not known:
        yield _("No cluster has a kind: jobs or wages are not known, or lie on a line.")
        return
    counts = [f"{_(label)} {len(groups[label])}" for label in ORDER if label in groups]
    if known < len(rows):
        counts.append(_("without a kind {count}", count=len(rows) - known))
    said = {"all": len(rows), "place": part.place(at, panel), "kinds": joined(counts)}
    if traded:
        yield _("Kinds of the {all} traded clusters of {place}: {kinds}.", **said)
    else:
        yield _("Kinds of the {all} clusters of {place}: {kinds}.", **said)
    if names := groups.get("growth"):
        rest = [more(len(names) - 5)] if len(names) > 6 else []
        shown = names[:5] if rest else names
        listed = joined([*map(within, shown), *rest])
        yield _("Growing in jobs and in wages: {clusters}.", clusters=listed)
