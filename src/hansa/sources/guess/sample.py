"""The cells of a table by which it is understood: read leniently, errors are told by the check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.errors import HansaError
from hansa.language import N_
from hansa.sources.excel import first_rows
from hansa.sources.guess.reason import Reason
from hansa.sources.guess.text import (
    delimiter_of,
    encoding_of,
    header_among,
    header_line,
    records,
)
from hansa.sources.guess.told import said_by
from hansa.sources.raw import SHEETS, is_parquet, parquet, raw_table, refuse_no_file
from hansa.sources.rows import row_numbers
from hansa.sources.spec import FactsSpec
from hansa.sources.tabular import TEXT_FIRST_ROW
from hansa.sources.text import TEXT

if TYPE_CHECKING:
    import pyarrow as pa

HOW = ("encoding", "delimiter", "sheet", "header")
"""Keys of a description that say how a file is read."""
ABOVE = Reason(N_("Only single cells, such as a title, stand above."))
CELLS = 300_000
"""Rows that are looked at; what stands below them is left to the check."""
ROWS = 20_000_000
"""Rows above which a Parquet file is refused: a few bytes may stand for millions of rows."""


@dataclass(frozen=True)
class Sample:
    """The first rows of a table as text, and how its file is to be read.

    columns  name -> cells, an absent one as an empty text
    rows     number of rows of the table, as far as it can be counted without reading it strictly
    numbers  number in the file of each row that is kept here
    how      keys of a description that say how the file is read (`HOW`)
    sheets   names of the sheets of a workbook with several
    typed    columns that hold numbers, not texts: nothing has to be guessed of how they look
    told     keys of a description that the table says of itself
    """

    columns: Mapping[str, tuple[str, ...]]
    rows: int
    numbers: tuple[int, ...] = ()
    how: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    typed: frozenset[str] = frozenset()
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in their order."""
        return tuple(self.columns)

    def first_rows(self, most: int = 5) -> list[list[str]]:
        """The first rows, to be shown."""
        cells = [values[:most] for values in self.columns.values()]
        return [list(row) for row in zip(*cells, strict=True)]


def read_sample(path: Path, given: Mapping[str, str] | None = None) -> Sample:
    """The first rows of a table of any format; `given` may name encoding, delimiter and sheet.

    Raises HansaError for a file that is no table at all, an unknown ending, or a bomb.
    """
    refuse_no_file(path)
    told = said_by(path)
    every = {**told, **{k: v for k, v in (given or {}).items() if v}}
    own = {key: str(every[key]) for key in HOW if key in every}
    return replace(_sample(path, own), told=told)


def _sample(path: Path, how: Mapping[str, str]) -> Sample:
    if path.suffix.lower() in TEXT:
        return _of_text(path, how)
    if path.suffix.lower() in SHEETS:
        return _of_sheet(path, how.get("sheet", ""), int(how.get("header") or 1))
    if is_parquet(path):
        _refuse_long(path)
    return _of_table(raw_table(path, FactsSpec()), 1)


def _of_text(path: Path, given: Mapping[str, str]) -> Sample:
    data = path.read_bytes()
    encoding, why = encoding_of(data)
    reasons = {"encoding": why}
    encoding = given.get("encoding", encoding)
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    # The line that tells Excel the sign between columns is no header.
    text = re.sub(r"\Asep=.\r?\n", "\n", text, count=1, flags=re.IGNORECASE)
    header = int(given.get("header") or header_line(text[: 1 << 20]))
    if header > 1:
        reasons["header"] = ABOVE
        text = "\n" * (header - 1) + re.split(r"\r\n|\r|\n", text, maxsplit=header - 1)[-1]
    delimiter, reasons["delimiter"] = delimiter_of(text[: 1 << 20])
    delimiter = given.get("delimiter", delimiter)
    lines = records(text, delimiter)
    _line, written = next(lines, (1, []))
    names = [name.strip() for name in written]
    if len(set(names)) < len(names) or not any(names):
        # The strict reader says what is wrong with such a header.
        raw_table(path, FactsSpec(encoding=encoding, delimiter=delimiter, header=header))
    whole = list(islice((r for r in lines if len(r[1]) == len(names)), CELLS))
    rows = len(whole) if len(whole) < CELLS else text.rstrip("\r\n").count("\n")
    cells = zip(*(r for _line, r in whole), strict=True) if whole else ((),) * len(names)
    columns = {name: own for name, own in zip(names, cells, strict=True) if name.strip()}
    numbers = tuple(line for line, _r in whole)
    how = {"encoding": encoding, "delimiter": delimiter, **_said(header)}
    return Sample(columns, rows, numbers, how, reasons)


