"""The numbers of firms in plain Python, from the definitions alone: slow, and knows no SQL.

Truth values are True, False and None (unknown); a number in which anything is unknown is None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

Cells = dict[tuple[str, int], dict[tuple[str, str], Any]]


def both(*values: bool | None) -> bool | None:
    """And, with unknown."""
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def neither(values: Iterable[bool | None]) -> bool | None:
    """None of them is true."""
    values = list(values)
    if any(v is True for v in values):
        return False
    return None if any(v is None for v in values) else True


def plain(rows: list[dict[str, Any]], growth: Fraction = Fraction(1, 10), gap: int = 2) -> Cells:
    """(measure, year) -> (geo, activity) -> number or None; cells without a firm are left out."""
    firms: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        firms[row["id"]][row["time"]] = row
    years = sorted({row["time"] for row in rows})
    told = _Told(years[0], years[-1], "birth" in rows[0], "death" in rows[0], gap, growth)
    found: Cells = defaultdict(lambda: defaultdict(int))
    for history in firms.values():
        for name, t, place, value in told.events(history):
            cell = found[name, t]
            old = cell[place]
            cell[place] = None if value is None or old is None else old + value
    return found


class _Told:
    def __init__(
        self, first: int, last: int, birth: bool, death: bool, gap: int, growth: Fraction
    ) -> None:
        self.first, self.last, self.gap, self.growth = first, last, gap, growth
        self.birth, self.death = birth, death

    def events(self, history: dict[int, dict[str, Any]]) -> list[tuple[str, int, Any, Any]]:
        found: list[tuple[str, int, Any, Any]] = []
        any_row = next(iter(history.values()))
        birth, death = any_row.get("birth"), any_row.get("death")

        def place(t: int) -> tuple[str, str]:
            return history[t]["geo"], history[t]["activity"]

        def jobs(t: int) -> Any:
            return history[t]["employment"] if t in history else 0

        def active(t: int) -> bool | None:
            value = jobs(t)
            return None if value is None else value > 0

        def born(t: int) -> bool | None:
            if self.birth:
                started = None if birth is None else birth >= self.first
                return both(active(t), neither(active(s) for s in range(self.first, t)), started)
            return both(active(t), neither(active(t - s) for s in range(1, self.gap + 1)))

        def died(t: int) -> bool | None:
            if self.death:
                ended = death is not None and death <= self.last
                after = neither(active(s) for s in range(t + 1, self.last + 1))
                return both(active(t), after, ended)
            return both(active(t), neither(active(t + s) for s in range(1, self.gap + 1)))

        def young(t: int) -> bool | None:
            if self.birth:
                return both(active(t), None if birth is None else t - birth <= 5)
            recent = [born(s) for s in range(t - 5, t + 1)]
            some = True if True in recent else None if None in recent else False
            return both(active(t), some)

        def number(answer: bool | None, value: Any = 1) -> Any:
            return None if answer is None else value if answer else 0

        def knows_birth(t: int) -> bool:
            return t >= (self.first if self.birth else self.first + self.gap)

        def knows_death(t: int) -> bool:
            return self.first <= t <= (self.last if self.death else self.last - self.gap)

        def add(name: str, t: int, where: int, value: Any) -> None:
            if where in history:
                found.append((name, t, place(where), value))

        for t in range(self.first, self.last + 1):
            add("firms", t, t, number(active(t)))
            add("employment", t, t, jobs(t))
            if knows_birth(t):
                add("entry", t, t, number(born(t)))
                for k in range(1, 6):
                    if t + k <= self.last:
                        again = (
                            True
                            if self.birth
                            else neither(born(s) for s in range(t + 1, t + k + 1))
                        )
                        add(f"survivors_{k}", t + k, t, number(both(born(t), active(t + k), again)))
            if knows_death(t):
                add("exit", t, t, number(died(t)))
            if self.birth or knows_birth(t - 5):
                add("young", t, t, number(young(t)))
                own = young(t)
                value = 0 if own is False else None if own is None else jobs(t)
                add("young_employment", t, t, value)
            if t > self.first and knows_birth(t) and knows_death(t - 1):
                self._flows(t, history, (jobs, born, died), add)
            if t - 3 >= self.first and knows_birth(t - 3):
                start, end = jobs(t - 3), jobs(t)
                large = None if start is None else start >= 10
                base = both(large, active(t), neither([born(t - 3)]))
                grown = (
                    None
                    if start is None or end is None
                    else Fraction(end) > Fraction(start) * (1 + self.growth) ** 3
                )
                add("growth_base", t, t - 3, number(base))
                add("high_growth", t, t - 3, number(both(base, grown)))
                if self.birth or knows_birth(t - 5):
                    add("gazelles", t, t - 3, number(both(base, grown, young(t))))
        return found

    def _flows(
        self,
        t: int,
        history: dict[int, Any],
        asked: tuple[Callable[[int], Any], ...],
        add: Callable[[str, int, int, Any], None],
    ) -> None:
        jobs, born, died = asked
        start = t - 1 if t - 1 in history else t
        before, now, new, gone = jobs(t - 1), jobs(t), born(t), died(t - 1)
        more = None if before is None or now is None else now > before
        less = None if before is None or now is None else now < before

        def value(answer: bool | None, amount: Any) -> Any:
            return None if answer is None else amount if answer else 0

        change = None if before is None or now is None else abs(now - before)
        add("jobs_entry", t, t, value(new, now))
        add("jobs_exit", t, t - 1, value(gone, before))
        add("jobs_expansion", t, start, value(both(more, neither([new])), change))
        add("jobs_contraction", t, start, value(both(less, neither([gone])), change))
