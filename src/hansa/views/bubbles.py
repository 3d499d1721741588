"""What stands where in the bubble chart: scales, true areas, and names without collisions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from hansa.language import N_, _
from hansa.views.canvas import Thing, inner_width
from hansa.views.labels import Box, Label, Mark, inside, place
from hansa.views.lettering import width
from hansa.views.rowplot import Column
from hansa.views.theme import CONTEXT, GROUND, INK, QUADRANTS, Format, blend, letters_on

GREY_SHAPE = "cross"
# Symbols of the renderer fill different parts of the square that their size names.
FILLED = {
    "circle": math.pi / 4,
    "square": 1.0,
    "diamond": 0.5,
    "triangle-up": math.sqrt(3) / 4,
    "cross": 0.64,
}
# Radius of a circle around a symbol of area 1, and of one in its middle that it holds.
_AROUND = {"circle": 0.57, "square": 0.68, "diamond": 0.7, "triangle-up": 0.8, "cross": 0.63}
_MIDDLE = {"circle": 0.55, "square": 0.5, "diamond": 0.48, "triangle-up": 0.33, "cross": 0.35}
BAND = 24  # kept free of marks above and below, for the names of the four fields
LEAST_AREA = 20.0
LEFT = 44
_BIGGEST = {"wide": 2100.0, "narrow": 800.0}
ARROW = 11  # room for a triangle beside a mark at the edge
_CORNERS = {
    "restructuring": (False, True),
    "growth": (True, True),
    "in transition": (False, False),
    "challenged or mature": (True, False),
}
_LINES = (N_("no change"), N_("same as the benchmark"))


@dataclass(frozen=True)
class Bubble:
    """One cluster: rates as shares, sizes at both ends, its class and how sure it is.

    kind    one of the four classes that have a colour, or empty
    label   the class in full (`mature`); why: the reason where there is no class
    thing   its code, and what is said of it
    """

    code: str
    name: str
    x: float
    y: float
    start: float | None
    end: float
    kind: str
    label: str
    stable: bool
    undecided: bool = False
    why: str = ""
    tiny: bool = False
    x_bounds: tuple[float, float] | None = None
    y_bounds: tuple[float, float] | None = None
    end_bounds: tuple[float, float] = (0.0, 0.0)
    thing: Thing = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """The symbol of the class."""
        return QUADRANTS[self.kind][1] if self.kind else GREY_SHAPE

    @property
    def fill(self) -> str:
        """The colour of the class, pale where it is not stable."""
        if not self.kind:
            return CONTEXT
        colour = QUADRANTS[self.kind][0]
        return colour if self.stable else blend(colour, GROUND, 0.55)


@dataclass(frozen=True)
class Scene:
    """The scales of one picture.

    x, y     columns from edge to edge of the plot (y upwards); `reach` holds the rates that are
             drawn where they are, those beyond stand at the edge
    most     the largest size; a mark of it has the area `biggest`, in square pixels
    """

    bubbles: tuple[Bubble, ...]
    x: Column
    y: Column
    reach: tuple[tuple[float, float], tuple[float, float]]
    across: int
    height: int
    most: float
    biggest: float
    form: Format

    def area(self, size: float) -> float:
        """Area in square pixels of a mark for an amount; the smallest are drawn larger."""
        return max(LEAST_AREA, self.biggest * size / self.most)

    def at(self, bubble: Bubble) -> tuple[float, float]:
        """The rates at which a mark is drawn."""
        (x0, x1), (y0, y1) = self.reach
        return min(max(bubble.x, x0), x1), min(max(bubble.y, y0), y1)

    @cached_property
    def marks(self) -> list[Mark]:
        """The mark of every bubble, in their order."""
        return [self.mark(b) for b in self.bubbles]

    def mark(self, bubble: Bubble) -> Mark:
        """The mark with the circle that holds both of its sizes."""
        size = max(bubble.end, bubble.start or 0.0)
        radius = _AROUND[bubble.shape] * math.sqrt(self.area(size))
        if self.at(bubble) != (bubble.x, bubble.y):
            radius += ARROW
        x, y = self.at(bubble)
        return Mark(self.x.pixel(x), self.y.pixel(y), radius, bubble.name)


@dataclass(frozen=True)
class Names:
    """Names and numbers that found a place, with their ink; and the marks without a name.

    owners  the mark of each label
    """

    labels: tuple[tuple[Label, str], ...]
    owners: tuple[Bubble, ...]
    numbered: tuple[Bubble, ...]
    silent: tuple[Bubble, ...]


def scene(bubbles: tuple[Bubble, ...], form: Format, model: bool) -> Scene:
    """The scales for these marks in one format."""
    across = inner_width(form, model) - LEFT
    height = 380 if form.narrow else 470
    pad = round(0.8 * math.sqrt(_BIGGEST[form.name])) + 3  # the largest mark stays inside
    reach = _limits(bubbles, "x"), _limits(bubbles, "y")
    return Scene(
        bubbles,
        _edge_to_edge(reach[0], (0, across), (pad, pad)),
        _edge_to_edge(reach[1], (height, 0), (BAND + pad - 8, BAND + pad - 8)),
        reach,
        across,
        height,
        _most(bubbles),
        _BIGGEST[form.name],
        form,
    )


def beyond(bubbles: Sequence[Bubble]) -> list[Bubble]:
    """The marks whose rates lie outside of the axes."""
    (x0, x1), (y0, y1) = _limits(bubbles, "x"), _limits(bubbles, "y")
    return [b for b in bubbles if not (x0 <= b.x <= x1 and y0 <= b.y <= y1)]


def raised(bubbles: Sequence[Bubble]) -> list[Bubble]:
    """The marks that would be too small to be seen in the wide picture."""
    unit = _BIGGEST["wide"] / _most(bubbles)
    return [b for b in bubbles if unit * b.end < LEAST_AREA]


def names(drawn: Scene) -> Names:
    """The name of every mark, or its number where the name has no room.

    Names keep off other names and off all marks, and where possible off all lines. A number may
    cover a mark where everything is full, never a name. Marks with a class choose first, large
    ones before small ones.
    """
    size = drawn.form.small
    marks = drawn.marks
    order = sorted(range(len(marks)), key=lambda i: not drawn.bubbles[i].kind)
    field = Box(0, 0, drawn.across, drawn.height)
    taken = occupied(drawn)
    soft = lines(drawn) + [Box(x, y - 2, x2, y2 + 2) for _, (x, y, x2, y2) in whiskers(drawn)]
    found: dict[int, Label] = {}
    for i in order:
        label = _beside(marks[i], size, field, (taken, soft, _without(marks, i)))
        if label is not None:
            found[i] = label
            taken.append(label.box)
    labels = [(label, INK) for label in found.values()]
    owners = [drawn.bubbles[i] for i in found]
    numbered: list[Bubble] = []
    silent: list[Bubble] = []
    for i in (i for i in range(len(marks)) if i not in found):
        bubble = drawn.bubbles[i]
        count = replace(marks[i], text=str(len(numbered) + 1))
        middle = _in_the_middle(drawn, bubble, count.text, (taken, _without(marks, i)))
        label = middle or _outside(count, size, field, (taken, _without(marks, i)))
        if label is None:
            silent.append(bubble)
            continue
        taken.append(label.box)
        numbered.append(bubble)
        owners.append(bubble)
        labels.append((label, letters_on(bubble.fill) if middle else INK))
    return Names(tuple(labels), tuple(owners), tuple(numbered), tuple(silent))


def lines(drawn: Scene) -> list[Box]:
    """The two lines at 0, as thin rectangles."""
    x, y = drawn.x.pixel(0), drawn.y.pixel(0)
    upright = Box(x - 1, BAND, x + 1, drawn.height - BAND)
    return [upright, Box(0, y - 1, drawn.across, y + 1)]


def whiskers(drawn: Scene) -> list[tuple[Bubble, tuple[float, float, float, float]]]:
    """Lines between the bounds of the rates: x, y, x2, y2 in pixels, x and y the smaller ends."""
    found = []
    for b in drawn.bubbles:
        x, y = (c.pixel(v) for c, v in zip((drawn.x, drawn.y), drawn.at(b), strict=True))
        if b.x_bounds:
            low, high = (drawn.x.pixel(v) for v in b.x_bounds)
            found.append((b, (low, y, high, y)))
        if b.y_bounds:
            low, high = (drawn.y.pixel(v) for v in b.y_bounds)
            found.append((b, (x, high, x, low)))
    return found


def line_names(drawn: Scene) -> list[tuple[Box, str]]:
    """The names of the two lines, at that end of the line that is least covered by marks."""
    words = tuple(map(_, _LINES))
    upright, level = (width(t, drawn.form.small) + 4 for t in words)
    x, y = drawn.x.pixel(0), drawn.y.pixel(0)
    ups = [
        Box(left, top, left + upright, top + 14)
        for top in (drawn.height - BAND - 16, BAND + 2)
        for left in (x + 3, x - 3 - upright)
    ]
    levels = [
        Box(left, top, left + level, top + 15)
        for left in (drawn.across - level, 0.0)
        for top in (y - 17, y + 2)
    ]
    marks = drawn.marks
    corners = [corner[0] for corner in corner_boxes(drawn)]
    field = Box(0, 0, drawn.across, drawn.height)

    def covered(box: Box) -> tuple[bool, bool, int]:
        hit = any(box.meets(other) for other in [*corners, *lines(drawn)])
        return not field.holds(box), hit, sum(box.touches(m) for m in marks)

    best = [min(boxes, key=covered) for boxes in (ups, levels)]
    return list(zip(best, words, strict=True))


def corner_boxes(drawn: Scene) -> list[tuple[Box, str, str]]:
    """The names of the four fields with the number of clusters in each: box, text, class."""
    boxes = []
    for name, (right, top) in _CORNERS.items():
        count = len([b for b in drawn.bubbles if b.kind == name])
        said = _(name)
        text = f"{said[:1].upper()}{said[1:]}: {count}"
        wide = width(text, drawn.form.small, 600) + 22
        x = drawn.across - wide if right else 0.0
        y = 1.0 if top else drawn.height - BAND + 3
        boxes.append((Box(x, y, x + wide, y + 20), text, name))
    return boxes


def occupied(drawn: Scene) -> list[Box]:
    """What is written before the names of the marks."""
    return [b for b, _, _ in corner_boxes(drawn)] + [b for b, _ in line_names(drawn)]


def _beside(
    mark: Mark, size: float, field: Box, around: tuple[list[Box], list[Box], list[Mark]]
) -> Label | None:
    """The whole name beside its mark, off the two lines where that is possible."""
    taken, upright_and_level, others = around
    if width(mark.text, size) > 0.4 * field.x2:
        return None
    (label,) = place([mark], size, field, taken + upright_and_level, others)
    return label or place([mark], size, field, taken, others)[0]


def _in_the_middle(
    drawn: Scene, bubble: Bubble, text: str, around: tuple[list[Box], list[Mark]]
) -> Label | None:
    taken, others = around
    whole = drawn.mark(bubble)
    radius = _MIDDLE[bubble.shape] * math.sqrt(drawn.area(bubble.end))
    label = inside(Mark(whole.x, whole.y, radius, text), drawn.form.small)
    if label is None or any(label.box.meets(box) for box in taken):
        return None
    return None if any(label.box.touches(m) for m in others) else label


def _outside(
    mark: Mark, size: float, field: Box, around: tuple[list[Box], list[Mark]]
) -> Label | None:
    taken, others = around
    (label,) = place([mark], size, field, taken, others)
    return label or place([mark], size, field, taken)[0]


def _without(marks: list[Mark], one: int) -> list[Mark]:
    return marks[:one] + marks[one + 1 :]


def _most(bubbles: Sequence[Bubble]) -> float:
    return max((max(b.end, b.start or 0.0) for b in bubbles), default=1.0) or 1.0


def _edge_to_edge(
    reach: tuple[float, float], pixels: tuple[float, float], pads: tuple[float, float]
) -> Column:
    """A scale over the whole plot that keeps the rates `reach` away from its edges."""
    (low, high), (start, end) = reach, pixels
    unit = (high - low) / (abs(end - start) - sum(pads))
    return Column(start, end, low - pads[0] * unit, high + pads[1] * unit)


def _limits(bubbles: Sequence[Bubble], axis: str) -> tuple[float, float]:
    """An axis that shows most marks well: tiny and extreme ones may lie beyond it."""
    solid = sorted(abs(getattr(b, axis)) for b in bubbles if not b.tiny) or [0.1]
    reach = max(3 * solid[int(0.8 * (len(solid) - 1))], 0.01)
    values = [getattr(b, axis) for b in bubbles if not b.tiny]
    values = [v for v in values if abs(v) <= reach]
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.2 * (high - low) or 0.01
    # Both sides of zero are seen, also where all marks lie on one.
    return min(low, -room), max(high, room)
