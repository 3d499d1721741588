"""The model region set: seeded, realistic in shape, true of no region. Marked everywhere.

Regions are those of `bsr-31`, so that maps and names work; every number is drawn. The set has
what real tables have: four-digit industries, skewed sizes, many empty cells, specialisation
that lasts, growth with a common shock, wages, hidden cells, and published totals of regions, of
the whole area and of a European reference.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hansa.codes.codelist import TOTAL
from hansa.files import parquet_bytes
from hansa.study.model_draw import Cells, draw, industries
from hansa.study.model_hide import hidden
from hansa.study.model_setting import JOBS, YEARS

SEED = 20090507
AREA = "BSR-MODEL"
REFERENCE = "EU-MODEL"

STUDY = f'''\
format = 1
title = "Clusters around the Baltic Sea: a model study"
summary = """
Model data: every number is drawn at random and true of no region.
The study shows what Hansa does with a table of regional statistics."""
geography = "bsr-31"
area = "TOTAL"
area_name = "the model Baltic Sea Region"
reference = "{REFERENCE}"
reference_name = "model Europe"
period = [{YEARS[0]}, {YEARS[-1]}]
hidden = "bounds"
benchmark = "totals"
wage_reference = "region"
definitions = ["hansa-nace2"]
measures = [
    "employment", "cluster_share", "focus", "location_quotient_total", "growth_rate",
    "growth_contribution", "average_wage", "relative_wage", "relative_wage_growth",
    "quadrant", "quadrant_stability", "presence_stars",
    "wage_change_within", "wage_change_reallocation", "wage_change_cross",
]

[outputs]
published = true

# Published are the classes and the total of every region, of the 31 regions together
# ({AREA}) and of model Europe, which holds them ({REFERENCE}); nothing between class and total.
# Hidden are cells of fewer than three local units or with one that dominates, and wherever one
# is hidden in a region or a class, at least one other that protects it.
[facts.model]
file = "facts/model.parquet"
classification = "nace:2"
geography = "nuts:2006"
total = ["TOTAL", "{AREA}"]
areas = ["{REFERENCE}"]
absent_rows = "zero"
unit = {{ employment = "jobs", payroll = "EUR", establishments = "local units" }}
model_data = true
source = "Hansa model region set, seed {SEED}"
licence = "CC BY 4.0"
vintage = "2026-11"
note = "Industries without jobs have no row; cells of fewer than three local units are hidden."
'''


def model_facts(seed: int = SEED) -> bytes:
    """The facts of the model study as Parquet, the same bytes for the same seed.

    Columns: geo, activity (class or TOTAL), time, employment (jobs) and payroll (EUR), each with
    its status, and establishments (local units). A hidden cell has status `c` and no jobs and no
    payroll; its number of local units is published. A cell without jobs has no row; the area
    and Europe have a row for every class.
    """
    regions, rest = draw(np.random.default_rng(seed))
    hide = hidden(regions, industries().cluster)
    area = _summed(regions)
    europe = _summed(regions, rest)
    names = (*JOBS, AREA, REFERENCE)
    parts = [regions, area, europe]
    columns = {
        name: _with_totals(np.concatenate([getattr(p, name) for p in parts], axis=1))
        for name in ("jobs", "payroll", "units")
    }
    blank = np.zeros(columns["jobs"].shape, bool)
    blank[:, : len(JOBS), :-1] = hide
    return parquet_bytes(_table(names, columns, blank))


def _summed(*parts: Cells) -> Cells:
    """All regions of the parts as one."""
    jobs, payroll, units = (
        np.concatenate([getattr(p, name) for p in parts], axis=1).sum(axis=1, keepdims=True)
        for name in ("jobs", "payroll", "units")
    )
    return Cells(jobs, payroll, units, np.zeros(jobs.shape, bool))


def _with_totals(cells: np.ndarray) -> np.ndarray:
    """The cells, and behind the classes their sum."""
    return np.concatenate([cells, cells.sum(axis=2, keepdims=True)], axis=2)


def _table(names: tuple[str, ...], columns: dict[str, np.ndarray], blank: np.ndarray) -> pa.Table:
    """One row for each cell with jobs, by year, region and activity in code order."""
    geo = np.argsort(np.array(names))
    columns = {k: v[:, geo] for k, v in columns.items()}
    blank = blank[:, geo]
    time, place, activity = np.nonzero(columns["jobs"])
    at = (time, place, activity)
    void = blank[at]
    status = pa.array(np.full(len(void), "c"), mask=~void)
    codes = pa.array([*industries().codes, TOTAL])
    return pa.table(
        {
            "geo": pa.array([names[i] for i in geo]).take(pa.array(place)),
            "activity": codes.take(pa.array(activity)),
            "time": pa.array(np.array(YEARS)[time], pa.int16()),
            "employment": pa.array(columns["jobs"][at], mask=void),
            "employment_status": status,
            "payroll": pa.array(columns["payroll"][at], mask=void),
            "payroll_status": status,
            "establishments": pa.array(columns["units"][at]),
        }
    )
