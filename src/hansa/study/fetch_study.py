"""Everything a study names, entry by entry: `[fetch.NAME]`, then `[scoreboard.NAME]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hansa.codes.geography import Geography, geography, read_geography
from hansa.errors import HansaError, UsageError, listed
from hansa.facts.made import Made
from hansa.files import json_bytes
from hansa.measures.catalogue import find_measure
from hansa.sources.live.extracts import find_extract
from hansa.sources.live.fetching import Told, dataset_of, structure_of
from hansa.sources.live.filters import span
from hansa.study.config import FetchSpec, Study
from hansa.study.fetch import Wanted, fetch_dataset, fetch_extract
from hansa.study.fetch_files import GISCO, account_path, beside, fetch_file, files_of
from hansa.study.fetch_line import line_to

Tried = tuple[bool, list[HansaError]]
"""Whether to ask anew, and where tables that could not be had are collected."""


def refuse_unknown_names(study: Study, folder: Path) -> None:
    """Raise for names of a study that mean nothing, before anybody is asked for data."""
    for one in study.measures:
        find_measure(one)
    for name in (study.geography, study.area):
        if name and not (folder / name).is_file():
            geography(name)
    for entry in study.fetch.values():
        for one in entry.extract:
            find_extract(one)
        if entry.period:
            span(entry.period)
    for board in study.scoreboard.values():
        for one in board.indicators:
            find_extract(one)


def fetch_study(
    study: Study, folder: Path, told: Told, tried: Tried, names: Sequence[str] = ()
) -> Iterator[tuple[str, dict[Path, bytes], tuple[str, ...]]]:
    """Each `[fetch.NAME]` of a study: its name, the files it gives, and what is said of it.

    A table that could not be had is left out, with its reason in `tried`; the others go on.
    """
    refuse_nothing(study, folder, names)
    _refuse_same_file(study)
    for name, spec in study.fetch.items():
        if names and name not in names:
            continue

        def own_told(text: str, done: float, name: str = name) -> None:
            told(f"{name}: {text}", done)

        files, lines = _entry(name, spec, (study, folder), own_told, tried)
        yield name, files, lines


def refuse_nothing(study: Study, folder: Path, names: Sequence[str]) -> None:
    """Raise where a study names nothing to fetch, or not what is asked for."""
    if not study.fetch:
        raise HansaError(
            "the study names nothing to fetch",
            place=str(folder / "study.toml"),
            admissible="[fetch.NAME] with extract = … or dataset = …",
            fix="hansa new DIR --template bsr shows how",
        )
    if lost := [name for name in names if name not in study.fetch]:
        raise UsageError(f"the study has no [fetch.{lost[0]}]", admissible=listed(study.fetch, 30))


def _targets(name: str, spec: FetchSpec) -> list[str]:
    """Where the tables of an entry go, counted from the study folder."""
    if spec.file:
        return [spec.file]
    if spec.dataset.startswith(f"{GISCO}:"):
        return [f"geometry/{name}{spec.endings[0]}"]
    if spec.dataset:
        return [f"facts/{name}.parquet"]
    found = map(find_extract, spec.extract)
    return [
        f"facts/{name}.parquet" if one.kind == "facts" else f"indicators/{one.id}.parquet"
        for one in found
    ]


def _refuse_same_file(study: Study) -> None:
    """Raise where two entries, or two extracts of one, would overwrite each other's file."""
    owner: dict[str, str] = {}
    for name, spec in study.fetch.items():
        for path in _targets(name, spec):
            if path in owner:
                raise UsageError(
                    "two entries give the same file",
                    place=f"[fetch.{owner[path]}] and [fetch.{name}]",
                    printed=path,
                    fix="one entry for both, or file = … in one of them",
                )
            owner[path] = name


