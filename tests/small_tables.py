"""Small tables as a person would write them down, and results as a dictionary.

A grid has one column an activity (or cluster) and one row a region:

             A     B
    R1      30    70
    R2     20e     :

`30` a value, `30e` a value with its flag, `:` a row whose value is empty (`:c` with a reason),
`.` no row at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hansa.clusters import ClusterDefinition, Member, find_definition
from hansa.panel import Panel

UNKNOWN = {"absent_rows": "unknown"}
ZERO = {"absent_rows": "zero"}

Key = tuple[str, str, int]


def cells(text: str) -> dict[tuple[str, str], str]:
    """(row name, column name) -> what stands in the cell."""
    head, *rows = (line.split() for line in text.strip().splitlines())
    found = {}
    for name, *row in rows:
        assert len(row) == len(head), f"row {name} has {len(row)} cells for {len(head)} columns"
        found.update({(name, column): cell for column, cell in zip(head, row, strict=True)})
    return found


def facts(grids: str | Mapping[int, str]) -> pd.DataFrame:
    """A facts table of one grid (the year 2020) or of one grid a year."""
    by_year = {2020: grids} if isinstance(grids, str) else grids
    rows = []
    for year, text in by_year.items():
        for (geo, activity), cell in cells(text).items():
            if cell == ".":
                continue
            number, flag = re.fullmatch(r"([\d.]*):?(\w*)", cell).groups()
            rows.append((geo, activity, int(year), float(number or "nan"), flag))
    return table(rows)


def table(rows: list[tuple[str, str, int, float | None, str]]) -> pd.DataFrame:
    """A facts table of (geo, activity, time, employment, status) rows."""
    names = ["geo", "activity", "time", "employment", "employment_status"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"employment": float})


def results(panel: Panel, part: str = "value") -> dict[Key, Any]:
    """(geo, unit, time) -> value, or another column; None where absent."""
    unit = panel.dims[1]
    return {(row["geo"], row[unit], row["time"]): row.get(part) for row in panel.rows()}


def present(panel: Panel) -> set[Key]:
    """Keys of the results that are known."""
    return {key for key, value in results(panel).items() if value is not None}


def absent(panel: Panel) -> set[Key]:
    """Keys of the results that are absent."""
    return set(results(panel)) - present(panel)


def definition(folder: Path, members: str, classification: str = "") -> ClusterDefinition:
    """A cluster definition of the text of a plain CSV."""
    path = folder / "groups.csv"
    path.write_text(members, encoding="utf-8")
    return find_definition(str(path), classification)


def groups(members: Mapping[str, Mapping[str, float]], classification: str = "local"):
    """A definition in memory, overlaps allowed: cluster -> activity -> weight."""
    rows = (Member(c, a, w) for c, own in members.items() for a, w in own.items())
    return ClusterDefinition("groups", "Groups", classification, tuple(rows), overlapping=True)
