"""A composed cluster beside one of the study: which activities differ, and which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hansa.language import _, ngettext
from hansa.report.document import Section, Table

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition
    from hansa.codes.codelist import Codelist
    from hansa.report.part import Part
    from hansa.views.reading import Cell, Reading

ROWS = 15


@dataclass(frozen=True)
class Shared:
    """How many classes of a composition a cluster holds, of how many it has."""

    cluster: str
    classes: int
    of: int


def spread(
    weights: Mapping[str, float], definition: ClusterDefinition, codes: Codelist
) -> list[Shared]:
    """The clusters of a definition that hold classes of a composition.

    First the one with most of them, each counted by its weight in the composition.
    """
    mine = {leaf: weight for code, weight in weights.items() for leaf in codes.leaves(code)}
    theirs: dict[str, set[str]] = {}
    for member in definition.members:
        if member.kind != "outside":
            theirs.setdefault(member.cluster, set()).update(codes.leaves(member.activity))
    both = {cluster: own & mine.keys() for cluster, own in theirs.items()}
    size = {cluster: sum(mine[leaf] for leaf in own) for cluster, own in both.items()}
    found = [Shared(c, len(both[c]), len(own)) for c, own in theirs.items() if both[c]]
    return sorted(found, key=lambda s: (-size[s.cluster], s.of, s.cluster))


def placed_section(own: Part, base: Part) -> Section:
    """Where the definition of the study puts the classes of a composition."""
    from hansa.views.reading import within

    definition, codes = base.own.definition, own.result.cube.activity.codelist
    weights = {m.activity: m.weight for m in own.own.definition.members}
    mine, found = _leaves(own), spread(weights, definition, codes)
    name = within(own.own.definition.label_of(own.picks.cluster))
    placed = {
        leaf for m in definition.members if m.kind != "outside" for leaf in codes.leaves(m.activity)
    }
    rows = [(definition.label_of(s.cluster), str(s.classes), str(s.of)) for s in found]
    if left := len(mine - placed):
        rows.append((_("in no cluster"), str(left), ""))
    heads = (_("Cluster"), _("Of your classes"), _("Of all its classes"))
    table = Table(_("Where {name} comes from", name=name), heads, tuple(rows))
    return Section(
        id="difference",
        question=_("What is different from “{definition}”?", definition=definition.name),
        answer=(_whence(found, definition, name, len(mine)),),
        tables=(table,),
        certainty=(_("Classes are the finest codes of the classification: they count no jobs."),),
    )


def _whence(found: list[Shared], definition: ClusterDefinition, name: str, count: int) -> str:
    from hansa.views.reading import within

    if not found:
        return _("No cluster of the definition holds a class of {name}.", name=name)
    most = ngettext(
        "Its one class is in {cluster}, which has {of}.",
        "Of its {number} classes, {classes} are in {cluster}, which has {of}.",
        count,
        classes=found[0].classes,
        cluster=within(definition.label_of(found[0].cluster)),
        of=found[0].of,
    )
    more = ngettext(
        "One other cluster holds classes of it.",
        "{number} other clusters hold classes of it.",
        len(found) - 1,
    )
    against = _("Hold it against one of them to see how the numbers differ.")
    return " ".join((most, *([more] if len(found) > 1 else []), against))


def difference_section(own: Part, base: Part) -> Section:
    """Activities in one, in the other, in both; specialisation and jobs of regions in each."""
    from hansa.views.reading import within

    name = within(own.own.definition.label_of(own.picks.cluster))
    other = within(base.own.definition.label_of(base.picks.cluster))
    return Section(
        id="difference",
        question=_("What is different from {cluster}?", cluster=other),
        answer=(_answer(own, base, own.own.definition.label_of(own.picks.cluster), other),),
        tables=(_activities(own, base, name, other), _regions(own, base, name, other)),
        certainty=(
            _(
                "A row is printed where both are known, or lie between bounds; the other regions "
                "are left out."
            ),
        ),
        line=own.origin("location_quotient_total")["line"],
    )


def _answer(own: Part, base: Part, name: str, other: str) -> str:
    mine, theirs = _leaves(own), _leaves(base)
    both = len(mine & theirs)
    if mine == theirs:
        return _(
            "{name} holds the same classes as {other}; only weights may differ.",
            name=name,
            other=other,
        )
    return _(
        "{name} has {n} classes and {other} {theirs}: {both} in both, {new} new, {left} left out.",
        n=len(mine),
        name=name,
        both=both,
        other=other,
        theirs=len(theirs),
        new=len(mine - theirs),
        left=len(theirs - mine),
    )


def _leaves(part: Part) -> frozenset[str]:
    codes, cluster = part.result.cube.activity.codelist, part.picks.cluster
    members = (m.activity for m in part.own.definition.members if m.cluster == cluster)
    return frozenset[str]().union(*(codes.leaves(code) for code in members))


def _activities(own: Part, base: Part, name: str, other: str) -> Table:
    codes = own.result.cube.activity.codelist
    mine, theirs = _leaves(own), _leaves(base)
    groups = {
        _("in {cluster} only", cluster=name): mine - theirs,
        _("in {cluster} only", cluster=other): theirs - mine,
        _("in both"): mine & theirs,
    }
    rows = tuple(
        (where, code, codes.names.get(code, code))
        for where, leaves in groups.items()
        for code in codes.compact(leaves)
    )
    caption = _("Activities of {name} and {other}", name=name, other=other)
    return Table(caption, (_("Where"), _("Code"), _("Activity")), rows)


def _regions(own: Part, base: Part, name: str, other: str) -> Table:
    """The regions whose specialisation differs most."""
    from hansa.report.part import QUOTIENT
    from hansa.views.reading import read

    readings = [
        (
            read(p.base.regions[QUOTIENT], "geo", p.at(cluster=p.picks.cluster), p.words),
            read(p.base.regions["employment"], "geo", p.at(cluster=p.picks.cluster), p.words),
        )
        for p in (own, base)
    ]
    (mine, jobs), (theirs, other_jobs) = readings
    known = {c.code: c for c in theirs.known}
    sizes = [{c.code: c for c in reading.known} for reading in (jobs, other_jobs)]
    pairs = [(c, known[c.code]) for c in mine.known if c.code in known]
    pairs.sort(key=lambda pair: (-abs(pair[0].middle - pair[1].middle), pair[0].name))
    rows = tuple(
        (
            a.name,
            mine.scale.with_interval(a.value, a.lower, a.upper),
            theirs.scale.with_interval(b.value, b.lower, b.upper),
            _amount(jobs, sizes[0].get(a.code)),
            _amount(other_jobs, sizes[1].get(a.code)),
        )
        for a, b in pairs[:ROWS]
    )
    left = len(pairs) - len(rows)
    note = _("The {most} largest differences; {left} regions more are known.", most=ROWS, left=left)
    return Table(
        _(
            "Specialisation and jobs by region, {period}, largest difference first",
            period=mine.period,
        ),
        (
            _("Region"),
            _("Specialisation, {cluster}", cluster=name),
            other,
            _("Jobs, {cluster}", cluster=name),
            other,
        ),
        rows,
        note if left > 0 else "",
    )


def _amount(reading: Reading, cell: Cell | None) -> str:
    from hansa.views.format import MISSING, grouped

    if cell is None:
        return MISSING
    if cell.value is not None and not cell.bounded:
        return grouped(cell.value)
    return reading.scale.with_interval(cell.value, cell.lower, cell.upper)
