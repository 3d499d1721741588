"""The files of a study: what they are, whose, which version, and what was fetched when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hansa.language import N_, _, ngettext
from hansa.report.document import Section, Table
from hansa.sources.spec import FactsSpec, beside
from hansa.study.config import Study, extra_files, facts_files
from hansa.study.fetch_files import account_path
from hansa.study.recipe import file_sha
from hansa.views.format import MISSING, grouped

_OF_FACTS = {
    "facts": N_("facts {name}"),
    "totals": N_("totals of {name}"),
    "links": N_("links of {name}"),
    "header": N_("header of {name}"),
}
_KINDS = {
    "rules": N_("presence rules"),
    "area": N_("area"),
    "geography": N_("regions"),
    "geometry": N_("boundaries"),
    "indicator": N_("indicator"),
}


@dataclass(frozen=True)
class StudyFile:
    """A file that a study reads.

    name     as seen from the study folder; only its own name where it lies elsewhere
    account  what `hansa fetch` wrote of it (`NAME.source.json`); empty where it was not fetched
    facts    whether it is a table of facts; others stand beside one
    table    whether it holds data, which may be passed on or not; a header does not
    """

    name: str
    what: str
    version: str
    source: str
    licence: str
    path: Path
    account: dict[str, Any] = field(default_factory=dict)
    facts: bool = False
    table: bool = True


def files_of(study: Study, folder: Path) -> list[StudyFile]:
    """Every file the study reads, its facts first. Raises HansaError for one that is not there."""
    found = []
    for name, spec in study.facts.items():
        for kind, path in facts_files(folder, spec):
            facts = kind == "facts"
            told = beside(path, spec if facts else FactsSpec())
            own_file = _facts_file(folder, path, _(_OF_FACTS[kind], name=name), told)
            found.append(replace(own_file, facts=facts, table=kind != "header"))
    for kind, path in extra_files(study, folder):
        notice = study.outputs.geometry_notice if kind == "geometry" else ""
        found.append(
            _facts_file(folder, path, _(_KINDS.get(kind, kind)), FactsSpec(licence=notice))
        )
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
    open_ = [f.name for f in files if f.table and not f.licence]
    unsaid = [f.name for f in files if not f.source and f.facts]
    sure = [
        _("Nothing says under which licence {file} may be passed on.", file=name) for name in open_
    ]
    sure += [_("Nothing says where {file} comes from.", file=name) for name in unsaid]
    number = len(files)
    return Section(
        id="files",
        question=_("Which files are these?"),
        answer=(
            ngettext(
                "The study reads {number} file. Each is known by its checksum: a recipe replays "
                "only on the very same files.",
                "The study reads {number} files. Each is known by its checksum: a recipe replays "
                "only on the very same files.",
                number,
            ),
        ),
        tables=(
            Table(
                _("Files of the study"),
                (
                    _("File"),
                    _("What"),
                    _("Version"),
                    _("Source"),
                    _("Licence"),
                    _("KiB"),
                    _("Checksum"),
                ),
                rows,
                _(
                    "{sign}: the study does not say. Checksum: the first twelve digits of "
                    "SHA-256; in full at the end of the page.",
                    sign=MISSING,
                ),
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
    answer = _fetched(len(own), len(files), days)
    return Section(
        id="fetched",
        question=_("What was fetched, and when?"),
        answer=(answer,),
        tables=(_fetched_table(own),) if own else (),
        certainty=tuple(notes),
        command="hansa fetch STUDY",
        python="import json, pathlib\n"
        "[json.loads(p.read_text()) for p in pathlib.Path(\"STUDY\").rglob('*.source.json')]",
    )


def _fetched(own: int, files: int, days: Sequence[str]) -> str:
    if not own:
        return _(
            "The study says what is to be fetched; nothing was fetched yet: hansa fetch STUDY."
        )
    if not days:
        return _("{n} of {all} files were fetched from statistical services.", n=own, all=files)
    if days[0] == days[-1]:
        return _(
            "{n} of {all} files were fetched from statistical services ({day}).",
            n=own,
            all=files,
            day=days[0],
        )
    return _(
        "{n} of {all} files were fetched from statistical services ({first} to {last}).",
        n=own,
        all=files,
        first=days[0],
        last=days[-1],
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
        _("Fetched files"),
        (
            _("File"),
            _("Data set"),
            _("Edition"),
            _("Last asked"),
            _("Requests"),
            _("KiB received"),
            _("Rows"),
        ),
        tuple(rows),
        _(
            "Edition: when the publisher says it last changed the data set. Every request with its "
            "address and checksum stands in NAME.source.json beside the file."
        ),
    )
