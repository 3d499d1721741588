"""Text cells to numbers with flags: pure, vectorised, and able to name the cell it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError
from hansa.law import MEANING, Flags, Floats, flags_from_text
from hansa.sources.spec import declared

SPACES = "\u00a0\u2007\u2008\u2009\u200a\u202f\u3000"
"""Spaces between thousands as publishers print them; `thousands = " "` stands for all."""

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_WITH_FLAGS = re.compile(
    r"^(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)?"
    r"\s*(?P<mark>[:|])?\s*(?P<flags>[A-Za-z]{0,4})$"
)


def numbers(
    column: pa.ChunkedArray | pa.Array,
    name: str,
    place: str,
    *,
    missing: tuple[str, ...] = (),
    decimal: str = ".",
    thousands: str = "",
    numbered: Callable[[int], int] = lambda i: i + 1,
) -> tuple[Floats, Flags | None]:
    """Numbers of a text column: float64 with NaN where missing, and the flags found in cells.

    A cell may carry its flag beside the number (`7089 d`) or instead of it (`:c`).
    Thousands must stand in groups of three. `numbered` gives the row number in the file of a
    position in the column. Raises HansaError naming `place`, the row and the column.
    """
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    empty = pc.is_in(pc.fill_null(text, ""), value_set=pa.array(["", *missing]))
    plain = _plain(text, decimal, thousands)
    number = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), False)
    odd = pc.and_(pc.invert(number), pc.invert(empty))
    parsed = pc.cast(pc.if_else(pc.and_(number, pc.invert(empty)), plain, None), pa.float64())
    values = _floats(parsed)
    if (endless := np.isinf(values)).any():
        row = int(np.argmax(endless))
        raise infinite(f"{place}, row {numbered(row)}, column {name}", repr(text[row].as_py()))
    if not pc.any(odd).as_py():
        return values, None
    flags = np.zeros(len(values), np.uint64)
    met: dict[str, tuple[float, int]] = {}
    for row, cell in zip(positions(odd), text.filter(odd).to_pylist(), strict=True):
        if cell not in met:
            where = f"{place}, row {numbered(int(row))}, column {name}"
            found = _cell_with_flags(cell, decimal, thousands)
            met[cell] = found or _refuse(cell, where, decimal, thousands)
        values[row], flags[row] = met[cell]
    return values, flags


def refuse_two_ways(
    column: pa.ChunkedArray, name: str, place: str, numbered: Callable[[int], int]
) -> None:
    """Raise where the points of a text column may part thousands as well as be decimal.

    They may where each has three digits behind it and one to three before it, the first no zero.
    """
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if not text or not any(map(_has_point, column.chunks)):
        return
    own = pc.fill_null(pc.match_substring_regex(column, POINTED), False)
    fitting = pc.fill_null(pc.match_substring_regex(column.filter(own), POINT_OF_TWO), False)
    if len(fitting) and pc.all(fitting).as_py():
        row = int(positions(own)[0])
        raise point_of_two(column[row].as_py(), f"{place}, row {numbered(row)}, column {name}")


def point_of_two(printed: str, place: str) -> HansaError:
    """A cell such as `1.200` of a column in which every point may be one of two."""
    cell = printed.strip()
    return HansaError(
        "a point may part thousands or be the decimal mark",
        place=place,
        printed=f"{cell!r}, and three digits behind every point of the column",
        admissible="one of the two, said in the description",
        fix=f"{cell.replace('.', '')} is meant: {declared('thousands', '.')}; "
        f"{declared('decimal', ',')}; {cell} is meant: {declared('decimal', '.')}",
    )


def _has_point(array: pa.Array) -> bool:
    """False where no text has a point; looking at the bytes takes a tenth of the time of texts."""
    content = array.buffers()[2]
    return content is not None and bool((np.frombuffer(content, np.uint8) == ord(".")).any())


POINTED = r"^\s*[+-]?\d*\.\d"
"""A number with a point and digits behind it."""
POINT_OF_TWO = r"^\s*[+-]?[1-9]\d{0,2}\.\d{3}([^\d.eE]|$)"


def positions(mask: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Positions where a null-free Boolean column is true."""
    array = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    return np.flatnonzero(to_numpy(pc.cast(array, pa.uint8())))


def infinite(place: str, printed: str) -> HansaError:
    """A number is greater than any number a computer holds."""
    return HansaError(
        "a value is infinite",
        place=place,
        printed=printed,
        admissible="a finite number; an empty cell for a missing value",
        fix="correct the cell, or leave it empty",
    )


def _plain(text: pa.ChunkedArray, decimal: str, thousands: str) -> pa.ChunkedArray:
    """The texts with a decimal point and without marks between thousands that stand right."""
    if thousands:
        mark = f"[{SPACES} ]" if thousands == " " else re.escape(thousands)
        grouped = rf"^[+-]?\d{{1,3}}({mark}\d{{3}})+({re.escape(decimal)}\d*)?$"
        joined = pc.replace_substring_regex(text, mark, "")
        text = pc.if_else(pc.match_substring_regex(text, grouped), joined, text)
    if decimal != ".":
        text = pc.replace_substring(pc.replace_substring(text, ".", "?"), decimal, ".")
    return text


def _floats(column: pa.ChunkedArray | pa.Array) -> Floats:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return to_numpy(pc.fill_null(array, float("nan"))).copy()


