"""Rings of regions as standards want them: closed, outer ones anticlockwise, holes clockwise."""

from __future__ import annotations

import struct

import numpy as np

from hansa.law import Floats
from hansa.sources.geometry import Polygon, laea

DECIMALS = 6
"""Of degrees in GeoJSON: a tenth of a metre, as RFC 7946 advises."""


def twice_area(ring: Floats) -> float:
    """Twice the signed area of a ring that is not closed; positive where it runs anticlockwise."""
    x, y = (ring - ring.mean(axis=0)).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def oriented(polygon: Polygon) -> tuple[Floats, ...]:
    """The rings of a polygon, closed; the first anticlockwise, the others clockwise."""
    return tuple(_closed(ring, anticlockwise=i == 0) for i, ring in enumerate(polygon))


def _closed(ring: Floats, anticlockwise: bool) -> Floats:
    own = ring if (twice_area(ring) > 0) == anticlockwise else ring[::-1]
    return np.concatenate([own, own[:1]])


def projected(polygons: tuple[Polygon, ...], srs: int) -> tuple[Polygon, ...]:
    """The same polygons in degrees (4326), or in metres of the European grid (3035)."""
    if srs == 4326:
        return polygons
    return tuple(tuple(laea(ring) for ring in polygon) for polygon in polygons)


def coordinates(polygons: tuple[Polygon, ...]) -> dict[str, object]:
    """A GeoJSON geometry (RFC 7946) of one region."""
    parts = [
        [np.round(ring, DECIMALS).tolist() for ring in oriented(polygon)] for polygon in polygons
    ]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def envelope(polygons: tuple[Polygon, ...]) -> tuple[float, float, float, float]:
    """Least x, least y, greatest x, greatest y."""
    outer = np.concatenate([polygon[0] for polygon in polygons])
    (x0, y0), (x1, y1) = outer.min(axis=0), outer.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def geopackage_blob(polygons: tuple[Polygon, ...], srs: int) -> bytes:
    """A multipolygon as GeoPackage stores it: header with envelope (2.1.3), then ISO WKB."""
    x0, y0, x1, y1 = envelope(polygons)
    # Flags 3: little endian, envelope of x and y.
    head = b"GP" + struct.pack("<BBi4d", 0, 3, srs, x0, x1, y0, y1)
    return head + struct.pack("<BII", 1, 6, len(polygons)) + b"".join(map(_wkb, polygons))


def _wkb(polygon: Polygon) -> bytes:
    rings = oriented(polygon)
    parts = [struct.pack("<BII", 1, 3, len(rings))]
    for ring in rings:
        parts.append(struct.pack("<I", len(ring)))
        parts.append(np.ascontiguousarray(ring, "<f8").tobytes())
    return b"".join(parts)
