"""SDMX-JSON data messages: real ones cell by cell, constructed ones, refusals.

pysdmx 1.10 reads no data in JSON; the expected cells are taken from the messages by an
independent walk, and the three layouts of one real data set are held against each other.
"""

from __future__ import annotations

import copy
import json

import pytest
from message_fuzz import survives

from hansa.errors import HansaError
from hansa.sources.live.contract import Dimension, Structure
from hansa.sources.live.sdmxjson import read_json_message

REAL = (
    "sdmx_json/agri",
    "sdmx_json/exr-cross-section",
    "sdmx_json/exr-flat",
    "sdmx_json/exr-time-series",
    "oecd/data-PART2-all-all",
)
EXR = {
    ("D", "NZD", "EUR", "SP00", "A", "2013-01-18"): (1.5931, ""),
    ("D", "NZD", "EUR", "SP00", "A", "2013-01-21"): (1.5925, ""),
    ("D", "RUB", "EUR", "SP00", "A", "2013-01-18"): (40.3426, ""),
    ("D", "RUB", "EUR", "SP00", "A", "2013-01-21"): (40.3, ""),
}


@pytest.fixture(scope="module")
def real(hansa_data):
    return {name: (hansa_data / f"sdmx/{name}.json").read_bytes() for name in REAL}


def cells(found):
    """Key -> (value, status) of every row."""
    rows = found.table.to_pylist()
    return {tuple(r[d] for d in found.dimensions): (r["value"], r["status"]) for r in rows}


def values(*codes):
    return [{"id": code, "name": f"Label {code}"} for code in codes]


STRUCTURE = {
    "name": "Jobs",
    "links": [
        {"rel": "dataflow", "urn": "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=X:JOBS(1.0)"}
    ],
    "dimensions": {
        "dataSet": [{"id": "FREQ", "keyPosition": 1, "values": values("A")}],
        "series": [{"id": "GEO", "keyPosition": 0, "values": values("DE", "FR")}],
        "observation": [
            {
                "id": "TIME_PERIOD",
                "keyPosition": 2,
                "role": "TIME_PERIOD",
                "values": values("2020", "2021"),
            }
        ],
    },
    "attributes": {
        "dataSet": [{"id": "UNIT_MULT", "values": values("0", "3")}],
        "series": [{"id": "TITLE", "values": [{"name": "Germany"}, {"name": "France"}]}],
        "observation": [
            {"id": "OBS_STATUS", "default": "A", "values": values("A", "P", "Q")},
            {"id": "REMARK", "format": {}},
        ],
    },
}
DATA = {
    "structure": 0,
    "action": "Information",
    "attributes": [1],
    "series": {
        "0": {"attributes": [0], "observations": {"0": [1.5, 1, "seen"], "1": [2, None]}},
        "1": {"attributes": [1], "observations": {"0": [None, 2], "1": ["NaN"]}},
    },
}


def message(structure=STRUCTURE, *sets, version=2):
    """A constructed message of a version of the format."""
    sets = [copy.deepcopy(one) for one in sets or (DATA,)]
    if version == 2:
        return json.dumps({"data": {"structures": [structure], "dataSets": sets}}).encode()
    told = {"structure": structure, "dataSets": sets}
    return json.dumps({"data": told} if version == 1 else told).encode()


def changed(at, value, told=STRUCTURE):
    """A copy of a part of a message with one place in it changed."""
    told = copy.deepcopy(told)
    inner = told
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return told


