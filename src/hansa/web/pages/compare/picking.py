"""Which regions stand side by side: codes of an address, and those a reader may add."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hansa.errors import UsageError, listed
from hansa.web.state import State

MOST = 10
"""Regions side by side."""
OFFERED = 12
"""Regions offered to be added at a time."""


def codes_in(text: str, admissible: tuple[str, ...]) -> tuple[str, ...]:
    """Codes joined by commas, each once, in their order.

    Raises UsageError for one that is not there, and for more than `MOST`.
    """
    named = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if unknown := [code for code in named if code not in admissible]:
        raise UsageError(
            f"the study has no region {unknown[0]!r}",
            printed=f"compare={text[:120]}",
            admissible=listed(sorted(admissible), 60),
            fix="name regions by their codes, joined by commas",
        )
    if len(named) > MOST:
        raise UsageError(
            f"{len(named)} regions are too many to stand side by side",
            printed=listed(named, 12),
            admissible=f"at most {MOST}",
            fix="leave some of them out",
        )
    return named


def found(names: dict[str, str], words: str) -> list[str]:
    """Codes whose name or code begins a word with each of the words asked for."""
    asked = words.casefold().split()

    def fits(code: str) -> bool:
        parts = f"{code} {names[code]}".casefold().replace("-", " ").replace(",", " ").split()
        return all(any(part.startswith(word) for part in parts) for word in asked)

    return [code for code in names if fits(code)]


def picks(
    chosen: tuple[str, ...], offered: list[str], names: dict[str, str], state: State
) -> list[dict[str, Any]]:
    """The chosen regions, then those offered; each with the state that a click leads to."""
    full = len(chosen) >= MOST
    boxes = []
    for code in (*chosen, *(c for c in offered if c not in chosen)):
        there = code in chosen
        rest = tuple(c for c in chosen if c != code) if there else (*chosen, code)
        # Fewer than two cannot be compared: the last two stay.
        fixed = (there and len(chosen) <= 2) or (not there and full)
        boxes.append(
            {
                "code": code,
                "name": names[code],
                "chosen": there,
                "fixed": fixed,
                "query": replace(state, compare=",".join(rest)).query,
            }
        )
    return boxes
