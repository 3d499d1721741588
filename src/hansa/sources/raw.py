"""Any tabular file to an Arrow table, refused with a clear message where it is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.lookup import LONGEST
from hansa.sources.rows import refuse_repeated
from hansa.sources.spec import FactsSpec
from hansa.sources.text import TEXT, first_line_with, header_names, read_csv

BATCH_ROWS = 1 << 18
FEW_ROWS, FEW_GROUPS = 16, 32
"""Rows of each group, and groups, by which a stored dictionary is told from one made in reading."""
SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_FAILURES = (pa.ArrowException, OSError, UnicodeDecodeError)


def is_parquet(path: Path) -> bool:
    """True for the endings of Parquet files."""
    return path.suffix.lower() in (".parquet", ".pq")


def raw_table(path: Path, spec: FactsSpec) -> pa.Table:
    """The whole file; text formats give text columns, Parquet its own types."""
    refuse_no_file(path)
    suffix = path.suffix.lower()
    if is_parquet(path):
        with parquet(path) as file:
            found = [table for _, table in batches(file, file.schema_arrow.names, path)]
            return pa.concat_tables([file.schema_arrow.empty_table(), *found])
    if suffix in SHEETS:
        from hansa.sources.excel import read_sheet

        return read_sheet(path, spec.sheet, spec.thousands == ".", spec.header)
    if suffix in TEXT:
        return read_csv(path, spec)
    raise HansaError(
        f"files ending in {suffix} cannot be read" if suffix else "the file has no ending",
        place=str(path),
        printed=path.name,
        admissible="csv, tsv, txt, parquet, xlsx, xls, ods",
        fix="save the table in one of these formats, with its ending",
    )


def refuse_no_file(path: Path) -> None:
    """Raise where there is no file, a folder, or a file without anything in it."""
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.suffix.lower() in (*TEXT, ".parquet"))
        raise HansaError(
            "a folder stands where a file is needed",
            place=str(path),
            printed=listed(inside) or "a folder without tables",
            admissible="a CSV, Parquet or spreadsheet file",
            fix="name a file in it; several: repeat --facts, or file = [ … ] in study.toml",
        )
    if not path.is_file():
        raise HansaError(
            "the file is not there",
            place=str(path),
            printed="no such file" if path.parent.is_dir() else "no such folder",
            admissible="a CSV, Parquet or spreadsheet file",
            fix="check the path; a path in study.toml counts from the study folder",
        )
    if path.stat().st_size == 0:
        raise HansaError(
            "the file is empty",
            place=str(path),
            printed="0 bytes",
            admissible="a header row and rows of values",
            fix="save or download it again",
        )


def parquet(path: Path, dictionary: tuple[str, ...] = ()) -> pa.parquet.ParquetFile:
    """An open Parquet file; a truncated or foreign file is refused."""
    try:
        file = _opened(path, dictionary)
        names = file.schema_arrow.names
    except _FAILURES as problem:
        raise HansaError(
            "the Parquet file is damaged or cut off",
            place=str(path),
            printed=first_sentence(problem),
            admissible="a complete Parquet file",
            fix="copy or download it again",
        ) from problem
    refuse_repeated(names, str(path))
    return file


def _opened(path: Path, dictionary: tuple[str, ...]) -> pa.parquet.ParquetFile:
    import pyarrow.parquet as pq

    # Columns are fetched one by one, and whole: a buffered stream gives every page the room
    # that its header claims, and a damaged one claims up to two gigabytes.
    how: dict[str, Any] = {"page_checksum_verification": True, "pre_buffer": False}
    try:
        return pq.ParquetFile(path, read_dictionary=list(dictionary), **how)
    except KeyError:
        # A nested column has no dictionary of its own; reading its values refuses it by name.
        return pq.ParquetFile(path, **how)


def with_dictionary(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns that are better read with a dictionary.

    All but those of short words that are stored without one, as the first rows tell: a stored
    dictionary comes whole with them, and has words that none of these rows has. A long word of
    a dictionary, repeated in every row, would fill the memory. The metadata say it too, but
    asking a damaged file for those of a column may end the process.
    """
    with parquet(path, tuple(names)) as file:
        groups = range(file.num_row_groups)
        plain = set(names) if 0 < len(groups) <= FEW_GROUPS else set()
        try:
            for group in groups if plain else ():
                rows = next(file.iter_batches(FEW_ROWS, [group], list(names), use_threads=False))
                own = zip(rows.schema.names, rows.columns, strict=True)
                plain &= {name for name, column in own if _is_plain(column)}
        except (StopIteration, *_FAILURES):
            # What is wrong is said where all of it is read.
            return tuple(names)
        return tuple(name for name in names if name not in plain)


