"""An index as one workbook: the sheets `indicators` and `data`, and cells read as they stand.

Columns are those of methods index.md section 1. Reading keeps the limits of
`hansa.sources.excel`; numbers keep all their digits both ways.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hansa.errors import Finding, HansaError, fault, listed, refuse
from hansa.index.metadata import COINR, NUMBERS, WHOLE
from hansa.index.reading import MISSING, NAMES

Row = dict[str, Any]
Box = tuple[int, int, int, int]

INDICATORS, DATA = "indicators", "data"
ENDINGS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class Grid:
    """Cells of one sheet, by row and column from 1, as texts and as numbers.

    Where a number is stored, `numbers` has it in full and `texts` rounded.
    """

    sheet: str
    texts: Mapping[tuple[int, int], str]
    numbers: Mapping[tuple[int, int], float]
    rows: int
    columns: int

    def text(self, row: int, column: int) -> str:
        """A cell as text without blanks around it; empty where nothing is."""
        return self.texts.get((row, column), "").strip()

    def number(self, row: int, column: int, findings: list[Finding]) -> float | None:
        """A cell as a number; None where it is empty or says it is missing.

        Any other text is added to the findings with its cell.
        """
        text = self.text(row, column)
        if text == "" or text in MISSING:
            return None
        number = self.numbers.get((row, column))
        if number is None or text.lower() in ("true", "false") or not math.isfinite(number):
            findings.append(
                fault(
                    self.place(row, column),
                    "the cell is no number",
                    text,
                    "a number, or an empty cell",
                    "correct the cell",
                )
            )
            return None
        return number

    def place(self, row: int, column: int) -> str:
        """The cell in words."""
        return f"sheet {self.sheet}, cell {cell_name(row, column)}"


@dataclass(frozen=True)
class Book:
    """An opened workbook. `boxes` limits what is looked at to what will be read."""

    path: Path
    reader: Any

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets."""
        return list(self.reader.sheet_names)

    def grid(self, sheet: str, boxes: Sequence[Box] = (), rows: int | None = None) -> Grid:
        """The cells of a sheet, down to `rows`.

        boxes  (first row, first column, last row, last column) that must hold plain values:
               no merged cells, no errors, no formulas without result; none: the whole sheet
        """
        if sheet not in self.sheets:
            raise HansaError(
                f"there is no sheet {sheet!r}",
                place=str(self.path),
                printed=listed(self.sheets, 12),
                admissible=f"a sheet {sheet}",
                fix="rename the sheet, or choose another file",
            )
        _look(self.path, self.sheets.index(sheet), sheet, boxes)
        given: dict[str, Any] = {"header_row": None, "skip_rows": 0, "n_rows": rows}
        texts: dict[tuple[int, int], str] = {}
        numbers: dict[tuple[int, int], float] = {}
        height = width = 0
        for kind, cells in (("string", texts), ("float", numbers)):
            try:
                loaded = self.reader.load_sheet(sheet, dtypes=kind, **given)
                table = loaded.to_arrow()
            except Exception as problem:
                raise _damaged(self.path, problem) from problem
            for info, column in zip(loaded.available_columns(), table.columns, strict=True):
                at = info.absolute_index + 1
                for row, value in enumerate(column.to_pylist(), 1):
                    if value is not None and value != "":
                        cells[row, at] = value
                        height, width = max(height, row), max(width, at)
        return Grid(sheet, texts, numbers, height, width)


def open_book(path: Path) -> Book:
    """A workbook, refused where it unpacks to more than `excel.MOST_BYTES`."""
    import fastexcel

    from hansa.sources import excel

    if path.suffix.lower() not in ENDINGS:
        raise HansaError(
            "this is no workbook Hansa reads an index from",
            place=str(path),
            printed=path.suffix or "no ending",
            admissible=" or ".join(ENDINGS),
            fix="save it as xlsx",
        )
    excel._refuse_bomb(path)
    try:
        return Book(path, fastexcel.read_excel(str(path)))
    except Exception as problem:
        raise _damaged(path, problem) from problem


def read_workbook(path: Path) -> tuple[list[Row], list[Row]]:
    """Metadata rows and data rows of the sheets `indicators` and `data`, by our column names.

    Numbers are floats (whole ones int), missing cells None, everything else text. Raises
    HansaError naming sheet and cell of every fault.
    """
    book = open_book(path)
    findings: list[Finding] = []
    first, second = book.grid(INDICATORS), book.grid(DATA)
    metadata = _rows(first, NUMBERS, WHOLE, COINR, findings)
    kinds = ("indicator", "denominator")
    codes = [r.get("code", "") for r in metadata if str(r.get("type", "")).lower() in kinds]
    names = {k: v for k, v in NAMES.items() if k not in codes}
    data = _rows(second, (*codes, "year"), ("year",), names, findings)
    refuse(findings, str(path))
    return metadata, data


