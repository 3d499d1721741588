"""Broken call folders: each is refused by name, all its mistakes at once, nothing half taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from hansa.errors import HansaError
from hansa.programme.call_reading import read_call
from hansa.programme.verbs import call_solve
from hansa.study.check import check_path

CALL = """\
format = 1
id = "c"
title = "A call"
currency = "EUR"
smallest = 1
mode = "mixed"
top_up = 100
gap_share = 0.5
score_digits = 1
scale = [0, 15]
tie_break = ["proposal"]
"""
FUNDERS = "funder,country,cash,gdp,key\nDK,DK,100,3,1\nSE,SE,200,5,2\n"
PROPOSALS = "proposal,title,score\nA,Alpha,12\nB,Beta,11\n"
ASKS = "proposal,funder,ask\nA,DK,50\nA,SE,60\nB,SE,70\n"
PARTNERS = (
    "proposal,partner,country,role,funder,cost,ask\n"
    "A,Firm,DK,leader,DK,80,50\nA,Lab,SE,participant,SE,90,60\nB,Mill,SE,leader,SE,70,70\n"
)
REVIEWS = "proposal,reviewer,criterion,score,conflict\nA,R1,x,12,\nB,R1,x,11,\n"


def folder(tmp_path: Path, **files: str) -> Path:
    own = {"call.toml": CALL, "funders.csv": FUNDERS, "proposals.csv": PROPOSALS, "asks.csv": ASKS}
    own |= {name.replace("__", "."): text for name, text in files.items()}
    for name, text in own.items():
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


BROKEN = {
    "duplicate proposal": (
        {"proposals__csv": PROPOSALS + "A,Again,9\n"},
        ["proposal 'A' stands twice", "row 4"],
    ),
    "ask to an unknown funder": (
        {"asks__csv": ASKS + "B,NO,5\n"},
        ["the funder is not in funders.csv", "'NO'", "row 5"],
    ),
    "ask of an unknown proposal": (
        {"asks__csv": ASKS + "Z,SE,5\n"},
        ["the proposal is not in proposals.csv", "'Z'"],
    ),
    "negative ask": ({"asks__csv": ASKS.replace(",50", ",-50")}, ["ask is below zero", "-50"]),
    "two asks to one funder": (
        {"asks__csv": ASKS + "A,DK,5\n"},
        ["proposal and funder 'A' and 'DK' stand twice"],
    ),
    "two currencies": (
        {"asks__csv": "proposal,funder,ask,currency\nA,DK,5,EUR\nB,SE,7,SEK\n"},
        ["a second currency", "SEK", "row 3"],
    ),
    "a tie under strict": (
        {
            "proposals__csv": PROPOSALS.replace("11", "12"),
            "call__toml": CALL.replace('tie_break = ["proposal"]', ""),
        },
        ["strict needs an order, and there is a tie", "A, B"],
    ),
    "a reviewer takes part": (
        {
            "proposals__csv": "proposal,title\nA,x\nB,y\n",
            "partners__csv": PARTNERS,
            "reviews__csv": REVIEWS + "A,Lab,x,14,\n",
        },
        ["a reviewer takes part in the proposal", "Lab", "conflict = yes"],
    ),
    "pot as text": (
        {"funders__csv": FUNDERS.replace("200", "much")},
        ["cash is no number", "much"],
    ),
    "pot with separators": (
        {"funders__csv": FUNDERS.replace("200", '"1,200"')},
        ["cash is no number", "1,200"],
    ),
    "pot unknown": ({"funders__csv": FUNDERS.replace("200", "")}, ["the cash pot is not known"]),
    "gap share above one": (
        {"call__toml": CALL.replace("0.5", "1.2")},
        [
            "'gap_share'",
            "found:  1.2\n",
            "less than or equal to 1",
            "1.2 % is 0.012: gap_share = 0.012",
        ],
    ),
    "gap share in per cent": (
        {"call__toml": CALL.replace("0.5", "60")},
        ["'gap_share'", "60 % is 0.6: gap_share = 0.6"],
    ),
    "gap share below zero": (
        {"call__toml": CALL.replace("0.5", "-1")},
        ["'gap_share'", "greater than or equal to 0", "correct call.toml"],
    ),
    "partner without country": (
        {"partners__csv": PARTNERS.replace("Lab,SE", "Lab,")},
        ["partner 'Lab' has no country"],
    ),
    "ask above cost": (
        {"partners__csv": PARTNERS.replace("90,60", "9,60")},
        ["the ask is above the cost"],
    ),
    "partners ask something else": (
        {"partners__csv": PARTNERS.replace("90,60", "90,61")},
        ["asks of A to SE differ from those of its partners", "60", "61"],
    ),
    "score outside the scale": (
        {"proposals__csv": PROPOSALS.replace("12", "16")},
        ["score is outside the scale", "0 to 15"],
    ),
    "scores twice": ({"reviews__csv": REVIEWS}, ["scores stand twice"]),
    "unknown key": ({"call__toml": CALL + 'mod = "real"\n'}, ["'mod'", "mode"]),
    "unknown mode": ({"call__toml": CALL.replace("mixed", "common")}, ["'mode'", "virtual"]),
    "unknown column": (
        {"asks__csv": ASKS.replace("ask\n", "ask,amount2\n").replace("0\n", "0,1\n")},
        ["unknown column amount2"],
    ),
    "no column": ({"funders__csv": "funder,country\nDK,DK\n"}, ["there is no column cash"]),
    "no key for the top-up": (
        {"funders__csv": "funder,cash\nDK,100\nSE,200\n"},
        ["the top-up has no key"],
    ),
    "finer than the smallest unit": (
        {"asks__csv": ASKS.replace(",50", ",50.5")},
        ["finer than the smallest money unit", "50.5"],
    ),
    "bands without cut points": (
        {"call__toml": CALL + 'ranking = "bands"\n'},
        ["bands needs cut_points"],
    ),
    "a decision about nobody": (
        {
            "call__toml": CALL + '[[fixed]]\nproposal = "Q"\nfunded = true\nby = "b"\n'
            'reason = "r"\ndate = "2026-01-01"\n'
        },
        ["names no proposal", "'Q'"],
    ),
    "a decision without a reason": (
        {
            "call__toml": CALL + '[[fixed]]\nproposal = "A"\nfunded = true\nby = "b"\n'
            'reason = ""\ndate = "2026-01-01"\n'
        },
        ["fixed.0.reason"],
    ),
    "criterion unknown": (
        {
            "call__toml": CALL + "[criteria]\ny = 1\n",
            "proposals__csv": "proposal\nA\nB\n",
            "reviews__csv": REVIEWS,
        },
        ["the criterion is not in call.toml", "'x'"],
    ),
    "no table of asks": ({"asks__csv": None}, ["there is no asks.csv and no partners.csv"]),
    "not UTF-8": ({"call__toml": None}, ["this is no call folder"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_call_is_refused_by_name(tmp_path, name):
    files, texts = BROKEN[name]
    own = folder(tmp_path, **files)
    before = sorted(p.name for p in own.iterdir())
    with pytest.raises(HansaError) as refused:
        call_solve(own)
    for text in texts:
        assert text in str(refused.value), str(refused.value)
    assert sorted(p.name for p in own.iterdir()) == before
    if own.joinpath("call.toml").is_file():
        assert any(f.severity == "error" for f in check_path(own))


def test_all_mistakes_are_told_at_once(tmp_path):
    own = folder(
        tmp_path,
        asks__csv=ASKS.replace(",50", ",-50") + "B,NO,x\n",
        proposals__csv=PROPOSALS.replace("11", "19"),
    )
    with pytest.raises(HansaError) as refused:
        read_call(own)
    text = str(refused.value)
    for part in ("4 things are wrong", "below zero", "'NO'", "no number", "outside the scale"):
        assert part in text


def test_the_order_of_rows_changes_nothing(tmp_path):
    def turned(text: str) -> str:
        head, *rows = text.splitlines()
        return "\n".join([head, *rows[::-1]]) + "\n"

    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    read = read_call(folder(one, partners__csv=PARTNERS))
    files = {"funders__csv": FUNDERS, "proposals__csv": PROPOSALS, "asks__csv": ASKS,
             "partners__csv": PARTNERS}  # fmt: skip
    assert read_call(folder(other, **{n: turned(t) for n, t in files.items()})) == read


def test_a_sound_call_has_no_errors(tmp_path):
    assert [f for f in check_path(folder(tmp_path)) if f.severity == "error"] == []
