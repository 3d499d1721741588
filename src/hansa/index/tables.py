"""An index as tables: name -> columns, ready for CSV, Parquet or a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hansa.index.chain import Stage
from hansa.index.change import RankChange, one_scale
from hansa.index.extreme import RankInterval
from hansa.index.removal import Removal, effective_weights
from hansa.index.result import IndexResult
from hansa.index.sensitivity import Sensitivity
from hansa.index.tree import Floats, cumulative, shares

Columns = dict[str, Any]

REPLICATED = ("robustness", "acceptability", "pairs", "draws", "sensitivity")
"""Tables that only some runs give."""


def tables(result: IndexResult) -> dict[str, Columns]:
    """Everything of a run: normalised, scores, ranks, weights, coverage, steps, and where there
    are replications robustness, acceptability and pairs; one row a unit and year."""
    stage = result.stage
    assert stage.scores is not None
    codes, leaves = stage.tree.codes, stage.tree.leaves
    found = {
        "normalised": _rows(stage) | dict(zip(codes, stage.data.values.T, strict=False)),
        "scores": _ranked(stage) | _nodes(stage, stage.scores),
        "ranks": _ranked(stage) | _nodes(stage, result.ranks, whole=True),
        "coverage": _coverage(stage),
        "weights": weights(stage),
        "steps": steps(stage),
    }
    assert len(found["normalised"]) >= leaves
    if result.robustness is not None:
        found |= _replicated(result)
    if result.sensitivity:
        found["sensitivity"] = sensitivity_table(result.sensitivity)
    if result.intervals is not None:
        found["intervals"] = intervals(stage, result.intervals)
    return found


def _rows(stage: Stage, rows: Any = None) -> Columns:
    data = stage.data
    own = np.arange(data.unit.size) if rows is None else rows
    out: Columns = {"unit": [data.units[data.unit[r]] for r in own]}
    if len(data.years) > 1 or data.years[0]:
        out["time"] = data.time[own]
    return out


def _ranked(stage: Stage, rows: Any = None) -> Columns:
    """Rows of a ranking: beside each the share of indicators that were observed for it."""
    share = stage.data.observed / stage.tree.leaves
    return _rows(stage, rows) | {"available": share if rows is None else share[rows]}


def _nodes(stage: Stage, values: Floats, whole: bool = False) -> Columns:
    """A column a node, the index first."""
    order = [stage.tree.root, *range(len(stage.tree.nodes) - 1)[::-1]]
    order = [order[0], *sorted(order[1:], key=lambda i: (-stage.tree.level[i], i))]
    return {
        stage.tree.codes[i]: whole_numbers(values[:, i]) if whole else values[:, i] for i in order
    }


def whole_numbers(values: Floats) -> list[int | None]:
    """Ranks as whole numbers, None where there is none."""
    return [None if np.isnan(v) or v == 0 else int(v) for v in np.asarray(values, float)]


def _coverage(stage: Stage) -> Columns:
    """Share of indicators that a row has, and the weight of what was filled."""
    tree, data = stage.tree, stage.data
    assert stage.share is not None
    leaf = cumulative(tree, stage.share)[: tree.leaves]
    return _ranked(stage) | {
        "filled": data.filled.sum(axis=1),
        "filled_weight": data.filled.astype(float) @ leaf,
    }


def weights(stage: Stage) -> Columns:
    """Each node: given weight, share in its family, weight in the index."""
    tree = stage.tree
    assert stage.share is not None
    return {
        "code": list(tree.codes),
        "name": [n.label for n in tree.nodes],
        "level": tree.level,
        "parent": [n.parent for n in tree.nodes],
        "given": shares(tree, tree.weight),
        "used": stage.share,
        "in_index": effective_weights(stage),
    }


def steps(stage: Stage) -> Columns:
    """The log: one row a sentence."""
    rows = []
    for number, entry in enumerate(stage.log, 1):
        told = [("said", t) for t in entry.said] + [("warning", t) for t in entry.warnings]
        for kind, text in told or [("said", "nothing to report")]:
            rows.append((number, entry.step, entry.changed, kind, text))
    names = ("number", "step", "changed", "kind", "text")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _replicated(result: IndexResult) -> dict[str, Columns]:
    r = result.robustness
    assert r is not None
    main: dict[str, list[Any]] = {}
    spread: dict[str, list[Any]] = {"unit": [], "time": [], "rank": [], "share": []}
    pairs: dict[str, list[Any]] = {"unit": [], "time": [], "other": [], "better": []}
    for year, (rows, d) in r.years.items():
        units = [r.data.units[u] for u in r.data.unit[rows]]
        n = len(units)
        columns: Mapping[str, Any] = {
            "unit": units, "time": [year] * n,
            "available": r.data.observed[rows] / result.tree.leaves, "score": r.score[rows],
            "rank": whole_numbers(r.nominal[rows]), "mean": d.mean,
            "median": d.quantile(0.5), "low": d.quantile(0.05), "high": d.quantile(0.95),
            "best": whole_numbers(d.least), "worst": whole_numbers(d.greatest),
            "top_3": d.top(3), "top_10": d.top(10),
            "layer": whole_numbers(np.where(d.times > 0, d.layers(), np.nan)),
            "replications": d.times,
        }  # fmt: skip
        for name, values in columns.items():
            main.setdefault(name, []).extend(np.asarray(values, object).tolist())
        share = d.acceptability
        for i, k in np.argwhere(d.counts > 0).tolist():
            row = (units[i], year, k + 1, float(share[i, k]))
            for name, value in zip(spread, row, strict=True):
                spread[name].append(value)
        better = d.better
        for i in range(n):
            for j in range(n):
                if i != j:
                    row = (units[i], year, units[j], float(better[i, j]))
                    for name, value in zip(pairs, row, strict=True):
                        pairs[name].append(value)
    found = {"robustness": main, "acceptability": spread, "pairs": pairs}
    if not any(r.years):
        for columns_ in found.values():
            columns_.pop("time")
    return {**found, "draws": draws(result)}


def draws(result: IndexResult) -> Columns:
    """Drawn values of every replication, so that each can be played again; why one failed."""
    r = result.robustness
    assert r is not None
    out: Columns = {"replication": np.arange(r.draws)}
    out |= {f.id: v for f, v in zip(r.factors, r.values, strict=True)}
    return out | {"failed": [r.reasons[i] if i >= 0 else "" for i in r.failed]}


def sensitivity_table(found: tuple[Sensitivity, ...]) -> Columns:
    """One row a target and factor."""
    out: Columns = {k: [] for k in ("target", "factor", "first", "first_low", "first_high",
                                    "total", "total_low", "total_high", "exact")}  # fmt: skip
    for one in found:
        for i, name in enumerate(one.factors):
            ends = [np.nan] * 4
            if one.low is not None and one.high is not None:
                ends = [one.low[i, 0], one.high[i, 0], one.low[i, 1], one.high[i, 1]]
            row = (one.target, name, one.first[i], ends[0], ends[1], one.total[i], ends[2],
                   ends[3], one.exact)  # fmt: skip
            for key, value in zip(out, row, strict=True):
                out[key].append(value)
    return out


def intervals(stage: Stage, found: RankInterval) -> Columns:
    """Best and worst rank under the weights allowed."""
    from hansa.index.chain import ranks_of

    rank = ranks_of(stage)[found.rows, stage.tree.root]
    return _ranked(stage, found.rows) | {
        "rank": whole_numbers(rank), "best": found.best, "worst": found.worst,
        "best_proven": found.proven[:, 0], "worst_proven": found.proven[:, 1],
        "best_bound": found.best_bound, "worst_bound": found.worst_bound,
    }  # fmt: skip


def changes(result: IndexResult, found: RankChange) -> Columns:
    """Change of rank and of score between two years."""
    data = result.data
    return {
        "unit": [data.units[u] for u in found.units],
        "rank_before": whole_numbers(found.before), "rank_after": whole_numbers(found.after),
        "change": found.change, "low": found.low, "median": found.mid, "high": found.high,
        "up": found.up, "down": found.down, "changed": found.changed,
        "score_before": found.score_before, "score_after": found.score_after,
        "score_change": np.where(
            one_scale(result.stage), found.score_after - found.score_before, np.nan
        ), "replications": found.draws,
    }  # fmt: skip


def removals(stage: Stage, found: Removal) -> Columns:
    """What leaving out each element does, the greatest shift first."""
    order = np.argsort(-found.shift, kind="stable")
    moved = found.change[:, order]
    most = np.nan_to_num(np.abs(moved)).argmax(axis=0)
    return {
        "code": [found.codes[i] for i in order],
        "mean_shift": found.shift[order],
        "most_moved": [stage.data.label(i) for i in most],
        "its_change": moved[most, np.arange(order.size)],
    }
