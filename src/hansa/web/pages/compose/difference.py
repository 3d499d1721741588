"""A composed cluster beside one of the study: which activities differ, and which numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.report.document import Section, Table

if TYPE_CHECKING:
    from hansa.report.part import Part
    from hansa.views.reading import Cell, Reading

ROWS = 15


def difference_section(own: Part, base: Part) -> Section:
    """Activities in one, in the other, in both; specialisation and jobs of regions in each."""
    name = own.own.definition.label_of(own.picks.cluster)
    other = base.own.definition.label_of(base.picks.cluster)
    return Section(
        id="difference",
        question=f"What is different from {other}?",
        answer=(_answer(own, base, name, other),),
        tables=(_activities(own, base, name, other), _regions(own, base, name, other)),
        certainty=(
            "A row is printed where both are known, or lie between bounds; the other regions are "
            "left out.",
        ),
        line=own.origin("location_quotient_total")["line"],
    )


def _answer(own: Part, base: Part, name: str, other: str) -> str:
    mine, theirs = _leaves(own), _leaves(base)
    both = len(mine & theirs)
    if mine == theirs:
        return f"{name} holds the same classes as {other}; only weights may differ."
    return (
        f"Of the {len(mine)} classes of {name}, {both} are also in {other}, which has "
        f"{len(theirs)}: {len(mine - theirs)} are new, {len(theirs - mine)} left out."
    )


def _leaves(part: Part) -> frozenset[str]:
    codes, cluster = part.result.cube.activity.codelist, part.picks.cluster
    members = (m.activity for m in part.own.definition.members if m.cluster == cluster)
    return frozenset[str]().union(*(codes.leaves(code) for code in members))


def _activities(own: Part, base: Part, name: str, other: str) -> Table:
    codes = own.result.cube.activity.codelist
    mine, theirs = _leaves(own), _leaves(base)
    groups = {
        f"in {name} only": mine - theirs,
        f"in {other} only": theirs - mine,
        "in both": mine & theirs,
    }
    rows = tuple(
        (where, code, codes.label.get(code, code))
        for where, leaves in groups.items()
        for code in codes.compact(leaves)
    )
    return Table(f"Activities of {name} and {other}", ("Where", "Code", "Activity"), rows)


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
    note = f"The {ROWS} largest differences; {left} regions more are known." if left > 0 else ""
    return Table(
        f"Specialisation and jobs by region, {mine.period}, largest difference first",
        ("Region", f"Specialisation, {name}", other, f"Jobs, {name}", other),
        rows,
        note,
    )


def _amount(reading: Reading, cell: Cell | None) -> str:
    from hansa.views.format import MISSING

    if cell is None:
        return MISSING
    return reading.scale.with_interval(cell.value, cell.lower, cell.upper)
