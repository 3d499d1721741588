"""JSON-stat: Eurostat's real layouts, what the format allows, what is refused."""

from __future__ import annotations

import json
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_fuzz import survives

from hansa.errors import HansaError
from hansa.sources.live.jsonstat import load, read_json_stat, refusal

REAL = (
    "prodcom_ds059358_mixed_value_types",
    "sts_inpr_m_all_confidential",
    "une_rt_m_empty",
    "error_413_extraction_too_big",
)


@pytest.fixture(scope="module")
def real(hansa_data):
    return {name: (hansa_data / f"sdmx/jsonstat/{name}.json").read_bytes() for name in REAL}


def message(**changes):
    """A constructed dataset: 2 regions, 3 years."""
    told = {
        "version": "2.0",
        "class": "dataset",
        "label": "Jobs",
        "source": "Office",
        "updated": "2026-09-16T11:00:00+0200",
        "id": ["geo", "time"],
        "size": [2, 3],
        "role": {"time": ["time"]},
        "value": [1, 2.5, None, 4, None, 6],
        "dimension": {
            "geo": {
                "label": "Region",
                "category": {"index": ["DE1", "DE2"], "label": {"DE1": "BW", "DE2": "BY"}},
            },
            "time": {"category": {"index": {"2021": 1, "2020": 0, "2022": 2}}},
        },
    }
    told.update(changes)
    return json.dumps({key: one for key, one in told.items() if one is not ...}).encode()


def cells(found):
    """Key -> (value, status) of every row."""
    rows = found.table.to_pylist()
    return {tuple(r[d] for d in found.dimensions): (r["value"], r["status"]) for r in rows}


def test_a_dataset():
    found = read_json_stat(message(), "here")
    assert cells(found) == {
        ("DE1", "2020"): (1.0, ""),
        ("DE1", "2021"): (2.5, ""),
        ("DE2", "2020"): (4.0, ""),
        ("DE2", "2022"): (6.0, ""),
    }
    assert found.dimensions == ("geo", "time")
    assert found.time == "time"
    assert found.labels["geo"] == {"DE1": "BW", "DE2": "BY"}
    assert (found.title, found.agency) == ("Jobs", "Office")
    assert found.updated == "2026-09-16T11:00:00+0200"
    assert found.notes == ()


SPARSE = {"0": 1, "5": 6, "1": 2.5, "3": 4}


@pytest.mark.parametrize(
    "changes",
    [
        {"value": SPARSE},
        {"class": ...},
        {"role": ...},
        {"version": ..., "updated": "2026-09-16T11:00:00+0200"},
        {"status": None},
        {"status": {}},
    ],
)
def test_ways_to_write_the_same(changes):
    assert cells(read_json_stat(message(**changes), "")) == cells(read_json_stat(message(), ""))


def test_a_collection_of_one_and_version_one():
    inner = json.loads(message())
    collection = {"version": "2.0", "class": "collection", "link": {"item": [inner]}}
    older = {key: one for key, one in inner.items() if key not in ("id", "size", "role", "class")}
    older["dimension"] = {**inner["dimension"], "id": inner["id"], "size": inner["size"]}
    older["dimension"]["role"] = inner["role"]
    for told in (collection, {"dataset": older}):
        found = read_json_stat(json.dumps(told).encode(), "")
        assert cells(found) == cells(read_json_stat(message(), ""))
        assert found.time == "time"


def test_one_category_needs_no_index():
    one = {
        "geo": {"category": {"label": {"DE1": "BW"}}},
        "time": json.loads(message())["dimension"]["time"],
    }
    found = read_json_stat(message(dimension=one, size=[1, 3], value=[1, 2, 3]), "")
    assert list(cells(found)) == [("DE1", "2020"), ("DE1", "2021"), ("DE1", "2022")]


def test_statuses_as_list_object_and_text():
    as_list = message(status=["p", None, "|C", None, "bp", None])
    as_object = message(status={"0": "p", "2": "|C", "4": "bp"})
    expected = cells(read_json_stat(message(), ""))
    expected[("DE1", "2020")] = (1.0, "p")
    expected[("DE1", "2022")] = (None, "c")
    expected[("DE2", "2021")] = (None, "b;p")
    assert cells(read_json_stat(as_list, "")) == expected
    assert cells(read_json_stat(as_object, "")) == expected
    whole = cells(read_json_stat(message(status="e"), ""))
    assert len(whole) == 6
    assert {status for _, status in whole.values()} == {"e"}


