"""Named, dated geographies: a macro-region is a list of members, never a constant in code."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hansa.codes.codelist import Codelist, geography_codes
from hansa.errors import UsageError, listed
from hansa.language import named

STATUS = ("as printed", "official", "ours")
_NEEDED = ("id", "title", "geography", "members", "status", "source")


@dataclass(frozen=True)
class Membership:
    """When a member belonged to an area. `code` is empty where no code list holds the member.

    Dates are ISO days, or a month or a year where no more is known; empty: no end.
    """

    name: str
    code: str
    valid_from: str
    valid_to: str = ""
    note: str = ""

    def holds_on(self, day: str) -> bool:
        """Whether it belonged on an ISO day; a month or year counts from its first day.

        As an end, a month or a year counts to its last day.
        """
        begun = self.valid_from <= day
        return begun and (not self.valid_to or day[: len(self.valid_to)] <= self.valid_to)


@dataclass(frozen=True)
class Geography:
    """A set of regions with a name, a code version, dates and a source.

    status       whose list it is: `as printed`, `official` or `ours`
    left_out     parts of the area that no code of this version names, in words
    memberships  who belonged when, where that changed; `members` are those of the dates above
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
    left_out: tuple[str, ...] = ()
    memberships: tuple[Membership, ...] = ()

    @property
    def name(self) -> str:
        """The title in the language spoken here."""
        return named("place", self.title)

    def members_on(self, day: str) -> tuple[str, ...]:
        """Codes of those that belonged on an ISO day; all members where no dates are kept."""
        if not self.memberships:
            return self.members
        return tuple(m.code for m in self.memberships if m.code and m.holds_on(day))

    def as_dict(self) -> dict[str, object]:
        """Plain lists and texts, ready to be written as JSON."""
        return asdict(self)


def read_geography(path: Path) -> Geography:
    """A geography of the user's own, from a TOML file with the same keys."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise UsageError(
            "the geography is not UTF-8 text",
            place=str(path),
            printed=repr(problem.object[problem.start : problem.start + 8])[1:],
            admissible="UTF-8",
            fix="save it as UTF-8",
        ) from problem
    return _spelt(_parse(text, str(path)), str(path))


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
        _refuse_other_kinds(data, place)
        found = Geography(
            **{key: data[key] for key in _NEEDED if key != "members"},
            members=_texts(data["members"], "members", place),
            valid_from=str(data.get("valid_from", "")),
            valid_to=str(data.get("valid_to", "")),
            note=data.get("note", ""),
            left_out=_texts(data.get("left_out", []), "left_out", place),
            memberships=tuple(_membership(entry) for entry in data.get("membership", [])),
        )
    except (KeyError, ValueError, RecursionError) as problem:
        raise UsageError(
            "a geography file cannot be read",
            place=place,
            printed=str(problem),
            admissible=f"TOML with {listed(_NEEDED)}",
        ) from problem
    return _checked(found, place)


def _refuse_other_kinds(data: dict[str, Any], place: str) -> None:
    """Raise where a key that holds words holds anything else, so that `[]` is no name."""
    entries = data.get("membership", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise _other_kind("membership", entries, place)
    words = [(key, data[key]) for key in (*_NEEDED, "note") if key in data and key != "members"]
    words += [(f"membership.{k}", e[k]) for e in entries for k in _IN_MEMBERSHIP if k in e]
    for key, value in words:
        if not isinstance(value, str):
            raise _other_kind(key, value, place)


def _other_kind(key: str, value: object, place: str) -> UsageError:
    return UsageError(
        f"{key} of a geography is of another kind",
        place=place,
        printed=f"{key} = {value!r}"[:120],
        admissible="a text in quotes; [[membership]] tables with name, code, from, to",
        fix="correct the key in the file",
    )


_IN_MEMBERSHIP = ("name", "code", "note")


def _codes(found: Geography, place: str) -> Codelist:
    try:
        return geography_codes(found.geography)
    except UsageError as problem:
        said = problem.finding
        raise UsageError(
            said.rule, place=place, admissible=said.admissible, fix=said.fix
        ) from problem


def _spelt(found: Geography, place: str) -> Geography:
    """The same with its members in the spelling of their code list."""
    codes = _codes(found, place)
    spelt = {member: codes.spell(member) for member in found.members}
    if unknown := [member for member, code in spelt.items() if code is None]:
        raise UsageError(
            "a member of a geography is not in its code list",
            place=place,
            printed=listed(unknown),
            admissible=f"codes of {codes.id}",
            fix='correct the code or the version; for codes of your own: geography = "local"',
        )
    return _checked(replace(found, members=tuple(code for code in spelt.values() if code)), place)


def _membership(entry: dict[str, str]) -> Membership:
    return Membership(
        entry["name"],
        entry.get("code", ""),
        str(entry["from"]),
        str(entry.get("to", "")),
        entry.get("note", ""),
    )


def _texts(value: object, key: str, place: str) -> tuple[str, ...]:
    # A single text is a sequence too: "DK" would quietly become the members D and K.
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise UsageError(
        f"{key} of a geography is no list of texts",
        place=place,
        printed=repr(value),
        admissible=f'{key} = ["DK", "SE"]',
    )


def _checked(found: Geography, place: str) -> Geography:
    if not found.members:
        raise UsageError("a geography has no members", place=place, admissible="one code or more")
    if repeated := sorted({m for m in found.members if found.members.count(m) > 1}):
        raise UsageError(
            "a member of a geography stands twice",
            place=place,
            printed=listed(repeated),
            admissible="each code once: a region would count twice",
        )
    if found.status not in STATUS:
        raise UsageError(f"unknown status {found.status!r}", place=place, admissible=listed(STATUS))
    return found
