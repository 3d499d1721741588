"""What if: another value, another weight, an indicator less (methods: index, section 5).

Two readings stand beside each other: on the frozen scale of the run as it was, and on a live
scale that the change itself may move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.index.chain import Stage, taken
from hansa.index.change import cells_placed, row_weights
from hansa.index.data import Bools
from hansa.index.evaluator import Evaluator, Table
from hansa.index.kernel import Variant, leaf_weights, scores
from hansa.index.needed import all_enough, best_towards, observed
from hansa.index.normalise import STRAIGHT
from hansa.index.ranks import SAME, ranks
from hansa.index.rankstats import RankDistribution
from hansa.index.reach import Levers, Reach, Singles, levers, singles, smallest_change
from hansa.index.robustness import Robustness, replayed
from hansa.index.tree import Floats, Ints, shares


@dataclass(frozen=True)
class Change:
    """What is different.

    cells   (unit, code) -> value after denominating and filling, before treatment
    weights code -> weight among its siblings, on the scale of indicators.csv: where all have 1,
            2 counts double
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
        self._tables: list[tuple[Table, Floats, Floats | None]] | None = None
        self._others: tuple[int, Floats, Floats, Floats] | None = None

    def answer(self, unit: str, change: Change, both: bool = False) -> Answer:
        """What becomes of a unit, and of all others, under a change.

        both  an interval on the live scale too, where it can be had: all tables are made again
        """
        row = self.stage.data.row_of(unit)
        values = self._values(change)
        assert self.stage.share is not None
        share = self._share(change, self.stage.share)
        frozen = self._frozen(values, share, change)
        reweighted = bool(change.weights or change.drop)
        live = self._live(values, share if reweighted else None)
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

    def _share(self, change: Change, share: Floats) -> Floats:
        """Shares after changed weights; families that the change does not touch stay."""
        tree = self.stage.tree
        weight = share.copy()
        for _, children in tree.families:
            # Shares on the scale on which the weights were given.
            weight[children] *= tree.weight[children].sum()
        for code, value in [*change.weights.items(), *((code, 0.0) for code in change.drop)]:
            if not (np.isfinite(value) and value >= 0):
                raise UsageError(
                    f"{code} cannot have this weight",
                    printed=f"{value:g}",
                    admissible="a number of 0 or more",
                    fix="correct --weight",
                )
            if tree.at(code) == tree.root:
                raise UsageError("the index itself has no weight", fix="name what is below it")
            weight[tree.at(code)] = value
        for p, children in tree.families:
            if not weight[children].any():
                weight[p] = 0.0
        if not weight[tree.families[-1][1]].any():
            raise UsageError("nothing is left of the index", fix="leave one indicator in")
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(shares(tree, weight))

    def _frozen(self, values: Floats, share: Floats, change: Change) -> Floats:
        cells = [(self.entry.data.row_of(u), self.stage.tree.at(code)) for u, code in change.cells]
        z = cells_placed(self.stage, self.stage.data.values, {c: float(values[c]) for c in cells})
        parts = tuple(self.stage.data.by_year())
        v = Variant(self.stage.tree, z, share, self.stage.rules, parts)
        return np.asarray(scores(v, share[:, None])[self.rows, 0])

    def _live(self, values: Floats, share: Floats | None) -> Floats:
        """The rest of the recipe, from treatment on; with other weights where share is given."""
        stage = replace(self.entry, data=replace(self.entry.data, values=values))
        for step in self.evaluator.recipe[len(self.entry.log) :]:
            if step.do != "aggregate":
                stage = taken(stage, step)
                continue
            stage = taken(stage if share is None else replace(stage, share=share), step)
        assert stage.scores is not None
        return np.asarray(stage.scores[self.rows, stage.tree.root])

    def _reading(self, found: Floats) -> Reading:
        return Reading(found, ranks(found))

    def _known(self, row: int) -> tuple[float, float] | None:
        if self.result is None:
            return None
        rows, spread = self.result.years[int(self.stage.data.time[row])]
        at = int(np.flatnonzero(rows == row)[0])
        return _ends(spread, at)

    def _interval(self, row: int, values: Floats, change: Change) -> tuple[float, float] | None:
        """Quantiles of the unit's new rank over the replications that were kept.

        Only rows that the change touches are scored again, each table on its own scale; all rows
        where weights change or a rule compares units.
        """
        if self.result is None or any(f.kind == "noise" for f in self.evaluator.factors):
            return None
        every = bool(change.weights or change.drop)
        touched = {self.entry.data.row_of(u) for u, _ in change.cells} | {row}
        at = np.arange(self.rows.size)
        if not every:
            at = np.flatnonzero(np.isin(self.rows, list(touched)))
        # Of one row alone the others need no copy: they are many.
        alone = at.size == 1 and not any(_compares(t) for t, _w, _o in self._replications())
        kept = self.result.scores[self.rows[at] if alone else self.rows].copy()
        for table, weight, omega in self._replications():
            z = self._of_table(table, values, change)
            if z is None:
                return None
            own = np.full(self.stage.data.unit.size, -1)
            own[table.place[table.place >= 0]] = np.flatnonzero(table.place >= 0)
            wanted = np.arange(self.rows.size) if _compares(table) else at
            there = wanted[own[self.rows[wanted]] >= 0]
            part = replace(table.variant, x=z[own[self.rows[there]]], parts=())
            drawn = self._drawn(table, weight, change)
            known = omega if drawn is weight else None
            place = np.zeros(there.size, np.int64) if alone else there
            kept[np.ix_(place, table.draws)] = scores(part, drawn, known)
        mine = int(np.flatnonzero(self.rows == row)[0])
        if alone:
            return self._among_others(mine, kept[0])
        return _spread(kept[:, self.result.failed < 0], mine)

    def _among_others(self, mine: int, score: Floats) -> tuple[float, float] | None:
        """Quantiles of the rank of one row with new scores (draws,), the others as they were."""
        assert self.result is not None
        if self._others is None or self._others[0] != mine:
            others = np.delete(self.result.scores[self.rows], mine, axis=0)
            others = others[:, self.result.failed < 0]
            ends = (np.fmax.reduce(others, axis=0, initial=-np.inf),
                    np.fmin.reduce(others, axis=0, initial=np.inf))  # fmt: skip
            self._others = (mine, others, *ends)
        _mine, others, high, low = self._others
        own = score[self.result.failed < 0]
        with np.errstate(invalid="ignore"):
            slack = SAME * (np.fmax(high, own) - np.fmin(low, own))
            rank = 1 + (others > own + slack).sum(axis=0)
        return _quantiles(rank[~np.isnan(own)])

    def _drawn(self, table: Table, weight: Floats, change: Change) -> Floats:
        """Weights (nodes, draws) of a table, drawn around changed shares where they change."""
        if not (change.weights or change.drop):
            return weight
        assert self.result is not None
        assert table.stage.share is not None
        share = self._share(change, table.stage.share)
        return self._weights(table, share)

    def _weights(self, table: Table, share: Floats) -> Floats:
        assert self.result is not None
        sets = {k: u[table.draws] for k, u in self._sets.items()}
        stage = replace(table.stage, share=share)
        return self.evaluator.weights(self.result.values[:, table.draws], sets, stage)

    def _of_table(self, table: Table, values: Floats, change: Change) -> Floats | None:
        """Values on the scale of one table, with what that table fills by itself; changed cells
        put on it. None where the table has other rows before treatment than after it."""
        own = self.evaluator.partial(table.recipe[: len(self.entry.log)]).data
        if own.values.shape[0] != table.stage.data.unit.size:
            return None
        cells: dict[tuple[int, int], float] = {}
        for unit, code in change.cells:
            j, last = self.stage.tree.at(code), self.stage.data.years[-1]
            if unit in own.units:
                rows = np.flatnonzero((own.time == last) & (own.unit == own.units.index(unit)))
                value = float(values[self.entry.data.row_of(unit), j])
                cells |= {(int(row), j): value for row in rows}
        return cells_placed(table.stage, table.variant.x, cells)

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
        return _ends(spread, at)

    def _replications(self) -> list[tuple[Table, Floats, Floats | None]]:
        """Draws of each prepared table with their weights, and those of indicators in the index
        where the tree is one weighted mean; kept for the next question."""
        if self._tables is None:
            assert self.result is not None
            # All sets at once: numbers in order are drawn far faster than single ones.
            self._sets = self.evaluator.sets(self.result.values)
            found = []
            for table in self.evaluator.by_table(self.result.values):
                assert table.stage.share is not None
                weight = self._weights(table, table.stage.share)
                plain = table.variant.exponent is not None
                omega = leaf_weights(table.variant.tree, weight) if plain else None
                found.append((table, weight, omega))
            self._tables = found
        return self._tables

    def shares_after(self, change: Change) -> dict[str, tuple[float, float]]:
        """Share in its family before and after, of each code whose weight changes."""
        assert self.stage.share is not None
        new, tree = self._share(change, self.stage.share), self.stage.tree
        return {
            code: (float(self.stage.share[tree.at(code)]), float(new[tree.at(code)]))
            for code in (*change.weights, *change.drop)
        }

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
        scales = next(s.scales for s in self.stage.scopes if row in s.rows)
        free = np.array([s.rule in STRAIGHT for s in scales])
        if not free.any():
            raise HansaError(
                "no indicator stands on a scale from which a raw value follows",
                printed=", ".join(sorted({s.rule for s in scales})),
                admissible="min-max, z, goalposts or a distance",
                fix="normalise by one of these to ask for a change",
            )
        if bent := [c for c in changeable if tree.at(c) < tree.leaves and not free[tree.at(c)]]:
            raise UsageError(
                f"{listed(bent)} stands on a scale from which no raw value follows",
                admissible="indicators on min-max, z, goalposts or a distance",
                fix="normalise it by one of these to ask for a change",
            )
        if aggregates := [c for c in changeable if tree.at(c) >= tree.leaves]:
            raise UsageError(
                f"{listed(aggregates)} is no indicator", fix="name indicators as changeable"
            )
        if changeable:
            free &= np.isin(np.arange(tree.leaves), [tree.at(c) for c in changeable])
        omega = row_weights(self.stage)[row]
        return k, levers(self.stage.data.values[self.rows], k, omega, free)

    def reach(
        self, unit: str, gain: int, changeable: tuple[str, ...] = ()
    ) -> tuple[Reach, Singles]:
        """The smallest change that gains some places, and each indicator on its own."""
        k, lever = self.levers(unit, changeable)
        assert self.stage.scores is not None
        if np.isnan(self.stage.scores[self.rows[k], self.stage.tree.root]):
            raise HansaError(
                f"{unit} has no score", printed="too little data",
                fix="name a unit with a rank, or fill its gaps (step impute)",
            )  # fmt: skip
        own = self.stage.scores[self.rows, self.stage.tree.root]
        raw = self.entry.data.values[self.rows[k]]
        found = smallest_change(own, k, gain, lever)
        one = singles(own, k, gain, lever, (raw, np.full(raw.size, np.nan)))
        seen = self.entry.data.values[self.rows]
        return found, replace(one, raw=observed(self.raw_of(one.z), seen))

    def reached(self, unit: str, found: Reach) -> Floats:
        """Raw values, before treatment, of a unit after a change (leaves,)."""
        z = self.stage.data.values[self.stage.data.row_of(unit)]
        return observed(self.raw_of(z + found.delta), self.entry.data.values[self.rows])

    def enough(self, unit: str, needed: Floats) -> list[str]:
        """Raw values that a unit needs (leaves,) in few digits, as people type them."""
        return all_enough(needed, self._now(unit), self.entry.data.values[self.rows])

    def best(self, unit: str, needed: Floats) -> Bools:
        """Which of the raw values that a unit needs (leaves,) are the best observed themselves."""
        seen = self.entry.data.values[self.rows]
        return np.asarray(needed == best_towards(needed, self._now(unit), seen))

    def _now(self, unit: str) -> Floats:
        return self.raw_of(self.stage.data.values[self.stage.data.row_of(unit)])

    def raw_of(self, z: Floats) -> Floats:
        """Raw values, before treatment, of normalised ones (leaves,); NaN where there is none."""
        row = self.rows[0]
        scales = next(s.scales for s in self.stage.scopes if row in s.rows)
        out = np.array([float(s.raw(np.array(v))) for s, v in zip(scales, z, strict=True)])
        for rows, own in self.stage.treatments:
            if row in rows:
                return np.array([float(t.back(np.array(v))) for t, v in zip(own, out, strict=True)])
        return out


def _ends(spread: RankDistribution, unit: int) -> tuple[float, float] | None:
    low, high = float(spread.quantile(0.05)[unit]), float(spread.quantile(0.95)[unit])
    return None if np.isnan(low) else (low, high)


def _spread(scored: Floats, unit: int) -> tuple[float, float] | None:
    """5 % and 95 % quantile of a unit's rank over draws (units, draws)."""
    mine = scored[unit]
    with np.errstate(invalid="ignore"):
        slack = SAME * (np.fmax.reduce(scored, axis=0) - np.fmin.reduce(scored, axis=0))
        rank = 1 + (scored > mine + slack).sum(axis=0)
    return _quantiles(rank[~np.isnan(mine)])


def _quantiles(rank: Ints) -> tuple[float, float] | None:
    """5 % and 95 % quantile of ranks; None where there are none."""
    if not rank.size:
        return None
    low, high = np.quantile(rank, [0.05, 0.95])
    return float(low), float(high)


def _compares(table: Table) -> bool:
    """Whether a rule of a table compares units: then no row can be scored by itself."""
    return any(rule.name == "copeland" for rule in table.variant.rules.values())


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
