"""A page as a workbook: its words on the first sheet, then a sheet for each table."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from decimal import Decimal

from hansa.report.document import Table
from hansa.web.sheet import Sheet

_NUMBER = re.compile(r"[+−-]?\d[\d\u202f\u00a0 ]*(\.\d+)?\u202f?%?")


def workbook_of(sheet: Sheet, tables: Sequence[Table]) -> bytes:
    """The tables of a page; a cell that is a plain number is a number there, else text."""
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        front = book.add_worksheet("Page")
        front.set_column(0, 0, 100, wrap)
        front.write_string(0, 0, sheet.question, bold)
        lines = [*sheet.answer, sheet.origin]
        for section in sheet.sections:
            lines += [section.question, *section.answer, *section.certainty, section.line]
        for i, line in enumerate(filter(None, lines), 1):
            front.write_string(i, 0, line)
        for number, table in enumerate(tables, 1):
            page = book.add_worksheet(f"Table {number}")
            page.write_string(0, 0, table.caption)
            for j, head in enumerate(table.columns):
                page.write_string(2, j, head, bold)
            for i, row in enumerate(table.rows, 3):
                for j, text in enumerate(row):
                    value = number_in(text)
                    if value is None:
                        page.write_string(i, j, text)
                    else:
                        page.write_number(i, j, value)
            page.write_string(len(table.rows) + 4, 0, table.note)
            page.freeze_panes(3, 1)
    return content.getvalue()


def number_in(text: str) -> float | None:
    """The number a cell shows, percentages as parts of one; None for anything else."""
    if not _NUMBER.fullmatch(text):
        return None
    plain = re.sub(r"[\u202f\u00a0 ]", "", text).replace("−", "-")
    # As decimals: 8.8 % is 0.088 and no number beside it.
    return float(Decimal(plain[:-1]) / 100) if plain.endswith("%") else float(plain)
