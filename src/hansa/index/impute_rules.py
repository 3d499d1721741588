"""Rules that look along a column: over the year, over a group, or back over the years of a unit.

Methods: index, section 2.2. Values are rows by columns on the raw scale, NaN for a gap; a row is
a unit in a year. Cells `marked` as filled earlier are kept and never used.
Sources: OECD/JRC Handbook (2008), step 3; conventions of COINr 1.1 (Impute).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hansa.errors import HansaError, UsageError
from hansa.index.tree import Floats, Ints

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

MIN_FREEDOM = 3
"""Residual degrees of freedom below which a regression is refused."""

LEFT, NO_VALUE, NO_GROUP, EMPTY_GROUP, NOTHING_EARLIER, TOO_OLD = range(1, 7)
UNIT_EMPTY, ONE_VALUE, FEW_SIBLINGS, NO_PREDICTOR, FEW_FREEDOM, NO_DONOR = range(7, 13)

REASONS = (
    "",
    "gaps of this indicator are left",
    "no unit has a value that year",
    "the unit is in no group",
    "no unit of the group has a value that year",
    "the unit has no earlier value",
    "the last value is older than the rule looks back",
    "the unit has no value in any year",
    "the unit has one value only: no line through one point",
    "too few other indicators of the family have a value",
    "a predictor is missing",
    f"fewer than {MIN_FREEDOM} residual degrees of freedom",
    "no unit with a value shares enough indicators",
)
"""Why a cell stayed empty, by its code."""


@dataclass(frozen=True)
class Filled:
    """What a rule made of a table (all rows x columns).

    x       values; observed cells as they were
    mask    cells this rule filled
    reason  why a cell is still empty, a position in `REASONS`; 0 elsewhere
    """

    x: Floats
    mask: Bools
    reason: Codes

    def left(self) -> list[tuple[int, int, str]]:
        """Row, column and reason of each cell that could not be filled."""
        rows, columns = np.nonzero(self.reason)
        codes = self.reason[rows, columns]
        return [(int(i), int(j), REASONS[c]) for i, j, c in zip(rows, columns, codes, strict=True)]


def none(x: Floats) -> Filled:
    """Leave every gap."""
    return filled_with(x, np.full(x.shape, np.nan), LEFT)


def mean(x: Floats, time: Ints, marked: Bools | None = None) -> Filled:
    """The mean of the units available in the year."""
    return filled_with(x, _means(originals(x, marked), places(time)), NO_VALUE)


def median(x: Floats, time: Ints, marked: Bools | None = None) -> Filled:
    """The median of the units available in the year."""
    return filled_with(x, _medians(originals(x, marked), places(time)), NO_VALUE)


def group_mean(x: Floats, time: Ints, group: Ints, marked: Bools | None = None) -> Filled:
    """The mean of the units of the same group available in the year; group -1 is none."""
    return _by_group(_means, x, time, group, marked)


def group_median(x: Floats, time: Ints, group: Ints, marked: Bools | None = None) -> Filled:
    """The median of the units of the same group available in the year; group -1 is none."""
    return _by_group(_medians, x, time, group, marked)


def panel_latest(
    x: Floats, unit: Ints, time: Ints, max_back: int | None = None, marked: Bools | None = None
) -> Filled:
    """The unit's last earlier value, at most `max_back` panel years old.

    Panel years are the years of the table, in order. Raises UsageError if max_back < 1.
    """
    if max_back is not None and max_back < 1:
        raise UsageError(
            "max_back must be 1 or more",
            printed=str(max_back),
            admissible="a number of panel years, or nothing for all",
            fix="leave max_back out to look back over all years",
        )
    cube, at, _ = _cube(originals(x, marked), unit, time)
    last = _last_seen(cube)
    age = np.arange(cube.shape[1])[None, :, None] - last
    value = np.where((last >= 0) & (age <= (max_back or cube.shape[1])), _pick(cube, last), np.nan)
    return filled_with(x, value[at], np.where(last < 0, NOTHING_EARLIER, TOO_OLD)[at])


def panel_constant(x: Floats, unit: Ints, time: Ints, marked: Bools | None = None) -> Filled:
    """The unit's last value carried forward; before its first value, the first."""
    cube, at, _ = _cube(originals(x, marked), unit, time)
    last, following = _last_seen(cube), _next_seen(cube)
    return filled_with(x, _pick(cube, np.where(last < 0, following, last))[at], UNIT_EMPTY)


