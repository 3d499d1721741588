"""The process that looks at a table somebody dropped, or makes a study of it; then it ends.

It talks over a pipe. Out: `Progress` while something long is done, then one `Looked`, `Made` or
`Refused`. It reads the file it is given and writes nothing but the new study folder.
"""

from __future__ import annotations

import json
import logging
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.errors import Finding, HansaError, listed
from hansa.language import N_, _, speaking
from hansa.web.worker import Progress

if TYPE_CHECKING:
    from hansa.sources.guess import Guess, Sample

log = logging.getLogger("hansa.web")

Why = tuple[str, Mapping[str, str | int]]

SHOWN = 5
"""Rows of the table that are shown."""


@dataclass(frozen=True)
class Look:
    """Look at a table.

    path   the file in its temporary folder; `name` what its owner calls it, for people only
    given  choices that the owner has made, beside which everything is guessed
    """

    path: Path
    name: str
    given: Mapping[str, str]
    lang: str = ""


@dataclass(frozen=True)
class Make:
    """Make a study of a table that was looked at: `building` is where in `root` it is made."""

    look: Look
    title: str
    source: str
    root: Path
    building: Path


@dataclass(frozen=True)
class Looked:
    """What a table was taken for, and what is wrong with it.

    names    its columns; `first` its first rows, `rows` how many it has
    chosen   choice -> value; `reasons` why (a text of ours and what fills its places, for `_`),
             `open` what could not be told
    levels   kind of code (`activity`, `geo`) -> levels of its code list
    sheets   of a workbook with several
    extent   regions, activities, years that were read; empty where it could not be read
    told     keys of a description that the table says of itself; `beyond` those that no choice
             shows, as a text
    findings of the check, errors first
    """

    names: tuple[str, ...]
    rows: int
    first: tuple[tuple[str, ...], ...]
    chosen: Mapping[str, str]
    reasons: Mapping[str, Why]
    open: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    extent: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    beyond: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What has to be mended."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def ready(self) -> bool:
        """Whether a study can be made of it."""
        return not (self.open or self.errors)


@dataclass(frozen=True)
class Made:
    """The study was written into this folder."""

    folder: Path


@dataclass(frozen=True)
class Refused:
    """What cannot be read at all, or made; nothing was written."""

    finding: Finding


Outcome = Looked | Made | Refused

_DECLARED = re.compile(r": \w+ = .* in study\.toml or NAME\.meta\.toml, or --table .*$")
"""How a description is changed by hand; on a page it is changed by the choices below."""

FAULT = Finding(
    "error",
    "",
    "the table could not be taken in: a fault of Hansa, not of your data",
    "",
    "",
    "the terminal of `hansa serve` shows the details; the table can still be described by hand "
    "(hansa new)",
)


def work(pipe: Connection, task: Look | Make) -> None:
    """Do one task and say what came of it; runs as the main function of the process."""
    # Ctrl-C reaches every process of the terminal; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    look = task if isinstance(task, Look) else task.look
    done: Outcome
    with speaking(look.lang):
        try:
            done = looked(look, pipe) if isinstance(task, Look) else _made(task, pipe)
        except HansaError as problem:
            done = Refused(for_people(problem.finding, look))
        except Exception:
            log.exception("table %s", look.path)
            done = Refused(for_people(FAULT, look))
    try:
        pipe.send(done)
    except (OSError, ValueError):
        return


def looked(look: Look, pipe: Connection) -> Looked:
    """What the table is taken for, and all that is wrong with it under these choices."""
    from hansa.sources.guess import guess, read_sample
    from hansa.study.adopt_check import check_reading

    _tell(pipe, N_("Reading the table"), 0.1)
    sample = read_sample(look.path, look.given)
    _tell(pipe, N_("Telling which column is which"), 0.3)
    found = guess(sample, look.given, Path(look.name).stem)
    made = _shown(sample, found)
    if found.open:
        # Columns may be lost because the file is broken.
        broken = check_reading(look.path, sample, found.chosen)
        return replace(made, findings=tuple(for_people(f, look, fields=True) for f in broken))
    _tell(pipe, N_("Checking every cell"), 0.5)
    return _checked(made, look, sample)


