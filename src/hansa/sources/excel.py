"""Spreadsheets: one sheet as text columns, guarded against what spreadsheets hide."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pyarrow as pa

from hansa.errors import HansaError, listed

MOST_BYTES = 200 << 20
"""Unpacked size of a workbook above which it is refused."""


def read_sheet(path: Path, sheet: str = "") -> pa.Table:
    """One sheet (the only one, or `sheet`), first row as header, every cell as text.

    Refused: archives that unpack beyond `MOST_BYTES`, merged cells, several sheets unnamed.
    """
    import fastexcel

    if path.suffix.lower() in (".xlsx", ".xlsm", ".ods", ".xlsb"):
        _refuse_bomb(path)
    try:
        book = fastexcel.read_excel(str(path))
    except Exception as problem:
        raise _damaged(path, problem) from problem
    name = _sheet_name(path, book.sheet_names, sheet)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        _refuse_merged(path, book.sheet_names.index(name), name)
    try:
        batch = book.load_sheet(name, dtypes="string").to_arrow()
    except Exception as problem:
        raise _damaged(path, problem) from problem
    table = pa.Table.from_batches([batch])
    if table.num_columns == 0 or table.num_rows == 0:
        raise HansaError(
            "the sheet is empty", place=f"{path}, sheet {name}", admissible="a header row and rows"
        )
    return table


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
        admissible=listed(names),
        fix="name one: --sheet NAME",
    )


def _refuse_bomb(path: Path) -> None:
    """Count unpacked bytes while unpacking: what an archive says of its own size may be a lie."""
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                unpacked += entry.file_size
                if unpacked > MOST_BYTES:
                    raise _too_large(path, unpacked)
            unpacked = 0
            for entry in archive.infolist():
                with archive.open(entry) as stream:
                    while chunk := stream.read(1 << 20):
                        unpacked += len(chunk)
                        if unpacked > MOST_BYTES:
                            raise _too_large(path, unpacked)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as problem:
        raise _damaged(path, problem) from problem


def _too_large(path: Path, size: int) -> HansaError:
    return HansaError(
        "the spreadsheet unpacks to more than can be read safely",
        place=str(path),
        printed=f"more than {size >> 20} MiB from {path.stat().st_size >> 10} KiB",
        admissible=f"at most {MOST_BYTES >> 20} MiB unpacked",
        fix="save the sheet as CSV or Parquet",
    )


def _refuse_merged(path: Path, position: int, name: str) -> None:
    with zipfile.ZipFile(path) as archive:
        member = _sheet_member(archive, position)
        found = b""
        if member:
            with archive.open(member) as stream:
                tail = b""
                while chunk := stream.read(1 << 20):
                    found = found or _merged_in(tail + chunk)
                    tail = chunk[-200:]
    if found:
        raise HansaError(
            "cells are merged",
            place=f"{path}, sheet {name}, cells {found.decode()}",
            printed="one value over several cells",
            admissible="one value a cell: which row it belongs to must be certain",
            fix="unmerge the cells and repeat the value in each row",
        )


def _merged_in(xml: bytes) -> bytes:
    match = re.search(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([^"]+)"', xml)
    return match[1] if match else b""


def _sheet_member(archive: zipfile.ZipFile, position: int) -> str:
    """The archive member of the sheet at `position`, by the workbook's own relations."""
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
