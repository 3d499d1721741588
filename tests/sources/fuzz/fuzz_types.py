"""Random facts in Arrow types: every way in which a column may be stored, and damage to it."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from fuzz_cases import NUMBERS, Choice
from fuzz_tables import (
    RANGES,
    Cell,
    Entry,
    Facts,
    Plan,
    Signs,
    cell,
    classed,
    code,
    in_cell,
    status,
    without_flags,
)
from hypothesis import strategies as st

Column = pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class Typed:
    """A table, what its description says, how the second reader reads it, the answer."""

    table: pa.Table
    describe: dict[str, Any]
    plan: Plan
    answer: dict[tuple[str, str, int], Cell]
    measure: str


def typed(facts: Facts, constant_year: bool = False) -> Typed:
    """The facts as a table of one row a key."""
    choice = Choice(facts.style)
    beside = choice.of((True, False))
    stored = choice.of(NUMBER_TYPES if beside else NUMBER_TYPES[-1:])
    entries = [fitted(entry, stored, beside) for entry in facts.entries]
    own = choice.of(("status", f"{facts.measure}_status"))
    marks = [Choice(entry.style) for entry in entries]
    pairs = list(zip(entries, marks, strict=True))
    columns = {
        "geo": texts([code(facts.geography, e.geo, c) for e, c in pairs], choice),
        "activity": texts([code(facts.classification, e.activity, c) for e, c in pairs], choice),
        "time": years([e.time for e in entries], choice),
        facts.measure: values(entries, stored, beside, choice),
    }
    if beside:
        columns[own] = statuses([(e.flags, c) for e, c in pairs], choice)
    describe = facts.describe(decimal=".")
    plan = Plan(
        "geo",
        "activity",
        "time",
        facts.measure,
        own if beside else "",
        geography=facts.geography,
        classification=facts.classification,
        negative=facts.measure == "value_added",
    )
    if choice.of((False, True)):
        columns["sex"] = texts(["T"] * len(entries), choice)
        describe["where"], plan = {"sex": "T"}, replace(plan, where=(("sex", "T"),))
    answer = {e.key: cell(e.value, e.flags) for e in entries}
    if choice.of((False, False, True)):
        own_class = f"{facts.measure}_class"
        size = [class_of(e, c) for e, c in pairs]
        columns["empflag"] = texts(size, choice)
        describe |= {"columns": {own_class: "empflag"}, "classes": CLASSES}
        plan = replace(plan, size_class="empflag")
        for e, name in zip(entries, size, strict=True):
            found = (None if e.value is None else float(e.value), set(e.flags), None, None)
            value, flags, low, high = classed(name, plan, found)
            answer[e.key] = cell(value, flags, low, high)
    if choice.of((False, True)):
        columns["region"] = columns.pop("geo")
        describe["columns"] = {**describe.get("columns", {}), "geo": "region"}
        plan = replace(plan, geo="region")
    if choice.of((False, True)):
        columns["more"] = choice.of(OTHER)(len(entries))
    names = sorted(columns) if choice.of((False, True)) else list(columns)
    table = pa.table({name: columns[name] for name in names})
    return Typed(table, describe, plan, answer, facts.measure)


CLASSES = {name: [end for end in ends if end < math.inf] for name, ends in RANGES.items()}


def class_of(entry: Entry, choice: Choice) -> str:
    """A size class that the number of an entry allows, or none."""
    fits = [
        name
        for name, (low, high) in RANGES.items()
        if not entry.value or low <= float(entry.value) <= high
    ]
    return str(choice.of(("", "-", *fits)))


NUMBER_TYPES = (
    pa.float64(),
    pa.int64(),
    pa.float32(),
    pa.int32(),
    pa.uint64(),
    pa.uint8(),
    pa.int16(),
    pa.float16(),
    pa.decimal128(30, 9),
    pa.decimal256(50, 9),
    pa.string(),
)

OTHER = (
    lambda n: pa.nulls(n),
    lambda n: pa.array([[1]] * n),
    lambda n: pa.array([{"a": 1, "b": 2}] * n),
    lambda n: pa.array([b"\xff"] * n),
    lambda n: pa.array([True] * n),
)


def fitted(entry: Entry, stored: pa.DataType, beside: bool) -> Entry:
    """The entry with a number that its type holds exactly."""
    value = entry.value
    if value is not None and pa.types.is_integer(stored):
        most = 2 ** (stored.bit_width - (stored == pa.int16()) - pa.types.is_signed_integer(stored))
        value = Decimal(int(value) % min(most, 2**53))
    elif value is not None and pa.types.is_floating(stored):
        exact = pa.array([float(value) % 1000 if stored == pa.float16() else float(value)])
        value = Decimal(exact.cast(stored, safe=False)[0].as_py())
    elif value is not None and pa.types.is_decimal(stored):
        value = round(value % 10**15, 9)
    flags = entry.flags if beside or len(entry.flags) < 3 else entry.flags[:2]
    return replace(entry, value=value, flags=flags)


def values(entries: list[Entry], stored: pa.DataType, beside: bool, choice: Choice) -> Column:
    """The numbers; NaN or null where there is none."""
    if pa.types.is_string(stored):
        write = without_flags if beside else in_cell
        found = [write(e, Signs(), Choice(e.style)) for e in entries]
        return texts(found, choice, views=False)
    gap = float("nan") if pa.types.is_floating(stored) and choice.of((False, True)) else None
    found = [gap if e.value is None else number(e.value, stored) for e in entries]
    column = pa.array(found, stored, from_pandas=False)
    packed = stored not in (pa.float16(), pa.decimal256(50, 9)) and choice.of((False, False, True))
    return cut(column.dictionary_encode() if packed else column, choice)


def number(value: Decimal, stored: pa.DataType) -> Any:
    """The number as Python holds it."""
    if pa.types.is_integer(stored):
        return int(value)
    return float(value) if pa.types.is_floating(stored) else value


def texts(found: list[str], choice: Choice, views: bool = True) -> Column:
    """Texts in one of their types."""
    kinds = [pa.string(), pa.large_string(), pa.string_view()] if views else [pa.string()]
    kind = choice.of(kinds)
    column = pa.array(found, kind)
    if kind != pa.string_view() and choice.of((False, True)):
        column = column.dictionary_encode()
    return cut(column, choice)


def years(found: list[int], choice: Choice) -> Column:
    """Years as numbers or as text."""
    kind = choice.of((pa.int64(), pa.int16(), pa.uint16(), pa.int32(), pa.float64(), pa.string()))
    own = [str(y) for y in found] if kind == pa.string() else found
    column = pa.array(own, pa.string() if kind == pa.string() else pa.int64()).cast(kind)
    return cut(column.dictionary_encode() if choice.of((False, False, True)) else column, choice)


def statuses(found: list[tuple[str, Choice]], choice: Choice) -> Column:
    """Flags as texts, null where there is none."""
    own = [status(flags, Signs(), mark) or None for flags, mark in found]
    if not any(own) and choice.of((False, True)):
        return pa.nulls(len(own))
    column = pa.array(own, choice.of((pa.string(), pa.large_string())))
    return cut(column.dictionary_encode() if choice.of((False, True)) else column, choice)


def cut(column: pa.Array, choice: Choice) -> Column:
    """The column as it is, as a slice of a longer one, or in pieces."""
    way = choice.of(("whole", "slice", "pieces"))
    if way == "slice" and not pa.types.is_dictionary(column.type):
        longer = pa.concat_arrays([column[:1], column, column[:1]])
        return longer.slice(1, len(column))
    if way == "pieces":
        half = len(column) // 2
        return pa.chunked_array([column.slice(0, half), column.slice(half)], column.type)
    return column


# --- damage -------------------------------------------------------------------------------------

ODD = {
    "none": lambda n: pa.nulls(n),
    "true": lambda n: pa.array([True] * n),
    "list": lambda n: pa.array([[7]] * n),
    "struct": lambda n: pa.array([{"a": 7}] * n),
    "map": lambda n: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    "bytes": lambda n: pa.array([b"\xff\xfe"] * n),
    "bytes of text": lambda n: pa.array([b"7"] * n),
    "fixed bytes": lambda n: pa.array([b"2015"] * n, pa.binary(4)),
    "infinite": lambda n: pa.array([float("inf")] * n),
    "minus infinite": lambda n: pa.array([float("-inf")] * n, pa.float32()),
    "nan": lambda n: pa.array([float("nan")] * n),
    "huge": lambda n: pa.array([2**63 - 1] * n),
    "huger": lambda n: pa.array([2**64 - 1] * n, pa.uint64()),
    "huge or none": lambda n: pa.array([2**53 + 1, *[None] * (n - 1)]),
    "huge words": lambda n: pa.array([2**63 - 1] * n).dictionary_encode(),
    "negative": lambda n: pa.array([-7] * n),
    "decimal": lambda n: pa.array([Decimal("2015.5")] * n),
    "big decimal": lambda n: pa.array([Decimal(10) ** 70] * n, pa.decimal256(76, 0)),
    "small": lambda n: pa.array([7.5] * n, pa.float16()),
    "date": lambda n: pa.array([datetime.date(2015, 1, 1)] * n),
    "moment": lambda n: pa.array([datetime.datetime(2015, 1, 1)] * n),
    "moment in Berlin": lambda n: pa.array([0] * n, pa.timestamp("s", "Europe/Berlin")),
    "clock": lambda n: pa.array([datetime.time(12)] * n),
    "span": lambda n: pa.array([7] * n, pa.duration("s")),
    "year": lambda n: pa.array([2015] * n, pa.int16()),
    "half a year": lambda n: pa.array([2015.5] * n),
    "year and none": lambda n: pa.array([2015, *[None] * (n - 1)]),
    "far year": lambda n: pa.array([20150] * n),
    "long word": lambda n: pa.array(["x" * 10**5] * n),
    "view": lambda n: pa.array(["SE11"] * n, pa.string_view()),
    "bytes view": lambda n: pa.array([b"7"] * n, pa.binary_view()),
    "words none": lambda n: pa.array(["C", *[None] * (n - 1)]).dictionary_encode(),
    "a null word": lambda n: pa.DictionaryArray.from_arrays(
        pa.array([0] * n, pa.int8()), pa.array([None, "C"], pa.string())
    ),
    "null numbers": lambda n: pa.DictionaryArray.from_arrays(
        pa.array([0] * n, pa.int8()), pa.array([None, 7], pa.int64())
    ),
    "words twice": lambda n: pa.DictionaryArray.from_arrays(
        pa.array([i % 2 for i in range(n)], pa.int8()), pa.array(["C", "C"])
    ),
    "wide words": lambda n: (
        pa.array(["7"] * n).dictionary_encode().cast(pa.dictionary(pa.int64(), pa.string()))
    ),
    "numbers of bits": lambda n: pa.array([i % 200 for i in range(n)], pa.uint8()),
    "runs": lambda n: pa.RunEndEncodedArray.from_arrays(pa.array([n], pa.int32()), pa.array([7])),
    "texts": lambda n: pa.array([("7", "7 d", "x", ":c", "1,5")[i % 5] for i in range(n)]),
    "months": lambda n: pa.array([(1, 2, 3)] * n, pa.month_day_nano_interval()),
}
STRANGENESS = ("type", "type", "name", "twice", "again", "gone", "rename", "drop")


def strangeness(number: int) -> tuple[str, int, str]:
    """Damage to a table: a way, a number that chooses the place, a kind of column."""
    choice = Choice(number)
    way, kind = choice.of(STRANGENESS), choice.of(sorted(ODD))
    return way, choice.left, kind


STRANGE = st.lists(NUMBERS.map(strangeness), min_size=1, max_size=2)


def estranged(table: pa.Table, changes: list[tuple[str, int, str]], runs: bool = True) -> pa.Table:
    """The table after the damage."""
    for way, place, kind in changes:
        choice = Choice(place)
        at = choice.of(range(table.num_columns)) if table.num_columns else 0
        if way == "type" and table.num_rows and (runs or kind not in NOT_STORED):
            table = table.set_column(at, table.column_names[at], ODD[kind](table.num_rows))
        elif way == "name":
            names = list(table.column_names)
            names[at] = choice.of(("status", "time", "measure", "value", "", "employment_upper"))
            table = table.rename_columns(names)
        elif way == "twice":
            table = table.append_column(table.column_names[at], table.column(at))
        elif way == "again":
            table = pa.concat_tables([table, table.slice(0, 1)])
        elif way == "gone":
            table = table.slice(0, 0)
        elif way == "rename":
            names = list(table.column_names)
            table = table.rename_columns([*names[:at], f"{names[at]} ", *names[at + 1 :]])
        elif way == "drop" and table.num_columns > 1:
            table = table.remove_column(at)
    return table


NOT_STORED = ("runs", "months", "view", "bytes view")
"""What Parquet has no place for, or stores as something else."""


def listed_rows(table: pa.Table) -> list[list[Any]]:
    """The rows as Python values."""
    columns = [plain(table.column(i)) for i in range(table.num_columns)]
    return [list(row) for row in zip(*columns, strict=True)]


def plain(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; what Python cannot hold stays away."""
    try:
        return column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowInvalid):
        return [object()] * len(column)
