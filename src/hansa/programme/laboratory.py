"""The call laboratory: a call decided under a mode and a rule, or under all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from hansa.errors import UsageError, listed
from hansa.programme.call import Call
from hansa.programme.call_settings import Limits
from hansa.programme.contest import RULES, AtLeast, AtMost, Contest, Limit, Rule
from hansa.programme.decide import Decision, Wishes, decide, head_of, skip
from hansa.programme.noise import band_starts
from hansa.programme.pots import MODES, Mode, Pots, price, shared_out
from hansa.programme.prices import COMMON, Step, price_list
from hansa.programme.ranking import Place, ranking, rounded, unbroken_ties
from hansa.programme.reasons import Reason, passed_over, reasons
from hansa.programme.returns import Crossing, Return, crossing, returns

TIED = "the ranking rule strict needs an order, and there is a tie"


@dataclass(frozen=True)
class Outcome:
    """A call decided.

    places    every proposal, ranked ones first; `contest` and everything of it follow their order
    decision  who is funded; reasons: why the ranked others are not
    passed    proposals passed over, with the funded ones of lower score
    """

    call: Call
    mode: Mode
    rule: Rule
    places: tuple[Place, ...]
    contest: Contest
    decision: Decision
    prices: tuple[Step, ...]
    reasons: dict[str, Reason]
    passed: dict[str, tuple[str, ...]]
    returns: tuple[Return, ...]
    crossing: Crossing

    @property
    def funded(self) -> tuple[str, ...]:
        """Ids of the funded proposals in rank order."""
        chosen = self.decision.funded or ()
        return tuple(p for p, yes in zip(self.contest.proposals, chosen, strict=False) if yes)


def ranked(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that take part in the decision."""
    return tuple(one for one in places if one.rank)


def contest_of(call: Call, places: Sequence[Place], mode: Mode, rule: Rule) -> Contest:
    """The ranked proposals before the pots of a call. Raises UsageError for `strict` over ties.

    mode, rule  may be others than those of the call
    """
    if rule == "strict" and (ties := unbroken_ties(call, places)):
        raise UsageError(
            TIED,
            printed="; ".join(listed(group) for group in ties[:3]),
            admissible="tie_break in call.toml, or the ranking rule ties",
            fix="declare how ties are broken before the call is decided",
        )
    return contest_among(call, places, ranked(places), mode)


def contest_among(call: Call, places: Sequence[Place], own: Sequence[Place], mode: Mode) -> Contest:
    """Some places, in an order of falling scores, before the pots of a call."""
    score = tuple(one.score or 0 for one in own)
    lines = band_lines(call)
    return Contest(
        proposals=tuple(one.proposal.id for one in own),
        score=score,
        value=_values(call, own),
        asks=tuple(tuple(one.proposal.asks.get(f.id, 0) for f in call.funders) for one in own),
        pots=pots_of(call, mode),
        cuts=band_starts(score, lines),
        fixed=_fixed(call, places, own),
        limits=tuple(_limits(call, own)),
    )


def band_lines(call: Call) -> tuple[int, ...]:
    """The lowest score of each band but the last, in units of the last digit."""
    return tuple(rounded(Fraction(c), call.settings.step) for c in call.settings.cut_points)


def pots_of(call: Call, mode: Mode) -> Pots:
    """The pots of a call under a mode."""
    weights = [f.key for f in call.funders]
    total = sum(weights, Fraction(0))
    every = Fraction(1, max(1, len(weights)))
    return Pots(
        funders=tuple(f.id for f in call.funders),
        cash=tuple(f.cash for f in call.funders),
        mode=mode,
        top_up=int(call.units(call.settings.top_up)),
        gap_share=Fraction(call.settings.gap_share),
        key=tuple(w / total if total else every for w in weights),
        gap_cap=tuple(f.gap_cap for f in call.funders),
    )


def _values(call: Call, own: Sequence[Place]) -> tuple[int, ...]:
    if call.settings.value == "count":
        return (1,) * len(own)
    if call.settings.value == "ask":
        return tuple(sum(one.proposal.asks.values()) for one in own)
    return tuple(max(0, one.score or 0) for one in own)


