"""The spatial index of a GeoPackage: by the standard, true to the shapes, used by GDAL."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
import pytest
from export_panels import boundaries, quotients
from hypothesis import given, settings
from hypothesis import strategies as st

import hansa
from hansa.export import geopackage, spatialindex
from hansa.panel import Header, Panel
from hansa.sources.geometry import Geometry

# Reading only the rows of a window needs an index; what is in it is told by the blobs.
Box = tuple[float, float, float, float]


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(path)
    try:
        yield file
    finally:
        file.close()


def scattered(count: int, seed: int = 7) -> tuple[Panel, Geometry]:
    """Small triangles all over the map, every tenth region without a shape."""
    rng = np.random.default_rng(seed)
    codes = tuple(f"R{n:04}" for n in range(count))
    corners = rng.uniform((-20, 35), (40, 70), (count, 2))
    size = rng.uniform(0.01, 2, count)
    ring = np.array([[0.0, 0], [1, 0], [0.3, 1]])
    shapes = tuple(((c + s * ring,),) for c, s in zip(corners, size, strict=True))
    shaped = [n for n in range(count) if n % 10]
    table = pa.table({"geo": codes, "value": rng.uniform(size=count)})
    geometry = Geometry(tuple(codes[n] for n in shaped), tuple(shapes[n] for n in shaped), "©")
    return Panel.of(table, ("geo",), Header("employment")), geometry


def boxes(path: Path) -> dict[str, Box]:
    """Code -> least x, least y, greatest x, greatest y, from the header of each blob."""
    with opened(path) as file:
        rows = file.execute("SELECT geo, geom FROM regions WHERE geom NOTNULL").fetchall()
    found = {}
    for code, blob in rows:
        x0, x1, y0, y1 = struct.unpack_from("<4d", blob, 8)
        found[code] = (x0, y0, x1, y1)
    return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    panel, shapes = scattered(400)
    path = tmp_path_factory.mktemp("many") / "many.gpkg"
    hansa.export(panel, path, geometry=shapes)
    return path


def test_the_extension_is_told_as_the_standard_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    hansa.export(quotients(), path, geometry=boundaries(tmp_path))
    with opened(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("SELECT rtreecheck('rtree_regions_geom')").fetchone() == ("ok",)
        told = file.execute("SELECT * FROM gpkg_extensions").fetchall()
        triggers = {
            name.removeprefix("rtree_regions_geom_")
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        }
    assert [row[:3] for row in told] == [("regions", "geom", "gpkg_rtree_index")]
    assert told[0][4] == "write-only"
    assert told[0][3].endswith("#extension_rtree")
    # Annex F.3 of version 1.4; update1 and update3 are those of before.
    assert triggers == {
        "insert", "update2", "update4", "update5", "update6", "update7", "delete",
    }  # fmt: skip


def test_every_shape_lies_in_its_box_and_no_row_without_a_shape_is_indexed(many: Path) -> None:
    own = boxes(many)
    with opened(many) as file:
        rows = file.execute(
            "SELECT geo, minx, miny, maxx, maxy FROM rtree_regions_geom JOIN regions ON fid = id"
        ).fetchall()
    assert {row[0] for row in rows} == set(own)
    assert len(rows) == 360
    for code, x0, y0, x1, y1 in rows:
        a, b, c, d = own[code]
        assert x0 <= a
        assert y0 <= b
        assert x1 >= c
        assert y1 >= d
        assert max(a - x0, b - y0, x1 - c, y1 - d) < 1e-4


def test_gdal_uses_the_index(many: Path) -> None:
    info = pyogrio.read_info(many, layer="regions")
    assert info["capabilities"]["fast_spatial_filter"]


@pytest.fixture(scope="module")
def shapes(many: Path) -> dict[str, bytes]:
    _, whole = pyogrio.raw.read_arrow(many, layer="regions")
    return {r["geo"]: r["geom"] for r in whole.to_pylist() if r["geom"] is not None}


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-25, 45), st.floats(30, 72), st.floats(0.01, 20), st.floats(0.01, 20)
)  # fmt: skip
def test_a_window_holds_what_brute_force_finds(
    many: Path, shapes: dict[str, bytes], x: float, y: float, width: float, height: float
) -> None:
    window = (x, y, x + width, y + height)
    _, table = pyogrio.raw.read_arrow(many, layer="regions", bbox=window)
    expected = {code for code, wkb in shapes.items() if _meets(wkb, window)}
    assert set(table["geo"].to_pylist()) == expected


def _meets(wkb: bytes, window: Box) -> bool:
    """Whether a triangle and a window have a point in common: no line parts them."""
    triangle = np.frombuffer(wkb, "<f8", 6, 9 + 9 + 4).reshape(3, 2)
    x0, y0, x1, y1 = window
    square = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    for ring in (triangle, square):
        for side in np.roll(ring, -1, axis=0) - ring:
            across = np.array([-side[1], side[0]])
            one, other = triangle @ across, square @ across
            if one.max() < other.min() or other.max() < one.min():
                return False
    return True


def _functions(file: sqlite3.Connection) -> None:
    """The functions that programs with GeoPackage have, on the envelope of a blob."""
    for at, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        file.create_function(name, 1, lambda b, at=at: struct.unpack_from("<4d", b, 8)[at])
    file.create_function("ST_IsEmpty", 1, lambda b: None if b is None else len(b) < 49)


def _indexed(file: sqlite3.Connection) -> dict[int, Box]:
    rows = file.execute("SELECT id, minx, miny, maxx, maxy FROM rtree_regions_geom").fetchall()
    return {key: tuple(np.float32(v) for v in box) for key, *box in rows}  # type: ignore[misc]


def test_the_triggers_keep_the_index_true(many: Path, tmp_path: Path) -> None:
    path = tmp_path / "edited.gpkg"
    path.write_bytes(many.read_bytes())
    with opened(path) as file:
        _functions(file)
        before = _indexed(file)
        take = "UPDATE regions SET geom = (SELECT geom FROM regions WHERE fid = 3) WHERE fid = "
        assert 1 not in before, "the first region has no shape"
        file.execute(take + "1")  # update7: a shape where there was none
        file.execute(take + "2")  # update6: another shape
        file.execute("UPDATE regions SET geom = NULL WHERE fid = 4")  # update2: none any more
        file.execute("UPDATE regions SET fid = 9005 WHERE fid = 5")  # update5: another key
        file.execute("UPDATE regions SET fid = 9006, geom = NULL WHERE fid = 6")  # update4
        file.execute("DELETE FROM regions WHERE fid = 7")
        file.execute("INSERT INTO regions (fid, geom) SELECT 9008, geom FROM regions WHERE fid = 8")
        after = _indexed(file)
        check = file.execute("SELECT rtreecheck('rtree_regions_geom')").fetchone()
    gone = {4, 5, 6, 7}
    expected = {k: v for k, v in before.items() if k not in gone}
    expected |= {1: before[3], 2: before[3], 9005: before[5], 9008: before[8]}
    assert after == expected
    assert check == ("ok",)


def test_without_r_trees_the_file_is_whole_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spatialindex.can_index(), "of the Python that tests run in"
    monkeypatch.setattr(spatialindex, "can_index", lambda: False)
    monkeypatch.setattr(geopackage, "can_index", lambda: False)
    path = tmp_path / "a.gpkg"
    done = hansa.export(quotients(), path, geometry=boundaries(tmp_path))
    assert any("without a spatial index" in note for note in done.notes)
    assert pyogrio.read_info(path, layer="regions")["features"] == 3
    with opened(path) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    assert not [name for name in names if "rtree" in name or name == "gpkg_extensions"]
