"""All clusters of the study: how large, how specialised, how they change, and where."""

from __future__ import annotations

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.dynamics import quadrants_section
    from hansa.report.sections import area_section, cluster_section, regions_section, size_section

    part = session.part(state)
    own = () if part.area else ("region",)
    made = (
        session.section(area_section, state),
        session.section(size_section, state, *own),
        session.section(quadrants_section, state, *own),
        session.section(cluster_section, state, "cluster", "region"),
        session.section(regions_section, state),
    )
    sections = tuple(section for section in made if section is not None)
    return Sheet(
        question="Which clusters are there, and how do they do?",
        answer=tuple(section.answer[0] for section in sections[:2]),
        sections=sections,
        controls=session.controls(part, state, "cluster?", "region?", "definition", "base"),
        origin=session.origin,
        model_data=session.model_data,
    )


PAGE = Page(
    id="clusters",
    label="Clusters",
    help="Size, growth, specialisation, kinds and places of all clusters",
    parameters=("definition", "base", "region", "cluster", *METHOD),
    build=_build,
    place=10,
)
