"""A number as people read it, which still knows what it is: `2.4 (2.3–2.6)` and 2.4137…"""

from __future__ import annotations

import math


class Written(str):
    """A text of a table that carries the exact number behind it; read and kept like any text.

    value        the number, unrounded; None where only bounds or nothing is known
    least, most  its exact bounds, lower and upper; None where there are none
    unit         of all three: `persons`, `share` (1 is all of it), `ratio`; empty: none is told
    meaning      what a text without a number stands for: why it is missing, a sign in words

    A text made of it (`f"{it}, tiny"`) is a plain one; `saying` keeps the number.
    """

    __slots__ = ("least", "meaning", "most", "unit", "value")

    value: float | None
    least: float | None
    most: float | None
    unit: str
    meaning: str

    def __new__(
        cls,
        text: str,
        value: float | None = None,
        bounds: tuple[float | None, float | None] = (None, None),
        unit: str = "",
        meaning: str = "",
    ) -> Written:
        """A text and the number it stands for; NaN and infinite ones count as not known."""
        made = super().__new__(cls, text)
        least, most = bounds
        made.value = value if value is None else _finite(value)
        made.least = least if least is None else _finite(least)
        made.most = most if most is None else _finite(most)
        made.unit, made.meaning = unit, meaning
        return made

    @property
    def known(self) -> bool:
        """Whether there is a value or a bound."""
        return not (self.value is None and self.least is None and self.most is None)

    def saying(self, text: str) -> Written:
        """Another text for the same number."""
        return Written(text, self.value, (self.least, self.most), self.unit, self.meaning)


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def because(text: str, meaning: str) -> str:
    """A text that stands for a missing number, with why it is missing; a number stays as it is."""
    if isinstance(text, Written) and text.known:
        return text
    return Written(text, meaning=meaning, unit=text.unit if isinstance(text, Written) else "")
