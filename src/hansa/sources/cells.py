"""Text cells to numbers with flags: pure, vectorised, and able to name the cell it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError
from hansa.law import MEANING, Flags, Floats, flags_from_text

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_WITH_FLAGS = re.compile(r"^([+-]?\d*\.?\d*(?:[eE][+-]?\d+)?)\s*[:|]?\s*([A-Za-z]{0,4})$")


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
    `numbered` gives the row number in the file of a position in the column.
    Raises HansaError naming `place`, the row and the column.
    """
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    empty = pc.is_in(pc.fill_null(text, ""), value_set=pa.array(["", *missing]))
    plain = _plain(text, decimal, thousands)
    number = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), False)
    odd = pc.and_(pc.invert(number), pc.invert(empty))
    parsed = pc.cast(pc.if_else(pc.and_(number, pc.invert(empty)), plain, None), pa.float64())
    values = _floats(parsed)
    if not pc.any(odd).as_py():
        return values, None
    flags = np.zeros(len(values), np.uint64)
    for row in np.flatnonzero(np.asarray(odd.to_pylist())):
        cell = text[int(row)].as_py()
        value, bits = _cell_with_flags(cell, decimal, thousands) or _refuse(
            cell, f"{place}, row {numbered(int(row))}, column {name}", decimal
        )
        values[row], flags[row] = value, bits
    return values, flags


def _plain(text: pa.ChunkedArray, decimal: str, thousands: str) -> pa.ChunkedArray:
    if thousands:
        text = pc.replace_substring(text, thousands, "")
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


def _cell_with_flags(cell: str, decimal: str, thousands: str) -> tuple[float, int] | None:
    text = cell.replace(thousands, "") if thousands else cell
    if decimal != ".":
        text = text.replace(decimal, ".")
    match = _WITH_FLAGS.match(text)
    if not match or not (match[2] or cell in (":", "|")):
        return None
    if not match[1] and cell[0] not in ":|" and not _bare_flags(match[2]):
        return None
    try:
        value = float(match[1]) if match[1] else float("nan")
        return value, flags_from_text(match[2])
    except ValueError:
        return None


def _bare_flags(text: str) -> bool:
    """One or two known flags stand for an absent value; a word of letters is a word."""
    return len(text) <= 2 and set(text) <= set(MEANING)


def _refuse(cell: str, place: str, decimal: str) -> tuple[float, int]:
    if re.fullmatch(r"[+-]?\d{1,3}([  '’]\d{3})+([.,]\d+)?", cell) or re.fullmatch(
        r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", cell
    ):
        mark = re.sub(r"[\d+-]", "", cell)[0]
        raise HansaError(
            "a number has thousands separators",
            place=place,
            printed=repr(cell),
            admissible="digits only, such as " + re.sub(r"[^\d.+-]", "", cell),
            fix=f"remove them, or say which mark it is: thousands = {mark!r} "
            "in the study or the header file",
        )
    if decimal == "." and re.fullmatch(r"[+-]?\d+,\d+", cell):
        raise HansaError(
            "a number has a decimal comma",
            place=place,
            printed=repr(cell),
            admissible="a decimal point: " + cell.replace(",", "."),
            fix="say so: decimal = ',' in the study or the header file",
        )
    raise HansaError(
        "text stands where a number is needed",
        place=place,
        printed=repr(cell),
        admissible="a number such as 1234 or 1234.5; an empty cell for a missing value",
        fix=f"correct the cell, or name the mark as missing: missing = [{cell!r}] "
        "in the study or the header file",
    )
