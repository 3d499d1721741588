"""Findings as plain sentences, with certainty words of fixed meaning.

certain        holds over the whole interval
likely         holds in at least 90 % of draws
possible       holds in a part of the interval or of the draws
cannot be said nothing is known, or the interval is missing its other end
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hansa.panel import Header, Panel
from hansa.views.format import THIN, Scale, joined, share_estimated, spelled
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
_WHOLLY = 0.995  # share estimated that is printed as 100 %


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
        share = share_estimated(cell.estimated) or f"less than 1{THIN}%"
        text += f", {share} of the number is estimated"
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
    place = place_name(reading, words)
    start = f"Largest {reading.what} of {place}{_in(reading)}{known_of(reading)}{unit}"
    return f"{start}: {joined(items)}.{_overlap_warning(reading, first)}"


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
    """The strongest specialisations of one region that are above the reference.

    Clusters that are certainly above it come first, then others. One that rests wholly on
    estimates or bounds, and that may as well lie below, is named only where there is no other.
    """
    reading = read(panel, cluster_axis(panel), at, words)
    place, reference = place_name(reading, words), reference_name(reading.header, words)
    if not reading.known:
        return _nothing(reading, words)
    named, open_ones = strengths(reading)
    first = (named or open_ones)[:count]
    if not first:
        small = sum(c.tiny for c in reading.known)
        if small == len(reading.known):
            return (
                f"What {place} is specialised in{_in(reading)} cannot be said: no {reading.thing} "
                "has as many jobs as a rate needs."
            )
        said = f"{place} has no {reading.thing} above the share of {reference}{_in(reading)}"
        return f"{said}; {small} are too small to say." if small else f"{said}."
    text = (
        f"Strongest specialisations of {place}{_in(reading)}{known_of(reading)}, as multiples of "
        f"the share of {reference}: {_list(first, reading.scale)}."
    )
    if certainty(first[0], 1) != "certain":
        text += " None is certainly above 1."
    text += _overlap_warning(reading, first)
    if named and open_ones:
        text += f" {_left_open(len(open_ones), reading)}"
    return text


def strengths(reading: Reading) -> tuple[list[Cell], list[Cell]]:
    """Cells of quotients above 1, first those certainly above; and those about which that is open.

    Open are those that rest wholly on estimates or bounds and may as well lie below 1. Tiny cells
    stand aside.
    """
    above = [c for c in reading.known if not c.tiny and c.middle > 1]
    open_ones = [c for c in above if _wholly_open(c)]
    sure = [c for c in above if certainty(c, 1) == "certain"]
    rest = [c for c in above if c not in sure and c not in open_ones]
    return [*sure, *rest], open_ones


def _wholly_open(cell: Cell) -> bool:
    wholly = cell.value is None or cell.estimated >= _WHOLLY
    return wholly and certainty(cell, 1) != "certain"


def _left_open(count: int, reading: Reading) -> str:
    things, verb = (reading.thing, "is") if count == 1 else (reading.what, "are")
    return (
        f"Not named: {spelled(count)} {things} that {verb} known by estimates or bounds alone and "
        "may lie above or below 1."
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
        share = share_estimated(worst.estimated) or f"less than 1{THIN}%"
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
    start = f"{first.name} {verb} the largest {reading.thing} of {place}"
    return f"{start}: {amount}{known_of(reading)}"


def known_of(reading: Reading) -> str:
    """` (of 31 known clusters)` where others are not known, and may stand anywhere."""
    return f" (of {len(reading.known)} known {reading.what})" if reading.absent else ""


def stands_first(reading: Reading) -> bool:
    """True where no other known cell can be above the first one."""
    first = reading.known[0]
    return all(c.high <= first.low for c in reading.known[1:])


def specialised_title(reading: Reading, words: Words) -> str:
    """The finding of a picture of quotients over clusters."""
    place, reference = place_name(reading, words), reference_name(reading.header, words)
    if all(c.tiny for c in reading.known):
        return f"What {place} is specialised in cannot be said"
    named, open_ones = strengths(reading)
    top = next(iter(named or open_ones), None)
    if top is None:
        return f"{place} is specialised in none of the {reading.what}{known_of(reading)}"
    sure = top is reading.known[0] and stands_first(reading) and certainty(top, 1) == "certain"
    verb = "is" if sure else "may be"
    times = _times(top, reading.scale, reference)
    title = f"{place} {verb} most specialised in {within(top.name)}: {times}{known_of(reading)}"
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
    verb = "highest" if sure else "possibly highest"
    title = f"{cluster}: {verb} in {items}{known_of(reading)}"
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
    if share := share_estimated(cell.estimated):
        why.append(f"{share} estimated")
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


def _overlap_warning(reading: Reading, first: Sequence[Cell]) -> str:
    """That the order is possible only, where a cell can be above one that is named before it."""
    later = [c for c in reading.known if c not in first]
    unsure = any(
        other.high > c.low for i, c in enumerate(first) for other in (*first[i + 1 :], *later)
    )
    return " The order is possible, not certain: the intervals overlap." if unsure else ""


def _nothing(reading: Reading, words: Words) -> str:
    return f"Cannot be said for {place_name(reading, words)}: {'; '.join(noted(reading.absent))}."


def amount_unit(header: Header) -> str:
    """The word after an amount: its unit, or for persons what they hold: `jobs`."""
    label = header.label.rpartition(": ")[2]
    return label if header.unit == "persons" and label == "jobs" else header.unit
