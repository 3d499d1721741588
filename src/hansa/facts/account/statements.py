"""Single statements of an account (a row each: what, and a number) and what they speak of.

A statement is matched to a table by its words: all of them must be words of the table's name, or
of the name and of one column. Matching by words may be mistaken, so what disagrees is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from hansa.errors import Finding
from hansa.facts.account.printed import ABOUT, NOTHING, Number, shown, span
from hansa.facts.account.sums import additive, plain_sum, summed
from hansa.facts.account.table import VALUE, Column, Table, stem, words
from hansa.facts.check_words import together
from hansa.language import _
from hansa.sources.guess.codes import CALLED_TOTAL

_EMPTY = {"of", "the", "a", "an", "in", "and", "for", "all", "per", "number", "stated", "to", "on"}
_LOW, _HIGH = {"low", "lower", "min", "minimum", "least"}, {"high", "upper", "max", "maximum"}


@dataclass(frozen=True)
class Statement:
    """One row that states one number.

    rows    its row; of a range printed in two, both
    said    what it states, in the words of the table
    words   what it is about, without words that say nothing
    sum     it is called a total
    """

    table: Table
    rows: tuple[int, ...]
    column: Column
    number: Number
    said: str
    words: frozenset[str]
    sum: bool = False

    @property
    def place(self) -> str:
        """File, rows and column."""
        return self.table.place(self.rows, self.column)

    @property
    def printed(self) -> str:
        """What is stated, and what numbers that leaves."""
        if self.number.exact:
            return self.said
        return _("{said} (that is {span})", said=self.said, span=_extent(self.number))


def statements(tables: Sequence[Table]) -> list[Statement]:
    """Every statement in tables of two kinds of columns: what, and a value of any unit."""
    found: list[Statement] = []
    for table in tables:
        column = next((c for c in table.columns if set(c.words) & VALUE), None)
        if table.key is None or column is None or table.key is column or column.years:
            continue
        if table.key.kind == "text" and not table.numeric("rank"):
            own = [_statement(table, i, column) for i in range(len(table))]
            found += _ranges([s for s in own if s])
    return found


def _statement(table: Table, i: int, column: Column) -> Statement | None:
    n = column.numbers[i]
    if n is None or table.key is None:
        return None
    beside = [c.cells[i].casefold() for c in table.columns if c not in (table.key, column)]
    cell = column.cells[i]
    if any(text.split()[:1] and text.split()[0].strip(",.;") in ABOUT for text in beside):
        n, cell = n.about(), _("about {number}", number=cell)
    unit = next((c.cells[i] for c in table.columns if "unit" in c.words), "")
    if unit and not n.unit:
        n, cell = replace(n, unit=unit.casefold()), f"{cell} {unit}"
    said = set(words(table.key.cells[i]))
    about = frozenset(said - _EMPTY - CALLED_TOTAL - set(ABOUT))
    text = f"{table.short(i)}: {cell}"
    return Statement(table, (i,), column, n, text, about, bool(said & CALLED_TOTAL))


def _ranges(found: list[Statement]) -> list[Statement]:
    """Two rows, `…, low` and `…, high`, as one statement of a range."""
    kept: list[Statement] = []
    for s in found:
        if s.words & _HIGH and any(
            k.words & _LOW and k.words - _LOW == s.words - _HIGH for k in found
        ):
            continue
        if s.words & _LOW:
            bare = s.words - _LOW
            top = next((k for k in found if k.words & _HIGH and k.words - _HIGH == bare), None)
            if top is not None:
                n = replace(s.number, high=top.number.high, exact=False)
                text = together([s.said, top.said])
                s = replace(s, rows=(*s.rows, *top.rows), number=n, words=bare, said=text)
        kept.append(s)
    return kept


def check_statements(tables: Sequence[Table]) -> Iterator[Finding]:
    """Findings on statements against each other, against their parts, and against tables."""
    found = statements(tables)
    yield from _twice(found)
    yield from _parts(found)
    for s in found:
        for table in tables:
            if table is not s.table:
                yield from _against_table(s, table)
    yield from _named_rows(tables)


def _twice(found: list[Statement]) -> Iterator[Finding]:
    for one, other in combinations(found, 2):
        if one.words != other.words or not one.words or one.number.unit != other.number.unit:
            continue
        if one.sum != other.sum or one.number.meets(other.number.low, other.number.high):
            continue
        yield Finding(
            "warning",
            f"{one.place}; {other.place}",
            _("one thing is stated twice, and differently"),
            _("{stated}; against {rivals}", stated=one.printed, rivals=other.printed),
            _(
                "{first} and {second} have no number in common",
                first=_extent(one.number),
                second=_extent(other.number),
            ),
            _("say which holds, or what the two mean differently"),
        )


def _extent(n: Number) -> str:
    return span(n.low, n.high)


def _parts(found: list[Statement]) -> Iterator[Finding]:
    """A statement called a total against statements of the same words and one more."""
    for total in [s for s in found if s.sum]:
        parts = [
            s
            for s in found
            if s is not total
            and s.table is total.table
            and total.words < s.words
            and len(s.words) == len(total.words) + 1
            and s.number.unit == total.number.unit
        ]
        if len(parts) < 2 or not total.words:
            continue
        low, high, _gaps = summed([s.number for s in parts])
        if total.number.meets(low, high):
            continue
        yield Finding(
            "warning",
            total.table.place([r for s in (total, *parts) for r in s.rows], total.column),
            _("a stated total is not the sum of its parts"),
            "; ".join(s.printed for s in (total, *parts)),
            _(
                "{number} (each number rounded)",
                number=span(low - total.number.half, high + total.number.half),
            ),
            _("look the numbers up in the source"),
        )


def _against_table(s: Statement, table: Table) -> Iterator[Finding]:
    able = list(_able(s, table))
    if not able or any(s.number.meets(low, high) for _, low, high in able):
        return
    yield Finding(
        "warning",
        f"{s.place}; {table.file}",
        _("a stated number is not what the table of the same name holds"),
        s.printed,
        "; ".join(f"{what} {span(low, high)}" for what, low, high in able),
        _("correct the text or the table, or say what else the number counts"),
    )


def _able(s: Statement, table: Table) -> Iterator[tuple[str, float, float]]:
    """What the words of a statement may count or add up in a table."""
    name = frozenset(table.words) - _EMPTY
    if not s.words or not s.words & name:
        return
    unit = {stem(w) for w in words(s.number.unit)} - _EMPTY
    if unit and not unit <= name | {w for c in table.columns for w in c.words}:
        return
    rows = len(table.rows)
    numbers = [c for c in table.numeric("value", "total") if additive(c) and c is not table.key]
    if s.words <= name:
        yield _("rows"), rows, rows
        for c in numbers:
            yield _sum_of(table, [c])
        parts = [c for c in numbers if c.role == "value" and not c.years]
        if len(parts) > 1:
            yield _sum_of(table, parts)
        return
    for c in table.columns:
        if not s.words <= name | set(c.words) or not s.words & set(c.words):
            continue
        if c in numbers:
            yield _sum_of(table, [c])
        elif c.kind == "flag":
            yes = sum(bool(c.flags[i]) for i in table.rows)
            yield _("rows with yes in {column}", column=c.name), yes, yes
        elif c.kind == "text":
            distinct = len({c.cells[i] for i in table.rows if c.cells[i].lower() not in NOTHING})
            yield _("rows"), rows, rows
            yield _("different values of {column}", column=c.name), distinct, distinct


def _sum_of(table: Table, columns: list[Column]) -> tuple[str, float, float]:
    cells = [c.numbers[i] for c in columns for i in table.rows]
    total = plain_sum(cells)
    names = " + ".join(c.name for c in columns)
    gaps = sum(n is None for n in cells)
    # No missing cell is taken to be larger than the largest that is printed.
    low, high, _gaps = summed(cells)
    largest = max((n.high for n in cells if n is not None), default=0.0)
    what = _(
        "sum of {columns} {total} as printed, with rounding", columns=names, total=shown(total)
    )
    if gaps:
        what = _(
            "sum of {columns} {total} as printed, {number} not printed, with rounding",
            columns=names,
            total=shown(total),
            number=gaps,
        )
    return what, low, total + gaps * largest if gaps else high


def _named_rows(tables: Sequence[Table]) -> Iterator[Finding]:
    """`X picked for tour: NAME` against a yes/no column whose words are among those of X."""
    for table in tables:
        column = next((c for c in table.columns if set(c.words) & VALUE), None)
        if table.key is None or column is None or column.kind != "text":
            continue
        for i, cell in enumerate(column.cells):
            said = set(words(table.key.cells[i]))
            for other in (t for t in tables if t is not table):
                yield from _named_row(table, i, column, cell, said, other)


def _named_row(
    table: Table, i: int, column: Column, cell: str, said: set[str], other: Table
) -> Iterator[Finding]:
    for flag in (c for c in other.columns if c.kind == "flag"):
        about = set(flag.words) - _EMPTY
        if len(about) < 2 or not about <= said:
            continue
        for c in (c for c in other.columns if c.kind == "text"):
            rows = [j for j, x in enumerate(c.cells) if x and x.casefold() == cell.casefold()]
            if len(rows) == 1 and flag.flags[rows[0]] is False:
                yield Finding(
                    "note",
                    f"{table.place([i], column)}; {other.place(rows, flag)}",
                    _("a statement names a row that a yes/no column of like name denies"),
                    f"{table.key.cells[i] if table.key else ''}: {cell}; {flag.name} "
                    f"{flag.cells[rows[0]]}",
                    _("the same answer, where both mean the same thing"),
                    _("say what the two mean differently, or correct one of them"),
                )
                return
