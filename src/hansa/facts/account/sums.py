"""Totals, differences, shares and fixed ratios inside one printed table.

A total printed beside n rounded parts is admissible within half a unit for each part and for
itself. A relation that no name announces counts only where all rows but one keep it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import inf

from hansa.errors import Finding
from hansa.facts.account.printed import Number, shown, span
from hansa.facts.account.table import RANK, Column, Role, Table
from hansa.language import N_, _

Cells = Sequence[Number | None]
ADDITIVE: tuple[Role, ...] = ("value", "possible", "total", "share")
DIFFERENCES: tuple[Role, ...] = ("value", "total", "share", "rank")
_RATES = {"mean", "average", "avg", "median", "rate", "index", "score", "ratio", "per", "growth"}
_LOOK = N_("look the numbers up in the source; nothing is corrected here")


def check_sums(table: Table) -> Iterator[Finding]:
    """Findings on everything in a table that should add up."""
    yield from _total_rows(table)
    yield from _total_columns(table)
    yield from _differences(table)
    yield from _hundred(table)
    yield from _shares_of_sum(table)
    yield from _ratios(table)


def summed(cells: Cells, signs: Sequence[int] | None = None) -> tuple[float, float, int]:
    """Lowest and highest sum of intervals, and how many cells are missing.

    A missing cell of numbers that are nowhere negative leaves the upper end open.
    """
    low = high = 0.0
    gaps = 0
    for k, n in enumerate(cells):
        sign = signs[k] if signs else 1
        if n is None:
            gaps += 1
            continue
        low += n.low if sign > 0 else -n.high
        high += n.high if sign > 0 else -n.low
    if gaps:
        high = inf
        if any(n is not None and n.value < 0 for n in cells) or signs:
            low = -inf
    return low, high, gaps


def plain_sum(cells: Cells) -> float:
    """Sum of the numbers as printed."""
    return sum(n.value for n in cells if n is not None)


def additive(column: Column) -> bool:
    """Whether numbers of a column may be added up, as far as its name tells."""
    return column.role in ADDITIVE and not set(column.words) & _RATES


def _total_rows(table: Table) -> Iterator[Finding]:
    for c in table.numeric(*ADDITIVE):
        for at in sorted(table.totals):
            own = c.numbers[at]
            if own is None or set(c.words) & _RATES:
                continue
            groups = _groups(table, at)
            fits = [summed([c.numbers[i] for i in rows]) for rows in groups]
            if not fits or any(own.meets(low, high) for low, high, _gaps in fits):
                continue
            parts = [c.numbers[i] for i in groups[0]]
            if _is_mean(own, parts) and not _sums_elsewhere(table, at, c):
                continue
            low, high, gaps = fits[0]
            yield Finding(
                "error" if len(table.totals) == 1 else "warning",
                table.place([at], c),
                _("a printed total is not the sum of its column"),
                _with_gaps(
                    _(
                        "{column} {number} for {row}; its {count} parts add up to {sum}",
                        column=c.name,
                        number=c.cells[at],
                        row=table.short(at),
                        count=len(parts),
                        sum=shown(plain_sum(parts)),
                    ),
                    gaps,
                ),
                _admissible(low, high, own.half),
                _(
                    "the total or one of the parts is wrong by {number}: {look}",
                    number=_off(own, parts),
                    look=_(_LOOK),
                ),
            )


def _sums_elsewhere(table: Table, at: int, but: Column) -> bool:
    """Whether a total row is a sum in another column, so that it is no row of means."""
    for c in table.numeric(*ADDITIVE):
        own = c.numbers[at]
        if c is but or own is None or _is_mean(own, [c.numbers[i] for i in table.rows]):
            continue
        sums = [summed([c.numbers[i] for i in rows]) for rows in _groups(table, at)]
        if any(own.meets(low, high) for low, high, _gaps in sums):
            return True
    return False


def _groups(table: Table, at: int) -> list[list[int]]:
    """What a total may add up: all parts, those since the total before, or the other totals."""
    before = max((t for t in table.totals if t < at), default=-1)
    others = [t for t in sorted(table.totals) if t != at]
    found = [list(table.rows), list(range(before + 1, at)), others]
    if not before + 1 < at:
        after = min((t for t in table.totals if t > at), default=len(table))
        found.append(list(range(at + 1, after)))
    return [rows for rows in found if rows]


def _is_mean(own: Number, parts: Cells) -> bool:
    """A value between the smallest and the largest part is no sum but a mean of some kind."""
    values = [n.value for n in parts if n is not None]
    return not values or min(values) <= own.value <= max(values)


def _total_columns(table: Table) -> Iterator[Finding]:
    numbers = [c for c in table.numeric(*ADDITIVE) if additive(c)]
    for total in [c for c in numbers if c.role == "total"]:
        blocks = _blocks(numbers, total)
        scored = [(_broken(table, total, parts), parts) for parts in blocks]
        good = [(odd, parts) for odd, parts in scored if len(odd) <= max(1, len(table) // 4)]
        if not good or len(table) < 3:
            continue
        odd, parts = min(good, key=lambda pair: len(pair[0]))
        names = " + ".join(c.name for c in parts)
        for i in odd:
            own = total.numbers[i]
            assert own is not None
            cells = [c.numbers[i] for c in parts]
            low, high, gaps = summed(cells)
            yield Finding(
                "error",
                table.place([i], total, *parts),
                _("a printed total is not the sum of its row"),
                _with_gaps(
                    _(
                        "{row}: {column} {number}; {columns} add up to {sum}",
                        row=table.short(i),
                        column=total.name,
                        number=total.cells[i],
                        columns=names,
                        sum=shown(plain_sum(cells)),
                    ),
                    gaps,
                ),
                _admissible(low, high, own.half),
                _(
                    "the total or one of its parts is wrong by {number}; in {rows} other rows they "
                    "agree: {look}",
                    number=_off(own, cells),
                    rows=len(table) - len(odd),
                    look=_(_LOOK),
                ),
            )


def _blocks(numbers: list[Column], total: Column) -> list[list[Column]]:
    """Sets of neighbouring columns that a total may add up, the largest first."""
    others = [c for c in numbers if c is not total and c.role != "total"]
    found = [others[a:b] for a in range(len(others)) for b in range(a + 2, len(others) + 1)]
    return sorted(found, key=len, reverse=True)


def _broken(table: Table, total: Column, parts: list[Column]) -> list[int]:
    odd = []
    for i in range(len(table)):
        own = total.numbers[i]
        if own is None:
            continue
        low, high, _gaps = summed([c.numbers[i] for c in parts])
        if not own.meets(low, high):
            odd.append(i)
    return odd


def _differences(table: Table) -> Iterator[Finding]:
    """A column of changes as the difference of two others, in all rows but a few."""
    for change in table.numeric("change"):
        ranked = bool(set(change.words) & RANK)
        able = [c for c in table.numeric(*DIFFERENCES) if c.years or c.role != "rank"]
        for one, other in combinations(able, 2):
            # A change of rank is no difference of values, whatever the numbers say by chance.
            if one.role != other.role or len(table) < 4 or (ranked and one.role != "rank"):
                continue
            sides = [(one, other), (other, one)]
            odd, (plus, minus) = min(
                ((_not_difference(table, change, a, b), (a, b)) for a, b in sides),
                key=lambda pair: len(pair[0]),
            )
            if not 0 < len(odd) <= max(1, len(table) // 10):
                continue
            for i in odd:
                low, high, _gaps = summed([plus.numbers[i], minus.numbers[i]], (1, -1))
                yield Finding(
                    "error",
                    table.place([i], change, plus, minus),
                    _("a printed change is not the difference of its two columns"),
                    f"{table.short(i)}: {change.name} {change.cells[i]}, {plus.name} "
                    f"{plus.cells[i]}, {minus.name} {minus.cells[i]}",
                    _rounded(f"{change.name} {span(low, high)}"),
                    _(
                        "in {rows} other rows they agree: {look}",
                        rows=len(table) - len(odd),
                        look=_(_LOOK),
                    ),
                )


def _not_difference(table: Table, change: Column, plus: Column, minus: Column) -> list[int]:
    odd = []
    exact = change.role == "change" and plus.role == "rank"
    for i in table.rows:
        own, a, b = change.numbers[i], plus.numbers[i], minus.numbers[i]
        if own is None or a is None or b is None:
            continue
        low, high, _gaps = summed([a, b], (1, -1))
        apart = own.value != a.value - b.value if exact else not own.meets(low, high)
        if apart:
            odd.append(i)
    return odd


def _hundred(table: Table) -> Iterator[Finding]:
    """Shares of a whole that nearly, but not within rounding, add up to 100 (or 1)."""
    for c in table.numeric("share"):
        cells = [c.numbers[i] for i in table.rows]
        known = [n for n in cells if n is not None]
        if len(known) < 3 or None in cells:
            continue
        total = plain_sum(cells)
        whole = 1.0 if total < 2 else 100.0
        low, high, _gaps = summed(cells)
        if low - 1e-9 <= whole <= high + 1e-9 or not 0.85 * whole <= total <= 1.15 * whole:
            continue
        yield Finding(
            "warning",
            table.place((), c),
            _("shares do not add up to {whole}", whole=shown(whole)),
            _("{number} shares add up to {sum}", number=len(known), sum=shown(total)),
            _(
                "{span} holds {whole} where only rounding is at work",
                span=span(low, high),
                whole=shown(whole),
            ),
            _("look for a wrong or missing share of {share}", share=shown(abs(whole - total))),
        )


def _shares_of_sum(table: Table) -> Iterator[Finding]:
    """A column of shares as parts of another column's sum, in all rows but one."""
    for share in table.numeric("share"):
        for base in table.numeric("value"):
            whole = plain_sum([base.numbers[i] for i in table.rows])
            if len(table.rows) < 5 or whole <= 0 or any(n is None for n in base.numbers):
                continue
            yield from _all_but_one(
                table,
                (share, base),
                [None if n is None else 100 * n.value / whole for n in base.numbers],
                _("the share of {column} in its sum of {sum}", column=base.name, sum=shown(whole)),
            )


