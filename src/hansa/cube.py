"""The computing view of a facts table: integer codes, one year at a time.

A `Cube` has axes of codes (`hansa.axes`); it loads the rows of one year when asked
and lays them out as a dense matrix of activities x regions. Published totals and parents are
nodes of the same axes: they are used as totals, never added to their parts (law, clause 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.axes import Axis, cube_place
from hansa.errors import HansaError
from hansa.law import Quantity, absent, any_flag, bit, carries, total
from hansa.panel import Header
from hansa.sums import Sums

OVERLAP = (
    "correct the total or its parts; where some rows are subtotals of others, leave them out: "
    "--where COLUMN!=VALUE"
)

# int16, int32 or int64, whichever is narrow enough
Ints = npt.NDArray[Any]

STRETCH = 1 << 16
"""Listed cells looked at together: what is made on the way stays near the processor."""


@dataclass(frozen=True)
class Listed:
    """The cells that have a row, in the order of (geo, activity); positions on the axes."""

    geo: Ints
    activity: Ints

    def __len__(self) -> int:
        return len(self.geo)

    def __getitem__(self, index: Any) -> Listed:
        """The same selection of both."""
        return Listed(self.geo[index], self.activity[index])

    def places(self, regions: int) -> Ints:
        """Positions of the cells in the flattened matrix of activities x regions."""
        # NumPy would make its own kind of positions of any other, for every use.
        place: Ints = np.multiply(self.activity, regions, dtype=np.intp)
        return np.add(place, self.geo, out=place)

    def stretches(self) -> Iterator[slice]:
        """The cells in stretches; one without cells where there are none."""
        for start in range(0, max(len(self), 1), STRETCH):
            yield slice(start, start + STRETCH)


@dataclass(frozen=True)
class Rows:
    """The rows of one year in the order of (geo, activity); positions on the axes, values."""

    geo: Ints
    activity: Ints
    values: Quantity

    @property
    def listed(self) -> Listed:
        """The cells without their values."""
        return Listed(self.geo, self.activity)


@dataclass(frozen=True)
class Year:
    """One year laid out: `cells` has shape (activities, regions), NaN where absent.

    sizes  the listed cells in their order; None where a parent among them was filled
    """

    time: int
    cells: Quantity
    listed: Listed
    sizes: Quantity | None = None
    _totals: dict[tuple[str, ...], Quantity] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def total_without(self, codes: tuple[str, ...], make: Callable[[], Quantity]) -> Quantity:
        """Totals of the regions without some codes: made once, whoever asks for them."""
        if codes not in self._totals:
            self._totals[codes] = make()
        return self._totals[codes]


@dataclass(frozen=True)
class Cube:
    """A facts table of one measure: axes, years, how to load a year's rows, how many there are.

    sums_within  units by which printed sums may miss their total, where rounding allows less
    sums         what the sums leave to bounded cells together, where a step read them
    """

    geo: Axis
    activity: Axis
    years: tuple[int, ...]
    header: Header
    load: Callable[[int], Rows]
    size: int = 0
    levels: tuple[str, str] = ("", "")
    set_aside: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    sums_within: float = 0.0
    sums: Sums | None = None

    @cached_property
    def regions(self) -> tuple[int, ...]:
        """Positions of the regions of the result: the declared level, else the finest."""
        return self.geo.at_level(self.levels[0]) if self.levels[0] else self.geo.leaves

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Positions of the activities of the result: the declared level, else the finest."""
        return self.activity.at_level(self.levels[1]) if self.levels[1] else self.activity.leaves

    @cached_property
    def breaks(self) -> tuple[int, ...]:
        """Years in which some value starts another series (`b`)."""
        flags = ((time, self.load(time).values.flags) for time in self.years)
        return tuple(t for t, own in flags if own is not None and (own & bit("b")).any())

    def year(self, time: int) -> Year:
        """The year laid out, parents filled from complete sets of parts."""
        rows = self.load(time)
        rows = replace(rows, values=rows.values.narrowed())
        cells = self.laid_out(time, rows)
        if (above := next(parts_above_total(self, cells), None)) is not None:
            raise HansaError(
                "parts add up to more than their published total",
                place=f"{above.place}, time {time}",
                printed=f"parts {above.parts:g}, total {above.total:g}",
                admissible=f"at most {above.total + above.tolerance:g} (each number rounded)",
                fix=OVERLAP,
            )
        cells = resolved(cells, self.activity)
        cells = resolved(cells.map(np.transpose), self.geo).map(np.transpose)
        complete = not np.isnan(rows.values.value).any()
        return Year(time, cells, rows.listed, rows.values if complete else None)

    def on_these_axes(self, other: Cube, time: int) -> Quantity:
        """One year of another cube's cells (activities x regions) on the axes of this one.

        Codes and years that the other does not have are absent (`m`): it says nothing of them.
        """
        self._refuse_other_codes(other)
        if time not in other.years:
            return absent((len(self.activity), len(self.geo)), "m")
        theirs, ours = (other.activity, other.geo), (self.activity, self.geo)
        return on_axes(other.year(time).cells, theirs, ours)

    def _refuse_other_codes(self, other: Cube) -> None:
        """Two versions of codes never meet by their spelling (law, clause 6)."""
        for name, ours, theirs in (
            ("regions", self.geo.codelist, other.geo.codelist),
            ("activities", self.activity.codelist, other.activity.codelist),
        ):
            if ours.id != theirs.id:
                raise HansaError(
                    f"two columns of the facts use different codes for {name}",
                    printed=f"{self.header.measure}: {ours.id}; "
                    f"{other.header.measure}: {theirs.id}",
                    admissible="the same code list and version for both",
                    fix="declare the same list for both tables, or convert one of them first",
                )

    def laid_out(self, time: int, rows: Rows) -> Quantity:
        """The rows of a year as a matrix (activities x regions), nothing filled.

        Raises HansaError for a key that stands in more than one row.
        """
        shape = (len(self.activity), len(self.geo))
        self._refuse_duplicates(time, rows, shape)
        value = np.full(shape, 0.0 if self.header.absent_rows == "zero" else np.nan)
        self._unlist_totals(value)
        _spread(rows.values.value, rows.listed, value)
        sure = self.header.absent_rows == "zero" and not (self.geo.tree or self.activity.tree)
        any_absent = bool(np.isnan(rows.values.value if sure else value).any())

        flags = lower = upper = estimated = None
        if rows.values.flags is not None or any_absent:
            own = rows.values.flags
            flags = np.zeros(shape, np.uint64 if own is None else own.dtype)
            if own is not None:
                # Few rows have a status; the others are zero already.
                some = np.flatnonzero(own != 0)
                _spread(own.take(some), rows.listed[some], flags)
            if any_absent:
                flags = marked_missing(Quantity(value, flags)).flags
        if rows.values.lower is not None:
            lower, upper = value.copy(), value.copy()
            _spread(rows.values.lower, rows.listed, lower)
            _spread(rows.values.upper, rows.listed, upper)
        if rows.values.estimated is not None:
            estimated = np.zeros(shape)
            _spread(rows.values.estimated, rows.listed, estimated)
        return Quantity(value, flags, lower, upper, estimated)

    def _unlist_totals(self, value: npt.NDArray[np.float64]) -> None:
        """A total or parent without a row is unknown, never zero: it is not a part."""
        for axis, view in ((self.activity, value), (self.geo, value.T)):
            inner = [*axis.children, *axis.beside]
            if inner:
                view[inner] = np.nan

    def _refuse_duplicates(self, time: int, rows: Rows, shape: tuple[int, int]) -> None:
        moved = rows.geo[1:] != rows.geo[:-1]
        if np.all(moved | (rows.activity[1:] > rows.activity[:-1])):
            return
        seen = np.bincount(rows.listed.places(shape[1]))
        twice = np.flatnonzero(seen > 1)
        if twice.size:
            activity, geo = divmod(int(twice[0]), shape[1])
            raise HansaError(
                "the same key stands in more than one row",
                place=f"geo {self.geo.codes[geo]}, activity {self.activity.codes[activity]}, "
                f"time {time} ({twice.size} such key{'s' * (twice.size != 1)} in {time})",
                printed=f"{int(seen[twice[0]])} rows with this key",
                admissible="one row for each geo, activity and time",
                fix="remove the repeated rows, pick one kind of row (--where column=value), "
                "or add them up first (hansa reduce)",
            )


