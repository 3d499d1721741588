"""Where the pages of all open studies are asked for: one worker a study, answers kept."""

from __future__ import annotations

import multiprocessing
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from hansa.errors import Finding
from hansa.language import _
from hansa.web.answers import Answers
from hansa.web.sheet import Sheet
from hansa.web.stamps import Stamp, stamp_of
from hansa.web.state import State
from hansa.web.worker import Answer, Ask, Content, Progress, Refusal, rarely_tidied, work

OPEN = 3
"""Studies whose workers stay open; of more, the idle one not used for longest is closed."""

_Key = tuple[str, State]


@dataclass(frozen=True)
class Busy:
    """Not there yet: what is being computed, and how far."""

    progress: Progress


Reply = Content | Busy


@dataclass
class _Pending:
    """A question that was put to the worker, and what it answered."""

    key: _Key
    kept: bool
    done: threading.Event = field(default_factory=threading.Event)
    content: Content | None = None


class Bench:
    """One open study: its worker process, what it was asked and what it answered."""

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.stamp, self._beside = stamp_of(folder)
        self._lock = threading.Lock()
        self._answers = Answers()
        self._pending: dict[_Key, _Pending] = {}
        self._numbers: dict[int, _Pending] = {}
        self._asked = 0
        self._progress = Progress(_("starting"), 0.0)
        self._pipe, self._process = _started(folder, fresh)
        threading.Thread(target=self._listen, daemon=True).start()

    def freshen(self, beside: Stamp) -> None:
        """Forget the pages made before a definition was saved beside the study."""
        with self._lock:
            if beside != self._beside:
                self._beside = beside
                self._answers.clear()
                for pending in self._pending.values():
                    pending.kept = False
                self._pending.clear()

    @property
    def busy(self) -> bool:
        """Whether a question waits for its answer."""
        with self._lock:
            return bool(self._numbers)

    @property
    def alive(self) -> bool:
        """Whether its worker runs."""
        return self._process.is_alive()

    def ask(self, page: str, state: State, wait: float) -> Reply:
        """The page; `Busy` where it is not there after `wait` seconds (ask again, it goes on)."""
        key = page, state
        with self._lock:
            if (known := self._answers.get(key)) is not None:
                return known
            pending = self._pending.get(key) or self._put(key, None)
        return self._waited(pending, wait)

    def act(self, page: str, state: State, form: Mapping[str, str], wait: float) -> Reply:
        """Have a page do something; what it answers is not kept."""
        with self._lock:
            pending = self._put((page, state), form)
        return self._waited(pending, wait)

    def _waited(self, pending: _Pending, wait: float) -> Reply:
        pending.done.wait(wait)
        if pending.content is not None:
            return pending.content
        return Busy(self._progress) if self.alive else _DIED

    def close(self) -> None:
        """End the worker at once; what it writes is put in its place whole, or not at all."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _put(self, key: _Key, form: Mapping[str, str] | None) -> _Pending:
        self._asked += 1
        pending = self._numbers[self._asked] = _Pending(key, kept=form is None)
        if form is None:
            self._pending[key] = pending
        try:
            self._pipe.send(Ask(self._asked, *key, form))
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
            for pending in self._numbers.values():
                pending.done.set()

    def _keep(self, answer: Answer) -> None:
        pending = self._numbers.pop(answer.number)
        pending.content = answer.content
        # Whoever waits goes on; the lock keeps others out until the answer is kept.
        pending.done.set()
        whole = isinstance(answer.content, Sheet) and "content" in answer.content.more
        if pending.kept and whole:
            # The bytes of a file: large, and asked for once.
            self._pending.pop(pending.key)
        elif pending.kept:
            self._pending.pop(pending.key)
            self._answers.keep(pending.key, answer.content)


class Desk:
    """All studies of a workbench.

    fresh  results kept from an earlier start are not opened
    """

    def __init__(self, fresh: bool = False) -> None:
        self._fresh = fresh
        # Looking through every page that is kept takes longer than to lay one out.
        rarely_tidied()
        self._lock = threading.Lock()
        self._benches: OrderedDict[Path, Bench] = OrderedDict()

    def ask(self, folder: Path, page: str, state: State, wait: float = 2.0) -> Reply:
        """A page of the study in a folder; the study is opened when it is not.

        A study whose files have changed, or whose worker died, is opened anew.
        """
        return self._bench(folder).ask(page, state, wait)

    def act(self, folder: Path, page: str, state: State, form: Mapping[str, str]) -> Reply:
        """What a page of the study does with a form; waits until it is done."""
        return self._bench(folder).act(page, state, form, 600)

    def close(self) -> None:
        """Close every study."""
        with self._lock:
            for bench in self._benches.values():
                bench.close()
            self._benches.clear()

    def _bench(self, folder: Path) -> Bench:
        with self._lock:
            bench = self._benches.get(folder)
            stamp, beside = stamp_of(folder)
            if bench is not None and (bench.stamp != stamp or not bench.alive):
                bench.close()
                bench = None
            if bench is None:
                bench = Bench(folder, self._fresh)
            bench.freshen(beside)
            self._benches[folder] = bench
            self._benches.move_to_end(folder)
            # One that is asked something now stays: closed, it would have to begin again.
            idle = [f for f, b in self._benches.items() if f != folder and not b.busy]
            for old in idle[: max(0, len(self._benches) - OPEN)]:
                self._benches.pop(old).close()
            return bench


def _started(folder: Path, fresh: bool) -> tuple[Connection, multiprocessing.process.BaseProcess]:
    # A forked copy of a process with threads may hang; a spawned one starts clean.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, folder, fresh), daemon=True)
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
