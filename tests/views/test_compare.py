"""Regions side by side: what is drawn, what is said, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import UsageError
from hansa.panel import Panel
from hansa.views.compare import comparison_bars, sides_of, standing_out
from hansa.views.compare_words import alone, differences, shared
from hansa.views.figure import Figure
from hansa.views.theme import ABOVE, ABOVE_PALE, BELOW, CONTEXT

from .panels import NAMES, dashed, data, quotients, words

CELLS: tuple[dict[str, Any], ...] = (
    {"geo": "UKC1", "cluster": "food", "value": 4.0},
    {"geo": "UKC2", "cluster": "food", "value": 2.0, "lower": 1.5, "upper": 2.5},
    {"geo": "UKL1", "cluster": "food", "value": 1.2, "lower": 0.9, "upper": 1.5},
    {"geo": "UKC1", "cluster": "metals", "value": 0.25},
    {"geo": "UKC2", "cluster": "metals", "value": None, "status": "c"},
    {"geo": "UKL1", "cluster": "metals", "value": 8.0},
    {"geo": "UKC1", "cluster": "ships", "value": 0.0},
    {"geo": "UKC2", "cluster": "ships", "value": 3.0, "status": "tiny"},
    {"geo": "UKL1", "cluster": "ships", "value": None, "lower": 0.5, "upper": 3.0},
    {"geo": "UKC1", "cluster": "wood", "value": 0.5},
    {"geo": "UKC2", "cluster": "wood", "value": 3.0},
    {"geo": "UKL1", "cluster": "wood", "value": 0.8},
)
GEOS = ("UKC1", "UKC2", "UKL1")


def panel(**header: Any) -> Panel:
    return quotients(*CELLS, **header)


def figure(*geos: str, **header: Any) -> Figure:
    return comparison_bars(panel(**header), geos or GEOS, words=NAMES)


def test_every_mark_stands_for_its_region_and_its_cluster() -> None:
    bars = data(figure().spec, "geo", "cluster", "from", "value")
    drawn = {(b["geo"], b["cluster"]): (b["value"], b["fill"]) for b in bars}
    assert drawn["UKC1", "food"] == (4.0, ABOVE)
    assert drawn["UKC2", "food"] == (2.0, ABOVE)
    assert drawn["UKL1", "food"] == (1.2, ABOVE_PALE)
    assert drawn["UKC1", "metals"] == (0.25, BELOW)
    assert ("UKC2", "metals") not in drawn
    assert {b["from"] for b in bars} == {1}


def test_a_region_has_one_column_and_a_cluster_one_row() -> None:
    spec = figure().spec
    bars = {(b["geo"], b["cluster"]): b for b in data(spec, "geo", "cluster", "from", "value")}
    rows = {code: {b["y"] for (_, c), b in bars.items() if c == code} for code in ("food", "wood")}
    assert all(len(found) == 1 for found in rows.values())
    heads = {t["geo"]: t for t in data(spec, "geo", "text") if t["y"] == -31}
    assert sorted(heads, key=lambda geo: heads[geo]["x"]) == list(GEOS)
    assert heads["UKC1"]["text"] == "Tees Valley and Durham"
    assert heads["UKC2"]["text"].startswith("Northumberland")
    assert heads["UKC2"]["text"].endswith("…")


def test_unknown_is_dashed_bounded_is_hatched_tiny_is_grey() -> None:
    spec = comparison_bars(panel(), GEOS, words=NAMES).spec
    assert [(b["geo"], b["cluster"]) for b in dashed(spec)] == [("UKC2", "metals")]
    box = [b for b in data(spec, "from", "to") if (b["geo"], b["cluster"]) == ("UKL1", "ships")]
    assert (box[0]["from"], box[0]["to"]) == (0.5, 3.0)
    assert "value" not in box[0]
    tiny = quotients(*CELLS, {"geo": "UKC1", "cluster": "zinc", "value": 2.0})
    grey = [b for b in data(comparison_bars(tiny, GEOS).spec, "fill") if b["fill"] == CONTEXT]
    assert {(b["geo"], b["cluster"]) for b in grey} <= {("UKC2", "ships")}


def test_long_names_that_cannot_be_told_apart_become_numbers_with_a_key() -> None:
    long = [{**c, "geo": f"a county whose name is rather long, {c['geo']}"} for c in CELLS]
    geos = [f"a county whose name is rather long, {geo}" for geo in GEOS]
    spec = comparison_bars(quotients(*long, geography="local"), geos, words=NAMES).spec
    assert {"1", "2", "3"} <= set(words(spec))
    assert f"2 {geos[1]}" in words(spec)


def test_the_table_has_all_clusters_with_bounds() -> None:
    made = figure()
    rows = {row[0]: row[2:] for row in made.rows}
    assert rows["food"] == ("4.0", "2.0 (1.5–2.5)", "1.2 (0.90–1.5)")
    assert rows["metals"] == ("0.25", "·", "8.0")
    assert rows["ships"][0] == "0"
    assert made.columns[:2] == ("Code", "Cluster")


def test_what_all_share() -> None:
    sides = sides_of(panel(), GEOS, words=NAMES)
    assert shared(sides) == (
        "All three may be above the reference in food and drink; none is certain."
    )
    assert shared(sides[:2]) == "Both are certainly above the reference in food and drink."
    assert shared([sides[0], sides_of(panel(), ("UKC2", "UKL1"), words=NAMES)[1]]).startswith(
        "Both may be above the reference in food"
    )


def test_what_none_shares_and_what_cannot_be_said() -> None:
    def said(*cells: dict[str, Any]) -> str:
        return shared(sides_of(quotients(*cells), ("UKC1", "UKC2"), words=NAMES))

    one, two = {"geo": "UKC1", "cluster": "food"}, {"geo": "UKC2", "cluster": "food"}
    tiny = {"value": 3.0, "status": "tiny"}
    below = ({**one, "value": 0.5}, {**two, **tiny})
    assert said(*below) == "In no cluster are both above the reference."
    assert said({**one, **tiny}, {**two, **tiny}) == (
        "Whether both are above the reference in any cluster cannot be said: every cluster is "
        "below the smallest cell."
    )
    assert "every cluster is below the smallest cell, or not known" in said(
        {**one, **tiny}, {**two, "value": None, "status": "c"}
    )
    assert said({**one, "value": 2.0}, {**two, "value": None, "status": "c"}) == (
        "In no cluster are both known to be above the reference; in 1 of 1 that cannot be said: "
        "cells are too small, bounded or not known."
    )


def test_where_they_differ_is_certain_or_not_said() -> None:
    sides = sides_of(panel(), GEOS, words=NAMES)
    assert "differ most in basic metals: Lancashire" not in differences(sides[:2])
    assert "in basic metals: " in differences(sides)
    assert differences(sides).endswith("8.0, Tees Valley and Durham 0.25.")
    wide = quotients(
        {"geo": "UKC1", "value": 2.0, "lower": 0.5, "upper": 4.0},
        {"geo": "UKC2", "value": 1.0, "lower": 0.6, "upper": 3.0},
    )
    said = differences(sides_of(wide, ("UKC1", "UKC2"), words=NAMES))
    assert said.endswith("where they differ most cannot be said for certain.")


def test_alone_above_the_reference() -> None:
    sides = sides_of(panel(), ("UKC1", "UKC2"), words=NAMES)
    assert dict(alone(sides)) == {
        "Tees Valley and Durham": [],
        "Northumberland and Tyne and Wear": ["wood and furniture"],
    }


def test_rows_are_the_strongest_of_each_the_highest_on_average_first() -> None:
    sides = sides_of(panel(), GEOS, words=NAMES)
    assert set(standing_out(sides)) == {"food", "metals", "ships", "wood"}
    assert standing_out(sides)[0] == "food"
    many = [
        {"geo": g, "cluster": f"c{i:02d}", "value": 1.5 + ((7 * i + 3 * k) % 11)}
        for k, g in enumerate(GEOS)
        for i in range(60)
    ]
    assert len(standing_out(sides_of(quotients(*many), GEOS))) == 20


@pytest.mark.parametrize(
    ("geos", "said"),
    [
        (("UKC1",), "1 regions cannot be shown side by side"),
        (tuple(f"R{i}" for i in range(11)), "11 regions cannot"),
        (("UKC1", "UKC1"), "a region stands twice"),
    ],
)
def test_refused(geos: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        comparison_bars(panel(), geos)


@pytest.mark.parametrize("name", ["two", "three", "model"])
def test_specifications(name: str, snapshot: SnapshotAssertion) -> None:
    made = {
        "two": figure("UKC1", "UKL1"),
        "three": figure(),
        "model": figure(model_data=True, notes=("A note.",)),
    }[name]
    own = {"spec": made.spec, "narrow": made.narrow, "alt": made.alt}
    assert json.dumps(own, indent=1, ensure_ascii=False) == snapshot
