"""Names that ship with Hansa have Swedish ones; names of a user's own file stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hansa.clusters.definition import definitions, read_csv
from hansa.codes.codelist import classification, geography_codes
from hansa.codes.geography import geographies
from hansa.language import named, speaking

ALIKE = {"Finland", "Liechtenstein", "Malta", "Portugal"}
"""Names that Swedish and English share."""


def shipped() -> Iterator[tuple[str, str]]:
    """Every name of the lists that ship, with its kind, as the lists have it."""
    yield from (("activity", label) for label in classification("nace:2").label.values())
    for version in ("nuts:2013", "nuts:2024"):
        codes = geography_codes(version)
        countries = (code for code, level in codes.level.items() if level == "country")
        yield from (("place", codes.label[code]) for code in countries)
    yield from (("place", found.title) for found in geographies().values())
    for definition in definitions().values():
        yield "definition", definition.label
        for member in definition.members:
            yield "cluster", member.cluster_label
            yield "cluster", member.subcluster
            yield "reason", member.reason


NAMES = tuple(dict.fromkeys((kind, name) for kind, name in shipped() if name))


def test_every_name_that_ships_has_a_swedish_one() -> None:
    with speaking("sv"):
        said = {(kind, name): named(kind, name) for kind, name in NAMES}
    assert len(said) > 1800
    assert {name for (_, name), text in said.items() if text == name} == ALIKE
    wrong = [t for t in said.values() if t != " ".join(t.split()) or not t[0].isupper()]
    assert wrong == []


def test_names_of_one_list_stay_apart() -> None:
    """Two names that become one would be one row of a table twice."""
    with speaking("sv"):
        said = {(kind, named(kind, name)) for kind, name in NAMES}
    assert len(said) == len(NAMES)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("C", "Tillverkning"),
        ("01", "Jordbruk och jakt samt service i anslutning härtill"),
        ("13.1", "Garntillverkning"),
        ("20.13", "Tillverkning av andra oorganiska baskemikalier"),
        (
            "31.01",
            "Tillverkning av kontors- och butiksmöbler samt kontors- och butiksinredningar",
        ),
        ("46.42", "Partihandel med kläder och skodon"),
        ("47.61", "Specialiserad butikshandel med böcker"),
        ("62.01", "Dataprogrammering"),
        ("U", "Verksamhet vid internationella organisationer, utländska ambassader o.d."),
    ],
)
def test_activities_have_the_official_titles(code: str, title: str) -> None:
    codes = classification("nace:2")
    with speaking("sv"):
        assert codes.names[code] == title
    assert codes.names[code] == codes.label[code]


def test_clusters_places_and_definitions_speak_swedish() -> None:
    own = definitions()["hansa-nace2"]
    with speaking("sv"):
        assert own.label_of("furniture") == "Möbler"
        assert named("cluster", "Freight and logistics") == "Godstransport och logistik"
        assert geography_codes("nuts:2024").names["CZ"] == "Tjeckien"
        assert geography_codes("nuts:2024").names["DE80"] == "Mecklenburg-Vorpommern"
        assert geographies()["nordic-five"].name == "De fem nordiska länderna"
        assert own.name == "Hansas kluster av undergrupper i NACE Rev. 2"


def test_names_of_a_file_of_the_user_stay(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("cluster,activity,weight,cluster_label\nyards,30.12,1,Boatyards of Orust\n")
    own = read_csv(path, "nace:2")
    with speaking("sv"):
        assert own.label_of("yards") == "Boatyards of Orust"
        assert own.name == "own"
