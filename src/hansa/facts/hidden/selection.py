"""What hiding itself tells: offices hide small cells, so a hidden cell is smaller than its prior.

A selection model (Heckman, 1979; Little and Rubin, 2019, ch. 15) fitted by the EM algorithm
(Dempster, Laird and Rubin, 1977). A cell of size v with the prior g and the error s of ln g has

    ln v = ln g + bias + factor * s * t,    t of Student's distribution with 4 degrees of freedom,

and is hidden with a probability that depends on v alone. Known cells with what the prior would have
said of them, and hidden cells with the prior, give bias and factor by size of the prior, and the
probability of hiding by size of the cell. Each hidden cell then has a distribution over sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.law import Floats

ROUNDS = 40
"""Rounds of the EM algorithm; probabilities change by less than 0.01 from then on."""

MOST = 4000
"""Hidden cells the parameters are fitted on; more are thinned out evenly."""

FEWEST = 80
"""Known cells that carry a fit; with fewer the prior stands as it is."""

CLASSES = 6
"""Classes of equal numbers of cells, by size of the prior."""

FREEDOM = 4.0
STEP = 0.35
NARROWEST, WIDEST = 0.05, 2.0
"""Standard deviations of a logarithm that are believed."""


@dataclass(frozen=True)
class Sizes:
    """Distribution of each hidden cell over bins of size.

    chance  (cells, bins), rows add up to 1; edges (bins + 1,), in the unit of the table
    hiding  (bins,) probability that a cell of that size is hidden
    """

    chance: Floats
    edges: Floats
    hiding: Floats

    @property
    def middle(self) -> Floats:
        """Geometric middle of each bin."""
        return np.asarray(np.sqrt(self.edges[1:] * self.edges[:-1]))

    @property
    def value(self) -> Floats:
        """Geometric mean of each cell."""
        return np.asarray(np.exp(self.chance @ np.log(self.middle)))

    @property
    def spread(self) -> Floats:
        """Standard deviation of the logarithm of each cell."""
        logs = np.log(self.middle)
        off = logs - np.log(self.value)[:, None]
        own = np.sqrt((self.chance * off**2).sum(axis=1))
        return np.asarray(np.clip(own, NARROWEST, WIDEST))

    def drawn(self, rng: np.random.Generator) -> Floats:
        """One size for each cell, spread evenly in the logarithm within its bin."""
        ladder = np.cumsum(self.chance, axis=1)
        pick = (ladder < (rng.random(len(ladder)) * ladder[:, -1])[:, None]).sum(axis=1)
        pick = np.minimum(pick, self.chance.shape[1] - 1)
        low, high = np.log(self.edges[pick]), np.log(self.edges[pick + 1])
        return np.asarray(np.exp(low + rng.random(pick.size) * (high - low)))


@dataclass(frozen=True)
class _Fit:
    """Parameters: bias and factor by class of the prior, hiding by bin of size."""

    classes: Floats
    bias: Floats
    factor: Floats
    hiding: Floats


@dataclass(frozen=True)
class Tried:
    """Cells with a prior: what it says, and the error of its logarithm; all of shape (cells,)."""

    guess: Floats
    spread: Floats

    def __getitem__(self, pick: slice) -> Tried:
        return Tried(self.guess[pick], self.spread[pick])


def sizes_of(value: Floats, tried: Tried, hidden: Tried, unit: float) -> Sizes | None:
    """Sizes of hidden cells; None where too few known cells show how good the prior is.

    value   known cells, above zero; tried, what the prior would have said of them
    hidden  the prior of the hidden cells
    unit    smallest difference between two sizes: 1 for counts
    """
    if value.size < FEWEST or not hidden.guess.size:
        return None
    edges = _edges(unit, max(float(value.max()), float(hidden.guess.max())))
    fit = _fitted(value, tried, hidden[:: -(-hidden.guess.size // MOST)], edges)
    return Sizes(_chance(hidden, fit, edges), edges, fit.hiding)


def _edges(unit: float, top: float) -> Floats:
    """Bins of size: single units first, then steps of equal ratio."""
    first = np.array([0.5, 1.5, 2.5, 3.5, 4.5, 6.5, 9.5]) * unit
    count = int(np.ceil(max(np.log(4 * top / first[-1]) / STEP, 1)))
    return np.concatenate([first, first[-1] * np.exp(STEP * np.arange(1, count + 1))])


def _fitted(value: Floats, tried: Tried, hidden: Tried, edges: Floats) -> _Fit:
    """The EM algorithm: sizes of hidden cells, then the parameters, in turn."""
    logs = np.log(np.sqrt(edges[1:] * edges[:-1]))
    bins = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, logs.size - 1)
    shown = np.bincount(bins, minlength=logs.size)
    both = np.concatenate([tried.guess, hidden.guess])
    classes = np.unique(np.quantile(both, np.arange(1, CLASSES) / CLASSES))
    known_in, hidden_in = (np.searchsorted(classes, t.guess, "right") for t in (tried, hidden))
    off = np.log(value / tried.guess)
    ahead = logs[None, :] - np.log(hidden.guess)[:, None]
    bias, factor = np.zeros(classes.size + 1), np.ones(classes.size + 1)
    hiding = np.full(logs.size, hidden.guess.size / both.size)
    for _ in range(ROUNDS):
        chance = _chance(hidden, _Fit(classes, bias, factor, hiding), edges)
        out = chance.sum(axis=0)
        hiding = (out + 0.1) / (out + shown + 0.2)
        for k in range(bias.size):
            a, b = known_in == k, hidden_in == k
            if not a.any() and not b.any():
                continue
            error = np.concatenate([off[a], ahead[b].ravel()])
            scale = np.concatenate([tried.spread[a], np.repeat(hidden.spread[b], logs.size)])
            weight = np.concatenate([np.ones(int(a.sum())), chance[b].ravel()])
            bias[k], factor[k] = _updated(error, scale, weight, (bias[k], factor[k]))
    return _Fit(classes, bias, factor, hiding)


def _updated(
    error: Floats, scale: Floats, weight: Floats, now: tuple[float, float]
) -> tuple[float, float]:
    """Bias and factor of one class: weighted moments, far errors counting less (Lange, Little and
    Taylor, 1989).
    """
    bias, factor = now
    near = (FREEDOM + 1) / (FREEDOM + ((error - bias) / (scale * factor)) ** 2)
    own = weight * near / scale**2
    bias = float((own * error).sum() / own.sum())
    square = float((own * (error - bias) ** 2).sum() / weight.sum())
    return bias, float(np.sqrt(np.clip(square, 0.01, 25.0)))


def _chance(hidden: Tried, fit: _Fit, edges: Floats) -> Floats:
    """Distribution of each hidden cell over the bins."""
    k = np.searchsorted(fit.classes, hidden.guess, "right")
    middle, scale = np.log(hidden.guess) + fit.bias[k], hidden.spread * fit.factor[k]
    z = (np.log(edges)[None, :] - middle[:, None]) / scale[:, None]
    # Far out the differences are rounding errors, of either sign.
    chance = np.clip(np.diff(_below(z), axis=1), 0.0, None) * fit.hiding + 1e-300
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _below(z: Floats) -> Floats:
    """Distribution function of Student's t with 4 degrees of freedom, in closed form."""
    square = 1 + z**2 / 4
    return np.asarray(0.5 + 0.375 * z / np.sqrt(square) * (1 - z**2 / (12 * square)))
