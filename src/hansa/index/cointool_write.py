"""An index as a workbook in the layout of the COIN Tool (see `cointool`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hansa.errors import HansaError, listed
from hansa.index.cointool import (
    CODE,
    CODES,
    DATABASE,
    DIRECTION,
    FIRST,
    FRAMEWORK,
    FRAMEWORK_ROWS,
    HEADER,
    HEADING,
    HIGH,
    INDEX,
    LAST,
    LEFT,
    LEVELS,
    LOW,
    NAME,
    NODE_CODE,
    NODE_NAME,
    NODE_WEIGHT,
    NOTHING,
    RIGHT,
    UNIT_CODE,
    UNIT_NAME,
    WEIGHT,
)
from hansa.index.metadata import tree_of
from hansa.index.reading import MISSING, NAMES, data_of
from hansa.index.tree import IndexTree, Node
from hansa.index.workbook import Row, columns_of, write_book

Cells = list[tuple[int, int, Any]]


def write_coin_tool(
    path: Path, metadata: Sequence[Row], data: Sequence[Row], lossy: bool = False
) -> list[str]:
    """Write the sheets Database and Framework of the COIN Tool, and a sheet of own codes.

    The file holds values only: COINr reads it, and its cells can be pasted into the tool. What
    the layout cannot hold is refused, or with `lossy` left out and listed in the answer: units
    of measure, targets, denominators, groups, further columns, the year of the data.

    Raises HansaError for rows that are no index, and for what no list can mend: indicators at
    different depths, more than four levels of aggregates, 99 indicators, 299 units or 48
    aggregates, several years.
    """
    tree = tree_of(metadata, "indicators")
    plain = [{NAMES.get(k, k) if k not in tree.place else k: v for k, v in r.items()} for r in data]
    data_of(tree, columns_of(plain))
    chains = _chains(tree)
    _refuse_size(tree, plain, chains)
    lost = _lost(tree, plain)
    if lost and not lossy:
        raise HansaError(
            "the layout of the COIN Tool cannot hold all of this index",
            place=str(path),
            printed=listed(lost, 20),
            admissible="codes, names, weights, directions, goalposts, the tree; values of one year",
            fix="write the workbook of Hansa instead, or say that these may be left out",
        )
    names = _tool_codes(tree, chains)
    sheets = [
        (DATABASE, _database_cells(tree, plain, chains, names)),
        (FRAMEWORK, _framework_cells(tree, names)),
        (CODES, _code_cells(tree, names)),
    ]
    write_book(path, sheets)
    return lost


def _chains(tree: IndexTree) -> list[list[int]]:
    """For each indicator its aggregates, lowest first; the root last."""
    chains = []
    for leaf in range(tree.leaves):
        chain, node = [], int(tree.parent[leaf])
        while node >= 0:
            chain.append(node)
            node = int(tree.parent[node])
        chains.append(chain)
    return chains


def _rows_of(depth: int) -> list[int]:
    """Rows of Database for the levels of a tree: lowest first, the last one always the index."""
    return [*(row for row, _ in LEVELS[: depth - 1]), INDEX]


def _tool_codes(tree: IndexTree, chains: Sequence[Sequence[int]]) -> list[str]:
    names = [f"ind.{i:02d}" for i in range(1, tree.leaves + 1)]
    starts = [start for _, start in LEVELS]
    height = {node: level for chain in chains for level, node in enumerate(chain)}
    counts = [0] * len(LEVELS)
    for node in range(tree.leaves, len(tree.nodes)):
        level = height[node]
        counts[level] += 1
        names.append(starts[-1] if node == tree.root else f"{starts[level]}{counts[level]:02d}")
    return names


def _refuse_size(tree: IndexTree, data: Sequence[Row], chains: Sequence[Sequence[int]]) -> None:
    years = dict.fromkeys(str(r["year"]) for r in data if r.get("year") is not None)
    depths = {len(chain) for chain in chains}
    depth = max(depths)
    uneven = [tree.codes[i] for i, c in enumerate(chains) if len(c) < depth]
    aggregates = len(tree.nodes) - tree.leaves
    blank = [repr(r["unit"]) for r in data if str(r["unit"]).strip() in NOTHING]
    limits = (
        (len(depths) > 1, f"{listed(uneven)} with fewer aggregates above", "one depth for all"),
        (depth > len(LEVELS), f"{depth} levels of aggregates", f"{len(LEVELS)}"),
        (tree.leaves > RIGHT - LEFT + 1, f"{tree.leaves} indicators", f"{RIGHT - LEFT + 1}"),
        (len(data) > LAST - FIRST + 1, f"{len(data)} units", f"{LAST - FIRST + 1}"),
        (aggregates > FRAMEWORK_ROWS, f"{aggregates} aggregates", f"{FRAMEWORK_ROWS}"),
        (bool(blank), f"units {listed(blank)}", "codes other than 0, -- and n/a"),
        (len(years) > 1, f"years {listed(years)}", "one year"),
    )
    for wrong, printed, most in limits:
        if wrong:
            raise HansaError(
                "this index does not fit into the layout of the COIN Tool",
                printed=printed,
                admissible=f"at most {most}" if most.isdigit() else most,
                fix="write the workbook of Hansa instead",
            )


def _lost(tree: IndexTree, data: Sequence[Row]) -> list[str]:
    """What the layout has no room for, in words."""
    blank = Node(code="", indicator=True)
    held = {"code", "indicator", "parent", "direction", "weight", "name", "level", "more"}
    lost = []
    for field in Node.__dataclass_fields__:
        goal = field.startswith("goalpost")
        nodes = tree.nodes[tree.leaves :] if goal else tree.nodes
        here = [n.code for n in nodes if getattr(n, field) != getattr(blank, field)]
        if field not in held and here:
            lost.append(f"{field} of {listed(here, 3)}")
    lost += [f"column {k}" for k in dict.fromkeys(k for n in tree.nodes for k in n.more)]
    lost += [f"denominator {d}" for d in tree.denominators] + [f"group {g}" for g in tree.groups]
    years = dict.fromkeys(str(r["year"]) for r in data if r.get("year") is not None)
    return lost + [f"the year {year}" for year in years]


def _database_cells(
    tree: IndexTree, data: Sequence[Row], chains: Sequence[Sequence[int]], names: Sequence[str]
) -> Cells:
    labels = (
        "Weight,Direction,Goalpost lower,Goalpost upper,Index,Sub-index,Pillar,Sub-pillar,Name,Code"
    )
    cells: Cells = [(1, 1, "Layout of the COIN Tool, written by Hansa")]
    cells += [(WEIGHT + i, UNIT_NAME, text) for i, text in enumerate(labels.split(","))]
    used = _rows_of(len(chains[0]))
    for j, (node, chain) in enumerate(zip(tree.indicators, chains, strict=True), LEFT):
        above: dict[int, Any] = {row: f"{start}01" for row, start in LEVELS}
        above |= {row: names[at] for row, at in zip(used, chain, strict=True)}
        column = {WEIGHT: node.weight, DIRECTION: node.direction, LOW: node.goalpost_low} | above
        column |= {HIGH: node.goalpost_high, NAME: node.label, CODE: names[j - LEFT]}
        cells += [(row, j, "n/a" if v is None else v) for row, v in sorted(column.items())]
    for i, row in enumerate(data, FIRST):
        cells += [(i, UNIT_NAME, row.get("name")), (i, UNIT_CODE, str(row["unit"]))]
        for j, node in enumerate(tree.indicators, LEFT):
            value = row.get(node.code)
            gap = value is None or value != value or str(value).strip() in ("", *MISSING)
            cells.append((i, j, "n/a" if gap else float(str(value))))
    return cells


def _framework_cells(tree: IndexTree, names: Sequence[str]) -> Cells:
    """The index first, the lowest level last, as the tool lists them."""
    cells: Cells = [(1, 1, "Layout of the COIN Tool, written by Hansa")]
    heads = ((NODE_CODE, "Code"), (NODE_WEIGHT, "Weight"), (NODE_NAME, HEADING))
    cells += [(HEADER, column, text) for column, text in heads]
    nodes = sorted(range(tree.leaves, len(names)), key=lambda i: -tree.nodes[i].level)
    for k in range(FRAMEWORK_ROWS):
        row = HEADER + 1 + k
        if k >= len(nodes):
            cells += [(row, NODE_CODE, "--"), (row, NODE_NAME, "--")]
            continue
        node = tree.nodes[nodes[k]]
        cells += [(row, NODE_CODE, names[nodes[k]]), (row, NODE_WEIGHT, node.weight)]
        cells.append((row, NODE_NAME, node.label))
    return cells


def _code_cells(tree: IndexTree, names: Sequence[str]) -> Cells:
    cells: Cells = [(1, 1, "COIN Tool"), (1, 2, "code"), (1, 3, "name")]
    for i, (name, node) in enumerate(zip(names, tree.nodes, strict=True), 2):
        cells += [(i, 1, name), (i, 2, node.code), (i, 3, node.name)]
    return cells
