"""Rows of a year as they come from files, in pieces -> rows in the order of the axes.

Rows that have to wait in memory are packed: float32 where it holds every number exactly, and
for the flags a place in a list of the sets of flags met so far.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.cube import STRETCH, Ints, Rows
from hansa.law import Flags, Floats, Quantity


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
        some = np.flatnonzero(flags != 0)
        sets, inverse = np.unique(flags[some], return_inverse=True)
        own = [self._place.setdefault(bits, len(self._place)) for bits in sets.tolist()]
        kind = np.uint8 if len(self._place) < 2**8 else np.int32
        places = np.zeros(flags.shape, kind)
        places[some] = np.array(own, kind)[inverse]
        return places


def _narrow(part: Any) -> Any:
    if part.dtype == np.float32:
        return part
    with np.errstate(over="ignore"):
        small = part.astype(np.float32, copy=False)
    same = small == part
    return small if same.all() or np.all(same | np.isnan(part)) else part


def known(values: Quantity) -> Quantity:
    """Values that are in memory already."""
    return values


def in_memory(piece: Piece) -> bool:
    """True for rows whose values do not have to be read."""
    return isinstance(piece.values, partial) and piece.values.func is known


def usual(values: Quantity) -> bool:
    """True for packed values of one number each and at most a status."""
    plain = values.flags is None or values.flags.dtype == np.uint8
    single = values.value.dtype == np.float32
    return plain and single and values.lower is None and values.estimated is None


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
        self._ground: _Ground | None = None

    def rows(self, year: int) -> Rows:
        """The rows of a year in the order of (geo, activity)."""
        if year not in self._ordered:
            self._order(year)
            if self._ground is not None:
                # All at once: the room that it takes is free again before results need it.
                for other in [y for y, own in self._pieces.items() if all(map(in_memory, own))]:
                    self._order(other)
                self._ground = None
        one = self._ordered[year]
        return Rows(one.geo, one.activity, self._packing.unpack(one.values()))

    def _order(self, year: int) -> None:
        self._ordered[year] = self._one([p.ranked(*self._ranks) for p in self._pieces[year]])
        del self._pieces[year]

    def _one(self, pieces: list[Piece]) -> Piece:
        """All rows of a year in order."""
        regions, activities = map(len, self._ranks)
        if len(pieces) == 1 and _in_order(pieces[0], regions, activities):
            return pieces[0]
        values = [self._packing.pack(p.values()) for p in pieces]
        rows = sum(p.geo.size for p in pieces)
        if regions * activities <= 16 * rows and all(usual(own) for own in values):
            self._ground = self._ground or _Ground(regions, activities)
            if (laid := self._ground.laid_out(pieces, values)) is not None:
                return laid
        return _sorted(pieces, _joined(values), regions, activities)


def _cells(piece: Piece, activities: int, kind: npt.DTypeLike = np.int64) -> Ints:
    """The place of each row among the cells of the year, ordered by (geo, activity)."""
    cell: Ints = np.multiply(piece.geo, activities, dtype=kind)
    return np.add(cell, piece.activity, out=cell)


def _in_order(piece: Piece, regions: int, activities: int) -> bool:
    narrow = np.int32 if regions * activities < 2**31 else np.int64
    cell = _cells(piece, activities, narrow)
    return bool((cell[1:] >= cell[:-1]).all())


class _Ground:
    """All cells of a year, on which its rows are laid out in any order; one year after the other.

    Only rows of one number and at most a status, in a table in which many cells have a row.
    """

    def __init__(self, regions: int, activities: int) -> None:
        self._regions, self._activities = regions, activities
        # NumPy asks for large pages, which matters where cells are met in any order.
        self._value: Any = np.empty(regions * activities, np.float32)
        self._flags: Flags | None = None

    def laid_out(self, pieces: list[Piece], values: list[Quantity]) -> Piece | None:
        """The rows in order; None where they have to be sorted, as a cell has several rows."""
        bits = self._value.view(np.int32)
        bits[:] = _NO_ROW
        flags = self._cleared() if any(own.flags is not None for own in values) else None
        for piece, own in zip(pieces, values, strict=True):
            cell = _cells(piece, self._activities)
            self._value[cell] = own.value
            if flags is not None and own.flags is not None:
                # Most rows have no status, and nothing has to be laid out for them.
                some = np.flatnonzero(own.flags != 0)
                flags[cell.take(some)] = own.flags.take(some)
        listed = np.flatnonzero(bits != _NO_ROW)
        if listed.size != sum(p.geo.size for p in pieces):
            return None
        keys = _apart(listed, self._regions, self._activities)
        said = None if flags is None else flags.take(listed)
        return Piece(*keys, _kept(Quantity(self._value.take(listed), said)))

    def _cleared(self) -> Flags:
        if self._flags is None:
            self._flags = np.empty(self._value.size, np.uint8)
        self._flags[:] = 0
        return self._flags


_NO_ROW = 0x7FFFFFFF
"""Bits that stand for no row. As a number they are none; a row that has them is sorted in."""


def _sorted(pieces: list[Piece], values: Quantity, regions: int, activities: int) -> Piece:
    """The rows in order, those with the same key one after the other."""
    cell = np.concatenate([_cells(p, activities) for p in pieces])
    order = np.argsort(cell, kind="stable")
    own = values.take(order)
    return Piece(*_apart(cell.take(order), regions, activities), partial(known, own))


def memory(size: int, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Zeros; where they are many, in memory that goes back to the system when nobody uses it.

    What stays for long would otherwise lie between holes that nothing else fits into.
    """
    wanted = size * np.dtype(kind).itemsize
    if wanted < _LARGE:
        return np.zeros(size, kind)
    # All of it will be written: asked for at once, it takes a third of the time.
    own = mmap.mmap(-1, wanted, flags=_FLAGS) if _FLAGS else mmap.mmap(-1, wanted)
    return np.frombuffer(own, kind, size)


