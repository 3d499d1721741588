"""Everything to take away: reports, tables in many formats, the recipe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hansa.errors import UsageError, listed
from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.web.pages.downloads.making import File


def _build(session: Session, state: State) -> Sheet:
    """The list of files, or one of them where `state.name` says which (never in the address)."""
    from hansa.web.index_alone import alone, downloads

    if (index := alone(session)) is not None:
        return downloads(session, index, state)
    found = _files(session, state)
    if state.name:
        return one_file(session, found, state.name)
    return Sheet(
        question=_("What can I take away?"),
        answer=(
            _(
                "The report, every table behind it, and the recipe that replays them. A file is "
                "made when you ask for it; nothing is written into the study folder."
            ),
        ),
        sections=(_elsewhere(),),
        origin=session.origin,
        model_data=session.model_data,
        more={"groups": groups_of(found.values()), "method": state.changed},
    )


def _files(session: Session, state: State) -> dict[str, File]:
    from hansa.web.pages.downloads.making import files
    from hansa.web.pages.downloads.sheets import index_files, page_files

    beside = (*page_files(session, state), *index_files(session))
    return {**files(session.variant(state)), **{file.name: file for file in beside}}


def one_file(session: Session, found: dict[str, File], name: str) -> Sheet:
    """The sheet of one file that is asked for. Raises UsageError for one that there is not."""
    if name not in found:
        raise UsageError(
            "there is no such file",
            printed=repr(name[:80]),
            admissible=listed(found, 12),
            fix="the page Downloads lists them all",
        )
    session.tell(_("making {name}", name=name), 0.3)
    return Sheet(
        question=name,
        more={"content": found[name].make(), "type": found[name].content_type},
    )


def groups_of(found: Iterable[File]) -> list[dict[str, Any]]:
    """Headings, the lines under each, and the files of each line."""
    groups: dict[str, dict[str, list[dict[str, str]]]] = {}
    for file in found:
        line = groups.setdefault(file.group, {}).setdefault(file.row, [])
        line.append({"href": quote(file.name), "label": file.label})
    return [
        {"heading": heading, "rows": [{"text": row, "files": own} for row, own in rows.items()]}
        for heading, rows in groups.items()
    ]


def _elsewhere() -> Section:
    from hansa.report.document import Section

    return Section(
        id="elsewhere",
        question=_("How do I get the same without the browser?"),
        answer=(_("One command writes all of it into the folder out of the study."),),
        certainty=(
            _(
                "The same study on the same version of Hansa gives the same bytes; the recipe "
                "lists the checksum of every file."
            ),
            _(
                "A map holds the last year; other formats hold all years. An absent value is an "
                "empty cell with its status beside it, never a zero."
            ),
        ),
        python='import hansa\nresult = hansa.run("STUDY")\n'
        'panel = result.results[0].bases[0].regions["employment"]\n'
        'hansa.export(panel, "employment.xlsx")',
        command="hansa run STUDY",
    )


PAGE = Page(
    id="downloads",
    label=N_("Downloads"),
    help=N_("The report, every table in many formats, and the recipe"),
    parameters=METHOD,
    build=_build,
    place=110,
    template="downloads.html",
    needs="either",
)
