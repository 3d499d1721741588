"""A table as one row a region: shapes, names, and a column for each unit (and time)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hansa.codes.codelist import COUNTRY
from hansa.errors import HansaError, UsageError, listed
from hansa.export.prepare import Ready
from hansa.sources.geometry import Geometry, Polygon

LONGEST = 48
"""Signs of a column's name before its ending: databases cut names at 63."""

MOST_FIELDS = 1_900
"""Columns of a layer; SQLite takes 2,000."""

_ENDINGS = {
    "status": "_status",
    "lower": "_low",
    "upper": "_high",
    "estimated": "_est",
    "reason": "_reason",
}
_TAKEN = ("fid", "id", "geom", "geometry", "name", "nuts_id", "geo", "ogc_fid", "rowid")


@dataclass(frozen=True)
class Field:
    """A column of a layer.

    name    lower-case letters, digits and `_`, beginning with a letter
    means   what it holds: codes of the other dimensions, time, part, label
    values  one for each region; None where nothing is known
    """

    name: str
    means: Mapping[str, Any]
    values: tuple[Any, ...]

    @property
    def numeric(self) -> bool:
        """True for numbers, False for texts."""
        return self.means["part"] in ("value", "lower", "upper", "estimated")


@dataclass(frozen=True)
class Layer:
    """Regions with their shapes and columns, all in one order.

    key     name of the column of codes: NUTS_ID, or geo where the codes are no NUTS
    shapes  None for a region without a shape
    """

    key: str
    codes: tuple[str, ...]
    names: tuple[str | None, ...]
    shapes: tuple[tuple[Polygon, ...] | None, ...]
    fields: tuple[Field, ...]
    notice: str
    notes: tuple[str, ...]


def layer_of(ready: Ready, geometry: Geometry, wide: bool, bare: bool = False) -> Layer:
    """The regions of a table with their shapes and values.

    wide  a column for each unit in each time; without it, the table has one time only
    bare  where there are several times and not `wide`: no values at all, instead of UsageError

    Raises UsageError for a table without regions, HansaError for boundaries of another version
    or without any of the regions.
    """
    panel = ready.panel
    if "geo" not in panel.dims:
        raise UsageError(
            "a map needs regions, and the table has none",
            printed=listed(panel.dims),
            admissible="a table with the dimension geo",
            fix="choose .csv, .parquet, .xlsx or .sdmx.csv",
        )
    notes = list(_matched(ready, geometry))
    codes = tuple(panel.distinct("geo"))
    shaped = dict(zip(geometry.codes, geometry.polygons, strict=True))
    shapes = tuple(shaped.get(code) for code in codes)
    if lacking := [code for code, shape in zip(codes, shapes, strict=True) if shape is None]:
        if len(lacking) == len(codes):
            raise _no_shapes(codes, geometry)
        notes.append(
            f"{len(lacking)} of {len(codes)} regions have no shape in the boundaries and stand in "
            f"the file without one: {listed(lacking, 20)}"
        )
    fields = _fields(ready, codes, wide, bare, notes)
    key = "NUTS_ID" if panel.header.geography.startswith("nuts") else "geo"
    names = tuple(ready.labels["geo"].get(code) for code in codes)
    return Layer(key, codes, names, shapes, fields, geometry.notice, tuple(notes))


def _matched(ready: Ready, geometry: Geometry) -> Iterator[str]:
    """Raise for boundaries of other codes than the table's; say where that cannot be told."""
    ours, theirs = ready.panel.header.geography, geometry.version
    known = ours not in ("", "local")
    if known and theirs and ours not in (theirs, COUNTRY):
        raise HansaError(
            "the boundaries are of another version than the table",
            printed=f"boundaries {theirs}, table {ours}",
            admissible=f"boundaries of {ours}",
            fix=f"take the file of {ours}, or move the table: hansa convert TABLE --to {theirs}",
        )
    if not (known and theirs):
        unsure = "table does" if theirs else "boundaries do"
        yield f"the {unsure} not say the version of the region codes; equal codes were matched"


def _no_shapes(codes: Sequence[str], geometry: Geometry) -> HansaError:
    return HansaError(
        "none of the regions has a shape in the boundaries",
        printed=f"regions {listed(codes, 4)}; boundaries {listed(geometry.codes, 4)}",
        admissible="boundaries of the same codes and level",
        fix="name another file: --geometry FILE",
    )


_Cells = dict[tuple[tuple[str, ...], Any], dict[str, list[Any]]]


