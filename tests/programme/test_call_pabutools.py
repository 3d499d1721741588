"""pabutools as an oracle where the problems coincide: one pot, the exact and the greedy rule.

One voter whose ballot holds the values is a call with one funder. Their greedy rule goes by
welfare for each unit of cost, so a ballot of score times cost is our procedure `skip`.
"""

from __future__ import annotations

import random

import pytest
from pabutools.election import (
    Additive_Cardinal_Sat,
    CardinalBallot,
    CardinalProfile,
    Instance,
    Project,
)
from pabutools.rules import greedy_utilitarian_welfare, max_additive_utilitarian_welfare

from hansa.programme.contest import Contest
from hansa.programme.decide import decide, skip
from hansa.programme.pots import Pots


def one_pot(seed: int) -> Contest:
    r = random.Random(seed)
    n = r.randint(1, 14)
    score = sorted(r.sample(range(1, 100), n), reverse=True)
    asks = tuple((r.randint(1, 50),) for _ in range(n))
    pots = Pots(("F",), (r.randint(0, 25 * n),))
    return Contest(tuple(f"P{p:02d}" for p in range(n)), tuple(score), tuple(score), asks, pots)


def election(contest: Contest, ballot):
    projects = [
        Project(name, cost) for name, (cost,) in zip(contest.proposals, contest.asks, strict=True)
    ]
    instance = Instance(projects, budget_limit=contest.pots.cash[0])
    votes = CardinalBallot(dict(zip(projects, ballot, strict=True)))
    return instance, CardinalProfile([votes], instance=instance)


@pytest.mark.parametrize("seed", range(25))
def test_the_exact_rule(seed):
    contest = one_pot(seed)
    instance, profile = election(contest, contest.value)
    theirs = max_additive_utilitarian_welfare(instance, profile, sat_class=Additive_Cardinal_Sat)
    value = dict(zip(contest.proposals, contest.value, strict=True))
    ours = decide(contest, "free")
    assert ours.ended == "optimal"
    assert contest.worth(ours.funded) == sum(value[p.name] for p in theirs)


@pytest.mark.parametrize("seed", range(25))
def test_the_greedy_rule(seed):
    contest = one_pot(seed)
    ballot = [s * a for s, (a,) in zip(contest.score, contest.asks, strict=True)]
    instance, profile = election(contest, ballot)
    theirs = greedy_utilitarian_welfare(instance, profile, sat_class=Additive_Cardinal_Sat)
    chosen = {p.name for p in theirs}
    assert chosen == {n for n, yes in zip(contest.proposals, skip(contest), strict=True) if yes}
