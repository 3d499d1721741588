"""A page as a workbook: its words on the first sheet, then a sheet for each table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from hansa.report.document import Table
from hansa.report.exact import exact_columns
from hansa.web.sheet import Sheet

HEADS = 4
"""Rows above the numbers of a table: caption, nothing, heads, units."""


def workbook_of(sheet: Sheet, tables: Sequence[Table]) -> bytes:
    """The tables of a page in exact numbers; a missing one is an empty cell with its reason.

    Raises nothing: what is no number is a text, never a formula and never a link.
    """
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
            _filled(book.add_worksheet(f"Table {number}"), table, bold)
    return content.getvalue()


def _filled(page: Any, table: Table, bold: Any) -> None:
    """One table on its sheet: caption, heads, units, rows, note."""
    from hansa.report.xlsxcells import Exact

    page.write_string(0, 0, table.caption)
    for j, column in enumerate(exact_columns(table)):
        page.write_string(2, j, column.head, bold)
        page.write_string(3, j, column.unit)
        for i, value in enumerate(column.values, HEADS):
            if isinstance(value, str):
                page.write_string(i, j, value)
            elif value is not None:
                page.write_number(i, j, Exact(value))
    page.write_string(len(table.rows) + HEADS + 1, 0, table.note)
    page.freeze_panes(HEADS, 1)
