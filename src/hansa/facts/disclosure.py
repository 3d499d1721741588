"""Disclosure audit: which confidential cells the published rest of a table gives away.

A confidential cell is exposed where everything that is published, all sums and totals together,
leaves it an interval narrower than a share of its value, or pins it (feasibility intervals of
statistical disclosure control: Hundepool et al., 2012, sections 4.2 and 4.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from hansa.axes import Axis, cube_place
from hansa.facts.disclosure_sheet import Sheet
from hansa.facts.hidden.intervals import Intervals, intervals_of, is_open
from hansa.facts.hidden.system import Extended, Mask, System, extended, system_of
from hansa.law import Floats, Quantity, bit
from hansa.solve import Infeasible, Polytope, ranges

SHARE = 0.1
"""Least width of a confidential cell's interval, as a share of its value."""

SURE = 1e-6
"""An interval narrower than this, relative to the value, is a number."""

BEHIND = 4
"""Sums named behind one exposed cell."""


@dataclass(frozen=True)
class Sum:
    """A published number beside the table: a weighted sum of cells (activity, region, weight)."""

    name: str
    cells: tuple[tuple[int, int, float], ...]
    value: float


@dataclass(frozen=True)
class Left:
    """What publishing leaves open: the interval of every hidden cell, NaN elsewhere."""

    sheet: Sheet
    hidden: Mask
    found: Intervals
    names: tuple[tuple[str, int], ...]
    low: Floats
    high: Floats

    @cached_property
    def column(self) -> dict[int, int]:
        """Flat position in the extended matrix -> column of the system."""
        return {int(p): j for j, p in enumerate(self.found.system.place)}

    @cached_property
    def by_cell(self) -> sparse.csc_matrix:
        """The sums by cell."""
        return sparse.csc_matrix(self.found.system.matrix)

    def revealed(self, secret: Mask, share: float) -> Mask:
        """Confidential cells that the rest gives away."""
        gone = secret & self.hidden
        value = np.where(np.isnan(self.sheet.cells.value), self.high, self.sheet.cells.value)
        return gone & too_narrow(self.low, self.high, value, share)

    def sums_behind(self, activity: int, region: int) -> tuple[str, ...]:
        """The sums that say how much is in a cell, in words; the nearest first."""
        wide = self.found.system.shape[1]
        todo, rows = [self.column[activity * wide + region]], list[int]()
        seen = set(todo)
        while todo and len(rows) < BEHIND:
            for row in self._tight(todo.pop(0)):
                if row not in rows:
                    rows.append(row)
                for other in self._cells(row):
                    if other not in seen and self._pinned(other):
                        seen.add(other)
                        todo.append(other)
        return tuple(dict.fromkeys(self._named(row) for row in rows))[:BEHIND]

    def _cells(self, row: int) -> list[int]:
        a = self.found.system.matrix
        return [int(j) for j in a.indices[a.indptr[row] : a.indptr[row + 1]]]

    def _hidden_in(self, row: int) -> int:
        return sum(self._of_table(j) for j in self._cells(row))

    def _of_table(self, column: int) -> bool:
        """A cell of the table and no rest."""
        wide = self.found.system.shape[1]
        row, at = divmod(int(self.found.system.place[column]), wide)
        return bool(row < self.low.shape[0] and at < self.low.shape[1])

    def _pinned(self, column: int) -> bool:
        s = self.found.system
        known = bool(s.upper[column] - s.lower[column] <= SURE * max(1, s.upper[column]))
        return known and self._of_table(column)

    def _tight(self, column: int) -> list[int]:
        """The sums that alone give the ends of a cell; all of its sums where none does."""
        s, a = self.found.system, self.by_cell
        own = a.indices[a.indptr[column] : a.indptr[column + 1]].tolist()
        # The plainest first: few other hidden cells, then what could be left out of results.
        rows = sorted(own, key=lambda row: (self._hidden_in(row), self.names[row][1] >= 0, row))
        room = 1e-6 * max(1.0, abs(float(s.upper[column])))
        chosen: list[int] = []
        for upward in (True, False):
            for row in rows:
                low, high = _implied(s, row, column)
                if (high <= s.upper[column] + room) if upward else (low >= s.lower[column] - room):
                    if upward or s.lower[column] > room:
                        chosen.append(row)
                    break
        return list(dict.fromkeys(chosen)) or rows

    def _named(self, row: int) -> str:
        kind, place = self.names[row]
        if kind not in ("parts", "regions"):
            return kind
        i, j = divmod(place, self.found.system.shape[1])
        what, where = _called(self.sheet.activity, i), _called(self.sheet.geo, j)
        if kind == "parts":
            return f"{what} in {where} and its parts"
        return f"{what} in {where} and the regions of it"


