"""Colours of a map: from a value to a fill, symmetric around the value that means no difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hansa.language import _, pgettext
from hansa.views.format import THIN, Scale, general
from hansa.views.quotients import symmetric_reach, tick_text
from hansa.views.reading import Reading, Words, reference_name
from hansa.views.theme import ABOVE, BELOW, DEEP, MIDDLE, blend


@dataclass(frozen=True)
class Shades:
    """The colours of a map: how a value becomes a share of the way along a ramp.

    reach     the ramp ends here: m of 1/m to m for quotients, of -m to m for changes, 0 to m else
    ticks     values named in the legend; `words` are the names of the legend's ends
    short     a shorter name of the right end, for a legend with little room
    """

    scale: Scale
    reach: float
    ticks: tuple[float, ...]
    words: tuple[str, str]
    short: str = ""

    @property
    def diverging(self) -> bool:
        """True where the middle of the ramp means "no difference"."""
        return self.scale.style in ("quotient", "change") or self.scale.signed

    def share(self, value: float) -> float:
        """Place of a value on the ramp, 0 to 1; what lies beyond takes the colour of the end."""
        if self.scale.style == "quotient":
            if value <= 0:
                return 0.0
            share = 0.5 + 0.5 * math.log(value) / math.log(self.reach)
        elif self.diverging:
            share = 0.5 + 0.5 * value / self.reach
        else:
            share = value / self.reach
        return min(1.0, max(0.0, share))

    def colour(self, value: float) -> str:
        """The fill of a value."""
        share = self.share(value)
        if not self.diverging:
            return blend("#EAF1F6", DEEP, share)
        if share < 0.5:
            return blend(BELOW, MIDDLE, 2 * share)
        return blend(MIDDLE, ABOVE, 2 * share - 1)

    def ramp(self, share: float) -> str:
        """The colour at a place of the ramp, for the legend."""
        if self.scale.style == "quotient":
            return self.colour(self.reach ** (2 * share - 1))
        return self.colour(self.reach * (2 * share - 1 if self.diverging else share))

    def tick(self, value: float) -> str:
        """A value of the legend as text."""
        if self.scale.style == "quotient":
            return tick_text(value)
        if self.scale.style in ("share", "change"):
            sign = "+" if value > 0 and self.diverging else ""
            return f"{sign}{general(100 * value)}{THIN}%"
        return self.scale.text(value)


def shades_of(reading: Reading, words: Words) -> Shades:
    """The colours that fit the values read: tiny cells have no say in where the ramp ends."""
    scale = reading.scale
    values = [c.middle for c in reading.known if not c.tiny] or [1.0]
    if scale.style == "quotient":
        reach = symmetric_reach(sorted(values)[: max(1, math.ceil(0.98 * len(values)))])
        steps = round(math.log2(reach))
        ticks = tuple(2.0**k for k in range(-steps, steps + 1))
        reference = reference_name(reading.header, words)
        larger = _("larger share than in {reference}", reference=reference)
        return Shades(scale, reach, ticks, (_("smaller share"), larger), _("larger share"))
    reach = _round_up(max(abs(v) for v in values))
    if scale.style == "change" or scale.signed:
        return Shades(scale, reach, (-reach, 0.0, reach), (_("decline"), _("growth")))
    return Shades(
        scale,
        reach,
        (0.0, reach / 2, reach),
        (pgettext("legend", "low"), pgettext("legend", "high")),
    )


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        round(s * power, 12)
        for s in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
        if s * power >= value * (1 - 1e-9)
    )
