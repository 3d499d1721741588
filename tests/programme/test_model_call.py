"""The model call from files to the report: the same numbers everywhere, checked by hand sums."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from hansa.language import speaking
from hansa.programme.call_reading import read_call
from hansa.programme.call_results import decision_table, record
from hansa.programme.laboratory import solve
from hansa.programme.model_call import FUNDERS, TITLE, model_call, said
from hansa.programme.noise import wilson
from hansa.programme.ranking import criterion_means
from hansa.programme.robustness import spread_of
from hansa.programme.verbs import call_price, call_solve
from hansa.programme.ways import ways_out
from hansa.report.call_file import _workbook
from hansa.report.call_report import CallReport, call_document
from hansa.study.check import check_path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    own = tmp_path_factory.mktemp("call")
    for name, content in model_call().items():
        (own / name).write_bytes(content)
    return own


@pytest.fixture(scope="module")
def outcome(folder):
    return call_solve(folder)


def table(folder, name):
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


def by_hand(folder):
    """Scores, asks and order from the files, with nothing of ours: weights 40, 30, 30 of 100."""
    weights = {"excellence": 40, "transnational value": 30, "implementation": 30}
    marks = defaultdict(lambda: defaultdict(list))
    for r in table(folder, "reviews.csv"):
        if r["conflict"] != "yes":
            marks[r["proposal"]][r["criterion"]].append(Fraction(r["score"]))
    means = {
        p: {c: sum(own) / len(own) for c, own in by.items()}
        for p, by in marks.items()
        if min(len(own) for own in by.values()) >= 3
    }
    score = {p: sum(weights[c] * m for c, m in by.items()) / 100 for p, by in means.items()}
    tenths = {p: int(s * 10 + Fraction(1, 2)) for p, s in score.items()}
    asks = defaultdict(lambda: defaultdict(int))
    for r in table(folder, "partners.csv"):
        asks[r["proposal"]][r["funder"]] += int(r["ask"])
    order = sorted(
        (p for p, t in tenths.items() if t >= 80),
        key=lambda p: (-tenths[p], -means[p]["transnational value"], sum(asks[p].values()), p),
    )
    return order, tenths, asks


def test_ranking_prices_and_decision_equal_sums_by_hand(folder, outcome):
    order, tenths, asks = by_hand(folder)
    assert [p.proposal.id for p in outcome.places if p.rank] == order
    assert {p.proposal.id: p.score for p in outcome.places if p.rank} == {
        p: tenths[p] for p in order
    }
    pots = {
        r["funder"]: (Fraction(r["cash"]), Fraction(r["key"])) for r in table(folder, "funders.csv")
    }
    keys = sum(k for _, k in pots.values())
    demand, head = defaultdict(int), 0
    prices = []
    for p in order:
        for f, ask in asks[p].items():
            demand[f] += ask
        needs = {f: max(0, demand[f] - b - 750_000 * k / keys) for f, (b, k) in pots.items()}
        prices.append(max(0, sum(needs.values()) - 750_000))
        head += not prices[-1]
    assert list(outcome.funded) == order[:head]
    found = [1000 * s.price.total for s in outcome.prices]
    # Ours are in whole thousands, and the least of those.
    assert all(0 <= f - p < 1000 for f, p in zip(found, prices, strict=True))
    assert call_price(folder)[1] == outcome.prices


def test_what_the_model_call_is_there_to_show(outcome):
    """One empty pot stops a list while millions lie idle elsewhere."""
    first = outcome.prices[len(outcome.funded)]
    why = outcome.reasons[first.proposal]
    assert (why.main, why.lack.named(outcome.contest.pots.funders)) == ("pots", ("PL",))
    assert 1000 * first.idle > 1_000_000
    statuses = {p.status for p in outcome.places}
    assert statuses == {"ranked", "below threshold", "incomplete"}
    assert [p.proposal.id for p in outcome.places if p.flagged] == ["P37"]


def test_ways_out_of_the_blocked_one(outcome):
    blocked = outcome.prices[len(outcome.funded)].proposal
    ways = ways_out(outcome, blocked).ways
    assert [w.kind for w in ways][:1] == ["raise"]
    assert ways[0].amount == outcome.reasons[blocked].least.total
    leaving = [w for w in ways if w.kind == "leave"]
    assert leaving
    assert all(w.possible <= (w.countries >= 3) for w in leaving)


def test_without_noise_every_share_is_the_decision(folder):
    """Reviewers who agree on every criterion leave nothing to chance."""
    call = read_call(folder)
    means = criterion_means(call.reviews)
    agreed = tuple(
        replace(r, score=means[r.proposal][r.criterion]) for r in call.reviews if not r.conflict
    )
    own = solve(replace(call, reviews=agreed))
    drawn = spread_of(own, draws=20)
    assert drawn.share.tolist() == [float(yes) for yes in own.decision.funded]


def test_the_same_draws_every_time(outcome):
    one, other = spread_of(outcome, draws=50), spread_of(outcome, draws=50)
    assert (one.share == other.share).all()
    assert 0 < sum(0 < s < 1 for s in one.share) < 20


def test_wilson_against_printed_values():
    """8 of 10: 0.490 to 0.943 (Newcombe, 1998, method 3, reproduces Wilson's limits)."""
    import numpy as np

    low, high = wilson(np.array([0.8]), 10)
    assert (round(float(low[0]), 3), round(float(high[0]), 3)) == (0.490, 0.943)


def test_report_workbook_and_record_say_the_same(folder, outcome):
    document = call_document(outcome, CallReport())
    assert document.model_data
    assert "12 of 47" in document.findings[0]
    book = openpyxl.load_workbook(io.BytesIO(_workbook(folder, outcome, [outcome], 2.0)))
    head, *rows = book["decision"].iter_rows(values_only=True)
    columns = decision_table(outcome)
    assert list(head) == list(columns)
    for row, own in zip(rows, zip(*columns.values(), strict=True), strict=True):
        assert [v or None for v in row] == [
            float(v) if isinstance(v, (Decimal, int)) and v else (v or None) for v in own
        ]
    content = json.loads(json.dumps(record(outcome, folder)))
    assert content["funded"] == list(outcome.funded)
    assert set(content["inputs"]) == set(model_call())
    assert content["decided"]["by"] == ""


def test_the_model_call_is_sound(folder):
    found = check_path(folder)
    assert {f.severity for f in found} <= {"warning", "note"}
    assert any("cannot be said" in f.rule for f in found)


def test_names_of_the_model_call_are_said_in_the_language_spoken() -> None:
    titles = [
        row["title"] for row in csv.DictReader(io.StringIO(model_call()["proposals.csv"].decode()))
    ]
    funders = [row[1] for row in FUNDERS]
    assert [said("proposal", title) for title in titles] == titles
    with speaking("sv"):
        named = [said("proposal", title) for title in titles]
        assert len({*named}) == len(titles)
        assert not {*named} & {*titles}
        assert said("call", TITLE) != TITLE
        assert said("funder", "Sweden, northern counties") == "Sverige, de norra länen"
        assert len({said("funder", name) for name in funders}) == len(funders)
        # Whatever else is called so stays as it is.
        assert said("proposal", "Safer ferries: for all") == "Safer ferries: for all"
        assert said("proposal", "Ours") == "Ours"
