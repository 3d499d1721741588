"""How numbers are written."""

from __future__ import annotations

import pytest

from hansa.panel import Header
from hansa.views.format import Scale, grouped, joined, scale_of

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
