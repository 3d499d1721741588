"""The command that turns rows of firms into panels that may be published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hansa.cli import options as o
from hansa.cli.firms_folder import refuse_folder, replace_panels


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("firms")(firms)


@o.describes_table(
    "columns", "where", "classification", "geography", "encoding", "delimiter", "describe", "more"
)
def firms(
    files: list[Path] = typer.Argument(
        help="CSV or Parquet: id, geo, activity, time, employment; turnover, payroll, birth, death."
    ),
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the panels, a file a measure.")
    ] = ...,  # type: ignore[assignment]
    by: Annotated[str, typer.Option("--by", help="geo,activity or one of them.")] = "geo,activity",
    definition: Annotated[
        str, typer.Option("--definition", help="Clusters in place of activities.")
    ] = "",
    growth: Annotated[
        str,
        typer.Option("--growth", help="Growth a year above which it is high, a share: 0.10, 0.20."),
    ] = "0.10",
    start: Annotated[int, typer.Option("--start", help="Persons from which growth counts.")] = 10,
    gap: Annotated[
        int, typer.Option("--gap", help="Years out of sight after which a firm is born anew.")
    ] = 2,
    without: Annotated[
        str, typer.Option("--without", help="Groups to leave out: flows, survival, age, growth.")
    ] = "",
    fewest: Annotated[int, typer.Option("--fewest", help="Least firms in a published cell.")] = 3,
    share: Annotated[
        float,
        typer.Option("--share", help="Least width left open, a share of a hidden value (0 to 1)."),
    ] = 0.1,
    dominance: Annotated[
        float,
        typer.Option(
            "--dominance", help="Confidential above this share of the two largest (0 to 1)."
        ),
    ] = 0.85,
    p_percent: Annotated[
        float,
        typer.Option("--p-percent", help="How near the second may come to the largest (0 to 1)."),
    ] = 0.1,
    reason: Annotated[
        str,
        typer.Option("--reason", help="Why rules are weaker than those of the house."),
    ] = "",
    kind: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    as_json: o.AsJson = False,
    spec: Any = None,
) -> None:
    """Count firms: entry, exit, survival, high growth, age, job flows; only safe cells leave."""
    from hansa.clusters import find_definition
    from hansa.facts.firms import Choices, Machine, firm_panels

    left = tuple(name.strip() for name in without.split(",") if name.strip())
    choices = Choices(growth, start, gap, left, fewest, share, dominance, p_percent, reason)
    refuse_format(kind)
    refuse_folder(out, files)
    code_list = spec.classification if spec is not None else ""
    clusters = find_definition(definition, code_list) if definition else None
    keys = [name.strip() for name in by.split(",") if name.strip()]
    found = firm_panels(files, keys, clusters, spec, choices, Machine(out))
    _give(found, out, kind, as_json)


def refuse_format(kind: str) -> None:
    """Raise before anything is computed where the result could not be written."""
    if kind not in ("csv", "parquet"):
        from hansa.errors import UsageError

        raise UsageError(
            "panels are written as CSV or Parquet",
            printed=kind,
            admissible="csv, parquet",
            fix="--format csv",
        )


def _give(found: Any, out: Path, kind: str, as_json: bool) -> None:
    from hansa.files import json_bytes

    replace_panels(found, out, kind)
    if as_json:
        print(json_bytes(found.account).decode(), end="")
        return
    for line in found.lines:
        print(line)
    o.say(f"{out}: {len(found.panels)} panels and account.json")
