"""What if: another value, another weight, an indicator less (methods: index, section 5).

Two readings stand beside each other: on the frozen scale of the run as it was, and on a live
scale that the change itself may move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hansa.errors import HansaError, UsageError
from hansa.index.chain import Stage, taken
from hansa.index.change import frozen_values, row_weights
from hansa.index.kernel import Variant, scores
from hansa.index.ranks import SAME, ranks
from hansa.index.reach import Levers, Reach, Singles, levers, singles, smallest_change
from hansa.index.robustness import Evaluator, Robustness, replayed
from hansa.index.tree import Floats, Ints, shares


@dataclass(frozen=True)
class Change:
    """What is different.

    cells   (unit, code) -> value after denominating and filling, before treatment
    weights code -> weight among its siblings, on the scale of the weights in use
    drop    codes left out
    """

    cells: Mapping[tuple[str, str], float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Scores and ranks (units,) of the last year, and the 5 % and 95 % quantile of the rank of
    one unit where replications were asked for."""

    scores: Floats
    ranks: Floats
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Answer:
    """Before, and after on both scales; units in the order of `rows`."""

    unit: str
    rows: Ints
    before: Reading
    frozen: Reading
    live: Reading


class Sheet:
    """An index that answers what-if questions: what is dear is computed once.

    result  replications of the same evaluator; without them answers carry no interval
    """

    def __init__(self, evaluator: Evaluator, result: Robustness | None = None) -> None:
        self.evaluator, self.result = evaluator, result
        self.stage = evaluator.nominal
        self.rows = list(self.stage.data.by_year())[-1]
        self.entry = before_treatment(evaluator)
        self._weights: list[tuple[Ints, Stage, Variant, Floats]] | None = None

    def answer(self, unit: str, change: Change, both: bool = False) -> Answer:
        """What becomes of a unit, and of all others, under a change.

        both  an interval on the live scale too, where it can be had: all tables are made again
        """
        row = self.stage.data.row_of(unit)
        values = self._values(change)
        share = self._share(change)
        frozen = self._frozen(values, share)
        live = self._live(values, share)
        interval = self._interval(row, values, change)
        before = self._reading(self.stage.scores[self.rows, self.stage.tree.root])  # type: ignore[index]
        known = self._known(row)
        return Answer(
            unit, self.rows, replace(before, interval=known),
            replace(self._reading(frozen), interval=interval),
            replace(self._reading(live), interval=self._live_interval(row, values, change)
                    if both else None),
        )  # fmt: skip

    def _values(self, change: Change) -> Floats:
        values = self.entry.data.values.copy()
        for (unit, code), value in change.cells.items():
            j = self.stage.tree.at(code)
            if j >= self.stage.tree.leaves:
                raise UsageError(f"{code} is no indicator", fix="change indicators, or weights")
            if not np.isfinite(value):
                raise UsageError("a value has to be finite", place=f"{unit}, {code}")
            values[self.entry.data.row_of(unit), j] = value
        return values

    def _share(self, change: Change) -> Floats:
        """Shares after changed weights: a weight counts beside its siblings' shares."""
        tree = self.stage.tree
        assert self.stage.share is not None
        weight = self.stage.share.copy()
        for code, value in change.weights.items():
            if value < 0:
                raise UsageError(f"the weight of {code} is negative", printed=f"{value:g}")
            weight[tree.at(code)] = value
        for code in change.drop:
            weight[tree.at(code)] = 0.0
        for p, children in tree.families:
            if not weight[children].any():
                weight[p] = 0.0
        if not weight[tree.families[-1][1]].any():
            raise UsageError("nothing is left of the index", fix="leave one indicator in")
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(shares(tree, weight))

    def _frozen(self, values: Floats, share: Floats) -> Floats:
        z = self._normalised(self.stage, values)
        v = Variant(self.stage.tree, z, share, self.stage.rules)
        return np.asarray(scores(v, share[:, None])[self.rows, 0])

    def _normalised(self, stage: Stage, values: Floats) -> Floats:
        out = np.empty_like(values)
        for i, scope in enumerate(stage.scopes):
            out[scope.rows] = frozen_values(stage, values[scope.rows], i)
        return out

    def _live(self, values: Floats, share: Floats) -> Floats:
        """The rest of the recipe, from treatment on."""
        stage = replace(self.entry, data=replace(self.entry.data, values=values))
        for step in self.evaluator.recipe[len(self.entry.log) :]:
            if step.do != "aggregate":
                stage = taken(stage, step)
                continue
            own = share if np.any(share != self.stage.share) else stage.share
            stage = taken(replace(stage, share=own), step)
        assert stage.scores is not None
        return np.asarray(stage.scores[self.rows, stage.tree.root])

    def _reading(self, found: Floats) -> Reading:
        return Reading(found, ranks(found))

    def _known(self, row: int) -> tuple[float, float] | None:
        if self.result is None:
            return None
        rows, spread = self.result.years[int(self.stage.data.time[row])]
        at = int(np.flatnonzero(rows == row)[0])
        return float(spread.quantile(0.05)[at]), float(spread.quantile(0.95)[at])

    def _interval(self, row: int, values: Floats, change: Change) -> tuple[float, float] | None:
        """Quantiles of the unit's new rank over the replications that were kept."""
        if self.result is None or any(f.kind == "noise" for f in self.evaluator.factors):
            return None
        touched = {self.entry.data.row_of(u) for u, _ in change.cells}
        if change.weights or change.drop:
            touched = set(self.rows.tolist())
        kept = self.result.scores[self.rows].copy()
        place = {int(r): i for i, r in enumerate(self.rows)}
        at = np.array([place[r] for r in sorted(touched | {row}) if r in place])
        for own, stage, variant, weight in self._replications():
            z = self._normalised(stage, values)[self.rows[at]]
            new = self._reweighted(weight, stage, change)
            part = replace(variant, x=z, parts=())
            kept[np.ix_(at, own)] = scores(part, new)
        mine = kept[place[row]]
        slack = SAME * (np.nanmax(kept, axis=0) - np.nanmin(kept, axis=0))
        rank = 1 + (kept > mine + slack).sum(axis=0)
        rank = rank[~np.isnan(mine)]
        low, high = np.quantile(rank, [0.05, 0.95])
        return float(low), float(high)

    def _live_interval(
        self, row: int, values: Floats, change: Change
    ) -> tuple[float, float] | None:
        """Quantiles of the new rank with every table made again from the changed values."""
        if self.result is None or (change.cells and (change.weights or change.drop)):
            return None
        if not change.cells:
            # Scales do not depend on weights: the frozen and the live reading are one.
            return self._interval(row, values, change)
        entry = replace(self.entry, data=replace(self.entry.data, values=values))
        other = self.evaluator.entered(entry)
        if other is None:
            return None
        rows, spread = replayed(other, self.result.values).years[int(self.stage.data.time[row])]
        at = int(np.flatnonzero(rows == row)[0])
        return float(spread.quantile(0.05)[at]), float(spread.quantile(0.95)[at])

    def _reweighted(self, weight: Floats, stage: Stage, change: Change) -> Floats:
        if not (change.weights or change.drop):
            return weight
        assert stage.share is not None
        new = self._share(change)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(stage.share > 0, new / stage.share, 0.0)
        return weight * ratio[:, None]

    def _replications(self) -> list[tuple[Ints, Stage, Variant, Floats]]:
        """Draws of each prepared table with their weights, kept for the next question."""
        if self._weights is None:
            assert self.result is not None
            self._weights = self.evaluator.by_table(self.result.values)
        return self._weights

    def best_peer(self, code: str) -> float:
        """The best value of an indicator in the last year, before treatment."""
        j = self.stage.tree.at(code)
        column = self.entry.data.values[self.rows, j]
        d = self.stage.tree.direction[j]
        return float(d * np.nanmax(d * column))

    def levers(self, unit: str, changeable: tuple[str, ...] = ()) -> tuple[int, Levers]:
        """Position of a unit among `rows`, and what it could move."""
        row = self.stage.data.row_of(unit)
        k = int(np.flatnonzero(self.rows == row)[0])
        tree = self.stage.tree
        free = None
        if changeable:
            free = np.isin(np.arange(tree.leaves), [tree.at(c) for c in changeable])
        omega = row_weights(self.stage)[row]
        return k, levers(self.stage.data.values[self.rows], k, omega, free)

    def reach(
        self, unit: str, gain: int, changeable: tuple[str, ...] = ()
    ) -> tuple[Reach, Singles]:
        """The smallest change that gains some places, and each indicator on its own."""
        k, lever = self.levers(unit, changeable)
        assert self.stage.scores is not None
        own = self.stage.scores[self.rows, self.stage.tree.root]
        raw = self.entry.data.values[self.rows[k]]
        found = smallest_change(own, k, gain, lever)
        one = singles(own, k, gain, lever, (raw, np.full(raw.size, np.nan)))
        return found, replace(one, raw=self.raw_of(one.z))

    def raw_of(self, z: Floats) -> Floats:
        """Raw values, before treatment, of normalised ones (leaves,); NaN where there is none."""
        scope = next(i for i, s in enumerate(self.stage.scopes) if self.rows[0] in s.rows)
        scales = self.stage.scopes[scope].scales
        out = np.array([float(s.raw(np.array(v))) for s, v in zip(scales, z, strict=True)])
        if self.stage.treatments:
            own = self.stage.treatments[min(scope, len(self.stage.treatments) - 1)][1]
            out = np.array([float(t.back(np.array(v))) for t, v in zip(own, out, strict=True)])
        return out


def before_treatment(evaluator: Evaluator) -> Stage:
    """The stage of the nominal recipe just before the first of treat and normalise."""
    steps = [step.do for step in evaluator.recipe]
    first = min((steps.index(s) for s in ("treat", "normalise") if s in steps), default=0)
    late = {"denominate", "impute", "screen"} & set(steps[first:])
    if late:
        raise HansaError(
            f"{sorted(late)[0]} comes after treatment or normalisation",
            printed=" > ".join(steps),
            fix="put denominate, impute and screen first to ask what-if questions",
        )
    return evaluator.partial(evaluator.recipe[:first])
