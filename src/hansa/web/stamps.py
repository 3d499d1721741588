"""Whether the files of a study changed: their names, times and sizes."""

from __future__ import annotations

import os
from pathlib import Path

Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(folder: Path) -> tuple[Stamp, Stamp]:
    """What tells whether a study changed: names, times, sizes of its files, and of definitions.

    The first means computing anew. The second are definitions that were saved beside the study
    and that it does not name: with them it stays as it is, only pages are made anew. Results,
    hidden files and studies inside the folder are left out.
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
        for name in names:
            if not name.startswith("."):
                try:
                    state = (here / name).stat()
                except OSError:
                    # Gone since it was listed, or a link that leads nowhere.
                    continue
                found = str(here / name), state.st_mtime_ns, state.st_size
                (beside if here == apart else own).append(found)
    return tuple(sorted(own)), tuple(sorted(beside))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
