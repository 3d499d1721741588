"""A facts table of one measure laid out for checks, and what a check says of a place in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hansa.axes import Axis
from hansa.cube import Cube
from hansa.errors import Severity
from hansa.facts.check_words import some, with_mark
from hansa.language import _
from hansa.law import Flags, Floats, Quantity

Bools = npt.NDArray[np.bool_]
Key = tuple[int, int, int]
"""Positions of a cell: year, activity, region."""

_UNITS = tuple(m * 10.0**k for k in range(-6, 10) for m in (1, 5))
_KEPT = 0.98
"""Share of the numbers of one size that have to be multiples of a unit to be called rounded."""
_ENOUGH = 20
_SAMPLE = 2000


@dataclass(frozen=True)
class Cells:
    """All years of one measure; arrays have the shape (years, activities, regions).

    value   NaN where absent
    flags   bit sets, None where no cell has a status
    half    half of the unit that a number is rounded to: how far the truth may be away
    unit    the smallest unit of the table, such as 1 person or 0.1 thousand persons
    listed  True where the table has a row
    """

    cube: Cube
    measure: str
    value: Floats
    flags: Flags | None
    half: Floats
    unit: float
    listed: Bools

    @property
    def activity(self) -> Axis:
        """The activities."""
        return self.cube.activity

    @property
    def geo(self) -> Axis:
        """The regions."""
        return self.cube.geo

    @property
    def years(self) -> tuple[int, ...]:
        """The years."""
        return self.cube.years

    @cached_property
    def positive(self) -> Floats:
        """The values, NaN where absent or not above zero."""
        return np.where(self.value > 0, self.value, np.nan)

    def name(self, key: Key) -> str:
        """A cell for people."""
        t, a, g = key
        return _(
            "geo {geo}, activity {activity}, time {time}",
            geo=self.geo.codes[g],
            activity=self.activity.codes[a],
            time=self.years[t],
        )

    def at(self, key: Key) -> float:
        """The value of a cell."""
        return float(self.value[key])


@dataclass(frozen=True)
class Spot:
    """A finding before it is put into words for a file.

    cells   the cells it speaks of; their rows are looked up
    where   what stands in the place in their stead, for a whole region, activity or year
    weight  the gravest are shown first
    """

    severity: Severity
    rule: str
    cells: tuple[Key, ...]
    printed: str
    admissible: str
    fix: str
    where: str = ""
    weight: float = 0.0


def laid_out(cube: Cube, measure: str) -> Cells:
    """Every year of a cube as arrays. Raises HansaError for a key that stands twice."""
    years = [cube.load(time) for time in cube.years]
    laid = [cube.laid_out(time, rows) for time, rows in zip(cube.years, years, strict=True)]
    value = np.stack([q.value for q in laid])
    listed = np.zeros(value.shape, bool)
    for own, rows in zip(listed, years, strict=True):
        own.ravel()[rows.listed.places(value.shape[2])] = True
    half, unit = half_units(value[listed])
    wide = np.zeros(value.shape)
    wide[listed] = half
    wide = _declared(wide, laid)
    return Cells(cube, measure, value, _flags(laid), wide, unit, listed)


def _flags(laid: list[Quantity]) -> Flags | None:
    if all(q.flags is None for q in laid):
        return None
    return np.stack([np.zeros(q.shape, np.uint64) if q.flags is None else q.flags for q in laid])


def _declared(half: Floats, laid: list[Quantity]) -> Floats:
    """Where the table carries bounds, a number may be as far away as they say."""
    for own, q in zip(half, laid, strict=True):
        if q.lower is not None and q.upper is not None:
            reach = np.maximum(q.upper - q.value, q.value - q.lower)
            np.fmax(own, reach, out=own)
    return half


def half_units(values: Floats) -> tuple[Floats, float]:
    """Half of the rounding unit of every number, and the smallest unit of all.

    Numbers of one order of magnitude share a unit: the greatest one of 1, 5, 10, 50, … that nearly
    all of them are multiples of. Larger numbers are never rounded less than smaller ones.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        decade = np.floor(np.log10(np.abs(values)) + 1e-9)
    half = np.zeros(values.shape)
    known = np.isfinite(decade)
    smallest = unit = unit_of(values[known])
    for k in np.unique(decade[known]):
        own = known & (decade == k)
        if own.sum() >= _ENOUGH:
            unit = max(unit, unit_of(values[own], 10.0**k))
        half[own] = unit / 2
    half[values == 0] = smallest / 2
    return half, smallest


def unit_of(values: Floats, most: float = np.inf) -> float:
    """The greatest unit up to `most` that nearly all values are multiples of, 0 for none.

    A few numbers may all be multiples of ten by chance: they count as whole ones.
    """
    if not values.size:
        return 0.0
    most = most if values.size >= _ENOUGH else min(most, 1.0)
    some = values[:: max(1, values.size // _SAMPLE)]
    for unit in reversed(_UNITS):
        if unit > most or multiples(some, unit).mean() < _KEPT - 0.03:
            continue
        if multiples(values, unit).mean() >= _KEPT:
            return unit
    return 0.0


def multiples(values: Floats, unit: float) -> Bools:
    """True where a value is a whole number of units, but for the last digits a float keeps."""
    count = values / unit
    slack = np.maximum(1e-6, np.abs(count) * 1e-12)
    near = np.round(count)
    result: Bools = (np.abs(count - near) <= slack) & ((near != 0) | (values == 0))
    return result


def middle(values: Floats, axis: int) -> Floats:
    """Median along an axis without the absent ones, NaN where none is there; axes are kept."""
    ordered = np.sort(values, axis=axis)
    count = np.sum(~np.isnan(ordered), axis=axis, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis)
    result: Floats = np.where(count > 0, (low + high) / 2, np.nan)
    return result


def number(value: float) -> str:
    """A number as a table prints it: no more digits than it has."""
    if np.isnan(value):
        return _("nothing")
    if abs(value) < 1e15 and value == round(value):
        return f"{value:.0f}"
    return with_mark(f"{value:.6g}")


def span(low: float, high: float) -> str:
    """Two ends of what is admissible."""
    low = max(low, 0.0)
    if np.isinf(high):
        return _("{low} or more", low=number(low))
    return number(low) if low == high else _("{low} to {high}", low=number(low), high=number(high))


def heaviest(spots: Iterable[Spot]) -> list[Spot]:
    """The gravest first; equal ones in the order they were found."""
    return sorted(spots, key=lambda s: -s.weight)


def named(axis: Axis, nodes: Sequence[int], most: int = 4) -> str:
    """Codes of some positions, the rest counted."""
    return some([axis.codes[i] for i in nodes], most)
