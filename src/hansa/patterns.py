"""A text that was made in English and said: held against the patterns that such texts have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

Values = dict[str, str]
Patterns = tuple[str, ...]

_PLACE = re.compile(r"\\\{(\w+)\\\}")
_BETWEEN = re.compile(r"\{\w+\}")


def matched(text: str, patterns: Patterns) -> tuple[str, Values] | None:
    """The pattern that a text follows and what fills its places; None where it follows none.

    Of several patterns the one with most words of its own.
    """
    return next(_matches(text, patterns), None)


def _matches(text: str, patterns: Patterns) -> Iterator[tuple[str, Values]]:
    for pattern, longest, shape in _shapes(patterns):
        # Looking for words is much quicker than for a shape.
        if longest in text and (match := shape.fullmatch(text)):
            yield pattern, match.groupdict()


@cache
def _shapes(patterns: Patterns) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Each pattern with its longest piece of words and its shape, the longest first."""
    made = []
    for text in sorted(patterns, key=lambda p: -len(_BETWEEN.sub("", p))):
        longest = max(_BETWEEN.split(text), key=len)
        shape = _PLACE.sub(r"(?P<\1>.+?)", re.escape(text))
        made.append((text, longest, re.compile(shape, re.DOTALL)))
    return tuple(made)
