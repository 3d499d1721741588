"""Best and worst rank under any weights that are admissible: exact, by integer programming.

Extreme ranking analysis (Kadziński, Greco and Słowiński, 2012) and ranking intervals (Salo and
Punkka, 2011), within the tree of the index: weights of a family are bounded, and each bound is
linear in the cumulative weights u of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.chain import Stage
from hansa.index.data import Bools
from hansa.index.ranks import SAME
from hansa.index.tree import Floats, IndexTree, Ints
from hansa.solve import Fewest, Polytope, fewest, least_cost

EVEN = 1e-7
"""Units nearer than this share of the range of values are even: even units are not above at the
best end, and a unit has to be this much above to count at the worst end."""


@dataclass(frozen=True)
class WeightSet:
    """Weights that are admissible.

    low, high   (nodes,) bounds of each node's weight in its family
    ratios      True: weights within the bounds are divided by their sum, as in replications;
                False: the shares themselves lie within the bounds
    statements  (statements, nodes) rows a with a @ u >= 0 on cumulative weights u
    """

    tree: IndexTree
    low: Floats
    high: Floats
    ratios: bool = True
    statements: Floats | None = None


def around(stage: Stage, spread: float = 0.25, ratios: bool = True, level: int = 0) -> WeightSet:
    """Weights of a share `spread` around those of a stage, at one height or everywhere."""
    assert stage.share is not None
    heights = sorted(set(stage.tree.family_level.tolist()) - {0})
    if level and level not in heights:
        raise UsageError(
            f"the tree has no siblings of height {level}",
            admissible=listed(heights),
            fix="name a height of the tree, or leave level out",
        )
    vary = stage.tree.family_level == level if level else np.ones(stage.share.size, bool)
    f = np.where(vary, spread, 0.0)
    return WeightSet(stage.tree, stage.share * (1 - f), stage.share * (1 + f), ratios)


def anything(stage: Stage) -> WeightSet:
    """Every weight from 0 to 1, at all heights."""
    n = len(stage.tree.nodes)
    return WeightSet(stage.tree, np.zeros(n), np.ones(n), False)


@dataclass(frozen=True)
class RankInterval:
    """Best and worst rank of every unit of one year.

    rows            of the stage
    best, worst     ranks that admissible weights give
    proven          (units, 2) whether no admissible weights give a better, or a worse, one
    best_bound, worst_bound  ranks that nothing can beat, equal to best and worst where proven
    weights         (units, 2, leaves) cumulative weights that give best and worst
    programmes      integer programmes solved
    """

    rows: Ints
    best: Ints
    worst: Ints
    proven: Bools
    best_bound: Ints
    worst_bound: Ints
    weights: Floats
    programmes: int


def rank_intervals(
    stage: Stage, allowed: WeightSet, seconds: float = 10.0, only: Sequence[int] = ()
) -> RankInterval:
    """Exact rank intervals of the units of the last year.

    seconds  for one programme; what is not settled by then is given as a bound, not proven
    only     rows for which they are wanted; all by default
    Raises HansaError where the index is not a weighted sum of complete data.
    """
    rows = list(stage.data.by_year())[-1]
    x = _complete(stage, rows)
    own = np.array([int(np.flatnonzero(rows == r)[0]) for r in only] or range(rows.size))
    search = _Search.of(x, allowed, seconds)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(search.unit, own))
    ranks = np.array([[f[0].rank, f[1].rank] for f in found])
    bounds = np.array([[f[0].bound, f[1].bound] for f in found])
    return RankInterval(
        rows[own], ranks[:, 0], ranks[:, 1], ranks == bounds, bounds[:, 0], bounds[:, 1],
        np.stack([np.stack([f[0].weights, f[1].weights]) for f in found]),
        sum(f[0].programmes + f[1].programmes for f in found),
    )  # fmt: skip


def _complete(stage: Stage, rows: Ints) -> Floats:
    x = stage.data.values[rows]
    for p, _ in stage.tree.families:
        rule = stage.rules[p]
        if rule.exponent != 1 or rule.floor is not None:
            raise HansaError(
                "exact rank intervals need a weighted sum",
                place=f"aggregate {stage.tree.codes[p]}",
                printed=rule.name,
                admissible="arithmetic at every level",
                fix="replicate instead (hansa index run --replications), or change the rule",
            )
    gaps = np.argwhere(np.isnan(x))
    if gaps.size:
        row, j = gaps[0]
        raise HansaError(
            "exact rank intervals need complete data",
            place=f"{stage.data.label(int(rows[row]))}, {stage.tree.codes[j]}"
            + (f" (and {len(gaps) - 1} more cells)" if len(gaps) > 1 else ""),
            printed="a missing cell",
            fix="add a step impute to the recipe, or take the indicator out",
        )
    return x


@dataclass(frozen=True)
class _End:
    rank: int
    bound: int
    weights: Floats
    programmes: int


@dataclass(frozen=True)
class _Search:
    """Values (units, leaves) and, for every pair, how far one can get above the other."""

    x: Floats
    allowed: WeightSet
    seconds: float
    slack: float
    frame: _Frame

    @staticmethod
    def of(x: Floats, allowed: WeightSet, seconds: float) -> _Search:
        refuse_impossible(allowed)
        reach = float((x.max(axis=0) - x.min(axis=0)).max())
        return _Search(x, allowed, seconds, EVEN * reach, _Frame.of(allowed))

    def unit(self, k: int) -> tuple[_End, _End]:
        """Best and worst end of one unit."""
        delta = self.x - self.x[k]
        most, at_most = extremes(self.allowed, delta)
        least, at_least = extremes(self.allowed, -delta)
        least = -least
        omega = np.concatenate([at_most, at_least])
        omega = np.concatenate([omega[self.frame.admits(omega)], self.frame.centre[None]])
        return (
            self._end(delta, (most, least), omega, best=True),
            self._end(delta, (most, least), omega, best=False),
        )

    def _ranks(self, delta: Floats, omega: Floats, best: bool) -> Ints:
        """Ranks under some weights; units that are even up to `EVEN` favour the best end."""
        gap = delta @ omega.T
        slack = self.slack if best else SAME * (gap.max(axis=0) - gap.min(axis=0))
        return np.asarray(1 + (gap > slack).sum(axis=0))

    def _end(self, delta: Floats, ends: tuple[Floats, Floats], omega: Floats, best: bool) -> _End:
        most, least = ends
        ranks = self._ranks(delta, omega, best)
        above, never = least >= self.slack, most <= 0
        undecided = np.flatnonzero(~above & ~never)
        fixed = 1 + int(above.sum())
        at = int(np.argmin(ranks) if best else np.argmax(ranks))
        known, w = int(ranks[at]), omega[at]
        if known == (fixed if best else fixed + undecided.size):
            return _End(known, known, w, 0)
        part = delta[undecided] if best else -delta[undecided]
        slack = 0.0 if best else self.slack
        most_of = slack + (most[undecided] if best else -least[undecided])

        def switched(leaves: Floats) -> int:
            rank = int(self._ranks(delta, leaves[None], best)[0])
            return rank - fixed if best else fixed + undecided.size - rank

        start = known - fixed if best else fixed + undecided.size - known
        found = self.frame.fewest(part, most_of, slack, (switched, start, self.seconds))
        if found.point is not None:
            w = self.frame.leaves(found.point)
        if best:
            return _End(fixed + found.found, fixed + found.bound, w, found.nodes)
        every = fixed + undecided.size
        return _End(every - found.found, every - found.bound, w, found.nodes)


@dataclass(frozen=True)
class _Frame:
    """The weight set as a polytope.

    A child's weight is u_c = low_c t_p + y_c with 0 <= y_c <= (high_c - low_c) t_p, where t_p is
    the scale of its family: its parent's weight, or any scale where weights are divided by their
    sum. Columns are y of every node, then t of every family.
    """

    allowed: WeightSet
    rows: Floats
    row_low: Floats
    row_high: Floats
    upper: Floats
    weights: Floats
    centre: Floats

    @staticmethod
    def of(allowed: WeightSet) -> _Frame:
        tree, n = allowed.tree, len(allowed.tree.nodes)
        size = n + len(tree.families)
        # u = weights @ columns; the root's weight is 1 and stands on the other side.
        u = np.zeros((n, size))
        rows, low, high = [], [], []
        for f, (_, children) in enumerate(tree.families):
            u[children, n + f] = allowed.low[children]
            u[children, children] = 1.0
        for f, (p, children) in enumerate(tree.families):
            one = float(p == tree.root)
            rows.append(u[children].sum(axis=0) - u[p])
            low.append(one)
            high.append(one)
            if not allowed.ratios:
                scale = -u[p]
                scale[n + f] += 1.0
                rows.append(scale)
                low.append(one)
                high.append(one)
            for c in children[allowed.high[children] > allowed.low[children]]:
                row = np.zeros(size)
                row[c], row[n + f] = 1.0, allowed.low[c] - allowed.high[c]
                rows.append(row)
                low.append(-np.inf)
                high.append(0.0)
        for statement in [] if allowed.statements is None else allowed.statements:
            own = statement.copy()
            own[tree.root] = 0.0
            rows.append(own @ u)
            low.append(-float(statement[tree.root]))
            high.append(np.inf)
        # A scale without an end would make every dual bound that touches it endless.
        ends = [_largest_scale(allowed, children) for _, children in tree.families]
        free = np.where(allowed.high > allowed.low, np.maximum(allowed.high, 1.0), 0.0)
        upper = np.concatenate([free, ends])
        upper[tree.root] = 0.0
        found = _Frame(allowed, np.array(rows), np.array(low), np.array(high), upper,
                       u[: tree.leaves], _centre(allowed))  # fmt: skip
        return found if allowed.statements is None else replace(found, centre=found.feasible())

    def feasible(self) -> Floats:
        """Cumulative weights that satisfy everything. Raises HansaError where none do."""
        from scipy import sparse

        n = self.upper.size
        p = Polytope(
            sparse.csc_matrix(self.rows), self.row_low, self.row_high, np.zeros(n), self.upper
        )
        point = least_cost(p, np.zeros(n))
        if point is None:
            raise HansaError(
                "no weights satisfy all statements", fix="take out statements that contradict"
            )
        return self.leaves(point)

    def fewest(
        self, value: Floats, most: Floats, slack: float,
        search: tuple[Callable[[Floats], int], int, float],
    ) -> Fewest:  # fmt: skip
        """Fewest cases with value @ u > -slack: a switch each, value @ u + slack <= most z."""
        from scipy import sparse

        count, known, seconds = search
        m, n = value.shape[0], self.upper.size
        matrix = np.zeros((self.rows.shape[0] + m, n + m))
        matrix[: self.rows.shape[0], :n] = self.rows
        size = np.maximum(np.abs(value).max(axis=1), slack)
        matrix[self.rows.shape[0] :, :n] = value @ self.weights / size[:, None]
        matrix[self.rows.shape[0] + np.arange(m), n + np.arange(m)] = -most / size
        p = Polytope(
            sparse.csc_matrix(matrix),
            np.concatenate([self.row_low, np.full(m, -np.inf)]),
            np.concatenate([self.row_high, -slack / size]),
            np.zeros(n + m),
            np.concatenate([self.upper, np.ones(m)]),
        )
        return fewest(p, n + np.arange(m), lambda x: count(self.leaves(x)), known, seconds)

    def leaves(self, point: Floats) -> Floats:
        """Cumulative weights of the indicators of a point, adding up to 1."""
        w = np.maximum(self.weights @ point[: self.upper.size], 0.0)
        return np.asarray(w / w.sum())

    def admits(self, omega: Floats) -> Bools:
        """Which cumulative weights (candidates, leaves) satisfy the statements."""
        if self.allowed.statements is None:
            return np.ones(omega.shape[0], bool)
        u = omega @ self.allowed.tree.under.T.astype(float)
        return np.asarray((u @ self.allowed.statements.T >= -1e-12).all(axis=1))


def _largest_scale(allowed: WeightSet, children: Ints) -> float:
    """No family needs a larger scale: its weights add up to 1 at most."""
    if not allowed.ratios:
        return 1.0
    low, high = allowed.low[children], allowed.high[children]
    return float(1.0 / low.sum() if low.sum() > 0 else 1.0 / high[high > 0].min())


def _centre(allowed: WeightSet) -> Floats:
    from hansa.index.kernel import leaf_weights

    middle = (allowed.low + allowed.high) / 2
    return leaf_weights(allowed.tree, middle[:, None])[:, 0]


def refuse_impossible(allowed: WeightSet) -> None:
    """Raise where a family's bounds leave no weights at all."""
    for p, children in allowed.tree.families:
        low, high = allowed.low[children], allowed.high[children]
        bad = (low < 0).any() or (low > high).any() or high.sum() <= 0
        if not allowed.ratios:
            bad = bad or low.sum() > 1 + SAME or high.sum() < 1 - SAME
        if bad:
            raise UsageError(
                "no weights satisfy the bounds of a family",
                place=f"aggregate {allowed.tree.codes[p]}",
                printed=f"sum of low {low.sum():g}, sum of high {high.sum():g}",
                admissible="0 <= low <= high, and shares that can add up to 1",
            )


