"""Numbers far from their peers, and units mixed in one column: warnings, only where extreme."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import log10
from statistics import median

from hansa.errors import Finding
from hansa.facts.account.printed import shown
from hansa.facts.account.table import VALUE, Column, Table
from hansa.language import _

_FAR = 2.0
_STEP = 2.2
_LEAST = 6


def check_outliers(table: Table) -> Iterator[Finding]:
    """Findings on numbers that are hundreds of times what their peers are, or below them.

    A column counts as one scale where the middle half of its numbers lies within a factor of ten.
    """
    for c in table.numeric("value", "share"):
        if c is not table.key:
            yield from _alone(table, c)
            yield from _units(table, c)
    yield from _against_other_years(table)


def _alone(table: Table, c: Column) -> Iterator[Finding]:
    known = [(i, n.value) for i in table.rows if (n := c.numbers[i]) is not None and n.value > 0]
    if len(known) < _LEAST:
        return
    logs = {i: log10(v) for i, v in known}
    middle = median(logs.values())
    spread = median(abs(x - middle) for x in logs.values())
    for i, x in logs.items():
        gap = min(abs(x - y) for j, y in logs.items() if j != i)
        if gap > _FAR and abs(x - middle) > max(_STEP, 4 * spread):
            number = shown(_round(10**middle))
            yield _odd(table, i, [c], _("the others are near {number}", number=number))


def _units(table: Table, c: Column) -> Iterator[Finding]:
    """Percent signs in some cells of a column and none in others."""
    units: dict[str, list[int]] = {}
    for i in table.rows:
        n = c.numbers[i]
        if n is not None:
            units.setdefault(n.unit, []).append(i)
    if (
        set(c.words) & VALUE
        or len(units) < 2
        or sum(map(len, units.values())) < 4
        or "unit" in (w for other in table.columns for w in other.words)
    ):
        return
    usual = max(units, key=lambda u: len(units[u]))
    odd = [i for unit, rows in units.items() if unit != usual for i in rows]
    yield Finding(
        "warning",
        table.place(odd, c),
        _("units are mixed in one column"),
        ", ".join(c.cells[i] for i in odd[:6]),
        _(
            "{unit}, as in {number} other rows",
            unit=usual or _("no unit"),
            number=len(units[usual]),
        ),
        _("write every number of a column in one unit"),
    )


def _against_other_years(table: Table) -> Iterator[Finding]:
    """One row in another unit in one year: its ratio to another year is far from all others."""
    dated = [c for c in table.numeric("value") if c.years]
    for one, other in pairwise(dated):
        if [w for w in one.words if not w.isdigit()] != [w for w in other.words if not w.isdigit()]:
            continue
        logs = {
            i: log10(b.value / a.value)
            for i in table.rows
            if (a := one.numbers[i]) and (b := other.numbers[i]) and a.value > 0 and b.value > 0
        }
        if len(logs) < 5:
            continue
        middle = median(logs.values())
        spread = median(abs(x - middle) for x in logs.values())
        for i, x in logs.items():
            if abs(x - middle) > max(1.7, 10 * spread):
                ratio = shown(_round(10**middle))
                words = _("a ratio near {number}, as in the other rows", number=ratio)
                yield _odd(table, i, [one, other], words)


def _odd(table: Table, i: int, columns: list[Column], words: str) -> Finding:
    return Finding(
        "warning",
        table.place([i], *columns),
        _("a number is far from its peers"),
        f"{table.short(i)}: " + ", ".join(f"{c.name} {c.cells[i]}" for c in columns),
        words,
        _("check the unit (thousands, percent) and the decimal sign"),
    )


def _round(value: float) -> float:
    return float(f"{value:.3g}")