def _fixed(call: Call, places: Sequence[Place], own: Sequence[Place]) -> tuple[bool | None, ...]:
    decided = {f.proposal: f.funded for f in call.settings.fixed}
    out = {one.proposal.id: one for one in places if not one.rank}
    for name, funded in decided.items():
        if funded and name in out:
            raise UsageError(
                f"the meeting funds {name}, which is not ranked",
                printed=f"{out[name].status}: {out[name].reason}".strip(": "),
                admissible="a ranked proposal",
                fix="record first why it is ranked after all",
            )
    return tuple(decided.get(one.proposal.id) for one in own) if decided else ()


def _limits(call: Call, own: Sequence[Place]) -> Iterator[Limit]:
    limits = call.settings.limits
    of_funder = {f.id: f.country for f in call.funders}
    if limits.countries:
        by_country: dict[str, list[int]] = defaultdict(list)
        for p, one in enumerate(own):
            for country in one.proposal.countries(of_funder):
                by_country[country].append(p)
        groups = tuple(tuple(by_country[c]) for c in sorted(by_country))
        yield AtLeast("countries", groups, limits.countries)
    if limits.per_lead:
        by_lead: dict[str, list[int]] = defaultdict(list)
        for p, one in enumerate(own):
            if one.proposal.lead:
                by_lead[one.proposal.lead].append(p)
        for lead in sorted(by_lead):
            if len(by_lead[lead]) > limits.per_lead:
                yield AtMost(f"per_lead: {lead}", tuple(by_lead[lead]), limits.per_lead)
    for module, least in sorted(limits.per_module.items()):
        members = tuple((p,) for p, one in enumerate(own) if one.proposal.module == module)
        yield AtLeast(f"per_module: {module}", members, least)


def solve(
    call: Call, mode: Mode | None = None, rule: Rule | None = None, seconds: float = 60.0
) -> Outcome:
    """The call decided under its own mode and rule, or under others."""
    mode, rule = mode or call.settings.mode, rule or call.settings.ranking
    places = ranking(call)
    contest, decision = decided(call, places, (mode, rule), seconds)
    return _outcome(call, (mode, rule), places, contest, decision)


def _outcome(
    call: Call, rules: tuple[Mode, Rule], places: tuple[Place, ...], contest: Contest,
    decision: Decision,
) -> Outcome:  # fmt: skip
    mode, rule = rules
    funded = decision.funded
    assert funded is not None
    return Outcome(
        call, mode, rule, places, contest, decision,
        price_list(contest),
        reasons(contest, rule, funded),
        passed_over(contest, funded),
        returns(contest, funded),
        crossing(call, contest, funded),
    )  # fmt: skip


def decided(
    call: Call, places: Sequence[Place], rules: tuple[Mode, Rule], seconds: float,
    count_equal: bool = True,
) -> tuple[Contest, Decision]:  # fmt: skip
    """A ranking decided; `rules`: mode and ranking rule. Raises UsageError where nothing can be."""
    mode, rule = rules
    contest = contest_of(call, places, mode, rule)
    found = decide(contest, rule, Wishes(call.settings.depth_first, seconds, count_equal))
    if found.funded is None and found.ended == "optimal":
        raise UsageError(
            "no choice keeps the pots, the limits and what the meeting decided",
            printed=_what_stands_against(contest),
            fix="loosen a limit, or take a decision back",
        )
    if found.funded is None:
        raise UsageError(
            "no choice was found in time that keeps the limits and what the meeting decided",
            printed=f"{seconds:g} s", admissible="more seconds, or fewer limits",
        )  # fmt: skip
    return contest, found


def _what_stands_against(contest: Contest) -> str:
    """New money that the meeting's decisions alone ask for; else the limits."""
    demand = contest.demand(head_of(contest, 0))
    short = price(contest.pots, demand)
    if short.total:
        pots = short.named(contest.pots.funders) or (COMMON,)
        return f"what the meeting funds lacks {short.total} smallest units: {listed(pots)}"
    return listed([limit.name for limit in contest.limits]) or "decisions of the meeting"


def decide_first(call: Call, places: Sequence[Place], seconds: float = 2.0) -> None:
    """Raises UsageError where limits and the meeting's decisions contradict each other or the pots.

    Tried under the call's own mode with the rule `free`: what no set keeps, no rule can.
    """
    contest_of(call, places, call.settings.mode, call.settings.ranking)
    if call.settings.fixed or call.settings.limits != Limits():
        decided(call, places, (call.settings.mode, "free"), seconds, count_equal=False)


