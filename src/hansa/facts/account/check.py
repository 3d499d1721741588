"""All findings on a printed account: a folder of its tables, or one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hansa.errors import Finding, HansaError
from hansa.facts.account.changes import Move, check_moves, moves
from hansa.facts.account.claims import check_claims, told_lists
from hansa.facts.account.flags import check_flags
from hansa.facts.account.folder import FILE, Account, Roles, read_account
from hansa.facts.account.lists import check_lists
from hansa.facts.account.mentions import check_mentions
from hansa.facts.account.outliers import check_outliers
from hansa.facts.account.ranks import Ranking, check_ranks, rankings
from hansa.facts.account.statements import check_statements, statements
from hansa.facts.account.sums import check_sums
from hansa.facts.account.table import Table
from hansa.facts.account.twice import check_twice
from hansa.language import _
from hansa.sources.spec import FactsSpec

_SEVERITIES = ("error", "warning", "note")


def check_account(path: Path, spec: FactsSpec | None = None) -> list[Finding]:
    """Findings on a folder of printed tables (with or without account.toml), or on one table.

    Errors first: what cannot be true under any rounding or convention; then warnings: what
    disagrees and may have an explanation; then notes. Nothing is corrected.
    """
    try:
        tables, account, found = read_account(path, spec or FactsSpec())
    except HansaError as problem:
        return [problem.finding]
    found += check_tables(tables, account)
    found += _read_as(path, tables, account)
    return sorted(dict.fromkeys(found), key=lambda f: _SEVERITIES.index(f.severity))


def check_tables(tables: Sequence[Table], account: Account | None = None) -> list[Finding]:
    """Findings on tables that are read already."""
    account = account or Account()
    found: list[Finding] = []
    for table in tables:
        found += _of_table(table, account.roles.get(table.file, Roles()))
    try:
        found += check_lists(tables, told_lists(account, tables))
    except HansaError as problem:
        found.append(problem.finding)
    found += check_twice(tables)
    found += check_statements(tables)
    found += check_mentions(tables)
    found += check_claims(account, tables)
    found += _unknown_roles(tables, account)
    return found


def _of_table(table: Table, roles: Roles) -> Iterator[Finding]:
    for ranking in rankings(table, roles):
        yield from check_ranks(table, ranking)
        for move in moves(table, ranking, roles):
            yield from check_moves(table, move)
    yield from check_sums(table)
    yield from check_flags(table)
    yield from check_outliers(table)


def _read_as(path: Path, tables: Sequence[Table], account: Account) -> Iterator[Finding]:
    """What the tables were taken for, so that silence can be told from ignorance."""
    parts = [_("{number} tables", number=len(tables))]
    if len(tables) == 1:
        parts = [_("1 table, {number} rows", number=len(tables[0]))]
    for table in tables:
        roles = account.roles.get(table.file, Roles())
        for ranking in rankings(table, roles):
            parts.append(_ranked(table, ranking))
            parts += map(_moved, moves(table, ranking, roles))
        if table.totals:
            number = len(table.totals)
            parts.append(_("{file}: rows called total: {number}", file=table.file, number=number))
    if count := len(statements(tables)):
        parts.append(_("{number} stated numbers", number=count))
    yield Finding(
        "note",
        str(path),
        _("read as printed tables, not as facts"),
        "; ".join(parts),
        "",
        _("say more in {file}: roles of columns, statements, lists", file=FILE)
        if path.is_dir()
        else _("a table of facts names its columns: --columns geo=…,activity=…,time=…"),
    )


def _ranked(table: Table, ranking: Ranking) -> str:
    if ranking.value is None:
        return _(
            "{file}: {rank} by no column that is printed", file=table.file, rank=ranking.rank.name
        )
    return _(
        "{file}: {rank} by {value}",
        file=table.file,
        rank=ranking.rank.name,
        value=ranking.value.name,
    )


def _moved(move: Move) -> str:
    if move.earlier is None:
        return _("{change} against a permutation", change=move.change.name)
    return _("{change} against {earlier}", change=move.change.name, earlier=move.earlier.name)


def _unknown_roles(tables: Sequence[Table], account: Account) -> Iterator[Finding]:
    known = {t.file: t for t in tables}
    for file, roles in account.roles.items():
        names = [n for n in (roles.rank, roles.value, roles.change, roles.earlier) if n]
        missing = [n for n in names if file not in known or known[file].column(n) is None]
        if file not in known or missing:
            yield Finding(
                "error",
                _("{file}, roles", file=FILE),
                _("a role is given to a column that is not there"),
                f"{file}: {', '.join(missing)}" if file in known else file,
                ", ".join(c.name for c in known[file].columns)
                if file in known
                else ", ".join(known),
                _("correct {file}", file=FILE),
            )
