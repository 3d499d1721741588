"""The best prior: what every source of evidence says, weighed by how well each does.

Each prior is tried on the known cells as if they were hidden; its squared error of the logarithm,
by size, gives its weight. The pool is the precision-weighted mean of the logarithms: a log-linear
opinion pool (Genest and Zidek, 1986, sec. 2.2) with inverse variances as weights. What hiding
itself tells comes on top (`hansa.facts.hidden.selection`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from hansa.axes import Axis
from hansa.facts.hidden.priors import SEEN_ZERO, margins, unit_of, units, years
from hansa.facts.hidden.selection import NARROWEST, WIDEST, Sizes, Tried, sizes_of
from hansa.facts.hidden.system import Ints
from hansa.law import Floats

BINS = 8
"""Bins of equal numbers of cells in which the error of a prior is measured."""

FEW = 10
"""Cells that a bin needs."""


@dataclass(frozen=True)
class Guess:
    """A prior with its error: both (activities, regions), NaN where it says nothing.

    spread  standard deviation of ln(value / guess)
    sizes   distribution of the hidden cells `at` (positions in the flattened matrix), if fitted
    ends    bounds that the table itself states of each cell: draws lie between them
    """

    value: Floats
    spread: Floats
    sizes: Sizes | None = None
    at: Ints | None = None
    ends: tuple[Floats, Floats] | None = None

    def between(self, low: Floats, high: Floats) -> Guess:
        """The prior of cells with bounds of their own: the mean of the log-normal within them."""
        stated = (low > 0) | (high < np.inf)
        if not stated.any():
            return self
        a, b = _standard(self, low), _standard(self, high)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.value * np.exp(self.spread**2 / 2)
            mean = mean * (ndtr(b - self.spread) - ndtr(a - self.spread)) / (ndtr(b) - ndtr(a))
        # Far from its bounds the prior says only at which of them the cell lies.
        mean = np.where(np.isfinite(mean), mean, self.value)
        value = np.where(stated, np.clip(mean, low, high), self.value)
        return replace(self, value=value, ends=(low, high))

    @property
    def weight(self) -> Floats:
        """What a departure from the prior costs, by cell: where sizes were fitted, the precision
        of its logarithm; else all the same.
        """
        return np.ones(self.value.shape) if self.sizes is None else 1.0 / self.spread**2

    def drawn(self, rng: np.random.Generator) -> Floats:
        """The prior drawn anew: sizes where there are any, else log-normal errors."""
        made = self.value * np.exp(rng.standard_normal(self.value.shape) * self.spread)
        if self.sizes is not None and self.at is not None:
            made.ravel()[self.at] = self.sizes.drawn(rng)
        if self.ends is None:
            return np.asarray(made)
        low, high = self.ends
        a, b = ndtr(_standard(self, low)), ndtr(_standard(self, high))
        own = self.value * np.exp(self.spread * ndtri(a + rng.random(a.shape) * (b - a)))
        stated = (low > 0) | (high < np.inf)
        return np.asarray(np.where(stated & np.isfinite(own), np.clip(own, low, high), made))


def _standard(guess: Guess, end: Floats) -> Floats:
    """Where a bound lies on the scale of the prior's logarithm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.log(end) - np.log(guess.value)) / guess.spread)


def guess_of(
    name: str,
    values: Mapping[int, Floats],
    time: int,
    axes: tuple[Axis, Axis],
    number: Floats | None = None,
) -> Guess:
    """The prior of one year by name, with the error it shows on known cells.

    `best` also learns from which cells are hidden (`hansa.facts.hidden.selection`).
    """
    known = values[time]
    if name == "equal":
        return Guess(np.ones(known.shape), np.full(known.shape, WIDEST))
    names: tuple[str, ...] = ("margins", "years", "units") if name == "best" else (name,)
    if number is None:
        names = tuple(n for n in names if n != "units")
    found, tried = [], []
    for own in names:
        said = _said(own, values, time, axes, number)
        again = _said(own, _without_leaves(values, time, axes), time, axes, number)
        if own == "units" and number is not None:
            again = units(known, number)
        found.append(Guess(said, _spread(known, again, said, axes)))
        tried.append(Guess(again, _spread(known, again, again, axes)))
    if name != "best":
        return found[0]
    unit = unit_of(known)
    return _selected(known, pooled(found, unit), pooled(tried, unit), axes)


