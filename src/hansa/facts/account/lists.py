"""Lists of names against each other, in different tables of one account."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from hansa.errors import Finding
from hansa.facts.account.printed import NOTHING
from hansa.facts.account.table import Column, Table
from hansa.facts.check_words import some, together
from hansa.language import _

OVERLAP = 0.6
LEAST = 4
_ALIKE = 0.86


@dataclass(frozen=True)
class Names:
    """The names in one column.

    rows   name -> position of its first row
    whole  every row has a name of its own, so that the column is a list
    """

    table: Table
    column: Column
    rows: dict[str, int]
    whole: bool

    @cached_property
    def plain(self) -> frozenset[str]:
        """The names in plain form."""
        return frozenset(plain(name) for name in self.rows)

    @property
    def title(self) -> str:
        """File and column."""
        return f"{self.table.file}, {self.column.name}"


def plain(name: str) -> str:
    """A name in small letters, without accents, hyphens and double spaces."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))


def names_in(tables: Sequence[Table], least: int = LEAST) -> list[Names]:
    """Every column of short names of all tables."""
    found = []
    for table in tables:
        for c in table.columns:
            if c.kind != "text":
                continue
            filled = [c.cells[i] for i in table.rows if c.cells[i].lower() not in NOTHING]
            cells: dict[str, int] = {}
            for i in table.rows:
                if c.cells[i].lower() not in NOTHING:
                    cells.setdefault(c.cells[i], i)
            if len(cells) >= least and all(len(cell) <= 60 for cell in cells):
                found.append(Names(table, c, cells, len(set(filled)) == len(table.rows)))
    return found


def check_lists(tables: Sequence[Table], told: Sequence[Sequence[Names]] = ()) -> Iterator[Finding]:
    """Findings on lists that share most of their names but not all.

    Each list is held against the one it shares most with; told lists against the first of them.
    """
    for group in told:
        for other in group[1:]:
            yield from compared(group[0], other, declared=True)
    known = [n for n in names_in(tables) if not any(n.column is o.column for g in told for o in g)]
    lists = [n for n in known if n.whole]
    done: set[frozenset[str]] = set()
    for one in known:
        rivals = [o for o in lists if o.table is not one.table and _related(one, o)]
        if not rivals:
            yield from _inside(one, lists)
            continue
        best = min(rivals, key=lambda o: (_apart(one, o), -_weight(o, lists)))
        pair = frozenset((one.title, best.title))
        if pair not in done and (one.whole or not one.rows.keys() <= best.rows.keys()):
            done.add(pair)
            yield from compared(best, one)


def _inside(one: Names, lists: list[Names]) -> Iterator[Finding]:
    """Names of a short list that a longer one spells with other signs."""
    for o in lists:
        shared = _shared(one, o)
        if o.table is one.table or not one.whole or shared < OVERLAP * len(one.rows):
            continue
        if shared < LEAST - 1:
            continue
        theirs = {plain(n): n for n in o.rows}
        pairs = [(theirs[plain(n)], n) for n in one.rows if n not in o.rows and plain(n) in theirs]
        if pairs:
            yield _spellings(o, one, pairs)


def _apart(one: Names, other: Names) -> int:
    """Names that stand in one of two lists only; a column that is no list may lack some."""
    return len(one.plain - other.plain) + (len(other.plain - one.plain) if one.whole else 0)


def _weight(candidate: Names, lists: list[Names]) -> int:
    """How many names a list shares with all others: the common reference has most."""
    return sum(len(candidate.rows.keys() & o.rows.keys()) for o in lists if _related(candidate, o))


def _related(one: Names, other: Names) -> bool:
    shared = _shared(one, other)
    enough = shared >= OVERLAP * len(other.rows) if one.whole else shared >= LEAST - 1
    return shared >= LEAST - 1 and shared >= OVERLAP * len(one.rows) and enough


def _shared(one: Names, other: Names) -> int:
    return len(one.plain & other.plain)


def compared(one: Names, other: Names, declared: bool = False) -> Iterator[Finding]:
    """What stands in one list only; names spelled differently apart."""
    only_one = [n for n in one.rows if n not in other.rows]
    only_other = [n for n in other.rows if n not in one.rows]
    pairs = _variants(one, other, only_one, only_other)
    if pairs:
        yield _spellings(one, other, pairs)
    only_one = [n for n in only_one if n not in {a for a, _b in pairs}]
    only_other = [n for n in only_other if n not in {b for _a, b in pairs}]
    if not other.whole and not declared:
        only_one = []
    if not only_one and not only_other:
        return
    few = len(only_one) + len(only_other) <= max(2, len(one.rows) // 5)
    places = [
        n.table.place([n.rows[x] for x in names], n.column) if names else n.title
        for n, names in ((other, only_other), (one, only_one))
    ]
    yield Finding(
        "warning" if few or declared else "note",
        "; ".join(places),
        _("two lists share most of their names, not all"),
        "; ".join(
            _("only in {place}: {names}", place=n.title, names=some(names))
            for n, names in ((other, only_other), (one, only_one))
            if names
        ),
        _("the same names, as the other {number} have", number=_shared(one, other)),
        _("add or remove the names, or say why the lists differ"),
    )


def _spellings(one: Names, other: Names, pairs: list[tuple[str, str]]) -> Finding:
    return Finding(
        "note",
        f"{other.table.place([other.rows[b] for _a, b in pairs], other.column)}; {one.title}",
        _("the same name may be spelled in two ways"),
        some(together([b, a]) for a, b in pairs),
        _("one spelling for one thing"),
        _("spell it the same way, or keep both where they mean different things"),
    )


def _variants(
    one: Names, other: Names, only_one: list[str], only_other: list[str]
) -> list[tuple[str, str]]:
    """Names without a partner that probably mean the same: by code, by words, by letters."""
    pairs, free = [], list(only_other)
    for a in only_one:
        fits = [b for b in free if _same_code(one, a, other, b) or alike(a, b)]
        if len(fits) == 1:
            pairs.append((a, fits[0]))
            free.remove(fits[0])
    return pairs


def alike(a: str, b: str) -> bool:
    """Whether two names differ by accents and signs only, by a few letters, or by a word."""
    one, other = plain(a), plain(b)
    if one == other:
        return True
    mine, theirs = set(one.split()), set(other.split())
    long_words = {w for w in mine & theirs if len(w) > 3}
    if (mine < theirs or theirs < mine) and long_words:
        return True
    numbers = [re.findall(r"\d+", x) for x in (one, other)]
    close = SequenceMatcher(None, one, other).ratio() >= _ALIKE
    return numbers[0] == numbers[1] and min(len(one), len(other)) >= 5 and close


def _same_code(one: Names, a: str, other: Names, b: str) -> bool:
    """Whether the two rows carry the same code in columns of one name."""
    for c in one.table.columns:
        d = other.table.column(c.name)
        if d is None or c is one.column or d is other.column or not (c.unique and d.unique):
            continue
        if c.kind == d.kind == "text" and c.cells[one.rows[a]] == d.cells[other.rows[b]]:
            return True
    return False
