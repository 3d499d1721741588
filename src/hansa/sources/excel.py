"""Spreadsheets: one sheet as text columns, guarded against what spreadsheets hide."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError, listed
from hansa.sources.rows import named_columns, no_rows, refuse_repeated, shifted

MOST_BYTES = 200 << 20
"""Unpacked size of a workbook above which it is refused."""

MOST_CELLS = 10_000_000
"""Cells between the first and the last used one above which a sheet is refused."""

# A part that is locked, or packed in a way that is not known, is a RuntimeError.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, KeyError)
_CHUNK = 1 << 20
_OVERLAP = 8192

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([^"]+)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\s(?=[^>]*?t="e")[^>]*?r="([A-Z]+\d+)"[^>]*>.{0,4000}?<v>([^<]*)')
_NO_VALUE = re.compile(
    rb'<c\s(?![^>]*?t="str")[^>]*?r="([A-Z]+\d+)"[^>]*>'
    rb"<f(?:[^>]*/>|[^>]*>([^<]{0,4000})</f>)(?:<v\s*/>|<v></v>)?</c>"
)
_THREE_DECIMALS = re.compile(
    rb'<(?:\w+:)?c\s(?![^>]*?t="(?!n"))[^>]*?r="([A-Z]+\d+)"[^>]*>'
    rb"(?:<f[^>]*/>|<f[^>]*>[^<]{0,4000}</f>)?<(?:\w+:)?v>(-?\d{1,3}\.\d{3})</"
)
_LAST_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?r="(\d+)"')
_COLUMN = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]+)\d+"')
_WIDER = {n: re.compile(rb'<(?:\w+:)?c\s[^>]*?r="[A-Z]{%d,}\d' % (n + 1)) for n in (1, 2)}
_REPEATED = re.compile(
    rb'<table:table-row\s[^>]*?number-rows-repeated="(\d{5,})"[^>]*>'
    rb"(?:(?!</table:table-row>).){0,4000}?office:value-type"
    rb'|<table:table-cell\s(?=[^>]*?office:value-type)[^>]*?number-columns-repeated="(\d{4,})"',
    re.DOTALL,
)


def read_sheet(
    path: Path, sheet: str = "", grouped_by_points: bool = False, header: int = 1
) -> pa.Table:
    """One sheet (the only one, or `sheet`), every cell as text; rows without anything left out.

    The first row from row `header` on that holds anything is the header. Refused: archives that
    unpack beyond `MOST_BYTES`, sheets that reach over more than `MOST_CELLS`, merged cells, cells
    with an error or with a formula without its result, several sheets unnamed. With
    `grouped_by_points` (1.234 means 1234) a number stored as 1.234 is refused too: as text the
    two look alike.
    """
    name, cells = _cells(path, sheet, header, grouped_by_points)
    return _below_header(cells, f"{path}, sheet {name}", header)


def first_rows(path: Path, sheet: str = "", most: int = 200) -> list[tuple[int, list[str]]]:
    """The first rows of a sheet that hold anything, with their numbers; nothing is taken for a
    header. Refused as by `read_sheet`, but for merged cells.
    """
    _name, cells = _cells(path, sheet, _BELOW_ALL)
    return [
        (row + 1, [str(column[row].as_py() or "") for column in cells.columns])
        for row in _filled(cells)[:most]
    ]


_BELOW_ALL = 1 << 30


def _cells(
    path: Path, sheet: str, header: int, grouped_by_points: bool = False
) -> tuple[str, pa.RecordBatch]:
    """Name and cells of a sheet, after every guard."""
    import fastexcel

    suffix = path.suffix.lower()
    if suffix != ".xls":
        _refuse_bomb(path)
    if suffix == ".ods":
        _refuse_repeated_cells(path)
    try:
        book = fastexcel.read_excel(str(path))
    except Exception as problem:
        raise _damaged(path, problem) from problem
    name = _sheet_name(path, book.sheet_names, sheet)
    if suffix in (".xlsx", ".xlsm"):
        _refuse_unsafe(path, book.sheet_names.index(name), name, header)
        if grouped_by_points:
            _refuse_three_decimals(path, book.sheet_names.index(name), name)
    try:
        sheet_read = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        return name, sheet_read.to_arrow()
    except Exception as problem:
        raise _damaged(path, problem) from problem


def _below_header(cells: pa.RecordBatch, place: str, header: int) -> pa.Table:
    """The rows below the first that holds anything, from `header` on; its cells as the names."""
    filled = [row for row in _filled(cells) if row >= header - 1]
    if not filled:
        raise HansaError(
            "the sheet is empty",
            place=place,
            printed="no cell with a value",
            admissible="a header row and rows of values",
            fix="name another sheet: --sheet NAME",
        )
    head, *rows = filled
    names = [str(cells.column(i)[head].as_py() or "").strip() for i in range(cells.num_columns)]
    refuse_repeated(names, place)
    if not rows:
        raise no_rows(place, [n for n in names if n])
    table = pa.Table.from_batches([cells.take(pa.array(rows))])
    # Row 1 of a sheet is its first line; a reader expects the first row of values in row 2.
    shifts = [(i, row - i - 1) for i, row in enumerate(rows)]
    own = [s for i, s in enumerate(shifts) if s[1] != (shifts[i - 1][1] if i else 0)]
    named = pa.Table.from_arrays(table.columns, names=names)
    return shifted(named_columns(named, names, place, own), own)


def _filled(cells: pa.RecordBatch) -> list[int]:
    """Positions of the rows that hold anything."""
    used = pa.array([False] * cells.num_rows, pa.bool_())
    for column in cells.columns:
        text = pc.fill_null(pc.utf8_trim_whitespace(column), "")
        used = pc.or_(used, pc.not_equal(text, ""))
    return [i for i, yes in enumerate(used.to_pylist()) if yes]


def _damaged(path: Path, problem: Exception) -> HansaError:
    return HansaError(
        "the spreadsheet cannot be opened",
        place=str(path),
        printed=str(problem).splitlines()[0][:160],
        admissible="a complete xlsx, xls or ods file",
        fix="open it in a spreadsheet program and save it again",
    )


def _sheet_name(path: Path, names: list[str], wanted: str) -> str:
    if wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return names[0]
    raise HansaError(
        f"there is no sheet {wanted!r}" if wanted else "the workbook has several sheets",
        place=str(path),
        printed=f"{len(names)} sheet{'s' * (len(names) != 1)}",
        admissible=f"one of {listed(names, 20)}",
        fix="name one: --sheet NAME",
    )


def _refuse_bomb(path: Path) -> None:
    """Count unpacked bytes while unpacking: what an archive says of its own size may be a lie."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as stream:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise _too_large(path)
            unpacked = 0
            for entry in entries:
                size = checksum = 0
                for chunk in _inflated(stream, entry):
                    size += len(chunk)
                    checksum = zlib.crc32(chunk, checksum)
                    if unpacked + size > MOST_BYTES:
                        raise _too_large(path)
                unpacked += size
                if (size, checksum) != (entry.file_size, entry.CRC):
                    what = "size" if size != entry.file_size else "content"
                    raise zipfile.BadZipFile(
                        f"{entry.filename} unpacks to another {what} than the archive says"
                    )
    except _BROKEN as problem:
        raise _damaged(path, problem) from problem


