"""Answers of services, kept as they came: the same question needs no network a second time.

A folder holds `answers/KEY.json` (readable: address, status, headers, date, checksum) and beside it
the body, `answers/KEY-CHECKSUM.body`. A body is named by its checksum and the JSON that points to
it is put in its place last, so every moment shows the old entry or the new one. Bodies are not
packed: they are the bytes the checksum is about, open to any other program. Of a request that a
service found too big, `answers/KEY.too-big` says when.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hansa.errors import HansaError, writing
from hansa.sources.live.contract import Reply, Request
from hansa.sources.live.keys import key_of
from hansa.sources.live.locks import lock
from hansa.sources.live.troubles import secretless

_FORMAT = 1
_MATTER = (
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
)
# Longer than any download takes, short enough not to fill a disk with what nobody continues.
_FORGOTTEN_AFTER = 14 * 86_400


@dataclass(frozen=True)
class Kept:
    """One answer as it is kept.

    reply    as it came, with status 200 and the headers that matter
    fetched  when the service last said that it is current: UTC, ISO 8601 to the second
    sha256   of the body, in hexadecimal
    """

    reply: Reply
    fetched: str
    sha256: str


class Cache:
    """Answers by request, in a folder.

    folder  default: $HANSA_CACHE, else the usual place of the system for what can be fetched again
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def find(self, request: Request) -> Kept | None:
        """The kept answer to this request; None where there is none or it is damaged.

        A damaged entry (size or checksum wrong, JSON unreadable) is removed.
        """
        found = self._read(request)
        # Of a folder that can only be read, nothing is removed.
        with contextlib.suppress(OSError):
            if found is None and self._json(request).exists():
                with self._alone():
                    # Another process may have put a new body in place while the old one was read.
                    found = self._read(request)
                    if found is None:
                        self._remove(key_of(request))
        return found

    def keep(self, request: Request, reply: Reply, now: datetime) -> Kept:
        """Keep an answer, whole or not at all, in place of an earlier one.

        now  moment of the answer, with its time zone

        Raises ValueError for a status other than 200, HansaError where the folder cannot be
        written.
        """
        if reply.status != 200:
            raise ValueError(f"an answer with status {reply.status} is not kept")
        headers = {name: reply.headers[name] for name in _MATTER if name in reply.headers}
        kept = Kept(
            Reply(request, 200, headers, reply.body),
            _moment(now),
            hashlib.sha256(reply.body).hexdigest(),
        )
        with self._clear_errors():
            self._sweep()
            with self._waiting(kept.reply.body) as body, self._waiting(_told(kept)) as told:
                self._put(kept, body, told)
        return kept

    def confirmed(self, kept: Kept, now: datetime) -> Kept:
        """The same answer with a new date: the service said that it is current (status 304)."""
        again = replace(kept, fetched=_moment(now))
        with self._clear_errors(), self._waiting(_told(again)) as told, self._alone():
            if self._body(again).exists():
                os.replace(told, self._json(again.reply.request))
                return again
        return self.keep(again.reply.request, again.reply, now)

    def note_too_big(self, request: Request, now: datetime) -> None:
        """Remember that the service finds this request too big, until it is answered."""
        with self._clear_errors(), self._waiting(_moment(now).encode()) as told, self._alone():
            self._too_big(request).parent.mkdir(exist_ok=True)
            os.replace(told, self._too_big(request))

    def too_big(self, request: Request) -> datetime | None:
        """When the service found this request too big; None where it did not."""
        try:
            return datetime.strptime(self._too_big(request).read_text(), "%Y-%m-%dT%H:%M:%S%z")
        except (OSError, ValueError):
            return None

    def part(self, request: Request) -> Path:
        """Where the transport may keep what came of an answer that broke off."""
        with self._clear_errors():
            return self._unfinished() / f"{key_of(request)}.part"

    def forget(self, request: Request) -> None:
        """Remove the answer to this request and what came of a newer one, if there is any."""
        with self._clear_errors(), self._alone():
            self._remove(key_of(request))
            for path in (self.folder / "unfinished").glob(f"{key_of(request)}.part*"):
                path.unlink(missing_ok=True)

    def size(self) -> tuple[int, int]:
        """Answers kept, and bytes on disk in all, parts included."""
        paths = [path for path in self.folder.glob("*/*") if path.is_file()]
        answers = sum(path.suffix == ".json" and path.parent.name == "answers" for path in paths)
        return answers, sum(path.stat().st_size for path in paths)

    @staticmethod
    def validators(kept: Kept) -> Mapping[str, str]:
        """Headers that ask whether a kept answer is current; none for an answer to a POST."""
        if kept.reply.request.method != "GET":
            return {}
        pairs = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {
            name: kept.reply.headers[of] for name, of in pairs.items() if kept.reply.headers.get(of)
        }

    def _json(self, request: Request) -> Path:
        return self.folder / "answers" / f"{key_of(request)}.json"

    def _too_big(self, request: Request) -> Path:
        return self.folder / "answers" / f"{key_of(request)}.too-big"

    def _body(self, kept: Kept) -> Path:
        return self._json(kept.reply.request).with_name(
            f"{key_of(kept.reply.request)}-{kept.sha256[:16]}.body"
        )

    def _read(self, request: Request) -> Kept | None:
        try:
            told = json.loads(self._json(request).read_bytes())
            kept = Kept(
                Reply(request, 200, dict(told["headers"]), b""), told["fetched"], told["sha256"]
            )
            body = self._body(kept).read_bytes()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        right = told.get("format") == _FORMAT and len(body) == told.get("bytes")
        if not right or hashlib.sha256(body).hexdigest() != kept.sha256:
            return None
        return replace(kept, reply=replace(kept.reply, body=body))

    def _put(self, kept: Kept, body: Path, told: Path) -> None:
        request, place = kept.reply.request, self._body(kept)
        place.parent.mkdir(exist_ok=True)
        with self._alone():
            os.replace(body, place)
            os.replace(told, self._json(request))
            self._too_big(request).unlink(missing_ok=True)
            for path in place.parent.glob(f"{key_of(request)}-*.body"):
                if path != place:
                    # Where another program has it open, Windows keeps it until the next time.
                    with contextlib.suppress(PermissionError):
                        path.unlink(missing_ok=True)

    def _remove(self, key: str) -> None:
        for path in (self.folder / "answers").glob(f"{key}*"):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time, for as long as files change their names."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "ab") as file:
            # Without locks (some network drives) an entry can be lost, never be wrong.
            lock(file.fileno(), wait=True)
            yield

    @contextlib.contextmanager
    def _waiting(self, content: bytes) -> Iterator[Path]:
        """A complete file that waits to be put in its place; gone at the end of the block."""
        handle, name = tempfile.mkstemp(dir=self._unfinished(), suffix=".waiting")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _unfinished(self) -> Path:
        folder = self.folder / "unfinished"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _sweep(self) -> None:
        """Take away what killed processes left behind and nobody came back for."""
        for path in self._unfinished().iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER:
                    path.unlink()

    def _clear_errors(self) -> contextlib.AbstractContextManager[None]:
        return writing(
            "the folder of fetched answers cannot be written",
            place=str(self.folder),
            admissible="a folder that can be written, with room on its disk",
            fix="make room; or name another folder in HANSA_CACHE",
        )


