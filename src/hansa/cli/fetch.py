"""Commands on live sources: what there is, and bringing it here."""

from __future__ import annotations

import difflib
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli.options import AsJson, Progress, say
from hansa.errors import HansaError, UsageError

if TYPE_CHECKING:
    from hansa.sources.live.extracts import Extract
    from hansa.study.fetch import Wanted

At = Annotated[
    str, typer.Option("--at", help="Base address of the service, in place of its own: a mirror.")
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again even where it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sources")(sources)
    app.command("fetch")(fetch)


def sources(
    name: str = typer.Argument(
        "", help="A source, an extract, or SOURCE:DATASET: asks the service what it is made of."
    ),
    extracts: Annotated[
        bool, typer.Option("--extracts", help="The ready-made extracts, with what they cover.")
    ] = False,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """List live sources and ready-made extracts, or the dimensions and codes of a data set."""
    from hansa.sources.live.extracts import extracts as every
    from hansa.sources.live.extracts import find_extract
    from hansa.sources.live.services import services

    if name.startswith("gisco:"):
        _file_set(name, as_json)
    elif ":" in name:
        _structure(name, at, as_json)
    elif extracts or name in every():
        chosen = [find_extract(name)] if name else list(every().values())
        _extracts(chosen, bool(name), as_json)
    else:
        _refuse_bare(name)
        _services(name, as_json)
    if not name and not extracts and not as_json:
        say(f"{len(services()) + 1} sources and {len(every())} extracts (--extracts)")


def _refuse_bare(name: str) -> None:
    """Raise for what is neither a source nor an extract, with what it may be."""
    from hansa.sources.live.extracts import extracts as every
    from hansa.sources.live.services import FILES, services

    known = (*services(), FILES, *every())
    if not name or name in known:
        return
    near = difflib.get_close_matches(name.lower(), known, 3)
    raise UsageError(
        f"no source and no extract is called {name!r}",
        admissible=", ".join(near) or "a source of `hansa sources`, or one of `--extracts`",
        fix=f"a data set needs its source in front: eurostat:{name}" if "_" in name else "",
    )


def _services(name: str, as_json: bool) -> None:
    from hansa.sources.live import gisco
    from hansa.sources.live.services import find_service, services

    chosen = [find_service(name)] if name and name != "gisco" else list(services().values())
    entries: list[dict[str, Any]] = [
        {"id": s.id, "title": s.title, "home": s.home, "licence": s.licence, "most_cells": s.most}
        for s in chosen
        if name != "gisco"
    ]
    if name in ("", "gisco"):
        entries.append(
            {
                "id": "gisco",
                "title": gisco.TITLE,
                "home": gisco.HOME,
                "licence": gisco.LICENCE,
                "data_sets": [one.id for one in gisco.datasets()],
            }
        )
    if as_json:
        print(json.dumps({"sources": entries}, ensure_ascii=False, indent=2))
        return
    for one in entries:
        print(f"{one['id']}  {one['title']}")
        _line("at", one["home"] or "any address: --at https://HOST/PATH")
        _line("limit", f"{one['most_cells']:,} cells a request" if one.get("most_cells") else "")
        _line("licence", one["licence"])
        if name == "gisco":
            _line("data sets", ", ".join(one["data_sets"]))


def _extracts(chosen: list[Extract], full: bool, as_json: bool) -> None:
    if as_json:
        entries = [one.as_dict() for one in chosen]
        print(json.dumps({"extracts": entries}, ensure_ascii=False, indent=2))
        return
    for one in chosen:
        print(f"{one.id}  {one.title}")
        _line("for", ", ".join(one.serves))
        _line("covers", one.covers)
        _line("finest", one.finest)
        _line("gaps", one.gaps)
        _line("breaks", one.breaks)
        for part in one.part:
            years = ", ".join(part.filters.get("time", ()))
            told = f"{part.name}: " if part.name else ""
            _line("from", f"{told}{part.dataset}, {part.geography}{years and f', {years}'}")
            for column, own in part.columns.items() if full else ():
                codes = ", ".join(f"{k} = {v}" for k, v in own.where.items())
                _line("", f"{column} ({own.unit}): {codes}")


def _file_set(name: str, as_json: bool) -> None:
    from hansa.sources.live import gisco

    found = gisco.find(name.partition(":")[2])
    entry = {
        "id": f"gisco:{found.id}",
        "title": found.title,
        "at": [request.url for request in gisco.requests(found)],
        "notice": found.notice,
    }
    if as_json:
        print(json.dumps(entry, ensure_ascii=False, indent=2))
        return
    print(f"{entry['id']}  {found.title}")
    for url in entry["at"]:
        _line("at", url)
    _line("notice", found.notice)


def _structure(name: str, at: str, as_json: bool) -> None:
    from hansa.sources.live.fetching import dataset_of, structure_of
    from hansa.study.fetch_line import line_to

    service, dataset, home = dataset_of(name, at)
    with line_to(home, Progress()) as line:
        found = structure_of(service, dataset, home, line)
    if as_json:
        entry = {
            "dataset": name,
            "title": found.title,
            "updated": found.updated,
            "dimensions": [
                {
                    "id": d.id,
                    "label": d.label,
                    "time": d.time,
                    "summed_when_left_out": d.eliminable,
                    "codes": dict(d.codes),
                }
                for d in found.dimensions
            ],
        }
        print(json.dumps(entry, ensure_ascii=False, indent=2))
        return
    print(f"{name}  {found.title}")
    _line("updated", found.updated)
    for own in found.dimensions:
        summed = " (summed by the service where no code is asked for)" if own.eliminable else ""
        print(f"  {own.id}  {own.label}{summed}")
        for code, label in own.codes.items():
            _line("", f"{code}  {label if label != code else ''}".rstrip())


def _line(what: str, text: str) -> None:
    if text:
        head = f"    {what + ':' if what else '':<11}"
        print(textwrap.fill(text, 96, initial_indent=head, subsequent_indent=" " * len(head)))


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
) -> None:
    """Bring live data: resumable, cached, with an account of where it came from."""
    from hansa.study.fetch import Wanted

    if Path(what).is_dir() or (":" not in what and Path(what).exists()):
        _refuse_beside_study(bool(filters or geo or period or out or at))
        if not fetch_into(Path(what), part, refresh):
            raise typer.Exit(1)
        say(f"Next: hansa run {what}" if not part else "fetched.")
        return
    if out is None:
        raise UsageError("where to?", admissible="a file", fix="--out FILE.parquet, or .csv")
    if not what.startswith("gisco:") and out.suffix.lower() not in (".csv", ".parquet", ".pq"):
        raise UsageError(
            "fetched tables are written as CSV or Parquet",
            place=str(out),
            admissible=".csv or .parquet",
            fix="change the ending; `hansa export` makes other formats of it",
        )
    codes = tuple(c.strip() for text in geo for c in text.split(",") if c.strip())
    if geo and not codes:
        raise UsageError("--geo names no region", printed=repr(geo), fix="--geo SE11,SE12")
    wanted = Wanted(_filters(filters), codes, period, part, at, refresh)
    _refuse_useless(what, wanted)
    if what.startswith("gisco:"):
        _file(what, wanted, out)
    else:
        _table(what, wanted, out)


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
    from hansa.study.fetch_files import files_of

    if ":" in what:
        found = {"": fetch_dataset(what, wanted, Progress())}
    else:
        found = fetch_extract(find_extract(what), wanted, Progress())
    for name, made in found.items():
        several = len(found) > 1
        path = out.with_name(f"{out.stem}-{name}{out.suffix}") if several else out
        _write(files_of(made, path))
        say(f"{path}: {made.lines[0]}")
        for line in made.lines[1:]:
            say(f"  note: {line}")


def _file(what: str, wanted: Wanted, out: Path) -> None:
    from hansa.files import json_bytes
    from hansa.study.fetch_files import account_path, beside, fetch_file

    got, report = fetch_file(what, wanted.at, Progress(), wanted.refresh)
    files = {beside(out, ending): content for ending, content in got.items()}
    _write({**files, account_path(out): json_bytes(report)})
    for path, content in files.items():
        say(f"{path}: {report['title']}, {len(content):,} bytes")
    say(f"  note: {report['licence']}")


def fetch_into(folder: Path, names: list[str], refresh: bool) -> bool:
    """Everything a study names, written into its folder entry by entry; False where any failed.

    What can be had is fetched: one table that a service refuses does not hold up the others.
    """
    from hansa.study.config import read_study
    from hansa.study.fetch_study import fetch_study, refuse_unknown_names, scoreboards

    study = read_study(folder)
    refuse_unknown_names(study, folder)
    failed: list[HansaError] = []
    for name, files, lines in fetch_study(study, folder, Progress(), (refresh, failed), names):
        _write(files)
        say(f"{name}:")
        for line in lines:
            say(f"  {line}")
    for name, files, lines in scoreboards(study, folder):
        _write(files)
        say(f"scoreboard {name}:")
        for line in lines:
            say(f"  {line}")
    for problem in failed:
        say(f"NOT FETCHED\n{problem}")
    return not failed


def _write(files: dict[Path, bytes]) -> None:
    from hansa.files import write_bytes

    for path, content in files.items():
        try:
            write_bytes(path, content)
        except OSError as problem:
            raise HansaError(
                "the file cannot be written",
                place=str(path),
                printed=problem.strerror or str(problem),
                admissible="a folder that is there, or can be made, and can be written to",
            ) from problem
