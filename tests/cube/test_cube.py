"""The computing view: how codes nest, which rows are totals, how a year is laid out.

Values are compared exactly: whole numbers below 2^53.
"""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.axes import Axis
from hansa.codes import classification, geography_codes
from hansa.errors import HansaError
from small_tables import UNKNOWN, ZERO, facts, results, table

NACE = classification("nace:2")
NUTS = geography_codes("nuts:2013")


def axis(*codes: str, codelist=NACE) -> Axis:
    return Axis(tuple(sorted(codes)), codelist)


def names(own: Axis, positions) -> list[str]:
    return [own.codes[i] for i in positions]


def test_a_code_hangs_below_the_nearest_code_above_that_occurs():
    """41.10 is in group 41.1, which is not in the table: its parent here is division 41."""
    own = axis("F", "41", "41.10", "42", "B", "TOTAL")
    above = {
        c: own.codes[p] if p >= 0 else None for c, p in zip(own.codes, own.parent, strict=True)
    }
    assert above == {"F": None, "41": "F", "41.10": "41", "42": "F", "B": None, "TOTAL": None}
    assert names(own, own.roots) == ["B", "F"]
    assert names(own, own.leaves) == ["41.10", "42", "B"]
    assert names(own, own.inner) == ["41", "F"], "the deepest first"


@pytest.mark.parametrize(
    ("codes", "parent", "whole"),
    [
        (("F", "41", "42", "43"), "F", True),
        (("F", "41", "42"), "F", False),
        (("L", "68"), "L", True),
        (("41", "41.1", "41.20"), "41", True),
        (("41", "41.1"), "41", False),
    ],
)
def test_parts_are_the_whole_when_they_hold_every_finest_code(codes, parent, whole):
    own = axis(*codes)
    assert own.whole(own.place[parent]) is whole


def test_what_lies_in_no_region_does_not_keep_regions_from_being_a_country():
    """SIZZ is Eurostat's code for jobs in no region of Slovenia; few tables print it."""
    own = axis("SI", "SI03", "SI04", codelist=NUTS)
    assert own.whole(own.place["SI"])
    assert not axis("SI", "SI03", codelist=NUTS).whole(0)


def test_a_level_that_does_not_occur_names_those_that_do():
    with pytest.raises(HansaError, match=r"no code of level 'group' occurs\n  found:  division"):
        axis("41", "42").at_level("group")


def test_undeclared_codes_have_no_hierarchy():
    jobs = facts("F 41\nR1 100 40")
    assert results(hansa.compute("focus", jobs, describe=UNKNOWN))["R1", "41", 2020] == 40 / 140
    declared = {**UNKNOWN, "classification": "nace:2", "level": {"activity": "division"}}
    found = results(hansa.compute("focus", jobs, describe=declared))
    assert found == {("R1", "41", 2020): 0.4}


def test_a_hidden_section_is_the_sum_of_its_divisions_and_then_of_the_regions():
    """F is empty for Slovenia and for SI04; the divisions of both regions are published."""
    jobs = facts(
        """
                F    41    42    43
        SI      :     :     :     :
        SI03   60    10    20    30
        SI04    :    10    10    20
        EE     10     2     3     5
        """
    )
    described = {**UNKNOWN, "classification": "nace:2", "geography": "nuts:2013"}
    panel = hansa.compute(
        "employment", jobs, describe={**described, "level": {"activity": "section"}}
    )
    assert results(panel)["SI04", "F", 2020] == 40
    countries = hansa.compute(
        "employment",
        jobs,
        describe={**described, "level": {"activity": "section", "geo": "country"}},
    )
    assert results(countries) == {("EE", "F", 2020): 10, ("SI", "F", 2020): 100}


def test_a_parent_without_a_row_is_not_zero_where_absent_rows_are():
    """`absent_rows = zero` speaks of parts; a total that nobody printed is made of its parts."""
    jobs = facts("F 41 42 43\nR1 . 10 20 30\nR2 50 10 20 20")
    described = {**ZERO, "classification": "nace:2", "level": {"activity": "section"}}
    assert results(hansa.compute("employment", jobs, describe=described))["R1", "F", 2020] == 60


def test_a_total_that_is_only_a_little_below_its_rounded_parts_is_taken():
    """Two parts and a total, each rounded to a whole number, may differ by 1.5."""
    assert hansa.compute("focus", facts("A B TOTAL\nR1 1 1 1"), describe=UNKNOWN)
    with pytest.raises(HansaError, match="parts 4, total 2"):
        hansa.compute("focus", facts("A B TOTAL\nR1 2 2 2"), describe=UNKNOWN)


def test_a_key_that_stands_twice_is_refused():
    rows = [("R1", "A", 2020, 1, ""), ("R1", "B", 2020, 1, ""), ("R1", "A", 2020, 2, "")]
    with pytest.raises(HansaError, match="geo R1, activity A, time 2020"):
        hansa.compute("employment", table(rows), describe=UNKNOWN)


def test_an_aggregate_beside_the_tree_is_a_reference_and_no_region():
    jobs = facts("A B\nR1 30 70\nR2 20 180\nEU 500 1500")
    panel = hansa.compute(
        "location_quotient_total", jobs, describe={**UNKNOWN, "areas": "EU"}, reference="EU"
    )
    assert {key[0] for key in results(panel)} == {"R1", "R2"}
    assert results(panel)["R1", "A", 2020] == (30 * 2000) / (100 * 500)
    everything = hansa.compute("location_quotient_total", jobs, describe={**UNKNOWN, "areas": "EU"})
    assert results(everything)["R1", "A", 2020] == (30 * 300) / (100 * 50)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["R1", "R2", "R3"]), st.sampled_from("ABC"), st.just(2020)),
        st.integers(0, 99),
        min_size=1,
    )
)
def test_tables_in_every_form_give_the_same_results(jobs):
    """pandas, Arrow, polars and a file: one table, one answer."""
    import polars as pl

    frame = table([(r, a, t, n, "") for (r, a, t), n in jobs.items()])
    arrow = pa.table(frame)
    wanted = results(hansa.compute("focus", frame, describe=ZERO))
    for same in (arrow, pl.from_arrow(arrow)):
        assert results(hansa.compute("focus", same, describe=ZERO)) == wanted


def test_listed_rows_are_those_of_the_table():
    """`rows = listed` leaves out the cells without a row, and nothing else changes."""
    jobs = facts("A B C\nR1 30 . 70\nR2 20 10 :")
    grid = hansa.compute("location_quotient_total", jobs, describe=ZERO)
    listed = hansa.compute("location_quotient_total", jobs, describe=ZERO, rows="listed")
    assert ("R1", "B", 2020) not in results(listed)
    assert results(listed).items() <= results(grid).items()
    assert len(listed) == 5


def test_years_keep_apart():
    jobs = facts({2019: "A B\nR1 1 3", 2020: "A B\nR1 3 1"})
    found = results(hansa.compute("focus", jobs, describe=UNKNOWN))
    assert found["R1", "A", 2019] == 0.25
    assert found["R1", "A", 2020] == 0.75
    only = hansa.compute("focus", jobs, describe=UNKNOWN, start=2020)
    assert {key[2] for key in results(only)} == {2020}
    with pytest.raises(HansaError, match="there are no facts for 2021"):
        hansa.compute("focus", jobs, describe=UNKNOWN, end=2021)
