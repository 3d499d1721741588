"""Contributions by GDP: exact shares, and what a missing number does to them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programme.test_call_broken import PARTNERS, folder

from hansa.errors import HansaError
from hansa.programme.activities import activities_tested, call_contributions, subjects
from hansa.programme.call_reading import read_call
from hansa.programme.contributions import Entry, contributions
from hansa.programme.governance import read_rules

gdps = st.dictionaries(
    st.sampled_from("ABCDEFG"), st.integers(1, 10**7).map(Fraction), min_size=1, max_size=7
)


@given(gdps, st.integers(0, 10**9))
def test_expected_amounts_add_up_and_shares_know_no_unit(gdp, budget):
    found = contributions(gdp, [], budget)
    assert sum(s.expected for s in found.shares) == budget
    assert sum(s.share for s in found.shares) == 1
    assert all(abs(s.expected - s.share * budget) < 1 for s in found.shares)
    scaled = contributions({p: 1000 * g for p, g in gdp.items()}, [], budget)
    assert [s.share for s in scaled.shares] == [s.share for s in found.shares]


def test_one_missing_number_leaves_no_share_and_is_named():
    found = contributions(
        {"A": Fraction(3), "B": None}, [Entry("A", "cash", "national", 5, "paid")], 9
    )
    assert found.missing == ("B",)
    assert all(s.share is None and s.expected is None for s in found.shares)
    assert found.shares[0].cash == 5


def test_a_table_by_hand():
    """GDP 3 and 1: shares 3/4 and 1/4; A gives 40 of 100, so 35 points less than its share."""
    ledger = [
        Entry("A", "cash", "national", 30, "signed"),
        Entry("A", "in-kind", "regional", 10, "promised", "hours at cost"),
        Entry("B", "cash", "national", 60, "paid"),
        Entry("EU", "cash", "EU", 100, "signed"),
    ]
    found = contributions({"A": Fraction(3), "B": Fraction(1)}, ledger, 101)
    a, b = found.shares
    assert (a.expected, b.expected) == (76, 25)
    assert (a.deviation, b.deviation) == (Fraction(-7, 20), Fraction(7, 20))
    assert a.cash_share == Fraction(3, 4)
    assert found.leverage == Fraction(200, 101)
    paid = contributions({"A": Fraction(3), "B": Fraction(1)}, ledger, 101, ("paid",))
    assert (paid.shares[0].total, paid.shares[1].total) == (0, 60)


def test_of_a_call_folder(tmp_path):
    own = folder(tmp_path, partners__csv=PARTNERS)
    call = read_call(own)
    assert [s.share for s in call_contributions(own, call).shares] == [
        Fraction(3, 8),
        Fraction(5, 8),
    ]
    (own / "ledger.csv").write_text("party,kind,amount,state,valuation\nDK,in-kind,7,signed,\n")
    with pytest.raises(HansaError) as refused:
        call_contributions(own, call)
    assert "in-kind money has no valuation" in str(refused.value)
    assert "row 2" in str(refused.value)


def test_activities_are_tested_on_a_day(tmp_path):
    own = folder(
        tmp_path,
        activities__csv="activity,start,leader_named,evaluation_set\nX,2026-03-01,2026-02-01,\n",
        members__csv="activity,partner,country,role,from,to\n"
        "X,Firm,DK,leader,2026-03-01,\nX,Lab,SE,participant,2026-03-01,2026-06-01\n"
        "X,Mill,FI,participant,2026-03-01,\n",
        meetings__csv="activity,date\nX,2026-03-01\nX,2026-12-01\n",
    )
    call = read_call(own)

    def verdicts(on: str) -> dict[str, str]:
        (tested,) = activities_tested(read_rules(), subjects(own, call, on))
        return {r.rule.id[0] + r.rule.id[1:4]: r.verdict for r in tested.results}

    assert verdicts("2026-05-01")["1-th"] == "pass"
    assert verdicts("2026-06-01")["1-th"] == "fail"
    found = verdicts("2026-05-01")
    assert (found["3-le"], found["4-me"], found["5-ev"]) == ("pass", "fail", "cannot say")
