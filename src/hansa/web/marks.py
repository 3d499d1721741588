"""What tells one state of a study, and of the program that computes it, from every other."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hansa.web.stamps import elsewhere, stamp_of

_COMPUTE = ("numpy", "pyarrow", "scipy", "highspy", "fastexcel", "pydantic")
"""Packages that numbers go through."""
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def place_of(folder: Path) -> str:
    """Which study it is, as a part of the name of a file."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def mark_of(folder: Path) -> str:
    """Everything that the results of a study depend on, as a part of the name of a file.

    The content of every file of the folder and of those that the study names elsewhere (not of
    definitions that were saved beside it: results do not know them); where the folder lies, which
    messages name; the program with its plugins and the packages and processor it computes with.
    Raises HansaError or OSError where the study or a file of it cannot be read.
    """
    digest = hashlib.sha256(json.dumps([str(folder), str(folder.resolve())]).encode())
    digest.update(_program().encode())
    for path in sorted({Path(name) for name, *_ in stamp_of(folder)[0]} | set(elsewhere(folder))):
        digest.update(f"\0{path}\0".encode())
        if path.is_file():
            with open(path, "rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:32]


@cache
def _program() -> str:
    """Hansa, its plugins, and what they compute with. Files of programs by name, time and size."""
    import numpy as np

    places = [Path(__file__).parents[1]]
    made: list[Any] = [sys.version, platform.machine(), [os.environ.get(n) for n in _THREADS]]
    made += [[name, version(name)] for name in ("hansa", *_COMPUTE)]
    # Which instructions the processor has decides the last bits of sums.
    made.append(np.show_config(mode="dicts"))
    for group in ("hansa.plugins", "hansa.sources"):
        for point in sorted(entry_points(group=group)):
            made.append([point.name, point.value, point.dist.version if point.dist else ""])
            spec = find_spec(point.module.partition(".")[0])
            if point.name != "builtin" and spec and spec.origin:
                own = Path(spec.origin)
                places.append(own.parent if spec.submodule_search_locations else own)
    made += [list(_files(place)) for place in places]
    return json.dumps(made, default=str)


def _files(place: Path) -> Iterable[tuple[str, int, int]]:
    found = [place] if place.is_file() else sorted(place.rglob("*"))
    for path in found:
        if path.suffix != ".pyc" and path.is_file():
            state = path.stat()
            yield str(path), state.st_size, state.st_mtime_ns
