"""Results and pages kept on disk between two starts of the workbench, in a folder of the user's.

They lie with what else can be made again (`$HANSA_CACHE`, else the cache folder of the system) and
not in the study: a study that comes from somebody else brings no results that nobody computed
here. The folder is the user's alone. A file is named by everything its content depends on, so what
is found under that name holds; files of a study as it was are removed when new ones are written,
and of all studies those go first that were not opened for longest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hansa.web.freezing import Damaged, Freezer, thaw
from hansa.web.marks import mark_of, place_of
from hansa.web.sheet import Sheet
from hansa.web.stamps import stamp_of
from hansa.web.state import State

if TYPE_CHECKING:
    from hansa.study.config import Study
    from hansa.study.run import StudyResult

log = logging.getLogger("hansa.web")

MOST_BYTES = 1 << 30
"""What is kept of all studies together."""
MOST_PAGES = 200
"""Pages kept of one study."""
_FORGOTTEN_AFTER = 3600.0
"""Seconds after which a file that nobody finished is taken away."""


@dataclass(frozen=True)
class Kept:
    """Where results and pages of a study in its present state are kept.

    home   the folder of all studies
    place  which study it is; `mark` its state, and that of the program
    fresh  what lies there is not opened, only replaced
    """

    folder: Path
    home: Path
    place: str
    mark: str
    fresh: bool = False

    @property
    def made(self) -> str:
        """When the results were computed that are kept; empty where there are none."""
        try:
            written = 0.0 if self.fresh else self._path("result").stat().st_mtime
        except OSError:
            return ""
        return f"{datetime.fromtimestamp(written):%Y-%m-%d %H:%M}" if written else ""

    def result(self, study: Study) -> StudyResult | None:
        """The results; None where they are not kept."""
        found: StudyResult | None = self._opened(self._path("result"), study)
        return found

    def page(self, page: str, state: State) -> Sheet | None:
        """What a page shows; None where it is not kept."""
        found: Sheet | None = self._opened(self._page(page, state), None)
        return found

    def keep_result(self, result: StudyResult) -> Iterator[None]:
        """Write the results, a piece at each step; nothing where the study changed meanwhile."""
        if mark_of(self.folder) != self.mark:
            return
        with self._waiting() as (stream, put):
            made = Freezer(stream, result.study)
            yield from made.ahead(result)
            made.close(result)
            put(self._path("result"))
        self._make_room()

    def keep_page(self, page: str, state: State, sheet: Sheet) -> Iterator[None]:
        """Write what a page shows, in one step."""
        if mark_of(self.folder) != self.mark:
            return
        with self._waiting() as (stream, put):
            Freezer(stream).close(sheet)
            put(self._page(page, state))
        self._make_room()
        yield

    def _path(self, what: str) -> Path:
        return self.home / f"{self.place}-{self.mark}.{what}"

    def _page(self, page: str, state: State) -> Path:
        # Controls name the definitions that lie beside the study.
        about = json.dumps([page, state.query, stamp_of(self.folder)[1]])
        return self._path(f"{hashlib.sha256(about.encode()).hexdigest()[:24]}.page")

    def _opened(self, path: Path, study: Study | None) -> Any:
        if self.fresh:
            return None
        try:
            found = thaw(path, study)
            os.utime(path, (time.time(), path.stat().st_mtime))
            return found
        except FileNotFoundError:
            return None
        except Exception as problem:
            # Whatever is wrong with it, the study is there to be computed anew.
            said = problem if isinstance(problem, Damaged) else f"{path}: {problem!r}"
            log.warning("kept results cannot be used, they are computed anew: %s", said)
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
        """A file to write into, and what puts it in its place when it is whole."""
        handle, name = tempfile.mkstemp(dir=self.home, prefix=".waiting-")
        try:
            with os.fdopen(handle, "wb") as stream:

                def put(path: Path) -> None:
                    stream.close()
                    os.replace(name, path)

                yield stream, put
        finally:
            Path(name).unlink(missing_ok=True)

    def _make_room(self) -> None:
        """Remove what is of an earlier state of the study, and of all the longest not opened."""
        there: list[tuple[float, int, Path]] = []
        for path in self.home.iterdir():
            # Gone already: another process makes room, too.
            with contextlib.suppress(OSError):
                found = path.stat()
                if self._outlived(path, found.st_mtime):
                    path.unlink()
                else:
                    there.append((found.st_atime, found.st_size, path))
        there.sort()
        pages = [path for _, _, path in there if self._own(path) and path.suffix == ".page"]
        gone = set(pages[: max(0, len(pages) - MOST_PAGES)])
        over = sum(size for _, size, path in there if path not in gone) - MOST_BYTES
        for _, size, path in there:
            if over > 0 and path not in gone:
                gone.add(path)
                over -= size
        for path in gone:
            # Where another process has it open, Windows keeps it until the next time.
            with contextlib.suppress(OSError):
                path.unlink()

    def _own(self, path: Path) -> bool:
        return path.name.startswith(f"{self.place}-")

    def _outlived(self, path: Path, written: float) -> bool:
        if path.name.startswith(".waiting-"):
            return time.time() - written > _FORGOTTEN_AFTER
        return self._own(path) and self.mark not in path.name


def kept_of(folder: Path, fresh: bool = False) -> Kept | None:
    """Where results of a study are kept; None where they cannot be, or nobody could trust them.

    fresh  what lies there is not opened, only replaced
    """
    from hansa.sources.live.cache import default_folder

    try:
        home = default_folder() / "workbench" / "results"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _private(home):
            log.warning("%s is not yours alone: no results are kept there", home)
            return None
        return Kept(folder, home, place_of(folder), mark_of(folder), fresh)
    except Exception as problem:
        # A study that cannot be read says so when it is computed; without this it is only slower.
        log.info("no results of %s are kept: %r", folder, problem)
        return None


def _private(home: Path) -> bool:
    """Whether only the user can write here: what lies there is taken as computed by Hansa."""
    if os.name != "posix":
        return True
    found = home.stat()
    if found.st_uid != os.getuid():
        return False
    if found.st_mode & 0o077:
        home.chmod(0o700)
    return True
