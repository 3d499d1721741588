"""Composition split of a wage change: within regions, or because jobs moved between them.

Methods: clusters, section 7.1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hansa.law import Floats, Quantity, absent, stacked
from hansa.measures.catalogue import measure
from hansa.measures.scene import Scene
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
    return within, reallocation, cross


def _part(scene: Scene, which: int) -> Quantity:
    """One part of the split for every region of the result that is made of others."""
    columns = [_of_area(scene, j, which) for j in range(scene.shape[1])]
    return stacked(columns).map(np.transpose)


def _of_area(scene: Scene, j: int, which: int) -> Quantity:
    members = scene.area.members[j] if scene.area.members else ()
    if len(members) < 2:
        return absent(scene.shape[:1], "z")
    views = [scene.over(tuple((i,) for i in members)).view(column) for column in COLUMNS]
    if any(view.before is None for view in views):
        return absent(scene.shape[:1], "m")
    jobs, pay = ((v.before.size, v.after.size) for v in views)  # type: ignore[union-attr]
    found = split(*((one.value, two.value) for one, two in (jobs, pay)))[which]
    sets = [q.flags for q in (*jobs, *pay) if q.flags is not None]
    flags = np.zeros(len(found), np.uint64)
    for own in sets:
        flags |= np.bitwise_or.reduce(own, axis=1)
    return Quantity(found, flags)


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


@_measure("wage_change_within", "Wage change within regions", "sum_r s_r0 (w_r1 - w_r0)")
def wage_change_within(scene: Scene) -> Quantity:
    """Change of an area's average wage that comes from wages inside its regions."""
    return _part(scene, 0)


@_measure(
    "wage_change_reallocation", "Wage change by moved jobs", "sum_r (s_r1 - s_r0) (w_r0 - w_0)"
)
def wage_change_reallocation(scene: Scene) -> Quantity:
    """Change of an area's average wage because jobs moved to regions of higher or lower wages."""
    return _part(scene, 1)


@_measure("wage_change_cross", "Wage change, cross term", "sum_r (s_r1 - s_r0) (w_r1 - w_r0)")
def wage_change_cross(scene: Scene) -> Quantity:
    """The part of the change where jobs moved and wages rose together."""
    return _part(scene, 2)
