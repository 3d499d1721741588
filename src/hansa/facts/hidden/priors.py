"""Priors of hidden cells, by name: what one would guess before looking at the sums.

Only their proportions within a sum matter: the sums set the level afterwards.

margins  the whole times the share that the activity has in it elsewhere: outer product of margins
years    the same cell in the nearest years that show it, moved by the growth of its activity
units    number of local units times the mean size of a unit in the activity
best     all of them, each weighed by how well it does on known cells (`hansa.facts.hidden.pool`)
equal    the same for all: the old rule of equal splitting, for comparison
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hansa.axes import Axis
from hansa.law import Floats

PRIORS = ("best", "margins", "years", "units", "equal")

SEEN_ZERO = 0.5
"""Prior of a cell that other years print as zero, in units of the table: small, not impossible."""


def is_counts(known: Floats) -> bool:
    """True for a table of whole numbers."""
    seen = known[~np.isnan(known)]
    return bool(seen.size and (seen == np.round(seen)).all())


def unit_of(known: Floats) -> float:
    """The smallest size a cell has: 1 in a table of counts, else about its smallest cell."""
    seen = known[known > 0]
    if not seen.size or is_counts(known):
        return 1.0
    return float(np.quantile(seen, 0.01))


def margins(value: Floats, activity: Axis, geo: Axis) -> Floats:
    """From the top down: the parent's number times the activity's share in it elsewhere.

    value  (activities, regions), NaN where hidden. The share is taken in the nearest region above
    that shows both; a parent that is hidden itself is guessed first. NaN where nothing says how
    large a cell might be.
    """
    guess = value.copy()
    above = _regions_above(geo)
    order = ([activity.total] if activity.total >= 0 else []) + [*activity.roots]
    order += [c for node in reversed(activity.inner) for c in activity.children[node]]
    for node in order:
        whole = activity.parent[node]
        if whole < 0 and node != activity.total:
            whole = activity.total
        for column in range(len(geo)):
            if np.isnan(guess[node, column]):
                guess[node, column] = _by_share(guess, node, whole, column, above)
    return guess


def _by_share(
    guess: Floats, node: int, whole: int, column: int, above: Sequence[tuple[int, ...]]
) -> float:
    if whole < 0 or np.isnan(guess[whole, column]):
        return float("nan")
    for wider in above[column]:
        part, of = guess[node, wider], guess[whole, wider]
        if not np.isnan(part) and of > 0:
            return float(guess[whole, column] * part / of)
    return float("nan")


def _regions_above(geo: Axis) -> list[tuple[int, ...]]:
    """Wider regions of each region, nearest first, the published total last."""
    found = []
    for i in range(len(geo)):
        own, at = [], geo.parent[i]
        while at >= 0:
            own.append(at)
            at = geo.parent[at]
        if geo.total >= 0 and i != geo.total:
            own.append(geo.total)
        found.append(tuple(own))
    return found


def years(values: Mapping[int, Floats], time: int) -> Floats:
    """The same cell in the nearest earlier and later years that show it (geometric mean).

    Each is moved by the growth of its activity since, in the cells that show both years.
    """
    least, sides = SEEN_ZERO * min(unit_of(v) for v in values.values()), []
    for direction in (-1, 1):
        found = np.full(values[time].shape, np.nan)
        for other in sorted((t for t in values if (t - time) * direction > 0), key=abs_to(time)):
            moved = values[other] * _growth(values[other], values[time])[:, None]
            found = np.where(np.isnan(found), moved, found)
        sides.append(found)
    before, after = sides
    both = np.sqrt(np.maximum(before, least) * np.maximum(after, least))
    one = np.where(np.isnan(before), after, before)
    return np.where(np.isnan(both), np.maximum(one, least), both)


def abs_to(time: int) -> Callable[[int], int]:
    """Order by distance to a year."""
    return lambda other: abs(other - time)


def _growth(earlier: Floats, later: Floats) -> Floats:
    """Growth of each activity over the cells that show both years; 1 where none does."""
    both = ~np.isnan(earlier) & ~np.isnan(later)
    before = np.where(both, earlier, 0.0).sum(axis=1)
    after = np.where(both, later, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = after / before
    return np.where((before > 0) & (after > 0), ratio, 1.0)


def units(value: Floats, number: Floats) -> Floats:
    """Local units times the mean size of a unit of the activity, over cells that show both."""
    both = ~np.isnan(value) & ~np.isnan(number) & (number > 0)
    jobs = np.where(both, value, 0.0).sum(axis=1)
    count = np.where(both, number, 0.0).sum(axis=1)
    overall = jobs.sum() / count.sum() if count.sum() else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, jobs / count, overall)
    return np.asarray(np.maximum(number, SEEN_ZERO) * mean[:, None])
