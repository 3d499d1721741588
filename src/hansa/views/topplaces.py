"""How many of the first places of a ranking are certain, counted from the intervals of values.

A cell is certainly among the first k where fewer than k others can reach it, and possibly where
fewer than k others are above it whatever the true values are (methods: facts, section 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.law import Floats
from hansa.views.reading import Cell, Reading

TOP = 10


@dataclass(frozen=True)
class TopPlaces:
    """The first `count` places of a ranking.

    certain   cells that hold one of them whatever the true values are, among those ranked
    possible  cells that may hold one
    ranked    cells with a value or an interval
    unknown   cells of which nothing is known, and which may stand anywhere
    strictly  as `certain`, with each unknown cell taken to stand above
    bounded   whether any ranked cell is known between two bounds; else ties alone make places
              unsure, and the count speaks of the printed numbers
    """

    count: int
    certain: int
    possible: int
    ranked: int
    unknown: int
    strictly: int
    bounded: bool

    @property
    def meaningful(self) -> bool:
        """True where more cells are ranked than there are places."""
        return self.ranked > self.count


def sharper(reading: Reading, order: Reading) -> Reading | None:
    """`order`, where it can rank the cells of a reading: it knows every one that is ranked.

    The quotients of one cluster are its shares of the regions, all divided by the same share of
    the reference: what is not known of the reference moves no rank, so the bounds of the shares
    rank the quotients more sharply.
    """
    same = (order.axis, order.at.time) == (reading.axis, reading.at.time)
    there = {c.code for c in order.known}
    return order if same and all(c.code in there for c in reading.known) else None


def ends_of(reading: Reading, order: Reading | None = None) -> tuple[Floats, Floats]:
    """Lower and upper ends that rank the known cells of a reading; `order` from `sharper`."""
    cells = reading.known
    if order is not None:
        by_code = {c.code: c for c in order.known}
        cells = tuple(by_code[c.code] for c in cells)
    return np.array([c.low for c in cells], float), np.array([c.high for c in cells], float)


def top_places(reading: Reading, order: Reading | None = None, count: int = TOP) -> TopPlaces:
    """The first places of one ranking, the highest value first; `order` from `sharper`."""
    known = reading.known
    unknown = sum(_could_rank(c) for c in reading.absent)
    low, high = ends_of(reading, order)
    ahead = reaching(low, high)
    return TopPlaces(
        count=count,
        certain=int((ahead < count).sum()),
        possible=int((above(low, high) < count).sum()),
        ranked=len(known),
        unknown=unknown,
        strictly=int((ahead + unknown < count).sum()),
        bounded=any(c.bounded for c in known),
    )


def reaching(low: Floats, high: Floats) -> Floats:
    """For each cell how many others can reach it: upper bound at or above its lower one."""
    return np.asarray((high[None, :] >= low[:, None]).sum(axis=1) - 1)


def above(low: Floats, high: Floats) -> Floats:
    """For each cell how many others are above it whatever the true values are."""
    return np.asarray((low[None, :] > high[:, None]).sum(axis=1))


def _could_rank(cell: Cell) -> bool:
    """An absent cell that has a value in the world: not one that has none by its nature."""
    return "z" not in cell.status or bool(cell.status & {"c", "m"})


def top_sentence(places: TopPlaces, what: str) -> str:
    """`8 of the 10 top places are certain; 14 regions may hold one of them.`

    Empty where no more are ranked than there are places.
    """
    if not places.meaningful:
        return ""
    number = places.count
    text = _so_many(places.certain, number, "top places")
    if not places.bounded:
        text += " by the printed numbers"
    if places.possible > number:
        text += f"; {places.possible} {what} may hold one of them"
    if places.unknown:
        text = f"Among the {places.ranked} {what} that are known, {_lower(text)}"
        if places.certain:
            whole = _so_many(places.strictly, number, "")
            text += (
                f". Counting the {places.unknown} that {'is' if places.unknown == 1 else 'are'} "
                "not known, which may stand anywhere, "
                f"{_lower(whole)}"
            )
    return f"{text}."


def _so_many(some: int, of: int, what: str) -> str:
    if not some:
        return f"None of the {of} {what}".rstrip() + " is certain"
    verb = "is" if some == 1 else "are"
    if some == of:
        return f"All {of} {what}".rstrip() + f" {verb} certain"
    return f"{some} of the {of} {what}".rstrip() + f" {verb} certain"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
