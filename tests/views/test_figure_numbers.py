"""Numbers along the axes of a figure are written as in the language of the page."""

from __future__ import annotations

from hansa.language import speaking
from hansa.views.figure import SCHEMA, Figure

SPEC = {
    "$schema": SCHEMA,
    "width": 400,
    "height": 300,
    "data": {"values": [{"a": 0, "b": 0}, {"a": 12_000, "b": 1.5}]},
    "mark": "point",
    "encoding": {
        "x": {"field": "a", "type": "quantitative"},
        "y": {"field": "b", "type": "quantitative"},
    },
}


def test_a_figure_writes_its_numbers_in_the_language_spoken() -> None:
    figure = Figure("f", "Title", "", SPEC, SPEC, "alt")
    english = figure.svg()
    assert ">0.2<" in english
    assert ">10,000<" in english
    assert "format_locale" not in figure.request()
    with speaking("sv"):
        swedish = figure.svg()
    assert ">0,2<" in swedish
    assert ">10\u202f000<" in swedish
    assert figure.svg() == english
