"""Results and pages as a file of ours: JSON for what is small, Arrow and plain arrays beside it.

Nothing in such a file is code, unlike a pickle: reading one makes values of the types named here
and no others. A file is: blobs, each from a place that is a multiple of 64; the JSON; its length
(8 bytes); the SHA-256 of all before. In the JSON a text, a number, null and a list are themselves;
everything else is an object with one key that says what it is.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hansa.views.written import Written

if TYPE_CHECKING:
    import numpy as np

    from hansa.cube import Cube, Rows
    from hansa.study.config import Study
    from hansa.study.run import StudyResult

TYPES = (
    "hansa.clusters.coverage:ClusterCoverage",
    "hansa.clusters.coverage:Coverage",
    "hansa.clusters.definition:ClusterDefinition",
    "hansa.clusters.members:Member",
    "hansa.codes.codelist:Codelist",
    "hansa.axes:Axis",
    "hansa.errors:Finding",
    "hansa.law:Quantity",
    "hansa.panel:Header",
    "hansa.panel:Panel",
    "hansa.report.document:Section",
    "hansa.report.document:Table",
    "hansa.sources.geometry:Geometry",
    "hansa.study.run:BaseResult",
    "hansa.study.run:DefinitionResult",
    "hansa.study.run:StudyResult",
    "hansa.sums:Left",
    "hansa.sums:Sums",
    "hansa.views.figure:Figure",
    "hansa.web.sheet:Choice",
    "hansa.web.sheet:Control",
    "hansa.web.sheet:Item",
    "hansa.web.sheet:Listing",
    "hansa.web.sheet:Sheet",
)
"""The dataclasses that a file may hold; a cube, a study and its bases are treated apart."""

_PLACES = {path.partition(":")[2]: path for path in TYPES}
_RAW = {("Figure", "spec"), ("Figure", "narrow")}
"""Fields that are plain JSON already, and large."""
_ALIGNED = 64
_TAIL = 8 + hashlib.sha256().digest_size


class Damaged(Exception):
    """A file that is not, or no longer, what was written."""


@cache
def _type(name: str) -> Any:
    module, _, own = _PLACES[name].partition(":")
    return getattr(import_module(module), own)


@dataclass
class Freezer:
    """Writes one value into a stream; what is large can be written before, piece by piece."""

    stream: BinaryIO
    study: Study | None = None
    _at: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)
    _seen: dict[int, int] = field(default_factory=dict)
    _written: dict[int, Any] = field(default_factory=dict)

    def ahead(self, result: StudyResult) -> Iterator[None]:
        """Write what is large in a result, a piece at each step: no step takes long."""
        for cube in {id(c): c for c in (result.cube, *result.cubes.values())}.values():
            years = []
            for time in cube.years:
                years.append(self._rows(cube.load(time)))
                yield
            self._written[id(cube)] = years
        for own in result.results:
            for base in own.bases:
                for panel in (*base.regions.values(), *base.area.values()):
                    self._written[id(panel.table)] = self._table(panel.table)
                    yield

    def close(self, value: Any) -> None:
        """Write the value itself and the end of the file."""
        body = json.dumps(self._frozen(value), separators=(",", ":")).encode()
        self._write(body)
        self._write(len(body).to_bytes(8, "little"))
        self.stream.write(self._hash.digest())

    def _write(self, data: Any) -> None:
        self.stream.write(data)
        self._hash.update(data)
        self._at += len(data)

    def _blob(self, data: Any) -> list[int]:
        view = memoryview(data).cast("B")
        self._write(bytes(-self._at % _ALIGNED))
        start = self._at
        self._write(view)
        return [start, len(view)]

    def _frozen(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind is list:
            return [self._frozen(own) for own in value]
        if kind is tuple:
            return {"tuple": [self._frozen(own) for own in value]}
        if kind is dict:
            pairs = [[self._frozen(k), self._frozen(own)] for k, own in value.items()]
            return {"dict": pairs}
        if kind is frozenset:
            return {"set": sorted(value)}
        if isinstance(value, Path):
            return {"path": str(value)}
        if kind is Written:
            bounds = [value.least, value.most]
            return {"written": [str(value), value.value, bounds, value.unit, value.meaning]}
        return self._made(value, kind.__name__)

    def _made(self, value: Any, name: str) -> Any:
        if id(value) in self._seen:
            return {"same": self._seen[id(value)]}
        if name == "ndarray":
            return {"array": self._array(value)}
        if id(value) in self._written:
            return self._numbered(value, {name.lower(): self._told(value)})
        if name == "Study" and self.study is not None:
            return {"study": 0}
        if name == "BaseChoice" and self.study is not None:
            return {"base": self.study.base.index(value)}
        if name == "Codelist" and _shipped(value.id) is value:
            return {"codes": value.id}
        if name not in _PLACES or type(value) is not _type(name):
            raise TypeError(f"a value of type {type(value)} is not kept")
        own = {
            f.name: {"json": getattr(value, f.name)}
            if (name, f.name) in _RAW
            else self._frozen(getattr(value, f.name))
            for f in fields(value)
            if f.init
        }
        return self._numbered(value, {"is": name, "of": own})

    def _numbered(self, value: Any, made: dict[str, Any]) -> dict[str, Any]:
        # Numbered when it is whole, in the order in which reading makes it.
        self._seen[id(value)] = len(self._seen)
        return made

    def _told(self, value: Any) -> Any:
        """What `ahead` wrote of a table or a cube, with the rest of the cube."""
        written = self._written[id(value)]
        if type(value).__name__ != "Cube":
            return written
        rest = {f.name: getattr(value, f.name) for f in fields(value) if f.name != "load"}
        return {"of": {k: self._frozen(own) for k, own in rest.items()}, "years": written}

    def _table(self, table: Any) -> list[int]:
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as out:
            out.write_table(table)
        return self._blob(sink.getvalue())

    def _rows(self, rows: Rows) -> list[Any]:
        own = rows.values
        parts = (own.value, own.flags, own.lower, own.upper, own.estimated)
        return [
            None if part is None else self._array(part)
            for part in (rows.geo, rows.activity, *parts)
        ]

    def _array(self, array: np.ndarray[Any, Any]) -> list[Any]:
        import numpy as np

        stored = np.ascontiguousarray(_narrow(array))
        place = self._blob(stored.reshape(-1).view(np.uint8))
        return [*place, stored.dtype.str, array.dtype.str, list(array.shape)]


def _narrow(array: Any) -> Any:
    """The same numbers in fewer bytes, where these hold every one of them exactly."""
    import numpy as np

    if array.dtype == np.float64:
        with np.errstate(over="ignore", invalid="ignore"):
            small = array.astype(np.float32)
        back = small.astype(np.float64)
        # Bit by bit: signs of zeros and what a NaN carries count too.
        return small if np.array_equal(back.view(np.uint64), array.view(np.uint64)) else array
    if array.dtype == np.uint64 and array.size and int(array.max()) < 2**32:
        return array.astype(np.uint16 if int(array.max()) < 2**16 else np.uint32)
    return array


def _shipped(name: str) -> Any:
    """The code list that ships under an id; None for one of a table's own."""
    from hansa.codes.codelist import available, classification

    return classification(name) if name in available() else None


