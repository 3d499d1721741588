"""Ways out of a finding on the page of a dropped table: fields in place of options."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string

from hansa.errors import Finding
from hansa.language import speaking
from hansa.web import drop_fields
from hansa.web.site.settings import configure
from hansa.web.site.ways import LABELS, in_the_browser

COLUMN = "say which column it is: --columns geo=reg, or in the study columns = { geo = 'reg' }"
TOTAL = 'total = ["TOTAL"] in study.toml or NAME.meta.toml, or --table total=TOTAL'


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        (
            "save it as UTF-8, or name its encoding: --encoding latin-1",
            "save it as UTF-8, or name its encoding: below, at “Encoding”: latin-1",
        ),
        (COLUMN, "say which column it is: below, at “Region”: reg"),
        (TOTAL, "below, at “Words for the total, parted by ;”: TOTAL"),
        ("name one: --sheet NAME", "name one: below, at “Sheet”"),
        ("leave its rows out: --where area!=DE", "leave its rows out: in the file"),
        ("several: repeat --facts", "several: repeat --facts"),
        ("correct the cell", "correct the cell"),
    ],
)
def test_a_way_out_is_a_field_of_the_page(fix: str, told: str) -> None:
    assert in_the_browser(fix) == told


def test_fields_are_called_what_the_page_calls_them() -> None:
    source = Path(drop_fields.__file__).read_text(encoding="utf-8")
    assert [label for label in LABELS.values() if f'N_("{label}")' not in source] == []


def test_fields_are_named_in_the_language_of_the_page() -> None:
    with speaking("sv"):
        assert "Teckenkodning" in in_the_browser("--encoding latin-1")
        told = in_the_browser("ange det: total = ['TOTAL'] eller --table total=TOTAL")
    assert told == "ange det: nedan, vid ”Ord för totalen, åtskilda med ;”: TOTAL"


def test_the_page_of_a_table_names_its_fields_only_where_they_are_there() -> None:
    configure()
    finding = Finding("error", "", "no name", "<b>", "", "name one: --sheet NAME")
    told = render_to_string("drop-finding.html", {"finding": finding, "seen": object()})
    assert "name one: below, at “Sheet”" in told
    assert "&lt;b&gt;" in told
    assert "name one: --sheet NAME" in render_to_string("drop-finding.html", {"finding": finding})
