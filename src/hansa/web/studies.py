"""The studies of a folder: the folder itself, and what lies in it; so with index folders."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from hansa.errors import HansaError
from hansa.index.folder import TABLES, is_index, made_up

CALL_FILE = "call.toml"
"""It makes a folder that of a call."""

Kind = Literal["study", "index", "call"]


@dataclass(frozen=True)
class StudyPlace:
    """A study folder, and how it is called in addresses.

    kind  a study, or the folder of an index or of a call without one around it
    """

    id: str
    folder: Path
    title: str
    summary: str
    model_data: bool
    broken: bool = False
    kind: Kind = "study"


def studies_in(root: Path) -> dict[str, StudyPlace]:
    """The studies, index folders and call folders at or in a folder, by their name in addresses.

    There may be none yet. A study whose file cannot be read is listed with the name of its folder:
    its pages say what is wrong. The index folders that a study names belong to it and are not
    listed beside it. Raises HansaError where there is no such folder, or it cannot be read.
    """
    found: dict[str, StudyPlace] = {}
    own: set[Path] = set()
    for folder in [root, *_inside(root)]:
        name = _named(folder, found)
        if (folder / "study.toml").is_file():
            data = _read(folder)
            own |= set(_boards(folder, data))
            found[name] = _place(name, folder, data)
        elif is_index(folder) and folder not in own:
            found[name] = _index_place(name, folder)
        elif (folder / CALL_FILE).is_file():
            found[name] = _call_place(name, folder)
    return found


def _inside(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir())
    except OSError as problem:
        raise HansaError(
            "this folder cannot be served",
            place=str(root),
            printed=problem.strerror or str(problem),
            admissible="a folder: an empty one, one with study.toml, an index folder with "
            "indicators.csv, a call folder with call.toml, or a folder of such folders",
            fix="make it first, or try hansa demo",
        ) from problem


def is_alone(folder: Path) -> bool:
    """Whether a folder holds a composite index and no study."""
    return not (folder / "study.toml").is_file() and is_index(folder)


_OURS = ("api", "assets")
"""First parts of addresses that are no study."""


def _named(folder: Path, taken: dict[str, StudyPlace]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "study"
    number = 1
    while (own := name if number == 1 else f"{name}-{number}") in (*taken, *_OURS):
        number += 1
    return own


def _read(folder: Path, file: str = "study.toml") -> dict[str, Any] | None:
    path = folder / file
    try:
        state = path.stat()
        return _parsed(path, state.st_mtime_ns, state.st_size)
    except (ValueError, OSError):
        return None


@lru_cache(1000)
def _parsed(path: Path, _time: int, _size: int) -> dict[str, Any]:
    """What a file holds; read again when its time or size is another one. Nobody changes it."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _place(name: str, folder: Path, data: dict[str, Any] | None) -> StudyPlace:
    broken = StudyPlace(name, folder, name, "", model_data=False, broken=True)
    if data is None:
        return broken
    try:
        model = any(spec.get("model_data") for spec in data.get("facts", {}).values())
    except AttributeError:
        return broken
    summary = " ".join(str(data.get("summary", "")).split())
    return StudyPlace(name, folder, str(data.get("title", name)), summary, model)


def _boards(folder: Path, data: dict[str, Any] | None) -> Iterator[Path]:
    """Index folders that a study fetches."""
    boards = (data or {}).get("scoreboard", {})
    for spec in boards.values() if isinstance(boards, dict) else ():
        if isinstance(spec, dict) and isinstance(spec.get("folder"), str):
            yield folder / spec["folder"]


def _call_place(name: str, folder: Path) -> StudyPlace:
    data = _read(folder, CALL_FILE)
    if data is None:
        return StudyPlace(name, folder, name, "", model_data=False, broken=True, kind="call")
    model = data.get("model_data") is True
    summary = " ".join(str(data.get("summary", "")).split())
    return StudyPlace(name, folder, str(data.get("title", name)), summary, model, kind="call")


def _index_place(name: str, folder: Path) -> StudyPlace:
    """An index by the name of its root; that of the folder where its table says none.

    The list of studies is made for every request: the table is only looked at, its faults are told
    by the pages that run it.
    """
    title, sources = folder.resolve().name, []
    try:
        with (folder / TABLES[0]).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                one = {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
                kind = (one.get("type") or one.get("Type", "")).lower()
                if kind == "indicator":
                    sources.append(one.get("source", ""))
                elif kind == "aggregate" and not (one.get("parent") or one.get("Parent")):
                    code = one.get("code") or one.get("iCode", "")
                    title = one.get("name") or one.get("iName") or code or title
    except (OSError, UnicodeDecodeError, csv.Error, AttributeError):
        return StudyPlace(name, folder, title, "", model_data=False, kind="index")
    return StudyPlace(name, folder, title, "", made_up(sources), kind="index")
