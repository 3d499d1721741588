"""What some regions share, and where they differ most, as plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hansa.language import _
from hansa.views.format import Scale, joined, spelled
from hansa.views.phrases import certainty
from hansa.views.reading import Cell, Reading, more, within

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
        return _("the {count} regions", count=spelled(len(sides)))
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
    if not every:
        return _in_none(sides)
    all_ = _all_of(sides).capitalize()
    names = _listed(sides, sure or every, count)
    if sure:
        return _("{all} are certainly above the reference in {names}.", all=all_, names=names)
    return _("{all} may be above the reference in {names}; none is certain.", all=all_, names=names)


def _all_of(sides: Sequence[Side]) -> str:
    return _("both") if len(sides) == 2 else _("all {count}", count=spelled(len(sides)))


def _in_none(sides: Sequence[Side]) -> str:
    """That all regions together are above the reference nowhere, or that it cannot be said."""
    reading, open_ones = sides[0].reading, _undecided(sides)
    said = {"all": _all_of(sides), "thing": reading.thing, "things": reading.what}
    if not open_ones:
        return _("In no {thing} are {all} above the reference.", **said)
    if not any(_relied_on(s, code) for s in sides for code in s.cells):
        if any(cell.absent for s in sides for cell in s.cells.values()):
            return _(
                "Whether {all} are above the reference in any {thing} cannot be said: every "
                "{thing} is below the smallest cell, or not known.",
                **said,
            )
        return _(
            "Whether {all} are above the reference in any {thing} cannot be said: every {thing} "
            "is below the smallest cell.",
            **said,
        )
    return _(
        "In no {thing} are {all} known to be above the reference; in {n} of {of} that cannot be "
        "said: cells are too small, bounded or not known.",
        n=len(open_ones),
        of=len(sides[0].cells),
        **said,
    )


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
        return _("{regions}: where they differ most cannot be said for certain.", regions=place)
    top, bottom, cell = found[1:]
    high, low = top.cells[cell.code], bottom.cells[cell.code]
    numbers = [cell_text(c, top.reading.scale) for c in (high, low)]
    return _(
        "{regions} differ most in {cluster}: {first} {high}, {second} {low}.",
        regions=place,
        cluster=within(cell.name),
        first=top.name,
        high=numbers[0],
        second=bottom.name,
        low=numbers[1],
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


def _relied_on(side: Side, code: str) -> bool:
    cell = side.cells.get(code)
    return cell is not None and not cell.absent and not cell.tiny


def _undecided(sides: Sequence[Side]) -> list[str]:
    """Clusters in which no region is certainly at 1 or below; a tiny cell decides nothing."""
    return [
        code
        for code in sides[0].cells
        if not any(_relied_on(side, code) and side.cells[code].high <= 1 for side in sides)
    ]


def _listed(sides: Sequence[Side], codes: list[str], count: int) -> str:
    names = [within(sides[0].cells[code].name) for code in codes[:count]]
    rest = len(codes) - len(names)
    return joined([*names, more(rest)] if rest else names)


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
