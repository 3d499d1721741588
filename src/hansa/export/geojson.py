"""A layer as GeoJSON (RFC 7946): one feature a region, the publisher's notice in the file."""

from __future__ import annotations

import json
from typing import Any

from hansa.export.prepare import Ready
from hansa.export.regions import Layer
from hansa.export.shapes import coordinates


def geojson_bytes(ready: Ready, layer: Layer) -> bytes:
    """A FeatureCollection in degrees (WGS 84), a feature on each line.

    `notice` is what the publisher of the boundaries asks every map to show; `hansa` holds the
    header of the table and what each property means. A region without a shape has the geometry
    null, a value that is not known is null.
    """
    header = ready.panel.header
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "name": header.measure,
        "notice": layer.notice,
        "hansa": {
            **header.as_dict(),
            "properties": {f.name: dict(f.means) for f in layer.fields},
        },
    }
    start = _json(head)[:-1] + ',"features":[\n'
    features = (_json(_feature(layer, i)) for i in range(len(layer.codes)))
    return (start + ",\n".join(features) + "\n]}\n").encode()


def _feature(layer: Layer, i: int) -> dict[str, Any]:
    shape, name = layer.shapes[i], layer.names[i]
    own = {layer.key: layer.codes[i], **({"name": name} if any(layer.names) else {})}
    return {
        "type": "Feature",
        "id": layer.codes[i],
        "properties": own | {f.name: f.values[i] for f in layer.fields},
        "geometry": None if shape is None else coordinates(shape),
    }


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
