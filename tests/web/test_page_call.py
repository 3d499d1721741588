"""The call laboratory on a small call: what it says, what leads where, what may be taken away."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import shlex
import threading
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from hansa.cli import app
from hansa.errors import HansaError, UsageError
from hansa.programme.laboratory import Outcome
from hansa.programme.verbs import call_solve
from hansa.report.call_file import shown
from hansa.report.call_report import CallReport, call_document
from hansa.report.call_scores import how_sure, passing, sure_words
from hansa.report.document import Section, Table
from hansa.report.html import render_html
from hansa.web.page import pages
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import State
from hansa.web.workbook import workbook_of

TABLES = {
    "call.toml": """\
format = 1
id = "timber"
title = "Timber houses"
currency = "EUR"
smallest = 1000
mode = "virtual"
top_up = 200000
gap_share = 0.5
ranking = "strict"
scale = [0, 10]
score_digits = 1
min_countries = 2
binding = true
cut_points = [8]
""",
    "funders.csv": """\
funder,name,country,cash,gdp,key
EE,Estonia,EE,200000,31,1
FI,Finland,FI,500000,250,1
SE,Sweden,SE,600000,540,2
""",
    "proposals.csv": """\
proposal,title,score
A,Walls in series,9.1
B,Fire tests,8.4
C,Reuse of beams,8.0
D,Insulation of straw,7.2
""",
    "asks.csv": """\
proposal,funder,ask
A,EE,100000
A,SE,200000
B,EE,130000
B,FI,150000
C,FI,100000
C,SE,150000
D,FI,200000
D,SE,200000
""",
}
REVIEWS = """\
proposal,reviewer,criterion,score
A,R1,all,9.2
A,R2,all,9.0
B,R1,all,8.3
B,R2,all,8.5
C,R1,all,8.0
C,R2,all,8.0
D,R1,all,7.2
D,R2,all,7.2
"""
PAGE = pages()["call-laboratory"]


def opened(folder: Path) -> Session:
    return Session(folder, lambda text, done: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call folder that is served alone."""
    place = tmp_path_factory.mktemp("calls") / "timber"
    place.mkdir()
    for name, text in TABLES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def alone(folder: Path) -> Session:
    return opened(folder)


def section(sheet: Sheet, name: str) -> Section:
    return next(s for s in sheet.sections if s.id == name)


def cells(table: Table) -> dict[str, tuple[str, ...]]:
    """Rows by their second cell, the proposal."""
    return {row[1]: row for row in table.rows}


def test_who_is_funded_and_which_pot_blocks(alone: Session) -> None:
    sheet = PAGE.build(alone, State())
    assert "1 of 4 ranked proposals is funded" in sheet.answer[1]
    assert "it lacks 30 thousand EUR in Estonia" in sheet.answer[1]
    rows = cells(section(sheet, "reasons").tables[0])
    assert rows["B"][4:] == ("a pot is short", "Estonia", "30", "30")
    assert rows["C"][4] == "stopped by the order: B comes before it"
    # By hand: A and B ask 230 of Estonia's 200; C and D add nothing there.
    assert [row[2] for row in section(sheet, "price").tables[0].rows] == ["0", "30", "30", "30"]
    assert any("lost only to a pot" in text for text in section(sheet, "reasons").certainty)


def test_the_reason_comes_first_with_ways_out(alone: Session) -> None:
    sheet = PAGE.build(alone, State(proposal="B"))
    first = sheet.sections[0]
    assert (first.id, sheet.more["picked"]) == ("proposal", "B")
    assert first.answer[0] == "Fire tests is not funded: a pot is short."
    ways = {row[0]: row[1:] for row in first.tables[0].rows}
    assert ways["The funder raises its pot"][:3] == ("Estonia", "30", "yes")
    assert ways["The partner pays its own way"][:3] == ("Estonia", "130", "yes")
    # One country is left, two are needed.
    assert ways["The partner leaves"][2] == "no"
    assert PAGE.build(alone, State(proposal="A")).sections[0].answer == (
        "Walls in series is funded, at rank 1 of 4.",
    )


@pytest.mark.parametrize("mode", ["virtual", "mixed", "real"])
@pytest.mark.parametrize("rule", ["strict", "ties", "bands", "free"])
def test_every_mode_and_rule(alone: Session, folder: Path, mode: str, rule: str) -> None:
    sheet = PAGE.build(alone, State(mode=mode, ranking=rule, proposal="C"))
    outcome = call_solve(folder, mode, rule)
    assert f"{len(outcome.funded)} of 4" in sheet.answer[1]
    figure = section(sheet, "ranking").figures[0]
    yes = {row[1] for row in figure.rows if row[4] == "yes"}
    assert yes == set(outcome.funded)
    assert ("passed-over" in [s.id for s in sheet.sections]) == bool(outcome.passed)
    told = section(sheet, "proposal").answer[0]
    assert told.startswith("Reuse of beams is funded" if "C" in yes else "Reuse of beams is not")


