"""The engine of `reduce`: files opened without guesses, failures told in our words."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hansa.errors import HansaError, listed
from hansa.sources.raw import is_parquet, parquet, refuse_no_file
from hansa.sources.spec import FactsSpec
from hansa.sources.text import TEXT, codec_name, header_names, names_separator, read_csv, separator

if TYPE_CHECKING:
    import ibis

_ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "iso8859-1": "latin-1"}


def start() -> Any:
    """DuckDB in memory, with nothing loaded or installed by itself."""
    import ibis

    connection = ibis.duckdb.connect()
    connection.con.execute("SET autoinstall_known_extensions = false")
    connection.con.execute("SET autoload_known_extensions = false")
    return connection


def opened(connection: Any, path: Path, spec: FactsSpec) -> tuple[ibis.Table, dict[str, str]]:
    """The rows of a CSV file (every column as text) or of a Parquet file.

    Beside them, the engine's name of each column: it takes no empty names, and `geo` for `GEO`.
    """
    import ibis

    refuse_no_file(path)
    # The path is no pattern: its brackets and stars stand for themselves.
    name = glob.escape(str(path))
    if is_parquet(path):
        with parquet(path):
            return _as_named(connection.read_parquet(name))
    if path.suffix.lower() not in TEXT:
        raise HansaError(
            f"files ending in {path.suffix or 'nothing'} cannot be reduced",
            place=str(path),
            printed=path.name,
            admissible="csv, tsv, txt, parquet",
            fix="save the table in one of these formats",
        )
    names = header_names(path, spec)
    encoding = _ENCODINGS.get(codec_name(path, spec.encoding))
    if encoding is None or names_separator(path):
        # The engine knows few encodings and begins with a header; other files pass through memory.
        return _as_named(ibis.memtable(read_csv(path, spec)))
    plain = {own: f"column{i}" for i, own in enumerate(names)}
    rows = connection.read_csv(
        name,
        auto_detect=False,
        header=True,
        columns=dict.fromkeys(plain.values(), "VARCHAR"),
        delim=separator(path, spec),
        quote='"',
        escape='"',
        strict_mode=True,
        encoding=encoding,
    )
    return rows, plain


def _as_named(rows: ibis.Table) -> tuple[ibis.Table, dict[str, str]]:
    return rows, {name: name for name in rows.columns}


def run(expression: ibis.Table, files: Sequence[Path]) -> pa.Table:
    """The result of an expression; what the engine refuses is refused in our words."""
    import duckdb

    try:
        return expression.to_pyarrow()
    except duckdb.Error as problem:
        raise _refused(str(problem), files) from problem


def _refused(problem: str, files: Sequence[Path]) -> HansaError:
    path = re.search(r"^\s*file = (.+)$", problem, re.MULTILINE)
    line = re.search(r"CSV Error on Line: (\d+)", problem)
    row = re.search(r"Original Line: ?(.*)", problem)
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", problem)
    place = (path[1] if path else listed(files)) + (f", row {line[1]}" if line else "")
    shown = repr(row[1][:80]) if row else problem.splitlines()[0][:160]
    if columns:
        needed, found = int(columns[1]), int(columns[2])
        return HansaError(
            f"a row has {'more' if found > needed else 'fewer'} columns than the header",
            place=place,
            printed=f"{found} column{'s' * (found != 1)}: {shown}",
            admissible=f"{needed} columns",
            fix='put quotes around values that hold the separator: "Wood, paper"'
            if found > needed
            else "complete the row, or remove it if it is no row of the table",
        )
    if "unterminated quote" in problem:
        return HansaError(
            "quotation marks do not pair",
            place=place,
            printed=shown,
            admissible='a value in quotes on both sides: "Wood, paper"',
            fix="close the quotation mark, or remove it",
        )
    if "not utf-8" in problem or "nvalid unicode" in problem:
        return HansaError(
            "the file is not UTF-8 text",
            place=place,
            printed=shown,
            admissible="UTF-8",
            fix="save it as UTF-8, or name its encoding in NAME.meta.toml: encoding = 'latin-1'",
        )
    return HansaError(
        "a file cannot be read",
        place=place,
        printed=problem.splitlines()[0][:160],
        admissible="CSV with a header row, or complete Parquet files",
        fix="save or download the file again",
    )
