"""Numbers as text: thin spaces, the minus sign, as many digits as are certain, `·` for missing.

Intervals are rounded outwards, so that a printed interval never claims more than is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hansa.panel import Header

THIN = "\u202f"  # narrow no-break space: a number must not break over two lines
MINUS = "−"
MISSING = "·"

Style = Literal["amount", "share", "change", "quotient"]
_FUZZ = 1e-9
_NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Scale:
    """How the values of one measure are written and drawn.

    style   amount | share (0 to 1, written in per cent) | change (a signed share) | quotient
    unit    word written after an amount; empty where the style says it
    signed  True where positive values carry a plus
    """

    style: Style
    unit: str = ""
    signed: bool = False

    @property
    def neutral(self) -> float:
        """The value that means "no difference": 1 for quotients, 0 for the rest."""
        return 1.0 if self.style == "quotient" else 0.0

    def text(self, value: float | None, spread: float = 0.0, towards: int = 0) -> str:
        """The value as text, its unit left out; `·` where it is missing.

        spread   width of the interval around it: digits that it makes doubtful are dropped, all
                 but the first one
        towards  -1 rounds down, 1 rounds up (for bounds), 0 to the nearest
        """
        if value is None or math.isnan(value):
            return MISSING
        shown = value * 100 if self.style in ("share", "change") else value
        width = spread * 100 if self.style in ("share", "change") else spread
        text = grouped(shown, self._decimals(shown, width, towards), towards)
        if (self.signed or self.style == "change") and shown > 0 and text.strip("0.") != "":
            text = f"+{text}"
        return f"{text}{THIN}%" if self.style in ("share", "change") else text

    def bounds(self, lower: float | None, upper: float | None) -> tuple[str, str]:
        """Both bounds as text, rounded outwards; empty where there are none.

        A bound much smaller than the interval is wide keeps its own first digit: −99.9 % stays
        −100 % beside +140 000 %.
        """
        if lower is None or upper is None:
            return "", ""
        if lower == upper:
            return self.text(lower), self.text(upper)
        spread = upper - lower
        return self.text(lower, spread, -1), self.text(upper, spread, 1)

    def interval(self, lower: float | None, upper: float | None, joint: str = "–") -> str:
        """`2.3–2.6`, rounded outwards; one text where both ends read the same."""
        if lower is None or upper is None:
            return MISSING
        return between(*self.bounds(lower, upper), joint)

    def with_interval(self, value: float | None, lower: float | None, upper: float | None) -> str:
        """`2.4 (2.3–2.6)`; the value alone where it is exact, else the interval."""
        if lower is None or upper is None or (value is not None and lower == upper):
            return self.text(value)
        if value is None:
            return self.interval(lower, upper)
        return f"{self.text(value, upper - lower)} ({self.interval(lower, upper)})"

    def _decimals(self, shown: float, width: float, towards: int = 0) -> int:
        magnitude = abs(shown)
        if self.style == "quotient":
            usual = 0 if magnitude >= 9.95 else 1 if magnitude >= 0.995 else 2
        elif self.style in ("share", "change"):
            usual = 0 if magnitude >= 9.95 else 1
        elif self.unit in ("persons", "count", "stars"):
            usual = 0
        else:
            usual = max(0, 2 - math.floor(math.log10(magnitude))) if magnitude >= 0.001 else 3
        if width <= _FUZZ:
            return usual
        # One doubtful digit stays: it shows where in the interval the value lies.
        coarse = min(usual, 1 - math.floor(math.log10(width)))
        if magnitude <= _FUZZ:
            return coarse
        own = min(usual, -math.floor(math.log10(magnitude)))
        return own if own > coarse and _rounded(shown, own, towards) else coarse


def between(low: str, high: str, joint: str = "–") -> str:
    """Two bounds as one text: `2.3–2.6`, with a word where a sign would meet the dash."""
    if low == high:
        return low
    spaced = joint.strip() == "–" and (low.startswith((MINUS, "+")) or high.startswith(MINUS))
    return f"{low} to {high}" if spaced else f"{low}{joint}{high}"


def scale_of(header: Header) -> Scale:
    """The way of writing and drawing that a panel's header implies."""
    measure, unit = header.measure, header.unit
    signed = "change" in measure or "growth" in measure or measure.startswith("shift_share")
    if unit == "ratio" or measure.startswith("location_quotient"):
        return Scale("quotient")
    if unit == "share, -2 to 2":  # the symmetric rate is no per cent of anything
        return Scale("amount", "", True)
    if unit.startswith("share"):
        return Scale("change" if signed else "share")
    return Scale("amount", unit, signed)


def grouped(value: float, decimals: int = 0, towards: int = 0) -> str:
    """`12 345.6` with thin spaces and a real minus; negative `decimals` round to tens, hundreds."""
    number = _rounded(value, decimals, towards)
    text = f"{abs(number):,.{max(0, decimals)}f}".replace(",", THIN)
    return f"{MINUS}{text}" if number < 0 else text


def _rounded(value: float, decimals: int, towards: int) -> float:
    factor = 10.0**decimals
    scaled = value * factor
    if towards < 0:
        scaled = math.floor(scaled + _FUZZ * max(1.0, abs(scaled)))
    elif towards > 0:
        scaled = math.ceil(scaled - _FUZZ * max(1.0, abs(scaled)))
    else:
        scaled = _half_away(scaled)
    return scaled / factor


def share_estimated(share: float) -> str:
    """A share that is estimated, in per cent; empty where it rounds to nothing."""
    text = grouped(100 * share)
    return "" if text == "0" else f"{text}{THIN}%"


def spelled(count: int) -> str:
    """A count in words up to ten, in figures beyond."""
    return _NUMERALS[count] if 0 <= count < len(_NUMERALS) else grouped(count)


def joined(parts: Sequence[str]) -> str:
    """`a, b and c`; with semicolons where a part holds a comma of its own."""
    if len(parts) < 2:
        return "".join(parts)
    if any("," in part for part in parts):
        return "; ".join(parts)
    return ", ".join(parts[:-1]) + f" and {parts[-1]}"


def _half_away(value: float) -> float:
    # Statisticians round halves away from zero; Python's own rounding goes to the even digit.
    return math.copysign(math.floor(abs(value) + 0.5 + _FUZZ), value)
