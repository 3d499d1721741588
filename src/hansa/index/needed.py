"""Raw values that a unit needs to gain places, in digits that are still enough."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from hansa.index.tree import Floats

FINE = 100
"""Rounding may add one of so many parts to a change."""
SAME = 1e-9
"""A value so near an observed one, as a share of what was observed, is that one."""


def observed(raw: Floats, values: Floats) -> Floats:
    """Raw values (leaves,) without what the way back from the scale adds to the least and greatest
    of the values observed (units, leaves)."""
    ends = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    for end in ends:
        raw = np.where(np.abs(raw - end) <= SAME * (ends[1] - ends[0]), end, raw)
    return raw


def best_towards(needed: Floats, now: Floats, values: Floats) -> Floats:
    """The end (leaves,) of the values observed (units, leaves) that a change from `now` nears."""
    most: Floats = np.fmax.reduce(values, axis=0)
    least: Floats = np.fmin.reduce(values, axis=0)
    return np.where(needed > now, most, least)


def all_enough(needed: Floats, now: Floats, values: Floats) -> list[str]:
    """Needed values (leaves,) as `enough` writes them, within the values observed."""
    best = best_towards(needed, now, values)
    return [enough(*map(float, one)) for one in zip(needed, now, best, strict=True)]


def enough(value: float, start: float, best: float) -> str:
    """A needed value in as few digits as suffice: rounded away from `start`, it is still enough.

    From 11 to 8.202322 it is 8.2, from 79 to 88.325661 it is 88.4. Rounding adds at most one part
    in `FINE` to the change, and goes no further than `best`. Plain digits with a decimal point, as
    `--set` reads them; empty for a missing value.
    """
    if math.isnan(value):
        return ""
    exact = Decimal(repr(float(value)))
    way = ROUND_CEILING if value > start else ROUND_FLOOR
    change = abs(exact - Decimal(repr(float(start))))
    room = min(change / FINE, abs(Decimal(repr(float(best))) - exact))
    last = exact.as_tuple().exponent
    assert isinstance(last, int)
    for power in range(max(last, change.adjusted()), last, -1):
        rounded = exact.quantize(Decimal(1).scaleb(power), rounding=way)
        if abs(rounded - exact) <= room:
            return f"{rounded + 0:f}"
    return f"{exact:f}"
