"""What each party gets back for what it puts in, and how much money crosses a border."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hansa.programme.call import Call
from hansa.programme.contest import Contest
from hansa.programme.prices import price_list


@dataclass(frozen=True)
class Return:
    """One funder: cash put in, money that its partners receive, both in smallest units."""

    funder: str
    put_in: int
    received: int

    @property
    def ratio(self) -> Fraction | None:
        """Received for each unit put in; None where nothing is put in."""
        return Fraction(self.received, self.put_in) if self.put_in else None


@dataclass(frozen=True)
class Crossing:
    """How transnational a decision is.

    crossing   money that partners receive beyond what their own funder put in
    countries  countries of each funded proposal, in rank order
    unevenness Gini coefficient of the returns, weighted by what is put in: 0 is even
    """

    crossing: int
    countries: tuple[int, ...]
    unevenness: float | None


def returns(contest: Contest, funded: Sequence[bool]) -> tuple[Return, ...]:
    """Each funder's cash and what its partners receive."""
    used = contest.demand(funded)
    return tuple(
        Return(f, cash, got)
        for f, cash, got in zip(contest.pots.funders, contest.pots.cash, used, strict=True)
    )


def crossing(call: Call, contest: Contest, funded: Sequence[bool]) -> Crossing:
    """Money over borders, countries of the funded proposals, evenness of return."""
    rows = returns(contest, funded)
    beyond = sum(max(0, r.received - r.put_in) for r in rows)
    of_funder = {f.id: f.country for f in call.funders}
    own = {p.id: len(p.countries(of_funder)) for p in call.proposals}
    chosen = [own[p] for p, yes in zip(contest.proposals, funded, strict=True) if yes]
    return Crossing(beyond, tuple(chosen), gini(rows))


def gini(rows: Sequence[Return]) -> float | None:
    """Gini coefficient of the returns per unit put in; None where nothing is put in or received.

    Lerman and Yitzhaki (1989), eq. 3: twice the area between the line of equality and the Lorenz
    curve of parties ordered by return, each weighted by what it puts in.
    """
    own = sorted((r for r in rows if r.put_in), key=lambda r: (r.ratio, r.funder))
    put_in, received = sum(r.put_in for r in own), sum(r.received for r in own)
    if not put_in or not received:
        return None
    area, reached = Fraction(0), Fraction(0)
    for r in own:
        after = reached + Fraction(r.received, received)
        area += Fraction(r.put_in, put_in) * (reached + after) / 2
        reached = after
    return float(1 - 2 * area)


def blocking(contest: Contest) -> Counter[str]:
    """How many heads of the list each funder's pot stops: who blocks most."""
    counts: Counter[str] = Counter()
    for step in price_list(contest):
        counts.update(step.blocks)
    return counts
