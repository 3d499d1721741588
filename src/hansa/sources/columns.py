"""Columns of a user's table -> keys and quantities; pure, and exact about where it fails."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.cube import Ints
from hansa.errors import HansaError, listed
from hansa.law import ESTIMATED, Flags, Floats, Quantity, any_flag, flags_from_text
from hansa.sources.cells import numbers, to_numpy
from hansa.sources.spec import MEASURES, FactsSpec

Numbered = Callable[[int], int]

_BESIDE = {"employment": "payroll", "payroll": "employment"}


@dataclass(frozen=True)
class Columns:
    """Names in the table of what we need; a name beginning with `=` is a constant."""

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

    @property
    def constant(self) -> bool:
        """True where a key is the same for the whole table."""
        return any(name.startswith("=") for name in (self.geo, self.activity, self.time))

    @property
    def values(self) -> list[str]:
        """Columns that carry the value and what belongs to it."""
        own = (self.value, self.status, self.lower, self.upper, self.estimated, self.beside)
        return [name for name in own if name]

    @property
    def used(self) -> list[str]:
        """Every column that is read."""
        keys = (self.geo, self.activity, self.time, self.measure)
        return [k for k in keys if k and not k.startswith("=")] + self.values

    @property
    def texts(self) -> tuple[str, ...]:
        """Value columns that hold repeated text."""
        return (self.status,) if self.status else ()

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
    """Where our columns are in a table; raises for a missing one, with the likeliest name."""
    find = _Finder(names, spec, place)
    long = not value and not find.optional(measure) and "value" in names and "measure" in names
    activity = find.optional("activity") if totals else find.needed("activity")
    own = "value" if long else measure
    return Columns(
        geo=find.needed("geo"),
        activity=activity or "=TOTAL",
        time=time or find.needed("time"),
        value=value or ("value" if long else find.needed(measure)),
        status=find.optional("status" if long else f"{measure}_status")
        or (find.optional("status") if len(set(names) & set(MEASURES)) <= 1 else ""),
        lower=find.optional("lower" if long else f"{own}_lower"),
        upper=find.optional("upper" if long else f"{own}_upper"),
        estimated=find.optional(f"{own}_estimated"),
        measure="measure" if long else "",
        beside=find.optional(_BESIDE.get(measure, "none")) if checked else "",
    )


class _Finder:
    def __init__(self, names: list[str], spec: FactsSpec, place: str) -> None:
        self.names, self.spec, self.place = names, spec, place

    def optional(self, ours: str) -> str:
        theirs = self.spec.columns.get(ours)
        if theirs is None:
            return ours if ours in self.names else ""
        if theirs in self.names or theirs.startswith("="):
            return theirs
        raise HansaError(
            f"there is no column {theirs!r}",
            place=self.place,
            printed=listed(self.names, 20),
            fix=f"correct the mapping: columns = {{ {ours} = … }} or --columns {ours}=NAME",
        )

    def needed(self, ours: str) -> str:
        found = self.optional(ours)
        if found:
            return found
        near = difflib.get_close_matches(ours, self.names, 1, 0.6)
        guess = near[0] if near else "NAME"
        raise HansaError(
            f"the column {ours} is missing",
            place=self.place,
            printed=listed(self.names, 20),
            admissible=f"a column named {ours}",
            fix=f"say which column it is: --columns {ours}={guess}, or in the study "
            f'columns = {{ {ours} = "{guess}" }}; a constant: --columns {ours}==VALUE',
        )


def wide_years(names: list[str], spec: FactsSpec, place: str) -> Iterator[tuple[int, str]]:
    """Year and column of every year that stands as a column."""
    wanted = names if spec.wide == "years" else list(spec.wide)
    found = [(int(n), n) for n in wanted if re.fullmatch(r"\d{4}", n) and n in names]
    if not found:
        raise HansaError(
            "no column is a year",
            place=place,
            printed=listed(names, 20),
            admissible="columns named 2015, 2016, …",
            fix="leave out wide = … for a long table",
        )
    return iter(found)


def chosen_rows(
    table: pa.Table, columns: Columns, spec: FactsSpec, measure: str, place: str, first: int
) -> tuple[pa.Table, Numbered]:
    """The rows the description picks, and the row number in the file of each of them."""
    where: dict[str, object] = dict(spec.where)
    if columns.measure:
        where[columns.measure] = measure
    if not where:
        return table, lambda i: first + i
    keep: pa.Array = pa.array(np.ones(table.num_rows, bool))
    for name, wanted in where.items():
        if name not in table.column_names:
            raise HansaError(
                f"there is no column {name!r} to choose rows by",
                place=place,
                printed=listed(table.column_names, 20),
                fix="correct where = { … } or --where COLUMN=VALUE",
            )
        texts = [_as_text(w) for w in (wanted if isinstance(wanted, list) else [wanted])]
        cells = pc.fill_null(pc.cast(table[name], pa.string()), "")
        own = pc.is_in(cells, value_set=pa.array(texts))
        keep = pc.and_(keep, own)
    at = np.flatnonzero(np.asarray(keep.to_pylist(), bool))
    return table.filter(keep), lambda i: first + int(at[i])


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def years_of(column: pa.ChunkedArray, place: str, numbered: Numbered) -> Ints:
    """Whole years of a column of numbers or text; dates and fractions are refused."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind) and not column.null_count:
        years = to_numpy(column.combine_chunks().cast(pa.int64()))
        return years
    text = pc.fill_null(pc.utf8_trim_whitespace(pc.cast(column, pa.string())), "")
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"\.0$", "")
    good = pc.match_substring_regex(text, r"^\d{4}$")
    if pc.all(good).as_py() is False:
        row = int(np.flatnonzero(~np.asarray(good.to_pylist(), bool))[0])
        cell = text[row].as_py()
        dated = re.match(r"^\d{4}-\d\d|^\d\d?[./]\d\d?[./]\d{4}", cell)
        raise HansaError(
            "a date stands where a year is needed" if dated else "time is not a year",
            place=f"{place}, row {numbered(row)}, column of time",
            printed=repr(cell),
            admissible="a year of four digits, such as 2015",
            fix="keep the year only, or name another column: --columns time=NAME",
        )
    return to_numpy(pc.cast(text, pa.int64()).combine_chunks())


