"""Widths of text in the bundled font, so that nothing is cut and nothing overlaps.

The two tables a width needs (`cmap`, `hmtx`) are read from the font file itself.
"""

from __future__ import annotations

import math
import struct
from functools import cache, lru_cache
from pathlib import Path

from hansa.views.theme import FONT_FILES


def font_directory() -> Path:
    """The folder that holds the bundled font files."""
    from importlib.util import find_spec

    spec = find_spec("font_source_sans_pro")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "files"


@lru_cache(32_768)
def width(text: str, size: float, weight: int = 400) -> float:
    """Width of one line in pixels at `size` pixels; kerning left out (it only narrows)."""
    # An exact sum: that of plain floats differs between versions of Python.
    return math.fsum(map(_advances(weight).__getitem__, text)) * size


def wrapped(text: str, size: float, room: float, weight: int = 400) -> list[str]:
    """`text` in lines no wider than `room` pixels; a longer word keeps a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size, weight) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fitted(text: str, size: float, room: float) -> str:
    """`text`, shortened with an ellipsis where it is wider than `room` pixels."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def has_glyph(character: str, weight: int = 400) -> bool:
    """True where the font draws the character itself."""
    return character in _advances(weight)


class _Advances(dict[str, float]):
    """Width of each character at size 1; a character without a glyph gets a usual width."""

    def __missing__(self, character: str) -> float:
        return 0.55


@cache
def _advances(weight: int) -> _Advances:
    data = (font_directory() / FONT_FILES[weight]).read_bytes()
    tables = _tables(data)
    em = struct.unpack_from(">H", data, tables["head"] + 18)[0]
    count = struct.unpack_from(">H", data, tables["hhea"] + 34)[0]
    metrics = struct.unpack_from(f">{2 * count}H", data, tables["hmtx"])[::2]
    glyphs = _glyphs(data, tables["cmap"])
    return _Advances((chr(c), metrics[min(g, count - 1)] / em) for c, g in glyphs.items() if g)


def _tables(data: bytes) -> dict[str, int]:
    count = struct.unpack_from(">H", data, 4)[0]
    records = (struct.unpack_from(">4sLLL", data, 12 + 16 * i) for i in range(count))
    return {tag.decode("ascii"): offset for tag, _, offset, _ in records}


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """Code point -> glyph, from the Unicode segment table (format 12)."""
    found: dict[int, int] = {}
    for i in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">HHL", data, cmap + 4 + 8 * i)[2]
        if struct.unpack_from(">H", data, start)[0] != 12:
            continue
        for group in range(struct.unpack_from(">L", data, start + 12)[0]):
            first, last, glyph = struct.unpack_from(">LLL", data, start + 16 + 12 * group)
            found.update((c, glyph + c - first) for c in range(first, last + 1))
        break
    return found
