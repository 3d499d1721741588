"""The spatial index of a GeoPackage: extension `gpkg_rtree_index` (OGC 12-128r19, annex F.3).

An R-tree of SQLite holds the envelope of every shape; programs that show a window of a map read
only the regions in it. The triggers keep the index true when somebody edits the layer. They call
functions (`ST_MinX` and so on) that every program with GeoPackage has; plain SQLite has none and
can read the file, not edit the layer: hence the scope `write-only`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

NAME = "gpkg_rtree_index"
_EXTENSIONS = """CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"""
_DEFINITION = "http://www.geopackage.org/spec140/#extension_rtree"

_BOX = "ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})"
_SHAPED = "(NEW.{c} NOTNULL AND NOT ST_IsEmpty(NEW.{c}))"
_BARE = "(NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c}))"
_WAS_SHAPED = "(OLD.{c} NOTNULL AND NOT ST_IsEmpty(OLD.{c}))"
_WAS_BARE = "(OLD.{c} ISNULL OR ST_IsEmpty(OLD.{c}))"
_PUT = f"INSERT OR REPLACE INTO {{r}} VALUES (NEW.{{i}}, {_BOX});"
_OUT = "DELETE FROM {r} WHERE id = OLD.{i};"
_MOVED = (
    "UPDATE {r} SET minx = ST_MinX(NEW.{c}), maxx = ST_MaxX(NEW.{c}), miny = ST_MinY(NEW.{c}), "
    "maxy = ST_MaxY(NEW.{c}) WHERE id = NEW.{i};"
)
# Name, event, condition, what is done: the triggers of version 1.4, where update1 and update3 of
# the earlier versions are gone.
_TRIGGERS = (
    ("insert", "INSERT", _SHAPED, _PUT),
    ("update2", "UPDATE OF {c}", f"OLD.{{i}} = NEW.{{i}} AND {_BARE}", _OUT),
    (
        "update4",
        "UPDATE",
        f"OLD.{{i}} != NEW.{{i}} AND {_BARE}",
        "DELETE FROM {r} WHERE id IN (OLD.{i}, NEW.{i});",
    ),
    ("update5", "UPDATE", f"OLD.{{i}} != NEW.{{i}} AND {_SHAPED}", f"{_OUT} {_PUT}"),
    (
        "update6",
        "UPDATE OF {c}",
        f"OLD.{{i}} = NEW.{{i}} AND {_SHAPED} AND {_WAS_SHAPED}",
        _MOVED,
    ),
    (
        "update7",
        "UPDATE OF {c}",
        f"OLD.{{i}} = NEW.{{i}} AND {_SHAPED} AND {_WAS_BARE}",
        f"INSERT INTO {{r}} VALUES (NEW.{{i}}, {_BOX});",
    ),
    ("delete", "DELETE", "OLD.{c} NOTNULL", _OUT),
)

Box = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""


def can_index() -> bool:
    """Whether the SQLite of this Python was built with R-trees."""
    file = sqlite3.connect(":memory:")
    try:
        file.execute("CREATE VIRTUAL TABLE tried USING rtree(id, minx, maxx, miny, maxy)")
    except sqlite3.OperationalError:
        return False
    finally:
        file.close()
    return True


def add_index(
    file: sqlite3.Connection, table: str, column: str, boxes: Iterable[tuple[int, Box]]
) -> None:
    """Index a table of shapes that is filled already; the key of the table is `fid`.

    table, column  plain names: letters, digits, underscores
    boxes          key and envelope of every row with a shape; SQLite keeps 32 bits of a number,
                   rounded so that an envelope never gets smaller
    """
    names = {"r": f'"rtree_{table}_{column}"', "t": f'"{table}"', "c": f'"{column}"', "i": '"fid"'}
    file.execute(_EXTENSIONS)
    file.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, 'write-only')",
        (table, column, NAME, _DEFINITION),
    )
    file.execute(f"CREATE VIRTUAL TABLE {names['r']} USING rtree(id, minx, maxx, miny, maxy)")
    rows = ((key, west, east, south, north) for key, (west, south, east, north) in boxes)
    file.executemany(f"INSERT INTO {names['r']} VALUES (?, ?, ?, ?, ?)", rows)
    # After the rows: the functions that triggers call are not known here.
    for name, event, condition, action in _TRIGGERS:
        text = (
            f'CREATE TRIGGER "rtree_{table}_{column}_{name}" AFTER {event} ON {{t}} '
            f"WHEN {condition} BEGIN {action} END"
        )
        file.execute(text.format(**names))
