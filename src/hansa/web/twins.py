"""The same page for machines: JSON, CSV, a workbook, a figure as SVG or PNG."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hansa.errors import UsageError, listed
from hansa.language import N_
from hansa.report.document import Section, Table, table_behind
from hansa.report.exact import exact_columns
from hansa.views.figure import Figure
from hansa.web.sheet import Sheet
from hansa.web.workbook import workbook_of


@dataclass(frozen=True)
class Twin:
    """One form of a page. `saved`: a browser keeps it as a file rather than showing it."""

    label: str
    content_type: str
    saved: bool
    render: Callable[[Sheet, str], bytes]


def _json(sheet: Sheet, figure: str) -> bytes:
    """The words, the tables and the specifications of a page."""
    own = {
        "question": sheet.question,
        "answer": list(sheet.answer),
        "origin": sheet.origin,
        "model_data": sheet.model_data,
        "lists": [_listing(one) for one in sheet.lists],
        "sections": [_section(section) for section in sheet.sections],
    }
    return json.dumps(own, ensure_ascii=False, indent=1).encode()


def _listing(one: Any) -> dict[str, Any]:
    items = [
        {
            "text": item.text,
            "details": list(item.details),
            **({"severity": item.severity} if item.severity else {}),
        }
        for item in one.items
    ]
    return {"heading": one.heading, "items": items}


def _section(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "question": section.question,
        "answer": list(section.answer),
        "certainty": list(section.certainty),
        "line": section.line,
        "python": section.python,
        "command": section.command,
        "figures": [
            {
                "id": figure.id,
                "title": figure.title,
                "subtitle": figure.subtitle,
                "alt": figure.alt,
                "notes": list(figure.notes),
                "source": figure.source,
                "table": _table(table_behind(figure)),
                "specification": figure.spec,
            }
            for figure in section.figures
        ],
        "tables": [_table(table) for table in section.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    """A table as it is printed, and the exact numbers behind it."""
    return {
        "caption": table.caption,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "note": table.note,
        "exact": [
            {"head": column.head, "unit": column.unit, "values": list(column.values)}
            for column in exact_columns(table)
        ],
    }


def _csv(sheet: Sheet, figure: str) -> bytes:
    """One table in exact numbers: that behind a figure, or without one the first of the page."""
    if figure:
        table = table_behind(_figure(sheet, figure))
    else:
        found = next(_tables(sheet), None)
        if found is None:
            raise UsageError("this page has no table", fix="ask for its .json")
        table = found
    columns = exact_columns(table)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(column.titled) for column in columns])
    writer.writerows(map(_cell, row) for row in zip(*(c.values for c in columns), strict=True))
    return text.getvalue().encode()


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet compute a text."""


def _cell(value: float | str | None) -> str:
    """A number in all its digits, a missing one as nothing, a text that starts no formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _tables(sheet: Sheet) -> Iterator[Table]:
    for section in sheet.sections:
        yield from (table_behind(figure) for figure in section.figures)
        yield from section.tables


def _xlsx(sheet: Sheet, figure: str) -> bytes:
    """A workbook with a sheet for each table."""
    return workbook_of(sheet, list(_tables(sheet)))


def _svg(sheet: Sheet, figure: str) -> bytes:
    return _figure(sheet, figure).svg().encode()


def _png(sheet: Sheet, figure: str) -> bytes:
    return _figure(sheet, figure).png()


def _figure(sheet: Sheet, wanted: str) -> Figure:
    """The figure of this id, or the first one where none is named."""
    found = {figure.id: figure for section in sheet.sections for figure in section.figures}
    if not found:
        raise UsageError("this page has no figure", fix="ask for its .json")
    if wanted and wanted not in found:
        raise UsageError(
            f"this page has no figure {wanted[:80]!r}",
            admissible=listed(found, 20),
            fix="figure=ID in the address, or leave it out for the first one",
        )
    return found[wanted] if wanted else next(iter(found.values()))


TWINS: dict[str, Twin] = {
    "json": Twin("JSON", "application/json", False, _json),
    "csv": Twin("CSV", "text/csv; charset=utf-8", True, _csv),
    "xlsx": Twin(
        N_("Spreadsheet"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        True,
        _xlsx,
    ),
    "svg": Twin("SVG", "image/svg+xml", False, _svg),
    "png": Twin("PNG", "image/png", False, _png),
}