def _selected(known: Floats, guess: Guess, tried: Guess, axes: tuple[Axis, Axis]) -> Guess:
    """The prior of hidden cells moved by what hiding tells; as it is where little is known."""
    leaves = np.zeros(known.shape, bool)
    leaves[np.ix_(axes[0].leaves, axes[1].leaves)] = True
    shown = leaves & (known > 0) & (tried.value > 0)
    at = np.flatnonzero(leaves & np.isnan(known) & (guess.value > 0))
    sizes = sizes_of(
        known[shown],
        Tried(tried.value[shown], tried.spread[shown]),
        Tried(guess.value.ravel()[at], guess.spread.ravel()[at]),
        unit_of(known),
    )
    if sizes is None:
        return guess
    value, spread = guess.value.copy(), guess.spread.copy()
    value.ravel()[at], spread.ravel()[at] = sizes.value, sizes.spread
    return Guess(value, spread, sizes, at)


def pooled(guesses: list[Guess], unit: float = 1.0) -> Guess:
    """The precision-weighted mean of the logarithms; a prior that says nothing has no weight.

    A prior far below the unit of the table would outweigh all others in the logarithm: it counts
    as a quarter of a unit.
    """
    least = SEEN_ZERO * unit / 2
    weight = np.stack([np.where(np.isnan(g.value), 0.0, 1.0 / g.spread**2) for g in guesses])
    logs = np.stack([np.log(np.maximum(np.nan_to_num(g.value), least)) for g in guesses])
    total = weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, spread = (weight * logs).sum(axis=0) / total, 1.0 / np.sqrt(total)
    silent = total == 0
    return Guess(np.where(silent, np.nan, np.exp(mean)), np.where(silent, WIDEST, spread))


def _said(
    name: str,
    values: Mapping[int, Floats],
    time: int,
    axes: tuple[Axis, Axis],
    number: Floats | None,
) -> Floats:
    if name == "margins":
        return margins(values[time], *axes)
    if name == "years":
        return years(values, time)
    return (
        units(values[time], number) if number is not None else np.full(values[time].shape, np.nan)
    )


def _without_leaves(
    values: Mapping[int, Floats], time: int, axes: tuple[Axis, Axis]
) -> dict[int, Floats]:
    hidden = values[time].copy()
    hidden[np.ix_(axes[0].leaves, axes[1].leaves)] = np.nan
    return {**values, time: hidden}


def _spread(known: Floats, tried: Floats, said: Floats, axes: tuple[Axis, Axis]) -> Floats:
    """Error of a prior at each cell, by the size of what it says there."""
    leaves = np.ix_(axes[0].leaves, axes[1].leaves)
    edges, spread = spread_of(known[leaves].ravel(), tried[leaves].ravel())
    which = np.searchsorted(edges, np.nan_to_num(said), side="right") - 1
    return np.where(np.isnan(said), WIDEST, spread[np.clip(which, 0, None)])


def spread_of(value: Floats, guess: Floats) -> tuple[Floats, Floats]:
    """How wrong a prior is, by its size: edges of bins and the error of ln(value / guess) in each.

    value, guess  known cells and what the prior would have said of them. The error is the root
    mean square of the logarithm, biased priors being wrong too, over the middle 90 % of cells.
    """
    usable = (value > 0) & (guess > 0)
    if usable.sum() < FEW * BINS:
        return np.array([0.0]), np.array([1.0])
    size, error = guess[usable], np.log(value[usable] / guess[usable])
    edges = np.unique(np.quantile(size, np.linspace(0, 1, BINS + 1)[:-1]))
    which = np.searchsorted(edges, size, side="right") - 1
    spread = np.empty(edges.size)
    for b in range(edges.size):
        own = np.sort(np.abs(error[which == b]))
        kept = own[: max(1, int(np.ceil(0.9 * own.size)))] if own.size else np.ones(1)
        spread[b] = float(np.sqrt(np.mean(kept**2)))
    return edges, np.clip(spread, NARROWEST, WIDEST)
