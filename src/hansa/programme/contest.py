"""A call as the funders' meeting sees it: ranked proposals, what they ask, and what is fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from hansa.programme.pots import Pots

Rule = Literal["strict", "ties", "bands", "free"]
RULES: tuple[Rule, ...] = ("strict", "ties", "bands", "free")


@dataclass(frozen=True)
class AtMost:
    """At most so many of some proposals (positions) are funded."""

    name: str
    members: tuple[int, ...]
    most: int

    def holds(self, funded: Sequence[bool]) -> bool:
        """Whether a choice keeps it."""
        return sum(funded[p] for p in self.members) <= self.most


@dataclass(frozen=True)
class AtLeast:
    """At least so many groups of proposals (positions) have one that is funded.

    Groups of one count proposals; a group for each country counts countries.
    """

    name: str
    groups: tuple[tuple[int, ...], ...]
    least: int

    def holds(self, funded: Sequence[bool]) -> bool:
        """Whether a choice keeps it."""
        return sum(any(funded[p] for p in group) for group in self.groups) >= self.least


Limit = AtMost | AtLeast


@dataclass(frozen=True)
class Contest:
    """Ranked proposals before the pots; every list is in rank order.

    proposals  ids
    score      in units of the last declared digit; the same score is a tie
    value      what funding it counts; never negative
    asks       of each proposal to each funder, in the smallest unit
    pots       the money
    cuts       positions before which a band begins, after the first; for the rule `bands`
    fixed      True or False where the meeting decided, None elsewhere
    limits     further rows that the choice has to keep
    """

    proposals: tuple[str, ...]
    score: tuple[int, ...]
    value: tuple[int, ...]
    asks: tuple[tuple[int, ...], ...]
    pots: Pots
    cuts: tuple[int, ...] = ()
    fixed: tuple[bool | None, ...] = ()
    limits: tuple[Limit, ...] = ()

    @cached_property
    def decided(self) -> tuple[bool | None, ...]:
        """`fixed`, with None for each where nothing is."""
        return self.fixed or (None,) * len(self.proposals)

    @cached_property
    def open(self) -> tuple[int, ...]:
        """Positions that the meeting left to the ranking."""
        return tuple(p for p, fixed in enumerate(self.decided) if fixed is None)

    def groups(self, rule: Rule) -> tuple[tuple[int, ...], ...]:
        """Groups of neighbours in the ranking that a rule does not tell apart.

        Only proposals that the meeting did not decide: the others stand outside the order.
        """
        if rule == "free":
            return (self.open,) if self.open else ()
        if rule == "strict":
            return tuple((p,) for p in self.open)
        starts = set(self.cuts) if rule == "bands" else self.tie_starts
        found: list[list[int]] = []
        for p in self.open:
            before = found[-1][-1] if found else -1
            if not found or any(s in starts for s in range(before + 1, p + 1)):
                found.append([])
            found[-1].append(p)
        return tuple(tuple(group) for group in found)

    @cached_property
    def tie_starts(self) -> frozenset[int]:
        """Positions at which the score is lower than before."""
        return frozenset(p for p in range(1, len(self.score)) if self.score[p] < self.score[p - 1])

    def demand(self, funded: Sequence[bool]) -> tuple[int, ...]:
        """What the funded ones ask of each funder."""
        total = [0] * len(self.pots.funders)
        for own, yes in zip(self.asks, funded, strict=True):
            if yes:
                total = [sum(pair) for pair in zip(total, own, strict=True)]
        return tuple(total)

    def allowed(self, funded: Sequence[bool], rule: Rule) -> bool:
        """Whether a choice keeps pots, limits, the meeting's decisions and the ranking rule."""
        kept = all(
            fixed is None or fixed == yes for fixed, yes in zip(self.decided, funded, strict=True)
        )
        if not kept or not all(limit.holds(funded) for limit in self.limits):
            return False
        return self.in_order(funded, rule) and self.pots.pays(self.demand(funded))

    def in_order(self, funded: Sequence[bool], rule: Rule) -> bool:
        """Whether no group is touched while one before it is not fully funded."""
        full = True
        for group in self.groups(rule):
            own = [funded[p] for p in group]
            if any(own) and not full:
                return False
            full = all(own)
        return True

    def passed_over(self, funded: Sequence[bool]) -> tuple[int, ...]:
        """Positions left unfunded, not by the meeting, while one of lower score is funded."""
        lowest = min((s for s, yes in zip(self.score, funded, strict=True) if yes), default=None)
        if lowest is None:
            return ()
        return tuple(
            p
            for p, yes in enumerate(funded)
            if not yes and self.decided[p] is not False and self.score[p] > lowest
        )

    def worth(self, funded: Sequence[bool]) -> int:
        """Sum of the values of the funded ones."""
        return sum(v for v, yes in zip(self.value, funded, strict=True) if yes)

    def head(self, funded: Sequence[bool]) -> int:
        """How many of the open ones are funded from the top before the first that is not."""
        length = 0
        for p in self.open:
            if not funded[p]:
                break
            length += 1
        return length
