"""Where the pages of all open studies are asked for: one worker a study, answers kept."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from hansa.errors import Finding
from hansa.web.sheet import Sheet
from hansa.web.state import State
from hansa.web.worker import Answer, Ask, Progress, Refusal, work

KEPT = 200
"""Answers kept of one study."""
OPEN = 3
"""Studies whose workers stay open; of more, the one not used for longest is closed."""

_Key = tuple[str, State]


@dataclass(frozen=True)
class Busy:
    """Not there yet: what is being computed, and how far."""

    progress: Progress


Reply = Sheet | Refusal | Busy


@dataclass
class _Pending:
    """A question that was put to the worker."""

    key: _Key
    done: threading.Event = field(default_factory=threading.Event)


class Bench:
    """One open study: its worker process, what it was asked and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.stamp = stamp_of(folder)
        self._folder = folder
        self._lock = threading.Lock()
        self._answers: OrderedDict[_Key, Sheet | Refusal] = OrderedDict()
        self._pending: dict[_Key, _Pending] = {}
        self._numbers: dict[int, _Pending] = {}
        self._asked = 0
        self._progress = Progress("starting", 0.0)
        self._pipe, self._process = _started(folder)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether its worker runs."""
        return self._process.is_alive()

    def ask(self, page: str, state: State, wait: float) -> Reply:
        """The page; `Busy` where it is not there after `wait` seconds (ask again, it goes on)."""
        key = page, state
        with self._lock:
            if (known := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
                return known
            pending = self._pending.get(key) or self._put(key)
        pending.done.wait(wait)
        with self._lock:
            if (known := self._answers.get(key)) is not None:
                return known
            return Busy(self._progress) if self.alive else _DIED

    def close(self) -> None:
        """End the worker at once; it writes nothing, so nothing can be left half-written."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _put(self, key: _Key) -> _Pending:
        self._asked += 1
        pending = _Pending(key)
        self._pending[key] = self._numbers[self._asked] = pending
        try:
            self._pipe.send(Ask(self._asked, *key))
        except (OSError, ValueError):
            pending.done.set()
        return pending

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                if isinstance(message, Progress):
                    self._progress = message
                else:
                    self._keep(message)
        with self._lock:
            for pending in self._pending.values():
                pending.done.set()

    def _keep(self, answer: Answer) -> None:
        pending = self._numbers.pop(answer.number)
        self._pending.pop(pending.key, None)
        self._answers[pending.key] = answer.content
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        pending.done.set()


class Desk:
    """All studies of a workbench."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._benches: OrderedDict[Path, Bench] = OrderedDict()

    def ask(self, folder: Path, page: str, state: State, wait: float = 2.0) -> Reply:
        """A page of the study in a folder; the study is opened when it is not.

        A study whose files have changed, or whose worker died, is opened anew.
        """
        return self._bench(folder).ask(page, state, wait)

    def close(self) -> None:
        """Close every study."""
        with self._lock:
            for bench in self._benches.values():
                bench.close()
            self._benches.clear()

    def _bench(self, folder: Path) -> Bench:
        with self._lock:
            bench = self._benches.get(folder)
            if bench is not None and (bench.stamp != stamp_of(folder) or not bench.alive):
                bench.close()
                bench = None
            if bench is None:
                bench = Bench(folder)
            self._benches[folder] = bench
            self._benches.move_to_end(folder)
            while len(self._benches) > OPEN:
                self._benches.popitem(last=False)[1].close()
            return bench


def stamp_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells whether the files of a study changed: names, times and sizes.

    Results, hidden files and studies inside the folder are left out.
    """
    found = []
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
                state = (here / name).stat()
                found.append((str(here / name), state.st_mtime_ns, state.st_size))
    return tuple(sorted(found))


def _started(folder: Path) -> tuple[Connection, multiprocessing.process.BaseProcess]:
    # A forked copy of a process with threads may hang; a spawned one starts clean.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, folder), daemon=True)
    process.start()
    theirs.close()
    return ours, process


_DIED = Refusal(
    Finding(
        "error",
        "",
        "the process that computes this study has ended",
        "",
        "",
        "load the page again: it is started anew. If it ends again, the machine may be short of "
        "memory for this study",
    ),
    usage=False,
)
