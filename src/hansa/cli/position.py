"""The command on the position of a region: prosperity, and what the difference is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansa.cli.options import AsJson, say
from hansa.study.overwriting import refuse_overwriting

if TYPE_CHECKING:
    from hansa.study.position import Position


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("position")(position)


def position(
    folder: Path = typer.Argument(help="A study folder with fetched indicators."),
    time: Annotated[
        str, typer.Option("--time", help="A year; left out: the newest that enough regions have.")
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            help="A code of the tables (EU27_2020) or a named geography; left out: the sum of all "
            "countries that have every figure.",
        ),
    ] = "",
    long: Annotated[
        bool,
        typer.Option("--long", help="Jobs per inhabitant as commuting, employment and activity."),
    ] = False,
    least: Annotated[
        float, typer.Option("--least", help="Share of the regions that the newest year must have.")
    ] = 0.8,
    complete: Annotated[
        bool,
        typer.Option("--complete", help="Leave regions that lack a figure out of the whole."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="The long table (.csv, .parquet).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decompose GDP per inhabitant: output per hour, hours, jobs, prices, against a reference."""
    from hansa.study.position import position as verb

    refuse_overwriting([out], [folder])
    found = verb(folder, time, reference, long=long, least=least, complete=complete)
    if found.head.share is None and not complete:
        say(
            f"{found.head.name} as a whole is not known in {found.time}: shown without the "
            "regions that lack a figure, as --complete does."
        )
        found = verb(folder, time, reference, long=long, least=least, complete=True)
    if out is not None:
        _write(found, out)
        say(f"{out}: {found.table.num_rows} rows")
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    elif out is None:
        _show(found)


def _write(found: Position, out: Path) -> None:
    from hansa.files import toml_bytes, write_bytes, write_table

    write_table(found.table, out)
    if out.suffix.lower() == ".csv":
        header = {"format": 1, "position": found.header()}
        write_bytes(out.with_name(f"{out.stem}.meta.toml"), toml_bytes(header))


def _show(found: Position) -> None:
    from hansa.report.position import setting_of
    from hansa.views.position_words import position_sentences, screen_rows

    for sentence in position_sentences(found.head, setting_of(found)):
        print(sentence)
    print()
    rows = screen_rows(found.standings)
    sizes = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *cells in rows:
        numbers = "  ".join(c.rjust(n) for c, n in zip(cells, sizes[1:], strict=True))
        print(f"{name.ljust(sizes[0])}  {numbers}".rstrip())
    print()
    print("PPS per inhabitant; to the right of `difference` what each factor adds or takes away.")
    for note in found.notes:
        print(f"note: {note}")
