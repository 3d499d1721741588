"""Tables that were dropped: each in a temporary folder of its own until it is a study, or old."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from hansa.errors import Finding, UsageError
from hansa.language import N_, _, spoken
from hansa.web.drop_work import Look, Looked, Made, Make, Outcome, Refused, work
from hansa.web.told import told
from hansa.web.worker import Progress

LARGEST = 200 * 2**20
"""Bytes of a table that is taken."""
ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls", ".ods")
KEPT_SECONDS = 3600.0
"""Seconds for which a table stays after it was last looked at."""
MOST = 6
"""Tables kept at the same time; of more, the one not looked at for longest goes."""
SECONDS = 300.0
"""Seconds after which looking at a table is given up."""
SWEPT = 60.0
"""Seconds between two looks for old tables."""
_FOLDER = "hansa-drop-"
_BUILDING = ".hansa-new-"


def zone() -> dict[str, object]:
    """What a drop zone says of the tables that it takes."""
    return {"accept": ",".join(ENDINGS), "bytes": LARGEST, "megabytes": LARGEST >> 20}


@dataclass
class Job:
    """A process at work on a table, and what it said."""

    process: BaseProcess
    progress: Progress
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.process.kill()
        self.process.join()


@dataclass
class Dropped:
    """One table.

    folder  its own temporary folder; `path` the file there, `name` what its owner calls it
    given   choices of its owner; `seen` what was found last, `job` what is being done
    lang    the language in which that is said
    """

    folder: Path
    path: Path
    name: str
    given: dict[str, str] = field(default_factory=dict)
    seen: Looked | None = None
    refused: Finding | None = None
    job: Job | None = None
    lang: str = "en"
    touched: float = field(default_factory=time.monotonic)


class Tables:
    """All tables of a workbench; safe to be used by several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base: Path | None = None
        self._lock = threading.Lock()
        self._tables: OrderedDict[str, Dropped] = OrderedDict()
        self._studies: dict[str, Path] = {}
        atexit.register(self.close)

    def add(self, content: Iterable[bytes], name: str) -> str:
        """Keep a table; returns the id in its address. Raises UsageError for an odd file name."""
        ending, shown = _ending(name), _shown(name)
        with self._lock:
            folder = Path(tempfile.mkdtemp(dir=self._folder()))
        path = folder / f"table{ending}"
        _write(path, content)
        new = secrets.token_hex(16)
        with self._lock:
            self._tables[new] = Dropped(folder, path, shown)
            while len(self._tables) > MOST:
                self._forget(next(iter(self._tables)))
        return new

    def replace(self, own: str, content: Iterable[bytes], name: str) -> None:
        """Put another file in the place of a table; what its owner has chosen stays."""
        ending, shown = _ending(name), _shown(name)
        table = self.get(own)
        if table is None:
            return
        with self._lock:
            _stop(table)
            table.path.unlink(missing_ok=True)
            table.path, table.name = table.folder / f"table{ending}", shown
            table.seen = table.refused = None
        _write(table.path, content)

    def get(self, own: str) -> Dropped | None:
        """A table that is still kept."""
        with self._lock:
            if (table := self._tables.get(own)) is not None:
                table.touched = time.monotonic()
                self._tables.move_to_end(own)
            return table

    def look(self, table: Dropped, lang: str) -> None:
        """Begin to look at a table under its owner's choices."""
        with self._lock:
            _stop(table)
            table.seen = table.refused = None
            table.lang = lang
            table.job = _begun(Look(table.path, table.name, dict(table.given), lang))

    def make(self, table: Dropped, title: str, source: str, lang: str) -> None:
        """Begin to make a study of a table."""
        with self._lock:
            _stop(table)
            look = Look(table.path, table.name, dict(table.given), lang)
            table.lang = lang
            building = self.root / f"{_BUILDING}{secrets.token_hex(8)}"
            table.job = _begun(Make(look, title, source, self.root, building))

    def outcome(self, table: Dropped, wait: float) -> Progress | Made | None:
        """How far it is, or the study that was made; None where there is something to show.

        What was found for who reads another language is looked for again in the one spoken.
        """
        if table.job is None and table.lang != spoken():
            self.look(table, spoken())
        job = table.job
        if job is None:
            return None
        if not job.done.wait(wait):
            return job.progress
        with self._lock:
            table.job = None
            if isinstance(job.outcome, Looked):
                table.seen = job.outcome
            elif isinstance(job.outcome, Refused):
                table.refused = told(job.outcome.finding)
        return job.outcome if isinstance(job.outcome, Made) else None

    def forget(self, own: str) -> None:
        """Remove a table."""
        with self._lock:
            self._forget(own)

    def accept(self, own: str, folder: Path) -> None:
        """Remove a table that has become a study; its address leads there from now on."""
        with self._lock:
            self._forget(own)
            self._studies[own] = folder

    def study_of(self, own: str) -> Path | None:
        """The study that a table has become."""
        with self._lock:
            return self._studies.get(own)

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            for own in list(self._tables):
                self._forget(own)
            if self._base is not None:
                shutil.rmtree(self._base, ignore_errors=True)
                self._base = None

    def _forget(self, own: str) -> None:
        table = self._tables.pop(own, None)
        if table is not None:
            _stop(table)
            shutil.rmtree(table.folder, ignore_errors=True)

    def _folder(self) -> Path:
        if self._base is None:
            _sweep_others(self.root)
            self._base = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
            threading.Thread(target=self._sweep, daemon=True).start()
        return self._base

    def _sweep(self) -> None:
        while self._base is not None:
            time.sleep(SWEPT)
            self.forget_old(KEPT_SECONDS)

    def forget_old(self, seconds: float) -> None:
        """Remove the tables that nobody has looked at for so long."""
        with self._lock:
            limit = time.monotonic() - seconds
            for own in [k for k, t in self._tables.items() if t.touched < limit]:
                self._forget(own)


