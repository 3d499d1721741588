"""Code lists: one loader for every classification that ships, and local lists for the rest."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from hansa.errors import UsageError, listed
from hansa.language import named, speaking, spoken

TOTAL = "TOTAL"
COUNTRY = "country"

_DATA = files("hansa.codes") / "data"
_ALIASES = {"nacer": "nace", "nacerev": "nace", "isicrev": "isic", "sic": "nace"}


@dataclass(frozen=True)
class Codelist:
    """A dated list of codes with labels and, where it has one, a hierarchy.

    `id` is `scheme:version` (`nace:2`, `nuts:2013`) or `local` for codes of a table that
    declares nothing. `parent` maps a code to the code above it, `level` to the name of its level.
    """

    id: str
    title: str
    source: str
    levels: tuple[str, ...] = ()
    label: dict[str, str] = field(default_factory=dict)
    level: dict[str, str] = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """The labels in the language spoken here; `label` is what sources are compared with."""
        return self.label if self.is_local or spoken() == "en" else _names(self, spoken())

    @property
    def is_local(self) -> bool:
        """True for codes that were never declared: no hierarchy, no labels, no conversion."""
        return self.id == "local"

    def __contains__(self, code: str) -> bool:
        return code in self.level or (self.is_local and bool(code))

    def spell(self, text: str) -> str | None:
        """The stored spelling of a code in any usual spelling; None where it is unknown."""
        if self.is_local:
            return text.strip() or None
        return _spellings(self).get(text.strip().upper())

    def ancestors(self, code: str) -> Iterable[str]:
        """Codes above `code`, nearest first."""
        while code := self.parent.get(code, ""):
            yield code

    def leaves(self, code: str) -> frozenset[str]:
        """The finest codes below `code` (the code itself where nothing lies below)."""
        if self.is_local:
            return frozenset((code,))
        return _leaves(self).get(code, frozenset())

    def compact(self, leaves: Iterable[str]) -> tuple[str, ...]:
        """The fewest codes that name a set of finest codes: `01.1` for all classes below it."""
        wanted = set(leaves)
        found: set[str] = set()
        for leaf in wanted:
            inside = [c for c in self.ancestors(leaf) if self.leaves(c) <= wanted]
            found.add(inside[-1] if inside else leaf)
        return tuple(sorted(found))

    def children(self, code: str) -> tuple[str, ...]:
        """Codes directly below `code`."""
        return _children(self).get(code, ())

    def __hash__(self) -> int:
        return hash(self.id)


def local(codes: Iterable[str] = ()) -> Codelist:
    """A list for codes of an undeclared classification."""
    return Codelist("local", "codes of the table itself", "", (), {c: c for c in codes})


def normal_id(text: str) -> str:
    """`nace:2` for `NACE2`, `nace_r2`, `NACE Rev. 2`; `nuts:2013` for `NUTS2013`."""
    plain = re.sub(r"[^a-z0-9.:]", "", text.strip().lower()).replace("rev.", "rev")
    match = re.fullmatch(r"([a-z]+):?([0-9.]+)?", plain)
    if not match:
        return plain
    scheme = _ALIASES.get(match[1], match[1])
    return f"{scheme}:{match[2]}" if match[2] else scheme


def classification(text: str) -> Codelist:
    """The classification named `text`, in any usual spelling; `local` for an empty name."""
    return _named(text, "classification", "--classification nace:2")


def geography_codes(text: str) -> Codelist:
    """The regional code list named `text` (`nuts:2013`); `local` for an empty name."""
    return _named(text, "geography version", "--geography nuts:2013")


def _named(text: str, what: str, example: str) -> Codelist:
    if not text or text == "local":
        return local()
    wanted = normal_id(text)
    if wanted not in available():
        raise UsageError(
            f"unknown {what} {text!r}",
            admissible=listed(sorted(available()), 20) + ", or local",
            fix=f"name one of them ({example}), or leave it out: the codes then form a local list",
        )
    return _load(wanted)


@cache
def available() -> dict[str, dict[str, Any]]:
    """Every shipped code list: id -> its description (title, source, dates, file)."""
    found: dict[str, dict[str, Any]] = {}
    for entry in sorted(_DATA.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            meta = tomllib.loads(entry.read_text(encoding="utf-8"))
            meta["file"] = entry.name.removesuffix(".toml") + ".csv"
            for version in meta.get("versions", [""]):
                found[f"{meta['id']}:{version}" if version else meta["id"]] = meta
            if meta["id"] == "nuts":
                found[COUNTRY] = meta
    return found


@cache
def _load(wanted: str) -> Codelist:
    meta = available()[wanted]
    version = wanted.partition(":")[2]
    label, level, parent = {}, {}, {}
    with (_DATA / meta["file"]).open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if wanted == COUNTRY:
                if row["level"] != COUNTRY:
                    continue
            elif "versions" in row and version not in row["versions"].split(";"):
                continue
            code = row["code"]
            label[code] = row["label"] or code
            level[code] = row["level"]
            if row["parent"]:
                parent[code] = row["parent"]
    return Codelist(
        wanted, meta["title"], meta["source"], tuple(meta["levels"]), label, level, parent
    )


def versions_with(code: str, scheme: str) -> tuple[str, ...]:
    """Versions of a scheme in which `code` is valid: evidence for an error message."""
    ids = (i for i in available() if i.partition(":")[0] == scheme)
    return tuple(i for i in ids if _load(i).spell(code) is not None)


def membership(codes: Iterable[str], scheme: str) -> dict[str, int]:
    """How many of some codes each version of a scheme holds, the most first."""
    wanted = list(dict.fromkeys(codes))
    ids = [i for i in available() if i.partition(":")[0] == scheme]
    counts = {i: sum(_load(i).spell(code) is not None for code in wanted) for i in ids}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def membership_text(codes: Iterable[str], scheme: str) -> str:
    """The same in words: counts by version, and whether the codes alone can tell."""
    wanted = list(dict.fromkeys(codes))
    counts = {i: n for i, n in membership(wanted, scheme).items() if n}
    if not counts:
        return f"none of {len(wanted)} codes is in a list of {scheme.upper()}"
    text = f"of {len(wanted)} codes, " + ", ".join(f"{n} in {i}" for i, n in counts.items())
    most = [i for i, n in counts.items() if n == len(wanted)]
    if len(most) > 1:
        return f"{text}; all are in {listed(most)}: the codes alone cannot tell the version"
    return text if most else f"{text}; no version holds them all"


@cache
def _children(codelist: Codelist) -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = {}
    for code, parent in codelist.parent.items():
        below.setdefault(parent, []).append(code)
    return {code: tuple(sorted(children)) for code, children in below.items()}


@cache
def _leaves(codelist: Codelist) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {code: set() for code in codelist.level}
    inner = set(codelist.parent.values())
    for code in codelist.level:
        if code not in inner:
            found[code].add(code)
            for above in codelist.ancestors(code):
                found[above].add(code)
    return {code: frozenset(leaves) for code, leaves in found.items()}


@cache
def _names(codelist: Codelist, language: str) -> dict[str, str]:
    kind = "place" if codelist.id.startswith("nuts") else "activity"
    with speaking(language):
        return {code: named(kind, label) for code, label in codelist.label.items()}


@cache
def _spellings(codelist: Codelist) -> dict[str, str]:
    """Usual spelling -> stored spelling. Stored spellings win over derived ones."""
    usual: dict[str, str] = {}
    for code in codelist.level:
        for text in _variants(codelist, code):
            usual.setdefault(text.upper(), code)
    usual.update({code.upper(): code for code in codelist.level})
    return usual


def _variants(codelist: Codelist, code: str) -> Iterable[str]:
    if codelist.id.startswith("nuts"):
        for ours, theirs in (("EL", "GR"), ("GR", "EL"), ("UK", "GB")):
            if code.startswith(ours):
                yield theirs + code[2:]
        return
    plain = code.replace(".", "")
    yield plain
    section = code if not codelist.parent.get(code) else ""
    for above in codelist.ancestors(code):
        section = above
    # Letters only: a digit before digits would read as another code.
    if section.isalpha() and section != code:
        yield from (section + plain, section + code, f"{section}{code[:2]}.{plain[2:]}")
