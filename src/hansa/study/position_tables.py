"""Fetched tables of regional accounts, read for the position of a region."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.codes.codelist import Codelist, geography_codes
from hansa.errors import HansaError, listed
from hansa.law import ESTIMATED, Floats, Quantity, any_flag, bit, flags_from_text
from hansa.panel import METADATA_KEY
from hansa.sources.live.extracts import find_extract
from hansa.views.format import enumerated

COLUMNS = {
    "euro": "gdp-euro",
    "pps": "gdp-pps",
    "population": "population",
    "workers": "employment-accounts",
    "hours": "hours-worked",
    "residents": "employed-residents",
    "labour_force": "labour-force",
}
"""What `measures.prosperity.Accounts` calls a part -> the extract that holds it."""
CORE = ("euro", "pps", "population", "workers")
LONG = ("residents", "labour_force")
PRICE_LEVEL = "price-level"

Cells = Mapping[str, tuple[float, int]]


@dataclass(frozen=True)
class Table:
    """One fetched indicator: year -> region -> value (NaN where absent) and flags.

    known  every code the table holds in any year
    """

    name: str
    years: Mapping[str, Cells]
    known: frozenset[str]
    codes: Codelist
    source: str
    licence: str
    vintage: str
    model_data: bool = False

    def quantity(self, regions: Sequence[str], year: str) -> Quantity:
        """The values of some regions; a row that is not there is absent."""
        cells = self.years.get(year, {})
        rows = [cells.get(code, (math.nan, 0)) for code in regions]
        value = np.array([v for v, _ in rows], float)
        flags = np.array([f for _, f in rows], np.uint64)
        flags |= np.where(np.isnan(value) & (flags == 0), bit("m"), np.uint64(0))
        resting: Floats = np.where(flags & any_flag(ESTIMATED), 1.0, 0.0)
        return Quantity(value, flags, estimated=resting if resting.any() else None)


def with_names(codes: Iterable[str], of: Codelist) -> str:
    """Codes with their names: `LT02 (Vidurio ir vakarų Lietuvos regionas)`; many are counted."""
    names = ((code, of.names.get(code, "")) for code in codes)
    return enumerated([f"{c} ({n})" if n and n != c else c for c, n in names], 12)


def nothing(count: int) -> Quantity:
    """A part that no table holds."""
    return Quantity(np.full(count, np.nan), np.full(count, bit("m")))


def has_position(folder: Path) -> bool:
    """True where a study folder holds what a position needs at least."""
    return all(table_path(folder, COLUMNS[part]).is_file() for part in CORE)


def table_path(folder: Path, extract: str) -> Path:
    """Where `hansa fetch DIR` puts an indicator."""
    return folder / "indicators" / f"{extract}.parquet"


def read_tables(folder: Path, needed: Iterable[str]) -> dict[str, Table]:
    """The tables of a study by part (and the price level), those that are there.

    Raises HansaError where one that is needed was not fetched, or is not what it should be.
    """
    found = {}
    wanted = set(needed)
    for part, extract in {**COLUMNS, "prices": PRICE_LEVEL}.items():
        path = table_path(folder, extract)
        if path.is_file():
            found[part] = read_indicator(path, extract)
        elif part in wanted:
            raise HansaError(
                "an indicator of the position was not fetched",
                place=str(path),
                admissible=f'[fetch.position] with extract = "{extract}"',
                fix=f"hansa fetch {folder}, with this entry in its study.toml",
            )
    return found


def read_indicator(path: Path, extract: str) -> Table:
    """One fetched table; refused where a number cannot be read for sure."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as problem:
        raise HansaError(
            "an indicator cannot be read",
            place=str(path),
            printed=str(problem).splitlines()[0][:120],
            admissible="a Parquet table as hansa fetch writes it",
        ) from problem
    needed = ("geo", "time", "value", "status")
    if lost := [n for n in needed if n not in table.column_names]:
        raise HansaError(
            f"an indicator lacks the columns {listed(lost)}",
            place=str(path),
            printed=listed(table.column_names, 20),
            admissible=listed(needed),
            fix="fetch it again",
        )
    said = _header(table, path)
    _refuse_other_unit(said, extract, path)
    years = _by_year(table, path)
    return Table(
        extract,
        years,
        frozenset(code for cells in years.values() for code in cells),
        geography_codes(str(said.get("geography", ""))),
        str(said.get("source", "")) or find_extract(extract).part[0].source,
        str(said.get("licence", "")),
        str(said.get("vintage", "")),
        bool(said.get("model_data", False)),
    )


