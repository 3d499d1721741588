"""GeoJSON and GeoPackage that GDAL reads (pyogrio), and the rules of the two standards."""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
import pytest
from export_panels import boundaries, by_key, quotients
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
import hansa.export
from hansa.errors import HansaError, UsageError
from hansa.export.prepare import prepared
from hansa.export.regions import layer_of, slug
from hansa.panel import Header, Panel
from hansa.sources.geometry import Geometry, laea, read_geometry


def arrow(path: Path, layer: str | None = None) -> dict[str, Any]:
    """The rows that GDAL reads, by the code of the region, with their geometry as WKB."""
    _, table = pyogrio.raw.read_arrow(path, layer=layer)
    key = "NUTS_ID" if "NUTS_ID" in table.column_names else "geo"
    return {row[key]: row for row in table.to_pylist()}


def geometry(row: dict[str, Any]) -> bytes:
    return next(v for k, v in row.items() if k in ("wkb_geometry", "geom"))


def rings_of(wkb: bytes) -> list[list[np.ndarray]]:
    """The rings of each part of a polygon or multipolygon, read by hand."""
    order, kind, count = struct.unpack_from("<BII", wkb)
    assert order == 1
    at, parts = (0, 1) if kind == 3 else (9, count)
    found = []
    for _ in range(parts):
        _, inner, rings = struct.unpack_from("<BII", wkb, at)
        assert inner == 3
        at += 9
        own = []
        for _ in range(rings):
            (size,) = struct.unpack_from("<I", wkb, at)
            own.append(np.frombuffer(wkb, "<f8", size * 2, at + 4).reshape(-1, 2))
            at += 4 + 16 * size
        found.append(own)
    assert at == len(wkb)
    return found


def signed(ring: np.ndarray) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def area(wkb: bytes) -> float:
    """Area of a shape: outer rings less holes, by their winding."""
    return sum(signed(ring) for part in rings_of(wkb) for ring in part)


EXPECTED = {"DE60": 1 - 0.25, "DE80": 1 + 0.123457**2, "SE11": 4.0}


# --- GeoJSON ---------------------------------------------------------------------------


def test_geojson_as_gdal_reads_it(tmp_path: Path) -> None:
    done = hansa.export(quotients(), tmp_path / "a.geojson", geometry=boundaries(tmp_path))
    info = pyogrio.read_info(tmp_path / "a.geojson")
    assert (info["driver"], info["features"], info["crs"]) == ("GeoJSON", 3, "EPSG:4326")
    rows = arrow(tmp_path / "a.geojson")
    assert set(rows) == {"DE60", "DE80", "SE11"}, "regions of the table, and no others"
    cells = by_key(quotients())
    for (geo, cluster, _), cell in cells.items():
        assert rows[geo][slug(cluster, "c")] == cell["value"], "cell by cell"
    assert rows["SE11"]["food"] is None, "no row is no zero"
    assert rows["DE80"]["food"] is None
    assert rows["DE80"]["food_status"] == "c;interval"
    assert (rows["DE80"]["food_low"], rows["DE80"]["food_high"]) == (0.5, 1.75)
    assert rows["DE60"]["name"] == "Hamburg"
    assert any("1 cells have no row" in note for note in done.notes)
    for code, expected in EXPECTED.items():
        assert area(geometry(rows[code])) == pytest.approx(expected, rel=1e-9), code