def _sweep_others(root: Path) -> None:
    """Remove what servers left that were killed: their processes are gone."""
    for folder in root.glob(f"{_BUILDING}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        found = re.fullmatch(rf"{_FOLDER}(\d+)-\w+", folder.name)
        if found and not _runs(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(number: int) -> bool:
    if os.name == "nt":
        # Asking for a process would end it there.
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _stop(table: Dropped) -> None:
    if table.job is not None:
        table.job.end()
        table.job = None


def _write(path: Path, content: Iterable[bytes]) -> None:
    try:
        with path.open("xb") as stream:
            for chunk in content:
                stream.write(chunk)
    except OSError as problem:
        path.unlink(missing_ok=True)
        raise UsageError(
            _("The table cannot be kept on this machine while it is looked at."),
            printed=problem.strerror or str(problem),
            fix=_("Free some room in its temporary folder, then drop the table again."),
        ) from problem


def _ending(name: str) -> str:
    """The ending of a file name, one of those that can be read."""
    found = re.search(r"\.[A-Za-z]+$", name)
    ending = found[0].lower() if found else ""
    if ending not in ENDINGS:
        raise UsageError(
            _("This file cannot be read as a table."),
            printed=_shown(name),
            admissible=", ".join(e[1:] for e in ENDINGS),
            fix=_("Save the table in one of these formats, with its ending."),
        )
    return ending


def _shown(name: str) -> str:
    """A file name for people: without folders and invisible letters, never used as a path."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(c for c in last if c.isprintable())[-80:] or "table"


def _begun(task: Look | Make) -> Job:
    # A forked copy of a process with threads may hang; a spawned one starts clean.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs, task), daemon=True)
    process.start()
    theirs.close()
    job = Job(process, Progress(_(N_("starting")), 0.0))
    threading.Thread(target=_listen, args=(job, ours, task), daemon=True).start()
    return job


def _listen(job: Job, pipe: Connection, task: Look | Make) -> None:
    """Take down what the process says until it has ended, or for as long as it may take."""
    end = time.monotonic() + SECONDS
    finding = _DIED
    try:
        while job.outcome is None:
            if not pipe.poll(max(0.0, end - time.monotonic())):
                finding = _TOO_LONG
                break
            message = pipe.recv()
            if isinstance(message, Progress):
                job.progress = message
            else:
                job.outcome = message
    except (EOFError, OSError):
        pass
    with contextlib.suppress(ValueError):
        job.end()
    pipe.close()
    if isinstance(task, Make):
        # Ended by force it cannot clear away what it began.
        shutil.rmtree(task.building, ignore_errors=True)
    if job.outcome is None:
        job.outcome = Refused(finding)
    job.done.set()


_DIED = Finding(
    "error",
    "",
    "the process that looked at the table has ended",
    "",
    "",
    "drop it again. If it ends again, the machine may be short of memory for this table",
)
_TOO_LONG = Finding(
    "error",
    "",
    f"the table could not be looked at within {SECONDS:.0f} seconds",
    "",
    "",
    "add its rows up first (hansa reduce), or describe it in a study by hand (hansa new)",
)
