"""Bounds of a cluster are the narrowest that the sums of its region allow, and never wrong.

Independent oracle: a linear programme over the cells of one region, written from the sums alone.
Tolerance: 1e-6 of the numbers' size, what the solver promises; the truth has to lie inside without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from hansa.axes import Axis
from hansa.clusters import coverage
from hansa.clusters.room import Room, room_of
from hansa.codes import classification
from hansa.law import Quantity
from hansa.sums import Left, Sums
from small_tables import groups

# TOTAL is 0; nodes 1 to 3 are parents, 4 to 10 leaves; 11 and 12 are rests of TOTAL and of 2.
WHOLES = (3, 1, 2, 0)
PARTS = ((7, 8), (3, 4, 5), (6, 12), (1, 2, 9, 10, 11))
LISTED, NODES = 11, 13
ABOVE = {part: whole for whole, parts in zip(WHOLES, PARTS, strict=True) for part in parts}
CODES = tuple(f"N{i:02d}" for i in range(LISTED))


def above(node: int) -> set[int]:
    """Every whole that a node is counted in."""
    found = set()
    while node in ABOVE:
        node = ABOVE[node]
        found.add(node)
    return found


@dataclass(frozen=True)
class Case:
    """Regions side by side: the truth, bounds of it, and by how much sums miss."""

    truth: np.ndarray
    low: np.ndarray
    high: np.ndarray
    slack: np.ndarray

    @property
    def cells(self) -> Quantity:
        known = self.low == self.high
        low, high = self.low[:LISTED], self.high[:LISTED]
        value = np.where(known[:LISTED], low, np.nan)
        return Quantity(value, None, low, np.where(np.isinf(high), np.nan, high))

    def room(self, whole: bool = False) -> Room | None:
        left = Left(self.slack, self.high[LISTED:], whole)
        return room_of(self.cells, Sums((CODES, ("R",)), WHOLES, PARTS, {2020: left}), 2020)

    def most(self, weights: dict[int, float], region: int) -> float:
        """The greatest weighted sum by a linear programme."""
        cost = np.zeros(NODES)
        cost[list(weights)] = list(weights.values())
        rows, most, same = [], [], []
        for whole, parts, off in zip(WHOLES, PARTS, self.slack[:, region], strict=True):
            row = np.zeros(NODES)
            row[whole], row[list(parts)] = -1.0, 1.0
            if off == 0:
                same.append(row)
            elif np.isfinite(off):
                rows += [row, -row]
                most += [off, off]
        ends = [(a, None if np.isinf(b) else b) for a, b in
                zip(self.low[:, region], self.high[:, region], strict=True)]  # fmt: skip
        # With presolve HiGHS calls some of these infeasible in which the truth is feasible, and
        # without it gives up on a few.
        for method, presolve in (("highs", False), ("highs-ipm", False), ("highs", True)):
            found = linprog(
                -cost,
                A_ub=np.array(rows) if rows else None,
                b_ub=most or None,
                A_eq=np.array(same) if same else None,
                b_eq=np.zeros(len(same)) if same else None,
                bounds=ends,
                method=method,
                options={"presolve": presolve},
            )
            if found.status in (0, 3):
                break
        assert found.status in (0, 3), found.message
        return np.inf if found.status == 3 else -found.fun


@st.composite
def cases(draw, regions: int = 3) -> Case:
    """Whole numbers added up, some of them hidden behind bounds, sums off by rounding."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = rng.integers(0, draw(st.sampled_from([2, 30, 2000])), (NODES, regions)).astype(float)
    truth[LISTED:] *= rng.random((NODES - LISTED, regions)) < 0.5
    slack = rng.choice([0.0, 0.0, 0.5, 3.0], len(WHOLES))[:, None] * np.ones(regions)
    for whole, parts, off in zip(WHOLES, PARTS, slack, strict=True):
        truth[whole] = truth[list(parts)].sum(axis=0)
        truth[whole] = np.maximum(truth[whole] + rng.integers(-int(off[0]), int(off[0]) + 1), 0)
    slack[rng.random(slack.shape) < 0.1] = np.inf
    wide = rng.choice([0, 0, 1, 10, 1000], truth.shape)
    low = np.maximum(truth - rng.integers(0, wide + 1), 0.0)
    high = truth + rng.integers(0, wide + 1)
    high[rng.random(truth.shape) < draw(st.sampled_from([0.0, 0.2]))] = np.inf
    low[LISTED:] = 0.0
    return Case(truth, low, high, slack)


@st.composite
def clusters(draw) -> dict[int, float]:
    """Weights of some nodes, none of them below another."""
    nodes: list[int] = []
    for node in draw(st.lists(st.integers(1, LISTED - 1), min_size=1, max_size=6, unique=True)):
        if not any(node in above(other) or other in above(node) for other in nodes):
            nodes.append(node)
    weights = draw(st.sampled_from([(1.0,), (1.0, 0.5), (1.0, 0.25, 0.7)]))
    return {node: draw(st.sampled_from(weights)) for node in nodes}


