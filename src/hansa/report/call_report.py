"""A decided call as a document for its meeting: who is funded, what it costs, what could be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from hansa.language import _
from hansa.programme.laboratory import Outcome, ranked
from hansa.programme.noise import Spread
from hansa.programme.prices import COMMON, pressure
from hansa.programme.reasons import Swap
from hansa.programme.ways import Ways
from hansa.report.document import Document, Section, Table
from hansa.views.call_modes import comparison_rows, modes_figure, modes_sentence
from hansa.views.call_pots import pots_figure
from hansa.views.call_ranking import ranking_figure
from hansa.views.call_words import (
    funder_names,
    mode_text,
    money_of,
    outcome_sentence,
    reason_text,
    rule_text,
)
from hansa.views.format import MISSING, THIN, grouped, joined


@dataclass(frozen=True)
class CallReport:
    """What a report on a call shows beside the decision.

    others    the call under other modes and rules
    spread    how often each is funded where scores are uncertain
    proposal  one that is looked at closely, with its swap and its ways out; empty: none
    python, command  lines that give the same result
    """

    others: tuple[Outcome, ...] = ()
    spread: Spread | None = None
    proposal: str = ""
    swap: Swap | None = None
    ways: Ways | None = None
    python: str = ""
    command: str = ""


PLAIN = CallReport()


def call_document(outcome: Outcome, show: CallReport = PLAIN) -> Document:
    """The whole report of a decided call."""
    s = outcome.call.settings
    sections = tuple(_sections(outcome, show))
    findings = tuple(section.answer[0] for section in sections if section.answer)
    return Document(
        title=s.title,
        subtitle=s.summary,
        origin=_("No funder, partner or reviewer exists, and no pot is anybody's.")
        if s.model_data
        else _("Data of the call as its office keeps them."),
        findings=findings,
        sections=sections,
        method=tuple(_method(outcome)),
        footer=_(
            "Made with Hansa {version}. The tool computes and explains; people decide.",
            version=version("hansa"),
        ),
        model_data=s.model_data,
    )


def _sections(outcome: Outcome, show: CallReport) -> Iterator[Section]:
    yield ranking_section(outcome, show)
    if show.proposal:
        yield proposal_section(outcome, show)
    yield price_section(outcome, show)
    yield pots_section(outcome, show)
    if outcome.passed:
        yield passed_section(outcome, show)
    if show.others:
        yield modes_section(outcome, show)
    yield demand_section(outcome, show)


def _origin(outcome: Outcome, show: CallReport) -> dict[str, Any]:
    s = outcome.call.settings
    bits = [
        _("Source: {source}", source=s.source or s.title),
        mode_text(outcome.mode), rule_text(outcome.rule), _("seed {seed}", seed=s.seed),
    ]  # fmt: skip
    return {"line": "; ".join(bits) + ".", "python": show.python, "command": show.command}


def ranking_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Who is funded, and why not the others."""
    return Section(
        id="ranking",
        question=_("Who is funded, and who is not?"),
        answer=(outcome_sentence(outcome),),
        figures=(ranking_figure(outcome, show.spread),),
        certainty=tuple(_sure(outcome, show.spread)),
        **_origin(outcome, show),
    )


def _sure(outcome: Outcome, spread: Spread | None) -> Iterator[str]:
    d, worth = outcome.decision, outcome.contest.worth(outcome.decision.funded or ())
    if d.ended == "optimal":
        yield _("The choice is proven: checked in whole numbers, no allowed choice is better.")
    else:
        gap = grouped(100 * (d.bound / worth - 1), 1) if worth else MISSING
        yield _(
            "Best found in the time given: a better choice could be worth {gap} % more at most.",
            gap=gap,
        )
    if d.equal > 1:
        yield _(
            "{count} equally good choices meet the goals alike; shown is the one that prefers the "
            "better ranked.",
            count=d.equal if d.equal < 10 else _("10 or more"),
        )
    flagged = [one.proposal.id for one in ranked(outcome.places) if one.flagged]
    if flagged:
        yield _(
            "Whether they are eligible cannot be said: {proposals}. They are ranked all the same.",
            proposals=joined(flagged),
        )
    dropped = sum(one.dropped for one in outcome.places)
    if dropped:
        yield _("{count} scores of reviewers with a conflict are left out.", count=dropped)
    yield from _spread_words(outcome, spread)


def _spread_words(outcome: Outcome, spread: Spread | None) -> Iterator[str]:
    if spread is None:
        return
    if spread.draws < 2:
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


