"""The results of one year: from its cells to blocks of every measure.

Listed cells are looked at a stretch at a time, so that what a formula makes on its way is
small, stays near the processor and is used again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hansa.cube import Ints, Listed, Year
from hansa.law import Flags, Floats, Marked, Quantity, absent, bit, choose
from hansa.measures.catalogue import Measure
from hansa.measures.scene import Scene, View, Views, chosen, plain_value
from hansa.measures.slices import Slice, slice_of
from hansa.measures.wages import covered
from hansa.study.columns import Block, Results
from hansa.study.plan import Plan, base_name, looks_back

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
    if one.flags is None or not np.bitwise_or.reduce(one.flags, axis=None) & bit("b"):
        return one
    return replace(one, flags=one.flags & ~one.flags.dtype.type(bit("b")))


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
        within = past is not None and past.time == _start(year, plan)
        views = _views(slices, past if within else None)
        scene = Scene(
            main_column(plan), views, plan.keep, plan.area, plan.options.choices, plan.beyond
        )
        (_add_listed if plan.listed else _add_grid)(year, scene, plan, results)
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
            year if cells is year.cells else replace(year, cells=cells),
            plan.sizes(name, year.time, cells),
        )
        for name, cells in columns.items()
    }
    return {
        (column, name): replace(
            slice_of(own, plan.cube, base, plan.reference, (units, _beside(column, laid))),
            inside=plan.inside(base),
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


def _start(year: Year, plan: Plan) -> int:
    """The year that growth is measured from."""
    return plan.period[0] if plan.period else year.time - 1


def _since(m: Measure, year: Year, plan: Plan) -> int | None:
    return _start(year, plan) if m.years == 2 else None


def _add_grid(year: Year, scene: Scene, plan: Plan, results: dict[str, Results]) -> None:
    """Append every unit in every region."""
    seen = _seen(scene.whole, lambda whole: chosen(whole, plan.keep, plan.area))
    for m in plan.measures:
        values = _result(m, seen, scene, plan)
        results[m.id].add(Block(year.time, _since(m, year, plan), None, None, values))


def _add_listed(year: Year, scene: Scene, plan: Plan, results: dict[str, Results]) -> None:
    """Append the cells that have a row, a stretch at a time."""
    kept, sizes = _kept(year, plan)
    joined = {m.id: results[m.id].stretches(len(kept)) for m in plan.measures}
    for at in kept.stretches():
        cells, known = kept[at], None if sizes is None else sizes[at]

        def look(whole: Slice, cells: Listed = cells, known: Quantity | None = known) -> Slice:
            return whole.at(cells, known if whole.matrix is year.cells else None)

        seen = _seen(scene.whole, look)
        for m in plan.measures:
            values = _result(m, seen, scene, plan, cells.activity)
            assert isinstance(values, Quantity), "classes and counts have no listed rows"
            joined[m.id].add(values)
    for m in plan.measures:
        own, status = joined[m.id].joined()
        block = Block(year.time, _since(m, year, plan), kept.geo, kept.activity, own, status)
        results[m.id].add(block)


def _seen(views: Views, look: Callable[[Slice], Slice]) -> dict[Place, View]:
    return {place: view.seen(look) for place, view in views.items()}


def _result(
    m: Measure, seen: dict[Place, View], scene: Scene, plan: Plan, units: Ints | None = None
) -> Quantity | Marked:
    """A measure where it is looked at; `units` are those of listed cells."""
    return _of_a_whole(m, _within_base(m, _computed(m, seen, scene, plan), units, plan))


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


def _kept(year: Year, plan: Plan) -> tuple[Listed, Quantity | None]:
    """The listed cells that are parts and regions of the result, and their sizes if at hand.

    Parents and totals are left out.
    """
    cells = year.listed
    if len(plan.keep) == len(plan.cube.activity) and len(plan.columns) == len(plan.cube.geo):
        return cells, year.sizes
    part = np.zeros(len(plan.cube.activity), bool)
    part[list(plan.keep)] = True
    region = np.zeros(len(plan.cube.geo), bool)
    region[[own[0] for own in plan.columns]] = True
    kept = part[cells.activity] & region[cells.geo]
    return cells[kept], None if year.sizes is None else year.sizes[kept]


def _marked(m: Measure, result: Quantity, size: Quantity, plan: Plan) -> Quantity:
    """Mark rates on tiny cells: they are computed, and carry no star or colour."""
    if m.kind == "extensive" or plan.cube.header.measure != "employment":
        return result
    if plan.options.min_cell <= 0:  # no number of jobs is negative
        return result
    most = size.value
    if size.upper is not None:
        most = np.where(np.isnan(most), size.upper, most)
    small = most < plan.options.min_cell
    if small.any():
        small &= ~np.isnan(result.bounds()[1])
    return result.flagged(small, "tiny") if small.any() else result