def _said(header: int) -> dict[str, str]:
    return {"header": str(header)} if header > 1 else {}


def _of_sheet(path: Path, sheet: str, header: int) -> Sample:
    reasons: dict[str, Reason] = {}
    try:
        table, header = _below_titles(path, sheet, header)
        sheets = _sheets(path)
    except HansaError as problem:
        # The archive has been measured before its sheets are counted.
        if sheet or "several sheets" not in problem.finding.rule:
            raise
        sheets = _sheets(path)
        sheet, table, header = _first_table(path, sheets)
        said = N_("The first of {n} sheets that holds a table.")
        reasons["sheet"] = Reason(said, {"n": len(sheets)})
    several = sheets if len(sheets) > 1 else ()
    how = {"sheet": sheet} if several else {}
    if header > 1:
        reasons["header"] = ABOVE
    own = _of_table(table, TEXT_FIRST_ROW)
    return replace(own, how={**how, **_said(header)}, reasons=reasons, sheets=several)


def _below_titles(path: Path, sheet: str, header: int) -> tuple[pa.Table, int]:
    """A sheet, read below the lines that stand above its column names, and the row of these."""
    try:
        return raw_table(path, FactsSpec(sheet=sheet, header=header)), header
    except HansaError:
        _width, found = header_among(first_rows(path, sheet))
        if header > 1 or found == 1:
            raise
        return raw_table(path, FactsSpec(sheet=sheet, header=found)), found


def _first_table(path: Path, sheets: Sequence[str]) -> tuple[str, pa.Table, int]:
    """The first sheet with rows in several columns; notes often stand before the table."""
    fault: HansaError | None = None
    for sheet in sheets:
        try:
            table, header = _below_titles(path, sheet, 1)
        except HansaError as problem:
            fault = fault or problem
            continue
        if table.num_rows and table.num_columns > 1:
            return sheet, table, header
    if fault is not None:
        raise fault
    return sheets[0], raw_table(path, FactsSpec(sheet=sheets[0])), 1


def _sheets(path: Path) -> tuple[str, ...]:
    import fastexcel

    return tuple(fastexcel.read_excel(str(path)).sheet_names)


def _refuse_long(path: Path) -> None:
    with parquet(path) as file:
        rows = file.metadata.num_rows
    if rows > ROWS:
        raise HansaError(
            "the table has more rows than can be taken in",
            place=str(path),
            printed=f"{rows} rows",
            admissible=f"at most {ROWS} rows",
            fix="add them up first (hansa reduce), or describe the table in a study by hand",
        )


def _of_table(table: pa.Table, first: int) -> Sample:
    """The rows of a table that was read; `first` is the number of the first one in its file."""
    import pyarrow as pa

    number, rows = row_numbers(table, first), table.num_rows
    # Evenly over the whole table: it may be sorted by region or by year.
    at = range(0, rows, max(1, rows // CELLS))
    own = table.take(pa.array(at)) if len(at) < rows else table
    columns = {
        name: tuple("" if cell is None else _cell(cell) for cell in own[name].to_pylist())
        for name in own.column_names
    }
    kinds = pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal
    typed = frozenset(f.name for f in own.schema if any(kind(f.type) for kind in kinds))
    return Sample(columns, rows, tuple(number(i) for i in at), typed=typed)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
