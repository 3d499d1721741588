"""The table of regions and clusters."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.views.heattable import heat_table
from hansa.views.reading import At
from hansa.views.theme import GROUND, MIDDLE

from .dynamics_panels import WORDS, jobs, quotients
from .panels import dashed, data, words

ROWS: list[dict[str, Any]] = [
    {"geo": "UKC1", "cluster": "food", "value": 2.0},
    {"geo": "UKC1", "cluster": "wood", "value": 0.5},
    {"geo": "UKC2", "cluster": "food", "value": 1.0, "lower": 0.8, "upper": 1.3},
    {"geo": "UKC2", "cluster": "wood", "value": None, "status": "c"},
    {"geo": "SE11", "cluster": "food", "value": 9.0, "status": "tiny"},
    {"geo": "SE11", "cluster": "wood", "value": 3.0, "lower": 2.5, "upper": 3.5},
]


def cells(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {v["hover"].partition(":")[0]: v for v in data(spec, "hover", "fill")}


def test_every_known_cell_has_the_colour_of_its_quotient_symmetric_around_one() -> None:
    drawn = cells(heat_table(quotients(ROWS), words=WORDS).spec)
    assert set(drawn) == {
        "Tees Valley and Durham, Food and drink",
        "Tees Valley and Durham, Wood and furniture",
        "Northumberland and Tyne and Wear, Food and drink",
        "Stockholm, Food and drink",
        "Stockholm, Wood and furniture",
    }
    assert drawn["Northumberland and Tyne and Wear, Food and drink"]["fill"] == MIDDLE
    blue = drawn["Tees Valley and Durham, Food and drink"]["fill"]
    brown = drawn["Tees Valley and Durham, Wood and furniture"]["fill"]
    assert int(blue[5:], 16) > int(blue[1:3], 16), "twice the share: blue"
    assert int(brown[5:], 16) < int(brown[1:3], 16), "half the share: brown"


def test_an_absent_cell_is_dashed_with_a_dot_and_has_no_fill() -> None:
    made = heat_table(quotients(ROWS), words=WORDS)
    (box,) = dashed(made.spec)
    assert box["hover"].endswith("Wood and furniture: not known (confidential)")
    assert "fill" not in box
    assert words(made.spec).count("·") == 1
    assert any("not known (1 of 6 cells)" in n for n in made.notes)


def test_a_cell_without_a_row_is_absent_too() -> None:
    made = heat_table(quotients(ROWS[:3]), words=WORDS)
    (box,) = dashed(made.spec)
    name = "Northumberland and Tyne and Wear, Wood and furniture"
    assert box["hover"] == f"{name}: not known (missing)"


def test_bounds_on_both_sides_of_one_are_hatched_and_others_are_not() -> None:
    made = heat_table(quotients(ROWS), words=WORDS)
    assert any(note.startswith("Hatched") for note in made.notes)
    sure = heat_table(quotients([ROWS[0], ROWS[5]]), words=WORDS)
    assert not any(note.startswith("Hatched") for note in sure.notes)


def test_a_cell_with_bounds_only_is_empty_and_hatched() -> None:
    row = {"geo": "UKC1", "cluster": "food", "value": None, "lower": 0.5, "upper": 2.0}
    sure = {**row, "cluster": "wood", "lower": 3.0, "upper": 4.0}
    made = heat_table(quotients([row, sure]), words=WORDS)
    drawn = cells(made.spec)
    assert "White and hatched: only the two bounds are known." in made.notes
    lines = data(made.spec, "x", "y", "x2", "y2")
    for item in drawn.values():
        inside = [v for v in lines if "fill" not in v and item["x"] <= v["x"] <= item["x2"]]
        assert len(inside) > 4, "hatched also where both bounds lie above 1"
    assert drawn["Tees Valley and Durham, Food and drink"]["fill"] == GROUND


def test_a_tiny_cell_is_a_smaller_box_and_never_the_finding() -> None:
    made = heat_table(quotients(ROWS), words=WORDS)
    drawn = cells(made.spec)
    tiny, usual = drawn["Stockholm, Food and drink"], drawn["Stockholm, Wood and furniture"]
    assert tiny["x2"] - tiny["x"] < usual["x2"] - usual["x"]
    assert "Stockholm in wood and furniture: 3.0" in made.title
    assert "may be" in made.title, "an absent cell may be higher"


def test_regions_stand_by_country_in_the_order_of_their_codes() -> None:
    made = heat_table(quotients(ROWS), words=WORDS)
    assert [row[0] for row in made.rows] == ["SE11", "UKC1", "UKC2"]
    drawn = words(made.spec)
    assert drawn.index("Sweden") < drawn.index("United Kingdom")
    tops = [v["y"] for v in data(made.spec, "text") if v["text"][:4] in ("SE11", "UKC1", "UKC2")]
    gaps = [b - a for a, b in pairwise(tops)]
    assert gaps[0] > gaps[1], "a name of a country stands between"


def test_clusters_follow_the_area_where_it_says_something() -> None:
    panel = quotients(ROWS)
    assert heat_table(panel, words=WORDS).columns[2:] == ("Wood and furniture", "Food and drink")
    area = quotients(
        [
            {"geo": "bsr", "cluster": "food", "value": 1.2},
            {"geo": "bsr", "cluster": "wood", "value": 0.9},
        ]
    )
    by_area = heat_table(panel, words=WORDS, area=area)
    assert by_area.title.startswith("The strongest"), "nothing is left out"
    assert by_area.columns[2:] == ("Food and drink", "Wood and furniture")
    ones = quotients([{"geo": "bsr", "cluster": c, "value": 1.0} for c in ("food", "wood")])
    assert heat_table(panel, words=WORDS, area=ones).columns[2] == "Wood and furniture"


def many(regions: int, clusters: int) -> list[dict[str, Any]]:
    return [
        {"geo": f"X{r:03d}", "cluster": f"c{c:02d}", "value": 1.0 + (r + 1) * (clusters - c) / 50}
        for r in range(regions)
        for c in range(clusters)
    ]


def test_the_most_specialised_are_shown_and_the_rest_is_named() -> None:
    made = heat_table(quotients(many(50, 20), geography="local"))
    assert len(made.rows) == 40
    assert [r[0] for r in made.rows] == [f"X{r:03d}" for r in range(10, 50)]
    assert made.columns[2:] == tuple(f"c{c:02d}" for c in range(15))
    assert any("five clusters" in n and "c15, c16, c17, c18 and c19" in n for n in made.notes)
    assert any("ten regions" in n and "X000" in n for n in made.notes)
    assert any(t.startswith("Left out: 11 clusters") for t in words(made.narrow))


def test_where_the_area_gives_the_order_the_title_speaks_of_what_is_shown() -> None:
    rows = many(3, 20)
    area = [{"geo": "all", "cluster": f"c{c:02d}", "value": float(c)} for c in range(20)]
    made = heat_table(quotients(rows, geography="local"), area=quotients(area))
    assert made.title.startswith("Of the clusters shown, the strongest specialisation is")
    assert "c05" in made.title, "c00 to c04 are left out"
    assert "X002 in c11:" in " ".join(words(made.narrow)), "fewer are shown on a telephone"


def test_the_year_asked_for_is_shown() -> None:
    rows = [{**r, "time": t, "value": t - 2010.0} for t in (2015, 2018) for r in ROWS[:1]]
    assert heat_table(quotients(rows), words=WORDS).rows[0][2] == "8.0"
    assert heat_table(quotients(rows), At(time=2015), WORDS).rows[0][2] == "5.0"
    with pytest.raises(HansaError, match="2030"):
        heat_table(quotients(rows), At(time=2030))


def test_amounts_are_refused() -> None:
    with pytest.raises(UsageError, match="no quotient"):
        heat_table(jobs([{"geo": "UKC1", "cluster": "food", "value": 100.0}]))


def test_both_widths_stand_alone() -> None:
    made = heat_table(quotients(ROWS, model_data=True), words=WORDS)
    for spec in (made.spec, made.narrow):
        drawn = " ".join(words(spec))
        for part in (made.title, made.subtitle, made.source, "Model data"):
            assert " ".join(part.split(" ")[:3]) in drawn
        right = spec["width"] + spec["padding"]["right"]
        assert all(v["x2"] <= right for v in data(spec, "hover", "x2"))
    assert made.alt
    assert all(len(row) == len(made.columns) for row in made.rows)
    assert made.svg(narrow=True).startswith("<svg")


def test_the_specification_stays_as_it_is(snapshot: SnapshotAssertion) -> None:
    assert json.dumps(heat_table(quotients(ROWS), words=WORDS).spec, indent=1) == snapshot
