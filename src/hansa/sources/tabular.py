"""Facts from tables: CSV, Parquet and spreadsheets, long or wide, one file or several.

A Parquet file with one year a row group is streamed: its codes stay in memory, its values are
read a year at a time. Everything else is read once and kept by year. Both ways give the same
`Cube`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.axes import Axis
from hansa.codes.codelist import TOTAL, classification, geography_codes
from hansa.cube import Cube, Ints
from hansa.errors import HansaError
from hansa.law import Quantity
from hansa.panel import Header
from hansa.sources.cells import as_text
from hansa.sources.classes import step_of
from hansa.sources.columns import (
    Columns,
    chosen_rows,
    find_columns,
    left_over,
    no_measure,
    wide_years,
    years_of,
)
from hansa.sources.gathering import Gathering
from hansa.sources.pieces import Packing, Piece, Pieces, on_its_own, small
from hansa.sources.quantities import quantity
from hansa.sources.raw import (
    SHEETS,
    batches,
    first_sentence,
    is_parquet,
    parquet,
    raw_table,
    row_group,
    with_dictionary,
)
from hansa.sources.rows import code_list, no_rows, refuse_repeated
from hansa.sources.spec import FactsSpec, beside, inside, picked
from hansa.sources.vocabulary import Vocabulary

CROWD = 1 << 20
"""Rows from which a table is asked whether it can have room for so many keys."""
LARGEST_GROUP = 1 << 23
"""Rows of a group that is still read at once."""
TEXT_FIRST_ROW = 2
"""Rows of text files and sheets are numbered as an editor shows them: the header is row 1."""

DEFAULT_UNIT = {
    "employment": "persons",
    "payroll": "currency",
    "establishments": "local units",
    "value_added": "currency",
}


def read_facts(
    paths: Path | Sequence[Path], spec: FactsSpec | None = None, measure: str = "employment"
) -> Cube:
    """The cube of one measure from one or several files with the same description.

    Raises HansaError for the first thing in the files that is broken or undeclared.
    """
    files = [paths] if isinstance(paths, Path) else list(paths)
    specs = [beside(path, spec or FactsSpec()) for path in files]
    reader = _Reader(specs[0], measure, str(files[0]))
    for path, own in zip(files, specs, strict=True):
        reader.add(path, own)
    if specs[0].totals:
        reader.add(Path(specs[0].totals), _of_totals(specs[0]), totals=True)
    return reader.cube(files)


def _of_totals(spec: FactsSpec) -> FactsSpec:
    """The description of a file of totals; its header and what it counts in are its own."""
    own = spec.model_dump(exclude_unset=True, exclude={"where", "wide", "header", "times"})
    return beside(Path(spec.totals), FactsSpec(**own))


def read_table(data: object, spec: FactsSpec | None = None, measure: str = "employment") -> Cube:
    """The cube of one measure of a table in memory that speaks the Arrow C stream."""
    table = _without_empty_pieces(data if isinstance(data, pa.Table) else _as_arrow(data))
    refuse_repeated(table.column_names, "table")
    own = inside(table.schema, spec or FactsSpec())
    reader = _Reader(own, measure, "table")
    reader.add_table(table, own, "table", 1)
    return reader.cube([Path("table")])


def _as_arrow(data: object) -> pa.Table:
    try:
        return pa.table(data)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as problem:
        raise HansaError(
            "the table in memory cannot be read as columns",
            place="table",
            printed=first_sentence(problem),
            admissible="columns with names of their own, each with values of one kind",
            fix="give each column one type and one name",
        ) from problem


def _without_empty_pieces(table: pa.Table) -> pa.Table:
    """The same rows: an empty piece that came by a stream may lack its buffer."""
    if all(len(chunk) for column in table.columns for chunk in column.chunks):
        return table
    columns = [
        pa.chunked_array([chunk for chunk in column.chunks if len(chunk)], column.type)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


class _Reader:
    """Collects pieces by year while the codes of both axes become known."""

    def __init__(self, spec: FactsSpec, measure: str, place: str = "") -> None:
        aside = spec.unknown_codes == "set_aside"
        self.spec, self.measure = spec, measure
        regions = code_list(geography_codes, spec.geography, place)
        activities = code_list(classification, spec.classification, place)
        self.geo = Vocabulary("geo", regions, spec.total, spec.areas, aside)
        self.activity = Vocabulary("activity", activities, spec.total, (), aside)
        self.gathering = Gathering()
        self.packing = Packing()
        self.names: set[str] = set()
        self.unused: set[str] = set()
        self.other_measures: dict[str, Columns] = {}
        self.times: set[float] = set()

    def add(self, path: Path, spec: FactsSpec, totals: bool = False) -> None:
        """Read the codes of one file, and its values unless they can wait."""
        if is_parquet(path) and path.is_file() and path.stat().st_size:
            with parquet(path) as file:
                names = file.schema_arrow.names
                columns = self._columns(names, spec, str(path), totals, checked=False)
                if years := _years_of_groups(file, columns, spec, path):
                    self._stream(years, columns, spec, path)
                    return
            if not spec.wide:
                self._batches(path, columns, spec)
                return
        if path.suffix.lower() in SHEETS:
            # Its cells hold numbers: a point in the text made of one is the decimal mark.
            spec = spec.model_copy(update={"decimal": spec.decimal})
        self.add_table(raw_table(path, spec), spec, str(path), TEXT_FIRST_ROW, totals)

    def add_table(
        self, table: pa.Table, spec: FactsSpec, place: str, first: int, totals: bool = False
    ) -> None:
        """Take everything of a table in memory; `first` is the number of its first row."""
        if spec.wide:
            for year, column in wide_years(table.column_names, spec, place):
                columns = self._columns(
                    table.column_names, spec, place, totals, value=column, time=f"={year}"
                )
                self._take(table, columns, spec, place, first)
        else:
            columns = self._columns(table.column_names, spec, place, totals)
            self._take(table, columns, spec, place, first)
        self.activity.refuse_lost_zeros(place)

    def _columns(
        self, names: list[str], spec: FactsSpec, place: str, totals: bool, **fixed: Any
    ) -> Columns:
        columns = find_columns(names, spec, self.measure, place, totals, **fixed)
        self.times.add(columns.times)
        self.names |= set(names)
        self.unused |= left_over(names, columns, spec)
        return columns

    def _stream(self, years: list[int], columns: Columns, spec: FactsSpec, path: Path) -> None:
        with parquet(path, dictionary=(columns.geo, columns.activity)) as keys:
            first = 1
            for group, year in enumerate(years):
                table = row_group(keys, group, [columns.geo, columns.activity], path, first)
                place = str(path)
                at = partial(operator.add, first)
                piece = Piece(
                    on_its_own(small(self.geo.positions(table[columns.geo], place, at))),
                    on_its_own(small(self.activity.positions(table[columns.activity], place, at))),
                    _later(path, group, columns, spec, first),
                )
                self.gathering.add(year, piece)
                self._refuse_crowd(path)
                first += table.num_rows
        self.activity.refuse_lost_zeros(str(path))

    def _batches(self, path: Path, columns: Columns, spec: FactsSpec) -> None:
        keys = tuple(c for c in (columns.geo, columns.activity) if not c.startswith("="))
        # Codes stored without a dictionary are looked up faster than Arrow makes one of them.
        texts = (*with_dictionary(path, keys), *columns.texts)
        with parquet(path, dictionary=texts) as file:
            chosen = [picked(key, file.schema_arrow.names)[0] for key in spec.where]
            names = list(dict.fromkeys([*columns.used, *chosen]))
            for first, table in batches(file, names, path):
                self._take(table, columns, spec, str(path), first)
                self._refuse_crowd(path)
        self.activity.refuse_lost_zeros(str(path))

    def _take(
        self, table: pa.Table, columns: Columns, spec: FactsSpec, place: str, first: int
    ) -> None:
        every = table
        table, numbered = chosen_rows(table, columns, spec, self.measure, place, first)
        if not table.num_rows:
            if columns.measure:
                names = pc.unique(as_text(every[columns.measure], columns.measure, place))
                self.other_measures |= dict.fromkeys(filter(None, names.to_pylist()), columns)
            return
        geo = self.geo.positions(columns.column(table, "geo"), place, numbered)
        activity = self.activity.positions(columns.column(table, "activity"), place, numbered)
        time = years_of(columns.column(table, "time"), place, numbered)
        values = quantity(table, columns, spec, place, numbered)
        keep = (geo >= 0) & (activity >= 0)
        if not keep.all():
            geo, activity, time = geo[keep], activity[keep], time[keep]
            values = values[keep]
        values = self.packing.pack(values)
        geo, activity = small(geo), small(activity)
        self.gathering.add_batch(time, geo, activity, values)

    def _refuse_crowd(self, path: Path) -> None:
        """Raise, with the rest unread, where there are more rows than keys of the codes so far.

        A small file may promise any number of equal rows: its memory would have no end.
        """
        rows = self.gathering.rows
        room = len(self.geo.codes) * len(self.activity.codes) * self.gathering.years
        if rows < CROWD or rows <= room:
            return
        found = self.cube([path])
        try:
            for year in found.years:
                found.laid_out(year, found.load(year))
        except HansaError as problem:
            own = problem.finding
            raise HansaError(
                own.rule,
                place=own.place,
                printed=f"{own.printed}, of the first {rows:,} rows; the rest was not read",
                admissible=own.admissible,
                fix=own.fix,
            ) from problem

    def cube(self, files: list[Path]) -> Cube:
        """The cube of everything added."""
        place = ", ".join(path.name for path in files)
        pieces = self.gathering.pieces()
        if not pieces and self.other_measures and self.measure not in self.other_measures:
            raise no_measure(self.measure, self.other_measures, place)
        if not pieces and not self.spec.where:
            raise no_rows(place, sorted(self.names))
        if not pieces:
            chosen = ", ".join(f"{k} = {v}" for k, v in self.spec.where.items())
            raise HansaError(
                "no rows are left",
                place=place,
                printed=f"no row with {chosen}",
                admissible="at least one row of values",
                fix="correct where = { … } or --where COLUMN=VALUE",
            )
        geo_codes, geo_rank = _sorted(self.geo.codes)
        activity_codes, activity_rank = _sorted(self.activity.codes)
        geo = Axis(geo_codes, self.geo.codelist, frozenset((TOTAL, *self.spec.areas)))
        activity = Axis(activity_codes, self.activity.codelist)
        # Decoding leaves freed memory with Arrow, as much as the codes of all years take.
        pa.default_memory_pool().release_unused()
        return Cube(
            geo,
            activity,
            tuple(sorted(pieces)),
            self._header(files),
            Pieces(pieces, (geo_rank, activity_rank), self.packing).rows,
            size=sum(p.geo.size for found in pieces.values() for p in found),
            levels=(self.spec.level.get("geo", ""), self.spec.level.get("activity", "")),
            set_aside=self._set_aside(),
            unused=tuple(sorted(self.unused)),
            sums_within=self._sums_within(),
        )

    def _sums_within(self) -> float:
        # Numbers printed in thousands are rounded to more than one: their unit is looked for.
        least = 1.0 if self.times - {1.0} else 0.0
        return self.spec.sums_within.get(self.measure, least)

    def _set_aside(self) -> tuple[str, ...]:
        return tuple(
            f"{v.dimension} {code}: {rows} rows"
            for v in (self.geo, self.activity)
            for code, rows in sorted(v.left_out.items())
        )

    def _header(self, files: list[Path]) -> Header:
        spec = self.spec
        steps = [*spec.steps, f"read {self.measure} from {', '.join(path.name for path in files)}"]
        steps += step_of(spec, self.measure)
        where = " in some files" if len(self.times) > 1 else ""
        steps += [f"{self.measure} multiplied by {t:,g}{where}" for t in sorted(self.times - {1.0})]
        if within := spec.sums_within.get(self.measure):
            steps.append(f"printed sums of {self.measure} taken to hold within {within:,g}")
        if spec.absent_rows is None:
            steps.append("rows that are not there taken as zero (not declared by the table)")
        notes = [spec.note] if spec.note else []
        if spec.zeros == "printed" and spec.model_fields_set & {"zeros"}:
            notes.append("Zeros taken as printed; some may stand for hidden cells.")
        if spec.rounding:
            notes.append(
                "Bounds are the worst case of the publisher's rounding, all cells to one side."
            )
        return Header(
            measure=self.measure,
            unit=spec.unit.get(self.measure, DEFAULT_UNIT.get(self.measure, "")),
            classification=self.activity.codelist.id,
            geography=self.geo.codelist.id,
            source=spec.source,
            licence=spec.licence,
            vintage=spec.vintage,
            absent_rows=spec.absent_rows or "zero",
            zeros=spec.zeros,
            model_data=spec.model_data,
            notes=tuple(notes),
            steps=tuple(steps),
        )


def _years_of_groups(
    file: pa.parquet.ParquetFile, columns: Columns, spec: FactsSpec, path: Path
) -> list[int]:
    """The year of each row group; empty where values cannot be read a year at a time.

    Read from the rows: statistics of a damaged file may lie, and asking for them may end the
    process.
    """
    plain = not (spec.where or spec.wide or columns.measure or spec.unknown_codes == "set_aside")
    if not plain or columns.constant:
        return []
    if not pa.types.is_integer(file.schema_arrow.field(columns.time).type):
        return []
    if any(file.metadata.row_group(i).num_rows > LARGEST_GROUP for i in range(file.num_row_groups)):
        return []
    found: list[int] = []
    first = 1
    for group in range(file.num_row_groups):
        only = _only_year(file, group, columns.time, path, first)
        if only is None:
            return []
        year, first = only
        found.append(year)
    return found


def _only_year(
    file: pa.parquet.ParquetFile, group: int, name: str, path: Path, first: int
) -> tuple[int, int] | None:
    """The year of a row group and the number of the row below it; None where it has several."""
    met: set[int] = set()
    after = first
    for after, table in batches(file, [name], path, group, first):
        time, numbered = table[name], partial(operator.add, after)
        ends = pc.min_max(time)
        if ends["min"] != ends["max"] or time.null_count:
            return None
        met.add(int(years_of(time[:1], str(path), numbered)[0]))
        after += len(time)
    return (met.pop(), after) if len(met) == 1 else None


def _later(
    path: Path, group: int, columns: Columns, spec: FactsSpec, first: int
) -> Callable[[], Quantity]:
    def load() -> Quantity:
        with parquet(path, dictionary=columns.texts) as file:
            table = row_group(file, group, columns.values, path, first)
        return quantity(table, columns, spec, str(path), lambda i: first + i)

    return load


def _sorted(codes: list[str]) -> tuple[tuple[str, ...], Ints]:
    order = sorted(range(len(codes)), key=codes.__getitem__)
    rank = np.empty(len(codes), np.int32)
    rank[order] = np.arange(len(codes), dtype=np.int32)
    return tuple(codes[i] for i in order), small(rank)
