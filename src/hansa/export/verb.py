"""The verb: one table, one file, in the format that its ending or the caller names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hansa.errors import UsageError, listed
from hansa.export.described import Described, beside_csv
from hansa.export.prepare import Ready, prepared
from hansa.export.reading import has_header, panel_of
from hansa.export.regions import Layer, layer_of
from hansa.files import csv_bytes, header_path, parquet_bytes, toml_bytes
from hansa.sources.geometry import Geometry, read_geometry
from hansa.sources.spec import FactsSpec, spec_from
from hansa.study.fetch_files import write_all
from hansa.study.overwriting import refuse_overwriting

ENDINGS = {
    ".sdmx.csv": "sdmx-csv",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".geojson": "geojson",
    ".gpkg": "gpkg",
}
"""Ending of a file -> format; the longest that fits counts."""

FORMATS = tuple(dict.fromkeys(ENDINGS.values()))
MAPS = ("geojson", "gpkg")
_AS_IT_IS = ("csv", "parquet", "xlsx")
"""What a table without a measure is written as: other formats have to know what a number is."""
_LABELLED = ("xlsx", "gpkg")


@dataclass(frozen=True)
class ExportOptions:
    """What an export may be asked for.

    to            csv, parquet, xlsx, sdmx-csv, geojson, gpkg; empty: by the ending of the file
    labels        codes, or both: codes and what they are called; empty: both in workbooks and
                  GeoPackages, codes elsewhere
    time          times to keep, as texts; all without any
    geometry      boundaries: a path of GeoJSON, or a `hansa.sources.geometry.Geometry`
    geometry_notice  what the publisher of the boundaries asks every map to show
    wide          on a map, a column for each unit in each time
    crs           coordinates of a GeoPackage: 4326 (degrees) or 3035 (European grid, metres)
    sdmx_version  of SDMX-CSV: 2.0 or 1.0
    """

    to: str = ""
    labels: str = ""
    time: tuple[str, ...] = ()
    geometry: Path | str | Geometry | None = None
    geometry_notice: str = ""
    wide: bool = False
    crs: int = 4326
    sdmx_version: str = "2.0"


@dataclass(frozen=True)
class Exported:
    """What was written: the files, the format, rows and absent values, and what has to be said."""

    paths: tuple[Path, ...]
    to: str
    rows: int
    absent: int
    notes: tuple[str, ...] = field(default_factory=tuple)


def export(
    table: Any,
    path: Path | str,
    *,
    measure: str = "",
    describe: Any = None,
    **options: Any,
) -> Exported:
    """Write a table for other programs.

    table     a panel, the path of a table that Hansa wrote or reads, or a data frame
    path      the file: .csv, .parquet, .xlsx, .sdmx.csv, .geojson, .gpkg
    measure   of a facts table: employment, payroll, …
    describe  keys of `[facts.NAME]` in a study, for a table that needs describing
    options   to, labels, time, geometry, geometry_notice, wide, crs, sdmx_version
              (`ExportOptions`)

    The file is written whole or not at all. Raises UsageError for a format or an option that
    makes no sense, HansaError for a table that must not or cannot leave in this format.
    """
    target, choice = Path(path), _chosen(options)
    to = format_of(target, choice.to)
    _refuse_senseless(to, choice)
    spec = spec_from(dict(describe), "describe") if isinstance(describe, Mapping) else describe
    ready = prepared(panel_of(table, measure, spec or FactsSpec()), choice.time)
    as_it_is = isinstance(ready.panel, Described)
    if as_it_is:
        _refuse_unsaid(target, to, choice)
    made, notes = _WRITERS[to](ready, choice, target)
    read = [one for one in (table, choice.geometry) if isinstance(one, str | Path)]
    refuse_overwriting([target, *made], read)
    if isinstance(table, str | Path) and not as_it_is:
        _refuse_header(Path(table), made)
    write_all(made)
    absent = ready.panel.table[ready.holds].null_count
    return Exported(tuple(made), to, len(ready.panel), absent, (*ready.notes, *notes))


def _refuse_unsaid(path: Path, to: str, choice: ExportOptions) -> None:
    """Raise for what a table cannot be asked for that only says where it comes from."""
    if to not in _AS_IT_IS:
        raise UsageError(
            f"{to} needs to know what is measured, and the table says no measure",
            place=str(path),
            admissible=f"{', '.join(_AS_IT_IS)}: all columns as they are",
            fix="choose one of these, or fetch an extract (`hansa sources --extracts`)",
        )
    if choice.labels == "both":
        raise UsageError(
            "what the codes are called is not said in the table",
            printed="--labels both",
            fix="leave it out; NAME.source.json of a fetched table holds the names",
        )


def format_of(path: Path, to: str = "") -> str:
    """The format that a caller names, else the one of the file's ending."""
    name = path.name.lower()
    found = next((kind for ending, kind in ENDINGS.items() if name.endswith(ending)), "")
    if to and to not in FORMATS:
        raise UsageError(
            f"unknown format {to!r}", admissible=listed(FORMATS), fix=f"--to {found or 'csv'}"
        )
    if not (to or found):
        raise UsageError(
            f"the ending of {path.name} names no format",
            place=str(path),
            admissible=listed(ENDINGS),
            fix="change the ending, or name the format: --to xlsx",
        )
    if to and found and to != found and (to, found) != ("sdmx-csv", "csv"):
        raise UsageError(
            f"the file would hold {to} under the ending of {found}",
            place=str(path),
            admissible=listed(e for e, kind in ENDINGS.items() if kind == to),
            fix="change the ending, or leave --to out",
        )
    return to or found


