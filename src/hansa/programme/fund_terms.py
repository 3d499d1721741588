"""Whether funds may pay what is asked of them: rows of eligibility.csv on every ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hansa.errors import listed
from hansa.programme.call import Call, Partner, Proposal
from hansa.programme.eligibility import Answer, Case, Term, eligible


def groups_of(call: Call) -> dict[str, str]:
    """The group of each country: EU, or its own name; countries of no funder are not known."""
    return {f.country: "EU" if f.eu else f.country for f in call.funders if f.eu is not None}


def answer(call: Call, terms: Sequence[Term], p: Proposal, one: Partner) -> Answer:
    """Whether the funder that a partner asks may pay it, as far as the tables say."""
    group = groups_of(call).get(one.country, "")
    case = Case(one.funder, one.kind, group, p.activity, "", p.received[:10])
    found = eligible(terms, case)
    if found.verdict != "pass" or found.rate is None:
        return found
    if one.cost is None:
        return Answer("cannot say", found.rate, found.terms, ("cost",))
    if Fraction(one.ask) > found.rate * one.cost:
        return Answer("fail", found.rate, found.terms)
    return found


def by_terms(call: Call, terms: Sequence[Term]) -> Call:
    """The call with a verdict on every proposal whose partners ask for money.

    An ask that may not be paid: not eligible. One of which it cannot be said: ranked, and flagged.
    """
    if not terms:
        return call
    return replace(call, proposals=tuple(_judged(call, terms, p) for p in call.proposals))


def _judged(call: Call, terms: Sequence[Term], p: Proposal) -> Proposal:
    # Without a table of partners nothing is known of who asks.
    asking = p.partners or [Partner("a partner", "", "", f, ask) for f, ask in p.asks.items()]
    found = [(one, answer(call, terms, p, one)) for one in asking if one.ask]
    refused = [(o, a) for o, a in found if a.verdict == "fail"]
    if refused and p.eligible != "fail":
        one, why = refused[0]
        rate = "" if why.rate is None else f", more than {float(why.rate):.4g} of the cost"
        reason = f"eligibility: {one.funder} doesn't pay {one.organisation}{rate}"
        return replace(p, eligible="fail", reason=reason)
    unsure = [(o, a) for o, a in found if a.verdict == "cannot say"]
    if unsure and p.eligible == "pass":
        one, why = unsure[0]
        reason = f"eligibility: {one.funder} for {one.organisation}, missing {listed(why.missing)}"
        return replace(p, eligible="cannot say", reason=reason)
    return p
