"""Results over confidential cells: cluster sums beside a published table."""

from __future__ import annotations

import numpy as np
import pytest

import hansa
from hansa.clusters import coverage
from hansa.errors import HansaError
from hansa.facts.disclosure_results import Published, audit_results, known_secrets
from hansa.facts.disclosure_sheet import Sheet
from hansa.law import Quantity, bit
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_table
from small_tables import UNKNOWN, facts, groups, results

TABLE = """
         10    16    62    55  TOTAL
north    60   20c   20c    70    170
south    20   10c   15c    30     75
TOTAL    80    30    35   100    245
"""
NACE = {**UNKNOWN, "classification": "nace:2"}


def clusters(**members):
    return groups(
        {name: dict.fromkeys(own.split(), 1.0) for name, own in members.items()}, "nace:2"
    )


def audit(own, totals=False):
    cube = read_table(facts(TABLE), FactsSpec(**NACE))
    cells = cube.laid_out(2020, cube.load(2020))
    regions = {code: (cube.geo.place[code],) for code in ("north", "south")}
    published = Published(coverage(own, cube.activity), regions, totals=totals)
    sheet = Sheet("employment", 2020, cells, cube.activity, cube.geo)
    return audit_results(sheet, [published], known_secrets(cells))


def test_a_cluster_of_one_hidden_part_and_known_ones_reveals_it():
    """The table alone leaves 16 in the north 5 to 30; wood = 10 + 16 = 80 leaves 80 - 60."""
    found = audit(clusters(wood="10 16", stay="55"))
    assert {(e.geo, e.activity, e.low, e.high) for e in found} == {
        ("north", "16", 20, 20),
        ("north", "62", 20, 20),
        ("south", "16", 10, 10),
        ("south", "62", 15, 15),
    }
    first = next(e for e in found if (e.geo, e.activity) == ("north", "16"))
    assert first.by == ("cluster wood in north",)


def test_a_cluster_of_both_hidden_parts_reveals_nothing():
    assert audit(clusters(mixed="16 62", stay="55")) == ()


def test_weights_count():
    """Half of 16 and all of 62 next to their plain sum: two equations for two unknowns."""
    own = groups({"half": {"16": 0.5, "62": 1.0}, "mixed": {"16": 1.0, "62": 1.0}}, "nace:2")
    found = audit(own)
    assert {(e.geo, e.activity) for e in found} >= {("north", "16"), ("north", "62")}


def test_compute_refuses_and_names_cluster_region_and_cell():
    table, own = facts(TABLE), clusters(wood="10 16", stay="55")
    with pytest.raises(HansaError, match="would reveal a confidential cell") as stop:
        hansa.compute("employment", table, own, describe=NACE)
    text = str(stop.value)
    assert "employment: geo north, activity 16, time 2020, status c" in text
    assert "it follows from cluster wood in north" in text
    assert "publish the sum of this cluster and another" in text
    assert "20" not in text.replace("2020", ""), "the refusal itself tells no value"


def test_compute_gives_sums_that_reveal_nothing():
    table, own = facts(TABLE), clusters(mixed="16 62", stay="55")
    panel = hansa.compute("employment", table, own, describe=NACE)
    assert results(panel)["north", "mixed", 2020] == 40
    quotient = hansa.compute("location_quotient_total", table, own, describe=NACE, min_cell=0)
    assert results(quotient)["north", "mixed", 2020] == pytest.approx(40 / 170 / (65 / 245))


def test_compute_by_activity_is_refused_where_a_cell_is_a_result():
    with pytest.raises(HansaError, match="16 in north, as a result"):
        hansa.compute("employment", facts(TABLE), describe=NACE)


def test_a_region_total_made_of_its_parts_reveals_the_only_hidden_one():
    """No total is printed: quotients rest on a sum of all activities, which gives B away."""
    table, own = facts("A B C\nR1 60 20c 5\nR2 30 10 7"), groups({"a": {"A": 1.0}})
    assert results(hansa.compute("employment", table, own, describe=UNKNOWN))["R1", "a", 2020] == 60
    with pytest.raises(HansaError, match="would reveal") as stop:
        hansa.compute("location_quotient_total", table, own, describe=UNKNOWN)
    assert "it follows from all activities in R1" in str(stop.value)


def test_hidden_cells_without_values_are_no_hindrance():
    table = facts(TABLE.replace("20c", ":c").replace("10c", ":c").replace("15c", ":c"))
    panel = hansa.compute("employment", table, clusters(wood="10 16", stay="55"), describe=NACE)
    assert results(panel)["north", "wood", 2020] is None


def test_what_a_step_filled_in_is_no_secret_of_the_table():
    flags = np.array([[bit("c"), bit("c") | bit("imputed"), 0]], np.uint64)
    cells = Quantity(np.array([[1.0, 2.0, 3.0]]), flags)
    assert known_secrets(cells).tolist() == [[True, False, False]]
