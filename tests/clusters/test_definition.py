"""The loader of cluster definitions: what it takes, and what it says when it does not."""

from __future__ import annotations

import pytest

import hansa
from hansa.clusters import definitions, find_definition
from hansa.clusters.definition import findings
from hansa.errors import HansaError, UsageError
from small_tables import definition

META = 'id = "mine"\nlabel = "Mine"\nclassification = "nace:2"\n'


def folder_with(tmp_path, meta=META, members="cluster,activity,weight\nX,10,1\n"):
    if meta is not None:
        (tmp_path / "definition.toml").write_text(meta, encoding="utf-8")
    if members is not None:
        (tmp_path / "members.csv").write_text(members, encoding="utf-8")
    return find_definition(str(tmp_path))


def test_a_folder_and_a_plain_table_say_the_same(tmp_path):
    rows = "cluster,activity,weight\nX,C10,1\nX,1101,0.5\n"
    mine = folder_with(tmp_path, members=rows)
    plain = definition(tmp_path, rows, "NACE Rev. 2")
    assert mine.members == plain.members
    assert [m.activity for m in mine.members] == ["10", "11.01"], "stored in one spelling"
    assert mine.clusters == ("X",)
    assert mine.level == "class"


def test_labels_kinds_and_clusters_set_outside(tmp_path):
    mine = folder_with(
        tmp_path,
        members="cluster,activity,weight,cluster_label,kind,reason\n"
        "X,10,1,Food,traded,eaten\nX,11,1,,traded,\nY,97,1,,outside,\n",
    )
    assert mine.clusters == ("X",)
    assert mine.label_of("X") == "Food"
    assert mine.label_of("Y") == "Y"
    assert mine.kind_of("X") == "traded"


def test_no_weight_is_a_whole_activity(tmp_path):
    mine = definition(tmp_path, "cluster,activity\nX,A\n")
    assert mine.members[0].weight == 1
    assert mine.classification == "local"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ("cluster,weight\nX,1\n", "the column activity is missing"),
        ("cluster,activity,jobs\nX,10,3\n", "columns without meaning"),
        ("cluster,activity,weight\n", "the definition has no members"),
        ("cluster,activity,weight\nX,99.99,1\n", "an activity is not in the classification"),
        ("cluster,activity,weight\nX,10,1.5\n", "the weight of 10 is no share"),
        ("cluster,activity,weight\nX,10,-1\n", "the weight of 10 is no share"),
        ("cluster,activity,weight\nX,10,half\n", "the weight of 10 is no share"),
        ("cluster,activity,weight\nX,10,nan\n", "the weight of 10 is no share"),
        ("cluster,activity,weight,kind\nX,10,1,export\n", "unknown kind 'export'"),
        ("cluster,activity,weight\nX,10,0.5\nX,C10,0.5\n", "stands twice in one cluster"),
        ("cluster,activity,weight\nX,10,1\nX,10.1,1\n", "holds a code and a part of it"),
        ("cluster,activity,weight\nX,10,0.7\nY,10,0.7\n", "add up to more than 1"),
        ("cluster,activity,weight\nX,10,0.7\nY,10.1,0.7\n", "add up to more than 1"),
        ("cluster,activity,weight\nX,C,0.4\nY,10,0.4\nZ,10.11,0.4\n", "add up to more than 1"),
        ("cluster,activity,weight,kind\nX,10,1,traded\nX,11,1,local\n", "are of several kinds"),
        ("cluster,activity,weight,kind\nX,10,1,traded\nX,11,1,\n", "are of several kinds"),
    ],
)
def test_members_that_are_refused(tmp_path, members, message):
    with pytest.raises(HansaError, match=message):
        folder_with(tmp_path, members=members)


def test_an_error_names_the_row(tmp_path):
    with pytest.raises(HansaError) as problem:
        folder_with(tmp_path, members="cluster,activity,weight\nX,10,1\nX,9999,1\n")
    assert problem.value.finding.place.endswith("members.csv, row 3")
    assert "nace:2" in problem.value.finding.admissible


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ('label = "Mine"\n', "the definition is wrong at 'id'"),
        ("id = ", "definition.toml cannot be read"),
        (META.replace("nace:2", "nace:9"), "unknown classification 'nace:9'"),
        (None, "not complete"),
    ],
)
def test_descriptions_that_are_refused(tmp_path, meta, message):
    with pytest.raises(HansaError, match=message):
        folder_with(tmp_path, meta=meta)


def test_a_folder_without_members_is_refused(tmp_path):
    with pytest.raises(HansaError, match=r"members\.csv is missing"):
        folder_with(tmp_path, members=None)


def test_overlap_is_allowed_where_it_is_said(tmp_path):
    members = "cluster,activity,weight\nX,10,1\nY,10.1,1\n"
    assert folder_with(tmp_path, META + "overlapping = true\n", members).overlapping
    assert definition(tmp_path, members, "nace:2").overlapping, "a plain table cannot say it"
    assert not definition(tmp_path, "cluster,activity,weight\nX,10,1\n", "nace:2").overlapping


def test_an_unknown_definition_lists_those_there_are():
    with pytest.raises(UsageError, match="hansa-divisions"):
        find_definition("no-such-set")


def test_what_a_definition_leaves_over_is_noted(tmp_path):
    (note,) = findings(folder_with(tmp_path))
    assert note.severity == "note"
    assert note.rule == "codes of the classification that no cluster holds"


@pytest.mark.parametrize("name", definitions())
def test_a_shipped_definition_has_no_fault_and_a_source(name):
    own = definitions()[name]
    assert not [f for f in findings(own) if f.severity == "error"]
    for part in ("label", "source", "licence", "version", "note"):
        assert getattr(own, part), part
    for cluster in own.clusters:
        assert own.label_of(cluster) != cluster


def test_a_plain_table_that_overlaps_is_told(tmp_path):
    found = definition(tmp_path, "cluster,activity\na,10\nb,10.1\nc,62\nb,10.2\n", "nace:2")
    assert found.unsaid
    assert found.shared == {"10.1": ("a", "b"), "10.2": ("a", "b")}
    told = [f for f in findings(found) if f.severity == "warning"]
    assert [f.rule for f in told] == [
        "clusters overlap: the weights of an activity add up to more than 1"
    ]
    assert told[0].printed == "10.1 in a and b, 10.2 in a and b"


def test_an_overlap_that_is_declared_is_no_finding(tmp_path):
    members = "cluster,activity,weight\nX,10,1\nY,10.1,1\n"
    found = folder_with(tmp_path, META + "overlapping = true\n", members)
    assert not found.unsaid
    assert [f.severity for f in findings(found)] == ["note"]
    plain = definition(tmp_path, "cluster,activity,weight\nX,10,0.5\nY,10,0.5\n", "nace:2")
    assert [f.severity for f in findings(plain)] == ["note"]


def test_a_result_of_clusters_that_overlap_says_so(tmp_path):
    own = definition(tmp_path, "cluster,activity\na,10\nb,10\n", "nace:2")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("geo,activity,time,employment\nn,10,2020,3\nn,62,2020,4\n")
    described = {"classification": "nace:2", "absent_rows": "zero"}
    notes = hansa.compute("employment", jobs, own, describe=described).header.notes
    assert "Clusters overlap: 10 counts in a, b." in notes
    more = definition(tmp_path, "cluster,activity\na,10\nb,10\na,62\nb,62\n", "nace:2")
    notes = hansa.compute("employment", jobs, more, describe=described).header.notes
    assert "Clusters overlap in 2 activities: 10 counts in a, b." in notes
