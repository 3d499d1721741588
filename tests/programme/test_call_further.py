"""Deadlines, terms of funds, both outcomes, records, checks, and calls at the edge."""

from __future__ import annotations

import codecs
import json
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.programme.test_call_broken import ASKS, CALL, FUNDERS, PARTNERS, folder

from hansa.cli import main
from hansa.errors import HansaError
from hansa.files import write_bytes
from hansa.programme.call_check import check_call
from hansa.programme.call_reading import read_call
from hansa.programme.call_results import (
    comparison_table,
    decision_table,
    money_table,
    pots_table,
    record,
    record_bytes,
    reviewers_table,
)
from hansa.programme.contest import Contest
from hansa.programme.decide import Wishes, decide, skip
from hansa.programme.laboratory import compare, paid_out, ranked, solve
from hansa.programme.model_call import model_call
from hansa.programme.moments import late
from hansa.programme.money import ladders, least, with_new
from hansa.programme.pots import Pots
from hansa.programme.ranking import ranking
from hansa.programme.robustness import both_outcomes, certainty_of, each_reviewer, spread_of
from hansa.programme.verbs import call_compare, call_replay, call_solve
from hansa.programme.ways import ways_out

LATE_FUNDERS = "funder,country,cash,key,deadline\nDK,DK,100,1,2027-03-01\nSE,SE,200,2,\n"
LATE_PROPOSALS = (
    "proposal,score,received\nA,12,2027-03-02\nB,11,2027-03-01T23:59\nC,10,\nD,9,2027-03-05\n"
)


def late_partners(what: str) -> str:
    return (
        "proposal,partner,country,role,funder,cost,ask,own,late\n"
        f"A,Firm,DK,participant,DK,80,50,30,{what}\nA,Lab,SE,leader,SE,90,60,30,\n"
        "A,Mill,FI,participant,,40,,40,\n"
        "B,Firm,DK,leader,DK,80,20,60,\nC,Firm,DK,leader,DK,80,10,70,\nD,Lab,SE,leader,SE,90,60,30,\n"
    )


def late_call(tmp_path, what: str, more: str = ""):
    return folder(
        tmp_path, funders__csv=LATE_FUNDERS, proposals__csv=LATE_PROPOSALS, asks__csv=None,
        partners__csv=late_partners(what), call__toml=CALL + more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "more", "status", "asks"),
    [
        ("pays", "", "ranked", {"SE": 60}),
        ("leaves", "", "ranked", {"SE": 60}),
        ("leaves", "min_countries = 3\n", "not eligible", {"SE": 60}),
        ("pays", "min_countries = 3\n", "ranked", {"SE": 60}),
        ("leaves", "min_partners = 3\n", "not eligible", {"SE": 60}),
        ("", "", "not eligible", {"DK": 50, "SE": 60}),
        ("pays", 'deadline = "2027-03-01T12:00"\n', "not eligible", {"DK": 50, "SE": 60}),
    ],
)
def test_late_for_one_funder(tmp_path, what, more, status, asks):
    call = read_call(late_call(tmp_path, what, more))
    place = next(o for o in ranking(call) if o.proposal.id == "A")
    assert (place.status, place.proposal.asks) == (status, asks)
    if what == "pays" and not more:
        assert [p.own for p in place.proposal.partners] == [80, 30, 40]
        others = {o.proposal.id: (o.status, o.flagged) for o in ranking(call)}
        assert others == {
            "A": ("ranked", False), "B": ("ranked", False), "C": ("ranked", True),
            "D": ("ranked", False),
        }  # fmt: skip


def test_what_is_late():
    assert late("2027-03-01T18:00", "2027-03-01") is False
    assert late("2027-03-02", "2027-03-01T12:00") is True
    assert late("2027-03-01", "2027-03-01T12:00") is None
    assert late("", "2027-03-01") is None
    assert late("", "") is False


