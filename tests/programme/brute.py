# ruff: noqa: B905
"""Small calls at random, and every choice of them tried: the oracle of the invariants."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import product

from hansa.programme.contest import AtLeast, AtMost, Contest
from hansa.programme.pots import Pots


def small_call(seed: int, most: int = 9) -> Contest:
    r = random.Random(seed)
    n, funders = r.randint(1, most), r.randint(1, 4)
    top = r.choice([2, 5, 20])
    score = sorted((r.randint(0, top) for _ in range(n)), reverse=True)
    size = r.choice([5, 100, 10**8, 10**13])
    asks = tuple(
        tuple(r.choice([0, 0, r.randint(1, size)]) for _ in range(funders)) for _ in range(n)
    )
    cash = tuple(r.choice([0, r.randint(0, size * 2)]) for _ in range(funders))
    weights = [r.randint(0, 9) for _ in range(funders)]
    weights[r.randrange(funders)] += 1
    pots = Pots(
        funders=tuple(f"F{c}" for c in range(funders)),
        cash=cash,
        mode=r.choice(["virtual", "mixed", "real"]),
        top_up=r.choice([0, r.randint(0, size * 2)]),
        gap_share=r.choice([Fraction(0), Fraction(1), Fraction(r.randint(0, 10), 10)]),
        key=tuple(Fraction(w, sum(weights)) for w in weights),
        gap_cap=tuple(r.choice([None, None, 0, r.randint(0, size)]) for _ in range(funders)),
    )
    value = r.choice([tuple(score), (1,) * n, tuple(sum(a) for a in asks)])
    cuts = tuple(p for p in range(1, n) if score[p] < score[p - 1] and r.random() < 0.4)
    fixed = (
        tuple(r.choice([None] * 8 + [True, False]) for _ in range(n)) if r.random() < 0.3 else ()
    )
    contest = Contest(
        tuple(f"P{p}" for p in range(n)), tuple(score), value, asks, pots, cuts, fixed
    )
    return replace(contest, limits=limits(r, n)) if r.random() < 0.3 else contest


def limits(r: random.Random, n: int):
    members = tuple(p for p in range(n) if r.random() < 0.5)
    groups = tuple(tuple(p for p in range(n) if r.random() < 0.4) for _ in range(3))
    return (
        AtMost("one lead", members, r.randint(0, 2)),
        AtLeast("countries", groups, r.randint(0, 2)),
    )


def paid(contest: Contest, funded):
    """The asks of the funded ones."""
    return [asks for asks, yes in zip(contest.asks, funded) if yes]


def payable(contest: Contest, funded) -> bool:
    """Straight from the definition of the modes, with gap money given out where it lacks."""
    pots = contest.pots
    used = [sum(a[c] for a, yes in zip(contest.asks, funded) if yes) for c in range(len(pots.cash))]
    if pots.mode == "virtual":
        return all(u <= b for u, b in zip(used, pots.cash))
    if pots.mode == "real":
        return sum(used) <= sum(pots.cash) + pots.top_up
    gap = Fraction(pots.top_up) * pots.gap_share
    for c, u in enumerate(used):
        part = Fraction(pots.top_up) * (1 - pots.gap_share) * pots.key[c]
        lack = max(Fraction(0), u - pots.cash[c] - part)
        if pots.gap_cap and pots.gap_cap[c] is not None and lack > pots.gap_cap[c]:
            return False
        gap -= lack
    return gap >= 0


def group_numbers(contest: Contest, rule: str) -> list[int]:
    """The number of the group of each proposal; -1 for what the meeting decided."""
    numbers, number, last = [], 0, None
    for p in range(len(contest.proposals)):
        if contest.fixed and contest.fixed[p] is not None:
            numbers.append(-1)
            continue
        if last is not None:
            between = range(last + 1, p + 1)
            apart = {
                "strict": True,
                "free": False,
                "ties": contest.score[p] < contest.score[last],
                "bands": any(q in contest.cuts for q in between),
            }[rule]
            number += apart
        numbers.append(number)
        last = p
    return numbers


def ordered(contest: Contest, funded, rule: str) -> bool:
    numbers = group_numbers(contest, rule)
    for p, q in product(range(len(numbers)), repeat=2):
        if 0 <= numbers[p] < numbers[q] and funded[q] and not funded[p]:
            return False
    return True


def choices(contest: Contest, rule: str):
    for funded in product((False, True), repeat=len(contest.proposals)):
        if any(f is not None and f != yes for f, yes in zip(contest.fixed or funded, funded)):
            continue
        if not all(limit.holds(funded) for limit in contest.limits):
            continue
        if ordered(contest, funded, rule) and payable(contest, funded):
            yield funded


def passed_over(contest: Contest, funded) -> int:
    return sum(
        not yes
        and not (contest.fixed and contest.fixed[p] is False)
        and any(funded[q] and contest.score[q] < contest.score[p] for q in range(len(funded)))
        for p, yes in enumerate(funded)
    )


def gap_used(contest: Contest, funded) -> Fraction:
    pots = contest.pots
    if pots.mode != "mixed":
        return Fraction(0)
    total = Fraction(0)
    for c in range(len(pots.cash)):
        used = sum(a[c] for a, yes in zip(contest.asks, funded) if yes)
        part = Fraction(pots.top_up) * (1 - pots.gap_share) * pots.key[c]
        total += max(Fraction(0), used - pots.cash[c] - part)
    return total


def best(contest: Contest, rule: str, depth_first: bool = False):
    """The best choice by the goals, and how many meet all but the last alike."""

    def goals(funded):
        head = 0
        for p, yes in enumerate(funded):
            if contest.fixed and contest.fixed[p] is not None:
                continue
            if not yes:
                break
            head += 1
        worth = sum(v for v, yes in zip(contest.value, funded) if yes)
        return (
            head if depth_first else 0,
            worth,
            -passed_over(contest, funded),
            -gap_used(contest, funded),
        )

    found = [(goals(f), f) for f in choices(contest, rule)]
    if not found:
        return None, 0
    top = max(found)
    return top[1], sum(g == top[0] for g, _ in found)
