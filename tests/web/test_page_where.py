"""Where is my industry: found by words and codes, its clusters, its places."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hansa
from hansa.language import speaking
from hansa.report.document import table_behind
from hansa.web.pages.where import PAGE
from hansa.web.searching import Entry, search, words_of
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State

ENTRIES = (
    Entry("30.12", "Building of pleasure and sporting boats"),
    Entry("30.11", "Building of ships and floating structures"),
    Entry("31", "Manufacture of furniture"),
    Entry("31.01", "Manufacture of office and shop furniture"),
    Entry("47.59", "Retail sale of furniture, lighting equipment and other household articles"),
    Entry("41.20", "Construction of residential and non-residential buildings"),
    Entry("93.29", "Steamboat rides"),
)


def codes(asked: str) -> list[str]:
    return [entry.code for entry in search(asked, ENTRIES).entries]


def test_singular_and_plural_are_one_and_whole_words_come_first() -> None:
    assert codes("boat") == codes("Boats") == ["30.12", "93.29"]
    assert codes("building") == ["30.11", "30.12", "41.20"]


def test_all_words_then_beginnings_then_insides() -> None:
    assert codes("furniture") == ["31", "31.01", "47.59"]
    assert codes("furn manu") == ["31", "31.01"]
    assert codes("boat building") == ["30.12"]


def test_some_words_where_none_has_them_all() -> None:
    found = search("furniture spaceship", ENTRIES)
    assert not found.whole
    assert {entry.code for entry in found.entries} == {"31", "31.01", "47.59"}
    assert search("", ENTRIES).entries == search("!?", ENTRIES).entries == ()
    assert codes("zzz") == []


def test_accents_and_capitals_make_no_difference() -> None:
    assert words_of("Möbel, ÉTUDES") == ["mobel", "etude"]


SWEDISH = (
    Entry("30.12", "Byggande av fritidsbåtar"),
    Entry("31", "Tillverkning av möbler"),
    Entry("27.2", "Batteri- och ackumulatortillverkning"),
    Entry("28", "Tillverkning av övriga maskiner"),
    Entry("47.59", "Möbelbutiker"),
    Entry("33.15", "Reparation av båtar"),
)


def swedish(asked: str) -> list[str]:
    with speaking("sv"):
        return [entry.code for entry in search(asked, SWEDISH).entries]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("möbel", ["31", "47.59"]),
        ("Möbler", ["31", "47.59"]),
        ("möblerna", ["31", "47.59"]),
        ("mobler", ["31", "47.59"]),
        ("maskin", ["28"]),
        ("maskinerna", ["28"]),
        ("båt", ["33.15", "30.12"]),
        ("båtar", ["33.15", "30.12"]),
        ("tillverkning möbler", ["31"]),
        ("boats", []),
    ],
)
def test_swedish_words_by_their_stems(asked: str, codes: list[str]) -> None:
    assert swedish(asked) == codes


def test_the_plural_is_that_of_the_language_spoken() -> None:
    assert words_of("maskiner chairs") == ["maskiner", "chair"]
    with speaking("sv"):
        assert words_of("cyklar cykel kurs Datorer") == ["cykel", "cykel", "kurs", "dator"]


@pytest.mark.parametrize("language", ["en", "sv"])
@given(text=st.text(max_size=40))
def test_no_text_breaks_the_search(language: str, text: str) -> None:
    with speaking(language):
        found = search(text, (*ENTRIES, Entry("own", text))).entries
        assert len(found) == len(set(found))
        assert bool(found) >= bool(words_of(text))


def sheet(session: Session, text: str, **state: str) -> Sheet:
    return PAGE.build(session, State(search=text, **state))


def items(found: Sheet, heading: str) -> dict[str, str]:
    listing = next(one for one in found.lists if one.heading == heading)
    return {item.query: item.text for item in listing.items}


def test_words_lead_to_industries_and_clusters(session: Session) -> None:
    found = sheet(session, "furniture")
    assert found.sections == ()
    assert items(found, "Industries")["search=31"] == "31 Manufacture of furniture"
    clusters = items(found, "Clusters of this name")
    assert any("urniture" in text for text in clusters.values())
    assert all(query.startswith("definition=hansa-divisions&cluster=") for query in clusters)


def test_words_of_a_swedish_page_find_swedish_names(session: Session) -> None:
    with speaking("sv"):
        found = sheet(session, "möbel", lang="sv")
    assert "31 Tillverkning av möbler" in [i.text for part in found.lists for i in part.items]
    assert "Trävaror och möbler" in [i.text for part in found.lists for i in part.items]


@pytest.mark.parametrize("spelling", ["31.01", "3101", "c31.01", "C3101"])
def test_a_code_in_any_spelling(session: Session, spelling: str) -> None:
    found = sheet(session, spelling)
    assert found.question == "Where is 31.01 Manufacture of office and shop furniture?"


def test_clusters_of_a_code_with_weight_and_reason(session: Session) -> None:
    found = sheet(session, "31")
    table = found.sections[0].tables[0]
    definition = session.part(State()).own.definition
    own = next(m for m in definition.members if m.activity == "31")
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["Cluster"] == definition.label_of(own.cluster)
    assert row["Reason"] == own.reason
    assert float(row["Weight"]) == own.weight
    onwards = items(found, "Where to go from here")
    assert f"cluster={own.cluster}" in " ".join(onwards)
    assert "members=31" in onwards


def test_quotients_of_a_code_are_those_by_hand(session: Session) -> None:
    section = sheet(session, "31").sections[1]
    table = table_behind(section.figures[0])
    code, value = table.columns.index("Code"), 2
    frame = pd.read_csv(session.folder / "facts" / "jobs.csv", dtype={"activity": str})
    now = frame[(frame["time"] == 2023) & (frame["geo"] != "FI1D")]
    whole = frame[frame["time"] == 2023]
    # One cell is hidden: the total of its region, and of the whole, is not known without it.
    assert whole["employment"].isna().sum() == 1
    own = hansa.compute("location_quotient_total", str(session.folder))
    rows = own.where("activity", "31").where("time", 2023).rows()
    there = {row["geo"]: row["value"] for row in rows}
    shown = {row[code]: row[value] for row in table.rows}
    assert set(shown) == set(now["geo"]) | {"FI1D"}
    for geo, text in shown.items():
        if there[geo] is None:
            assert text == "·"
        else:
            assert float(text) == pytest.approx(there[geo], rel=0.06)


def test_a_code_above_the_table_is_the_sum_of_its_parts(session: Session) -> None:
    found = sheet(session, "C")
    assert "classes stand in" in found.sections[0].answer[0]
    assert [section.id for section in found.sections] == ["placed", "jobs"]
    assert "search=10" in items(found, "Above and below it in the classification")


def test_a_code_that_the_facts_do_not_hold(session: Session) -> None:
    found = sheet(session, "03")
    assert [section.id for section in found.sections] == ["placed"]
    assert "hold nothing of it" in found.answer[-1]


def test_nothing_found_offers_the_top(session: Session) -> None:
    found = sheet(session, "xyzzy")
    assert "Nothing is called “xyzzy”" in found.answer[0]
    assert any(text.startswith("A ") for text in items(found, found.lists[0].heading).values())


def test_the_lines_of_python_are_true(session: Session) -> None:
    for section in sheet(session, "31").sections:
        lines = section.python.replace("STUDY", str(session.folder)).splitlines()
        scope: dict[str, object] = {}
        exec("\n".join(lines[:-1]), scope)
        found = eval(lines[-1], scope)
        if section.id == "placed":
            assert found.code == "31"
        else:
            assert set(found.distinct("geo")) == {"EE00", "FI19", "FI1B", "FI1D", "LV00", "LT01"}
