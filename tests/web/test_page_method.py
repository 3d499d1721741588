"""The page of method: what is in force, what differs, and what another choice changes."""

from __future__ import annotations

import tomllib

import pytest

from hansa.errors import HansaError, UsageError
from hansa.language import speaking
from hansa.web.page import pages
from hansa.web.pages.method import toml_lines
from hansa.web.pages.method.choices import areas
from hansa.web.pages.method.effects import effects
from hansa.web.session import Session
from hansa.web.state import EMPTY, State


def build(session: Session, state: State = EMPTY):
    return pages()["method"].build(session, state)


def control(sheet, name: str):
    return next(c for c in sheet.controls if c.name == name)


def table(sheet, name: str):
    return next(s for s in sheet.sections if s.id == name).tables[0]


def test_study_as_it_is(session: Session) -> None:
    sheet = build(session)
    assert sheet.answer[0].startswith("As study.toml says.")
    assert sheet.more["lines"] == ""
    assert "In study.toml" not in table(sheet, "options").columns
    terms = [item.text for item in sheet.lists[0].items]
    assert "Specialisation (all jobs as base)" in terms
    assert any("Formula:" in item.details[0] for item in sheet.lists[0].items)


def test_controls_offer_what_can_be_meant(session: Session) -> None:
    sheet = build(session)
    references = [c.value for c in control(sheet, "reference").choices]
    assert references[:3] == ["", "all", "complete"]
    assert "nordic-five" not in references  # Denmark and others are not in the table
    assert [c.value for c in control(sheet, "period").choices] == ["", "2020-2023"]
    rules = [c.value for c in control(sheet, "rules").choices]
    assert "eco-2007-draft" in rules
    assert "us-strong" not in rules  # it asks for plants, which the table has not
    # No measure of this study depends on wages.
    assert {c.name for c in sheet.controls}.isdisjoint({"benchmark", "x_line"})


@pytest.mark.parametrize("value", ["all", "complete"])
def test_every_reference_offered_works(session: Session, value: str) -> None:
    assert build(session, State(reference=value)).sections[0].id == "effects"


def test_what_differs_is_said_with_the_lines_that_keep_it(session: Session) -> None:
    state = State(reference="LV00", min_cell="500")
    sheet = build(session, state)
    assert "compared with: LV00" in sheet.answer[0]
    assert "500 persons (the study: 50 persons)" in sheet.answer[0]
    assert tomllib.loads(sheet.more["lines"]) == {"reference": "LV00", "min_cell": 500}
    rows = {row[0]: row for row in table(sheet, "options").rows}
    assert rows["Compared with"][2] == "all regions of the source"
    assert rows["Smallest cell that carries a rate"][2] == "50 persons"
    assert rows["Years of growth"][2] == ""


def test_lines_of_a_period() -> None:
    assert toml_lines(State(period="2015-2018", rules='odd "id"')) == [
        "period = [2015, 2018]",
        'rules = "odd \\"id\\""',
    ]


def test_effects_are_those_of_the_values(session: Session) -> None:
    own = session.part(State()).base
    other = session.part(State(reference="LV00")).base
    found = {e.measure: e for e in effects(own, other)}
    assert found["employment"].changed == 0
    name = "location_quotient_total"
    after = {
        (row["geo"], row["cluster"]): row["value"]
        for row in other.regions[name].rows()
        if row["time"] == 2023
    }
    changed = lost = gained = 0
    for row in own.regions[name].rows():
        if row["time"] != 2023:
            continue
        now = after[row["geo"], row["cluster"]]
        lost += row["value"] is not None and now is None
        gained += row["value"] is None and now is not None
        both = row["value"] is not None and now is not None
        changed += both and abs(row["value"] - now) > 1e-9
    assert changed > 0
    assert (found[name].changed, found[name].lost, found[name].gained) == (changed, lost, gained)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State(reference="nowhere"), "all, complete, a code of the table, or a "),
        (State(rules="nothing"), "us-strong"),
        (State(rules="/etc/rules.toml"), "a name that the page offers"),
        (State(reference="own.toml"), "a name that the page offers"),
        (State(min_cell="nan"), "a number of persons: 0 or more"),
        (State(min_cell="-5"), "a number of persons: 0 or more"),
        (State(x_line="sideways"), "zero or region"),
        (State(period="2023-2020"), "two years, the earlier one first"),
    ],
)
def test_refused_with_what_is_admissible(session: Session, state: State, said: str) -> None:
    with pytest.raises(UsageError) as problem:
        build(session, state)
    assert said in problem.value.finding.admissible


def test_years_without_facts_are_refused(session: Session) -> None:
    with pytest.raises(HansaError, match="there are no facts for 2019"):
        build(session, State(period="2019-2023"))


def test_rules_in_words(session: Session) -> None:
    rules = table(build(session, State(rules="eco-2007-draft")), "rules")
    assert rules.caption.startswith("Rule set eco-2007-draft")
    assert all("at least" in row[1] or "above" in row[1] for row in rules.rows)


def test_every_rule_set_offered_works(session: Session) -> None:
    for choice in control(build(session), "rules").choices:
        build(session, State(rules=choice.value))


def test_geographies_are_named_in_the_language_of_whoever_asks(session: Session) -> None:
    cube = session.result.cube
    english = {c.value: c.label for c in areas(cube)}
    with speaking("sv"):
        swedish = {c.value: c.label for c in areas(cube)}
    assert list(english) == list(swedish)
    assert english["baltic-three"] == "The three Baltic countries (baltic-three)"
    assert swedish["baltic-three"] == "De tre baltiska länderna (baltic-three)"


def test_formulas_and_sources_are_said_in_swedish(session: Session) -> None:
    with speaking("sv"):
        sheet = build(session)
    said = " ".join(detail for item in sheet.lists[0].items for detail in item.details)
    assert "LQ_cr = (E_cr / E_r) / (E_c / E), totaler över alla näringsgrenar i källan" in said
    assert "citerat i BSR InnoNet 2009, kapitel 2.1" in said
    for english in ("chapter", "totals over", "regions of the source", "quoted in"):
        assert english not in said
    assert "alla regioner i källan" in [row[1] for row in table(sheet, "options").rows]
