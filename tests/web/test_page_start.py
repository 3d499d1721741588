"""The first page: findings lead to where they come from, and nothing is said twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hansa.web.pages import clusters, start
from hansa.web.session import Session
from hansa.web.state import State


def test_every_finding_leads_to_the_page_that_shows_it(session: Session) -> None:
    sheet = start.PAGE.build(session, State(reference="LT01"))
    found = {item.page: item for item in sheet.lists[0].items}
    assert {"clusters", "region", "cluster"} <= set(found)
    assert found["region"].query == "region=FI1B&reference=LT01"
    assert found["cluster"].query == "cluster=wood-furniture&reference=LT01"
    assert all(item.page == "data" for item in sheet.lists[1].items)


@pytest.mark.parametrize(
    ("summary", "left"),
    [
        ("Model data: every number is drawn at random and true of no region. It shows how.", "It"),
        ("A study of furniture. More is on the page.", "A study"),
    ],
)
def test_model_data_are_announced_once(
    session: Session, monkeypatch: pytest.MonkeyPatch, summary: str, left: str
) -> None:
    monkeypatch.setattr(
        "hansa.report.origin.origin",
        lambda result: "Every number on regions is drawn at random and true of no region.",
    )
    asked: Any = SimpleNamespace(model_data=True, result=None)
    about = start._about(asked, SimpleNamespace(subtitle=summary))
    assert about.startswith(left)
    assert "at random" not in about


def test_strengths_that_are_left_out_are_accounted_for(session: Session) -> None:
    sheet = clusters.PAGE.build(session, State())
    assert [s.id for s in sheet.sections] == ["size", "cluster", "regions"]
    part: Any = SimpleNamespace(
        area=SimpleNamespace(geo="all"),
        place=lambda at, panel: "the whole",
        base=SimpleNamespace(area={}),
    )
    assert "does not compute specialisation" in clusters._no_strengths(part)
    panel = session.part(State()).base.regions["location_quotient_total"]
    part.base.area = {"location_quotient_total": panel}
    assert "it is compared with itself" in clusters._no_strengths(part)
