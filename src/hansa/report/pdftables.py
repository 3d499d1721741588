"""Tables on paper: as wide as a page, in parts where their columns have no room beside each other.

The template would squeeze columns until words of one run over those of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hansa.language import _
from hansa.report.document import Table
from hansa.views.lettering import width
from hansa.views.written import Written

ROOM = 174 / 25.4 * 72
"""Points between the margins of a page, as in the template."""
_SIZE, _INSET = 8.5, 4  # points, as in the template
_SLACK = 1.02  # letters of one width are a little wider than those measured
# Where a line may end; thousands hold together by spaces of their own.
_BREAK = re.compile(r"[ \t\n]+|(?<=[^\W\d][-–])(?=[^\W\d])")
_LINES, _LONG = 6, ROOM / 4  # a text has at most so many lines, unless it is longer than that
_KEYS, _KEY_SHARE = 3, 0.4  # columns that every part repeats: at most so many, and so much room


@dataclass(frozen=True)
class _Need:
    """Points that a column needs: `least` so that no word is too long, `natural` in one line."""

    least: float
    natural: float

    @property
    def legible(self) -> float:
        """At least this much where columns are set in parts: a long text gets a few lines."""
        return max(self.least, min(self.natural / _LINES, _LONG))


def parts_of(table: Table) -> Iterator[dict[str, Any]]:
    """What the template lays out: the table, or its columns in parts below each other.

    Each part repeats the first columns, which say what its rows are about.
    """
    needs = [_need(table, i) for i in range(len(table.columns))]
    if _left_to_itself(needs, table.numeric):
        yield _part(table, [n.natural if f else None for n, f in _zip(needs, table.numeric)])
        return
    chosen = _columns(table, needs)
    for number, own in enumerate(chosen, 1):
        caption = table.caption
        if len(chosen) > 1:
            caption = _(
                "{caption} (part {number}\u00a0of\u00a0{count})",
                caption=caption, number=number, count=len(chosen),
            )  # fmt: skip
        part = Table(
            caption,
            tuple(table.columns[i] for i in own),
            tuple(tuple(row[i] for i in own) for row in table.rows),
            table.note if number == len(chosen) else "",
        )
        yield _part(part, _spread([needs[i] for i in own]))


def _zip(needs: Sequence[_Need], numeric: Sequence[bool]) -> Iterator[tuple[_Need, bool]]:
    return zip(needs, numeric, strict=True)


def _part(table: Table, widths: Sequence[float | None]) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": table.columns,
        "numeric": table.numeric,
        "widths": [w if w is None else round(w, 1) for w in widths],
        "rows": table.rows,
        "note": table.note,
    }


def _need(table: Table, column: int) -> _Need:
    cells = [row[column] for row in table.rows]
    head = table.columns[column]
    if table.numeric[column]:
        fixed = _numbers(head, cells)
        return _Need(fixed, fixed)
    texts = [(text, 400) for text in dict.fromkeys(cells)] + [(head, 600)]
    words = [width(w, _SIZE, weight) for text, weight in texts for w in _BREAK.split(text)]
    lines = [width(text, _SIZE, weight) for text, weight in texts]
    return _Need(*(max(own) * _SLACK + 2 * _INSET for own in (words, lines)))


def _numbers(head: str, cells: Sequence[str]) -> float:
    """Points for a column of numbers: its numbers in one line, its head in several."""
    words = [width(word, _SIZE, 600) for word in head.split()]
    own = [width(cell, _SIZE) for cell in cells]
    room = max(*own, *words, width(head, _SIZE, 600) / 2.5, 2.5 * _SIZE)
    return round(room * 1.06 + 2 * _INSET, 1)


def _left_to_itself(needs: Sequence[_Need], numeric: Sequence[bool]) -> bool:
    """Whether the template finds room for every word.

    It gives each column of texts what it needs for one line; where that is too much, those that
    need more than an equal share of the room get an equal share.
    """
    room = ROOM - sum(n.natural for n, fixed in _zip(needs, numeric) if fixed)
    wide = [n for n, fixed in _zip(needs, numeric) if not fixed]
    while wide:
        share = room / len(wide)
        rest = [n for n in wide if n.natural > share]
        if len(rest) == len(wide):
            return all(n.least <= share for n in wide)
        room -= sum(n.natural for n in wide if n.natural <= share)
        wide = rest
    return room >= 0


def _columns(table: Table, needs: Sequence[_Need]) -> list[list[int]]:
    """The columns of each part: the first ones again, and as many others as have room."""
    keys = list(range(_keys(table, needs)))
    others = [i for i in range(len(needs)) if i not in keys]
    room = ROOM - sum(needs[i].legible for i in keys)
    for count in range(1, len(others) + 1):
        ends = [round(k * len(others) / count) for k in range(count + 1)]
        parts = [others[a:b] for a, b in pairwise(ends)]
        if all(sum(needs[i].legible for i in own) <= room for own in parts):
            break
    return [keys + own for own in parts]


def _keys(table: Table, needs: Sequence[_Need]) -> int:
    """How many of the first columns say what a row is about; one that holds numbers ends them."""
    room = _KEY_SHARE * ROOM - needs[0].least
    for i in range(1, min(_KEYS, len(needs) - 1)):
        room -= needs[i].least
        cells = [row[i] for row in table.rows]
        told = any(isinstance(c, Written) and (c.known or c.meaning) for c in cells)
        if room < 0 or table.numeric[i] or told:
            return i
    return min(_KEYS, len(needs) - 1)


def _spread(needs: Sequence[_Need]) -> list[float]:
    """What is left beyond the least, given to the columns whose texts need more than one line."""
    start = [n.legible for n in needs]
    if sum(start) > ROOM:
        start = [n.least for n in needs]
    wanted = [n.natural - own for n, own in zip(needs, start, strict=True)]
    share = max(0.0, min(1.0, (ROOM - sum(start)) / sum(wanted))) if sum(wanted) else 0.0
    return [own + share * more for own, more in zip(start, wanted, strict=True)]
