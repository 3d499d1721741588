"""How alike definitions are: by hand on a few classes, and against counting pairs one by one."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from hansa.clusters import find_definition
from hansa.clusters.comparison import adjusted_rand, compare
from hansa.errors import UsageError
from hansa.report.definitions_page import document, text
from hansa.report.html import render_html

HEAD = "cluster,activity,weight,kind\n"
# Four classes of division 29: 29.10, 29.20, 29.31, 29.32; and 30.11.
FIRST = (
    HEAD + "cars,29.10,1,traded\ncars,29.20,1,traded\nparts,29.3,1,traded\nships,30.11,1,local\n"
)
SECOND = (
    HEAD + "road,29.10,1,traded\nroad,29.20,0.4,traded\nrest,29.20,0.6,local\nrest,29.3,1,local\n"
)


def read(folder, name, rows, code_list="nace:2"):
    path = folder / f"{name}.csv"
    path.write_text(rows, encoding="utf-8")
    return find_definition(str(path), code_list)


@pytest.fixture
def two(tmp_path):
    return compare([read(tmp_path, "first", FIRST), read(tmp_path, "second", SECOND)])


def by_pairs(first, second):
    """The same index by counting every pair of things, one at a time."""
    same = both = one = two = 0
    for i, j in itertools.combinations(range(len(first)), 2):
        a, b = first[i] == first[j], second[i] == second[j]
        same += a and b
        one += a and not b
        two += b and not a
        both += not a and not b
    below = (same + one) * (one + both) + (same + two) * (two + both)
    return 2 * (same * both - one * two) / below


def test_the_adjusted_rand_index_of_four_things():
    """One pair together in both; 2 and 1 pairs of 6: (1 - 1/3) / (3/2 - 1/3) = 4/7."""
    assert adjusted_rand("aabb", "xxyz") == pytest.approx(4 / 7, rel=1e-12)
    assert adjusted_rand("aabb", "yyxx") == 1
    assert adjusted_rand("aabb", "xyxy") == pytest.approx(-0.5, rel=1e-12)


def test_the_adjusted_rand_index_is_what_counting_pairs_gives():
    draw = random.Random(1)
    for _ in range(50):
        n = draw.randint(3, 30)
        first = [draw.choice("abcd") for _ in range(n)]
        second = [draw.choice("xyz") for _ in range(n)]
        if len(set(first)) > 1 < len(set(second)):
            assert adjusted_rand(first, second) == pytest.approx(by_pairs(first, second), abs=1e-12)
            assert adjusted_rand(first, second) == pytest.approx(adjusted_rand(second, first))


@pytest.mark.parametrize(
    ("first", "second"), [("", ""), ("a", "x"), ("aaa", "xxx"), ("abc", "xyz")]
)
def test_nothing_to_compare_gives_no_number(first, second):
    assert adjusted_rand(first, second) is None


def test_a_pair_by_hand(two):
    """Both place 29.10, 29.20, 29.31 and 29.32. The main clusters of the second: road for 29.10,
    rest for the other three: 1 pair together in both of 2 and 3, of 6: (1-1)/(5/2-1) = 0."""
    (pair,) = two.pairs
    assert (pair.first, pair.second) == ("first", "second")
    assert (pair.both, pair.only_first, pair.only_second) == (4, 1, 0)
    assert (pair.kinds_known, pair.traded_both, pair.local_both, pair.kinds_apart) == (4, 1, 0, 3)
    assert pair.traded_share == 0.25
    assert pair.rand == pytest.approx(0, abs=1e-12)
    assert pair.words == "mostly different"
    assert two.disputed == {
        code: {"first": "traded", "second": "local"} for code in ("29.20", "29.31", "29.32")
    }


def test_the_nearest_cluster_by_hand(two):
    """cars (29.10, 29.20) and road (29.10, 0.4 of 29.20): 1.4 of 2. parts and rest: 2 of 2.6."""
    cars, parts, ships = two.nearest["first", "second"]
    assert (cars.other, cars.jaccard) == ("road", pytest.approx(1.4 / 2))
    assert (parts.other, parts.jaccard) == ("rest", pytest.approx(2 / 2.6))
    assert (ships.other, ships.jaccard) == ("", 0)
    road, rest = two.nearest["second", "first"]
    assert (road.other, rest.other) == ("cars", "parts")


def test_shared_and_tied_classes_are_counted(tmp_path):
    tied = HEAD + "b,29.10,0.5,\na,29.10,0.5,\nb,29.20,0.7,\na,29.20,0.3,\nc,30.11,0,\n"
    placed = compare([read(tmp_path, "t", tied), read(tmp_path, "first", FIRST)]).placed[0]
    assert (placed.split, placed.tied) == (2, 1)
    assert placed.main == {"29.10": "b", "29.20": "b"}, "of equal weights the one named first"


def test_a_definition_is_like_itself(tmp_path):
    found = compare([read(tmp_path, "one", FIRST), read(tmp_path, "two", FIRST)])
    assert found.pairs[0].rand == 1
    assert found.pairs[0].words == "nearly the same"
    assert all(n.cluster == n.other and n.jaccard == 1 for n in found.nearest["one", "two"])
    assert not found.disputed


def test_kinds_that_are_not_said_are_not_made_up(tmp_path):
    silent = "cluster,activity\nX,29\n"
    found = compare([read(tmp_path, "first", FIRST), read(tmp_path, "silent", silent)])
    (pair,) = found.pairs
    assert (pair.kinds_known, pair.traded_share) == (0, None)
    assert "Cannot be said: no pair states the kinds." in text(found)


def test_clusters_set_outside_hold_nothing(tmp_path):
    outside = HEAD + "X,29,1,outside\nY,30.11,1,local\n"
    found = compare([read(tmp_path, "first", FIRST), read(tmp_path, "out", outside)])
    assert (found.pairs[0].both, found.pairs[0].only_first) == (1, 4)
    assert found.pairs[0].words == "cannot be said"


def test_definitions_that_cannot_be_compared(tmp_path):
    first = read(tmp_path, "first", FIRST)
    with pytest.raises(UsageError, match="one definition alone"):
        compare([first])
    with pytest.raises(UsageError, match="share an id"):
        compare([first, first])
    plain = read(tmp_path, "plain", "cluster,activity\nX,A\n", "")
    with pytest.raises(UsageError, match="different classifications"):
        compare([first, plain])


def test_the_shipped_definitions_side_by_side():
    found = compare([find_definition(n) for n in ("hansa-nace2", "bsr-2009", "hansa-divisions")])
    pairs = {(p.first, p.second): p for p in found.pairs}
    assert len(pairs) == 3
    assert pairs["hansa-nace2", "bsr-2009"].both == 406
    assert all(0.3 < p.rand < 0.9 for p in found.pairs)
    near = {n.cluster: n.other for n in found.nearest["bsr-2009", "hansa-nace2"]}
    assert near["automotive"] == "automotive"
    assert near["furniture"] == "furniture"
    assert json.loads(json.dumps(found.as_dict()))["pairs"][0]["words"] == "mostly the same"


def test_the_reconstruction_is_nearest_to_the_same_names(hansa_data, tmp_path):
    """The candidates come from the American code by tables; ours was placed by hand from names."""
    path = hansa_data / "definitions" / "derived" / "nace2_porter2003_candidates.csv"
    columns = {
        "activity": "nace2",
        "cluster": "cluster_code",
        "cluster_label": "cluster_name",
        "weight": "share_of_assigned",
    }
    derived = find_definition(str(path), "nace:2", columns)
    bsr = find_definition("bsr-2009")
    found = compare([bsr, derived])
    assert found.pairs[0].both > 390
    same = sum(
        bsr.label_of(n.cluster).lower() == derived.label_of(n.other).lower()
        for n in found.nearest["bsr-2009", derived.id]
    )
    assert same >= 30, "of 38"


def test_the_page_needs_nothing_and_says_what_is_counted(two):
    page = render_html(document(two))
    assert page == render_html(document(two)), "the same bytes"
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    for words in (
        "Do they draw the same groups?",
        "Where are the clusters of first elsewhere?",
        "cars",
        "road (0.70)",
        "none",
        "No figure of any region",
        "Hubert and Arabie",
    ):
        assert words in page
