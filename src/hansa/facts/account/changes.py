"""Printed changes of rank: against a permutation, and against earlier values and ranks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hansa.errors import Finding
from hansa.facts.account import order
from hansa.facts.account.folder import Roles
from hansa.facts.account.printed import shown, span
from hansa.facts.account.ranks import LOOK, Ranking, intervals, is_complete
from hansa.facts.account.table import RANK, Column, Table
from hansa.facts.check_words import either, some, together
from hansa.language import N_, _

_UNRELATED = 0.3


@dataclass(frozen=True)
class Move:
    """A column of changes of rank, the later ranks, and the earlier values if they are printed.

    sign  1 where a positive change is a rise (earlier rank = rank + change), else -1
    """

    ranking: Ranking
    change: Column
    earlier: Column | None
    sign: int = 1

    def ranks(self) -> list[float | None]:
        """The earlier ranks that rank and change give."""
        pairs = zip(self.ranking.ranks(), self.change.numbers, strict=True)
        return [None if r is None or c is None else r + self.sign * c.value for r, c in pairs]

    def values(self) -> list[order.Interval | None]:
        """Intervals of the earlier values, the largest the best."""
        return intervals(self.earlier, self.ranking.sign, len(self.change.cells))

    def change_for(self, i: int, earlier_rank: float) -> str:
        """The change that would give an earlier rank, signed."""
        now = self.ranking.ranks()[i] or 0
        return f"{self.sign * (earlier_rank - now):+g}".replace("+0", "0")

    @property
    def when(self) -> str:
        """The earlier year, in words."""
        later = set(self.ranking.rank.years)
        years = sorted(set(self.change.years) - later) or list(
            self.earlier.years if self.earlier else ()
        )
        return _("in {year}", year=years[0]) if years else _("before")


def moves(table: Table, ranking: Ranking, roles: Roles) -> Iterator[Move]:
    """Every column of changes that can be a change of these ranks."""
    told = table.column(roles.change) if roles.change else None
    for column in [told] if told else table.numeric("change"):
        if not column.whole or not (told or _of_ranks(column, ranking.rank)):
            continue
        found = [Move(ranking, column, _earlier(table, ranking, column, roles), s) for s in (1, -1)]
        odd = [_odd(m) for m in found]
        best = 0 if odd[0] <= odd[1] else 1
        speaking = odd[best][0 if found[best].earlier else 1]
        if told or speaking <= _UNRELATED * len(table):
            yield found[best]


def check_moves(table: Table, move: Move) -> Iterator[Finding]:
    """Findings on one column of changes of rank."""
    ranks, values = move.ranks(), move.values()
    complete = is_complete(move.ranking.ranks()) and None not in ranks
    conventions = _conventions(move)
    yield from _opposite(table, move)
    odd_ties = complete and _ties_from_nothing(move)
    if odd_ties:
        conventions = frozenset(("strict",))
    if len(table) < 3 or order.consistent(ranks, values, conventions, complete):
        return
    repairs = order.rank_repairs(ranks, values, conventions, complete)
    others = order.value_repairs(ranks, values, conventions, complete) if move.earlier else []
    if complete and (not order.patterns(ranks) & conventions or _false_ties(ranks, values)):
        yield _no_permutation(table, move, repairs, odd_ties)
    yield from _against_values(table, move, repairs, others)


def _opposite(table: Table, move: Move) -> Iterator[Finding]:
    """Rows that fell in rank while their value got better, or rose while it got worse."""
    if move.earlier is None or move.ranking.value is None:
        return
    now, before, rows = move.ranking.values(), move.values(), []
    for i, change in enumerate(move.change.numbers):
        one, other = now[i], before[i]
        if change is None or one is None or other is None:
            continue
        rose = move.sign * change.value
        if (rose < 0 and order.certainly_above(one, other)) or (
            rose > 0 and order.certainly_above(other, one)
        ):
            rows.append(i)
    if rows:
        yield Finding(
            "note",
            table.place(rows, move.change, move.ranking.value, move.earlier),
            _("rank and value moved in opposite directions"),
            some(table.short(i) for i in rows),
            _("no mistake: others moved more"),
            _("say of which of the two a text speaks when it says improved or fell"),
        )


def _false_ties(ranks: order.Ranks, values: order.Values) -> bool:
    """Whether rows share a rank although one value is certainly larger than the other."""
    against = order.conflicts(ranks, values)
    shared = order.repeated(ranks).values()
    return any(set(against.get(i, ())) & set(rows) for rows in shared for i in rows)


def _ties_from_nothing(move: Move) -> bool:
    """Ties before by some convention, none now, and no earlier values that could explain them."""
    ranks = move.ranks()
    tied = bool(order.repeated(ranks)) and not order.repeated(move.ranking.ranks())
    return tied and move.earlier is None and bool(order.patterns(ranks))


def _no_permutation(
    table: Table, move: Move, repairs: list[dict[int, float]], odd_ties: bool
) -> Finding:
    ranks = move.ranks()
    twice = order.repeated(ranks)
    outside = [i for i, r in enumerate(ranks) if r is not None and not 1 <= r <= len(ranks)]
    rows = sorted({*outside, *(i for shared in twice.values() for i in shared)})
    parts = [
        _("{number} for {rows}", number=shown(r), rows=some(table.short(i) for i in own))
        for r, own in twice.items()
    ]
    alone = [i for i in outside if all(i not in own for own in twice.values())]
    parts += [
        _("{number} for {rows}", number=shown(ranks[i] or 0), rows=table.short(i)) for i in alone
    ]
    if lacking := order.missing(ranks):
        parts.append(_("nobody has {ranks}", ranks=some(lacking)))
    # Ranks of a list that was longer then can look so, where no few corrections help; rank 0 never.
    above = all((ranks[i] or 0) > len(ranks) for i in outside)
    longer = above and (bool(outside) or not repairs)
    return Finding(
        "warning" if odd_ties or (longer and order.ordered(ranks, move.values())) else "error",
        table.place(rows, move.ranking.rank, move.change),
        _("ranks and changes of rank give ranks {when} that are no permutation", when=move.when),
        _("rank and change give {ranks}", ranks="; ".join(parts)),
        _("each of 1 to {n} once, or ties by the convention of the printed ranks", n=len(ranks)),
        _proposal(table, move, repairs),
    )


def _against_values(
    table: Table, move: Move, repairs: list[dict[int, float]], others: list[int]
) -> Iterator[Finding]:
    """Rows whose implied earlier rank the earlier values do not allow."""
    if move.earlier is None:
        return
    ranks, values = move.ranks(), move.values()
    against = order.conflicts(ranks, values)
    outside = [i for i in against if _outside(ranks, values, i)] or sorted(against)
    if others and len(outside) > 2:
        yield _one_value(table, move, others)
        return
    for i in sorted(outside):
        low, high = order.admissible(values, i)
        able = sorted({move.change_for(i, r) for r in range(low, high + 1)}, key=float)
        rivals = "; ".join(_stated(table, move, j) for j in against[i][:3])
        needed = _(
            "rank {span} {when} by {value} (each number rounded), so {change} {changes}",
            span=span(low, high),
            when=move.when,
            value=move.earlier.name,
            change=move.change.name,
            changes=some(able),
        )
        if i in others:
            other = f"{move.earlier.name} {_room(move, i)}"
            needed = _("{first}; or {second}", first=needed, second=other)
        yield Finding(
            "error",
            table.place([i], move.change, move.earlier),
            _("a change of rank contradicts the values {when}", when=move.when),
            _("{stated}; against {rivals}", stated=_stated(table, move, i), rivals=rivals),
            needed,
            _proposal(table, move, repairs),
        )


def _one_value(table: Table, move: Move, others: list[int]) -> Finding:
    assert move.earlier is not None
    return Finding(
        "error",
        table.place(others, move.change, move.earlier),
        _("a change of rank contradicts the values {when}", when=move.when),
        "; ".join(_stated(table, move, i) for i in others[:6]),
        either(
            [
                _(
                    "{number} for {rows}",
                    number=f"{move.earlier.name} {_room(move, i)}",
                    rows=table.short(i),
                )
                for i in others
            ]
        ),
        _("one of these corrections makes all changes agree: {look}", look=_(LOOK)),
    )


def _room(move: Move, i: int) -> str:
    low, high = order.room(move.ranks(), move.values(), i)
    return span(low, high) if move.ranking.sign > 0 else span(-high, -low)


def _stated(table: Table, move: Move, i: int) -> str:
    earlier = f", {move.earlier.name} {move.earlier.cells[i]}" if move.earlier else ""
    rank, now, change = move.ranks()[i], move.ranking.rank, move.change
    said = _(
        "{row}: {cells}, so rank {rank} {when}",
        row=table.short(i),
        cells=f"{now.name} {now.cells[i]}, {change.name} {change.cells[i]}",
        rank=shown(rank) if rank is not None else _("unknown"),
        when=move.when,
    )
    return f"{said}{earlier}"


def _proposal(table: Table, move: Move, repairs: list[dict[int, float]]) -> str:
    if not repairs:
        return _("no small set of corrections reconciles everything: {look}", look=_(LOOK))
    sets = [
        together(
            [
                _("{number} for {rows}", number=move.change_for(i, r), rows=table.short(i))
                for i, r in fix.items()
            ]
        )
        for fix in repairs
    ]
    changes = f"{move.change.name} {either(sets[:4])}"
    if len(sets) > 4:
        changes = _("{several} (or {n} more)", several=changes, n=len(sets) - 4)
    said = N_("each of these reconciles everything: {changes}; {look}")
    if len(sets) == 1:
        said = N_(
            "the one smallest correction of changes that reconciles everything: {changes}; {look}"
        )
    return _(said, changes=changes, look=_(LOOK))


def _outside(ranks: order.Ranks, values: order.Values, i: int) -> bool:
    low, high = order.admissible(values, i)
    own = ranks[i]
    return own is not None and not low <= own <= high


def _conventions(move: Move) -> frozenset[str]:
    """Ties before follow the convention of the ties now, where there are any now."""
    now = move.ranking.ranks()
    return order.patterns(now) if order.repeated(now) else frozenset(order.CONVENTIONS)


def _of_ranks(change: Column, rank: Column) -> bool:
    """By its name a change of rank, or of nothing else in particular."""
    known = set(change.words)
    if rank.years and change.years and not set(rank.years) & set(change.years):
        return False
    return bool(known & RANK) or not known - {
        "change", "diff", "difference", "delta", "shift", "movement", "since", "from", "in", "to"
    } - {str(y) for y in change.years}  # fmt: skip


def _earlier(table: Table, ranking: Ranking, change: Column, roles: Roles) -> Column | None:
    """The column of earlier values: told, or named like the later one with another year."""
    if roles.earlier:
        return table.column(roles.earlier)
    if ranking.value is None:
        return None
    years = {str(y) for c in table.columns for y in c.years}
    bare = [w for w in ranking.value.words if w not in years]
    able = [
        c
        for c in table.numeric("value", "total", "share")
        if c is not ranking.value
        and c.years
        and c.years != ranking.value.years
        and [w for w in c.words if w not in years] == bare
        and (not change.years or set(c.years) <= set(change.years))
    ]
    return able[0] if len(able) == 1 else None


def _odd(move: Move) -> tuple[int, int]:
    """Rows that speak against this reading of the sign: by earlier values, then by the ranks."""
    ranks, values = move.ranks(), move.values()
    wrong = {i for shared in order.repeated(ranks).values() for i in shared[1:]}
    wrong |= {i for i, r in enumerate(ranks) if r is not None and not 1 <= r <= len(ranks)}
    return (order.left_out(ranks, values) if move.earlier else 0), len(wrong)
