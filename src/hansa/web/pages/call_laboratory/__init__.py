"""The call laboratory: several purses, one ranking; what modes, rules and money would change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hansa.errors import UsageError, listed
from hansa.language import N_, _
from hansa.web.calls import call_folders, open_call
from hansa.web.page import Page
from hansa.web.pages.call_laboratory.asides import (
    BESIDE,
    SECONDS,
    beside_sections,
    lines,
    where,
)
from hansa.web.session import Session
from hansa.web.sheet import Choice, Control, Item, Listing, Sheet
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.programme.call import Call
    from hansa.programme.laboratory import Outcome
    from hansa.programme.losses import Lost
    from hansa.report.document import Section


def _build(session: Session, state: State) -> Sheet:
    from dataclasses import replace

    from hansa.programme.verbs import with_money_named
    from hansa.web.pages.call_laboratory.picking import picked

    found = open_call(session, state.call)
    if found is None:
        return _without()
    name, call = found
    _refuse_unknown(state)
    own = with_money_named(call, state.top_up, state.gap_share)
    outcome = _solved(own, state)
    meant, why = picked(outcome, state.proposal)
    written, state = (
        replace(state, proposal=meant or state.proposal),
        replace(state, proposal=meant),
    )
    s = call.settings
    return Sheet(
        question=_("Who gets funded, and which pot blocks?"),
        answer=_answer(outcome),
        sections=tuple(_sections(session, outcome, state, name)),
        controls=tuple(_controls(session, outcome, state if meant else written, name)),
        origin=_("no funder, partner or reviewer exists, and no pot is anybody's.")
        if s.model_data
        else _("{title}, as its folder has it.", title=s.title),
        model_data=s.model_data,
        more={
            **_sliders(call, own),
            **_linked(session, outcome, state, name),
            **({"refused": {"field": "proposal", "said": why}} if why else {}),
        },
    )


def _solved(call: Call, state: State) -> Outcome:
    from hansa.programme.laboratory import solve
    from hansa.programme.verbs import mode_named, rule_named

    return solve(call, mode_named(state.mode), rule_named(state.ranking), SECONDS)


def _answer(outcome: Outcome) -> tuple[str, ...]:
    from hansa.views.call_words import call_title, outcome_sentence

    return (f"{call_title(outcome.call)}.", outcome_sentence(outcome))


def _sections(session: Session, outcome: Outcome, state: State, name: str) -> Iterator[Section]:
    from dataclasses import replace

    from hansa.report.call_file import shown
    from hansa.report.call_reasons import proposal_section, reasons_section
    from hansa.report.call_report import (
        demand_section,
        origin_of,
        passed_section,
        pots_section,
        price_section,
        ranking_section,
    )

    python, command = lines(outcome, state, where(session, name))
    # What has to be solved once more is left to the report: here somebody waits.
    show = replace(
        shown(outcome, (), state.proposal, SECONDS / 2, whole=False), python=python, command=command
    )
    told = origin_of(outcome, show)
    if show.closely:
        # Lines that give the same stand below the ranking, which follows: here is what counts.
        yield proposal_section(outcome, show.closely, {"line": told["line"]})
    yield from beside_sections(session, outcome, state, name, show)
    yield ranking_section(outcome, show)
    yield reasons_section(outcome, told, _lost(outcome, state))
    yield pots_section(outcome, show)
    yield price_section(outcome, show)
    if outcome.passed:
        yield passed_section(outcome, show)
    yield demand_section(outcome, show)


def _lost(outcome: Outcome, state: State) -> Lost | None:
    """Proposals that one common pot would fund, where that is decided in a moment or asked for."""
    from hansa.programme.losses import lost_to_pots

    quick = outcome.rule in ("strict", "ties") or state.beside == "modes"
    return lost_to_pots(outcome, SECONDS) if quick else None


def _controls(session: Session, outcome: Outcome, state: State, name: str) -> Iterator[Control]:
    from hansa.programme.laboratory import rules_for
    from hansa.programme.pots import MODES
    from hansa.views.call_words import mode_text, rule_text, title_of

    folders = call_folders(session.folder)
    if len(folders) > 1:
        yield Control("call", _("Call"), tuple(Choice(n, n) for n in folders), name)
    modes = tuple(Choice(m, mode_text(m)) for m in MODES)
    yield Control("mode", _("Money"), modes, outcome.mode)
    rules = tuple(Choice(r, rule_text(r)) for r in rules_for(outcome.call))
    yield Control("ranking", _("Ranking rule"), rules, outcome.rule)
    named = tuple(
        Choice(p.proposal.id, f"{p.rank or '·'}  {title_of(outcome.call, p.proposal)}")
        for p in outcome.places
    )
    hint = _("place, id or a word")
    yield Control("proposal", _("Look closely at"), named, state.proposal, hint)
    beside = (Choice("", _("nothing")), *(Choice(code, _(text)) for code, text in BESIDE.items()))
    yield Control("beside", _("Show as well"), beside, state.beside)


def _linked(session: Session, outcome: Outcome, state: State, name: str) -> dict[str, Any]:
    """What tables link to the reason of a proposal by, and the record of the decision."""
    from dataclasses import replace

    from hansa.programme.call_results import record, record_bytes

    folder = call_folders(session.folder)[name]
    return {
        "long": True,
        "picked": state.proposal,
        "proposals": [p.id for p in outcome.call.proposals],
        "column": _("Proposal"),
        "query": replace(state, proposal="").query,
        "record": record_bytes(record(outcome, folder)).decode(),
        "record_name": f"{name}-decision.json",
    }


def _sliders(call: Call, own: Call) -> dict[str, Any]:
    """The two sliders of the page: the top-up, and the share of it that is kept for gaps."""
    from hansa.views.format import general, grouped

    s = call.settings
    pots = sum(f.cash for f in call.funders)
    step = max(1, int(10 ** max(0, len(str(pots)) - 3)))
    now = int(own.units(own.settings.top_up))
    most = max(now, int(call.units(s.top_up)), pots // 2 // step * step)
    unit = s.currency
    return {
        "sliders": [
            {"code": "top_up", "name": _("Top-up"), "unit": unit, "low": "0",
             "high": _plain(call, most), "step": _plain(call, step), "value": _plain(call, now),
             "said": _("The call: {amount} {unit}.", amount=grouped(float(s.top_up)), unit=unit)},
            {"code": "gap_share", "name": _("Kept for gaps"),
             "unit": _("share of the top-up, 0 to 1"), "low": "0", "high": "1", "step": "0.05",
             "value": f"{float(own.settings.gap_share):.10g}",
             "said": _("The call: {share}, which is {percent} %.",
                       share=general(float(s.gap_share)),
                       percent=general(100 * float(s.gap_share)))},
        ]
    }  # fmt: skip


def _plain(call: Call, units: int) -> str:
    amount = call.written(units)
    return f"{amount.quantize(1) if amount == amount.to_integral() else amount:f}"


def _refuse_unknown(state: State) -> None:
    if state.beside and state.beside not in BESIDE:
        raise UsageError(
            "beside in the address cannot be meant",
            printed=state.beside[:40],
            admissible=listed(BESIDE),
        )


def _without() -> Sheet:
    """What the page says in a study without a call, and how one is made."""
    items = (
        Item(
            _("A call is a folder calls/NAME of the study with four small tables."),
            (_("call.toml: the rules agreed on: mode, top-up, ranking rule, threshold."),
             _("funders.csv: funder, country, cash."), _("proposals.csv: proposal, title, score."),
             _("asks.csv: proposal, funder, ask.")),
        ),
        Item(_("hansa call model STUDY/calls/model writes one to try, drawn at random.")),
    )  # fmt: skip
    return Sheet(
        _("Who gets funded, and which pot blocks?"),
        (_("This study has no call, so there is nothing to decide."),),
        lists=(Listing(_("How to make one"), items),),
    )


PAGE = Page(
    id="call-laboratory",
    label=N_("Call laboratory"),
    help=N_("A call with money from several funders: who is funded, which pot blocks, what if"),
    parameters=("call", "mode", "ranking", "top_up", "gap_share", "proposal", "beside"),
    build=_build,
    place=78,
    template="call-laboratory.html",
    needs="call",
)
