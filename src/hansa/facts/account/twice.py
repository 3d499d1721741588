"""One thing stated in two tables, and rows of one table told by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from hansa.errors import Finding
from hansa.facts.account.printed import NOTHING, shown
from hansa.facts.account.sums import additive, plain_sum
from hansa.facts.account.table import Column, Table
from hansa.facts.check_words import some, together
from hansa.language import _

LEAD = {"lead", "leader", "leading", "head", "coordinator", "host"}
GONE = {"left", "withdrawn", "withdrew", "resigned", "out"}


def check_twice(tables: Sequence[Table]) -> Iterator[Finding]:
    """Findings on pairs of tables that share a key."""
    for one, other in combinations(tables, 2):
        for key in _shared_keys(one, other):
            yield from _same_columns(one, other, key)
    for one, other in permutations(tables, 2):
        for key in _parents(one, other):
            yield from _counts(one, other, key)
            yield from _leads(one, other, key)


def _shared_keys(one: Table, other: Table) -> list[str]:
    """The first column of one name that has the same unique texts or codes in both tables."""
    for c in one.columns:
        d = other.column(c.name)
        if d is None or c.kind != d.kind or c.kind not in ("text", "number"):
            continue
        keyed = c is one.key or d is other.key or (c.unique and d.unique and c.kind == "text")
        if keyed and c.role in ("", "value", "order") and set(c.cells) & set(d.cells):
            return [c.name]
    return []


def _same_columns(one: Table, other: Table, key: str) -> Iterator[Finding]:
    """Columns of one name whose values agree for nearly all shared keys."""
    mine, theirs = one.column(key), other.column(key)
    if mine is None or theirs is None:
        return
    for c in one.columns:
        d = other.column(c.name)
        if d is None or c.name == key or c.kind != d.kind or c.kind == "empty":
            continue
        pairs = [
            (i, j)
            for i, cell in enumerate(mine.cells)
            for j, cell2 in enumerate(theirs.cells)
            if cell == cell2 and _said(c.cells[i]) and _said(d.cells[j])
        ]
        odd = [(i, j) for i, j in pairs if not _agree(c, i, d, j)]
        if not odd or len(pairs) < 4 or len(odd) > max(1, len(pairs) // 5):
            continue
        for i, j in odd:
            yield Finding(
                "warning",
                f"{one.place([i], c)}; {other.place([j], d)}",
                _("one thing is stated twice, and differently"),
                f"{mine.cells[i]}: {together([c.cells[i], d.cells[j]])}",
                _(
                    "the same {column}, as for the other {number} of {key}",
                    column=c.name,
                    number=len(pairs) - len(odd),
                    key=key,
                ),
                _("look both up in the source"),
            )


def _said(cell: str) -> bool:
    return cell.lower() not in NOTHING


def _agree(c: Column, i: int, d: Column, j: int) -> bool:
    a, b = c.numbers[i], d.numbers[j]
    if c.kind == "number" and a is not None and b is not None:
        return a.meets(b.low, b.high)
    return c.cells[i].casefold() == d.cells[j].casefold()


def _parents(one: Table, other: Table) -> list[str]:
    """The column that is unique in one table and names groups of rows in the other."""
    for c in one.columns[:2]:
        d = other.column(c.name)
        if d is None or not c.unique or d.unique or c.kind != d.kind:
            continue
        if d.cells and {x for x in d.cells if x} <= set(c.cells):
            return [c.name]
    return []


def _groups(one: Table, other: Table, key: str) -> list[list[int]]:
    mine, theirs = one.column(key), other.column(key)
    if mine is None or theirs is None:
        return []
    return [[j for j, x in enumerate(theirs.cells) if x == cell] for cell in mine.cells]


def _counts(one: Table, other: Table, key: str) -> Iterator[Finding]:
    """A column that counts the rows of another table, or adds them up, in all rows but one."""
    groups = _groups(one, other, key)
    able: list[tuple[str, list[float]]] = [
        (_("rows of {file}", file=other.file), [float(len(rows)) for rows in groups])
    ]
    for d in other.numeric("value"):
        if additive(d) and d.name != key and all(n is not None for n in d.numbers):
            sums = [plain_sum([d.numbers[j] for j in rows]) for rows in groups]
            able.append((_("sum of {column} in {file}", column=d.name, file=other.file), sums))
    for c in one.numeric("value", "total"):
        if c.name == key or any(n is None for n in c.numbers) or len(one) < 4:
            continue
        for words, expected in able:
            odd = [
                i for i, n in enumerate(c.numbers) if n and not n.meets(expected[i], expected[i])
            ]
            named = set(c.words) & set(other.words)
            most = 1 if not named else max(1, len(one) // 4)
            if not odd or len(odd) > most or len(set(expected)) < 2:
                continue
            for i in odd:
                rows = groups[i]
                yield Finding(
                    "warning",
                    f"{one.place([i], c)}; {other.place(rows)}",
                    _("a printed count differs from what it counts"),
                    f"{one.short(i)}: {c.name} {c.cells[i]}",
                    _(
                        "{number} ({words}), as in {rows} other rows",
                        number=shown(expected[i]),
                        words=words,
                        rows=len(one) - len(odd),
                    ),
                    _("look for a missing row or a wrong count"),
                )


def _leads(one: Table, other: Table, key: str) -> Iterator[Finding]:
    """A leader that is not among the members, has left, or is marked elsewhere."""
    groups = _groups(one, other, key)
    for lead in one.columns:
        member = _member_column(lead, other)
        if member is None:
            continue
        for i, rows in enumerate(groups):
            name = lead.cells[i]
            if not name or not rows:
                continue
            at = [j for j in rows if member.cells[j].casefold() == name.casefold()]
            present = [j for j in at if not _says(other, j, GONE)]
            marked = [j for j in rows if _says(other, j, LEAD)]
            if present and (not marked or set(marked) & set(present)):
                continue
            found = some(member.cells[j] for j in rows)
            if present:
                names = some(member.cells[j] for j in marked)
                found = _("{names} marked as leading", names=names)
            elif at:
                found = _("{name} has left", name=name)
            yield Finding(
                "warning",
                f"{one.place([i], lead)}; {other.place(marked or at or rows, member)}",
                _("a leader is not among those it leads"),
                _(
                    "{row}: {lead}; in {file}: {found}",
                    row=one.short(i),
                    lead=f"{lead.name} {name}",
                    file=other.file,
                    found=found,
                ),
                _("{name} among the members, and marked as leading where anybody is", name=name),
                _("look both tables up in the source"),
            )


def _member_column(lead: Column, other: Table) -> Column | None:
    """`lead_partner` beside `partner`: the other words of the name."""
    rest = [w for w in lead.words if w not in LEAD]
    if lead.kind != "text" or len(rest) == len(lead.words) or not rest:
        return None
    return next((d for d in other.columns if list(d.words) == rest), None)


def _says(table: Table, i: int, of: set[str]) -> bool:
    """Whether a short cell of a row begins with one of the words."""
    for c in table.columns:
        cell = c.cells[i]
        if c.kind == "text" and len(cell) <= 40 and cell and c is not table.key:
            first = cell.casefold().replace(",", " ").split()
            if first and {first[0], first[0].removesuffix("s")} & of:
                return True
    return False
