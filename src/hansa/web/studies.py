"""The studies of a folder: the folder itself, and what lies in it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import HansaError


@dataclass(frozen=True)
class StudyPlace:
    """A study folder, and how it is called in addresses."""

    id: str
    folder: Path
    title: str
    summary: str
    model_data: bool
    broken: bool = False


def studies_in(root: Path) -> dict[str, StudyPlace]:
    """The studies at or directly in a folder, by the name they have in addresses.

    Raises HansaError when there are none. A study whose file cannot be read is listed with the
    name of its folder: its pages say what is wrong.
    """
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    found: dict[str, StudyPlace] = {}
    for folder in folders:
        if (folder / "study.toml").is_file():
            name = _named(folder, found)
            found[name] = _place(name, folder)
    if not found:
        raise HansaError(
            "there is no study here",
            place=str(root),
            admissible="a folder with study.toml, or a folder of such folders",
            fix=f"make one: hansa new {root / 'my-study'}, or try hansa demo",
        )
    return found


def _named(folder: Path, taken: dict[str, StudyPlace]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "study"
    number = 1
    while (own := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return own


def _place(name: str, folder: Path) -> StudyPlace:
    try:
        data = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
        facts = data.get("facts", {}).values()
        model = any(spec.get("model_data") for spec in facts)
        title, summary = (
            str(data.get("title", name)),
            " ".join(str(data.get("summary", "")).split()),
        )
    except (ValueError, AttributeError, OSError):
        return StudyPlace(name, folder, name, "", model_data=False, broken=True)
    return StudyPlace(name, folder, title, summary, model)
