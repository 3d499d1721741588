"""A contest as a programme in whole numbers: its columns, its rows, its goals.

Columns, in this order: x (funded), y (group wholly funded), z (a group of a limit is hit), m (a tie
group is reached), o (passed over), f (gap money). All but x follow from x, so only x is whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from hansa.programme.contest import AtLeast, AtMost, Contest, Rule
from hansa.solve import Floats, Polytope
from hansa.solve_integer import Whole, WholeModel

SLACK = 1e-9
"""What a row that keeps a goal gives way by; sets it lets through are compared exactly."""


@dataclass
class _Rows:
    """Rows put together: entries (row, column, value) and ends."""

    entries: list[tuple[int, int, float]]
    lower: list[float]
    upper: list[float]

    def add(self, terms: Sequence[tuple[int, float]], least: float, most: float) -> None:
        """least <= sum of coefficient * column <= most."""
        row = len(self.lower)
        self.entries += [(row, column, value) for column, value in terms]
        self.lower.append(least)
        self.upper.append(most)


class ContestModel:
    """The programme of a contest under a rule; rows are added while goals are met."""

    def __init__(self, contest: Contest, rule: Rule, until: float, giver: str = "") -> None:
        """`giver`: whose new money is the last column: a funder, or anything else for common money.

        Empty: there is no new money.
        """
        self.contest, self.until, self.giver = contest, until, giver
        self._lay_out(rule)
        rows = _Rows([], [], [])
        for part in (self._order, self._limits, self._passing, self._pots):
            for terms, least, most in part():
                rows.add(terms, least, most)
        self._model = WholeModel(self._polytope(rows), np.arange(self.size) < self.n, until)
        self.unit_of_worth = float(max((1, *contest.value)))
        self.worth = self._objective(range(self.n), np.array(contest.value) / self.unit_of_worth)
        self.fewest_passed_over = self._objective(self.o, -1.0)
        self.least_gap = self._objective(self.f, -1.0)
        self.least_new = self._objective(self.new, -1.0)

    def _lay_out(self, rule: Rule) -> None:
        c = self.contest
        self.n = len(c.proposals)
        self.groups = c.groups(rule)
        ties = [0, *sorted(c.tie_starts), self.n]
        self.ties = [range(a, b) for a, b in itertools.pairwise(ties) if a < b]
        hits = sum(len(one.groups) for one in c.limits if isinstance(one, AtLeast))
        sizes = (self.n, len(self.groups), hits, len(self.ties), self.n, len(c.pots.funders),
                 bool(self.giver))  # fmt: skip
        ends = [0, *np.cumsum(sizes).tolist()]
        _, self.y, self.z, self.m, self.o, self.f, self.new = (
            range(a, b) for a, b in itertools.pairwise(ends)
        )
        self.size = ends[-1]
        # Gap money is counted in units of the largest ask, so that rows look alike to the solver.
        self.money = max((1, *(amount for asks in c.asks for amount in asks)))

    def _polytope(self, rows: _Rows) -> Polytope:
        lower, upper = np.zeros(self.size), np.ones(self.size)
        upper[list(self.f)] = self._caps()
        upper[list(self.new)] = np.inf
        for p, fixed in enumerate(self.contest.decided):
            if fixed is not None:
                lower[p] = upper[p] = float(fixed)
        at = np.array([(r, c) for r, c, _ in rows.entries], dtype=np.int64).reshape(-1, 2)
        values = np.array([v for _, _, v in rows.entries])
        shape = (len(rows.lower), self.size)
        matrix = sparse.csc_matrix((values, (at[:, 0], at[:, 1])), shape=shape)
        ends = np.array(rows.lower, dtype=float), np.array(rows.upper, dtype=float)
        return Polytope(matrix, *ends, lower, upper)

    def _caps(self) -> list[float]:
        pots = self.contest.pots
        if not self.giver or self.giver in pots.funders:
            return [float(cap / self.money) for cap in pots.caps]
        given = pots.gap_cap or (None,) * len(pots.funders)
        return [np.inf if cap is None else cap / self.money for cap in given]

    def _objective(self, columns: Sequence[int], values: Floats | float) -> Floats:
        objective = np.zeros(self.size)
        objective[list(columns)] = values
        return objective

    def _order(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        """x[p] >= y[k] for p in G_k; x[q] <= y[k] for q in G_{k+1}."""
        for k, (group, after) in enumerate(zip(self.groups, self.groups[1:], strict=False)):
            for p in group:
                yield [(p, 1.0), (self.y[k], -1.0)], 0.0, np.inf
            for q in after:
                yield [(self.y[k], 1.0), (q, -1.0)], 0.0, np.inf

    def _limits(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        hit = iter(self.z)
        for limit in self.contest.limits:
            if isinstance(limit, AtMost):
                yield [(p, 1.0) for p in limit.members], -np.inf, float(limit.most)
                continue
            own = [next(hit) for _ in limit.groups]
            for z, group in zip(own, limit.groups, strict=True):
                yield [(z, -1.0), *((p, 1.0) for p in group)], 0.0, np.inf
            yield [(z, 1.0) for z in own], float(limit.least), np.inf

    def _passing(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        """m[k] >= x[q] for q in H_k; m[k] >= m[k+1]; o[p] >= m[k(p)+1] - x[p]."""
        for k, tie in enumerate(self.ties):
            for q in tie:
                yield [(self.m[k], 1.0), (q, -1.0)], 0.0, np.inf
            if k + 1 < len(self.ties):
                yield [(self.m[k], 1.0), (self.m[k + 1], -1.0)], 0.0, np.inf
                for p in tie:
                    if self.contest.decided[p] is not False:
                        terms = [(self.o[p], 1.0), (p, 1.0), (self.m[k + 1], -1.0)]
                        yield terms, 0.0, np.inf

    def _pots(self) -> Iterator[tuple[list[tuple[int, float]], float, float]]:
        pots, asks = self.contest.pots, self.contest.asks
        if pots.mode == "real":
            sums = [sum(own) for own in asks]
            scale = max((1, *sums))
            terms = [(p, total / scale) for p, total in enumerate(sums) if total]
            terms += [(e, -self.money / scale) for e in self.new]
            yield terms, -np.inf, float(Fraction(pots.common, scale))
            return
        mixed = pots.mode == "mixed"
        for c, own in enumerate(pots.own):
            column = [asks[p][c] for p in range(self.n)]
            scale = max((1, *column))
            terms = [(p, amount / scale) for p, amount in enumerate(column) if amount]
            terms += [(self.f[c], -self.money / scale)] if mixed else []
            if reaches := self._reaches(c):
                terms += [(e, -float(reaches) * self.money / scale) for e in self.new]
            yield terms, -np.inf, float(own / scale)
        if mixed:
            common = [] if self.giver in pots.funders else [*self.new]
            terms = [(f, 1.0) for f in self.f]
            terms += [(e, -float(pots.gap_share)) for e in common]
            yield terms, -np.inf, float(pots.gap / self.money)

    def _reaches(self, c: int) -> Fraction:
        """The part of one unit of new money that raises the pot of a funder."""
        pots = self.contest.pots
        if self.giver in pots.funders:
            return Fraction(pots.funders[c] == self.giver)
        return (1 - pots.gap_share) * pots.key[c] if pots.mode == "mixed" else Fraction(0)

    def greatest(self, objective: Floats) -> Whole:
        """A point with the greatest value of an objective."""
        return self._model.greatest(objective)

    def funded(self, point: Floats) -> tuple[bool, ...]:
        """The choice that a point means."""
        return tuple(bool(x > 0.5) for x in point[: self.n])

    def fund(self, positions: Sequence[int]) -> None:
        """Only choices that fund all of these."""
        if positions:
            self._model.add(positions, [1.0] * len(positions), float(len(positions)), np.inf)

    def drop(self, positions: Sequence[int]) -> None:
        """Only choices that fund none of these."""
        if positions:
            self._model.add(positions, [1.0] * len(positions), -np.inf, 0.0)

    def keep_worth(self, worth: int) -> None:
        """Only choices worth at least this."""
        values = [value / self.unit_of_worth for value in self.contest.value]
        self._model.add(range(self.n), values, worth / self.unit_of_worth - SLACK, np.inf)

    def keep_passed_over(self, most: int) -> None:
        """Only choices that pass over at most so many."""
        self._model.add(self.o, [1.0] * len(self.o), -np.inf, most + SLACK)

    def keep_gap(self, used: Fraction) -> None:
        """Only choices that take no more gap money."""
        most = float(used / self.money) + SLACK
        self._model.add(self.f, [1.0] * len(self.f), -np.inf, most)

    def exclude(self, funded: Sequence[bool]) -> None:
        """Any choice but this one."""
        signs = [1.0 if not yes else -1.0 for yes in funded]
        self._model.add(range(self.n), signs, 1.0 - sum(funded), np.inf)

    def exclude_unpayable(self, funded: Sequence[bool]) -> None:
        """No choice that holds a smallest part of this one that cannot be paid."""
        pots, contest = self.contest.pots, self.contest
        kept = list(funded)
        if pots.pays(contest.demand(kept)):
            # Not the pots: a tolerance of another row.
            self.exclude(funded)
            return
        for p in range(self.n - 1, -1, -1):
            if kept[p]:
                kept[p] = False
                kept[p] = pots.pays(contest.demand(kept))
        part = [p for p, yes in enumerate(kept) if yes]
        self._model.add(part, [1.0] * len(part), -np.inf, len(part) - 1.0)
