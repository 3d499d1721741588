"""Composite indices: how long each question takes, beside peers where there are any.

    python bench/index.py [--repeat 5] [--peers] [--out]

Seconds of the clock on two threads and CPU seconds of this process, medians of the repeats after
one run to warm up; reading and imports are outside. The panel of 25 units is made (seeded: one
common factor and noise, 165 indicators in 20 areas and 4 drivers); 51 x 49 is the ASEM table of
`HANSA_DATA`, filled by group medians. Goals are those of the plan. `--peers` adds what
scikit-criteria, pymcdm, SALib and pandas need (`index_peers.py`). Set OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np

from hansa.index.benefit import benefit_of_the_doubt
from hansa.index.chain import run
from hansa.index.change import rank_change
from hansa.index.correlations import correlate
from hansa.index.data import IndexData
from hansa.index.evaluator import Evaluator
from hansa.index.extreme import around, rank_intervals
from hansa.index.factors import defaults, factors_of
from hansa.index.metadata import tree_of
from hansa.index.reading import read_index
from hansa.index.recipe import PLAIN, recipe_of
from hansa.index.removal import removal
from hansa.index.robustness import Robustness, robustness
from hansa.index.sensitivity import sensitivity, target_of
from hansa.index.tree import IndexTree
from hansa.index.whatif import Change, Sheet

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("HANSA_DATA") or HERE.parent.parent / "shared" / "data")
SEED, DRAWS = 2009, 10_000
FULL = recipe_of(
    [
        {"do": "denominate"},
        {"do": "impute", "rule": "group-median", "group": "GDP_group"},
        {"do": "screen"},
        {"do": "treat"},
        {"do": "normalise"},
        {"do": "weigh"},
        {"do": "aggregate"},
    ]
)


@dataclass(frozen=True)
class Timing:
    """Medians of one task, and its goal in seconds of the clock."""

    task: str
    wall: float
    cpu: float
    goal: float


def made(units: int, leaves: int, years: int = 1, areas: int = 20, drivers: int = 4):
    """A tree and a panel of one common factor."""
    rng = np.random.default_rng(SEED)
    rows = [{"code": f"I{i}", "type": "indicator", "parent": f"A{i % areas}", "direction": 1}
            for i in range(leaves)]  # fmt: skip
    rows += [
        {"code": f"A{a}", "type": "aggregate", "parent": f"D{a % drivers}"} for a in range(areas)
    ]
    rows += [{"code": f"D{d}", "type": "aggregate", "parent": "X"} for d in range(drivers)]
    tree = tree_of([*rows, {"code": "X", "type": "aggregate", "parent": ""}])
    factor = rng.normal(size=(units, 1))
    values = np.concatenate(
        [factor + 1.5 * rng.normal(size=(units, leaves)) + 0.1 * y for y in range(years)]
    )
    names = tuple(f"U{i}" for i in range(units))
    unit, time_ = np.tile(np.arange(units), years), np.repeat(2003 + np.arange(years), units)
    return tree, IndexData(names, names, unit, time_, values, np.zeros(values.shape, bool))


def timed(task: str, goal: float, work: Callable[[], object], repeat: int) -> Timing:
    """Run once to warm up, then take medians."""
    work()
    wall, cpu = [], []
    for _ in range(repeat):
        w, c = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    return Timing(task, median(wall), median(cpu), goal)


def replicated(tree: IndexTree, data: IndexData, factors=(), draws: int = DRAWS) -> Robustness:
    """All replications from the start: tables prepared, scores, ranks, all statistics."""
    chosen = factors_of(factors or defaults(tree, PLAIN), tree, PLAIN)
    result = robustness(Evaluator(tree, data, PLAIN, chosen, SEED), draws)
    for _, spread in result.years.values():
        spread.quantile(0.05), spread.quantile(0.95), spread.acceptability, spread.better
    return result


def tasks(repeat: int) -> list[Timing]:
    """Every task of the plan."""
    out = []
    monitor, six, flat = made(25, 165), made(25, 165, 6), made(25, 6, areas=1, drivers=1)
    weights = [{"id": "weights", "weights": 0.25}]
    noise = [{"id": "noise", "noise": 0.1}, *weights]
    out.append(timed("25 x 165, 10,000 replications of weights, normaliser, mean, one left out",
                     0.2, lambda: replicated(*monitor), repeat))  # fmt: skip

    def changes() -> None:
        result = replicated(*six)
        for year in range(2003, 2008):
            rank_change(result, year, year + 1)

    out.append(timed("six years with changes of rank", 0.5, changes, repeat))
    out.append(timed("noise on every cell, scales fitted again", 1.0,
                     lambda: replicated(*monitor, noise), repeat))  # fmt: skip
    out.append(timed("25 x 6, 1,000,000 replications of weights", 1.0,
                     lambda: replicated(*flat, weights, 1_000_000), repeat))  # fmt: skip
    tree, data = read_index(*(DATA / "composite" / f"asem_{n}.csv" for n in ("imeta", "idata")))
    stage = run(tree, data, FULL)
    out.append(timed("51 x 49, plain chain", 0.002, lambda: run(tree, data), 20))
    out.append(timed("51 x 49, full chain", 0.02, lambda: run(tree, data, FULL), 20))
    out.append(timed("51 x 49, exact rank intervals, weights +-25 %", 1.5,
                     lambda: rank_intervals(stage, around(stage)), repeat))  # fmt: skip
    out.append(timed("51 x 49, 49 removals", 0.05, lambda: removal(stage), 20))
    names = tuple(n.code for n in tree.indicators)
    out.append(timed("49 x 49 correlations with p-values", 0.005,
                     lambda: correlate(stage.data.values, names), 20))  # fmt: skip
    out += questions(tree, data, stage.data.values, repeat)
    return out


def questions(tree: IndexTree, data: IndexData, z: np.ndarray, repeat: int) -> list[Timing]:
    """What-if, sensitivity, benefit of the doubt on the filled table."""
    chosen = factors_of(defaults(tree, FULL), tree, FULL)
    evaluator = Evaluator(tree, data, FULL, chosen, SEED)
    sheet = Sheet(evaluator, robustness(evaluator, DRAWS))
    change = Change({("POL", "RDExp"): sheet.best_peer("RDExp")})
    finite = factors_of(
        [
            {"id": "rule", "options": [{"normalise.rule": r} for r in ("min-max", "z", "rank")]},
            {"id": "scheme", "options": [{"weigh.scheme": s} for s in ("given", "equal")]},
            {"id": "out", "drop": "all"},
            {"id": "clip", "options": [{"treat.winsorise": n} for n in range(3, 10)]},
        ],
        tree, FULL,
    )  # fmt: skip
    design = Evaluator(tree, data, FULL, finite, SEED)
    shift = [("shift", target_of("shift"))]
    codes = tuple(n.code for n in tree.indicators)
    units = tuple(data.units)
    return [
        timed("51 x 49, a what-if answer with its interval", 0.05,
              lambda: sheet.answer("POL", change), 20),
        timed("exact indices of a design of 2,058 points", 0.05,
              lambda: sensitivity(design, shift), repeat),
        timed("benefit of the doubt, 51 x 49", 0.3,
              lambda: benefit_of_the_doubt(z, codes, units), repeat),
    ]  # fmt: skip


def table(found: list[Timing]) -> list[str]:
    """Lines of Markdown."""
    lines = ["| task | wall s | CPU s | goal s |", "|---|---|---|---|"]
    for t in found:
        mark = "" if t.wall <= t.goal else " (missed)"
        lines.append(f"| {t.task} | {t.wall:.4f} | {t.cpu:.4f} | {t.goal:g}{mark} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*lines, "", f"Peak of the process: {peak:.0f} MB."]


def main() -> None:
    """Measure, print, and write a dated file with --out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--out", action="store_true")
    given = parser.parse_args()
    lines = [f"# Composite indices, {date.today()}", "", *table(tasks(given.repeat))]
    if given.peers:
        import index_peers

        found = index_peers.report(index_peers.peers(given.repeat))
        lines += ["", "## Peers (CPU seconds)", "", *found.splitlines()]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if given.out:
        path = HERE / "results" / f"index-{date.today()}.md"
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
