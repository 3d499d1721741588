"""A seeded register that does not exist: model data, drawn from a process that is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def model_rows(
    firms: int,
    seed: int,
    *,
    years: tuple[int, ...] = tuple(range(2010, 2020)),
    geos: int = 4,
    units: int = 3,
    missing: float = 0.0,
    moving: float = 0.02,
    pausing: float = 0.02,
    money: bool = True,
) -> pa.Table:
    """Rows id, geo, activity, time, employment, turnover, payroll, birth, death: model data.

    Births before and within the years, an exit hazard a year, lognormal sizes and growth; some
    firms move, some are out of sight for a year or more, some employment is missing.
    """
    rng = np.random.default_rng(seed)
    first, last = years[0], years[-1]
    birth = rng.integers(first - 12, last + 1, firms)
    life = rng.geometric(0.12, firms)
    death = birth + life
    geo, unit = _skewed(rng, geos, firms), _skewed(rng, units, firms)
    size = np.exp(rng.normal(1.4, 1.2, firms))
    columns: dict[str, list[np.ndarray]] = {}
    for t in years:
        size = size * np.exp(rng.normal(0.02, 0.18, firms))
        moved = rng.random(firms) < moving
        geo = np.where(moved, rng.integers(0, geos, firms), geo)
        seen = (birth <= t) & (t <= death) & (rng.random(firms) >= pausing)
        at = np.flatnonzero(seen)
        employment = np.maximum(1, np.round(size[at])).astype(float)
        employment[rng.random(at.size) < missing] = np.nan
        own = {
            "id": at,
            "geo": geo[at],
            "activity": unit[at],
            "time": np.full(at.size, t),
            "employment": employment,
            "turnover": np.round(size[at] * rng.lognormal(4, 0.5, at.size)),
            "payroll": np.round(size[at] * 30),
            "birth": birth[at],
            "death": np.where(death[at] <= last, death[at], -1),
        }
        for name, values in own.items():
            columns.setdefault(name, []).append(values)
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    table = {
        "id": pa.array([f"SE{i:07d}" for i in whole["id"]]),
        "geo": pa.array([f"R{i:02d}" for i in whole["geo"]]),
        "activity": pa.array([f"A{i:02d}" for i in whole["activity"]]),
        "time": pa.array(whole["time"], pa.int32()),
        "employment": pa.array(
            np.nan_to_num(whole["employment"]).astype(np.int64),
            mask=np.isnan(whole["employment"]),
        ),
    }
    if money:
        table |= {
            "turnover": pa.array(whole["turnover"].astype(np.int64)),
            "payroll": pa.array(whole["payroll"].astype(np.int64)),
        }
    table |= {
        "birth": pa.array(whole["birth"], pa.int32()),
        "death": pa.array(whole["death"], pa.int32(), mask=whole["death"] < 0),
    }
    return pa.table(table)


def _skewed(rng: np.random.Generator, count: int, firms: int) -> np.ndarray:
    weight = 1.0 / np.arange(1, count + 1)
    return rng.choice(count, firms, p=weight / weight.sum())
