"""The process that computes: it holds one open study and answers for its pages.

It talks over a pipe. In: `Ask`. Out: `Progress` while something long is done, then `Answer`.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from hansa.errors import Finding, HansaError, UsageError
from hansa.language import speaking
from hansa.web.session import Session, told_under
from hansa.web.sheet import Goto, Sheet
from hansa.web.state import State

log = logging.getLogger("hansa.web")


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


def work(pipe: Connection, folder: Path) -> None:
    """Answer until the other end closes; runs as the main function of the process."""
    # Ctrl-C reaches every process of the terminal; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    session = Session(folder, lambda text, done: pipe.send(Progress(text, done)))
    while True:
        try:
            ask: Ask = pipe.recv()
            with speaking(ask.state.lang):
                pipe.send(_answer(session, ask))
        except (EOFError, BrokenPipeError):
            return


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
