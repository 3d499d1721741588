"""Rows of any number to region x activity x year: one Ibis expression, exact sums.

Sums are taken over DECIMAL values, so the result does not depend on the order of rows, the
number of threads or the engine. A group with a missing value is missing: it is not summed
around (law, clauses 1 and 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError, UsageError, listed
from hansa.law import bit, flags_from_text, flags_to_text
from hansa.sources.raw import is_parquet
from hansa.sources.spec import KEYS, MEASURES, FactsSpec

if TYPE_CHECKING:
    import ibis

ENGINES = ("duckdb",)
DECIMALS = 6


def reduce_files(
    files: Sequence[Path],
    by: Sequence[str] = KEYS,
    spec: FactsSpec | None = None,
    engine: str = "duckdb",
    decimals: int = DECIMALS,
) -> pa.Table:
    """Sums of every measure column over the rows of each group, ordered by group.

    files     CSV or Parquet files with the same columns
    by        columns to keep, our names (`spec.columns` maps them)
    decimals  digits kept of fractional values; whole numbers are summed as such
    """
    spec = spec or FactsSpec()
    if engine not in ENGINES:
        raise UsageError(
            f"the engine {engine!r} is not available",
            admissible=listed(ENGINES),
            fix="leave out --engine, or use --engine duckdb",
        )
    connection = _duckdb()
    rows = _renamed(_opened(connection, files, spec), by, spec, files)
    measures = [m for m in MEASURES if m in rows.columns]
    if not measures:
        raise HansaError(
            "there is no column to sum",
            place=listed(files),
            printed=listed(rows.columns, 20),
            admissible=listed(MEASURES),
            fix="map one: --columns employment=NAME",
        )
    scales = {m: _scale(rows, m, decimals, files) for m in measures}
    table = _expression(rows, list(by), scales).to_pyarrow()
    return _with_flags(table, measures)


def _duckdb() -> Any:
    import ibis

    connection = ibis.duckdb.connect()
    connection.con.execute("SET autoinstall_known_extensions = false")
    connection.con.execute("SET autoload_known_extensions = false")
    return connection


def _opened(connection: Any, files: Sequence[Path], spec: FactsSpec) -> ibis.Table:
    for path in files:
        if not path.is_file():
            raise HansaError("the file is not there", place=str(path), fix="check the path")
    names = [str(path) for path in files]
    try:
        if all(is_parquet(path) for path in files):
            return connection.read_parquet(names)
        if any(is_parquet(path) for path in files):
            raise UsageError(
                "CSV and Parquet files cannot be reduced in one call", printed=listed(names)
            )
        return connection.read_csv(names, all_varchar=True, header=True, delim=spec.delimiter)
    except UsageError:
        raise
    except Exception as problem:
        raise HansaError(
            "a file cannot be read",
            place=listed(names),
            printed=str(problem).splitlines()[0][:200],
            admissible="CSV with a header row, or complete Parquet files, with the same columns",
        ) from problem


def _renamed(
    rows: ibis.Table, by: Sequence[str], spec: FactsSpec, files: Sequence[Path]
) -> ibis.Table:
    for name, wanted in spec.where.items():
        if name not in rows.columns:
            raise HansaError(
                f"there is no column {name!r} to choose rows by",
                place=listed(files),
                printed=listed(rows.columns, 20),
            )
        values = [str(w) for w in (wanted if isinstance(wanted, list) else [wanted])]
        rows = rows.filter(rows[name].cast("string").isin(values))
    ours = {name: spec.columns.get(name, name) for name in (*by, *MEASURES, *_STATUS)}
    for name in by:
        if ours[name] not in rows.columns:
            raise HansaError(
                f"the column {name} is missing",
                place=listed(files),
                printed=listed(rows.columns, 20),
                fix=f"say which column it is: --columns {name}=NAME, or leave it out of --by",
            )
    return rows.select(**{k: rows[v] for k, v in ours.items() if v in rows.columns})


_STATUS = ("status", *(f"{m}_status" for m in MEASURES))


def _scale(rows: ibis.Table, measure: str, decimals: int, files: Sequence[Path]) -> int:
    """Digits after the point that the sums of a column need; refuses text among numbers."""
    column = rows[measure]
    if column.type().is_string():
        text = column.strip()
        wrong = rows.filter((text != "") & text.try_cast("float64").isnull())
        if (count := wrong.count().to_pyarrow().as_py()) > 0:
            shown = wrong[measure].limit(1).to_pyarrow()[0].as_py()
            raise HansaError(
                "text stands where a number is needed",
                place=f"{listed(files)}, column {measure} ({count} rows)",
                printed=repr(shown),
                admissible="numbers; an empty cell for a missing value",
                fix="correct the cells, or leave such rows out: --where COLUMN=VALUE",
            )
        column = text.nullif("").cast("float64")
    if column.type().is_integer():
        return 0
    if column.type().is_decimal():
        return int(column.type().scale or 0)
    fractions = (column.cast("float64") != column.cast("float64").round()).any()
    return decimals if fractions.to_pyarrow().as_py() else 0


def _expression(rows: ibis.Table, by: list[str], scales: dict[str, int]) -> ibis.Table:
    import ibis

    made = {}
    for measure, scale in scales.items():
        column = rows[measure]
        if column.type().is_string():
            column = column.strip().nullif("")
        kind = f"decimal(38, {scale})"
        exact = (column.cast("float64") if scale else column).cast(kind)
        known = ~column.isnull().any()
        made[measure] = known.ifelse(exact.sum(), ibis.null(kind)).cast(kind)
        own = f"{measure}_status"
        status = own if own in rows.columns else "status" if "status" in rows.columns else ""
        if status:
            made[own] = rows[status].cast("string").nullif("").group_concat(sep=";")
    return rows.group_by(by).aggregate(**made).order_by(by)


def _with_flags(table: pa.Table, measures: list[str]) -> pa.Table:
    for measure in measures:
        values = table[measure]
        if pa.types.is_decimal(values.type) and values.type.scale == 0:
            values = pc.cast(values, pa.int64())
        table = table.set_column(table.column_names.index(measure), measure, values)
        own = f"{measure}_status"
        if own in table.column_names or values.null_count:
            status = _status(table[own] if own in table.column_names else None, values)
            at = table.column_names.index(own) if own in table.column_names else None
            table = (
                table.append_column(own, status)
                if at is None
                else table.set_column(at, own, status)
            )
    return table


def _status(concatenated: pa.ChunkedArray | None, values: pa.ChunkedArray) -> pa.Array:
    texts = [None] * len(values) if concatenated is None else concatenated.to_pylist()
    absent = values.is_null().to_pylist()
    known: dict[str, int] = {}
    result = []
    for text, missing in zip(texts, absent, strict=True):
        if text and text not in known:
            known[text] = flags_from_text(text)
        bits = known[text] if text else 0
        if missing and not bits & int(bit("c") | bit("z")):
            bits |= int(bit("m"))
        result.append(flags_to_text(bits) or None)
    return pa.array(result, pa.string())