def _fields(
    ready: Ready, codes: tuple[str, ...], wide: bool, bare: bool, notes: list[str]
) -> tuple[Field, ...]:
    dims = ready.panel.dims
    times = ready.panel.distinct("time") if "time" in dims else []
    if len(times) > 1 and not wide:
        if bare:
            return ()
        raise UsageError(
            "a map shows one time, and the table has several",
            printed=listed(times, 12),
            admissible="one time, or a column for each",
            fix=f"--time {times[-1]}, or --wide",
        )
    units = [d for d in dims if d not in ("geo", "time")]
    cells, filled = _cells(ready, codes, units)
    if gaps := len(codes) * len(cells) - filled:
        means = "zero" if ready.panel.header.absent_rows == "zero" else "not known"
        notes.append(
            f"{gaps} cells have no row in the table and are empty here; there a row that is not "
            f"there means {means}"
        )
    made = _Namer(ready, units, len(times) > 1)
    fields = tuple(f for key, parts in cells.items() for f in made.fields(key, parts))
    if len(fields) > MOST_FIELDS:
        raise HansaError(
            "the map would have too many columns",
            printed=f"{len(fields):,} columns",
            admissible=f"at most {MOST_FIELDS:,}",
            fix="choose times (--time 2020), leave --wide out, or export fewer units",
        )
    return fields


def _cells(ready: Ready, codes: tuple[str, ...], units: list[str]) -> tuple[_Cells, int]:
    """The parts of every cell by unit and time, each a list over the regions; rows laid out."""
    table = ready.panel.table
    parts = [p for p in (ready.holds, *_ENDINGS) if p in table.column_names]
    place = {code: i for i, code in enumerate(codes)}
    time = table["time"].to_pylist() if "time" in ready.panel.dims else [None] * table.num_rows
    by_unit = [table[u].to_pylist() for u in units]
    keys = list(zip(*by_unit, strict=True)) if units else [()] * table.num_rows
    rows = list(zip(table["geo"].to_pylist(), keys, time, strict=True))
    if len(set(rows)) < len(rows):
        raise _several_bases(rows)
    cells: _Cells = {
        key: {part: [None] * len(codes) for part in parts}
        for key in sorted({(unit, at) for _, unit, at in rows}, key=str)
    }
    for part in parts:
        for (geo, unit, at), value in zip(rows, table[part].to_pylist(), strict=True):
            cells[unit, at][part][place[geo]] = _finite(value, part, f"{geo} {' '.join(unit)}")
    return cells, len(rows)


def _several_bases(rows: Sequence[tuple[str, tuple[str, ...], Any]]) -> HansaError:
    """Rows that only the year tells apart from which a change is measured."""
    (geo, unit, time), _ = Counter(rows).most_common(1)[0]
    return HansaError(
        "a change is measured from several years",
        place=" ".join((geo, *unit, str(time))),
        printed="several values of the column from",
        admissible="one change for each region, unit and time",
        fix="compute it from one year (--set from=2015), or choose another format",
    )


def _finite(value: Any, part: str, place: str) -> Any:
    if isinstance(value, float) and math.isinf(value):
        raise HansaError(
            "a number without end cannot stand in a map",
            place=f"{place.strip()}, column {part}",
            admissible="finite numbers, or absent ones",
            fix="find out what made the number; .csv and .parquet can hold it",
        )
    return value or None if isinstance(value, str) else value


class _Namer:
    """Names of columns, each given once."""

    def __init__(self, ready: Ready, units: list[str], timed: bool) -> None:
        self.ready, self.units, self.timed = ready, units, timed
        self.used = set(_TAKEN)
        table = ready.panel.table
        since = table["from"].unique().to_pylist() if "from" in table.column_names else []
        self.since = {"from": since[0]} if len(since) == 1 else {}

    def fields(
        self, key: tuple[tuple[str, ...], Any], parts: Mapping[str, list[Any]]
    ) -> Iterator[Field]:
        """The columns of one unit in one time: its value, and what of the rest says anything."""
        unit, time = key
        means = dict(zip(self.units, unit, strict=True))
        called = [self.ready.labels[n].get(c) for n, c in means.items()]
        stem = self._stem(unit, time)
        for part, values in parts.items():
            main = part == self.ready.holds
            said = any(v is not None and (part != "estimated" or v) for v in values)
            if not (main or said):
                continue
            more: dict[str, Any] = {"part": part, **self.since}
            if time is not None:
                more["time"] = time
            if any(called):
                more["label"] = ", ".join(c for c in called if c)
            yield Field(stem + ("" if main else _ENDINGS[part]), {**means, **more}, tuple(values))

    def _stem(self, unit: tuple[str, ...], time: Any) -> str:
        pieces = [slug(c, d[0]) for c, d in zip(unit, self.units, strict=True)]
        base = "_".join(pieces) or slug(self.ready.panel.header.measure, "v")
        at = f"_{slug(str(time), '')}" if self.timed else ""
        name, count = base[:LONGEST].rstrip("_") + at, 1
        while {name, *(name + e for e in _ENDINGS.values())} & self.used:
            count += 1
            name = f"{base[:LONGEST]}_{count}{at}"
        self.used |= {name, *(name + e for e in _ENDINGS.values())}
        return name


def slug(text: str, first: str) -> str:
    """A code as a name: `a01_1` for `01.1` of activities, `textiles_clothing` for a cluster."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return name if (name[:1].isalpha() or not first) and name else f"{first}{name}"
