"""The files of a study: what they are, whose, which version, and what was fetched when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hansa.report.document import Section, Table
from hansa.sources.spec import FactsSpec
from hansa.study.config import Study, extra_files, facts_paths, placed
from hansa.study.fetch_files import account_path
from hansa.study.recipe import file_sha
from hansa.views.format import MISSING, grouped

_KINDS = {
    "rules": "presence rules",
    "area": "area",
    "geography": "regions",
    "geometry": "boundaries",
    "indicator": "indicator",
}


@dataclass(frozen=True)
class StudyFile:
    """A file that a study reads.

    name     as seen from the study folder; only its own name where it lies elsewhere
    account  what `hansa fetch` wrote of it (`NAME.source.json`); empty where it was not fetched
    """

    name: str
    what: str
    version: str
    source: str
    licence: str
    path: Path
    account: dict[str, Any] = field(default_factory=dict)


def files_of(study: Study, folder: Path) -> list[StudyFile]:
    """Every file the study reads, its facts first. Raises HansaError for one that is not there."""
    found = []
    for name, spec in study.facts.items():
        own = placed(folder, spec)
        for path in facts_paths(folder, spec):
            found.append(_facts_file(folder, path, f"facts {name}", spec))
        for what, beside in (("totals", own.totals), ("links", own.links)):
            if beside:
                found.append(_facts_file(folder, Path(beside), f"{what} of {name}", FactsSpec()))
    for kind, path in extra_files(study, folder):
        notice = study.outputs.geometry_notice if kind == "geometry" else ""
        found.append(_facts_file(folder, path, _KINDS.get(kind, kind), FactsSpec(licence=notice)))
    return found


def _facts_file(folder: Path, path: Path, what: str, spec: FactsSpec) -> StudyFile:
    account = _account(path)
    return StudyFile(
        _name(folder, path),
        what,
        spec.vintage or str(account.get("edition", "")),
        spec.source or str(account.get("title", "")),
        spec.licence or str(account.get("licence", "")),
        path,
        account,
    )


def _name(folder: Path, path: Path) -> str:
    try:
        return str(path.relative_to(folder))
    except ValueError:
        return path.name


def _account(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(account_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


@lru_cache(256)
def _sha(path: Path, changed: int, size: int) -> str:
    return file_sha(path)


def sha_of(path: Path) -> str:
    """SHA-256 of a file; not computed again while its time and its size stay the same."""
    state = path.stat()
    return _sha(path, state.st_mtime_ns, state.st_size)


def checksums(files: Sequence[StudyFile]) -> str:
    """The lines that `sha256sum -c` reads."""
    return "\n".join(f"{sha_of(f.path)}  {f.name}" for f in files)


def files_section(files: Sequence[StudyFile]) -> Section:
    """The files with their versions, sources and licences."""
    rows = tuple(
        (
            f.name,
            f.what,
            f.version or MISSING,
            f.source or MISSING,
            f.licence or MISSING,
            grouped(f.path.stat().st_size / 1024, 0),
            sha_of(f.path)[:12],
        )
        for f in files
    )
    open_ = [f.name for f in files if not f.licence]
    unsaid = [f.name for f in files if not f.source and f.what.startswith("facts")]
    sure = [f"Nothing says under which licence {name} may be passed on." for name in open_]
    sure += [f"Nothing says where {name} comes from." for name in unsaid]
    number = len(files)
    return Section(
        id="files",
        question="Which files are these?",
        answer=(
            f"The study reads {number} file{'s' * (number != 1)}. Each is known by its checksum: "
            "a recipe replays only on the very same files.",
        ),
        tables=(
            Table(
                "Files of the study",
                ("File", "What", "Version", "Source", "Licence", "KiB", "Checksum"),
                rows,
                f"{MISSING}: the study does not say. Checksum: the first twelve digits of SHA-256; "
                "in full at the end of the page.",
            ),
        ),
        certainty=tuple(sure),
        python="import hansa\nfrom hansa.study.recipe import recipe\n"
        'result = hansa.run("STUDY")\nrecipe(result, result.folder, {})["inputs"]',
        command="hansa run STUDY",
    )


def fetched_section(study: Study, folder: Path, files: Sequence[StudyFile]) -> Section | None:
    """What was fetched from which service, and when; None where nothing was to be fetched."""
    own = [f for f in files if f.account]
    if not own and not study.fetch:
        return None
    notes = [f"{f.name}: {note}" for f in own for note in f.account.get("notes", [])]
    days = sorted(day for f in own for day in _days(f.account))
    when = days[0] if len(set(days)) == 1 else f"{days[0]} to {days[-1]}" if days else ""
    answer = (
        f"{len(own)} of {len(files)} files were fetched from statistical services ({when})."
        if own
        else "The study says what is to be fetched; nothing was fetched yet: hansa fetch STUDY."
    )
    return Section(
        id="fetched",
        question="What was fetched, and when?",
        answer=(answer,),
        tables=(_fetched_table(own),) if own else (),
        certainty=tuple(notes),
        command="hansa fetch STUDY",
        python="import json, pathlib\n"
        "[json.loads(p.read_text()) for p in pathlib.Path(\"STUDY\").rglob('*.source.json')]",
    )


def _days(account: dict[str, Any]) -> Iterator[str]:
    for one in account.get("requests", []):
        if isinstance(one, dict) and one.get("fetched"):
            yield str(one["fetched"])[:10]


def _fetched_table(own: Sequence[StudyFile]) -> Table:
    rows = []
    for f in own:
        asked = [one for one in f.account.get("requests", []) if isinstance(one, dict)]
        times = sorted(str(one.get("fetched", "")) for one in asked)
        rows.append(
            (
                f.name,
                str(f.account.get("dataset", "")),
                str(f.account.get("edition", "")) or MISSING,
                times[-1].replace("T", " ").replace("Z", " UTC") if times else MISSING,
                str(len(asked)),
                grouped(sum(int(one.get("bytes", 0)) for one in asked) / 1024, 0),
                grouped(float(f.account["rows"]), 0) if "rows" in f.account else MISSING,
            )
        )
    return Table(
        "Fetched files",
        ("File", "Data set", "Edition", "Last asked", "Requests", "KiB received", "Rows"),
        tuple(rows),
        "Edition: when the publisher says it last changed the data set. Every request with its "
        "address and checksum stands in NAME.source.json beside the file.",
    )
