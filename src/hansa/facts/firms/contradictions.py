"""Firms that cannot be counted: twice in a year, or with dates that their own rows contradict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hansa.errors import HansaError, listed
from hansa.facts.firms.definitions import DATES
from hansa.facts.firms.messages import first_place, how_many
from hansa.facts.firms.rows import Opened


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a firm, in SQL over `wide` and over the numbered rows.

    other  SQL of the column `other` of the rows, where the condition asks for one
    """

    rule: str
    of_firm: str
    of_row: str
    admissible: str
    fix: str
    other: str = ""


def refuse_firms(con: Any, rows: Opened) -> None:
    """Raise HansaError for the first kind of fault, with a row and how many firms have it."""
    for fault in _faults(rows.has):
        count = con.execute(f"SELECT count(*) FROM wide WHERE {fault.of_firm}").fetchone()[0]
        if not count:
            continue
        place = listed(rows.files)
        if not any(spec.where for spec in rows.specs):
            place = first_place(con, rows.files, fault.of_row, fault.other) or place
        raise HansaError(
            fault.rule,
            place=place,
            printed=f"{how_many(count, 'firm')}; ids are not shown",
            admissible=fault.admissible,
            fix=fault.fix,
        )


def dates_of_firms(has: tuple[str, ...]) -> str:
    """SQL of what `wide` holds of the dates of a firm."""
    return "".join(
        f", min({d}) AS {d}, max({d}) AS {d}_last, bool_or({_contradicts(d)}) AS {d}_wrong"
        for d in DATES
        if d in has
    )


def _contradicts(name: str) -> str:
    """SQL of a row in which the firm is active though its own date says that it cannot be."""
    return f"(employment > 0 AND time {'<' if name == 'birth' else '>'} {name})"


def _faults(has: tuple[str, ...]) -> Iterator[_Fault]:
    yield _Fault(
        "a firm stands twice in a year",
        "n <> bit_count(seen)",
        "other > 1",
        "one row a firm and year; blanks around an id are no part of it",
        "add local units up to firms first, or take the doubled rows out",
        "row_number() OVER (PARTITION BY id, time ORDER BY file, n)",
    )
    for name in (d for d in DATES if d in has):
        yield _Fault(
            f"rows of one firm differ in its {name}",
            f"{name} <> {name}_last",
            f"{name} <> other",
            f"one {name} a firm",
            "correct the column, or leave it out: it is then found from the years",
            f"first_value({name} IGNORE NULLS) OVER (PARTITION BY id ORDER BY file, n)",
        )
    if set(DATES) <= set(has):
        yield _Fault(
            "a firm dies before its birth",
            "death < birth",
            "death < birth",
            "a death in the year of the birth or later; empty while it lives",
            "correct the dates, or map another column: --columns death=NAME",
        )
    for name, when, needed in (
        ("birth", "before its birth", "the first year with employment or earlier; empty: unknown"),
        ("death", "after its death", "the last year with employment or later; empty: it lives"),
    ):
        if name in has:
            yield _Fault(
                f"a firm is active {when}",
                f"{name}_wrong",
                _contradicts(name),
                f"a {name} in {needed}",
                "correct the dates, or leave the column out: it is then found from the years",
            )
