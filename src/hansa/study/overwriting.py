"""No result takes the place of what it is made of: asked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from hansa.errors import HansaError, UsageError

_OF_STUDIES = ("facts", "definitions", "indicators")
"""Folders of a study that hold what it is made of."""
_OF_INDICES = ("indicators", "data", "recipe", "factors")
_OF_CALLS = ("funders", "proposals", "asks", "partners", "reviews", "call", "rules")
_OF_DEFINITIONS = ("definition", "members")


def refuse_overwriting(made: Iterable[Path | None], sources: Iterable[Path | str | None]) -> None:
    """Raise where a file that is to be written is one that is read, or describes one.

    sources  files; folders stand for the files in them that are read; other texts for nothing
    """
    results = [path for path in made if path is not None]
    if not results:
        return
    read = [path for source in sources if source for path in _read(Path(source))]
    for path in results:
        for own, what in _written(path):
            if any(_same(own, source) for source in read):
                raise UsageError(
                    f"the result{what} would take the place of what it is made of",
                    place=str(own),
                    admissible="another name, or another folder",
                    fix=f"another name than {path.name}",
                )


def refuse_results_among_sources(out: Path, folder: Path) -> None:
    """Raise where the results of a study would lie among the files that it is made of."""
    holding = {path.parent.resolve() for path in _of_study(folder)}
    inside = {(folder / name).resolve() for name in _OF_STUDIES}
    place = out.resolve()
    if place in holding or inside & {place, *place.parents}:
        raise UsageError(
            "the results would lie among the files that the study is made of",
            place=str(out),
            admissible="a folder of their own",
            fix=f"leave --out out for {folder / 'out'}, or name another folder",
        )


def _written(path: Path) -> Iterator[tuple[Path, str]]:
    """A result and the description beside it, as an error names them."""
    yield path, ""
    if path.suffix.lower() == ".csv":
        yield path.with_name(f"{path.stem}.meta.toml"), "'s header"


def _read(source: Path) -> Iterator[Path]:
    from hansa.files import header_path

    if (source / "study.toml").is_file():
        yield from _of_study(source)
    elif source.is_dir():
        known = (*_OF_INDICES, *_OF_CALLS, *_OF_DEFINITIONS)
        yield from (path for path in source.iterdir() if path.stem in known)
    else:
        yield source
        yield header_path(source)


def _of_study(folder: Path) -> Iterator[Path]:
    from hansa.study.config import extra_files, facts_files, read_study

    yield folder / "study.toml"
    for name in _OF_STUDIES:
        yield from (path for path in (folder / name).rglob("*") if path.is_file())
    # What is wrong with the study is said by whoever computes it.
    with suppress(HansaError):
        study = read_study(folder)
        yield from (folder / name for name in study.definitions if (folder / name).is_file())
        for spec in study.facts.values():
            yield from (path for _, path in facts_files(folder, spec))
        yield from (path for _, path in extra_files(study, folder))


def _same(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:
        return False
