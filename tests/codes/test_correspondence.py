"""Correspondences: links between known codes, kinds of links, and a refusal without one."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from hansa.codes import classification
from hansa.codes.correspondence import Correspondence, correspondence, correspondences
from hansa.errors import UsageError

SMALL = Correspondence(
    "x:1",
    "x:2",
    "four kinds of links",
    (("a", "A", 1.0), ("b", "B", 1.0), ("c", "B", 1.0), ("d", "D", 0.3), ("d", "E", 0.7),
     ("e", "F", 0.5), ("e", "G", 0.5), ("f", "F", 1.0)),
    "made up",
)  # fmt: skip


def test_the_four_kinds_of_links() -> None:
    assert SMALL.relation("a", "A") == "1:1"
    assert SMALL.relation("b", "B") == "n:1"
    assert SMALL.relation("d", "E") == "1:n"
    assert SMALL.relation("e", "F") == "n:m"


@pytest.mark.parametrize("pair", list(correspondences()))
def test_every_link_joins_known_codes(pair: tuple[str, str]) -> None:
    table = correspondences()[pair]
    origin, target = classification(pair[0]), classification(pair[1])
    assert all(a in origin and b in target for a, b, _ in table.links)
    assert len(set(table.links)) == len(table.links)
    assert table.source
    assert table.retrieved


def test_nace_2_to_2_1_covers_every_class_and_names_the_one_without_origin() -> None:
    table = correspondence("NACE2", "nace:2.1")
    old, new = classification("nace:2"), classification("nace:2.1")
    assert set(table.targets) == {c for c, level in old.level.items() if level == "class"}
    classes = {c for c, level in new.level.items() if level == "class"}
    assert classes - set(table.origins) == {"46.89"}
    kinds = Counter(table.relation(a, b) for a, b, _ in table.links)
    assert kinds == {"1:1": 351, "1:n": 129, "n:1": 135, "n:m": 325}


@pytest.mark.data
def test_the_links_are_those_of_the_published_table(hansa_data: Path) -> None:
    with (hansa_data / "correspondences" / "nace2_nace21.csv").open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["level"] == "4"]
    table = correspondence("nace:2", "nace:2.1")
    assert {(a, b) for a, b, _ in table.links} == {(r["nace2"], r["nace21"]) for r in rows}
    for row in rows:
        assert table.relation(row["nace2"], row["nace21"]) == row["relation"]


@pytest.mark.data
def test_links_of_higher_levels_follow_from_the_classes_as_eurostat_prints_them(
    hansa_data: Path,
) -> None:
    with (hansa_data / "correspondences" / "nace2_nace21.csv").open(encoding="utf-8") as stream:
        printed = {(r["nace2"], r["nace21"]) for r in csv.DictReader(stream) if r["nace2"]}
    lifted = correspondence("nace:2", "nace:2.1").lifted()
    assert {(a, b) for a, b, _ in lifted.links} == printed
    assert len(printed) == 1570


@pytest.mark.data
@pytest.mark.parametrize(
    ("pair", "file", "columns"),
    [
        (("nace:1.1", "nace:2"), "nace11_nace2.csv", ("nace11", "nace2")),
        (("isic:4", "nace:2"), "isic4_nace2.csv", ("isic4", "nace2")),
        (("naics:2017", "naics:2012"), "naics2017_naics2012.csv", ("naics2017", "naics2012")),
        (("naics:2017", "nace:2"), "naics2017_nace2.csv", ("naics2017", "nace2")),
        (("naics:2012", "isic:4"), "naics2012_isic4.csv", ("naics2012", "isic4")),
    ],
)
def test_shipped_links_are_those_of_the_sources(
    hansa_data: Path, pair: tuple[str, str], file: str, columns: tuple[str, str]
) -> None:
    with (hansa_data / "correspondences" / file).open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r[columns[0]] != "total"]
    table = correspondences()[pair]
    ours = {(a, b) for a, b, _ in table.links} | set(table.apart)
    assert ours == {(r[columns[0]], r[columns[1]]) for r in rows}
    noted = {}
    for r in rows:
        noted.setdefault((r[columns[0]], r[columns[1]]), []).append(bool(r.get("notes")))
    assert table.pieces == {p for p, n in noted.items() if all(n)}


def test_what_is_no_link_between_codes_of_one_level_is_kept_apart() -> None:
    found = {pair: set(table.apart) for pair, table in correspondences().items()}
    assert found[("nace:1.1", "nace:2")] == {("30.00", "33.20"), ("70.11", "42.00")}
    assert found[("naics:2017", "nace:2")] == {
        ("00", "98.10"), ("00", "98.20"), ("111336", "01.2"),
    }  # fmt: skip
    assert {b for _, b in found[("naics:2012", "isic:4")]} == {"012X", "014X", "331X"}
    assert not found[("isic:4", "nace:2")]


def test_the_way_back_is_the_same_table_turned_round() -> None:
    there, back = correspondence("isic:4", "nace:2"), correspondence("nace:2", "isic:4")
    assert {(b, a) for a, b, _ in there.links} == {(a, b) for a, b, _ in back.links}
    # NACE divides classes of ISIC and never joins them: going back is exact.
    assert max(map(len, back.targets.values())) == 1
    assert back.relation("10.11", "1010") == "n:1"


def test_versions_without_a_correspondence_never_meet() -> None:
    with pytest.raises(UsageError, match="no correspondence from nuts:2013 to nuts:2016"):
        correspondence("nuts:2013", "nuts:2016")
