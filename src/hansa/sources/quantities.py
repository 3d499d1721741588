"""Columns of values -> a `Quantity`, checked cell by cell; pure, and exact about where it fails."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError
from hansa.law import (
    ESTIMATED,
    NAMED_FLAGS,
    Flags,
    Floats,
    Quantity,
    any_flag,
    flags_from_text,
)
from hansa.sources.cells import as_text, decoded, infinite, numbers, to_numpy
from hansa.sources.columns import Columns
from hansa.sources.spec import FactsSpec, declared

Numbered = Callable[[int], int]


def quantity(
    table: pa.Table, columns: Columns, spec: FactsSpec, place: str, numbered: Numbered
) -> Quantity:
    """Values of the table with flags, bounds and estimated shares, checked cell by cell."""
    value, flags = _numeric(table[columns.value], columns.value, spec, place, numbered)
    if spec.columns.get("value_added", "value_added") != columns.value:
        _refuse_negative(value, columns.value, place, numbered)
    if columns.status:
        own = _flags(table[columns.status], columns.status, spec, place, numbered)
        flags = own if flags is None else flags | own
    if columns.beside:
        _refuse_payroll_without_jobs(table, value, flags, columns, spec, place, numbered)
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
        for bound, name in ((lower, columns.lower), (upper, columns.upper)):
            _refuse_negative(bound, name, place, numbered)
        _refuse_outside(value, lower, upper, columns, place, numbered)
    estimated = None
    if columns.estimated:
        estimated, _ = _numeric(table[columns.estimated], columns.estimated, spec, place, numbered)
        _refuse_no_share(estimated, columns.estimated, place, numbered)
        estimated = np.nan_to_num(estimated)
    elif flags is not None:
        marked = (flags & any_flag(ESTIMATED)) != 0
        estimated = marked.astype(float) if marked.any() else None
    return Quantity(value, flags, lower, upper, estimated)


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
    texts = [*(str(t or "") for t in array.dictionary.to_pylist()), ""]
    index = to_numpy(pc.fill_null(array.indices.cast(pa.int32()), len(texts) - 1))
    silent = {"", *spec.missing} - {":"}
    bits = np.zeros(len(texts), np.uint64)
    for i, text in enumerate(texts):
        try:
            bits[i] = 0 if text.strip() in silent else _flag_bits(text)
        except ValueError:
            if (index == i).any():
                row = int(np.argmax(index == i))
                raise _no_status(text, f"{place}, row {numbered(row)}, column {name}") from None
    found: Flags = bits[index]
    return found


def _flag_bits(text: str) -> int:
    """Flags of a status; a whole word that is none of ours is not taken letter by letter."""
    # Before letters the colon of `:c` stands for the empty value; alone it is a flag.
    own = re.sub(r":\s*(?=[A-Za-z])", "", text)
    for token in re.split(r"[;,|\s]+", own.strip()):
        if len(token) > _MOST_LETTERS and token not in NAMED_FLAGS:
            raise ValueError(text)
    return flags_from_text(own)


_MOST_LETTERS = 4


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
    table: pa.Table,
    value: Floats,
    flags: Flags | None,
    columns: Columns,
    spec: FactsSpec,
    place: str,
    numbered: Numbered,
) -> None:
    """Wages need jobs, or a status of the jobs that says why their number is not there."""
    other, marks = _numeric(table[columns.beside], columns.beside, spec, place, numbered)
    if columns.beside_status:
        own = _flags(table[columns.beside_status], columns.beside_status, spec, place, numbered)
        marks = own if marks is None else marks | own
    of_pay = columns.beside == "employment" or spec.columns.get("employment") == columns.beside
    jobs, pay, said = (other, value, marks) if of_pay else (value, other, flags)
    silent = np.isnan(jobs) if said is None else np.isnan(jobs) & (said == 0)
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
        fix="correct the row, or leave a bound empty where it is not known",
    )
