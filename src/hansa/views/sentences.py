"""Findings as plain sentences, with certainty words of fixed meaning.

certain        holds over the whole interval
likely         holds in at least 90 % of draws
possible       holds in a part of the interval or of the draws
cannot be said nothing is known, or the interval is missing its other end
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from hansa.panel import Header, Panel
from hansa.views.format import THIN, Scale, joined
from hansa.views.reading import (
    HERE,
    PLAIN,
    At,
    Cell,
    Reading,
    Words,
    cluster_axis,
    noted,
    place_name,
    read,
    reference_name,
    within,
)

Certainty = Literal["certain", "likely", "possible", "cannot be said"]
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
    if cell.absent:
        return f"{word} ({cell.reason})"
    text = f"{word} ({scale.interval(cell.lower, cell.upper, ' to ')})" if cell.bounded else word
    if cell.estimated > 0:
        text += f", {100 * cell.estimated:.0f}{THIN}% of the number is estimated"
    return text


def specialisation(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One quotient: `Furniture in Wales: 2.4 times the share of Great Britain; certain (…).`"""
    reading, cell = _one(panel, at, words)
    start = f"{cell.name} in {place_name(reading, words)}"
    if cell.absent:
        return f"{start}: {sureness(cell, reading.scale)}."
    times = _times(cell, reading.scale, reference_name(reading.header, words))
    tail = "; a tiny cell, not to be relied on" if cell.tiny else ""
    return f"{start}: {times}; {sureness(cell, reading.scale)}{tail}."


