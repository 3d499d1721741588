"""How readers are fuzzed: budgets, what a refusal has to say, and a guard of time and memory."""

from __future__ import annotations

import re
import resource
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hansa.errors import HansaError

LONG = 20_000
"""Cases a reader in `./dev long`."""

MOST_SECONDS = 30
MOST_KIB = 400 << 10
"""What one small case may take; a machine under load gets its time, an endless loop does not."""

LITTLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)

INTERNALS = re.compile(
    r"Traceback|<class|\bobject at 0x|\b\w+(Error|Exception)\(|\bNoneType\b|pydantic|"
    r"\bValidationError\b|datetime\.|\bpyarrow\.|numpy\.|\bself\b|hansa\.\w+\.\w+"
)
"""Words of the inside of a program; no user can do anything with them."""


def fuzzed(strategy: st.SearchStrategy[Any], few: int) -> Callable[[Any], Any]:
    """A test of one drawn case, run `few` times always and `LONG` times with `--run-long`."""

    def both(check: Callable[[Any], None]) -> Any:
        @pytest.mark.parametrize("cases", [few, pytest.param(LONG, marks=pytest.mark.long)])
        def test(cases: int) -> None:
            settings(LITTLE, max_examples=cases)(given(strategy)(check))()

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return both


def peak_from_here() -> int:
    """The resident memory in KiB; its peak counts from now on where the system can do so."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def guarded() -> Iterator[None]:
    """Fail where a case hangs or takes memory out of proportion."""
    main = threading.current_thread() is threading.main_thread()
    before = peak_from_here()

    def late(*_: object) -> None:
        raise AssertionError(f"a case took more than {MOST_SECONDS} s")

    if main:
        old = signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        if main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_KIB, f"one case took {grown >> 10} MiB"


def outcome(read: Callable[[], Any], *places: str) -> tuple[Any, HansaError | None]:
    """What a reader makes of its input: an answer, or a refusal that is complete and clear.

    places  one of them has to stand in the place of the refusal
    """
    with guarded():
        try:
            return read(), None
        except HansaError as problem:
            well_said(problem, places)
            return None, problem


def well_said(problem: HansaError, places: tuple[str, ...]) -> None:
    """A refusal names the rule, the place, what was found or needed, and no internals."""
    found = problem.finding
    assert found.severity == "error"
    assert found.rule.strip(), found
    assert found.place.strip(), found
    assert any(place in found.place for place in places), (found, places)
    assert found.printed.strip() or found.admissible.strip(), found
    for text in (found.rule, found.printed, found.admissible, found.fix):
        assert not INTERNALS.search(text), found


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where the system has one: many small files are written there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


class Choice:
    """Choices unpacked from one number: small to draw, and zero always takes the first one."""

    def __init__(self, number: int) -> None:
        self.left = number

    def of(self, options: Any) -> Any:
        """One of the options."""
        self.left, place = divmod(self.left, len(options))
        return options[place]

    def some(self, options: Any) -> list[Any]:
        """Any number of the options, in their order."""
        return [option for option in options if self.of((False, True))]


NUMBERS = st.binary(min_size=12, max_size=12).map(lambda b: int.from_bytes(b, "little"))
"""What `Choice` unpacks: one draw for many choices, because a draw costs more than a reader."""

SIGNS = (
    *(b"", b",", b'"', b"\n", b"\r", b"\r\n", b";", b"\t", b"\x00", b"\xff", b"9", b" "),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"e", b"-", b".", b"'", b"[", b"]", b"{", b"=", b"#"),
    *("ö".encode(), "\u2028".encode(), b"\xed\xa0\x80", b"\x1a", b"0", b"\\", b":"),
)
WAYS = ("put", "put", "flip", "cut", "twice", "drop")


def change(number: int) -> tuple[str, int, int, bytes]:
    """Damage to bytes: a way, a place, a length and a sign."""
    choice = Choice(number)
    sign, way, length = choice.of(SIGNS), choice.of(WAYS), choice.of(range(9))
    return way, choice.of(range(2**20)), length, sign


BYTES = st.lists(NUMBERS.map(change), min_size=1, max_size=3)


def damaged(data: bytes, changes: list[tuple[str, int, int, bytes]]) -> bytes:
    """The bytes after the damage."""
    for way, at, length, sign in changes:
        at %= len(data) + 1
        if way == "put":
            data = data[:at] + sign + data[at + length :]
        elif way == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << length % 8)]) + data[at + 1 :]
        elif way == "cut":
            data = data[:at]
        elif way == "twice":
            data = data[:at] + data[at : at + 8 * length] + data[at:]
        elif way == "drop":
            data = data[:at] + data[at + 8 * length :]
    return data
