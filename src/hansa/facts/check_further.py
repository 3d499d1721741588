"""Every wrong row of a table at once: what stops a reader is one row; others lie behind it."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from hansa.errors import Finding
from hansa.facts.check_words import row_number
from hansa.files import header_path

MOST = 20
"""Wrong rows that are told; who has more has one mistake, many times."""
SECONDS = 20.0
LARGEST = 50 * 2**20
"""Bytes of a file that is read again and again."""


def further_rows(
    path: Path, found: list[Finding], check: Callable[[Path], list[Finding]]
) -> list[Finding]:
    """The errors of rows behind the first one, in a CSV file.

    found  what `check` says of the file as it stands

    A row that is wrong is left out of a copy, which is checked again, until no row is wrong any
    more. The rows are those of the file. Nothing is said of a file in other formats, of a large
    one, or of one whose rows go over several lines.
    """
    if not _first_row(found) or path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return []
    if path.stat().st_size > LARGEST:
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    if any(line.count(b'"') % 2 for line in lines):
        return []
    with tempfile.TemporaryDirectory(prefix="hansa-check-") as folder:
        copy = Path(folder) / path.name
        described = header_path(path)
        if described.is_file():
            shutil.copy(described, folder)
        further = _peeled(lines, copy, found, check)
        return [replace(f, place=f.place.replace(str(copy), str(path))) for f in further]


def _peeled(
    lines: list[bytes], copy: Path, found: list[Finding], check: Callable[[Path], list[Finding]]
) -> Iterator[Finding]:
    kept, told = list(range(1, len(lines) + 1)), {_meant(f) for f in found}
    end = time.monotonic() + SECONDS
    while (row := _first_row(found)) and row <= len(kept) and time.monotonic() < end:
        del lines[row - 1], kept[row - 1]
        copy.write_bytes(b"".join(lines))
        # What names no row may come of the rows that are left out.
        found = [f for f in check(copy) if _first_row([f])]
        for own in found:
            here = _in_the_file(own, kept)
            if _meant(here) in told:
                continue
            yield here
            told.add(_meant(here))
            if len(told) > MOST:
                return


def _first_row(found: list[Finding]) -> int:
    """The row that an error names, never the header; 0 without one."""
    rows = (row_number().search(f.place) for f in found if f.severity == "error")
    return next((int(row[1]) for row in rows if row is not None and int(row[1]) > 1), 0)


def _in_the_file(own: Finding, kept: list[int]) -> Finding:
    """The finding with the row of the file in place of that of the copy."""

    def moved(match: re.Match[str]) -> str:
        row = int(match[1])
        there = kept[row - 1] if 0 < row <= len(kept) else row
        return f"{match[0].removesuffix(match[1])}{there}"

    return replace(own, place=row_number().sub(moved, own.place, count=1))


def _meant(own: Finding) -> tuple[str, str, str]:
    return own.place, own.rule, own.printed
