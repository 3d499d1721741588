"""What is to be exported: a panel, a file that Hansa wrote, or any table that Hansa reads."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.errors import HansaError, UsageError, listed
from hansa.export.described import described, says_no_measure
from hansa.files import header_path
from hansa.panel import METADATA_KEY, Header, Panel
from hansa.sources.raw import column_names, is_parquet, parquet, raw_table
from hansa.sources.spec import FactsSpec, beside, inside
from hansa.sources.spec_measures import measures_in, measures_of
from hansa.sources.text import TEXT

NUMBERS = ("value", "lower", "upper", "estimated")
"""Columns of a panel that hold numbers, besides years."""


def panel_of(source: Any, measure: str = "", spec: FactsSpec | None = None) -> Panel:
    """The panel to export.

    source   a panel, the path of a table, or a table that speaks the Arrow C stream
    measure  of a facts table: employment, payroll, …; needed where it has several
    spec     how a facts table is to be read; with it a panel's own header is set aside

    Raises HansaError for a broken table, UsageError where the measure is not clear.
    """
    given = FactsSpec() if spec is None else spec
    if isinstance(source, Panel):
        return source
    plain = not measure and not given.model_fields_set
    if hasattr(source, "__arrow_c_stream__"):
        table = pa.table(source)
        found = _in_memory(table) if plain else None
        return found or _facts(table, measure or _only(measures_of(table, given)), given)
    if not isinstance(source, str | Path):
        raise UsageError(
            "there is nothing to export",
            printed=type(source).__name__,
            admissible="a panel, the path of a table, or a data frame",
        )
    path = Path(source)
    found = (_written(path) or _as_it_is(path)) if plain else None
    return found or _facts(path, measure or _only(measures_in(path, given)), given)


def _in_memory(table: pa.Table) -> Panel | None:
    """The panel in a table that carries its header; None where it carries none."""
    said = inside(table.schema, FactsSpec())
    if says_no_measure(said, table.column_names):
        return described(table, said)
    return _with_header(table, "the table")


def _as_it_is(path: Path) -> Panel | None:
    """A table that `hansa fetch` wrote for a data set; None for any other."""
    said = beside(path, FactsSpec())
    if not said.model_fields_set or not says_no_measure(said, column_names(path, said)):
        return None
    table = raw_table(path, FactsSpec())
    return described(table if is_parquet(path) else _typed(table, str(path)), said)


def _facts(source: Any, measure: str, spec: FactsSpec) -> Panel:
    from hansa.api import read

    return read(source, measure, spec)


def _only(names: list[str]) -> str:
    if len(names) > 1:
        raise UsageError(
            "the table holds several measures",
            printed=listed(names),
            admissible="one of them at a time",
            fix=f"--measure {names[0]}",
        )
    return names[0] if names else "employment"


def _written(path: Path) -> Panel | None:
    """The panel that Hansa wrote into a file; None where the file carries no header of one."""
    if is_parquet(path) and path.is_file() and path.stat().st_size:
        with parquet(path) as file:
            meta = file.schema_arrow.metadata
        if METADATA_KEY not in (meta or {}):
            return None
        table = raw_table(path, FactsSpec()).replace_schema_metadata(meta)
        return _with_header(table, str(path))
    header = header_path(path)
    if path.suffix.lower() not in TEXT or not header.is_file():
        return None
    try:
        data = tomllib.loads(header.read_text(encoding="utf-8")).get("panel")
    except (ValueError, RecursionError) as problem:
        raise HansaError(
            "the header beside the table cannot be read",
            place=str(header),
            printed=str(problem),
            admissible="TOML in UTF-8",
            fix="correct the file, or write the table again",
        ) from problem
    if data is None:
        return None
    return _panel(_typed(raw_table(path, FactsSpec()), str(path)), data, str(header))


def has_header(path: Path) -> bool:
    """Whether a file holds the header of a panel itself: Parquet as Hansa writes results."""
    if not is_parquet(path):
        return False
    with parquet(path) as file:
        raw = (file.schema_arrow.metadata or {}).get(METADATA_KEY, b"{}")
    return b'"dims"' in raw


def _with_header(table: pa.Table, place: str) -> Panel | None:
    raw = (table.schema.metadata or {}).get(METADATA_KEY)
    if raw is None:
        return None
    try:
        data = json.loads(raw)
    except ValueError as problem:
        raise _no_header(place, str(problem)) from problem
    if not isinstance(data, dict) or "dims" not in data:
        return None
    return _panel(table, {k: v for k, v in data.items() if k != "format"}, place)


def _panel(table: pa.Table, data: Any, place: str) -> Panel:
    try:
        dims = tuple(data["dims"])
        header = Header.from_dict({k: v for k, v in data.items() if k != "dims"})
    except (KeyError, TypeError, AttributeError) as problem:
        raise _no_header(place, str(problem)) from problem
    return Panel(dims, table, header)


def _no_header(place: str, printed: str) -> HansaError:
    return HansaError(
        "the header of the table cannot be read",
        place=place,
        printed=printed,
        admissible="a header as Hansa writes it: dims, measure, unit, …",
        fix="write the table again, or describe it by options (--columns, --measure)",
    )


def _typed(table: pa.Table, place: str) -> pa.Table:
    """The columns of a CSV that Hansa wrote: numbers and years as numbers, empty cells null."""
    import pyarrow.compute as pc

    for i, name in enumerate(table.column_names):
        column = pc.if_else(pc.equal(table.column(i), ""), None, table.column(i))
        table = table.set_column(i, name, column)
        if name in NUMBERS:
            table = table.set_column(i, name, _numbers(column, f"{place}, column {name}"))
        elif name in ("time", "from"):
            table = table.set_column(i, name, years(column))
    return table


def _numbers(column: pa.ChunkedArray, place: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    try:
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid as problem:
        raise HansaError(
            "a number cannot be read",
            place=place,
            printed=str(problem)[:160],
            admissible="numbers with a point, or empty cells",
        ) from problem


def years(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as whole years where all of them are; the texts themselves otherwise."""
    import pyarrow.compute as pc

    if pc.all(pc.match_substring_regex(column, r"^\d{4}$")).as_py():
        return pc.cast(column, pa.int32())
    return column
