"""A printed table with its columns typed by what they hold and by generic words in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from hansa.facts.account.printed import NOTHING, NUMBER_WORDS, Number, comma_parts_thousands, number
from hansa.facts.check_words import ROW
from hansa.language import _
from hansa.sources.guess.codes import CALLED_TOTAL

Kind = Literal["number", "flag", "date", "text", "empty"]
Role = Literal[
    "rank", "change", "year", "order", "label", "total", "share", "possible", "value", ""
]

RANK = {"rank", "ranking", "place", "position", "rang", "platz", "plats", "placering", "sija"}
CHANGE = {"change", "chg", "diff", "difference", "delta", "shift", "movement"}
ORDER = {"order", "no", "nr", "n", "number", "row", "id", "step", "line"}
YEAR = {"year", "jahr", "time"}
TOTAL = CALLED_TOTAL | {"together", "overall"}
SHARE = {"share", "percent", "pct", "percentage", "proportion", "%"}
POSSIBLE = {"possible", "max", "maximum"}
LABEL = {"chapter", "section", "page", "source", "figure", "note", "footnote"}
VALUE = {"value", "figure", "amount", "stated", "says", "said", "printed"}
CODE = {"iso2", "iso3", "iso", "code", "id", "nuts", "key"}
YES, NO = {"yes", "y", "true", "x", "✓", "ja"}, {"no", "n", "false", "nein", "nej"}
_STILL = {"series", "analysis", "basis", "status", "this"}
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$")
_YEAR = re.compile(r"^(18|19|20)\d\d$")


def stem(word: str) -> str:
    """A word without the ending of its plural, in small letters."""
    word = word.lower()
    if word in _STILL or len(word) < 4 or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def words(text: str) -> tuple[str, ...]:
    """The words of a name or a phrase, plural endings taken off."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    return tuple(stem(w) for w in re.findall(r"[^\W_]+|%", parted))


@dataclass(frozen=True)
class Column:
    """One column: its cells as text, and as numbers where they are numbers."""

    name: str
    cells: tuple[str, ...]
    numbers: tuple[Number | None, ...]
    kind: Kind
    role: Role

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words of the name."""
        return words(self.name)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years in the name, in their order."""
        return tuple(int(w) for w in self.words if _YEAR.match(w))

    @cached_property
    def flags(self) -> tuple[bool | None, ...]:
        """The cells of a yes/no column."""
        return tuple(_flag(c) for c in self.cells)

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return "" not in self.cells and len({c.casefold() for c in self.cells}) == len(self.cells)

    @property
    def whole(self) -> bool:
        """Whether every number is a whole one."""
        return all(n is None or n.value == round(n.value) for n in self.numbers)


@dataclass(frozen=True)
class Table:
    """One printed table.

    file     name for messages
    lines    line number in the file of each row
    key      the column that names the rows, if one does
    totals   positions of the rows that are called totals
    """

    file: str
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    key: Column | None = None
    totals: frozenset[int] = field(default_factory=frozenset)

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words of the file's name."""
        return words(Path(self.file).stem)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Positions of the rows that are no totals."""
        return tuple(i for i in range(len(self)) if i not in self.totals)

    def column(self, name: str) -> Column | None:
        """A column by its name."""
        return next((c for c in self.columns if c.name == name), None)

    def numeric(self, *roles: Role) -> tuple[Column, ...]:
        """Columns of numbers; with roles, only those."""
        found = (c for c in self.columns if c.kind == "number")
        return tuple(c for c in found if not roles or c.role in roles)

    def named(self, i: int) -> str:
        """A row for a message: its line, and its name if it has one."""
        name = self.key.cells[i] if self.key else ""
        row = _(ROW, number=self.lines[i])
        return f"{row} ({name})" if name else row

    def place(self, rows: Iterable[int] = (), *columns: Column) -> str:
        """File, rows and columns for a finding."""
        at = [self.named(i) for i in rows]
        parts = [self.file, *at[:6]]
        if len(at) > 6:
            parts[-1] = _("{several} and {n} more rows", several=parts[-1], n=len(at) - 6)
        parts += [c.name for c in columns]
        return ", ".join(parts)

    def short(self, i: int) -> str:
        """A row inside a sentence."""
        name = self.key.cells[i] if self.key else ""
        return name or _(ROW, number=self.lines[i])


def typed(file: str, columns: dict[str, list[str]], lines: list[int]) -> Table:
    """A table from its texts; kinds from the cells, roles from words in the names."""
    made = tuple(_column(name, [c.strip() for c in cells]) for name, cells in columns.items())
    return Table(file, made, tuple(lines), _key(made), _total_rows(made, len(lines)))


def _column(name: str, cells: list[str]) -> Column:
    groups = comma_parts_thousands(cells)
    numbers = tuple(number(c, groups) for c in cells)
    filled = [i for i, c in enumerate(cells) if c.lower() not in NOTHING]
    kind: Kind
    if not filled:
        kind = "empty"
    elif all(_MONTH.match(cells[i]) for i in filled):
        kind = "date"
    elif all(_flag(cells[i]) is not None for i in filled):
        kind = "flag"
    elif all(numbers[i] is not None and _plain(numbers[i]) for i in filled):
        kind = "number"
    else:
        kind = "text"
    return Column(name, tuple(cells), numbers, kind, _role(name, kind, numbers))


def _plain(n: Number | None) -> bool:
    """A number with at most a short unit: a row label such as `1 small groups` is none."""
    return n is not None and (len(n.unit.split()) <= 2 and "(" not in n.unit)


def _flag(cell: str) -> bool | None:
    low = cell.lower()
    return True if low in YES else False if low in NO else None


def _role(name: str, kind: Kind, numbers: tuple[Number | None, ...]) -> Role:
    if kind != "number":
        return ""
    said = words(name)
    known = set(said)
    values = [n.value for n in numbers if n is not None]
    if known & CHANGE:
        return "change"
    if known & RANK:
        return "rank"
    if known & YEAR and all(1800 <= v <= 2100 for v in values):
        return "year"
    if known & ORDER and len(known) == 1:
        return "order"
    if known & LABEL:
        return "label"
    if known & SHARE:
        return "share"
    if known & POSSIBLE or said[:1] == ("of",):
        return "possible"
    if len(values) > 2 and sorted(values) == list(range(1, len(values) + 1)) == values:
        return "order"
    return "total" if known & TOTAL else "value"


def _key(columns: tuple[Column, ...]) -> Column | None:
    """The column that names the rows: unique texts, a short code before a long label."""
    numbered = [c for c in columns[:1] if c.kind == "number" and c.unique and c.whole]
    if numbered and numbered[0].role in ("value", "order") and not set(numbered[0].words) & ORDER:
        return numbered[0]
    able = [c for c in columns if c.kind == "text" and c.unique]
    for c in able:
        if set(c.words) & CODE or all(len(x) <= 12 and " " not in x for x in c.cells):
            return c
    if able:
        return able[0]
    return None


def _total_rows(columns: tuple[Column, ...], n: int) -> frozenset[int]:
    """Rows of which some text cell is nothing but a word for total."""
    texts = [c for c in columns if c.kind == "text"]
    return frozenset(i for i in range(n) if any(_is_total(c.cells[i]) for c in texts[:2]))


def _is_total(cell: str) -> bool:
    low = cell.strip().casefold().rstrip(".:")
    return low in CALLED_TOTAL or low in ("grand total", "total sum", "all together")


def number_word(word: str) -> int | None:
    """The number a word spells, or its digits."""
    if word.isdigit():
        return int(word)
    return NUMBER_WORDS.get(word)
