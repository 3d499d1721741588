"""Why each proposal of a call is not funded: one reason, what it lacks, what it would take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hansa.language import _, ngettext
from hansa.programme.laboratory import Outcome
from hansa.programme.losses import Lost, blockers
from hansa.programme.prices import COMMON
from hansa.programme.ranking import Place
from hansa.programme.reasons import Reason, Swap
from hansa.programme.ways import Way, Ways
from hansa.report.document import Section, Table
from hansa.views.call_words import (
    REASON_WORDS,
    STATUS_WORDS,
    funder_names,
    least_of,
    money_of,
    reason_text,
    score_of,
    title_of,
)
from hansa.views.format import MISSING, grouped, joined
from hansa.views.written import Written, because


@dataclass(frozen=True)
class Closely:
    """A proposal that is looked at closely.

    swap  the best choice that funds it without new money; ways: its ways out; None for both where
          it is funded, or not ranked
    """

    proposal: str
    swap: Swap | None = None
    ways: Ways | None = None


def reasons_section(outcome: Outcome, told: dict[str, Any], lost: Lost | None = None) -> Section:
    """Every proposal that is not funded, with its reason.

    told  line, python and command of the section
    lost  those that a common pot would fund; None: not asked
    """
    money = money_of(outcome.call)
    columns = (
        _("Rank"), _("Proposal"), _("Title"), _("Score"), _("Reason"), _("Pots that are short"),
        _("Lacks"), _("Least new money under the rule"),
    )  # fmt: skip
    note = _(
        "Lacks: new money needed to add it to the funded ones, whatever the ranking says. Least "
        "new money: with all that the rule puts before it."
    )
    caption = _("Not funded, amounts in {unit}", unit=money.unit)
    return Section(
        id="reasons",
        question=_("Why is each of the others not funded?"),
        answer=_answer(outcome),
        tables=(Table(caption, columns, _rows(outcome), note),),
        certainty=tuple(_lost(outcome, lost)),
        **told,
    )


def _answer(outcome: Outcome) -> tuple[str, ...]:
    if not outcome.reasons:
        return (_("Nobody ranked is left out."),)
    counts = Counter(_(REASON_WORDS[why.main]) for why in outcome.reasons.values())
    parts = [f"{reason} ({count})" for reason, count in counts.most_common()]
    return (
        _("{count} ranked proposals are not funded: {reasons}.", count=len(outcome.reasons),
          reasons=joined(parts)),
    )  # fmt: skip


def _rows(outcome: Outcome) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    money, chosen = money_of(outcome.call), set(outcome.funded)
    for place in outcome.places:
        name = place.proposal.id
        if name in chosen:
            continue
        why = outcome.reasons.get(name)
        status = _(STATUS_WORDS[place.status]) if why is None else ""
        rows.append((
            str(place.rank or MISSING), name, title_of(outcome.call, place.proposal),
            score_of(outcome.call, place.score),
            reason_text(why) if why else ": ".join(filter(None, (status, place.reason))),
            funder_names(outcome.call, short_pots(outcome, why)) if why else "",
            money.text(why.lack.total) if why else because(MISSING, status),
            least_of(outcome, why) if why else because(MISSING, status),
        ))  # fmt: skip
    return tuple(rows)


def short_pots(outcome: Outcome, why: Reason) -> tuple[str, ...]:
    """The funders whose pots a proposal waits for, the one that lacks most first."""
    if outcome.contest.pots.mode == "real":
        return (COMMON,) if why.lack.total else ()
    return why.lack.named(outcome.contest.pots.funders)


def _lost(outcome: Outcome, lost: Lost | None) -> list[str]:
    """Whom only a pot keeps out, and whose pot does it most."""
    told = []
    money = money_of(outcome.call)
    if lost is not None and lost.proposals:
        told.append(
            ngettext(
                "{number} proposal is lost only to a pot: one common pot of the same money would "
                "fund it ({proposals}; {amount}).",
                "{number} proposals are lost only to a pot: one common pot of the same money would "
                "fund them ({proposals}; {amount}).",
                len(lost.proposals),
                proposals=joined(lost.proposals),
                amount=money.full(lost.money),
            )
        )
    found = blockers(outcome)
    if found:
        told.append(
            ngettext(
                "{funder} blocks most: {number} proposal lacks money in its pot.",
                "{funder} blocks most: {number} proposals, each by itself, lack money in its pot.",
                len(found[0].proposals),
                funder=funder_names(outcome.call, (found[0].funder,)),
            )
        )
    return told


def proposal_section(outcome: Outcome, closely: Closely, told: dict[str, Any]) -> Section:
    """One proposal closely: why it is not funded, what it lacks, and the ways out.

    told  line, python and command of the section
    """
    name, money = closely.proposal, money_of(outcome.call)
    place = next(p for p in outcome.places if p.proposal.id == name)
    why = outcome.reasons.get(name)
    answer, sure = [], []
    if why is None:
        answer.append(_standing(outcome, place))
    else:
        answer.append(
            _("{title} is not funded: {reason}.", title=title_of(outcome.call, place.proposal),
              reason=reason_text(why))
        )  # fmt: skip
        if why.lack.total:
            answer.append(
                _("Beside the funded ones it lacks {amount} in {pots}.",
                  amount=money.full(why.lack.total),
                  pots=funder_names(outcome.call, short_pots(outcome, why)))
            )  # fmt: skip
        if why.least is not None:
            sure.append(
                _("Least new money under the rule, with all funded ones kept: {amount}.",
                  amount=money.full(why.least.total))
            )  # fmt: skip
        sure += _swap_words(outcome, closely.swap)
    return Section(
        id="proposal",
        question=_("Why is {proposal} where it is?", proposal=name),
        answer=tuple(answer),
        tables=(_ways_table(outcome, closely.ways),) if closely.ways else (),
        certainty=tuple(sure),
        **told,
    )


def _standing(outcome: Outcome, place: Place) -> str:
    """What is said of a proposal that is funded, or not ranked."""
    title = title_of(outcome.call, place.proposal)
    if place.rank:
        return _("{title} is funded, at rank {rank} of {all}.", title=title, rank=place.rank,
                 all=len(outcome.contest.proposals))  # fmt: skip
    status = _(STATUS_WORDS[place.status])
    why = ": ".join(filter(None, (status, place.reason)))
    return _("{title} is not ranked: {status}.", title=title, status=why)


def _swap_words(outcome: Outcome, swap: Swap | None) -> list[str]:
    if swap is None:
        return []
    if swap.loss is None:
        return [_("Without new money no allowed choice funds it.")]
    s = outcome.call.settings
    loss = (
        money_of(outcome.call).full(swap.loss) if s.value == "ask"
        else grouped(swap.loss / 10**s.score_digits, s.score_digits) if s.value == "score"
        else grouped(swap.loss)
    )  # fmt: skip
    return [
        _(
            "Without new money it could come in if {dropped} went out; the value of the choice "
            "would fall by {loss}.",
            dropped=joined(swap.dropped) or _("nobody"), loss=loss,
        )
    ]  # fmt: skip


def _ways_table(outcome: Outcome, ways: Ways) -> Table:
    money = money_of(outcome.call)
    rows = tuple(
        (text.kind_text, funder_names(outcome.call, way.who), _amount(outcome, way),
         _("yes") if way.possible else _("no"), text.note)
        for way, text in zip(ways.ways, ways.texts(), strict=True)
    )  # fmt: skip
    columns = (_("Way out"), _("Who"), _("Amount, {unit}", unit=money.unit), _("Works"), _("Why"))
    return Table(_("Ways out, each by itself"), columns, rows)


def _amount(outcome: Outcome, way: Way) -> str:
    if way.amount is None:
        return Written(MISSING, meaning=_("nothing has to be paid"))
    return money_of(outcome.call).text(way.amount)
