"""The reconstruction of the 38 categories: whole, honest about itself, and close to its names."""

from __future__ import annotations

import csv
import re

import pytest

from hansa.clusters import find_definition
from hansa.clusters.definition import findings


@pytest.fixture(scope="module")
def bsr():
    return find_definition("bsr-2009")


def test_38_traded_categories_on_classes_each_placed_once(bsr):
    assert len(bsr.clusters) == 38
    assert {m.kind for m in bsr.members} == {"traded"}
    assert {bsr.codelist.level[m.activity] for m in bsr.members} == {"class"}
    assert len({m.activity for m in bsr.members}) == len(bsr.members)
    assert {m.weight for m in bsr.members} == {1.0}
    assert not [f for f in findings(bsr) if f.severity == "error"]


def test_it_says_that_it_is_a_reconstruction(bsr):
    assert "reconstruction" in bsr.label
    assert "reconstruction" in bsr.source
    assert "ours" in bsr.note
    assert "not a file of the European Cluster Observatory" in bsr.note
    assert "lie outside the set: local industries" in " ".join(bsr.note.split())
    assert "Employment under this set cannot be compared with printed figures" in bsr.note


def test_the_note_counts_right(bsr):
    everything = sum(level == "class" for level in bsr.codelist.level.values())
    placed, left = map(
        int, re.search(r"(\d+) classes are placed. The other (\d+)", bsr.note).groups()
    )
    assert placed == len(bsr.members)
    assert placed + left == everything == 615


def test_it_has_the_categories_that_the_publication_names(bsr, hansa_data):
    with (hansa_data / "bsr2009" / "facts.csv").open(encoding="utf-8", newline="") as lines:
        printed = {row["fact"]: row["value"] for row in csv.DictReader(lines)}
    names = " ".join(bsr.label_of(c).lower() for c in bsr.clusters) + " forestry"
    for fact in (
        "largest clusters by employment",
        "smallest",
        "fastest employment growth",
        "most specialised",
    ):
        for name in re.split("; ", re.sub(r" \(.*\)", "", printed[fact])):
            assert all(word in names for word in name.lower().split()), name


def test_its_names_are_those_of_porter_with_two_joined_and_two_left_out(bsr, hansa_data):
    path = hansa_data / "definitions" / "porter2003_clusters.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        traded = {r["cluster_name"] for r in csv.DictReader(lines) if r["group"] == "traded"}
    joined = {"Aerospace Engines", "Aerospace Vehicles and Defense"}
    left = {"Motor Driven Products", "Prefabricated Enclosures"}
    assert joined | left < traded
    spelling = {"Jewelry": "Jewellery"}
    kept = {" ".join(spelling.get(w, w) for w in n.split()).lower() for n in traded - joined - left}
    ours = {bsr.label_of(c).lower() for c in bsr.clusters}
    assert ours - kept == {"aerospace and defence"}
    assert kept < ours


def test_services_shops_and_farms_are_left_outside(bsr):
    placed = {m.activity for m in bsr.members}
    for code in ("47.11", "56.10", "85.20", "86.10", "84.11", "01.11", "05.10", "61.20", "96.02"):
        assert code not in placed


@pytest.mark.parametrize(
    ("code", "cluster"),
    [
        ("30.30", "aerospace"),
        ("29.10", "automotive"),
        ("21.20", "biopharmaceuticals"),
        ("03.11", "fishing"),
        ("02.20", "forest-products"),
        ("26.30", "communications-equipment"),
        ("62.01", "information-technology"),
        ("42.13", "heavy-construction"),
        ("06.10", "oil-gas"),
        ("12.00", "tobacco"),
        ("28.41", "production-technology"),
        ("55.10", "hospitality-tourism"),
    ],
)
def test_plain_cases_stand_where_their_names_say(bsr, code, cluster):
    assert {m.activity: m.cluster for m in bsr.members}[code] == cluster


def test_reasons_are_sentences_of_their_own(bsr):
    reasons = [m.reason for m in bsr.members if m.reason]
    assert len(reasons) >= 70
    assert len(set(reasons)) == len(reasons)
    for reason in reasons:
        assert reason.endswith("."), reason
        assert reason[:1].isupper(), reason
