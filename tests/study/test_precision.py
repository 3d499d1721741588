"""Values stored in single precision: seven digits, and said so."""

from __future__ import annotations

import pyarrow as pa
import pytest

import hansa
from small_tables import UNKNOWN, facts, results

JOBS = facts("A B C\nR1 30 70 1\nR2 20 180 2\nR3 7 11 13")


def test_single_precision_keeps_seven_digits_and_says_so():
    double = hansa.compute("location_quotient_total", JOBS, describe=UNKNOWN, min_cell=0)
    single = hansa.compute(
        "location_quotient_total", JOBS, describe=UNKNOWN, min_cell=0, precision="single"
    )
    assert single.table["value"].type == pa.float32()
    assert double.table["value"].type == pa.float64()
    exact = results(double)
    for key, value in results(single).items():
        assert value == pytest.approx(exact[key], rel=2**-24)
    assert "single precision" in " ".join(single.header.steps)
    assert "single precision" not in " ".join(double.header.steps)


def test_bounds_stay_double():
    panel = hansa.compute(
        "focus",
        facts("A B TOTAL\nR1 60 :c 100\nR2 35 10 45"),
        describe=UNKNOWN,
        min_cell=0,
        precision="single",
        hidden="bounds",
    )
    assert panel.table["lower"].type == pa.float64()


def test_other_precisions_are_refused():
    with pytest.raises(hansa.HansaError, match="unknown precision 'half'"):
        hansa.compute("focus", JOBS, describe=UNKNOWN, precision="half")
