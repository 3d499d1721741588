"""Rows of a year as they come from files, in pieces -> rows in the order of the axes.

Rows that have to wait in memory are packed: float32 where it holds every number exactly, and
for the flags a place in a list of the sets of flags met so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.cube import Ints, Rows
from hansa.law import Flags, Quantity


@dataclass(frozen=True)
class Piece:
    """Rows of one year from one place: positions by first appearance, and a way to the values."""

    geo: Ints
    activity: Ints
    values: Callable[[], Quantity]

    def ranked(self, geo: Ints, activity: Ints) -> Piece:
        """The same rows with positions by rank of their codes."""
        return replace(
            self,
            geo=self.geo if _ascending(geo) else geo.take(self.geo),
            activity=self.activity if _ascending(activity) else activity.take(self.activity),
        )


def _ascending(rank: Ints) -> bool:
    return bool((rank[1:] > rank[:-1]).all())


class Packing:
    """Packs quantities and unpacks them; what is in the other form already stays as it is."""

    def __init__(self) -> None:
        self._place = {0: 0}

    def pack(self, q: Quantity) -> Quantity:
        """The same numbers in less memory."""
        flags, plain = q.flags, replace(q, flags=None).map(_narrow)
        if flags is not None and flags.dtype == np.uint64:
            flags = self._places(flags)
        return replace(plain, flags=flags)

    def unpack(self, q: Quantity) -> Quantity:
        """Numbers and flags to calculate with."""
        flags = q.flags
        if flags is not None and flags.dtype != np.uint64:
            flags = np.array(list(self._place), np.uint64).take(flags)
        plain = replace(q, flags=None).map(lambda part: part.astype(np.float64, copy=False))
        return replace(plain, flags=flags)

    def _places(self, flags: Flags) -> Any:
        some = np.flatnonzero(flags)
        sets, inverse = np.unique(flags[some], return_inverse=True)
        own = [self._place.setdefault(bits, len(self._place)) for bits in sets.tolist()]
        kind = np.uint8 if len(self._place) < 2**8 else np.int32
        places = np.zeros(flags.shape, kind)
        places[some] = np.array(own, kind)[inverse]
        return places


def _narrow(part: Any) -> Any:
    with np.errstate(over="ignore"):
        small = part.astype(np.float32, copy=False)
    same = small == part
    return small if same.all() or np.all(same | np.isnan(part)) else part


class Pieces:
    """All rows of a table by year. A year is put in order once, when it is first asked for.

    ranks  the rank of each code of the regions and of the activities among those of its axis
    """

    def __init__(
        self, pieces: dict[int, list[Piece]], ranks: tuple[Ints, Ints], packing: Packing
    ) -> None:
        self._pieces = pieces
        self._ranks = ranks
        self._ordered: dict[int, Piece] = {}
        self._packing = packing

    def rows(self, year: int) -> Rows:
        """The rows of a year in the order of (geo, activity)."""
        if year not in self._ordered:
            found = [p.ranked(*self._ranks) for p in self._pieces[year]]
            self._ordered[year] = self._one(found)
            del self._pieces[year]
        one = self._ordered[year]
        return Rows(one.geo, one.activity, self._packing.unpack(one.values()))

    def _one(self, pieces: list[Piece]) -> Piece:
        """All rows of a year in order."""
        regions, activities = map(len, self._ranks)
        cell = _cells(pieces, np.int32 if regions * activities < 2**31 else np.int64, activities)
        if len(pieces) == 1 and (cell[1:] >= cell[:-1]).all():
            return pieces[0]
        order, cell = _sorted(cell, regions * activities)
        geo, activity = _apart(cell, regions, activities)
        values = _joined([self._packing.pack(p.values()) for p in pieces]).take(order)
        return Piece(geo, activity, lambda: values)


def _cells(pieces: list[Piece], kind: npt.DTypeLike, activities: int) -> Ints:
    """The place of each row among the cells of the year, ordered by (geo, activity)."""
    cell: Ints = np.empty(sum(p.geo.size for p in pieces), kind)
    start = 0
    for p in pieces:
        part = cell[start : start + p.geo.size]
        np.multiply(p.geo, activities, out=part, dtype=kind)
        np.add(part, p.activity, out=part)
        start += p.geo.size
    return cell


def _sorted(cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """Positions that sort `cell`, and `cell` sorted.

    Where the cells are distinct and dense enough, they are laid out, not sorted.
    """
    if cells <= 16 * cell.size:
        at = np.full(cells, -1, np.int32)
        at[cell] = np.arange(cell.size, dtype=np.int32)
        there = np.flatnonzero(at >= 0)
        if there.size == cell.size:
            return at.take(there), there.astype(cell.dtype)
    order = np.argsort(cell, kind="stable")
    return order, cell.take(order)


def _apart(cell: Ints, regions: int, activities: int) -> tuple[Ints, Ints]:
    """Positions of region and activity of sorted cells, without a division for each."""
    starts = np.arange(regions + 1, dtype=cell.dtype) * activities
    each = small(np.arange(regions, dtype=np.int32))
    geo = np.repeat(each, np.diff(np.searchsorted(cell, starts)))
    activity = cell - np.multiply(geo, activities, dtype=cell.dtype)
    return geo, small(activity.astype(np.int32, copy=False))


def small(positions: Ints) -> Ints:
    """Positions in two bytes each where these hold them."""
    narrow = positions.max(initial=0) < 2**15
    return positions.astype(np.int16, copy=False) if narrow else positions


def _joined(parts: list[Quantity]) -> Quantity:
    if len(parts) == 1:
        return parts[0]

    def join(name: str, default: Callable[[Quantity], np.ndarray]) -> np.ndarray | None:
        if all(getattr(p, name) is None for p in parts):
            return None
        arrays = (getattr(p, name) for p in parts)
        return np.concatenate(
            [default(p) if a is None else a for a, p in zip(arrays, parts, strict=True)]
        )

    return Quantity(
        np.concatenate([p.value for p in parts]),
        join("flags", lambda p: np.zeros(p.shape, np.uint8)),
        join("lower", lambda p: p.value),
        join("upper", lambda p: p.value),
        join("estimated", lambda p: np.zeros(p.shape, np.float32)),
    )


def by_year(time: Ints) -> Iterator[tuple[int, Ints | None]]:
    """Years of a column and the positions of their rows in order; None for all of them."""
    low, high = int(time.min()), int(time.max())
    if low == high:
        yield low, None
        return
    # The sort goes byte by byte.
    narrow = next(k for k in (np.uint8, np.int16, np.int32) if high - low <= np.iinfo(k).max)
    offset = (time - low).astype(narrow)
    order = np.argsort(offset, kind="stable")
    counts = np.bincount(offset)
    ends = np.cumsum(counts)
    for i in np.flatnonzero(counts):
        yield low + int(i), order[ends[i] - counts[i] : ends[i]]
