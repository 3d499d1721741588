"""Decisions, prices, reasons and what more money buys, against a second computation by the text."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tests.programme import reference_call as reference

from hansa.programme.call import Call, Funder, Partner, Proposal, Review
from hansa.programme.call_reading import read_call
from hansa.programme.call_settings import CallSettings
from hansa.programme.contributions import Entry, contributions
from hansa.programme.laboratory import pot_rows, solve, top_up_left
from hansa.programme.losses import blockers, lost_to_pots
from hansa.programme.model_call import model_call
from hansa.programme.money import COMMON, TOP_UP, ladders
from hansa.programme.noise import Redrawn, spread
from hansa.programme.ranking import ranking
from hansa.programme.robustness import each_reviewer, spread_of
from hansa.programme.ways import ways_out

MODES, RULES = ("virtual", "mixed", "real"), ("strict", "ties", "bands", "free")
SETTINGS = {
    "format": 1, "id": "r", "title": "R", "currency": "EUR", "smallest": "1", "score_digits": 0,
    "cut_points": [6, 3], "tie_break": ["proposal"],
}  # fmt: skip


def drawn(seed: int, reviews: bool = False) -> Call:
    r = random.Random(seed)
    names = ["A", "B", "C"][: r.randint(1, 3)]
    funders = tuple(
        Funder(f, f, f, r.randint(0, 12), gap_cap=r.choice([None, None, 0, r.randint(0, 6)]),
               key=Fraction(r.randint(0, 3) + (f == "A")))
        for f in names
    )  # fmt: skip
    settings = CallSettings(**SETTINGS, mode=r.choice(MODES), top_up=r.choice([0, 1, 5, 11]),
                            gap_share=r.choice(["0", "0.3", "0.5", "1"]))  # fmt: skip
    own = []
    for i in range(r.randint(1, 6)):
        asks = {f: a for f in names if (a := r.choice([0, 0, r.randint(1, 9)]))}
        partners = tuple(Partner(f"{i}{f}", f, "participant", f, a) for f, a in asks.items())
        own.append(Proposal(f"P{i}", "", asks, partners, Fraction(r.randint(1, 9))))
    if not reviews:
        return Call(settings, funders, tuple(own))
    marks = tuple(
        Review(p.id, f"R{j}", c, Fraction(r.randint(0, 9)), r.random() < 0.1)
        for p in own
        for j in range(4)
        for c in ("x", "y")
        if r.random() < 0.7
    )
    settings = settings.model_copy(
        update={"criteria": {"x": 2, "y": 1}, "min_reviews": 2, "threshold": 3}
    )
    return Call(settings, funders, tuple(replace(p, score=None) for p in own), marks)


def plain(call: Call, mode: str) -> dict:
    """A call of ours for the second computation: the ranking taken over."""
    keys = sum(f.key for f in call.funders)
    return {
        "mode": mode,
        "T": int(call.settings.top_up),
        "g": Fraction(call.settings.gap_share),
        "funders": {f.id: (f.cash, f.key / keys, f.gap_cap) for f in call.funders},
        "ranked": [
            (o.proposal.id, o.score, o.proposal.asks) for o in ranking(call) if o.rank
        ],
    }  # fmt: skip


def check_decisions(seed: int) -> None:
    call = drawn(seed)
    for mode in MODES:
        own = plain(call, mode)
        for rule in RULES:
            found = solve(call, mode, rule)
            worth = found.contest.worth(found.decision.funded)
            cuts = (6, 3)
            if rule == "strict":
                assert list(found.funded) == reference.head(own), (seed, mode)
            assert worth == reference.best_worth(own, rule, cuts), (seed, mode, rule)
            common = reference.best_worth({**own, "mode": "real"}, rule, cuts)
            lost = lost_to_pots(found)
            assert lost.proven
            assert not set(lost.proposals) & set(found.funded)
            if mode == "real":
                assert worth == common
                assert not lost.proposals
            check_pots(found)
        check_prices(solve(call, mode, "strict"), own)


def check_pots(found) -> None:
    """Whole units: nothing overspent, everything accounted for."""
    rows, call = pot_rows(found), found.call
    top = int(call.units(call.settings.top_up))
    cash = sum(f.cash for f in call.funders)
    if found.mode == "real":
        assert rows[-1].funder == COMMON
        assert rows[-1].used + rows[-1].idle == cash + top
        return
    assert all(r.used + r.idle == r.available + r.gap for r in rows)
    left = top_up_left(found)
    assert left >= 0
    assert sum(r.available + r.gap for r in rows) + left == cash + top
    if found.mode == "virtual":
        assert left == top
        assert all(not r.gap for r in rows)


def check_prices(found, own) -> None:
    names = [name for name, _, _ in own["ranked"]]
    for step in found.prices:
        demand = reference.used(own, set(names[: step.rank]))
        exact = reference.exact_price(own, demand)
        assert 0 <= step.price.total - exact < len(own["funders"])
        assert step.price.total == reference.whole_price(own, demand)
    funded = set(found.funded)
    first = next((n for n in names if n not in funded), None)
    named = Counter()
    for name, why in found.reasons.items():
        assert why.main == ("pots" if name == first else "stopped by order")
        demand = reference.used(own, {*funded, name})
        assert why.lack.total == reference.whole_price(own, demand)
        head = set(names[: names.index(name) + 1])
        assert why.least.total == reference.whole_price(own, reference.used(own, head))
        named.update(why.lack.named(tuple(own["funders"])))
        if own["mode"] == "real" and why.lack.total:
            named[COMMON] += 1
        check_ways(found, own, name, head)
    assert Counter({b.funder: len(b.proposals) for b in blockers(found)}) == named


def check_ways(found, own, name, head) -> None:
    """A partner pays its own way or leaves: the same call without those asks."""
    for way in ways_out(found, name).ways:
        if way.kind == "raise":
            assert way.amount == found.reasons[name].least.total
            continue
        asks = {n: a for n, _, a in own["ranked"]}[name]
        less = {
            **own,
            "ranked": [
                (n, s, {f: x for f, x in a.items() if n != name or f not in way.who})
                for n, s, a in own["ranked"]
            ],
        }
        assert way.possible == reference.pays(less, reference.used(less, head))
        assert way.amount in (None, sum(asks[f] for f in way.who))
        assert way.countries == len(asks) - (len(way.who) if way.kind == "leave" else 0)


@pytest.mark.parametrize("seed", range(12))
def test_decisions_prices_reasons_ways(seed):
    check_decisions(seed)


@pytest.mark.long
def test_decisions_prices_reasons_ways_of_many_calls():
    for seed in range(100, 600):
        check_decisions(seed)


def check_money(seed: int) -> None:
    call = drawn(seed)
    for mode, rule in [(m, r) for m in MODES for r in RULES]:
        own, found = plain(call, mode), solve(call, mode, rule)
        givers = [COMMON] if mode == "real" else [f.id for f in call.funders]
        givers += [TOP_UP] if mode == "mixed" else []
        rows = ladders(found)
        assert [one.giver for one in rows] == givers
        for ladder in rows:
            amount = reference.next_amount(own, ladder.giver, rule, (6, 3))
            first = ladder.rungs[0].amount if ladder.rungs else None
            if first is not None and first > 60:
                first = None
            assert ladder.proven
            assert first == amount, (seed, mode, rule, ladder)
            for rung in ladder.rungs:
                check_rung(own, ladder.giver, rung, found)


def check_rung(own, giver, rung, found) -> None:
    richer = reference.with_new(own, giver, rung.amount)
    chosen = (set(found.funded) | set(rung.joined)) - set(rung.dropped)
    assert reference.pays(richer, reference.used(richer, chosen))
    assert rung.joined
    assert rung.funded == len(chosen)
    if found.rule == "strict":
        assert set(reference.head(richer)) == chosen
        less = reference.with_new(own, giver, rung.amount - 1)
        assert len(reference.head(less)) < len(chosen)


@pytest.mark.parametrize("seed", range(20, 24))
def test_what_more_money_would_buy(seed):
    check_money(seed)


@pytest.mark.long
def test_what_more_money_would_buy_on_many_calls():
    for seed in range(700, 800):
        check_money(seed)


@pytest.mark.parametrize("seed", range(30, 42))
def test_the_spread_under_strict(seed):
    """Each draw ranked and decided anew, threshold and ties and all."""
    call = drawn(seed)
    call = replace(call, settings=call.settings.model_copy(update={"threshold": 4}))
    found = solve(replace(call, settings=call.settings.model_copy(update={"threshold": None})))
    n = len(found.contest.proposals)
    units = np.random.default_rng(seed).integers(0, 9, (40, n))
    ties = tuple(int(p[1:]) for p in found.contest.proposals)
    contest = replace(found.contest, limits=())
    ours = spread(contest, "strict", units, (), Redrawn(4, ties))
    counts = Counter()
    asks = [p.asks for p in sorted(call.proposals, key=lambda p: contest.proposals.index(p.id))]
    for row in units.tolist():
        names = contest.proposals
        order = sorted(range(n), key=lambda p: (-row[p], names[p]))
        ranked = [(names[p], row[p], asks[p]) for p in order if row[p] >= 4]
        counts.update(reference.head({**plain(call, found.mode), "ranked": ranked}))
    assert ours.share.tolist() == [counts[name] / 40 for name in contest.proposals]


@pytest.mark.parametrize("seed", range(50, 62))
def test_scores_thresholds_and_each_reviewer_left_out(seed):
    call = drawn(seed, reviews=True)
    raw = [(r.proposal, r.reviewer, r.criterion, r.score, r.conflict) for r in call.reviews]
    scores = reference.score_list(raw, {"x": 2, "y": 1}, 2)
    assert {o.proposal.id: o.score for o in ranking(call) if o.status != "incomplete"} == {
        p: reference.at_digits(s, 0) for p, s in scores.items() if s is not None
    }
    found = solve(call)
    for left in each_reviewer(found):
        without = reference.score_list(raw, {"x": 2, "y": 1}, 1, {left.reviewer})
        asks = {p.id: p.asks for p in call.proposals}
        units = {
            p: reference.at_digits(s if without[p] is None else without[p], 0)
            for p, s in scores.items()
            if s is not None
        }
        order = sorted((p for p in units if units[p] >= 3), key=lambda p: (-units[p], p))
        ranked = [(p, units[p], asks[p]) for p in order]
        chosen = set(reference.head({**plain(call, found.mode), "ranked": ranked}))
        assert chosen == (set(found.funded) | set(left.joined)) - set(left.dropped), left
        assert set(left.kept) == {p for p in units if without[p] is None}


@pytest.mark.parametrize("seed", range(70, 82))
def test_contributions(seed):
    r = random.Random(seed)
    gdp = {f"C{i}": r.choice([None] + [Fraction(r.randint(0, 40), 7)] * 6) for i in range(4)}
    ledger = [
        Entry(r.choice([*gdp, "EU"]), r.choice(["cash", "in-kind"]), "national",
              r.randint(0, 50), "promised", "x")
        for _ in range(6)
    ]  # fmt: skip
    budget = r.randint(0, 99)
    found = contributions(gdp, ledger, budget)
    expected = reference.shares(gdp, budget)
    assert {s.party: None if s.share is None else (s.share, s.expected) for s in found.shares} == (
        expected or dict.fromkeys(gdp)
    )
    given = sum(e.amount for e in ledger if e.party in gdp)
    for s in found.shares:
        own = [e for e in ledger if e.party == s.party]
        assert s.cash == sum(e.amount for e in own if e.kind == "cash")
        assert s.total == sum(e.amount for e in own)
        if expected and given:
            assert s.deviation == Fraction(s.total, given) - expected[s.party][0]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    own = tmp_path_factory.mktemp("model")
    for name, content in model_call().items():
        (own / name).write_bytes(content)
    return own


@pytest.mark.parametrize("mode", MODES)
def test_the_model_call(model, mode):
    call, own = read_call(model), reference.from_files(model, mode)
    found = solve(call, mode, "strict")
    assert [(o.proposal.id, o.score) for o in found.places if o.rank] == [
        (name, score) for name, score, _ in own["ranked"]
    ]
    assert list(found.funded) == reference.head(own)
    names = [name for name, _, _ in own["ranked"]]
    for step in found.prices:
        exact = reference.exact_price(own, reference.used(own, set(names[: step.rank])))
        assert 0 <= step.price.total - exact < 1
    for ladder in ladders(found, 2):
        for rung in ladder.rungs:
            for amount, more in ((rung.amount, True), (rung.amount - 1, False)):
                after = reference.head(reference.with_new(own, ladder.giver, amount))
                assert (after == [*found.funded, *rung.joined]) is more
    check_pots(found)


def test_the_model_call_without_each_reviewer(model):
    found = solve(read_call(model))
    every = {one.reviewer: one for one in each_reviewer(found)}
    assert len(every) == 20
    # Two that change nothing and three that do.
    for name in ("R01", "R20", "R04", "R07", "R12"):
        left = every[name]
        after = reference.head(reference.from_files(model, "mixed", {left.reviewer}))
        assert set(after) == (set(found.funded) | set(left.joined)) - set(left.dropped)
    assert spread_of(found, draws=60).draws == 60
