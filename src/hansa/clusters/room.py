"""The room that the sums of a region leave to a cluster: the narrowest bounds of its size.

Bounds of a cluster's cells add up to bounds of its size, and these are too wide: the cells share
what the total of the region and the parents of their activities leave over. The sums form a tree,
so the least and the greatest size over all of it are found without a linear programme. How much a
cluster can hold, as a function of what a node holds, is concave and linear in pieces, and its
slopes are the weights of the cluster; functions of parts are joined by putting pieces of one slope
together, the steepest first (greedy allocation with nested sums: Federgruen and Groenevelt, 1986).
All clusters and regions are done at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hansa.law import Floats, Quantity
from hansa.sums import Sums

Weights = Mapping[int, float]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

EPS = float(np.finfo(float).eps)
WHOLE = 1e-6
"""Bounds of whole numbers are rounded to whole ones; rounding errors are smaller than this."""


@dataclass(frozen=True)
class Room:
    """The sums of one year over the activities, in the regions where a cell has bounds.

    at      positions of these regions
    wholes  position of the whole of each sum, the deepest first; parts, those of its parts
    low     least value of every node that the sums below it allow, shape (nodes, regions)
    high    the greatest, infinite where nothing bounds it
    slack   by how much each sum may miss, shape (sums, regions); infinite where it does not hold
    whole   True in regions where every cell is a whole number
    """

    at: Ints
    wholes: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    low: Floats
    high: Floats
    slack: Floats
    whole: Mask

    def narrowed(
        self, sizes: Quantity, least: Sequence[Weights], most: Sequence[Weights]
    ) -> Quantity:
        """Sizes of clusters in every region with bounds as narrow as the sums allow.

        sizes  as the bounds of the cells alone give them, shape (clusters, regions of the source)
        least  for each cluster: position of an activity -> its least weight; most, its greatest

        No activity of a cluster may lie below another one. Bounds never become wider, the value
        stays inside, and nothing that is absent appears.
        """
        if sizes.lower is None or sizes.upper is None:
            return sizes
        turned = [{node: -w for node, w in own.items()} for own in least]
        found, count = self.greatest([*most, *turned]), len(most)
        high, low = found[:count] + self.margin, -found[count:] - self.margin
        weights = [{*a.values(), *b.values()} for a, b in zip(least, most, strict=True)]
        whole = np.array([all(w == int(w) for w in own) for own in weights])[:, None] & self.whole
        low = np.where(whole, np.ceil(low - WHOLE), low)
        high = np.where(whole, np.floor(high + WHOLE), high)
        value, own_low, own_high = (
            part[:, self.at] for part in (sizes.value, sizes.lower, sizes.upper)
        )
        low = np.fmin(np.fmax(own_low, low), value)
        high = np.fmax(np.fmin(own_high, high), value)
        # Sums that contradict each other say nothing.
        kept = np.isnan(own_low) | (low > high)
        lower, upper = sizes.lower.copy(), sizes.upper.copy()
        lower[:, self.at] = np.where(kept, own_low, low) + 0.0
        upper[:, self.at] = np.where(kept | np.isinf(high), own_high, high)
        return replace(sizes, lower=lower, upper=upper)

    def greatest(self, rows: Sequence[Weights]) -> Floats:
        """The greatest value of weighted sums over nodes, shape (sums, regions).

        rows  for each sum: node -> weight, of any sign; no node may lie below another one
        """
        slopes = sorted({0.0, *(w for own in rows for w in own.values())}, reverse=True)
        boxes: dict[int, list[tuple[int, int, float]]] = {}
        for row, own in enumerate(rows):
            for node, weight in own.items():
                boxes.setdefault(self._above.get(node, -1), []).append((row, node, weight))
        found = np.zeros((len(rows), len(self.at)))
        inner: dict[int, list[_Pieces]] = {}
        for i in (*range(len(self.wholes)), -1):
            below = inner.pop(i, [])
            if i in boxes:
                below.append(self._boxes(boxes[i], slopes))
            if i < 0:
                for part in below:
                    found[part.rows] += part.greatest
            elif below:
                above = self._above.get(self.wholes[i], -1)
                inner.setdefault(above, []).append(self._joined(i, below))
        return found

    @cached_property
    def margin(self) -> Floats:
        """Most that rounding errors can come to, by region: eps for each number of their size."""
        gross = np.where(self._endless, self.low, self.high).sum(axis=0)
        return np.asarray(4 * EPS * len(self.high) * gross)

    @cached_property
    def _above(self) -> dict[int, int]:
        """Node -> the sum that it is a part of."""
        return {part: i for i, parts in enumerate(self.parts) for part in parts}

    @cached_property
    def _endless(self) -> Mask:
        return np.asarray(np.isinf(self.high))

    @cached_property
    def _width(self) -> Floats:
        """Width of every node's interval, 0 where it has no end."""
        return np.where(self._endless, 0.0, self.high - self.low)

    def _boxes(self, entries: list[tuple[int, int, float]], slopes: list[float]) -> _Pieces:
        """What nodes hold together that share no sum below the next whole: (row, node, weight)."""
        rows, at = np.unique([row for row, *_ in entries], return_inverse=True)
        nodes, of = np.unique([node for _, node, _ in entries], return_inverse=True)
        weight = np.full((rows.size, nodes.size), np.nan)
        weight[at, of] = [w for *_, w in entries]
        low, width = self.low[nodes], self._width[nodes]
        endless = self._endless[nodes].astype(float)
        some = bool(endless.any())
        length = np.zeros((len(slopes), rows.size, len(self.at)))
        for k, slope in enumerate(slopes):
            own = (weight == slope).astype(float)
            if own.any():
                np.matmul(own, width, out=length[k])
                if some:
                    length[k][own @ endless > 0] = np.inf
        named = (~np.isnan(weight)).astype(float)
        ends = named @ endless if some else np.zeros(length.shape[1:])
        # Every node is of one slope, so the lengths add up to the width of all.
        every = named @ width if some else length.sum(axis=0)
        return _Pieces(slopes, rows, np.nan_to_num(weight) @ low, length, every, ends)

    def _joined(self, i: int, below: list[_Pieces]) -> _Pieces:
        """What clusters can hold below a whole, as a function of what the whole holds."""
        whole, parts = self.wholes[i], list(self.parts[i])
        holds = np.isfinite(self.slack[i])
        slack = np.where(holds, self.slack[i], 0.0)
        joined = _together(below)
        plain = joined.slopes.index(0.0)
        rest = np.maximum(self._width[parts].sum(axis=0) - joined.width, 0.0)
        more = self._endless[parts].sum(axis=0) > joined.endless
        joined.length[plain] += np.where(more, np.inf, rest) + 2 * slack
        width = np.where(self._endless[whole], np.inf, self._width[whole])
        start = self.low[parts].sum(axis=0) - slack
        worth, length = joined.within(self.low[whole] - start, width)
        if not holds.all():
            worth = np.where(holds, worth, joined.greatest)
            length = np.where(holds, length, 0.0)
            length[plain] = np.where(holds, length[plain], width)
        shape = worth.shape
        return _Pieces(
            joined.slopes,
            joined.rows,
            worth,
            length,
            np.broadcast_to(self._width[whole], shape),
            np.broadcast_to(self._endless[whole], shape).astype(float),
        )


