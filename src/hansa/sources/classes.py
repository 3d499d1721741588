"""Size classes beside hidden cells: a letter that says between which numbers a value lies.

American tables print such a letter beside an empty cell or a 0 that is no zero. Source of the
letters: U.S. Census Bureau, County Business Patterns, record layout (`EMPFLAG`), up to 2017.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hansa.errors import HansaError
from hansa.law import Flags, Floats, bit
from hansa.sources.cells import as_text, to_numpy
from hansa.sources.spec import FactsSpec, declared

US_CBP: dict[str, tuple[float, ...]] = {
    "A": (0, 19),
    "B": (20, 99),
    "C": (100, 249),
    "E": (250, 499),
    "F": (500, 999),
    "G": (1_000, 2_499),
    "H": (2_500, 4_999),
    "I": (5_000, 9_999),
    "J": (10_000, 24_999),
    "K": (25_000, 49_999),
    "L": (50_000, 99_999),
    "M": (100_000,),
}


@dataclass(frozen=True)
class SizeClasses:
    """Size classes of rows; all arrays have one place a row.

    lower  least value of the class, NaN where a row has none
    upper  greatest value, infinite where the class is open, NaN where a row has none
    place  position in `names`
    """

    lower: Floats
    upper: Floats
    place: np.ndarray
    names: tuple[str, ...]

    def withheld(self, value: Floats) -> np.ndarray:
        """Where the class stands in place of the value: beside an empty cell or a 0."""
        return np.asarray(~np.isnan(self.lower) & (np.isnan(value) | (value == 0)))

    def outside(self, lower: Floats, upper: Floats) -> np.ndarray:
        """Where nothing between two bounds lies in the class; False where either is unknown."""
        return np.asarray((lower > self.upper) | (upper < self.lower))

    def narrowed(self, value: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """The bounds within the class where there is no value; NaN at an end that stays open."""
        gap = np.isnan(value) & ~np.isnan(self.lower)
        low = np.where(gap, np.fmax(lower, self.lower), lower)
        high = np.where(gap, np.fmin(upper, self.upper), upper)
        return low, np.where(np.isinf(high), np.nan, high)

    def text(self, row: int) -> str:
        """The class of a row with its range."""
        return f"{self.names[self.place[row]]} ({_range(self.lower[row], self.upper[row])})"


def size_classes(
    column: pa.ChunkedArray, name: str, spec: FactsSpec, place: str, numbered: Callable[[int], int]
) -> SizeClasses:
    """The classes of a column; an empty cell or a mark of a missing value is none.

    Raises HansaError for a class that the description does not know.
    """
    known = ranges_of(spec)
    text = pc.fill_null(pc.utf8_trim_whitespace(as_text(column, name, place)), "")
    words = pc.dictionary_encode(text.combine_chunks())
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    names = tuple(words.dictionary.to_pylist())
    index = to_numpy(words.indices)
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    for i, own in enumerate(names):
        if own in known:
            low[i], high[i] = (*known[own], np.inf)[:2]
        elif own not in ("", *spec.missing):
            row = int(np.argmax(index == i))
            raise _unknown(own, known, f"{place}, row {numbered(row)}, column {name}")
    return SizeClasses(low[index], high[index], index, names)


def hidden(value: Floats, flags: Flags | None, where: np.ndarray) -> tuple[Floats, Flags | None]:
    """Values and flags with confidential cells in some places: absent, status `c`."""
    if not where.any():
        return value, flags
    own = np.multiply(where, bit("c"), dtype=np.uint64)
    return np.where(where, np.nan, value), own if flags is None else flags | own


def outside(
    classes: SizeClasses, row: int, bounds: tuple[float, float], place: str, names: str
) -> HansaError:
    """A number contradicts the class beside it."""
    low, high = bounds
    printed = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    own = classes.names[classes.place[row]]
    return HansaError(
        "a value lies outside its size class",
        place=f"{place}, columns {names}",
        printed=f"{printed} beside {classes.text(row)}",
        admissible="a value inside the class; an empty cell or 0 where it is withheld",
        fix="correct the row, or say what the class means: "
        f"classes = {{ {own} = [LEAST, MOST], … }} in study.toml or NAME.meta.toml",
    )


def step_of(spec: FactsSpec, measure: str) -> list[str]:
    """What the recipe says of size classes."""
    name = spec.columns.get(f"{measure}_class")
    if not name:
        return []
    kind = spec.classes if isinstance(spec.classes, str) else "declared by the table"
    return [f"size classes of {name} taken as bounds of empty cells and zeros ({kind})"]


def ranges_of(spec: FactsSpec) -> dict[str, tuple[float, ...]]:
    """Class -> least and greatest value; the least alone where the class is open."""
    return US_CBP if isinstance(spec.classes, str) else spec.classes


def _unknown(text: str, known: dict[str, tuple[float, ...]], place: str) -> HansaError:
    return HansaError(
        "a size class is not known",
        place=place,
        printed=repr(text),
        admissible=", ".join(f"{own} ({_range(*(*r, np.inf)[:2])})" for own, r in known.items()),
        fix="correct it, declare the classes of the table: classes = { "
        f"{text if text.isalnum() else repr(text)} = [LEAST, MOST], … }}, or name the mark as no "
        "class: " + declared("missing", text, many=True),
    )


def _range(low: float, high: float) -> str:
    return f"{low:.15g} and more" if np.isinf(high) else f"{low:.15g} to {high:.15g}"
