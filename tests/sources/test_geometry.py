"""Boundaries of regions, and the projection of maps."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hansa.codes import geography_codes
from hansa.errors import HansaError, UsageError
from hansa.sources.geometry import EUROGEOGRAPHICS, laea, read_geometry

SQUARE = [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]
HOLE = [[10.4, 50.4], [10.4, 50.6], [10.6, 50.6], [10.4, 50.4]]


def feature(code: str, coordinates: Any, kind: str = "Polygon", **extra: Any) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"NUTS_ID": code}, "geometry": shape, **extra}


def written(folder: Path, features: list[Any], name: str = "a.geojson", **extra: Any) -> Path:
    path = folder / name
    text = json.dumps({"type": "FeatureCollection", "features": features, **extra})
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


# --- reading -------------------------------------------------------------------------


def test_polygons_parts_and_holes(tmp_path: Path) -> None:
    far = [[[20, 60], [21, 60], [20, 61]]]
    path = written(
        tmp_path,
        [
            feature("DE80", [SQUARE[0], HOLE]),
            feature("SE11", [SQUARE, far], "MultiPolygon"),
        ],
        notice="© A publisher",
    )
    found = read_geometry(path)
    assert found.codes == ("DE80", "SE11")
    (part,) = found.shape("DE80") or ()
    assert [len(ring) for ring in part] == [4, 3], "the first point is not repeated"
    assert part[0].tolist()[0] == [10, 50]
    assert len(found.shape("SE11") or ()) == 2
    assert found.shape("XX") is None
    assert found.notice == "© A publisher"


def test_a_packed_file_gives_the_same_and_its_name_the_version(tmp_path: Path) -> None:
    plain = read_geometry(written(tmp_path, [feature("DE80", SQUARE)], "b.json"), "© A")
    packed = read_geometry(
        written(tmp_path, [feature("DE80", SQUARE)], "nuts2013_20m_level2.geojson.gz"), "© A"
    )
    assert plain.codes == packed.codes
    assert np.array_equal(plain.polygons[0][0][0], packed.polygons[0][0][0])
    assert (plain.version, packed.version) == ("", "nuts:2013")


def test_the_code_may_be_the_id_of_the_feature(tmp_path: Path) -> None:
    one = {**feature("", SQUARE), "properties": {}, "id": "DE80"}
    assert read_geometry(written(tmp_path, [one]), "© A").codes == ("DE80",)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([feature("", SQUARE)], "no code"),
        ([feature("A", SQUARE), feature("A", SQUARE)], "stands twice"),
        ([feature("A", [1, 2], "Point")], "no area"),
        ([feature("A", [[[1, 2], [3, 4]]])], "fewer than three"),
        ([feature("A", [[[4e6, 3e6], [4e6, 3.1e6], [4.1e6, 3e6]]])], "not in degrees"),
        ([feature("A", [[["x", 2], [3, 4], [5, 6]]])], "pairs of numbers"),
        ([], "no regions"),
    ],
)
def test_broken_shapes_are_refused(tmp_path: Path, features: list[Any], message: str) -> None:
    with pytest.raises(HansaError, match=message):
        read_geometry(written(tmp_path, features), "© A")


def test_a_declared_projection_is_refused(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}
    with pytest.raises(HansaError, match="3035"):
        read_geometry(written(tmp_path, [feature("A", SQUARE)], crs=crs), "© A")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HansaError, match="no such file"):
        read_geometry(tmp_path / "none.geojson")
    (tmp_path / "a.geojson").write_text("{")
    with pytest.raises(HansaError, match="cannot be read"):
        read_geometry(tmp_path / "a.geojson")
    (tmp_path / "b.geojson.gz").write_bytes(b"no gzip")
    with pytest.raises(HansaError, match="cannot be read"):
        read_geometry(tmp_path / "b.geojson.gz")
    (tmp_path / "c.geojson").write_text('{"type": "Topology"}')
    with pytest.raises(HansaError, match="Topology"):
        read_geometry(tmp_path / "c.geojson")


def test_boundaries_without_a_notice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="notice"):
        read_geometry(written(tmp_path, [feature("A", SQUARE)]))


@pytest.mark.data
@pytest.mark.parametrize("version", ["2006", "2013", "2016", "2021", "2024"])
def test_the_published_boundaries_hold_codes_of_their_version(
    hansa_data: Path, version: str
) -> None:
    path = hansa_data / "geometry" / f"nuts{version}_20m_level2.geojson.gz"
    found = read_geometry(path, EUROGEOGRAPHICS)
    assert found.version == f"nuts:{version}"
    regions = {c for c, level in geography_codes(found.version).level.items() if level == "nuts2"}
    shared = regions & set(found.codes)
    assert len(shared) >= 0.85 * len(regions)


# --- projection ----------------------------------------------------------------------


def test_the_worked_point_of_the_grid() -> None:
    """50° N 5° E in EPSG:3035 is E 3 962 799.45, N 2 999 718.85 (IOGP guidance note 7-2)."""
    assert laea(np.array([[5.0, 50.0]]))[0] == pytest.approx([3962799.45, 2999718.85], abs=0.01)


def test_the_centre_has_its_false_coordinates() -> None:
    assert laea(np.array([[10.0, 52.0]]))[0] == pytest.approx([4321000, 3210000])


@pytest.mark.parametrize(("west", "south"), [(-10, 36), (20, 69), (10, 52), (33, 34)])
def test_areas_are_kept(west: float, south: float) -> None:
    """A trapezium of the ellipsoid against the area inside its projected outline."""
    side, steps = 1.0, 400
    t = np.linspace(0, side, steps, endpoint=False)
    ring = np.concatenate(
        [
            np.column_stack((west + t, np.full(steps, south))),
            np.column_stack((np.full(steps, west + side), south + t)),
            np.column_stack((west + side - t, np.full(steps, south + side))),
            np.column_stack((np.full(steps, west), south + side - t)),
        ]
    )
    x, y = laea(ring).T
    drawn = abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2
    # Strip by strip: radius of the parallel times the arc along the meridian.
    a, f = 6_378_137.0, 1 / 298.257222101
    square = f * (2 - f)
    latitude = np.radians(south + (np.arange(4000) + 0.5) / 4000 * side)
    w = np.sqrt(1 - square * np.sin(latitude) ** 2)
    strips = a * np.cos(latitude) / w * (a * (1 - square) / w**3)
    true = math.radians(side) ** 2 * strips.mean()
    assert drawn == pytest.approx(true, rel=1e-6)
