"""One cluster: where it concentrates, which regions have stars, its profile."""

from __future__ import annotations

from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.sections import cluster_section, stars_section

    part = session.part(state)
    made = (
        session.section(cluster_section, state, "cluster", "region"),
        session.section(stars_section, state, "cluster"),
    )
    sections = tuple(section for section in made if section is not None)
    return Sheet(
        question=sections[0].question if sections else "Where does this cluster concentrate?",
        sections=sections,
        controls=session.controls(part, state, "cluster", "region?", "definition", "base"),
        origin=session.origin,
        model_data=session.model_data,
    )


PAGE = Page(
    id="cluster",
    label="Cluster",
    help="Where one cluster concentrates",
    parameters=("definition", "base", "region", "cluster", *METHOD),
    build=_build,
    place=20,
)