def price_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """What it costs to fund further down the list."""
    money, call = money_of(outcome.call), outcome.call
    funders = outcome.contest.pots.funders
    rows = [
        (str(s.rank), s.proposal, money.text(s.price.total),
         *(money.text(e) if e else "" for e in s.price.extra), money.text(s.idle))
        for s in outcome.prices
    ]  # fmt: skip
    columns = (_("Rank"), _("Proposal"), _("Price"), *funders, _("Idle elsewhere"))
    caption = _("Least new money that funds the first ranks, by pot, in {unit}", unit=money.unit)
    return Section(
        id="price",
        question=_("What does it cost to fund further down?"),
        answer=(_price_answer(outcome),),
        tables=(Table(caption, columns, tuple(rows)),),
        certainty=(
            _("Each price is the least there is, in whole units; it never falls with the rank."),
            _(
                "Gap money goes to the smallest needs first: {rule}.",
                rule=_(
                    "{gap} of the top-up is kept for gaps", gap=_percent(call.settings.gap_share)
                ),
            )
            if outcome.mode == "mixed"
            else _("Mode: {mode}.", mode=mode_text(outcome.mode)),
        ),
        **_origin(outcome, show),
    )


def _percent(share: Any) -> str:
    return f"{grouped(100 * float(share), 0)}{THIN}%"


def _price_answer(outcome: Outcome) -> str:
    money = money_of(outcome.call)
    steps = [s for s in outcome.prices if s.price.total]
    if not steps:
        return _("Everything ranked can be funded without new money.")
    first = steps[0]
    later = steps[min(len(steps) - 1, 4)]
    blocks = funder_names(outcome.call, first.blocks or (COMMON,))
    return _(
        "Funding down to rank {rank} takes {price} more, all in {pots}; down to rank {later} it "
        "takes {much}.",
        rank=first.rank, price=money.full(first.price.total), pots=blocks,
        later=later.rank, much=money.full(later.price.total),
    )  # fmt: skip


def pots_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Which pots are used up, and what every party gets back."""
    money = money_of(outcome.call)
    rows = [
        (funder_names(outcome.call, (r.funder,)), money.text(r.put_in), money.text(r.received),
         MISSING if r.ratio is None else grouped(float(r.ratio), 2))
        for r in outcome.returns
    ]  # fmt: skip
    caption = _("What each party puts in, and what its partners receive, {unit}", unit=money.unit)
    columns = (_("Funder"), _("Cash put in"), _("Received"), _("Received for each put in"))
    own, uneven = outcome.crossing, outcome.crossing.unevenness
    countries = own.countries
    told = [
        _(
            "{amount} reach partners beyond what their own funder put in: money that crosses a "
            "border or comes from the top-up.",
            amount=money.full(own.crossing),
        )
    ]
    if uneven is not None:
        told.append(_("Unevenness of return (Gini): {gini}; 0 is even.", gini=grouped(uneven, 2)))
    if countries:
        mean = sum(countries) / len(countries)
        told.append(_("A funded project has {mean} countries on average.", mean=grouped(mean, 1)))
    figure = pots_figure(outcome)
    return Section(
        id="pots",
        question=_("Which pots block, and where is money left?"),
        answer=(figure.title + ".",),
        figures=(figure,),
        tables=(Table(caption, columns, tuple(rows)),),
        certainty=tuple(told),
        **_origin(outcome, show),
    )


def passed_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Who is passed over, and by whom."""
    rows = tuple((name, joined(lower)) for name, lower in outcome.passed.items())
    answer = _(
        "{count} proposals are left out while one of lower score is funded.",
        count=len(outcome.passed),
    )
    binding = outcome.call.settings.binding
    return Section(
        id="passed-over",
        question=_("Who is passed over, and by whom?"),
        answer=(answer,),
        tables=(
            Table(
                _("Passed over"), (_("Proposal"), _("Funded with a lower score")), rows,
                _("Not lawful under a binding ranking.") if binding else "",
            ),
        ),
        certainty=(_("Not lawful under a binding ranking."),) if binding else (),
        **_origin(outcome, show),
    )  # fmt: skip


def modes_section(outcome: Outcome, show: CallReport) -> Section:
    """The call under every mode and rule, side by side."""
    columns = (
        _("Mode"), _("Rule"), _("Funded"), _("Paid"), _("From gap money"), _("Idle"),
        _("Over a border"), _("Passed over"), _("Choice"),
    )  # fmt: skip
    unit = money_of(outcome.call).unit
    caption = _("The same call under other modes and rules, amounts in {unit}", unit=unit)
    return Section(
        id="modes",
        question=_("What would another mode or rule change?"),
        answer=(modes_sentence(show.others),),
        figures=(modes_figure(show.others),),
        tables=(Table(caption, columns, tuple(comparison_rows(show.others))),),
        **_origin(outcome, show),
    )


