"""How a comparison reads: what a region has, what was asked, among how many."""

from __future__ import annotations

import math
from functools import lru_cache

from hansa.measures.rules import Condition

THIN = "\N{NARROW NO-BREAK SPACE}"


@lru_cache(maxsize=1 << 16)
def number(value: float) -> str:
    """A number with three digits, or whole with thin spaces from a thousand on."""
    if math.isinf(value):
        return "unknown"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", THIN)
    return f"{value:.3g}"


def interval(low: float, high: float) -> str:
    """A number, or the two between which it lies."""
    if math.isnan(low) or math.isnan(high):
        return "unknown"
    if math.isinf(high):
        return "unknown" if low <= 0 else f"{number(low)} or more"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def membership(sure: int, may: int) -> str:
    """How many regions the population has."""
    return f"{sure} regions" if sure == may else f"{sure} to {may} regions"


def comparison(
    label: str,
    value: tuple[float, float],
    threshold: tuple[float, float],
    condition: Condition,
    among: str,
) -> str:
    """`Specialisation 2.3 >= 2`, with the meaning of a threshold that others set."""
    low, high = value
    t_low, t_high = threshold
    strict = condition.side == "above"
    met = low > t_high if strict else low >= t_high
    failed = high <= t_low if strict else high < t_low
    sign = (">" if strict else "≥") if met else ("≤" if strict else "<") if failed else "?"
    text = f"{label} {interval(low, high)} {sign} {interval(t_low, t_high)}"
    share = condition.threshold
    if condition.compare == "quantile":
        part = f"top {100 * (1 - share):g} %" if share >= 0.5 else f"above lowest {100 * share:g} %"
        return f"{text} ({part} of {among})"
    if condition.compare == "rank":
        return f"{text} (rank {share:g} of {among})"
    return text
