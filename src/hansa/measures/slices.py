"""One year of sizes with the totals a measure divides by; how base and reference are found.

size        jobs (or another extensive value) of a unit in a region; units are clusters or
            activities
of_region   total of the region over the base
of_unit     total of the unit over the reference area
of_all      total of the base over the reference area

All of them broadcast against each other, so a formula is written once for a matrix
(units x regions) and for a list of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hansa.axes import Axis, extra_regio
from hansa.clusters import Coverage
from hansa.codes import Geography, geography_codes
from hansa.cube import Cube, Listed, Year
from hansa.errors import HansaError, UsageError, listed
from hansa.law import Quantity, absent, any_carries, choose, total


@dataclass(frozen=True)
class Slice:
    """Sizes of one year and the totals around them; see the module for the parts.

    matrix   sizes, shape (units, regions)
    region   totals of the base, shape (regions,)
    unit     totals of the units over the reference, shape (units,)
    all      totals of the base over the reference, shape (1,), or (units,) where each unit has
             a reference of its own
    listed   the cells to look at; None for the whole matrix
    known    sizes at these cells, where they are at hand
    inside   whether sizes are some of the very cells that are added up to the totals of the
             region, and to those of the unit
    """

    time: int
    matrix: Quantity
    region: Quantity
    unit: Quantity
    all: Quantity
    listed: Listed | None = None
    known: Quantity | None = None
    inside: tuple[bool, bool] = (False, False)

    @cached_property
    def size(self) -> Quantity:
        """Sizes: the matrix, or its values at the cells."""
        if self.known is not None:
            return self.known
        if self.listed is None:
            return self.matrix
        return self.matrix.take(self.listed.places(self.matrix.shape[1]))

    @cached_property
    def of_region(self) -> Quantity:
        """Total of the region over the base."""
        return self.region[None, :] if self.listed is None else self.region.take(self.listed.geo)

    @cached_property
    def of_unit(self) -> Quantity:
        """Total of the unit over the reference area."""
        return self._by_unit(self.unit)

    @cached_property
    def of_all(self) -> Quantity:
        """Total of the base over the reference area."""
        return self.all if self.all.shape == (1,) else self._by_unit(self.all)

    def _by_unit(self, part: Quantity) -> Quantity:
        return part[:, None] if self.listed is None else part.take(self.listed.activity)

    def saying_once(self) -> Slice:
        """The same for a quotient of all its parts, whose result carries the flags of all.

        Totals whose flags the total of everything has too need not say them again.
        """
        every = self.all.flags
        if every is None or every.size != 1:
            return self

        def silent(part: Quantity) -> Quantity:
            more = any_carries(part.flags, ~np.uint64(every.item()))
            return part if more else replace(part, flags=None)

        known = self.known if self.listed is None else self.size
        return replace(self, region=silent(self.region), unit=silent(self.unit), known=known)

    def at(self, cells: Listed, known: Quantity | None = None) -> Slice:
        """The same, looked at in a list of cells; `known` are the sizes there."""
        parts = (self.matrix, self.region, self.unit, self.all)
        return Slice(self.time, *parts, cells, known, self.inside)


@dataclass(frozen=True)
class Base:
    """What counts as the whole of a region: every activity, some left out, or one kind.

    `coverage` replaces the whole by the clusters of one kind (traded or local).
    """

    name: str
    without: tuple[str, ...] = ()
    coverage: Coverage | None = None

    def of(self, year: Year, axis: Axis, beside: Year | None = None) -> Quantity:
        """Total of the base for every region of the source, shape (regions,).

        beside  the same year of a column whose totals have to cover the same
        """
        if self.coverage is not None:
            return self.coverage.sizes(year.cells)[0]
        if beside is not None:
            return whole(year.cells, axis, self.without, beside.cells)
        return year.total_without(self.without, lambda: whole(year.cells, axis, self.without))


@dataclass(frozen=True)
class Reference:
    """The area a region is compared with.

    name       as printed with the result
    positions  columns of the source that make it up; empty: the whole of the source
    complete   take, for each unit, only the members where the unit and the base are published
    outside    members that the source does not hold
    """

    name: str
    positions: tuple[int, ...] = ()
    complete: bool = False
    outside: tuple[str, ...] = ()


def refuse_below_top(axis: Axis, without: Sequence[str]) -> None:
    """Raise UsageError for a code to be left out that does not stand at the top of the table."""
    missing = [code for code in without if axis.place.get(code, -1) not in axis.roots]
    if missing:
        raise UsageError(
            f"{listed(missing)} cannot be left out of the base",
            admissible="top-level codes of the table: " + listed(axis.codes[i] for i in axis.roots),
            fix="name codes that stand at the top of the table",
        )


def whole(
    cells: Quantity, axis: Axis, without: tuple[str, ...] = (), beside: Quantity | None = None
) -> Quantity:
    """Total along axis 0: the published total; where it is absent, all top-level codes (law 5).

    beside  cells of another column: where its total is published and is more than its parts, no
            total is put together here, as the two would not cover the same

    Where a published total holds more than all its top-level codes, these are not the whole,
    and no total is made of them.
    With top-level codes left out the published total no longer applies: the rest is summed.
    """
    refuse_below_top(axis, without)
    roots = [i for i in axis.roots if axis.codes[i] not in without]
    if axis.total < 0:
        return total(cells if len(roots) == cells.shape[0] else cells[roots], axis=0)
    published = cells[axis.total]
    if without:
        return _rest(cells, axis, roots)
    if not np.isnan(published.value).any() or not roots:
        return published
    listed_ones = total(cells[roots], axis=0)
    if (published.value - listed_ones.value > (len(roots) + 1) / 2).any():
        return published
    if beside is not None:
        lacking = beside.value[axis.total] - total(beside[roots], axis=0).value
        same = np.abs(lacking) <= (len(roots) + 1) / 2
        apart = ~np.isnan(beside.value[axis.total]) & ~same
        listed_ones = choose(apart, absent(listed_ones.shape, "m"), listed_ones)
    return _first_known(published, listed_ones)


def _rest(cells: Quantity, axis: Axis, roots: list[int]) -> Quantity:
    """Sum of some top-level codes; absent where the total holds more than all of them.

    What the table does not list may belong to the rest or not, so the rest is not known.
    """
    rest = total(cells[roots], axis=0)
    every = total(cells[list(axis.roots)], axis=0)
    more = cells[axis.total].value - every.value > (len(axis.roots) + 1) / 2
    if more.any():
        # Where the list is not the whole in one place, it is not trusted where nobody can see.
        more |= np.isnan(every.value)
    return choose(more, absent(rest.shape, "m"), rest)


def _first_known(first: Quantity, second: Quantity) -> Quantity:
    """`first` where it is known, else `second`."""
    return choose(np.isnan(first.value) & ~np.isnan(second.value), second, first)


def slice_of(
    year: Year,
    cube: Cube,
    base: Base,
    reference: Reference,
    laid: tuple[Quantity, tuple[Year, Quantity] | None],
) -> Slice:
    """The slice of every region of the source.

    laid  sizes of the units (units, source regions), and the year and units of a column beside,
          whose totals have to cover the same
    """
    units, beside = laid
    of_region = base.of(year, cube.activity, beside[0] if beside else None)
    if reference.complete:
        of_unit, of_all = _complete(units, of_region, list(reference.positions))
    elif reference.positions:
        at = list(reference.positions)
        of_unit, of_all = total(units[:, at], axis=1), total(of_region[at], axis=0)
    else:
        others = (beside[1].map(np.transpose), base.of(beside[0], cube.activity)) if beside else ()
        own = (units.map(np.transpose), of_region)
        of_unit, of_all = (
            whole(cells, cube.geo, (), others[i] if others else None) for i, cells in enumerate(own)
        )
    return Slice(
        year.time,
        units,
        of_region,
        of_unit,
        of_all[None] if of_all.value.ndim == 0 else of_all,
    )


def complete_members(units: Quantity, of_region: Quantity, positions: list[int]) -> np.ndarray:
    """True (units x members) where both the unit and the base of a member are published."""
    known = ~np.isnan(of_region.value[positions])
    result: np.ndarray = ~np.isnan(units.value[:, positions]) & known[None, :]
    return result


def _complete(
    units: Quantity, of_region: Quantity, positions: list[int]
) -> tuple[Quantity, Quantity]:
    """Totals over the members where both are published; absent where there is no such member."""
    use = complete_members(units, of_region, positions)
    none = ~use.any(axis=1)

    def summed(parts: Quantity) -> Quantity:
        def kept(part: np.ndarray) -> np.ndarray:
            zero = np.zeros((), part.dtype)
            return np.where(use, part, zero)

        result = total(parts.map(kept), axis=1)
        return Quantity(
            np.where(none, np.nan, result.value),
            result.flags,
            result.lower,
            result.upper,
            result.estimated,
        )

    members = units[:, positions]
    totals = of_region[positions].map(lambda part: np.broadcast_to(part, use.shape))
    return summed(members), summed(totals)


def positions_of(geo: Axis, area: Geography) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Columns of the source that make up a named area, and its members the source lacks.

    A member without a row of its own is put together from the regions below it; those of its
    regions that the source lacks are outside too. Raises HansaError where the area is drawn in
    another version of the codes (law 6).
    """
    _refuse_other_version(geo, area)
    found: list[int] = []
    outside: list[str] = []
    for member in area.members:
        own, lacking = _positions_of_member(geo, member)
        found.extend(own)
        outside.extend(lacking)
    if not found:
        raise HansaError(
            f"the facts hold no member of {area.id}",
            printed=f"facts: {listed(geo.codes)}",
            admissible=listed(area.members),
            fix="pick a geography of the same code version (`hansa geographies`), "
            "and declare the geography of the table",
        )
    _refuse_overlap(geo, found)
    return tuple(found), tuple(outside)


