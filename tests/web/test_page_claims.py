"""The page of claims: those of 2009, those of claims.csv, and why there may be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hansa.errors import HansaError, UsageError
from hansa.report.published import apart
from hansa.web.page import pages
from hansa.web.pages.claims.own import own_claims
from hansa.web.session import Session
from hansa.web.state import State

from .conftest import write_study

CLAIMS = """country,area,claim,source,date,author
EE,wood-furniture,yes,Strategy,2024,Ministry
FI,Wood and furniture,no,Strategy,2024,Ministry
LV,Quantum wool,yes,,,
LT,Energy,,,,
"""


def opened(folder: Path, claims: str = "") -> Session:
    write_study(folder)
    if claims:
        (folder / "claims.csv").write_text(claims)
    return Session(folder, lambda text, done: None)


def build(session: Session, **state: str):
    return pages()["claims"].build(session, State(**state))


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return opened(tmp_path_factory.mktemp("claims") / "six", CLAIMS)


def test_why_there_is_nothing(session: Session) -> None:
    sheet = build(session)
    assert sheet.sections == ()
    said = " ".join(" ".join((item.text, *item.details)) for item in sheet.lists[0].items)
    assert "the study has no area" in said
    assert "published = true" in said
    assert "claims.csv" in said


def test_own_claims_beside_a_region(claimed: Session) -> None:
    sheet = build(claimed, region="EE00")
    quotient = next(
        row["value"]
        for row in claimed.part(State()).base.regions["location_quotient_total"].rows()
        if (row["geo"], row["cluster"], row["time"]) == ("EE00", "wood-furniture", 2023)
    )
    assert quotient > 1
    verdicts = {row[0]: row for row in sheet.sections[0].tables[0].rows}
    assert verdicts["wood-furniture"][1:3] == ("1 of 1", "claimed and seen")
    assert f"{quotient:.1f}" in verdicts["wood-furniture"][3]
    assert verdicts["Quantum wool"][2] == "cannot be said"
    assert "Energy" not in verdicts
    sure = sheet.sections[0].certainty
    assert "Quantum wool: No cluster of hansa-divisions is called so." in sure
    assert any("Energy" in text and "nothing is held against" in text for text in sure)


def test_own_claims_are_drawn(claimed: Session) -> None:
    (figure,) = build(claimed, region="EE00").sections[0].figures
    assert figure.id == "own-claims-EE00-2023"
    assert figure.source.startswith("Source of the claims: claims.csv in the study folder.")
    assert "2009" not in figure.source
    # What is seen stands in words beside each bar: no colour is needed to read it.
    drawn = figure.svg()
    assert "1 of 1 countries: claimed and seen" in drawn
    assert "1 of 1 countries: cannot be said" in drawn
    assert ("wood-furniture", "1 of 1", "claimed and seen") in {row[:3] for row in figure.rows}


def test_names_with_an_and_stand_apart() -> None:
    assert apart(["Furniture", "Tourism"]) == "Furniture and Tourism"
    assert apart(["Energy and Environment", "Tourism"]) == "Energy and Environment; Tourism"


def test_a_claim_that_is_not_seen(claimed: Session) -> None:
    panel = claimed.part(State()).base.regions["location_quotient_total"]
    low = {
        row["geo"]
        for row in panel.rows()
        if row["cluster"] == "wood-furniture" and row["time"] == 2023 and (row["value"] or 9) < 1
    }
    assert low
    for region in low:
        rows = build(claimed, region=region).sections[0].tables[0].rows
        verdicts = {row[0]: row[2] for row in rows}
        assert verdicts["wood-furniture"] == "claimed and not seen"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country,area\nEE,wood\n", "the table of claims has other columns"),
        ("country,area,claim,more\nEE,wood,yes,1\n", "the table of claims has other columns"),
        ("country,area,claim\nEE,wood,maybe\n", "a claim cannot be read"),
        ("country,area,claim\nEE,,yes\n", "a claim cannot be read"),
        ("country,area,claim\nEE,wood\n", "more or fewer cells"),
        ("country,area,claim\nEE,wood,yes,no\n", "more or fewer cells"),
        ("country,area,claim\nEE,wood,yes\nEE,wood,no\n", "a claim stands twice"),
        ("country,area,claim\nEE,\x00\ud800,yes\n", "cannot be read"),
    ],
)
def test_a_wrong_table_is_refused_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "claims.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(HansaError, match=said) as problem:
        own_claims(tmp_path)
    assert "claims.csv" in problem.value.finding.place


def test_an_unknown_region_is_refused(claimed: Session) -> None:
    with pytest.raises(UsageError, match="the study has no region 'XX'"):
        build(claimed, region="XX")


def test_claims_of_2009_need_their_definition(tmp_path: Path) -> None:
    session = opened(tmp_path / "six")
    path = session.folder / "study.toml"
    path.write_text(path.read_text().replace("[outputs]", "[outputs]\npublished = true"))
    sheet = build(session, region="EE00")
    assert [s.id for s in sheet.sections] == ["claimed-2009"]
    said = " ".join(d for item in sheet.lists[0].items for d in item.details)
    assert "written down for hansa-nace2 only; this is hansa-divisions" in said


def test_claims_of_2009_beside_the_numbers(tmp_path: Path) -> None:
    session = opened(tmp_path / "six")
    path = session.folder / "study.toml"
    text = path.read_text().replace("[outputs]", "[outputs]\npublished = true")
    text = text.replace("hansa-divisions", "hansa-nace2")
    path.write_text(text.replace('cluster = "wood-furniture"', 'cluster = "furniture"'))
    sheet = build(session, region="EE00")
    assert [s.id for s in sheet.sections] == ["claimed-and-seen", "claimed-2009"]
    assert "At('EE00', time=2023)" in sheet.sections[0].python
