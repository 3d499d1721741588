"""Rows of any number to region x activity x year: one Ibis expression, exact sums.

Sums are taken over DECIMAL values, so the result does not depend on the order of rows, the
number of threads or the engine. A group with a missing value is missing: it is not summed
around (law, clauses 1 and 5). Single rows may be negative (corrections in a register).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError, UsageError, listed
from hansa.facts.engine import opened, run, start
from hansa.law import bit, flags_to_text
from hansa.sources.cells import POINT_OF_TWO, POINTED, SPACES, point_of_two
from hansa.sources.columns import WHOLE
from hansa.sources.quantities import flag_bits
from hansa.sources.raw import column_names, first_row_with
from hansa.sources.rows import no_rows
from hansa.sources.spec import KEYS, MEASURES, FactsSpec, beside, picked, says_point

if TYPE_CHECKING:
    import ibis

ENGINES = ("duckdb",)
DECIMALS = 6

_STATUS = ("status", *(f"{m}_status" for m in MEASURES))
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_HERE = (
    *("wide", "sheet", "totals", "level", "rounding", "areas", "zeros", "unknown_codes"),
    *("times", "header"),
)
_MOST = 1e24
"""A cell from here on is no number of jobs; sums of smaller ones fit into 38 digits."""


@dataclass(frozen=True)
class _Source:
    """One file: its rows under our names (only the columns that count), and its description."""

    path: Path
    spec: FactsSpec
    rows: ibis.Table


def reduce_files(
    files: Sequence[Path],
    by: Sequence[str] = KEYS,
    spec: FactsSpec | None = None,
    engine: str = "duckdb",
    decimals: int = DECIMALS,
) -> pa.Table:
    """Sums of every measure column over the rows of each group, ordered by group.

    files     CSV or Parquet files; columns are found by their names in each of them
    by        columns to keep, our names (`spec.columns` maps them)
    decimals  digits kept of fractional values; whole numbers are summed as such
    Raises HansaError for files and cells that cannot be read, UsageError for keys of a
    description that have no meaning here.
    """
    spec = spec or FactsSpec()
    _refuse_usage(engine, by, spec)
    connection = start()
    sources = [_source(connection, path, beside(path, spec), by) for path in files]
    measures = [m for m in MEASURES if any(m in s.rows.columns for s in sources)]
    _refuse_unequal(sources, measures)
    scales = {m: max(_scale(s, m, decimals) for s in sources) for m in measures}
    told = [m for m in measures if any(_status_name(s, m) for s in sources)]
    exact = _alike([_exact(s, by, scales, told) for s in sources], by)
    rows = exact[0].union(*exact[1:]) if len(exact) > 1 else exact[0]
    table = run(_sums(rows, list(by), scales), files)
    _refuse_no_rows(table, sources)
    _refuse_empty_keys(table, by, files)
    return _with_flags(table, measures, files)


def _refuse_usage(engine: str, by: Sequence[str], spec: FactsSpec) -> None:
    if engine not in ENGINES:
        raise UsageError(
            f"the engine {engine!r} is not available",
            printed=engine,
            admissible=listed(ENGINES),
            fix="leave out --engine, or use --engine duckdb",
        )
    if not by or set(by) & {*MEASURES, *_STATUS}:
        raise UsageError(
            "a measure cannot be a group" if by else "there is nothing to group by",
            printed=listed(by) or "no column",
            admissible="names of key columns: geo,activity,time",
            fix="--by geo,activity,time",
        )
    if given := [key for key in _NOT_HERE if key in spec.model_fields_set]:
        raise UsageError(
            "reduce adds up rows as they stand in the files",
            printed=listed(given),
            admissible="columns, where, missing, delimiter, encoding, decimal, thousands",
            fix="leave it out here, and say it where the result is read",
        )


def _refuse_classes(path: Path, spec: FactsSpec) -> None:
    """A 0 beside a size class is no zero: summed, it would be a silent wrong number."""
    told = [name for ours, name in spec.columns.items() if ours.endswith("_class")]
    if told or "classes" in spec.model_fields_set:
        raise HansaError(
            "size classes cannot be added up: beside one, a 0 stands for a hidden number",
            place=str(path),
            printed=listed(told) or "classes",
            admissible="a table whose cells are numbers, or empty",
            fix="compute, fill and convert read the classes as bounds; use one of them here",
        )


def _refuse_not_as_they_stand(path: Path, spec: FactsSpec) -> None:
    """Sums of thousands would lose their unit on the way into the result."""
    if told := [key for key in ("times", "header") if key in spec.model_fields_set]:
        raise HansaError(
            "reduce adds up rows as they stand in the files",
            place=str(path),
            printed=listed(told),
            admissible="a description without them",
            fix="leave times out here, and say it where the result is read; header: delete the "
            "lines above the column names",
        )


def _source(connection: Any, path: Path, spec: FactsSpec, by: Sequence[str]) -> _Source:
    _refuse_classes(path, spec)
    _refuse_not_as_they_stand(path, spec)
    rows, named = opened(connection, path, spec)
    rows = _chosen(rows, named, path, spec)
    columns: dict[str, Any] = {}
    for ours in (*by, *MEASURES, *_STATUS):
        theirs = spec.columns.get(ours, ours)
        if theirs in named:
            columns[ours] = rows[named[theirs]]
        elif theirs.startswith("=") and ours in by:
            columns[ours] = _text(theirs[1:])
        elif ours in by or ours in spec.columns:
            fix = f"say which column it is: --columns {ours}=NAME"
            out = f"; a constant: --columns {ours}==VALUE; or leave it out of --by"
            raise _no_column(theirs, path, spec, fix + (out if ours in by else ""))
    return _Source(path, spec, rows.select(**columns))


def _chosen(rows: ibis.Table, named: dict[str, str], path: Path, spec: FactsSpec) -> ibis.Table:
    for key, wanted in spec.where.items():
        name, kept = picked(key, named)
        if name not in named:
            raise _no_column(name, path, spec, "correct where = { … } or --where COLUMN=VALUE")
        values = wanted if isinstance(wanted, list) else [wanted]
        column = rows[named[name]]
        if column.type().is_floating():
            found = column.isin([float(v) for v in values if _is_number(v)])
        else:
            texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
            found = column.cast("string").isin(texts)
        rows = rows.filter(found if kept else ~found.fill_null(False))
    return rows


def _is_number(value: object) -> bool:
    return re.match(_NUMBER, str(value)) is not None


def _no_column(name: str, path: Path, spec: FactsSpec, fix: str) -> HansaError:
    return HansaError(
        f"there is no column {name!r}",
        place=str(path),
        printed=listed(column_names(path, spec), 20),
        admissible=f"a column named {name}",
        fix=fix,
    )


def _refuse_unequal(sources: Sequence[_Source], measures: Sequence[str]) -> None:
    if not measures:
        first = sources[0]
        raise HansaError(
            "there is no column to sum",
            place=listed(s.path for s in sources),
            printed=listed(column_names(first.path, first.spec), 20),
            admissible=f"a column named {' or '.join(MEASURES)}",
            fix="map one: --columns employment=NAME",
        )
    for source in sources:
        if lacking := [m for m in measures if m not in source.rows.columns]:
            fix = f"say which column it is: --columns {lacking[0]}=NAME, or reduce the files apart"
            raise _no_column(lacking[0], source.path, source.spec, fix)


def _scale(source: _Source, measure: str, decimals: int) -> int:
    """Digits after the point that the sums of a column need; refuses what is no number."""
    kind = source.rows[measure].type()
    if kind.is_integer() or kind.is_unknown():
        return 0
    if kind.is_decimal():
        return int(kind.scale or 0)
    if not (kind.is_floating() or kind.is_string()):
        raise HansaError(
            f"the column {measure} holds no numbers",
            place=f"{source.path}, column {measure}",
            printed=f"values of type {kind}",
            admissible="numbers, or text that holds numbers",
            fix=f"name another column: --columns {measure}=NAME",
        )
    number = _plain(source, measure)
    size = number.try_cast("float64").abs()
    wrong = size >= _MOST
    if kind.is_string():
        wrong = ~number.re_search(_NUMBER) | wrong
    whole = number.try_cast("decimal(38, 0)")
    seen = source.rows.aggregate(
        wrong=(number.notnull() & wrong.fill_null(True)).sum(),
        fractions=(number.try_cast(f"decimal(38, {decimals})") != whole).any(),
        **_points(source, measure),
    )
    found = run(seen, [source.path]).to_pylist()[0]
    if found["wrong"]:
        shown = source.rows.filter(number.notnull() & wrong.fill_null(True)).select(measure)
        cell = run(shown.limit(1), [source.path])[measure][0].as_py()
        raise _no_number(source, measure, cell, found["wrong"])
    if found.get("pointed") and found["pointed"] == found["of_two"]:
        first = source.rows.filter(source.rows[measure].re_search(POINTED)).select(measure)
        cell = run(first.limit(1), [source.path])[measure][0].as_py()
        raise point_of_two(cell, f"{source.path}, column {measure}")
    return decimals if found["fractions"] else 0


def _points(source: _Source, measure: str) -> dict[str, Any]:
    """Counts of texts with a point, where nobody has said what it is, and of those it may part."""
    column = source.rows[measure]
    if not column.type().is_string() or measure not in WHOLE or says_point(source.spec):
        return {}
    return {
        "pointed": column.re_search(POINTED).sum(),
        "of_two": column.re_search(POINT_OF_TWO).sum(),
    }


def _no_number(source: _Source, measure: str, cell: object, rows: int) -> HansaError:
    name = source.spec.columns.get(measure, measure)
    row = None if source.spec.where else first_row_with(source.path, source.spec, name, cell)
    text = isinstance(cell, str) and not _is_number(cell)
    more = f" (and {rows - 1} more row{'s' * (rows != 2)})" if rows > 1 else ""
    return HansaError(
        "text stands where a number is needed" if text else "a number is too large to be summed",
        place=f"{source.path}{f', row {row}' if row else ''}, column {name}{more}",
        printed=repr(cell),
        admissible="numbers such as 1234 or 1234.5; an empty cell for a missing value",
        fix="correct the cells, name a mark as missing in NAME.meta.toml, or leave such rows out: "
        "--where COLUMN=VALUE",
    )


def _plain(source: _Source, measure: str) -> Any:
    """The column with nulls where missing; text with a decimal point, without thousands."""
    import ibis

    column, spec = source.rows[measure], source.spec
    if column.type().is_unknown():
        return ibis.null("int64")
    if column.type().is_floating():
        # DuckDB 2.0 answers isnan() from Parquet statistics, which leave NaN out.
        finite, endless = column * 0 == 0, column.abs() == float("inf")
        return (finite | endless).ifelse(column, ibis.null(column.type()))
    if not column.type().is_string():
        return column
    text = column.strip()
    text = text.isin(["", *spec.missing]).ifelse(_text(None), text)
    if spec.thousands:
        mark = f"[{SPACES} ]" if spec.thousands == " " else re.escape(spec.thousands)
        point = re.escape(spec.decimal)
        grouped = rf"^[+-]?[0-9]{{1,3}}({mark}[0-9]{{3}})+({point}[0-9]*)?$"
        text = text.re_search(grouped).ifelse(text.re_replace(mark, ""), text)
    if spec.decimal != ".":
        text = text.replace(".", "?").replace(spec.decimal, ".")
    return text


def _text(value: str | None) -> Any:
    import ibis

    return ibis.literal(value, "string")


def _status_name(source: _Source, measure: str) -> str:
    """The column with the status of a measure, if the file has one."""
    return next((n for n in (f"{measure}_status", "status") if n in source.rows.columns), "")


def _exact(
    source: _Source, by: Sequence[str], scales: dict[str, int], told: Sequence[str]
) -> ibis.Table:
    """Keys as they are, measures as decimals, statuses (of those that have any) as text."""
    rows = source.rows
    columns = {key: rows[key] for key in by}
    for measure, scale in scales.items():
        columns[measure] = _plain(source, measure).cast(f"decimal(38, {scale})")
        if measure in told:
            name = _status_name(source, measure)
            columns[f"{measure}_status"] = rows[name].cast("string") if name else _text(None)
    return rows.select(**columns)


def _alike(tables: list[ibis.Table], by: Sequence[str]) -> list[ibis.Table]:
    """Keys as text where files keep them as different types."""
    mixed = [k for k in by if len({t[k].type() for t in tables}) > 1]
    return (
        [t.mutate(**{k: t[k].cast("string") for k in mixed}) for t in tables] if mixed else tables
    )


def _sums(rows: ibis.Table, by: list[str], scales: dict[str, int]) -> ibis.Table:
    import ibis

    made = {}
    for measure, scale in scales.items():
        kind = f"decimal(38, {scale})"
        known = ~rows[measure].isnull().any()
        made[measure] = known.ifelse(rows[measure].sum(), ibis.null(kind)).cast(kind)
        if (own := f"{measure}_status") in rows.columns:
            made[own] = rows[own].collect(distinct=True)
    return rows.group_by(by).aggregate(**made).order_by(by)


def _refuse_no_rows(table: pa.Table, sources: Sequence[_Source]) -> None:
    if table.num_rows:
        return
    place = listed(s.path for s in sources)
    spec = sources[0].spec
    if not spec.where:
        raise no_rows(place, column_names(sources[0].path, spec))
    raise HansaError(
        "no rows are left",
        place=place,
        printed="no row with " + ", ".join(f"{k} = {v}" for k, v in spec.where.items()),
        admissible="at least one row of values",
        fix="correct where = { … } or --where COLUMN=VALUE",
    )


def _refuse_empty_keys(table: pa.Table, by: Sequence[str], files: Sequence[Path]) -> None:
    for name in by:
        texts = pc.utf8_trim_whitespace(pc.cast(pc.unique(table[name]), pa.string()))
        if pc.any(pc.equal(pc.fill_null(texts, ""), "")).as_py():
            raise HansaError(
                f"{name} is empty in some rows",
                place=f"{listed(files)}, column of {name}",
                printed="an empty cell",
                admissible=f"a code in every row, or a constant: --columns {name}==VALUE",
                fix="give the codes, or leave such rows out: --where COLUMN=VALUE",
            )


def _with_flags(table: pa.Table, measures: Sequence[str], files: Sequence[Path]) -> pa.Table:
    """Whole numbers as integers; a status column where there is a status to tell."""
    columns: dict[str, Any] = {name: table[name] for name in table.column_names}
    for measure in measures:
        own = f"{measure}_status"
        columns[measure] = values = _whole(table[measure])
        if own not in columns and not values.null_count:
            continue
        found = columns.pop(own, pa.chunked_array([pa.nulls(len(values))]))
        status = _status(found, values, f"{listed(files)}, column of {own}")
        if status.null_count < len(status):
            columns[own] = status
    return pa.table(columns)


def _whole(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals without fractions as integers, unless they are too large for them."""
    if values.type.scale:
        return values
    try:
        return pc.cast(values, pa.int64())
    except pa.ArrowInvalid:
        return values


def _status(found: pa.ChunkedArray, values: pa.ChunkedArray, place: str) -> pa.Array:
    absent = values.is_null().to_pylist()
    known: dict[str, int] = {}
    result = []
    for texts, missing in zip(found.to_pylist(), absent, strict=True):
        bits = 0
        for text in texts or ():
            if text and text not in known:
                known[text] = _bits(text, place)
            bits |= known[text] if text else 0
        if missing and not bits & int(bit("c") | bit("z")):
            bits |= int(bit("m"))
        result.append(flags_to_text(bits) or None)
    return pa.array(result, pa.string())


def _bits(text: str, place: str) -> int:
    try:
        return flag_bits(text)
    except ValueError as problem:
        raise HansaError(
            "a status cannot be read",
            place=place,
            printed=repr(text),
            admissible="letters such as p, e, b, c, u; several joined by ;",
            fix="correct it, or map another column: --columns status=NAME",
        ) from problem
