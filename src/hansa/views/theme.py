"""How every figure looks: colours, type, the grid, and the Vega-Lite configuration.

Values are those of the style guide; a test holds them to it. Sizes are CSS pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hansa.language import N_

FONT = "Source Sans Pro"
FONT_FILES = {400: "SourceSansPro-Regular.ttf", 600: "SourceSansPro-Semibold.ttf"}

INK = "#1B1F23"
LINE = "#8A8F98"
GROUND = "#FFFFFF"
HAIRLINE = "#E3E5E8"
QUIET = "#5A606A"
CONTEXT = "#BBBBBB"

# The sequential hue at full strength stands for every plain amount.
DEEP = "#0B3C5D"
PALE = "#C9D8E3"
BELOW, MIDDLE, ABOVE = "#B35806", "#F7F7F7", "#2166AC"
BELOW_PALE, ABOVE_PALE = "#F0D3B8", "#C6DAEC"

QUADRANTS = {
    N_("growth"): ("#228833", "triangle-up"),
    N_("challenged or mature"): ("#CCBB44", "square"),
    N_("restructuring"): ("#4477AA", "diamond"),
    N_("in transition"): ("#EE6677", "circle"),
}
FURTHER = ("#66CCEE", "#AA3377")

# On a tile the letters must not follow the page into dark mode: the tile does not.
ON_LIGHT, ON_DARK = "#111418", "#FEFEFE"


@dataclass(frozen=True)
class Format:
    """The two widths a figure is drawn for: a page or paper, and a telephone."""

    name: str
    width: int
    title: int
    body: int
    small: int
    margin: int

    @property
    def narrow(self) -> bool:
        """True for the telephone."""
        return self.name == "narrow"


WIDE = Format("wide", 720, 18, 13, 12, 14)
NARROW = Format("narrow", 358, 17, 13, 12, 10)


def config() -> dict[str, Any]:
    """The Vega-Lite configuration that all figures share."""
    label = {"font": FONT, "fontSize": 12}
    return {
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            "labelFont": FONT,
            "labelFontSize": 12,
            "labelColor": QUIET,
            "labelPadding": 4,
            "titleFont": FONT,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "titleColor": QUIET,
            "domain": False,
            "ticks": False,
            "gridColor": HAIRLINE,
        },
        "text": {**label, "color": INK},
    }


@lru_cache(maxsize=4096)
def blend(low: str, high: str, share: float) -> str:
    """The colour `share` (0 to 1) of the way from `low` to `high`, as #RRGGBB."""
    (r, g, b), (r2, g2, b2) = _channels(low), _channels(high)
    red, green, blue = r + (r2 - r) * share, g + (g2 - g) * share, b + (b2 - b) * share
    return f"#{round(red):02X}{round(green):02X}{round(blue):02X}"


def luminance(colour: str) -> float:
    """Relative luminance (0 to 1) as WCAG 2 defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=4096)
def letters_on(fill: str) -> str:
    """The ink that reads better on `fill`."""
    return max((ON_LIGHT, ON_DARK), key=lambda ink: contrast(ink, fill))


@lru_cache(maxsize=4096)
def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
