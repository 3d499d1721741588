"""Tables in memory as the messages of PxWeb 1 and 2 and of StatBank, for `px_server`."""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class PxDim:
    """A variable: its codes with texts; `elimination` None, "sum", or the code of the total."""

    code: str
    text: str
    values: Mapping[str, str]
    time: bool = False
    elimination: str | None = None
    metric: bool = False


@dataclass(frozen=True)
class PxTable:
    """A table: `path` at version 1, `id` elsewhere; rows of codes, `value`, `mark`."""

    path: str
    id: str
    title: str
    dims: tuple[PxDim, ...]
    rows: pa.Table
    updated: str = "2026-02-25T07:00:00Z"

    @cached_property
    def cells(self) -> dict[tuple[str, ...], tuple[float | None, str | None]]:
        columns = [self.rows[d.code].to_pylist() for d in self.dims]
        keys = zip(*columns, strict=True) if columns else iter([()])
        values, marks = self.rows["value"].to_pylist(), self.rows["mark"].to_pylist()
        return dict(zip(keys, zip(values, marks, strict=True), strict=True))


class Refused(Exception):
    def __init__(self, status: int, body: Any, kind: str = "application/json") -> None:
        super().__init__(status)
        self.status, self.body, self.kind = status, body, kind


def chosen(
    table: PxTable, wanted: Mapping[str, Sequence[str]], unknown: Any
) -> dict[str, list[str]]:
    """Codes of each variable that was named; patterns and unknown codes as the service does."""
    found: dict[str, list[str]] = {}
    known = {d.code: d for d in table.dims}
    for code, values in wanted.items():
        if code not in known:
            raise unknown("variable", code)
        picked: list[str] = []
        for value in values:
            matched = [v for v in known[code].values if v == value] or [
                v for v in known[code].values if "*" in value and fnmatch.fnmatchcase(v, value)
            ]
            if not matched:
                raise unknown("value", code)
            picked += [v for v in matched if v not in picked]
        found[code] = [v for v in known[code].values if v in picked]
    return found


def cube(table: PxTable, picked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What is sent: variables that stay, their codes, values and marks in row-major order."""
    cells = table.cells
    stay = [d for d in table.dims if d.code in picked]
    sums = {d.code: list(d.values) if d.elimination == "sum" else [str(d.elimination)]
            for d in table.dims if d.code not in picked}  # fmt: skip
    values: list[float | None] = []
    marks: dict[str, str] = {}
    for key in itertools.product(*(picked[d.code] for d in stay)):
        told = dict(zip((d.code for d in stay), key, strict=True))
        parts = [
            cells.get(tuple({**told, **dict(zip(sums, inner, strict=True))}[d.code]
                            for d in table.dims), (None, ".."))
            for inner in itertools.product(*sums.values())
        ]  # fmt: skip
        mark = next((m for _, m in parts if m), None)
        absent = any(v is None for v, _ in parts)
        if mark:
            marks[str(len(values))] = mark
        values.append(None if absent else math.fsum(v for v, _ in parts if v is not None))
    return {"stay": stay, "values": values, "marks": marks}


def categories(stay: Sequence[PxDim], picked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        d.code: {
            "label": d.text,
            "category": {
                "index": {code: at for at, code in enumerate(picked[d.code])},
                "label": {code: d.values[code] for code in picked[d.code]},
            },
            # In an answer this is no statement on the table (`False` where the total is not in it).
            "extension": {"elimination": False},
        }
        for d in stay
    }


def role(stay: Sequence[PxDim]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for d in stay:
        if d.time:
            found["time"] = [d.code]
        if d.metric:
            found["metric"] = [d.code]
    return found


def json_stat_2(table: PxTable, picked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    told = cube(table, picked)
    answer = {
        "version": "2.0",
        "class": "dataset",
        "label": table.title,
        "source": "The office",
        "updated": table.updated,
        "id": [d.code for d in told["stay"]],
        "size": [len(picked[d.code]) for d in told["stay"]],
        "dimension": categories(told["stay"], picked),
        "value": told["values"],
        "extension": {"px": {"tableid": table.id, "decimals": 0}},
    }
    if roles := role(told["stay"]):
        answer["role"] = roles
    if told["marks"]:
        answer["status"] = told["marks"]
    return answer


def json_stat_1(table: PxTable, picked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """As StatBank: everything one level deeper, and a variable nobody asked for, before time."""
    told = cube(table, picked)
    unit = PxDim("ContentsCode", "Contents", {table.id: "Number"}, metric=True)
    at = next((n for n, d in enumerate(told["stay"]) if d.time), len(told["stay"]))
    stay = [*told["stay"][:at], unit, *told["stay"][at:]]
    codes = {**picked, "ContentsCode": [table.id]}
    dimension = {
        **categories(stay, codes),
        "id": [d.code for d in stay],
        "size": [len(codes[d.code]) for d in stay],
        "role": role(stay),
    }
    inner = {
        "dimension": dimension,
        "label": table.title,
        "source": "Statistics Denmark",
        "updated": table.updated,
        "value": told["values"],
    }
    return {"dataset": {**inner, "status": told["marks"]} if told["marks"] else inner}


def variable_1(d: PxDim) -> dict[str, Any]:
    told: dict[str, Any] = {
        "code": d.code,
        "text": d.text,
        "values": list(d.values),
        "valueTexts": list(d.values.values()),
    }
    # Both are left out where they are false.
    return (
        told | ({"elimination": True} if d.elimination else {}) | ({"time": True} if d.time else {})
    )


def metadata_2(table: PxTable) -> dict[str, Any]:
    dimension = categories(table.dims, {d.code: list(d.values) for d in table.dims})
    for d in table.dims:
        dimension[d.code]["extension"] = {"elimination": bool(d.elimination), "show": "value"}
    return {
        "version": "2.0",
        "class": "dataset",
        "label": table.title,
        "source": "The office",
        "updated": table.updated,
        "id": [d.code for d in table.dims],
        "size": [len(d.values) for d in table.dims],
        "dimension": dimension,
        "role": role(table.dims),
    }


def variable_dk(d: PxDim) -> dict[str, Any]:
    return {
        "id": d.code,
        "text": d.text,
        "elimination": bool(d.elimination),
        "time": d.time,
        "values": [{"id": code, "text": text} for code, text in d.values.items()],
    }
