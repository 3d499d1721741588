"""Changes of one unit as they stand in an address: `INDICATOR:VALUE`, joined by commas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hansa.errors import UsageError, listed

if TYPE_CHECKING:
    from hansa.index.tree import IndexTree

Changes = Mapping[str, float]
"""Code of an indicator -> its value, after denominating and filling, before treatment."""
MOST = 40
"""Indicators that can be changed at once."""


def changes_of(text: str, tree: IndexTree) -> dict[str, float]:
    """The changes that an address names, in the order of the tree.

    Raises UsageError for what is no indicator, no number, or stands twice.
    """
    found: dict[str, float] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        code, colon, value = entry.rpartition(":")
        code = code.strip()
        if not colon or not code:
            raise _unreadable(entry, "INDICATOR:VALUE, joined by commas: rd:2.5,patents:90")
        if tree.at(code) >= tree.leaves:
            raise UsageError(
                f"{code} is no indicator",
                admissible=listed((n.code for n in tree.indicators), 60),
                fix="change what an aggregate is made of",
            )
        if code in found:
            raise UsageError(f"{code} is changed twice", printed=text[:80], fix="name it once")
        found[code] = _number(entry, value)
    if len(found) > MOST:
        raise UsageError("these are too many changes", admissible=f"at most {MOST}")
    return {code: found[code] for code in tree.codes if code in found}


def _number(entry: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise _unreadable(entry, "a number with a decimal point after the colon") from None
    if not math.isfinite(number) or abs(number) > 1e15:
        raise _unreadable(entry, "a finite number")
    return number


def _unreadable(entry: str, admissible: str) -> UsageError:
    return UsageError("a change cannot be read", printed=repr(entry[:60]), admissible=admissible)


def text_of(changes: Changes) -> str:
    """Changes as an address holds them."""
    return ",".join(f"{code}:{plain(value)}" for code, value in changes.items())


def plain(value: float) -> str:
    """A number as fields of a form and commands take it: no exponent, no spare zeros."""
    text = f"{value:.10g}"
    if "e" in text:
        text = f"{value:.12f}".rstrip("0").rstrip(".")
    return text or "0"
