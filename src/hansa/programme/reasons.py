"""Why a proposal is not funded: one main reason, what it lacks, what it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hansa.programme.contest import AtMost, Contest, Rule
from hansa.programme.decide import Decision, Funded, Wishes, decide
from hansa.programme.pots import Price, price

Main = Literal["stopped by order", "pots", "displaced by a better set", "meeting", "limit"]


@dataclass(frozen=True)
class Reason:
    """Why one ranked proposal is not funded.

    main     the reason; before: the first proposal above it that is not funded (order only)
    lack     new money needed to add it to the funded ones, whatever the ranking says
    least    new money needed to fund it under the rule, keeping all funded; None: a limit forbids
    limit    name of the limit that stands against it
    """

    main: Main
    lack: Price
    least: Price | None
    before: str = ""
    limit: str = ""


@dataclass(frozen=True)
class Swap:
    """The best choice that funds a proposal without new money; `dropped` go in its place.

    loss  of value; None where no allowed choice funds it
    """

    dropped: tuple[str, ...]
    joined: tuple[str, ...]
    loss: int | None
    proven: bool = True


def reasons(contest: Contest, rule: Rule, funded: Funded) -> dict[str, Reason]:
    """The reason of every ranked proposal that is not funded, by id."""
    groups = {p: k for k, group in enumerate(contest.groups(rule)) for p in group}
    used = contest.demand(funded)
    first = next((p for p in contest.open if not funded[p]), None)
    found = {}
    for p, yes in enumerate(funded):
        if yes:
            continue
        lack = price(contest.pots, _added(used, contest.asks[p]))
        limit = _limit_against(contest, funded, p)
        needed = groups_before(contest, rule, funded, p)
        least = None if limit else price(contest.pots, contest.demand(needed))
        main = _main(contest, funded, p, first, groups)
        if main == "pots" and limit and not lack.total:
            main = "limit"
        before = "" if main != "stopped by order" or first is None else contest.proposals[first]
        found[contest.proposals[p]] = Reason(main, lack, least, before, limit)
    return found


def _main(
    contest: Contest, funded: Funded, p: int, first: int | None, groups: dict[int, int]
) -> Main:
    if contest.decided[p] is False:
        return "meeting"
    if first is not None and groups[p] > groups[first]:
        return "stopped by order"
    # Those that the ranking puts before it have their money first; what they leave decides.
    better = tuple(
        yes and (contest.score[q] >= contest.score[p] or contest.decided[q] is True)
        for q, yes in enumerate(funded)
    )
    beside = _added(contest.demand(better), contest.asks[p])
    return "displaced by a better set" if contest.pots.pays(beside) else "pots"


def _added(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def groups_before(contest: Contest, rule: Rule, funded: Funded, p: int) -> Funded:
    """The funded ones, one more, and everything that the rule asks to be funded before it."""
    groups = {q: k for k, group in enumerate(contest.groups(rule)) for q in group}
    own = groups.get(p, 0)
    return tuple(yes or q == p or (q in groups and groups[q] < own) for q, yes in enumerate(funded))


def _limit_against(contest: Contest, funded: Funded, p: int) -> str:
    with_it = [yes or q == p for q, yes in enumerate(funded)]
    against = (
        one.name for one in contest.limits if isinstance(one, AtMost) and not one.holds(with_it)
    )
    return next(against, "")


def swap(
    contest: Contest, rule: Rule, decision: Decision, proposal: str, seconds: float = 5.0
) -> Swap:
    """The decision made again with a proposal in it and no new money."""
    assert decision.funded is not None
    at = contest.proposals.index(proposal)
    if rule == "strict":
        return _strict_swap(contest, decision, at)
    forced = _forced(contest, rule, at)
    found = decide(forced, "free" if rule == "free" else rule, Wishes(seconds=seconds))
    if found.funded is None:
        return Swap((), (), None, found.ended == "optimal")
    return _difference(contest, decision.funded, found.funded, found.ended == "optimal")


def _forced(contest: Contest, rule: Rule, at: int) -> Contest:
    """The contest with one more proposal in; the order before it holds for it too."""
    groups = contest.groups(rule)
    own = next((k for k, group in enumerate(groups) if at in group), 0)
    inside = {at, *(p for group in groups[:own] for p in group)}
    fixed = tuple(True if p in inside else f for p, f in enumerate(contest.decided))
    return replace(contest, fixed=fixed)


def _strict_swap(contest: Contest, decision: Decision, at: int) -> Swap:
    forced = _forced(contest, "strict", at)
    found = decide(forced, "strict")
    if found.funded is None:
        return Swap((), (), None)
    assert decision.funded is not None
    return _difference(contest, decision.funded, found.funded, True)


def _difference(contest: Contest, one: Funded, other: Funded, proven: bool) -> Swap:
    names = contest.proposals
    dropped = tuple(names[p] for p, yes in enumerate(one) if yes and not other[p])
    joined = tuple(names[p] for p, yes in enumerate(other) if yes and not one[p])
    return Swap(dropped, joined, contest.worth(one) - contest.worth(other), proven)


def passed_over(contest: Contest, funded: Funded) -> dict[str, tuple[str, ...]]:
    """Each proposal passed over, with the funded ones of lower score."""
    names, score = contest.proposals, contest.score
    return {
        names[p]: tuple(names[q] for q, yes in enumerate(funded) if yes and score[q] < score[p])
        for p in contest.passed_over(funded)
    }
