"""Which proposals are funded: goals one after the other, each kept before the next.

The solver proposes, exact arithmetic decides: every set is checked against the pots in whole
numbers, and a set that only a tolerance let through is excluded by a row that no payable set
breaks. Goals: (head of the list,) value, fewest passed over, least gap money, better ranked first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from hansa.programme.contest import AtMost, Contest, Rule
from hansa.programme.contest_model import ContestModel
from hansa.programme.pots import Demand
from hansa.solve import Floats

Funded = tuple[bool, ...]

EQUAL = 10
"""Equally good sets that are counted."""
BLOCK = 20
"""Proposals put in order by one programme; their weights stay far from the solver's tolerance."""


@dataclass(frozen=True)
class Decision:
    """Who is funded.

    funded  by position; None where no choice keeps everything that is fixed
    ended   optimal: proven; best found: time was up
    bound   no allowed choice is worth more; equal to the worth where it is proven
    equal   how many choices meet all goals but the order alike, `EQUAL` at most
    """

    funded: Funded | None
    ended: Literal["optimal", "best found"]
    bound: int
    equal: int = 1


@dataclass(frozen=True)
class Wishes:
    """depth_first: the longest funded head comes before value; seconds: when to stop."""

    depth_first: bool = False
    seconds: float = 60.0
    count_equal: bool = True


PLAIN = Wishes()


def decide(contest: Contest, rule: Rule, wishes: Wishes = PLAIN) -> Decision:
    """The choice that a rule makes of a contest.

    `strict` needs no solver: the longest head that can be paid and keeps the limits.
    """
    if rule == "strict":
        return _strict(contest)
    inside, outside = settled(contest, rule, wishes.depth_first)
    if len(inside) + len(outside) == len(contest.open) and not contest.limits:
        only = tuple(f is True or p in inside for p, f in enumerate(contest.decided))
        if contest.pots.pays(contest.demand(only)):
            return Decision(only, "optimal", contest.worth(only))
    return _Goals(contest, rule, wishes).run()


def _strict(contest: Contest) -> Decision:
    for length in range(_longest(contest), -1, -1):
        funded = head_of(contest, length)
        if contest.allowed(funded, "strict"):
            return Decision(funded, "optimal", contest.worth(funded))
    return Decision(None, "optimal", 0)


def _longest(contest: Contest) -> int:
    """How many open proposals can be paid from the top, beside what the meeting funds."""
    used = contest.demand(head_of(contest, 0))
    for length, p in enumerate(contest.open):
        used = _more(used, contest, (p,))
        if not contest.pots.pays(used):
            return length
    return len(contest.open)


def head_of(contest: Contest, length: int) -> Funded:
    """The first so many open proposals and those that the meeting funds."""
    head = set(contest.open[:length])
    return tuple(p in head or fixed is True for p, fixed in enumerate(contest.decided))


def skip(contest: Contest) -> Funded:
    """A procedure, no optimum: down the list, whatever still fits, passing over what does not.

    What fits keeps the pots and the limits that forbid; those that ask for more may be missed.
    """
    chosen = list(head_of(contest, 0))
    forbid = [limit for limit in contest.limits if isinstance(limit, AtMost)]
    used = contest.demand(chosen)
    for p in contest.open:
        after, chosen[p] = _more(used, contest, (p,)), True
        chosen[p] = contest.pots.pays(after) and all(limit.holds(chosen) for limit in forbid)
        used = after if chosen[p] else used
    return tuple(chosen)


def settled(contest: Contest, rule: Rule, depth_first: bool) -> tuple[list[int], list[int]]:
    """Positions that every best choice funds, and those that none funds, whatever the rest.

    The longest payable head of whole groups: a choice that breaks off earlier is part of it, so it
    is worth less as soon as each of the head counts something, and has a shorter head in any case.
    Behind the first group that cannot be wholly paid nothing may be funded. Not with limits.
    """
    groups, pots = contest.groups(rule), contest.pots
    used = contest.demand(head_of(contest, 0))
    if contest.limits or not pots.pays(used):
        return [], []
    inside: list[int] = []
    count = True
    for k, group in enumerate(groups):
        after = _more(used, contest, group)
        if not pots.pays(after):
            outside = [p for later in groups[k + 1 :] for p in later]
            # Nor anybody who cannot even be paid alone after those before.
            alone = [p for p in group if count and not pots.pays(_more(used, contest, (p,)))]
            return inside, outside + alone
        used = after
        count = count and (depth_first or all(contest.value[p] for p in group))
        inside += group if count else ()
    return inside, []


def _more(used: Demand, contest: Contest, group: Sequence[int]) -> tuple[int, ...]:
    return tuple(map(sum, zip(used, *(contest.asks[p] for p in group), strict=True)))


Standing = tuple[int, int, int, Fraction]
"""Head, worth, passed over (negative), gap money (negative): what is compared, in this order."""


