"""study.toml: what a study is about, and how it is to be computed."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from hansa.errors import HansaError, listed
from hansa.files import header_path
from hansa.language import N_
from hansa.sources.spec import FactsSpec
from hansa.sources.spec_wrong import keyed

ALL_ACTIVITIES = N_("all activities")
"""Name of the base of a study that names none."""
DEFAULT_MEASURES = (
    "employment",
    "cluster_share",
    "focus",
    "location_quotient_total",
    "growth_rate",
    "growth_annual",
    "growth_contribution",
)


class BaseChoice(BaseModel):
    """One choice of what counts as the whole of a region."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    without: tuple[str, ...] = ()


class Outputs(BaseModel):
    """What a report shows beside the tables.

    region   the region of the specialisation figure; empty: the largest one
    cluster  the cluster of the map and the league; empty: the most concentrated traded one
    geometry         boundaries for a map with true areas (GeoJSON); empty: tile map only
    geometry_notice  what their publisher asks every map to show
    published        show the published tables of 2009, and their claims beside the area
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: str = "csv"
    region: str = ""
    cluster: str = ""
    geometry: str = ""
    geometry_notice: str = ""
    published: bool = False


class FetchSpec(BaseModel):
    """One entry `[fetch.NAME]`: live data that `hansa fetch DIR` brings into the study.

    extract  ready-made questions (`hansa sources --extracts`); else `dataset`: SOURCE:DATASET
    filters  dimension -> codes or patterns; period: `2015:2020`; parts: of an extract
    geo      regions: codes, patterns, `study` (those of the study's geography), `countries`
    at       base address in place of the service's own
    file     where the table goes; empty: `facts/NAME.parquet`, or `indicators/EXTRACT.parquet`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    extract: tuple[str, ...] = ()
    dataset: str = ""
    filters: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    geo: tuple[str, ...] = ()
    period: str = ""
    parts: tuple[str, ...] = ()
    at: str = ""
    file: str = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> FetchSpec:
        if bool(self.extract) == bool(self.dataset):
            raise ValueError("either extract = … or dataset = …")
        if self.file and len(self.extract) > 1:
            raise ValueError("one file for several extracts; leave file out")
        if self.file:
            _refuse_outside(self.file, self.endings)
        return self

    @property
    def endings(self) -> tuple[str, ...]:
        """How the file may end: tables, boundaries, or lists of regions; the usual one first."""
        if not self.dataset.startswith("gisco:"):
            return (".parquet", ".csv")
        lists = self.dataset.lower().endswith(("-names", "-links"))
        return (".csv",) if lists else (".geojson", ".json")

    @field_validator("extract", "geo", "parts", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


def _refuse_outside(name: str, endings: tuple[str, ...]) -> None:
    """Raise for a place that is not inside the study folder: studies come from others, too."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and ":" not in name
    if not inside or (endings and path.suffix.lower() not in endings):
        shape = f" ending in {listed(endings)}" if endings else ""
        example = f"data/NAME{endings[0] if endings else ''}"
        raise ValueError(f"a place inside the study folder{shape}, such as {example}")


class ScoreboardSpec(BaseModel):
    """One entry `[scoreboard.NAME]`: an index folder made of fetched indicators.

    indicators  ids of extracts of kind indicator, fetched into `indicators/`
    pillars     True: one aggregate for each pillar of the catalogue, else a flat index
    least       share of the regions that need a value: the newest year that has it is taken
    since       earliest year that is taken
    folder      where the index folder goes; empty: `indices/NAME`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    indicators: tuple[str, ...]
    pillars: bool = True
    least: float = Field(0.8, gt=0, le=1)
    since: int = 0
    folder: str = ""

    @model_validator(mode="after")
    def _inside_and_once(self) -> ScoreboardSpec:
        if self.folder:
            _refuse_outside(self.folder, ())
        if twice := _repeated(self.indicators):
            raise ValueError(f"each indicator once; twice: {listed(twice)}")
        return self


class Study(BaseModel):
    """A study; see docs/reference for every key.

    geography  the regions of the results (a named geography; empty: every region of the facts)
    area       the geography whose sum is shown as one region; area_name as people call it
    reference  what regions are compared with; reference_name as people call it
    period     first and last year; empty: all years of the facts
    hidden     `absent`: hidden cells are not known at all; `bounds`: they lie between nothing and
               what the published sums allow; `fill`: the narrowest such bounds, and the best
               point within them (`hansa.facts.fill`)
    fetch      live data that `hansa fetch DIR` brings into the folder
    scoreboard index folders made of what was fetched
    rules      presence rule set, by id or path; empty: each measure's own
    benchmark, x_line, wage_reference, leave_out: options of wages and kinds of clusters
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    title: str
    summary: str = ""
    geography: str = ""
    area: str = ""
    area_name: str = ""
    reference: str = "all"
    reference_name: str = ""
    period: tuple[int, int] | tuple[()] = ()
    min_cell: float = Field(50.0, ge=0, allow_inf_nan=False)
    hidden: Literal["absent", "bounds", "fill"] = "absent"
    rules: str = ""
    benchmark: Literal["plain", "weighted", "totals", "plain-known", "weighted-known"] = "plain"
    x_line: Literal["zero", "region"] = "zero"
    wage_reference: Literal["country", "reference", "region"] = "country"
    leave_out: Literal["region", "country"] = "region"
    definitions: tuple[str, ...] = ("hansa-divisions",)
    measures: tuple[str, ...] = DEFAULT_MEASURES
    base: tuple[BaseChoice, ...] = (BaseChoice(name=ALL_ACTIVITIES),)
    facts: dict[str, FactsSpec]
    fetch: dict[str, FetchSpec] = Field(default_factory=dict)
    scoreboard: dict[str, ScoreboardSpec] = Field(default_factory=dict)
    outputs: Outputs = Field(default_factory=Outputs)

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: int) -> int:
        if value != 1:
            raise ValueError("format = 1 is the only one this version knows")
        return value

    @field_validator("period")
    @classmethod
    def _forwards(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if value and value[0] >= value[-1]:
            raise ValueError("two years, the earlier one first")
        return value

    @field_validator("definitions", "measures")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_none(value)
        if twice := _repeated(value):
            raise ValueError(f"each once; twice: {listed(twice)}")
        return value

    @field_validator("base")
    @classmethod
    def _bases_apart(cls, value: tuple[BaseChoice, ...]) -> tuple[BaseChoice, ...]:
        _refuse_none(value)
        folders = [folder_name(base.name) for base in value]
        if alike := [b.name for b in value if folder_name(b.name) in _repeated(folders)]:
            raise ValueError(
                "names that differ in their letters a to z and digits, as folders are named after "
                f"them; alike: {listed(map(repr, alike))}"
            )
        return value

    @field_validator("fetch", "scoreboard")
    @classmethod
    def _plain_names(cls, value: dict[str, Any]) -> dict[str, Any]:
        if odd := [name for name in value if not re.fullmatch(r"[A-Za-z0-9_-]+", name)]:
            raise ValueError(f"names of letters, digits, - and _; not {listed(odd)}")
        return value

    @field_validator("facts")
    @classmethod
    def _some_facts(cls, value: dict[str, FactsSpec]) -> dict[str, FactsSpec]:
        if not value:
            raise ValueError("at least one table [facts.NAME]")
        for name, spec in value.items():
            if not spec.file:
                raise ValueError(f'[facts.{name}] needs file = "…"')
        return value


def _refuse_none(value: Sequence[object]) -> None:
    if not value:
        raise ValueError("at least one; leave the key out for the default")


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def folder_name(name: str) -> str:
    """The name of a base as the folder of its tables."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read_study(folder: Path) -> Study:
    """The study in a folder; raises for a missing or wrong study.toml."""
    path = folder / "study.toml"
    if not path.is_file():
        raise HansaError(
            "this is no study folder",
            place=str(folder),
            printed="" if folder.exists() else "nothing is there",
            admissible="a folder with study.toml, or a recipe.json to replay",
            fix=f"check the path, or make a study: hansa new {shlex.quote(str(folder))}",
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise HansaError(
            "study.toml cannot be read", place=str(path), printed=str(problem), admissible="TOML"
        ) from problem
    return study_from(data, str(path))


def study_from(data: dict[str, Any], place: str) -> Study:
    """A validated study; `place` names the file for the message."""
    return keyed(Study, data, place, "the study", "correct the key in study.toml")


def facts_paths(folder: Path, spec: FactsSpec) -> list[Path]:
    """The files of a facts entry; `$HANSA_DATA` stands for the folder of the real data.

    A pattern with `*` takes every file it matches, in name order.
    """
    found: list[Path] = []
    for name in spec.file:
        path = expanded(folder, name)
        if "*" in path.name:
            matched = sorted(path.parent.glob(path.name))
            if not matched:
                raise HansaError(
                    "no file matches",
                    place=str(folder / name),
                    fix=f"check the pattern; live data come with: hansa fetch {folder}",
                )
            found += matched
        else:
            found.append(path)
    return found


def facts_files(folder: Path, spec: FactsSpec) -> list[tuple[str, Path]]:
    """Every file of a facts entry: its facts, totals and links, and the headers beside them."""
    own = placed(folder, spec)
    found = [("facts", path) for path in facts_paths(folder, spec)]
    found += [("totals", Path(own.totals))] if own.totals else []
    headers = [] if spec.alone else [header_path(path) for _, path in found]
    found += [("header", path) for path in headers if path.is_file()]
    return [*found, ("links", Path(own.links))] if own.links else found


def extra_files(study: Study, folder: Path) -> list[tuple[str, Path]]:
    """Files of a study beside its facts, with their key: rules, areas, boundaries, indicators."""
    found = []
    for key in ("rules", "area", "geography"):
        name = getattr(study, key)
        if name.endswith(".toml"):
            found.append((key, folder / name if (folder / name).exists() else Path(name)))
    if study.outputs.geometry:
        found.append(("geometry", expanded(folder, study.outputs.geometry)))
    if study.fetch:
        found += [("indicator", path) for path in sorted((folder / "indicators").glob("*.parquet"))]
    return found


def placed(folder: Path, spec: FactsSpec) -> FactsSpec:
    """The entry with its files of totals and links found from the study folder, like its others."""
    beside = {key: getattr(spec, key) for key in ("totals", "links") if getattr(spec, key)}
    if not beside:
        return spec
    return spec.model_copy(update={k: str(expanded(folder, name)) for k, name in beside.items()})


def expanded(folder: Path, name: str) -> Path:
    """The path of a file named in a study."""
    if name.startswith("$HANSA_DATA"):
        root = os.environ.get("HANSA_DATA")
        if not root:
            raise HansaError(
                "the study reads $HANSA_DATA, which is not set",
                place=name,
                fix="set HANSA_DATA to the folder that holds the data, or write a path",
            )
        return Path(root + name.removeprefix("$HANSA_DATA"))
    return folder / name
