"""All clusters of the study: how large, how specialised, how they change, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.part import Part


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.certain import certain_section
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
        session.section(certain_section, state),
    )
    sections = tuple(section for section in made if section is not None)
    answer = tuple(section.answer[0] for section in sections[:2])
    if part.area is not None and made[0] is None:
        answer = (_no_strengths(part), *answer)
    return Sheet(
        question=_("Which clusters are there, and how do they do?"),
        answer=answer,
        sections=sections,
        controls=session.controls(part, state, "cluster?", "region?", "definition", "base"),
        origin=session.origin,
        model_data=session.model_data,
        more={"long": True},
    )


def _no_strengths(part: Part) -> str:
    """Why the strengths of the area are not shown; empty where the study does not compute them."""
    from hansa.report.part import QUOTIENT

    panel = part.base.area.get(QUOTIENT)
    if panel is None or part.area is None:
        return _("Strengths are not shown: the study does not compute specialisation.")
    place = part.place(part.area, panel)
    if any(value is not None for value in panel.table["value"].to_pylist()):
        return _(
            "Strengths of {place} are not shown: it is compared with itself. Another reference "
            "is chosen on the page Method.",
            place=place,
        )
    return _("Strengths of {place} are not shown: no quotient of it is known.", place=place)


PAGE = Page(
    id="clusters",
    label=N_("Clusters"),
    help=N_("Size, growth, specialisation, kinds and places of all clusters"),
    parameters=("definition", "base", "region", "cluster", *METHOD),
    build=_build,
    place=10,
)
