"""Bars of many clusters: the picture stays readable, the table behind it stays whole."""

from __future__ import annotations

from hansa.views.bars import size_bars
from hansa.views.quotients import specialisation_bars
from hansa.views.reading import MOST_BARS

from .panels import panel


def many(count: int, **header: object):
    rows = [
        {"geo": "R1", "cluster": f"c{i:02d}", "time": 2020, "value": float(i + 1), "status": ""}
        for i in range(count)
    ]
    return panel(rows, **header)


def test_the_highest_and_the_lowest_quotients_are_drawn():
    figure = specialisation_bars(many(60, measure="location_quotient_total", unit="ratio"))
    words = figure.svg()
    assert all(f">c{i:02d}<" in words for i in (59, 34, 9, 0)), "26 from the top, 10 from the end"
    assert not any(f">c{i:02d}<" in words for i in (33, 20, 10))
    assert any("Left out: 24 clusters between the highest" in note for note in figure.notes)
    assert len(figure.rows) == 60


def test_the_largest_sizes_are_drawn():
    figure = size_bars(many(60, measure="employment", unit="persons"))
    words = figure.svg()
    assert ">c59<" in words
    assert ">c24<" in words
    assert ">c23<" not in words
    assert any("Left out: 24 clusters that are smaller" in note for note in figure.notes)
    assert len(figure.rows) == 60


def test_few_bars_are_all_drawn():
    figure = size_bars(many(MOST_BARS, measure="employment", unit="persons"))
    assert not any("Left out" in note for note in figure.notes)
