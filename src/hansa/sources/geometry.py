"""Boundaries of regions from a GeoJSON file, and an equal-area projection for Europe."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hansa.codes.codelist import normal_id
from hansa.errors import HansaError, UsageError, listed
from hansa.law import Floats

# What the publisher of the NUTS boundaries asks every map to show.
EUROGEOGRAPHICS = "Boundaries: © EuroGeographics for the administrative boundaries"

Ring = Floats
Polygon = tuple[Ring, ...]

MOST_BYTES = 400 << 20
"""Unpacked size of a boundary file above which it is refused."""

_NUMBER = (int, float)
_CODES = ("NUTS_ID", "nuts_id", "id", "code", "geo")
_NOTICES = ("notice", "attribution", "copyright", "licence", "license")
# ETRS89 on GRS 80, centre 52° N 10° E: the grid of European statistics (EPSG:3035).
_AXIS, _FLATTENING = 6_378_137.0, 1 / 298.257222101
_CENTRE = (10.0, 52.0)
_FALSE = (4_321_000.0, 3_210_000.0)


@dataclass(frozen=True)
class Geometry:
    """Shapes of regions in degrees.

    codes     one for each region; `polygons` holds their parts in the same order: of each part
              the outer ring first, then its holes; a ring has the shape (points, 2), longitude
              and latitude in degrees, first point not repeated
    notice    what the publisher asks every map to show
    version   code list of the codes (`nuts:2013`), or empty where it is not known
    """

    codes: tuple[str, ...]
    polygons: tuple[tuple[Polygon, ...], ...]
    notice: str
    version: str = ""

    def shape(self, code: str) -> tuple[Polygon, ...] | None:
        """The parts of one region; None where it has no shape here."""
        return self.polygons[self.codes.index(code)] if code in self.codes else None


def read_geometry(path: Path, notice: str = "", version: str = "") -> Geometry:
    """The shapes of a GeoJSON FeatureCollection (`.geojson`, `.json`, also with `.gz`).

    notice   the publisher's notice; taken from the file where it states one
    version  code list of the codes; taken from the member `geography` of the file, or from its
             name (`nuts2013_…`), where one says so
    The code of a region is the property NUTS_ID, id, code or geo, else the id of the feature.
    Coordinates are longitude and latitude in degrees (RFC 7946).
    Raises HansaError for a broken file, and UsageError where there is no notice: a map without
    it may not be shown.
    """
    data = _load(path)
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise HansaError(
            "the file holds no collection of regions",
            place=str(path),
            printed=_shown(data.get("type") if isinstance(data, dict) else data),
            admissible="GeoJSON: a FeatureCollection of polygons",
        )
    _refuse_projected(data, path)
    said = notice or next((data[k] for k in _NOTICES if _is_text(data.get(k))), "")
    if not said:
        raise UsageError(
            "the boundaries come without their publisher's notice",
            place=str(path),
            admissible="the words that every map has to show",
            fix=f"pass them as notice, such as {EUROGEOGRAPHICS!r}",
        )
    shapes: dict[str, tuple[Polygon, ...]] = {}
    for number, feature in enumerate(_list_of(data, "features", str(path)), 1):
        code = _code(feature, f"{path}, feature {number}")
        if code in shapes:
            raise HansaError("a region stands twice in the file", place=str(path), printed=code)
        shapes[code] = tuple(_parts(feature, f"{path}, feature {number} ({code})"))
    if not shapes:
        raise HansaError("the file holds no regions", place=str(path), printed="no features")
    stated = data.get("geography")
    found = version or (stated if _is_text(stated) else "") or _version(path)
    return Geometry(tuple(shapes), tuple(shapes.values()), said, normal_id(found) if found else "")


def laea(points: Floats) -> Floats:
    """Longitude and latitude in degrees to metres east and north, areas kept (EPSG:3035).

    points  shape (n, 2); the result has the same shape
    Lambert's azimuthal equal-area projection of the ellipsoid: J. P. Snyder, Map Projections,
    a Working Manual (1987), equations 24-2 and 24-17 to 24-20.
    """
    longitude, latitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    centre_x, centre_y = (math.radians(v) for v in _CENTRE)
    square = _FLATTENING * (2 - _FLATTENING)
    polar = float(_authalic(np.array([math.pi / 2]))[0])
    radius = _AXIS * math.sqrt(polar / 2)
    beta = np.arcsin(np.clip(_authalic(latitude) / polar, -1, 1))
    beta_0 = math.asin(float(_authalic(np.array([centre_y]))[0]) / polar)
    m_0 = math.cos(centre_y) / math.sqrt(1 - square * math.sin(centre_y) ** 2)
    stretch = _AXIS * m_0 / (radius * math.cos(beta_0))
    turn = longitude - centre_x
    inner = 1 + math.sin(beta_0) * np.sin(beta) + math.cos(beta_0) * np.cos(beta) * np.cos(turn)
    scale = radius * np.sqrt(2 / inner)
    x = scale * stretch * np.cos(beta) * np.sin(turn)
    y = math.cos(beta_0) * np.sin(beta) - math.sin(beta_0) * np.cos(beta) * np.cos(turn)
    return np.column_stack((_FALSE[0] + x, _FALSE[1] + scale / stretch * y))


def _authalic(latitude: Floats) -> Floats:
    """Snyder's q: proportional to the area between the equator and a latitude in radians."""
    square = _FLATTENING * (2 - _FLATTENING)
    e, sine = math.sqrt(square), np.sin(latitude)
    log = np.log((1 - e * sine) / (1 + e * sine))
    result: Floats = (1 - square) * (sine / (1 - square * sine**2) - log / (2 * e))
    return result


