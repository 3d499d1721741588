"""The language in which people are spoken to: texts through gettext, and how numbers are written.

Texts stand in the code in English, whole sentences with named places for what varies:

    _("{cluster} in {place}: {times}.", cluster=name, place=region, times=text)

The language is that of the context (`speaking`), English without one. A text that the catalogue of
a language does not have is said in English. Catalogues lie in `locale/LANGUAGE/LC_MESSAGES`: texts
in `hansa.po`, names that come from data (activities, clusters, places) in `names.po`;
`./dev texts` collects and compiles them.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "sv": "Svenska"}
"""What can be spoken: code, and the language's own name for itself."""
DECIMAL_MARKS = {"en": ".", "sv": ","}
LOCALE = Path(__file__).parent / "locale"

_spoken: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language of `LANGUAGES` inside the block; empty: English."""
    token = _spoken.set(language or "en")
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """Code of the language that is spoken here."""
    return _spoken.get()


def decimal_mark() -> str:
    """What stands before the decimals of a number in the language spoken here."""
    return DECIMAL_MARKS[_spoken.get()]


@cache
def _catalogue(language: str, domain: str = "hansa") -> _gettext.NullTranslations:
    return _gettext.translation(domain, LOCALE, [language], fallback=language == "en")


def _(text: str, /, **values: Any) -> str:
    """The text in the language spoken here, its places filled with the values."""
    said = _catalogue(_spoken.get()).gettext(text) if text else ""
    return said.format(**values) if values else said


def ngettext(one: str, several: str, number: int, /, **values: Any) -> str:
    """The form of a text that its number asks for; `{number}` is filled beside the values."""
    said = _catalogue(_spoken.get()).ngettext(one, several, number)
    return said.format(**{"number": number, **values})


def pgettext(context: str, text: str, /, **values: Any) -> str:
    """A text whose meaning its words alone do not tell: a cluster's name, a word of a table."""
    said = _catalogue(_spoken.get()).pgettext(context, text) if text else ""
    return said.format(**values) if values else said


def named(kind: str, name: str) -> str:
    """The name of an `activity`, a `cluster` or a `place`, or a `reason`, that ships with Hansa.

    A name that the catalogue of names does not have, such as one of the user's own files, stays.
    """
    return _catalogue(_spoken.get(), "names").pgettext(kind, name) if name else ""


def N_(text: str) -> str:
    """A text as it is, marked for the catalogues; `_` says it where it is used."""
    return text


def pN_(context: str, text: str) -> str:
    """As `N_`, of a text that `pgettext` says with the context where it is used."""
    return text
