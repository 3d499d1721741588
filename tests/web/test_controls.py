"""The controls of a page: thousands of regions to choose from are listed once."""

from __future__ import annotations

from dataclasses import replace

from hansa.language import speaking
from hansa.web.controls import KEPT, control_of
from hansa.web.session import Session
from hansa.web.state import State

from .conftest import REGIONS


def test_regions_are_listed_once_for_all_states_of_a_part(session: Session) -> None:
    one = control_of(session, session.part(State()), State(), "region")
    state = State(region="EE00", cluster="wood-furniture")
    other = control_of(session, session.part(state), state, "region")
    assert other.choices is one.choices
    assert (one.chosen, other.chosen) == ("FI1B", "EE00")
    assert sorted(choice.value for choice in one.choices) == sorted(REGIONS)
    assert one.choices[0].label == "Eesti (EE00)"


def test_regions_are_listed_anew_under_other_names(session: Session) -> None:
    part = session.part(State())
    plain = control_of(session, part, State(), "region").choices
    called = replace(part.words, labels={**part.words.labels, "EE00": "Ömsesidig"})
    renamed = replace(part, words=called)
    assert control_of(session, renamed, State(), "region").choices[-1].value != "EE00"
    with speaking("sv"):
        # Ö stands after z there.
        last = control_of(session, renamed, State(), "region").choices[-1]
    assert (last.value, last.label) == ("EE00", "Ömsesidig (EE00)")
    assert control_of(session, part, State(), "region").choices == plain


def test_no_more_lists_are_kept_than_said(session: Session) -> None:
    part = session.part(State())
    for i in range(KEPT + 3):
        own = replace(part, words=replace(part.words, title=str(i)))
        control_of(session, own, State(), "region")
    assert len(session.region_choices) == KEPT
