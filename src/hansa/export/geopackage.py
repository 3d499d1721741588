"""A layer and its table as a GeoPackage (OGC 12-128r19, version 1.4): one SQLite file.

The file is made in memory and written as a whole, so no journal is left and readers never see
a part of it. Numbers of sections are those of the standard.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

import pyarrow as pa

from hansa.errors import HansaError
from hansa.export.prepare import Ready
from hansa.export.regions import Layer
from hansa.export.shapes import envelope, geopackage_blob, projected
from hansa.export.spatialindex import add_index, can_index

_APPLICATION, _VERSION = 0x47504B47, 10400  # "GPKG", 1.4 (1.1.1.1.1)
_CHANGED = "2000-01-01T00:00:00.000Z"  # fixed, so that the same content gives the same bytes

_WGS_84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AUTHORITY["EPSG","4326"]]'
)
_ETRS89_LAEA = (
    'PROJCS["ETRS89-extended / LAEA Europe",GEOGCS["ETRS89",'
    'DATUM["European_Terrestrial_Reference_System_1989",SPHEROID["GRS 1980",6378137,'
    '298.257222101,AUTHORITY["EPSG","7019"]],AUTHORITY["EPSG","6258"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AUTHORITY["EPSG","4258"]],PROJECTION["Lambert_Azimuthal_Equal_Area"],'
    'PARAMETER["latitude_of_center",52],PARAMETER["longitude_of_center",10],'
    'PARAMETER["false_easting",4321000],PARAMETER["false_northing",3210000],UNIT["metre",1,'
    'AUTHORITY["EPSG","9001"]],AUTHORITY["EPSG","3035"]]'
)
_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "Cartesian, not further known"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "geographic, not further known"),
    ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS_84, "longitude and latitude in degrees"),
    ("ETRS89 / LAEA Europe", 3035, "EPSG", 3035, _ETRS89_LAEA, "metres, areas kept"),
)
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""
_CONTENTS = "INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def geopackage_bytes(ready: Ready, layer: Layer, table: pa.Table, srs: int = 4326) -> bytes:
    """The bytes of a GeoPackage with three tables.

    regions  a layer of multipolygons, one row a region, with the layer's columns; with a spatial
             index where the SQLite of this Python has R-trees (`can_index`)
    data     the whole table as it is, row by row, without shapes
    about    what the columns mean, the header of the table, the notice of the boundaries

    table  the long table, with labels where they are wanted
    srs    4326: degrees (WGS 84); 3035: metres of the European equal-area grid
    """
    file = sqlite3.connect(":memory:", isolation_level=None)
    try:
        file.execute(f"PRAGMA application_id = {_APPLICATION}")
        file.execute(f"PRAGMA user_version = {_VERSION}")
        file.executescript(_TABLES)
        file.execute("BEGIN")
        file.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _SYSTEMS)
        _regions(file, ready, layer, srs)
        _data(file, ready, table)
        _about(file, ready, layer)
        file.execute("COMMIT")
        return bytes(file.serialize())
    finally:
        file.close()


def _regions(file: sqlite3.Connection, ready: Ready, layer: Layer, srs: int) -> None:
    shapes = [None if s is None else projected(s, srs) for s in layer.shapes]
    boxes = [envelope(s) for s in shapes if s is not None]
    west, south, east, north = zip(*boxes, strict=True)
    box = (min(west), min(south), max(east), max(north))
    text = f"{ready.title}. {layer.notice}"
    row = ("regions", "features", "regions", text, _CHANGED, *box, srs)
    file.execute(_CONTENTS, row)
    file.execute(
        "INSERT INTO gpkg_geometry_columns VALUES ('regions', 'geom', 'MULTIPOLYGON', ?, 0, 0)",
        (srs,),
    )
    columns = [("geom", "MULTIPOLYGON"), (layer.key, "TEXT"), ("name", "TEXT")]
    columns += [(f.name, "DOUBLE" if f.numeric else "TEXT") for f in layer.fields]
    blobs = (None if s is None else geopackage_blob(s, srs) for s in shapes)
    values = [f.values for f in layer.fields]
    rows = zip(blobs, layer.codes, layer.names, *values, strict=True)
    _table(file, "regions", columns, rows)
    if can_index():
        # SQLite numbers rows from 1 as they are put in.
        keys = (at for at, shape in enumerate(shapes, 1) if shape is not None)
        add_index(file, "regions", "geom", zip(keys, boxes, strict=True))


def _data(file: sqlite3.Connection, ready: Ready, table: pa.Table) -> None:
    kinds = [
        "TEXT" if pa.types.is_string(t) else "INTEGER" if pa.types.is_integer(t) else "DOUBLE"
        for t in table.schema.types
    ]
    _refuse_names(table.column_names)
    _attributes(file, "data", f"{ready.title}: every row of the table")
    columns = list(zip(table.column_names, kinds, strict=True))
    rows = (
        values
        for batch in table.to_batches(max_chunksize=1 << 16)
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    _table(file, "data", columns, rows)


def _refuse_names(names: Sequence[str]) -> None:
    """Raise for columns that SQLite takes for one: it does not tell capitals from small letters."""
    met = {"fid"}
    for name in names:
        if name.lower() in met:
            raise HansaError(
                "a GeoPackage cannot hold a column of this name",
                printed=name,
                admissible="names that differ in more than capitals, and none called fid",
                fix="rename the column, or choose another format",
            )
        met.add(name.lower())


def _about(file: sqlite3.Connection, ready: Ready, layer: Layer) -> None:
    said: list[tuple[str, str]] = [("notice of the boundaries", layer.notice)]
    for head, value in ready.panel.header.as_dict().items():
        several = value if isinstance(value, list) else [value]
        said += [(head, str(one)) for one in several]
    for field in layer.fields:
        said.append((f"column {field.name}", json.dumps(dict(field.means), ensure_ascii=False)))
    _attributes(file, "about", "What the table and its columns mean")
    _table(file, "about", [("what", "TEXT"), ("text", "TEXT")], said)


def _attributes(file: sqlite3.Connection, name: str, text: str) -> None:
    row = (name, "attributes", name, text, _CHANGED, None, None, None, None, None)
    file.execute(_CONTENTS, row)


def _table(
    file: sqlite3.Connection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[object]],
) -> None:
    """A user table: a whole number as its key (1.1.2.3 and 2.4), then the columns."""
    shown = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns)
    file.execute(f"CREATE TABLE {_quoted(name)} (fid INTEGER PRIMARY KEY NOT NULL, {shown})")
    marks = ", ".join("?" * len(columns))
    names = ", ".join(_quoted(column) for column, _ in columns)
    file.executemany(f"INSERT INTO {_quoted(name)} ({names}) VALUES ({marks})", rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
