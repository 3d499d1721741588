"""Live data at the user's command: a data set, an extract, or everything a study names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from hansa.errors import UsageError, listed
from hansa.facts.made import Made
from hansa.panel import METADATA_KEY
from hansa.sources.live.contract import REGIONS, Observations
from hansa.sources.live.extracts import Extract, Part, described, tabulated
from hansa.sources.live.fetching import Fetched, Told, dataset_of, fetch
from hansa.sources.live.filters import span
from hansa.sources.live.troubles import secretless
from hansa.study.fetch_line import gap_of, line_to

_ACTIVITY = {
    "nace_r1": "nace:1.1",
    "nace_r2": "nace:2",
    "nace_r21": "nace:2.1",
    "nace_r2_1": "nace:2.1",
    "activity": "",
}


@dataclass(frozen=True)
class Wanted:
    """What is to be fetched and how.

    filters  dimension -> codes or patterns; for an extract they narrow its own
    geo      regions, as codes or patterns: `SE??`; period: `2015:2020`
    parts    names of an extract's parts; empty: all
    at       base address in place of the service's own
    refresh  ask again even where an answer is kept
    """

    filters: Mapping[str, Sequence[str]]
    geo: Sequence[str] = ()
    period: str = ""
    parts: Sequence[str] = ()
    at: str = ""
    refresh: bool = False


def fetch_dataset(name: str, wanted: Wanted, told: Told = lambda _text, _done: None) -> Made:
    """One data set as it is, `SOURCE:DATASET`: a column a dimension, `value` and `status`.

    The header maps what can be known for sure; measures are for the user to name.
    """
    service, dataset, home = dataset_of(name, wanted.at)
    asked = question_of(wanted)
    with line_to(home, told, wanted.refresh) as line:
        found = fetch(service, dataset, asked, home, replace(line, gap=gap_of(service)))
    own = found.observations
    return _made(own.table, _described_raw(found), found, {"dataset": name})


def fetch_extract(
    extract: Extract, wanted: Wanted, told: Told = lambda _text, _done: None
) -> dict[str, Made]:
    """The parts of an extract, each a table of ours, by the name of the part."""
    return {
        part.name: _fetch_part(extract, part, wanted, asked, told)
        for part, asked in questions_of(extract, wanted)
    }


def question_of(wanted: Wanted) -> dict[str, Sequence[str]]:
    """What is asked of a data set as it is: dimension -> codes or patterns."""
    wanted = _folded(wanted)
    return {**wanted.filters, **_shared(wanted, "geo", "time")}


def questions_of(extract: Extract, wanted: Wanted) -> list[tuple[Part, dict[str, Sequence[str]]]]:
    """What is asked for each part of an extract that covers the period, in the extract's order.

    Raises UsageError for what an extract cannot be asked, and where no part covers the period.
    """
    found = []
    wanted = _folded(wanted)
    for part in _parts(extract, wanted.parts):
        _refuse_fixed(part, wanted)
        period = _meeting(part, wanted.period)
        if period is None:
            continue
        shared = _shared(replace(wanted, period=period), part.geo, "time")
        named = {name.lower() for name in wanted.filters}
        own = {k: v for k, v in part.filters.items() if k not in {*shared, *named}}
        found.append((part, {**own, **wanted.filters, **shared}))
    if not found:
        raise UsageError(
            f"no part of the extract {extract.id} covers the period",
            printed=wanted.period,
            admissible=listed(part.name for part in extract.part),
        )
    return found


def _fetch_part(
    extract: Extract, part: Part, wanted: Wanted, asked: Mapping[str, Sequence[str]], told: Told
) -> Made:
    service, dataset, home = dataset_of(part.dataset, wanted.at)
    with line_to(home, told, wanted.refresh) as line:
        line = replace(line, gap=gap_of(service))
        found = fetch(service, dataset, asked, home, line, prepared=True)
    table = tabulated(found.observations, part)
    description = described(part, extract, found.observations)
    return _made(table, description, found, {"extract": extract.id, "dataset": part.dataset})


def _folded(wanted: Wanted) -> Wanted:
    """Filters of regions and periods put where `geo` and `period` are; none is said twice."""
    filters, geo, period = dict(wanted.filters), tuple(wanted.geo), wanted.period
    period = span(period) if period else ""
    for name in list(filters):
        if name.lower() == "geo" and geo:
            raise UsageError("the regions are asked for twice", printed=f"{name} and geo")
        if name.lower() in ("time", "time_period"):
            if period:
                raise UsageError("the period is asked for twice", printed=f"{name} and period")
            values = filters[name]
            if len(values) == 1:
                period = span(values[0])
                del filters[name]
    return replace(wanted, filters=filters, geo=geo, period=period)


def _refuse_fixed(part: Part, wanted: Wanted) -> None:
    """Codes that make an extract what it is cannot be asked for differently."""
    fixed = {name.lower() for c in part.columns.values() for name in c.where}
    geo, several = part.geo.lower(), {"time", "time_period"}
    for name in wanted.filters:
        if name.lower() in fixed or (name.lower() == geo and wanted.geo):
            raise UsageError(
                f"the extract says itself which {name} it takes",
                printed=f"{name} = {listed(wanted.filters[name])}",
                fix=f"leave it out, or fetch the data set as it is: hansa fetch {part.dataset}",
            )
        if name.lower() in several:
            raise UsageError(
                "an extract takes one period or range",
                printed=listed(wanted.filters[name]),
                fix="--period 2015:2020",
            )


def _shared(wanted: Wanted, geo: str, time: str) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    if wanted.geo:
        found[geo] = tuple(wanted.geo)
    if wanted.period:
        found[time] = (wanted.period,)
    return found


def _parts(extract: Extract, names: Sequence[str]) -> list[Part]:
    known = {part.name: part for part in extract.part}
    if lost := [name for name in names if name not in known]:
        raise UsageError(
            f"the extract {extract.id} has no part {lost[0]!r}",
            admissible=listed(known) if len(known) > 1 else "it is of one piece",
            fix="--part NAME",
        )
    return [known[name] for name in names] if names else list(extract.part)


def _meeting(part: Part, period: str) -> str | None:
    """The years of a part that are asked for; None where there are none."""
    own = next(iter(part.filters.get("time", ())), "")
    if not period or not own:
        return period or own
    (a, _, b), (c, _, d) = own.partition(":"), span(period).partition(":")
    start, end = max(a, c), min(b or "9999", d or "9999")
    return None if start > end else f"{start}:{'' if end == '9999' else end}"


def _made(
    table: pa.Table, description: dict[str, Any], found: Fetched, name: dict[str, str]
) -> Made:
    said = description.get("panel") or {"facts": description}
    meta = json.dumps({"format": 1, **said}, sort_keys=True).encode()
    own = found.observations
    report: dict[str, Any] = {
        "format": 1,
        **{key: secretless(value) for key, value in name.items()},
        "source": found.service,
        "title": own.title or found.structure.title,
        "edition": own.updated,
        "structure": found.structure.version,
        "licence": found.licence,
        "filters": {k: list(v) for k, v in found.filters.items()},
        "requests": [one.as_dict() for one in found.asked],
        "rows": table.num_rows,
        "codes": _codes(found),
        "notes": list(own.notes),
    }
    lines = [f"{table.num_rows:,} rows, {_of(own)}", *own.notes]
    return Made(
        table.replace_schema_metadata({METADATA_KEY: meta}), description, report, tuple(lines)
    )


def _codes(found: Fetched) -> dict[str, dict[str, str]]:
    """Dimension but time -> code in the answer -> what the service calls it, empty where it does
    not say; in the service's order."""
    own = found.observations
    told = {}
    for dimension in own.dimensions:
        if dimension == own.time:
            continue
        there = set(own.table[dimension].unique().to_pylist())
        described = found.structure.dimension(dimension)
        known = {**(described.codes if described else {}), **own.labels.get(dimension, {})}
        names = {code: known[code] for code in known if code in there}
        names |= dict.fromkeys(sorted(there - set(names)), "")
        told[dimension] = {c: "" if label == c else label for c, label in names.items()}
    return told


def _of(own: Observations) -> str:
    times = sorted(own.table[own.time].unique().to_pylist()) if own.time else []
    span = f"{times[0]} to {times[-1]}" if times else "no period"
    said = f", edition of {own.updated}" if own.updated else ""
    return span + said


def _described_raw(found: Fetched) -> dict[str, Any]:
    own = found.observations
    columns = {"time": own.time} if own.time and own.time != "time" else {}
    spec: dict[str, Any] = {"format": 1, "absent_rows": "unknown"}
    for dimension in own.dimensions:
        name = dimension.lower()
        if name in REGIONS and "geo" not in columns:
            columns["geo"] = dimension
        if name in _ACTIVITY and "activity" not in columns:
            columns["activity"] = dimension
            spec |= {"classification": _ACTIVITY[name]} if _ACTIVITY[name] else {}
    spec["columns"] = {ours: theirs for ours, theirs in columns.items() if ours != theirs}
    title = own.title or found.structure.title
    dataset = secretless(found.structure.dataset)
    spec["source"] = f"{own.agency or found.service}, {title} ({dataset})"
    spec["licence"] = found.licence
    spec["vintage"] = own.updated
    spec["steps"] = list(own.steps)
    return {key: value for key, value in spec.items() if value}
