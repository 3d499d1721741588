"""The command that puts a table into the codes of another version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hansa.cli import options as o
from hansa.study.overwriting import refuse_overwriting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("convert")(convert)


@o.describes_table()
def convert(
    file: Path = typer.Argument(help="A table: CSV, Parquet or a spreadsheet."),
    to: Annotated[
        str, typer.Option("--to", help="Version of the result: nuts:2021, nace:2.1, isic:4.")
    ] = ...,  # type: ignore[assignment]
    origin: Annotated[
        str,
        typer.Option("--from", help="Version of codes that no list holds, such as NUTS 3."),
    ] = "",
    links: Annotated[
        Path | None, typer.Option("--links", help="File of links, with weights (CSV, Parquet).")
    ] = None,
    link_columns: Annotated[
        list[str],
        typer.Option(
            "--link-columns",
            help="Columns of that file: from=NAME,to=NAME,from_version=,to_version=,"
            "weight=NAME|NAME,piece=NAME.",
        ),
    ] = [],  # noqa: B006
    weight: Annotated[
        str, typer.Option("--weight", help="Weight that splits a code: a column, or equal.")
    ] = "",
    bounds: Annotated[
        str,
        typer.Option("--bounds", help="links: a split without weights gives bounds, no value."),
    ] = "",
    leave_out: Annotated[
        str,
        typer.Option("--leave-out", help="Codes set aside on purpose: CODE,CODE, or all."),
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="extensive (jobs, wages) or intensive (rates).")
    ] = "extensive",
    by: Annotated[str, typer.Option("--by", help="Column that rates are of.")] = "",
    definition: Annotated[
        str,
        typer.Option("--definition", help="Clusters: the report says what stays inside each."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Result (.csv, .parquet); without it, the screen.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="What moved how surely (.json).")
    ] = None,
    spec: Any = None,
) -> None:
    """Put a table into the codes of another version: regions or industries, never chained."""
    import hansa

    o.refuse_unknown_names(spec, by)
    refuse_overwriting([out, report], [file, links, definition, spec.totals])
    found = hansa.convert(
        file,
        to,
        kind=kind,
        by=by,
        definition=definition,
        describe=spec,
        origin=origin,
        links=links or "",
        columns=o.pairs([part for text in link_columns for part in text.split(",")], "--links"),
        weight=weight,
        bounds=bounds,
        leave_out=tuple(code.strip() for code in leave_out.split(",") if code.strip()),
    )
    o.give(found, out, report)
    if found.description.get("note"):
        o.say(f"  note: {found.description['note']}")
