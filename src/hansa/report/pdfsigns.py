"""Characters that the font of the PDF does not have: shown as one sign, and said to be so.

A font of the machine would show them, but then the same study would give other bytes elsewhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from hansa.language import _
from hansa.views.lettering import has_glyph

SIGN = "☐"
MOST = 8
"""Characters that the note names."""
KEPT = ("alt", "name")
"""Texts that are read aloud or listed, never drawn."""
_SPACES = ("Zs", "Zl", "Zp")
_LINES = "\t\n\r\x85"
_NEVER = "\ufeff"
"""Refused in a tagged PDF, although nothing of it is seen."""


def lacking(value: Any) -> dict[int, str]:
    """Each character of the texts of a value that the font lacks, with the sign in its place."""
    there = frozenset[str]().union(*_texts(value))
    return {ord(c): SIGN for c in sorted(there) if not _drawn(c)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in KEPT:
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _drawn(character: str) -> bool:
    # What the font lacks as a whole it may have in pieces: a letter and its accent.
    pieces = unicodedata.normalize("NFD", character)
    return _has(character) or (len(pieces) > 1 and all(map(_has, pieces)))


def _has(character: str) -> bool:
    if character == _NEVER:
        return False
    if has_glyph(character) and has_glyph(character, 600):
        return True
    kind = unicodedata.category(character)
    # Direction and joining are not seen; the signs of numbers in Arabic are.
    hidden = kind == "Cf" and unicodedata.bidirectional(character) != "AN"
    hidden |= "VARIATION SELECTOR" in unicodedata.name(character, "")
    return hidden or kind in _SPACES or character in _LINES


def replaced(value: Any, signs: dict[int, str]) -> Any:
    """The same value with the sign in every text that is drawn."""
    if isinstance(value, str):
        return value.translate(signs)
    if isinstance(value, dict):
        return {k: v if k in KEPT else replaced(v, signs) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(v, signs) for v in value]
    return value


def note(signs: dict[int, str]) -> str:
    """What the sign stands for, in the language spoken; empty where there is none."""
    if not signs:
        return ""
    return _(
        "{sign} stands for a character that the font of the PDF does not have: {codes}. "
        "The report as HTML shows them all.",
        sign=SIGN,
        codes=", ".join([f"U+{code:04X}" for code in signs][:MOST]) + ", …" * (len(signs) > MOST),
    )
