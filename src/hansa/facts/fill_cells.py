"""What a cell may be before any sum: never filled, never negative, no less than its units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hansa.cube import Cube
from hansa.errors import HansaError
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, Quantity, bit


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
