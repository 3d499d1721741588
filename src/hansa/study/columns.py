"""Blocks of results to the table of a panel, without a detour through Python objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hansa.cube import Ints
from hansa.law import Flags, Floats, Quantity, flags_to_text
from hansa.sources.cells import to_numpy


@dataclass(frozen=True)
class Block:
    """Results of one year: a matrix (units x regions), or a list of cells with their positions.

    `since` is the year growth is measured from, None for measures of one year.
    """

    time: int
    since: int | None
    geo: Ints | None
    unit: Ints | None
    values: Quantity


class Results:
    """Blocks of one measure, kept as Arrow batches in the order of time, geo, unit.

    `capacity` is the number of rows where it is known beforehand: values then lie in one piece
    of memory, and nothing is left between them.
    """

    def __init__(
        self, geo: tuple[str, ...], units: tuple[str, ...], dimension: str, capacity: int = 0
    ) -> None:
        self.geo, self.units = pa.array(geo, pa.string()), pa.array(units, pa.string())
        self.dimension = dimension
        self._room = np.empty(capacity)
        self._used = 0
        self._batches: list[pa.RecordBatch] = []

    def add(self, block: Block) -> None:
        """Append one year."""
        values = block.values
        if block.geo is None or block.unit is None:
            values = values.map(lambda part: part.T.ravel())
            geo, unit = _grid(len(self.geo), len(self.units))
        else:
            geo, unit = block.geo, block.unit
        size = len(values.value)
        columns: dict[str, pa.Array] = {
            "geo": pa.DictionaryArray.from_arrays(numeric(geo), self.geo, safe=False),
            self.dimension: pa.DictionaryArray.from_arrays(numeric(unit), self.units, safe=False),
        }
        if block.since is not None:
            columns["from"] = _same(block.since, size)
        columns["time"] = _same(block.time, size)
        columns["value"] = nullable(self._stored(values.value))
        columns["status"] = status_column(values.flags, size)
        for name in _PARTS:
            own: Floats | None = getattr(values, name)
            if own is not None:
                columns[name] = nullable(own)
        self._batches.append(pa.RecordBatch.from_pydict(columns))

    def _stored(self, values: Floats) -> Floats:
        end = self._used + len(values)
        if end > len(self._room):
            return values
        room = self._room[self._used : end]
        np.copyto(room, values)
        self._used = end
        return room

    def table(self) -> pa.Table:
        """One table of all years; parts that only some years have are completed."""
        names = list(dict.fromkeys(n for b in self._batches for n in b.schema.names))
        order = [n for n in names if n not in _PARTS] + [n for n in _PARTS if n in names]
        return pa.Table.from_batches([_completed(b, order) for b in self._batches])


_PARTS = ("lower", "upper", "estimated")


def _completed(batch: pa.RecordBatch, order: list[str]) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    for name in order:
        if name == "estimated" and name not in columns:
            columns[name] = numeric(np.zeros(batch.num_rows))
        elif name not in columns:
            columns[name] = columns["value"]
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
    kind = pa.int16() if isinstance(value, int) else pa.string()
    return pa.DictionaryArray.from_arrays(
        numeric(zeros[:size]), pa.array([value], kind), safe=False
    )


def numeric(values: npt.NDArray[np.generic]) -> pa.Array:
    """A NumPy array as an Arrow array over the same memory."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)]
    )


def nullable(values: Floats) -> pa.Array:
    """Floats with NaN as null."""
    plain = numeric(np.asarray(values, np.float64))
    missing = np.isnan(values)
    if not missing.any():
        return plain
    valid = np.packbits(~missing, bitorder="little")
    return pa.Array.from_buffers(
        pa.float64(), len(values), [pa.py_buffer(valid), plain.buffers()[1]]
    )


def status_column(flags: Flags | None, size: int) -> pa.Array:
    """Status texts as a dictionary column."""
    if flags is None:
        return _same("", size)
    coded = pc.dictionary_encode(numeric(np.asarray(flags, np.uint64)))
    texts = [flags_to_text(int(bits)) for bits in coded.dictionary.to_pylist()]
    index = to_numpy(coded.indices)
    narrow = index.astype(np.int8 if len(texts) < 128 else np.int32)
    return pa.DictionaryArray.from_arrays(numeric(narrow), pa.array(texts, pa.string()))
