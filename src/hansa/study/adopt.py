"""A study made of one table: its study.toml, and clusters that the table's codes allow."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hansa.axes import Axis
from hansa.clusters import coverage
from hansa.clusters.definition import definitions
from hansa.cube import Cube
from hansa.errors import HansaError, writing
from hansa.sources.spec import spec_from
from hansa.study.config import DEFAULT_MEASURES, study_from

GROWTH = ("growth_rate", "growth_annual", "growth_contribution")
"""Measures that need two years."""
OWN = "definitions/activities.csv"
_DEFINITIONS = ("hansa-nace2", "hansa-divisions")
"""Those that may fit, the finer one first."""


@dataclass(frozen=True)
class Table:
    """A table that is to become a study.

    path   the file; it is copied
    spec   keys of its description (`FactsSpec`) beyond `file`
    title  of the study; `source` who published the table, shown under every figure
    """

    path: Path
    spec: Mapping[str, Any]
    title: str
    source: str
    summary: str = ""


def study_files(table: Table, cube: Cube) -> dict[str, bytes]:
    """The files of the study but for the table itself: name -> content.

    cube  the jobs of the table: its years and codes say which measures and clusters there are
    """
    own, made = definition_for(cube)
    measures = [m for m in DEFAULT_MEASURES if len(cube.years) > 1 or m not in GROWTH]
    text = study_toml(table, own, measures)
    data = tomllib.loads(text)
    # What is written is read again before anybody relies on it.
    study_from(data, "study.toml")
    return {"study.toml": text.encode(), **made}


def definition_for(cube: Cube) -> tuple[str, dict[str, bytes]]:
    """A definition that the codes of a table allow: one that ships, or one cluster an activity.

    One that ships is taken where four fifths of the clusters it can say anything about are
    exact. Else each activity of the table is a cluster of its own, in a file of the study.
    """
    for name in _DEFINITIONS:
        definition = definitions()[name]
        if definition.codelist.id != cube.activity.codelist.id:
            continue
        try:
            states = [c.state for c in coverage(definition, cube.activity).clusters]
        except HansaError:
            continue
        exact, bounded = states.count("exact"), states.count("bounded")
        if exact >= 2 and exact >= 4 * bounded:
            return name, {}
    return OWN, {OWN: _activities(cube.activity, cube.levels[1])}


def _activities(axis: Axis, level: str) -> bytes:
    """Each activity of the table as a cluster: those of its level, else the topmost."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("cluster", "activity", "weight", "cluster_label"))
    for i in axis.at_level(level) if level else axis.roots:
        code = axis.codes[i]
        writer.writerow((code, code, 1, axis.codelist.label.get(code, code)))
    return out.getvalue().encode()


def study_toml(table: Table, definition: str, measures: list[str]) -> str:
    """The text of study.toml: what `hansa new` writes, filled in."""
    spec = {"model_data": False, **table.spec, "source": table.source}
    listed = ",\n".join(f"  {_value(m)}" for m in measures)
    lines = ["format = 1", f"title = {_value(table.title)}"]
    if table.summary:
        lines.append(f"summary = {_value(table.summary)}")
    lines += [
        "",
        "# What regions are compared with: all regions of the table together.",
        'reference = "all"',
        f"definitions = [{_value(definition)}]",
        f"measures = [\n{listed},\n]",
        "",
        "[facts.table]",
        f"file = {_value(f'facts/table{table.path.suffix.lower()}')}",
        *(f"{key} = {_value(value)}" for key, value in spec.items()),
    ]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_value(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    # TOML has the escapes of JSON; of what JSON leaves as it is, it refuses only this sign.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")


_RESERVED = ("api", "assets", "drop", "facts", "definitions", "indicators", "indices", "out")
"""Names that addresses or the folders of a study have for something else."""


def slug(text: str) -> str:
    """A name for a folder and an address: small letters, digits, single hyphens."""
    plain = text.lower().translate(str.maketrans("åäáöóøüéèõ", "aaaoooueeo"))
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "own-table"
    return f"study-{found}" if found in _RESERVED else found


def adopt(
    table: Table,
    wanted: Path,
    building: Path,
    trial: Callable[[Path], object] = lambda folder: None,
) -> Path:
    """Write the study of a table into a new folder, whole or not at all; returns the folder.

    wanted    its place; where that is taken it gets a number at its end
    building  a folder beside it that does not exist; the study is put together there
    trial     called with it before it gets its name; where it raises, nothing is left

    Raises HansaError for a table that cannot be read or written down.
    """
    from hansa.sources.tabular import read_facts

    described = spec_from(dict(table.spec), table.path.name)
    cube = read_facts(table.path, described, "employment")
    files = study_files(table, cube)
    room = writing(
        "the study cannot be written",
        place=str(wanted.parent),
        admissible="a folder that may be written into, with room for the table",
        fix="free some room, or serve another folder: hansa serve DIR",
    )
    try:
        with room:
            (building / "facts").mkdir(parents=True)
            shutil.copyfile(table.path, building / "facts" / f"table{table.path.suffix.lower()}")
            for name, content in files.items():
                path = building / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            trial(building)
            return _named(building, wanted)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _named(building: Path, wanted: Path) -> Path:
    """Rename the folder to the first free name; a folder that is there is never touched."""
    number = 1
    while True:
        target = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            # Who makes it has it: two at the same time never get one name.
            target.mkdir()
        except FileExistsError:
            number += 1
            continue
        try:
            os.replace(building, target)
        except OSError:
            # Where a folder cannot replace an empty one.
            target.rmdir()
            os.rename(building, target)
        return target
