"""Numbers as text: thin spaces, the minus sign, as many digits as are certain, `·` for missing.

Intervals are rounded outwards, so that a printed interval never claims more than is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from hansa.language import N_, _, decimal_mark, pgettext, pN_, spoken
from hansa.views.written import Written

if TYPE_CHECKING:
    from hansa.panel import Header

THIN = "\u202f"  # narrow no-break space: a number must not break over two lines
MINUS = "−"
MISSING = "·"

Style = Literal["amount", "share", "change", "quotient"]
_FUZZ = 1e-9
_NUMERALS = (
    *(pN_("numeral", "no"), pN_("numeral", "one"), pN_("numeral", "two")),
    *(pN_("numeral", "three"), pN_("numeral", "four"), pN_("numeral", "five")),
    *(pN_("numeral", "six"), pN_("numeral", "seven"), pN_("numeral", "eight")),
    *(pN_("numeral", "nine"), pN_("numeral", "ten")),
)
_JOINTS = {" to ": N_("{low} to {high}"), " and ": N_("{low} and {high}")}


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

    @cached_property
    def counted_in(self) -> str:
        """The unit of the exact number behind a text: shares count 1 for all of it."""
        return {"quotient": "ratio", "amount": self.unit}.get(self.style, "share")

    def text(self, value: float | None, spread: float = 0.0, towards: int = 0) -> Written:
        """The value as text, its unit left out; `·` where it is missing.

        spread   width of the interval around it: digits that it makes doubtful are dropped, all
                 but the first one; the usual ones stay where it has no end
        towards  -1 rounds down, 1 rounds up (for bounds), 0 to the nearest
        """
        if value is None or math.isnan(value):
            return self._missing
        # A page writes the same numbers many times. The two zeros are one key, but not one number.
        kept = _text if value or math.copysign(1, value) > 0 else _text.__wrapped__
        return kept(self, value, spread, towards, decimal_mark())

    @cached_property
    def _missing(self) -> Written:
        return Written(MISSING, unit=self.counted_in)

    def _text(self, value: float, spread: float, towards: int) -> Written:
        shown = value * 100 if self.style in ("share", "change") else value
        width = spread * 100 if self.style in ("share", "change") else spread
        text = _grouped(shown, self._decimals(shown, width, towards), towards)
        if (self.signed or self.style == "change") and shown > 0 and text.strip("0.,") != "":
            text = f"+{text}"
        text = f"{text}{THIN}%" if self.style in ("share", "change") else text
        return Written(text, value, unit=self.counted_in)

    def bounds(self, lower: float | None, upper: float | None) -> tuple[str, str]:
        """Both bounds as text, rounded outwards; empty where one is not known.

        A bound much smaller than the interval is wide keeps its own first digit: −99.9 % stays
        −100 % beside +140 000 %.
        """
        if lower is None or upper is None:
            low = "" if lower is None else self.text(lower, 0.0, -1)
            return low, "" if upper is None else self.text(upper, 0.0, 1)
        if lower == upper:
            return self.text(lower), self.text(upper)
        spread = upper - lower
        return self.text(lower, spread, -1), self.text(upper, spread, 1)

    def interval(self, lower: float | None, upper: float | None, joint: str = "–") -> Written:
        """`2.3–2.6`, rounded outwards; one text where both ends read the same; `2.3 or more`."""
        if lower is None and upper is None:
            return Written(MISSING, unit=self.counted_in)
        low, high = self.bounds(lower, upper)
        if upper is None:
            text = _("{low} or more", low=low)
        elif lower is None:
            text = _("{high} or less", high=high)
        else:
            text = between(low, high, joint)
        return Written(text, None, (lower, upper), self.counted_in)

    def with_interval(
        self, value: float | None, lower: float | None, upper: float | None
    ) -> Written:
        """`2.4 (2.3–2.6)`; the value alone where it is exact, else the interval."""
        # As in `text`: the two zeros are no key.
        kept = _with_interval.__wrapped__ if 0 in (value, lower, upper) else _with_interval
        return kept(self, value, lower, upper, spoken())

    def _with_interval(
        self, value: float | None, lower: float | None, upper: float | None
    ) -> Written:
        if (lower is None and upper is None) or (value is not None and lower == upper):
            return Written(self.text(value), value, (lower, upper), self.counted_in)
        if value is None:
            return self.interval(lower, upper)
        spread = 0.0 if lower is None or upper is None else upper - lower
        text = f"{self.text(value, spread)} ({self.interval(lower, upper)})"
        return Written(text, value, (lower, upper), self.counted_in)

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
        if width <= _FUZZ or math.isinf(width):
            return usual
        # One doubtful digit stays: it shows where in the interval the value lies.
        coarse = min(usual, 1 - math.floor(math.log10(width)))
        if magnitude <= _FUZZ:
            return coarse
        own = min(usual, -math.floor(math.log10(magnitude)))
        return own if own > coarse and _rounded(shown, own, towards) else coarse


def between(low: str, high: str, joint: str = "–") -> str:
    """Two bounds as one text: `2.3–2.6`, with a word where a sign would meet the dash.

    joint  a dash, or one of the words ` to ` and ` and `, said in the language spoken
    """
    if low == high:
        return low
    spaced = joint.strip() == "–" and (low.startswith((MINUS, "+")) or high.startswith(MINUS))
    words = _JOINTS.get(" to " if spaced else joint)
    return _(words, low=low, high=high) if words else f"{low}{joint}{high}"


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
    return Written(_grouped(value, decimals, towards), value)


def _grouped(value: float, decimals: int, towards: int) -> str:
    number = _rounded(value, decimals, towards)
    text = f"{abs(number):,.{max(0, decimals)}f}".replace(",", THIN).replace(".", decimal_mark())
    return f"{MINUS}{text}" if number < 0 else text


@lru_cache(20_000)
def _text(scale: Scale, value: float, spread: float, towards: int, mark: str) -> Written:
    return scale._text(value, spread, towards)


@lru_cache(20_000)
def _with_interval(
    scale: Scale, value: float | None, lower: float | None, upper: float | None, _language: str
) -> Written:
    return scale._with_interval(value, lower, upper)


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


def general(value: float) -> str:
    """A number in as many digits as it needs, at most six: `0.25`, with a real minus."""
    return Written(f"{value:g}".replace("-", MINUS).replace(".", decimal_mark()), value)


def per_cent(share: float) -> str:
    """A share in whole per cent, set as the language does: `95%`."""
    number = f"{100 * share:.0f}"
    return _("{number}%", number=number)


def share_estimated(share: float) -> str:
    """A share that is estimated, in per cent; empty where it rounds to nothing."""
    if not share:
        return _NONE_ESTIMATED
    text = _grouped(100 * share, 0, 0)
    return Written("" if text == "0" else f"{text}{THIN}%", share, unit="share")


_NONE_ESTIMATED = Written("", 0.0, unit="share")


def share_words(share: float) -> str:
    """A share above zero that is estimated, in per cent: `12 %`, `less than 1 %`."""
    return share_estimated(share) or _("less than 1\u202f%")


def spelled(count: int) -> str:
    """A count in words up to ten, in figures beyond."""
    if not 0 <= count < len(_NUMERALS):
        return grouped(count)
    return pgettext("numeral", _NUMERALS[count])


def joined(parts: Sequence[str]) -> str:
    """`a, b and c`; with semicolons where a part holds a comma of its own."""
    if len(parts) < 2:
        return "".join(parts)
    # A comma between digits may be the mark of decimals.
    comma = r",(?!\d)" if decimal_mark() == "," else ","
    if any(re.search(comma, part) for part in parts):
        return "; ".join(parts)
    return _("{several} and {last}", several=", ".join(parts[:-1]), last=parts[-1])


def enumerated(names: Iterable[object], most: int = 8) -> str:
    """`a, b, c and 4 more`: names in a sentence that says how many it leaves out."""
    every = [str(name) for name in names]
    first, rest = ", ".join(every[:most]), len(every) - most
    return _("{several} and {n} more", several=first, n=rest) if rest > 0 else first


def _half_away(value: float) -> float:
    # Statisticians round halves away from zero; Python's own rounding goes to the even digit.
    return math.copysign(math.floor(abs(value) + 0.5 + _FUZZ), value)
