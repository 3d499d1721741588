"""Rules agreed in advance, as data: pass, fail or cannot say, with the fields that decided.

A rule is a table of a TOML file and tests one thing in a small closed language:

    count | distinct | sum | share | before | gap | exists

Unknown cells are never guessed: a rule passes only where every way to fill them passes, fails only
where every way fails. So filling what is named as missing settles it, and blanking a cell never
turns fail or cannot say into pass.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hansa.errors import HansaError, UsageError, listed

Verdict = Literal["pass", "fail", "cannot say"]
ORDER: tuple[Verdict, ...] = ("fail", "cannot say", "pass")
PUBLISHED = Path(__file__).parent / "rules" / "bsr-2009.toml"


class Rule(BaseModel):
    """One rule.

    applies_to  call, project or activity
    test        count: rows of a table; distinct: different values of `table.column`; sum: of a
                column; share: of one sum in another (`of` in `within`), each party against its own
                expected share where `against` names a column; before: the date `of` lies before
                the date `than`; gap: days between dates of a column in a row; exists: filled
    where       rows that count: column -> admissible values; `not_where`: values that exclude
    least, most bounds of what is tested, both included
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: dict[str, str] = Field(min_length=1)
    applies_to: Literal["call", "project", "activity"] = "activity"
    test: Literal["count", "distinct", "sum", "share", "before", "gap", "exists"]
    of: str
    within: str = ""
    against: str = ""
    than: str = ""
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    not_where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    least: Decimal | None = None
    most: Decimal | None = None
    severity: Literal["error", "warning", "note"] = "error"
    source: str

    @model_validator(mode="after")
    def _whole(self) -> Rule:
        if self.test in ("count", "distinct", "sum", "gap") and self.least is self.most is None:
            raise ValueError(f"{self.test} needs least or most")
        if self.test == "share" and not (self.within or self.against):
            raise ValueError("share needs within or against")
        if self.test == "before" and not self.than:
            raise ValueError("before needs than")
        return self


@dataclass(frozen=True)
class Result:
    """What a rule says: used are the fields it looked at, missing those that would settle it."""

    rule: Rule
    verdict: Verdict
    found: str
    used: tuple[str, ...]
    missing: tuple[str, ...] = ()


Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Subject:
    """What is tested: fields of its own, and tables of rows; an empty cell is not known.

    on  the day for which it is tested: rows that ended before it, or begin after it, do not count
    """

    id: str
    fields: Mapping[str, str]
    tables: Mapping[str, Rows]
    on: str = ""


