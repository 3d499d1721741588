"""One cluster: what it is made of, where it concentrates, who carries it, its stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.language import N_, _
from hansa.web.page import Page
from hansa.web.session import Session
from hansa.web.sheet import Item, Listing, Sheet
from hansa.web.state import METHOD, State

if TYPE_CHECKING:
    from hansa.report.part import Part


def _build(session: Session, state: State) -> Sheet:
    from hansa.report.sections import cluster_section, stars_section
    from hansa.web.pages.cluster.members import carriers_section, members_section

    part = session.part(state)
    made = (
        session.section(cluster_section, state, "cluster", "region"),
        session.section(carriers_section, state, "cluster"),
        session.section(stars_section, state, "cluster"),
        session.section(members_section, state, "cluster"),
    )
    sections = tuple(section for section in made if section is not None)
    return Sheet(
        question=sections[0].question,
        answer=sections[0].answer,
        sections=sections,
        controls=session.controls(part, state, "cluster", "region?", "definition", "base"),
        lists=(_links(part, state),),
        origin=session.origin,
        model_data=session.model_data,
        more={"long": True},
    )


def _links(part: Part, state: State) -> Listing:
    """Composing another cluster of its members, and each of its activities alone."""
    from dataclasses import replace

    from hansa.web.pages.cluster.members import members_of, members_query

    method = replace(state.method, base=state.base)
    label = part.own.definition.label_of(part.picks.cluster)
    items = []
    if members := members_query(part):
        own = replace(method, definition=state.definition, members=members, name=label)
        text = _(
            "Compose a cluster that starts from {count} members of this one",
            count=len(members_of(part)),
        )
        items.append(Item(text, (), "compose", own.query))
    codes = part.result.cube.activity.codelist
    for member in members_of(part)[:_MOST]:
        named = codes.names.get(member.activity, "")
        named = f"{member.activity} {named}" if named != member.activity else named
        query = replace(method, definition=state.definition, search=member.activity).query
        text = _("Where is {activity}?", activity=named.strip())
        items.append(Item(text, (), "where", query))
    return Listing(_("Where to go from here"), tuple(items))


_MOST = 8
"""Activities that have a link of their own."""

PAGE = Page(
    id="cluster",
    label=N_("Cluster"),
    help=N_("What one cluster is made of, where it concentrates, who carries it"),
    parameters=("definition", "base", "region", "cluster", *METHOD),
    build=_build,
    place=20,
)
