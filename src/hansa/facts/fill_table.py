"""Filled cubes of all measures as one facts table, with draws and an account of what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.facts.convert_table import table_of
from hansa.facts.fill import FilledYear, Filler

SHOWN = 20
"""Contradicting sums named in the account; the rest is counted."""


@dataclass(frozen=True)
class Filled:
    """A facts table without silent holes.

    table        geo, activity, time, then for each measure its value, status, lower, upper and
                 estimated; what nothing bounds stays empty
    description  what `NAME.meta.toml` says beside a CSV
    draws        geo, activity, time, measure, draw, value; None where none were asked for
    report       by measure and year: cells hidden, known from the sums, bounded, contradictions
    lines        the report in a few lines
    """

    table: pa.Table
    description: dict[str, Any]
    draws: pa.Table | None
    report: dict[str, Any]
    lines: tuple[str, ...]

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.table.num_rows)


def filled_table(fillers: Mapping[str, Filler]) -> Filled:
    """The table of all measures, each filled by its own filler."""
    table, description = table_of([filler.filled for filler in fillers.values()])
    report = {
        "prior": next(iter(fillers.values())).options.prior,
        "seed": next(iter(fillers.values())).options.seed,
        "measures": {name: _report(filler) for name, filler in fillers.items()},
    }
    drawn = [t for name, f in fillers.items() for t in _draws(name, f)]
    draws = pa.concat_tables(drawn) if drawn else None
    return Filled(table, description, draws, report, tuple(_lines(fillers)))


def _report(filler: Filler) -> list[dict[str, Any]]:
    return [
        {
            "time": y.time,
            "hidden": y.hidden,
            "known_from_sums": y.sure,
            "bounded": y.bounded,
            "without_a_sum": y.hidden - y.bounded,
            "without_a_point": y.unplaced,
            "not_the_narrowest": y.loose,
            "programmes": y.programmes,
            "sums": y.tolerance.why,
            "share_estimated": _share(filler, y),
            "contradictions": [
                {"place": c.place, "misses_by": round(c.miss, 6)} for c in y.contradictions
            ],
        }
        for y in filler.years.values()
    ]


def _share(filler: Filler, year: FilledYear) -> float:
    """Share of the finest cells' sum that rests on estimates."""
    leaves = np.ix_(filler.cube.activity.leaves, filler.cube.geo.leaves)
    value, part = year.cells.value[leaves], year.cells.estimated
    total = np.nansum(value)
    if part is None or not total:
        return 0.0
    return round(float(np.nansum(value * part[leaves]) / total), 6)


def _draws(name: str, filler: Filler) -> Iterable[pa.Table]:
    for year in filler.years.values():
        if year.drawn is None or year.drawn_at is None:
            continue
        activity, geo = year.drawn_at
        usable = np.flatnonzero(~np.isnan(year.drawn).any(axis=0))
        count = year.drawn.shape[0]
        cells = np.tile(usable, count)
        yield pa.table(
            {
                "geo": _names(filler.cube.geo.codes, geo[cells]),
                "activity": _names(filler.cube.activity.codes, activity[cells]),
                "time": pa.array(np.full(cells.size, year.time, np.int32)),
                "measure": _names((name,), np.zeros(cells.size, int)),
                "draw": pa.array(np.repeat(np.arange(1, count + 1, dtype=np.int32), usable.size)),
                "value": pa.array(year.drawn[:, usable].ravel()),
            }
        )


def _names(codes: tuple[str, ...], positions: Any) -> pa.Array:
    return pa.array(list(codes), pa.string()).take(pa.array(positions.astype(np.int64)))


def _lines(fillers: Mapping[str, Filler]) -> Iterable[str]:
    for name, filler in fillers.items():
        done = list(filler.years.values())
        hidden = sum(y.hidden for y in done)
        if not hidden:
            yield f"{name}: no hidden cells"
            continue
        sure, bounded = sum(y.sure for y in done), sum(y.bounded for y in done)
        yield (
            f"{name}: {hidden} hidden cells: {sure} follow from the sums, {bounded - sure} lie "
            f"within bounds, {hidden - bounded} have no sum above them and stay empty"
        )
        if unplaced := sum(y.unplaced for y in done):
            yield f"  {unplaced} of them have bounds and no value: no point was found in the sums"
        for why in dict.fromkeys(y.tolerance.why for y in done):
            yield f"  {why}: {', '.join(str(y.time) for y in done if y.tolerance.why == why)}"
        found = [c for y in done for c in y.contradictions]
        for c in found[:SHOWN]:
            yield f"  a sum does not hold: {c.place}, {c.time}: misses by {c.miss:,.6g}"
        if len(found) > SHOWN:
            yield f"  and {len(found) - SHOWN} more sums that do not hold"
