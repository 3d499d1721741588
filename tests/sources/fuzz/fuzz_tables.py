"""Random facts with the right answer beside them, their dialects, and a plain second reader.

The answer is known before anything is written: a dictionary from key to `Cell`. After damage it
is read anew by `meaning`, which uses nothing of Hansa.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from fuzz_cases import NUMBERS, Choice
from hypothesis import strategies as st

from hansa.cube import marked_missing
from hansa.law import flags_to_text
from hansa.sources.spec import spec_from
from hansa.sources.tabular import read_facts, read_table

MEASURES = ("employment", "payroll", "establishments", "value_added")
MARKS = (":", "..", "…", "-", "n/a", "NA", "NaN", "null")
KNOWN = "pefsbcudznrm"
MOMENTS = (float, datetime.date, datetime.time, datetime.timedelta)
NAMED = {"entry", "exit", "tiny", "boundary", "converted", "imputed", "interval"}
ESTIMATES = {"e", "s", "f", "imputed"}

CODES = {
    "local": {
        "A": ["A", " A "],
        "x": ["x", "x "],
        "Malmö": ["Malmö"],
        "North, east": ["North, east"],
        'the "south"': ['the "south"'],
        "0161": ["0161"],
        "Łódź": ["Łódź"],
        "TOTAL": ["TOTAL", "total", " Total"],
    },
    "nuts:2013": {
        "SE11": ["SE11", "se11", " SE11"],
        "EL30": ["EL30", "GR30", "gr30"],
        "UKM2": ["UKM2", "GBM2"],
        "DE": ["DE", "de "],
        "PL63": ["PL63"],
        "TOTAL": ["TOTAL", "Total"],
    },
    "nace:2": {
        "01.61": ["01.61", "0161", "A0161", "A01.61", "a01.61"],
        "10.11": ["10.11", "1011", "C1011", "C10.11", " 10.11"],
        "C": ["C", "c"],
        "62": ["62", "J62", "j62"],
        "TOTAL": ["TOTAL", "total"],
    },
}
"""Codes of a scheme and their usual spellings, as a person knows them."""


@dataclass(frozen=True)
class Cell:
    """What a key of the right answer holds."""

    value: float | None
    flags: frozenset[str] = frozenset()
    lower: float | None = None
    upper: float | None = None
    estimated: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One number as its publisher knows it, and a number from which its spelling is chosen."""

    geo: str
    activity: str
    time: int
    value: Decimal | None
    flags: str
    style: int

    @property
    def key(self) -> tuple[str, str, int]:
        """Region, activity, year."""
        return self.geo, self.activity, self.time


@dataclass(frozen=True)
class Facts:
    """A random table: its numbers, its code lists, and a number that chooses the dialect."""

    entries: tuple[Entry, ...]
    geography: str
    classification: str
    measure: str
    style: int

    def describe(self, **more: Any) -> dict[str, Any]:
        """The keys of a description that every dialect needs."""
        own = {"geography": self.geography, "classification": self.classification}
        return {k: v for k, v in own.items() if v != "local"} | more

    def answer(self, **changes: Any) -> dict[tuple[str, str, int], Cell]:
        """Key to cell: what every right reader finds."""
        return {e.key: cell(e.value, e.flags, **changes) for e in self.entries}


def cell(
    value: Decimal | float | None,
    flags: Iterable[str],
    lower: float | None = None,
    upper: float | None = None,
    estimated: float | None = None,
) -> Cell:
    """A cell with what follows from its value and flags: `m`, the estimated share."""
    own = frozenset(flags)
    if value is None and not own & {"c", "z", "m"}:
        own |= {"m"}
    share = float(bool(own & ESTIMATES)) if estimated is None else estimated
    number = None if value is None else float(value)
    return Cell(number, own, lower, upper, share)


FLAGS = ("", "", "", "", "p", "e", "b", "c", "d", "u", "bp", "ep", "du", "cs")
SPECIAL = ("0", "1000", "2015", "1e-9", "1e21", "0.1", "999999999999999999", "9007199254740993")


def entry(number: int, facts: tuple[str, str], years: tuple[int, int], gaps: bool) -> Entry:
    """One number of a publisher, unpacked from a number."""
    choice = Choice(number)
    geo, activity = (choice.of(list(CODES[scheme])) for scheme in facts)
    time = choice.of(range(years[0], years[1] + 1))
    kind = choice.of((0, 0, 2, 3, None, "special") if gaps else (0, 0, 2, 3, "special"))
    value = None
    if kind == "special":
        value = Decimal(choice.of(SPECIAL))
    elif kind is not None:
        value = Decimal(choice.of(range(10**6))).scaleb(-kind)
    flags = choice.of(FLAGS)
    return Entry(geo, activity, time, value, flags, choice.left)


