"""A study whose indicators are constructed: four regions of three countries, two countries more.

The numbers describe no real region. Countries are the sums of their regions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

REGIONS = ("EE00", "LV00", "LT01", "LT02")
COUNTRIES = ("EE", "LV", "LT", "FI", "SE")
NAMES = (
    "gdp-euro",
    "gdp-pps",
    "population",
    "employment-accounts",
    "hours-worked",
    "employed-residents",
    "labour-force",
)
PRICES = {"EE": 0.8, "LV": 0.75, "LT": 0.7, "FI": 1.25, "SE": 1.2}
# million euro, thousand inhabitants, thousand jobs, hours a worker, residents a job, their share
OF_2022 = {
    "EE00": (36_000.0, 1_350.0, 680.0, 1_750.0, 1.01, 0.94),
    "LV00": (38_000.0, 1_880.0, 880.0, 1_720.0, 1.01, 0.93),
    "LT01": (29_000.0, 840.0, 480.0, 1_640.0, 0.92, 0.95),
    "LT02": (37_000.0, 1_990.0, 910.0, 1_640.0, 1.05, 0.93),
    "FI": (267_000.0, 5_550.0, 2_750.0, 1_500.0, 1.0, 0.93),
    "SE": (555_000.0, 10_490.0, 5_300.0, 1_440.0, 1.0, 0.925),
}
GROWTH = {"2021": 0.9, "2022": 1.0, "2023": 1.06}
NEWEST = ("EE00", "EE")  # the only ones that have 2023 already
AREA = """\
format = 1
id = "baltic-states"
title = "Baltic states, NUTS 2"
geography = "nuts:2024"
status = "ours"
members = ["EE00", "LV00", "LT01", "LT02"]
source = "made up"
"""
STUDY = """\
format = 1
title = "The Baltic states"
geography = "area.toml"

[facts.jobs]
file = "facts/jobs.csv"

[fetch.position]
extract = [
    "gdp-euro", "gdp-pps", "population", "employment-accounts", "hours-worked",
    "employed-residents", "labour-force", "price-level",
]
geo = ["study", "countries"]
period = "2021:"
"""

Change = Mapping[tuple[str, str, str], tuple[float | None, str]]


def numbers(year: str) -> dict[str, dict[str, float]]:
    """region -> indicator -> number of one year."""
    found: dict[str, dict[str, float]] = {}
    for code, (euro, people, jobs, hours, residents, share) in OF_2022.items():
        euro *= GROWTH[year]
        own = (euro, euro / PRICES[code[:2]], people, jobs, jobs * hours)
        own += (jobs * residents, jobs * residents / share)
        found[code] = dict(zip(NAMES, own, strict=True))
    for country in COUNTRIES:
        parts = [own for code, own in found.items() if code[:2] == country and code != country]
        if parts:
            found[country] = {name: sum(own[name] for own in parts) for name in NAMES}
    return {k: v for k, v in found.items() if year != "2023" or k in NEWEST}


def position_study(folder: Path, change: Change | None = None, **header: Any) -> Path:
    """Write the study; `change` replaces cells: (indicator, region, year) -> value and status."""
    (folder / "indicators").mkdir(parents=True, exist_ok=True)
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    cells = {
        (name, code, year): (value, "")
        for year in GROWTH
        for code, own in numbers(year).items()
        for name, value in own.items()
    }
    cells |= {
        ("price-level", code, year): (100 * PRICES[code], "")
        for year in GROWTH
        for code in COUNTRIES
    }
    cells |= dict(change or {})
    for name in (*NAMES, "price-level"):
        rows = [(k[1], k[2], *v) for k, v in cells.items() if k[0] == name and v[1] != "no row"]
        write_indicator(folder, name, rows, **header)
    return folder


def write_indicator(folder: Path, name: str, rows: Any, **header: Any) -> None:
    """One indicator as `hansa fetch` writes it: rows of geo, time, value, status."""
    geo, time, value, status = zip(*rows, strict=True)
    said = {"measure": name, "geography": "nuts:2024", "source": f"{name}: constructed", **header}
    meta = json.dumps({"format": 1, "dims": ["geo", "time"], **said}).encode()
    table = pa.table(
        {"geo": geo, "time": time, "value": pa.array(value, pa.float64()), "status": status}
    )
    pq.write_table(
        table.replace_schema_metadata({b"hansa": meta}), folder / "indicators" / f"{name}.parquet"
    )
