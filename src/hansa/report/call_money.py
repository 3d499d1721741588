"""What more money would buy: for each giver alone, the amounts that change a decided call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hansa.language import N_, _
from hansa.programme.laboratory import Outcome
from hansa.programme.money import Ladder
from hansa.programme.prices import TOP_UP
from hansa.report.document import Section, Table
from hansa.views.call_words import funder_names, money_of
from hansa.views.format import enumerated, joined

STEPS = 3
"""Amounts of each giver that are looked for."""
_WHY = {
    "": N_("everything that it pays for is funded"),
    "another pot": N_("another pot is short too"),
    "limit": N_("a limit of the call stands against more"),
    "steps": N_("further amounts were not looked for"),
    "time": N_("not found in the time given"),
}


def money_section(outcome: Outcome, ladders: Sequence[Ladder], told: dict[str, Any]) -> Section:
    """The least new money of each giver that changes who is funded.

    told  line, python and command of the section
    """
    money = money_of(outcome.call)
    rows = tuple(row for ladder in ladders for row in _rows(outcome, ladder))
    columns = (_("Who gives more"), _("New money"), _("Funded then"), _("Come in"), _("Go out"))
    caption = _("Each giver alone, amounts in {unit}", unit=money.unit)
    sure = [_("Each amount is the least that changes the decision; all else stays as it is.")]
    if not all(ladder.proven for ladder in ladders):
        unproven = [giver_name(outcome, one.giver) for one in ladders if not one.proven]
        sure = [
            _("Least amounts found in the time given, less may do: {givers}.",
              givers=enumerated(unproven))
        ]  # fmt: skip
    return Section(
        id="money",
        question=_("What would more money buy?"),
        answer=(_answer(outcome, ladders),),
        tables=(Table(caption, columns, rows),),
        certainty=(*_nothing(outcome, ladders), *sure),
        **told,
    )


def _answer(outcome: Outcome, ladders: Sequence[Ladder]) -> str:
    first = [(one.rungs[0].amount, one.giver, one.rungs[0]) for one in ladders if one.rungs]
    if not first:
        return _("No amount of any one giver changes who is funded.")
    amount, giver, rung = min(first, key=lambda own: own[:2])
    return _(
        "The least that changes anything is {amount} more from {giver}: {funded} are funded then, "
        "with {joined}.",
        amount=money_of(outcome.call).full(amount), giver=giver_name(outcome, giver),
        funded=rung.funded, joined=enumerated(rung.joined) or _("nobody new"),
    )  # fmt: skip


def giver_name(outcome: Outcome, giver: str) -> str:
    """The name of a funder, or of common money."""
    return _("the top-up") if giver == TOP_UP else funder_names(outcome.call, (giver,))


def _rows(outcome: Outcome, ladder: Ladder) -> list[tuple[str, ...]]:
    name, money = giver_name(outcome, ladder.giver), money_of(outcome.call)
    return [
        (name, money.text(r.amount), str(r.funded), enumerated(r.joined), enumerated(r.dropped))
        for r in ladder.rungs
    ]


def _nothing(outcome: Outcome, ladders: Sequence[Ladder]) -> Iterator[str]:
    """Givers whose money alone changes nothing, by the reason."""
    for code, text in _WHY.items():
        names = [giver_name(outcome, o.giver) for o in ladders if not o.rungs and o.why == code]
        if names:
            yield _("Nothing to buy with money of {givers} alone: {why}.", givers=joined(names),
                    why=_(text))  # fmt: skip
