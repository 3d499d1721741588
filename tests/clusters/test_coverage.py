"""What a source can say about a cluster: exact, between bounds, or nothing.

Tolerance: 1e-12 relative, for sums of products of weights that are no binary fractions.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.axes import Axis
from hansa.clusters import coverage, find_definition
from hansa.codes import classification
from hansa.errors import HansaError
from small_tables import UNKNOWN, ZERO, definition, facts, groups, results, table

NACE = classification("nace:2")
IN_NACE = {**UNKNOWN, "classification": "nace:2"}


def states(members: dict[str, dict[str, float]], source: Iterable[str]) -> dict[str, str]:
    plan = coverage(groups(members, "nace:2"), Axis(tuple(sorted(source)), NACE))
    return {c.cluster: c.state for c in plan.clusters}


def test_the_same_level_is_exact():
    assert states({"X": {"10": 1, "11": 0.5}}, ["10", "11", "12"]) == {"X": "exact"}


def test_a_finer_source_is_exact():
    """Division 41 is groups 41.1 and 41.2, each of one class."""
    assert states({"X": {"41": 1}}, ["41.1", "41.20"]) == {"X": "exact"}


def test_a_coarser_source_gives_bounds_and_never_an_even_split():
    """Section F is construction; divisions 41, 42 and 43 make it up."""
    members = {"X": {"41": 1}, "Y": {"41": 1, "42": 1, "43": 1}, "Z": {"F": 0.5}}
    assert states(members, ["F"]) == {"X": "bounded", "Y": "exact", "Z": "exact"}
    panel = hansa.compute(
        "employment", facts("F\nR1 100"), groups(members, "nace:2"), describe=IN_NACE
    )
    found = {key[1]: row for key, row in zip(results(panel), panel.rows(), strict=True)}
    assert (found["X"]["value"], found["X"]["lower"], found["X"]["upper"]) == (None, 0, 100)
    assert found["X"]["status"] == "interval"
    assert found["Y"]["value"] == 100
    assert found["Z"]["value"] == 50


def test_bounds_that_meet_are_a_value():
    """A section without jobs has no jobs in any of its divisions."""
    panel = hansa.compute(
        "employment", facts("F\nR1 0"), groups({"X": {"41": 1}}, "nace:2"), describe=IN_NACE
    )
    assert results(panel) == {("R1", "X", 2020): 0}
    assert results(panel, "status") == {("R1", "X", 2020): ""}


def test_weights_of_the_parts_narrow_the_bounds():
    """Between 0.2 and 0.6 of the 100 jobs of F, whatever its divisions are."""
    members = groups({"X": {"41": 0.2, "42": 0.6, "43": 0.4}}, "nace:2")
    panel = hansa.compute("employment", facts("F\nR1 100"), members, describe=IN_NACE)
    assert results(panel, "lower") == {("R1", "X", 2020): pytest.approx(20, rel=1e-12)}
    assert results(panel, "upper") == {("R1", "X", 2020): pytest.approx(60, rel=1e-12)}


def test_a_part_below_its_parent_is_used_where_it_is_published():
    """F is published with division 41 alone: X needs only 41, Y needs 42 too."""
    members = {"X": {"41": 1}, "Y": {"41": 1, "42": 1}}
    assert states(members, ["F", "41"]) == {"X": "exact", "Y": "bounded"}
    panel = hansa.compute(
        "employment", facts("F 41\nR1 100 30"), groups(members, "nace:2"), describe=IN_NACE
    )
    assert results(panel)["R1", "X", 2020] == 30
    lower, upper = (results(panel, part)["R1", "Y", 2020] for part in ("lower", "upper"))
    assert lower <= 30 <= 100 <= upper


def test_codes_that_never_occur_are_outside_and_listed():
    """The source has no fishing (03): the cluster is the rest, marked d."""
    members = groups({"X": {"02": 1, "03": 1}, "Y": {"03": 1}, "Z": {"02": 1}}, "nace:2")
    panel = hansa.compute("employment", facts("02\nR1 30"), members, describe=IN_NACE)
    assert results(panel) == {
        ("R1", "X", 2020): 30,
        ("R1", "Y", 2020): None,
        ("R1", "Z", 2020): 30,
    }
    assert [*results(panel, "status").values()] == ["d", "d", ""]
    plan = coverage(members, Axis(("02",), NACE))
    assert [c.outside for c in plan.clusters] == [("03",), ("03",), ()]
    assert [c.state for c in plan.clusters] == ["exact", "not computable", "exact"]
    assert any("X: 03; Y: 03" in step for step in panel.header.steps)


def test_outside_codes_are_named_by_the_fewest():
    """Of division 02 only class 02.10 occurs: groups 02.2 to 02.4 are outside."""
    plan = coverage(groups({"X": {"02": 1, "03": 1}}, "nace:2"), Axis(("02.10",), NACE))
    assert plan.clusters[0].outside == ("02.2", "02.3", "02.4", "03")


def test_outside_is_said_of_the_source_and_not_of_a_region():
    """03 occurs in R2, so it is inside; its missing row in R1 is what the header says."""
    jobs = facts("02 03\nR1 30 .\nR2 10 5")
    members = groups({"X": {"02": 1, "03": 1}}, "nace:2")
    for header, value in ((UNKNOWN, None), (ZERO, 30)):
        panel = hansa.compute(
            "employment", jobs, members, describe={**header, "classification": "nace:2"}
        )
        assert results(panel)["R1", "X", 2020] == value
        assert "d" not in results(panel, "status")["R1", "X", 2020]


def test_no_code_at_all_is_an_error():
    members = groups({"X": {"10": 1}}, "nace:2")
    with pytest.raises(HansaError, match="no code of the definition occurs in the facts"):
        hansa.compute("employment", facts("41\nR1 30"), members, describe=IN_NACE)


def test_a_hidden_member_hides_the_cluster_and_no_other():
    jobs = facts("10 11 12\nR1 30 :c 5\nR2 10 5 5")
    members = groups({"X": {"10": 1, "11": 1}, "Y": {"10": 1, "12": 1}}, "nace:2")
    panel = hansa.compute("employment", jobs, members, describe=IN_NACE)
    assert list(results(panel).values()) == [None, 35, 15, 15]


def test_weights_and_overlap_by_hand(tmp_path):
    """X takes 25 % of A, Y all of A and B: each is computed apart, and their sum is refused."""
    shared = definition(tmp_path, "cluster,activity,weight\nX,A,0.25\nY,A,1\nY,B,1\n")
    panel = hansa.compute("employment", facts("A B\nR1 40 10"), shared, describe=UNKNOWN)
    assert list(results(panel).values()) == [10, 50]
    with pytest.raises(HansaError, match="clusters that share activities"):
        panel.summed("cluster")


# --- the truth lies inside, whatever the source publishes ----------------------------------------

TOP = "F"
CLASSES = sorted(NACE.leaves(TOP))


@st.composite
def sources(draw):
    """Classes of construction with their jobs, and codes that a source publishes of them.

    Each code from the section down is either published, with or without its parts, or only its
    parts are: the published codes always hold every job.
    """
    jobs = {c: draw(st.integers(0, 100)) for c in CLASSES}
    published = []

    def visit(code: str) -> None:
        below = NACE.children(code)
        choice = draw(st.sampled_from(("alone", "both", "parts"))) if below else "alone"
        if choice != "parts":
            published.append(code)
        if choice != "alone":
            for child in below:
                visit(child)

    visit(TOP)
    return jobs, published


@st.composite
def member_weights(draw):
    """Members of one cluster on any level, none inside another, with weights."""
    every = sorted(c for c in NACE.level if NACE.leaves(c) <= NACE.leaves(TOP))
    chosen: dict[str, float] = {}
    for code in draw(st.lists(st.sampled_from(every), min_size=1, max_size=6, unique=True)):
        leaves = NACE.leaves(code)
        if not any(leaves & NACE.leaves(c) for c in chosen):
            chosen[code] = draw(st.sampled_from((1, 0.5, 0.3)))
    return chosen


@settings(derandomize=True, max_examples=80, deadline=None)
@given(sources(), member_weights())
def test_the_true_size_is_exact_or_inside_the_bounds(source, weights):
    jobs, published = source
    true = sum(
        weight * jobs[leaf] for code, weight in weights.items() for leaf in NACE.leaves(code)
    )
    rows = [("R1", code, 2020, sum(jobs[c] for c in NACE.leaves(code)), "") for code in published]
    members = groups({"X": weights}, "nace:2")
    panel = hansa.compute("employment", table(rows), members, describe=IN_NACE)
    (row,) = panel.rows()
    if row["value"] is not None:
        assert row["value"] == pytest.approx(true, rel=1e-12, abs=0)
    else:
        assert row["lower"] * (1 - 1e-12) <= true <= row["upper"] * (1 + 1e-12)
        assert row["status"] == "interval"


@settings(derandomize=True, max_examples=40, deadline=None)
@given(sources())
def test_a_source_that_names_every_class_is_always_exact(source):
    jobs, _ = source
    rows = [("R1", code, 2020, n, "") for code, n in jobs.items()]
    members = {"X": {"41": 1, "42.1": 0.5}, "Y": {"43.11": 1}}
    assert set(states(members, [r[1] for r in rows]).values()) == {"exact"}
    panel = hansa.compute("employment", table(rows), groups(members, "nace:2"), describe=IN_NACE)
    assert None not in results(panel).values()


def test_hansa_divisions_on_the_british_classes(hansa_data):
    """BRES lists 525 of the 615 classes; the 90 that never occur are named, cluster by cluster.

    Every division has a place in the definition: those of households and international bodies
    stand outside, the rest of the 90 is listed by the clusters.
    """
    import pyarrow.parquet as pq

    path = hansa_data / "employment" / "uk_bres_nuts2_sic4_2015_2018.parquet"
    printed = set(pq.read_table(path, columns=["sic4"])["sic4"].to_pylist())
    occurring = {f"{code[:2]}.{code[2:]}" for code in printed}
    classes = {code for code, level in NACE.level.items() if level == "class"}
    assert occurring <= classes
    never = classes - occurring
    assert len(never) == 90
    divisions = find_definition("hansa-divisions")
    plan = coverage(divisions, Axis(tuple(sorted(occurring)), NACE))
    named = set().union(*(NACE.leaves(code) for c in plan.clusters for code in c.outside))
    outside = {m.activity for m in divisions.members if m.kind == "outside"}
    assert named == {c for c in never if c[:2] not in outside}
    panel = hansa.compute(
        "employment",
        path,
        "hansa-divisions",
        describe={
            "columns": {"time": "year", "activity": "sic4"},
            "classification": "nace:2",
            "geography": "nuts:2013",
            **UNKNOWN,
        },
        end=2015,
    )
    lacking = {c.cluster for c in plan.clusters if c.outside}
    marked = {key[1] for key, text in results(panel, "status").items() if "d" in text.split(";")}
    assert marked == lacking