def to_numpy(array: pa.Array) -> np.ndarray:
    """A null-free primitive Arrow array as a NumPy view, without a detour through pandas."""
    if len(array) == 0:
        return np.zeros(0, array.type.to_pandas_dtype())
    return np.from_dlpack(array)


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A dictionary column, or one of runs, as a plain one that Arrow can filter."""
    kind = _plain_type(column.type)
    if kind == column.type:
        return column
    return pa.chunked_array([_decoded(chunk) for chunk in column.chunks], kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of an encoding; Arrow cannot take from views yet."""
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_string_view(kind):
        return pa.string()
    return pa.binary() if pa.types.is_binary_view(kind) else kind


def _decoded(array: pa.Array) -> pa.Array:
    """One piece decoded; `pc.run_end_decode` knows neither words nor views."""
    if pa.types.is_dictionary(array.type):
        return _decoded(array.dictionary).take(array.indices)
    if pa.types.is_run_end_encoded(array.type):
        places = np.arange(array.offset, array.offset + len(array))
        run = np.searchsorted(to_numpy(array.run_ends), places, side="right")
        return _decoded(array.values).take(pa.array(run))
    return pc.cast(array, _plain_type(array.type))


def as_text(column: pa.ChunkedArray, name: str, place: str) -> pa.ChunkedArray:
    """A column of any plain type as text."""
    try:
        return pc.cast(decoded(column), pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
        raise HansaError(
            f"the column {name} cannot be read as text",
            place=place,
            printed=str(column.type),
            admissible="text or numbers",
            fix="store the column as text",
        ) from problem


def _cell_with_flags(cell: str, decimal: str, thousands: str) -> tuple[float, int] | None:
    """Number and flags of a cell that holds both, or flags alone; None for anything else."""
    head, flags = re.fullmatch(r"(.*?)\s*([:|]?\s*[A-Za-z]{0,4})", cell, re.DOTALL).groups()  # type: ignore[union-attr]
    number = _plain(pa.chunked_array([[head]], pa.string()), decimal, thousands)[0].as_py()
    match = _WITH_FLAGS.match(f"{number}{flags}")
    if not match or not (match["flags"] or cell in (":", "|")):
        return None
    if match["number"]:
        usual = _known(match["flags"], 3) and "m" not in match["flags"].lower()
        value = float(match["number"])
        if not usual or np.isinf(value):
            return None
        return value, flags_from_text(match["flags"])
    if not match["mark"] and not _known(match["flags"], 2):
        return None
    return float("nan"), flags_from_text(match["flags"])


def _known(text: str, most: int) -> bool:
    """A few known flags are flags; a word of letters, such as a unit, is a word."""
    letters = text.lower()
    return len(letters) <= most and len(set(letters)) == len(letters) and set(letters) <= _LETTERS


_LETTERS = {name for name in MEANING if len(name) == 1}
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:(?P<mark>[,.'’ {SPACES}])\d{{3}})(?:(?P=mark)\d{{3}})*")


def _refuse(cell: str, place: str, decimal: str, thousands: str) -> tuple[float, int]:
    grouped = _GROUPED.match(cell)
    rest = cell[grouped.end() :] if grouped else ""
    mark = grouped["mark"] if grouped else ""
    other = "." if mark == "," else ","
    if grouped and mark != thousands and re.fullmatch(rf"([{decimal}{other}]\d+)?", rest):
        _refuse_thousands(cell, place, mark, rest, decimal)
    if decimal == "." and re.fullmatch(r"[+-]?\d+,\d+", cell):
        raise HansaError(
            "a number has a decimal comma",
            place=place,
            printed=repr(cell),
            admissible="a decimal point: " + cell.replace(",", "."),
            fix="say so: " + declared("decimal", ","),
        )
    if decimal == "," and re.fullmatch(r"[+-]?\d+\.\d+", cell):
        raise HansaError(
            "a number has a decimal point, though decimal = ',' is declared",
            place=place,
            printed=repr(cell),
            admissible="one kind of decimal mark: " + cell.replace(".", ","),
            fix="leave out decimal = ',', or correct the cell",
        )
    raise HansaError(
        "text stands where a number is needed",
        place=place,
        printed=repr(cell),
        admissible="a number such as 1234 or 1234.5; an empty cell for a missing value",
        fix="correct the cell, or name the mark as missing: "
        + declared("missing", cell, many=True),
    )


def _refuse_thousands(cell: str, place: str, mark: str, rest: str, decimal: str) -> None:
    """The number has marks between thousands; say how to declare them."""
    own = " " if mark in SPACES else mark
    digits = re.sub(r"[^\d+-]", "", cell[: len(cell) - len(rest)])
    comma = rest.startswith(",") and decimal == "."
    # A point in groups of three needs the comma to be the decimal mark.
    comma = comma or (mark == "." and decimal == ".")
    ways = [declared("thousands", own)] + ([declared("decimal", ",")] if comma else [])
    doubt = mark == "," and decimal == "." and not rest and cell.count(",") == 1
    raise HansaError(
        "a number has thousands separators",
        place=place,
        printed=repr(cell),
        admissible="digits only, such as "
        + digits
        + rest.replace(",", ".")
        + (f"; or {cell.replace(',', '.')}, if the comma is a decimal mark" if doubt else ""),
        fix="remove them, or say which mark it is: " + "; ".join(ways),
    )
