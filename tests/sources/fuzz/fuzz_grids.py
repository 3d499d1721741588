"""Random facts laid out as rows and columns of text: long, wide, one row a measure; and damage."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fuzz_cases import NUMBERS, Choice
from fuzz_tables import (
    MEASURES,
    SIGNS,
    Cell,
    Entry,
    Facts,
    Plan,
    Signs,
    cell,
    code,
    in_cell,
    status,
    without_flags,
)
from hypothesis import strategies as st

OTHER_NAMES = ("region", "NACE_R2", "year", "jobs, all", "flag", "Höhe", "c 1")
LABELS = ("", "Kiel", "Wood, paper", 'the "north"', "two\nlines", " ", "a;b\tc|d", "1,5")


@dataclass(frozen=True)
class Grid:
    """A table of text, what its description says, how the second reader reads it, the answer."""

    header: list[str]
    rows: list[list[str]]
    describe: dict[str, Any]
    plan: Plan
    answer: dict[tuple[str, str, int], Cell]
    measure: str


def long_grid(facts: Facts) -> Grid:
    """One row a key, one column a measure, its status, bounds and estimated share beside it."""
    choice = Choice(facts.style)
    signs = choice.of(SIGNS)
    measure = facts.measure
    beside = choice.of((False, True))
    own = "status" if choice.of((False, True)) else f"{measure}_status"
    parts = choice.of(PARTS)
    names = ["geo", "activity", "time", measure]
    names += [own] if beside else []
    names += [f"{measure}_{part}" for part in parts]
    rows, answer = [], {}
    for entry in facts.entries:
        entry = fitting(entry, beside)
        mine = Choice(entry.style)
        value = (without_flags if beside else in_cell)(entry, signs, mine)
        row = [*keys(facts, entry, mine), value]
        row += [status(entry.flags, signs, mine)] if beside else []
        more = extras(entry, parts, mine)
        row += [written_part(more[part], signs, mine) for part in parts]
        rows.append(row)
        answer[entry.key] = expected(entry, more)
    plan = Plan("geo", "activity", "time", measure, own if beside else "")
    plan = replace(plan, **{part: f"{measure}_{part}" for part in parts})
    return finished(facts, choice, signs, names, rows, plan, answer)


PARTS = ((), (), ("lower", "upper"), ("estimated",), ("lower", "upper", "estimated"))


def sdmx_grid(facts: Facts) -> Grid:
    """One row a measure: `measure, value, status`, with rows of other measures among them."""
    choice = Choice(facts.style)
    signs = choice.of(SIGNS)
    beside, named = choice.of((True, False)), choice.of((True, False))
    names = ["geo", "activity", "time", "value", *(["status"] if beside else [])]
    names += ["measure"] if named else []
    rows, answer = [], {}
    for entry in facts.entries:
        entry = fitting(entry, beside)
        mine = Choice(entry.style)
        value = (without_flags if beside else in_cell)(entry, signs, mine)
        row = [*keys(facts, entry, mine), value]
        row += [status(entry.flags, signs, mine)] if beside else []
        rows.append([*row, *([facts.measure] if named else [])])
        answer[entry.key] = expected(entry, {})
        if named and mine.of((False, True)):
            other = mine.of([m for m in (*MEASURES, "hours") if m != facts.measure])
            rows.append([*row[:3], mine.of(("7", "text", "")), *row[4:], other])
    where = (("measure", facts.measure),) if named else ()
    plan = Plan("geo", "activity", "time", "value", "status" if beside else "", where=where)
    grid = finished(facts, choice, signs, names, rows, plan, answer)
    return grid if named else replace(grid, describe=grid.describe | {"measure": facts.measure})


def wide_grid(facts: Facts) -> Grid:
    """One column a year; a key without a number in a year has an empty cell there."""
    choice = Choice(facts.style)
    signs = choice.of(SIGNS)
    years = sorted({e.time for e in facts.entries})
    by_key = {e.key: fitting(e, False) for e in facts.entries}
    pairs = list(dict.fromkeys((e.geo, e.activity) for e in facts.entries))
    rows, answer = [], {}
    for pair in pairs:
        first = next(e for e in by_key.values() if e.key[:2] == pair)
        row = keys(facts, first, Choice(first.style))[:2]
        for year in years:
            entry = by_key.get((*pair, year), Entry(*pair, year, None, "", first.style))
            row.append(in_cell(entry, signs, Choice(entry.style)))
            answer[entry.key] = expected(entry, {})
        rows.append(row)
    names = ["geo", "activity", *map(str, years)]
    named = choice.of(("years", names[2:]))
    wide = tuple(names[2:])
    plan = Plan("geo", "activity", "", "", wide=wide)
    grid = finished(facts, choice, signs, names, rows, plan, answer)
    return replace(grid, describe=grid.describe | {"wide": named})


def fitting(entry: Entry, beside: bool) -> Entry:
    """The entry with flags that its place can hold: cells hold what is known for sure."""
    return entry if beside or len(entry.flags) < 3 else replace(entry, flags=entry.flags[:2])


def keys(facts: Facts, entry: Entry, choice: Choice) -> list[str]:
    """Region, activity and year as they are written."""
    return [
        code(facts.geography, entry.geo, choice),
        code(facts.classification, entry.activity, choice),
        choice.of((str(entry.time), f" {entry.time} ")),
    ]


def extras(entry: Entry, parts: tuple[str, ...], choice: Choice) -> dict[str, Decimal | None]:
    """Bounds around the value, and the estimated share of it."""
    around = Decimal(choice.of((0, 7, 100))) if entry.value is None else entry.value
    wide = Decimal(choice.of((0, 1, 5)))
    found = {"lower": max(around - wide, Decimal(0)), "upper": around + wide}
    some = {name: choice.of((bound, None)) for name, bound in found.items()}
    some["estimated"] = choice.of((None, Decimal("0.25"), Decimal(1), Decimal(0)))
    return {part: some[part] for part in parts}


def written_part(value: Decimal | None, signs: Signs, choice: Choice) -> str:
    """A bound or share in a cell of its own."""
    return without_flags(Entry("", "", 0, value, "", 0), signs, choice)


def expected(entry: Entry, more: dict[str, Decimal | None]) -> Cell:
    """The right answer: an empty bound is the value itself, an empty share is nothing."""
    value = None if entry.value is None else float(entry.value)
    bounds = {}
    for name in ("lower", "upper"):
        if name in more:
            bounds[name] = value if more[name] is None else float(more[name])
    share = float(more["estimated"] or 0) if "estimated" in more else None
    return cell(entry.value, entry.flags, estimated=share, **bounds)


def finished(
    facts: Facts,
    choice: Choice,
    signs: Signs,
    names: list[str],
    rows: list[list[str]],
    plan: Plan,
    answer: dict[tuple[str, str, int], Cell],
) -> Grid:
    """The grid with labels, rows to leave out, other names and another order of its columns."""
    describe = facts.describe(**signs.describe())
    if choice.of((False, True)):
        names = [*names, "label"]
        rows = [[*row, LABELS[i * 3 % len(LABELS)]] for i, row in enumerate(rows)]
    if choice.of((False, True)):
        names = ["sex", *names]
        decoys = [["F", *row] for row in rows[::2]]
        rows = [*(["T", *row] for row in rows), *decoys]
        describe["where"] = {"sex": "T"}
        plan = replace(plan, where=(*plan.where, ("sex", "T")))
    if choice.of((False, True)):
        names, plan = renamed(names, plan, describe, facts.measure, choice)
    order = sorted(range(len(names)), key=lambda i: (i * choice.of((1, 7, 5)) % 11, i))
    names = [names[i] for i in order]
    rows = [[row[i] for i in order] for row in rows]
    plan = replace(
        plan,
        geography=facts.geography,
        classification=facts.classification,
        signs=signs,
        negative=facts.measure == "value_added",
    )
    return Grid(names, rows, describe, plan, answer, facts.measure)


def renamed(
    names: list[str], plan: Plan, describe: dict[str, Any], measure: str, choice: Choice
) -> tuple[list[str], Plan]:
    """Some columns under their publisher's names."""
    ours = {plan.geo: "geo", plan.activity: "activity", plan.time: "time", plan.value: ""}
    ours[plan.value] = "value" if plan.value == "value" else measure
    others = iter(OTHER_NAMES)
    columns, moved = {}, {}
    for name in names:
        if name and name in ours and choice.of((False, True)):
            moved[name] = columns[ours[name]] = next(others)
    describe["columns"] = columns
    places = {k: moved[v] for k, v in vars(plan).items() if isinstance(v, str) and v in moved}
    return [moved.get(name, name) for name in names], replace(plan, **places)