def too_narrow(low: Floats, high: Floats, value: Floats, share: float) -> Mask:
    """Where an interval pins a value, or is narrower than a share of it."""
    with np.errstate(invalid="ignore"):
        width = high - low
        pinned = width <= SURE * np.maximum(1.0, value)
        return np.asarray(pinned | (width < share * value * (1 - 1e-9)))


def _implied(s: System, row: int, column: int) -> tuple[float, float]:
    """What one sum says about one cell, given the intervals of the others."""
    own = slice(s.matrix.indptr[row], s.matrix.indptr[row + 1])
    cells, weight = s.matrix.indices[own], s.matrix.data[own]
    other = cells != column
    mine = float(weight[~other][0])
    ends = weight[other] * s.lower[cells[other]], weight[other] * s.upper[cells[other]]
    least = s.row_lower[row] - np.maximum(*ends).sum()
    most = s.row_upper[row] - np.minimum(*ends).sum()
    low, high = sorted((least / mine, most / mine))
    return float(low), float(high)


def _called(axis: Axis, node: int) -> str:
    return cube_place(axis, node) if node < len(axis) else "the rest outside the listed codes"


def left_open(sheet: Sheet, hidden: Mask, beside: Sequence[Sum] = ()) -> Left:
    """The exact intervals of hidden cells, by everything else of the table and sums beside it."""
    table = extended(sheet.published(hidden), sheet.activity, sheet.geo)
    table = replace(table, high=np.where(sheet.closed, 0.0, table.high))
    system = system_of(table, sheet.tolerance)
    names = _row_names(table, len(sheet.activity), sheet)
    plain = [one for one in beside if all(w == 1 for *_, w in one.cells)]
    system, more = _with_sums(system, plain, sheet, hidden)
    found = intervals_of(system)
    weighted = [one for one in beside if one not in plain]
    tight, last = _with_sums(found.system, weighted, sheet, hidden)
    if last:
        found, more = replace(found, system=_narrowed(tight)), [*more, *last]
    low, high = (np.full(sheet.cells.shape, np.nan) for _ in range(2))
    row, column = np.divmod(system.place, system.shape[1])
    inside = (row < low.shape[0]) & (column < low.shape[1])
    at = row[inside], column[inside]
    low[at], high[at] = found.system.lower[inside], found.system.upper[inside]
    if sheet.whole:
        low, high = whole_ends(low, high)
    return Left(sheet, hidden, found, (*names, *((name, -1) for name in more)), low, high)


