"""Answers of experts: rows of a table to arrays, with everything that is wrong said at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hansa.errors import HansaError, listed
from hansa.index.weights_people import EXACT, Floats

SHOWN = 30
"""Findings that one message lists."""


@dataclass(frozen=True)
class Points:
    """Points of one family: parent, experts, codes, points (experts, children)."""

    parent: str
    experts: tuple[str, ...]
    codes: tuple[str, ...]
    points: Floats


@dataclass(frozen=True)
class Judgements:
    """Judgements of one family: parent, experts, codes, matrices (experts, children, children)."""

    parent: str
    experts: tuple[str, ...]
    codes: tuple[str, ...]
    matrices: Floats


def points_of(rows: Iterable[Mapping[str, str]]) -> dict[str, Points]:
    """Parent -> points, from rows with the columns expert, parent, code, points.

    Experts and codes stand in the order of their first row. Raises one HansaError for all rows:
    empty or missing columns, numbers that are none or negative, a child twice, a child without
    points. Sums are not looked at: `budget_allocation` does, `swing` takes any.
    """
    cells, found = _cells(rows, ("code",), "points", lowest=0.0)
    families: dict[str, Points] = {}
    for parent, given in cells.items():
        experts = _first(e for e, _ in given)
        codes = _first(place[0] for _, place in given)
        table = np.full((len(experts), len(codes)), np.nan)
        for (expert, (code,)), value in given.items():
            table[experts.index(expert), codes.index(code)] = value
        families[parent] = Points(parent, experts, codes, table)
        found += [
            f"{experts[e]}, {parent}: no points for {codes[j]}"
            for e, j in np.argwhere(np.isnan(table)).tolist()
            if (experts[e], (codes[j],)) not in given
        ]
    _refuse(found, "expert, parent, code, points", "a number of 0 or more for every child")
    return families


def judgements_of(rows: Iterable[Mapping[str, str]]) -> dict[str, Judgements]:
    """Parent -> judgement matrices, from rows with expert, parent, row, column, value.

    A value says how row compares to column: 3, 0.2 or 1/5. Of each pair one cell is enough, the
    other is its reciprocal; the diagonal may be left out. Raises one HansaError for all rows as
    `points_of`, for pairs without a judgement and for pairs that are not reciprocal.
    """
    cells, found = _cells(rows, ("row", "column"), "value", lowest=None)
    families: dict[str, Judgements] = {}
    for parent, given in cells.items():
        experts = _first(e for e, _ in given)
        codes = _first(code for _, place in given for code in place)
        a = np.full((len(experts), len(codes), len(codes)), np.nan)
        for (expert, (row, column)), value in given.items():
            a[experts.index(expert), codes.index(row), codes.index(column)] = value
        wrong = {(e, *place) for (e, place), value in given.items() if np.isnan(value)}
        for e, expert in enumerate(experts):
            named = f"{expert}, {parent}: "
            a[e], off = _completed(a[e], codes)
            found += [named + text for pair, text in off if not _told(wrong, expert, pair)]
        families[parent] = Judgements(parent, experts, codes, a)
    _refuse(found, "expert, parent, row, column, value",
            "a positive number or fraction for every pair; a_ij a_ji = 1")  # fmt: skip
    return families


def _told(wrong: set[tuple[str, ...]], expert: str, pair: tuple[str, str]) -> bool:
    """Whether a pair is already named for a number that is none."""
    return bool({(expert, *pair), (expert, *pair[::-1])} & wrong)


def _completed(a: Floats, codes: Sequence[str]) -> tuple[Floats, list[tuple[tuple[str, str], str]]]:
    """A matrix with diagonal and reciprocals, and the pairs that are missing or contradict."""
    a = np.where(np.isnan(a) & np.eye(len(a), dtype=bool), 1.0, a)
    a = np.where(np.isnan(a), 1 / a.T, a)
    found = []
    for i, j in np.argwhere(np.triu(~(np.abs(a * a.T - 1) <= EXACT))).tolist():
        cell = f"{codes[i]} against {codes[j]}"
        text = f"{cell}: {a[i, j]:.6g}, and back {a[j, i]:.6g}, not reciprocal"
        found.append(
            ((codes[i], codes[j]), f"no judgement of {cell}" if np.isnan(a[i, j]) else text)
        )
    return a, found


Given = dict[tuple[str, tuple[str, ...]], float]


def _cells(
    rows: Iterable[Mapping[str, str]], places: tuple[str, ...], number: str, lowest: float | None
) -> tuple[dict[str, Given], list[str]]:
    """Parent -> (expert, place) -> number, NaN for a bad one, and what is wrong with the rows."""
    cells: dict[str, Given] = {}
    listing = list(rows)
    columns = ("expert", "parent", *places, number)
    found = [f"there is no column {c}" for c in columns if listing and c not in listing[0]]
    for at, row in enumerate([] if found else listing, 2):
        texts = [str(row.get(c) or "").strip() for c in columns[:-1]]
        empty = [c for c, t in zip(columns[:-1], texts, strict=True) if not t]
        if empty:
            found.append(f"line {at}: {listed(empty)} is empty")
            continue
        expert, parent, *place = texts
        given = cells.setdefault(parent, {})
        named = f"{expert}, {parent}, {' against '.join(place)}"
        if (expert, tuple(place)) in given:
            found.append(f"line {at}: {named} is there twice")
            continue
        text = str(row.get(number) or "").strip()
        value = _number(text)
        if not (value >= lowest if lowest is not None else value > 0):
            found.append(f"line {at}: {named}: {number} is {text!r}")
            value = np.nan
        given[expert, tuple(place)] = value
    if not cells and not found:
        found.append("no rows")
    return cells, found


def _number(text: str) -> float:
    """A decimal or a fraction; NaN where it is none or not finite."""
    try:
        top, *bottom = (float(part) for part in text.split("/", 1))
        value = top / bottom[0] if bottom else top
    except (ValueError, ZeroDivisionError):
        return float("nan")
    return value if abs(value) < float("inf") else float("nan")


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _refuse(found: list[str], columns: str, admissible: str) -> None:
    if not found:
        return
    raise HansaError(
        f"answers of experts: {len(found)} finding{'s' if len(found) > 1 else ''}",
        place=f"the table with the columns {columns}",
        printed="; ".join(found[:SHOWN])
        + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""),
        admissible=admissible,
        fix="put these rows right, or leave the expert out",
    )
