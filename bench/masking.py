"""Hide cells whose truth is known, the way offices do, and see how well they are filled again.

    python bench/masking.py [--seeds tuning|final] [--tables uk,new-york,eurostat]

Masks and seeds are fixed in `masks.toml`. Rivals see what the table prints in the year that is
scored: equal and proportional splitting of what a parent leaves over, iterative proportional
fitting from ones and from the outer product, and a corner of the linear programme. Hansa's point
may use other years and numbers of local units too; `ipf, same prior` says what that alone brings.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hansa.cube import Cube, Rows
from hansa.facts.fill import Filler, FillOptions
from hansa.facts.hidden.intervals import intervals_of
from hansa.facts.hidden.pool import guess_of
from hansa.facts.hidden.priors import margins
from hansa.facts.hidden.system import extended, system_of, tolerance_of
from hansa.law import Floats, Quantity, bit
from hansa.solve import Polytope, least_cost
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import read_facts, read_table

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("HANSA_DATA") or HERE.parent.parent / "shared" / "data") / "employment"
MASKS = tomllib.loads((HERE / "masks.toml").read_text("utf-8"))
RESAMPLES = 1000


@dataclass(frozen=True)
class Case:
    """A table with hidden cells: the cube that shows them as hidden, and their truth.

    scored  (activity, region) positions of the cells whose truth is known; truth, by scored cell
    """

    name: str
    cube: Cube
    time: int
    scored: tuple[np.ndarray, np.ndarray]
    truth: Floats
    full: Floats
    number: dict[int, Floats]


def masked(cube: Cube, hide: dict[int, np.ndarray]) -> Cube:
    """The cube with some cells (activities x regions, by year) hidden as confidential."""

    def load(time: int) -> Rows:
        rows = cube.load(time)
        gone = (
            hide[time][rows.activity, rows.geo] if time in hide else np.zeros(len(rows.geo), bool)
        )
        value = np.where(gone, np.nan, rows.values.value)
        flags = rows.values.flags
        flags = np.zeros(value.size, np.uint64) if flags is None else flags
        flags = np.where(gone, flags | bit("c"), flags)
        lower, upper = rows.values.lower, rows.values.upper
        if lower is not None and upper is not None:
            lower, upper = np.where(gone, np.nan, lower), np.where(gone, np.nan, upper)
        return Rows(rows.geo, rows.activity, Quantity(value, flags, lower, upper))

    return replace(cube, load=load)


def office(value: Floats, small: np.ndarray, cube: Cube, rng: np.random.Generator) -> np.ndarray:
    """Small leaf cells hidden, then the smallest cell beside each that stands alone in a sum."""
    hidden = small & (rng.random(value.shape) >= MASKS["office"]["keep"])
    before_any = np.isnan(value)
    columns = list(cube.geo.leaves)
    groups = [list(c) for c in cube.activity.children.values()]
    if cube.activity.total >= 0:
        groups.append([i for i in cube.activity.roots if i in cube.activity.leaves])
    leaves = set(cube.activity.leaves)
    for _ in range(6):
        gone = hidden | before_any
        for group in groups:
            own = np.array([i for i in group if i in leaves], int)
            if own.size:
                _beside(value, hidden, gone, [(own, np.full(own.size, g)) for g in columns], rng)
        regions = [list(c) for c in cube.geo.children.values()] or [columns]
        for region in regions:
            own = np.array([g for g in region if g in set(columns)], int)
            _beside(value, hidden, gone, [(np.full(own.size, i), own) for i in leaves], rng)
        if ((hidden | before_any) == gone).all():
            break
    return hidden


def _beside(
    value: Floats, hidden: np.ndarray, gone: np.ndarray, lines: list, rng: np.random.Generator
) -> None:
    for line in lines:
        if line[0].size < 2 or gone[line].sum() != 1:
            continue
        open_cells = np.flatnonzero(~gone[line])
        size = value[line][open_cells]
        if not (size > 0).any():
            continue
        size = np.where(size > 0, size, np.inf)
        pick = open_cells[int(np.argmin(size + rng.random(size.size) * 1e-3))]
        at = (line[0][pick], line[1][pick])
        hidden[at] = gone[at] = True


def _values(cube: Cube, time: int) -> Floats:
    return cube.laid_out(time, cube.load(time)).value


def uk(rounded: float = 0.0) -> tuple[Cube, dict[int, Floats]]:
    """Jobs by class, with divisions and totals added up, and local units on the same axes."""
    jobs = pq.read_table(DATA / "uk_bres_nuts2_sic4_2015_2018.parquet")
    own = {"geo": jobs["geo"], "activity": jobs["sic4"], "time": jobs["year"]}
    frame = pa.table({**own, "employment": jobs["employment"]}).to_pandas()
    frame = frame.astype({"geo": str, "activity": str})
    frame = frame[frame.time.isin(MASKS["office"]["uk"]["years"])]
    division = frame.assign(activity=frame.activity.str[:2])
    whole = frame.assign(activity="TOTAL")
    parts = pa.Table.from_pandas(_summed([frame, division, whole], rounded), preserve_index=False)
    spec = FactsSpec(classification="nace:2", geography="nuts:2013", absent_rows="unknown")
    cube = read_table(parts, spec)
    units = read_facts(
        DATA / "uk_idbr_nuts2_sic4_2016_2018.parquet",
        FactsSpec(
            columns={"time": "year", "activity": "sic4", "establishments": "local_units"},
            classification="nace:2",
            geography="nuts:2013",
            absent_rows="unknown",
        ),
        "establishments",
    )
    return cube, {t: cube.on_these_axes(units, t).value for t in cube.years}


def _summed(frames: list, rounded: float):
    import pandas as pd

    table = pd.concat(frames).groupby(["geo", "activity", "time"], as_index=False).sum()
    national = table.groupby(["activity", "time"], as_index=False).employment.sum()
    table = pd.concat([table, national.assign(geo="TOTAL")])
    if rounded:
        whole = (table.geo == "TOTAL") | table.activity.isin(["TOTAL"])
        whole |= table.activity.str.len() == 2
        off = np.where(whole, rounded / 2, 0.0)
        near = (table.employment / rounded).round() * rounded
        table["employment"] = np.where(whole, near, table.employment)
        table["employment_lower"] = (table.employment - off).clip(lower=0.0)
        table["employment_upper"] = table.employment + off
    return table


def new_york() -> tuple[Cube, dict[int, Floats]]:
    """Jobs of counties, with the establishments of the cells that show them."""
    spec = FactsSpec(total=("TOTAL", "New York State"), absent_rows="unknown")
    path = DATA / "us_ny_counties_naics3_2000_2008.parquet"
    number = read_facts(path, spec, "establishments")
    return read_facts(path, spec), {t: _values(number, t) for t in number.years}


def eurostat() -> Cube:
    """Persons employed by division and NUTS 2 region, 2015, as the Baltic study reads them."""
    return read_facts(
        DATA / "eurostat_sbs_nuts_nace_2015.parquet",
        FactsSpec(
            columns={
                "time": "year",
                "activity": "nace_r2",
                "employment": "persons_employed",
                "employment_status": "flag",
            },
            where={"nace_level": ["section", "division"], "nuts_level": [0, 2]},
            classification="nace:2",
            geography="nuts:2013",
            absent_rows="unknown",
            unknown_codes="set_aside",
        ),
    )


def cases(seeds: list[int], wanted: list[str]) -> Iterator[Case]:
    """Every table under every mask."""
    if "uk" in wanted:
        for rounded in (0.0, 100.0):
            cube, number = uk(rounded)
            for seed in seeds:
                yield _office_case(
                    "uk", cube, number, seed, f"uk{', totals to 100' * (rounded > 0)}"
                )
    if "new-york" in wanted:
        cube, number = new_york()
        for seed in seeds:
            yield _office_case("new-york", cube, number, seed, "new-york, office")
        yield from _patterns(cube)
    if "eurostat" in wanted:
        cube = eurostat()
        for seed in seeds:
            yield _office_case("eurostat", cube, {}, seed, "eurostat")


def _office_case(table: str, cube: Cube, number: dict, seed: int, name: str) -> Case:
    told = MASKS["office"][table]
    time = told["scored"]
    hide = {}
    leaves = np.zeros((len(cube.activity), len(cube.geo)), bool)
    leaves[np.ix_(cube.activity.leaves, cube.geo.leaves)] = True
    for year in told.get("years", [time]):
        value = _values(cube, year)
        if "below" in told:
            small = leaves & (value > 0) & (value < told["below"])
        else:
            small = leaves & (number[year] < told["establishments_below"]) & (value > 0)
        hide[year] = office(
            np.where(leaves, value, np.nan), small, cube, np.random.default_rng([seed, year])
        )
    full = _values(cube, time)
    at = np.nonzero(hide[time] & leaves & ~np.isnan(full))
    # The office shows how many units a hidden cell has only where another table prints it.
    shown = number if table == "uk" else {}
    return Case(name, masked(cube, hide), time, at, full[at], full, shown)


def _patterns(cube: Cube) -> Iterator[Case]:
    leaves = np.zeros((len(cube.activity), len(cube.geo)), bool)
    leaves[np.ix_(cube.activity.leaves, cube.geo.leaves)] = True
    for scored, other in MASKS["pattern"]["new-york"]:
        full, gaps = _values(cube, scored), np.isnan(_values(cube, other))
        hide = gaps & leaves & ~np.isnan(full)
        # A code of the other year that is gone altogether is no gap.
        hide &= ~gaps.all(axis=1)[:, None]
        at = np.nonzero(hide)
        yield Case(
            "new-york, pattern", masked(cube, {scored: hide}), scored, at, full[at], full, {}
        )


def splitting(value: Floats, cube: Cube, share: Floats) -> Floats:
    """What the nearest known whole leaves over, split among hidden parts by `share`."""
    out = value.copy()
    activity = cube.activity
    for column in range(len(cube.geo)):
        known = ~np.isnan(value[:, column])
        for leaf in activity.leaves:
            if known[leaf]:
                continue
            whole = activity.parent[leaf]
            if whole < 0 or not known[whole]:
                whole = activity.total
            if whole < 0 or not known[whole]:
                continue
            parts = [
                i
                for i in (activity.children.get(whole) or activity.roots)
                if i not in activity.beside
            ]
            left = max(value[whole, column] - np.nansum(value[parts, column]), 0.0)
            hidden = [i for i in parts if np.isnan(value[i, column])]
            weight = share[hidden, column]
            weight = np.where(np.isnan(weight), 0.0, weight)
            total = weight.sum()
            own = 0.0 if np.isnan(share[leaf, column]) else share[leaf, column]
            out[leaf, column] = left * own / total if total else left / len(hidden)
    return out


def fitted(value: Floats, cube: Cube, seed: Floats, rounds: int = 300) -> Floats:
    """Iterative proportional fitting of hidden leaves to what wholes on both axes leave over.

    Regions may add up to less than their whole (jobs without a place), so that side only shrinks.
    """
    x = np.where(np.isnan(seed), 1.0, np.maximum(seed, 1e-3))
    hidden = np.isnan(value)
    families = []
    for axis, turned in ((cube.activity, False), (cube.geo, True)):
        own = dict(axis.children)
        if axis.total >= 0:
            own[axis.total] = axis.roots
        families += [(node, list(parts), turned) for node, parts in own.items()]
    x = np.where(hidden, x, value)
    for _ in range(rounds):
        for node, parts, turned in families:
            v, y, h = (value.T, x.T, hidden.T) if turned else (value, x, hidden)
            known = ~np.isnan(v[node])
            block, open_cells = y[parts], h[parts]
            left = np.maximum(v[node] - np.where(open_cells, 0.0, block).sum(axis=0), 0.0)
            now = np.where(open_cells, block, 0.0).sum(axis=0)
            factor = np.where(known & (now > 0), left / np.where(now > 0, now, 1.0), 1.0)
            factor = np.minimum(factor, 1.0) if turned else factor
            y[parts] = np.where(open_cells, block * factor, block)
    return x


def corner(case: Case, value: Floats) -> Floats:
    """Any vertex of the polytope, as a solver gives it."""
    cells = case.cube.year(case.time).cells
    table = extended(cells, case.cube.activity, case.cube.geo)
    # Sums that contradict each other leave no vertex: the corner is one without them.
    s = intervals_of(system_of(table, tolerance_of(table))).system
    polytope = Polytope(s.matrix.tocsc(), s.row_lower, s.row_upper, s.lower, s.upper)
    out = np.full(s.shape, np.nan).ravel()
    out[s.place] = least_cost(polytope, np.zeros(s.place.size))
    found = out.reshape(s.shape)[: value.shape[0], : value.shape[1]]
    return np.where(np.isnan(value), found, value)


def rivals(case: Case) -> dict[str, Floats]:
    """Each rival's filled matrix."""
    value = case.cube.year(case.time).cells.value
    ones = np.ones(value.shape)
    axes = (case.cube.activity, case.cube.geo)
    outer = margins(value, *axes)
    known = {t: case.cube.year(t).cells.value for t in case.cube.years}
    ours = guess_of("best", known, case.time, axes, case.number.get(case.time)).value
    return {
        "equal splitting": splitting(value, case.cube, ones),
        "proportional splitting": splitting(value, case.cube, outer),
        "ipf from ones": fitted(value, case.cube, ones),
        "ipf from outer product": fitted(value, case.cube, outer),
        "corner of the programme": corner(case, value),
        "ipf, same prior": fitted(value, case.cube, ours),
    }


