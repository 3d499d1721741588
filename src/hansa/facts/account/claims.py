"""Statements of a text, typed in as data, held against the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from hansa.errors import Finding, HansaError
from hansa.facts.account.folder import FILE, Account, Claim, Place, Roles
from hansa.facts.account.lists import Names, names_in, plain
from hansa.facts.account.printed import number, shown, span
from hansa.facts.account.ranks import rankings
from hansa.facts.account.sums import plain_sum, summed
from hansa.facts.account.table import Column, Table
from hansa.facts.check_words import some, together
from hansa.language import _

KINDS = ("sum", "count", "distinct", "share", "max", "min", "rank", "value")


@dataclass(frozen=True)
class Answer:
    """What a table says: an interval, or names of rows; and in how many cells it is silent.

    whole  the sum as printed, where all parts are whole numbers, which may be exact
    """

    low: float = 0.0
    high: float = 0.0
    names: tuple[str, ...] = ()
    gaps: int = 0
    whole: float | None = None


def check_claims(account: Account, tables: Sequence[Table]) -> Iterator[Finding]:
    """Findings on every claim that does not hold, and one note on those that do."""
    held = 0
    for n, claim in enumerate(account.claim, 1):
        try:
            finding = _claim(claim, n, tables)
        except HansaError as problem:
            finding = problem.finding
        held += finding is None
        if finding is not None:
            yield finding
    if account.claim:
        yield Finding(
            "note",
            FILE,
            _("statements of the text that agree with the tables"),
            _("{number} of {all}", number=held, all=len(account.claim)),
            "",
            "",
        )
    for group in account.same:
        yield from _same(group, tables)


def told_lists(account: Account, tables: Sequence[Table]) -> list[list[Names]]:
    """The lists that should hold the same names, as `FILE:COLUMN` names them."""
    groups = []
    known = names_in(tables, least=1)
    for group in account.lists:
        found = []
        for name in group:
            file, _colon, column = name.partition(":")
            table, c = _column(Place(table=file, column=column), tables)
            fits = [k for k in known if k.table is table and k.column is c]
            if not fits:
                raise _refused(
                    _("{name} holds no names", name=name), _("a column of short texts"), name
                )
            found += fits
        groups.append(found)
    return groups


def _claim(claim: Claim, n: int, tables: Sequence[Table]) -> Finding | None:
    answer = answered(claim, tables)
    said = number(claim.says)
    where = _("{file}, claim {number}", file=FILE, number=n)
    where += f" ({claim.source})" if claim.source else ""
    table, _first = _column(claim.at, tables)
    place = f"{where}; {table.file}" + (f", {some(claim.at.names)}" if claim.at.column else "")
    told = f"{claim.text}: {claim.says}" if claim.text else claim.says
    rule = _("a statement of the text is not what the table holds")
    fix = _("correct the text or the table, or say what else the statement means")
    if said is None:
        if plain(claim.says) in {plain(x) for x in answer.names}:
            return None
        shown_names = some(answer.names) or span(answer.low, answer.high)
        return Finding("error", place, rule, told, f"{claim.of}: {shown_names}", fix)
    if answer.names and claim.of in ("max", "min"):
        answer = Answer(answer.low, answer.high, (), answer.gaps)
    if not said.meets(answer.low, answer.high):
        if not said.exact:
            told = _("{said} (that is {span})", said=told, span=span(said.low, said.high))
        found = f"{claim.of}: {span(answer.low, answer.high)}"
        if answer.gaps:
            found = _("{found}, {number} more not printed", found=found, number=answer.gaps)
        return Finding("error", place, rule, told, found, fix)
    if said.exact and answer.whole is not None and said.value != answer.whole:
        found = _(
            "{kind}: {whole}, if no part is rounded", kind=claim.of, whole=shown(answer.whole)
        )
        return Finding("warning", place, rule, told, found, fix)
    if answer.gaps:
        found = f"{claim.of}: {span(answer.low, answer.high)}"
        rule = _("a statement of the text can neither be confirmed nor refused")
        return Finding(
            "note",
            place,
            rule,
            told,
            found,
            _("{number} cells are not printed", number=answer.gaps),
        )
    return None


def answered(claim: Claim, tables: Sequence[Table]) -> Answer:
    """What the table says on what a claim is about.

    A sum carries the rounding of each of its parts.
    """
    if claim.of not in KINDS:
        raise _refused(_("a claim is of no known kind"), some(KINDS), claim.of)
    table, first = _column(claim.at, tables)
    rows = selected(table, claim.at)
    if claim.of == "count":
        return Answer(len(rows), len(rows))
    if first is None:
        raise _refused(
            _("a claim of {kind} names no column", kind=claim.of), "column = '…'", claim.text
        )
    columns = [_named(table, name) for name in claim.at.names]
    if claim.of == "distinct":
        count = len({c.cells[i] for c in columns for i in rows if c.cells[i]})
        return Answer(count, count)
    if claim.of == "rank":
        return _rank(table, first, rows)
    cells = [c.numbers[i] for c in columns for i in rows]
    if claim.of == "value":
        if len(rows) != 1:
            raise _refused(
                _("a claim of a value needs one row"),
                "where = { COLUMN = 'NAME' }",
                _("{number} rows", number=len(rows)),
            )
        return _value(first, rows[0])
    if claim.of in ("max", "min"):
        return _extreme(table, first, rows, claim.of == "max")
    low, high, gaps = summed(cells)
    if claim.of == "sum":
        exact = not gaps and all(c.whole for c in columns) and all(n and n.exact for n in cells)
        return Answer(low, high, (), gaps, plain_sum(cells) if exact else None)
    whole = summed([c.numbers[i] for c in columns for i in table.rows])
    if not whole[0] > 0:
        raise _refused(_("a share of nothing"), _("a column with a sum above zero"), first.name)
    return Answer(100 * low / whole[1], min(100.0, 100 * high / whole[0]), (), gaps + whole[2])


def _value(column: Column, i: int) -> Answer:
    n = column.numbers[i]
    if column.kind in ("text", "flag", "date") or n is None:
        if not column.cells[i]:
            return Answer(-inf, inf, (), 1)
        return Answer(0, 0, (column.cells[i],))
    return Answer(n.low, n.high, (column.cells[i],))


def _rank(table: Table, column: Column, rows: list[int]) -> Answer:
    """The printed rank, where the column is one of ranks; else the place by value."""
    if len(rows) != 1:
        raise _refused(
            _("a claim of a rank needs one row"),
            "where = {…}",
            _("{number} rows", number=len(rows)),
        )
    i = rows[0]
    if any(r.rank is column for r in rankings(table, Roles())):
        return _value(column, i)
    own = column.numbers[i]
    known = [n for j in table.rows if j != i and (n := column.numbers[j]) is not None]
    if own is None:
        return Answer(1, len(table.rows), (), 1)
    above = sum(n.low >= own.high for n in known)
    below = sum(own.low >= n.high for n in known)
    gaps = len(table.rows) - 1 - len(known)
    return Answer(1 + above, 1 + len(known) - below + gaps, (), gaps)


def _extreme(table: Table, column: Column, rows: list[int], largest: bool) -> Answer:
    """The value, and the names of the rows that may have it."""
    known = [(i, n) for i in rows if (n := column.numbers[i]) is not None]
    if not known:
        raise _refused(_("a column without numbers has no extreme"), _("numbers"), column.name)
    pick = max if largest else min
    low, high = pick(n.low for _i, n in known), pick(n.high for _i, n in known)
    names = tuple(table.short(i) for i, n in known if n.meets(low, high))
    labels = tuple(
        c.cells[i]
        for c in table.columns
        if c.kind == "text" and c.unique
        for i, n in known
        if n.value == pick(m.value for _i, m in known)
    )
    return Answer(low, high, (*names, *labels), len(rows) - len(known))


def _same(group: list[Place], tables: Sequence[Table]) -> Iterator[Finding]:
    """Places that state one thing: every pair must have a value in common."""
    try:
        cells = [(p, *_cell(p, tables)) for p in group]
    except HansaError as problem:
        yield problem.finding
        return
    for k, (_place, table, column, i) in enumerate(cells):
        for _place, other, c, j in cells[:k]:
            a, b = column.numbers[i], c.numbers[j]
            same = plain(column.cells[i]) == plain(c.cells[j])
            if a is not None and b is not None:
                same = a.meets(b.low, b.high)
            if not same:
                yield Finding(
                    "error",
                    f"{other.place([j], c)}; {table.place([i], column)}",
                    _("one thing is stated twice, and differently"),
                    together([c.cells[j], column.cells[i]]),
                    _("the same in both places"),
                    _("look both up in the source"),
                )


def _cell(place: Place, tables: Sequence[Table]) -> tuple[Table, Column, int]:
    table, column = _column(place, tables)
    rows = selected(table, place)
    if column is None or len(rows) != 1:
        raise _refused(
            _("a place must be one cell"), _("table, column and where of one row"), str(place)
        )
    return table, column, rows[0]


def selected(table: Table, place: Place) -> list[int]:
    """Positions of the rows that a place names; totals only where they are named."""
    rows = list(range(len(table))) if place.where else list(table.rows)
    for name, wanted in place.where.items():
        column = _named(table, name)
        rows = [i for i in rows if plain(column.cells[i]) == plain(wanted)]
    if place.where and not rows:
        raise _refused(
            _("no row of the table is meant"),
            _("rows of {file}", file=table.file),
            str(place.where),
        )
    return rows


def _column(place: Place, tables: Sequence[Table]) -> tuple[Table, Column | None]:
    table = next((t for t in tables if place.table in (t.file, t.file.rpartition(".")[0])), None)
    if table is None:
        raise _refused(_("a table is not there"), some((t.file for t in tables), 40), place.table)
    return table, _named(table, place.names[0]) if place.column else None


def _named(table: Table, name: str) -> Column:
    column = table.column(name)
    if column is None:
        names = some((c.name for c in table.columns), 30)
        raise _refused(_("{file} has no such column", file=table.file), names, name)
    return column


def _refused(rule: str, admissible: str, printed: str) -> HansaError:
    return HansaError(
        rule, place=FILE, printed=printed, admissible=admissible, fix=_("correct {file}", file=FILE)
    )
