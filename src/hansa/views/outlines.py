"""Boundaries in pixels: fitted into a window, clipped to it, and hatched. Plain geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hansa.law import Floats
from hansa.sources.geometry import Geometry, Polygon, laea

# Part of the world a map of European regions shows, in degrees; the rest lies overseas.
WEST, EAST, SOUTH, NORTH = -25.0, 45.0, 34.0, 72.5
_GRID = 4.0  # points are rounded to a quarter of a pixel, the same on both sides of a border
_LEAST_AREA = 0.3

PixelPolygon = tuple[Floats, ...]


@dataclass(frozen=True)
class Window:
    """A rectangle of the projected plane (metres) and its size on the picture (pixels)."""

    west: float
    north: float
    unit: float
    wide: float
    high: float

    def pixels(self, metres: Floats) -> Floats:
        """Points of the projected plane in pixels of the picture, y downwards."""
        x = (metres[:, 0] - self.west) / self.unit
        y = (self.north - metres[:, 1]) / self.unit
        return np.column_stack((x, y))


def projected(geometry: Geometry) -> dict[str, tuple[PixelPolygon, ...]]:
    """Region -> its parts in metres, without those overseas.

    A region whose largest part lies overseas has none, whatever small islands lie nearer.
    """
    return {
        code: tuple(tuple(laea(ring) for ring in part) for part in parts if _near(part))
        if _near(max(parts, key=_extent))
        else ()
        for code, parts in zip(geometry.codes, geometry.polygons, strict=True)
    }


def _extent(part: Polygon) -> float:
    """Roughly the area of a part in square degrees of the equator."""
    latitude = float(part[0][:, 1].mean())
    return abs(signed_area(part[0])) * math.cos(math.radians(latitude))


def _near(part: Polygon) -> bool:
    x, y = (part[0].min(axis=0) + part[0].max(axis=0)) / 2
    return bool(WEST <= x <= EAST and SOUTH <= y <= NORTH)


def window(shapes: Iterable[tuple[PixelPolygon, ...]], room: tuple[float, float]) -> Window:
    """The smallest window around shapes, with a margin, as large as the room allows (pixels)."""
    points = np.concatenate([part[0] for parts in shapes for part in parts])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.03 * float((high - low).max())
    wide, tall = (float(v) + 2 * margin for v in high - low)
    unit = max(wide / room[0], tall / room[1])
    return Window(float(low[0]) - margin, float(high[1]) + margin, unit, wide / unit, tall / unit)


def drawn(parts: tuple[PixelPolygon, ...], view: Window) -> tuple[PixelPolygon, ...]:
    """Parts in pixels, clipped to the window, without what is too small to be seen.

    Where all parts are too small the largest one stays.
    """
    found: list[tuple[float, PixelPolygon]] = []
    for part in parts:
        rings = [_clipped(_rounded(view.pixels(ring)), view) for ring in part]
        if len(rings[0]) < 3:
            continue
        area = abs(signed_area(rings[0]))
        holes = [r for r in rings[1:] if len(r) >= 3 and abs(signed_area(r)) >= _LEAST_AREA]
        turned = [_turned(rings[0], outer=True), *(_turned(r, outer=False) for r in holes)]
        found.append((area, tuple(turned)))
    seen = [polygon for area, polygon in found if area >= _LEAST_AREA]
    return tuple(seen or [max(found, key=lambda f: f[0])[1]] if found else ())


def signed_area(ring: Floats) -> float:
    """Area inside a ring in square pixels; positive where it runs clockwise on the screen."""
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def feature(polygons: Sequence[PixelPolygon], **facts: Any) -> dict[str, Any]:
    """A GeoJSON feature of pixels; `facts` stand beside the geometry."""
    coordinates = [[_closed(ring) for ring in polygon] for polygon in polygons]
    shape = {"type": "MultiPolygon", "coordinates": coordinates}
    return {"type": "Feature", "geometry": shape, **facts}


def middle(polygons: Sequence[PixelPolygon]) -> tuple[float, float]:
    """The centre of gravity of the largest part."""
    ring = max((p[0] for p in polygons), key=lambda r: abs(signed_area(r)))
    x, y = ring.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    whole = float(cross.sum())
    if abs(whole) < 1e-9:
        return float(x.mean()), float(y.mean())
    at = [float(((v + np.roll(v, -1)) * cross).sum()) / (3 * whole) for v in (x, y)]
    return round(at[0], 2), round(at[1], 2)


def hatching(polygons: Sequence[PixelPolygon], step: float = 5.0) -> list[dict[str, float]]:
    """Diagonal lines inside polygons, for `rules`; holes stay free."""
    lines = []
    for polygon in polygons:
        starts = np.concatenate(polygon)
        ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in polygon])
        # u counts across the lines, v along them.
        u, v = starts.sum(axis=1), starts[:, 0] - starts[:, 1]
        u2, v2 = ends.sum(axis=1), ends[:, 0] - ends[:, 1]
        first, last = math.ceil(float(u.min()) / step), math.floor(float(u.max()) / step)
        for k in range(first, last + 1):
            at = k * step
            # Half open, so that a corner on the line counts once.
            crossing = (u <= at) != (u2 <= at)
            share = (at - u[crossing]) / (u2[crossing] - u[crossing])
            along = np.sort(v[crossing] + share * (v2[crossing] - v[crossing]))
            for a, b in zip(along[::2], along[1::2], strict=True):
                if b - a < 1:
                    continue
                ends_ = {"x": at + a, "y": at - a, "x2": at + b, "y2": at - b}
                lines.append({name: round(float(value) / 2, 1) for name, value in ends_.items()})
    return lines


def _rounded(ring: Floats) -> Floats:
    """The ring on a grid of quarter pixels, without repeated points."""
    snapped = np.round(ring * _GRID) / _GRID
    keep = np.any(snapped != np.roll(snapped, 1, axis=0), axis=1)
    result: Floats = snapped[keep]
    return result


def _clipped(ring: Floats, view: Window) -> Floats:
    """The part of a ring inside the window: cut by its four sides, one after the other."""
    for axis, limit, sign in (
        (0, 0.0, 1.0),
        (0, view.wide, -1.0),
        (1, 0.0, 1.0),
        (1, view.high, -1.0),
    ):
        inside = sign * (ring[:, axis] - limit) >= 0 if len(ring) else np.empty(0, bool)
        if inside.all():
            continue
        if not inside.any():
            return np.empty((0, 2))
        points = []
        for i in range(len(ring)):
            here, before = ring[i], ring[i - 1]
            if inside[i] != inside[i - 1]:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                points.append(before + share * (here - before))
            if inside[i]:
                points.append(here)
        ring = np.round(np.array(points), 2)
    return ring


def _turned(ring: Floats, *, outer: bool) -> Floats:
    """Outer rings one way and holes the other, so that holes stay empty when filled."""
    return ring if (signed_area(ring) > 0) == outer else ring[::-1]


def _closed(ring: Floats) -> list[list[float]]:
    points: list[list[float]] = ring.tolist()
    return [*points, points[0]]