@pytest.mark.parametrize("version", [0, 1, 2])
def test_series(version):
    found = read_json_message(message(version=version), None, "here")
    assert found.dimensions == ("GEO", "FREQ", "TIME_PERIOD")
    assert cells(found) == {
        ("DE", "A", "2020"): (1.5, "p"),
        ("DE", "A", "2021"): (2.0, ""),
        ("FR", "A", "2020"): (None, "c"),
        ("FR", "A", "2021"): (None, "m"),
    }
    assert found.time == "TIME_PERIOD"
    assert found.labels["GEO"] == {"DE": "Label DE", "FR": "Label FR"}
    assert (found.dataset, found.agency, found.title) == ("JOBS", "X", "Jobs")
    assert found.table["UNIT_MULT"].to_pylist() == ["3"] * 4
    assert found.table["TITLE"].to_pylist() == ["Germany", "Germany", "France", "France"]
    assert found.table["REMARK"].to_pylist() == ["seen", None, None, None]
    assert found.notes == ("OBS_STATUS: status Q (Label Q) is kept as c (1 observations)",)


def test_the_order_of_a_structure():
    own = (Dimension("time_period", time=True), Dimension("FREQ"), Dimension("geo"))
    found = read_json_message(message(), Structure("x", dimensions=own), "")
    assert found.dimensions == ("TIME_PERIOD", "FREQ", "GEO")
    assert cells(found)["2020", "A", "DE"] == (1.5, "p")
    with pytest.raises(HansaError, match="needed: FREQ, unit"):
        read_json_message(message(), Structure("x", dimensions=(own[1], Dimension("unit"))), "")


def test_data_sets_join():
    more = {"attributes": [0], "series": {"1": {"observations": {"0": [7]}}}}
    less = changed(("series",), {"0": DATA["series"]["0"]}, DATA)
    found = read_json_message(message(STRUCTURE, less, more), None, "")
    assert cells(found)["FR", "A", "2020"] == (7.0, "")
    assert found.table["UNIT_MULT"].to_pylist() == ["3", "3", "0"]


def test_an_empty_data_set():
    found = read_json_message(message(STRUCTURE, {"series": {}}), None, "")
    assert found.table.num_rows == 0
    assert found.dimensions == ("GEO", "FREQ", "TIME_PERIOD")


TWO = [{"id": "OBS_VALUE"}, {"id": "WEIGHT"}]


@pytest.mark.parametrize(
    ("structure", "data", "said"),
    [
        (changed(("measures",), {"observation": TWO}), DATA, "OBS_VALUE, WEIGHT"),
        (STRUCTURE, changed(("action",), "Delete", DATA), "a data set of deletions"),
        (STRUCTURE, changed(("structure",), 1, DATA), "several structures, or none"),
        (STRUCTURE, changed(("series", "2"), {"observations": {"0": [1]}}, DATA), "key '2'"),
        (STRUCTURE, changed(("series", "0:0"), {"observations": {}}, DATA), "key '0:0'"),
        (STRUCTURE, changed(("series", "01"), DATA["series"]["1"], DATA), "two observations"),
        (STRUCTURE, changed(("series", "0", "observations", "0"), [1, 9], DATA), "position 9"),
        (STRUCTURE, changed(("series", "0", "observations", "0"), 5, DATA), "needed: a list"),
        (STRUCTURE, changed(("series", "0", "observations", "0"), [{}], DATA), "a number, a text"),
        (STRUCTURE, changed(("series", "0", "observations", "0"), ["INF"], DATA), "is infinite"),
        (STRUCTURE, {"observations": {}}, "no series"),
        (changed(("dimensions", "series", 0, "id"), "FREQ"), DATA, "every dimension once"),
        (changed(("dimensions", "series", 0, "values"), values("DE", "DE")), DATA, "code once"),
        (changed(("dimensions", "dataSet", 0, "values"), values("A", "M")), DATA, "2 codes of the"),
        (changed(("dimensions", "series", 0, "id"), None), DATA, "needed: an id"),
    ],
)
def test_refusals(structure, data, said):
    with pytest.raises(HansaError) as problem:
        read_json_message(message(structure, data), None, "here")
    assert said in str(problem.value)
    assert "here" in str(problem.value)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"data": 1}', b'{"dataSets": []}'])
def test_other_answers(body):
    with pytest.raises(HansaError, match=r"not built as its format says|is not JSON"):
        read_json_message(body, None, "here")


