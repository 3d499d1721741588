"""The command that fills hidden cells, and says of each how sure it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hansa.cli import options as o
from hansa.study.overwriting import refuse_overwriting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fill")(fill)


@o.describes_table()
def fill(
    file: Path = typer.Argument(help="A table with hidden cells: CSV, Parquet or a spreadsheet."),
    out: Annotated[
        Path | None, typer.Option("--out", help="Result (.csv, .parquet); without it, the screen.")
    ] = None,
    prior: Annotated[
        str,
        typer.Option("--prior", help="best, margins, years, units, equal; none: bounds only."),
    ] = "best",
    tolerance: Annotated[
        str,
        typer.Option(
            "--tolerance", help="How exactly sums hold: auto, exact, rounded, or a number."
        ),
    ] = "auto",
    units: Annotated[
        Path | None,
        typer.Option("--units", help="Another table with numbers of local units (establishments)."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Draws for multiple imputation.")] = 0,
    draws_out: Annotated[
        Path | None, typer.Option("--draws-out", help="File of the draws (.csv, .parquet).")
    ] = None,
    per_unit: Annotated[
        float,
        typer.Option("--per-unit", help="Jobs that each local unit has at least: a lower bound."),
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draws.")] = 20090507,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", help="Why confidential cells that the sums all but give may be given out."
        ),
    ] = "",
    report: Annotated[
        Path | None, typer.Option("--report", help="What was filled how surely (.json).")
    ] = None,
    spec: Any = None,
) -> None:
    """Fill hidden cells: interval, best point and draws, from everything the table publishes."""
    import hansa
    from hansa.errors import UsageError

    if (draws > 0) != (draws_out is not None):
        raise UsageError(
            "draws need a number and a file",
            printed=f"--draws {draws}" if draws else f"--draws-out {draws_out}",
            fix="--draws 20 --draws-out draws.parquet",
        )
    _refuse_places(out, draws_out, report)
    o.refuse_unknown_names(spec)
    refuse_overwriting([out, draws_out, report], [file, units, spec.totals])
    found = hansa.fill(
        file,
        describe=spec,
        prior="" if prior == "none" else prior,
        tolerance=o.tolerance(tolerance),
        units=units,
        reason=reason,
        draws=draws,
        seed=seed,
        per_unit=per_unit,
    )
    if found.draws is not None and draws_out is not None:
        from hansa.files import write_table

        write_table(found.draws, draws_out)
        o.say(f"{draws_out}: {found.draws.num_rows} rows")
    o.give(found, out, report)


def _refuse_places(out: Path | None, draws_out: Path | None, report: Path | None) -> None:
    """Before anything is computed or written: endings that are not known, one file for two."""
    from hansa.errors import UsageError

    for option, path in (("--out", out), ("--draws-out", draws_out)):
        if path is not None and path.suffix.lower() not in (".csv", ".parquet", ".pq"):
            raise UsageError(
                f"results cannot be written as {path.suffix or 'a file without an ending'}",
                place=str(path),
                admissible=".csv or .parquet",
                fix=f"change the ending of {option}",
            )
    given = [path for path in (out, draws_out, report) if path is not None]
    if len({path.resolve() for path in given}) < len(given):
        raise UsageError(
            "two results would be written to one file",
            printed=", ".join(map(str, given)),
            fix="name another file for each of --out, --draws-out and --report",
        )