def _entry(
    name: str, spec: FetchSpec, place: tuple[Study, Path], told: Told, tried: Tried
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    refresh, failed = tried
    try:
        if spec.dataset.startswith(f"{GISCO}:"):
            return _file_entry(name, spec, place[1], told, refresh)
        return _table_entry(name, spec, place, told, tried)
    except UsageError:
        raise
    except HansaError as problem:
        failed.append(problem)
        return {}, ("nothing: see the end",)


def _file_entry(
    name: str, spec: FetchSpec, folder: Path, told: Told, refresh: bool
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    got, report = fetch_file(spec.dataset, spec.at, told, refresh)
    path = folder / _targets(name, spec)[0]
    extra = {beside(path, ending): content for ending, content in got.items()}
    said = f"{path.relative_to(folder)}: {report['title']}"
    return {**extra, account_path(path): json_bytes(report)}, (said, *report["notes"])


def _table_entry(
    name: str, spec: FetchSpec, place: tuple[Study, Path], told: Told, tried: Tried
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    (study, folder), (refresh, failed) = place, tried
    geo = regions_of(spec.geo, study, folder)
    wanted = Wanted(spec.filters, geo, spec.period, spec.parts, spec.at, refresh)
    found: dict[Path, Made] = {}
    if spec.dataset:
        made = fetch_dataset(spec.dataset, wanted, told)
        found[folder / _targets(name, spec)[0]] = made
    for one, target in zip(spec.extract, _targets(name, spec), strict=not spec.dataset):
        path = folder / target
        try:
            got = fetch_extract(find_extract(one), wanted, told)
        except HansaError as problem:
            # A region or period of the user's is wrong for all; the rest is the service's matter.
            if isinstance(problem, UsageError) and len(spec.extract) == 1:
                raise
            failed.append(problem)
            continue
        for part, made in got.items():
            found[path.with_name(f"{path.stem}-{part}{path.suffix}") if part else path] = made
    return _files_and_lines(found, folder, failed)


def _files_and_lines(
    found: dict[Path, Made], folder: Path, failed: list[HansaError]
) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """What is written for the tables of an entry, and what is said of them.

    A table without a row is collected in `failed`, and the others go on.
    """
    files: dict[Path, bytes] = {}
    lines: list[str] = []
    notes: dict[str, list[str]] = {}
    for path, made in found.items():
        try:
            files |= files_of(made, path)
        except UsageError:
            raise
        except HansaError as problem:
            failed.append(problem)
            continue
        lines.append(f"{path.relative_to(folder)}: {made.lines[0]}")
        for note in made.lines[1:]:
            notes.setdefault(note, []).append(path.stem)
    for note, stems in notes.items():
        lines.append(
            f"note on {'all' if len(stems) == len(found) > 1 else listed(stems, 4)}: {note}"
        )
    return files, tuple(lines)


def regions_of(names: Sequence[str], study: Study, folder: Path) -> tuple[str, ...]:
    """Codes and patterns of the regions asked for; `study` and `countries` spelled out."""
    found: list[str] = []
    for name in names:
        if name == "countries":
            found.append("??")
        elif name != "study":
            found.append(name)
        else:
            found += _geography(study, folder).members
    return tuple(dict.fromkeys(found))


def _geography(study: Study, folder: Path) -> Geography:
    """The geography of a study, from its own folder or by name."""
    if not study.geography:
        raise UsageError(
            "the regions of the study are asked for, and it names none",
            place=str(folder / "study.toml"),
            fix='geography = "…" (`hansa geographies`), or name the regions',
        )
    own = folder / study.geography
    return read_geography(own) if own.is_file() else geography(study.geography)


def scoreboards(
    study: Study, folder: Path
) -> Iterator[tuple[str, dict[Path, bytes], tuple[str, ...]]]:
    """Each `[scoreboard.NAME]` of a study: its name, its index folder, what is said of it."""
    from hansa.study.scoreboard import scoreboard_files

    for name, spec in study.scoreboard.items():
        missing = [
            one
            for one in spec.indicators
            if not (folder / "indicators" / f"{one}.parquet").is_file()
        ]
        asked = {one for entry in study.fetch.values() for one in entry.extract}
        if missing and set(missing) <= asked:
            yield name, {}, (f"waits for {listed(missing)}: hansa fetch {folder}",)
            continue
        chosen = _geography(study, folder)
        yield (
            name,
            *scoreboard_files(spec, name, folder, chosen.members, chosen.geography),
        )


def unreachable(study: Study) -> str:
    """Why the first service a study names cannot be asked now; empty where it answers.

    Asks once, for the structure of the first data set, and does not wait long.
    """
    from hansa.sources.live.transport import Patience

    spec = next(iter(study.fetch.values()))
    name = spec.dataset or find_extract(spec.extract[0]).part[0].dataset
    try:
        service, dataset, home = dataset_of(name, spec.at)
        hurried = Patience(tries=1, connect=4.0, read=20.0)
        with line_to(home, lambda _text, _done: None, patience=hurried) as line:
            structure_of(service, dataset, home, line)
    except HansaError as problem:
        return problem.finding.rule
    return ""
