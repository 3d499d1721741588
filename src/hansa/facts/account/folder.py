"""The tables of an account from its files, and the statements typed in beside them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hansa.errors import Finding, HansaError, UsageError, listed
from hansa.facts.account.table import Table, typed
from hansa.facts.check_words import with_mark
from hansa.files import header_path
from hansa.language import _
from hansa.sources.raw import raw_table
from hansa.sources.rows import row_numbers
from hansa.sources.spec import MEASURES, FactsSpec

FILE = "account.toml"
ENDINGS = (".csv", ".tsv")
_MOST_BYTES = 1 << 20


class Place(BaseModel):
    """Some cells of a table: of a column (or several), in the rows that `where` names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    column: str | list[str] = ""
    where: dict[str, str] = Field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The columns, as a list."""
        return [self.column] if isinstance(self.column, str) else self.column


class Claim(BaseModel):
    """One statement of the text.

    says    what is printed: `about 4000`, `at least 4`, `40-50 percent`, or the name of a row
    of      sum, count, distinct, share (of the column's sum, in percent), max, min, rank, value
    text, source  in own words, and where it stands
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    of: str = "value"
    at: Place
    text: str = ""
    source: str = ""


class Roles(BaseModel):
    """Columns of a table by what they are, where their names do not tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: str = ""
    value: str = ""
    change: str = ""
    earlier: str = ""


class Account(BaseModel):
    """`account.toml`: where the tables are, and what the text says of them.

    tables  folder of the tables, if another one; `$HANSA_DATA` may begin it
    roles   file -> which column is rank, value, change of rank, earlier value
    claim   statements to hold against the tables
    same    groups of places that state one thing
    lists   groups of `FILE:COLUMN` that should hold the same names
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    title: str = ""
    source: str = ""
    tables: str = ""
    roles: dict[str, Roles] = Field(default_factory=dict)
    claim: list[Claim] = Field(default_factory=list)
    same: list[list[Place]] = Field(default_factory=list)
    lists: list[list[str]] = Field(default_factory=list)


def is_account(path: Path) -> bool:
    """A folder with `account.toml`, or with tables and neither a study nor a definition."""
    if not path.is_dir():
        return False
    if (path / FILE).is_file():
        return True
    if any((path / name).exists() for name in ("study.toml", "definition.toml", "members.csv")):
        return False
    return any(p.suffix.lower() in ENDINGS for p in path.iterdir())


def is_printed_table(path: Path, spec: FactsSpec | None = None) -> bool:
    """A CSV that nobody describes as facts, without a column of facts, that ranks or names rows.

    A table of facts repeats its regions, activities and years; the first column of a printed
    table, or its ranks, names every row once.
    """
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    if (spec and spec.columns) or header_path(path).is_file():
        return False
    if path.stat().st_size > _MOST_BYTES:
        return False
    try:
        table = read_table(path, spec or FactsSpec())
    except HansaError:
        return False
    if {c.name for c in table.columns} & {"geo", "activity", *MEASURES}:
        return False
    ranked = any(c.role in ("rank", "change") for c in table.columns)
    return ranked or (table.key is not None and table.columns[0].unique and len(table) >= 2)


def read_account(path: Path, spec: FactsSpec) -> tuple[list[Table], Account, list[Finding]]:
    """Tables, statements, and a finding for each file that cannot be read.

    path  a folder of tables (with or without account.toml), or one table
    """
    account, folder = Account(), path
    if path.is_dir() and (path / FILE).is_file():
        account = _toml(path / FILE)
        folder = _expanded(path, account.tables)
    files = (
        sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
        if (folder.is_dir())
        else [folder]
    )
    if not files:
        raise HansaError(
            _("there are no tables in the folder"),
            place=str(folder),
            admissible=_("CSV files, one for each printed table"),
            fix=_("name the folder of the tables in {file}: tables = '…'", file=FILE),
        )
    tables, found = [], []
    for file in files:
        if file.is_file() and file.stat().st_size > _MOST_BYTES:
            found.append(_too_large(file))
            continue
        try:
            tables.append(read_table(file, spec))
        except HansaError as problem:
            found.append(problem.finding)
    return tables, account, found


def _too_large(file: Path) -> Finding:
    return Finding(
        "note",
        str(file),
        _("a table is left out: it is too large to be a printed one"),
        f"{with_mark(f'{file.stat().st_size / 2**20:.1f}')} MB",
        _("at most {number} MB", number=f"{_MOST_BYTES / 2**20:.0f}"),
        _("check it by itself, as a table of facts"),
    )


def read_table(path: Path, spec: FactsSpec) -> Table:
    """One file as a typed table."""
    raw = raw_table(path, spec)
    columns = {
        name: ["" if c is None else str(c) for c in raw[name].to_pylist()]
        for name in raw.column_names
    }
    at = row_numbers(raw, 2)
    return typed(path.name, columns, [at(i) for i in range(raw.num_rows)])


def _toml(path: Path) -> Account:
    try:
        return Account(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HansaError(
            _("{file} cannot be read", file=FILE),
            place=str(path),
            printed=str(problem),
            admissible="TOML",
        ) from problem
    except ValidationError as problem:
        first: Any = problem.errors()[0]
        raise UsageError(
            _(
                "{file} is wrong at {key}",
                file=FILE,
                key=repr(".".join(str(p) for p in first["loc"])),
            ),
            place=str(path),
            printed=repr(first.get("input"))[:120],
            admissible=listed(Account.model_fields, 20)
            if first["type"] == "extra_forbidden" and len(first["loc"]) == 1
            else first["msg"],
            fix=_("correct the key in {file}", file=FILE),
        ) from problem


def _expanded(folder: Path, name: str) -> Path:
    if not name:
        return folder
    if name.startswith("$HANSA_DATA"):
        root = os.environ.get("HANSA_DATA")
        if not root:
            raise HansaError(
                _("{file} reads $HANSA_DATA, which is not set", file=FILE),
                place=str(folder / FILE),
                printed=name,
                fix=_("set HANSA_DATA to the folder that holds the data, or write a path"),
            )
        return Path(root + name.removeprefix("$HANSA_DATA"))
    found = folder / name
    if not found.is_dir():
        raise HansaError(
            _("the folder of the tables is not there"),
            place=str(folder / FILE),
            printed=f"tables = {name!r}",
            admissible=_("a folder, counted from the one that holds the file"),
            fix=_("correct the path"),
        )
    return found
