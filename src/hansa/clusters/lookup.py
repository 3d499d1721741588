"""From a code to its clusters: where definitions place an activity.

Counts here are of classes, the finest codes of a classification, never of jobs: how many jobs of
a division stand in a cluster is a question for a facts table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from hansa.clusters.definition import ClusterDefinition, definitions
from hansa.clusters.members import Member
from hansa.errors import UsageError, listed
from hansa.language import named


@dataclass(frozen=True)
class Place:
    """One row of a definition that holds the code, a part of it, or the code above it.

    activity  the code of the row
    classes   how many finest codes of the code asked for the row holds
    """

    cluster: str
    label: str
    subcluster: str
    kind: str
    activity: str
    weight: float
    classes: int
    reason: str


@dataclass(frozen=True)
class Share:
    """What one cluster holds of a code.

    classes   finest codes of it that stand in the cluster, wholly or in part
    weight    the same with each class counted by its weight: 2.5 of 4 classes
    activities  the codes of the rows
    """

    cluster: str
    label: str
    kind: str
    classes: int
    weight: float
    activities: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What one definition does with a code.

    code     the code in the spelling of the classification; `label` is its name
    classes  finest codes at or below it; 1 for a class
    places   the rows that hold it, in the order of the definition
    spread   the same put together by cluster, the one with most classes first
    left     codes at or below it that no row holds, the fewest that name them
    """

    definition: str
    classification: str
    code: str
    label: str
    classes: int
    places: tuple[Place, ...]
    spread: tuple[Share, ...]
    left: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain lists and texts, ready to be written as JSON."""
        return asdict(self)


def look_up(code: str, definition: ClusterDefinition) -> Found | None:
    """Where a definition places a code in any usual spelling; None where it is no code of its.

    A code above the rows shows how its classes are spread, one below them the row that holds it.
    """
    codes = definition.codelist
    spelt = codes.spell(code)
    if spelt is None or (codes.is_local and all(m.activity != spelt for m in definition.members)):
        return None
    wanted = codes.leaves(spelt)
    rows = [
        (m, inside) for m in definition.members if (inside := wanted & codes.leaves(m.activity))
    ]
    left = wanted.difference(*(inside for _, inside in rows))
    return Found(
        definition.id,
        codes.id,
        spelt,
        codes.names.get(spelt, ""),
        len(wanted),
        tuple(_place(m, definition, len(inside)) for m, inside in rows),
        _spread(rows, definition),
        codes.compact(left),
    )


def _spread(
    rows: list[tuple[Member, frozenset[str]]], definition: ClusterDefinition
) -> tuple[Share, ...]:
    own: dict[str, list[tuple[Member, frozenset[str]]]] = {}
    for member, inside in rows:
        own.setdefault(member.cluster, []).append((member, inside))
    shares = [
        Share(
            cluster,
            definition.label_of(cluster),
            definition.kind_of(cluster),
            len(frozenset().union(*(inside for _, inside in held))),
            sum(m.weight * len(inside) for m, inside in held),
            tuple(dict.fromkeys(m.activity for m, _ in held)),
        )
        for cluster, held in own.items()
    ]
    return tuple(sorted(shares, key=lambda s: -s.weight))


def look_up_all(code: str, chosen: Iterable[ClusterDefinition] | None = None) -> tuple[Found, ...]:
    """A code in several definitions (those that ship unless others are given).

    Definitions on a classification without the code are left out. Raises UsageError where none
    of them has it.
    """
    searched = list(definitions().values() if chosen is None else chosen)
    found = tuple(f for f in (look_up(code, d) for d in searched) if f is not None)
    if not found:
        lists = dict.fromkeys(d.codelist.id for d in searched)
        raise UsageError(
            f"no definition knows the code {code!r}",
            printed=f"searched: {listed(d.id for d in searched)}",
            admissible=f"a code of {listed(lists)}, such as 29, 29.3, 29.32 or C29.32",
            fix="check the code; a plain CSV needs its classification (--classification nace:2)",
        )
    return found


def _place(m: Member, definition: ClusterDefinition, classes: int) -> Place:
    return Place(
        m.cluster,
        definition.label_of(m.cluster),
        named("cluster", m.subcluster),
        m.kind,
        m.activity,
        m.weight,
        classes,
        m.reason,
    )