def thaw(path: Path, study: Study | None = None) -> Any:
    """The value that a file holds; `study` is the study that its results are of.

    Arrays and tables stay in the file and are read when needed, from a private view of it.
    Raises OSError where it cannot be read, Damaged where it is not whole.
    """
    with open(path, "rb") as stream:
        if path.stat().st_size < _TAIL:
            raise Damaged(f"{path}: too short")
        # A private view: whoever writes into an array changes neither the file nor another one.
        view = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY))
    if hashlib.sha256(view[:-32]).digest() != view[-32:]:
        raise Damaged(f"{path}: its checksum is another one")
    length = int.from_bytes(view[-_TAIL : -_TAIL + 8], "little")
    body = json.loads(bytes(view[-_TAIL - length : -_TAIL]))
    return _Reader(view, study).made(body)


@dataclass
class _Reader:
    view: memoryview
    study: Study | None
    _seen: list[Any] = field(default_factory=list)

    def made(self, data: Any) -> Any:
        """The value that JSON stands for."""
        if isinstance(data, list):
            return [self.made(own) for own in data]
        if not isinstance(data, dict):
            return data
        if "is" in data:
            own = {name: self.made(part) for name, part in data["of"].items()}
            return self._numbered(_type(data["is"])(**own))
        ((kind, held),) = data.items()
        return _KINDS[kind](self, held)

    def _numbered(self, value: Any) -> Any:
        self._seen.append(value)
        return value

    def _array(self, held: list[Any]) -> Any:
        import numpy as np

        start, length, stored, kind, shape = held
        found = np.frombuffer(self.view[start : start + length], np.dtype(stored))
        return found.astype(np.dtype(kind), copy=False).reshape(shape)

    def _table(self, held: list[int]) -> Any:
        import pyarrow as pa

        start, length = held
        with pa.ipc.open_stream(pa.py_buffer(self.view[start : start + length])) as stream:
            return self._numbered(stream.read_all())

    def _cube(self, held: dict[str, Any]) -> Cube:
        from hansa.cube import Cube

        own = {name: self.made(part) for name, part in held["of"].items()}
        years = dict(zip(own["years"], held["years"], strict=True))
        made: Cube = self._numbered(Cube(**{**own, "load": partial(self._rows, years)}))
        return made

    def _rows(self, years: dict[int, list[Any]], time: int) -> Rows:
        from hansa.cube import Rows
        from hansa.law import Quantity

        parts: list[Any] = [None if p is None else self._array(p) for p in years[time]]
        return Rows(parts[0], parts[1], Quantity(*parts[2:]))

    def _study(self, _: int) -> Study:
        assert self.study is not None
        return self.study

    def _base(self, number: int) -> Any:
        assert self.study is not None
        return self.study.base[number]


_KINDS: dict[str, Callable[[_Reader, Any], Any]] = {
    "tuple": lambda reader, held: tuple(reader.made(own) for own in held),
    "dict": lambda reader, held: {reader.made(k): reader.made(own) for k, own in held},
    "set": lambda _, held: frozenset(held),
    "path": lambda _, held: Path(held),
    "written": lambda _, held: Written(*held),
    "json": lambda _, held: held,
    "same": lambda reader, held: reader._seen[held],
    "array": _Reader._array,
    "table": _Reader._table,
    "cube": _Reader._cube,
    "study": _Reader._study,
    "base": _Reader._base,
    "codes": lambda _, held: _shipped(held),
}