def quantity(
    table: pa.Table, columns: Columns, spec: FactsSpec, place: str, numbered: Numbered
) -> Quantity:
    """Values of the table with flags, bounds and estimated shares, checked cell by cell."""
    value, flags = _numeric(table[columns.value], columns.value, spec, place, numbered)
    _refuse_negative(value, columns.value, place, numbered)
    if columns.status:
        own = _flags(table[columns.status], columns.status, place, numbered)
        flags = own if flags is None else flags | own
    if columns.beside:
        other, _ = _numeric(table[columns.beside], columns.beside, spec, place, numbered)
        _refuse_payroll_without_jobs(value, other, flags, columns, place, numbered)
    if spec.zeros == "hidden":
        value = np.where(value == 0, np.nan, value)
    lower = upper = None
    if spec.rounding:
        lower, upper = _rounded(value, spec)
    if columns.lower and columns.upper:
        lower, _ = _numeric(table[columns.lower], columns.lower, spec, place, numbered)
        upper, _ = _numeric(table[columns.upper], columns.upper, spec, place, numbered)
        lower = np.where(np.isnan(lower), value, lower)
        upper = np.where(np.isnan(upper), value, upper)
        _refuse_outside(value, lower, upper, columns, place, numbered)
    estimated = None
    if columns.estimated:
        estimated, _ = _numeric(table[columns.estimated], columns.estimated, spec, place, numbered)
        estimated = np.nan_to_num(estimated)
    elif flags is not None:
        marked = (flags & any_flag(ESTIMATED)) != 0
        estimated = marked.astype(float) if marked.any() else None
    return Quantity(value, flags, lower, upper, estimated)