def _checked(made: Looked, look: Look, sample: Sample) -> Looked:
    """The same with the findings, and how far the table reaches where it can be read."""
    from hansa.study.adopt_check import check_table

    found = check_table(look.path, sample, made.chosen)
    findings = tuple(for_people(f, look, fields=True) for f in found.findings)
    if (cube := found.cube) is None:
        return replace(made, findings=findings)
    extent = {
        "regions": str(len(cube.regions)),
        "activities": str(len(cube.activity) - (cube.activity.total >= 0)),
        "years": _span(cube.years),
    }
    return replace(made, findings=findings, extent=extent)


def _span(years: tuple[int, ...]) -> str:
    """`2015–2018`; years apart one by one, as far as they are few."""
    whole = len(years) > 1 and years[-1] - years[0] == len(years) - 1
    return f"{years[0]}–{years[-1]}" if whole else listed(years)


def _shown(sample: Sample, found: Guess) -> Looked:
    from hansa.sources.guess import beyond_choices
    from hansa.sources.guess.codes import levels_of

    return Looked(
        names=sample.names,
        rows=sample.rows,
        first=tuple(tuple(row) for row in sample.first_rows(SHOWN)),
        chosen=dict(found.chosen),
        # As plain values: the process that shows them does without the readers of tables.
        reasons={k: (r.text, dict(r.values)) for k, r in found.reasons.items()},
        open=found.open,
        levels={
            "activity": levels_of(found.chosen.get("classification", "")),
            "geo": levels_of(found.chosen.get("geography", "")),
        },
        sheets=sample.sheets,
        told=sample.told,
        # A header may hold anything of any length.
        beyond="; ".join(
            f"{key} = {json.dumps(value, ensure_ascii=False)}"[:200]
            for key, value in beyond_choices(sample.told).items()
            if key != "source"
        ),
    )


def _made(task: Make, pipe: Connection) -> Made | Looked:
    """The study, after its results were computed once; what was looked at where it is wrong."""
    from hansa.sources.guess import description
    from hansa.study.adopt import Table, adopt, slug
    from hansa.study.config import read_study
    from hansa.study.run import run_study

    # The same table under the same choices, but nothing is believed that a page sent.
    seen = looked(task.look, pipe)
    if not seen.ready:
        return seen

    def trial(folder: Path) -> None:
        run_study(read_study(folder), folder, lambda text, done: _send(pipe, Progress(text, done)))

    table = Table(
        task.look.path,
        description(seen.chosen, seen.told),
        task.title,
        task.source,
        _("Made from the table {name} on the first page of the workbench.", name=task.look.name),
    )
    return Made(adopt(table, task.root / slug(task.title), task.building, trial))


def for_people(finding: Finding, look: Look, fields: bool = False) -> Finding:
    """The finding in the language spoken, with the owner's name of the file.

    fields  whether it is shown above the fields of the table, which take the place of options
    """
    from hansa.web.site.ways import in_the_browser
    from hansa.web.told import told

    def named(text: str) -> str:
        return text.replace(str(look.path), look.name).replace(look.path.name, look.name)

    fix = _DECLARED.sub(": choose it below", finding.fix).replace("(--where)", "(below)")
    place, printed = named(finding.place), named(finding.printed)
    with speaking("en"):
        trimmed = in_the_browser(fix) if fields else fix
    said = told(replace(finding, place=place, printed=printed, fix=trimmed))
    # What was said in the language of the page from the beginning is trimmed where it is shown.
    return replace(said, fix=fix) if said.fix == trimmed else said


def _tell(pipe: Connection, text: str, done: float) -> None:
    _send(pipe, Progress(_(text), done))


def _send(pipe: Connection, progress: Progress) -> None:
    # Who asked may have gone away; what is made is made all the same.
    try:
        pipe.send(progress)
    except (OSError, ValueError):
        return
