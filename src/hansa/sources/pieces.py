"""Rows of a year as they come from files, in pieces -> rows in the order of the axes.

Rows that have to wait in memory are packed: float32 where it holds every number exactly, and
for the flags a place in a list of the sets of flags met so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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
            geo=self.geo if _ascending(geo) else geo[self.geo],
            activity=self.activity if _ascending(activity) else activity[self.activity],
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
            flags = np.array(list(self._place), np.uint64)[flags]
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
    return small if np.all((small == part) | np.isnan(part)) else part


class Pieces:
    """All rows of a table by year. A year is put in order once, when it is first asked for."""

    def __init__(
        self, pieces: dict[int, list[Piece]], regions: int, activities: int, packing: Packing
    ) -> None:
        self._pieces = pieces
        self._regions, self._activities = regions, activities
        self._packing = packing

    def rows(self, year: int) -> Rows:
        """The rows of a year in the order of (geo, activity)."""
        found = self._pieces[year]
        cell = self._cells(found)
        if len(found) > 1 or (cell[1:] < cell[:-1]).any():
            found[:] = [self._merged(found, _order(cell, self._regions * self._activities))]
        one = found[0]
        return Rows(one.geo, one.activity, self._packing.unpack(one.values()))

    def _cells(self, pieces: list[Piece]) -> Ints:
        wide = np.int32 if self._regions * self._activities < 2**31 else np.int64
        cell: Ints = np.empty(sum(p.geo.size for p in pieces), wide)
        start = 0
        for p in pieces:
            part = cell[start : start + p.geo.size]
            np.multiply(p.geo, self._activities, out=part, dtype=wide)
            np.add(part, p.activity, out=part)
            start += p.geo.size
        return cell

    def _merged(self, pieces: list[Piece], order: Ints) -> Piece:
        values = _joined([self._packing.pack(p.values()) for p in pieces])[order]
        geo = np.concatenate([p.geo for p in pieces])[order]
        activity = np.concatenate([p.activity for p in pieces])[order]
        return Piece(geo, activity, lambda: values)


def _order(cell: Ints, cells: int) -> Ints:
    """Positions that sort `cell`; by laying out where the cells are distinct and dense enough."""
    if cells <= 16 * cell.size:
        at = np.full(cells, -1, np.int32)
        at[cell] = np.arange(cell.size, dtype=np.int32)
        order = at[at >= 0]
        if order.size == cell.size:
            return order
    return np.argsort(cell, kind="stable")


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


def by_year(time: Ints) -> Iterator[tuple[int, Ints | slice]]:
    """Years of a column and the positions of their rows, in the order of the rows."""
    low, high = int(time.min()), int(time.max())
    if low == high:
        yield low, slice(None)
        return
    offset = (time - low).astype(np.int16 if high - low < 2**15 else np.int32)
    order = np.argsort(offset, kind="stable")
    counts = np.bincount(offset)
    ends = np.cumsum(counts)
    for i in np.flatnonzero(counts):
        yield low + int(i), order[ends[i] - counts[i] : ends[i]]
