"""Published numbers as panels, rates from them, and the account of what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hansa.facts.firms.definitions import ADDITIVE, DERIVED, OF, Additive, Choices, Derived
from hansa.facts.firms.histories import Histories
from hansa.facts.firms.joint import group_of
from hansa.facts.firms.tallies import Grid, Tallies
from hansa.facts.firms.windows import Safe
from hansa.facts.hidden.system import Mask
from hansa.law import Floats
from hansa.panel import Header, Panel

LABELS = {
    "firms": "Active firms",
    "employment": "Employment of active firms",
    "turnover": "Turnover of active firms",
    "payroll": "Payroll of active firms",
    "entry": "Births of firms",
    "exit": "Deaths of firms",
    "jobs_entry": "Jobs created by births",
    "jobs_expansion": "Jobs created by growing firms",
    "jobs_contraction": "Jobs lost in shrinking firms",
    "jobs_exit": "Jobs lost by deaths",
    "young": "Firms of at most five years",
    "young_employment": "Employment of firms of at most five years",
    "growth_base": "Firms that could be of high growth",
    "high_growth": "Firms of high growth",
    "gazelles": "Firms of high growth of at most five years",
    "average_size": "Persons a firm",
    "entry_rate": "Births as a share of active firms",
    "exit_rate": "Deaths as a share of active firms",
    "young_share": "Share of firms of at most five years",
    "young_employment_share": "Share of employment in firms of at most five years",
    "high_growth_share": "Share of firms of high growth",
    "gazelle_share": "Share of gazelles",
    "job_creation": "Jobs created",
    "job_destruction": "Jobs lost",
    "job_creation_rate": "Jobs created as a share of employment",
    "job_destruction_rate": "Jobs lost as a share of employment",
}


@dataclass(frozen=True)
class Shown:
    """One measure of one year as published: NaN where absent, and why."""

    value: Floats
    hidden: Mask
    unknown: Mask
    nothing: Mask


@dataclass(frozen=True)
class Told:
    """What is published, by measure and year; a year that cannot be told is not in it."""

    grid: Grid
    years: tuple[int, ...]
    tallies: Tallies
    safe: Safe
    scale: Mapping[str, int]

    def shown(self, name: str, time: int) -> Shown | None:
        """An additive measure of a year."""
        tally = self.tallies.get((name, time))
        if tally is None:
            return None
        hidden = self.safe.of(name, time) & ~tally.missing
        money = name if name in ("turnover", "payroll") else "employment"
        unit = 10 ** self.scale.get(money, 0) if OF[name].magnitude else 1
        value = np.where(hidden | tally.missing, np.nan, tally.value / unit)
        return Shown(value, hidden, tally.missing, np.zeros(hidden.shape, bool))

    def derived(self, one: Derived, time: int) -> Shown | None:
        """A measure made of published ones; absent where one of them is, or without a base."""
        tops = [self.shown(name, time) for name, _ in one.top]
        if any(t is None for t in tops):
            return None
        parts = [t for t in tops if t is not None]
        value = np.sum([w * p.value for p, (_, w) in zip(parts, one.top, strict=True)], axis=0)
        nothing = np.zeros(value.shape, bool)
        if one.bottom:
            back = [time, time - 1] if one.average else [time - one.years_ago]
            below = [self.shown(one.bottom, t) for t in back]
            if any(b is None for b in below):
                return None
            parts += [b for b in below if b is not None]
            base = np.mean([b.value for b in below if b is not None], axis=0)
            nothing = base == 0
            value = np.divide(value, base, out=np.full(value.shape, np.nan), where=base > 0)
        unknown = np.any([p.unknown for p in parts], axis=0)
        hidden = np.any([p.hidden for p in parts], axis=0) & ~unknown
        return Shown(value, hidden, unknown, nothing & ~unknown & ~hidden)


def measures_of(told: Told) -> list[Additive | Derived]:
    """The measures of which at least one year can be told."""
    names = {name for name, _ in told.tallies}
    own: list[Additive | Derived] = [a for a in ADDITIVE if a.name in names]
    for one in DERIVED:
        if any(told.derived(one, t) is not None for t in told.years):
            own.append(one)
    return own


def panels(told: Told, header: Header, cluster: bool) -> Iterator[Panel]:
    """One panel a measure, over every cell and year of the table.

    Status `c`: hidden; `m`: something in it is unknown, or the years do not tell; `z`: the base
    of a rate is none.
    """
    for one in measures_of(told):
        rows: list[pa.Table] = []
        for t in told.years:
            shown = told.shown(one.name, t) if isinstance(one, Additive) else told.derived(one, t)
            rows.append(_rows(told.grid, t, shown, "cluster" if cluster else "activity"))
        table = pa.concat_tables(rows)
        kind = "intensive" if isinstance(one, Derived) and one.bottom else "extensive"
        label = LABELS.get(one.name) or _label(one.name)
        own = header.as_dict() | {
            "measure": one.name, "unit": one.unit, "kind": kind, "label": label,
        }  # fmt: skip
        dims = ("geo", "cluster" if cluster else "activity", "time")
        yield Panel(dims, table, Header.from_dict(own))


def _label(name: str) -> str:
    kind, _, years = name.rpartition("_")
    text = "Share of births" if kind == "survival" else "Births"
    return f"{text} still active after {years} year{'s' * (years != '1')}"


def _rows(grid: Grid, time: int, shown: Shown | None, unit: str) -> pa.Table:
    rows, columns = grid.shape
    size = rows * columns
    geo = pa.array(np.repeat(np.arange(rows), columns).astype(np.int32))
    what = pa.array(np.tile(np.arange(columns), rows).astype(np.int32))
    if shown is None:
        value = pa.nulls(size, pa.float64())
        status = pa.array(["m"] * size, pa.string())
    else:
        flat = shown.value.ravel()
        value = pa.array(flat, pa.float64(), mask=np.isnan(flat))
        which = np.select(
            [shown.unknown.ravel(), shown.hidden.ravel(), shown.nothing.ravel()], [1, 2, 3], 0
        )
        status = pa.array(["", "m", "c", "z"]).take(pa.array(which))
    return pa.table(
        {
            "geo": pa.array(grid.rows, pa.string()).take(geo),
            unit: pa.array(grid.columns, pa.string()).take(what),
            "time": pa.array(np.full(size, time, np.int32)),
            "value": value,
            "status": status,
        }
    )


def counts_of(told: Told, choices: Choices) -> dict[str, Any]:
    """Cells published, hidden and unknown of each measure, counted; no cell is named."""
    found: dict[str, Any] = {}
    for one in measures_of(told):
        shown = [
            told.shown(one.name, t) if isinstance(one, Additive) else told.derived(one, t)
            for t in told.years
        ]
        there = [s for s in shown if s is not None]
        years = [t for t, s in zip(told.years, shown, strict=True) if s is not None]
        found[one.name] = {
            "years": [years[0], years[-1]],
            "published": sum(int((~np.isnan(s.value)).sum()) for s in there),
            "hidden": sum(int(s.hidden.sum()) for s in there),
            "unknown": sum(int(s.unknown.sum()) for s in there),
            "without_a_base": sum(int(s.nothing.sum()) for s in there),
        }
        if isinstance(one, Additive):
            found[one.name]["withheld_years"] = [
                t for t in years if group_of(one.name, t) in told.safe.withheld
            ]
            found[one.name]["confidential_by_rule"] = dict(told.safe.primary.get(one.name, {}))
    return found


def unknown_shares(told: Told, choices: Choices) -> dict[str, float | None]:
    """Share of firm-years of which it is not known whether the firm was active, by year.

    None where so few are unknown that the share would count single firms.
    """
    found: dict[str, float | None] = {}
    for t in told.years:
        tally = told.tallies["firms", t]
        unknown, known = int(tally.unknown[-1, -1]), int(tally.value[-1, -1])
        few = 0 < unknown < choices.fewest
        found[str(t)] = None if few else round(unknown / max(1, unknown + known), 6)
    return found


def out_of_sight(histories: Histories, choices: Choices) -> dict[str, int | None]:
    """Firms that have rows before and after a year and none in it, by year; few are not counted."""
    return {
        str(t): None if 0 < count < choices.fewest else count
        for t, count in zip(histories.years, histories.unseen, strict=True)
    }


def gaps_of(account: Mapping[str, Any], told: Told) -> list[str]:
    """Years in which so many firms are out of sight that rows may be missing."""
    found = []
    for year, count in account["out_of_sight"].items():
        if count and count > int(told.tallies["firms", int(year)].value[-1, -1]) / 10:
            found.append(
                f"{year}: {count:,} firms have rows before and after, and none in this year, more "
                "than a tenth of its firms; are rows missing?"
            )
    return found


def lines_of(account: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The account in a few lines."""
    cells = account["cells"]
    size = "rows of fewer firms than may be counted"
    if account["firms"] is not None:
        size = f"{account['rows']:,} rows of {account['firms']:,} firms"
    lines = [f"{size}, {account['years'][0]} to {account['years'][-1]}"]
    for name in names:
        if name not in cells:
            continue
        own = cells[name]
        text = f"{name}: {own['published']:,} cells published, {own['hidden']:,} hidden"
        if own["unknown"]:
            text += f", {own['unknown']:,} unknown"
        lines.append(text)
    lines += _proofs(account["all_tables_together"])
    lost = [t for t, share in account["share_unknown"].items() if share != 0]
    if lost:
        lines.append(
            f"employment is missing in rows of {', '.join(lost)}: cells with such a firm are absent"
        )
    return lines


def _proofs(did: Mapping[str, Any]) -> list[str]:
    """Survival, and how everything confidential was proven safe."""
    own, lines = did["survival"], []
    if own["published"] or own["hidden"]:
        lines.append(
            f"survivors: {own['published']:,} cells published, {own['hidden']:,} hidden, all years"
        )
    if not did["confidential"]:
        return lines
    text = f"{did['confidential']:,} confidential numbers and rests"
    if did["unproven"]:
        text += f"; no proof for {did['unproven']:,} of them: everything is withheld"
    else:
        text += ", each proven safe"
    if did["hidden_for_it"]:
        text += f", {did['proven_by_hiding_more']:,} by hiding {did['hidden_for_it']:,} more cells"
    if did["known_anyway"]:
        text += f"; {did['known_anyway']:,} follow in part or whole from what moved or came back"
    return [*lines, text]
