"""Words of checks: numbers, names and rows as the language spoken writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, reduce

from hansa.language import N_, _, decimal_mark, named, spoken

ROW = N_("row {number}")


def with_mark(number: str) -> str:
    """A number that is written with a point, with the decimal mark of the language."""
    return number.replace(".", decimal_mark())


def percent(share: float) -> str:
    """A share for people: `12.5%`."""
    return _("{number}%", number=with_mark(f"{share:.1%}"[:-1]))


def some(names: Iterable[object], most: int = 8) -> str:
    """Names joined, those left out counted: `a, b, c and 4 more`."""
    texts = [str(name) for name in names]
    if len(texts) <= most:
        return ", ".join(texts)
    several = ", ".join(texts[:most])
    return _("{several} and {n} more", several=several, n=len(texts) - most)


def together(texts: Sequence[str]) -> str:
    """All of several things: `a and b and c`."""
    return reduce(lambda a, b: _("{first} and {second}", first=a, second=b), texts)


def either(texts: Sequence[str]) -> str:
    """One of several things: `a or b or c`."""
    return reduce(lambda a, b: _("{first} or {second}", first=a, second=b), texts)


_AT = {"geo": N_("geo {code}"), "activity": N_("activity {code}")}


def at(dimension: str, code: str) -> str:
    """A region (`geo`) or an activity in a place, by its code."""
    return _(_AT[dimension], code=code)


def in_year(place: str, year: int) -> str:
    """A place with its year."""
    return f"{with_names(place)}, {_('time {time}', time=year)}"


def with_names(place: str) -> str:
    """A place in which names stand behind codes, these names in the language spoken."""
    return _NAME.sub(lambda m: f"({named('place', named('activity', m[1]))})", place)


_NAME = re.compile(r"\((.+?)\)(?=,|$)")


def row_number() -> re.Pattern[str]:
    """What finds the number of a row in a place, said in English or in the language spoken."""
    return _row_number(spoken())


@cache
def _row_number(language: str) -> re.Pattern[str]:
    words = {re.escape(text.partition(" ")[0]) for text in (ROW, _(ROW, number=0))}
    return re.compile(rf"\b(?:{'|'.join(sorted(words))}) (\d+)\b")
