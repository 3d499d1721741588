"""Blocks of results to the table of a panel, without a detour through Python objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.cube import Ints
from hansa.law import Flags, Floats, Marked, Quantity, end_to_end, flags_to_text


@dataclass(frozen=True)
class Block:
    """Results of one year: a matrix (units x regions), or a list of cells with their positions.

    `since` is the year growth is measured from, None for measures of one year; `status`, the
    column of statuses where it and the values lie where they stay already (`Stretches`).
    """

    time: int
    since: int | None
    geo: Ints | None
    unit: Ints | None
    values: Quantity | Marked
    status: pa.Array | None = None


class _Room:
    """Memory for the pieces of one column. Pieces allocated one by one would pin what was
    freed between them; what is never written here takes no memory.
    """

    def __init__(self, size: int, kind: npt.DTypeLike) -> None:
        self._free = np.empty(size, kind)

    def take(self, size: int) -> npt.NDArray[Any]:
        """Memory for `size` rows; of its own where no room is left."""
        if size > len(self._free):
            return np.empty(size, self._free.dtype)
        own, self._free = self._free[:size], self._free[size:]
        return own

    def keep(self, piece: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The piece in its place, row after row; itself where it is of another kind."""
        if piece.dtype.kind != self._free.dtype.kind:
            return piece.ravel()
        own = self.take(piece.size)
        np.copyto(own.reshape(piece.shape), piece, casting="same_kind")
        return own


class Stretches:
    """Results of listed cells, computed a stretch at a time, joined to those of a year.

    Values and statuses go to where they stay while the processor still has them.
    """

    def __init__(self, size: int, values: _Room, codes: _Room) -> None:
        self._size, self._end = size, 0
        self._values, self._room = values.take(size), codes
        self._codes: Ints | None = None
        # The first set of flags has the number 0; while no other is met, none is written.
        self._sets: dict[int, int] = {}
        self._bounds: list[Quantity] = []

    def add(self, part: Quantity) -> None:
        """Append a stretch."""
        own = slice(self._end, self._end + part.value.size)
        np.copyto(self._values[own], part.value, casting="same_kind")
        self._say(part.flags, own)
        self._bounds.append(replace(part, value=self._values[own], flags=None))
        self._end = own.stop

    def _say(self, flags: Flags | None, own: slice) -> None:
        if flags is not None and flags.size and not any(flags.strides):
            flags = flags[:1]  # one set of flags that all share
        bits = _bits_of(flags)
        sets, places = _numbered(flags, bits) if bits and flags is not None else ([0], None)
        code = [self._sets.setdefault(one, len(self._sets)) for one in sets]
        if self._codes is None:
            if len(self._sets) == 1:
                return
            self._codes = self._room.take(self._size)
            self._codes[: own.start] = 0
        if len(self._sets) > np.iinfo(self._codes.dtype).max:
            self._codes = self._codes.astype(np.int32)
        known = np.array(code, self._codes.dtype)
        self._codes[own] = known[0] if places is None else known.take(places)

    def joined(self) -> tuple[Quantity, pa.Array]:
        """All that was appended, and its statuses as a column."""
        values = end_to_end(self._bounds, self._values)
        if self._codes is None:
            return values, _same(flags_to_text(min(self._sets, default=0)), self._size)
        sets = sorted(self._sets)
        rank = np.array([sets.index(one) for one in self._sets], self._codes.dtype)
        if (rank[1:] < rank[:-1]).any():
            self._codes[:] = rank.take(self._codes)
        names = texts([flags_to_text(one) for one in sets])
        return values, pa.DictionaryArray.from_arrays(numeric(self._codes), names, safe=False)


