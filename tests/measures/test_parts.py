"""A share of a total that holds the part: bounds against every corner there is.

A quotient of two sums takes its least and its greatest value where every cell is at one of its
ends, so trying all corners is exact. Tolerance: 1e-12 relative, a few operations; the corners have
to lie inside the bounds up to their own rounding, 1e-15.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hansa
from hansa.law import Quantity, ratio
from hansa.measures.parts import as_part
from small_tables import UNKNOWN, facts, groups, results

ENDS = [(10, 20), (80, 90), (0, 5), (200, 200)]


def bounded(ends: list[tuple[float, float]]) -> pd.DataFrame:
    """Two regions, the first with bounds, the second twice as large and known."""
    rows = [("R1", "ABCD"[i], 2020, sum(e) / 2, *map(float, e)) for i, e in enumerate(ends)]
    rows += [("R2", "ABCD"[i], 2020, 100.0, 100.0, 100.0) for i in range(len(ends))]
    names = ["geo", "activity", "time", "employment", "employment_lower", "employment_upper"]
    return pd.DataFrame(rows, columns=names)


def interval(panel, key) -> tuple[float, float]:
    return results(panel, "lower")[key], results(panel, "upper")[key]


def test_share_of_the_region_by_hand() -> None:
    """A is 10 to 20 beside 280 to 295: 10/305 and 20/300, not 10/315 and 20/290."""
    members = groups({"a": {"A": 1}, "half": {"A": 0.5}})
    panel = hansa.compute("focus", bounded(ENDS), members, describe=UNKNOWN)
    assert interval(panel, ("R1", "a", 2020)) == pytest.approx((10 / 305, 20 / 300), rel=1e-12)
    # Half of A is 5 to 10, beside at least 5 of A's other half and 280, at most 10 and 295.
    assert interval(panel, ("R1", "half", 2020)) == pytest.approx((5 / 310, 10 / 295), rel=1e-12)
    quotient = hansa.compute("location_quotient_total", bounded(ENDS), members, describe=UNKNOWN)
    low, high = interval(quotient, ("R1", "a", 2020))
    unit, every = (110, 120), (690, 715)
    assert low == pytest.approx(10 / 305 * every[0] / unit[1], rel=1e-12)
    assert high == pytest.approx(20 / 300 * every[1] / unit[0], rel=1e-12)
    share = hansa.compute("cluster_share", bounded(ENDS), members, describe=UNKNOWN)
    assert interval(share, ("R1", "a", 2020)) == pytest.approx((10 / 110, 20 / 120), rel=1e-12)


def test_a_whole_is_all_of_itself() -> None:
    """The two regions together hold all of A, whatever it is."""
    members = groups({"a": {"A": 1}})
    table = bounded(ENDS).replace({"R1": "EE", "R2": "LV"})
    where = {**UNKNOWN, "geography": "nuts:2013"}
    panel = hansa.compute("cluster_share", table, members, describe=where, area=("baltic-three",))
    assert interval(panel, ("baltic-three", "a", 2020)) == (1.0, 1.0)


def test_a_whole_beside_itself_is_as_specialised_as_itself() -> None:
    """The two regions together are the reference; each alone is not."""
    members = groups({"a": {"A": 1}, "third": {"B": 1 / 3}, "c": {"C": 1}})
    table = bounded(ENDS).replace({"R1": "EE", "R2": "LV"})
    own = {"describe": {**UNKNOWN, "geography": "nuts:2013"}}
    measure = "location_quotient_total"
    both = hansa.compute(measure, table, members, area=("baltic-three",), **own)
    for cluster in ("a", "third", "c"):
        assert interval(both, ("baltic-three", cluster, 2020)) == (1.0, 1.0)
    low, high = interval(hansa.compute(measure, table, members, **own), ("EE", "a", 2020))
    assert low < high


def test_what_is_nowhere_has_no_quotient() -> None:
    """0 / 0, although the part is its whole."""
    members = groups({"a": {"A": 1}, "c": {"C": 1}})
    table = bounded([(10, 20), (80, 90), (0, 0)]).replace({"R1": "EE", "R2": "LV"})
    table.loc[table.activity == "C", table.columns[3:]] = 0.0
    own = {**UNKNOWN, "geography": "nuts:2013"}
    panel = hansa.compute(
        "location_quotient_total", table, members, describe=own, area=("baltic-three",)
    )
    assert results(panel)["baltic-three", "c", 2020] is None
    assert interval(panel, ("baltic-three", "c", 2020)) == (None, None)


def test_a_published_total_is_no_sum_of_the_cells() -> None:
    """B is at most 80 and 1.5, at least 80 less 1.5 and less 3 that may lie outside A and B; the
    total 100 is what it is, whatever B holds.
    """
    table = facts("A B TOTAL\nR1 20 :c 100\nR2 20 30 50\nTOTAL 40 110 150")
    members = groups({"b": {"B": 1}})
    panel = hansa.compute("focus", table, members, describe=UNKNOWN, hidden="bounds")
    assert interval(panel, ("R1", "b", 2020)) == (0.76, 0.81)


def test_a_region_that_may_be_empty() -> None:
    """Its share is at most all of it; its quotient at most that over the least share elsewhere."""
    members = groups({"a": {"A": 1}, "b": {"B": 1}})
    table = bounded([(0, 9), (0, 5)])
    share = hansa.compute("focus", table, members, describe=UNKNOWN)
    assert interval(share, ("R1", "a", 2020)) == (0, 1)
    quotient = hansa.compute("location_quotient_total", table, members, describe=UNKNOWN)
    # Of 200 to 214 jobs 100 are in A, and up to 9 more.
    assert interval(quotient, ("R1", "a", 2020)) == pytest.approx((0, 214 / 100), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=5),
    st.lists(st.sampled_from([0.0, 1.0, 1.0, 0.5, 0.3]), min_size=5, max_size=5),
)
@example([(0, 1), (0, 1)], [0.0, 1.0, 0.0, 0.0, 0.0])  # A total that may be nothing.
@example([(0, 1)], [1.0, 0.0, 0.0, 0.0, 0.0])  # A part beside which there is nothing.
def test_every_corner_lies_inside_and_the_ends_are_reached(
    steps: list[tuple[int, int]], weights: list[float]
) -> None:
    low = np.array([own[0] for own in steps], float)
    high = low + [own[1] for own in steps]
    weight = np.array(weights[: len(steps)])
    known = (low + high) / 2
    part = Quantity(*(np.array([x]) for x in (weight @ known,)), None,
                    np.array([weight @ low]), np.array([weight @ high]))  # fmt: skip
    whole = Quantity(np.array([known.sum()]), None, np.array([low.sum()]), np.array([high.sum()]))
    before = ratio(part, whole)
    after = as_part(before, part, whole)
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    sums = corners.sum(axis=1)
    shares = (corners @ weight)[sums > 0] / sums[sums > 0]
    if not shares.size:
        return
    least, most = after.lower[0], after.upper[0]
    assert least <= shares.min() * (1 + 1e-15)
    assert most >= shares.max() * (1 - 1e-15)
    assert not least < before.lower[0]
    assert not most > before.upper[0]
    if set(weight) <= {0.0, 1.0}:
        assert (least, most) == pytest.approx((shares.min(), shares.max()), rel=1e-12)
