"""The definition format and its loader: a folder with TOML and CSV, or a plain CSV."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from hansa.clusters.members import KINDS, Layout, Member, read_members
from hansa.codes.codelist import Codelist, classification
from hansa.errors import Finding, HansaError, UsageError, listed
from hansa.language import named
from hansa.sources.spec_wrong import keyed

_ALL = 1 + 1e-6
"""All of an activity, where weights are added up."""


class Head(BaseModel):
    """The keys of definition.toml; `format` and `level` are for readers of the file alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    label: str
    classification: str
    source: str = ""
    licence: str = ""
    version: Any = ""
    overlapping: bool = False
    note: str = ""
    columns: dict[str, str] = {}
    kinds: dict[str, str] = {}
    format: Any = 1
    level: Any = ""


@dataclass(frozen=True)
class ClusterDefinition:
    """A dated set of clusters on one classification.

    `level` is the finest level of the classification that some member needs. Weights of one
    activity over all clusters add up to at most 1 unless `overlapping` says otherwise; `unsaid`
    where it says so of a plain CSV, which had no place to say it.
    """

    id: str
    label: str
    classification: str
    members: tuple[Member, ...]
    source: str = ""
    licence: str = ""
    version: str = ""
    overlapping: bool = False
    note: str = ""
    unsaid: bool = False

    @property
    def codelist(self) -> Codelist:
        """The classification the members are coded in."""
        return classification(self.classification)

    @property
    def clusters(self) -> tuple[str, ...]:
        """Cluster ids in the order of their first member, those outside left out."""
        return tuple(dict.fromkeys(m.cluster for m in self.members if m.kind != "outside"))

    @property
    def level(self) -> str:
        """The finest level a member stands on; empty for local codes."""
        codes = self.codelist
        found = {codes.level.get(m.activity, "") for m in self.members}
        return next((name for name in reversed(codes.levels) if name in found), "")

    def label_of(self, cluster: str) -> str:
        """The name of a cluster for people."""
        labels = (m.cluster_label for m in self.members if m.cluster == cluster)
        return named("cluster", next((label for label in labels if label), cluster))

    @property
    def shared(self) -> dict[str, tuple[str, ...]]:
        """Each activity whose weights add up to more than 1 -> the clusters that hold it."""
        heavy = [a for a, w in _weight_sums(self.members, self.codelist).items() if w > _ALL]
        clusters = {}
        for activity in heavy:
            codes = {activity, *self.codelist.ancestors(activity)}
            own = (m.cluster for m in self.members if m.activity in codes and m.weight)
            clusters[activity] = tuple(dict.fromkeys(own))
        return clusters

    @property
    def name(self) -> str:
        """What the definition is called, in the language spoken here."""
        return named("definition", self.label)

    def kind_of(self, cluster: str) -> str:
        """traded, local, or empty where the definition does not say."""
        return next((m.kind for m in self.members if m.cluster == cluster), "")


@cache
def definitions() -> dict[str, ClusterDefinition]:
    """Every definition that ships, by id."""
    folder = files("hansa.clusters") / "definitions"
    found = [read_folder(entry) for entry in folder.iterdir() if entry.is_dir()]
    return {d.id: d for d in sorted(found, key=lambda d: d.id)}


def find_definition(
    name: str, code_list: str = "", columns: Mapping[str, str] | None = None
) -> ClusterDefinition:
    """A definition by id, by the path of its folder, or by the path of a plain CSV.

    A plain CSV has no place to state its classification (`code_list`) and which of its columns
    is which (`columns`: our name -> the table's).
    """
    if name in definitions():
        return definitions()[name]
    path = Path(name)
    if path.is_dir():
        return read_folder(path)
    if path.is_file():
        return read_csv(path, code_list, columns)
    raise UsageError(
        f"unknown cluster definition {name!r}",
        admissible=listed(definitions()),
        fix="`hansa definitions` lists them; one of your own: the path of a folder with "
        "definition.toml and members.csv, or of a CSV with cluster, activity, weight",
    )


def read_folder(folder: Path | Traversable) -> ClusterDefinition:
    """A definition folder: `definition.toml` and `members.csv`.

    A table made by others keeps its layout: [columns] says which of its columns holds ours,
    [kinds] which of its words mean traded, local and outside.
    """
    place = str(folder)
    head, rows = _text(folder, "definition.toml"), _text(folder, "members.csv")
    try:
        meta = tomllib.loads(head)
    except (ValueError, RecursionError) as problem:
        raise HansaError(
            "definition.toml cannot be read",
            place=place,
            printed=str(problem)[:160],
            admissible="TOML in UTF-8 with id, label, classification",
        ) from problem
    fix = "correct the key in definition.toml"
    found = keyed(Head, meta, f"{place}/definition.toml", "the definition", fix)
    return _checked(_described(found, rows, place), place)


def _text(folder: Path | Traversable, name: str) -> str:
    """The text of one of the two files."""
    try:
        return (folder / name).read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as problem:
        raise HansaError(
            "a definition folder is not complete",
            place=str(folder),
            printed=f"{name} is missing",
            admissible="definition.toml and members.csv",
        ) from problem
    except UnicodeDecodeError as problem:
        raise HansaError(
            f"{name} of the definition is not UTF-8 text",
            place=f"{folder}/{name}",
            printed=repr(problem.object[problem.start : problem.start + 8])[1:],
            admissible="UTF-8",
            fix="save it as UTF-8",
        ) from problem


