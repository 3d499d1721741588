"""A decided call as a document for its meeting: who is funded, what it costs, what could be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from hansa.language import N_, _, ngettext
from hansa.programme.laboratory import Outcome, ranked
from hansa.programme.losses import Lost
from hansa.programme.prices import COMMON, pressure
from hansa.report.call_reasons import Closely, proposal_section, reasons_section
from hansa.report.call_scores import Sure, scores_section, sure_words
from hansa.report.document import Document, Section, Table
from hansa.views.call_modes import comparison_rows, modes_figure, modes_sentence
from hansa.views.call_pots import pots_figure
from hansa.views.call_ranking import ranking_figure
from hansa.views.call_words import (
    call_title,
    funder_names,
    mode_text,
    money_of,
    outcome_sentence,
    rule_text,
    title_of,
)
from hansa.views.format import MISSING, THIN, general, grouped, joined
from hansa.views.written import Written


@dataclass(frozen=True)
class CallReport:
    """What a report on a call shows beside the decision.

    others    the call under other modes and rules
    sure      how often each is funded where scores are uncertain; None: not asked
    lost      those that one common pot would fund; None: not asked
    closely   a proposal that is looked at closely
    python, command  lines that give the same result
    paper     for a sheet of A4: wide tables are made narrow
    further   sections of its own beside those on the decision
    """

    others: tuple[Outcome, ...] = ()
    sure: Sure | None = None
    lost: Lost | None = None
    closely: Closely | None = None
    paper: bool = False
    python: str = ""
    command: str = ""
    further: tuple[Section, ...] = ()


PLAIN = CallReport()
PAPER = 6
"""Funders that have a column each on a sheet of paper."""


def call_document(outcome: Outcome, show: CallReport = PLAIN) -> Document:
    """The whole report of a decided call."""
    s = outcome.call.settings
    sections = tuple(_sections(outcome, show))
    findings = tuple(section.answer[0] for section in sections if section.answer)
    return Document(
        title=call_title(outcome.call),
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
    if show.closely:
        yield proposal_section(outcome, show.closely, origin_of(outcome, show))
    yield reasons_section(outcome, origin_of(outcome, show), show.lost)
    yield price_section(outcome, show)
    yield pots_section(outcome, show)
    if show.sure is not None:
        yield scores_section(outcome, show.sure, origin_of(outcome, show))
    if outcome.passed:
        yield passed_section(outcome, show)
    if show.others:
        yield modes_section(show.others, origin_of(outcome, show))
    yield demand_section(outcome, show)
    yield from show.further


def origin_of(outcome: Outcome, show: CallReport) -> dict[str, Any]:
    """What stands below every section: source, mode, rule, seed, and how to get the same."""
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
        figures=(ranking_figure(outcome, show.sure.spread if show.sure else None),),
        certainty=tuple(_sure(outcome, show.sure)),
        **origin_of(outcome, show),
    )


def _sure(outcome: Outcome, sure: Sure | None) -> Iterator[str]:
    d, worth = outcome.decision, outcome.contest.worth(outcome.decision.funded or ())
    if d.ended == "optimal":
        yield _("The choice is certain: checked in whole numbers, no allowed choice is better.")
    else:
        gap = grouped(100 * (d.bound / worth - 1), 1) if worth else MISSING
        yield _(
            "Found in the time given: a better choice could be worth {gap} % more at most.",
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
    if sure is not None and sure.spread is not None:
        yield from sure_words(outcome, sure)


def price_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """What it costs to fund further down the list."""
    call = outcome.call
    return Section(
        id="price",
        question=_("What does it cost to fund further down?"),
        answer=(_price_answer(outcome),),
        tables=(_price_table(outcome, show.paper),),
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
        **origin_of(outcome, show),
    )


def _price_table(outcome: Outcome, paper: bool) -> Table:
    """A row a rank; on paper many funders are named in one column, which a page has room for."""
    money, funders = money_of(outcome.call), outcome.contest.pots.funders
    caption = _("Least new money that funds the first ranks, by pot, in {unit}", unit=money.unit)
    together = paper and len(funders) > PAPER
    rows = []
    for s in outcome.prices:
        named = sorted((-e, f) for f, e in zip(funders, s.price.extra, strict=True) if e)
        extra = (
            ("; ".join(f"{f} {money.text(-e)}" for e, f in named),) if together
            else tuple(money.some(e) for e in s.price.extra)
        )  # fmt: skip
        start = (str(s.rank), s.proposal, money.text(s.price.total))
        rows.append((*start, *extra, money.text(s.idle)))
    heads = (_("Which pots"),) if together else funders
    columns = (_("Rank"), _("Proposal"), _("Price"), *heads, _("Idle elsewhere"))
    return Table(caption, columns, tuple(rows))


def _percent(share: Any) -> str:
    return f"{general(100 * float(share))}{THIN}%"


def _price_answer(outcome: Outcome) -> str:
    money = money_of(outcome.call)
    steps = [s for s in outcome.prices if s.price.total]
    if not steps:
        return _("Everything ranked can be funded without new money.")
    first = steps[0]
    later = steps[min(len(steps) - 1, 4)]
    text = N_(
        "Funding down to rank {rank} takes {price} more, all in {pots}; down to rank {later} it "
        "takes {much}."
    )
    if outcome.contest.pots.gap:
        # Which pots new money goes to hangs on whom gap money helps; how much does not.
        text = N_(
            "Funding down to rank {rank} takes {price} more, all in {pots} where gap money goes to "
            "the smallest needs first; down to rank {later} it takes {much}."
        )
    return _(
        text,
        rank=first.rank, price=money.full(first.price.total),
        pots=funder_names(outcome.call, first.blocks or (COMMON,)),
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
        **origin_of(outcome, show),
    )


def passed_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Who is passed over, and by whom."""
    places = {place.proposal.id: place for place in outcome.places}
    rows = tuple(
        (str(places[name].rank), name, title_of(outcome.call, places[name].proposal), joined(lower))
        for name, lower in outcome.passed.items()
    )
    answer = ngettext(
        "{number} proposal is left out while one of lower score is funded.",
        "{number} proposals are left out while one of lower score is funded.",
        len(outcome.passed),
    )
    binding = outcome.call.settings.binding
    return Section(
        id="passed-over",
        question=_("Who is passed over, and by whom?"),
        answer=(answer,),
        tables=(
            Table(
                _("Passed over"),
                (_("Rank"), _("Proposal"), _("Title"), _("Funded with a lower score")),
                rows,
                _("Not lawful under a binding ranking.") if binding else "",
            ),
        ),
        certainty=(_("Not lawful under a binding ranking."),) if binding else (),
        **origin_of(outcome, show),
    )  # fmt: skip