_LARGE = 1 << 18
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)
_FLAGS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _POPULATE if _POPULATE else 0


def on_its_own(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same in memory of its own."""
    own = memory(part.size, part.dtype)
    own[:] = part
    return own


def _kept(own: Quantity) -> Callable[[], Quantity]:
    """A way to values that wait in memory: whole numbers in two bytes, and few flags alone."""
    value, flags = _Mostly.of_whole(own.value), _Mostly.of_flags(own.flags)
    return lambda: Quantity(value.all(), None if flags is None else flags.all())


@dataclass(frozen=True)
class _Mostly:
    """Numbers that are nearly all narrow; `others` stand at the places `where`."""

    narrow: npt.NDArray[Any] | None
    where: Ints
    others: npt.NDArray[Any]
    size: int

    @staticmethod
    def of_whole(value: Floats) -> _Mostly:
        """Whole numbers below 65,536 in two bytes each, unless most are others."""
        with np.errstate(invalid="ignore"):
            narrow = value.astype(np.uint16)
        # The bits are compared: a zero may have a sign, and NaN is not equal to itself.
        same = narrow.astype(value.dtype).view(np.int32) == value.view(np.int32)
        where = np.flatnonzero(~same).astype(np.int32)
        if 4 * where.size > value.size:
            return _Mostly(None, where[:0], value, value.size)
        return _Mostly(on_its_own(narrow), where, value.take(where), value.size)

    @staticmethod
    def of_flags(flags: Flags | None) -> _Mostly | None:
        """Places of flags where there are some, unless most have some."""
        if flags is None:
            return None
        where = np.flatnonzero(flags != 0).astype(np.int32)
        if 8 * where.size > flags.size:
            return _Mostly(None, where[:0], flags, flags.size)
        return _Mostly(np.zeros(1, flags.dtype), where, flags.take(where), flags.size)

    def all(self) -> npt.NDArray[Any]:
        """Every number as it was."""
        if self.narrow is None:
            return self.others
        every = np.empty(self.size, self.others.dtype)
        every[:] = self.narrow
        every[self.where] = self.others
        return every


def _apart(cell: Ints, regions: int, activities: int) -> tuple[Ints, Ints]:
    """Positions of region and activity of sorted cells, without a division for each."""
    starts = np.searchsorted(cell, np.arange(regions + 1, dtype=cell.dtype) * activities)
    each = small(np.arange(regions, dtype=np.int32))
    geo = on_its_own(np.repeat(each, np.diff(starts)))
    activity = memory(cell.size, np.int16 if activities <= 2**15 else np.int32)
    for start in range(0, cell.size, STRETCH):
        own = slice(start, start + STRETCH)
        np.subtract(
            cell[own],
            np.multiply(geo[own], activities, dtype=cell.dtype),
            out=activity[own],
            casting="unsafe",
        )
    return geo, activity


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
