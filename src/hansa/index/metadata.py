"""Indicator metadata to a tree: every fault is collected, then reading fails once.

Columns of methods index.md section 1.1; the names of COINr are read too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from hansa.errors import Finding, HansaError, fault, listed, refuse
from hansa.index.tree import IndexTree, Node, ordered

COINR = {
    "iCode": "code", "iName": "name", "Level": "level", "Direction": "direction",
    "Weight": "weight", "Unit": "unit", "Target": "target", "Denominator": "denominator",
    "Parent": "parent", "Type": "type",
}  # fmt: skip
COLUMNS = {
    "code": "unique name of the row; a column of data.csv where it is no aggregate",
    "type": "indicator, aggregate, group or denominator",
    "parent": "code of the aggregate above; empty for the index itself",
    "direction": "1 where higher is better, -1 where lower is (indicators)",
    "weight": "among siblings, 0 or more; 1 without the column",
    "name": "for people",
    "unit": "of measure, before any division",
    "denominator": "code of a row of type denominator that the step denominate divides by",
    "scale_factor": "the quotient is multiplied by it: 1000 for `per 1000 inhabitants`",
    "target": "raw value for distance-to-target and `whatif --set CODE=target`",
    "goalpost_low, goalpost_high": "raw values of the ends of the scale: goalposts, scaled",
    "normaliser": "another normaliser for this indicator",
    "treatment": "none, `winsorise 3`, a log form, or `thresholds 2 3.5`, for this indicator",
    "level": "height in the tree, only checked",
    "role": "performance or framework: what the audit links",
    "driver": "name of the driver it belongs to",
    "source, quality, first_year, last_year": "what the audit looks at",
}
"""What the columns of the metadata mean."""
TYPES = ("indicator", "aggregate", "group", "denominator")
NUMBERS = (
    "direction", "weight", "level", "target", "scale_factor", "goalpost_low", "goalpost_high",
    "first_year", "last_year",
)  # fmt: skip
WHOLE = ("direction", "level", "first_year", "last_year")
TEXTS = tuple(
    f.name for f in fields(Node)
    if f.name not in (*NUMBERS, "code", "indicator", "more")
)  # fmt: skip
KNOWN = ("code", "type", *TEXTS, *NUMBERS)


def tree_of(rows: Sequence[Mapping[str, Any]], place: str = "indicators") -> IndexTree:
    """The tree that metadata rows describe (one dictionary a row).

    Raises HansaError with every fault: place, code, what was found and what to do.
    """
    findings: list[Finding] = []
    clean = [_renamed(row) for row in rows]
    missing = [name for name in ("code", "type", "parent") if all(name not in r for r in clean)]
    if missing:
        findings.append(fault(
            place, f"the metadata has no column {listed(missing)}",
            listed(clean[0] if clean else ()), listed(KNOWN, 30), "add the column",
        ))  # fmt: skip
        refuse(findings, place)
    nodes, others = [], []
    for number, row in enumerate(clean, 2):
        kind = str(row.get("type", "")).strip().lower()
        where = f"{place}, row {number}"
        code = str(row.get("code", "")).strip()
        if not code:
            findings.append(fault(where, "the row has no code", fix="fill the column code"))
        elif kind not in TYPES:
            findings.append(fault(
                f"{where} ({code})", f"there is no type {kind!r}", admissible=listed(TYPES),
                fix="correct the column type",
            ))  # fmt: skip
        elif kind in ("group", "denominator"):
            others.append((kind, code, str(row.get("name", "")).strip() or code))
        else:
            nodes.append(_node(row, code, kind == "indicator", f"{where} ({code})", findings))
    findings += _family_faults(nodes, [code for _, code, _ in others], place)
    refuse(findings, place)
    return _tree(nodes, others, place)


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    names = [COINR.get(k, k) for k in row]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise HansaError(
            f"two columns of the metadata are the {listed(twice)}",
            printed=listed(row, 30),
            admissible="one column for each",
            fix="take one of them out",
        )
    return {n: ("" if v is None else v) for n, v in zip(names, row.values(), strict=True)}


def _node(
    row: Mapping[str, Any], code: str, indicator: bool, where: str, findings: list[Finding]
) -> Node:
    values: dict[str, Any] = {k: str(row.get(k, "")).strip() for k in TEXTS}
    values["level"] = UNSTATED
    for name in NUMBERS:
        number = _number(row.get(name, ""), name, where, findings)
        if number is not None:
            values[name] = int(number) if name in WHOLE else number
    if indicator and values.get("direction") is None:
        findings.append(fault(
            where, "the indicator has no direction", "an empty cell",
            "1 (higher is better) or -1", "fill the column direction",
        ))  # fmt: skip
    elif values.get("direction", 1) not in (1, -1):
        findings.append(fault(
            where, "direction is neither 1 nor -1", f"{values['direction']}",
            "1 (higher is better) or -1", "correct the column direction",
        ))  # fmt: skip
    elif not indicator and values.get("direction", 1) == -1:
        findings.append(fault(
            where, "an aggregate cannot be turned round", "-1", "1",
            "turn its indicators round instead: direction -1 there",
        ))  # fmt: skip
    if "weight" in row and values.get("weight") is None and values["parent"]:
        findings.append(fault(
            where, "the weight is missing", "an empty cell", "a number of 0 or more",
            "fill the column weight",
        ))  # fmt: skip
    elif values.get("weight", 1.0) < 0:
        findings.append(fault(
            where, "the weight is negative", f"{values['weight']:g}", "a number of 0 or more",
            "correct the column weight",
        ))  # fmt: skip
    more = {k: str(v) for k, v in row.items() if k not in KNOWN}
    return Node(code=code, indicator=indicator, more=more, **values)


def _number(cell: Any, name: str, where: str, findings: list[Finding]) -> float | None:
    text = str(cell).strip()
    if text in ("", "NA", "None", "nan"):
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (name in WHOLE and number != int(number)):
        kind = "whole number" if name in WHOLE else "number"
        findings.append(fault(
            where, f"{name} is no {kind}", text, f"a {kind}", f"correct the column {name}"
        ))  # fmt: skip
        return None
    return number


def _family_faults(nodes: Sequence[Node], others: Sequence[str], place: str) -> list[Finding]:
    found = []
    counts = Counter([*(n.code for n in nodes), *others])
    for code, n in counts.items():
        if n > 1:
            found.append(fault(
                f"{place}, code {code}", "the code stands in several rows", f"{n} rows",
                "one row a code", "rename or remove the others",
            ))  # fmt: skip
    aggregates = {n.code for n in nodes if not n.indicator}
    parents = {n.parent for n in nodes}
    for node in nodes:
        if node.parent and node.parent not in aggregates:
            found.append(fault(
                f"{place}, code {node.code}", "the parent is no aggregate", node.parent,
                listed(sorted(aggregates), 12) or "an aggregate",
                "correct the parent, or add a row of type aggregate for it",
            ))  # fmt: skip
        if not node.indicator and node.code not in parents:
            found.append(fault(
                f"{place}, code {node.code}", "the aggregate has no children",
                fix="remove it, or name it as a parent",
            ))  # fmt: skip
        if node.denominator and node.denominator not in others:
            found.append(fault(
                f"{place}, code {node.code}", "the denominator is not declared", node.denominator,
                listed(others) or "a row of type denominator",
                "add a row of type denominator, or correct the code",
            ))  # fmt: skip
    return [*found, *_root_faults(nodes, place)]


def _root_faults(nodes: Sequence[Node], place: str) -> list[Finding]:
    found = []
    roots = [n.code for n in nodes if not n.parent]
    if len(roots) > 1:
        found.append(fault(
            f"{place}, codes {listed(roots)}", "the tree has several roots", f"{len(roots)}",
            "one node without a parent", "give all but one a parent",
        ))  # fmt: skip
    elif not roots:
        found.append(fault(
            place, "the tree has no root" if nodes else "there is no indicator",
            admissible="one aggregate without a parent", fix="leave the parent of the index empty",
        ))  # fmt: skip
    elif next(n for n in nodes if not n.parent).indicator:
        found.append(fault(
            f"{place}, code {roots[0]}", "an indicator is the root", admissible="an aggregate",
            fix="add an aggregate and name it as the parent",
        ))  # fmt: skip
    parent = {n.code: n.parent for n in nodes}
    for ring in _rings(parent):
        found.append(fault(
            f"{place}, codes {listed(ring)}", "the parents go round in a circle",
            " > ".join([*ring, ring[0]]), "a tree", "correct one of these parents",
        ))  # fmt: skip
    return found


def _rings(parent: Mapping[str, str]) -> list[list[str]]:
    rings, done = [], set()
    for start in parent:
        path: list[str] = []
        code = start
        while code in parent and code not in done and code not in path:
            path.append(code)
            code = parent[code]
        if code in path:
            rings.append(path[path.index(code) :])
        done.update(path)
    return rings


def _tree(nodes: Sequence[Node], others: Sequence[tuple[str, str, str]], place: str) -> IndexTree:
    level = _levels(nodes)
    findings = [
        fault(
            f"{place}, code {n.code}", "the level does not follow from the tree", f"{given}",
            f"{level[n.code]}", "correct it, or leave the column level out",
        )
        for n in nodes
        if (given := _stated(n)) is not None and given != level[n.code]
    ]  # fmt: skip
    for p in {n.parent for n in nodes if n.parent}:
        weights = [n.weight for n in nodes if n.parent == p]
        if not any(w > 0 for w in weights):
            findings.append(fault(
                f"{place}, aggregate {p}", "all weights of its children are zero",
                listed(n.code for n in nodes if n.parent == p), "at least one above 0",
                "correct the column weight",
            ))  # fmt: skip
    refuse(findings, place)
    kept = ordered([replace(n, level=level[n.code]) for n in nodes])
    return IndexTree(
        kept,
        tuple(code for kind, code, _ in others if kind == "denominator"),
        tuple(code for kind, code, _ in others if kind == "group"),
        {code: name for _, code, name in others},
    )


def _stated(node: Node) -> int | None:
    return node.level if node.level != UNSTATED else None


UNSTATED = 0
"""A level that the metadata does not give."""


def _levels(nodes: Sequence[Node]) -> dict[str, int]:
    """Height of each node; the tree is known to be one."""
    level = {n.code: 1 for n in nodes if n.indicator}
    waiting = [n.code for n in nodes if not n.indicator]
    children: dict[str, list[str]] = {}
    for n in nodes:
        children.setdefault(n.parent, []).append(n.code)
    while waiting:
        ready = [c for c in waiting if all(k in level for k in children[c])]
        for code in ready:
            level[code] = 1 + max(level[k] for k in children[code])
        waiting = [c for c in waiting if c not in level]
    return level
