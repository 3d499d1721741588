"""Cubes of all measures as one facts table that every command reads again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.codes.codelist import TOTAL
from hansa.cube import Cube, Ints, marked_missing
from hansa.errors import HansaError
from hansa.law import Floats, Quantity, flags_to_text
from hansa.panel import METADATA_KEY


@dataclass(frozen=True)
class Made:
    """A facts table that a named step made of another, with an account of what was done.

    table        geo, activity, time, then for each measure its value, status, and where there are
                 any lower, upper, estimated; the description stands in the schema metadata too.
                 None where only an account was asked for
    description  what `NAME.meta.toml` says beside a CSV: versions, source, notes, steps
    report       the account, as for JSON
    lines        the account in a few lines
    draws        of filled cells: geo, activity, time, measure, draw, value
    exposed      of a table to protect: what it would give away (`facts.disclosure.Exposed`)
    """

    table: pa.Table | None
    description: dict[str, Any]
    report: dict[str, Any]
    lines: tuple[str, ...]
    draws: pa.Table | None = None
    exposed: tuple[Any, ...] = ()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        if self.table is None:
            raise HansaError("an audit makes no table", fix="hansa.protect(…) without audit=True")
        return self.table.__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """The table as a pandas data frame."""
        return pa.table(self).to_pandas()

    def __len__(self) -> int:
        return 0 if self.table is None else int(self.table.num_rows)


def table_of(cubes: Sequence[Cube]) -> tuple[pa.Table, dict[str, Any]]:
    """One table of several measures of the same facts, and its description."""
    geo = tuple(sorted({code for cube in cubes for code in cube.geo.codes}))
    activity = tuple(sorted({code for cube in cubes for code in cube.activity.codes}))
    years = sorted({year for cube in cubes for year in cube.years})
    batches = [_year(cubes, geo, activity, year) for year in years]
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(n for batch in batches for n in batch):
        columns[name] = pa.chunked_array(
            [b[name] if name in b else _empty(name, len(b["geo"]), b) for b in batches]
        )
    order = ["geo", "activity", "time"]
    for cube in cubes:
        own = cube.header.measure
        order += [n for n in (own, *(f"{own}_{part}" for part in _PARTS)) if n in columns]
    description = _description(cubes)
    meta = json.dumps({"format": 1, "facts": description}, sort_keys=True).encode()
    return pa.table(columns).select(order).replace_schema_metadata({METADATA_KEY: meta}), (
        description
    )


_PARTS = ("status", "lower", "upper", "estimated")


def _empty(name: str, size: int, batch: dict[str, pa.Array]) -> pa.Array:
    """A part that this year lacks: bounds are the value itself, nothing is estimated."""
    if name.endswith(("_lower", "_upper")):
        return batch[name.rpartition("_")[0]]
    if name.endswith("_estimated"):
        return pa.array(np.zeros(size))
    return pa.array([""] * size, pa.string())


def _year(
    cubes: Sequence[Cube], geo: tuple[str, ...], activity: tuple[str, ...], year: int
) -> dict[str, pa.Array]:
    shape = (len(geo), len(activity))
    there = np.zeros(shape, bool)
    laid = [_laid(cube, geo, activity, year, there) for cube in cubes]
    rows, columns = np.nonzero(there)
    result: dict[str, pa.Array] = {
        "geo": code_texts(rows, geo),
        "activity": code_texts(columns, activity),
        "time": pa.array(np.full(len(rows), year, np.int32)),
    }
    for cube, cells in zip(cubes, laid, strict=True):
        own = marked_missing(cells[rows, columns])
        name = cube.header.measure
        result[name] = _numbers(own.value)
        result[f"{name}_status"] = _texts(own, len(rows))
        for part in _PARTS[1:]:
            numbers: Floats | None = getattr(own, part)
            if numbers is not None:
                result[f"{name}_{part}"] = _numbers(numbers)
    return result


def _laid(
    cube: Cube, geo: tuple[str, ...], activity: tuple[str, ...], year: int, there: Any
) -> Quantity:
    """The cells of one measure as geo x activity of all measures; marks rows in `there`."""
    shape = (len(geo), len(activity))
    at_geo = np.array([geo.index(code) for code in cube.geo.codes], int)
    at_activity = np.array([activity.index(code) for code in cube.activity.codes], int)
    start = 0.0 if cube.header.absent_rows == "zero" and year in cube.years else np.nan
    value = np.full(shape, start)
    if year not in cube.years:
        return Quantity(value)
    rows = cube.load(year)
    cells = cube.laid_out(year, rows).map(np.transpose)
    there[at_geo[rows.geo], at_activity[rows.activity]] = True
    here = np.ix_(at_geo, at_activity)

    def moved(part: Any, default: Any) -> Any:
        if part is None:
            return None
        own = default.copy()
        own[here] = part
        return own

    zeros = np.zeros(shape)
    value = moved(cells.value, value)
    return Quantity(
        value,
        moved(cells.flags, np.zeros(shape, np.uint64)),
        moved(cells.lower, value),
        moved(cells.upper, value),
        moved(cells.estimated, zeros),
    )


def code_texts(positions: Ints, codes: tuple[str, ...]) -> pa.Array:
    """Codes at positions, as texts."""
    return pa.DictionaryArray.from_arrays(
        pa.array(positions.astype(np.int32)), pa.array(list(codes), pa.string())
    ).cast(pa.string())


def _numbers(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _texts(cells: Quantity, size: int) -> pa.Array:
    if cells.flags is None:
        return pa.array([""] * size, pa.string())
    sets, places = np.unique(cells.flags, return_inverse=True)
    names = pa.array([flags_to_text(int(bits)) for bits in sets], pa.string())
    return names.take(pa.array(places.astype(np.int32)))


def _description(cubes: Sequence[Cube]) -> dict[str, Any]:
    """Keys of a facts description that say the same as the headers of the cubes."""
    first = cubes[0].header
    headers = [cube.header for cube in cubes]
    areas = sorted({c for cube in cubes for c in cube.geo.apart if c in cube.geo.place} - {TOTAL})
    level = {"geo": cubes[0].levels[0], "activity": cubes[0].levels[1]}
    aside = [f"rows set aside: {text}" for text in cubes[0].set_aside]
    said: dict[str, Any] = {
        "geography": first.geography,
        "classification": first.classification,
        "source": first.source,
        "licence": first.licence,
        "vintage": first.vintage,
        "note": " ".join(dict.fromkeys(n for h in headers for n in h.notes)),
        "absent_rows": first.absent_rows,
        "zeros": first.zeros if first.zeros == "hidden" else "",
        "areas": areas,
        "model_data": first.model_data,
        "steps": list(dict.fromkeys([*(s for h in headers for s in h.steps), *aside])),
        "unit": {h.measure: h.unit for h in headers if h.unit},
        "sums_within": {c.header.measure: c.sums_within for c in cubes if c.sums_within},
        "level": {key: value for key, value in level.items() if value},
    }
    return {"format": 1, **{key: value for key, value in said.items() if value}}
