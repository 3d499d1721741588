"""What sheets are made of: exact numbers, names of sheets, looks, and texts that stay texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from hansa.panel import Header
from hansa.views.format import scale_of

MOST_ROWS = 1_048_576  # of a sheet, set by the file format
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_PLACE = re.compile(r"!(?=\$?[A-Z]+\$?\d)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Exact(float):
    """A number that is written with all its digits; the writer would keep sixteen."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


@dataclass(frozen=True)
class Styles:
    """The looks of cells.

    upright      heads that run upwards, for narrow columns
    grid         numbers of a matrix, by whether the cell is tiny and whether its side is open
    hidden       a cell of a matrix that is not known; `between`, one known between bounds only
    """

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
    upright: Format
    grid: dict[tuple[bool, bool], Format]
    hidden: Format
    between: Format

    @staticmethod
    def of(book: Workbook) -> Styles:
        """The looks of one workbook."""

        def made(**properties: Any) -> Format:
            return book.add_format({"valign": "top", **properties})

        return Styles(
            title=made(bold=True, font_size=15),
            text=made(text_wrap=True),
            # Wrapped in a row of one line, a long text stays inside its cell.
            indented=made(indent=1, text_wrap=True),
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
            upright=made(bold=True, bottom=1, valign="bottom", align="center", rotation=90),
            grid={
                (tiny, unsure): made(num_format="0.00", italic=tiny, bottom=4 if unsure else 0)
                for tiny in (False, True)
                for unsure in (False, True)
            },
            hidden=made(pattern=14, fg_color="#8A8F98", bg_color="#E3E5E8"),
            between=made(pattern=18, fg_color="#8A8F98", bg_color="#E3E5E8"),
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


def lines_of(text: str, wide: float) -> int:
    """How many lines a text takes in a column of `wide` characters, roughly."""
    return max(1, sum(math.ceil(len(part) * 0.92 / wide) for part in text.split("\n")))


def clean(text: str) -> str:
    """A text without characters that no sheet can hold, and none that the writer takes apart."""
    plain = _CONTROL.sub(" ", text)
    # The writer would pass a text in these marks on as its own markup.
    return f" {plain}" if plain.startswith("<r>") else plain


def spoken(text: str) -> str:
    """A text for a chart, where the writer would take `=...` and `...!A1` for places of cells."""
    plain = _PLACE.sub("! ", clean(text))
    return f" {plain}" if plain.startswith("=") else plain
