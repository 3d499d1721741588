"""Hidden cells of 100 regions x 200 industries in 20 sectors, a third hidden: how long it takes.

    python bench/filling.py [--repeat 3] [--rival 200]

Two tables: every total of a region's sector is shown; and the smallest fifth of them hidden too,
which ties all sectors together. Measured: exact intervals of all hidden cells and 100 draws, both
on two threads, in seconds of the clock and of the CPU, and the best point in CPU seconds;
beside one solve a cell and bound from scratch, timed
on a sample of cells (`--rival`) and multiplied. Goals: 20 s on two cores, 1 s, 10 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
from scipy.optimize import linprog

from hansa.axes import Axis
from hansa.codes.codelist import Codelist
from hansa.facts.hidden.draws import draws
from hansa.facts.hidden.intervals import components, intervals_of
from hansa.facts.hidden.point import nearest
from hansa.facts.hidden.pool import guess_of
from hansa.facts.hidden.system import System, extended, system_of, tolerance_of
from hansa.law import Floats, Quantity

HERE = Path(__file__).resolve().parent
REGIONS, INDUSTRIES, SECTORS, SEED = 100, 200, 20, 2009
DRAWS = 100


def axes() -> tuple[Axis, Axis]:
    """Industries in sectors under a total, and regions under a total."""
    per = INDUSTRIES // SECTORS
    sectors = [f"S{s:02d}" for s in range(SECTORS)]
    below = {f"{s}{i:02d}": s for s in sectors for i in range(per)}
    codes = sorted(["TOTAL", *sectors, *below])
    level = {c: "industry" if c in below else "sector" for c in codes if c != "TOTAL"}
    industries = Codelist("made:1", "made", "", ("sector", "industry"), {}, level, below)
    names = [f"R{r:03d}" for r in range(REGIONS)]
    regions = Codelist("made:2", "made", "", ("region",), {}, dict.fromkeys(names, "region"), {})
    return Axis(tuple(codes), industries), Axis(("TOTAL", *names), regions)


def table(activity: Axis, geo: Axis) -> Floats:
    """Skewed whole numbers with all their sums."""
    rng = np.random.default_rng(SEED)
    value = np.zeros((len(activity), len(geo)))
    size = rng.lognormal(0, 1, (INDUSTRIES, 1)) * rng.lognormal(0, 1, (1, REGIONS))
    leaves, regions = list(activity.leaves), list(geo.leaves)
    value[np.ix_(leaves, regions)] = np.floor(rng.lognormal(0, 1, size.shape) * size * 30)
    for node, parts in activity.children.items():
        value[node] = value[list(parts)].sum(axis=0)
    value[activity.total] = value[list(activity.roots)].sum(axis=0)
    value[:, geo.total] = value[:, regions].sum(axis=1)
    return value


def hidden(value: Floats, activity: Axis, geo: Axis, share: float) -> Floats:
    """The smallest cells hidden, a third with those that protect them; of sectors a share."""
    gone = np.zeros(value.shape, bool)
    leaves, regions = np.array(activity.leaves), np.array(geo.leaves)
    block = value[np.ix_(leaves, regions)]
    gone[np.ix_(leaves, regions)] = block <= np.quantile(block, 0.28)
    inner = np.array(sorted(activity.children))
    if share:
        sums = value[np.ix_(inner, regions)]
        gone[np.ix_(inner, regions)] = sums <= np.quantile(sums, share)
    groups = [np.array(c) for c in activity.children.values()]
    for _ in range(4):
        for group in groups if not share else [*groups, inner]:
            _alone(value, gone, [(group, np.full(group.size, g)) for g in regions])
        for node in [*leaves, *(inner if share else [])]:
            _alone(value, gone, [(np.full(regions.size, node), regions)])
    return np.where(gone, np.nan, value)


def _alone(value: Floats, gone: np.ndarray, lines: list) -> None:
    for line in lines:
        if gone[line].sum() == 1:
            shown = np.flatnonzero(~gone[line])
            pick = shown[int(np.argmin(value[line][shown]))]
            gone[line[0][pick], line[1][pick]] = True


def seconds(work: Callable[[], object], repeat: int) -> tuple[float, float, object]:
    """Median CPU seconds, median seconds of the clock, and what the work gave."""
    taken, clock, found = [], [], None
    for _ in range(repeat):
        start, began = time.process_time(), time.perf_counter()
        found = work()
        taken.append(time.process_time() - start)
        clock.append(time.perf_counter() - began)
    return median(taken), median(clock), found


def one_by_one(system: System, cells: np.ndarray) -> tuple[float, Floats]:
    """One programme a cell and bound, from scratch, over all sums: CPU seconds a programme."""
    a = system.matrix
    sums = {"A_ub": _both(a), "b_ub": np.concatenate([system.row_upper, -system.row_lower])}
    bounds = np.column_stack([system.lower, system.upper])
    bounds[np.isinf(bounds)] = np.nan
    start, ends = time.process_time(), []
    for j in cells:
        for sign in (1.0, -1.0):
            cost = np.zeros(a.shape[1])
            cost[j] = sign
            found = linprog(cost, **sums, bounds=_ends(bounds), method="highs-ds")
            ends.append(sign * found.fun)
    return (time.process_time() - start) / (2 * len(cells)), np.array(ends).reshape(-1, 2)


def _both(a):
    from scipy import sparse

    return sparse.vstack([a, -a]).tocsr()


def _ends(bounds: Floats) -> list[tuple[float | None, float | None]]:
    return [(low, None if np.isnan(high) else high) for low, high in bounds]


def measured(share: float, repeat: int, rival: int) -> list[str]:
    """The rows of one table."""
    activity, geo = axes()
    full = table(activity, geo)
    cells = hidden(full, activity, geo, share)
    laid = extended(Quantity(cells), activity, geo)
    system = system_of(laid, tolerance_of(laid))
    t_all, t_clock, exact = seconds(lambda: intervals_of(system), repeat)
    tight = exact.system
    guess = guess_of("best", {0: cells}, 0, (activity, geo))
    prior, weight = (_at(m, system) for m in (guess.value, guess.weight))
    parts = list(components(tight))
    t_point, _, points = seconds(
        lambda: [nearest(p.polytope, prior[p.cells], None, weight[p.cells]) for p in parts], repeat
    )
    pairs = list(zip(parts, points, strict=True))
    rng = np.random.default_rng(SEED)
    priors = [_at(guess.drawn(rng), system) for _ in range(DRAWS)]
    t_draws, d_clock, drawn = seconds(lambda: draws(pairs, priors, weight), 1)
    truth = np.zeros(system.shape)
    truth[: full.shape[0], : full.shape[1]] = full
    true = truth.ravel()[system.place]
    inside = (true >= tight.lower - 1e-6) & (true <= tight.upper + 1e-6)
    picks = np.random.default_rng(SEED).choice(system.place.size, rival, replace=False)
    each, ends = one_by_one(system, picks)
    off = np.abs(ends - np.column_stack([tight.lower, tight.upper])[picks]).max()
    miss = max(float(p.miss) for p in points)
    worst = max(_worst(part.polytope, drawn[:, part.cells]) for part in parts)
    count = int(np.isnan(cells).sum())
    name = f"{share:.0%} of sector totals hidden" if share else "sector totals shown"
    return [
        f"| {name} | {count:,} | {exact.programmes:,} | {t_clock:.2f} | {t_all:.2f} | "
        f"{2 * system.place.size * each:,.0f} | {t_point:.2f} | {d_clock:.2f} | {t_draws:.2f} |",
        f"{name}: {len(parts)} component(s); truth inside {inside.mean():.4%}; largest difference "
        f"from one solve a cell on {rival} cells {off:.1e}; largest miss of a sum by the point "
        f"{miss:.1e}, by a draw {worst:.1e}; checksum of widths "
        f"{float((tight.upper - tight.lower).sum()):,.0f}.",
    ]


def _at(matrix: Floats, system: System) -> Floats:
    wide = np.full(system.shape, np.nan)
    wide[: matrix.shape[0], : matrix.shape[1]] = matrix
    return np.nan_to_num(wide.ravel()[system.place], nan=1.0)


def _worst(p, drawn: Floats) -> float:
    sums = (p.matrix @ drawn.T).T
    return float(np.maximum(sums - p.row_upper, p.row_lower - sums).max(initial=0.0))


def main(argv: list[str]) -> None:
    """Run, print, and write a dated results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rival", type=int, default=60)
    parser.add_argument("--out", action="store_true")
    given = parser.parse_args(argv)
    found = [measured(share, given.repeat, given.rival) for share in (0.0, 0.2)]
    lines = [
        f"# Filling hidden cells: time, {date.today()}",
        "",
        "CPU seconds, medians; see `bench/filling.py`.",
        "",
        "| table | hidden | programmes | all intervals, clock (goal 20) | CPU | "
        "one solve a cell, estimated | point (goal 1) | 100 draws, clock (goal 10) | CPU |",
        "|---|---|---|---|---|---|---|---|---|",
        *(row for row, _ in found),
        "",
        *(note for _, note in found),
    ]
    print("\n".join(lines))
    if given.out:
        out = HERE / "results" / f"filling-{date.today()}.md"
        out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
