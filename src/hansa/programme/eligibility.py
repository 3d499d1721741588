"""What a fund may pay: rows of a table, all that match count, and none means cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Effect = Literal["pays", "pays up to rate", "doesn't pay"]
EFFECTS: tuple[Effect, ...] = ("pays", "pays up to rate", "doesn't pay")
FIELDS = ("party_kind", "party_group", "activity", "cost")


@dataclass(frozen=True)
class Term:
    """One row: what a fund does for a kind of party, activity and cost; empty: for any.

    party_group  EU, other, or the name of a country outside the EU
    activity     soft or hard
    rate         share of the cost, for `pays up to rate`
    """

    fund: str
    effect: Effect
    party_kind: str = ""
    party_group: str = ""
    activity: str = ""
    cost: str = ""
    rate: Fraction | None = None
    start: str = ""
    end: str = ""
    source: str = ""


@dataclass(frozen=True)
class Case:
    """What is asked: would the fund pay this? An empty field is not known."""

    fund: str
    party_kind: str = ""
    party_group: str = ""
    activity: str = ""
    cost: str = ""
    on: str = ""


@dataclass(frozen=True)
class Answer:
    """verdict, the highest rate (None: no limit said), the rows it rests on, what is missing."""

    verdict: Literal["pass", "fail", "cannot say"]
    rate: Fraction | None
    terms: tuple[Term, ...]
    missing: tuple[str, ...] = ()


def eligible(terms: Sequence[Term], case: Case) -> Answer:
    """Whether a fund pays: "doesn't pay" wins, then the lowest rate; no row: cannot say.

    A row that may match, were an unknown field known, makes the answer uncertain where it would
    change it (methods, 5).
    """
    own = [t for t in terms if t.fund == case.fund and _in_time(t, case.on)]
    sure = [t for t in own if not _unknown(t, case) and _fits(t, case)]
    maybe = [t for t in own if _unknown(t, case) and _fits(t, case)]
    refusing = tuple(t for t in sure if t.effect == "doesn't pay")
    if refusing:
        return Answer("fail", None, refusing)
    doubtful = [t for t in maybe if t.effect == "doesn't pay" or not sure]
    if doubtful or not sure:
        missing = sorted({name for t in doubtful for name in _unknown(t, case)})
        return Answer(
            "cannot say", None, tuple(doubtful), tuple(missing) or (f"a row for {case.fund}",)
        )
    rates = [t.rate for t in sure if t.effect == "pays up to rate" and t.rate is not None]
    return Answer("pass", min(rates, default=None), tuple(sure))


def _in_time(term: Term, on: str) -> bool:
    return not on or ((not term.start or term.start <= on) and (not term.end or on < term.end))


def _fits(term: Term, case: Case) -> bool:
    """Whether no known field speaks against the row."""
    pairs = ((getattr(term, f), getattr(case, f)) for f in FIELDS)
    return all(not wanted or not own or wanted == own for wanted, own in pairs)


def _unknown(term: Term, case: Case) -> tuple[str, ...]:
    """Fields that the row asks for and the case does not know; a dated row asks for the day."""
    own = tuple(f for f in FIELDS if getattr(term, f) and not getattr(case, f))
    return (*own, "on") if (term.start or term.end) and not case.on else own
