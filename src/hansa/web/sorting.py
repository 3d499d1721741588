"""Names in the order in which people look them up: accented letters beside their base letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from hansa.language import spoken

_BASE = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_LAST = {"sv": str.maketrans({"å": "{a", "ä": "{b", "æ": "{b", "ö": "{c", "ø": "{c", "ü": "y"})}
"""Letters that stand after z in a language; `{` comes right after z among characters."""


def by_name(name: str) -> tuple[str, str]:
    """The key of a name among names, in the language that is spoken here.

    Case, accents and strokes do not matter (`Łódzkie` beside `Lodz`), but in Swedish å, ä and ö
    are letters of their own after z. Names that differ in nothing else keep one order.
    """
    return _key(name, spoken())


@lru_cache(maxsize=16384)
def _key(name: str, language: str) -> tuple[str, str]:
    text = unicodedata.normalize("NFC", name).casefold().translate(_LAST.get(language, {}))
    letters = unicodedata.normalize("NFD", text.translate(_BASE))
    return "".join(c for c in letters if not unicodedata.combining(c)), name