def test_sliders_change_the_answer_and_the_record(alone: Session) -> None:
    given = State(mode="mixed", top_up="40000", gap_share="0.6")
    less = PAGE.build(alone, given)
    more = PAGE.build(alone, State(mode="mixed", top_up="40000", gap_share="0.8"))
    assert "it lacks 2 thousand EUR in Estonia" in less.answer[1]
    assert "4 of 4" in more.answer[1]
    share = less.more["sliders"][1]
    assert (share["value"], share["high"], share["unit"]) == (
        "0.6",
        "1",
        "share of the top-up, 0 to 1",
    )
    assert share["said"] == "The call: 0.5, which is 50 %."
    assert "60\u202f% of the top-up is kept for gaps" in " ".join(section(less, "price").certainty)
    assert "--gap-share 0.6" in section(less, "ranking").command
    record = json.loads(less.more["record"])
    assert (record["top_up"], record["gap_share"], record["funded"]) == ("40000", "3/5", ["A"])
    assert len(record["inputs"]) == 4


def test_no_draw_is_spoken_of_where_no_spread_of_reviews_is_known(alone: Session) -> None:
    page = PAGE.build(alone, State())
    report = call_document(*decided(alone.folder))
    for part in (section(page, "ranking"), next(s for s in report.sections if s.id == "ranking")):
        figure = part.figures[0]
        assert figure.columns[-1] == "Price of the ranking down to here"
        assert {len(row) for row in figure.rows} == {len(figure.columns)}
    told = " ".join(
        itertools.chain.from_iterable((*s.answer, *s.certainty) for s in report.sections)
    )
    assert "cannot be said: no spread of reviews is known" in told
    assert "draw" not in told
    assert "Funded in draws" not in render_html(report)
    (alone.folder / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    (alone.folder / "proposals.csv").write_text("proposal\nA\nB\nC\nD\n", encoding="utf-8")
    figure = call_document(*decided(alone.folder)).sections[0].figures[0]
    assert figure.columns[-2:] == ("Funded in draws", "In words")
    assert figure.rows[0][-2:] == ("100 %", "sure in")


def decided(folder: Path) -> tuple[Outcome, CallReport]:
    """A decision, and what its report shows beside it."""
    outcome = call_solve(folder)
    return outcome, shown(outcome)


def test_what_is_shown_as_well(alone: Session) -> None:
    modes = section(PAGE.build(alone, State(beside="modes")), "modes")
    rows = modes.tables[0].rows
    assert len(rows) == 3 * (4 + 1)
    # By hand: A; not B, which Estonia's pot does not pay any more; C and D.
    assert [r[2] for r in rows if r[:2] == ("distributed pots", "what still fits")] == ["3"]
    lost = {r[:2]: r[9] for r in rows}
    assert lost["distributed pots", "strict order"] == "3"
    scores = section(PAGE.build(alone, State(beside="scores")), "scores")
    assert "cannot be said: no spread of reviews is known" in scores.answer[0]
    assert scores.certainty == ()
    money = section(PAGE.build(alone, State(beside="money")), "money")
    assert "30 thousand EUR more from Estonia: 4 are funded then, with B, C, D" in money.answer[0]
    paid = section(PAGE.build(alone, State(beside="contributions")), "contributions")
    shares = {row[0]: row[1] for row in paid.tables[0].rows}
    assert shares["Sweden"] == "65.8 %"  # 540 of 821
    rules = section(PAGE.build(alone, State(beside="rules")), "rules")
    assert {row[0] for row in rules.tables[1].rows} == set("ABCD")
    assert any("table meetings" in row[4] for row in rules.tables[0].rows)


def test_scores_of_reviewers(tmp_path: Path) -> None:
    """Three reviewers of which one moves B below C; shares carry Wilson's interval."""
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "proposals.csv").write_text("proposal,title\nA,Walls\nB,Fire\nC,Beams\nD,Straw\n")
    scores = {"A": "9,9,9", "B": "9,9,7", "C": "8,8,8", "D": "7,7,7"}
    lines = [
        f"{p},R{i},quality,{s}"
        for p, own in scores.items()
        for i, s in enumerate(own.split(","), 1)
    ]
    table = "proposal,reviewer,criterion,score\n" + "\n".join(lines) + "\n"
    (tmp_path / "reviews.csv").write_text(table, encoding="utf-8")
    extra = "\nseed = 7\n[criteria]\nquality = 1\n"
    (tmp_path / "call.toml").write_text(TABLES["call.toml"] + extra, encoding="utf-8")
    sheet = PAGE.build(opened(tmp_path), State(beside="scores"))
    found = section(sheet, "scores")
    shares = cells(found.tables[0])
    assert shares["A"][4:] == ("100 %", "100 %", "sure in")
    share = shares["C"][4]
    assert 0 < share.value < 1  # type: ignore[attr-defined]
    assert share.least < share.value < share.most  # type: ignore[attr-defined]
    assert shares["C"][6] == "depends on the scores"


