"""What some regions share, and where they differ most, as plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hansa.views.format import Scale, joined, spelled
from hansa.views.reading import Cell, Reading, within
from hansa.views.sentences import certainty

_NAMED = 4
_LEAST = 1 / 32
"""A quotient below this counts as this in a comparison: how small it is says little."""


@dataclass(frozen=True)
class Side:
    """One region with its cells by cluster."""

    code: str
    name: str
    reading: Reading

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """The cells by code of their cluster."""
        return {cell.code: cell for cell in self.reading.cells}


def places_named(sides: Sequence[Side]) -> str:
    """`Essex, Kent and Surrey`, or `the seven regions`."""
    if len(sides) > _NAMED:
        return f"the {spelled(len(sides))} regions"
    return joined([side.name for side in sides])


def cell_text(cell: Cell, scale: Scale) -> str:
    """The number of a known cell with its bounds; a plain `0` for none at all."""
    if cell.value == 0 and not cell.bounded:
        return "0"
    return scale.with_interval(cell.value, cell.lower, cell.upper)


def shared(sides: Sequence[Side], count: int = 3) -> str:
    """Which clusters all regions are specialised in, for certain or possibly."""
    every = _in_all(sides)
    sure = [c for c in every if all(certainty(s.cells[c], 1) == "certain" for s in sides)]
    all_ = "both" if len(sides) == 2 else f"all {spelled(len(sides))}"
    if sure:
        names = _listed(sides, sure, count)
        return f"{all_.capitalize()} are certainly above the reference in {names}."
    if every:
        names = _listed(sides, every, count)
        return f"{all_.capitalize()} may be above the reference in {names}; none is certain."
    return f"In no {sides[0].reading.thing} {all_} are above the reference."


def differences(sides: Sequence[Side]) -> str:
    """In which cluster the highest and the lowest region lie furthest apart, for certain."""
    found = max(
        (gap for code in sides[0].cells if (gap := _gap(sides, code)) is not None),
        key=lambda gap: gap[0],
        default=None,
    )
    place = places_named(sides)
    place = place[:1].upper() + place[1:]
    if found is None or found[0] <= 1:
        return f"{place}: where they differ most cannot be said for certain."
    _, top, bottom, cell = found
    high, low = top.cells[cell.code], bottom.cells[cell.code]
    numbers = [cell_text(c, top.reading.scale) for c in (high, low)]
    return (
        f"{place} differ most in {within(cell.name)}: {top.name} {numbers[0]}, "
        f"{bottom.name} {numbers[1]}."
    )


def alone(sides: Sequence[Side], count: int = 3) -> list[tuple[str, list[str]]]:
    """For each region the clusters in which it alone is certainly above the reference."""
    found = []
    for side in sides:
        own = [
            c
            for c in side.reading.known
            if not c.tiny
            and c.middle > 1
            and certainty(c, 1) == "certain"
            and all(_certainly_below(other, c.code) for other in sides if other is not side)
        ]
        found.append((side.name, [within(c.name) for c in own[:count]]))
    return found


def _certainly_below(side: Side, code: str) -> bool:
    cell = side.cells.get(code)
    return cell is not None and not cell.absent and cell.high <= 1


def _in_all(sides: Sequence[Side]) -> list[str]:
    """Clusters above 1 everywhere, the one whose lowest is highest first; tiny cells do not."""

    def lowest(code: str) -> float:
        cells = [side.cells.get(code) for side in sides]
        return min(0.0 if c is None or c.absent or c.tiny else c.middle for c in cells)

    return sorted((c for c in sides[0].cells if lowest(c) > 1), key=lowest, reverse=True)


def _listed(sides: Sequence[Side], codes: list[str], count: int) -> str:
    names = [within(sides[0].cells[code].name) for code in codes[:count]]
    more = len(codes) - len(names)
    return joined([*names, f"{more} more"] if more else names)


def _gap(sides: Sequence[Side], code: str) -> tuple[float, Side, Side, Cell] | None:
    """How many times the highest region lies above the lowest one at least, and which they are.

    None where all are small or little is known of them.
    """
    known = [
        side for side in sides if (cell := side.cells.get(code)) is not None and not cell.absent
    ]
    solid = [side for side in known if not side.cells[code].tiny]
    if len(known) < 2 or not solid:
        return None
    top = max(solid, key=lambda side: side.cells[code].low)
    if top.cells[code].low <= 1:
        return None
    bottom = min(known, key=lambda side: side.cells[code].high)
    times = top.cells[code].low / max(bottom.cells[code].high, _LEAST)
    return times, top, bottom, top.cells[code]
