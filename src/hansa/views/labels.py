"""Where names go beside marks: near them, never over one another, the same every time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hansa.views.lettering import width

GAP = 3.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; y grows downwards."""

    x: float
    y: float
    x2: float
    y2: float

    def meets(self, other: Box) -> bool:
        """True where both share more than an edge."""
        return self.x < other.x2 and other.x < self.x2 and self.y < other.y2 and other.y < self.y2

    def holds(self, other: Box) -> bool:
        """True where the other lies inside completely."""
        return (
            self.x <= other.x and other.x2 <= self.x2 and self.y <= other.y and other.y2 <= self.y2
        )

    def touches(self, mark: Mark) -> bool:
        """True where the circle around a mark reaches into the rectangle."""
        dx = mark.x - min(max(mark.x, self.x), self.x2)
        dy = mark.y - min(max(mark.y, self.y), self.y2)
        return math.hypot(dx, dy) < mark.radius


@dataclass(frozen=True)
class Mark:
    """A mark with a name: its centre and the radius of a circle around it, in pixels."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True)
class Label:
    """A placed name: `box` is its rectangle, `align` says which end of the text `x` is."""

    text: str
    x: float
    y: float
    align: str
    box: Box


def place(
    marks: Sequence[Mark],
    size: float,
    within: Box,
    taken: Iterable[Box] = (),
    obstacles: Iterable[Mark] = (),
) -> tuple[Label | None, ...]:
    """A place for the name of each mark, or None where there is no room.

    marks      the first one chooses first
    size       of the letters, in pixels
    within     no name leaves this rectangle
    taken      rectangles that stay free: names placed before
    obstacles  marks that no name may cover, beside its own (which it stands outside of)

    A name stands right, left, above, below or at a corner of its mark, in this order of
    preference. Greedy: no name moves again, so a name may miss a place that a cleverer search
    would find; none ever covers another.
    """
    used = list(taken)
    others = tuple(obstacles)
    placed: list[Label | None] = []
    for mark in marks:
        label = next(
            (
                option
                for option in _options(mark, size)
                if within.holds(option.box)
                and not any(option.box.meets(box) for box in used)
                and not any(option.box.touches(m) for m in others if m != mark)
            ),
            None,
        )
        placed.append(label)
        if label is not None:
            used.append(label.box)
    return tuple(placed)


def inside(mark: Mark, size: float) -> Label | None:
    """The name in the middle of its mark, where it fits there."""
    half = width(mark.text, size) / 2
    if math.hypot(half, 0.45 * size) > mark.radius:
        return None
    return _label(mark.text, mark.x, mark.y, "center", size)


def _options(mark: Mark, size: float) -> Iterable[Label]:
    away, slant = mark.radius + GAP, 0.72 * mark.radius + GAP
    rise = mark.radius + GAP + size / 2
    lift = 0.72 * mark.radius + size / 2
    places = (
        (away, 0.0, "left"),
        (-away, 0.0, "right"),
        (0.0, -rise, "center"),
        (0.0, rise, "center"),
        (slant, -lift, "left"),
        (slant, lift, "left"),
        (-slant, -lift, "right"),
        (-slant, lift, "right"),
    )
    for dx, dy, align in places:
        yield _label(mark.text, mark.x + dx, mark.y + dy, align, size)


def _label(text: str, x: float, y: float, align: str, size: float) -> Label:
    wide = width(text, size)
    start = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
    box = Box(start - 1, y - 0.58 * size, start + wide + 1, y + 0.58 * size)
    return Label(text, round(x, 2), round(y, 2), align, box)