@dataclass(frozen=True)
class _Pieces:
    """What clusters can hold at most below some nodes, from the nodes' least values on.

    slopes   of the pieces, falling; rows, the clusters, rising
    worth    what they hold at the least values, shape (rows, regions)
    length   of each piece, shape (slopes, rows, regions)
    width    of the nodes together without those that have no end; endless, how many have none
    """

    slopes: list[float]
    rows: Ints
    worth: Floats
    length: Floats
    width: Floats
    endless: Floats

    @property
    def greatest(self) -> Floats:
        """What the clusters can hold whatever the nodes hold."""
        found = self.worth
        for slope, length in zip(self.slopes, self.length, strict=True):
            if slope > 0:
                found = found + slope * length
        return found

    def within(self, lacks: Floats, width: Floats) -> tuple[Floats, Floats]:
        """Worth and lengths from `lacks` after the start on, no wider than `width`."""
        worth, length = self.worth, self.length.copy()
        lacks = np.maximum(lacks, 0.0)
        for k, slope in enumerate(self.slopes):
            used = np.minimum(length[k], lacks)
            worth, lacks = worth + slope * used, lacks - used
            length[k] = np.minimum(length[k] - used, width)
            width = width - np.where(np.isinf(width), 0.0, length[k])
        return worth, length


def _together(parts: list[_Pieces]) -> _Pieces:
    """Pieces of nodes of one sum, put together by slope; each cluster may occur in some only."""
    if len(parts) == 1:
        return parts[0]
    slopes = parts[0].slopes
    rows = np.unique(np.concatenate([part.rows for part in parts]))
    shape = (rows.size, parts[0].worth.shape[1])
    made = _Pieces(
        slopes, rows, np.zeros(shape), np.zeros((len(slopes), *shape)), *np.zeros((2, *shape))
    )
    for part in parts:
        at = np.searchsorted(rows, part.rows)
        made.worth[at] += part.worth
        made.length[:, at] += part.length
        made.width[at] += part.width
        made.endless[at] += part.endless
    return made


def room_of(cells: Quantity, sums: Sums, time: int) -> Room | None:
    """The room in one year of cells (activities x regions); None where nothing has bounds."""
    if cells.lower is None or time not in sums.years:
        return None
    below, above = cells.bounds()
    at = np.flatnonzero((~(below == above)).any(axis=0))
    if not at.size or (below[:, at] < 0).any():
        return None
    left = sums.years[time]
    below, above, rest = below[:, at], above[:, at], left.rest[:, at]
    low = np.concatenate([np.nan_to_num(below, nan=0.0), np.zeros_like(rest)])
    high = np.concatenate([np.where(np.isnan(above), np.inf, above), rest])
    slack = np.array(list(_from_below(sums, low, high, left.slack[:, at])))
    whole = np.full(at.size, left.whole)
    if left.whole:
        for own in (below, above):
            whole &= (np.isnan(own) | (own == np.round(own))).all(axis=0)
    return Room(at, sums.wholes, sums.parts, low, high, slack, whole)


def _from_below(sums: Sums, low: Floats, high: Floats, slack: Floats) -> Iterable[Floats]:
    """Narrow wholes to what their parts allow, in place; the slack, endless where none do."""
    for whole, parts, own in zip(sums.wholes, sums.parts, slack, strict=True):
        least, most = low[list(parts)].sum(axis=0), high[list(parts)].sum(axis=0)
        gross = np.where(np.isinf(most), least, most) + low[whole]
        own = own + EPS * (len(parts) + 2) * gross
        bottom = np.maximum(low[whole], least - own)
        top = np.minimum(high[whole], most + own)
        broken = bottom > top
        low[whole] = np.where(broken, low[whole], bottom)
        high[whole] = np.where(broken, high[whole], top)
        yield np.where(broken, np.inf, own)
