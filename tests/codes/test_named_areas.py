"""Named areas: what the publication speaks of, who belonged when, and lists of a user's own."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import hansa
from hansa.codes import geographies, geography
from hansa.codes.geography import Membership
from hansa.errors import UsageError
from small_tables import UNKNOWN, facts, results

FOLDER = Path(__file__).resolve().parents[2] / "src" / "hansa" / "codes" / "data" / "geographies"

BALTIC_THREE = {"EE", "LV", "LT"}
NORDIC_FIVE = {"DK", "FI", "IS", "NO", "SE"}
NORTH = {"DE60", "DE80", "DEF0", "PL42", "PL62", "PL63"}

OWN = """\
id = "two"
title = "Two regions"
geography = "nuts:2013"
members = ["DK01", "SE22"]
status = "ours"
source = "me"
"""


def own_file(folder: Path, text: str = OWN) -> str:
    path = folder / "two.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# --- The areas of the publication -----------------------------------------------------------------


def test_each_area_of_the_publication_is_here_or_named_as_missing(hansa_data):
    here = {
        "project BSR": "bsr-project",
        "CBSS BSR": "bsr-cbss-2009",
        "vision BSR": "bsr-vision-2009",
        "NCM working group": "",
        "state of the region BSR": "bsr-state-of-the-region",
        "Nordic Innovation Monitor": "nim-25",
        "cluster data": "bsr-31",
    }
    assert {row["name"] for row in rows(hansa_data / "bsr2009" / "geographies.csv")} == set(here)
    assert {name for name in here.values() if name} <= set(geographies())
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in here.values():
        assert f"`{name}`" in text or not name
    assert "eleven countries are counted, not named" in text
    assert "peer macro-regions" in text


@pytest.mark.parametrize("name", ["bsr-cbss-2009", "bsr-vision-2009", "bsr-state-of-the-region"])
def test_an_area_with_a_russian_part_says_that_it_lacks_it(name):
    area = geography(name)
    assert set(area.members) == BALTIC_THREE | NORDIC_FIVE | NORTH
    assert "without its Russian part" in area.title
    assert area.left_out
    assert area.status == "ours", "not as printed, since a part is missing"


def test_the_countries_of_the_monitor_are_those_of_its_table(hansa_data):
    printed = rows(hansa_data / "bsr2009" / "nim_table1_performance.csv")
    eurostat = {"GB": "UK", "GR": "EL"}
    codes = {eurostat.get(r["iso2"], r["iso2"]): r["country"] for r in printed}
    area = geography("nim-25")
    assert set(area.members) < set(codes)
    left = {name for code, name in codes.items() if code not in area.members}
    assert left == set(area.left_out)
    assert len(area.members) + len(area.left_out) == 25
    assert set(geography("nim-bsr-six").members) == {
        r["iso2"] for r in printed if r["bsr_country"] == "yes"
    }


@pytest.mark.parametrize("name", geographies())
def test_a_part_left_out_shows_in_the_title(name):
    area = geography(name)
    assert bool(area.left_out) == bool(
        re.search(r"without .*Russia|that have a NUTS code", area.title)
    )


def test_only_the_list_of_2009_speaks_of_31_regions():
    spoken = re.compile(r"\b31\b(?! (January|March|December))|thirty-one", re.I)
    for area in geographies().values():
        if area.id != "bsr-31":
            assert not spoken.search(" ".join((area.title, area.note, area.source[:40]))), area.id
    assert geography("bsr-31").geography == "nuts:2006"
    assert geography("bsr-31").status == "ours"


# --- The Council of the Baltic Sea States by date -------------------------------------------------


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("1992-06-01", "cbss-1992"),
        ("1994-12-31", "cbss-1992"),
        ("1996-01-01", "cbss-1995"),
        ("2022-05-17", "cbss-1995"),
        ("2022-05-18", "cbss"),
        ("2026-01-01", "cbss"),
    ],
)
def test_the_council_has_the_members_of_the_day(day, name):
    council = geography("cbss")
    assert set(council.members_on(day)) == set(geography(name).members)
    expected = BALTIC_THREE | NORDIC_FIVE | {"DE", "PL"}
    assert set(council.members_on(day)) == expected - ({"IS"} if day < "1995" else set())


def test_russia_was_a_member_without_a_code():
    russia = next(m for m in geography("cbss").memberships if m.name == "Russia")
    assert russia.code == ""
    assert russia.holds_on("2022-05-17")
    assert not russia.holds_on("2022-05-18")
    assert "3 March 2022" in russia.note
    assert geography("cbss-1992").left_out == geography("cbss-1995").left_out == ("Russia",)
    assert geography("cbss").left_out == ()


def test_nobody_was_a_member_before_the_council():
    assert geography("cbss").members_on("1992-02-29") == ()
    assert geography("nordic-five").members_on("1900-01-01") == geography("nordic-five").members


def test_a_month_or_a_year_ends_with_its_last_day():
    member = Membership("X", "X", "2001", "2003-04")
    assert [member.holds_on(d) for d in ("2000-12-31", "2001-01-01")] == [False, True]
    assert [member.holds_on(d) for d in ("2003-04-30", "2003-05-01")] == [True, False]
    assert Membership("X", "X", "2001", "2003").holds_on("2003-12-31")


# --- A list of the user's own ---------------------------------------------------------------------


def test_a_list_of_ones_own_picks_regions_and_is_a_reference(tmp_path):
    """DK01 and SE22 hold 30 of 40 and 10 of 60 jobs in A: together 40 of 100."""
    jobs = facts(
        """
                A     B
        DK01   30    10
        SE22   10    50
        SE11   99     1
        """
    )
    described = {**UNKNOWN, "geography": "nuts:2013"}
    path = own_file(tmp_path)
    found = hansa.compute("employment", jobs, describe=described, regions=path)
    assert {key[0] for key in results(found)} == {"DK01", "SE22"}
    quotient = hansa.compute(
        "location_quotient_total",
        jobs,
        describe=described,
        regions=path,
        reference=path,
        min_cell=0,
    )
    assert results(quotient)["DK01", "A", 2020] == pytest.approx(0.75 / 0.4, rel=1e-12)
    assert quotient.header.reference == "Two regions"


def test_the_command_shows_a_list_of_ones_own(tmp_path):
    extra = 'left_out = ["the far side"]\n[[membership]]\nname = "Zealand"\nfrom = 2001-02-03\n'
    path = own_file(tmp_path, OWN + extra)
    done = subprocess.run(
        [sys.executable, "-c", "from hansa.cli import main; main()", "geographies", path],
        capture_output=True,
        text=True,
        check=True,
    )
    for text in ("DK01 Hovedstaden", "without:  the far side", "joined:   2001-02-03 Zealand"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('["DK01", "SE22"]', '"DK"'), "members of a geography is no list of texts"),
        (('["DK01", "SE22"]', "[1, 2]"), "members of a geography is no list of texts"),
        (('["DK01", "SE22"]', "[]"), "a geography has no members"),
        (('["DK01", "SE22"]', '["DK01", "DK01"]'), "a member of a geography stands twice"),
        (('"ours"', '"mine"'), "unknown status 'mine'"),
        (('source = "me"', ""), "a geography file cannot be read"),
        (('source = "me"', 'source = "me"\n[[membership]]\nname = "X"'), "cannot be read"),
    ],
)
def test_lists_that_are_refused(tmp_path, change, message):
    with pytest.raises(UsageError, match=message):
        geography(own_file(tmp_path, OWN.replace(*change)))


def test_a_list_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "two.toml"
    path.write_bytes(OWN.replace("me", "Åland").encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8 text"):
        geography(str(path))


def test_a_code_of_ones_own_list_must_be_known(tmp_path):
    with pytest.raises(UsageError, match="not in its code list") as problem:
        geography(own_file(tmp_path, OWN.replace("SE22", "RU99")))
    assert problem.value.finding.printed == "RU99"
    with pytest.raises(UsageError, match="unknown geography version 'nuts:1999'"):
        geography(own_file(tmp_path, OWN.replace("nuts:2013", "nuts:1999")))


def test_codes_of_ones_own_list_take_the_usual_spellings(tmp_path):
    greek = OWN.replace('["DK01", "SE22"]', '["GR30", "dk01"]')
    assert geography(own_file(tmp_path, greek)).members == ("EL30", "DK01")
    with pytest.raises(UsageError, match="stands twice"):
        geography(own_file(tmp_path, OWN.replace('["DK01", "SE22"]', '["GR30", "EL30"]')))


def test_regions_without_a_code_list_are_a_local_list(tmp_path):
    """Russian regions under the codes of a table of its own."""
    text = OWN.replace("nuts:2013", "local").replace('["DK01", "SE22"]', '["St Petersburg"]')
    path = own_file(tmp_path, text)
    jobs = pd.DataFrame(
        {"geo": ["St Petersburg", "Pskov"], "activity": "A", "time": 2020, "employment": [7, 1]}
    )
    found = hansa.compute("employment", jobs, describe=UNKNOWN, regions=path)
    assert results(found) == {("St Petersburg", "A", 2020): 7}
