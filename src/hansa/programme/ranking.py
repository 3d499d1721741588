"""From reviews to a ranked list: exact means, ties at the declared digits, what is not ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from hansa.programme.call import Call, Proposal, Review
from hansa.programme.call_settings import CallSettings

Status = Literal["ranked", "not eligible", "below threshold", "incomplete"]


@dataclass(frozen=True)
class Place:
    """Where a proposal stands.

    rank     1 for the first; 0 where it is not ranked
    score    in units of the last declared digit; None where it has none
    flagged  its eligibility cannot be said
    reason   why it is not ranked, or what cannot be said
    dropped  reviews left out because of a conflict
    """

    proposal: Proposal
    status: Status
    rank: int
    score: int | None
    flagged: bool = False
    reason: str = ""
    dropped: int = 0


def ranking(call: Call) -> tuple[Place, ...]:
    """Every proposal: the ranked ones first, in order, then the others by id.

    Score = sum over criteria of weight x mean of valid reviews (methods, 2), rounded half up to the
    declared digits. Ties are broken by the call's own rule, else shown in the order of ids.
    """
    scores, dropped = exact_scores(call)
    exact = {p: s for p, s in scores.items() if s is not None}
    standing = [_placed(call, p, scores[p.id], dropped[p.id]) for p in call.proposals]
    ranked = [one for one in standing if one.status == "ranked"]
    criteria = criterion_means(call.reviews)
    ranked.sort(key=lambda one: _order(call, one, criteria))
    assert all(one.proposal.id in exact for one in ranked)
    numbered = [_with_rank(one, rank) for rank, one in enumerate(ranked, 1)]
    rest = sorted((o for o in standing if o.status != "ranked"), key=lambda o: o.proposal.id)
    return (*numbered, *rest)


def exact_scores(call: Call) -> tuple[dict[str, Fraction | None], dict[str, int]]:
    """Score of each proposal before rounding (None: incomplete), and reviews dropped."""
    dropped: dict[str, int] = defaultdict(int)
    for review in call.reviews:
        dropped[review.proposal] += review.conflict
    if not call.reviews:
        return {p.id: p.score for p in call.proposals}, dropped
    means, counts = criterion_means(call.reviews), _reviewers(call.reviews)
    weights = weights_of(call.settings, call.reviews)
    scores: dict[str, Fraction | None] = {}
    for p in call.proposals:
        own = means.get(p.id, {})
        complete = set(weights) <= set(own) and counts[p.id] >= call.settings.min_reviews
        scores[p.id] = (
            sum((w * own[c] for c, w in weights.items()), Fraction(0)) if complete else None
        )
    return scores, dropped


def weights_of(settings: CallSettings, reviews: Sequence[Review]) -> dict[str, Fraction]:
    """Weight of each criterion, adding up to 1; all alike where the call says nothing."""
    given = {c: Fraction(w) for c, w in settings.criteria.items()}
    own = given or {c: Fraction(1) for c in sorted({r.criterion for r in reviews})}
    total = sum(own.values(), Fraction(0))
    return {c: w / total for c, w in own.items()}


def criterion_means(reviews: Sequence[Review]) -> dict[str, dict[str, Fraction]]:
    """Mean of the valid reviews by proposal and criterion."""
    sums: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for r in reviews:
        if not r.conflict:
            sums[r.proposal][r.criterion].append(r.score)
    return {
        p: {c: sum(own, Fraction(0)) / len(own) for c, own in by.items()} for p, by in sums.items()
    }


def _reviewers(reviews: Sequence[Review]) -> Mapping[str, int]:
    """The least number of valid reviews that a proposal has on a criterion."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for r in reviews:
        counts[r.proposal][r.criterion] += not r.conflict
    return defaultdict(int, {p: min(by.values()) for p, by in counts.items()})


def rounded(score: Fraction, step: Fraction) -> int:
    """A score in units of the last declared digit, half up."""
    return floor(score / step + Fraction(1, 2))


def _placed(call: Call, p: Proposal, score: Fraction | None, dropped: int) -> Place:
    units = None if score is None else rounded(score, call.settings.step)
    status: Status = "ranked"
    reason = p.reason
    of_funder = {f.id: f.country for f in call.funders}
    countries = p.countries(of_funder)
    if p.eligible == "fail":
        status = "not eligible"
    elif len(countries) < call.settings.min_countries:
        status = "not eligible"
        reason = f"min_countries: {len(countries)} of {call.settings.min_countries} countries"
    elif (taking_part := p.taking_part()) < call.settings.min_partners:
        status = "not eligible"
        reason = f"min_partners: {taking_part} of {call.settings.min_partners} partners"
    elif units is None:
        status, reason = "incomplete", reason
    elif (least := call.settings.threshold) is not None and (
        units < rounded(Fraction(least), call.settings.step)
    ):
        status = "below threshold"
    return Place(p, status, 0, units, p.eligible == "cannot say", reason, dropped)


def _with_rank(one: Place, rank: int) -> Place:
    return Place(one.proposal, one.status, rank, one.score, one.flagged, one.reason, one.dropped)


def _order(
    call: Call, one: Place, criteria: Mapping[str, Mapping[str, Fraction]]
) -> tuple[object, ...]:
    assert one.score is not None
    own = criteria.get(one.proposal.id, {})
    keys: list[object] = [-one.score]
    for name in call.settings.tie_break:
        if name == "ask":
            keys.append(sum(one.proposal.asks.values()))
        elif name == "received":
            keys.append(one.proposal.received or "9999")
        elif name != "proposal":
            keys.append(-own.get(name, Fraction(0)))
    return (*keys, one.proposal.id)


def tie_places(call: Call, own: Sequence[Place]) -> tuple[int, ...]:
    """Of each place, where the call's tie-break puts it if all scores were the same."""
    criteria = criterion_means(call.reviews)
    keys = [_order(call, one, criteria)[1:] for one in own]
    where = {key: i for i, key in enumerate(sorted(keys))}
    return tuple(where[key] for key in keys)


def unbroken_ties(call: Call, places: Sequence[Place]) -> tuple[tuple[str, ...], ...]:
    """Groups that neither the score nor the declared tie-break tells apart."""
    if "proposal" in call.settings.tie_break:
        return ()
    criteria = criterion_means(call.reviews)
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for one in places:
        if one.status == "ranked":
            groups[_order(call, one, criteria)[:-1]].append(one.proposal.id)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
