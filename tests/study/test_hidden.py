"""Bounds of hidden cells from published totals hold for whatever is hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_table
from hansa.study.hidden import revealed
from small_tables import UNKNOWN, facts, results

SPEC = FactsSpec(**UNKNOWN)


def cells_of(table, time=2020):
    cube = read_table(table, SPEC, "employment")
    return cube, revealed(cube, "bounds").year(time).cells


def test_what_a_total_leaves_over_by_hand():
    """Jobs are whole numbers, and each printed one may be rounded by a half.

    B: the source leaves 30 - 10 = 20 to R1, and 1.5 for three numbers: at most 21. C likewise at
    most 16, and at least 10 (100 - 60 - 21.5 - 7 - 2 = 9.5). At least in B: R1 has 100, of which
    60 in A, at most 16.5 in C, at most 7 outside the three (145 - 140 and 2 for four numbers), and
    2 for its own four: 14.5, so 15.
    """
    table = facts("""
            A     B     C   TOTAL
    R1     60    :c    :c     100
    R2     20    10    15      45
    TOTAL  80    30    30     145
    """)
    cube, cells = cells_of(table)
    place = cube.activity.place, cube.geo.place
    at = {a: (place[0][a], place[1]["R1"]) for a in "ABC"}
    low, high = cells.bounds()
    assert (low[at["A"]], high[at["A"]]) == (60, 60)
    assert (low[at["B"]], high[at["B"]]) == (15, 21)
    assert (low[at["C"]], high[at["C"]]) == (10, 16)
    assert np.isnan(cells.value[at["B"]]), "no value is made"


def test_without_a_total_nothing_is_said():
    _, cells = cells_of(facts("A B\nR1 60 :c\nR2 20 10"))
    assert np.isnan(cells.bounds()[1]).sum() == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_truth_lies_within(seed):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 60, (4, 3))
    whole = np.pad(truth, ((0, 1), (0, 1)))
    whole[-1, :-1], whole[:-1, -1], whole[-1, -1] = truth.sum(0), truth.sum(1), truth.sum()
    hide = random.random(whole.shape) < 0.4
    hide[-1, -1] = False
    regions, activities = ["R1", "R2", "R3", "R4", "TOTAL"], ["A", "B", "C", "TOTAL"]
    lines = ["  ".join(activities)]
    for region, row, gone in zip(regions, whole, hide, strict=True):
        shown = [":c" if h else str(v) for v, h in zip(row, gone, strict=True)]
        lines.append("  ".join([region, *shown]))
    cube, cells = cells_of(facts("\n".join(lines)))
    low, high = cells.bounds()
    for i, region in enumerate(regions):
        for j, activity in enumerate(activities):
            at = cube.activity.place[activity], cube.geo.place[region]
            if not np.isnan(high[at]):
                assert low[at] <= whole[i, j] <= high[at]


def test_results_carry_the_bounds():
    """B holds 0 to 41 of the 100 jobs of R1 (41.5, and jobs are whole); the value stays absent."""
    table = facts("""
            A     B   TOTAL
    R1     60    :c     100
    R2     35    10      45
    """)
    panel = hansa.compute("focus", table, describe=UNKNOWN, min_cell=0, hidden="bounds")
    assert results(panel)["R1", "B", 2020] is None
    assert results(panel, "lower")["R1", "B", 2020] == 0
    assert results(panel, "upper")["R1", "B", 2020] == pytest.approx(0.41)
    assert "hidden cells from published sums" in " ".join(panel.header.steps)
    plain = hansa.compute("focus", table, describe=UNKNOWN, min_cell=0)
    assert "lower" not in plain.table.column_names
