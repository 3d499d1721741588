"""The calls of a study: folders with call.toml in it, or the folder itself; opened once each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hansa.errors import UsageError, listed
from hansa.web.session import Session
from hansa.web.studies import CALL_FILE

if TYPE_CHECKING:
    from hansa.programme.call import Call

_opened: WeakKeyDictionary[Session, dict[Path, Call]] = WeakKeyDictionary()


def call_folders(folder: Path) -> dict[str, Path]:
    """The call folders of a study by the name of the folder; the folder itself where it is one."""
    if (folder / CALL_FILE).is_file():
        return {folder.resolve().name: folder}
    own = folder / "calls"
    if not own.is_dir():
        return {}
    return {p.name: p for p in sorted(own.iterdir()) if (p / CALL_FILE).is_file()}


def open_call(session: Session, name: str) -> tuple[str, Call] | None:
    """A call of the study, the first one by default; None where it has none.

    Raises UsageError for one that is not there, HansaError for one that cannot be read.
    """
    from hansa.programme.call_reading import read_call

    there = call_folders(session.folder)
    if name and name not in there:
        raise UsageError(
            f"the study has no call {name!r}",
            admissible=listed(there, 20) or "none: it has no call folder",
            fix="leave the call out of the address",
        )
    if not there:
        return None
    name = name or next(iter(there))
    kept = _opened.setdefault(session, {})
    if there[name] not in kept:
        kept[there[name]] = read_call(there[name])
    return name, kept[there[name]]
