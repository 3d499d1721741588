"""How numbers are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.panel import Header
from hansa.views.format import Scale, grouped, joined, scale_of, share_estimated

JOBS = Scale("amount", "persons")
QUOTIENT = Scale("quotient")
CHANGE = Scale("change")
SHARE = Scale("share")


@pytest.mark.parametrize(
    ("scale", "value", "text"),
    [
        (JOBS, 1234567.0, "1\u202f234\u202f567"),
        (JOBS, 0.0, "0"),
        (JOBS, None, "·"),
        (JOBS, float("nan"), "·"),
        (QUOTIENT, 2.449, "2.4"),
        (QUOTIENT, 0.844, "0.84"),
        (QUOTIENT, 12.4, "12"),
        (CHANGE, 0.034, "+3.4\u202f%"),
        (CHANGE, -0.125, "−13\u202f%"),
        (CHANGE, 0.0, "0.0\u202f%"),
        (SHARE, 0.125, "13\u202f%"),
        (Scale("amount", "euro", True), 1250.0, "+1\u202f250"),
    ],
)
def test_a_number_as_text(scale: Scale, value: float | None, text: str) -> None:
    assert scale.text(value) == text


def test_digits_that_the_interval_makes_doubtful_are_dropped() -> None:
    assert JOBS.text(12345, spread=1300) == "12\u202f300"
    assert QUOTIENT.text(2.44, spread=0.3) == "2.4"


def test_an_interval_is_rounded_outwards() -> None:
    assert QUOTIENT.interval(2.31, 2.58) == "2.3–2.6"
    assert JOBS.interval(11_910, 13_180) == "11\u202f900–13\u202f200"


def test_exact_decimals_are_not_pushed_outwards_by_binary_fractions() -> None:
    assert QUOTIENT.interval(0.1 + 0.2, 0.7) == "0.30–0.70"


def test_an_interval_with_a_minus_is_written_with_a_word() -> None:
    assert CHANGE.interval(-0.05, 0.03) == "−5.0\u202f% to +3.0\u202f%"


def test_a_value_without_interval_stands_alone_and_an_interval_without_value_too() -> None:
    assert QUOTIENT.with_interval(2.4, 2.4, 2.4) == "2.4"
    assert QUOTIENT.with_interval(2.4, None, None) == "2.4"
    assert QUOTIENT.with_interval(None, 1.0, 2.0) == "1.0–2.0"
    assert QUOTIENT.with_interval(2.4, 2.3, 2.6) == "2.4 (2.3–2.6)"


def test_an_interval_that_is_open_on_one_side_names_its_one_end() -> None:
    assert QUOTIENT.with_interval(2.4, 0.31, None) == "2.4 (0.31 or more)"
    assert CHANGE.with_interval(0.1, None, 0.253) == "+10 % (+26 % or less)"
    assert QUOTIENT.interval(None, None) == "·"
    assert QUOTIENT.bounds(0.31, None) == ("0.31", "")
    assert QUOTIENT.text(2.4, spread=math.inf) == "2.4"


def test_halves_are_rounded_away_from_zero() -> None:
    assert [grouped(v) for v in (0.5, 1.5, 2.5, -2.5)] == ["1", "2", "3", "−3"]


def test_a_list_takes_semicolons_where_a_name_has_commas() -> None:
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["oil, gas", "ships"]) == "oil, gas; ships"


@pytest.mark.parametrize(
    ("measure", "unit", "style"),
    [
        ("employment", "persons", "amount"),
        ("location_quotient_total", "ratio", "quotient"),
        ("growth_rate", "share", "change"),
        ("growth_annual", "share per year", "change"),
        ("growth_symmetric", "share, -2 to 2", "amount"),
        ("focus", "share 0-1", "share"),
    ],
)
def test_the_header_decides_how_values_are_written(measure: str, unit: str, style: str) -> None:
    assert scale_of(Header(measure, unit)).style == style


def test_stars_are_whole() -> None:
    stars = Scale("amount", "stars")
    assert [stars.text(0.0), stars.text(3.0), stars.interval(0.0, 1.0)] == ["0", "3", "0–1"]
    assert stars.with_interval(None, 1.0, 3.0) == "1–3"


def test_bounds_are_rounded_by_their_own_size_and_growth_never_falls_below_minus_100_per_cent():
    """−99.93 % beside +142 000 % used to become −10 000 %: the width took every digit."""
    assert CHANGE.interval(-0.999321, 1422.36) == "−100\u202f% to +150\u202f000\u202f%"
    assert CHANGE.interval(-0.998420, 610.35) == "−100\u202f% to +62\u202f000\u202f%"
    assert CHANGE.interval(-0.35, 610.35) == "−40\u202f% to +62\u202f000\u202f%"
    assert JOBS.interval(360, 520_949) == "300–530\u202f000"
    assert QUOTIENT.interval(0.0, 230.0) == "0–230"
    assert QUOTIENT.interval(0.001, 230.0) == "0–230"


def test_a_value_keeps_its_first_digit_however_wide_its_interval() -> None:
    assert CHANGE.with_interval(-0.0173, -0.999321, 1422.36).startswith("−2\u202f% (−100\u202f%")
    assert QUOTIENT.text(9.2, spread=32) == "9"


def test_a_share_of_a_whole_is_printed_as_at_most_100_per_cent() -> None:
    assert SHARE.interval(0.0, 1.0) == "0\u202f%–100\u202f%"
    assert SHARE.interval(0.0, 0.997) == "0\u202f%–100\u202f%"


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.floats(-1, 5000), st.floats(0, 1), st.floats(1e-4, 5000))
def test_printed_intervals_of_growth_hold_the_bounds_and_stay_possible(low, part, width) -> None:
    """Outwards, never below −100 %, and the printed value is never outside of them."""
    high, value = low + width, low + part * width
    texts = CHANGE.bounds(low, high)
    shown = [number(text) for text in (texts[0], CHANGE.text(value, high - low), texts[1])]
    assert shown[0] <= 100 * low + 1e-6 * max(1, abs(100 * low))
    assert shown[2] >= 100 * high - 1e-6 * max(1, abs(100 * high))
    assert shown[0] >= -100
    assert shown[0] <= shown[1] <= shown[2]


def number(text: str) -> float:
    plain = text.replace("\u202f", "").replace("−", "-").replace("%", "").replace("+", "")
    return float(plain)


def test_a_share_that_rounds_to_nothing_is_not_written() -> None:
    assert [share_estimated(x) for x in (0.0, 0.004, 0.005, 0.13, 1.0)] == [
        "",
        "",
        "1\u202f%",
        "13\u202f%",
        "100\u202f%",
    ]
