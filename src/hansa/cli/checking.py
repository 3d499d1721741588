"""What `hansa check` finds in a folder depends on what kind of folder it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import UsageError, listed

if TYPE_CHECKING:
    from hansa.errors import Finding
    from hansa.sources.spec import FactsSpec

_KNOWN = ("study.toml", "call.toml", "account.toml", "definition.toml", "members.csv")
"""Files that tell what their folder is."""


def findings_on(path: Path, spec: FactsSpec | None) -> list[Finding]:
    """Findings on a table, a definition, a study, a call, an index or a printed account.

    Raises UsageError for a folder that is none of them, with those that lie in it.
    """
    from hansa.index.folder import is_index
    from hansa.study.check import check_path

    if path.is_dir() and not is_index(path) and not any((path / n).is_file() for n in _KNOWN):
        _refuse_odd(path)
    return check_path(path, spec)


def _refuse_odd(folder: Path) -> None:
    from hansa.facts.account.folder import is_account
    from hansa.web.studies import studies_in

    if is_account(folder):
        return
    inside = list(studies_in(folder).values())
    raise UsageError(
        "this folder is nothing that can be checked"
        + (", but there is something in it that can" if inside else ""),
        place=str(folder),
        printed=listed([f"{s.folder.name} ({_KINDS[s.kind]})" for s in inside], 12),
        admissible="a table, or a folder: a study (study.toml), an index (indicators.csv), a call "
        "(call.toml), a cluster definition (definition.toml), or printed tables (CSV)",
        fix=f"hansa check {inside[0].folder}" if inside else "name another folder, or the table",
    )


_KINDS = {"study": "a study", "index": "an index", "call": "a call"}
