"""A macro-region of one's own: its numbers computed by hand, who carries it, what is refused."""

from __future__ import annotations

import re
import time
import tomllib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pyarrow as pa
import pytest

from hansa.codes.codelist import Codelist
from hansa.errors import UsageError
from hansa.web.page import pages
from hansa.web.pages.macro_region.area import OWN, area_in, part_for
from hansa.web.pages.macro_region.carriers import without_strengths
from hansa.web.pages.macro_region.picking import picker
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


def test_a_click_takes_a_region_or_a_country_in_or_out(session: Session) -> None:
    sheet = build(session, area="EE00,LV00", cluster="wood-furniture")
    groups = {group["name"]: group for group in sheet.more["groups"]}
    links = {r["code"]: r for group in groups.values() for r in group["regions"]}
    assert set(links) == set(REGIONS)
    assert {code for code, one in links.items() if one["inside"]} == {"EE00", "LV00"}
    assert links["LT01"]["value"] == "EE00,LT01,LV00"
    assert links["EE00"]["value"] == "LV00"
    finland = groups["Finland"]
    assert (finland["inside"], finland["of"], finland["whole"]) == (0, 3, False)
    assert finland["value"] == "EE00,FI19,FI1B,FI1D,LV00"
    assert finland["alone"] == "FI19,FI1B,FI1D"
    whole = build(session, area=finland["value"])
    again = next(g for g in whole.more["groups"] if g["name"] == "Finland")
    assert (again["whole"], again["value"]) == (True, "EE00,LV00")


def test_squares_stand_where_regions_lie_each_in_a_place_of_its_own(session: Session) -> None:
    map_ = build(session).more
    assert map_["placed"]
    own = {r["code"]: r["at"].split() for group in map_["groups"] for r in group["regions"]}
    assert len({tuple(at[:2]) for at in own.values()}) == len(REGIONS)
    assert int(own["FI1D"][1][1:]) < int(own["LT01"][1][1:])
    assert "end-bottom" in own["EE00"]


def test_a_table_without_geography_has_one_group_of_names() -> None:
    geo = SimpleNamespace(codes=("Essex", "Kent"), codelist=Codelist("local", "", ""))
    cube: Any = SimpleNamespace(geo=geo, regions=(0, 1))
    map_ = picker(cube, {}, ("Kent",))
    assert not map_["placed"]
    assert [group["name"] for group in map_["groups"]] == [""]
    assert [r["value"] for r in map_["groups"][0]["regions"]] == ["Essex,Kent", ""]


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


def test_an_area_of_which_nothing_is_known_is_not_compared_with_itself(session: Session) -> None:
    found = area_in(session.result.cube, "EE00,LV00")
    part = part_for(session, State(area="EE00,LV00"), found)
    panel = part.base.area[QUOTIENT]
    gone = panel.table.set_column(
        panel.table.schema.get_field_index("value"),
        "value",
        pa.nulls(len(panel), pa.float64()),
    )
    area = {**part.base.area, QUOTIENT: replace(panel, table=gone)}
    section = without_strengths(replace(part, base=replace(part.base, area=area)), found.title)
    assert section.answer[0].startswith("Cannot be said for Eesti and Latvija")
    assert section.certainty == ()


def there(address: str) -> httpx.Response:
    """A page once it is computed."""
    end = time.monotonic() + 60
    while (answer := httpx.get(address)).status_code == 202:
        assert time.monotonic() < end
    return answer


@pytest.mark.xdist_group("workbench")
def test_the_map_is_a_plain_form_that_keeps_the_state(served: str) -> None:
    page = there(f"{served}/six/macro-region?area=EE00,LV00&reference=LT01&lang=sv").text
    form = page[page.index('<form class="picker"') : page.index("</form>", page.index("picker"))]
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', form))
    assert kept == {"reference": "LT01", "lang": "sv"}
    squares = re.findall(
        r'value="([\w,]*)" id="tile[^>]*aria-pressed="(\w+)" aria-label="([^"]+)"', form
    )
    pressed = {label: state for _value, state, label in squares}
    assert [label for label, state in pressed.items() if state == "true"] == [
        "Eesti (EE00)",
        "Latvija (LV00)",
    ]
    value = next(value for value, _state, label in squares if label == "Latvija (LV00)")
    after = there(f"{served}/six/macro-region?{urlencode({**kept, 'area': value})}")
    assert after.headers["HX-Push-Url"] == "/six/macro-region?area=EE00&reference=LT01&lang=sv"
