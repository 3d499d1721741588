"""The results of one year: from its cells to blocks of every measure.

Listed cells are looked at a stretch at a time, so that what a formula makes on its way is
small, stays near the processor and is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from hansa.cube import Ints, Listed, Year
from hansa.law import Flags, Quantity, absent, bit, choose, stacked, total
from hansa.measures.catalogue import Measure
from hansa.measures.slices import Slice, slice_of
from hansa.study.columns import Block, Results
from hansa.study.plan import Plan, base_name

STRETCH = 1 << 16
"""Listed cells looked at together."""


@dataclass(frozen=True)
class Past:
    """The year that growth is measured from, and breaks in the series since then by base."""

    time: int
    slices: dict[str, Slice]
    breaks: dict[str, Flags] = field(default_factory=dict)

    def with_breaks_of(self, slices: dict[str, Slice]) -> Past:
        """The same year, the breaks of one more year inside the period added."""
        found = dict(self.breaks)
        for name, now in slices.items():
            if now.matrix.flags is not None:
                found[name] = found.get(name, np.uint64(0)) | now.matrix.flags & bit("b")
        return replace(self, breaks=found)

    def carried_to(self, name: str, now: Slice) -> Slice:
        """The last year, flagged where the series broke on the way to it."""
        if name not in self.breaks:
            return now
        return replace(now, matrix=now.matrix.flagged(self.breaks[name] != 0, "b"))


@dataclass(frozen=True)
class _View:
    """One base as the measures see it: some cells, or the units and regions of the result.

    after   as `now`, flagged where the series broke since `before`
    before  the year growth is measured from, None without one
    """

    now: Slice
    after: Slice
    before: Slice | None

    def seen(self, look: Callable[[Slice], Slice]) -> _View:
        """The same of all three, each looked at once."""
        now = look(self.now)
        after = now if self.after is self.now else look(self.after)
        return _View(now, after, self.before and look(self.before))


def add_year(year: Year, plan: Plan, past: Past | None, results: dict[str, Results]) -> Past | None:
    """Append a year's results; returns what the next year is compared with."""
    slices = _slices(year, plan)
    if plan.shows(year.time):
        since = plan.period[0] if plan.period else year.time - 1
        views = _views(slices, past if past is not None and past.time == since else None)
        for cells, seen in _looks(year, views, plan):
            for m in plan.measures:
                values = _within_base(m, _computed(m, seen[base_name(m)], plan), cells[1], plan)
                own = since if m.years == 2 else None
                results[m.id].add(Block(year.time, own, *cells, values))
    if not any(m.years == 2 for m in plan.measures):
        return None
    if plan.period and past is not None:
        return past.with_breaks_of(slices)
    return Past(year.time, slices)


def _slices(year: Year, plan: Plan) -> dict[str, Slice]:
    units = plan.coverage.sizes(year.cells) if plan.coverage else year.cells
    return {
        name: slice_of(year, plan.cube, units, base, plan.reference)
        for name, base in plan.bases.items()
    }


def _views(slices: dict[str, Slice], past: Past | None) -> dict[str, _View]:
    if past is None:
        return {name: _View(now, now, None) for name, now in slices.items()}
    return {
        name: _View(now, past.carried_to(name, now), past.slices[name])
        for name, now in slices.items()
    }


def _looks(
    year: Year, views: dict[str, _View], plan: Plan
) -> Iterator[tuple[tuple[Ints | None, Ints | None], dict[str, _View]]]:
    """Positions (region, unit) of each block, None for a full grid, and what is seen there."""
    if not plan.listed:
        yield (None, None), _seen(views, partial(_chosen, plan))
        return
    kept = _kept(year.listed, plan)
    for start in range(0, max(len(kept), 1), STRETCH):
        cells = kept[start : start + STRETCH]
        yield (cells.geo, cells.activity), _seen(views, partial(Slice.at, cells=cells))


def _seen(views: dict[str, _View], look: Callable[[Slice], Slice]) -> dict[str, _View]:
    return {name: view.seen(look) for name, view in views.items()}


def _computed(m: Measure, view: _View, plan: Plan) -> Quantity:
    if m.years == 1:
        return _marked(m, m(view.now), view.now.size, plan)
    if view.before is None:
        return absent(view.after.size.shape, "m")
    return _marked(m, m(view.before, view.after), view.before.size, plan)


def _within_base(m: Measure, result: Quantity, units: Ints | None, plan: Plan) -> Quantity:
    """A unit that is no part of the base has no share of it: not applicable."""
    if not m.part_of_base or not plan.beyond:
        return result
    if units is None:
        outside = np.isin(plan.keep, plan.beyond)[:, None]
    else:
        outside = np.isin(units, plan.beyond)
    blank = absent(result.shape, "z")
    return choose(np.broadcast_to(outside, result.shape), blank, result)


def _kept(cells: Listed, plan: Plan) -> Listed:
    """The listed cells that are parts and regions of the result, parents and totals left out."""
    if len(plan.keep) == len(plan.cube.activity) and len(plan.columns) == len(plan.cube.geo):
        return cells
    part = np.zeros(len(plan.cube.activity), bool)
    part[list(plan.keep)] = True
    region = np.zeros(len(plan.cube.geo), bool)
    region[[own[0] for own in plan.columns]] = True
    return cells[part[cells.activity] & region[cells.geo]]


def _chosen(plan: Plan, whole: Slice) -> Slice:
    """The units and regions of the result; an area is the sum of its members."""
    keep = list(plan.keep)
    if plan.single is not None:
        at = plan.single
        size, region = whole.matrix[np.ix_(keep, at)], whole.region[at]
    else:
        sums = [total(whole.matrix[:, list(own)], axis=1)[keep] for own in plan.columns]
        size = stacked(sums).map(np.transpose)
        region = stacked([total(whole.region[list(own)], axis=0) for own in plan.columns])
    everything = whole.all if whole.all.shape == (1,) else whole.all[keep]
    if plan.short:
        short = np.isin(plan.geo, plan.short)
        size = size.flagged(np.broadcast_to(short, size.shape), "d")
    return Slice(whole.time, size, region, whole.unit[keep], everything)


def _marked(m: Measure, result: Quantity, size: Quantity, plan: Plan) -> Quantity:
    """Mark rates on tiny cells: they are computed, and carry no star or colour."""
    if m.kind == "extensive" or plan.cube.header.measure != "employment":
        return result
    small = (size.value < plan.options.min_cell) & ~np.isnan(result.value)
    return result.flagged(small, "tiny") if small.any() else result
