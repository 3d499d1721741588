"""The quotients of the Baltic regions in every format, each cell as others read it."""

from __future__ import annotations

import gzip
import json
import tomllib
import warnings
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyogrio.raw
import pytest
from export_panels import by_key
from pysdmx.io import read_sdmx
from test_export_maps import area, geometry

import hansa
import hansa.export
from hansa.export.regions import slug
from hansa.panel import Panel
from hansa.sources.geometry import EUROGEOGRAPHICS

pytestmark = pytest.mark.data
STUDY = Path(__file__).resolve().parents[1] / "studies" / "baltic" / "study.toml"


@pytest.fixture(scope="module")
def panel(hansa_data: Path) -> Panel:
    say = tomllib.loads(STUDY.read_text(encoding="utf-8"))["facts"]["sbs"]
    path = hansa_data / Path(say.pop("file")).relative_to("$HANSA_DATA")
    return hansa.compute(
        "location_quotient_total",
        path,
        "hansa-divisions",
        describe=say,
        regions="bsr-nuts2-2013",
        reference="complete",
    )


@pytest.fixture(scope="module")
def cells(panel: Panel) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = by_key(panel)
    assert len(found) == 1330
    assert sum(row["value"] is None for row in found.values()) == 549
    return found


@pytest.fixture(scope="module")
def shapes(hansa_data: Path) -> Path:
    return hansa_data / "geometry" / "nuts2013_20m_level2.geojson.gz"


def same(rows: list[dict[str, Any]], cells: dict[tuple[Any, ...], dict[str, Any]]) -> None:
    """Every cell once, with the value to the last bit and the status."""
    found = {(r["geo"], r["cluster"], int(r["time"])): r for r in rows}
    assert len(found) == len(rows)
    assert found.keys() == cells.keys()
    for key, own in cells.items():
        value = found[key]["value"]
        value = None if value is None or value == "" or value != value else float(value)
        assert value == own["value"], key
        status = found[key]["status"]
        assert (status if isinstance(status, str) else "") == own["status"], key


def test_tables(panel: Panel, cells: dict[tuple[Any, ...], Any], tmp_path: Path) -> None:
    for name in ("lq.csv", "lq.parquet", "lq.xlsx"):
        hansa.export(panel, tmp_path / name)
    same(pd.read_csv(tmp_path / "lq.csv", keep_default_na=False).to_dict("records"), cells)
    same(pl.read_parquet(tmp_path / "lq.parquet").to_dicts(), cells)
    frame = pl.read_excel(tmp_path / "lq.xlsx", infer_schema_length=None)
    assert frame["value"].dtype == pl.Float64
    same(frame.to_dicts(), cells)
    sql = f"select geo, cluster, time, value, status from '{tmp_path / 'lq.parquet'}'"
    names = ("geo", "cluster", "time", "value", "status")
    same([dict(zip(names, r, strict=True)) for r in duckdb.sql(sql).fetchall()], cells)


def test_sdmx(panel: Panel, cells: dict[tuple[Any, ...], Any], tmp_path: Path) -> None:
    hansa.export(panel, tmp_path / "lq.sdmx.csv")
    with warnings.catch_warnings():
        # pysdmx 1.10 stops at empty cells with the texts of pandas 3.
        warnings.simplefilter("ignore")
        with pd.option_context("future.infer_string", False):
            data = read_sdmx(tmp_path / "lq.sdmx.csv").data[0].data
    names = {"GEO": "geo", "CLUSTER": "cluster", "TIME_PERIOD": "time"}
    names |= {"OBS_VALUE": "value", "HANSA_STATUS": "status"}
    same(data.rename(columns=names).to_dict("records"), cells)


def test_maps(
    panel: Panel, cells: dict[tuple[Any, ...], Any], shapes: Path, tmp_path: Path
) -> None:
    source = {
        f["id"]: f["geometry"] for f in json.loads(gzip.decompress(shapes.read_bytes()))["features"]
    }
    for name, layer in (("lq.geojson", None), ("lq.gpkg", "regions")):
        path = tmp_path / name
        done = hansa.export(panel, path, geometry=shapes, geometry_notice=EUROGEOGRAPHICS)
        assert not any("no shape" in note for note in done.notes)
        _, table = pyogrio.raw.read_arrow(path, layer=layer)
        rows = {row["NUTS_ID"]: row for row in table.to_pylist()}
        assert len(rows) == 35
        for (geo, cluster, _), own in cells.items():
            assert rows[geo][slug(cluster, "c")] == own["value"], (geo, cluster)
            assert (rows[geo].get(slug(cluster, "c") + "_status") or "") == own["status"]
        for geo, row in rows.items():
            assert area(geometry(row)) == pytest.approx(plain_area(source[geo]), rel=1e-9), geo
    _, data = pyogrio.raw.read_arrow(tmp_path / "lq.gpkg", layer="data")
    same(data.to_pylist(), cells)


def plain_area(shape: dict[str, Any]) -> float:
    """Area in square degrees by the file of the publisher, outer rings less holes."""
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    found = 0.0
    for outer, *holes in parts:
        found += ring_area(outer) - sum(map(ring_area, holes))
    return found


def ring_area(ring: list[list[float]]) -> float:
    x, y = np.array(ring)[:, :2].T
    return abs(float(np.sum((x - x[0]) * np.roll(y, -1) - np.roll(x - x[0], -1) * y))) / 2
