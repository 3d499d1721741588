"""The command that keeps a table from giving away what is confidential in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hansa.cli import options as o
from hansa.study.overwriting import refuse_overwriting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("protect")(protect)


@o.describes_table()
def protect(
    file: Path = typer.Argument(help="One's own table, confidential values known."),
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The safe table (.csv, .parquet); without it, an audit only."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="The account (.json); itself not to be published."),
    ] = None,
    fewest: Annotated[int, typer.Option("--fewest", help="Least number of contributors.")] = 3,
    share: Annotated[
        float,
        typer.Option(
            "--share", help="Least width left open, a share of the hidden value (0 to 1)."
        ),
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
    keys: Annotated[
        Path | None, typer.Option("--keys", help="CSV of confidential cells: geo, activity, time.")
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option("--units", help="Another table with the contributors (establishments)."),
    ] = None,
    hide_establishments: Annotated[
        bool, typer.Option("--hide-establishments", help="Hide the number of contributors too.")
    ] = False,
    tolerance: Annotated[
        str,
        typer.Option(
            "--tolerance", help="How exactly sums hold: auto, exact, rounded, or a number."
        ),
    ] = "auto",
    as_json: o.AsJson = False,
    spec: Any = None,
) -> None:
    """Hide confidential cells, and others so that no sum gives them away; or say what does."""
    import hansa

    o.refuse_unknown_names(spec)
    refuse_overwriting([out, report], [file, units, keys, spec.totals])
    found = hansa.protect(
        file,
        units=units,
        keys=keys,
        audit=out is None,
        describe=spec,
        fewest=fewest,
        share=share,
        dominance=dominance,
        p_percent=p_percent,
        hide_establishments=hide_establishments,
        tolerance=o.tolerance(tolerance),
    )
    if out is not None:
        o.give(found, out, report)
        _say_where(found, report, as_json)
        return
    if report is not None:
        from hansa.files import json_bytes, write_bytes

        write_bytes(report, json_bytes(found.report))
    _show(found, as_json)


def _say_where(found: Any, report: Path | None, as_json: bool) -> None:
    """Where every hidden cell is named: the account, on the screen or in its file."""
    from hansa.files import json_bytes

    if as_json:
        print(json_bytes(found.report).decode(), end="")
    elif any(y["cells"] for y in found.report["years"]):
        place = f"{report}, under cells" if report else "--report FILE.json or --json"
        o.say(f"every hidden cell and why: {place}; not to be published")


def _show(found: Any, as_json: bool) -> None:
    """The audit, for a person or as JSON; exit code 1 where something is given away."""
    from hansa.facts.disclosure_table import SHOWN, advice
    from hansa.files import json_bytes

    if as_json:
        print(json_bytes(found.report).decode(), end="")
    else:
        for line in found.lines:
            print(line)
        for one in found.exposed[:SHOWN]:
            print(f"{one}\n  do: {advice(one)}")
        if len(found.exposed) > SHOWN:
            print(f"and {len(found.exposed) - SHOWN} more (--report FILE.json)")
    if found.exposed:
        raise typer.Exit(1)
