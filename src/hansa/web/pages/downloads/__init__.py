"""Everything to take away: reports, tables in many formats, the recipe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hansa.errors import UsageError, listed
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.web.pages.downloads.making import File


def _build(session: Session, state: State) -> Sheet:
    """The list of files, or one of them where `state.name` says which (never in the address)."""
    from hansa.web.pages.downloads.making import files

    result = session.variant(state)
    found = files(result)
    if state.name:
        return _file(session, found, state.name)
    return Sheet(
        question="What can I take away?",
        answer=(
            "The report, every table behind it, and the recipe that replays them. A file is made "
            "when you ask for it; nothing is written into the study folder.",
        ),
        sections=(_elsewhere(),),
        origin=session.origin,
        model_data=session.model_data,
        more={"groups": _groups(found.values()), "method": bool(state.query)},
    )


def _file(session: Session, found: dict[str, File], name: str) -> Sheet:
    if name not in found:
        raise UsageError(
            "there is no such file",
            printed=repr(name[:80]),
            admissible=listed(found, 12),
            fix="the page Downloads lists them all",
        )
    session.tell(f"making {name}", 0.3)
    return Sheet(
        question=name,
        more={"content": found[name].make(), "type": found[name].content_type},
    )


def _groups(found: Iterable[File]) -> list[dict[str, Any]]:
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
        question="How do I get the same without the browser?",
        answer=("One command writes all of it into the folder out of the study.",),
        certainty=(
            "The same study on the same version of Hansa gives the same bytes; the recipe lists "
            "the checksum of every file.",
            "A map holds the last year; other formats hold all years. An absent value is an empty "
            "cell with its status beside it, never a zero.",
        ),
        python='import hansa\nresult = hansa.run("STUDY")\n'
        'panel = result.results[0].bases[0].regions["employment"]\n'
        'hansa.export(panel, "employment.xlsx")',
        command="hansa run STUDY",
    )


PAGE = Page(
    id="downloads",
    label="Downloads",
    help="The report, every table in many formats, and the recipe",
    parameters=METHOD,
    build=_build,
    place=110,
    template="downloads.html",
)
