"""What a message may say of rows of firms: files, row numbers, counts, names of columns.

Never a cell and never an id: ids may be of persons, and a file without a header has cells where
its names are sought.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hansa.errors import HansaError, listed
from hansa.facts.firms.definitions import OURS
from hansa.sources.raw import column_names, is_parquet
from hansa.sources.spec import FactsSpec

_USUAL = {
    *OURS,
    *("firm", "firm_id", "orgnr", "company", "region", "nuts", "nace", "sic", "industry", "code"),
    *("year", "period", "date", "jobs", "employees", "persons", "wages", "name"),
}
"""Names by which a header is told from a row of a firm."""


def names_in(path: Path, spec: FactsSpec) -> list[str]:
    """Names of the columns of a file; what cannot be read is refused without its text."""
    with quiet():
        return column_names(path, spec)


def names_told(path: Path, spec: FactsSpec) -> str:
    """The names of the columns; only how many there are where they may be cells of a firm."""
    names = names_in(path, spec)
    plain = {name.strip().lower() for name in names}
    if plain & _USUAL and not any(name.strip()[:1].isdigit() for name in names):
        return listed(names, 20)
    columns = f"{len(names)} column{'s' * (len(names) != 1)}"
    return f"{columns}; the first row may be one of a firm and is not shown"


def no_column(ours: str, theirs: str, path: Path, spec: FactsSpec) -> HansaError:
    """A column that is asked for is in no header."""
    return HansaError(
        f"there is no column {theirs!r}",
        place=str(path),
        printed=names_told(path, spec),
        admissible=f"a column for {ours}, and a first row with the names of the columns",
        fix=f"say which column it is: --columns {ours}=NAME"
        + (f"; a constant: --columns {ours}==VALUE" if ours in ("geo", "activity", "time") else ""),
    )


@contextmanager
def quiet() -> Iterator[None]:
    """What a reader of files refuses, without the text that it found."""
    try:
        yield
    except HansaError as problem:
        f = problem.finding
        raise type(problem)(
            f.rule,
            place=f.place,
            printed="text that may be of a firm; it is not shown",
            # The names after the number of columns may be a row of a firm.
            admissible=re.sub(r"^(\d+ columns): .*", r"\1", f.admissible, flags=re.DOTALL),
            fix=f.fix,
        ) from None


def stopped(problem: Exception, files: Sequence[Path]) -> HansaError:
    """What the engine refused. It quotes cells in its words, so that only numbers are taken."""
    text = str(problem)
    path = re.search(r"^  file = (.+)$", text, re.MULTILINE)
    line = re.match(r"[\w ]+: CSV Error on Line: (\d+)$", text, re.MULTILINE)
    columns = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)$", text, re.MULTILINE)
    place = path[1] if path and path[1] in {str(file) for file in files} else listed(files)
    if line and columns:
        needed, found = int(columns[1]), int(columns[2])
        return HansaError(
            f"a row has {'more' if found > needed else 'fewer'} columns than the header",
            place=f"{place}, row {line[1]}",
            printed=f"{found} column{'s' * (found != 1)}; cells of firms are not shown",
            admissible=f"{needed} columns",
            fix='put quotes around values that hold the separator: "Wood, paper"'
            if found > needed
            else "complete the row (empty cells count), or remove it if it is no row of a firm",
        )
    return HansaError(
        "the files cannot be read as rows of firms",
        place=f"{place}, row {line[1]}" if line else place,
        printed=f"the engine stopped: {type(problem).__name__}; its message may hold cells and "
        "is not shown",
        admissible="CSV with a header row and the same number of cells in each row, or "
        "complete Parquet files",
        fix="check the file with its owner's tools; name --delimiter or --encoding",
    )


def how_many(count: int, noun: str) -> str:
    """A number of rows or firms in a message; one or two of them are not counted."""
    return f"{count:,} such {noun}s" if count > 2 else f"fewer than 3 such {noun}s"


def first_row(con: Any, view: str, condition: str, path: Path) -> int | None:
    """Number of the first row of a file for which a condition holds; the header is row 1."""
    sql = f"SELECT min(n) FROM (SELECT *, row_number() OVER () AS n FROM {view}) WHERE {condition}"
    number = con.execute(sql).fetchone()[0]
    return None if number is None else int(number) + _above(path)


def first_place(con: Any, files: Sequence[Path], condition: str, other: str = "") -> str:
    """File and row of the first of the rows `rows_0`, `rows_1`, … for which a condition holds.

    other  SQL of a column `other` over the rows `file`, `n`, id, …, where the condition asks for it
    """
    sides = " UNION ALL ".join(
        f"SELECT {i} AS file, row_number() OVER () AS n, * FROM rows_{i}" for i in range(len(files))
    )
    more = f", {other} AS other" if other else ""
    found = con.execute(
        f"SELECT file, n FROM (SELECT *{more} FROM ({sides})) "
        f"WHERE {condition} ORDER BY file, n LIMIT 1"
    ).fetchone()
    return "" if found is None else f"{files[found[0]]}, row {found[1] + _above(files[found[0]])}"


def _above(path: Path) -> int:
    return 0 if is_parquet(path) else 1
