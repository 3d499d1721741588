"""The state of a page: everything that decides what it shows, as it stands in its address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from unicodedata import category
from urllib.parse import urlencode

from hansa.errors import UsageError, listed
from hansa.language import LANGUAGES

LONGEST = 4000
"""Letters of one value in an address."""

_LISTS = ("compare", "area", "members", "changes")

METHOD = ("reference", "period", "rules", "benchmark", "x_line", "min_cell")
"""Parameters that stand for keys of the study: what is computed changes with them."""


@dataclass(frozen=True)
class State:
    """The parameters of all pages; each page knows some of them. Empty: the study's own choice.

    definition, base  id of a definition and name of a base of the study
    region, cluster   codes; where they are given, their marks are lit up in every figure
    compare           codes of regions, joined by commas
    area              a named geography, or codes of regions joined by commas
    search            words or a code that is looked for
    members, name     a cluster put together: `CODE` or `CODE*WEIGHT`, joined by commas; its name
    index, unit, indicator  an index folder of the study, one of its units, one of its indicators
    changes           what if: `INDICATOR:VALUE`, joined by commas
    call, mode, ranking, top_up, gap_share, proposal  a call of the study, other rules and money in
    place of its own (currency; per cent), a proposal; beside: what is shown side by side
    reference, period (`2015-2018`), rules, benchmark, x_line, min_cell: in place of the study's
    lang  the language that the page speaks; every page knows it
    """

    definition: str = ""
    base: str = ""
    region: str = ""
    cluster: str = ""
    compare: str = ""
    area: str = ""
    search: str = ""
    members: str = ""
    name: str = ""
    index: str = ""
    unit: str = ""
    indicator: str = ""
    changes: str = ""
    call: str = ""
    mode: str = ""
    ranking: str = ""
    top_up: str = ""
    gap_share: str = ""
    proposal: str = ""
    beside: str = ""
    reference: str = ""
    period: str = ""
    rules: str = ""
    benchmark: str = ""
    x_line: str = ""
    min_cell: str = ""
    lang: str = ""

    @property
    def query(self) -> str:
        """The state as it stands in an address, the same for the same state."""
        # Lists stay readable: commas need no other spelling inside a query.
        return urlencode(given_in(self), safe=",*:")

    def known_to(self, parameters: tuple[str, ...]) -> State:
        """What of it a page with these parameters takes over; the language always."""
        kept = (*parameters, "lang")
        return State(**{name: value for name, value in given_in(self) if name in kept})

    @property
    def method(self) -> State:
        """Only what changes the computing, and the language, for links to another page."""
        return self.known_to(METHOD)

    @property
    def changed(self) -> bool:
        """Whether the method is another one than that of the study."""
        return any(getattr(self, name) for name in METHOD)


EMPTY = State()

GATHERED = ("changes",)
"""Parameters that the fields of a form may give one by one: `changes.rd=3` is `changes=rd:3`."""


def given_in(state: State) -> list[tuple[str, str]]:
    """The parameters that a state sets, in the order of its fields."""
    own = ((f.name, str(getattr(state, f.name))) for f in fields(state))
    return [(name, value) for name, value in own if value]


def state_of(given: Iterable[tuple[str, str]], known: tuple[str, ...]) -> State:
    """The state that an address gives; `known` are the parameters of its page.

    Raises UsageError for a key that the page does not know, one given twice, and an odd value.
    """
    found: dict[str, str] = {}
    for name, value in gathered(given):
        if name not in (*known, "lang"):
            raise UsageError(
                f"this page knows no parameter {name[:60]!r}",
                admissible=listed(known, 30) or "no parameter at all",
                fix="leave it out of the address",
            )
        if name in found:
            raise UsageError(f"the parameter {name!r} stands twice in the address")
        if len(value) > longest(name) or invisible(value):
            raise UsageError(
                f"the value of {name!r} cannot be meant",
                printed=ascii(value[:40]),
                admissible=f"at most {longest(name)} letters, none of them invisible",
            )
        found[name] = value
    if found.get("lang", "en") not in LANGUAGES:
        raise UsageError(
            f"the workbench does not speak {found['lang'][:20]!r}",
            admissible=listed(LANGUAGES),
            fix="leave lang out of the address",
        )
    return State(**found)


def longest(name: str) -> int:
    """Most letters that the value of a parameter may have."""
    return LONGEST if name in _LISTS else LONGEST // 10


_ORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing: a text reads differently from what it is."""


def invisible(text: str) -> bool:
    """Whether a text holds letters that nobody sees: control characters, turns of direction."""
    return any(category(letter) in ("Cc", "Cs") or letter in _ORDERING for letter in text)


def gathered(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What an address gives, `changes.CODE=VALUE` put into `changes` in the place of its code.

    Values that cannot be told apart there (with a comma or a colon) stay as they are, and so do
    names that nothing gathers.
    """
    out: list[tuple[str, str]] = []
    single: dict[str, dict[str, str]] = {name: {} for name in GATHERED}
    for name, value in given:
        head, dot, code = name.partition(".")
        if dot and code and head in single and not set(value + code) & set(",:"):
            single[head][code] = value
        else:
            out.append((name, value))
    for head, own in single.items():
        if own:
            old = [i for i, (name, _) in enumerate(out) if name == head]
            entries = out[old[0]][1].split(",") if old else []
            kept = [e for e in entries if e and e.rpartition(":")[0] not in own]
            joined = ",".join([*kept, *(f"{code}:{value}" for code, value in own.items())])
            out = [pair for i, pair in enumerate(out) if i not in old[:1]]
            out.append((head, joined))
    return out
