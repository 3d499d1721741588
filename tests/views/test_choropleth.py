"""The map of real boundaries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.sources.geometry import EUROGEOGRAPHICS, Geometry, read_geometry
from hansa.views.choropleth import OTHERS, choropleth
from hansa.views.figure import Figure
from hansa.views.outlines import drawn, hatching, middle, projected, signed_area, window
from hansa.views.reading import At

from .dynamics_panels import WORDS, jobs, quotients
from .panels import words


def box(west: float, south: float, side: float = 1.0) -> np.ndarray:
    x, y = west + side, south + side
    return np.array([[west, south], [x, south], [x, y], [west, y]], dtype=float)


SHAPES = Geometry(
    codes=("UKC1", "UKC2", "UKD1", "UKD3", "UKL1", "FRY1"),
    polygons=(
        ((box(-2, 54),),),
        ((box(-2, 55),),),
        ((box(-3, 54),),),
        ((box(-3, 55), box(-2.75, 55.25, 0.5)),),
        ((box(-4, 54),),),
        ((box(-61, 16),), (box(5, 45, 0.01),)),
    ),
    notice="© A publisher",
    version="nuts:2013",
)
ROWS: list[dict[str, Any]] = [
    {"geo": "UKC1", "value": 2.0},
    {"geo": "UKC2", "value": 1.0, "lower": 0.8, "upper": 1.2},
    {"geo": "UKD1", "value": None, "status": "c"},
    {"geo": "UKD3", "value": 0.5, "status": "tiny"},
]


def figure(rows: list[dict[str, Any]] = ROWS, **header: Any) -> Figure:
    given = [{"cluster": "food", **row} for row in rows]
    return choropleth(quotients(given, **header), SHAPES, words=WORDS)


def areas(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Code -> its feature with the style of its layer."""
    return {
        v["geo"]: {**v, "style": layer["mark"]}
        for layer in spec["layer"]
        if layer["mark"]["type"] == "geoshape"
        for v in layer["data"]["values"]
    }


# --- what is drawn -------------------------------------------------------------------


def test_regions_of_the_panel_are_coloured_and_others_light_grey() -> None:
    for spec in (figure().spec, figure().narrow):
        found = areas(spec)
        assert set(found) == {"UKC1", "UKC2", "UKD1", "UKD3", "UKL1"}
        assert found["UKC2"]["fill"] == "#F7F7F7", "the middle of the scale"
        assert found["UKC1"]["fill"] != found["UKD3"]["fill"]
        assert found["UKL1"]["style"]["fill"] == OTHERS
        assert "fill" not in found["UKL1"]


def test_a_region_that_cannot_be_said_is_empty_with_a_dashed_outline() -> None:
    made = figure()
    region = areas(made.spec)["UKD1"]
    assert region["style"]["strokeDash"]
    assert region["style"]["fill"] == "#FFFFFF"
    assert any("confidential: Cumbria" in n for n in made.notes)


def test_open_bounds_are_hatched_inside_their_region_only() -> None:
    spec = figure().spec
    ruled = [x["data"]["values"] for x in spec["layer"] if x["mark"]["type"] == "rule"]
    lines = [v for values in ruled for v in values]
    ring = np.array(areas(spec)["UKC2"]["geometry"]["coordinates"][0][0])
    inside = [v for v in lines if v["y"] != v["y2"]]
    assert len(inside) > 10
    low, high = ring.min(axis=0) - 0.2, ring.max(axis=0) + 0.2
    for line in inside:
        assert low[0] <= min(line["x"], line["x2"]) <= max(line["x"], line["x2"]) <= high[0]
        assert low[1] <= min(line["y"], line["y2"]) <= max(line["y"], line["y2"]) <= high[1]


def test_the_map_keeps_areas_and_north_is_up() -> None:
    found = areas(figure().spec)
    rings = {c: np.array(v["geometry"]["coordinates"][0][0][:-1]) for c, v in found.items()}
    south, north = rings["UKC1"], rings["UKC2"]
    assert north[:, 1].mean() < south[:, 1].mean(), "y grows downwards"
    assert rings["UKD1"][:, 0].mean() < rings["UKC1"][:, 0].mean()
    # A degree of longitude shrinks with the cosine of the latitude.
    ratio = abs(signed_area(north)) / abs(signed_area(south))
    true = np.cos(np.radians(55.5)) / np.cos(np.radians(54.5))
    assert ratio == pytest.approx(true, rel=0.01)


def test_a_hole_stays_empty() -> None:
    polygon = areas(figure().spec)["UKD3"]["geometry"]["coordinates"][0]
    assert len(polygon) == 2
    outer, hole = (signed_area(np.array(r[:-1])) for r in polygon)
    assert outer > 0 > hole, "opposite ways"


