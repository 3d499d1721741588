"""The command line: thin; every command is one call of the library.

Nothing heavy is imported here or in the command modules: `hansa --help` must answer at once.
"""

from __future__ import annotations

import os
import sys

import typer

from hansa.cli import (
    call,
    convert,
    export,
    facts,
    fetch,
    fill,
    firms,
    index,
    listings,
    position,
    protect,
    rules,
    serve,
    studies,
)
from hansa.errors import HansaError, UsageError

app = typer.Typer(
    name="hansa",
    help="Hansa, the open workbench for transnational cluster policy.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
studies.register(app)
facts.register(app)
convert.register(app)
export.register(app)
fill.register(app)
firms.register(app)
fetch.register(app)
protect.register(app)
index.register(app)
position.register(app)
call.register(app)
listings.register(app)
rules.register(app)
serve.register(app)


@app.callback(invoke_without_command=True)
def _main(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from hansa import __version__

        print(f"hansa {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 findings or refused input, 2 wrong usage."""
    # A second BLAS thread spins and gains nothing at our sizes; it must be said before NumPy loads.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        app()
    except UsageError as problem:
        _stop(f"hansa: {problem}", 2)
    except HansaError as problem:
        _stop(f"hansa: {problem}", 1)
    except BrokenPipeError:
        # The reader of a pipe went away; Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _stop("hansa: stopped; nothing half-written was left behind", 130)


def _stop(text: str, code: int) -> None:
    print(text, file=sys.stderr)
    sys.exit(code)
