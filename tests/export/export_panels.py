"""Small panels with every trap, and boundaries to put them on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.panel import Header, Panel

TEXTS = (
    "plain",
    "=1+1",
    'a, "b"',
    "two\nlines",
    "  Ålesund–Łódź 𝔘  ",
    "<r>&_x0041_</r>",
    "https://example.org",
    "0012",
)
VALUES = (1.5, None, -2.25e300, 0.1 + 0.2, 0.0, 5e-300, 123456789012345.6, -7.0)
STATUS = ("", "c;m", "p;e", "u", "b;imputed", "x;q", "tiny", "d;z")


def traps() -> Panel:
    """Codes with leading zeros and formulas, quarters, intervals, odd texts, huge numbers."""
    codes = ["01", "002", "0", "=1+1", "-3", "1e5", "TRUE", "NA"]
    data = {
        "geo": pa.array(codes).dictionary_encode(),
        "entity": pa.array(TEXTS),
        "time": pa.array(["2023-Q2"] * 8),
        "value": pa.array(VALUES),
        "status": pa.array(STATUS),
        "lower": pa.array([1.0, None, *VALUES[2:]]),
        "upper": pa.array([2.0, None, *VALUES[2:]]),
        "estimated": pa.array([0.0, None, 0.25, 0.0, 1.0, 0.0, 0.0, 0.0]),
        "method": pa.array([None, *TEXTS[1:]]),
    }
    header = Header(
        "employment",
        unit="persons",
        label="Jobs: all, of a kind",
        source='An office, "statistics"',
        licence="CC BY 4.0",
        vintage="2024-05-01",
        absent_rows="unknown",
        notes=("first note", "=second note"),
        steps=("read employment from jobs.csv",),
    )
    return Panel(("geo", "entity", "time"), pa.table(data), header)


def quotients(years: tuple[int, ...] = (2018,), **header: Any) -> Panel:
    """Quotients of two clusters in three NUTS regions; one absent, one bounded, one without row."""
    rows = []
    for year in years:
        for i, geo in enumerate(("DE60", "DE80", "SE11")):
            for j, cluster in enumerate(("wood-furniture", "food")):
                if (geo, cluster) == ("SE11", "food"):
                    continue
                absent = (geo, cluster) == ("DE80", "food")
                value = None if absent else (year - 2010) / 4 + i + j / 8
                bounds = (0.5, 1.75) if absent else (value, value)
                rows.append((geo, cluster, year, value, "c;interval" if absent else "", *bounds))
    names = ("geo", "cluster", "time", "value", "status", "lower", "upper")
    data = {n: pa.array(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)}
    own = {
        "unit": "ratio",
        "kind": "intensive",
        "label": "Specialisation",
        "geography": "nuts:2013",
        "definition": "hansa-divisions",
        "absent_rows": "unknown",
        "steps": ("computed location_quotient_total of employment",),
        **header,
    }
    table = pa.table(data)
    return Panel(("geo", "cluster", "time"), table, Header("location_quotient_total", **own))


def by_key(panel: Panel) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows by the values of their dimensions."""
    return {tuple(row[d] for d in panel.dims): row for row in panel.rows()}


def square(x: float, y: float, size: float = 1.0, clockwise: bool = False) -> list[list[float]]:
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return ring[::-1] if clockwise else ring


def boundaries(folder: Path, name: str = "nuts2013_test.geojson", **extra: Any) -> Path:
    """DE60 a square with a hole, wound the wrong way; DE80 two parts; SE11 one; FI1D unused."""
    shapes = {
        "DE60": ("Polygon", [square(9, 53, 1, True), square(9.25, 53.25, 0.5)]),
        "DE80": ("MultiPolygon", [[square(12, 54)], [square(14, 54, 0.123456789)]]),
        "SE11": ("Polygon", [square(18, 59, 2)]),
        "FI1D": ("Polygon", [square(28, 62)]),
    }
    features = [
        {
            "type": "Feature",
            "properties": {"NUTS_ID": code},
            "geometry": {"type": kind, "coordinates": coordinates},
        }
        for code, (kind, coordinates) in shapes.items()
    ]
    data = {"type": "FeatureCollection", "notice": "© The publisher", "features": features}
    path = folder / name
    path.write_text(json.dumps({**data, **extra}), encoding="utf-8")
    return path
