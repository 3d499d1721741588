"""What a fetch writes: tables with their header and account, files of boundaries and names."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from hansa.errors import HansaError, UsageError, writing
from hansa.facts.made import Made
from hansa.files import csv_bytes, json_bytes, parquet_bytes, toml_bytes, write_bytes
from hansa.sources.live.fetching import Told, open_ends
from hansa.study.fetch_line import line_to

GISCO = "gisco"
TABLES = (".parquet", ".csv", ".pq")


def endings_of(what: str) -> tuple[str, ...]:
    """How the file of what is fetched may end: boundaries are GeoJSON, lists of regions CSV."""
    if not what.startswith(f"{GISCO}:"):
        return TABLES
    from hansa.sources.live import gisco

    kind = gisco.find(what.partition(":")[2]).kind
    return (".geojson", ".json") if kind == "boundaries" else (".csv",)


def refuse_ending(what: str, path: Path) -> None:
    """Raise where the ending of a file names another format than the one it would hold."""
    endings = endings_of(what)
    if path.suffix.lower() in endings:
        return
    if endings == TABLES:
        raise _no_table(path)
    raise UsageError(
        f"{what} would be written under the ending of another format",
        place=str(path),
        admissible=" or ".join(endings),
        fix=f"--out {path.with_suffix(endings[0])}",
    )


def _no_table(path: Path) -> UsageError:
    return UsageError(
        "fetched tables are written as CSV or Parquet",
        place=str(path),
        admissible=".csv or .parquet",
        fix="change the ending; `hansa export` makes other formats of it",
    )


def files_of(made: Made, path: Path) -> dict[Path, bytes]:
    """What is written for a fetched table: itself with its header, and where it came from.

    Raises HansaError for a table without a row: it would take the place of one that holds data.
    """
    assert made.table is not None
    if not made.table.num_rows:
        raise HansaError(
            "the answer has no row, so nothing is written",
            place=str(path),
            printed=" ".join(made.lines),
            admissible="at least one row; a file that is there stays as it is",
            fix="ask for more codes or other years, or look at the data set: hansa sources",
        )
    suffix = path.suffix.lower()
    if suffix == ".csv":
        meta = {k: v for k, v in made.description.items() if v != {}}
        files = {
            path: csv_bytes(made.table),
            path.with_name(f"{path.stem}.meta.toml"): toml_bytes(meta),
        }
    elif suffix in (".parquet", ".pq"):
        files = {path: parquet_bytes(made.table)}
    else:
        raise _no_table(path)
    return {**files, account_path(path): json_bytes(made.report)}


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files one after the other, each whole or not at all.

    Raises HansaError where one cannot be written; before anything, where its place is a folder.
    """
    for path in files:
        with _writing(path):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    for path, content in files.items():
        with _writing(path):
            write_bytes(path, content)


def _writing(path: Path) -> AbstractContextManager[None]:
    return writing(
        "the file cannot be written",
        place=str(path),
        admissible="a folder that is there, or can be made, and can be written to",
        fix="--out with another place or name",
    )


def account_path(path: Path) -> Path:
    """Where a table's account lies: `NAME.source.json` beside it."""
    return path.with_name(f"{path.stem}.source.json")


def fetch_file(
    name: str, at: str, told: Told, refresh: bool = False
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """A file of GISCO (boundaries, names, links), checked, and where it came from.

    By the ending of their names: the file itself without one, `left-over.csv` for the codes that
    links leave open.
    """
    from hansa.sources.live import gisco
    from hansa.sources.live.services import home_of

    wanted = gisco.find(name.partition(":")[2])
    home = home_of(GISCO, gisco.HOME, at)
    asked = gisco.requests(wanted, home)
    with line_to(home, told, refresh) as line:
        told(wanted.title, 0.0)
        found = [line.get(request) for request in asked]
        replies = [got.reply for got in found]
        files = {"": gisco.content(wanted, *replies)}
        if wanted.kind == "links":
            files["left-over.csv"] = gisco.left_over(wanted, *replies)
        for request, got in zip(asked, found, strict=True):
            line.keep(request, got)
        told(wanted.title, 1.0)
    report = {
        "format": 1,
        "dataset": name,
        "source": GISCO,
        "title": wanted.title,
        "licence": wanted.notice,
        "requests": [one.as_dict() for one in line.asked],
        "notes": open_ends(line.asked),
    }
    return files, report


def beside(path: Path, ending: str) -> Path:
    """Where a further file lies beside another: `links.csv`, `links-left-over.csv`."""
    return path.with_name(f"{path.stem}-{ending}") if ending else path
