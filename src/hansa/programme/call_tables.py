"""Tables of a call folder: rows with their place in the file, cells read exactly or told wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from unicodedata import normalize

from hansa.errors import Finding, HansaError, fault, listed

ENDINGS = (".csv", ".parquet", ".xlsx")
DIGITS = 18
"""Places before and behind the point that a number may have: no pot of any call has more."""
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass
class Faults:
    """What is wrong, collected: a call is told all of it at once."""

    found: list[Finding] = field(default_factory=list)

    def add(self, row: Row | str, rule: str, printed: str = "", admissible: str = "",
            fix: str = "") -> None:  # fmt: skip
        """One more fault, of a row or of a file."""
        place = row if isinstance(row, str) else row.place
        self.found.append(fault(place, rule, printed, admissible, fix))


@dataclass(frozen=True)
class Row:
    """One row of a table; `place` is file and row number."""

    place: str
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True)
class Shape:
    """What a table of a call is: its file without ending, columns that must and that may be."""

    stem: str
    needed: tuple[str, ...]
    known: tuple[str, ...]


NO_ROWS = "there are no rows below the header"


def file_of(folder: Path, stem: str) -> Path | None:
    """The file of a table in any form; None where there is none."""
    paths = (folder / f"{stem}{ending}" for ending in ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def rows_of(folder: Path, shape: Shape, faults: Faults) -> list[Row] | None:
    """The rows of a table; None where there is no file. Raises HansaError where it is unreadable.

    A column that no one knows is a fault: money in it would be lost in silence.
    """
    from hansa.sources.raw import raw_table
    from hansa.sources.rows import row_numbers
    from hansa.sources.spec import FactsSpec

    path = file_of(folder, shape.stem)
    if path is None:
        return None
    try:
        table = raw_table(path, FactsSpec())
    except HansaError as problem:
        if problem.finding.rule == NO_ROWS and shape.stem != "funders":
            return []
        raise
    columns = [name.strip() for name in table.column_names]
    if missing := [name for name in shape.needed if name not in columns]:
        faults.add(
            str(path), f"there is no column {listed(missing)}", listed(columns, 20),
            listed((*shape.needed, *shape.known), 30), "add the column",
        )  # fmt: skip
        return []
    if unknown := [c for c in columns if c not in (*shape.needed, *shape.known)]:
        faults.add(
            str(path), f"unknown column {listed(unknown)}", "",
            listed((*shape.needed, *shape.known), 30), "rename it, or take it out",
        )  # fmt: skip
    # Letters that look the same are the same: an accent may be written as a sign of its own.
    cells = [
        ["" if v is None else normalize("NFC", str(v).strip()) for v in c.to_pylist()]
        for c in table.columns
    ]
    number = row_numbers(table, 2)
    return [
        Row(f"{path}, row {number(i)}", dict(zip(columns, own, strict=True)))
        for i, own in enumerate(zip(*cells, strict=True))
    ]


def decimal(row: Row, name: str, faults: Faults) -> Decimal | None:
    """The number of a cell as it is written; None where it is empty or no number (a fault)."""
    text = row[name]
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > DIGITS:
        faults.add(
            row, f"{name} is no number", repr(text), "digits with a decimal point: 12500.50",
            "take out separators of thousands, blanks and signs of a currency",
        )  # fmt: skip
        return None
    return found


def money(row: Row, name: str, smallest: Decimal, faults: Faults) -> int | None:
    """An amount in smallest units; None where it is empty or cannot be one (a fault)."""
    amount = decimal(row, name, faults)
    if amount is None:
        return None
    if amount < 0:
        faults.add(row, f"{name} is below zero", row[name], "0 or more")
        return None
    units = Fraction(amount) / Fraction(smallest)
    if units.denominator != 1:
        faults.add(
            row, f"{name} is finer than the smallest money unit", row[name],
            f"a multiple of {smallest}", "round it, or set smallest in call.toml",
        )  # fmt: skip
        return None
    return int(units)


def truth(row: Row, name: str, faults: Faults) -> bool | None:
    """yes or no; None for anything else (a fault) and, for an empty cell, no."""
    text = row[name].lower()
    if text in YES:
        return True
    if text in NO:
        return False
    faults.add(row, f"{name} is neither yes nor no", repr(row[name]), "yes, no, or empty for no")
    return None


def once(rows: Sequence[Row], names: Sequence[str], faults: Faults) -> None:
    """A fault for each key that stands twice."""
    first: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        if key in first:
            faults.add(
                row, f"{' and '.join(names)} {' and '.join(map(repr, key))} stand twice"
                if len(names) > 1 else f"{names[0]} {key[0]!r} stands twice",
                f"first at {first[key]}", "each once", "merge the rows, or take one out",
            )  # fmt: skip
        first.setdefault(key, row.place)