def _numeric(
    column: pa.ChunkedArray, name: str, spec: FactsSpec, place: str, numbered: Numbered
) -> tuple[Floats, Flags | None]:
    kind = column.type
    if pa.types.is_integer(kind) and not column.null_count:
        return to_numpy(column.combine_chunks()).astype(np.float64), None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        plain = pc.fill_null(pc.cast(column, pa.float64()), float("nan")).combine_chunks()
        value = to_numpy(plain).copy()
        if np.isinf(value).any():
            row = int(np.flatnonzero(np.isinf(value))[0])
            raise HansaError(
                "a value is infinite", place=f"{place}, row {numbered(row)}, column {name}"
            )
        return value, None
    if pa.types.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), None
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise HansaError(
            f"the column {name} holds {kind}, not numbers", place=place, admissible="numbers"
        )
    return numbers(
        column,
        name,
        place,
        missing=spec.missing,
        decimal=spec.decimal,
        thousands=spec.thousands,
        numbered=numbered,
    )


def _flags(column: pa.ChunkedArray, name: str, place: str, numbered: Numbered) -> Flags:
    array = column.combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(pc.cast(array, pa.string()))
    texts = [*array.dictionary.to_pylist(), ""]
    index = to_numpy(pc.fill_null(array.indices, len(texts) - 1))
    bits = np.zeros(len(texts), np.uint64)
    for i, text in enumerate(texts):
        try:
            bits[i] = flags_from_text(text)
        except ValueError:
            row = int(np.argmax(index == i))
            raise HansaError(
                "a status cannot be read",
                place=f"{place}, row {numbered(row)}, column {name}",
                printed=repr(text),
                admissible="letters such as p, e, b, c, u; several joined by ;",
                fix="correct it, or choose another status column",
            ) from None
    found: Flags = bits[index]
    return found


def _rounded(value: Floats, spec: FactsSpec) -> tuple[Floats, Floats]:
    step = np.zeros(value.shape)
    for start, width in sorted(spec.rounding):
        step = np.where(value >= start, width, step)
    return np.maximum(value - step / 2, 0), value + step / 2


def _refuse_negative(value: Floats, name: str, place: str, numbered: Numbered) -> None:
    if not (value < 0).any():
        return
    row = int(np.flatnonzero(value < 0)[0])
    raise HansaError(
        f"{name} is negative",
        place=f"{place}, row {numbered(row)}, column {name}",
        printed=f"{value[row]:g}",
        admissible="zero or more; an empty cell for a missing value",
        fix=f"correct the cell, or name the mark as missing: missing = ['{value[row]:g}']",
    )


def _refuse_payroll_without_jobs(
    value: Floats,
    other: Floats,
    flags: Flags | None,
    columns: Columns,
    place: str,
    numbered: Numbered,
) -> None:
    jobs, pay = (other, value) if columns.beside == "employment" else (value, other)
    silent = np.isnan(jobs) if flags is None else np.isnan(jobs) & (flags == 0)
    wrong = (pay > 0) & ((jobs == 0) | silent)
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    raise HansaError(
        "payroll stands without employment",
        place=f"{place}, row {numbered(row)}",
        printed=f"payroll {pay[row]:g}, employment "
        + ("empty" if np.isnan(jobs[row]) else f"{jobs[row]:g}"),
        admissible="jobs above zero where wages are paid, or a status that says why not",
        fix="correct the row, or give employment_status (such as c) for a hidden number of jobs",
    )


def _refuse_outside(
    value: Floats, lower: Floats, upper: Floats, columns: Columns, place: str, numbered: Numbered
) -> None:
    wrong = (lower > upper) | (value < lower) | (value > upper)
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    raise HansaError(
        "the bounds do not hold the value",
        place=f"{place}, row {numbered(row)}, columns {columns.lower}, {columns.upper}",
        printed=f"{lower[row]:g} ≤ {value[row]:g} ≤ {upper[row]:g}",
        admissible="lower ≤ value ≤ upper",
        fix="correct the row",
    )
