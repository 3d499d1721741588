"""Whatever stands in the tables of an account, there are findings and no crash."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.facts.account.check import check_account

NAMES = st.sampled_from(
    [
        *("country", "rank", "rank_2008", "index_2008", "index_2003", "rank_change_2003_2008"),
        *("change", "total", "share", "at_least_four", "top_ten", "of_countries", "start", "end"),
        *("order", "value", "fact", "unit", "note", "group", "group_label", "lead_country"),
        *("place", "score", "year", "Σ", "a b", "percent", "one_of_the_nine", "possible"),
    ]
)
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", "-", "yes", "no", "x", "1", "2", "3", "3=", "2.5", "-1", "+1", "−2", "0", "1e9"),
            *("1,234", "0,8", "about 5", "40-50", "more than 3", "50-40", "13 percent", "Total"),
            *("2008-09", "2008-13", "2009-02-30", "four pilots", "lead", "left", "all", "🦉", "%"),
            *("1 000 000", "1.2.3", "1,2,3", ">", "~7", "third", "99999999999999999999", "0.0001"),
        ]
    ),
    st.integers(-5, 40).map(str),
    st.text("abcÄ ,.-0123456789%", max_size=8),
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    rows = draw(
        st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=12)
    )
    return [names, *rows]


def check(drawn: list[list[list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        for k, rows in enumerate(drawn):
            file = Path(name) / f"{('pilots', 'survey_recipients', 'facts')[k]}.csv"
            with file.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)
        for f in check_account(Path(name)):
            assert f.severity in ("error", "warning", "note")
            assert f.rule
            assert f.place
            assert all(isinstance(x, str) for x in f.as_dict().values())


@settings(max_examples=100, deadline=None)
@given(st.lists(tables(), min_size=1, max_size=3))
def test_random_tables_are_read_or_refused(drawn):
    check(drawn)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(st.lists(tables(), min_size=1, max_size=3))
def test_random_tables_are_read_or_refused_at_length(drawn):
    check(drawn)
