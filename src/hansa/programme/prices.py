"""The price list of a ranking, and what demand means before there is a ranking at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hansa.programme.contest import Contest
from hansa.programme.pots import Pots, Price, price


@dataclass(frozen=True)
class Step:
    """What it takes to fund the first `rank` proposals.

    price   least new money; `blocks`: the funders whose pots need it, most first
    idle    money that is left over in the other pots
    """

    rank: int
    proposal: str
    price: Price
    blocks: tuple[str, ...]
    idle: int


def price_list(contest: Contest) -> tuple[Step, ...]:
    """The least new money for every head of the list, from the first proposal to the last.

    Each head is the first k ranked proposals, whatever the meeting decided: the price of the
    ranking itself. It never falls with k.
    """
    demand = [0] * len(contest.pots.funders)
    steps = []
    for rank, (name, asks) in enumerate(zip(contest.proposals, contest.asks, strict=True), 1):
        demand = [sum(pair) for pair in zip(demand, asks, strict=True)]
        found = price(contest.pots, demand)
        blocks = found.named(contest.pots.funders)
        if contest.pots.mode == "real" and found.total:
            blocks = (COMMON,)
        steps.append(Step(rank, name, found, blocks, idle(contest.pots, demand)))
    return tuple(steps)


COMMON = "common pot"
"""What blocks where all money is one."""
TOP_UP = "top-up"
"""The giver of common money in mixed mode."""


def idle(pots: Pots, demand: Sequence[int]) -> int:
    """Whole units left over in pots that a demand does not use up; gap money apart."""
    if pots.mode == "real":
        return max(0, pots.common - sum(demand))
    left = (max(0, int(own - asked)) for own, asked in zip(pots.own, demand, strict=True))
    return sum(left)


def raised(pots: Pots, extra: Sequence[int]) -> Pots:
    """The same pots with new money in them."""
    cash = tuple(own + more for own, more in zip(pots.cash, extra, strict=True))
    return replace(pots, cash=cash)


@dataclass(frozen=True)
class Pressure:
    """How much is asked of one funder; `cap`: on single asks, so that all fit; None: all fit."""

    funder: str
    pot: int
    asked: int
    asks: int
    cap: int | None


def pressure(contest: Contest) -> tuple[Pressure, ...]:
    """Demand over pot of every funder, before anybody is ranked; cash pots alone."""
    rows = []
    for c, (funder, pot) in enumerate(zip(contest.pots.funders, contest.pots.cash, strict=True)):
        asks = [own[c] for own in contest.asks if own[c]]
        rows.append(Pressure(funder, pot, sum(asks), len(asks), clearing_cap(asks, pot)))
    return tuple(rows)


def clearing_cap(asks: Sequence[int], pot: int) -> int | None:
    """The highest cap on single asks at which all of them together fit into a pot.

    None where they fit without one. With it each ask is paid up to the cap (water filling).
    """
    if sum(asks) <= pot:
        return None
    left, ordered = pot, sorted(asks)
    for i, ask in enumerate(ordered):
        share = left // (len(ordered) - i)
        if ask > share:
            return share
        left -= ask
    raise AssertionError("asks above the pot have a cap")
