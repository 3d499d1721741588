"""CSV files, in every dialect and every layout, whole and damaged."""

from __future__ import annotations

import csv

from fuzz_cases import BYTES, NUMBERS, damaged, folder, fuzzed, outcome
from fuzz_grids import (
    SPOILS,
    adapted,
    csv_bytes,
    from_csv,
    layout,
    long_grid,
    sdmx_grid,
    spoiled,
    wide_grid,
)
from fuzz_tables import facts, meaning, read, same
from hypothesis import strategies as st

CASES = st.tuples(
    facts(), NUMBERS, st.one_of(st.just([]), SPOILS), st.one_of(st.just([]), st.just([]), BYTES)
)


def one(lay, case):
    """The panel of a file is the known answer; of a damaged file, what a second reader finds."""
    known, style, spoils, damage = case
    grid = lay(known)
    header, rows = spoiled(grid.header, grid.rows, spoils, ragged=True)
    written = layout(style, header, rows)
    data = damaged(csv_bytes(header, rows, written), damage)
    with folder() as place:
        path = place / f"t{written.suffix}"
        path.write_bytes(data)
        describe = grid.describe | written.describe()
        found, refused = outcome(
            lambda: read(path, grid.measure, describe), str(path), "geo ", path.name
        )
    if not spoils and not damage:
        assert refused is None, refused
        same(found, grid.answer)
    if refused is None:
        try:
            header, rows = from_csv(data, written)
            # Blanks around names of columns do not count.
            header = [name.strip() for name in header]
            answer = meaning(header, rows, adapted(grid, header))
        except (ValueError, csv.Error) as doubt:
            raise AssertionError(f"read, though doubtful: {doubt}; {data!r}") from doubt
        same(found, answer)


@fuzzed(CASES, few=60)
def test_fuzz_csv_one_row_a_key(case):
    one(long_grid, case)


@fuzzed(CASES, few=60)
def test_fuzz_csv_one_column_a_year(case):
    one(wide_grid, case)


@fuzzed(CASES, few=60)
def test_fuzz_csv_one_row_a_measure(case):
    one(sdmx_grid, case)
