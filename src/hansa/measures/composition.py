"""Composition split of a wage change: within regions, or because jobs moved between them.

Methods: clusters, section 7.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hansa.language import N_
from hansa.law import Floats, Quantity, absent, bit, stacked
from hansa.measures.catalogue import measure
from hansa.measures.scene import Bools, Scene, View
from hansa.measures.wages import COLUMNS, WAGE_UNIT

_SOURCE = "identity; Foster, Haltiwanger, Krizan (2001), equation 8.4, with regions for plants"


def split(jobs: tuple[Floats, Floats], pay: tuple[Floats, Floats]) -> tuple[Floats, Floats, Floats]:
    """Within, reallocation and cross parts of the change of an area's wage.

    jobs, pay  jobs and wage bill before and after, shape (units, regions of the area)
    Returns three arrays (units,); they add up to the change of the area's average wage. A region
    without jobs in both years counts for nothing; without jobs in one of them its wage is not
    defined there, and the split is absent.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = [e / e.sum(axis=1, keepdims=True) for e in jobs]
        wage = [p / e for p, e in zip(pay, jobs, strict=True)]
        whole = [
            p.sum(axis=1, keepdims=True) / e.sum(axis=1, keepdims=True)
            for p, e in zip(pay, jobs, strict=True)
        ]
        moved = share[1] - share[0]
        parts = [
            share[0] * (wage[1] - wage[0]),
            moved * (wage[0] - whole[0]),
            moved * (wage[1] - wage[0]),
        ]
    never = (jobs[0] == 0) & (jobs[1] == 0)
    within, reallocation, cross = (np.where(never, 0.0, p).sum(axis=1) for p in parts)
    # One part without the others would read as the whole change.
    none = np.isnan(within + reallocation + cross)
    within, reallocation, cross = (np.where(none, np.nan, p) for p in (within, reallocation, cross))
    return within, reallocation, cross


def _part(scene: Scene, which: int) -> Quantity:
    """One part of the split for every region of the result that is made of others."""
    columns = [_of_area(scene, j, which) for j in range(scene.shape[1])]
    return stacked(columns).map(np.transpose)


def _of_area(scene: Scene, j: int, which: int) -> Quantity:
    members = scene.area.members[j] if scene.area.members else ()
    if len(members) < 2:
        return absent(scene.shape[:1], "z")
    own = scene.over((scene.area.columns[j],))
    parts = scene.over(tuple((i,) for i in members))
    views = [(own.view(column), parts.view(column)) for column in COLUMNS]
    if any(area.before is None or part.before is None for area, part in views):
        return absent(scene.shape[:1], "m")
    pairs = [_both_years(area, part) for area, part in views]
    (jobs, pay), flags = pairs, np.zeros(scene.shape[0], np.uint64)
    known = np.ones(scene.shape[0], bool)
    for year in range(2):
        for whole, members_of in (jobs[year], pay[year]):
            known &= _made_up(whole, members_of)
            if members_of.flags is not None:
                flags |= np.bitwise_or.reduce(members_of.flags, axis=1)
    short = scene.view(COLUMNS[0]).now.size.flags
    if short is not None:
        flags |= short[:, j] & bit("d")
    shares = [q.estimated for pair in (*jobs, *pay) for q in pair if q.estimated is not None]
    estimated = np.maximum.reduce([p.max(axis=1) for p in shares]) if shares else None
    found = split((jobs[0][1].value, jobs[1][1].value), (pay[0][1].value, pay[1][1].value))[which]
    ends = [q.value for _, q in jobs]
    result = Quantity(np.where(known, found, np.nan), flags, None, None, estimated)
    result = result.flagged(~known, "d")
    result = result.flagged(((ends[0] == 0) & (ends[1] > 0)).any(axis=1), "entry")
    result = result.flagged(((ends[1] == 0) & (ends[0] > 0)).any(axis=1), "exit")
    broken = (flags & bit("b")) != 0
    return replace(result, value=np.where(broken, np.nan, result.value))


Year = tuple[Quantity, Quantity]


def _both_years(area: View, parts: View) -> tuple[Year, Year]:
    """(area, its regions) of the first year and of the last."""
    assert area.before is not None
    assert parts.before is not None
    return (area.before.size, parts.before.size), (area.after.size, parts.after.size)


def _made_up(area: Quantity, parts: Quantity) -> Bools:
    """Whether the regions make up the area, each number rounded to a whole."""
    lacking = np.abs(area.value[:, 0] - parts.value.sum(axis=1))
    allowed = (parts.shape[1] + 1) / 2
    found: Bools = ~(lacking > allowed)
    return found


def _measure(id: str, label: str, formula: str) -> Callable[..., object]:
    return measure(
        id,
        label=label,
        unit=WAGE_UNIT,
        kind="intensive",
        formula=formula,
        source=_SOURCE,
        needs=COLUMNS,
        uses=("average_wage",),
        years=2,
    )


@_measure("wage_change_within", N_("Wage change within regions"), "sum_r s_r0 (w_r1 - w_r0)")
def wage_change_within(scene: Scene) -> Quantity:
    """Change of an area's average wage that comes from wages inside its regions."""
    return _part(scene, 0)


@_measure(
    "wage_change_reallocation", N_("Wage change by moved jobs"), "sum_r (s_r1 - s_r0) (w_r0 - w_0)"
)
def wage_change_reallocation(scene: Scene) -> Quantity:
    """Change of an area's average wage because jobs moved to regions of higher or lower wages."""
    return _part(scene, 1)


@_measure("wage_change_cross", N_("Wage change, cross term"), "sum_r (s_r1 - s_r0) (w_r1 - w_r0)")
def wage_change_cross(scene: Scene) -> Quantity:
    """The part of the change where jobs moved and wages rose together."""
    return _part(scene, 2)
