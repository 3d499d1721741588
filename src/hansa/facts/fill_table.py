"""Filled cubes of all measures as one facts table, with draws and an account of what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.cube import Cube, Rows
from hansa.facts.disclosure import withheld
from hansa.facts.disclosure_sheet import blanked
from hansa.facts.fill import FilledYear, Filler, rows_of
from hansa.facts.hidden.system import Mask
from hansa.facts.made import Made, code_texts, table_of

SHOWN = 20
"""Contradicting sums named in the account; the rest is counted."""


def filled_table(fillers: Mapping[str, Filler], reason: str = "") -> Made:
    """The table of all measures, each filled by its own filler.

    reason  why confidential cells may be given out. Without one, cells of status `c` whose interval
            all but gives the value stay empty (`hansa.facts.disclosure.withheld`)
    """
    kept = {name: {} if reason else _withheld(filler) for name, filler in fillers.items()}
    table, description = table_of(
        [_given_out(f, kept[name], reason) for name, f in fillers.items()]
    )
    report = {
        "prior": next(iter(fillers.values())).options.prior,
        "seed": next(iter(fillers.values())).options.seed,
        "measures": {name: _report(filler, kept[name]) for name, filler in fillers.items()},
    }
    drawn = [t for name, f in fillers.items() for t in _draws(name, f, kept[name])]
    draws = pa.concat_tables(drawn) if drawn else None
    return Made(table, description, report, tuple(_lines(fillers, kept)), draws)


Kept = Mapping[int, Mask]
"""Cells (activities x regions) that are not given out, by year."""


def _withheld(filler: Filler) -> dict[int, Mask]:
    return {time: withheld(year.cells) for time, year in filler.years.items()}


def _given_out(filler: Filler, kept: Kept, reason: str) -> Cube:
    cube = filler.filled
    steps = [f"confidential cells given out: {reason}"] if reason else []
    if count := sum(int(gone.sum()) for gone in kept.values()):
        steps.append(f"confidential cells left empty, the sums all but give them: {count}")

    def load(time: int) -> Rows:
        cells = filler.years[time].cells
        return rows_of(blanked(cells, kept[time]) if time in kept else cells)

    header = replace(cube.header, steps=(*cube.header.steps, *steps))
    return replace(cube, load=load, header=header)


def _report(filler: Filler, kept: Kept) -> list[dict[str, Any]]:
    return [
        {
            "time": y.time,
            "hidden": y.hidden,
            "known_from_sums": y.sure,
            "bounded": y.bounded,
            "without_a_sum": y.hidden - y.bounded,
            "without_a_point": y.unplaced,
            "withheld": int(kept[y.time].sum()) if y.time in kept else 0,
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


def _draws(name: str, filler: Filler, kept: Kept) -> Iterable[pa.Table]:
    for year in filler.years.values():
        if year.drawn is None or year.drawn_at is None:
            continue
        activity, geo = year.drawn_at
        given = ~np.isnan(year.drawn).any(axis=0)
        if year.time in kept:
            given &= ~kept[year.time][activity, geo]
        usable = np.flatnonzero(given)
        count = year.drawn.shape[0]
        cells = np.tile(usable, count)
        yield pa.table(
            {
                "geo": code_texts(geo[cells], filler.cube.geo.codes),
                "activity": code_texts(activity[cells], filler.cube.activity.codes),
                "time": pa.array(np.full(cells.size, year.time, np.int32)),
                "measure": pa.array([name] * cells.size, pa.string()),
                "draw": pa.array(np.repeat(np.arange(1, count + 1, dtype=np.int32), usable.size)),
                "value": pa.array(year.drawn[:, usable].ravel()),
            }
        )


def _lines(fillers: Mapping[str, Filler], kept: Mapping[str, Kept]) -> Iterable[str]:
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
        if gone := sum(int(mask.sum()) for mask in kept[name].values()):
            yield (
                f"  confidential cells left empty because the sums all but give them: {gone} "
                "(--reason TEXT gives them out)"
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