TERMS = (
    "fund,effect,activity,party_group,rate\n"
    "SE,pays,,,\nDK,pays up to rate,soft,,0.5\nDK,doesn't pay,hard,,\n"
)


@pytest.mark.parametrize(
    ("activity", "cost", "status", "flagged"),
    [("soft", "100", "ranked", False), ("soft", "99", "not eligible", False),
     ("hard", "100", "not eligible", False), ("", "100", "ranked", True),
     ("soft", "", "ranked", True)],
)  # fmt: skip
def test_terms_of_the_funds_decide(tmp_path, activity, cost, status, flagged):
    own = folder(
        tmp_path,
        proposals__csv=f"proposal,score,activity\nA,12,{activity}\nB,11,\n",
        partners__csv=PARTNERS.replace("DK,80,50", f"DK,{cost},50"),
        eligibility__csv=TERMS,
    )
    place = next(o for o in ranking(read_call(own)) if o.proposal.id == "A")
    assert (place.status, place.flagged) == (status, flagged)
    assert bool(place.reason) == (status != "ranked" or flagged)
    found = both_outcomes(call_solve(own))
    assert (found is not None) == flagged
    if found:
        assert found.flagged == ("A",)
        assert "A" not in found.without.funded


def told(*arguments, monkeypatch, capsys):
    """What a command says and prints."""
    monkeypatch.setattr(sys, "argv", ["hansa", "call", *map(str, arguments)])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    return said.err, said.out


def test_the_share_for_gaps_is_a_share_in_the_file_and_on_the_command_line(
    tmp_path, monkeypatch, capsys
):
    for name, content in model_call().items():
        write_bytes(tmp_path / name, content)
    rules = (tmp_path / "call.toml").read_text()

    def run(*given):
        return told("solve", tmp_path, *given, monkeypatch=monkeypatch, capsys=capsys)

    (tmp_path / "call.toml").write_text(rules.replace("gap_share = 0.5", "gap_share = 0.6"))
    by_file = run()
    (tmp_path / "call.toml").write_text(rules)
    assert run("--gap-share", "0.6") == by_file
    assert "Top-up 1500000 EUR, 60 % of it kept for gaps (a share of 0.6).\n" in by_file[0]
    assert "50 % of it kept for gaps (a share of 0.5)" in run()[0]
    assert "0.6 % of it" in run("--gap-share", "0.006")[0]
    for given in ("60", "60%", "60 %"):
        refused = run("--gap-share", given)
        assert f"gap_share is no share\n  found:  {given}\n  needed: 0 to 1" in refused[0]
        line = refused[0].splitlines()[-1]
        assert line == "  do:     60 % is 0.6: --gap-share 0.6"
        assert run(*line.split(": ")[-1].split()) == by_file
    for given in ("-1", "101"):
        assert "half of it is 0.5: --gap-share 0.5" in run("--gap-share", given)[0]
    assert "gap_share is no number" in run("--gap-share", "most")[0]
    unused = run("--gap-share", "0.6", "--mode", "virtual")[0]
    assert "--gap-share changes nothing here: only --mode mixed" in unused
    assert "kept for gaps" not in unused
    assert "60 % of it" in run("--gap-share", "0.6", "--out", tmp_path / "out")[0]
    assert "60 % of it" in run("--gap-share", "0.6", "--json")[0]


@pytest.fixture
def small(tmp_path):
    return folder(tmp_path, partners__csv=PARTNERS)


