"""Hiding cells of the model region set as a statistical office does.

Published are classes and the total of every region, and the same for the area and for Europe;
no division, group or section. A hidden cell could be found as a total less the published rest,
so wherever one cell is hidden in a region or in a class of the area, at least one other is.
"""

from __future__ import annotations

import numpy as np

from hansa.study.model_draw import Bools, Cells, Floats, Ints

FEWEST = 3
"""Local units a published cell must have."""


def hidden(cells: Cells, cluster: Ints) -> Bools:
    """Which cells (years, regions, classes) are not published.

    First those with fewer than three local units and those that one unit dominates; then, where
    a hidden cell stands alone in its region or its class, one more that protects it. `cluster`
    is the cluster of every class: the protecting cell is looked for where a result of the
    region is lost anyway.
    """
    first = (cells.jobs > 0) & ((cells.units < FEWEST) | cells.dominated)
    result = first.copy()
    for year, jobs in zip(result, cells.jobs, strict=True):
        _protect(year, jobs, cluster)
    return result


def _protect(hide: Bools, jobs: Ints, cluster: Ints) -> None:
    """Hide more cells of one year until no hidden cell stands alone in its row or column."""
    while True:
        regions = np.flatnonzero(hide.sum(axis=1) == 1)
        classes = np.flatnonzero(hide.sum(axis=0) == 1)
        before = int(hide.sum())
        for region in regions:
            _hide_one(hide[region], _cost(hide, jobs, cluster)[region])
        for column in classes:
            if hide[:, column].sum() == 1:
                _hide_one(hide[:, column], _cost(hide, jobs, cluster)[:, column])
        if int(hide.sum()) == before:
            return


def _hide_one(line: Bools, cost: Floats) -> None:
    """Hide the cheapest cell of a row or column, in place; none where no cell has jobs."""
    best = int(np.argmin(cost))
    if np.isfinite(cost[best]):
        line[best] = True


def _cost(hide: Bools, jobs: Ints, cluster: Ints) -> Floats:
    """What hiding a cell costs: its jobs, and a thousand more where it loses another result."""
    lost = np.zeros((len(hide), int(cluster.max()) + 1), bool)
    rows, columns = np.nonzero(hide)
    lost[rows, cluster[columns]] = True
    alone = ~hide.any(axis=0)
    cost = jobs + np.where(lost[:, cluster], 0, 1000) + np.where(alone, 3000, 0)[None, :]
    result: Floats = np.where(hide | (jobs == 0), np.inf, cost)
    return result
