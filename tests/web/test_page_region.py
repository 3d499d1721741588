"""One region: portfolio, stars with reasons, peers, and the regions like it."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest

import hansa
from hansa.errors import UsageError
from hansa.measures.similarity import similar_regions
from hansa.panel import Panel
from hansa.report.document import Section
from hansa.web.pages.region import PAGE
from hansa.web.pages.region.similar import likeness, similar_section
from hansa.web.pages.region.stars import _awarded, _numbers_of
from hansa.web.session import Session
from hansa.web.state import State


def sections(session: Session, **state: str) -> dict[str, Section]:
    return {s.id: s for s in PAGE.build(session, State(**state)).sections}


def test_sections_in_their_order(session: Session) -> None:
    found = list(sections(session, region="EE00"))
    assert found == ["region", "size", "region-stars", "compared", "similar"]


def test_stars_carry_the_comparison_that_gave_them(session: Session) -> None:
    own = sections(session, region="EE00")["region-stars"]
    table = own.tables[0]
    part = session.part(State())
    panels = part.base.regions
    stars, quotients = (
        {
            part.own.definition.label_of(row["cluster"]): row["value"]
            for row in panels[name].where("geo", "EE00").where("time", 2023).rows()
        }
        for name in ("presence_stars", "location_quotient_total")
    )
    assert len(table.rows) == sum(bool(value) for value in stars.values())
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        assert cells["Stars"] == "★" * int(stars[row[0]])
        state, number = re.match(r"(yes|no): ([\d.]+) ", cells["Specialisation"]).groups()
        assert float(number) == pytest.approx(quotients[row[0]], rel=0.01)
        assert (state == "yes") == (quotients[row[0]] >= 2)


def test_a_reason_is_taken_apart() -> None:
    row = {
        "value": None,
        "lower": 1.0,
        "upper": 2.0,
        "reason": "of low reliability: possible at most; size yes: Size: jobs 35 ≥ 32 (top 10 % of "
        "31 regions); focus possible: Share of the region unknown ? 0.05",
    }
    own = _awarded(row, "Boats")
    assert own is not None
    assert (own.certain, own.possible, own.open) == (1, 2, False)
    assert own.remarks == ("of low reliability: possible at most",)
    assert [name for name, _, _ in own.awards] == ["size", "focus"]
    assert _numbers_of(own.awards[0][2]) == "35 ≥ 32 (top 10 % of 31 regions)"
    assert _numbers_of("Jobs 3 > 2, Units 4 > 1") == "Jobs 3 > 2, Units 4 > 1"


def test_chosen_peers_stand_beside_it(session: Session) -> None:
    own = sections(session, region="EE00", compare="LV00,LT01")["compared"]
    assert own.question == "How does Eesti compare with the regions chosen?"
    assert [row[0] for row in own.tables[0].rows] == [
        "Eesti (EE00)",
        "Latvija (LV00)",
        next(row[0] for row in own.tables[0].rows if "LT01" in row[0]),
    ]


def test_peers_that_are_not_there_are_refused(session: Session) -> None:
    with pytest.raises(UsageError, match="the study has no region 'DE'"):
        sections(session, region="EE00", compare="DE")


def test_regions_like_it_are_those_of_the_measure(session: Session) -> None:
    own = sections(session, region="EE00")["similar"]
    focus = session.part(State()).base.regions["focus"]
    rows = similar_regions(focus, "EE00").rows()
    best = max(rows, key=lambda row: row["value"] if row["value"] is not None else row["lower"])
    column = own.figures[0].columns.index("Code")
    assert own.figures[0].rows[0][column] == best["partner"]
    assert "smaller of the two shares" in " ".join(own.certainty)
    assert "1979" in " ".join(own.certainty)


def test_who_may_be_the_first_is_named_and_drawn_or_cannot_be_said(session: Session) -> None:
    part = session.part(State(region="EE00"))
    panel = likeness(part, "EE00")
    assert panel is not None

    def shown(count: int, wide: int) -> Section:
        """Of `count` regions the first `wide` may be the most alike."""
        ends = [(0.6, 0.9) if i < wide else (0.2, 0.3) for i in range(count)]
        table = pa.table(
            {
                "geo": [f"R{i:02}" for i in range(count)],
                "time": [2023] * count,
                "value": pa.nulls(count, pa.float64()),
                "lower": [low for low, _high in ends],
                "upper": [high for _low, high in ends],
                "status": [""] * count,
            }
        )
        return similar_section(part, Panel(("geo", "time"), table, panel.header))

    few = shown(8, 3)
    assert "not certain: the first may be any of R00, R01 and R02." in few.answer[0]
    most = shown(38, 37)
    assert most.answer == (
        "Which regions are most like Eesti cannot be said: 37 of 38 may be the first.",
    )
    assert most.figures[0].title == "Which region is most like Eesti cannot be said"


def test_marks_of_similar_regions_stand_for_them(session: Session) -> None:
    figure = sections(session, region="EE00")["similar"].figures[0]
    assert '"geo": "LV00"' in json.dumps(figure.spec)


def test_the_answer_stands_first_and_long_tables_fold(session: Session) -> None:
    sheet = PAGE.build(session, State(region="EE00"))
    assert sheet.answer == sheet.sections[0].answer
    assert sheet.more["long"]


def test_the_line_of_python_is_true(session: Session, study) -> None:
    """What it gives is what the section shows."""
    lines = sections(session, region="EE00")["similar"].python.replace("STUDY", str(study))
    *first, last = lines.splitlines()
    scope: dict[str, object] = {}
    exec("\n".join(first), scope)
    frame = eval(last, scope)
    assert isinstance(scope["focus"], hansa.Panel)
    focus = session.part(State()).base.regions["focus"]
    own = {row["partner"]: row["value"] for row in similar_regions(focus, "EE00").rows()}
    known = {k: v for k, v in own.items() if v is not None}
    assert known
    shown = dict(zip(frame["partner"], frame["value"], strict=True))
    assert {k: shown[k] for k in known} == pytest.approx(known)


def test_links_lead_to_pages_in_this_state(session: Session) -> None:
    listing = PAGE.build(session, State(region="EE00", compare="LV00")).lists[0]
    assert [(item.page, item.query) for item in listing.items] == [
        ("compare", "compare=EE00,LV00"),
        ("region", "region=LV00"),
    ]
