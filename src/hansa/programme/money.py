"""What more money would buy: for each giver, the least amount that changes the decision."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from hansa.programme.contest import Contest, Rule
from hansa.programme.contest_model import ContestModel
from hansa.programme.decide import Decision, Funded, Wishes, decide, head_of
from hansa.programme.laboratory import Outcome
from hansa.programme.pots import Demand, Pots
from hansa.programme.prices import COMMON, TOP_UP, raised

RESOLVED = 1e7
"""Largest ask, in smallest units, up to which the solver's tolerance is far below one unit."""

Why = Literal["", "another pot", "limit", "steps", "time"]


@dataclass(frozen=True)
class Rung:
    """What one amount buys.

    amount  least new money of the giver, in smallest units
    joined  funded with it and not today; dropped: funded today and not with it
    """

    amount: int
    joined: tuple[str, ...]
    dropped: tuple[str, ...]
    funded: int
    worth: int


@dataclass(frozen=True)
class Ladder:
    """Amounts of one giver alone, rising, each the least that changes the decision again.

    giver   a funder, the top-up (mixed) or the common pot (real)
    why     why there are no further rungs; empty: no money of anybody would buy more
    proven  every amount is the least; no: time was up
    """

    giver: str
    rungs: tuple[Rung, ...]
    why: Why
    proven: bool = True


def ladders(outcome: Outcome, steps: int = 0, seconds: float = 5.0) -> tuple[Ladder, ...]:
    """What more money of each giver would buy.

    steps    most rungs a giver; 0: all under `strict`, one under other rules, which are solved anew
    seconds  for all searches of one giver
    Under other rules than `strict` a decision changes where the set becomes better: a longer head
    (depth first), or more value.
    """
    pots = outcome.contest.pots
    common = {"virtual": (), "mixed": (TOP_UP,), "real": (COMMON,)}[pots.mode]
    givers = common if pots.mode == "real" else (*pots.funders, *common)
    if outcome.rule == "strict":
        return tuple(_heads(outcome, giver, steps) for giver in givers)
    return tuple(_Search(outcome, giver, steps or 1, seconds).ladder() for giver in givers)


def with_new(pots: Pots, giver: str, amount: int) -> Pots:
    """The pots with new money of a giver."""
    if giver in (TOP_UP, COMMON):
        return replace(pots, top_up=pots.top_up + amount)
    return raised(pots, [amount if f == giver else 0 for f in pots.funders])


def least(pots: Pots, giver: str, demand: Demand) -> int | None:
    """The least new money of one giver, in whole units, with which a demand can be paid.

    None where no amount of it does, because another pot is short.
    """
    if pots.mode == "real":
        return max(0, sum(demand) - pots.common)
    if giver == TOP_UP:
        return _least_top_up(pots, demand)
    at, needs = pots.funders.index(giver), pots.needs(demand)
    others = [need for c, need in enumerate(needs) if c != at]
    caps = [cap for c, cap in enumerate(pots.caps) if c != at]
    left = pots.gap - sum(others)
    if left < 0 or any(need > cap for need, cap in zip(others, caps, strict=True)):
        return None
    return max(0, ceil(demand[at] - pots.own[at] - min(pots.caps[at], left)))


