"""Code lists as the library offers them: spellings, names, nesting, versions."""

from __future__ import annotations

import pytest

from hansa.codes import classification, geographies, geography, geography_codes, normal_id
from hansa.codes.codelist import available, local, versions_with
from hansa.errors import UsageError

NACE = classification("nace:2")
NUTS = geography_codes("nuts:2013")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01.61", "01.61"),
        ("0161", "01.61"),
        ("A01.61", "01.61"),
        ("A0161", "01.61"),
        (" 0161 ", "01.61"),
        ("a01.61", "01.61"),
        ("016", "01.6"),
        ("01", "01"),
        ("A01", "01"),
        ("A", "A"),
        ("G451", "45.1"),
        ("C10", "10"),
        ("161", "16.1"),
        ("B01", None),
        ("1", None),
        ("00", None),
        ("01.99", None),
        ("", None),
    ],
)
def test_usual_spellings_of_nace(text, code):
    assert NACE.spell(text) == code


def test_every_nace_code_is_its_own_spelling_with_and_without_point_and_section():
    for code in NACE.level:
        section = next(iter([*NACE.ancestors(code)][::-1]), "")
        for text in (code, code.lower(), code.replace(".", ""), section + code):
            assert NACE.spell(text) == code, text


@pytest.mark.parametrize(
    ("version", "text", "code"),
    [
        ("2013", "EL30", "EL30"),
        ("2013", "GR30", "EL30"),
        ("2006", "EL30", "GR30"),
        ("2013", "GBI3", "UKI3"),
        ("2013", "dk01", "DK01"),
        ("2013", "LT01", None),
        ("2016", "LT01", "LT01"),
        ("2024", "UKI3", None),
    ],
)
def test_usual_spellings_of_nuts(version, text, code):
    assert geography_codes(f"nuts:{version}").spell(text) == code


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nace:2", "nace:2"),
        ("NACE2", "nace:2"),
        ("nace_r2", "nace:2"),
        ("NACE Rev. 2", "nace:2"),
        ("NACE Rev.2", "nace:2"),
        ("NACE Rev. 2.1", "nace:2.1"),
        ("NUTS2013", "nuts:2013"),
        ("nuts 2013", "nuts:2013"),
        ("NUTS-2021", "nuts:2021"),
        ("ISIC Rev. 4", "isic:4"),
        ("country", "country"),
    ],
)
def test_names_of_code_lists_have_one_form(text, wanted):
    assert normal_id(text) == wanted


def test_nesting():
    assert list(NACE.ancestors("10.11")) == ["10.1", "10", "C"]
    assert list(NACE.ancestors("C")) == []
    assert NACE.children("41") == ("41.1", "41.2")
    assert NACE.leaves("41") == {"41.10", "41.20"}
    assert NACE.leaves("41.10") == {"41.10"}
    assert NACE.leaves("no code") == frozenset()
    assert "10.11" in NACE
    assert "10.99" not in NACE
    assert list(NUTS.ancestors("DK01")) == ["DK0", "DK"]


def test_leaves_and_the_fewest_codes_that_name_them():
    for code in ("F", "41", "10.1", "10.11"):
        # A group of one class is named by the highest code with the same classes.
        (named,) = NACE.compact(NACE.leaves(code))
        assert NACE.leaves(named) == NACE.leaves(code)
    assert NACE.compact({"41.10", "41.20", "42.11"}) == ("41", "42.11")
    assert NACE.compact(()) == ()


def test_every_leaf_lies_in_exactly_one_top():
    tops = [code for code in NACE.level if code not in NACE.parent]
    assert len(tops) == 21
    assert sum(len(NACE.leaves(top)) for top in tops) == 615


def test_a_local_list_takes_every_code_and_knows_nothing_of_it():
    own = classification("")
    assert own.is_local
    assert own.spell(" X1 ") == "X1"
    assert own.spell("  ") is None
    assert own.leaves("X1") == {"X1"}
    assert list(own.ancestors("X1")) == []
    assert "anything" in local()
    assert "" not in local()


def test_versions_keep_apart():
    assert versions_with("LT01", "nuts") == ("nuts:2016", "nuts:2021", "nuts:2024")
    assert versions_with("XX99", "nuts") == ()
    lists = [geography_codes(name) for name in available() if name.startswith("nuts")]
    assert len({hash(own) for own in lists}) == len(lists) == 6
    assert hash(geography_codes("NUTS 2013")) == hash(NUTS)
    assert geography_codes("NUTS 2013") is NUTS, "loaded once"


@pytest.mark.parametrize("name", ["nace:3", "nuts:1999", "naics", "no such list"])
def test_an_unknown_list_is_refused_with_those_there_are(name):
    with pytest.raises(UsageError, match="nace:2"):
        classification(name)


def test_geographies_by_name_and_by_file(tmp_path):
    assert geography("baltic-three") is geographies()["baltic-three"]
    path = tmp_path / "mine.toml"
    text = 'id = "mine"\ntitle = "Mine"\ngeography = "nuts:2013"\nmembers = ["DK01"]\n'
    path.write_text(text + 'status = "ours"\nsource = "me"\n', encoding="utf-8")
    assert geography(str(path)).members == ("DK01",)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="a geography file cannot be read"):
        geography(str(path))
    with pytest.raises(UsageError, match="unknown geography 'atlantis'"):
        geography("atlantis")


def test_a_sector_number_before_a_code_is_no_spelling() -> None:
    """`22` and `221` are codes; `22221` is none, unlike C and 10 in `C10`."""
    naics = classification("naics:2017")
    assert naics.spell("221") == "221"
    assert naics.spell("22221") is None
    assert classification("nace:2").spell("C10") == "10"


def test_membership_counts_codes_by_version() -> None:
    from hansa.codes.codelist import membership, membership_text

    assert membership(["UKM7", "UKM2", "UKC1", "nowhere"], "nuts")["nuts:2013"] == 2
    text = membership_text(["UKM2", "PL12"], "nuts")
    assert text.endswith(
        "all are in nuts:2006, nuts:2010, nuts:2013: the codes alone cannot tell the version"
    )
    assert membership_text(["nowhere"], "nuts") == "none of 1 codes is in a list of NUTS"
    assert membership_text(["PL91", "LT00"], "nuts").endswith("no version holds them all")
