"""Commands on live sources: what there is (`sources`), and bringing it here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hansa.cli.options import say
from hansa.cli.progress import told
from hansa.cli.sources import At, sources
from hansa.errors import HansaError, UsageError

if TYPE_CHECKING:
    from hansa.sources.live.planning import Plan
    from hansa.study.fetch import Wanted

Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again even where it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sources")(sources)
    app.command("fetch")(fetch)


@contextmanager
def _resumable() -> Iterator[None]:
    """Say at Ctrl-C that nothing is lost; exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        # The bar of a terminal stands on a line of its own.
        newline = "\n" if sys.stderr.isatty() else ""
        say(f"{newline}stopped; the answers so far are kept: the same command goes on from there")
        raise typer.Exit(130) from None


@_resumable()
def fetch(
    what: str = typer.Argument(
        help="SOURCE:DATASET (`hansa sources`), an extract (`--extracts`), or a study folder."
    ),
    filters: Annotated[
        list[str],
        typer.Option(
            "--filter", help="DIMENSION=CODE,CODE: codes or patterns, SE?? (repeat for more)."
        ),
    ] = [],  # noqa: B006
    geo: Annotated[
        list[str], typer.Option("--geo", help="Regions: codes or patterns, joined by , (repeat).")
    ] = [],  # noqa: B006
    period: Annotated[str, typer.Option("--period", help="Years: 2015:2020, 2015:, :2020.")] = "",
    part: Annotated[
        list[str], typer.Option("--part", help="Part of an extract, or entry of a study (repeat).")
    ] = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option("--out", help="The table (.csv, .parquet), or boundaries.")
    ] = None,
    at: At = "",
    refresh: Refresh = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the requests that would be sent; send none."),
    ] = False,
) -> None:
    """Bring live data: resumable, cached, with an account of where it came from."""
    from hansa.study.fetch import Wanted
    from hansa.study.fetch_plan import refuse_unaskable

    if Path(what).is_dir() or (":" not in what and Path(what).exists()):
        _refuse_beside_study(bool(filters or geo or period or out or at))
        _study(Path(what), part, refresh, dry_run)
        return
    codes = tuple(c.strip() for text in geo for c in text.split(",") if c.strip())
    if geo and not codes:
        raise UsageError("--geo names no region", printed=repr(geo), fix="--geo SE11,SE12")
    wanted = Wanted(_filters(filters), codes, period, part, at, refresh)
    _refuse_useless(what, wanted)
    refuse_unaskable(what, wanted)
    if not dry_run or out is not None:
        out = _target(what, out)
    if dry_run or out is None:
        _dry(what, wanted)
    elif what.startswith("gisco:"):
        _file(what, wanted, out)
    else:
        _table(what, wanted, out)


def _target(what: str, out: Path | None) -> Path:
    """The file to write; refused where there is none, or its ending says another format."""
    from hansa.study.fetch_files import endings_of, refuse_ending

    if out is None:
        shown = ", or ".join(endings_of(what)[:2])
        raise UsageError("where to?", admissible="a file", fix=f"--out FILE{shown}")
    refuse_ending(what, out)
    return out


def _study(folder: Path, part: list[str], refresh: bool, dry_run: bool) -> None:
    done = _dry_study(folder, part, refresh) if dry_run else fetch_into(folder, part, refresh)
    if not done:
        raise typer.Exit(1)
    if not dry_run:
        say(f"Next: hansa run {folder}" if not part else "fetched.")


def _refuse_useless(what: str, wanted: Wanted) -> None:
    """An option that would change nothing is refused: it would seem to."""
    useless = [
        name
        for name, told, senseless in (
            ("--filter", wanted.filters, what.startswith("gisco:")),
            ("--geo", wanted.geo, what.startswith("gisco:")),
            ("--period", wanted.period, what.startswith("gisco:")),
            ("--part", wanted.parts, ":" in what),
        )
        if told and senseless
    ]
    if useless:
        raise UsageError(f"{what} knows no {', '.join(useless)}", fix="leave it out")


def _refuse_beside_study(told: bool) -> None:
    if told:
        raise UsageError(
            "a study says itself what is fetched",
            admissible="--part NAME of its [fetch.NAME], --refresh",
            fix="change study.toml, or name an extract in place of the folder",
        )


