"""One shape for everything that is wrong: in the command line, in files, on pages.

A `Finding` states what was found and what would be admissible; a `HansaError` is a finding
that stops the work. Texts follow one order: what, where, found, needed, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One observation about an input, ready to be shown or written as JSON."""

    severity: Severity
    place: str
    rule: str
    printed: str
    admissible: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        """The six fields of the contract, in their order."""
        return asdict(self)


class HansaError(Exception):
    """Input that is refused. The message names the place, the reason and the ways out."""

    def __init__(
        self, rule: str, *, place: str = "", printed: str = "", admissible: str = "", fix: str = ""
    ) -> None:
        said = (_cut(text) for text in (rule, printed, admissible, fix))
        self.finding = Finding("error", place, *said)
        super().__init__(str(self))

    def __str__(self) -> str:
        f = self.finding
        lines = [f.rule]
        for name, text in (
            ("where", f.place),
            ("found", f.printed),
            ("needed", f.admissible),
            ("do", f.fix),
        ):
            if text:
                lines.append(f"  {name + ':':<8}{text}")
        return "\n".join(lines)


@contextmanager
def writing(rule: str, **said: str) -> Iterator[None]:
    """What the system refuses inside (no room, no right, no such folder) is refused in words."""
    try:
        yield
    except OSError as problem:
        raise HansaError(rule, printed=problem.strerror or str(problem), **said) from problem


def _cut(text: str) -> str:
    """The text with its long words cut: a cell of a broken file may hold megabytes."""
    if len(text) <= _LONG_WORD:
        return text
    return _WORDS.sub(lambda word: f"{word[1]}…{word[2]}", text)


_LONG_WORD = 400
_WORDS = re.compile(rf"(\S{{80}})\S{{{_LONG_WORD - 100},}}(\S{{20}})")


class UsageError(HansaError):
    """A request that cannot be meant: an unknown name, an option without sense. Exit code 2."""


def listed(names: Iterable[object], most: int = 8) -> str:
    """Join names for a message and say how many were left out: `a, b, c and 4 more`."""
    texts = [str(name) for name in names]
    if len(texts) <= most:
        return ", ".join(texts)
    return ", ".join(texts[:most]) + f" and {len(texts) - most} more"


def refuse(findings: Sequence[Finding], what: str) -> None:
    """Raise one HansaError for all findings; nothing where there are none."""
    if not findings:
        return
    if len(findings) == 1:
        f = findings[0]
        raise HansaError(
            f.rule, place=f.place, printed=f.printed, admissible=f.admissible, fix=f.fix
        )
    lines = [
        f"{f.place}: {f.rule}"
        + (f" (found {f.printed})" if f.printed else "")
        + (f"; {f.fix}" if f.fix else "")
        for f in findings
    ]
    raise HansaError(
        f"{len(findings)} things are wrong with {what}",
        printed="\n          ".join(lines),
        fix="correct them all; nothing was computed",
    )


def fault(place: str, rule: str, printed: str = "", admissible: str = "", fix: str = "") -> Finding:
    """A finding of severity error."""
    return Finding("error", place, rule, printed, admissible, fix)
