"""Ready-made extracts: named questions to services, and how the answer becomes a table of ours.

Each extract is a TOML file in `catalogue/`. It says what it covers, its finest level, its gaps and
its breaks; its parts say which data set is asked, in which codes, and which code of which
dimension is which measure.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hansa.errors import HansaError, UsageError, listed
from hansa.panel import Header
from hansa.sources.live.contract import Observations
from hansa.sources.live.services import FILES, services
from hansa.sources.spec import MEASURES

_FOLDER = files("hansa.sources.live") / "catalogue"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One number of an extract: which codes of the answer it is, its unit.

    where  dimension -> code of the rows it is taken from; `A|B`: the first that occurs
    times  what the service's number is multiplied by (1,000,000 for million euro), said as a step
    sums_within  units by which the publisher's sums may miss their total
    sums   True for numbers of an indicator that may be added up over regions
    """

    where: dict[str, str] = Field(default_factory=dict)
    unit: str
    times: float = 1.0
    sums_within: float = 0.0
    sums: bool = False


class Part(_Strict):
    """One data set of an extract.

    dataset  SOURCE:DATASET
    name     ending of the file where an extract has several parts: `2008-2020`
    filters  dimension -> codes or patterns asked for
    geo, activity, time  the service's dimension of that meaning; activity empty where none
    breaks   periods from which on values are a new series: its first row gets status `b`
    """

    dataset: str
    name: str = ""
    filters: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    geo: str = "geo"
    activity: str = ""
    time: str = "TIME_PERIOD"
    geography: str = ""
    classification: str = ""
    columns: dict[str, Column]
    breaks: tuple[str, ...] = ()
    source: str
    licence: str
    note: str = ""


class Extract(_Strict):
    """A named question. `kind` is `facts` (regions by activity) or `indicator` (regions only).

    covers, finest, gaps, breaks  what a user has to know before using it
    direction, pillar             its place in a scoreboard (indicators)
    """

    format: Literal[1] = 1
    id: str
    title: str
    kind: Literal["facts", "indicator"]
    serves: tuple[str, ...] = ()
    covers: str
    finest: str
    gaps: str
    breaks: str
    direction: Literal[1, -1] = 1
    pillar: str = ""
    part: tuple[Part, ...]

    def as_dict(self) -> dict[str, Any]:
        """The entry of `hansa sources --json`."""
        return self.model_dump(mode="json")


