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
                if within.holds(option.box) and _free(option.box, mark, used, others)
            ),
            None,
        )
        placed.append(label)
        if label is not None:
            used.append(label.box)
    return tuple(placed)


def _free(box: Box, own: Mark, used: Sequence[Box], others: Sequence[Mark]) -> bool:
    """Whether a rectangle meets none of the others, and no mark but its own."""
    x, y, x2, y2 = box.x, box.y, box.x2, box.y2
    # `meets` and `touches` written out: a picture of many names asks a hundred thousand times.
    for b in used:
        if x < b.x2 and b.x < x2 and y < b.y2 and b.y < y2:
            return False
    for m in others:
        reach = m.radius
        if x - m.x >= reach or m.x - x2 >= reach or y - m.y >= reach or m.y - y2 >= reach:
            continue
        if m != own and box.touches(m):
            return False
    return True


def inside(mark: Mark, size: float) -> Label | None:
    """The name in the middle of its mark, where it fits there."""
    wide = width(mark.text, size)
    if math.hypot(wide / 2, 0.45 * size) > mark.radius:
        return None
    return _label(mark.text, mark.x, mark.y, "center", (wide, size))


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
    wide = width(mark.text, size)
    for dx, dy, align in places:
        yield _label(mark.text, mark.x + dx, mark.y + dy, align, (wide, size))


def _label(text: str, x: float, y: float, align: str, extent: tuple[float, float]) -> Label:
    wide, size = extent
    start = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
    box = Box(start - 1, y - 0.58 * size, start + wide + 1, y + 0.58 * size)
    return Label(text, round(x, 2), round(y, 2), align, box)
