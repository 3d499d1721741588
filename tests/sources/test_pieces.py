"""Rows come in pieces and in any order; a year has them in the order of its axes."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansa.law import Quantity, any_flag
from hansa.sources.pieces import Packing, Piece, Pieces, by_year, known

SETS = [0, int(any_flag("p")), int(any_flag("bc")), int(any_flag(("interval", "u")))]
ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.floats(0, 1e9), st.sampled_from(SETS)),
    min_size=1,
    max_size=40,
)


def pieces(rows, cuts, ranks, packing):
    ends = sorted({0, len(rows), *(cut % len(rows) for cut in cuts)})
    found = []
    for start, end in pairwise(ends):
        geo, activity, value, flags = zip(*rows[start:end], strict=True)
        own = packing.pack(Quantity(np.array(value), np.array(flags, np.uint64)))
        found.append(
            Piece(np.array(geo, np.int16), np.array(activity, np.int16), lambda own=own: own)
        )
    return Pieces({2020: found}, ranks, packing)


@given(ROWS, st.lists(st.integers(0, 40), max_size=4), st.integers(0, 2**32))
def test_rows_are_in_order_whatever_the_pieces(rows, cuts, seed):
    """Also where a key stands twice: the cube refuses it, so both rows have to arrive."""
    # With many codes few cells have a row, and these are sorted; else they are laid out.
    for regions in (7, 1000):
        random = np.random.default_rng(seed)
        ranks = tuple(random.permutation(size).astype(np.int16) for size in (regions, 5))
        table = pieces(rows, cuts, ranks, Packing())
        expected = sorted(
            ((int(ranks[0][g]), int(ranks[1][a]), v, f) for g, a, v, f in rows),
            key=lambda row: row[:2],
        )
        for _ in range(2):
            found = table.rows(2020)
            got = zip(
                found.geo.tolist(),
                found.activity.tolist(),
                found.values.value.tolist(),
                found.values.flags.tolist(),
                strict=True,
            )
            assert list(got) == expected
            assert found.geo.dtype == found.activity.dtype == np.int16


def test_more_positions_than_two_bytes_hold():
    ranks = np.arange(40_000, dtype=np.int32)[::-1].copy(), np.arange(2, dtype=np.int16)
    rows = [(i, a, float(i), 0) for i in (39_999, 0, 7) for a in (1, 0)]
    geo = np.array([r[0] for r in rows], np.int32)
    own = Quantity(np.array([r[2] for r in rows]))
    piece = Piece(geo, np.array([r[1] for r in rows], np.int16), lambda: own)
    found = Pieces({2020: [piece]}, ranks, Packing()).rows(2020)
    assert found.geo.tolist() == [0, 0, 39_992, 39_992, 39_999, 39_999]
    assert found.activity.tolist() == [0, 1, 0, 1, 0, 1]
    assert found.values.value.tolist() == [39_999.0, 39_999.0, 7.0, 7.0, 0.0, 0.0]
    assert found.geo.dtype == np.int32


def test_values_that_cannot_be_read_are_refused_each_time():
    def broken() -> Quantity:
        raise ValueError("damaged")

    keys = np.array([1, 0], np.int16)
    ranks = np.arange(2, dtype=np.int16), np.arange(2, dtype=np.int16)
    table = Pieces({2020: [Piece(keys, keys, broken)]}, ranks, Packing())
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged"):
            table.rows(2020)


def test_years_in_memory_are_put_in_order_together_and_no_other_is_read():
    packing, read = Packing(), []
    geo, activity = np.array([1, 0], np.int16), np.array([0, 1], np.int16)

    def own(number):
        return packing.pack(Quantity(np.array([number, 2.0])))

    def later():
        read.append(2022)
        return own(9.0)

    held = {year: [Piece(geo, activity, partial(known, own(float(year))))] for year in (2020, 2021)}
    ranks = np.arange(2, dtype=np.int16), np.arange(2, dtype=np.int16)
    table = Pieces(held | {2022: [Piece(geo, activity, later)]}, ranks, packing)
    assert table.rows(2020).values.value.tolist() == [2.0, 2020.0]
    assert read == []
    assert table.rows(2021).values.value.tolist() == [2.0, 2021.0]
    assert table.rows(2021).geo.tolist() == [0, 1]
    assert table.rows(2022).values.value.tolist() == [2.0, 9.0]
    assert read == [2022]


@pytest.mark.parametrize("last", [2000, 2200, 9000])
def test_years_apart_by_any_span(last):
    time = np.array([last, 1999, last, 1999, 2000], np.int64)
    found = {year: rows.tolist() for year, rows in by_year(time)}
    assert found == (
        {1999: [1, 3], 2000: [0, 2, 4]} if last == 2000 else {1999: [1, 3], 2000: [4], last: [0, 2]}
    )
    assert list(by_year(np.array([2001, 2001]))) == [(2001, None)]
