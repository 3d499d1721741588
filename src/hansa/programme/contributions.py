"""Who should pay by economic strength, what is promised, what is paid: GDP shares and a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from hansa.programme.pots import shared_out

State = Literal["promised", "signed", "paid"]
STATES: tuple[State, ...] = ("promised", "signed", "paid")
KINDS = ("cash", "in-kind")
LEVELS = ("national", "regional", "intergovernmental", "EU", "private")


@dataclass(frozen=True)
class Entry:
    """One row of the ledger; the amount in smallest units.

    valuation  how in-kind money was valued, with its evidence; empty for cash
    """

    party: str
    kind: str
    level: str
    amount: int
    state: State
    valuation: str = ""
    date: str = ""
    source: str = ""


@dataclass(frozen=True)
class Share:
    """One party: what its GDP asks for and what stands against its name.

    share      of the GDP of all parties; None where some GDP is missing
    expected   part of the budget, in whole units that add up to it exactly
    deviation  share of all that is given, less the GDP share; None where one is not known
    """

    party: str
    gdp: Fraction | None
    share: Fraction | None
    expected: int | None
    cash: int
    in_kind: int
    deviation: Fraction | None

    @property
    def total(self) -> int:
        """Cash and in-kind together."""
        return self.cash + self.in_kind

    @property
    def cash_share(self) -> Fraction | None:
        """Cash in what is given; None where nothing is."""
        return Fraction(self.cash, self.total) if self.total else None


@dataclass(frozen=True)
class Contributions:
    """The shares of all parties.

    missing   parties whose GDP is not known: with one of them no share can be said
    leverage  all money for each unit of core budget; None without a budget
    """

    shares: tuple[Share, ...]
    budget: int
    missing: tuple[str, ...]
    leverage: Fraction | None


def contributions(
    gdp: dict[str, Fraction | None], ledger: Sequence[Entry], budget: int,
    states: Sequence[State] = STATES,
) -> Contributions:  # fmt: skip
    """GDP shares of the parties of a call against what they give.

    gdp     of each party, in any unit that is the same for all
    budget  what is to be paid by them after intergovernmental money, in smallest units
    states  entries that count: promised, signed, paid
    share_i = gdp_i / sum gdp; expected_i = share_i R by largest remainder (methods, 4). In-kind
    money stands apart: it never fills a cash pot.
    """
    parties = sorted(gdp)
    missing = tuple(p for p in parties if gdp[p] is None)
    own = [gdp[p] or Fraction(0) for p in parties]
    whole = sum(own, Fraction(0))
    known = not missing and whole > 0
    shares = [g / whole for g in own] if known else []
    expected = shared_out([s * budget for s in shares], budget) if known else ()
    counted = [e for e in ledger if e.state in states and e.party in gdp]
    given = sum(e.amount for e in counted)
    rows = []
    for i, party in enumerate(parties):
        cash, kind = (
            sum(e.amount for e in counted if e.party == party and e.kind == k) for k in KINDS
        )
        part = Fraction(cash + kind, given) if given else None
        rows.append(
            Share(
                party, gdp[party],
                shares[i] if known else None,
                expected[i] if known else None,
                cash, kind,
                part - shares[i] if known and part is not None else None,
            )
        )  # fmt: skip
    every = sum(e.amount for e in ledger if e.state in states)
    leverage = Fraction(every, budget) if budget else None
    return Contributions(tuple(rows), budget, missing, leverage)