def extremes(allowed: WeightSet, value: Floats) -> tuple[Floats, Floats]:
    """Greatest weighted sum of values (cases, leaves) over the weight set, and weights there.

    Exact without statements, an upper bound with them: a nested fractional knapsack, family by
    family, since a parent's weight only scales its family.
    """
    tree = allowed.tree
    at = np.zeros((value.shape[0], len(tree.nodes)))
    at[:, : tree.leaves] = value
    share = np.ones(at.shape)
    for p, children in tree.families:
        low, high = allowed.low[children], allowed.high[children]
        own = _ratio_best if allowed.ratios else _share_best
        share[:, children] = own(at[:, children], low, high)
        at[:, p] = (share[:, children] * at[:, children]).sum(axis=1)
    for p, children in reversed(tree.families):
        share[:, children] *= share[:, [p]]
    return at[:, tree.root], share[:, : tree.leaves]


def _share_best(v: Floats, low: Floats, high: Floats) -> Floats:
    """Shares within bounds that make the sum greatest: the best children are filled first."""
    order = np.argsort(-v, axis=1, kind="stable")
    room = (high - low)[order]
    left = 1.0 - low.sum()
    take = np.clip(left - (np.cumsum(room, axis=1) - room), 0.0, room)
    out = np.empty_like(v)
    np.put_along_axis(out, order, low[order] + take, 1)
    return out


def _ratio_best(v: Floats, low: Floats, high: Floats) -> Floats:
    """Weights within bounds, divided by their sum, that make the mean greatest.

    The best mean puts the first children in order of value at their upper bounds and the rest at
    their lower ones; every cut is tried.
    """
    order = np.argsort(-v, axis=1, kind="stable")
    ordered = np.take_along_axis(v, order, 1)
    lows, highs = low[order], high[order]

    def at_each_cut(a: Floats, b: Floats) -> Floats:
        zero = np.zeros((v.shape[0], 1))
        first = np.concatenate([zero, np.cumsum(a, axis=1)], axis=1)
        rest = np.concatenate([np.cumsum(b[:, ::-1], axis=1)[:, ::-1], zero], axis=1)
        return np.asarray(first + rest)

    over = at_each_cut(highs * ordered, lows * ordered)
    total = at_each_cut(highs, lows)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, over / total, -np.inf)
    cut = np.argmax(mean, axis=1)[:, None]
    chosen = np.where(np.arange(v.shape[1])[None] < cut, highs, lows)
    chosen /= chosen.sum(axis=1, keepdims=True)
    out = np.empty_like(v)
    np.put_along_axis(out, order, chosen, 1)
    return out
