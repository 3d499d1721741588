"""What marks carry: codes under fixed names, and the same words wherever they speak."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from hansa.views.bars import size_bars
from hansa.views.canvas import CODES, codes_of, stands_for
from hansa.views.claims import claims_chart
from hansa.views.figure import VEGALITE, Figure
from hansa.views.heattable import heat_table
from hansa.views.hover import cell_hover, filled_words, told, value_words
from hansa.views.index_league import league_figure
from hansa.views.index_profile import Who, profile_figure, strengths_figure
from hansa.views.index_words import IndexView
from hansa.views.reading import Cell, read
from hansa.views.tilemap import tile_map

from . import test_charts, test_choropleth, test_claims, test_heattable, test_quadrants
from . import test_index_figures as indices
from .marking import breaches, layers, speaking
from .panels import NAMES, quotients, rates, sizes
from .test_starsmap import figure as stars


def every() -> dict[str, Figure]:
    view = IndexView(indices.index(), indices.WORDS)
    return {
        **test_charts.figures(),
        "striped": test_charts.figures(model_data=True)["size"],
        "areas": test_choropleth.figure(),
        "claims": claims_chart(
            test_claims.panel(), test_claims.AREAS, test_claims.LINKS, words=NAMES
        ),
        "table": heat_table(
            test_heattable.quotients(test_heattable.ROWS), words=test_heattable.WORDS
        ),
        "kinds": test_quadrants.figure(),
        "stars": stars(),
        "ranks": league_figure(view),
        "profile": profile_figure(view, Who(("U3",))),
        "strengths": strengths_figure(view, "U3", 2),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return every()


# --- the convention ------------------------------------------------------------------


def test_every_mark_carries_its_codes_and_speaks(figures: dict[str, Figure]) -> None:
    assert [fault for figure in figures.values() for fault in breaches(figure)] == []


def test_what_is_drawn_is_what_the_table_behind_a_figure_holds(
    figures: dict[str, Figure],
) -> None:
    for name, kind in (
        ("size", "cluster"), ("map", "geo"), ("league", "geo"), ("areas", "geo"),
        ("stars", "geo"), ("table", "geo"), ("ranks", "unit"), ("profile", "indicator"),
    ):  # fmt: skip
        figure = figures[name]
        place = figure.columns.index("Code")
        codes = {row[place] for row in figure.rows}
        for spec in (figure.spec, figure.narrow):
            drawn = {v for pairs in speaking(spec) for k, v in pairs if k == kind}
            # Light grey areas lie outside of the data; a league leaves out what has no rank.
            assert drawn - codes <= {"UKL1"}, name
            assert codes - drawn <= {"UKL1"}, name


@pytest.mark.parametrize("lost", ["codes", "hover", "tooltip"])
@pytest.mark.parametrize("name", ["size", "table", "kinds", "areas", "ranks", "profile"])
def test_a_mark_that_loses_any_of_it_is_found(
    name: str, lost: str, figures: dict[str, Figure]
) -> None:
    """Taken away from one layer after the other: every time it is noticed."""
    figure = figures[name]
    speaks = [
        i
        for i, (layer, values) in enumerate(layers(figure.spec))
        if layer["mark"]["type"] not in ("text", "rule", "point")
        and any("hover" in v for v in values)
    ]
    for i in speaks:
        spec = copy.deepcopy(figure.spec)
        if lost == "tooltip":
            spec["layer"][i]["encoding"].pop("tooltip")
        for v in spec["layer"][i]["data"]["values"]:
            for key in CODES if lost == "codes" else ("hover",) if lost == "hover" else ():
                v.pop(key, None)
        assert breaches(replace(figure, spec=spec)), (name, i)


def test_a_cell_of_the_table_stands_for_its_region_and_its_cluster(
    figures: dict[str, Figure],
) -> None:
    told_ = speaking(figures["table"].spec)
    assert told_[("geo", "UKC2"), ("cluster", "food")] == {
        "Northumberland and Tyne and Wear, Food and drink: 1.0 (0.80–1.3) times the reference share"
    }
    texts = [
        v for layer, values in layers(figures["table"].spec) for v in values
        if layer["mark"]["type"] == "text" and codes_of(v)
    ]  # fmt: skip
    names = {v["text"]: codes_of(v) for v in texts}
    assert names["Food and drink"] == {"cluster": "food"}
    assert names["Sweden"] == {"geo": "SE"}
    assert names["2.0"] == {"geo": "UKC1", "cluster": "food"}


def test_names_and_numbers_have_the_code_of_their_row_and_each_mark_says_its_own(
    figures: dict[str, Figure],
) -> None:
    values = [v for _, own in layers(figures["size"].spec) for v in own]
    name = next(v for v in values if v.get("text") == "Food and drink")
    assert name["hover"] == "Food and drink"
    number = next(v for v in values if v.get("text") == "+25\u202f%")
    assert codes_of(name) == codes_of(number) == {"cluster": "food"}
    bar = next(v for v in values if v.get("cluster") == "food" and "value" in v)
    assert bar["hover"] == "Food and drink: 1\u202f000 (900–1\u202f100) jobs"
    dot = next(v for v in values if v.get("cluster") == "food" and "rate" in v)
    assert dot["hover"] == "Food and drink: change 2015–2018 +25\u202f%"


def test_a_name_that_is_cut_says_all_of_it() -> None:
    long = "Manufacture of all the things that have a name much too long for any row"
    panel = sizes({"cluster": "food", "value": 1.0})
    made = size_bars(panel, words=replace(NAMES, labels={"food": long}))
    named = [v for _, own in layers(made.spec) for v in own if "cluster" in v and "text" in v]
    name = next(v for v in named if v["text"].startswith("Manuf"))
    assert name["text"].endswith("…")
    assert name["hover"] == long


def test_words_axes_and_lines_through_many_things_stand_for_nothing(
    figures: dict[str, Figure],
) -> None:
    figure = figures["specialisation"]
    words = {figure.source, "same share as in Great Britain", *figure.notes}
    for spec in (figure.spec, figure.narrow):
        for layer, values in layers(spec):
            axis = layer["mark"].get("opacity") == 0
            for v in values:
                if axis or v.get("text") in words:
                    assert not codes_of(v)
                    assert "hover" not in v


def test_the_own_mark_of_a_profile_is_that_of_the_unit_and_the_indicator(
    figures: dict[str, Figure],
) -> None:
    found = set(speaking(figures["profile"].spec))
    assert (("indicator", "p"),) in found
    assert (("unit", "U3"), ("indicator", "p")) in found


# --- what reaches the browser --------------------------------------------------------


def _marks(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [m for mark in group.get("marks", []) for m in (mark, *_marks(mark))]


@pytest.mark.parametrize("name", ["size", "table", "kinds", "areas", "ranks"])
def test_codes_and_words_reach_the_marks_of_the_renderer(
    name: str, figures: dict[str, Figure]
) -> None:
    """No step between the data of a figure and the data of its marks drops or adds a field."""
    import vl_convert

    figure = figures[name]
    vega = vl_convert.vegalite_to_vega(figure.spec, vl_version=VEGALITE)
    by_name = {d["name"]: d for d in vega["data"]}
    wanted = [values for _, values in layers(figure.spec) if values]
    found = []
    for mark in _marks(vega):
        source = by_name[mark["from"]["data"]] if "from" in mark else None
        while source is not None:
            steps = {t["type"] for t in source.get("transform", [])}
            # Steps that leave rows as they are, or take them all away; none that makes new ones.
            assert steps <= {"filter", "formula", "sequence", "geojson"}, steps
            found.append(source.get("values"))
            source = by_name.get(source.get("source", ""))
    assert [v for v in wanted if v not in found] == []


# --- words ---------------------------------------------------------------------------


def test_fixed_names() -> None:
    assert stands_for("activity", "C") == {"cluster": "C"}
    assert stands_for("geo", "FI1D") == {"geo": "FI1D"}
    assert codes_of({"unit": "SE", "hover": "Sweden", "x": 1}) == {"unit": "SE"}
    assert told("Food", "12 jobs", "", "new") == "Food: 12 jobs; new"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"value": 2.0}, "2.0 times the reference share"),
        ({"value": 2.0, "lower": 1.5, "upper": 2.5}, "2.0 (1.5–2.5) times the reference share"),
        (
            {"value": None, "lower": 1.5, "upper": 2.5},
            "1.5–2.5 times the reference share (known only between two bounds)",
        ),
        (
            {"value": None, "lower": 1.5, "upper": 2.5, "status": frozenset(("interval", "c"))},
            "1.5–2.5 times the reference share (confidential; known only between two bounds)",
        ),
        (
            {"value": 2.0, "estimated": 0.12, "status": frozenset(("p", "tiny"))},
            "2.0 times the reference share (12\u202f% estimated; provisional; "
            "below the smallest cell that carries a rate)",
        ),
        (
            {"value": 2.0, "estimated": 0.001},
            "2.0 times the reference share (less than 1\u202f% estimated)",
        ),
        ({"value": None, "status": frozenset("c")}, "not known (confidential)"),
        (
            {"value": None, "status": frozenset(("c", "p", "q"))},
            "not known (confidential; provisional; q)",
        ),
        ({"value": None}, "not known (no reason recorded)"),
        ({"value": None, "status": frozenset("p")}, "not known (no reason recorded; provisional)"),
    ],
)
def test_a_value_is_never_told_without_its_certainty(cell: dict[str, Any], said: str) -> None:
    header = quotients({"value": 1.0}).header
    assert value_words(Cell("food", "Food", **cell), header) == said


def test_the_unit_is_that_of_the_measure() -> None:
    jobs, change = sizes({"cluster": "food", "value": 1}), rates({"cluster": "food", "value": 0.1})
    cell = Cell("food", "Food", 0.25)
    assert value_words(replace(cell, value=1200.0), jobs.header) == "1\u202f200 jobs"
    assert value_words(cell, change.header) == "+25\u202f%"
    ratio = replace(quotients({"value": 1.0}).header, measure="relative_wage")
    assert value_words(cell, ratio) == "0.25 times the reference"
    pay = replace(jobs.header, measure="payroll", label="Size: wage bill", unit="million euro")
    assert value_words(cell, pay) == "0.250 million euro"


def test_regions_are_named_with_their_code_and_clusters_without() -> None:
    region = read(quotients({"geo": "UKC1", "value": 2.0}), "geo", words=NAMES)
    assert cell_hover(region.cells[0], region).startswith("UKC1 Tees Valley and Durham: 2.0 times")
    cluster = read(quotients({"value": 2.0}), "cluster", words=NAMES)
    assert cell_hover(cluster.cells[0], cluster).startswith("Food and drink: 2.0 times")


def test_the_map_and_the_table_say_the_same_of_a_region(figures: dict[str, Figure]) -> None:
    panel = quotients({"geo": "UKC1", "value": 2.0, "lower": 1.5, "upper": 2.5, "status": "p"})
    (square,) = speaking(tile_map(panel, words=NAMES).spec).values()
    (cell,) = speaking(heat_table(panel, words=NAMES).spec).values()
    ends = [text.partition(": ")[2] for text in (*square, *cell)]
    assert ends == ["2.0 (1.5–2.5) times the reference share (provisional)"] * 2


def test_filled_weight_is_told_where_there_is_any() -> None:
    assert filled_words(0.0) == ""
    assert filled_words(0.125) == "13\u202f% of the weight on filled cells"
    assert filled_words(0.0001) == "less than 1\u202f% of the weight on filled cells"
