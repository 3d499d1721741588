"""What a user asks for, put into a service's codes; questions that are too big are halved."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hansa.errors import UsageError
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.filters import cells, halves, known, parts, resolved, within

GEO = {"SE": "Sweden", "SE11": "Stockholm", "SE12": "Östra Mellansverige", "FI1B": "Helsinki"}
YEARS = {str(y): str(y) for y in range(2015, 2021)}


def structure() -> Structure:
    return Structure(
        "tab",
        dimensions=(
            Dimension("nace_r2", "Industry", {"C10": "Food", "C11": "Beverages"}),
            Dimension("geo", "Region", GEO),
            Dimension("TIME_PERIOD", "Time", YEARS, time=True),
        ),
    )


def test_patterns_are_spelled_out_in_the_order_of_the_service() -> None:
    found = resolved({"GEO": ["fi1b", "SE??"], "time": ["2016:2018"]}, structure())
    assert found == {"geo": ("SE11", "SE12", "FI1B"), "TIME_PERIOD": ("2016:2018",)}


def test_the_first_code_that_exists_is_taken() -> None:
    assert resolved({"nace_r2": ["C12|C11|C10"]}, structure()) == {"nace_r2": ("C11",)}


def test_an_unknown_code_is_refused_with_codes_like_it() -> None:
    with pytest.raises(UsageError) as refused:
        resolved({"geo": ["SE1"]}, structure())
    assert "has no code 'SE1'" in str(refused.value)
    assert "SE11 (Stockholm)" in str(refused.value)


def test_a_name_in_place_of_a_code_finds_the_code() -> None:
    with pytest.raises(UsageError, match=r"FI1B \(Helsinki\)"):
        resolved({"geo": ["helsinki"]}, structure())


def test_an_unknown_dimension_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        resolved({"unit": ["PC"]}, structure())
    assert "nace_r2, geo, TIME_PERIOD" in str(refused.value)


@pytest.mark.parametrize("odd", [["2015:x"], ["2015:2016", "2018"], [":"], ["a:b"], ["abc"]])
def test_odd_periods_are_refused(odd: list[str]) -> None:
    with pytest.raises(UsageError, match="periods cannot be read"):
        resolved({"time": odd}, structure())


def test_a_question_made_in_advance_says_what_is_not_there() -> None:
    asked, lost = known({"geo": ["SE??", "IS??"]}, structure())
    assert asked == {"geo": ("SE??",)}
    assert lost == ("The data set has no code of geo like IS??.",)


def test_a_question_made_in_advance_with_nothing_left_is_refused() -> None:
    with pytest.raises(UsageError, match="has no code 'IS"):
        known({"geo": ["IS??"]}, structure())


@pytest.mark.parametrize(
    ("period", "wanted", "inside"),
    [
        ("2016-Q4", "2015:2016", True),
        ("2017-Q1", "2015:2016", False),
        ("2015", "2015:", True),
        ("2014", "2015:", False),
        ("2020", ":2020", True),
        ("2021", ":2020", False),
        ("2015M01", "2015-03:", False),
        ("2015-03", "2015M03:2016", True),
        ("2016-12", ":2016-Q2", False),
        ("2015K2", "2015", True),
        ("2016", "2015-Q2:2016", True),
        ("2015-08", "2015-Q3:", True),
        ("TOTAL", "2015:", False),
    ],
)
def test_quarters_lie_within_their_years(period: str, wanted: str, inside: bool) -> None:
    assert within(period, [wanted]) is inside


def spelled(filters: dict[str, tuple[str, ...]]) -> set[tuple[str, ...]]:
    own = [
        [p for p in d.codes if within(p, filters.get(d.id, ()))]
        if d.time
        else list(filters.get(d.id) or d.codes)
        for d in structure().dimensions
    ]
    return set(product(*own))


@given(
    st.lists(st.sampled_from(sorted(GEO)), unique=True),
    st.sampled_from(["", "2016:2018", "2015:"]),
    st.integers(1, 60),
)
def test_parts_make_up_the_whole_and_none_is_too_big(
    geo: list[str], period: str, most: int
) -> None:
    asked = {"geo": geo, "time": [period]} if period else {"geo": geo}
    filters = resolved({k: v for k, v in asked.items() if v}, structure())
    found = [spelled(dict(one)) for one in parts(structure(), filters, most)]
    assert set.union(*found) == spelled(filters)
    assert sum(map(len, found)) == len(spelled(filters)), "no cell is asked for twice"
    assert max(map(len, found)) <= most


def test_one_cell_cannot_be_halved() -> None:
    one = {"nace_r2": ("C10",), "geo": ("SE",), "TIME_PERIOD": ("2015",)}
    assert cells(structure(), one) == 1
    assert halves(structure(), one) is None


def test_a_service_that_lists_no_codes_gives_no_size() -> None:
    assert cells(Structure("t", dimensions=(Dimension("geo"),)), {}) == 0