def default_folder() -> Path:
    """Where answers are kept: $HANSA_CACHE, else where the system keeps what can be fetched again.

    Linux $XDG_CACHE_HOME/hansa or ~/.cache/hansa, macOS ~/Library/Caches/hansa, Windows
    %LOCALAPPDATA%/hansa/cache. Raises HansaError where there is no home folder.
    """
    try:
        if named := os.environ.get("HANSA_CACHE"):
            return Path(named).expanduser().absolute()
        return _usual_folder(sys.platform)
    except RuntimeError as error:
        raise HansaError(
            "there is no home folder to keep fetched answers in",
            printed=str(error),
            fix="name a folder in HANSA_CACHE",
        ) from error


def _usual_folder(platform: str) -> Path:
    if platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "hansa" / "cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hansa"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # A relative path is to be ignored (XDG Base Directory Specification).
    return (named if named.is_absolute() else Path.home() / ".cache") / "hansa"


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(kept: Kept) -> bytes:
    request = kept.reply.request
    told = {
        "format": _FORMAT,
        "about": request.about,
        "method": request.method,
        "url": secretless(request.url),
        "accept": request.accept,
        "posted": secretless(request.body.decode("utf-8", "replace")),
        "status": kept.reply.status,
        "headers": dict(kept.reply.headers),
        "fetched": kept.fetched,
        "sha256": kept.sha256,
        "bytes": len(kept.reply.body),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
