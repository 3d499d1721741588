"""The command that takes a table to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hansa.cli import options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


@o.describes_table()
def export(
    table: Path = typer.Argument(help="A table that Hansa wrote, or any that it reads."),
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The file: .csv, .parquet, .xlsx, .sdmx.csv, .geojson or .gpkg."
        ),
    ] = ...,  # type: ignore[assignment]
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="csv, parquet, xlsx, sdmx-csv, geojson, gpkg; without it, by the ending.",
        ),
    ] = "",
    measure: Annotated[
        str, typer.Option("--measure", help="Measure of a facts table that has several.")
    ] = "",
    time: Annotated[
        list[str], typer.Option("--time", help="A time to keep (repeat for more).")
    ] = [],  # noqa: B006
    labels: Annotated[
        str,
        typer.Option(
            "--labels", help="codes, or both: codes and names (usual in .xlsx and .gpkg)."
        ),
    ] = "",
    geometry: Annotated[
        Path | None, typer.Option("--geometry", help="Boundaries of the regions (GeoJSON).")
    ] = None,
    geometry_notice: Annotated[
        str,
        typer.Option("--geometry-notice", help="What their publisher asks every map to show."),
    ] = "",
    wide: Annotated[
        bool, typer.Option("--wide", help="On a map, a column for each unit in each time.")
    ] = False,
    crs: Annotated[
        int, typer.Option("--crs", help="Coordinates of .gpkg: 4326 (degrees), 3035 (metres).")
    ] = 4326,
    sdmx_version: Annotated[
        str, typer.Option("--sdmx-version", help="Version of SDMX-CSV: 2.0 or 1.0.")
    ] = "2.0",
    spec: Any = None,
) -> None:
    """Write a table for spreadsheets, statistical software or maps."""
    from hansa.export.verb import export as write

    done = write(
        table,
        out,
        measure=measure,
        describe=spec,
        to=to,
        labels=labels,
        time=tuple(time),
        geometry=geometry,
        geometry_notice=geometry_notice,
        wide=wide,
        crs=crs,
        sdmx_version=sdmx_version,
    )
    o.say(f"{done.paths[-1]}: {done.to}, {done.rows} rows, {done.absent} absent")
    for note in done.notes:
        o.say(f"  note: {note}")