def _ratios(table: Table) -> Iterator[Finding]:
    """A column that is a fixed multiple of another in all rows but one."""
    able = [c for c in table.numeric("value", "possible") if table.key is not c]
    for one, other in combinations(able, 2):
        pairs = [(i, one.numbers[i], other.numbers[i]) for i in table.rows]
        quotients = [
            b.value / a.value for _i, a, b in pairs if a is not None and b is not None and a.value
        ]
        if len(quotients) < 5 or len({a.value for _i, a, _b in pairs if a is not None}) < 3:
            continue
        usual = max(set(quotients), key=quotients.count)
        if usual and usual != 1 and quotients.count(usual) == len(quotients) - 1:
            yield from _all_but_one(
                table,
                (other, one),
                [None if n is None else usual * n.value for n in one.numbers],
                _("{number} times {column}", number=shown(usual), column=one.name),
            )


def _all_but_one(
    table: Table, columns: tuple[Column, Column], expected: list[float | None], words: str
) -> Iterator[Finding]:
    own, other = columns
    odd = []
    for i in table.rows:
        n, value = own.numbers[i], expected[i]
        if n is None or value is None:
            return
        if not n.meets(value - 1e-9, value + 1e-9):
            odd.append((i, value))
    if len(odd) != 1:
        return
    i, value = odd[0]
    yield Finding(
        "warning",
        table.place([i], own, other),
        _("one row breaks a relation that all other rows keep"),
        f"{table.short(i)}: {own.name} {own.cells[i]}, {other.name} {other.cells[i]}",
        _(
            "{number}: {words}, as in {rows} other rows",
            number=f"{own.name} {shown(round(value, 6))}",
            words=words,
            rows=len(table.rows) - 1,
        ),
        _(_LOOK),
    )


def _off(own: Number, parts: Cells) -> str:
    return shown(round(abs(own.value - plain_sum(parts)), 9))


def _with_gaps(said: str, gaps: int) -> str:
    return _("{said} ({number} more not printed)", said=said, number=gaps) if gaps else said


def _rounded(number: str) -> str:
    return _("{number} (each number rounded)", number=number)


def _admissible(low: float, high: float, half: float) -> str:
    ends = span(round(low - half, 9), round(high + half, 9))
    return _rounded(ends)