def adapted(grid: Grid, header: list[str]) -> Plan:
    """The plan for a header that damage has changed: what may be missing, what came by."""
    plan, columns = grid.plan, grid.describe.get("columns", {})
    if plan.wide:
        years = tuple(name for name in header if re.fullmatch("[0-9]{4}", name))
        plan = replace(plan, wide=years if grid.describe["wide"] == "years" else plan.wide)
    long = "value" in (plan.value, *(k for k, v in columns.items() if v == plan.value))
    own = "" if long else f"{grid.measure}_"
    parts = {}
    for part in ("status", "lower", "upper", "estimated"):
        theirs = columns.get(f"{own}{part}", f"{own}{part}")
        parts[part] = theirs if theirs in header else ""
    if not parts["status"] and (long or len(set(header) & set(MEASURES)) < 2):
        theirs = columns.get("status", "status")
        parts["status"] = theirs if theirs in header else ""
    where = tuple(pair for pair in plan.where if pair[0] != "measure")
    theirs = columns.get("measure", "measure")
    if long and theirs in header:
        where = (*where, (theirs, grid.measure))
    return replace(plan, where=where, **parts)


# --- damage to single cells ---------------------------------------------------------------------

HUGE = "a text of 100,000 signs"
"""Stands for one, so that a failing case can be shown."""

