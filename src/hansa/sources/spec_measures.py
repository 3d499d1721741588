"""Which measures a table holds, so that all of them can be read with one description."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError, listed
from hansa.sources.cells import as_text
from hansa.sources.raw import column_names, raw_table
from hansa.sources.spec import MEASURES, FactsSpec, beside, inside


def measures_in(path: Path, spec: FactsSpec) -> list[str]:
    """Measures of a file: columns of that name or mapped to one, or those of a long table."""
    own = beside(path, spec)
    names = column_names(path, own)
    found = _by_name(names, own)
    if found or not _long(names, own):
        return found or _none(names, str(path))
    return _listed(raw_table(path, own), own, str(path))


def measures_of(table: pa.Table, spec: FactsSpec) -> list[str]:
    """The same for a table in memory."""
    own = inside(table.schema, spec)
    found = _by_name(table.column_names, own)
    if found or not _long(table.column_names, own):
        return found or _none(table.column_names, "table")
    return _listed(table, own, "table")


def _by_name(names: Iterable[str], spec: FactsSpec) -> list[str]:
    there = set(names)
    found = [m for m in MEASURES if spec.columns.get(m, m) in there]
    if not found and spec.measure and spec.columns.get("value", "value") in there:
        found = [spec.measure]
    # A table with its years as columns holds one measure.
    return found or ([spec.measure or "employment"] if spec.wide else [])


def _long(names: Iterable[str], spec: FactsSpec) -> bool:
    return {spec.columns.get("value", "value"), spec.columns.get("measure", "measure")} <= set(
        names
    )


def _listed(table: pa.Table, spec: FactsSpec, place: str) -> list[str]:
    name = spec.columns.get("measure", "measure")
    there = set(pc.unique(as_text(table[name], name, place)).to_pylist())
    return [m for m in MEASURES if m in there] or _none(sorted(map(str, there)), place)


def _none(names: Iterable[str], place: str) -> list[str]:
    raise HansaError(
        "the table holds no measure",
        place=place,
        printed=listed(names, 20),
        admissible=f"a column named {listed(MEASURES)}, or value with a column measure",
        fix="say which column it is: --columns MEASURE=NAME",
    )
