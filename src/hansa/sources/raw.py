"""Any tabular file to an Arrow table, refused with a clear message where it is broken."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.spec import FactsSpec

BATCH_ROWS = 1 << 20
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}


def is_parquet(path: Path) -> bool:
    """True for the endings of Parquet files."""
    return path.suffix.lower() in (".parquet", ".pq")


def raw_table(path: Path, spec: FactsSpec) -> pa.Table:
    """The whole file; text formats give text columns, Parquet its own types."""
    if not path.is_file():
        raise HansaError(
            "the file is not there",
            place=str(path),
            admissible="a CSV, Parquet or spreadsheet file",
            fix="check the path; a path in study.toml counts from the study folder",
        )
    if path.stat().st_size == 0:
        raise HansaError(
            "the file is empty", place=str(path), admissible="a header row and rows of values"
        )
    suffix = path.suffix.lower()
    if is_parquet(path):
        with parquet(path) as file:
            return pa.Table.from_batches(list(file.iter_batches(BATCH_ROWS)), file.schema_arrow)
    if suffix in (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"):
        from hansa.sources.excel import read_sheet

        return read_sheet(path, spec.sheet)
    if suffix in (".csv", ".tsv", ".txt"):
        return read_csv(path, spec)
    raise HansaError(
        f"files ending in {suffix or 'nothing'} cannot be read",
        place=str(path),
        admissible="csv, tsv, parquet, xlsx, xls, ods",
        fix="save the table in one of these formats",
    )


def parquet(path: Path, dictionary: tuple[str, ...] = ()) -> pa.parquet.ParquetFile:
    """An open Parquet file; a truncated or foreign file is refused."""
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, read_dictionary=list(dictionary))
    except (pa.ArrowInvalid, OSError) as problem:
        raise HansaError(
            "the Parquet file is damaged or cut off",
            place=str(path),
            printed=str(problem).split(". ")[0],
            admissible="a complete Parquet file",
            fix="copy or download it again",
        ) from problem


def batches(
    file: pa.parquet.ParquetFile, columns: list[str], place: Path
) -> Iterator[tuple[int, pa.Table]]:
    """The columns batch by batch, with the number of the first row of each batch."""
    first = 1
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            yield first, pa.Table.from_batches([batch])
            first += batch.num_rows
    except (pa.ArrowInvalid, OSError) as problem:
        raise HansaError(
            "the Parquet file is damaged",
            place=f"{place}, after row {first - 1}",
            printed=str(problem).split(". ")[0],
            fix="copy or download it again",
        ) from problem


def read_csv(path: Path, spec: FactsSpec) -> pa.Table:
    """A CSV file (RFC 4180) with every column as text."""
    import pyarrow.csv as csv

    text = _decoded(path, spec.encoding)
    _refuse_wrong_separator(path, text, spec)
    header_end = text.find(b"\n")
    names = _header_names(text[: header_end if header_end >= 0 else len(text)], spec.delimiter)
    _refuse_bad_header(names, path)
    try:
        return csv.read_csv(
            io.BytesIO(text),
            read_options=csv.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=csv.ParseOptions(delimiter=spec.delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as problem:
        raise HansaError(
            "the rows do not have the same number of columns as the header",
            place=f"{path} ({_row_of(str(problem))})",
            printed=str(problem).removeprefix("CSV parse error: ")[:160],
            admissible=f"{len(names)} columns: {listed(names)}",
            fix='put quotes around values that hold the separator: "Wood, paper"',
        ) from problem


def _row_of(problem: str) -> str:
    head = problem.partition("Row #")[2]
    number = head.partition(":")[0]
    return f"line {number}" if number.isdigit() else "row not told"


def _decoded(path: Path, encoding: str) -> bytes:
    data = path.read_bytes()
    if encoding == "utf-8":
        for mark, name in (
            (b"\xef\xbb\xbf", "utf-8-sig"),
            (b"\xff\xfe", "utf-16"),
            (b"\xfe\xff", "utf-16"),
        ):
            if data.startswith(mark):
                raise HansaError(
                    "the file begins with a byte-order mark",
                    place=f"{path}, first {len(mark)} bytes",
                    printed=" ".join(f"{b:02X}" for b in mark),
                    admissible="UTF-8 without a mark",
                    fix=f"save it as plain UTF-8, or say so: --encoding {name}",
                )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise HansaError(
            f"the file is not {encoding} text",
            place=f"{path}, line {line}, byte {problem.start}",
            printed=repr(data[max(0, problem.start - 12) : problem.start + 4])[1:],
            admissible="UTF-8",
            fix="save it as UTF-8, or name its encoding: --encoding latin-1",
        ) from problem
    except LookupError as problem:
        raise HansaError(
            f"unknown encoding {encoding!r}", place=str(path), admissible="utf-8, latin-1, cp1252"
        ) from problem
    return data if encoding == "utf-8" else text.encode("utf-8")


def _header_names(line: bytes, delimiter: str) -> list[str]:
    import csv

    return next(csv.reader([line.decode("utf-8").rstrip("\r")], delimiter=delimiter), [])


def _refuse_wrong_separator(path: Path, text: bytes, spec: FactsSpec) -> None:
    first = text.split(b"\n", 1)[0].decode("utf-8")
    if spec.delimiter in first:
        return
    other = max(_SEPARATORS, key=first.count)
    if first.count(other) == 0:
        return
    shown = "\\t" if other == "\t" else other
    raise HansaError(
        "the columns are separated by another sign",
        place=f"{path}, line 1",
        printed=f"{_SEPARATORS[other]} in {first[:60]!r}",
        admissible=f"{_SEPARATORS.get(spec.delimiter, repr(spec.delimiter))}",
        fix=f"name the separator: --delimiter '{shown}' (and decimal = ',' where it applies)",
    )


def _refuse_bad_header(names: list[str], path: Path) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice or not any(n.strip() for n in names):
        raise HansaError(
            "column names repeat" if twice else "the header row is empty",
            place=f"{path}, line 1",
            printed=listed(twice) or "no names",
            admissible="one name for each column",
            fix="rename the columns",
        )
