"""Hidden cells filled in the open: interval, best point and draws, each named as what it is.

A cube in, a cube out: every step after it sees numbers with bounds and flags and needs to know
nothing of how they came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hansa.cube import Axis, Cube, Rows, cube_place
from hansa.errors import UsageError, listed
from hansa.facts.hidden.draws import draws, spread_of
from hansa.facts.hidden.intervals import Component, Intervals, components, intervals_of
from hansa.facts.hidden.point import Point, nearest
from hansa.facts.hidden.priors import PRIORS, prior
from hansa.facts.hidden.system import (
    Extended,
    Mask,
    System,
    Tolerance,
    extended,
    system_of,
    tolerance_of,
)
from hansa.law import Floats, Quantity, any_flag, bit

SURE = 1e-6
"""A cell whose interval is narrower than this, relative to its size, follows from the sums."""


@dataclass(frozen=True)
class FillOptions:
    """How hidden cells are filled.

    prior      name of the prior (`hansa.facts.hidden.priors`); empty: bounds only, no value
    tolerance  `auto`, `exact`, `rounded`, or the most that a sum may be off
    draws      number of draws, 0 for none; seed, of the random numbers
    """

    prior: str = "best"
    tolerance: str | float = "auto"
    draws: int = 0
    seed: int = 20090507


@dataclass(frozen=True)
class Contradicted:
    """A sum that does not hold within its tolerance: its place, and by how much it misses."""

    place: str
    time: int
    miss: float


@dataclass(frozen=True)
class FilledYear:
    """One year: the cells, what could be said of them, and draws of shape (draws, cells).

    drawn_at  positions (activity, region) of the drawn cells
    """

    time: int
    cells: Quantity
    tolerance: Tolerance
    contradictions: tuple[Contradicted, ...]
    hidden: int
    sure: int
    bounded: int
    loose: int
    programmes: int
    drawn: Floats | None = None
    drawn_at: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Filler:
    """Fills the years of one cube; years are computed when asked for, once.

    number  local units by year on the axes of the cube, where there are any
    """

    cube: Cube
    options: FillOptions = FillOptions()
    number: Mapping[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.options.prior not in ("", *PRIORS):
            raise UsageError(
                f"unknown prior {self.options.prior!r}",
                admissible=listed(PRIORS),
                fix="name one of them, or none for bounds only",
            )
        if self.options.prior == "units" and not self.number:
            raise UsageError(
                "the prior 'units' needs numbers of local units",
                admissible="a column establishments, or --units FILE",
                fix="name the file, or another prior",
            )

    @cached_property
    def printed(self) -> dict[int, Quantity]:
        """The cells of every year as printed, parents filled from complete parts."""
        return {t: self.cube.year(t).cells for t in self.cube.years}

    @cached_property
    def known(self) -> dict[int, Floats]:
        """Values of every year, NaN where hidden."""
        return {t: cells.value for t, cells in self.printed.items()}

    @cached_property
    def years(self) -> dict[int, FilledYear]:
        """Every year filled."""
        return {t: self._filled(t) for t in self.cube.years}

    @property
    def filled(self) -> Cube:
        """The cube with hidden cells filled; its recipe says how."""
        header = self.cube.header
        steps = (*header.steps, *self.steps())
        return replace(
            self.cube,
            load=lambda time: _rows(self.years[time].cells),
            header=replace(header, steps=steps),
        )

    def steps(self) -> list[str]:
        """The recipe: what was done, under which tolerance, with which prior."""
        done = self.years.values()
        cells = sum(y.hidden for y in done)
        why = listed(sorted({y.tolerance.why for y in done}), 3)
        step = f"intervals of {cells} hidden cells from published sums ({why})"
        if not self.options.prior:
            return [step]
        return [
            step,
            f"hidden cells filled: nearest point to the prior {self.options.prior!r} by bounded "
            "Kullback-Leibler divergence",
        ]

    def _filled(self, time: int) -> FilledYear:
        cells, axes = self.printed[time], (self.cube.activity, self.cube.geo)
        table = extended(cells, *axes)
        tolerance = tolerance_of(table, self.options.tolerance)
        found = intervals_of(system_of(table, tolerance))
        point, drawn = None, None
        if self.options.prior:
            point, drawn = self._point(time, found.system)
        return _year(self, time, table, found, (tolerance, point, drawn))

    def _point(self, time: int, system: System) -> tuple[Floats, Floats | None]:
        axes = (self.cube.activity, self.cube.geo)
        guess = prior(self.options.prior, self.known, time, axes, self.number.get(time))
        wide = np.full(system.shape, np.nan)
        wide[: guess.shape[0], : guess.shape[1]] = guess
        own = _within(wide.ravel()[system.place], system)
        x = np.clip((system.lower + system.upper) / 2, system.lower, system.upper)
        x[np.isinf(system.upper)] = np.nan
        parts = [(part, nearest(part.polytope, own[part.cells])) for part in components(system)]
        for part, point in parts:
            x[part.cells] = point.x
        x[np.isinf(system.upper)] = np.nan
        if not self.options.draws:
            return x, None
        return x, self._draws(time, system, own, parts)

    def _draws(
        self, time: int, system: System, own: Floats, parts: list[tuple[Component, Point]]
    ) -> Floats:
        edges, spread = self._spread(time)
        which = np.clip(np.searchsorted(edges, own, side="right") - 1, 0, None)
        rng = np.random.default_rng([self.options.seed, time])
        drawn = draws(parts, own, spread[which], self.options.draws, rng)
        middle = (system.lower + system.upper) / 2
        drawn = np.where(np.isnan(drawn), middle, drawn)
        drawn[:, np.isinf(system.upper)] = np.nan
        return drawn

    def _spread(self, time: int) -> tuple[Floats, Floats]:
        """How wrong the prior is, tried on the known cells as if each of them were hidden."""
        value = self.known[time]
        leaves = np.ix_(self.cube.activity.leaves, self.cube.geo.leaves)
        hidden = np.full(value.shape, np.nan)
        hidden[:] = value
        hidden[leaves] = np.nan
        without = {**self.known, time: hidden}
        axes = (self.cube.activity, self.cube.geo)
        number = self.number.get(time)
        name = self.options.prior
        guess = prior("margins" if name == "units" else name, without, time, axes, None)
        if number is not None and name in ("units", "best"):
            from hansa.facts.hidden.priors import units

            by_units = units(value, number)
            guess = by_units if name == "units" else np.where(np.isnan(guess), by_units, guess)
        return spread_of(value[leaves].ravel(), guess[leaves].ravel())


def _within(guess: Floats, system: System) -> Floats:
    """A prior inside the intervals; where it says nothing, a small part of what is possible."""
    ceiling = np.where(np.isinf(system.upper), system.lower + 1.0, system.upper)
    silent = np.minimum((system.lower + ceiling) / 2, system.lower + 1.0)
    return np.where(np.isnan(guess), silent, guess)


def _year(
    filler: Filler,
    time: int,
    table: Extended,
    found: Intervals,
    made: tuple[Tolerance, Floats | None, Floats | None],
) -> FilledYear:
    tolerance, point, drawn = made
    system, cells = found.system, filler.printed[time]
    shape = cells.shape
    lower, upper = (part.copy() for part in cells.bounds())
    value = cells.value.copy()
    row, column = np.divmod(system.place, system.shape[1])
    inside = (row < shape[0]) & (column < shape[1])
    at = (row[inside], column[inside])
    low, high = _whole(system.lower[inside], system.upper[inside], filler.known[time])
    lower[at], upper[at] = low, np.where(np.isinf(high), np.nan, high)
    never = _never(cells)
    width = high - low
    sure = width <= SURE * np.maximum(1.0, low)
    flags = np.zeros(shape, np.uint64) if cells.flags is None else cells.flags.copy()
    estimated = np.zeros(shape) if cells.estimated is None else cells.estimated.copy()
    if point is not None:
        value[at] = np.clip(point[inside], low, high)
        estimated[at] = np.where(sure | np.isnan(value[at]), 0.0, 1.0)
        filled = ~np.isnan(value[at])
        flags[at] |= np.where(filled, bit("imputed"), np.uint64(0))
        flags[at] &= np.where(filled, ~any_flag(("m",)), ~np.uint64(0))
    flags[at] |= np.where(sure, np.uint64(0), bit("interval"))
    value, lower, upper = (_blank(part, never) for part in (value, lower, upper))
    if cells.flags is not None:
        flags = np.where(never, cells.flags, flags)
    bounded = int(np.isfinite(high).sum())
    return FilledYear(
        time,
        Quantity(value, flags, lower, upper, np.where(never, 0.0, estimated)),
        tolerance,
        _named(filler.cube, time, found, table),
        int(inside.sum()),
        int(sure.sum()),
        bounded,
        found.loose,
        found.programmes,
        None if drawn is None else drawn[:, inside],
        None if drawn is None else at,
    )


def _never(cells: Quantity) -> Mask:
    """Cells that are not applicable: never filled (methods, table of flags)."""
    if cells.flags is None:
        return np.zeros(cells.shape, bool)
    return np.asarray(np.isnan(cells.value) & ((cells.flags & bit("z")) != 0))


def _blank(part: Floats, never: Mask) -> Floats:
    return np.where(never, np.nan, part)


def _whole(low: Floats, high: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Bounds of whole numbers are whole; a margin of 1e-6 keeps rounding errors outside."""
    seen = known[~np.isnan(known)]
    if seen.size == 0 or (seen != np.round(seen)).any():
        return np.maximum(low, 0.0), high
    below, above = np.ceil(low - 1e-6), np.floor(high + 1e-6)
    return np.maximum(below, 0.0), np.maximum(below, above)


def _named(cube: Cube, time: int, found: Intervals, table: Extended) -> tuple[Contradicted, ...]:
    """Contradicting sums with the names of their whole and region."""
    named = []
    for c in found.contradictions:
        row, column = divmod(int(found.system.row_whole[c.row]), table.shape[1])
        named.append(
            Contradicted(f"{_called(cube.activity, row)}, {_called(cube.geo, column)}", time, c.miss)
        )
    return tuple(named)


def _called(axis: Axis, node: int) -> str:
    return cube_place(axis, node) if node < len(axis) else "the rest outside the listed codes"


def _rows(cells: Quantity) -> Rows:
    """Every cell of which something is known, in the order of (geo, activity)."""
    turned = cells.map(np.transpose)
    low, _ = turned.bounds()
    listed_cells = ~np.isnan(turned.value) | ~np.isnan(low)
    if turned.flags is not None:
        listed_cells |= (turned.flags & any_flag(("c", "z"))) != 0
    geo, activity = np.nonzero(listed_cells)
    return Rows(geo, activity, turned[geo, activity])
