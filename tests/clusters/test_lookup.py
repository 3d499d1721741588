"""From a code to its clusters."""

from __future__ import annotations

import pytest

from hansa.clusters import find_definition
from hansa.clusters.lookup import look_up, look_up_all
from hansa.errors import UsageError
from small_tables import definition

ROWS = """\
cluster,activity,weight,cluster_label,subcluster,kind,reason
cars,29.1,1,Cars,Makers,traded,they make cars
cars,29.31,0.6,Cars,Parts,traded,
cars,29.31,0.1,Cars,Repair,traded,
wires,29.31,0.3,Wires,,traded,cables inside
wires,27.32,1,Wires,,traded,
"""


@pytest.fixture
def mine(tmp_path):
    return definition(tmp_path, ROWS, "nace:2")


@pytest.mark.parametrize("text", ["29.32", "2932", "C29.32", "C2932", " 29.32 "])
def test_a_class_is_found_in_any_usual_spelling(text):
    found = look_up(text, find_definition("hansa-nace2"))
    assert found.code == "29.32"
    assert found.label.startswith("Manufacture of other parts")
    (place,) = found.places
    assert (place.cluster, place.kind, place.weight, place.classes) == (
        "automotive",
        "traded",
        1,
        1,
    )
    assert place.subcluster == "Parts and accessories"
    assert "brakes" in place.reason
    assert found.left == ()


def test_a_class_below_a_row_is_found_through_it():
    found = look_up("29.32", find_definition("hansa-divisions"))
    (place,) = found.places
    assert place.activity == "29"
    assert place.classes == 1
    assert found.classes == 1


def test_a_division_shows_how_its_classes_are_spread(mine):
    """29 has the classes 29.10, 29.20, 29.31 and 29.32; 29.10 whole and 29.31 in parts."""
    found = look_up("29", mine)
    assert found.classes == 4
    assert [(p.cluster, p.subcluster, p.activity, p.weight) for p in found.places] == [
        ("cars", "Makers", "29.1", 1),
        ("cars", "Parts", "29.31", 0.6),
        ("cars", "Repair", "29.31", 0.1),
        ("wires", "", "29.31", 0.3),
    ]
    cars, wires = found.spread
    assert (cars.cluster, cars.classes, cars.activities) == ("cars", 2, ("29.1", "29.31"))
    assert cars.weight == pytest.approx(1.7)
    assert (wires.label, wires.classes, wires.kind) == ("Wires", 1, "traded")
    assert wires.weight == pytest.approx(0.3)
    assert found.left == ("29.2", "29.32")


def test_the_classes_of_a_division_add_up():
    own = find_definition("hansa-nace2")
    for code in ("10", "28", "46", "C"):
        found = look_up(code, own)
        assert sum(s.classes for s in found.spread) == found.classes
        assert found.left == ()


def test_a_code_that_no_cluster_holds_is_said_to_be_nowhere():
    found = look_up("47.1", find_definition("bsr-2009"))
    assert found.places == found.spread == ()
    assert found.left == ("47.1",)
    assert found.classes == 2


def test_all_shipped_definitions_are_searched():
    found = look_up_all("29.32")
    assert [f.definition for f in found] == ["bsr-2009", "hansa-divisions", "hansa-nace2"]


def test_codes_of_a_table_are_found_as_they_are(tmp_path):
    own = definition(tmp_path, "cluster,activity\nX,A 1\n")
    assert look_up("A 1", own).places[0].cluster == "X"
    assert look_up("A 2", own) is None
    nace = find_definition("hansa-nace2")
    assert [f.definition for f in look_up_all("A 1", [own, nace])] == ["groups"]


def test_an_unknown_code_is_refused_with_what_was_searched():
    with pytest.raises(UsageError, match=r"no definition knows the code '99\.99'") as problem:
        look_up_all("99.99")
    assert "hansa-nace2" in problem.value.finding.printed
    assert "nace:2" in problem.value.finding.admissible
