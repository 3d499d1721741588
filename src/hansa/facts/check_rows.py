"""Where in its files a cell stands: file and row, for the places of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hansa.cube import Cube, Ints
from hansa.errors import Finding, HansaError
from hansa.facts.check_cells import Key
from hansa.facts.check_words import ROW, row_number, some
from hansa.language import _, ngettext
from hansa.sources.columns import Columns, chosen_rows, find_columns, wide_years, years_of
from hansa.sources.raw import is_parquet, raw_table
from hansa.sources.spec import FactsSpec, beside
from hansa.sources.tabular import TEXT_FIRST_ROW
from hansa.sources.vocabulary import Vocabulary

TWICE = "the same key stands in more than one row"


@dataclass(frozen=True)
class Files:
    """The files of a table, and how they are described."""

    paths: tuple[Path, ...]
    spec: FactsSpec
    measure: str

    @property
    def name(self) -> str:
        """The files for people."""
        return ", ".join(p.name for p in self.paths)


def rows_of(files: Files, cube: Cube, wanted: Iterable[Key]) -> dict[Key, list[str]]:
    """`jobs.csv, row 7` of each wanted cell, once for each row that has its key."""
    shape = (len(cube.years), len(cube.activity), len(cube.geo))
    keys = {int(np.ravel_multi_index(key, shape)): key for key in wanted}
    found: dict[Key, list[str]] = {key: [] for key in keys.values()}
    if not keys:
        return found
    try:
        for name, position, row in _found(files, cube, np.array(list(keys), np.int64)):
            found[keys[position]].append(f"{name}, {_(ROW, number=row)}")
    except HansaError:
        # The table was read already; a place without its row is still a place.
        return found
    return found


def _found(files: Files, cube: Cube, wanted: Ints) -> Iterator[tuple[str, int, int]]:
    sources = [(path, beside(path, files.spec), False) for path in files.paths]
    own = sources[0][1]
    if own.totals:
        alone = own.model_copy(update={"where": {}, "wide": ()})
        sources.append((Path(own.totals), alone, True))
    for path, spec, totals in sources:
        table = raw_table(path, spec)
        first = 1 if is_parquet(path) else TEXT_FIRST_ROW
        for columns in _columns(table.column_names, spec, files.measure, str(path), totals):
            rows, numbered = chosen_rows(table, columns, spec, files.measure, str(path), first)
            if not rows.num_rows:
                continue
            at = _positions(rows, columns, spec, cube)
            for i in np.flatnonzero(np.isin(at, wanted)):
                yield path.name, int(at[i]), numbered(int(i))


def _columns(
    names: list[str], spec: FactsSpec, measure: str, place: str, totals: bool
) -> Iterator[Columns]:
    if not spec.wide:
        yield find_columns(names, spec, measure, place, totals)
        return
    for year, column in wide_years(names, spec, place):
        yield find_columns(names, spec, measure, place, totals, value=column, time=f"={year}")


def _positions(rows: object, columns: Columns, spec: FactsSpec, cube: Cube) -> Ints:
    """Position of each row in the flattened (years, activities, regions), -1 outside."""
    parts = []
    for name, axis, apart in (
        ("activity", cube.activity, ()),
        ("geo", cube.geo, spec.areas),
    ):
        codes = Vocabulary(name, axis.codelist, spec.total, apart, set_aside=True)
        own = codes.positions(columns.column(rows, name), "", lambda i: i)
        there = np.array([axis.place.get(code, -1) for code in codes.codes] + [-1], np.int64)
        parts.append(there[own])
    activity, geo = parts
    time = years_of(columns.column(rows, "time"), "", lambda i: i)
    year = np.searchsorted(np.array(cube.years), time)
    known = (activity >= 0) & (geo >= 0) & np.isin(time, cube.years)
    at = (year.astype(np.int64) * len(cube.activity) + activity) * len(cube.geo) + geo
    result: Ints = np.where(known, at, -1)
    return result


def duplicates(files: Files, cube: Cube, most: int) -> list[Finding]:
    """Every key that stands in more than one row, with its rows; beyond `most` counted."""
    keys: list[Key] = []
    count: dict[int, int] = {}
    for t, time in enumerate(cube.years):
        seen = np.bincount(cube.load(time).listed.places(len(cube.geo)))
        twice = np.flatnonzero(seen > 1)
        count[t] = twice.size
        keys += [(t, *map(int, divmod(int(i), len(cube.geo)))) for i in twice]  # type: ignore[misc]
    rows = rows_of(files, cube, keys[:most])
    found = []
    for key in keys[:most]:
        t, a, g = key
        time = cube.years[t]
        cell = _(
            "geo {geo}, activity {activity}, time {time}",
            geo=cube.geo.codes[g],
            activity=cube.activity.codes[a],
            time=time,
        )
        keys_there = ngettext(
            "{number} such key in {time}", "{number} such keys in {time}", count[t], time=time
        )
        found.append(
            Finding(
                "error",
                f"{_rows_text(rows[key], files.name)}, {cell} ({keys_there})",
                _(TWICE),
                _("{number} rows with this key", number=max(len(rows[key]), 2)),
                _("one row for each geo, activity and time"),
                _(
                    "remove the repeated rows, pick one kind of row (--where column=value), or add "
                    "them up first (hansa reduce)"
                ),
            )
        )
    return found


def _rows_text(rows: Sequence[str], name: str) -> str:
    if not rows:
        return name
    found = [list(row_number().finditer(row))[-1] for row in rows]
    files = {match.string[: match.start()] for match in found}
    if len(files) > 1:
        return some(rows, 4)
    numbers = some([match[1] for match in found], 6)
    told = ngettext("row {rows}", "rows {rows}", len(found), rows=numbers)
    return f"{files.pop()}{told}"
