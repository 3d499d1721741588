"""From files of firms to safe panels: the one way, with the gate always in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hansa.errors import UsageError, listed
from hansa.facts.engine import start
from hansa.facts.firms.definitions import Choices
from hansa.facts.firms.histories import Histories, Questions, make_histories
from hansa.facts.firms.keys import clusters_of, refuse_nested, spelt
from hansa.facts.firms.messages import stopped
from hansa.facts.firms.panels import (
    Told,
    counts_of,
    gaps_of,
    lines_of,
    out_of_sight,
    panels,
    unknown_shares,
)
from hansa.facts.firms.rows import Opened, open_rows
from hansa.facts.firms.tallies import Grid, tally_all
from hansa.facts.firms.windows import protect
from hansa.panel import Header, Panel
from hansa.sources.spec import FactsSpec

if TYPE_CHECKING:
    from hansa.clusters import ClusterDefinition

MEMORY = "1200MB"
"""Memory of the engine; what does not fit waits in a folder that goes away afterwards."""


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
    return FirmPanels(made, account, (*lines_of(account, _SAID), *gaps_of(account, told)))


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
        named = _named(engine, rows, by, definition)
        histories = make_histories(engine, rows, named, choices)
        asked = Questions(histories, choices, rows.scale["employment"]).all()
        return rows, histories, tally_all(engine, rows, histories, asked)
    except faults as problem:
        raise stopped(problem, files) from None


def _named(
    engine: Any, rows: Opened, by: Sequence[str], definition: ClusterDefinition | None
) -> dict[str, dict[str, str]]:
    """Each key of `by` -> each of its cells -> region, activity or cluster."""
    lists = dict(rows.lists)
    if definition is not None:
        declared, own = lists["activity"], definition.codelist
        if not (declared.is_local or own.is_local) and declared.id != own.id:
            raise UsageError(
                "the clusters are defined on other codes than the table has",
                place=f"definition {definition.id}",
                printed=f"{own.id}; the table is said to have {declared.id}",
                admissible=f"activities of {own.id}",
                fix=f"convert the table first (hansa convert), or --classification {own.id}",
            )
        lists["activity"] = own
    named = {name: spelt(engine.con, rows, name, lists[name]) for name in by}
    for name in by:
        if definition is None or name != "activity":
            refuse_nested(named[name].values(), name, lists[name], rows)
    if definition is not None:
        clusters = clusters_of(named["activity"].values(), definition)
        named["activity"] = {cell: clusters[code] for cell, code in named["activity"].items()}
    return named


def _chosen(by: Sequence[str], definition: ClusterDefinition | None) -> tuple[str, ...]:
    if not by or set(by) - {"geo", "activity"} or (definition and "activity" not in by):
        raise UsageError(
            "firms are counted by geo, activity or both",
            printed=listed(by) or "nothing",
            admissible="geo,activity; with a definition the activity is needed",
            fix="--by geo,activity",
        )
    return tuple(by)


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
        "growth": str(choices.growth),
        "start": choices.start,
        "gap": choices.gap,
        "births": "from the source" if histories.birth else "from the years",
        "deaths": "from the source" if histories.death else "from the years",
        "out_of_sight": out_of_sight(histories, choices),
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
        classification=definition.codelist.id if definition else rows.lists["activity"].id,
        geography=rows.lists["geo"].id,
        definition=definition.id if definition else "",
        source=spec.source,
        licence=spec.licence,
        vintage=spec.vintage,
        absent_rows="unknown",
        model_data=spec.model_data,
        notes=tuple(notes),
        steps=tuple(steps),
    )
