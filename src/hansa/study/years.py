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
from hansa.law import Flags, Floats, Marked, Quantity, absent, bit, choose
from hansa.measures.catalogue import Measure
from hansa.measures.scene import Scene, View, chosen, plain_value
from hansa.measures.slices import Slice, slice_of
from hansa.measures.wages import covered
from hansa.study.columns import Block, Results
from hansa.study.plan import Plan, base_name, looks_back

STRETCH = 1 << 16
"""Listed cells looked at together."""


Place = tuple[str, str]
"""A column of the facts and a base."""
Slices = dict[Place, Slice]


@dataclass(frozen=True)
class Past:
    """The year that growth is measured from, and breaks in the series since then by place."""

    time: int
    slices: Slices
    breaks: dict[Place, tuple[Flags, Flags]] = field(default_factory=dict)

    @classmethod
    def starting(cls, time: int, slices: Slices) -> Past:
        """A first year: breaks in it lie before the period, and say nothing of growth since."""
        return cls(time, {place: _from_here(own) for place, own in slices.items()})

    def with_breaks_of(self, slices: Slices) -> Past:
        """The same year, the breaks of one more year inside the period added."""
        found = dict(self.breaks)
        for place, now in slices.items():
            matrix, region = found.get(place, (_NONE, _NONE))
            found[place] = _broken(matrix, now.matrix), _broken(region, now.region)
        return replace(self, breaks=found)

    def carried_to(self, place: Place, now: Slice) -> Slice:
        """The last year, flagged where the series broke on the way to it."""
        if place not in self.breaks:
            return now
        matrix, region = self.breaks[place]
        return replace(
            now,
            matrix=_flagged(now.matrix, matrix),
            region=_flagged(now.region, region),
        )


def _flagged(now: Quantity, breaks: Flags) -> Quantity:
    if not breaks.any():
        return now
    return now.flagged(np.broadcast_to(breaks != 0, now.shape), "b")


def _from_here(start: Slice) -> Slice:
    return replace(
        start,
        matrix=_unbroken(start.matrix),
        region=_unbroken(start.region),
        unit=_unbroken(start.unit),
        all=_unbroken(start.all),
    )


def _unbroken(one: Quantity) -> Quantity:
    if one.flags is None or not (one.flags & bit("b")).any():
        return one
    return replace(one, flags=one.flags & ~bit("b"))


_NONE = np.zeros((), np.uint64)


def _broken(earlier: Flags, now: Quantity) -> Flags:
    """Breaks known so far, with those of one more year."""
    return earlier if now.flags is None else np.bitwise_or(earlier, now.flags & bit("b"))


def add_year(
    year: Year,
    others: dict[str, Quantity],
    plan: Plan,
    past: Past | None,
    results: dict[str, Results],
) -> Past | None:
    """Append a year's results; returns what the next year is compared with.

    others  cells of further columns of the facts, on the axes of the cube
    """
    slices = _slices(year, others, plan)
    if plan.shows(year.time):
        since = plan.period[0] if plan.period else year.time - 1
        views = _views(slices, past if past is not None and past.time == since else None)
        scene = Scene(
            main_column(plan), views, plan.keep, plan.area, plan.options.choices, plan.beyond
        )
        for cells, seen in _looks(year, views, plan):
            for m in plan.measures:
                values = _within_base(m, _computed(m, seen, scene, plan), cells[1], plan)
                values = _of_a_whole(m, values)
                own = since if m.years == 2 else None
                results[m.id].add(Block(year.time, own, *cells, values))
    if not any(looks_back(m, plan.options.choices) for m in plan.measures):
        return None
    if plan.period and past is not None:
        return past.with_breaks_of(slices)
    return Past.starting(year.time, slices)


def main_column(plan: Plan) -> str:
    """The column that a measure is taken of where any will do."""
    return plan.cube.header.measure


def _slices(year: Year, others: dict[str, Quantity], plan: Plan) -> Slices:
    main = main_column(plan)
    if main == "employment" and "payroll" in others:
        others = {**others, "payroll": covered(year.cells, others["payroll"])}
    columns = {main: year.cells, **others}
    laid = {
        name: (
            replace(year, cells=cells),
            plan.coverage.sizes(cells) if plan.coverage else cells,
        )
        for name, cells in columns.items()
    }
    return {
        (column, name): slice_of(
            own, plan.cube, base, plan.reference, (units, _beside(column, laid))
        )
        for column, (own, units) in laid.items()
        for name, base in plan.bases.items()
    }


