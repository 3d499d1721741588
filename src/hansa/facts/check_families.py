"""Published totals beside the sums of their parts: which agree, which do not, by how much.

A family is a total or parent with the codes directly below it, along activities or regions. Its
sum can be tested in a year and at a place of the other axis where the whole and every part is
there. Most rules speak of parts above their total; where a family is complete the parts may
not stay below it either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hansa.axes import Axis
from hansa.facts.check_cells import Bools, Cells, Key, number
from hansa.language import _
from hansa.law import Floats, bit

AxisName = Literal["activity", "geo"]

SYSTEMATIC = 0.2
"""A family that disagrees in more than this share of its tests is not complete, or not a sum."""

_FEW = 3


@dataclass(frozen=True)
class Family:
    """A whole with its parts on one axis, and what the table says of their sum.

    gap     parts minus whole, shape (years, codes of the other axis), NaN where a number is absent
    over    parts that are there minus whole: at most the slack even where some are absent
    slack   how far rounding alone can move the sum, or as far as the table says that it may miss
    loose   True where the table's own word, not rounding, sets the slack
    differs True where the whole or a part has a status that says: the definition differs
    """

    axis: AxisName
    node: int
    parts: tuple[int, ...]
    gap: Floats
    over: Floats
    slack: Floats
    loose: Bools
    differs: Bools
    complete: bool

    @property
    def members(self) -> tuple[int, ...]:
        """The whole and its parts."""
        return (self.node, *self.parts)

    def cell(self, t: int, member: int, other: int) -> Key:
        """The cell of a member at a place of the other axis."""
        return (t, member, other) if self.axis == "activity" else (t, other, member)

    @property
    def broken(self) -> Bools:
        """Where the sum is wrong: parts above the whole, or below it in a complete family."""
        with np.errstate(invalid="ignore"):
            above = self.over > self.slack
            below = self.gap < -self.slack if self.complete else np.zeros(above.shape, bool)
        result: Bools = above | below
        return result

    @property
    def tested(self) -> Bools:
        """Where the sum says something of its members.

        In a complete family where all numbers are there; elsewhere only where the parts exceed it.
        """
        with np.errstate(invalid="ignore"):
            above: Bools = self.over > self.slack
        return above | ~np.isnan(self.gap) if self.complete else above


def families(cells: Cells) -> list[Family]:
    """Every family of a table along both axes."""
    return [*_along(cells, "activity"), *_along(cells, "geo")]


def _along(cells: Cells, name: AxisName) -> Iterator[Family]:
    axis: Axis = getattr(cells, name)
    value, half, other = cells.value, cells.half, _defined_otherwise(cells)
    if name == "geo":
        value, half = value.transpose(0, 2, 1), half.transpose(0, 2, 1)
        other = other.transpose(0, 2, 1)
    groups = [(node, axis.children[node], axis.whole(node)) for node in axis.inner]
    if axis.total >= 0 and axis.roots:
        groups.append((axis.total, axis.roots, False))
    for node, parts, whole in groups:
        members = value[:, list(parts)]
        slack = half[:, list(parts)].sum(axis=1) + half[:, node]
        slack += 1e-9 * np.abs(np.nan_to_num(value[:, node]))
        loose = slack < cells.cube.sums_within
        slack = np.maximum(slack, cells.cube.sums_within)
        gap = members.sum(axis=1) - value[:, node]
        over = np.nansum(members, axis=1) - value[:, node]
        differs: Bools = np.any(other[:, [node, *parts]], axis=1)
        complete = _complete(gap, slack, whole)
        yield Family(name, node, tuple(parts), gap, over, slack, loose, differs, complete)


def _defined_otherwise(cells: Cells) -> Bools:
    """Cells that mean something else than their neighbours by their own status (`d`)."""
    if cells.flags is None:
        return np.zeros(cells.value.shape, bool)
    marked: Bools = (cells.flags & bit("d")) != 0
    return marked


def _complete(gap: Floats, slack: Floats, whole: bool) -> bool:
    """Complete by the code list, or by how often the sum holds; never where it mostly fails."""
    tests = int((~np.isnan(gap)).sum())
    with np.errstate(invalid="ignore"):
        fails = int((np.abs(gap) > slack).sum())
    if not tests:
        return False
    if whole and fails <= _FEW:
        return True
    return tests - fails >= _FEW and fails <= max(_FEW, SYSTEMATIC * tests)


@dataclass(frozen=True)
class Term:
    """One family that a cell enters, with its sign: parts count up, the whole counts down."""

    family: Family
    t: int
    other: int
    sign: int

    @property
    def gap(self) -> float:
        """Parts minus whole here; of the parts that are there where some are absent."""
        gap = self.family.gap[self.t, self.other]
        return float(self.family.over[self.t, self.other] if np.isnan(gap) else gap)

    @property
    def slack(self) -> float:
        """What rounding, or the table's own word, allows here."""
        return float(self.family.slack[self.t, self.other])

    @property
    def why(self) -> str:
        """Why the sum may miss by the slack, for people."""
        if not self.family.loose[self.t, self.other]:
            return _("each number rounded")
        return _("sums may miss by {slack}, as the table tells", slack=number(self.slack))

    @property
    def broken(self) -> bool:
        """True where the sum is wrong here."""
        return bool(abs(self.gap) > self.slack)

    @property
    def differs(self) -> bool:
        """True where a status says that whole and parts are not defined alike."""
        return bool(self.family.differs[self.t, self.other])

    @property
    def change(self) -> tuple[float, float]:
        """What may be wrong with the cell if it alone is wrong: printed minus true value.

        Absent parts hold nothing or more, so they leave one end open.
        """
        low, high = self.gap - self.slack, self.gap + self.slack
        if np.isnan(self.family.gap[self.t, self.other]):
            high = np.inf
        return (low, high) if self.sign > 0 else (-high, -low)


class Sums:
    """The families of a table by member, so that the sums a cell enters are found at once."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.families = families(cells)
        self._of: dict[tuple[str, int], list[tuple[Family, int]]] = {}
        self.tested = {id(f): f.tested for f in self.families}
        self.broken = {id(f): f.broken for f in self.families}
        for f in self.families:
            self._of.setdefault((f.axis, f.node), []).append((f, -1))
            for part in f.parts:
                self._of.setdefault((f.axis, part), []).append((f, 1))

    def terms(self, key: Key) -> list[Term]:
        """Sums that a cell enters and that can be tested."""
        t, a, g = key
        found = [Term(f, t, g, sign) for f, sign in self._of.get(("activity", a), ())]
        found += [Term(f, t, a, sign) for f, sign in self._of.get(("geo", g), ())]
        return [x for x in found if self.tested[id(x.family)][x.t, x.other]]

    def beside(self, family: Family, member: int) -> list[Family]:
        """Other families of the same axis that a member is in."""
        return [f for f, _ in self._of.get((family.axis, member), ()) if f is not family]

    def drop(self, family: Family) -> None:
        """Leave one family out: why its sums are wrong is known."""
        self.tested[id(family)][:] = False
        self.broken[id(family)][:] = False

    def ignore(self, touched: Bools) -> None:
        """Leave out every sum that a cell enters which is explained in another way."""
        for f in self.families:
            view = touched if f.axis == "activity" else touched.transpose(0, 2, 1)
            hit = view[:, list(f.members)].any(axis=1)
            self.tested[id(f)] &= ~hit
            self.broken[id(f)] &= ~hit

    def confirmed(self, key: Key, change: float) -> bool:
        """True where a sum holds that a change of the cell by so much would break."""
        return any(not x.broken and abs(change) > 2 * x.slack for x in self.terms(key))
