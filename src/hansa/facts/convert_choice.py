"""How a table is to be converted, and the links there are for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hansa.axes import Axis
from hansa.codes.codelist import Codelist, classification, membership_text, normal_id
from hansa.codes.correspondence import Correspondence, correspondence, strays
from hansa.errors import HansaError, UsageError, listed
from hansa.law import Floats
from hansa.sources.links import LinkFile, read_links

REGIONS = ("nuts", "country")
EQUAL = "equal"
ALL = "all"


@dataclass(frozen=True)
class Choice:
    """How a table is to be converted.

    to, origin  versions (`nuts:2021`); without an origin the one the table declares
    links       file of links; empty: what ships, and codes of the same code and name
    columns     names in that file: from, to, from_version, to_version, weight, piece
    weight      column of weights, or `equal`
    bounds      `links`: a split without weights gives bounds in place of a refusal
    leave_out   codes set aside on purpose; `all`: whatever cannot be converted
    """

    to: str
    origin: str = ""
    links: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    weight: str = ""
    bounds: str = ""
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The links there are, in the spelling of both code lists."""

    file: LinkFile | None
    rows: dict[str, list[tuple[str, int]]]
    shipped: dict[str, tuple[str, ...]]
    pieces: frozenset[tuple[str, str]]
    apart: dict[str, list[str]]
    weights: tuple[str, ...]
    flows: Floats
    name: str


def dimension_of(version: str) -> str:
    """The axis a version speaks of: geo or activity."""
    return "geo" if normal_id(version).partition(":")[0] in REGIONS else "activity"


def origin_of(axis: Axis, choice: Choice, target: Codelist) -> Codelist:
    """The code list of the source; refused where the table declares none."""
    declared = axis.codelist
    scheme = target.id.partition(":")[0]
    if choice.origin:
        origin = classification(normal_id(choice.origin))
        if not declared.is_local and origin.id != declared.id:
            raise UsageError(
                "the table declares another version than --from",
                printed=f"{declared.id}, --from {origin.id}",
                fix="leave out --from, or correct the declaration",
            )
        return origin
    if not declared.is_local:
        if dimension_of(declared.id) != dimension_of(target.id):
            raise UsageError(f"{declared.id} cannot become {target.id}")
        return declared
    what = "--geography" if dimension_of(target.id) == "geo" else "--classification"
    raise HansaError(
        "the version of the codes is not declared",
        printed=membership_text((c for c in axis.codes if c not in axis.apart), scheme),
        admissible="a version said by the user; it is never guessed",
        fix=f"say which it is: {what} {scheme}:VERSION (codes of a level that no list holds, "
        f"such as NUTS 3: --from {scheme}:VERSION)",
    )


def reading_of(axis: Axis, origin: Codelist, target: Codelist, choice: Choice) -> Reading:
    """The links of a file and those that ship, in the spelling of both code lists."""
    file = None
    if choice.links and origin.id != target.id:
        file = read_links(Path(choice.links), origin.id, target.id, choice.columns)
    same = origin.id == target.id
    names, flows = ((), np.zeros((0, 0))) if same else _weights(file, choice.weight)
    rows: dict[str, list[tuple[str, int]]] = {}
    apart: dict[str, list[str]] = {}
    pairs = [] if file is None else _spelled(file, axis.codelist, target)
    odd = frozenset() if axis.codelist.is_local else strays(pairs, origin, target)
    for k, (a, b) in enumerate(pairs):
        if (a, b) in odd:
            apart.setdefault(a, []).append(b)
        else:
            rows.setdefault(a, []).append((b, k))
    pieces = set() if file is None else {pairs[file.pairs.index(p)] for p in file.pieces}
    shipped, name = {}, ""
    if origin.id != target.id and dimension_of(target.id) == "activity":
        table = _shipped(origin.id, target.id, bool(file))
        if table is not None:
            shipped, name = dict(table.targets), f"{table.title} ({table.source})"
            pieces |= table.pieces
            for a, b in table.apart:
                if a not in rows and a not in apart:
                    apart.setdefault(a, []).append(b)
    return Reading(
        file, rows, shipped, frozenset(pieces), apart, names, flows, file.name if file else name
    )


def _shipped(origin: str, target: str, optional: bool) -> Correspondence | None:
    """The table that ships; none is needed where the user gives links."""
    try:
        return correspondence(origin, target).lifted()
    except UsageError:
        if optional:
            return None
        raise


def _spelled(file: LinkFile, old: Codelist, new: Codelist) -> list[tuple[str, str]]:
    return [(old.spell(a) or a, new.spell(b) or b) for a, b in file.pairs]


def _weights(file: LinkFile | None, wanted: str) -> tuple[tuple[str, ...], Floats]:
    """Names of the weights, the chosen one first, and their numbers (weights, links)."""
    names = list(file.flows) if file else []
    if wanted == EQUAL:
        return (EQUAL,), np.zeros((0, 0))
    if wanted and wanted not in names:
        raise UsageError(
            f"the links have no weight {wanted!r}",
            place=file.name if file else "--weight",
            admissible=listed([*names, EQUAL], 20),
            fix="name one of them" if file else "give a file of links: --links FILE",
        )
    if not names or file is None:
        return (), np.zeros((0, 0))
    people = sorted((n for n in names if n.lower().startswith("pop")), reverse=True)
    chosen = wanted or (names[0] if len(names) == 1 else people[0] if people else "")
    if not chosen:
        raise UsageError(
            "the links have several weights",
            place=file.name,
            printed=listed(names, 20),
            admissible="one of them; population suits jobs, area does not",
            fix=f"--weight {names[0]}",
        )
    order = (chosen, *(n for n in names if n != chosen))
    return order, np.array([file.flows[name] for name in order])
