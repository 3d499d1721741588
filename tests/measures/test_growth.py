"""Growth between two years: identities, breaks, gaps, tiny cells.

Tolerances: 1e-12 relative for one number, 1e-12 absolute for a sum of shares.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from small_tables import UNKNOWN, definition, facts, results, table

few = settings(derandomize=True, max_examples=40, deadline=None)

GROWTH = (
    "employment_change",
    "growth_rate",
    "growth_annual",
    "growth_symmetric",
    "growth_contribution",
)


@st.composite
def two_years(draw, least: int = 0):
    regions = [f"R{i}" for i in range(draw(st.integers(1, 3)))]
    activities = [f"A{i}" for i in range(draw(st.integers(1, 4)))]
    number = st.integers(least, 500)
    return {(r, a, t): draw(number) for t in (2015, 2018) for r in regions for a in activities}


def growth(measure: str, jobs: dict, start: int = 2015, end: int = 2018) -> dict:
    frame = table([(r, a, t, n, "") for (r, a, t), n in jobs.items()])
    panel = hansa.compute(measure, frame, describe=UNKNOWN, start=start, end=end)
    return {key[:2]: value for key, value in results(panel).items()}


@few
@given(two_years())
def test_contributions_add_up_to_the_growth_of_the_region(jobs):
    contribution = growth("growth_contribution", jobs)
    for r in {key[0] for key in jobs}:
        start, end = (
            sum(n for key, n in jobs.items() if key[0] == r and key[2] == t) for t in (2015, 2018)
        )
        own = [value for key, value in contribution.items() if key[0] == r]
        if start == 0:
            assert own == [None] * len(own)
        else:
            assert math.fsum(own) == pytest.approx(end / start - 1, abs=1e-12)


@few
@given(two_years())
def test_symmetric_growth_changes_sign_when_the_years_change_places(jobs):
    swapped = {(r, a, 2015 + 2018 - t): n for (r, a, t), n in jobs.items()}
    there, back = growth("growth_symmetric", jobs), growth("growth_symmetric", swapped)
    for key, value in there.items():
        assert back[key] is None if value is None else back[key] == -value
        assert value is None or -2 <= value <= 2


@few
@given(two_years(least=1))
def test_annual_growth_compounds_to_growth_over_the_period(jobs):
    rate, annual = growth("growth_rate", jobs), growth("growth_annual", jobs)
    for key in rate:
        assert (1 + annual[key]) ** 3 == pytest.approx(1 + rate[key], rel=1e-12)


@few
@given(two_years())
def test_what_begins_and_what_ends(jobs):
    frame = table([(r, a, t, n, "") for (r, a, t), n in jobs.items()])
    for measure in GROWTH[:4]:
        panel = hansa.compute(measure, frame, describe=UNKNOWN, start=2015, end=2018, min_cell=0)
        status, value = results(panel, "status"), results(panel)
        for key in status:
            start, end = (jobs[(*key[:2], t)] for t in (2015, 2018))
            expected = "entry" if start == 0 < end else "exit" if end == 0 < start else ""
            both_zero = start == end == 0
            none = both_zero and measure != "employment_change"
            assert status[key] == ("z" if none else expected)
            if measure in ("growth_rate", "growth_annual"):
                assert (value[key] is None) == (start == 0)
                assert expected != "exit" or value[key] == -1
            elif measure == "growth_symmetric":
                assert (value[key] is None) == both_zero


def test_a_year_that_is_not_there_leaves_growth_across_it_absent():
    """2016 is missing: 2017 has no year before it; the period 2015 to 2018 has both its ends."""
    jobs = facts({2015: "A\nR1 100", 2017: "A\nR1 120", 2018: "A\nR1 150"})
    panel = hansa.compute("growth_rate", jobs, describe=UNKNOWN)
    assert results(panel) == {
        ("R1", "A", 2015): None,
        ("R1", "A", 2017): None,
        ("R1", "A", 2018): 0.25,
    }
    assert results(panel, "from")["R1", "A", 2018] == 2017
    panel = hansa.compute("growth_rate", jobs, describe=UNKNOWN, start=2015, end=2018)
    assert results(panel) == {("R1", "A", 2018): 0.5}
    assert results(panel, "from") == {("R1", "A", 2018): 2015}


@pytest.mark.parametrize("measure", GROWTH)
def test_growth_across_a_break_is_refused(measure):
    """The series of A breaks in 2016: growth from 2015 to 2016 is absent, the later one is not."""
    jobs = facts({2015: "A B\nR1 100 50", 2016: "A B\nR1 80b 55", 2017: "A B\nR1 90 60"})
    panel = hansa.compute(measure, jobs, describe=UNKNOWN)
    found = results(panel)
    assert found["R1", "A", 2016] is None
    assert "b" in results(panel, "status")["R1", "A", 2016].split(";")
    assert found["R1", "B", 2016] is not None
    assert found["R1", "A", 2017] is not None


@pytest.mark.parametrize("measure", GROWTH)
@pytest.mark.parametrize("year", [2016, 2017, 2018])
def test_a_break_anywhere_inside_a_period_is_refused(measure, year):
    grids = {2015: "A B\nR1 100 50", 2016: "A B\nR1 80 55", 2017: "A B\nR1 90 60"}
    grids[2018] = "A B\nR1 95 70"
    grids[year] = grids[year].replace("R1 ", "R1 1b ", 1).rsplit(" ", 2)[0] + " 60"
    panel = hansa.compute(measure, facts(grids), describe=UNKNOWN, start=2015, end=2018)
    assert results(panel)["R1", "A", 2018] is None
    assert "b" in results(panel, "status")["R1", "A", 2018].split(";")
    assert results(panel)["R1", "B", 2018] is not None


def test_a_break_in_the_first_year_lies_before_the_period():
    jobs = facts({2015: "A\nR1 100b", 2016: "A\nR1 80"})
    panel = hansa.compute("growth_rate", jobs, describe=UNKNOWN, start=2015, end=2016)
    assert results(panel)["R1", "A", 2016] == pytest.approx(-0.2, rel=1e-12)


def test_a_break_in_one_activity_reaches_the_clusters_that_hold_it(tmp_path):
    groups = definition(tmp_path, "cluster,activity,weight\nX,A,1\nX,B,1\nY,C,1\n")
    jobs = facts({2015: "A B C\nR1 9 9 9", 2016: "A B C\nR1 9b 9 9", 2017: "A B C\nR1 9 9 9"})
    panel = hansa.compute("growth_rate", jobs, groups, describe=UNKNOWN, start=2015, end=2017)
    assert results(panel) == {("R1", "X", 2017): None, ("R1", "Y", 2017): 0}


def test_a_rate_on_few_jobs_is_marked_tiny():
    """49 jobs at the start are below the 50 of the default; the number of jobs gained is not."""
    jobs = facts({2015: "A B\nR1 49 50", 2016: "A B\nR1 98 100"})
    rate = hansa.compute("growth_rate", jobs, describe=UNKNOWN, start=2015, end=2016)
    assert results(rate, "status") == {("R1", "A", 2016): "tiny", ("R1", "B", 2016): ""}
    assert results(rate)["R1", "A", 2016] == 1
    change = hansa.compute("employment_change", jobs, describe=UNKNOWN, start=2015, end=2016)
    assert set(results(change, "status").values()) == {""}
    lower = hansa.compute("growth_rate", jobs, describe=UNKNOWN, start=2015, end=2016, min_cell=10)
    assert set(results(lower, "status").values()) == {""}
