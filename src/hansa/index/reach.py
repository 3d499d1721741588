"""Inverse what-if: the smallest change with which a unit gains places (methods: index, section 5).

Frozen scale and arithmetic rule: the score is a weighted sum of normalised values, so

    min sum c_l |delta_l|   s.t.   s_k + sum omega_l delta_l >= s_(r) + e,   delta within bounds

has one constraint and is a fractional knapsack: take indicators in order of cost per point of
score until the gap is closed (Dantzig 1957). Others stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa.errors import HansaError, UsageError
from hansa.index.data import Bools
from hansa.index.ranks import SAME, ranks, tolerance
from hansa.index.tree import Floats, Ints

CLEAR = 1e-9
"""e as a share of the range of scores: a thousand times what two scores may differ by and tie."""


@dataclass(frozen=True)
class Levers:
    """What unit k could change, one entry a leaf (leaves,).

    z             normalised value; NaN where missing
    omega         effective weight for THIS unit, renormalised over what it has; 0 where missing
    lower, upper  bounds of z on the frozen scale
    cost          of one normalised point
    changeable    which indicators may move
    """

    z: Floats
    omega: Floats
    lower: Floats
    upper: Floats
    cost: Floats
    changeable: Bools


@dataclass(frozen=True)
class Reach:
    """The answer for one aim.

    rank, aim   rank now and rank wanted
    delta       (leaves,) change of normalised values, 0 where nothing moves
    cost        sum of c |delta|
    score       score after the change
    reached     rank after the change; better than the aim where others share one score
    possible    whether reached <= aim; if not, `delta` moves all levers to their bounds and
                `reached` is the best reachable rank
    level       the aim is reached by drawing level: no lever is left to pass
    """

    rank: int
    aim: int
    delta: Floats
    cost: float
    score: float
    reached: int
    possible: bool
    level: bool


@dataclass(frozen=True)
class Singles:
    """Each indicator on its own (leaves,); NaN where it cannot move the score.

    delta   (s_(r) + e - s_k) / omega, whatever the bounds
    z, raw  value afterwards, normalised and in raw units
    within  whether z respects the bounds and the indicator is changeable
    """

    delta: Floats
    z: Floats
    raw: Floats
    within: Bools


def levers(
    z: Floats,
    k: int,
    omega: Floats,
    changeable: Bools | None = None,
    cost: Floats | None = None,
) -> Levers:
    """Levers of unit k bounded by the best and worst values observed (units x leaves).

    By default all indicators may move at a cost of 1 a point. Raises UsageError for negative or
    missing costs.
    """
    each = np.ones(z.shape[1]) if cost is None else np.asarray(cost, float)
    free = np.ones(z.shape[1], bool) if changeable is None else changeable
    low, high = np.fmin.reduce(z, axis=0), np.fmax.reduce(z, axis=0)
    made = Levers(z[k], np.where(np.isnan(z[k]), 0.0, omega), low, high, each, free)
    _check(made)
    return made


def smallest_change(scores: Floats, k: int, gain: int, lever: Levers) -> Reach:
    """The cheapest change that lifts unit k by `gain` places or more.

    scores (units,) on the frozen scale; NaN has no rank. To hold rank r the unit must pass the
    r-th best of the others by e = `CLEAR` x range; units that share that score are passed
    together. Where no lever is left to pass but enough to draw level, it draws level. Equal
    cost per point: the first indicator first.

    Raises HansaError if the unit has no score, UsageError if it cannot gain that many places.
    """
    _check(lever)
    own, rank, others = _standing(scores, k)
    aim = _aim(rank, gain)
    room, order = _room(lever)
    need = float(_needs(scores, own, others)[aim - 1]) if gain else 0.0
    gained = np.zeros(room.size)
    gained[order] = np.minimum(room[order], np.maximum(need - _before(room[order]), 0.0))
    delta = _delta(lever, gained)
    changed = scores.copy()
    changed[k] = own + float(lever.omega @ delta)
    reached = int(ranks(changed)[k])
    return Reach(
        rank=rank,
        aim=aim,
        delta=delta,
        cost=float(np.where(delta == 0, 0.0, lever.cost) @ np.abs(delta)),
        score=float(changed[k]),
        reached=reached,
        possible=reached <= aim,
        level=reached <= aim and float(room.sum()) < need,
    )


def ladder(scores: Floats, k: int, lever: Levers) -> tuple[Ints, Floats]:
    """Every better rank, the next one first, and the least cost to pass into it; NaN if out of
    reach.
    """
    _check(lever)
    own, rank, others = _standing(scores, k)
    need = _needs(scores, own, others)[: rank - 1][::-1]
    room, order = _room(lever)
    ends = np.concatenate([[0.0], np.cumsum(room[order])])
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(room > 0, lever.cost / np.abs(lever.omega), 0.0)[order]
    costs = np.concatenate([[0.0], np.cumsum(each * room[order])])
    price = np.where(need <= ends[-1], np.interp(need, ends, costs), np.nan)
    return np.arange(rank - 1, 0, -1), price


def singles(
    scores: Floats, k: int, gain: int, lever: Levers, raw: tuple[Floats, Floats]
) -> Singles:
    """What each indicator alone would have to become for the same aim.

    raw  (value, slope), each (leaves,): the unit's raw value, and normalised points per raw unit
         (negative where low is good); slope NaN or 0 where no straight line leads back
    """
    _check(lever)
    own, rank, others = _standing(scores, k)
    need = float(_needs(scores, own, others)[_aim(rank, gain) - 1]) if gain else 0.0
    value, slope = raw
    with np.errstate(invalid="ignore", divide="ignore"):
        delta = np.where(lever.omega != 0, need / lever.omega, np.nan)
        after = lever.z + delta
        back = np.where(slope != 0, value + delta / slope, np.nan)
    slack = 1e-9 * np.abs(lever.upper - lever.lower)
    within = lever.changeable & (after <= lever.upper + slack) & (after >= lever.lower - slack)
    return Singles(delta, after, back, within)


def _standing(scores: Floats, k: int) -> tuple[float, int, Floats]:
    """Score and rank of unit k, and the scores of the others, best first."""
    own = float(scores[k])
    if np.isnan(own):
        raise HansaError(
            "the unit has no score, so it has no rank to gain from",
            place=f"unit at position {k}",
            printed="a missing score",
            admissible="a unit with a score",
            fix="fill its gaps (step impute) or name another unit",
        )
    others = np.delete(scores, k)
    others = np.sort(others[~np.isnan(others)])[::-1]
    rank = 1 + int(np.count_nonzero(others > own + float(tolerance(scores))))
    return own, rank, others


def _aim(rank: int, gain: int) -> int:
    if not 0 <= gain < rank:
        raise UsageError(
            f"a unit on rank {rank} cannot gain {gain} places",
            printed=f"gain = {gain}",
            admissible=f"0 to {rank - 1}",
            fix="name a gain within these",
        )
    return rank - gain


def _clear(scores: Floats) -> float:
    return CLEAR / SAME * float(tolerance(scores))


def _needs(scores: Floats, own: float, others: Floats) -> Floats:
    """Points unit k lacks to pass the r-th best of the others, r = 1, 2, ..."""
    return others + _clear(scores) - own


def _room(lever: Levers) -> tuple[Floats, Ints]:
    """Points of score each lever can give, and the levers from cheap to dear per point."""
    up = np.where(lever.omega > 0, lever.upper - lever.z, lever.z - lever.lower)
    usable = lever.changeable & (lever.omega != 0) & (up > 0)
    room = np.where(usable, np.abs(lever.omega) * np.where(usable, up, 0.0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        price = np.where(usable, lever.cost / np.abs(lever.omega), np.inf)
    return room, np.argsort(price, kind="stable")


def _before(room: Floats) -> Floats:
    """Points given by the levers before each one."""
    return np.concatenate([[0.0], np.cumsum(room)[:-1]])


def _delta(lever: Levers, gained: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(gained > 0, gained / lever.omega, 0.0)


def _check(lever: Levers) -> None:
    wrong = np.flatnonzero(lever.changeable & ~(lever.cost >= 0))
    if wrong.size:
        raise UsageError(
            "costs of a change must be 0 or more",
            place=f"indicator at position {wrong[0]}",
            printed=str(lever.cost[wrong[0]]),
            admissible="a cost per normalised point",
            fix="give it a cost, or mark it as not changeable",
        )
    hollow = np.flatnonzero(np.isnan(lever.z) & (lever.omega != 0))
    if hollow.size:
        raise UsageError(
            "a missing indicator has a weight",
            place=f"indicator at position {hollow[0]}",
            printed=f"omega = {lever.omega[hollow[0]]}",
            admissible="0 where the unit has no value, the others renormalised",
            fix="renormalise the weights of this unit over what it has",
        )