def test_a_record_is_replayed(small):
    outcome = call_solve(small, "mixed", "free", top_up="0.4e2", gap_share="0.125")
    path = small / "decision.json"
    write_bytes(path, record_bytes(record(outcome, small)))
    found = call_replay(path)
    assert (found.same, found.changed, found.differs) == (True, (), ())
    assert record_bytes(record(found.outcome, small)) == path.read_bytes()
    assert not any(f.place == str(path) for f in check_call(small))
    (small / "asks.csv").write_text(ASKS.replace("B,SE,70", "B,SE,90000"))
    (small / "partners.csv").unlink()
    (small / "ledger.csv").write_text("party,kind,amount\nDK,cash,100\n")
    found = call_replay(path)
    assert found.changed == ("asks.csv", "ledger.csv", "partners.csv")
    assert {"funded", "value", "decision"} <= set(found.differs)
    assert any("changed since" in f.rule for f in check_call(small))


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"format": 2}', '{"format": 1, "inputs": {}, "mode": "x"}',
     '{"format": 1, "inputs": {}, "mode": "real", "ranking": "free", "top_up": "x",'
     ' "gap_share": "1/0"}'],
)  # fmt: skip
def test_what_is_no_record(small, content):
    (small / "decision.json").write_text(content)
    with pytest.raises(HansaError, match="record"):
        call_replay(small / "decision.json")
    assert any(f.severity == "error" for f in check_call(small))


