"""A call as a value: funders, proposals with their asks, reviews, and the rules agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from hansa.programme.call_settings import CallSettings

Verdict = Literal["pass", "fail", "cannot say"]


@dataclass(frozen=True)
class Funder:
    """One purse.

    cash, in_kind  pots in smallest units; in-kind money never fills a cash pot
    gdp       of the party, in any unit that is the same for all; None: not known
    eu        member of the EU; None: not known
    gap_cap   most gap money; None: no limit
    key       weight in the top-up
    deadline  day or time after which it takes no asks; empty: that of the call
    """

    id: str
    name: str
    country: str
    cash: int
    in_kind: int = 0
    gdp: Fraction | None = None
    eu: bool | None = None
    gap_cap: int | None = None
    key: Fraction = Fraction(0)
    deadline: str = ""


@dataclass(frozen=True)
class Partner:
    """One partner of a proposal; amounts in smallest units, `ask` to `funder`.

    kind  of organisation, as eligibility.csv has it
    late  what it does where the proposal is late for its funder: pays or leaves; empty: not said
    """

    organisation: str
    country: str
    role: str
    funder: str
    ask: int
    cost: int | None = None
    own: int | None = None
    kind: str = ""
    late: str = ""


@dataclass(frozen=True)
class Proposal:
    """One proposal.

    score     given, where there are no reviews; low and high: its interval, where one is given
    eligible  verdict of checks outside, with its reason
    asks      to each funder asked, in smallest units
    activity  soft or hard, as eligibility.csv has it
    changed   partners that pay or leave because it was late for their funder
    """

    id: str
    title: str
    asks: dict[str, int]
    partners: tuple[Partner, ...] = ()
    score: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    lead: str = ""
    module: str = ""
    received: str = ""
    eligible: Verdict = "pass"
    reason: str = ""
    activity: str = ""
    changed: tuple[str, ...] = ()

    def countries(self, of_funder: dict[str, str]) -> frozenset[str]:
        """Countries taking part: those of partners but associates, else of the funders asked."""
        if self.partners:
            return frozenset(p.country for p in self.partners if p.role != "associate")
        return frozenset(of_funder[f] for f, ask in self.asks.items() if ask)

    def taking_part(self) -> int:
        """Partners but associates."""
        return sum(p.role != "associate" for p in self.partners)


@dataclass(frozen=True)
class Review:
    """One score of one reviewer on one criterion; `conflict`: it is dropped and counted."""

    proposal: str
    reviewer: str
    criterion: str
    score: Fraction
    conflict: bool = False


@dataclass(frozen=True)
class Call:
    """Everything of a call folder. Row order of its files changes nothing: all is sorted by id."""

    settings: CallSettings
    funders: tuple[Funder, ...]
    proposals: tuple[Proposal, ...]
    reviews: tuple[Review, ...] = ()

    def written(self, units: int | Fraction) -> Decimal:
        """An amount of smallest units as money, exact or to the smallest unit."""
        whole = units if isinstance(units, int) else round(units)
        return Decimal(whole) * self.settings.smallest

    def units(self, amount: Decimal) -> Fraction:
        """Money in smallest units, exact."""
        return Fraction(amount) / Fraction(self.settings.smallest)
