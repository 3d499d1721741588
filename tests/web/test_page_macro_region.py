"""A macro-region of one's own: its numbers computed by hand, who carries it, what is refused."""

from __future__ import annotations

import tomllib

import pytest

from hansa.errors import UsageError
from hansa.web.page import pages
from hansa.web.pages.macro_region.area import OWN, area_in, part_for
from hansa.web.session import Session
from hansa.web.state import State

from .conftest import DIVISIONS, REGIONS, size

QUOTIENT = "location_quotient_total"


def build(session: Session, **state: str):
    return pages()["macro-region"].build(session, State(**state))


def share(regions: tuple[str, ...]) -> float:
    """Share of wood and furniture (16 and 31) in all jobs of regions, from the table itself."""
    own = sum(size(geo, code, 2023) for geo in regions for code in ("16", "31"))
    return own / sum(size(geo, code, 2023) for geo in regions for code in DIVISIONS)


def quotient(session: Session, area: str, **state: str) -> float:
    found = area_in(session.result.cube, area)
    panel = part_for(session, State(area=area, **state), found).base.area[QUOTIENT]
    return next(
        row["value"]
        for row in panel.rows()
        if row["cluster"] == "wood-furniture" and row["time"] == 2023
    )


@pytest.mark.parametrize(
    ("area", "regions"),
    [
        ("EE00,LV00", ("EE00", "LV00")),
        ("LT01, EE00 ,lv00", ("EE00", "LV00", "LT01")),
        ("LV", ("LV00",)),
        ("LV00", ("LV00",)),
    ],
)
def test_quotients_are_those_of_the_sums(
    session: Session, area: str, regions: tuple[str, ...]
) -> None:
    assert quotient(session, area) == pytest.approx(share(regions) / share(REGIONS), rel=1e-12)
    against = quotient(session, area, reference="LT01")
    assert against == pytest.approx(share(regions) / share(("LT01",)), rel=1e-12)


def test_the_page(session: Session) -> None:
    sheet = build(session, area="EE00,LV00", cluster="wood-furniture")
    assert sheet.question == "What are the strengths of Eesti and Latvija?"
    assert {"area", "carriers", "size"} <= {s.id for s in sheet.sections}
    carriers = next(s for s in sheet.sections if s.id == "carriers")
    assert "2 regions in 2 countries" in carriers.answer[0]
    assert [row[1] for row in carriers.tables[0].rows] == sorted(
        ("EE00", "LV00"), key=lambda geo: -sum(size(geo, c, 2023) for c in ("16", "31"))
    )
    assert sheet.more["members"] == 2
    assert tomllib.loads(sheet.more["file"])["members"] == ["EE00", "LV00"]
    assert OWN in sheet.sections[0].python


def test_regions_are_taken_in_and_out_by_links(session: Session) -> None:
    sheet = build(session, area="EE00,LV00", cluster="wood-furniture")
    links = {r["code"]: r for group in sheet.more["groups"] for r in group["regions"]}
    assert set(links) == set(REGIONS)
    assert links["EE00"]["inside"]
    assert not links["LT01"]["inside"]
    more = State(area="EE00,LT01,LV00", cluster="wood-furniture")
    assert links["LT01"]["query"] == more.query
    assert links["EE00"]["query"] == State(area="LV00", cluster="wood-furniture").query


def test_without_an_area_it_asks_for_one(session: Session) -> None:
    sheet = build(session)
    assert sheet.sections == ()
    assert "pick one" in sheet.answer[0]
    assert sheet.more["members"] == 0


def test_an_area_compared_with_itself(session: Session) -> None:
    sheet = build(session, area="LT01", reference="LT01")
    assert "compared with itself" in sheet.sections[0].answer[0]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"area": "EE00,XX"}, "the table has no region XX"),
        ({"area": "nowhere"}, "the table has no region nowhere"),
        ({"area": ","}, "the table has no region"),
        ({"area": "EE00,TOTAL"}, "the table has no region TOTAL"),
        ({"area": "EE,EE00"}, "regions that overlap would be added up"),
        ({"area": "/etc/own.toml"}, "area in an address is no file"),
        ({"area": "EE00", "cluster": "nothing"}, "the study has no cluster 'nothing'"),
        ({"area": "EE00", "reference": "nowhere"}, "unknown reference 'nowhere'"),
    ],
)
def test_refused(session: Session, state: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        build(session, **state)


def test_the_line_of_python_gives_the_same(
    session: Session, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "STUDY").symlink_to(session.folder)
    section = build(session, area="EE00,LV00").sections[0]
    *first, last = section.python.splitlines()
    place: dict[str, object] = {}
    exec("\n".join(first), place)
    panel = eval(last, place)
    own = next(
        row["value"]
        for row in panel.rows()
        if row["cluster"] == "wood-furniture" and row["time"] == 2023
    )
    assert own == pytest.approx(quotient(session, "EE00,LV00"), rel=1e-12)
