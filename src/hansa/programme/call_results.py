"""What a decided call is written as: name -> columns, and the record that can be replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hansa.programme.activities import Tested
from hansa.programme.call import Call
from hansa.programme.call_settings import FILE
from hansa.programme.call_tables import ENDINGS
from hansa.programme.contributions import Contributions
from hansa.programme.laboratory import Outcome, PotRow, as_skipped, pot_rows, top_up_left
from hansa.programme.losses import blockers
from hansa.programme.money import Ladder, Rung
from hansa.programme.prices import TOP_UP, Step
from hansa.programme.robustness import LeftOut

Columns = dict[str, list[Any]]
TABLES = ("funders", "proposals", "reviews", "asks", "partners", "rules", "eligibility",
          "ledger", "activities", "members", "meetings", "positions")  # fmt: skip
"""Tables that a call folder may have."""


def decision_table(outcome: Outcome) -> Columns:
    """One row a proposal: rank, funded, main reason, the pots that block, the money it lacks."""
    call, funders = outcome.call, outcome.contest.pots.funders
    chosen = set(outcome.funded)
    out: Columns = {
        name: []
        for name in ("proposal", "rank", "funded", "reason", "blocking", "lack", "least", "score",
                     "before", "passed_over_by", "title")
    }  # fmt: skip
    for place in outcome.places:
        own = outcome.reasons.get(place.proposal.id)
        reason: str = own.main if own else "" if place.proposal.id in chosen else place.status
        if own is None and place.reason:
            reason = f"{reason}: {place.reason}".strip(": ")
        row = (
            place.proposal.id,
            place.rank or None,
            "yes" if place.proposal.id in chosen else "no",
            reason,
            ";".join(own.lack.named(funders)) if own else "",
            _money(call, own.lack.total) if own else None,
            _money(call, own.least.total) if own and own.least else None,
            None if place.score is None else _score(call, place.score),
            own.before if own else "",
            ";".join(outcome.passed.get(place.proposal.id, ())),
            place.proposal.title,
        )
        for name, value in zip(out, row, strict=True):
            out[name].append(value)
    return out


def price_table(call: Call, steps: Sequence[Step], funders: Sequence[str]) -> Columns:
    """One row a rank: what it costs to fund down to it, and which pots it goes to."""
    out: Columns = {
        "rank": [s.rank for s in steps],
        "proposal": [s.proposal for s in steps],
        "price": [_money(call, s.price.total) for s in steps],
    }
    for c, funder in enumerate(funders):
        out[funder] = [_money(call, s.price.extra[c]) for s in steps]
    out["blocks"] = [";".join(s.blocks) for s in steps]
    out["idle"] = [_money(call, s.idle) for s in steps]
    return out


def pots_table(outcome: Outcome) -> Columns:
    """One row a pot: available, gap money, used, idle.

    The top-up has a row of its own, after the funders: what is in no pot, and what stays idle.
    """
    rows, call = list(pot_rows(outcome)), outcome.call
    if call.settings.top_up and outcome.mode != "real":
        idle = top_up_left(outcome)
        rows.append(PotRow(TOP_UP, idle + sum(r.gap for r in rows), 0, 0, idle))
    return {
        "funder": [r.funder for r in rows],
        **{
            name: [_money(call, getattr(r, name)) for r in rows]
            for name in ("available", "gap", "used", "idle")
        },
    }


COMPARED = ("mode", "rule", "funded", "value", "bound", "ended", "equally_good", "money", "gap",
            "idle", "passed_over", "countries", "crossing", "unevenness", "proposals",
            "top_up_idle", "lost_to_pot", "blocks_most")  # fmt: skip


def comparison_table(outcomes: Sequence[Outcome]) -> Columns:
    """One row a mode and rule: who is funded, what it is worth, what it takes.

    After the rules of a mode comes `skip`: down the list, whatever still fits. It is a procedure,
    not an optimum. lost_to_pot: proposals not funded that the row `real` of the same rule funds;
    empty where that row is not there.
    """
    common = {o.rule: set(o.funded) for o in outcomes if o.mode == "real"}
    out: Columns = {name: [] for name in COMPARED}
    for i, o in enumerate(outcomes):
        _compared(out, o, common.get(o.rule))
        if i + 1 == len(outcomes) or outcomes[i + 1].mode != o.mode:
            _compared(out, as_skipped(o), None, "skip")
    return out


def _compared(out: Columns, o: Outcome, common: set[str] | None, procedure: str = "") -> None:
    pots, call = pot_rows(o), o.call
    funded = o.decision.funded or ()
    own, most = o.crossing.countries, blockers(o)
    row = (
        o.mode, procedure or o.rule, len(o.funded), _worth(call, o.contest.worth(funded)),
        None if procedure else _worth(call, o.decision.bound),
        "procedure" if procedure else o.decision.ended,
        None if procedure else o.decision.equal,
        _money(call, sum(o.contest.demand(funded))),
        _money(call, sum(r.gap for r in pots)),
        _money(call, sum(r.idle for r in pots)),
        len(o.passed), sum(own) / len(own) if own else None,
        _money(call, o.crossing.crossing), o.crossing.unevenness, ";".join(o.funded),
        _money(call, top_up_left(o)),
        None if common is None else len(common - set(o.funded)),
        most[0].funder if most else "",
    )  # fmt: skip
    for name, value in zip(COMPARED, row, strict=True):
        out[name].append(value)


def money_table(outcome: Outcome, found: Sequence[Ladder]) -> Columns:
    """One row a giver and amount: who comes in, who drops out, and why it ends there.

    joined, dropped  against the amount before; for the first against the decision
    """
    call = outcome.call
    rows: list[tuple[Any, ...]] = []
    for ladder in found:
        for rung in _step_by_step(ladder.rungs):
            rows.append((
                ladder.giver, _money(call, rung.amount), ";".join(rung.joined),
                ";".join(rung.dropped), rung.funded, _worth(call, rung.worth),
                "yes" if ladder.proven else "no", "",
            ))  # fmt: skip
        end = ladder.why or "nothing more to buy"
        rows.append((ladder.giver, None, "", "", None, None, "", end))
    names = ("giver", "amount", "joined", "dropped", "funded", "value", "proven", "ends")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _step_by_step(rungs: Sequence[Rung]) -> Iterator[Rung]:
    joined: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    for rung in rungs:
        new = *_less(rung.joined, joined), *_less(dropped, rung.dropped)
        gone = *_less(rung.dropped, dropped), *_less(joined, rung.joined)
        yield replace(rung, joined=new, dropped=gone)
        joined, dropped = rung.joined, rung.dropped


def _less(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(p for p in one if p not in other)


def reviewers_table(left: Sequence[LeftOut]) -> Columns:
    """One row a reviewer: what changes without that reviewer."""
    return {
        "reviewer": [one.reviewer for one in left],
        "scores": [one.reviews for one in left],
        "joined": [";".join(one.joined) for one in left],
        "dropped": [";".join(one.dropped) for one in left],
        "kept": [";".join(one.kept) for one in left],
        "proven": ["yes" if one.proven else "no" for one in left],
        "note": [one.note for one in left],
    }


def contributions_table(call: Call, found: Contributions) -> Columns:
    """One row a party: GDP share, expected, cash, in-kind, total, deviation, cash share."""

    def share(value: Fraction | None) -> Decimal | None:
        return None if value is None else round(Decimal(float(value)), 4)

    rows = found.shares
    return {
        "party": [r.party for r in rows],
        "gdp_share": [share(r.share) for r in rows],
        "expected": [None if r.expected is None else _money(call, r.expected) for r in rows],
        "cash": [_money(call, r.cash) for r in rows],
        "in_kind": [_money(call, r.in_kind) for r in rows],
        "total": [_money(call, r.total) for r in rows],
        "deviation": [share(r.deviation) for r in rows],
        "cash_share": [share(r.cash_share) for r in rows],
    }


def rules_table(tested: Sequence[Tested]) -> Columns:
    """One row an activity and rule: the verdict, what was found, what is missing."""
    rows = [(one.activity, r) for one in tested for r in one.results]
    return {
        "activity": [name for name, _ in rows],
        "rule": [r.rule.id for _, r in rows],
        "verdict": [r.verdict for _, r in rows],
        "found": [r.found for _, r in rows],
        "missing": ["; ".join(r.missing) for _, r in rows],
    }


def record(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """What is needed to recompute the decision bit for bit: hash of the figures, mode, rule, seed.

    The tool computes and records; people decide. `decided` stays empty until they do.
    """
    s = outcome.call.settings
    return {
        "format": 1,
        "call": s.id,
        "title": s.title,
        "model_data": s.model_data,
        "inputs": inputs(folder),
        "mode": outcome.mode,
        "ranking": outcome.rule,
        "top_up": f"{outcome.call.written(outcome.call.units(s.top_up)):f}",
        "gap_share": str(Fraction(s.gap_share)),
        "seed": s.seed,
        "ended": outcome.decision.ended,
        "value": str(_worth(outcome.call, outcome.contest.worth(outcome.decision.funded or ()))),
        "bound": str(_worth(outcome.call, outcome.decision.bound)),
        "equally_good": outcome.decision.equal,
        "funded": list(outcome.funded),
        "decision": digest(outcome),
        "fixed": [f.model_dump() for f in s.fixed],
        "decided": {"by": "", "date": "", "note": ""},
    }


def digest(outcome: Outcome) -> str:
    """SHA-256 of the decision table: every rank, reason and amount in it."""
    text = json.dumps(decision_table(outcome), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def inputs(folder: Path) -> dict[str, str]:
    """SHA-256 of each file that a call is made of, by name."""
    paths = [folder / FILE, *(folder / f"{s}{e}" for s in TABLES for e in ENDINGS)]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


def record_bytes(content: dict[str, Any]) -> bytes:
    """The record as JSON, the same for the same decision."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _money(call: Call, units: int) -> Decimal:
    return call.written(units)


def _worth(call: Call, worth: int) -> Decimal:
    """A sum of values as people know them: of scores, of proposals, or of money."""
    if call.settings.value == "ask":
        return _money(call, worth)
    return _score(call, worth) if call.settings.value == "score" else Decimal(worth)


def _score(call: Call, units: int) -> Decimal:
    return Decimal(units).scaleb(-call.settings.score_digits)
