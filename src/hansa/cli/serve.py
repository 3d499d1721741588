"""The command that opens the workbench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    folder: Path = typer.Argument(
        help="A study folder, a folder of such folders, or an empty one to begin in."
    ),
    port: Annotated[
        int | None, typer.Option("--port", help="Port; 8009, or any free one where it is taken.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute anew what is kept from an earlier start.")
    ] = False,
) -> None:
    """The workbench in a browser, on this machine only."""
    from hansa.web.server import serve as served
    from hansa.web.studies import studies_in

    def ready(address: str) -> None:
        print(f"The workbench: {address}   (Ctrl-C ends it)", flush=True)
        if not studies_in(folder):
            print(
                f"There is no study in {folder} yet: drop a table of your own on the first page.",
                flush=True,
            )

    served(folder, port, open_browser=not no_open, fresh=fresh, ready=ready)
