"""Statuses in tables as signs of one letter, with what each means below the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hansa.law import MEANING

_SHORT = {
    "entry": "new",
    "exit": "gone",
    "tiny": "small",
    "boundary": "line",
    "converted": "moved",
    "imputed": "i",
    "interval": "±",
}
_SIGN = {flag: _SHORT.get(flag, flag) for flag in MEANING}
_BY_MEANING = {meaning: flag for flag, meaning in MEANING.items()}


def sign(flags: str) -> str:
    """`c i ±` for the status `c;imputed;interval`; what has no sign stays as it is."""
    return " ".join(_SIGN.get(flag, flag) for flag in flags.split(";") if flag)


def signs(texts: Iterable[str]) -> dict[str, str]:
    """Text of a status in words -> its signs; texts that hold anything else are not among them."""
    found = {}
    for text in dict.fromkeys(texts):
        parts = text.split("; ") if text else []
        if parts and all(part in _BY_MEANING for part in parts):
            found[text] = " ".join(_SIGN[_BY_MEANING[part]] for part in parts)
    return found


def key(used: Iterable[str]) -> str:
    """`Status: c confidential; i filled by a named step.` for signs that occur, in their order."""
    there = {one for text in used for one in text.split()}
    named = [f"{_SIGN[flag]} {MEANING[flag]}" for flag in MEANING if _SIGN[flag] in there]
    return f"Status: {'; '.join(named)}." if named else ""


def with_signs(
    columns: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Rows with the words of their columns `Status …` as signs, and the key of these."""
    places = [i for i, head in enumerate(columns) if head.startswith("Status")]
    short = signs(row[i] for row in rows for i in places)
    signed = tuple(
        tuple(short.get(cell, cell) if i in places else cell for i, cell in enumerate(row))
        for row in rows
    )
    return signed, key(short.values())
