"""Bodies that broke off: kept in a file, continued where they end, never mixed of two versions.

A part file holds the body as it is sent (packed, where it is sent packed); the JSON beside it says
which version of which answer it is. A lock on the part file makes one process its owner.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from hansa.errors import HansaError
from hansa.sources.live.locks import lock
from hansa.sources.live.patience import http_date

_STEP = 1 << 20
# Of the way, not of the answer: a body is unpacked here, and cookies are nobody's business.
_OF_THE_WAY = (
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "keep-alive",
    "set-cookie",
    "transfer-encoding",
)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.IGNORECASE)


@dataclass(frozen=True)
class Version:
    """Which version of an answer a body is part of.

    total    bytes of the whole body as it is sent; None where the service does not say
    headers  of the answer the body began with, as far as they are about the answer
    """

    etag: str
    modified: str
    encoding: str
    total: int | None
    headers: Mapping[str, str]

    @property
    def condition(self) -> str:
        """For `If-Range`: what only this version has (RFC 9110, 13.1.5); empty if nothing is.

        A weak ETag is none, and forbids the date; a date is one where the service answered at
        least a second after it, for it may have changed twice in the same second.
        """
        if self.etag:
            return self.etag if self.etag.startswith('"') and sendable(self.etag) else ""
        changed, sent = http_date(self.modified), http_date(self.headers.get("date", ""))
        if changed and sent and sendable(self.modified) and (sent - changed).total_seconds() >= 1:
            return self.modified
        return ""


def version_of(headers: Mapping[str, str]) -> Version:
    """The version an answer with status 200 tells of itself."""
    length = headers.get("content-length", "")
    return Version(
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
        encoding=encoding_of(headers),
        total=int(length) if length.isascii() and length.isdigit() else None,
        headers=of_the_answer(headers),
    )


def of_the_answer(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that say something of an answer once it has come."""
    return {name: text for name, text in headers.items() if name not in _OF_THE_WAY}


def sendable(text: str) -> bool:
    """Whether a header that came can be sent back as it is."""
    return text.isascii() and text.isprintable()


def encoding_of(headers: Mapping[str, str]) -> str:
    """`Content-Encoding`, empty for none."""
    found = headers.get("content-encoding", "").strip().lower()
    return "" if found == "identity" else found


def continues(version: Version, size: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer with status 206 goes on exactly after `size` bytes of `version`.

    The service has to repeat what the version was told by: one that reads `Range` but not
    `If-Range` sends the rest of whatever is there now.
    """
    told = headers.get("etag" if version.etag else "last-modified", "")
    span = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if told != version.condition or span is None or encoding_of(headers) != version.encoding:
        return False
    first, last, total = int(span[1]), int(span[2]), span[3]
    if first != size or last < first:
        return False
    return total == "*" or version.total is None or int(total) == version.total


class Part:
    """The part of one answer, in a file that this process alone has."""

    def __init__(self, path: Path, file: io.FileIO, question: str) -> None:
        self.path = path
        self._file = file
        self._question = question

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._file.seek(0, os.SEEK_END)

    @property
    def about(self) -> Path:
        """The JSON beside the part."""
        return self.path.with_name(self.path.name + ".json")

    def held(self) -> Version | None:
        """The version the kept bytes are of; None where there is nothing to go on with."""
        if not self.size:
            return None
        try:
            told = json.loads(self.about.read_bytes())
            version = Version(**told["version"])
            if told["question"] != self._question or not version.condition:
                raise ValueError("the part of another answer")
            if not isinstance(version.total, int | None):
                raise TypeError("not written here")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.drop()
            return None
        if version.total is not None and self.size >= version.total:
            # Complete, but not used: asking for the last byte again shows it is still current.
            self._file.truncate(max(version.total - 1, 0))
        return version if self.size else None

    def start(self, version: Version) -> None:
        """Begin a body of this version; nothing of an earlier one stays."""
        with self._clear_errors():
            self._file.truncate(0)
            told = {
                "question": self._question,
                "begun": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "version": asdict(version),
            }
            self.about.write_text(json.dumps(told, indent=1), encoding="utf-8")

    def add(self, piece: bytes) -> None:
        """Append what came; it is in the hands of the system on return."""
        with self._clear_errors():
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]

    def pieces(self) -> Iterator[bytes]:
        """What is kept, from its beginning."""
        self._file.seek(0)
        while piece := self._file.read(_STEP):
            yield piece

    def drop(self) -> None:
        """Forget what is kept."""
        with contextlib.suppress(OSError):
            self._file.truncate(0)
        _remove(self.about)

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # On a full disk the part would only stand in the way.
            self.drop()
            raise _unwritable(self.path, error) from error


@contextlib.contextmanager
def claimed(path: Path | None, question: str) -> Iterator[Part | None]:
    """The part at `path` for this process alone, until the end of the block.

    None where no path is given or another process has the part: the body is then fetched without
    one. A part without bytes leaves no file.

    question  tells the request; a part of another one is not continued
    """
    file = _owned(path) if path else None
    if path is None or file is None:
        yield None
        return
    part = Part(path, file, question)
    try:
        yield part
    finally:
        empty = not part.size
        if empty:
            part.drop()
            # While the lock is held: after it the file could be another process's.
            _remove(path)
        file.close()
        if empty and sys.platform == "win32":
            # There no open file can be removed: neither before this one is closed, nor after it
            # while another process has it.
            _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _owned(path: Path) -> io.FileIO | None:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer: a process that is killed has written all it got.
            file = io.FileIO(path, "a+")
        except OSError as error:
            raise _unwritable(path, error) from error
        if not lock(file.fileno(), wait=False):
            file.close()
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        # Its last owner took the file away between opening and locking.
        file.close()


def _unwritable(path: Path, error: OSError) -> HansaError:
    return HansaError(
        "the part of an answer that came so far cannot be kept",
        place=str(path),
        printed=error.strerror or str(error),
        admissible="a folder that can be written, with room on its disk",
        fix="make room; or name another folder in HANSA_CACHE",
    )
