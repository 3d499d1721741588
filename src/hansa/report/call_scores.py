"""What of a decision depends on the scores: shares of draws, reviewers left out, in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hansa.language import _, ngettext
from hansa.programme.laboratory import Outcome
from hansa.programme.noise import Certainty, Spread
from hansa.programme.robustness import (
    Both,
    LeftOut,
    both_outcomes,
    certainty_of,
    each_reviewer,
    spread_of,
)
from hansa.report.document import Section, Table
from hansa.views.call_words import CERTAINTY_WORDS, funder_names, share_of, title_of
from hansa.views.format import MISSING, between, enumerated, grouped, joined
from hansa.views.written import Written

A_DRAW = 5.0
"""Seconds that the last draw may take longer than all may."""
A_REVIEWER = 0.5
"""Seconds for one decision without a reviewer."""
TICK = 0.5
"""Seconds between two words on how far it is."""
ENOUGH = 100
"""Draws below which their number is said to be small: an interval is up to 20 points wide then."""


@dataclass(frozen=True)
class Sure:
    """How sure a decision is.

    spread  shares of the draws; None where nothing is ranked
    left    the call without each reviewer; both: without those whose eligibility cannot be said
    """

    spread: Spread | None
    left: tuple[LeftOut, ...] = ()
    both: Both | None = None

    def words(self, outcome: Outcome) -> dict[str, Certainty]:
        """Every proposal: sure in, sure out, depends on the scores, cannot say."""
        return certainty_of(outcome, self.spread, self.left)


def how_sure(
    outcome: Outcome, seconds: float, told: Callable[[float], None] = lambda done: None
) -> Sure:
    """Draws of the scores and reviewers left out, within about so many seconds.

    told  what share of the time that it may take has passed, or of the work is done
    Under `strict` all draws of the call; other rules are solved anew for each draw, 200 times or
    as often as the time allows.
    """
    told(0.05)
    with passing(told, (0.05, 0.7), seconds):
        drawn = spread_of(outcome, None, seconds)
    with passing(told, (0.7, 0.95), A_REVIEWER * _reviewers(outcome)):
        left = each_reviewer(outcome, A_REVIEWER)
    told(0.95)
    return Sure(drawn, left, both_outcomes(outcome, A_REVIEWER))


def longest(outcome: Outcome, seconds: float) -> int:
    """About how many seconds `how_sure` takes at most where the draws may take so many."""
    return round(seconds + A_DRAW + A_REVIEWER * (_reviewers(outcome) + 1))


def _reviewers(outcome: Outcome) -> int:
    return len({r.reviewer for r in outcome.call.reviews if not r.conflict})


@contextmanager
def passing(
    told: Callable[[float], None], shares: tuple[float, float], seconds: float
) -> Iterator[None]:
    """Tell how much of the time allowed has passed, while something is done that tells nothing."""
    over, begun = threading.Event(), time.monotonic()

    def tick() -> None:
        first, last = shares
        while not over.wait(TICK):
            passed = (time.monotonic() - begun) / max(seconds, TICK)
            # Whoever asked may have gone away: what is being done notices it by itself.
            with suppress(OSError):
                told(first + (last - first) * min(1.0, passed))

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def scores_section(outcome: Outcome, sure: Sure, told: dict[str, Any]) -> Section:
    """Who is sure in, sure out, or depends on the scores.

    told  line, python and command of the section
    """
    tables: tuple[Table, ...] = ()
    meant: tuple[str, ...] = ()
    if sure.spread is not None and sure.spread.draws > 1:
        meant = tuple(_meant())
        tables = (_shares(outcome, sure), *_blocking(outcome, sure.spread), *_left_out(sure))
    return Section(
        id="scores",
        question=_("How much depends on the scores?"),
        answer=tuple(sure_words(outcome, sure)),
        tables=tables,
        certainty=(*meant, *_both_words(sure.both)),
        **told,
    )


def _meant() -> Iterator[str]:
    """What a draw is, and what the words about it mean."""
    yield _(
        "Every draw gives new scores within the spread of the reviews, a new ranking and a "
        "new decision; the same draws serve every mode and rule."
    )
    yield _(
        "Sure in: funded in 95 % of the draws or more; sure out: in 5 % or fewer; and no "
        "reviewer left out changes it."
    )


def sure_words(outcome: Outcome, sure: Sure) -> Iterator[str]:
    """How many are sure, and who is not."""
    if sure.spread is None or sure.spread.draws < 2:
        yield _("How much depends on the scores cannot be said: no spread of reviews is known.")
        return
    words = sure.words(outcome)
    ranked = outcome.contest.proposals
    depends = [name for name in ranked if words[name] == "depends on the scores"]
    yield _(
        "In {draws} draws of the scores {sure} proposals are sure in; {count} depend on the "
        "scores: {proposals}.",
        draws=grouped(sure.spread.draws),
        sure=sum(words[name] == "sure in" for name in ranked), count=len(depends),
        proposals=joined(depends) or _("none"),
    )  # fmt: skip
    if sure.spread.draws < min(ENOUGH, outcome.call.settings.draws):
        yield _(
            "There was time for {draws} draws only: a share of so few may be far off, as its "
            "interval shows.",
            draws=sure.spread.draws,
        )


def _shares(outcome: Outcome, sure: Sure) -> Table:
    funded, words, spread = set(outcome.funded), sure.words(outcome), sure.spread
    assert spread is not None
    own = [place for place in outcome.places if place.rank]
    rows = [
        (
            str(place.rank), place.proposal.id, title_of(outcome.call, place.proposal),
            _("yes") if place.proposal.id in funded else _("no"),
            share_of(spread, i), _interval(spread, i), _(CERTAINTY_WORDS[words[place.proposal.id]]),
        )
        for i, place in enumerate(own)
    ]  # fmt: skip
    for place in outcome.places:
        name = place.proposal.id
        if share := spread.below.get(name):
            text = Written(f"{grouped(100 * share, 0)} %", share, unit="share")
            title = title_of(outcome.call, place.proposal)
            rows.append((MISSING, name, title, _("no"), text, "", _(CERTAINTY_WORDS[words[name]])))
    columns = (
        _("Rank"), _("Proposal"), _("Title"), _("Funded"), _("Funded in draws"),
        _("Interval of the share"), _("In words"),
    )  # fmt: skip
    note = _("Wilson's 95 % interval: how exactly the draws tell the share, no more.")
    return Table(_("How often each is funded"), columns, tuple(rows), note)


def _interval(spread: Spread, i: int) -> str:
    low, high = (grouped(100 * float(end[i]), 0) for end in (spread.low, spread.high))
    return f"{between(low, high)} %"


def _blocking(outcome: Outcome, spread: Spread) -> Iterator[Table]:
    shares = [
        (float(share), funder)
        for funder, share in zip(outcome.contest.pots.funders, spread.blocks, strict=True)
        if share
    ]
    if shares:
        rows = tuple(
            (funder_names(outcome.call, (funder,)),
             Written(f"{grouped(100 * share, 0)} %", share, unit="share"))
            for share, funder in sorted(shares, key=lambda pair: (-pair[0], pair[1]))
        )  # fmt: skip
        columns = (_("Funder"), _("Share of draws"))
        yield Table(_("How often each pot is short for somebody not funded"), columns, rows)


def _left_out(sure: Sure) -> Iterator[Table]:
    """Reviewers without whom others are funded."""
    if not sure.left:
        return
    rows = tuple(
        (one.reviewer, str(one.reviews), enumerated(one.joined), enumerated(one.dropped),
         one.note or ("" if one.proven else _("may be beaten")))
        for one in sure.left
        if one.joined or one.dropped or one.note
    )  # fmt: skip
    others = len(sure.left) - len(rows)
    columns = (
        _("Reviewer left out"), _("Scores"), _("Come in"), _("Go out"), _("Remark"),
    )  # fmt: skip
    note = ngettext(
        "Without {number} other reviewer the same proposals are funded.",
        "Without any one of {number} other reviewers the same proposals are funded.",
        others,
    )
    yield Table(_("Each reviewer left out"), columns, rows, note if others else "")


def _both_words(both: Both | None) -> Iterator[str]:
    if both is None:
        return
    yield _(
        "Without those whose eligibility cannot be said ({flagged}): {joined} come in, {dropped} "
        "go out.",
        flagged=joined(both.flagged), joined=enumerated(both.joined) or _("none"),
        dropped=enumerated(both.dropped) or _("none"),
    )  # fmt: skip