def size(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One amount: `Furniture in Wales: 12 300 persons in 2018; certain (12 100 to 12 500).`"""
    reading, cell = _one(panel, at, words)
    start = f"{cell.name} in {place_name(reading, words)}"
    if cell.absent:
        return f"{start}: {sureness(cell, reading.scale)}."
    amount = f"{_middle(cell, reading.scale)} {amount_unit(reading.header)}".rstrip()
    return f"{start}: {amount}{_in(reading)}; {sureness(cell, reading.scale)}."


def growth(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One rate: `Furniture in Wales: +3.1 % from 2015 to 2018; certain.`"""
    reading, cell = _one(panel, at, words)
    start = f"{cell.name} in {place_name(reading, words)}"
    if cell.absent:
        return f"{start}: {sureness(cell, reading.scale)}."
    rate = _middle(cell, reading.scale)
    tail = "; a tiny cell, not to be relied on" if cell.tiny else ""
    return f"{start}: {rate}{_period(reading, cell)}; {sureness(cell, reading.scale)}{tail}."


def largest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The largest clusters of one area, with their amounts."""
    reading = read(panel, cluster_axis(panel), at, words)
    first = reading.known[:count]
    if not first:
        return _nothing(reading, words)
    items = [f"{within(c.name)} ({_brief(c, reading.scale)})" for c in first]
    unit = amount_unit(reading.header)
    unit = f", {unit}" if unit else ""
    start = f"Largest {reading.what} of {place_name(reading, words)}{_in(reading)}{unit}"
    return f"{start}: {joined(items)}.{_overlap_warning(reading, len(first))}"


def fastest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The strongest growth and the strongest decline; tiny cells stand aside."""
    reading = read(panel, cluster_axis(panel), at, words)
    solid = [c for c in reading.known if not c.tiny]
    up = [c for c in solid if c.middle > 0][:count]
    down = [c for c in reversed(solid) if c.middle < 0][:count]
    place, parts = place_name(reading, words), []
    for title, cells in (("Fastest growth", up), ("Strongest decline", down)):
        if cells:
            items = _list(cells, reading.scale)
            parts.append(f"{title} in {place}{_period(reading, cells[0])}: {items}.")
    return " ".join(parts) or _nothing(reading, words)


def strongest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The strongest specialisations of one region that are above the reference."""
    reading = read(panel, cluster_axis(panel), at, words)
    above = [c for c in reading.known if not c.tiny and c.middle > 1][:count]
    place, reference = place_name(reading, words), reference_name(reading.header, words)
    if not reading.known:
        return _nothing(reading, words)
    if not above:
        return f"{place} has no {reading.thing} above the share of {reference}{_in(reading)}."
    items = _list(above, reading.scale)
    return (
        f"Strongest specialisations of {place}{_in(reading)}, as multiples of the share of "
        f"{reference}: {items}."
    )


def unsaid(panel: Panel, along: str, at: At = HERE, words: Words = PLAIN) -> str:
    """What cannot be said and why; empty where everything is known."""
    reading = read(panel, along, at, words)
    if not reading.absent:
        return ""
    count, of = len(reading.absent), len(reading.cells)
    reasons = " ".join(f"{reason[0].upper()}{reason[1:]}." for reason in noted(reading.absent))
    return f"Cannot be said for {count} of {of} {reading.what}. {reasons}"


def certainties(panel: Panel, along: str, at: At = HERE, words: Words = PLAIN) -> tuple[str, ...]:
    """How sure a picture is: exact, bounded, estimated and unknown numbers, counted."""
    reading = read(panel, along, at, words)
    of, what = len(reading.cells), reading.what
    known = reading.known
    bounded = [c for c in known if c.bounded]
    estimated = [c for c in known if c.estimated > 0]
    lines = []
    exact = len([c for c in known if not c.bounded and not c.estimated])
    if exact or not known:
        lines.append(f"{exact} of {of} {what} rest on published numbers alone.")
    if bounded:
        lines.append(f"{len(bounded)} of {of} {what} are known between two bounds.")
    if estimated:
        worst = max(estimated, key=lambda c: c.estimated)
        share = f"{100 * worst.estimated:.0f}{THIN}%"
        lines.append(
            f"{len(estimated)} of {of} {what} rest partly on estimates, "
            f"the most {worst.name} ({share} of the number)."
        )
    if missing := unsaid(panel, along, at, words):
        lines.append(missing)
    return tuple(lines)


def largest_title(reading: Reading, words: Words) -> str:
    """The finding of a picture of sizes."""
    place = place_name(reading, words)
    if not reading.known:
        return f"Nothing is known about the {reading.what} of {place}"
    first = reading.known[0]
    verb = "is" if stands_first(reading) else "may be"
    amount = f"{_middle(first, reading.scale)} {amount_unit(reading.header)}".rstrip()
    return f"{first.name} {verb} the largest {reading.thing} of {place}: {amount}"


def stands_first(reading: Reading) -> bool:
    """True where no other cell, known or not, can be above the first one."""
    first = reading.known[0]
    return not reading.absent and all(c.high <= first.low for c in reading.known[1:])


def specialised_title(reading: Reading, words: Words) -> str:
    """The finding of a picture of quotients over clusters."""
    place, reference = place_name(reading, words), reference_name(reading.header, words)
    top = next((c for c in reading.known if not c.tiny), None)
    if top is None:
        return f"What {place} is specialised in cannot be said"
    if top.middle <= 1:
        return f"{place} is specialised in none of the {reading.what}"
    sure = top is reading.known[0] and stands_first(reading) and certainty(top, 1) == "certain"
    verb = "is" if sure else "may be"
    times = _times(top, reading.scale, reference)
    title = f"{place} {verb} most specialised in {within(top.name)}: {times}"
    return title[0].upper() + title[1:]


def map_title(reading: Reading, words: Words, cluster: str) -> str:
    """The finding of a map: where the value is highest.

    A region with a value goes before one of which only two bounds are known: the middle of wide
    bounds says little. How many of those may be higher is said.
    """
    solid = [c for c in reading.known if not c.tiny]
    top = ([c for c in solid if c.value is not None] or solid)[:2]
    if not top:
        return f"{cluster}: cannot be said for any region"
    sure = all(c.high <= top[0].low for c in reading.known if c is not top[0])
    items = ", then ".join(f"{c.name} ({_brief(c, reading.scale)})" for c in top)
    among = f" (of {len(reading.known)} known regions)" if reading.absent else ""
    title = f"{cluster}: {'highest' if sure else 'possibly highest'} in {items}{among}"
    if top[0].value is None:
        return title
    wide = sum(c.value is None and c.high > top[0].low for c in reading.known)
    what = "region" if wide == 1 else "regions"
    return f"{title}; {wide} {what} known only between bounds may be higher" if wide else title


def _one(panel: Panel, at: At, words: Words) -> tuple[Reading, Cell]:
    reading = read(panel, cluster_axis(panel), At(at.geo, None, at.time), words)
    for cell in reading.cells:
        if cell.code == at.cluster or (at.cluster is None and len(reading.cells) == 1):
            return reading, cell
    read(panel, "geo", at, words)  # explains which codes there are
    raise AssertionError(at)


def _times(cell: Cell, scale: Scale, reference: str) -> str:
    if cell.value == 0:
        return f"none, against a presence in {reference}"
    if cell.value is not None and scale.text(cell.value) in ("1.0", "1"):
        return f"the same share as in {reference}"
    return f"{_middle(cell, scale)} times the share of {reference}"


def _middle(cell: Cell, scale: Scale) -> str:
    if cell.value is None:
        return f"between {scale.interval(cell.lower, cell.upper, ' and ')}"
    return scale.text(cell.value, cell.high - cell.low)


def _brief(cell: Cell, scale: Scale) -> str:
    return scale.with_interval(cell.value, cell.lower, cell.upper).replace(" (", ", ").rstrip(")")


def _list(cells: list[Cell], scale: Scale) -> str:
    """`a (2.4, certainly above 1: 2.3 to 2.6)`, or `a (2.4) and b (1.8); each certainly above 1`.

    What is certain is the side of the line, not the place in the list.
    """
    sure = [_shortly(c, scale) for c in cells]
    if len(set(sure)) == 1 and sure[0].startswith("certain") and ":" not in sure[0] and sure[1:]:
        plain = joined([f"{within(c.name)} ({_middle(c, scale)})" for c in cells])
        return f"{plain}; each {sure[0]}"
    pairs = zip(cells, sure, strict=True)
    return joined([f"{within(c.name)} ({_middle(c, scale)}, {text})" for c, text in pairs])


def _shortly(cell: Cell, scale: Scale) -> str:
    """`certain`, `certain: 2.3 to 2.6`, `possible: 12 % estimated`: for a list in brackets."""
    # Without a value the interval stands before the word already.
    twice = cell.value is None
    why = [scale.interval(cell.lower, cell.upper, " to ")] if cell.bounded and not twice else []
    if cell.estimated > 0:
        why.append(f"{100 * cell.estimated:.0f}{THIN}% estimated")
    word: str = certainty(cell, scale.neutral)
    if word == "certain" and scale.style == "quotient":
        word = "certainly above 1" if cell.middle > 1 else "certainly below 1"
    return f"{word}: {', '.join(why)}" if why else word


def _in(reading: Reading) -> str:
    return f" in {reading.at.time}" if reading.at.time is not None else ""


def _period(reading: Reading, cell: Cell) -> str:
    if cell.since is None or reading.at.time is None:
        return _in(reading)
    return f" from {cell.since} to {reading.at.time}"


def _overlap_warning(reading: Reading, count: int) -> str:
    pairs = list(pairwise(reading.known))[:count]
    unsure = any(a.low < b.high for a, b in pairs)
    return " The order is possible, not certain: the intervals overlap." if unsure else ""


def _nothing(reading: Reading, words: Words) -> str:
    return f"Cannot be said for {place_name(reading, words)}: {'; '.join(noted(reading.absent))}."


def amount_unit(header: Header) -> str:
    """The word after an amount: its unit, or for persons what they hold: `jobs`."""
    label = header.label.rpartition(": ")[2]
    return label if header.unit == "persons" and label == "jobs" else header.unit
