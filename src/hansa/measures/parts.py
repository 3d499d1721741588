"""Shares of a total that the part itself is counted in: bounds that know it.

Interval division takes a part at its greatest and its total at its least. Both cannot be true at
once where the total is the sum of the part and of others: with the part at one end, the total is
what the others hold at least, or at most, and the part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hansa.law import Quantity, ratio

ROUNDING = 8 * float(np.finfo(float).eps)
"""What the few operations here can be off by, relative to their result."""


def as_part(
    result: Quantity,
    part: Quantity,
    whole: Quantity,
    times: tuple[Quantity, Quantity] | None = None,
) -> Quantity:
    """A result in proportion to `part / whole`, its bounds as narrow as the sum allows.

    result  with the bounds of interval division; part and whole broadcast to its shape
    whole   a sum of cells of which those of `part` are some, each with its own bounds, none
            negative: what it holds beside the part is between `lower - part.lower` and
            `upper - part.upper`
    times   where the result is more than the share: a over b in `part / whole * a / b`

    Bounds never become wider, and the value stays inside. Where the whole may be nothing, the
    bounds are those of the cases in which there is a share at all.
    """
    if result.lower is None or result.upper is None:
        return result
    (part_low, part_high), (low, high) = part.bounds(), whole.bounds()
    if (part_low < 0).any():
        return result
    width = part_high - part_low
    with np.errstate(divide="ignore", invalid="ignore"):
        least = result.lower * (high / (high - width)) * (1 - ROUNDING)
        most = result.upper * (low / (low + width)) * (1 + ROUNDING)
    # 0 / 0: nothing is known beside the bounds that were there.
    lower = np.fmax(result.lower, np.where(np.isfinite(least), least, result.lower))
    upper = np.fmin(result.upper, np.where(np.isfinite(most), most, result.upper))
    if (low == 0).any():
        # Then the rest may be nothing too, and the part be all of the whole.
        share = np.where(part_high > 0, 1.0, 0.0)
        greatest = share if times is None else share * ratio(*times).bounds()[1]
        upper = np.where((low == 0) & np.isnan(upper), greatest, upper)
        # With nothing beside it the part is all of the whole, however little that is.
        alone = (low == 0) & (part_high > 0) & (part_high >= high * (1 - ROUNDING))
        floor = 1.0 if times is None else ratio(*times).bounds()[0]
        lower = np.fmax(lower, np.where(alone, floor, np.nan))
    # The share of a whole in itself is 1, and its bounds differ by these roundings alone.
    value, near = result.value, 4 * ROUNDING * np.abs(result.value)
    # An end that is not known stays so.
    lower = np.where(lower >= value - near, value, lower)
    upper = np.where(upper <= value + near, value, upper)
    return replace(result, lower=lower, upper=upper)


def by_itself(result: Quantity, *pairs: tuple[Quantity, Quantity]) -> Quantity:
    """A quotient of quotients of parts by wholes: exactly its value where each part is its whole.

    pairs  each part is some of the cells that are added up to its whole, none negative; where
           both have the same bounds, the cells beside it hold nothing
    """
    if result.lower is None or result.upper is None:
        return result
    same = ~np.isnan(result.value)
    for part, whole in pairs:
        for own, every in zip(part.bounds(), whole.bounds(), strict=True):
            same = same & (own >= every * (1 - ROUNDING))
    lower, upper = (np.where(same, result.value, end) for end in (result.lower, result.upper))
    return replace(result, lower=lower, upper=upper)