def _described(head: Head, text: str, place: str) -> ClusterDefinition:
    layout = Layout(head.columns, head.kinds)
    return ClusterDefinition(
        id=head.id,
        label=head.label,
        classification=head.classification,
        members=read_members(text, f"{place}/members.csv", head.classification, layout),
        source=head.source,
        licence=head.licence,
        version=str(head.version),
        overlapping=head.overlapping,
        note=head.note,
    )


def read_csv(
    path: Path, code_list: str = "", columns: Mapping[str, str] | None = None
) -> ClusterDefinition:
    """A plain CSV with cluster, activity, weight; overlaps are allowed and said so.

    With `columns` (our name -> the table's) a table in another layout is read as it is.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise HansaError(
            "the definition is not UTF-8 text",
            place=str(path),
            printed=repr(problem.object[problem.start : problem.start + 8])[1:],
            admissible="UTF-8",
            fix="save it as UTF-8",
        ) from problem
    layout = Layout(columns or {})
    members = read_members(text.removeprefix("\ufeff"), str(path), code_list, layout)
    sums = _weight_sums(members, classification(code_list))
    overlapping = any(total > _ALL for total in sums.values())
    found = ClusterDefinition(
        id=path.name.removesuffix(".csv"),
        label=path.stem,
        classification=code_list or "local",
        members=members,
        source=path.name,
        overlapping=overlapping,
        unsaid=overlapping,
    )
    return _checked(found, str(path))


def _checked(definition: ClusterDefinition, place: str) -> ClusterDefinition:
    for finding in findings(definition, place):
        if finding.severity == "error":
            raise HansaError(
                finding.rule,
                place=finding.place,
                printed=finding.printed,
                admissible=finding.admissible,
                fix=finding.fix,
            )
    return definition


def findings(definition: ClusterDefinition, place: str = "") -> list[Finding]:
    """What is wrong or worth knowing about a definition."""
    return [
        *_repeated(definition, place),
        *_nested(definition, place),
        *_of_two_kinds(definition, place),
        *_too_heavy(definition, place),
        *_overlap_unsaid(definition, place),
        *_left_over(definition, place),
    ]


def _repeated(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for m in definition.members:
        key = (m.cluster, m.activity, m.subcluster)
        if key in seen:
            yield Finding(
                "error",
                place,
                "an activity stands twice in one cluster",
                f"{m.activity} in {m.cluster}",
                "one row for each cluster and activity",
                "remove one row, or add the weights",
            )
        seen.add(key)


def _nested(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    codes = definition.codelist
    members: dict[str, set[str]] = {}
    for m in definition.members:
        members.setdefault(m.cluster, set()).add(m.activity)
    for cluster, own in members.items():
        for activity in sorted(own):
            if above := next((a for a in codes.ancestors(activity) if a in own), ""):
                yield Finding(
                    "error",
                    place,
                    "a cluster holds a code and a part of it: jobs would count twice",
                    f"{activity} and {above} in {cluster}",
                    "one of the two",
                    "remove the part or the whole",
                )


def _of_two_kinds(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    kinds: dict[str, set[str]] = {}
    for m in definition.members:
        kinds.setdefault(m.cluster, set()).add(m.kind or "empty")
    for cluster, own in kinds.items():
        if len(own) > 1:
            yield Finding(
                "error",
                place,
                "the members of one cluster are of several kinds",
                f"{cluster}: {listed(sorted(own))}",
                "one kind for a whole cluster: " + listed(KINDS) + ", or empty",
                "give all its rows the same kind, or make two clusters",
            )


def _too_heavy(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    if definition.overlapping:
        return
    for activity, weight in _weight_sums(definition.members, definition.codelist).items():
        if weight > _ALL:
            yield Finding(
                "error",
                place,
                "the weights of an activity add up to more than 1",
                f"{activity}: {weight:g}",
                "at most 1 over all clusters",
                "lower the weights, or declare the set: overlapping = true",
            )


def _overlap_unsaid(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    if definition.unsaid:
        shared = (f"{a} in {' and '.join(clusters)}" for a, clusters in definition.shared.items())
        yield Finding(
            "warning",
            place,
            "clusters overlap: the weights of an activity add up to more than 1",
            listed(shared),
            "at most 1 over all clusters, unless they are meant to overlap",
            "lower the weights; where clusters may overlap, say so in a folder with "
            "definition.toml: overlapping = true",
        )


def _left_over(definition: ClusterDefinition, place: str) -> Iterable[Finding]:
    codes = definition.codelist
    if codes.is_local:
        return
    placed: set[str] = set()
    for m in definition.members:
        placed |= codes.leaves(m.activity)
    everything = {leaf for code in codes.level for leaf in codes.leaves(code)}
    if left := sorted(everything - placed):
        yield Finding(
            "note",
            place,
            "codes of the classification that no cluster holds",
            f"{len(left)}: {listed(left)}",
            "",
            "place them, or leave them: they still count in the base",
        )


def _weight_sums(members: Iterable[Member], codes: Codelist) -> dict[str, float]:
    """Weights that each member code carries, its own and those of the codes above it."""
    own: dict[str, float] = {}
    for m in members:
        own[m.activity] = own.get(m.activity, 0.0) + m.weight
    return {
        activity: weight + sum(own.get(above, 0.0) for above in codes.ancestors(activity))
        for activity, weight in own.items()
    }
