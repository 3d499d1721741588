"""The folder of the panels of firms: refused before anything is computed, replaced as a whole.

Panels of two registers side by side could be read as one. What an earlier run wrote goes away with
the next one, and nothing else does.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from hansa.errors import UsageError, listed, writing

ACCOUNT = "account.json"


def refuse_folder(out: Path, files: Sequence[Path]) -> None:
    """Raise where panels cannot be written, or would be mixed with something else."""
    from hansa.facts.firms.definitions import ADDITIVE, DERIVED

    with _writing(out):
        # What is refused later leaves no empty folder behind.
        there = next(path for path in (out, *out.absolute().parents) if path.exists())
        tempfile.TemporaryFile(dir=there).close()
    names = [*(one.name for one in ADDITIVE), *(one.name for one in DERIVED)]
    for path in files:
        # A description beside the register has the name of that of the panel.
        if path.resolve().parent == out.resolve() and path.stem in names:
            raise UsageError(
                "a panel would be written over the rows of firms",
                place=str(path),
                printed=f"--out {out}",
                admissible="a folder of its own",
                fix="--out panels",
            )
    own = _earlier(out)
    endings = ("csv", "parquet", "meta.toml")
    held = [out / f"{name}.{ending}" for name in names for ending in endings]
    if others := [path.name for path in held if path not in own and path.exists()]:
        raise UsageError(
            "the folder holds tables that no account of an earlier run names",
            place=str(out),
            printed=listed(others),
            admissible="a new folder, or one that `hansa firms` wrote",
            fix="name another folder, or move these tables away",
        )


def _earlier(out: Path) -> set[Path]:
    """Files of the panels that an earlier run wrote, as its account names them."""
    path = out / ACCOUNT
    if not path.exists():
        return set()
    try:
        account = json.loads(path.read_bytes())
        names, _ = list(account["cells"]), account["all_tables_together"]
        kind = account.get("format", "csv")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UsageError(
            "the account in the folder is none of firms",
            place=str(path),
            printed=type(problem).__name__,
            admissible="an account that `hansa firms` wrote, or none",
            fix="name another folder, or move the file away",
        ) from problem
    return {out / f"{name}.{end}" for name in names for end in _endings(kind)}


def _endings(kind: str) -> tuple[str, ...]:
    return ("csv", "meta.toml") if kind == "csv" else (kind,)


def replace_panels(found: Any, out: Path, kind: str) -> None:
    """Write the panels and the account in place of those of an earlier run."""
    from hansa.files import json_bytes, write_bytes, write_panel

    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with _writing(out), tempfile.TemporaryDirectory(prefix=".firms-", dir=out) as folder:
        new = Path(folder)
        for name in found:
            write_panel(found[name], new / f"{name}.{kind}")
        write_bytes(new / ACCOUNT, json_bytes(found.account | {"format": kind}))
        old = _earlier(out)
        # The account goes first: whatever stops this, it names all panels that may be there.
        os.replace(new / ACCOUNT, out / ACCOUNT)
        for path in old:
            path.unlink(missing_ok=True)
        for path in new.iterdir():
            os.replace(path, out / path.name)


def _writing(out: Path) -> AbstractContextManager[None]:
    return writing(
        "the panels cannot be written there",
        place=f"--out {out}",
        admissible="a folder that can be made or written to; every panel is a file in it",
        fix="--out panels",
    )
