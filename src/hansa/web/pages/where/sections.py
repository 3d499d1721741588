"""One activity: the clusters that hold it, with weights and reasons, and where its jobs are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.clusters.lookup import Found, look_up
from hansa.language import N_, _, named
from hansa.report.document import Section, Table
from hansa.report.part import QUOTIENT, Part
from hansa.report.sections import cluster_section
from hansa.views.format import grouped, joined
from hansa.views.reading import within
from hansa.web.pages.where.activity import activity_part, named_definition

_NAMED = 4
_MOST = 15
_CODES = 6
_KINDS = {"traded": N_("traded"), "local": N_("local"), "outside": N_("outside")}


def look_ups(part: Part, code: str) -> list[tuple[str, Found]]:
    """What each definition of the study does with a code, with the name of the definition."""
    own = [result.definition for result in part.result.results]
    found = [(d.name, look_up(code, d)) for d in own]
    return [(label, one) for label, one in found if one is not None]


def placed_section(part: Part, code: str, label: str) -> Section:
    """Which clusters hold an activity, by every definition of the study."""
    found = look_ups(part, code)
    rows = tuple(_rows(part, found))
    note = _("Weight: the share of the jobs that the cluster holds.")
    heads: tuple[str, ...] = (
        _("Definition"),
        _("Cluster"),
        _("Kind"),
        _("Activity of the definition"),
        _("Weight"),
        _("Reason"),
    )
    if len(rows) > _MOST:
        rows = tuple(_spread(found))
        heads = (
            _("Definition"),
            _("Cluster"),
            _("Kind"),
            _("Classes"),
            _("Counted by weight"),
            _("Activities"),
        )
        note = _("Classes are the finest codes of the classification: they count no jobs.")
    told = len(part.result.results) > 1
    table = Table(
        _("Clusters that hold {industry}", industry=label),
        heads if told else heads[1:],
        rows if told else tuple(row[1:] for row in rows),
        note,
    )
    return Section(
        id="placed",
        question=_("Which clusters hold {industry}?", industry=label),
        answer=tuple(_answer(name, one) for name, one in found)
        or (_("No definition of the study knows {industry}.", industry=label),),
        tables=(table,) if rows else (),
        certainty=tuple(_left(part, found)),
        python=_lookup_lines(part, code),
        command=f"hansa definitions {_definition(part)[0]} --code {code}",
    )


def _rows(part: Part, found: list[tuple[str, Found]]) -> Iterator[tuple[str, ...]]:
    codes = part.result.cube.activity.codelist
    for name, one in found:
        for place in one.places:
            text = codes.names.get(place.activity, "")
            called = f"{place.activity} {text}" if text and text != place.activity else text
            yield (
                name,
                place.label,
                _(_KINDS.get(place.kind, place.kind)),
                called or place.activity,
                grouped(place.weight, 0 if place.weight == 1 else 2),
                named("reason", place.reason),
            )


def _spread(found: list[tuple[str, Found]]) -> Iterator[tuple[str, ...]]:
    """The same put together by cluster, for codes high up."""
    for name, one in found:
        for share in one.spread:
            codes = joined(share.activities[:_CODES])
            more = len(share.activities) - _CODES
            yield (
                name,
                share.label,
                _(_KINDS.get(share.kind, share.kind)),
                _("{n} of {all}", n=share.classes, all=one.classes),
                grouped(share.weight, 0 if share.weight == round(share.weight) else 1),
                _("{several} and {n} more", several=codes, n=more) if more > 0 else codes,
            )


def _answer(name: str, found: Found) -> str:
    inside = [share for share in found.spread if share.kind != "outside"]
    if not inside:
        return _("By “{definition}” it belongs to no cluster.", definition=name)
    if len(inside) == 1 and inside[0].weight >= found.classes:
        return _belongs(name, within(inside[0].label))
    if found.classes == 1:
        parts = [
            _(
                "{cluster} (weight {weight})",
                cluster=within(s.label),
                weight=grouped(s.weight, 2),
            )
            for s in inside
        ]
        return _belongs(name, joined(parts))
    first = [
        _(
            "{cluster} ({n} of {all} classes)",
            cluster=within(s.label),
            n=s.classes,
            all=found.classes,
        )
        for s in inside[:_NAMED]
    ]
    more = [_("{n} more", n=len(inside) - _NAMED)] if len(inside) > _NAMED else []
    return _(
        "By “{definition}” its classes stand in {clusters}.",
        definition=name,
        clusters=joined([*first, *more]),
    )


def _belongs(name: str, clusters: str) -> str:
    return _("By “{definition}” it belongs to {clusters}.", definition=name, clusters=clusters)


def _left(part: Part, found: list[tuple[str, Found]]) -> Iterator[str]:
    for name, one in found:
        if one.left:
            more = [_("{n} more", n=len(one.left) - 6)] if one.left[6:] else []
            yield _(
                "In no cluster by “{definition}”: {codes}. Their jobs still count in the base.",
                definition=name,
                codes=joined([*one.left[:6], *more]),
            )


def _lookup_lines(part: Part, code: str) -> str:
    return (
        "from hansa.clusters import find_definition\n"
        "from hansa.clusters.lookup import look_up\n"
        f'look_up("{code}", {_definition(part)[1]})'
    )


def _definition(part: Part) -> tuple[str, str]:
    return named_definition(part.result, part.result.results[0].definition)


def jobs_section(part: Part, code: str, label: str, region: str = "") -> Section | None:
    """Where the jobs of an activity concentrate: map, league, profile; `region` is lit up.

    None where the facts hold no part of it.
    """
    codes, axis = part.result.cube.activity.codelist, part.result.cube.activity
    there = frozenset[str]().union(*(codes.leaves(axis.codes[i]) for i in axis.roots))
    if not codes.leaves(code) & there:
        return None
    own = replace(activity_part(part, code, label, region), called=_FILE)
    section = cluster_section(own)
    if section is None:
        return None
    python, command = _lines(own, code, codes.id)
    return replace(section, id="jobs", python=python, command=command)


_FILE = "own.csv"


def _lines(own: Part, code: str, classification: str) -> tuple[str, str]:
    """The same numbers in Python and on the command line.

    For an activity that the table has itself the command needs no definition.
    """
    made, cube = own.origin(QUOTIENT), own.result.cube
    python = (
        "import hansa\n"
        "from hansa.clusters import ClusterDefinition, Member\n"
        f'own = ClusterDefinition("{code}", "{code}", "{classification}", '
        f'(Member("{code}", "{code}", 1.0),))\n'
        + made["python"].rpartition("\n")[2].replace(f'"{_FILE}"', "own")
    )
    if cube.activity.place.get(code, -1) in cube.parts:
        command = made["command"].replace(f" --definition {_FILE}", "")
        return python, f"{command}   # its rows with activity {code}"
    table = f"printf 'cluster,activity,weight\\n{code},{code},1\\n' > {_FILE}"
    return python, f"{table} && {made['command']}"
