"""Columns of a user's table -> keys and quantities; pure, and exact about where it fails."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.cube import Ints
from hansa.errors import HansaError, listed
from hansa.sources.cells import as_text, decoded, positions, to_numpy
from hansa.sources.rows import row_numbers
from hansa.sources.spec import KEYS, MEASURES, FactsSpec, declared, picked

Numbered = Callable[[int], int]

SIGNED = ("value_added",)
"""Measures that may be negative: an industry may use up more than it makes."""

WHOLE = ("employment", "establishments")
"""Measures that count something: a decimal is unusual."""

_BESIDE = {"employment": "payroll", "payroll": "employment"}


@dataclass(frozen=True)
class Columns:
    """Names in the table of what we need; a name beginning with `=` is a constant.

    size_class  column of size classes of the value; jobs_class, of the jobs beside a payroll
    signed      True for a measure that may be negative, and so may its bounds
    whole       True for a measure that counts something
    times       what the printed numbers are multiplied by
    """

    geo: str
    activity: str
    time: str
    value: str
    status: str = ""
    lower: str = ""
    upper: str = ""
    estimated: str = ""
    measure: str = ""
    beside: str = ""
    beside_status: str = ""
    size_class: str = ""
    jobs_class: str = ""
    signed: bool = False
    whole: bool = False
    times: float = 1.0

    @property
    def constant(self) -> bool:
        """True where a key is the same for the whole table."""
        return any(name.startswith("=") for name in (self.geo, self.activity, self.time))

    @property
    def values(self) -> list[str]:
        """Columns that carry the value and what belongs to it."""
        own = (self.value, self.status, self.lower, self.upper, self.estimated, self.size_class)
        names = (*own, self.beside, self.beside_status, self.jobs_class)
        return list(dict.fromkeys(name for name in names if name))

    @property
    def used(self) -> list[str]:
        """Every column that is read."""
        keys = (self.geo, self.activity, self.time, self.measure)
        names = [k for k in keys if k and not k.startswith("=")] + self.values
        return list(dict.fromkeys(names))

    @property
    def texts(self) -> tuple[str, ...]:
        """Value columns that hold repeated text."""
        names = (self.status, self.beside_status, self.size_class, self.jobs_class)
        return tuple(name for name in names if name)

    def column(self, table: pa.Table, key: str) -> pa.ChunkedArray:
        """A key column of the table, or its constant repeated."""
        name = getattr(self, key)
        if not name.startswith("="):
            return table[name]
        index = pa.array(np.zeros(table.num_rows, np.int8))
        return pa.chunked_array(
            [pa.DictionaryArray.from_arrays(index, pa.array([name[1:]], pa.string()))]
        )


def find_columns(
    names: list[str],
    spec: FactsSpec,
    measure: str,
    place: str,
    totals: bool = False,
    value: str = "",
    time: str = "",
    checked: bool = True,
) -> Columns:
    """Where our columns are in a table; raises for a missing one, with the likeliest name.

    A table is long where its values stand in `value` and a column `measure`, or the description,
    says of what.
    """
    find = _Finder(names, spec, place)
    long = False
    if not value and not find.optional(measure) and find.optional("value"):
        long = bool(find.optional("measure")) or spec.measure == measure
    own = "" if long else f"{measure}_"
    beside, beside_status, jobs_class = _seen_beside(find, measure, long, checked)
    alone = long or len(set(names) & set(MEASURES)) <= 1
    columns = Columns(
        geo=find.needed("geo"),
        activity=find.optional("activity") or ("=TOTAL" if totals else find.needed("activity")),
        time=time or find.needed("time"),
        value=value or find.needed("value" if long else measure),
        status=find.optional(f"{own}status") or (find.optional("status") if alone else ""),
        lower=find.optional(f"{own}lower"),
        upper=find.optional(f"{own}upper"),
        estimated=find.optional(f"{own}estimated"),
        measure=find.optional("measure") if long else "",
        beside=beside,
        beside_status=beside_status,
        size_class=find.mapped(f"{measure}_class"),
        jobs_class=jobs_class,
        signed=measure in SIGNED,
        whole=measure in WHOLE,
        times=spec.times.get(measure, 1.0),
    )
    if bool(columns.lower) != bool(columns.upper):
        raise _one_bound(columns, place)
    return columns


def left_over(names: Iterable[str], columns: Columns, spec: FactsSpec) -> set[str]:
    """The columns that nothing is read from, be it for this measure or another, or to pick rows."""
    parts = ("", "_status", "_lower", "_upper", "_estimated", "_class")
    known = {f"{measure}{part}" for measure in MEASURES for part in parts}
    read = {*columns.used, *(picked(key, names)[0] for key in spec.where)}
    read |= {spec.columns.get(ours, ours) for ours in known}
    years = re.compile(r"\d{4}" if spec.wide == "years" else "|".join(map(re.escape, spec.wide)))
    return {name for name in names if name not in read and not years.fullmatch(name)}


def _seen_beside(find: _Finder, measure: str, long: bool, checked: bool) -> tuple[str, str, str]:
    """Jobs beside a payroll or the other way round, their status, and size classes of the jobs.

    A payroll of 0 beside withheld jobs is withheld too, in files of any kind.
    """
    classes = find.mapped("employment_class") if measure == "payroll" else ""
    if long or not (checked or classes):
        return "", "", classes
    beside = find.optional(_BESIDE.get(measure, "none"))
    return beside, find.optional(f"{_BESIDE[measure]}_status") if beside else "", classes


def _one_bound(columns: Columns, place: str) -> HansaError:
    given, other = ("lower", "upper") if columns.lower else ("upper", "lower")
    name = columns.lower or columns.upper
    return HansaError(
        f"{given} bounds stand without {other} bounds",
        place=place,
        printed=f"the column {name}",
        admissible=f"both {name} and {name.replace(given, other)}, or neither",
        fix="add the other column, or rename this one",
    )


_YEAR = re.compile(r"(19|20)\d\d")


class _Finder:
    def __init__(self, names: list[str], spec: FactsSpec, place: str) -> None:
        self.names, self.spec, self.place = names, spec, place

    def optional(self, ours: str) -> str:
        theirs = self.spec.columns.get(ours)
        if theirs is None:
            return ours if ours in self.names else ""
        if theirs in self.names or (theirs.startswith("=") and ours in KEYS):
            return theirs
        if theirs.strip() in self.names:
            return theirs.strip()
        raise HansaError(
            f"there is no column {theirs!r}",
            place=self.place,
            printed=listed(self.names, 20),
            admissible=f"the name of a column that holds {ours}",
            fix=f"correct the mapping: columns = {{ {ours} = … }} or --columns {ours}=NAME",
        )

    def mapped(self, ours: str) -> str:
        """A column that is one of ours only where the description says so."""
        return self.optional(ours) if ours in self.spec.columns else ""

    def needed(self, ours: str) -> str:
        found = self.optional(ours)
        if found:
            return found
        guess = self._likeliest(ours)
        if ours == "time" and guess == "NAME" and any(map(_YEAR.fullmatch, self.names)):
            raise self._years_as_columns()
        constant = f"; a constant: --columns {ours}==VALUE" if ours in KEYS else ""
        raise HansaError(
            f"the column {ours} is missing",
            place=self.place,
            printed=listed(self.names, 20),
            admissible=f"a column named {ours}",
            fix=f"say which column it is: --columns {ours}={guess}, or in the study "
            f'columns = {{ {ours} = "{guess}" }}{constant}',
        )

    def _years_as_columns(self) -> HansaError:
        return HansaError(
            "the column time is missing",
            place=self.place,
            printed=listed(self.names, 20),
            admissible="a column named time",
            fix=f"the years are columns: {declared('wide', 'years')}; else say which column it is: "
            "--columns time=NAME",
        )

    def _likeliest(self, ours: str) -> str:
        """The column that users most often mean, or one with nearly the same name."""
        plain = {name.strip().lower(): name for name in self.names}
        for name in (ours, *_ALSO.get(ours, ())):
            if name in plain:
                return plain[name]
        near = difflib.get_close_matches(ours, self.names, 1, 0.6)
        return near[0] if near else "NAME"


_ALSO = {
    "geo": ("region", "nuts", "nuts2", "nuts_code", "area", "ref_area", "country"),
    "activity": ("nace", "nace_r2", "sic", "sic4", "naics", "industry", "code", "cluster"),
    "time": ("year", "time_period", "date", "period"),
    "employment": ("jobs", "employees", "emp", "persons_employed", "obs_value", "value"),
    "payroll": ("wages", "total_wages", "obs_value", "value"),
    "establishments": ("local_units", "units", "firms", "obs_value", "value"),
    "value_added": ("gva", "obs_value", "value"),
}
"""Names under which our columns often stand in other tables, for a hint only."""


def wide_years(names: list[str], spec: FactsSpec, place: str) -> Iterator[tuple[int, str]]:
    """Year and column of every year that stands as a column."""
    wanted = names if spec.wide == "years" else list(spec.wide)
    found = [(int(n), n) for n in wanted if re.fullmatch(r"\d{4}", n) and n in names]
    lost = [n for n in wanted if n not in names]
    if lost or not found or (spec.wide != "years" and len(found) < len(wanted)):
        raise HansaError(
            f"there is no column of a year {listed(lost)!r}" if lost else "no column is a year",
            place=place,
            printed=listed(names, 20),
            admissible="columns named 2015, 2016, …",
            fix="correct wide = …, or leave it out for a long table",
        )
    return iter(found)


def chosen_rows(
    table: pa.Table, columns: Columns, spec: FactsSpec, measure: str, place: str, first: int
) -> tuple[pa.Table, Numbered]:
    """The rows the description picks, and the row number in the file of each of them."""
    where: dict[str, object] = dict(spec.where)
    number = row_numbers(table, first)
    if columns.measure:
        where[columns.measure] = measure
    if not where:
        return _without(table.select(columns.used), pa.types.is_run_end_encoded), number
    keep: pa.Array = pa.array(np.ones(table.num_rows, bool))
    for key, wanted in where.items():
        name, kept = picked(key, table.column_names)
        if name not in table.column_names:
            raise HansaError(
                f"there is no column {name!r} to choose rows by",
                place=place,
                printed=listed(table.column_names, 20),
                admissible="the name of a column of the table",
                fix="correct where = { … } or --where COLUMN=VALUE",
            )
        texts = [_as_text(w) for w in (wanted if isinstance(wanted, list) else [wanted])]
        cells = pc.fill_null(as_text(table[name], name, place), "")
        found = pc.is_in(cells, value_set=pa.array(texts))
        keep = pc.and_(keep, found if kept else pc.invert(found))
    at = positions(keep)
    used = _without(table.select(columns.used), _never_filtered)
    try:
        return used.filter(keep), lambda i: number(int(at[i]))
    except pa.ArrowNotImplementedError as problem:
        raise _cannot_filter(used, keep, place) from problem


def no_measure(measure: str, others: Mapping[str, Columns], place: str) -> HansaError:
    """A long table has no row of the measure; `others` are what its column of measures holds."""
    columns = next(iter(others.values()))
    # A word of the table's own may mean the measure; the name of another one does not.
    unknown = [name for name in others if name not in MEASURES]
    meant = shlex.quote(unknown[0]) if len(unknown) == 1 else "NAME"
    return HansaError(
        f"no row of the table is of {measure}",
        place=place,
        printed=f"{listed(sorted(others))} in the column {columns.measure}",
        admissible=f"rows of {measure}",
        fix=f"say which rows they are: --columns {measure}={columns.value} "
        f"--where {columns.measure}={meant}",
    )


def _without(table: pa.Table, encoded: Callable[[pa.DataType], bool]) -> pa.Table:
    """The table with columns of some types decoded."""
    for i, field in enumerate(table.schema):
        if encoded(field.type):
            table = table.set_column(i, field.name, decoded(table.column(i)))
    return table


def _never_filtered(kind: pa.DataType) -> bool:
    """True for runs and for views of text or bytes: Arrow cannot filter them yet."""
    own = kind.value_type if pa.types.is_dictionary(kind) else kind
    views = pa.types.is_string_view(own) or pa.types.is_binary_view(own)
    return bool(views or pa.types.is_run_end_encoded(own))


def _cannot_filter(table: pa.Table, keep: pa.Array, place: str) -> HansaError:
    wrong = []
    for field in table.schema:
        try:
            table.select([field.name]).filter(keep)
        except pa.ArrowNotImplementedError:
            wrong.append(f"{field.name} of type {field.type}")
    return HansaError(
        "rows cannot be chosen: a column has a type that cannot be filtered",
        place=place,
        printed=listed(wrong),
        admissible="text, numbers or dates, plain or dictionary encoded",
        fix="store the column as text or numbers",
    )


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def years_of(column: pa.ChunkedArray, place: str, numbered: Numbered) -> Ints:
    """Whole years of a column of numbers or text; dates and fractions are refused."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(column.type) and not column.null_count:
        years: Ints = to_numpy(column.combine_chunks())
        if years.size == 0 or (years.min() >= 1000 and years.max() <= 9999):
            return years
    text = pc.fill_null(pc.utf8_trim_whitespace(as_text(column, "of time", place)), "")
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"\.0$", "")
    good = pc.match_substring_regex(text, r"^[1-9]\d{3}$")
    if pc.all(good).as_py() is False:
        row = int(positions(pc.invert(good))[0])
        cell = text[row].as_py()
        dated = re.match(r"^\d{4}-\d\d|^\d\d?[./]\d\d?[./]\d{4}|^[12]\d{3}[01]\d[0-3]\d$", cell)
        raise HansaError(
            "a date stands where a year is needed"
            if dated
            else "time is not a year"
            if cell
            else "time is empty",
            place=f"{place}, row {numbered(row)}, column of time",
            printed=repr(cell),
            admissible="a year of four digits, such as 2015",
            fix="keep the year only, or name another column: --columns time=NAME",
        )
    return to_numpy(pc.cast(text, pa.int64()).combine_chunks())
