"""What the peers need for the tasks of an index: scikit-criteria, pymcdm, SALib and pandas.

    python bench/index_peers.py [--repeat 5]

CPU seconds of this process, median of the repeats after one run to warm up; imports and reading
are outside. A loop is timed on a number of replications and multiplied up to the task's; such a
figure is marked `extrapolated`. Set OPENBLAS_NUM_THREADS=1: a second BLAS thread spins and blurs.

What is the same and what is not: all of them scale by min-max and add up 51 x 49 (ASEM, gaps filled
by column means, since the libraries take none), and no time is shown before their scores agree to
1e-12 and their ranks after removals are equal. The libraries know no tree: they get cumulative leaf
weights, and a removal scales all the others. Their replications draw weights (+-25 %) only, with
ranks; those of pandas draw weights, normaliser, aggregation and a dropped indicator, and go up the
tree. Every loop scales the table once, before it. Quantiles and acceptability are taken once, at
the end, by all.
SALib: the points and the analysis (100 bootstrap samples, its default) of 6 factors, N = 4,096;
evaluating the model is not in it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("HANSA_DATA") or HERE.parent.parent / "shared" / "data")
SEED, NOISE, AGREE = 2009, 0.25, 1e-12
FACTORS, POINTS = 6, 4096
LIBRARIES = ("numpy", "pandas", "scikit-criteria", "pymcdm", "SALib")


@dataclass(frozen=True)
class Timing:
    """CPU seconds of one task by one peer; `measured` of `wanted` repetitions were run."""

    task: str
    peer: str
    cpu: float
    measured: int = 1
    wanted: int = 1

    @property
    def extrapolated(self) -> bool:
        return self.measured < self.wanted


@dataclass(frozen=True)
class Table:
    """A table without gaps: units x indicators, directions, leaf weights, and the tree.

    `levels`: from the leaves up, the parent of each column of the level below (equal weights).
    """

    x: np.ndarray
    direction: np.ndarray
    weights: np.ndarray
    levels: tuple[tuple[str, ...], ...]


def seconds(work: Callable[[], object], repeat: int) -> float:
    """Median CPU seconds after a first run."""
    work()
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken)


# --- tables --------------------------------------------------------------------------


def asem(folder: Path = DATA) -> Table:
    """51 countries x 49 indicators in 8 pillars, 2 halves, 1 index; gaps are column means."""
    meta = pd.read_csv(folder / "composite" / "asem_imeta.csv").set_index("iCode")
    leaf = meta[meta["Type"] == "Indicator"]
    x = pd.read_csv(folder / "composite" / "asem_idata.csv")[list(leaf.index)]
    pillars = tuple(dict.fromkeys(leaf["Parent"]))
    halves = tuple(meta.loc[list(pillars), "Parent"])
    levels = (tuple(leaf["Parent"]), halves, tuple(meta.loc[list(dict.fromkeys(halves)), "Parent"]))
    filled = x.fillna(x.mean()).to_numpy(dtype=float)
    return Table(filled, leaf["Direction"].to_numpy(dtype=int), _leaf_weights(levels), levels)


def made(units: int, indicators: int, families: int = 5) -> Table:
    """A normal table from the seed, in families of equal size under one index."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(50, 10, (units, indicators))
    direction = np.where(rng.random(indicators) < 0.3, -1, 1)
    own = tuple(f"F{j * families // indicators}" for j in range(indicators))
    levels = (own, ("top",) * families)
    return Table(x, direction, _leaf_weights(levels), levels)


def _leaf_weights(levels: tuple[tuple[str, ...], ...]) -> np.ndarray:
    """Shares down the tree, all siblings equal."""
    own = {levels[-1][0]: 1.0}
    for number in reversed(range(len(levels))):
        parents = levels[number]
        shares = [own[p] / parents.count(p) for p in parents]
        if number:
            own = dict(zip(dict.fromkeys(levels[number - 1]), shares, strict=True))
    return np.array(shares)