def modes_section(others: tuple[Outcome, ...], told: dict[str, Any]) -> Section:
    """The call under every mode and rule, side by side.

    told  line, python and command of the section
    """
    columns = (
        _("Mode"), _("Rule"), _("Funded"), _("Paid"), _("From gap money"), _("Idle"),
        _("Over a border"), _("Countries a project"), _("Passed over"), _("Lost to a pot"),
        _("Blocks most"), _("Choice"),
    )  # fmt: skip
    unit = money_of(others[0].call).unit
    note = _(
        "Over a border: what partners receive beyond what their funder put in. Lost to a pot: not "
        "funded, but funded from one common pot under the same rule."
    )
    caption = _("The same call under other modes and rules, amounts in {unit}", unit=unit)
    return Section(
        id="modes",
        question=_("What would another mode or rule change?"),
        answer=(modes_sentence(others),),
        figures=(modes_figure(others),),
        tables=(Table(caption, columns, tuple(comparison_rows(others)), note),),
        **told,
    )


def demand_section(outcome: Outcome, show: CallReport = PLAIN) -> Section:
    """Demand over pot, and the cap on asks that would clear it: for the meeting before a call."""
    money, rows = money_of(outcome.call), []
    for p in pressure(outcome.contest):
        times = grouped(p.asked / p.pot, 1) if p.pot else MISSING
        rows.append((
            funder_names(outcome.call, (p.funder,)), money.text(p.pot), money.text(p.asked),
            times, str(p.asks),
            Written(_("none"), meaning=_("all fit")) if p.cap is None else money.text(p.cap),
        ))  # fmt: skip
    answer = _demand_answer(outcome)
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
        **origin_of(outcome, show),
    )


def _demand_answer(outcome: Outcome) -> str:
    asked = [p for p in pressure(outcome.contest) if p.asked]
    if not asked:
        return _("Nothing is asked of any pot.")
    most = max(asked, key=lambda p: p.asked / p.pot if p.pot else float("inf"))
    name, money = funder_names(outcome.call, (most.funder,)), money_of(outcome.call)
    if not most.pot:
        return _("{funder} has no money in its pot and is asked for {amount}.", funder=name,
                 amount=money.full(most.asked))  # fmt: skip
    times = grouped(most.asked / most.pot, 1)
    if most.cap is None:
        return _("Every pot pays all that is asked of it; {funder} is closest, at {times} times.",
                 funder=name, times=times)  # fmt: skip
    return _(
        "{funder} is asked for {times} times its pot; a cap of {cap} on single asks would fit all.",
        funder=name, times=times, cap=money.full(most.cap),
    )  # fmt: skip


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
