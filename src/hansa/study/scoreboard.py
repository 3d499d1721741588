"""Fetched indicators to an index folder: one year each, the newest that enough regions have."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hansa.codes.codelist import geography_codes
from hansa.errors import HansaError, UsageError, listed
from hansa.law import MEANING
from hansa.sources.live.extracts import Extract, find_extract
from hansa.study.config import ScoreboardSpec

RECIPE = """\
format = 1

# Regions with fewer than 60 % of the indicators are left out and named. What is missing in the
# others is taken from where the region stands in the rest of its pillar, and marked.
[[step]]
do = "screen"
min_available = 0.6

[[step]]
do = "impute"
rule = "pillar-mean"

[[step]]
do = "treat"

[[step]]
do = "normalise"
rule = "min-max"
range = [0, 100]

[[step]]
do = "weigh"
scheme = "equal"

[[step]]
do = "aggregate"
rule = "arithmetic"
"""


@dataclass(frozen=True)
class Series:
    """One indicator: region -> value in the chosen year; how many regions have it."""

    extract: Extract
    year: str
    values: Mapping[str, float]
    statuses: Mapping[str, str]
    source: str


def scoreboard_files(
    spec: ScoreboardSpec, name: str, folder: Path, regions: Sequence[str], version: str
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """The files of the index folder, and what a reader should know of them.

    regions  codes of the units, in `version` of the region codes
    Raises HansaError for an indicator that was not fetched, or has no year enough regions share.
    """
    chosen = [_series(find_extract(one), spec, folder, regions) for one in spec.indicators]
    kept = [s for s in chosen if s is not None]
    if len(kept) < 2:
        raise HansaError(
            "a scoreboard needs at least two indicators that enough regions have",
            place=f"[scoreboard.{name}]",
            printed=listed(s.extract.id for s in kept) or "none",
            admissible=f"values for {spec.least:.0%} of {len(regions)} regions in one year",
            fix="lower least, or name other indicators",
        )
    empty = [geo for geo in regions if not any(geo in s.values for s in kept)]
    lost = [one for one, s in zip(spec.indicators, chosen, strict=True) if s is None]
    target = folder / (spec.folder or f"indices/{name}")
    files = {
        target / "indicators.csv": _metadata(spec, kept),
        target / "data.csv": _data(kept, [g for g in regions if g not in empty], version),
    }
    if not (target / "recipe.toml").exists():
        files[target / "recipe.toml"] = RECIPE.encode()
    said = [
        f"{s.extract.id}: {s.year}, {len(s.values)} of {len(regions)} regions{_flagged(s)}"
        for s in kept
    ]
    if lost:
        said.append(f"left out, no year has {spec.least:.0%} of the regions: {listed(lost)}")
    if empty:
        said.append(f"regions without any value, left out: {listed(empty)}")
    return files, tuple(said)


def _series(
    extract: Extract, spec: ScoreboardSpec, folder: Path, regions: Sequence[str]
) -> Series | None:
    if extract.kind != "indicator":
        raise UsageError(
            f"the extract {extract.id} is no indicator",
            admissible="an extract of regions only",
            fix="`hansa sources --extracts` lists them",
        )
    path = folder / "indicators" / f"{extract.id}.parquet"
    if not path.is_file():
        raise HansaError(
            "an indicator of the scoreboard was not fetched",
            place=str(path),
            admissible=f'[fetch.…] with extract = "{extract.id}"',
            fix=f"hansa fetch {folder}, with this entry in its study.toml",
        )
    table = pq.read_table(path)
    by_year = _by_year(table, set(regions), path)
    enough = [
        year
        for year, values in by_year.items()
        if len(values) >= spec.least * len(regions) and int(year) >= spec.since
    ]
    if not enough:
        return None
    year = max(enough)
    own = by_year[year]
    return Series(
        extract,
        year,
        {geo: value for geo, (value, _) in own.items()},
        {geo: status for geo, (_, status) in own.items() if status},
        extract.part[0].source,
    )


def _by_year(
    table: pa.Table, regions: set[str], path: Path
) -> dict[str, dict[str, tuple[float, str]]]:
    """Year -> region -> value and status. Periods that are no years are not taken."""
    found: dict[str, dict[str, tuple[float, str]]] = {}
    columns = (table[n].to_pylist() for n in ("geo", "time", "value", "status"))
    for geo, time, value, status in zip(*columns, strict=True):
        if geo not in regions or value is None or not re.fullmatch(r"\d{4}", str(time)):
            continue
        own = found.setdefault(str(time), {})
        if geo in own:
            raise HansaError(
                "an indicator gives a region twice in a year",
                place=f"{path}, geo {geo}, time {time}",
                fix="fetch it again: hansa fetch, with --refresh",
            )
        own[geo] = (value, status or "")
    return found


def _flagged(series: Series) -> str:
    """Values of an indicator that carry a status, for the reader of a scoreboard."""
    count: dict[str, int] = {}
    for status in series.statuses.values():
        for flag in status.split(";"):
            count[flag] = count.get(flag, 0) + 1
    said = ", ".join(f"{n} {MEANING.get(flag, flag)} ({flag})" for flag, n in sorted(count.items()))
    return f"; {said}" if said else ""


def _metadata(spec: ScoreboardSpec, kept: Sequence[Series]) -> bytes:
    pillars = list(dict.fromkeys(s.extract.pillar for s in kept if s.extract.pillar))
    nested = spec.pillars and len(pillars) > 1
    rows: list[dict[str, object]] = [
        {
            "code": s.extract.id,
            "type": "indicator",
            "name": f"{s.extract.title}, {s.year}",
            "unit": s.extract.part[0].columns["value"].unit,
            "parent": s.extract.pillar if nested and s.extract.pillar else "index",
            "direction": s.extract.direction,
            "weight": 1,
            "source": s.source + _flagged(s),
        }
        for s in kept
    ]
    for pillar in pillars if nested else ():
        rows.append(_aggregate(pillar, pillar, "index"))
    rows.append(_aggregate("index", spec.title, ""))
    return _csv(["code", "type", "name", "unit", "parent", "direction", "weight", "source"], rows)


def _aggregate(code: str, name: str, parent: str) -> dict[str, object]:
    own = {"code": code, "type": "aggregate", "name": name, "parent": parent}
    return own | {"direction": 1, "weight": 1}


def _data(kept: Sequence[Series], regions: Sequence[str], version: str) -> bytes:
    labels = geography_codes(version).label
    rows = [
        {
            "unit": geo,
            "name": labels.get(geo, geo),
            **{s.extract.id: s.values[geo] for s in kept if geo in s.values},
        }
        for geo in regions
    ]
    return _csv(["unit", "name", *(s.extract.id for s in kept)], rows)


def _csv(names: list[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