@cache
def extracts() -> dict[str, Extract]:
    """Every extract that ships, by id."""
    found = {}
    for entry in sorted(_FOLDER.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            one = extract_from(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name)
            found[one.id] = one
    return found


def extract_from(data: dict[str, Any], place: str) -> Extract:
    """A validated extract; `place` names the file for the message."""
    try:
        return Extract(**data)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise HansaError(
            f"the extract is wrong at {'.'.join(map(str, first['loc']))!r}",
            place=place,
            printed=repr(first.get("input"))[:120],
            admissible=first["msg"],
        ) from problem


def find_extract(name: str) -> Extract:
    """An extract by id; an unknown name is refused with what there is."""
    known = extracts()
    if name in known:
        return known[name]
    if name in (*services(), FILES):
        raise UsageError(
            f"{name} is a source; which of its data sets is meant?",
            admissible="SOURCE:DATASET, as in eurostat:nama_10r_2gdp",
            fix=f"`hansa sources {name}` says how they are found",
        )
    raise UsageError(
        f"unknown extract {name!r}",
        admissible=listed(known, 40),
        fix="`hansa sources --extracts` lists them with what they cover",
    )


def tabulated(found: Observations, part: Part) -> pa.Table:
    """The answer as a table of ours: geo[, activity], time, then each column with its status.

    A row is kept where any column has a value or a status. Every dimension that is neither geo,
    activity nor time has to be fixed by `where`, else cells would stand twice: refused. So are
    values that were multiplied by UNIT_MULT: the unit of an extract, and its own `times`, are
    those of values as the service printed them when the extract was written.
    """
    _refuse_multiplied(found, part)
    keys = {"geo": part.geo, "activity": part.activity, "time": found.time or part.time}
    keys = {ours: theirs for ours, theirs in keys.items() if theirs}
    _refuse_missing(found, list(keys.values()), part)
    joined: pa.Table | None = None
    for name, column in part.columns.items():
        own = _column(found, keys, name, column, part)
        joined = own if joined is None else joined.join(own, list(keys), join_type="full outer")
    assert joined is not None
    order = [*keys, *(n for c in part.columns for n in (c, _status_of(c)))]
    return joined.select(order).sort_by([(key, "ascending") for key in keys])


def _column(
    found: Observations, keys: dict[str, str], name: str, column: Column, part: Part
) -> pa.Table:
    import pyarrow.compute as pc

    table = found.table
    for dimension, code in column.where.items():
        there = set(found.table[dimension].unique().to_pylist())
        chosen = next((one for one in code.split("|") if one in there), code)
        table = table.filter(pc.equal(table[dimension], chosen))
    _refuse_open(table, found, keys, part)
    value = table["value"]
    if column.times != 1:
        # A thousandth of the service's unit is more than it prints; the last bit is no number.
        value = pc.round(pc.multiply(value, column.times), 0 if column.times >= 1000 else 9)
    status = pc.fill_null(table["status"].cast(pa.string()), "")
    columns = {ours: table[theirs].cast(pa.string()) for ours, theirs in keys.items()}
    for start in part.breaks:
        broken = _first_since(pa.table(columns), start)
        with_b = pc.if_else(
            pc.equal(status, ""), "b", pc.binary_join_element_wise(status, "b", ";")
        )
        has_b = pc.match_substring_regex(status, r"(^|;)b(;|$)")
        status = pc.if_else(pc.and_(broken, pc.invert(has_b)), with_b, status)
    return pa.table({**columns, name: value, _status_of(name): status})


def _status_of(name: str) -> str:
    """The column of statuses: a panel has one `value` with its `status`."""
    return "status" if name == "value" else f"{name}_status"


def _first_since(keys: pa.Table, start: str) -> pa.Array:
    """True for the first row of each series from a period on: there the new series begins.

    Not for the period alone: where its row is missing, the next one is the first of the series.
    """
    import pyarrow.compute as pc

    order = keys.append_column("row", pa.array(range(keys.num_rows), pa.int64()))
    since = order.filter(pc.greater_equal(keys["time"], start)).sort_by("time")
    series = [name for name in keys.column_names if name != "time"]
    rows = since.group_by(series, use_threads=False).aggregate([("row", "first")])["row_first"]
    return pc.is_in(order["row"], value_set=rows.combine_chunks())


def _refuse_multiplied(found: Observations, part: Part) -> None:
    if found.steps:
        raise HansaError(
            "the service states its unit in another way than the extract expects",
            place=part.dataset,
            printed="; ".join(found.steps),
            admissible="values as they are printed, without UNIT_MULT",
            fix=f"fetch the data set itself (hansa fetch {part.dataset}) and name its unit; "
            "the extract needs a new version of Hansa",
        )


def _refuse_missing(found: Observations, wanted: list[str], part: Part) -> None:
    named = {*wanted, *(d for c in part.columns.values() for d in c.where)}
    if lost := sorted(named - set(found.table.column_names)):
        raise HansaError(
            "the data set has other dimensions than the extract expects",
            place=part.dataset,
            printed=listed(found.dimensions, 20),
            admissible=listed(lost),
            fix="fetch the data set itself (hansa fetch SOURCE:DATASET) and map its columns; "
            "the extract needs a new version of Hansa",
        )


def _refuse_open(table: pa.Table, found: Observations, keys: dict[str, str], part: Part) -> None:
    """Raise where a dimension that is no key still has several codes."""
    for dimension in found.dimensions:
        if dimension in keys.values() or dimension not in table.column_names:
            continue
        codes = table[dimension].unique().to_pylist()
        if len(codes) > 1:
            raise HansaError(
                f"the extract leaves the dimension {dimension} open",
                place=part.dataset,
                printed=listed(sorted(map(str, codes))),
                admissible="one code",
                fix=f'fix it: filters = {{ {dimension} = ["…"] }}',
            )


def _day(updated: str) -> str:
    """The day of an edition; the hour says nothing to a reader."""
    return updated[:10] if re.match(r"\d{4}-\d\d-\d\dT", updated) else updated


def _chosen(part: Part, found: Observations) -> list[str]:
    """Which of several codes was taken, where an extract names more than one."""
    said = dict.fromkeys(
        (dimension, code)
        for column in part.columns.values()
        for dimension, code in column.where.items()
        if "|" in code and dimension in found.table.column_names
    )
    steps = []
    for dimension, code in said:
        there = set(found.table[dimension].unique().to_pylist())
        taken = next((one for one in code.split("|") if one in there), "none")
        steps.append(f"{dimension}: {taken} taken, the first there is of {code.replace('|', ', ')}")
    return steps


def described(part: Part, extract: Extract, found: Observations) -> dict[str, Any]:
    """What stands in the header beside the table: keys of a facts description, or of a panel."""
    scaled = [
        f"{name} multiplied by {c.times:,.0f}" for name, c in part.columns.items() if c.times != 1
    ]
    broken = (
        [f"{', '.join(part.breaks)} marked as the start of a new series"] if part.breaks else []
    )
    own: dict[str, Any] = {
        "geography": part.geography,
        "classification": part.classification,
        "absent_rows": "unknown",
        "unknown_codes": "set_aside",
        "source": part.source,
        "licence": part.licence,
        "vintage": _day(found.updated),
        "note": part.note,
        "unit": {n: c.unit for n, c in part.columns.items() if n in MEASURES},
        "sums_within": {n: c.sums_within for n, c in part.columns.items() if c.sums_within},
        "steps": [*scaled, *broken, *_chosen(part, found)],
    }
    if extract.kind == "facts":
        return {k: v for k, v in own.items() if v} | {"format": 1, "decimal": "."}
    column = part.columns["value"]
    header = Header(
        measure=extract.id,
        unit=column.unit,
        kind="extensive" if column.sums else "intensive",
        label=extract.title,
        geography=part.geography,
        source=part.source,
        licence=part.licence,
        vintage=own["vintage"],
        absent_rows="unknown",
        notes=(part.note,) if part.note else (),
        steps=tuple(own["steps"]),
    )
    return {"format": 1, "panel": {"dims": ["geo", "time"], **header.as_dict()}}
