"""Yes/no columns, counts with a limit, dates and running numbers inside one table."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from hansa.errors import Finding
from hansa.facts.account.printed import shown
from hansa.facts.account.table import Column, Table, number_word
from hansa.language import N_, _

START, END = {"start", "begin", "from", "beginning", "opening"}, {"end", "finish", "until", "close"}
_LEAST, _MOST = {"least", "minimum", "min"}, {"most", "maximum", "max"}
_CHANCE = 0.01
_AT_LEAST = N_("{flag} is yes exactly where {value} is at least {mark}, as in {number} other rows")
_AT_MOST = N_("{flag} is yes exactly where {value} is at most {mark}, as in {number} other rows")


def check_flags(table: Table) -> Iterator[Finding]:
    """Findings on what a row says of itself."""
    for flag in (c for c in table.columns if c.kind == "flag"):
        yield from _threshold(table, flag)
        yield from _named_count(table, flag)
    yield from _limits(table)
    yield from _dates(table)
    yield from _sequence(table)
    yield from _labels(table)


def _threshold(table: Table, flag: Column) -> Iterator[Finding]:
    """A yes/no column that says whether a number reaches a threshold, in all rows but one.

    Of several columns that could be meant, the one with the fewest exceptions is.
    """
    told = _told(flag)
    best: tuple[int, Column, float, bool, list[int]] | None = None
    for c in table.numeric("value", "rank", "total", "share"):
        rows = [i for i in table.rows if flag.flags[i] is not None and c.numbers[i] is not None]
        values = [n.value for i in rows if (n := c.numbers[i]) is not None]
        yes = [bool(flag.flags[i]) for i in rows]
        if len(rows) < 5 or len(set(values)) < 3 or not (told or _telling(yes)):
            continue
        for least in (True, False) if told is None else (told[1],):
            marks = [told[0]] if told else sorted(set(values))[1:]
            odd = _fewest(values, yes, marks, least)
            if odd and (best is None or len(odd[1]) < best[0]):
                best = len(odd[1]), c, odd[0], least, [rows[k] for k in odd[1]]
    if best is None or best[0] != 1:
        return
    _odd, c, mark, least, (i,) = best
    yield Finding(
        "warning",
        table.place([i], flag, c),
        _("one row breaks the rule that all other rows keep"),
        f"{table.short(i)}: {flag.name} {flag.cells[i]}, {c.name} {c.cells[i]}",
        _(
            _AT_LEAST if least else _AT_MOST,
            flag=flag.name,
            value=c.name,
            mark=shown(mark),
            number=len(table.rows) - 1,
        ),
        _("look both cells up in the source"),
    )


def _fewest(
    values: list[float], yes: list[bool], marks: list[float], least: bool
) -> tuple[float, list[int]] | None:
    """The threshold with the fewest exceptions, and their positions."""
    best: tuple[float, list[int]] | None = None
    for mark in marks:
        odd = [
            k
            for k, (v, y) in enumerate(zip(values, yes, strict=True))
            if y != (v >= mark if least else v <= mark)
        ]
        if best is None or len(odd) < len(best[1]):
            best = mark, odd
    return best


def _telling(yes: list[bool]) -> bool:
    """Whether a threshold with one exception is more than chance: few such among all patterns."""
    n, k = len(yes), sum(yes)
    return min(k, n - k) >= 2 and 2 * n / comb(n, k) < _CHANCE


def _told(flag: Column) -> tuple[float, bool] | None:
    """A threshold in the name, `at_least_five`: the number, and whether it is a lower one."""
    for word, after in zip(flag.words, flag.words[1:], strict=False):
        value = number_word(after)
        if value is not None and word in _LEAST | _MOST:
            return float(value), word in _LEAST
    return None


def _named_count(table: Table, flag: Column) -> Iterator[Finding]:
    """`one_of_the_six`, `top_ten`: as many rows say yes as the name says."""
    for word, after in zip(flag.words, flag.words[1:], strict=False):
        value = number_word(after)
        if value is None or value < 2 or word not in ("the", "of", "top", "first", "best"):
            continue
        rows = [i for i in table.rows if flag.flags[i]]
        if len(rows) != value and None not in flag.flags:
            yield Finding(
                "warning",
                table.place(rows, flag),
                _("a yes/no column does not count what its name says"),
                _("{number} rows with yes in {column}", number=len(rows), column=flag.name),
                _("{number} rows", number=value),
                _("look for a row that is missing or marked wrongly"),
            )


def _limits(table: Table) -> Iterator[Finding]:
    """A count above its limit, such as marks above the cells there are."""
    for limit in table.numeric("possible"):
        for c in table.numeric("value"):
            both = [
                (i, c.numbers[i], limit.numbers[i])
                for i in table.rows
                if c.numbers[i] is not None and limit.numbers[i] is not None
            ]
            over = [i for i, a, b in both if a and b and a.low >= b.high]
            if not over or len(over) > max(1, len(both) // 4) or len(both) < 3:
                continue
            for i in over:
                yield Finding(
                    "error",
                    table.place([i], c, limit),
                    _("a count is above its limit"),
                    f"{table.short(i)}: {c.name} {c.cells[i]}, {limit.name} {limit.cells[i]}",
                    _("at most {number}", number=limit.cells[i]),
                    _("look both numbers up in the source"),
                )


def _dates(table: Table) -> Iterator[Finding]:
    dates = [c for c in table.columns if c.kind == "date"]
    starts = [c for c in dates if set(c.words) & START]
    ends = [c for c in dates if set(c.words) & END]
    for start, end in ((s, e) for s in starts[:1] for e in ends[:1]):
        for i in range(len(table)):
            first, last = start.cells[i], end.cells[i]
            if first and last and last[: len(first)] < first[: len(last)]:
                yield _date(table, i, (start, end), _("an end lies before its start"), "error")
                continue
            for c in dates:
                own = c.cells[i]
                if c not in (start, end) and own and first and last and not first <= own <= last:
                    yield _date(table, i, (c, start, end), _("a date lies outside its period"))


def _date(
    table: Table, i: int, columns: tuple[Column, ...], rule: str, severity: str = "warning"
) -> Finding:
    return Finding(
        "error" if severity == "error" else "warning",
        table.place([i], *columns),
        rule,
        ", ".join(f"{c.name} {c.cells[i]}" for c in columns),
        _("start before end") if severity == "error" else _("between start and end"),
        _("look the dates up in the source"),
    )


def _sequence(table: Table) -> Iterator[Finding]:
    """A column of running numbers with one gap or one number twice; steps that go back in time."""
    order = next(iter(table.numeric("order")), None)
    if order is None or len(table) < 4 or any(n is None for n in order.numbers):
        return
    values = [n.value for n in order.numbers if n is not None]
    odd = [i for i, v in enumerate(values) if v != i + 1]
    if len(odd) == 1:
        yield Finding(
            "warning",
            table.place(odd, order),
            _("running numbers leave one out"),
            f"{order.name} {order.cells[odd[0]]}",
            f"{odd[0] + 1}",
            _("look for a missing row or a wrong number"),
        )
    start = next((c for c in table.columns if c.kind == "date" and set(c.words) & START), None)
    if start is None or odd:
        return
    for i in range(1, len(table)):
        before, own = start.cells[i - 1], start.cells[i]
        if before and own and own < before:
            yield Finding(
                "warning",
                table.place([i - 1, i], order, start),
                _("steps in order go back in time"),
                _("{first}, then {second}", first=before, second=own),
                _("dates in the order of the steps"),
                _("look both dates up in the source"),
            )


def _labels(table: Table) -> Iterator[Finding]:
    """A code with two labels, one of them once only: `group` and `group_label`."""
    for code in table.columns:
        for label in table.columns:
            base = code.name.removesuffix("_code")
            if label is code or label.name not in (f"{base}_label", f"{base}_name", base):
                continue
            if code.kind != "text" or label.kind != "text":
                continue
            seen: dict[str, list[int]] = {}
            for i, cell in enumerate(code.cells):
                seen.setdefault(cell, []).append(i)
            for cell, rows in seen.items():
                texts = [label.cells[i] for i in rows]
                if not cell or len(set(texts)) < 2:
                    continue
                usual = max(dict.fromkeys(texts), key=texts.count)
                odd = [i for i in rows if label.cells[i] != usual]
                yield Finding(
                    "warning",
                    table.place(odd, code, label),
                    _("one code has several labels"),
                    f"{code.name} {cell}: {label.cells[odd[0]]}",
                    usual,
                    _("spell the label the same way in every row, or give it a code of its own"),
                )
