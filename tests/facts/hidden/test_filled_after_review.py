"""Tables that a review broke: each is the smallest one that showed the fault."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_by_hand import LOCAL, table

import hansa
from hansa.errors import HansaError, UsageError
from tables import REASON, UK


def filled(data: pd.DataFrame, describe: dict = LOCAL, **options: object) -> pd.DataFrame:
    found = hansa.fill(data, describe=describe, reason=REASON, **options)
    return found.table.to_pandas().set_index(["activity", "geo"])


def test_draws_of_a_table_without_hidden_cells_are_none() -> None:
    found = hansa.fill(table("UKC UKC1 UKC2\n01 50 20 30"), describe=UK, draws=2)
    assert found.draws is None or found.draws.num_rows == 0


@pytest.mark.parametrize("big", [1e6, 1e9, 1e11])
def test_small_sums_hold_beside_large_ones(big: float) -> None:
    """A point that does not get there is not given."""
    north, south = round(0.9 * big) + 12, round(0.1 * big) + 25
    data = table(
        f"TOTAL N S\nTOTAL {north + south} {north} {south}\nA 30 - -\nC 7 - -\nB {round(big)} - -"
    )
    rows = filled(data, tolerance="exact")
    for activity, total in (("A", 30), ("C", 7)):
        parts = rows.loc[activity].loc[["N", "S"]].employment
        assert parts.isna().all() if big > 1e9 else parts.notna().all()
        assert parts.isna().all() or parts.sum() == pytest.approx(total, rel=1e-6)


def test_decimals_that_add_up_hold_exactly() -> None:
    """0.1 + 0.2 is not 0.3 to the last bit, and is no rounding either."""
    rng = np.random.default_rng(1)
    inner = rng.integers(100, 9000, (25, 25))
    full = np.block([[inner.sum(), inner.sum(axis=0)], [inner.sum(axis=1)[:, None], inner]]) / 1000
    full[1, 1] = full[1, 2] = full[2, 1] = full[2, 2] = np.nan
    names = ["TOTAL", *(f"X{i:02d}" for i in range(25))]
    data = pd.DataFrame(full, names, names).stack(future_stack=True).rename("employment")
    data = data.rename_axis(["activity", "geo"]).reset_index().assign(time=2015)
    found = hansa.fill(data, describe=LOCAL, reason=REASON)
    assert any("sums hold exactly" in line for line in found.lines)


def test_the_last_printed_digit_is_the_unit_of_a_table_with_decimals() -> None:
    """Each of three numbers may be off by 0.05: the whole of 0.9 is at most 1.05."""
    rows = filled(table("UKC UKC1 UKC2\n01 0.5 0.2 0.3\n02 0.9 - -\n03 0.4 - 0.1"), UK)
    assert rows.loc[("02", "UKC1")].employment_upper == pytest.approx(1.05)
    assert rows.loc[("03", "UKC1")].employment_lower == pytest.approx(0.15)
    assert rows.loc[("03", "UKC1")].employment_upper == pytest.approx(0.45)


def test_a_point_lies_inside_its_size_class_and_draws_fill_it() -> None:
    data = table(
        "TOTAL N S\nTOTAL 1000 500 500\nA 60 - -\nB 940 - -",
        employment_lower={("A", "N"): 0, ("A", "S"): 20, ("B", "N"): 250, ("B", "S"): 250},
        employment_upper={("A", "N"): 19, ("A", "S"): 99, ("B", "N"): 499, ("B", "S"): 499},
    )
    found = hansa.fill(data, describe=LOCAL, reason=REASON, tolerance="exact", draws=40)
    value = found.table.to_pandas().set_index(["activity", "geo"]).employment["A", "N"]
    assert 3 < value < 18
    drawn = found.draws.to_pandas().set_index(["activity", "geo"]).value["A", "N"]
    assert drawn.between(1, 19).all()
    assert drawn.std() > 2
    assert ((drawn > 1.01) & (drawn < 18.99)).mean() > 0.7


def test_units_above_a_stated_bound_are_refused() -> None:
    data = pd.DataFrame(
        [("UKF1", 60, 10, 60, 60), ("UKF2", np.nan, 15, 0, 9)],
        columns=["geo", "employment", "establishments", "employment_lower", "employment_upper"],
    ).assign(time=2015, activity="01")
    with pytest.raises(HansaError, match="a hidden cell has a bound below") as error:
        hansa.fill(data, describe=UK, per_unit=1)
    assert "at most 9 jobs, at least 15 by units" in str(error.value)


def test_decimal_bounds_in_a_table_of_counts_stand() -> None:
    rows = filled(
        table(
            "UKC1 UKC2\n01 10 -",
            employment_lower={("01", "UKC2"): 0.2},
            employment_upper={("01", "UKC2"): 0.7},
        ),
        UK,
    )
    row = rows.loc[("01", "UKC2")]
    assert (row.employment_lower, row.employment_upper) == (0.2, 0.7)
    assert 0.2 <= row.employment <= 0.7


def test_very_small_numbers_keep_their_proportions() -> None:
    before = table("UKC UKC1 UKC2\n01 .0003 .0002 .0001").assign(time=2014)
    data = pd.concat([before, table("UKC UKC1 UKC2\n01 .0003 - -")])
    found = hansa.fill(data, describe=UK, reason=REASON, prior="years", tolerance="exact")
    rows = found.table.to_pandas().set_index(["time", "geo"]).employment
    assert rows[2015, "UKC1"] == pytest.approx(0.0002, rel=1e-3)


@pytest.mark.parametrize("options", [{"draws": 2.5}, {"seed": 1.5}])
def test_parts_of_a_draw_are_refused(options: dict) -> None:
    with pytest.raises(UsageError, match="is no number from zero on"):
        hansa.fill(table("UKC UKC1 UKC2\n01 50 - -"), describe=UK, **options)


def test_draws_of_a_cell_that_only_has_bounds_fill_them() -> None:
    data = table(
        "UKC1 UKC2\n01 10 -\n02 20 -",
        employment_lower={("01", "UKC2"): 0, ("02", "UKC2"): 20},
        employment_upper={("01", "UKC2"): 1000, ("02", "UKC2"): 99},
    )
    found = hansa.fill(data, describe=UK, reason=REASON, draws=60)
    drawn = found.draws.to_pandas().set_index("activity").value
    assert drawn["01"].between(0, 1000).all()
    assert drawn["02"].between(20, 99).all()
    assert drawn["02"].std() > 10


def test_draws_vary_where_nothing_says_how_large_a_cell_is() -> None:
    found = hansa.fill(
        table("UKC UKC1 UKC2\n01 100 - -"), describe=UK, reason=REASON, tolerance="exact", draws=40
    )
    drawn = found.draws.to_pandas().set_index("geo").value["UKC1"]
    assert drawn.std() > 20
    rows = found.table.to_pandas().set_index("geo").employment
    assert rows["UKC1"] == pytest.approx(50)


def test_a_prior_that_says_nothing_does_not_use_up_the_rounding() -> None:
    rows = filled(table("UKC UKC1 UKC2\n01 100 - -\n02 1000 - -"), UK, tolerance="rounded")
    for activity, total in (("01", 100), ("02", 1000)):
        parts = rows.loc[activity].loc[["UKC1", "UKC2"]].employment
        assert parts.sum() == pytest.approx(total, abs=0.1)
    beside = filled(table("UKC UKC1 UKC2\n01 50 z -"), UK, tolerance="rounded")
    assert beside.loc[("01", "UKC2")].employment == pytest.approx(50, abs=1)