def test_the_status_as_it_was_sent_stays():
    found = read_json_stat(message(status={"0": "p", "2": "|C"}), "")
    assert found.table["status_text"].to_pylist() == ["p", None, "|C", None, None]


def test_marks_of_a_service_and_labels_of_statuses():
    colon = message(status={"2": ":"})
    assert cells(read_json_stat(colon, ""))[("DE1", "2022")] == (None, "z")
    assert cells(read_json_stat(colon, "", {":": "c"}))[("DE1", "2022")] == (None, "c")
    hidden = message(status={"2": "q"}, extension={"status": {"label": {"q": "Confidential"}}})
    assert cells(read_json_stat(hidden, ""))[("DE1", "2022")] == (None, "c")
    odd = message(status={"2": "q"}, extension={"status": {"label": {"q": "query"}}})
    found = read_json_stat(odd, "")
    assert cells(found)[("DE1", "2022")] == (None, "q")
    assert "'q' (query) is not in the code list" in found.notes[0]


@pytest.mark.parametrize(
    ("mark", "letters"), [("..", "m"), (".", "z"), ("...", "m"), ("-", "x"), ("?!", "x")]
)
def test_marks_in_place_of_numbers(mark, letters):
    found = read_json_stat(message(value=[1, mark, None, 4, None, 6]), "")
    assert cells(found)[("DE1", "2021")] == (None, letters)
    also = read_json_stat(message(status={"2": mark}), "")
    assert cells(also)[("DE1", "2022")] == (None, letters)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": [1, 2]}, "2 entries"),
        ({"value": {"6": 1}}, "position '6'"),
        ({"value": {"-1": 1}}, "position '-1'"),
        ({"value": {"x": 1}}, "position 'x'"),
        ({"value": {"1": 1, "01": 2}}, "position '01'"),
        ({"value": 7}, "a list, or an object by position"),
        ({"value": [True, 1, 1, 1, 1, 1]}, "a number, a text, or null"),
        ({"size": [2, 2]}, "time: 3 codes, size 2"),
        ({"size": [2]}, "one size a dimension"),
        ({"size": [2, "3"]}, "a list of whole numbers"),
        ({"id": ["geo", "geo"]}, "one size a dimension"),
        ({"id": ["geo", 1]}, "a list of dimensions"),
        ({"id": ...}, "no id"),
        ({"value": ...}, "no value"),
        ({"dimension": {}}, "an index, or one category with a label"),
        ({"class": "bundle"}, "class 'bundle'"),
        ({"class": "collection", "link": {"item": []}}, "0 items"),
        ({"status": [1, 2, 3, 4, 5, 6]}, "needed: texts"),
        ({"value": [1e999, 1, 1, 1, 1, 1]}, "a value is infinite"),
    ],
)
def test_refusals(changes, said):
    with pytest.raises(HansaError) as problem:
        read_json_stat(message(**changes), "here")
    assert said in str(problem.value)
    assert "here" in str(problem.value)


@pytest.mark.parametrize(
    "index",
    [{"DE1": 0, "DE2": 0}, {"DE1": 0, "DE2": 2}, ["DE1", "DE1"], ["DE1", 2], {"DE1": "0"}, 7],
)
def test_an_index_that_is_none_is_refused(index):
    dimension = json.loads(message())["dimension"]
    dimension["geo"]["category"]["index"] = index
    with pytest.raises(HansaError, match="not built as its format says"):
        read_json_stat(message(dimension=dimension), "here")


def test_a_name_given_twice_is_refused():
    with pytest.raises(HansaError, match="'0' stands twice"):
        read_json_stat(message().replace(b'"value": [', b'"x": {"0": 1, "0": 2}, "value": ['), "")


def test_cut_and_other_answers_are_refused():
    with pytest.raises(HansaError, match="the answer is not JSON, or was cut"):
        read_json_stat(message()[:-1], "here")
    with pytest.raises(HansaError, match="it begins with b'<html>"):
        read_json_stat(b"<html>busy</html>", "here")
    with pytest.raises(HansaError, match="the answer is not JSON"):
        read_json_stat(b"[" * 100_000, "here")
    with pytest.raises(HansaError, match="a JSON object"):
        load(b"[]", "here")


def test_a_dataset_too_large_for_any_machine_is_refused():
    codes = [str(i) for i in range(1000)]
    dimension = {name: {"category": {"index": codes}} for name in "abc"}
    body = message(id=list("abc"), size=[1000] * 3, dimension=dimension, value={}, status="c")
    with pytest.raises(HansaError, match="1000000000 cells"):
        read_json_stat(body, "here")