def _header(table: pa.Table, path: Path) -> dict[str, Any]:
    raw = (table.schema.metadata or {}).get(METADATA_KEY)
    try:
        said = json.loads(raw) if raw else {}
        if not isinstance(said, dict):
            raise TypeError("it is no table")
    except (ValueError, KeyError, TypeError) as problem:
        raise HansaError(
            "the header of an indicator cannot be read",
            place=f"{path}, schema metadata",
            printed=str(problem)[:120],
            fix="fetch it again",
        ) from problem
    return said


def _refuse_other_unit(said: Mapping[str, Any], extract: str, path: Path) -> None:
    """Raise for a header that counts in another unit than the catalogue says."""
    unit = said.get("unit", "")
    own = unit.get("value", "") if isinstance(unit, Mapping) else str(unit)
    wanted = find_extract(extract).part[0].columns["value"].unit
    if own and own != wanted:
        raise HansaError(
            f"the table of {extract} is in another unit",
            place=str(path),
            printed=own,
            admissible=wanted,
            fix="fetch the extract of that name, or convert the numbers and correct the header",
        )


def _by_year(table: pa.Table, path: Path) -> dict[str, dict[str, tuple[float, int]]]:
    found: dict[str, dict[str, tuple[float, int]]] = {}
    columns = (table[n].to_pylist() for n in ("geo", "time", "value", "status"))
    for row, (geo, time, value, status) in enumerate(zip(*columns, strict=True), 1):
        place = f"{path}, row {row} ({geo}, {time})"
        if not re.fullmatch(r"\d{4}", str(time)):
            raise HansaError(
                "a period of an indicator is no year", place=place, admissible="a year: 2022"
            )
        if not isinstance(geo, str) or not geo:
            raise HansaError(
                "a row of an indicator names no region", place=place, admissible="a code"
            )
        cells = found.setdefault(str(time), {})
        if geo in cells:
            raise HansaError(
                "a region stands twice in one year of an indicator",
                place=place,
                admissible="one row a region and year",
                fix="fetch it again, or fix the dimension that is left open",
            )
        cells[geo] = (_number(value, place), _flags(status, place))
    return found


def _number(value: Any, place: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, int | float) and not isinstance(value, bool) and not math.isinf(value):
        return float(value)
    raise HansaError("a value of an indicator is no number", place=place, printed=repr(value)[:60])


def _flags(status: Any, place: str) -> int:
    try:
        if status is not None and not isinstance(status, str):
            raise ValueError("no text")
        return flags_from_text(status)
    except ValueError as problem:
        raise HansaError(
            "a status of an indicator cannot be read",
            place=f"{place}, status",
            printed=repr(status)[:60],
            admissible="letters: p, e, b;u",
        ) from problem


def refuse_other_version(
    tables: Iterable[Table], members: Sequence[str], area: str, version: str
) -> None:
    """Two versions of the region codes meet only in codes that are one region in both (law 6)."""
    theirs = geography_codes(version)
    for table in tables:
        ours = table.codes
        if ours.is_local or theirs.is_local or ours.id == theirs.id:
            continue
        other = [
            m
            for m in members
            if ours.label.get(ours.spell(m) or "") != theirs.label.get(theirs.spell(m) or "")
        ]
        if other:
            raise HansaError(
                "the regions and an indicator use different versions of the regional codes",
                place=table.name,
                printed=f"{area}: {theirs.id}; {table.name}: {ours.id}; not the same in both: "
                + listed(other),
                admissible=f"a geography drawn in {ours.id}",
                fix="pick a geography of the same code version (`hansa geographies`)",
            )


def refuse_overlap(codes: Codelist, members: Sequence[str], area: str) -> None:
    """Raise where a member lies in another: its people would count twice in the sum."""
    if codes.is_local:
        return
    chosen = set(members)
    for member in members:
        for above in codes.ancestors(member):
            if above in chosen:
                raise HansaError(
                    "regions that overlap would be added up",
                    place=area,
                    printed=f"{member} lies in {above}",
                    admissible="either the whole or its parts",
                    fix="leave one of them out of the area",
                )