def test_geojson_by_the_letter_of_rfc_7946(tmp_path: Path) -> None:
    hansa.export(quotients(), tmp_path / "a.geojson", geometry=boundaries(tmp_path))
    data = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert data["type"] == "FeatureCollection"
    assert "crs" not in data
    assert data["notice"] == "© The publisher"
    assert data["hansa"]["properties"]["food"]["label"] == "Food and drink"
    assert data["hansa"]["unit"] == "ratio"
    for feature in data["features"]:
        assert feature["id"] == feature["properties"]["NUTS_ID"]
        shape = feature["geometry"]
        parts = shape["coordinates"]
        for part in [parts] if shape["type"] == "Polygon" else parts:
            for i, ring in enumerate(part):
                assert ring[0] == ring[-1], "closed"
                assert (signed(np.array(ring)) > 0) == (i == 0), "right-hand rule"
                for x, y in ring:
                    assert (x, y) == (round(x, 6), round(y, 6))
    assert [f["geometry"]["type"] for f in data["features"]] == [
        "Polygon",
        "MultiPolygon",
        "Polygon",
    ]
    again = read_geometry(tmp_path / "a.geojson")
    assert again.notice == "© The publisher"


def test_several_years_need_a_choice(tmp_path: Path) -> None:
    shapes = boundaries(tmp_path)
    panel = quotients((2016, 2018))
    with pytest.raises(UsageError, match=r"one time, and.*several\n.*2016, 2018\n(.*\n)*.*--wide"):
        hansa.export(panel, tmp_path / "a.geojson", geometry=shapes)
    hansa.export(panel, tmp_path / "a.geojson", geometry=shapes, time=2016)
    assert arrow(tmp_path / "a.geojson")["DE60"]["wood_furniture"] == 1.5
    hansa.export(panel, tmp_path / "b.geojson", geometry=shapes, wide=True)
    row = arrow(tmp_path / "b.geojson")["DE60"]
    assert (row["wood_furniture_2016"], row["wood_furniture_2018"]) == (1.5, 2.0)


