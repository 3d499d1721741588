"""How far a fetch is: a bar on a terminal, lines in a pipe or a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from hansa.cli.options import Progress, say


class Lines:
    """Progress as lines, for a pipe or a file: a part at a time, every few seconds within one.

    every  seconds after which the same thing is said again, with how far it is
    least  seconds between two lines; waits are always told
    write  takes a line; clock gives seconds
    """

    def __init__(
        self,
        every: float = 5.0,
        least: float = 1.0,
        write: Callable[[str], None] = say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.every, self.least = every, least
        self.write, self.clock = write, clock
        self.said, self.at = "", float("-inf")

    def __call__(self, text: str, done: float) -> None:
        """Say what is being done and how far, 0 to 1, unless it was just said."""
        from hansa.sources.live.transport import TRY

        now = self.clock()
        gap = self.least if text != self.said else self.every
        if now - self.at < gap and TRY not in text:
            return
        self.write(f"{text} ({done:.0%})" if 0 < done < 1 else text)
        self.said, self.at = text, now


def told(quiet: bool = False) -> Callable[[str, float], None]:
    """Who is told how far a fetch is: a bar on a terminal, lines elsewhere; nobody if `quiet`."""
    if quiet:
        return lambda _text, _done: None
    return Progress() if sys.stderr.isatty() else Lines()
