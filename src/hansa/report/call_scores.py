"""What of a decision depends on the scores: shares of draws, with intervals and in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hansa.language import _
from hansa.programme.laboratory import Outcome
from hansa.programme.noise import Spread
from hansa.report.document import Section, Table
from hansa.views.call_words import funder_names, share_of
from hansa.views.format import between, grouped, joined

DRAWS = 200
"""Draws where each has to be solved."""


def scores_section(outcome: Outcome, spread: Spread | None, told: dict[str, Any]) -> Section:
    """Who is sure in, sure out, or depends on the scores.

    spread  None where nothing is ranked
    told    line, python and command of the section
    """
    tables: tuple[Table, ...] = ()
    if spread is not None and spread.draws > 1:
        tables = (_shares(outcome, spread), *_blocking(outcome, spread))
    return Section(
        id="scores",
        question=_("How much depends on the scores?"),
        answer=tuple(spread_words(outcome, spread)),
        tables=tables,
        certainty=(
            _(
                "Every draw gives new scores within the spread of the reviews, a new ranking and a "
                "new decision; the same draws serve every mode and rule."
            ),
            _("Sure in: funded in 95 % of the draws or more; sure out: in 5 % or fewer."),
        ),
        **told,
    )


def spread_words(outcome: Outcome, spread: Spread | None) -> Iterator[str]:
    """How many are sure, and who is not."""
    if spread is None or spread.draws < 2:
        yield _("How much depends on the scores cannot be said: no spread of reviews is known.")
        return
    names = outcome.contest.proposals
    depends = [n for i, n in enumerate(names) if spread.certainty(i) == "depends on the scores"]
    sure = sum(spread.certainty(i) == "sure in" for i in range(len(names)))
    yield _(
        "In {draws} draws of the scores {sure} proposals are sure in; {count} depend on the "
        "scores: {proposals}.",
        draws=grouped(spread.draws), sure=sure, count=len(depends),
        proposals=joined(depends) or _("none"),
    )  # fmt: skip


def _shares(outcome: Outcome, spread: Spread) -> Table:
    funded = set(outcome.funded)
    own = [place for place in outcome.places if place.rank]
    rows = tuple(
        (
            str(place.rank), place.proposal.id, place.proposal.title,
            _("yes") if place.proposal.id in funded else _("no"),
            share_of(spread, i), _interval(spread, i), _(spread.certainty(i)),
        )
        for i, place in enumerate(own)
    )  # fmt: skip
    columns = (
        _("Rank"), _("Proposal"), _("Title"), _("Funded"), _("Funded in draws"),
        _("Interval of the share"), _("In words"),
    )  # fmt: skip
    note = _("Wilson's 95 % interval: how exactly the draws tell the share, no more.")
    return Table(_("How often each is funded"), columns, rows, note)


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
            (funder_names(outcome.call, (funder,)), f"{grouped(100 * share, 0)} %")
            for share, funder in sorted(shares, key=lambda pair: (-pair[0], pair[1]))
        )
        columns = (_("Funder"), _("Share of draws"))
        yield Table(_("How often each pot is short for somebody not funded"), columns, rows)
