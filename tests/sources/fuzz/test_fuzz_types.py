"""Parquet by row groups, Parquet in batches, tables in memory: every type, whole and damaged."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fuzz_cases import BYTES, NUMBERS, Choice, damaged, folder, fuzzed, outcome
from fuzz_tables import MEASURES, facts, meaning, read, same
from fuzz_types import STRANGE, estranged, listed_rows, typed
from hypothesis import strategies as st

SOMETIMES = st.one_of(st.just([]), STRANGE)
RARELY = st.one_of(st.just([]), st.just([]), BYTES)


def agreed(own, table, reading, damage, *places):
    """What is read is the known answer, or what a second reader finds in the damaged table."""
    found, refused = outcome(reading, *places)
    if not damage:
        assert refused is None, refused
        same(found, own.answer)
    if refused is None:
        try:
            names = list(table.column_names)
            answer = meaning(names, listed_rows(table), adapted(own, names))
        except ValueError as doubt:
            raise AssertionError(f"read, though doubtful: {doubt}; {table}") from doubt
        same(found, answer)


def adapted(own, names):
    """The plan for columns that came or went by damage."""
    plan = own.plan
    status = f"{own.measure}_status"
    found = status if status in names else ""
    if not found and len(set(names) & set(MEASURES)) < 2 and "status" in names:
        found = "status"
    parts = {"lower": f"{own.measure}_lower", "upper": f"{own.measure}_upper"}
    return replace(plan, status=found, **{k: v if v in names else "" for k, v in parts.items()})


def in_groups(table, style, one_year):
    """The table as Parquet: a year a row group and streamed, or in shuffled groups."""
    choice = Choice(style)
    compression = choice.of(("zstd", "snappy", "none"))
    size = choice.of((1, 2, 100))
    dictionary = choice.of((True, False))
    buffer = io.BytesIO()
    options = {"compression": compression, "use_dictionary": dictionary}
    with pq.ParquetWriter(buffer, table.schema, write_page_checksum=True, **options) as file:
        if not one_year:
            order = sorted(range(table.num_rows), key=lambda i: (i * 5 + size) % 7)
            file.write_table(table.take(order), row_group_size=size)
        else:
            years = [str(year) for year in table["time"].to_pylist()]
            for year in dict.fromkeys(years):
                rows = [i for i, y in enumerate(years) if y == year]
                file.write_table(table.take(rows), row_group_size=size)
    return buffer.getvalue()


def storable(table):
    """The table in types that Parquet keeps."""
    for i, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.string()))
    return table


CASES = st.tuples(facts(), NUMBERS, SOMETIMES, RARELY)


def one_file(case, one_year):
    known, style, strange, damage = case
    own = typed(known)
    table = storable(own.table)
    if one_year:
        describe = {k: v for k, v in own.describe.items() if k != "where"}
        own = replace(own, describe=describe, plan=replace(own.plan, where=()))
        years = pa.array(own.table["time"].cast(pa.string()).to_pylist()).cast(pa.float64())
        table = table.set_column(table.column_names.index("time"), "time", years.cast(pa.int32()))
    table = estranged(table, strange, runs=False)
    try:
        whole = one_year and "time" in table.column_names
        data = in_groups(table, style, whole)
    except (pa.ArrowException, OverflowError, KeyError):
        return
    data = damaged(data, damage)
    with folder() as place:
        path = place / "t.parquet"
        path.write_bytes(data)
        table = plainly(path, table) if damage else table
        agreed(
            own,
            table,
            lambda: read(path, own.measure, own.describe),
            strange or damage,
            str(path),
            "geo ",
            path.name,
        )


def plainly(path, table):
    """What Arrow alone finds in a damaged file: names in its footer carry no checksum.

    The table as it was, where Arrow finds nothing: then nothing may be read.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        names = [n for n in file.schema_arrow.names if n != "more"]
        return file.read(columns=names, use_threads=False)
    except (pa.ArrowException, OSError, ValueError):
        return table


@fuzzed(CASES, few=60)
def test_fuzz_parquet_streamed(case):
    one_file(case, one_year=True)


@fuzzed(CASES, few=60)
def test_fuzz_parquet_in_batches(case):
    one_file(case, one_year=False)


def frame(table, style):
    """The table as it is, or as a frame of pandas or polars, and what is then in it."""
    way = Choice(style).of(("arrow", "stream", "pandas", "pandas numpy", "polars"))
    if way == "stream":
        return table.to_reader(), table
    try:
        if way == "pandas":
            found = table.to_pandas(types_mapper=pd.ArrowDtype)
            return found, table
        if way == "pandas numpy":
            found = table.to_pandas()
            return found, None
        if way == "polars":
            found = pl.from_arrow(table)
            found.to_arrow()
            return found, None
    except BaseException:  # polars panics where it cannot hold a type
        return table, table
    return table, table


@fuzzed(st.tuples(facts(), NUMBERS, SOMETIMES), few=80)
def test_fuzz_tables_in_memory(case):
    known, style, strange = case
    own = typed(known)
    table = estranged(own.table, strange)
    given, seen = frame(table, style)
    if seen is None and strange:
        outcome(lambda: read(given, own.measure, own.describe), "table", "geo ")
        return
    agreed(own, table, lambda: read(given, own.measure, own.describe), strange, "table", "geo ")
