"""Ranks against values: our rules beside `scipy.stats.rankdata` over all possible orders."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from hansa.facts.account import order

METHODS = {
    "strict": "ordinal",
    "competition": "min",
    "modified": "max",
    "dense": "dense",
    "average": "average",
}


def intervals(values):
    return [(v - 0.5, v + 0.5) for v in values]


def possible(values, method):
    """All ranks that true values which round to these could get, by one convention.

    Ties in print are broken in every way, or kept; that is all that rounding can do.
    """
    shifts = np.array(list(product(range(len(values)), repeat=len(values))))
    true = np.asarray(values, float) + 0.4 * shifts / len(values)
    return {tuple(ranks) for ranks in rankdata(-true, method=method, axis=1)}


def test_conventions_for_ties():
    assert order.patterns([1, 2, 2, 4]) == {"competition"}
    assert order.patterns([1, 3, 3, 4]) == {"modified"}
    assert order.patterns([1, 2, 2, 3]) == {"dense"}
    assert order.patterns([1, 2.5, 2.5, 4]) == {"average"}
    assert order.patterns([3, 1, 2]) == set(order.CONVENTIONS)
    assert order.patterns([1, 3, 4]) == set()
    # 5 twice without 4 and 10 twice without 11: one convention each, but not the same.
    ranks = [1, 2, 3, 5, 5, 6, 7, 8, 9, 10, 10, 12]
    assert order.patterns(ranks) == set()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=4, max_size=4), st.data())
def test_ranks_are_consistent_exactly_where_some_true_values_give_them(values, data):
    ranks = [float(data.draw(st.integers(1, 4))) for _ in values]
    for name, method in METHODS.items():
        able = possible(values, method)
        ours = order.consistent(ranks, intervals(values), [name])
        assert ours == (tuple(ranks) in able), (name, values, ranks)


def test_admissible_ranks_hold_every_possible_rank_and_reach_both_ends():
    for values in ((1, 2, 3, 4), (1, 1, 2, 3), (2, 2, 2, 1), (3, 3, 1, 1), (1, 1, 1, 1)):
        ranks = possible(values, "ordinal")
        for i in range(4):
            seen = {r[i] for r in ranks}
            assert order.admissible(intervals(values), i) == (min(seen), max(seen))


def test_values_of_other_precision_may_overlap():
    # 63 may be 62.6, below 63.2: either order; 63.6 is above 63 in any case.
    assert order.ordered([1, 2], [(62.5, 63.5), (63.15, 63.25)])
    assert not order.ordered([1, 2], [(62.5, 63.5), (63.55, 63.65)])


def test_repairs_are_all_of_the_smallest_size():
    values = intervals([90, 80, 70, 60, 50])
    assert order.rank_repairs([1, 2, 4, 4, 5], values) == [{2: 3}]
    # Nothing but the list itself: either of the two may be the one.
    nothing = [None] * 5
    assert order.rank_repairs([1, 2, 4, 4, 5], nothing, ["strict"]) == [{2: 3}, {3: 3}]
    two = order.rank_repairs([2, 1, 3, 4, 5], values)
    assert two == [{0: 1, 1: 2}]
    assert order.exchanged([2, 1, 3, 4, 5], values) == [(0, 1)]
    assert order.value_repairs([1, 2, 3, 4, 5], intervals([90, 80, 95, 60, 50])) == [2]
    assert order.room([1, 2, 3, 4, 5], intervals([90, 80, 95, 60, 50]), 2) == (59.5, 80.5)


@settings(max_examples=40, deadline=None)
@given(st.permutations(list(range(1, 7))), st.randoms())
def test_a_valid_list_has_no_conflict_and_the_order_of_rows_does_not_matter(ranks, random):
    values = intervals([100 - 10 * r for r in ranks])
    assert order.consistent(ranks, values)
    assert order.conflicts(ranks, values) == {}
    assert order.left_out(ranks, values) == 0
    rows = list(range(6))
    random.shuffle(rows)
    assert order.consistent([ranks[i] for i in rows], [values[i] for i in rows])


def test_left_out_counts_the_rows_that_break_an_order():
    for ranks in permutations(range(1, 6)):
        values = intervals([50 - 10 * k for k in range(5)])
        # Longest increasing run of the ranks, by brute force.
        best = max(
            sum(1 for _ in chosen)
            for mask in range(32)
            if (chosen := [ranks[k] for k in range(5) if mask >> k & 1]) == sorted(chosen)
        )
        assert order.left_out(ranks, values) == 5 - best
