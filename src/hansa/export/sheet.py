"""A table as a workbook: the rows on one sheet, what they mean on a second one."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from hansa.errors import HansaError
from hansa.export.prepare import Ready
from hansa.law import MEANING, flags_from_text, flags_to_text
from hansa.report.xlsxbook import Book
from hansa.report.xlsxcells import MOST_ROWS, Styles, clean
from hansa.report.xlsxlong import LongSheet

LONGEST = 32_767
"""Signs that a cell can hold (UTF-16), set by the file format."""

_NARROW, _WIDE = 9, 48
_COLUMNS = {
    "geo": "Region: its code.",
    "partner": "The other region: its code.",
    "activity": "Activity: its code.",
    "cluster": "Cluster: its id in the definition.",
    "from": "The year a change is measured from.",
    "time": "Time; for a change, its last year.",
    "value": "The number. An empty cell is not known: absent is not zero.",
    "label": "The class. An empty cell is not known.",
    "reason": "Why the value is what it is.",
    "status": "What is true of the number, as flags (below) joined by semicolons.",
    "lower": "The lowest value that is possible.",
    "upper": "The highest value that is possible.",
    "estimated": "Share of the value that rests on estimates, 0 to 1.",
    "method": "How an estimated value was made.",
}
_MEANS = {
    "zero": "A row that is not there means zero.",
    "unknown": "A row that is not there means: not known.",
}


def workbook_bytes(ready: Ready, table: pa.Table, place: str) -> bytes:
    """The table on the sheet Data (heads in row 1), its header on the sheet About.

    Codes are texts and never become numbers or formulas. The same content gives the same bytes.
    Raises HansaError for more rows than a sheet has, and for texts that no cell can hold.
    """
    if table.num_rows >= MOST_ROWS:
        raise HansaError(
            "the rows do not fit on a sheet",
            place=place,
            printed=f"{table.num_rows:,} rows",
            admissible=f"at most {MOST_ROWS - 1:,} rows below the head",
            fix="choose times (--time 2020), or write .parquet or .csv",
        )
    _refuse_long(table, place)
    about = list(_about(ready, table))
    for head, text in about:
        if _signs(text) > LONGEST:
            raise _too_long(f"{place}, the header's {head}", text)
    book = Book(ready.title)
    styles = Styles.of(book)
    _data_sheet(book.add_worksheet("Data", LongSheet), ready, table, styles)
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    for y, (head, text) in enumerate(about):
        sheet.write_string(y, 0, clean(head), styles.strong)
        look = styles.warning if head == "MODEL DATA" else styles.text
        sheet.write_string(y, 1, clean(text), look)
    return book.content()


def _data_sheet(sheet: LongSheet, ready: Ready, table: pa.Table, styles: Styles) -> None:
    number = styles.number(ready.panel.header)
    looks = dict.fromkeys(("value", "lower", "upper"), number)
    looks |= {"estimated": styles.share, "time": styles.year, "from": styles.year}
    for x, name in enumerate(table.column_names):
        sheet.write_string(0, x, clean(name), styles.head)
        sheet.set_column(x, x, _width(name, table[name]))
    used = [
        looks.get(name) if not pa.types.is_string(table[name].type) else None
        for name in table.column_names
    ]
    if table.num_rows:
        sheet.set_table(1, table, used)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, table.num_rows), table.num_columns - 1)


def _width(name: str, column: pa.ChunkedArray) -> int:
    """Width in which the texts of a column, or its head with the filter's button, can be read."""
    import pyarrow.compute as pc

    longest = len(name) + 3
    if pa.types.is_string(column.type):
        longest = max(longest, pc.max(pc.utf8_length(column)).as_py() or 0)
    else:
        longest = max(longest, 11)
    return int(min(_WIDE, max(_NARROW, longest + 1)))


def _refuse_long(table: pa.Table, place: str) -> None:
    import pyarrow.compute as pc

    for name in table.column_names:
        column = table[name]
        if not pa.types.is_string(column.type):
            continue
        # Bytes are never fewer than signs: only what may be too long is counted one by one.
        for row in pc.indices_nonzero(pc.greater(pc.binary_length(column), LONGEST)).to_pylist():
            text = column[row].as_py()
            if _signs(text) > LONGEST:
                raise _too_long(f"{place}, row {row + 1}, column {name}", text)


def _signs(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _too_long(place: str, text: str) -> HansaError:
    return HansaError(
        "a text is too long for a cell",
        place=place,
        printed=f"{_signs(text):,} signs: {text[:40]}…",
        admissible=f"at most {LONGEST:,} signs",
        fix="shorten it, or write .csv or .parquet",
    )


def _about(ready: Ready, table: pa.Table) -> Iterator[tuple[str, str]]:
    """Head and text of every line about the table."""
    header = ready.panel.header
    if header.model_data:
        yield "MODEL DATA", "Made up to show the method; true of no region."
    said = {
        "Title": ready.title,
        "Measure": header.measure,
        "Unit": header.unit,
        "Kind": header.kind if header.measure else "",
        "Source": header.source,
        "Licence": header.licence,
        "Vintage": header.vintage,
        "Codes of regions": header.geography,
        "Codes of activities": header.classification,
        "Cluster definition": header.definition,
        "Base": header.base,
        "Reference": header.reference,
        "Rows": f"{table.num_rows:,}. {_MEANS[header.absent_rows]}",
    }
    yield from ((head, text) for head, text in said.items() if text)
    yield from (("Note", note) for note in header.notes)
    yield from (("Step", step) for step in header.steps)
    for name in table.column_names:
        own = _COLUMNS.get(name.removesuffix("_2"))
        if own is None and name.endswith("_label"):
            own = f"What the code in {name.removesuffix('_label')} is called."
        yield f"Column {name}", own or "As in the table."
    for flag, meaning in legend(table):
        yield f"Status {flag}", meaning


def legend(table: pa.Table) -> Iterator[tuple[str, str]]:
    """Every flag that occurs in a table, and what it means."""
    met: dict[str, None] = {}
    for text in table["status"].unique().to_pylist():
        try:
            met |= dict.fromkeys(flags_to_text(flags_from_text(text)).split(";"))
        except ValueError:
            met[text] = None
    for flag in sorted(met):
        if flag:
            yield flag, MEANING.get(flag, "a mark of the source, kept as it was")