def rank_of_quotients(case: Case, x: Floats) -> float:
    """Spearman's correlation of location quotients of the scored cells."""
    a, g = case.scored
    with np.errstate(invalid="ignore", divide="ignore"):
        base = np.nansum(case.full[list(case.cube.activity.leaves)], axis=0)[g]
        of = np.nansum(case.full[:, list(case.cube.geo.leaves)], axis=1)[a]
        true, found = case.truth / base / of, x / base / of
    ok = np.isfinite(true) & np.isfinite(found)
    ranks = [np.argsort(np.argsort(v[ok])) for v in (true, found)]
    return float(np.corrcoef(*ranks)[0, 1])


def scores(case: Case, options: FillOptions) -> dict[str, object]:
    """All figures of one case."""
    filler = Filler(case.cube, options, case.number)
    year = filler.year(case.time)
    low, high = (part[case.scored] for part in year.cells.bounds())
    found = {"hansa": year.cells.value, **rivals(case)}
    point = {name: x[case.scored] for name, x in found.items()}
    # A cell without any sum above it stays absent: no rival can fill it either.
    usable = np.isfinite(point["hansa"])
    error = {
        n: np.where(usable, np.abs(np.nan_to_num(x) - case.truth), 0) for n, x in point.items()
    }
    total = case.truth[usable].sum()
    inside = (case.truth >= low - 1e-9) & (case.truth <= high + 1e-9)
    return {
        "case": case,
        "error": error,
        "wape": {n: e.sum() / total for n, e in error.items()},
        "rank": {n: rank_of_quotients(case, np.where(usable, x, np.nan)) for n, x in point.items()},
        "cells": int(usable.sum()),
        "absent": int((~usable).sum()),
        "inside": float(inside[usable].mean()),
        "sure": float((high - low == 0)[usable].mean()),
        "width": float((high - low)[usable].sum() / total),
        "draws": _covered(year, case, usable) if options.draws else {},
        "contradictions": len(year.contradictions),
    }


