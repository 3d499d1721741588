"""Files out: whole or not at all, the same bytes for the same content."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.errors import UsageError
from hansa.panel import Panel


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def header_path(table: Path) -> Path:
    """Where the header of a table stands that has no room for it: NAME.meta.toml beside it."""
    # A folder given as `.` has no name that could be replaced.
    return table.parent / f"{table.stem}.meta.toml"


def write_panel(panel: Panel, path: Path) -> None:
    """A panel as CSV (with its header in NAME.meta.toml beside it) or Parquet."""
    if path.suffix.lower() == ".csv":
        write_table(panel.table, path)
        write_bytes(header_path(path), header_bytes(panel))
    else:
        write_table(panel.to_arrow(), path)


def header_bytes(panel: Panel) -> bytes:
    """The header of a panel as the TOML that stands beside its CSV."""
    return toml_bytes({"format": 1, "panel": {"dims": list(panel.dims), **panel.header.as_dict()}})


def write_table(table: pa.Table, path: Path) -> None:
    """A table as CSV or Parquet, by the ending of the path."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet", ".pq"):
        raise UsageError(
            f"results cannot be written as {suffix or 'a file without an ending'}",
            place=str(path),
            admissible=".csv or .parquet",
            fix="change the ending of --out",
        )
    write_bytes(path, csv_bytes(table) if suffix == ".csv" else parquet_bytes(table))


def csv_bytes(table: pa.Table) -> bytes:
    """A table as CSV (RFC 4180, UTF-8): absent values and empty texts are empty cells."""
    import pyarrow.compute as pc
    import pyarrow.csv as csv

    columns = {}
    plain_names = not any(_needs_quotes(pa.array([name])) for name in table.column_names)
    plain = plain_names
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        if pa.types.is_string(column.type):
            plain = plain and not _needs_quotes(column)
            column = pc.replace_with_mask(
                column.combine_chunks(),
                pc.fill_null(pc.equal(column.combine_chunks(), ""), True),
                pa.scalar(None, pa.string()),
            )
        columns[name] = column
    buffer = io.BytesIO()
    # Arrow's "needed" puts every text in quotes; RFC 4180 asks for them only around separators.
    style = "none" if plain else "needed"
    options = csv.WriteOptions(
        quoting_style=style, quoting_header="none" if plain_names else "needed"
    )
    csv.write_csv(pa.table(columns), buffer, options)
    return buffer.getvalue()


def _needs_quotes(column: pa.Array | pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, r'[",\r\n]')).as_py())


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as Parquet, its metadata kept."""
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def json_bytes(data: object) -> bytes:
    """JSON in UTF-8, keys in the order given, one trailing newline."""
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


def toml_bytes(data: Mapping[str, Any]) -> bytes:
    """TOML of plain values, lists of them, and one level of tables."""
    plain = [f"{k} = {_toml(v)}" for k, v in data.items() if not isinstance(v, Mapping)]
    for name, inner in data.items():
        if isinstance(inner, Mapping):
            plain += ["", f"[{name}]", *(f"{k} = {_toml(v)}" for k, v in inner.items())]
    return ("\n".join(plain) + "\n").encode()


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    raise TypeError(f"{value!r} has no place in a header")
