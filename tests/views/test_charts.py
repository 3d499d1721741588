"""What the figures draw, read from their specifications."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.views import figure as rendering
from hansa.views.charts import At, Figure, size_bars, specialisation_bars, tile_map
from hansa.views.league import league
from hansa.views.leaguechart import interval_chart
from hansa.views.lettering import has_glyph, width, wrapped
from hansa.views.quotients import symmetric_reach, tick_text
from hansa.views.theme import CONTEXT, FONT, INK, QUIET, contrast, letters_on
from hansa.views.tiles import country, layout_for

from .panels import NAMES, dashed, data, quotients, rates, sizes, words

SIZES = (
    {"cluster": "wood", "value": 400.0},
    {"cluster": "food", "value": 1000.0, "lower": 900.0, "upper": 1100.0},
    {"cluster": "metals", "value": None, "status": "c"},
    {"cluster": "ships", "value": None, "lower": 100.0, "upper": 300.0, "status": "interval"},
)
RATES = (
    {"cluster": "wood", "value": -0.1},
    {"cluster": "food", "value": 0.25},
    {"cluster": "metals", "value": None, "status": "entry"},
    {"cluster": "ships", "value": 0.5, "status": "tiny"},
)
QUOTIENTS = (
    {"cluster": "wood", "value": 0.0},
    {"cluster": "food", "value": 3.0, "lower": 2.5, "upper": 3.5},
    {"cluster": "metals", "value": None, "status": "c"},
    {"cluster": "ships", "value": 0.5, "status": "tiny", "lower": 0.5, "upper": 0.5},
)
REGIONS = (
    {"geo": "UKC1", "value": 2.0},
    {"geo": "UKC2", "value": 0.5, "lower": 0.4, "upper": 0.7},
    {"geo": "UKL1", "value": None, "status": "c"},
    {"geo": "UKL2", "value": None, "lower": 0.5, "upper": 3.0, "status": "interval"},
)


def figures(**header: Any) -> dict[str, Figure]:
    maps = quotients(*REGIONS, **header)
    return {
        "size": size_bars(sizes(*SIZES, **header), rates(*RATES, **header), words=NAMES),
        "specialisation": specialisation_bars(quotients(*QUOTIENTS, **header), words=NAMES),
        "map": tile_map(maps, words=NAMES),
        "league": interval_chart(league(maps, words=NAMES), chosen=("UKC2",)),
    }


# --- size and growth -----------------------------------------------------------------


def test_bars_are_ordered_by_size_and_absent_ones_stand_last() -> None:
    figure = figures()["size"]
    assert [row[0] for row in figure.rows] == ["food", "wood", "ships", "metals"]
    bars = data(figure.spec, "cluster", "from", "to", "value")
    drawn = [(b["cluster"], b["from"], b["to"]) for b in bars]
    assert drawn == [("food", 0, 1000), ("wood", 0, 400)]
    assert bars[0]["y"] < bars[1]["y"]


def test_an_absent_size_is_an_empty_dashed_box_and_never_a_bar_of_zero() -> None:
    spec = figures()["size"].spec
    assert [box["cluster"] for box in dashed(spec)] == ["metals"]
    assert "metals" not in {bar["cluster"] for bar in data(spec, "cluster", "value")}
    assert "confidential" in words(spec)


def test_two_bounds_without_a_value_are_drawn_from_bound_to_bound() -> None:
    spec = figures()["size"].spec
    box = next(v for v in data(spec, "cluster", "from", "to") if v["cluster"] == "ships")
    assert (box["from"], box["to"]) == (100, 300)


def test_growth_stands_in_the_row_of_its_cluster_and_says_new_for_an_entry() -> None:
    spec = figures()["size"].spec
    dots = {d["cluster"]: d for d in data(spec, "cluster", "rate")}
    assert set(dots) == {"food", "wood"}, "ships is tiny and beyond the axis: an arrow"
    bars = {b["cluster"]: b for b in data(spec, "cluster", "value", "from")}
    assert bars["food"]["y"] < dots["food"]["y"] < bars["food"]["y2"]
    assert "new" in words(spec)
    assert {"+25\u202f%", "−10\u202f%", "+50\u202f%", "no change"} <= set(words(spec))


CUT = "Whisker up to the edge, without an end: it ends beyond the axis."
ARROW = "Arrow: beyond the axis; the number is printed beside it."


@pytest.mark.parametrize(("upper", "noted"), [(0.2, False), (9.0, True)])
def test_a_whisker_longer_than_the_axis_is_no_arrow(upper: float, noted: bool) -> None:
    names = ("a", "b", "c", "d")
    own = [{"cluster": n, "value": 0.2, "lower": 0.1, "upper": 0.2} for n in names]
    own[-1]["upper"] = upper
    jobs = sizes(*({"cluster": n, "value": 10.0} for n in names))
    notes = size_bars(jobs, rates(*own)).notes
    assert (CUT in notes, ARROW in notes) == (noted, False)


def test_growth_beside_bars_is_printed_with_its_bounds_where_there_is_room() -> None:
    jobs = sizes({"cluster": "food", "value": 30.0}, {"cluster": "ports", "value": 20.0})
    own = (
        {"cluster": "food", "value": 0.125, "lower": 0.11, "upper": 0.14},
        {"cluster": "ports", "value": -0.62, "lower": -0.63, "upper": None},
    )
    figure = size_bars(jobs, rates(*own))
    for text in ("+13\u202f% (+11\u202f% to +14\u202f%)", "−62\u202f% (−63\u202f% or more)"):
        assert text in words(figure.spec)
        assert text not in words(figure.narrow), "no room on a telephone"
        assert text in figure.rows[0] + figure.rows[1]
    far = {"cluster": "ports", "value": 11.0, "lower": -1.0, "upper": 123456789.0}
    assert "+13\u202f%" in words(size_bars(jobs, rates(own[0], far)).spec)


def test_a_quotient_that_may_be_far_below_is_no_arrow() -> None:
    rows = [{"cluster": "a", "value": 1.5, "lower": 0.01, "upper": 1.9}]
    notes = specialisation_bars(quotients(*rows)).notes
    assert (CUT in notes, ARROW in notes) == (True, False)


def test_a_cluster_without_a_code_in_the_source_is_said_to_be_outside() -> None:
    jobs = sizes({"cluster": "a", "value": 10.0}, {"cluster": "b", "value": None, "status": "d"})
    assert "outside the source" in words(size_bars(jobs).spec)


def test_a_rate_is_no_size() -> None:
    with pytest.raises(UsageError, match="no size"):
        size_bars(rates(*RATES))


def test_many_clusters_keep_a_row_each() -> None:
    rows = [{"cluster": f"c{i:02d}", "value": float(i + 1)} for i in range(40)]
    spec = size_bars(sizes(*rows)).spec
    tops = [bar["y"] for bar in data(spec, "cluster", "value")]
    assert len(tops) == 40
    assert min(b - a for a, b in pairwise(tops)) >= 18


# --- specialisation ------------------------------------------------------------------


def test_the_axis_is_logarithmic_and_symmetric_around_one() -> None:
    spec = figures()["specialisation"].spec
    scales = [
        layer["encoding"]["x"]["scale"]
        for layer in spec["layer"]
        if (layer["encoding"]["x"].get("scale") or {}).get("type") == "log"
    ]
    assert scales
    for scale in scales:
        low, high = scale["domain"]
        assert low * high == pytest.approx(1)
        assert math.log2(high) == round(math.log2(high))


def test_bars_start_at_one_and_zero_ends_at_the_end_of_the_axis() -> None:
    figure = figures()["specialisation"]
    bars = {b["cluster"]: b for b in data(figure.spec, "cluster", "value")}
    assert {b["from"] for b in bars.values()} == {1}
    assert bars["wood"]["value"] == 0
    assert bars["wood"]["to"] == 0.25
    assert "0" in words(figure.spec)


def test_an_absent_quotient_has_no_bar_and_is_named_in_a_note() -> None:
    figure = figures()["specialisation"]
    assert "metals" not in {b["cluster"] for b in data(figure.spec, "cluster")}
    assert any("Basic metals" in n and "confidential" in n for n in figure.notes)


def test_a_tiny_cell_is_grey() -> None:
    spec = figures()["specialisation"].spec
    bars = {b["cluster"]: b for b in data(spec, "cluster", "value")}
    assert bars["ships"]["fill"] == CONTEXT
    assert bars["food"]["fill"] != CONTEXT


def test_the_line_at_one_is_named_on_the_line() -> None:
    assert "same share as in Great Britain" in words(figures()["specialisation"].spec)


@pytest.mark.parametrize(
    ("values", "reach"),
    [
        ([1.1], 2),
        ([3.0], 4),
        ([0.3], 4),
        ([4.0], 4),
        ([0.001], 8),
        ([83.0], 16),
        ([0.0], 2),
        ([], 2),
    ],
)
def test_the_reach_of_the_axis(values: list[float], reach: float) -> None:
    assert symmetric_reach(values) == reach


# --- map -----------------------------------------------------------------------------


def test_every_region_has_one_square_and_the_unknown_one_is_dashed_and_empty() -> None:
    spec = figures()["map"].spec
    squares = [v["geo"] for v in data(spec, "hover", "x2")]
    assert sorted(squares) == ["UKC1", "UKC2", "UKL1", "UKL2"]
    assert [box["geo"] for box in dashed(spec)] == ["UKL1"]
    assert "fill" not in dashed(spec)[0]


def test_twice_and_half_the_share_are_equally_far_from_the_middle() -> None:
    from hansa.views.reading import Words, read
    from hansa.views.shades import shades_of

    shades = shades_of(read(quotients(*REGIONS), "geo"), Words())
    assert shades.share(2) - 0.5 == pytest.approx(0.5 - shades.share(0.5))
    assert shades.colour(1) == "#F7F7F7"
    assert shades.share(0) == 0


def test_the_layout_that_covers_most_codes_is_taken() -> None:
    assert layout_for(["UKC1", "UKL2"], "nuts:2013").id == "gb-nuts2-2013"
    assert layout_for(["SE11", "FI1B", "EE00"], "nuts:2021").id == "bsr-nuts2"


def test_codes_without_a_layout_form_blocks_by_country_and_the_note_says_so() -> None:
    layout = layout_for(["FR10", "FRB0", "ES11", "ES12"])
    assert layout.id == "blocks"
    assert "in blocks by country" in layout.note
    assert len(set(layout.places.values())) == 4


def test_regions_beside_a_layout_stand_below_it() -> None:
    layout = layout_for(["UKC1", "UKC2", "UKL1", "UKN0"], "nuts:2013")
    lowest = max(y for code, (_, y) in layout.places.items() if code != "UKN0")
    assert layout.places["UKN0"][1] > lowest


def test_letters_on_a_square_can_be_read() -> None:
    for fill in ("#B35806", "#F7F7F7", "#2166AC", "#0B3C5D", "#EAF1F6", "#D5A782"):
        assert contrast(letters_on(fill), fill) >= 4.5


# --- all figures ---------------------------------------------------------------------


def test_model_data_are_framed_and_named_in_every_figure() -> None:
    for name, figure in figures(model_data=True).items():
        for spec in (figure.spec, figure.narrow):
            assert "Model data" in words(spec), name
            stripes = [x for x in spec["layer"] if "sequence" in x["data"]]
            assert len(stripes) == 4, "one band on each side"
    for figure in figures().values():
        assert "Model data" not in words(figure.spec)


def test_every_figure_stands_alone() -> None:
    for figure in figures().values():
        for spec in (figure.spec, figure.narrow):
            drawn = " ".join(words(spec))
            for part in (figure.title, figure.subtitle, figure.source, *figure.notes):
                assert " ".join(part.split(" ")[:3]) in drawn
        assert figure.alt
        assert all(len(row) == len(figure.columns) for row in figure.rows)


def test_no_text_leaves_the_paper() -> None:
    for figure in figures(model_data=True).values():
        for spec in (figure.spec, figure.narrow):
            pad = spec["padding"]
            for layer in spec["layer"]:
                mark = layer["mark"]
                if mark["type"] != "text":
                    continue
                for item in layer["data"]["values"]:
                    size = mark.get("fontSize", 12)
                    wide = width(item["text"], size, mark.get("fontWeight", 400))
                    start = {"left": 0, "center": wide / 2, "right": wide}[mark["align"]]
                    left = item["x"] - start
                    assert left >= -pad["left"] - 0.5, item
                    assert left + wide <= spec["width"] + pad["right"] + 0.5, item


@pytest.mark.parametrize("name", ["size", "specialisation", "map", "league"])
def test_specifications_stay_as_they_are(name: str, snapshot: SnapshotAssertion) -> None:
    assert json.dumps(figures(model_data=name == "map")[name].spec, indent=1) == snapshot


def test_a_figure_is_drawn_with_the_same_bytes_every_time() -> None:
    figure = figures()["specialisation"]
    first = figure.svg()
    figures()["map"].svg()
    assert figure.svg() == first
    assert figure.png(1) == figure.png(1)
    code = (
        "import hashlib; from tests.views.test_charts import figures;"
        "print(hashlib.sha256(figures()['specialisation'].svg().encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    apart = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert apart.stdout.strip() == hashlib.sha256(first.encode()).hexdigest()


def test_the_font_is_the_bundled_one_and_has_our_signs() -> None:
    svg = figures()["size"].svg()
    assert f'font-family="{FONT}"' in svg
    for sign in "\u202f−–·½¼⅛…%":
        assert has_glyph(sign), sign
        assert has_glyph(sign, 600), sign


@pytest.mark.parametrize("name", ["size", "specialisation", "map", "league"])
def test_letters_measured_in_our_own_font_give_the_same_picture(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = figures()[name]
    quick = made.svg(), made.svg(narrow=True)
    monkeypatch.setattr(rendering, "MEASURED", FONT)
    rendering._register_font()
    assert (made.svg(), made.svg(narrow=True)) == quick


def test_text_is_broken_within_the_room() -> None:
    lines = wrapped("Largest clusters of East Wales in 2018 by jobs", 13, 120)
    assert " ".join(lines) == "Largest clusters of East Wales in 2018 by jobs"
    assert all(width(line, 13) <= 120 for line in lines)


def test_a_notebook_shows_the_picture() -> None:
    bundle = figures()["size"]._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")


def test_text_colours_are_readable() -> None:
    for colour in (INK, QUIET):
        assert contrast(colour, "#FFFFFF") >= 4.5


# --- refusals ------------------------------------------------------------------------


def test_a_panel_of_several_regions_asks_which() -> None:
    many = quotients({"geo": "UKC1", "value": 1.0}, {"geo": "UKC2", "value": 2.0})
    with pytest.raises(UsageError, match="one geo at a time"):
        specialisation_bars(many)


def test_an_unknown_region_is_refused_with_the_known_ones() -> None:
    with pytest.raises(HansaError, match="UKL2"):
        specialisation_bars(quotients(*QUOTIENTS), At(geo="XX"))


def test_all_absent_is_said_and_not_an_error() -> None:
    figure = specialisation_bars(quotients({"cluster": "food", "value": None, "status": "c"}))
    assert "cannot be said" in figure.title
    assert size_bars(sizes({"cluster": "food", "value": None})).svg()
    assert tile_map(quotients({"geo": "UKC1", "value": None})).svg()


def test_a_map_names_a_known_region_before_wide_bounds() -> None:
    rows = [
        {"geo": "UKC1", "value": None, "lower": 0.0, "upper": 19.0},
        {"geo": "UKC2", "value": 2.4, "lower": 2.4, "upper": 2.4},
        {"geo": "UKD1", "value": 0.5, "lower": 0.5, "upper": 0.5},
    ]
    title = tile_map(quotients(*rows), words=NAMES).title
    assert title.startswith("Food and drink: possibly highest in Northumberland and Tyne and Wear")
    assert title.endswith("; 1 region known only between bounds may be higher")


def test_names_of_regions_are_no_countries_and_stand_side_by_side() -> None:
    assert [country(c) for c in ("UKC1", "Hamilton County", "north", "36061")] == ["UK", "", "", ""]
    names = ["Albany County", "Bronx County", "Hamilton County", "Yates County"]
    layout = layout_for(names)
    assert not layout.placed
    assert sorted(layout.places.values()) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_small_steps_of_an_axis_are_fractions() -> None:
    assert [tick_text(v) for v in (0.5, 1 / 64, 4.0)] == ["½", "1/64", "4"]