def test_refusals_of_services():
    assert refusal(b'{"error":{"status":"400","label":"bad"}}') == (400, "bad")
    assert refusal(b'{"error":"Parameter error"}') == (0, "Parameter error")
    warning = b'{"warning":{"status":413,"label":"ASYNCHRONOUS_RESPONSE"}}'
    assert refusal(warning) == (413, "ASYNCHRONOUS_RESPONSE")
    for body in (message(), b"", b"<html>", b"[1]", b"{", b'{"error":7}'):
        assert refusal(body) is None


codes = st.lists(st.text("AB1", min_size=1, max_size=3), min_size=1, max_size=4, unique=True)
numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers())


@settings(deadline=None, max_examples=60)
@given(st.data(), st.lists(codes, min_size=1, max_size=3), st.booleans(), st.randoms())
def test_a_table_written_and_read(data, axes, sparse, chance):
    count = prod(len(axis) for axis in axes)
    values = data.draw(st.lists(numbers, min_size=count, max_size=count))
    names = [f"d{i}" for i in range(len(axes))]
    dimension = {}
    for name, axis in zip(names, axes, strict=True):
        index = list(enumerate(axis))
        chance.shuffle(index)
        dimension[name] = {"category": {"index": {code: at for at, code in index}}}
    value = {str(i): v for i, v in enumerate(values) if v is not None} if sparse else values
    size = [len(axis) for axis in axes]
    body = message(id=names, size=size, dimension=dimension, value=value, role=...)
    expected = {}
    for i, number in enumerate(values):
        key = []
        rest = i
        for axis in reversed(axes):
            rest, at = divmod(rest, len(axis))
            key.insert(0, axis[at])
        if number is not None:
            expected[tuple(key)] = (float(number), "")
    assert cells(read_json_stat(body, "")) == expected


@pytest.mark.data
def test_production_with_texts_among_numbers(real):
    found = read_json_stat(real[REAL[0]], "prodcom")
    told = json.loads(real[REAL[0]])
    assert found.table.num_rows == len(told["value"]) == 58
    # Position = product * 23 + indicator, as the sizes 1, 1, 6, 23, 1 say.
    products = list(told["dimension"]["product"]["category"]["index"])
    indicators = list(told["dimension"]["indicators"]["category"]["index"])
    expected = {}
    for at, value in told["value"].items():
        key = ("A", "DE", products[int(at) // 23], indicators[int(at) % 23], "2022")
        texts = {":C": (None, "c"), "KG": (None, "x")}
        expected[key] = texts.get(value) or (float(value), "")
    assert cells(found) == expected
    (note,) = found.notes
    assert "'KG' in 6 observations" in note
    assert "indicators=QNTUNIT" in note
    assert found.dataset == "DS-059358"
    assert found.agency == "ESTAT"
    assert found.updated == "2026-09-16T11:00:00+0200"


@pytest.mark.data
def test_a_series_that_is_all_confidential(real):
    found = read_json_stat(real[REAL[1]], "sts")
    assert found.table["value"].to_pylist() == [None] * 6
    assert found.table["status"].to_pylist() == ["c"] * 6
    assert found.table["time"].to_pylist() == [f"2023-0{i}" for i in range(1, 7)]
    assert found.labels["geo"] == {"IE": "Ireland"}
    assert found.notes == ()


@pytest.mark.data
def test_an_empty_answer_has_its_columns(real):
    found = read_json_stat(real[REAL[2]], "une")
    assert found.table.num_rows == 0
    assert found.dimensions == ("freq", "s_adj", "age", "unit", "sex", "geo", "time")
    assert found.title == "Unemployment by sex and age - monthly data"


@pytest.mark.data
def test_a_refusal_is_no_data(real):
    status, words = refusal(real[REAL[3]])
    assert status == 413
    assert words.startswith("EXTRACTION_TOO_BIG")
    with pytest.raises(HansaError, match="found:  no id"):
        read_json_stat(real[REAL[3]], "here")


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_damaged_bodies(real, name):
    assert survives(lambda body: read_json_stat(body, "here"), real[name], 7, 120)
    for body in (real[name][:at] for at in range(0, len(real[name]), 97)):
        refusal(body)


@pytest.mark.long
@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_damaged_bodies_long(real, name):
    assert survives(lambda body: read_json_stat(body, "here"), real[name], 8, 20_000)


def test_damaged_bodies_of_a_constructed_message():
    body = message(status=["p", None, "|C", None, "bp", None])
    assert survives(lambda changed: read_json_stat(changed, "here"), body, 9, 400)
