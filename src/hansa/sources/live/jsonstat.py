"""JSON-stat 2.0 (and 1.x) to observations, and the refusals of services that answer in JSON; pure.

Eurostat's statistics API and PxWeb speak it. A cell that has neither value nor status is left
out of the result: JSON-stat writes it as null or not at all, and both mean absent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hansa.errors import HansaError
from hansa.sources.live.contract import Observations
from hansa.sources.live.drafts import Draft, encoded, observations
from hansa.sources.live.marks import (
    Told,
    eurostat_flags,
    malformed,
    text_value,
    values_of_cells,
)

_MOST = 200_000_000
_MOST_OF_ONE_STATUS = 5_000_000


def read_json_stat(body: bytes, place: str, marks: Mapping[str, str] | None = None) -> Observations:
    """A JSON-stat dataset, or a collection that holds one, as `Observations`.

    body   the message
    place  words for messages of errors
    marks  marks of the service, in `status` or in place of numbers -> Hansa's letters:
           `{":": "c"}` where an office means confidential by a colon

    Codes stand in the order of the service; the status as it was sent is the column
    `status_text`. Raises HansaError for a body that is broken, cut or no JSON-stat.
    """
    told = _dataset(load(body, place), place)
    cube = _cube(told, place)
    cells, values, statuses = _cells(told, cube, place)
    extension = _optional(told, "extension")
    said = _optional(_optional(extension, "status"), "label")
    attributes = {}
    if any(status is not None for status in statuses):
        attributes["status_text"] = encoded(statuses)
    draft = Draft(
        cube.columns(cells),
        values_of_cells(values, place),
        attributes,
        schemes={"status_text": _scheme(marks or {})},
        own=marks or {},
        marks={"status_text": {str(key): str(label) for key, label in said.items()}},
    )
    return observations(
        draft,
        place,
        time=cube.time,
        labels=cube.labels,
        dataset=_text(extension.get("id")),
        title=_text(told.get("label")),
        agency=_text(extension.get("agencyId")) or _text(told.get("source")),
        updated=_text(told.get("updated")),
    )


def refusal(body: bytes) -> tuple[int, str] | None:
    """Status and words of a refusal in JSON; None where the body is none.

    `{"error": [{"status": 413, "label": ...}]}` of Eurostat, `{"warning": ...}` where it
    prepares an answer, `{"error": "..."}` of PxWeb (status 0: it names none).
    """
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or len(body) > 1_000_000:
        return None
    try:
        told = load(body, "")
    except HansaError:
        return None
    said = told.get("error", told.get("warning"))
    if isinstance(said, list):
        said = said[0] if said else None
    if isinstance(said, str):
        return 0, said
    if not isinstance(said, dict):
        return None
    status = str(said.get("status", said.get("id", 0)))
    words = next((_text(said[key]) for key in ("label", "message", "detail") if key in said), "")
    return int(status) if status.isdecimal() and len(status) < 6 else 0, words or json.dumps(said)


def load(body: bytes, place: str) -> dict[str, Any]:
    """A JSON object. Raises HansaError for anything else and for a name given twice."""
    try:
        told = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        raise HansaError(
            "the answer is not JSON, or was cut",
            place=place,
            printed=f"{problem!s:.120}; it begins with {body[:60]!r}",
            admissible="one complete JSON object",
            fix="ask again; if it stays, ask for less at a time",
        ) from problem
    if not isinstance(told, dict):
        raise malformed(place, f"{told!r:.60}", "a JSON object")
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} stands twice")
    return told


@dataclass(frozen=True)
class _Cube:
    """Dimensions of a dataset: codes of each in their order, and labels."""

    id: tuple[str, ...]
    size: tuple[int, ...]
    codes: Mapping[str, list[str]]
    labels: Mapping[str, Mapping[str, str]]
    time: str

    @property
    def cells(self) -> int:
        count = 1
        for size in self.size:
            count *= size
        return count

    def columns(self, cells: npt.NDArray[np.int64]) -> dict[str, pa.DictionaryArray]:
        """Codes of the cells at these positions, dimension by dimension."""
        index = np.unravel_index(cells, self.size) if self.size else ()
        return {
            name: pa.DictionaryArray.from_arrays(
                pa.array(at.astype(np.int32)), pa.array(self.codes[name], pa.string())
            )
            for name, at in zip(self.id, index, strict=True)
        }


def _dataset(told: dict[str, Any], place: str) -> dict[str, Any]:
    """The one dataset of a message; fields of version 1 put where version 2 has them."""
    kind = told.get("class", "dataset")
    if kind == "collection":
        items = _optional(told, "link").get("item")
        found = items if isinstance(items, list) else []
        whole = [one for one in found if isinstance(one, dict) and "value" in one]
        if len(whole) != 1 or len(found) != 1:
            printed = f"{len(found)} items, {len(whole)} of them with their values"
            raise malformed(place, printed, "a collection of one dataset with its values")
        told = whole[0]
    elif "dataset" in told and isinstance(told["dataset"], dict):
        inner = told["dataset"]
        about = _optional(inner, "dimension")
        told = {**{k: about[k] for k in ("id", "size", "role") if k in about}, **inner}
    elif kind != "dataset":
        raise malformed(place, f"class {kind!r:.40}", "class dataset, or a collection of one")
    for name in ("id", "size", "dimension", "value"):
        if name not in told:
            raise malformed(place, f"no {name}", "id, size, dimension and value")
    return told


def _cube(told: dict[str, Any], place: str) -> _Cube:
    names, size = told["id"], told["size"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise malformed(place, f"id {names!r:.60}", "a list of dimensions")
    if not isinstance(size, list) or not all(type(n) is int and n >= 0 for n in size):
        raise malformed(place, f"size {size!r:.60}", "a list of whole numbers")
    if len(size) != len(names) or len(set(names)) != len(names):
        raise malformed(place, f"id {names!r:.80}, size {size!r:.60}", "one size a dimension")
    described = _optional(told, "dimension")
    codes: dict[str, list[str]] = {}
    labels: dict[str, Mapping[str, str]] = {}
    for name, count in zip(names, size, strict=True):
        category = _optional(_optional(described, name), "category")
        codes[name], labels[name] = _category(category, f"{place}, dimension {name}")
        if len(codes[name]) != count:
            printed = f"{name}: {len(codes[name])} codes, size {count}"
            raise malformed(place, printed, "as many codes as the size says")
    cube = _Cube(tuple(names), tuple(size), codes, labels, _time(told, names))
    if cube.cells > _MOST:
        raise malformed(place, f"{cube.cells} cells", f"at most {_MOST} cells in a message")
    return cube


def _category(category: dict[str, Any], place: str) -> tuple[list[str], dict[str, str]]:
    """Codes of a dimension in their order, and the labels that are told."""
    index, label = category.get("index"), _optional(category, "label")
    labels = {code: _text(said) for code, said in label.items()}
    if index is None:
        if len(labels) != 1:
            raise malformed(place, "no category index", "an index, or one category with a label")
        return list(labels), labels
    if isinstance(index, dict):
        at = list(index.values())
        if not all(type(n) is int for n in at) or sorted(at) != list(range(len(at))):
            raise malformed(place, f"index {index!r:.80}", "positions 0, 1, 2, each once")
        index = sorted(index, key=index.__getitem__)
    if not isinstance(index, list) or not all(isinstance(code, str) for code in index):
        raise malformed(place, f"index {index!r:.80}", "a list of codes, or code and position")
    if len(set(index)) != len(index):
        raise malformed(place, f"index {index!r:.80}", "every code once")
    return index, labels


def _time(told: dict[str, Any], names: list[str]) -> str:
    """The time dimension: by its role, else by its name; empty where there is none."""
    said = _optional(told, "role").get("time")
    if isinstance(said, list) and len(said) == 1 and said[0] in names:
        return str(said[0])
    return next((name for name in names if name.lower() in ("time", "time_period")), "")


def _cells(
    told: dict[str, Any], cube: _Cube, place: str
) -> tuple[npt.NDArray[np.int64], list[Any], list[str | None]]:
    """Positions of the cells that say something, their values and their statuses."""
    value = _sparse(told["value"], cube, f"{place}, value")
    status = told.get("status")
    if isinstance(status, str):
        if cube.cells > _MOST_OF_ONE_STATUS:
            printed = f"one status for {cube.cells} cells"
            raise malformed(place, printed, f"at most {_MOST_OF_ONE_STATUS} cells")
        said: Mapping[int, Any] = dict.fromkeys(range(cube.cells), status)
    else:
        said = {} if status is None else _sparse(status, cube, f"{place}, status")
    at = sorted({*value, *said})
    for one in said.values():
        if not isinstance(one, str):
            raise malformed(f"{place}, status", f"{one!r:.60}", "texts")
    statuses = [said.get(cell) for cell in at]
    return np.array(at, np.int64), [value.get(cell) for cell in at], statuses


def _sparse(told: Any, cube: _Cube, place: str) -> dict[int, Any]:
    """Position -> what is told of the cell, from a list or an object; nulls left out."""
    if isinstance(told, list):
        if len(told) != cube.cells:
            raise malformed(place, f"{len(told)} entries", f"{cube.cells}: one a cell")
        return {at: one for at, one in enumerate(told) if one is not None}
    if not isinstance(told, dict):
        raise malformed(place, f"{told!r:.60}", "a list, or an object by position")
    count = cube.cells
    widest = len(str(count))
    for key in told:
        if len(key) > widest or not key.isdecimal():
            _outside(place, key, cube)
    cells = dict(zip(map(int, told), told.values(), strict=True))
    if len(cells) != len(told):
        counts = Counter(map(int, told))
        # The later of two spellings: `1` and `01`.
        again = [key for key in told if counts[int(key)] > 1]
        _outside(place, again[-1], cube)
    if cells and max(cells) >= count:
        _outside(place, str(max(cells)), cube)
    return {at: one for at, one in cells.items() if one is not None}


def _outside(place: str, key: str, cube: _Cube) -> NoReturn:
    admissible = f"positions 0 to {cube.cells - 1}, each once"
    raise malformed(place, f"position {key!r:.40}", admissible)


def _scheme(marks: Mapping[str, str]) -> Callable[[str, str], Told]:
    """How a status text is read: the service's own marks first, words of its label, then flags."""

    def read(text: str, label: str) -> Told:
        mark = text.strip()
        if mark in marks:
            return marks[mark], ""
        if "confidential" in label.lower() and not mark.startswith("|"):
            return "c", ""
        if mark.isalpha() or "|" in mark or mark.startswith(":") or not mark:
            return eurostat_flags(mark, label)
        status, note = text_value(mark)
        return status, f"status {mark!r} is kept as x" if note == "text" else note

    return read


def _optional(told: Any, name: str) -> dict[str, Any]:
    """An object inside an object; empty where there is none."""
    inner = told.get(name) if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else {}


def _text(said: Any) -> str:
    return said if isinstance(said, str) else "" if said is None else str(said)