@st.composite
def facts(draw: st.DrawFn, most: int = 6, years: tuple[int, int] = (2014, 2017)) -> Facts:
    """Random facts; keys are distinct."""
    choice = Choice(draw(NUMBERS))
    schemes = choice.of(("local", "nuts:2013")), choice.of(("local", "nace:2"))
    measure, gaps = choice.of(MEASURES), choice.of((True, False))
    numbers = draw(st.lists(NUMBERS, min_size=1, max_size=most))
    own = [entry(number, schemes, years, gaps) for number in numbers]
    distinct = {e.key: e for e in reversed(own)}
    return Facts(tuple(distinct.values()), *schemes, measure, choice.left)


# --- how a number and its flags may be written -------------------------------------------------


@dataclass(frozen=True)
class Signs:
    """Signs of one table; what its description has to say about cells."""

    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = MARKS

    def describe(self) -> dict[str, Any]:
        """Keys of the description, the usual ones left out.

        A decimal point is one of them: jobs such as `1.200` are refused where it is not said.
        """
        given: dict[str, Any] = {"decimal": self.decimal}
        if self.thousands:
            given["thousands"] = self.thousands
        return given | ({"missing": list(self.missing)} if self.missing != MARKS else {})


SIGNS = (
    Signs(),
    Signs(thousands=","),
    Signs(",", ""),
    Signs(",", "."),
    Signs(".", " "),
    Signs(",", "'"),
    Signs(missing=("n.a.", "–", ":")),
    Signs(thousands="’", missing=("999999999", "x")),
)


def written(value: Decimal, signs: Signs, choice: Choice) -> str:
    """A number in one of its usual spellings."""
    plain = format(value, "f")
    ways = [plain, plain, f" {plain} ", f"+{plain}", f"00{plain}"]
    whole, point, part = plain.partition(".")
    ways += [f"{plain}0" if point else f"{plain}.0", f"{value:E}"]
    ways += [f"{plain}."] if not point else []
    ways += [f".{part}"] if point and whole == "0" else []
    if signs.thousands:
        grouped = f"{int(whole):,}".replace(",", "\x00") + point + part
        ways += [grouped, grouped, grouped]
    text = str(choice.of(ways)).replace(".", signs.decimal)
    mark = choice.of((" ", "\u00a0", "\u202f")) if signs.thousands == " " else signs.thousands
    return text.replace("\x00", mark)


def in_cell(entry: Entry, signs: Signs, choice: Choice) -> str:
    """Number and flags in one cell."""
    flags = choice.of((entry.flags, entry.flags.upper(), entry.flags[::-1]))
    if entry.value is not None:
        number = written(entry.value, signs, choice)
        return number + choice.of((" ", "", " |", " :")) + flags if flags else number
    if flags:
        alone = [flags] if flags.lower() not in signs.missing else []
        return str(choice.of((f":{flags}", f": {flags}", f"|{flags}", *alone)))
    return str(choice.of(("", *signs.missing, " ")))


def without_flags(entry: Entry, signs: Signs, choice: Choice) -> str:
    """The number alone, for tables with a column of flags."""
    if entry.value is not None:
        return written(entry.value, signs, choice)
    return str(choice.of(("", *signs.missing)))


def status(flags: str, signs: Signs, choice: Choice) -> str:
    """Flags in a column of their own."""
    if not flags:
        return str(choice.of(("", "", " ", *(mark for mark in signs.missing if mark != ":"))))
    ways = (flags, ";".join(flags), ", ".join(flags), flags.upper(), f"|{flags}", f":{flags}")
    return str(choice.of(ways))


def code(scheme: str, own: str, choice: Choice) -> str:
    """A code in one of its usual spellings."""
    return str(choice.of(CODES[scheme][own]))


# --- a second reader that knows nothing of Hansa -----------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Which column of a grid is which, for the second reader; `=2015` is a constant."""

    geo: str
    activity: str
    time: str
    value: str
    status: str = ""
    lower: str = ""
    upper: str = ""
    estimated: str = ""
    geography: str = "local"
    classification: str = "local"
    signs: Signs = field(default_factory=Signs)
    where: tuple[tuple[str, str], ...] = ()
    wide: tuple[str, ...] = ()
    negative: bool = False
    size_class: str = ""

    def columns(self, header: list[str]) -> list[tuple[str, str]]:
        """Time and value of every column of values."""
        if not self.wide:
            return [(self.time, self.value)]
        return [(f"={name}", name) for name in self.wide]


class Doubtful(ValueError):
    """The second reader would not swear what is meant."""


