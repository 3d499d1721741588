"""Numbers of every cell, with what the gate has to know of those behind them.

All sums are of whole numbers, so that threads and the order of rows do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.codes.codelist import TOTAL
from hansa.facts.firms.definitions import MONEY
from hansa.facts.firms.histories import Asked, Histories
from hansa.facts.firms.rows import Opened

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Regions x activities; a total comes last on an axis with more than one part."""

    geos: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """Codes of the regions, with the total."""
        return self.geos + ((TOTAL,) if len(self.geos) > 1 else ())

    @property
    def columns(self) -> tuple[str, ...]:
        """Codes of the activities, with the total."""
        return self.units + ((TOTAL,) if len(self.units) > 1 else ())

    @property
    def shape(self) -> tuple[int, int]:
        """Regions and activities, totals counted."""
        return len(self.rows), len(self.columns)


@dataclass(frozen=True)
class Tally:
    """One measure of one year over the grid, totals included.

    value         sum over the firms for which it is known
    unknown       firms for which it is not known
    contributors  firms with a number above zero
    largest, second   the two largest contributions
    """

    value: Whole
    unknown: Whole
    contributors: Whole
    largest: Whole
    second: Whole

    @property
    def missing(self) -> Mask:
        """Cells without a number: something in them is unknown."""
        return self.unknown > 0


Tallies = Mapping[tuple[str, int], Tally]


def tally_all(
    engine: Any, rows: Opened, histories: Histories, asked: Iterable[Asked]
) -> dict[tuple[str, int], Tally]:
    """Every measure of every year that can be told, by name and year."""
    grid = Grid(histories.geos, histories.units)
    found = _stocks(engine.con, rows, histories, grid)
    groups: dict[tuple[str, int], list[Asked]] = {}
    for one in asked:
        # Survivors of one cohort stand at the place of their birth: one pass for all of them.
        groups.setdefault((one.where, 0), []).append(one)
    for (where, _), many in groups.items():
        sql = ", ".join(_asked(i, one) for i, one in enumerate(many))
        table = engine.con.sql(
            f"SELECT {where} AS place, {sql} FROM histories WHERE {where} IS NOT NULL GROUP BY 1"
        ).to_arrow_table()
        place = _column(table, "place")
        for i, one in enumerate(many):
            parts = [_column(table, f"{part}{i}") for part in _PARTS]
            found[one.name, one.time] = _laid(grid, place, parts)
    return found


_PARTS = ("v", "u", "n", "f", "s")


def _asked(i: int, one: Asked) -> str:
    if not one.magnitude:
        return (
            f"count(*) FILTER ({one.what}) AS v{i}, "
            f"count(*) FILTER (({one.what}) IS NULL) AS u{i}, "
            f"0 AS n{i}, 0 AS f{i}, 0 AS s{i}"
        )
    return _magnitude(i, one.what)


def _magnitude(i: int, what: str) -> str:
    top = f"max({what}, 2)"
    return (
        f"coalesce(sum({what}), 0)::BIGINT AS v{i}, count(*) FILTER (({what}) IS NULL) AS u{i}, "
        f"count(*) FILTER (({what}) > 0) AS n{i}, coalesce({top}[1], 0)::BIGINT AS f{i}, "
        f"coalesce({top}[2], 0)::BIGINT AS s{i}"
    )


def _stocks(
    con: Any, rows: Opened, histories: Histories, grid: Grid
) -> dict[tuple[str, int], Tally]:
    """Firms, employment and money of the active firms of each year."""
    names = ("employment", *(n for n in MONEY if n in rows.has))
    active = "employment > 0"
    sql = [
        f"count(*) FILTER ({active}) AS v0, count(*) FILTER (employment IS NULL) AS u0, "
        "0 AS n0, 0 AS f0, 0 AS s0"
    ]
    for i, name in enumerate(names, 1):
        # Money of a firm that is not active is no part of the table; of one unknown, unknown.
        what = f"(CASE WHEN {active} THEN {name} WHEN NOT ({active}) THEN 0 END)"
        sql.append(_magnitude(i, what))
    table = con.sql(
        f"SELECT time, place, {', '.join(sql)} FROM coded GROUP BY time, place"
    ).to_arrow_table()
    time, place = _column(table, "time"), _column(table, "place")
    found = {}
    for t in histories.years:
        own = time == t
        for i, name in enumerate(("firms", *names)):
            parts = [_column(table, f"{part}{i}")[own] for part in _PARTS]
            found[name, t] = _laid(grid, place[own], parts)
    return found


def _column(table: Any, name: str) -> Whole:
    return np.asarray(table[name].to_numpy(), np.int64)


def _laid(grid: Grid, place: Whole, parts: list[Whole]) -> Tally:
    """Cells on the grid, and the totals."""
    size = len(grid.geos), len(grid.units)
    laid = []
    for part in parts:
        cells = np.zeros(size[0] * size[1], np.int64)
        cells[place] = part
        laid.append(cells.reshape(size))
    value, unknown, number, first, second = laid
    for axis, many in ((1, size[1] > 1), (0, size[0] > 1)):
        if many:
            value, unknown, number = (_with_sum(p, axis) for p in (value, unknown, number))
            first, second = _with_top(first, second, axis)
    return Tally(value, unknown, number, first, second)


def _with_sum(part: Whole, axis: int) -> Whole:
    return np.concatenate([part, part.sum(axis=axis, keepdims=True)], axis=axis)


def _with_top(first: Whole, second: Whole, axis: int) -> tuple[Whole, Whole]:
    both = np.sort(np.concatenate([first, second], axis=axis), axis=axis)
    top = np.take(both, [-1], axis=axis), np.take(both, [-2], axis=axis)
    return (
        np.concatenate([first, top[0]], axis=axis),
        np.concatenate([second, top[1]], axis=axis),
    )
