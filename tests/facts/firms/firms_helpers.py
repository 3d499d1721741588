"""What tests of firms share: numbers before the gate, as dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hansa.facts.firms import Choices
from hansa.facts.firms.definitions import OF
from hansa.facts.firms.run import _counted, _engine
from hansa.facts.firms.tallies import Grid
from hansa.sources.spec import FactsSpec


def before_gate(
    files: Sequence[Path],
    folder: Path,
    choices: Choices | None = None,
    by: Sequence[str] = ("geo", "activity"),
    spec: FactsSpec | None = None,
    threads: int = 1,
) -> dict[tuple[str, int], dict[tuple[str, str], Any]]:
    """(measure, year) -> (geo, activity, totals included) -> number, None where unknown."""
    with _engine(folder, threads) as engine:
        _, histories, tallies = _counted(
            engine, files, by, None, spec or FactsSpec(), choices or Choices()
        )
    grid = Grid(histories.geos, histories.units)
    return {
        key: {
            (g, a): None if tally.missing[i, j] else int(tally.value[i, j])
            for i, g in enumerate(grid.rows)
            for j, a in enumerate(grid.columns)
        }
        for key, tally in tallies.items()
        if key[0] in OF
    }
