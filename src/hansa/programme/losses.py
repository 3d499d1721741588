"""Proposals that are lost to pots: which funder blocks most, which a common pot would fund."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hansa.programme.decide import Wishes, decide
from hansa.programme.laboratory import Outcome
from hansa.programme.prices import COMMON


@dataclass(frozen=True)
class Blocker:
    """One funder: unfunded proposals whose lack names it, and the new money named for it."""

    funder: str
    proposals: tuple[str, ...]
    lack: int


@dataclass(frozen=True)
class Lost:
    """Proposals lost only to a pot; money: what they ask, in smallest units.

    proven  the decision over one common pot is proven the best
    """

    proposals: tuple[str, ...]
    money: int
    proven: bool = True


def blockers(outcome: Outcome) -> tuple[Blocker, ...]:
    """Funders by how many unfunded proposals lack money of theirs, most first, then by lack.

    In a real common pot it is the pot that blocks. Each proposal is looked at alone, beside the
    funded ones (`Reason.lack`), whatever the ranking says.
    """
    funders = outcome.contest.pots.funders
    found: dict[str, tuple[list[str], int]] = {}
    for name, why in outcome.reasons.items():
        named = dict(zip(funders, why.lack.extra, strict=True))
        if outcome.contest.pots.mode == "real":
            named = {COMMON: why.lack.total}
        for funder, amount in named.items():
            if amount:
                own, lack = found.get(funder, ([], 0))
                found[funder] = ([*own, name], lack + amount)
    rows = [Blocker(f, tuple(own), lack) for f, (own, lack) in found.items()]
    return tuple(sorted(rows, key=lambda r: (-len(r.proposals), -r.lack, r.funder)))


def lost_to_pots(outcome: Outcome, seconds: float = 5.0) -> Lost:
    """Unfunded proposals that one common pot of the same money funds under the same rule.

    The same money: all cash pots and the top-up, as in mode `real`.
    """
    contest = outcome.contest
    if contest.pots.mode == "real":
        return Lost((), 0, outcome.decision.ended == "optimal")
    common = replace(contest, pots=replace(contest.pots, mode="real"))
    wishes = Wishes(outcome.call.settings.depth_first, seconds)
    found = decide(common, outcome.rule, wishes)
    chosen = set(outcome.funded)
    lost = [
        p for p, yes in enumerate(found.funded or ()) if yes and contest.proposals[p] not in chosen
    ]
    money = sum(sum(contest.asks[p]) for p in lost)
    return Lost(tuple(contest.proposals[p] for p in lost), money, found.ended == "optimal")
