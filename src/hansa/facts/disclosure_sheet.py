"""A table as its owner knows it, and as it is published: values, sums, what readers may assume."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hansa.axes import Axis
from hansa.facts.hidden.system import (
    EXACT,
    ROUNDED,
    Extended,
    Mask,
    Tolerance,
    extended,
    tolerance_of,
)
from hansa.law import Floats, Quantity, any_flag, bit


@dataclass(frozen=True)
class Sheet:
    """One measure of one year as its owner knows it: `cells` has shape (activities, regions)."""

    measure: str
    time: int
    cells: Quantity
    activity: Axis
    geo: Axis
    wanted: str | float = "auto"

    @cached_property
    def whole(self) -> bool:
        """True where all numbers are whole, so that intervals end at whole numbers."""
        seen = self.cells.value[~np.isnan(self.cells.value)]
        return bool((seen == np.round(seen)).all())

    @cached_property
    def table(self) -> Extended:
        """The table with its sums, everything known to its owner."""
        return extended(self.cells, self.activity, self.geo)

    @cached_property
    def tolerance(self) -> Tolerance:
        """How exactly sums hold. Where no sum is off they hold exactly: an attacker sees that."""
        found = tolerance_of(self.table, self.wanted)
        if self.wanted == "auto" and found == ROUNDED and not _any_off(self.table):
            return EXACT
        return found

    @cached_property
    def closed(self) -> Mask:
        """Rests of the extended matrix that are nothing.

        Where the parts make up the whole wherever both are known, the list of codes is complete,
        and everybody may know it.
        """
        return _closed(self.table, self.tolerance, self.cells.shape)

    def published(self, hidden: Mask) -> Quantity:
        """The cells without the hidden ones, and without anything known of these."""
        q = self.cells

        def blank(part: Floats | None) -> Floats | None:
            return None if part is None else np.where(hidden, np.nan, part)

        value = np.where(hidden, np.nan, q.value)
        return Quantity(value, q.flags, blank(q.lower), blank(q.upper), q.estimated)


def _any_off(table: Extended) -> bool:
    low, high, hidden = table.low.ravel(), table.high.ravel(), table.unknown.ravel()
    for whole, parts, rest in zip(table.row_whole, table.row_parts, table.row_rest, strict=True):
        if rest or hidden[whole] or hidden[parts].any():
            continue
        scale = 1e-9 * max(1.0, float(high[whole]))
        if low[parts].sum() > high[whole] + scale or high[parts].sum() < low[whole] - scale:
            return True
    return False


def _closed(table: Extended, tolerance: Tolerance, shape: tuple[int, ...]) -> Mask:
    """Families with a rest: no miss in any complete one, and at least one of them seen."""
    low, high, hidden = table.low.ravel(), table.high.ravel(), table.unknown.ravel()
    holds: dict[tuple[bool, int], bool] = {}
    for whole, parts, rest in zip(table.row_whole, table.row_parts, table.row_rest, strict=True):
        own = parts[:-1]
        if not rest or hidden[whole] or hidden[own].any():
            continue
        row, column = divmod(int(parts[-1]), table.shape[1])
        family = (True, row) if row >= shape[0] else (False, column)
        slack = max(tolerance.half * parts.size, tolerance.least) + 1e-9 * max(1.0, high[whole])
        holds[family] = holds.get(family, True) and bool(low[whole] - high[own].sum() <= slack)
    found = np.zeros(table.shape, bool)
    for (is_row, at), all_hold in holds.items():
        found[(at, slice(None)) if is_row else (slice(None), at)] |= all_hold
    return found


def blanked(values: Quantity, hide: Mask) -> Quantity:
    """Cells without what is hidden: no value, no bounds, nothing estimated, status `c`."""

    def blank(part: Floats | None, by: float) -> Floats | None:
        return None if part is None else np.where(hide, by, part)

    flags = np.zeros(hide.shape, np.uint64) if values.flags is None else values.flags
    flags = np.where(hide, (flags & ~any_flag(("m", "interval", "imputed"))) | bit("c"), flags)
    return Quantity(
        np.where(hide, np.nan, values.value),
        flags,
        blank(values.lower, np.nan),
        blank(values.upper, np.nan),
        blank(values.estimated, 0.0),
    )
