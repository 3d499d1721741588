"""Bounds: whatever the true table inside the bounds of the facts is, its result lies inside.

Tolerance: 1e-12 relative, since the true result and the bound are rounded on different ways.
"""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from small_tables import UNKNOWN, results

few = settings(derandomize=True, max_examples=25, deadline=None)

MEASURES = {
    1: ("employment", "cluster_share", "focus", "location_quotient_total"),
    2: (
        "employment_change",
        "growth_rate",
        "growth_annual",
        "growth_symmetric",
        "growth_contribution",
    ),
}


@st.composite
def bounded(draw):
    """Rows (geo, activity, time, printed, lower, upper) with a true value inside each."""
    rows, true = [], {}
    exact = draw(st.booleans())
    for t in (2019, 2020):
        for r in ("R1", "R2", "R3")[: draw(st.integers(2, 3)) if t == 2019 else 3]:
            for a in ("A", "B"):
                lower = draw(st.integers(0, 60))
                width = 0 if exact and a == "A" else draw(st.integers(0, 40))
                inside = st.integers(lower, lower + width)
                printed, true[r, a, t] = draw(inside), draw(inside)
                hidden = draw(st.integers(0, 5)) == 0
                rows.append((r, a, t, None if hidden else printed, lower, lower + width))
    return rows, true


def frame(rows):
    names = ["geo", "activity", "time", "employment", "employment_lower", "employment_upper"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:], float))


def check(measure: str, rows, true) -> None:
    within = hansa.compute(measure, frame(rows), describe=UNKNOWN)
    exactly = [(r, a, t, true[r, a, t], None, None) for r, a, t, *_ in rows]
    truth = results(hansa.compute(measure, frame(exactly), describe=UNKNOWN))
    lower, upper = results(within, "lower"), results(within, "upper")
    printed = results(within)
    for key, value in truth.items():
        low, high = lower[key], upper[key]
        if value is None or low is None or high is None:
            continue
        slack = 1e-12 * max(1.0, abs(value))
        assert low - slack <= value <= high + slack, (measure, key, low, value, high)
        if printed[key] is not None:
            assert low - slack <= printed[key] <= high + slack, (measure, key)


@few
@given(bounded())
def test_the_truth_lies_inside_the_bounds_of_every_measure(drawn):
    rows, true = drawn
    for measure in (*MEASURES[1], *MEASURES[2]):
        check(measure, rows, true)


def test_bounds_by_hand():
    """R1: A is 30, between 28 and 32; B is exactly 70. Focus: 28/98 to 32/102, as the
    region has the same 70 beside A whatever A is."""
    rows = [("R1", "A", 2020, 30, 28, 32), ("R1", "B", 2020, 70, 70, 70)]
    panel = hansa.compute("focus", frame(rows), describe=UNKNOWN)
    assert results(panel)["R1", "A", 2020] == 0.3
    assert results(panel, "lower")["R1", "A", 2020] == pytest.approx(28 / 98, rel=1e-12)
    assert results(panel, "upper")["R1", "A", 2020] == pytest.approx(32 / 102, rel=1e-12)


def test_a_hidden_cell_with_bounds_keeps_its_bounds_and_gets_no_value():
    rows = [("R1", "A", 2020, None, 28, 32), ("R1", "B", 2020, 70, 70, 70)]
    panel = hansa.compute("employment", frame(rows), describe=UNKNOWN)
    assert results(panel)["R1", "A", 2020] is None
    assert results(panel, "lower")["R1", "A", 2020] == 28
    assert results(panel, "upper")["R1", "A", 2020] == 32
    focus = hansa.compute("focus", frame(rows), describe=UNKNOWN)
    assert results(focus)["R1", "B", 2020] is None
    assert results(focus, "lower")["R1", "B", 2020] == pytest.approx(70 / 102, rel=1e-12)


def test_rounding_by_the_publisher_becomes_bounds():
    """Rounded to 5 below 50 and to 25 from there on: 30 is 27.5 to 32.5, 100 is 87.5 to 112.5."""
    rows = [("R1", "A", 2020, 30, None, None), ("R1", "B", 2020, 100, None, None)]
    plain = frame(rows)[["geo", "activity", "time", "employment"]]
    described = {**UNKNOWN, "rounding": ((0, 5), (50, 25))}
    panel = hansa.compute("employment", plain, describe=described)
    assert results(panel, "lower") == {("R1", "A", 2020): 27.5, ("R1", "B", 2020): 87.5}
    assert results(panel, "upper") == {("R1", "A", 2020): 32.5, ("R1", "B", 2020): 112.5}