def _covered(year, case: Case, usable: np.ndarray) -> dict[str, float]:
    """Share of truths within the middle 90 % of the draws, and their width."""
    index = np.full(year.cells.shape, -1)
    index[year.drawn_at] = np.arange(year.drawn_at[0].size)
    own = year.drawn[:, index[case.scored][usable]]
    low, high = np.nanquantile(own, (0.05, 0.95), axis=0)
    truth = case.truth[usable]
    inside = (truth >= np.floor(low)) & (truth <= np.ceil(high))
    return {"coverage": float(inside.mean()), "width": float((high - low).sum() / truth.sum())}


def gain(runs: list[dict], rival: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """How much smaller Hansa's error is than a rival's, with a 95 % interval over regions."""
    regions = np.concatenate([r["case"].scored[1] + 1000 * i for i, r in enumerate(runs)])
    ours = np.concatenate([r["error"]["hansa"] for r in runs])
    theirs = np.concatenate([r["error"][rival] for r in runs])
    _, where = np.unique(regions % 1000, return_inverse=True)
    a, b = np.bincount(where, ours), np.bincount(where, theirs)
    picks = rng.integers(0, a.size, (RESAMPLES, a.size))
    drawn = 1 - a[picks].sum(axis=1) / b[picks].sum(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return 1 - a.sum() / b.sum(), float(low), float(high)


def report(runs: list[dict]) -> list[str]:
    """The results as Markdown."""
    lines = []
    for name in dict.fromkeys(r["case"].name for r in runs):
        own = [r for r in runs if r["case"].name == name]
        lines += _table(name, own)
    return lines


def _table(name: str, own: list[dict]) -> list[str]:
    def mean(*path: str) -> float:
        found = own
        for key in path:
            found = [r[key] for r in found]
        return float(np.mean(found))

    lines = [
        "",
        f"## {name}: {len(own)} masks, {mean('cells'):.0f} cells scored each",
        "",
        f"Truth inside the interval: {mean('inside'):.4%}; width {mean('width'):.1f} times the "
        f"truth; known from the sums: {mean('sure'):.1%}; without a sum above: "
        f"{mean('absent'):.0f}; contradicting sums: {mean('contradictions'):.1f}.",
    ]
    if own[0]["draws"]:
        lines.append(
            f"Truth in the middle 90 % of the draws: {mean('draws', 'coverage'):.1%}; "
            f"width {mean('draws', 'width'):.2f} times the truth."
        )
    lines += ["", "| | WAPE | rank correlation of LQ | Hansa's error is smaller by (95 %) |"]
    lines.append("|---|---|---|---|")
    for rival in own[0]["wape"]:
        row = f"| {rival} | {mean('wape', rival):.3f} | {mean('rank', rival):.3f} | "
        if rival != "hansa":
            by, low, high = gain(own, rival, np.random.default_rng(0))
            row += f"{by:.1%} ({low:.1%} to {high:.1%})"
        lines.append(row + " |")
    return lines


def main(argv: list[str]) -> None:
    """Run, print, and write the results of the final seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", choices=("tuning", "final"), default="tuning")
    parser.add_argument("--tables", default="uk,new-york,eurostat")
    parser.add_argument("--draws", type=int, default=0)
    parser.add_argument("--prior", default="best")
    given = parser.parse_args(argv)
    options = FillOptions(prior=given.prior, draws=given.draws)
    run: Callable[[Case], dict] = lambda case: scores(case, options)  # noqa: E731
    runs = []
    for case in cases(MASKS[given.seeds], given.tables.split(",")):
        print(f"{case.name} …", file=sys.stderr, flush=True)
        runs.append(run(case))
    lines = [f"# Filling hidden cells, {date.today()}: seeds {given.seeds}", *report(runs)]
    print("\n".join(lines))
    if given.seeds == "final":
        out = HERE / "results" / f"masking-{date.today()}.md"
        out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
