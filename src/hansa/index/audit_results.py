"""Steps 7, 8 and 10 of an audit: uncertainty and sensitivity, back to the data, presentation.

Sources: Saisana, Saltelli and Tarantola 2005; OECD/JRC Handbook (2008); ten steps of the JRC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hansa.errors import listed
from hansa.index.audit_parts import (
    TITLES,
    AuditFinding,
    AuditStep,
    Case,
    Check,
    Columns,
    Hit,
    counted,
    percent,
    unjudged,
)
from hansa.index.ranks import ranks
from hansa.index.rankstats import RankDistribution
from hansa.index.removal import Removal, removal
from hansa.index.robustness import Robustness
from hansa.index.tree import Floats

PICKS = 5
"""Strengths and weaknesses of a unit."""


def uncertainty(case: Case) -> AuditStep:
    """Step 7: rank intervals, failures, fragile ranks, and the choices that decide."""
    result, root = case.result, case.tree.codes[case.tree.root]
    found, tables, said = [], dict[str, Columns](), []
    if result.robustness is None:
        found.append(unjudged(7, "fragile-ranks", root, "no replications were run",
                              "run with 10,000 replications"))  # fmt: skip
        said.append("No replications were run: nothing is known of the certainty of ranks.")
    else:
        _, spread = _of_year(case, result.robustness)
        low, high = _ends(case, spread)
        found += [*_failures(case, result.robustness), *_fragile(case, low, high)]
        tables["ranks in replications"] = _rank_table(case, spread, low, high)
        said.append(_spread_told(case, result.robustness, low, high))
    found += [*_decisive(case)]
    if result.sensitivity:
        tables["sensitivity"] = _sensitivity_table(case)
    else:
        said.append("Which choice matters was not computed.")
    found += [*_exact(case)]
    if result.intervals is not None:
        tables["exact rank intervals"] = _interval_table(case)
        one = int((result.intervals.best == result.intervals.worst).sum())
        reach = np.median(result.intervals.worst - result.intervals.best)
        said.append(
            f"From best to worst rank under the admissible weights it is {reach:.1f} places at the "
            f"median; {one} of {result.intervals.rows.size} units can hold one rank only."
        )
    return AuditStep(7, TITLES[6], " ".join(said), tables, tuple(found))


def _of_year(case: Case, own: Robustness) -> tuple[Sequence[int], RankDistribution]:
    rows, spread = own.years[int(case.result.data.time[case.rows[0]])]
    return list(rows), spread


def _ends(case: Case, spread: RankDistribution) -> tuple[Floats, Floats]:
    half = (1 - case.limit("interval")) / 2
    return spread.quantile(half), spread.quantile(1 - half)


def _failures(case: Case, own: Robustness) -> Iterator[AuditFinding]:
    root, line = case.tree.codes[case.tree.root], case.limit("failed")
    lost, least = own.draws - own.successes, case.limit("replications")
    reasons = "; ".join(f"{n} times: {r}" for r, n in own.failures())
    # A choice that always fails was never tried, however rare it is.
    bad = lost > line * own.draws or bool(own.warnings() and lost <= 0.01 * own.draws)
    check = Check(
        7, "failed-replications", "warning" if bad else "note",
        "has replications that could not be computed", "", "every replication was computed",
        "correct the factors, or the range of the scale (1 to 100 for geometric means)",
        f"at most {percent(line)}, of no choice alone", line,
    )  # fmt: skip
    hit = Hit(root, lost / own.draws, f"{lost} of {own.draws}: {reasons}")
    yield from check.judge(case, [hit] if lost else [])
    few = Check(
        7, "few-replications", "note", "has few replications", "", "replications are many",
        "run with 10,000 replications", f"at least {least:g}", least,
    )  # fmt: skip
    yield from few.judge(case, [Hit(root, own.draws, f"{own.draws}")] if own.draws < least else [])


def _fragile(case: Case, low: Floats, high: Floats) -> Iterator[AuditFinding]:
    root, n = case.tree.codes[case.tree.root], case.units
    width, line = case.limit("fragile_width") * n, case.limit("fragile_share")
    with np.errstate(invalid="ignore"):
        wide = high - low > width
    share = float(wide.mean())
    inside = percent(case.limit("interval"))
    check = Check(
        7, "fragile-ranks", "warning", "has fragile ranks", "", "most ranks are steady",
        "publish intervals or groups in place of ranks, and settle the choices that decide",
        f"at most {percent(line)} of units with a {inside} interval wider than {width:.1f} places",
        line,
    )  # fmt: skip
    hit = Hit(root, share, f"{int(wide.sum())} of {n} units; median width "
              f"{np.nanmedian(high - low):.1f}, greatest {np.nanmax(high - low):.0f}")  # fmt: skip
    yield from check.judge(case, [hit] if share > line else [])
    outside = Check(
        7, "rank-outside-interval", "warning", "has a rank outside its own interval",
        "units have ranks outside their own intervals", "every rank lies in its interval",
        "the chosen recipe treats it unlike most others: say so, or show the median rank",
        f"inside the {inside} interval",
    )  # fmt: skip
    away = np.fmax(low - case.rank, case.rank - high)
    yield from outside.judge(case, (
        Hit(case.codes[i], float(away[i]), f"rank {case.rank[i]:.0f}, {low[i]:.0f} to "
            f"{high[i]:.0f}") for i in np.flatnonzero(away > 0)
    ))  # fmt: skip


def _spread_told(case: Case, own: Robustness, low: Floats, high: Floats) -> str:
    width = high - low
    widest = int(np.nanargmax(width))
    with np.errstate(invalid="ignore"):
        near = int((width <= 2).sum())
    choices = listed((f.id for f in own.factors), 12)
    return (
        f"{own.successes} of {own.draws} replications were computed, over {choices}. The "
        f"{percent(case.limit('interval'))} interval of a rank is {np.nanmedian(width):.1f} places "
        f"wide at the median and {width[widest]:.0f} at most ({case.codes[widest]}, "
        f"{low[widest]:.0f} to {high[widest]:.0f}); for {counted(near, 'unit')} it is at most 2."
    )


def _rank_table(case: Case, spread: RankDistribution, low: Floats, high: Floats) -> Columns:
    return {
        "unit": case.codes, "name": case.names, "rank": case.rank, "mean_rank": spread.mean,
        "median_rank": spread.quantile(0.5), "low": low, "high": high, "least": spread.least,
        "greatest": spread.greatest, "replications": spread.times,
        "group": spread.layers(case.limit("better")),
    }  # fmt: skip


def _decisive(case: Case) -> Iterator[AuditFinding]:
    root, line = case.tree.codes[case.tree.root], case.limit("decisive")
    if not case.result.sensitivity:
        yield unjudged(7, "decisive-choice", root, "sensitivity was not computed",
                       "ask for sensitivity beside the replications")  # fmt: skip
        return
    check = Check(
        7, "decisive-choice", "note", "moves the result a great deal",
        "choices decide results", "no choice alone decides the result",
        "argue for this choice in the text, before all others", f"total index at most {line:g}",
        line,
    )  # fmt: skip
    idle = Check(
        7, "idle-choice", "note", "moves nothing", "choices move nothing", "",
        "leave it out of the factors, or widen it",
    )  # fmt: skip
    for own in case.result.sensitivity:
        pairs = list(zip(own.factors, own.total, strict=True))
        yield from check.judge(case, (
            Hit(f, float(t), f"total index {t:.2f} for {own.target}") for f, t in pairs if t > line
        ))  # fmt: skip
        yield from idle.judge(case, (
            Hit(f, float(t), f"for {own.target}") for f, t in pairs if t < 1e-9
        ))  # fmt: skip
        for text in own.said():
            if not text.startswith("Exact"):
                yield AuditFinding(7, "sensitivity-said", "note", root, f"sensitivity of "
                                   f"{own.target}: {text}", codes=(root,))  # fmt: skip


def _sensitivity_table(case: Case) -> Columns:
    every = case.result.sensitivity
    rows = [(s, i) for s in every for i in range(len(s.factors))]
    none = (np.nan, np.nan)
    low = [none if s.low is None else s.low[i] for s, i in rows]
    high = [none if s.high is None else s.high[i] for s, i in rows]
    return {
        "target": [s.target for s, _ in rows], "factor": [s.factors[i] for s, i in rows],
        "first": [float(s.first[i]) for s, i in rows],
        "first_low": [float(v[0]) for v in low], "first_high": [float(v[0]) for v in high],
        "total": [float(s.total[i]) for s, i in rows],
        "total_low": [float(v[1]) for v in low], "total_high": [float(v[1]) for v in high],
        "exact": [s.exact for s, _ in rows], "evaluations": [s.evaluations for s, _ in rows],
    }  # fmt: skip


def _exact(case: Case) -> Iterator[AuditFinding]:
    own, root = case.result.intervals, case.tree.codes[case.tree.root]
    if own is None:
        yield unjudged(7, "exact-intervals", root, "exact rank intervals were not computed",
                       "ask for intervals; they need arithmetic means and no gaps")  # fmt: skip
        return
    check = Check(
        7, "exact-intervals", "note", "has a rank interval that is not proven",
        "units have rank intervals that are not proven", "every exact rank interval is proven",
        "give the search more seconds",
    )  # fmt: skip
    codes, data = [], case.result.data
    for i in np.flatnonzero(~own.proven.all(axis=1)):
        codes.append(Hit(data.units[data.unit[own.rows[i]]], found=f"{own.best_bound[i]} to "
                         f"{own.worst_bound[i]} at most"))  # fmt: skip
    yield from check.judge(case, codes)


def _interval_table(case: Case) -> Columns:
    own, data = case.result.intervals, case.result.data
    assert own is not None
    return {
        "unit": [data.units[data.unit[r]] for r in own.rows], "rank": case.result.rank[own.rows],
        "best": own.best, "worst": own.worst, "best_proven": own.proven[:, 0],
        "worst_proven": own.proven[:, 1],
    }  # fmt: skip


def back_to_data(case: Case) -> AuditStep:
    """Step 8: the index without each element, strengths and weaknesses of each unit."""
    levels = sorted(set(case.tree.level[:-1].tolist()))
    parts = [removal(case.result.stage, level) for level in levels]
    tables = {"removal": _removal_table(case, parts), "strengths": _strengths(case)}
    worth = parts[0].shift
    if np.isnan(worth).all():
        root = case.tree.codes[case.tree.root]
        found, said = [unjudged(8, "hinges-on-one", root, "there is one indicator only", "")], ""
    else:
        found = _hinges(case, parts[0])
        top = int(np.nanargmax(worth))
        said = (
            f"Without one indicator ranks move by {np.nanmean(worth):.2f} places on average, most "
            f"without {parts[0].codes[top]} ({worth[top]:.2f}). "
        )
    best = int(np.nanargmin(case.rank))
    own = [i for i, unit in enumerate(tables["strengths"]["unit"]) if unit == case.codes[best]]
    strong = [str(tables["strengths"]["indicator"][i]) for i in own
              if tables["strengths"]["side"][i] == "strength"]  # fmt: skip
    said += f"{case.names[best]} leads; its best indicators are {listed(strong)}."
    return AuditStep(8, TITLES[7], said, tables, tuple(found))


def _hinges(case: Case, leaves: Removal) -> list[AuditFinding]:
    line = case.limit("removal") * case.units
    check = Check(
        8, "hinges-on-one", "warning", "alone moves ranks far", "indicators alone move ranks far",
        "no single indicator moves ranks far",
        "look at its data first: the ranking hinges on it",
        f"at most {line:.1f} places on average", line,
    )  # fmt: skip
    return check.judge(case, (
        Hit(c, float(s), f"{s:.2f} places on average without it")
        for c, s in zip(leaves.codes, leaves.shift, strict=True) if s > line
    ))  # fmt: skip


def _removal_table(case: Case, parts: Sequence[Removal]) -> Columns:
    codes = [code for part in parts for code in part.codes]
    change = np.concatenate([part.change[case.rows] for part in parts], axis=1)
    size = np.abs(change)
    at = np.where(np.isnan(size), -1.0, size).argmax(axis=0)
    return {
        "code": codes, "level": [int(case.tree.level[case.tree.at(c)]) for c in codes],
        "effective_weight": [float(case.weight[case.tree.at(c)]) for c in codes],
        "mean_shift": [float(s) for part in parts for s in part.shift],
        "units_moved": (size > 0).sum(axis=0),
        "largest_change": change[at, np.arange(at.size)],
        "unit_moved_most": [case.codes[i] for i in at],
    }  # fmt: skip


def _strengths(case: Case) -> Columns:
    """As `hansa.index.strengths.strengths_and_weaknesses` for all units, ranked once."""
    leaves = case.tree.leaves
    rank = ranks(case.scores[:, :leaves])
    ranked = (~np.isnan(rank)).sum(axis=0)
    cells = []
    for i, own in enumerate(rank):
        kept = np.flatnonzero(~np.isnan(own))
        count = min(PICKS, kept.size // 2)
        order = kept[np.argsort(own[kept], kind="stable")]
        last = order[order.size - count :]
        worst = last[np.argsort(-own[last], kind="stable")]
        cells += [(i, "strength", k, j) for k, j in enumerate(order[:count], 1)]
        cells += [(i, "weakness", k, j) for k, j in enumerate(worst, 1)]
    nodes = case.tree.nodes
    return {
        "unit": [case.codes[i] for i, *_ in cells], "side": [side for _, side, _, _ in cells],
        "place": [k for _, _, k, _ in cells], "indicator": [nodes[j].code for *_, j in cells],
        "name": [nodes[j].name for *_, j in cells],
        "rank": [int(rank[i, j]) for i, *_, j in cells],
        "of": [int(ranked[j]) for *_, j in cells],
        "score": [float(case.scores[i, j]) for i, *_, j in cells],
    }  # fmt: skip


def presentation(case: Case) -> AuditStep:
    """Step 10: ranks with their intervals, ties, and digits."""
    root = case.tree.codes[case.tree.root]
    score = case.scores[:, case.tree.root]
    found = [*_digits(case, score)]
    known = case.result.robustness is not None or case.result.intervals is not None
    if known:
        found.append(AuditFinding(10, "rank-intervals", "ok", root, "ranks have intervals"))
    else:
        found.append(unjudged(10, "rank-intervals", root, "ranks have no intervals to print",
                              "run replications, or exact rank intervals"))  # fmt: skip
    tied = counted(int(sum(np.sum(case.rank == r) > 1 for r in case.rank)), "unit")
    summary = (
        f"{counted(int((~np.isnan(case.rank)).sum()), 'unit')} are ranked, scores from "
        f"{np.nanmin(score):.2f} to {np.nanmax(score):.2f}; {tied} share a rank."
    )
    table, groups = _league(case)
    if groups:
        summary += (
            f" Robust wins make {counted(groups, 'group')} of units: inside a group no order is "
            "certain."
        )
    return AuditStep(10, TITLES[9], summary, {"league": table}, tuple(found))


def _digits(case: Case, score: Floats) -> Iterator[AuditFinding]:
    digits, root = int(case.limit("decimals")), case.tree.codes[case.tree.root]
    order = np.argsort(-score[~np.isnan(score)], kind="stable")
    codes = [case.codes[i] for i in np.flatnonzero(~np.isnan(score))[order]]
    values, rank = score[~np.isnan(score)][order], case.rank[~np.isnan(score)][order]
    apart = np.flatnonzero(np.diff(rank) > 0)
    printed = np.round(values, digits)
    tied = Check(
        10, "equal-ranks", "note", "share a rank", "pairs of neighbours share a rank",
        "no two units share a rank", "print it with a sign of equality, such as 3=",
        together=True,
    )  # fmt: skip
    yield from tied.judge(case, (
        Hit(f"{codes[i]} and {codes[i + 1]}", 0.0, f"rank {rank[i]:.0f}")
        for i in np.flatnonzero(np.diff(rank) == 0)
    ))  # fmt: skip
    few = Check(
        10, "too-few-digits", "note", "print the same score and have different ranks",
        "pairs of neighbours print the same score and have different ranks",
        "different ranks print different scores",
        "say that ranks follow unrounded scores, or print the two as even",
        f"different scores with {counted(digits, 'digit')} after the point", worst="least",
        together=True,
    )  # fmt: skip
    yield from few.judge(case, (
        Hit(f"{codes[i]} and {codes[i + 1]}", float(values[i] - values[i + 1]),
            f"both {printed[i]:.{digits}f}, ranks {rank[i]:.0f} and {rank[i + 1]:.0f}")
        for i in apart if printed[i] == printed[i + 1]
    ))  # fmt: skip
    yield from _too_many(case, -np.diff(values)[apart], digits, root)


def _too_many(case: Case, gaps: Floats, digits: int, root: str) -> Iterator[AuditFinding]:
    if not gaps.size:
        yield unjudged(10, "too-many-digits", root, "no two units have different ranks", "")
        return
    usual, line = float(np.median(gaps)), case.limit("digits")
    check = Check(
        10, "too-many-digits", "warning", "prints digits that say nothing", "",
        "scores are printed with digits that say something", "print fewer digits",
        f"last digit at least {line:g} of the usual gap of neighbours, {usual:.2g}", line,
    )  # fmt: skip
    fine = 10.0**-digits / usual
    told = f"{counted(digits, 'digit')} after the point, {fine:.2g} of the usual gap"
    yield from check.judge(case, [Hit(root, fine, told)] if fine < line else [])


def _league(case: Case) -> tuple[Columns, int]:
    own, data = case.result, case.result.data
    order = np.argsort(np.where(np.isnan(case.rank), np.inf, case.rank), kind="stable")
    table: dict[str, Any] = {
        "rank": case.rank[order], "unit": [case.codes[i] for i in order],
        "name": [case.names[i] for i in order], "score": case.scores[order, case.tree.root],
    }  # fmt: skip
    groups = 0
    if own.robustness is not None:
        _, spread = _of_year(case, own.robustness)
        low, high = _ends(case, spread)
        layer = spread.layers(case.limit("better"))
        groups = int(layer.max())
        table |= {"low": low[order], "high": high[order], "group": layer[order]}
    if own.intervals is not None:
        ends = {data.units[data.unit[r]]: (int(b), int(w)) for r, b, w in zip(
            own.intervals.rows, own.intervals.best, own.intervals.worst, strict=True)}  # fmt: skip
        pairs = [ends.get(case.codes[i], (None, None)) for i in order]
        table |= {"best": [b for b, _ in pairs], "worst": [w for _, w in pairs]}
    return table, groups