Laid = tuple[Year, Quantity]


def _beside(column: str, laid: dict[str, Laid]) -> Laid | None:
    """Wages divide totals of two columns: these have to cover the same."""
    other = {"employment": "payroll", "payroll": "employment"}.get(column, "")
    return laid.get(other)


def _views(slices: Slices, past: Past | None) -> dict[Place, View]:
    if past is None:
        return {place: View(now, now, None) for place, now in slices.items()}
    return {
        place: View(now, past.carried_to(place, now), past.slices[place])
        for place, now in slices.items()
    }


def _looks(
    year: Year, views: dict[Place, View], plan: Plan
) -> Iterator[tuple[tuple[Ints | None, Ints | None], dict[Place, View]]]:
    """Positions (region, unit) of each block, None for a full grid, and what is seen there."""
    if not plan.listed:
        yield (None, None), _seen(views, lambda whole: chosen(whole, plan.keep, plan.area))
        return
    kept = _kept(year.listed, plan)
    for start in range(0, max(len(kept), 1), STRETCH):
        cells = kept[start : start + STRETCH]
        yield (cells.geo, cells.activity), _seen(views, partial(Slice.at, cells=cells))


def _seen(views: dict[Place, View], look: Callable[[Slice], Slice]) -> dict[Place, View]:
    return {place: view.seen(look) for place, view in views.items()}


def _computed(m: Measure, seen: dict[Place, View], scene: Scene, plan: Plan) -> Quantity | Marked:
    values: Quantity | Marked
    if m.composed:
        values = m.function(scene)
        if isinstance(values, Marked):
            return values
    else:
        values = plain_value(m, scene.main, lambda column, base: seen[column, base])
    view = seen[scene.main, base_name(m)]
    size = view.now.size if m.years == 1 or view.before is None else view.before.size
    return _marked(m, values, size, plan)


def _within_base(
    m: Measure, result: Quantity | Marked, units: Ints | None, plan: Plan
) -> Quantity | Marked:
    """A unit that is no part of the base has no share of it: not applicable."""
    if not m.part_of_base or not plan.beyond or isinstance(result, Marked):
        return result
    if units is None:
        outside = np.isin(plan.keep, plan.beyond)[:, None]
    else:
        outside = np.isin(units, plan.beyond)
    blank = absent(result.shape, "z")
    return choose(np.broadcast_to(outside, result.shape), blank, result)


def _of_a_whole(m: Measure, result: Quantity | Marked) -> Quantity | Marked:
    """A part is never more than its base, though bounds of the two alone would allow it.

    Where a base that is not published lies between bounds, the largest part may lie above the
    smallest base: both cannot be true at once, as the part is counted in the base.
    """
    if not m.part_of_base or m.years != 1 or isinstance(result, Marked) or result.upper is None:
        return result
    over = (result.upper > 1) & ~(result.value > 1) & ~(_low(result) > 1)
    return replace(result, upper=np.where(over, 1.0, result.upper)) if over.any() else result


def _low(result: Quantity) -> Floats:
    return result.value if result.lower is None else result.lower


def _kept(cells: Listed, plan: Plan) -> Listed:
    """The listed cells that are parts and regions of the result, parents and totals left out."""
    if len(plan.keep) == len(plan.cube.activity) and len(plan.columns) == len(plan.cube.geo):
        return cells
    part = np.zeros(len(plan.cube.activity), bool)
    part[list(plan.keep)] = True
    region = np.zeros(len(plan.cube.geo), bool)
    region[[own[0] for own in plan.columns]] = True
    return cells[part[cells.activity] & region[cells.geo]]


def _marked(m: Measure, result: Quantity, size: Quantity, plan: Plan) -> Quantity:
    """Mark rates on tiny cells: they are computed, and carry no star or colour."""
    if m.kind == "extensive" or plan.cube.header.measure != "employment":
        return result
    most = np.where(np.isnan(size.value), size.bounds()[1], size.value)
    small = (most < plan.options.min_cell) & ~np.isnan(result.bounds()[1])
    return result.flagged(small, "tiny") if small.any() else result
