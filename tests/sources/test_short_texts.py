"""Codes looked up as numbers have the positions of those that Arrow makes a dictionary of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hansa.errors import HansaError
from hansa.sources.lookup import Lookup, Unusual, text_of, words_of
from hansa.sources.tabular import read_facts
from hansa.sources.vocabulary import Vocabulary

ROWS = 3000


def table(seed=1, width=6, statuses=True):
    """Rows of every geo and activity in three years, shuffled."""
    random = np.random.default_rng(seed)
    geo = [f"R{i:0{width - 1}d}" for i in range(40)]
    activity = [f"Å{i:02d}" for i in range(25)]
    keys = [(t, g, a) for t in (2019, 2020, 2021) for g in geo for a in activity]
    random.shuffle(keys)
    columns = {
        "time": [k[0] for k in keys],
        "geo": [k[1] for k in keys],
        "activity": [k[2] for k in keys],
        "employment": random.integers(0, 90_000, len(keys)),
    }
    if statuses:
        columns["employment_status"] = random.choice([None, None, None, "p", "u"], len(keys))
    return pa.table(columns)


def written(facts, path, **how):
    options = {"use_dictionary": False, "compression": "zstd", "data_page_size": 4096, **how}
    pq.write_table(facts, path, **options)
    return path


def rows(cube):
    found = {}
    for year in cube.years:
        own = cube.load(year)
        flags = own.values.flags
        flags = np.zeros(len(own.geo), np.uint64) if flags is None else flags
        for g, a, v, f in zip(own.geo, own.activity, own.values.value, flags, strict=True):
            key = year, cube.geo.codes[g], cube.activity.codes[a]
            assert key not in found
            found[key] = float(v), int(f)
    return found


def read_by_arrow(path, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(Vocabulary, "_of_short", lambda *args: None)
        return read_facts(path)


@pytest.fixture
def looked_up(monkeypatch):
    """How many columns were looked up as numbers."""
    counted = []
    own = Vocabulary._of_short

    def count(self, array):
        found = own(self, array)
        if found is not None:
            counted.append(self.dimension)
        return found

    monkeypatch.setattr(Vocabulary, "_of_short", count)
    return counted


@pytest.mark.parametrize(
    ("how", "short"),
    [({}, True), ({"row_group_size": 700}, True), ({"use_dictionary": True}, False)],
)
def test_codes_are_those_that_arrow_reads(how, short, tmp_path, monkeypatch, looked_up):
    path = written(table(), tmp_path / "facts.parquet", **how)
    found = rows(read_facts(path))
    assert (set(looked_up) == {"geo", "activity"}) == short
    assert found == rows(read_by_arrow(path, monkeypatch))


@pytest.mark.parametrize("width", [3, 4, 8, 9])
def test_texts_of_any_length(width, tmp_path, monkeypatch, looked_up):
    path = written(table(width=width), tmp_path / "facts.parquet")
    found = rows(read_facts(path))
    assert ("geo" in looked_up) == (width <= 8)
    assert found == rows(read_by_arrow(path, monkeypatch))


def changed(facts, column, row, value):
    cells = facts[column].to_pylist()
    cells[row] = value
    return facts.set_column(facts.column_names.index(column), column, pa.array(cells))


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("geo", None, "geo is empty"),
        ("geo", "      ", "geo is empty"),
        ("employment", -3, "employment is negative"),
        ("time", 99, "time is not a year"),
    ],
)
def test_what_arrow_refuses_is_refused_in_the_same_words(
    column, value, rule, tmp_path, monkeypatch
):
    path = written(changed(table(), column, 2345, value), tmp_path / "facts.parquet")
    with pytest.raises(HansaError, match=rule) as found:
        read_facts(path)
    with pytest.raises(HansaError) as expected:
        read_by_arrow(path, monkeypatch)
    assert str(found.value) == str(expected.value)
    assert "row 2346" in found.value.finding.place


def test_a_code_of_another_length_is_left_to_arrow(tmp_path, looked_up):
    path = written(changed(table(), "geo", 2999, "R7"), tmp_path / "facts.parquet")
    assert "R7" in read_facts(path).geo.codes
    assert "geo" not in looked_up


def test_a_key_that_stands_twice_is_refused(tmp_path):
    facts = table()
    path = written(pa.concat_tables([facts, facts.slice(0, 1)]), tmp_path / "facts.parquet")
    cube = read_facts(path)
    with pytest.raises(HansaError, match="more than one row") as found:
        cube.year(facts["time"][0].as_py())
    assert found.value.finding.printed == "2 rows with this key"


def test_a_slice_of_texts_as_numbers_and_back():
    texts = pa.array(["Å1", "B12", "C12", "D1\x00"])
    words, length = words_of(texts.slice(1, 2))
    assert [text_of(int(word), length) for word in words] == ["B12", "C12"]
    words, length = words_of(texts)
    assert [text_of(int(word), length) for word in words] == texts.to_pylist()
    for other in (["A", "BB"], ["A", None], [""], [], ["123456789"]):
        assert words_of(pa.array(other, pa.string())) is None


def test_words_that_crowd_a_place_are_told_apart():
    """Many more words than places of the table would hold apart."""
    random = np.random.default_rng(3)
    texts = [f"{i:07d}" for i in random.permutation(10_000)]
    number = {text: i for i, text in enumerate(texts)}
    lookup = Lookup(number.__getitem__)
    every, length = words_of(pa.array(texts))
    assert length == 7
    for _ in range(2):
        some = random.integers(0, len(every), ROWS)
        assert lookup.positions(every[some], 7).tolist() == some.tolist()
    assert text_of(int(every[5]), 7) == texts[5]


def test_an_unknown_text_is_left_to_arrow():
    with pytest.raises(Unusual):
        Lookup(lambda text: -2).positions(*words_of(pa.array(["a"])))
