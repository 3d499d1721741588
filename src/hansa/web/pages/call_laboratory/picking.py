"""Which proposal is meant by what somebody wrote: an id, a place in the ranking, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import _
from hansa.views.call_words import title_of

if TYPE_CHECKING:
    from hansa.programme.laboratory import Outcome

LISTED = 6
"""Proposals that are named where several are meant."""


def picked(outcome: Outcome, text: str) -> tuple[str, str]:
    """The id of the proposal that is meant; where none or several are, empty and why."""
    ids = {p.proposal.id.casefold(): p.proposal.id for p in outcome.places}
    meant = text.strip().casefold()
    if not meant or meant in ids:
        return ids.get(meant, ""), ""
    found = [p.proposal.id for p in outcome.places if meant.isdecimal() and p.rank == int(meant)]
    if not found and not meant.isdecimal():
        titles = ((p.proposal.id, title_of(outcome.call, p.proposal)) for p in outcome.places)
        found = [name for name, title in titles if meant in title.casefold()]
    if len(found) == 1:
        return found[0], ""
    if not found:
        return "", _("No proposal has the place, the id or the words {text}.", text=text[:60])
    return "", _(
        "{count} proposals have {text} in their title or share the place: {list}. Write the id of "
        "one.",
        count=len(found),
        text=text[:60],
        list=", ".join(found[:LISTED]) + (", …" if len(found) > LISTED else ""),
    )
