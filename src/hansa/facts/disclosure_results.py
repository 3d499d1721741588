"""Results over confidential cells: what published cluster sums reveal beside the table itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hansa.clusters import Coverage
from hansa.cube import Cube
from hansa.errors import HansaError, listed
from hansa.facts.disclosure import SHARE, Exposed, Sum, exposed, left_open
from hansa.facts.disclosure_sheet import Sheet
from hansa.facts.hidden.system import Mask
from hansa.law import Floats, Quantity, any_flag, bit


@dataclass(frozen=True)
class Published:
    """What a computation publishes of each cube.

    coverage  the clusters whose sizes follow from its results; None: activities as they stand
    regions   code of each region of the result, and the columns of the source that make it up
    units     positions of the activities of the result, where there are no clusters
    totals    whether totals of regions follow from the results too (shares, quotients)
    """

    coverage: Coverage | None
    regions: Mapping[str, tuple[int, ...]]
    units: tuple[int, ...] = ()
    totals: bool = False


def known_secrets(cells: Quantity) -> Mask:
    """Cells marked confidential whose value the table holds nevertheless: its owner's own.

    What a named step filled in is no secret of this table.
    """
    if cells.flags is None:
        return np.zeros(cells.shape, bool)
    marks = cells.flags & any_flag(("c", "imputed"))
    return np.asarray((marks == bit("c")) & ~np.isnan(cells.value))


def audit_results(
    sheet: Sheet, results: Sequence[Published], secret: Mask, share: float = SHARE
) -> tuple[Exposed, ...]:
    """Confidential cells that results reveal together with the table published beside them.

    secret  the hidden cells of that table, all of which its owner knows or nobody
    Every published size of a cluster is one more sum, with its weights; so are totals of regions.
    """
    sums = [one for p in results for one in _sums(sheet, p)]
    return exposed(left_open(sheet, secret, sums), secret, share)


def _sums(sheet: Sheet, published: Published) -> list[Sum]:
    value = sheet.cells.value
    found: list[Sum] = []
    for geo, columns in published.regions.items():
        if published.coverage is None:
            for unit in published.units:
                name = f"{sheet.activity.codes[unit]} in {geo}, as a result"
                found.append(_sum(value, name, [(unit, 1.0)], columns))
        else:
            found += _clusters(value, published.coverage, geo, columns)
        if published.totals and sheet.activity.total < 0:
            roots = [(root, 1.0) for root in sheet.activity.roots]
            found.append(_sum(value, f"all activities in {geo}", roots, columns))
    return found


def _clusters(value: Floats, coverage: Coverage, geo: str, columns: tuple[int, ...]) -> list[Sum]:
    """Sizes of clusters; where a code is only partly inside, both published bounds."""
    found = []
    for c in coverage.clusters:
        if c.state == "not computable":
            continue
        label = coverage.definition.label_of(c.cluster)
        exact = list(c.exact)
        if not c.partial:
            found.append(_sum(value, f"cluster {label} in {geo}", exact, columns))
            continue
        for which, end in (("least", 1), ("greatest", 2)):
            nodes = [*exact, *((p[0], p[end]) for p in c.partial)]
            found.append(_sum(value, f"{which} size of cluster {label} in {geo}", nodes, columns))
    return found


def _sum(
    value: Floats, name: str, nodes: Sequence[tuple[int, float]], columns: tuple[int, ...]
) -> Sum:
    cells = tuple((i, j, w) for i, w in nodes for j in columns if w)
    return Sum(name, cells, float(sum(w * value[i, j] for i, j, w in cells)))


def refuse_revealing(
    cubes: Mapping[str, Cube], time: int, results: Sequence[Published], share: float = SHARE
) -> None:
    """Stop a computation whose results would reveal confidential cells that the table holds.

    Raises HansaError with the first of them, the sums that reveal it, and the ways out.
    """
    for measure, cube in cubes.items():
        if time not in cube.years:
            continue
        cells = cube.laid_out(time, cube.load(time))
        secret = known_secrets(cells)
        if not secret.any():
            continue
        sheet = Sheet(measure, time, cells, cube.activity, cube.geo)
        assert cells.flags is not None
        hidden = (cells.flags & bit("c")) != 0
        if found := audit_results(sheet, results, hidden, share):
            raise _refusal(found)


def _refusal(found: tuple[Exposed, ...]) -> HansaError:
    first = found[0]
    more = len(found) - 1
    return HansaError(
        "the results would reveal a confidential cell" + (f" (and {more} more)" if more else ""),
        place=f"{first.measure}: geo {first.geo}, activity {first.activity}, time {first.time}, "
        "status c",
        # The message may be read by others than the owner: it gives no number.
        printed=f"it follows from {listed(first.by)}",
        admissible="confidential cells that all results and the published table leave open by "
        f"{SHARE:.0%} of their value or more",
        fix="publish the sum of this cluster and another in place of both, leave the cluster out, "
        "or mark further cells c (hansa protect --out hides them); a value that may be known needs "
        "no status c",
    )
