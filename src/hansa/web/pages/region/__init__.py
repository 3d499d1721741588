"""One region: what it is specialised in, and its profile."""

from __future__ import annotations

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.sections import region_section

    part = session.part(state)
    section = session.section(region_section, state, "region")
    return Sheet(
        question=section.question if section else "What is this region specialised in?",
        sections=(section,) if section else (),
        controls=session.controls(part, state, "region", "cluster?", "definition", "base"),
        origin=session.origin,
        model_data=session.model_data,
    )


PAGE = Page(
    id="region",
    label="Region",
    help="What one region is specialised in",
    parameters=("definition", "base", "region", "cluster", *METHOD),
    build=_build,
    place=30,
)