def _positions_of_member(geo: Axis, member: str) -> tuple[list[int], tuple[str, ...]]:
    """Columns that make up a member, and what of it the source lacks."""
    codes = geo.codelist
    code = codes.spell(member) or member
    if code in geo.place:
        return [geo.place[code]], ()
    below = [i for i, c in enumerate(geo.codes) if code in codes.ancestors(c)]
    if not below:
        return [], (member,)
    covered = frozenset[str]().union(*(codes.leaves(geo.codes[i]) for i in below))
    lacking = {x for x in codes.leaves(code) - covered if not extra_regio(codes, x)}
    return [i for i in below if geo.parent[i] not in below], codes.compact(lacking)


def _refuse_other_version(geo: Axis, area: Geography) -> None:
    """Two versions meet only in codes that are the same region in both."""
    ours, theirs = geo.codelist, geography_codes(area.geography)
    if ours.is_local or theirs.is_local or ours.id == theirs.id:
        return

    def same(member: str) -> bool:
        label = theirs.label.get(theirs.spell(member) or "")
        return label is not None and label == ours.label.get(ours.spell(member) or "")

    if other := [member for member in area.members if not same(member)]:
        raise HansaError(
            "the area and the facts use different versions of the regional codes",
            printed=f"{area.id}: {theirs.id}; facts: {ours.id}; not the same in both: "
            + listed(other),
            admissible=f"an area drawn in {ours.id}",
            fix="pick a geography of the same code version (`hansa geographies`), "
            "and declare the geography of the table",
        )


def _refuse_overlap(geo: Axis, positions: list[int]) -> None:
    chosen = set(positions)
    if len(chosen) < len(positions):
        twice = sorted({geo.codes[i] for i in positions if positions.count(i) > 1})
        raise HansaError(
            "regions that overlap would be added up",
            printed=f"{listed(twice)} lies in two members",
            admissible="either the whole or its parts",
            fix="leave one of them out of the area",
        )
    for i in positions:
        above = geo.parent[i]
        while above >= 0:
            if above in chosen:
                raise HansaError(
                    "regions that overlap would be added up",
                    printed=f"{geo.codes[i]} lies in {geo.codes[above]}",
                    admissible="either the whole or its parts",
                    fix="leave one of them out of the area",
                )
            above = geo.parent[above]
