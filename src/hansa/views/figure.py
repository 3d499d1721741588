"""A figure as a value: its specification, its words, and the table behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hansa.views.lettering import font_directory
from hansa.views.theme import NARROW, WIDE, Format

VEGALITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


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
        return _svg(self.narrow if narrow else self.spec)

    def png(self, scale: float = 2, *, narrow: bool = False) -> bytes:
        """The picture as PNG; `scale` is pixels of the image per CSS pixel."""
        import vl_convert

        _register_font()
        return bytes(vl_convert.svg_to_png(self.svg(narrow=narrow), scale=scale))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """What a notebook shows: an SVG, and the text alternative."""
        return {"image/svg+xml": self.svg(), "text/plain": f"{self.title}\n{self.alt}"}


def both(build: Any) -> dict[str, dict[str, Any]]:
    """The two specifications of a figure, from a function of the format."""
    formats: tuple[Format, Format] = (WIDE, NARROW)
    return {"spec": build(formats[0]), "narrow": build(formats[1])}


def _svg(spec: dict[str, Any]) -> str:
    import vl_convert

    _register_font()
    # No data from elsewhere and no locale of the machine may change a figure.
    svg = str(vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE, allowed_base_urls=[]))
    return _stable_ids(svg)


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
