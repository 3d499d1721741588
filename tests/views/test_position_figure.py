"""The picture of a position: its stacks read from the specification, its words, its paper."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.measures.prosperity import HOURS, PER_HOUR, PER_WORKER, Part, Standing
from hansa.report.position import figures_of
from hansa.study.position import position
from hansa.views.figure import Figure
from hansa.views.lettering import has_glyph
from hansa.views.lettering import width as length
from hansa.views.position import FILLS, position_bars
from hansa.views.position_words import ORDER, Setting, position_sentences
from hansa.views.theme import GROUND, contrast
from position_study import position_study

from .panels import dashed, data, words

NOTE = "Prices are national."
SETTING = Setting(2022, "The four countries", "A survey, 2022", (NOTE,))


def part(term: str, amount: float | None) -> Part:
    return Part(term, 1.0, 1.0, amount, amount)


def place(
    code: str, kind: str, amounts: dict[str, float | None], level: float | None = None
) -> Standing:
    gap = None if None in amounts.values() else math.fsum(v or 0 for v in amounts.values())
    own = level if level is not None else None if gap is None else 30_000 + gap
    whole = Part("prosperity", own, 30_000.0, gap, None if own is None else own - 30_000)
    return Standing(code, code.title(), kind, whole, tuple(map(part, amounts, amounts.values())))


HOURLY = {PER_HOUR: -4e3, HOURS: 1e3, "employment_rate": 500.0, "prices": -250.0}
PLACES = (
    place("south", "region", {PER_HOUR: -9e3, HOURS: 0.0, "employment_rate": -1e3, "prices": 4e3}),
    place("north", "region", {PER_WORKER: 8e3, "employment_rate": 1e3, "prices": -5e3}),
    place("whole", "whole", HOURLY),
    place("east", "region", dict.fromkeys(HOURLY)),
)


@pytest.fixture(scope="module")
def figure() -> Figure:
    return position_bars(PLACES, SETTING)


@pytest.fixture(params=["spec", "narrow"])
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def boxes(picture: dict[str, Any], code: str) -> dict[str, dict[str, Any]]:
    return {v["term"]: v for v in data(picture, "term", "code") if v["code"] == code}


def zero_and_scale(picture: dict[str, Any]) -> tuple[float, float]:
    """Pixel of zero and pixels per PPS, from the axis itself."""
    (layer,) = (x for x in picture["layer"] if x["encoding"].get("x", {}).get("axis"))
    scale = layer["encoding"]["x"]["scale"]
    (low, high), (start, end) = scale["domain"], scale["range"]
    each = (end - start) / (high - low)
    return start - low * each, each


def test_each_bar_is_its_contribution_and_the_diamond_their_sum(figure: Figure, width: str) -> None:
    picture = getattr(figure, width)
    zero, each = zero_and_scale(picture)
    for own in PLACES[:3]:
        drawn = boxes(picture, own.code)
        assert set(drawn) == {p.term for p in own.parts if p.contribution}, "no bar of nothing"
        for p in own.parts:
            if not p.contribution:
                continue
            box = drawn[p.term]
            assert box["x2"] - box["x"] == pytest.approx(abs(p.contribution) * each, abs=0.03)
            below = p.contribution < 0
            assert box["x2"] <= zero + 0.02 if below else box["x"] >= zero - 0.02
        (spot,) = (
            v
            for layer in picture["layer"]
            if layer["mark"].get("shape") == "diamond"
            for v in layer["data"]["values"]
            if v["code"] == own.code
        )
        gap = own.whole.contribution or 0
        assert spot["x"] == pytest.approx(zero + gap * each, abs=0.02)


def test_bars_of_one_side_touch_and_never_overlap(figure: Figure, width: str) -> None:
    for own in PLACES[:3]:
        drawn = sorted(boxes(getattr(figure, width), own.code).values(), key=lambda b: b["x"])
        for left, right in pairwise(drawn):
            assert left["x2"] == pytest.approx(right["x"], abs=0.02)


def test_the_whole_comes_first_then_the_highest(figure: Figure) -> None:
    assert [row[0] for row in figure.rows] == ["whole", "north", "south", "east"]
    assert figure.title == (
        "Whole: 91\u202f% of the reference; largest part: lower GDP per hour worked"
    )


def test_what_is_not_known_is_dashed_and_never_a_bar(figure: Figure, width: str) -> None:
    picture = getattr(figure, width)
    assert not boxes(picture, "east")
    assert [v["code"] for v in dashed(picture)] == ["east"]
    assert "not known" in words(picture)
    (row,) = (r for r in figure.rows if r[0] == "east")
    assert row[2:9] == ("·", "·", "·", "·", "", "·", "·")
    assert any("Not known, a figure is missing: East." in note for note in figure.notes)


def test_output_per_worker_is_hatched_and_explained(figure: Figure, width: str) -> None:
    picture = getattr(figure, width)
    box = boxes(picture, "north")[PER_WORKER]
    strokes = [
        v
        for layer in picture["layer"]
        if layer["mark"]["type"] == "rule" and layer["mark"].get("color") == GROUND
        for v in layer["data"]["values"]
        if box["y"] <= v["y"] <= box["y2"]
    ]
    assert strokes
    assert all(box["x"] - 0.01 <= v["x"] <= v["x2"] <= box["x2"] + 0.01 for v in strokes)
    assert any(note.startswith("Hatched: GDP per worker") for note in figure.notes)
    assert "GDP per worker" in words(picture)


def test_the_figure_stands_alone_on_paper(figure: Figure, width: str) -> None:
    picture = getattr(figure, width)
    said = " ".join(words(picture))
    for text in (figure.title, "against the four countries, in purchasing power standards (PPS)"):
        assert text in said
    for text in ("Source: A survey, 2022.", NOTE, "no difference", "of reference", "2022"):
        assert text in said
    assert figure.alt.count(figure.title) == 1
    assert all(len(row) == len(figure.columns) for row in figure.rows)


@pytest.mark.parametrize("kind", ["drawn", "constructed"])
def test_no_text_leaves_the_paper(figure: Figure, width: str, kind: str, tmp_path: Path) -> None:
    every = [figure]
    if kind == "constructed":
        every = list(figures_of(position(position_study(tmp_path, model_data=True), long=True)))
        assert "Model data" in words(every[0].spec)
    for picture in (getattr(own, width) for own in every):
        left, right = -picture["padding"]["left"], picture["width"] + picture["padding"]["right"]
        for layer in picture["layer"]:
            mark = layer["mark"]
            if mark["type"] != "text":
                continue
            for v in layer["data"]["values"]:
                assert all(has_glyph(c) for c in v["text"]), v["text"]
                wide = length(v["text"], mark.get("fontSize", 12), mark.get("fontWeight", 400))
                at = {"left": 0.0, "center": 0.5, "right": 1.0}[mark["align"]]
                assert left <= v["x"] - at * wide, v["text"]
                assert v["x"] + (1 - at) * wide <= right, v["text"]


def test_fills_are_told_apart_and_pale_ones_are_outlined(figure: Figure) -> None:
    outlined = {
        layer["mark"]["stroke"]
        for layer in figure.spec["layer"]
        if layer["mark"]["type"] == "rect"
        and layer["mark"].get("strokeWidth") == 1
        and "strokeDash" not in layer["mark"]
    }
    assert len(outlined) == 2
    assert all(contrast(stroke, GROUND) >= 3 for stroke in outlined)
    pale = {term for term, fill in FILLS.items() if contrast(fill, GROUND) < 3}
    assert pale <= {HOURS, "prices", "activity_rate"}


def test_of_many_the_ends_are_drawn_and_the_table_holds_all() -> None:
    many = [place(f"r{i:02}", "region", {**HOURLY, PER_HOUR: 100.0 * i}) for i in range(45)]
    found = position_bars(many, SETTING)
    assert len(found.rows) == 45
    drawn = {v["code"] for v in data(found.spec, "term", "code")}
    assert len(drawn) == 40
    assert not drawn & {"r20", "r21", "r22", "r23", "r24"}
    assert "5 regions between the highest and the lowest are in the table." in found.notes
    assert found.title == (
        "GDP per inhabitant from 104\u202f% (R00) to 119\u202f% (R44) of the reference"
    )


def test_sentences_name_every_factor_with_its_amount() -> None:
    first, second = position_sentences(PLACES[2], SETTING)
    assert first == (
        "Whole: 91\u202f% of the four countries in 2022, 27\u202f250 against 30\u202f000 PPS per "
        "inhabitant."
    )
    assert second == (
        "Lower GDP per hour worked takes away 4\u202f000 and higher prices 250; more hours per "
        "worker add 1\u202f000 and more jobs per inhabitant 500 (PPS per inhabitant)."
    )
    gone = replace(PLACES[2], parts=PLACES[3].parts)
    assert position_sentences(gone, SETTING)[1] == (
        "What the difference is made of is not known: a figure is missing."
    )
    assert position_sentences(PLACES[3], SETTING) == ("The position of East in 2022 is not known.",)
    same = place("same", "region", dict.fromkeys(HOURLY, 0.0))
    assert position_sentences(same, SETTING)[1].startswith("No factor makes a difference of more")


@pytest.mark.parametrize("term", ORDER)
@pytest.mark.parametrize("amount", [-1e3, 1e3])
def test_every_factor_has_words_for_both_sides(term: str, amount: float) -> None:
    own = place("here", "region", {term: amount})
    text = position_sentences(own, SETTING)[1]
    assert ("away 1\u202f000" in text) == (amount < 0)
    assert ("add" in text) == (amount > 0)


def test_snapshot(figure: Figure, snapshot: SnapshotAssertion) -> None:
    assert json.loads(json.dumps({"spec": figure.spec, "narrow": figure.narrow})) == snapshot


def test_the_renderer_draws_it(figure: Figure) -> None:
    svg = figure.svg()
    assert svg == figure.svg()
    assert "GDP per hour" in svg
