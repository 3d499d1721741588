"""A cluster put together in an address: `16.2,31*0.5`, and what can be done to it."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from hansa.clusters import ClusterDefinition
from hansa.clusters.members import Member
from hansa.codes.codelist import Codelist
from hansa.errors import UsageError, listed

OWN = "own"
"""Id of the cluster while it is put together."""
MOST = 200
"""Members that one address holds."""

Weights = Mapping[str, float]


def weights_of(text: str, codes: Codelist, listed_in: Collection[str] = ()) -> dict[str, float]:
    """Code -> weight of `CODE` or `CODE*WEIGHT`, joined by commas; codes in any usual spelling.

    listed_in  what a table holds whose codes were never declared: there any text spells a code

    Raises UsageError for unknown codes, weights outside 0 to 1, a code given twice, a code
    together with a part of it.
    """
    found: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, star, number = part.partition("*")
        code = codes.spell(name)
        if code is None or code not in (listed_in if codes.is_local else codes):
            near = difflib.get_close_matches(name.strip(), list(listed_in or codes.label), 4, 0.4)
            holder = "the table" if codes.is_local else codes.id
            raise UsageError(
                f"{holder} has no code {name.strip()[:40]!r}",
                admissible=listed(near) or f"codes of {holder}",
                fix="search for it by a word of its name, or by how its code begins",
            )
        if code in found:
            raise UsageError(f"the code {code} stands twice among the members")
        found[code] = _weight(number, part) if star else 1.0
    if len(found) > MOST:
        raise UsageError(f"more than {MOST} members", fix="name groups in place of their classes")
    _refuse_nested(found, codes)
    return found


def _weight(text: str, part: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 < weight <= 1:
        raise UsageError(
            "a weight is a share of the activity's jobs",
            printed=repr(part[:60]),
            admissible="above 0, at most 1: 31*0.5",
        )
    return weight


def _refuse_nested(weights: Weights, codes: Codelist) -> None:
    for code in weights:
        if above := next((a for a in codes.ancestors(code) if a in weights), None):
            raise UsageError(
                f"{code} is a part of {above}: its jobs would count twice",
                fix=f"leave one of the two out, or split {above} into its parts",
            )


def text_of(weights: Weights) -> str:
    """The same as it stands in an address."""
    return ",".join(c if w == 1 else f"{c}*{w:g}" for c, w in weights.items())


def without(weights: Weights, code: str) -> dict[str, float]:
    """The members but one."""
    return {c: w for c, w in weights.items() if c != code}


def split(weights: Weights, code: str, codes: Codelist) -> dict[str, float]:
    """The members with one code replaced by the codes directly below it, each at its weight."""
    found: dict[str, float] = {}
    for own, weight in weights.items():
        if own == code:
            found |= dict.fromkeys(codes.children(code), weight)
        else:
            found[own] = weight
    return found


def merged(weights: Weights, more: Weights, codes: Codelist) -> dict[str, float]:
    """Both together; where they overlap, the own members stay and parts of them are not added.

    A code of `more` that lies above own members is added as those of its parts that are not there.
    """
    found = dict(weights)
    for code, weight in more.items():
        found |= dict.fromkeys(_uncovered(code, found, codes), weight)
    return found


def _uncovered(code: str, weights: Weights, codes: Codelist) -> list[str]:
    if code in weights or any(above in weights for above in codes.ancestors(code)):
        return []
    if not any(codes.leaves(own) <= codes.leaves(code) for own in weights):
        return [code]
    return [part for child in codes.children(code) for part in _uncovered(child, weights, codes)]


def composed(weights: Weights, label: str, codes: Codelist, kind: str = "") -> ClusterDefinition:
    """The cluster as a definition of its own."""
    members = tuple(Member(OWN, c, w, label, "", kind) for c, w in weights.items())
    return ClusterDefinition(OWN, label, codes.id, members, overlapping=True)


def weights_in(definition: ClusterDefinition, cluster: str) -> dict[str, float]:
    """Code -> weight of a cluster of a definition."""
    return {m.activity: m.weight for m in definition.members if m.cluster == cluster}


def replaced(
    definition: ClusterDefinition, own: ClusterDefinition, cluster: str, reason: str
) -> tuple[Member, ...]:
    """The members of a definition with a composed cluster in it.

    cluster  id it gets; a cluster of this id gives way
    reason   why, kept with each of its members

    What other clusters hold of its activities is taken from them, so that no job counts twice; an
    activity of theirs that lies above or below one of its own is replaced by what is left of it.
    """
    codes = definition.codelist if definition.classification != "local" else own.codelist
    taken = {leaf: m.weight for m in own.members for leaf in codes.leaves(m.activity)}
    kept = [
        part
        for member in definition.members
        if member.cluster != cluster
        for part in _left(member, taken, codes)
    ]
    new = [replace(m, cluster=cluster, reason=reason) for m in own.members]
    return (*kept, *new)


def _left(member: Member, taken: Weights, codes: Codelist) -> Iterable[Member]:
    """What remains of a member once leaves have given some of their weight away."""
    leaves = codes.leaves(member.activity)
    shares = {member.weight * (1 - taken.get(leaf, 0.0)) for leaf in leaves}
    if shares == {member.weight}:
        yield member
    elif len(shares) == 1:
        share = round(shares.pop(), 9)
        if share > 0:
            yield replace(member, weight=share)
    else:
        for child in codes.children(member.activity):
            yield from _left(replace(member, activity=child), taken, codes)


COLUMNS = ("cluster", "activity", "weight", "cluster_label", "subcluster", "kind", "reason")


def csv_of(members: Iterable[Member]) -> bytes:
    """The members as a plain CSV definition."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for m in members:
        weight = f"{m.weight:g}"
        writer.writerow(
            (m.cluster, m.activity, weight, m.cluster_label, m.subcluster, m.kind, m.reason)
        )
    return text.getvalue().encode()
