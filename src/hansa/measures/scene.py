"""What a measure made of other measures may see: slices by column and base, and the choices.

A plain measure is a function of one or two slices. A class, a star or a rate against a
benchmark needs several columns of the facts, other measures, or the regions an area is made of;
such a measure gets a `Scene` and asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hansa.law import Marked, Quantity, absent, stacked, total
from hansa.measures.catalogue import Measure, find_measure
from hansa.measures.slices import Slice

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Choices:
    """Options of single measures; each is part of the result's header.

    rules           rule set of stars and marks, by id or path; empty: the measure's own
    benchmark       growth of wages compared with: plain | weighted | totals; `plain-known` and
                    `weighted-known` leave out clusters whose wages are not known
    x_line          growth compared with: zero | region
    wage_reference  wage level compared with the cluster in the: country | reference, or with
                    all jobs of the region
    leave_out       what each replicate of a label leaves out: region | country
    min_cell        persons below which a cell is tiny
    """

    rules: str = ""
    benchmark: str = "plain"
    x_line: str = "zero"
    wage_reference: str = "country"
    leave_out: str = "region"
    min_cell: float = 50.0


CHOICES: dict[str, tuple[str, ...]] = {
    "benchmark": ("plain", "weighted", "totals", "plain-known", "weighted-known"),
    "x_line": ("zero", "region"),
    "wage_reference": ("country", "reference", "region"),
    "leave_out": ("region", "country"),
}


@dataclass(frozen=True)
class View:
    """One column on one base as the measures see it.

    after   as `now`, flagged where the series broke since `before`
    before  the year growth is measured from, None without one
    """

    now: Slice
    after: Slice
    before: Slice | None

    def seen(self, look: Callable[[Slice], Slice]) -> View:
        """The same of all three, each looked at once."""
        now = look(self.now)
        after = now if self.after is self.now else look(self.after)
        return View(now, after, self.before and look(self.before))


Views = Mapping[tuple[str, str], View]


@dataclass(frozen=True)
class Area:
    """How the regions of the result lie in the source; places are columns of the source.

    columns     for each region of the result the columns that are summed
    members     for each region of the result the columns that lie in it where these are more
                than the region itself: what a replicate leaves out
    everywhere  all regions of the source: the population of ranks
    countries   for each column of the source its country; empty text without one
    country     country -> the columns that make it up; empty where the source lacks a part
    short       for each region of the result, whether members of it lie outside the source
    """

    columns: tuple[tuple[int, ...], ...]
    members: tuple[tuple[int, ...], ...]
    everywhere: tuple[int, ...]
    countries: tuple[str, ...]
    country: Mapping[str, tuple[int, ...]]
    short: tuple[bool, ...] = ()

    @cached_property
    def single(self) -> list[int] | None:
        """The column of each region of the result; None where some are sums of several."""
        if any(len(own) != 1 for own in self.columns):
            return None
        return [own[0] for own in self.columns]


@dataclass(frozen=True)
class Scene:
    """The units and regions of the result, over the whole source they were picked from.

    main     column that a measure is taken of where any will do
    whole    views of the whole source: every unit, every column
    keep     positions of the units of the result among all units
    beyond   positions of units with a part outside the base: no share of it
    """

    main: str
    whole: Views
    keep: tuple[int, ...]
    area: Area
    choices: Choices
    beyond: tuple[int, ...] = ()

    def view(self, column: str = "", base: str = "total") -> View:
        """The units and regions of the result, of one column on one base."""
        found = self.whole[column or self.main, base]
        return found.seen(lambda whole: chosen(whole, self.keep, self.area))

    def of(self, name: str) -> Quantity:
        """The value of another measure at the same place."""
        found = value_of(find_measure(name), self)
        return found.quantity if isinstance(found, Marked) else found

    def everywhere(self) -> Scene:
        """The same units in every region of the source."""
        return self.over(tuple((i,) for i in self.area.everywhere))

    def countries(self) -> Scene:
        """The same units in the country of each region; no columns where there is none."""
        found = []
        for own in self.area.columns:
            names = {self.area.countries[i] for i in own}
            found.append(self.area.country.get(names.pop(), ()) if len(names) == 1 else ())
        return self.over(tuple(found))

    def outside(self, name: str) -> Bools:
        """Units (units x 1) for which a measure has no value by its nature: no part of the base."""
        if not find_measure(name).part_of_base:
            return np.zeros((len(self.keep), 1), bool)
        found: Bools = np.isin(self.keep, self.beyond)[:, None]
        return found

    def over(self, columns: tuple[tuple[int, ...], ...]) -> Scene:
        """The same units over other sums of columns."""
        return replace(self, area=replace(self.area, columns=columns, members=(), short=()))

    @property
    def shape(self) -> tuple[int, int]:
        """Units and regions of the result."""
        return len(self.keep), len(self.area.columns)


def chosen(whole: Slice, keep: tuple[int, ...], area: Area) -> Slice:
    """Some units and regions of a slice; a region of several columns is their sum.

    A region without columns is absent, one with members outside the source marked (both `d`).
    """
    rows = list(keep)
    at = area.single
    if at is not None:
        size, region = whole.matrix[np.ix_(rows, at)], whole.region[at]
    else:
        sums = [_summed(whole.matrix, own)[rows] for own in area.columns]
        size = stacked(sums).map(np.transpose)
        region = stacked([_summed(whole.region[None, :], own)[0] for own in area.columns])
    if any(area.short):
        size = size.flagged(np.broadcast_to(np.array(area.short), size.shape), "d")
    everything = whole.all if whole.all.shape == (1,) else whole.all[rows]
    unit = whole.unit[rows]
    return Slice(whole.time, size, region, unit, everything, inside=whole.inside)


def _summed(cells: Quantity, columns: tuple[int, ...]) -> Quantity:
    if not columns:
        return absent(cells.shape[:1], "d")
    return total(cells[:, list(columns)], axis=1)


def plain_value(m: Measure, main: str, view: Callable[[str, str], View]) -> Quantity:
    """The value of a measure that is a function of slices; absent (`m`) without an earlier year."""
    columns, base = m.needs or (main,), m.base or "total"
    views = [view(column, base) for column in columns]
    if m.years == 1:
        return m(*(v.now for v in views))
    befores = [v.before for v in views]
    if any(before is None for before in befores):
        return absent(views[0].after.size.shape, "m")
    return m(*befores, *(v.after for v in views))


def value_of(m: Measure, scene: Scene) -> Quantity | Marked:
    """The value of any measure on a scene."""
    if not m.composed:
        return plain_value(m, scene.main, scene.view)
    return m.function(scene)
