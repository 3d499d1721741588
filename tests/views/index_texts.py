"""Where the texts of a figure lie, read from its specification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hansa.views.figure import Figure
from hansa.views.lettering import width


def layers(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def words_of(spec: dict[str, Any]) -> list[str]:
    return [v["text"] for layer in layers(spec, "text") for v in layer["data"]["values"]]


def placed(spec: dict[str, Any]) -> Iterator[tuple[str, float, float, float, float]]:
    """Every text with its left and right edge and its middle on the paper, and its size."""
    for layer in layers(spec, "text"):
        mark = layer["mark"]
        size = mark.get("fontSize", 12)
        for item in layer["data"]["values"]:
            wide = width(item["text"], size, mark.get("fontWeight", 400))
            x = item["x"] + spec["padding"]["left"]
            left = {"left": x, "right": x - wide, "center": x - wide / 2}[mark["align"]]
            yield item["text"], left, left + wide, item["y"] + spec["padding"]["top"], size


def overlaps(figure: Figure, narrow: bool) -> None:
    """Fail where a text leaves the paper or lies on another one."""
    spec = figure.narrow if narrow else figure.spec
    paper = 358 if narrow else 720
    assert spec["padding"]["left"] + spec["width"] + spec["padding"]["right"] == paper
    high = spec["padding"]["top"] + spec["height"] + spec["padding"]["bottom"]
    found = list(placed(spec))
    for text, left, right, middle, _ in found:
        assert left >= -0.5, text
        assert right <= paper + 0.5, text
        assert 0 <= middle <= high, text
    for i, (one, left, right, y, size) in enumerate(found):
        for other, left2, right2, y2, size2 in found[i + 1 :]:
            apart = right <= left2 + 0.5 or right2 <= left + 0.5
            assert apart or abs(y - y2) >= 0.38 * (size + size2), (one, other)
