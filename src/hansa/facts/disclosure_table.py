"""A table made safe, or the list of what it gives away: all measures and years together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hansa.cube import Cube, Rows, on_axes
from hansa.errors import HansaError
from hansa.facts.disclosure import Exposed, exposed, left_open
from hansa.facts.disclosure_hide import Hidden, complementary
from hansa.facts.disclosure_rules import Contributors, Primary, Rules, primary
from hansa.facts.disclosure_sheet import Sheet, blanked
from hansa.facts.hidden.system import Mask
from hansa.facts.made import Made, table_of
from hansa.law import Floats, Quantity, absent, bit

SHOWN = 20
"""Exposed cells named on the screen; the report has all."""


@dataclass(frozen=True)
class ProtectedYear:
    """One year: which cells are confidential, which are hidden beside them, what was exposed.

    settled  cells that came in empty from an earlier protection: they hide, or are hidden well
    cells    every hidden cell, with the reason, for the account
    """

    time: int
    primary: Primary
    complementary: Mask
    exposed: tuple[Exposed, ...]
    unsafe: Mask
    shares: dict[str, float] = field(default_factory=dict)
    totals: int = 0
    settled: int = 0
    cells: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Owned:
    """A table as its owner knows it.

    cubes         by measure; what is protected are all but establishments
    contributors  further columns on the same codes: number, largest, two_largest
    keys          confidential cells by year (0: every year), on the axes of the first cube
    """

    cubes: Mapping[str, Cube]
    contributors: Mapping[str, Cube] = field(default_factory=dict)
    keys: Cube | None = None


def protected(own: Owned, rules: Rules, audit: bool = False) -> Made:
    """A safe table, or with `audit` only what the table would give away.

    Hidden cells are empty with status `c`, whatever they are hidden for. The account is
    confidential itself: it names cells that hide others.

    Raises HansaError where confidential cells cannot be protected.
    """
    secret = {m: c for m, c in own.cubes.items() if m != "establishments"} or dict(own.cubes)
    main = next(iter(secret.values()))
    years = [_year(own, secret, time, rules, audit) for time in main.years]
    report = _report(years, rules)
    found = tuple(e for y in years for e in y.exposed)
    lines = tuple(_lines(years, rules, audit))
    if audit:
        return Made(None, {}, report, lines, exposed=found)
    _refuse_unsafe(years, main)
    gone = {y.time: y.primary.cells | y.complementary for y in years}
    kept = set() if rules.hide_establishments else {"establishments"}
    cubes = [c if m in kept else _without(c, gone, main) for m, c in own.cubes.items()]
    if _newly(secret, years):
        step = _step(years, rules)
        cubes = [replace(c, header=replace(c.header, steps=(*c.header.steps, step))) for c in cubes]
    table, description = table_of(cubes)
    return Made(table, description, report, lines, exposed=found)


def _year(
    own: Owned, secret: Mapping[str, Cube], time: int, rules: Rules, audit: bool
) -> ProtectedYear:
    main = next(iter(secret.values()))
    # Parts above their published total stop here, by name.
    _ = [cube.year(time) for cube in secret.values()]
    cells = {m: _on(main, cube, time) for m, cube in secret.items()}
    number, largest, two = (
        _values(own.contributors.get(n), main, time) for n in ("number", "largest", "two_largest")
    )
    by = Contributors(number, largest, two, _keys(own.keys, main, time))
    found = primary(list(cells.values()), by, rules)
    hidden, settled = found.cells, _settled(main, list(cells.values()))
    sheets = [Sheet(m, time, q, main.activity, main.geo, rules.tolerance) for m, q in cells.items()]
    lefts = [left_open(sheet, hidden) for sheet in sheets]
    bad = tuple(e for left in lefts for e in exposed(left, hidden & ~settled, rules.share))
    none = np.zeros(hidden.shape, bool)
    more = Hidden(none, none)
    if bad and not audit:
        never = ~np.all([q.value > 0 for q in cells.values()], axis=0)
        more = complementary(sheets, hidden & ~settled, never, rules.share, settled)
    beside = more.complementary
    return ProtectedYear(
        time,
        found,
        beside,
        bad,
        more.unsafe,
        _hidden_shares(main, cells, hidden | beside),
        int(beside.sum() - beside[np.ix_(main.activity.leaves, main.geo.leaves)].sum()),
        int(settled.sum()),
        _named(main, hidden, settled, beside),
    )


def _settled(main: Cube, cells: Sequence[Quantity]) -> Mask:
    """Cells that an earlier protection of this table left empty, by what its steps say.

    Which of them are confidential it does not say. All were safe, or hide others and need no
    protection of their own: taken for confidential, some would ask for still more hidden cells.
    """
    if not any(_STEP.match(step) for step in main.header.steps):
        return np.zeros(cells[0].shape, bool)
    empty = np.all([np.isnan(q.value) for q in cells], axis=0)
    marks = [q.flags for q in cells if q.flags is not None]
    return np.asarray(empty & np.any([(flags & bit("c")) != 0 for flags in marks], axis=0))


def _named(main: Cube, hidden: Mask, settled: Mask, beside: Mask) -> tuple[dict[str, Any], ...]:
    """Every hidden cell and why, in the order of regions; `total` where it is one."""
    parts = np.zeros(hidden.shape, bool)
    parts[np.ix_(main.activity.leaves, main.geo.leaves)] = True
    return tuple(
        {
            "geo": main.geo.codes[j],
            "activity": main.activity.codes[i],
            "why": "complementary"
            if beside[i, j]
            else "hidden before"
            if settled[i, j]
            else "confidential",
            "total": not bool(parts[i, j]),
        }
        for j, i in zip(*np.nonzero((hidden | beside).T), strict=True)
    )


def _on(main: Cube, cube: Cube, time: int) -> Quantity:
    """The cells of a year as printed, nothing filled, on the axes of the main cube."""
    axes = (main.activity, main.geo)
    if time not in cube.years:
        return absent((len(main.activity), len(main.geo)), "m")
    return on_axes(cube.laid_out(time, cube.load(time)), (cube.activity, cube.geo), axes)


def _values(cube: Cube | None, main: Cube, time: int) -> Floats | None:
    return None if cube is None else _on(main, cube, time).value


def _keys(keys: Cube | None, main: Cube, time: int) -> Mask | None:
    """Cells named as confidential; a name that is no row of the table is refused."""
    if keys is None:
        return None
    found = np.zeros((len(main.activity), len(main.geo)), bool)
    rows = main.load(time)
    there = set(zip(rows.activity.tolist(), rows.geo.tolist(), strict=True))
    for year in {time, ALWAYS} & set(keys.years):
        named = keys.load(year)
        for i, j in zip(named.activity.tolist(), named.geo.tolist(), strict=True):
            activity, geo = keys.activity.codes[i], keys.geo.codes[j]
            at = main.activity.place.get(activity, -1), main.geo.place.get(geo, -1)
            if at not in there:
                raise HansaError(
                    "a confidential key names no row of the table",
                    place=f"geo {geo}, activity {activity}, time {time}",
                    printed="no such row",
                    admissible="keys of rows that stand in the table",
                    fix="correct the key, or leave it out",
                )
            found[at] = True
    return found


ALWAYS = 1000
"""The year of a confidential key that names none: it holds for all."""


def _without(cube: Cube, gone: Mapping[int, Mask], main: Cube) -> Cube:
    """A cube whose hidden cells are empty, marked `c`, and without bounds."""
    activity = np.array([main.activity.place.get(c, -1) for c in cube.activity.codes])
    geo = np.array([main.geo.place.get(c, -1) for c in cube.geo.codes])

    def load(time: int) -> Rows:
        rows = cube.load(time)
        a, g = activity[rows.activity], geo[rows.geo]
        known = (a >= 0) & (g >= 0)
        hide = np.zeros(a.size, bool)
        if time in gone:
            hide[known] = gone[time][a[known], g[known]]
        return Rows(rows.geo, rows.activity, blanked(rows.values, hide))

    return replace(cube, load=load)


def _hidden_shares(main: Cube, cells: Mapping[str, Quantity], hidden: Mask) -> dict[str, float]:
    """Share of the sum of the finest cells that is hidden, by measure."""
    at = np.ix_(main.activity.leaves, main.geo.leaves)
    found = {}
    for name, q in cells.items():
        total = float(np.nansum(q.value[at]))
        part = float(np.nansum(np.where(hidden[at], q.value[at], 0.0)))
        found[name] = round(part / total, 6) if total else 0.0
    return found


def _newly(secret: Mapping[str, Cube], years: Sequence[ProtectedYear]) -> bool:
    """Whether any hidden cell held a value in the table that came in."""
    main = next(iter(secret.values()))
    return any(
        ((y.primary.cells | y.complementary) & ~np.isnan(_on(main, cube, y.time).value)).any()
        for cube in secret.values()
        for y in years
    )


_STEP = re.compile(r"\d+ cells hidden: confidential ones")


def _step(years: Sequence[ProtectedYear], rules: Rules) -> str:
    """What the table says of itself. Which cells hide others, and how well, it does not say."""
    count = sum(int((y.primary.cells | y.complementary).sum()) for y in years)
    few = f"fewer than {rules.fewest} contributors, or marked as such"
    return (
        f"{count} cells hidden: confidential ones ({few}), and others so that no sum reveals them"
    )


def _refuse_unsafe(years: Sequence[ProtectedYear], main: Cube) -> None:
    for y in years:
        if y.unsafe.any():
            activity, geo = (int(part[0]) for part in np.nonzero(y.unsafe))
            raise HansaError(
                "a confidential cell cannot be protected by hiding others",
                place=f"geo {main.geo.codes[geo]}, activity {main.activity.codes[activity]}, "
                f"time {y.time}",
                printed=f"{int(y.unsafe.sum())} such cells in {y.time}",
                admissible="cells whose sums hold other numbers above zero",
                fix="leave out the totals of this region or industry, publish coarser codes, or "
                "ask for less: --share 0.05",
            )


def _report(years: Sequence[ProtectedYear], rules: Rules) -> dict[str, Any]:
    return {
        "confidential": "this account names cells that hide others: it is not to be published",
        "rules": {
            "fewest": rules.fewest,
            "share": rules.share,
            "dominance": rules.dominance,
            "p_percent": rules.p_percent,
        },
        "years": [
            {
                "time": y.time,
                "primary": int(y.primary.cells.sum()),
                "by_rule": y.primary.counts,
                "without_a_number_of_contributors": y.primary.uncounted,
                "hidden_before": y.settled,
                "complementary": int(y.complementary.sum()),
                "totals_hidden_beside": y.totals,
                "share_hidden": y.shares,
                "exposed_before": [e.as_dict() for e in y.exposed],
                "cells": list(y.cells),
            }
            for y in years
        ],
    }


def _lines(years: Sequence[ProtectedYear], rules: Rules, audit: bool) -> list[str]:
    lines = []
    for y in years:
        rule = "; ".join(f"{k}: {n}" for k, n in y.primary.counts.items()) or "none"
        text = f"{y.time}: {int(y.primary.cells.sum())} confidential cells ({rule})"
        if audit:
            text += f", {len({(e.geo, e.activity) for e in y.exposed})} of them exposed"
        else:
            text += f", {int(y.complementary.sum())} more hidden"
            text += f" ({y.totals} of them totals)" if y.totals else ""
            shares = ", ".join(f"{100 * s:.1f} % of {m}" for m, s in y.shares.items())
            text += f"; {shares} hidden"
        lines.append(text)
        if y.settled:
            lines.append(
                f"  {y.settled} of them were hidden by an earlier protection, as the steps of the "
                "table say: they stay empty and count as safe"
            )
        if y.primary.uncounted:
            lines.append(
                f"  {y.primary.uncounted} cells with a value have no number of contributors: "
                "the rule says nothing of them"
            )
    return lines


def advice(one: Exposed) -> str:
    """What to do about one exposed cell."""
    also = f"hide also {one.also} and what that needs, or " if one.also else ""
    return f"{also}publish a sum that holds both in place of them (hansa protect … --out SAFE.csv)"
