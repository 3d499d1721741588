"""Search for an industry by words: whole words before beginnings, beginnings before insides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from hansa.language import spoken

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

    Where none holds all of them, those with some, the most words first. Singular and plural of the
    language spoken are one word, capitals and accents make no difference.
    """
    words = _forms_of(asked)
    if not words:
        return Hits(())
    marked = [(_marks(words, _label_forms(entry.label)), entry) for entry in entries]
    full = [(m, e) for m, e in marked if all(one is not None for one in m)]
    some = [(m, e) for m, e in marked if any(one is not None for one in m)]
    ordered = sorted(full or some, key=lambda pair: _order(*pair))
    return Hits(tuple(entry for _, entry in ordered), bool(full))


def words_of(text: str) -> list[str]:
    """The words of a text, without capitals, accents and the ending of a plural."""
    return [forms[0] for forms in _forms_of(text)]


Forms = tuple[str, ...]
"""How a word may stand, its singular first."""


def _forms_of(text: str) -> list[Forms]:
    if spoken() == "sv":
        return [_swedish(word) for word in _WORD.findall(_plain(text, _LETTERS))]
    return [_english(word) for word in _WORD.findall(_plain(text))]


def _label_forms(label: str) -> list[Forms]:
    """Beside its own forms, those that a keyboard without the Swedish letters can write."""
    return [(*forms, *_without_letters(forms)) for forms in _forms_of(label)]


def _without_letters(forms: Forms) -> Forms:
    return tuple(f.translate(_FOLDED) for f in forms) if spoken() == "sv" else ()


def _plain(text: str, kept: re.Pattern[str] | None = None) -> str:
    """Without capitals and accents; the letters `kept` stay as they are."""
    small = text.casefold()
    if kept is None:
        return _unmarked(small)
    parts = kept.split(unicodedata.normalize("NFC", small))
    return "".join(part if kept.fullmatch(part) else _unmarked(part) for part in parts)


def _unmarked(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _english(word: str) -> Forms:
    if len(word) > 4 and word.endswith("ies"):
        return (f"{word[:-3]}y",)
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return (word[:-1] if plural else word,)


_LETTERS = re.compile("([åäö])")
_FOLDED = str.maketrans("åäö", "aao")
_ENDINGS = ("na", "or", "ar", "er", "n", "s")
_LEFT = 4
"""Fewest letters that an ending leaves: bilar and kurs keep theirs."""
_LOST_E = re.compile(r"(?<=[bcdfghjkmnpqrstvwxz])l$")
"""Möbler is the plural of möbel."""


@lru_cache(4096)
def _swedish(word: str) -> Forms:
    """The stem, and the word itself: båtar has no stem of four letters, fritidsbåtar has one."""
    stem = word
    while ending := next((e for e in _ENDINGS if _ends(stem, e)), ""):
        stem = stem[: -len(ending)]
    if stem != word:
        stem = _LOST_E.sub("el", stem)
    return tuple(dict.fromkeys((stem, word)))


def _ends(word: str, ending: str) -> bool:
    return word.endswith(ending) and len(word) - len(ending) >= _LEFT


Mark = tuple[int, int]
"""How well a word is met, and at which word of the label."""


def _marks(asked: list[Forms], label: list[Forms]) -> list[Mark | None]:
    return [_mark(word, label) for word in asked]


def _mark(word: Forms, label: list[Forms]) -> Mark | None:
    found = [
        (how, place)
        for place, own in enumerate(label)
        for form in word
        for other in own
        if (how := _meets(form, other)) is not None
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
