"""What the study rests on: its files, what was fetched, how much is certain, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hansa.language import N_, _, ngettext
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.document import Section
    from hansa.study.run import StudyResult

MOST = 6
"""Kinds of findings that are named here."""
_PYTHON = 'import hansa\nresult = hansa.run("STUDY")\n'


def _build(session: Session, state: State) -> Sheet:
    from hansa.web.index_alone import alone, data

    if (index := alone(session)) is not None:
        return data(session, index)
    from hansa.study.config import read_study
    from hansa.web.pages.data.counts import cells_section
    from hansa.web.pages.data.files import checksums, fetched_section, files_of, files_section

    result = session.variant(state)
    study = read_study(session.folder)
    files = files_of(study, session.folder)
    cells = cells_section(result)
    made = (
        files_section(files),
        fetched_section(study, session.folder, files),
        cells,
        _gaps(result),
    )
    return Sheet(
        question=_("What does this study rest on, and how much of it is certain?"),
        answer=_answer(session, cells),
        sections=tuple(section for section in made if section is not None),
        lists=tuple(_lists(result, state)),
        origin=session.origin,
        model_data=session.model_data,
        more={"checksums": checksums(files)},
    )


def _answer(session: Session, cells: Section) -> tuple[str, ...]:
    """Whose numbers these are (model data are said above), and how many are certain."""
    return cells.answer if session.model_data else (session.origin, *cells.answer)


def _gaps(result: StudyResult) -> Section:
    from hansa.report.document import Section
    from hansa.report.gaps import gaps, set_aside

    answer, tables = gaps(result)
    return Section(
        id="gaps",
        question=_("What cannot be said, and why?"),
        answer=answer,
        tables=tables,
        certainty=(set_aside(result.cube),) if result.cube.set_aside else (),
        python="import hansa\nfrom hansa.report.gaps import gaps\n"
        'answer, tables = gaps(hansa.run("STUDY"))',
        command="hansa run STUDY",
    )


def _lists(result: StudyResult, state: State) -> Any:
    from hansa.study.retold import retold
    from hansa.study.told import told
    from hansa.web.pages.data.counts import column_words

    steps: dict[str, tuple[str, ...]] = {}
    for name, cube in result.cubes.items():
        steps[name] = tuple(map(retold, cube.header.steps))
    items = [Item(column_words(name).capitalize(), own) for name, own in steps.items()]
    heading = _("What was done to each column before anything was computed")
    yield Listing(heading, tuple(items))
    notes = dict.fromkeys(note for cube in result.cubes.values() for note in cube.header.notes)
    if notes:
        yield Listing(_("What the sources say"), tuple(Item(retold(note)) for note in notes))
    if result.facts_findings:
        number = len(result.facts_findings)
        text = ngettext(
            "{number} kind of finding when the study was opened",
            "{number} kinds of findings when the study was opened",
            number,
        )
        kinds = tuple(f"{f.rule} ({f.printed})" for f in map(told, result.facts_findings[:MOST]))
        more = _(
            "The page Check looks at every cell as well and counts places: it finds more, and one "
            "kind in many places."
        )
        yield Listing(_("More"), (Item(text, (*kinds, more), "check", state.method.query),))


PAGE = Page(
    id="data",
    label=N_("Data"),
    help=N_(
        "Files, versions, sources, licences and checksums; what is certain, estimated, missing"
    ),
    parameters=METHOD,
    build=_build,
    place=90,
    template="data.html",
    needs="either",
)
