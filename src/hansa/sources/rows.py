"""What all tables share: names of columns, and where a row stands in its file."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from hansa.codes.codelist import Codelist
from hansa.errors import HansaError, UsageError, listed

_SHIFTS = b"hansa.rows"
_TITLE_LINES = 20
"""Rows among which the names of columns are looked for below a title."""
_YEAR = re.compile(r"(1[89]|20)\d\d")


def named_columns(
    table: pa.Table, names: list[str], place: str, shifts: Sequence[tuple[int, int]] = ()
) -> pa.Table:
    """The table without blank columns that have no name; other such columns are refused.

    shifts  where rows stand lower in the file than their position says (`shifted`)
    """
    nameless = [i for i, name in enumerate(names) if not name.strip()]
    if len(nameless) < 2 and all(isinstance(n, str) and n for n in names):
        return table
    blank = [i for i in nameless if _blank(table.column(i))]
    if len(nameless) - len(blank) > 1:
        filled = [i for i in range(len(names)) if i not in blank]
        _refuse_title(shifted(table, list(shifts)), names, filled, place)
        raise HansaError(
            "columns have values but no name",
            place=f"{place}, header row",
            printed=listed(f"column {i + 1}" for i in nameless if i not in blank),
            admissible="one name for each column",
            fix="give them names",
        )
    return table.select([i for i in range(len(names)) if i not in blank])


def _refuse_title(table: pa.Table, names: list[str], filled: list[int], place: str) -> None:
    """Raise where the first row is a title: one cell of it, or one above a row of names, is filled.

    filled  columns that hold anything
    """
    titles = [name for name in names if name.strip()]
    row = _row_of_names(table, filled) if 2 * len(titles) <= len(filled) else None
    if row is None and len(titles) > 1:
        return
    raise titled(f"{place}, header row", titles, row)


def _row_of_names(table: pa.Table, filled: list[int]) -> int | None:
    """The first row with another text in every column that holds anything; a year is one too."""
    number = row_numbers(table, 2)
    top = table.slice(0, _TITLE_LINES)
    columns = [[str(c or "").strip() for c in top.column(i).to_pylist()] for i in filled]
    return next((number(i) for i, c in enumerate(zip(*columns, strict=True)) if are_names(c)), None)


def are_names(cells: Sequence[str]) -> bool:
    """True where cells can be names of columns: texts that differ, years among them."""
    texts = [c for c in cells if c and (not c[0].isdigit() or _YEAR.fullmatch(c))]
    return len(set(texts)) == len(cells) and not all(map(_YEAR.fullmatch, texts))


def titled(place: str, titles: Sequence[str], row: int | None) -> HansaError:
    """The first row is no header; `row` holds the names of the columns, where that is known."""
    return HansaError(
        "the table does not begin with its column names",
        place=place,
        printed=f"what looks like a title: {listed(repr(title[:60]) for title in titles)}",
        admissible="the column names in the first row",
        fix="begin the table with its column names"
        if row is None
        else f"row {row} seems to hold them: delete what stands above them; for a table of facts "
        f"it is enough to say their row: header = {row} in study.toml or NAME.meta.toml, or "
        f"--table header={row}",
    )


def _blank(column: pa.ChunkedArray) -> bool:
    if pa.types.is_null(column.type):
        return True
    filled = pc.not_equal(pc.fill_null(pc.utf8_trim_whitespace(column), ""), "")
    return not pc.any(filled).as_py()


def refuse_repeated(names: list[str], place: str) -> None:
    """Raise where a name stands twice, or where no column has one."""
    seen = [n for n in names if n.strip()]
    twice = sorted({n for n in seen if seen.count(n) > 1}) if len(set(seen)) < len(seen) else []
    if twice or not seen:
        raise HansaError(
            "column names repeat" if twice else "the header row is empty",
            place=f"{place}, header row",
            printed=listed(f"{n} ({seen.count(n)} times)" for n in twice) or "no names",
            admissible="one name for each column",
            fix="rename or remove the columns"
            if twice
            else "begin the table with its column names",
        )


def no_rows(place: str, names: list[str]) -> HansaError:
    """The table has a header only."""
    return HansaError(
        "there are no rows below the header",
        place=place,
        printed=f"the header: {listed(names)}",
        admissible="at least one row of values",
        fix="check how the table was saved; leave the file out if it is meant to be empty",
    )


def without_zero(codes: Codelist, texts: Iterable[str]) -> str:
    """The first digit code one shorter than the rest, where all such are valid with a zero.

    `161` among four-digit codes is class 01.61, not group 16.1, when every three-digit code of
    the table can be read that way. Empty where there is none.
    """
    if codes.is_local:
        return ""
    digits = [t for t in texts if t.isdigit()]
    widest = max((len(t) for t in digits), default=0)
    shorter = [t for t in digits if len(t) == widest - 1]
    lost = widest >= 3 and shorter and all(codes.spell("0" + t) for t in shorter)
    return shorter[0] if lost else ""


def lost_zero(codes: Codelist, text: str, place: str) -> HansaError:
    """A digit code without the zero it began with; one that is a code as it is can be meant."""
    label = codes.label[codes.spell("0" + text) or ""]
    meant = _unmistakable(codes, text)
    return HansaError(
        "a code has lost its leading zero",
        place=place,
        printed=text,
        admissible=f"0{text} ({label})",
        fix=f"store the column as text before the zero is lost; where {meant} is meant, write it so"
        if meant
        else "store the column as text before the zero is lost",
    )


def _unmistakable(codes: Codelist, text: str) -> str:
    """A spelling of a digit code that holds more than digits: `16.1`, `C11`; empty for none."""
    code = codes.spell(text)
    if code is None or not code.isdigit():
        return code or ""
    with_letter = (above + code for above in codes.ancestors(code) if above.isalpha())
    return next((t for t in with_letter if codes.spell(t) == code), "")


def code_list(find: Callable[[str], Codelist], name: str, place: str) -> Codelist:
    """The code list that a table or a file names; `place` says where it is named."""
    try:
        return find(name)
    except UsageError as problem:
        found = problem.finding
        raise UsageError(
            found.rule,
            place=found.place or place,
            printed=found.printed,
            admissible=found.admissible,
            fix=found.fix,
        ) from problem


def shifted(table: pa.Table, shifts: list[tuple[int, int]]) -> pa.Table:
    """The table, remembering by how much the rows from a position on stand lower in the file."""
    if not shifts:
        return table
    return table.replace_schema_metadata({_SHIFTS: json.dumps(shifts).encode()})


def row_numbers(table: pa.Table, first: int) -> Callable[[int], int]:
    """Row number in the file of a position in the table; `first` is that of position 0."""
    raw = (table.schema.metadata or {}).get(_SHIFTS)
    if raw is None:
        return lambda i: first + i
    shifts = [tuple(pair) for pair in json.loads(raw)]
    starts = [start for start, _ in shifts]

    def number(i: int) -> int:
        at = bisect.bisect_right(starts, i) - 1
        return first + i + (shifts[at][1] if at >= 0 else 0)

    return number
