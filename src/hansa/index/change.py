"""Change over years: of ranks with intervals, and of scores in parts (methods: index, section 6).

The same draw of choices holds in both years, so a change of rank is a change of the units and
not of the choices. Shapley (1953) shares out what several switches do together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.chain import Stage
from hansa.index.data import Bools
from hansa.index.ranks import ranks
from hansa.index.rankstats import batch_ranks
from hansa.index.robustness import Robustness
from hansa.index.tree import Floats, Ints


@dataclass(frozen=True)
class RankChange:
    """Change of rank of the units that stand in both years, among these; positive is up.

    units           positions in the data
    left_out        units that have a score in one of the years only, or in none
    before, after   nominal ranks; score_before, score_after beside them
    low, mid, high  5 %, 50 % and 95 % quantile (type 7) of the change over replications
    up, down        share of replications in which the unit rises, and falls
    changed         the 90 % interval leaves 0 out
    draws           replications in which the unit has a rank in both years
    """

    units: Ints
    left_out: Ints
    before: Floats
    after: Floats
    score_before: Floats
    score_after: Floats
    low: Floats
    mid: Floats
    high: Floats
    up: Floats
    down: Floats
    changed: Bools
    draws: Ints

    @property
    def change(self) -> Floats:
        """Nominal change of rank."""
        return np.asarray(self.before - self.after)


def rank_change(result: Robustness, start: int, end: int) -> RankChange:
    """Changes of rank between two years under common draws, among the units of both.

    A place that is lost to a newcomer, or won because somebody is gone, is no change of a unit.
    Raises UsageError for years that are not there.
    """
    for year in (start, end):
        if year not in result.years:
            raise UsageError(
                f"there is no year {year}", admissible=listed(result.years, 30),
                fix="name two years of the data",
            )  # fmt: skip
    first, last = _pairs(result, start, end)
    units = result.data.unit[first]
    before = batch_ranks(result.scores[first]).astype(np.int32)
    after = batch_ranks(result.scores[last]).astype(np.int32)
    moved = before - after
    there = (before > 0) & (after > 0)
    quantiles, up, down, draws = [], [], [], []
    for change, ok in zip(moved, there, strict=True):
        own = change[ok]
        q = np.quantile(own, [0.05, 0.5, 0.95]) if own.size else np.full(3, np.nan)
        quantiles.append(q)
        up.append((own > 0).mean() if own.size else np.nan)
        down.append((own < 0).mean() if own.size else np.nan)
        draws.append(own.size)
    low, mid, high = np.array(quantiles).reshape(-1, 3).T
    every = np.unique(result.data.unit[np.isin(result.data.time, (start, end))])
    nominal = ranks(result.score[first]), ranks(result.score[last])
    return RankChange(
        units, np.setdiff1d(every, units), *nominal, result.score[first], result.score[last],
        low, mid, high, np.array(up), np.array(down), (low > 0) | (high < 0),
        np.array(draws, np.int64),
    )  # fmt: skip


def _pairs(result: Robustness, start: int, end: int) -> tuple[Ints, Ints]:
    """Rows of the same units in two years, all with a score."""
    unit = result.data.unit
    there = ~np.isnan(result.score)
    first, last = (rows[there[rows]] for rows in (result.years[start][0], result.years[end][0]))
    both, a, b = np.intersect1d(unit[first], unit[last], return_indices=True)
    if not both.size:
        raise HansaError(
            "no unit stands in both years", printed=f"{start} and {end}",
            fix="name years that share units",
        )  # fmt: skip
    return first[a], last[b]


def row_weights(stage: Stage) -> Floats:
    """Weight of each indicator in the root for each row (rows, leaves), gaps renormalised.

    With arithmetic means a score is exactly the sum of these times the normalised values; weights
    of rows without gaps are the leaf weights. Raises HansaError where another rule aggregates.
    """
    tree = stage.tree
    assert stage.share is not None
    for p, _ in tree.families:
        if stage.rules[p].exponent != 1 or stage.rules[p].floor is not None:
            raise HansaError(
                "only arithmetic means add up to contributions",
                place=f"aggregate {tree.codes[p]}", printed=stage.rules[p].name,
                fix="aggregate with rule = arithmetic for this question",
            )  # fmt: skip
    assert stage.scores is not None
    there = ~np.isnan(stage.scores)
    weight = np.zeros(there.shape)
    weight[:, tree.root] = 1.0
    for p, children in reversed(tree.families):
        own = there[:, children] * stage.share[children]
        total = own.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            weight[:, children] = np.where(total > 0, own / total, 0.0) * weight[:, [p]]
    return weight[:, : tree.leaves]


def contributions(stage: Stage, start: int, end: int) -> tuple[Ints, Floats]:
    """What each indicator adds to the change of score: units, and (units, leaves).

    Rows add up exactly to the change of score; a gap that opens or closes counts with the weight
    that it moves to or from the others. NaN for a unit without a score in one of the years.
    Raises HansaError where each year has a scale of its own.
    """
    _one_scale(stage)
    assert stage.scores is not None
    data = stage.data
    part = row_weights(stage) * np.nan_to_num(data.values)
    part[np.isnan(stage.scores[:, stage.tree.root])] = np.nan
    rows = {year: np.flatnonzero(data.time == year) for year in (start, end)}
    both, a, b = np.intersect1d(data.unit[rows[start]], data.unit[rows[end]], return_indices=True)
    return both, part[rows[end][b]] - part[rows[start][a]]


def shapley(value: Callable[[frozenset[str]], Floats], parts: Sequence[str]) -> dict[str, Floats]:
    """Share of each part in value(all) - value(none), the mean over all orders of switching.

    value  any array of what a set of switched parts gives; called once a set
    """
    known: dict[frozenset[str], Floats] = {}
    for size in range(len(parts) + 1):
        for on in combinations(parts, size):
            known[frozenset(on)] = np.asarray(value(frozenset(on)), float)
    n = len(parts)
    out = {}
    for part in parts:
        total = np.zeros(np.shape(known[frozenset()]))
        others = [p for p in parts if p != part]
        for size in range(n):
            share = factorial(size) * factorial(n - 1 - size) / factorial(n)
            for on in combinations(others, size):
                without = frozenset(on)
                total = total + share * (known[without | {part}] - known[without])
        out[part] = total
    return out


@dataclass(frozen=True)
class Vintage:
    """Values of the same units in one year (units, leaves) and how a whole table is scored.

    score  (units, leaves) -> (units,)
    """

    values: Floats
    score: Callable[[Floats], Floats]


def decomposed(
    before: Vintage, after: Vintage, revised: Floats | None = None, composition: bool = False
) -> dict[str, Floats]:
    """Change of score and of rank of every unit in parts: part -> (units, 2), score then rank.

    before, after  the index as published, old and new: values, and scoring with its own scale and
                   set of indicators; both speak of the same columns
    revised        values of the first year as they are known later
    composition    the two score another set of indicators
    Parts without input are absent; the parts add up exactly to score after less score before and
    rank before less rank after (positive is up).
    """
    parts = ["own", "others", *(["revision"] if revised is not None else [])]
    parts += ["composition"] if composition else []
    n = before.values.shape[0]

    def value(on: frozenset[str]) -> Floats:
        early = revised if revised is not None and "revision" in on else before.values
        score = after.score if "composition" in on or not composition else before.score
        own = after.values if "own" in on else early
        others = after.values if "others" in on else early
        out = np.empty((n, 2))
        for k in range(n):
            table = others.copy()
            table[k] = own[k]
            found = score(table)
            out[k] = found[k], -ranks(found)[k]
        return out

    return shapley(value, parts)


def one_scale(stage: Stage) -> bool:
    """Whether scores of different years stand on one scale and may be compared."""
    return len(stage.scopes) == 1 and len(stage.treatments) <= 1


def _one_scale(stage: Stage) -> None:
    if not one_scale(stage):
        raise HansaError(
            "each year has a scale of its own",
            printed="treat or normalise: scope = year",
            admissible="one scale for all years",
            fix="treat and normalise with scope = pooled or base, or with goalposts",
        )


def frozen_score(stage: Stage) -> Callable[[Floats], Floats]:
    """Scoring of tables of values before treatment on the scale and weights of a stage.

    The scale is that of the first scope: one scale for all years. Raises HansaError where a stage
    has a scale a year, since two years cannot be read on it.
    """
    _one_scale(stage)
    from hansa.index.kernel import Variant, scores
    from hansa.index.normalise import apply

    assert stage.share is not None
    share = stage.share

    def score(values: Floats) -> Floats:
        treated = values
        if stage.treatments:
            own = stage.treatments[0][1]
            treated = np.column_stack([t.apply(values[:, j]) for j, t in enumerate(own)])
        z = apply(treated, stage.scopes[0].scales)
        return scores(Variant(stage.tree, z, share, stage.rules), share[:, None])[:, 0]

    return score


def frozen_values(stage: Stage, values: Floats) -> Floats:
    """Values before treatment of the rows of a stage (rows, leaves) on its scales."""
    from hansa.index.normalise import apply

    treated = values.copy()
    for rows, own in stage.treatments:
        for j, one in enumerate(own):
            treated[rows, j] = one.apply(values[rows, j])
    out = np.empty_like(values)
    for scope in stage.scopes:
        out[scope.rows] = apply(treated[scope.rows], scope.scales)
    return out


def cells_placed(stage: Stage, known: Floats, cells: Mapping[tuple[int, int], float]) -> Floats:
    """Normalised values (rows, leaves) with some cells, given before treatment, on the scales of
    the stage; cells by row and leaf."""
    z = known.copy()
    for (row, j), value in cells.items():
        x = np.array([value])
        for rows, own in stage.treatments:
            if row in rows:
                x = own[j].apply(x)
        for scope in stage.scopes:
            if row in scope.rows:
                x = scope.scales[j].apply(x)
        z[row, j] = x[0]
    return z


def parts_between(
    stage: Stage, before_treatment: Floats, start: int, end: int
) -> tuple[Ints, dict[str, Floats]]:
    """Own and others' part of every change between two years of one panel on one scale.

    Units with a score in both years, and part -> (units, 2): score, then rank among these.
    before_treatment  (rows, leaves) values as they stood before treat and normalise
    """
    data = stage.data
    score = frozen_score(stage)
    assert stage.scores is not None
    there = ~np.isnan(stage.scores[:, stage.tree.root])
    rows = {year: np.flatnonzero((data.time == year) & there) for year in (start, end)}
    both, a, b = np.intersect1d(data.unit[rows[start]], data.unit[rows[end]], return_indices=True)
    return both, decomposed(
        Vintage(before_treatment[rows[start][a]], score),
        Vintage(before_treatment[rows[end][b]], score),
    )
