"""All tables of firms as one system: what a reader of every panel at once can put together.

A column is one cell of one measure in one year, or the rest of a whole; a row is an identity, or
says that something is at least something else. Known to that reader, though no panel holds it, are
what moved or came back, and which parts stay below their wholes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from hansa.facts.firms.definitions import OF, SPAN, SURVIVAL
from hansa.facts.firms.tallies import Tallies
from hansa.facts.hidden.system import Ints, Mask
from hansa.law import Floats

Key = tuple[str, int]
"""Measure and year; the rest of a whole is `rest of` its part."""

REST = "rest of "


@dataclass(frozen=True)
class Sums:
    """The sums of a grid: a row for each line of cells whose total is listed.

    totals  where they are
    both    whether both axes end with one
    """

    matrix: sparse.csr_matrix
    shape: tuple[int, int]
    totals: Mask
    both: bool


def sums_of(shape: tuple[int, int], totals: tuple[bool, bool]) -> Sums:
    """Sums along both axes; `totals` says which axis ends with one."""
    flat = np.arange(shape[0] * shape[1]).reshape(shape)
    lines = [*flat.T] if totals[0] else []
    lines += [*flat] if totals[1] else []
    rows = np.repeat(np.arange(len(lines)), [line.size for line in lines])
    cells = np.concatenate(lines) if lines else np.zeros(0, int)
    sign = np.concatenate([np.r_[np.ones(n.size - 1), -1.0] for n in lines]) if lines else cells
    matrix = sparse.csr_matrix((sign, (rows, cells)), shape=(len(lines), flat.size))
    total = np.zeros(shape, bool)
    if totals[0]:
        total[-1] = True
    if totals[1]:
        total[:, -1] = True
    return Sums(matrix, shape, total, all(totals))


@dataclass(frozen=True)
class Relation:
    """A weighted sum of tables that is what it is in each cell, or zero or more.

    free  zero or more, where that is so: a firm that moved may break what holds for the others
    """

    terms: tuple[tuple[float, Key], ...]
    free: bool = False


@dataclass(frozen=True)
class Least:
    """Least employment, in the units of the tables.

    start  of a firm that may be of high growth, in the year growth starts from
    gain   of one of high growth above that
    """

    start: int = 1
    gain: int = 1


@dataclass(frozen=True)
class Joint:
    """Shifts d of all numbers that leave every sum as it is: -slack <= matrix @ d, value + d >= 0.

    tables  measure and year of each block of `size` columns
    slack   how far a row may fall; where it is NaN the row is an identity and may not move
    within  relations x tables: what ties the tables to each other, the same in each cell
    spare   relations x cells: how far each may fall there, infinite where it does not hold
    """

    tables: tuple[Key, ...]
    size: int
    value: Floats
    matrix: sparse.csr_matrix
    slack: Floats
    within: sparse.csr_matrix
    spare: Floats

    def block(self, key: Key) -> slice:
        """Columns of one table."""
        start = self.tables.index(key) * self.size
        return slice(start, start + self.size)

    def per_cell(self, of: Mapping[Key, Mask], default: bool = False) -> Mask:
        """A mask a table, laid out over the columns."""
        blank = np.full(self.size, default)
        return np.concatenate([of[k].ravel() if k in of else blank for k in self.tables])

    def table_of(self, column: int) -> tuple[Key, int]:
        """Table of a column, and its cell there."""
        return self.tables[column // self.size], column % self.size


def whole_of(name: str, t: int) -> Key | None:
    """The table that a table is a part of."""
    within = OF[name].within
    back = int(name[-1]) if name.startswith("survivors") else 0
    return (within, t - back) if within else None


def group_of(name: str, t: int) -> tuple[str, int]:
    """The cells with which a measure of a year, or its rest, is hidden."""
    own = name.removeprefix(REST)
    return OF[own].group, t + (own == "exit")


def beside(tables: Sequence[Key]) -> list[Ints]:
    """Of each table, those that are hidden where it is: its group, and the rests of these."""
    groups = [group_of(*key) for key in tables]
    behind: list[Key | None] = []
    for name, t in tables:
        whole = whole_of(name.removeprefix(REST), t) if name.startswith(REST) else None
        behind.append(None if whole is None else group_of(*whole))
    return [
        np.array([k for k, own in enumerate(groups) if own == group or behind[k] == group])
        for group in groups
    ]


def joint_of(tallies: Tallies, sums: Sums, least: Least) -> Joint:
    """The system of all measures of all years."""
    own = [key for key in tallies if key[0] in OF]
    parts = [k for k in own if (whole := whole_of(*k)) is not None and whole in tallies]
    rests = [(REST + name, t) for name, t in parts]
    tables = (*own, *rests)
    flat = {key: tallies[key].value.astype(float).ravel() for key in own}
    for name, t in parts:
        whole = whole_of(name, t)
        assert whole is not None
        flat[REST + name, t] = flat[whole] - flat[name, t]
    size = sums.matrix.shape[1]
    value = np.concatenate([flat[key] for key in tables])
    rows = _Rows(tables, size, value)
    for name, t in parts:
        whole = whole_of(name, t)
        assert whole is not None
        # Where a whole has fewer than its part, as far as is known, it says nothing.
        keep = flat[REST + name, t] >= 0
        rows.add(Relation(((1.0, whole), (-1.0, (name, t)), (-1.0, (REST + name, t)))), keep)
    for t in sorted({t for _, t in own}):
        for relation in _relations(t, least):
            if all(key in flat for _, key in relation.terms):
                rows.add(relation)
    everywhere = sparse.kron(sparse.identity(len(own), format="csr"), sums.matrix, format="csr")
    blank = sparse.csr_matrix((everywhere.shape[0], len(rests) * size))
    within, spare = rows.made()
    holds = np.flatnonzero(~np.isinf(spare.ravel()))
    matrix = sparse.kron(within, sparse.identity(size), format="csr")[holds]
    return Joint(
        tables,
        size,
        np.maximum(value, 0.0),
        sparse.csr_matrix(sparse.vstack([sparse.hstack([everywhere, blank]), matrix])),
        np.concatenate([np.full(everywhere.shape[0], np.nan), spare.ravel()[holds]]),
        within,
        spare,
    )


class _Rows:
    """Relations one by one, put together at the end."""

    def __init__(self, tables: tuple[Key, ...], size: int, value: Floats) -> None:
        self.at = {key: i for i, key in enumerate(tables)}
        self.value = value.reshape(len(tables), size)
        self.row: list[int] = []
        self.column: list[int] = []
        self.weight: list[float] = []
        self.slack: list[Floats] = []

    def add(self, relation: Relation, keep: Mask | None = None) -> None:
        """A relation in the cells in which it holds."""
        at = [self.at[key] for _, key in relation.terms]
        weights = [w for w, _ in relation.terms]
        total = np.sum([w * self.value[k] for w, k in zip(weights, at, strict=True)], axis=0)
        slack = total if relation.free else np.full(total.size, np.nan)
        if relation.free:
            slack = np.where(total >= 0, slack, np.inf)
        if keep is not None:
            slack = np.where(keep, slack, np.inf)
        self.row += [len(self.slack)] * len(at)
        self.column += at
        self.weight += weights
        self.slack.append(slack)

    def made(self) -> tuple[sparse.csr_matrix, Floats]:
        """Relations x tables, and relations x cells."""
        many, size = len(self.slack), self.value.shape[1]
        within = sparse.csr_matrix(
            (self.weight, (self.row, self.column)), (many, len(self.at)), dtype=float
        )
        return within, np.array(self.slack).reshape(many, size)


def _same(*terms: tuple[float, str, int]) -> Relation:
    return Relation(tuple((w, (name, t)) for w, name, t in terms))


def _at_least(more: Key, *less: Key) -> Relation:
    return Relation(((1.0, more), *((-1.0, key) for key in less)), True)


def _positive(*terms: tuple[float, str, int]) -> Relation:
    return Relation(_same(*terms).terms, True)


COHORT = tuple(f"survivors_{k}" for k in range(1, SURVIVAL + 1))


def _relations(t: int, least: Least) -> Iterator[Relation]:
    """What ties the tables of a year to each other and to those of years before."""
    yield _same((1, "firms", t), (-1, "firms", t - 1), (-1, "entry", t), (1, "exit", t - 1))
    made = [(-1, "jobs_entry", t), (-1, "jobs_expansion", t)]
    lost = [(1, "jobs_contraction", t), (1, "jobs_exit", t)]
    yield _same((1, "employment", t), (-1, "employment", t - 1), *made, *lost)
    yield _same((1, "young", t), (-1, "entry", t), *((-1, name, t) for name in COHORT))
    yield from _cohorts(t)
    yield from _growth(t, least)
    yield from _jobs(t)


def _cohorts(t: int) -> Iterator[Relation]:
    """Fewer are left each year, and those that are gone are among the deaths."""
    gone: list[tuple[float, Key]] = [(1.0, ("exit", t - 1))]
    for before, after in pairwise(("entry", *COHORT)):
        yield _at_least((before, t - 1), (after, t))
        pair = [(-1.0, (before, t - 1)), (1.0, (after, t))]
        yield Relation(((1.0, ("exit", t - 1)), *pair), True)
        gone += pair
        # Before a cohort is five years old, the tables hold fewer of them.
        yield Relation(tuple(gone), True)
    for oldest in range(SURVIVAL + 1):
        seen = ("entry", t), *((name, t) for name in COHORT[:oldest])
        yield _at_least(("firms", t), *seen)
        yield _at_least(("young", t), *seen)


def _growth(t: int, least: Least) -> Iterator[Relation]:
    """Who grows was there before, and large enough."""
    origin, base = t - SPAN, ("growth_base", t)
    yield _at_least(("firms", origin), base)
    yield _at_least(("firms", origin), base, ("entry", origin))
    yield _at_least(("firms", origin), base, ("exit", origin))
    yield _at_least(("firms", t), base)
    # Those born since then could not have grown.
    for oldest in range(SPAN + 1):
        yield _at_least(("firms", t), base, ("entry", t), *((n, t) for n in COHORT[:oldest]))
    yield _at_least(("young", t), ("gazelles", t))
    yield _positive((1, "survivors_4", t), (1, "survivors_5", t), (-1, "gazelles", t))
    yield _positive((1, "survivors_1", origin), (1, "survivors_2", origin), (-1, "gazelles", t))
    yield _at_least((REST + "young", t), (REST + "gazelles", t))
    more, grown = least.start - 1, least.start + least.gain - 1
    large = (1, "employment", origin), (-1, "firms", origin), (-more, "growth_base", t)
    yield _positive(*large)
    yield _positive(*large, (-1, "jobs_entry", origin), (1, "entry", origin))
    yield _positive((1, "employment", t), (-1, "firms", t), (-grown, "high_growth", t))
    yield _positive((1, "young_employment", t), (-1, "young", t), (-grown, "gazelles", t))
    gained = [(1.0, "jobs_expansion", u) for u in range(origin + 1, t + 1)]
    yield _positive(*gained, (-least.gain, "high_growth", t))


def _jobs(t: int) -> Iterator[Relation]:
    """Every active firm has something of a job."""
    for jobs, firms in (
        (("employment", t), ("firms", t)),
        (("young_employment", t), ("young", t)),
        ((REST + "young_employment", t), (REST + "young", t)),
        (("jobs_entry", t), ("entry", t)),
        (("jobs_exit", t), ("exit", t - 1)),
    ):
        yield _at_least(jobs, firms)
    now = (1, "employment", t), (-1, "jobs_entry", t), (-1, REST + "entry", t)
    yield _positive(*now)
    yield _positive(*now, (-1, "jobs_expansion", t))
    before = (1, "employment", t - 1), (-1, "jobs_exit", t), (-1, REST + "exit", t - 1)
    yield _positive(*before)
    yield _positive(*before, (-1, "jobs_contraction", t))
    young = (1, "young_employment", t), (-1, "jobs_entry", t)
    yield _positive(*young, (-1, "young", t), (1, "entry", t))