def demand_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Demand over pot, and the cap on asks that would clear it: for the meeting before a call."""
    money, rows = money_of(outcome.call), []
    for p in pressure(outcome.contest):
        times = grouped(p.asked / p.pot, 1) if p.pot else MISSING
        rows.append((
            funder_names(outcome.call, (p.funder,)), money.text(p.pot), money.text(p.asked),
            times, str(p.asks), _("none") if p.cap is None else money.text(p.cap),
        ))  # fmt: skip
    most = max(pressure(outcome.contest), key=lambda p: p.asked / p.pot if p.pot else 0)
    answer = _(
        "{funder} is asked for {times} times its pot; a cap of {cap} on single asks would fit all.",
        funder=funder_names(outcome.call, (most.funder,)),
        times=grouped(most.asked / most.pot, 1) if most.pot else MISSING,
        cap=MISSING if most.cap is None else money.full(most.cap),
    )
    columns = (
        _("Funder"),
        _("Pot"),
        _("Asked"),
        _("Asked over pot"),
        _("Asks"),
        _("Cap that fits"),
    )
    caption = _("What is asked of each pot by all ranked proposals, {unit}", unit=money.unit)
    return Section(
        id="demand",
        question=_("How much is asked of each pot?"),
        answer=(answer,),
        tables=(Table(caption, columns, tuple(rows)),),
        **_origin(outcome, show),
    )


def proposal_section(outcome: Outcome, show: CallReport) -> Section:
    """One proposal closely: why it is not funded, what it lacks, and the ways out."""
    name, money = show.proposal, money_of(outcome.call)
    place = next(p for p in outcome.places if p.proposal.id == name)
    why = outcome.reasons.get(name)
    answer, told = [], []
    if why is None:
        answer.append(
            _("{title} is funded.", title=place.proposal.title)
            if name in outcome.funded
            else _("{title} is not ranked: {status}.", title=place.proposal.title,
                   status=place.reason or place.status)
        )  # fmt: skip
    else:
        short = why.lack.named(outcome.contest.pots.funders)
        answer.append(
            _("{title} is not funded: {reason}.", title=place.proposal.title,
              reason=reason_text(why))
        )  # fmt: skip
        if why.lack.total:
            pots = funder_names(outcome.call, short or (COMMON,))
            answer.append(
                _("Beside the funded ones it lacks {amount} in {pots}.",
                  amount=money.full(why.lack.total), pots=pots)
            )  # fmt: skip
        if why.least is not None:
            told.append(
                _("Least new money under the rule, with all funded ones kept: {amount}.",
                  amount=money.full(why.least.total))
            )  # fmt: skip
        told += _swap_words(show.swap)
    tables = (_ways_table(outcome, show.ways),) if show.ways else ()
    return Section(
        id="proposal",
        question=_("Why is {proposal} where it is?", proposal=name),
        answer=tuple(answer),
        tables=tables,
        certainty=tuple(told),
        **_origin(outcome, show),
    )


def _swap_words(swap: Swap | None) -> list[str]:
    if swap is None:
        return []
    if swap.loss is None:
        return [_("Without new money no allowed choice funds it.")]
    return [
        _(
            "Without new money it could come in if {dropped} went out; the value of the choice "
            "would fall by {loss}.",
            dropped=joined(swap.dropped) or _("nobody"), loss=grouped(swap.loss),
        )
    ]  # fmt: skip


def _ways_table(outcome: Outcome, ways: Ways) -> Table:
    money = money_of(outcome.call)
    rows = [
        (w.kind_text, w.who, money.text(w.amount) if w.amount is not None else MISSING,
         _("yes") if w.possible else _("no"), w.note)
        for w in ways.texts()
    ]  # fmt: skip
    columns = (_("Way out"), _("Who"), _("Amount, {unit}", unit=money.unit), _("Works"), _("Why"))
    return Table(_("Ways out, each by itself"), columns, tuple(rows))


def _method(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield _("Mode"), mode_text(outcome.mode)
    yield _("Ranking rule"), rule_text(outcome.rule)
    yield (
        _("Goals"),
        _(
            "Value of the funded ones first, then fewest passed over, then least gap money, then "
            "the better ranked; each is kept before the next."
        ),
    )
    yield (
        _("Score"),
        _("Weighted mean of valid reviews, rounded half up to the declared digits."),
    )
