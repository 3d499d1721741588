"""A study made of a table that nobody has described: `hansa new DIR --from TABLE`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import typer

from hansa.errors import Finding, HansaError

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
    from hansa.report import findings as shown
    from hansa.sources.guess import guess, read_sample
    from hansa.study.adopt_check import check_reading, check_table

    sample = read_sample(path)
    found = guess(sample, {}, path.stem)
    for name, value in found.chosen.items():
        if value:
            why = found.reasons.get(name)
            print(f"  {name} = {value}" + (f"   ({why.said})" if why else ""))
    if found.open:
        # Columns may be lost because the file is broken.
        if broken := check_reading(path, found.chosen):
            print(shown.text(list(broken)))
            raise typer.Exit(1)
        raise HansaError(
            "a column that is needed cannot be told: " + ", ".join(HOW[n] for n in found.open),
            place=str(path),
            printed=", ".join(sample.names[:20]),
            admissible="columns named geo, activity, time and employment, or called alike",
            fix="rename the columns, or describe the table by hand: hansa new DIR, without --from",
        )
    checked = check_table(path, sample, found.chosen)
    if checked.cube is None or _errors(checked.findings):
        print(shown.text(list(checked.findings)))
        raise typer.Exit(1)
    if checked.findings:
        print(shown.text(list(checked.findings)))
    _write(folder, path, found.chosen)


def _errors(findings: tuple[Finding, ...]) -> bool:
    return any(f.severity == "error" for f in findings)


def _write(folder: Path, path: Path, chosen: Mapping[str, str]) -> None:
    from hansa.sources.guess import description
    from hansa.study.adopt import Table, adopt

    table = Table(path, description(chosen), folder.resolve().name, path.name)
    building = folder.resolve().parent / f".hansa-new-{os.getpid()}"
    if folder.exists():
        # It is empty: that was looked at before.
        folder.rmdir()
    made = adopt(table, folder.resolve(), building)
    print(f"{made / 'study.toml'} is ready; look through it.")
    print(f"Next: `hansa serve {folder}`, or `hansa run {folder}`.")
