"""Search for an industry by words: whole words before beginnings, beginnings before insides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_WHOLE, _BEGINNING, _INSIDE = range(3)


@dataclass(frozen=True)
class Entry:
    """Something that can be found: `code` leads to it, `label` is searched."""

    code: str
    label: str


@dataclass(frozen=True)
class Hits:
    """What was found, the best first; `whole`: each has all the words that were asked for."""

    entries: tuple[Entry, ...]
    whole: bool = True


def search(asked: str, entries: Iterable[Entry]) -> Hits:
    """The entries whose labels hold the words, the best first.

    Where none holds all of them, those with some, the most words first. Singular and plural are
    one word, capitals and accents make no difference.
    """
    words = words_of(asked)
    if not words:
        return Hits(())
    marked = [(_marks(words, words_of(entry.label)), entry) for entry in entries]
    full = [(m, e) for m, e in marked if all(one is not None for one in m)]
    some = [(m, e) for m, e in marked if any(one is not None for one in m)]
    ordered = sorted(full or some, key=lambda pair: _order(*pair))
    return Hits(tuple(entry for _, entry in ordered), bool(full))


def words_of(text: str) -> list[str]:
    """The words of a text, without capitals, accents and the s of a plural."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [_singular(word) for word in _WORD.findall(plain)]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


Mark = tuple[int, int]
"""How well a word is met, and at which word of the label."""


def _marks(asked: list[str], label: list[str]) -> list[Mark | None]:
    return [_mark(word, label) for word in asked]


def _mark(word: str, label: list[str]) -> Mark | None:
    found = [
        (how, place) for place, own in enumerate(label) if (how := _meets(word, own)) is not None
    ]
    return min(found, default=None)


def _meets(word: str, own: str) -> int | None:
    if own == word:
        return _WHOLE
    if own.startswith(word):
        return _BEGINNING
    return _INSIDE if len(word) > 2 and word in own else None


def _order(marks: list[Mark | None], entry: Entry) -> tuple[int, int, int, int, str]:
    """Most words met, met best; then the shorter name, and the one that begins with them."""
    met = [mark for mark in marks if mark is not None]
    return (
        -len(met),
        sum(how for how, _ in met),
        len(_WORD.findall(entry.label)),
        min(place for _, place in met),
        entry.code,
    )
