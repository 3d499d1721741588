"""Boundary files: random shapes, then other values in their tree, then damage to their bytes."""

from __future__ import annotations

import gzip
import json

from fuzz_cases import BYTES, NUMBERS, Choice, damaged, folder, fuzzed, outcome
from hypothesis import strategies as st

from hansa.sources.geometry import read_geometry

POINTS = st.tuples(st.integers(-179, 179), st.integers(-89, 89))
RINGS = st.lists(POINTS, min_size=3, max_size=5, unique=True)
SHAPES = st.lists(st.lists(RINGS, min_size=1, max_size=2), min_size=1, max_size=2)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-400, 400),
    st.sampled_from([1e400, 1e308, -1e-320, 10**30, "", "a", "1.5", [], {}, [[]], [1], {"a": 1}]),
    st.sampled_from(["Polygon", "Point", "FeatureCollection", [["1", "2"]], [[1, 2, 3]], [None]]),
)


def tree(regions, style):
    """A FeatureCollection and what is in it: code -> parts, rings without the repeated point."""
    choice = Choice(style)
    key = choice.of(("NUTS_ID", "nuts_id", "id", "code", "geo", ""))
    features, answer = [], {}
    for i, shape in enumerate(regions):
        code = f"SE{i}1"
        rings = [
            [[*ring, ring[0]] if choice.of((True, False)) else ring for ring in p] for p in shape
        ]
        single = len(shape) == 1 and choice.of((True, False))
        geometry = {
            "type": "Polygon" if single else "MultiPolygon",
            "coordinates": rings[0] if single else rings,
        }
        feature = {
            "type": "Feature",
            "geometry": geometry,
            "properties": {key: code} if key else None,
        }
        features.append(feature if key else feature | {"id": code})
        answer[code] = shape
    data = {"type": "FeatureCollection", "features": features}
    notice = choice.of(("", "", "© someone"))
    if notice:
        data["notice"] = notice
    if choice.of((False, True)):
        data["crs"] = {"properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}
    return data, answer, notice


def spots(node, path=()):
    """Every place in a tree."""
    yield path
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node if isinstance(node, list) else ())
    )
    for key, value in inner:
        yield from spots(value, (*path, key))


def replaced(node, path, value):
    """The tree with another value at a place."""
    if not path:
        return value
    own = dict(node) if isinstance(node, dict) else list(node)
    own[path[0]] = replaced(own[path[0]], path[1:], value)
    return own


@fuzzed(
    st.tuples(
        st.lists(SHAPES, min_size=1, max_size=3),
        NUMBERS,
        st.lists(st.tuples(NUMBERS, ODD), max_size=2),
        st.one_of(st.just([]), st.just([]), BYTES),
    ),
    few=60,
)
def test_fuzz_boundaries(case):
    regions, style, changes, damage = case
    data, answer, notice = tree(regions, style)
    data = json.loads(json.dumps(data))
    for at, value in changes:
        data = replaced(data, Choice(at).of(list(spots(data))), value)
    packed = Choice(style).of((False, True))
    raw = json.dumps(data).encode()
    raw = damaged(gzip.compress(raw, 1) if packed else raw, damage)
    with folder() as place:
        path = place / ("nuts2013.geojson.gz" if packed else "nuts2013.json")
        path.write_bytes(raw)
        found, refused = outcome(lambda: read_geometry(path, "" if notice else "© us"), str(path))
    if not changes and not damage:
        assert refused is None, refused
        assert found.notice == (notice or "© us")
        assert found.version == "nuts:2013"
    if refused is None:
        if changes or damage:
            answer = by_hand(
                json.loads(gzip.decompress(raw) if packed else raw.decode("utf-8-sig"))
            )
        assert list(found.codes) == list(answer)
        for code, parts in answer.items():
            assert [[r.tolist() for r in p] for p in found.shape(code)] == [
                [[[float(x) for x in point] for point in ring] for ring in p] for p in parts
            ]


def by_hand(data):
    """Code -> parts by a second reader; fails where it would not swear to them."""
    found = {}
    for feature in data["features"]:
        own = feature.get("properties")
        own = own if isinstance(own, dict) else {}
        keys = ("NUTS_ID", "nuts_id", "id", "code", "geo")
        code = next((own[k] for k in keys if own.get(k)), feature.get("id")).strip()
        geometry = feature["geometry"]
        parts = geometry["coordinates"]
        parts = [parts] if geometry["type"] == "Polygon" else parts
        assert parts
        assert code
        assert code not in found
        found[code] = []
        for part in parts:
            assert part
            rings = [[[number(v) for v in point[:2]] for point in ring] for ring in part]
            rings = [r[:-1] if len(r) > 1 and r[0] == r[-1] else r for r in rings]
            assert all(len(r) >= 3 and all(len(p) == 2 for p in r) for r in rings)
            found[code].append(rings)
    return found


def number(value):
    """A coordinate is a number, nothing else."""
    assert isinstance(value, int | float)
    assert not isinstance(value, bool)
    return float(value)