def drawn_weights(weights: np.ndarray, times: int) -> Iterator[np.ndarray]:
    """Weights with noise of 25 %, adding up to 1."""
    rng = np.random.default_rng(SEED)
    for _ in range(times):
        w = weights * (1 + NOISE * (2 * rng.random(weights.size) - 1))
        yield w / w.sum()


def statistics(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles and acceptability of ranks, draws x units."""
    units = ranks.shape[1]
    quantiles = np.quantile(ranks, [0.05, 0.5, 0.95], axis=0)
    shares = np.array([np.bincount(r.astype(int), minlength=units + 1)[1:] for r in ranks.T])
    return quantiles, shares / len(ranks)


# --- scikit-criteria -----------------------------------------------------------------


def skcriteria_parts(table: Table) -> tuple[object, object, object]:
    """The decision matrix, the steps that scale it, and the weighted sum."""
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.pipelines import mkpipe
    from skcriteria.preprocessing.invert_objectives import NegateMinimize
    from skcriteria.preprocessing.scalers import MinMaxScaler

    problem = skcriteria.mkdm(table.x, table.direction, weights=table.weights)
    model = WeightedSumModel()
    return problem, mkpipe(NegateMinimize(), MinMaxScaler(target="matrix"), model), model


def skcriteria_scores(table: Table) -> np.ndarray:
    problem, chain, _ = skcriteria_parts(table)
    return chain.evaluate(problem).e_.score


def skcriteria_replications(table: Table, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Scaled once; each replication is a copy with other weights and a weighted sum."""
    problem, chain, model = skcriteria_parts(table)
    scaled = chain.transform(problem)
    draws = drawn_weights(table.weights, times)
    return statistics(np.array([model.evaluate(scaled.replace(weights=w)).rank_ for w in draws]))


def skcriteria_removal(table: Table) -> np.ndarray:
    """Ranks without each indicator; scaled once, the weights left add up to 1."""
    import skcriteria

    problem, chain, model = skcriteria_parts(table)
    scaled = chain.transform(problem).matrix.to_numpy()
    found = []
    for j in range(table.x.shape[1]):
        w = np.delete(table.weights, j)
        left = np.delete(scaled, j, axis=1)
        part = skcriteria.mkdm(left, np.ones(w.size, int), weights=w / w.sum())
        found.append(model.evaluate(part).rank_)
    return np.array(found)


def skcriteria_reversal(table: Table) -> object:
    """Its own test of rank reversal: each unit but the best made worse, once."""
    from skcriteria.ranksrev import RankInvariantChecker

    problem, chain, _ = skcriteria_parts(table)
    return RankInvariantChecker(chain, repeat=1, random_state=SEED).evaluate(problem)


# --- pymcdm --------------------------------------------------------------------------


def pymcdm_chain(table: Table) -> Callable[[], np.ndarray]:
    from pymcdm.methods import WSM
    from pymcdm.normalizations import minmax_normalization

    method = WSM(minmax_normalization)
    return lambda: method(table.x, table.weights, table.direction)


def pymcdm_scaled(table: Table) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """The scaled matrix, higher = better, and a weighted sum that leaves it as it is."""
    from pymcdm.helpers import normalize_matrix
    from pymcdm.methods import WSM
    from pymcdm.normalizations import minmax_normalization

    scaled = normalize_matrix(table.x, minmax_normalization, table.direction)
    return scaled, WSM(lambda column, cost=False: column)


def pymcdm_replications(table: Table, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Scaled once; each replication is a weighted sum."""
    from pymcdm.helpers import rrankdata

    (scaled, method), ones = pymcdm_scaled(table), np.ones(table.weights.size)
    draws = drawn_weights(table.weights, times)
    return statistics(np.array([rrankdata(method(scaled, w, ones)) for w in draws]))


def pymcdm_removal(table: Table) -> np.ndarray:
    """Ranks without each indicator; scaled once, the weights left add up to 1."""
    from pymcdm.helpers import rrankdata

    scaled, method = pymcdm_scaled(table)
    found = []
    for j in range(table.x.shape[1]):
        w = np.delete(table.weights, j)
        scores = method(np.delete(scaled, j, axis=1), w / w.sum(), np.ones(w.size))
        found.append(rrankdata(scores))
    return np.array(found)


# --- SALib ---------------------------------------------------------------------------


def salib_points() -> np.ndarray:
    from SALib.sample import sobol

    return sobol.sample(_problem(), POINTS, calc_second_order=False, seed=SEED)


def salib_analysis(y: np.ndarray) -> object:
    from SALib.analyze import sobol

    return sobol.analyze(_problem(), y, calc_second_order=False, seed=SEED)


def _problem() -> dict:
    names = [f"x{j}" for j in range(FACTORS)]
    return {"num_vars": FACTORS, "names": names, "bounds": [[0, 1]] * FACTORS}


# --- pandas --------------------------------------------------------------------------


def pandas_scaled(table: Table) -> pd.DataFrame:
    y = pd.DataFrame(table.x) * table.direction
    return (y - y.min()) / (y.max() - y.min())


def pandas_tree(z: pd.DataFrame, levels: tuple[tuple[str, ...], ...]) -> pd.Series:
    """The mean of the children, level by level."""
    for parents in levels:
        z = z.T.groupby(np.array(parents), sort=False).mean().T
    return z.iloc[:, 0]


def pandas_chain(table: Table) -> pd.Series:
    return pandas_tree(pandas_scaled(table), table.levels)


def pandas_replications(table: Table, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights, normaliser, aggregation and a dropped indicator drawn; up the tree; ranks."""
    rng = np.random.default_rng(SEED)
    y = pd.DataFrame(table.x) * table.direction
    low, high = y.min(), y.max()
    scaled = {
        "minmax": (y - low) / (high - low) * 99 + 1,
        "z": (y - y.mean()) / y.std(),
        "rank": y.rank(method="min"),
    }
    places = []
    for _ in range(times):
        geometric = rng.random() < 0.5
        z = scaled["minmax" if geometric else rng.choice(["minmax", "z", "rank"])]
        z = np.log(z) if geometric else z
        gone = int(rng.integers(len(table.levels[0])))
        for parents in table.levels:
            w = pd.Series(1 + NOISE * (2 * rng.random(len(parents)) - 1), index=z.columns)
            if z.shape[1] == len(table.levels[0]):
                w.iloc[gone] = 0.0
            groups = np.array(parents)
            total = (z * w).T.groupby(groups, sort=False).sum().T
            z = total / w.groupby(groups, sort=False).sum()
        places.append(z.iloc[:, 0].rank(ascending=False, method="min").to_numpy())
    return statistics(np.array(places))


def pandas_removal(table: Table) -> pd.DataFrame:
    """Ranks without each indicator: scaled once, then up the tree again."""
    z, found = pandas_scaled(table), {}
    for j in range(table.x.shape[1]):
        left = table.levels[0][:j] + table.levels[0][j + 1 :]
        scores = pandas_tree(z.drop(columns=j), (left, *table.levels[1:]))
        found[j] = scores.rank(ascending=False, method="min")
    return pd.DataFrame(found)


# --- tasks ---------------------------------------------------------------------------


def disagreements(table: Table) -> list[str]:
    """Peers whose scores, or ranks after a removal, are not those of pandas or numpy."""
    expected, flat = pandas_chain(table).to_numpy(), flat_removal(table)
    scores = {"scikit-criteria": skcriteria_scores(table), "pymcdm": pymcdm_chain(table)()}
    gaps = {name: float(np.abs(found - expected).max()) for name, found in scores.items()}
    problems = [f"{name}: scores off by {gap:.2g}" for name, gap in gaps.items() if gap > AGREE]
    for name, found in (
        ("scikit-criteria", skcriteria_removal(table)),
        ("pymcdm", pymcdm_removal(table)),
    ):
        if not np.array_equal(found, flat):
            problems.append(f"{name}: ranks after a removal differ")
    return problems


def flat_removal(table: Table) -> np.ndarray:
    """Ranks without each indicator where the rest is scaled to 1 as one family."""
    z = pandas_scaled(table).to_numpy()
    found = []
    for j in range(table.weights.size):
        scores = np.delete(z, j, axis=1) @ np.delete(table.weights, j)
        found.append((scores[:, None] < scores[None, :]).sum(axis=1) + 1)
    return np.array(found)


def chains(table: Table, repeat: int) -> list[Timing]:
    """Min-max and aggregate 51 x 49, from a table in the library's own form."""
    task = "min-max and weighted sum, 51 x 49"
    problem, chain, _ = skcriteria_parts(table)
    return [
        Timing(task, "scikit-criteria, flat", seconds(lambda: chain.evaluate(problem), repeat)),
        Timing(task, "pymcdm, flat", seconds(pymcdm_chain(table), repeat)),
        Timing(task, "pandas, four levels", seconds(lambda: pandas_chain(table), repeat)),
    ]


def removals(table: Table, repeat: int) -> list[Timing]:
    """Each of 49 indicators left out."""
    task = "each of 49 indicators left out"
    return [
        Timing(task, "scikit-criteria, flat", seconds(lambda: skcriteria_removal(table), repeat)),
        Timing(task, "pymcdm, flat", seconds(lambda: pymcdm_removal(table), repeat)),
        Timing(task, "pandas, four levels", seconds(lambda: pandas_removal(table), repeat)),
        Timing(
            "rank reversal test, 51 x 49",
            "scikit-criteria",
            seconds(lambda: skcriteria_reversal(table), repeat),
        ),
    ]


def replications(
    repeat: int, units: int = 25, indicators: int = 165, wanted: int = 10_000, measured: int = 100
) -> list[Timing]:
    """Loops of replications, multiplied up."""
    table = made(units, indicators)
    task = f"{units} x {indicators} x {wanted:,} replications"
    loops = {
        "scikit-criteria, weights only": skcriteria_replications,
        "pymcdm, weights only": pymcdm_replications,
        "pandas, four choices": pandas_replications,
    }
    return [
        Timing(task, name, cpu * wanted / measured, measured, wanted)
        for name, loop in loops.items()
        for cpu in [seconds(lambda loop=loop: loop(table, measured), repeat)]
    ]


def sensitivity(repeat: int) -> list[Timing]:
    """Points and analysis by SALib; the function between them is not timed."""
    task = f"Sobol, {FACTORS} factors, N = {POINTS:,}"
    points = salib_points()
    y = points.sum(axis=1) + points[:, 0] * points[:, 1]
    return [
        Timing(f"{task}: points", "SALib", seconds(salib_points, repeat)),
        Timing(f"{task}: analysis", "SALib", seconds(lambda: salib_analysis(y), repeat)),
    ]


def peers(repeat: int = 5) -> list[Timing]:
    """Every task by every peer."""
    table = asem()
    return [
        *chains(table, 20 * repeat),
        *removals(table, repeat),
        *replications(repeat),
        *replications(repeat, 25, 6, 1_000_000, 200),
        *sensitivity(repeat),
    ]


def report(timings: list[Timing]) -> str:
    """A Markdown table."""
    lines = ["| task | peer | CPU seconds | |", "| --- | --- | ---: | --- |"]
    for t in timings:
        how = f"extrapolated from {t.measured:,} of {t.wanted:,}" if t.extrapolated else "measured"
        lines.append(f"| {t.task} | {t.peer} | {t.cpu:.3g} | {how} |")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return "\n".join([*lines, "", versions + "."]) + "\n"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeat", type=int, default=5)
    chosen = options.parse_args()
    if problems := disagreements(asem()):
        print("The scores differ, so no time is shown:", *problems, sep="\n", file=sys.stderr)
        return 1
    print(report(peers(chosen.repeat)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
