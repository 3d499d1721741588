"""The cluster definition on classes: complete, consistent, and with a reason for each row."""

from __future__ import annotations

import csv
import difflib
import random
import re
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from hansa.clusters import find_definition
from hansa.clusters.definition import KINDS, findings


@pytest.fixture(scope="module")
def nace2():
    return find_definition("hansa-nace2")


@pytest.fixture(scope="module")
def reasons(nace2):
    return {m.activity: m.reason for m in nace2.members}


def words(text):
    return re.findall(r"\w+", text.lower())


def shared_sequences(reasons, length):
    """Sequences of so many words, with the activities whose reasons hold them."""
    found: dict[tuple[str, ...], set[str]] = {}
    for activity, reason in reasons.items():
        own = words(reason)
        for i in range(len(own) - length + 1):
            found.setdefault(tuple(own[i : i + length]), set()).add(activity)
    return {sequence: where for sequence, where in found.items() if len(where) > 1}


def kinds_of_clusters(definition):
    return {m.cluster: m.kind for m in definition.members}


def test_every_class_stands_once_with_its_whole_weight(nace2):
    codes = nace2.codelist
    classes = sorted(code for code, level in codes.level.items() if level == "class")
    assert len(classes) == 615
    assert sorted(m.activity for m in nace2.members) == classes
    assert {m.weight for m in nace2.members} == {1.0}
    assert nace2.level == "class"
    assert not findings(nace2), "neither an error nor a class left over"


def test_about_fifty_traded_clusters_and_a_few_local_ones(nace2):
    count = Counter(kinds_of_clusters(nace2).values())
    assert 45 <= count["traded"] <= 55
    assert 12 <= count["local"] <= 16
    assert count["outside"] == 1


def test_the_note_counts_right(nace2):
    count = Counter(kinds_of_clusters(nace2).values())
    assert f"{count['traded']} traded clusters, {count['local']} local ones" in nace2.note
    outside = [m.activity for m in nace2.members if m.kind == "outside"]
    assert len(outside) == 6
    assert "six classes set outside" in nace2.note


def test_each_cluster_has_one_kind_and_one_label_of_its_own(nace2):
    names = {(m.cluster, m.cluster_label, m.kind) for m in nace2.members}
    assert {kind for _, _, kind in names} == set(KINDS)
    assert len(names) == len({cluster for cluster, _, _ in names})
    assert len(names) == len({label for _, label, _ in names})
    for cluster, label, _ in names:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cluster), cluster
        assert label[:1].isupper(), cluster


def test_a_cluster_of_one_class_says_why_it_stands_alone(nace2):
    size = Counter(m.cluster for m in nace2.members)
    for m in nace2.members:
        assert size[m.cluster] > 1 or "alone" in m.reason, m.cluster


def test_subclusters_divide_a_cluster_or_are_left_out(nace2):
    parts: dict[str, set[str]] = {}
    for m in nace2.members:
        parts.setdefault(m.cluster, set()).add(m.subcluster)
    for cluster, own in parts.items():
        assert own == {""} or ("" not in own and len(own) > 1), cluster


def test_each_reason_is_one_sentence_of_fit_length(reasons):
    for activity, reason in reasons.items():
        assert 60 <= len(reason) <= 200, activity
        assert reason.endswith("."), activity
        assert not re.search(r"[.!?] [A-Z]", reason), f"{activity}: more than one sentence"
        assert reason == " ".join(reason.split()), f"{activity}: stray blanks"


def test_reasons_are_not_made_from_a_template(reasons):
    assert len(set(reasons.values())) == len(reasons)
    assert max(map(len, shared_sequences(reasons, 6).values()), default=1) <= 6


def test_at_most_a_twentieth_of_the_words_is_repeated(reasons):
    shared = shared_sequences(reasons, 5)
    repeated = total = 0
    for reason in reasons.values():
        own = words(reason)
        inside = {
            j
            for i in range(len(own) - 4)
            if tuple(own[i : i + 5]) in shared
            for j in range(i, i + 5)
        }
        repeated += len(inside)
        total += len(own)
    assert repeated / total <= 0.05


def test_no_two_reasons_are_much_alike(reasons):
    """Compared letter by letter where a quarter of the shorter one's longer words is shared."""
    names = list(reasons)
    own = [{word for word in words(reasons[name]) if len(word) > 3} for name in names]
    vocabulary = {word: i for i, word in enumerate(sorted(set().union(*own)))}
    table = np.zeros((len(names), len(vocabulary)), dtype=np.float32)
    for row, found in enumerate(own):
        table[row, [vocabulary[word] for word in found]] = 1
    size = table.sum(axis=1)
    alike = (table @ table.T) / np.minimum.outer(size, size)
    pairs = np.argwhere(np.triu(alike >= 0.25, k=1))
    assert len(pairs) < 5_000, "the comparison would take too long"
    for i, j in pairs:
        one, two = names[i], names[j]
        ratio = difflib.SequenceMatcher(None, reasons[one], reasons[two], autojunk=False).ratio()
        assert ratio < 0.8, f"{one} and {two}: {ratio:.2f}"


def test_the_guide_speaks_of_each_cluster_once_and_names_no_code(nace2):
    folder = files("hansa.clusters") / "definitions" / "hansa-nace2"
    text = (folder / "cluster-guide.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- `([^`]+)`: (.+)$", text, flags=re.MULTILINE)
    assert [name for name, _ in entries] == list(kinds_of_clusters(nace2)), "same ids, same order"
    assert all(len(entry) >= 40 for _, entry in entries)
    assert not re.search(r"\d", text.replace("hansa-nace2", "")), "a code, or a figure like one"


def test_second_reading_agrees_as_its_page_says(nace2):
    """Sixty classes placed by a reader who saw names of groups and labels of classes only."""
    folder = files("hansa.clusters") / "definitions" / "hansa-nace2"
    text = (folder / "second-reading.csv").read_text(encoding="utf-8")
    second = {r["activity"]: r["cluster"] for r in csv.DictReader(text.splitlines())}
    first = {m.activity: m.cluster for m in nace2.members if m.activity in second}
    drawn = random.Random(20261125).sample(sorted(m.activity for m in nace2.members), 60)
    assert sorted(second) == sorted(drawn)

    same = sum(first[a] == second[a] for a in second)
    kinds = kinds_of_clusters(nace2)
    assert same == 57
    assert all(kinds[first[a]] == kinds[second[a]] for a in second)
    ones, others = Counter(first.values()), Counter(second.values())
    chance = sum(ones[c] * others[c] for c in ones) / 60**2
    kappa = (same / 60 - chance) / (1 - chance)
    assert kappa == pytest.approx(0.95, abs=0.005)
    told = (folder / "second-reading.md").read_text(encoding="utf-8")
    assert f"{same} of 60 fell into the same group (Cohen's kappa 0.95)" in told