def test_a_table_of_regions_alone(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE60", "SE11"], "time": ["2023-Q2"] * 2, "value": [0.0, None]})
    panel = Panel.of(table, ("geo", "time"), Header("gross_value_added"))
    done = hansa.export(panel, tmp_path / "a.geojson", geometry=boundaries(tmp_path))
    rows = arrow(tmp_path / "a.geojson")
    assert rows["DE60"]["gross_value_added"] == 0.0, "zero stays zero"
    assert rows["SE11"]["gross_value_added"] is None
    assert done.notes[-1].startswith("the table does not say the version of the region codes")


# --- what does not fit -------------------------------------------------------------------


def test_boundaries_of_another_version_are_refused(tmp_path: Path) -> None:
    shapes = boundaries(tmp_path, "nuts2021_20m.geojson")
    with pytest.raises(HansaError, match="of another version than the table") as problem:
        hansa.export(quotients(), tmp_path / "a.gpkg", geometry=shapes)
    text = str(problem.value)
    assert "boundaries nuts:2021, table nuts:2013" in text
    assert "hansa convert TABLE --to nuts:2021" in text
    assert not (tmp_path / "a.gpkg").exists()


def test_regions_without_a_shape_are_named_and_stay(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE60", "DK01", "DK02"], "value": [1.0, 2.0, 3.0]})
    panel = Panel.of(table, ("geo",), Header("employment", geography="nuts:2013"))
    for name in ("a.geojson", "a.gpkg"):
        done = hansa.export(panel, tmp_path / name, geometry=boundaries(tmp_path))
        assert any("2 of 3 regions have no shape" in n and "DK01, DK02" in n for n in done.notes)
        rows = arrow(tmp_path / name, "regions" if name == "a.gpkg" else None)
        assert rows["DK02"]["employment"] == 3.0
        assert geometry(rows["DK02"]) is None


def test_boundaries_without_any_of_the_regions_are_refused(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE6", "DE8"], "value": [1.0, 2.0]})
    panel = Panel.of(table, ("geo",), Header("employment", geography="nuts:2013"))
    with pytest.raises(HansaError, match=r"none of the regions has a shape.*\n.*regions DE6, DE8;"):
        hansa.export(panel, tmp_path / "a.geojson", geometry=boundaries(tmp_path))


def test_a_table_without_regions_is_refused(tmp_path: Path) -> None:
    table = pa.table({"cluster": ["food"], "value": [1.0]})
    panel = Panel.of(table, ("cluster",), Header("employment"))
    with pytest.raises(UsageError, match=r"a map needs regions, and the table has none\n.*cluster"):
        hansa.export(panel, tmp_path / "a.geojson", geometry=boundaries(tmp_path))


def test_a_map_needs_boundaries_and_their_notice(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gpkg needs the boundaries of the regions"):
        hansa.export(quotients(), tmp_path / "a.gpkg")
    silent = boundaries(tmp_path, notice="")
    with pytest.raises(UsageError, match="without their publisher's notice"):
        hansa.export(quotients(), tmp_path / "a.gpkg", geometry=silent)
    hansa.export(quotients(), tmp_path / "a.gpkg", geometry=silent, geometry_notice="© Someone")
    with pytest.raises(UsageError, match="geojson has no use for --crs 3035"):
        hansa.export(quotients(), tmp_path / "a.geojson", geometry=silent, crs=3035)
    with pytest.raises(UsageError, match="unknown coordinates 25832"):
        hansa.export(quotients(), tmp_path / "a.gpkg", geometry=silent, crs=25832)


def test_a_number_without_end_is_refused(tmp_path: Path) -> None:
    table = pa.table({"geo": ["DE60"], "value": [math.inf]})
    panel = Panel.of(table, ("geo",), Header("employment"))
    with pytest.raises(HansaError, match=r"cannot stand in a map\n.*DE60, column value"):
        hansa.export(panel, tmp_path / "a.geojson", geometry=boundaries(tmp_path))


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    clusters = [f"c{i}" for i in range(2_000)]
    table = pa.table({"geo": ["DE60"] * 2_000, "cluster": clusters, "value": [1.0] * 2_000})
    panel = Panel.of(table, ("geo", "cluster"), Header("employment"))
    with pytest.raises(HansaError, match=r"too many columns\n.*2,000 columns"):
        hansa.export(panel, tmp_path / "a.gpkg", geometry=boundaries(tmp_path))


def changes(*since: int) -> Panel:
    rows = len(since)
    table = pa.table(
        {
            "geo": ["DE60"] * rows,
            "from": list(since),
            "time": [2020] * rows,
            "value": [0.1] * rows,
        }
    )
    return Panel.of(table, ("geo", "time"), Header("growth_rate", geography="nuts:2013"))


def test_the_year_a_change_is_measured_from(tmp_path: Path) -> None:
    shapes = boundaries(tmp_path)
    hansa.export(changes(2015), tmp_path / "a.geojson", geometry=shapes)
    data = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert data["hansa"]["properties"] == {
        "growth_rate": {"part": "value", "from": 2015, "time": 2020}
    }
    with pytest.raises(HansaError, match=r"from several years\n.*DE60 2020\n(.*\n)*.*--set from="):
        hansa.export(changes(2015, 2016), tmp_path / "b.geojson", geometry=shapes)
    hansa.export(changes(2015, 2016), tmp_path / "b.csv")


def test_classes_on_a_map(tmp_path: Path) -> None:
    table = pa.table(
        {
            "geo": ["DE60", "SE11"],
            "label": ["rising", None],
            "reason": ["both above 1", None],
            "status": ["", "m"],
        }
    )
    panel = Panel(("geo",), table, Header("kind", kind="nominal", geography="nuts:2013"))
    for name, layer in (("a.geojson", None), ("a.gpkg", "regions")):
        hansa.export(panel, tmp_path / name, geometry=boundaries(tmp_path))
        rows = arrow(tmp_path / name, layer)
        assert (rows["DE60"]["kind"], rows["DE60"]["kind_reason"]) == ("rising", "both above 1")
        assert (rows["SE11"]["kind"], rows["SE11"]["kind_status"]) == (None, "m")


# --- names -----------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True))
def test_any_codes_give_valid_names_each_once(codes: list[str]) -> None:
    rows = len(codes)
    table = pa.table({"geo": ["a"] * rows, "activity": codes, "value": [1.0] * rows})
    ready = prepared(Panel.of(table, ("geo", "activity"), Header("employment")))
    shapes = Geometry(("a",), (((np.array([[0.0, 0], [1, 0], [0, 1]]),),),), "©")
    names = [field.name for field in layer_of(ready, shapes, wide=False).fields]
    assert len({n.lower() for n in names}) == rows
    for name in names:
        assert name.isascii()
        assert name == name.lower()
        assert name[0].isalpha()
        assert name.replace("_", "").isalnum()
        assert len(name) <= 60
        assert name not in ("fid", "geom", "name", "geo", "nuts_id")


def test_names_that_would_meet_get_a_number(tmp_path: Path) -> None:
    table = pa.table(
        {"geo": ["a"] * 4, "activity": ["01.1", "01-1", "a01_1", "fid"], "value": [1.0] * 4}
    )
    ready = prepared(Panel.of(table, ("geo", "activity"), Header("employment")))
    shapes = read_geometry(boundaries(tmp_path))
    shapes = Geometry(("a",), shapes.polygons[:1], "©")
    found = {f.means["activity"]: f.name for f in layer_of(ready, shapes, wide=False).fields}
    assert found == {"01-1": "a01_1", "01.1": "a01_1_2", "a01_1": "a01_1_3", "fid": "fid_2"}


# --- GeoPackage ------------------------------------------------------------------------


def test_geopackage_as_gdal_reads_it(tmp_path: Path) -> None:
    panel = quotients((2016, 2018))
    hansa.export(panel, tmp_path / "a.gpkg", geometry=boundaries(tmp_path), wide=True)
    layers = dict(pyogrio.list_layers(tmp_path / "a.gpkg").tolist())
    assert layers == {"regions": "MultiPolygon", "data": None, "about": None}
    info = pyogrio.read_info(tmp_path / "a.gpkg", layer="regions", force_total_bounds=True)
    assert (info["crs"], info["features"], info["fid_column"]) == ("EPSG:4326", 3, "fid")
    assert info["total_bounds"] == (9, 53, 20, 61)
    rows = arrow(tmp_path / "a.gpkg", "regions")
    for (geo, cluster, year), cell in by_key(panel).items():
        assert rows[geo][f"{slug(cluster, 'c')}_{year}"] == cell["value"]
    expected = {**EXPECTED, "DE80": 1 + 0.123456789**2}
    for code, own in expected.items():
        assert area(geometry(rows[code])) == pytest.approx(own, rel=1e-12), code
        for part in rings_of(geometry(rows[code])):
            assert [signed(ring) > 0 for ring in part] == [i == 0 for i in range(len(part))]
    _, data = pyogrio.raw.read_arrow(tmp_path / "a.gpkg", layer="data")
    keyed = {(r["geo"], r["cluster"], r["time"]): r for r in data.to_pylist()}
    assert {k: r["value"] for k, r in keyed.items()} == {
        k: r["value"] for k, r in by_key(panel).items()
    }
    assert keyed["DE60", "food", 2016]["cluster_label"] == "Food and drink"
    _, about = pyogrio.raw.read_arrow(tmp_path / "a.gpkg", layer="about")
    said = [(r["what"], r["text"]) for r in about.to_pylist()]
    assert ("notice of the boundaries", "© The publisher") in said
    assert ("unit", "ratio") in said


def test_several_years_without_a_choice_stand_in_the_table(tmp_path: Path) -> None:
    panel = quotients((2016, 2018))
    done = hansa.export(panel, tmp_path / "a.gpkg", geometry=boundaries(tmp_path))
    assert done.notes[-1] == (
        "several times: values stand in the table data; --wide, or --time TIME"
    )
    assert list(pyogrio.read_info(tmp_path / "a.gpkg", layer="regions")["fields"]) == [
        "NUTS_ID",
        "name",
    ]
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer="data")["features"] == len(panel)


def test_geopackage_in_metres_keeps_areas(tmp_path: Path) -> None:
    shapes = boundaries(tmp_path)
    hansa.export(quotients(), tmp_path / "a.gpkg", geometry=shapes, crs=3035)
    assert pyogrio.read_info(tmp_path / "a.gpkg", layer="regions")["crs"] == "EPSG:3035"
    rows = arrow(tmp_path / "a.gpkg", "regions")
    source = read_geometry(shapes)
    for code, row in rows.items():
        own = 0.0
        for outer, *holes in source.shape(code) or ():
            closed = [laea(np.concatenate([r, r[:1]])) for r in (outer, *holes)]
            own += abs(signed(closed[0])) - sum(abs(signed(h)) for h in closed[1:])
        assert area(geometry(row)) == pytest.approx(own, rel=1e-9)


def test_the_tables_that_the_standard_requires(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    hansa.export(quotients(), path, geometry=boundaries(tmp_path), crs=3035)
    raw = path.read_bytes()
    assert raw[:16] == b"SQLite format 3\x00"
    assert raw[68:72] == b"GPKG"
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    assert file.execute("PRAGMA user_version").fetchone()[0] == 10400
    assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    systems = file.execute("SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1").fetchall()
    assert systems == [(-1,), (0,), (3035,), (4326,)]
    contents = file.execute("SELECT table_name, data_type, srs_id, last_change FROM gpkg_contents")
    changed = "2000-01-01T00:00:00.000Z"
    assert contents.fetchall() == [
        ("regions", "features", 3035, changed),
        ("data", "attributes", None, changed),
        ("about", "attributes", None, changed),
    ]
    columns = file.execute("SELECT * FROM gpkg_geometry_columns").fetchall()
    assert columns == [("regions", "geom", "MULTIPOLYGON", 3035, 0, 0)]
    blob = file.execute("SELECT geom FROM regions WHERE NUTS_ID = 'SE11'").fetchone()[0]
    file.close()
    magic, version, flags, srs, x0, x1, y0, y1 = struct.unpack_from("<2sBBi4d", blob)
    assert (magic, version, flags, srs) == (b"GP", 0, 3, 3035)
    points = np.concatenate([ring for part in rings_of(blob[40:]) for ring in part])
    assert (x0, y0) == tuple(points.min(axis=0))
    assert (x1, y1) == tuple(points.max(axis=0))


@pytest.mark.parametrize("column", ["fid", "VALUE"])
def test_columns_that_a_geopackage_cannot_hold_are_named(tmp_path: Path, column: str) -> None:
    table = pa.table({"geo": ["DE60"], "value": [1.0], column: ["x"]})
    panel = Panel.of(table, ("geo",), Header("employment"))
    with pytest.raises(HansaError, match=f"cannot hold a column of this name\n.*{column}"):
        hansa.export(panel, tmp_path / "a.gpkg", geometry=boundaries(tmp_path))


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
def test_the_same_content_gives_the_same_bytes_and_nothing_beside(
    tmp_path: Path, name: str
) -> None:
    shapes = read_geometry(boundaries(tmp_path))
    for folder in ("one", "two"):
        hansa.export(quotients(), tmp_path / folder / name, geometry=shapes)
        assert [p.name for p in (tmp_path / folder).iterdir()] == [name]
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_boundaries_are_never_overwritten(tmp_path: Path) -> None:
    shapes = boundaries(tmp_path)
    before = shapes.read_bytes()
    with pytest.raises(UsageError, match="take the place of what it is made of"):
        hansa.export(quotients((2018,)), tmp_path / "." / shapes.name, geometry=shapes)
    assert shapes.read_bytes() == before
