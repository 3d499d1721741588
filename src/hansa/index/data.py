"""The data of an index: units by years, indicators, denominators and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hansa.errors import UsageError, listed
from hansa.index.tree import Floats, IndexTree, Ints

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class IndexData:
    """One row a unit and year, one column an indicator, in the order of the tree.

    units, names  each unit once
    unit, time    (rows,) position in `units`, and year
    values        (rows, leaves) as the chain has left them; NaN missing
    filled        (rows, leaves) cells that the step `impute` filled
    denominators  name -> (rows,)
    groups        name -> (rows,) of texts, empty for none
    """

    units: tuple[str, ...]
    names: tuple[str, ...]
    unit: Ints
    time: Ints
    values: Floats
    filled: Bools
    denominators: Mapping[str, Floats] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All rows in words."""
        return tuple(self.label(row) for row in range(self.unit.size))

    @cached_property
    def observed(self) -> Ints:
        """Indicators that each row has a value of by itself, none of them filled (rows,)."""
        return np.asarray((~np.isnan(self.values) & ~self.filled).sum(axis=1), np.int64)

    @cached_property
    def years(self) -> list[int]:
        """The years, in order."""
        return [int(t) for t in np.unique(self.time)]

    def by_year(self) -> Iterator[Ints]:
        """Rows of each year, in order of years."""
        for year in np.unique(self.time):
            yield np.flatnonzero(self.time == year)

    def label(self, row: int | np.integer[Any]) -> str:
        """A row in words: the unit, and the year where there are several."""
        code = self.units[self.unit[row]]
        return f"{code} {self.time[row]}" if len(self.years) > 1 else code

    def row_of(self, unit: str, year: int | None = None) -> int:
        """The row of a unit in a year, the last year by default. Raises UsageError."""
        at = self.years[-1] if year is None else year
        if unit not in self.units:
            raise UsageError(
                f"there is no unit {unit!r}", admissible=listed(self.units, 60), fix="use its code"
            )
        rows = np.flatnonzero((self.unit == self.units.index(unit)) & (self.time == at))
        if not rows.size:
            raise UsageError(
                f"{unit} has no row in {at}",
                admissible=listed(self.years, 30),
                fix="name another year, or look whether the step screen left it out",
            )
        return int(rows[0])

    def group(self, name: str) -> tuple[str, ...]:
        """The texts of a group column (rows,). Raises UsageError."""
        if name not in self.groups:
            raise UsageError(
                f"there is no group column {name!r}",
                admissible=listed(self.groups) or "none is declared",
                fix="give the column type group in indicators.csv",
            )
        return self.groups[name]

    def kept(self, rows: Ints) -> IndexData:
        """Some of the rows; units without rows go."""
        old, unit = np.unique(self.unit[rows], return_inverse=True)
        return replace(
            self,
            units=tuple(self.units[i] for i in old),
            names=tuple(self.names[i] for i in old),
            unit=unit.astype(np.int64),
            time=self.time[rows],
            values=self.values[rows],
            filled=self.filled[rows],
            denominators={k: v[rows] for k, v in self.denominators.items()},
            groups={k: tuple(v[i] for i in rows) for k, v in self.groups.items()},
        )


def availability(tree: IndexTree, values: Floats) -> Floats:
    """Share of indicators available under each node (rows, nodes)."""
    under = tree.under.astype(float)
    there = (~np.isnan(values)).astype(float)
    found: Floats = there @ under.T / under.sum(axis=1)
    return found
