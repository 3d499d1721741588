"""Columns of values -> a `Quantity`, checked cell by cell; pure, and exact about where it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError
from hansa.law import (
    ESTIMATED,
    MEANING,
    NAMED_FLAGS,
    Flags,
    Floats,
    Quantity,
    any_flag,
    carries,
    flags_from_text,
)
from hansa.sources.cells import (
    as_text,
    decoded,
    infinite,
    numbers,
    positions,
    refuse_two_ways,
    to_numpy,
)
from hansa.sources.classes import SizeClasses, hidden, outside, size_classes
from hansa.sources.columns import Columns
from hansa.sources.spec import FactsSpec, declared, says_point

Numbered = Callable[[int], int]


def quantity(
    table: pa.Table, columns: Columns, spec: FactsSpec, place: str, numbered: Numbered
) -> Quantity:
    """Values of the table with flags, bounds and estimated shares, checked cell by cell."""
    own = _Rows(table, columns, spec, place, numbered)
    value, flags = own.with_status(columns.value, columns.status)
    value = multiplied(value, columns.times)
    classes = own.classes(columns.size_class)
    if classes:
        value, flags = hidden(value, flags, classes.withheld(value))
    if jobs := own.classes(columns.jobs_class):
        gone = jobs.withheld(own.numeric(columns.beside)[0] if columns.beside else value)
        value, flags = hidden(value, flags, gone & (value == 0))
    if columns.beside:
        _refuse_payroll_without_jobs(own, value, flags, jobs)
    if spec.zeros == "hidden":
        value = np.where(value == 0, np.nan, value)
    lower, upper = _bounds(own, value, classes)
    return Quantity(value, flags, lower, upper, _estimated(own, flags))


@dataclass(frozen=True)
class _Rows:
    """Rows of a table, what its columns are, and how a row is named."""

    table: pa.Table
    columns: Columns
    spec: FactsSpec
    place: str
    numbered: Numbered

    def at(self, row: int) -> str:
        return f"{self.place}, row {self.numbered(row)}"

    def numeric(self, name: str) -> tuple[Floats, Flags | None]:
        return _numeric(self.table[name], name, self.spec, self.place, self.numbered)

    def with_status(self, name: str, status: str) -> tuple[Floats, Flags | None]:
        """Numbers of a column with the flags in its cells and those of a column of its own."""
        value, flags = self.numeric(name)
        if name == self.columns.value:
            self.refuse_two_ways(name)
            self.refuse_negative(value, name)
        if not status:
            return value, flags
        said = _flags(self.table[status], status, self.spec, self.place, self.numbered)
        return value, said if flags is None else flags | said

    def classes(self, name: str) -> SizeClasses | None:
        if not name:
            return None
        return size_classes(self.table[name], name, self.spec, self.place, self.numbered)

    def refuse_two_ways(self, name: str) -> None:
        """Raise where jobs such as `1.200` may be 1200, and nobody has said what the point is."""
        if self.columns.whole and not says_point(self.spec):
            refuse_two_ways(decoded(self.table[name]), name, self.place, self.numbered)

    def refuse_negative(self, value: Floats, name: str) -> None:
        if not self.columns.signed:
            _refuse_negative(value, name, self.place, self.numbered)


def _bounds(
    own: _Rows, value: Floats, classes: SizeClasses | None
) -> tuple[Floats | None, Floats | None]:
    """Bounds of every value by rounding, by its own columns and by size classes."""
    columns = own.columns
    lower = upper = None
    if own.spec.rounding:
        lower, upper = _rounded(value, own.spec, columns.signed)
    if columns.lower and columns.upper:
        lower, _ = own.numeric(columns.lower)
        upper, _ = own.numeric(columns.upper)
        own.refuse_negative(lower, columns.lower)
        own.refuse_negative(upper, columns.upper)
        lower, upper = multiplied(lower, columns.times), multiplied(upper, columns.times)
        lower = np.where(np.isnan(lower), value, lower)
        upper = np.where(np.isnan(upper), value, upper)
        _refuse_outside(value, lower, upper, columns, own.place, own.numbered)
    if classes is None:
        return lower, upper
    low, high = (value if bound is None else bound for bound in (lower, upper))
    if (wrong := classes.outside(low, high)).any():
        row = int(np.flatnonzero(wrong)[0])
        names = f"{columns.value}, {columns.size_class}"
        raise outside(classes, row, (low[row], high[row]), own.at(row), names)
    return classes.narrowed(value, low, high)


def multiplied(value: Floats, times: float) -> Floats:
    """Printed numbers in their unit, as if the publisher had printed the zeros.

    4.35 thousand are 4,350: a product that misses a whole number by rounding alone is that number.
    """
    if times == 1:
        return value
    product = value * times
    whole = np.round(product)
    return np.where(np.abs(product - whole) <= 2 * np.spacing(np.abs(product)), whole, product)


def _estimated(own: _Rows, flags: Flags | None) -> Floats | None:
    """Share of each value that rests on estimates: its own column, else its flags."""
    if own.columns.estimated:
        estimated, _ = own.numeric(own.columns.estimated)
        _refuse_no_share(estimated, own.columns.estimated, own.place, own.numbered)
        return np.asarray(np.nan_to_num(estimated))
    if flags is None or not np.bitwise_or.reduce(flags) & any_flag(ESTIMATED):
        return None
    return carries(flags, any_flag(ESTIMATED)).astype(float)


def _numeric(
    column: pa.ChunkedArray, name: str, spec: FactsSpec, place: str, numbered: Numbered
) -> tuple[Floats, Flags | None]:
    column = decoded(column)
    kind = column.type
    if pa.types.is_integer(kind) and not column.null_count:
        return to_numpy(column.combine_chunks()).astype(np.float64), None
    if pa.types.is_decimal(kind):
        # Arrow divides by a power of ten: 1000.000000000 would become 1000.0000000000001.
        column = pc.cast(column, pa.string())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        # Not `safe`: a whole number beyond 2^53 becomes the nearest one, as it does in text.
        plain = pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan"))
        plain = plain.combine_chunks()
        value = to_numpy(plain).copy()
        if np.isinf(value).any():
            row = int(np.flatnonzero(np.isinf(value))[0])
            raise infinite(f"{place}, row {numbered(row)}, column {name}", f"{value[row]:g}")
        return value, None
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), None
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not any(known(kind) for known in text):
        raise HansaError(
            f"the column {name} holds no numbers",
            place=f"{place}, column {name}",
            printed=f"values of type {kind}",
            admissible="numbers, or text that holds numbers",
            fix=f"store the column as numbers, or name another: --columns {name}=NAME",
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


def _flags(
    column: pa.ChunkedArray, name: str, spec: FactsSpec, place: str, numbered: Numbered
) -> Flags:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    array = column.combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(as_text(column, name, place).combine_chunks())
    texts = [str(t or "") for t in array.dictionary.to_pylist()]
    silent = {"", *spec.missing} - {":"}
    bits = np.zeros(len(texts), np.uint64)
    for i, text in enumerate(texts):
        try:
            bits[i] = 0 if text.strip() in silent else flag_bits(text)
        except ValueError:
            here = pc.fill_null(pc.equal(array.indices, i), False)
            if pc.any(here).as_py():
                row = int(positions(here)[0])
                raise _no_status(text, f"{place}, row {numbered(row)}, column {name}") from None
    found: Flags = np.zeros(len(array), np.uint64)
    if not array.null_count:
        return bits.take(to_numpy(array.indices.cast(pa.int64())))
    # Most cells say nothing.
    some = to_numpy(pc.indices_nonzero(array.indices.is_valid()))
    found[some] = bits.take(to_numpy(array.indices.drop_null().cast(pa.int64())))
    return found


def flag_bits(text: str) -> int:
    """Flags of a status: letters, named flags, joined by signs or blanks; `bd`, `bep` as printed.

    Raises ValueError for any other text: a word is not taken letter by letter.
    """
    # Before letters the colon of `:c` stands for the empty value; alone it is a flag.
    own = re.sub(r":\s*(?=[A-Za-z])", "", text)
    for token in re.split(r"[;,|\s]+", own.strip()):
        if len(token) > 1 and token not in NAMED_FLAGS and not _is_run(token.lower()):
            raise ValueError(text)
    return flags_from_text(own)


def _is_run(token: str) -> bool:
    """Two known letters, or three in order, as Eurostat prints them; `m` stands alone."""
    if not set(token) <= _IN_RUNS or len(set(token)) < len(token):
        return False
    return len(token) == 2 or (len(token) == 3 and list(token) == sorted(token))


_IN_RUNS = {name for name in MEANING if len(name) == 1} - {"m"}


def _no_status(text: str, place: str) -> HansaError:
    return HansaError(
        "a status cannot be read",
        place=place,
        printed=repr(text),
        admissible="letters such as p, e, b, c, u; several joined by ;",
        fix="correct it, name the mark as no status: "
        + declared("missing", text, many=True)
        + "; or take another column: --columns status=NAME",
    )


def _rounded(value: Floats, spec: FactsSpec, signed: bool) -> tuple[Floats, Floats]:
    step, size = np.zeros(value.shape), np.abs(value)
    for start, width in sorted(spec.rounding):
        step = np.where(size >= start, width, step)
    lower = value - step / 2
    return lower if signed else np.maximum(lower, 0), value + step / 2


def _refuse_negative(value: Floats, name: str, place: str, numbered: Numbered) -> None:
    if not (value < 0).any():
        return
    row = int(np.flatnonzero(value < 0)[0])
    raise HansaError(
        f"{name} is negative",
        place=f"{place}, row {numbered(row)}, column {name}",
        printed=f"{value[row]:g}",
        admissible="zero or more; an empty cell for a missing value",
        fix="correct the cell; a mark for a missing value is named: "
        + declared("missing", f"{value[row]:g}", many=True),
    )


def _refuse_no_share(share: Floats, name: str, place: str, numbered: Numbered) -> None:
    wrong = (share < 0) | (share > 1)
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    raise HansaError(
        "the estimated part of a value is no share",
        place=f"{place}, row {numbered(row)}, column {name}",
        printed=f"{share[row]:g}",
        admissible="a share from 0 to 1",
        fix="correct the cell, or rename the column if it holds something else",
    )


def _refuse_payroll_without_jobs(
    own: _Rows, value: Floats, flags: Flags | None, classes: SizeClasses | None
) -> None:
    """Wages need jobs, or a status or class of the jobs that says why their number is not there."""
    beside = own.columns.beside
    other, marks = own.with_status(beside, own.columns.beside_status)
    if classes:
        other, marks = hidden(other, marks, classes.withheld(other))
    of_pay = beside == "employment" or own.spec.columns.get("employment") == beside
    jobs, pay, said = (other, value, marks) if of_pay else (value, other, flags)
    silent = np.isnan(jobs) if said is None else np.isnan(jobs) & (said == 0)
    wrong = (pay > 0) & ((jobs == 0) | silent)
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    raise HansaError(
        "payroll stands without employment",
        place=own.at(row),
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
        fix="correct the row, or leave a bound empty where it is not known",
    )
