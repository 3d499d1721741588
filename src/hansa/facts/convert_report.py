"""What a conversion moved, and how surely: shares of the total by kind of link, and the spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.axes import Axis
from hansa.clusters import ClusterDefinition
from hansa.cube import Cube
from hansa.errors import UsageError
from hansa.facts.convert import ESTIMATED, KINDS, UNKNOWN
from hansa.facts.convert_links import Plan
from hansa.law import Floats, Quantity

LEFT = "left out"


@dataclass(frozen=True)
class Moved:
    """One year of one measure.

    total   sum of the known cells of the finest codes, in the unit of the measure
    parts   kind of link -> its part of the total: identity, exact, estimated, bounds only,
            left out
    absent  cells of the finest codes that are not known, and enter no part
    within  kind of link -> jobs by cluster that stay inside it; see `inside`
    """

    total: float
    parts: dict[str, float]
    absent: int

    def share(self, kind: str) -> float:
        """Part of the total by one kind of link; 0 where there is no total."""
        return self.parts[kind] / self.total if self.total else 0.0


@dataclass(frozen=True)
class Account:
    """Every year of one measure.

    by_weight  year -> (weights, targets) sums over the other axis, by each weight; empty for rates
    by_code    year -> (sources,) known sum of each source code; empty for rates
    """

    measure: str
    moved: dict[int, Moved]
    by_weight: dict[int, Floats]
    by_code: dict[int, Floats]


def account_of(cube: Cube, plan: Plan, kind: str) -> Account:
    """Read every year once and add up what moves by which kind of link."""
    moved, by_weight, by_code = {}, {}, {}
    for time in cube.years if kind == "extensive" else ():
        cells = cube.laid_out(time, cube.load(time))
        by_code[time], absent = _by_code(cube, cells, plan)
        moved[time] = _moved(by_code[time], absent, cube, plan)
        if ESTIMATED in plan.moves.kind:
            by_weight[time] = np.array(
                [plan.moves.matrix(np.nan_to_num(w)) @ by_code[time] for w in plan.moves.share]
            )
    return Account(cube.header.measure, moved, by_weight, by_code)


def _source(cube: Cube, plan: Plan) -> Axis:
    return cube.geo if plan.dimension == "geo" else cube.activity


def _by_code(cube: Cube, cells: Quantity, plan: Plan) -> tuple[Floats, int]:
    """Known sum of each source code over the finest codes of the other axis; absent cells."""
    value = cells.value.T if plan.dimension == "geo" else cells.value
    other = cube.activity if plan.dimension == "geo" else cube.geo
    across = value[:, list(other.leaves)] if other.leaves else value
    own = _source(cube, plan).leaves
    return np.nansum(across, axis=1), int(np.isnan(across[list(own)]).sum())


def _moved(sums: Floats, absent: int, cube: Cube, plan: Plan) -> Moved:
    leaves = list(_source(cube, plan).leaves)
    size = np.abs(sums)
    kind = np.full(len(sums), -1)
    np.maximum.at(kind, plan.moves.source, plan.moves.kind)
    parts = {
        name: float(size[[i for i in leaves if kind[i] == k]].sum()) for k, name in enumerate(KINDS)
    }
    parts[LEFT] = float(size[[i for i in leaves if kind[i] < 0]].sum())
    return Moved(float(size[leaves].sum()), parts, absent)


def spread(account: Account, plan: Plan, time: int) -> dict[str, Any]:
    """How far the weights disagree in one year.

    difference  sum over targets of greatest minus least result of any weight
    share       the same over the total
    widest      the ten targets with the widest spread relative to their value
    """
    sums = account.by_weight.get(time)
    leaves = [i for i in plan.axis.leaves if plan.moves.touched[i] == ESTIMATED]
    if sums is None or len(plan.weights) < 2 or not leaves:
        return {}
    least, greatest = sums.min(axis=0), sums.max(axis=0)
    width = greatest - least
    relative = np.divide(width, np.abs(sums[0]), out=np.full(len(width), np.inf),
                         where=sums[0] != 0)  # fmt: skip
    relative[width == 0] = 0.0
    order = sorted(leaves, key=lambda i: (-relative[i], plan.axis.codes[i]))[:10]
    total = account.moved[time].total
    return {
        "weights": list(plan.weights),
        "difference": float(width[leaves].sum()),
        "share": float(width[leaves].sum() / total) if total else 0.0,
        "widest": [
            {
                "code": plan.axis.codes[i],
                "least": float(least[i]),
                "value": float(sums[0, i]),
                "greatest": float(greatest[i]),
                "relative": float(relative[i]) if np.isfinite(relative[i]) else None,
            }
            for i in order
        ],
    }


def inside(account: Account, plan: Plan, cube: Cube, d: ClusterDefinition) -> dict[str, Any]:
    """Share of each cluster's jobs in links that stay inside it, by year.

    The definition speaks of one side. On the old side a link stays inside where every code that
    leads to the same target lies wholly in the cluster; on the new side, where every target of
    its code does. There no weight can change the size of the cluster.
    """
    if plan.dimension != "activity":
        raise UsageError("clusters are made of activities; regions are converted here",
                         fix="leave out --definition")  # fmt: skip
    old, new = cube.activity, plan.axis
    if d.codelist.id not in (plan.origin, plan.target):
        raise UsageError(
            f"{d.id} speaks of {d.classification}",
            admissible=f"a definition of {plan.origin} or {plan.target}",
        )
    on_old = d.codelist.id == plan.origin
    links = [k for k in range(len(plan.moves.source)) if plan.moves.source[k] in set(old.leaves)]
    mine = plan.moves.source if on_old else plan.moves.target
    beside = plan.moves.target if on_old else plan.moves.source
    whole = {c: _codes(d, c, old if on_old else new) for c in d.clusters}
    groups: dict[int, set[int]] = {}
    for k in links:
        groups.setdefault(int(beside[k]), set()).add(int(mine[k]))
    result: dict[str, Any] = {}
    for time, sums in account.by_code.items():
        share = np.nan_to_num(plan.moves.share[0]) if not on_old else _of_old(plan)
        jobs = {k: share[k] * sums[plan.moves.source[k]] for k in links}
        result[str(time)] = {
            c: _stays({k: jobs[k] for k in links if int(mine[k]) in own}, beside, groups, own)
            for c, own in whole.items()
        }
    return result


def _of_old(plan: Plan) -> Floats:
    """Shares of links; equal where no weight is known, so that jobs are counted once."""
    share = plan.moves.share[0].copy()
    counts = np.bincount(plan.moves.source, minlength=plan.moves.sources)
    unknown = plan.moves.kind == UNKNOWN
    share[unknown] = 1.0 / counts[plan.moves.source[unknown]]
    return np.asarray(share)


def _codes(d: ClusterDefinition, cluster: str, axis: Axis) -> set[int]:
    """Positions of the codes that lie wholly in a cluster."""
    leaves = {
        leaf for m in d.members if m.cluster == cluster for leaf in d.codelist.leaves(m.activity)
    }
    return {i for i in axis.leaves if d.codelist.leaves(axis.codes[i]) <= leaves}


def _stays(
    jobs: Mapping[int, float], beside: Any, groups: dict[int, set[int]], own: set[int]
) -> dict[str, float | None]:
    total = float(sum(jobs.values()))
    kept = float(sum(n for k, n in jobs.items() if groups[int(beside[k])] <= own))
    return {"jobs": total, "inside": kept / total if total else None}
