"""Named, dated geographies: a macro-region is a list of members, never a constant in code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from hansa.errors import UsageError, listed


@dataclass(frozen=True)
class Geography:
    """A set of regions with a name, a code version, dates and a source.

    `status` says whose list it is: `as printed`, `official` or `ours`.
    """

    id: str
    title: str
    geography: str
    members: tuple[str, ...]
    status: str
    source: str
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""


def read_geography(path: Path) -> Geography:
    """A geography of the user's own, from a TOML file with the same keys."""
    return _parse(path.read_text(encoding="utf-8"), str(path))


@cache
def geographies() -> dict[str, Geography]:
    """Every geography that ships, by id."""
    folder = files("hansa.codes") / "data" / "geographies"
    found = (
        _parse(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )
    return {g.id: g for g in sorted(found, key=lambda g: g.id)}


def geography(name: str) -> Geography:
    """A shipped geography by id, or one of the user's own by the path of its file."""
    if name in geographies():
        return geographies()[name]
    if name.endswith(".toml") and Path(name).is_file():
        return read_geography(Path(name))
    raise UsageError(
        f"unknown geography {name!r}",
        admissible=listed(geographies(), 20),
        fix="`hansa geographies` lists them; a file of your own: the path of a .toml with "
        "id, title, geography, members, status, source",
    )


def _parse(text: str, place: str) -> Geography:
    try:
        data = tomllib.loads(text)
        return Geography(
            id=data["id"],
            title=data["title"],
            geography=data["geography"],
            members=tuple(data["members"]),
            status=data["status"],
            source=data["source"],
            valid_from=str(data.get("valid_from", "")),
            valid_to=str(data.get("valid_to", "")),
            note=data.get("note", ""),
        )
    except (KeyError, tomllib.TOMLDecodeError) as problem:
        raise UsageError(
            "a geography file cannot be read",
            place=place,
            printed=str(problem),
            admissible="TOML with id, title, geography, members, status, source",
        ) from problem
