"""The command `hansa sources`: what can be fetched, by name and by words."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli.options import AsJson, say
from hansa.cli.progress import told

if TYPE_CHECKING:
    from hansa.sources.live.contract import Dimension, Structure
    from hansa.sources.live.extracts import Extract

At = Annotated[
    str, typer.Option("--at", help="Base address of the service, in place of its own: a mirror.")
]

_MOST_SHOWN = 60
"""Data sets shown to a reader; JSON has them all."""


def sources(
    name: str = typer.Argument(
        "", help="A source, an extract, or SOURCE:DATASET: asks the service what it is made of."
    ),
    extracts: Annotated[
        bool, typer.Option("--extracts", help="The ready-made extracts, with what they cover.")
    ] = False,
    search: Annotated[
        str,
        typer.Option(
            "--search",
            help="Only what has all these words; beside a source, its data sets (asks it); beside "
            "SOURCE:DATASET, its codes.",
        ),
    ] = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """List live sources and ready-made extracts, or the dimensions and codes of a data set."""
    from hansa.sources.live.extracts import extracts as every
    from hansa.sources.live.extracts import find_extract
    from hansa.study import fetch_listing as own

    own.refuse_senseless(name, search, at)
    if name.startswith("gisco:"):
        _file_set(own.file_set(name), as_json)
    elif ":" in name:
        _structure(name, own.structure(name, at, told(as_json)), search, as_json)
    elif name in every() or (name and extracts):
        _extracts([find_extract(name)], True, as_json)
    elif extracts:
        _extracts(own.extracts_with(search), False, as_json)
    elif name and search:
        _data_sets(name, search, at, as_json)
    else:
        _overview(name, search, as_json)


def _overview(name: str, search: str, as_json: bool) -> None:
    """Services; with words extracts too, for whoever searches does not know which it will be."""
    from hansa.study.fetch_listing import extract_entry, extracts_with, service_entries
    from hansa.study.fetch_listing import services_with as with_words

    services = with_words(search) if search else service_entries(name)
    found = extracts_with(search) if search else []
    if as_json:
        own: dict[str, Any] = {"sources": services}
        _json(own | ({"extracts": list(map(extract_entry, found))} if search else {}))
        return
    for one in services:
        _service(one, full=bool(name))
    if found:
        print("\nReady-made extracts" if services else "Ready-made extracts")
        _extracts(found, False, False)
    if search:
        say(
            f"{len(services)} sources and {len(found)} extracts for {search!r}; the data sets of a "
            f"source: hansa sources eurostat --search {search!r}"
        )
    elif not name:
        every = len(extracts_with(""))
        say(f"{len(services)} sources and {every} extracts (--extracts; --search WORDS)")


def _service(one: dict[str, Any], full: bool) -> None:
    print(f"{one['id']}  {one['title']}")
    _line("at", one["home"] or "any address: --at https://HOST/PATH")
    _line("limit", f"{one['most_cells']:,} cells a request" if one.get("most_cells") else "")
    _line("licence", one["licence"])
    if full:
        _line("data sets", ", ".join(one.get("data_sets", ())))
        if one.get("lists_data_sets"):
            _line("find", f"hansa sources {one['id']} --search WORDS")


def _data_sets(name: str, search: str, at: str, as_json: bool) -> None:
    from hansa.study.fetch_listing import data_set_entry, data_sets

    found = data_sets(name, search, at, told(as_json))
    entries = [data_set_entry(name, one) for one in found.entries]
    if as_json:
        _json({"source": name, "search": search, "of": found.of, "data_sets": entries})
        return
    for one in entries[:_MOST_SHOWN]:
        print(f"{one['id']}  {one['title']}")
        _line("periods", one["periods"])
    count = max(found.of, len(entries))
    more = count - min(len(entries), _MOST_SHOWN)
    say(
        f"{count:,} data {'set' if count == 1 else 'sets'} for {search!r}"
        + (f"; {more:,} more are not shown: add a word, or --json" if more else "")
        + (f". What one is made of: hansa sources {entries[0]['id']}" if entries else "")
    )


def _extracts(chosen: list[Extract], full: bool, as_json: bool) -> None:
    if as_json:
        _json({"extracts": [one.as_dict() for one in chosen]})
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
            head = f"{part.name}: " if part.name else ""
            _line("from", f"{head}{part.dataset}, {part.geography}{years and f', {years}'}")
            for column, own in part.columns.items() if full else ():
                codes = ", ".join(f"{k} = {v}" for k, v in own.where.items())
                _line("", f"{column} ({own.unit}): {codes}")


def _file_set(entry: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _json(entry)
        return
    print(f"{entry['id']}  {entry['title']}")
    for url in entry["at"]:
        _line("at", url)
    _line("notice", entry["notice"])


def _structure(name: str, found: Structure, search: str, as_json: bool) -> None:
    from hansa.study.fetch_listing import narrowed, structure_entry

    shown = narrowed(found, search)
    if as_json:
        _json(structure_entry(name, shown))
        return
    title = found.title if found.title.lower() not in name.lower() else ""
    print(f"{name}  {title}".rstrip())
    _line("updated", found.updated)
    for own in shown.dimensions:
        _dimension(own, bool(search))
    if search and not shown.dimensions:
        say(f"no code of {name} has {search!r} in its name")
    _example(name, found)


def _dimension(own: Dimension, whole: bool) -> None:
    """Codes with their names; of periods only the ends, for nobody reads forty years one by one."""
    what = "periods" if own.time else "codes"
    count = f"{len(own.codes):,} {what[:-1] if len(own.codes) == 1 else what}"
    about = [count if own.codes else f"{what} not listed by the service"]
    # An office that numbers its periods has the number as the label of a period.
    named = {code: "" if own.time or label == code else label for code, label in own.codes.items()}
    if own.eliminable:
        about.append("summed by the service where no code is asked for")
    label = f"  {own.label}" if own.label.lower() not in ("", own.id.lower()) else ""
    print(f"  {own.id}{label}  ({'; '.join(about)})")
    if own.time and not whole and len(own.codes) > 1:
        codes = sorted(own.codes)
        _line("", f"{codes[0]} to {codes[-1]}")
        return
    width = min(max(map(len, named), default=0), 24)
    for code, text in named.items():
        _line("", f"{code:<{width}}  {text}".rstrip())


def _example(name: str, found: Structure) -> None:
    """How a part of it is asked for, with codes it has."""
    from hansa.sources.live.contract import REGIONS

    chosen = []
    for own in found.dimensions:
        if own.codes and not own.time and own.id.lower() not in REGIONS:
            code = next(iter(own.codes))
            chosen.append(f"--filter '{own.id}={code}'")
    region = found.dimension("geo")
    if region is not None and region.codes:
        chosen.append(f"--geo '{next(iter(region.codes))}'")
    say(f"Fetch a part: hansa fetch {name} {' '.join(chosen[:4])} --out FILE.csv")


def _json(entry: dict[str, Any]) -> None:
    print(json.dumps(entry, ensure_ascii=False, indent=2))


def _line(what: str, text: str) -> None:
    if text:
        head = f"    {what + ':' if what else '':<11}"
        print(textwrap.fill(text, 96, initial_indent=head, subsequent_indent=" " * len(head)))
