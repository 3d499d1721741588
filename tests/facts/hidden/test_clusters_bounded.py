"""Sizes of clusters over a table with hidden cells: the truth inside, and no wider than needed.

Oracle: linear programmes over the whole table, regions and activities together. Where sums run
along both, a cluster's bounds may be wider than those, and never narrower.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import hansa
from hansa.clusters import coverage
from hansa.clusters.room import room_of
from hansa.facts.fill import Filler, FillOptions
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_table
from small_tables import UNKNOWN, facts, groups, results
from tables import ACTIVITIES, REGIONS, UK, Key, Truth, codes_of, fill, masked, sums, truth

MEMBERS = {
    "farms": {"01": 1, "02": 1},
    "green": {"02": 1, "03": 0.5, "41": 0.25},
    "builders": {"F": 1, "03": 1},
    "all": {"A": 1, "F": 1},
}


Ends = dict[Key, tuple[float, float | None]]


def jointly(bounds: Ends, weights: dict[str, float], geo: str, slack: float):
    """Least and greatest size of a cluster in a region over the whole table.

    bounds  of every listed cell; whole numbers have whole ones
    """
    cells = [(a, g) for a in codes_of(ACTIVITIES) for g in codes_of(REGIONS)]
    place = {key: i for i, key in enumerate(cells)}
    matrix, most = [], []
    for whole, parts, off in sums(slack):
        row = np.zeros(len(cells))
        row[place[whole]], row[[place[p] for p in parts]] = -1.0, 1.0
        matrix += [row, -row]
        most += [off, off]
    ends = [bounds.get(key, (0.0, None)) for key in cells]
    cost = np.zeros(len(cells))
    for activity, weight in weights.items():
        cost[place[activity, geo]] = weight
    low, high = (
        linprog(sign * cost, A_ub=np.array(matrix), b_ub=most, bounds=ends, method="highs")
        for sign in (1, -1)
    )
    return low.fun, -high.fun if high.status == 0 else np.inf


@pytest.mark.parametrize(("seed", "step"), [(0, 0.0), (1, 0.0), (2, 1.0), (3, 1.0)])
@pytest.mark.parametrize("prior", ["", "best"])
def test_between_the_cells_and_the_whole_table(seed: int, step: float, prior: str) -> None:
    rng = np.random.default_rng(seed)
    made = truth(rng, step)
    hidden = masked(rng, made.keys, 0.6) - {("TOTAL", geo) for geo in ("UKC1", "UKC2", "UKD1")}
    cube = read_table(made.table(hidden), FactsSpec(**UK), "employment")
    options = FillOptions(prior, "rounded" if step else "exact", exact=False)
    filled = Filler(cube, options).filled
    cells = filled.year(2015).cells
    bounds: Ends = {}
    for activity, geo in made.keys:
        at = filled.activity.place[activity], filled.geo.place[geo]
        low, high = (float(part[at]) for part in cells.bounds())
        bounds[activity, geo] = (np.nan_to_num(low), None if np.isnan(high) else high)
    plan = coverage(groups(MEMBERS, "nace:2"), filled.activity)
    before = plan.sizes(cells)
    after = plan.sizes(cells, room_of(cells, filled.sums, 2015))
    assert np.array_equal(before.value, after.value, equal_nan=True)
    assert np.array_equal(before.flags, after.flags)
    assert (after.lower >= before.lower).all()
    assert not (after.upper > before.upper).any()
    for k, (name, weights) in enumerate(MEMBERS.items()):
        for geo in ("UKC1", "UKC2", "UKD1", "UKC", "TOTAL"):
            g = filled.geo.place[geo]
            low, high = after.lower[k, g], after.upper[k, g]
            size = sum(w * made.printed[a, geo] for a, w in weights.items())
            assert low <= size, (name, geo)
            assert not high < size, (name, geo)
            assert not after.value[k, g] < low - 1e-9
            assert not after.value[k, g] > high + 1e-9
            least, most = jointly(bounds, weights, geo, 0.5 if step else 0.0)
            if all(w == 1 for w in weights.values()):
                least, most = np.ceil(least - 1e-6), np.floor(most + 1e-6)
            assert low <= least + 1e-6, (name, geo)
            assert not high < most - 1e-6, (name, geo)


@pytest.mark.parametrize("seed", [0, 23, 33])
def test_a_table_filled_before_is_not_taken_for_more_exact_than_it_was(seed: int) -> None:
    """Printed numbers are rounded and sums of them miss; filled intervals hide that."""
    rng = np.random.default_rng(seed)
    made = truth(rng, 3.0, most=40)
    made = Truth(made.exact, {key: value / 3.0 for key, value in made.printed.items()})
    hidden = masked(rng, made.keys, 0.4) - {("TOTAL", geo) for geo in codes_of(REGIONS)}
    table = fill(made.table(hidden), tolerance="rounded").reset_index()
    cube = read_table(table, FactsSpec(**UK), "employment")
    filled = Filler(cube, FillOptions("", exact=False)).filled
    cells = filled.year(2015).cells
    plan = coverage(groups(MEMBERS, "nace:2"), filled.activity)
    found = plan.sizes(cells, room_of(cells, filled.sums, 2015))
    for k, weights in enumerate(MEMBERS.values()):
        for geo, g in filled.geo.place.items():
            size = sum(w * made.printed[a, geo] for a, w in weights.items())
            assert not found.lower[k, g] > size + 1e-9, (seed, geo)
            assert not found.upper[k, g] < size - 1e-9, (seed, geo)


TABLE = """
        A     B     C     D   TOTAL
R1     :c    :c    :c   400    1000
R2    500   700   900   100    2200
R3    400   600   800   100    1900
TOTAL 1499 1899 2299  600    6297
"""


def test_a_study_has_the_narrow_bounds_by_hand() -> None:
    """R1 has 600 left for A, B and C, and each of them alone at most 600 (599 by its own sum).

    Printed numbers may be rounded: 599 and 2 for four numbers, 601. A and B together have 1,202 by
    their cells and 602.5 by the region (600 and 2.5 for five numbers), so 602, all jobs whole.
    """
    members = groups({"ab": {"A": 1, "B": 1}, "half": {"A": 0.5, "D": 1}, "d": {"D": 1}})
    panel = hansa.compute("employment", facts(TABLE), members, describe=UNKNOWN, hidden="bounds")
    at = ("R1", "ab", 2020)
    assert results(panel)[at] is None
    assert results(panel, "upper")[at] == 602
    assert results(panel, "status")[at] == "c;interval"
    assert results(panel, "upper")["R1", "half", 2020] == pytest.approx(400 + 601 / 2)
    assert results(panel, "upper")["R1", "d", 2020] == 400
    assert results(panel, "lower")["R1", "d", 2020] == 400
    quotient = hansa.compute(
        "location_quotient_total", facts(TABLE), members, describe=UNKNOWN, hidden="bounds"
    )
    assert results(quotient, "upper")[at] == pytest.approx(602 / 1000 / ((1499 + 1899) / 6297))
