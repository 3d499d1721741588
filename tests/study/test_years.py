"""The results of one year: what a break reaches, and that no part is more than its base."""

from __future__ import annotations

import pandas as pd
import pytest

import hansa
from small_tables import UNKNOWN, facts, results, table

GROWTH = (
    "employment_change",
    "growth_rate",
    "growth_annual",
    "growth_symmetric",
    "growth_contribution",
)


def letters(panel, *key):
    return set(results(panel, "status")[key].split(";")) - {""}


@pytest.mark.parametrize("measure", GROWTH)
@pytest.mark.parametrize("years", [(2015, 2016), (2015, 2017)])
def test_a_break_in_the_first_year_says_nothing_of_growth_since(measure, years):
    """It parts the first year from the one before; growth from it on does not cross it."""
    jobs = facts({2015: "A B\nR1 100b 50b", 2016: "A B\nR1 80 55", 2017: "A B\nR1 90 60"})
    panel = hansa.compute(measure, jobs, describe=UNKNOWN, start=years[0], end=years[1])
    assert results(panel)["R1", "A", years[1]] is not None
    assert "b" not in letters(panel, "R1", "A", years[1])


@pytest.mark.parametrize("measure", GROWTH)
def test_without_a_period_only_the_year_of_the_break_is_marked(measure):
    jobs = facts({2015: "A\nR1 100", 2016: "A\nR1 80b", 2017: "A\nR1 90"})
    panel = hansa.compute(measure, jobs, describe=UNKNOWN)
    assert "b" in letters(panel, "R1", "A", 2016)
    assert results(panel)["R1", "A", 2016] is None
    assert "b" not in letters(panel, "R1", "A", 2017)
    assert results(panel)["R1", "A", 2017] is not None


@pytest.mark.parametrize("year", [2016, 2017])
def test_a_break_inside_the_period_still_reaches_growth(year):
    """Also beside a break in the first year, which alone says nothing."""
    grids = {2015: "A\nR1 100b", 2016: "A\nR1 80", 2017: "A\nR1 90"}
    grids[year] += "b"
    panel = hansa.compute("growth_rate", facts(grids), describe=UNKNOWN, start=2015, end=2017)
    assert results(panel)["R1", "A", 2017] is None
    assert "b" in letters(panel, "R1", "A", 2017)


def test_other_letters_of_the_first_year_stay():
    jobs = table([("R1", "A", 2015, 100, "b;p"), ("R1", "A", 2016, 80, "")])
    panel = hansa.compute("growth_rate", jobs, describe=UNKNOWN, start=2015, end=2016)
    assert letters(panel, "R1", "A", 2016) == {"p"}


def test_the_first_year_itself_keeps_its_break():
    jobs = facts({2015: "A\nR1 100b", 2016: "A\nR1 80"})
    sizes = hansa.compute("employment", jobs, describe=UNKNOWN)
    assert "b" in letters(sizes, "R1", "A", 2015)


def test_growth_of_wages_and_kinds_of_clusters_know_no_break_of_the_first_year():
    rows = [
        {"geo": r, "activity": a, "time": t, "employment": jobs, "payroll": 2.0 * jobs, "status": s}
        for t, s, grown in ((2015, "b", 0), (2016, "", 10))
        for r, a, jobs in (("R1", "A", 100 + grown), ("R1", "B", 300), ("R2", "A", 80))
    ]
    for measure in ("relative_wage_growth", "quadrant"):
        panel = hansa.compute(
            measure, pd.DataFrame(rows), describe=UNKNOWN, start=2015, end=2016, min_cell=1
        )
        assert "b" not in letters(panel, "R1", "A", 2016), measure


def shares(rows):
    names = ["geo", "activity", "time", "employment", "employment_lower", "employment_upper"]
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:], float))
    panel = hansa.compute("focus", frame, describe=UNKNOWN)
    return results(panel), results(panel, "lower"), results(panel, "upper")


def test_a_part_is_never_more_than_its_whole():
    """A between 0 and 90, the published total between 10 and 100: A alone is above the least."""
    value, lower, upper = shares(
        [("R1", "A", 2020, 40, 0, 90), ("R1", "TOTAL", 2020, 50, 10, 100),
         ("R1", "B", 2020, 10, 10, 10), ("R2", "A", 2020, 5, 5, 5)]
    )  # fmt: skip
    assert upper["R1", "A", 2020] == 1
    assert lower["R1", "A", 2020] == 0
    assert value["R1", "A", 2020] == pytest.approx(0.8)
    assert upper["R1", "B", 2020] == 1


def test_a_whole_that_is_added_up_holds_its_part():
    """A between 0 and 90, B is 10: where A is 90, the whole is 100 and not 10."""
    _, lower, upper = shares(
        [("R1", "A", 2020, 40, 0, 90), ("R1", "B", 2020, 10, 10, 10), ("R2", "A", 2020, 5, 5, 5)]
    )
    assert upper["R1", "A", 2020] == pytest.approx(0.9)
    assert lower["R1", "A", 2020] == 0
    assert lower["R1", "B", 2020] == pytest.approx(0.1)
    assert upper["R1", "B", 2020] == 1


def test_an_upper_bound_below_the_whole_stays():
    _, _, upper = shares(
        [("R1", "A", 2020, 4, 2, 6), ("R1", "B", 2020, 92, 92, 92), ("R2", "A", 2020, 5, 5, 5)]
    )
    assert upper["R1", "A", 2020] == pytest.approx(6 / 98)
