"""Valid regional tables of many shapes, made from a seed, for the rates of `hansa check`.

A table is what an office could publish: skewed sizes, growth, shocks, plants that open and close,
small cells, true zeros, jobs in no region, activities without rows, hidden cells with and without
a flag, rounding of every number by itself, totals of the unrounded numbers, payroll and
establishments beside the jobs. What it declares is what a user would have to declare. Nothing here
knows how a check works.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv

from hansa.codes.codelist import classification, geography_codes

MOST_JUMP = 6.0
"""A plant that opens or closes changes a cell of ten units or more by at most this factor."""

WAGE_RANGE = 4.0
"""No wage is further than this factor from what its activity and region pay."""

COUNTRIES = ("AT", "BE", "CZ", "EL", "FI", "HU", "NL", "PT", "SE", "DK", "SK", "BG", "RO", "IT")
SECTIONS = ("A", "B", "C", "E", "F", "G", "H", "I", "J", "K", "M", "N", "Q", "R", "S")


@dataclass(frozen=True)
class Axis:
    """Codes of one dimension; `families` holds (whole, parts) by position."""

    codes: tuple[str, ...]
    leaves: tuple[int, ...]
    families: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass
class Table:
    """A table in memory: arrays of years x activities x regions, NaN where nothing is printed.

    listed   True where there is a row; a row without a value is a hidden cell
    status   text of the status column, "" for none
    whole    False where absent rows hide numbers, so that parts may stay below their total
    """

    years: tuple[int, ...]
    activity: Axis
    geo: Axis
    columns: dict[str, np.ndarray]
    listed: np.ndarray
    status: np.ndarray
    unit: dict[str, float]
    describe: dict[str, object]
    extra: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    spelled: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    texts: dict[tuple[str, tuple[int, int, int]], str] = field(default_factory=dict)

    def keys(self) -> np.ndarray:
        """Positions of the rows, in the order in which they stand in the file."""
        return np.argwhere(self.listed)

    def row(self, key: tuple[int, int, int]) -> int:
        """Number of the row in the file."""
        before = np.ravel_multi_index(key, self.listed.shape)
        return int(self.listed.ravel()[:before].sum()) + 2

    def write(self, path: Path) -> None:
        """The table as a CSV with its rows by year, activity, region."""
        t, a, g = np.nonzero(self.listed)
        out: dict[str, list[str]] = {
            "geo": [self.geo.codes[i] for i in g],
            "activity": [self.activity.codes[i] for i in a],
            "time": [str(self.years[i]) for i in t],
        }
        for name, values in self.columns.items():
            out[name] = [_printed(v) for v in values[self.listed]]
            for (column, key), text in self.texts.items():
                if column == name:
                    out[name][self.row(key) - 2] = text
        if (self.status != "").any():
            out["employment_status"] = list(self.status[self.listed])
        for i, keys in self.spelled.items():
            for name, text in zip(("geo", "activity", "time"), keys, strict=True):
                out[name][i] = text
        for geo, activity, time, values in self.extra:
            for name in out:
                given = {"geo": geo, "activity": activity, "time": time, **values}
                out[name].append(given.get(name, ""))
        options = csv.WriteOptions(quoting_style="none", quoting_header="none")
        csv.write_csv(pa.table(out), path, options)


def _printed(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.0f}" if value == round(value) else f"{value:.6g}"


def valid_table(rng: np.random.Generator) -> Table:
    """One valid table."""
    nested = rng.random() < 0.5
    activity = _nace(rng) if nested else _local(rng, "i", int(rng.integers(4, 36)))
    geo = _nuts(rng) if nested else _local(rng, "r", int(rng.integers(3, 31)))
    years = tuple(range(int(rng.integers(2000, 2016)), 9999))[: int(rng.integers(1, 7))]
    shape = (len(years), len(activity.leaves), len(geo.leaves))
    jobs = _jobs(rng, shape)
    unit = float(rng.choice([1, 1, 1, 1, 5, 10, 100, 0.1]))
    thousand = unit == 0.1
    loose = bool(geo.families) and rng.random() < 0.15
    share = rng.uniform(0.002, 0.05, shape[1]) if loose else None
    columns = {"employment": _full(jobs / (1000 if thousand else 1), activity, geo, share)}
    if thousand:
        columns["employment"] *= max(1.0, 5 / max(float(np.median(columns["employment"])), 1e-9))
    units = {"employment": unit}
    if unit == 1 and rng.random() < 0.35:
        columns["payroll"] = _full(_payroll(rng, jobs), activity, geo, share)
        units["payroll"] = 1.0
        if rng.random() < 0.5:
            columns["payroll"] /= 1000
    if unit == 1 and rng.random() < 0.3:
        columns["establishments"] = _full(_units(rng, jobs), activity, geo, share)
        units["establishments"] = 1.0
    columns = {k: np.round(v / units[k]) * units[k] for k, v in columns.items()}
    if "payroll" in columns:
        columns["payroll"] = np.where(columns["employment"] == 0, 0, columns["payroll"])
    describe: dict[str, object] = {"absent_rows": "unknown"}
    if nested:
        describe |= {"classification": "nace:2", "geography": "nuts:2013"}
    if unit > 1:
        describe["rounding"] = [[0, unit]]
    listed = np.ones(columns["employment"].shape, bool)
    table = Table(
        years, activity, geo, columns, listed, np.full(listed.shape, "", object), units, describe
    )
    _hide(rng, table)
    _flags(rng, table)
    if loose:
        table.geo = replace(geo, families=geo.families[1:])
    if rng.random() < 0.12:
        _leave_out(rng, table)
    return table


def _nace(rng: np.random.Generator) -> Axis:
    """Sections with all their divisions, sometimes a total of the table as well."""
    codes = classification("nace:2")
    own = sorted(rng.choice(SECTIONS, int(rng.integers(2, 7)), replace=False))
    names: list[str] = list(own)
    families = []
    for i, section in enumerate(own):
        parts = codes.children(section)
        families.append((i, tuple(range(len(names), len(names) + len(parts)))))
        names += parts
    leaves = tuple(i for _, parts in families for i in parts)
    if rng.random() < 0.75:
        names.append("TOTAL")
        families.append((len(names) - 1, tuple(range(len(own)))))
    if rng.random() < 0.2:
        return Axis(tuple(names[i] for i in leaves), tuple(range(len(leaves))), ())
    return Axis(tuple(names), leaves, tuple(families))


def _nuts(rng: np.random.Generator) -> Axis:
    """A country down to its regions of level 2, or these regions alone."""
    codes = geography_codes("nuts:2013")
    country = str(rng.choice(COUNTRIES))
    names, families = [country], []
    ones = [c for c in codes.children(country) if not c.endswith("Z")]
    names += ones
    families.append((0, tuple(range(1, len(names)))))
    leaves: list[int] = []
    for i, one in enumerate(ones, start=1):
        twos = [c for c in codes.children(one) if not c.endswith("Z")]
        at = tuple(range(len(names), len(names) + len(twos)))
        families.append((i, at))
        names += twos
        leaves += at
    if rng.random() < 0.25:
        return Axis(tuple(names[i] for i in leaves), tuple(range(len(leaves))), ())
    return Axis(tuple(names), tuple(leaves), tuple(families))


def _local(rng: np.random.Generator, letter: str, count: int) -> Axis:
    """Codes of the table itself, with or without a total."""
    names = [f"{letter}{i:02d}" for i in range(1, count + 1)]
    leaves = tuple(range(count))
    if rng.random() < 0.75:
        return Axis((*names, "TOTAL"), leaves, ((count, leaves),))
    return Axis(tuple(names), leaves, ())


def _jobs(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Whole jobs: sizes of activities and regions, specialisation, growth, shocks, plants."""
    years, activities, regions = shape
    size = rng.lognormal(0, rng.uniform(0.4, 1.5), (activities, 1))
    size = size * rng.lognormal(0, rng.uniform(0.3, 1.2), (1, regions))
    size = size * rng.lognormal(0, rng.uniform(0.3, 1.2), (activities, regions))
    mean = np.exp(rng.uniform(np.log(30), np.log(4000)))
    size = size / size.mean() * mean
    size[rng.random(size.shape) < rng.uniform(0, 0.2)] = 0
    cell = rng.uniform(0.01, 0.12)
    level, found = size, []
    for t in range(years):
        if t:
            change = rng.normal(rng.normal(0.01, 0.03), cell, size.shape)
            change += rng.normal(0, 0.04, (activities, 1)) + rng.normal(0, 0.02, (1, regions))
            if rng.random() < 0.2:
                change += np.minimum(rng.normal(-0.08, 0.12, (activities, 1)), 0.1)
            level = level * np.exp(change)
            level = _plants(rng, level)
        found.append(rng.poisson(level).astype(float))
    return np.stack(found)