def _spread(part: npt.NDArray[Any] | None, cells: Listed, onto: npt.NDArray[Any]) -> None:
    """Put values of listed cells where they belong in a matrix (activities x regions)."""
    if part is None:
        return
    flat = onto.reshape(-1)
    for at in cells.stretches():
        flat[cells[at].places(onto.shape[1])] = part[at]


def on_axes(cells: Quantity, own: tuple[Axis, Axis], other: tuple[Axis, Axis]) -> Quantity:
    """Cells (activities x regions) on other axes; codes that their own lack are absent (`m`)."""
    if own[0].codes == other[0].codes and own[1].codes == other[1].codes:
        return cells
    shape = (len(other[0]), len(other[1]))
    found = [
        np.array([axis.place.get(code, -1) for code in onto.codes])
        for axis, onto in zip(own, other, strict=True)
    ]
    here = np.ix_(*(at >= 0 for at in found))
    there = np.ix_(*(at[at >= 0] for at in found))
    blank = absent(shape, "m")
    assert blank.flags is not None
    flags = blank.flags.copy()
    flags[here] = 0 if cells.flags is None else cells.flags[there]

    def moved(part: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
        if part is None:
            return None
        onto = np.full(shape, np.nan)
        onto[here] = part[there]
        return onto

    value = moved(cells.value)
    assert value is not None
    return Quantity(value, flags, moved(cells.lower), moved(cells.upper), moved(cells.estimated))


def marked_missing(cells: Quantity) -> Quantity:
    """Absent values that say nothing about why get the flag `m`."""
    absent = np.isnan(cells.value)
    if not absent.any():
        return cells
    silent = absent
    if cells.flags is not None:
        silent = absent & ~carries(cells.flags, any_flag(("c", "z", "m")))
    return cells.flagged(silent, "m")


def resolved(cells: Quantity, axis: Axis) -> Quantity:
    """Fill absent parents (axis 0) from their parts where these make up all of the parent."""
    for node in axis.inner:
        gaps = np.isnan(cells.value[node])
        if not gaps.any() or not axis.whole(node):
            continue
        parts = total(cells[list(axis.children[node])], axis=0)
        fill = gaps & ~np.isnan(parts.value)
        if not fill.any():
            continue
        for own, made in (
            (cells.value, parts.value),
            (cells.flags, parts.flags),
            (cells.lower, parts.lower),
            (cells.upper, parts.upper),
            (cells.estimated, parts.estimated),
        ):
            if own is not None and made is not None:
                own[node, fill] = made[fill]
    return cells


@dataclass(frozen=True)
class AboveTotal:
    """A published total that is smaller than the sum of its known parts."""

    place: str
    parts: float
    total: float
    tolerance: float


def parts_above_total(cube: Cube, cells: Quantity) -> Iterator[AboveTotal]:
    """Totals and parents exceeded by what is known of their parts.

    Every number may be rounded to a whole unit (or to the table's own step, where the cells
    carry bounds), so n parts may exceed their total by (n + 1) / 2, or by what the table declares.
    """
    # Only where the table says that its sums are loose is its unit taken from the numbers.
    unit = _printed_unit(cells) if cube.sums_within else 1.0
    for axis, other, part in (
        (cube.activity, cube.geo, lambda x: x),
        (cube.geo, cube.activity, np.transpose),
    ):
        groups = dict(axis.children)
        if axis.total >= 0 and axis.roots:
            groups[axis.total] = axis.roots
        if not groups:
            continue
        view = cells.map(part)
        low, high = view.bounds()
        if view.flags is not None:
            # What a step made keeps its own sums; only printed numbers are held against a total.
            low = np.where(carries(view.flags, any_flag(("imputed", "interval"))), np.nan, low)
        for node, children in groups.items():
            known = low[list(children)]
            summed = np.nansum(known, axis=0)
            rounded = unit * (np.sum(~np.isnan(known), axis=0) + 1) / 2
            tolerance = np.maximum(rounded, cube.sums_within)
            for j in np.flatnonzero(summed > high[node] + tolerance):
                yield AboveTotal(
                    f"{cube_place(axis, node)}, {other.codes[int(j)]}",
                    float(summed[j]),
                    float(high[node][j]),
                    float(tolerance[j]),
                )


def _printed_unit(cells: Quantity) -> float:
    """The largest power of ten that every printed number is a multiple of; 1 without one."""
    known = cells.value[np.isfinite(cells.value) & (cells.value != 0)]
    if cells.flags is not None:
        made = cells.flags & any_flag(("imputed", "interval", "converted"))
        known = cells.value[np.isfinite(cells.value) & (cells.value != 0) & (made == 0)]
    if not known.size:
        return 1.0
    return next((10.0**n for n in range(9, 0, -1) if not np.any(known % 10.0**n)), 1.0)
