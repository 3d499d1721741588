"""Words and amounts of a call: money in one unit throughout, reasons as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hansa.language import N_, _, ngettext
from hansa.programme.call import Call, Proposal
from hansa.programme.laboratory import Outcome
from hansa.programme.model_call import said
from hansa.programme.noise import Spread
from hansa.programme.prices import COMMON
from hansa.programme.reasons import Reason
from hansa.views.format import MISSING, grouped, joined
from hansa.views.written import Written

MODE_WORDS = {
    "virtual": N_("distributed pots"),
    "mixed": N_("distributed pots with a top-up"),
    "real": N_("one common pot"),
}
RULE_WORDS = {
    "strict": N_("strict order"),
    "ties": N_("ties together"),
    "bands": N_("bands"),
    "free": N_("most valuable set"),
}
STATUS_WORDS = {
    "not eligible": N_("not eligible"),
    "below threshold": N_("below the threshold"),
    "incomplete": N_("too few valid reviews"),
}
CERTAINTY_WORDS = {
    "sure in": N_("sure in"),
    "sure out": N_("sure out"),
    "depends on the scores": N_("depends on the scores"),
    "cannot say": N_("cannot say"),
}
REASON_WORDS = {
    "stopped by order": N_("stopped by the order"),
    "pots": N_("a pot is short"),
    "displaced by a better set": N_("displaced by a better set"),
    "meeting": N_("decided by the meeting"),
    "limit": N_("a limit stands against it"),
}


@dataclass(frozen=True)
class Money:
    """How amounts of a call are written: in `unit`, each of `size` smallest units.

    smallest  the smallest unit, in `currency`: what exact amounts are told in
    """

    size: Fraction
    unit: str
    smallest: Fraction
    currency: str

    def text(self, units: int | Fraction) -> Written:
        """An amount, without its unit; whole, or with as many digits as it has."""
        value = Fraction(units) / self.size
        decimals = 0 if value.denominator == 1 else 1 if (10 * value).denominator == 1 else 2
        return self.exact(grouped(float(value), decimals), units)

    def exact(self, text: str, units: int | Fraction) -> Written:
        """A text that stands for an amount."""
        return Written(text, float(Fraction(units) * self.smallest), unit=self.currency)

    def some(self, units: int | Fraction) -> Written:
        """An amount as `text` has it; nothing to read where it is zero."""
        return self.text(units) if units else self.exact("", 0)

    def full(self, units: int | Fraction) -> str:
        """An amount with its unit."""
        return f"{self.text(units)} {self.unit}"


def money_of(call: Call) -> Money:
    """Thousands where the pots are that large, else the currency itself."""
    smallest = Fraction(call.settings.smallest)
    largest = max((f.cash for f in call.funders), default=0) * smallest
    thousands = largest >= 100_000
    unit = call.settings.currency
    if thousands:
        told = _("thousand {currency}", currency=unit)
        return Money(1000 / smallest, told, smallest, unit)
    return Money(1 / smallest, unit, smallest, unit)


def score_of(call: Call, units: int | None) -> str:
    """A score of so many last digits, as people know it; missing where there is none."""
    digits = call.settings.score_digits
    if units is None:
        return MISSING
    value = units / 10**digits
    return Written(grouped(value, digits), value)


def mode_text(mode: str) -> str:
    """A mode in words."""
    return _(MODE_WORDS[mode])


def rule_text(rule: str) -> str:
    """A ranking rule in words."""
    return _(RULE_WORDS[rule])


def title_of(call: Call, proposal: Proposal) -> str:
    """The title of a proposal; one of the model call in the language spoken."""
    return said("proposal", proposal.title) if call.settings.model_data else proposal.title


def call_title(call: Call) -> str:
    """The title of a call; that of the model call in the language spoken."""
    title = call.settings.title
    return said("call", title) if call.settings.model_data else title


def funder_names(call: Call, funders: Sequence[str]) -> str:
    """Names of funders, joined."""
    named = {f.id: said("funder", f.name) for f in call.funders if call.settings.model_data}
    names = {f.id: f.name for f in call.funders} | named | {COMMON: _("the common pot")}
    return joined([names[f] for f in funders])


def outcome_sentence(outcome: Outcome) -> str:
    """Who is funded, and what stops the list."""
    ranked = len(outcome.contest.proposals)
    start = ngettext(
        "{number} of {ranked} ranked proposals is funded under {mode}, {rule}.",
        "{number} of {ranked} ranked proposals are funded under {mode}, {rule}.",
        len(outcome.funded),
        ranked=ranked,
        mode=mode_text(outcome.mode),
        rule=rule_text(outcome.rule),
    )
    return f"{start} {stop_sentence(outcome)}".strip()


def stop_sentence(outcome: Outcome) -> str:
    """The first proposal that is not funded, and the pot that blocks it; empty: all are."""
    money = money_of(outcome.call)
    for step in outcome.prices:
        why = outcome.reasons.get(step.proposal)
        if why is None:
            continue
        short = why.lack.named(outcome.contest.pots.funders)
        if outcome.contest.pots.mode == "real":
            short = (COMMON,)
        if why.main == "pots" and short:
            said = {
                "rank": step.rank,
                "proposal": step.proposal,
                "pots": funder_names(outcome.call, short),
                "lack": money.full(why.lack.total),
                "idle": money.full(idle_elsewhere(outcome)),
            }
            if outcome.mode == "mixed":
                return _(
                    "Rank {rank}, {proposal}, is the first that is not: with gap money going to "
                    "the smallest needs first it lacks {lack} in {pots}, while {idle} lies idle "
                    "in other pots.",
                    **said,
                )
            return _(
                "Rank {rank}, {proposal}, is the first that is not: it lacks {lack} in {pots}, "
                "while {idle} lies idle in other pots.",
                **said,
            )
        return _(
            "Rank {rank}, {proposal}, is the first that is not: {reason}.",
            rank=step.rank,
            proposal=step.proposal,
            reason=reason_text(why),
        )
    return _("Nobody ranked is left out.")


def idle_elsewhere(outcome: Outcome) -> int:
    """Money left over after the decision."""
    from hansa.programme.laboratory import pot_rows

    return sum(row.idle for row in pot_rows(outcome))


def least_of(outcome: Outcome, why: Reason) -> str:
    """The least new money under the rule; a dot where a limit forbids it at any price."""
    if why.least is None:
        return Written(MISSING, meaning=_("the limit {limit} stands against it", limit=why.limit))
    return money_of(outcome.call).text(why.least.total)


def share_of(spread: Spread, position: int) -> Written:
    """In what share of the draws a proposal is funded, with its interval behind it."""
    share, low, high = (float(one[position]) for one in (spread.share, spread.low, spread.high))
    return Written(f"{grouped(100 * share, 0)} %", share, (low, high), "share")


def reason_text(why: Reason) -> str:
    """The main reason in words."""
    if why.main == "stopped by order" and why.before:
        return _("stopped by the order: {before} comes before it", before=why.before)
    if why.main == "limit":
        return _("the limit {limit} stands against it", limit=why.limit)
    return _(REASON_WORDS[why.main])
