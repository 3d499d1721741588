"""The kernel of conversions: mass, identity, merges, rates, absence, flags, bounds, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.facts.convert import (
    ESTIMATED,
    EXACT,
    IDENTITY,
    UNKNOWN,
    Moves,
    extensive,
    intensive,
    rates,
)
from hansa.law import Quantity, bit, flags_to_text

NAN = float("nan")


def moves(links: list[tuple[int, int, list[float]]], sources: int, targets: int) -> Moves:
    """Moves of (source, target, flow by each weight); shares and kinds follow from these."""
    source = np.array([s for s, _, _ in links])
    target = np.array([t for _, t, _ in links])
    flow = np.array([f for _, _, f in links], float).T
    whole = np.zeros((len(flow), sources))
    for w, row in enumerate(flow):
        np.add.at(whole[w], source, row)
    split = np.bincount(source, minlength=sources)[source] > 1
    share = np.where(split, flow / whole[:, source], 1.0)
    kind = np.where(split, ESTIMATED, EXACT).astype(np.int8)
    return Moves(sources, targets, source, target, share, flow[0], kind)


@st.composite
def any_moves(draw: st.DrawFn) -> Moves:
    sources, targets = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    weights = draw(st.integers(1, 3))
    links = []
    for s in range(sources):
        reached = draw(st.lists(st.integers(0, targets - 1), min_size=1, max_size=4, unique=True))
        for t in reached:
            links.append((s, t, draw(st.lists(st.floats(0.01, 100), min_size=weights,
                                              max_size=weights))))  # fmt: skip
    return moves(links, sources, targets)


NUMBERS = st.one_of(st.floats(1e-6, 1e6), st.just(0.0))


def cells_of(draw: st.DrawFn, m: Moves, holes: bool) -> Quantity:
    numbers = st.one_of(NUMBERS, st.just(NAN)) if holes else NUMBERS
    value = [[draw(numbers) for _ in range(3)] for _ in range(m.sources)]
    return Quantity(np.array(value))


@settings(max_examples=200, deadline=None)
@given(st.data(), any_moves())
def test_nothing_is_lost_or_made(data: st.DataObject, m: Moves) -> None:
    cells = cells_of(data.draw, m, holes=False)
    result = extensive(cells, m)
    np.testing.assert_allclose(result.value.sum(axis=0), cells.value.sum(axis=0), rtol=1e-12)


@settings(max_examples=200, deadline=None)
@given(st.data(), any_moves())
def test_the_value_lies_in_its_bounds_and_bounds_are_those_of_single_weights(
    data: st.DataObject, m: Moves
) -> None:
    cells = cells_of(data.draw, m, holes=True)
    result = extensive(cells, m)
    low, high = result.bounds()
    single = []
    for w in range(len(m.share)):
        own = np.zeros((m.targets, 3))
        for s, t, share in zip(m.source, m.target, m.share[w], strict=True):
            own[t] += share * cells.value[s]
        single.append(own)
    known = ~np.isnan(result.value)
    np.testing.assert_allclose(result.value, single[0], rtol=1e-12)
    np.testing.assert_allclose(low[known], np.min(single, axis=0)[known], rtol=1e-12)
    np.testing.assert_allclose(high[known], np.max(single, axis=0)[known], rtol=1e-12)
    assert (low[known] <= result.value[known] * (1 + 1e-12)).all()
    assert (high[known] >= result.value[known] * (1 - 1e-12)).all()


@settings(max_examples=200, deadline=None)
@given(st.data(), any_moves(), st.booleans())
def test_deleting_a_cell_never_makes_an_absent_result_present(
    data: st.DataObject, m: Moves, some_open: bool
) -> None:
    if some_open:
        kind = np.where(m.kind == ESTIMATED, UNKNOWN, m.kind).astype(np.int8)
        share = np.where(kind == UNKNOWN, NAN, m.share)
        m = Moves(m.sources, m.targets, m.source, m.target, share, m.flow, kind)
    cells = cells_of(data.draw, m, holes=True)
    less = cells.value.copy()
    less[data.draw(st.integers(0, m.sources - 1)), data.draw(st.integers(0, 2))] = NAN
    before, after = extensive(cells, m), extensive(Quantity(less), m)
    assert not (np.isnan(before.value) & ~np.isnan(after.value)).any()
    if not some_open:
        before, after = intensive(cells, m), intensive(Quantity(less), m)
        assert not (np.isnan(before.value) & ~np.isnan(after.value)).any()


@settings(max_examples=100, deadline=None)
@given(any_moves())
def test_all_ones_rates_stay_ones(m: Moves) -> None:
    ones = Quantity(np.ones((m.sources, 2)))
    result = intensive(ones, m)
    reached = np.isin(np.arange(m.targets), m.target)
    assert (result.value[reached] == 1).all()
    assert np.isnan(result.value[~reached]).all()
    by = Quantity(np.arange(1, 2 * m.sources + 1, dtype=float).reshape(m.sources, 2))
    np.testing.assert_array_equal(rates(ones, by, m).value[reached], 1)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 8))
def test_new_names_go_there_and_back(data: st.DataObject, n: int) -> None:
    order = data.draw(st.permutations(range(n)))
    there = moves([(s, t, [1.0]) for s, t in enumerate(order)], n, n)
    back = moves([(t, s, [1.0]) for s, t in enumerate(order)], n, n)
    cells = Quantity(np.array([[data.draw(NUMBERS)] for _ in range(n)]))
    again = extensive(extensive(cells, there), back)
    np.testing.assert_array_equal(again.value, cells.value)
    assert again.estimated is None
    assert again.lower is None


def test_identity_changes_nothing_at_all() -> None:
    cells = Quantity(
        np.array([[1.0, NAN], [3.0, 4.0]]),
        np.array([[0, int(bit("c"))], [int(bit("p")), 0]], np.uint64),
        np.array([[0.5, 1.0], [2.0, 4.0]]),
        np.array([[1.5, 9.0], [3.0, 4.0]]),
        np.array([[0.0, 0.0], [0.25, 0.0]]),
    )
    at = np.arange(2)
    same = Moves(2, 2, at, at, np.ones((1, 2)), np.ones(2), np.full(2, IDENTITY, np.int8))
    result = extensive(cells, same)
    for part in ("value", "flags", "lower", "upper", "estimated"):
        np.testing.assert_array_equal(getattr(result, part), getattr(cells, part), part)


@pytest.mark.parametrize("flows", [[1.0, 9.0], [5.0, 5.0], [100.0, 0.001]])
def test_a_merge_does_not_depend_on_weights(flows: list[float]) -> None:
    m = moves([(0, 0, [flows[0]]), (1, 0, [flows[1]])], 2, 1)
    result = extensive(Quantity(np.array([[3.0], [4.0]])), m)
    assert result.value[0, 0] == 7
    assert flags_to_text(int(result.flags[0, 0])) == "converted"
    assert result.estimated is None


def test_a_split_by_hand() -> None:
    """Source 0 goes 3:1 by the first weight, 1:1 by the second; source 1 goes whole to target 1."""
    m = moves([(0, 0, [3, 1]), (0, 1, [1, 1]), (1, 1, [5, 5])], 2, 2)
    result = extensive(Quantity(np.array([[80.0], [20.0]])), m)
    np.testing.assert_array_equal(result.value[:, 0], [60, 40])
    np.testing.assert_array_equal(result.lower[:, 0], [40, 40])
    np.testing.assert_array_equal(result.upper[:, 0], [60, 60])
    np.testing.assert_array_equal(result.estimated[:, 0], [1, 0.5])
    assert {flags_to_text(int(f)) for f in result.flags[:, 0]} == {"e;converted"}


def test_bounds_of_the_source_move_along() -> None:
    m = moves([(0, 0, [3, 1]), (0, 1, [1, 1]), (1, 1, [5, 5])], 2, 2)
    low, high = np.array([[40.0], [10.0]]), np.array([[80.0], [20.0]])
    result = extensive(Quantity(np.array([[NAN], [15.0]]), None, low, high), m)
    assert np.isnan(result.value).all()
    np.testing.assert_array_equal(result.lower[:, 0], [20, 20])
    np.testing.assert_array_equal(result.upper[:, 0], [60, 60])


def test_absence_spreads_only_through_links_of_some_weight() -> None:
    m = moves([(0, 0, [1]), (0, 1, [0]), (1, 1, [1])], 2, 2)
    result = extensive(Quantity(np.array([[NAN], [5.0]])), m)
    assert np.isnan(result.value[0, 0])
    assert result.value[1, 0] == 5


def test_absence_behind_another_weight_leaves_no_value_without_bounds() -> None:
    m = moves([(0, 0, [1, 1]), (0, 1, [0, 1]), (1, 1, [1, 1])], 2, 2)
    result = extensive(Quantity(np.array([[NAN], [5.0]])), m)
    assert np.isnan(result.value).all()


def test_a_part_without_weight_is_nothing_or_all() -> None:
    at = np.array([0, 0, 1]), np.array([0, 1, 1])
    share = np.array([[NAN, NAN, 1.0]])
    kind = np.array([UNKNOWN, UNKNOWN, EXACT], np.int8)
    m = Moves(2, 2, *at, share, np.full(3, NAN), kind)
    result = extensive(Quantity(np.array([[80.0, 0.0], [20.0, 5.0]])), m)
    np.testing.assert_array_equal(result.value, [[NAN, 0], [NAN, 5]])
    np.testing.assert_array_equal(result.lower, [[0, 0], [20, 5]])
    np.testing.assert_array_equal(result.upper, [[80, 0], [100, 5]])
    assert flags_to_text(int(result.flags[0, 0])) == "converted;interval"
    assert flags_to_text(int(result.flags[1, 1])) == "converted"


def test_flags_of_all_parts_are_joined() -> None:
    m = moves([(0, 0, [1]), (1, 0, [1]), (2, 1, [1])], 3, 2)
    flags = np.array([[bit("p")], [bit("b")], [bit("u")]], np.uint64)
    result = extensive(Quantity(np.array([[1.0], [2.0], [3.0]]), flags), m)
    assert flags_to_text(int(result.flags[0, 0])) == "b;p;converted"
    assert flags_to_text(int(result.flags[1, 0])) == "u;converted"


def test_rates_by_hand() -> None:
    """Two regions of 100 and 300 people merge: (10 x 100 + 20 x 300) / 400 = 17.5."""
    m = moves([(0, 0, [100]), (1, 0, [300])], 2, 1)
    result = intensive(Quantity(np.array([[10.0], [20.0]])), m)
    assert result.value[0, 0] == 17.5
    assert flags_to_text(int(result.flags[0, 0])) == "e;converted"
    assert result.estimated[0, 0] == 1
    # With the jobs that the rates are of, 10 of 50 and 20 of 150 jobs: (500 + 3000) / 200.
    exact = rates(Quantity(np.array([[10.0], [20.0]])), Quantity(np.array([[50.0], [150.0]])), m)
    assert exact.value[0, 0] == 17.5
    assert flags_to_text(int(exact.flags[0, 0])) == "converted"
    none = rates(Quantity(np.array([[10.0], [20.0]])), Quantity(np.zeros((2, 1))), m)
    assert np.isnan(none.value[0, 0])


def test_a_year_of_a_large_table_is_a_matter_of_a_tenth_of_a_second() -> None:
    """3,100 regions x 1,000 industries, a tenth of the regions split; the best of five runs."""
    rng = np.random.default_rng(1)
    regions = 3100
    links = [(i, i, [1 + rng.random()]) for i in range(regions)]
    links += [(i, (i + 7) % regions, [rng.random()]) for i in range(310)]
    m = moves(links, regions, regions)
    cells = Quantity(rng.random((regions, 1000)))
    best = 9.0
    for _ in range(5):
        start = time.process_time()
        result = extensive(cells, m)
        best = min(best, time.process_time() - start)
    assert result.value.sum() == pytest.approx(cells.value.sum(), rel=1e-12)
    assert best < 0.3, f"{best:.2f} s of CPU; 0.1 s on a quiet machine"
