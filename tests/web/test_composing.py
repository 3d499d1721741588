"""Compositions in an address: what they mean, and that no job counts twice once saved."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.clusters import find_definition
from hansa.codes import classification
from hansa.codes.codelist import Codelist
from hansa.errors import UsageError
from hansa.web import composing
from hansa.web.definition_files import Changed, Saved, definition_path, mark_of, save
from hansa.web.pages.compose.editor import found

NACE = classification("nace:2")
LOCAL = Codelist("local", "", "")


def test_codes_in_any_spelling_and_weights() -> None:
    found = composing.weights_of("C31, 1621*0.5 ,62.01", NACE)
    assert found == {"31": 1.0, "16.21": 0.5, "62.01": 1.0}
    assert composing.text_of(found) == "31,16.21*0.5,62.01"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("31,99.99", "nace:2 has no code '99.99'"),
        ("31*0", "a weight is a share of the activity's jobs"),
        ("31*1.2", "a weight is a share of the activity's jobs"),
        ("31*much", "a weight is a share of the activity's jobs"),
        ("31,31", "the code 31 stands twice"),
        ("31,31.01", "31.01 is a part of 31: its jobs would count twice"),
    ],
)
def test_what_cannot_be_meant(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        composing.weights_of(text, NACE)


def test_codes_of_a_table_without_a_classification() -> None:
    own = ("311", "312", "3121")
    assert composing.weights_of("311,312*0.5", LOCAL, own) == {"311": 1.0, "312": 0.5}
    with pytest.raises(UsageError, match="the table has no code 'furniture'"):
        composing.weights_of("311,furniture", LOCAL, own)
    assert found("312", LOCAL, own) == ["312", "3121"]
    assert found("furniture", LOCAL, own) == found(" ", LOCAL, own) == []


def test_splitting_keeps_the_weight() -> None:
    assert composing.split({"31.0": 0.5}, "31.0", NACE) == dict.fromkeys(
        ("31.01", "31.02", "31.03", "31.09"), 0.5
    )


def test_merging_adds_only_what_is_not_there() -> None:
    own = {"31.01": 0.5}
    assert composing.merged(own, {"31": 1.0, "16.1": 1.0}, NACE) == {
        "31.01": 0.5,
        "31.02": 1.0,
        "31.03": 1.0,
        "31.09": 1.0,
        "16.1": 1.0,
    }
    assert composing.merged({"31": 1.0}, {"31.02": 1.0}, NACE) == {"31": 1.0}


LEAVES = sorted(NACE.leaves("C"))


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from([c for c in NACE.label if NACE.leaves(c) <= NACE.leaves("C")]),
        st.sampled_from([0.25, 0.5, 1.0]),
        min_size=1,
        max_size=6,
    )
)
def test_no_job_counts_twice_in_what_is_saved(weights: dict[str, float]) -> None:
    for code in list(weights):
        if any(above in weights for above in NACE.ancestors(code)):
            del weights[code]
    base = find_definition("hansa-divisions")
    own = composing.composed(weights, "Own", NACE)
    members = composing.replaced(base, own, "mine", "tried")
    sums: dict[str, float] = defaultdict(float)
    before: dict[str, float] = defaultdict(float)
    for m in members:
        for leaf in NACE.leaves(m.activity):
            sums[leaf] += m.weight
    for m in base.members:
        for leaf in NACE.leaves(m.activity):
            before[leaf] += m.weight
    assert max(sums.values()) <= 1 + 1e-9
    # Where a class was placed wholly before, it still is.
    assert all(sums[leaf] == pytest.approx(1) for leaf, w in before.items() if w == 1)
    mine = {m.activity: m.weight for m in members if m.cluster == "mine"}
    assert mine == weights


def test_what_is_saved_can_be_read(tmp_path: Path) -> None:
    own = composing.composed({"31": 1.0, "16.2": 0.5}, 'Wood, "fine"', NACE, "traded")
    members = composing.replaced(find_definition("hansa-divisions"), own, "wood", "why, then")
    path = definition_path(tmp_path, "my-wood")
    assert isinstance(save(path, composing.csv_of(members), ""), Saved)
    found = find_definition(str(path), "nace:2")
    assert found.label_of("wood") == 'Wood, "fine"'
    assert {m.activity: m.weight for m in found.members if m.cluster == "wood"} == {
        "31": 1.0,
        "16.2": 0.5,
    }
    assert not found.overlapping


def test_the_second_of_two_editors_is_told(tmp_path: Path) -> None:
    path = definition_path(tmp_path, "mine")
    first = save(path, b"one", "")
    assert isinstance(first, Saved)
    seen = mark_of(path)
    assert isinstance(save(path, b"theirs", seen), Saved)
    told = save(path, b"mine", seen)
    assert isinstance(told, Changed)
    assert (told.content, path.read_bytes()) == (b"theirs", b"theirs")
    assert isinstance(save(path, b"mine", told.mark), Saved)
    assert path.read_bytes() == b"mine"


def test_of_many_at_once_one_is_saved(tmp_path: Path) -> None:
    path = definition_path(tmp_path, "mine")
    made: list[Saved | Changed] = []
    start = threading.Barrier(8)

    def editor(number: int) -> None:
        start.wait()
        made.append(save(path, b"%d" % number, ""))

    threads = [threading.Thread(target=editor, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Saved) for one in made) == 1
    assert mark_of(path) == next(one.mark for one in made if isinstance(one, Saved))


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a--b", "-a", "x" * 61, "a/b", "a.b"])
def test_odd_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="short name"):
        definition_path(tmp_path, name)


def test_search_by_code_and_by_words() -> None:
    assert found("C31", NACE)[:2] == ["31", "31.0"]
    assert found("furniture", NACE)[0] == "31"
    assert found("boats", NACE)[0].startswith("30.1")
    assert "16.1" in found("sawmill", NACE)
    assert found("nosuchthing", NACE) == []
    assert found("  ", NACE) == []
