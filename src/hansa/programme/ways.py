"""The three ways out of a blocked proposal: a funder raises, a partner pays, a partner leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hansa.language import N_, _
from hansa.programme.call import Call
from hansa.programme.contest import Contest
from hansa.programme.laboratory import Outcome
from hansa.programme.prices import COMMON
from hansa.programme.reasons import groups_before

Kind = Literal["raise", "pay", "leave"]
KINDS: dict[Kind, str] = {
    "raise": N_("The funder raises its pot"),
    "pay": N_("The partner pays its own way"),
    "leave": N_("The partner leaves"),
}


@dataclass(frozen=True)
class Way:
    """One way out.

    who       funders that raise, or the funder whose partners pay or leave
    amount    what it takes, in smallest units; None: nothing has to be paid
    possible  whether the proposal can then be paid, with all that the ranking puts before it
    countries countries that are left; needed: what the call asks for
    leader    its leader would be among those who leave: then nobody leads it
    partners  whether enough partners are left, where the call asks for a number
    """

    kind: Kind
    who: tuple[str, ...]
    amount: int | None
    possible: bool
    countries: int
    needed: int
    leader: bool = False
    partners: bool = True


@dataclass(frozen=True)
class WayText:
    """A way in words."""

    kind_text: str
    who: str
    amount: int | None
    possible: bool
    note: str


@dataclass(frozen=True)
class Ways:
    """Every way out of one proposal."""

    proposal: str
    ways: tuple[Way, ...]

    def texts(self) -> Iterator[WayText]:
        """Each way in words."""
        for way in self.ways:
            note = ""
            if way.kind == "leave":
                note = _(
                    "{countries} countries are left, {needed} are needed",
                    countries=way.countries, needed=way.needed,
                )  # fmt: skip
                if way.leader:
                    note = _("{note}; its leader would leave", note=note)
                elif not way.partners:
                    note = _("{note}; too few partners are left", note=note)
                elif way.countries >= way.needed and not way.possible:
                    note = _("{note}; another pot is short too", note=note)
            elif not way.possible:
                note = _("another pot is short too")
            yield WayText(_(KINDS[way.kind]), ", ".join(way.who), way.amount, way.possible, note)


def ways_out(outcome: Outcome, proposal: str) -> Ways:
    """What would bring in a proposal that is not funded, keeping all that are.

    A way is tried with the proposal, the funded ones and those that the ranking rule puts before
    it; where several pots are short, paying or leaving is told for each alone and for all.
    """
    why, contest = outcome.reasons[proposal], outcome.contest
    p = contest.proposals.index(proposal)
    if why.least is None:
        return Ways(proposal, ())
    short = why.least.named(contest.pots.funders)
    if contest.pots.mode == "real":
        return Ways(proposal, (_raise(outcome, proposal, (COMMON,), why.least.total),))
    asked = [f for f in short if contest.asks[p][contest.pots.funders.index(f)]]
    found = [_raise(outcome, proposal, short, why.least.total)]
    for who in [(f,) for f in asked] + ([tuple(asked)] if len(asked) > 1 else []):
        found += [_without(outcome, p, who, kind) for kind in ("pay", "leave")]
    return Ways(proposal, tuple(found))


def _raise(outcome: Outcome, proposal: str, who: tuple[str, ...], amount: int) -> Way:
    needed = outcome.call.settings.min_countries
    countries = _countries(outcome.call, proposal, ())
    return Way("raise", who, amount, True, countries, needed)


def _without(outcome: Outcome, p: int, who: tuple[str, ...], kind: Kind) -> Way:
    contest, call = outcome.contest, outcome.call
    places = [contest.pots.funders.index(f) for f in who]
    amount = sum(contest.asks[p][c] for c in places)
    own = tuple(0 if c in places else ask for c, ask in enumerate(contest.asks[p]))
    asks = tuple(own if q == p else asked for q, asked in enumerate(contest.asks))
    changed = replace(contest, asks=asks)
    name = contest.proposals[p]
    gone = who if kind == "leave" else ()
    countries = _countries(call, name, gone)
    needed = call.settings.min_countries
    leader, enough = _left(call, name, gone)
    possible = _payable(changed, outcome, p) and (
        kind == "pay" or (countries >= needed and enough and not leader)
    )
    paid = amount if kind == "pay" else None
    return Way(kind, who, paid, possible, countries, needed, leader, enough)


def _payable(contest: Contest, outcome: Outcome, p: int) -> bool:
    assert outcome.decision.funded is not None
    needed = groups_before(contest, outcome.rule, outcome.decision.funded, p)
    return contest.pots.pays(contest.demand(needed))


def _countries(call: Call, proposal: str, gone: tuple[str, ...]) -> int:
    """Countries of a proposal once the partners that ask some funders have left."""
    own = next(p for p in call.proposals if p.id == proposal)
    of_funder = {f.id: f.country for f in call.funders}
    left = replace(
        own,
        partners=tuple(p for p in own.partners if p.funder not in gone or not p.ask),
        asks={f: ask for f, ask in own.asks.items() if f not in gone},
    )
    return len(left.countries(of_funder))


def _left(call: Call, proposal: str, gone: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether the leader leaves, and whether enough partners stay."""
    own = next(p for p in call.proposals if p.id == proposal)
    leaving = [p for p in own.partners if p.ask and p.funder in gone]
    staying = own.taking_part() - sum(p.role != "associate" for p in leaving)
    return any(p.role == "leader" for p in leaving), staying >= call.settings.min_partners
