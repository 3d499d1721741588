"""The pictures of the printed tables of 2009, read from their specifications."""

from __future__ import annotations

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.study import published
from hansa.views.figure import Figure
from hansa.views.lettering import has_glyph
from hansa.views.published import pilot_matrix, pilot_steps, stronghold_bars, survey_bars

from .panels import dashed, data, words


def figures() -> dict[str, Figure]:
    return {
        "survey": survey_bars(published.survey_frame()),
        "strongholds": stronghold_bars(published.strongholds()),
        "pilots": pilot_matrix(published.pilots(), published.countries()),
        "steps": pilot_steps(published.pilot_timeline()),
    }


NAMES = tuple(figures())


@pytest.fixture(params=["spec", "narrow"])
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def spec(name: str, width: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(figures()[name], width)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_tables_are_no_model_data_and_say_where_they_stand(
    name: str, width: str
) -> None:
    figure = figures()[name]
    assert not figure.model_data
    said = " ".join(words(spec(name, width)))
    assert "Model data" not in said
    assert "BSR InnoNet conference publication, May 2009, chapter 2." in said
    assert figure.alt
    assert figure.columns
    assert all(len(row) == len(figure.columns) for row in figure.rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_is_in_the_font(name: str) -> None:
    for text in words(spec(name, "spec")):
        assert all(has_glyph(c) for c in text), text


def test_the_dash_of_northern_poland_is_an_empty_box_and_never_a_bar(width: str) -> None:
    picture = spec("survey", width)
    assert len(dashed(picture)) == 1
    assert "not printed" in words(picture)
    bars = data(picture, "name", "value")
    assert len(bars) == 29, "ten areas, three counts, one of them not printed"
    assert [b["value"] for b in bars if b["name"] == "Northern Poland"] == [29, 39]
    assert figures()["survey"].rows[-1] == ("Northern Poland", "29", "39", "·")


def test_each_column_of_the_survey_has_a_scale_from_zero() -> None:
    scales = [
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in spec("survey", "spec")["layer"]
        if (layer["encoding"]["x"].get("scale") or {}).get("domain")
    ]
    assert scales == [[0, 2007], [0, 264], [0, 75]]


def test_the_share_in_the_title_is_that_of_all_companies() -> None:
    # 2007 and 29 of 5781
    title = figures()["survey"].title.replace("\u202f", " ")
    assert "Sweden stands for 35 % of the companies" in title
    assert "northern Poland for 0.5 %" in title


def test_strongholds_stand_by_count_and_say_what_is_lost(width: str) -> None:
    picture = spec("strongholds", width)
    bars = sorted(data(picture, "code", "value"), key=lambda b: b["y"])
    assert [b["value"] for b in bars] == [8, 7, 7, 6, 5, 5, 4, 4, 4, 1]
    dark = {b["code"] for b in bars if b["fill"] == "#0B3C5D"}
    assert dark == {"ict", "food", "forestry_wood", "biotechnology"}
    assert "Which countries named an area is lost" in " ".join(words(picture))


def test_pilots_have_a_mark_for_each_country_named(width: str) -> None:
    marks = data(spec("pilots", width), "country", "pilot")
    assert len(marks) == 21
    assert {m["country"] for m in marks if m["pilot"] == "Food"} == {
        "Finland",
        "Iceland",
        "Poland",
        "Sweden",
        "Denmark",
    }
    assert figures()["pilots"].title == "Poland and Sweden took part in all four pilots"
    assert "Named for none: Estonia and Germany." in figures()["pilots"].notes


def test_who_leads_has_a_mark_of_its_own() -> None:
    squares = [
        (v["pilot"], v["country"])
        for layer in spec("pilots", "spec")["layer"]
        if layer["mark"].get("shape") == "square"
        for v in layer["data"]["values"]
    ]
    assert [country for _, country in squares] == ["Norway", "Finland", "Sweden", "Sweden"]


def test_steps_lie_on_their_months() -> None:
    picture = spec("steps", "spec")
    boxes = sorted(
        (b for b in data(picture, "x", "x2", "y2") if b["x2"] - b["x"] > 1 and b["y2"] != b["y"]),
        key=lambda b: b["y"],
    )
    lengths = [b["x2"] - b["x"] for b in boxes]
    month = lengths[2]
    assert lengths == pytest.approx([3 * month, 3 * month, month, month, month, month], abs=0.1)
    # May 2008 to September 2009: sixteen months
    assert boxes[5]["x"] - boxes[2]["x"] == pytest.approx(16 * month, abs=0.2)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_outside_the_paper(name: str, width: str) -> None:
    from hansa.views.lettering import width as length

    picture = spec(name, width)
    left, right = -picture["padding"]["left"], picture["width"] + picture["padding"]["right"]
    for layer in picture["layer"]:
        mark = layer["mark"]
        if mark["type"] != "text":
            continue
        for v in layer["data"]["values"]:
            wide = length(v["text"], mark.get("fontSize", 12), mark.get("fontWeight", 400))
            part = {"left": 0.0, "center": 0.5, "right": 1.0}[mark["align"]]
            assert left <= v["x"] - part * wide, v["text"]
            assert v["x"] + (1 - part) * wide <= right, v["text"]


@pytest.mark.parametrize("name", NAMES)
def test_pictures_stay_as_they_are(name: str, snapshot: SnapshotAssertion) -> None:
    assert json.dumps(figures()[name].spec, indent=1) == snapshot
