"""How sure a decision is where scores are not: the same call decided again and again.

Every draw gives new scores, a new ranking and a new decision; the same draws serve every mode and
rule. Words: sure in, sure out, depends on the scores; never right or wrong.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import Literal

import numpy as np
import numpy.typing as npt

from hansa.programme.call import Call, Proposal
from hansa.programme.contest import AtMost, Contest, Limit, Rule
from hansa.programme.decide import Funded, Wishes, decide
from hansa.programme.ranking import weights_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SURE = 0.95
"""Share of draws from which on a proposal is sure in; one minus it and below: sure out."""
FEW = 3
"""Reviews below which reviewers are not drawn anew: the pooled variance is used."""

Certainty = Literal["sure in", "sure out", "depends on the scores", "cannot say"]


@dataclass(frozen=True)
class Noise:
    """What is drawn. kind: reviews, normal, intervals, or none where no variance is known."""

    kind: Literal["reviews", "normal", "intervals", "none"]
    scores: Floats
    """draws x proposals, on the scale of the call."""


def totals(call: Call, proposal: Proposal) -> Floats:
    """The weighted score of each valid reviewer of a proposal who scored every criterion."""
    weights = weights_of(call.settings, call.reviews)
    own: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for r in call.reviews:
        if r.proposal == proposal.id and not r.conflict:
            own[r.reviewer][r.criterion] = r.score
    whole = [by for _, by in sorted(own.items()) if set(by) >= set(weights)]
    return np.array([float(sum(w * by[c] for c, w in weights.items())) for by in whole])


def noise(call: Call, proposals: Sequence[Proposal], exact: Sequence[Fraction]) -> Noise:
    """Scores of each draw for ranked proposals, in their order.

    exact  score of each before rounding. Reviewers are drawn anew within each proposal, or, where
    some proposal has fewer than three, score + e with e ~ N(0, s2 / n), s2 the pooled variance
    within proposals; or uniform in the intervals that proposals.csv gives.
    """
    s = call.settings
    rng = np.random.default_rng(s.seed)
    low, high = (float(end) for end in s.scale)
    centre = np.array([float(score) for score in exact])
    if s.noise == "intervals" or (not call.reviews and any(p.low is not None for p in proposals)):
        ends = [
            (c if p.low is None else float(p.low), c if p.high is None else float(p.high))
            for p, c in zip(proposals, centre, strict=True)
        ]
        a, b = np.array(ends).reshape(-1, 2).T
        return Noise("intervals", a + (b - a) * rng.random((s.draws, centre.size)))
    reviewers = [totals(call, p) for p in proposals]
    counts = np.array([max(1, t.size) for t in reviewers])
    freedom = int(sum(t.size - 1 for t in reviewers if t.size))
    if not freedom:
        return Noise("none", np.tile(centre, (1, 1)))
    if s.noise == "reviews" or (not s.noise and all(t.size >= FEW for t in reviewers)):
        columns = [_drawn_anew(t, c, s.draws, rng) for t, c in zip(reviewers, centre, strict=True)]
        return Noise("reviews", np.clip(np.column_stack(columns), low, high))
    pooled = sum(float(((t - t.mean()) ** 2).sum()) for t in reviewers if t.size) / freedom
    drawn = centre + rng.standard_normal((s.draws, centre.size)) * np.sqrt(pooled / counts)
    return Noise("normal", np.clip(drawn, low, high))


def _drawn_anew(reviewers: Floats, centre: float, draws: int, rng: np.random.Generator) -> Floats:
    if not reviewers.size:
        return np.full(draws, centre)
    picked = rng.integers(0, reviewers.size, (draws, reviewers.size))
    # Reviewers who left a criterion out count in the score, not in the spread.
    return np.asarray(reviewers[picked].mean(axis=1) - reviewers.mean() + centre)


@dataclass(frozen=True)
class Spread:
    """What the draws say of one mode and rule.

    share   of the draws in which each proposal is funded; low, high: Wilson's 95 % interval
    blocks  share of the draws in which each funder's pot is what stops the list (strict), or is
            short for some unfunded proposal
    below   share of the draws in which a proposal below the threshold is funded, by id
    """

    share: Floats
    low: Floats
    high: Floats
    blocks: Floats
    draws: int
    below: dict[str, float] = field(default_factory=dict)

    def certainty(self, position: int) -> Certainty:
        """In words of fixed meaning."""
        return in_words(float(self.share[position]), self.draws)


def in_words(share: float, draws: int) -> Certainty:
    """What a share of draws means; one draw, without any noise, says nothing."""
    if draws < 2:
        return "cannot say"
    if share >= SURE:
        return "sure in"
    return "sure out" if share <= 1 - SURE else "depends on the scores"


def units_of(scores: Floats, digits: int) -> Ints:
    """Drawn scores in units of the last declared digit, half up."""
    return np.floor(scores * 10.0**digits + 0.5 + 1e-9).astype(np.int64)


@dataclass(frozen=True)
class Redrawn:
    """What makes a ranking of drawn scores.

    least     lowest score that is ranked, in units; None: no threshold
    ties      of each position, its place where scores are tied; empty: the order of the contest
    by_score  what funding counts is the score, and drawn with it
    """

    least: int | None = None
    ties: tuple[int, ...] = ()
    by_score: bool = True

    def order(self, contest: Contest, units: Ints) -> Ints:
        """Positions in the order of a draw; those below the threshold are left out.

        What the meeting decided stays, whatever its score.
        """
        ties = np.array(self.ties or range(units.size))
        order = np.lexsort((ties, -units))
        if self.least is None:
            return order
        fixed = np.array([f is not None for f in contest.decided], bool)
        return np.asarray(order[(units[order] >= self.least) | fixed[order]])


PLAIN = Redrawn()


def spread(
    contest: Contest, rule: Rule, units: Ints, lines: Sequence[int] = (),
    redrawn: Redrawn = PLAIN, seconds: float = 60.0,
) -> Spread:  # fmt: skip
    """A decision for every row of scores.

    contest  everybody who may be ranked, in an order of falling scores
    units    draws x proposals, scores in units of the last digit
    lines    lowest score of each band but the last, in units
    seconds  when to stop; the draws made until then are those that count
    """
    draws, n = units.shape
    until = time.monotonic() + seconds
    funded = np.zeros((draws, n), bool)
    blocks = np.zeros((draws, len(contest.pots.funders)), bool)
    plain = rule == "strict" and not contest.limits and all(f is None for f in contest.decided)
    quick = _Heads(contest) if plain else None
    for d in range(draws):
        if d and time.monotonic() > until:
            funded, blocks, draws = funded[:d], blocks[:d], d
            break
        order = redrawn.order(contest, units[d])
        if quick is not None:
            length, blocks[d] = quick.length(order)
            funded[d, order[:length]] = True
            continue
        own = _reordered(contest, order, units[d], lines, redrawn.by_score)
        chosen = decide(own, rule, Wishes(seconds=5.0)).funded
        if chosen is not None:
            funded[d, order[list(chosen)]] = True
            blocks[d] = _short(own, chosen)
    share = funded.mean(axis=0) if draws else np.zeros(n)
    low, high = wilson(share, draws)
    return Spread(share, low, high, blocks.mean(axis=0), draws)


def _reordered(
    contest: Contest, order: Ints, units: Ints, lines: Sequence[int], by_score: bool
) -> Contest:
    """The contest in the order of a draw, with the scores of that draw."""
    place = {int(p): i for i, p in enumerate(order)}
    score = tuple(int(units[p]) for p in order)
    counted = [max(0, int(u)) for u in units] if by_score else contest.value
    return replace(
        contest,
        proposals=tuple(contest.proposals[p] for p in order),
        score=score,
        value=tuple(counted[p] for p in order),
        asks=tuple(contest.asks[p] for p in order),
        cuts=band_starts(score, lines),
        fixed=tuple(contest.decided[p] for p in order),
        limits=tuple(_moved(limit, place) for limit in contest.limits),
    )


def band_starts(score: Sequence[int], lines: Sequence[int]) -> tuple[int, ...]:
    """Positions at which a band begins, after the first; `lines` fall."""
    bands = [sum(s < line for line in lines) for s in score]
    return tuple(p for p in range(1, len(bands)) if bands[p] != bands[p - 1])


def _moved(limit: Limit, place: dict[int, int]) -> Limit:
    def moved(members: Sequence[int]) -> tuple[int, ...]:
        return tuple(place[p] for p in members if p in place)

    if isinstance(limit, AtMost):
        return replace(limit, members=moved(limit.members))
    return replace(limit, groups=tuple(moved(group) for group in limit.groups))


def _short(contest: Contest, funded: Funded) -> Bools:
    """Funders whose pots are short for some open proposal that is not funded."""
    pots, used = contest.pots, contest.demand(funded)
    short = np.zeros(len(pots.funders), bool)
    for p in contest.open:
        if not funded[p]:
            needs = pots.needs([u + a for u, a in zip(used, contest.asks[p], strict=True)])
            short |= np.array([need > 0 for need in needs])
    return short


class _Heads:
    """The longest payable head of any order, in whole numbers."""

    def __init__(self, contest: Contest) -> None:
        pots = contest.pots
        self.pots, self.real = pots, pots.mode == "real"
        parts = (*pots.own, *pots.caps, pots.gap)
        self.unit = lcm(*(part.denominator for part in parts)) if parts else 1
        most = self.unit * (sum(map(sum, contest.asks)) + pots.common + 1)
        # Python's own whole numbers where those of the machine would overflow.
        self.kind: type = np.int64 if most < 2**62 else object
        self.asks = self._array(contest.asks, 1).reshape(len(contest.asks), len(pots.funders))
        self.own, self.caps = self._array(pots.own, 1), self._array(pots.caps, 1)
        self.gap = int(pots.gap * self.unit)

    def _array(self, values: Sequence[object], _: int) -> npt.NDArray[np.generic]:
        whole = np.array(values, dtype=object) * self.unit
        return np.vectorize(int, otypes=[object])(whole).astype(self.kind) if whole.size else (
            np.zeros(0, self.kind)
        )  # fmt: skip

    def length(self, order: Ints) -> tuple[int, Bools]:
        """How many are funded from the top, and which pots stop the next one."""
        demand = np.cumsum(self.asks[order], axis=0)
        none = np.zeros(len(self.pots.funders), bool)
        if self.real:
            pays = demand.sum(axis=1) <= self.pots.common * self.unit
            length = int(pays.sum())
            return length, none
        needs = np.maximum(demand - self.own, 0)
        pays = (needs <= self.caps).all(axis=1) & (needs.sum(axis=1) <= self.gap)
        length = int(pays.sum())
        return length, none if length == len(order) else np.asarray(needs[length] > 0, bool)


def wilson(share: Floats, draws: int, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
    """Wilson's interval of a share (Wilson, 1927, eq. 7)."""
    if not draws:
        return np.zeros_like(share), np.ones_like(share)
    middle = (share + z * z / (2 * draws)) / (1 + z * z / draws)
    half = z * np.sqrt(share * (1 - share) / draws + z * z / (4 * draws**2)) / (1 + z * z / draws)
    return np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)
