"""What a user asks for: patterns of codes, years, and how a question too big is halved."""

from __future__ import annotations

import difflib
import fnmatch
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from hansa.errors import UsageError, listed
from hansa.sources.live.contract import Dimension, Filters, Structure

PERIOD = re.compile(r"\d{4}(-?[ABSHTQKMWUD]?\d{1,3})?(-\d{2})?")


def resolved(
    asked: Mapping[str, Sequence[str]], structure: Structure
) -> dict[str, tuple[str, ...]]:
    """The codes of every dimension that is asked for, spelled and ordered as the service does.

    asked  dimension, in any case -> codes; `*` and `?` stand for any letters (`SE??`), and
           `2015:2020` for periods of the time dimension, either end left open
    Raises UsageError for a dimension or code the data set does not have.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, wanted in asked.items():
        own = structure.dimension(name)
        if own is None:
            raise UsageError(
                f"{structure.dataset} has no dimension {name!r}",
                admissible=listed((d.id for d in structure.dimensions), 20),
                fix="--filter DIMENSION=CODE[,CODE…]",
            )
        if own.id in found:
            raise UsageError(f"the dimension {own.id} is asked for twice", printed=name)
        found[own.id] = _periods(own, wanted) if own.time else _codes(own, wanted, structure)
    return found


def _codes(own: Dimension, wanted: Sequence[str], structure: Structure) -> tuple[str, ...]:
    if not own.codes:
        if odd := [w for w in wanted if re.search(r"[*?]", w)]:
            raise UsageError(
                f"the service does not list the codes of {own.id}, so patterns cannot be resolved",
                printed=listed(odd),
                fix="name the codes in full",
            )
        return tuple(dict.fromkeys(wanted))
    chosen: set[str] = set()
    for text in wanted:
        matched = _matching(own, text)
        if not matched:
            raise _no_code(own, text, structure)
        chosen |= matched
    return tuple(code for code in own.codes if code in chosen)


def _matching(own: Dimension, text: str) -> set[str]:
    for one in text.split("|"):
        if one in own.codes:
            return {one}
        found = {c for c in own.codes if fnmatch.fnmatchcase(c.upper(), one.upper())}
        if found:
            return found
    return set()


def known(
    asked: Mapping[str, Sequence[str]], structure: Structure
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """What is asked, without codes the data set does not have, and a note on each of these.

    For questions made in advance: a region that a table does not cover, or no longer names, is a
    gap to be told and no mistake of the user.
    """
    found, lost = dict[str, tuple[str, ...]](), []
    for name, wanted in asked.items():
        own = structure.dimension(name)
        there = tuple(wanted)
        if own is not None and own.codes and not own.time:
            there = tuple(text for text in wanted if _matching(own, text))
            if gone := [text for text in wanted if text not in there]:
                shown = ["countries" if text == "??" else text for text in gone]
                lost.append(f"The data set has no code of {own.id} like {listed(shown, 12)}.")
        if wanted and not there:
            raise _no_code(own, wanted[0], structure) if own else AssertionError(name)
        found[name] = there
    return found, tuple(lost)


def _no_code(own: Dimension, text: str, structure: Structure) -> UsageError:
    near = difflib.get_close_matches(text.upper(), [c.upper() for c in own.codes], 5)
    named = [c for c, label in own.codes.items() if text.lower() in label.lower()][:5]
    shown = [f"{c} ({own.codes[c]})" for c in own.codes if c.upper() in near or c in named]
    return UsageError(
        f"the dimension {own.id} of {structure.dataset} has no code {text!r}",
        admissible=listed(shown or own.codes, 10),
        fix=f"`hansa sources` with the name of the data set lists them; patterns such as "
        f"{own.id}=AB* are read too",
    )


def _periods(own: Dimension, wanted: Sequence[str]) -> tuple[str, ...]:
    """One text FROM:TO, or the periods themselves."""
    if len(wanted) == 1 and ":" in wanted[0]:
        return (span(wanted[0]),)
    if odd := [w for w in wanted if w not in own.codes and not PERIOD.fullmatch(w)]:
        raise _no_period(", ".join(odd))
    return tuple(dict.fromkeys(wanted))


def span(text: str) -> str:
    """A period of years as FROM:TO: `2019` is `2019:2019`; either end of a range may be open.

    Raises UsageError for anything else, and for an end before its start.
    """
    start, colon, end = text.strip().partition(":")
    if not colon:
        end = start
    known = [p for p in (start, end) if p]
    if not known or not all(map(PERIOD.fullmatch, known)):
        raise _no_period(text)
    if start and end and end < start[: len(end)]:
        raise UsageError(
            "the end of the period lies before its start",
            printed=text,
            fix=f"--period {end}:{start}",
        )
    return f"{start}:{end}"


def _no_period(printed: str) -> UsageError:
    return UsageError(
        "these periods cannot be read",
        printed=printed,
        admissible="2019, 2015:2020, 2015:, :2020; with --filter also single ones: time=2015,2018",
        fix="--period 2015:2020",
    )


def within(period: str, wanted: Sequence[str]) -> bool:
    """True for a period of the answer that was asked for; `2015:2016` and `2016` hold `2016-Q4`.

    Offices spell a month 2015-03 or 2015M03, a quarter 2015-Q1, 2015Q1 or 2015K1: all are read.
    """
    if not wanted or period in wanted:
        return True
    own = _stretch(period)
    if own is None:
        return False
    if len(wanted) == 1 and ":" in wanted[0]:
        start, end = (_stretch(text) for text in wanted[0].split(":"))
        return (start is None or own[0] >= start[0]) and (end is None or own[1] <= end[1])
    return any(s is not None and s[0] <= own[0] and own[1] <= s[1] for s in map(_stretch, wanted))


_PARTS = {"": 12, "M": 12, "Q": 4, "K": 4, "T": 4, "S": 2, "H": 2, "W": 53, "U": 53}
"""Letter of a part of the year in the spellings of the offices -> how many there are."""


def _stretch(text: str) -> tuple[Fraction, Fraction] | None:
    """Start and end of a period in years; None for a text that is no period."""
    match = re.fullmatch(r"(\d{4})(?:-?([A-Z]?)(\d{1,2})(?:-(\d\d))?)?", text)
    if match is None or match[2] not in (None, "A", *_PARTS):
        return None
    year = Fraction(int(match[1]))
    if match[3] is None or match[2] == "A":
        return year, year + 1
    count = _PARTS[match[2]]
    start = year + Fraction(int(match[3]) - 1, count)
    if match[4]:
        day = Fraction(int(match[4]) - 1, 31 * count)
        return start + day, start + day + Fraction(1, 31 * count)
    return start, start + Fraction(1, count)


def cells(structure: Structure, filters: Filters) -> int:
    """Cells a question may have at most: the product of its codes; 0 where nobody can tell."""
    sizes = []
    for own in structure.dimensions:
        count = _count(own, filters.get(own.id, ()))
        if not count and own.eliminable and not filters.get(own.id):
            continue
        sizes.append(count)
    return math.prod(sizes) if sizes and all(sizes) else 0


def _count(own: Dimension, wanted: Sequence[str]) -> int:
    if own.time and wanted and ":" in wanted[0]:
        return sum(within(code, wanted) for code in own.codes)
    return len(wanted) or (1 if own.eliminable else len(own.codes))


def halves(structure: Structure, filters: Filters) -> tuple[Filters, Filters] | None:
    """The same question in two, along the dimension with the most codes.

    The time dimension is taken last: a service mostly reads a series as a whole. None where
    nothing is left to halve.
    """
    best: tuple[bool, int, str, tuple[str, ...]] | None = None
    for own in structure.dimensions:
        codes = _spelled_out(own, filters.get(own.id, ()))
        if len(codes) < 2 or (own.eliminable and not filters.get(own.id)):
            continue
        candidate = (not own.time, len(codes), own.id, codes)
        if best is None or candidate[:2] > best[:2]:
            best = candidate
    if best is None:
        return None
    _, count, name, codes = best
    return {**filters, name: codes[: count // 2]}, {**filters, name: codes[count // 2 :]}


def _spelled_out(own: Dimension, wanted: Sequence[str]) -> tuple[str, ...]:
    if own.time and wanted and ":" in wanted[0]:
        return tuple(code for code in own.codes if within(code, wanted))
    return tuple(wanted) or tuple(own.codes)


def parts(structure: Structure, filters: Filters, most: int) -> Iterator[Filters]:
    """Questions of at most `most` cells each that make up the whole, in a fixed order."""
    size = cells(structure, filters)
    pair = halves(structure, filters) if most and size > most else None
    if pair is None:
        yield filters
        return
    for half in pair:
        yield from parts(structure, half, most)
