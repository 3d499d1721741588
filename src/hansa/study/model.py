"""The model region set: seeded and realistic in shape, true of no region. Marked everywhere.

Regions are those of `bsr-nuts2-2024`, so that maps and names work; every number is drawn. A
reference area, published totals and a few hidden cells are there because real tables have them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hansa.clusters import definitions
from hansa.codes import classification, geography
from hansa.codes.codelist import TOTAL
from hansa.files import parquet_bytes

SEED = 20090507
YEARS = range(2018, 2024)
REFERENCE = "MODEL_EUROPE"
HIDDEN_SHARE = 0.04

# Rough shares of jobs by NACE section, per cent: the shape of a European economy, no source.
SECTIONS = {
    "A": 4,
    "B": 0.4,
    "C": 14,
    "D": 0.7,
    "E": 0.8,
    "F": 6.5,
    "G": 14,
    "H": 5.5,
    "I": 5,
    "J": 3.5,
    "K": 2.7,
    "L": 1,
    "M": 6,
    "N": 6.5,
    "O": 7,
    "P": 8,
    "Q": 11,
    "R": 1.8,
    "S": 2.5,
    "T": 0.5,
    "U": 0.02,
}

STUDY = f'''\
format = 1
title = "Clusters around the Baltic Sea: a model study"
summary = """
Model data: every number is drawn at random and true of no region.
The study shows what Hansa does with a table of regional statistics."""
geography = "bsr-nuts2-2024"
reference = "{REFERENCE}"
reference_name = "model Europe"
period = [2018, 2023]
definitions = ["hansa-divisions"]

[facts.model]
file = "facts/model.parquet"
classification = "nace:2"
geography = "nuts:2024"
areas = ["{REFERENCE}"]
absent_rows = "zero"
unit = {{ employment = "jobs" }}
model_data = true
source = "Hansa model region set, seed {SEED}"
licence = "CC0 1.0"
vintage = "2026-11"
'''


def model_facts(seed: int = SEED) -> bytes:
    """The facts of the model study as Parquet: geo, activity, time, employment, status."""
    rng = np.random.default_rng(seed)
    regions = list(geography("bsr-nuts2-2024").members)
    activities = [c for c, level in classification("nace:2").level.items() if level == "division"]
    size = np.sort(rng.lognormal(12.9, 0.75, len(regions)))[::-1]
    rng.shuffle(size)
    share = _shares(activities, rng)
    reference = share * rng.lognormal(0, 0.12, len(activities))
    reference /= reference.sum()
    affinity = rng.lognormal(0, _spread(activities), (len(regions), len(activities)))
    drift_activity = rng.normal(0.004, 0.02, len(activities))
    drift_region = rng.normal(0.004, 0.008, len(regions))
    rows: list[pa.Table] = []
    level = size[:, None] * share[None, :] * affinity
    for i, year in enumerate(YEARS):
        growth = (1 + drift_activity[None, :] + drift_region[:, None]) ** i
        jobs = np.rint(level * growth * rng.lognormal(0, 0.02, level.shape)).astype(np.int64)
        europe = np.rint(9e7 * reference * (1 + drift_activity) ** i).astype(np.int64)
        rows.append(_year(year, regions, activities, jobs, europe, rng))
    table = pa.concat_tables(rows).sort_by([(k, "ascending") for k in ("time", "geo", "activity")])
    return parquet_bytes(table)


def _spread(activities: list[str]) -> np.ndarray:
    """How much regions differ: little in what everybody needs nearby, much in what is traded."""
    kinds = {m.activity: m.kind for m in definitions()["hansa-divisions"].members}
    return np.array([0.55 if kinds[code] == "traded" else 0.12 for code in activities])


def _shares(activities: list[str], rng: np.random.Generator) -> np.ndarray:
    """Shares of divisions: round numbers by section, drawn within it."""
    parent = classification("nace:2").parent
    drawn = rng.lognormal(0, 0.7, len(activities))
    within: dict[str, float] = {}
    for code, weight in zip(activities, drawn, strict=True):
        within[parent[code]] = within.get(parent[code], 0.0) + weight
    total = sum(SECTIONS.values())
    return np.array(
        [
            SECTIONS[parent[code]] / total * weight / within[parent[code]]
            for code, weight in zip(activities, drawn, strict=True)
        ]
    )


def _year(
    year: int,
    regions: list[str],
    activities: list[str],
    jobs: np.ndarray,
    europe: np.ndarray,
    rng: np.random.Generator,
) -> pa.Table:
    hidden = (jobs < 2000) & (rng.random(jobs.shape) < HIDDEN_SHARE)
    geo = [r for r in regions for _ in activities] + regions
    activity = activities * len(regions) + [TOTAL] * len(regions)
    value = [None if h else int(v) for h, v in zip(hidden.ravel(), jobs.ravel(), strict=True)]
    value += [int(v) for v in jobs.sum(axis=1)]
    status = ["c" if h else None for h in hidden.ravel()] + [None] * len(regions)
    geo += [REFERENCE] * (len(activities) + 1)
    activity += [*activities, TOTAL]
    value += [*(int(v) for v in europe), int(europe.sum())]
    status += [None] * (len(activities) + 1)
    return pa.table(
        {
            "geo": pa.array(geo, pa.string()),
            "activity": pa.array(activity, pa.string()),
            "time": pa.array([year] * len(geo), pa.int16()),
            "employment": pa.array(value, pa.int64()),
            "employment_status": pa.array(status, pa.string()),
        }
    )
