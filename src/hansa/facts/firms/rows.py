"""Rows of firms from files into the engine: names and types found, what is wrong refused.

A message gives row numbers, columns and counts, never a cell or an id: ids may be of persons.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hansa.codes.codelist import Codelist
from hansa.errors import HansaError, UsageError, listed
from hansa.facts.engine import opened
from hansa.facts.firms.definitions import DATES, MONEY, NEEDED, OURS
from hansa.facts.firms.keys import lists_of, quoted, trimmed
from hansa.facts.firms.messages import (
    first_row,
    how_many,
    names_in,
    names_told,
    no_column,
    quiet,
)
from hansa.sources.raw import is_parquet, refuse_no_file
from hansa.sources.spec import FactsSpec, beside, picked
from hansa.sources.text import TEXT

DECIMALS = 3
"""Digits kept of numbers that are not whole."""

_NOT_HERE = (
    "wide", "sheet", "totals", "level", "rounding", "zeros", "thousands", "measure", "classes",
    "convert", "areas", "unknown_codes", "times", "header",
)  # fmt: skip
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"
_MOST = 10**12
_MOST_PERSONS = 10**9


@dataclass(frozen=True)
class Opened:
    """The rows as a view of the engine.

    name     of the view: id, geo, activity (text), time, employment, turnover, payroll (whole
             numbers, in units of 10^-scale), birth, death (years)
    has      optional columns that all files have
    scale    digits after the point of each number column
    specs    the description of each file
    lists    the code list of `geo` and of `activity`
    """

    name: str
    has: tuple[str, ...]
    scale: dict[str, int]
    files: tuple[Path, ...]
    specs: tuple[FactsSpec, ...]
    lists: dict[str, Codelist]


def open_rows(engine: Any, files: Sequence[Path], spec: FactsSpec) -> Opened:
    """All files as one view `firm_rows`, each as `rows_0`, `rows_1`, …

    Raises HansaError for what cannot be rows of firms.
    """
    _refuse_meaningless(spec, _NOT_HERE, "")
    _refuse_names(spec)
    _refuse_files(files)
    specs = [beside(path, spec) for path in files]
    for path, own in zip(files, specs, strict=True):
        _refuse_meaningless(own, ("times", "header"), str(path))
    lists = lists_of(files, specs)
    has = _optional(files, specs)
    names = (*NEEDED, *has)
    for number, (path, own) in enumerate(zip(files, specs, strict=True)):
        _view(engine, f"raw_{number}", path, own, names)
    scale = {
        name: max(_scale(engine, f"raw_{i}", name, own) for i, own in enumerate(specs))
        for name in ("employment", *MONEY)
        if name in names
    }
    for number, (path, own) in enumerate(zip(files, specs, strict=True)):
        _refuse_cells(engine, number, path, own, names)
    for i, own in enumerate(specs):
        typed = ", ".join(_typed(engine, f"raw_{i}", n, own, scale) for n in names)
        engine.con.execute(f"CREATE TEMP VIEW rows_{i} AS SELECT {typed} FROM raw_{i}")
    parts = [f"SELECT * FROM rows_{i}" for i in range(len(specs))]
    engine.con.execute("CREATE TEMP VIEW firm_rows AS " + " UNION ALL ".join(parts))
    return Opened("firm_rows", has, scale, tuple(files), tuple(specs), lists)


def _refuse_meaningless(spec: FactsSpec, keys: Sequence[str], place: str) -> None:
    if given := [key for key in keys if key in spec.model_fields_set]:
        raise UsageError(
            "firms are counted from rows as they stand in the files",
            place=place,
            printed=listed(given),
            admissible="columns, where, missing, delimiter, encoding, decimal",
            fix="leave it out",
        )


def _refuse_names(spec: FactsSpec) -> None:
    for name in spec.columns:
        if name not in OURS:
            near = difflib.get_close_matches(name.lower(), OURS, 1)
            raise UsageError(
                f"rows of firms have no column {name!r} of ours",
                place="columns",
                printed=f"{name}={spec.columns[name]}",
                admissible=listed(OURS, len(OURS)) + "; our name stands first: id=orgnr",
                fix=f"did you mean {near[0]}={spec.columns[name]}?" if near else "leave it out",
            )


def _refuse_files(files: Sequence[Path]) -> None:
    if not files:
        raise UsageError("there is no file", fix="hansa firms FILE … --out DIR")
    for path in files:
        refuse_no_file(path)
        if not is_parquet(path) and path.suffix.lower() not in TEXT:
            raise HansaError(
                "rows of firms are read from CSV or Parquet",
                place=str(path),
                printed=path.suffix or "no ending",
                admissible="csv, tsv, txt, parquet",
                fix="save the table in one of these formats",
            )


def _optional(files: Sequence[Path], specs: Sequence[FactsSpec]) -> tuple[str, ...]:
    """Optional columns; one that only some files have would be missing without a word."""
    found = []
    for name in (*MONEY, *DATES):
        there = []
        for path, own in zip(files, specs, strict=True):
            theirs = own.columns.get(name, name)
            there.append(theirs in names_in(path, own))
            if name in own.columns and not there[-1]:
                raise no_column(name, theirs, path, own)
        if any(there) and not all(there):
            lacking = files[there.index(False)]
            raise HansaError(
                f"only some of the files have a column {name}",
                place=str(lacking),
                printed=names_told(lacking, specs[there.index(False)]),
                admissible=f"{name} in all files or in none",
                fix=f"name it: --columns {name}=NAME, or leave the column out of the other files",
            )
        if all(there):
            found.append(name)
    return tuple(found)


def _view(engine: Any, view: str, path: Path, spec: FactsSpec, names: Sequence[str]) -> None:
    """The columns that count of one file, under our names and in its own types."""
    import ibis

    with quiet():
        rows, named = opened(engine, path, spec)
    for key, wanted in spec.where.items():
        name, kept = picked(key, named)
        if name not in named:
            raise no_column(name, name, path, spec)
        values = [str(v) for v in (wanted if isinstance(wanted, list) else [wanted])]
        found = rows[named[name]].cast("string").isin(values)
        rows = rows.filter(found if kept else ~found.fill_null(False))
    columns: dict[str, Any] = {}
    for ours in names:
        theirs = spec.columns.get(ours, ours)
        if theirs in named:
            columns[ours] = rows[named[theirs]]
        elif theirs.startswith("=") and ours in ("geo", "activity", "time"):
            columns[ours] = ibis.literal(theirs[1:], "string")
        else:
            raise no_column(ours, theirs, path, spec)
    engine.create_view(view, rows.select(**columns), overwrite=True)


def _kind(engine: Any, view: str, name: str) -> str:
    found = engine.con.execute(f"SELECT typeof({name}) FROM {view} LIMIT 1").fetchone()
    return str(found[0]) if found else "VARCHAR"


def _plain(engine: Any, view: str, name: str, spec: FactsSpec) -> str:
    """SQL of a column with nulls where missing; text trimmed, with a decimal point.

    No mark means missing in keys. Codes stay as they are: only the distinct ones are trimmed.
    """
    if name in ("geo", "activity"):
        return name
    kind = _kind(engine, view, name)
    if name == "id":
        return trimmed(name) if kind == "VARCHAR" else name
    if kind in ("FLOAT", "DOUBLE"):
        return f"(CASE WHEN {name} * 0 = 0 OR abs({name}) = 'inf'::DOUBLE THEN {name} END)"
    if kind != "VARCHAR":
        return name
    marks = ", ".join(quoted(mark) for mark in ("", *spec.missing))
    text = f"(CASE WHEN trim({name}) NOT IN ({marks}) THEN trim({name}) END)"
    if name in ("employment", *MONEY) and spec.decimal == ",":
        return f"replace(replace({text}, '.', '?'), ',', '.')"
    return text


def _scale(engine: Any, view: str, name: str, spec: FactsSpec) -> int:
    """0 for a column of whole numbers, else the digits kept."""
    kind = _kind(engine, view, name)
    if "INT" in kind:
        return 0
    plain = _plain(engine, view, name, spec)
    sql = (
        f"SELECT coalesce(bool_or(TRY_CAST({plain} AS DOUBLE) <> "
        f"floor(TRY_CAST({plain} AS DOUBLE))), false) FROM {view}"
    )
    return DECIMALS if engine.con.execute(sql).fetchone()[0] else 0


def _typed(engine: Any, view: str, name: str, spec: FactsSpec, scale: dict[str, int]) -> str:
    plain = _plain(engine, view, name, spec)
    if name in scale:
        if "INT" in _kind(engine, view, name):
            times = 10 ** scale[name]
            return f"CAST({plain} AS BIGINT) * {times} AS {name}"
        number = f"CAST({plain} AS DECIMAL(38, {scale[name]}))"
        return f"CAST({number} * {10 ** scale[name]} AS BIGINT) AS {name}"
    if name == "time":
        return f"CAST({plain} AS INTEGER) AS time"
    if name in DATES:
        return f"{_year(engine, view, name, plain)} AS {name}"
    if name == "id" and "INT" in _kind(engine, view, "id"):
        return f"{plain} AS id"
    return f"CAST({plain} AS VARCHAR) AS {name}"


def _year(engine: Any, view: str, name: str, plain: str) -> str:
    """SQL of the year of a date, a time stamp, a whole number, or text that begins with a year."""
    kind = _kind(engine, view, name)
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"CAST(year({plain}) AS INTEGER)"
    if kind == "VARCHAR":
        return f"CAST(left({plain}, 4) AS INTEGER)"
    return f"CAST({plain} AS INTEGER)"


_YEAR = r"^[0-9]{4}(\.0+)?$"
_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}.*)?)?$"


def _refuse_cells(
    engine: Any, number: int, path: Path, spec: FactsSpec, names: Sequence[str]
) -> None:
    """Raise for the first kind of wrong cell, with its row number and how many there are."""
    view = f"raw_{number}"
    wrong = {}
    for name in names:
        kind = _kind(engine, view, name)
        plain = _plain(engine, view, name, spec)
        for rule, sql in _rules(name, kind, plain):
            wrong[name, rule] = sql
    _refuse_first(engine, view, wrong, path, spec)


def _rules(name: str, kind: str, plain: str) -> list[tuple[tuple[str, str], str]]:
    """What a cell of a column may not be, as SQL that is true where it is."""
    whole = "INT" in kind
    if name in ("employment", *MONEY):
        most = _MOST if name in MONEY else _MOST_PERSONS
        if whole:
            return [(_NO_NUMBER, f"{plain} >= {most}"), (_NEGATIVE, f"{plain} < 0")]
        number = f"TRY_CAST({plain} AS DOUBLE)"
        bad = f"{number} IS NULL OR abs({number}) >= {most}"
        if kind == "VARCHAR":
            bad += f" OR NOT regexp_matches({plain}, '{_NUMBER}')"
        return [
            (_NO_NUMBER, f"{plain} IS NOT NULL AND ({bad})"),
            (_NEGATIVE, f"{number} < 0"),
        ]
    if name == "time":
        if whole:
            return [(_NO_YEAR, f"{plain} IS NULL OR {plain} NOT BETWEEN 1000 AND 9999")]
        return [(_NO_YEAR, f"{plain} IS NULL OR NOT regexp_matches({plain}::VARCHAR, '{_YEAR}')")]
    if name in DATES:
        if whole:
            return [(_NO_DATE, f"{plain} NOT BETWEEN 1000 AND 9999")]
        if kind.startswith(("DATE", "TIMESTAMP")):
            return []
        shape = _DATE if kind == "VARCHAR" else _YEAR
        return [(_NO_DATE, f"NOT regexp_matches({plain}::VARCHAR, '{shape}')")]
    empty = f"{plain} IS NULL"
    return [(_EMPTY, empty + (f" OR {plain} = ''" if kind == "VARCHAR" else ""))]


_NO_NUMBER = (
    "a cell is no number",
    "numbers such as 12 or 12.5, no larger than a firm can be; empty where missing",
)
_NEGATIVE = ("a number is negative", "zero or more; empty where missing")
_NO_YEAR = ("a year cannot be read", "four digits in every row: 2020")
_NO_DATE = ("a date cannot be read", "a year or a date: 2015, 2015-03-01; empty where unknown")
_EMPTY = ("a key is empty", "a value in every row")


def _refuse_first(
    engine: Any,
    view: str,
    wrong: dict[tuple[str, tuple[str, str]], str],
    path: Path,
    spec: FactsSpec,
) -> None:
    counts = ", ".join(f"count(*) FILTER ({sql})" for sql in wrong.values())
    found = engine.con.execute(f"SELECT {counts} FROM {view}").fetchone()
    for ((name, (rule, needed)), sql), count in zip(wrong.items(), found, strict=True):
        if count:
            row = None if spec.where else first_row(engine.con, view, sql, path)
            raise HansaError(
                rule,
                place=f"{path}{f', row {row}' if row else ''}, "
                f"column {spec.columns.get(name, name)}",
                printed=f"{how_many(count, 'row')}; cells of firms are not shown",
                admissible=needed,
                fix="correct them, or leave such rows out: --where COLUMN!=VALUE",
            )