def meaning(
    header: list[str], rows: Iterable[list[Any]], plan: Plan
) -> dict[tuple[str, str, int], Cell]:
    """Key to cell, read one cell after the other; raises `Doubtful`."""
    found: dict[tuple[str, str, int], Cell] = {}
    named = [name for name in header if name.strip()]
    if len(set(named)) < len(named):
        raise Doubtful("names repeat")
    for record in rows:
        if len(record) != len(header):
            raise Doubtful(f"a row of another length: {record}")
        row = dict(zip(header, record, strict=True))
        if any(text(row[name]) != wanted for name, wanted in plan.where):
            continue
        for time, value in plan.columns(header):
            key = (
                spelt(plan.geography, got(row, plan.geo)),
                spelt(plan.classification, got(row, plan.activity)),
                year(got(row, time)),
            )
            if key in found:
                raise Doubtful(f"{key} stands twice")
            found[key] = one(row, value, plan)
    return found


def got(row: dict[str, Any], name: str) -> Any:
    """A cell, or the constant in its place."""
    if name.startswith("="):
        return name[1:]
    if name not in row:
        raise Doubtful(f"no column {name}")
    return row[name]


def one(row: dict[str, Any], column: str, plan: Plan) -> Cell:
    """Value and all that belongs to it."""
    value, flags = number(got(row, column), plan.signs)
    if value is not None and value < 0 and not plan.negative:
        raise Doubtful("negative")
    if plan.status:
        flags |= letters(got(row, plan.status), plan.signs)
    lower = upper = share = None
    if plan.lower:
        lower, upper = (number(got(row, name), plan.signs)[0] for name in (plan.lower, plan.upper))
        lower, upper = (value if bound is None else bound for bound in (lower, upper))
        known = [v for v in (lower, value, upper) if v is not None]
        if known != sorted(known) or (not plan.negative and any(v < 0 for v in known)):
            raise Doubtful("bounds")
    if plan.size_class:
        value, flags, lower, upper = classed(
            text(got(row, plan.size_class)).strip(), plan, (value, flags, lower, upper)
        )
    if plan.estimated:
        share = number(got(row, plan.estimated), plan.signs)[0] or 0.0
        if not 0 <= share <= 1:
            raise Doubtful("no share")
    return cell(value, flags, lower, upper, share)


RANGES = {"few": (0, 9), "some": (10, 10_000.5), "many": (10_000.5, math.inf)}
"""Size classes of a table."""


def classed(own: str, plan: Plan, found: Any) -> Any:
    """Value, flags and bounds beside a size class: without a value it gives bounds."""
    value, flags, lower, upper = found
    if own in ("", *plan.signs.missing):
        return found
    if own not in RANGES:
        raise Doubtful(f"{own} is no size class")
    low, high = RANGES[own]
    value = value or None
    least, most = (end if bound is None else bound for bound, end in ((lower, low), (upper, high)))
    if value is None:
        least, most = max(least, low), min(most, high)
    elif lower is None:
        least = most = value
    if least > most or most < low or least > high:
        raise Doubtful(f"{found} beside {own}")
    if value is None:
        return None, flags | {"c"}, least, None if most == math.inf else most
    return value, flags, lower, upper


def number(content: Any, signs: Signs) -> tuple[float | None, set[str]]:
    """A number and its flags."""
    if content is None:
        return None, set()
    if isinstance(content, bool):
        raise Doubtful("true or false")
    if isinstance(content, int | float | Decimal):
        value = float(content)
        if math.isinf(value):
            raise Doubtful("infinite")
        return (None if math.isnan(value) else value), set()
    if not isinstance(content, str):
        raise Doubtful(f"{type(content)} is no number")
    plain = content.strip()
    if plain in ("", *signs.missing):
        return None, set()
    match = re.fullmatch(
        r"(?P<number>[^:|A-Za-z]*|[^:|]*?\d)\s*[:|]?\s*(?P<flags>[A-Za-z]*(?:\s+[A-Za-z]+)*)", plain
    )
    if not match:
        raise Doubtful(plain)
    digits = ungrouped(match["number"].strip(), signs)
    if not digits:
        if not match["flags"] and plain not in (":", "|"):
            raise Doubtful(plain)
        return None, set("".join(match["flags"].split()).lower())
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", digits):
        raise Doubtful(plain)
    value = float(Decimal(digits))
    if math.isinf(value):
        raise Doubtful(plain)
    return value, set("".join(match["flags"].split()).lower())


def ungrouped(digits: str, signs: Signs) -> str:
    """The number with a decimal point and nothing between thousands."""
    if signs.thousands:
        blanks = " \u00a0\u2009\u202f"
        marks = blanks if signs.thousands == " " else signs.thousands
        whole, comma, part = digits.partition(signs.decimal)
        groups = re.split(f"[{re.escape(marks)}]", whole)
        if len(groups) > 1:
            lengths = [len(group) for group in groups]
            if not 1 <= len(groups[0].lstrip("+-")) <= 3 or set(lengths[1:]) != {3}:
                raise Doubtful(digits)
            digits = "".join(groups) + comma + part
    if signs.decimal != ".":
        if "." in digits:
            raise Doubtful(digits)
        digits = digits.replace(signs.decimal, ".")
    return digits