def test_how_far_the_draws_are_is_told_while_they_are_decided(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hansa.report.call_scores.TICK", 0.0001)
    told: list[float] = []
    outcome = call_solve(folder, "mixed", "free")
    sure = how_sure(outcome, 30.0, told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.05, 0.95)
    meanwhile: list[float] = []
    second = threading.Event()

    def tell(done: float) -> None:
        meanwhile.append(done)
        if len(meanwhile) == 2:
            second.set()

    with passing(tell, (0.05, 0.7), 30.0):
        assert second.wait(20)
    assert 0.05 < meanwhile[0] < meanwhile[1] < 0.7
    assert sure.spread is not None
    few = replace(sure, spread=replace(sure.spread, draws=5))
    assert "There was time for 5 draws only" in list(sure_words(outcome, few))[-1]
    assert "There was time" not in " ".join(sure_words(outcome, sure))


def test_numbers_of_the_sheet_are_exact(alone: Session) -> None:
    sheet = PAGE.build(alone, State(mode="mixed", proposal="B"))
    tables = [t for s in sheet.sections for t in s.tables]
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(sheet, tables)))
    price = next(s for s in book if str(s["A1"].value).startswith("Least new money"))
    heads = [c.value for c in price[3]]
    units = [c.value for c in price[4]]
    column = heads.index("Price")
    assert units[column] == "EUR"
    assert [row[column] for row in price.iter_rows(min_row=5, max_row=8, values_only=True)] == [
        int(s.price.total) * 1000 for s in call_solve(alone.folder, "mixed").prices
    ]


def test_what_cannot_be_meant_is_refused(alone: Session) -> None:
    for state in (State(beside="dance"), State(mode="none"), State(ranking="luck"),
                  State(top_up="much"), State(gap_share="60"), State(call="other")):  # fmt: skip
        with pytest.raises(UsageError):
            PAGE.build(alone, state)


@pytest.mark.parametrize("written", ["B", "b", "2", "fire", " Fire tests "])
def test_a_proposal_is_found_by_its_id_its_place_and_its_words(
    alone: Session, written: str
) -> None:
    sheet = PAGE.build(alone, State(proposal=written))
    assert sheet.more["picked"] == "B"
    assert "refused" not in sheet.more
    control = next(c for c in sheet.controls if c.name == "proposal")
    assert control.chosen == "B"
    assert [(c.value, c.label) for c in control.choices][1] == ("B", "2  Fire tests")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("X", "No proposal has the place, the id or the words X."),
        ("5", "No proposal has the place, the id or the words 5."),
        ("in", "2 proposals have in in their title or share the place: A, D. Write the id of one."),
    ],
)
def test_what_names_no_proposal_or_several_is_told_beside_the_field(
    alone: Session, written: str, said: str
) -> None:
    sheet = PAGE.build(alone, State(proposal=written))
    assert sheet.more["refused"] == {"field": "proposal", "said": said}
    assert next(c for c in sheet.controls if c.name == "proposal").chosen == written
    assert sheet.sections[0].id == "ranking"


def test_a_call_with_errors_names_them_all(tmp_path: Path) -> None:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "asks.csv").write_text("proposal,funder,ask\nA,XX,100000\nA,SE,-1000\n")
    with pytest.raises(HansaError) as caught:
        PAGE.build(opened(tmp_path), State())
    told = str(caught.value)
    assert "XX" in told
    assert "-1000" in told


def test_a_study_without_a_call_says_how_to_make_one(session: Session) -> None:
    sheet = PAGE.build(session, State())
    assert "has no call" in sheet.answer[0]
    assert "hansa call model" in sheet.lists[0].items[1].text


@pytest.fixture
def beside(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The call under the name that the lines use."""
    (tmp_path / "STUDY").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lines_run(alone: Session, beside: Path) -> None:
    states = [State(beside=b) for b in ("", "modes", "scores", "money", "contributions", "rules")]
    states.append(State(mode="mixed", ranking="free", top_up="40000", gap_share="0.8"))
    sections = [s for state in states for s in PAGE.build(alone, state).sections]
    for python in {s.python for s in sections}:
        exec(compile(python, "lines", "exec"), {})
    commands = {s.command for s in sections}
    assert len(commands) == 5
    for command in commands:
        with contextlib.redirect_stdout(io.StringIO()):
            app(shlex.split(command)[1:], standalone_mode=False)
