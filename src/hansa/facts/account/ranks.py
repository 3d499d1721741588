"""Printed ranks against printed values, and against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hansa.errors import Finding
from hansa.facts.account import order
from hansa.facts.account.folder import Roles
from hansa.facts.account.printed import shown, span
from hansa.facts.account.table import Column, Table
from hansa.facts.check_words import either, some
from hansa.language import N_, _

SCORE = {"index", "score", "value", "point", "rating", "total", "sum", "mean", "average", "rate"}
LOOK = N_("look the numbers up in the source; nothing is corrected here")


@dataclass(frozen=True)
class Ranking:
    """A column of ranks and the column of values it ranks.

    sign  1 where the largest value has rank 1, -1 where the smallest has
    """

    rank: Column
    value: Column | None
    sign: int = 1

    def ranks(self) -> list[float | None]:
        """Ranks by row."""
        return [None if n is None else n.value for n in self.rank.numbers]

    def values(self) -> list[order.Interval | None]:
        """Intervals of the values by row, turned so that the largest is the best."""
        return intervals(self.value, self.sign, len(self.rank.cells))


def intervals(column: Column | None, sign: int, n: int) -> list[order.Interval | None]:
    """Intervals of a column, turned so that the largest is the best."""
    if column is None:
        return [None] * n
    return [
        None if x is None else (x.low, x.high) if sign > 0 else (-x.high, -x.low)
        for x in column.numbers
    ]


def rankings(table: Table, roles: Roles) -> list[Ranking]:
    """Every column of ranks of a table with the values it goes by."""
    told = table.column(roles.rank) if roles.rank else None
    columns = [told] if told else list(table.numeric("rank"))
    return [_ranking(table, c, roles) for c in columns if _ranks_like(c)]


def check_ranks(table: Table, ranking: Ranking) -> Iterator[Finding]:
    """Findings on one column of ranks."""
    if len(table) < 3:
        return
    ranks, values = ranking.ranks(), ranking.values()
    complete = is_complete(ranks)
    if order.consistent(ranks, values, complete=complete):
        return
    sound = order.ordered(ranks, values)
    repairs = _repairs(table, ranking, complete)
    if sound:
        yield _pattern(table, ranking, repairs, _few_repair(ranks, values))
        return
    if repairs:
        rows = sorted({i for rows, _text in repairs for i in rows})
        yield Finding(
            "error",
            table.place(rows, *_columns(ranking)),
            _("a printed rank contradicts the printed values"),
            "; ".join(_stated(table, ranking, i) for i in rows[:6]),
            _corrections(repairs),
            _("one of these corrections makes all ranks agree: {look}", look=_(LOOK)),
        )
        return
    yield from _one_by_one(table, ranking)


def _corrections(repairs: list[tuple[tuple[int, ...], str]]) -> str:
    shown_here = either([text for _rows, text in repairs[:6]])
    if len(repairs) <= 6:
        return shown_here
    return _("{several} (or {n} more single corrections)", several=shown_here, n=len(repairs) - 6)


def is_complete(ranks: order.Ranks) -> bool:
    """Whether a list holds nearly all ranks from 1 to its length, so that it is no selection."""
    if None in ranks:
        return False
    held = {r for r in ranks if r is not None and 1 <= r <= len(ranks)}
    lacking = len(ranks) - len(held)
    ties = sum(len(rows) - 1 for rows in order.repeated(ranks).values())
    return lacking - ties <= max(1, len(ranks) // 10)


def _repairs(table: Table, ranking: Ranking, complete: bool) -> list[tuple[tuple[int, ...], str]]:
    """Single corrections after which everything agrees: the rows, and what would stand there."""
    ranks, values = ranking.ranks(), ranking.values()
    found: list[tuple[tuple[int, ...], str]] = []
    for fix in order.rank_repairs(ranks, values, complete=complete, most=1):
        for i, rank in fix.items():
            found.append(
                (
                    (i,),
                    _(
                        "{number} for {rows}",
                        number=f"{ranking.rank.name} {shown(rank)}",
                        rows=table.short(i),
                    ),
                )
            )
    for i, j in order.exchanged(ranks, values, complete):
        text = _(
            "{column} of {row} and {other} exchanged",
            column=ranking.rank.name,
            row=table.short(i),
            other=table.short(j),
        )
        found.append(((i, j), text))
    if ranking.value is not None:
        for i in order.value_repairs(ranks, values, complete=complete):
            low, high = order.room(ranks, values, i)
            if ranking.sign < 0:
                low, high = -high, -low
            text = _(
                "{number} for {rows}",
                number=f"{ranking.value.name} {span(low, high)}",
                rows=table.short(i),
            )
            found.append(((i,), text))
    return found


def _few_repair(ranks: order.Ranks, values: order.Values) -> bool:
    """Whether one or two other ranks would make the list complete: it is no selection then."""
    return bool(order.rank_repairs(ranks, values, most=2))


def _pattern(
    table: Table,
    ranking: Ranking,
    repairs: list[tuple[tuple[int, ...], str]],
    few: bool,
) -> Finding:
    """Ranks that do not contradict the values but are no ranks from 1 to n.

    few  one or two corrections make them so
    """
    ranks = ranking.ranks()
    twice, lacking = order.repeated(ranks), order.missing(ranks)
    outside = [i for i, r in enumerate(ranks) if r is not None and not 1 <= r <= len(ranks)]
    below = any(r is not None and r < 1 for r in ranks)
    rows = sorted({*outside, *(i for shared in twice.values() for i in shared)})
    rows = sorted({*rows, *(i for own, _text in repairs for i in own)})
    odd = order.closest(ranks)
    rows = [i for i in rows if i in odd] + [i for i in odd if i not in rows] if odd else rows
    needed = _(
        "each of 1 to {number} once, or ties by one convention throughout (1 2 2 4, 1 3 3 4, "
        "1 2 2 3, 1 {half} {half} 4)",
        number=len(ranks),
        half=shown(2.5),
    )
    if repairs:
        so = either([text for _rows, text in repairs[:6]])
        needed = _("{needed}; so {corrections}", needed=needed, corrections=so)
    return Finding(
        "error" if below or (few and twice and not outside) else "warning",
        table.place(rows, ranking.rank),
        _("printed ranks are no ranks from 1 to the number of rows"),
        _counted(table, ranks, twice, lacking, outside),
        needed,
        _(
            "{look}; where the table is a selection from a longer list, gaps are no mistake",
            look=_(LOOK),
        ),
    )


def _counted(
    table: Table,
    ranks: order.Ranks,
    twice: dict[float, list[int]],
    lacking: list[int],
    outside: list[int],
) -> str:
    parts = [
        _("{number} for {rows}", number=shown(rank), rows=some(table.short(i) for i in rows))
        for rank, rows in twice.items()
    ]
    alone = [i for i in outside if all(i not in rows for rows in twice.values())]
    parts += [
        _("{number} for {rows}", number=shown(ranks[i] or 0), rows=table.short(i)) for i in alone
    ]
    if lacking:
        parts.append(_("nobody has {ranks}", ranks=some(lacking)))
    return "; ".join(parts)


def _one_by_one(table: Table, ranking: Ranking) -> Iterator[Finding]:
    """Where no single correction helps: each row whose rank lies outside what its value allows."""
    ranks, values = ranking.ranks(), ranking.values()
    against = order.conflicts(ranks, values)
    for i in sorted(against):
        low, high = order.admissible(values, i)
        own = ranks[i]
        if own is None or low <= own <= high:
            continue
        yield Finding(
            "error",
            table.place([i], *_columns(ranking)),
            _("a printed rank contradicts the printed values"),
            _(
                "{stated}; against {rivals}",
                stated=_stated(table, ranking, i),
                rivals=some((_stated(table, ranking, j) for j in against[i]), 4),
            ),
            _(
                "{rank} {span} by {value} (each number rounded)",
                rank=ranking.rank.name,
                span=span(low, high),
                value=_columns(ranking)[-1].name,
            ),
            _(LOOK),
        )
    if twice := order.repeated(ranks):
        rows = [i for shared in twice.values() for i in shared if i in against]
        if rows:
            yield Finding(
                "error",
                table.place(rows, ranking.rank),
                _("rows with different values share a printed rank"),
                "; ".join(_stated(table, ranking, i) for i in rows[:8]),
                _("one rank for equal values only"),
                _(LOOK),
            )


def _columns(ranking: Ranking) -> list[Column]:
    return [ranking.rank] + ([ranking.value] if ranking.value else [])


def _stated(table: Table, ranking: Ranking, i: int) -> str:
    cells = ", ".join(f"{c.name} {c.cells[i]}" for c in _columns(ranking))
    return f"{table.short(i)}: {cells}"


def _ranks_like(column: Column) -> bool:
    """Positive numbers in steps of a half, none with a word such as about."""
    known = [n for n in column.numbers if n is not None]
    return len(known) >= 3 and all(n.exact and 2 * n.value == round(2 * n.value) for n in known)


def _ranking(table: Table, rank: Column, roles: Roles) -> Ranking:
    if roles.value and (told := table.column(roles.value)):
        return Ranking(rank, told, _sign(rank, told))
    best: tuple[tuple[float, ...], Column, int] | None = None
    able = table.numeric("value", "total", "share")
    for c in able:
        if table.key is c or sum(n is not None for n in c.numbers) < 3:
            continue
        if rank.years and c.years and not set(rank.years) & set(c.years):
            continue
        sign = _sign(rank, c)
        gone = order.left_out(*_pair(rank, c, sign))
        if not _plausible(gone, len(table), _evidence(rank, c, len(able))):
            continue
        named = bool(set(c.words) & SCORE)
        key = (-float(_evidence(rank, c, len(able))), float(gone), -float(named))
        if best is None or key < best[0]:
            best = key, c, sign
    return Ranking(rank, best[1], best[2]) if best else Ranking(rank, None)


def _evidence(rank: Column, value: Column, able: int) -> bool:
    """Whether names say that the one ranks the other: same year, same words, a score, or alone."""
    shared = set(rank.words) & set(value.words) - {str(y) for y in rank.years}
    return (
        able == 1
        or bool(set(rank.years) & set(value.years))
        or bool(shared)
        or bool(set(value.words) & SCORE)
    )


def _plausible(gone: int, n: int, evidence: bool) -> bool:
    """Few rows may fall out of order; without a hint in the names, fewer and in longer tables."""
    if evidence:
        return gone <= max(2, n // 5)
    return n >= 8 and gone <= 2


def _sign(rank: Column, value: Column) -> int:
    up, down = (order.left_out(*_pair(rank, value, s)) for s in (1, -1))
    return 1 if up <= down else -1


def _pair(
    rank: Column, value: Column, sign: int
) -> tuple[list[float | None], list[order.Interval | None]]:
    return [None if n is None else n.value for n in rank.numbers], intervals(
        value, sign, len(rank.cells)
    )
