"""Commands on tables: reduce, compute, check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli import options as o
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.panel import Panel


_TO_KNOW = ("codes outside", "columns that are not used")
"""How steps begin that whoever computes has to know."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("compute")(compute)
    app.command("reduce")(reduce)
    app.command("check")(check)


@o.describes_table()
def compute(
    measure: Annotated[str, typer.Argument(help="A measure of `hansa measures`.")],
    facts: Annotated[
        list[Path],
        typer.Option("--facts", help="The table (repeat for several), or a study folder."),
    ] = ...,  # type: ignore[assignment]
    definition: Annotated[
        str, typer.Option("--definition", help="Cluster definition: id, folder or CSV.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Result (.csv, .parquet); without it, the screen.")
    ] = None,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            help="from=, to=, of=, reference=, without=, regions=, area=, min_cell=, rows=, "
            "hidden=, precision=, rules=, benchmark=, x_line=, wage_reference=, leave_out=.",
        ),
    ] = [],  # noqa: B006
    reference: Annotated[
        str, typer.Option("--reference", help="all, complete, a code, or a geography.")
    ] = "",
    spec: Any = None,
) -> None:
    """Compute one measure of a table."""
    import hansa
    from hansa.measures import find_measure

    refuse_overwriting([out], [*facts, definition, spec.totals])
    chosen, of = o.compute_options(settings)
    if reference:
        chosen["reference"] = reference
    o.refuse_unknown_names(spec, of, *find_measure(measure).needs)
    own = facts[0] if len(facts) == 1 else facts
    panel = hansa.compute(measure, own, definition, describe=spec, of=of, **chosen)
    _give(panel, out)


def _give(panel: Panel, out: Path | None) -> None:
    from hansa.files import csv_bytes, write_panel

    if out is None:
        sys.stdout.buffer.write(csv_bytes(panel.table))
    elif out.suffix.lower() not in (".csv", ".parquet", ".pq"):
        from hansa.export.verb import export

        export(panel, out)
        o.say(f"{out}: {len(panel)} rows, {panel.header.unit}")
    else:
        write_panel(panel, out)
        holds = "value" if "value" in panel.table.column_names else "label"
        absent = panel.table[holds].null_count
        o.say(f"{out}: {len(panel)} rows, {absent} absent, {panel.header.unit}")
    for note in panel.header.notes:
        o.say(f"  note: {note}")
    for step in panel.header.steps:
        if "not declared" in step or step.startswith(_TO_KNOW):
            o.say(f"  note: {step}")


@o.describes_table("columns", "where", "encoding", "delimiter", "describe", "more")
def reduce(
    files: list[Path] = typer.Argument(help="CSV or Parquet files with the same columns."),
    by: Annotated[str, typer.Option("--by", help="Columns to keep.")] = "geo,activity,time",
    engine: Annotated[str, typer.Option("--engine", help="Engine: duckdb.")] = "duckdb",
    out: Annotated[Path | None, typer.Option("--out", help="Result (.csv, .parquet).")] = None,
    spec: Any = None,
) -> None:
    """Add up rows to region x activity x year."""
    from hansa.facts.reduce import reduce_files
    from hansa.files import csv_bytes, write_table

    refuse_overwriting([out], files)
    keys = [name.strip() for name in by.split(",") if name.strip()]
    o.refuse_unknown_names(spec, *keys)
    table = reduce_files(files, keys, spec, engine)
    if out is None:
        sys.stdout.buffer.write(csv_bytes(table))
        return
    write_table(table, out)
    o.say(f"{out}: {table.num_rows} rows")


@o.describes_table()
def check(
    path: Path = typer.Argument(
        help="A table, or a folder: a study, an index, a call, a definition, printed tables."
    ),
    as_json: o.AsJson = False,
    page: Annotated[
        Path | None, typer.Option("--html", help="Write the findings as one page of HTML.")
    ] = None,
    spec: Any = None,
) -> None:
    """Findings on a table, definition, study, index, call or printed account."""
    from hansa.cli.checking import findings_on
    from hansa.report import findings as shown

    refuse_overwriting([page], [path])
    findings = findings_on(path, spec)
    if page is not None:
        from hansa.files import write_bytes

        write_bytes(page, shown.page(findings, path.resolve().name).encode())
    if as_json:
        print(
            json.dumps({"findings": [f.as_dict() for f in findings]}, ensure_ascii=False, indent=2)
        )
    elif page is not None:
        print(f"{page}: {shown.answer(findings)}")
    else:
        print(shown.text(findings))
    if any(f.severity == "error" for f in findings):
        raise typer.Exit(1)
