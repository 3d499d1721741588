"""Listed cells are computed a stretch at a time; where the stretches end never shows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

import hansa
import hansa.cube
from hansa.law import MEANING, Quantity, any_flag, flags_from_text, flags_to_text
from hansa.study.columns import Block, Results, status_column
from small_tables import UNKNOWN, facts, results

LETTERS = [name for name in MEANING if len(name) == 1]
MANY = [any_flag(names) for names in combinations(LETTERS, 3)]
"""More sets of flags than one byte can number."""


def in_stretches(flags: list[np.ndarray | None]) -> pa.Table:
    """One year of listed cells of one region, a stretch for each array of flags."""
    sizes = [5 if own is None else len(own) for own in flags]
    size = sum(sizes)
    results = Results(("R1",), tuple(f"A{i}" for i in range(size)), "activity", size)
    stretches = results.stretches(size)
    for number, own in zip(sizes, flags, strict=True):
        stretches.add(Quantity(np.arange(number, dtype=float), own))
    values, status = stretches.joined()
    geo, unit = np.zeros(size, np.int16), np.arange(size, dtype=np.int16)
    results.add(Block(2020, None, geo, unit, values, status))
    return results.table()


@pytest.mark.parametrize(
    "flags",
    [
        [None, None],
        [None, np.array([0, 4, 4], np.uint64)],
        [np.array([4, 1], np.uint64), None, np.array([1, 1, 2], np.uint32)],
        [np.zeros(3, np.uint32), np.full(4, 5, np.uint64)],
        [np.array(MANY[200:], np.uint64), np.array(MANY[:200], np.uint64)],
        [np.array([9, 2], np.uint64), np.array([1, 9, *MANY, 2], np.uint64), None],
    ],
)
def test_statuses_of_stretches_are_those_of_their_cells(flags):
    table = in_stretches(flags)
    expected = [
        flags_to_text(int(bits)) for own in flags for bits in (np.zeros(5) if own is None else own)
    ]
    assert table["status"].to_pylist() == expected
    assert table["value"].to_pylist() == [
        float(i) for own in flags for i in range(5 if own is None else len(own))
    ]
    # Sets that do not occur are not in the dictionary, and those that do are in order.
    words = table["status"].chunk(0).dictionary.to_pylist()
    assert words == sorted(set(expected), key=flags_from_text)


def test_statuses_in_one_piece_are_those_of_their_cells():
    flags = np.array([*MANY, *MANY[:5], 0, 1 << 32], np.uint64)
    column = status_column(flags, len(flags))
    assert column.to_pylist() == [flags_to_text(int(bits)) for bits in flags]


@pytest.mark.parametrize("measure", ["location_quotient_total", "growth_rate", "focus"])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_where_stretches_end_does_not_show(measure, length, monkeypatch):
    jobs = facts(
        {
            2019: "A B C D\nR1 30 . 70p 5\nR2 20 10u : 8\nR3 1 2 3b 4",
            2020: "A B C D\nR1 31 4 0 6e\nR2 . 10 :c 9\nR3 . 2 3 4r",
        }
    )
    options = {"describe": UNKNOWN, "rows": "listed", "min_cell": 3}
    whole = hansa.compute(measure, jobs, **options)
    monkeypatch.setattr(hansa.cube, "STRETCH", length)
    parts = hansa.compute(measure, jobs, **options)
    assert results(parts) == results(whole)
    assert results(parts, "status") == results(whole, "status")
