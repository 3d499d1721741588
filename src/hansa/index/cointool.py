"""Workbooks of the COIN Tool, the spreadsheet of the European Commission's Joint Research Centre.

Layout, as `import_coin_tool` of COINr 1.1 (Becker) reads version 1 of the tool: sheet Database
holds an indicator a column from E to CY (weight in row 7, direction 8, lower goalpost 9, upper
goalpost 10, index 11, sub-index 12, pillar 13, sub-pillar 14, name 15, code 16) and a unit a row
from 17 to 315 (name in B, code in C, `n/a` for a gap); sheet Framework holds an aggregate a row
below a header in row 4 (row 5 before version 1): code in C, weight in E, name in H, `--` for an
empty row. A level the index does not use has one code all along its row. Guide: Becker et al.
2019, COIN Tool User Guide, doi:10.2760/523877.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import Finding, HansaError, fault, listed, refuse
from hansa.index.workbook import Grid, Row, cell_name, open_book

DATABASE, FRAMEWORK, CODES = "Database", "Framework", "Hansa codes"

WEIGHT, DIRECTION, LOW, HIGH, INDEX, SUB_INDEX, PILLAR, SUB_PILLAR, NAME, CODE = range(7, 17)
FIRST, LAST = 17, 315
LEFT, RIGHT = 5, 103
UNIT_NAME, UNIT_CODE = 2, 3

HEADER, HEADER_BEFORE, FRAMEWORK_ROWS = 4, 5, 48
NODE_CODE, NODE_WEIGHT, NODE_NAME = 3, 5, 8
HEADING = "Dimension/indicator"

LEVELS = ((SUB_PILLAR, "sp."), (PILLAR, "p."), (SUB_INDEX, "si."), (INDEX, "Index"))
"""Rows of the aggregates above an indicator, lowest first, and how their codes begin."""

NOTHING = ("", "--", "0", "n/a")
"""Texts of a cell the tool leaves unused."""


@dataclass(frozen=True)
class _Aggregate:
    code: str
    name: str
    weight: float | None
    row: int


def read_coin_tool(path: Path) -> tuple[list[Row], list[Row]]:
    """Metadata rows and data rows of a COIN Tool workbook, by the names of index.md section 1.

    Codes are those of the tool (ind.01, sp.01, p.01, si.01, Index), unless a sheet
    `Hansa codes` gives others. A level with one code all along its row is left out where
    Framework does not list that code. Columns without a name and without any value, and rows
    without a unit code and without any value are unused.

    Raises HansaError with every fault, each with its sheet and cell.
    """
    book = open_book(path)
    boxes = ((WEIGHT, LEFT, LAST, RIGHT), (FIRST, UNIT_NAME, LAST, UNIT_CODE))
    grid = book.grid(DATABASE, boxes, LAST)
    last = HEADER_BEFORE + FRAMEWORK_ROWS
    columns = (NODE_CODE, NODE_WEIGHT, NODE_NAME)
    frame = book.grid(FRAMEWORK, [(HEADER, c, last, c) for c in columns], last)
    findings: list[Finding] = []
    nodes = _framework(frame, path, findings)
    used = _used_columns(grid, path)
    codes = [_text(grid, CODE, j) for j in used]
    findings += _empty_or_twice(grid, codes, [(CODE, j) for j in used], "indicator")
    metadata = _indicators(grid, used, nodes, findings)
    data = _units(grid, dict(zip(used, codes, strict=True)), findings)
    refuse(findings, str(path))
    own = _own_codes(book.grid(CODES)) if CODES in book.sheets else {}
    return _renamed(metadata, data, own)


def _text(grid: Grid, row: int, column: int) -> str:
    text = grid.text(row, column)
    return "" if text in NOTHING else text


def _used_columns(grid: Grid, path: Path) -> list[int]:
    """Columns of indicators: those with a name or any value."""
    filled = {j for i, j in grid.numbers if FIRST <= i <= LAST}
    named = {j for j in range(LEFT, RIGHT + 1) if _text(grid, NAME, j)}
    used = sorted(j for j in filled | named if LEFT <= j <= RIGHT)
    if not used:
        raise HansaError(
            "the sheet holds no indicator",
            place=f"{path}, sheet {DATABASE}, cells E7 to CY315",
            printed="no name in row 15 and no number from row 17 on",
            admissible="an indicator a column from E on, a unit a row from 17 on",
            fix="check that this is a COIN Tool workbook with its Database filled in",
        )
    return used


def _framework(grid: Grid, path: Path, findings: list[Finding]) -> dict[str, _Aggregate]:
    """The aggregates of Framework by code; rows of indicators are passed over."""
    columns = range(NODE_CODE, NODE_NAME + 1)
    heads = {row: [grid.text(row, j) for j in columns] for row in (HEADER, HEADER_BEFORE)}
    head = next((row for row, texts in heads.items() if HEADING in texts), None)
    if head is None:
        raise HansaError(
            f"the sheet has no heading {HEADING!r}",
            place=f"{path}, sheet {FRAMEWORK}, cells C4 to H4",
            printed=listed(t for t in heads[HEADER] if t) or "empty cells",
            admissible=f"{HEADING!r} in row 4 (row 5 before version 1 of the tool)",
            fix="check that this is a COIN Tool workbook with its Framework filled in",
        )
    shown = NODE_CODE + heads[head].index(HEADING)
    found: dict[str, _Aggregate] = {}
    for row in range(head + 1, head + FRAMEWORK_ROWS + 1):
        code = _text(grid, row, NODE_CODE)
        if not code.startswith(tuple(start for _, start in LEVELS)):
            continue
        if grid.text(row, shown) == "--":
            continue
        if code in found:
            place = grid.place(row, NODE_CODE)
            findings.append(fault(place, f"{code} stands twice", fix="remove one of the rows"))
        weight = grid.number(row, NODE_WEIGHT, findings)
        if weight is None and not any(f.place == grid.place(row, NODE_WEIGHT) for f in findings):
            place = grid.place(row, NODE_WEIGHT)
            findings.append(fault(place, f"{code} has no weight", fix="fill the cell"))
        found[code] = _Aggregate(code, _text(grid, row, NODE_NAME), weight, row)
    return found


def _indicators(
    grid: Grid, used: Sequence[int], nodes: Mapping[str, _Aggregate], findings: list[Finding]
) -> list[Row]:
    """Metadata rows: indicators by column, then aggregates from the lowest level up."""
    levels = _levels(grid, used, nodes)
    parents: dict[str, tuple[str, int]] = {}
    rows = [_indicator(grid, j, levels[0], findings) for j in used]
    for row, above in zip(levels, [*levels[1:], None], strict=True):
        for j in used:
            code, parent = _text(grid, row, j), _text(grid, above, j) if above else ""
            place = grid.place(row, j)
            if not code:
                findings.append(fault(place, "the cell names no aggregate", fix="fill the cell"))
                continue
            if code not in nodes:
                rule = f"{code} is not in the sheet {FRAMEWORK}"
                listing = listed(nodes, 12)
                findings.append(fault(place, rule, code, listing, "add it there, with its weight"))
            known, first = parents.setdefault(code, (parent, j))
            if known != parent:
                rule = f"{code} lies under {parent} here, under {known} in {cell_name(row, first)}"
                findings.append(fault(place, rule, fix="give it one parent"))
    for code, (parent, _) in parents.items():
        if code in nodes:
            rows.append(
                {
                    "code": code,
                    "type": "aggregate",
                    "parent": parent,
                    "weight": nodes[code].weight,
                    "name": nodes[code].name,
                }
            )
    return rows


def _indicator(grid: Grid, column: int, row: int, findings: list[Finding]) -> Row:
    def number(of: int, fits: Callable[[float], bool], what: str) -> float | None:
        before = len(findings)
        found = grid.number(of, column, findings)
        if len(findings) == before and (found is None or not fits(found)):
            printed = "an empty cell" if found is None else f"{found:g}"
            rule = f"the {what.split(':')[0]} of an indicator is wrong or missing"
            place = grid.place(of, column)
            findings.append(fault(place, rule, printed, what.split(": ")[1], "correct the cell"))
        return found

    weight = number(WEIGHT, lambda w: w >= 0, "weight: a number of 0 or more")
    direction = number(DIRECTION, lambda d: d in (1, -1), "direction: 1 or -1")
    return {
        "code": _text(grid, CODE, column),
        "type": "indicator",
        "parent": _text(grid, row, column),
        "direction": None if direction is None else int(direction),
        "weight": weight,
        "name": _text(grid, NAME, column),
        "goalpost_low": grid.number(LOW, column, findings),
        "goalpost_high": grid.number(HIGH, column, findings),
    }


def _levels(grid: Grid, used: Sequence[int], nodes: Mapping[str, _Aggregate]) -> list[int]:
    """Rows of the levels in use, lowest first."""
    found = []
    for row, _ in LEVELS:
        codes = {_text(grid, row, j) for j in used}
        if row == INDEX or len(codes) > 1 or codes <= set(nodes):
            found.append(row)
    return found


def _units(grid: Grid, codes: Mapping[int, str], findings: list[Finding]) -> list[Row]:
    filled = {i for i, j in grid.numbers if j in codes and i >= FIRST}
    rows = [i for i in range(FIRST, LAST + 1) if i in filled or _text(grid, i, UNIT_CODE)]
    units = [_text(grid, i, UNIT_CODE) for i in rows]
    findings += _empty_or_twice(grid, units, [(i, UNIT_CODE) for i in rows], "unit")
    if not rows:
        place = grid.place(FIRST, UNIT_CODE)
        findings.append(fault(place, "the sheet holds no unit", fix="give a unit a row from 17 on"))
    return [
        {
            "unit": unit,
            "name": _text(grid, i, UNIT_NAME),
            **{code: grid.number(i, j, findings) for j, code in codes.items()},
        }
        for i, unit in zip(rows, units, strict=True)
    ]


def _empty_or_twice(
    grid: Grid, codes: Sequence[str], places: Sequence[tuple[int, int]], what: str
) -> list[Finding]:
    found, first = [], dict[str, tuple[int, int]]()
    for code, place in zip(codes, places, strict=True):
        where = grid.place(*place)
        if not code:
            found.append(fault(where, f"the {what} has no code", fix="fill the cell"))
        elif first.setdefault(code, place) != place:
            other = grid.place(*first[code]).split()[-1]
            rule = f"the code {code} stands twice, here and in {other}"
            found.append(fault(where, rule, fix=f"give each {what} its own code"))
    return found


def _own_codes(grid: Grid) -> dict[str, tuple[str, str]]:
    """Code of the tool -> own code and own name."""
    return {grid.text(i, 1): (grid.text(i, 2), grid.text(i, 3)) for i in range(2, grid.rows + 1)}


def _renamed(
    metadata: list[Row], data: list[Row], own: Mapping[str, tuple[str, str]]
) -> tuple[list[Row], list[Row]]:
    code = {tool: mine for tool, (mine, _) in own.items()}
    for row in metadata:
        mine, name = own.get(row["code"], ("", row["name"]))
        row["name"] = name if row["name"] in ("", mine) else row["name"]
        row["code"], row["parent"] = (code.get(row[k], row[k]) for k in ("code", "parent"))
    return metadata, [{code.get(k, k): v for k, v in row.items()} for row in data]