CHECKED = {
    "stated": ({"call__toml": CALL + "[stated]\nproposals = 3\nasked = 180\n"},
               ["proposals are stated otherwise"]),
    "ledger": ({"ledger__csv": "party,kind,amount\nDK,cash,99\n"}, ["differs from its pot"]),
    "ledger unreadable": ({"ledger__csv": "party,kind,amount\nDK,gold,99\n"},
                          ["the kind is not known"]),
    "lead": ({"partners__csv": PARTNERS,
              "proposals__csv": "proposal,score,lead\nA,12,Lab\nB,11,\n"},
             ["its lead differs"]),
    "abroad": ({"partners__csv": PARTNERS.replace("Lab,SE,", "Lab,FI,")}, ["a funder abroad"]),
    "cost": ({"asks__csv": None, "partners__csv": PARTNERS.replace("ask\n", "ask,own\n")
              .replace("50\n", "50,20\n").replace("60\n", "60,\n").replace("70\n", "70,0\n")},
             ["are not its cost"]),
    "case": ({"proposals__csv": "proposal,score\nA,12\na,11\nB,9\n"}, ["only in their case"]),
    "limits": ({"call__toml": CALL + "[limits]\ncountries = 3\n"}, ["no choice keeps"]),
    "the meeting": ({"call__toml": CALL + '[[fixed]]\nproposal = "A"\nfunded = true\nby = "b"\n'
                     'reason = "r"\ndate = "2027-01-01"\n',
                     "asks__csv": "proposal,funder,ask\nA,DK,5000\n"}, ["no choice keeps"]),
    "threshold": ({"call__toml": CALL + "threshold = 99\n"}, ["threshold outside the scale"]),
    "reviews": ({"call__toml": CALL + "min_reviews = 3\n", "proposals__csv": "proposal\nA\nB\n",
                 "reviews__csv": "proposal,reviewer,criterion,score\nA,R,x,1\nB,R,x,2\n"},
                ["as many reviews"]),
    "rules": ({"rules__toml": "[[rule]]\nid = 3\n"}, ["rule 1 is wrong"]),
    "strange": ({"patners__csv": PARTNERS}, ["nothing reads these tables"]),
    "no score": ({"proposals__csv": "proposal,score\nA,12\nB,\n"}, ["it has no score"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKED)
def test_a_check_finds(tmp_path, name):
    files, rules = CHECKED[name]
    found = [f.rule for f in check_call(folder(tmp_path, **files))]
    assert all(any(rule in one for one in found) for rule in rules), found
    if name == "stated":
        assert len(found) == 1


REFUSED = {
    "too large": ({"funders__csv": FUNDERS.replace("200", "1e400000")}, "cash is no number"),
    "finer top-up": ({"call__toml": CALL.replace("= 100", "= 0.3")}, "top_up: a multiple"),
    "seed": ({"call__toml": CALL + "seed = -1\n"}, "'seed'"),
    "no day": ({"call__toml": CALL + '[[fixed]]\nproposal = "A"\nfunded = true\nby = "b"\n'
                'reason = "r"\ndate = "2027-13-01"\n'}, "fixed.0.date"),
    "no id": ({"proposals__csv": "proposal,score\n,1\nA,2\nB,3\n"}, "a proposal has no id"),
    "list": ({"proposals__csv": "proposal,score\nA;B,1\nA,2\nB,3\n"}, "holds a ;"),
    "our name": ({"funders__csv": FUNDERS + "top-up,X,5,1,1\n"}, "the name of common money"),
    "no date": ({"proposals__csv": "proposal,score,received\nA,1,March\nB,3,\n"}, "no day"),
    "late": ({"partners__csv": PARTNERS.replace("ask\n", "ask,late\n")
              .replace("0\n", "0,perhaps\n")}, "a late partner"),
    "semicolons": ({"asks__csv": ASKS.replace(",", ";")}, "save it as CSV in UTF-8"),
    "partners unknown": ({"call__toml": CALL + "min_partners = 2\n"}, "needs a table of partners"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_further_broken_calls(tmp_path, name):
    files, text = REFUSED[name]
    with pytest.raises(HansaError) as refused:
        read_call(folder(tmp_path, **files))
    assert text in str(refused.value)
    assert "--encoding" not in str(refused.value)


def test_marks_accents_and_tenths(tmp_path):
    """A mark before TOML, an accent as its own sign, amounts of tenths."""
    own = folder(
        tmp_path,
        proposals__csv="proposal,score\n\u00c5,12\nB,11\n",
        asks__csv="proposal,funder,ask\nA\u030a,DK,0.3\nB,SE,0.1\n",
    )
    text = CALL.replace("smallest = 1", "smallest = 0.1").replace("= 100", "= 0.7")
    (own / "call.toml").write_bytes(codecs.BOM_UTF8 + text.encode())
    call = read_call(own)
    assert {p.id: p.asks for p in call.proposals} == {"\u00c5": {"DK": 3}, "B": {"SE": 1}}
    assert pots_table(solve(call))["available"][-1] == call.written(4)


NOBODY = {
    "no proposal": {"proposals__csv": "proposal,score\n", "asks__csv": "proposal,funder,ask\n"},
    "all ineligible": {"proposals__csv": "proposal,score,eligible\nA,1,fail\nB,2,fail\n"},
    "no pot": {"funders__csv": "funder,cash,key\nDK,0,1\nSE,0,1\n",
               "call__toml": CALL.replace("= 100", "= 0")},
    "too large": {"asks__csv": "proposal,funder,ask\nA,DK,1000000000000000\nB,SE,999999\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_is_funded(tmp_path, name):
    outcomes = call_compare(folder(tmp_path, **NOBODY[name]))
    for o in outcomes:
        assert o.funded == ()
        spread_of(o, 3)
        assert both_outcomes(o) is None
        assert each_reviewer(o) == ()
        assert set(certainty_of(o, None).values()) <= {"sure out", "cannot say"}
        assert money_table(o, ladders(o))["giver"]
        assert decision_table(o)["funded"].count("yes") == 0
    table = comparison_table(outcomes)
    assert table["rule"].count("skip") == 3
    assert set(table["funded"]) == {0}


def test_huge_amounts_are_exact():
    """One unit of 10**15 decides; the solver's digits do not."""
    big = 10**15
    pots = Pots(("A", "B"), (2 * big, 3 * big), "mixed", 1, Fraction(1, 2), (Fraction(1, 2),) * 2)
    asks = ((big, big), (big, 2 * big), (1, 0), (0, 1))
    contest = Contest(("a", "b", "c", "d"), (4, 3, 2, 1), (4, 3, 2, 1), asks, pots)
    for rule in ("ties", "bands", "free"):
        found = decide(contest, rule)
        assert (found.funded, found.ended) == ((True, True, False, False), "optimal")
    assert least(pots, "A", (2 * big + 1, 3 * big)) == 1
    assert with_new(pots, "A", 1).pays((2 * big + 1, 3 * big))


def test_three_hundred_that_nothing_tells_apart():
    n = 300
    asks = tuple((1 + p % 7, 0) if p % 2 else (0, 1 + p % 5) for p in range(n))
    contest = Contest(
        tuple(f"P{p:03d}" for p in range(n)), (9,) * n, (9,) * n, asks, Pots(("A", "B"), (90, 90))
    )
    for rule in ("strict", "ties", "free"):
        found = decide(contest, rule, Wishes(seconds=0.4))
        assert contest.allowed(found.funded, rule)
        assert (
            found.bound
            >= contest.worth(found.funded)
            >= contest.worth(skip(contest)) * (rule != "strict")
        )


def test_the_top_up_is_never_overpaid():
    """Largest remainders may lie where nothing is short; then those that are short go first."""
    parts = [Fraction(9, 10)] * 10 + [Fraction(1, 2)] * 4
    key = tuple(p / 11 for p in parts)
    names = tuple(f"F{i:02d}" for i in range(14))
    pots = Pots(names, (0,) * 14, "mixed", 13, Fraction(2, 13), key)
    used = (0,) * 10 + (1,) * 4
    assert pots.pays(used)
    own, gaps = paid_out(pots, used)
    assert sum(own) == 11
    assert sum(own) + sum(gaps) <= 13
    assert all(o + g >= u for o, g, u in zip(own, gaps, used, strict=True))


def test_a_leader_does_not_leave_and_reviewers_are_told(tmp_path):
    own = folder(
        tmp_path, asks__csv=None, call__toml=CALL.replace("mixed", "virtual"),
        partners__csv=PARTNERS.replace("DK,80,50", "DK,800,500"),
    )  # fmt: skip
    outcome = call_solve(own)
    leaving = [w for w in ways_out(outcome, "A").ways if w.kind == "leave"]
    assert [(w.leader, w.possible) for w in leaving] == [(True, False)]
    assert "its leader would leave" in [t.note for t in ways_out(outcome, "A").texts()][-1]
    assert reviewers_table(each_reviewer(outcome))["reviewer"] == []


def test_threshold_and_noise(tmp_path):
    """Just below the threshold: in, in some draws; just above: out, in some."""
    marks = "".join(
        f"{p},R{i},x,{s},\n" for p, own in (("A", (12, 11, 13)), ("B", (7, 8, 9)), ("C", (8, 7, 8)))
        for i, s in enumerate(own)
    )  # fmt: skip
    own = folder(
        tmp_path,
        call__toml=CALL + "threshold = 8\n",
        proposals__csv="proposal\nA\nB\nC\n",
        asks__csv="proposal,funder,ask\nA,DK,5\nB,DK,5\nC,SE,5\n",
        reviews__csv="proposal,reviewer,criterion,score,conflict\n" + marks,
    )
    outcome = call_solve(own)
    assert [o.proposal.id for o in ranked(outcome.places)] == ["A", "B"]
    drawn = spread_of(outcome, 400)
    # B passes with a mean of 8 or more of three marks drawn from 7, 8, 9: 17 of 27.
    assert abs(drawn.share[1] - 17 / 27) < 0.08
    # C needs 8, 8, 8 or better: 8 of 27 draws of two 8 and one 7.
    assert abs(drawn.below["C"] - 8 / 27) < 0.08
    said = certainty_of(outcome, drawn)
    assert said == {"A": "sure in", "B": "depends on the scores", "C": "depends on the scores"}


def test_the_record_is_the_same_for_the_same_decision(small):
    texts = {json.dumps(record(call_solve(small), small)) for _ in range(2)}
    assert len(texts) == 1
    for one in compare(replace(read_call(small)), 2.0):
        assert record(one, small)["mode"] == one.mode
