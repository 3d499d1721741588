"""Correspondences: the only door between two versions of a classification (law, clause 6)."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

from hansa.codes.codelist import Codelist, classification, normal_id
from hansa.errors import UsageError, listed

Relation = Literal["1:1", "n:1", "1:n", "n:m"]


@dataclass(frozen=True)
class Correspondence:
    """Dated, sourced links between the codes of two versions.

    links   (from code, to code, weight); the weights of one source code sum to 1. Without a
            known weight it is None: such a code is exact only where it has a single target.
    weights where the weights come from; empty for a table without any
    pieces  (from code, to code) of links that the source qualifies: only a piece is meant
    apart   (from code, to code) of links printed by the source that are no links between codes
            of one level: pseudo-codes, codes in neither list, groups among classes
    """

    origin: str
    target: str
    title: str
    links: tuple[tuple[str, str, float | None], ...]
    source: str
    licence: str = ""
    retrieved: str = ""
    weights: str = ""
    note: str = ""
    pieces: frozenset[tuple[str, str]] = frozenset()
    apart: tuple[tuple[str, str], ...] = ()

    @cached_property
    def targets(self) -> dict[str, tuple[str, ...]]:
        """Source code -> its target codes."""
        found: dict[str, list[str]] = {}
        for origin, target, _ in self.links:
            found.setdefault(origin, []).append(target)
        return {code: tuple(targets) for code, targets in found.items()}

    @cached_property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """Target code -> its source codes."""
        found: dict[str, list[str]] = {}
        for origin, target, _ in self.links:
            found.setdefault(target, []).append(origin)
        return {code: tuple(origins) for code, origins in found.items()}

    def relation(self, origin: str, target: str) -> Relation:
        """Kind of a link: a rename, a merge, a split, or both at once."""
        split = len(self.targets[origin]) > 1
        merge = len(self.origins[target]) > 1
        if split and merge:
            return "n:m"
        return "1:n" if split else "n:1" if merge else "1:1"

    def transposed(self) -> Correspondence:
        """The way back: the same links read from right to left. Shares do not turn round."""
        return replace(
            self,
            origin=self.target,
            target=self.origin,
            title=f"{self.title}, read backwards",
            links=tuple((b, a, None) for a, b, _ in self.links),
            weights="",
            pieces=frozenset((b, a) for a, b in self.pieces),
            apart=tuple((b, a) for a, b in self.apart),
        )

    def lifted(self) -> Correspondence:
        """The same with links for the levels above, where both lists have a level of that name.

        A code is linked with every code of its level that its parts reach; a code with a part
        without any link gets none.
        """
        old, new = classification(self.origin), classification(self.target)
        links, apart = list(self.links), list(self.apart)
        for code, level in old.level.items():
            if code in self.targets or level not in new.levels:
                continue
            leaves = old.leaves(code)
            if not all(leaf in self.targets for leaf in leaves):
                continue
            reached = {t for leaf in leaves for t in self.targets[leaf]}
            above = {a for t in reached for a in (t, *new.ancestors(t)) if new.level[a] == level}
            links += [(code, target, None) for target in sorted(above)]
            apart += [(code, b) for a, b in self.apart if a in leaves]
        return replace(self, links=tuple(links), apart=tuple(apart))


@cache
def correspondences() -> dict[tuple[str, str], Correspondence]:
    """Every correspondence that ships, by (from, to)."""
    folder = files("hansa.codes") / "data" / "correspondences"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".toml"):
            continue
        meta = tomllib.loads(entry.read_text(encoding="utf-8"))
        rows = folder / entry.name.replace(".toml", ".csv")
        read = list(csv.DictReader(rows.read_text(encoding="utf-8").splitlines()))
        printed = [(row["from"], row["to"]) for row in read]
        apart = strays(printed, classification(meta["from"]), classification(meta["to"]))
        links = tuple(
            (row["from"], row["to"], float(row["weight"]) if row.get("weight") else None)
            for row in read
            if (row["from"], row["to"]) not in apart
        )
        found[(meta["from"], meta["to"])] = Correspondence(
            origin=meta["from"],
            target=meta["to"],
            title=meta["title"],
            links=links,
            source=meta["source"],
            licence=meta["licence"],
            retrieved=meta["retrieved"],
            weights=meta["weights"],
            note=meta["note"],
            pieces=frozenset((row["from"], row["to"]) for row in read if row.get("piece")),
            apart=tuple(pair for pair in printed if pair in apart),
        )
    return found


def strays(
    pairs: list[tuple[str, str]], old: Codelist, new: Codelist
) -> frozenset[tuple[str, str]]:
    """Pairs that join no two codes of one level: codes in neither list, groups among classes.

    A target counts as a group where codes below it are targets too, of sources of one level.
    """
    above: dict[str, set[str]] = {}
    for origin, target in pairs:
        if target in new.level:
            found = above.setdefault(old.level.get(origin, ""), set())
            found.update(new.ancestors(target))
    return frozenset(
        (origin, target)
        for origin, target in pairs
        if not (origin in old and target in new)
        or target in above.get(old.level.get(origin, ""), ())
    )


def correspondence(origin: str, target: str) -> Correspondence:
    """The correspondence between two versions, a table read backwards if need be.

    Direct tables only, never two in a row. Raises UsageError where none ships.
    """
    wanted = (normal_id(origin), normal_id(target))
    if wanted in correspondences():
        return correspondences()[wanted]
    if wanted[::-1] in correspondences():
        return correspondences()[wanted[::-1]].transposed()
    raise UsageError(
        f"there is no correspondence from {wanted[0]} to {wanted[1]}",
        admissible=listed((f"{a} to {b}" for a, b in correspondences()), 20)
        + ", and the ways back",
        fix="two versions meet only through a correspondence: give one (--links FILE)",
    )