def write_workbook(path: Path, metadata: Sequence[Row], data: Sequence[Row]) -> None:
    """Metadata rows and data rows as the sheets `indicators` and `data`, atomically.

    Columns stand in the order in which the rows first name them; None and NaN are empty cells.
    """
    tables = []
    for name, rows in ((INDICATORS, metadata), (DATA, data)):
        header = list(dict.fromkeys(key for row in rows for key in row))
        cells: list[tuple[int, int, Any]] = [(1, j, key) for j, key in enumerate(header, 1)]
        for i, row in enumerate(rows, 2):
            cells += [(i, j, row[key]) for j, key in enumerate(header, 1) if key in row]
        tables.append((name, cells))
    write_book(path, tables)


def write_book(path: Path, sheets: Iterable[tuple[str, Iterable[tuple[int, int, Any]]]]) -> None:
    """Sheets of (row, column, value) cells: texts as texts, numbers in full, nothing else."""
    from xlsxwriter.workbook import Workbook

    from hansa.files import write_bytes

    memory = io.BytesIO()
    book = Workbook(memory, {"in_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})
    for name, cells in sheets:
        sheet = book.add_worksheet(name)
        for row, column, value in cells:
            if isinstance(value, bool) or not hasattr(value, "__float__"):
                if value is not None and str(value) != "":
                    sheet.write_string(row - 1, column - 1, str(value))
            elif math.isfinite(value):
                sheet.write_number(row - 1, column - 1, _Whole(float(value)))
            elif math.isinf(value):
                raise HansaError(
                    "a sheet cannot hold an infinite number",
                    place=f"sheet {name}, cell {cell_name(row, column)}",
                    printed=str(value),
                    fix="leave the cell empty",
                )
    book.close()
    write_bytes(path, memory.getvalue())


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows as columns, None where a row lacks one (what `reading.data_of` takes)."""
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}


def cell_name(row: int, column: int) -> str:
    """A cell as spreadsheets call it: row 17, column 5 is E17."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"


class _Whole(float):
    """A number that is written with all its digits (xlsxwriter asks for 16 of up to 17)."""

    def __format__(self, how: str) -> str:
        return repr(float(self))


def _rows(
    grid: Grid,
    numbers: Sequence[str],
    whole: Sequence[str],
    names: Mapping[str, str],
    findings: list[Finding],
) -> list[Row]:
    """The rows below the first one that holds anything, its cells as the names."""
    head = min((row for row, _ in grid.texts), default=0)
    at = {j: grid.text(head, j) for j in range(1, grid.columns + 1)}
    header = {j: names.get(name, name) for j, name in at.items() if name}
    for j, name in header.items():
        if list(header.values()).count(name) > 1:
            place = grid.place(head, j)
            findings.append(fault(place, "the column stands twice", name, fix="remove one"))
    out = []
    for i in range(head + 1, grid.rows + 1):
        row: Row = {}
        for j, name in header.items():
            row[name] = grid.number(i, j, findings) if name in numbers else grid.text(i, j) or None
            if name in whole and row[name] is not None and float(row[name]).is_integer():
                row[name] = int(row[name])
        if any(value is not None for value in row.values()):
            out.append(row)
    if not out:
        findings.append(
            fault(f"sheet {grid.sheet}", "the sheet has no rows", fix="fill it below its header")
        )
    return out


def _look(path: Path, position: int, sheet: str, boxes: Sequence[Box]) -> None:
    """Refuse what a reader of values would not show, inside the boxes."""
    from hansa.sources import excel

    rows = 0
    for xml in excel._pieces(path, position):
        rows = max([rows, *map(int, excel._LAST_ROW.findall(xml))])
        for found in excel._MERGED.finditer(xml):
            if _inside(found[1].decode(), boxes):
                raise excel._merged(path, sheet, found[1].decode())
        for found in excel._ERROR.finditer(xml):
            if _inside(found[1].decode(), boxes):
                raise excel._error_cell(path, sheet, found[1].decode(), found[2].decode())
        for found in excel._NO_VALUE.finditer(xml):
            if _inside(found[1].decode(), boxes):
                formula = (found[2] or b"").decode()
                raise excel._no_value(path, sheet, found[1].decode(), formula)
    excel._refuse_far_cells(path, position, sheet, rows)


def _inside(cells: str, boxes: Sequence[Box]) -> bool:
    """Whether a cell or range such as B2:C4 meets any of the boxes."""
    ends = [_numbers(part) for part in cells.split(":")]
    (top, left), (low, right) = ends[0], ends[-1]
    return not boxes or any(
        top <= box[2] and low >= box[0] and left <= box[3] and right >= box[1] for box in boxes
    )


def _numbers(cell: str) -> tuple[int, int]:
    from hansa.sources import excel

    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), excel._number(letters.encode())


def _damaged(path: Path, problem: Exception) -> HansaError:
    from hansa.sources import excel

    return excel._damaged(path, problem)
