"""The verbs on calls, as the command line and Python have them."""

from __future__ import annotations

from pathlib import Path

from hansa.errors import UsageError, listed
from hansa.programme.call import Call
from hansa.programme.call_reading import read_call
from hansa.programme.contest import RULES, Rule
from hansa.programme.laboratory import Outcome, compare, pots_of, ranked, solve
from hansa.programme.pots import MODES, Mode
from hansa.programme.prices import Step, price_list
from hansa.programme.ranking import ranking


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
    folder: Path | str, mode: str = "", ranking: str = "", seconds: float = 60.0
) -> Outcome:
    """A call folder decided under a mode and a ranking rule; empty: the call's own."""
    return solve(read_call(Path(folder)), mode_named(mode), rule_named(ranking), seconds)


def call_compare(folder: Path | str, seconds: float = 5.0) -> tuple[Outcome, ...]:
    """A call folder under every mode and rule; `seconds` for each search."""
    return compare(read_call(Path(folder)), seconds)


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
