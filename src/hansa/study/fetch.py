"""Live data at the user's command: a data set, an extract, or everything a study names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.codes.geography import Geography, geography, read_geography
from hansa.errors import HansaError, UsageError, listed
from hansa.facts.made import Made
from hansa.files import json_bytes
from hansa.panel import METADATA_KEY
from hansa.sources.live.contract import Observations
from hansa.sources.live.extracts import Extract, Part, described, find_extract, tabulated
from hansa.sources.live.fetching import Fetched, Told, dataset_of, fetch, structure_of
from hansa.sources.live.filters import span
from hansa.sources.live.troubles import secretless
from hansa.study.config import FetchSpec, Study
from hansa.study.fetch_files import GISCO, account_path, beside, fetch_file, files_of
from hansa.study.fetch_line import gap_of, line_to

_GEO = ("geo", "ref_area", "region", "reg", "omr\u00e5de", "alue", "maakond")
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


def unreachable(study: Study) -> str:
    """Why the first service a study names cannot be asked now; empty where it answers.

    Asks once, for the structure of the first data set, and does not wait long.
    """
    from hansa.sources.live.transport import Patience

    spec = next(iter(study.fetch.values()))
    name = spec.dataset or find_extract(spec.extract[0]).part[0].dataset
    try:
        service, dataset, home = dataset_of(name, spec.at)
        hurried = Patience(tries=1, connect=4.0, read=20.0)
        with line_to(home, lambda _text, _done: None, patience=hurried) as line:
            structure_of(service, dataset, home, line)
    except HansaError as problem:
        return problem.finding.rule
    return ""


def fetch_dataset(name: str, wanted: Wanted, told: Told = lambda _text, _done: None) -> Made:
    """One data set as it is, `SOURCE:DATASET`: a column a dimension, `value` and `status`.

    The header maps what can be known for sure; measures are for the user to name.
    """
    service, dataset, home = dataset_of(name, wanted.at)
    wanted = _folded(wanted)
    asked = {**wanted.filters, **_shared(wanted, "geo", "time")}
    with line_to(home, told, wanted.refresh) as line:
        found = fetch(service, dataset, asked, home, replace(line, gap=gap_of(service)))
    own = found.observations
    return _made(own.table, _described_raw(found), found, {"dataset": name})


def fetch_extract(
    extract: Extract, wanted: Wanted, told: Told = lambda _text, _done: None
) -> dict[str, Made]:
    """The parts of an extract, each a table of ours, by the name of the part."""
    made = {}
    wanted = _folded(wanted)
    for part in _parts(extract, wanted.parts):
        _refuse_fixed(part, wanted)
        period = _meeting(part, wanted.period)
        if period is None:
            continue
        own = replace(wanted, period=period)
        made[part.name] = _fetch_part(extract, part, own, told)
    if not made:
        raise UsageError(
            f"no part of the extract {extract.id} covers the period",
            printed=wanted.period,
            admissible=listed(part.name for part in extract.part),
        )
    return made


def _fetch_part(extract: Extract, part: Part, wanted: Wanted, told: Told) -> Made:
    service, dataset, home = dataset_of(part.dataset, wanted.at)
    shared = _shared(wanted, part.geo, "time")
    named = {name.lower() for name in wanted.filters}
    own = {k: v for k, v in part.filters.items() if k not in {*shared, *named}}
    with line_to(home, told, wanted.refresh) as line:
        asked = {**own, **wanted.filters, **shared}
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
    meta = json.dumps({"format": 1, "facts": description}, sort_keys=True).encode()
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
        "notes": list(own.notes),
    }
    lines = [f"{table.num_rows:,} rows, {_of(own)}", *own.notes]
    return Made(
        table.replace_schema_metadata({METADATA_KEY: meta}), description, report, tuple(lines)
    )


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
        if name in _GEO and "geo" not in columns:
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
    return {key: value for key, value in spec.items() if value}


def fetch_study(
    study: Study, folder: Path, told: Told, refresh: bool = False, names: Sequence[str] = ()
) -> Iterator[tuple[str, dict[Path, bytes], tuple[str, ...]]]:
    """Each `[fetch.NAME]` of a study: its name, the files it gives, and what is said of it.

    Files of one entry are given together when all of them are complete.
    """
    if not study.fetch:
        raise HansaError(
            "the study names nothing to fetch",
            place=str(folder / "study.toml"),
            admissible="[fetch.NAME] with extract = … or dataset = …",
            fix="hansa new DIR --template bsr shows how",
        )
    if lost := [name for name in names if name not in study.fetch]:
        raise UsageError(f"the study has no [fetch.{lost[0]}]", admissible=listed(study.fetch, 30))
    _refuse_same_file(study)
    for name, spec in study.fetch.items():
        if names and name not in names:
            continue

        def own_told(text: str, done: float, name: str = name) -> None:
            told(f"{name}: {text}", done)

        yield name, *_entry(name, spec, study, folder, own_told, refresh)


def _targets(name: str, spec: FetchSpec) -> list[str]:
    """Where the tables of an entry go, counted from the study folder."""
    if spec.file:
        return [spec.file]
    if spec.dataset.startswith(f"{GISCO}:"):
        lists = spec.dataset.endswith(("-names", "-links"))
        return [f"geometry/{name}.{'csv' if lists else 'geojson'}"]
    if spec.dataset:
        return [f"facts/{name}.parquet"]
    found = map(find_extract, spec.extract)
    return [
        f"facts/{name}.parquet" if one.kind == "facts" else f"indicators/{one.id}.parquet"
        for one in found
    ]


def _refuse_same_file(study: Study) -> None:
    """Raise where two entries, or two extracts of one, would overwrite each other's file."""
    owner: dict[str, str] = {}
    for name, spec in study.fetch.items():
        for path in _targets(name, spec):
            if path in owner:
                raise UsageError(
                    "two entries give the same file",
                    place=f"[fetch.{owner[path]}] and [fetch.{name}]",
                    printed=path,
                    fix="one entry for both, or file = … in one of them",
                )
            owner[path] = name


