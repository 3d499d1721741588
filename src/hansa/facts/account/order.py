"""Ranks, values and what they allow each other: pure functions on sequences.

Ranks count from 1, the best. Five conventions for ties are known (competition 1 2 2 4, modified
1 3 3 4, dense 1 2 2 3, average 1 2.5 2.5 4, strict 1 2 3 4); a table may follow any one of them.
Values come as intervals; of two with a common inner point, either may be the larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, product

Interval = tuple[float, float]
Ranks = Sequence[float | None]
Values = Sequence[Interval | None]

CONVENTIONS = ("strict", "competition", "modified", "dense", "average")
MOST_TRIED = 20_000
_SLACK = 1e-9


def misfits(ranks: Ranks) -> dict[str, list[int]]:
    """Convention -> the rows whose rank it would not give in a complete list."""
    rows: dict[float, list[int]] = {}
    for i, rank in enumerate(ranks):
        if rank is not None:
            rows.setdefault(rank, []).append(i)
    found: dict[str, list[int]] = {name: [] for name in CONVENTIONS}
    before = 0
    for distinct, (rank, own) in enumerate(sorted(rows.items())):
        size = len(own)
        expected = {
            "strict": before + 1.0 if size == 1 else -1.0,
            "competition": before + 1.0,
            "modified": float(before + size),
            "dense": distinct + 1.0,
            "average": before + (size + 1) / 2,
        }
        for name, value in expected.items():
            found[name] += own if value != rank else []
        before += size
    return found


def closest(ranks: Ranks) -> list[int]:
    """The rows that misfit under the convention with the fewest of them."""
    return min(misfits(ranks).values(), key=lambda rows: len(rows))


def patterns(ranks: Ranks) -> frozenset[str]:
    """The conventions for ties under which these are the ranks of a complete list."""
    return frozenset(name for name, rows in misfits(ranks).items() if not rows)


def ordered(ranks: Ranks, values: Values) -> bool:
    """Whether no row is ranked above, or level with, one whose value is certainly larger."""
    rows = sorted(
        (r, v) for r, v in zip(ranks, values, strict=True) if r is not None and v is not None
    )
    lowest, at = float("inf"), 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        group = [v for _, v in rows[at:end]]
        lowest = min(lowest, *(high for _, high in group))
        if any(low >= lowest - _SLACK and high > lowest + _SLACK for low, high in group):
            return False
        at = end
    return True


def consistent(
    ranks: Ranks, values: Values, conventions: Iterable[str] = CONVENTIONS, complete: bool = True
) -> bool:
    """Whether some true values inside the intervals, and one convention, give these ranks."""
    if complete and not patterns(ranks) & frozenset(conventions):
        return False
    return ordered(ranks, values)


def certainly_above(one: Interval, other: Interval) -> bool:
    """Whether every value of one lies above every value of the other (a shared end is no tie)."""
    return one[0] >= other[1] - _SLACK and one[1] > other[1] + _SLACK


def admissible(values: Values, i: int) -> tuple[int, int]:
    """The best and the worst rank that the value of a row allows in a complete list."""
    own = values[i]
    if own is None:
        return 1, len(values)
    others = [v for j, v in enumerate(values) if j != i and v is not None]
    above = sum(certainly_above(v, own) for v in others)
    below = sum(certainly_above(own, v) for v in others)
    return 1 + above, len(values) - below


def conflicts(ranks: Ranks, values: Values) -> dict[int, list[int]]:
    """Row -> the rows whose order of rank contradicts the order of value."""
    found: dict[int, list[int]] = {}
    known = [i for i, r in enumerate(ranks) if r is not None and values[i] is not None]
    for i, j in combinations(known, 2):
        one, other = values[i], values[j]
        first, second = ranks[i], ranks[j]
        if one is None or other is None or first is None or second is None:
            continue
        if (certainly_above(one, other) and first >= second) or (
            certainly_above(other, one) and second >= first
        ):
            found.setdefault(i, []).append(j)
            found.setdefault(j, []).append(i)
    return found


def missing(ranks: Ranks) -> list[int]:
    """Whole numbers from 1 to the number of rows that are nobody's rank."""
    return sorted(set(range(1, len(ranks) + 1)) - {int(r) for r in ranks if r is not None})