def whole_ends(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Ends of intervals of whole numbers; never crossed by rounding errors."""
    low, high = np.ceil(low - SURE), np.floor(high + SURE)
    return low, np.maximum(low, high)


def _row_names(table: Extended, activities: int, sheet: Sheet) -> list[tuple[str, int]]:
    """Kind and whole of every sum that has an unknown cell, in the order of the system."""
    wide = table.shape[1]
    unknown = table.unknown.ravel()
    found = []
    for whole, parts in zip(table.row_whole, table.row_parts, strict=True):
        if unknown[whole] or unknown[parts].any():
            same_region = int(parts[0]) % wide == int(whole) % wide
            found.append(("parts" if same_region else "regions", int(whole)))
    return found


def _with_sums(
    system: System, beside: Sequence[Sum], sheet: Sheet, hidden: Mask
) -> tuple[System, list[str]]:
    """The system with further sums that have a hidden cell; they hold exactly."""
    column = {int(p): j for j, p in enumerate(system.place)}
    rows, cells, weights, value, names = [], [], [], [], list[str]()
    for one in beside:
        known = sum(w * sheet.cells.value[i, j] for i, j, w in one.cells if not hidden[i, j])
        gone = [(i, j, w) for i, j, w in one.cells if hidden[i, j] and w]
        if not gone or np.isnan(known) or np.isnan(one.value):
            continue
        rows += [len(names)] * len(gone)
        cells += [column[i * system.shape[1] + j] for i, j, _ in gone]
        weights += [w for _, _, w in gone]
        value.append(one.value - known)
        names.append(one.name)
    if not names:
        return system, names
    shape = (len(names), system.place.size)
    extra = sparse.csr_matrix((weights, (rows, cells)), shape=shape)
    told = np.array(value)
    room = 1e-9 * np.maximum(1.0, np.abs(told))
    return replace(
        system,
        matrix=sparse.vstack([system.matrix, extra], format="csr"),
        row_lower=np.concatenate([system.row_lower, told - room]),
        row_upper=np.concatenate([system.row_upper, told + room]),
        row_whole=np.concatenate([system.row_whole, np.full(len(names), -1)]),
    ), names


def _narrowed(system: System) -> System:
    """Exact intervals where sums have weights: presolve and components know plain sums only."""
    free = is_open(system)
    fixed = np.where(free, 0.0, (system.lower + system.upper) / 2)
    told = system.matrix @ fixed
    # Cells that are known up to rounding errors must not make a sum impossible.
    room = SURE * np.maximum(1.0, np.abs(told))
    polytope = Polytope(
        sparse.csc_matrix(system.matrix[:, free]),
        system.row_lower - told - room,
        system.row_upper - told + room,
        system.lower[free],
        system.upper[free],
    )
    try:
        exact = ranges(polytope)
    except Infeasible:
        return system
    lower, upper = system.lower.copy(), system.upper.copy()
    lower[free], upper[free] = exact.lower, exact.upper
    return replace(system, lower=lower, upper=np.maximum(lower, upper))


@dataclass(frozen=True)
class Exposed:
    """A confidential cell that is given away: where, between what, needed how wide, by what."""

    measure: str
    time: int
    geo: str
    activity: str
    low: float
    high: float
    needed: float
    by: tuple[str, ...]
    also: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "measure": self.measure,
            "time": self.time,
            "geo": self.geo,
            "activity": self.activity,
            "lower": self.low,
            "upper": self.high,
            "needed_width": round(self.needed, 6),
            "by": list(self.by),
            "hide_also": self.also,
        }

    def __str__(self) -> str:
        between = f"{self.low:,.6g}"
        if self.high > self.low:
            between += f" to {self.high:,.6g}"
        return (
            f"{self.measure} {self.time}, {self.activity} in {self.geo}: the rest of the table "
            f"says {between}; needed: {self.needed:,.6g} wide\n  by {'; '.join(self.by)}"
        )


def exposed(left: Left, secret: Mask, share: float = SHARE) -> tuple[Exposed, ...]:
    """Every confidential cell that the published rest reveals, in the order of regions."""
    bad = left.revealed(secret, share)
    sheet = left.sheet
    found = []
    for region, activity in zip(*np.nonzero(bad.T), strict=True):
        value = sheet.cells.value[activity, region]
        high = float(left.high[activity, region])
        found.append(
            Exposed(
                sheet.measure,
                sheet.time,
                sheet.geo.codes[region],
                sheet.activity.codes[activity],
                float(left.low[activity, region]),
                high,
                needed(float(high if np.isnan(value) else value), share, sheet.whole),
                left.sums_behind(int(activity), int(region)),
                _cheapest_beside(left, int(activity), int(region)),
            )
        )
    return tuple(found)


def needed(value: float, share: float, whole: bool) -> float:
    """The least width of the interval of a confidential value."""
    if whole:
        return max(1.0, float(np.ceil(share * value - 1e-9)))
    return max(share * value, 4 * SURE * max(1.0, value))


def _cheapest_beside(left: Left, activity: int, region: int) -> str:
    """The smallest published number in one sum with a cell, no total: what could be hidden too."""
    sheet = left.sheet
    value, best = sheet.cells.value, None
    for axis, along in ((sheet.activity, True), (sheet.geo, False)):
        node = activity if along else region
        family = axis.children.get(axis.parent[node], axis.roots)
        for other in family if node in family else ():
            at = (other, region) if along else (activity, other)
            if left.hidden[at] or not value[at] > 0:
                continue
            if best is None or (value[at], at) < best:
                best = (value[at], at)
    if best is None:
        return ""
    return f"{sheet.activity.codes[best[1][0]]} in {sheet.geo.codes[best[1][1]]}"


def withheld(cells: Quantity, share: float = SHARE) -> Mask:
    """Cells marked confidential whose bounds all but give the value: never to be handed on.

    cells  filled cells: value and exact bounds, flag `c` kept from the source
    """
    if cells.flags is None:
        return np.zeros(cells.shape, bool)
    low, high = cells.bounds()
    marked = (cells.flags & bit("c")) != 0
    known = marked & ~np.isnan(high) & ~np.isnan(low)
    value = np.where(np.isnan(cells.value), high, cells.value)
    return np.asarray(known & too_narrow(low, high, value, share))