def letters(content: Any, signs: Signs) -> set[str]:
    """Flags of a status."""
    own = text(content).strip()
    if own in ("", *signs.missing) and own != ":":
        return set()
    if own == ":":
        return {"z"}
    tokens = set(re.split(r"[;,|:\s]+", own))
    return (tokens & NAMED) | set("".join(tokens - NAMED).lower())


def text(content: Any) -> str:
    """What a cell says as text."""
    if content is None or (isinstance(content, float) and math.isnan(content)):
        return ""
    if isinstance(content, bytes):
        return content.decode()
    return str(content).lower() if isinstance(content, bool) else str(content)


def year(content: Any) -> int:
    """A year of four digits."""
    own = text(content).strip()
    if isinstance(content, float):
        own = own.removesuffix(".0")
    if not re.fullmatch(r"[1-9][0-9]{3}", own):
        raise Doubtful(f"{content!r} is no year")
    return int(own)


def spelt(scheme: str, content: Any) -> str:
    """The stored spelling of a code."""
    if content is None or isinstance(content, MOMENTS):
        raise Doubtful(f"{content!r} is no code")
    own = text(content).strip()
    if own.upper() == "TOTAL":
        return "TOTAL"
    if not own:
        raise Doubtful("an empty code")
    if scheme == "local":
        return own
    known = spellings(scheme)
    if own.upper() not in known:
        raise Doubtful(f"{own} is not in {scheme}")
    return known[own.upper()]


@cache
def spellings(scheme: str) -> dict[str, str]:
    """Every usual spelling of every code of a scheme, from its table."""
    name, _, version = scheme.partition(":")
    data = files("hansa.codes") / "data"
    table = data / (f"{name}-{version}.csv" if name == "nace" else f"{name}.csv")
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    if name == "nuts":
        own = [r["code"] for r in rows if version in r["versions"].split(";")]
        also = {"GR" + c[2:]: c for c in own if c.startswith("EL")}
        also |= {"GB" + c[2:]: c for c in own if c.startswith("UK")}
        return also | {c: c for c in own}
    parent = {r["code"]: r["parent"] for r in rows}
    found: dict[str, str] = {}
    for own_code in parent:
        top = own_code
        while parent[top]:
            top = parent[top]
        bare = own_code.replace(".", "")
        for usual in (bare, top + bare if top != own_code else bare, top + own_code):
            found.setdefault(usual, own_code)
    return found | {c: c for c in parent}


# --- comparing ------------------------------------------------------------------------------


def read(paths: Any, measure: str, describe: dict[str, Any]) -> dict[tuple[str, str, int], Cell]:
    """Key to cell by Hansa, for files or a table in memory."""
    spec = spec_from(dict(describe), "describe")
    reader = read_table if hasattr(paths, "__arrow_c_stream__") else read_facts
    cube = reader(paths, spec, measure)
    found: dict[tuple[str, str, int], Cell] = {}
    for time in cube.years:
        rows = cube.load(time)
        cube.laid_out(time, rows)
        parts = marked_missing(rows.values)
        columns = [parts.value, parts.flags, parts.lower, parts.upper, parts.estimated]
        lists = [[None] * len(rows.geo) if c is None else c.tolist() for c in columns]
        for geo, activity, value, flags, lower, upper, estimated in zip(
            rows.geo.tolist(), rows.activity.tolist(), *lists, strict=True
        ):
            key = (cube.geo.codes[geo], cube.activity.codes[activity], time)
            assert key not in found, key
            own = frozenset(filter(None, flags_to_text(flags or 0).split(";")))
            found[key] = Cell(known(value), own, known(lower), known(upper), estimated or 0.0)
    return found


def known(value: float | None) -> float | None:
    """None for NaN."""
    return None if value is None or math.isnan(value) else value


def same(found: dict[Any, Cell], wanted: dict[Any, Cell]) -> None:
    """Equal cell by cell; a cell without bounds lies between itself and itself."""
    assert found.keys() == wanted.keys(), (sorted(found), sorted(wanted))
    for key, own in wanted.items():
        assert bounded(found[key]) == bounded(own), (key, found[key], own)


def bounded(own: Cell) -> Cell:
    """The cell with its bounds said."""
    lower = own.value if own.lower is None else own.lower
    upper = own.value if own.upper is None else own.upper
    return replace(own, lower=lower, upper=upper)
