"""Flags of a cell in words: what each means, and which of them says why nothing is known."""

from __future__ import annotations

from functools import cache

from hansa.language import _
from hansa.law import MEANING
from hansa.views.format import joined

# What hides a value explains it better than what else is true of the numbers around it.
_HIDING = {"c", "m", "z"}
_NO_REASON = {"p", "e", "s", "f", "b", "r", "u", "n", "imputed", "converted", "boundary", "tiny"}

# Thousands of cells share a handful of statuses: each is put into words once a language.


@cache
def flags_of(status: str) -> frozenset[str]:
    """The flags of a status as a panel has it, joined by `;`."""
    return frozenset(flag for flag in status.split(";") if flag)


@cache
def flags_text(flags: frozenset[str]) -> str:
    """The flags that have a meaning, in its order, joined by `;`."""
    return ";".join(flag for flag in MEANING if flag in flags)


@cache
def reason_of(flags: frozenset[str], _language: str) -> str:
    """Why a cell with these flags is absent, in the language spoken here."""
    because = flags & _HIDING or flags - _NO_REASON
    return joined([_(MEANING[f]) for f in MEANING if f in because]) or _("no reason recorded")


@cache
def meanings_of(flags: frozenset[str], _language: str) -> tuple[str, ...]:
    """Every flag in words, in the language spoken here."""
    known = [_(MEANING[f]) for f in MEANING if f in flags]
    return (*known, *sorted(flags - MEANING.keys()))