def _plants(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    """Some cells change for good: a plant opens, closes, or comes where there was nothing."""
    some = rng.random(level.shape) < 0.006
    factor = np.exp(rng.uniform(-np.log(MOST_JUMP / 1.5), np.log(MOST_JUMP / 1.5), level.shape))
    level = np.where(some, level * factor, level)
    new = (level < 3) & (rng.random(level.shape) < 0.01)
    gone = (level < 40) & (rng.random(level.shape) < 0.004)
    return np.where(new, rng.uniform(5, 400, level.shape), np.where(gone, 0, level))


def _payroll(rng: np.random.Generator, jobs: np.ndarray) -> np.ndarray:
    """Wages: by activity, region, year, and within WAGE_RANGE of these by cell."""
    years, activities, regions = jobs.shape
    wage = rng.uniform(15_000, 60_000) * rng.lognormal(0, 0.35, (1, activities, 1))
    wage = wage * rng.lognormal(0, 0.12, (1, 1, regions))
    wage = wage * np.exp(np.cumsum(rng.normal(0.025, 0.01, (years, 1, 1)), axis=0))
    own = rng.standard_t(4, (1, activities, regions)) * rng.uniform(0.05, 0.2)
    own = own + rng.normal(0, 0.03, jobs.shape)
    return jobs * wage * np.exp(np.clip(own, -np.log(WAGE_RANGE), np.log(WAGE_RANGE)))


def _units(rng: np.random.Generator, jobs: np.ndarray) -> np.ndarray:
    size = rng.lognormal(2.3, 0.8, (1, jobs.shape[1], 1))
    return np.where(jobs > 0, 1 + rng.poisson(jobs / size), 0).astype(float)


def _full(
    leaves: np.ndarray, activity: Axis, geo: Axis, share: np.ndarray | None = None
) -> np.ndarray:
    """The leaves and every total above them; `share` of the whole lies in no region."""
    full = np.zeros((len(leaves), len(activity.codes), len(geo.codes)))
    full[np.ix_(range(len(leaves)), activity.leaves, geo.leaves)] = leaves
    for whole, parts in sorted(geo.families, key=lambda f: -f[0]):
        full[:, :, whole] = full[:, :, list(parts)].sum(axis=2)
    if share is not None:
        whole = geo.families[0][0]
        full[:, list(activity.leaves), whole] *= 1 + share
    for whole, parts in activity.families:
        full[:, whole] = full[:, list(parts)].sum(axis=1)
    return full


def _hide(rng: np.random.Generator, table: Table) -> None:
    """Small cells are hidden: without a row, with an empty cell, with an empty cell and a flag."""
    way = rng.choice(["none", "none", "row", "empty", "c", ":"])
    if way == "none":
        return
    jobs = table.columns["employment"]
    leaf = np.zeros(jobs.shape, bool)
    leaf[np.ix_(range(len(jobs)), table.activity.leaves, table.geo.leaves)] = True
    limit = np.quantile(jobs[leaf], rng.uniform(0.05, 0.5))
    hidden = leaf & (jobs <= limit) & (rng.random(jobs.shape) < 0.8)
    hidden |= leaf & (rng.random(jobs.shape) < 0.02)
    if hidden[leaf].all():
        return
    for values in table.columns.values():
        values[hidden] = np.nan
    if way == "row":
        table.listed &= ~hidden
    elif way in ("c", ":"):
        table.status[hidden] = way


def _leave_out(rng: np.random.Generator, table: Table) -> None:
    """Some activities are in the totals and have no rows: the table does not list them."""
    out = rng.choice(table.activity.leaves, min(2, len(table.activity.leaves) - 3), replace=False)
    table.listed[:, out] = False
    for values in table.columns.values():
        values[:, out] = np.nan
    left = tuple(f for f in table.activity.families if not set(f[1]) & set(out.tolist()))
    leaves = tuple(i for i in table.activity.leaves if i not in out)
    table.activity = replace(table.activity, leaves=leaves, families=left)


def _flags(rng: np.random.Generator, table: Table) -> None:
    """Some ordinary flags; a break moves a region's level a little and is flagged."""
    if rng.random() < 0.7:
        return
    known = ~np.isnan(table.columns["employment"]) & (table.status == "")
    for letter in rng.choice(["p", "e", "u", "d", "b"], 2, replace=False):
        table.status[known & (rng.random(known.shape) < 0.02)] = letter
