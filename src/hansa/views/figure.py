"""A figure as a value: its specification, its words, and the table behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hansa.language import decimal_mark
from hansa.views.format import THIN
from hansa.views.lettering import font_directory
from hansa.views.theme import FONT, NARROW, WIDE, Format

VEGALITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
MEASURED = "Liberation Sans"
"""The font the renderer measures texts with: the one inside it, on every machine the same.

Measuring is most of the time of a figure, and a font in a file costs three times as much. Its
letters are a little wider than ours; the measures only decide which labels of an axis have room.
"""


@dataclass(frozen=True)
class Figure:
    """One picture that stands alone, and the same picture for a telephone.

    title    the finding, in words
    spec     Vega-Lite specification 720 pixels wide, with title, notes and source inside
    narrow   the same for a width of 358 pixels
    alt      what the picture shows, for those who cannot see it
    columns  heads of the table behind the figure; `rows` are its cells as text
    """

    id: str
    title: str
    subtitle: str
    spec: dict[str, Any]
    narrow: dict[str, Any]
    alt: str
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    source: str = ""
    model_data: bool = field(default=False)

    def svg(self, *, narrow: bool = False) -> str:
        """The picture as SVG; the same bytes every time. Text stays text."""
        import vl_convert

        return finished(vl_convert.vegalite_to_svg(**self.request(narrow=narrow)))

    def request(self, *, narrow: bool = False) -> dict[str, Any]:
        """What the renderer is asked for, by name; its answer becomes a picture by `finished`."""
        asked: dict[str, Any] = {
            "vl_spec": _measurable(self.narrow if narrow else self.spec),
            "vl_version": VEGALITE,
            # No data from elsewhere may change a figure.
            "allowed_base_urls": [],
        }
        if (mark := decimal_mark()) != ".":
            # Numbers along axes, in the language spoken here.
            own = {"decimal": mark, "thousands": THIN, "grouping": [3], "currency": ["", ""]}
            asked["format_locale"] = own
        return asked

    def png(self, scale: float = 2, *, narrow: bool = False) -> bytes:
        """The picture as PNG; `scale` is pixels of the image per CSS pixel."""
        import vl_convert

        _register_font()
        return bytes(vl_convert.svg_to_png(self.svg(narrow=narrow), scale=scale))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """What a notebook shows: an SVG, and the text alternative."""
        return {"image/svg+xml": self.svg(), "text/plain": f"{self.title}\n{self.alt}"}


def both(build: Any) -> dict[str, Any]:
    """The two specifications of a figure, from a function of the format."""
    formats: tuple[Format, Format] = (WIDE, NARROW)
    return {"spec": build(formats[0]), "narrow": build(formats[1])}


def finished(svg: str) -> str:
    """The picture as the renderer gave it, in our font and with ids of its own."""
    return _stable_ids(svg.replace(f'font-family="{MEASURED}"', f'font-family="{FONT}"'))


def _measurable(part: Any) -> Any:
    """A part of a specification, its fonts (never its data) replaced for the renderer."""
    if isinstance(part, dict):
        return {k: own if k == "data" else _measurable(own) for k, own in part.items()}
    if isinstance(part, list):
        return [_measurable(own) for own in part]
    return MEASURED if part == FONT else part


def _stable_ids(svg: str) -> str:
    """Number the ids from 0: the renderer counts on from one figure to the next."""
    numbers: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"clip{len(numbers)}")

    return re.sub(r"\bclip\d+\b", renamed, svg)


@cache
def _register_font() -> None:
    import vl_convert

    vl_convert.register_font_directory(str(font_directory()))