class _Goals:
    """One search through the goals."""

    def __init__(self, contest: Contest, rule: Rule, wishes: Wishes) -> None:
        self.contest, self.rule, self.wishes = contest, rule, wishes
        self.model = ContestModel(contest, rule, time.monotonic() + wishes.seconds)
        inside, outside = settled(contest, rule, wishes.depth_first)
        self.model.fund(inside)
        self.model.drop(outside)
        self._ends: list[str] = []
        self.reached = float("inf")

    def late(self) -> bool:
        """Whether a search ended because time was up."""
        return "time" in self._ends

    def run(self) -> Decision:
        """All goals; what is best so far where time is up."""
        if self.wishes.depth_first and not self._deepest():
            return Decision(None, self._ended(), 0)
        start = self._start()
        found = self._best(self.model.worth, start)
        if found is None:
            return Decision(None, self._ended(), 0)
        found = self._better(found, start)
        bound = self._bound(found)
        if self.late():
            return Decision(found, "best found", bound)
        self.model.keep_worth(self.contest.worth(found))
        if self.contest.passed_over(found):
            found = self._better(found, self._best(self.model.fewest_passed_over, found))
        self.model.keep_passed_over(len(self.contest.passed_over(found)))
        if self.contest.pots.gap_used(self.contest.demand(found)):
            found = self._better(found, self._best(self.model.least_gap, found))
        used = self.contest.pots.gap_used(self.contest.demand(found))
        self.model.keep_gap(used)
        if self.late():
            return Decision(found, "best found", bound)
        return self._among_equals(found, bound)

    def _ended(self) -> Literal["optimal", "best found"]:
        return "best found" if self.late() else "optimal"

    def _start(self) -> Funded | None:
        """A choice to fall back on where time is up: down the list as far as the rule allows."""
        greedy = skip(self.contest)
        if self.contest.allowed(greedy, self.rule):
            return greedy
        return _strict(self.contest).funded

    def _deepest(self) -> bool:
        """Fix the longest head with which some choice is allowed; False where none is."""
        low, high = -1, len(self.contest.open)
        while low < high:
            middle = (low + high + 1) // 2
            if self._possible(middle):
                low = middle
            else:
                high = middle - 1
        if low < 0:
            return False
        self.model.fund(self.contest.open[:low])
        return True

    def _possible(self, length: int) -> bool:
        funded = head_of(self.contest, length)
        if not self.contest.pots.pays(self.contest.demand(funded)):
            return False
        if self.contest.allowed(funded, self.rule):
            return True
        seconds = max(0.0, self.model.until - time.monotonic())
        part = ContestModel(self.contest, self.rule, time.monotonic() + seconds)
        part.fund(self.contest.open[:length])
        return next(self._payable(part, part.worth), None) is not None

    def _payable(self, model: ContestModel, objective: Floats) -> Iterator[Funded]:
        """The best set for an objective that can really be paid; nothing where there is none."""
        while True:
            whole = model.greatest(objective)
            self._ends.append(whole.ended)
            if whole.point is None:
                return
            funded = model.funded(whole.point)
            if self.contest.allowed(funded, self.rule):
                self.reached = whole.bound
                yield funded
                return
            model.exclude_unpayable(funded)

    def _best(self, objective: Floats, known: Funded | None) -> Funded | None:
        self.reached = float("inf")
        return next(self._payable(self.model, objective), known)

    def _bound(self, found: Funded) -> int:
        worth = self.contest.worth(found)
        if not self.late():
            return worth
        most = sum(self.contest.value)
        bound = self.reached * self.model.unit_of_worth
        return max(worth, min(most, int(np.floor(bound + 1e-6))) if np.isfinite(bound) else most)

    def _standing(self, funded: Funded) -> Standing:
        c = self.contest
        head = c.head(funded) if self.wishes.depth_first else 0
        gap = c.pots.gap_used(c.demand(funded))
        return head, c.worth(funded), -len(c.passed_over(funded)), -gap

    def _better(self, one: Funded, other: Funded | None) -> Funded:
        if other is None or self._standing(one) >= self._standing(other):
            return one
        return other

    def _among_equals(self, found: Funded, bound: int) -> Decision:
        """Of the choices that meet the goals alike, the one that prefers the better ranked."""
        if not self.wishes.count_equal:
            return Decision(found, "optimal", bound)
        known, standing = [found], self._standing(found)
        self.model.exclude(found)
        while len(known) < EQUAL:
            other = next(self._payable(self.model, self.model.worth), None)
            if other is None:
                break
            # What the tolerance of a kept goal let through is no equal.
            known += [other] if self._standing(other) == standing else []
            self.model.exclude(other)
        best = max(known)
        if len(known) == EQUAL and not self.late():
            best = max(best, self._first_in_order(standing) or best)
        return Decision(best, self._ended(), bound, len(known))

    def _first_in_order(self, standing: Standing) -> Funded | None:
        """The choice of this standing that is lexicographically largest in rank order.

        Of those not yet excluded; a block of proposals at a time, weighted by powers of two.
        """
        found = None
        for start in range(0, len(self.contest.proposals), BLOCK):
            block = range(start, min(start + BLOCK, len(self.contest.proposals)))
            objective = np.zeros(self.model.size)
            objective[list(block)] = 2.0 ** -np.arange(len(block))
            for funded in self._all_payable(objective):
                if self._standing(funded) == standing:
                    found = funded
                    break
                self.model.exclude(funded)
            else:
                return found
            self.model.fund([p for p in block if found[p]])
            self.model.drop([p for p in block if not found[p]])
        return found

    def _all_payable(self, objective: Floats) -> Iterator[Funded]:
        while (funded := next(self._payable(self.model, objective), None)) is not None:
            yield funded