NASTY = (
    "",
    " ",
    "many",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1e-400",
    "-1",
    "-0",
    "1,5",
    "1.5",
    "1 234",
    "1.234",
    "1,234",
    "1.234.567,8",
    "0x1F",
    "1_000",
    "٣",
    "½",
    "\u00a0",
    "\u200b7",
    "−5",
    "7\u2028",
    "9" * 400,
    "0." + "1" * 60,
    "TRUE",
    "=1+1",
    "2015-01-01",
    "12 k",
    "12 m",
    ":",
    ":c",
    "NA",
    "c",
    "7:",
    "7 ::p",
    "p7",
    "A,B",
    '"',
    '7"',
    '"7',
    "161",
    "16",
    "ZZ",
    "total",
    " SE11 ",
    HUGE,
    "SE99",
    "UKM7",
    "1e3",
    "1e",
    "20151",
    "201",
    "02015",
    "2015.0",
    "\t7",
    "7\r",
    "a\nb",
    "'7",
    "\x1f7",
    "\u30007",
    "e",
    "+",
    ".",
    ",",
    "1.2.3",
    "7 pe",
    "7 pp",
    "boundary",
    "confidential",
    "p;q",
    "1;2",
    "ß",
    "İ",
    "ﬁ",
    "12 e 3",
    "999999999",
    "x",
    "T",
)
SPOILING = ("cell", "cell", "cell", "twice", "swap", "name", "short", "long", "gone")


def spoil(number: int) -> tuple[str, int, str]:
    """Damage to a grid: a way, a number that chooses the place, a text."""
    choice = Choice(number)
    way, text = choice.of(SPOILING), choice.of(NASTY)
    return way, choice.left, text


SPOILS = st.lists(NUMBERS.map(spoil), min_size=1, max_size=2)


def spoiled(
    header: list[Any], rows: list[list[Any]], changes: list[tuple[str, int, Any]], ragged: bool
) -> tuple[list[Any], list[list[Any]]]:
    """The grid after the damage."""
    header, rows = list(header), [list(row) for row in rows]
    for way, place, content in changes:
        content = "x" * 10**5 if content == HUGE else content
        choice = Choice(place)
        if not rows:
            break
        row = choice.of(rows)
        at = choice.of(range(len(header)))
        if way == "cell" and at < len(row):
            row[at] = content
        elif way == "twice":
            rows.append(list(row))
        elif way == "swap" and len(row) == len(header):
            other = choice.of(range(len(header)))
            row[at], row[other] = row[other], row[at]
        elif way == "name":
            header[at] = choice.of((content, header[0], "status", "employment_lower", "measure"))
        elif way == "short" and ragged:
            row.pop()
        elif way == "long" and ragged:
            row.append(content)
        elif way == "gone":
            rows = rows[:1] if choice.of((True, False)) else []
    return header, rows


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    quoted: int = 0
    empty: int = 0
    ended: bool = True
    suffix: str = ".csv"

    def describe(self) -> dict[str, Any]:
        """What a description has to say of it."""
        tabs = self.suffix == ".tsv" and self.delimiter == "\t"
        own = {} if self.delimiter == "," or tabs else {"delimiter": self.delimiter}
        return own if self.encoding == "utf-8" else own | {"encoding": self.encoding}


def csv_bytes(header: list[str], rows: list[list[str]], layout: Layout) -> bytes:
    """The grid as CSV: records one by one, so that empty lines stand only between them."""
    lines = []
    for i, row in enumerate([header, *rows]):
        buffer = io.StringIO()
        quoting = csv.QUOTE_ALL if (layout.quoted >> i % 8) & 1 else csv.QUOTE_MINIMAL
        csv.writer(buffer, delimiter=layout.delimiter, quoting=quoting).writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n"))
        lines += [""] * (layout.empty >> i % 8 & 1)
    end = layout.newline if layout.ended else ""
    return (layout.newline.join(lines) + end).encode(layout.encoding)


def layout(style: int, header: list[str], rows: list[list[str]]) -> Layout:
    """A layout that can hold the grid."""
    choice = Choice(style)
    delimiter, suffix = choice.of(
        ((",", ".csv"), (";", ".csv"), ("\t", ".tsv"), ("|", ".txt"), ("\t", ".csv"))
    )
    encoding = choice.of(("utf-8", "utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"))
    everything = "".join(header) + "".join("".join(row) for row in rows)
    try:
        everything.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"
    newline = choice.of(("\n", "\r\n", "\n", "\r"))
    if newline == "\r" and "\n" in everything:
        newline = "\r\n"
    empty = choice.of((0, 0, 5, 0b10010110))
    quoted = choice.of((0, 0xFF, 0b1010))
    return Layout(delimiter, encoding, newline, quoted, empty, choice.of((True, False)), suffix)


def from_csv(data: bytes, written: Layout) -> tuple[list[str], list[list[str]]]:
    """Header and rows by Python's own reader."""
    content = data.decode(written.encoding)
    if "\x00" in content:
        raise ValueError("zero bytes")
    content = content if "\n" in content else content.replace("\r", "\n")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=written.delimiter)
    header, *rows = (record for record in reader if record)
    return header, rows
