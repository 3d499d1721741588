"""The verbs on calls, as the command line and Python have them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from hansa.errors import UsageError, listed
from hansa.programme.call import Call
from hansa.programme.call_reading import read_call
from hansa.programme.call_settings import way_to_share
from hansa.programme.contest import RULES, Rule
from hansa.programme.laboratory import Outcome, compare, pots_of, ranked, solve, with_money
from hansa.programme.money import Ladder, ladders
from hansa.programme.noise import Spread
from hansa.programme.pots import MODES, Mode
from hansa.programme.prices import Step, price_list
from hansa.programme.ranking import ranking
from hansa.programme.replay import Replay, replay
from hansa.programme.robustness import Both, LeftOut, both_outcomes, each_reviewer, spread_of


def call_price(
    folder: Path | str, mode: str = ""
) -> tuple[Call, tuple[Step, ...], tuple[str, ...]]:
    """The price list of a call folder, with the call and its funders in the order of amounts.

    mode  virtual | mixed | real; empty: the call's own
    """
    from hansa.programme.contest import Contest

    call = read_call(Path(folder))
    pots = pots_of(call, mode_named(mode) or call.settings.mode)
    own = ranked(ranking(call))
    asks = tuple(tuple(o.proposal.asks.get(f.id, 0) for f in call.funders) for o in own)
    names, score = tuple(o.proposal.id for o in own), tuple(o.score or 0 for o in own)
    return call, price_list(Contest(names, score, score, asks, pots)), pots.funders


def call_solve(
    folder: Path | str,
    mode: str = "",
    ranking: str = "",
    seconds: float = 60.0,
    *,
    top_up: str = "",
    gap_share: str = "",
) -> Outcome:
    """A call folder decided under a mode and a ranking rule; empty: the call's own.

    top_up     common money in place of the call's, in its currency
    gap_share  share of it that is kept for gaps, 0 to 1 as in call.toml
    """
    call = with_money_named(read_call(Path(folder)), top_up, gap_share)
    return solve(call, mode_named(mode), rule_named(ranking), seconds)


def with_money_named(call: Call, top_up: str, gap_share: str) -> Call:
    """The call with another top-up (in its currency) and share for gaps (0 to 1), as texts.

    Empty: the call's own. Raises UsageError for what cannot be paid or is no share.
    """
    units, share = call.units(call.settings.top_up), Fraction(call.settings.gap_share)
    if top_up:
        units = call.units(_number(top_up, "top_up"))
        if units.denominator != 1 or not 0 <= units <= 10**12:
            raise UsageError(
                "the top-up cannot be paid",
                printed=top_up[:40],
                admissible=f"0 or more, a multiple of {call.settings.smallest}",
            )
    if gap_share:
        share = _share(gap_share)
    return with_money(call, int(units), share)


def _share(text: str) -> Fraction:
    bare = text.strip().removesuffix("%").rstrip()
    share = Fraction(_number(bare, "gap_share"))
    if bare == text.strip() and 0 <= share <= 1:
        return share
    raise UsageError(
        "gap_share is no share",
        printed=text[:40],
        admissible="0 to 1, as in call.toml; 1 is all of the top-up",
        fix=way_to_share(share, "--gap-share {share}"),
    )


def _number(text: str, name: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UsageError(f"{name} is no number", printed=repr(text[:40]), admissible="digits")
    return found


def call_compare(folder: Path | str, seconds: float = 5.0) -> tuple[Outcome, ...]:
    """A call folder under every mode and rule; `seconds` for each search."""
    return compare(read_call(Path(folder)), seconds)


def call_more_money(
    folder: Path | str, mode: str = "", ranking: str = "", steps: int = 0, seconds: float = 5.0
) -> tuple[Outcome, tuple[Ladder, ...]]:
    """What more money of each giver would buy, with the decision that it changes.

    steps    most rungs a giver; 0: all under `strict`, one under other rules
    seconds  for each giver, and for the decision
    """
    outcome = call_solve(folder, mode, ranking, seconds)
    return outcome, ladders(outcome, steps, seconds)


def call_robustness(
    folder: Path | str, mode: str = "", ranking: str = "", seconds: float = 5.0
) -> tuple[Outcome, Spread | None, tuple[LeftOut, ...], Both | None]:
    """The decision, what score noise makes of it, each reviewer left out, and doubtful eligibility.

    Without any variance known the spread says so; the last is None where nothing is doubtful.
    """
    outcome = call_solve(folder, mode, ranking, seconds)
    left = each_reviewer(outcome, seconds)
    return outcome, spread_of(outcome), left, both_outcomes(outcome, seconds)


def call_replay(record: Path | str, folder: Path | str | None = None) -> Replay:
    """The decision of a decision.json computed again: the same files, the same result?

    folder  of the call; None: beside the record, or one folder up
    """
    return replay(Path(record), None if folder is None else Path(folder))


def mode_named(name: str) -> Mode | None:
    """The mode of a name; None for an empty one. Raises UsageError."""
    if name and name not in MODES:
        raise UsageError(f"unknown mode {name!r}", admissible=listed(MODES))
    return name or None


def rule_named(name: str) -> Rule | None:
    """The ranking rule of a name; None for an empty one. Raises UsageError."""
    if name and name not in RULES:
        raise UsageError(f"unknown ranking rule {name!r}", admissible=listed(RULES))
    return name or None