class Results:
    """Blocks of one measure, kept as Arrow batches in the order of time, geo, unit.

    `capacity` is the number of rows where it is known beforehand; `kind` is how values are stored
    (bounds always are double).
    """

    def __init__(
        self,
        geo: tuple[str, ...],
        units: tuple[str, ...],
        dimension: str,
        capacity: int = 0,
        kind: npt.DTypeLike = np.float64,
    ) -> None:
        self.geo, self.units = texts(geo), texts(units)
        self.dimension = dimension
        self._values, self._codes = _Room(capacity, kind), _Room(capacity, np.int8)
        self._valid = _Room(capacity // 4, np.uint8)
        self._batches: list[pa.RecordBatch] = []

    def stretches(self, size: int) -> Stretches:
        """A year of listed cells that come in stretches; once joined, they are added."""
        return Stretches(size, self._values, self._codes)

    def add(self, block: Block) -> None:
        """Append one year."""
        values = block.values
        marked: Marked | None = None
        if isinstance(values, Marked):
            marked, values = values, values.quantity
        if block.geo is None or block.unit is None:
            # The value is copied once, to where it stays.
            kept = self._values.keep(values.value.T)
            bare = replace(values, value=np.empty((0, 0)))
            values = replace(bare.map(lambda part: part.T.ravel()), value=kept)
            geo, unit = _grid(len(self.geo), len(self.units))
        else:
            if block.status is None:
                values = replace(values, value=self._values.keep(values.value))
            geo, unit = block.geo, block.unit
        size = len(values.value)
        columns: dict[str, pa.Array] = {
            "geo": pa.DictionaryArray.from_arrays(numeric(geo), self.geo, safe=False),
            self.dimension: pa.DictionaryArray.from_arrays(numeric(unit), self.units, safe=False),
        }
        if block.since is not None:
            columns["from"] = _same(block.since, size)
        columns["time"] = _same(block.time, size)
        columns["value"] = nullable(values.value, self._valid.keep)
        if marked is not None:
            columns |= _said(marked)
        status = block.status
        if status is None:
            status = status_column(values.flags, size, self._codes.keep)
        columns["status"] = status
        for name in _PARTS:
            own: Floats | None = getattr(values, name)
            if own is not None:
                columns[name] = nullable(own)
        self._batches.append(pa.RecordBatch.from_pydict(columns))

    def table(self) -> pa.Table:
        """One table of all years; parts that only some years have are completed."""
        names = list(dict.fromkeys(n for b in self._batches for n in b.schema.names))
        order = [n for n in names if n not in _PARTS] + [n for n in _PARTS if n in names]
        return pa.Table.from_batches([_completed(b, order) for b in self._batches])


_PARTS = ("lower", "upper", "estimated")


def _said(marked: Marked) -> dict[str, pa.Array]:
    """The columns `label` (of a class) and `reason`."""
    reason = {"reason": optional_texts(marked.reason.T.ravel().tolist())}
    if marked.label is None:
        return reason
    return {"label": optional_texts(marked.label.T.ravel().tolist()), **reason}


def _completed(batch: pa.RecordBatch, order: list[str]) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    for name in order:
        if name == "estimated" and name not in columns:
            columns[name] = numeric(np.zeros(batch.num_rows))
        elif name not in columns:
            columns[name] = columns["value"].cast(pa.float64())
    return pa.RecordBatch.from_pydict({name: columns[name] for name in order})


@lru_cache(maxsize=4)
def _grid(regions: int, units: int) -> tuple[Ints, Ints]:
    """Positions of a full grid ordered by region, unit; the same memory for every year."""
    narrow = np.int16 if max(regions, units) < 2**15 else np.int32
    return (
        np.repeat(np.arange(regions, dtype=narrow), units),
        np.tile(np.arange(units, dtype=narrow), regions),
    )


@lru_cache(maxsize=1)
def _zeros(size: int) -> npt.NDArray[np.int8]:
    return np.zeros(size, np.int8)


def _same(value: int | str, size: int) -> pa.Array:
    """One value for every row, over memory that all such columns share."""
    zeros = _zeros(1 << max(20, size.bit_length()))
    only = texts((value,)) if isinstance(value, str) else numeric(np.array([value], np.int16))
    return pa.DictionaryArray.from_arrays(numeric(zeros[:size]), only, safe=False)


def texts(values: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array; `pa.array` would import pandas where it is installed."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    )


def optional_texts(values: Sequence[str | None]) -> pa.Array:
    """Texts as an Arrow array, None as null."""
    plain = texts([value or "" for value in values])
    known = np.array([value is not None for value in values], bool)
    if known.all():
        return plain
    valid = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(values), [valid, *plain.buffers()[1:]])


def numeric(values: npt.NDArray[np.generic]) -> pa.Array:
    """A NumPy array as an Arrow array over the same memory."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)]
    )


def _as_is(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values


Keep = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]


def nullable(values: Floats, keep: Keep = _as_is) -> pa.Array:
    """Floats with NaN as null; `keep` says where the new memory is to lie."""
    plain = numeric(np.asarray(values))
    missing = np.isnan(values)
    if not missing.any():
        return plain
    valid = keep(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(plain.type, len(values), [pa.py_buffer(valid), plain.buffers()[1]])


def status_column(flags: Flags | None, size: int, keep: Keep = _as_is) -> pa.Array:
    """Status texts as a dictionary column; `keep` says where the new memory is to lie."""
    bits = _bits_of(flags)
    if flags is None or not bits:
        return _same("", size)
    sets, places = _numbered(flags, bits)
    names = [flags_to_text(bits) for bits in sets]
    narrow = places.astype(np.int8 if len(names) < 128 else np.int32, copy=False)
    return pa.DictionaryArray.from_arrays(numeric(keep(narrow)), texts(names), safe=False)


def _bits_of(flags: Flags | None) -> list[int]:
    """The bits that any of the flags has set."""
    used = 0 if flags is None else int(np.bitwise_or.reduce(flags, initial=0))
    return [bit for bit in range(64) if used >> bit & 1]


_SAMPLE = 64


def _numbered(flags: Flags, bits: list[int]) -> tuple[list[int], Ints]:
    """The sets of flags that occur, in order, and the place of each row's own among them.

    Most rows of a result carry the same set, so only the others are told apart.
    """
    # What more than half of them carry stands in the middle of a sample in order.
    met = np.sort(flags[:: 1 + flags.size // _SAMPLE])
    usual = met[met.size // 2]
    others = np.flatnonzero(flags != usual)
    sets, places = _distinct(flags.take(others), bits)
    before = sum(own < usual for own in sets)
    rank = np.arange(len(sets)) + (np.arange(len(sets)) >= before)
    found = np.full(flags.shape, before, np.int8 if len(sets) < 127 else np.int32)
    found[others] = rank.astype(found.dtype).take(places)
    return [*sets[:before], int(usual), *sets[before:]], found


def _distinct(flags: Flags, bits: list[int]) -> tuple[list[int], Ints]:
    """As `_numbered`, row by row."""
    if len(bits) > 8:
        distinct, places = np.unique(flags, return_inverse=True)
        return distinct.tolist(), places
    # Few flags: their bits moved together are a number small enough to count by.
    close = np.zeros(flags.shape, np.uint8)
    for place, bit in enumerate(bits):
        has = (flags & flags.dtype.type(1 << bit)) != 0
        close |= np.left_shift(has, place, dtype=np.uint8)
    seen = np.flatnonzero(np.bincount(close))
    rank = np.zeros(256, np.uint8)
    rank[seen] = np.arange(seen.size)
    sets = [sum(1 << bit for place, bit in enumerate(bits) if own >> place & 1) for own in seen]
    return sets, rank.take(close)