def test_neighbours_share_their_border_to_the_last_digit() -> None:
    shapes = projected(SHAPES)
    view = window([shapes[c] for c in ("UKC1", "UKD1")], (400, 400))
    sides = [drawn(shapes[c], view)[0][0] for c in ("UKC1", "UKD1")]
    shared = {tuple(p) for p in sides[0]} & {tuple(p) for p in sides[1]}
    assert len(shared) == 2


def test_what_leaves_the_window_is_cut_at_its_edge() -> None:
    shapes = projected(SHAPES)
    view = window([shapes["UKC1"]], (300, 300))
    ((ring, *_),) = drawn(shapes["UKD1"], view)
    assert ring.min() >= -1e-9
    assert ring[:, 0].max() <= view.wide
    assert ring[:, 0].min() == 0


def test_hatching_fills_a_square_by_its_diagonals() -> None:
    square = ((box(0, 0, 10.0),),)
    lines = hatching(square, 5)
    assert len(lines) == 4 - 1, "at x + y = 5, 10 and 15; the corners have no length"
    longest = max(lines, key=lambda v: abs(v["x2"] - v["x"]))
    assert {longest["x"], longest["x2"]} == {0.0, 10.0}
    holed = ((box(0, 0, 10.0), box(4, 4, 2.0)),)
    assert len(hatching(holed, 5)) == 4, "the middle line is cut in two"
    assert middle(square) == (5.0, 5.0)


# --- what is said --------------------------------------------------------------------


def test_the_notice_of_the_publisher_stands_under_the_map() -> None:
    made = figure()
    assert made.notes[-1] == "© A publisher."
    for spec in (made.spec, made.narrow):
        assert "© A publisher." in words(spec)


def test_regions_without_a_shape_and_overseas_are_named() -> None:
    more = [*ROWS, {"geo": "UKM2", "value": 1.0}, {"geo": "FRY1", "value": 1.0}]
    made = figure(more, geography="local")
    assert any(n.startswith("Without boundaries") and "UKM2" in n for n in made.notes)
    assert any(n.startswith("Outside of the map") and "FRY1" in n for n in made.notes)
    assert {"UKM2", "FRY1"} <= {row[0] for row in made.rows}, "the table has them all the same"


def test_amounts_are_refused_with_a_way_out() -> None:
    rows = [{"geo": "UKC1", "cluster": "food", "value": 100.0}]
    with pytest.raises(UsageError, match="cannot be shown as coloured areas") as caught:
        choropleth(jobs(rows), SHAPES)
    assert "tile_map" in caught.value.finding.fix


def test_boundaries_of_another_version_are_refused() -> None:
    rows = [{"geo": "UKC1", "cluster": "food", "value": 1.0}]
    with pytest.raises(UsageError, match="different versions"):
        choropleth(quotients(rows, geography="nuts:2021"), SHAPES)


def test_no_shape_at_all_is_refused() -> None:
    with pytest.raises(HansaError, match="none of the regions"):
        figure([{"geo": "UKM2", "value": 1.0}])


def test_both_widths_stand_alone() -> None:
    made = figure(model_data=True)
    for spec in (made.spec, made.narrow):
        text = " ".join(words(spec))
        for part in (made.title, made.subtitle, made.source, *made.notes, "Model data"):
            assert " ".join(part.split(" ")[:3]) in text
    assert made.alt
    assert all(len(row) == len(made.columns) for row in made.rows)
    svg = made.svg()
    # An own scale and place: nothing is fitted or moved by the renderer.
    corner = areas(made.spec)["UKC1"]["geometry"]["coordinates"][0][0][0]
    assert f"M{corner[0]:g},{corner[1]:g}" in svg


def test_the_specification_stays_as_it_is(snapshot: SnapshotAssertion) -> None:
    assert json.dumps(figure().spec, indent=1) == snapshot


@pytest.mark.data
def test_real_boundaries_give_a_figure_of_sane_size(hansa_data: Path) -> None:
    path = hansa_data / "geometry" / "nuts2013_20m_level2.geojson.gz"
    shapes = read_geometry(path, EUROGEOGRAPHICS)
    regions = [c for c in shapes.codes if c.startswith("UK")]
    rows = [{"geo": c, "cluster": "food", "value": 0.5 + i / 20} for i, c in enumerate(regions)]
    made = choropleth(quotients(rows), shapes, At(cluster="food"), WORDS)
    assert len(areas(made.spec).keys() & set(regions)) == 40
    assert len(json.dumps(made.spec)) < 150_000
    assert EUROGEOGRAPHICS + "." in made.notes
