"""A study made of a table that nobody has described: `hansa new DIR --from TABLE`."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.errors import Finding, HansaError

if TYPE_CHECKING:
    from hansa.sources.guess import Guess, Sample

HOW = {
    "geo": "the region",
    "activity": "the industry",
    "time": "the year",
    "employment": "the jobs",
}


def study_from_table(folder: Path, path: Path) -> None:
    """Say what was understood, what is odd and every mistake; write the study where there is none.

    Raises HansaError where a column that is needed cannot be told.
    """
    from hansa.sources.guess import description, guess, read_sample
    from hansa.study.adopt_check import check_reading, check_table

    sample = read_sample(path)
    found = guess(sample, {}, path.stem)
    _print_understood(sample, found)
    if found.open:
        # Columns may be lost because the file is broken.
        if broken := check_reading(path, sample, found.chosen):
            _print_findings(path, broken)
            raise typer.Exit(1)
        raise HansaError(
            "a column that is needed cannot be told: " + ", ".join(HOW[n] for n in found.open),
            place=str(path),
            printed=", ".join(sample.names[:20]),
            admissible="columns named geo, activity, time and employment, or called alike",
            fix="rename the columns, or say which they are in a file beside the table: "
            f'columns = {{ {found.open[0]} = "NAME" }} in {_beside(path)}',
        )
    checked = check_table(path, sample, found.chosen)
    _print_findings(path, checked.findings)
    if checked.cube is None or _errors(checked.findings):
        raise typer.Exit(1)
    _write(folder, path, description(found.chosen, sample.told))


def _print_understood(sample: Sample, found: Guess) -> None:
    from hansa.sources.guess import BY_ITSELF, beyond_choices

    for name, value in found.chosen.items():
        if value:
            why = found.reasons.get(name)
            print(f"  {name} = {value}" + (f"   ({why.said})" if why else ""))
    for name, said in beyond_choices(sample.told).items():
        print(f"  {name} = {json.dumps(said, ensure_ascii=False)}   ({BY_ITSELF.said})")


AS_KEYS = """\
Options named above are keys here: write them into {name} beside the table, such as
  columns = {{ time = "year", employment = "jobs" }}
  where = {{ sex = "T" }}
and try again."""


def _print_findings(path: Path, findings: tuple[Finding, ...]) -> None:
    """The findings; their ways out speak of options, which this command does without."""
    from hansa.report import findings as shown

    if findings:
        print(shown.text(list(findings)))
    if any(f.severity == "error" and "--" in f.fix for f in findings):
        print(AS_KEYS.format(name=_beside(path)))


def _beside(path: Path) -> str:
    from hansa.files import header_path

    return header_path(path).name


def _errors(findings: tuple[Finding, ...]) -> bool:
    return any(f.severity == "error" for f in findings)


def _write(folder: Path, path: Path, described: Mapping[str, Any]) -> None:
    from hansa.study.adopt import Table, adopt

    source = described.get("source") or path.name
    table = Table(path, described, folder.resolve().name, source)
    building = folder.resolve().parent / f".hansa-new-{os.getpid()}"
    if folder.exists():
        # It is empty: that was looked at before.
        folder.rmdir()
    made = adopt(table, folder.resolve(), building)
    print(f"{made / 'study.toml'} is ready; look through it.")
    own = shlex.quote(str(folder))
    print(f"Next: `hansa serve {own}`, or `hansa run {own}`.")
