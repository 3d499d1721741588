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
_LONGEST_FIRST = sorted(_BY_MEANING, key=len, reverse=True)


def sign(flags: str) -> str:
    """`c i ±` for the status `c;imputed;interval`; what has no sign stays as it is."""
    return " ".join(_SIGN.get(flag, flag) for flag in flags.split(";") if flag)


def signs(texts: Iterable[str]) -> dict[str, str]:
    """Text of a status, in words or as flags, -> its signs; other texts are not among them.

    Words are the meanings of flags joined as a list (`confidential and missing`) or by `; `;
    flags are joined by `;`.
    """
    found = {}
    for text in dict.fromkeys(texts):
        flags = _flags_of(text)
        if flags:
            found[text] = " ".join(_SIGN[flag] for flag in flags)
    return found


def _flags_of(text: str) -> list[str]:
    """The flags that a text names; empty where it holds anything else."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if parts and all(part in _SIGN for part in parts):
        return parts
    flags, rest = [], text
    while rest:
        # The meaning of one flag holds a comma, so a text is taken apart meaning by meaning.
        meaning = next((m for m in _LONGEST_FIRST if rest.startswith(m)), None)
        if meaning is None:
            return []
        flags.append(_BY_MEANING[meaning])
        rest = rest.removeprefix(meaning)
        joint = next((j for j in ("; ", ", ", " and ") if rest.startswith(j)), "")
        if rest and not joint:
            return []
        rest = rest.removeprefix(joint)
    return flags


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
