"""Stars on the map of squares."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.views.figure import Figure
from hansa.views.reading import At
from hansa.views.starsmap import STAR, stars_map

from .dynamics_panels import WORDS, quotients, stars
from .panels import dashed, data, words

REGIONS: list[dict[str, Any]] = [
    {"geo": "UKC1", "value": 3.0, "lower": 3.0, "upper": 3.0, "reason": "size, focus, share"},
    {"geo": "UKC2", "value": None, "lower": 1.0, "upper": 3.0, "status": "interval"},
    {"geo": "UKL1", "value": 0.0, "lower": 0.0, "upper": 0.0},
    {"geo": "UKL2", "value": None, "status": "c"},
]


def figure(rows: list[dict[str, Any]] = REGIONS, **header: Any) -> Figure:
    return stars_map(stars(rows, **header), words=WORDS)


def drawn_stars(spec: dict[str, Any], *, solid: bool) -> list[dict[str, Any]]:
    found = [x for x in spec["layer"] if x["mark"].get("shape") == STAR]
    return [v for x in found if x["mark"]["filled"] is solid for v in x["data"]["values"]]


def in_square(spec: dict[str, Any], code: str, spots: list[dict[str, Any]]) -> int:
    box = next(v for v in data(spec, "hover", "x2") if v["geo"] == code)
    return sum(box["x"] <= s["x"] <= box["x2"] and box["y"] <= s["y"] <= box["y2"] for s in spots)


def test_certain_stars_are_solid_and_possible_ones_hollow() -> None:
    made = figure()
    for spec in (made.spec, made.narrow):
        solid, hollow = drawn_stars(spec, solid=True), drawn_stars(spec, solid=False)
        counts = {
            code: (in_square(spec, code, solid), in_square(spec, code, hollow))
            for code in ("UKC1", "UKC2", "UKL1", "UKL2")
        }
        assert counts == {"UKC1": (3, 0), "UKC2": (1, 2), "UKL1": (0, 0), "UKL2": (0, 0)}


def test_no_star_is_a_square_with_a_ground_and_not_known_is_dashed_and_empty() -> None:
    made = figure()
    codes = {v["geo"] for v in data(made.spec, "hover", "fill")}
    assert codes == {"UKC1", "UKC2", "UKL1"}
    assert [b["hover"] for b in dashed(made.spec) if "hover" in b] == [
        "UKL2 East Wales: not known (confidential)"
    ]
    assert any("confidential: East Wales" in n for n in made.notes)


def test_the_reason_stands_in_the_table() -> None:
    rows = {row[0]: row for row in figure().rows}
    assert rows["UKC1"][2:5] == ("3", "3", "size, focus, share")
    assert rows["UKC2"][2:4] == ("1", "3")
    assert rows["UKL1"][2:4] == ("0", "0")
    assert rows["UKL2"][2:4] == ("·", "·")
    assert rows["UKL2"][4] == "confidential"


def test_a_draft_is_named_in_the_subtitle_and_in_the_notes() -> None:
    made = figure()
    stamp = "Draft rule set eco-2007-draft: thresholds not confirmed."
    assert made.subtitle.endswith(stamp)
    assert stamp in made.notes
    assert "Draft" not in figure(notes=()).subtitle


def test_the_title_says_what_is_certain_and_what_is_possible() -> None:
    assert figure().title == (
        "Food and drink: three stars for certain in Tees Valley and Durham; "
        "possible in two regions more"
    )
    assert figure(REGIONS[:1]).title.endswith("in Tees Valley and Durham")
    assert figure(REGIONS[2:3]).title == "Food and drink: no region has a star for certain"
    assert "cannot be said" in figure(REGIONS[3:]).title


def test_the_scale_is_that_of_all_clusters_of_the_panel() -> None:
    rows = [{"geo": "UKC1", "value": 1.0}, {"geo": "UKC1", "cluster": "wood", "value": 4.0}]
    made = stars_map(stars(rows), At(cluster="food"), WORDS)
    assert "stars by region, 0 to 4" in made.subtitle


def test_four_stars_fit_into_a_square() -> None:
    rows = [{"geo": code, "value": 4.0} for code in ("UKC1", "UKC2", "UKM6", "UKK3", "UKI5")]
    for spec in (figure(rows).spec, figure(rows).narrow):
        assert in_square(spec, "UKC1", drawn_stars(spec, solid=True)) == 4
        box = next(v for v in data(spec, "hover", "x2") if v["geo"] == "UKC1")
        spots = drawn_stars(spec, solid=True)
        xs = sorted(s["x"] for s in spots if in_square(spec, "UKC1", [s]))
        size = next(x["mark"]["size"] for x in spec["layer"] if x["mark"].get("shape") == STAR)
        gaps = [b - a for a, b in pairwise(xs)]
        assert min(gaps) >= 0.95 * size**0.5
        assert xs[-1] - xs[0] + size**0.5 <= box["x2"] - box["x"] + 0.5


def test_half_a_star_and_other_measures_are_refused() -> None:
    with pytest.raises(HansaError, match="whole numbers"):
        figure([{"geo": "UKC1", "value": 1.5}])
    with pytest.raises(UsageError, match="holds no stars"):
        stars_map(quotients([{"geo": "UKC1", "cluster": "food", "value": 1.5}]))


def test_both_widths_stand_alone() -> None:
    made = figure(model_data=True)
    for spec in (made.spec, made.narrow):
        drawn = " ".join(words(spec))
        for part in (made.title, made.subtitle, made.source, *made.notes, "Model data"):
            assert " ".join(part.split(" ")[:3]) in drawn
    assert made.alt
    assert made.svg(narrow=True).startswith("<svg")


def test_the_specification_stays_as_it_is(snapshot: SnapshotAssertion) -> None:
    assert json.dumps(figure().spec, indent=1) == snapshot
