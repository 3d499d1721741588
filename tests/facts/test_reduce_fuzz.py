"""Random rows, randomly broken: refused by a `HansaError`, or summed as by hand.

The rows are read by Python's own reader and added up as fractions.
"""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hansa

LITTLE = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MUCH = settings(LITTLE, max_examples=3_000)

CELLS = st.one_of(
    st.integers(-9, 10**17).map(str),
    st.decimals(0, 10**6, places=2).map(str),
    st.sampled_from(["", ":", "NA", "1e3", " 8 ", "7", "7", "7"]),
)
ROWS = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from("xy"), st.just(2015), CELLS),
    min_size=1,
    max_size=8,
)
SIGNS = st.sampled_from([b"", b",", b'"', b"\n", b"\r", b"\x00", b"\xff", b"9", b"x", b"-"])
CHANGES = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2), SIGNS), max_size=2)
NAMES = ["geo", "activity", "time", "employment"]


def by_hand(data):
    """Sums by (geo, activity, time); None where a value of the group is missing."""
    head, *rows = (row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row)
    found = {}
    for row in rows:
        # Separators at the end of a row that have nothing behind them add nothing.
        assert len(row) >= len(head)
        assert not any(row[len(head) :])
        r = dict(zip(head, row, strict=False))
        key, cell = (r["geo"], r["activity"], r["time"]), r["employment"].strip()
        missing = cell in ("", ":", "NA", "-")
        value = None if missing else Fraction(Decimal(cell))
        if value is None or found.get(key, 0) is None:
            found[key] = None
        else:
            found[key] = found.get(key, 0) + value
    return found


def by_hansa(path):
    """Sums by (geo, activity, time), or None where the file is refused."""
    try:
        rows = hansa.reduce(path).to_pylist()
    except hansa.HansaError:
        return None
    return {
        (r["geo"], r["activity"], r["time"]): None
        if r["employment"] is None
        else Fraction(r["employment"])
        for r in rows
    }


def one(rows, changes):
    data = pd.DataFrame(rows, columns=NAMES).to_csv(index=False, lineterminator="\n").encode()
    for at, length, sign in changes:
        at %= len(data) + 1
        data = data[:at] + sign + data[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(data)
        found = by_hansa(path)
    if found is not None:
        assert found == by_hand(data), data


@LITTLE
@given(ROWS, CHANGES)
def test_random_rows(rows, changes):
    one(rows, changes)


@pytest.mark.long
@MUCH
@given(ROWS, CHANGES)
def test_random_rows_long(rows, changes):
    one(rows, changes)
