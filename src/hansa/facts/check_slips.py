"""Slips of the hand that turn one number into another: digits exchanged, a digit too many."""

from __future__ import annotations

import numpy as np

from hansa.language import _

FACTORS = (10, 12, 100, 1000, 1_000_000)
"""Units that are mixed up: tens, a year's months, hundreds, thousands, millions."""

NEAR = np.log(1.06)


def slip(printed: float, low: float, high: float) -> str:
    """The slip that explains a printed number where one from `low` to `high` is admissible."""
    if printed == 0:
        return _("a missing number printed as 0")
    if -high - 1 <= printed <= -low + 1 and printed < 0:
        return _("its sign is wrong")
    for factor in FACTORS:
        for ratio in (factor, 1 / factor):
            if low - 1 <= printed / ratio <= high + 1 and high * max(ratio, 1) > 1:
                return times_off(factor, ratio > 1)
    for other in exchanged(printed):
        if low <= other <= high:
            return _("two digits may have changed places ({other:.0f})", other=other)
    return ""


def times_off(times: object, large: bool) -> str:
    """How many times a number is too large, or too small."""
    if large:
        return _("{times} times too large", times=times)
    return _("{times} times too small", times=times)


def exchanged(value: float) -> list[float]:
    """The whole numbers that come from exchanging two neighbouring digits."""
    if value != round(value) or value < 10:
        return []
    text = f"{value:.0f}"
    swapped = [text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1)]
    return [float(s) for s in swapped if s != text]


def usual_factor(log_ratio: float) -> int:
    """The usual mix-up of units that a ratio is near to, 0 for none."""
    near = [f for f in FACTORS if abs(abs(log_ratio) - np.log(f)) < NEAR]
    return near[0] if near else 0