def _load(path: Path) -> Any:
    if not path.is_file():
        raise HansaError("there is no such file", place=str(path), admissible="a GeoJSON file")
    try:
        # What an archive unpacks to is not known before; more than this is no map.
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES >> 20} MiB")
        return json.loads(text.decode("utf-8-sig"))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as problem:
        raise HansaError(
            "the boundaries cannot be read",
            place=str(path),
            printed=str(problem)[:160],
            admissible="GeoJSON in UTF-8, plain or with gzip",
        ) from problem


def _list_of(data: dict[str, Any], key: str, place: str) -> list[Any]:
    found = data.get(key)
    if isinstance(found, list) and (found or key == "features"):
        return found
    raise (
        _no_boundary(found, place)
        if key == "coordinates"
        else HansaError(
            f"{key} of the file is no list",
            place=place,
            printed=_shown(found),
            admissible="GeoJSON: a list of regions",
        )
    )


def _no_boundary(found: Any, place: str) -> HansaError:
    return HansaError(
        "a region has no boundary",
        place=place,
        printed=_shown(found),
        admissible="lists of rings, each a list of [longitude, latitude]",
    )


def _is_text(found: Any) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _shown(found: Any) -> str:
    """A piece of the file as it stands there, cut short."""
    return found[:60] if isinstance(found, str) else json.dumps(found)[:60]


def _refuse_projected(data: dict[str, Any], path: Path) -> None:
    """Raise where an old file declares coordinates that are no degrees."""
    crs = data.get("crs") or {}
    properties = (crs.get("properties") if isinstance(crs, dict) else crs) or {}
    name = properties.get("name", "") if isinstance(properties, dict) else properties
    if name and not isinstance(name, str):
        name = _shown(name)
    if name and not re.search(r"(CRS84|4326|4258)$", name):
        raise HansaError(
            "the boundaries are not in degrees",
            place=str(path),
            printed=name,
            admissible="longitude and latitude (EPSG:4326 or EPSG:4258)",
            fix="take the file of the publisher that ends in 4326",
        )


def _version(path: Path) -> str:
    match = re.match(r"nuts[_-]?(20\d\d|1999)(?!\d)", path.name.lower())
    return f"nuts:{match[1]}" if match else ""


def _code(feature: Any, place: str) -> str:
    parts = feature if isinstance(feature, dict) else {}
    properties = parts.get("properties") or {}
    properties = properties if isinstance(properties, dict) else {}
    found = next((properties[k] for k in _CODES if properties.get(k)), parts.get("id"))
    if not _is_text(found):
        raise HansaError(
            "a shape has no code",
            place=place,
            printed=listed(properties) or "no properties",
            admissible=f"one of the properties {', '.join(_CODES)}, or an id, as text",
        )
    return str(found).strip()


def _parts(feature: dict[str, Any], place: str) -> Iterator[Polygon]:
    geometry = feature.get("geometry") or {}
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise HansaError(
            "a region is no area",
            place=place,
            printed=_shown(kind or geometry) if kind or geometry else "no geometry",
            admissible="a Polygon or a MultiPolygon",
        )
    coordinates = _list_of(geometry, "coordinates", place)
    for rings in [coordinates] if kind == "Polygon" else coordinates:
        if not isinstance(rings, list) or not rings:
            raise _no_boundary(rings, place)
        yield tuple(_ring(ring, place) for ring in rings)


def _ring(points: Any, place: str) -> Ring:
    for point in points if isinstance(points, list) else [points]:
        pair = point[:2] if isinstance(point, list) else []
        if len(pair) < 2 or any(isinstance(v, bool) or not isinstance(v, _NUMBER) for v in pair):
            raise HansaError(
                "a boundary holds something else than pairs of numbers",
                place=place,
                printed=_shown(point),
                admissible="[longitude, latitude] in degrees",
            )
    try:
        ring = np.array([point[:2] for point in points], dtype=np.float64).reshape(-1, 2)
    except OverflowError as problem:
        raise _no_degrees("a whole number of more than 308 digits", place) from problem
    if len(ring) > 1 and np.array_equal(ring[0], ring[-1]):
        ring = ring[:-1]
    if len(ring) < 3:
        raise HansaError(
            "a boundary has fewer than three points",
            place=place,
            printed=f"{len(ring)} points",
            admissible="three points or more",
        )
    if not np.isfinite(ring).all() or (np.abs(ring) > (180, 90)).any():
        worst = ring[np.argmax(np.abs(ring / (180, 90)).max(axis=1))]
        raise _no_degrees(f"{worst[0]:g}, {worst[1]:g}", place)
    return ring


def _no_degrees(printed: str, place: str) -> HansaError:
    return HansaError(
        "the boundaries are not in degrees",
        place=place,
        printed=printed,
        admissible="longitude from -180 to 180, latitude from -90 to 90",
    )
