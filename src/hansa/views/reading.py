"""From a panel to the cells of one picture: pick, name, order, and say why something is absent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Any

from hansa.errors import HansaError, UsageError, listed
from hansa.language import N_, _, ngettext, spoken
from hansa.law import MEANING
from hansa.panel import Header, Panel
from hansa.views.flagwords import flags_of, meanings_of, reason_of
from hansa.views.format import Scale, joined, scale_of
from hansa.views.rows import MANY, MOST, Columns, rows_at, taken_apart, year_of
from hansa.views.words import HERE as HERE
from hansa.views.words import PLAIN as PLAIN
from hansa.views.words import At as At
from hansa.views.words import Words as Words

_UNITS = (N_("persons"), N_("count"), N_("stars"), N_("jobs"), N_("local units"), N_("currency"))
"""Units, and labels without their family, that the measures of Hansa have."""


@dataclass(frozen=True)
class Cell:
    """One value with what is known about it. `since` is the base year of a change.

    A value with one bound only is open on the other side: growth from what may be nothing.
    """

    code: str
    name: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    estimated: float = 0.0
    status: frozenset[str] = frozenset()
    since: int | None = None

    @property
    def absent(self) -> bool:
        """True where neither a value nor an interval is known."""
        return self.value is None and self.lower is None

    @property
    def bounded(self) -> bool:
        """True where only an interval is certain, be it open on one side."""
        return self.lower != self.upper

    @property
    def half_open(self) -> bool:
        """True where only one of the two bounds is known."""
        return (self.lower is None) is not (self.upper is None)

    @property
    def tiny(self) -> bool:
        """True for a cell below the smallest that carries a rate."""
        return "tiny" in self.status

    @property
    def low(self) -> float:
        """The lowest possible value, -inf where it is open; for a cell that is not absent."""
        return _first(self.lower, -math.inf if self.half_open else self.value)

    @property
    def high(self) -> float:
        """The highest possible value, inf where it is open; for a cell that is not absent."""
        return _first(self.upper, math.inf if self.half_open else self.value)

    @property
    def middle(self) -> float:
        """The value, or the middle of its interval; for ordering a cell that is not absent."""
        return self.value if self.value is not None else (self.low + self.high) / 2

    @property
    def reason(self) -> str:
        """Why the cell is absent, in words."""
        return reason_of(self.status, spoken())

    @property
    def brief_reason(self) -> str:
        """The reason in few words, for a place with little room; the notes have it in full."""
        # Nothing known and no other reason: other definitions give a value, marked so.
        return self.reason.replace(_(MEANING["d"]), _("outside the source"))

    @property
    def meanings(self) -> tuple[str, ...]:
        """Every flag in words."""
        return meanings_of(self.status, spoken())

    @property
    def meaning(self) -> str:
        """Every flag in words, joined by `; `."""
        return "; ".join(self.meanings)


@dataclass(frozen=True)
class Reading:
    """The cells of one picture along one dimension, and what holds for all of them."""

    cells: tuple[Cell, ...]
    header: Header
    scale: Scale
    axis: str
    at: At

    @cached_property
    def said(self) -> dict[Any, str]:
        """What was said of cells, for whoever says the same again (`hansa.views.hover`)."""
        return {}

    @cached_property
    def known(self) -> tuple[Cell, ...]:
        """The cells with a value or an interval, the largest first."""
        there = [c for c in self.cells if not c.absent]
        return tuple(sorted(there, key=lambda c: (-c.middle, c.name, c.code)))

    @cached_property
    def absent(self) -> tuple[Cell, ...]:
        """The cells that cannot be said, by name."""
        return tuple(sorted((c for c in self.cells if c.absent), key=lambda c: (c.name, c.code)))

    @property
    def ordered(self) -> tuple[Cell, ...]:
        """Known cells by value, then the absent ones."""
        return self.known + self.absent

    @property
    def period(self) -> str:
        """`2018`, for changes `2015–2018`, or nothing."""
        if self.at.time is None:
            return ""
        since = {c.since for c in self.cells if c.since is not None}
        return f"{since.pop()}–{self.at.time}" if len(since) == 1 else str(self.at.time)

    @property
    def what(self) -> str:
        """The word for the things along the axis."""
        several = {"geo": _("regions"), "activity": _("activities")}
        return several.get(self.axis) or _("clusters")

    @property
    def thing(self) -> str:
        """The word for one thing along the axis."""
        one = {"geo": _("region"), "activity": _("activity")}
        return one.get(self.axis) or _("cluster")


MOST_BARS = 40
"""Rows of bars that stay readable on a printed page."""


def ends(reading: Reading, lowest: int) -> tuple[Reading, tuple[Cell, ...]]:
    """The cells that a picture of bars has room for, and the known ones it leaves out.

    Where there are too many, the highest are kept and the `lowest` last ones; absent cells are
    listed, not drawn, and stay.
    """
    known = reading.known
    if len(known) <= MOST_BARS:
        return reading, ()
    room = MOST_BARS - 4
    kept = {c.code for c in (*known[: room - lowest], *known[len(known) - lowest :])}
    cells = tuple(c for c in reading.cells if c.absent or c.code in kept)
    return replace(reading, cells=cells), tuple(c for c in known if c.code not in kept)


def smaller_note(left: tuple[Cell, ...], what: str) -> list[str]:
    """That a picture leaves out cells that are smaller than those it shows."""
    if not left:
        return []
    return [
        ngettext(
            "Left out: {number} {what} that are smaller; the tables of the result have them all.",
            "Left out: {number} {what} that are smaller; the tables of the result have them all.",
            len(left),
            what=what,
        )
    ]


def between_note(left: tuple[Cell, ...], what: str) -> list[str]:
    """That a picture leaves out cells between the highest and the lowest that it shows."""
    if not left:
        return []
    return [
        ngettext(
            "Left out: {number} {what} between the highest and the lowest; the tables of the "
            "result have them all.",
            "Left out: {number} {what} between the highest and the lowest; the tables of the "
            "result have them all.",
            len(left),
            what=what,
        )
    ]


def cluster_axis(panel: Panel) -> str:
    """`cluster` or `activity`, whichever the panel has. Raises UsageError for neither."""
    for name in ("cluster", "activity"):
        if name in panel.dims:
            return name
    raise UsageError(
        "the panel has neither clusters nor activities", admissible="a panel by cluster or activity"
    )


def read(panel: Panel, along: str, at: At = HERE, words: Words = PLAIN) -> Reading:
    """The cells of `panel` along one dimension at one place and time.

    Raises UsageError when the panel has several places and `at` names none of them, and
    HansaError when nothing is found there.
    """
    # The sections of a page read the same cells many times. What a key is made of is kept with
    # it: as long as it is there, no other thing has the same id.
    own = (panel.table, panel.header, words)
    key = (*map(id, own), along, at, spoken())
    if (known := _read_before.get(key)) is not None:
        return known[0]
    made = _read(panel, along, at, words)
    if len(_read_before) * max(len(made.cells), 100) > _MOST_KEPT:
        _read_before.clear()
    _read_before[key] = made, own
    return made


_MOST_KEPT = 50_000
"""Cells that are remembered, about."""
_read_before: dict[Any, tuple[Reading, Any]] = {}


def _read(panel: Panel, along: str, at: At, words: Words) -> Reading:
    if along not in panel.dims:
        raise UsageError(f"the panel has no dimension {along}", admissible=listed(panel.dims))
    columns, found = _looked_up(panel, along, at) or _picked(panel, along, at)
    cells = tuple(_cells(columns, along, (panel.header, words)))
    spot = At(found.get("geo"), found.get("cluster", found.get("activity")), found.get("time"))
    return Reading(cells, panel.header, scale_of(panel.header), along, spot)


_Picked = tuple[Columns, dict[str, Any]]


def _picked(panel: Panel, along: str, at: At) -> _Picked:
    """The columns of the rows at one place and time, and which place and time that is."""
    found: dict[str, Any] = {}
    for name in (d for d in panel.dims if d != along):
        found[name] = _chosen(panel.distinct(name), name, _asked(at, name))
        panel = panel.where(name, found[name])
    return panel.columns(), found


def _looked_up(panel: Panel, along: str, at: At) -> _Picked | None:
    """The same from rows that were taken apart once; None where it is not that plain."""
    found: dict[str, Any] = {name: _asked(at, name) for name in panel.dims if name != along}
    if len(panel) >= MANY and "time" in found:
        times = panel.distinct("time")
        found["time"] = times[-1] if at.time is None else at.time
        if found["time"] not in times:
            return None
        panel = year_of(panel, found["time"])
    for name in [name for name, asked in found.items() if asked is None]:
        there = panel.distinct(name)
        if len(there) != 1:
            return None
        found[name] = there[0]
    if len(panel) > MOST:
        own = rows_at(panel, tuple(found)).get(tuple(found.values()))
        return None if own is None else (panel.taken(own).columns(), found)
    columns, places = taken_apart(panel, tuple(found))
    rows = places.get(tuple(found.values()), ())
    picked = {name: [own[i] for i in rows] for name, own in columns.items()}
    return (picked, found) if rows else None


def noted(cells: Iterable[Cell]) -> tuple[str, ...]:
    """`confidential: A and B` for each reason, the most frequent first."""
    by_reason: dict[str, list[str]] = {}
    for cell in cells:
        by_reason.setdefault(cell.reason, []).append(cell.name)
    groups = sorted(by_reason.items(), key=lambda g: (-len(g[1]), g[0]))
    return tuple(f"{reason}: {_few(names)}" for reason, names in groups)


def place_name(reading: Reading, words: Words) -> str:
    """The name of the area read: as given, else by its code, else "all regions"."""
    if words.area or reading.at.geo is None:
        return words.area or _("all regions")
    return words.name(reading.at.geo, reading.header)


def amount_words(header: Header) -> str:
    """What is counted, with its unit: `jobs (persons)` for the label `Size: jobs`."""
    label = plain_label(header)
    plain = header.unit in ("", "ratio", label) or header.unit.startswith("share")
    return _(label) if plain else f"{_(label)} ({_(header.unit)})"


def plain_label(header: Header) -> str:
    """The label in English without the family of its measure: `jobs` for `Size: jobs`."""
    return (header.label or header.measure.replace("_", " ")).rpartition(": ")[2]


def within(name: str) -> str:
    """A name inside a sentence: `Mining, oil and gas` loses its capital, `IT services` does not."""
    plain = len(name) > 1 and name[0].isupper() and name[1].islower()
    return name[0].lower() + name[1:] if plain else name


def reference_name(header: Header, words: Words) -> str:
    """The name of the reference area."""
    return words.reference or _(header.reference) or _("the reference area")


def _few(names: list[str], most: int = 6) -> str:
    return joined(names if len(names) <= most else [*names[:most], more(len(names) - most)])


def more(count: int) -> str:
    """`3 more`, at the end of a list of which only the first things are named."""
    return ngettext("{number} more", "{number} more", count)


def _asked(at: At, name: str) -> str | int | None:
    if name in ("cluster", "activity"):
        return at.cluster
    return at.geo if name == "geo" else at.time if name == "time" else None


def _chosen(there: list[Any], name: str, asked: str | int | None) -> Any:
    if asked is not None and asked in there:
        return asked
    if asked is not None or not there:
        raise HansaError(
            f"nothing to show for {name} {asked}",
            printed=f"the panel has {listed(there)}" if there else "an empty panel",
            admissible=f"one {name} of the panel",
        )
    if len(there) > 1 and name != "time":
        raise UsageError(
            f"a picture shows one {name} at a time",
            printed=f"{len(there)}: {listed(there)}",
            admissible=f"the code of one {name}",
        )
    return there[-1]


def _cells(columns: Columns, along: str, said: tuple[Header, Words]) -> Iterator[Cell]:
    header, words = said
    codes, nothing = columns[along], repeat(None)
    if len(set(codes)) < len(codes):
        _refuse_repeats(codes, along)
    value, lower, upper, estimated = (
        _numbers(columns[name]) if name in columns else nothing
        for name in ("value", "lower", "upper", "estimated")
    )
    names, since = words.names(codes, header), columns.get("from", nothing)
    # Thousands of cells: they are made from columns, not from a dictionary a row.
    rows = zip(codes, names, value, lower, upper, estimated, columns["status"], since, strict=False)
    for code, name, v, low, high, share, status, first in rows:
        if v is None and (low is None or high is None):
            low = high = None
        yield Cell(code, name, v, low, high, share or 0.0, flags_of(status or ""), first)


def _refuse_repeats(codes: Sequence[str], along: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise HansaError(
                "the same key stands in more than one row of a panel",
                place=f"{along} {code}",
                admissible="one row for each key",
            )
        seen.add(code)


def _numbers(column: Sequence[float | None]) -> list[float | None]:
    return [None if v is None or v != v else float(v) for v in column]  # NaN is no number


def _first(one: float | None, other: float | None) -> float:
    value = other if one is None else one
    assert value is not None
    return value
