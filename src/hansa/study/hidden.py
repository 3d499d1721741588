"""Hidden cells of the facts, before anything is computed: left absent, bounded or filled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hansa.cube import Cube, Rows
from hansa.measures.wages import covered

WAYS: dict[str, dict[str, Any]] = {"bounds": {"prior": "", "exact": False}, "fill": {}}
"""What is done with hidden cells, by the name a study gives it; `absent` does nothing."""


def revealed(cube: Cube, how: str, jobs: Cube | None = None) -> Cube:
    """A column of the facts with its hidden cells bounded or filled.

    jobs  for wage bills: jobs without any bill were covered by one column and not by the other,
          so such a bill is hidden too, not nothing
    """
    if how not in WAYS:
        return cube
    # Half a second that most studies do not need.
    from hansa.facts.fill import Filler, FillOptions

    if jobs is not None and cube.header.measure == "payroll":
        cube = _covered(jobs, cube)
    return Filler(cube, FillOptions(**WAYS[how])).filled


def _covered(jobs: Cube, pay: Cube) -> Cube:
    from hansa.facts.fill import rows_of

    def load(time: int) -> Rows:
        cells = pay.laid_out(time, pay.load(time))
        return rows_of(covered(pay.on_these_axes(jobs, time), cells))

    return replace(pay, load=load)