def read_rules(path: Path = PUBLISHED) -> tuple[Rule, ...]:
    """The rules of a TOML file, an array of tables `[[rule]]`. Raises HansaError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise HansaError(
            "the rules cannot be read", place=str(path), printed=str(problem), admissible="TOML"
        ) from problem
    rules = []
    for number, table in enumerate(content.get("rule", []), 1):
        try:
            rules.append(Rule(**table))
        except ValidationError as problem:
            first: Any = problem.errors()[0]
            key = ".".join(map(str, first["loc"])) or table.get("id")
            raise UsageError(
                f"rule {number} is wrong at {key!r}",
                place=str(path),
                printed=repr(first.get("input"))[:120] if first["loc"] else "",
                admissible=first["msg"].removeprefix("Value error, "),
            ) from problem
    names = [rule.id for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"the rule {listed(sorted(twice))} stands twice", place=str(path))
    return tuple(rules)


def apply_rules(rules: Sequence[Rule], subject: Subject) -> tuple[Result, ...]:
    """Every rule on a subject, in the order of ids: their order changes nothing."""
    return tuple(_TESTS[r.test](r, subject) for r in sorted(rules, key=lambda r: r.id))


def joined_verdict(results: Sequence[Result]) -> Verdict:
    """All rules together: fail beats cannot say beats pass."""
    verdicts = {r.verdict for r in results}
    return next((v for v in ORDER if v in verdicts), "pass")


@dataclass(frozen=True)
class _Cells:
    """The cells of a column that count: known values, places of unknown ones.

    doubtful  rows of which it cannot be said whether they count
    absent    the table is not there at all: nothing is known of its rows
    """

    known: tuple[str, ...]
    missing: tuple[str, ...]
    doubtful: tuple[str, ...]
    name: str
    absent: bool = False


def _cells(rule: Rule, subject: Subject, field: str) -> _Cells:
    table, _, column = field.partition(".")
    known, missing, doubtful = [], [], []
    if table not in subject.tables:
        return _Cells((), (), (f"the table {table}",), field, absent=True)
    for number, row in enumerate(subject.tables.get(table, ()), 1):
        counts = _counts(rule, row, subject.on)
        if counts is False:
            continue
        place = f"{table} row {number}: {column or 'row'}"
        value = row.get(column, "") if column else "row"
        if counts is None:
            doubtful.append(f"{table} row {number}")
        elif value == "":
            missing.append(place)
        else:
            known.append(value)
    return _Cells(tuple(known), tuple(missing), tuple(doubtful), field)


def _counts(rule: Rule, row: Mapping[str, str], on: str) -> bool | None:
    """Whether a row counts; None where an empty cell decides."""
    doubt = False
    for column, values in rule.where.items():
        cell = row.get(column, "")
        if cell and cell not in values:
            return False
        doubt = doubt or not cell
    for column, values in rule.not_where.items():
        cell = row.get(column, "")
        if cell in values and cell:
            return False
        doubt = doubt or not cell
    if on and (start := row.get("from", "")) and start > on:
        return False
    # No end recorded means none.
    if on and (end := row.get("to", "")) and end <= on:
        return False
    return None if doubt else True


def _bounded(rule: Rule, cells: _Cells, low: Decimal, high: Decimal | None) -> Result:
    """A verdict on a number of which bounds are known (high: None is no bound)."""
    missing = (*cells.missing, *cells.doubtful)
    least, most = rule.least, rule.most
    sure = (least is None or low >= least) and (most is None or (high is not None and high <= most))
    never = (least is not None and high is not None and high < least) or (
        most is not None and low > most
    )
    verdict: Verdict = "pass" if sure else "fail" if never else "cannot say"
    found = f"{low}" if low == high else f"{low} to {high if high is not None else 'unknown'}"
    return Result(rule, verdict, found, (cells.name,), missing if verdict == "cannot say" else ())


def _count(rule: Rule, subject: Subject) -> Result:
    cells = _cells(rule, subject, rule.of)
    low = len(cells.known)
    high = low + len(cells.missing) + len(cells.doubtful)
    return _bounded(rule, cells, Decimal(low), None if cells.absent else Decimal(high))


def _distinct(rule: Rule, subject: Subject) -> Result:
    cells = _cells(rule, subject, rule.of)
    low = len(set(cells.known)) or (1 if cells.missing else 0)
    high = len(set(cells.known)) + len(cells.missing) + len(cells.doubtful)
    return _bounded(rule, cells, Decimal(low), None if cells.absent else Decimal(high))


def _sum(rule: Rule, subject: Subject) -> Result:
    cells = _cells(rule, subject, rule.of)
    total = sum((_number(v, cells.name) for v in cells.known), Decimal(0))
    whole = not cells.missing and not cells.doubtful
    return _bounded(rule, cells, total, total if whole else None)


def _share(rule: Rule, subject: Subject) -> Result:
    """Each row's share in the column's sum against the share that `against` expects of it."""
    if rule.within:
        part, whole = (_cells(rule, subject, f) for f in (rule.of, rule.within))
        if part.missing or whole.missing or part.doubtful or whole.doubtful:
            missing = (*part.missing, *whole.missing, *part.doubtful, *whole.doubtful)
            return Result(rule, "cannot say", "", (rule.of, rule.within), missing)
        below = sum((_number(v, rule.within) for v in whole.known), Decimal(0))
        above = sum((_number(v, rule.of) for v in part.known), Decimal(0))
        if not below:
            return Result(rule, "cannot say", "0 of 0", (rule.of, rule.within), (rule.within,))
        return _bounded(rule, part, above / below, above / below)
    own, other = (_cells(rule, subject, f) for f in (rule.of, rule.against))
    missing = (*own.missing, *other.missing, *own.doubtful)
    sums = [sum((_number(v, c.name) for v in c.known), Decimal(0)) for c in (own, other)]
    if missing or not all(sums) or rule.most is None:
        named = missing or ((f"limit of {rule.id}",) if rule.most is None else (rule.of,))
        return Result(rule, "cannot say", "", (rule.of, rule.against), named)
    apart = max(
        abs(_number(a, own.name) / sums[0] - _number(b, other.name) / sums[1])
        for a, b in zip(own.known, other.known, strict=True)
    )
    return _bounded(rule, own, apart, apart)


def _before(rule: Rule, subject: Subject) -> Result:
    names = (rule.of, rule.than)
    first, second = (subject.fields.get(name, "") for name in names)
    missing = tuple(name for name, value in zip(names, (first, second), strict=True) if not value)
    if missing:
        return Result(rule, "cannot say", "", names, missing)
    verdict: Verdict = "pass" if _day(first, names[0]) < _day(second, names[1]) else "fail"
    return Result(rule, verdict, f"{first}, {second}", names)


def _gap(rule: Rule, subject: Subject) -> Result:
    cells = _cells(rule, subject, rule.of)
    days = sorted(_day(v, cells.name) for v in cells.known)
    unknown = len(cells.missing) + len(cells.doubtful)
    if len(days) < 2:
        missing = (*cells.missing, *cells.doubtful) or (f"two dates in {rule.of}",)
        return Result(rule, "cannot say", f"{len(days)} dates", (rule.of,), missing)
    widest = Decimal(max((b - a).days for a, b in itertools.pairwise(days)))
    # A date that is not known may lie between the others, or far after them.
    return (
        _bounded(rule, cells, Decimal(0), None)
        if unknown
        else (_bounded(rule, cells, widest, widest))
    )


def _exists(rule: Rule, subject: Subject) -> Result:
    value = subject.fields.get(rule.of, "")
    verdict: Verdict = "pass" if value else "cannot say"
    return Result(rule, verdict, value, (rule.of,), () if value else (rule.of,))


def _number(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as problem:
        raise HansaError(
            f"{name} is no number", printed=repr(text), admissible="digits with a decimal point"
        ) from problem


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise HansaError(
            f"{name} is no date", printed=repr(text), admissible="year-month-day: 2008-05-30"
        ) from problem


_TESTS = {
    "count": _count, "distinct": _distinct, "sum": _sum, "share": _share, "before": _before,
    "gap": _gap, "exists": _exists,
}  # fmt: skip