def _least_top_up(pots: Pots, demand: Demand) -> int | None:
    """By halving: a demand that a top-up pays is paid by every larger one."""
    for c, asked in enumerate(demand):
        short = asked - pots.cash[c]
        cap = pots.gap_cap[c] if pots.gap_cap else None
        by_gap = pots.gap_share > 0 and (cap is None or cap >= short)
        by_key = pots.gap_share < 1 and pots.key[c] > 0
        if short > 0 and not by_gap and not by_key:
            return None
    low, high = -1, 0
    while not with_new(pots, TOP_UP, high).pays(demand):
        low, high = high, max(1, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        if with_new(pots, TOP_UP, middle).pays(demand):
            high = middle
        else:
            low = middle
    return high


def _rung(outcome: Outcome, funded: Funded, amount: int) -> Rung:
    names, today = outcome.contest.proposals, outcome.decision.funded or ()
    pairs = list(zip(names, today, funded, strict=True))
    return Rung(
        amount,
        tuple(name for name, before, after in pairs if after and not before),
        tuple(name for name, before, after in pairs if before and not after),
        sum(funded),
        outcome.contest.worth(funded),
    )


def _heads(outcome: Outcome, giver: str, steps: int) -> Ladder:
    """Under `strict`, exact: the amounts at which the next heads of the list can be paid."""
    contest, found = outcome.contest, list[Rung]()
    why: Why = ""
    today = outcome.decision.funded or ()
    for length in range(contest.head(today) + 1, len(contest.open) + 1):
        funded = head_of(contest, length)
        if not all(limit.holds(funded) for limit in contest.limits):
            why = "limit"
            continue
        amount = least(contest.pots, giver, contest.demand(funded))
        if amount is None:
            why = "another pot"
            break
        if found and found[-1].amount == amount:
            found.pop()
        elif steps and len(found) == steps:
            why = "steps"
            break
        found.append(_rung(outcome, funded, amount))
        why = ""
    return Ladder(giver, tuple(found), why)


class _Search:
    """The rungs of one giver under a rule that has to be solved."""

    def __init__(self, outcome: Outcome, giver: str, steps: int, seconds: float) -> None:
        self.outcome, self.giver, self.steps = outcome, giver, steps
        self.until = time.monotonic() + seconds
        self.proven = outcome.decision.ended == "optimal"

    def ladder(self) -> Ladder:
        """Rung by rung; each begins at the decision of the one before."""
        funded, found = self.outcome.decision.funded or (), list[Rung]()
        while len(found) < self.steps:
            reached = self._next(funded)
            if isinstance(reached, str):
                return Ladder(self.giver, tuple(found), reached, self.proven)
            amount, funded = reached
            found.append(_rung(self.outcome, funded, amount))
        return Ladder(self.giver, tuple(found), "steps", self.proven)

    def _next(self, funded: Funded) -> tuple[int, Funded] | Why:
        options = [amount for amount in self._better(funded) if amount is not None]
        if not options:
            return self._end(funded)
        amount, decision = min(options), None
        while amount:
            decision = self._decided(amount)
            # Beyond the solver's digits one unit less is tried: it must not do.
            less = None if self._resolved() else self._decided(amount - 1)
            if less is None or self._standing(less) <= self._standing(funded):
                break
            amount = self._amount(less) or 0
        # Nothing new is needed where the search for the decision itself was cut short.
        return "time" if decision is None else (amount, decision)

    def _end(self, funded: Funded) -> Why:
        contest = self.outcome.contest
        if time.monotonic() >= self.until:
            self.proven = False
            return "time"
        every = tuple(fixed is not False for fixed in contest.decided)
        if contest.worth(every) == contest.worth(funded) and not self._deep():
            return ""
        if every == funded:
            return ""
        return "another pot" if all(limit.holds(every) for limit in contest.limits) else "limit"

    def _standing(self, funded: Funded) -> tuple[int, int]:
        contest = self.outcome.contest
        return (contest.head(funded) if self._deep() else 0, contest.worth(funded))

    def _deep(self) -> bool:
        return self.outcome.call.settings.depth_first

    def _amount(self, funded: Funded) -> int | None:
        contest = self.outcome.contest
        return least(contest.pots, self.giver, contest.demand(funded))

    def _resolved(self) -> bool:
        return max((1, *(a for asks in self.outcome.contest.asks for a in asks))) <= RESOLVED

    def _decided(self, amount: int) -> Funded | None:
        contest = self.outcome.contest
        richer = replace(contest, pots=with_new(contest.pots, self.giver, amount))
        left = max(0.1, self.until - time.monotonic())
        found: Decision = decide(richer, self.outcome.rule, Wishes(self._deep(), left))
        self.proven = self.proven and found.ended == "optimal"
        return found.funded

    def _better(self, funded: Funded) -> Iterator[int | None]:
        """Least amounts for a set that is better: a longer head, or more value with as long one."""
        contest = self.outcome.contest
        head = contest.head(funded) if self._deep() else 0
        if self._deep() and head < len(contest.open):
            yield self._least(contest.open[: head + 1], None)
        yield self._least(contest.open[:head], contest.worth(funded) + 1)

    def _least(self, inside: tuple[int, ...], worth: int | None) -> int | None:
        contest, rule = self.outcome.contest, self.outcome.rule
        model = ContestModel(contest, rule, self.until, self.giver)
        model.fund(inside)
        if worth is not None:
            if worth > sum(contest.value):
                return None
            model.keep_worth(worth)
        while True:
            whole = model.greatest(model.least_new)
            if whole.ended == "time":
                self.proven = False
            if whole.point is None:
                return None
            funded = model.funded(whole.point)
            if _keeps(contest, rule, funded) and (worth is None or contest.worth(funded) >= worth):
                amount = self._amount(funded)
                if amount is not None:
                    return amount
            model.exclude(funded)


def _keeps(contest: Contest, rule: Rule, funded: Funded) -> bool:
    """Whether a choice keeps everything but the pots."""
    kept = all(f is None or f == yes for f, yes in zip(contest.decided, funded, strict=True))
    limits = all(limit.holds(funded) for limit in contest.limits)
    return kept and limits and contest.in_order(funded, rule)
