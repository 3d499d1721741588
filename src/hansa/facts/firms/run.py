"""From files of firms to safe panels: the one way, with the gate always in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hansa.errors import HansaError, UsageError, listed
from hansa.facts.engine import start
from hansa.facts.firms.definitions import Choices
from hansa.facts.firms.histories import Histories, Questions, make_histories
from hansa.facts.firms.panels import Told, counts_of, lines_of, panels, unknown_shares
from hansa.facts.firms.rows import Opened, open_rows
from hansa.facts.firms.tallies import Grid, tally_all
from hansa.facts.firms.windows import protect
from hansa.panel import Header, Panel
from hansa.sources.spec import FactsSpec

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition

MEMORY = "1200MB"
"""Memory of the engine; what does not fit waits in a folder that goes away afterwards."""

OUTSIDE = "outside"
"""Activities that no cluster of a definition holds."""


@dataclass(frozen=True)
class Machine:
    """What the engine may use.

    scratch  folder in which it puts aside what does not fit into memory, until it is done
    threads  0: as many as there are cores
    """

    scratch: Path | None = None
    threads: int = 0


@dataclass(frozen=True)
class FirmPanels:
    """Panels by measure, safe to publish, and the account (counts only).

    panels   entry, entry_rate, …: dimensions geo, activity or cluster, time
    account  rows and firms read, cells published, hidden and unknown, rules
    lines    the account in a few lines
    """

    panels: Mapping[str, Panel]
    account: dict[str, Any]
    lines: tuple[str, ...]

    def __getitem__(self, name: str) -> Panel:
        if name not in self.panels:
            raise UsageError(
                f"there is no panel {name!r}", printed=name, admissible=listed(self.panels, 40)
            )
        return self.panels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.panels)


def firm_panels(
    files: Sequence[Path],
    by: Sequence[str] = ("geo", "activity"),
    definition: ClusterDefinition | None = None,
    spec: FactsSpec | None = None,
    choices: Choices | None = None,
    machine: Machine | None = None,
) -> FirmPanels:
    """Panels of firms by region and activity (or cluster) and year, through the gate.

    files       CSV or Parquet; a row a firm and year: id, geo, activity, time, employment, and
                where there are any turnover, payroll, birth, death
    by          geo, activity, or both
    definition  clusters in place of activities; a firm belongs to one of them or to none
    machine     where and with how many threads; the result does not depend on it

    Raises HansaError for rows that cannot be counted, and where the gate cannot make the result
    safe. No message and no result holds an id or a row.
    """
    choices, spec = choices or Choices(), spec or FactsSpec()
    by = _chosen(by, definition)
    machine = machine or Machine()
    with _engine(machine.scratch, machine.threads) as engine:
        rows, histories, tallies = _counted(engine, files, by, definition, spec, choices)
    grid = Grid(histories.geos, histories.units)
    safe = protect(tallies, grid, histories.years, choices, rows.scale["employment"])
    told = Told(grid, histories.years, tallies, safe, rows.scale)
    account = _account(histories, rows, told, choices)
    header = _header(rows, histories, definition, choices)
    made = {p.header.measure: p for p in panels(told, header, definition is not None)}
    return FirmPanels(made, account, tuple(lines_of(account, _SAID)))


_SAID = ("firms", "employment", "entry", "exit", "young", "high_growth")


def _counted(
    engine: Any,
    files: Sequence[Path],
    by: Sequence[str],
    definition: ClusterDefinition | None,
    spec: FactsSpec,
    choices: Choices,
) -> tuple[Opened, Histories, Any]:
    import duckdb

    # Faults of files and of memory; what else goes wrong is ours, and quotes no cell.
    faults = (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.OutOfRangeException,
    )
    try:
        rows = open_rows(engine, files, spec)
        units = None if definition is None else _clusters(engine, definition)
        histories = make_histories(engine, rows, by, units, choices)
        asked = Questions(histories, choices, rows.scale["employment"]).all()
        return rows, histories, tally_all(engine, rows, histories, asked)
    except faults as problem:
        # The engine quotes cells in its words: what it says stays here.
        kind = type(problem).__name__
        raise HansaError(
            "the files cannot be read as rows of firms",
            place=listed(files),
            printed=f"the engine stopped: {kind}; its message may hold cells and is not shown",
            admissible="CSV with a header row and the same number of cells in each row, or "
            "complete Parquet files",
            fix="check the file with its owner's tools; name --delimiter or --encoding",
        ) from None


def _chosen(by: Sequence[str], definition: ClusterDefinition | None) -> tuple[str, ...]:
    if not by or set(by) - {"geo", "activity"} or (definition and "activity" not in by):
        raise UsageError(
            "firms are counted by geo, activity or both",
            printed=listed(by) or "nothing",
            admissible="geo,activity; with a definition the activity is needed",
            fix="--by geo,activity",
        )
    return tuple(by)


def _clusters(engine: Any, definition: ClusterDefinition) -> dict[str, str]:
    """Activity -> its cluster. A firm cannot be split: partial and double membership is refused."""
    found: dict[str, str] = {}
    codes = definition.codelist
    held = [(m, codes.leaves(m.activity)) for m in definition.members if m.weight > 0]
    for (code,) in engine.con.execute(
        "SELECT DISTINCT activity FROM firm_rows ORDER BY 1"
    ).fetchall():
        spelt = codes.spell(code)
        if spelt is None:
            raise HansaError(
                f"a code is none of {codes.id}",
                place="column of activity",
                printed=code,
                admissible=f"a code of {codes.id}, on which {definition.id} is defined",
                fix="convert the codes first, or set such rows aside: --where activity!=CODE",
            )
        wanted = codes.leaves(spelt)
        mine = [(m.cluster, m.weight, wanted & own) for m, own in held if wanted & own]
        whole = {c for c, w, own in mine if w == 1 and own == wanted}
        inside: dict[str, set[str]] = {}
        for c, w, own in mine:
            if w == 1:
                inside.setdefault(c, set()).update(own)
        whole |= {c for c, own in inside.items() if own == wanted}
        if not mine:
            found[code] = OUTSIDE
        elif len(whole) == 1 and {c for c, *_ in mine} == whole:
            found[code] = next(iter(whole))
        else:
            raise HansaError(
                "a firm would belong to clusters in parts",
                place=f"definition {definition.id}",
                printed=f"activity {code}: {listed(sorted({c for c, *_ in mine}))}",
                admissible="activities that lie wholly in one cluster, or in none",
                fix="use finer activity codes, or a definition without shared activities",
            )
    return found


@contextmanager
def _engine(scratch: Path | None, threads: int) -> Iterator[Any]:
    """The engine with bounded memory; what it puts aside is gone afterwards."""
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".firms-", dir=scratch) as folder:
        engine = start()
        try:
            engine.con.execute(f"SET memory_limit = '{MEMORY}'")
            engine.con.execute(f"SET temp_directory = '{folder.replace(chr(39), chr(39) * 2)}'")
            engine.con.execute("SET preserve_insertion_order = false")
            if threads:
                engine.con.execute(f"SET threads = {int(threads)}")
            yield engine
        finally:
            engine.disconnect()


def _account(histories: Histories, rows: Opened, told: Told, choices: Choices) -> dict[str, Any]:
    return {
        # A handful of firms is not counted, here or anywhere.
        "rows": histories.rows if histories.firms >= choices.fewest else None,
        "firms": histories.firms if histories.firms >= choices.fewest else None,
        "files": len(rows.files),
        "years": list(histories.years),
        "regions": len(histories.geos),
        "activities": len(histories.units),
        "rules": {
            "fewest": choices.fewest,
            "share": choices.share,
            "dominance": choices.dominance,
            "p_percent": choices.p_percent,
            "reason": choices.reason,
        },
        "all_tables_together": _together(told),
        "growth": choices.growth,
        "start": choices.start,
        "gap": choices.gap,
        "births": "from the source" if histories.birth else "from the years",
        "deaths": "from the source" if histories.death else "from the years",
        "share_unknown": unknown_shares(told, choices),
        "cells": counts_of(told, choices),
    }


def _together(told: Told) -> dict[str, Any]:
    """What was proven, and what it left of survival."""
    did = told.safe.proofs
    names = sorted({name for name, _ in told.tallies if name.startswith("survivors")})
    shown = [s for n in names for t in told.years if (s := told.shown(n, t)) is not None]
    return {
        "method": "two tables in whole numbers that agree with everything published, "
        "for every confidential number and rest",
        "confidential": did.confidential,
        "proven_at_once": did.at_once,
        "proven_by_hiding_more": did.one_by_one,
        "known_anyway": did.known,
        "unproven": did.unproven,
        "hidden_for_it": did.cells,
        "withheld": [f"{group} {t}" for group, t in sorted(did.withheld)],
        "survival": {
            "published": sum(int((~np.isnan(s.value)).sum()) for s in shown),
            "hidden": sum(int(s.hidden.sum()) for s in shown),
        },
    }


def _header(
    rows: Opened, histories: Histories, definition: ClusterDefinition | None, choices: Choices
) -> Header:
    spec = rows.specs[0]
    notes = [n for n in (spec.note,) if n]
    notes.append("A firm is active in a year in which it has employment.")
    notes.append(
        "A firm stands where it is in the year; growth, survival, job flows: where it began."
    )
    if not (histories.birth and histories.death):
        what = " and ".join(
            w for w, told in (("births", histories.birth), ("deaths", histories.death)) if not told
        )
        notes.append(
            f"{what.capitalize()} are found from the years, with a gap of {choices.gap}: "
            "the years at the ends of the table cannot tell them."
        )
    steps = [
        *spec.steps,
        f"firms counted from rows; high growth: above {choices.growth} a year from "
        f"{choices.start} persons; gap {choices.gap}",
        f"cells hidden: fewer than {choices.fewest} firms, dominance, and others so that nothing "
        "reveals them",
    ]
    if choices.reason:
        steps.append(f"weaker rules of disclosure, because: {choices.reason}")
    return Header(
        "firms",
        classification=definition.codelist.id if definition else spec.classification or "local",
        geography=spec.geography or "local",
        definition=definition.id if definition else "",
        source=spec.source,
        licence=spec.licence,
        vintage=spec.vintage,
        absent_rows="unknown",
        model_data=spec.model_data,
        notes=tuple(notes),
        steps=tuple(steps),
    )