def _filters(texts: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, sign, codes = text.partition("=")
        values = tuple(c.strip() for c in codes.split(",") if c.strip())
        if not sign or not name.strip() or not values:
            raise UsageError(
                "--filter needs DIMENSION=CODE[,CODE…]",
                printed=repr(text),
                fix="--filter geo=SE11,SE12 --filter time=2015:2020",
            )
        found[name.strip()] = (*found.get(name.strip(), ()), *values)
    return found


def _table(what: str, wanted: Wanted, out: Path) -> None:
    from hansa.sources.live.extracts import find_extract
    from hansa.study.fetch import fetch_dataset, fetch_extract
    from hansa.study.fetch_files import files_of, write_all

    if ":" in what:
        found = {"": fetch_dataset(what, wanted, told())}
    else:
        found = fetch_extract(find_extract(what), wanted, told())
    failed: list[HansaError] = []
    for name, made in found.items():
        several = len(found) > 1
        path = out.with_name(f"{out.stem}-{name}{out.suffix}") if several else out
        try:
            write_all(files_of(made, path))
        except HansaError as problem:
            # One part that has no row does not hold up the others.
            failed.append(problem)
            continue
        say(f"{path}: {made.lines[0]}")
        for line in _names(made.report["codes"]):
            say(f"  {line}")
        for line in made.lines[1:]:
            say(f"  note: {line}")
    if failed:
        raise failed[0]


def _names(codes: dict[str, dict[str, str]], most: int = 5) -> list[str]:
    """A line a dimension: its codes with what they are called, the first few of many."""
    width = max(map(len, codes), default=0)
    lines = []
    for name, own in codes.items():
        if not own:
            continue
        shown = [f"{code} ({label})" if label else code for code, label in own.items()]
        more = f", … {len(shown):,} in all" if len(shown) > most else ""
        lines.append(f"{name:<{width}}  {', '.join(shown[:most])}{more}")
    return lines


def _dry(what: str, wanted: Wanted) -> None:
    """Print what a fetch would send; nothing is sent, nothing written."""
    from hansa.study.fetch_plan import planned

    for name, plan in planned(what, wanted):
        _print_plan(name, plan, wanted.refresh)
    say("A dry run: nothing was sent, nothing was written.")


def _dry_study(folder: Path, names: list[str], refresh: bool) -> bool:
    """The same for everything a study names; False where any of it cannot be asked for."""
    from hansa.study.config import read_study
    from hansa.study.fetch_plan import planned_study
    from hansa.study.fetch_study import refuse_nothing, refuse_unknown_names

    study = read_study(folder)
    refuse_unknown_names(study, folder)
    refuse_nothing(study, folder, names)
    failed: list[HansaError] = []
    for name, plan in planned_study(study, folder, names, failed):
        _print_plan(name, plan, refresh)
    for problem in failed:
        say(f"CANNOT BE ASKED\n{problem}")
    say("A dry run: nothing was sent, nothing was written.")
    return not failed


def _print_plan(name: str, plan: Plan, refresh: bool) -> None:
    from hansa.sources.live.troubles import secretless

    print(name)
    if plan.first:
        print("  first, what it is made of:")
    for one in plan.first:
        print(f"    {secretless(one.request.shown())}")
    if plan.data is None:
        print(
            "  then the numbers. How many requests and which codes only the answer above can tell:"
            f"\n  no answer to it is kept here. Ask for it alone: hansa sources "
            f"{plan.service}:{plan.dataset}"
        )
        return
    if plan.first:
        told = min(one.kept for one in plan.first)
        print(f"  (told by the answer kept from {told}; a newer one may change what follows)")
    count = len(plan.data)
    many = f"{count:,} requests" if count > 1 else "1 request"
    cells = f", at most {plan.cells:,} cells" if plan.cells else ""
    print(f"  numbers: {many}{cells}{f'; split {plan.split}' if plan.split else ''}")
    for one in plan.data:
        kept = f"  [answer of {one.kept} kept]" if one.kept and not refresh else ""
        print(f"    {secretless(one.request.shown())}{kept}")
    for note in plan.notes:
        print(f"  note: {note}")
    if plan.first:
        print("  A part that the service finds too big is asked for again in halves.")


def _file(what: str, wanted: Wanted, out: Path) -> None:
    from hansa.files import json_bytes
    from hansa.study.fetch_files import account_path, beside, fetch_file, write_all

    got, report = fetch_file(what, wanted.at, told(), wanted.refresh)
    files = {beside(out, ending): content for ending, content in got.items()}
    write_all({**files, account_path(out): json_bytes(report)})
    for path, content in files.items():
        say(f"{path}: {report['title']}, {len(content):,} bytes")
    for note in (report["licence"], *report["notes"]):
        say(f"  note: {note}")


def fetch_into(folder: Path, names: list[str], refresh: bool) -> bool:
    """Everything a study names, written into its folder entry by entry; False where any failed.

    What can be had is fetched: one table that a service refuses does not hold up the others.
    """
    from hansa.study.config import read_study
    from hansa.study.fetch_files import write_all
    from hansa.study.fetch_study import fetch_study, refuse_unknown_names, scoreboards

    study = read_study(folder)
    refuse_unknown_names(study, folder)
    failed: list[HansaError] = []
    for name, files, lines in fetch_study(study, folder, told(), (refresh, failed), names):
        write_all(files)
        say(f"{name}:")
        for line in lines:
            say(f"  {line}")
    for name, files, lines in scoreboards(study, folder):
        write_all(files)
        say(f"scoreboard {name}:")
        for line in lines:
            say(f"  {line}")
    for problem in failed:
        say(f"NOT FETCHED\n{problem}")
    return not failed
