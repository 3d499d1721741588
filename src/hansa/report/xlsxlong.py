"""Tables of many rows on a sheet, made column by column."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from hansa.errors import HansaError
from hansa.report.xlsxcells import clean

_AT_ONCE = 1 << 16  # rows; bounds what is held in memory beside the sheet
_MARKUP = (
    (r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " "),
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    # A spreadsheet reads _x0041_ as the letter A.
    ("_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1"),
)
_Cells = tuple[str, pa.Array, str]  # what stands before, in and after the content of each cell


class LongSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter publishes no types
    """A sheet with one table of many rows below what is written cell by cell.

    The rows go to the file as whole columns: cell by cell they would take most of the time of a
    report.
    """

    dim_rowmin: int | None
    dim_rowmax: int | None
    dim_colmin: int | None
    dim_colmax: int | None

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._cells: list[_Cells] = []

    def set_table(self, first: int, table: pa.Table, looks: Sequence[Format | None]) -> None:
        """All rows of a table from row `first` (0 is the top), with a look for each column.

        Null stays empty. Raises HansaError for a number without end: no sheet can hold it.
        """
        self._first = first
        self._cells = []
        for column, look in zip(table.columns, looks, strict=True):
            style = f' s="{look._get_xf_index()}"' if look is not None else ""
            self._cells.append(self._content(column, style))
        self.dim_rowmin = min(self.dim_rowmin or 0, first)
        self.dim_rowmax = max(self.dim_rowmax or 0, first + table.num_rows - 1)
        self.dim_colmin = 0
        self.dim_colmax = max(self.dim_colmax or 0, table.num_columns - 1)

    def _content(self, column: pa.ChunkedArray, style: str) -> _Cells:
        """What stands in the cells of a column; null for an empty cell."""
        kind = column.type
        if pa.types.is_dictionary(kind) and _is_number(kind.value_type):
            column = column.cast(kind.value_type)
        if _is_number(column.type):
            return f'"{style}><v>', _numbers(column), "</v></c>"
        texts = _encoded(column)
        if 2 * len(texts.dictionary) < len(texts):
            return f'"{style} t="s"><v>', self._shared(texts), "</v></c>"
        # Texts that hardly repeat stand in their cells: keeping them together would be slower.
        start = f'"{style} t="inlineStr"><is><t xml:space="preserve">'
        return start, _written(texts.dictionary).take(texts.indices), "</t></is></c>"

    def _shared(self, texts: pa.DictionaryArray) -> pa.Array:
        """The place of each text among the texts of the workbook."""
        place, before = self.str_table._get_shared_string_index, self.str_table.count
        found = [str(place(clean(t))) if t else None for t in texts.dictionary.to_pylist()]
        places = pa.array(found, pa.string()).take(texts.indices)
        # The workbook counts uses, not texts.
        self.str_table.count = before + len(places) - places.null_count
        return places

    def _write_rows(self) -> None:
        super()._write_rows()
        rows = len(self._cells[0][1]) if self._cells else 0
        for start in range(0, rows, _AT_ONCE):
            self.fh.write(self._lines(start, min(rows, start + _AT_ONCE)))

    def _lines(self, start: int, end: int) -> str:
        """The markup of some rows, their empty cells left out."""
        place = self._first + 1
        number = pa.array(range(place + start, place + end)).cast(pa.string())
        cells = []
        for i, (before, column, after) in enumerate(self._cells):
            part = column.slice(start, end - start)
            parts = (f'<c r="{xl_col_to_name(i)}', number, before, part, after)
            # A row without this cell gives nothing: a join with null is null.
            cells.append(pc.fill_null(pc.binary_join_element_wise(*parts, ""), ""))
        lines = pc.binary_join_element_wise('<row r="', number, '">', *cells, "</row>", "")
        return "".join(lines.to_pylist())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts with each different one kept once."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if not column.num_chunks:
        return pa.array([], pa.string()).dictionary_encode()
    joined = column.unify_dictionaries().combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _written(texts: pa.Array) -> pa.Array:
    """Texts as markup; null for an empty one."""
    for wrong, right in _MARKUP:
        texts = pc.replace_substring_regex(texts, wrong, right)
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _numbers(column: pa.ChunkedArray) -> pa.Array:
    """Each number with the digits that give it back exactly; null where there is none."""
    if pa.types.is_floating(column.type):
        if pc.any(pc.is_inf(column)).as_py():
            raise HansaError(
                "a number without end cannot stand in a workbook",
                admissible="finite numbers, or absent ones",
                fix="write the tables as CSV or Parquet, and report what made the number",
            )
        column = pc.if_else(pc.is_nan(column), None, column)
    return pa.chunked_array(column.cast(pa.string()).chunks, pa.string()).combine_chunks()
