"""Hidden cells filled in the open: interval, best point and draws, each named as what it is.

A cube in, a cube out: every step after it sees numbers with bounds and flags and needs to know
nothing of how they came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hansa.axes import Axis, cube_place
from hansa.cube import Cube, Rows, resolved
from hansa.errors import UsageError, listed
from hansa.facts.fill_cells import (
    follows,
    in_whole_numbers,
    listed_cells_of,
    never,
    put,
    refuse_negative,
    stated,
    with_units,
)
from hansa.facts.hidden.draws import draws
from hansa.facts.hidden.intervals import Component, Intervals, components, intervals_of
from hansa.facts.hidden.left import left_of, sums_of
from hansa.facts.hidden.point import Point, nearest
from hansa.facts.hidden.pool import Guess, guess_of
from hansa.facts.hidden.priors import PRIORS, is_counts, unit_of
from hansa.facts.hidden.selection import WIDEST
from hansa.facts.hidden.system import (
    Extended,
    Mask,
    System,
    Tolerance,
    extended,
    shares_left,
    slack_of,
    system_of,
    tolerance_of,
)
from hansa.law import Floats, Quantity, any_flag
from hansa.sums import Left


@dataclass(frozen=True)
class FillOptions:
    """How hidden cells are filled.

    prior      name of the prior (`hansa.facts.hidden.priors`); empty: bounds only, no value
    tolerance  `auto`, `exact`, `rounded`, or the most that a sum may be off
    draws      number of draws, 0 for none; seed, of the random numbers
    per_unit   jobs that each local unit has at least: a bound of jobs from below; 0 for none
    exact      the narrowest intervals, by linear programmes where sums run in circles; without
               it intervals are valid and sometimes wider, and fast
    """

    prior: str = "best"
    tolerance: str | float = "auto"
    draws: int = 0
    seed: int = 20090507
    exact: bool = True
    per_unit: float = 0.0

    def __post_init__(self) -> None:
        if self.prior not in ("", *PRIORS):
            raise UsageError(
                f"unknown prior {self.prior!r}",
                admissible=listed(PRIORS),
                fix="name one of them, or none for bounds only",
            )
        named = self.tolerance in ("auto", "exact", "rounded")
        number = isinstance(self.tolerance, int | float)
        if not named and not (number and 0 <= float(self.tolerance) < np.inf):
            raise UsageError(
                "the tolerance is no number from zero on",
                printed=repr(self.tolerance),
                admissible="auto, exact, rounded, or a number of the table's unit",
            )
        numbers = (("draws", self.draws), ("seed", self.seed), ("per_unit", self.per_unit))
        for name, value in numbers:
            whole = name == "per_unit" or isinstance(value, int)
            if not whole or not 0 <= value < np.inf:
                raise UsageError(
                    f"{name} is no number from zero on",
                    printed=str(value),
                    admissible="0 or more" if name == "per_unit" else "0 or more, whole",
                )


@dataclass(frozen=True)
class Contradicted:
    """A sum that does not hold within its tolerance: its place, and by how much it misses."""

    place: str
    time: int
    miss: float


@dataclass(frozen=True)
class FilledYear:
    """One year: the cells, what could be said of them, and draws of shape (draws, cells).

    unplaced  bounded cells for which no point was found within the sums: they keep their bounds
    left      what the sums leave to the cells of a region together
    drawn_at  positions (activity, region) of the drawn cells
    """

    time: int
    cells: Quantity
    tolerance: Tolerance
    contradictions: tuple[Contradicted, ...]
    hidden: int
    sure: int
    bounded: int
    unplaced: int
    loose: int
    programmes: int
    left: Left
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
        asked = "the prior 'units'" if self.options.prior == "units" else "a bound by unit"
        if (self.options.prior == "units" or self.by_units) and not self.number:
            raise UsageError(
                f"{asked} needs numbers of local units",
                admissible="a column establishments, or --units FILE",
                fix="name the file, or do without",
            )

    @cached_property
    def printed(self) -> dict[int, Quantity]:
        """The cells of every year as printed, nothing filled."""
        found = {t: self.cube.laid_out(t, self.cube.load(t)) for t in self.cube.years}
        for time, cells in found.items():
            refuse_negative(self.cube, time, cells)
        if self.by_units:
            return {t: with_units(self.cube, t, found[t], self.least(t)) for t in found}
        return found

    @property
    def by_units(self) -> bool:
        """True where numbers of local units bound the cells: jobs have persons in each."""
        return self.options.per_unit > 0 and self.cube.header.measure == "employment"

    def least(self, time: int) -> Floats:
        """Jobs that the local units of each cell have at least; NaN where none are known."""
        return self.options.per_unit * self.number[time]

    @cached_property
    def summed(self) -> dict[int, Quantity]:
        """The same with wholes added up from complete parts."""
        found = {}
        for time, cells in self.printed.items():
            own = resolved(cells.map(np.copy), self.cube.activity)
            own = resolved(own.map(np.transpose), self.cube.geo)
            found[time] = own.map(np.transpose)
        return found

    @cached_property
    def known(self) -> dict[int, Floats]:
        """Values of every year, NaN where hidden; wholes are added up from complete parts."""
        return {t: cells.value for t, cells in self.summed.items()}

    @cached_property
    def years(self) -> dict[int, FilledYear]:
        """Every year filled."""
        return {t: self.year(t) for t in self.cube.years}

    @property
    def filled(self) -> Cube:
        """The cube with hidden cells filled; its recipe says how."""
        header = self.cube.header
        steps = (*header.steps, *self.steps())
        return replace(
            self.cube,
            load=lambda time: rows_of(self.years[time].cells),
            header=replace(header, steps=steps),
            sums=sums_of(
                self.cube.activity, self.cube.geo, {t: y.left for t, y in self.years.items()}
            ),
        )

    def steps(self) -> list[str]:
        """The recipe: what was done, under which tolerance, with which prior."""
        done = self.years.values()
        cells = sum(y.hidden for y in done)
        why = listed(sorted({y.tolerance.why for y in done}), 3)
        step = f"intervals of {cells} hidden cells from published sums ({why})"
        if self.by_units:
            step += f", with at least {self.options.per_unit:g} jobs in each local unit"
        if not self.options.prior:
            return [step]
        left = [
            f"{self.cube.geo.codes[whole]} {share:.0%}"
            for place, (whole, share) in self.left.items()
            if place >= len(self.cube.geo)
        ]
        lost = f"; regions that the table does not list have their share of {listed(left, 6)}"
        return [
            step,
            f"hidden cells filled: nearest point to the prior {self.options.prior!r} by bounded "
            f"Kullback-Leibler divergence{lost if left else ''}",
        ]

    def year(self, time: int) -> FilledYear:
        """One year filled; `years` keeps them."""
        cells, axes = self.printed[time], (self.cube.activity, self.cube.geo)
        table = extended(cells, *axes)
        tolerance = tolerance_of(table, self.options.tolerance, self.cube.sums_within)
        found = intervals_of(system_of(table, tolerance), self.options.exact)
        found = replace(found, system=in_whole_numbers(found.system, self.known[time]))
        point, drawn = None, None
        if self.options.prior:
            point, drawn = self._point(time, found.system)
        return _year(self, time, table, found, (tolerance, point, drawn))

    def _point(self, time: int, system: System) -> tuple[Floats, Floats | None]:
        axes = (self.cube.activity, self.cube.geo)
        guess = guess_of(self.options.prior, self.known, time, axes, self.number.get(time))
        if self.options.prior == "best":
            guess = guess.between(*stated(self.printed[time]))
        weight = np.nan_to_num(_at(guess.weight, system), nan=1.0)
        own, silent = self._prior(time, system, guess.value)
        # What no sum ties to others: its prior within its bounds, without one their middle.
        x = np.where(silent, (system.lower + system.upper) / 2, own)
        x = np.clip(x, system.lower, system.upper)
        parts = []
        for part in components(system):
            point = nearest(part.polytope, own[part.cells], None, weight[part.cells])
            if not point.holds:
                # Weights far apart can keep Newton's method from its end; alike they do not.
                point = nearest(part.polytope, own[part.cells])
            x[part.cells] = point.x if point.holds else np.nan
            parts.append((part, point))
        x[np.isinf(system.upper)] = np.nan
        if not self.options.draws:
            return x, None
        return x, self._drawn(time, system, guess, parts)

    def _prior(self, time: int, system: System, said: Floats) -> tuple[Floats, Mask]:
        """A prior at the unknown cells, and where it says nothing; what is not applicable holds
        next to nothing.
        """
        none = never(self.printed[time])
        at = _at(np.where(none, 0.0, said), system)
        left = self._left(time, system)
        at = np.where(np.isnan(at), left, at)
        blind = bool(np.isnan(said[~none & np.isnan(self.known[time])]).all())
        return _within(at, system, unit_of(self.known[time]), blind), np.isnan(at)

    def _left(self, time: int, system: System) -> Floats:
        """Shares by number of regions, where a table lists some regions of a whole only: for what
        the others leave, and for cells of which nothing else says anything. NaN at all others.
        """
        wide = np.full(system.shape, np.nan)
        printed = self.printed[time].value
        for place, (whole, share) in self.left.items():
            wide[: len(printed), place] = printed[:, whole] * share
        return np.asarray(wide.ravel()[system.place])

    @cached_property
    def left(self) -> dict[int, tuple[int, float]]:
        """Parts and rests of wholes of which the table lists some regions only (`shares_left`)."""
        return shares_left(self.cube.geo)

    def _drawn(
        self, time: int, system: System, guess: Guess, parts: list[tuple[Component, Point]]
    ) -> Floats:
        rng = np.random.default_rng([self.options.seed, time])
        listed_cells, priors, loose = listed_cells_of(system, self.known[time].shape), [], []
        for _ in range(self.options.draws):
            own, silent = self._prior(time, system, guess.drawn(rng))
            even = system.lower + rng.random(own.size) * (system.upper - system.lower)
            wide = own * np.exp(WIDEST * rng.standard_normal(own.size))
            # Where nothing is said of any cell, all of its interval is as good.
            anything = even if silent.all() else wide
            finite = silent & listed_cells & np.isfinite(anything)
            priors.append(np.where(finite, anything, own))
            loose.append(np.where(silent, even, np.clip(own, system.lower, system.upper)))
        weight = np.nan_to_num(_at(guess.weight, system), nan=1.0)
        drawn = draws(parts, priors, weight)
        alone = np.ones(system.place.size, bool)
        for part, _ in parts:
            alone[part.cells] = False
        drawn[:, alone] = np.array(loose)[:, alone]
        drawn[:, np.isinf(system.upper)] = np.nan
        return drawn


def _at(matrix: Floats, system: System) -> Floats:
    """Values of a matrix at the unknown cells; NaN at the rests outside it."""
    wide = np.full(system.shape, np.nan)
    wide[: matrix.shape[0], : matrix.shape[1]] = matrix
    return np.asarray(wide.ravel()[system.place])


def _within(guess: Floats, system: System, unit: float, blind: bool) -> Floats:
    """A prior inside the intervals; where it says nothing, a small part of what is possible.

    blind  it says nothing of any cell: the middle of each interval is then as good as any other,
           and meets the sums best
    """
    ceiling = np.where(np.isinf(system.upper), system.lower + unit, system.upper)
    middle = (system.lower + ceiling) / 2
    silent = middle if blind else np.minimum(middle, system.lower + unit)
    return np.where(np.isnan(guess), silent, guess)


def _year(
    filler: Filler,
    time: int,
    table: Extended,
    found: Intervals,
    made: tuple[Tolerance, Floats | None, Floats | None],
) -> FilledYear:
    tolerance, point, drawn = made
    system, cells = found.system, filler.summed[time]
    row, column = np.divmod(system.place, system.shape[1])
    own = (row < cells.shape[0]) & (column < cells.shape[1])
    own[own] = ~never(cells)[row[own], column[own]]
    at = (row[own], column[own])
    low, high = system.lower[own], system.upper[own]
    # A whole of known parts is their sum (law, clause 5), as exactly as the sums hold.
    hidden = np.isnan(cells.value[at])
    best = np.full(low.size, np.nan) if point is None else point[own]
    best = np.clip(np.where(hidden, best, cells.value[at]), low, high)
    sure, bounded = follows(low, high, cells.value), hidden & np.isfinite(high)
    unplaced = bounded & np.isnan(best) & (point is not None)
    return FilledYear(
        time,
        put(cells, at, (low, high, best), sure),
        tolerance,
        _named(filler.cube, time, found, table),
        int(hidden.sum()),
        int((sure & hidden).sum()),
        int(bounded.sum()),
        int(unplaced.sum()),
        found.loose,
        found.programmes,
        _left(filler, time, table, tolerance, system),
        None if drawn is None else drawn[:, own],
        None if drawn is None else at,
    )


def _left(filler: Filler, time: int, table: Extended, tolerance: Tolerance, system: System) -> Left:
    """What the sums leave to the cells of a region together."""
    cube, whole, loose = filler.cube, is_counts(filler.known[time]), tolerance
    between = ~table.unknown & (table.low < table.high)
    if between.any():
        # A known number between bounds need not be whole, and shows nothing of how sums hold.
        apart = replace(table, unknown=table.unknown | between)
        loose = tolerance_of(apart, filler.options.tolerance, cube.sums_within)
        whole = False
    slack = np.maximum(slack_of(table, tolerance), slack_of(table, loose))
    return left_of((cube.activity, cube.geo), table, slack, system, whole)


def _named(cube: Cube, time: int, found: Intervals, table: Extended) -> tuple[Contradicted, ...]:
    """Contradicting sums with the names of their whole and region."""
    named = []
    for c in found.contradictions:
        row, column = divmod(int(found.system.row_whole[c.row]), table.shape[1])
        along = "activities" if found.system.row_axis[c.row] == 0 else "regions"
        place = f"{_called(cube.activity, row)}, {_called(cube.geo, column)}: sum over its {along}"
        named.append(Contradicted(place, time, c.miss))
    return tuple(named)


def _called(axis: Axis, node: int) -> str:
    return cube_place(axis, node) if node < len(axis) else "the rest outside the listed codes"


def rows_of(cells: Quantity) -> Rows:
    """Every cell of which something is known, in the order of (geo, activity)."""
    turned = cells.map(np.transpose)
    low, _ = turned.bounds()
    listed_cells = ~np.isnan(turned.value) | ~np.isnan(low)
    if turned.flags is not None:
        listed_cells |= (turned.flags & any_flag(("c", "z"))) != 0
    geo, activity = np.nonzero(listed_cells)
    return Rows(geo, activity, turned[geo, activity])