def compare(call: Call, seconds: float = 5.0) -> tuple[Outcome, ...]:
    """The call under every mode and rule that can be run on it, side by side.

    Left out: `bands` without cut points, `strict` over a tie that nothing breaks.
    """
    found = []
    for mode in MODES:
        for rule in rules_for(call):
            found.append(solve(call, mode, rule, seconds))
    return tuple(found)


def rules_for(call: Call) -> tuple[Rule, ...]:
    """The ranking rules that a call can be decided by as it stands."""
    ties = unbroken_ties(call, ranking(call))
    lines = call.settings.cut_points
    return tuple(
        rule for rule in RULES if not (rule == "strict" and ties) and (rule != "bands" or lines)
    )


def skipped(outcome: Outcome) -> tuple[str, ...]:
    """Who is funded when the list is followed and passed over where it does not fit."""
    return as_skipped(outcome).funded


def as_skipped(outcome: Outcome) -> Outcome:
    """The same ranking and pots, followed down the list, funding whatever still fits.

    A procedure for comparing, not an optimum: its bound is its own worth. Reasons are those of
    `free`, for no order binds it.
    """
    contest = outcome.contest
    chosen = skip(contest)
    decision = Decision(chosen, "optimal", contest.worth(chosen))
    return _outcome(outcome.call, (outcome.mode, "free"), outcome.places, contest, decision)


def with_money(call: Call, top_up: int, gap_share: Fraction) -> Call:
    """The call with another top-up (smallest units) and another share for gaps."""
    changes = {"top_up": call.written(top_up), "gap_share": gap_share}
    return replace(call, settings=call.settings.model_copy(update=changes))


@dataclass(frozen=True)
class PotRow:
    """What becomes of one pot; amounts in smallest units.

    available  own cash and its part of the top-up, paid in whole units (largest remainder)
    gap        gap money used for it; used: paid to its partners; idle: left over
    """

    funder: str
    available: int
    gap: int
    used: int
    idle: int


def pot_rows(outcome: Outcome) -> tuple[PotRow, ...]:
    """The pots after the decision. In a real common pot only its one row has money."""
    contest, pots = outcome.contest, outcome.contest.pots
    assert outcome.decision.funded is not None
    used = contest.demand(outcome.decision.funded)
    if pots.mode == "real":
        rows = [PotRow(f, 0, 0, u, 0) for f, u in zip(pots.funders, used, strict=True)]
        total = sum(used)
        return (*rows, PotRow("common pot", pots.common, 0, total, pots.common - total))
    parts, gaps = paid_out(pots, used)
    rows = []
    for f, cash, part, gap, u in zip(pots.funders, pots.cash, parts, gaps, used, strict=True):
        rows.append(PotRow(f, cash + part, gap, u, max(0, cash + part + gap - u)))
    return tuple(rows)


def paid_out(pots: Pots, used: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The top-up in whole units: each funder's part of it by the key, and its gap money.

    Parts by largest remainder. Where that would ask for more than the top-up, because a unit went
    where nothing is short, those that are short come first: then it always suffices, for what is
    used is paid exactly by parts and gap money together (methods, 3.1).
    """
    whole = floor(sum(pots.proportional, Fraction(0)))
    short = [u - cash for u, cash in zip(used, pots.cash, strict=True)]
    parts = shared_out(pots.proportional, whole)
    gaps = tuple(max(0, s - part) for s, part in zip(short, parts, strict=True))
    if pots.mode != "mixed" or sum(parts) + sum(gaps) <= pots.top_up:
        return parts, gaps
    first = [s > part for s, part in zip(short, pots.proportional, strict=True)]
    own = [floor(part) for part in pots.proportional]
    left = whole - sum(own)
    order = sorted(range(len(own)), key=lambda c: (not first[c], own[c] - pots.proportional[c], c))
    for c in order[:left]:
        own[c] += 1
    return tuple(own), tuple(max(0, s - part) for s, part in zip(short, own, strict=True))


def top_up_left(outcome: Outcome) -> int:
    """The part of the top-up that stays idle, in whole units; all of it in mode virtual."""
    pots = outcome.contest.pots
    if pots.mode == "real":
        return 0
    if pots.mode == "virtual":
        return pots.top_up
    parts, gaps = paid_out(pots, outcome.contest.demand(outcome.decision.funded or ()))
    return pots.top_up - sum(parts) - sum(gaps)
