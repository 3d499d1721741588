"""Codes by words: what a person calls an industry, or its code in any usual spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hansa.codes.codelist import Codelist

_WORD = re.compile(r"\w+")


def search_codes(codes: Codelist, text: str) -> list[str]:
    """Codes that fit `text`, the best first.

    A code in any usual spelling comes first, with the codes below it. Else every word of `text`
    has to occur in the label: as a word, then as the beginning of one, then inside one; labels
    that say little else come first, and wider codes before their parts.
    """
    if (own := codes.spell(text)) is not None and own in codes:
        return [own, *(c for c in codes.label if own in codes.ancestors(c))]
    wanted = words_in(text)
    if not wanted:
        return []
    found = []
    for code, words in _words(codes).items():
        fits = [_fit(word, words) for word in wanted]
        if all(fits):
            depth = sum(1 for _ in codes.ancestors(code))
            found.append((-min(fits), len(words) - len(wanted), depth, code))
    return [code for *_, code in sorted(found)]


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _fit(word: str, words: tuple[str, ...]) -> int:
    """3 for a word that occurs, also in the other number; 2 for a beginning, 1 inside, 0."""
    if any(word in (w, f"{w}s") or f"{word}s" == w for w in words):
        return 3
    if any(w.startswith(word) for w in words):
        return 2
    return int(len(word) > 2 and any(word in w for w in words))


@lru_cache(maxsize=16)
def _words(codes: Codelist) -> dict[str, tuple[str, ...]]:
    return {code: words_in(label) for code, label in codes.label.items()}
