"""A printed number as the interval of what it may stand for.

`63` printed as a rounded value is anything from 62.5 to 63.5; `approximately 4000` anything that
rounds to 4 thousand; `more than 350` anything above; `40-50` the range with its own rounding.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from hansa.language import _, decimal_mark

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_SPELLED = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
NUMBER_WORDS = {name: value for value, name in enumerate(_SPELLED, 1)}
_PLACES = {name: value for value, name in enumerate((*_ORDINALS, "tenth"), 1)}
ABOUT = ("about", "approximately", "approximate", "approx", "around", "circa", "ca", "roughly")
ABOVE = ("more than", "at least", "over", "above", "no less than", "not less than")
BELOW = ("less than", "fewer than", "at most", "under", "below", "up to", "no more than")
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "bn": 1e9, "mn": 1e6}

_DIGITS = r"\d+(?:[ \u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_NUMBER = rf"(?P<sign>[+\-−–]?)(?P<digits>{_DIGITS})"
_HEDGE = "|".join(sorted((*ABOUT, *ABOVE, *BELOW), key=len, reverse=True))
_WHOLE = re.compile(
    rf"(?:(?P<hedge>{_HEDGE}|[~≈<>≥≤])\.?\s*)?(?:=\s?)?{_NUMBER}"
    rf"(?:\s?(?:-|–|—|to)\s?(?P<upper>{_DIGITS}))?"
    r"(?:[.=](?=\s|$))?(?P<rest>(?:\s|%|‰|€|$|[a-z]).*|)$",
    re.IGNORECASE | re.DOTALL,
)
_DATE = re.compile(r"^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$")
NOTHING = frozenset(("", "-", "–", "—", ":", "..", "…", "n/a", "na", "nan", "null", "none", "n.a."))


@dataclass(frozen=True)
class Number:
    """What a printed number may stand for.

    value  as printed; of a range its middle
    half   half a unit of its last digit (0.5 for 63, 0.05 for 2.4)
    low, high  the closed interval of admissible true values; infinite for an open side
    unit   the words behind it (`percent`, `a year`), in small letters
    exact  printed as a plain number, without a word such as `about` or `more than`
    """

    value: float
    half: float
    low: float
    high: float
    unit: str = ""
    exact: bool = True

    def meets(self, low: float, high: float) -> bool:
        """Whether the interval has a point in common with another one."""
        slack = 1e-9 * max(1.0, abs(self.value))
        return self.low <= high + slack and low <= self.high + slack

    def about(self) -> Number:
        """The same number read as a rough one: half a unit of its last digit that is not zero."""
        if not self.exact or self.low < self.value - self.half - 1e-12:
            return self
        reach = max(_rough_half(self.value, self.half), 0.05 * abs(self.value))
        return replace(self, low=self.value - reach, high=self.value + reach, exact=False)


def number(text: str, comma_groups: bool | None = None) -> Number | None:
    """The number a cell states, or None for words, dates and empty cells.

    comma_groups  True where a comma parts thousands in this column, False where it is the
                  decimal sign; None: told by the cell itself
    """
    plain = text.strip()
    if plain.lower() in NOTHING or _DATE.match(plain):
        return None
    found = _WHOLE.match(_spelled(plain))
    if not found:
        return None
    read = _parsed(found["digits"], comma_groups)
    if read is None:
        return None
    value, half = read
    rest = found["rest"].strip().lower()
    scale, unit = _scaled(rest)
    if found["sign"] in ("-", "−", "–"):
        value = -value
    if found["upper"]:
        return _range(value, half, found["upper"], comma_groups, scale, unit)
    value, half = value * scale, half * scale
    return _hedged(Number(value, half, value - half, value + half, unit), found["hedge"] or "")


def _hedged(plain: Number, hedge: str) -> Number:
    hedge = hedge.lower()
    if not hedge:
        return plain
    if hedge in ("~", "≈") or hedge in ABOUT:
        return plain.about()
    if hedge in (">", "≥") or hedge in ABOVE:
        return replace(plain, low=plain.value, high=math.inf, exact=False)
    return replace(plain, low=-math.inf, high=plain.value, exact=False)


def _range(
    value: float, half: float, upper: str, comma_groups: bool | None, scale: float, unit: str
) -> Number | None:
    read = _parsed(upper, comma_groups)
    if read is None or read[0] < value:
        return None
    top, half = read[0] * scale, max(half, read[1]) * scale
    value *= scale
    return Number((value + top) / 2, half, value - half, top + half, unit, exact=False)


def _spelled(text: str) -> str:
    """A number word at the beginning as digits: `eleven countries` is `11 countries`."""
    first, _space, rest = text.partition(" ")
    value = NUMBER_WORDS.get(first.lower()) or _PLACES.get(first.lower())
    return f"{value} {rest}" if value is not None else text


def _scaled(rest: str) -> tuple[float, str]:
    first, _space, more = rest.partition(" ")
    if first in SCALES:
        return SCALES[first], more.strip()
    return 1.0, "percent" if first in ("%", "percent", "pct") or rest == "per cent" else rest


def _parsed(digits: str, comma_groups: bool | None) -> tuple[float, float] | None:
    """Value, and half a unit of the last digit; None where the signs contradict each other."""
    text = re.sub(r"[ \u00a0\u202f\u2009'’]", "", digits)
    for sign, other in ((",", "."), (".", ",")):
        if sign in text and other in text and text.rfind(sign) > text.rfind(other):
            text = text.replace(other, "")
    commas = text.count(",") > 1 or bool(re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text))
    if "," in text:
        groups = commas if comma_groups is None else comma_groups
        text = text.replace(",", "" if groups else ".")
    if text.count(".") > 1:
        text = text.replace(".", "")
    try:
        value = float(text)
    except ValueError:
        return None
    decimals = len(text.partition(".")[2])
    return value, 0.5 * 10.0**-decimals


def _rough_half(value: float, half: float) -> float:
    if value == 0 or half < 0.5 or value != round(value):
        return half
    unit = 1.0
    while value % (unit * 10) == 0:
        unit *= 10
    return unit / 2


def comma_parts_thousands(cells: list[str]) -> bool | None:
    """What the comma means in a column of numbers, where its cells agree on it."""
    with_comma = [c.strip() for c in cells if re.fullmatch(r"[+\-−]?\d+(,\d+)+", c.strip())]
    if not with_comma:
        return None
    return all(re.fullmatch(r"[+\-−]?[1-9]\d{0,2}(,\d{3})+", c) for c in with_comma)


def shown(value: float) -> str:
    """A number for a message: no more digits than it has."""
    if math.isinf(value):
        return _("any")
    return f"{value:.10g}".replace(".", decimal_mark())


def span(low: float, high: float) -> str:
    """An interval for a message."""
    if low == high:
        return shown(low)
    if math.isinf(high):
        return _("{low} or more", low=shown(low))
    if math.isinf(low):
        return _("{high} or less", high=shown(high))
    return _("{low} to {high}", low=shown(low), high=shown(high))
