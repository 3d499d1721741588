"""Parts of sentences: how sure a number is, how it reads, and where and when it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hansa.language import N_, _
from hansa.views.format import Scale, joined, share_estimated, share_words
from hansa.views.reading import Cell, Reading, within

Certainty = Literal["certain", "likely", "possible", "cannot be said"]
CERTAINTIES: dict[Certainty, str] = {
    "certain": N_("certain"),
    "likely": N_("likely"),
    "possible": N_("possible"),
    "cannot be said": N_("cannot be said"),
}
"""How each degree is printed; `_` says it."""
LIKELY = 0.9


def certainty(cell: Cell, line: float, draws: float | None = None) -> Certainty:
    """How sure it is that the cell lies on the side of `line` on which its value lies.

    draws  share of draws in which the statement holds, where there are draws
    """
    if cell.absent:
        return "cannot be said"
    above = cell.middle > line
    if cell.bounded and (cell.low > line if above else cell.high < line):
        return "certain"
    if cell.bounded or cell.value is None:
        return "likely" if draws is not None and draws >= LIKELY else "possible"
    if cell.estimated > 0:
        return "likely" if draws is not None and draws >= LIKELY else "possible"
    return "certain"


def sureness(cell: Cell, scale: Scale, line: float | None = None) -> str:
    """The end of a finding: `certain (2.3 to 2.6)`, `possible, 12 % of the number is estimated`."""
    word = certainty(cell, scale.neutral if line is None else line)
    said = _(CERTAINTIES[word])
    if cell.absent:
        return f"{said} ({cell.reason})"
    if cell.bounded:
        said = f"{said} ({scale.interval(cell.lower, cell.upper, ' to ')})"
    if cell.estimated > 0:
        share = share_words(cell.estimated)
        return _("{certainty}, {share} of the number is estimated", certainty=said, share=share)
    return said


def times(cell: Cell, scale: Scale, reference: str) -> str:
    """`2.4 times the share of Great Britain`, in words where it is 0 or 1."""
    if cell.value == 0:
        return _("none, against a presence in {reference}", reference=reference)
    if cell.value is not None and scale.text(cell.value) in ("1.0", "1,0", "1"):
        return _("the same share as in {reference}", reference=reference)
    number = middle(cell, scale)
    return _("{number} times the share of {reference}", number=number, reference=reference)


def middle(cell: Cell, scale: Scale) -> str:
    """The value, or `between 2 and 3` where there is none."""
    if cell.value is None:
        bounds = scale.interval(cell.lower, cell.upper, " and ")
        return _("between {bounds}", bounds=bounds)
    return scale.text(cell.value, cell.high - cell.low)


def brief(cell: Cell, scale: Scale) -> str:
    """`2.4, 2.3–2.6`: a value and its interval inside brackets."""
    return scale.with_interval(cell.value, cell.lower, cell.upper).replace(" (", ", ").rstrip(")")


def listing(cells: list[Cell], scale: Scale) -> str:
    """`a (2.4, certainly above 1: 2.3 to 2.6)`, or `a (2.4) and b (1.8); each certainly above 1`.

    What is certain is the side of the line, not the place in the list.
    """
    sure = [_shortly(c, scale) for c in cells]
    alike = len(set(sure)) == 1 and len(sure) > 1
    if alike and certainty(cells[0], scale.neutral) == "certain" and not _why(cells[0], scale):
        plain = joined([f"{within(c.name)} ({middle(c, scale)})" for c in cells])
        return _("{list}; each {certainty}", list=plain, certainty=sure[0])
    pairs = zip(cells, sure, strict=True)
    return joined([f"{within(c.name)} ({middle(c, scale)}, {text})" for c, text in pairs])


def _shortly(cell: Cell, scale: Scale) -> str:
    """`certain`, `certain: 2.3 to 2.6`, `possible: 12 % estimated`: for a list in brackets."""
    why = _why(cell, scale)
    degree = certainty(cell, scale.neutral)
    word = _(CERTAINTIES[degree])
    if degree == "certain" and scale.style == "quotient":
        word = _("certainly above 1") if cell.middle > 1 else _("certainly below 1")
    return f"{word}: {', '.join(why)}" if why else word


def _why(cell: Cell, scale: Scale) -> list[str]:
    """What makes a number doubtful: its bounds, the share that is estimated."""
    # Without a value the interval stands before the word already.
    twice = cell.value is None
    why: list[str] = (
        [scale.interval(cell.lower, cell.upper, " to ")] if cell.bounded and not twice else []
    )
    if share := share_estimated(cell.estimated):
        why.append(_("{share} estimated", share=share))
    return why


def when(reading: Reading) -> str:
    """` in 2018`, with a space before it; empty without a year."""
    return " " + _("in {year}", year=reading.at.time) if reading.at.time is not None else ""


def period(reading: Reading, cell: Cell) -> str:
    """` from 2015 to 2018`, with a space before it."""
    if cell.since is None or reading.at.time is None:
        return when(reading)
    return " " + _("from {first} to {last}", first=cell.since, last=reading.at.time)


def overlap_warning(reading: Reading, first: Sequence[Cell]) -> str:
    """That the order is possible only, where a cell can be above one that is named before it."""
    later = [c for c in reading.known if c not in first]
    unsure = any(
        other.high > c.low for i, c in enumerate(first) for other in (*first[i + 1 :], *later)
    )
    if not unsure:
        return ""
    return " " + _("The order is possible, not certain: the intervals overlap.")


def known_of(reading: Reading) -> str:
    """` (of 31 known clusters)` where others are not known, and may stand anywhere."""
    if not reading.absent:
        return ""
    return " " + _("(of {n} known {things})", n=len(reading.known), things=reading.what)


def stands_first(reading: Reading) -> bool:
    """True where no other known cell can be above the first one."""
    first = reading.known[0]
    return all(c.high <= first.low for c in reading.known[1:])
