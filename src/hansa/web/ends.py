"""The years a page shows of a study: what changes with each word is computed on no others."""

from __future__ import annotations

from dataclasses import replace

from hansa.study.choices import period_of
from hansa.study.run import StudyResult


def in_end_years(result: StudyResult) -> StudyResult:
    """The same facts, of the ends of the period, or of the last year where there is no period.

    Years in which a series breaks stay: growth from one end to the other has to know of them.
    """
    period = period_of(result.study, result.cube)
    years = period or result.cube.years[-1:]
    cubes = {
        name: replace(cube, years=tuple(t for t in cube.years if t in years or t in cube.breaks))
        for name, cube in result.cubes.items()
    }
    main = next(n for n, cube in result.cubes.items() if cube is result.cube)
    return replace(result, cubes=cubes, cube=cubes[main])