def _inflated(stream: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one entry, whatever size it claims to unpack to."""
    stream.seek(entry.header_offset)
    head = stream.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"{entry.filename} is not where the archive says")
    skip = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    stream.seek(skip, 1)
    left = entry.compress_size
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError(f"{entry.filename} is packed in a way spreadsheets are not")
    packed = entry.compress_type == zipfile.ZIP_DEFLATED
    machine = zlib.decompressobj(-15)
    while left > 0 and (data := stream.read(min(_CHUNK, left))):
        left -= len(data)
        if not packed:
            yield data
            continue
        while data:
            yield machine.decompress(data, _CHUNK)
            data = machine.unconsumed_tail
    if packed:
        yield machine.flush()


def _too_large(path: Path) -> HansaError:
    return HansaError(
        "the spreadsheet unpacks to more than can be read safely",
        place=str(path),
        printed=f"more than {MOST_BYTES >> 20} MiB from {(path.stat().st_size >> 10) + 1} KiB",
        admissible=f"at most {MOST_BYTES >> 20} MiB unpacked",
        fix="save the sheet as CSV or Parquet",
    )


def _refuse_unsafe(path: Path, position: int, name: str, header: int) -> None:
    """Look through the XML of a sheet for what a reader of values would not show.

    Titles above the header may be merged.
    """
    rows, letters = 0, 1
    try:
        for xml in _pieces(path, position):
            for merged in _MERGED.finditer(xml):
                cells = merged[1].decode()
                if int(re.findall(r"\d+", cells)[-1]) >= header:
                    raise _merged(path, name, cells)
            if found := _ERROR.search(xml):
                raise _error_cell(path, name, found[1].decode(), found[2].decode())
            if found := _NO_VALUE.search(xml):
                raise _no_value(path, name, found[1].decode(), (found[2] or b"").decode())
            rows = max([rows, *map(int, _LAST_ROW.findall(xml))])
            while letters < 3 and _WIDER[letters].search(xml):
                letters += 1
        if rows * _number(b"Z" * letters) > MOST_CELLS:
            _refuse_far_cells(path, position, name, rows)
    except _BROKEN as problem:
        raise _damaged(path, problem) from problem


def _refuse_three_decimals(path: Path, position: int, name: str) -> None:
    for xml in _pieces(path, position):
        if found := _THREE_DECIMALS.search(xml):
            raise HansaError(
                "a number with three decimals would be read as thousands",
                place=f"{path}, sheet {name}, cell {found[1].decode()}",
                printed=f"{found[2].decode()}, stored as a number",
                admissible="texts such as 1.234 for 1234, or numbers without decimals",
                fix="leave out thousands and decimal: numbers of a sheet need neither",
            )


def _refuse_far_cells(path: Path, position: int, name: str, rows: int) -> None:
    """One stray cell at the far corner makes a reader take room for everything before it."""
    found = (set(_COLUMN.findall(xml)) for xml in _pieces(path, position))
    wide = max(set().union(*found), key=_number, default=b"A")
    if rows * _number(wide) > MOST_CELLS:
        raise HansaError(
            "the sheet reaches over more cells than can be read safely",
            place=f"{path}, sheet {name}, row {rows} and column {wide.decode()}",
            printed=f"{rows:,} rows and {_number(wide):,} columns up to the last used cell",
            admissible=f"at most {MOST_CELLS:,} cells",
            fix="clear what lies far outside the table, or save the sheet as CSV or Parquet",
        )


def _number(letters: bytes) -> int:
    """Column number of its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _pieces(path: Path, position: int) -> Iterator[bytes]:
    """The XML of a sheet in pieces that overlap, so that no tag is lost between two."""
    with zipfile.ZipFile(path) as archive:
        known = _sheet_member(archive, position)
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        for member in [known] if known else sheets:
            with archive.open(member) as stream:
                tail = b""
                while chunk := stream.read(_CHUNK):
                    yield tail + chunk
                    tail = chunk[-_OVERLAP:]


def _merged(path: Path, name: str, cells: str) -> HansaError:
    return HansaError(
        "cells are merged",
        place=f"{path}, sheet {name}, cells {cells}",
        printed="one value over several cells",
        admissible="one value a cell: which row it belongs to must be certain",
        fix="unmerge the cells and repeat the value in each row",
    )


def _error_cell(path: Path, name: str, cell: str, found: str) -> HansaError:
    return HansaError(
        "a cell holds an error instead of a value",
        place=f"{path}, sheet {name}, cell {cell}",
        printed=found,
        admissible="a value; an empty cell for a missing one",
        fix="correct the formula, or clear the cell",
    )


def _no_value(path: Path, name: str, cell: str, formula: str) -> HansaError:
    return HansaError(
        "a formula is stored without its result",
        place=f"{path}, sheet {name}, cell {cell}",
        printed=f"={formula}",
        admissible="a value in every cell",
        fix="open the workbook in a spreadsheet program and save it: it then stores results",
    )


def _refuse_repeated_cells(path: Path) -> None:
    """A few bytes of an ods file can stand for a million cells with values."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as stream:
            tail = b""
            while chunk := stream.read(_CHUNK):
                if found := _REPEATED.search(tail + chunk):
                    raise HansaError(
                        "the sheet repeats one value over more cells than a table has",
                        place=str(path),
                        printed=f"{int(found[1] or found[2]):,} times",
                        admissible="at most 9,999 equal rows or 999 equal columns in a row",
                        fix="save the sheet as CSV or Parquet",
                    )
                tail = chunk[-_OVERLAP:]
    except _BROKEN as problem:
        raise _damaged(path, problem) from problem


def _sheet_member(archive: zipfile.ZipFile, position: int) -> str:
    """Archive member of the sheet at `position`, by the workbook's own relations."""
    names = set(archive.namelist())
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    ids = re.findall(r"<(?:\w+:)?sheet\s[^>]*?r:id=\"([^\"]+)\"", book)
    pairs: dict[str, str] = {}
    for tag in re.findall(r"<Relationship\s[^>]+>", relations):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        pairs[attributes.get("Id", "")] = attributes.get("Target", "")
    if position >= len(ids):
        return ""
    target = pairs.get(ids[position], "").lstrip("/")
    member = target if target.startswith("xl/") else f"xl/{target}"
    return member if member in names else ""
