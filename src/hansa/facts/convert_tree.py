"""Codes above others under a conversion: kept only where they move together with their parts."""

from __future__ import annotations

from collections.abc import Sequence

from hansa.axes import Axis
from hansa.facts.convert import EXACT


def parents_apart(
    old: Axis, new: Axis, source: Sequence[int], target: Sequence[str], kind: Sequence[int]
) -> set[str]:
    """Codes of `new` above others that do not hold what their parts hold; links as lists.

    A parent stays where whole sources make it up, and these sources and the sources of its parts
    are the same: else parents and parts would be split by different shares and disagree.
    """
    into: dict[int, list[int]] = {}
    out: dict[int, list[int]] = {}
    for k, (s, t) in enumerate(zip(source, target, strict=True)):
        into.setdefault(new.place[t], []).append(k)
        out.setdefault(s, []).append(k)
    below_old, below_new = _below(old), _below(new)
    drop = set()
    for node in new.children:
        own = into[node]
        inside = below_new[node]
        whole = {source[k] for k in own}
        parts = {s for w in whole for s in below_old.get(w, ())}
        arriving = {source[k] for t in inside for k in into[t]}
        leaving = {new.place[target[k]] for s in parts for k in out.get(s, ())}
        exact = all(kind[k] <= EXACT for k in own)
        if not (exact and arriving <= parts | whole and leaving <= inside | {node}):
            drop.add(new.codes[node])
    return drop


def rebuilt(
    old: Axis, new: Axis, source: Sequence[int], target: Sequence[str], torn: set[str]
) -> dict[str, dict[int, list[int]]]:
    """Torn parents that hold codes without parts: which links make them up, by their source.

    Such a parent cannot follow from its parts. It is what the finest codes of the source bring to
    it or to any of its parts; each of these moves by links of its own level only.
    """
    finest = set(old.leaves)
    below = _below(new)
    found: dict[str, dict[int, list[int]]] = {}
    for code in torn:
        if not any(t == code and source[k] in finest for k, t in enumerate(target)):
            continue
        inside = {code} | {new.codes[i] for i in below[new.place[code]]}
        own: dict[int, list[int]] = {}
        for k, t in enumerate(target):
            if t in inside and source[k] in finest:
                own.setdefault(source[k], []).append(k)
        found[code] = own
    return found


def _below(axis: Axis) -> dict[int, set[int]]:
    """Inner position -> every position below it."""
    found: dict[int, set[int]] = {}
    for i in range(len(axis)):
        above = axis.parent[i]
        while above >= 0:
            found.setdefault(above, set()).add(i)
            above = axis.parent[above]
    return found
