"""Parts above their published total, as a computation refuses them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from hansa.cube import OVERLAP, Cube, parts_above_total
from hansa.errors import Finding
from hansa.facts.check_cells import Cells, Spot
from hansa.facts.check_sums import ABOVE
from hansa.facts.check_words import in_year, with_mark
from hansa.language import _
from hansa.law import Quantity

SHOWN = 3
"""Totals of one year that are shown where parts exceed them; the rest is counted."""


def refused(cells: Cells, spots: list[Spot]) -> list[Spot]:
    """Sums above their total that a computation refuses are errors, whatever their status says."""
    differs = {s.where for s in spots if s.rule == ABOVE and s.severity == "warning"}
    if not differs:
        return spots
    most = {}
    for time in cells.years:
        laid = cells.cube.laid_out(time, cells.cube.load(time))
        for above in parts_above_total(cells.cube, laid):
            most[in_year(above.place, time)] = above.parts - above.total
    return [
        replace(s, severity="error", fix=_declare(cells.measure, np.ceil(most[s.where])))
        if s.rule == ABOVE and s.where in differs & set(most)
        else s
        for s in spots
    ]


def _declare(measure: str, most: float) -> str:
    return _(
        "a computation refuses it: correct the total or its parts, or declare how far sums may "
        "miss: {line}",
        line=f"sums_within = {{ {measure} = {most:.0f} }}",
    )


def above_totals(cube: Cube, laid: Quantity, place: str, time: int) -> Iterable[Finding]:
    """Parts above their total, as a computation refuses them, the first of a year."""
    found = list(parts_above_total(cube, laid))
    more = ""
    if (further := len(found) - SHOWN) > 0:
        more = f" ({_('{number} more places in {time}', number=further, time=time)})"
    for above in found[:SHOWN]:
        yield Finding(
            "error",
            f"{place}, {in_year(above.place, time)}{more}",
            _(ABOVE),
            _(
                "parts {parts}, total {whole}",
                parts=_number(above.parts),
                whole=_number(above.total),
            ),
            _(
                "at most {number} (each number rounded)",
                number=_number(above.total + above.tolerance),
            ),
            _(OVERLAP),
        )


def _number(value: float) -> str:
    return with_mark(f"{value:g}")
