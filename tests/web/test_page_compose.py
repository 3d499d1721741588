"""Saving a composition: what is refused beside its field, what two editors see of each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from hansa.web.page import pages
from hansa.web.pages.compose.faults import LONGEST_REASON, hidden_sign, short_name
from hansa.web.pages.compose.meanwhile import MOST
from hansa.web.session import Session
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import State

from .conftest import write_study

pytestmark = pytest.mark.xdist_group("workbench")
WOOD = State(members="31,16*0.5", name="Wood", lang="sv")
NEW = {"seen": "", "of": ""}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(write_study(tmp_path_factory.mktemp("compose") / "six"), lambda text, done: None)


def save(session: Session, state: State, **form: str) -> Sheet | Goto:
    act = pages()["compose"].act
    assert act is not None
    return act(session, state, {**NEW, **form})


def refused(session: Session, state: State, **form: str) -> dict[str, Any]:
    made = save(session, state, **form)
    assert isinstance(made, Sheet)
    return dict(made.more)


@pytest.mark.parametrize(
    ("id", "reason", "field", "said"),
    [
        ("My Wood", "why", "id", "Perhaps my-wood?"),
        ("", "why", "id", "needs a short name"),
        ("con", "why", "id", "Windows can have no file called con"),
        ("lpt1", "why", "id", "Windows can have no file called lpt1"),
        ("a\u202eb", "why", "id", "U+202E"),
        ("hansa-nace2", "why", "id", "not yours to change"),
        ("wood", " \t", "reason", "saved with its reason"),
        ("wood", "a\x00b", "reason", "U+0000"),
        ("wood", "left\u2067right", "reason", "U+2067"),
        ("wood", "x" * (LONGEST_REASON + 1), "reason", "at most 2000 letters; this one has 2001"),
    ],
)
def test_a_refused_save_keeps_what_was_written(
    own: Session, id: str, reason: str, field: str, said: str
) -> None:
    more = refused(own, State(members="31", name="Wood"), id=id, reason=reason, seen="abc", of="x")
    assert more["refused"]["field"] == field
    assert said in more["refused"]["said"]
    assert (more["id"], more["reason"], more["seen"], more["of"]) == (id, reason, "abc", "x")
    assert [one["code"] for one in more["members"]] == ["31"]
    assert not (own.folder / "definitions").exists()


def test_a_name_with_a_hidden_sign_or_nothing_to_save(own: Session) -> None:
    more = refused(own, State(members="31", name="Wo\u202eod"), id="wood", reason="why")
    assert more["refused"]["field"] == "name"
    more = refused(own, State(name="Wood"), id="wood", reason="why")
    assert more["refused"] == {
        "field": "members",
        "said": "There is nothing to save: add an activity first.",
    }


def test_signs_of_writing_are_no_hidden_signs() -> None:
    assert hidden_sign("first\r\nsecond\t soft\u00adhyphen नम\u200dस्ते") == ""
    assert [hidden_sign(c) for c in "\x07\u200e\u061c\ufeff\u2028\ue000"] == list(
        "\x07\u200e\u061c\ufeff\u2028\ue000"
    )
    assert short_name("Båtar & Øyene, Łódź") == "batar-oyene-lodz"
    assert short_name("Con") == ""


def test_members_that_cannot_be_meant_stay_in_their_field(served: str) -> None:
    address = f"{served}/six/compose"
    shown = httpx.get(address, params={"members": "31,99.99"}, timeout=60)
    assert shown.status_code == 400
    assert 'value="31,99.99"' in shown.text
    assert 'aria-describedby="refused" autofocus' in shown.text
    assert '<p class="refusal" id="refused" role="alert">nace:2 has no code' in shown.text
    twin = httpx.get(f"{address}.json", params={"members": "31,99.99"}, timeout=60)
    assert (twin.status_code, "nace:2 has no code" in twin.text) == (400, True)


def test_two_editors_see_what_the_other_saved(tmp_path: Path) -> None:
    session = Session(write_study(tmp_path / "six"), lambda text, done: None)
    first = save(session, WOOD, id="mine", reason="theirs first")
    assert first == Goto("clusters", "definition=mine&cluster=wood&lang=sv")
    kept = (session.folder / "definitions" / "mine.csv").read_bytes()
    more = refused(session, State(members="31,72", name="Other"), id="mine", reason="my own")
    clash = more["conflict"]
    assert clash["name"] == {"theirs": "Wood", "mine": "Other"}
    assert clash["why"] == {"theirs": "theirs first", "mine": "my own"}
    assert [(r["code"], r["theirs"], r["mine"]) for r in clash["rows"]] == [
        ("72", "", "1"),
        ("16", "0.5", ""),
        ("31", "1", "1"),
    ]
    assert len(clash["rows"]) <= MOST
    assert (session.folder / "definitions" / "mine.csv").read_bytes() == kept
    # Saved over theirs, with the mark of what was shown.
    over = save(
        session, State(members="31"), id="mine", reason="mine", seen=clash["mark"], of="mine"
    )
    assert isinstance(over, Goto)


def test_an_opened_definition_may_be_saved_under_another_name(tmp_path: Path) -> None:
    session = Session(write_study(tmp_path / "six"), lambda text, done: None)
    save(session, WOOD, id="mine", reason="why")
    opened = State(members="31", definition="mine")
    shown = pages()["compose"].build(session, opened).more
    assert (shown["id"], shown["of"]) == ("mine", "mine")
    form = {"seen": shown["seen"], "of": "mine", "reason": "another"}
    assert isinstance(save(session, opened, id="other", **form), Goto)
    assert {p.name for p in (session.folder / "definitions").glob("*.csv")} == {
        "mine.csv",
        "other.csv",
    }


def test_the_difference_to_the_definition_is_shown_without_a_cluster(own: Session) -> None:
    sheet = pages()["compose"].build(own, State(members="31,16,72*0.5"))
    section = next(s for s in sheet.sections if s.id == "difference")
    # Furniture and wood have 10 classes of NACE, research has 3; the cluster of both holds 10.
    assert section.tables[0].rows == (
        ("Wood products and furniture", "10", "10"),
        ("Research and development", "3", "3"),
    )
    assert sheet.more["against"]["label"] == "Wood products and furniture"
    held = pages()["compose"].build(own, State(members="31", cluster="wood-furniture"))
    section = next(s for s in held.sections if s.id == "difference")
    assert "4 in both, 0 new, 6 left out" in section.answer[0]
