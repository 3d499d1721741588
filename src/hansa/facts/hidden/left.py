"""The sums that were read, kept for whoever adds up cells after they have bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hansa.axes import Axis
from hansa.facts.hidden.system import Extended, System, families_of
from hansa.law import Floats
from hansa.sums import Left, Sums


def sums_of(activity: Axis, geo: Axis, years: Mapping[int, Left]) -> Sums | None:
    """The tree of sums over activities; None where no activity is a whole of others."""
    families = families_of(activity)
    if not families.wholes:
        return None
    return Sums(
        (activity.codes, geo.codes),
        families.wholes[::-1],
        families.parts[::-1],
        dict(years),
    )


def left_of(
    axes: tuple[Axis, Axis], table: Extended, slack: Floats, system: System, whole: bool
) -> Left:
    """How far each sum over activities may be off in each region, and what its rest may hold.

    axes    activities and regions
    slack   by how much each sum of the table may miss its whole
    system  the sums with the bounds found for their cells; sums given up are endless
    whole   the cells are whole numbers
    """
    activity, geo = axes
    families, (rows, columns) = families_of(activity), table.shape
    count = len(families.wholes)
    slack = slack[: count * columns].reshape(count, columns).copy()
    number = {node: i for i, node in enumerate(families.wholes)}
    gone = np.flatnonzero((system.row_axis == 0) & np.isinf(system.row_lower))
    for row, column in zip(*np.divmod(system.row_whole[gone], columns), strict=True):
        slack[number[int(row)], column] = np.inf
    high = table.high.ravel().copy()
    high[system.place] = system.upper
    rest = high.reshape(rows, columns)[len(activity) :, : len(geo)]
    return Left(slack[::-1, : len(geo)].copy(), rest.copy(), whole)
