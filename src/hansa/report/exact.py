"""A table in exact numbers: bounds in columns of their own, a reason for each missing value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hansa.language import N_, _
from hansa.report.document import Table
from hansa.views.format import MISSING
from hansa.views.written import Written

_COUNT = re.compile(r"0|[1-9]\d{0,14}")
_NOTHING = ("", MISSING)
_CODED = (N_("Code"), N_("Activity"), N_("Cluster"), N_("Region"), N_("Country"))
"""Heads of columns of names and codes: 49 is an industry there."""


@dataclass(frozen=True)
class ExactColumn:
    """One column: every cell a number or None, or every cell a text.

    head  of the column, without its unit; `unit` as results have it: `persons`, `share`, `ratio`
    """

    head: str
    values: tuple[float | str | None, ...]
    unit: str = ""

    @property
    def titled(self) -> str:
        """The head with the unit in brackets, where the head does not tell it."""
        told = not self.unit or self.unit in self.head
        return self.head if told else f"{self.head} [{self.unit}]"


def exact_columns(table: Table) -> tuple[ExactColumn, ...]:
    """The columns of a table for machines.

    A column of numbers becomes the numbers, unrounded; beside it, where there are any, their lower
    and upper bounds, their units (where they differ), and why a number is missing. Texts stay, and
    signs of statuses become words. Nothing but plain counts is read back from a text.
    """
    made: list[ExactColumn] = []
    columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    for place, (head, cells) in enumerate(zip(table.columns, columns, strict=True)):
        if _numeric(cells) or (place and _counts(head, cells)):
            # A status says something of the number before it.
            made += _numbers(head, cells, _status(columns[place + 1 :], len(cells)))
        else:
            made.append(ExactColumn(head, tuple(_text(cell) for cell in cells)))
    return tuple(made)


def _numeric(cells: Sequence[str]) -> bool:
    """Whether a column is one of numbers, of which some or all may be missing."""
    # A text that happens to look like a number, such as a code, is none.
    said = [cell for cell in cells if cell]
    return any(isinstance(c, Written) and c.known for c in cells) or (
        bool(said) and all(isinstance(c, Written) and c == MISSING for c in said)
    )


def _counts(head: str, cells: Sequence[str]) -> bool:
    """Whether a column holds plain counts; codes that look like them stay texts."""
    said = {cell for cell in cells if cell not in _NOTHING}
    return bool(said) and head not in map(_, _CODED) and all(map(_COUNT.fullmatch, said))


def _numbers(head: str, cells: Sequence[str], statuses: Sequence[str]) -> Iterator[ExactColumn]:
    written = [_counted(cell) for cell in cells]
    units = {own.unit for own in written if own.known} or {own.unit for own in written}
    units = units - {""} or {""}
    unit = units.pop() if len(units) == 1 else ""
    bounded = any(own.least is not None for own in written)
    if any(own.value is not None for own in written) or not bounded:
        yield ExactColumn(head, tuple(own.value for own in written), unit)
    else:
        # Nothing but intervals: no value is missing where there are bounds.
        written = [own.saying("") if own.known else own for own in written]
    if bounded:
        lower, upper = _("{head}: lower", head=head), _("{head}: upper", head=head)
        yield ExactColumn(lower, tuple(own.least for own in written), unit)
        yield ExactColumn(upper, tuple(own.most for own in written), unit)
    if units:
        yield ExactColumn(_("{head}: unit", head=head), tuple(own.unit for own in written))
    why = tuple(_why(own, status) for own, status in zip(written, statuses, strict=True))
    if any(why):
        yield ExactColumn(_("{head}: why missing", head=head), why)


def _counted(cell: str) -> Written:
    """A cell of a column of numbers; a plain count among them is one too."""
    if isinstance(cell, Written):
        return cell
    return Written(cell, int(cell) if _COUNT.fullmatch(cell) else None)


def _why(own: Written, status: str) -> str:
    """Why there is no value; empty where there is one, and where none is due."""
    if own.value is not None or own == "":
        return ""
    if own.least is not None:
        return own.meaning or status or _("known only between its bounds")
    said = "" if own in _NOTHING else str(own)
    return own.meaning or said or status or _("not known or not applicable")


def _status(columns: Sequence[Sequence[str]], count: int) -> Sequence[str]:
    """What the first column of statuses among these says in each row, in words."""
    for cells in columns:
        if not _numeric(cells) and any(isinstance(c, Written) and c.meaning for c in cells):
            return [_text(cell) for cell in cells]
    return [""] * count


def _text(cell: str) -> str:
    return cell.meaning if isinstance(cell, Written) and cell.meaning else str(cell)
