"""Random tables, randomly broken: refused by a `HansaError`, or read as pandas reads them.

Nothing else may happen: no other exception, no value that differs. The small budgets run always,
the large ones only with the tests marked `long`.
"""

from __future__ import annotations

import io
import math
import re
import tempfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hansa

LITTLE = settings(
    derandomize=True,
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MUCH = settings(LITTLE, max_examples=20_000)

NAMES = ["geo", "activity", "time", "employment", "label"]
CELLS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.decimals(0, 10**6, places=2).map(str),
    st.floats(0, 1e12, allow_nan=False).map(repr),
    st.sampled_from(["", ":", "NA", "-", "12 d", "7b", ":c", "1,5", "1 234", "1e3", " 8 ", "x"]),
)
LABELS = st.sampled_from(["", "Kiel", "Wood, paper", 'the "north"', "Malmö", "two\nlines", " "])
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.sampled_from("xyz"), st.integers(2015, 2018), CELLS, LABELS
    ),
    min_size=1,
    max_size=6,
)
SIGNS = st.sampled_from(
    [
        b"",
        b",",
        b'"',
        b"\n",
        b"\r",
        b"\r\n",
        b";",
        b"\x00",
        b"\xff",
        b"9",
        b"\xef\xbb\xbf",
        b"e",
        b"-",
    ]
)
CHANGES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), SIGNS), max_size=3)


def csv_bytes(rows):
    frame = pd.DataFrame(rows, columns=NAMES)
    return frame.to_csv(index=False, lineterminator="\n").encode()


def broken(data, changes):
    """Some bytes removed, others put in their place."""
    for at, length, sign in changes:
        at %= len(data) + 1
        data = data[:at] + sign + data[at + length :]
    return data


def number(cell):
    """What a cell means: a number, None where it is missing; ValueError for anything else."""
    cell = cell.strip()
    if cell in ("", ":", "..", "…", "-", "n/a", "NA", "NaN", "null"):
        return None
    flagged = re.fullmatch(r"(.*?)\s*[:|]?\s*([A-Za-z]{0,3})", cell)
    text = cell if re.fullmatch(r"[-+.\deE]+", cell) and cell[-1].isdigit() else flagged[1]
    if not text:
        return None
    value = float(Decimal(text))
    if value < 0 or not math.isfinite(value):
        raise ValueError(cell)
    return value


def by_pandas(data):
    """The table as pandas reads it: (geo, activity, time, value)."""
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8")
    return [
        (r.geo.strip(), r.activity.strip(), int(r.time), number(r.employment))
        for r in frame.itertuples()
    ]


def outcome(path):
    """What Hansa makes of the file: the finding that refuses it, or its rows."""
    try:
        panel = hansa.read(path)
    except hansa.HansaError as problem:
        return problem.finding, None
    return None, [(r["geo"], r["activity"], r["time"], r["value"]) for r in panel.rows()]


def by_hansa(path):
    """The rows of the file, or None where it is refused by a complete message."""
    finding, rows = outcome(path)
    if finding:
        assert all((finding.rule, finding.place, finding.printed, finding.admissible, finding.fix))
    return rows


def key(row):
    return (*row[:3], -1.0 if row[3] is None else row[3])


def same(found, wanted):
    return sorted(found, key=key) == sorted(wanted, key=key)


def one_csv(rows, changes):
    data = broken(csv_bytes(rows), changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(data)
        found = by_hansa(path)
    if found is not None:
        assert same(found, by_pandas(data)), data


def one_parquet(rows, changes, checksum):
    table = pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, write_page_checksum=checksum, compression="zstd")
    data = broken(buffer.getvalue(), changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        path.write_bytes(data)
        found = by_hansa(path)
    if found is not None and (checksum or not changes):
        assert same(found, [(*r[:3], number(r[3])) for r in rows])


def one_sheet(rows, changes):
    book = openpyxl.Workbook()
    book.active.append(NAMES)
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    data = broken(buffer.getvalue(), changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.xlsx"
        path.write_bytes(data)
        found = by_hansa(path)
    if found is not None:
        assert same(found, [(*r[:3], number(r[3])) for r in rows])


FAR = st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 3), SIGNS), max_size=2)


@LITTLE
@given(ROWS, CHANGES)
def test_csv(rows, changes):
    one_csv(rows, changes)


@LITTLE
@given(ROWS, FAR, st.booleans())
def test_parquet(rows, changes, checksum):
    one_parquet(rows, changes, checksum)


@LITTLE
@given(ROWS, FAR)
def test_sheet(rows, changes):
    one_sheet(rows, changes)


@pytest.mark.long
@MUCH
@given(ROWS, CHANGES)
def test_csv_long(rows, changes):
    one_csv(rows, changes)


@pytest.mark.long
@MUCH
@given(ROWS, FAR, st.booleans())
def test_parquet_long(rows, changes, checksum):
    one_parquet(rows, changes, checksum)


@pytest.mark.long
@MUCH
@given(ROWS, FAR)
def test_sheet_long(rows, changes):
    one_sheet(rows, changes)
