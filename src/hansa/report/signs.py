"""Statuses in tables as signs of one letter, with what each means below the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from hansa.language import N_, _, spoken
from hansa.statuses import MEANING
from hansa.views.format import joined
from hansa.views.written import Written

_SHORT = {
    "entry": N_("new"),
    "exit": N_("gone"),
    "tiny": N_("small"),
    "boundary": N_("line"),
    "converted": N_("moved"),
    "imputed": "i",
    "interval": "±",
}
_JOINT = "|"
KEY = N_("Status: {signs}.")


def _sign(flag: str) -> str:
    """One word without spaces: signs of a cell are told apart by them."""
    short = _SHORT.get(flag, flag)
    return _(short).replace(" ", "-") if len(short) > 1 else short


@cache
def _by_meaning(meanings: tuple[str, ...]) -> dict[str, str]:
    """The meaning of each flag, as it is said here -> the flag; the longest one first."""
    said = dict(zip(meanings, MEANING, strict=True))
    return dict(sorted(said.items(), key=lambda pair: len(pair[0]), reverse=True))


def sign(flags: str) -> str:
    """`c i ±` for the status `c;imputed;interval`; what has no sign stays as it is."""
    return _signed(flags, spoken())


@lru_cache(maxsize=1024)
def _signed(flags: str, _language: str) -> str:
    # Thousands of regions share a handful of statuses.
    there = [f for f in flags.split(";") if f]
    return _meaning(" ".join(_sign(f) if f in MEANING else f for f in there), there)


def _meaning(text: str, flags: Iterable[str]) -> str:
    """Signs that tell machines what they mean."""
    return Written(text, meaning="; ".join(_(MEANING.get(f, f)) for f in flags))


def signs(texts: Iterable[str]) -> dict[str, str]:
    """Text of a status, in words or as flags, -> its signs; other texts are not among them.

    Words are the meanings of flags joined as a list (`confidential and missing`) or by `; `;
    flags are joined by `;`.
    """
    found = {}
    for text in dict.fromkeys(texts):
        flags = _flags_of(text)
        if flags:
            found[text] = _meaning(" ".join(map(_sign, flags)), flags)
    return found


def _flags_of(text: str) -> list[str]:
    """The flags that a text names; empty where it holds anything else."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if parts and all(part in MEANING for part in parts):
        return parts
    flags, rest, meant = [], text, _by_meaning(tuple(map(_, MEANING.values())))
    last = joined((_JOINT, _JOINT)).strip(_JOINT)
    while rest:
        # The meaning of one flag holds a comma, so a text is taken apart meaning by meaning.
        meaning = next((m for m in meant if rest.startswith(m)), None)
        if meaning is None:
            return []
        flags.append(meant[meaning])
        rest = rest.removeprefix(meaning)
        joint = next((j for j in ("; ", ", ", last) if rest.startswith(j)), "")
        if rest and not joint:
            return []
        rest = rest.removeprefix(joint)
    return flags


def key(used: Iterable[str]) -> str:
    """`Status: c confidential; i filled by a named step.` for signs that occur, in their order."""
    there = {one for text in used for one in text.split()}
    named = [f"{_sign(flag)} {_(MEANING[flag])}" for flag in MEANING if _sign(flag) in there]
    return _(KEY, signs="; ".join(named)) if named else ""


def without_key(note: str) -> str:
    """A note without the key of statuses that stands at its end."""
    return note.partition(f" {_(KEY).partition('{')[0]}")[0]


def with_signs(
    columns: Sequence[str], rows: Sequence[tuple[str, ...]]
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Rows with the words of their columns `Status …` as signs, and the key of these."""
    places = [i for i, head in enumerate(columns) if head.startswith(_("Status"))]
    short = signs(row[i] for row in rows for i in places)
    signed = tuple(
        tuple(short.get(cell, cell) if i in places else cell for i, cell in enumerate(row))
        for row in rows
    )
    return signed, key(short.values())