def test_a_cut_message():
    with pytest.raises(HansaError, match="the answer is not JSON, or was cut"):
        read_json_message(message()[:-2], None, "here")


@pytest.mark.parametrize("version", [0, 1, 2])
def test_damaged_bodies(version):
    body = message(version=version)
    assert survives(lambda told: read_json_message(told, None, "here"), body, 1, 300)


@pytest.mark.data
@pytest.mark.parametrize("layout", ["cross-section", "flat", "time-series"])
def test_three_layouts_of_one_data_set(real, layout):
    found = read_json_message(real[f"sdmx_json/exr-{layout}"], None, layout)
    assert found.dimensions == (
        "FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX", "TIME_PERIOD",
    )  # fmt: skip
    assert cells(found) == EXR
    titles = {row["CURRENCY"]: row["TITLE"] for row in found.table.to_pylist()}
    assert titles == {"NZD": "New Zealand dollar (NZD)", "RUB": "Russian rouble (RUB)"}
    assert found.table["TIME_FORMAT"].to_pylist() == ["P1D"] * 4
    assert found.labels["CURRENCY"]["NZD"] == "New Zealand dollar"
    assert (found.dataset, found.agency, found.time) == ("EXR", "ECB", "TIME_PERIOD")
    assert found.notes == ()


@pytest.mark.data
def test_attributes_of_groups_and_texts_in_two_languages(real):
    found = read_json_message(real["sdmx_json/agri"], None, "agri")
    assert found.dimensions == ("REF_AREA", "FREQ", "TIME_PERIOD")
    rows = {(r["REF_AREA"], r["TIME_PERIOD"]): r for r in found.table.to_pylist()}
    assert len(rows) == found.table.num_rows == 12
    told = json.loads(real["sdmx_json/agri"])["data"]["dataSets"][0]["observations"]
    areas, years = ["ASIKHM001", "ASIKHM002", "ASIKHM"], ["2014", "2015", "2016", "2017"]
    for key, (number, _, embargo) in told.items():
        area, year = (int(part) for part in key.split(":"))
        row = rows[areas[area], years[year]]
        assert row["value"] == number
        assert row["EMBARGO_TIME"] == embargo
        assert row["UNIT_MULT"] == "3"
        assert row["OBS_STATUS"] == "A"
    one = rows["ASIKHM001", "2015"]
    assert one["SOURCE"] == "MAFF_Agricultural Statistics_2015;Other sources"
    assert one["SERIES_COMMENT"] == "Comment for Annual data for Banteay Meanchey"
    assert one["CONTACT_EMAIL"] == "contact@organisation.org"
    assert (found.dataset, found.agency, found.title) == ("MILLED_RICE", "MA_545", "Milled rice")


@pytest.mark.data
def test_an_older_message_of_the_oecd(real):
    found = read_json_message(real["oecd/data-PART2-all-all"], None, "part2")
    told = json.loads(real["oecd/data-PART2-all-all"])
    axes = told["structure"]["dimensions"]["observation"]
    codes = [[one["id"] for one in axis["values"]] for axis in axes]
    statuses = ["x", "w", "y"]
    expected = {}
    for key, (number, mark) in told["dataSets"][0]["observations"].items():
        at = [int(part) for part in key.split(":")]
        code = tuple(axis[i] for axis, i in zip(codes, at, strict=True))
        expected[code] = (number, "" if mark is None else statuses[mark])
    assert cells(found) == expected
    assert len(expected) == 7
    assert found.time == ""
    assert found.dataset == "PART2"
    assert "'x' (Change significant at the 0.05 level) is not in the code list" in found.notes[0]


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_damaged_samples(real, name):
    assert survives(lambda told: read_json_message(told, None, "here"), real[name], 2, 120)


@pytest.mark.long
@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_damaged_samples_long(real, name):
    assert survives(lambda told: read_json_message(told, None, "here"), real[name], 3, 10_000)