def panel_linear(
    x: Floats, unit: Ints, time: Ints, single: str = "missing", marked: Bools | None = None
) -> Filled:
    """On the line between the unit's neighbouring values, in calendar time; ends held constant.

    A unit with one value: left (`single` = missing) or held constant (`single` = constant).
    """
    if single not in ("missing", "constant"):
        raise UsageError(
            "a unit with one value is left or held constant",
            printed=f"single = {single!r}",
            admissible="missing or constant",
            fix="choose one of the two",
        )
    cube, at, years = _cube(originals(x, marked), unit, time)
    last, following = _last_seen(cube), _next_seen(cube)
    before = np.where(last < 0, following, last)
    after = np.where(following < 0, last, following)
    low, high = _pick(cube, before), _pick(cube, after)
    start, end = years[before], years[after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(end > start, (years[None, :, None] - start) / (end - start), 0.0)
    value = low + share * (high - low)
    count = np.count_nonzero(~np.isnan(cube), axis=1)[:, None, :]
    if single == "missing":
        value = np.where(count == 1, np.nan, value)
    reason = np.broadcast_to(np.where(count == 1, ONE_VALUE, UNIT_EMPTY), cube.shape)
    return filled_with(x, value[at], reason[at])


def originals(x: Floats, marked: Bools | None) -> Floats:
    """Values without those an earlier step filled."""
    return x if marked is None else np.where(marked, np.nan, x)


def places(time: Ints, group: Ints | None = None) -> Ints:
    """One number for each year, or for each group in each year (rows,)."""
    years: Ints = np.unique(time, return_inverse=True)[1].ravel()
    if group is None:
        return years
    groups = np.unique(group, return_inverse=True)[1].ravel()
    return np.unique(years * (groups.max(initial=0) + 1) + groups, return_inverse=True)[1].ravel()


def filled_with(x: Floats, value: Floats, reason: int | npt.NDArray[np.integer]) -> Filled:
    """The gaps of x from `value`; where that is missing too, the reason."""
    gap = np.isnan(x)
    mask = gap & ~np.isnan(value)
    why = np.where(gap & ~mask, reason, 0).astype(np.uint8)
    return Filled(np.where(mask, value, x), mask, why)


def _by_group(
    centre: Callable[[Floats, Ints], Floats],
    x: Floats,
    time: Ints,
    group: Ints,
    marked: Bools | None,
) -> Filled:
    value = centre(originals(x, marked), places(time, group))
    alone = (group < 0)[:, None]
    return filled_with(x, np.where(alone, np.nan, value), np.where(alone, NO_GROUP, EMPTY_GROUP))


def over(way: np.ufunc, x: Floats, place: Ints) -> Floats:
    """A sum, minimum or maximum over the rows of each place, at each of its rows."""
    if not place.size:
        return x
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    out: Floats = way.reduceat(x[order], starts, axis=0)[place]
    return out


def _means(x: Floats, place: Ints) -> Floats:
    there = ~np.isnan(x)
    with np.errstate(invalid="ignore"):
        return over(np.add, np.where(there, x, 0.0), place) / over(
            np.add, there.astype(float), place
        )


def _medians(x: Floats, place: Ints) -> Floats:
    """Sort by value, then by place without disturbing that order; take the middle."""
    if not place.size:
        return x
    by_value = np.argsort(x, axis=0, kind="stable")
    order = np.take_along_axis(by_value, np.argsort(place[by_value], axis=0, kind="stable"), axis=0)
    ordered = np.take_along_axis(x, order, axis=0)
    starts = np.searchsorted(np.sort(place), np.arange(place.max() + 1))[place][:, None]
    n = over(np.add, (~np.isnan(x)).astype(float), place).astype(np.int64)
    low, high = (starts + np.maximum(n - 1, 0) // 2, starts + np.minimum(n // 2, np.maximum(n, 1)))
    pick = (np.take_along_axis(ordered, np.minimum(i, len(x) - 1), axis=0) for i in (low, high))
    value = np.add(*pick) / 2
    return np.where(n > 0, value, np.nan)


def _cube(x: Floats, unit: Ints, time: Ints) -> tuple[Floats, tuple[Ints, Ints], Floats]:
    """Units x panel years x columns; where each row stands in it; the years."""
    units, u = np.unique(unit, return_inverse=True)
    years, t = np.unique(time, return_inverse=True)
    u, t = u.ravel(), t.ravel()
    flat = np.sort(u * years.size + t)
    if (twice := flat[1:][flat[1:] == flat[:-1]]).size:
        raise HansaError(
            "a unit has two rows for one year",
            place=f"unit {units[twice[0] // years.size]}, year {years[twice[0] % years.size]}",
            printed=f"{np.count_nonzero(flat == twice[0])} rows",
            admissible="one row a unit and year",
            fix="remove the others",
        )
    cube = np.full((units.size, years.size, x.shape[1]), np.nan)
    cube[u, t] = x
    return cube, (u, t), years.astype(float)


def _last_seen(cube: Floats) -> Ints:
    """Position of the latest year with a value, up to each year; -1 for none."""
    year = np.arange(cube.shape[1])[None, :, None]
    seen: Ints = np.maximum.accumulate(np.where(np.isnan(cube), -1, year), axis=1)
    return seen


def _next_seen(cube: Floats) -> Ints:
    """Position of the first year with a value, from each year on; -1 for none."""
    behind = _last_seen(cube[:, ::-1])[:, ::-1]
    return np.where(behind < 0, -1, cube.shape[1] - 1 - behind)


def _pick(cube: Floats, position: Ints) -> Floats:
    """The values at positions; missing at position -1."""
    value = np.take_along_axis(cube, np.maximum(position, 0), axis=1)
    return np.where(position < 0, np.nan, value)
