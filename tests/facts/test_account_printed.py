"""What a printed number may stand for."""

from __future__ import annotations

from math import inf

import pytest

from hansa.facts.account.printed import number
from hansa.facts.account.table import stem, typed, words


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("63", 62.5, 63.5, ""),
        ("2.4", 2.35, 2.45, ""),
        ("13 percent", 12.5, 13.5, "percent"),
        ("13 %", 12.5, 13.5, "percent"),
        ("13 per cent", 12.5, 13.5, "percent"),
        ("0,8", 0.75, 0.85, ""),
        ("1,234", 1233.5, 1234.5, ""),
        ("1 124", 1123.5, 1124.5, ""),
        ("1.124,5", 1124.45, 1124.55, ""),
        ("-4", -4.5, -3.5, ""),
        ("−4", -4.5, -3.5, ""),
        ("+3", 2.5, 3.5, ""),
        ("3=", 2.5, 3.5, ""),
        ("approximately 5000", 4500, 5500, ""),
        ("ca. 60 %", 55, 65, "percent"),
        ("about 60", 55, 65, ""),
        ("about 47", 44.65, 49.35, ""),
        ("more than 350", 350, inf, ""),
        ("at most 7", -inf, 7, ""),
        ("40-50", 39.5, 50.5, ""),
        ("40 to 50 percent", 39.5, 50.5, "percent"),
        ("2-3 a year", 1.5, 3.5, "a year"),
        ("eleven countries", 10.5, 11.5, "countries"),
        ("57.5 million people", 57.45e6, 57.55e6, "people"),
        ("31 NUTS-2", 30.5, 31.5, "nuts-2"),
    ],
)
def test_numbers(text, low, high, unit):
    n = number(text)
    assert n is not None
    assert (n.low, n.high, n.unit) == (pytest.approx(low), pytest.approx(high), unit)


@pytest.mark.parametrize(
    "text", ["", "-", "–", ":", "n/a", "A1", "2008-09", "2008-09 to 2009-09", "food", "Figure 1"]
)
def test_no_numbers(text):
    assert number(text) is None


def test_what_a_comma_means_is_told_by_the_whole_column():
    table = typed("t.csv", {"a": ["1,234", "5,5"], "b": ["1,234", "12,500"]}, [2, 3])
    assert [n.value for n in table.columns[0].numbers] == [1.234, 5.5]
    assert [n.value for n in table.columns[1].numbers] == [1234, 12500]


def test_columns_are_typed_by_content_and_by_words():
    table = typed(
        "t.csv",
        {
            "area": ["North", "South", "Total"],
            "rank_2008": ["1", "2", ""],
            "index_2008": ["63", "61", ""],
            "rank_change": ["+1", "-1", ""],
            "share of jobs": ["60 %", "40 %", "100 %"],
            "of_countries": ["10", "10", "20"],
            "in_top_ten": ["yes", "no", ""],
            "start": ["2008-09", "2008-10", ""],
            "chapter": ["1.2", "1.3", ""],
            "all": ["5", "6", "11"],
        },
        [2, 3, 4],
    )
    assert {c.name: (c.kind, c.role) for c in table.columns} == {
        "area": ("text", ""),
        "rank_2008": ("number", "rank"),
        "index_2008": ("number", "value"),
        "rank_change": ("number", "change"),
        "share of jobs": ("number", "share"),
        "of_countries": ("number", "possible"),
        "in_top_ten": ("flag", ""),
        "start": ("date", ""),
        "chapter": ("number", "label"),
        "all": ("number", "total"),
    }
    assert table.key is table.columns[0]
    assert table.totals == {2}
    assert table.columns[1].years == (2008,)


def test_words():
    assert words("survey_recipients") == ("survey", "recipient")
    assert [stem(w) for w in ("countries", "analysis", "boxes", "Companies")] == [
        "country",
        "analysis",
        "box",
        "company",
    ]
