"""What an address can be told about a method before anything of the study is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hansa.codes import geographies, geography_codes
from hansa.errors import HansaError, UsageError, listed
from hansa.study.config import Study, read_study
from hansa.web.session import study_under
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.study.run import StudyResult

_WORDS = ("all", "complete")


def refuse_early(folder: Path, method: State) -> None:
    """Raise UsageError for a method that the study in a folder cannot have."""
    refuse_reference(study_under(read_study(folder), method))


def refuse_period(result: StudyResult, study: Study) -> None:
    """Raise UsageError where the facts have no year of the period, with the years there are."""
    if study.period == result.study.period:
        return
    there = sorted({year for cube in result.cubes.values() for year in cube.years})
    first, last = study.period or (0, 9999)
    if not any(first <= year <= last for year in there):
        raise UsageError(
            "the facts have no year of this period",
            printed=f"{first}-{last}",
            admissible=listed(there, 40),
            fix="name two of these years in the address, or take the period out",
        )


def refuse_reference(study: Study) -> None:
    """Raise where no table of the study can hold the reference: its code lists do not know it.

    Tables whose codes were never declared may hold anything: then nothing is refused here.
    """
    wanted = study.reference
    if wanted in _WORDS or wanted in geographies() or wanted.endswith(".toml"):
        return
    for spec in study.facts.values():
        local = not spec.geography or spec.geography == "local"
        if local or spec.convert or wanted in (*spec.total, *spec.areas):
            return
        try:
            if geography_codes(spec.geography).spell(wanted) is not None:
                return
        except HansaError:
            return
    raise UsageError(
        f"unknown reference {wanted[:60]!r}",
        admissible="all, complete, a code of the table, or a named geography",
        fix="choose one on the page Method",
    )
