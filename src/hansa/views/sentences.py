"""Findings as plain sentences, with certainty words of fixed meaning.

certain        holds over the whole interval
likely         holds in at least 90 % of draws
possible       holds in a part of the interval or of the draws
cannot be said nothing is known, or the interval is missing its other end
"""

from __future__ import annotations

from hansa.language import N_, _, ngettext
from hansa.panel import Header, Panel
from hansa.views.format import joined, share_words, spelled
from hansa.views.phrases import (
    brief,
    known_of,
    listing,
    middle,
    overlap_warning,
    period,
    stands_first,
    sureness,
    times,
    when,
)
from hansa.views.phrases import (
    certainty as certainty,
)
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

_WHOLLY = 0.995  # share estimated that is printed as 100 %


def specialisation(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One quotient: `Furniture in Wales: 2.4 times the share of Great Britain; certain (…).`"""
    reading, cell = _one(panel, at, words)
    if cell.absent:
        return _unknown(cell, reading, words)
    reference = reference_name(reading.header, words)
    return _said(cell, reading, words, times(cell, reading.scale, reference))


def size(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One amount: `Furniture in Wales: 12 300 persons in 2018; certain (12 100 to 12 500).`"""
    reading, cell = _one(panel, at, words)
    if cell.absent:
        return _unknown(cell, reading, words)
    amount = f"{middle(cell, reading.scale)} {amount_unit(reading.header)}".rstrip()
    return _said(cell, reading, words, f"{amount}{when(reading)}", tiny=False)


def growth(panel: Panel, at: At, words: Words = PLAIN) -> str:
    """One rate: `Furniture in Wales: +3.1 % from 2015 to 2018; certain.`"""
    reading, cell = _one(panel, at, words)
    if cell.absent:
        return _unknown(cell, reading, words)
    rate = f"{middle(cell, reading.scale)}{period(reading, cell)}"
    return _said(cell, reading, words, rate)


def _unknown(cell: Cell, reading: Reading, words: Words) -> str:
    place, sure = place_name(reading, words), sureness(cell, reading.scale)
    return _("{cluster} in {place}: {sure}.", cluster=cell.name, place=place, sure=sure)


def _said(cell: Cell, reading: Reading, words: Words, value: str, *, tiny: bool = True) -> str:
    """A value and how sure it is; with `tiny`, also that the cell is too small for a rate."""
    said = {
        "cluster": cell.name,
        "place": place_name(reading, words),
        "value": value,
        "sure": sureness(cell, reading.scale),
    }
    if tiny and cell.tiny:
        return _("{cluster} in {place}: {value}; {sure}; a tiny cell, not to be relied on.", **said)
    return _("{cluster} in {place}: {value}; {sure}.", **said)


def largest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The largest clusters of one area, with their amounts."""
    reading = read(panel, cluster_axis(panel), at, words)
    first = reading.known[:count]
    if not first:
        return _nothing(reading, words)
    items = [f"{within(c.name)} ({brief(c, reading.scale)})" for c in first]
    unit = amount_unit(reading.header)
    unit = f", {unit}" if unit else ""
    text = _(
        "Largest {things} of {place}{when}{known}{unit}: {list}.",
        things=reading.what,
        place=place_name(reading, words),
        when=when(reading),
        known=known_of(reading),
        unit=unit,
        list=joined(items),
    )
    return f"{text}{overlap_warning(reading, first)}"


def fastest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The strongest growth and the strongest decline; tiny cells stand aside."""
    reading = read(panel, cluster_axis(panel), at, words)
    up, down, open_ones = changes(reading)
    place, parts = place_name(reading, words), []
    texts = (
        N_("Fastest growth in {place}{period}: {list}."),
        N_("Strongest decline in {place}{period}: {list}."),
    )
    for text, cells in zip(texts, (up[:count], down[:count]), strict=True):
        if cells:
            items, since = listing(cells, reading.scale), period(reading, cells[0])
            parts.append(_(text, place=place, period=since, list=items))
    lists = [cells[:count] for cells in (up, down)]
    if any(len(cells) > 1 and any(c.bounded for c in cells) for cells in lists):
        parts.append(
            _(
                "Ordered by how much is certain at least; the true order may be another, as growth "
                "lies between bounds."
            )
        )
    if open_ones:
        text = ngettext(
            "Not named: one {thing} that may have grown or shrunk.",
            "Not named: {count} {things} that may have grown or shrunk.",
            len(open_ones),
            count=spelled(len(open_ones)),
            thing=reading.thing,
            things=reading.what,
        )
        parts.append(text)
    return " ".join(parts) or _nothing(reading, words)


def changes(reading: Reading) -> tuple[list[Cell], list[Cell], list[Cell]]:
    """Cells that grow, that decline, and those whose bounds admit both; tiny cells stand aside.

    Each by what is certain of it: growth by the lower bound, decline by the upper one.
    """
    solid = [c for c in reading.known if not c.tiny]
    up = sorted((c for c in solid if c.low > 0), key=lambda c: -c.low)
    down = sorted((c for c in solid if c.high < 0), key=lambda c: c.high)
    return up, down, [c for c in solid if c.bounded and c.low <= 0 <= c.high]


def strongest(panel: Panel, at: At = HERE, words: Words = PLAIN, count: int = 3) -> str:
    """The strongest specialisations of one region that are above the reference.

    Clusters that are certainly above it come first, then others. One that rests wholly on
    estimates or bounds, and that may as well lie below, is named only where there is no other.
    """
    reading = read(panel, cluster_axis(panel), at, words)
    if not reading.known:
        return _nothing(reading, words)
    named, open_ones = strengths(reading)
    first = (named or open_ones)[:count]
    if not first:
        return _none_above(reading, words)
    text = _(
        "Strongest specialisations of {place}{when}{known}, as multiples of the share of "
        "{reference}: {list}.",
        place=place_name(reading, words),
        when=when(reading),
        known=known_of(reading),
        reference=reference_name(reading.header, words),
        list=listing(first, reading.scale),
    )
    if certainty(first[0], 1) != "certain":
        text += " " + _("None is certainly above 1.")
    text += overlap_warning(reading, first)
    if named and open_ones:
        text += f" {_left_open(len(open_ones), reading)}"
    return text


def _none_above(reading: Reading, words: Words) -> str:
    """That no cluster of a region is above the reference, or that it cannot be said."""
    said = {
        "place": place_name(reading, words),
        "when": when(reading),
        "thing": reading.thing,
        "things": reading.what,
        "reference": reference_name(reading.header, words),
    }
    small = sum(c.tiny for c in reading.known)
    if small == len(reading.known):
        return _(
            "The specialisation of {place}{when} cannot be said: no {thing} has as many jobs as "
            "a rate needs.",
            **said,
        )
    text = _("In {place} no {thing} is above the share of {reference}{when}.", **said)
    if small:
        text = _(
            "In {place} no {thing} is above the share of {reference}{when}; {small} are too "
            "small to say.",
            small=small,
            **said,
        )
    return text[:1].upper() + text[1:]


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
    return ngettext(
        "Not named: one {thing} that is known by estimates or bounds alone and may lie above or "
        "below 1.",
        "Not named: {count} {things} that are known by estimates or bounds alone and may lie "
        "above or below 1.",
        count,
        count=spelled(count),
        thing=reading.thing,
        things=reading.what,
    )


def unsaid(panel: Panel, along: str, at: At = HERE, words: Words = PLAIN) -> str:
    """What cannot be said and why; empty where everything is known."""
    reading = read(panel, along, at, words)
    if not reading.absent:
        return ""
    count, of = len(reading.absent), len(reading.cells)
    reasons = " ".join(f"{reason[0].upper()}{reason[1:]}." for reason in noted(reading.absent))
    text = _("Cannot be said for {n} of {all} {things}.", n=count, all=of, things=reading.what)
    return f"{text} {reasons}"


def certainties(panel: Panel, along: str, at: At = HERE, words: Words = PLAIN) -> tuple[str, ...]:
    """How sure a picture is: exact, bounded, estimated and unknown numbers, counted."""
    reading = read(panel, along, at, words)
    every = {"all": len(reading.cells), "things": reading.what}
    known = reading.known
    bounded = [c for c in known if c.bounded]
    estimated = [c for c in known if c.estimated > 0]
    lines = []
    exact = len([c for c in known if not c.bounded and not c.estimated])
    if exact or not known:
        lines.append(
            ngettext(
                "{n} of {all} {things} rests on published numbers alone.",
                "{n} of {all} {things} rest on published numbers alone.",
                exact,
                n=exact,
                **every,
            )
        )
    if bounded:
        lines.append(
            ngettext(
                "{n} of {all} {things} is known between two bounds.",
                "{n} of {all} {things} are known between two bounds.",
                len(bounded),
                n=len(bounded),
                **every,
            )
        )
    if estimated:
        worst = max(estimated, key=lambda c: c.estimated)
        text = ngettext(
            "{n} of {all} {things} rests partly on estimates: {name} ({share} of the number).",
            "{n} of {all} {things} rest partly on estimates, the most {name} ({share} of the "
            "number).",
            len(estimated),
            n=len(estimated),
            name=worst.name,
            share=share_words(worst.estimated),
            **every,
        )
        lines.append(text)
    if missing := unsaid(panel, along, at, words):
        lines.append(missing)
    return tuple(lines)


def largest_title(reading: Reading, words: Words) -> str:
    """The finding of a picture of sizes."""
    place = place_name(reading, words)
    if not reading.known:
        return _("Nothing is known about the {things} of {place}", things=reading.what, place=place)
    first = reading.known[0]
    said = {
        "cluster": first.name,
        "thing": reading.thing,
        "things": reading.what,
        "place": place,
        "amount": f"{middle(first, reading.scale)} {amount_unit(reading.header)}".rstrip(),
        "known": known_of(reading),
    }
    if stands_first(reading):
        return _("{cluster} is the largest {thing} of {place}: {amount}{known}", **said)
    return _("{cluster} may be the largest {thing} of {place}: {amount}{known}", **said)


def specialised_title(reading: Reading, words: Words) -> str:
    """The finding of a picture of quotients over clusters."""
    place, reference = place_name(reading, words), reference_name(reading.header, words)
    if all(c.tiny for c in reading.known):
        return _("The specialisation of {place} cannot be said", place=place)
    named, open_ones = strengths(reading)
    top = next(iter(named or open_ones), None)
    if top is None:
        return _(
            "{place}: specialised in none of the {things}{known}",
            place=place,
            things=reading.what,
            known=known_of(reading),
        )
    sure = top is reading.known[0] and stands_first(reading) and certainty(top, 1) == "certain"
    said = {
        "place": place,
        "cluster": within(top.name),
        "times": times(top, reading.scale, reference),
        "known": known_of(reading),
    }
    title = (
        _("{place}: most specialised in {cluster}, {times}{known}", **said)
        if sure
        else _("{place}: possibly most specialised in {cluster}, {times}{known}", **said)
    )
    return title[0].upper() + title[1:]


def map_title(reading: Reading, words: Words, cluster: str) -> str:
    """The finding of a map: where the value is highest.

    A region with a value goes before one of which only two bounds are known: the middle of wide
    bounds says little. How many of those may be higher is said.
    """
    solid = [c for c in reading.known if not c.tiny]
    top = ([c for c in solid if c.value is not None] or solid)[:2]
    if not top:
        return _("{cluster}: cannot be said for any region", cluster=cluster)
    sure = all(c.high <= top[0].low for c in reading.known if c is not top[0])
    items = [f"{c.name} ({brief(c, reading.scale)})" for c in top]
    listed = _("{first}, then {second}", first=items[0], second=items[1]) if items[1:] else items[0]
    said = {"cluster": cluster, "regions": listed, "known": known_of(reading)}
    title = (
        _("{cluster}: highest in {regions}{known}", **said)
        if sure
        else _("{cluster}: possibly highest in {regions}{known}", **said)
    )
    wide = sum(c.value is None and c.high > top[0].low for c in reading.known)
    if top[0].value is None or not wide:
        return title
    return ngettext(
        "{title}; {number} region known only between bounds may be higher",
        "{title}; {number} regions known only between bounds may be higher",
        wide,
        title=title,
    )


def _one(panel: Panel, at: At, words: Words) -> tuple[Reading, Cell]:
    reading = read(panel, cluster_axis(panel), At(at.geo, None, at.time), words)
    for cell in reading.cells:
        if cell.code == at.cluster or (at.cluster is None and len(reading.cells) == 1):
            return reading, cell
    read(panel, "geo", at, words)  # explains which codes there are
    raise AssertionError(at)


def _nothing(reading: Reading, words: Words) -> str:
    place, reasons = place_name(reading, words), "; ".join(noted(reading.absent))
    return _("Cannot be said for {place}: {reasons}.", place=place, reasons=reasons)


def amount_unit(header: Header) -> str:
    """The word after an amount: its unit, or for persons what they hold: `jobs`."""
    label = header.label.rpartition(": ")[2]
    if header.unit == "persons" and label == "jobs":
        return _("jobs")
    return _(header.unit)
