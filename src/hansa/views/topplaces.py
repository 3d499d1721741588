"""How many of the first places of a ranking are certain, counted from the intervals of values.

A cell is certainly among the first k where fewer than k others can reach it, and possibly where
fewer than k others are above it whatever the true values are (methods: facts, section 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.language import _, ngettext
from hansa.law import Floats
from hansa.views.reading import Cell, Reading

Counts = npt.NDArray[np.intp]
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


def reaching(low: Floats, high: Floats) -> Counts:
    """For each cell how many others can reach it: upper bound at or above its lower one."""
    return len(high) - np.searchsorted(np.sort(high), low, "left") - 1


def above(low: Floats, high: Floats) -> Counts:
    """For each cell how many others are above it whatever the true values are."""
    return len(low) - np.searchsorted(np.sort(low), high, "right")


def _could_rank(cell: Cell) -> bool:
    """An absent cell that has a value in the world: not one that has none by its nature.

    Growth from nothing (`entry`) has none, as measures say of conditions too.
    """
    return not cell.status & {"z", "entry"} or bool(cell.status & {"c", "m"})


def top_sentence(places: TopPlaces, what: str) -> str:
    """`8 of the 10 top places are certain; 14 regions may hold one of them.`

    Empty where no more are ranked than there are places.
    """
    if not places.meaningful:
        return ""
    text = _top(places) if places.bounded else _printed_top(places)
    if places.possible > places.count:
        may = _("{n} {things} may hold one of them", n=places.possible, things=what)
        text = f"{text}; {may}"
    if places.unknown:
        text = _(
            "Among the {n} {things} that are known, {finding}",
            n=places.ranked,
            things=what,
            finding=_lower(text),
        )
        if places.certain:
            whole = ngettext(
                "Counting the {number} that is not known, which may stand anywhere, {finding}",
                "Counting the {number} that are not known, which may stand anywhere, {finding}",
                places.unknown,
                finding=_lower(_strict_top(places)),
            )
            text = f"{text}. {whole}"
    return f"{text}."


def _top(places: TopPlaces) -> str:
    some, of = places.certain, places.count
    if not some:
        return _("None of the {all} top places is certain", all=of)
    if some == of:
        return _("All {all} top places are certain", all=of)
    return ngettext(
        "{number} of the {all} top places is certain",
        "{number} of the {all} top places are certain",
        some,
        all=of,
    )


def _printed_top(places: TopPlaces) -> str:
    some, of = places.certain, places.count
    if not some:
        return _("None of the {all} top places is certain by the printed numbers", all=of)
    if some == of:
        return _("All {all} top places are certain by the printed numbers", all=of)
    return ngettext(
        "{number} of the {all} top places is certain by the printed numbers",
        "{number} of the {all} top places are certain by the printed numbers",
        some,
        all=of,
    )


def _strict_top(places: TopPlaces) -> str:
    some, of = places.strictly, places.count
    if not some:
        return _("None of the {all} is certain", all=of)
    if some == of:
        return _("All {all} are certain", all=of)
    return ngettext(
        "{number} of the {all} is certain", "{number} of the {all} are certain", some, all=of
    )


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