def _is_plain(column: pa.Array) -> bool:
    if not pa.types.is_dictionary(column.type) or not pa.types.is_string(column.type.value_type):
        return True
    words = column.dictionary.to_pylist()
    all_met = len(words) == len(column.indices.unique())
    return all_met and all(len((word or "").encode()) <= LONGEST for word in words)


def batches(
    file: pa.parquet.ParquetFile,
    columns: list[str],
    place: Path,
    group: int | None = None,
    first: int = 1,
) -> Iterator[tuple[int, pa.Table]]:
    """The columns batch by batch, with the number of the first row of each batch.

    group  the row group that is read, None for all of them; its first row has the number `first`
    """
    groups = list(range(file.num_row_groups)) if group is None else [group]
    start = first
    try:
        for batch in file.iter_batches(BATCH_ROWS, groups, columns, use_threads=False):
            batch.validate(full=True)
            yield first, pa.Table.from_batches([batch])
            first += batch.num_rows
        promised = sum(file.metadata.row_group(own).num_rows for own in groups)
        _refuse_fewer(first - start, promised)
    except _FAILURES as problem:
        raise _damaged(place, first, problem) from problem


def row_group(
    file: pa.parquet.ParquetFile, group: int, columns: list[str], place: Path, first: int
) -> pa.Table:
    """The columns of one row group, whose first row has the number `first`."""
    try:
        table = file.read_row_group(group, columns=columns, use_threads=False)
        table.validate(full=True)
        _refuse_fewer(table.num_rows, file.metadata.row_group(group).num_rows)
        return table
    except _FAILURES as problem:
        raise _damaged(place, first, problem) from problem


def _refuse_fewer(found: int, promised: int) -> None:
    """Some damaged pages end early without a word."""
    if found != promised:
        raise pa.ArrowInvalid(f"{found} rows where {promised} are promised")


def _damaged(place: Path, first: int, problem: Exception) -> HansaError:
    return HansaError(
        "the Parquet file is damaged",
        place=f"{place}, after row {first - 1}",
        printed=first_sentence(problem),
        admissible="a complete Parquet file",
        fix="copy or download it again",
    )


def first_sentence(problem: Exception) -> str:
    """What another library says of a problem, in one line."""
    return str(problem).splitlines()[0].split(". ")[0][:160] if str(problem) else "damaged bytes"


def column_names(path: Path, spec: FactsSpec) -> list[str]:
    """Names of the columns of a file; only sheets are read for it."""
    refuse_no_file(path)
    if is_parquet(path):
        with parquet(path) as file:
            return list(file.schema_arrow.names)
    if path.suffix.lower() in TEXT:
        return header_names(path, spec)
    return list(raw_table(path, spec).column_names)


def first_row_with(path: Path, spec: FactsSpec, column: str, cell: object) -> int | None:
    """Number of the first row in which a column holds exactly this."""
    if not is_parquet(path):
        return first_line_with(path, spec, column, str(cell))
    with parquet(path) as file:
        for first, table in batches(file, [column], path):
            values: list[object] = table[column].to_pylist()
            if cell in values:
                return first + values.index(cell)
    return None
