"""A recorded decision computed again: whether the files and everything that comes out agree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from hansa.errors import HansaError, UsageError
from hansa.programme.call_reading import read_call
from hansa.programme.call_results import inputs, record
from hansa.programme.call_settings import FILE
from hansa.programme.contest import RULES, Rule
from hansa.programme.laboratory import Outcome, solve, with_money
from hansa.programme.pots import MODES, Mode

BY_PEOPLE = ("decided",)
"""Keys of a record that people fill in."""


@dataclass(frozen=True)
class Replay:
    """What came of it.

    same     files and decision agree, bit for bit
    changed  files whose content is another, that are gone, or that are new
    differs  keys of the record that come out otherwise
    """

    same: bool
    changed: tuple[str, ...]
    differs: tuple[str, ...]
    outcome: Outcome


def replay(path: Path, folder: Path | None = None, seconds: float = 60.0) -> Replay:
    """The decision of a record computed again. Raises HansaError where the record is none.

    folder  of the call; None: the record's own, or the one above it
    A record of a search that ran out of time may differ for that reason alone.
    """
    content = read_record(path)
    own = folder or next(
        (p for p in (path.parent, path.parent.parent) if (p / FILE).is_file()), None
    )
    if own is None:
        raise UsageError(
            "no call folder lies beside the record", place=str(path),
            admissible=f"a folder with {FILE}", fix="name the folder of the call",
        )  # fmt: skip
    call = read_call(own)
    units = call.units(Decimal(content["top_up"]))
    call = with_money(call, int(units), Fraction(content["gap_share"]))
    outcome = solve(call, cast(Mode, content["mode"]), cast(Rule, content["ranking"]), seconds)
    now = json.loads(json.dumps(record(outcome, own)))
    files = content["inputs"]
    changed = tuple(
        name for name in sorted({*files, *inputs(own)})
        if files.get(name) != now["inputs"].get(name)
    )  # fmt: skip
    compared = sorted({*content, *now} - {*BY_PEOPLE, "inputs"})
    differs = tuple(key for key in compared if content.get(key) != now.get(key))
    return Replay(not changed and not differs, changed, differs, outcome)


def read_record(path: Path) -> dict[str, Any]:
    """A decision.json. Raises HansaError that names what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise HansaError(
            "the record cannot be read", place=str(path), printed=str(problem),
            admissible="a decision.json of hansa call solve --out",
        ) from problem  # fmt: skip
    known = isinstance(content, dict) and content.get("format") == 1
    if not known or not _whole(content):
        raise HansaError(
            "this is no record of a decision", place=str(path),
            admissible="format 1 with inputs, mode, ranking, top_up and gap_share",
        )  # fmt: skip
    return cast(dict[str, Any], content)


def _whole(content: dict[str, Any]) -> bool:
    try:
        share = Fraction(content["gap_share"])
        money = Decimal(content["top_up"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, InvalidOperation):
        return False
    return (
        content.get("mode") in MODES
        and content.get("ranking") in RULES
        and isinstance(content.get("inputs"), dict)
        and 0 <= share <= 1
        and money.is_finite()
        and money >= 0
    )
