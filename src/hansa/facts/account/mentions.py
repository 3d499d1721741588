"""Counts inside longer texts: `four workshops` beside a table of that name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hansa.errors import Finding
from hansa.facts.account.printed import NUMBER_WORDS
from hansa.facts.account.table import Column, Table, number_word, words
from hansa.language import _

_MENTION = re.compile(
    rf"\b(?P<number>{'|'.join(NUMBER_WORDS)}|\d{{1,3}})\s+(?P<rest>[^\W\d][\w'-]*(?:\s+[\w'-]+){{0,2}})",
    re.IGNORECASE,
)
_ONE = 1


def check_mentions(tables: Sequence[Table]) -> Iterator[Finding]:
    """Findings on numbers of things in texts that a table of just these things does not hold."""
    for table in tables:
        for c in table.columns:
            if c.kind != "text":
                continue
            for i, cell in enumerate(c.cells):
                for value, phrase in mentions(cell):
                    for other in tables:
                        if other is not table and value != len(other.rows):
                            yield from _counted(table, i, c, (value, phrase), other)


def _counted(
    table: Table, i: int, c: Column, said: tuple[int, str], other: Table
) -> Iterator[Finding]:
    value, phrase = said
    if _names(phrase, other):
        yield Finding(
            "warning",
            f"{table.place([i], c)}; {other.file}",
            _("a text counts other than the table of that name"),
            f"{value} {phrase}",
            _("{number}, the rows of {file}", number=len(other.rows), file=other.file),
            _("look for a missing row, or correct the text"),
        )


def mentions(text: str) -> Iterator[tuple[int, str]]:
    """Numbers from two on with the words behind them, up to three."""
    for found in _MENTION.finditer(text):
        value = number_word(found["number"].lower())
        if value is not None and value > _ONE:
            yield value, found["rest"]


def _names(phrase: str, table: Table) -> bool:
    """Whether the words behind a number are the name of a table, the last one in the plural.

    `8 workshop leaders` speaks of leaders: a table of workshops does not count them.
    """
    name, said = table.words, words(phrase)
    if said[: len(name)] != name or len("".join(name)) < 4 or table.key is None:
        return False
    last = re.findall(r"[^\W_]+", phrase)[len(name) - 1].lower()
    return bool(last != name[-1])
