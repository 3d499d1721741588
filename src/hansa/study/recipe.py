"""The recipe: everything needed to get the same bytes again, and the check that one did."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hansa.errors import HansaError, listed
from hansa.files import json_bytes, write_bytes
from hansa.study.config import Study, extra_files, facts_files, study_from
from hansa.study.fetch_files import account_path
from hansa.study.run import StudyResult

NAME = "recipe.json"
_PACKAGES = (
    "hansa",
    "numpy",
    "pyarrow",
    "duckdb",
    "vl-convert-python",
    "font-source-sans-pro",
    "typst",
    "xlsxwriter",
)


def recipe(result: StudyResult, folder: Path, outputs: dict[str, bytes]) -> dict[str, Any]:
    """The recipe of a finished study: choices, inputs and outputs with their checksums.

    It holds no time, no path of a machine and no host: the same study gives the same recipe.
    """
    study = result.study
    return {
        "format": 1,
        "versions": {name: version(name) for name in _PACKAGES},
        "study": study.model_dump(mode="json", exclude_unset=True),
        "inputs": _inputs(study, folder),
        "definitions": [
            {
                "id": r.definition.id,
                "version": r.definition.version,
                "sha256": _sha(repr(r.definition.members).encode()),
            }
            for r in result.results
        ],
        "steps": [
            step
            for r in result.results
            for base in r.bases
            for panel in base.regions.values()
            for step in _labelled(base.base.name, r.definition.id, panel.header.steps)
        ],
        "outputs": [{"file": n, "sha256": _sha(c)} for n, c in sorted(outputs.items())],
    }


def _labelled(base: str, definition: str, steps: tuple[str, ...]) -> list[str]:
    return [f"{definition}, {base}: {steps[-1]}"] if steps else []


def _inputs(study: Study, folder: Path) -> list[dict[str, Any]]:
    found = []
    for name, spec in study.facts.items():
        for _, path in facts_files(folder, spec):
            found.append(
                {
                    "facts": name,
                    "file": path.name,
                    "bytes": path.stat().st_size,
                    "sha256": file_sha(path),
                    **_fetched(path),
                }
            )
    for kind, path in extra_files(study, folder):
        found.append(
            {
                kind: path.stem,
                "file": path.name,
                "bytes": path.stat().st_size,
                "sha256": file_sha(path),
            }
        )
    return found


def _fetched(path: Path) -> dict[str, str]:
    """Data set and edition of a fetched table, from the account that lies beside it."""
    try:
        account = json.loads(account_path(path).read_text(encoding="utf-8"))
        return {key: str(account[key]) for key in ("dataset", "edition")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def file_sha(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_results(out: Path, outputs: dict[str, bytes], made: dict[str, Any]) -> None:
    """Write all results, the recipe last; results of an earlier run that are gone go too.

    Files that no recipe names are never touched.
    """
    earlier = _earlier(out)
    for name, content in outputs.items():
        write_bytes(out / name, content)
    for name in sorted(earlier - set(outputs)):
        (out / name).unlink(missing_ok=True)
    write_bytes(out / NAME, json_bytes(made))


def _earlier(out: Path) -> set[str]:
    try:
        data = json.loads((out / NAME).read_text(encoding="utf-8"))
        names = {str(entry["file"]) for entry in data["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {n for n in names if not Path(n).is_absolute() and ".." not in Path(n).parts}


def read_recipe(path: Path) -> dict[str, Any]:
    """A recipe file; raises for anything else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != 1 or not {"study", "inputs", "outputs"} <= set(data):
            raise ValueError("not a recipe of format 1")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise HansaError(
            "this is no recipe",
            place=str(path),
            printed=str(problem),
            admissible="the recipe.json that `hansa run` wrote",
        ) from problem
    return dict(data)


def study_of(data: dict[str, Any], folder: Path, place: Path) -> Study:
    """The study of a recipe, after its inputs proved to be the same files as then."""
    study = study_from(data["study"], str(place))
    now = {_input(e): e["sha256"] for e in _inputs(study, folder)}
    then = {_input(e): e["sha256"] for e in data["inputs"]}
    changed = [dict(k)["file"] for k in {**then, **now} if then.get(k) != now.get(k)]
    if changed:
        raise HansaError(
            "an input is not the file the recipe was made with",
            place=listed(changed),
            admissible="files with the checksums of the recipe",
            fix="bring back the files as they were, or run the study folder itself for new results",
        )
    return study


def _input(entry: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What an input is, apart from its content."""
    return tuple(sorted((k, v) for k, v in entry.items() if k not in ("bytes", "sha256")))


def differences(data: dict[str, Any], outputs: dict[str, bytes]) -> list[str]:
    """Outputs that are not byte for byte those of the recipe."""
    then = {e["file"]: e["sha256"] for e in data["outputs"]}
    now = {name: _sha(content) for name, content in outputs.items()}
    return sorted(n for n in then.keys() | now.keys() if then.get(n) != now.get(n))
