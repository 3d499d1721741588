"""Definitions of a study's own, one file each: saved whole, and never over somebody's work."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import UsageError
from hansa.files import write_bytes
from hansa.sources.live.locks import lock

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LEFT = re.compile(rf"\.({_NAME.pattern})\.csv\.[a-z0-9_]{{8}}")
"""A definition that is being written (`hansa.files.write_bytes`), or was when its writer ended."""
_here = threading.Lock()


@dataclass(frozen=True)
class Saved:
    """A definition that was written; `mark` is what the next save of it has to name."""

    path: Path
    mark: str


@dataclass(frozen=True)
class Changed:
    """Nothing was written: somebody saved meanwhile. `content` is theirs, `mark` that of it."""

    path: Path
    content: bytes
    mark: str


def definition_path(folder: Path, name: str) -> Path:
    """Where a definition of this name lies in a study. Raises UsageError for an odd name."""
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise UsageError(
            "a definition needs a short name",
            printed=repr(name[:80]),
            admissible="small letters, digits and single hyphens between them: boats-and-yards",
        )
    return folder / "definitions" / f"{name}.csv"


def mark_of(path: Path) -> str:
    """What tells one content of a file from another; empty where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return ""


def save(path: Path, content: bytes, seen: str) -> Saved | Changed:
    """Write a definition, if it still is what its editor has seen.

    seen  the mark of the file when it was opened; empty for one that was not there

    The file is replaced in one step: whoever stops in between finds the old one or the new one.
    """
    with _alone(path.parent):
        _clear(path.parent)
        now = mark_of(path)
        if now != seen:
            return Changed(path, path.read_bytes() if now else b"", now)
        write_bytes(path, content)
        return Saved(path, mark_of(path))


def clear_left(study: Path) -> None:
    """Remove what a workbench that was killed while it saved has left of its files."""
    folder = study / "definitions"
    # A folder that may only be read holds nothing that was being written.
    with suppress(OSError):
        if any(map(_LEFT.fullmatch, os.listdir(folder))):
            with _alone(folder):
                _clear(folder)


def _clear(folder: Path) -> None:
    """Nobody else writes here now: a file that is half written has no writer any more."""
    for name in os.listdir(folder):
        if _LEFT.fullmatch(name):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other tab, and no other workbench on this study, saves at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with _here:
        handle = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            lock(handle, wait=True)
            yield
        finally:
            os.close(handle)
