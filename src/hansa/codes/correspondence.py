"""Correspondences: the only door between two versions of a classification (law, clause 6)."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

from hansa.codes.codelist import normal_id
from hansa.errors import UsageError, listed

Relation = Literal["1:1", "n:1", "1:n", "n:m"]


@dataclass(frozen=True)
class Correspondence:
    """Dated, sourced links between the codes of two versions.

    links   (from code, to code, weight); the weights of one source code sum to 1. Without a
            known weight it is None: such a code is exact only where it has a single target.
    weights where the weights come from; empty for a table without any
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
        links = tuple(
            (row["from"], row["to"], float(row["weight"]) if row.get("weight") else None)
            for row in csv.DictReader(rows.read_text(encoding="utf-8").splitlines())
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
        )
    return found


def correspondence(origin: str, target: str) -> Correspondence:
    """The correspondence between two versions; refused where none is known."""
    wanted = (normal_id(origin), normal_id(target))
    if wanted in correspondences():
        return correspondences()[wanted]
    raise UsageError(
        f"there is no correspondence from {wanted[0]} to {wanted[1]}",
        admissible=listed(f"{a} to {b}" for a, b in correspondences()),
        fix="two versions meet only through a correspondence: convert the facts elsewhere",
    )
