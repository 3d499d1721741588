"""Marks of services to Hansa's letters: every code of the lists, texts, what nobody knows."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError
from hansa.law import flags_from_text
from hansa.sources.live.drafts import Draft, encoded, group_attributes, observations, recoded
from hansa.sources.live.marks import (
    confidentiality,
    eurostat_flags,
    observation_status,
    scheme,
    text_value,
    values_of_cells,
    values_of_texts,
)
from hansa.sources.live.structures import read_codelists


@pytest.mark.parametrize(
    ("code", "letters", "said"),
    [
        # CL_OBS_STATUS 2.2 of SDMX, the whole list.
        ("A", "", ""),
        ("B", "b", ""),
        ("D", "d", ""),
        ("E", "e", ""),
        ("F", "f", ""),
        ("G", "g", "experimental"),
        ("H", "m", "holiday"),
        ("I", "e", "imputed"),
        ("J", "j", "derogation"),
        ("K", "k", "another category"),
        ("L", "m", "not collected"),
        ("M", "z", ""),
        ("N", "n", ""),
        ("O", "m", ""),
        ("P", "p", ""),
        ("Q", "c", "suppressed"),
        ("S", "i", "strike"),
        ("U", "u", ""),
        ("V", "v", "unvalidated"),
        ("W", "w", "another category"),
        # Not in the list: older lists, several codes, other texts.
        ("R", "r", ""),
        ("C", "c", "confidential"),
        ("B;P", "b;p", ""),
        ("B,E", "b;e", ""),
        ("na", "m", ""),
        ("NA", "m", ""),
        ("_Z", "z", ""),
        ("-", "x", "nil"),
        ("0", "n", ""),
        ("", "", ""),
        ("T", "t", "not in the code list"),
        ("w", "w", "not in the code list"),
        ("STRANGE", "x", "not in the code list"),
    ],
)
def test_observation_status(code, letters, said):
    status, note = observation_status(code)
    assert status == letters
    assert said in note
    assert bool(said) == bool(note)


def test_missing_of_an_older_list_is_not_called_impossible():
    assert observation_status("M", "Missing value")[0] == "m"
    assert observation_status("M", "Missing value; data cannot exist")[0] == "z"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("b", "b"), ("bp", "b;p"), ("bdep", "b;d;e;p"), ("|C", "c"), (":c", "c"), (":", "z"),
        (":u", "u"), ("p|F", "p"), ("p|N", "p;c"), ("na", "m"), ("", ""), ("|", ""), ("i", "i"),
        ("B", "b"), ("b, p", "b;p"), ("cd", "c;d"), ("z", "z"), ("n", "n"), ("r", "r"),
    ],
)  # fmt: skip
def test_eurostat_flags(text, letters):
    assert eurostat_flags(text) == (letters, "")


def test_an_unknown_flag_is_kept_and_said():
    assert eurostat_flags("k") == ("k", "status 'k' is not in the code list; kept as k")
    status, note = eurostat_flags("b7", "odd")
    assert status == "b;x"
    assert "'b7' (odd) is not in the code list" in note


@pytest.mark.parametrize(
    ("code", "letters"),
    [("F", ""), ("", ""), *((code, "c") for code in "ACDEGMNOSTX")],
)
def test_confidentiality(code, letters):
    assert confidentiality(code) == (letters, "")


def test_an_unknown_confidentiality_is_confidential():
    assert confidentiality("Q")[0] == "c"
    assert "not in the code list" in confidentiality("Q")[1]


@pytest.mark.parametrize(
    ("text", "letters", "note"),
    [
        (":C", "c", ""), (":", "z", ""), ("..", "m", ""), (".", "z", ""), ("", "m", ""),
        ("NaN", "m", ""), ("KG", "x", "text"), ("x", "x", "text"), ("...", "m", "the mark"),
    ],
)  # fmt: skip
def test_text_in_place_of_a_number(text, letters, note):
    status, said = text_value(text)
    assert status == letters
    assert said.startswith(note)


def test_the_marks_of_a_service_come_first():
    assert text_value(":", {":": "c"}) == ("c", "")


@settings(deadline=None)
@given(st.text(max_size=12))
def test_every_status_is_one_that_the_law_reads(text):
    for read in (observation_status, eurostat_flags, confidentiality, text_value):
        flags_from_text(read(text)[0])


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("OBS_FLAG", eurostat_flags), ("obs_flag", eurostat_flags),
        ("OBS_STATUS", observation_status), ("OBS_STATUS_2", observation_status),
        ("CONF_STATUS", confidentiality), ("OBS_CONF", confidentiality), ("TITLE", None),
    ],
)  # fmt: skip
def test_marks_are_known_by_the_name_of_their_attribute(name, reads):
    assert scheme(name) is reads


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))))
def test_numbers_of_texts_are_exact(numbers):
    texts = pa.array([None if n is None else repr(n) for n in numbers], pa.string())
    found = values_of_texts(texts, "here")
    assert found.numbers.to_pylist() == numbers
    assert not found.texts


def test_texts_among_numbers_are_told_apart():
    texts = pa.chunked_array([["1", "+2.5", " 3 "], [None, "KG", "NaN", "1,5", "0x10", "1_0"]])
    found = values_of_texts(texts, "here")
    assert found.numbers.to_pylist() == [1.0, 2.5, 3.0] + [None] * 6
    assert found.texts == {4: "KG", 5: "NaN", 6: "1,5", 7: "0x10", 8: "1_0"}


@pytest.mark.parametrize("text", ["inf", "-INF", "Infinity", "+inf", "1e999"])
@pytest.mark.parametrize("beside", ["2", "KG"])
def test_infinity_is_refused(text, beside):
    with pytest.raises(HansaError, match=r"a value is infinite\n.*here, observation 2"):
        values_of_texts(pa.array([beside, text]), "here")
    with pytest.raises(HansaError, match="a value is infinite"):
        values_of_cells([1, text], "here")


def test_cells_of_json():
    found = values_of_cells([1, 2.5, None, "KG", "7.25", math.nan, 2**60], "here")
    assert found.numbers.to_pylist() == [1.0, 2.5, None, None, 7.25, None, float(2**60)]
    assert found.texts == {3: "KG", 5: "NaN"}


@pytest.mark.parametrize("cell", [True, [], {}, ["1"]])
def test_cells_that_are_no_values_are_refused(cell):
    with pytest.raises(HansaError, match="needed: a number, a text, or null"):
        values_of_cells([cell], "here")


def test_a_number_too_long_for_a_computer_is_refused():
    with pytest.raises(HansaError, match="a value is infinite"):
        values_of_cells([10**400], "here")


def draft(values, **attributes):
    dimensions = {"geo": encoded([f"DE{i}" for i in range(len(values))])}
    columns = {name: encoded(texts) for name, texts in attributes.items()}
    return Draft(dimensions, values_of_cells(values, "here"), columns)


def test_statuses_of_several_attributes_join():
    found = observations(
        draft(
            [1.0, None, None, None, 5.0, ":c"],
            OBS_STATUS=["P", "O", None, None, "A", None],
            CONF_STATUS=["F", "N", "C", None, None, None],
        ),
        "here",
    )
    assert found.table["status"].to_pylist() == ["p", "c;m", "c", "m", "", "c"]
    assert found.table["value"].to_pylist() == [1.0, None, None, None, 5.0, None]
    assert found.table["OBS_STATUS"].to_pylist() == ["P", "O", None, None, "A", None]
    assert found.notes == ()


def test_a_number_beside_a_status_of_absence_is_kept_and_said():
    found = observations(draft([7.0, 8.0], OBS_FLAG=["c", "p"]), "here")
    assert found.table["value"].to_pylist() == [7.0, 8.0]
    assert found.table["status"].to_pylist() == ["c", "p"]
    assert found.notes == ("1 values stand beside a status that says there is none",)


def test_a_dash_beside_a_number_means_nil():
    found = observations(draft([0.0, None], OBS_STATUS=["-", "-"]), "here")
    assert found.table["value"].to_pylist() == [0.0, None]
    assert found.table["status"].to_pylist() == ["", "x"]


def test_a_repeated_key_is_refused_and_named():
    dimensions = {"geo": encoded(["DE", "FR", "DE"]), "time": encoded(["2020", "2020", "2020"])}
    with pytest.raises(HansaError) as problem:
        observations(Draft(dimensions, values_of_cells([1, 2, 3], "")), "here")
    assert "two observations of one key" in str(problem.value)
    assert "here, observations 1 and 3" in str(problem.value)
    assert "geo=DE, time=2020" in str(problem.value)


def test_keys_of_very_many_dimensions_are_told_apart():
    # 40 dimensions of 4 codes: more keys than a whole number of 64 bits.
    codes = ["a", "b", "c", "d"]
    dimensions = {f"d{i}": encoded([*codes, "a"]) for i in range(39)}
    dimensions["last"] = encoded([*codes, "b"])
    found = observations(Draft(dimensions, values_of_cells(range(5), "")), "here")
    assert found.table.num_rows == 5
    dimensions["last"] = encoded([*codes, "a"])
    with pytest.raises(HansaError, match="two observations of one key"):
        observations(Draft(dimensions, values_of_cells(range(5), "")), "here")


def test_a_dimension_without_a_code_is_refused():
    dimensions = {"geo": encoded(["DE", None])}
    with pytest.raises(HansaError, match=r"no code of the dimension geo\n.*here, observation 2"):
        observations(Draft(dimensions, values_of_cells([1, 2], "")), "here")


def test_dimensions_and_attributes_cannot_overwrite_the_columns_of_the_contract():
    dimensions = {"status": encoded(["a", "b"]), "value": encoded(["c", "d"])}
    attributes = {"status": encoded(["e", "f"])}
    found = observations(Draft(dimensions, values_of_cells([1, 2], ""), attributes), "here")
    assert found.dimensions == ("status_", "value_")
    assert found.table["value"].to_pylist() == [1.0, 2.0]
    assert found.table["status"].to_pylist() == ["", ""]
    assert found.table["status_"].to_pylist() == ["a", "b"]


def test_recoding_lets_codes_coincide():
    column = encoded(["A: x", "B: y", "A: z", None])
    assert recoded(column, ["A", "B", "A"]).to_pylist() == ["A", "B", "A", None]


def test_attributes_of_groups_reach_their_rows():
    dimensions = {"freq": ["A", "M", "A"], "geo": ["DE", "DE", "FR"]}
    groups = [({"geo": "DE"}, {"TITLE": "Germany"}), ({}, {"UNIT_MULT": "3"})]
    assert group_attributes(dimensions, groups) == {
        "TITLE": ["Germany", "Germany", None],
        "UNIT_MULT": ["3", "3", "3"],
    }


@pytest.mark.data
def test_every_flag_that_eurostat_lists_is_known(hansa_data):
    body = (hansa_data / "sdmx/estat_xml/estat_metadata.xml").read_bytes()
    words = {
        "break": "b", "confidential": "c", "definition": "d", "estimated": "e", "forecast": "f",
        "significant": "n", "provisional": "p", "Eurostat": "s", "reliability": "u",
        "applicable": "z",
    }  # fmt: skip
    (flags,) = (one for one in read_codelists(body, "here") if one.id == "OBS_FLAG")
    assert len(flags.codes) == 46
    for code, label in flags.codes.items():
        letters, note = eurostat_flags(code)
        assert note == ""
        assert set(letters.split(";")) == {words[word] for word in words if word in label}