def _chosen(given: dict[str, Any]) -> ExportOptions:
    known = [f.name for f in fields(ExportOptions)]
    if unknown := sorted(set(given) - set(known)):
        raise UsageError(f"unknown option {listed(unknown)}", admissible=listed(known, 20))
    own = dict(given)
    time = own.get("time") or ()
    several = isinstance(time, Sequence) and not isinstance(time, str)
    own["time"] = tuple(str(t) for t in (time if several else (time,)))
    return ExportOptions(**own)


def _refuse_header(source: Path, made: Collection[Path]) -> None:
    """Raise where a new header would be read with the table, which holds none of its own."""
    header = header_path(source).resolve()
    if header in [path.resolve() for path in made] and not has_header(source):
        raise UsageError(
            "the header of the export would be read as the header of the table",
            place=str(header),
            admissible="another name, or another folder",
            fix=f"--out NAME{list(made)[-1].suffix} with another NAME than {source.stem}",
        )


def _refuse_senseless(to: str, choice: ExportOptions) -> None:
    """Raise for options that the format has no use for: they would seem to change something."""
    if choice.labels not in ("", "codes", "both"):
        raise UsageError(
            f"unknown labels {choice.labels!r}", admissible="codes, both", fix="--labels both"
        )
    if choice.crs not in (4326, 3035):
        raise UsageError(
            f"unknown coordinates {choice.crs}", admissible="4326, 3035", fix="--crs 4326"
        )
    wrong = {
        "--geometry": (choice.geometry is not None, MAPS),
        "--geometry-notice": (bool(choice.geometry_notice), MAPS),
        "--wide": (choice.wide, MAPS),
        "--crs 3035": (choice.crs != 4326, ("gpkg",)),
        "--sdmx-version": (choice.sdmx_version != "2.0", ("sdmx-csv",)),
    }
    for option, (given, formats) in wrong.items():
        if given and to not in formats:
            raise UsageError(
                f"{to} has no use for {option}",
                admissible=f"{option} with {' or '.join(formats)}",
                fix="leave it out, or choose another format",
            )
    if to in MAPS and choice.geometry is None:
        raise UsageError(
            f"{to} needs the boundaries of the regions",
            admissible="GeoJSON with the same codes, such as NUTS of GISCO (Eurostat)",
            fix="--geometry FILE --geometry-notice TEXT",
        )


Made = tuple[dict[Path, bytes], tuple[str, ...]]
"""Files with their bytes, and notes."""


def _labelled(ready: Ready, choice: ExportOptions, to: str) -> pa.Table:
    both = choice.labels == "both" or (not choice.labels and to in _LABELLED)
    return ready.labelled() if both else ready.panel.table


def _csv(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    table = _labelled(ready, choice, "csv")
    # The header first: a table without it would be read as something else.
    header = header_path(path)
    return {header: beside_csv(ready.panel), path: csv_bytes(table)}, ()


def _parquet(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    panel = replace(ready.panel, table=_labelled(ready, choice, "parquet"))
    return {path: parquet_bytes(panel.to_arrow())}, ()


def _xlsx(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    from hansa.export.sheet import workbook_bytes

    table = _labelled(ready, choice, "xlsx")
    return {path: workbook_bytes(ready, table, str(path))}, ()


def _sdmx(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    from hansa.export.sdmxcsv import description, like_numbers, sdmx_csv

    both = choice.labels == "both"
    content = csv_bytes(sdmx_csv(ready, choice.sdmx_version, both))
    if both:
        return {path: content}, ()
    notes = tuple(
        f"the codes of {name} look like numbers, and some readers (pysdmx) take 01 for 1; "
        "--labels both keeps them apart"
        for name in like_numbers(ready)
    )
    header = header_path(path)
    return {header: toml_bytes(description(ready)), path: content}, notes


def _layer(ready: Ready, choice: ExportOptions, bare: bool) -> Layer:
    shapes = choice.geometry
    if not isinstance(shapes, Geometry):
        shapes = read_geometry(Path(str(shapes)), choice.geometry_notice)
    elif choice.geometry_notice:
        shapes = replace(shapes, notice=choice.geometry_notice)
    return layer_of(ready, shapes, choice.wide, bare)


def _geojson(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    from hansa.export.geojson import geojson_bytes

    layer = _layer(ready, choice, bare=False)
    return {path: geojson_bytes(ready, layer)}, layer.notes


def _gpkg(ready: Ready, choice: ExportOptions, path: Path) -> Made:
    from hansa.export.geopackage import geopackage_bytes
    from hansa.export.spatialindex import can_index

    layer = _layer(ready, choice, bare=True)
    notes = layer.notes
    if not layer.fields:
        notes = (*notes, "several times: values stand in the table data; --wide, or --time TIME")
    if not can_index():
        notes = (*notes, "without a spatial index: the SQLite of this Python has no R-trees")
    table = _labelled(ready, choice, "gpkg")
    return {path: geopackage_bytes(ready, layer, table, choice.crs)}, notes


_WRITERS: dict[str, Callable[[Ready, ExportOptions, Path], Made]] = {
    "csv": _csv,
    "parquet": _parquet,
    "xlsx": _xlsx,
    "sdmx-csv": _sdmx,
    "geojson": _geojson,
    "gpkg": _gpkg,
}
