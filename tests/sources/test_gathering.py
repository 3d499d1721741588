"""Batches of rows in any order: every year gets its own, each number as it was."""

from __future__ import annotations

import numpy as np
import pytest

from hansa.law import Quantity, any_flag
from hansa.sources.gathering import Gathering, _Block
from hansa.sources.pieces import Packing, Pieces

REGIONS, ACTIVITIES, YEARS = 30, 20, (2019, 2020, 2022)


def batches(seed, values, flagged, sizes=(700, 1, 399)):
    """Distinct keys in any order, in batches; values and flags by key."""
    random = np.random.default_rng(seed)
    every = random.permutation(REGIONS * ACTIVITIES * len(YEARS))[: sum(sizes)]
    time, cell = np.array(YEARS)[every % 3], every // 3
    value = random.choice(values, len(every))
    flags = np.where(random.random(len(every)) < flagged, any_flag("pu"), np.uint64(0))
    start = 0
    for size in sizes:
        at = slice(start, start := start + size)
        yield time[at], cell[at] // ACTIVITIES, cell[at] % ACTIVITIES, value[at], flags[at]


@pytest.mark.parametrize("rows", [7, 1 << 16])
@pytest.mark.parametrize("flagged", [0.0, 0.02, 0.6])
@pytest.mark.parametrize(
    "values",
    [
        np.arange(65_530.0, 65_540.0),
        np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan, 70_000.0, 0.5]),
        np.array([0.25, -1.0, 1e9]),
        np.array([1 / 3, 2.0]),
    ],
)
def test_every_row_reaches_its_year_unchanged(values, flagged, rows, monkeypatch):
    monkeypatch.setattr(_Block, "ROWS", rows)
    monkeypatch.setattr(_Block, "FIRST", min(rows, 5))
    packing, gathering, expected = Packing(), Gathering(), {year: {} for year in YEARS}
    for time, geo, activity, value, flags in batches(4, values, flagged):
        own = Quantity(value, flags if flags.any() else None)
        keys = geo.astype(np.int16), activity.astype(np.int16)
        gathering.add_batch(time, *keys, packing.pack(own))
        for t, g, a, v, f in zip(time, geo, activity, value, flags, strict=True):
            expected[t][g, a] = v, f
    ranks = tuple(np.arange(n, dtype=np.int16)[::-1].copy() for n in (REGIONS, ACTIVITIES))
    table = Pieces(gathering.pieces(), ranks, packing)
    assert gathering.pieces() == {}
    for year in (*YEARS, *YEARS):
        found = table.rows(year)
        keys = [
            (REGIONS - 1 - g, ACTIVITIES - 1 - a)
            for g, a in zip(found.geo.tolist(), found.activity.tolist(), strict=True)
        ]
        assert sorted(keys, reverse=True) == keys
        assert set(keys) == set(expected[year])
        wanted = np.array([expected[year][key][0] for key in keys])
        assert found.values.value.tobytes() == wanted.tobytes()
        flags = found.values.flags
        got = np.zeros(len(keys), np.uint64) if flags is None else flags
        assert got.tolist() == [int(expected[year][key][1]) for key in keys]


def test_zeros_with_a_sign_keep_it():
    packing, gathering = Packing(), Gathering()
    at = np.arange(8, dtype=np.int16)
    value = np.array([0.0, -0.0] * 4)
    time = np.array([2020, 2021] * 4)
    gathering.add_batch(time, at, at, packing.pack(Quantity(value)))
    table = Pieces(gathering.pieces(), (at, at), packing)
    assert np.signbit(table.rows(2021).values.value).all()
    assert not np.signbit(table.rows(2020).values.value).any()
