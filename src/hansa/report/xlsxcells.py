"""What sheets are made of: exact numbers, names of sheets, looks, and tables of many rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from hansa.errors import HansaError
from hansa.panel import Header
from hansa.views.format import scale_of

MOST_ROWS = 1_048_576  # of a sheet, set by the file format
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Exact(float):
    """A number that is written with all its digits; the writer would keep sixteen."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


@dataclass(frozen=True)
class Styles:
    """The looks of cells."""

    title: Format
    text: Format
    indented: Format
    strong: Format
    wrapped: Format
    quiet: Format
    head: Format
    warning: Format
    link: Format
    amount: Format
    amount_fine: Format
    share: Format
    change: Format
    quotient: Format
    year: Format

    @staticmethod
    def of(book: Workbook) -> Styles:
        """The looks of one workbook."""

        def made(**properties: Any) -> Format:
            return book.add_format({"valign": "top", **properties})

        return Styles(
            title=made(bold=True, font_size=15),
            text=made(text_wrap=True),
            indented=made(indent=1),
            strong=made(bold=True),
            wrapped=made(bold=True, text_wrap=True),
            quiet=made(font_color="#5A606A"),
            head=made(bold=True, text_wrap=True, bottom=1, valign="bottom"),
            # A hatched ground is seen in print and by those who do not see colours.
            warning=made(bold=True, pattern=16, fg_color="#BBBBBB", bg_color="#FFFFFF"),
            link=made(font_color="#0B3C5D", underline=1),
            amount=made(num_format="#,##0"),
            amount_fine=made(num_format="#,##0.00"),
            share=made(num_format="0.0%"),
            change=made(num_format="+0.0%;-0.0%;0.0%"),
            quotient=made(num_format="0.00"),
            year=made(num_format="0"),
        )

    def number(self, header: Header) -> Format:
        """The look of the values of a panel. The number in the cell stays as it is."""
        scale = scale_of(header)
        if scale.style == "amount":
            return self.amount if header.unit in ("persons", "count", "jobs") else self.amount_fine
        return {"share": self.share, "change": self.change, "quotient": self.quotient}[scale.style]


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that a workbook accepts: at most 31 characters, and none that is taken."""
    plain = _FORBIDDEN.sub(" ", wanted).strip(" '") or "Sheet"
    used = {name.casefold() for name in taken} | {"history"}
    name, count = plain[:_LONGEST_NAME].rstrip(" '"), 1
    while name.casefold() in used:
        count += 1
        ending = f" {count}"
        name = plain[: _LONGEST_NAME - len(ending)].rstrip(" '") + ending
    return name


class LongSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter publishes no types
    """A sheet with one table of many rows below what is written cell by cell.

    The rows go straight to the file: cell by cell they would take most of the time of a report.
    """

    dim_rowmin: int | None
    dim_rowmax: int | None
    dim_colmin: int | None
    dim_colmax: int | None

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._columns: list[list[str]] = []
        self._looks: list[Format | None] = []

    def set_table(self, first: int, table: pa.Table, looks: Sequence[Format | None]) -> None:
        """All rows of a table from row `first` (0 is the top), with a look for each column.

        Null stays empty. Raises HansaError for a number without end: no sheet can hold it.
        """
        self._first = first
        self._columns = [_contents(column) for column in table.columns]
        self._looks = list(looks)
        self.dim_rowmin = min(self.dim_rowmin or 0, first)
        self.dim_rowmax = max(self.dim_rowmax or 0, first + table.num_rows - 1)
        self.dim_colmin = 0
        self.dim_colmax = max(self.dim_colmax or 0, table.num_columns - 1)

    def _write_rows(self) -> None:
        super()._write_rows()
        starts = [
            (xl_col_to_name(i), f' s="{look._get_xf_index()}"' if look is not None else "")
            for i, look in enumerate(self._looks)
        ]
        for number, row in enumerate(zip(*self._columns, strict=True), self._first + 1):
            cells = "".join(
                f'<c r="{name}{number}"{look}{content}'
                for (name, look), content in zip(starts, row, strict=True)
                if content
            )
            self.fh.write(f'<row r="{number}">{cells}</row>')


def _contents(column: pa.ChunkedArray) -> list[str]:
    """For each row what follows the place and the look of its cell; empty for an empty cell."""
    if pa.types.is_dictionary(column.type):
        found: list[str] = []
        for chunk in column.chunks:
            known = [*(_content(v) for v in chunk.dictionary.to_pylist()), ""]
            places = chunk.indices.cast(pa.int64()).fill_null(len(known) - 1)
            found += [known[i] for i in places.to_numpy().tolist()]
        return found
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        if np.isinf(values).any():
            raise HansaError(
                "a number without end cannot stand in a workbook",
                admissible="finite numbers, or absent ones",
                fix="write the tables as CSV or Parquet, and report what made the number",
            )
        return [f"><v>{v!r}</v></c>" if v == v else "" for v in values.tolist()]
    return [_content(value) for value in column.to_pylist()]


def _content(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int | float):
        return f"><v>{value!r}</v></c>"
    text = escape(clean(str(value)), quote=False)
    return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def lines_of(text: str, wide: float) -> int:
    """How many lines a text takes in a column of `wide` characters, roughly."""
    return max(1, sum(math.ceil(len(part) * 0.92 / wide) for part in text.split("\n")))


def clean(text: str) -> str:
    """A text without characters that no sheet can hold."""
    return _CONTROL.sub(" ", text)