def compare(case: Case, own: list[dict[int, float]]) -> None:
    """Every bound is that of a linear programme of its region."""
    room = case.room()
    if room is None:
        assert (case.low[:LISTED] == case.high[:LISTED]).all()
        return
    turned = [{node: -w for node, w in weights.items()} for weights in own]
    for weights, found in zip([*own, *turned], room.greatest([*own, *turned]), strict=True):
        for j, region in enumerate(room.at):
            exact = case.most(weights, region)
            assert found[j] == pytest.approx(exact, rel=1e-6, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(cases(regions=2), st.lists(clusters(), min_size=1, max_size=2))
def test_bounds_are_those_of_a_linear_programme(case: Case, own: list[dict[int, float]]) -> None:
    compare(case, own)


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(cases(), st.lists(clusters(), min_size=1, max_size=3))
def test_the_same_many_times(case: Case, own: list[dict[int, float]]) -> None:
    compare(case, own)


@settings(max_examples=40, deadline=None)
@given(cases(), st.lists(clusters(), min_size=1, max_size=4), st.booleans())
def test_never_wider_and_never_wrong(case: Case, own: list[dict[int, float]], whole: bool) -> None:
    room = case.room(whole)
    low, high = case.low[:LISTED], case.high[:LISTED]
    known = (low == high).astype(float)

    def added(of: np.ndarray) -> np.ndarray:
        return np.array([sum(w * of[n] for n, w in weights.items()) for weights in own])

    ends = added(low), added(np.where(np.isinf(high), np.nan, high))
    before = Quantity(np.where(added(1 - known) == 0, added(low), np.nan), None, *ends)
    after = before if room is None else room.narrowed(before, own, own)
    assert (after.lower >= before.lower).all()
    assert not (after.upper > before.upper).any()
    assert np.array_equal(np.isnan(after.lower), np.isnan(before.lower))
    assert np.array_equal(after.value, before.value, equal_nan=True)
    truth = added(case.truth)
    assert (after.lower <= truth).all()
    assert not (after.upper < truth).any()
    sure = before.lower == before.upper
    assert np.array_equal(after.lower[sure], before.lower[sure])
    assert np.array_equal(after.upper[sure], before.upper[sure])


def test_five_cells_share_what_a_total_leaves_by_hand() -> None:
    """Each of A to E may hold 999, and the region has 600 left for all five, F is known.

    A and B: at most 600. All five: at least 600 less nothing outside, so 600. F stays 400. Half of
    A and all of B: at most 600, where B holds them; at least 0.
    """
    codes = (*"ABCDEF", "TOTAL")
    low = np.array([[0.0] * 5 + [400, 1000]]).T
    high = np.array([[999.0] * 5 + [400, 1000]]).T
    value = np.where(low == high, low, np.nan)
    left = Left(np.zeros((1, 1)), np.zeros((1, 1)), True)
    sums = Sums((codes, ("R1",)), (6,), ((0, 1, 2, 3, 4, 5, 7),), {2020: left})
    cells = Quantity(value, None, low, high)
    room = room_of(cells, sums, 2020)
    members = {"ab": {"A": 1, "B": 1}, "all": dict.fromkeys("ABCDE", 1), "f": {"F": 1},
               "half": {"A": 0.5, "B": 1}}  # fmt: skip
    plan = coverage(groups(members), Axis(codes, classification("local")))
    before, after = plan.sizes(cells), plan.sizes(cells, room)
    assert before.upper[:, 0].tolist() == [1998, 4995, 400, 1498.5]
    assert after.lower[:3, 0].tolist() == [0, 600, 400]
    assert after.upper[:3, 0].tolist() == [600, 600, 400]
    assert (after.lower[3, 0], after.upper[3, 0]) == pytest.approx((0, 600), abs=1e-6)
    assert np.isnan(after.value[[0, 1, 3]]).all(), "no value is made"
    assert after.value[2, 0] == 400


def test_a_sum_that_does_not_hold_says_nothing() -> None:
    """Parts of at least 30 in a whole of 10: what is said of its parts are their own bounds."""
    low = np.array([[10.0], [20.0], [10.0], [0.0]])
    high = np.array([[15.0], [90.0], [10.0], [np.nan]])
    left = Left(np.zeros((1, 1)), np.zeros((0, 1)), True)
    codes = ("A", "B", "TOTAL", "X")
    sums = Sums((codes, ("R1",)), (2,), ((0, 1),), {2020: left})
    cells = Quantity(np.where(low == high, low, np.nan), None, low, high)
    room = room_of(cells, sums, 2020)
    before = Quantity(np.array([[np.nan]]), None, low[:1] + low[1:2], high[:1] + high[1:2])
    after = room.narrowed(before, [{0: 1.0, 1: 1.0}], [{0: 1.0, 1: 1.0}])
    assert (after.lower, after.upper) == (before.lower, before.upper)


def test_a_year_without_hidden_cells_has_no_room() -> None:
    cells = Quantity(np.ones((2, 1)))
    left = Left(np.zeros((1, 1)), np.zeros((0, 1)), True)
    assert room_of(cells, Sums((("A", "B"), ("R",)), (1,), ((0,),), {2020: left}), 2020) is None
