"""SDMX-JSON data messages, 1.0 and 2.0 and the drafts before them, to observations; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from hansa.errors import HansaError
from hansa.sources.live.contract import Observations, Structure
from hansa.sources.live.drafts import TEXT, Draft, encoded, group_attributes, observations
from hansa.sources.live.jsonstat import load
from hansa.sources.live.marks import malformed, values_of_cells

_LEVELS = ("dataSet", "series", "observation")


def read_json_message(body: bytes, structure: Structure | None, place: str) -> Observations:
    """An SDMX-JSON data message as `Observations`: series, flat or cross-section.

    body       the message
    structure  gives dimensions its order; the message itself tells what they are
    place      words for messages of errors

    Dimensions stand in the order of their key positions. Attributes of the data set, of groups,
    series and observations become columns: codes where they have codes, else their texts.
    Raises HansaError for a broken message, several measures or structures, deletions, a
    dimension of `structure` that is missing, and a repeated key.
    """
    told = load(body, place)
    inner = told.get("data", told)
    sets = _list(_dict(inner, place, "data").get("dataSets"), place, "dataSets")
    if not sets:
        raise malformed(place, "no data sets", "a data set")
    own = _structure(inner, sets, place)
    parts = _without_unused(_Parts.of(own, place), sets)
    rows = _Rows(parts, place)
    for one in sets:
        rows.add(_dict(one, place, "data set"))
    order = _order(parts, structure, place)
    columns = {name: _column(parts, rows, name) for name in order}
    draft = Draft(
        columns,
        values_of_cells(rows.values, place),
        {name: encoded(texts) for name, texts in rows.attributes(columns).items()},
        marks={one.id: one.labels for one in parts.attributes},
    )
    time = next((one.id for one in parts.dimensions if one.time), "")
    return observations(
        draft,
        place,
        time=time,
        labels={one.id: one.labels for one in parts.dimensions},
        title=_said(own.get("name")),
        **_artefact(own),
    )


@dataclass(frozen=True)
class _Component:
    """A dimension or an attribute: where it stands, its codes, its labels."""

    id: str
    level: str
    codes: tuple[str, ...]
    labels: Mapping[str, str]
    position: int | None
    default: str | None
    listed: bool
    time: bool


@dataclass(frozen=True)
class _Parts:
    """What a message is made of, in the order in which its keys and arrays go."""

    dimensions: tuple[_Component, ...]
    attributes: tuple[_Component, ...]

    @staticmethod
    def of(told: dict[str, Any], place: str) -> _Parts:
        measures = _dict(told.get("measures", {}), place, "measures").get("observation", [])
        if len(_list(measures, place, "measures")) > 1:
            listed = ", ".join(str(_dict(one, place, "measure").get("id")) for one in measures)
            raise HansaError(
                "the message holds several measures",
                place=place,
                printed=listed,
                admissible="one measure",
                fix="ask for one measure at a time, or for SDMX-CSV",
            )
        dimensions = tuple(_components(told, "dimensions", _LEVELS, place))
        names = [one.id for one in dimensions]
        if len(set(names)) != len(names):
            raise malformed(place, f"dimensions {names!r:.200}", "every dimension once")
        levels = ("dataSet", "dimensionGroup", "series", "observation")
        return _Parts(dimensions, tuple(_components(told, "attributes", levels, place)))

    def at(self, level: str) -> tuple[_Component, ...]:
        """Dimensions of a level."""
        return tuple(one for one in self.dimensions if one.level == level)

    def beside(self, level: str) -> tuple[_Component, ...]:
        """Attributes of a level."""
        return tuple(one for one in self.attributes if one.level == level)


def _without_unused(parts: _Parts, sets: list[Any]) -> _Parts:
    """The parts without attributes that have no values, where observations pass them over.

    Older services list such an attribute and leave no place for it in their arrays: a position
    where it would stand tells them.
    """
    attributes = parts.beside("observation")
    empty = [at for at, one in enumerate(attributes, 1) if one.listed and not one.codes]
    if not empty or not any(
        type(cells[at]) is int for cells in _arrays(sets) for at in empty if at < len(cells)
    ):
        return parts
    kept = [one for one in parts.attributes if one not in attributes or one.codes or not one.listed]
    return replace(parts, attributes=tuple(kept))


def _arrays(sets: list[Any]) -> Iterator[list[Any]]:
    """Arrays of observations, wherever they stand; what is malformed is passed over."""
    for one in sets:
        if not isinstance(one, dict):
            continue
        series = one.get("series")
        holders = [one, *(series.values() if isinstance(series, dict) else ())]
        for holder in holders:
            found = holder.get("observations") if isinstance(holder, dict) else None
            for cells in found.values() if isinstance(found, dict) else ():
                if isinstance(cells, list):
                    yield cells


def _components(
    told: dict[str, Any], kind: str, levels: Sequence[str], place: str
) -> Iterator[_Component]:
    described = _dict(told.get(kind) or {}, place, kind)
    for level in levels:
        for one in _list(described.get(level) or [], place, f"{kind} of {level}"):
            yield _component(_dict(one, place, kind), level, place)


def _component(told: dict[str, Any], level: str, place: str) -> _Component:
    name = told.get("id")
    if not isinstance(name, str):
        raise malformed(place, f"a component {told!r:.60}", "an id")
    values = _list(told.get("values") or [], place, f"values of {name}")
    codes: list[str] = []
    labels: dict[str, str] = {}
    for at, value in enumerate(values):
        value = _dict(value, place, f"value of {name}")
        code = value.get("id", value.get("value", value.get("name")))
        codes.append(str(at) if code is None else _said(code))
        label = _said(value.get("name", value.get("names")))
        if label and "id" in value:
            labels[codes[-1]] = label
    role = told.get("role", told.get("roles")) or []
    roles = role if isinstance(role, list) else [role]
    position = told.get("keyPosition")
    default = told.get("default")
    return _Component(
        name,
        level,
        tuple(codes),
        labels,
        position if type(position) is int else None,
        _said(default) if default is not None else None,
        "values" in told and "format" not in told,
        "TIME_PERIOD" in roles or name.upper() in ("TIME_PERIOD", "TIME"),
    )


class _Rows:
    """Observations of a message: positions of their codes, values, attributes."""

    def __init__(self, parts: _Parts, place: str) -> None:
        self.parts = parts
        self.place = place
        self.positions: list[tuple[int, ...]] = []
        self.values: list[Any] = []
        self.own: list[dict[str, str]] = []
        self.groups: list[tuple[dict[str, str], dict[str, str]]] = []

    def add(self, told: dict[str, Any]) -> None:
        """The observations of one data set."""
        if str(told.get("action", "")).lower().startswith("d"):
            raise malformed(self.place, "a data set of deletions", "Information, Append, Replace")
        wide = self._read(told.get("attributes"), self.parts.beside("dataSet"))
        groups = _dict(told.get("dimensionGroupAttributes") or {}, self.place, "groups")
        for key, entries in groups.items():
            at = self._key(key, self.parts.dimensions, gaps=True)
            codes = {one.id: one.codes[i] for one, i in at}
            self.groups.append((codes, self._read(entries, self.parts.beside("dimensionGroup"))))
        for one in self.parts.at("dataSet"):
            if len(one.codes) != 1:
                printed = f"{one.id}: {len(one.codes)} codes of the whole data set"
                raise malformed(self.place, printed, "one code")
        head = (0,) * len(self.parts.at("dataSet"))
        if "series" in told:
            self._series(_dict(told["series"], self.place, "series"), head, wide)
        elif self.parts.at("series"):
            raise malformed(self.place, "no series", "series, as the dimensions of the message say")
        else:
            self._observations(told.get("observations"), head, wide)

    def _series(self, told: dict[str, Any], head: tuple[int, ...], wide: dict[str, str]) -> None:
        for key, one in told.items():
            at = tuple(i for _, i in self._key(key, self.parts.at("series")))
            one = _dict(one, self.place, f"series {key}")
            own = self._read(one.get("attributes"), self.parts.beside("series"))
            self._observations(one.get("observations"), (*head, *at), {**wide, **own})

    def _observations(self, told: Any, head: tuple[int, ...], wide: dict[str, str]) -> None:
        dimensions, attributes = self.parts.at("observation"), self.parts.beside("observation")
        for key, entries in _dict(told or {}, self.place, "observations").items():
            at = tuple(i for _, i in self._key(key, dimensions))
            cells = _list(entries, self.place, f"observation {key}")
            self.positions.append((*head, *at))
            self.values.append(cells[0] if cells else None)
            self.own.append({**wide, **self._read(cells[1:], attributes)})

    def _key(
        self, key: str, dimensions: Sequence[_Component], gaps: bool = False
    ) -> list[tuple[_Component, int]]:
        """Positions of the codes in a key such as `0:3:1`; with gaps: `::1`."""
        texts = key.split(":") if dimensions else []
        found = []
        for one, text in zip(dimensions, texts, strict=False):
            if gaps and not text:
                continue
            at = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
            if not 0 <= at < len(one.codes):
                break
            found.append((one, at))
        else:
            if len(texts) == len(dimensions):
                return found
        admissible = ":".join(f"0-{len(one.codes) - 1}" for one in dimensions)
        raise malformed(self.place, f"key {key!r:.60}", admissible)

    def _read(self, entries: Any, attributes: Sequence[_Component]) -> dict[str, str]:
        """Attribute -> code or text; what follows the attributes are annotations."""
        told: dict[str, str] = {}
        cells = _list(entries or [], self.place, "attributes")
        for at, one in enumerate(attributes):
            cell = cells[at] if at < len(cells) else None
            if cell is None:
                if one.default is not None:
                    told[one.id] = one.default
            elif type(cell) is int and one.listed:
                if not 0 <= cell < len(one.codes):
                    admissible = f"positions 0 to {len(one.codes) - 1}"
                    raise malformed(self.place, f"{one.id}: position {cell}", admissible)
                told[one.id] = one.codes[cell]
            else:
                told[one.id] = _said(cell)
        return told

    def attributes(self, columns: Mapping[str, pa.Array]) -> dict[str, list[str | None]]:
        """Attributes of every observation, in the order of the message."""
        found: dict[str, list[str | None]] = {}
        groups = {}
        if self.groups:
            texts = {name: column.to_pylist() for name, column in columns.items()}
            groups = group_attributes(texts, self.groups)
        for one in self.parts.attributes:
            own = [row.get(one.id) for row in self.own]
            if any(text is not None for text in own):
                found[one.id] = own
            elif one.id in groups:
                found[one.id] = groups[one.id]
        return found


def _column(parts: _Parts, rows: _Rows, name: str) -> pa.DictionaryArray:
    """Codes of a dimension, an entry an observation."""
    at = [one.id for one in parts.dimensions].index(name)
    one = parts.dimensions[at]
    if len(set(one.codes)) != len(one.codes):
        raise malformed(rows.place, f"codes of {name}", "every code once")
    index = pa.array([position[at] for position in rows.positions], pa.int32())
    if not len(index):
        return pa.array([], TEXT)
    if not one.codes:
        raise malformed(rows.place, f"no codes of {name}", "a code")
    return pa.DictionaryArray.from_arrays(index, pa.array(one.codes, pa.string()))


def _order(parts: _Parts, structure: Structure | None, place: str) -> list[str]:
    """Dimensions in the order of the structure, else of their key positions."""
    own = [one.id for one in parts.dimensions]
    if structure is not None:
        lower = {name.lower(): name for name in own}
        wanted = [lower.get(one.id.lower()) for one in structure.dimensions]
        found = [name for name in wanted if name is not None]
        if len(found) != len(wanted) or len(found) != len(own):
            admissible = ", ".join(one.id for one in structure.dimensions)
            raise malformed(place, f"dimensions {', '.join(own)}", admissible)
        return found
    if all(one.position is not None for one in parts.dimensions):
        return [one.id for one in sorted(parts.dimensions, key=lambda one: one.position or 0)]
    return own


def _structure(told: dict[str, Any], sets: list[Any], place: str) -> dict[str, Any]:
    """The one structure of a message: `structure`, or one of `structures`."""
    if "structures" in told:
        known = _list(told["structures"], place, "structures")
        asked = {_dict(one, place, "data set").get("structure", 0) for one in sets}
        if len(asked) != 1 or type(at := asked.pop()) is not int or not 0 <= at < len(known):
            raise malformed(place, "several structures, or none", "one structure")
        return _dict(known[at], place, "structure")
    return _dict(told.get("structure"), place, "structure")


def _artefact(told: dict[str, Any]) -> dict[str, str]:
    """Data set and agency, from the address of the data flow."""
    links = told.get("links")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict) or link.get("rel") != "dataflow":
            continue
        urn = str(link.get("urn", "")).partition("=")[2]
        if ":" in urn:
            return {"agency": urn.partition(":")[0], "dataset": urn.partition(":")[2].split("(")[0]}
        parts = str(link.get("href", "")).partition("/dataflow/")[2].split("/")
        if parts[0]:
            # Older services name the flow first and may leave the agency as `all`.
            return {"agency": "", "dataset": parts[0]}
    return {"agency": "", "dataset": ""}


def _said(told: Any) -> str:
    """A text of one or more languages: English, else the first."""
    if isinstance(told, dict):
        told = told.get("en", next(iter(told.values()), ""))
    if isinstance(told, list):
        return ";".join(_said(one) for one in told)
    return told if isinstance(told, str) else "" if told is None else str(told)


def _dict(told: Any, place: str, what: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise malformed(place, f"{what}: {told!r:.60}", "an object")
    return told


def _list(told: Any, place: str, what: str) -> list[Any]:
    if not isinstance(told, list):
        raise malformed(place, f"{what}: {told!r:.60}", "a list")
    return told
