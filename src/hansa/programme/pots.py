"""Pots of a call: who can pay what under each mode, exactly.

Amounts are whole numbers of the call's smallest money unit. Shares and the top-up's proportional
parts are fractions: nothing is rounded before it is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, lcm
from typing import Literal

Mode = Literal["virtual", "mixed", "real"]
MODES: tuple[Mode, ...] = ("virtual", "mixed", "real")

Demand = Sequence[int]
"""What is asked of each funder, in the order of the funders."""


@dataclass(frozen=True)
class Pots:
    """The money of a call.

    funders    ids, in the order of all amounts
    cash       cash pot of each
    mode       virtual: each pays its own; mixed: the top-up helps; real: one pot for all
    top_up     common money beside the pots
    gap_share  share of the top-up that is kept for gaps (0 to 1), used in mixed mode
    key        share of each funder in the rest of the top-up; they add up to 1
    gap_cap    most gap money for each; None: no limit
    """

    funders: tuple[str, ...]
    cash: tuple[int, ...]
    mode: Mode = "virtual"
    top_up: int = 0
    gap_share: Fraction = Fraction(0)
    key: tuple[Fraction, ...] = ()
    gap_cap: tuple[int | None, ...] = ()

    @cached_property
    def proportional(self) -> tuple[Fraction, ...]:
        """Each funder's part of the top-up that is not kept for gaps; mixed mode only."""
        if self.mode != "mixed":
            return (Fraction(0),) * len(self.funders)
        shared = (1 - self.gap_share) * self.top_up
        return tuple(shared * share for share in self.key)

    @cached_property
    def gap(self) -> Fraction:
        """Money kept for gaps."""
        return self.gap_share * self.top_up if self.mode == "mixed" else Fraction(0)

    @cached_property
    def own(self) -> tuple[Fraction, ...]:
        """What each can pay without gap money."""
        return tuple(cash + part for cash, part in zip(self.cash, self.proportional, strict=True))

    @cached_property
    def caps(self) -> tuple[Fraction, ...]:
        """Most gap money for each: its limit, never more than there is."""
        given = self.gap_cap or (None,) * len(self.funders)
        return tuple(self.gap if cap is None else min(Fraction(cap), self.gap) for cap in given)

    @property
    def common(self) -> int:
        """All money of the call: what a real common pot holds."""
        return sum(self.cash) + self.top_up

    def needs(self, demand: Demand) -> tuple[Fraction, ...]:
        """What each lacks beyond its own money."""
        return tuple(
            max(Fraction(0), asked - own) for asked, own in zip(demand, self.own, strict=True)
        )

    def pays(self, demand: Demand) -> bool:
        """Whether a demand can be paid under the mode."""
        if self.mode == "real":
            return sum(demand) <= self.common
        unit, rows, left = self._whole
        for asked, (own, cap) in zip(demand, rows, strict=True):
            need = asked * unit - own
            if need > cap:
                return False
            left -= max(0, need)
        return left >= 0

    @cached_property
    def _whole(self) -> tuple[int, tuple[tuple[int, int], ...], int]:
        """A part of a money unit in which nothing is a fraction; own money and cap of each; gap."""
        unit = lcm(*(x.denominator for x in (*self.own, *self.caps, self.gap)))
        rows = zip(self.own, self.caps, strict=True)
        return (
            unit,
            tuple((int(own * unit), int(cap * unit)) for own, cap in rows),
            int(self.gap * unit),
        )

    def gap_used(self, demand: Demand) -> Fraction:
        """Gap money that a demand takes; only for a demand that can be paid."""
        return Fraction(0) if self.mode == "real" else sum(self.needs(demand), Fraction(0))


@dataclass(frozen=True)
class Price:
    """Least new money that makes a demand payable.

    total   in the smallest unit
    extra   new money for each funder; together `total`. In a real common pot it is nobody's own:
            all zero
    """

    total: int
    extra: tuple[int, ...]

    def named(self, funders: Sequence[str]) -> tuple[str, ...]:
        """The funders whose pots need new money, the one that needs most first."""
        short = [(-amount, funder) for funder, amount in zip(funders, self.extra, strict=True)]
        return tuple(funder for amount, funder in sorted(short) if amount < 0)


def price(pots: Pots, demand: Demand) -> Price:
    """The least new money, in whole units, with which a demand can be paid.

    virtual  sum_c max(0, D_c - B_c)
    mixed    max(sum_c need_c - g T, sum_c max(0, need_c - F_c)), gap money going to the smallest
             needs first, ties by funder id; rounded up only as far as whole units ask for it
    real     max(0, sum_c D_c - sum_c B_c - T)
    """
    nobody = (0,) * len(pots.funders)
    if pots.mode == "real":
        return Price(max(0, sum(demand) - pots.common), nobody)
    needs = pots.needs(demand)
    extra = [max(0, ceil(need - cap)) for need, cap in zip(needs, pots.caps, strict=True)]
    # Gap money reaches the smallest needs first, so new money goes to the others, from the end.
    order = sorted(range(len(needs)), key=lambda c: (needs[c], pots.funders[c]), reverse=True)
    left = sum((max(Fraction(0), n - e) for n, e in zip(needs, extra, strict=True)), Fraction(0))
    left -= pots.gap
    for c in order:
        units = min(max(0, floor(needs[c] - extra[c])), max(0, ceil(left)))
        extra[c] += units
        left -= units
    # What is left of the needs now are parts of units: the largest go first, so fewest are rounded.
    parts = sorted(order, key=lambda c: needs[c] - extra[c], reverse=True)
    for c in parts:
        if left <= 0:
            break
        left -= max(Fraction(0), needs[c] - extra[c])
        extra[c] += 1
    return Price(sum(extra), tuple(extra))


def shared_out(amounts: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Whole units that add up to a total: largest remainder, ties to the earlier one.

    amounts  exact parts; they add up to `total`
    """
    whole = [floor(amount) for amount in amounts]
    order = sorted(range(len(whole)), key=lambda i: (whole[i] - amounts[i], i))
    for i in order[: total - sum(whole)]:
        whole[i] += 1
    return tuple(whole)
