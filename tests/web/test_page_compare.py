"""Regions side by side: who stands there, what is said of them, and how a reader picks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hansa.errors import UsageError
from hansa.web.pages.compare import PAGE
from hansa.web.pages.compare.picking import MOST, codes_in, found, picks
from hansa.web.pages.compare.sections import short_names
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State


def sheet(session: Session, **state: str) -> Sheet:
    return PAGE.build(session, State(**state))


def test_the_numbers_are_those_of_the_results(session: Session) -> None:
    section = sheet(session, compare="EE00,FI19,LV00").sections[0]
    figure = section.figures[0]
    assert figure.columns[2:] == ("Eesti (EE00)", "Länsi-Suomi (FI19)", "Latvija (LV00)")
    shown = {row[0]: row[2] for row in figure.rows}
    panel = session.part(State()).base.regions["location_quotient_total"]
    rows = panel.where("geo", "EE00").where("time", 2023).rows()
    own = {row["cluster"]: row["value"] for row in rows}
    known = {code: value for code, value in own.items() if value}
    assert len(known) > 8
    assert {c: float(shown[c]) for c in known} == pytest.approx(known, rel=0.06)
    assert len(shown) == len(own)


def test_what_they_share_and_where_they_differ(session: Session) -> None:
    answer = sheet(session, compare="EE00,FI19").sections[0].answer
    assert answer[0].startswith("Both are certainly above the reference in ")
    panel = session.part(State()).base.regions["location_quotient_total"].where("time", 2023)
    one, two = (
        {row["cluster"]: row["value"] for row in panel.where("geo", geo).rows()}
        for geo in ("EE00", "FI19")
    )
    pairs = {c: sorted((one[c], two[c])) for c in one if one[c] and two[c]}
    apart = {c: high / low for c, (low, high) in pairs.items() if high > 1}
    label = session.part(State()).own.definition.label_of(max(apart, key=apart.get))
    assert f"differ most in {label.lower()}" in answer[1].lower()


def test_a_row_a_region_and_a_column_a_region(session: Session) -> None:
    tables = sheet(session, compare="LV00,EE00").sections[0].tables
    assert [row[0] for row in tables[0].rows] == ["Latvija (LV00)", "Eesti (EE00)"]
    assert {table.columns[1:] for table in tables[1:]} == {("Latvija", "Eesti")}
    assert [table.caption.partition(",")[0] for table in tables[1:]] == [
        "Jobs",
        "Growth of jobs",
        "Stars",
    ]


def test_heads_of_columns_are_short_names_that_differ() -> None:
    sides: Any = [
        SimpleNamespace(code="UKC2", name="Northumberland and Tyne and Wear"),
        SimpleNamespace(code="UKI3", name="Inner and Outer London - West"),
        SimpleNamespace(code="UKI4", name="Inner and Outer London - East"),
        SimpleNamespace(code="UKH3", name="Essex"),
    ]
    assert short_names(sides) == [
        "Northumberland and…",
        "Inner and Outer… (UKI3)",
        "Inner and Outer… (UKI4)",
        "Essex",
    ]


def test_without_a_choice_the_region_of_the_study_and_those_like_it(session: Session) -> None:
    found = sheet(session)
    codes = next(c.chosen for c in found.controls if c.name == "compare").split(",")
    assert codes[0] == "FI1B"
    assert len(codes) == len(set(codes)) == 4


def test_one_region_alone_is_asked_for_another(session: Session) -> None:
    found = sheet(session, compare="EE00")
    assert found.sections == ()
    assert "at least two" in found.answer[0]
    assert [box["code"] for box in found.more["boxes"] if box["chosen"]] == ["EE00"]


@pytest.mark.parametrize(
    ("compare", "said"),
    [
        ("EE00,XX", "the study has no region 'XX'"),
        ("<b>", "the study has no region '<b>'"),
    ],
)
def test_unknown_regions_are_refused(session: Session, compare: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sheet(session, compare=compare)


def test_more_than_ten_are_refused_and_repeats_are_one() -> None:
    many = tuple(f"R{i}" for i in range(12))
    with pytest.raises(UsageError, match="11 regions are too many"):
        codes_in(",".join(many[:11]), many)
    assert codes_in("R1, R2,,R1", many) == ("R1", "R2")


def test_words_find_regions_by_the_beginnings_of_their_names() -> None:
    names = {"EE00": "Eesti", "FI19": "Länsi-Suomi", "FI1B": "Helsinki-Uusimaa"}
    assert found(names, "suo") == ["FI19"]
    assert found(names, "FI1") == ["FI19", "FI1B"]
    assert found(names, "uusimaa helsinki") == ["FI1B"]
    assert found(names, "sinki") == []


def test_boxes_lead_to_the_state_they_make() -> None:
    names = {code: code for code in ("A", "B", "C", "D")}
    boxes = {box["code"]: box for box in picks(("A", "B", "C"), ["D"], names, State(base="x"))}
    assert boxes["B"]["query"] == "base=x&compare=A,C"
    assert boxes["D"]["query"] == "base=x&compare=A,B,C,D"
    assert not any(box["fixed"] for box in boxes.values())
    two = picks(("A", "B"), ["C"], names, State())
    assert [box["fixed"] for box in two] == [True, True, False]
    full = picks(tuple(f"R{i}" for i in range(MOST)), ["A"], {**names, **_many()}, State())
    assert full[-1]["fixed"]


def _many() -> dict[str, str]:
    return {f"R{i}": f"R{i}" for i in range(MOST)}


def test_searching_offers_what_is_found(session: Session) -> None:
    boxes = sheet(session, compare="EE00,FI19", search="lat").more["boxes"]
    assert [(box["code"], box["chosen"]) for box in boxes] == [
        ("EE00", True),
        ("FI19", True),
        ("LV00", False),
    ]
    assert sheet(session, compare="EE00,FI19", search="xyz").more["nothing"]
