"""Claimed and seen: the three answers by hand, and how they are drawn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hansa.errors import HansaError, UsageError
from hansa.views.claims import Link, claims, claims_chart
from hansa.views.published import Stronghold

from .panels import NAMES, dashed, data, quotients, sizes, words

AREAS = (
    Stronghold("green", "Green things", 4, 10, True, False),
    Stronghold("grown", "Grown things", 8, 10, True, True),
    Stronghold("small", "Small things", 5, 10, True, False),
)
LINKS = (
    Link("grown", "food", "Food grows."),
    Link("grown", "wood", "Wood grows."),
    Link("green", "ships", "Ships are green here."),
    Link("small", "", "No industry is small enough."),
)


def verdict(*cells: dict[str, Any]) -> str:
    """What is said of a claim whose clusters have these quotients."""
    codes = ("food", "metals", "ships", "wood")
    rows = [{"cluster": code, **cell} for code, cell in zip(codes, cells, strict=False)]
    links = [Link("grown", r["cluster"], "Because.") for r in rows]
    (found,) = claims(quotients(*rows), AREAS[1:2], links)
    return found.verdict


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([{"value": 1.0}], "claimed and seen"),
        ([{"value": 0.99}], "claimed and not seen"),
        ([{"value": 1.5, "lower": 1.0, "upper": 2.0}], "claimed and seen"),
        ([{"value": 1.5, "lower": 0.9, "upper": 2.0}], "cannot be said"),
        ([{"value": 0.8, "lower": 0.7, "upper": 1.0}], "cannot be said"),
        ([{"value": 0.8, "lower": 0.7, "upper": 0.9}], "claimed and not seen"),
        ([{"value": None, "lower": 1.1, "upper": 3.0, "status": "interval"}], "claimed and seen"),
        ([{"value": None, "status": "c"}], "cannot be said"),
        ([{"value": 5.0, "status": "tiny"}], "cannot be said"),
        ([{"value": 5.0, "estimated": 0.1}], "cannot be said"),
        ([{"value": 0.5}, {"value": 1.2}], "claimed and seen"),
        ([{"value": 0.5}, {"value": 0.9}], "claimed and not seen"),
        ([{"value": 0.5}, {"value": None, "status": "c"}], "cannot be said"),
        ([{"value": 1.2}, {"value": None, "status": "c"}], "claimed and seen"),
    ],
)
def test_a_claim_is_seen_not_seen_or_open(cells: list[dict[str, Any]], said: str) -> None:
    assert verdict(*cells) == said


def panel(**header: Any) -> Any:
    return quotients(
        {"cluster": "food", "value": 2.0},
        {"cluster": "wood", "value": 0.5},
        {"cluster": "ships", "value": None, "status": "c"},
        **header,
    )


def test_claims_stand_by_the_number_of_countries_and_say_why_not() -> None:
    found = claims(panel(), AREAS, LINKS, words=NAMES)
    assert [(c.stronghold.code, c.verdict, c.why) for c in found] == [
        ("grown", "claimed and seen", ""),
        ("small", "cannot be said", "No industry is small enough."),
        ("green", "cannot be said", "Not certain: Ships."),
    ]


def test_a_claim_without_any_link_cannot_be_said() -> None:
    found = claims(panel(), AREAS, LINKS[:3])
    assert {c.stronghold.code: c.verdict for c in found}["small"] == "cannot be said"


def test_links_to_clusters_the_panel_lacks_are_refused() -> None:
    with pytest.raises(HansaError, match="lacks clusters that stand for claims"):
        claims(panel(), AREAS, [Link("grown", "gold", "Glitters.")])


def test_jobs_are_no_specialisation() -> None:
    with pytest.raises(UsageError, match="held against location quotients"):
        claims(sizes({"cluster": "food", "value": 3.0}), AREAS, LINKS)


@pytest.mark.parametrize("width", ["spec", "narrow"])
def test_what_is_not_known_is_an_empty_box_beside_its_reason(width: str) -> None:
    spec = getattr(claims_chart(panel(), AREAS, LINKS, words=NAMES), width)
    assert [box["cluster"] for box in dashed(spec)] == ["ships"]
    assert "confidential" in words(spec)
    assert {b["cluster"]: b["value"] for b in data(spec, "cluster", "value")} == {
        "food": 2.0,
        "wood": 0.5,
    }
    assert "8 of 10 countries: claimed and seen" in words(spec)


def test_the_title_counts_the_answers() -> None:
    figure = claims_chart(panel(), AREAS, LINKS, words=NAMES)
    assert figure.title == "Three claims: one seen and two cannot be said"


def test_model_data_is_an_illustration() -> None:
    figure = claims_chart(panel(model_data=True), AREAS, LINKS, words=NAMES)
    assert figure.model_data
    assert figure.title.startswith("Illustration. Three claims")
    assert figure.notes[0].startswith("An illustration")
    assert "Model data" in words(figure.spec)
    real = claims_chart(panel(), AREAS, LINKS, words=NAMES)
    assert "Illustration" not in real.title
    assert not any("llustration" in note for note in real.notes)


def test_the_table_behind_it_has_a_row_for_each_cluster() -> None:
    figure = claims_chart(panel(), AREAS, LINKS, words=NAMES)
    assert figure.rows == (
        ("Grown things", "8 of 10", "claimed and seen", "Food and drink", "2.0"),
        ("Grown things", "8 of 10", "claimed and seen", "Wood and furniture", "0.50"),
        ("Small things", "5 of 10", "cannot be said", "", "No industry is small enough."),
        ("Green things", "4 of 10", "cannot be said", "Ships", "confidential"),
    )


def test_the_picture_stays_as_it_is(snapshot: SnapshotAssertion) -> None:
    figure = claims_chart(panel(model_data=True), AREAS, LINKS, words=NAMES)
    assert json.dumps(figure.spec, indent=1) == snapshot
