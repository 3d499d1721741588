"""The fourteen industrial ecosystems: a table in the layout of the how-to loads and stays apart.

The rows are made up: the official table is the user's to put in.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hansa
from hansa.clusters import find_definition
from hansa.errors import HansaError
from small_tables import ZERO, facts, results

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "ecosystems.md"

NAMES = (
    "Aerospace & Defence",
    "Agri-food",
    "Construction",
    "Cultural & creative industries",
    "Digital",
    "Electronics",
    "Energy-intensive industries",
    "Energy-renewables",
    "Health",
    "Mobility-transport-automotive",
    "Proximity, social economy & civil security",
    "Retail",
    "Textiles",
    "Tourism",
)
DIVISIONS = ["30", "10", "41", "90", "62", "26", "24", "35", "86", "29", "88", "47", "13", "55"]


def block(language: str, which: int = 0) -> str:
    """A fenced block of the how-to."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)[which]


@pytest.fixture
def folder(tmp_path):
    own = tmp_path / "ecosystems-2021"
    own.mkdir()
    (own / "definition.toml").write_text(block("toml"), encoding="utf-8")
    rows = [f'"{name}",{code},1' for name, code in zip(NAMES, DIVISIONS, strict=True)]
    rows += ['"Tourism",49.10,0.3', '"Mobility-transport-automotive",49.10,1', '"Digital",26,0.5']
    head = block("csv").splitlines()[0]
    (own / "members.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return own


def test_the_page_shows_a_layout_that_loads(tmp_path, folder):
    (folder / "members.csv").write_text(block("csv"), encoding="utf-8")
    assert find_definition(str(folder)).overlapping


def test_fourteen_ecosystems_load_with_their_shares(folder):
    own = find_definition(str(folder))
    assert own.id == "ecosystems-2021"
    assert own.clusters == NAMES
    assert own.overlapping
    shares = {(m.cluster, m.activity): m.weight for m in own.members}
    assert shares["Tourism", "49.10"] == 0.3
    assert sum(w for (_, a), w in shares.items() if a == "49.10") == pytest.approx(1.3)
    assert own.level == "class"


def test_they_are_computed_and_never_added_up(folder):
    """49.10 has 100 jobs: all in mobility, 30 in tourism too; 55 has 50 in tourism."""
    jobs = facts(
        """
               49.10    55    29
        R1       100    50    10
        """
    )
    described = {**ZERO, "classification": "nace:2"}
    panel = hansa.compute("employment", jobs, str(folder), describe=described)
    assert results(panel)["R1", "Tourism", 2020] == pytest.approx(80)
    assert results(panel)["R1", "Mobility-transport-automotive", 2020] == pytest.approx(110)
    with pytest.raises(HansaError, match="clusters that share activities would be added up"):
        panel.summed("cluster")


def test_without_the_word_overlapping_they_are_refused(folder):
    text = (folder / "definition.toml").read_text(encoding="utf-8")
    (folder / "definition.toml").write_text(
        text.replace("overlapping = true", ""), encoding="utf-8"
    )
    with pytest.raises(HansaError, match="add up to more than 1"):
        find_definition(str(folder))


# --- Tables in a layout of their own --------------------------------------------------------------

META = 'id = "mine"\nlabel = "Mine"\nclassification = "nace:2"\n'


def own_layout(tmp_path, meta: str, rows: str):
    (tmp_path / "definition.toml").write_text(META + meta, encoding="utf-8")
    (tmp_path / "members.csv").write_text(rows, encoding="utf-8")
    return find_definition(str(tmp_path))


def test_columns_and_kinds_of_others_are_read_as_they_are(tmp_path):
    own = own_layout(
        tmp_path,
        '[columns]\nactivity = "NACE"\ncluster = "group"\nkind = "sort"\n'
        '[kinds]\nexporting = "traded"\n',
        "\ufeffNACE,title,group,sort\n10,Food,F,exporting\n47,Shops,S,local\n",
    )
    assert [(m.cluster, m.activity, m.kind, m.weight) for m in own.members] == [
        ("F", "10", "traded", 1),
        ("S", "47", "local", 1),
    ]


def test_a_row_without_a_cluster_places_nothing_only_with_weight_nought(tmp_path):
    rows = "cluster,activity,weight\nX,10,1\n,11,0\n"
    assert [m.activity for m in own_layout(tmp_path, "", rows).members] == ["10"]
    with pytest.raises(HansaError, match="a row names no cluster") as problem:
        own_layout(tmp_path, "", "cluster,activity,weight\nX,10,1\n,11,1\n")
    assert problem.value.finding.place.endswith("members.csv, row 3")
    with pytest.raises(HansaError, match="a row names no cluster"):
        own_layout(tmp_path, "", "cluster,activity\nX,10\n,11\n")


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ('[columns]\nactivity = "NACE"\ncluster = "nothing"\n', "the column nothing is missing"),
        ('[columns]\nactivity = "NACE"\n', "the column cluster is missing"),
        ('[columns]\nactivity = "NACE"\ncluster = "NACE"\njobs = "x"\n', "without meaning"),
        ('columns = "NACE"\n', "the definition is wrong at 'columns'"),
        ("[kinds]\nexporting = 1\n", "the definition is wrong at 'kinds.exporting'"),
    ],
)
def test_layouts_that_are_refused(tmp_path, meta, message):
    with pytest.raises(HansaError, match=message):
        own_layout(tmp_path, meta, "NACE,group\n10,F\n")
