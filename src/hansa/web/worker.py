"""The process that computes: it holds one open study and answers for its pages.

It talks over a pipe. In: `Ask`. Out: `Progress` while something long is done, then `Answer`.
"""

from __future__ import annotations

import gc
import logging
import signal
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from hansa.errors import Finding, HansaError, UsageError
from hansa.language import speaking
from hansa.web.keeping import Kept, kept_of
from hansa.web.session import Session, told_under
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import EMPTY, State

log = logging.getLogger("hansa.web")

IDLE = 0.3
"""Seconds without a question after which the next piece is written to disk."""
WORTH_KEEPING = 0.2
"""Seconds from which on a page that took so long to make is kept for the next start."""


@dataclass(frozen=True)
class Ask:
    """A page asked for; `number` comes back with the answer.

    form  what was sent to it, where something is to be done; None where it is only to be shown
    """

    number: int
    page: str
    state: State
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Progress:
    """What is being computed, and how far (0 to 1)."""

    text: str
    done: float


@dataclass(frozen=True)
class Refusal:
    """Why there is no page. `usage`: the address cannot be meant; else the study is at fault."""

    finding: Finding
    usage: bool


Content = Sheet | Refusal | Goto


@dataclass(frozen=True)
class Answer:
    """What became of `Ask(number)`; `seconds` is what it took to make."""

    number: int
    content: Content
    seconds: float


def work(pipe: Connection, folder: Path, fresh: bool = False) -> None:
    """Answer until the other end closes; runs as the main function of the process.

    fresh  results kept from an earlier start are not opened
    """
    # Ctrl-C reaches every process of the terminal; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rarely_tidied()
    kept = kept_of(folder, fresh)
    _tidy(folder)
    session = Session(folder, lambda text, done: pipe.send(Progress(text, done)), kept)
    later = Later(kept, session)
    while True:
        try:
            idle = IDLE
            while not pipe.poll(idle if later else None):
                later.step()
                idle = 0.0
            ask: Ask = pipe.recv()
            with speaking(ask.state.lang):
                known = later.known(ask)
                answer = Answer(ask.number, known, 0.0) if known else _answer(session, ask)
                pipe.send(answer)
            later.note(ask, answer)
        except (EOFError, BrokenPipeError):
            return


def rarely_tidied() -> None:
    """Look for garbage seldom: a page makes a hundred thousand objects, hardly any in circles."""
    gc.set_threshold(50_000, 20, 50)


def tidied() -> None:
    """Look for garbage now; what is left is not looked at again before the next time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Later:
    """What is done while nobody asks for anything: results and pages go to disk, in pieces."""

    def __init__(self, kept: Kept | None, session: Session) -> None:
        self._kept, self._session = kept, session
        self._waiting: deque[Iterator[None]] = deque()
        self._noted = self._result = self._tidying = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def known(self, ask: Ask) -> Sheet | None:
        """The page that is asked for, as it was kept at an earlier start."""
        if self._kept is None or not _keepable(ask):
            return None
        return self._kept.page(ask.page, ask.state)

    def note(self, ask: Ask, answer: Answer) -> None:
        """Put an answer that took long, and the results behind it, on the list."""
        if not self._tidying:
            self._tidying = True
            self._waiting.append(self._tidied())
        if self._kept is None:
            return
        if not self._noted and not self._session.computed and self._kept.made:
            self._waiting.append(_opened(self._session))
        self._noted = True
        if self._session.computed and not self._result:
            self._result = True
            self._waiting.append(self._kept.keep_result(self._session.result))
        sheet = answer.content
        if isinstance(sheet, Sheet) and answer.seconds > WORTH_KEEPING and _keepable(ask):
            self._waiting.append(self._kept.keep_page(ask.page, ask.state, sheet))

    def _tidied(self) -> Iterator[None]:
        """Look for garbage now, and not while a page is made: results are a million objects."""
        self._tidying = False
        tidied()
        yield

    def step(self) -> None:
        """Write the next piece. Where it cannot be written, nothing is lost but time."""
        try:
            next(self._waiting[0])
        except StopIteration:
            self._waiting.popleft()
        except Exception as problem:
            log.info("nothing is kept of %s: %r", self._session.folder, problem)
            self._waiting.popleft()


def _opened(session: Session) -> Iterator[None]:
    """Open what the next page will ask for: the page that came first was kept as a whole."""
    _ = session.result
    yield
    session.part(EMPTY)


def _keepable(ask: Ask) -> bool:
    """Pages that only show: no forms, and no files to take away."""
    from hansa.web.page import pages

    return ask.form is None and pages()[ask.page].act is None and ask.page != "downloads"


def _tidy(folder: Path) -> None:
    # What writes files is heavy, and the process that answers the browser imports this module.
    from hansa.web.definition_files import clear_left

    clear_left(folder)


def _answer(session: Session, ask: Ask) -> Answer:
    from hansa.web.page import pages

    start = time.perf_counter()
    content: Content
    try:
        page = pages()[ask.page]
        if ask.form is None:
            content = told_under(page.build(session, ask.state), session, ask.state)
        elif page.act is not None:
            content = page.act(session, ask.state, ask.form)
        else:
            content = Refusal(_NOTHING, usage=True)
    except HansaError as problem:
        content = Refusal(problem.finding, isinstance(problem, UsageError))
    except (EOFError, BrokenPipeError):
        raise
    except Exception:
        log.exception("page %s, %s", ask.page, ask.state.query)
        content = Refusal(_FAULT, usage=False)
    return Answer(ask.number, content, time.perf_counter() - start)


_NOTHING = Finding("error", "", "nothing can be sent to this page", "", "", "")

_FAULT = Finding(
    "error",
    "",
    "this page could not be made: a fault of Hansa, not of your data",
    "",
    "",
    "the terminal of `hansa serve` shows the details; other pages go on working",
)