def _entry(
    name: str, spec: FetchSpec, study: Study, folder: Path, told: Told, refresh: bool
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    if spec.dataset.startswith(f"{GISCO}:"):
        got, report = fetch_file(spec.dataset, spec.at, told, refresh)
        path = folder / _targets(name, spec)[0]
        extra = {beside(path, ending): content for ending, content in got.items()}
        said = f"{path.relative_to(folder)}: {report['title']}"
        return {**extra, account_path(path): json_bytes(report)}, (said,)
    geo = _regions(spec.geo, study, folder)
    wanted = Wanted(spec.filters, geo, spec.period, spec.parts, spec.at, refresh)
    found: dict[Path, Made] = {}
    if spec.dataset:
        made = fetch_dataset(spec.dataset, wanted, told)
        found[folder / _targets(name, spec)[0]] = made
    for one, target in zip(spec.extract, _targets(name, spec), strict=not spec.dataset):
        path = folder / target
        for part, made in fetch_extract(find_extract(one), wanted, told).items():
            found[path.with_name(f"{path.stem}-{part}{path.suffix}") if part else path] = made
    files: dict[Path, bytes] = {}
    lines: list[str] = []
    notes: dict[str, list[str]] = {}
    for path, made in found.items():
        files |= files_of(made, path)
        lines.append(f"{path.relative_to(folder)}: {made.lines[0]}")
        for note in made.lines[1:]:
            notes.setdefault(note, []).append(path.stem)
    for note, stems in notes.items():
        lines.append(
            f"note on {'all' if len(stems) == len(found) > 1 else listed(stems, 4)}: {note}"
        )
    return files, tuple(lines)


def _regions(names: Sequence[str], study: Study, folder: Path) -> tuple[str, ...]:
    """Codes and patterns of the regions asked for; `study` and `countries` spelled out."""
    found: list[str] = []
    for name in names:
        if name == "countries":
            found.append("??")
        elif name != "study":
            found.append(name)
        else:
            found += _geography(study, folder).members
    return tuple(dict.fromkeys(found))


def _geography(study: Study, folder: Path) -> Geography:
    """The geography of a study, from its own folder or by name."""
    if not study.geography:
        raise UsageError(
            "the regions of the study are asked for, and it names none",
            place=str(folder / "study.toml"),
            fix='geography = "…" (`hansa geographies`), or name the regions',
        )
    own = folder / study.geography
    return read_geography(own) if own.is_file() else geography(study.geography)


def scoreboards(
    study: Study, folder: Path
) -> Iterator[tuple[str, dict[Path, bytes], tuple[str, ...]]]:
    """Each `[scoreboard.NAME]` of a study: its name, its index folder, what is said of it."""
    from hansa.study.scoreboard import scoreboard_files

    for name, spec in study.scoreboard.items():
        missing = [
            one
            for one in spec.indicators
            if not (folder / "indicators" / f"{one}.parquet").is_file()
        ]
        asked = {one for entry in study.fetch.values() for one in entry.extract}
        if missing and set(missing) <= asked:
            yield name, {}, (f"waits for {listed(missing)}: hansa fetch {folder}",)
            continue
        chosen = _geography(study, folder)
        yield (
            name,
            *scoreboard_files(spec, name, folder, chosen.members, chosen.geography),
        )
