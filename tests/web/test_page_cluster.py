"""One cluster: its members, who carries it, and the way to composing another."""

from __future__ import annotations

import pytest

from hansa.language import speaking
from hansa.report.document import Section
from hansa.web.pages.cluster import PAGE
from hansa.web.session import Session
from hansa.web.state import State


def sections(session: Session, **state: str) -> dict[str, Section]:
    return {s.id: s for s in PAGE.build(session, State(**state)).sections}


@pytest.fixture(scope="module")
def cluster(session: Session) -> str:
    definition = session.part(State()).own.definition
    return next(m.cluster for m in definition.members if m.activity == "31")


def test_members_with_their_weights_and_reasons(session: Session, cluster: str) -> None:
    own = sections(session, cluster=cluster)["members"]
    members = [m for m in session.part(State()).own.definition.members if m.cluster == cluster]
    table = own.tables[0]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(r["Code"], float(r["Weight"]), r["Reason"]) for r in rows] == [
        (m.activity, m.weight, m.reason) for m in members
    ]
    assert "Manufacture of furniture" in {r["Activity"] for r in rows}
    assert f"{len(members)} activit" in own.answer[0]


def test_reasons_are_said_in_swedish(session: Session, cluster: str) -> None:
    with speaking("sv"):
        table = sections(session, cluster=cluster, lang="sv")["members"].tables[0]
    reasons = [row[-1] for row in table.rows]
    english = {m.reason for m in session.part(State()).own.definition.members}
    assert any("nära skogen" in reason for reason in reasons)
    assert not english & set(reasons)


def test_regions_that_carry_it(session: Session, cluster: str) -> None:
    own = sections(session, cluster=cluster)["carriers"]
    panel = session.part(State()).base.regions["employment"]
    rows = panel.where("cluster", cluster).where("time", 2023).rows()
    known = sorted((r["value"] for r in rows if r["value"] is not None), reverse=True)
    shown = [float(row[1].replace("\u202f", "")) for row in own.tables[0].rows if row[1] != "·"]
    assert shown == pytest.approx(known, abs=0.51)
    assert own.tables[0].columns == ("Region", "Jobs", "Share of the cluster", "Growth")
    assert ": carried by" in own.answer[0]


def test_links_to_composing_and_to_its_activities(session: Session, cluster: str) -> None:
    listing = PAGE.build(session, State(cluster=cluster)).lists[0]
    members = [m for m in session.part(State()).own.definition.members if m.cluster == cluster]
    compose = listing.items[0]
    assert compose.page == "compose"
    assert f"members={','.join(m.activity for m in members)}" in compose.query
    assert [item.query for item in listing.items[1:]] == [f"search={m.activity}" for m in members]


def test_the_lines_of_python_are_true(session: Session, cluster: str) -> None:
    lines = sections(session, cluster=cluster)["members"].python.splitlines()
    scope: dict[str, object] = {}
    exec("\n".join(lines[:-1]), scope)
    assert [m.cluster for m in eval(lines[-1], scope)] == [cluster] * len(eval(lines[-1], scope))
