"""Whether the files of a study changed: their names, times and sizes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import HansaError

if TYPE_CHECKING:
    from hansa.study.config import Study

Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(folder: Path) -> tuple[Stamp, Stamp]:
    """What tells whether a study changed: names, times, sizes of its files, and of definitions.

    The first means computing anew; files that the study names elsewhere are among them. The
    second are definitions that were saved beside the study and that it does not name: with them
    it stays as it is, only pages are made anew. Results, hidden files and studies inside the
    folder are left out.
    """
    apart = folder / "definitions"
    if b"definitions/" in _content(folder / "study.toml"):
        apart = folder / "no such folder"
    own: list[tuple[str, int, int]] = []
    beside: list[tuple[str, int, int]] = []
    for place, inner, names in os.walk(folder):
        here = Path(place)
        inner[:] = [
            name
            for name in inner
            if not name.startswith(".")
            and not (here == folder and name == "out")
            and not (here / name / "study.toml").exists()
        ]
        found = (here / name for name in names if not name.startswith("."))
        (beside if here == apart else own).extend(_states(found))
    # What is wrong with the study is said by whoever computes it.
    with suppress(HansaError):
        own += _states(elsewhere(folder))
    return tuple(sorted(set(own))), tuple(sorted(beside))


def _states(paths: Iterable[Path]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        # Gone since it was listed, or a link that leads nowhere.
        with suppress(OSError):
            state = path.stat()
            yield str(path), state.st_mtime_ns, state.st_size


def elsewhere(folder: Path) -> Iterator[Path]:
    """Files that a study names, wherever they lie; none of a folder without a study.

    Raises HansaError where the study cannot be read or a pattern matches nothing.
    """
    from hansa.study.config import extra_files, facts_files

    content = _content(folder / "study.toml")
    if not content:
        return
    study = _study(folder, content)
    for spec in study.facts.values():
        yield from (path for _, path in facts_files(folder, spec))
    yield from (path for _, path in extra_files(study, folder))
    for name in study.definitions:
        for path in (folder / name, Path(name)):
            # A definition is a folder of two files, or a table.
            yield from (path, path / "definition.toml", path / "members.csv")


@lru_cache(16)
def _study(folder: Path, content: bytes) -> Study:
    """The study of a folder whose study.toml holds this; pages ask for it again and again."""
    from hansa.study.config import read_study

    return read_study(folder)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
