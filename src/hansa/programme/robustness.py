"""How sure a decision is: score noise, each reviewer left out, eligibility that cannot be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from hansa.errors import UsageError
from hansa.programme.call import Call
from hansa.programme.laboratory import (
    Outcome,
    band_lines,
    contest_among,
    decided,
    ranked,
    solve,
)
from hansa.programme.noise import Certainty, Redrawn, Spread, in_words, noise, spread, units_of
from hansa.programme.ranking import Place, exact_scores, ranking, rounded, tie_places

SEARCHED = 200
"""Draws where every decision needs the solver."""


def spread_of(outcome: Outcome, draws: int | None = None, seconds: float = 60.0) -> Spread | None:
    """How often each is funded where scores are uncertain; None where nothing is ranked.

    draws    fewer than the call says; rules that need the solver take 200 at most
    seconds  when to stop: the spread then has fewer draws, and says how many
    In every draw the threshold and the call's tie-break are applied anew; whoever is not eligible
    or not completely reviewed stays out. Positions are those of the outcome's contest.
    """
    call, places = outcome.call, outcome.places
    own = [one for one in places if one.rank]
    below = sorted(
        (one for one in places if one.status == "below threshold"),
        key=lambda one: (-(one.score or 0), one.proposal.id),
    )
    if not own:
        return None
    n, own = len(own), own + below
    exact, _ = exact_scores(call)
    scores = [exact[one.proposal.id] for one in own]
    drawn = noise(call, [one.proposal for one in own], [s for s in scores if s is not None])
    units = units_of(drawn.scores, call.settings.score_digits)
    most = draws or (call.settings.draws if outcome.rule == "strict" else SEARCHED)
    contest = contest_among(call, places, own, outcome.mode)
    found = spread(
        contest, outcome.rule, units[:most], band_lines(call), _redrawn(call, own), seconds
    )
    return replace(
        found, share=found.share[:n], low=found.low[:n], high=found.high[:n],
        below={o.proposal.id: float(s) for o, s in zip(below, found.share[n:], strict=True)},
    )  # fmt: skip


def _redrawn(call: Call, own: Sequence[Place]) -> Redrawn:
    s = call.settings
    least = None if s.threshold is None else rounded(Fraction(s.threshold), s.step)
    return Redrawn(least, tie_places(call, own), s.value == "score")


@dataclass(frozen=True)
class LeftOut:
    """The decision without one reviewer.

    reviews  scores of that reviewer that count
    joined   funded without that reviewer and not with; dropped: the other way round
    kept     proposals that nobody else has completely reviewed: their scores stay
    note     why nothing can be decided without that reviewer; else empty
    proven   no: time was up
    """

    reviewer: str
    reviews: int
    joined: tuple[str, ...]
    dropped: tuple[str, ...]
    kept: tuple[str, ...] = ()
    note: str = ""
    proven: bool = True


def each_reviewer(outcome: Outcome, seconds: float = 2.0) -> tuple[LeftOut, ...]:
    """The call decided again without each of its reviewers, under the same mode and rule.

    A proposal stays complete though a reviewer fewer may be below `min_reviews`: who reviewed it
    is what is left out here, not the proposal.
    """
    valid = [r for r in outcome.call.reviews if not r.conflict]
    names = sorted({r.reviewer for r in valid})
    return tuple(_left_out(outcome, name, seconds) for name in names)


def _left_out(outcome: Outcome, reviewer: str, seconds: float) -> LeftOut:
    call, kept = _without(outcome, reviewer)
    count = sum(r.reviewer == reviewer and not r.conflict for r in outcome.call.reviews)
    try:
        contest, found = decided(call, ranking(call), (outcome.mode, outcome.rule), seconds)
    except UsageError as problem:
        return LeftOut(reviewer, count, (), (), kept, problem.finding.rule, False)
    assert found.funded is not None
    chosen = [p for p, yes in zip(contest.proposals, found.funded, strict=True) if yes]
    joined, dropped = _changes(outcome, chosen)
    return LeftOut(reviewer, count, joined, dropped, kept, "", found.ended == "optimal")


def _changes(outcome: Outcome, chosen: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = set(outcome.funded), set(chosen)
    joined = tuple(p for p in chosen if p not in before)
    return joined, tuple(p for p in outcome.funded if p not in after)


def _without(outcome: Outcome, reviewer: str) -> tuple[Call, tuple[str, ...]]:
    """The call without a reviewer, and the proposals that keep the reviews all the same."""
    call = outcome.call
    out = {one.proposal.id for one in outcome.places if one.status == "incomplete"}
    settings = call.settings.model_copy(update={"min_reviews": 1})
    left = tuple(r for r in call.reviews if r.reviewer != reviewer and r.proposal not in out)
    scores, _ = exact_scores(replace(call, settings=settings, reviews=left or call.reviews))
    lost = {r.proposal for r in call.reviews if r.reviewer == reviewer} - out
    kept = {p for p in lost if not left or scores[p] is None}
    own = tuple(
        r for r in call.reviews
        if r.proposal not in out and (r.reviewer != reviewer or r.proposal in kept)
    )  # fmt: skip
    return replace(call, settings=settings, reviews=own), tuple(sorted(kept))


def certainty_of(
    outcome: Outcome, drawn: Spread | None, left: Sequence[LeftOut] = ()
) -> dict[str, Certainty]:
    """Every proposal in words: sure only where neither draws nor a reviewer left out speak against.

    Who is not eligible or not completely reviewed is sure out: scores do not decide about them.
    """
    moved = {p for one in left for p in (*one.joined, *one.dropped)}
    at = {p: i for i, p in enumerate(outcome.contest.proposals)}
    found: dict[str, Certainty] = {}
    for place in outcome.places:
        name = place.proposal.id
        if place.status in ("not eligible", "incomplete"):
            found[name] = "sure out"
        elif drawn is None or drawn.draws < 2:
            found[name] = "cannot say"
        else:
            said = drawn.certainty(at[name]) if place.rank else _below(drawn, name)
            found[name] = "depends on the scores" if name in moved else said
    return found


def _below(drawn: Spread, name: str) -> Certainty:
    return in_words(drawn.below.get(name, 0.0), drawn.draws)


@dataclass(frozen=True)
class Both:
    """What hangs on eligibility that cannot be said.

    flagged  ranked proposals that may not be eligible
    without  the call decided as if none of them were; joined and dropped: what changes then
    note     why nothing can be decided without them; else empty
    """

    flagged: tuple[str, ...]
    without: Outcome | None
    joined: tuple[str, ...]
    dropped: tuple[str, ...]
    note: str = ""


def both_outcomes(outcome: Outcome, seconds: float = 5.0) -> Both | None:
    """The decision without the proposals whose eligibility cannot be said; None: there are none."""
    flagged = tuple(one.proposal.id for one in ranked(outcome.places) if one.flagged)
    if not flagged:
        return None
    proposals = tuple(
        replace(p, eligible="fail") if p.id in flagged else p for p in outcome.call.proposals
    )
    call = replace(outcome.call, proposals=proposals)
    try:
        without = solve(call, outcome.mode, outcome.rule, seconds)
    except UsageError as problem:
        return Both(flagged, None, (), (), problem.finding.rule)
    return Both(flagged, without, *_changes(outcome, without.funded))
