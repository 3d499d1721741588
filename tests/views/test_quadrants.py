"""The bubble chart of growth and wages, and the placing of its names."""

from __future__ import annotations

import json
import math
from itertools import combinations
from random import Random
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError
from hansa.views.bubbles import FILLED, Bubble, names, occupied, scene
from hansa.views.figure import Figure
from hansa.views.labels import Box, Mark, place
from hansa.views.lettering import width
from hansa.views.quadrants import Dynamics, quadrant_bubbles
from hansa.views.reading import At
from hansa.views.theme import CONTEXT, NARROW, QUADRANTS, WIDE

from .dynamics_panels import CLUSTERS, WORDS, dynamics, panel
from .panels import data, words


def figure(clusters: dict[str, tuple[Any, ...]] = CLUSTERS, **header: Any) -> Figure:
    return quadrant_bubbles(Dynamics(**dynamics(clusters, **header)), words=WORDS)


def layers(spec: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return [x for x in spec["layer"] if any(field in v for v in x["data"].get("values", []))]


def marks(spec: dict[str, Any], *, filled: bool) -> dict[str, dict[str, Any]]:
    found = [x for x in layers(spec, "jobs") if x["mark"]["filled"] is filled]
    return {v["cluster"]: v for x in found for v in x["data"]["values"]}


# --- what is drawn -------------------------------------------------------------------


def test_a_mark_stands_at_its_two_rates() -> None:
    spec = figure().spec
    food = marks(spec, filled=True)["food"]
    assert (food["x"], food["y"]) == (0.10, 0.05)
    x, y = (layers(spec, "jobs")[0]["encoding"][a]["scale"] for a in "xy")
    assert x["domain"][0] < 0 < x["domain"][1], "both sides of the line are seen"
    assert y["range"][0] > y["range"][1], "upwards means faster growth of wages"


def test_the_area_of_a_mark_stands_for_jobs_whatever_its_shape() -> None:
    drawn = marks(figure().spec, filled=True)
    per_job = {
        code: item["size"] * FILLED[item["shape"]] / item["jobs"] for code, item in drawn.items()
    }
    assert per_job.pop("media") == pytest.approx(per_job["food"], rel=1e-3)
    assert len({round(v, 3) for v in per_job.values()}) == 1


def test_what_a_symbol_fills_of_its_square() -> None:
    # Corners of the renderer's symbols of size 4, so that half the side is 1.
    half = math.sqrt(3) / 2
    triangle = [(0.0, -half), (1.0, half), (-1.0, half)]
    diamond = [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]
    for name, corners in (("triangle-up", triangle), ("diamond", diamond)):
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        area = abs(sum(x * y2 - x2 * y for (x, y), (x2, y2) in pairs)) / 2
        assert FILLED[name] == pytest.approx(area / 4)


def test_start_and_end_share_a_centre_and_differ_in_size() -> None:
    spec = figure().spec
    end, start = marks(spec, filled=True)["metals"], marks(spec, filled=False)["metals"]
    assert (end["x"], end["y"]) == (start["x"], start["y"])
    assert start["size"] / end["size"] == pytest.approx(500 / 400, rel=1e-3)
    drawn = words(spec)
    assert {"filled: 2018", "outline: 2015"} <= set(drawn)


def test_every_class_has_its_own_colour_and_shape() -> None:
    drawn = marks(figure().spec, filled=True)
    for code, name in (
        ("food", "growth"),
        ("tourism", "challenged or mature"),
        ("metals", "restructuring"),
    ):
        assert (drawn[code]["fill"], drawn[code]["shape"]) == QUADRANTS[name]
    assert "class mature" in drawn["tourism"]["hover"]


def test_an_unstable_or_untested_class_has_a_dashed_outline_and_the_legend_says_so() -> None:
    spec = figure().spec
    dashes = [x for x in layers(spec, "jobs") if "strokeDash" in x["mark"]]
    assert {v["cluster"] for x in dashes for v in x["data"]["values"]} == {"wood", "ships"}
    assert "dashed, pale: not known to be stable" in words(spec)
    assert any("(2 of 5 clusters with a class)" in note for note in figure().notes)


def test_nine_tenths_of_the_replicates_are_enough() -> None:
    solid = figure({"tourism": CLUSTERS["tourism"]})
    assert "dashed, pale: not known to be stable" not in words(solid.spec)


def test_a_tiny_cluster_is_grey_and_has_no_say_in_the_axes() -> None:
    made = figure()
    media = marks(made.spec, filled=True)["media"]
    assert (media["fill"], media["shape"]) == (CONTEXT, "cross")
    assert "growth of jobs +50\u202f%" in media["hover"]
    assert media["x"] == 0.10, "at the edge of what the others span"
    assert any("beyond the axes: Media (+50\u202f% and +20\u202f%)" in n for n in made.notes)
    assert any("below the smallest cell that carries a rate: Media" in n for n in made.notes)


def test_a_cluster_on_the_line_is_grey() -> None:
    made = figure({**CLUSTERS, "wood": (0.0, 0.01, "boundary", None, 400.0, 400.0, "boundary")})
    assert marks(made.spec, filled=True)["wood"]["fill"] == CONTEXT
    assert any("on the line between two classes: Wood and furniture" in n for n in made.notes)


def test_entries_and_unknown_ones_are_named_and_never_drawn_at_zero() -> None:
    made = figure()
    assert {"new", "hidden"}.isdisjoint(marks(made.spec, filled=True))
    note = next(n for n in made.notes if n.startswith("Not drawn"))
    assert "no jobs in the first year: new" in note
    assert "confidential: hidden" in note
    row = next(r for r in made.rows if r[0] == "hidden")
    assert row[2] == "·"


def test_bounds_are_thin_lines_from_end_to_end() -> None:
    panels = dynamics({"food": CLUSTERS["food"]})
    rows = [{**r, "lower": 0.08, "upper": 0.104} for r in panels["growth"].rows()]
    panels["growth"] = panel(rows, measure="growth_rate", unit="share", kind="intensive")
    made = quadrant_bubbles(Dynamics(**panels), words=WORDS)
    scale = layers(made.spec, "jobs")[0]["encoding"]["x"]["scale"]
    (low, high), (start, end) = scale["domain"], scale["range"]
    at = [start + (v - low) / (high - low) * (end - start) for v in (0.08, 0.104)]
    lines = [v for v in data(made.spec, "x", "x2") if v["y"] == v["y2"]]
    ends = [(v["x"], v["x2"]) for v in lines]
    assert any(
        a == pytest.approx(at[0], abs=0.02) and b == pytest.approx(at[1], abs=0.02) for a, b in ends
    )


def test_an_exit_is_named_and_not_drawn() -> None:
    made = figure({**CLUSTERS, "wood": (-1.0, 0.1, None, None, 400.0, 0.0, "exit")})
    assert "wood" not in marks(made.spec, filled=True)
    assert any("no jobs in the last year: Wood and furniture" in n for n in made.notes)


def test_without_the_stability_no_class_is_stable() -> None:
    panels = {**dynamics(), "stability": None}
    made = quadrant_bubbles(Dynamics(**panels), words=WORDS)
    assert any("(5 of 5 clusters with a class)" in note for note in made.notes)


def test_nothing_to_draw_is_no_error() -> None:
    assert figure({"hidden": CLUSTERS["hidden"]}).svg().startswith("<svg")


# --- what is said --------------------------------------------------------------------


def test_the_title_counts_and_names_the_largest() -> None:
    known = {c: v for c, v in CLUSTERS.items() if c in ("food", "wood", "metals", "tourism")}
    assert figure(known).title == (
        "2 of 4 clusters of Baltic Sea Region grow in jobs and in relative wages; "
        "the largest of them is food and drink"
    )
    assert figure().title.startswith("At least 2 of 8 clusters")
    assert "may be food and drink" in figure().title, "two clusters have no class or no rate"


def test_no_growth_is_said_and_one_is_named() -> None:
    assert figure({"metals": CLUSTERS["metals"]}).title.startswith("None of the 1")
    assert "is known to grow" in figure({"hidden": CLUSTERS["hidden"]}).title
    assert figure({"food": CLUSTERS["food"]}).title.endswith("relative wages: food and drink")


def test_the_lines_and_the_four_fields_are_named() -> None:
    for spec in (figure().spec, figure().narrow):
        drawn = set(words(spec))
        assert {"no change", "same as the benchmark"} <= drawn
        assert {"Growth: 2", "Challenged or mature: 1", "Restructuring: 1"} <= drawn
        assert any("proxy for productivity" in text for text in drawn)


def test_a_year_that_is_not_there_is_refused() -> None:
    with pytest.raises(HansaError, match="2030"):
        quadrant_bubbles(Dynamics(**dynamics()), At(time=2030))


# --- names ---------------------------------------------------------------------------


def crowd(count: int, seed: int) -> tuple[Bubble, ...]:
    random = Random(seed)
    kinds = list(QUADRANTS)
    return tuple(
        Bubble(
            code=f"c{i}",
            name=f"Cluster number {i} with a name",
            x=random.gauss(0, 0.05),
            y=random.gauss(0, 0.02),
            start=random.lognormvariate(9, 1),
            end=random.lognormvariate(9, 1),
            kind=kinds[i % 4],
            label=kinds[i % 4],
            stable=bool(i % 3),
        )
        for i in range(count)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("form", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_name_covers_another_or_leaves_the_plot(seed: int, form: Any) -> None:
    drawn = scene(crowd(45, seed), form, model=True)
    found = names(drawn)
    boxes = [label.box for label, _ in found.labels] + occupied(drawn)
    for one, other in combinations(boxes, 2):
        assert not one.meets(other)
    field = Box(0, 0, drawn.across, drawn.height)
    assert all(field.holds(box) for box in boxes)
    assert len(found.labels) + len(found.silent) == 45, "every mark is accounted for once"


def test_names_are_placed_the_same_way_every_time() -> None:
    one, other = (names(scene(crowd(30, 1), WIDE, model=False)) for _ in range(2))
    assert one == other


def test_a_name_goes_left_where_there_is_no_room_on_the_right() -> None:
    field = Box(0, 0, 100, 40)
    (right,) = place([Mark(10, 20, 5, "Food")], 12, field)
    (left,) = place([Mark(90, 20, 5, "Food")], 12, field)
    assert right is not None
    assert left is not None
    assert (right.align, left.align) == ("left", "right")
    assert left.box.x2 <= 90 - 5


def test_a_name_without_room_is_left_out() -> None:
    assert place([Mark(50, 20, 5, "A very long name")], 12, Box(0, 0, 60, 40)) == (None,)


def test_marks_without_room_for_a_name_are_numbered_in_the_key() -> None:
    many = {f"c{i:02d}": (0.05, 0.02, "growth", 1.0, 100.0, 110.0, "") for i in range(14)}
    spec = figure(many).spec
    key = [t for t in words(spec) if t.startswith("Numbers in the picture")]
    assert key
    drawn = words(spec)
    assert all(f"c{i:02d}" in drawn for i in range(14)), "no cluster goes unnamed"


# --- standing alone ------------------------------------------------------------------


def test_the_figure_stands_alone_and_nothing_leaves_the_paper() -> None:
    made = figure(model_data=True)
    for spec in (made.spec, made.narrow):
        drawn = " ".join(words(spec))
        for part in (made.title, made.subtitle, made.source, *made.notes, "Model data"):
            assert " ".join(part.split(" ")[:3]) in drawn
        pad = spec["padding"]
        for layer in (x for x in spec["layer"] if x["mark"]["type"] == "text"):
            style = layer["mark"]
            for item in layer["data"]["values"]:
                wide = width(item["text"], style.get("fontSize", 12), style.get("fontWeight", 400))
                left = item["x"] - {"left": 0, "center": wide / 2, "right": wide}[style["align"]]
                assert left >= -pad["left"] - 0.5, item
                assert left + wide <= spec["width"] + pad["right"] + 0.5, item
    assert made.alt
    assert all(len(row) == len(made.columns) for row in made.rows)
    assert made.svg().startswith("<svg")
    assert made.svg(narrow=True).startswith("<svg")


def test_the_specification_stays_as_it_is(snapshot: SnapshotAssertion) -> None:
    assert json.dumps(figure().spec, indent=1) == snapshot


def test_a_reason_with_a_rate_that_rounds_to_nothing_has_no_minus() -> None:
    panels = dynamics({"wood": CLUSTERS["wood"]})
    key = {"geo": "bsr", "cluster": "wood", "from": 2015, "label": "growth"}
    why = "jobs −0.0 %, wages −10.0 % to −0.0 %"
    panels["quadrant"] = panel([{**key, "reason": why}], measure="quadrant", kind="ordinal")
    (row,) = quadrant_bubbles(Dynamics(**panels), words=WORDS).rows
    assert row[-1] == "jobs 0.0 %, wages −10.0 % to 0.0 %"
