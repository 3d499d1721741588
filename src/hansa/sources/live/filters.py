"""What a user asks for: patterns of codes, years, and how a question too big is halved."""

from __future__ import annotations

import difflib
import fnmatch
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from hansa.errors import UsageError, listed
from hansa.sources.live.contract import Dimension, Filters, Structure

RANGE = re.compile(r"(?P<start>\d{4}[^:]*)?:(?P<end>\d{4}[^:]*)?")


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
                lost.append(f"The data set has no code of {own.id} like {listed(gone, 12)}.")
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
        fix=f"hansa sources SOURCE:{structure.dataset} lists them; patterns such as "
        f"{own.id}=AB* are read too",
    )


def _periods(own: Dimension, wanted: Sequence[str]) -> tuple[str, ...]:
    """One text FROM:TO, or the periods themselves."""
    ranges = [w for w in wanted if ":" in w]
    if not ranges:
        return tuple(dict.fromkeys(wanted))
    if len(wanted) > 1 or not RANGE.fullmatch(wanted[0]) or wanted[0] == ":":
        raise UsageError(
            "these periods cannot be read",
            printed=", ".join(wanted),
            admissible="2015:2020, 2015:, :2020, or single periods: 2015,2018",
            fix=f"--filter {own.id}=2015:2020",
        )
    return (wanted[0],)


def within(period: str, wanted: Sequence[str]) -> bool:
    """True for a period of the answer that was asked for; `2015:2016` includes `2016-Q4`."""
    if not wanted:
        return True
    if len(wanted) == 1 and ":" in wanted[0]:
        start, _, end = wanted[0].partition(":")
        return (not start or period >= start) and (not end or period[: len(end)] <= end)
    return period in wanted


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
