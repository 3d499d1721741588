"""A table cell by cell: all checks of one measure and of measures side by side, put into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hansa.cube import Cube
from hansa.errors import Finding, HansaError
from hansa.facts import check_law, check_ratios, check_sums
from hansa.facts.check_blocks import WRONG_UNITS, blocks
from hansa.facts.check_cells import Bools, Cells, Key, Spot, heaviest, laid_out
from hansa.facts.check_families import Sums
from hansa.facts.check_refused import above_totals, refused
from hansa.facts.check_rows import TWICE, Files, duplicates, rows_of
from hansa.facts.check_series import jumps
from hansa.facts.check_twice import counted_twice
from hansa.facts.check_words import together
from hansa.language import _
from hansa.sources.spec import FactsSpec

MOST = 20
"""Places shown of one kind of finding; the rest is counted."""

LARGEST = 40_000_000
"""Cells of years x activities x regions that are looked at one by one."""


@dataclass(frozen=True)
class Read:
    """What was read of a table: one cube a measure."""

    paths: tuple[Path, ...]
    spec: FactsSpec
    cubes: Mapping[str, Cube]


def deep_findings(read: Read, findings: list[Finding]) -> list[Finding]:
    """The findings so far, and those of every cell; keys that stand twice get their rows."""
    # Numbers near the end of what a float holds overflow on the way; they compare as infinite.
    with np.errstate(all="ignore"):
        return _deep(read, findings)


def _deep(read: Read, findings: list[Finding]) -> list[Finding]:
    found = [f for f in findings if f.rule != TWICE]
    laid: dict[str, Cells] = {}
    spots: dict[str, list[Spot]] = {}
    taken: dict[str, Bools] = {}
    for measure, cube in read.cubes.items():
        files = Files(read.paths, read.spec, measure)
        if len(cube.years) * len(cube.activity) * len(cube.geo) > LARGEST:
            found.append(_too_large(files))
            continue
        try:
            cells = laid_out(cube, measure)
        except HansaError:
            found += duplicates(files, cube, MOST)
            continue
        laid[measure] = cells
        spots[measure], taken[measure] = spots_of(cells)
    for measure, cells in laid.items():
        files = Files(read.paths, read.spec, measure)
        own_spots = refused(cells, check_ratios.together(measure, spots[measure], laid))
        found += _worded(files, cells, own_spots)
        found += [] if _says_why(own_spots) else _refused(files, cells)
    if "employment" in laid:
        files = Files(read.paths, read.spec, "employment")
        found += _worded(files, laid["employment"], check_ratios.pairs(laid, taken))
    return found


def spots_of(cells: Cells) -> tuple[list[Spot], Bools]:
    """Everything one measure says of itself, and the cells that are wrong as a block.

    What explains much comes first: cells of a region in other units are neither looked for in
    sums nor in series again.
    """
    sums = Sums(cells)
    found = list(counted_twice(cells, sums))
    of_blocks, taken = blocks(cells, sums)
    found += of_blocks
    sums.ignore(taken)
    found += check_law.of_single_cells(cells)
    of_sums = check_sums.contradictions(cells, sums)
    for key in (key for s in of_sums if s.rule in check_sums.NAMED for key in s.cells):
        taken[key] = True
    found += of_sums
    found += jumps(cells, sums, taken)
    found += check_ratios.peers(cells, taken)
    found += check_ratios.ends(cells, taken)
    return found, taken


def _says_why(spots: Iterable[Spot]) -> bool:
    """True where an error explains already why a computation is refused."""
    known = (*check_sums.RULES, *WRONG_UNITS)
    return any(s.severity == "error" and s.rule in known for s in spots)


def _refused(files: Files, cells: Cells) -> Iterator[Finding]:
    """Sums that a computation refuses although rounding explains them: it is not declared."""
    for time in cells.years:
        laid = cells.cube.laid_out(time, cells.cube.load(time))
        place = f"{files.name}, {cells.measure}"
        yield from above_totals(cells.cube, laid, place, time)


def _worded(files: Files, cells: Cells, spots: list[Spot]) -> Iterator[Finding]:
    """Spots as findings: the gravest of each rule with the rows of their cells, the rest counted.

    The first cell of a spot gives its place.
    """
    by_rule: dict[tuple[str, str], list[Spot]] = {}
    for s in heaviest(spots):
        by_rule.setdefault((s.rule, s.severity), []).append(s)
    shown = [s for own in by_rule.values() for s in own[:MOST]]
    rows = rows_of(files, cells.cube, dict.fromkeys(k for s in shown for k in s.cells))
    for own in by_rule.values():
        for s in own[:MOST]:
            place = _place(files, cells, s, rows)
            yield Finding(s.severity, place, _(s.rule), s.printed, s.admissible, s.fix)
        if len(own) > MOST:
            s, more = own[MOST], len(own) - MOST
            yield Finding(
                s.severity,
                # Whoever groups findings takes the number from these words; they are not shown.
                f"{files.name}, {cells.measure}, {more} more place{'s' * (more != 1)}",
                _(s.rule),
                _(
                    "{number} places in all; the gravest {most} are listed",
                    number=len(own),
                    most=MOST,
                ),
                "",
                _("correct these first, then check again"),
            )


def _place(files: Files, cells: Cells, s: Spot, rows: Mapping[Key, list[str]]) -> str:
    """File, row, measure, cell; of two cells, both."""
    if not s.cells:
        return f"{files.name}, {cells.measure}, {s.where}"
    # A pair is named as two cells, a sum by its whole, other findings by their one cell.
    keys = s.cells if s.rule == check_sums.SWAPPED else s.cells[:1]
    texts = [f"{cells.name(key)} ({', '.join(rows[key])})" for key in keys if rows[key]]
    if len(keys) > 1 and len(texts) == len(keys):
        return f"{files.name}, {cells.measure}, " + together(texts)
    own = rows[s.cells[-1] if s.where else s.cells[0]]
    head = own[0] if own else files.name
    return f"{head}, {cells.measure}, {s.where or cells.name(s.cells[0])}"


def _too_large(files: Files) -> Finding:
    return Finding(
        "note",
        f"{files.name}, {files.measure}",
        _("the table is too large to be looked at cell by cell"),
        "",
        _(
            "at most {number} cells of years x activities x regions",
            number=f"{LARGEST:,}".replace(",", " "),
        ),
        _("check it in parts: --where time=2020"),
    )
