"""What tables of PxWeb and StatBank have in common: codes to send, periods, sums, answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hansa.errors import HansaError, UsageError, listed
from hansa.sources.live.contract import (
    Dimension,
    Empty,
    Filters,
    Observations,
    Ready,
    Reply,
    Structure,
)
from hansa.sources.live.drafts import encoded, recoded
from hansa.sources.live.filters import within
from hansa.sources.live.pages import json_of, said_by
from hansa.sources.live.troubles import place_of

WHOLE = ("*",)
"""Every code of a dimension, as PxWeb and StatBank spell it."""

_PERIOD = re.compile(r"\d{4}($|\D)|\d{6}$")

MARKS = {":": "c"}
"""What these offices mean by a mark where others mean something else: confidential."""


def chosen(structure: Structure, filters: Filters) -> list[tuple[Dimension, tuple[str, ...]]]:
    """The codes of each dimension as they are sent; `WHOLE` for all of them.

    Dimensions that may be left out and were not asked for are not in the list. Periods may be
    given as a range `2015:2020`. Raises UsageError for a period the table does not have.
    """
    found: list[tuple[Dimension, tuple[str, ...]]] = []
    for own in structure.dimensions:
        wanted = tuple(filters.get(own.id, ()))
        if not wanted:
            if not own.eliminable:
                found.append((own, WHOLE))
            continue
        codes = _periods(own, wanted, structure) if own.time else wanted
        if len(codes) == len(own.codes):
            found.append((own, WHOLE))
        else:
            found.append((own, tuple(_sent(own, code) for code in codes)))
    return found


def _periods(own: Dimension, wanted: tuple[str, ...], structure: Structure) -> tuple[str, ...]:
    inside = tuple(code for code in own.codes if within(code, wanted))
    lost = [] if ":" in wanted[0] else [period for period in wanted if period not in own.codes]
    if lost or not inside:
        there = list(own.codes)
        raise UsageError(
            f"{structure.dataset} has no period {listed(lost or wanted)}",
            admissible=listed(there) if len(there) <= 8 else f"{there[0]} to {there[-1]}",
            fix=f"--filter {own.id}=FROM:TO takes every period between two years",
        )
    return inside


def period_dimension(own: Dimension) -> Dimension:
    """A time dimension with its periods as codes, where the service only numbers them.

    Some tables (Iceland, Greenland) have codes 0, 1, 2 … and the years as labels. There the
    period stands as code and the service's number as its label, and `_sent` turns it round.
    """
    labels = list(own.codes.values())
    numbered = own.codes and all(re.fullmatch(r"\d{1,3}", code) for code in own.codes)
    if not own.time or not numbered or len(set(labels)) < len(labels):
        return own
    if not all(_PERIOD.match(label) for label in labels):
        return own
    return replace(own, codes={label: code for code, label in own.codes.items()})


def _sent(own: Dimension, code: str) -> str:
    """A code as the service knows it."""
    return own.codes.get(code, code) if _renumbered(own) else code


def _renumbered(own: Dimension) -> bool:
    if not own.time or not own.codes:
        return False
    return all(
        _PERIOD.match(code) and re.fullmatch(r"\d{1,3}", label) for code, label in own.codes.items()
    )


def finished(found: Observations, structure: Structure) -> Observations:
    """Observations with what only the structure knows: names, time, periods, sums."""
    time = next((d for d in structure.dimensions if d.time), None)
    if time and time.id in found.dimensions:
        found = replace(found, time=time.id)
        if _renumbered(time):
            found = _with_periods(found, time)
    left = [d.id for d in structure.dimensions if d.id not in found.dimensions]
    notes = found.notes
    if left:
        notes = (*notes, f"Summed over by the service, as no code was asked for: {listed(left)}.")
    return replace(
        found,
        dataset=structure.dataset,
        title=found.title or structure.title,
        agency=structure.agency or found.agency,
        notes=notes,
    )


def _with_periods(found: Observations, time: Dimension) -> Observations:
    """The service's numbers of periods replaced by the periods."""
    periods = {number: period for period, number in time.codes.items()}
    column = encoded(found.table[time.id])
    if lost := [text for text in column.dictionary.to_pylist() if text not in periods]:
        raise HansaError(
            "the answer has a period the table does not list",
            place=f"{found.title or 'the answer'}, dimension {time.id}",
            printed=listed(lost),
            admissible=listed(periods.values()),
            fix="ask again with --refresh",
        )
    named = recoded(column, [periods[text] for text in column.dictionary.to_pylist()])
    where = found.table.column_names.index(time.id)
    labels = {name: own for name, own in found.labels.items() if name != time.id}
    return replace(found, table=found.table.set_column(where, time.id, named), labels=labels)


def answered(reply: Reply, who: str) -> Ready | Empty:
    """What an accepted reply (status 200) means: JSON-stat with or without cells.

    who  the service, in words
    Raises HansaError for anything else: a page, a PX file, an error in place of numbers.
    """
    # A long body is read once, by `parse`; here it only has to look like numbers.
    long = len(reply.body) > 1 << 16 and reply.body.lstrip()[:1] == b"{"
    if long and b'"dimension"' in reply.body and b'"value"' in reply.body:
        return Ready()
    data = json_of(reply, who)
    data = data.get("dataset", data) if isinstance(data, dict) else data
    if not isinstance(data, dict) or "dimension" not in data or "value" not in data:
        raise HansaError(
            f"{who} answers with something else than numbers",
            place=place_of(reply.request),
            printed=_lacking(data) or said_by(reply),
            admissible="JSON-stat: id, size, dimension and value",
            fix="ask again with --refresh; if it stays, the service has changed its answers",
        )
    # A cell that is hidden has a status and no value: it is no empty answer.
    return Ready() if data["value"] or data.get("status") else Empty("no cells")


def _lacking(data: object) -> str:
    """What a message of JSON-stat lacks; empty for anything else, which may say why."""
    if not isinstance(data, dict) or not {"id", "size", "dimension", "value"} & set(data):
        return ""
    return listed(f"no {name}" for name in ("dimension", "value") if name not in data)


def refuse_twice(names: Iterable[str], what: str, reply: Reply) -> None:
    """Raise where a description names something twice: one of the two would be lost."""
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise HansaError(
            f"a {what} stands twice in the description of the table",
            place=place_of(reply.request),
            printed=listed(twice),
            admissible=f"each {what} once",
        )


def no_list(reply: Reply, who: str) -> HansaError:
    """The error for a reply that should be a list of tables and is none."""
    return HansaError(
        f"{who} answers with something else than a list of tables",
        place=place_of(reply.request),
        printed=said_by(reply),
        admissible="a list of tables with their names",
        fix="ask again with --refresh; if it stays, the service has changed its answers",
    )


def span_of(first: object, last: object) -> str:
    """First and last period in words; empty where the list does not tell them."""
    return " to ".join(dict.fromkeys(str(one) for one in (first, last) if one))
