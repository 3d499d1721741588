"""Cells before and after the sums: never filled, never negative, whole; how bounds are put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hansa.cube import Cube
from hansa.errors import HansaError
from hansa.facts.hidden.priors import is_counts
from hansa.facts.hidden.system import Ints, Mask, System
from hansa.law import Floats, Quantity, any_flag, bit

SURE = 1e-6
"""A cell whose interval is narrower than this, relative to its size, follows from the sums."""


def never(cells: Quantity) -> Mask:
    """Cells that are not applicable: never filled (methods, table of flags)."""
    if cells.flags is None:
        return np.zeros(cells.shape, bool)
    return np.asarray(np.isnan(cells.value) & ((cells.flags & bit("z")) != 0))


def refuse_negative(cube: Cube, time: int, cells: Quantity) -> None:
    """Raises HansaError for a negative number beside hidden cells: sums would not bound them."""
    below, _ = cells.bounds()
    wrong = np.argwhere((cells.value < 0) | (below < 0))
    if not len(wrong) or not np.isnan(cells.value).any():
        return
    activity, geo = (int(i) for i in wrong[0])
    raise HansaError(
        "hidden cells beside negative numbers cannot be filled: sums would not bound them",
        place=f"geo {cube.geo.codes[geo]}, activity {cube.activity.codes[activity]}, time {time}",
        printed=f"{cube.header.measure} {min(cells.value[activity, geo], below[activity, geo]):g}",
        admissible="zero or more in every cell",
        fix="correct the number, or leave the measure out of the table",
    )


def stated(cells: Quantity) -> tuple[Floats, Floats]:
    """Bounds the table itself states of hidden cells; zero and infinity where it states none."""
    low, high = cells.bounds()
    hidden = np.isnan(cells.value)
    return (
        np.where(hidden & ~np.isnan(low), low, 0.0),
        np.where(hidden & ~np.isnan(high), high, np.inf),
    )


def with_units(cube: Cube, time: int, cells: Quantity, least: Floats) -> Quantity:
    """Hidden cells bounded from below by their local units.

    Raises HansaError where known cells have fewer jobs: then the bound is not true of the table.
    """
    known = ~np.isnan(cells.value) & (cells.value > 0) & ~np.isnan(least)
    fewer = known & (cells.value < least)
    if fewer.any():
        a, g = (int(i[0]) for i in np.nonzero(fewer))
        raise HansaError(
            f"{int(fewer.sum())} of {int(known.sum())} known cells have fewer jobs than their "
            "local units are said to have at least",
            place=f"geo {cube.geo.codes[g]}, activity {cube.activity.codes[a]}, time {time}",
            printed=f"{cells.value[a, g]:g} jobs, at least {least[a, g]:g} by units",
            admissible="a number of jobs in each local unit that all known cells have",
            fix="a smaller --per-unit, or none: units then serve the prior only",
        )
    low, high = (part.copy() for part in cells.bounds())
    own = np.isnan(cells.value) & ~never(cells) & (least > 0)
    above = own & (least > high)
    if above.any():
        a, g = (int(i[0]) for i in np.nonzero(above))
        raise HansaError(
            "a hidden cell has a bound below what its local units are said to have at least",
            place=f"geo {cube.geo.codes[g]}, activity {cube.activity.codes[a]}, time {time}",
            printed=f"at most {high[a, g]:g} jobs, at least {least[a, g]:g} by units",
            admissible="bounds that meet",
            fix="a smaller --per-unit, or correct the bound",
        )
    low[own] = np.fmax(low[own], least[own])
    return replace(cells, lower=low, upper=high)


def listed_cells_of(system: System, shape: tuple[int, ...]) -> Mask:
    """Unknown cells that the table lists; the others are rests outside it."""
    row, column = np.divmod(system.place, system.shape[1])
    return np.asarray((row < shape[0]) & (column < shape[1]))


def put(
    cells: Quantity, at: tuple[Ints, Ints], ends: tuple[Floats, Floats, Floats], sure: Mask
) -> Quantity:
    """The cells with bounds and values put in; what was put in says so."""
    low, high, best = ends
    lower, upper = (part.copy() for part in cells.bounds())
    lower[at], upper[at] = low, np.where(np.isinf(high), np.nan, high)
    value = cells.value.copy()
    filled = np.isnan(value[at]) & ~np.isnan(best)
    value[at] = best
    flags = np.zeros(cells.shape, np.uint64) if cells.flags is None else cells.flags.copy()
    flags[at] |= np.where(filled, bit("imputed"), np.uint64(0))
    flags[at] &= np.where(filled, ~any_flag(("m",)), ~np.uint64(0))
    flags[at] |= np.where(sure, np.uint64(0), bit("interval"))
    estimated = np.zeros(cells.shape) if cells.estimated is None else cells.estimated.copy()
    estimated[at] = np.where(filled, (~sure).astype(float), estimated[at])
    return Quantity(value, flags, lower, upper, estimated if estimated.any() else None)


def in_whole_numbers(system: System, known: Floats) -> System:
    """Bounds of whole numbers are whole; a small margin keeps rounding errors outside.

    A rest is never printed and need not be whole, as where the numbers beside it are rounded.
    """
    low, high = np.maximum(system.lower, 0.0), system.upper
    if is_counts(known):
        listed_cells = listed_cells_of(system, known.shape)
        least, most = np.ceil(low - 1e-6) + 0.0, np.floor(high + 1e-6)
        # Bounds with no whole number between them are somebody's own: they stand.
        listed_cells &= least <= most
        low, high = np.where(listed_cells, least, low), np.where(listed_cells, most, high)
    return replace(system, lower=low, upper=np.maximum(low, high))


def follows(low: Floats, high: Floats, known: Floats) -> Mask:
    """Cells that follow from the sums: one whole number, or an interval of no width to speak of."""
    if is_counts(known):
        return np.asarray(high == low)
    return np.asarray(high - low <= SURE * low + 1e-9)
