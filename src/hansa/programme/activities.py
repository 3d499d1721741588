"""Activities of a call folder as subjects of rules, its ledger, and what its funds may pay.

Further tables of a call folder, each of them optional:

activities   activity, start, leader_named, evaluation_set and any further field
meetings     activity, date                 positions   activity, party, position
ledger       party, kind, level, amount, state, valuation, date, source
eligibility  fund, effect, party_kind, party_group, activity, cost, rate, from, to, source
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import cast

from hansa.errors import listed, refuse
from hansa.programme.call import Call
from hansa.programme.call_tables import Faults, Row, Shape, decimal, money, rows_of
from hansa.programme.contributions import (
    KINDS,
    LEVELS,
    STATES,
    Contributions,
    Entry,
    State,
    contributions,
)
from hansa.programme.eligibility import EFFECTS, Answer, Effect, Term
from hansa.programme.fund_terms import answer
from hansa.programme.governance import Result, Rule, Subject, apply_rules

ACTIVITIES = Shape(
    "activities", ("activity",),
    ("title", "start", "leader", "leader_named", "evaluation_set", "kind", "source"),
)  # fmt: skip
MEETINGS = Shape("meetings", ("activity", "date"), ("source",))
POSITIONS = Shape("positions", ("activity", "party", "position"), ("item", "date", "source"))
MEMBERS = Shape("members", ("activity", "partner", "country"), ("role", "from", "to", "source"))
LEDGER = Shape(
    "ledger", ("party", "kind", "amount"),
    ("level", "state", "valuation", "date", "source", "currency"),
)  # fmt: skip
TERMS = Shape(
    "eligibility", ("fund", "effect"),
    ("party_kind", "party_group", "activity", "cost", "rate", "from", "to", "source"),
)  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """One activity and what every rule says of it."""

    activity: str
    results: tuple[Result, ...]


def subjects(folder: Path, call: Call, on: str = "") -> tuple[Subject, ...]:
    """The activities of a call folder; without a table of them, its proposals.

    on  the day of the test: partners who left before it, or come after it, do not count
    """
    faults = Faults()
    tables = {
        shape.stem: rows_of(folder, shape, faults)
        for shape in (ACTIVITIES, MEETINGS, POSITIONS, MEMBERS)
    }
    refuse(faults.found, "the call")
    rows = tables["activities"]
    fields = (
        {r["activity"]: r.cells for r in rows}
        if rows is not None
        else {p.id: {"title": p.title} for p in call.proposals}
    )
    given = [{"party": f.id, "amount": str(f.cash), "gdp": _text(f.gdp)} for f in call.funders]
    return tuple(
        Subject(name, own, {**_tables(tables, call, name), "contributions": given}, on)
        for name, own in sorted(fields.items())
    )


def _text(number: Fraction | None) -> str:
    return "" if number is None else str(Decimal(number.numerator) / Decimal(number.denominator))


def _tables(
    tables: dict[str, list[Row] | None], call: Call, name: str
) -> dict[str, list[dict[str, str]]]:
    found = {}
    for stem in ("meetings", "positions"):
        rows = tables[stem]
        if rows is not None:
            found[stem] = [r.cells for r in rows if r["activity"] == name]
    members = tables["members"]
    if members is not None:
        found["partners"] = [r.cells for r in members if r["activity"] == name]
        return found
    own = next((p for p in call.proposals if p.id == name), None)
    if own is not None and own.partners:
        found["partners"] = [
            {"country": p.country, "role": p.role, "partner": p.organisation} for p in own.partners
        ]
    return found


def activities_tested(rules: Sequence[Rule], own: Sequence[Subject]) -> tuple[Tested, ...]:
    """Every rule on every activity."""
    return tuple(Tested(one.id, apply_rules(rules, one)) for one in own)


def read_ledger(folder: Path, call: Call) -> tuple[Entry, ...]:
    """The ledger of a call folder; without one, the pots of its funders as promised money."""
    faults = Faults()
    rows = rows_of(folder, LEDGER, faults)
    if rows is None:
        return tuple(
            Entry(f.id, kind, "national", amount, "promised")
            for f in call.funders
            for kind, amount in (("cash", f.cash), ("in-kind", f.in_kind))
            if amount
        )
    found = [entry for row in rows for entry in _entry(row, call, faults)]
    refuse(faults.found, "the ledger")
    return tuple(found)


def _entry(row: Row, call: Call, faults: Faults) -> Iterator[Entry]:
    state, level = row["state"] or "promised", row["level"] or "national"
    for name, value, known in (
        ("kind", row["kind"], KINDS), ("state", state, STATES), ("level", level, LEVELS),
    ):  # fmt: skip
        if value not in known:
            faults.add(row, f"the {name} is not known", repr(value), listed(known))
    if row["kind"] == "in-kind" and not row["valuation"]:
        faults.add(row, "in-kind money has no valuation", "", "how it was valued, with evidence")
    if row["currency"] not in ("", call.settings.currency):
        faults.add(row, "a second currency", row["currency"], call.settings.currency)
    amount = money(row, "amount", call.settings.smallest, faults)
    if amount is not None:
        yield Entry(row["party"], row["kind"], level, amount, cast(State, state),
                    row["valuation"], row["date"], row["source"])  # fmt: skip


def call_contributions(folder: Path, call: Call, budget: Decimal | None = None) -> Contributions:
    """GDP shares of the funders of a call against what they give.

    budget  what is to be paid by them; None: all that the ledger has from them
    """
    ledger = read_ledger(folder, call)
    parties = {f.id: f.gdp for f in call.funders}
    own = sum(e.amount for e in ledger if e.party in parties)
    return contributions(parties, ledger, own if budget is None else int(call.units(budget)))


def read_terms(folder: Path) -> tuple[Term, ...]:
    """What funds may pay, from eligibility.csv; none where there is no such table."""
    faults = Faults()
    found = []
    for row in rows_of(folder, TERMS, faults) or ():
        if row["effect"] not in EFFECTS:
            faults.add(row, "the effect is not known", repr(row["effect"]), listed(EFFECTS))
        rate = decimal(row, "rate", faults)
        if row["effect"] == "pays up to rate" and rate is None:
            faults.add(row, "the rate is missing", "", "a share of the cost, 0 to 1")
        found.append(Term(
            row["fund"], cast(Effect, row["effect"]), row["party_kind"], row["party_group"],
            row["activity"], row["cost"], None if rate is None else Fraction(rate),
            row["from"], row["to"], row["source"],
        ))  # fmt: skip
    refuse(faults.found, "the eligibility of funds")
    return tuple(found)


def eligible_asks(call: Call, terms: Sequence[Term]) -> dict[tuple[str, str], Answer]:
    """For every ask of a partner: may its funder pay it? By proposal and partner."""
    return {
        (p.id, one.organisation): answer(call, terms, p, one)
        for p in call.proposals
        for one in p.partners
        if one.ask
    }