def repeated(ranks: Ranks) -> dict[float, list[int]]:
    """Rank -> the rows that share it."""
    found: dict[float, list[int]] = {}
    for i, rank in enumerate(ranks):
        if rank is not None:
            found.setdefault(rank, []).append(i)
    return {rank: rows for rank, rows in sorted(found.items()) if len(rows) > 1}


def suspects(ranks: Ranks, values: Values) -> list[int]:
    """Rows that may hold a wrong number: in a conflict, sharing a rank, or out of range."""
    rows = set(conflicts(ranks, values))
    rows |= {i for shared in repeated(ranks).values() for i in shared}
    rows |= {i for i, r in enumerate(ranks) if r is not None and not 1 <= r <= len(ranks)}
    rows |= set(closest(ranks))
    return sorted(rows)


def rank_repairs(
    ranks: Ranks,
    values: Values,
    conventions: Iterable[str] = CONVENTIONS,
    complete: bool = True,
    most: int = 3,
) -> list[dict[int, float]]:
    """The smallest sets of changed ranks (row -> new rank) after which everything agrees.

    All sets of the smallest size that works, up to `most` rows at once; empty where none does,
    or where more than MOST_TRIED sets would have to be tried.
    """
    rows = suspects(ranks, values)
    options = {i: _options(ranks, values, i) for i in rows}
    tried = 0
    for size in range(1, most + 1):
        found: list[dict[int, float]] = []
        for chosen in combinations(rows, size):
            for new in product(*(options[i] for i in chosen)):
                tried += 1
                if tried > MOST_TRIED:
                    return []
                changed = list(ranks)
                for i, rank in zip(chosen, new, strict=True):
                    changed[i] = rank
                if consistent(changed, values, conventions, complete):
                    found.append(dict(zip(chosen, new, strict=True)))
        if found:
            return found
    return []


def _options(ranks: Ranks, values: Values, i: int) -> list[float]:
    """Other ranks that a row may have: the free ones, and those that its value allows."""
    low, high = admissible(values, i)
    free = [r for r in missing(ranks) if low <= r <= high]
    within = range(low, high + 1) if values[i] is not None and high - low < 6 else ()
    level = {r for r, v in zip(ranks, values, strict=True) if v is not None and v == values[i]}
    return sorted({*free, *within, *(r for r in level if r is not None)} - {ranks[i]})


def value_repairs(
    ranks: Ranks,
    values: Values,
    conventions: Iterable[str] = CONVENTIONS,
    complete: bool = True,
) -> list[int]:
    """Rows of which another value alone would make everything agree."""
    rows = []
    for i in sorted(conflicts(ranks, values)):
        freed = [*values[:i], None, *values[i + 1 :]]
        if consistent(ranks, freed, conventions, complete) and _has_room(ranks, values, i):
            rows.append(i)
    return rows


def room(ranks: Ranks, values: Values, i: int) -> Interval:
    """Between which ends the value of a row must lie by its rank and the other values."""
    own = ranks[i]
    assert own is not None
    low, high = -float("inf"), float("inf")
    for j, (rank, value) in enumerate(zip(ranks, values, strict=True)):
        if rank is None or value is None or j == i:
            continue
        if rank <= own:
            high = min(high, value[1])
        if rank >= own:
            low = max(low, value[0])
    return low, high


def _has_room(ranks: Ranks, values: Values, i: int) -> bool:
    low, high = room(ranks, values, i)
    return low <= high + _SLACK


def exchanged(ranks: Ranks, values: Values, complete: bool = True) -> list[tuple[int, int]]:
    """Pairs of rows that would agree with everything if their two ranks were exchanged."""
    rows = sorted(conflicts(ranks, values))
    if len(rows) > 60:
        return []
    found = []
    for i, j in combinations(rows, 2):
        changed = list(ranks)
        changed[i], changed[j] = ranks[j], ranks[i]
        if ranks[i] != ranks[j] and consistent(changed, values, complete=complete):
            found.append((i, j))
    return found


def left_out(ranks: Ranks, values: Values) -> int:
    """How many rows must be left out before the others agree in order."""
    rows = sorted(
        (r, -v[0]) for r, v in zip(ranks, values, strict=True) if r is not None and v is not None
    )
    # Longest run that does not fall back: the best chain that ends at each row.
    best: list[int] = []
    for i, (_, value) in enumerate(rows):
        best.append(1 + max((best[j] for j in range(i) if rows[j][1] <= value), default=0))
    return len(rows) - max(best, default=0)
